"""Padding with the tensor's own elements: mirrored, repeated or wrapped around."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ...ops.padding import border_index, sides
from ..expressions import const, load
from ..memory import View
from ..recorder import Call
from .builder import Builder, NotHere, lowering
from .moves import constant
from .places import combine, slices
from .pointwise import target_of

MODES = {"reflection": "reflect", "replication": "replicate", "circular": "circular"}


class Run(NamedTuple):
    """Places of a padded dimension that show evenly spaced elements."""

    place: int
    element: int
    step: int
    length: int


def runs_of(index: np.ndarray, at: int, end: int) -> list[Run]:
    """The runs of a part of an index, one after the other."""
    runs: list[Run] = []
    while at < end:
        steps = np.diff(index[at:end])
        step = int(steps[0]) if steps.size else 1
        other = np.flatnonzero(steps != step)
        count = int(other[0]) + 1 if other.size else end - at
        runs.append(Run(at, int(index[at]), step, count))
        at += count
    return runs


def part(view: View, dim: int, start: int, count: int, step: int = 1) -> View:
    """Every step-th slice along a dimension."""
    shape, strides = list(view.shape), list(view.strides)
    shape[dim], strides[dim] = count, step * view.strides[dim]
    offset = view.offset + start * view.strides[dim]
    return View(view.buffer, view.dtype, offset, tuple(shape), tuple(strides))


@lowering(*(f"{name}_pad{n}d" for name in MODES for n in (1, 2, 3)))
def pad(b: Builder, call: Call) -> None:
    _pad(b, call, MODES[call.op.name.split("_")[0]])


@lowering("pad_border")
def pad_border(b: Builder, call: Call) -> None:
    _pad(b, call, call.args[2])


def _pad(b: Builder, call: Call, mode: str) -> None:
    """The inner part comes from the tensor, the borders of each dimension from what is there."""
    source, padding = call.args[:2]
    target = inner = target_of(call)
    if not target.size:
        raise NotHere("a border around nothing")
    borders: list[tuple[int, Run, list[Run]]] = []
    for dim, (before, after) in enumerate(sides(padding, len(source.shape))):
        if not before and not after:
            continue
        n = source.shape[dim]
        index = border_index(n, before, after, mode)
        cut = max(0, -before)
        main = Run(max(0, before), cut, 1, n - cut - max(0, -after))
        if main.length <= 0:
            raise NotHere("a border alone")
        end = main.place + main.length
        runs = runs_of(index, 0, main.place) + runs_of(index, end, len(index))
        source = part(source, dim, main.element, main.length)
        inner = part(inner, dim, main.place, main.length)
        borders.append((dim, main, runs))
    b.store(inner, load(source))
    # From the last dimension on, each is widened where the ones before it are not yet.
    for dim, main, rest in reversed(borders):
        whole = part(inner, dim, -main.place, target.shape[dim])
        for run in rest:
            ends = run.element, run.element + (run.length - 1) * run.step
            if min(ends) < main.element or max(ends) >= main.element + main.length:
                raise NotHere("a border that shows what is cut off")
            start = run.element - main.element + main.place
            shown = part(whole, dim, start, run.length, run.step)
            b.store(part(whole, dim, run.place, run.length), load(shown))
        inner = whole


@lowering("pad_border_backward")
def pad_border_backward(b: Builder, call: Call) -> None:
    """Dimension by dimension the border's gradients are added to the inner part's."""
    g, shape, padding, mode = call.args
    target = target_of(call)
    if not g.size or not target.size:
        raise NotHere("a border around nothing")
    for dim, (before, after) in enumerate(sides(padding, len(shape))):
        if not before and not after:
            continue
        n = shape[dim]
        index = border_index(n, before, after, mode)
        first, last = max(0, before), len(index) - max(0, after)
        folded = b.temporary((*g.shape[:dim], n, *g.shape[dim + 1 :]), g.dtype)
        cut = max(0, -before)
        if before < 0 or after < 0:
            b.store(folded, const(0, g.dtype))
        inner = part(folded, dim, cut, n - cut - max(0, -after))
        b.store(inner, load(part(g, dim, first, last - first)))
        for start, end in ((0, first), (last, len(index))):
            if start < end:
                at = constant(b, np.ascontiguousarray(index[start:end], np.int64), (end - start,))
                combine(b, slices(b, folded, dim, at), part(g, dim, start, end - start))
        g = folded
    b.store(target, load(g))

