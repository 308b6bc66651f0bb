"""Recurrent layers step by step, in differentiable operators.

The rows of recurrent.py have gradients that are rows too. Where a gradient is itself to be
differentiated, and for complex numbers, a layer is computed by the functions here instead.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ...autograd.methods import grad as gradients_of
from ...autograd.modes import mode
from ...tensor.tensor import Tensor
from ..dispatch import execute
from ..expressions import TENSORS
from ..table import ROWS
from .linear import linear
from .recurrent import LSTM, PLAIN

Step = Callable[..., tuple[Tensor, ...]]


def _lstm_step(
    weight_ih: Tensor, weight_hh: Tensor, bias_ih: Tensor | None, bias_hh: Tensor | None,
    weight_hr: Tensor | None = None,
) -> Step:  # fmt: skip
    def step(x: Tensor, h: Tensor, c: Tensor) -> tuple[Tensor, Tensor]:
        i, f, g, o = (linear(x, weight_ih, bias_ih) + linear(h, weight_hh, bias_hh)).chunk(4, -1)
        c = f.sigmoid() * c + i.sigmoid() * g.tanh()
        h = o.sigmoid() * c.tanh()
        return (h if weight_hr is None else linear(h, weight_hr)), c

    return step


def _gru_step(
    weight_ih: Tensor, weight_hh: Tensor, bias_ih: Tensor | None, bias_hh: Tensor | None
) -> Step:
    def step(x: Tensor, h: Tensor) -> tuple[Tensor]:
        xr, xz, xn = linear(x, weight_ih, bias_ih).chunk(3, -1)
        hr, hz, hn = linear(h, weight_hh, bias_hh).chunk(3, -1)
        new = (xn + (xr + hr).sigmoid() * hn).tanh()
        return (new + (xz + hz).sigmoid() * (h - new),)

    return step


def _rnn_step(
    weight_ih: Tensor, weight_hh: Tensor, bias_ih: Tensor | None, bias_hh: Tensor | None,
    relu: bool,
) -> Step:  # fmt: skip
    def step(x: Tensor, h: Tensor) -> tuple[Tensor]:
        total = linear(x, weight_ih, bias_ih) + linear(h, weight_hh, bias_hh)
        return (total.relu() if relu else total.tanh(),)

    return step


def unrolled(
    step: Step, input: Tensor, states: tuple[Tensor, ...], sizes: Sequence[int] | None,
    reverse: bool,
) -> tuple[Tensor, ...]:  # fmt: skip
    """A layer's output and last states: ``step`` for each time step, as the rows do it."""
    cat, stack = TENSORS["cat"], TENSORS["stack"]
    parts = input.unbind(0) if sizes is None else input.split(list(sizes))
    outputs: list[Any] = [None] * len(parts)
    order = range(len(parts))
    for t in reversed(order) if reverse else order:
        n, batch = parts[t].shape[0], states[0].shape[0]
        if n == batch:
            states = step(parts[t], *states)
            outputs[t] = states[0]
        else:  # the shorter sequences have ended, or have not begun
            new = step(parts[t], *(s[:n] for s in states))
            outputs[t] = new[0]
            states = tuple(cat([a, s[n:]]) for a, s in zip(new, states, strict=True))
    return (stack(outputs) if sizes is None else cat(outputs)), *states


def lstm_unrolled(
    input: Tensor, h0: Tensor, c0: Tensor, weight_ih: Tensor, weight_hh: Tensor,
    bias_ih: Tensor | None, bias_hh: Tensor | None, weight_hr: Tensor | None,
    sizes: Sequence[int] | None, reverse: bool,
) -> tuple[Tensor, ...]:  # fmt: skip
    """What the row lstm_layer computes."""
    step = _lstm_step(weight_ih, weight_hh, bias_ih, bias_hh, weight_hr)
    return unrolled(step, input, (h0, c0), sizes, reverse)


def gru_unrolled(
    input: Tensor, h0: Tensor, weight_ih: Tensor, weight_hh: Tensor, bias_ih: Tensor | None,
    bias_hh: Tensor | None, sizes: Sequence[int] | None, reverse: bool,
) -> tuple[Tensor, ...]:  # fmt: skip
    """What the row gru_layer computes."""
    step = _gru_step(weight_ih, weight_hh, bias_ih, bias_hh)
    return unrolled(step, input, (h0,), sizes, reverse)


def rnn_unrolled(
    input: Tensor, h0: Tensor, weight_ih: Tensor, weight_hh: Tensor, bias_ih: Tensor | None,
    bias_hh: Tensor | None, sizes: Sequence[int] | None, reverse: bool, relu: bool,
) -> tuple[Tensor, ...]:  # fmt: skip
    """What the row rnn_layer computes."""
    step = _rnn_step(weight_ih, weight_hh, bias_ih, bias_hh, relu)
    return unrolled(step, input, (h0,), sizes, reverse)


# --- gradients ---------------------------------------------------------------------------------


def _differentiable(
    layer: Callable, grads: list, tensors: tuple, options: tuple, needs: tuple[bool, ...]
) -> tuple:
    """The gradients of a layer as differentiable functions of everything that it took."""
    # Aliases, so that a tensor that serves twice gets a gradient for each of its places.
    inputs = [t.view_as(t) if isinstance(t, Tensor) else t for t in tensors]
    results = layer(*inputs, *options)
    used = [(r, g) for r, g in zip(results, grads, strict=True) if g is not None]
    wanted = [i for i, need in enumerate(needs) if need]
    found = gradients_of(
        [r for r, _ in used], [inputs[i] for i in wanted], [g for _, g in used],
        create_graph=True, allow_unused=True,
    )  # fmt: skip
    out: list[Tensor | None] = [None] * len(tensors)
    for i, g in zip(wanted, found, strict=True):
        out[i] = g
    return tuple(out)


def _gradients(
    row: str, layer: Callable, names: tuple[str, ...], options: int
) -> Callable[..., tuple]:
    """The function that a row's derivative calls: with the backward row, or by composition.

    It takes the gradients of the results, what the row took (tensors, then so many options),
    ``needs`` and the row's hidden outputs.
    """
    last = len(names) + options

    def gradients(grads: list, *args: Any) -> tuple:
        tensors, settings, needs, kept = (
            args[: len(names)], args[len(names) : last], args[last], args[last + 1 :]
        )  # fmt: skip
        wanted = tuple(needs[name] for name in names)
        if mode.grad:
            return _differentiable(layer, grads, tensors, settings, wanted)
        got = execute(ROWS[row], (*grads, *tensors, *settings, needs, *kept))
        return tuple(g if want else None for g, want in zip(got, wanted, strict=True))

    return gradients


TENSORS["lstm_gradients"] = _gradients("lstm_layer_backward", lstm_unrolled, LSTM, 2)
TENSORS["gru_gradients"] = _gradients("gru_layer_backward", gru_unrolled, PLAIN, 2)
TENSORS["rnn_gradients"] = _gradients("rnn_layer_backward", rnn_unrolled, PLAIN, 3)
