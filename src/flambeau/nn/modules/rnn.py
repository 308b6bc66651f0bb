"""Recurrent networks: layers over whole sequences, and their cells for one step."""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING, Any

import flambeau

from .. import init
from ..functional.rows import ops
from ..parameter import Parameter
from ..utils.rnn import PackedSequence
from .module import Module

if TYPE_CHECKING:
    from ...tensor.tensor import Tensor

__all__ = ["GRU", "GRUCell", "LSTM", "LSTMCell", "RNN", "RNNBase", "RNNCell", "RNNCellBase"]

# For each mode: the operator, and how many gates its weights hold.
MODES = {
    "LSTM": ("lstm", 4),
    "GRU": ("gru", 3),
    "RNN_TANH": ("rnn_tanh", 1),
    "RNN_RELU": ("rnn_relu", 1),
}


def _permuted(state: Tensor, permutation: Tensor | None) -> Tensor:
    return state if permutation is None else state.index_select(1, permutation)


class RNNBase(Module):
    """What RNN, LSTM and GRU share: the parameters of all layers and directions, and the checks.

    Args:
        mode: LSTM, GRU, RNN_TANH or RNN_RELU
        input_size: features of a time step
        hidden_size: size of the hidden state
        num_layers: layers, each of which reads the output of the one below
        bias: whether the biases are learnt, or left out
        batch_first: whether input and output are (batch, time, features) instead of
            (time, batch, features); states are (layers * directions, batch, hidden) in any case
        dropout: probability of dropout between the layers, in training
        bidirectional: whether each layer also reads the sequence backwards; the outputs of both
            directions are joined
        proj_size: size to which an LSTM's hidden state is projected; 0 for none

    Parameters of layer k: weight_ih_lk (gates * hidden, input), weight_hh_lk (gates * hidden,
    hidden), bias_ih_lk, bias_hh_lk (gates * hidden), weight_hr_lk (proj_size, hidden), the same
    with the suffix _reverse; all start uniform in [-1/sqrt(hidden_size), 1/sqrt(hidden_size)).
    """

    _takes_several = False  # whether the state is a pair of tensors

    def __init__(
        self,
        mode: str,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.mode = mode
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.num_layers = num_layers
        self.bias = bias
        self.batch_first = batch_first
        self.dropout = float(dropout)
        self.bidirectional = bidirectional
        self.proj_size = proj_size
        self._check_options(dropout)
        self._flat_weights_names: list[str] = []
        self._all_weights: list[list[str]] = []
        for layer in range(num_layers):
            for suffix in ("", "_reverse")[: self._directions]:
                self._add_weights(layer, suffix, {"device": device, "dtype": dtype})
        self.reset_parameters()

    def _check_options(self, dropout: Any) -> None:
        if isinstance(dropout, bool) or not 0 <= dropout <= 1:
            raise ValueError(
                "dropout should be a number in range [0, 1] representing the probability of an "
                "element being zeroed"
            )
        if dropout > 0 and self.num_layers == 1:
            warnings.warn(
                "dropout option adds dropout after all but last recurrent layer, so non-zero "
                f"dropout expects num_layers greater than 1, but got dropout={dropout} and "
                "num_layers=1",
                stacklevel=4,
            )
        for name, wanted in _OPTION_TYPES:
            value = getattr(self, name)
            if not isinstance(value, wanted):
                raise TypeError(
                    f"{name} should be of type {wanted.__name__}, got: {type(value).__name__}"
                )
        for name in ("input_size", "hidden_size", "num_layers"):
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} must be greater than zero")
        if self.proj_size < 0:
            raise ValueError(
                "proj_size should be a positive integer or zero to disable projections"
            )
        if self.proj_size >= self.hidden_size:
            raise ValueError("proj_size has to be smaller than hidden_size")
        if self.mode not in MODES:
            raise ValueError("Unrecognized RNN mode: " + self.mode)

    @property
    def _directions(self) -> int:
        return 2 if self.bidirectional else 1

    @property
    def _state_size(self) -> int:
        return self.proj_size or self.hidden_size

    def _add_weights(self, layer: int, suffix: str, factory: dict[str, Any]) -> None:
        """The parameters of one layer in one direction."""
        state = self._state_size
        features = state * self._directions if layer else self.input_size
        rows = MODES[self.mode][1] * self.hidden_size
        shapes: dict[str, tuple[int, ...]] = {
            "weight_ih": (rows, features),
            "weight_hh": (rows, state),
        }
        if self.bias:
            shapes.update(bias_ih=(rows,), bias_hh=(rows,))
        if self.proj_size:
            shapes["weight_hr"] = (self.proj_size, self.hidden_size)
        names = [f"{name}_l{layer}{suffix}" for name in shapes]
        for name, shape in zip(names, shapes.values(), strict=True):
            self.register_parameter(name, Parameter(flambeau.empty(shape, **factory)))
        self._flat_weights_names += names
        self._all_weights.append(names)

    @property
    def _flat_weights(self) -> list[Any]:
        own = self._parameters
        return [
            own[name] if name in own else getattr(self, name)
            for name in self._flat_weights_names  # type: ignore[misc]
        ]

    def __getstate__(self) -> dict[str, Any]:
        # PyTorch keeps this list, and expects it in a file.
        return {**super().__getstate__(), "_flat_weights": self._flat_weights}

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__({k: v for k, v in state.items() if k != "_flat_weights"})

    @property
    def all_weights(self) -> list[list[Parameter]]:
        """The parameters of each layer and direction."""
        return [[getattr(self, name) for name in names] for names in self._all_weights]

    def flatten_parameters(self) -> None:
        """Nothing to do: parameters need no special place in memory here."""

    def reset_parameters(self) -> None:
        """Draws new initial values."""
        bound = 1.0 / math.sqrt(self.hidden_size) if self.hidden_size > 0 else 0
        for weight in self.parameters():
            init.uniform_(weight, -bound, bound)

    # -- checks -----------------------------------------------------------------------------

    def check_input(self, input: Tensor, batch_sizes: Tensor | None) -> None:
        """Raises where the input is not of this network's type, dimensions or features."""
        dtype = self._flat_weights[0].dtype
        if input.dtype != dtype:
            raise ValueError(
                f"RNN input dtype ({input.dtype}) does not match weight dtype ({dtype}). Convert "
                f"input: input.to({dtype}), or convert model: model.to({input.dtype})"
            )
        dims = 3 if batch_sizes is None else 2
        if input.dim() != dims:
            raise RuntimeError(f"input must have {dims} dimensions, got {input.dim()}")
        if input.size(-1) != self.input_size:
            raise RuntimeError(
                "input.size(-1) must be equal to input_size. Expected "
                f"{self.input_size}, got {input.size(-1)}"
            )

    def get_expected_hidden_size(
        self, input: Tensor, batch_sizes: Tensor | None
    ) -> tuple[int, int, int]:
        """The shape that the hidden state must have for an input."""
        if batch_sizes is not None:
            batch = int(batch_sizes[0])
        else:
            batch = input.size(0 if self.batch_first else 1)
        return self.num_layers * self._directions, batch, self._state_size

    def check_hidden_size(
        self,
        hx: Tensor,
        expected_hidden_size: tuple[int, int, int],
        msg: str = "Expected hidden size {}, got {}",
    ) -> None:
        """Raises where a state has another shape than it must have."""
        if tuple(hx.shape) != expected_hidden_size:
            layers = f"{self.num_layers} layer(s) * {self._directions} direction(s)"
            raise RuntimeError(
                msg.format(expected_hidden_size, list(hx.shape))
                + f"\nHint: a state is ({layers}, batch, features), also with batch_first."
            )

    def check_forward_args(self, input: Tensor, hidden: Any, batch_sizes: Tensor | None) -> None:
        """Raises where input and state do not fit this network, or each other."""
        self.check_input(input, batch_sizes)
        self.check_hidden_size(hidden, self.get_expected_hidden_size(input, batch_sizes))

    # -- computing --------------------------------------------------------------------------

    def permute_hidden(self, hx: Any, permutation: Tensor | None) -> Any:
        """The state with its sequences in another order."""
        return _permuted(hx, permutation)

    def forward(self, input: Any, hx: Any = None) -> tuple[Any, Any]:
        if isinstance(input, PackedSequence):
            return self._forward_packed(input, hx)
        if input.dim() not in (2, 3):
            name = self._get_name()
            raise ValueError(f"{name}: Expected input to be 2D or 3D, got {input.dim()}D instead")
        batched = input.dim() == 3
        batch_dim = 0 if self.batch_first else 1
        if hx is not None:
            self._check_dimensions(hx, batched)
        if not batched:
            input = input.unsqueeze(batch_dim)
            hx = self._each(hx, lambda state: state.unsqueeze(1))
        if hx is None:
            hx = self._zeros(input, input.size(batch_dim))
        self.check_forward_args(input, hx, None)
        output, hidden = self._run(input, hx, None)
        if batched:
            return output, hidden
        return output.squeeze(batch_dim), self._each(hidden, lambda state: state.squeeze(1))

    def _forward_packed(self, input: PackedSequence, hx: Any) -> tuple[PackedSequence, Any]:
        data, batch_sizes, sorted_indices, unsorted_indices = input
        if hx is None:
            hx = self._zeros(data, int(batch_sizes[0]))
        else:
            hx = self.permute_hidden(hx, sorted_indices)
        self.check_forward_args(data, hx, batch_sizes)
        output, hidden = self._run(data, hx, batch_sizes)
        packed = PackedSequence(output, batch_sizes, sorted_indices, unsorted_indices)
        return packed, self.permute_hidden(hidden, unsorted_indices)

    def _each(self, hx: Any, change: Any) -> Any:
        """The state with each of its tensors changed."""
        if hx is None:
            return None
        return tuple(change(state) for state in hx) if self._takes_several else change(hx)

    def _zeros(self, input: Tensor, batch: int) -> Any:
        """The state before the first step, where none is given."""
        shape = self.num_layers * self._directions, batch, self._state_size
        return flambeau.zeros(shape, dtype=input.dtype, device=input.device)

    def _check_dimensions(self, hx: Any, batched: bool) -> None:
        if hx.dim() != (3 if batched else 2):
            kind, wanted = ("batched 3-D", 3) if batched else ("unbatched 2-D", 2)
            raise RuntimeError(
                f"For {kind} input, hx should also be {wanted}-D but got {hx.dim()}-D tensor"
            )

    def _run(self, input: Tensor, hx: Any, batch_sizes: Tensor | None) -> tuple[Tensor, Any]:
        options = (
            self._flat_weights, self.bias, self.num_layers, self.dropout, self.training,
            self.bidirectional,
        )  # fmt: skip
        function = getattr(ops, MODES[self.mode][0])
        if batch_sizes is None:
            output, *hidden = function(input, hx, *options, self.batch_first)
        else:
            output, *hidden = function(input, batch_sizes, hx, *options)
        return output, tuple(hidden) if self._takes_several else hidden[0]

    def extra_repr(self) -> str:
        text = f"{self.input_size}, {self.hidden_size}"
        for name, default in _SHOWN:
            value = getattr(self, name)
            if value != default:
                text += f", {name}={value}"
        return text


