"""Layers of networks, as calls of the runtime: losses, convolutions, pooling, normalisation."""

from __future__ import annotations

import numpy as np

from ..expressions import FLOAT32, INT64
from ..memory import View
from ..recorder import Call
from .builder import Builder, NotHere, lowering
from .rows import REDUCTIONS


def single(*views: View | None) -> None:
    """Only float32 is served here."""
    if any(v is not None and v.dtype != FLOAT32 for v in views):
        raise NotHere("a type other than float32")


@lowering("_cross_entropy")
def cross_entropy(b: Builder, call: Call) -> None:
    """The loss, and what its gradient needs."""
    x, target, weight, ignore, reduction = call.args
    result, exps, sums, places, share = call.results
    single(x, weight)
    if target.dtype != INT64 or x.strides[-1] != 1 or not all(x.shape):
        raise NotHere("cross entropy of another kind")
    n, classes = x.shape
    losses = result if reduction == "none" else b.temporary((n,), FLOAT32)
    marks = b.temporary((n,), np.dtype(np.int64))
    part = b.temporary((1,) if weight is None else (n,), FLOAT32)
    b.remember(places, marks)
    b.remember(share, part)
    target, weight = b.dense(target), None if weight is None else b.dense(weight)
    args = (
        n, classes, x, x.strides[0], target, weight, ignore, REDUCTIONS[reduction], losses,
        None if reduction == "none" else result, exps, sums, marks, part,
    )  # fmt: skip
    b.native_call("fl_cross_entropy", args, (x, target, weight),
                  (losses, result, exps, sums, marks, part), 20 * n * classes)  # fmt: skip


@lowering("_cross_entropy_backward")
def cross_entropy_backward(b: Builder, call: Call) -> None:
    grad, exps, sums, places, share = call.args
    single(grad, exps)
    marks, part = b.remembered(places), b.remembered(share)
    n, classes = exps.shape
    grad = b.dense(grad)
    each, weighted = int(grad.shape != ()), int(part.size > 1)
    args = (n, classes, grad, each, weighted, exps, sums, marks, part, call.results[0])
    b.native_call("fl_cross_entropy_gradient", args, (grad, exps, sums, marks, part),
                  call.results, 2 * n * classes)  # fmt: skip


# --- convolutions --------------------------------------------------------------------------------


def _axes(values: tuple[int, ...], fill: int) -> str:
    """Three spatial axes as C; missing ones stand first."""
    return "{" + ", ".join(map(str, (fill,) * (3 - len(values)) + tuple(values))) + "}"


def geometry(
    x: tuple[int, ...], y: tuple[int, ...], w: tuple[int, ...], stride: tuple[int, ...],
    padding: tuple[int, ...], dilation: tuple[int, ...], groups: int,
) -> str:  # fmt: skip
    """A convolution's sizes as C: those of input, output and weight."""
    if len(x) > 5 or len(x) < 3 or not all((*x, *y, *w)):
        raise NotHere("a convolution of these dimensions")
    parts = (
        f".batch = {x[0]}, .groups = {groups}, .inputs = {x[1] // groups}, "
        f".outputs = {y[1] // groups}, .size = {_axes(x[2:], 1)}, .out = {_axes(y[2:], 1)}, "
        f".kernel = {_axes(w[2:], 1)}, .stride = {_axes(stride, 1)}, "
        f".padding = {_axes(padding, 0)}, .dilation = {_axes(dilation, 1)}"
    )
    return "&(const fl_conv){" + parts + "}"


def _flops(y: tuple[int, ...], w: tuple[int, ...]) -> int:
    return 2 * int(np.prod(y, dtype=np.int64)) * int(np.prod(w[1:], dtype=np.int64))


@lowering("_conv")
def conv(b: Builder, call: Call) -> None:
    x, w, bias, *sizes = call.args
    y = call.results[0]
    single(x, w, bias, y)
    x, w = b.dense(x), b.dense(w)
    bias = None if bias is None else b.dense(bias)
    args = (geometry(x.shape, y.shape, w.shape, *sizes), x, w, bias, y, None, None)
    b.native_call("fl_conv_forward", args, (x, w, bias), (y,), _flops(y.shape, w.shape))


