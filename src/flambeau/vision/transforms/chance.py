"""Transforms whose size and place chance decides.

Random numbers come from the default generator, drawn in torchvision's order, so that a seed gives
torchvision's pictures.
"""

from __future__ import annotations

import math
import numbers
import warnings
from collections.abc import Sequence
from typing import Any

import flambeau
from flambeau.nn.modules.module import Module
from flambeau.vision.transforms import functional
from flambeau.vision.transforms.resample import InterpolationMode

Range = Sequence[float]


def uniform(low: float, high: float) -> float:
    """A number between two."""
    return float(flambeau.empty(1).uniform_(float(low), float(high)).item())


def below(high: int, low: int = 0) -> int:
    """A whole number from ``low`` on, below ``high``."""
    return int(flambeau.randint(low, high, size=(1,)).item())


def happens(p: float) -> bool:
    """True with probability ``p``."""
    return bool(flambeau.rand(1).item() < p)


def angles(value: Any, name: str, sizes: Sequence[int] = (2,)) -> list[float]:
    """A range of angles, from one (of both signs) or from a sequence of some length."""
    if isinstance(value, numbers.Number):
        if value < 0:  # type: ignore[operator]
            raise ValueError(f"If {name} is a single number, it must be positive.")
        return [float(-value), float(value)]  # type: ignore[operator, arg-type]
    require_sequence(value, name, sizes)
    return [float(number) for number in value]


def require_sequence(value: Any, name: str, sizes: Sequence[int] = (2,)) -> None:
    """Raises an error for what is no sequence, or of another length."""
    lengths = " or ".join(str(size) for size in sizes)
    if not isinstance(value, Sequence):
        raise TypeError(f"{name} should be a sequence of length {lengths}.")
    if len(value) not in sizes:
        raise ValueError(f"{name} should be a sequence of length {lengths}.")


def _checked_fill(fill: Any) -> Any:
    if fill is None:
        return 0
    if not isinstance(fill, (Sequence, numbers.Number)):
        raise TypeError("Fill should be either a sequence or a number.")
    return fill


def _fill_for(img: Any, fill: Any) -> Any:
    """A fill of as many numbers as a tensor has channels; Pillow images take it as it is."""
    if not isinstance(img, flambeau.Tensor):
        return fill
    if isinstance(fill, (int, float)):
        return [float(fill)] * functional.get_dimensions(img)[0]
    return [float(number) for number in fill]


# Size and place --------------------------------------------------------------------------------


def _check_ranges(scale: Any, ratio: Any) -> None:
    if not isinstance(scale, Sequence):
        raise TypeError("Scale should be a sequence")
    if not isinstance(ratio, Sequence):
        raise TypeError("Ratio should be a sequence")
    if scale[0] > scale[1] or ratio[0] > ratio[1]:
        warnings.warn("Scale and ratio should be of kind (min, max)", stacklevel=3)


def _log_range(ratio: Range) -> list[float]:
    return flambeau.tensor(ratio).log().tolist()


def _area_and_aspect(area: int, scale: Range, log_ratio: Range) -> tuple[float, float]:
    part = area * uniform(*scale)
    aspect = flambeau.empty(1).uniform_(*log_ratio).exp().item()
    return part, aspect


class RandomResizedCrop(Module):
    """A random part of the picture, at a given size.

    Args:
        size: (height, width), or a number for both.
        scale: range of the part's share of the area.
        ratio: range of its width by its height.
        interpolation, antialias: as for ``Resize``.
    """

    def __init__(
        self,
        size: int | Sequence[int],
        scale: Range = (0.08, 1.0),
        ratio: Range = (3.0 / 4.0, 4.0 / 3.0),
        interpolation: InterpolationMode = InterpolationMode.BILINEAR,
        antialias: bool | None = True,
    ) -> None:
        super().__init__()
        self.size = functional.pair(size)
        _check_ranges(scale, ratio)
        self.interpolation = InterpolationMode.of(interpolation)
        self.antialias = antialias
        self.scale = scale
        self.ratio = ratio

    @staticmethod
    def get_params(img: Any, scale: Range, ratio: Range) -> tuple[int, int, int, int]:
        """(top, left, height, width) of a part; the middle, where ten tries do not fit."""
        _, height, width = functional.get_dimensions(img)
        log_ratio = _log_range(ratio)
        for _ in range(10):
            area, aspect = _area_and_aspect(height * width, scale, log_ratio)
            wide, high = round(math.sqrt(area * aspect)), round(math.sqrt(area / aspect))
            if 0 < wide <= width and 0 < high <= height:
                return below(height - high + 1), below(width - wide + 1), high, wide
        wide, high = width, height
        if width / height < min(ratio):
            high = round(width / min(ratio))
        elif width / height > max(ratio):
            wide = round(height * max(ratio))
        return (height - high) // 2, (width - wide) // 2, high, wide

    def forward(self, img: Any) -> Any:
        part = self.get_params(img, self.scale, self.ratio)
        return functional.resized_crop(
            img, *part, self.size, self.interpolation, antialias=self.antialias
        )

    def __repr__(self) -> str:
        scale, ratio = (tuple(round(x, 4) for x in xs) for xs in (self.scale, self.ratio))
        return (
            f"{type(self).__name__}(size={self.size}, scale={scale}, ratio={ratio}, "
            f"interpolation={self.interpolation.value}, antialias={self.antialias})"
        )


