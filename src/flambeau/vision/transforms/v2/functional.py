"""The functions of ``transforms.functional`` under the names that torchvision's v2 has for them."""

from __future__ import annotations

from typing import Any

import numpy as np

import flambeau
from flambeau.vision.pillow import is_pil_image
from flambeau.vision.transforms import functional as _v1
from flambeau.vision.transforms.functional import *  # noqa: F403
from flambeau.vision.transforms.functional import convert_image_dtype, pil_to_tensor

horizontal_flip, vertical_flip = _v1.hflip, _v1.vflip
get_num_channels = _v1.get_image_num_channels


def get_size(img: Any) -> list[int]:
    """[height, width]."""
    return _v1.get_dimensions(img)[1:]


def to_image(inpt: Any) -> flambeau.Tensor:
    """A Pillow image, an array (H x W x C or H x W) or a tensor as a tensor (C x H x W) of the same
    values.

    Raises:
        TypeError: none of these.
    """
    if isinstance(inpt, np.ndarray):
        array = inpt if inpt.ndim > 2 else inpt[..., None]
        return flambeau.from_numpy(np.ascontiguousarray(array.transpose(2, 0, 1)))
    if is_pil_image(inpt):
        return pil_to_tensor(inpt)
    if isinstance(inpt, flambeau.Tensor):
        return inpt
    raise TypeError(
        "Input can either be a pure Tensor, a numpy array, or a PIL image, "
        f"but got {type(inpt)} instead."
    )


def to_dtype(inpt: Any, dtype: Any = None, scale: bool = False) -> Any:
    """A tensor in another dtype (float32 unless given), on request scaled to its range."""
    dtype = flambeau.float32 if dtype is None else dtype
    return convert_image_dtype(inpt, dtype) if scale else inpt.to(dtype)
