"""Normalisation over a layer's features and over groups of channels: layer, group and RMS norm.

See normalization.py.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ...autograd.modes import mode
from ...tensor import dtype as D
from ...tensor.tensor import Tensor
from ..contractions import not_implemented
from ..dispatch import execute
from ..expressions import TENSORS
from ..table import ROWS, composite, op
from . import native_normalization as native
from .normalization import (
    AFFINE,
    FORMULA,
    Array,
    Ints,
    as_statistics,
    channels_middle,
    check_mixed,
    composed,
    float_of,
    like,
    wanted,
    wide,
)


def _standardized(x: Array, eps: float) -> tuple[Array, Array, Array]:
    """The rows of a matrix with mean 0 and variance 1; their means and 1 / deviations."""
    columns = max(1, x.shape[1])
    mean = x.sum(1) / columns
    result = x - mean[:, None]
    rstd = np.einsum("md,md->m", result, result) / columns  # the variance
    rstd += eps
    rstd = 1 / np.sqrt(rstd)
    result *= rstd[:, None]
    return result, mean, rstd


def _standardized_gradient(g: Array, standard: Array, rstd: Array) -> Array:
    """The gradient of :func:`_standardized`; writes over ``standard``."""
    columns = max(1, g.shape[1])
    mean = np.einsum("md->m", g) / columns
    share = np.einsum("md,md->m", g, standard) / columns
    standard *= -share[:, None]
    standard += g
    standard -= mean[:, None]
    standard *= rstd[:, None]
    return standard


def _layer_norm(
    input: Array, weight: Array | None, bias: Array | None, dims: int, eps: float
) -> tuple[Array, Array, Array]:
    """Standardised over the last ``dims`` dimensions."""
    lead = input.ndim - dims
    shape = math.prod(input.shape[:lead]), math.prod(input.shape[lead:])
    small = (*input.shape[:lead], *(1,) * dims)
    fast = native.layer_norm(input, weight, bias, shape, eps)
    if fast is not None:
        return fast[0], fast[1].reshape(small), fast[2].reshape(small)
    result, mean, rstd = _standardized(wide(input).reshape(shape), eps)
    if weight is not None:
        result *= wide(weight).reshape(-1)
    if bias is not None:
        result += wide(bias).reshape(-1)
    result = result.reshape(input.shape).astype(input.dtype, copy=False)
    return result, mean.reshape(small), rstd.reshape(small)


LAYER = {
    "input, weight, bias": "layer_norm_gradients(grad, input, weight, mean, rstd, dims, eps, needs)"
}
for _name, _hidden in (("_layer_norm", 2), ("_native_layer_norm", 0)):
    op(f"{_name}(input, {AFFINE}, dims: int, eps: float)", derivative=LAYER, where="",
       outputs=("result", "mean", "rstd"), hidden=_hidden, nondifferentiable=("mean", "rstd"),
       formula=FORMULA, node="NativeLayerNormBackward0")(_layer_norm)  # fmt: skip


@op("_layer_norm_backward(grad_output, input, weight: Tensor | None, mean, rstd, dims: int)",
    where="", outputs=("input", "weight", "bias"))
def _layer_norm_backward(
    grad_output: Array, input: Array, weight: Array | None, mean: Array, rstd: Array, dims: int
) -> tuple[Array, Array, Array]:
    """The gradients of input, weight and bias."""
    lead = input.ndim - dims
    shape = math.prod(input.shape[:lead]), math.prod(input.shape[lead:])
    normalized = input.shape[lead:]
    fast = native.layer_norm_gradient(grad_output, input, weight, mean, rstd, shape)
    if fast is not None:
        return fast[0], fast[1].reshape(normalized), fast[2].reshape(normalized)
    g, rstd = wide(grad_output).reshape(shape), rstd.reshape(-1)
    standard = wide(input).reshape(shape) - mean.reshape(-1, 1)
    standard *= rstd[:, None]
    bias_gradient = np.ones_like(g, shape=shape[:1]) @ g
    weight_gradient = np.einsum("md,md->d", g, standard)
    if weight is not None:
        g = g * wide(weight).reshape(-1)
    result = _standardized_gradient(g, standard, rstd).reshape(input.shape)
    return (
        result.astype(input.dtype, copy=False),
        like(weight_gradient.reshape(normalized), input if weight is None else weight),
        like(bias_gradient.reshape(normalized), input if weight is None else weight),
    )


def _layer_norm_gradients(
    grad: Tensor, input: Tensor, weight: Tensor | None, mean: Tensor, rstd: Tensor, dims: int,
    eps: float, needs: dict[str, bool],
) -> tuple:  # fmt: skip
    if mode.grad:
        lead = input.dim() - dims
        over, rows = tuple(range(lead, input.dim())), tuple(range(lead))
        if not rows:  # nothing to sum over: a dimension of size 1 in front gives something
            grad, input = grad.unsqueeze(0), input.unsqueeze(0)
            got = composed(grad, input, weight, tuple(d + 1 for d in over), (0,),
                            tuple(input.shape[1:]), eps, needs)  # fmt: skip
            return got[0].squeeze(0), got[1], got[2]
        return composed(grad, input, weight, over, rows, tuple(input.shape[lead:]), eps, needs)
    got = execute(ROWS["_layer_norm_backward"], (grad, input, weight, mean, rstd, dims))
    return wanted(got, needs)


TENSORS["layer_norm_gradients"] = _layer_norm_gradients


def _check_layer(
    input: Tensor, normalized_shape: Any, weight: Tensor | None, bias: Tensor | None, star: str
) -> Ints:
    if not isinstance(normalized_shape, (tuple, list)):
        raise TypeError(
            "layer_norm(): argument 'normalized_shape' (position 2) must be tuple of ints, not "
            f"{type(normalized_shape).__name__}"
        )
    shape, x = tuple(normalized_shape), input._data
    if not shape:
        raise RuntimeError(
            "Expected normalized_shape to be at least 1-dimensional, i.e., containing at least one "
            "element, but got normalized_shape = []"
        )
    for name, t in (("weight", weight), ("bias", bias)):
        if t is not None and t._data.shape != shape:
            raise RuntimeError(
                f"Expected {name} to be of same shape as normalized_shape, but got {name} of shape "
                f"{list(t.shape)} and normalized_shape = {list(shape)}"
            )
    if len(shape) > x.ndim or x.shape[x.ndim - len(shape) :] != shape:
        inner = ", ".join(map(str, shape))
        raise RuntimeError(
            f"Given normalized_shape={list(shape)}, expected input with shape [*{star}{inner}], "
            f"but got input of size{list(x.shape)}"
        )
    return shape


@composite("function")
def layer_norm(
    input: Tensor,
    normalized_shape: Sequence[int],
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
    cudnn_enable: bool = True,
) -> Tensor:
    """(x - mean) / sqrt(variance + eps) * weight + bias over the last dimensions."""
    args = _layer_arguments(input, normalized_shape, weight, bias, eps)
    return execute(ROWS["_layer_norm"], args)


@composite("function")
def native_layer_norm(
    input: Tensor,
    normalized_shape: Sequence[int],
    weight: Tensor | None,
    bias: Tensor | None,
    eps: float,
) -> tuple[Tensor, Tensor, Tensor]:
    """layer_norm, with the means and the 1 / standard deviations."""
    args = _layer_arguments(input, normalized_shape, weight, bias, eps)
    return as_statistics(input, weight, tuple(execute(ROWS["_native_layer_norm"], args)))


def _layer_arguments(
    input: Tensor, shape: Any, weight: Tensor | None, bias: Tensor | None, eps: float
) -> tuple:
    shape = _check_layer(input, shape, weight, bias, ", ")
    if input._data.dtype.kind in "biuc":
        raise not_implemented("LayerNormKernelImpl", input._data.dtype)
    for t in (weight, bias):
        if t is not None:
            check_mixed(input._data, t)
    return input, weight, bias, len(shape), eps


def _group_norm(
    input: Array, weight: Array | None, bias: Array | None, groups: int, eps: float
) -> tuple[Array, Array, Array]:
    """Standardised over each group of channels of each sample."""
    n = input.shape[0]
    size = input.size // max(1, n * groups)
    fast = native.group_norm(input, weight, bias, groups, eps)
    if fast is not None:
        return fast
    result, mean, rstd = _standardized(wide(input).reshape(n * groups, size), eps)
    result = channels_middle(result.reshape(input.shape))
    if weight is not None:
        result *= wide(weight)[:, None]
    if bias is not None:
        result += wide(bias)[:, None]
    small = (n, groups)
    result = result.reshape(input.shape).astype(input.dtype, copy=False)
    return result, mean.reshape(small), rstd.reshape(small)


GROUP = {
    "input, weight, bias":
        "group_norm_gradients(grad, input, weight, mean, rstd, groups, eps, needs)"
}  # fmt: skip
for _name, _hidden in (("_group_norm", 2), ("_native_group_norm", 0)):
    op(f"{_name}(input, {AFFINE}, groups: int, eps: float)", derivative=GROUP, where="",
       outputs=("result", "mean", "rstd"), hidden=_hidden, nondifferentiable=("mean", "rstd"),
       formula=FORMULA, node="NativeGroupNormBackward0")(_group_norm)  # fmt: skip


@op("_group_norm_backward(grad_output, input, weight: Tensor | None, mean, rstd, groups: int)",
    where="", outputs=("input", "weight", "bias"))
def _group_norm_backward(
    grad_output: Array, input: Array, weight: Array | None, mean: Array, rstd: Array, groups: int
) -> tuple[Array, Array, Array]:
    """The gradients of input, weight and bias."""
    n = input.shape[0]
    rows = n * groups, input.size // max(1, n * groups)
    fast = native.group_norm_gradient(grad_output, input, weight, mean, rstd, groups)
    if fast is not None:
        return fast
    g, rstd = channels_middle(wide(grad_output)), rstd.reshape(-1)
    standard = wide(input).reshape(rows) - mean.reshape(-1, 1)
    standard *= rstd[:, None]
    bias_gradient = np.einsum("ncl->c", g)
    weight_gradient = np.einsum("ncl,ncl->c", g, channels_middle(standard.reshape(input.shape)))
    if weight is not None:
        g = g * wide(weight)[:, None]
    result = _standardized_gradient(g.reshape(rows), standard, rstd).reshape(input.shape)
    model = input if weight is None else weight
    result = result.astype(input.dtype, copy=False)
    return result, like(weight_gradient, model), like(bias_gradient, model)


def _group_norm_gradients(
    grad: Tensor, input: Tensor, weight: Tensor | None, mean: Tensor, rstd: Tensor, groups: int,
    eps: float, needs: dict[str, bool],
) -> tuple:  # fmt: skip
    if mode.grad:
        over = (0, *range(2, input.dim()))
        shape = (1, -1, *(1,) * (input.dim() - 2))
        parted = (input.shape[0], groups, input.numel() // max(1, input.shape[0] * groups))
        return composed(grad, input, weight, (2,), over, shape, eps, needs, parted)
    got = execute(ROWS["_group_norm_backward"], (grad, input, weight, mean, rstd, groups))
    return wanted(got, needs)


TENSORS["group_norm_gradients"] = _group_norm_gradients


@composite("function")
def group_norm(
    input: Tensor,
    num_groups: int,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
    cudnn_enabled: bool = True,
) -> Tensor:
    """(x - mean) / sqrt(variance + eps) * weight + bias over groups of channels."""
    x = input._data
    if num_groups <= 0:
        raise RuntimeError(
            f"Expected num groups to be greater than 0, got {num_groups}"
        )
    if x.ndim < 2 or x.shape[1] % num_groups:
        raise RuntimeError(
            "Expected number of channels in input to be divisible by num_groups, but got input of "
            f"shape {list(x.shape)} and num_groups={num_groups}"
        )
    for name, t in (("weight", weight), ("bias", bias)):
        if t is not None and t._data.shape != x.shape[1:2]:
            raise RuntimeError(
                f"Expected {name} to be a vector of size equal to the number of channels in input, "
                f"but got {'weight' if name == 'weight' else 'bias'} of shape {list(t.shape)} and "
                f"input of shape {list(x.shape)}"
            )
    if x.dtype.kind in "biuc":
        raise not_implemented("GroupNormKernelImpl", x.dtype)
    for t in (weight, bias):
        if t is not None:
            check_mixed(x, t)
    return execute(ROWS["_group_norm"], (input, weight, bias, num_groups, eps))


@composite("function")
def native_group_norm(
    input: Tensor, weight: Tensor | None, bias: Tensor | None, N: int, C: int, HxW: int,
    group: int, eps: float,
) -> tuple[Tensor, Tensor, Tensor]:  # fmt: skip
    """group_norm, with the groups' means and 1 / standard deviations."""
    got = execute(ROWS["_native_group_norm"], (input, weight, bias, group, eps))
    return as_statistics(input, weight, tuple(got))


@composite("function")
def rms_norm(
    input: Tensor,
    normalized_shape: Sequence[int],
    weight: Tensor | None = None,
    eps: float | None = None,
) -> Tensor:
    """x / sqrt(mean(x^2) + eps) * weight over the last dimensions."""
    shape = _check_layer(input, normalized_shape, weight, None, "")
    if input._data.dtype.kind in "biu":
        raise not_implemented("rms_norm", input._data.dtype)
    x = float_of(input)
    if eps is None:
        eps = D.finfo(x.dtype).eps if not x.is_complex() else D.finfo(x.dtype.to_real()).eps
    over = tuple(range(-len(shape), 0))
    result = x * (x.pow(2).mean(over, keepdim=True) + eps).rsqrt()
    if weight is not None:
        result = result * weight
    return result.to(input.dtype)
