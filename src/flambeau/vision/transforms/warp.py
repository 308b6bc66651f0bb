"""Functions that move a picture's pixels: a Pillow image, or a tensor (..., C, H, W).

A warp says for each new pixel where in the old picture it is from. Places in a tensor are measured
from its middle.
"""

from __future__ import annotations

import math
import numbers
from collections.abc import Sequence
from typing import Any

import numpy as np

import flambeau
from flambeau.nn.functional import grid_sample
from flambeau.vision.pillow import is_pil_image, pillow
from flambeau.vision.transforms.basics import assert_image, get_dimensions
from flambeau.vision.transforms.resample import PILLOW, InterpolationMode

Fill = float | Sequence[float] | None


def rotate(
    img: Any,
    angle: float,
    interpolation: InterpolationMode = InterpolationMode.NEAREST,
    expand: bool = False,
    center: Sequence[float] | None = None,
    fill: Fill = None,
) -> Any:
    """The picture, turned.

    Args:
        img: the picture.
        angle: degrees, counter-clockwise.
        interpolation: how pixels between pixels are made.
        expand: make the picture large enough for all of it (turned about its middle).
        center: (x, y) of the point that stays, from the top left; the middle, unless given.
        fill: value of what is from outside; one, or one for each channel.
    """
    mode = InterpolationMode.of(interpolation)
    if not isinstance(angle, (int, float)):
        raise TypeError("Argument angle should be int or float")
    _require_sequence(center, "center")
    if is_pil_image(img):
        return img.rotate(angle, PILLOW[mode], expand, center, fillcolor=_pil_fill(img, fill))
    middle = _from_middle(img, center)
    matrix = inverse_affine_matrix(middle, -angle, (0.0, 0.0), 1.0, (0.0, 0.0))
    size = _turned_size(matrix, img) if expand else None
    return _affine_tensor(img, matrix, mode, fill, size)


def affine(
    img: Any,
    angle: float,
    translate: Sequence[float],
    scale: float,
    shear: float | Sequence[float],
    interpolation: InterpolationMode = InterpolationMode.NEAREST,
    fill: Fill = None,
    center: Sequence[float] | None = None,
) -> Any:
    """The picture, turned, moved, enlarged and sheared.

    Args:
        img: the picture.
        angle: degrees, clockwise.
        translate: (across, down), in pixels.
        scale: factor of the size.
        shear: degrees across, or (across, down).
        interpolation, fill, center: as for ``rotate``.

    Raises:
        TypeError, ValueError: for wrong arguments.
    """
    mode = InterpolationMode.of(interpolation)
    if not isinstance(angle, (int, float)):
        raise TypeError("Argument angle should be int or float")
    _require_sequence(translate, "translate")
    if len(translate) != 2:
        raise ValueError("Argument translate should be a sequence of length 2")
    if scale <= 0.0:
        raise ValueError("Argument scale should be positive")
    if not isinstance(shear, (numbers.Number, list, tuple)):
        raise TypeError("Shear should be either a single value or a sequence of two values")
    shears: list[Any] = list(shear) if isinstance(shear, (list, tuple)) else [shear, 0.0]
    if len(shears) == 1:
        shears *= 2
    if len(shears) != 2:
        raise ValueError(f"Shear should be a sequence containing two values. Got {shear}")
    _require_sequence(center, "center")
    if is_pil_image(img):
        middle = (img.width * 0.5, img.height * 0.5) if center is None else center
        matrix = inverse_affine_matrix(middle, angle, translate, scale, shears)
        kind = pillow().Transform.AFFINE
        return img.transform(img.size, kind, matrix, PILLOW[mode], fillcolor=_pil_fill(img, fill))
    middle = _from_middle(img, center)
    return _affine_tensor(
        img, inverse_affine_matrix(middle, angle, translate, scale, shears), mode, fill
    )


