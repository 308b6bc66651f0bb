"""Pooling: the kernels and rows. What users call, with its checks, is in pooling_calls.

A window's elements are visited one offset at a time, for all windows at once; see windows.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..contractions import accumulate_type
from ..table import op
from . import native_pooling as native
from .windows import Ints, along, inside, meets, offsets, padded, span

Array = np.ndarray
WINDOW = "kernel: int[], stride: int[], padding: int[], dilation: int[], out: int[]"
NAMES = "kernel, stride, padding, dilation, out"


def lowest(dtype: np.dtype) -> Any:
    """What is less than every number of a type, or equal to it."""
    return -np.inf if dtype.kind not in "iu" else np.iinfo(dtype).min


def bordered(
    x: Array, kernel: Ints, stride: Ints, padding: Ints, dilation: Ints, out: Ints, value: Any
) -> Array:
    """The input with padding; at the end as much as the last window needs (ceil_mode)."""
    after = tuple(
        max(p if p else 0, (o - 1) * s + d * (k - 1) + 1 - n - p)
        for n, k, s, p, d, o in zip(x.shape[2:], kernel, stride, padding, dilation, out,
                                    strict=True)
    )  # fmt: skip
    return padded(x, padding, after, value)


def parts(x: Array, kernel: Ints, stride: Ints, dilation: Ints, out: Ints):
    """For each element of the window what it meets, as a view."""
    for offset in offsets(kernel):
        yield x[along(2, *meets(offset, out, stride, dilation))]


# --- maxima ------------------------------------------------------------------------------------


def max_pool(input: Array, kernel: Ints, stride: Ints, padding: Ints, dilation: Ints, out: Ints):
    """The maximum of each window; NaN where there is one."""
    fast = native.max_pool(input, kernel, stride, padding, dilation, out, indices=False)
    if fast is not None:
        return fast[0]
    x = bordered(input, kernel, stride, padding, dilation, out, lowest(input.dtype))
    views = parts(x, kernel, stride, dilation, out)
    result = next(views).copy()
    for view in views:
        np.maximum(result, view, out=result)
    return result


def max_pool_with_indices(
    input: Array, kernel: Ints, stride: Ints, padding: Ints, dilation: Ints, out: Ints
) -> tuple[Array, Any]:
    """The maximum of each window, and its place in the input, spatial dimensions flattened."""
    fast = native.max_pool(input, kernel, stride, padding, dilation, out, indices=True)
    if fast is not None:
        return fast
    x = bordered(input, kernel, stride, padding, dilation, out, lowest(input.dtype))
    floating = x.dtype.kind not in "iu"
    views = parts(x, kernel, stride, dilation, out)
    result = next(views).copy()
    # Later elements have greater numbers: the last one that was better is the maximum of them.
    count = math.prod(kernel)
    number = np.uint8 if count <= 256 else np.int32
    first = _first_inside(input.shape[2:], kernel, stride, padding, dilation, out, number)
    at = np.empty_like(input, shape=result.shape, dtype=number)
    at[...] = first
    for i, view in enumerate(views, 1):
        better = view > result
        if floating:
            better |= view != view
        np.maximum(at, np.multiply(better, number(i), dtype=number), out=at)
        np.maximum(result, view, out=result)
    return result, _places(at, input.shape[2:], kernel, stride, padding, dilation, out)


def _first_inside(
    sizes: Ints, kernel: Ints, stride: Ints, padding: Ints, dilation: Ints, out: Ints, number: Any
) -> Array:
    """For each window, the number of its first element that is not padding."""
    first: Any = 0
    for k, s, p, d, o in zip(kernel, stride, padding, dilation, out, strict=True):
        start = np.arange(o) * s - p
        first = np.add.outer(first * k, np.maximum(0, -(start // d)))
    return first.astype(number)


def _places(
    at: Array, sizes: Ints, kernel: Ints, stride: Ints, padding: Ints, dilation: Ints, out: Ints
) -> Array:
    """The place in the input that element number ``at`` of each window meets."""
    base: Any = np.zeros((), np.int64)
    step: Any = np.zeros((), np.int64)
    for n, k, s, p, d, o in zip(sizes, kernel, stride, padding, dilation, out, strict=True):
        base = np.add.outer(base * n, np.arange(o) * s - p)
        step = np.add.outer(step * n, np.arange(k) * d)
    return step.reshape(-1)[at] + base


def max_pool_gradient(
    grad_output: Array, input: Array, result: Array, kernel: Ints, stride: Ints, padding: Ints,
    dilation: Ints, out: Ints,
) -> Array:  # fmt: skip
    """Each window's gradient at the first of its maxima (the last NaN), 0 elsewhere."""
    window = kernel, stride, padding, dilation, out
    fast = native.max_pool_gradient(grad_output, input, result, *window)
    if fast is not None:
        return fast
    apart = all(s >= k for s, k in zip(stride, span(kernel, dilation), strict=True))
    tiled = apart and kernel == stride and not any(padding) and all(
        k * o == n for k, o, n in zip(kernel, out, input.shape[2:], strict=True)
    )
    gradient = np.empty_like(input, order="C") if tiled else np.zeros_like(input, order="C")
    gradient = bordered(gradient, kernel, stride, padding, dilation, out, 0)
    targets = parts(gradient, kernel, stride, dilation, out)
    hits = _hits(input, result, kernel, stride, padding, dilation, out)
    for target, hit in zip(targets, hits, strict=True):
        share = _chosen(grad_output, hit)
        if apart:
            target[...] = share
        else:
            target += share
    return inside(gradient, padding, input.shape[2:])


