"""Normalisation over the batch, and what all normalisations share.

They standardise ``x`` to ``(x - mean) * rstd`` over some dimensions and then scale and shift it. In
an ordinary backward pass the gradient is one row that works on arrays; where a gradient of the
gradient is wanted it is composed of differentiable operators (:func:`composed`). Large arrays are
left to the runtime (native_normalization.py); those over features and groups of channels are in
layer_norms.py.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...autograd.modes import mode
from ...tensor import dtype as D
from ...tensor.tensor import Tensor
from ..contractions import accumulate_type, not_implemented
from ..dispatch import execute
from ..expressions import TENSORS
from ..table import ROWS, composite, op
from . import native_normalization as native

Array = np.ndarray
Ints = tuple[int, ...]
AFFINE = "weight: Tensor | None, bias: Tensor | None"
FORMULA = r"\frac{x - \mu}{\sqrt{\sigma^2 + \epsilon}} w + b"


def wide(x: Any) -> Any:
    """float16 and bfloat16 as float32."""
    return x if x is None else x.astype(accumulate_type(x.dtype), copy=False)


def like(x: Array, model: Array) -> Array:
    return x.astype(model.dtype, copy=False)


# --- over the batch ----------------------------------------------------------------------------


def channels_middle(x: Array) -> Array:
    """(n, c, *spatial) as (n, c, places)."""
    return x.reshape(*x.shape[:2], math.prod(x.shape[2:]))


@op(f"_batch_norm_train(input, {AFFINE}, eps: float)",
    derivative={
        "input, weight, bias": "batch_norm_gradients(grad, input, weight, mean, rstd, eps, needs)"},
    where="", outputs=("result", "mean", "rstd", "variance"),
    nondifferentiable=("mean", "rstd", "variance"), formula=FORMULA,
    node="NativeBatchNormBackward0")
def _batch_norm_train(
    input: Array, weight: Array | None, bias: Array | None, eps: float
) -> tuple[Array, Array, Array, Array]:
    """Standardised with the batch's own mean and variance of each channel."""
    fast = native.batch_norm(input, weight, bias, eps)
    if fast is not None:
        return fast
    x = channels_middle(wide(input))
    count = x.shape[0] * x.shape[2]
    mean = np.einsum("ncl->c", x) / count
    centered = x - mean[:, None]
    variance = np.einsum("ncl,ncl->c", centered, centered) / count
    rstd = 1 / np.sqrt(variance + x.dtype.type(eps))
    scale = rstd if weight is None else rstd * wide(weight)
    centered *= scale[:, None]
    if bias is not None:
        centered += wide(bias)[:, None]
    return centered.reshape(input.shape).astype(input.dtype, copy=False), mean, rstd, variance


@op("_batch_norm_backward(grad_output, input, weight: Tensor | None, mean, rstd)", where="",
    outputs=("input", "weight", "bias"))
def _batch_norm_backward(
    grad_output: Array, input: Array, weight: Array | None, mean: Array, rstd: Array
) -> tuple[Array, Array, Array]:
    """The gradients of input, weight and bias."""
    fast = native.batch_norm_gradient(grad_output, input, weight, mean, rstd)
    if fast is not None:
        return fast
    g, x = channels_middle(wide(grad_output)), channels_middle(wide(input))
    count = max(1, x.shape[0] * x.shape[2])
    centered = x - mean[:, None]
    bias_gradient = np.einsum("ncl->c", g)
    weight_gradient = np.einsum("ncl,ncl->c", g, centered) * rstd
    scale = rstd if weight is None else rstd * wide(weight)
    # scale * (g - mean(g) - x_hat mean(g x_hat)), with as few passes over memory as will do
    centered *= (weight_gradient * rstd * (-1 / count))[:, None].astype(x.dtype)
    centered += g
    centered -= (bias_gradient / count)[:, None]
    centered *= scale[:, None]
    result = centered.reshape(input.shape).astype(input.dtype, copy=False)
    model = input if weight is None else weight
    return result, like(weight_gradient, model), like(bias_gradient, model)


def _batch_norm_gradients(
    grad: Tensor, input: Tensor, weight: Tensor | None, mean: Tensor, rstd: Tensor, eps: float,
    needs: dict[str, bool],
) -> tuple:  # fmt: skip
    if mode.grad:
        over = (0, *range(2, input.dim()))
        shape = (1, -1, *(1,) * (input.dim() - 2))
        return composed(grad, input, weight, over, over, shape, eps, needs)
    got = execute(ROWS["_batch_norm_backward"], (grad, input, weight, mean, rstd))
    return wanted(got, needs)


def wanted(gradients: Any, needs: dict[str, bool]) -> tuple:
    return tuple(
        g if needs[name] else None
        for g, name in zip(gradients, ("input", "weight", "bias"), strict=True)
    )