def perspective(
    img: Any,
    startpoints: Sequence[Sequence[int]],
    endpoints: Sequence[Sequence[int]],
    interpolation: InterpolationMode = InterpolationMode.BILINEAR,
    fill: Fill = None,
) -> Any:
    """The picture as seen from another side.

    Args:
        img: the picture.
        startpoints: (x, y) of four points: top left, top right, bottom right, bottom left.
        endpoints: where they are to be.
        interpolation, fill: as for ``rotate``.
    """
    mode = InterpolationMode.of(interpolation)
    numbers_ = perspective_numbers(startpoints, endpoints)
    if is_pil_image(img):
        kind = pillow().Transform.PERSPECTIVE
        filled = _pil_fill(img, fill)
        return img.transform(img.size, kind, numbers_, PILLOW[mode], fillcolor=filled)
    assert_image(img)
    height, width = img.shape[-2:]
    dtype = img.dtype if img.is_floating_point() else flambeau.float32
    places = _places(width, height, dtype, 0.5, 0.5)
    a, b, c, d, e, f, g, h = numbers_
    top = flambeau.tensor([[a, d], [b, e], [c, f]], dtype=dtype)
    top = top / flambeau.tensor([0.5 * width, 0.5 * height], dtype=dtype)
    bottom = flambeau.tensor([[g, g], [h, h], [1.0, 1.0]], dtype=dtype)
    grid = places.mm(top) / places.mm(bottom) - 1.0
    return _sampled(img, grid.view(1, height, width, 2), mode, fill)


# Where pixels are from -------------------------------------------------------------------------


def inverse_affine_matrix(
    center: Sequence[float],
    angle: float,
    translate: Sequence[float],
    scale: float,
    shear: Sequence[float],
) -> list[float]:
    r"""The rows of the matrix from new to old places, as six numbers.

    The warp itself is :math:`T(t) T(c) R(\alpha) S(s_x, s_y) \sigma T(-c)`.
    """
    turn, across, down = (math.radians(x) for x in (angle, *shear))
    a = math.cos(turn - down) / math.cos(down)
    b = -math.cos(turn - down) * math.tan(across) / math.cos(down) - math.sin(turn)
    c = math.sin(turn - down) / math.cos(down)
    d = -math.sin(turn - down) * math.tan(across) / math.cos(down) + math.cos(turn)
    x, y = -center[0] - translate[0], -center[1] - translate[1]
    rows = []
    for left, right, own in ((d, -b, center[0]), (-c, a, center[1])):
        first, second = left / scale, right / scale
        rows += [first, second, 0.0 / scale + (first * x + second * y) + own]
    return rows


def perspective_numbers(
    startpoints: Sequence[Sequence[int]], endpoints: Sequence[Sequence[int]]
) -> list[float]:
    """The eight numbers a ... h with ``x' = (a x + b y + c) / (g x + h y + 1)`` and
    ``y' = (d x + e y + f) / (g x + h y + 1)``, from new to old places."""
    if len(startpoints) != 4 or len(endpoints) != 4:
        raise ValueError(
            f"Please provide exactly four corners, got {len(startpoints)} startpoints and "
            f"{len(endpoints)} endpoints."
        )
    rows = []
    for (x, y), (old_x, old_y) in zip(endpoints, startpoints, strict=True):
        rows.append([x, y, 1, 0, 0, 0, -old_x * x, -old_x * y])
        rows.append([0, 0, 0, x, y, 1, -old_y * x, -old_y * y])
    wanted = np.array(startpoints, np.float64).ravel()
    solution = np.linalg.lstsq(np.array(rows, np.float64), wanted, rcond=None)[0]
    return solution.astype(np.float32).tolist()


def _from_middle(img: Any, center: Sequence[float] | None) -> tuple[float, float]:
    _, height, width = get_dimensions(img)
    if center is None:
        return 0.0, 0.0
    return center[0] - width * 0.5, center[1] - height * 0.5


def _places(width: int, height: int, dtype: Any, left: float, top: float) -> Any:
    """The rows (x, y, 1) of all pixels, the first at (left, top)."""
    x = flambeau.linspace(left, left + width - 1, width).to(dtype)
    y = flambeau.linspace(top, top + height - 1, height).to(dtype)
    x, y = x.expand(height, width), y.unsqueeze(1).expand(height, width)
    return flambeau.stack([x, y, flambeau.ones_like(x)], -1).reshape(-1, 3)