def _hits(
    input: Array, result: Array, kernel: Ints, stride: Ints, padding: Ints, dilation: Ints,
    out: Ints,
):  # fmt: skip
    """For each element of the window, in which windows it is the maximum that counts."""
    # NaN as padding equals nothing, so it is never the maximum.
    x = bordered(input, kernel, stride, padding, dilation, out, np.nan)
    views = list(parts(x, kernel, stride, dilation, out))
    free = result == result
    if not free.all():
        window = kernel, stride, padding, dilation, out
        yield from _hits_with_nan(input, views, result, free, *window)
        return
    for i, view in enumerate(views):
        if i == len(views) - 1:
            hit = free  # what no other element took
        elif i == 0:
            hit = view == result
            free = ~hit
        else:
            hit = view == result
            hit &= free
            free ^= hit
        yield hit


def _hits_with_nan(
    input: Array, views: list[Array], result: Array, free: Array, kernel: Ints, stride: Ints,
    padding: Ints, dilation: Ints, out: Ints,
):  # fmt: skip
    """The same where some maxima are NaN: of those the last one counts."""
    real = np.ones_like(input, dtype=np.bool_)
    real = bordered(real, kernel, stride, padding, dilation, out, False)
    last = _last_missing(views, list(parts(real, kernel, stride, dilation, out)))
    for i, view in enumerate(views):
        hit = (view == result) & free
        free &= ~hit
        yield hit | (last == i)


def _last_missing(views: list[Array], real: list[Array]) -> Array:
    """The number of each window's last NaN, -1 without one."""
    last = np.full(views[0].shape, -1)
    for i, (view, there) in enumerate(zip(views, real, strict=True)):
        last[(view != view) & there] = i
    return last


def _chosen(values: Array, mask: Array) -> Array:
    """The values where the mask holds, otherwise 0; also for infinite values."""
    bits = {2: np.int16, 4: np.int32, 8: np.int64}[values.dtype.itemsize]
    return np.multiply(values.view(bits), mask).view(values.dtype)


def max_pool_pick(
    values: Array, input: Array, result: Array, kernel: Ints, stride: Ints, padding: Ints,
    dilation: Ints, out: Ints,
) -> Array:  # fmt: skip
    """From an array of the input's shape, the elements where each window has its maximum."""
    v = bordered(values, kernel, stride, padding, dilation, out, 0)
    picked = np.zeros_like(result)
    views = parts(v, kernel, stride, dilation, out)
    hits = _hits(input, result, kernel, stride, padding, dilation, out)
    for view, hit in zip(views, hits, strict=True):
        picked += _chosen(view, hit)
    return picked


