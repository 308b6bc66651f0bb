"""Random orders."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from . import native
from .common import BFLOAT16, BOOL, FLOAT16, INT64, KINDS, REAL, Array, DType, not_implemented

if TYPE_CHECKING:
    from ..generator import Generator

_INSIDE_OUT = 0xFFFFFFFF // 20  # from here on PyTorch draws 64 bits and builds from inside out
_FEW = 256  # below this a Python loop over the swaps is faster than sorting them
_STEP = (1 << 32) + 1


def randperm(gen: Generator, n: int, np_dtype: DType = INT64) -> Array:
    """A random order of ``0 .. n - 1``.

    For i = 0 .. n - 2, place i is swapped with place ``i + word % (n - i)``.
    Raises RuntimeError where the dtype cannot hold the numbers.
    """
    np_dtype = np.dtype(np_dtype)
    _check_permutation(n, np_dtype)
    if n < 2:
        return np.arange(n, dtype=np_dtype)
    if n >= _INSIDE_OUT:
        return inside_out(gen, n).astype(np_dtype, copy=False)
    out = np.empty(n, INT64)
    if native.randperm(gen, out):
        return out.astype(np_dtype, copy=False)
    if n < _FEW:
        order = list(range(n))
        left = n
        for here, word in enumerate(gen.raw(n - 1).tolist()):
            there = here + word % left
            left -= 1
            order[here], order[there] = order[there], order[here]
        return np.array(order, np_dtype)
    offsets = gen.raw(n - 1)
    offsets %= np.arange(n, 1, -1, dtype=np.uint64)
    return swapped(offsets, n).astype(np_dtype, copy=False)


def _check_permutation(n: int, np_dtype: DType) -> None:
    kind = KINDS[np_dtype]
    if n < 0:
        raise RuntimeError(f"Trying to create tensor with negative dimension {n}: [{n}]")
    if np_dtype in REAL or np_dtype == BOOL:
        raise not_implemented("randperm", np_dtype)
    if kind.digits and np_dtype != BFLOAT16 and n > (1 << kind.digits) + 1:
        most = "2049" if np_dtype == FLOAT16 else f"2^{kind.digits}+1"
        raise RuntimeError(f"n cannot be greater than {most} for {kind.name} type.")
    if not kind.digits and n - 1 > kind.high:
        raise RuntimeError(f"value cannot be converted to type {np_dtype.name}_t without overflow")


def swapped(offsets: Array, n: int) -> Array:
    """``0 .. n - 1`` after swapping place i with ``i + offsets[i]`` for i = 0 .. n - 2 in turn.

    The swaps depend on one another, but what ends up where can be read off: step i puts into
    place i, for good, what lies in its target t just then. That is what the last step m < i
    with the same target moved there, namely what lay in place m just before step m; or else the
    number t that was there from the start. So sort the steps by (target, step): neighbours
    with one target are such (m, i). What lay in place k just before step k is found the same
    way, from the last step that had target k, and leads from step to ever smaller step until a
    number that had not moved: following all these chains at once takes few doublings.
    """
    offsets <<= np.uint64(32)  # sort key: the target above, the step below
    offsets += np.arange(0, (n - 1) * _STEP, _STEP, dtype=np.uint64)
    offsets.sort()
    target = (offsets >> np.uint64(32)).view(np.int64)
    offsets &= np.uint64(0xFFFFFFFF)
    step = offsets.view(np.int64)
    first = np.empty(n - 1, np.bool_)  # the first step with its target
    first[0] = True
    np.not_equal(target[1:], target[:-1], out=first[1:])

    origin = np.arange(n)  # of what lies in place k just before step k
    origin[target] = step  # of several steps with one target the last stays
    alone = np.flatnonzero(step == target)  # swaps of a place with itself do not count
    origin[target[alone]] = np.where(first[alone], target[alone], step[alone - 1])
    spare = np.empty(n, np.int64)
    while True:
        origin.take(origin, out=spare, mode="clip")
        if np.array_equal(origin, spare):
            break
        origin, spare = spare, origin

    moved = spare[:-1]
    origin.take(step[:-1], out=moved[1:], mode="clip")
    moved[0] = target[0]
    target -= moved  # from here on the change from `moved`, where there is one
    target *= first
    moved += target
    result = np.empty(n, np.int64)
    result[step] = moved
    result[n - 1] = origin[n - 1]
    return result


def inside_out(gen: Generator, n: int) -> Array:
    """For i = 0 .. n - 1, place i is swapped with ``word % (i + 1)``.

    These are ``swapped``'s swaps seen from the other end: numbering the places from the end
    and going through the swaps backwards gives the inverse permutation.
    """
    targets = gen.raw64(n)
    targets %= np.arange(1, n + 1, dtype=np.uint64)
    offsets = (np.arange(n, dtype=np.uint64) - targets)[:0:-1].copy()
    backwards = swapped(offsets, n)
    order = np.empty(n, np.int64)
    order[backwards] = np.arange(n)
    return (n - 1 - order)[::-1].copy()