def composed(
    grad: Tensor, input: Tensor, weight: Tensor | None, over: Ints, affine_over: Ints,
    affine_shape: Ints, eps: float, needs: dict[str, bool], groups: Ints | None = None,
) -> tuple:  # fmt: skip
    """The gradients of a normalisation in differentiable operators.

    Args:
        over: the dimensions of a group that is standardised together.
        affine_over: those over which the gradients of weight and bias are summed.
        affine_shape: the shape in which weight and bias meet the input.
        groups: the shape in which ``over`` counts, where it is not the input's.
    """
    g, x = float_of(grad), float_of(input)
    scaled = g if weight is None else g * float_of(weight).view(affine_shape)
    inside, outside = (groups, input.shape) if groups else (x.shape, x.shape)
    x, scaled = x.reshape(inside), scaled.reshape(inside)
    centered = x - x.mean(over, keepdim=True)
    rstd = ((centered * centered).mean(over, keepdim=True) + eps).rsqrt()
    standard = centered * rstd
    result = rstd * (
        scaled
        - scaled.mean(over, keepdim=True)
        - standard * (scaled * standard).mean(over, keepdim=True)
    )
    weight_gradient = bias_gradient = None
    if needs["weight"] and weight is not None:
        weight_gradient = (g * standard.reshape(outside)).sum(affine_over).reshape(weight.shape)
        weight_gradient = weight_gradient.to(weight.dtype)
    if needs["bias"]:
        bias_gradient = g.sum(affine_over)
        if weight is not None:
            bias_gradient = bias_gradient.reshape(weight.shape).to(weight.dtype)
    return result.reshape(outside).to(input.dtype), weight_gradient, bias_gradient


def float_of(t: Tensor) -> Tensor:
    """Half types as float32, recorded."""
    return t.to(D.float32) if t.dtype in (D.float16, D.bfloat16) else t


TENSORS["half_as_float"] = float_of
TENSORS["batch_norm_gradients"] = _batch_norm_gradients


@op(f"_batch_norm_eval(input, {AFFINE}, mean, variance, eps: float)",
    derivative={
        "input": "batch_norm_eval_input(grad, weight, variance, eps)",
        "weight": "in_type(batch_norm_eval_weight(grad, input, mean, variance, eps), "
                  "weight.dtype)",
        "bias": "in_type(channel_sum(grad), bias.dtype)"},
    where="", formula=FORMULA, node="NativeBatchNormBackward0")
def _batch_norm_eval(
    input: Array, weight: Array | None, bias: Array | None, mean: Array, variance: Array, eps: float
) -> Array:
    """Standardised with a mean and a variance that are given."""
    x, mean = channels_middle(wide(input)), wide(mean)
    scale = 1 / np.sqrt(wide(variance) + x.dtype.type(eps))
    if weight is not None:
        scale = scale * wide(weight)
    shift = -mean * scale if bias is None else wide(bias) - mean * scale
    fast = native.scale_channels(input, scale, shift)
    if fast is not None:
        return fast
    result = x * scale[:, None].astype(x.dtype, copy=False)
    result += shift[:, None]
    return result.reshape(input.shape).astype(input.dtype, copy=False)


def _in_type(t: Tensor, dtype: Any) -> Tensor:
    """A gradient in its input's type, which comes as NumPy's where the input is not kept."""
    return t.to(dtype if isinstance(dtype, D.dtype) else D.of(dtype))


def _eval_input(grad: Tensor, weight: Tensor | None, variance: Tensor, eps: float) -> Tensor:
    scale = (float_of(variance) + eps).rsqrt()
    if weight is not None:
        scale = scale * weight
    return (grad * _over_channels(scale, grad.dim())).to(grad.dtype)


def _eval_weight(
    grad: Tensor, input: Tensor, mean: Tensor, variance: Tensor, eps: float
) -> Tensor:
    n = input.dim()
    centered = input - _over_channels(mean, n)
    sums = TENSORS["channel_sum"](float_of(grad * centered))
    return sums * (float_of(variance) + eps).rsqrt()


def _over_channels(v: Tensor, n: int) -> Tensor:
    return v.view(-1, *(1,) * (n - 2))


TENSORS["in_type"] = _in_type
TENSORS["batch_norm_eval_input"], TENSORS["batch_norm_eval_weight"] = _eval_input, _eval_weight


@op("_update_running_(running: Tensors, mean, variance, momentum: float, count: int)", where="",
    writes=True, formula=r"r \gets (1 - m)\, r + m\, \mu")
def _update_running_(
    running: tuple[Array, Array], mean: Array, variance: Array, momentum: float, count: int
) -> None:
    """Moves the running mean and the running (unbiased) variance towards the batch's."""
    unbiased = variance * (count / max(count - 1, 1)) if count > 1 else variance * np.inf
    for old, new in zip(running, (mean, unbiased), strict=True):
        old *= 1 - momentum
        old += (new * momentum).astype(old.dtype, copy=False)


