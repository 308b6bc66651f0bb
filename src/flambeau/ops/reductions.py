"""Reductions that join all elements of some dimensions: sums, means, products, any and all.

The gradient of a reduction is stretched back over the dimensions that it joined; ``expand_reduced``
and ``sum_dim`` are each other's derivative.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autograd.graph import sum_to
from ..tensor import dtype as D
from ..tensor.size import broadcast_shapes, normalize_dim, normalize_dims, parse_size
from ..tensor.tensor import Tensor
from .array_reductions import (
    F32,
    F64,
    HALF,
    LARGE,
    axes_of,
    count_along,
    extreme_over,
    mean_over,
    reduce_over,
    sum_over,
)
from .dispatch import execute
from .expressions import TENSORS as T
from .overloads import check_flag, converted, finish, into, overloaded, title
from .table import FLOAT, ROWS, composite, op

Dims = Any  # None, an int, or a sequence of ints
I64 = D.int64.numpy

# --- how gradients return ------------------------------------------------------------------------


@op("expand_reduced(g, dim: int[] | None, keepdim: bool, shape: int[])",
    derivative={"g": "sum_dim(grad, dim, keepdim)"}, where="", lowering="view",
    formula=r"\bar x_{ij} = \bar y_i")
def expand_reduced(g, dim, keepdim, shape):
    """The transpose of a sum: a reduction's gradient, repeated over the dimensions it joined."""
    if not keepdim:
        g = restore_dims(g, dim, shape)
    return repeat_to(g, shape)


def restore_dims(a, dim, shape):
    """``a`` with the reduced dimensions of ``shape`` put back, of size 1."""
    if dim is None or not shape or a.ndim == len(shape):
        return a
    dims = normalize_dims(dim, len(shape))
    return a.reshape([1 if i in dims else n for i, n in enumerate(shape)]) if dims else a


def repeat_to(a, shape):
    """``a`` stretched to a shape: small arrays are filled, which is quicker than a view."""
    if a.shape == shape:
        return a
    size = 1
    for n in shape:
        size *= n
    if size > LARGE:
        return np.broadcast_to(a, shape)
    out = np.empty(shape, a.dtype)
    out[...] = a
    return out


@composite("")
def restored(a: Tensor, dim: Dims, keepdim: bool, ndim: int) -> Tensor:
    """A reduction's result or gradient with the joined dimensions put back, of size 1."""
    if keepdim or not ndim:
        return a
    if dim is None or dim.__class__ is not int and not len(dim):
        return a.reshape((1,) * ndim)
    shape = list(a.shape)
    for d in sorted(normalize_dims(dim, ndim)):
        shape.insert(d, 1)
    return a.reshape(shape)


@op("_sum_to_size(input, size: int[])", derivative={"input": "expand(grad, input.shape)"},
    where="", lowering="reduction", node="SumBackward1", formula=r"\sum_{i: n_i = 1} x_i")
def sum_to_size_kernel(input, size):
    """Sums over the dimensions that ``expand`` would stretch."""
    if input.dtype.kind in "biu":
        return sum_to(input.astype(I64), size)
    return sum_to(input, size)


@composite("method")
@overloaded
def sum_to_size(input: Tensor, *size: Any) -> Tensor:
    """Sums over the dimensions in which ``size`` is 1 or has none: the transpose of expand.

    Raises:
        RuntimeError: a tensor of this size cannot be expanded to the input's shape.
    """
    shape = parse_size(size, "sum_to_size")
    if not shape:
        return execute(SUM, (input,))
    if shape == input._data.shape:
        return input
    try:
        fits = broadcast_shapes(shape, input._data.shape) == input._data.shape
    except RuntimeError:
        fits = False
    if not fits:
        raise RuntimeError(
            f"size {{{list(shape)}}} is not expandable to size {{{list(input.shape)}}}."
        )
    return execute(ROWS["_sum_to_size"], (input, shape))


# --- sum -----------------------------------------------------------------------------------------


def _sum(x, axis, keepdim):
    dtype = x.dtype
    if dtype is F32 or dtype is F64:
        return sum_over(x, axis, keepdim)
    if dtype.kind in "biu":
        if dtype.kind == "b" and axis is None and not keepdim:
            return np.asarray(np.count_nonzero(x), I64)
        return reduce_over(np.add, x, axis, keepdim, I64)
    if dtype in HALF:
        return np.asarray(sum_over(x.astype(F32), axis, keepdim)).astype(dtype)
    return sum_over(x, axis, keepdim)


