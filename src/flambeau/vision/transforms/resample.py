"""Resizing of tensors as a matrix product per axis.

A row of the matrix holds the weights with which the old pixels make one new pixel. With
antialiasing the filter is as wide as the distance between new pixels, as in Pillow.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from enum import Enum
from functools import lru_cache
from typing import Any

import numpy as np

import flambeau


class InterpolationMode(Enum):
    """How pixels between pixels are made; the values are torchvision's names."""

    NEAREST = "nearest"
    NEAREST_EXACT = "nearest-exact"
    BILINEAR = "bilinear"
    BICUBIC = "bicubic"
    # For Pillow images only:
    BOX = "box"
    HAMMING = "hamming"
    LANCZOS = "lanczos"

    @classmethod
    def of(cls, mode: InterpolationMode | int) -> InterpolationMode:
        """A mode, or the mode of one of Pillow's numbers."""
        if isinstance(mode, cls):
            return mode
        if isinstance(mode, int) and mode in PILLOW.values():
            return next(name for name, number in PILLOW.items() if number == mode)
        raise TypeError(
            "Argument interpolation should be a InterpolationMode or a corresponding Pillow "
            "integer constant"
        )


# Pillow's numbers of its filters.
PILLOW = {
    InterpolationMode.NEAREST: 0,
    InterpolationMode.LANCZOS: 1,
    InterpolationMode.BILINEAR: 2,
    InterpolationMode.BICUBIC: 3,
    InterpolationMode.BOX: 4,
    InterpolationMode.HAMMING: 5,
    InterpolationMode.NEAREST_EXACT: 0,
}


def _triangle(x: np.ndarray) -> np.ndarray:
    return np.maximum(0, 1 - np.abs(x))


def _cubic(a: float) -> Callable[[np.ndarray], np.ndarray]:
    """Keys' cubic convolution filter with parameter ``a``."""

    def filter(x: np.ndarray) -> np.ndarray:
        x = np.abs(x)
        near = ((a + 2) * x - (a + 3)) * x * x + 1
        far = ((x - 5) * x + 8) * x * a - 4 * a
        return np.where(x < 1, near, np.where(x < 2, far, 0))

    return filter


# Radius, and the filter with and without antialiasing (PyTorch's parameters differ there).
FILTERS = {
    InterpolationMode.BILINEAR: (1, _triangle, _triangle),
    InterpolationMode.BICUBIC: (2, _cubic(-0.5), _cubic(-0.75)),
}


@lru_cache(maxsize=64)
def weights(old: int, new: int, mode: InterpolationMode, antialias: bool) -> np.ndarray:
    """The matrix new x old (float64) of one axis, for a mode in ``FILTERS``."""
    radius, smooth, plain = FILTERS[mode]
    matrix = np.zeros((new, old))
    step = old / new
    width = max(step, 1.0) if antialias else 1.0
    for row in range(new):
        centre = (row + 0.5) * step
        if antialias:
            first = max(0, math.floor(centre - radius * width + 0.5))
            last = min(old, math.floor(centre + radius * width + 0.5))
            taps = np.arange(first, last)
            share = smooth((taps - centre + 0.5) / width)
            matrix[row, taps] = share / share.sum()
        else:
            taps = math.floor(centre - 0.5) + np.arange(1 - radius, 1 + radius)
            share = plain(taps - centre + 0.5)
            np.add.at(matrix[row], taps.clip(0, old - 1), share)
    return matrix


def _nearest(old: int, new: int, exact: bool) -> np.ndarray:
    rows = (np.arange(new) + (0.5 if exact else 0.0)) * (old / new)
    return np.minimum(rows.astype(np.int64), old - 1)


def picked(image: Any, rows: np.ndarray, columns: np.ndarray) -> Any:
    """The pixels of ``image`` (..., H, W) where the rows and columns cross."""
    return image[..., flambeau.from_numpy(rows).unsqueeze(1), flambeau.from_numpy(columns)]


def resize_tensor(
    image: Any, height: int, width: int, mode: InterpolationMode, antialias: bool
) -> Any:
    """``image`` (..., H, W) at the size ``height`` x ``width``; integers are rounded."""
    old_height, old_width = image.shape[-2:]
    if mode in (InterpolationMode.NEAREST, InterpolationMode.NEAREST_EXACT):
        exact = mode is InterpolationMode.NEAREST_EXACT
        return picked(image, _nearest(old_height, height, exact), _nearest(old_width, width, exact))
    if mode not in FILTERS:
        raise ValueError(f"This interpolation mode is unsupported with Tensor input: {mode.value}")
    dtype = image.dtype if image.is_floating_point() else flambeau.float32
    down, across = (
        flambeau.from_numpy(weights(old, new, mode, antialias)).to(dtype)
        for old, new in ((old_height, height), (old_width, width))
    )
    result = down @ image.to(dtype) @ across.mT
    if image.is_floating_point():
        return result
    limits = flambeau.iinfo(image.dtype)
    return result.round().clamp(limits.min, limits.max).to(image.dtype)
