"""Sorting and what follows from it: sort, argsort, msort, topk, searchsorted, bucketize.

nan is larger than every number: it is sorted last, or first in descending order. Equal elements
keep their order.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..tensor import dtype as D
from ..tensor.size import normalize_dim
from ..tensor.tensor import Tensor
from . import native
from .array_reductions import SORTED, take_along, widened
from .overloads import check_flag, finish, into, not_implemented, overloaded
from .table import ROWS, composite, op

_PICKS = {
    "where": "", "lowering": "opaque", "outputs": ("values", "indices"),
    "nondifferentiable": ("indices",),
    "derivative": {"input": "select_gradient(grads[0], dim, indices, True, input.shape)"},
}  # fmt: skip


def order_of(x, axis, descending):
    """The indices that sort an array along an axis; equal elements keep their order."""
    if not descending:
        return np.argsort(x, axis=axis, kind="stable")
    # From the end, in ascending order, read backwards: equal elements are then in order again.
    order = np.argsort(np.flip(x, axis), axis=axis, kind="stable")
    return x.shape[axis] - 1 - np.flip(order, axis)


_FEW = 64  # elements up to which NumPy is as fast
_LONGEST = 2**31 - 1  # what the runtime sorts


def _native(x, k, axis, descending):
    """The first k elements in order and their places, by the native runtime where it is at hand."""
    n, axis = x.shape[axis], axis % x.ndim
    if x.size < _FEW or n > _LONGEST:
        return None
    call = native.function("fl_sort", x.dtype, x.size)
    if call is None:
        return None
    x = np.ascontiguousarray(x)
    shape = (*x.shape[:axis], k, *x.shape[axis + 1 :])
    values, places = np.empty(shape, x.dtype), np.empty(shape, np.int64)
    inner = math.prod(x.shape[axis + 1 :])
    done = call(*map(native.pointer, (x, values, places)), x.size // (n * inner), n, inner, k,
                descending)  # fmt: skip
    return (values, places) if done else None


@op("_sort(input, dim: int, descending: bool)", node="SortBackward0",
    formula=r"y_i = x_{\pi(i)}", **_PICKS)
def sort_kernel(input, dim, descending):
    """The elements in order along a dimension, and where they were."""
    if input.dtype.kind == "c":
        raise RuntimeError(" Sort does not support complex dtypes on CPU")
    if not input.ndim:
        return input.copy(), np.zeros((), np.int64)
    fast = _native(input, input.shape[dim], dim, descending)
    if fast is not None:
        return fast
    order = order_of(widened(input), dim, descending)
    return np.take_along_axis(input, order, dim), order


@composite()
@overloaded
def sort(
    input: Tensor,
    dim: int = -1,
    descending: bool = False,
    stable: bool = False,
    *,
    out: Any = None,
) -> Any:
    """The elements in order along a dimension: the named tuple (values, indices).

    Args:
        dim: the dimension along which to sort.
        descending: the largest first.
        stable: whether equal elements must keep their order. They always do here.
    """
    if stable is None or stable is True or stable is False:
        check_flag("sort", descending, "descending")
    return finish(ROWS["_sort"], (input, normalize_dim(dim, input.ndim), descending), out)


@composite()
@overloaded
def argsort(
    input: Tensor, dim: int = -1, descending: bool = False, stable: bool = False
) -> Tensor:
    """The indices that sort a tensor along a dimension; arguments as in ``sort``."""
    return sort(input, dim, descending, stable)[1]


@composite()
@overloaded
def msort(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The elements in order along the first dimension."""
    return into(sort(input, 0)[0], out, "msort")


# --- the k largest -------------------------------------------------------------------------------


def _first_in_order(x, k, axis, largest, in_order):
    """The indices of the k largest or smallest elements along an axis."""
    n = x.shape[axis]
    if k == n or k * 4 > n or x.size <= SORTED:
        return np.take(order_of(x, axis, largest), range(k), axis=axis)
    if not k:
        return np.take(np.zeros(x.shape, np.int64), [], axis=axis)
    part = np.argpartition(x, n - k if largest else k - 1, axis=axis)
    part = np.take(part, range(n - k, n) if largest else range(k), axis=axis)
    if not in_order:
        return part
    part.sort(axis=axis)
    order = order_of(np.take_along_axis(x, part, axis), axis, largest)
    return np.take_along_axis(part, order, axis)


