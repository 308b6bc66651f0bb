"""softmax and log_softmax: one kernel each, and derivatives in terms of the result.

softmax keeps y = e^x / sum e^x, whose gradient is y (g - sum g y); log_softmax keeps
z = x - ln sum e^x, whose gradient is g - e^z sum g.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..tensor import dtype as D
from ..tensor.size import normalize_dim
from ..tensor.tensor import Tensor
from . import native
from .array_reductions import F32, F64, HALF, LARGE, extreme_over, sum_over
from .dispatch import execute
from .overloads import converted, into, not_implemented, overloaded
from .table import ROWS, composite, op

SAFE = 60.0  # exp of numbers up to this size can be added up in float32 as they are
BLOCK = 1 << 16  # elements whose intermediate results stay in the processor's cache


def _checked(x: np.ndarray, name: str) -> np.ndarray:
    """The array in the type to compute in; refuses what is not floating-point."""
    dtype = x.dtype
    if dtype is F32 or dtype is F64:
        return x
    if dtype in HALF:
        return x.astype(F32)
    if dtype.kind == "f":
        return x
    raise not_implemented(f"{name}_lastdim_kernel_impl", x)


def _compute(rule: Callable, inputs: tuple, dim: int) -> np.ndarray:
    """Applies ``rule(*inputs, out, dim)``, in the runtime or in NumPy.

    There many rows are worked on in blocks that fit the cache.
    """
    fast = native.along(NATIVE[rule], inputs, dim)
    if fast is not None:
        return fast
    x = inputs[0]
    out = np.empty(x.shape, x.dtype)
    last = x.ndim - 1
    if x.size < 2 * BLOCK or dim not in (last, -1) or not all(a.flags.c_contiguous for a in inputs):
        rule(*inputs, out, dim)
        return out
    width = x.shape[last]
    *parts, made = [a.reshape(-1, width) for a in (*inputs, out)]
    rows = max(1, BLOCK // width)
    for i in range(0, len(made), rows):
        rule(*[a[i : i + rows] for a in parts], made[i : i + rows], 1)
    return out


def _answer(out: np.ndarray, dtype: np.dtype) -> np.ndarray:
    return out if out.dtype is dtype else out.astype(dtype)


def _needs_shift(x: np.ndarray) -> bool:
    """Whether exp(x) might overflow or vanish; looking at a large array's extremes is cheap."""
    if x.size < LARGE or not x.flags.c_contiguous:
        return True
    flat = x.reshape(-1)
    return not (np.maximum.reduce(flat) < SAFE and np.minimum.reduce(flat) > -SAFE)


def _softmax_rule(x, out, dim):
    if _needs_shift(x):
        np.subtract(x, extreme_over(np.maximum, x, dim, True), out)
        np.exp(out, out)
    else:
        np.exp(x, out)
    out /= sum_over(out, dim, True)


def _softmax_gradient_rule(g, y, out, dim):
    np.multiply(g, y, out)
    np.subtract(g, sum_over(out, dim, True), out)
    out *= y


def _log_softmax_rule(x, out, dim):
    np.subtract(x, extreme_over(np.maximum, x, dim, True), out)
    out -= np.log(sum_over(np.exp(out), dim, True))


def _log_softmax_gradient_rule(g, z, out, dim):
    np.exp(z, out)
    out *= sum_over(g, dim, True)
    np.subtract(g, out, out)


NATIVE = {
    _softmax_rule: "fl_softmax",
    _softmax_gradient_rule: "fl_softmax_gradient",
    _log_softmax_rule: "fl_log_softmax",
    _log_softmax_gradient_rule: "fl_log_softmax_gradient",
}  # what the runtime calls them


@op("_softmax(input, dim: int)", derivative={"input": "softmax_gradient(grad, result, dim)"},
    where="", lowering="reduction", node="SoftmaxBackward0",
    formula=r"\frac{e^{x_i}}{\sum_j e^{x_j}}")
def softmax_kernel(input, dim):
    """exp(x) / sum(exp(x)) along a dimension."""
    x = _checked(input, "softmax")
    if not x.ndim:
        return np.asarray(np.exp(x - x)).astype(input.dtype)
    return _answer(_compute(_softmax_rule, (x,), dim), input.dtype) if x.size else input.copy()


@op("softmax_gradient(g, y, dim: int)", where="", lowering="reduction",
    derivative={"g": "softmax_gradient(grad, y, dim)",
                "y": "grad * (g - sum_dim(g * y, dim, True)) - g * sum_dim(grad * y, dim, True)"},
    formula=r"y_i \left(g_i - \sum_j g_j y_j\right)")
