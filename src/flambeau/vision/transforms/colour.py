"""Functions of a picture's colours: a Pillow image, or a tensor (..., C, H, W).

Most blend the picture with another: ``factor * picture + (1 - factor) * other``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

import flambeau
from flambeau.nn.functional import conv2d
from flambeau.nn.functional import pad as pad_border
from flambeau.vision.pillow import is_pil_image, pillow
from flambeau.vision.transforms.basics import (
    assert_image,
    convert_image_dtype,
    get_dimensions,
    largest,
    pil_to_tensor,
    to_pil_image,
)


def _checked(img: Any, channels: Sequence[int] = (1, 3), dimensions: int = 3) -> None:
    """Raises a TypeError for what is no picture, or has other than so many channels."""
    assert_image(img)
    if img.ndim < dimensions:
        raise TypeError(
            f"Input image tensor should have at least {dimensions} dimensions, but found {img.ndim}"
        )
    found = get_dimensions(img)[0]
    if found not in channels:
        raise TypeError(
            f"Input image tensor permitted channel values are {list(channels)}, but found {found}"
        )


def _bound(dtype: Any) -> int:
    """The value of white."""
    return 1 if dtype.is_floating_point else largest(dtype)


def _blend(img: Any, other: Any, factor: float) -> Any:
    factor = float(factor)
    mixed = factor * img + (1.0 - factor) * other
    return mixed.clamp(0, _bound(img.dtype)).to(img.dtype)


def _require_positive(name: str, factor: float) -> None:
    if factor < 0:
        raise ValueError(f"{name} ({factor}) is not non-negative.")


def _enhanced(img: Any, kind: str, factor: float) -> Any:
    """What Pillow's enhancer of some kind makes of an image."""
    return getattr(pillow("ImageEnhance"), kind)(img).enhance(factor)


# Light and colour ------------------------------------------------------------------------------


def rgb_to_grayscale(img: Any, num_output_channels: int = 1) -> Any:
    """The picture without colour: 0.2989 R + 0.587 G + 0.114 B.

    Raises:
        ValueError: ``num_output_channels`` is neither 1 nor 3.
        TypeError: a tensor of other than 1 or 3 channels.
    """
    if num_output_channels not in (1, 3):
        raise ValueError("num_output_channels should be either 1 or 3")
    if is_pil_image(img):
        grey = img.convert("L")
        return grey if num_output_channels == 1 else pillow().merge("RGB", (grey,) * 3)
    _checked(img)
    if img.shape[-3] == 3:
        red, green, blue = img.unbind(dim=-3)
        grey = (0.2989 * red + 0.587 * green + 0.114 * blue).to(img.dtype).unsqueeze(-3)
    else:
        grey = img.clone()
    return grey if num_output_channels == 1 else grey.expand(img.shape)


def to_grayscale(img: Any, num_output_channels: int = 1) -> Any:
    """A Pillow image without colour.

    Raises:
        TypeError: not a Pillow image.
    """
    if not is_pil_image(img):
        raise TypeError("Input should be PIL Image")
    return rgb_to_grayscale(img, num_output_channels)


def adjust_brightness(img: Any, brightness_factor: float) -> Any:
    """The picture, lighter or darker: 0 is black, 1 the picture itself."""
    if is_pil_image(img):
        return _enhanced(img, "Brightness", brightness_factor)
    _require_positive("brightness_factor", brightness_factor)
    _checked(img, dimensions=2)
    return _blend(img, flambeau.zeros_like(img), brightness_factor)


def adjust_contrast(img: Any, contrast_factor: float) -> Any:
    """The picture with more or less contrast: 0 is one grey, 1 the picture itself."""
    if is_pil_image(img):
        return _enhanced(img, "Contrast", contrast_factor)
    _require_positive("contrast_factor", contrast_factor)
    _checked(img, channels=(3, 1), dimensions=2)
    grey = rgb_to_grayscale(img) if get_dimensions(img)[0] == 3 else img
    wide = img.dtype if img.is_floating_point() else flambeau.float32
    mean = grey.to(wide).mean(dim=(-3, -2, -1), keepdim=True)
    return _blend(img, mean, contrast_factor)