@op("_sum(input)", derivative={"input": "expand_reduced(grad, None, False, input.shape)"},
    where="", lowering="reduction", node="SumBackward0", formula=r"\sum_i x_i")
def sum_all(input):
    """The sum of all elements."""
    return _sum(input, None, False)


@op("sum_dim(input, dim: int[] | None, keepdim: bool = False)",
    derivative={"input": "expand_reduced(grad, dim, keepdim, input.shape)"},
    where="", lowering="reduction", node="SumBackward1", formula=r"\sum_j x_{ij}")
def sum_dim(input, dim, keepdim):
    """The sums over some dimensions."""
    return _sum(input, axes_of(dim, input.ndim), keepdim)


SUM, SUM_DIM = ROWS["_sum"], ROWS["sum_dim"]


def _dtype_for(name: str, dtype: D.dtype | None, out: Tensor | None) -> D.dtype | None:
    """The type to compute in: the one asked for, or that of ``out``."""
    if out is not None:
        if dtype is not None and out.dtype is not dtype:
            raise RuntimeError(
                f"{name}: Expected out tensor to have dtype {dtype}, but got {out.dtype} instead"
            )
        return out.dtype
    return dtype


@composite()
@overloaded
def sum(
    input: Tensor,
    dim: Dims = None,
    keepdim: bool = False,
    *,
    dtype: D.dtype | None = None,
    out: Tensor | None = None,
) -> Tensor:
    r"""The sum of all elements, or over the dimensions ``dim``: :math:`\sum_i x_i`.

    Args:
        dim: a dimension or several; all where left out or empty.
        keepdim: keep the summed dimensions, with size 1.
        dtype: convert to this type first. Integers and bools are added as int64.

    Raises:
        IndexError: there is no such dimension.
    """
    if dtype is not None or out is not None:
        dtype = _dtype_for("sum", dtype, out)
        result = converted(sum(converted(input, dtype), dim, keepdim), dtype)
        return into(result, out, "sum")
    if dim is None and keepdim is False:
        return execute(SUM, (input,))
    check_flag("sum", keepdim, position=2)
    return execute(SUM_DIM, (input, dim, keepdim))


# --- mean ----------------------------------------------------------------------------------------


def _mean(x, axis, keepdim):
    dtype = x.dtype
    if dtype is F32 or dtype is F64:
        return mean_over(x, axis, keepdim)
    if dtype in HALF:
        return np.asarray(mean_over(x.astype(F32), axis, keepdim)).astype(dtype)
    if dtype.kind in "biu":
        raise RuntimeError(
            "mean(): could not infer output dtype. Input dtype must be either a floating point or "
            f"complex dtype. Got: {title(x)}"
            "\nHint: convert first, as in x.float().mean(), or name a type: mean(dtype=...)."
        )
    return mean_over(x, axis, keepdim)


@op("_mean(input)", derivative={
        "input": "expand_reduced(grad / size_of(input.shape), None, False, input.shape)"},
    where="", lowering="reduction", node="MeanBackward0", formula=r"\frac{1}{n} \sum_i x_i")
def mean_all(input):
    """The mean of all elements."""
    return _mean(input, None, False)


@op("mean_dim(input, dim: int[] | None, keepdim: bool = False)", derivative={
        "input": "expand_reduced(grad / size_of(input.shape, dim), dim, keepdim, input.shape)"},
    where="", lowering="reduction", node="MeanBackward1", formula=r"\frac{1}{n} \sum_j x_{ij}")
def mean_dim(input, dim, keepdim):
    """The means over some dimensions."""
    return _mean(input, axes_of(dim, input.ndim), keepdim)


@composite("")
def size_of(shape: tuple, dim: Dims = None) -> int:
    """How many elements a reduction of ``shape`` over ``dim`` joins into one."""
    return count_along(shape, axes_of(dim, len(shape)))


MEAN, MEAN_DIM = ROWS["_mean"], ROWS["mean_dim"]


