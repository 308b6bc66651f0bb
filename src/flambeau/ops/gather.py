"""Reading at indices and masks: index_select, gather, take, masked_select, where, nonzero.

What writes there is in ops/scatter.py; ``x[key]`` is in ops/subscript.py.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..tensor import dtype as D
from ..tensor.promotion import result_of
from ..tensor.recording import host_read
from ..tensor.size import broadcast_shapes, normalize_dim, type_name
from ..tensor.tensor import Tensor, wrap
from . import places
from .copies import convert, tensor_in
from .dispatch import NUMBERS, execute
from .expressions import TENSORS
from .out import write_out
from .overloads import title
from .parts import put_out
from .table import ROWS, composite, op

Ints = Sequence[int]
_LONG = np.dtype(np.int64)
_INDEX_TYPES = (_LONG, np.dtype(np.int32))


def out_of_range(index: np.ndarray, size: int) -> int | None:
    """The first index that is not in 0..size-1; None where all are."""
    if not index.size:
        return None
    # As unsigned numbers the negative ones are large.
    wide: Any = index.view(np.uint64 if index.dtype == _LONG else np.uint32)
    if wide.max() < size:
        return None
    return int(index.flat[int(np.argmax(wide.ravel() >= size))])


# --- along one dimension --------------------------------------------------------------------------


@op("index_select(input, dim: int, index)", lowering="gather",
    derivative={"input": "index_select_backward(grad, input.shape, dim, index)"},
    formula=r"y_{ij} = x_{k_i j}")
def index_select(input: np.ndarray, dim: int, index: np.ndarray) -> np.ndarray:
    """The slices along a dimension at the indices of a vector."""
    dim = normalize_dim(dim, input.ndim)
    if index.ndim > 1:
        raise IndexError("index_select(): Index is supposed to be a vector")
    if index.dtype not in _INDEX_TYPES:
        raise RuntimeError("index_select(): Expected dtype int32 or int64 for index")
    if not input.ndim and index.size != 1:
        raise RuntimeError(
            f"index_select(): Index to scalar can have only 1 value, got {index.size} value(s)"
        )
    size = input.shape[dim] if input.ndim else 1
    wrong = out_of_range(index, size)
    if wrong is not None:
        raise IndexError(
            f"index out of range in self\nHint: index {wrong} is not in [0, {size - 1}]."
        )
    if not input.ndim:
        return input.copy()
    return input.take(index.reshape(-1), dim)


@op("index_select_backward(grad_output, shape: int[], dim: int, index)", where="",
    lowering="scatter", derivative={"grad_output": "index_select(grad, dim, index)"})
def index_select_backward(
    grad_output: np.ndarray, shape: Ints, dim: int, index: np.ndarray
) -> np.ndarray:
    """Zeros with slices added at the indices: the derivative of index_select."""
    if not shape:
        return grad_output.reshape(())
    from ..tensor.indexing import scatter_add

    where = (None,) * (dim % len(shape)) + (index.reshape(-1).astype(_LONG, copy=False),)
    return scatter_add(tuple(shape), where, grad_output)


def at_index(
    array: np.ndarray, dim: int, index: np.ndarray, name: str, other: str = "self"
) -> tuple[np.ndarray, tuple]:
    """The array (0-d as 1-d) and the NumPy key of the elements that ``gather`` names.

    Element ``index[i][j]`` along the dimension, at places i, j of the others.
    """
    if index.size and index.dtype not in _INDEX_TYPES:
        wanted = "int32/int64"
        raise RuntimeError(f"{name}(): Expected dtype {wanted} for index")
    if max(array.ndim, 1) != max(index.ndim, 1) and index.size:
        raise RuntimeError(
            f"Index tensor must have the same number of dimensions as {other} tensor"
        )
    dim = normalize_dim(dim, array.ndim)
    if not array.ndim:
        array = array.reshape(1)
    wrong = out_of_range(index, array.shape[dim])
    if wrong is not None:
        raise RuntimeError(
            f"index {wrong} is out of bounds for dimension {dim} with size {array.shape[dim]}"
        )
    if not index.ndim:
        index = index.reshape(1)
    ndim = index.ndim
    key: list = [
        np.arange(n).reshape((n,) + (1,) * (ndim - d - 1)) for d, n in enumerate(index.shape)
    ]
    key[dim : dim + 1] = [index]
    return array, tuple(key)


@op("gather(input, dim: int, index, *, sparse_grad: bool = False)", lowering="gather",
    derivative={"input": "gather_backward(grad, input.shape, dim, index)"},
    formula=r"y_{ij} = x_{k_{ij} j}")
def gather(input: np.ndarray, dim: int, index: np.ndarray, sparse_grad: bool) -> np.ndarray:
    """One element along a dimension for each index: ``y[i][j] = x[index[i][j]][j]`` for dim 0."""
    axis = normalize_dim(dim, input.ndim)
    if not index.size:
        return np.empty(index.shape, input.dtype)
    if max(input.ndim, 1) == max(index.ndim, 1):
        for d, (m, n) in enumerate(zip(index.shape, input.shape, strict=False)):
            if m > n and d != axis:
                raise RuntimeError(
                    f"Size does not match at dimension {d} expected index {list(index.shape)} to "
                    f"be no larger than self {list(input.shape)} apart from dimension {axis}"
                )
    array, key = at_index(input, dim, index, "gather", "input")
    fast = places.taken(array, axis, index.reshape(index.shape or (1,)))
    if fast is not None:
        return fast.reshape(index.shape)
    if len(key) == 1 or not array.flags.c_contiguous:
        return array[key].reshape(index.shape)
    # One take from the flattened array is quicker than an index array per dimension.
    offsets = key[0] * (array.strides[0] // array.itemsize)
    for k, step in zip(key[1:], array.strides[1:], strict=True):
        offsets = offsets + k * (step // array.itemsize)
    return array.reshape(-1).take(offsets)


@op("gather_backward(grad_output, shape: int[], dim: int, index)", where="", lowering="scatter",
    derivative={"grad_output": "gather(grad, dim, index)"})
def gather_backward(
    grad_output: np.ndarray, shape: Ints, dim: int, index: np.ndarray
) -> np.ndarray:
    """Zeros with values added where gather read them."""
    out = np.zeros(tuple(shape), grad_output.dtype)
    if index.size:
        array, key = at_index(out, dim, index, "gather")
        axis = normalize_dim(dim, array.ndim)
        if not places.added(array, axis, index, grad_output):
            add_at(array, key, grad_output)
    return out


def add_at(array: np.ndarray, key: tuple, values: np.ndarray) -> None:
    """``array[key] += values``, where one place may come several times."""
    if array.flags.c_contiguous and len(key) == array.ndim > 1:
        # One index array into one dimension is what NumPy adds at fast.
        flat = np.ravel_multi_index(np.broadcast_arrays(*key), array.shape)
        np.add.at(array.reshape(-1), flat.reshape(-1), np.broadcast_to(values, flat.shape).ravel())
    else:
        np.add.at(array, key, values.reshape(np.broadcast_shapes(*[k.shape for k in key])))


@composite()
def take_along_dim(
    input: Tensor, indices: Tensor, dim: int | None = None, *, out: Tensor | None = None
) -> Tensor:
    """``gather``, input and indices broadcast together; without ``dim`` of the flattened input."""
    if indices._data.dtype != _LONG:
        raise RuntimeError(
            "torch.take_along_dim(): dtype of indices should be Long but got "
            f"{title(indices._data)}"
        )
    if dim is None:
        flat = TENSORS["flatten"](input)
        return put_out(_gather_wrapped(flat, TENSORS["flatten"](indices), 0), out)
    if input._data.ndim != indices._data.ndim:
        raise RuntimeError(
            "torch.take_along_dim(): input and indices should have the same number of dimensions, "
            f"but got {input._data.ndim} dimensions for input, and {indices._data.ndim} dimensions "
            "for indices"
        )
    dim = normalize_dim(dim, input._data.ndim)
    shapes = [list(t._data.shape) for t in (input, indices)]
    sizes = [s[dim] for s in shapes]
    for s in shapes:
        s[dim] = 1
    together = list(broadcast_shapes(*[tuple(s) for s in shapes]))
    wide = [
        TENSORS["expand"](t, (*together[:dim], n, *together[dim + 1 :]))
        for t, n in zip((input, indices), sizes, strict=True)
    ]
    return put_out(_gather_wrapped(wide[0], wide[1], dim), out)


def _gather_wrapped(input: Tensor, indices: Tensor, dim: int) -> Tensor:
    size = input._data.shape[dim] if input._data.ndim else 1
    index = TENSORS["remainder"](indices, size) if size else indices
    return execute(ROWS["gather"], (input, dim, index, False))


# --- in the flattened tensor ----------------------------------------------------------------------


def flat_index(array: np.ndarray, index: np.ndarray, name: str) -> np.ndarray:
    """Checked positions in a flattened array; negative ones count from its end."""
    if index.dtype != _LONG:
        raise RuntimeError(
            f"{name}(): Expected a long tensor for index, but got {title(index)}"
        )
    if not array.size and index.size:
        raise IndexError(f"{name}(): tried to {name.rstrip('_')} from an empty tensor")
    if index.size and (index.min() < -array.size or index.max() >= array.size):
        wrong = index[(index < -array.size) | (index >= array.size)]
        raise IndexError(
            f"out of range: tried to access index {wrong.flat[0]} on a tensor of {array.size} "
            "elements."
        )
    return index


@op("take(input, index)", lowering="gather",
    derivative={"input": "take_backward(grad, input.shape, index)"},
    formula=r"y_i = x_{k_i}")
def take(input: np.ndarray, index: np.ndarray) -> np.ndarray:
    """The elements of the flattened tensor at the indices."""
    where = flat_index(input, index, "take")
    if not input.size:
        return np.empty(index.shape, input.dtype)
    return np.asarray(input.reshape(-1)[where])


@op("take_backward(grad_output, shape: int[], index)", where="", lowering="scatter",
    derivative={"grad_output": "take(grad, index)"})
def take_backward(grad_output: np.ndarray, shape: Ints, index: np.ndarray) -> np.ndarray:
    """Zeros with values added where take read them."""
    out = np.zeros(tuple(shape), grad_output.dtype)
    np.add.at(out.reshape(-1), index.reshape(-1), grad_output.reshape(-1))
    return out


# --- masks ----------------------------------------------------------------------------------------


@op("masked_select(input, mask)", lowering="gather", dynamic=True,
    derivative={"input": "fit(masked_place(grad, mask, input.shape), input.shape, input.dtype)"})
def masked_select(input: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """The elements where a mask is true, as a vector."""
    shape = input.shape
    if mask.shape != shape:
        shape = broadcast_shapes(mask.shape, shape)
        input, mask = np.broadcast_to(input, shape), np.broadcast_to(mask, shape)
    if mask.dtype.kind != "b":
        raise RuntimeError("masked_select: expected BoolTensor for mask")
    return np.asarray(input[mask]).reshape(-1)


@op("masked_place(values, mask, shape: int[])", where="", lowering="scatter",
    derivative={"values": "masked_select(grad, mask)"})
def masked_place(values: np.ndarray, mask: np.ndarray, shape: Ints) -> np.ndarray:
    """Zeros with values, in their order, where a mask is true: the derivative of masked_select."""
    shape = broadcast_shapes(tuple(shape), mask.shape)
    out = np.zeros(shape, values.dtype)
    out[np.broadcast_to(mask, shape)] = values.reshape(-1)
    return out


@op("nonzero_rows(input)", where="", lowering="opaque", dynamic=True)
def nonzero_rows(input: np.ndarray) -> np.ndarray:
    """The indices of all elements that are not zero, a row for each."""
    if not input.ndim:
        return np.empty((int(bool(input)), 0), _LONG)
    return np.array(input.nonzero(), _LONG).reshape(input.ndim, -1).T


@composite()
def nonzero(input: Tensor, *, as_tuple: bool = False, out: Tensor | None = None) -> Any:
    """The indices of all elements that are not zero.

    A row for each element; with ``as_tuple`` a vector for each dimension, which can index a tensor.
    """
    if not as_tuple:
        return put_out(execute(ROWS["nonzero_rows"], (input,)), out)
    if not input._data.ndim:
        input = TENSORS["unsqueeze"](input, 0)
    return TENSORS["unbind"](execute(ROWS["nonzero_rows"], (input,)), 1)


@composite()
def argwhere(input: Tensor) -> Tensor:
    """The indices of all elements that are not zero, a row for each."""
    return execute(ROWS["nonzero_rows"], (input,))


@composite()
def nonzero_static(input: Tensor, *, size: int, fill_value: int = -1) -> Tensor:
    """``nonzero`` with so many rows: cut off, or filled with a number."""
    host_read(input, "nonzero_static()")
    found = nonzero_rows(input._data)[:size]
    out = np.full((size, input._data.ndim), fill_value, _LONG)
    out[: len(found)] = found
    return wrap(out)


# --- where ----------------------------------------------------------------------------------------


def _overloads(*args: Any) -> TypeError:
    given = ", ".join(type_name(a) for a in args)
    return TypeError(
        f"where() received an invalid combination of arguments - got ({given}), but expected one "
        "of:\n * (Tensor condition)\n * (Tensor condition, Tensor input, Tensor other, *, Tensor "
        "out = None)\n * (Tensor condition, Number self, Tensor other)\n * (Tensor condition, "
        "Tensor input, Number other)\n * (Tensor condition, Number self, Number other)"
    )


def _branch(value: Any, kind: D.dtype) -> Tensor:
    if isinstance(value, Tensor):
        return convert(value, kind)
    return wrap(tensor_in(value, kind.numpy))


@composite("function")
def where(
    condition: Tensor, input: Any = None, other: Any = None, *, out: Tensor | None = None
) -> Any:
    """``input`` where the condition holds, otherwise ``other``; all broadcast together.

    With the condition alone: its nonzero indices, as ``nonzero(as_tuple=True)``.
    """
    if not isinstance(condition, Tensor):
        raise _overloads(condition, *[v for v in (input, other) if v is not None])
    if input is None and other is None:
        return nonzero(condition, as_tuple=True)
    for value in (input, other):
        if not isinstance(value, (Tensor, *NUMBERS)):
            raise _overloads(condition, *[v for v in (input, other) if v is not None])
    if condition._data.dtype.kind != "b":
        if condition.dtype is not D.uint8:
            raise RuntimeError(
                "where expected condition to be a boolean tensor, but got a tensor with dtype "
                f"{condition.dtype.title}"
            )
        warnings.warn(
            "where received a uint8 condition tensor. This behavior is deprecated and will be "
            "removed in a future version of PyTorch. Use a boolean condition instead.",
            stacklevel=2,
        )
        condition = convert(condition, D.bool_)
    kind = result_of([v._data if isinstance(v, Tensor) else v for v in (input, other)])
    result = execute(ROWS["where"], (condition, _branch(input, kind), _branch(other, kind)))
    if out is not None:
        write_out(out, result)
        return out
    return result


@composite("method", name="where")
def where_method(input: Tensor, condition: Tensor, other: Any) -> Tensor:
    """The tensor where the condition holds, otherwise ``other``."""
    return where(condition, input, other)
