"""Reading and writing at index tensors, and the derivatives of both."""

from __future__ import annotations

from typing import Any

from ...ops.scatter_reduce import neutral
from ..expressions import BOOL, INT64, TYPES, Expr, apply, cast, const, load
from ..memory import Shape, View
from ..recorder import Call
from .builder import Builder, NotHere, lowering
from .places import (
    Places,
    along,
    at_least_1d,
    combine,
    copied,
    flat,
    nothing,
    put,
    single,
    slices,
    take,
    together,
)
from .pointwise import target_of


def started(b: Builder, call: Call) -> View:
    """What a call writes into: the tensor itself, or a copy of it."""
    target = target_of(call)
    if not call.writes:
        b.store(target, load(call.args[0]))
    return target


def zeros(b: Builder, call: Call) -> View:
    """A derivative before anything is added."""
    target = target_of(call)
    if target.dtype not in TYPES:
        raise NotHere(f"type {target.dtype}")
    b.store(target, const(0, target.dtype))
    return target


def expanded(value: View, shape: Shape) -> View:
    """A value in a shape that it broadcasts to, leading ones of its own dropped."""
    extra = max(0, len(value.shape) - len(shape))
    if any(n != 1 for n in value.shape[:extra]):
        raise NotHere("a value of more dimensions")
    trimmed = View(value.buffer, value.dtype, value.offset, value.shape[extra:],
                   value.strides[extra:])  # fmt: skip
    return trimmed.as_shape(shape)


# --- reading -------------------------------------------------------------------------------------


@lowering("gather")
def gather(b: Builder, call: Call) -> None:
    table, dim, index = call.args[:3]
    target = target_of(call)
    if target.size:
        take(b, along(b, table, dim, index), target)
    else:
        nothing(b, target)


@lowering("gather_backward")
def gather_backward(b: Builder, call: Call) -> None:
    g, _, dim, index = call.args
    target = zeros(b, call)
    if index.size:
        combine(b, along(b, target, dim, index), at_least_1d(g))


@lowering("add_at")
def running_extreme_backward(b: Builder, call: Call) -> None:
    g, dim, index, _ = call.args
    if not g.shape:
        b.store(target_of(call), load(g))
        return
    target = zeros(b, call)
    if g.size:
        combine(b, along(b, target, dim, index), g)


def with_dim(view: View, dim: int) -> View:
    """The same elements with a dimension of one put in."""
    shape = (*view.shape[:dim], 1, *view.shape[dim:])
    strides = (*view.strides[:dim], 0, *view.strides[dim:])
    return View(view.buffer, view.dtype, view.offset, shape, strides)


@lowering("select_gradient")
def select_gradient(b: Builder, call: Call) -> None:
    g, dim, index, kept, shape = call.args
    if not shape:
        b.store(target_of(call), load(g))
        return
    target = zeros(b, call)
    dim %= len(shape)
    if not kept:
        g, index = with_dim(g, dim), with_dim(index, dim)
    put(b, along(b, target, dim, index), g)


@lowering("selected")
def selected(b: Builder, call: Call) -> None:
    table, dim, index, kept = call.args
    target = target_of(call)
    if not kept and table.shape:
        dim %= len(table.shape)
        index, target = with_dim(index, dim), with_dim(target, dim)
    if target.size:
        take(b, along(b, table, dim, index), at_least_1d(target))
    else:
        nothing(b, target)


@lowering("index_select")
def index_select(b: Builder, call: Call) -> None:
    table, dim, index = call.args
    take(b, slices(b, table, dim, index), at_least_1d(target_of(call)))


@lowering("index_select_backward")
def index_select_backward(b: Builder, call: Call) -> None:
    g, _, dim, index = call.args
    target = zeros(b, call)
    combine(b, slices(b, target, dim, index, True), at_least_1d(g))


def no_masks(indices: tuple[View, ...]) -> tuple[View, ...]:
    if any(i.dtype == BOOL for i in indices):
        raise NotHere("a mask")
    return indices


@lowering("index")
def index(b: Builder, call: Call) -> None:
    table, indices, dims = call.args
    take(b, together(b, table, no_masks(indices), dims), target_of(call))


@lowering("index_add_zeros")
def index_backward(b: Builder, call: Call) -> None:
    g, indices, _, dims = call.args
    target = zeros(b, call)
    combine(b, together(b, target, no_masks(indices), dims), g)


@lowering("take")
def take_flat(b: Builder, call: Call) -> None:
    table, index = call.args
    take(b, flat(b, b.dense(table), index), target_of(call))


@lowering("take_backward")
def take_backward(b: Builder, call: Call) -> None:
    g, _, index = call.args
    combine(b, flat(b, zeros(b, call), index), g)


# --- embeddings ----------------------------------------------------------------------------------


@lowering("embedding_rows")
def embedding(b: Builder, call: Call) -> None:
    table, indices, _, _ = call.args
    take(b, together(b, table, (indices,), (0,), False), target_of(call))


@lowering("embedding_backward")
def embedding_backward(b: Builder, call: Call) -> None:
    g, indices, _, padding, by_frequency = call.args
    if by_frequency:
        raise NotHere("a gradient by frequency")
    places = together(b, zeros(b, call), (indices,), (0,), False)
    places.skipped = padding
    combine(b, places, g)


# --- writing -------------------------------------------------------------------------------------


