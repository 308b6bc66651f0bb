"""Softmaxes, normalisations, attention: calls of the runtime's row functions."""

from __future__ import annotations

import math
from typing import Any

from ..expressions import BOOL, FLOAT32, FLOAT64, INT64, Expr, apply, cast, const, load
from ..graph import Statement, steps
from ..memory import View
from ..recorder import Call
from .builder import Builder, NotHere, lowering

SUFFIX = {FLOAT32: "f32", FLOAT64: "f64"}


def suffix(*views: View | None) -> str:
    """The runtime's name of the one type that all views have."""
    types = {v.dtype for v in views if v is not None}
    if len(types) != 1 or (found := SUFFIX.get(next(iter(types)))) is None:
        raise NotHere("mixed types")
    return found


def named(call: Call) -> dict[str, Any]:
    """A call's arguments by the names of the row's signature."""
    return {p.name: a for p, a in zip(call.op.params, call.args, strict=True)}


def contiguous(*views: View) -> None:
    for v in views:
        if not v.is_contiguous():
            raise NotHere("a result in another layout")


def around(shape: tuple[int, ...], dim: int) -> tuple[int, int, int]:
    """(outer, n, inner) of a shape around one of its dimensions."""
    dim %= len(shape)
    return math.prod(shape[:dim]), shape[dim], math.prod(shape[dim + 1 :])


# --- softmax -------------------------------------------------------------------------------------


@lowering("_softmax", "_log_softmax")
def softmax(b: Builder, call: Call) -> None:
    x, dim = call.args
    y = call.results[0]
    if not x.size or not x.shape:
        raise NotHere("a softmax of nothing")
    kind = suffix(x, y)
    contiguous(y)
    x = b.dense(x)
    b.native_call(f"fl{call.op.name}_{kind}", (x, y, *around(x.shape, dim)), (x,), (y,),
                  12 * x.size)  # fmt: skip


@lowering("softmax_gradient", "log_softmax_gradient")
def softmax_gradient(b: Builder, call: Call) -> None:
    g, y, dim = call.args
    x = call.results[0]
    if not y.size or not y.shape or g.shape != y.shape:
        raise NotHere("a softmax of nothing")
    kind = suffix(g, y, x)
    contiguous(x)
    g, y = b.dense(g), b.dense(y)
    b.native_call(f"fl_{call.op.name}_{kind}", (g, y, x, *around(y.shape, dim)), (g, y), (x,),
                  4 * y.size)  # fmt: skip


# --- class numbers -------------------------------------------------------------------------------

REDUCTIONS = {"none": 0, "mean": 1, "sum": 2}


@lowering("_nll_loss", "_nll_loss2d")
def nll_loss(b: Builder, call: Call) -> None:
    x, target, weight, ignored, reduction = call.args
    result, share = call.results
    kind = suffix(x, weight, result)
    if target.dtype != INT64 or not x.size or not result.is_contiguous():
        raise NotHere("class numbers of another type")
    total = b.temporary((1,), x.dtype)
    b.remember(share, total)
    x, target = b.dense(x), b.dense(target)
    weight = None if weight is None else b.dense(weight)
    args = (x, target, weight, result, total, *around(x.shape, 1), ignored, REDUCTIONS[reduction])
    b.native_call(f"fl_nll_loss_{kind}", args, (x, target, weight), (result, total), target.size)


@lowering("_nll_loss_backward")
def nll_loss_backward(b: Builder, call: Call) -> None:
    g, target, weight, ignored, reduction, share, shape = call.args
    y = call.results[0]
    kind = suffix(g, weight, y)
    total = b.remembered(share)
    contiguous(y)
    g, target = b.dense(g), b.dense(target)
    weight = None if weight is None else b.dense(weight)
    args = (g, target, weight, total, y, *around(shape, 1), ignored, REDUCTIONS[reduction])
    b.native_call(f"fl_nll_loss_gradient_{kind}", args, (g, target, weight, total), (y,), y.size)


# --- extremes and their places -------------------------------------------------------------------


@lowering("argmax", "argmin", "_max", "_min")
def extreme_places(b: Builder, call: Call) -> None:
    x, dim = call.args[:2]
    results = call.results
    if suffix(x) != "f32" or not x.size:
        raise NotHere("extremes of another type")
    contiguous(*results)
    x = b.dense(x)
    sizes = (1, x.size, 1) if dim is None or not x.shape else around(x.shape, dim)
    values, places = results if len(results) == 2 else (None, results[0])
    args = (x, values, places, *sizes, "max" in call.op.name)
    b.native_call("fl_extreme_places", args, (x,), (values, places), x.size)


# --- normalisation -------------------------------------------------------------------------------


