"""The native runtime as eager kernels use it: where it is at hand and a call gains by it.

A program that computes little never waits for the runtime: a function is looked for on disk after
some work that it could have done, its building is started beside the program after more, and
waited for after much.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

Array = np.ndarray
Ints = tuple[int, ...]

F32 = np.dtype(np.float32)
SUFFIX = {F32: "_f32", np.dtype(np.float64): "_f64"}  # of the runtime's functions by type

# How many numbers were worked on without a function when it is looked for, and how.
_STAGES = ((20_000, "available"), (20_000_000, "start"), (100_000_000, "runtime"))

_functions: dict[str, Any] = {}  # those that were found
_progress: dict[str, tuple[int, int]] = {}  # of the others: numbers, and how often looked for
_address: Any = None


def named(name: str, count: int) -> Any:
    """A function of the runtime for a call that works on so many numbers, or None."""
    return _functions.get(name) or _look_for(name, count)


def _look_for(name: str, count: int) -> Any:
    global _address
    numbers, stage = _progress.get(name, (0, 0))
    numbers += count
    if stage == len(_STAGES) or numbers < _STAGES[stage][0]:
        _progress[name] = numbers, stage
        return None
    _progress[name] = numbers, stage + 1
    from ..backends.native import library

    runtime = getattr(library, _STAGES[stage][1])(name)
    if runtime is None:
        return None
    _address = library.address
    return _functions.setdefault(name, getattr(runtime, name))


def function(name: str, dtype: np.dtype, count: int) -> Any:
    """The same of a function that there is for several types."""
    suffix = SUFFIX.get(dtype)
    return None if suffix is None else named(name + suffix, count)


def pointer(array: Array | None) -> int | None:
    """The address of an array's data, for as long as the array lives; of none, none."""
    return None if array is None else _address(array)


def dense(*arrays: Array | None) -> Sequence[Any]:
    """The arrays, contiguous, in the type of the first."""
    dtype = arrays[0].dtype  # type: ignore[union-attr]
    return [
        a if a is None or a.dtype is dtype and a.flags.c_contiguous
        else np.ascontiguousarray(a, dtype) for a in arrays
    ]  # fmt: skip


# --- rows and columns ----------------------------------------------------------------------------

_FEW = 256  # numbers up to which NumPy is as fast


def along(name: str, inputs: tuple[Array, ...], axis: int) -> Array | None:
    """An operation on rows along an axis of arrays of one shape; None where NumPy must do it.

    The result has their shape.
    """
    x = inputs[0]
    shape, dtype, size = x.shape, x.dtype, x.size
    if size < _FEW or (call := function(name, dtype, size)) is None:
        return None
    for a in inputs:
        if a.dtype is not dtype or a.shape != shape:
            return None
    arrays = [a if a.flags.c_contiguous else np.ascontiguousarray(a) for a in inputs]
    out = np.empty(shape, dtype)
    n = shape[axis]
    inner = math.prod(shape[axis % x.ndim + 1 :])
    done = call(*map(_address, arrays), _address(out), size // (n * inner), n, inner)
    return out if done else None


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
    call = named("fl_map", x.size)
    if call is None:
        return None
    out = np.empty_like(x)
    call(number, _address(x), _address(out), x.size)
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
