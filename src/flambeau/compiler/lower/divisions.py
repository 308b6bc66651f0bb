"""Divisions of whole numbers by tensors, which must not hold a zero."""

from __future__ import annotations

from ..expressions import Expr, apply, cast, const
from ..graph import ZERO_DIVISION
from ..memory import View
from ..recorder import Call
from .builder import Builder, lowering
from .pointwise import compute_type, pointwise, target_of, values_of

DIVISIONS = {
    "floor_divide": "int_floor_divide", "div_floor": "int_floor_divide",
    "div_trunc": "int_divide", "remainder": "int_remainder", "fmod": "int_fmod",
}  # fmt: skip


@lowering(*DIVISIONS)
def divide(b: Builder, call: Call) -> None:
    x, y = call.args[:2]
    dtype = compute_type(call)
    if not isinstance(y, View) or dtype is None or dtype.kind not in "iu":
        pointwise(b, call)
        return
    divisors = b.dense(y)
    size = y.dtype.itemsize
    if y.size:
        args = (divisors, y.size, size, ZERO_DIVISION)
        b.native_call("fl_refuse_zero", args, (divisors,), (), effect=True)
    target = target_of(call)
    values = values_of(call, target.shape)
    x, y = values[call.op.params[0].name], values[call.op.params[1].name]
    b.store(target, cast(quotient(DIVISIONS[call.op.name], x, y), target.dtype))


def quotient(name: str, x: Expr, y: Expr) -> Expr:
    """A division that the processor does not refuse, whether the divisor is 0 or -1."""
    refused = apply("equal", y, 0)
    if y.dtype.kind == "i":
        refused = apply("logical_or", refused, apply("equal", y, -1))
    safe = apply("where", refused, const(1, y.dtype), y)
    result = Expr(name, (x, safe), x.dtype)
    if y.dtype.kind == "i" and name in ("int_divide", "int_floor_divide"):
        result = apply("where", apply("equal", y, -1), apply("negative", x), result)
    return result