class RandomRotation(Module):
    """The picture, turned by a random angle.

    Args:
        degrees: range of the angle, or a number for both signs.
        interpolation, expand, center, fill: as for ``functional.rotate``.
    """

    def __init__(
        self,
        degrees: float | Range,
        interpolation: InterpolationMode = InterpolationMode.NEAREST,
        expand: bool = False,
        center: Range | None = None,
        fill: Any = 0,
    ) -> None:
        super().__init__()
        self.degrees = angles(degrees, "degrees")
        if center is not None:
            require_sequence(center, "center")
        self.center = center
        self.interpolation = InterpolationMode.of(interpolation)
        self.expand = expand
        self.fill = _checked_fill(fill)

    @staticmethod
    def get_params(degrees: Range) -> float:
        """An angle, drawn from the generator."""
        return uniform(*degrees)

    def forward(self, img: Any) -> Any:
        angle = self.get_params(self.degrees)
        fill = _fill_for(img, self.fill)
        return functional.rotate(img, angle, self.interpolation, self.expand, self.center, fill)

    def __repr__(self) -> str:
        center = "" if self.center is None else f", center={self.center}"
        return (
            f"{type(self).__name__}(degrees={self.degrees}, "
            f"interpolation={self.interpolation.value}, expand={self.expand}{center}, "
            f"fill={self.fill})"
        )


class RandomAffine(Module):
    """The picture, turned, moved, enlarged and sheared at random.

    Args:
        degrees: range of the angle, or a number for both signs.
        translate: largest move (across, down), as parts of width and height.
        scale: range of the factor.
        shear: range of the angle across, or both ranges, or a number for both signs.
        interpolation, fill, center: as for ``functional.affine``.
    """

    def __init__(
        self,
        degrees: float | Range,
        translate: Range | None = None,
        scale: Range | None = None,
        shear: float | Range | None = None,
        interpolation: InterpolationMode = InterpolationMode.NEAREST,
        fill: Any = 0,
        center: Range | None = None,
    ) -> None:
        super().__init__()
        self.degrees = angles(degrees, "degrees")
        if translate is not None:
            require_sequence(translate, "translate")
            if not all(0.0 <= part <= 1.0 for part in translate):
                raise ValueError("translation values should be between 0 and 1")
        self.translate = translate
        if scale is not None:
            require_sequence(scale, "scale")
            if any(factor <= 0 for factor in scale):
                raise ValueError("scale values should be positive")
        self.scale = scale
        self.shear = None if shear is None else angles(shear, "shear", (2, 4))
        self.interpolation = InterpolationMode.of(interpolation)
        self.fill = _checked_fill(fill)
        if center is not None:
            require_sequence(center, "center")
        self.center = center

    @staticmethod
    def get_params(
        degrees: Range,
        translate: Range | None,
        scale_ranges: Range | None,
        shears: Range | None,
        img_size: Sequence[int],
    ) -> tuple[float, tuple[int, int], float, tuple[float, float]]:
        """Angle, move, factor and shear, drawn from the generator; ``img_size`` is (W, H)."""
        angle = uniform(*degrees)
        across = down = 0
        if translate is not None:
            limits = [part * size for part, size in zip(translate, img_size, strict=True)]
            across, down = (round(uniform(-limit, limit)) for limit in limits)
        scale = 1.0 if scale_ranges is None else uniform(*scale_ranges)
        shear_x = shear_y = 0.0
        if shears is not None:
            shear_x = uniform(*shears[:2])
            if len(shears) == 4:
                shear_y = uniform(*shears[2:])
        return angle, (across, down), scale, (shear_x, shear_y)

    def forward(self, img: Any) -> Any:
        size = functional.get_image_size(img)
        chosen = self.get_params(self.degrees, self.translate, self.scale, self.shear, size)
        fill = _fill_for(img, self.fill)
        return functional.affine(
            img, *chosen, interpolation=self.interpolation, fill=fill, center=self.center
        )

    def __repr__(self) -> str:
        text = f"{type(self).__name__}(degrees={self.degrees}"
        for name in ("translate", "scale", "shear"):
            value = getattr(self, name)
            text += "" if value is None else f", {name}={value}"
        if self.interpolation is not InterpolationMode.NEAREST:
            text += f", interpolation={self.interpolation.value}"
        text += f", fill={self.fill}" if self.fill != 0 else ""
        return text + ("" if self.center is None else f", center={self.center}") + ")"