@composite()
@overloaded
def mean(
    input: Tensor,
    dim: Dims = None,
    keepdim: bool = False,
    *,
    dtype: D.dtype | None = None,
    out: Tensor | None = None,
) -> Tensor:
    r"""The mean of all elements, or over the dimensions ``dim``: :math:`\frac{1}{n} \sum_i x_i`.

    Args:
        dim: a dimension or several; all where left out or empty.
        keepdim: keep the averaged dimensions, with size 1.
        dtype: convert to this type first.

    Raises:
        RuntimeError: the elements are integers or bools and no ``dtype`` is given.
        IndexError: there is no such dimension.
    """
    if dtype is not None or out is not None:
        return into(mean(converted(input, dtype), dim, keepdim), out, "mean")
    if dim is None and keepdim is False:
        return execute(MEAN, (input,))
    check_flag("mean", keepdim)
    return execute(MEAN_DIM, (input, dim, keepdim))


@op("_nansum(input, dim: int[] | None, keepdim: bool)",
    derivative={"input": "expand_reduced(grad, dim, keepdim, input.shape) * (input == input)"},
    where="", lowering="reduction", node="NansumBackward0")
def nansum_dim(input, dim, keepdim):
    """The sum of what is not nan."""
    if input.dtype.kind == "c":
        raise RuntimeError("nansum on CPU does not support complex inputs")
    if input.dtype.kind not in "biu":
        input = np.where(np.isnan(input), np.zeros((), input.dtype), input)
    return _sum(input, axes_of(dim, input.ndim), keepdim)


@composite()
@overloaded
def nansum(
    input: Tensor,
    dim: Dims = None,
    keepdim: bool = False,
    *,
    dtype: D.dtype | None = None,
    out: Tensor | None = None,
) -> Tensor:
    """The sum of the elements that are not nan; arguments as in ``sum``."""
    check_flag("nansum", keepdim)
    dtype = _dtype_for("nansum", dtype, out)
    result = execute(ROWS["_nansum"], (converted(input, dtype), dim, keepdim))
    return into(converted(result, dtype), out, "nansum")


@composite()
@overloaded
def nanmean(
    input: Tensor,
    dim: Dims = None,
    keepdim: bool = False,
    *,
    dtype: D.dtype | None = None,
    out: Tensor | None = None,
) -> Tensor:
    """The mean of the elements that are not nan; arguments as in ``mean``."""
    if input.dtype.category < D.FLOAT:
        raise RuntimeError(
            "nanmean(): expected input to have floating point or complex dtype but got "
            f"{input.dtype.title}"
        )
    count = sum(input.detach() == input.detach(), dim, keepdim)
    return into(nansum(input, dim, keepdim, dtype=dtype) / count, out, "nanmean")


# --- prod ----------------------------------------------------------------------------------------


def _prod(x, axis, keepdim):
    if x.dtype.kind in "biu":
        return reduce_over(np.multiply, x, axis, keepdim, I64)
    if x.dtype in HALF:
        wide = reduce_over(np.multiply, x.astype(F32), axis, keepdim)
        return np.asarray(wide).astype(x.dtype)
    return reduce_over(np.multiply, x, axis, keepdim)


@op("_prod(input)", derivative={"input": "prod_gradient(grad, input, result, None, False)"},
    where="", lowering="reduction", node="ProdBackward0", formula=r"\prod_i x_i")
def prod_all(input):
    """The product of all elements."""
    return _prod(input, None, False)


@op("prod_dim(input, dim: int, keepdim: bool = False)",
    derivative={"input": "prod_gradient(grad, input, result, dim, keepdim)"},
    where="", lowering="reduction", node="ProdBackward1", formula=r"\prod_j x_{ij}")
def prod_dim(input, dim, keepdim):
    """The products over one dimension."""
    return _prod(input, axes_of(dim, input.ndim), keepdim)


@composite("")
def prod_gradient(
    grad: Tensor, x: Tensor, result: Tensor, dim: int | None, keepdim: bool
) -> Tensor:
    """A product's gradient: the product of the other factors, also where some are zero."""
    grad = restored(grad, dim, keepdim, x.ndim)
    if bool(T["all"](x)):
        return grad * T["conjugate"](restored(result, dim, keepdim, x.ndim) / x)
    if dim is None:
        return (grad.reshape(1) * T["conjugate"](_others(x.reshape(-1), 0))).reshape(x.shape)
    return grad * T["conjugate"](_others(x, dim) if x.ndim else T["ones_like"](x))