def adjust_saturation(img: Any, saturation_factor: float) -> Any:
    """The picture with more or less colour: 0 is without, 1 the picture itself."""
    if is_pil_image(img):
        return _enhanced(img, "Color", saturation_factor)
    _require_positive("saturation_factor", saturation_factor)
    _checked(img, dimensions=2)
    if get_dimensions(img)[0] == 1:
        return img
    return _blend(img, rgb_to_grayscale(img), saturation_factor)


def adjust_hue(img: Any, hue_factor: float) -> Any:
    """The picture with its hues turned around the circle of colours.

    Args:
        img: the picture; one without colour stays as it is.
        hue_factor: part of the circle, -0.5 ... 0.5.

    Raises:
        ValueError: ``hue_factor`` is out of range.
    """
    if not -0.5 <= hue_factor <= 0.5:
        raise ValueError(f"hue_factor ({hue_factor}) is not in [-0.5, 0.5].")
    if is_pil_image(img):
        if img.mode in ("L", "1", "I", "F"):
            return img
        hue, saturation, value = img.convert("HSV").split()
        turned = np.array(hue, np.uint8) + np.int32(hue_factor * 255).astype(np.uint8)
        bands = (pillow().fromarray(turned), saturation, value)
        return pillow().merge("HSV", bands).convert(img.mode)
    if not isinstance(img, flambeau.Tensor):
        raise TypeError("Input img should be Tensor image")
    _checked(img, dimensions=2)
    if get_dimensions(img)[0] == 1:
        return img
    hue, saturation, value = _to_hsv(convert_image_dtype(img, flambeau.float32))
    turned = (hue + hue_factor) % 1.0
    return convert_image_dtype(_to_rgb(turned, saturation, value), img.dtype)


def _to_hsv(img: Any) -> tuple[Any, Any, Any]:
    red, green, blue = img.unbind(dim=-3)
    high, low = img.amax(-3), img.amin(-3)
    one = flambeau.ones_like(high)
    grey = high == low
    span = high - low
    saturation = span / flambeau.where(grey, one, high)
    span = flambeau.where(grey, one, span)
    r, g, b = (high - red) / span, (high - green) / span, (high - blue) / span
    from_green = flambeau.where(high == green, 2.0 + r - b, 4.0 + g - r)
    hue = flambeau.where(high == red, b - g, from_green)
    return (hue / 6.0 + 1.0).fmod(1.0), saturation, high


def _to_rgb(hue: Any, saturation: Any, value: Any) -> Any:
    sector = (hue * 6.0).floor()
    part = hue * 6.0 - sector
    low = (value * (1.0 - saturation)).clamp(0.0, 1.0)
    falling = (value * (1.0 - saturation * part)).clamp(0.0, 1.0)
    rising = (value * (1.0 - saturation * (1.0 - part))).clamp(0.0, 1.0)
    # In each of the six sectors of the circle, what red, green and blue are.
    sectors = (
        (value, rising, low), (falling, value, low), (low, value, rising),
        (low, falling, value), (rising, low, value), (value, low, falling),
    )  # fmt: skip
    number = sector.to(flambeau.int64) % 6
    channels = [
        flambeau.stack([colours[channel] for colours in sectors], -1)
        .gather(-1, number.unsqueeze(-1))
        .squeeze(-1)
        for channel in range(3)
    ]
    return flambeau.stack(channels, dim=-3)


def adjust_gamma(img: Any, gamma: float, gain: float = 1) -> Any:
    """Gamma correction: ``gain * value ** gamma``, values in 0 ... 1.

    Raises:
        ValueError: ``gamma`` is negative.
    """
    if gamma < 0:
        raise ValueError("Gamma should be a non-negative real number")
    if is_pil_image(img):
        table = [int((255 + 1 - 1e-3) * gain * (byte / 255.0) ** gamma) for byte in range(256)]
        return img.convert("RGB").point(table * 3).convert(img.mode)
    _checked(img, dimensions=2)
    unit = img if img.is_floating_point() else convert_image_dtype(img, flambeau.float32)
    return convert_image_dtype((gain * unit**gamma).clamp(0, 1), img.dtype)


