"""lstm, gru, rnn_tanh and rnn_relu: layers one above the other, in one or both directions; and the
cells, which are one step of a layer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ...tensor.tensor import Tensor
from ..dispatch import execute
from ..expressions import TENSORS
from ..table import ROWS, composite
from .recurrent_steps import gru_unrolled, lstm_unrolled, rnn_unrolled

Layer = Callable[..., tuple[Tensor, ...]]


def _layer(row: str, unrolled: Callable, *options: Any) -> Layer:
    """A layer as a function of input, states, weights, sizes and direction."""

    def layer(
        input: Tensor, states: Sequence[Tensor], weights: Sequence[Tensor | None],
        sizes: Sequence[int] | None, reverse: bool,
    ) -> tuple[Tensor, ...]:  # fmt: skip
        args = (input, *states, *weights, sizes, reverse, *options)
        if input._data.dtype.kind == "c":  # the rows' derivatives are those of real numbers
            return unrolled(*args)
        return execute(ROWS[row], args)

    return layer


LSTM_LAYER = _layer("lstm_layer", lstm_unrolled)
GRU_LAYER = _layer("gru_layer", gru_unrolled)
TANH_LAYER = _layer("rnn_layer", rnn_unrolled, False)
RELU_LAYER = _layer("rnn_layer", rnn_unrolled, True)


def _weights(params: Sequence[Tensor], at: int, each: int, biases: bool, slots: int) -> list:
    """One direction's weights out of all: two matrices, two biases or None, the projection."""
    own: list[Tensor | None] = list(params[at : at + each])
    if not biases:
        own[2:2] = [None, None]
    return own + [None] * (slots - len(own))


def _stacked(
    layer: Layer, input: Tensor, states: Sequence[Tensor], params: Sequence[Tensor],
    has_biases: bool, num_layers: int, dropout: float, train: bool, bidirectional: bool,
    sizes: Sequence[int] | None,
) -> tuple[Tensor, ...]:  # fmt: skip
    """Layers one above the other. Gives the last one's output and all last states, stacked."""
    directions = 2 if bidirectional else 1
    slots = 5 if layer is LSTM_LAYER else 4
    each, left = divmod(len(params), num_layers * directions)
    if left or each not in ((4, 5) if has_biases else (2, 3)):
        raise RuntimeError(
            f"got an incorrect number of RNN parameters\nHint: {num_layers} layers in {directions} "
            f"direction(s) cannot share {len(params)} tensors."
        )
    starts = [s.unbind(0) for s in states]
    ends: list[tuple[Tensor, ...]] = []
    for n in range(num_layers):
        outputs = []
        for direction in range(directions):
            k = n * directions + direction
            weights = _weights(params, k * each, each, has_biases, slots)
            output, *last = layer(input, [s[k] for s in starts], weights, sizes, direction == 1)
            outputs.append(output)
            ends.append(tuple(last))
        input = outputs[0] if directions == 1 else TENSORS["cat"](outputs, -1)
        if dropout and train and n < num_layers - 1:
            input = TENSORS["dropout"](input, dropout, True)
    return input, *(TENSORS["stack"](list(s)) for s in zip(*ends, strict=True))


def _recurrent(name: str, layer: Layer, several: bool, doc: str) -> None:
    """Publishes a function in both of its forms, for padded and for packed sequences."""

    def function(
        input: Tensor, hx: Any, params: Any, has_biases: Any, num_layers: Any, dropout: Any,
        train: Any, bidirectional: Any, batch_first: Any = False,
    ) -> tuple[Tensor, ...]:  # fmt: skip
        if isinstance(has_biases, (list, tuple)):  # (data, batch_sizes, hx, params, has_biases, …)
            sizes = hx.tolist()
            hx, params, has_biases, num_layers, dropout, train, bidirectional = (
                params, has_biases, num_layers, dropout, train, bidirectional, batch_first,
            )  # fmt: skip
            batch_first = False
        else:
            sizes = None
        states = tuple(hx) if several else (hx,)
        if batch_first:
            input = input.transpose(0, 1)
        output, *ends = _stacked(
            layer, input, states, tuple(params), has_biases, num_layers, dropout, train,
            bidirectional, sizes,
        )  # fmt: skip
        return (output.transpose(0, 1) if batch_first else output), *ends

    function.__name__ = function.__qualname__ = name
    function.__doc__ = doc
    composite("function")(function)


