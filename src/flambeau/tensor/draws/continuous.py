"""Uniform, normal and other continuous distributions, and the geometric one."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from . import native
from .boxmuller import box_muller
from .common import (
    BOOL,
    CHUNK,
    FLOAT64,
    KINDS,
    REAL,
    Array,
    DType,
    Kind,
    Shape,
    cast,
    fill,
    fused,
    not_implemented,
    unit32,
    unit64,
)

if TYPE_CHECKING:
    from ..generator import Generator


_TWO_PI = 2.0 * math.pi
_BLOCK = 16  # normal numbers are made sixteen at a time
_NORMAL_CHUNK = 32768  # their many small steps want longer pieces than CHUNK


def uniform(
    gen: Generator,
    shape: Shape,
    np_dtype: DType,
    low: float = 0.0,
    high: float = 1.0,
    out: Array | None = None,
) -> Array:
    """Uniform numbers in [low, high); complex numbers have both parts uniform.

    ``out``, a C-contiguous array of this shape and dtype, may serve as the result.
    Raises RuntimeError where ``low > high`` or a bound does not fit the dtype.
    """
    np_dtype = np.dtype(np_dtype)
    if np_dtype in REAL:
        return _as_complex(uniform(gen, (*shape, 2), REAL[np_dtype], low, high), np_dtype)
    kind = KINDS[np_dtype]
    if not kind.digits:
        raise not_implemented("check_uniform_bounds", np_dtype)
    low, high = float(low), float(high)
    _check_uniform(kind, low, high)
    out = np.empty(shape, np_dtype) if out is None else out
    if native.uniform(gen, out, low, high):
        return out
    count = math.prod(shape)
    if low == 0.0 and high == 1.0 and np_dtype.itemsize > 2:
        unit = unit64 if np_dtype == FLOAT64 else unit32
        return unit(gen, count).reshape(shape)
    if count <= CHUNK:
        return _between(gen, count, np_dtype, low, high).reshape(shape)
    return fill(count, np_dtype, lambda n: _between(gen, n, np_dtype, low, high)).reshape(shape)


def _between(gen: Generator, count: int, np_dtype: DType, low: float, high: float) -> Array:
    if np_dtype == FLOAT64:
        values = fused(unit64(gen, count), high - low, low)
    else:  # float32 arithmetic, and the 16-bit types are rounded to afterwards
        first, last = np.float32(low), np.float32(high)
        values = unit32(gen, count) * np.float64(last - first)
        values += first
        values = cast(values.astype(np.float32), np_dtype)
    values[values == np_dtype.type(high)] = low
    return values


def _check_uniform(kind: Kind, low: float, high: float) -> None:
    for name, bound in (("from", low), ("to", high)):
        if not kind.low <= bound <= kind.high:
            raise RuntimeError(f"{name} is out of bounds for {kind.cpp}")
    if low > high:
        raise RuntimeError(
            f"uniform_ expects to return a [from, to) range, but found from={low:g} > to={high:g}"
        )
    if high - low > kind.high:
        raise RuntimeError(
            f"uniform_ expects to-from <= std::numeric_limits<{kind.name}>::max(), but found "
            f"to={high:g} and from={low:g} which result in to-from to exceed the limit"
        )


def _as_complex(pairs: Array, np_dtype: DType) -> Array:
    return pairs.view(np_dtype).reshape(pairs.shape[:-1])


def normal(
    gen: Generator,
    shape: Shape,
    np_dtype: DType,
    mean: float = 0.0,
    std: float = 1.0,
    *,
    blocks: bool = True,
    out: Array | None = None,
) -> Array:
    """Normal numbers; each part of a complex one has this mean and half of the variance.

    ``blocks=False`` draws them in pairs however many there are: PyTorch's way for a tensor that
    is not contiguous. ``out``, a C-contiguous array of this shape and dtype, may serve as the
    result. Raises RuntimeError where ``std`` is negative.
    """
    np_dtype = np.dtype(np_dtype)
    if not std >= 0.0:
        raise RuntimeError(f"normal expects std >= 0.0, but found std {std:g}")
    if np_dtype in REAL:
        part = std / math.sqrt(2.0)
        pairs = normal(gen, (*shape, 2), REAL[np_dtype], mean, part, blocks=blocks)
        return _as_complex(pairs, np_dtype)
    if not KINDS[np_dtype].digits:
        raise not_implemented("normal_kernel_cpu", np_dtype)
    out = np.empty(shape, np_dtype) if out is None else out
    if native.normal(gen, out, float(mean), float(std), blocks):
        return out
    count = math.prod(shape)
    if blocks and count >= _BLOCK:
        return _normal_blocks(gen, count, np_dtype, float(mean), float(std)).reshape(shape)
    return cast(_normal_pairs(gen, count, float(mean), float(std)), np_dtype).reshape(shape)


def _normal_pairs(gen: Generator, count: int, mean: float, std: float) -> Array:
    """``count`` float64 normals, two from each pair of uniforms; an odd one is kept."""
    if count == 0:
        return np.empty(0)
    waiting, gen.second_normal = gen.second_normal, None
    standard: list[float] = [] if waiting is None else [waiting]
    missing = count - len(standard)
    unit = unit64(gen, missing + missing % 2)
    if missing <= _BLOCK:  # a handful: the C library's functions cost less than NumPy's calls
        words = unit.tolist()
        for u1, u2 in zip(words[0::2], words[1::2], strict=True):
            r, angle = math.sqrt(-2.0 * math.log1p(-u2)), _TWO_PI * u1
            standard += [r * math.cos(angle), r * math.sin(angle)]
        if missing % 2:
            gen.second_normal = standard.pop()
        return fused(np.array(standard), std, mean)
    radius, angles = np.sqrt(-2.0 * np.log1p(-unit[1::2])), _TWO_PI * unit[0::2]
    pairs = np.stack([radius * np.cos(angles), radius * np.sin(angles)], axis=-1).reshape(-1)
    if missing % 2:
        gen.second_normal = float(pairs[-1])
    return fused(np.concatenate([standard, pairs[:missing]]), std, mean)


def _normal_blocks(gen: Generator, count: int, np_dtype: DType, mean: float, std: float) -> Array:
    """``count`` >= 16 normals: Box-Muller on blocks of 16 uniforms.

    Where the blocks do not come out even, the last 16 numbers are drawn afresh.
    """
    unit, transform = (unit64, _box_muller64) if np_dtype == FLOAT64 else (unit32, box_muller)
    out = np.empty(count, np_dtype)
    rest = count % _BLOCK
    whole = count - rest
    skipped = rest if np_dtype.itemsize > 2 else 0  # these fill all with uniforms first
    for start in range(0, whole, _NORMAL_CHUNK):
        stop = min(start + _NORMAL_CHUNK, whole)
        if not rest or stop < whole:
            out[start:stop] = transform(unit(gen, stop - start), mean, std)
            continue
        size = stop - start  # the last full blocks and the one drawn afresh in one go
        uniforms = unit(gen, size + skipped + _BLOCK)
        normals = transform(
            np.concatenate([uniforms[:size], uniforms[size + skipped :]]), mean, std
        )
        out[start:stop] = normals[:size]
        out[-_BLOCK:] = normals[size:]
    return out


def _box_muller64(unit: Array, mean: float, std: float) -> Array:
    blocks = unit.reshape(-1, 2, 8)
    radius, angle = np.sqrt(-2.0 * np.log(1.0 - blocks[:, 0])), _TWO_PI * blocks[:, 1]
    pairs = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
    return fused(pairs, std, mean).reshape(-1)


def exponential(
    gen: Generator, shape: Shape, np_dtype: DType, rate: float = 1.0, out: Array | None = None
) -> Array:
    """Exponential numbers, density ``rate * exp(-rate * x)``. RuntimeError unless rate > 0.

    ``out``, a C-contiguous array of this shape and dtype, may serve as the result.
    """
    np_dtype = np.dtype(np_dtype)
    if not rate > 0.0:
        raise RuntimeError(f"exponential_ expects lambda > 0.0, but found lambda={rate:g}")
    _check_continuous("Exponential", np_dtype, KINDS[np_dtype].name)
    out = np.empty(shape, np_dtype) if out is None else out
    if native.exponential(gen, out, rate):
        return out
    return _from_unit64(gen, shape, np_dtype, lambda unit: -1.0 / rate * np.log1p(-unit))


def cauchy(
    gen: Generator,
    shape: Shape,
    np_dtype: DType,
    median: float = 0.0,
    sigma: float = 1.0,
) -> Array:
    """Cauchy numbers around ``median`` with half-width ``sigma``. RuntimeError unless sigma > 0."""
    np_dtype = np.dtype(np_dtype)
    if not sigma > 0.0:
        raise RuntimeError(f"cauchy_ expects sigma > 0.0, but found sigma={sigma:g}")
    _check_continuous("Cauchy", np_dtype, KINDS[np_dtype].cpp)
    return _from_unit64(
        gen, shape, np_dtype, lambda unit: fused(np.tan(math.pi * (unit - 0.5)), sigma, median)
    )


def log_normal(
    gen: Generator, shape: Shape, np_dtype: DType, mean: float = 1.0, std: float = 2.0
) -> Array:
    """``exp`` of normal numbers with this mean and standard deviation (> 0)."""
    np_dtype = np.dtype(np_dtype)
    if not std > 0.0:
        raise RuntimeError(f"log_normal_ expects std > 0.0, but found std={std:g}")
    if not KINDS[np_dtype].digits:
        raise not_implemented("log_normal_cpu", np_dtype)
    normals = _normal_pairs(gen, math.prod(shape), float(mean), float(std))
    with np.errstate(over="ignore"):
        return cast(np.exp(normals), np_dtype).reshape(shape)


def geometric(gen: Generator, shape: Shape, np_dtype: DType, p: float) -> Array:
    """The trial that succeeds first, 1 or more, where each does with probability ``p``.

    Raises RuntimeError unless 0 < p < 1.
    """
    np_dtype = np.dtype(np_dtype)
    if not 0.0 < p < 1.0:
        raise RuntimeError(f"geometric_ expects p to be in (0, 1), but got p={p:g}")
    if np_dtype in REAL or np_dtype == BOOL:
        raise not_implemented("geometric_cpu", np_dtype)
    failure = math.log1p(-p)
    return _from_unit64(gen, shape, np_dtype, lambda unit: np.ceil(np.log(unit) / failure))


def _from_unit64(
    gen: Generator, shape: Shape, np_dtype: DType, function: Callable[[Array], Array]
) -> Array:
    count = math.prod(shape)
    with np.errstate(divide="ignore"):
        if count <= CHUNK:
            return cast(function(unit64(gen, count)), np_dtype).reshape(shape)
        values = fill(count, np_dtype, lambda n: cast(function(unit64(gen, n)), np_dtype))
        return values.reshape(shape)


def _check_continuous(distribution: str, np_dtype: DType, shown: str) -> None:
    if not KINDS[np_dtype].digits:
        raise RuntimeError(
            f"{distribution} distribution is a continuous probability distribution. "
            f"dtype must be a floating point but you specified {shown}"
        )
