"""Normalisation in the native runtime: float32 and float64.

Each function gives None where there is no runtime, or nothing to gain; the caller then goes on in
NumPy.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import native
from ..native import dense, pointer

Array = np.ndarray
Maybe = Array | None
Three = tuple[Array, Array, Array]

FEW = 256  # numbers up to which NumPy is as fast


def _function(name: str, x: Array, *others: Maybe) -> Any:
    """The runtime's function for x, if all arrays have its type."""
    if x.size < FEW or any(a is not None and a.dtype != x.dtype for a in others):
        return None
    return native.function(name, x.dtype, x.size)


def _channels(x: Array) -> tuple[int, int, int]:
    return x.shape[0], x.shape[1], math.prod(x.shape[2:])


def batch_norm(
    input: Array, weight: Maybe, bias: Maybe, eps: float
) -> tuple[Array, Array, Array, Array] | None:
    """The result, and the mean, 1 / standard deviation and variance of each channel."""
    call = _function("fl_batch_norm", input, weight, bias)
    if call is None:
        return None
    x, w, b = dense(input, weight, bias)
    y = np.empty(x.shape, x.dtype)
    mean, rstd, variance = [np.empty(x.shape[1], x.dtype) for _ in range(3)]
    call(*map(pointer, (x, w, b, y, mean, rstd, variance)), *_channels(x), eps)
    return y, mean, rstd, variance


def batch_norm_gradient(
    grad: Array, input: Array, weight: Maybe, mean: Array, rstd: Array
) -> Three | None:
    """The gradients of input, weight and bias."""
    call = _function("fl_batch_norm_gradient", input, grad, weight, mean, rstd)
    if call is None:
        return None
    x, g, w, mean, rstd = dense(input, grad, weight, mean, rstd)
    y, of_weight, of_bias = np.empty(x.shape, x.dtype), *_two(x.shape[1], x)
    call(*map(pointer, (g, x, w, mean, rstd, y, of_weight, of_bias)), *_channels(x))
    return y, of_weight, of_bias


def _two(n: int, model: Array) -> tuple[Array, Array]:
    return np.empty(n, model.dtype), np.empty(n, model.dtype)


def scale_channels(input: Array, scale: Array, shift: Array) -> Array | None:
    """The input times a scale plus a shift, one of each for a channel."""
    call = _function("fl_scale_channels", input, scale, shift)
    if call is None:
        return None
    x, scale, shift = dense(input, scale, shift)
    y = np.empty(x.shape, x.dtype)
    call(*map(pointer, (x, scale, shift, y)), *_channels(x))
    return y


def layer_norm(
    input: Array, weight: Maybe, bias: Maybe, shape: tuple[int, int], eps: float
) -> Three | None:
    """The result, and the mean and 1 / standard deviation of each row; ``shape``: rows, columns."""
    call = _function("fl_layer_norm", input, weight, bias)
    if call is None:
        return None
    x, w, b = dense(input, weight, bias)
    y, mean, rstd = np.empty(x.shape, x.dtype), *_two(shape[0], x)
    call(*map(pointer, (x, w, b, y, mean, rstd)), *shape, eps)
    return y, mean, rstd


def layer_norm_gradient(
    grad: Array, input: Array, weight: Maybe, mean: Array, rstd: Array, shape: tuple[int, int]
) -> Three | None:
    """The gradients of input, weight and bias."""
    call = _function("fl_layer_norm_gradient", input, grad, weight, mean, rstd)
    if call is None:
        return None
    x, g, w, mean, rstd = dense(input, grad, weight, mean, rstd)
    y, of_weight, of_bias = np.empty(x.shape, x.dtype), *_two(shape[1], x)
    if not call(*map(pointer, (g, x, w, mean, rstd, y, of_weight, of_bias)), *shape):
        return None
    return y, of_weight, of_bias


def group_norm(input: Array, weight: Maybe, bias: Maybe, groups: int, eps: float) -> Three | None:
    """The result, and the mean and 1 / standard deviation of each group (n, groups)."""
    call = _function("fl_group_norm", input, weight, bias)
    if call is None:
        return None
    x, w, b = dense(input, weight, bias)
    y = np.empty(x.shape, x.dtype)
    mean, rstd = [np.empty((x.shape[0], groups), x.dtype) for _ in range(2)]
    call(*map(pointer, (x, w, b, y, mean, rstd)), *_channels(x), groups, eps)
    return y, mean, rstd


def group_norm_gradient(
    grad: Array, input: Array, weight: Maybe, mean: Array, rstd: Array, groups: int
) -> Three | None:
    """The gradients of input, weight and bias."""
    call = _function("fl_group_norm_gradient", input, grad, weight, mean, rstd)
    if call is None:
        return None
    x, g, w, mean, rstd = dense(input, grad, weight, mean, rstd)
    y, of_weight, of_bias = np.empty(x.shape, x.dtype), *_two(x.shape[1], x)
    arrays = map(pointer, (g, x, w, mean, rstd, y, of_weight, of_bias))
    return (y, of_weight, of_bias) if call(*arrays, *_channels(x), groups) else None
