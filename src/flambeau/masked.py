"""Reductions and normalisations of the elements that a mask selects.

A mask is a tensor of bools that broadcasts to the input; None selects all. What it leaves out
counts as the operation's neutral element: 0 in a sum, 1 in a product, -inf in a maximum.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from .ops.expressions import TENSORS as T
from .tensor import dtype as D
from .tensor.creation import full, ones, tensor, zeros
from .tensor.size import normalize_dim
from .tensor.tensor import Tensor

__all__ = [
    "amax", "amin", "argmax", "argmin", "cumprod", "cumsum", "log_softmax", "logaddexp",
    "logsumexp", "mean", "median", "norm", "normalize", "prod", "softmax", "softmin", "std", "sum",
    "var",
]  # fmt: skip

Dims = Any  # None, an int, or a sequence of ints
Dtype = D.dtype | None
Mask = Tensor | None

# --- masks, dimensions and types ---------------------------------------------------------------


def _mask(input: Tensor, mask: Tensor) -> Tensor:
    """The mask as bools of the input's shape."""
    if mask.ndim > input.ndim:
        raise IndexError(
            "_input_mask expected broadcastable mask (got mask dimensionality higher than of the "
            "input)"
        )
    return mask.to(D.bool_).expand(input.shape)


def _filled(input: Tensor, mask: Mask, value: Any) -> Tensor:
    """The input with the neutral element in place of what the mask leaves out."""
    if mask is None:
        return input
    neutral = full((), value, dtype=input.dtype)
    return T["where"](_mask(input, mask), input, neutral)


def _dims(dim: Dims, ndim: int) -> tuple[int, ...]:
    """The dimensions to reduce, in ascending order; all where ``dim`` is None."""
    if dim is None:
        return tuple(range(ndim))
    found: list[int] = []
    for d in (dim,) if isinstance(dim, int) else dim:
        if d in found:
            raise RuntimeError(f"dim={d} appears multiple times in the list of dims")
        found.append(normalize_dim(d, max(ndim, 1)))
    return tuple(sorted(found))


def _lowest(dtype: D.dtype) -> Any:
    """The neutral element of a maximum."""
    if dtype.category >= D.FLOAT:
        return -math.inf
    return False if dtype is D.bool_ else D.iinfo(dtype).min


def _highest(dtype: D.dtype) -> Any:
    """The neutral element of a minimum."""
    if dtype.category >= D.FLOAT:
        return math.inf
    return True if dtype is D.bool_ else D.iinfo(dtype).max


def _sum_type(input: Tensor, dtype: Dtype) -> D.dtype:
    """The type of sums and products: int64 for smaller integers and bools."""
    if dtype is not None:
        return dtype
    return D.int64 if input.dtype.category < D.FLOAT else input.dtype


def _as(input: Tensor, dtype: Dtype) -> Tensor:
    return input if dtype is None or dtype is input.dtype else input.to(dtype)


# --- reductions --------------------------------------------------------------------------------


def sum(
    input: Tensor,
    dim: Dims = None,
    *,
    keepdim: bool | None = False,
    dtype: Dtype = None,
    mask: Mask = None,
) -> Tensor:
    """The sums of the selected elements over ``dim``; 0 where none is selected."""
    dtype = _sum_type(input, dtype)
    x = _filled(input, mask, 0)
    return T["sum"](x, _dims(dim, input.ndim), bool(keepdim), dtype=dtype)


def prod(
    input: Tensor,
    dim: Dims = None,
    *,
    keepdim: bool | None = False,
    dtype: Dtype = None,
    mask: Mask = None,
) -> Tensor:
    """The products of the selected elements over ``dim``; 1 where none is selected."""
    dtype = _sum_type(input, dtype)
    result = _filled(input, mask, 1)
    for d in reversed(_dims(dim, input.ndim)):
        result = T["prod"](result, d, bool(keepdim))
    return _as(result, dtype)


def _running(name: str, neutral: int, what: str) -> Callable[..., Tensor]:
    def function(input: Tensor, dim: Dims, *, dtype: Dtype = None, mask: Mask = None) -> Tensor:
        along = _dims(dim, input.ndim)[0]
        return _as(T[name](_filled(input, mask, neutral), along), dtype or input.dtype)

    return _named(function, name, f"Running {what} of the selected elements along ``dim``.")