def invert(img: Any) -> Any:
    """The negative."""
    if is_pil_image(img):
        return pillow("ImageOps").invert(img)
    _checked(img)
    return _bound(img.dtype) - img


def posterize(img: Any, bits: int) -> Any:
    """The picture with the first ``bits`` bits of each byte.

    Raises:
        TypeError: a tensor that is not of uint8.
    """
    if not 0 <= bits <= 8:
        raise ValueError(f"The number if bits should be between 0 and 8. Got {bits}")
    if is_pil_image(img):
        return pillow("ImageOps").posterize(img, bits)
    _require_bytes(img)
    _checked(img)
    return img & (256 - 2 ** (8 - bits))


def _require_bytes(img: Any) -> None:
    if img.dtype != flambeau.uint8:
        raise TypeError(f"Only torch.uint8 image tensors are supported, but found {img.dtype}")


def solarize(img: Any, threshold: float) -> Any:
    """The picture with the negative of what is at least as light as ``threshold``."""
    if is_pil_image(img):
        return pillow("ImageOps").solarize(img, threshold)
    _checked(img)
    if threshold > _bound(img.dtype):
        raise TypeError("Threshold should be less than bound of img.")
    return flambeau.where(img >= threshold, invert(img), img)


def autocontrast(img: Any) -> Any:
    """The picture, each channel spread from its darkest and lightest value to all values."""
    if is_pil_image(img):
        return pillow("ImageOps").autocontrast(img)
    _checked(img)
    bound = _bound(img.dtype)
    wide = img.dtype if img.is_floating_point() else flambeau.float32
    low = img.amin((-2, -1), keepdim=True).to(wide)
    high = img.amax((-2, -1), keepdim=True).to(wide)
    scale = bound / (high - low)
    flat = ~scale.isfinite()
    low, scale = low.masked_fill(flat, 0), scale.masked_fill(flat, 1)
    return ((img - low) * scale).clamp(0, bound).to(img.dtype)


def equalize(img: Any) -> Any:
    """The picture with every value equally frequent, as far as that goes, in each channel.

    Raises:
        TypeError: a tensor that is not of uint8, or has not 3 or 4 dimensions.
    """
    if is_pil_image(img):
        return pillow("ImageOps").equalize(img)
    assert_image(img)
    if not 3 <= img.ndim <= 4:
        raise TypeError(f"Input image tensor should have 3 or 4 dimensions, but found {img.ndim}")
    _require_bytes(img)
    _checked(img)
    planes = img.reshape(-1, *img.shape[-2:]).numpy()
    equal = np.stack([_equalized(plane) for plane in planes])
    return flambeau.from_numpy(equal).reshape(img.shape)


