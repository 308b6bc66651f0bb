"""The special functions: a line each, with kernel, derivative and formula.

The kernels are in special_math.py, special_bessel.py and special_polynomials.py, the derivatives
are those of the Digital Library of Mathematical Functions.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..tensor import dtype as D
from ..tensor.tensor import Tensor
from . import special_bessel as _special_bessel  # noqa: F401 (adds its kernels to REAL)
from . import special_math, special_polynomials
from .expressions import ARRAYS
from .expressions import TENSORS as T
from .overloads import into, overloaded
from .table import FLOAT, KEEP, ROWS, composite, op, pointwise

# Expressions call the kernels by the names of their rows, so that derivatives are evaluated on
# arrays and on tensors alike.
_ROW_OF = {"i0e", "i1", "i1e", "ndtri", "log_ndtr", "entr", "erfcx", "zeta", "airy_ai"}
for _name, _kernel in special_math.REAL.items():
    ARRAYS[f"special_{_name}" if _name in _ROW_OF or "bessel" in _name else _name] = _kernel
ARRAYS["_polygamma"] = special_math.polygamma
ARRAYS["_mvlgamma"] = special_math.mvlgamma

# --- gamma functions ---------------------------------------------------------------------------

pointwise("lgamma(input)", "lgamma(input)", {"input": "grad * digamma(input)"}, FLOAT,
          r"\ln |\Gamma(x)|")
pointwise("digamma(input)", "digamma(input)", {"input": "grad * _polygamma(input, 1)"}, FLOAT,
          r"\psi(x) = \frac{d}{dx} \ln \Gamma(x)", where="function method special")
pointwise("_polygamma(input, n: int)", "_polygamma(input, n)",
          {"input": "grad * _polygamma(input, n + 1)"}, FLOAT, r"\psi^{(n)}(x)", where="",
          node="PolygammaBackward0")
pointwise("_mvlgamma(input, p: int)", "_mvlgamma(input, p)",
          {"input": "grad * mvdigamma(input, p)"}, FLOAT, r"\ln \Gamma_p(x)", where="",
          node="MvlgammaBackward0")
pointwise("igamma(input, other)", "igamma(input, other)",
          {"input": "underivable('igamma: input')",
           "other": "grad * gamma_density(input, other)"}, formula="P(a, x)")
pointwise("igammac(input, other)", "igammac(input, other)",
          {"input": "underivable('igammac: input')",
           "other": "-grad * gamma_density(input, other)"}, formula="Q(a, x)")
pointwise("special_zeta(input, other: Tensor | Number)", "special_zeta(input, other)",
          {"input": "underivable('zeta')",
           "other": "-grad * input * special_zeta(input + 1, other)"}, FLOAT,
          r"\sum_{k \ge 0} (q + k)^{-x}", where="special", inplace=False)

# --- error functions ---------------------------------------------------------------------------

pointwise("erfinv(input)", "erfinv(input)",
          {"input": "grad * 0.8862269254527579 * exp(result * result)"}, FLOAT,
          r"\operatorname{erf}^{-1} x", where="function method special")
pointwise("special_erfcx(input)", "special_erfcx(input)",
          {"input": "grad * (2 * input * result - 1.1283791670955126)"}, FLOAT,
          r"e^{x^2} \operatorname{erfc} x", where="special", inplace=False)
pointwise("special_ndtri(input)", "special_ndtri(input)",
          {"input": "grad * 2.5066282746310002 * exp(result * result / 2)"}, FLOAT,
          r"\Phi^{-1}(x)", where="special", inplace=False)
pointwise("special_log_ndtr(input)", "special_log_ndtr(input)",
          {"input": "grad * 0.7978845608028654 / special_erfcx(input * -0.7071067811865476)"},
          FLOAT, r"\ln \Phi(x)", where="special", inplace=False)
pointwise("special_entr(input)", "special_entr(input)", {"input": "grad * (-1 - log(input))"},
          FLOAT, r"-x \ln x", where="special", inplace=False)
pointwise("special_xlog1py(input, other: Tensor | Number)", "xlog1py_of(input, other)",
          {"input": "grad * where((input == 0) & (other <= -1), 0.0, log1p(other))",
           "other": "grad * input / (other + 1)"}, FLOAT, r"x \ln(1 + y)", where="special",
          inplace=False)

# --- Bessel functions --------------------------------------------------------------------------

pointwise("i0(input)", "i0(input)", {"input": "grad * special_i1(input)"}, FLOAT, "I_0(x)")
pointwise("special_i0e(input)", "special_i0e(input)",
          {"input": "grad * (special_i1e(input) - sgn(input) * result)"}, FLOAT,
          r"e^{-|x|} I_0(x)", where="special", inplace=False)
pointwise("special_i1(input)", "special_i1(input)",
          {"input": "grad * (i0(input) - by_argument(result, input, 0.5))"}, FLOAT, "I_1(x)",
          where="special", inplace=False)
pointwise("special_i1e(input)", "special_i1e(input)",
          {"input": "grad * (special_i0e(input) - sgn(input) * result"
                    " - by_argument(result, input, 0.5))"}, FLOAT, r"e^{-|x|} I_1(x)",
          where="special", inplace=False)

_BESSEL = (
    ("bessel_j0", "-special_bessel_j1(input)", "J_0(x)"),
    ("bessel_j1", "special_bessel_j0(input) - by_argument(result, input, 0.5)", "J_1(x)"),
    ("bessel_y0", "-special_bessel_y1(input)", "Y_0(x)"),
    ("bessel_y1", "special_bessel_y0(input) - result / input", "Y_1(x)"),
    ("modified_bessel_k0", "-special_modified_bessel_k1(input)", "K_0(x)"),
    ("modified_bessel_k1", "-special_modified_bessel_k0(input) - result / input", "K_1(x)"),
    ("scaled_modified_bessel_k0", "result - special_scaled_modified_bessel_k1(input)",
     "e^x K_0(x)"),
    ("scaled_modified_bessel_k1",
     "result - special_scaled_modified_bessel_k0(input) - result / input", "e^x K_1(x)"),
    ("spherical_bessel_j0", "by_argument(cos(input) - result, input, 0.0)", r"\sin(x) / x"),
)  # fmt: skip
for _name, _slope, _formula in _BESSEL:
    pointwise(f"special_{_name}(input)", f"special_{_name}(input)",
              {"input": f"grad * ({_slope})"}, FLOAT, _formula, where="special",
              inplace=False)  # fmt: skip
pointwise("special_modified_bessel_i0(input)", "i0(input)",
          {"input": "grad * special_i1(input)"}, FLOAT, "I_0(x)",
          where="special", inplace=False)
pointwise("special_modified_bessel_i1(input)", "special_i1(input)",
          {"input": "grad * (i0(input) - by_argument(result, input, 0.5))"}, FLOAT, "I_1(x)",
          where="special", inplace=False)
pointwise("special_airy_ai(input)", "special_airy_ai(input)", None, FLOAT,
          r"\operatorname{Ai}(x)", where="special", inplace=False)

for _name, (_compute, _formula) in special_polynomials.FAMILIES.items():
    ARRAYS[_name] = special_polynomials.kernel(_name)
    pointwise(f"special_{_name}(input, n: Tensor | Number)", f"{_name}(input, n)", None, FLOAT,
              _formula, where="special", inplace=False)  # fmt: skip

# --- what the derivatives use, on arrays and on tensors ----------------------------------------


def xlog1py_of(x: Any, y: Any) -> np.ndarray:
    """x ln(1 + y), 0 where x is 0 and y is a number."""
    out = np.where(np.equal(x, 0) & ~np.isnan(y), 0, x * np.log1p(y))
    return out.astype(np.result_type(x, y), copy=False)


def gamma_density(a: Any, x: Any) -> Any:
    """x^(a - 1) e^-x / Gamma(a), the derivative of the incomplete gamma function in x."""
    names = T if isinstance(a, Tensor) else ARRAYS
    return names["exp"]((a - 1) * names["log"](x) - x - names["lgamma"](a))


def by_argument(value: Any, x: Any, at_zero: float) -> Any:
    """value / x, and its limit at 0."""
    where = (T if isinstance(x, Tensor) else ARRAYS)["where"]
    return where(x == 0, at_zero, value / where(x == 0, 1.0, x))


def mvdigamma(x: Any, p: int) -> Any:
    """The derivative of ``_mvlgamma``: a sum of digamma functions."""
    digamma = T["digamma"] if isinstance(x, Tensor) else ARRAYS["digamma"]
    total = digamma(x)
    for j in range(1, p):
        total = total + digamma(x - j / 2)
    return total


def underivable(name: str) -> Any:
    """The refusal of a derivative that PyTorch does not have either."""
    raise NotImplementedError(f"the derivative for '{name}' is not implemented.")


ARRAYS["xlog1py_of"] = xlog1py_of
for _function in (gamma_density, by_argument, mvdigamma, underivable):
    ARRAYS[_function.__name__] = T[_function.__name__] = _function

# --- functions with whole numbers as parameters ------------------------------------------------


@composite("function special")
def polygamma(n: int, input: Tensor, *, out: Tensor | None = None) -> Tensor:
    r"""The derivative of order n of digamma, :math:`\psi^{(n)}(x)`."""
    if not isinstance(n, int):
        raise TypeError(
            f"polygamma(): argument 'n' (position 1) must be int, not {type(n).__name__}"
        )
    if n < 0:
        raise RuntimeError("polygamma(n, x) does not support negative n.")
    return into(ROWS["_polygamma"].function(input, n), out, "polygamma")  # type: ignore[misc]


@composite("method", name="polygamma")
def polygamma_method(self: Tensor, n: int) -> Tensor:
    """The derivative of order n of digamma."""
    return polygamma(n, self)


@composite("method")
def polygamma_(self: Tensor, n: int) -> Tensor:
    """The same as polygamma, written into the tensor itself."""
    polygamma(n, self.detach()[:0])  # refuses what n may not be
    return T["_polygamma_"](self, n)


def _check_dimension(input: Tensor, p: int) -> None:
    if p < 1:
        raise RuntimeError("p has to be greater than or equal to 1")


@composite()
@overloaded
def mvlgamma(input: Tensor, p: int, *, out: Tensor | None = None) -> Tensor:
    r"""The logarithm of the multivariate gamma function of dimension p.

    :math:`\frac{p (p - 1)}{4} \ln \pi + \sum_{j=0}^{p-1} \ln \Gamma(x - j / 2)`
    """
    _check_dimension(input, p)
    return into(ROWS["_mvlgamma"].function(input, p), out, "mvlgamma")  # type: ignore[misc]


@composite("method")
def mvlgamma_(self: Tensor, p: int) -> Tensor:
    """The same as mvlgamma, written into the tensor itself."""
    _check_dimension(self, p)
    return T["_mvlgamma_"](self, p)


@composite("special")
@overloaded
def special_ndtr(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    r"""The normal distribution function :math:`\frac12 (1 + \operatorname{erf}(x / \sqrt 2))`."""
    x = input if input.dtype.category >= D.FLOAT else input.to(D.get_default_dtype())
    return into(T["erfc"](x * -math.sqrt(0.5)) * 0.5, out, "special_ndtr")


# --- numbers taken apart -----------------------------------------------------------------------


@op("nan_to_num(input, nan: Number | None = None, posinf: Number | None = None, "
    "neginf: Number | None = None)", inplace=True, rule=KEEP, lowering="pointwise",
    derivative={"input": "grad * isfinite(input)"})  # fmt: skip
def nan_to_num(input: np.ndarray, nan: Any, posinf: Any, neginf: Any) -> np.ndarray:
    """``nan`` (0 by default), ``posinf`` and ``neginf`` (the type's largest numbers) in place of
    what is no number."""
    if input.dtype.kind in "biu":
        return input.copy()
    if input.dtype.kind == "c":
        out = np.empty_like(input)
        out.real = nan_to_num(input.real, nan, posinf, neginf)
        out.imag = nan_to_num(input.imag, nan, posinf, neginf)
        return out
    limits = D.finfo(D.of(input.dtype))
    out = np.array(input)
    out[np.isnan(input)] = 0 if nan is None else nan
    out[input == np.inf] = limits.max if posinf is None else posinf
    out[input == -np.inf] = limits.min if neginf is None else neginf
    return out


@op("frexp(input)", outputs=("mantissa", "exponent"), nondifferentiable=("exponent",),
    derivative={"input": "grad / exp2(exponent).to(grad.dtype)"}, formula=r"x = m 2^e")
def frexp(input: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """m with 1/2 <= |m| < 1 and e with x = m 2^e."""
    if input.dtype.kind in "biuc":
        raise RuntimeError("torch.frexp() only supports floating-point dtypes")
    wide = input.astype(np.float32) if D.of(input.dtype) is D.bfloat16 else input
    mantissa, exponent = np.frexp(wide)
    return np.asarray(mantissa).astype(input.dtype), np.asarray(exponent).astype(np.int32)


# --- the names under special -------------------------------------------------------------------

_ALIASES = {
    "exp2": "exp2", "expm1": "expm1", "log1p": "log1p", "xlogy": "xlogy", "i0": "i0",
    "round": "round", "expit": "sigmoid", "gammaln": "lgamma", "psi": "digamma",
    "gammainc": "igamma", "gammaincc": "igammac",
}  # fmt: skip


def _alias(name: str, row: str) -> None:
    def function(*args: Any, **kwargs: Any) -> Any:
        return T[row](*args, **kwargs)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"The same as {row}."
    composite("special", name=f"special_{name}")(function)


for _name, _row in _ALIASES.items():
    _alias(_name, _row)


@composite("special", name="special_multigammaln")
@overloaded
def multigammaln(input: Tensor, p: int, *, out: Tensor | None = None) -> Tensor:
    """The same as mvlgamma."""
    return mvlgamma(input, p, out=out)


@composite()
def logit_(self: Tensor, eps: float | None = None) -> Tensor:
    """The same as logit, written into the tensor itself."""
    return self.copy_(T["logit"](self, eps))
