"""The native runtime as eager kernels use it: where it is at hand and a call gains by it.

A program that computes little never waits for the runtime: it is used once something has loaded
it, looked for on disk after some work, and built only for very much work.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

Array = np.ndarray
Ints = tuple[int, ...]

F32 = np.dtype(np.float32)
SUFFIX = {F32: "_f32", np.dtype(np.float64): "_f64"}  # of the runtime's functions by type

_ENOUGH_TO_LOAD = 100_000  # numbers worked on that are worth the milliseconds of loading
_ENOUGH_TO_BUILD = 500_000_000  # and the seconds of building
_LIBRARY = "flambeau.backends.native.library"

_runtime: Any = None
_address: Any = None
_numbers: float = 0  # worked on without the runtime so far


def runtime(count: int) -> Any:
    """The runtime library for a call that works on so many numbers, or None."""
    return _runtime or _found(count)


def _found(count: int) -> Any:
    global _numbers, _runtime, _address
    _numbers += count
    if _numbers < _ENOUGH_TO_LOAD and _LIBRARY not in sys.modules:
        return None
    from ..backends.native import library

    if _numbers < _ENOUGH_TO_LOAD:
        _runtime = library.loaded()
    elif _numbers < _ENOUGH_TO_BUILD:
        _runtime = library.available()
    else:
        _runtime = library.runtime()
        if _runtime is None:
            _numbers = -math.inf
    _address = library.address
    return _runtime


def function(name: str, dtype: np.dtype, count: int) -> Any:
    """The runtime's function for arrays of a type, or None."""
    suffix = SUFFIX.get(dtype)
    library = None if suffix is None else runtime(count)
    return None if library is None else getattr(library, name + suffix)


def pointer(array: Array | None) -> int | None:
    """The address of an array's data, for as long as the array lives; of none, none."""
    return None if array is None else _address(array)


def dense(*arrays: Array | None) -> Sequence[Any]:
    """The arrays, contiguous, in the type of the first."""
    dtype = arrays[0].dtype  # type: ignore[union-attr]
    return [None if a is None else np.ascontiguousarray(a, dtype) for a in arrays]


# --- rows and columns ----------------------------------------------------------------------------

_FEW = 256  # numbers up to which NumPy is as fast


def along(name: str, inputs: tuple[Array, ...], axis: int) -> Array | None:
    """An operation of rows.c along an axis of arrays of one shape; None where NumPy must do it.

    The result has their shape.
    """
    x = inputs[0]
    if x.size < _FEW or (call := function(name, x.dtype, x.size)) is None:
        return None
    if any(a.dtype != x.dtype or a.shape != x.shape for a in inputs):
        return None
    arrays = dense(*inputs)
    shape, out = x.shape, np.empty(x.shape, x.dtype)
    axis %= x.ndim
    sizes = math.prod(shape[:axis]), shape[axis], math.prod(shape[axis + 1 :])
    return out if call(*map(_address, arrays), _address(out), *sizes) else None


# --- functions of each element -------------------------------------------------------------------

# What fl_map calls the functions, and from how many numbers it is the faster one.
_MAPS = {
    "exp": (0, 2048), "exp2": (1, 1024), "expm1": (2, 256), "log": (3, 2048), "log2": (4, 1024),
    "log10": (5, 512), "log1p": (6, 256), "tanh": (7, 1024), "sigmoid": (8, 256), "erf": (9, 64),
    "_silu": (10, 256), "gelu_erf": (11, 64), "gelu_tanh": (12, 256), "log_sigmoid": (13, 256),
    "mish": (14, 256), "sin": (15, 2048), "cos": (16, 2048),
}  # fmt: skip


def elementwise(name: str, x: Any) -> Array | None:
    """A function of each element of a float32 array; None where NumPy must compute it."""
    number, least = _MAPS[name]
    if x.__class__ is not Array or x.size < least or x.dtype is not F32 or not x.flags.forc:
        return None
    library = runtime(x.size)
    if library is None:
        return None
    out = np.empty_like(x)
    library.fl_map(number, _address(x), _address(out), x.size)
    return out


def mapped(name: str, kernel: Callable) -> Callable:
    """A kernel of one array that leaves large ones to the runtime, if that has the function."""
    if name not in _MAPS:
        return kernel
    least = _MAPS[name][1]

    def call(x: Any) -> Any:
        if x.size < least:
            return kernel(x)
        z = elementwise(name, x)
        return kernel(x) if z is None else z

    return call
