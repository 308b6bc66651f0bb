"""Normalisation: over the batch, over a layer's features, over groups of channels.

All three standardise ``x`` to ``(x - mean) * rstd`` over some dimensions and then scale and shift
it. In an ordinary backward pass the gradient is one row that works on arrays; where a gradient of
the gradient is wanted it is composed of differentiable operators (:func:`_composed`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ...autograd.modes import mode
from ...tensor import dtype as D
from ...tensor.tensor import Tensor
from ..contractions import accumulate_type, not_implemented
from ..dispatch import execute
from ..expressions import TENSORS
from ..table import ROWS, composite, op

Array = np.ndarray
Ints = tuple[int, ...]
AFFINE = "weight: Tensor | None, bias: Tensor | None"
FORMULA = r"\frac{x - \mu}{\sqrt{\sigma^2 + \epsilon}} w + b"


def _wide(x: Any) -> Any:
    """float16 and bfloat16 as float32."""
    return x if x is None else x.astype(accumulate_type(x.dtype), copy=False)


def _like(x: Array, model: Array) -> Array:
    return x.astype(model.dtype, copy=False)


# --- over the batch ----------------------------------------------------------------------------


def _channels_middle(x: Array) -> Array:
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
    x = _channels_middle(_wide(input))
    count = x.shape[0] * x.shape[2]
    mean = np.einsum("ncl->c", x) / count
    centered = x - mean[:, None]
    variance = np.einsum("ncl,ncl->c", centered, centered) / count
    rstd = 1 / np.sqrt(variance + x.dtype.type(eps))
    scale = rstd if weight is None else rstd * _wide(weight)
    centered *= scale[:, None]
    if bias is not None:
        centered += _wide(bias)[:, None]
    return centered.reshape(input.shape).astype(input.dtype, copy=False), mean, rstd, variance


@op("_batch_norm_backward(grad_output, input, weight: Tensor | None, mean, rstd)", where="",
    outputs=("input", "weight", "bias"))
def _batch_norm_backward(
    grad_output: Array, input: Array, weight: Array | None, mean: Array, rstd: Array
) -> tuple[Array, Array, Array]:
    """The gradients of input, weight and bias."""
    g, x = _channels_middle(_wide(grad_output)), _channels_middle(_wide(input))
    count = max(1, x.shape[0] * x.shape[2])
    centered = x - mean[:, None]
    bias_gradient = np.einsum("ncl->c", g)
    weight_gradient = np.einsum("ncl,ncl->c", g, centered) * rstd
    scale = rstd if weight is None else rstd * _wide(weight)
    # scale * (g - mean(g) - x_hat mean(g x_hat)), with as few passes over memory as will do
    centered *= (weight_gradient * rstd * (-1 / count))[:, None].astype(x.dtype)
    centered += g
    centered -= (bias_gradient / count)[:, None]
    centered *= scale[:, None]
    result = centered.reshape(input.shape).astype(input.dtype, copy=False)
    model = input if weight is None else weight
    return result, _like(weight_gradient, model), _like(bias_gradient, model)


def _batch_norm_gradients(
    grad: Tensor, input: Tensor, weight: Tensor | None, mean: Tensor, rstd: Tensor, eps: float,
    needs: dict[str, bool],
) -> tuple:  # fmt: skip
    if mode.grad:
        over = (0, *range(2, input.dim()))
        shape = (1, -1, *(1,) * (input.dim() - 2))
        return _composed(grad, input, weight, over, over, shape, eps, needs)
    got = execute(ROWS["_batch_norm_backward"], (grad, input, weight, mean, rstd))
    return _wanted(got, needs)


def _wanted(gradients: Any, needs: dict[str, bool]) -> tuple:
    return tuple(
        g if needs[name] else None
        for g, name in zip(gradients, ("input", "weight", "bias"), strict=True)
    )


def _composed(
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
    wide = TENSORS["half_as_float"]
    g, x = wide(grad), wide(input)
    scaled = g if weight is None else g * wide(weight).view(affine_shape)
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


def _float_of(t: Tensor) -> Tensor:
    """Half types as float32, recorded."""
    return t.to(D.float32) if t.dtype in (D.float16, D.bfloat16) else t


TENSORS["half_as_float"] = _float_of
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
    x, mean = _channels_middle(_wide(input)), _wide(mean)
    scale = 1 / np.sqrt(_wide(variance) + x.dtype.type(eps))
    if weight is not None:
        scale = scale * _wide(weight)
    shift = -mean * scale if bias is None else _wide(bias) - mean * scale
    result = x * scale[:, None].astype(x.dtype, copy=False)
    result += shift[:, None]
    return result.reshape(input.shape).astype(input.dtype, copy=False)


def _in_type(t: Tensor, dtype: Any) -> Tensor:
    """A gradient in its input's type, which comes as NumPy's where the input is not kept."""
    return t.to(dtype if isinstance(dtype, D.dtype) else D.of(dtype))


def _eval_input(grad: Tensor, weight: Tensor | None, variance: Tensor, eps: float) -> Tensor:
    scale = (_float_of(variance) + eps).rsqrt()
    if weight is not None:
        scale = scale * weight
    return (grad * _over_channels(scale, grad.dim())).to(grad.dtype)


def _eval_weight(
    grad: Tensor, input: Tensor, mean: Tensor, variance: Tensor, eps: float
) -> Tensor:
    n = input.dim()
    centered = input - _over_channels(mean, n)
    sums = TENSORS["channel_sum"](_float_of(grad * centered))
    return sums * (_float_of(variance) + eps).rsqrt()


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
        _check_mixed(x, t)


def _check_mixed(x: Array, parameter: Tensor) -> None:
    """Parameters have the input's type, or float32 for half inputs."""
    dtype = parameter._data.dtype
    if dtype != x.dtype and dtype != accumulate_type(x.dtype):
        raise RuntimeError(
            "mixed dtype (CPU): expect parameter to have scalar type of Float\n"
            f"Hint: the input is {D.of(x.dtype)!r}, a parameter {D.of(dtype)!r}."
        )