def _others(x: Tensor, dim: int) -> Tensor:
    """For each element the product of all others along a dimension."""
    n = x.shape[dim]
    one = T["ones_like"](x.narrow(dim, 0, 1))
    before = T["cumprod"](T["cat"]((one, x.narrow(dim, 0, n - 1)), dim), dim)
    backwards = x.narrow(dim, 1, n - 1).flip(dim)
    after = T["cumprod"](T["cat"]((one, backwards), dim), dim).flip(dim)
    return before * after


@composite()
@overloaded
def prod(
    input: Tensor,
    dim: int | None = None,
    keepdim: bool = False,
    *,
    dtype: D.dtype | None = None,
    out: Tensor | None = None,
) -> Tensor:
    r"""The product of all elements, or over the dimension ``dim``: :math:`\prod_i x_i`.

    Integers and bools are multiplied as int64, or in ``dtype`` where that is given.
    """
    dtype = _dtype_for("prod", dtype, out)
    input = converted(input, dtype)
    check_flag("prod", keepdim)
    if dim is None:
        result = execute(ROWS["_prod"], (input,))
    else:
        result = execute(ROWS["prod_dim"], (input, normalize_dim(dim, input.ndim), keepdim))
    return into(converted(result, dtype), out, "prod")


# --- any, all, count_nonzero ---------------------------------------------------------------------


def _logical_row(name, ufunc, doc):
    @op(f"_{name}(input, dim: int[] | None = None, keepdim: bool = False)", where="",
        lowering="reduction")
    def kernel(input, dim, keepdim):
        axes = None if dim is None else normalize_dims(dim, input.ndim)
        x = input if input.dtype.kind == "b" else input != 0
        out = np.asarray(reduce_over(ufunc, x, axes if input.ndim else None, keepdim))
        return out.astype(np.uint8) if input.dtype == np.uint8 else out

    def function(
        input: Tensor, dim: Dims = None, keepdim: bool = False, *, out: Tensor | None = None
    ) -> Tensor:
        check_flag(name, keepdim)
        return finish(ROWS["_" + name], (input, dim, keepdim), out)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = doc
    composite()(overloaded(function))


_logical_row("any", np.logical_or, """Whether any element is not zero, of all or over dimensions.

    The result is bool, for uint8 it is uint8. nan counts as not zero.
    """)
_logical_row("all", np.logical_and, """Whether no element is zero, of all or over dimensions.

    The result is bool, for uint8 it is uint8. nan counts as not zero.
    """)


@op("count_nonzero(input, dim: int[] | None = None)", lowering="reduction",
    formula=r"\sum_i [x_i \ne 0]")
def count_nonzero(input, dim):
    """How many elements are not zero, of all or over the dimensions ``dim``; int64."""
    axes = axes_of(dim, input.ndim)
    if axes is None:
        return np.asarray(np.count_nonzero(input != 0), I64)
    return reduce_over(np.add, input != 0, axes, False, I64)


# --- logsumexp -----------------------------------------------------------------------------------


def log_sum_exp(x, axis, keepdim):
    """log(sum(exp(x))) with the largest element taken out, so that nothing overflows."""
    if not x.size:
        return np.log(np.add.reduce(np.exp(x), axis=axis, keepdims=keepdim))
    largest = extreme_over(np.maximum, x.real, axis, True)
    largest = np.where(np.isfinite(largest), largest, largest.dtype.type(0))
    shifted = np.asarray(x - largest)
    np.exp(shifted, out=shifted)
    out = np.log(sum_over(shifted, axis, keepdim))
    return out + (largest if keepdim else largest.reshape(np.shape(out)))


@op("logsumexp(input, dim: int[], keepdim: bool = False)", rule=FLOAT, lowering="reduction",
    derivative={"input": "logsumexp_gradient(grad, input, result, dim, keepdim)"},
    where="function method special",
    formula=r"\ln \sum_j e^{x_{ij}}")
def logsumexp(input, dim, keepdim):
    """log(sum(exp(input))) over dimensions, without overflow."""
    return log_sum_exp(input, axes_of(dim, input.ndim), keepdim)


@composite("")
def logsumexp_gradient(
    grad: Tensor, x: Tensor, result: Tensor, dim: Dims, keepdim: bool
) -> Tensor:
    """The gradient of logsumexp: softmax of the input."""
    grad, result = (restored(a, dim, keepdim, x.ndim) for a in (grad, result))
    return grad * T["conjugate"](T["exp"](x - result))