@lowering("index_put_at")
def index_put(b: Builder, call: Call) -> None:
    _, indices, value, dims, accumulate = call.args
    if any(i.dtype == BOOL for i in indices):
        put_where(b, call)
        return
    target = started(b, call)
    places = together(b, target, indices, dims)
    if isinstance(value, View):
        value = expanded(value, places.shape)
    else:
        value = single(b, value, target.dtype, places.shape)
    if accumulate:
        combine(b, places, value)
    else:
        put(b, places, value)


def put_where(b: Builder, call: Call) -> None:
    """x[mask] = number"""
    source, indices, value, dims, accumulate = call.args
    target = target_of(call)
    if accumulate or len(indices) != 1 or indices[0].dtype != BOOL:
        raise NotHere("a write at several masks")
    mask, first = indices[0], dims[0]
    if isinstance(value, View) and value.size != 1:
        raise NotHere("a write of several numbers")
    shape = (1,) * first + mask.shape
    shape += (1,) * (len(target.shape) - len(shape))
    zeros = (0,) * (len(shape) - first - len(mask.shape))
    wide = View(mask.buffer, mask.dtype, mask.offset, shape, (0,) * first + mask.strides + zeros)
    x = load(source)
    if isinstance(value, View):
        one = View(value.buffer, value.dtype, value.offset, (), ())
        new = cast(load(one.as_shape(target.shape)), x.dtype)
    else:
        new = const(value, x.dtype)
    b.store(target, Expr("where", (load(wide.as_shape(target.shape)), new, x), x.dtype))


def source_of(b: Builder, value: Any, places: Places) -> View:
    """What a scatter writes: the part of a tensor that has indices, or a number everywhere."""
    if not isinstance(value, View):
        return single(b, value, places.table.dtype, places.shape)
    value = at_least_1d(value)
    return View(value.buffer, value.dtype, value.offset, places.shape, value.strides)


@lowering("scatter_src", "scatter_number")
def scatter(b: Builder, call: Call) -> None:
    _, dim, index, value = call.args
    target = started(b, call)
    if index.size:
        places = along(b, target, dim, index)
        put(b, places, source_of(b, value, places))


@lowering("scatter_add", "scatter_with")
def scatter_combined(b: Builder, call: Call) -> None:
    _, dim, index, value, *how = call.args  # without a word: added
    target = started(b, call)
    if index.size:
        places = along(b, target, dim, index)
        combine(b, places, source_of(b, value, places), *how)


@lowering("scatter_reduce_row", "scatter_reduce_sum")
def scatter_reduce(b: Builder, call: Call) -> None:
    _, dim, index, value, how, include_self = call.args
    target = started(b, call)
    if index.size:
        places = along(b, target, dim, index)
        reduced(b, places, source_of(b, value, places), how, include_self)


def reduced(b: Builder, places: Places, values: View, how: str, include_self: bool) -> None:
    """Combines values with what is there; without include_self only values among each other."""
    target = places.table
    if values.shape != places.shape:
        values = values.reshaped(places.shape)
    if target.dtype.kind != "f" and how == "mean":
        raise NotHere("a mean of integers")
    if values.overlaps(target):
        values = copied(b, values)
    if not include_self:
        first = neutral("sum" if how == "mean" else how, target.dtype)
        put(b, places, single(b, first, target.dtype, places.shape))
    combine(b, places, values, how)
    if how == "mean":
        count = b.temporary(target.shape, INT64)
        b.store(count, const(int(include_self), INT64))
        counted = again(places, count)
        combine(b, counted, single(b, 1, INT64, places.shape))
        divisor = apply("maximum", load(count), 1)
        b.store(target, apply("divide", load(target), cast(divisor, target.dtype)))


def again(places: Places, table: View) -> Places:
    """The same places of another table of the same shape."""
    dim = next((i for i, s in enumerate(places.along) if not s), 0)
    rest = tuple(0 if i == dim else s for i, s in enumerate(table.strides))
    return Places(table, places.index, rest, places.n, table.strides[dim], places.wraps)


@lowering("index_reduce")
def index_reduce(b: Builder, call: Call) -> None:
    _, dim, index, source, how, include_self = call.args
    target = started(b, call)
    places = slices(b, target, dim, index)
    if index.size:
        reduced(b, places, at_least_1d(source), how, include_self)


@lowering("index_add")
def index_add(b: Builder, call: Call) -> None:
    _, dim, index, source, alpha = call.args
    target = started(b, call)
    places = slices(b, target, dim, index)
    if alpha != 1 or isinstance(alpha, bool):
        scaled = b.temporary(source.shape, source.dtype)
        factor = const(source.dtype.type(alpha).item(), source.dtype)
        b.store(scaled, apply("multiply", load(source), factor))
        source = scaled
    combine(b, places, at_least_1d(source))


@lowering("index_copy")
def index_copy(b: Builder, call: Call) -> None:
    _, dim, index, source = call.args
    put(b, slices(b, started(b, call), dim, index), at_least_1d(source))


@lowering("index_fill_number", "index_fill_tensor")
def index_fill(b: Builder, call: Call) -> None:
    _, dim, index, value = call.args
    places = slices(b, started(b, call), dim, index, True)
    if isinstance(value, View):
        if value.dtype != places.table.dtype:
            raise NotHere("a number of another type")
        value = expanded(value, places.shape)
    else:
        value = single(b, value, places.table.dtype, places.shape)
    put(b, places, value)


@lowering("put")
def put_flat(b: Builder, call: Call) -> None:
    _, index, source, accumulate = call.args
    target = started(b, call)
    table = target if target.is_contiguous() else copied(b, target)
    write = combine if accumulate else put
    write(b, flat(b, table, index), b.dense(source).reshaped(index.shape))
    if table is not target:
        b.store(target, load(table))