@composite("function")
def batch_norm(
    input: Tensor,
    weight: Tensor | None,
    bias: Tensor | None,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    training: bool,
    momentum: float,
    eps: float,
    cudnn_enabled: bool = True,
) -> Tensor:
    """Each channel standardised over the batch; see nn.functional.batch_norm."""
    _check_batch_norm(input, weight, bias, running_mean, running_var, training)
    if not input._data.size:
        result = input.clone() if weight is None else input * weight[0]
        return result if bias is None else result + bias[0]
    if not training:
        args = (input, weight, bias, running_mean, running_var, eps)
        return execute(ROWS["_batch_norm_eval"], args)
    result, mean, _, variance = execute(ROWS["_batch_norm_train"], (input, weight, bias, eps))
    _update(input, running_mean, running_var, mean, variance, momentum)
    return result


def _update(
    input: Tensor, running_mean: Tensor | None, running_var: Tensor | None, mean: Tensor,
    variance: Tensor, momentum: float,
) -> None:  # fmt: skip
    count = input._data.size // max(1, input._data.shape[1])
    if running_mean is not None and running_var is not None:
        both = (running_mean, running_var)
        execute(ROWS["_update_running_"], (both, mean, variance, momentum, count))


def _check_batch_norm(
    input: Tensor, weight: Tensor | None, bias: Tensor | None, mean: Tensor | None,
    variance: Tensor | None, training: bool,
) -> None:  # fmt: skip
    x = input._data
    if x.dtype.kind in "biuc":
        raise not_implemented("batch_norm", x.dtype)
    channels = x.shape[1] if x.ndim > 1 else 0
    for name, t in (
        ("running_mean", mean), ("running_var", variance), ("weight", weight), ("bias", bias)
    ):  # fmt: skip
        if t is None:
            if name.startswith("running") and not training:
                raise RuntimeError(f"{name} must be defined in evaluation mode")
            continue
        if t._data.size != channels:
            raise RuntimeError(
                f"{name} should contain {channels} elements not {t._data.size}\n"
                f"Hint: the input's shape is {list(x.shape)}, its dimension 1 holds the channels."
            )
        check_mixed(x, t)


def check_mixed(x: Array, parameter: Tensor) -> None:
    """Parameters have the input's type, or float32 for half inputs."""
    dtype = parameter._data.dtype
    if dtype != x.dtype and dtype != accumulate_type(x.dtype):
        raise RuntimeError(
            "mixed dtype (CPU): expect parameter to have scalar type of Float\n"
            f"Hint: the input is {D.of(x.dtype)!r}, a parameter {D.of(dtype)!r}."
        )


def as_statistics(input: Tensor, weight: Tensor | None, got: tuple) -> tuple:
    """Means and deviations in the input's type; in float32 where its parameters are that."""
    dtype = input.dtype if weight is None else weight.dtype
    return got[0], *(t.to(dtype) for t in got[1:])


@composite("function")
def native_batch_norm(
    input: Tensor,
    weight: Tensor | None,
    bias: Tensor | None,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    training: bool,
    momentum: float,
    eps: float,
) -> tuple[Tensor, Tensor, Tensor]:
    """batch_norm, with the batch's mean and 1 / standard deviation (empty in evaluation mode)."""
    _check_batch_norm(input, weight, bias, running_mean, running_var, training)
    if training:
        result, mean, rstd, variance = execute(
            ROWS["_batch_norm_train"], (input, weight, bias, eps)
        )
        _update(input, running_mean, running_var, mean, variance, momentum)
        return as_statistics(input, weight, (result, mean, rstd))
    args = (input, weight, bias, running_mean, running_var, training, momentum, eps)
    empty = TENSORS["channel_sum"](input.detach())[:0]
    return batch_norm(*args), empty, empty.clone()


@composite("function")
def instance_norm(
    input: Tensor,
    weight: Tensor | None,
    bias: Tensor | None,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    use_input_stats: bool,
    momentum: float,
    eps: float,
    cudnn_enabled: bool = True,
) -> Tensor:
    """Each channel of each sample standardised by itself: a batch_norm of one long sample."""
    n, channels, *rest = input.shape
    parameters = (weight, bias, running_mean, running_var)
    repeated = [None if t is None else t.repeat(n) for t in parameters]
    flat = input.reshape(1, n * channels, *rest)
    result = batch_norm(flat, *repeated, use_input_stats, momentum, eps)
    if use_input_stats:
        for kept, new in zip(parameters[2:], repeated[2:], strict=True):
            if kept is not None and new is not None:
                kept.copy_(new.view(n, channels).mean(0))
    return result.view(input.shape)