_OPTION_TYPES = (
    ("bias", bool), ("batch_first", bool), ("input_size", int), ("hidden_size", int),
)  # fmt: skip
_SHOWN = (
    ("proj_size", 0), ("num_layers", 1), ("bias", True), ("batch_first", False), ("dropout", 0),
    ("bidirectional", False),
)  # fmt: skip


def _no_projection(kwargs: dict[str, Any]) -> None:
    if "proj_size" in kwargs:
        raise ValueError("proj_size argument is only supported for LSTM, not RNN or GRU")


class RNN(RNNBase):
    r"""h_t = tanh(W_ih x_t + b_ih + W_hh h_{t-1} + b_hh) over a sequence.

    Args:
        input_size, hidden_size, num_layers: see RNNBase
        nonlinearity: tanh or relu
        bias, batch_first, dropout, bidirectional: see RNNBase

    Takes the input, (time, batch, input_size), (time, input_size) or a PackedSequence, and the
    first hidden state, zeros by default; gives the output of the last layer at all steps, and
    the last hidden state of each layer.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        _no_projection(kwargs)
        if len(args) > 3:
            nonlinearity = args[3]
            args = args[:3] + args[4:]
        else:
            nonlinearity = kwargs.pop("nonlinearity", "tanh")
        if nonlinearity not in ("tanh", "relu"):
            raise ValueError(
                f"Unknown nonlinearity '{nonlinearity}'. Select from 'tanh' or 'relu'."
            )
        super().__init__("RNN_" + nonlinearity.upper(), *args, **kwargs)
        self.nonlinearity = nonlinearity


class GRU(RNNBase):
    r"""Gated recurrent units over a sequence.

    r = sigmoid(W_ir x + b_ir + W_hr h + b_hr), z = sigmoid(W_iz x + b_iz + W_hz h + b_hz),
    n = tanh(W_in x + b_in + r * (W_hn h + b_hn)), and the new h is (1 - z) * n + z * h.

    Args:
        input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional: see RNNBase

    Takes the input, (time, batch, input_size), (time, input_size) or a PackedSequence, and the
    first hidden state, zeros by default; gives the output of the last layer at all steps, and
    the last hidden state of each layer.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        _no_projection(kwargs)
        super().__init__("GRU", *args, **kwargs)


