"""Copies: clones, conversions, writes, and pieces put side by side."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..expressions import TYPES, const, load
from ..memory import View, part_of
from ..recorder import Call
from .builder import Builder, NotHere, lowering
from .pointwise import target_of


@lowering("strided_copy")
def copy_strided(b: Builder, call: Call) -> None:
    """A copy of a strided part of the input's memory."""
    source, size, stride, offset, layout, dtype = call.args
    target = target_of(call)
    last = offset + sum((n - 1) * s for n, s in zip(size, stride, strict=True))
    if layout is not None or dtype is not None or not source.is_contiguous():
        raise NotHere("memory in another order")
    if not target.size or offset < 0 or last >= source.size or any(s < 0 for s in stride):
        raise NotHere("a part that reaches beyond the input")
    part = View(source.buffer, source.dtype, source.offset + offset, target.shape, tuple(stride))
    b.store(target, load(part))


@lowering("clone", "to_copy", "detach_alias", "positive")
def copy_first(b: Builder, call: Call) -> None:
    """The first argument in memory of its own, in the result's type and layout."""
    source, target = call.args[0], target_of(call)
    if source.shape != target.shape:
        raise NotHere("a copy that changes the shape")
    b.store(target, load(source))


@lowering("copy")
def copy_into(b: Builder, call: Call) -> None:
    """x.copy_(y)"""
    target, source = target_of(call), call.args[1]
    if not isinstance(source, View) or len(source.shape) > len(target.shape):
        raise NotHere("a copy of something else")
    b.store(target, load(source.as_shape(target.shape)))


@lowering("fill", "fill_number", "zero")
def fill(b: Builder, call: Call) -> None:
    """x.fill_(number or 0-d tensor)"""
    target = target_of(call)
    value: Any = call.args[1] if len(call.args) > 1 else 0
    if isinstance(value, View):
        b.store(target, load(value.as_shape(target.shape)))
    else:
        b.store(target, const(value, target.dtype))


@lowering("view", "_unsafe_view", "reshape")
def reshape(b: Builder, call: Call) -> None:
    """A reshape that had to copy."""
    source, target = call.args[0], target_of(call)
    b.store(target.reshaped(source.shape), load(source))


@lowering("cat", "stack")
def side_by_side(b: Builder, call: Call) -> None:
    """The tensors one after the other, each into its part of the result."""
    tensors, dim = call.args
    target = target_of(call)
    dim %= len(target.shape)
    at = 0
    for t in tensors:
        if call.op.name == "stack":
            part = piece(target, (slice(None),) * dim + (at,))
            at += 1
        else:
            if t.shape == (0,) and len(target.shape) != 1:
                continue  # an empty tensor of any dimensions is passed over
            part = piece(target, (slice(None),) * dim + (slice(at, at + t.shape[dim]),))
            at += t.shape[dim]
        if part.size:
            b.store(part, load(t))


def piece(view: View, key: Any) -> View:
    """The part of a view that a basic key names."""
    return part_of(view, key)


@lowering("place")
def place(b: Builder, call: Call) -> None:
    """Zeros with a part put where a key points: the gradient of indexing."""
    part, _, key = call.args
    target = target_of(call)
    if target.dtype not in TYPES:
        raise NotHere(f"type {target.dtype}")
    if part.size < target.size:
        b.store(target, const(0, target.dtype))
    b.store(piece(target, key), load(part))


@lowering("repeat")
def repeat(b: Builder, call: Call) -> None:
    """Whole copies beside each other."""
    source, repeats = call.args
    target = target_of(call)
    shape = (1,) * (len(repeats) - len(source.shape)) + source.shape
    inner = source.as_shape(shape)
    wide = tuple(n for r, s in zip(repeats, shape, strict=True) for n in (r, s))
    strides = tuple(s for stride in inner.strides for s in (0, stride))
    spread = View(inner.buffer, inner.dtype, inner.offset, wide, strides)
    if np.prod(wide, dtype=np.int64) != target.size:
        raise NotHere("repeat")
    b.store(target.reshaped(wide), load(spread))


@lowering("constant_pad_nd")
def pad(b: Builder, call: Call) -> None:
    """A border of one number."""
    source, pads, value = call.args
    target = target_of(call)
    n = len(target.shape)
    inside: list[Any] = [slice(None)] * n
    kept: list[Any] = [slice(None)] * n
    for i in range(len(pads) // 2):
        dim, before, after = n - 1 - i, pads[2 * i], pads[2 * i + 1]
        inside[dim] = slice(max(before, 0), target.shape[dim] - max(after, 0))
        kept[dim] = slice(max(-before, 0), source.shape[dim] - max(-after, 0))
    if any(p > 0 for p in pads):
        b.store(target, const(value, target.dtype))
    b.store(piece(target, tuple(inside)), load(piece(source, tuple(kept))))