@lowering("_conv_input_gradient", "_conv_transposed")
def conv_input_gradient(b: Builder, call: Call) -> None:
    if call.op.name == "_conv_transposed":
        g, w, bias, shape, *sizes = call.args
    else:
        g, w, shape, *sizes = call.args
        bias = None
    x = call.results[0]
    single(g, w, bias, x)
    if not x.is_contiguous():
        raise NotHere("a gradient in another layout")
    g, w = b.dense(g), b.dense(w)
    bias = None if bias is None else b.dense(bias)
    args = (geometry(x.shape, g.shape, w.shape, *sizes), g, w, bias, x, None, None)
    b.native_call("fl_conv_input_gradient", args, (g, w, bias), (x,), _flops(g.shape, w.shape))


@lowering("_conv_weight_gradient")
def conv_weight_gradient(b: Builder, call: Call) -> None:
    g, x, shape, *sizes = call.args
    w = call.results[0]
    single(g, x, w)
    g, x = b.dense(g), b.dense(x)
    args = (geometry(x.shape, g.shape, w.shape, *sizes), g, x, w)
    b.native_call("fl_conv_weight_gradient", args, (g, x), (w,), _flops(g.shape, w.shape))


# --- pooling -------------------------------------------------------------------------------------


def pool_geometry(
    x: tuple[int, ...], y: tuple[int, ...], kernel: tuple[int, ...], stride: tuple[int, ...],
    padding: tuple[int, ...], dilation: tuple[int, ...],
) -> str:  # fmt: skip
    """A pooling's sizes as C: those of input and output, the last as many as the window has."""
    n = len(kernel)
    if not all((*x, *y)):
        raise NotHere("pooling of nothing")
    planes = int(np.prod(x[: len(x) - n], dtype=np.int64))
    parts = (
        f".planes = {planes}, .size = {_axes(x[-n:], 1)}, .out = {_axes(y[-n:], 1)}, "
        f".kernel = {_axes(kernel, 1)}, .stride = {_axes(stride, 1)}, "
        f".padding = {_axes(padding, 0)}, .dilation = {_axes(dilation, 1)}"
    )
    return "&(const fl_pool){" + parts + "}"


@lowering(*[f"_max_pool{n}d{kind}" for n in (1, 2, 3) for kind in ("", "_with_indices")])
def max_pool(b: Builder, call: Call) -> None:
    x, kernel, stride, padding, dilation, _ = call.args
    y = call.results[0]
    indices = call.results[1] if len(call.results) > 1 else None
    single(x, y)
    if not y.is_contiguous() or (indices is not None and not indices.is_contiguous()):
        raise NotHere("pooling into another layout")
    x = b.dense(x)
    shape = pool_geometry(x.shape, y.shape, kernel, stride, padding, dilation)
    flops = y.size * int(np.prod(kernel))
    b.native_call("fl_max_pool", (shape, x, y, indices), (x,), (y, indices), flops)


@lowering("_max_pool_gradient")
def max_pool_gradient(b: Builder, call: Call) -> None:
    g, x, maxima, kernel, stride, padding, dilation, _ = call.args
    gx = call.results[0]
    single(g, x, maxima, gx)
    if not gx.is_contiguous():
        raise NotHere("pooling into another layout")
    g, x, maxima = b.dense(g), b.dense(x), b.dense(maxima)
    shape = pool_geometry(x.shape, g.shape, kernel, stride, padding, dilation)
    flops = g.size * int(np.prod(kernel))
    b.native_call("fl_max_pool_gradient", (shape, g, x, maxima, gx), (g, x, maxima), (gx,), flops)


@lowering(*[f"_avg_pool{n}d" for n in (1, 2, 3)])
def avg_pool(b: Builder, call: Call) -> None:
    x, kernel, stride, padding, _, include_pad, divisor = call.args
    y = call.results[0]
    single(x, y)
    if not y.is_contiguous():
        raise NotHere("pooling into another layout")
    x = b.dense(x)
    shape = pool_geometry(x.shape, y.shape, kernel, stride, padding, (1,) * len(kernel))
    flops = y.size * int(np.prod(kernel))
    b.native_call("fl_avg_pool", (shape, x, y, include_pad, divisor or 0), (x,), (y,), flops)


@lowering("_avg_pool_gradient")
def avg_pool_gradient(b: Builder, call: Call) -> None:
    g, _, kernel, stride, padding, _, include_pad, divisor = call.args
    gx = call.results[0]
    single(g, gx)
    if not gx.is_contiguous():
        raise NotHere("pooling into another layout")
    g = b.dense(g)
    shape = pool_geometry(gx.shape, g.shape, kernel, stride, padding, (1,) * len(kernel))
    flops = g.size * int(np.prod(kernel))
    b.native_call("fl_avg_pool_gradient", (shape, g, gx, include_pad, divisor or 0), (g,), (gx,),
                  flops)  # fmt: skip
