"""Draws in C, where the runtime library is at hand: the same numbers, sooner.

Each function fills a C-contiguous array and tells whether it did. It does not where there is no
runtime, and a program that draws little never waits for one: the library is used once something
else has loaded it, looked for on disk after some draws, and built only for very many numbers.
"""

from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING, Any

import numpy as np

from .common import FLOAT32, FLOAT64, Array, DType

if TYPE_CHECKING:
    from ..generator import Generator

_A_CALL = 100  # what a call costs, counted in numbers
_ENOUGH_TO_LOAD = 20_000  # numbers in all that are worth the milliseconds of loading
_ENOUGH_TO_BUILD = 50_000_000  # and the seconds of building
_SHORT = 1 << 16  # draws of fewer numbers do not let other threads in
_LIBRARY = "flambeau.backends.native.library"
_ANY = "fl_uniform_float"  # where it is, the others are

_NAMES = {FLOAT32: "float", FLOAT64: "double"}
_ONES: dict[DType, tuple[int, int]] = {}  # itemsize and the bits of 1

_runtime: Any = None
_held: Any = None  # the same library, without giving up Python's lock
_address: Any = None  # of an array's data
_numbers: float = 0  # drawn without the library so far


def is_native() -> bool:
    """Whether draws are made in C by now."""
    return _runtime is not None


def uniform(gen: Generator, out: Array, low: float, high: float) -> bool:
    name = _NAMES.get(out.dtype)
    return name is not None and _fill("fl_uniform_" + name, gen, out, low, high)


def normal(gen: Generator, out: Array, mean: float, std: float, blocks: bool) -> bool:
    name = _NAMES.get(out.dtype)
    if name is None or (library := _library(out.size)) is None:
        return False
    state, waiting = gen.addresses
    with gen.lock:
        call = getattr(library, "fl_normal_" + name)
        call(state, waiting, _address(out), out.size, mean, std, blocks)
    return True


def exponential(gen: Generator, out: Array, rate: float) -> bool:
    name = _NAMES.get(out.dtype)
    return name is not None and _fill("fl_exponential_" + name, gen, out, rate)


def bernoulli(gen: Generator, out: Array, p: float) -> bool:
    if out.dtype not in _ONES:
        size = out.itemsize
        one = int(np.ones((), out.dtype).view(f"u{size}"))
        _ONES[out.dtype] = size, one
    return _fill("fl_bernoulli", gen, out, p, *_ONES[out.dtype])


def integers(gen: Generator, out: Array, low: int, span: int, wide: bool) -> bool:
    """int64 only; span is at most 2**64."""
    return _fill("fl_randint", gen, out, low, span & 0xFFFFFFFFFFFFFFFF, wide)


def randperm(gen: Generator, out: Array) -> bool:
    """int64 only."""
    return _fill("fl_randperm", gen, out)


def _fill(name: str, gen: Generator, out: Array, *arguments: Any) -> bool:
    library = _library(out.size)
    if library is None:
        return False
    with gen.lock:
        getattr(library, name)(gen.addresses[0], _address(out), out.size, *arguments)
    return True


def _library(count: int) -> Any:
    if _runtime is None and not _found(count):
        return None
    return _held if count < _SHORT else _runtime


def _found(count: int) -> bool:
    global _numbers, _runtime, _held, _address
    _numbers += count + _A_CALL
    if _numbers < _ENOUGH_TO_LOAD and _LIBRARY not in sys.modules:
        return False
    from ...backends.native import library

    if _numbers < _ENOUGH_TO_LOAD:
        found = library.loaded(_ANY)
    elif _numbers < _ENOUGH_TO_BUILD:
        found = library.available(_ANY)
    else:
        found = library.runtime(_ANY)
        if found is None:
            _numbers = -math.inf
    if found is None:
        return False
    _runtime, _held = found, library.held()
    _address = library.address
    return True