class LSTM(RNNBase):
    r"""Long short-term memory over a sequence.

    With i, f, o = sigmoid(W x + b + V h + d) and g = tanh(W x + b + V h + d), each with its own
    rows of the weights, the new cell c is f * c + i * g and the new h is o * tanh(c).

    Args:
        input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, proj_size:
            see RNNBase

    Takes the input, (time, batch, input_size), (time, input_size) or a PackedSequence, and the
    first states (h, c), zeros by default; gives the output of the last layer at all steps, and
    the last (h, c) of each layer.
    """

    _takes_several = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__("LSTM", *args, **kwargs)

    def permute_hidden(self, hx: Any, permutation: Tensor | None) -> Any:
        """The states with their sequences in another order."""
        return tuple(_permuted(state, permutation) for state in hx)

    def get_expected_cell_size(
        self, input: Tensor, batch_sizes: Tensor | None
    ) -> tuple[int, int, int]:
        """The shape that the cell state must have for an input."""
        return (*self.get_expected_hidden_size(input, batch_sizes)[:2], self.hidden_size)

    def check_forward_args(self, input: Tensor, hidden: Any, batch_sizes: Tensor | None) -> None:
        """Raises where input and states do not fit this network, or each other."""
        self.check_input(input, batch_sizes)
        for i, wanted in enumerate((self.get_expected_hidden_size, self.get_expected_cell_size)):
            message = f"Expected hidden[{i}] size {{}}, got {{}}"
            self.check_hidden_size(hidden[i], wanted(input, batch_sizes), message)

    def _zeros(self, input: Tensor, batch: int) -> Any:
        layers = self.num_layers * self._directions
        cells = flambeau.zeros((layers, batch, self.hidden_size), dtype=input.dtype)
        return super()._zeros(input, batch), cells

    def _check_dimensions(self, hx: Any, batched: bool) -> None:
        h, c = hx[0].dim(), hx[1].dim()
        wanted = 3 if batched else 2
        if h != wanted or c != wanted:
            kind = "batched 3-D" if batched else "unbatched 2-D"
            raise RuntimeError(
                f"For {kind} input, hx and cx should also be {wanted}-D but got ({h}-D, {c}-D) "
                "tensors"
            )


