"""The special functions as functions of arrays.

They are computed in double precision, element by element in pieces of the real line, each with the
series that suits it: Chebyshev series (the tables of special_tables.py), asymptotic series and
recurrences. The identities are those of the Digital Library of Mathematical Functions (DLMF),
https://dlmf.nist.gov, whose numbers the comments give.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ..tensor import dtype as D
from .array_functions import erf, erfc

Array = np.ndarray
ARRAY = (np.ndarray, np.generic)  # NumPy makes scalars of what has no dimensions
F64 = np.float64
PI = math.pi
SQRT2 = math.sqrt(2)
REAL: dict[str, Callable] = {}  # the functions here, by name, for the operator table

# --- what all of them share --------------------------------------------------------------------


CHUNK = 1 << 16  # elements that are computed together: what they need stays in the cache


def special(kernel: str) -> Callable[[Callable], Callable]:
    """Makes a function of float64 arrays one of arrays of any real floating-point type.

    ``kernel`` is the name in PyTorch's refusal of complex numbers.
    """

    def decorate(function: Callable) -> Callable:
        @functools.wraps(function)
        def call(*args: Any) -> Array:
            first = next(a for a in args if isinstance(a, ARRAY))
            if first.dtype.kind == "c":
                raise NotImplementedError(
                    f"\"{kernel}\" not implemented for '{D.of(first.dtype).title}'"
                )
            with np.errstate(all="ignore"):
                return _in_chunks(function, args, first.dtype)

        REAL[function.__name__] = call
        return call

    return decorate


def _in_chunks(function: Callable, args: tuple, dtype: np.dtype) -> Array:
    """The function's values, computed in double precision, a part of the elements at a time."""
    places = [i for i, a in enumerate(args) if isinstance(a, ARRAY)]
    shape = np.broadcast_shapes(*[args[i].shape for i in places])
    out = np.empty(shape, dtype)
    if out.size <= CHUNK:
        wide = [np.asarray(a, F64) if isinstance(a, ARRAY) else a for a in args]
        out[...] = function(*wide)
        return out
    flat = {i: np.broadcast_to(args[i], shape).reshape(-1) for i in places}
    results = out.reshape(-1)
    for start in range(0, out.size, CHUNK):
        part = slice(start, start + CHUNK)
        wide = [flat[i][part].astype(F64) if i in flat else a for i, a in enumerate(args)]
        results[part] = function(*wide)
    return out


def table(name: str) -> tuple:
    """A Chebyshev series; the tables are read on first use."""
    from . import special_tables

    return getattr(special_tables, name)


def series(name: str, x: Array) -> Array:
    """A table's Chebyshev series at ``x``, by Clenshaw's recurrence."""
    (low, high), coefficients = table(name)
    t = (x - (low + high) / 2) * (2 / (high - low))
    twice = 2 * t
    one = np.zeros_like(t)
    two = np.zeros_like(t)
    for c in coefficients[:0:-1]:
        now = twice * one
        now -= two
        now += c
        two, one = one, now
    return t * one - two + coefficients[0]


def pieces(x: Array, *cases: tuple[Array, Callable[[Array], Array]]) -> Array:
    """Each function where its condition holds; nan elsewhere. A NumPy scalar becomes an array."""
    out = np.full(x.shape, np.nan)
    for condition, function in cases:
        if condition.all():
            return function(x)
        if condition.any():
            out[condition] = function(x[condition])
    return out


def to_whole(x: Array) -> Array:
    """The distance to the nearest whole number, with sign: keeps sin(pi x) exact for large x."""
    return x - np.rint(x)


# --- the gamma function and its relatives ------------------------------------------------------


def _lgamma_positive(x: Array) -> Array:
    def near_zero(x: Array) -> Array:  # ln Gamma(x) = ln Gamma(1 + x) - ln x: 5.5.1
        return x * (x - 1) * series("LGAMMA", 1 + x) - np.log(x)

    def middle(x: Array) -> Array:
        return (x - 1) * (x - 2) * series("LGAMMA", x)

    def far(x: Array) -> Array:  # Stirling's formula: 5.11.1
        return (
            (x - 0.5) * np.log(x)
            - x
            + math.log(2 * PI) / 2
            + series("LGAMMA_TAIL", np.square(3 / x)) / x
        )

    return pieces(
        x,
        (x < 1, near_zero),
        ((x >= 1) & (x < 3), middle),
        ((x >= 3) & (x < np.inf), far),
        (x == np.inf, lambda x: x),
    )


