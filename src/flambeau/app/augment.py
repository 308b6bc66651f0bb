"""Training pictures, each a little different every time it is seen."""

from __future__ import annotations

from typing import Any

import flambeau

# How far a picture is changed at most, in shares of its half width.
TURN, SHEAR, STRETCH, MOVE = 0.15, 0.2, 0.15, 0.25


def warped(images: Any) -> Any:
    """Each image (N x C x H x W) turned, sheared, stretched and moved at random; zeros move in.

    A pixel takes its value from the place

        (x', y') = [[1 + s, t + h], [-t, 1 + u]] (x, y) + (v, w)

    of the image, coordinates from -1 to 1, between pixels by the distance from the four around it.
    """
    count, channels, height, width = images.shape
    draw = (2 * flambeau.rand(6, count, 1, 1) - 1).unbind(0)
    turn, shear = TURN * draw[0], SHEAR * draw[1]
    across, down = 1 + STRETCH * draw[2], 1 + STRETCH * draw[3]
    x = ((2 * flambeau.arange(width) + 1) / width - 1).view(1, 1, width)
    y = ((2 * flambeau.arange(height) + 1) / height - 1).view(1, height, 1)
    columns = _pixels(across * x + (turn + shear) * y + MOVE * draw[4], width)
    rows = _pixels(down * y - turn * x + MOVE * draw[5], height)

    padded = images.new_zeros(count, channels, height + 3, width + 3)
    padded[:, :, 1:-2, 1:-2] = images
    left, top = columns.floor().long(), rows.floor().long()
    right_share, low_share = (columns - left).unsqueeze(1), (rows - top).unsqueeze(1)
    each = flambeau.arange(count).view(count, 1, 1)

    def at(row: Any, column: Any) -> Any:
        return padded.movedim(1, -1)[each, row, column].movedim(-1, 1)

    upper = at(top, left) * (1 - right_share) + at(top, left + 1) * right_share
    lower = at(top + 1, left) * (1 - right_share) + at(top + 1, left + 1) * right_share
    return upper * (1 - low_share) + lower * low_share


def _pixels(place: Any, size: int) -> Any:
    """Coordinates -1 ... 1 as pixel numbers in the image with a zero before it and two behind."""
    return (((place + 1) * size - 1) / 2 + 1).clamp(0, size + 1)
