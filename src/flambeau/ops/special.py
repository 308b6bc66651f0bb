"""Special functions beyond the error function."""

from __future__ import annotations

import math

import numpy as np

from .array_functions import erf, erfc
from .expressions import ARRAYS
from .table import FLOAT, pointwise


def erfinv(y: np.ndarray) -> np.ndarray:
    """The inverse of the error function: inf at 1, nan beyond.

    A guess by S. Winitzki, "A handy approximation for the error function and its inverse" (2008),
    refined by Halley's method in double precision.
    """
    target = y.astype(np.float64)
    inside = np.abs(target) < 1
    t = np.where(inside, target, 0.0)
    far = np.abs(t) > 0.5
    rest = 1 - np.abs(t)  # exact where it matters: there erfc keeps what erf would lose
    log = np.log(rest * (1 + np.abs(t)))
    half = 2 / (math.pi * 0.147) + log / 2
    x = np.sqrt(np.sqrt(half * half - log / 0.147) - half)
    for _ in range(3):
        error = np.where(far, rest - erfc(x), erf(x) - np.abs(t))
        step = error / (2 / math.sqrt(math.pi) * np.exp(-x * x))
        x = x - step / (1 + x * step)
    x = np.copysign(x, t)
    beyond = np.where(np.abs(target) == 1, np.copysign(np.inf, target), np.nan)
    return np.where(inside, x, beyond).astype(y.dtype)


ARRAYS["erfinv"] = erfinv

pointwise("erfinv(input)", "erfinv(input)",
          {"input": "grad * 0.8862269254527579 * exp(result * result)"}, FLOAT,
          r"\operatorname{erf}^{-1} x", where="function method special")  # fmt: skip