op(f"_max_pool_gradient(grad_output, input, maxima, {WINDOW})",
   derivative={"grad_output": f"_max_pool_pick(grad, input, maxima, {NAMES})"},
   where="", lowering="scatter")(max_pool_gradient)  # fmt: skip
op(f"_max_pool_pick(values, input, maxima, {WINDOW})",
   derivative={"values": f"_max_pool_gradient(grad, input, maxima, {NAMES})"},
   where="", lowering="gather")(max_pool_pick)  # fmt: skip


@op("scatter_places(values, indices, shape: int[])",
    derivative={"values": "take_places(grad, indices)"}, where="", lowering="scatter")
def scatter_places(values: Array, indices: Array, shape: Ints) -> Array:
    """Adds values to zeros of a shape (n, c, *spatial), at places in the flattened spatial part."""
    fast = native.scatter_places(values, indices, shape)
    if fast is not None:
        return fast
    lead, size = math.prod(shape[:2]), math.prod(shape[2:])
    wide = accumulate_type(values.dtype)
    out = np.zeros_like(values, shape=(lead * size,), dtype=wide)
    start = np.arange(lead)[:, None] * size
    flat = (indices.reshape(lead, math.prod(indices.shape[2:])) + start).reshape(-1)
    np.add.at(out, flat, values.astype(wide, copy=False).reshape(-1))
    return out.reshape(shape).astype(values.dtype, copy=False)


@op("take_places(input, indices)",
    derivative={"input": "scatter_places(grad, indices, input.shape)"}, where="", lowering="gather")
def take_places(input: Array, indices: Array) -> Array:
    """The elements of (n, c, *spatial) at places in the flattened spatial part."""
    n, c = input.shape[:2]
    flat = input.reshape(n, c, -1)
    return np.take_along_axis(flat, indices.reshape(n, c, -1), 2).reshape(indices.shape)


# --- means -------------------------------------------------------------------------------------


def avg_pool(
    input: Array, kernel: Ints, stride: Ints, padding: Ints, out: Ints, include_pad: bool,
    divisor: int | None,
) -> Array:  # fmt: skip
    """The mean of each window; its padding counts as zeros, or not at all."""
    fast = native.avg_pool(input, kernel, stride, padding, out, include_pad, divisor)
    if fast is not None:
        return fast
    wide = accumulate_type(input.dtype)
    once = (1,) * len(kernel)
    x = bordered(input.astype(wide, copy=False), kernel, stride, padding, once, out, 0)
    for axis in range(len(kernel) - 1, -1, -1):  # the sum over a box, a dimension at a time
        x = _window_sum(x, axis + 2, kernel[axis], stride[axis], out[axis])
    counts = _counts(input.shape[2:], kernel, stride, padding, out, include_pad, divisor)
    if wide.kind in "iu":
        quotient = np.abs(x) // np.abs(counts)  # rounded towards zero, as in C
        return (np.sign(x) * np.sign(counts) * quotient).astype(input.dtype)
    if isinstance(counts, np.ndarray):
        counts = counts.astype(wide)
    x /= counts
    return x.astype(input.dtype, copy=False)


def _window_sum(x: Array, axis: int, kernel: int, stride: int, out: int) -> Array:
    total: Any = None
    for o in range(kernel):
        part = x[along(axis, slice(o, o + (out - 1) * stride + 1, stride))]
        if total is None:
            total = part.copy()
        else:
            total += part
    return total


def _counts(
    sizes: Ints, kernel: Ints, stride: Ints, padding: Ints, out: Ints, include_pad: bool,
    divisor: int | None,
) -> Any:  # fmt: skip
    """How many elements each window counts: a number, or an array over the output's places."""
    if divisor is not None:
        return divisor
    counts: Any = np.ones((), np.int64)
    for n, k, s, p, o in zip(sizes, kernel, stride, padding, out, strict=True):
        start = np.arange(o) * s - p
        end = np.minimum(start + k, n + p)
        if not include_pad:
            start, end = np.maximum(start, 0), np.minimum(end, n)
        counts = np.multiply.outer(counts, end - start)
    return int(counts.flat[0]) if counts.size and (counts == counts.flat[0]).all() else counts


