"""Recurrent layers in the native runtime: float32.

Each function gives None where there is no runtime, or nothing to gain; the caller then goes on in
NumPy. Rows x are packed, ``sizes`` of them for each step. Weights are weight_ih, weight_hh and the
two biases or None.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import native

Array = np.ndarray
Weights = tuple[Array, Array, Array | None, Array | None]

ENOUGH = 10_000  # multiplications from which the call gains


def _function(name: str, x: Array, weights: Weights, *others: Array | None) -> Any:
    """The runtime's function where it can compute the layer and the call gains by it, or None."""
    work = len(x) * (weights[0].size + weights[1].size)
    arrays = (x, *weights, *others)
    if work < ENOUGH or any(a is not None and a.dtype != np.float32 for a in arrays):
        return None
    return native.named(name, work // 16)


def _call(
    function: Any, x: Array, sizes: Sequence[int], options: tuple[Any, ...], hidden: int,
    arrays: Sequence[Array | None],
) -> bool:  # fmt: skip
    """Calls a function of recurrent.c or gru.c; whether it has done its work."""
    steps = np.array(sizes, np.int64)
    head = len(sizes), native.pointer(steps), *options, x.shape[1], hidden
    return bool(function(*head, *map(native.pointer, arrays)))


def _empty(*shape: int) -> Array:
    return np.empty(shape, np.float32)


def _state(x: Array) -> Array:
    """A copy that the call changes."""
    return np.array(x, order="C")


# --- forward -------------------------------------------------------------------------------------


def lstm(
    x: Array, sizes: Sequence[int], reverse: bool, h0: Array, c0: Array, weights: Weights
) -> tuple[Array, ...] | None:
    """output, h_n, c_n, gates, c_before and tanh_c of ``lstm_layer``."""
    function = _function("fl_lstm", x, weights, h0, c0)
    if function is None:
        return None
    rows, hidden = len(x), h0.shape[1]
    gates = _empty(4, rows, hidden)
    c_before, tanh_c, output = (_empty(rows, hidden) for _ in range(3))
    h, c = _state(h0), _state(c0)
    arrays = *native.dense(x, *weights), gates, c_before, tanh_c, output, h, c
    done = _call(function, x, sizes, (reverse,), hidden, arrays)
    return (output, h, c, gates, c_before, tanh_c) if done else None


def gru(
    x: Array, sizes: Sequence[int], reverse: bool, h0: Array, weights: Weights
) -> tuple[Array, ...] | None:
    """output, h_n, gates, h_before and new_hidden of ``gru_layer``."""
    function = _function("fl_gru", x, weights, h0)
    if function is None:
        return None
    rows, hidden = len(x), h0.shape[1]
    gates = _empty(3, rows, hidden)
    h_before, new_hidden, output = (_empty(rows, hidden) for _ in range(3))
    h = _state(h0)
    arrays = *native.dense(x, *weights), gates, h_before, new_hidden, output, h
    done = _call(function, x, sizes, (reverse,), hidden, arrays)
    return (output, h, gates, h_before, new_hidden) if done else None


def rnn(
    x: Array, sizes: Sequence[int], reverse: bool, relu: bool, h0: Array, weights: Weights
) -> tuple[Array, ...] | None:
    """output and h_n of ``rnn_layer``."""
    function = _function("fl_rnn", x, weights, h0)
    if function is None:
        return None
    output, h = _empty(len(x), h0.shape[1]), _state(h0)
    arrays = *native.dense(x, *weights), output, h
    done = _call(function, x, sizes, (reverse, relu), h.shape[1], arrays)
    return (output, h) if done else None


# --- backward ------------------------------------------------------------------------------------


def _first(grad: Array | None, state: Array) -> Array:
    """The gradient of a last state, which becomes that of the first."""
    return np.zeros(state.shape, np.float32) if grad is None else _state(grad)


def _gradients(
    x: Array, weights: Weights, needs: dict[str, bool], names: Sequence[str]
) -> dict[str, Array]:
    """Room for the gradients that are wanted; ``names`` are the biases'."""
    shapes = {"input": x.shape, "weight_ih": weights[0].shape, "weight_hh": weights[1].shape}
    got = {name: _empty(*shape) for name, shape in shapes.items() if needs[name]}
    if weights[2] is not None:
        got.update({name: _empty(len(weights[0])) for name in names})
    return got


def lstm_gradients(
    grad_output: Array | None, grad_h: Array | None, grad_c: Array | None, x: Array, h0: Array,
    weights: Weights, sizes: Sequence[int], reverse: bool, needs: dict[str, bool], output: Array,
    gates: Array, c_before: Array, tanh_c: Array,
) -> dict[str, Array] | None:  # fmt: skip
    """The gradients of what ``lstm_layer`` takes, by name."""
    kept = output, gates, c_before, tanh_c
    function = _function("fl_lstm_gradient", x, weights, grad_output, grad_h, grad_c, h0, *kept)
    if function is None:
        return None
    got = _gradients(x, weights, needs, ["bias_ih"])
    dh, dc, slopes = _first(grad_h, h0), _first(grad_c, h0), _empty(*gates.shape)
    inputs = native.dense(x, h0, *weights[:2], *kept, grad_output)
    results = map(got.get, ("weight_ih", "weight_hh", "bias_ih"))
    arrays = inputs[-1], *inputs[:-1], slopes, got.get("input"), dh, dc, *results
    if not _call(function, x, sizes, (reverse,), h0.shape[1], arrays):
        return None
    return _finished(got, h0=dh, c0=dc)


def gru_gradients(
    grad_output: Array | None, grad_h: Array | None, x: Array, h0: Array, weights: Weights,
    sizes: Sequence[int], reverse: bool, needs: dict[str, bool], gates: Array, h_before: Array,
    new_hidden: Array,
) -> dict[str, Array] | None:  # fmt: skip
    """The gradients of what ``gru_layer`` takes, by name."""
    kept = gates, h_before, new_hidden
    function = _function("fl_gru_gradient", x, weights, grad_output, grad_h, h0, *kept)
    if function is None:
        return None
    names = ["bias_ih", "bias_hh"]
    got = _gradients(x, weights, needs, names)
    dh, slopes = _first(grad_h, h0), _empty(4, *h_before.shape)
    inputs = native.dense(x, *weights[:2], *kept, grad_output)
    results = map(got.get, ("weight_ih", "weight_hh", *names))
    arrays = inputs[-1], *inputs[:-1], slopes, got.get("input"), dh, *results
    if not _call(function, x, sizes, (reverse,), h0.shape[1], arrays):
        return None
    return _finished(got, h0=dh)


def rnn_gradients(
    grad_output: Array | None, grad_h: Array | None, x: Array, h0: Array, weights: Weights,
    sizes: Sequence[int], reverse: bool, relu: bool, needs: dict[str, bool], output: Array,
) -> dict[str, Array] | None:  # fmt: skip
    """The gradients of what ``rnn_layer`` takes, by name."""
    function = _function("fl_rnn_gradient", x, weights, grad_output, grad_h, h0, output)
    if function is None:
        return None
    got = _gradients(x, weights, needs, ["bias_ih"])
    dh, slopes = _first(grad_h, h0), _empty(len(x), h0.shape[1])
    inputs = native.dense(x, h0, *weights[:2], output, grad_output)
    results = map(got.get, ("weight_ih", "weight_hh", "bias_ih"))
    arrays = inputs[-1], *inputs[:-1], slopes, got.get("input"), dh, *results
    if not _call(function, x, sizes, (reverse, relu), h0.shape[1], arrays):
        return None
    return _finished(got, h0=dh)


def _finished(got: dict[str, Array], **states: Array) -> dict[str, Array]:
    if "bias_ih" in got and "bias_hh" not in got:  # both biases are added: one gradient
        got["bias_hh"] = got["bias_ih"].copy()
    return got | states
