"""Writing at indices and masks: masked_fill, index_add, scatter, scatter_reduce, put and relatives.

Each has a form that makes a new tensor and one that writes into the tensor (``name_``): the row's
kernel ``into``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..tensor import dtype as D
from ..tensor import indexing
from ..tensor.creation import made
from ..tensor.size import broadcast_shapes, normalize_dim, type_name
from ..tensor.tensor import Tensor
from . import places
from .copies import number_in
from .dispatch import execute, execute_inplace
from .expressions import TENSORS
from .gather import add_at, at_index, flat_index, out_of_range
from .overloads import finish, title
from .table import ROWS, composite, op

Ints = Sequence[int]
_LONG = np.dtype(np.int64)
_C_TITLES = {"uint8": "unsigned char", "int8": "signed char", "int64": "long int"}


def _new(into: Callable) -> Callable:
    """The kernel that writes into a copy, from the one that writes in place."""

    def kernel(input: np.ndarray, *args: Any) -> np.ndarray:
        out = input.copy(order="K")
        into(out, *args)
        return out

    kernel.__doc__ = into.__doc__
    return kernel


def writing_row(signature: str, into: Callable, **settings: Any) -> None:
    """Adds a row by its kernel ``into`` alone."""
    settings.setdefault("lowering", "scatter")
    op(signature, into=into, **settings)(_new(into))


def zeros_of(like: Tensor, shape: Ints) -> Tensor:
    """Zeros of a shape, in the type of a tensor."""
    return made(np.zeros(tuple(shape), like._data.dtype))


TENSORS["zeros_of"] = zeros_of

# --- masks ----------------------------------------------------------------------------------------


def _check_mask(mask: np.ndarray) -> None:
    if mask.dtype.kind != "b":
        name = D.of(mask.dtype).name
        raise RuntimeError(
            "masked_fill_ only supports boolean masks, but got mask with dtype "
            f"{_C_TITLES.get(name, name)}"
        )


def _scalar_value(name: str, value: Any, storage: np.dtype) -> np.ndarray:
    """A value, a number or a 0-d array, in the type of what it is written into."""
    if not isinstance(value, np.ndarray):
        return number_in(value, storage)
    if value.ndim:
        raise RuntimeError(
            f"{name} only supports a 0-dimensional value tensor, but got tensor with "
            f"{value.ndim} dimension(s)."
        )
    return value if value.dtype == storage else number_in(python_number(value), storage)


def python_number(array: np.ndarray) -> Any:
    """The only element of an array as a Python number."""
    value = array.item()
    return value if isinstance(value, (bool, int, float, complex)) else float(value)


def _masked_fill_into(data: np.ndarray, mask: np.ndarray, value: Any) -> None:
    """Writes a number where a mask is true."""
    shape = data.shape if mask.shape == data.shape else broadcast_shapes(mask.shape, data.shape)
    if shape != data.shape:
        raise RuntimeError(
            f"output with shape {list(data.shape)} doesn't match the broadcast shape {list(shape)}"
        )
    _check_mask(mask)
    np.copyto(data, _scalar_value("masked_fill_", value, data.dtype), where=mask)


def _masked_fill(input: np.ndarray, mask: np.ndarray, value: Any) -> np.ndarray:
    """A copy with a number where a mask is true."""
    shape = input.shape if mask.shape == input.shape else broadcast_shapes(mask.shape, input.shape)
    if shape != input.shape:
        out = np.array(np.broadcast_to(input, shape), order="C")
    else:
        out = input.copy(order="K")
    _masked_fill_into(out, mask, value)
    return out


for _name, _value, _node in (
    ("masked_fill_number", "Number", "MaskedFillBackward0"),
    ("masked_fill_tensor", "Tensor", "MaskedFillBackward1"),
):
    _derivative = {"input": "fit(masked_fill_number(grad, mask, 0), input.shape, input.dtype)"}
    if _value == "Tensor":
        _derivative["value"] = "fit(masked_select(grad, mask).sum(), value.shape, value.dtype)"
    op(f"{_name}(input, mask, value: {_value})", where="", lowering="scatter",
       node=_node, into=_masked_fill_into, expanded=True, derivative=_derivative)(_masked_fill)


def _fill_row(kind: str, value: Any) -> Any:
    return ROWS[f"{kind}_{'tensor' if isinstance(value, Tensor) else 'number'}"]


def _need_tensors(name: str, **tensors: Any) -> None:
    for value in tensors.values():
        if not isinstance(value, Tensor):
            given = ", ".join(type_name(v) for v in tensors.values())
            raise TypeError(
                f"{name}() received an invalid combination of arguments - got ({given}), but "
                "expected tensors"
            )


@composite()
def masked_fill(input: Tensor, mask: Tensor, value: Any) -> Tensor:
    """A copy with a number, or the element of a 0-d tensor, where the mask is true."""
    _need_tensors("masked_fill", mask=mask)
    return execute(_fill_row("masked_fill", value), (input, mask, value))


@composite("method")
def masked_fill_(input: Tensor, mask: Tensor, value: Any) -> Tensor:
    """Writes a number, or the element of a 0-d tensor, where the mask is true."""
    _need_tensors("masked_fill_", mask=mask)
    return execute_inplace(_fill_row("masked_fill", value), (input, mask, value))


def _masked_scatter_into(data: np.ndarray, mask: np.ndarray, source: np.ndarray) -> None:
    """Writes the elements of ``source``, in their order, where a mask is true."""
    shape = data.shape if mask.shape == data.shape else broadcast_shapes(mask.shape, data.shape)
    if shape != data.shape:
        raise RuntimeError(
            f"output with shape {list(data.shape)} doesn't match the broadcast shape {list(shape)}"
        )
    if source.dtype != data.dtype:
        raise RuntimeError(
            "masked_scatter: expected self and source to have same dtypes but got"
            f"{title(data)} and {title(source)}"
        )
    if mask.dtype.kind != "b":
        raise RuntimeError(
            f"masked_scatter_ only supports boolean masks, but got mask with dtype {title(mask)}"
        )
    mask = np.broadcast_to(mask, shape)
    count = int(np.count_nonzero(mask))
    if count > source.size:
        raise RuntimeError("Number of elements of source < number of ones in mask")
    data[mask] = source.reshape(-1)[:count]


@op("masked_scatter(input, mask, source)", lowering="scatter", inplace=True,
    into=_masked_scatter_into,
    derivative={
        "input": "fit(masked_fill_number(grad, mask, 0), input.shape, input.dtype)",
        "source": "masked_take(grad, mask, source.shape)"})
def masked_scatter(input: np.ndarray, mask: np.ndarray, source: np.ndarray) -> np.ndarray:
    """A copy with the elements of ``source``, in their order, where a mask is true."""
    shape = broadcast_shapes(mask.shape, input.shape)
    out = np.array(np.broadcast_to(input, shape), order="C")
    _masked_scatter_into(out, mask, source)
    return out


@op("masked_take(grad_output, mask, shape: int[])", where="", lowering="gather",
    derivative={"grad_output": "masked_scatter(zeros_of(grad, grad_output.shape), mask, grad)"})
def masked_take(grad_output: np.ndarray, mask: np.ndarray, shape: Ints) -> np.ndarray:
    """The elements where a mask is true, at the front of zeros of a shape."""
    out = np.zeros(tuple(shape), grad_output.dtype)
    found = grad_output[np.broadcast_to(mask, grad_output.shape)]
    out.reshape(-1)[: found.size] = found
    return out


# --- slices along a dimension ---------------------------------------------------------------------


def _slices(data: np.ndarray, dim: int, index: np.ndarray) -> tuple[np.ndarray, tuple, int]:
    """The array (0-d as 1-d), the index arrays of indexing.py, and the dimension."""
    dim = normalize_dim(dim, data.ndim)
    if not data.ndim:
        data = data.reshape(1)
    where = index.reshape(-1).astype(_LONG, copy=False)
    return data, (None,) * dim + (where,), dim


def _index_add_into(
    data: np.ndarray, dim: int, index: np.ndarray, source: np.ndarray, alpha: Any
) -> None:
    """Adds alpha times slices of ``source`` to the slices at the indices."""
    if index.dtype not in (_LONG, np.dtype(np.int32)):
        raise RuntimeError(
            f"index_add_(): Expected dtype int32/int64 for index but got: {title(index)}"
        )
    if source.dtype != data.dtype:
        raise RuntimeError(
            f"index_add_(): self ({title(data)}) and source ({title(source)}) must have the same "
            "scalar type"
        )
    axis = normalize_dim(dim, data.ndim)
    count = source.shape[axis] if source.ndim else 1
    if index.size != count:
        raise RuntimeError(
            f"index_add_(): Number of indices ({index.size}) should be equal to "
            f"source.size(dim): ({count}), for dim: {axis}"
        )
    if _without(data.shape, axis) != _without(source.shape, axis) or data.ndim != source.ndim:
        raise RuntimeError(
            "source tensor shape must match self tensor shape, excluding the specified dimension. "
            f"Got self.shape = {list(data.shape)} source.shape = {list(source.shape)}"
        )
    array, where, axis = _slices(data, dim, index)
    wrong = out_of_range(where[-1], array.shape[axis])
    if wrong is not None:
        raise RuntimeError(
            f"index {wrong} is out of bounds for dimension {axis} with size {array.shape[axis]}"
        )
    values = source if alpha.__class__ is int and alpha == 1 else source * number_in(
        alpha, source.dtype
    )
    if where[-1].size:
        indexing.index_put(array, where, values.reshape(_put_at(array, axis, count)), True)


def _without(shape: Ints, dim: int) -> tuple[int, ...]:
    return (*shape[:dim], *shape[dim + 1 :])


def _put_at(array: np.ndarray, axis: int, count: int) -> tuple[int, ...]:
    return (*array.shape[:axis], count, *array.shape[axis + 1 :])


writing_row("index_add(input, dim: int, index, source, *, alpha: Number = 1)", _index_add_into,
     inplace=True,
     derivative={
         "input": "grad",
         "source": "scaled(reshape(index_select(grad, dim, index), source.shape), alpha)"})


def _index_copy_into(data: np.ndarray, dim: int, index: np.ndarray, source: np.ndarray) -> None:
    """Writes slices of ``source`` over the slices at the indices."""
    if index.dtype != _LONG:
        raise RuntimeError(
            f"index_copy_(): Expected a long tensor for index, but got {title(index)}"
        )
    if source.dtype != data.dtype:
        raise RuntimeError(
            "index_copy_(): self and source expected to have the same dtype, but got (self) "
            f"{title(data)} and (source) {title(source)}"
        )
    axis = normalize_dim(dim, data.ndim)
    if index.ndim > 1:
        raise IndexError(
            f"index_copy_(): Index should have dimension 1 or 0 (got {index.ndim})"
        )
    count = source.shape[axis] if source.ndim > axis else 1
    if source.ndim and data.ndim and source.ndim != data.ndim:
        raise IndexError(
            "index_copy_(): When source and destination are not scalars, their dimensionality must "
            f"match. Source dimensionality ({source.ndim}), destination dimensionality "
            f"({data.ndim})"
        )
    if source.ndim and data.ndim and _without(source.shape, axis) != _without(data.shape, axis):
        raise RuntimeError(
            "index_copy_(): Source/destination tensor must have same slice shapes. Destination "
            f"slice shape: {' '.join(map(str, _without(data.shape, axis)))} at dimension {axis} "
            f"and source slice shape: {' '.join(map(str, _without(source.shape, axis)))} at "
            f"dimension {axis}."
        )
    if index.size != count:
        raise IndexError(
            f"index_copy_(): Number of indices ({index.size}) should be equal to source.size(dim) "
            f"({count})"
        )
    array, where, axis = _slices(data, dim, index)
    wrong = out_of_range(where[-1], array.shape[axis])
    if wrong is not None:
        raise IndexError(
            f"index_copy_(): index {wrong} is out of bounds for dimension {axis} with size "
            f"{array.shape[axis]}"
        )
    array[(*[slice(None)] * axis, where[-1])] = source.reshape(_put_at(array, axis, count))


writing_row("index_copy(input, dim: int, index, source)", _index_copy_into, inplace=True,
     derivative={
         "input": "index_fill_number(grad, dim, index, 0)",
         "source": "reshape(index_select(grad, dim, index), source.shape)"})


def _index_fill_into(data: np.ndarray, dim: int, index: np.ndarray, value: Any) -> None:
    """Writes a number into the slices at the indices."""
    if index.dtype != _LONG:
        raise IndexError("index_fill_(): Expected dtype int64 for index.")
    if index.ndim > 1:
        raise IndexError("Index has to be a vector/scalar")
    if isinstance(value, complex) and data.dtype.kind != "c":
        raise RuntimeError(
            "index_fill_(): Converting complex Scalar to non-complex type is not supported"
        )
    array, where, axis = _slices(data, dim, index)
    size = array.shape[axis]
    found = where[-1]
    if found.size and (found.min() < -size or found.max() >= size):
        wrong = found[(found < -size) | (found >= size)][0]
        raise IndexError(f"index {wrong} is out of bounds for dimension {axis} with size {size}")
    array[(*[slice(None)] * axis, found)] = _scalar_value("index_fill_", value, data.dtype)


writing_row("index_fill_number(input, dim: int, index, value: Number)", _index_fill_into, where="",
     node="IndexFillBackward0",
     derivative={"input": "index_fill_number(grad, dim, index, 0)"})
writing_row("index_fill_tensor(input, dim: int, index, value)", _index_fill_into, where="",
     node="IndexFillBackward1",
     derivative={
         "input": "index_fill_number(grad, dim, index, 0)",
         "value": "fit(where(index_fill_number(zeros_like(grad), dim, index, 1) != 0, grad, 0)"
                  ".sum(), value.shape, value.dtype)"})


@composite()
def index_fill(input: Tensor, dim: int, index: Tensor, value: Any) -> Tensor:
    """A copy with a number, or the element of a 0-d tensor, in the slices at the indices."""
    return execute(_fill_row("index_fill", value), (input, dim, index, value))


@composite("method")
def index_fill_(input: Tensor, dim: int, index: Tensor, value: Any) -> Tensor:
    """Writes a number, or the element of a 0-d tensor, into the slices at the indices."""
    return execute_inplace(_fill_row("index_fill", value), (input, dim, index, value))


# --- scatter --------------------------------------------------------------------------------------


def scatter_key(
    data: np.ndarray, dim: int, index: np.ndarray, src: Any, name: str = "scatter"
) -> tuple[np.ndarray, tuple, Any] | None:
    """Array, key and values of a scatter, all checked; None where there is nothing to write."""
    axis = normalize_dim(dim, data.ndim)
    if index.dtype not in (_LONG, np.dtype(np.int32)):
        raise RuntimeError(f"{name}(): Expected dtype int32/int64 for index")
    if not index.size:
        return None
    is_array = isinstance(src, np.ndarray)
    if is_array and src.dtype != data.dtype:
        raise RuntimeError(f"{name}(): Expected self.dtype to be equal to src.dtype")
    if max(index.ndim, 1) != max(data.ndim, 1):
        raise RuntimeError("Index tensor must have the same number of dimensions as self tensor")
    if is_array and max(index.ndim, 1) != max(src.ndim, 1):
        raise RuntimeError("Index tensor must have the same number of dimensions as src tensor")
    wide = any(m > n for d, (m, n) in enumerate(zip(index.shape, data.shape, strict=False))
               if d != axis)
    long = is_array and any(m > n for m, n in zip(index.shape, src.shape, strict=False))
    if wide or long:
        raise RuntimeError(
            f"Expected index {list(index.shape)} to be no larger than self {list(data.shape)} "
            f"apart from dimension {axis}"
            + (f" and to be no larger size than src {list(src.shape)}" if is_array else "")
        )
    array, key = at_index(data, dim, index, name)
    if is_array:
        src = src[tuple([slice(0, n) for n in index.shape])] if src.ndim else src
        src = src.reshape(index.shape or (1,))
    return array, key, src


def _scatter_into(data: np.ndarray, dim: int, index: np.ndarray, src: Any) -> None:
    """Writes values, one for each index along a dimension: ``x[index[i][j]][j] = src[i][j]``."""
    found = scatter_key(data, dim, index, src)
    if found is not None:
        array, key, values = found
        if not isinstance(src, np.ndarray):
            array[key] = number_in(src, data.dtype)
        elif not places.written(array, normalize_dim(dim, array.ndim), index, values):
            array[key] = values


writing_row("scatter_src(input, dim: int, index, src)", _scatter_into, where="",
            node="ScatterBackward0",
     derivative={
         "input": "scatter_number(grad, dim, index, 0)",
         "src": "padded(gather(grad, dim, index), src.shape)"})
writing_row("scatter_number(input, dim: int, index, value: Number)", _scatter_into, where="",
     node="ScatterBackward1", derivative={"input": "scatter_number(grad, dim, index, 0)"})


def padded(part: Tensor, shape: Ints) -> Tensor:
    """A gradient followed by zeros, up to a shape: of a source of which only a part was used."""
    have = part._data.shape
    if have == tuple(shape):
        return part
    if len(have) != len(shape):
        return TENSORS["reshape"](part, tuple(shape))
    widths: list[int] = []
    for n, m in zip(reversed(shape), reversed(have), strict=True):
        widths += [0, n - m]
    return TENSORS["constant_pad_nd"](part, tuple(widths), 0)


TENSORS["padded"] = padded


def _not_differentiable(name: str) -> Tensor:
    raise NotImplementedError(f"derivative for aten::{name} is not implemented")


TENSORS["not_differentiable"] = _not_differentiable


def _scatter_with_into(
    data: np.ndarray, dim: int, index: np.ndarray, src: Any, reduce: str
) -> None:
    """Adds or multiplies values at the indices along a dimension."""
    ufunc = {"add": np.add, "multiply": np.multiply}.get(reduce)
    if ufunc is None:
        raise RuntimeError("reduce argument must be either add or multiply.")
    found = scatter_key(data, dim, index, src)
    if found is not None:
        array, key, values = found
        ufunc.at(array, key, values if isinstance(src, np.ndarray) else number_in(src, data.dtype))


writing_row("scatter_with(input, dim: int, index, src: Tensor | Number, reduce: str)",
            _scatter_with_into,
     where="", node="NotImplemented",
     derivative={"input": "not_differentiable('scatter.reduce')",
                 "src": "not_differentiable('scatter.reduce')"})


def _scatter_args(
    input: Tensor, dim: int, index: Tensor, src: Any, value: Any, reduce: str | None
) -> tuple:
    if src is None:
        src = value
    if src is None:
        raise TypeError("scatter() received an invalid combination of arguments: src is missing")
    if reduce is not None:
        return ROWS["scatter_with"], (input, dim, index, src, reduce)
    kind = "scatter_src" if isinstance(src, Tensor) else "scatter_number"
    return ROWS[kind], (input, dim, index, src)


@composite()
def scatter(
    input: Tensor,
    dim: int,
    index: Tensor,
    src: Any = None,
    *,
    value: Any = None,
    reduce: str | None = None,
    out: Tensor | None = None,
) -> Tensor:
    """A copy with values written at indices along a dimension: ``x[index[i][j]][j] = src[i][j]``.

    ``src`` is a tensor or a number; ``reduce`` "add" or "multiply" combines it with what is there.
    """
    row, args = _scatter_args(input, dim, index, src, value, reduce)
    return finish(row, args, out)


@composite("method")
def scatter_(
    input: Tensor,
    dim: int,
    index: Tensor,
    src: Any = None,
    *,
    value: Any = None,
    reduce: str | None = None,
) -> Tensor:
    """Writes values at indices along a dimension: ``x[index[i][j]][j] = src[i][j]``."""
    return execute_inplace(*_scatter_args(input, dim, index, src, value, reduce))


def _scatter_add_into(data: np.ndarray, dim: int, index: np.ndarray, src: np.ndarray) -> None:
    """Adds values at indices along a dimension: ``x[index[i][j]][j] += src[i][j]``."""
    found = scatter_key(data, dim, index, src)
    if found is not None:
        array, key, values = found
        if not places.added(array, normalize_dim(dim, array.ndim), index, values):
            add_at(array, key, values)


writing_row("scatter_add(input, dim: int, index, src)", _scatter_add_into, inplace=True,
     derivative={"input": "grad", "src": "padded(gather(grad, dim, index), src.shape)"},
     formula=r"y_{k_{ij} j} = x_{k_{ij} j} + \sum s_{ij}")


def _put_into(data: np.ndarray, index: np.ndarray, source: np.ndarray, accumulate: bool) -> None:
    """Writes, or adds, values at positions of the flattened tensor."""
    if index.dtype == _LONG and index.size != source.size:
        raise IndexError(
            "put_(): Expected source and index to have the same number of elements, but got "
            f"source.numel() = {source.size}, index.numel() = {index.size}"
        )
    if source.dtype != data.dtype:
        raise RuntimeError(
            "put_(): self and source expected to have the same dtype, but got self.dtype = "
            f"{title(data)} and source.dtype = {title(source)}"
        )
    where = flat_index(data, index, "put_").reshape(-1)
    flat = data.reshape(-1)
    if accumulate:
        np.add.at(flat, where, source.reshape(-1))
    else:
        flat[where] = source.reshape(-1)
    if not np.may_share_memory(flat, data):
        data[...] = flat.reshape(data.shape)


writing_row("put(input, index, source, accumulate: bool = False)", _put_into, inplace=True,
     derivative={
         "input": "grad if accumulate else put(grad, index, zeros_of(grad, index.shape))",
         "source": "reshape(take(grad, index), source.shape)"})
