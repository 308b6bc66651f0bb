"""Sums, means, extremes, and losses that are means of a text."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..expressions import (
    BOOL,
    FLOAT32,
    FLOAT64,
    Expr,
    apply,
    cast,
    const,
    load,
    translate,
)
from ..memory import Shape, View
from ..recorder import Call
from .builder import Builder, NotHere, lowering
from .pointwise import target_of, values_of

Dims = Any


def axes_of(dim: Dims, ndim: int) -> tuple[int, ...]:
    """The dimensions that ``dim`` names: all of them for None and ()."""
    if dim is None or dim == ():
        return tuple(range(ndim))
    if isinstance(dim, int):
        return (dim % ndim,) if ndim else ()
    return tuple(d % ndim for d in dim) if ndim else ()


def _sum(b: Builder, call: Call, axes: tuple[int, ...], mean: bool) -> None:
    source, target = call.args[0], target_of(call)
    if target.dtype.kind == "f" and source.dtype != target.dtype:
        raise NotHere("a sum in another type")
    if mean and target.dtype.kind != "f":
        raise NotHere("a mean of integers")
    count = math.prod(source.shape[a] for a in axes)
    if not count:
        raise NotHere("nothing to sum")
    scale = 1 / count if mean else 1.0
    b.reduce(target, load(source), source.shape, axes, "sum", scale)


@lowering("_sum", "_mean")
def total(b: Builder, call: Call) -> None:
    _sum(b, call, axes_of(None, len(call.args[0].shape)), call.op.name == "_mean")


@lowering("sum_dim", "mean_dim")
def along(b: Builder, call: Call) -> None:
    source, dim, _ = call.args
    _sum(b, call, axes_of(dim, len(source.shape)), call.op.name == "mean_dim")


@lowering("_sum_to_size")
def to_size(b: Builder, call: Call) -> None:
    """The sum over the dimensions that broadcasting had stretched."""
    source, shape = call.args[0], tuple(call.args[1])
    extra = len(source.shape) - len(shape)
    axes = tuple(range(extra)) + tuple(
        i + extra for i, n in enumerate(shape) if n == 1 and source.shape[i + extra] != 1
    )
    _sum(b, call, axes, False)


@lowering("channel_sum")
def channels(b: Builder, call: Call) -> None:
    n = len(call.args[0].shape)
    _sum(b, call, (0, *range(2, n)), False)


@lowering("amax", "amin", "max_all", "min_all")
def extreme(b: Builder, call: Call) -> None:
    source, target = call.args[0], target_of(call)
    dim = call.args[1] if len(call.args) > 1 else None
    axes = axes_of(dim, len(source.shape))
    if not source.size or target.dtype != source.dtype or source.dtype == BOOL:
        raise NotHere("an extreme of nothing")
    b.reduce(target, load(source), source.shape, axes, "max" if "max" in call.op.name else "min")


@lowering("_any", "_all")
def quantifier(b: Builder, call: Call) -> None:
    source, dim, _ = call.args
    target = target_of(call)
    if not source.size or target.dtype != BOOL:
        raise NotHere("any of nothing")
    axes = axes_of(dim, len(source.shape))
    kind = "max" if call.op.name == "_any" else "min"
    b.reduce(target, cast(load(source), BOOL), source.shape, axes, kind)


@lowering("_nansum", "count_nonzero")
def counted(b: Builder, call: Call) -> None:
    """Sums of what is a number, and of whether an element is not zero."""
    source, target = call.args[0], target_of(call)
    axes = axes_of(call.args[1], len(source.shape))
    if not source.size:
        raise NotHere("a sum of nothing")
    x = load(source)
    if call.op.name == "count_nonzero":
        x = cast(cast(x, BOOL), target.dtype)
    elif x.dtype != target.dtype:
        raise NotHere("a sum in another type")
    else:
        x = apply("where", apply("isnan", x), const(0.0, x.dtype), x)
    b.reduce(target, x, source.shape, axes, "sum")


@lowering("_prod", "prod_dim")
def products(b: Builder, call: Call) -> None:
    source, target = call.args[0], target_of(call)
    dim = call.args[1] if len(call.args) > 1 else None
    if not source.size or source.dtype != target.dtype:
        raise NotHere("a product in another type")
    b.reduce(target, load(source), source.shape, axes_of(dim, len(source.shape)), "prod")


@lowering("dot")
def dot(b: Builder, call: Call) -> None:
    x, y = call.args
    target = target_of(call)
    if not x.size or target.dtype not in (FLOAT32, FLOAT64):
        raise NotHere("a product of nothing")
    b.reduce(target, apply("multiply", load(x), load(y)), x.shape, (0,), "sum")


def spread(b: Builder, view: View, shape: Shape, axes: tuple[int, ...]) -> Expr:
    """Results of a reduction, seen in the shape that was reduced."""
    kept = tuple(1 if i in axes else n for i, n in enumerate(shape))
    return load(view.reshaped(kept).as_shape(shape))


@lowering("_var", "_std", "_var_mean", "_std_mean")
def variance(b: Builder, call: Call) -> None:
    """In two passes: the mean, then the squared distances from it."""
    source, dim, correction, _ = call.args
    target = call.results[0]
    axes = axes_of(dim, len(source.shape))
    count = math.prod(source.shape[a] for a in axes)
    freedom = count - correction
    if source.dtype not in (FLOAT32, FLOAT64) or freedom <= 0 or not source.size:
        raise NotHere("a variance of too few numbers")
    mean = call.results[1] if len(call.results) > 1 else b.temporary(target.shape, source.dtype)
    if not (mean.is_contiguous() and target.is_contiguous()):
        raise NotHere("results in another layout")
    x = load(source)
    b.reduce(mean, x, source.shape, axes, "sum", 1 / count)
    apart = apply("subtract", x, spread(b, mean, source.shape, axes))
    b.reduce(target, apply("multiply", apart, apart), source.shape, axes, "sum", 1 / freedom)
    if "std" in call.op.name:
        b.store(target, apply("sqrt", load(target)))


@lowering("linalg_vector_norm")
def vector_norm(b: Builder, call: Call) -> None:
    source, order, dim, _, dtype = call.args
    target = target_of(call)
    if source.dtype not in (FLOAT32, FLOAT64) or target.dtype != source.dtype or dtype is not None:
        raise NotHere("a norm in another type")
    if order not in (1, 2, math.inf) or not source.size:
        raise NotHere(f"a norm of order {order}")
    axes = axes_of(dim, len(source.shape))
    x = load(source)
    value = apply("multiply", x, x) if order == 2 else apply("abs", x)
    b.reduce(target, value, source.shape, axes, "max" if order == math.inf else "sum")
    if order == 2:
        b.store(target, apply("sqrt", load(target)))


@lowering("logsumexp")
def logsumexp(b: Builder, call: Call) -> None:
    """log(sum(exp(x - largest))) + largest"""
    source, dim, _ = call.args
    target = target_of(call)
    if source.dtype not in (FLOAT32, FLOAT64) or target.dtype != source.dtype or not source.size:
        raise NotHere("logsumexp in another type")
    if not target.is_contiguous():
        raise NotHere("a result in another layout")
    axes = axes_of(dim, len(source.shape))
    largest = b.temporary(target.shape, source.dtype)
    x = load(source)
    b.reduce(largest, x, source.shape, axes, "max")
    top = load(largest)
    b.store(largest, apply("where", apply("isfinite", top), top, const(0.0, top.dtype)))
    apart = apply("exp", apply("subtract", x, spread(b, largest, source.shape, axes)))
    b.reduce(target, apart, source.shape, axes, "sum")
    b.store(target, apply("add", apply("log", load(target)), top))


# --- losses --------------------------------------------------------------------------------------

# A loss by element, in the names of its row's signature.
LOSSES = {
    "mse_loss": "(input - target) * (input - target)",
    "soft_margin_loss": "log1p(exp(-(target * input)))",
}
_ABS = "abs(input - target)"
_LOG = "(target - 1) * maximum(log1p(-input), -100.0) - target * maximum(log(input), -100.0)"
_SOFTPLUS = "(log1p(exp(-abs(input))) + maximum(-input, 0.0))"


def _by_element(call: Call) -> str:
    """The text of a loss, which may depend on the settings."""
    name, args = call.op.name, {p.name: a for p, a in zip(call.op.params, call.args, strict=True)}
    if name == "smooth_l1_loss":
        beta = args["beta"]
        if not beta:
            return _ABS
        inside = f"0.5 * {_ABS} * {_ABS} / {beta!r}"
        return f"where({_ABS} < {beta!r}, {inside}, {_ABS} - {0.5 * beta!r})"
    if name == "huber_loss":
        delta = args["delta"]
        inside = f"0.5 * {_ABS} * {_ABS}"
        return f"where({_ABS} < {delta!r}, {inside}, {delta!r} * ({_ABS} - {0.5 * delta!r}))"
    if name == "_bce":
        return _LOG if args["weight"] is None else f"({_LOG}) * weight"
    if name == "_bce_with_logits":
        rest = _SOFTPLUS
        if args["pos_weight"] is not None:
            rest = f"{_SOFTPLUS} * (1 + (pos_weight - 1) * target)"
        text = f"(1 - target) * input + {rest}"
        return text if args["weight"] is None else f"({text}) * weight"
    return LOSSES[name]


@lowering(*LOSSES, "smooth_l1_loss", "huber_loss", "_bce", "_bce_with_logits")
def loss(b: Builder, call: Call) -> None:
    """A loss of two tensors: each element's, their mean or their sum."""
    target = target_of(call)
    reduction = call.args[-1]
    shape = broadcast(call)
    parts: Any = _Part(call)
    value = translate(_by_element(call), values_of(parts, shape))
    if value.dtype not in (FLOAT32, FLOAT64):
        raise NotHere("a loss of integers")
    count = math.prod(shape)
    if reduction == "none":
        b.store(target, value)
    elif not count:
        raise NotHere("a loss of nothing")
    else:
        scale = 1 / count if reduction == "mean" else 1.0
        b.reduce(target, value, shape, range(len(shape)), "sum", scale)


def broadcast(call: Call) -> Shape:
    """The common shape of a call's tensors."""
    return np.broadcast_shapes(*[v.shape for v in call.reads()])


class _Part:
    """A call's tensors alone, for :func:`.pointwise.values_of`."""

    def __init__(self, call: Call):
        pairs = [(p, a) for p, a in zip(call.op.params, call.args) if isinstance(a, View)]
        self.args = tuple([a for _, a in pairs])
        self.op = _Row(call.op.rule, [p for p, _ in pairs])


class _Row:
    def __init__(self, rule: str, params: list):
        self.rule, self.params, self.slots = rule, params, tuple(range(len(params)))


__all__ = ["axes_of", "broadcast"]
