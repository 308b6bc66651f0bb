"""Running sums, products and extremes along a dimension."""

from __future__ import annotations

from ..expressions import FLOAT32, FLOAT64, INT64, cast, load
from ..memory import View
from ..recorder import Call
from .builder import Builder, NotHere, lowering
from .places import copied
from .pointwise import target_of
from .rows import around

_KINDS = {FLOAT32: "f32", FLOAT64: "f64", INT64: "i64"}


def ready(b: Builder, x: View, y: View) -> tuple[View, View, str]:
    """The input and the result contiguous, in one type, and what the runtime calls that."""
    kind = _KINDS.get(y.dtype)
    if kind is None or (x.dtype != y.dtype and y.dtype != INT64):
        raise NotHere(f"a running reduction of {x.dtype}")
    if x.dtype != y.dtype:
        wide = b.temporary(x.shape, y.dtype)
        b.store(wide, cast(load(x), y.dtype))
        x = wide
    elif x.overlaps(y):
        x = copied(b, x)
    return b.dense(x), apart(b, y), kind


def apart(b: Builder, y: View) -> View:
    """A result, or where it is not contiguous something in its place."""
    return y if y.is_contiguous() else b.temporary(y.shape, y.dtype)


def finished(b: Builder, y: View, computed: View) -> None:
    if computed is not y:
        b.store(y, load(computed))


@lowering("_cumsum", "reversed_cumsum", "_cumprod")
def running(b: Builder, call: Call) -> None:
    x, dim = call.args
    y = target_of(call)
    if not x.size:
        b.store(y, cast(load(x), y.dtype))
        return
    x, z, kind = ready(b, x, y)
    sizes = around(x.shape, dim) if x.shape else (1, 1, 1)
    args = (x, z, *sizes, call.op.name == "_cumprod", call.op.name == "reversed_cumsum")
    b.native_call(f"fl_running_{kind}", args, (x,), (z,), x.size)
    finished(b, y, z)


@lowering("_cummax", "_cummin")
def running_extreme(b: Builder, call: Call) -> None:
    x, dim = call.args
    y, places = call.results
    if not x.size:
        b.store(y, load(x))
        b.store(places, cast(load(x), places.dtype))
        return
    if x.dtype != y.dtype:
        raise NotHere("extremes in another type")
    x, z, kind = ready(b, x, y)
    at = apart(b, places)
    sizes = around(x.shape, dim) if x.shape else (1, 1, 1)
    args = (x, z, at, *sizes, call.op.name == "_cummax")
    b.native_call(f"fl_running_extreme_{kind}", args, (x,), (z, at), x.size)
    finished(b, y, z)
    finished(b, places, at)