def _as_statistics(input: Tensor, weight: Tensor | None, got: tuple) -> tuple:
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
        return _as_statistics(input, weight, (result, mean, rstd))
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


# --- over the last dimensions, and over groups of channels ----------------------------------------


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
    result, mean, rstd = _standardized(_wide(input).reshape(shape), eps)
    if weight is not None:
        result *= _wide(weight).reshape(-1)
    if bias is not None:
        result += _wide(bias).reshape(-1)
    small = (*input.shape[:lead], *(1,) * dims)
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
    g, rstd = _wide(grad_output).reshape(shape), rstd.reshape(-1)
    standard = _wide(input).reshape(shape) - mean.reshape(-1, 1)
    standard *= rstd[:, None]
    bias_gradient = np.ones_like(g, shape=shape[:1]) @ g
    weight_gradient = np.einsum("md,md->d", g, standard)
    if weight is not None:
        g = g * _wide(weight).reshape(-1)
    result = _standardized_gradient(g, standard, rstd).reshape(input.shape)
    normalized = input.shape[lead:]
    return (
        result.astype(input.dtype, copy=False),
        _like(weight_gradient.reshape(normalized), input if weight is None else weight),
        _like(bias_gradient.reshape(normalized), input if weight is None else weight),
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
            got = _composed(grad, input, weight, tuple(d + 1 for d in over), (0,),
                            tuple(input.shape[1:]), eps, needs)  # fmt: skip
            return got[0].squeeze(0), got[1], got[2]
        return _composed(grad, input, weight, over, rows, tuple(input.shape[lead:]), eps, needs)
    got = execute(ROWS["_layer_norm_backward"], (grad, input, weight, mean, rstd, dims))
    return _wanted(got, needs)


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
    return _as_statistics(input, weight, tuple(execute(ROWS["_native_layer_norm"], args)))


def _layer_arguments(
    input: Tensor, shape: Any, weight: Tensor | None, bias: Tensor | None, eps: float
) -> tuple:
    shape = _check_layer(input, shape, weight, bias, ", ")
    if input._data.dtype.kind in "biuc":
        raise not_implemented("LayerNormKernelImpl", input._data.dtype)
    for t in (weight, bias):
        if t is not None:
            _check_mixed(input._data, t)
    return input, weight, bias, len(shape), eps


def _group_norm(
    input: Array, weight: Array | None, bias: Array | None, groups: int, eps: float
) -> tuple[Array, Array, Array]:
    """Standardised over each group of channels of each sample."""
    n, channels = input.shape[:2]
    size = input.size // max(1, n * groups)
    result, mean, rstd = _standardized(_wide(input).reshape(n * groups, size), eps)
    result = _channels_middle(result.reshape(input.shape))
    if weight is not None:
        result *= _wide(weight)[:, None]
    if bias is not None:
        result += _wide(bias)[:, None]
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
    g, rstd = _channels_middle(_wide(grad_output)), rstd.reshape(-1)
    standard = _wide(input).reshape(rows) - mean.reshape(-1, 1)
    standard *= rstd[:, None]
    bias_gradient = np.einsum("ncl->c", g)
    weight_gradient = np.einsum("ncl,ncl->c", g, _channels_middle(standard.reshape(input.shape)))
    if weight is not None:
        g = g * _wide(weight)[:, None]
    result = _standardized_gradient(g.reshape(rows), standard, rstd).reshape(input.shape)
    model = input if weight is None else weight
    result = result.astype(input.dtype, copy=False)
    return result, _like(weight_gradient, model), _like(bias_gradient, model)


def _group_norm_gradients(
    grad: Tensor, input: Tensor, weight: Tensor | None, mean: Tensor, rstd: Tensor, groups: int,
    eps: float, needs: dict[str, bool],
) -> tuple:  # fmt: skip
    if mode.grad:
        over = (0, *range(2, input.dim()))
        shape = (1, -1, *(1,) * (input.dim() - 2))
        parted = (input.shape[0], groups, input.numel() // max(1, input.shape[0] * groups))
        return _composed(grad, input, weight, (2,), over, shape, eps, needs, parted)
    got = execute(ROWS["_group_norm_backward"], (grad, input, weight, mean, rstd, groups))
    return _wanted(got, needs)


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
            _check_mixed(x, t)
    return execute(ROWS["_group_norm"], (input, weight, bias, num_groups, eps))


@composite("function")
def native_group_norm(
    input: Tensor, weight: Tensor | None, bias: Tensor | None, N: int, C: int, HxW: int,
    group: int, eps: float,
) -> tuple[Tensor, Tensor, Tensor]:  # fmt: skip
    """group_norm, with the groups' means and 1 / standard deviations."""
    got = execute(ROWS["_native_group_norm"], (input, weight, bias, group, eps))
    return _as_statistics(input, weight, tuple(got))


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
    x = _float_of(input)
    if eps is None:
        eps = D.finfo(x.dtype).eps if not x.is_complex() else D.finfo(x.dtype.to_real()).eps
    over = tuple(range(-len(shape), 0))
    result = x * (x.pow(2).mean(over, keepdim=True) + eps).rsqrt()
    if weight is not None:
        result = result * weight
    return result.to(input.dtype)
