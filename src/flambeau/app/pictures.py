"""Any picture as one of a data set: grey, light on dark, cropped, of the network's size.

MNIST's makers fitted each digit into 20x20 pixels and put its centre of mass in the middle of
28x28. UCI's fitted it into a bitmap of 32x32 and counted the ink in blocks of 4x4.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from flambeau.app.errors import CommandError

FAINTEST = 16 / 255
"""Less contrast than this is an empty picture."""

INK = 0.1
"""What is darker than this share of the darkest ink belongs to the drawing."""


def read_grey(path: str | Path) -> np.ndarray:
    """A picture file as grey values 0 ... 1 (float64, H x W), see-through parts on white.

    Raises:
        CommandError: the file is not there, or is not a picture that Pillow can read.
    """
    from PIL import Image, ImageOps

    try:
        with Image.open(path) as opened:
            image = ImageOps.exif_transpose(opened)
            if image.mode in ("I", "I;16", "I;16B", "I;16L", "F"):
                return _stretched(np.asarray(image, dtype=np.float64))
            rgba = image.convert("RGBA")
    except FileNotFoundError:
        raise CommandError(f"{path}: no such file") from None
    except IsADirectoryError:
        raise CommandError(f"{path} is a folder, not a picture") from None
    except Exception as error:  # a damaged file can fail in any way
        reason = "" if "cannot identify" in str(error) else f" ({error})"
        raise CommandError(f"{path}: not a picture that can be read{reason}") from None
    for background in ("white", "black"):
        canvas = Image.new("RGBA", rgba.size, background)
        grey = np.asarray(Image.alpha_composite(canvas, rgba).convert("L"), dtype=np.float64) / 255
        if np.ptp(grey) >= FAINTEST:  # white on nothing is seen on black only
            break
    return grey


def _stretched(values: np.ndarray) -> np.ndarray:
    low, high = values.min(), values.max()
    return (values - low) / (high - low or 1)


def light_on_dark(grey: np.ndarray) -> np.ndarray:
    """The ink, 0 ... 1, whichever of ink and paper is the lighter: the paper is what the border has
    most of. What differs from the paper no more than the border itself does is paper too.

    Raises:
        ValueError: nothing is drawn.
    """
    border = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    paper = float(np.median(border))
    ink = paper - grey if paper > (grey.min() + grey.max()) / 2 else grey - paper
    noise = 3 * float(np.median(np.abs(border - paper)))
    ink = (ink - noise).clip(0)
    if ink.max() < FAINTEST:
        raise ValueError("nothing is drawn on it")
    return ink / ink.max()


def prepare(path: str | Path, size: tuple[int, int], fit: str) -> np.ndarray:
    """The picture in ``path`` as input of a network: float32, height x width, 0 ... 1.

    Args:
        path: a picture file of any size.
        size: (height, width) of the network's input. A picture that has this size already is only
            made light on dark.
        fit: a name in ``FITS``: how it is cropped and put into ``size``.

    Raises:
        CommandError: the file is not there, cannot be read, or is empty.
    """
    grey = read_grey(path)
    try:
        ink = light_on_dark(grey)
    except ValueError as error:
        raise CommandError(f"{path}: {error}") from None
    if ink.shape != size:
        ink = FITS[fit](cropped(ink), size)
    return ink.astype(np.float32)


def cropped(ink: np.ndarray) -> np.ndarray:
    """The smallest rectangle with all that is drawn."""
    rows = np.flatnonzero((ink > INK).any(1))
    columns = np.flatnonzero((ink > INK).any(0))
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _resized(ink: np.ndarray, height: int, width: int) -> np.ndarray:
    from PIL import Image

    image = Image.fromarray(ink.astype(np.float32))
    result = np.asarray(image.resize((width, height), Image.Resampling.BICUBIC)).clip(0, 1)
    return result / (result.max() or 1)


def _scaled(ink: np.ndarray, height: int, width: int) -> np.ndarray:
    """As large as fits into ``height`` x ``width``, in its own proportions."""
    factor = min(height / ink.shape[0], width / ink.shape[1])
    return _resized(ink, *(max(1, round(n * factor)) for n in ink.shape))


def _placed(ink: np.ndarray, size: tuple[int, int], top: int, left: int) -> np.ndarray:
    top = min(max(top, 0), size[0] - ink.shape[0])
    left = min(max(left, 0), size[1] - ink.shape[1])
    result = np.zeros(size)
    result[top : top + ink.shape[0], left : left + ink.shape[1]] = ink
    return result


def _by_mass(ink: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """MNIST's way: five sevenths of the size, the centre of mass in the middle."""
    ink = _scaled(ink, size[0] * 5 // 7, size[1] * 5 // 7)
    rows, columns = np.indices(ink.shape) + 0.5
    middle = [(ink * place).sum() / ink.sum() for place in (rows, columns)]
    return _placed(ink, size, *(round(n / 2 - m) for n, m in zip(size, middle)))


def _by_box(ink: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """The whole size, the rectangle in the middle."""
    ink = _scaled(ink, *size)
    return _placed(ink, size, *((n - m) // 2 for n, m in zip(size, ink.shape)))


def _by_bitmap(ink: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """UCI's way: a black and white bitmap four times the size, and the ink in blocks of 4x4.

    Their digits fill the height, and most are 3/8 to 7/8 as wide as high, upright, and of strokes a
    sixth of the height wide.
    """
    height, width = 4 * size[0], 4 * size[1]
    ink = cropped(_upright(ink))
    ink = cropped(_thickened(_scaled(ink, 2 * height, 2 * width), 2 * height * 5 // 32))
    wide = round(ink.shape[1] * height / ink.shape[0])
    ink = _resized(ink, height, min(max(wide, width * 3 // 8), width * 7 // 8))
    bitmap = _placed(ink, (height, width), 0, (width - ink.shape[1]) // 2) > 0.4
    return bitmap.reshape(size[0], 4, size[1], 4).mean((1, 3))


def _upright(ink: np.ndarray) -> np.ndarray:
    """Sheared so that the drawing no longer leans: rows and columns of its ink are uncorrelated."""
    from PIL import Image

    room = ink.shape[0]  # at 45 degrees it would lean out by so much
    ink = np.pad(ink, ((0, 0), (room, room)))
    rows, columns = np.mgrid[: ink.shape[0], : ink.shape[1]]
    rows = rows - (ink * rows).sum() / ink.sum()
    columns = columns - (ink * columns).sum() / ink.sum()
    spread = (ink * rows**2).sum()
    slant = float((ink * rows * columns).sum() / spread) if spread > 0 else 0.0
    slant = min(max(slant, -1.0), 1.0)
    # transform() wants, for a pixel of the new image, its place (x + slant (y - middle), y).
    middle = -float(rows[0, 0])
    coefficients = (1, slant, -slant * middle, 0, 1, 0)
    image = Image.fromarray(ink.astype(np.float32))
    sheared = image.transform(
        image.size, Image.Transform.AFFINE, coefficients, Image.Resampling.BILINEAR
    )
    return np.asarray(sheared)


def _thickened(ink: np.ndarray, wanted: int) -> np.ndarray:
    """With strokes at least about ``wanted`` pixels wide: each pixel the darkest around it."""
    from PIL import Image, ImageFilter

    drawn = np.pad(ink > 0.4, 1)
    # A stroke has two long edges. Steps from pixel to pixel make a slanting edge a fifth too long.
    edge = 0.8 * sum(np.count_nonzero(np.diff(drawn, axis=axis)) for axis in (0, 1))
    missing = round(wanted - 2 * np.count_nonzero(drawn) / max(edge, 1))
    if missing < 1:
        return ink
    image = Image.fromarray(np.uint8(255 * np.pad(ink, missing)))
    return np.asarray(image.filter(ImageFilter.MaxFilter(missing // 2 * 2 + 1))) / 255


FITS: dict[str, Callable[[np.ndarray, tuple[int, int]], Any]] = {
    "mass": _by_mass,
    "box": _by_box,
    "bitmap": _by_bitmap,
}