def _equalized(plane: np.ndarray) -> np.ndarray:
    counts = np.bincount(plane.ravel(), minlength=256)
    step = int(counts[counts > 0][:-1].sum()) // 255
    if step == 0:
        return plane
    table = (counts.cumsum() + step // 2) // step
    return np.concatenate([[0], table[:-1]]).clip(0, 255).astype(np.uint8)[plane]


# Sharpness -------------------------------------------------------------------------------------


def _filtered(img: Any, kernel: Any) -> Any:
    """A tensor's channels convolved with a kernel (h x w), without a border; integers rounded."""
    channels = img.shape[-3]
    weight = kernel.expand(channels, 1, *kernel.shape)
    batch = img if img.ndim == 4 else img.unsqueeze(0)
    result = conv2d(batch.to(kernel.dtype), weight, groups=channels)  # type: ignore[misc]
    if img.ndim < 4:
        result = result.squeeze(0)
    return result if img.is_floating_point() else result.round().to(img.dtype)


def _float_dtype(img: Any) -> Any:
    return img.dtype if img.is_floating_point() else flambeau.float32


def adjust_sharpness(img: Any, sharpness_factor: float) -> Any:
    """The picture, sharper or smoother: 0 is smoothed, 1 the picture itself, 2 sharpened."""
    if is_pil_image(img):
        return _enhanced(img, "Sharpness", sharpness_factor)
    _require_positive("sharpness_factor", sharpness_factor)
    _checked(img, dimensions=2)
    if min(img.shape[-2:]) <= 2:
        return img
    kernel = flambeau.ones(3, 3, dtype=_float_dtype(img))
    kernel[1, 1] = 5.0
    smooth = img.clone()
    smooth[..., 1:-1, 1:-1] = _filtered(img, kernel / kernel.sum())
    return _blend(img, smooth, sharpness_factor)


def gaussian_blur(
    img: Any, kernel_size: int | Sequence[int], sigma: float | Sequence[float] | None = None
) -> Any:
    """The picture, smoothed with a Gaussian filter.

    Args:
        img: the picture.
        kernel_size: (width, height) of the filter, odd, or a number for both.
        sigma: standard deviations across and down; None goes by ``kernel_size``.

    Raises:
        TypeError, ValueError: for wrong arguments.
    """
    widths, sigmas = _blur_arguments(kernel_size, sigma)
    if not isinstance(img, flambeau.Tensor):
        if not is_pil_image(img):
            raise TypeError(f"img should be PIL Image or Tensor. Got {type(img)}")
        return to_pil_image(gaussian_blur(pil_to_tensor(img), widths, sigmas), mode=img.mode)
    assert_image(img)
    across, down = (
        _bell(width, s, _float_dtype(img)) for width, s in zip(widths, sigmas, strict=True)
    )
    border = [widths[0] // 2] * 2 + [widths[1] // 2] * 2
    padded = pad_border(  # type: ignore[misc]
        (img if img.ndim == 4 else img.unsqueeze(0)).to(_float_dtype(img)), border, mode="reflect"
    )
    result = _filtered(padded, flambeau.mm(down[:, None], across[None, :]))
    if img.ndim < 4:
        result = result.squeeze(0)
    return result if img.is_floating_point() else result.round().to(img.dtype)


def _blur_arguments(kernel_size: Any, sigma: Any) -> tuple[list[int], list[float]]:
    if not isinstance(kernel_size, (int, list, tuple)):
        raise TypeError(
            f"kernel_size should be int or a sequence of integers. Got {type(kernel_size)}"
        )
    widths = [kernel_size] * 2 if isinstance(kernel_size, int) else list(kernel_size)
    if len(widths) != 2:
        raise ValueError(f"If kernel_size is a sequence its length should be 2. Got {len(widths)}")
    if any(width % 2 == 0 or width < 0 for width in widths):
        raise ValueError(f"kernel_size should have odd and positive integers. Got {widths}")
    if sigma is None:
        sigma = [width * 0.15 + 0.35 for width in widths]
    if not isinstance(sigma, (int, float, list, tuple)):
        raise TypeError(f"sigma should be either float or sequence of floats. Got {type(sigma)}")
    sigmas = [float(sigma)] * 2 if isinstance(sigma, (int, float)) else list(sigma)
    if len(sigmas) == 1:
        sigmas *= 2
    if len(sigmas) != 2:
        raise ValueError(f"If sigma is a sequence, its length should be 2. Got {len(sigmas)}")
    if any(s <= 0.0 for s in sigmas):
        raise ValueError(f"sigma should have positive values. Got {sigmas}")
    return widths, sigmas


def _bell(width: int, sigma: float, dtype: Any) -> Any:
    """``width`` values of a Gaussian curve, with the sum 1."""
    end = (width - 1) * 0.5
    places = flambeau.linspace(-end, end, width, dtype=dtype)
    heights = (-0.5 * (places / sigma).pow(2)).exp()
    return heights / heights.sum()
