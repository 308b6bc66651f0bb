"""What the draws share: facts about dtypes, raw uniforms, rounding."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import ml_dtypes
import numpy as np

if TYPE_CHECKING:
    from ..generator import Generator

Array = np.ndarray[Any, Any]
DType = np.dtype[Any]
Shape = Sequence[int]

CHUNK = 8192  # words at a time: the intermediate arrays stay in the processor's cache

_MASK_24 = np.array((1 << 24) - 1, np.uint64)
_MASK_53 = np.array((1 << 53) - 1, np.uint64)
_SCALE_24 = np.array(2.0**-24, np.float32)
_SCALE_53 = np.array(2.0**-53)


class Kind:
    """What drawing needs to know of a dtype.

    ``name`` and ``cpp`` are PyTorch's names in messages (ScalarType, C++ type), ``low`` and
    ``high`` its bounds, ``digits`` the bits of its significand (0 for integers).
    """

    __slots__ = ("name", "cpp", "low", "high", "digits")

    def __init__(self, name: str, cpp: str, low: float, high: float, digits: int = 0):
        self.name, self.cpp, self.low, self.high, self.digits = name, cpp, low, high, digits

    @property
    def largest(self) -> int:
        """The largest integer that ``random_()`` draws."""
        return 1 << self.digits if self.digits else int(self.high)


def _integer(np_dtype: type, name: str, cpp: str) -> Kind:
    info = np.iinfo(np_dtype)
    return Kind(name, cpp, info.min, info.max)


def _floating(np_dtype: Any, name: str, cpp: str, digits: int) -> Kind:
    high = float(ml_dtypes.finfo(np_dtype).max)
    return Kind(name, cpp, -high, high, digits)


FLOAT16, FLOAT32, FLOAT64 = np.dtype(np.float16), np.dtype(np.float32), np.dtype(np.float64)
BFLOAT16 = np.dtype(ml_dtypes.bfloat16)
INT64, BOOL = np.dtype(np.int64), np.dtype(np.bool_)

KINDS: dict[DType, Kind] = {
    BOOL: Kind("Bool", "bool", 0, 1),
    np.dtype(np.uint8): _integer(np.uint8, "Byte", "unsigned char"),
    np.dtype(np.int8): _integer(np.int8, "Char", "signed char"),
    np.dtype(np.int16): _integer(np.int16, "Short", "short int"),
    np.dtype(np.int32): _integer(np.int32, "Int", "int"),
    INT64: _integer(np.int64, "Long", "long int"),
    FLOAT16: _floating(np.float16, "Half", "c10::Half", 11),
    BFLOAT16: _floating(ml_dtypes.bfloat16, "BFloat16", "c10::BFloat16", 8),
    FLOAT32: _floating(np.float32, "Float", "float", 24),
    FLOAT64: _floating(np.float64, "Double", "double", 53),
    np.dtype(np.complex64): Kind("ComplexFloat", "c10::complex<float>", 0, 0),
    np.dtype(np.complex128): Kind("ComplexDouble", "c10::complex<double>", 0, 0),
}
REAL: dict[DType, DType] = {np.dtype(np.complex64): FLOAT32, np.dtype(np.complex128): FLOAT64}


def memory_axes(array: Array) -> list[int]:
    """The axes of ``array`` in the order of its memory, largest step first."""
    return sorted(range(array.ndim), key=lambda axis: -abs(array.strides[axis]))


def memory_order(array: Array) -> Array:
    """``array`` with its axes in the order of its memory.

    PyTorch fills a tensor in that order, so a draw for the transposed view goes through it:
    ``view = memory_order(a); view[...] = uniform(gen, view.shape, a.dtype)``.
    """
    return array.transpose(memory_axes(array))


def not_implemented(kernel: str, np_dtype: DType) -> NotImplementedError:
    """PyTorch's error for a dtype that a kernel does not do."""
    return NotImplementedError(f"\"{kernel}\" not implemented for '{KINDS[np_dtype].name}'")


def cast(values: Array, np_dtype: DType) -> Array:
    """To ``np_dtype`` as C does it: the 16-bit types are reached through float32."""
    if np_dtype.itemsize == 2 and KINDS[np_dtype].digits:
        values = values.astype(FLOAT32)
    with np.errstate(over="ignore", invalid="ignore"):
        return values.astype(np_dtype, copy=False)


def fill(count: int, np_dtype: DType, draw: Callable[[int], Array]) -> Array:
    """``draw(count)``, made a cache-sized piece at a time."""
    out = np.empty(count, np_dtype)
    for start in range(0, count, CHUNK):
        piece = out[start : start + CHUNK]
        piece[...] = draw(piece.size)
    return out


def fused(a: Any, b: float, c: float) -> Any:
    """``a * b + c`` rounded once, in float64: for an array ``a`` or a number.

    The product's rounding error is recovered by splitting the factors in two halves (Dekker),
    the sum's by Knuth's two-sum; both errors join before the last rounding.
    """
    product = a * b
    exact_product = math.frexp(b)[0] in (0.0, 0.5, -0.5)  # a power of two
    if c == 0.0 or exact_product or not (abs(b) < 1e290 and abs(c) < 1e290):
        return product + c
    splitter = 134217729.0
    t = a * splitter
    a_high = t - (t - a)
    a_low = a - a_high
    t = b * splitter
    b_high = t - (t - b)
    b_low = b - b_high
    error = ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low
    total = product + c
    shifted = total - product
    error += (product - (total - shifted)) + (c - shifted)
    return total + error


def unit32(gen: Generator, count: int) -> Array:
    """``count`` float32 numbers in [0, 1), multiples of 2**-24."""
    if count > CHUNK:
        return fill(count, FLOAT32, lambda n: unit32(gen, n))
    words = gen.raw(count)
    words &= _MASK_24
    unit = words.astype(np.float32)
    unit *= _SCALE_24
    return unit


def bits53(gen: Generator, count: int) -> Array:
    """``count`` integers below 2**53, as uint64: float64 uniforms without their scale."""
    words = gen.raw64(count)
    words &= _MASK_53
    return words


def unit64(gen: Generator, count: int) -> Array:
    """``count`` float64 numbers in [0, 1), multiples of 2**-53."""
    if count > CHUNK:
        return fill(count, FLOAT64, lambda n: unit64(gen, n))
    words = bits53(gen, count)
    unit = words.astype(np.float64)
    unit *= _SCALE_53
    return unit
