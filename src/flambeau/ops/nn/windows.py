"""Windows: what convolutions, pooling, unfold and fold share.

A window slides over the spatial dimensions of (batch, channels, *spatial). Its element at
``offset`` meets, over all places of the window, a regular grid of the input: a slice with the
stride as its step. Everything here is done one offset at a time on such slices, for all places.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

Array = np.ndarray
Ints = tuple[int, ...]

BLOCK = 1 << 20  # elements of a block of columns: small enough for a processor's cache


def as_tuple(value: Any, n: int, name: str, function: str) -> Ints:
    """One int for each of n dimensions, from a single one or a sequence of them."""
    if isinstance(value, int) and not isinstance(value, bool):
        return (value,) * n
    if isinstance(value, Sequence) and not isinstance(value, str):
        values = tuple(value)
    elif hasattr(value, "__index__"):
        return (value.__index__(),) * n
    else:
        raise TypeError(
            f"{function}(): argument '{name}' must be tuple of ints, not {type(value).__name__}"
        )
    for i, v in enumerate(values):
        if not hasattr(v, "__index__"):
            raise TypeError(
                f"{function}(): argument '{name}' must be tuple of ints, but found element of type "
                f"{type(v).__name__} at pos {i}"
            )
    values = tuple(v.__index__() for v in values)
    return values * n if len(values) == 1 else values


def along(lead: int, *index: Any) -> Any:
    """An index that passes over the first dimensions."""
    return (slice(None),) * lead + index


def offsets(kernel: Ints) -> Iterator[Ints]:
    """All elements of a window, in the order of memory."""
    return itertools.product(*map(range, kernel))


def span(kernel: Ints, dilation: Ints) -> Ints:
    """How much of the input a window covers."""
    return tuple(d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True))


def meets(offset: Ints, out: Ints, stride: Ints, dilation: Ints) -> tuple[slice, ...]:
    """What a window's element meets at all its places."""
    return tuple(
        slice(o * d, o * d + (n - 1) * s + 1, s) if n else slice(0, 0)
        for o, n, s, d in zip(offset, out, stride, dilation, strict=True)
    )


def padded(x: Array, before: Ints, after: Ints, value: Any = 0) -> Array:
    """The array with a border around its spatial dimensions."""
    if not any(before) and not any(after):
        return x
    first = x.ndim - len(before)
    lead, inner = x.shape[:first], x.shape[first:]
    sizes = tuple(b + n + a for b, n, a in zip(before, inner, after, strict=True))
    out = np.full_like(x, value, shape=(*lead, *sizes), order="C", subok=False)
    out[along(first, *(slice(b, b + n) for b, n in zip(before, inner, strict=True)))] = x
    return out


def inside(x: Array, before: Ints, sizes: Ints) -> Array:
    """The part of a bordered array without its border."""
    parts = [slice(b, b + n) for b, n in zip(before, sizes, strict=True)]
    return x[along(x.ndim - len(parts), *parts)]


def blocks(batch: int, out: Ints, column: int) -> Iterator[tuple[int, int, int, int]]:
    """Ranges of samples and of rows of the output, whose columns make up one block each.

    ``column`` is the number of elements that one place of the window contributes.
    """
    row = column * math.prod(out[1:])
    sample = row * out[0]
    if sample <= BLOCK:
        step = max(1, BLOCK // max(1, sample))
        for n in range(0, batch, step):
            yield n, min(n + step, batch), 0, out[0]
        return
    step = max(1, BLOCK // max(1, row))
    for n in range(batch):
        for r in range(0, out[0], step):
            yield n, n + 1, r, min(r + step, out[0])


def gather_columns(
    x: Array, kernel: Ints, out: Ints, stride: Ints, dilation: Ints, columns: Array
) -> None:
    """Copies the windows of ``x`` (m, c, *spatial) to ``columns`` (m, c, *kernel, *out)."""
    for offset in offsets(kernel):
        columns[along(2, *offset)] = x[along(2, *meets(offset, out, stride, dilation))]


def scatter_columns(
    columns: Array, kernel: Ints, out: Ints, stride: Ints, dilation: Ints, x: Array
) -> None:
    """Adds ``columns`` (m, c, *kernel, *out) to the places in ``x`` that they came from."""
    for offset in offsets(kernel):
        x[along(2, *meets(offset, out, stride, dilation))] += columns[along(2, *offset)]


def from_row(x: Array, row: int, rows: int, kernel: Ints, stride: Ints, dilation: Ints) -> Array:
    """The part of ``x`` (m, c, first, …) that windows at the given rows of the output see."""
    first = row * stride[0]
    last = (row + rows - 1) * stride[0] + dilation[0] * (kernel[0] - 1) + 1
    return x[:, :, first:last]
