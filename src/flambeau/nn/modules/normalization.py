"""Normalisation of each sample by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import flambeau

from .. import functional as F
from .. import init
from ..functional.rows import ops
from ..parameter import Parameter
from .module import Module

if TYPE_CHECKING:
    from ...tensor.tensor import Tensor


class _ScaledNorm(Module):
    """A normalisation with a learnt weight and perhaps a learnt bias of one shape."""

    def _make_parameters(
        self, shape: Any, weight: bool, bias: bool | None, device: Any, dtype: Any
    ) -> None:
        """Makes the parameters that are wanted; a bias of None is none at all."""
        for name, wanted in (("weight", weight), ("bias", bias)):
            if wanted is not None:
                value = flambeau.empty(shape, device=device, dtype=dtype) if wanted else None
                self.register_parameter(name, None if value is None else Parameter(value))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Weight one, bias zero."""
        if self.weight is not None:
            init.ones_(self.weight)
        if self._parameters.get("bias") is not None:
            init.zeros_(self.bias)


def _shape(normalized_shape: Any) -> tuple[int, ...]:
    return (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)


class LayerNorm(_ScaledNorm):
    r"""y = (x - mean) / sqrt(var + eps) * weight + bias over the last dimensions.

    Args:
        normalized_shape: sizes of the dimensions that are normalised together, the input's last
        eps: keeps the denominator away from zero
        elementwise_affine: whether weight and bias (of that shape) are learnt
        bias: with `elementwise_affine`, whether a bias is learnt
    """

    def __init__(
        self,
        normalized_shape: Any,
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.normalized_shape = _shape(normalized_shape)
        self.eps = eps
        self.elementwise_affine = elementwise_affine
        self._make_parameters(
            self.normalized_shape, elementwise_affine, elementwise_affine and bias, device, dtype
        )

    def forward(self, input: Tensor) -> Tensor:
        return F.layer_norm(input, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        return (
            f"{self.normalized_shape}, eps={self.eps}, "
            f"elementwise_affine={self.elementwise_affine}, bias={self.bias is not None}"
        )

    def _expects(self, input: Tensor) -> str:
        return f"expected last dimensions {list(self.normalized_shape)}"


class GroupNorm(_ScaledNorm):
    r"""y = (x - mean) / sqrt(var + eps) * weight + bias over groups of channels of each sample.

    Args:
        num_groups: into how many groups the channels fall
        num_channels: channels C of the input (N, C, *)
        eps: keeps the denominator away from zero
        affine: whether a weight and a bias for each channel are learnt
        bias: with `affine`, whether a bias is learnt

    ValueError unless the groups divide the channels.
    """

    def __init__(
        self,
        num_groups: int,
        num_channels: int,
        eps: float = 1e-5,
        affine: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__()
        if num_channels % num_groups != 0:
            raise ValueError(
                f"num_channels ({num_channels}) must be divisible by num_groups ({num_groups})"
            )
        self.num_groups = num_groups
        self.num_channels = num_channels
        self.eps = eps
        self.affine = affine
        self._make_parameters(num_channels, affine, affine and bias, device, dtype)

    def forward(self, input: Tensor) -> Tensor:
        return F.group_norm(input, self.num_groups, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        return (
            f"{self.num_groups}, {self.num_channels}, eps={self.eps}, affine={self.affine}, "
            f"bias={self.bias is not None}"
        )

    def _expects(self, input: Tensor) -> str:
        return f"expected [N, {self.num_channels}, *]"


class RMSNorm(_ScaledNorm):
    r"""y = x / sqrt(mean(x^2) + eps) * weight over the last dimensions.

    Args:
        normalized_shape: sizes of the dimensions that are normalised together, the input's last
        eps: keeps the denominator away from zero; None for the dtype's own epsilon
        elementwise_affine: whether a weight (of that shape) is learnt
    """

    def __init__(
        self,
        normalized_shape: Any,
        eps: float | None = None,
        elementwise_affine: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.normalized_shape = _shape(normalized_shape)
        self.eps = eps
        self.elementwise_affine = elementwise_affine
        self._make_parameters(self.normalized_shape, elementwise_affine, None, device, dtype)

    def forward(self, x: Tensor) -> Tensor:
        return F.rms_norm(x, self.normalized_shape, self.weight, self.eps)

    def extra_repr(self) -> str:
        return (
            f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}"
        )

    def _expects(self, input: Tensor) -> str:
        return f"expected last dimensions {list(self.normalized_shape)}"


class LocalResponseNorm(Module):
    r"""y_c = x_c / (k + alpha / size * sum of x^2 over `size` neighbouring channels)^beta.

    Shapes: input and output (N, C, *).
    """

    def __init__(self, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> None:
        super().__init__()
        self.size = size
        self.alpha = alpha
        self.beta = beta
        self.k = k

    def forward(self, input: Tensor) -> Tensor:
        return F.local_response_norm(input, self.size, self.alpha, self.beta, self.k)

    def extra_repr(self) -> str:
        return f"{self.size}, alpha={self.alpha}, beta={self.beta}, k={self.k}"


class CrossMapLRN2d(Module):
    r"""y_c = x_c / (k + alpha / size * sum of x^2 over `size` neighbouring channels)^beta.

    The older form of `LocalResponseNorm`, with PyTorch's numbers: the first channel counts for
    all, and the gradient's window reaches one channel further back than forward.

    Shapes: input and output (N, C, H, W).
    """

    def __init__(self, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1) -> None:
        super().__init__()
        self.size = size
        self.alpha = alpha
        self.beta = beta
        self.k = k

    def forward(self, input: Tensor) -> Tensor:
        if input.dim() != 4:
            raise ValueError(
                f"CrossMapLRN2d: Expected input to be 4D, got {input.dim()}D instead."
            )
        return ops.cross_map_lrn(input, self.size, self.alpha, self.beta, self.k)

    def extra_repr(self) -> str:
        return f"{self.size}, alpha={self.alpha}, beta={self.beta}, k={self.k}"