def _turned_size(matrix: Sequence[float], img: Any) -> tuple[int, int]:
    """(width, height) of the smallest picture that holds the turned one."""
    height, width = img.shape[-2:]
    half = np.array([0.5 * width, 0.5 * height], np.float32)
    corners = np.array([[-1, -1, 1], [-1, 1, 1], [1, 1, 1], [1, -1, 1]], np.float32)
    corners[:, :2] *= half
    turned = corners @ np.array(matrix, np.float32).reshape(2, 3).T
    # Cut to 4 digits, so that a corner that is a hair outside adds no pixel.
    digits = np.float32(1e-4)
    highest = np.ceil(np.trunc((turned.max(0) + half) / digits) * digits)
    lowest = np.floor(np.trunc((turned.min(0) + half) / digits) * digits)
    wide, high = highest - lowest
    return int(wide), int(high)


def _affine_tensor(
    img: Any,
    matrix: Sequence[float],
    mode: InterpolationMode,
    fill: Fill,
    size: tuple[int, int] | None = None,
) -> Any:
    assert_image(img)
    height, width = img.shape[-2:]
    new_width, new_height = size or (width, height)
    dtype = img.dtype if img.is_floating_point() else flambeau.float32
    places = _places(new_width, new_height, dtype, 0.5 - new_width * 0.5, 0.5 - new_height * 0.5)
    theta = flambeau.tensor(matrix, dtype=dtype).reshape(2, 3).T
    theta = theta / flambeau.tensor([0.5 * width, 0.5 * height], dtype=dtype)
    return _sampled(img, places.mm(theta).view(1, new_height, new_width, 2), mode, fill)


def _sampled(img: Any, grid: Any, mode: InterpolationMode, fill: Fill) -> Any:
    """A tensor's values at places (-1 ... 1); ``fill`` outside; integers are rounded."""
    channels = get_dimensions(img)[0]
    fills = list(fill) if isinstance(fill, (list, tuple)) else [fill]
    if len(fills) not in (1, channels):
        raise ValueError(
            "The number of elements in 'fill' cannot broadcast to match the number of channels of "
            f"the image ({len(fills)} != {channels})"
        )
    if mode not in (InterpolationMode.NEAREST, InterpolationMode.BILINEAR):
        raise ValueError(f"Interpolation mode '{mode.value}' is unsupported with Tensor input")
    batch = img.reshape(-1, channels, *img.shape[-2:]).to(grid.dtype)
    if fill is not None:  # a further channel says how much of a pixel is from inside
        batch = flambeau.cat([batch, flambeau.ones_like(batch[:, :1])], 1)
    grid = grid.expand(len(batch), *grid.shape[1:])
    result = grid_sample(batch, grid, mode=mode.value, padding_mode="zeros", align_corners=False)  # type: ignore[misc]
    if fill is not None:
        inside, result = result[:, -1:], result[:, :-1]
        colour = flambeau.tensor(fills, dtype=grid.dtype).view(1, -1, 1, 1)
        if mode is InterpolationMode.NEAREST:
            result = flambeau.where(inside < 0.5, colour, result)
        else:
            result = result * inside + (1.0 - inside) * colour
    result = result.reshape(*img.shape[:-2], *result.shape[-2:])
    return result if img.is_floating_point() else result.round().to(img.dtype)


def _require_sequence(value: Any, name: str) -> None:
    if value is not None and not isinstance(value, (list, tuple)):
        raise TypeError(f"Argument {name} should be a sequence")


def _pil_fill(img: Any, fill: Fill) -> Any:
    """A fill of as many numbers as a Pillow image has channels."""
    channels = len(img.getbands())
    values: list[Any] = list(fill) if isinstance(fill, (list, tuple)) else [fill or 0]
    if len(values) == 1:
        values *= channels
    if len(values) != channels:
        raise ValueError(
            "The number of elements in 'fill' does not match the number of channels of the image "
            f"({len(values)} != {channels})"
        )
    if img.mode != "F":
        values = [int(value) for value in values]
    return tuple(values) if channels > 1 else values[0]
