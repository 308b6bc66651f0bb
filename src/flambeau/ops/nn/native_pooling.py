"""Pooling in the native runtime: float32 and half types, up to three dimensions.

Each function gives None where there is no runtime, or nothing to gain; the caller then goes on in
NumPy.
"""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np

from ..contractions import accumulate_type
from ..native import named
from .windows import Ints

Array = np.ndarray

ENOUGH = 10_000  # elements met from which the call gains


@functools.lru_cache(maxsize=512)
def _shape(
    planes: int, size: Ints, out: Ints, kernel: Ints, stride: Ints, padding: Ints, dilation: Ints
) -> Array:
    """fl.h's ``fl_pool``: planes, then three axes of everything."""
    missing = 3 - len(out)
    ones, none = (1,) * missing, (0,) * missing
    axes = (*ones, *size, *ones, *out, *ones, *kernel, *ones, *stride, *none, *padding, *ones,
            *dilation)  # fmt: skip
    return np.array([planes, *axes], np.int64)


def _function(name: str, array: Array, work: int, dims: int) -> Any:
    """A function of the runtime where it can do the work and the call gains by it, or None."""
    if work < ENOUGH or dims > 3 or accumulate_type(array.dtype) != np.float32:
        return None
    return named(name, work)


def _single(array: Array) -> Array:
    return np.ascontiguousarray(array, np.float32)


def _call(function: Any, shape: Array, *arguments: Array | int | None) -> None:
    """Calls it with arrays as pointers."""
    function(
        shape.ctypes.data, *(a.ctypes.data if isinstance(a, np.ndarray) else a for a in arguments)
    )


def max_pool(input: Array, *window: Ints, indices: bool) -> tuple[Array, Array | None] | None:
    """The maxima and, where asked for, their places.

    The window is kernel, stride, padding, dilation and the number of places, out.
    """
    kernel, stride, padding, dilation, out = window
    planes, size = math.prod(input.shape[:2]), input.shape[2:]
    call = _function("fl_max_pool", input, planes * math.prod(out) * math.prod(kernel), len(out))
    if call is None:
        return None
    shape = _shape(planes, size, out, kernel, stride, padding, dilation)
    result = np.empty((*input.shape[:2], *out), np.float32)
    places = np.empty(result.shape, np.int64) if indices else None
    _call(call, shape, _single(input), result, places)
    return result.astype(input.dtype, copy=False), places


def max_pool_gradient(g: Array, input: Array, result: Array, *window: Ints) -> Array | None:
    """Each window's gradient at the maximum that counts."""
    kernel, stride, padding, dilation, out = window
    planes, size = math.prod(input.shape[:2]), input.shape[2:]
    call = _function(
        "fl_max_pool_gradient", g, planes * math.prod(out) * math.prod(kernel), len(out)
    )
    if call is None or input.dtype != g.dtype or not input.size:
        return None
    shape = _shape(planes, size, out, kernel, stride, padding, dilation)
    gradient = np.empty(input.shape, np.float32)
    arrays = _single(g), _single(input), _single(result)
    _call(call, shape, *arrays, gradient)
    return gradient.astype(g.dtype, copy=False)


def scatter_places(values: Array, indices: Array, shape: Ints) -> Array | None:
    """Adds values at places of flattened planes; negative ones count from the end."""
    lead, size = shape[:2], math.prod(shape[2:])
    call = _function("fl_scatter_places", values, values.size, 1)
    if call is None or not values.size or indices.min() < 0 or indices.max() >= size:
        return None
    count = math.prod(values.shape[2:])
    flat = _shape(math.prod(lead), (size,), (count,), (1,), (1,), (0,), (1,))
    result = np.empty(shape, np.float32)
    places = np.ascontiguousarray(indices, np.int64)
    _call(call, flat, _single(values), places, result)
    return result.astype(values.dtype, copy=False)


def avg_pool(
    input: Array, kernel: Ints, stride: Ints, padding: Ints, out: Ints, include_pad: bool,
    divisor: int | None,
) -> Array | None:  # fmt: skip
    """The mean of each window."""
    planes, size = math.prod(input.shape[:2]), input.shape[2:]
    call = _function("fl_avg_pool", input, planes * math.prod(out) * math.prod(kernel), len(out))
    if call is None:
        return None
    shape = _shape(planes, size, out, kernel, stride, padding, (1,) * len(out))
    result = np.empty((*input.shape[:2], *out), np.float32)
    _call(call, shape, _single(input), result, int(include_pad), divisor or 0)
    return result.astype(input.dtype, copy=False)


def avg_pool_gradient(
    g: Array, input: Ints, kernel: Ints, stride: Ints, padding: Ints, out: Ints, include_pad: bool,
    divisor: int | None,
) -> Array | None:  # fmt: skip
    """Each window's gradient, spread over its elements."""
    planes, size = math.prod(input[:2]), input[2:]
    call = _function(
        "fl_avg_pool_gradient", g, planes * math.prod(out) * math.prod(kernel), len(out)
    )
    if call is None:
        return None
    shape = _shape(planes, size, out, kernel, stride, padding, (1,) * len(out))
    result = np.empty(input, np.float32)
    _call(call, shape, _single(g), result, int(include_pad), divisor or 0)
    return result.astype(g.dtype, copy=False)


def _adaptive(planes: int, size: Ints, out: Ints) -> Array:
    ones = (1,) * len(out)
    return _shape(planes, size, out, ones, ones, (0,) * len(out), ones)


def adaptive_avg_pool(input: Array, out: Ints) -> Array | None:
    """The mean of each of as many windows as the output is to have."""
    call = _function("fl_adaptive_avg_pool", input, input.size, len(out))
    if call is None:
        return None
    result = np.empty((*input.shape[:2], *out), np.float32)
    shape = _adaptive(math.prod(input.shape[:2]), input.shape[2:], out)
    _call(call, shape, _single(input), result)
    return result.astype(input.dtype, copy=False)


def adaptive_avg_pool_gradient(g: Array, input: Ints) -> Array | None:
    """Each window's gradient, spread over its elements."""
    call = _function("fl_adaptive_avg_pool_gradient", g, math.prod(input), len(input) - 2)
    if call is None:
        return None
    result = np.empty(input, np.float32)
    shape = _adaptive(math.prod(input[:2]), input[2:], g.shape[2:])
    _call(call, shape, _single(g), result)
    return result.astype(g.dtype, copy=False)
