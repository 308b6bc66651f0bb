"""Made by scripts/make_stubs.py from the operator table; not written by hand."""
import builtins
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple
import numpy as np
Number = builtins.int | builtins.float | builtins.complex | builtins.bool
from .tensor.dtype import dtype as Dtype
from .tensor.tensor import Tensor

def airy_ai(input: Tensor, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $\\operatorname{Ai}(x)$."""

def bessel_j0(input: Tensor, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $J_0(x)$."""

def bessel_j1(input: Tensor, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $J_1(x)$."""

def bessel_y0(input: Tensor, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $Y_0(x)$."""

def bessel_y1(input: Tensor, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $Y_1(x)$."""

def chebyshev_polynomial_t(input: Tensor, n: Tensor | Number, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $T_n(x)$."""

def chebyshev_polynomial_u(input: Tensor, n: Tensor | Number, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $U_n(x)$."""

def chebyshev_polynomial_v(input: Tensor, n: Tensor | Number, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $V_n(x)$."""

def chebyshev_polynomial_w(input: Tensor, n: Tensor | Number, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $W_n(x)$."""

def digamma(input: Tensor, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $\\psi(x) = \\frac{d}{dx} \\ln \\Gamma(x)$."""

def entr(input: Tensor, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $-x \\ln x$."""

def erf(input: Tensor, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $\\operatorname{erf} x$."""

def erfc(input: Tensor, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $\\operatorname{erfc} x$."""

def erfcx(input: Tensor, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $e^{x^2} \\operatorname{erfc} x$."""

def erfinv(input: Tensor, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $\\operatorname{erf}^{-1} x$."""

def exp2(*args: Any, **kwargs: Any) -> Any:
    """The same as exp2."""

def expit(*args: Any, **kwargs: Any) -> Any:
    """The same as sigmoid."""

def expm1(*args: Any, **kwargs: Any) -> Any:
    """The same as expm1."""

def gammainc(*args: Any, **kwargs: Any) -> Any:
    """The same as igamma."""

def gammaincc(*args: Any, **kwargs: Any) -> Any:
    """The same as igammac."""

def gammaln(*args: Any, **kwargs: Any) -> Any:
    """The same as lgamma."""

def hermite_polynomial_h(input: Tensor, n: Tensor | Number, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $H_n(x)$."""

def hermite_polynomial_he(input: Tensor, n: Tensor | Number, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $He_n(x)$."""

def i0(*args: Any, **kwargs: Any) -> Any:
    """The same as i0."""

def i0e(input: Tensor, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $e^{-|x|} I_0(x)$."""

def i1(input: Tensor, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $I_1(x)$."""

def i1e(input: Tensor, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $e^{-|x|} I_1(x)$."""

def laguerre_polynomial_l(input: Tensor, n: Tensor | Number, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $L_n(x)$."""

def legendre_polynomial_p(input: Tensor, n: Tensor | Number, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $P_n(x)$."""

def log1p(*args: Any, **kwargs: Any) -> Any:
    """The same as log1p."""

def log_ndtr(input: Tensor, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $\\ln \\Phi(x)$."""

def log_softmax(input: Tensor, dim: builtins.int, dtype: Any=None, *, out: Tensor | None=None) -> Tensor:
    """The logarithm of softmax, without overflow: :math:`x_i - \\ln \\sum_j e^{x_j}`."""

def logit(input: Tensor, eps: builtins.float | None=None, *, out: Tensor | None=None) -> Tensor:
    """log(x / (1 - x)), x clamped to [eps, 1 - eps] where eps is given."""

def logsumexp(input: Tensor, dim: builtins.int | Sequence[builtins.int], keepdim: builtins.bool=False, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """log(sum(exp(input))) over dimensions, without overflow."""

def modified_bessel_i0(input: Tensor, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $I_0(x)$."""

def modified_bessel_i1(input: Tensor, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $I_1(x)$."""

def modified_bessel_k0(input: Tensor, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $K_0(x)$."""

def modified_bessel_k1(input: Tensor, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $K_1(x)$."""

def multigammaln(input: Tensor, p: builtins.int, *, out: Tensor | None=None) -> Tensor:
    """The same as mvlgamma."""

def ndtr(input: Tensor, *, out: Tensor | None=None) -> Tensor:
    """The normal distribution function :math:`\\frac12 (1 + \\operatorname{erf}(x / \\sqrt 2))`."""

def ndtri(input: Tensor, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $\\Phi^{-1}(x)$."""

def polygamma(n: builtins.int, input: Tensor, *, out: Tensor | None=None) -> Tensor:
    """The derivative of order n of digamma, :math:`\\psi^{(n)}(x)`."""

def psi(*args: Any, **kwargs: Any) -> Any:
    """The same as digamma."""

def round(*args: Any, **kwargs: Any) -> Any:
    """The same as round."""

def scaled_modified_bessel_k0(input: Tensor, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $e^x K_0(x)$."""

def scaled_modified_bessel_k1(input: Tensor, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $e^x K_1(x)$."""

def shifted_chebyshev_polynomial_t(input: Tensor, n: Tensor | Number, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $T_n(2x - 1)$."""

def shifted_chebyshev_polynomial_u(input: Tensor, n: Tensor | Number, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $U_n(2x - 1)$."""

def shifted_chebyshev_polynomial_v(input: Tensor, n: Tensor | Number, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $V_n(2x - 1)$."""

def shifted_chebyshev_polynomial_w(input: Tensor, n: Tensor | Number, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $W_n(2x - 1)$."""

def sinc(input: Tensor, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $\\frac{\\sin \\pi x}{\\pi x}$."""

def softmax(input: Tensor, dim: builtins.int, dtype: Any=None, *, out: Tensor | None=None) -> Tensor:
    """Positive numbers that add up to 1 along ``dim``: :math:`e^{x_i} / \\sum_j e^{x_j}`."""

def spherical_bessel_j0(input: Tensor, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $\\sin(x) / x$."""

def xlog1py(input: Tensor, other: Tensor | Number, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $x \\ln(1 + y)$."""

def xlogy(*args: Any, **kwargs: Any) -> Any:
    """The same as xlogy."""

def zeta(input: Tensor, other: Tensor | Number, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """Computes $\\sum_{k \\ge 0} (q + k)^{-x}$."""