@lowering("_layer_norm", "_native_layer_norm")
def layer_norm(b: Builder, call: Call) -> None:
    x, weight, bias, dims, eps = call.args
    y, mean, rstd = call.results
    kind = suffix(x, weight, bias, y, mean, rstd)
    contiguous(y, mean, rstd)
    n = math.prod(x.shape[len(x.shape) - dims :])
    if not x.size:
        raise NotHere("a norm of nothing")
    x = b.dense(x)
    weight, bias = (None if v is None else b.dense(v) for v in (weight, bias))
    args = (x, weight, bias, y, mean, rstd, x.size // n, n, float(eps))
    b.native_call(f"fl_layer_norm_{kind}", args, (x, weight, bias), (y, mean, rstd), 8 * x.size)


@lowering("_layer_norm_backward")
def layer_norm_backward(b: Builder, call: Call) -> None:
    g, x, weight, mean, rstd, dims = call.args
    y, gw, gb = call.results
    kind = suffix(g, x, weight, mean, rstd, y, gw, gb)
    contiguous(y, gw, gb)
    n = math.prod(x.shape[len(x.shape) - dims :])
    if not x.size:
        raise NotHere("a norm of nothing")
    g, x, mean, rstd = (b.dense(v) for v in (g, x, mean, rstd))
    weight = None if weight is None else b.dense(weight)
    args = (g, x, weight, mean, rstd, y, gw, gb, x.size // n, n)
    b.native_call(f"fl_layer_norm_gradient_{kind}", args, (g, x, weight, mean, rstd),
                  (y, gw, gb), 12 * x.size)  # fmt: skip


@lowering("_batch_norm_train")
def batch_norm(b: Builder, call: Call) -> None:
    x, weight, bias, eps = call.args
    y, mean, rstd, variance = call.results
    kind = suffix(x, weight, bias, y, mean, rstd, variance)
    contiguous(y, mean, rstd, variance)
    if not x.size:
        raise NotHere("a norm of nothing")
    x = b.dense(x)
    weight, bias = (None if v is None else b.dense(v) for v in (weight, bias))
    n, channels = x.shape[:2]
    args = (x, weight, bias, y, mean, rstd, variance, n, channels, x.size // (n * channels),
            float(eps))  # fmt: skip
    b.native_call(f"fl_batch_norm_{kind}", args, (x, weight, bias), (y, mean, rstd, variance),
                  8 * x.size)  # fmt: skip


@lowering("_batch_norm_backward")
def batch_norm_backward(b: Builder, call: Call) -> None:
    g, x, weight, mean, rstd = call.args
    y, gw, gb = call.results
    kind = suffix(g, x, weight, mean, rstd, y, gw, gb)
    contiguous(y, gw, gb)
    if not x.size:
        raise NotHere("a norm of nothing")
    g, x, mean, rstd = (b.dense(v) for v in (g, x, mean, rstd))
    weight = None if weight is None else b.dense(weight)
    n, channels = x.shape[:2]
    args = (g, x, weight, mean, rstd, y, gw, gb, n, channels, x.size // (n * channels))
    b.native_call(f"fl_batch_norm_gradient_{kind}", args, (g, x, weight, mean, rstd), (y, gw, gb),
                  12 * x.size)  # fmt: skip


@lowering("_update_running_")
def update_running(b: Builder, call: Call) -> None:
    """r = (1 - momentum) r + momentum new, for the mean and the unbiased variance."""
    running, mean, variance, momentum, count = call.args
    factor = count / max(count - 1, 1) if count > 1 else math.inf
    for old, new, scale in ((running[0], mean, 1.0), (running[1], variance, factor)):
        value = load(new)
        if scale != 1:
            value = apply("multiply", value, scale)
        kept = apply("multiply", load(old), 1 - momentum)
        part = cast(apply("multiply", value, momentum), old.dtype)
        b.store(old, apply("add", kept, part))


@lowering("_batch_norm_eval")
def batch_norm_eval(b: Builder, call: Call) -> None:
    """A pointwise affine function of each channel."""
    x, weight, bias, mean, variance, eps = call.args
    y = call.results[0]
    suffix(x, weight, bias, mean, variance, y)

    def channel(v: View) -> Expr:
        return load(View(v.buffer, v.dtype, v.offset, x.shape,
                         (0, v.strides[0], *(0,) * (len(x.shape) - 2))))  # fmt: skip

    scale = apply("divide", 1.0, apply("sqrt", apply("add", channel(variance), float(eps))))
    if weight is not None:
        scale = apply("multiply", scale, channel(weight))
    shift = apply("multiply", apply("negative", channel(mean)), scale)
    if bias is not None:
        shift = apply("add", channel(bias), shift)
    b.store(y, apply("add", apply("multiply", load(x), scale), shift))


@lowering("_group_norm", "_native_group_norm")
def group_norm(b: Builder, call: Call) -> None:
    x, weight, bias, groups, eps = call.args
    y, mean, rstd = call.results
    kind = suffix(x, weight, bias, y, mean, rstd)
    contiguous(y, mean, rstd)
    if not x.size:
        raise NotHere("a norm of nothing")
    x = b.dense(x)
    weight, bias = (None if v is None else b.dense(v) for v in (weight, bias))
    n, channels = x.shape[:2]
    args = (x, weight, bias, y, mean, rstd, n, channels, x.size // (n * channels), groups,
            float(eps))  # fmt: skip
    b.native_call(f"fl_group_norm_{kind}", args, (x, weight, bias), (y, mean, rstd), 8 * x.size)


@lowering("_group_norm_backward")
def group_norm_backward(b: Builder, call: Call) -> None:
    g, x, weight, mean, rstd, groups = call.args
    y, gw, gb = call.results
    kind = suffix(g, x, weight, mean, rstd, y, gw, gb)
    contiguous(y, gw, gb)
    if not x.size:
        raise NotHere("a norm of nothing")
    g, x, mean, rstd = (b.dense(v) for v in (g, x, mean, rstd))
    weight = None if weight is None else b.dense(weight)
    n, channels = x.shape[:2]
    args = (g, x, weight, mean, rstd, y, gw, gb, n, channels, x.size // (n * channels), groups)
    b.native_call(f"fl_group_norm_gradient_{kind}", args, (g, x, weight, mean, rstd), (y, gw, gb),
                  12 * x.size)  # fmt: skip


# --- attention -----------------------------------------------------------------------------------


def _heads(v: View, batch: tuple[int, ...]) -> tuple[Any, ...]:
    """A matrix of each (batch, head): where, strides along the two, rows, columns."""
    shape = (*batch, *v.shape[-2:])
    wide = v if v.shape == shape else v.as_shape(shape)
    return (wide, *(0,) * (4 - len(shape)), *steps(wide))


def _attention_sizes(weights: View, width: int, values: int) -> tuple[int, ...]:
    batch = weights.shape[:-2]
    outer, inner = (1,) * (2 - len(batch)) + batch
    return outer, inner, *weights.shape[-2:], width, values


@lowering("_attention")
def attention(b: Builder, call: Call) -> None:
    a = named(call)
    q, k, v, mask = (a[n] for n in ("query", "key", "value", "attn_mask"))
    y, weights = call.results
    batch = weights.shape[:-2]
    if suffix(q, k, v, y, weights) != "f32" or len(batch) > 2 or not y.size:
        raise NotHere("attention of another kind")
    contiguous(weights)
    about_mask: tuple[Any, ...] = (None, 0, 0, 0, 0, 0)
    if mask is not None:
        if mask.dtype not in (BOOL, FLOAT32):
            raise NotHere("a mask of another type")
        full = mask.as_shape(weights.shape)
        where, *strides = _heads(full, batch)
        about_mask = (where, mask.dtype == BOOL, *strides)
    args = (
        *_attention_sizes(weights, q.shape[-1], v.shape[-1]), *_heads(q, batch),
        *_heads(k, batch), *_heads(v, batch), *about_mask, float(a["scale"]), a["is_causal"],
        weights, *_heads(y, batch),
    )  # fmt: skip
    flops = 2 * weights.size * (q.shape[-1] + v.shape[-1])
    b.native_call("fl_attention", args, (q, k, v, mask), (y, weights), flops)


@lowering("_attention_backward")
def attention_backward(b: Builder, call: Call) -> None:
    a = named(call)
    g, q, k, v, weights = (a[n] for n in ("grad_output", "query", "key", "value", "weights"))
    gq, gk, gv, scores = call.results
    batch = weights.shape[:-2]
    if suffix(g, q, k, v, weights, gq, gk, gv) != "f32" or len(batch) > 2 or not g.size:
        raise NotHere("attention of another kind")
    contiguous(weights, scores)
    args = (
        *_attention_sizes(weights, q.shape[-1], v.shape[-1]), *_heads(g, batch),
        *_heads(q, batch), *_heads(k, batch), *_heads(v, batch), weights, float(a["scale"]),
        a.get("is_causal", False), scores, *_heads(gq, batch), *_heads(gk, batch),
        *_heads(gv, batch),
    )  # fmt: skip
    flops = 4 * weights.size * (q.shape[-1] + v.shape[-1])
    b.native_call("fl_attention_gradient", args, (g, q, k, v, weights), (gq, gk, gv, scores), flops,
                  optional=(scores,))  # fmt: skip


__all__ = ["Statement", "const"]
