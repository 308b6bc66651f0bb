"""Scaled dot-product attention in the native runtime: float32, up to two batch dimensions.

Each function gives None where there is no runtime, or nothing to gain; the caller then goes on in
NumPy.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...tensor.size import broadcast_shapes
from .. import native

Array = np.ndarray

ENOUGH = 50_000  # multiplications from which the call gains


def _function(name: str, batch: tuple[int, ...], *arrays: Array) -> Any:
    """The runtime's function where it can compute the products and gains by it, or None."""
    query, key = arrays[0], arrays[1]
    work = math.prod(batch) * math.prod(query.shape[-2:]) * key.shape[-2]
    if work < ENOUGH or len(batch) > 2 or any(x.dtype != np.float32 for x in arrays):
        return None
    return native.named(name, work // 16)


def _heads(x: Array, batch: tuple[int, ...]) -> tuple[int | None, ...]:
    """Where a matrix of each (batch, head) lies: address, strides along the two, rows, columns."""
    if x.shape[:-2] != batch:
        x = np.broadcast_to(x, (*batch, *x.shape[-2:]))
    size = x.itemsize
    return native.pointer(x), *(0,) * (4 - x.ndim), *[stride // size for stride in x.strides]


def _sizes(batch: tuple[int, ...], query: Array, key: Array, value: Array) -> tuple[int, ...]:
    outer, inner = (1,) * (2 - len(batch)) + batch
    return outer, inner, query.shape[-2], key.shape[-2], query.shape[-1], value.shape[-1]


def forward(
    query: Array, key: Array, value: Array, mask: Array | None, causal: bool, scale: float
) -> tuple[Array, Array] | None:
    """softmax(scale Q K^T + mask) V, and the softmax."""
    batch = broadcast_shapes(query.shape[:-2], key.shape[:-2], value.shape[:-2])
    shape = (*batch, query.shape[-2], key.shape[-2])
    if mask is not None:
        if broadcast_shapes(mask.shape, shape) != shape:
            return None  # the mask has more batches than the rest
        if mask.dtype != np.bool_ and mask.dtype != np.float32:
            mask = mask.astype(np.float32)
    call = _function("fl_attention", batch, query, key, value)
    if call is None:
        return None
    weights = np.empty(shape, np.float32)
    result = np.empty((*shape[:-1], value.shape[-1]), np.float32)
    about_mask: tuple[int | None, ...] = (None, 0, 0, 0, 0, 0)
    if mask is not None:
        address, *strides = _heads(np.broadcast_to(mask, shape), batch)
        about_mask = (address, mask.dtype == np.bool_, *strides)
    operands = [item for x in (query, key, value) for item in _heads(x, batch)]
    call(
        *_sizes(batch, query, key, value), *operands, *about_mask, scale, causal,
        native.pointer(weights), *_heads(result, batch),
    )  # fmt: skip
    return result, weights


def backward(
    grad: Array, query: Array, key: Array, value: Array, weights: Array, causal: bool, scale: float
) -> tuple[Array, Array, Array, Array] | None:
    """The gradients of query, key, value and of the scores."""
    batch = weights.shape[:-2]
    call = _function("fl_attention_gradient", batch, query, key, value, grad, weights)
    if call is None:
        return None
    weights = np.ascontiguousarray(weights)
    scores = np.empty(weights.shape, np.float32)
    results = [np.empty((*batch, *x.shape[-2:]), np.float32) for x in (query, key, value)]
    operands = [item for x in (grad, query, key, value) for item in _heads(x, batch)]
    places = [item for x in results for item in _heads(x, batch)]
    call(
        *_sizes(batch, query, key, value), *operands, native.pointer(weights), scale, causal,
        native.pointer(scores), *places,
    )  # fmt: skip
    return results[0], results[1], results[2], scores