def avg_pool_gradient(
    grad_output: Array, shape: Ints, kernel: Ints, stride: Ints, padding: Ints, out: Ints,
    include_pad: bool, divisor: int | None,
) -> Array:  # fmt: skip
    """Spreads each window's gradient over its elements."""
    window = kernel, stride, padding, out
    fast = native.avg_pool_gradient(grad_output, shape, *window, include_pad, divisor)
    if fast is not None:
        return fast
    wide = accumulate_type(grad_output.dtype)
    counts = _counts(shape[2:], kernel, stride, padding, out, include_pad, divisor)
    if isinstance(counts, np.ndarray):
        counts = counts.astype(wide)
    g = grad_output.astype(wide, copy=False) / counts
    for axis, (n, k, s, p, o) in enumerate(
        zip(shape[2:], kernel, stride, padding, out, strict=True), 2
    ):
        g = _window_spread(g, axis, k, s, o, max(n + 2 * p, (o - 1) * s + k))
    result = inside(g, padding, shape[2:])
    return np.ascontiguousarray(result).astype(grad_output.dtype, copy=False)


def _window_spread(g: Array, axis: int, kernel: int, stride: int, out: int, size: int) -> Array:
    spread = np.zeros_like(g, shape=(*g.shape[:axis], size, *g.shape[axis + 1 :]))
    for o in range(kernel):
        spread[along(axis, slice(o, o + (out - 1) * stride + 1, stride))] += g
    return spread


AVERAGE = (
    "kernel: int[], stride: int[], padding: int[], out: int[], include_pad: bool, "
    "divisor: int | None"
)
AVERAGE_NAMES = "kernel, stride, padding, out, include_pad, divisor"
op(f"_avg_pool_gradient(grad_output, shape: int[], {AVERAGE})",
   derivative={"grad_output": f"_avg_pool2d(grad, {AVERAGE_NAMES})"}, where="",
   lowering="scatter")(avg_pool_gradient)  # fmt: skip

# --- windows for a wanted output size ----------------------------------------------------------


