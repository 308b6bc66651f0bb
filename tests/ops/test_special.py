"""Special functions: known values, functional equations, and derivatives."""

from __future__ import annotations

import math

import numpy as np
import pytest

import flambeau as fl
from flambeau.autograd import gradcheck, gradgradcheck

S = fl.special
INF, NAN = math.inf, math.nan


def line(low: float, high: float, n: int = 41) -> fl.Tensor:
    return fl.linspace(low, high, n, dtype=fl.float64)


def close(a, b, rtol=1e-12, atol=0.0) -> None:
    np.testing.assert_allclose(np.asarray(a), np.asarray(b), rtol=rtol, atol=atol)


# --- values from Abramowitz and Stegun, "Handbook of Mathematical Functions", and the DLMF ------

VALUES = [
    (S.gammaln, 0.5, math.log(math.pi) / 2), (S.gammaln, 100.0, math.lgamma(100)),
    (S.gammaln, -2.5, math.lgamma(-2.5)), (S.gammaln, 1e-30, math.lgamma(1e-30)),
    (S.digamma, 1.0, -0.5772156649015329), (S.digamma, 0.5, -1.9635100260214235),
    (S.digamma, -0.5, 0.03648997397857652), (S.i0, 1.0, 1.2660658777520084),
    (S.i1, 1.0, 0.5651591039924851), (S.i0e, 20.0, 0.0897803118848),
    (S.modified_bessel_k0, 1.0, 0.42102443824070834),
    (S.modified_bessel_k1, 1.0, 0.6019072301972346), (S.bessel_j0, 1.0, 0.7651976865579666),
    (S.bessel_j1, 1.0, 0.44005058574493355), (S.bessel_y0, 1.0, 0.08825696421567697),
    (S.bessel_y1, 1.0, -0.7812128213002887), (S.bessel_j0, 50.0, 0.05581232766925181),
    (S.airy_ai, 0.0, 0.3550280538878172), (S.airy_ai, 1.0, 0.1352924163128814),
    (S.airy_ai, -10.0, 0.04024123848644319), (S.erfcx, 1.0, 0.427583576155807),
    (S.erfcx, 1000.0, 0.0005641893014533877), (S.ndtri, 0.975, 1.959963984540054),
    (S.log_ndtr, -30.0, -454.32124395634), (S.entr, 0.5, math.log(2) / 2),
]  # fmt: skip


@pytest.mark.parametrize("function, x, expected", VALUES)
def test_known_values(function, x, expected):
    close(function(fl.tensor(x, dtype=fl.float64)), expected, rtol=1e-11)
    small = function(fl.tensor([x], dtype=fl.float32))
    assert small.dtype is fl.float32
    close(small, [np.float32(expected)], rtol=1e-5)


# --- functional equations -----------------------------------------------------------------------


def test_gamma_functions_step_by_one():
    x = fl.cat((line(-4.7, -0.3), line(0.1, 12), line(20, 3000)))
    close(S.gammaln(x + 1), S.gammaln(x) + x.abs().log(), atol=1e-12)
    close(S.digamma(x + 1), S.digamma(x) + 1 / x, atol=1e-12)
    for n in (1, 2, 5):
        step = (-1) ** n * math.factorial(n) * x ** (-n - 1)
        close(fl.polygamma(n, x + 1), fl.polygamma(n, x) + step, rtol=1e-8, atol=1e-11)


def test_zeta():
    s = fl.tensor([2.0, 4.0, 1.5], dtype=fl.float64)
    one = fl.ones(3, dtype=fl.float64)
    close(S.zeta(s, one), [math.pi**2 / 6, math.pi**4 / 90, 2.612375348685488])
    q = fl.tensor([-2.5, -0.25, 0.3, 7.0], dtype=fl.float64)
    close(S.zeta(fl.tensor(3.0, dtype=fl.float64), q) - q**-3.0,
          S.zeta(fl.tensor(3.0, dtype=fl.float64), q + 1), rtol=1e-10)  # fmt: skip
    edges = S.zeta(fl.tensor([1.0, 0.5, 2.0, 2.5]), fl.tensor([1.0, 1.0, -1.0, -0.5]))
    assert edges[0] == INF and edges[1].isnan() and edges[2] == INF and edges[3].isnan()


def test_multivariate_gamma():
    x = line(2, 9)
    expected = math.log(math.pi) / 2 + S.gammaln(x) + S.gammaln(x - 0.5)
    close(fl.mvlgamma(x, 2), expected)
    with pytest.raises(RuntimeError, match="p has to be greater"):
        fl.mvlgamma(x, 0)


