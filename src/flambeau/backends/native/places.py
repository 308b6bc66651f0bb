"""Walks over elements at index numbers, as the runtime's ``fl_places`` describes them."""

from __future__ import annotations

import ctypes
import functools
from collections.abc import Iterable
from typing import NamedTuple

Ints = tuple[int, ...]

AXES = 8  # that the runtime walks over
SHORT = 8  # elements below which a row is not worth its beginning


class Axis(NamedTuple):
    """One axis of a walk: its length, and the strides along it."""

    size: int
    number: int  # of the index array
    table: int
    values: int

    @property
    def strides(self) -> Ints:
        return self[1:]


_ONE = Axis(1, 0, 0, 0)


def axes_of(shape: Ints, index: Ints, table: Ints, values: Ints, reading: bool) -> list[Axis]:
    """The axes of a shape, given the strides along it, as few as can be but two at least; the last
    is innermost."""
    walk = [Axis(*a) for a in zip(shape, index, table, values, strict=True) if a[0] != 1]
    axes = _joined(_with_long_rows(walk, reading))
    return [_ONE] * (2 - len(axes)) + axes


def _with_long_rows(axes: list[Axis], reading: bool) -> list[Axis]:
    """The last axis exchanged for a longer one where that changes no order that counts: that of
    the elements that go to one place, and that of the indices."""
    if not axes or axes[-1].size >= SHORT:
        return axes
    long = max(range(len(axes)), key=lambda i: axes[i].size)
    mover, passed = axes[long], axes[long + 1 :]
    if mover.size < 4 * axes[-1].size:
        return axes
    ordered = mover.number and any(a.number for a in passed)
    if ordered or not (reading or mover.table or all(a.table for a in passed)):
        return axes
    return [*axes[:long], *passed, mover]


def _joined(axes: Iterable[Axis]) -> list[Axis]:
    """Neighbours as one where all strides allow it."""
    out: list[Axis] = []
    for axis in axes:
        if out and out[-1].strides == tuple([s * axis.size for s in axis.strides]):
            out[-1] = Axis(out[-1].size * axis.size, *axis.strides)
        else:
            out.append(axis)
    return out


@functools.lru_cache(256)
def described(
    shape: Ints, index: Ints, table: Ints, values: Ints, n: int, step: int, wraps: int,
    skipped: int, reading: bool,
) -> ctypes.Array | None:  # fmt: skip
    """An ``fl_places``; None where there are too many axes."""
    axes = axes_of(shape, index, table, values, reading)
    if len(axes) > AXES:
        return None
    columns = [n for column in zip(*axes, strict=True) for n in (*column, *_REST[len(axes)])]
    return _Places(len(axes), n, step, wraps, skipped, *columns)


_REST = [(0,) * (AXES - n) for n in range(AXES + 1)]
_Places = ctypes.c_int64 * (5 + 4 * AXES)
