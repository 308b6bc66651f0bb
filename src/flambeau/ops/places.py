"""Elements at index numbers, by the native runtime where it is at hand and faster than NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..backends.native.places import described
from . import native

Array = np.ndarray

_FEW = 512  # elements up to which NumPy is as fast
_LONG = np.dtype(np.int64)
_SIZES = {1: 0, 2: 1, 4: 2, 8: 3}  # what the runtime calls the sizes of elements


def taken(array: Array, axis: int, index: Array) -> Array | None:
    """The elements of an array at indices along an axis; None where NumPy must take them."""
    size = _SIZES.get(array.itemsize)
    if index.size < _FEW or size is None or (call := native.named("fl_take", index.size)) is None:
        return None
    out = np.empty(index.shape, array.dtype)
    return out if _run(call, array, axis, index, out, size, True) else None


def written(array: Array, axis: int, index: Array, values: Array) -> bool:
    """Writes values at indices along an axis; False where NumPy must do it."""
    size = _SIZES.get(array.itemsize)
    if index.size < _FEW or size is None or (call := native.named("fl_put", index.size)) is None:
        return False
    return _run(call, array, axis, index, values, size, False)


def added(array: Array, axis: int, index: Array, values: Array) -> bool:
    """Adds values at indices along an axis, in their order; False where NumPy must do it."""
    if index.size < _FEW:
        return False
    call = native.function("fl_combine", array.dtype, index.size)
    return call is not None and _run(call, array, axis, index, values, 0, False)


def rows_at(table: Array, index: Array) -> Array | None:
    """The rows of a matrix that an index array names; None where NumPy must take or refuse them."""
    count = index.size * table.shape[1]
    size = _SIZES.get(table.itemsize)
    if count < _FEW or size is None or (call := native.named("fl_take", count)) is None:
        return None
    index = np.ascontiguousarray(index, _LONG)
    out = np.empty((*index.shape, table.shape[1]), table.dtype)
    flat = out.reshape(index.size, table.shape[1])
    return out if _rows(call, table, index.reshape(-1), flat, size, 0, -1, True) else None


def add_rows(table: Array, rows: Array, values: Array, skipped: int = -1) -> bool:
    """``table[rows[i]] += values[i]`` for one i after the other, but for the row ``skipped``; False
    where NumPy must do it, or refuse a number."""
    if values.size < _FEW or values.dtype != table.dtype:
        return False
    call = native.function("fl_combine", table.dtype, values.size)
    if call is None:
        return False
    rows = np.ascontiguousarray(rows, _LONG)
    return _rows(call, table, rows, values, 0, 0, skipped, False)


def add_slices(block: Array, rows: Array, values: Array) -> bool:
    """``block[:, rows[i]] += values[:, i]`` for one i after the other; False where NumPy must.

    Shapes: block (P, R, Q), rows (N,), values (P, N, Q); negative numbers count from the end.
    """
    if values.size < _FEW or rows.dtype != _LONG or values.dtype != block.dtype:
        return False
    call = native.function("fl_combine", block.dtype, values.size)
    if call is None:
        return False
    before, step, after = _steps(block)
    walk = values.shape, (0, *_steps(rows), 0), (before, 0, after), _steps(values)
    return _walk(call, walk, block.shape[1], step, 1, -1, False, (block, rows, values), 0)


def _rows(
    call: Any, table: Array, rows: Array, values: Array, last: int, wraps: int, skipped: int,
    reading: bool,
) -> bool:  # fmt: skip
    step, along = _steps(table)
    walk = values.shape, (1, 0), (0, along), _steps(values)
    return _walk(call, walk, len(table), step, wraps, skipped, reading, (table, rows, values), last)


def _run(
    call: Any, array: Array, axis: int, index: Array, values: Array, last: int, reading: bool
) -> bool:
    """Calls a function for one element along an axis for each index."""
    if index.dtype != _LONG or values.dtype != array.dtype or values.shape != index.shape:
        return False
    steps = _steps(array)
    along = tuple([0 if i == axis else s for i, s in enumerate(steps)])
    walk = index.shape, _steps(index), along, _steps(values)
    arrays = array, index, values
    return _walk(call, walk, array.shape[axis], steps[axis], 0, -1, reading, arrays, last)


def _steps(array: Array) -> tuple[int, ...]:
    """An array's strides in elements."""
    item = array.itemsize
    return tuple([s // item for s in array.strides])


def _walk(
    call: Any, walk: tuple, n: int, step: int, wraps: int, skipped: int, reading: bool,
    arrays: tuple[Array, Array, Array], last: int,
) -> bool:  # fmt: skip
    """Calls a function of the runtime; False where it refuses an index, or cannot do it."""
    table, index, values = arrays
    if not reading and (np.may_share_memory(table, values) or np.may_share_memory(table, index)):
        return False
    places = described(*walk, n, step, n * wraps, skipped, reading)
    if places is None:
        return False
    return not call(places, *map(native.pointer, arrays), last)