# --- cells -------------------------------------------------------------------------------------


class RNNCellBase(Module):
    """What the cells share: parameters weight_ih, weight_hh, bias_ih and bias_hh, and checks."""

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool,
        num_chunks: int,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.bias = bias
        factory: dict[str, Any] = {"device": device, "dtype": dtype}
        rows = num_chunks * hidden_size
        self.weight_ih = Parameter(flambeau.empty((rows, input_size), **factory))
        self.weight_hh = Parameter(flambeau.empty((rows, hidden_size), **factory))
        for name in ("bias_ih", "bias_hh"):
            value = Parameter(flambeau.empty(rows, **factory)) if bias else None
            self.register_parameter(name, value)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draws new initial values."""
        bound = 1.0 / math.sqrt(self.hidden_size) if self.hidden_size > 0 else 0
        for weight in self.parameters():
            init.uniform_(weight, -bound, bound)

    def extra_repr(self) -> str:
        text = f"{self.input_size}, {self.hidden_size}"
        if self.bias is not True:
            text += f", bias={self.bias}"
        if getattr(self, "nonlinearity", "tanh") != "tanh":
            text += f", nonlinearity={self.nonlinearity}"
        return text

    def _check(self, value: Tensor, what: str) -> None:
        if value.dim() not in (1, 2):
            raise ValueError(
                f"{self._get_name()}: Expected {what} to be 1D or 2D, got {value.dim()}D instead"
            )

    def _weights(self) -> tuple:
        return self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh

    def _operator(self) -> Any:
        """The function that computes one step."""
        raise NotImplementedError

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:
        self._check(input, "input")
        if hx is not None:
            self._check(hx, "hidden")
        batched = input.dim() == 2
        if not batched:
            input = input.unsqueeze(0)
        if hx is None:
            hx = flambeau.zeros((input.size(0), self.hidden_size), dtype=input.dtype)
        elif not batched:
            hx = hx.unsqueeze(0)
        result = self._operator()(input, hx, *self._weights())
        return result if batched else result.squeeze(0)


class RNNCell(RNNCellBase):
    """One step of an RNN: h' = tanh(W_ih x + b_ih + W_hh h + b_hh).

    Args:
        input_size: features of the input
        hidden_size: size of the hidden state
        bias: whether the biases are learnt, or left out
        nonlinearity: tanh or relu

    Shapes: input (batch, input_size) or (input_size), hidden state (batch, hidden_size) or
    (hidden_size), zeros by default.
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        nonlinearity: str = "tanh",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(input_size, hidden_size, bias, 1, device, dtype)
        self.nonlinearity = nonlinearity

    def _operator(self) -> Any:
        if self.nonlinearity not in ("tanh", "relu"):
            raise RuntimeError(f"Unknown nonlinearity: {self.nonlinearity}")
        return getattr(ops, f"rnn_{self.nonlinearity}_cell")


