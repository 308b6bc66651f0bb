"""Recurrent layers over sequences, as calls of the runtime."""

from __future__ import annotations

from typing import Any

from ..expressions import FLOAT32, const, load
from ..memory import View
from ..recorder import Call
from .builder import Builder, NotHere, lowering
from .rows import contiguous, named, suffix

WEIGHTS = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")


def _sequence(a: dict[str, Any]) -> tuple[View, tuple[int, ...], bool]:
    """The input, the rows of each step, and the direction."""
    x, sizes = a["input"], a["sizes"]
    if a["weight_hr"] is not None or not x.size:
        raise NotHere("a recurrent layer of another kind")
    if sizes is None:
        sizes = (x.shape[1],) * x.shape[0]
    return x, tuple(sizes), bool(a["reverse"])


def _literal(sizes: tuple[int, ...]) -> str:
    return "(const int64_t[]){" + ", ".join(map(str, sizes)) + "}"


def _packed(b: Builder, view: View, width: int) -> View:
    dense = b.dense(view)
    return dense.reshaped((dense.size // width, width))


def _flops(rows: int, features: int, hidden: int) -> int:
    return 8 * rows * hidden * (features + hidden)


@lowering("lstm_layer")
def lstm(b: Builder, call: Call) -> None:
    a = named(call)
    x, sizes, reverse = _sequence(a)
    output, h, c, gates, c_before, tanh_c = call.results
    weights = [a[n] for n in WEIGHTS]
    if suffix(x, a["h0"], a["c0"], *weights, *call.results) != "f32":
        raise NotHere("a type other than float32")
    contiguous(*call.results)
    features, hidden = x.shape[-1], h.shape[-1]
    packed = _packed(b, x, features)
    weights = [None if w is None else b.dense(w) for w in weights]
    b.store(h, load(a["h0"]))
    b.store(c, load(a["c0"]))
    args = (len(sizes), _literal(sizes), reverse, features, hidden, packed, *weights, gates,
            c_before, tanh_c, output, h, c)  # fmt: skip
    b.native_call("fl_lstm", args, (packed, *weights, h, c), call.results,
                  _flops(packed.shape[0], features, hidden))  # fmt: skip


@lowering("lstm_layer_backward")
def lstm_backward(b: Builder, call: Call) -> None:
    a = named(call)
    x, sizes, reverse = _sequence(a)
    needs = a["needs"]
    gx, gh, gc, *rest = call.results
    kept = [a[n] for n in ("output", "gates", "c_before", "tanh_c")]
    if suffix(x, a["h0"], a["weight_ih"], a["weight_hh"], *kept) != "f32":
        raise NotHere("a type other than float32")
    features, hidden = x.shape[-1], a["h0"].shape[-1]
    packed = _packed(b, x, features)
    toward = a["grad_output"]
    toward = None if toward is None else _packed(b, toward, hidden)
    h0, weight_ih, weight_hh, output, gates, c_before, tanh_c = (
        b.dense(v) for v in (a["h0"], a["weight_ih"], a["weight_hh"], *kept)
    )
    slopes = b.temporary(gates.shape, FLOAT32)
    for target, source in ((gh, a["grad_h"]), (gc, a["grad_c"])):
        contiguous(target)
        b.store(target, const(0, FLOAT32) if source is None else load(source))
    found = {n: v if v.size and needs.get(n) else None for n, v in zip(WEIGHTS, rest, strict=False)}
    gx = gx if gx.size and needs["input"] else None
    bias = found["bias_ih"] or found["bias_hh"]
    args = (len(sizes), _literal(sizes), reverse, features, hidden, toward, packed, h0, weight_ih,
            weight_hh, output, gates, c_before, tanh_c, slopes, gx, gh, gc, found["weight_ih"],
            found["weight_hh"], bias)  # fmt: skip
    reads = (toward, packed, h0, weight_ih, weight_hh, output, gates, c_before, tanh_c, gh, gc)
    writes = (slopes, gh, gc, gx, found["weight_ih"], found["weight_hh"], bias)
    b.native_call("fl_lstm_gradient", args, reads, writes,
                  2 * _flops(packed.shape[0], features, hidden))  # fmt: skip
    other = found["bias_hh"] if bias is found["bias_ih"] else None
    if other is not None and bias is not None:
        b.store(other, load(bias))
