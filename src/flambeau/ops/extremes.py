"""Largest and smallest elements, and where they are: max, min, amax, amin, aminmax, argmax, argmin.

Over one dimension the gradient goes to the element whose index is given. Where no index is given
(all elements, amax, amin, aminmax), equal extremes share it evenly.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..tensor.size import normalize_dim
from ..tensor.tensor import Tensor
from .array_reductions import (
    F32,
    HALF,
    axes_of,
    extreme_and_place,
    extreme_over,
    first_place,
    place_along,
    take_along,
)
from .dispatch import execute
from .expressions import TENSORS as T
from .overloads import check_flag, finish, not_implemented, overloaded
from .reductions import Dims, restored
from .table import ROWS, composite, op

# --- gradients of what picks elements ------------------------------------------------------------


@op("select_gradient(g, dim: int, indices, keepdim: bool, shape: int[])",
    derivative={"g": "selected(grad, dim, indices, keepdim)"}, where="", lowering="scatter",
    formula=r"\bar x_{i\,k_i} = \bar y_i")
def select_gradient(g, dim, indices, keepdim, shape):
    """Zeros, with the gradient where the elements were picked; no index repeats."""
    if not keepdim and len(shape):
        g, indices = np.expand_dims(g, dim), np.expand_dims(indices, dim)
    return place_along(g, indices, dim, shape)


@op("selected(input, dim: int, indices, keepdim: bool)",
    derivative={"input": "select_gradient(grad, dim, indices, keepdim, input.shape)"}, where="",
    lowering="gather", formula=r"y_i = x_{i\,k_i}")
def selected(input, dim, indices, keepdim):
    """The elements at ``indices`` along a dimension."""
    if keepdim or not input.ndim:
        return take_along(input, indices, dim)
    return take_along(input, np.expand_dims(indices, dim), dim).squeeze(dim)


@composite("")
def shared_gradient(grad: Tensor, x: Tensor, result: Tensor, dim: Dims, keepdim: bool) -> Tensor:
    """The gradient of an extreme, in equal parts to all elements that are the extreme."""
    grad, result = (restored(a, dim, keepdim, x.ndim) for a in (grad, result))
    mask = (x == result) | ((x != x) & (result != result))
    dims = tuple(range(x.ndim)) if dim is None else dim
    return grad * mask / T["sum_dim"](mask, dims, True)


# --- max and min ---------------------------------------------------------------------------------


def check_not_empty(x: np.ndarray, name: str, axis: Any) -> None:
    """Refuses an extreme over nothing."""
    if x.size:
        return
    if axis is None:
        kind = IndexError if name.startswith("arg") else RuntimeError
        more = "" if name.startswith("arg") else (
            " Specify the reduction dim with the 'dim' argument."
        )
        raise kind(
            f"{name}(): Expected reduction dim to be specified for input.numel() == 0.{more}"
        )
    for a in axis if axis.__class__ is tuple else (axis,):
        if not x.shape[a]:
            raise IndexError(
                f"{name}(): Expected reduction dim {a % x.ndim} to have non-zero size."
            )


def _real(x: np.ndarray, name: str, error: Exception | None = None) -> np.ndarray:
    """The array in a type that NumPy compares quickly; refuses complex numbers."""
    if x.dtype.kind == "c":
        raise error or RuntimeError(f"{name}(): does not support complex input")
    return x.astype(F32) if x.dtype in HALF else x


def _typed(values: Any, x: np.ndarray) -> np.ndarray:
    values = np.asarray(values)
    return values if values.dtype == x.dtype else values.astype(x.dtype)


def _extreme_rows(name: str, ufunc: Any, sign: str, title_: str) -> None:
    """The rows of max (or min): of all elements, and over one dimension with indices."""

    @op(f"{name}_all(input)", where="", lowering="reduction", node=f"{title_}Backward1",
        derivative={"input": "shared_gradient(grad, input, result, None, False)"},
        formula=rf"\{name}_i x_i")
    def all_kernel(input):
        wide = _real(input, name, not_implemented(f"{name}_all", input))
        check_not_empty(input, name, None)
        return _typed(extreme_over(ufunc, wide), input)

    @op(f"_{name}(input, dim: int, keepdim: bool = False)", where="", lowering="reduction",
        outputs=("values", "indices"), nondifferentiable=("indices",), node=f"{title_}Backward0",
        derivative={
            "input": "select_gradient(grads[0], dim, indices, keepdim, input.shape)"},
        formula=rf"\{name}_j x_{{ij}}")
    def dim_kernel(input, dim, keepdim):
        wide = _real(input, name)
        if not input.ndim:
            return input.copy(), np.zeros((), np.int64)
        check_not_empty(input, name, dim)
        values, indices = extreme_and_place(ufunc, wide, dim, keepdim)
        return _typed(values, input), np.asarray(indices)

    @op(f"a{name}(input, dim: int[] = (), keepdim: bool = False)", lowering="reduction",
        derivative={"input": "shared_gradient(grad, input, result, dim, keepdim)"},
        formula=rf"\{name}_j x_{{ij}}")
    def a_kernel(input, dim, keepdim):
        wide = _real(input, f"a{name}", not_implemented(f"{name}_values_cpu", input))
        axes = axes_of(dim, input.ndim)
        check_not_empty(input, f"a{name}", axes)
        return _typed(extreme_over(ufunc, wide, axes, keepdim), input)

    @op(f"arg{name}(input, dim: int | None = None, keepdim: bool = False)", lowering="reduction",
        formula=rf"\operatorname{{arg\,{name}}}_j x_{{ij}}")
    def arg_kernel(input, dim, keepdim):
        wide = _real(input, f"arg{name}")
        if input.dtype.kind == "b":
            raise RuntimeError(f"arg{name}(): does not support bool input")
        axis = None if dim is None else normalize_dim(dim, input.ndim)
        if not input.ndim:
            return np.zeros((), np.int64)
        check_not_empty(input, f"arg{name}", axis)
        return np.asarray(first_place(ufunc, wide, axis, keepdim))

    ROWS[f"a{name}"].doc = f"The {sign} elements over dimensions, of all where none is named."
    ROWS[f"arg{name}"].doc = (
        f"The index of the {sign} element, of all (as if they were flat) or over ``dim``."
    )


_extreme_rows("max", np.maximum, "largest", "Max")
_extreme_rows("min", np.minimum, "smallest", "Min")


def _overload(name: str, input: Tensor, dim: Any, keepdim: Any, other: Any, out: Any) -> Any:
    """max and min stand for three operators: of all, over a dimension, of two tensors."""
    if dim.__class__ is int:
        check_flag(name, keepdim)
        return finish(ROWS["_" + name], (input, normalize_dim(dim, input.ndim), keepdim), out)
    if isinstance(dim, Tensor):
        other = dim
    if other is not None:
        return finish(ROWS[f"{name}imum"], (input, other), out)
    if dim is None:
        check_flag(name, keepdim)
        return finish(ROWS[f"{name}_all"], (input,), out)
    if hasattr(dim, "__index__"):
        return _overload(name, input, int(dim), keepdim, other, out)
    raise TypeError(
        f"{name}() received an invalid combination of arguments - got "
        f"(Tensor, {type(dim).__name__})\nHint: `dim` is one int; a{name}() takes several."
    )


@composite()
@overloaded
def max(
    input: Tensor, dim: Any = None, keepdim: bool = False, *, other: Any = None, out: Any = None
) -> Any:
    """The largest element; over a dimension also its index; of two tensors element by element.

    ``max(input)`` is the largest element of all. ``max(input, dim, keepdim)`` gives the named
    tuple (values, indices). ``max(input, other)`` is ``maximum``. nan is larger than all.
    """
    if dim is None and other is None and out is None and keepdim is False:
        return execute(ROWS["max_all"], (input,))
    return _overload("max", input, dim, keepdim, other, out)


@composite()
@overloaded
def min(
    input: Tensor, dim: Any = None, keepdim: bool = False, *, other: Any = None, out: Any = None
) -> Any:
    """The smallest element; over a dimension also its index; of two tensors element by element.

    ``min(input)`` is the smallest element of all. ``min(input, dim, keepdim)`` gives the named
    tuple (values, indices). ``min(input, other)`` is ``minimum``. nan is smaller than all.
    """
    if dim is None and other is None and out is None and keepdim is False:
        return execute(ROWS["min_all"], (input,))
    return _overload("min", input, dim, keepdim, other, out)


@op("aminmax(input, *, dim: int | None = None, keepdim: bool = False)", lowering="reduction",
    outputs=("min", "max"),
    derivative={"input": "aminmax_gradient(grads, input, min, max, dim, keepdim)"},
    formula=r"(\min_i x_i, \max_i x_i)")
def aminmax(input, dim, keepdim):
    """The smallest and the largest elements, of all or over one dimension."""
    wide = _real(input, "aminmax", not_implemented("aminmax_cpu", input))
    axis = None if dim is None or not input.ndim else normalize_dim(dim, input.ndim)
    if dim is not None and not input.ndim:
        normalize_dim(dim, 0)
    if not input.size:
        if axis is None:
            raise RuntimeError(
                "aminmax(): cannot compute aminmax over an empty dimension as the operation has no "
                "identity."
            )
        check_not_empty(input, "aminmax", axis)
    return (
        _typed(extreme_over(np.minimum, wide, axis, keepdim), input),
        _typed(extreme_over(np.maximum, wide, axis, keepdim), input),
    )


@composite("")
def aminmax_gradient(
    grads: list, x: Tensor, low: Tensor, high: Tensor, dim: int | None, keepdim: bool
) -> Tensor:
    """The gradients of both extremes."""
    parts = [
        shared_gradient(g, x, value, dim, keepdim)
        for g, value in zip(grads, (low, high))
        if g is not None
    ]
    return parts[0] if len(parts) == 1 else parts[0] + parts[1]
