"""Transforms of kind and value: picture to tensor and back, dtypes, normalisation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import flambeau
from flambeau.nn.modules.module import Module
from flambeau.vision.transforms import functional


class ToTensor:
    """A Pillow image or an array (H x W x C) as a tensor (C x H x W).

    uint8 becomes the default float dtype in 0 ... 1; other dtypes keep their values.
    """

    def __call__(self, pic: Any) -> flambeau.Tensor:
        return functional.to_tensor(pic)

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


class PILToTensor:
    """A Pillow image as a tensor (C x H x W) of the same values."""

    def __call__(self, pic: Any) -> flambeau.Tensor:
        return functional.pil_to_tensor(pic)

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


class ToPILImage:
    """A tensor (C x H x W) or an array (H x W x C) as a Pillow image.

    Args:
        mode: Pillow's mode; None infers it from channels and dtype.
    """

    def __init__(self, mode: str | None = None) -> None:
        self.mode = mode

    def __call__(self, pic: Any) -> Any:
        return functional.to_pil_image(pic, self.mode)

    def __repr__(self) -> str:
        mode = "" if self.mode is None else f"mode={self.mode}"
        return f"{type(self).__name__}({mode})"


class ConvertImageDtype(Module):
    """A tensor in another dtype, its values scaled to that dtype's range (floats: 0 ... 1).

    Args:
        dtype: the dtype wanted.

    Raises:
        RuntimeError: float32 to int32 or int64, or float64 to int64, which would overflow.
    """

    def __init__(self, dtype: flambeau.dtype) -> None:
        super().__init__()
        self.dtype = dtype

    def forward(self, image: flambeau.Tensor) -> flambeau.Tensor:
        return functional.convert_image_dtype(image, self.dtype)


class Normalize(Module):
    """``(x - mean) / std``, channel by channel.

    Args:
        mean: a number per channel.
        std: a number per channel.
        inplace: change the tensor itself.
    """

    def __init__(self, mean: Sequence[float], std: Sequence[float], inplace: bool = False) -> None:
        super().__init__()
        self.mean = mean
        self.std = std
        self.inplace = inplace

    def forward(self, tensor: flambeau.Tensor) -> flambeau.Tensor:
        return functional.normalize(tensor, self.mean, self.std, self.inplace)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(mean={self.mean}, std={self.std})"
