"""Elements in order along a dimension, and where they were."""

from __future__ import annotations

from ..expressions import const, load
from ..memory import View
from ..recorder import Call
from .builder import Builder, NotHere, lowering
from .rows import around
from .scans import apart, finished, ready

LONGEST = 2**31 - 1


@lowering("_sort")
def sort(b: Builder, call: Call) -> None:
    x, dim, descending = call.args
    first_in_order(b, call, x, dim, x.shape[dim] if x.shape else 1, descending)


@lowering("_topk")
def topk(b: Builder, call: Call) -> None:
    x, k, dim, largest, _ = call.args
    first_in_order(b, call, x, dim, k, largest)


def first_in_order(
    b: Builder, call: Call, x: View, dim: int, k: int, descending: bool
) -> None:
    """The first k elements in order along a dimension, and their places."""
    values, places = call.results
    if not places.size:
        b.store(places, const(0, places.dtype))
        b.store(values, const(0, values.dtype))
        return
    if not x.shape:
        b.store(values, load(x))
        b.store(places, const(0, places.dtype))
        return
    outer, n, inner = around(x.shape, dim)
    if x.dtype != values.dtype or n > LONGEST:
        raise NotHere("an order of another type")
    x, found, kind = ready(b, x, values)
    at = apart(b, places)
    args = (x, found, at, outer, n, inner, k, descending)
    b.native_call(f"fl_sort_{kind}", args, (x,), (found, at), 20 * x.size)
    finished(b, values, found)
    finished(b, places, at)
