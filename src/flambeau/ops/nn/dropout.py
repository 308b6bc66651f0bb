"""Dropout: masks as PyTorch draws them, so that a seed drops the same elements."""

from __future__ import annotations

import math

import numpy as np

from ...tensor import draws
from ...tensor.generator import default_generator
from ...tensor.tensor import Tensor
from ..contractions import accumulate_type
from ..dispatch import execute
from ..expressions import TENSORS
from ..table import ROWS, composite, op

Array = np.ndarray

ALPHA = 1.7580993408473766  # minus the value at which SELU saturates


@op("_keep(like, shape: int[] | None, p: float, scaled: bool)", where="", random=True,
    formula=r"\frac{m}{1 - p},\ m \sim \text{Bernoulli}(1 - p)")
def _keep(like: Array, shape: tuple[int, ...] | None, p: float, scaled: bool) -> Array:
    """1, or 1 / (1 - p) where scaled, with probability 1 - p, otherwise 0.

    Without a shape, in the input's, drawn in the order of its memory as PyTorch draws.
    """
    if shape is not None or like.flags.c_contiguous:
        mask = draws.bernoulli(default_generator, 1 - p, shape or like.shape, like.dtype)
    else:
        mask = np.empty_like(like)
        ordered = draws.memory_order(mask)
        ordered[...] = draws.bernoulli(default_generator, 1 - p, ordered.shape, like.dtype)
    if scaled:
        wide = accumulate_type(like.dtype).type
        mask *= (wide(1) / wide(1 - p)).astype(like.dtype)
    return mask


KEEP = ROWS["_keep"]


@composite("")
def drop(
    input: Tensor, p: float, train: bool, inplace: bool, feature: bool = False, alpha: bool = False
) -> Tensor:
    """All kinds of dropout.

    Args:
        feature: one decision for each channel instead of each element.
        alpha: dropped elements become SELU's saturation; mean and variance are kept.
    """
    if not 0 <= p <= 1:
        raise RuntimeError(f"dropout probability has to be between 0 and 1, but got {p:g}")
    if p == 0 or not train or not input._data.size:
        return input
    multiply = input.mul_ if inplace else input.mul
    if p == 1:
        return multiply(TENSORS["zeros_like"](input.detach()[(0,) * input.dim()]))
    shape = None
    if feature:
        if input._data.ndim < 2:
            raise RuntimeError("Feature dropout requires at least 2 dimensions in the input")
        shape = (*input._data.shape[:2], *(1,) * (input._data.ndim - 2))
    noise = execute(KEEP, (input, shape, p, not alpha))
    if not alpha:
        return multiply(noise)
    scale = 1 / math.sqrt((ALPHA * ALPHA * p + 1) * (1 - p))
    shift = noise.add(-1).mul_(ALPHA * scale).add_(ALPHA * scale * p)
    result = multiply(noise.mul_(scale))
    return result.add_(shift) if inplace else result.add(shift)


@composite("function")
def dropout(input: Tensor, p: float, train: bool) -> Tensor:
    """Each element becomes 0 with probability p; the others are divided by 1 - p."""
    return drop(input, p, train, False)


@composite("function")
def dropout_(input: Tensor, p: float, train: bool) -> Tensor:
    """The same as dropout, written into the tensor itself."""
    return drop(input, p, train, True)


@composite("function")
def feature_dropout(input: Tensor, p: float, train: bool) -> Tensor:
    """Dropout of whole channels of (batch, channels, *)."""
    return drop(input, p, train, False, feature=True)


@composite("function")
def feature_dropout_(input: Tensor, p: float, train: bool) -> Tensor:
    """The same as feature_dropout, written into the tensor itself."""
    return drop(input, p, train, True, feature=True)


@composite("function")
def alpha_dropout(input: Tensor, p: float, train: bool) -> Tensor:
    """Dropout to SELU's saturation, which keeps mean and variance."""
    return drop(input, p, train, False, alpha=True)


@composite("function")
def alpha_dropout_(input: Tensor, p: float, train: bool) -> Tensor:
    """The same as alpha_dropout, written into the tensor itself."""
    return drop(input, p, train, True, alpha=True)


@composite("function")
def feature_alpha_dropout(input: Tensor, p: float, train: bool) -> Tensor:
    """alpha_dropout of whole channels."""
    return drop(input, p, train, False, feature=True, alpha=True)


@composite("function")
def feature_alpha_dropout_(input: Tensor, p: float, train: bool) -> Tensor:
    """The same as feature_alpha_dropout, written into the tensor itself."""
    return drop(input, p, train, True, feature=True, alpha=True)


@composite("function")
def native_dropout(input: Tensor, p: float, train: bool | None) -> tuple[Tensor, Tensor]:
    """Dropout, and which elements were kept."""
    if train is False or not input._data.size:
        return input, TENSORS["ones_like"](input).bool()
    if p == 1:
        nothing = TENSORS["zeros_like"](input)
        return input * nothing, nothing.bool()
    mask = execute(KEEP, (input, None, p, False))
    return input * mask * (1 / (1 - p)), mask.bool()
