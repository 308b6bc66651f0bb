"""Pointwise rows: their kernels' texts are the loops' bodies."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...ops.dispatch import HALF, number_as
from ...ops.table import KEEP
from ...tensor import dtype as D
from ...tensor.promotion import result_of
from ..expressions import BOOL, TYPES, Expr, cast, const, load, translate
from ..memory import View
from ..recorder import Call
from .builder import Builder, NotHere, lowering


def target_of(call: Call) -> View:
    """Where a call's one result goes."""
    return call.writes[0] if call.writes else call.results[0]


def compute_type(call: Call) -> np.dtype | None:
    """The type that the row's rule brings its operands to; None where it leaves them."""
    op = call.op
    if op.rule == KEEP:
        return None
    operands: list[Any] = []
    for i in op.slots:
        a = call.args[i]
        if isinstance(a, View):
            operands.append(np.empty((1,) * len(a.shape), a.dtype))
        elif a is not None:
            operands.append(a)
    common = result_of(operands)
    if op.rule == "float" and common.category < D.FLOAT:
        common = D.get_default_dtype()
    if common.numpy in HALF or common.numpy not in TYPES:
        raise NotHere(f"type {common}")
    return common.numpy


def values_of(call: Call, shape: tuple[int, ...]) -> dict[str, Any]:
    """What the names of a row's text stand for: loads over a shape, and numbers."""
    compute = compute_type(call)
    values: dict[str, Any] = {}
    for i, (p, a) in enumerate(zip(call.op.params, call.args, strict=True)):
        if isinstance(a, View):
            x = load(a.as_shape(shape))
            values[p.name] = x if compute is None else cast(x, compute)
        elif compute is not None and i in call.op.slots and a is not None:
            values[p.name] = const(number_as(a, compute).item(), compute)
        elif isinstance(a, (int, float, bool)):
            values[p.name] = a
        else:
            raise NotHere(f"argument {a!r}")
    return values


@lowering("pointwise")
def pointwise(b: Builder, call: Call) -> None:
    """A row with a text."""
    target = target_of(call)
    value = translate(call.op.expression or "", values_of(call, target.shape))
    b.store(target, as_expr(value, target.dtype))


def as_expr(value: Any, dtype: np.dtype) -> Expr:
    return value if isinstance(value, Expr) else const(value, dtype)


@lowering("masked_fill_number", "masked_fill_tensor")
def masked_fill(b: Builder, call: Call) -> None:
    target = target_of(call)
    source, mask, value = call.args
    x = load(source.as_shape(target.shape))
    new = load(value.as_shape(target.shape)) if isinstance(value, View) else value
    other = cast(new, x.dtype) if isinstance(new, Expr) else const(new, x.dtype)
    keep = cast(load(mask.as_shape(target.shape)), BOOL)
    b.store(target, Expr("where", (keep, other, x), x.dtype))
