"""Elements at index numbers, as the runtime walks over them: axes, strides, index arrays."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ...backends.native.places import AXES, axes_of
from ..expressions import FLOAT32, FLOAT64, INT64, TYPES, cast, const, load
from ..memory import Shape, View
from .builder import Builder, NotHere

_BITS: dict[int, np.dtype] = {
    1: np.dtype(np.uint8), 2: np.dtype(np.int16), 4: np.dtype(np.int32), 8: INT64,
}  # fmt: skip
_COMBINED = {FLOAT32: "f32", FLOAT64: "f64", INT64: "i64"}
HOW = {"add": 0, "sum": 0, "mean": 0, "multiply": 1, "prod": 1, "amax": 2, "amin": 3}


class Places:
    """Which elements of a table an index array names, one for each place of a shape.

    Attributes:
        table: the elements, of which the indices name some.
        index: int64 numbers, seen in the shape.
        along: the table's strides along the shape, 0 for what the index stands for.
        n, step: how many numbers there are, and how far apart what they name is.
        wraps: whether negative numbers count from the end.
        skipped: a number whose elements are not combined; -1 where all are.
    """

    def __init__(
        self, table: View, index: View, along: Shape, n: int, step: int, wraps: bool = False
    ):
        self.skipped = -1
        self.table, self.index, self.along = table, index, along
        self.n, self.step, self.wraps = n, step, wraps
        self.shape = index.shape

    def text(self, values: View, reading: bool) -> str:
        """The walk as C, the values standing in a view of the shape."""
        strides = self.index.strides, self.along, values.strides
        axes = axes_of(self.shape, *strides, reading)
        if len(axes) > AXES:
            raise NotHere("indices along many dimensions")
        columns = ["{" + ", ".join(map(str, column)) + "}" for column in zip(*axes, strict=True)]
        head = len(axes), self.n, self.step, self.n if self.wraps else 0, self.skipped
        return f"&(const fl_places){{{', '.join([*map(str, head), *columns])}}}"


# --- index arrays --------------------------------------------------------------------------------


def numbers(b: Builder, index: View) -> View:
    """Index numbers as int64."""
    if index.dtype == INT64:
        return index
    if index.dtype.kind != "i":
        raise NotHere(f"indices of {index.dtype}")
    wide = b.temporary(index.shape, INT64)
    b.store(wide, cast(load(index), INT64))
    return wide


def at_least_1d(view: View) -> View:
    """A single element as a vector."""
    if view.shape:
        return view
    return View(view.buffer, view.dtype, view.offset, (1,), (1,))


def along(b: Builder, table: View, dim: int, index: View) -> Places:
    """One element along a dimension for each index, at its place along the others."""
    table, index = at_least_1d(table), at_least_1d(numbers(b, index))
    dim %= len(table.shape)
    rest = tuple(0 if i == dim else s for i, s in enumerate(table.strides))
    return Places(table, index, rest, table.shape[dim], table.strides[dim])


def slices(b: Builder, table: View, dim: int, index: View, wraps: bool = False) -> Places:
    """The slices along a dimension at the indices of a vector."""
    table, index = at_least_1d(table), at_least_1d(numbers(b, index))
    dim %= len(table.shape)
    shape = (*table.shape[:dim], index.size, *table.shape[dim + 1 :])
    rest = tuple(0 if i == dim else s for i, s in enumerate(table.strides))
    strides = tuple(index.strides[0] if i == dim else 0 for i in range(len(shape)))
    wide = View(index.buffer, INT64, index.offset, shape, strides)
    return Places(table, wide, rest, table.shape[dim], table.strides[dim], wraps)


def flat(b: Builder, table: View, index: View) -> Places:
    """Elements of the table in row-major order; it is contiguous."""
    index = numbers(b, index)
    none = (0,) * len(index.shape)
    return Places(table.reshaped((table.size,)), index, none, table.size, 1, True)


def together(
    b: Builder, table: View, indices: Sequence[View], dims: Sequence[int], wraps: bool = True
) -> Places:
    """The elements at index arrays for some dimensions, which broadcast together.

    Their common shape stands in the place of these dimensions where they are neighbours, else in
    front.
    """
    indices = [numbers(b, i) for i in indices]
    common = np.broadcast_shapes(*[i.shape for i in indices])
    first = dims[0] if dims[-1] - dims[0] == len(dims) - 1 else 0
    rest = [d for d in range(len(table.shape)) if d not in dims]
    before, after = rest[:first], rest[first:]
    if len(dims) == 1:
        number, n, step = indices[0].as_shape(common), table.shape[dims[0]], table.strides[dims[0]]
    else:
        number, n, step = _offsets(b, table, [i.as_shape(common) for i in indices], dims), 0, 1
        n = 1 + sum((table.shape[d] - 1) * table.strides[d] for d in dims)
    strides = table.strides
    shape = (*(table.shape[d] for d in before), *common, *(table.shape[d] for d in after))
    walk = (0,) * len(before) + number.strides + (0,) * len(after)
    wide = View(number.buffer, INT64, number.offset, shape, walk)
    outside = (*(strides[d] for d in before), *(0,) * len(common), *(strides[d] for d in after))
    return Places(table, wide, outside, n, step, wraps and len(dims) == 1)


def _offsets(b: Builder, table: View, indices: Sequence[View], dims: Sequence[int]) -> View:
    """How far from the first element is what several arrays name together."""
    out = b.temporary(indices[0].shape, INT64)
    for i, (index, d) in enumerate(zip(indices, dims, strict=True)):
        if table.strides[d] < 0:
            raise NotHere("a table that is read backwards")
        none = (0,) * len(index.shape)
        places = Places(table, index, none, table.shape[d], table.strides[d], True)
        if out.size:
            args = (places.text(out, True), index, out, i > 0)
            b.native_call("fl_index_offsets", args, (index, out) if i else (index,), (out,))
    return out


def nothing(b: Builder, view: View) -> None:
    """Writes an empty result."""
    if view.dtype in TYPES:
        b.store(view, const(0, view.dtype))


# --- what is done there --------------------------------------------------------------------------


def _bits(view: View) -> View:
    """Elements as numbers of their size."""
    found = _BITS.get(view.dtype.itemsize)
    if found is None:
        raise NotHere(f"elements of {view.dtype}")
    return View(view.buffer, found, view.offset, view.shape, view.strides)


def _size(view: View) -> int:
    return view.dtype.itemsize.bit_length() - 1


def take(b: Builder, places: Places, values: View) -> None:
    """values = the table's elements at the places."""
    if not values.size:
        nothing(b, values)
        return
    if values.dtype != places.table.dtype:
        raise NotHere("a result in another type")
    table, values = _bits(places.table), _bits(values.reshaped(places.shape)
                                               if values.shape != places.shape else values)
    args = (places.text(values, True), table, places.index, values, _size(table))
    b.native_call("fl_take", args, (table, places.index), (values,))


