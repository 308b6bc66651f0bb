"""Linear layers: every output is a weighted sum of the inputs."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import flambeau

from .. import functional as F
from .. import init
from ..parameter import Parameter, UninitializedParameter
from .lazy import LazyModuleMixin
from .module import Module

if TYPE_CHECKING:
    from ...tensor.tensor import Tensor


class Identity(Module):
    """Gives back its input. Any arguments are ignored, so that it can stand in for a layer."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__()

    def forward(self, input: Any) -> Any:
        return input


class Linear(Module):
    r"""y = x W^T + b.

    Args:
        in_features: size of the input's last dimension
        out_features: size of the output's last dimension
        bias: whether b is learnt, or left out

    Shapes: input (*, in_features), output (*, out_features); weight (out_features, in_features),
    bias (out_features). Both start uniform in [-1/sqrt(in_features), 1/sqrt(in_features)).
    """

    weight: Parameter

    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.in_features = in_features
        self.out_features = out_features
        factory: dict[str, Any] = {"device": device, "dtype": dtype}
        self.weight = Parameter(flambeau.empty((out_features, in_features), **factory))
        if bias:
            self.bias = Parameter(flambeau.empty(out_features, **factory))
        else:
            self.register_parameter("bias", None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draws new initial values."""
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        if self.bias is not None:
            bound = _bias_bound(self.weight)
            init.uniform_(self.bias, -bound, bound)

    def forward(self, input: Tensor) -> Tensor:
        # Small networks feel the time that `self.weight` takes to find a parameter.
        own = self._parameters
        if "weight" in own and "bias" in own:
            return F.linear(input, own["weight"], own["bias"])
        return F.linear(input, self.weight, self.bias)  # one of them is computed from others

    def extra_repr(self) -> str:
        return (
            f"in_features={self.in_features}, out_features={self.out_features}, "
            f"bias={self.bias is not None}"
        )

    def _expects(self, input: Tensor) -> str:
        text = f"expected last dimension {self.in_features}"
        if math.prod(input.shape[1:]) == self.in_features:
            text += "; put nn.Flatten() before this layer"
        elif input.dim() >= 2 and input.shape[-2] == self.in_features:
            text += "; the dimension before the last fits: transpose them with x.mT"
        return text


class LazyLinear(LazyModuleMixin, Linear):
    """A Linear whose `in_features` is the first input's last dimension."""

    cls_to_become = Linear
    weight: Any
    bias: Any

    def __init__(
        self, out_features: int, bias: bool = True, device: Any = None, dtype: Any = None
    ) -> None:
        # Without a size there is nothing to draw: reset_parameters waits.
        super().__init__(0, 0, False, device, dtype)
        self.out_features = out_features
        self.weight = UninitializedParameter(device=device, dtype=dtype)
        if bias:
            self.bias = UninitializedParameter(device=device, dtype=dtype)

    def reset_parameters(self) -> None:
        """Draws new initial values, once the size is known."""
        if not self.has_uninitialized_params() and self.in_features != 0:
            super().reset_parameters()

    def initialize_parameters(self, input: Tensor) -> None:
        """Takes the size from the first input."""
        waiting = self.has_uninitialized_params()
        self.in_features = input.shape[-1]
        if waiting:
            self.weight.materialize((self.out_features, self.in_features))
            if self.bias is not None:
                self.bias.materialize((self.out_features,))
            self.reset_parameters()


class NonDynamicallyQuantizableLinear(Linear):
    """A Linear under the name that PyTorch uses inside attention."""


def _bias_bound(weight: Tensor) -> float:
    """1 / sqrt(fan_in): the range of a bias beside a weight."""
    fan_in, _ = init._calculate_fan_in_and_fan_out(weight)
    return 1 / math.sqrt(fan_in) if fan_in > 0 else 0


class Bilinear(Module):
    r"""y = x1^T A x2 + b.

    Args:
        in1_features, in2_features: sizes of the two inputs' last dimensions
        out_features: size of the output's last dimension
        bias: whether b is learnt, or left out

    Shapes: inputs (*, in1_features) and (*, in2_features), output (*, out_features).
    """

    def __init__(
        self,
        in1_features: int,
        in2_features: int,
        out_features: int,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        if in1_features <= 0:
            raise ValueError(f"in1_features must be > 0, but got (in1_features={in1_features})")
        self.in1_features = in1_features
        self.in2_features = in2_features
        self.out_features = out_features
        factory: dict[str, Any] = {"device": device, "dtype": dtype}
        self.weight = Parameter(
            flambeau.empty((out_features, in1_features, in2_features), **factory)
        )
        if bias:
            self.bias = Parameter(flambeau.empty(out_features, **factory))
        else:
            self.register_parameter("bias", None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draws new initial values."""
        bound = 1 / math.sqrt(self.weight.size(1))
        init.uniform_(self.weight, -bound, bound)
        if self.bias is not None:
            init.uniform_(self.bias, -bound, bound)

    def forward(self, input1: Tensor, input2: Tensor) -> Tensor:
        return F.bilinear(input1, input2, self.weight, self.bias)

    def extra_repr(self) -> str:
        return (
            f"in1_features={self.in1_features}, in2_features={self.in2_features}, "
            f"out_features={self.out_features}, bias={self.bias is not None}"
        )
