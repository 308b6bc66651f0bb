"""The gradients of convolutions as functions of their own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import flambeau

from ..tensor.tensor import Tensor
from . import functional as F

__all__ = [
    "conv1d_input", "conv1d_weight", "conv2d_input", "conv2d_weight", "conv3d_input",
    "conv3d_weight",
]  # fmt: skip


def _of_input(n: int) -> Callable[..., Tensor]:
    convolve = getattr(F, f"conv{n}d")

    def gradient(
        input_size: Sequence[int], weight: Tensor, grad_output: Tensor, stride: Any = 1,
        padding: Any = 0, dilation: Any = 1, groups: int = 1,
    ) -> Tensor:  # fmt: skip
        x = flambeau.zeros(tuple(input_size), dtype=weight.dtype, requires_grad=True)
        with flambeau.enable_grad():
            result = convolve(x, weight.detach(), None, stride, padding, dilation, groups)
        return flambeau.autograd.grad(result, x, grad_output)[0]

    gradient.__name__ = gradient.__qualname__ = f"conv{n}d_input"
    gradient.__doc__ = f"The gradient of conv{n}d with respect to its input."
    return gradient


def _of_weight(n: int) -> Callable[..., Tensor]:
    convolve = getattr(F, f"conv{n}d")

    def gradient(
        input: Tensor, weight_size: Sequence[int], grad_output: Tensor, stride: Any = 1,
        padding: Any = 0, dilation: Any = 1, groups: int = 1,
    ) -> Tensor:  # fmt: skip
        weight = flambeau.zeros(tuple(weight_size), dtype=input.dtype, requires_grad=True)
        with flambeau.enable_grad():
            result = convolve(input.detach(), weight, None, stride, padding, dilation, groups)
        return flambeau.autograd.grad(result, weight, grad_output)[0]

    gradient.__name__ = gradient.__qualname__ = f"conv{n}d_weight"
    gradient.__doc__ = f"The gradient of conv{n}d with respect to its weight."
    return gradient


conv1d_input, conv2d_input, conv3d_input = map(_of_input, (1, 2, 3))
conv1d_weight, conv2d_weight, conv3d_weight = map(_of_weight, (1, 2, 3))
