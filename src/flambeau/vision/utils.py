"""Many pictures in one."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from typing import Any, BinaryIO

import flambeau
from flambeau.vision.pillow import pillow


def make_grid(
    tensor: Any,
    nrow: int = 8,
    padding: int = 2,
    normalize: bool = False,
    value_range: tuple[float, float] | None = None,
    scale_each: bool = False,
    pad_value: float = 0.0,
) -> Any:
    """Pictures side by side, as one picture (3 x H x W).

    Args:
        tensor: N x C x H x W, or a list of pictures of one size.
        nrow: pictures in a row.
        padding: pixels between them.
        normalize: shift and scale the values to 0 ... 1.
        value_range: (lowest, highest) for that; None takes those of the values.
        scale_each: take them from each picture, not from all.
        pad_value: value of the pixels between.
    """
    if not isinstance(tensor, (flambeau.Tensor, list)) or (
        isinstance(tensor, list) and not all(isinstance(t, flambeau.Tensor) for t in tensor)
    ):
        raise TypeError(f"tensor or list of tensors expected, got {type(tensor)}")
    images = _as_batch(flambeau.stack(tensor) if isinstance(tensor, list) else tensor)
    if normalize:
        images = images.clone()
        if value_range is not None and not isinstance(value_range, tuple):
            raise TypeError(
                "value_range has to be a tuple (min, max) if specified. min and max are numbers"
            )
        for part in images if scale_each else [images]:
            _to_unit_(part, value_range)
    if images.shape[0] == 1:
        return images.squeeze(0)
    count, channels, height, width = images.shape
    columns = min(nrow, count)
    rows = math.ceil(count / columns)
    height, width = height + padding, width + padding
    shape = (channels, height * rows + padding, width * columns + padding)
    grid = images.new_full(shape, pad_value)
    for number in range(count):
        top = number // columns * height + padding
        left = number % columns * width + padding
        grid[:, top : top + height - padding, left : left + width - padding] = images[number]
    return grid


def _as_batch(images: Any) -> Any:
    """N x C x H x W, grey pictures with three equal channels."""
    if images.ndim == 2:
        images = images.unsqueeze(0)
    if images.ndim == 3:
        images = images.unsqueeze(0)
    if images.ndim == 4 and images.shape[1] == 1:
        images = flambeau.cat((images, images, images), 1)
    return images


def _to_unit_(images: Any, value_range: tuple[float, float] | None) -> None:
    low, high = value_range or (float(images.min()), float(images.max()))
    images.clamp_(low, high).sub_(low).div_(max(high - low, 1e-5))


def save_image(
    tensor: Any | Sequence[Any],
    fp: str | os.PathLike[str] | BinaryIO,
    format: str | None = None,
    **kwargs: Any,
) -> None:
    """Write a picture, or a grid of pictures, with values in 0 ... 1, to a file.

    Args:
        tensor: as in ``make_grid``.
        fp: path or file.
        format: Pillow's name of the format; None takes it from the path.
        kwargs: further arguments of ``make_grid``.
    """
    grid = make_grid(tensor, **kwargs)
    pixels = grid.mul(255).add_(0.5).clamp_(0, 255).permute(1, 2, 0).to("cpu", flambeau.uint8)
    pillow().fromarray(pixels.numpy()).save(fp, format=format)
