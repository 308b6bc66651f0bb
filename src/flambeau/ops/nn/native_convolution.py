"""The three products of a convolution in the native runtime: float32, up to three dimensions.

Each function gives None where there is no runtime, or nothing to gain; the caller then goes on in
NumPy.
"""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np

from ..native import named
from .windows import Ints

Array = np.ndarray

ENOUGH = 10_000  # multiplications from which the call gains


@functools.lru_cache(maxsize=512)
def _shape(
    input: Ints, weight: Ints, out: Ints, stride: Ints, padding: Ints, dilation: Ints, groups: int
) -> Array:
    """fl.h's ``fl_conv``: batch, groups, channels of a group, then three axes of everything."""
    missing = 3 - len(out)
    ones, none = (1,) * missing, (0,) * missing
    axes = (*ones, *input[2:], *ones, *out, *ones, *weight[2:], *ones, *stride, *none, *padding,
            *ones, *dilation)  # fmt: skip
    return np.array([input[0], groups, weight[1], weight[0] // groups, *axes], np.int64)


def _pointer(array: Array | None) -> int | None:
    return None if array is None else array.ctypes.data


def _runtime(input: Ints, weight: Ints, out: Ints, *arrays: Array | None) -> Any:
    """The runtime where it can compute the product and the call gains by it, or None."""
    work = input[0] * math.prod(weight) * math.prod(out)
    if work < ENOUGH or len(out) > 3 or not math.prod(input):
        return None
    if any(a is not None and a.dtype != np.float32 for a in arrays):
        return None
    if named("fl_conv_forward", work // 16) is None:
        return None
    from ...backends.native import library  # not loaded by `import flambeau`

    return library.runtime()


def forward(
    x: Array, w: Array, bias: Array | None, out: Ints, stride: Ints, padding: Ints, dilation: Ints,
    groups: int,
) -> Array | None:  # fmt: skip
    """The convolution of x (n, groups c, *spatial) and w (groups o, c, *kernel)."""
    runtime = _runtime(x.shape, w.shape, out, x, w, bias)
    if runtime is None:
        return None
    x, w = np.ascontiguousarray(x), np.ascontiguousarray(w)
    bias = None if bias is None else np.ascontiguousarray(bias)
    y = np.empty((x.shape[0], w.shape[0], *out), np.float32)
    shape = _shape(x.shape, w.shape, out, stride, padding, dilation, groups)
    arguments = map(_pointer, (shape, x, w, bias, y))
    return y if runtime.fl_conv_forward(*arguments, None, None) else None


def input_gradient(
    g: Array, w: Array, bias: Array | None, input: Ints, stride: Ints, padding: Ints,
    dilation: Ints, groups: int,
) -> Array | None:  # fmt: skip
    """Its gradient by x, whose shape is ``input``, from that by the result; plus a bias."""
    out = g.shape[2:]
    runtime = _runtime(input, w.shape, out, g, w, bias)
    if runtime is None:
        return None
    g, w = np.ascontiguousarray(g), np.ascontiguousarray(w)
    bias = None if bias is None else np.ascontiguousarray(bias)
    x = np.empty(input, np.float32)
    shape = _shape(input, w.shape, out, stride, padding, dilation, groups)
    arguments = map(_pointer, (shape, g, w, bias, x))
    return x if runtime.fl_conv_input_gradient(*arguments, None, None) else None


def weight_gradient(
    g: Array, x: Array, weight: Ints, stride: Ints, padding: Ints, dilation: Ints, groups: int
) -> Array | None:
    """Its gradient by w, whose shape is ``weight``, from that by the result."""
    out = g.shape[2:]
    runtime = _runtime(x.shape, weight, out, g, x)
    if runtime is None:
        return None
    g, x = np.ascontiguousarray(g), np.ascontiguousarray(x)
    w = np.empty(weight, np.float32)
    shape = _shape(x.shape, weight, out, stride, padding, dilation, groups)
    return w if runtime.fl_conv_weight_gradient(*map(_pointer, (shape, g, x, w))) else None