@op("_topk(input, k: int, dim: int, largest: bool, sorted: bool)", node="TopkBackward0", **_PICKS)
def topk_kernel(input, k, dim, largest, sorted):
    """The k largest or smallest elements along a dimension, and their indices."""
    if input.dtype.kind == "b":
        raise RuntimeError("topk does not support bool dtypes on CPU")
    if input.dtype.kind == "c":
        raise RuntimeError("topk does not support complex dtypes on CPU")
    if not 0 <= k <= (input.shape[dim] if input.ndim else 1):
        raise RuntimeError("selected index k out of range")
    if not input.ndim:
        return input.copy(), np.zeros((), np.int64)
    fast = _native(input, k, dim, largest)
    if fast is not None:
        return fast
    places = _first_in_order(widened(input), k, dim, largest, sorted)
    return np.take_along_axis(input, places, dim), places


@composite()
@overloaded
def topk(
    input: Tensor,
    k: int,
    dim: int = -1,
    largest: bool = True,
    sorted: bool = True,
    *,
    out: Any = None,
) -> Any:
    """The ``k`` largest elements along a dimension: the named tuple (values, indices).

    Args:
        k: how many.
        dim: the dimension along which to look.
        largest: False for the smallest.
        sorted: whether they come in order.

    Raises:
        RuntimeError: there are fewer than ``k`` elements.
    """
    if isinstance(k, Tensor):
        k = int(k.item())
    return finish(ROWS["_topk"], (input, k, normalize_dim(dim, input.ndim), largest, sorted), out)


# --- places in a sorted sequence -----------------------------------------------------------------


def _search(boundaries, values, right):
    """np.searchsorted for each row of boundaries; nan is larger than every number."""
    side = "right" if right else "left"
    if boundaries.ndim <= 1:
        return np.searchsorted(boundaries, values, side=side)
    out = np.empty(values.shape, np.int64)
    rows = boundaries.reshape(-1, boundaries.shape[-1])
    flat = values.reshape(len(rows), -1)
    for row, wanted, found in zip(rows, flat, out.reshape(len(rows), -1)):
        found[...] = np.searchsorted(row, wanted, side=side)
    return out


def _comparable(boundaries, values):
    """Both arrays in one type that NumPy compares."""
    boundaries, values = widened(boundaries), widened(np.asarray(values))
    common = np.result_type(boundaries, values)
    return boundaries.astype(common, copy=False), values.astype(common, copy=False)


def _size_list(a):
    return str(list(a.shape))


def _check_search(boundaries, values, sorter):
    name = "torch.searchsorted()"
    if boundaries.dtype.kind == "c" or values.dtype.kind == "c":
        raise not_implemented("searchsorted_out_cpu", boundaries)
    if not boundaries.ndim and not values.ndim:
        raise RuntimeError(
            f"{name}: input value can be a scalar only when boundaries tensor dimension is 1, but "
            f"we got boundaries tensor dim({boundaries.ndim}) and input value's dim({values.ndim}) "
            f"numel({values.size})"
        )
    if not values.ndim and boundaries.ndim != 1:
        raise RuntimeError(
            f"{name}: input value can be a scalar only when boundaries tensor dimension is 1, but "
            f"we got boundaries tensor dim({boundaries.ndim}) and input value's dim({values.ndim}) "
            f"numel({values.size})"
        )
    if not boundaries.ndim:
        raise RuntimeError(
            f"{name}: boundaries tensor should have positive dimension, but got 0 dimension"
        )
    if boundaries.ndim != 1 and boundaries.shape[:-1] != values.shape[:-1]:
        raise RuntimeError(
            f"{name}: boundaries tensor should be 1 dimension or the first N-1 dimensions of "
            "boundaries tensor and input value tensor must match, but we got boundaries tensor "
            f"{_size_list(boundaries)} and input value tensor {_size_list(values)}"
        )
    if sorter is not None:
        _check_sorter(boundaries, sorter, name)