@special("lgamma_vml_cpu")
def lgamma(x: Array) -> Array:
    """ln |Gamma(x)|."""

    def reflected(x: Array) -> Array:  # 5.5.3
        return np.log(PI / np.abs(np.sin(PI * to_whole(x)))) - _lgamma_positive(1 - x)

    pole = (x <= 0) & (x == np.floor(x))
    return pieces(
        x,
        (x > 0, _lgamma_positive),
        (pole, lambda x: np.full_like(x, np.inf)),
        ((x < 0) & ~pole, reflected),
    )


def _digamma_positive(x: Array) -> Array:
    high, low = table("DIGAMMA_ZERO")

    def near_zero(x: Array) -> Array:  # 5.5.2
        return (1 + x - high) * series("DIGAMMA", 1 + x) - 1 / x

    def middle(x: Array) -> Array:
        return ((x - high) - low) * series("DIGAMMA", x)

    def far(x: Array) -> Array:  # 5.11.2
        return np.log(x) - 0.5 / x - series("DIGAMMA_TAIL", np.square(3 / x)) / np.square(x)

    return pieces(x, (x < 1, near_zero), ((x >= 1) & (x < 3), middle), (x >= 3, far))


@special("digamma")
def digamma(x: Array) -> Array:
    """The derivative of ln Gamma(x)."""

    def reflected(x: Array) -> Array:  # 5.5.4
        return _digamma_positive(1 - x) - PI / np.tan(PI * to_whole(x))

    return pieces(
        x,
        (x > 0, _digamma_positive),
        (x == 0, lambda x: np.copysign(np.inf, -x)),
        ((x < 0) & (x != np.floor(x)), reflected),
    )


# Bernoulli's numbers B_2k by (2k)!, for the Euler-Maclaurin sum
_BERNOULLI = tuple(
    b / math.factorial(2 * k + 2)
    for k, b in enumerate(
        (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510, 43867 / 798,
         -174611 / 330, 854513 / 138, -236364091 / 2730)
    )
)  # fmt: skip
_TERMS = 10  # summed one by one, before the rest is estimated


def _hurwitz(s: Array, q: Array) -> Array:
    """The sum of (q + k)^-s for q > 0, s > 1, by Euler and Maclaurin: 25.11.5."""
    total = np.power(q, -s)
    for k in range(1, _TERMS):
        total = total + np.power(q + k, -s)
    a = q + _TERMS
    power = np.power(a, -s)
    total = total + power * a / (s - 1) + power / 2
    factor, power = s, power / a
    for k, b in enumerate(_BERNOULLI):
        total = total + np.where(power == 0, 0, b * factor * power)
        factor = factor * (s + 2 * k + 1) * (s + 2 * k + 2)
        power = power / np.square(a)
    return total


@special("zeta_cpu")
def zeta(s: Array, q: Array) -> Array:
    """Hurwitz's zeta function, the sum of (q + k)^-s over k = 0, 1, …"""
    s, q = np.broadcast_arrays(s, q)
    out = np.full(s.shape, np.nan)
    out[s == 1] = np.inf
    plain = (s > 1) & (q > 0) & (q < np.inf)
    out[plain] = _hurwitz(s[plain], q[plain])
    left = (s > 1) & (q <= 0)
    whole = q == np.floor(q)
    out[left & whole] = np.inf
    # The sum over all whole numbers has period 1 in q; what lies left of q is taken off again.
    apart = left & ~whole & (s == np.floor(s))
    if apart.any():
        s, q = s[apart], q[apart]
        f = q - np.floor(q)
        sign = np.where(s % 2 == 0, 1.0, -1.0)
        value = _hurwitz(s, f) + sign * (_hurwitz(s, 1 - f) - _hurwitz(s, 1 - q))
        out[apart] = np.where(np.isnan(value), np.inf, value)
    return out


def _trigamma(x: Array) -> Array:
    def right(x: Array) -> Array:
        return np.where(x == np.inf, 0, _hurwitz(np.full_like(x, 2.0), x))

    def reflected(x: Array) -> Array:  # 5.15.6
        return np.square(PI / np.sin(PI * to_whole(x))) - right(1 - x)

    return pieces(x, (x > 0, right), ((x <= 0) & (x > -np.inf), reflected))


