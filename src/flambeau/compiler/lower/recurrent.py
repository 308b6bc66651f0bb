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
    if a.get("weight_hr") is not None or not x.size:
        raise NotHere("a recurrent layer of another kind")
    if sizes is None:
        sizes = (x.shape[1],) * x.shape[0]
    return x, tuple(sizes), bool(a["reverse"])


class _Layer:
    """What the recurrent layers' calls have in common."""

    def __init__(self, b: Builder, call: Call):
        self.a = a = named(call)
        x, self.sizes, self.reverse = _sequence(a)
        self.features, self.hidden = x.shape[-1], a["h0"].shape[-1]
        views = [v for v in (*call.args, *call.results) if isinstance(v, View) and v.size]
        if suffix(*views) != "f32":
            raise NotHere("a type other than float32")
        contiguous(*call.results)
        self.x = _packed(b, x, self.features)
        self.weights = [None if a[n] is None else b.dense(a[n]) for n in WEIGHTS]

    def head(self, *more: Any) -> tuple[Any, ...]:
        """The first arguments of the runtime's functions."""
        sizes = (len(self.sizes), _literal(self.sizes), self.reverse)
        return (*sizes, *more, self.features, self.hidden)

    def flops(self, gates: int) -> int:
        return 2 * gates * self.x.shape[0] * self.hidden * (self.features + self.hidden)

    def wanted(self, results: tuple[View, ...]) -> dict[str, View | None]:
        """The gradients of input and weights that are asked for, by name."""
        needs = self.a["needs"]
        names = ("input", "h0", *WEIGHTS)
        return {
            n: v if v.size and needs.get(n) else None for n, v in zip(names, results, strict=False)
        }


def _start(b: Builder, target: View, source: View | None) -> None:
    b.store(target, const(0, FLOAT32) if source is None else load(source))


@lowering("gru_layer")
def gru(b: Builder, call: Call) -> None:
    layer = _Layer(b, call)
    output, h, *kept = call.results
    _start(b, h, layer.a["h0"])
    args = (*layer.head(), layer.x, *layer.weights, *kept, output, h)
    b.native_call("fl_gru", args, (layer.x, *layer.weights, h), call.results, layer.flops(3))


@lowering("gru_layer_backward")
def gru_backward(b: Builder, call: Call) -> None:
    layer = _Layer(b, call)
    a, found = layer.a, layer.wanted(call.results)
    toward = a["grad_output"]
    toward = None if toward is None else _packed(b, toward, layer.hidden)
    kept = [b.dense(a[n]) for n in ("gates", "h_before", "new_hidden")]
    slopes = b.temporary((4, *kept[1].shape), FLOAT32)
    gh = call.results[1]
    _start(b, gh, a["grad_h"])
    outs = (found["input"], gh, *(found[n] for n in WEIGHTS))
    args = (*layer.head(), toward, layer.x, *layer.weights[:2], *kept, slopes, *outs)
    b.native_call("fl_gru_gradient", args, (toward, layer.x, *layer.weights[:2], *kept, gh),
                  (slopes, *outs), 2 * layer.flops(3))  # fmt: skip


@lowering("rnn_layer")
def rnn(b: Builder, call: Call) -> None:
    layer = _Layer(b, call)
    output, h = call.results
    _start(b, h, layer.a["h0"])
    args = (*layer.head(int(layer.a["relu"])), layer.x, *layer.weights, output, h)
    b.native_call("fl_rnn", args, (layer.x, *layer.weights, h), call.results, layer.flops(1))


@lowering("rnn_layer_backward")
def rnn_backward(b: Builder, call: Call) -> None:
    layer = _Layer(b, call)
    a, found = layer.a, layer.wanted(call.results)
    toward = a["grad_output"]
    toward = None if toward is None else _packed(b, toward, layer.hidden)
    h0, output = b.dense(a["h0"]), b.dense(a["output"])
    slopes = b.temporary((layer.x.shape[0], layer.hidden), FLOAT32)
    gh = call.results[1]
    _start(b, gh, a["grad_h"])
    bias = found["bias_ih"] or found["bias_hh"]
    outs = (found["input"], gh, found["weight_ih"], found["weight_hh"], bias)
    reads = (toward, layer.x, h0, *layer.weights[:2], output)
    args = (*layer.head(int(a["relu"])), *reads, slopes, *outs)
    b.native_call("fl_rnn_gradient", args, (*reads, gh), (slopes, *outs), 2 * layer.flops(1))
    other = found["bias_hh"] if bias is found["bias_ih"] else None
    if other is not None and bias is not None:
        b.store(other, load(bias))


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
