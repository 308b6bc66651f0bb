"""Bessel and Airy functions of arrays; how, and from where, says special_math.py."""

from __future__ import annotations

import math

import numpy as np

from .special_math import PI, SQRT2, Array, pieces, series, special

# --- Bessel functions --------------------------------------------------------------------------


def _i_scaled(x: Array, n: int) -> Array:
    """e^-|x| I_n(|x|), for n = 0, 1: 10.40.1 beyond 8."""

    def near(x: Array) -> Array:
        return series("I1E", x) * x if n else series("I0E", x)

    def far(x: Array) -> Array:
        return series("I1E_TAIL" if n else "I0E_TAIL", 8 / x) / np.sqrt(x)

    size = np.abs(x)
    return pieces(size, (size <= 8, near), (size > 8, far))


def _sign(x: Array) -> Array:
    return np.where(x < 0, -1.0, 1.0)


@special("i0e_cpu")
def i0e(x: Array) -> Array:
    """e^-|x| I0(x)."""
    return _i_scaled(x, 0)


@special("i0_vml_cpu")
def i0(x: Array) -> Array:
    """The modified Bessel function of the first kind, of order 0."""
    return np.exp(np.abs(x)) * _i_scaled(x, 0)


@special("i1e_cpu")
def i1e(x: Array) -> Array:
    """e^-|x| I1(x)."""
    return _sign(x) * _i_scaled(x, 1)


@special("i1_cpu")
def i1(x: Array) -> Array:
    """The modified Bessel function of the first kind, of order 1."""
    return _sign(x) * np.exp(np.abs(x)) * _i_scaled(x, 1)


def _k_scaled(x: Array, n: int) -> Array:
    """e^x K_n(x) for x > 0, n = 0, 1: 10.31.2 up to 2, 10.40.2 beyond."""

    def near(x: Array) -> Array:
        log = np.log(x / 2)
        smooth = series("K1" if n else "K0", x * x)
        if n:
            return np.exp(x) * (smooth / x + log * np.exp(x) * _i_scaled(x, 1))
        return np.exp(x) * (smooth - log * np.exp(x) * _i_scaled(x, 0))

    def far(x: Array) -> Array:
        return series("K1E_TAIL" if n else "K0E_TAIL", 2 / x) / np.sqrt(x)

    return pieces(
        x,
        ((x > 0) & (x <= 2), near),
        (x > 2, far),
        (x == 0, lambda x: np.full_like(x, np.inf)),
    )


@special("scaled_modified_bessel_k0_cpu")
def scaled_modified_bessel_k0(x: Array) -> Array:
    """e^x K0(x)."""
    return _k_scaled(x, 0)


@special("scaled_modified_bessel_k1_cpu")
def scaled_modified_bessel_k1(x: Array) -> Array:
    """e^x K1(x)."""
    return _k_scaled(x, 1)


@special("modified_bessel_k0_cpu")
def modified_bessel_k0(x: Array) -> Array:
    """The modified Bessel function of the second kind, of order 0."""
    return np.exp(-x) * _k_scaled(x, 0)


@special("modified_bessel_k1_cpu")
def modified_bessel_k1(x: Array) -> Array:
    """The modified Bessel function of the second kind, of order 1."""
    return np.exp(-x) * _k_scaled(x, 1)


def _wave(x: Array, n: int, second: bool) -> Array:
    """J_n or Y_n beyond 8, as amplitudes of a sine and a cosine: 10.17.3, 10.17.4."""
    u = np.square(8 / x)
    p, q = series(f"P{n}", u), series(f"Q{n}", u) / x
    # cos and sin of x - pi/4 and x - 3 pi/4, without subtracting from x
    sine, cosine = np.sin(x), np.cos(x)
    c, s = (sine + cosine, sine - cosine) if n == 0 else (sine - cosine, -(sine + cosine))
    return (p * s + q * c if second else p * c - q * s) / np.sqrt(PI * x)


def _j(x: Array, n: int) -> Array:
    def near(x: Array) -> Array:
        return x * series("J1", x * x) if n else series("J0", x * x)

    size = np.abs(x)
    return pieces(size, (size <= 8, near), (size > 8, lambda x: _wave(x, n, False)))


def _y(x: Array, n: int) -> Array:
    def near(x: Array) -> Array:  # 10.8.1
        log = 2 / PI * np.log(x)
        if n:
            return x * series("Y1", x * x) + log * _j(x, 1) - 2 / (PI * x)
        return series("Y0", x * x) + log * _j(x, 0)

    return pieces(
        x,
        ((x > 0) & (x <= 8), near),
        (x > 8, lambda x: _wave(x, n, True)),
        (x == 0, lambda x: np.full_like(x, -np.inf)),
    )


@special("bessel_j0_cpu")
def bessel_j0(x: Array) -> Array:
    """The Bessel function of the first kind, of order 0."""
    return _j(x, 0)


@special("bessel_j1_cpu")
def bessel_j1(x: Array) -> Array:
    """The Bessel function of the first kind, of order 1."""
    return _sign(x) * _j(x, 1)


@special("bessel_y0_cpu")
def bessel_y0(x: Array) -> Array:
    """The Bessel function of the second kind, of order 0."""
    return _y(x, 0)


@special("bessel_y1_cpu")
def bessel_y1(x: Array) -> Array:
    """The Bessel function of the second kind, of order 1."""
    return _y(x, 1)


@special("spherical_bessel_j0_cpu")
def spherical_bessel_j0(x: Array) -> Array:
    """sin(x) / x."""
    return np.where(x == 0, 1.0, np.where(np.isinf(x), 0.0, np.sin(x) / x))


@special("airy_ai_cpu")
def airy_ai(x: Array) -> Array:
    """Airy's function Ai: waves left of 0, decay right of it."""

    def wave(x: Array) -> Array:  # 9.7.9
        z = -x
        zeta = 2 / 3 * z * np.sqrt(z)
        u = np.power(4 / z, 3)
        p, q = series("AIRY_P", u), series("AIRY_Q", u) / zeta
        c, s = np.cos(zeta - PI / 4), np.sin(zeta - PI / 4)
        return (p * c + q * s) / (math.sqrt(PI) * np.sqrt(np.sqrt(z)))

    def decay(x: Array) -> Array:  # 9.7.5
        power = x * np.sqrt(x)
        amplitude = series("AIRY_DECAY", 2 * SQRT2 / power)
        return amplitude * np.exp(-2 / 3 * power) / np.sqrt(np.sqrt(x))

    return pieces(
        x,
        ((x < -4) & (x > -np.inf), wave),
        ((x >= -4) & (x <= 2), lambda x: series("AIRY", x)),
        ((x > 2) & (x < np.inf), decay),
    )