_DOC = """Layers of {what} over a sequence; see `nn.{cls}`, whose parameters ``params`` lists.

Packed sequences are given as ``(data, batch_sizes, hx, params, has_biases, num_layers, dropout,
train, bidirectional)``. Gives the output and the last hidden states{cells}.
"""
for _name, _cls, _function, _what in (
    ("lstm", "LSTM", LSTM_LAYER, "long short-term memory"),
    ("gru", "GRU", GRU_LAYER, "gated recurrent units"),
    ("rnn_tanh", "RNN", TANH_LAYER, "a simple RNN with tanh"),
    ("rnn_relu", "RNN", RELU_LAYER, "a simple RNN with relu"),
):
    _cells = " and cell states" if _cls == "LSTM" else ""
    _text = _DOC.format(what=_what, cls=_cls, cells=_cells)
    _recurrent(_name, _function, _cls == "LSTM", _text)


# --- cells -------------------------------------------------------------------------------------


def _check_cell(input: Tensor, states: Sequence[Tensor], w_ih: Tensor, w_hh: Tensor) -> None:
    if input.shape[1] != w_ih.shape[1]:
        raise RuntimeError(
            f"input has inconsistent input_size: got {input.shape[1]} expected {w_ih.shape[1]}"
        )
    for i, state in enumerate(states):
        if input.shape[0] != state.shape[0]:
            raise RuntimeError(
                f"Input batch size {input.shape[0]} doesn't match hidden{i} batch size "
                f"{state.shape[0]}"
            )
        if state.shape[1] != w_hh.shape[1]:
            raise RuntimeError(
                f"hidden{i} has inconsistent hidden_size: got {state.shape[1]}, expected "
                f"{w_hh.shape[1]}"
            )


def _one_step(
    layer: Layer, input: Tensor, states: Sequence[Tensor], w_ih: Tensor, w_hh: Tensor,
    b_ih: Tensor | None, b_hh: Tensor | None,
) -> tuple[Tensor, ...]:  # fmt: skip
    _check_cell(input, states, w_ih, w_hh)
    weights = _weights(
        [w for w in (w_ih, w_hh, b_ih, b_hh) if w is not None], 0, 4, b_ih is not None,
        5 if layer is LSTM_LAYER else 4,
    )  # fmt: skip
    return tuple(layer(input, states, weights, [input.shape[0]], False))[1:]


@composite("function")
def lstm_cell(
    input: Tensor, hx: Sequence[Tensor], w_ih: Tensor, w_hh: Tensor, b_ih: Tensor | None = None,
    b_hh: Tensor | None = None,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """One step of a long short-term memory: the new (h, c) from the input and the old (h, c)."""
    h, c = _one_step(LSTM_LAYER, input, tuple(hx), w_ih, w_hh, b_ih, b_hh)
    return h, c


def _cell(name: str, layer: Layer, doc: str) -> None:
    def function(
        input: Tensor, hx: Tensor, w_ih: Tensor, w_hh: Tensor, b_ih: Tensor | None = None,
        b_hh: Tensor | None = None,
    ) -> Tensor:  # fmt: skip
        return _one_step(layer, input, (hx,), w_ih, w_hh, b_ih, b_hh)[0]

    function.__name__ = function.__qualname__ = name
    function.__doc__ = doc
    composite("function")(function)


_cell("gru_cell", GRU_LAYER, "One step of a gated recurrent unit: the new hidden state.")
_cell("rnn_tanh_cell", TANH_LAYER, "tanh(W_ih x + b_ih + W_hh h + b_hh)")
_cell("rnn_relu_cell", RELU_LAYER, "relu(W_ih x + b_ih + W_hh h + b_hh)")
