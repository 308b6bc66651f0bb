"""Order statistics: median, mode, k-th value, quantiles."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..tensor.size import normalize_dim
from ..tensor.tensor import Tensor
from .array_reductions import F32, F64, SORTED, widened
from .expressions import TENSORS as T
from .extremes import check_not_empty
from .overloads import check_flag, finish, into, not_implemented, overloaded
from .table import ROWS, composite, op


def _place_of(x, k, axis):
    """The index along ``axis`` of the k-th smallest element, counted from 0; the axis is kept."""
    if x.size <= SORTED:
        order = np.argsort(x, axis=axis, kind="stable")
    else:
        order = np.argpartition(x, k, axis=axis)
    return np.take(order, [k], axis=axis)


def _picked(x, place, axis, keepdim):
    """Values and indices at a kept axis, which goes away unless ``keepdim``."""
    values = np.take_along_axis(x, place, axis)
    return (values, place) if keepdim else (values.squeeze(axis), place.squeeze(axis))


def _scalar(x):
    return x.copy(), np.zeros((), np.int64)


_PICKS = {
    "where": "", "lowering": "opaque", "outputs": ("values", "indices"),
    "nondifferentiable": ("indices",),
    "derivative": {"input": "select_gradient(grads[0], dim, indices, keepdim, input.shape)"},
}  # fmt: skip
_SHARED = {"where": "", "lowering": "opaque",
           "derivative": {"input": "shared_gradient(grad, input, result, None, False)"}}


def _median_place(x, axis, skip_nan):
    """The index of the lower median along an axis, which is kept."""
    n = x.shape[axis]
    if x.dtype.kind in "iu":
        return _place_of(x, (n - 1) // 2, axis)
    missing = np.isnan(x)
    if not missing.any():
        return _place_of(x, (n - 1) // 2, axis)
    if skip_nan:
        present = n - np.add.reduce(missing, axis=axis, keepdims=True, dtype=np.int64)
        order = np.argsort(x, axis=axis, kind="stable")  # nan comes last
        return np.take_along_axis(order, np.maximum(present - 1, 0) // 2, axis)
    place = _place_of(x, (n - 1) // 2, axis)
    first = np.argmax(missing, axis=axis, keepdims=True)
    return np.where(missing.any(axis=axis, keepdims=True), first, place)


def _median_rows(name: str, skip_nan: bool, doc: str) -> None:
    title = name.capitalize()

    @op(f"{name}_all(input)", node=f"{title}Backward0", **_SHARED)
    def all_kernel(input):
        if input.dtype.kind in "bc":
            raise not_implemented("median_cpu", input)
        if not input.size:
            if input.dtype.kind in "iu":
                return np.asarray(np.iinfo(input.dtype).min, input.dtype)
            return np.asarray(np.nan).astype(input.dtype)
        flat = widened(input).reshape(-1)
        if skip_nan and flat.dtype.kind == "f":
            present = flat[~np.isnan(flat)]
            flat = present if present.size else flat
        k = (flat.size - 1) // 2
        ordered = np.partition(flat, (k, flat.size - 1))  # nan is sorted last
        value = ordered[-1] if ordered[-1] != ordered[-1] else ordered[k]
        return np.asarray(value).astype(input.dtype)

    @op(f"_{name}(input, dim: int, keepdim: bool = False)", node=f"{title}Backward1", **_PICKS)
    def dim_kernel(input, dim, keepdim):
        if input.dtype.kind in "bc":
            raise not_implemented("median_out", input)
        if not input.ndim:
            return _scalar(input)
        check_not_empty(input, "median", dim)
        if not input.size:
            return _picked(input, _no_place(input, dim), dim, keepdim)
        place = _median_place(widened(input), dim, skip_nan)
        return _picked(input, place, dim, keepdim)

    def function(
        input: Tensor, dim: int | None = None, keepdim: bool = False, *, out: Any = None
    ) -> Any:
        check_flag(name, keepdim)
        if dim is None:
            return finish(ROWS[f"{name}_all"], (input,), out)
        return finish(ROWS["_" + name], (input, normalize_dim(dim, input.ndim), keepdim), out)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = doc
    composite()(overloaded(function))


def _no_place(x, axis):
    shape = list(x.shape)
    shape[axis] = 1
    return np.zeros(shape, np.int64)


_median_rows("median", False, """The middle element: of an even number, the lower of the two.

    Over a dimension the named tuple (values, indices). nan where there is one.
    """)
_median_rows("nanmedian", True, """The middle of the elements that are not nan; see ``median``.""")


@op("_mode(input, dim: int, keepdim: bool)", node="ModeBackward0", **_PICKS)
def mode_kernel(input, dim, keepdim):
    """The most frequent element and the index of its last occurrence."""
    if input.dtype.kind == "c":
        raise not_implemented("mode", input)
    if not input.ndim:
        return _scalar(input)
    check_not_empty(input, "mode", dim)
    if not input.size:
        return _picked(input, _no_place(input, dim), dim, keepdim)
    x = np.moveaxis(widened(input), dim, -1)
    n = x.shape[-1]
    order = np.argsort(x, axis=-1, kind="stable")
    if x.dtype.kind == "f" and np.isnan(x).any():  # here nan comes first
        order = np.take_along_axis(
            order, np.argsort(~np.isnan(np.take_along_axis(x, order, -1)), -1, kind="stable"), -1
        )
    ordered = np.take_along_axis(x, order, -1)
    # The start of each run of equal elements, then how far each element is into its run.
    steps = np.arange(n)
    starts = np.ones(x.shape, bool)
    starts[..., 1:] = ordered[..., 1:] != ordered[..., :-1]
    depth = steps - np.maximum.accumulate(np.where(starts, steps, 0), axis=-1)
    last = np.argmax(depth, axis=-1, keepdims=True)  # the end of the first longest run
    place = np.moveaxis(np.take_along_axis(order, last, -1), -1, dim)
    return _picked(input, place, dim, keepdim)


@composite()
@overloaded
def mode(input: Tensor, dim: int = -1, keepdim: bool = False, *, out: Any = None) -> Any:
    """The most frequent elements along a dimension (of several, the smallest) and their indices."""
    check_flag("mode", keepdim)
    return finish(ROWS["_mode"], (input, normalize_dim(dim, input.ndim), keepdim), out)


@op("_kthvalue(input, k: int, dim: int, keepdim: bool)", node="KthvalueBackward0", **_PICKS)
def kthvalue_kernel(input, k, dim, keepdim):
    """The k-th smallest element along a dimension, and its index."""
    n = input.shape[dim] if input.ndim else 1
    if input.ndim:
        check_not_empty(input, "kthvalue", dim)
    if not 1 <= k <= n:
        raise RuntimeError(f"kthvalue(): selected number k out of range for dimension {dim}")
    if input.dtype.kind in "bc":
        raise not_implemented("kthvalue_cpu", input)
    if not input.ndim:
        return _scalar(input)
    place = _place_of(widened(input), k - 1, dim) if input.size else _no_place(input, dim)
    return _picked(input, place, dim, keepdim)


@composite()
@overloaded
def kthvalue(
    input: Tensor, k: int, dim: int = -1, keepdim: bool = False, *, out: Any = None
) -> Any:
    """The k-th smallest elements along a dimension, counted from 1, and their indices.

    Raises:
        RuntimeError: there are fewer than ``k`` elements.
    """
    check_flag("kthvalue", keepdim)
    return finish(ROWS["_kthvalue"], (input, k, normalize_dim(dim, input.ndim), keepdim), out)


# --- quantiles -----------------------------------------------------------------------------------

INTERPOLATIONS = ("linear", "lower", "higher", "midpoint", "nearest")


def _check_quantile(name: str, input: Tensor, q: Any, interpolation: str) -> Tensor:
    """The quantiles as a tensor; refuses what PyTorch refuses."""
    if not input.numel():
        raise RuntimeError(f"{name}() input tensor must be non-empty")
    if input._data.dtype not in (F32, F64):
        raise RuntimeError(f"{name}() input tensor must be either float or double dtype")
    if isinstance(q, Tensor):
        _check_fractions(name, q, input)
    elif 0 <= q <= 1:
        q = T["full_like"](input.detach().reshape(-1)[0], q)
    else:
        raise RuntimeError(f"{name}() q must be in the range [0, 1] but got {q:g}")
    if interpolation not in INTERPOLATIONS:
        raise RuntimeError(
            f"{name}() interpolation must be one of linear, lower, higher, midpoint or nearest, "
            f"but got {interpolation}"
        )
    return q


def _check_fractions(name: str, q: Tensor, input: Tensor) -> None:
    if q.ndim > 1:
        raise RuntimeError(f"{name}() q must be a scalar or 1D tensor")
    if q.dtype is not input.dtype:
        raise RuntimeError(f"{name}() q tensor must be same dtype as the input tensor")
    if not bool(((q >= 0) & (q <= 1)).all()):
        raise RuntimeError(f"{name}() q values must be in the range [0, 1]")


def _ranks(x: Tensor, ordered: Tensor, q: Tensor, skip_nan: bool) -> Tensor:
    """Where the quantiles lie along the sorted last dimension: positions, not yet whole."""
    last = x.shape[-1] - 1
    missing = x != x
    if skip_nan:
        present = T["sum_dim"](~missing, -1, True)
        return q * (present - 1).clamp(min=0).to(q.dtype)
    ranks = (q * last).expand(*x.shape[:-1], q.shape[0])
    return T["where"](T["any"](missing, -1, True), float(last), ranks)  # nan is sorted last


def _quantile(
    name: str, input: Tensor, q: Any, dim: Any, keepdim: bool, interpolation: str, skip_nan: bool
) -> Tensor:
    q = _check_quantile(name, input, q, interpolation)
    if dim is None:
        x = input.reshape(-1)
    else:
        dim = normalize_dim(dim, input.ndim)
        x = input.movedim(dim, -1) if input.ndim else input.reshape(1)
    ordered = T["sort"](x, -1)[0]
    ranks = _ranks(x, ordered, q.reshape(-1), skip_nan)
    if interpolation in ("lower", "higher", "nearest"):
        ranks = T[{"lower": "floor", "higher": "ceil", "nearest": "round"}[interpolation]](ranks)
    below = ranks.to(_long())
    values = ordered.gather(-1, below)
    if interpolation in ("linear", "midpoint"):
        above = ordered.gather(-1, T["ceil"](ranks).to(_long()))
        weight = 0.5 if interpolation == "midpoint" else ranks - below
        values = T["lerp"](values, above, weight)
    values = values.movedim(-1, 0)
    if keepdim:
        at = (1,) * input.ndim if dim is None else _with_one(input.shape, dim)
        values = values.reshape(q.numel(), *at)
    return values if q.ndim else values.squeeze(0)


def _with_one(shape: tuple, dim: int) -> tuple:
    return (*shape[:dim], 1, *shape[dim + 1 :]) if shape else ()


def _long() -> Any:
    from ..tensor.dtype import int64

    return int64


@composite()
@overloaded
def quantile(
    input: Tensor,
    q: Any,
    dim: int | None = None,
    keepdim: bool = False,
    *,
    interpolation: str = "linear",
    out: Tensor | None = None,
) -> Tensor:
    """The elements below which the fractions ``q`` of all elements lie; nan where there is one.

    Args:
        q: a number between 0 and 1, or a tensor of such; several make a first dimension.
        dim: the dimension along which to look; all where left out.
        keepdim: keep that dimension, with size 1.
        interpolation: what to take between two elements: "linear", "lower", "higher", "midpoint"
            or "nearest".

    Raises:
        RuntimeError: ``q`` is outside [0, 1] or of another type than the input.
    """
    result = _quantile("quantile", input, q, dim, keepdim, interpolation, False)
    return into(result, out, "quantile")


@composite()
@overloaded
def nanquantile(
    input: Tensor,
    q: Any,
    dim: int | None = None,
    keepdim: bool = False,
    *,
    interpolation: str = "linear",
    out: Tensor | None = None,
) -> Tensor:
    """Quantiles of the elements that are not nan; see ``quantile``."""
    result = _quantile("nanquantile", input, q, dim, keepdim, interpolation, True)
    return into(result, out, "nanquantile")
