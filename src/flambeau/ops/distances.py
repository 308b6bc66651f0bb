"""Distances between the rows of matrices."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..tensor.tensor import Tensor, wrap
from .contractions import matmul, scalar_type_error
from .expressions import TENSORS
from .table import composite, op

Array = np.ndarray


@op("_cdist(x1, x2, p: float)",
    derivative={"x1": "cdist_gradient(grad, x1, x2, p, result)",
                "x2": "cdist_gradient(grad.mT, x2, x1, p, result.mT)"},
    where="", formula=r"\left(\sum_k |x_{ik} - y_{jk}|^p\right)^{1/p}", node="CdistBackward0")
def _cdist(x1: Array, x2: Array, p: float) -> Array:
    batch = np.broadcast_shapes(x1.shape[:-2], x2.shape[:-2])
    n, m, k = x1.shape[-2], x2.shape[-2], x1.shape[-1]
    if not k:
        return np.zeros((*batch, n, m), x1.dtype)
    out = np.empty((*batch, n, m), x1.dtype)
    step = max(1, (1 << 20) // max(1, m * k * math.prod(batch)))  # keep the differences in cache
    for i in range(0, n, step):
        difference = np.abs(x1[..., i : i + step, None, :] - x2[..., None, :, :])
        out[..., i : i + step, :] = _length(difference, p)
    return out


def _length(x: Array, p: float) -> Array:
    """The p-norms of the absolute values in the last dimension."""
    if p == 0:
        return (x != 0).sum(-1).astype(x.dtype)
    if p == 1:
        return x.sum(-1)
    if p == 2:
        return np.sqrt((x * x).sum(-1))
    if p == math.inf:
        return x.max(-1)
    return (x**p).sum(-1) ** x.dtype.type(1 / p)


def _cdist_gradient(grad: Tensor, x1: Tensor, x2: Tensor, p: float, result: Tensor) -> Tensor:
    """The gradient with respect to the first points; 0 where two points coincide."""
    where = TENSORS["where"]
    difference = x1.unsqueeze(-2) - x2.unsqueeze(-3)
    distance, weight = result.unsqueeze(-1), grad.unsqueeze(-1)
    if p == 0:
        slope = difference * 0
    elif p == 1:
        slope = difference.sign()
    elif p == math.inf:
        slope = difference.sign() * (difference.abs() == distance).to(difference.dtype)
    else:
        apart = distance != 0
        safe = where(apart, distance, 1.0)
        if p == 2:
            slope = difference / safe
        else:
            size = difference.abs()
            powers = where(size == 0, 0.0, where(size == 0, 1.0, size) ** (p - 1))
            slope = difference.sign() * powers / safe ** (p - 1)
        slope = where(apart, slope, 0.0)
    return TENSORS["sum_to_size"]((slope * weight).sum(-2), x1.shape)


TENSORS["cdist_gradient"] = _cdist_gradient

COMPUTE_MODES = (
    "use_mm_for_euclid_dist_if_necessary", "use_mm_for_euclid_dist",
    "donot_use_mm_for_euclid_dist",
)  # fmt: skip


@composite("function")
def cdist(
    x1: Tensor,
    x2: Tensor,
    p: float = 2.0,
    compute_mode: Any = "use_mm_for_euclid_dist_if_necessary",
) -> Tensor:
    """The p-norm distances between the rows of x1 (..., n, k) and those of x2 (..., m, k)."""
    if isinstance(compute_mode, str) and compute_mode not in COMPUTE_MODES:
        raise ValueError(f"{compute_mode} is not a valid value for compute_mode")
    for i, x in enumerate((x1, x2), 1):
        if x.dim() < 2:
            raise RuntimeError(f"cdist only supports at least 2D tensors, X{i} got: {x.dim()}D")
    for i, x in enumerate((x1, x2), 1):
        if not x.is_floating_point():
            raise RuntimeError(
                f"cdist only supports floating-point dtypes, X{i} got: {x.dtype.title}"
            )
    if x1.shape[-1] != x2.shape[-1]:
        raise RuntimeError(
            "X1 and X2 must have the same number of columns. "
            f"X1: {x1.shape[-1]} X2: {x2.shape[-1]}"
        )
    if p < 0:
        raise RuntimeError("cdist only supports non-negative p values")
    if x1.dtype != x2.dtype:
        raise scalar_type_error(x1._data, x2._data)
    mode = compute_mode if isinstance(compute_mode, str) else COMPUTE_MODES[compute_mode or 0]
    many = max(x1.shape[-2], x2.shape[-2]) > 25
    if p == 2 and mode != COMPUTE_MODES[2] and (many or mode == COMPUTE_MODES[1]):
        return _euclidean(x1, x2)
    return TENSORS["_cdist"](x1, x2, float(p))


def _euclidean(x1: Tensor, x2: Tensor) -> Tensor:
    """|x - y|^2 = |x|^2 - 2 xy + |y|^2: one matrix product for all pairs."""
    one = x1.pow(2).sum(-1, keepdim=True)
    two = x2.pow(2).sum(-1, keepdim=True)
    squares = one + two.mT - 2 * matmul(x1, x2.mT)
    positive = squares.clamp_min(0)
    apart = positive > 0
    where = TENSORS["where"]
    return where(apart, where(apart, positive, 1.0).sqrt(), 0.0)


@composite("function nn")
def pdist(input: Tensor, p: float = 2.0) -> Tensor:
    """The p-norm distances between all pairs of rows: (n, k) gives (n (n - 1) / 2)."""
    if input.dim() != 2:
        raise RuntimeError(f"pdist only supports 2D tensors, got: {input.dim()}D")
    if not input.is_floating_point():
        raise RuntimeError("pdist only supports floating-point dtypes")
    if p < 0:
        raise RuntimeError("pdist only supports non-negative p values")
    one, other = (wrap(i) for i in np.triu_indices(input.shape[0], 1))
    pairs = input[one].unsqueeze(1), input[other].unsqueeze(1)
    return TENSORS["_cdist"](*pairs, float(p)).reshape(-1)
