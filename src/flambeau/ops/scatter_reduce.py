"""Combining values that meet at an index: scatter_reduce and index_reduce.

Both know "prod", "mean", "amax" and "amin" (scatter_reduce "sum" too), and differ only in how an
index names places: one element each, or whole slices.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..tensor.size import normalize_dim
from ..tensor.tensor import Tensor
from .dispatch import execute_inplace
from .expressions import TENSORS
from .gather import add_at, out_of_range
from .overloads import finish, title
from .scatter import scatter_key, writing_row
from .table import ROWS, composite

Ints = Sequence[int]
_LONG = np.dtype(np.int64)
_UFUNCS = {
    "sum": np.add, "mean": np.add, "prod": np.multiply, "amax": np.maximum, "amin": np.minimum,
}  # fmt: skip


def neutral(reduce: str, dtype: np.dtype) -> Any:
    """The value that changes nothing."""
    if reduce in ("sum", "mean"):
        return 0
    if reduce == "prod":
        return 1
    if dtype.kind == "b":
        return reduce == "amin"
    if dtype.kind in "iu":
        info = np.iinfo(dtype)
        return info.min if reduce == "amax" else info.max
    return -np.inf if reduce == "amax" else np.inf


def reduce_at(
    array: np.ndarray, key: tuple, values: np.ndarray, reduce: str, include_self: bool
) -> None:
    """Combines ``array[key]`` with values, where one place may come several times."""
    if not include_self:
        array[key] = neutral(reduce, array.dtype)
    if reduce in ("sum", "mean") and array.dtype.kind != "b":
        _add(array, key, values)
    else:
        _UFUNCS[reduce].at(array, key, values)
    if reduce == "mean":
        count = np.full(array.shape, int(include_self), np.int64)
        _add(count, key, np.ones(values.shape, np.int64))
        count = np.maximum(count, 1)
        if array.dtype.kind in "iu":
            array[...] = array // count.astype(array.dtype)
        else:
            array /= count.astype(array.dtype)


def _add(array: np.ndarray, key: tuple, values: np.ndarray) -> None:
    if len(key) == array.ndim and all(isinstance(k, np.ndarray) for k in key):
        add_at(array, key, values)
    else:
        np.add.at(array, key, values)


def reduction_gradients(
    grad: Tensor, input: Tensor, src: Tensor, result: Tensor, reduce: str, include_self: bool,
    pick: Callable, add: Callable, again: Callable, clear: Callable,
) -> tuple[Tensor, Tensor]:
    """The gradients of ``input`` and ``src``.

    ``pick(t)`` reads at the index, ``add(t, s)`` adds there, ``again(t, s)`` repeats the reduction,
    ``clear(t)`` writes zeros there.
    """
    if reduce == "sum":
        g_input, g_src = grad, pick(grad)
    elif reduce == "mean":
        ones = TENSORS["ones_like"]
        count = add(ones(grad) if include_self else TENSORS["zeros_like"](grad), ones(src))
        count = count.masked_fill(count == 0, 1)
        g_input = grad / count
        g_src = pick(g_input)
    elif reduce == "prod":
        g_input, g_src = _product_gradients(grad, input, src, result, pick, add, again)
    else:
        value = pick(result)
        from_input = (input == result).to(grad.dtype)
        from_src = (src == value).to(grad.dtype)
        share = grad / add(from_input, from_src)
        g_input, g_src = from_input * share, from_src * pick(share)
    return (g_input if include_self else clear(g_input)), g_src


def _product_gradients(
    grad: Tensor, input: Tensor, src: Tensor, result: Tensor, pick: Callable, add: Callable,
    again: Callable,
) -> tuple[Tensor, Tensor]:
    """Gradients of a product: the product of the other factors, zeros among them taken care of."""
    safe_input = input.masked_fill(input == 0, 1)
    g_input = grad * again(safe_input, src) / safe_input
    zero = src == 0
    zeros = pick(add(TENSORS["zeros_like"](input), zero.to(input.dtype)))
    alone = zero & (zeros == 1)
    safe_src = src.masked_fill(zero, 1)
    with_others = pick(grad * again(input, safe_src))
    plain = pick(grad * result) / safe_src
    return g_input, TENSORS["where"](alone, with_others, plain)


# --- scatter_reduce -------------------------------------------------------------------------------


def _scatter_reduce_into(
    data: np.ndarray, dim: int, index: np.ndarray, src: np.ndarray, reduce: str, include_self: bool
) -> None:
    """Combines values with those at indices along a dimension."""
    if reduce not in _UFUNCS:
        raise RuntimeError(
            f"reduce argument must be either sum, prod, mean, amax or amin, got {reduce}"
        )
    found = scatter_key(data, dim, index, src)
    if found is not None:
        reduce_at(*found, reduce, include_self)


_NAMES = "dim: int, index, src, reduce: str, *, include_self: bool = True"
writing_row(f"scatter_reduce_row(input, {_NAMES})", _scatter_reduce_into, where="",
     node="ScatterReduceBackward0",
     derivative={"input, src": "scatter_reduce_gradients(grad, input, dim, index, src, result, "
                               "reduce, include_self)"})
# Sums are the usual case, and need none of the values for their derivative.
writing_row(f"scatter_reduce_sum(input, {_NAMES})", _scatter_reduce_into, where="",
     node="ScatterReduceBackward0",
     derivative={
         "input": "grad if include_self else scatter_number(grad, dim, index, 0)",
         "src": "padded(gather(grad, dim, index), src.shape)"})


def scatter_reduce_gradients(
    grad: Tensor, input: Tensor, dim: int, index: Tensor, src: Tensor, result: Tensor, reduce: str,
    include_self: bool,
) -> tuple[Tensor, Tensor]:
    """The gradients of scatter_reduce."""
    part = src[tuple([slice(0, n) for n in index._data.shape])] if src._data.ndim else src

    def pick(t: Tensor) -> Tensor:
        return TENSORS["gather"](t, dim, index)

    def add(t: Tensor, s: Tensor) -> Tensor:
        return TENSORS["scatter_add"](t, dim, index, s)

    def again(t: Tensor, s: Tensor) -> Tensor:
        return scatter_reduce(t, dim, index, s, reduce, include_self=include_self)

    def clear(t: Tensor) -> Tensor:
        return TENSORS["scatter_number"](t, dim, index, 0)

    g_input, g_src = reduction_gradients(
        grad, input, part, result, reduce, include_self, pick, add, again, clear
    )
    return g_input, TENSORS["padded"](g_src, src._data.shape)


TENSORS["scatter_reduce_gradients"] = scatter_reduce_gradients


def _scatter_reduce_row(reduce: str) -> Any:
    return ROWS["scatter_reduce_sum" if reduce == "sum" else "scatter_reduce_row"]


@composite()
def scatter_reduce(
    input: Tensor,
    dim: int,
    index: Tensor,
    src: Tensor,
    reduce: str,
    *,
    include_self: bool = True,
    out: Tensor | None = None,
) -> Tensor:
    """Combines values that meet at an index: ``reduce`` "sum", "prod", "mean", "amax" or "amin".

    Without ``include_self`` the elements of the input that are written do not count.
    """
    return finish(_scatter_reduce_row(reduce), (input, dim, index, src, reduce, include_self), out)


@composite("method")
def scatter_reduce_(
    input: Tensor, dim: int, index: Tensor, src: Tensor, reduce: str, *, include_self: bool = True
) -> Tensor:
    """The same as scatter_reduce, written into the tensor itself."""
    args = (input, dim, index, src, reduce, include_self)
    return execute_inplace(_scatter_reduce_row(reduce), args)


# --- index_reduce ---------------------------------------------------------------------------------


def _index_reduce_into(
    data: np.ndarray, dim: int, index: np.ndarray, source: np.ndarray, reduce: str,
    include_self: bool,
) -> None:
    """Combines slices of ``source`` with the slices at the indices."""
    if reduce not in ("prod", "mean", "amax", "amin"):
        raise RuntimeError(
            "index_reduce(): Expected reduce to be one of prod, mean, amax or amin but got "
            f"{reduce}."
        )
    axis = normalize_dim(dim, data.ndim)
    if index.ndim > 1:
        raise IndexError("index_reduce_(): Index is supposed to be a vector")
    if index.dtype not in (_LONG, np.dtype(np.int32)):
        raise RuntimeError("index_reduce_(): Expected dtype int32/int64 for index")
    if source.dtype != data.dtype:
        raise RuntimeError(
            f"index_reduce_(): self ({title(data)}) and source ({title(source)}) must have the "
            "same scalar type"
        )
    count = source.shape[axis] if source.ndim else 1
    if index.size != count:
        raise RuntimeError(
            f"index_reduce_(): Number of indices ({index.size}) should be equal to "
            f"source.size(dim): ({count})"
        )
    array = data if data.ndim else data.reshape(1)
    wrong = out_of_range(index, array.shape[axis])
    if wrong is not None:
        raise IndexError("index out of range in self")
    key = (*[slice(None)] * axis, index.reshape(-1))
    values = source.reshape(*array.shape[:axis], index.size, *array.shape[axis + 1 :])
    reduce_at(array, key, values, reduce, include_self)


writing_row("index_reduce(input, dim: int, index, source, reduce: str, *, "
            "include_self: bool = True)",
     _index_reduce_into, inplace=True,
     derivative={"input, source": "index_reduce_gradients(grad, input, dim, index, source, result, "
                                  "reduce, include_self)"})


def index_reduce_gradients(
    grad: Tensor, input: Tensor, dim: int, index: Tensor, source: Tensor, result: Tensor,
    reduce: str, include_self: bool,
) -> tuple[Tensor, Tensor]:
    """The gradients of index_reduce."""

    def pick(t: Tensor) -> Tensor:
        return TENSORS["reshape"](TENSORS["index_select"](t, dim, index), source._data.shape)

    def add(t: Tensor, s: Tensor) -> Tensor:
        return TENSORS["index_add"](t, dim, index, s)

    def again(t: Tensor, s: Tensor) -> Tensor:
        return TENSORS["index_reduce"](t, dim, index, s, reduce, include_self=include_self)

    def clear(t: Tensor) -> Tensor:
        return TENSORS["index_fill_number"](t, dim, index, 0)

    return reduction_gradients(
        grad, input, source, result, reduce, include_self, pick, add, again, clear
    )


TENSORS["index_reduce_gradients"] = index_reduce_gradients