def _target(b: Builder, places: Places, values: View) -> tuple[View, View]:
    """The table and the values of a write, in memory of their own."""
    table = places.table
    if values.dtype != table.dtype:
        raise NotHere("values of another type")
    if any(s == 0 and n != 1 for n, s in zip(table.shape, table.strides, strict=True)):
        raise NotHere("a write into a tensor whose elements are the same")
    if math.prod(places.shape) and places.n * places.step < 0:
        raise NotHere("a table that is written backwards")
    if values.shape != places.shape:
        values = values.reshaped(places.shape)
    if values.overlaps(table):
        values = copied(b, values)
    if places.index.overlaps(table):
        places.index = copied(b, places.index)
    return table, values


def copied(b: Builder, view: View) -> View:
    """The same elements in memory of their own."""
    copy = b.temporary(view.shape, view.dtype)
    b.store(copy, load(view))
    return copy


def put(b: Builder, places: Places, values: View) -> None:
    """The table's elements at the places = values."""
    if not math.prod(places.shape):
        return
    table, values = _target(b, places, values)
    table, values = _bits(table), _bits(values)
    args = (places.text(values, False), table, places.index, values, _size(table))
    b.native_call("fl_put", args, (table, places.index, values), (table,))


def combine(b: Builder, places: Places, values: View, how: str = "add") -> None:
    """The table's elements at the places combined with values, in their order."""
    kind = _COMBINED.get(places.table.dtype)
    if kind is None:
        raise NotHere(f"elements of {places.table.dtype}")
    if not math.prod(places.shape):
        return
    table, values = _target(b, places, values)
    args = (places.text(values, False), table, places.index, values, HOW[how])
    b.native_call(f"fl_combine_{kind}", args, (table, places.index, values), (table,), values.size)


def single(b: Builder, value: Any, dtype: np.dtype, shape: Shape) -> View:
    """A number as an array that is the same everywhere."""
    one = b.temporary((1,), dtype)
    b.store(one, const(value, dtype))
    return one.as_shape(shape) if shape else View(one.buffer, dtype, 0, (), ())
