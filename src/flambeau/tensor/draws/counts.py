"""Poisson numbers, whose making takes an unforeseeable number of uniforms."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from .common import KINDS, Array, cast, not_implemented, unit64

if TYPE_CHECKING:
    from ..generator import Generator

_BLOCK = 512


class _Tape:
    """float64 uniforms one by one; those that were not used go back to the generator."""

    def __init__(self, gen: Generator) -> None:
        self.gen, self.start = gen, gen.get_state_array()
        self.block: list[float] = []
        self.used = 0

    def __call__(self) -> float:
        position = self.used % _BLOCK
        if not position:
            self.block = unit64(self.gen, _BLOCK).tolist()
        self.used += 1
        return self.block[position]

    def finish(self) -> None:
        self.gen.set_state_array(self.start)
        self.gen.raw64(self.used)


def poisson(gen: Generator, rates: Array) -> Array:
    """Numbers of events, each with its expected number ``rates`` (>= 0); of the rates' dtype.

    Raises RuntimeError for negative rates.
    """
    if not KINDS[rates.dtype].digits:
        raise not_implemented("poisson_cpu", rates.dtype)
    tape = _Tape(gen)
    try:
        counts = [_poisson(rate, tape) for rate in rates.reshape(-1).astype(np.float64).tolist()]
    finally:
        tape.finish()
    return cast(np.array(counts, np.float64), rates.dtype).reshape(rates.shape)


def _poisson(rate: float, uniform: Callable[[], float]) -> int:
    if not rate >= 0.0:
        raise RuntimeError("invalid Poisson rate, expected rate to be non-negative")
    if rate >= 10.0:
        return _poisson_by_rejection(rate, uniform)
    if rate == 0.0:
        return 0
    count, product, limit = 0, uniform(), math.exp(-rate)
    while product > limit:  # the product of how many uniforms stays above exp(-rate)?
        count += 1
        product *= uniform()
    return count


def _poisson_by_rejection(rate: float, uniform: Callable[[], float]) -> int:
    """Hoermann's transformed rejection (PTRS, 1993), for rates of 10 and more."""
    b = 0.931 + 2.53 * math.sqrt(rate)
    a = -0.059 + 0.02483 * b
    inverse_alpha = 1.1239 + 1.1328 / (b - 3.4)
    accepted_at_once = 0.9277 - 3.6224 / (b - 2.0)
    while True:
        u = uniform() - 0.5
        v = uniform()
        tail = 0.5 - abs(u)
        k = math.floor((2.0 * a / tail + b) * u + rate + 0.43) if tail > 0.0 else -1
        if tail >= 0.07 and v <= accepted_at_once:
            return k
        if k < 0 or (tail < 0.013 and v > tail):
            continue
        log_v = math.log(v) if v > 0.0 else -math.inf
        weight = log_v + math.log(inverse_alpha) - math.log(a / (tail * tail) + b)
        if weight <= -rate + k * math.log(rate) - math.lgamma(k + 1.0):
            return k