def _named(function: Callable, name: str, doc: str) -> Callable:
    function.__name__ = function.__qualname__ = name
    function.__doc__ = doc
    return function


cumsum = _running("cumsum", 0, "sums")
cumprod = _running("cumprod", 1, "products")


def _extreme(name: str, neutral: Callable[[D.dtype], Any], what: str) -> Callable[..., Tensor]:
    def function(
        input: Tensor,
        dim: Dims = None,
        *,
        keepdim: bool | None = False,
        dtype: Dtype = None,
        mask: Mask = None,
    ) -> Tensor:
        x = _filled(input, mask, neutral(input.dtype))
        return _as(T[name](x, _dims(dim, input.ndim), bool(keepdim)), dtype)

    return _named(function, name, f"The {what} of the selected elements over ``dim``.")


amax = _extreme("amax", _lowest, "largest")
amin = _extreme("amin", _highest, "smallest")


def _place(name: str, neutral: Callable[[D.dtype], Any], what: str) -> Callable[..., Tensor]:
    def function(
        input: Tensor,
        dim: int | None = None,
        *,
        keepdim: bool | None = False,
        dtype: Dtype = None,
        mask: Mask = None,
    ) -> Tensor:
        if dim is not None and not isinstance(dim, int):
            raise TypeError(
                f"{name}(): argument 'dim' (position 2) must be int, not {type(dim).__name__}"
            )
        x = _filled(input, mask, neutral(input.dtype))
        return T[name](x, dim, bool(keepdim)).to(dtype or input.dtype)

    return _named(
        function,
        name,
        f"The index of the {what} of the selected elements along ``dim``, in the input's type.",
    )


argmax = _place("argmax", _lowest, "largest")
argmin = _place("argmin", _highest, "smallest")


def mean(
    input: Tensor,
    dim: Dims = None,
    *,
    keepdim: bool | None = False,
    dtype: Dtype = None,
    mask: Mask = None,
) -> Tensor:
    """The means of the selected elements over ``dim``; nan where none is selected."""
    if (dtype or input.dtype).category < D.FLOAT:
        raise ValueError(
            "mean(): Could not infer output dtype. Input dtype must be either a floating point or "
            f"complex dtype. Got: {dtype or input.dtype}"
        )
    if mask is None:
        return T["mean"](input, _dims(dim, input.ndim), bool(keepdim), dtype=dtype)
    total = sum(input, dim, keepdim=keepdim, dtype=dtype, mask=mask)
    return total / _count(input, dim, keepdim, mask)


def _count(input: Tensor, dim: Dims, keepdim: bool | None, mask: Mask) -> Tensor:
    """How many elements are selected."""
    one = ones(input.shape, dtype=D.int64)
    return sum(one, dim, keepdim=keepdim, dtype=D.int64, mask=mask)


def median(
    input: Tensor, dim: int = -1, *, keepdim: bool = False, dtype: Dtype = None, mask: Mask = None
) -> Tensor:
    """The medians of the selected elements along ``dim``; nan where none is selected."""
    along = _dims(dim, input.ndim)[0]
    dtype = dtype or input.dtype
    floating = input.dtype.is_floating_point
    if mask is None:
        return _as(T["median"](input, along, keepdim)[0], dtype)
    if not floating and bool((_count(input, along, False, mask) == 0).any()):
        raise ValueError(
            "masked median expects no fully masked out rows if dtype is not floating point"
        )
    x = _filled(input if floating else input.to(D.get_default_dtype()), mask, math.nan)
    return T["nanmedian"](x, along, keepdim)[0].to(dtype)


def logsumexp(
    input: Tensor,
    dim: Dims = None,
    *,
    keepdim: bool = False,
    dtype: Dtype = None,
    mask: Mask = None,
) -> Tensor:
    """ln(sum(exp(x))) of the selected elements over ``dim``."""
    x = _filled(input, mask, _lowest(input.dtype))
    result = T["logsumexp"](x, _dims(dim, input.ndim), bool(keepdim))
    return _as(result, dtype or input.dtype)


