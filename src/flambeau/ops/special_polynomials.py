"""Orthogonal polynomials of each element's own degree, by their recurrences (DLMF 18.9)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .special_math import F64, Array
from .special_math import special as real_function

Step = Callable[[int, Array, Array, Array], Array]  # (k, x, p_(k-1), p_k) -> p_(k+1)


def recurrence(x: Array, n: Array, first: Array, step: Step) -> Array:
    """p_n(x) from p_0 = 1, p_1 = first and a recurrence; 0 for negative degrees."""
    x, n, first = np.broadcast_arrays(x, n, first)
    out = np.where(n < 0, 0.0, np.where(n == 0, 1.0, first))
    before, now = np.ones(x.shape), first
    last = int(n.max()) if n.size else 0
    for k in range(1, last):
        before, now = now, step(k, x, before, now)
        out = np.where(n == k + 1, now, out)
    return out


def _whole(n: Array) -> Array:
    """Degrees, cut to whole numbers."""
    return np.trunc(np.where(np.isnan(n), -1, n))


def chebyshev(x: Array, n: Array, first: Array, wave: Callable[[Array, Array], Array]) -> Array:
    """The four kinds: p_(k+1) = 2 x p_k - p_(k-1). Between -1 and 1 they are trigonometric, which
    needs no recurrence; high degrees are computed so."""
    x, n, first = np.broadcast_arrays(x, _whole(n), first)
    out = np.empty(x.shape)
    angle = (np.abs(x) < 1) & (n > 8)
    out[angle] = wave(np.arccos(x[angle]), n[angle])
    rest = ~angle
    out[rest] = recurrence(x[rest], n[rest], first[rest], lambda k, x, p, q: 2 * x * q - p)
    return np.where(np.isnan(x) & (n > 0), np.nan, out)


def _kind_t(x: Array, n: Array) -> Array:
    return chebyshev(x, n, x, lambda a, n: np.cos(n * a))


def _kind_u(x: Array, n: Array) -> Array:
    return chebyshev(x, n, 2 * x, lambda a, n: np.sin((n + 1) * a) / np.sin(a))


def _kind_v(x: Array, n: Array) -> Array:
    return chebyshev(x, n, 2 * x - 1, lambda a, n: np.cos((n + 0.5) * a) / np.cos(a / 2))


def _kind_w(x: Array, n: Array) -> Array:
    return chebyshev(x, n, 2 * x + 1, lambda a, n: np.sin((n + 0.5) * a) / np.sin(a / 2))


def _hermite_h(x: Array, n: Array) -> Array:
    return recurrence(x, _whole(n), 2 * x, lambda k, x, p, q: 2 * x * q - 2 * k * p)


def _hermite_he(x: Array, n: Array) -> Array:
    return recurrence(x, _whole(n), x, lambda k, x, p, q: x * q - k * p)


def _laguerre(x: Array, n: Array) -> Array:
    return recurrence(
        x, _whole(n), 1 - x, lambda k, x, p, q: ((2 * k + 1 - x) * q - k * p) / (k + 1)
    )


def _legendre(x: Array, n: Array) -> Array:
    return recurrence(x, _whole(n), x, lambda k, x, p, q: ((2 * k + 1) * x * q - k * p) / (k + 1))


FAMILIES: dict[str, tuple[Callable[[Array, Array], Array], str]] = {
    "chebyshev_polynomial_t": (_kind_t, "T_n(x)"),
    "chebyshev_polynomial_u": (_kind_u, "U_n(x)"),
    "chebyshev_polynomial_v": (_kind_v, "V_n(x)"),
    "chebyshev_polynomial_w": (_kind_w, "W_n(x)"),
    "shifted_chebyshev_polynomial_t": (lambda x, n: _kind_t(2 * x - 1, n), "T_n(2x - 1)"),
    "shifted_chebyshev_polynomial_u": (lambda x, n: _kind_u(2 * x - 1, n), "U_n(2x - 1)"),
    "shifted_chebyshev_polynomial_v": (lambda x, n: _kind_v(2 * x - 1, n), "V_n(2x - 1)"),
    "shifted_chebyshev_polynomial_w": (lambda x, n: _kind_w(2 * x - 1, n), "W_n(2x - 1)"),
    "hermite_polynomial_h": (_hermite_h, "H_n(x)"),
    "hermite_polynomial_he": (_hermite_he, "He_n(x)"),
    "laguerre_polynomial_l": (_laguerre, "L_n(x)"),
    "legendre_polynomial_p": (_legendre, "P_n(x)"),
}


def kernel(name: str) -> Callable[[Array, Array], Array]:
    """A family as a function of arrays of any real floating-point type."""
    compute = FAMILIES[name][0]

    def function(x: Array, n: Array) -> Array:
        return compute(np.asarray(x, F64), np.asarray(n, F64))

    function.__name__ = name
    return real_function(name + "_cpu")(function)
