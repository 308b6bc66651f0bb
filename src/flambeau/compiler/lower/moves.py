"""Rows that only move elements: the result's elements are found in the input by their places.

Where a row's kernel, run on the elements' places, gives places that are evenly spaced along each
dimension, the row is a copy of a view.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...ops.parts import diagonal_array, diagonal_dims
from ..expressions import TYPES, Expr, const, load
from ..memory import Buffer, View
from ..recorder import Call
from .builder import Builder, NotHere, lowering
from .pointwise import target_of

LARGE = 1 << 22  # elements whose places are not worked out one by one


def places_of(view: View) -> np.ndarray:
    """For each element its place in the buffer, in elements."""
    if view.size > LARGE:
        raise NotHere("a row over many elements")
    places = np.full(view.shape, view.offset, np.int64)
    for i, (n, s) in enumerate(zip(view.shape, view.strides, strict=True)):
        places += (np.arange(n) * s).reshape(-1, *[1] * (len(view.shape) - 1 - i))
    return places


def view_at(like: View, places: np.ndarray) -> View:
    """The view of elements at places that are evenly spaced along each dimension."""
    if not places.size:
        raise NotHere("a row of nothing")
    first = int(places.flat[0])
    strides = []
    for axis, n in enumerate(places.shape):
        key = [0] * places.ndim
        key[axis] = min(1, n - 1)
        strides.append(int(places[tuple(key)]) - first)
    view = View(like.buffer, like.dtype, first, places.shape, tuple(strides))
    if not np.array_equal(places_of(view), places):
        raise NotHere("places that are not evenly spaced")
    return view


@lowering("flip", "rot90", "expand_reduced", "diagonal_copy")
def moved(b: Builder, call: Call) -> None:
    source, target = call.args[0], target_of(call)
    kernel: Any = call.op.kernel
    places = np.asarray(kernel(places_of(source), *call.args[1:]))
    if places.shape != target.shape:
        raise NotHere("a row that changes more than places")
    b.store(target, load(view_at(source, places)))


@lowering("repeat_each")
def repeat_each(b: Builder, call: Call) -> None:
    """Each slice so many times in a row."""
    source, repeats, dim = call.args
    target = target_of(call)
    if not source.shape:
        raise NotHere("a single number")
    dim %= len(source.shape)
    shape = (*source.shape[: dim + 1], repeats, *source.shape[dim + 1 :])
    strides = (*source.strides[: dim + 1], 0, *source.strides[dim + 1 :])
    spread = View(source.buffer, source.dtype, source.offset, shape, strides)
    if target.size:
        b.store(target.reshaped(shape), load(spread))


@lowering("roll")
def roll(b: Builder, call: Call) -> None:
    """Two or more blocks that change places."""
    source, shifts, dims = call.args
    target = target_of(call)
    shifts = (shifts,) if isinstance(shifts, int) else tuple(shifts)
    dims = (dims,) if isinstance(dims, int) else tuple(dims)
    if not target.size or not target.shape:
        raise NotHere("a row of nothing")
    if not dims:
        source = b.dense(source).reshaped((source.size,))
        target = target.reshaped((target.size,))
        dims = (0,)
    steps = [0] * len(source.shape)
    for s, d in zip(shifts, dims, strict=True):
        steps[d % len(steps)] += s
    blocks: list[tuple[View, View]] = [(source, target)]
    for d, step in enumerate(steps):
        n = source.shape[d]
        k = step % n
        if k:
            blocks = [
                pair
                for x, y in blocks
                for pair in (
                    (_part(x, d, 0, n - k), _part(y, d, k, n - k)),
                    (_part(x, d, n - k, k), _part(y, d, 0, k)),
                )
            ]
    if len(blocks) > 8:
        raise NotHere("a row along many dimensions")
    for x, y in blocks:
        b.store(y, load(x))


def _part(view: View, dim: int, start: int, n: int) -> View:
    shape = (*view.shape[:dim], n, *view.shape[dim + 1 :])
    offset = view.offset + start * view.strides[dim]
    return View(view.buffer, view.dtype, offset, shape, view.strides)


@lowering("diag_embed", "diagonal_backward")
def on_a_diagonal(b: Builder, call: Call) -> None:
    """Zeros with a diagonal."""
    source, target = call.args[0], target_of(call)
    offset, one, two = call.args[-3:]
    one, two = diagonal_dims(len(target.shape), one, two)
    if target.dtype not in TYPES:
        raise NotHere(f"type {target.dtype}")
    place = view_at(target, diagonal_array(places_of(target), offset, one, two))
    b.store(target, const(0, target.dtype))
    b.store(place, load(source.as_shape(place.shape)))


@lowering("tril", "triu")
def triangle(b: Builder, call: Call) -> None:
    """A matrix's elements on one side of a diagonal."""
    source, diagonal = call.args
    target = target_of(call)
    rows, columns = target.shape[-2:]
    inside = np.tri(rows, columns, diagonal if call.op.name == "tril" else diagonal - 1, bool)
    if call.op.name == "triu":
        inside = ~inside
    mask = load(constant(b, inside, target.shape))
    x = load(source)
    b.store(target, Expr("where", (mask, x, const(0, x.dtype)), x.dtype))


def constant(b: Builder, array: np.ndarray, shape: Sequence[int]) -> View:
    """An array of numbers that never change, seen in a shape that it broadcasts to."""
    array = np.ascontiguousarray(array)
    buffer = Buffer.of(b.count, array, None, None)
    b.count += 1
    strides = tuple(s // array.itemsize for s in array.strides)
    return View(buffer, array.dtype, 0, array.shape, strides).as_shape(tuple(shape))
