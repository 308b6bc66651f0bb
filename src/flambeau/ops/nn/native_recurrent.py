"""Recurrent layers in the native runtime: float32.

Each function gives None where there is no runtime, or nothing to gain; the caller then goes on in
NumPy.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import native

Array = np.ndarray

ENOUGH = 10_000  # multiplications from which the call gains


def _runtime(rows: int, weight_ih: Array, weight_hh: Array, *others: Array | None) -> Any:
    """The runtime where it can compute the layer and gains by it, or None."""
    work = rows * (weight_ih.size + weight_hh.size)
    arrays = (weight_ih, weight_hh, *others)
    if work < ENOUGH or any(a is not None and a.dtype != np.float32 for a in arrays):
        return None
    return native.runtime(work // 16)


def lstm(
    x: Array, sizes: Sequence[int], reverse: bool, h0: Array, c0: Array, weight_ih: Array,
    weight_hh: Array, bias_ih: Array | None, bias_hh: Array | None,
) -> tuple[Array, ...] | None:  # fmt: skip
    """output, h_n, c_n, gates, c_before and tanh_c of ``lstm_layer`` for packed rows x."""
    runtime = _runtime(len(x), weight_ih, weight_hh, x, h0, c0, bias_ih, bias_hh)
    if runtime is None:
        return None
    inputs = native.dense(x, weight_ih, weight_hh, bias_ih, bias_hh)
    rows, hidden = len(x), h0.shape[1]
    gates, *others = (np.empty(s, np.float32) for s in ((4, rows, hidden), *[(rows, hidden)] * 3))
    states = [np.array(s, order="C") for s in (h0, c0)]
    steps = np.array(sizes, np.int64)
    done = runtime.fl_lstm(
        len(sizes), native.pointer(steps), reverse, x.shape[1], hidden,
        *map(native.pointer, (*inputs, gates, *others, *states)),
    )  # fmt: skip
    c_before, tanh_c, output = others
    return (output, *states, gates, c_before, tanh_c) if done else None


def lstm_gradients(
    toward_output: Array | None, grad_h: Array | None, grad_c: Array | None, x: Array, h0: Array,
    weight_ih: Array, weight_hh: Array, sizes: Sequence[int], reverse: bool, output: Array,
    kept: Sequence[Array], needs: dict[str, bool], biased: bool,
) -> dict[str, Array] | None:  # fmt: skip
    """The gradients of what ``lstm_layer`` takes, by name; ``kept`` is gates, c_before, tanh_c."""
    arrays = (toward_output, grad_h, grad_c, x, h0, output, *kept)
    runtime = _runtime(len(x), weight_ih, weight_hh, *arrays)
    if runtime is None:
        return None
    rows, hidden = output.reshape(-1, output.shape[-1]).shape
    inputs = native.dense(x, h0, weight_ih, weight_hh, output, *kept)
    if toward_output is not None:
        toward_output = np.ascontiguousarray(toward_output)
    steps = np.array(sizes, np.int64)
    slopes = np.empty((4, rows, hidden), np.float32)
    states = [
        np.zeros(h0.shape, np.float32) if grad is None else np.array(grad, order="C")
        for grad in (grad_h, grad_c)
    ]
    shapes = {"input": x.shape, "weight_ih": weight_ih.shape, "weight_hh": weight_hh.shape}
    got = {name: np.empty(s, np.float32) for name, s in shapes.items() if needs[name]}
    if biased:
        got["bias_ih"] = np.empty(4 * hidden, np.float32)
    results = [got.get(name) for name in ("weight_ih", "weight_hh", "bias_ih")]
    done = runtime.fl_lstm_gradient(
        len(sizes), native.pointer(steps), reverse, x.shape[1], hidden,
        *map(native.pointer,
             (toward_output, *inputs, slopes, got.get("input"), *states, *results)),
    )  # fmt: skip
    if not done:
        return None
    if biased:
        got["bias_hh"] = got["bias_ih"].copy()
    return {**got, "h0": states[0], "c0": states[1]}