@special("polygamma")
def polygamma(x: Array, n: int) -> Array:
    """The derivative of order n + 1 of ln Gamma(x): (-1)^(n + 1) n! zeta(n + 1, x), 5.15.1."""
    if n == 0:
        return digamma(x)
    if n == 1:
        return _trigamma(x)
    sign = 1.0 if n % 2 else -1.0
    size = math.exp(math.lgamma(n + 1)) if n < 170 else np.inf
    return sign * size * zeta(np.full_like(x, n + 1.0), x)


@special("mvlgamma")
def mvlgamma(x: Array, p: int) -> Array:
    """The logarithm of the multivariate gamma function of dimension p."""
    total = np.full_like(x, p * (p - 1) / 4 * math.log(PI))
    for j in range(p):
        total = total + lgamma(x - j / 2)
    return total


# --- incomplete gamma functions ----------------------------------------------------------------


def _prefactor(a: Array, x: Array) -> Array:
    """x^a e^-x / Gamma(a + 1)."""
    return np.exp(a * np.log(x) - x - lgamma(a + 1))


def _lower_series(a: Array, x: Array) -> Array:
    """P(a, x), for x up to about a: 8.11.4."""
    term = np.ones_like(x)
    total = np.ones_like(x)
    for n in range(1, 2000):
        term = term * x / (a + n)
        total = total + term
        if (term <= total * 1e-17).all():
            break
    return _prefactor(a, x) * total


def _upper_fraction(a: Array, x: Array) -> Array:
    """Q(a, x), for x beyond a: Lentz's evaluation of the continued fraction 8.9.2."""
    tiny = 1e-300
    b = x + 1 - a
    c = np.full_like(x, 1 / tiny)
    d = 1 / b
    h = d.copy()
    for n in range(1, 2000):
        an = -n * (n - a)
        b = b + 2
        d = an * d + b
        d = 1 / np.where(np.abs(d) < tiny, tiny, d)
        c = b + an / c
        c = np.where(np.abs(c) < tiny, tiny, c)
        step = d * c
        h = h * step
        if (np.abs(step - 1) < 1e-16).all():
            break
    return _prefactor(a, x) * a * h


def _upper_small(a: Array, x: Array) -> Array:
    """Q(a, x) for small a and x, without cancellation: 8.7.1."""
    log = a * np.log(x) - lgamma(a + 1)
    term = np.ones_like(x)
    total = np.zeros_like(x)
    for n in range(1, 40):
        term = -term * x / n
        total = total + term / (a + n)
    return -np.expm1(log) - np.exp(log) * a * total


@functools.cache
def _nodes() -> tuple[Array, Array]:
    return np.polynomial.legendre.leggauss(64)


def _log_less_linear(u: Array) -> Array:
    """ln(1 + u) - u, without cancellation for small u."""
    small = np.where(np.abs(u) < 0.1, u, 0.0)
    total = np.zeros_like(u)
    for k in range(18, 1, -1):
        total = small * (total + (-1) ** (k + 1) / k)
    return np.where(np.abs(u) < 0.1, small * total, np.log1p(u) - u)


def _upper_integral(a: Array, x: Array) -> tuple[Array, Array]:
    """For large a the integral from x to where the integrand vanishes, and on which side it is.

    With t = m (1 + u), m = a - 1, the integrand is e^(m (ln(1 + u) - u)), and Gamma(a) is given by
    Stirling's formula: a rounding error does not grow with a.
    """
    m = a - 1
    width = 1 / np.sqrt(m)
    start = x / m - 1
    right = start > 0
    end = np.where(right, start + 12 * width, np.maximum(-1.0, start - 12 * width))
    nodes, weights = _nodes()
    half = (end - start) / 2
    u = start[:, None] + half[:, None] * (1 + nodes)
    log = _log_less_linear(np.maximum(u, -1.0))
    area = (np.exp(m[:, None] * log) * weights).sum(-1) * half * m
    # ln Gamma(m + 1) - (m ln m - m) = ln(2 pi m) / 2 + 1 / 12m - …: 5.11.1
    tail = series("LGAMMA_TAIL", np.square(3 / a)) / a
    log_gamma = (m + 0.5) * np.log1p(1 / m) - 1 + tail + 0.5 * np.log(2 * PI * m)
    return np.abs(area) * np.exp(-log_gamma), right


def _incomplete(a: Array, x: Array, upper: bool) -> Array:
    """P or Q where a and x are positive and finite."""
    out = np.empty_like(x)
    large = a > 100
    small = ~large & (x < 1.1) & (a < 1)
    below = ~large & ~small & (x < a + 1)
    rest = ~(large | small | below)
    for which, function, gives_upper in (
        (small, _upper_small if upper else _lower_series, upper),
        (below, _lower_series, False),
        (rest, _upper_fraction, True),
    ):
        if which.any():
            value = function(a[which], x[which])
            out[which] = value if gives_upper is upper else 1 - value
    if large.any():
        value, right = _upper_integral(a[large], x[large])
        out[large] = np.where(right == upper, value, 1 - value)
    return out


