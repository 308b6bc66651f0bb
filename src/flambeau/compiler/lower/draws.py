"""Random draws: from the default generator's own state, in the order in which eager draws."""

from __future__ import annotations

import math

import numpy as np

from ...tensor.generator import default_generator
from ..expressions import FLOAT32, FLOAT64
from ..memory import View
from ..recorder import Call
from .builder import Builder, NotHere, lowering

STATE, WAITING = "m[2]", "m[3]"  # the default generator's state, and its waiting normal number
NORMAL = {FLOAT32: "fl_normal_float", FLOAT64: "fl_normal_double"}
UNIFORM = {FLOAT32: "fl_uniform_float", FLOAT64: "fl_uniform_double"}


def _own_generator(generator: object) -> None:
    if generator is not None and generator is not default_generator:
        raise NotHere("another generator")


def _bernoulli(b: Builder, out: View, p: float, one: float) -> None:
    """``one`` with probability p, else 0."""
    if not out.is_contiguous() or out.dtype not in UNIFORM or not 0 <= p <= 1:
        raise NotHere("a draw of another kind")
    bits = int(np.array(one, out.dtype).view(f"u{out.dtype.itemsize}"))
    args = (STATE, out, out.size, float(p), out.dtype.itemsize, f"UINT64_C({bits})")
    b.native_call("fl_bernoulli", args, (), (out,), effect=True)


@lowering("_keep")
def keep(b: Builder, call: Call) -> None:
    """Dropout's mask: 1, or 1 / (1 - p), with probability 1 - p."""
    like, shape, p, scaled = call.args
    if shape is None and not like.is_contiguous():
        raise NotHere("a mask in another layout")
    out = call.results[0]
    one = 1.0
    if scaled:
        wide = out.dtype.type
        one = float(wide(1) / wide(1 - p))
    _bernoulli(b, out, 1 - p, one)


@lowering("bernoulli_")
def bernoulli_(b: Builder, call: Call) -> None:
    out, p, generator = call.args
    _own_generator(generator)
    if not isinstance(p, float):
        raise NotHere("a tensor of probabilities")
    _bernoulli(b, out, p, 1.0)


@lowering("uniform_")
def uniform_(b: Builder, call: Call) -> None:
    out, low, high, generator = call.args
    _own_generator(generator)
    if not out.is_contiguous() or out.dtype not in UNIFORM:
        raise NotHere("a draw of another kind")
    if not (math.isfinite(low) and math.isfinite(high) and low <= high):
        raise NotHere("a range of another kind")
    args = (STATE, out, out.size, float(low), float(high))
    b.native_call(UNIFORM[out.dtype], args, (), (out,), effect=True)


@lowering("normal_")
def normal_(b: Builder, call: Call) -> None:
    out, mean, std, generator = call.args
    _own_generator(generator)
    if not out.is_contiguous() or out.dtype not in NORMAL or not std >= 0:
        raise NotHere("a draw of another kind")
    args = (STATE, WAITING, out, out.size, float(mean), float(std), 1)
    b.native_call(NORMAL[out.dtype], args, (), (out,), effect=True)