def test_incomplete_gamma_functions():
    a = fl.tensor([0.01, 0.5, 1.0, 3.0, 50.0, 99.0, 101.0, 1e4, 1e8], dtype=fl.float64)
    for ratio in (0.2, 0.9, 1.0, 1.1, 3.0):
        x = a * ratio
        close(fl.igamma(a, x) + fl.igammac(a, x), np.ones(9))
        term = (a * x.log() - x - fl.lgamma(a + 1)).exp()
        close(fl.igamma(a + 1, x), fl.igamma(a, x) - term, rtol=1e-7, atol=1e-9)
    x = line(0, 20)
    close(fl.igamma(fl.ones_like(x), x), 1 - (-x).exp(), rtol=1e-12, atol=1e-15)
    assert fl.igamma(fl.tensor([0.0, 1.0, -1.0]), fl.tensor([1.0, 0.0, 1.0])).tolist()[:2] == [1, 0]


def test_error_functions_are_inverses():
    p = fl.cat((line(0.001, 0.999), fl.tensor([1e-300, 1e-10], dtype=fl.float64)))
    close(S.ndtr(S.ndtri(p)), p, rtol=1e-10)
    y = fl.cat((line(-0.99, 0.99), 1 - 10 ** line(-15, -2)))
    close(fl.erf(fl.erfinv(y)), y, rtol=1e-13, atol=1e-16)
    x = line(-5, 5)
    close(S.erfcx(x), (x * x).exp() * fl.erfc(x), rtol=1e-11)
    close(S.log_ndtr(x).exp(), S.ndtr(x), rtol=1e-11)
    ends = fl.erfinv(fl.tensor([1.0, -1.0, 1.5, 0.0]))
    assert ends[:2].tolist() == [INF, -INF] and ends[2].isnan() and ends[3] == 0


def test_bessel_functions_have_their_wronskians():
    x = fl.cat((line(0.05, 8), line(8.1, 60)))
    j = S.bessel_j1(x) * S.bessel_y0(x) - S.bessel_j0(x) * S.bessel_y1(x)
    close(j, 2 / (math.pi * x), rtol=1e-12)
    i = S.i0e(x) * S.scaled_modified_bessel_k1(x) + S.i1e(x) * S.scaled_modified_bessel_k0(x)
    close(i, 1 / x, rtol=1e-12)
    close(S.modified_bessel_i0(x[:41]), S.i0(x[:41]))
    close(S.i1(-x[:41]), -S.i1(x[:41]))
    close(S.spherical_bessel_j0(x), fl.sin(x) / x)


def test_airys_equation():
    x = fl.cat((line(-20, -4.2), line(-3.9, 1.9), line(2.1, 8)))
    h = 1e-3
    second = (S.airy_ai(x + h) - 2 * S.airy_ai(x) + S.airy_ai(x - h)) / h**2
    close(second, x * S.airy_ai(x), rtol=1e-4, atol=1e-5)


def test_orthogonal_polynomials():
    x, a = line(-1, 1), line(0.01, math.pi - 0.01)
    for n in (0, 1, 2, 7, 30):
        degree = fl.full_like(x, n)
        c = a.cos()
        close(S.chebyshev_polynomial_t(c, degree), (n * a).cos(), atol=1e-11)
        close(S.chebyshev_polynomial_u(c, n), ((n + 1) * a).sin() / a.sin(), atol=1e-9)
        close(S.chebyshev_polynomial_v(c, n), ((n + 0.5) * a).cos() / (a / 2).cos(), atol=1e-9)
        close(S.chebyshev_polynomial_w(c, n), ((n + 0.5) * a).sin() / (a / 2).sin(), atol=1e-9)
        close(S.shifted_chebyshev_polynomial_t((x + 1) / 2, n),
              S.chebyshev_polynomial_t(x, n), atol=1e-10)  # fmt: skip
    modules = {
        "hermite_polynomial_h": np.polynomial.Hermite,
        "hermite_polynomial_he": np.polynomial.HermiteE,
        "laguerre_polynomial_l": np.polynomial.Laguerre,
        "legendre_polynomial_p": np.polynomial.Legendre,
    }
    for name, family in modules.items():
        for n in (0, 1, 4, 9):
            close(getattr(S, name)(x, n), family.basis(n)(x.numpy()), rtol=1e-10, atol=1e-10)
        assert getattr(S, name)(x, -1).tolist() == [0.0] * 41
    mixed = S.legendre_polynomial_p(fl.tensor(0.5), fl.tensor([0, 1, 2]))
    close(mixed, [1, 0.5, -0.125])


# --- edges, types ---------------------------------------------------------------------------------


def test_edges():
    x = fl.tensor([0.0, INF, -INF, NAN, -1.0])
    cases = {
        fl.lgamma: [INF, INF, INF, NAN, INF], fl.digamma: [-INF, INF, NAN, NAN, NAN],
        S.i0e: [1, 0, 0, NAN, 0.46575961], S.entr: [0, -INF, -INF, NAN, -INF],
        S.bessel_y0: [-INF, NAN, NAN, NAN, NAN], S.modified_bessel_k0: [INF, 0, NAN, NAN, NAN],
        S.erfcx: [1, 0, INF, NAN, 5.00898008], S.ndtri: [-INF, NAN, NAN, NAN, NAN],
        S.spherical_bessel_j0: [1, 0, 0, NAN, 0.84147098],
    }  # fmt: skip
    for function, expected in cases.items():
        close(function(x), expected, rtol=1e-6)


