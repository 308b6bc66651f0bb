#!/usr/bin/env python3
"""Computes src/flambeau/ops/special_tables.py: Chebyshev series of special functions.

Each row below names a function of one variable on an interval, chosen so that it is smooth there:
a special function with its singularities, zeros or growth divided out, in a variable that brings
infinity to 0. Its Chebyshev coefficients are computed with mpmath to 40 digits and cut where they
no longer change a double. Needs mpmath: ``python scripts/make_special_tables.py``.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import mpmath as mp

mp.mp.dps = 40
NODES = 72
TARGET = Path(__file__).parent.parent / "src" / "flambeau" / "ops" / "special_tables.py"

ZERO = mp.findroot(mp.digamma, 1.46)  # the positive zero of digamma


def stirling(x):
    return (x - 0.5) * mp.log(x) - x + mp.log(2 * mp.pi) / 2


def normal_quantile(p):
    """x with Phi(x) = p, for p < 1/2, by Newton's method on the logarithm."""
    x = -mp.sqrt(-2 * mp.log(p))
    for _ in range(60):
        phi = mp.erfc(-x / mp.sqrt(2)) / 2
        slope = mp.exp(-x * x / 2) / mp.sqrt(2 * mp.pi) / phi
        step = (mp.log(phi) - mp.log(p)) / slope
        x -= step
        if abs(step) < mp.mpf(10) ** -36:
            break
    return x


def central(v):
    """The normal quantile at 1/2 + q, divided by q; v = q^2."""
    q = mp.sqrt(v)
    return mp.sqrt(2) * mp.erfinv(2 * q) / q


def tail(r):
    """The normal quantile at p = exp(-r^2 / 2), divided by -r."""
    return -normal_quantile(mp.exp(-r * r / 2)) / r


def hankel(order, which):
    """Amplitudes of J and Y: J = sqrt(2 / pi x) (P cos c - Q sin c), c = x - (2 n + 1) pi / 4."""

    def function(u):
        x = 8 / mp.sqrt(u)
        c = x - (2 * order + 1) * mp.pi / 4
        j, y = mp.besselj(order, x), mp.bessely(order, x)
        scale = mp.sqrt(mp.pi * x / 2)
        if which == "p":
            return scale * (j * mp.cos(c) + y * mp.sin(c))
        return scale * (y * mp.cos(c) - j * mp.sin(c)) * x

    return function


def airy_wave(which):
    """Amplitudes of Ai at -z = -4 / u^(1/3)."""

    def function(u):
        z = 4 / mp.cbrt(u)
        zeta = 2 * z ** mp.mpf(1.5) / 3
        c = zeta - mp.pi / 4
        a, b = mp.airyai(-z), mp.airybi(-z)
        scale = mp.sqrt(mp.pi) * mp.sqrt(mp.sqrt(z))
        if which == "p":
            return scale * (a * mp.cos(c) - b * mp.sin(c))
        return scale * (a * mp.sin(c) + b * mp.cos(c)) * zeta

    return function


def airy_decay(u):
    x = 2 / mp.cbrt(u) ** 2
    zeta = 2 * x ** mp.mpf(1.5) / 3
    return mp.airyai(x) * mp.exp(zeta) * mp.sqrt(mp.sqrt(x))


def erfcx(x):
    return mp.exp(x * x) * mp.erfc(x)


def erfcx_all(t):
    x = mp.mpf(3.75) * (1 + t) / (1 - t)
    return (1 + 2 * x) * erfcx(x)


def i_(n, x):
    return mp.besseli(n, x)


def k_(n, x):
    return mp.besselk(n, x)


def j_(n, x):
    return mp.besselj(n, x)


def y_(n, x):
    return mp.bessely(n, x)