def softmax_gradient(g, y, dim):
    """The gradient of softmax, in terms of its result y."""
    if not y.size or not y.ndim:
        return np.zeros_like(y)
    both = _checked(g, "softmax"), _checked(y, "softmax")
    return _answer(_compute(_softmax_gradient_rule, both, dim), y.dtype)


@op("_log_softmax(input, dim: int)", where="", lowering="reduction",
    derivative={"input": "log_softmax_gradient(grad, result, dim)"}, node="LogSoftmaxBackward0",
    formula=r"x_i - \ln \sum_j e^{x_j}")
def log_softmax_kernel(input, dim):
    """x - log(sum(exp(x))) along a dimension."""
    x = _checked(input, "log_softmax")
    if not x.ndim:
        return np.asarray(x - x).astype(input.dtype)
    return _answer(_compute(_log_softmax_rule, (x,), dim), input.dtype) if x.size else input.copy()


@op("log_softmax_gradient(g, z, dim: int)", where="", lowering="reduction",
    derivative={"g": "grad - sum_dim(grad * exp(z), dim, True)",
                "z": "-grad * exp(z) * sum_dim(g, dim, True)"},
    formula=r"g_i - e^{z_i} \sum_j g_j")
def log_softmax_gradient(g, z, dim):
    """The gradient of log_softmax, in terms of its result z."""
    if not z.size or not z.ndim:
        return np.zeros_like(z)
    both = _checked(g, "log_softmax"), _checked(z, "log_softmax")
    return _answer(_compute(_log_softmax_gradient_rule, both, dim), z.dtype)


SOFTMAX, LOG_SOFTMAX = ROWS["_softmax"], ROWS["_log_softmax"]
Dtype = D.dtype | None


def _along(row: Any, input: Tensor, dim: int, dtype: Dtype) -> Tensor:
    """One of the rows, in a type and along a dimension of either sign."""
    if dtype is not None:
        input = converted(input, dtype)
    ndim = input._data.ndim
    if dim.__class__ is not int or not -ndim <= dim < ndim:
        dim = normalize_dim(dim, ndim)
    return execute(row, (input, dim))


@composite("function method special")
@overloaded
def softmax(input: Tensor, dim: int, dtype: Dtype = None, *, out: Tensor | None = None) -> Tensor:
    r"""Positive numbers that add up to 1 along ``dim``: :math:`e^{x_i} / \sum_j e^{x_j}`.

    Args:
        dim: the dimension along which the results add up to 1.
        dtype: convert to this type first.

    Raises:
        IndexError: there is no such dimension.
    """
    return into(_along(SOFTMAX, input, dim, dtype), out, "softmax")


@composite("function method special")
@overloaded
def log_softmax(
    input: Tensor, dim: int, dtype: Dtype = None, *, out: Tensor | None = None
) -> Tensor:
    r"""The logarithm of softmax, without overflow: :math:`x_i - \ln \sum_j e^{x_j}`.

    Args:
        dim: the dimension along which the probabilities add up to 1.
        dtype: convert to this type first.

    Raises:
        IndexError: there is no such dimension.
    """
    return into(_along(LOG_SOFTMAX, input, dim, dtype), out, "log_softmax")


# --- nn.functional: the dimension may be left out ------------------------------------------------


def _implicit_dim(name: str, ndim: int, stacklevel: int) -> int:
    import warnings

    warnings.warn(
        f"Implicit dimension choice for {name} has been deprecated. Change the call to include "
        "dim=X as an argument.",
        stacklevel=stacklevel + 1,
    )
    return 0 if ndim in (0, 1, 3) else 1


@composite("nn", name="nn_softmax")
@overloaded
def nn_softmax(
    input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Dtype = None
) -> Tensor:
    r"""softmax along ``dim``: :math:`e^{x_i} / \sum_j e^{x_j}`; see ``flambeau.softmax``."""
    if dim is None:
        dim = _implicit_dim("softmax", input.ndim, _stacklevel)
    return _along(SOFTMAX, input, dim, dtype)


@composite("nn", name="nn_log_softmax")
@overloaded
def nn_log_softmax(
    input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Dtype = None
) -> Tensor:
    r"""The logarithm of softmax along ``dim``; see ``flambeau.log_softmax``."""
    if dim is None:
        dim = _implicit_dim("log_softmax", input.ndim, _stacklevel)
    return _along(LOG_SOFTMAX, input, dim, dtype)


@composite("nn")
@overloaded
def softmin(
    input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Dtype = None
) -> Tensor:
    r"""softmax of the negative: :math:`e^{-x_i} / \sum_j e^{-x_j}`."""
    if dim is None:
        dim = _implicit_dim("softmin", input.ndim, _stacklevel)
    return _along(SOFTMAX, -input, dim, dtype)
