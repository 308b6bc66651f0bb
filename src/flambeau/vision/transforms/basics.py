"""Functions of a picture (a Pillow image, or a tensor (..., C, H, W)): kind, value, size, place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

import flambeau
from flambeau.vision.pillow import is_pil_image, pillow
from flambeau.vision.transforms.resample import PILLOW, InterpolationMode, picked, resize_tensor

PADDING_MODES = ("constant", "edge", "reflect", "symmetric")

# The dtype of Pillow's modes that do not hold bytes.
WIDE_MODES = {"I": np.int32, "I;16": np.int16, "F": np.float32}

# The mode that a picture of one channel gets.
ONE_CHANNEL_MODES = {"uint8": "L", "int16": "I;16", "uint16": "I;16", "int32": "I", "float32": "F"}

# The modes that a picture may be given, by its number of channels, and the one it gets.
MANY_CHANNEL_MODES = {
    2: (("LA",), "LA"),
    3: (("RGB", "YCbCr", "HSV"), "RGB"),
    4: (("RGBA", "CMYK", "RGBX"), "RGBA"),
}


def get_dimensions(img: Any) -> list[int]:
    """[channels, height, width]."""
    if isinstance(img, flambeau.Tensor):
        assert_image(img)
        channels = 1 if img.ndim == 2 else img.shape[-3]
        return [channels, *img.shape[-2:]]
    if is_pil_image(img):
        return [len(img.getbands()), img.height, img.width]
    raise TypeError(f"Unexpected type {type(img)}")


def get_image_size(img: Any) -> list[int]:
    """[width, height]."""
    _, height, width = get_dimensions(img)
    return [width, height]


def get_image_num_channels(img: Any) -> int:
    """The number of channels."""
    return get_dimensions(img)[0]


def assert_image(img: Any) -> None:
    if not (isinstance(img, flambeau.Tensor) and img.ndim >= 2):
        raise TypeError("Tensor is not a torch image.")


# Kind and value --------------------------------------------------------------------------------


def grey_to_unit(tensor: Any) -> Any:
    """Bytes as the default float dtype, 0 ... 255 becoming 0 ... 1."""
    return tensor.to(flambeau.get_default_dtype()).div(255)


def to_tensor(pic: Any) -> Any:
    """A Pillow image or an array (H x W x C or H x W) as a tensor (C x H x W).

    uint8 (and Pillow's modes of bytes and bits) becomes the default float dtype in 0 ... 1;
    other values stay what they are.

    Raises:
        TypeError: neither a Pillow image nor an array.
        ValueError: an array that has not 2 or 3 dimensions.
    """
    if not (is_pil_image(pic) or isinstance(pic, np.ndarray)):
        raise TypeError(f"pic should be PIL Image or ndarray. Got {type(pic)}")
    if isinstance(pic, np.ndarray):
        if pic.ndim not in (2, 3):
            raise ValueError(f"pic should be 2/3 dimensional. Got {pic.ndim} dimensions.")
        array = pic if pic.ndim == 3 else pic[:, :, None]
    else:
        array = _array(pic)
        if pic.mode == "1":
            array = 255 * array
    tensor = _channels_first(array)
    return grey_to_unit(tensor) if tensor.dtype == flambeau.uint8 else tensor


def pil_to_tensor(pic: Any) -> Any:
    """A Pillow image as a tensor (C x H x W) of the same values.

    Raises:
        TypeError: not a Pillow image.
    """
    if not is_pil_image(pic):
        raise TypeError(f"pic should be PIL Image. Got {type(pic)}")
    return _channels_first(_array(pic))


def _array(pic: Any) -> np.ndarray:
    """H x W x C values of a Pillow image; a picture of bits gives 0 and 1."""
    array = np.array(pic, WIDE_MODES.get(pic.mode, np.uint8), copy=True)
    return array if array.ndim == 3 else array[:, :, None]


def _channels_first(array: np.ndarray) -> Any:
    return flambeau.from_numpy(np.ascontiguousarray(array.transpose(2, 0, 1)))


def to_pil_image(pic: Any, mode: str | None = None) -> Any:
    """A tensor (C x H x W or H x W) or an array (H x W x C or H x W) as a Pillow image.

    Floating-point tensors in 0 ... 1 become bytes, unless ``mode`` is "F".

    Raises:
        TypeError: neither, or a dtype that no mode holds.
        ValueError: wrong dimensions, too many channels, or a mode of another kind.
    """
    if isinstance(pic, flambeau.Tensor):
        array = _tensor_pixels(pic, mode)
    elif isinstance(pic, np.ndarray):
        if pic.ndim not in (2, 3):
            raise ValueError(f"pic should be 2/3 dimensional. Got {pic.ndim} dimensions.")
        array = pic if pic.ndim == 3 else pic[:, :, None]
    else:
        raise TypeError(f"pic should be Tensor or ndarray. Got {type(pic)}.")
    channels = array.shape[2]
    if channels > 4:
        raise ValueError(f"pic should not have > 4 channels. Got {channels} channels.")
    if channels == 1:
        array = array[:, :, 0]
        expected = ONE_CHANNEL_MODES.get(str(array.dtype))
        if expected is not None and mode not in (None, expected):
            raise ValueError(
                f"Incorrect mode ({mode}) supplied for input type {array.dtype}. "
                f"Should be {expected}"
            )
    else:
        allowed, expected = MANY_CHANNEL_MODES[channels]
        if mode not in (None, *allowed):
            raise ValueError(f"Only modes {list(allowed)} are supported for {channels}D inputs")
        if array.dtype != np.uint8:
            expected = None
    if expected is None:
        raise TypeError(f"Input type {array.dtype} is not supported")
    if array.dtype == np.int16:
        array = array.view(np.uint16)
    image = pillow().fromarray(np.ascontiguousarray(array))
    if mode is None or image.mode == mode:
        return image
    return pillow().frombytes(mode, image.size, image.tobytes())


def _tensor_pixels(pic: Any, mode: str | None) -> np.ndarray:
    """A tensor C x H x W or H x W as an array H x W x C, floating-point values as bytes."""
    if pic.ndim not in (2, 3):
        raise ValueError(f"pic should be 2/3 dimensional. Got {pic.ndim} dimensions.")
    if pic.ndim == 2:
        pic = pic.unsqueeze(0)
    if pic.shape[0] > 4:
        raise ValueError(f"pic should not have > 4 channels. Got {pic.shape[0]} channels.")
    if pic.is_floating_point() and mode != "F":
        pic = pic.mul(255).to(flambeau.uint8)
    return pic.detach().cpu().numpy().transpose(1, 2, 0)


def normalize(
    tensor: Any, mean: Sequence[float], std: Sequence[float], inplace: bool = False
) -> Any:
    """``(tensor - mean) / std``, channel by channel, of a floating-point tensor (..., C, H, W).

    Raises:
        TypeError: not a tensor, or not a floating-point one.
        ValueError: fewer than 3 dimensions, or a ``std`` of 0.
    """
    if not isinstance(tensor, flambeau.Tensor):
        raise TypeError(f"img should be Tensor Image. Got {type(tensor)}")
    if not tensor.is_floating_point():
        raise TypeError(f"Input tensor should be a float tensor. Got {tensor.dtype}.")
    if tensor.ndim < 3:
        raise ValueError(
            "Expected tensor to be a tensor image of size (..., C, H, W). "
            f"Got tensor.size() = {tensor.size()}"
        )
    means, stds = (
        flambeau.as_tensor(values, dtype=tensor.dtype, device=tensor.device)
        for values in (mean, std)
    )
    if bool((stds == 0).any()):
        raise ValueError(
            f"std evaluated to zero after conversion to {tensor.dtype}, "
            "leading to division by zero."
        )
    means, stds = (v.view(-1, 1, 1) if v.ndim == 1 else v for v in (means, stds))
    return (tensor if inplace else tensor.clone()).sub_(means).div_(stds)


def convert_image_dtype(image: Any, dtype: Any) -> Any:
    """``image`` as ``dtype``, its values scaled from the one dtype's range to the other's.

    The range of a floating-point dtype is 0 ... 1, of an integer dtype 0 ... its largest value.

    Raises:
        RuntimeError: float32 to int32 or int64, or float64 to int64, which would overflow.
    """
    if image.dtype == dtype:
        return image
    if image.is_floating_point():
        if dtype.is_floating_point:
            return image.to(dtype)
        wide = (flambeau.int32, flambeau.int64) if image.dtype == flambeau.float32 else ()
        if dtype in wide or (image.dtype == flambeau.float64 and dtype == flambeau.int64):
            raise RuntimeError(
                f"The cast from {image.dtype} to {dtype} cannot be performed safely."
            )
        # So that each integer takes an equal share of 0 ... 1, and 1 itself stays in range.
        return image.mul(largest(dtype) + 1 - 1e-3).to(dtype)
    if dtype.is_floating_point:
        return image.to(dtype) / largest(image.dtype)
    old, new = largest(image.dtype), largest(dtype)
    if old > new:
        return flambeau.div(image, (old + 1) // (new + 1), rounding_mode="floor").to(dtype)
    return image.to(dtype) * ((new + 1) // (old + 1))


def largest(dtype: Any) -> int:
    """The largest value of an integer dtype."""
    return 1 if dtype == flambeau.bool else flambeau.iinfo(dtype).max


# Size and place --------------------------------------------------------------------------------


def resize(
    img: Any,
    size: int | Sequence[int],
    interpolation: InterpolationMode = InterpolationMode.BILINEAR,
    max_size: int | None = None,
    antialias: bool | None = True,
) -> Any:
    """The picture at the size (height, width), or with its shorter edge ``size`` long.

    Raises:
        ValueError: ``max_size`` with a pair, or not above ``size``; a mode that tensors lack.
    """
    mode = InterpolationMode.of(interpolation)
    height, width = get_dimensions(img)[1:]
    new_height, new_width = _new_size(size, max_size, height, width)
    if (new_height, new_width) == (height, width):
        return img
    if is_pil_image(img):
        return img.resize((new_width, new_height), PILLOW[mode])
    return resize_tensor(img, new_height, new_width, mode, bool(antialias))


def _new_size(
    size: int | Sequence[int], max_size: int | None, height: int, width: int
) -> tuple[int, int]:
    if not isinstance(size, int) and len(size) == 2:
        if max_size is not None:
            raise ValueError(
                "max_size should only be passed if size specifies the length of the smaller edge, "
                "i.e. size should be an int or a sequence of length 1 in torchscript mode."
            )
        return size[0], size[1]
    short = size if isinstance(size, int) else size[0]
    long = int(short * max(height, width) / min(height, width))
    if max_size is not None:
        if max_size <= short:
            raise ValueError(
                f"max_size = {max_size} must be strictly greater than the requested "
                f"size for the smaller edge size = {size}"
            )
        if long > max_size:
            short, long = int(max_size * short / long), max_size
    return (long, short) if width <= height else (short, long)


def crop(img: Any, top: int, left: int, height: int, width: int) -> Any:
    """The rectangle at (top, left); what lies outside the picture is 0."""
    if is_pil_image(img):
        return img.crop((left, top, left + width, top + height))
    assert_image(img)
    old_height, old_width = img.shape[-2:]
    inside = img[..., max(top, 0) : max(top + height, 0), max(left, 0) : max(left + width, 0)]
    border = (
        max(min(left + width, 0) - left, 0),
        max(min(top + height, 0) - top, 0),
        max(left + width - max(old_width, left), 0),
        max(top + height - max(old_height, top), 0),
    )
    return pad(inside, border) if any(border) else inside


def center_crop(img: Any, output_size: int | Sequence[int]) -> Any:
    """The middle of the picture; where it is too small, with zeros around it."""
    if isinstance(output_size, int):
        output_size = (output_size, output_size)
    wanted_height, wanted_width = output_size[0], output_size[-1]
    _, height, width = get_dimensions(img)
    across, down = max(0, wanted_width - width), max(0, wanted_height - height)
    if across or down:
        img = pad(img, (across // 2, down // 2, (across + 1) // 2, (down + 1) // 2))
        _, height, width = get_dimensions(img)
    top = round((height - wanted_height) / 2.0)
    left = round((width - wanted_width) / 2.0)
    return crop(img, top, left, wanted_height, wanted_width)


def pad(
    img: Any, padding: int | Sequence[int], fill: float = 0, padding_mode: Any = "constant"
) -> Any:
    """The picture with a border; arguments as in ``Pad``."""
    left, top, right, bottom = _borders(padding)
    if is_pil_image(img):
        if padding_mode == "constant":
            ops = pillow("ImageOps")
            return ops.expand(img, border=(left, top, right, bottom), fill=_pil_fill(img, fill))
        array = np.asarray(img)
        around = ((top, bottom), (left, right)) + ((0, 0),) * (array.ndim - 2)
        return pillow().fromarray(np.pad(array, around, padding_mode))
    assert_image(img)
    height, width = img.shape[-2:]
    if padding_mode == "constant":
        shape = (*img.shape[:-2], top + height + bottom, left + width + right)
        result = flambeau.full(shape, fill, dtype=img.dtype, device=img.device)
        result[..., top : top + height, left : left + width] = img
        return result
    rows = np.pad(np.arange(height), (top, bottom), padding_mode)
    columns = np.pad(np.arange(width), (left, right), padding_mode)
    return picked(img, rows, columns)


def _borders(padding: int | Sequence[int]) -> tuple[int, int, int, int]:
    """(left, top, right, bottom)."""
    if isinstance(padding, int):
        return (padding,) * 4
    if len(padding) not in (1, 2, 4):
        raise ValueError(
            f"Padding must be an int or a 1, 2, or 4 element tuple, "
            f"not a {len(padding)} element tuple"
        )
    left, top, right, bottom = (tuple(padding) * 4)[:4]
    return left, top, right, bottom


def resized_crop(
    img: Any,
    top: int,
    left: int,
    height: int,
    width: int,
    size: int | Sequence[int],
    interpolation: InterpolationMode = InterpolationMode.BILINEAR,
    antialias: bool | None = True,
) -> Any:
    """A rectangle of the picture, at another size."""
    return resize(crop(img, top, left, height, width), size, interpolation, antialias=antialias)


def five_crop(img: Any, size: int | Sequence[int]) -> tuple[Any, ...]:
    """The corners (top left, top right, bottom left, bottom right) and the middle.

    Raises:
        ValueError: the picture is smaller than ``size``.
    """
    size = pair(size)
    (high, wide), (_, height, width) = size, get_dimensions(img)
    if wide > width or high > height:
        raise ValueError(f"Requested crop size {size} is bigger than input size {(height, width)}")
    corners = ((0, 0), (0, width - wide), (height - high, 0), (height - high, width - wide))
    parts = [crop(img, top, left, high, wide) for top, left in corners]
    return (*parts, center_crop(img, (high, wide)))


def ten_crop(img: Any, size: int | Sequence[int], vertical_flip: bool = False) -> tuple[Any, ...]:
    """``five_crop`` of the picture and of its mirror image."""
    return five_crop(img, size) + five_crop((vflip if vertical_flip else hflip)(img), size)


def pair(size: int | Sequence[int]) -> tuple[int, int]:
    """(height, width), from a number for both or from one or two numbers."""
    if isinstance(size, int):
        return size, size
    if len(size) == 1:
        return size[0], size[0]
    if len(size) != 2:
        raise ValueError("Please provide only two dimensions (h, w) for size.")
    return size[0], size[1]


def erase(
    img: Any, i: int, j: int, h: int, w: int, v: Any, inplace: bool = False
) -> flambeau.Tensor:
    """A tensor whose rectangle at row ``i``, column ``j`` has the values ``v``.

    Raises:
        TypeError: not a tensor.
    """
    if not isinstance(img, flambeau.Tensor):
        raise TypeError(f"img should be Tensor Image. Got {type(img)}")
    result = img if inplace else img.clone()
    result[..., i : i + h, j : j + w] = v
    return result


def _pil_fill(img: Any, fill: Any) -> Any:
    bands = len(img.getbands())
    return (fill,) * bands if isinstance(fill, (int, float)) and bands > 1 else fill


def hflip(img: Any) -> Any:
    """The mirror image, left to right."""
    if is_pil_image(img):
        return img.transpose(pillow().Transpose.FLIP_LEFT_RIGHT)
    assert_image(img)
    return img.flip(-1)


def vflip(img: Any) -> Any:
    """The mirror image, top to bottom."""
    if is_pil_image(img):
        return img.transpose(pillow().Transpose.FLIP_TOP_BOTTOM)
    assert_image(img)
    return img.flip(-2)
