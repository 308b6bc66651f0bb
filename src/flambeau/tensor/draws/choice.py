"""Draws with given probabilities: yes or no, and which of several."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from . import native
from .common import (
    CHUNK,
    FLOAT32,
    FLOAT64,
    KINDS,
    REAL,
    Array,
    DType,
    Shape,
    bits53,
    fill,
    not_implemented,
    unit32,
    unit64,
)
from .continuous import exponential

if TYPE_CHECKING:
    from ..generator import Generator


def bernoulli(
    gen: Generator,
    p: float | Array,
    shape: Shape | None = None,
    np_dtype: DType | None = None,
    out: Array | None = None,
) -> Array:
    """1 with probability ``p``, else 0.

    ``p`` is a number, then ``shape`` and ``np_dtype`` say what to draw; or a floating-point
    array of probabilities, which is broadcast to ``shape`` (its own by default) and whose dtype
    is the result's by default. ``out``, a C-contiguous array of the shape and dtype, may serve as
    the result for one probability. Raises RuntimeError for probabilities outside [0, 1].
    """
    if isinstance(p, np.ndarray):
        return _bernoulli_array(gen, p, p.shape if shape is None else shape, np_dtype)
    if shape is None or np_dtype is None:
        raise TypeError("bernoulli with one probability needs a shape and a dtype")
    if not 0.0 <= p <= 1.0:
        raise RuntimeError(f"bernoulli_ expects p to be in [0, 1], but got p={p:g}")
    np_dtype = np.dtype(np_dtype)
    if np_dtype in REAL:
        raise not_implemented("bernoulli_scalar_cpu_", np_dtype)
    out = np.empty(shape, np_dtype) if out is None else out
    if native.bernoulli(gen, out, p):
        return out
    below = np.array(math.ceil(p * 2.0**53), np.uint64)  # k * 2**-53 < p, told by k alone
    count = math.prod(shape)
    if count <= CHUNK:
        return (bits53(gen, count) < below).astype(np_dtype, copy=False).reshape(shape)
    return fill(count, np_dtype, lambda n: bits53(gen, n) < below).reshape(shape)


def _bernoulli_array(gen: Generator, p: Array, shape: Shape, np_dtype: DType | None) -> Array:
    np_dtype = p.dtype if np_dtype is None else np.dtype(np_dtype)
    if np_dtype in REAL:
        raise not_implemented("bernoulli_tensor_cpu_self_", np_dtype)
    if not KINDS[p.dtype].digits:
        raise not_implemented("bernoulli_tensor_cpu_p_", p.dtype)
    if not ((p >= 0) & (p <= 1)).all():
        raise RuntimeError("Expected p_in >= 0 && p_in <= 1 to be true, but got false.")
    if p.dtype == FLOAT64:
        unit = unit64(gen, math.prod(shape))
    else:
        unit, p = unit32(gen, math.prod(shape)), p.astype(np.float32, copy=False)
    return (unit.reshape(shape) < p).astype(np_dtype)


def multinomial(
    gen: Generator, weights: Array, num_samples: int, replacement: bool = False
) -> Array:
    """Indices drawn with probabilities proportional to ``weights``, one row of them per row.

    ``weights`` has shape (n,) or (rows, n), the result (num_samples,) or (rows, num_samples),
    int64. Without replacement (and for a single sample) the largest of
    ``weights / exponential`` win; with it the summed weights are searched. Two 16-bit weights
    that draw equal quotients may come out in another order than in PyTorch.

    Raises RuntimeError for weights that are negative, not finite or sum to 0, and for more
    samples than there are weights.
    """
    _check_multinomial(weights, num_samples, replacement)
    rows = weights if weights.ndim == 2 else weights[np.newaxis]
    shape = (*weights.shape[:-1], num_samples)
    if rows.shape[0] == 0:
        return np.empty(shape, np.int64)
    if replacement and num_samples > 1:
        return _with_replacement(gen, rows, num_samples).reshape(shape)
    if not (rows.max() < np.inf and rows.min() >= 0):  # not-a-number fails the second
        raise RuntimeError("probability tensor contains either `inf`, `nan` or element < 0")
    if (rows.sum(axis=1, dtype=np.float64) == 0).any():
        raise RuntimeError("invalid multinomial distribution (sum of probabilities <= 0)")
    with np.errstate(divide="ignore", invalid="ignore"):
        quotient = rows / exponential(gen, rows.shape, rows.dtype)
    if num_samples == 1:
        return quotient.argmax(axis=1).reshape(shape)
    order = np.argsort(-quotient, axis=1, kind="stable")
    return np.ascontiguousarray(order[:, :num_samples]).reshape(shape)


def _with_replacement(gen: Generator, rows: Array, num_samples: int) -> Array:
    if not (rows >= 0).all():
        raise RuntimeError("invalid multinomial distribution (encountering probability entry < 0)")
    if not np.isfinite(rows).all():
        raise RuntimeError(
            "invalid multinomial distribution (encountering probability entry = infinity or NaN)"
        )
    # NumPy adds 1, 2, 3, ... terms one after the other here, as PyTorch does
    width = rows.dtype if rows.dtype == FLOAT64 else FLOAT32
    summed = np.cumsum(rows, axis=1, dtype=width)
    if (summed[:, -1] <= 0).any():
        raise RuntimeError("invalid multinomial distribution (sum of probabilities <= 0)")
    summed /= summed[:, -1:].copy()
    summed[:, -1] = 1.0
    unit = unit64(gen, rows.shape[0] * num_samples).reshape(-1, num_samples)
    found = [row.astype(np.float64).searchsorted(u) for row, u in zip(summed, unit, strict=True)]
    return np.stack(found)


def _check_multinomial(weights: Array, num_samples: int, replacement: bool) -> None:
    kind = KINDS[weights.dtype]
    if not kind.digits:
        raise RuntimeError(
            f"multinomial only supports floating-point dtypes for input, got: {kind.name}"
        )
    if weights.ndim not in (1, 2):
        raise RuntimeError("prob_dist must be 1 or 2 dim")
    if num_samples <= 0:
        raise RuntimeError("cannot sample n_sample <= 0 samples")
    if not replacement and num_samples > weights.shape[-1]:
        raise RuntimeError(
            "cannot sample n_sample > prob_dist.size(-1) samples without replacement"
        )
    if weights.shape[-1] == 0 and math.prod(weights.shape[:-1]) > 0:
        raise RuntimeError("cannot sample from an empty distribution")
