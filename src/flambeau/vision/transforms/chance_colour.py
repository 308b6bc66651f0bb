"""Transforms whose colours and sharpness chance decides; random numbers as in ``chance``."""

from __future__ import annotations

import math
import numbers
from collections.abc import Callable, Sequence
from typing import Any

import flambeau
from flambeau.nn.modules.module import Module
from flambeau.vision.transforms import functional
from flambeau.vision.transforms.chance import Range, happens, uniform


class ColorJitter(Module):
    """The picture with other brightness, contrast, saturation and hue, in random order.

    Args:
        brightness, contrast, saturation: range of the factor, or a number b for 1 - b ... 1 + b.
        hue: range of the turn, or a number for both signs, at most 0.5.
    """

    def __init__(
        self,
        brightness: float | Range = 0,
        contrast: float | Range = 0,
        saturation: float | Range = 0,
        hue: float | Range = 0,
    ) -> None:
        super().__init__()
        self.brightness = _factors(brightness, "brightness")
        self.contrast = _factors(contrast, "contrast")
        self.saturation = _factors(saturation, "saturation")
        self.hue = _factors(hue, "hue", centre=0, bound=(-0.5, 0.5))

    @staticmethod
    def get_params(
        brightness: Range | None,
        contrast: Range | None,
        saturation: Range | None,
        hue: Range | None,
    ) -> tuple[Any, float | None, float | None, float | None, float | None]:
        """The order, and the four factors (None: leave out), drawn from the generator."""
        order = flambeau.randperm(4)
        b, c, s, h = (
            None if limits is None else uniform(*limits)
            for limits in (brightness, contrast, saturation, hue)
        )
        return order, b, c, s, h

    def forward(self, img: Any) -> Any:
        order, *factors = self.get_params(self.brightness, self.contrast, self.saturation, self.hue)
        steps = (
            functional.adjust_brightness, functional.adjust_contrast,
            functional.adjust_saturation, functional.adjust_hue,
        )  # fmt: skip
        for number in order.tolist():
            if factors[number] is not None:
                img = steps[number](img, factors[number])
        return img

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}(brightness={self.brightness}, contrast={self.contrast}, "
            f"saturation={self.saturation}, hue={self.hue})"
        )


def _factors(
    value: Any, name: str, centre: float = 1, bound: tuple[float, float] = (0, math.inf)
) -> tuple[float, float] | None:
    """A range of factors; None where it holds ``centre`` alone, which changes nothing."""
    if isinstance(value, (int, float)):
        if value < 0:
            raise ValueError(f"If {name} is a single number, it must be non negative.")
        low, high = centre - value, centre + value
        low, high = float(max(low, 0) if centre else low), float(high)
    elif isinstance(value, (tuple, list)) and len(value) == 2:
        low, high = float(value[0]), float(value[1])
    else:
        raise TypeError(f"{name} should be a single number or a list/tuple with length 2.")
    if not bound[0] <= low <= high <= bound[1]:
        raise ValueError(f"{name} values should be between {bound}, but got {[low, high]}.")
    return None if low == high == centre else (low, high)


class RandomGrayscale(Module):
    """The picture, with probability ``p`` without colour; it keeps its number of channels."""

    def __init__(self, p: float = 0.1) -> None:
        super().__init__()
        self.p = p

    def forward(self, img: Any) -> Any:
        channels = functional.get_image_num_channels(img)
        return functional.rgb_to_grayscale(img, channels) if happens(self.p) else img

    def __repr__(self) -> str:
        return f"{type(self).__name__}(p={self.p})"


class GaussianBlur(Module):
    """The picture, smoothed more or less.

    Args:
        kernel_size: (width, height) of the filter, odd, or a number for both.
        sigma: range of the standard deviation, or a number.
    """

    def __init__(self, kernel_size: int | Sequence[int], sigma: float | Range = (0.1, 2.0)) -> None:
        super().__init__()
        if not isinstance(kernel_size, int) and len(kernel_size) not in (1, 2):
            raise ValueError("Kernel size should be a tuple/list of two integers")
        self.kernel_size = functional.pair(kernel_size)
        if any(width <= 0 or width % 2 == 0 for width in self.kernel_size):
            raise ValueError("Kernel size value should be an odd and positive number.")
        if isinstance(sigma, numbers.Number):
            if sigma <= 0:  # type: ignore[operator]
                raise ValueError("If sigma is a single number, it must be positive.")
            sigma = (sigma, sigma)  # type: ignore[assignment]
        elif not (isinstance(sigma, Sequence) and len(sigma) == 2):
            raise ValueError("sigma should be a single number or a list/tuple with length 2.")
        elif not 0.0 < sigma[0] <= sigma[1]:
            raise ValueError("sigma values should be positive and of the form (min, max).")
        self.sigma: Any = sigma

    @staticmethod
    def get_params(sigma_min: float, sigma_max: float) -> float:
        """A standard deviation, drawn from the generator."""
        return uniform(sigma_min, sigma_max)

    def forward(self, img: Any) -> Any:
        sigma = self.get_params(*self.sigma)
        return functional.gaussian_blur(img, list(self.kernel_size), [sigma, sigma])

    def __repr__(self) -> str:
        return f"{type(self).__name__}(kernel_size={self.kernel_size}, sigma={self.sigma})"


class _Sometimes(Module):
    """With probability ``p``, ``apply(img)``; options are shown in the printed form."""

    apply_: Callable[..., Any]
    options: tuple[str, ...] = ()

    def __init__(self, p: float = 0.5) -> None:
        super().__init__()
        self.p = p

    def forward(self, img: Any) -> Any:
        if not happens(self.p):
            return img
        return type(self).apply_(img, *[getattr(self, name) for name in self.options])

    def __repr__(self) -> str:
        shown = [f"{name}={getattr(self, name)}" for name in (*self.options, "p")]
        return f"{type(self).__name__}({','.join(shown)})"


class RandomInvert(_Sometimes):
    """The picture, or with probability ``p`` its negative."""

    apply_ = staticmethod(functional.invert)


class RandomAutocontrast(_Sometimes):
    """The picture, with probability ``p`` spread to all values."""

    apply_ = staticmethod(functional.autocontrast)


class RandomEqualize(_Sometimes):
    """The picture, with probability ``p`` with every value equally frequent."""

    apply_ = staticmethod(functional.equalize)


class RandomPosterize(_Sometimes):
    """The picture, with probability ``p`` with the first ``bits`` bits of each byte."""

    apply_, options = staticmethod(functional.posterize), ("bits",)

    def __init__(self, bits: int, p: float = 0.5) -> None:
        super().__init__(p)
        self.bits = bits


class RandomSolarize(_Sometimes):
    """The picture, with probability ``p`` with the negative of what is light."""

    apply_, options = staticmethod(functional.solarize), ("threshold",)

    def __init__(self, threshold: float, p: float = 0.5) -> None:
        super().__init__(p)
        self.threshold = threshold


class RandomAdjustSharpness(_Sometimes):
    """The picture, with probability ``p`` sharper (above 1) or smoother (below 1)."""

    apply_, options = staticmethod(functional.adjust_sharpness), ("sharpness_factor",)

    def __init__(self, sharpness_factor: float, p: float = 0.5) -> None:
        super().__init__(p)
        self.sharpness_factor = sharpness_factor