def _check_sorter(boundaries, sorter, name):
    if sorter.shape != boundaries.shape:
        raise RuntimeError(
            f"{name}: boundary and sorter must have the same size, but got boundary tensor "
            f"{_size_list(boundaries)} and got sorter tensor {_size_list(sorter)}"
        )
    if sorter.dtype != np.int64:
        raise RuntimeError(
            f"{name}: sorter must be a tensor of long dtype but got dtype "
            f"{D.of(sorter.dtype).title}"
        )
    if sorter.size and (sorter.min() < 0 or sorter.max() >= boundaries.shape[-1]):
        raise RuntimeError(f"{name}: sorter index out of range")


@op("_searchsorted(sorted_sequence, input: Tensor | Number, right: bool, out_int32: bool, sorter)",
    where="", lowering="opaque")
def searchsorted_kernel(sorted_sequence, input, right, out_int32, sorter):
    """Where values would be put into a sorted sequence."""
    values = input
    if not isinstance(values, np.ndarray):  # a number takes the type of the sequence
        values = np.asarray(values, np.result_type(widened(sorted_sequence), values))
    _check_search(sorted_sequence, values, sorter)
    if sorter is not None:
        sorted_sequence = take_along(sorted_sequence, sorter, -1)
    boundaries, values = _comparable(sorted_sequence, values)
    found = np.asarray(_search(boundaries, values, right))
    if values.dtype.kind == "f":  # nan lies behind everything, nan included
        found = np.where(np.isnan(values), boundaries.shape[-1], found)
    return found.astype(np.int32 if out_int32 else np.int64, copy=False)


@composite("function")
def searchsorted(
    sorted_sequence: Tensor,
    input: Any,
    *,
    out_int32: bool = False,
    right: bool = False,
    side: str | None = None,
    sorter: Tensor | None = None,
    out: Tensor | None = None,
) -> Tensor:
    """Where values would be put into a sorted sequence to keep it sorted.

    Args:
        sorted_sequence: the sequence, or one for each row of ``input``.
        input: a tensor of values, or a number.
        out_int32: give int32 instead of int64.
        right: put values behind their equals, not before.
        side: "right" or "left", the same as ``right``.
        sorter: the indices that sort the sequence, where it is not sorted.
    """
    if side not in (None, "left", "right"):
        raise RuntimeError(
            f"torch.searchsorted(): side can only be 'left' or 'right' but got {side}"
        )
    if side == "left" and right:
        raise RuntimeError(
            "torch.searchsorted(): side and right can't be set to opposites, got side of left "
            "while right was True"
        )
    args = (sorted_sequence, input, right or side == "right", out_int32, sorter)
    _check_out(out, out_int32)
    return finish(ROWS["_searchsorted"], args, out)


def _check_out(out: Tensor | None, out_int32: bool) -> None:
    if out is not None and out.dtype is not (D.int32 if out_int32 else D.int64):
        raise RuntimeError(
            "torch.searchsorted(): output tensor's dtype is wrong, it can only be Int(int32) or "
            "Long(int64) depending on whether out_int32 flag is True, but we got output tensor's "
            f"dtype {out.dtype.title} and out_int32 flag is {out_int32}"
        )


@composite("function")
def bucketize(
    input: Any,
    boundaries: Tensor,
    *,
    out_int32: bool = False,
    right: bool = False,
    out: Tensor | None = None,
) -> Tensor:
    """The number of the bucket between sorted ``boundaries`` in which each value lies.

    Args:
        right: a value equal to a boundary belongs to the bucket above it, not below.
        out_int32: give int32 instead of int64.
    """
    if boundaries.ndim != 1:
        raise RuntimeError(
            f"boundaries tensor must be 1 dimension, but got dim({boundaries.ndim})"
        )
    _check_out(out, out_int32)
    return finish(ROWS["_searchsorted"], (boundaries, input, right, out_int32, None), out)