# name: (what it is, first and last argument, function)
FITS: dict[str, tuple[str, float, float, Callable]] = {
    "LGAMMA": ("ln Gamma(x) / ((x - 1) (x - 2))", 1, 3,
               lambda x: mp.loggamma(x) / ((x - 1) * (x - 2))),
    "LGAMMA_TAIL": ("x (ln Gamma(x) - Stirling's formula), u = (3 / x)^2", 0, 1,
                    lambda u: (mp.loggamma(3 / mp.sqrt(u)) - stirling(3 / mp.sqrt(u)))
                    * 3 / mp.sqrt(u)),
    "DIGAMMA": ("digamma(x) / (x - zero)", 1, 3, lambda x: mp.digamma(x) / (x - ZERO)),
    "DIGAMMA_TAIL": ("x^2 (ln x - 1 / 2x - digamma(x)), u = (3 / x)^2", 0, 1,
                     lambda u: (mp.log(3 / mp.sqrt(u)) - mp.sqrt(u) / 6
                                - mp.digamma(3 / mp.sqrt(u))) * 9 / u),
    "QUANTILE_CENTRAL": ("normal quantile at 1/2 + q, by q; v = q^2", 0, 0.18, central),
    "QUANTILE_MIDDLE": ("normal quantile at exp(-r^2 / 2), by -r", 2.2, 6.5, tail),
    "QUANTILE_FAR": ("normal quantile at exp(-r^2 / 2), by -r; s = 6.5 / r", 0.16, 1,
                     lambda s: tail(6.5 / s)),
    "ERFCX": ("(1 + 2x) erfcx(x), t = (x - 3.75) / (x + 3.75)", -1, 1, erfcx_all),
    "I0E": ("exp(-x) I0(x)", 0, 8, lambda x: mp.exp(-x) * i_(0, x)),
    "I0E_TAIL": ("sqrt(x) exp(-x) I0(x), u = 8 / x", 0, 1,
                 lambda u: mp.sqrt(8 / u) * mp.exp(-8 / u) * i_(0, 8 / u)),
    "I1E": ("exp(-x) I1(x) / x", 0, 8, lambda x: mp.exp(-x) * i_(1, x) / x),
    "I1E_TAIL": ("sqrt(x) exp(-x) I1(x), u = 8 / x", 0, 1,
                 lambda u: mp.sqrt(8 / u) * mp.exp(-8 / u) * i_(1, 8 / u)),
    "K0": ("K0(x) + ln(x / 2) I0(x), v = x^2", 0, 4,
           lambda v: k_(0, mp.sqrt(v)) + mp.log(mp.sqrt(v) / 2) * i_(0, mp.sqrt(v))),
    "K0E_TAIL": ("sqrt(x) exp(x) K0(x), u = 2 / x", 0, 1,
                 lambda u: mp.sqrt(2 / u) * mp.exp(2 / u) * k_(0, 2 / u)),
    "K1": ("x (K1(x) - ln(x / 2) I1(x)), v = x^2", 0, 4,
           lambda v: mp.sqrt(v) * (k_(1, mp.sqrt(v))
                                   - mp.log(mp.sqrt(v) / 2) * i_(1, mp.sqrt(v)))),
    "K1E_TAIL": ("sqrt(x) exp(x) K1(x), u = 2 / x", 0, 1,
                 lambda u: mp.sqrt(2 / u) * mp.exp(2 / u) * k_(1, 2 / u)),
    "J0": ("J0(x), v = x^2", 0, 64, lambda v: j_(0, mp.sqrt(v))),
    "J1": ("J1(x) / x, v = x^2", 0, 64, lambda v: j_(1, mp.sqrt(v)) / mp.sqrt(v)),
    "Y0": ("Y0(x) - 2 / pi ln(x) J0(x), v = x^2", 0, 64,
           lambda v: y_(0, mp.sqrt(v)) - mp.log(v) / mp.pi * j_(0, mp.sqrt(v))),
    "Y1": ("(Y1(x) - 2 / pi (ln(x) J1(x) - 1 / x)) / x, v = x^2", 0, 64,
           lambda v: (y_(1, mp.sqrt(v)) - mp.log(v) / mp.pi * j_(1, mp.sqrt(v))
                      + 2 / (mp.pi * mp.sqrt(v))) / mp.sqrt(v)),
    "P0": ("P of order 0, u = (8 / x)^2", 0, 1, hankel(0, "p")),
    "Q0": ("x Q of order 0, u = (8 / x)^2", 0, 1, hankel(0, "q")),
    "P1": ("P of order 1, u = (8 / x)^2", 0, 1, hankel(1, "p")),
    "Q1": ("x Q of order 1, u = (8 / x)^2", 0, 1, hankel(1, "q")),
    "AIRY": ("Ai(x)", -4, 2, lambda x: mp.airyai(x)),
    "AIRY_DECAY": ("x^(1/4) exp(2/3 x^(3/2)) Ai(x), u = (2 / x)^(3/2)", 0, 1, airy_decay),
    "AIRY_P": ("P of Ai(-z), u = (4 / z)^3", 0, 1, airy_wave("p")),
    "AIRY_Q": ("2/3 z^(3/2) Q of Ai(-z), u = (4 / z)^3", 0, 1, airy_wave("q")),
}  # fmt: skip


def chebyshev(function: Callable, low: float, high: float) -> list[float]:
    """The coefficients on [low, high], from the values at Chebyshev's nodes."""
    low, high = mp.mpf(str(low)), mp.mpf(str(high))
    angles = [(k + mp.mpf(1) / 2) * mp.pi / NODES for k in range(NODES)]
    values = [function((high + low) / 2 + (high - low) / 2 * mp.cos(a)) for a in angles]
    out = []
    for j in range(NODES):
        c = 2 * mp.fsum(v * mp.cos(j * a) for v, a in zip(values, angles, strict=True)) / NODES
        out.append(c)
    out[0] /= 2
    largest = max(abs(c) for c in out)
    while len(out) > 1 and abs(out[-1]) < largest * mp.mpf("2e-18"):
        out.pop()
    return [float(c) for c in out]


def main() -> None:
    high = float(ZERO)
    lines = [
        '"""Chebyshev series of special functions; made by scripts/make_special_tables.py.',
        "",
        "Each table is the function that its comment names, with the interval of its variable",
        'first and then the coefficients."""',
        "",
        f"DIGAMMA_ZERO = ({high!r}, {float(ZERO - mp.mpf(high))!r})  # in two parts",
    ]
    for name, (what, low, high, function) in FITS.items():
        coefficients = chebyshev(function, low, high)
        print(name, len(coefficients), coefficients[-1])
        lines += ["", f"# {what}", f"{name} = ("]
        lines += [f"    ({float(low)!r}, {float(high)!r}),", "    ("]
        for i in range(0, len(coefficients), 3):
            lines.append("        " + " ".join(f"{c!r}," for c in coefficients[i : i + 3]))
        lines += ["    ),", ")"]
    lines[-1] += "  # fmt: skip"
    TARGET.write_text("\n".join(lines).replace("\n)\n", "\n)  # fmt: skip\n") + "\n")


if __name__ == "__main__":
    main()