class RandomPerspective(Module):
    """The picture, with probability ``p`` as seen from another side.

    Args:
        distortion_scale: how far the corners move, 0 ... 1.
        p: probability.
        interpolation, fill: as for ``functional.perspective``.
    """

    def __init__(
        self,
        distortion_scale: float = 0.5,
        p: float = 0.5,
        interpolation: InterpolationMode = InterpolationMode.BILINEAR,
        fill: Any = 0,
    ) -> None:
        super().__init__()
        self.p = p
        self.interpolation = InterpolationMode.of(interpolation)
        self.distortion_scale = distortion_scale
        self.fill = _checked_fill(fill)

    @staticmethod
    def get_params(
        width: int, height: int, distortion_scale: float
    ) -> tuple[list[list[int]], list[list[int]]]:
        """The corners, and where they are to be, drawn from the generator."""
        across = int(distortion_scale * (width // 2))
        down = int(distortion_scale * (height // 2))
        left, right = (0, across + 1), (width - across - 1, width)
        top, bottom = (0, down + 1), (height - down - 1, height)
        ends = [
            [below(x[1], x[0]), below(y[1], y[0])]
            for x, y in ((left, top), (right, top), (right, bottom), (left, bottom))
        ]
        starts = [[0, 0], [width - 1, 0], [width - 1, height - 1], [0, height - 1]]
        return starts, ends

    def forward(self, img: Any) -> Any:
        if not happens(self.p):
            return img
        width, height = functional.get_image_size(img)
        points = self.get_params(width, height, self.distortion_scale)
        return functional.perspective(img, *points, self.interpolation, _fill_for(img, self.fill))

    def __repr__(self) -> str:
        return f"{type(self).__name__}(p={self.p})"


class RandomErasing(Module):
    """A tensor, with probability ``p`` with other values in a random rectangle.

    Args:
        p: probability.
        scale: range of the rectangle's share of the area.
        ratio: range of its height by its width.
        value: one, or one for each channel, or "random" for noise.
        inplace: change the tensor itself.
    """

    def __init__(
        self,
        p: float = 0.5,
        scale: Range = (0.02, 0.33),
        ratio: Range = (0.3, 3.3),
        value: Any = 0,
        inplace: bool = False,
    ) -> None:
        super().__init__()
        if not isinstance(value, (numbers.Number, str, tuple, list)):
            raise TypeError("Argument value should be either a number or str or a sequence")
        if isinstance(value, str) and value != "random":
            raise ValueError("If value is str, it should be 'random'")
        _check_ranges(scale, ratio)
        if scale[0] < 0 or scale[1] > 1:
            raise ValueError("Scale should be between 0 and 1")
        if p < 0 or p > 1:
            raise ValueError("Random erasing probability should be between 0 and 1")
        self.p = p
        self.scale = scale
        self.ratio = ratio
        self.value = value
        self.inplace = inplace

    @staticmethod
    def get_params(
        img: Any, scale: Range, ratio: Range, value: list[float] | None = None
    ) -> tuple[int, int, int, int, Any]:
        """(top, left, height, width, values); the whole picture where ten tries do not fit."""
        channels, height, width = img.shape[-3:]
        log_ratio = _log_range(ratio)
        for _ in range(10):
            area, aspect = _area_and_aspect(height * width, scale, log_ratio)
            high, wide = round(math.sqrt(area * aspect)), round(math.sqrt(area / aspect))
            if high < height and wide < width:
                if value is None:
                    values = flambeau.empty(channels, high, wide).normal_()
                else:
                    values = flambeau.tensor(value)[:, None, None]
                return below(height - high + 1), below(width - wide + 1), high, wide, values
        return 0, 0, height, width, img

    def forward(self, img: Any) -> Any:
        if not happens(self.p):
            return img
        value: list[float] | None = None
        if isinstance(self.value, (tuple, list)):
            value = [float(number) for number in self.value]
        elif not isinstance(self.value, str):
            value = [float(self.value)]  # type: ignore[arg-type]
        if value is not None and len(value) not in (1, img.shape[-3]):
            raise ValueError(
                "If value is a sequence, it should have either a single value or "
                f"{img.shape[-3]} (number of input channels)"
            )
        return functional.erase(
            img, *self.get_params(img, self.scale, self.ratio, value), self.inplace
        )

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}(p={self.p}, scale={self.scale}, ratio={self.ratio}, "
            f"value={self.value}, inplace={self.inplace})"
        )
