"""Transforms of size, place and colour."""

from __future__ import annotations

import numbers
from collections.abc import Sequence
from typing import Any

import flambeau
from flambeau.nn.modules.module import Module
from flambeau.vision.transforms import functional
from flambeau.vision.transforms.resample import InterpolationMode


class Resize(Module):
    """The picture at another size.

    Args:
        size: (height, width), or a number for the shorter edge.
        interpolation: how pixels between pixels are made.
        max_size: bound of the longer edge, where ``size`` is a number.
        antialias: average over the pixels that fall together (always so for Pillow images).
    """

    def __init__(
        self,
        size: int | Sequence[int],
        interpolation: InterpolationMode = InterpolationMode.BILINEAR,
        max_size: int | None = None,
        antialias: bool | None = True,
    ) -> None:
        super().__init__()
        if not isinstance(size, (int, Sequence)):
            raise TypeError(f"Size should be int or sequence. Got {type(size)}")
        if isinstance(size, Sequence) and len(size) not in (1, 2):
            raise ValueError("If size is a sequence, it should have 1 or 2 values")
        self.size = size
        self.max_size = max_size
        self.interpolation = InterpolationMode.of(interpolation)
        self.antialias = antialias

    def forward(self, img: Any) -> Any:
        return functional.resize(img, self.size, self.interpolation, self.max_size, self.antialias)

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}(size={self.size}, interpolation={self.interpolation.value}, "
            f"max_size={self.max_size}, antialias={self.antialias})"
        )


class CenterCrop(Module):
    """The middle of the picture; where it is too small, with zeros around it.

    Args:
        size: (height, width), or a number for both.
    """

    def __init__(self, size: int | Sequence[int]) -> None:
        super().__init__()
        self.size = functional.pair(size)

    def forward(self, img: Any) -> Any:
        return functional.center_crop(img, self.size)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(size={self.size})"


class Pad(Module):
    """The picture with a border.

    Args:
        padding: a number, (left and right, top and bottom), or (left, top, right, bottom).
        fill: the border's value, where ``padding_mode`` is "constant".
        padding_mode: "constant", "edge", "reflect" or "symmetric".
    """

    def __init__(
        self, padding: int | Sequence[int], fill: float = 0, padding_mode: str = "constant"
    ) -> None:
        super().__init__()
        if not isinstance(padding, (numbers.Number, tuple, list)):
            raise TypeError("Got inappropriate padding arg")
        if padding_mode not in functional.PADDING_MODES:
            raise ValueError("Padding mode should be either constant, edge, reflect or symmetric")
        if isinstance(padding, Sequence) and len(padding) not in (1, 2, 4):
            raise ValueError(
                "Padding must be an int or a 1, 2, or 4 element tuple, "
                f"not a {len(padding)} element tuple"
            )
        self.padding = padding
        self.fill = fill
        self.padding_mode = padding_mode

    def forward(self, img: Any) -> Any:
        return functional.pad(img, self.padding, self.fill, self.padding_mode)

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}(padding={self.padding}, fill={self.fill}, "
            f"padding_mode={self.padding_mode})"
        )


class RandomCrop(Module):
    """A part of the picture, anywhere in it.

    Args:
        size: (height, width), or a number for both.
        padding: as in ``Pad``; None adds no border.
        pad_if_needed: pad a picture that is smaller than ``size`` instead of raising an error.
        fill, padding_mode: as in ``Pad``.

    Raises:
        ValueError: the picture is smaller than ``size``.
    """

    def __init__(
        self,
        size: int | Sequence[int],
        padding: int | Sequence[int] | None = None,
        pad_if_needed: bool = False,
        fill: float = 0,
        padding_mode: str = "constant",
    ) -> None:
        super().__init__()
        self.size = functional.pair(size)
        self.padding = padding
        self.pad_if_needed = pad_if_needed
        self.fill = fill
        self.padding_mode = padding_mode

    @staticmethod
    def get_params(img: Any, output_size: tuple[int, int]) -> tuple[int, int, int, int]:
        """(top, left, height, width) of a part of ``output_size``, drawn from the generator."""
        _, height, width = functional.get_dimensions(img)
        wanted_height, wanted_width = output_size
        if height < wanted_height or width < wanted_width:
            raise ValueError(
                f"Required crop size {(wanted_height, wanted_width)} "
                f"is larger than input image size {(height, width)}"
            )
        if (height, width) == (wanted_height, wanted_width):
            return 0, 0, height, width
        top = int(flambeau.randint(0, height - wanted_height + 1, size=(1,)).item())
        left = int(flambeau.randint(0, width - wanted_width + 1, size=(1,)).item())
        return top, left, wanted_height, wanted_width

    def forward(self, img: Any) -> Any:
        if self.padding is not None:
            img = functional.pad(img, self.padding, self.fill, self.padding_mode)
        if self.pad_if_needed:
            _, height, width = functional.get_dimensions(img)
            missing = (max(0, self.size[1] - width), max(0, self.size[0] - height))
            for border in ((missing[0], 0), (0, missing[1])):
                if any(border):
                    img = functional.pad(img, border, self.fill, self.padding_mode)
        return functional.crop(img, *self.get_params(img, self.size))

    def __repr__(self) -> str:
        return f"{type(self).__name__}(size={self.size}, padding={self.padding})"


class _RandomFlip(Module):
    def __init__(self, p: float = 0.5) -> None:
        super().__init__()
        self.p = p

    def _now(self) -> bool:
        return bool(flambeau.rand(1).item() < self.p)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(p={self.p})"


class RandomHorizontalFlip(_RandomFlip):
    """The picture, or with probability ``p`` its mirror image, left to right."""

    def forward(self, img: Any) -> Any:
        return functional.hflip(img) if self._now() else img


class RandomVerticalFlip(_RandomFlip):
    """The picture, or with probability ``p`` its mirror image, top to bottom."""

    def forward(self, img: Any) -> Any:
        return functional.vflip(img) if self._now() else img


class Grayscale(Module):
    """The picture without colour.

    Args:
        num_output_channels: 1, or 3 for three equal channels.
    """

    def __init__(self, num_output_channels: int = 1) -> None:
        super().__init__()
        self.num_output_channels = num_output_channels

    def forward(self, img: Any) -> Any:
        return functional.rgb_to_grayscale(img, self.num_output_channels)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(num_output_channels={self.num_output_channels})"


class FiveCrop(Module):
    """The picture's corners and its middle, a tuple of five.

    Args:
        size: (height, width) of the parts, or a number for both.
    """

    def __init__(self, size: int | Sequence[int]) -> None:
        super().__init__()
        self.size = functional.pair(size)

    def forward(self, img: Any) -> tuple[Any, ...]:
        return functional.five_crop(img, self.size)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(size={self.size})"


class TenCrop(Module):
    """``FiveCrop`` of the picture and of its mirror image, a tuple of ten.

    Args:
        size: (height, width) of the parts, or a number for both.
        vertical_flip: mirror top to bottom, not left to right.
    """

    def __init__(self, size: int | Sequence[int], vertical_flip: bool = False) -> None:
        super().__init__()
        self.size = functional.pair(size)
        self.vertical_flip = vertical_flip

    def forward(self, img: Any) -> tuple[Any, ...]:
        return functional.ten_crop(img, self.size, self.vertical_flip)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(size={self.size}, vertical_flip={self.vertical_flip})"