class GRUCell(RNNCellBase):
    """One step of a GRU: the new hidden state from the input and the old one.

    Args:
        input_size: features of the input
        hidden_size: size of the hidden state
        bias: whether the biases are learnt, or left out

    Shapes: input (batch, input_size) or (input_size), hidden state (batch, hidden_size) or
    (hidden_size), zeros by default.
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(input_size, hidden_size, bias, 3, device, dtype)

    def _operator(self) -> Any:
        return ops.gru_cell


class LSTMCell(RNNCellBase):
    """One step of an LSTM: the new (h, c) from the input and the old (h, c).

    Args:
        input_size: features of the input
        hidden_size: size of the hidden state and of the cell
        bias: whether the biases are learnt, or left out

    Shapes: input (batch, input_size) or (input_size), states (batch, hidden_size) or
    (hidden_size), zeros by default.
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(input_size, hidden_size, bias, 4, device, dtype)

    def forward(  # type: ignore[override]
        self, input: Tensor, hx: tuple[Tensor, Tensor] | None = None
    ) -> tuple[Tensor, Tensor]:
        self._check(input, "input")
        for i, state in enumerate(hx or ()):
            self._check(state, f"hx[{i}]")
        batched = input.dim() == 2
        if not batched:
            input = input.unsqueeze(0)
        if hx is None:
            zeros = flambeau.zeros((input.size(0), self.hidden_size), dtype=input.dtype)
            hx = (zeros, zeros)
        elif not batched:
            hx = (hx[0].unsqueeze(0), hx[1].unsqueeze(0))
        h, c = ops.lstm_cell(input, hx, *self._weights())
        return (h, c) if batched else (h.squeeze(0), c.squeeze(0))