def test_integers_halves_and_complex_numbers():
    assert fl.lgamma(fl.tensor([1, 2])).dtype is fl.float32
    assert fl.digamma(fl.tensor([0.5]).half()).dtype is fl.float16
    assert S.i0e(fl.tensor([0.5]).bfloat16()).dtype is fl.bfloat16
    with pytest.raises(NotImplementedError, match="\"digamma\" not implemented for 'ComplexFloat'"):
        fl.digamma(fl.tensor([1j]))
    with pytest.raises(RuntimeError, match="does not support negative n"):
        fl.polygamma(-1, fl.ones(2))


def test_nan_to_num():
    x = fl.tensor([NAN, INF, -INF, 2.0])
    largest = fl.finfo(fl.float32).max
    assert fl.nan_to_num(x).tolist() == [0.0, largest, -largest, 2.0]
    assert fl.nan_to_num(x, 1.0, 5.0, -5.0).tolist() == [1.0, 5.0, -5.0, 2.0]
    x.nan_to_num_(posinf=3.0)
    assert x.tolist() == [0.0, 3.0, -largest, 2.0]
    assert fl.nan_to_num(fl.tensor([1, 2])).tolist() == [1, 2]


def test_frexp():
    x = fl.tensor([0.0, 1.0, -12.5, 0.1])
    mantissa, exponent = fl.frexp(x)
    assert exponent.dtype is fl.int32
    assert (mantissa * 2.0**exponent).tolist() == x.tolist()
    assert bool(((mantissa.abs() >= 0.5) | (x == 0)).all())
    with pytest.raises(RuntimeError, match="only supports floating-point"):
        fl.frexp(fl.tensor([1]))


def test_names_under_special():
    x = fl.tensor([0.25, 0.5])
    pairs = {
        "gammaln": "lgamma", "psi": "digamma", "expit": "sigmoid", "exp2": "exp2",
        "expm1": "expm1", "log1p": "log1p", "round": "round", "logit": "logit", "sinc": "sinc",
    }  # fmt: skip
    for name, other in pairs.items():
        assert getattr(S, name)(x).tolist() == getattr(fl, other)(x).tolist()
    assert S.gammainc(x, x).tolist() == fl.igamma(x, x).tolist()
    assert S.multigammaln(x + 2, 2).tolist() == fl.mvlgamma(x + 2, 2).tolist()


# --- derivatives ----------------------------------------------------------------------------------

DERIVATIVES = {
    "gammaln": (-3.2, 4), "digamma": (0.2, 4), "erfinv": (-0.9, 0.9), "erfcx": (-2, 3),
    "ndtri": (0.1, 0.9), "ndtr": (-2, 2), "log_ndtr": (-5, 3), "entr": (0.1, 3), "i0": (-3, 3.1),
    "i0e": (-3, 3.1), "i1": (-3, 3.1), "i1e": (-3, 3.1), "bessel_j0": (0.1, 20),
    "bessel_j1": (0.1, 20), "bessel_y0": (0.1, 20), "bessel_y1": (0.1, 20),
    "modified_bessel_i0": (0.1, 4), "modified_bessel_i1": (0.1, 4), "modified_bessel_k0": (0.1, 4),
    "modified_bessel_k1": (0.1, 4), "scaled_modified_bessel_k0": (0.1, 4),
    "scaled_modified_bessel_k1": (0.1, 4), "spherical_bessel_j0": (0.1, 4),
}  # fmt: skip


@pytest.mark.parametrize("name", DERIVATIVES)
def test_derivatives(name):
    x = line(*DERIVATIVES[name], 6).requires_grad_()
    assert gradcheck(getattr(S, name), [x])
    assert gradgradcheck(getattr(S, name), [x])


def test_derivatives_of_two_arguments():
    x, y = line(0.6, 3.1, 5).requires_grad_(), line(1.2, 4, 5).requires_grad_()
    a = fl.tensor(2.5, dtype=fl.float64)
    for function, inputs in (
        (lambda x: fl.polygamma(2, x), [x]),
        (lambda x: fl.mvlgamma(x + 1, 2), [x]),
        (lambda q: S.zeta(a, q), [x]),
        (S.xlog1py, [x, y]),
        (lambda y: fl.igamma(a, y), [y]),
        (lambda y: fl.igammac(a, y), [y]),
        (lambda x: fl.frexp(x)[0], [x]),
        (fl.nan_to_num, [x]),
    ):
        assert gradcheck(function, inputs)
    with pytest.raises(NotImplementedError, match="'igamma: input' is not implemented"):
        fl.igamma(x, y).sum().backward()


def test_slopes_at_zero():
    for name, slope in (("i0e", 0.0), ("i1", 0.5), ("i1e", 0.5), ("bessel_j1", 0.5)):
        x = fl.zeros(1, requires_grad=True)
        getattr(S, name)(x).backward()
        assert x.grad.item() == slope