def logaddexp(
    input: Tensor,
    other: Tensor,
    *,
    dtype: Dtype = None,
    input_mask: Mask = None,
    other_mask: Mask = None,
) -> Tensor:
    """ln(exp(x) + exp(y)), where what a mask leaves out counts as -inf."""
    x = _filled(input, input_mask, -math.inf)
    y = _filled(other, other_mask, -math.inf)
    return _as(T["logaddexp"](x, y), dtype or input.dtype)


def norm(
    input: Tensor,
    ord: float | None = 2.0,
    dim: Dims = None,
    *,
    keepdim: bool | None = False,
    dtype: Dtype = None,
    mask: Mask = None,
) -> Tensor:
    """The norms of the selected elements over ``dim``; see linalg.vector_norm."""
    order = 2.0 if ord is None else ord
    x = _filled(input, mask, math.inf if order == -math.inf else 0)
    return T["linalg_vector_norm"](
        x, order, _dims(dim, input.ndim), bool(keepdim), dtype=dtype
    )


def _spread(
    input: Tensor,
    dim: Dims,
    unbiased: bool | None,
    correction: float | None,
    keepdim: bool | None,
    dtype: Dtype,
    mask: Mask,
    root: bool,
) -> Tensor:
    if unbiased is not None and correction is not None:
        raise ValueError("Only one of unbiased and correction may be given")
    if correction is None:
        correction = 0 if unbiased is False else 1
    dtype = dtype or input.dtype
    if dtype.category < D.FLOAT:
        dtype = D.float32
    count = _count(input, dim, True, mask)
    apart = input - sum(input, dim, keepdim=True, dtype=dtype, mask=mask) / count
    squares = apart * T["conjugate"](apart)
    total = sum(squares, dim, keepdim=keepdim, dtype=dtype, mask=mask)
    freedom = count.to(dtype.to_real()).reshape(total.shape) - correction
    freedom = T["maximum"](freedom, zeros((), dtype=freedom.dtype))
    result = (total / freedom).to(dtype)
    return result.sqrt() if root else result


def var(
    input: Tensor,
    dim: Dims = None,
    unbiased: bool | None = None,
    *,
    correction: float | None = None,
    keepdim: bool | None = False,
    dtype: Dtype = None,
    mask: Mask = None,
) -> Tensor:
    """The variances of the selected elements over ``dim``; see var."""
    return _spread(input, dim, unbiased, correction, keepdim, dtype, mask, False)


def std(
    input: Tensor,
    dim: Dims = None,
    unbiased: bool | None = None,
    *,
    correction: float | None = None,
    keepdim: bool | None = False,
    dtype: Dtype = None,
    mask: Mask = None,
) -> Tensor:
    """The standard deviations of the selected elements over ``dim``; see std."""
    return _spread(input, dim, unbiased, correction, keepdim, dtype, mask, True)


# --- normalisations ----------------------------------------------------------------------------


def _softly(name: str, row: str, neutral: float, what: str) -> Callable[..., Tensor]:
    def function(input: Tensor, dim: int, *, dtype: Dtype = None, mask: Mask = None) -> Tensor:
        along = _dims(dim, input.ndim)[0]
        return T[row](_filled(input, mask, neutral), along, dtype=dtype)

    return _named(function, name, f"{what} of the selected elements along ``dim``.")


softmax = _softly("softmax", "softmax", -math.inf, "softmax")
log_softmax = _softly("log_softmax", "log_softmax", -math.inf, "The logarithm of softmax")
softmin = _softly("softmin", "softmin", math.inf, "softmax of the negative")


def normalize(
    input: Tensor,
    ord: float,
    dim: int,
    *,
    eps: float = 1e-12,
    dtype: Dtype = None,
    mask: Mask = None,
) -> Tensor:
    """The selected elements by their norm along ``dim``, or by ``eps`` where it is smaller."""
    size = norm(input, ord, dim, keepdim=True, dtype=dtype, mask=mask)
    size = T["maximum"](size, tensor(eps, dtype=size.dtype))
    return _filled(input, mask, 0) / size