def _incomplete_gamma(a: Array, x: Array, upper: bool) -> Array:
    a, x = np.broadcast_arrays(a, x)
    one, zero = (0.0, 1.0) if upper else (1.0, 0.0)
    out = np.full(a.shape, np.nan)
    good = (a > 0) & (x > 0) & (a < np.inf) & (x < np.inf)
    out[good] = _incomplete(a[good], x[good], upper)
    out[(a == 0) & (x > 0)] = one
    out[(a > 0) & (a < np.inf) & (x == np.inf)] = one
    out[(a == np.inf) & ((x >= 0) & (x < np.inf) | np.isnan(x))] = zero
    out[(a > 0) & (x == 0)] = zero
    return out


@special("igamma")
def igamma(a: Array, x: Array) -> Array:
    """The regularised lower incomplete gamma function P(a, x)."""
    return _incomplete_gamma(a, x, False)


@special("igammac")
def igammac(a: Array, x: Array) -> Array:
    """The regularised upper incomplete gamma function Q(a, x) = 1 - P(a, x)."""
    return _incomplete_gamma(a, x, True)


# --- the error function's relatives ------------------------------------------------------------


def _quantile(q: Array, p: Array) -> Array:
    """The normal quantile, from the distance q to 1/2 and the distance p to the nearer end."""
    out = np.full(q.shape, np.nan)
    center = np.abs(q) <= 0.42
    if center.any():
        inner = q[center]
        out[center] = inner * series("QUANTILE_CENTRAL", inner * inner)
    outside = ~center & (p > 0)
    if outside.any():
        r = np.sqrt(-2 * np.log(p[outside]))
        size = pieces(
            r,
            (r < 6.5, lambda r: r * series("QUANTILE_MIDDLE", r)),
            (r >= 6.5, lambda r: r * series("QUANTILE_FAR", 6.5 / r)),
        )
        out[outside] = np.copysign(size, q[outside])
    ends = p == 0
    out[ends] = np.copysign(np.inf, q[ends])
    return out


@special("ndtri_cpu")
def ndtri(p: Array) -> Array:
    """The normal quantile: x with ndtr(x) = p."""
    return _quantile(p - 0.5, np.minimum(p, 1 - p))


@special("erfinv_vml_cpu")
def erfinv(y: Array) -> Array:
    """The inverse of erf: inf at 1, nan beyond."""
    return _quantile(y / 2, (1 - np.abs(y)) / 2) / SQRT2


def _erfcx(x: Array) -> Array:
    def right(x: Array) -> Array:
        t = np.where(x == np.inf, 1.0, (x - 3.75) / (x + 3.75))
        return series("ERFCX", t) / (1 + 2 * x)

    def left(x: Array) -> Array:
        return np.where(x < -26.7, np.inf, 2 * np.exp(x * x) - right(-x))

    return pieces(x, (x >= 0, right), (x < 0, left))


@special("erfcx_cpu")
def erfcx(x: Array) -> Array:
    """e^(x^2) erfc(x), which does not vanish for large x."""
    return _erfcx(x)


@special("log_ndtr_cpu")
def log_ndtr(x: Array) -> Array:
    """The logarithm of the normal distribution function."""
    return pieces(
        x,
        (x < -1, lambda x: np.log(_erfcx(-x / SQRT2) / 2) - x * x / 2),
        (x >= -1, lambda x: np.log1p(-erfc(x / SQRT2) / 2)),
    )


@special("erf_vml_cpu")
def ndtr(x: Array) -> Array:
    """The normal distribution function (1 + erf(x / sqrt 2)) / 2."""
    return pieces(
        x,
        (np.abs(x) < 1, lambda x: 0.5 + erf(x / SQRT2) / 2),
        (np.abs(x) >= 1, lambda x: erfc(-x / SQRT2) / 2),
    )


@special("entr_cpu")
def entr(x: Array) -> Array:
    """-x ln x; 0 at 0, -inf below."""
    return pieces(
        x,
        (x > 0, lambda x: -x * np.log(x)),
        (x == 0, np.zeros_like),
        (x < 0, lambda x: np.full_like(x, -np.inf)),
    )