def bounds(n: int, out: int) -> list[tuple[int, int]]:
    """The windows that divide n elements into ``out`` parts, which may overlap."""
    return [(i * n // out, -(-(i + 1) * n // out)) for i in range(out)]


def adaptive_avg_pool(input: Array, out: Ints) -> Array:
    """The mean of each of as many windows as the output is to have."""
    fast = native.adaptive_avg_pool(input, out)
    if fast is not None:
        return fast
    sizes = input.shape[2:]
    if all(o and n % o == 0 for n, o in zip(sizes, out, strict=True)):
        kernel = tuple(n // o for n, o in zip(sizes, out, strict=True))
        return avg_pool(input, kernel, kernel, (0,) * len(out), out, True, None)
    x = input.astype(accumulate_type(input.dtype), copy=False)
    for axis, (n, o) in enumerate(zip(sizes, out, strict=True), 2):
        means = np.empty_like(x, shape=(*x.shape[:axis], o, *x.shape[axis + 1 :]))
        for i, (a, b) in enumerate(bounds(n, o)):
            means[along(axis, i)] = x[along(axis, slice(a, b))].mean(axis)
        x = means
    return x.astype(input.dtype, copy=False)


def adaptive_avg_pool_gradient(grad_output: Array, shape: Ints) -> Array:
    """Spreads each window's gradient over its elements."""
    fast = native.adaptive_avg_pool_gradient(grad_output, shape)
    if fast is not None:
        return fast
    g = grad_output.astype(accumulate_type(grad_output.dtype), copy=False)
    for axis, (n, o) in enumerate(zip(shape[2:], grad_output.shape[2:], strict=True), 2):
        spread = np.zeros_like(g, shape=(*g.shape[:axis], n, *g.shape[axis + 1 :]))
        for i, (a, b) in enumerate(bounds(n, o)):
            spread[along(axis, slice(a, b))] += g[along(axis, slice(i, i + 1))] / (b - a)
        g = spread
    return g.astype(grad_output.dtype, copy=False)


op("_adaptive_avg_pool_gradient(grad_output, shape: int[])",
   derivative={"grad_output": "_adaptive_avg_pool2d_row(grad, grad_output.shape[2:])"}, where="",
   lowering="scatter")(adaptive_avg_pool_gradient)  # fmt: skip


def adaptive_max_pool(input: Array, out: Ints) -> tuple[Array, Array]:
    """The maximum of each of as many windows as the output is to have, and its place."""
    sizes, dims = input.shape[2:], len(out)
    if all(o and n % o == 0 for n, o in zip(sizes, out, strict=True)):
        kernel = tuple(n // o for n, o in zip(sizes, out, strict=True))
        return max_pool_with_indices(input, kernel, kernel, (0,) * dims, (1,) * dims, out)
    lead = input.shape[:2]
    result = np.empty_like(input, shape=(*lead, *out))
    indices = np.empty_like(input, shape=(*lead, *out), dtype=np.int64)
    places = np.arange(math.prod(sizes)).reshape(sizes)
    windows = [bounds(n, o) for n, o in zip(sizes, out, strict=True)]
    for at in offsets(out):
        window = tuple(slice(*windows[d][i]) for d, i in enumerate(at))
        part = input[along(2, *window)].reshape(*lead, -1)
        best = _last_nan(part, part.argmax(-1))
        result[along(2, *at)] = np.take_along_axis(part, best[..., None], -1)[..., 0]
        indices[along(2, *at)] = places[window].reshape(-1)[best]
    return result, indices


def _last_nan(part: Array, best: Array) -> Array:
    """Of several NaN the last one counts."""
    missing = part != part
    if not missing.any():
        return best
    last = part.shape[-1] - 1 - missing[..., ::-1].argmax(-1)
    return np.where(missing.any(-1), last, best)


# --- a row for each number of dimensions, under the name that PyTorch's history shows ------------

_FORMULA = r"y_p = \max_{k} x_{sp + k}"
_MEAN = r"y_p = \frac{1}{|K|} \sum_{k} x_{sp + k}"
for _n, _max, _avg, _adaptive, _adaptive_max in (
    (1, "SqueezeBackward1", "SqueezeBackward1", "SqueezeBackward1", "SqueezeBackward1"),
    (2, "MaxPool2DWithIndicesBackward0", "AvgPool2DBackward0", "AdaptiveAvgPool2DBackward0",
     "AdaptiveMaxPool2DBackward0"),
    (3, "MaxPool3DWithIndicesBackward0", "AvgPool3DBackward0", "AdaptiveAvgPool3DBackward0",
     "AdaptiveMaxPool3DBackward0"),
):  # fmt: skip
    op(f"_max_pool{_n}d(input, {WINDOW})",
       derivative={"input": f"_max_pool_gradient(grad, input, result, {NAMES})"}, where="",
       lowering="reduction", formula=_FORMULA, node=_max)(max_pool)  # fmt: skip
    op(f"_max_pool{_n}d_with_indices(input, {WINDOW})",
       derivative={"input": "scatter_places(grad, indices, input.shape)"}, where="",
       lowering="reduction", formula=_FORMULA, node=_max, outputs=("result", "indices"),
       nondifferentiable=("indices",))(max_pool_with_indices)  # fmt: skip
    op(f"_adaptive_max_pool{_n}d(input, out: int[])",
       derivative={"input": "scatter_places(grad, indices, input.shape)"}, where="",
       lowering="reduction", formula=_FORMULA, node=_adaptive_max, outputs=("result", "indices"),
       nondifferentiable=("indices",))(adaptive_max_pool)  # fmt: skip
    op(f"_avg_pool{_n}d(input, {AVERAGE})",
       derivative={"input": f"_avg_pool_gradient(grad, input.shape, {AVERAGE_NAMES})"}, where="",
       lowering="reduction", formula=_MEAN, node=_avg)(avg_pool)  # fmt: skip
    op(f"_adaptive_avg_pool{_n}d_row(input, out: int[])",
       derivative={"input": "_adaptive_avg_pool_gradient(grad, input.shape)"}, where="",
       lowering="reduction", formula=_MEAN, node=_adaptive)(adaptive_avg_pool)  # fmt: skip
