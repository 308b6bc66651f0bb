"""Whole numbers over a range."""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING

import numpy as np

from . import native
from .common import (
    BOOL,
    CHUNK,
    FLOAT16,
    FLOAT64,
    INT64,
    KINDS,
    REAL,
    Array,
    DType,
    Kind,
    Shape,
    cast,
    fill,
    not_implemented,
)

if TYPE_CHECKING:
    from ..generator import Generator


_INT64_MIN = -(1 << 63)
_WORD_RANGE = 1 << 28  # from this range on, integers are drawn from 64 bits


def randint(
    gen: Generator,
    shape: Shape,
    low: int,
    high: int,
    np_dtype: DType = INT64,
    out: Array | None = None,
) -> Array:
    """Whole numbers in [low, high), of any real dtype: ``word % (high - low) + low``.

    ``out``, a C-contiguous array of this shape and dtype, may serve as the result.
    Raises RuntimeError where ``low >= high`` or a bound does not fit the dtype; warns where a
    floating-point dtype cannot hold every number of the range.
    """
    np_dtype = np.dtype(np_dtype)
    if low >= high:
        raise RuntimeError(
            f"random_ expects 'from' to be less than 'to', but got from={low} >= to={high}"
        )
    kind = KINDS[np_dtype]
    if np_dtype in REAL:
        raise RuntimeError(
            "check_random_bounds handles only integral, floating-point and boolean types"
        )
    if kind.digits:
        low, high = _next_low(low, np_dtype), _next_high(high, np_dtype)
        if low >= high:
            raise RuntimeError(
                "random_ expects 'from' casted to dtype to be less than 'to' casted to dtype, "
                f"but got from={low} >= to={high}"
            )
    _check_integers(kind, low, high - 1, "to - 1")
    return _integers(gen, shape, low, high - low, np_dtype, out=out)


def random(gen: Generator, shape: Shape, np_dtype: DType, low: int | None = None) -> Array:
    """Whole numbers over all that the dtype holds without gaps, from ``low`` (default 0) on.

    ``low=-2**63`` draws all 64 bits (int64, float64, float32 and bfloat16 only).
    """
    np_dtype = np.dtype(np_dtype)
    kind = KINDS[np_dtype]
    if np_dtype in REAL:
        if low is None:
            raise not_implemented("random_kernel_cpu", np_dtype)
        raise RuntimeError(
            "random_from_to_impl handles only integral, floating-point and boolean types"
        )
    if low is None:
        wide = np_dtype in (INT64, FLOAT64)
        return _integers(gen, shape, 0, kind.largest + 1, np_dtype, wide=wide)
    if low == _INT64_MIN:
        if np_dtype in (BOOL, FLOAT16):
            raise not_implemented("random_full_64_bits_range_kernel_cpu", np_dtype)
        if not kind.digits and np_dtype != INT64:
            raise RuntimeError(
                "random_full_64_bits_range_kernel_cpu handles only int64, double, float and "
                "bfloat16"
            )
        words = gen.raw64(math.prod(shape)).view(np.int64)
        return cast(words, np_dtype).reshape(shape)
    if kind.digits:
        low = _next_low(low, np_dtype)
        if low >= kind.largest:
            raise RuntimeError(
                "random_ expects 'from' casted to dtype to be less than or equal to 'to_inc' "
                f"casted to dtype, but got from={low} > to_inc={kind.largest}"
            )
    _check_integers(kind, low, kind.largest, "to")
    return _integers(gen, shape, low, kind.largest - low + 1, np_dtype)


def _integers(
    gen: Generator,
    shape: Shape,
    low: int,
    span: int,
    np_dtype: DType,
    wide: bool | None = None,
    out: Array | None = None,
) -> Array:
    """``word % span + low``; ``wide`` words have 64 bits, by default where the span needs it."""
    count = math.prod(shape)
    if wide is None:
        wide = span >= _WORD_RANGE
    if out is None or np_dtype != INT64:
        out = np.empty(shape, INT64)
    if native.integers(gen, out, low, span, wide):
        return cast(out, np_dtype)
    if count > CHUNK:
        pieces = fill(count, np_dtype, lambda n: _integers(gen, (n,), low, span, np_dtype, wide))
        return pieces.reshape(shape)
    words = gen.raw64(count) if wide else gen.raw(count)
    if span < 1 << 64:
        words %= np.uint64(span)
    if low:
        words += np.uint64(low & 0xFFFFFFFFFFFFFFFF)
    return cast(words.view(np.int64), np_dtype).reshape(shape)


def _next_low(low: int, np_dtype: DType) -> int:
    """The smallest number >= ``low`` that PyTorch takes a floating-point dtype to have."""
    rounded = float(cast(np.array(float(low + 1)), np_dtype))
    if not math.isfinite(rounded) or rounded >= low:
        return low
    return int(rounded) + _gap(low + 1, np_dtype)


def _next_high(high: int, np_dtype: DType) -> int:
    """The bound that keeps ``high - 1``, rounded to the dtype, below ``high``."""
    rounded = float(cast(np.array(float(high - 1)), np_dtype))
    if not math.isfinite(rounded) or rounded < high:
        return high
    return int(rounded) - _gap(high - 1, np_dtype)


def _gap(number: int, np_dtype: DType) -> int:
    """The distance of neighbours of the dtype at ``number``."""
    return 1 << (abs(number).bit_length() - KINDS[np_dtype].digits)


def _check_integers(kind: Kind, low: int, last: int, shown: str) -> None:
    for name, bound in (("from", low), (shown, last)):
        if not kind.low <= bound <= kind.high:
            raise RuntimeError(f"{name} is out of bounds for {kind.cpp}")
    if kind.digits:
        limit = 1 << kind.digits
        for name, bound in (("from", low), (shown, last)):
            if not -limit <= bound <= limit:
                warnings.warn(
                    f"{name} is out of bounds [-(2^{kind.digits}), 2^{kind.digits}]. Due to "
                    f"precision limitations {kind.cpp} can support discrete uniform distribution "
                    "only within this range.",
                    UserWarning,
                    stacklevel=3,
                )
