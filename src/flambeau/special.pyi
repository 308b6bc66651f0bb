"""Made by scripts/make_stubs.py from the operator table; not written by hand."""
import builtins
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple
import numpy as np
Number = builtins.int | builtins.float | builtins.complex | builtins.bool
from .tensor.dtype import dtype as Dtype
from .tensor.tensor import Tensor

def erf(input: Tensor, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $\\operatorname{erf} x$."""

def erfc(input: Tensor, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $\\operatorname{erfc} x$."""

def erfinv(input: Tensor, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $\\operatorname{erf}^{-1} x$."""

def log_softmax(input: Tensor, dim: builtins.int, dtype: Any=None, *, out: Tensor | None=None) -> Tensor:
    """The logarithm of softmax, without overflow: :math:`x_i - \\ln \\sum_j e^{x_j}`."""

def logit(input: Tensor, eps: builtins.float | None=None, *, out: Tensor | None=None) -> Tensor:
    """log(x / (1 - x)), x clamped to [eps, 1 - eps] where eps is given."""

def logsumexp(input: Tensor, dim: builtins.int | Sequence[builtins.int], keepdim: builtins.bool=False, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """log(sum(exp(input))) over dimensions, without overflow."""

def sinc(input: Tensor, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $\\frac{\\sin \\pi x}{\\pi x}$."""

def softmax(input: Tensor, dim: builtins.int, dtype: Any=None, *, out: Tensor | None=None) -> Tensor:
    """Positive numbers that add up to 1 along ``dim``: :math:`e^{x_i} / \\sum_j e^{x_j}`."""
