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


class LinearTransformation(Module):
    """A tensor (..., C, H, W) less a mean, as a row, times a square matrix: whitening.

    Args:
        transformation_matrix: D x D, where D = C H W.
        mean_vector: D numbers.

    Raises:
        ValueError: the sizes, devices or dtypes do not fit.
    """

    def __init__(self, transformation_matrix: Any, mean_vector: Any) -> None:
        super().__init__()
        rows, columns = transformation_matrix.shape
        if rows != columns:
            raise ValueError(
                f"transformation_matrix should be square. Got {(rows, columns)} rectangular matrix."
            )
        if mean_vector.size(0) != rows:
            raise ValueError(
                f"mean_vector should have the same length {mean_vector.size(0)} as any one of the "
                f"dimensions of the transformation_matrix [{(rows, columns)}]"
            )
        if transformation_matrix.dtype != mean_vector.dtype:
            raise ValueError(
                "Input tensors should have the same dtype. Got "
                f"{transformation_matrix.dtype} and {mean_vector.dtype}"
            )
        self.transformation_matrix = transformation_matrix
        self.mean_vector = mean_vector

    def forward(self, tensor: flambeau.Tensor) -> flambeau.Tensor:
        channels, height, width = tensor.shape[-3:]
        count = channels * height * width
        if count != len(self.transformation_matrix):
            raise ValueError(
                "Input tensor and transformation matrix have incompatible shape."
                f"[{channels} x {height} x {width}] != {len(self.transformation_matrix)}"
            )
        rows = tensor.view(-1, count) - self.mean_vector
        return rows.mm(self.transformation_matrix.to(rows.dtype)).view(tensor.shape)

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}(transformation_matrix={self.transformation_matrix.tolist()}, "
            f"mean_vector={self.mean_vector.tolist()})"
        )
