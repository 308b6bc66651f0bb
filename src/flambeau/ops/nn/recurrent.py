"""Recurrent layers: one layer over a whole sequence is one row, LSTM, GRU and the simple RNN.

A layer's input is (time, batch, features), or packed: the rows of all time steps, one step after
the other, with ``sizes`` saying how many rows each step has (never more than the step before).
Inside the kernels everything is packed; a padded sequence has steps of equal sizes.

The gates of a step are blocks of the weights' rows. Kernels keep them as the first dimension,
(gates, rows, hidden), so that each gate is one piece of memory. The products with the input are
made for all time steps at once; the loop is left with the products with the hidden state. The
hidden outputs of a row are the gates' values, from which its backward row first makes, for all
steps at once, the factors that do not depend on the gradient: its loop is a few operations too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from ..contractions import accumulate_type, same_types
from ..table import op
from . import native_recurrent as native

Array = np.ndarray
Sizes = Sequence[int]

WEIGHTS = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
WEIGHTS_SIGNATURE = "weight_ih, weight_hh, bias_ih: Tensor | None, bias_hh: Tensor | None"
OPTIONS = "sizes: int[] | None, reverse: bool"


# --- what the kernels share --------------------------------------------------------------------


def _wide(x: Any) -> Any:
    """float16 and bfloat16 as float32."""
    return x if x is None else x.astype(accumulate_type(x.dtype), copy=False)


def _packed(x: Array, sizes: Sizes | None) -> tuple[Array, Sizes]:
    """The rows of all steps, one step after the other, and how many each step has."""
    if sizes is not None:
        return x, sizes
    return x.reshape(x.shape[0] * x.shape[1], x.shape[2]), (x.shape[1],) * x.shape[0]


def _steps(sizes: Sizes, reverse: bool) -> Iterator[tuple[int, slice, slice]]:
    """For each step its number, its rows among all, and the sequences that these belong to.

    Sequences are sorted by length, the longest first: a step has the first so many of them.
    """
    offsets = [0]
    for n in sizes:
        offsets.append(offsets[-1] + n)
    order = range(len(sizes))
    for t in reversed(order) if reverse else order:
        yield t, slice(offsets[t], offsets[t + 1]), slice(0, sizes[t])


def _blocks(weight: Array, gates: int) -> Array:
    """A weight's rows by gate: (gates, hidden, features)."""
    return weight.reshape(gates, weight.shape[0] // gates, weight.shape[1])


def _projected(x: Array, weight: Array, bias: Any, gates: int) -> Array:
    """x W^T + b for all rows, by gate: (gates, rows, hidden)."""
    result = np.matmul(x, _blocks(weight, gates).transpose(0, 2, 1))
    if bias is not None:
        result += bias.reshape(gates, 1, -1)
    return result


def _sigmoid(x: Array) -> None:
    """1 / (1 + exp(-x)), in place."""
    np.negative(x, out=x)
    np.exp(x, out=x)
    np.add(x, 1, out=x)
    np.divide(1, x, out=x)


def _one_minus_product(x: Array) -> Array:
    """x (1 - x), the slope of the sigmoid at its value x."""
    slope = 1 - x
    slope *= x
    return slope


def _one_minus_square(x: Array, out: Any = None) -> Array:
    """1 - x², the slope of tanh at its value x."""
    slope = np.multiply(x, x, out=out)
    return np.subtract(1, slope, out=slope)


def _weight_gradient(toward_gates: Array, x: Array) -> Array:
    """The gradient of the weight that took x to the gates: (gates * hidden, features)."""
    return np.matmul(toward_gates.transpose(0, 2, 1), x).reshape(-1, x.shape[1])


def _bias_gradient(toward_gates: Array) -> Array:
    return np.add.reduce(toward_gates, axis=1).reshape(-1)


def _back_through(toward_gates: Array, weight: Array) -> Array:
    """The gradient of what a weight took to the gates."""
    blocks = _blocks(weight, len(toward_gates))
    return np.add.reduce(np.matmul(toward_gates, blocks), axis=0)


def _by_step(grad_output: Any, sizes: Sizes | None) -> Sequence[Array] | None:
    """The gradient of each step's output."""
    if grad_output is None:
        return None
    wide = _wide(grad_output)
    return wide if sizes is None else [wide[at] for _, at, _ in _steps(sizes, False)]


def _check_sequence(input: Array, weight_ih: Array, *states: Array) -> None:
    if input.ndim == 3 and not input.shape[0]:
        raise RuntimeError(
            "Expected sequence length to be larger than 0 in RNN\n"
            f"Hint: the input {list(input.shape)} has no time steps."
        )
    for other in (weight_ih, *states):
        same_types(input, other)


def _before(output: Array, h0: Array, sizes: Sizes, reverse: bool) -> Array:
    """The hidden state before each step, for all rows."""
    parts, last = [], h0
    for _, at, who in _steps(sizes, reverse):
        n, known = who.stop, len(last)
        parts.append(last[:n] if n <= known else np.concatenate([last, h0[known:n]]))
        last = output[at]
    return np.concatenate(parts[::-1] if reverse else parts)


def _recurrent_gradient(
    toward_gates: Array, output: Array, h0: Array, sizes: Sizes, reverse: bool
) -> Array:
    """The gradient of the weight that took the state before each step to the gates."""
    output, h0 = _wide(output).reshape(-1, output.shape[-1]), _wide(h0)
    n = sizes[0]
    if n != sizes[-1]:
        return _weight_gradient(toward_gates, _before(output, h0, sizes, reverse))
    # Steps of equal sizes: the state before is the output, one step further on.
    rest, first = (slice(-n), slice(-n, None)) if reverse else (slice(n, None), slice(n))
    gradient = _weight_gradient(toward_gates[:, first], h0)
    if len(sizes) > 1:
        shifted = output[n:] if reverse else output[:-n]
        gradient += _weight_gradient(toward_gates[:, rest], shifted)
    return gradient


def _shares(
    needs: dict[str, bool], x: Array, toward_input: Array, toward_hidden: Array, weight_ih: Array,
    biased: bool,
) -> dict[str, Any]:  # fmt: skip
    """The gradients of input, input weight and biases from those of the gates at all steps."""
    got: dict[str, Any] = {}
    if needs["input"]:
        got["input"] = _back_through(toward_input, weight_ih)
    if needs["weight_ih"]:
        got["weight_ih"] = _weight_gradient(toward_input, x)
    if biased:
        got["bias_ih"] = _bias_gradient(toward_input)
        same = toward_hidden is toward_input
        got["bias_hh"] = got["bias_ih"].copy() if same else _bias_gradient(toward_hidden)
    return got


def _finished(got: dict[str, Any], names: Sequence[str], like: Array) -> tuple:
    """The gradients in order; the input's in its own shape, all in its type."""
    if got.get("input") is not None:
        got["input"] = got["input"].reshape(like.shape)
    # What was not asked for is empty: a row's results are arrays.
    none = np.empty(0, like.dtype)
    return tuple(
        none if got.get(name) is None else got[name].astype(like.dtype, copy=False)
        for name in names
    )


# --- LSTM --------------------------------------------------------------------------------------

LSTM = ("input", "h0", "c0", *WEIGHTS, "weight_hr")
LSTM_SIGNATURE = f"input, h0, c0, {WEIGHTS_SIGNATURE}, weight_hr: Tensor | None, {OPTIONS}"
LSTM_KEPT = ("gates", "c_before", "tanh_c")


@op(f"lstm_layer({LSTM_SIGNATURE})",
    derivative={", ".join(LSTM): f"lstm_gradients(grads, {', '.join(LSTM)}, sizes, reverse, needs, "
                                 f"output, {', '.join(LSTM_KEPT)})"},
    where="", outputs=("output", "h_n", "c_n", *LSTM_KEPT), hidden=3, nondifferentiable=LSTM_KEPT,
    node="MkldnnRnnLayerBackward0",
    formula=r"c_t = f_t \odot c_{t-1} + i_t \odot g_t,\quad h_t = o_t \odot \tanh c_t")
def lstm_layer(
    input: Array, h0: Array, c0: Array, weight_ih: Array, weight_hh: Array, bias_ih: Any,
    bias_hh: Any, weight_hr: Any, sizes: Sizes | None, reverse: bool,
) -> tuple[Array, ...]:  # fmt: skip
    """A long short-term memory over a sequence; its gates are i, f, g, o.

    i, f and o are sigmoids, g is a tanh, of W_ih x + b_ih + W_hh h + b_hh. With ``weight_hr`` the
    hidden state is its product with o tanh(c).
    """
    _check_sequence(input, weight_ih, h0, c0)
    x, sizes = _packed(_wide(input), sizes)
    if weight_hr is None:
        weights = (weight_ih, weight_hh, bias_ih, bias_hh)
        fast = native.lstm(x, sizes, reverse, h0, c0, weights)
        if fast is not None:
            return fast[0].reshape(*input.shape[:-1], h0.shape[1]), *fast[1:]
    bias = bias_ih if bias_hh is None else bias_ih + bias_hh
    gates = _projected(x, _wide(weight_ih), _wide(bias), 4)
    recurrent = _blocks(_wide(weight_hh), 4).transpose(0, 2, 1)
    project = None if weight_hr is None else _wide(weight_hr).T
    h, c = np.array(_wide(h0)), np.array(_wide(c0))
    c_before = np.empty(gates.shape[1:], x.dtype)
    tanh_c, output = np.empty_like(c_before), np.empty((len(x), h.shape[1]), x.dtype)
    space = np.empty((4, *c.shape), x.dtype)
    for _, at, who in _steps(sizes, reverse):
        cell = c[who]
        c_before[at] = cell
        step = np.matmul(h[who], recurrent, out=space[:, who])
        step += gates[:, at]
        i, f, g, o = step
        _sigmoid(step[:2])
        np.tanh(g, out=g)
        _sigmoid(o)
        gates[:, at] = step
        cell *= f
        cell += np.multiply(i, g, out=i)
        now = np.tanh(cell, out=tanh_c[at])
        if project is None:
            np.multiply(o, now, out=output[at])
        else:
            np.matmul(o * now, project, out=output[at])
        h[who] = output[at]
    dtype = input.dtype
    output = output.reshape(*input.shape[:-1], h.shape[1]).astype(dtype, copy=False)
    return output, h.astype(dtype, copy=False), c.astype(dtype, copy=False), gates, c_before, tanh_c


@op("lstm_layer_backward(grad_output: Tensor | None, grad_h: Tensor | None, grad_c: Tensor | None, "
    f"{LSTM_SIGNATURE}, needs: dict, output, {', '.join(LSTM_KEPT)})", where="", outputs=LSTM)
def lstm_layer_backward(
    grad_output: Any, grad_h: Any, grad_c: Any, input: Array, h0: Array,
    c0: Array, weight_ih: Array, weight_hh: Array, bias_ih: Any, bias_hh: Any,
    weight_hr: Any, sizes: Sizes | None, reverse: bool, needs: dict[str, bool],
    output: Array, gates: Array, c_before: Array, tanh_c: Array,
) -> tuple[Array, ...]:  # fmt: skip
    """The gradients of everything that lstm_layer takes, in its order."""
    toward_out = _by_step(grad_output, sizes)
    x, sizes = _packed(_wide(input), sizes)
    if weight_hr is None:
        fast = native.lstm_gradients(
            grad_output, grad_h, grad_c, x, h0, (weight_ih, weight_hh, bias_ih, bias_hh), sizes,
            reverse, needs, output, gates, c_before, tanh_c,
        )  # fmt: skip
        if fast is not None:
            return _finished(fast, LSTM, input)
    blocks, project = _blocks(_wide(weight_hh), 4), _wide(weight_hr)
    i, f, g, o = gates
    # What each gate's gradient is of the cell's (i, f, g), or of the hidden state's (o).
    factors = _one_minus_product(gates)
    factors[0] *= g
    factors[1] *= c_before
    _one_minus_square(g, out=factors[2])
    factors[2] *= i
    factors[3] *= tanh_c
    dh = np.zeros_like(h0, x.dtype) if grad_h is None else np.array(_wide(grad_h))
    dc = np.zeros_like(c0, x.dtype) if grad_c is None else np.array(_wide(grad_c))
    toward_hidden = None if project is None else np.empty((len(x), dh.shape[1]), x.dtype)
    space, slope = np.empty((4, *dh.shape), x.dtype), np.empty_like(dc)
    for t, at, who in _steps(sizes, not reverse):
        h, c = dh[who], dc[who]
        if toward_out is not None:
            h += toward_out[t]
        if project is not None:
            toward_hidden[at] = h  # type: ignore[index]
        inner = h if project is None else np.matmul(h, project)
        into_cell = _one_minus_square(tanh_c[at], out=slope[who])
        into_cell *= o[at]
        into_cell *= inner
        c += into_cell
        step = factors[:, at]
        step[:3] *= c  # from here on they are the gates' gradients
        step[3] *= inner
        c *= f[at]
        np.add.reduce(np.matmul(step, blocks, out=space[:, who]), axis=0, out=h)
    biased = bias_ih is not None
    got = _shares(needs, x, factors, factors, _wide(weight_ih), biased)
    if needs["weight_hh"]:
        got["weight_hh"] = _recurrent_gradient(factors, output, h0, sizes, reverse)
    if project is not None:
        got["weight_hr"] = np.matmul(toward_hidden.T, o * tanh_c)  # type: ignore[union-attr]
    got.update(h0=dh, c0=dc)
    return _finished(got, LSTM, input)


# --- GRU ---------------------------------------------------------------------------------------

PLAIN = ("input", "h0", *WEIGHTS)  # what a GRU and a simple RNN take
PLAIN_SIGNATURE = f"input, h0, {WEIGHTS_SIGNATURE}, {OPTIONS}"
GRU_KEPT = ("gates", "h_before", "new_hidden")


@op(f"gru_layer({PLAIN_SIGNATURE})",
    derivative={", ".join(PLAIN): f"gru_gradients(grads, {', '.join(PLAIN)}, sizes, reverse, "
                                  f"needs, {', '.join(GRU_KEPT)})"},
    where="", outputs=("output", "h_n", *GRU_KEPT), hidden=3, nondifferentiable=GRU_KEPT,
    node="StackBackward0",
    formula=r"n_t = \tanh(W_{in} x_t + b_{in} + r_t \odot (W_{hn} h_{t-1} + b_{hn})),\quad "
            r"h_t = (1 - z_t) \odot n_t + z_t \odot h_{t-1}")
def gru_layer(
    input: Array, h0: Array, weight_ih: Array, weight_hh: Array, bias_ih: Any,
    bias_hh: Any, sizes: Sizes | None, reverse: bool,
) -> tuple[Array, ...]:  # fmt: skip
    """A gated recurrent unit over a sequence; its gates are r, z, n.

    r and z are sigmoids of W_ih x + b_ih + W_hh h + b_hh; n is the tanh in the formula.
    """
    _check_sequence(input, weight_ih, h0)
    x, sizes = _packed(_wide(input), sizes)
    fast = native.gru(x, sizes, reverse, h0, (weight_ih, weight_hh, bias_ih, bias_hh))
    if fast is not None:
        return fast[0].reshape(*input.shape[:-1], h0.shape[1]), *fast[1:]
    gates = _projected(x, _wide(weight_ih), _wide(bias_ih), 3)
    recurrent = _blocks(_wide(weight_hh), 3).transpose(0, 2, 1)
    bias = None if bias_hh is None else _wide(bias_hh).reshape(3, 1, -1)
    h = np.array(_wide(h0))
    h_before = np.empty(gates.shape[1:], x.dtype)
    new_hidden, output = np.empty_like(h_before), np.empty_like(h_before)
    space = np.empty((3, *h.shape), x.dtype)
    for _, at, who in _steps(sizes, reverse):
        state = h[who]
        h_before[at] = state
        step = np.matmul(state, recurrent, out=space[:, who])
        if bias is not None:
            step += bias
        new_hidden[at] = step[2]
        both = step[:2]
        both += gates[:2, at]
        _sigmoid(both)
        reset, update, new = step
        new *= reset
        new += gates[2, at]
        np.tanh(new, out=new)
        gates[:, at] = step
        state -= new
        state *= update
        state += new
        output[at] = state
    dtype = input.dtype
    output = output.reshape(*input.shape[:-1], h.shape[1]).astype(dtype, copy=False)
    return output, h.astype(dtype, copy=False), gates, h_before, new_hidden


@op(f"gru_layer_backward(grad_output: Tensor | None, grad_h: Tensor | None, {PLAIN_SIGNATURE}, "
    f"needs: dict, {', '.join(GRU_KEPT)})", where="", outputs=PLAIN)
def gru_layer_backward(
    grad_output: Any, grad_h: Any, input: Array, h0: Array, weight_ih: Array,
    weight_hh: Array, bias_ih: Any, bias_hh: Any, sizes: Sizes | None,
    reverse: bool, needs: dict[str, bool], gates: Array, h_before: Array, new_hidden: Array,
) -> tuple[Array, ...]:  # fmt: skip
    """The gradients of everything that gru_layer takes, in its order."""
    toward_out = _by_step(grad_output, sizes)
    x, sizes = _packed(_wide(input), sizes)
    fast = native.gru_gradients(
        grad_output, grad_h, x, h0, (weight_ih, weight_hh, bias_ih, bias_hh), sizes, reverse, needs,
        gates, h_before, new_hidden,
    )  # fmt: skip
    if fast is not None:
        return _finished(fast, PLAIN, input)
    blocks = _blocks(_wide(weight_hh), 3)
    reset, update, new = gates
    # Factors of the hidden state's gradient: toward r, z, n as the hidden state sees it, and n.
    factors = np.empty((4, *new.shape), new.dtype)
    _one_minus_square(new, out=factors[3])
    factors[3] *= 1 - update
    np.multiply(factors[3], reset, out=factors[2])
    np.multiply(h_before - new, _one_minus_product(update), out=factors[1])
    np.multiply(factors[3], _one_minus_product(reset), out=factors[0])
    factors[0] *= new_hidden
    dh = np.zeros_like(h0, x.dtype) if grad_h is None else np.array(_wide(grad_h))
    space, sums = np.empty((3, *dh.shape), x.dtype), np.empty_like(dh)
    for t, at, who in _steps(sizes, not reverse):
        h = dh[who]
        if toward_out is not None:
            h += toward_out[t]
        step = factors[:, at]
        step *= h  # from here on they are the gates' gradients
        h *= update[at]
        products = np.matmul(step[:3], blocks, out=space[:, who])
        h += np.add.reduce(products, axis=0, out=sums[who])
    biased = bias_ih is not None
    got = _shares(needs, x, factors[[0, 1, 3]], factors[:3], _wide(weight_ih), biased)
    if needs["weight_hh"]:
        got["weight_hh"] = _weight_gradient(factors[:3], h_before)
    got["h0"] = dh
    return _finished(got, PLAIN, input)


# --- the simple RNN ----------------------------------------------------------------------------


@op(f"rnn_layer({PLAIN_SIGNATURE}, relu: bool)",
    derivative={", ".join(PLAIN): f"rnn_gradients(grads, {', '.join(PLAIN)}, sizes, reverse, relu, "
                                  "needs, output)"},
    where="", outputs=("output", "h_n"), node="StackBackward0",
    formula=r"h_t = \tanh(W_{ih} x_t + b_{ih} + W_{hh} h_{t-1} + b_{hh})")
def rnn_layer(
    input: Array, h0: Array, weight_ih: Array, weight_hh: Array, bias_ih: Any,
    bias_hh: Any, sizes: Sizes | None, reverse: bool, relu: bool,
) -> tuple[Array, ...]:  # fmt: skip
    """A simple recurrent layer over a sequence, with tanh or, with ``relu``, max(0, x)."""
    _check_sequence(input, weight_ih, h0)
    x, sizes = _packed(_wide(input), sizes)
    fast = native.rnn(x, sizes, reverse, relu, h0, (weight_ih, weight_hh, bias_ih, bias_hh))
    if fast is not None:
        return fast[0].reshape(*input.shape[:-1], h0.shape[1]), fast[1]
    bias = bias_ih if bias_hh is None else bias_ih + bias_hh
    (output,) = _projected(x, _wide(weight_ih), _wide(bias), 1)
    recurrent = _wide(weight_hh).T
    h = np.array(_wide(h0))
    space = np.empty_like(h)
    for _, at, who in _steps(sizes, reverse):
        step = output[at]
        step += np.matmul(h[who], recurrent, out=space[who])
        if relu:
            np.maximum(step, 0, out=step)
        else:
            np.tanh(step, out=step)
        h[who] = step
    dtype = input.dtype
    output = output.reshape(*input.shape[:-1], h.shape[1]).astype(dtype, copy=False)
    return output, h.astype(dtype, copy=False)


@op(f"rnn_layer_backward(grad_output: Tensor | None, grad_h: Tensor | None, {PLAIN_SIGNATURE}, "
    "relu: bool, needs: dict, output)", where="", outputs=PLAIN)
def rnn_layer_backward(
    grad_output: Any, grad_h: Any, input: Array, h0: Array, weight_ih: Array,
    weight_hh: Array, bias_ih: Any, bias_hh: Any, sizes: Sizes | None,
    reverse: bool, relu: bool, needs: dict[str, bool], output: Array,
) -> tuple[Array, ...]:  # fmt: skip
    """The gradients of everything that rnn_layer takes, in its order."""
    toward_out = _by_step(grad_output, sizes)
    x, sizes = _packed(_wide(input), sizes)
    fast = native.rnn_gradients(
        grad_output, grad_h, x, h0, (weight_ih, weight_hh, bias_ih, bias_hh), sizes, reverse, relu,
        needs, output,
    )  # fmt: skip
    if fast is not None:
        return _finished(fast, PLAIN, input)
    weight = _wide(weight_hh)
    value = _wide(output).reshape(-1, output.shape[-1])
    slope = (value > 0).astype(value.dtype) if relu else _one_minus_square(value)
    dh = np.zeros_like(h0, x.dtype) if grad_h is None else np.array(_wide(grad_h))
    for t, at, who in _steps(sizes, not reverse):
        h = dh[who]
        if toward_out is not None:
            h += toward_out[t]
        step = slope[at]
        step *= h  # from here on it is the gradient before the nonlinearity
        np.matmul(step, weight, out=h)
    gates = slope[None]
    got = _shares(needs, x, gates, gates, _wide(weight_ih), bias_ih is not None)
    if needs["weight_hh"]:
        got["weight_hh"] = _recurrent_gradient(gates, output, h0, sizes, reverse)
    got["h0"] = dh
    return _finished(got, PLAIN, input)
