"""Joining tensors and laying out their elements anew: cat, stack, repeat, roll, flip, tril."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..tensor import dtype as D
from ..tensor.creation import made
from ..tensor.device import require_cpu
from ..tensor.from_data import convert_array
from ..tensor.promotion import promote_types
from ..tensor.recording import host_read
from ..tensor.size import normalize_dim, normalize_dims, type_name
from ..tensor.tensor import Tensor, wrap
from .dispatch import execute
from .expressions import TENSORS
from .overloads import finish, not_implemented
from .table import ROWS, composite, op

Ints = Sequence[int]
Arrays = Sequence[np.ndarray]
TENSORS["negated"] = lambda shifts: tuple([-s for s in as_tuple(shifts)])


def as_tuple(value: Any) -> tuple[int, ...]:
    """A number or a sequence of them, as a tuple."""
    return tuple(value) if isinstance(value, (tuple, list)) else (value,)


# --- cat and stack --------------------------------------------------------------------------------


@op("cat(tensors: Tensors, dim: int = 0)", where="function", lowering="gather",
    aliases=("concat", "concatenate"),
    derivative={"tensors": "cat_gradient(grad, metas(tensors), dim)"},
    formula=r"[A \; B]")
def cat(tensors: Arrays, dim: int) -> np.ndarray:
    """The tensors one after the other along a dimension; their other sizes must be equal."""
    arrays = common_type(tensors)
    try:
        return contiguous_array(np.concatenate(arrays, dim))
    except ValueError:  # NumPy refuses more than PyTorch, or says it in other words
        return _cat_parts(arrays, dim)


def common_type(arrays: Arrays) -> Arrays:
    """The arrays in their common element type."""
    if len({a.dtype for a in arrays}) <= 1:
        return arrays
    kind = D.of(arrays[0].dtype)
    for a in arrays[1:]:
        kind = promote_types(kind, D.of(a.dtype))
    return [convert_array(a, kind.numpy) for a in arrays]


def _cat_parts(tensors: Arrays, dim: int) -> np.ndarray:
    if not tensors:
        error = ValueError("torch.cat(): expected a non-empty list of Tensors")
        error.deliberate = True  # type: ignore[attr-defined]
        raise error from None
    for i, a in enumerate(tensors):
        if not a.ndim:
            raise RuntimeError(
                f"zero-dimensional tensor (at position {i}) cannot be concatenated\n"
                "Hint: stack puts 0-d tensors into a new dimension."
            ) from None
    parts = [a for a in tensors if a.shape != (0,)]  # such a tensor fits everywhere
    if not parts:
        return tensors[0].copy()
    dim = normalize_dim(dim, parts[0].ndim)
    first = parts[0].shape
    for i, a in enumerate(tensors):
        if a.shape == (0,):
            continue
        if a.ndim != len(first):
            raise RuntimeError(
                f"Tensors must have same number of dimensions: got {len(first)} and {a.ndim}"
            ) from None
        for d, (want, n) in enumerate(zip(first, a.shape, strict=True)):
            if n != want and d != dim:
                raise RuntimeError(
                    f"Sizes of tensors must match except in dimension {dim}. Expected size {want} "
                    f"but got size {n} for tensor number {i} in the list."
                ) from None
    return contiguous_array(np.concatenate(parts, dim))


def contiguous_array(array: np.ndarray) -> np.ndarray:
    """The array with its elements in order in memory."""
    return array if array.flags.c_contiguous else np.ascontiguousarray(array)


def cat_gradient(grad: Tensor, metas: Sequence[Any], dim: int) -> list[Tensor]:
    """The gradients of concatenated tensors: their parts of the result's."""
    row, fit = ROWS["slice_view"], TENSORS["fit"]
    dim = normalize_dim(dim, grad._data.ndim)
    out, start = [], 0
    for m in metas:
        shape = m.shape
        n = 0 if shape == (0,) else shape[dim]
        part = execute(row, (grad, dim, start, n))
        if shape == (0,) and part._data.shape != shape:
            part = TENSORS["reshape"](part, (-1,)) if part._data.size else wrap(
                np.zeros(0, part._data.dtype)
            )
        out.append(fit(part, shape, m.dtype))
        start += n
    return out


TENSORS["cat_gradient"] = cat_gradient


@op("stack(tensors: Tensors, dim: int = 0)", where="function", lowering="gather",
    derivative={"tensors": "stack_gradient(grad, metas(tensors), dim)"})
def stack(tensors: Arrays, dim: int) -> np.ndarray:
    """The tensors, all of one shape, along a new dimension."""
    if not tensors:
        raise RuntimeError("stack expects a non-empty TensorList")
    shape = tensors[0].shape
    if len({a.shape for a in tensors}) > 1:
        for i, a in enumerate(tensors):
            if a.shape != shape:
                raise RuntimeError(
                    f"stack expects each tensor to be equal size, but got {list(shape)} at entry 0 "
                    f"and {list(a.shape)} at entry {i}"
                )
    dim = normalize_dim(dim, len(shape) + 1)
    key = (slice(None),) * dim + (None,)
    return contiguous_array(np.concatenate([a[key] for a in common_type(tensors)], dim))


def stack_gradient(grad: Tensor, metas: Sequence[Any], dim: int) -> list[Tensor]:
    """The gradients of stacked tensors: the slices of the result's."""
    fit = TENSORS["fit"]
    parts = execute(ROWS["unbind"], (grad, dim))
    return [fit(g, m.shape, m.dtype) for g, m in zip(parts, metas, strict=True)]


TENSORS["stack_gradient"] = stack_gradient


def _sequence(name: str, tensors: Any) -> list[Tensor]:
    if isinstance(tensors, Tensor) or not hasattr(tensors, "__iter__"):
        raise TypeError(
            f"{name}(): argument 'tensors' (position 1) must be tuple of Tensors, not "
            f"{type_name(tensors)}"
        )
    items = list(tensors)
    if not items:
        raise RuntimeError(f"{name} expects a non-empty TensorList")
    return items


def _cat(items: list[Tensor], dim: int, out: Tensor | None) -> Tensor:
    return finish(ROWS["cat"], (items, dim), out)


@composite("function")
def hstack(tensors: Sequence[Tensor], *, out: Tensor | None = None) -> Tensor:
    """The tensors side by side: along dimension 1, or 0 where they have one dimension."""
    items = [atleast_1d(t) for t in _sequence("hstack", tensors)]
    return _cat(items, 0 if items[0].ndim == 1 else 1, out)


@composite("function", aliases=("row_stack",))
def vstack(tensors: Sequence[Tensor], *, out: Tensor | None = None) -> Tensor:
    """The tensors below each other, those with one dimension as rows."""
    return _cat([atleast_2d(t) for t in _sequence("vstack", tensors)], 0, out)


@composite("function")
def dstack(tensors: Sequence[Tensor], *, out: Tensor | None = None) -> Tensor:
    """The tensors one behind the other, along dimension 2."""
    return _cat([atleast_3d(t) for t in _sequence("dstack", tensors)], 2, out)


@composite("function")
def column_stack(tensors: Sequence[Tensor], *, out: Tensor | None = None) -> Tensor:
    """The tensors side by side, those with one dimension as columns."""
    items = _sequence("column_stack", tensors)
    columns = [TENSORS["reshape"](t, (t.numel(), 1)) if t.ndim <= 1 else t for t in items]
    return _cat(columns, 1, out)


@op("block_diag_row(tensors: Tensors)", where="", lowering="scatter", node="BlockDiagBackward0",
    derivative={"tensors": "block_diag_gradient(grad, metas(tensors))"})
def block_diag_row(tensors: Arrays) -> np.ndarray:
    """A matrix with the tensors as blocks along its diagonal, zero elsewhere."""
    for i, a in enumerate(tensors):
        if a.ndim > 2:
            raise RuntimeError(
                "torch.block_diag: Input tensors must have 2 or fewer dimensions. Input "
                f"{i} has {a.ndim} dimensions"
            )
    blocks = [np.atleast_2d(a) for a in tensors]
    blocks = list(common_type(blocks))
    size = sum(len(b) for b in blocks), sum(b.shape[1] for b in blocks)
    out = np.zeros(size, blocks[0].dtype)
    row = column = 0
    for b in blocks:
        out[row : row + len(b), column : column + b.shape[1]] = b
        row, column = row + len(b), column + b.shape[1]
    return out


def block_diag_gradient(grad: Tensor, metas: Sequence[Any]) -> list[Tensor]:
    """The gradients of diagonal blocks."""
    out, row, column = [], 0, 0
    for m in metas:
        height, width = (1, 1, *m.shape)[-2:]
        part = grad[row : row + height, column : column + width]
        out.append(TENSORS["fit"](TENSORS["reshape"](part, m.shape), m.shape, m.dtype))
        row, column = row + height, column + width
    return out


TENSORS["block_diag_gradient"] = block_diag_gradient


@composite("function")
def block_diag(*tensors: Tensor) -> Tensor:
    """A matrix with the tensors as blocks along its diagonal, zero elsewhere."""
    if not tensors:
        return made(np.zeros((1, 0), D.get_default_dtype().numpy))
    return execute(ROWS["block_diag_row"], (tensors,))


def _each(tensors: tuple, function: Any) -> Any:
    """Applies a function to one tensor, or to several given one by one or as a sequence."""
    if len(tensors) == 1 and isinstance(tensors[0], (tuple, list)):
        return tuple([function(t) for t in tensors[0]])
    return function(tensors[0]) if len(tensors) == 1 else tuple([function(t) for t in tensors])


@composite("function")
def atleast_1d(*tensors: Any) -> Any:
    """The tensors, those without dimensions as vectors."""
    return _each(tensors, lambda t: t if t.ndim else TENSORS["view"](t, (1,)))


def _two_dims(t: Tensor) -> Tensor:
    if t.ndim >= 2:
        return t
    return TENSORS["unsqueeze"](t, 0) if t.ndim else TENSORS["view"](t, (1, 1))


def _three_dims(t: Tensor) -> Tensor:
    if t.ndim >= 3:
        return t
    return TENSORS["unsqueeze"](_two_dims(t), -1)


@composite("function")
def atleast_2d(*tensors: Any) -> Any:
    """The tensors, those with fewer than two dimensions as rows."""
    return _each(tensors, _two_dims)


@composite("function")
def atleast_3d(*tensors: Any) -> Any:
    """The tensors with at least three dimensions; new ones go around those there are."""
    return _each(tensors, _three_dims)


# --- repeat ---------------------------------------------------------------------------------------


@op("repeat(input, *repeats: int)", where="method", lowering="gather",
    derivative={"input": "repeat_gradient(grad, input.shape, repeats)"})
def repeat(input: np.ndarray, repeats: Ints) -> np.ndarray:
    """The tensor so many times along each dimension; surplus repeats add dimensions in front."""
    extra = len(repeats) - input.ndim
    if extra < 0:
        raise RuntimeError(
            "Number of dimensions of repeat dims can not be smaller than number of dimensions of "
            "tensor"
        )
    shape = [n * r for n, r in zip((*(1,) * extra, *input.shape), repeats, strict=True)]
    for n in shape:
        if n < 0:
            raise RuntimeError(f"Trying to create tensor with negative dimension {n}: {shape}")
    return np.tile(input, tuple(repeats))


def repeat_gradient(grad: Tensor, shape: Ints, repeats: Ints) -> Tensor:
    """The sum over the repeated copies."""
    extra = len(repeats) - len(shape)
    sizes: list[int] = []
    for r, n in zip(repeats, (*(1,) * extra, *shape), strict=True):
        sizes += [r, n]
    if not sizes:
        return grad
    parts = TENSORS["reshape"](grad, tuple(sizes))
    return TENSORS["reshape"](TENSORS["sum"](parts, tuple(range(0, len(sizes), 2))), shape)


TENSORS["repeat_gradient"] = repeat_gradient


@composite()
def tile(input: Tensor, *repeats: Any, dims: Ints | None = None) -> Tensor:
    """The tensor so many times along each of its last dimensions."""
    if dims is None:
        if not repeats:
            raise TypeError('tile() missing 1 required positional arguments: "dims"')
        first = repeats[0]
        dims = tuple(first) if len(repeats) == 1 and isinstance(first, (tuple, list)) else repeats
    missing = input._data.ndim - len(dims)
    return execute(ROWS["repeat"], (input, (1,) * missing + tuple(dims)))


@op("repeat_each(input, repeats: int, dim: int)", where="", lowering="gather",
    node="ViewBackward0", derivative={"input": "repeat_each_gradient(grad, repeats, dim)"})
def repeat_each(input: np.ndarray, repeats: int, dim: int) -> np.ndarray:
    """Each slice along a dimension so many times, one after the other."""
    if repeats < 0:
        raise RuntimeError("Repeats must be non-negative")
    return contiguous_array(np.repeat(input, repeats, normalize_dim(dim, input.ndim)))


def repeat_each_gradient(grad: Tensor, repeats: int, dim: int) -> Tensor:
    """The sum over the copies of each slice."""
    shape = grad._data.shape
    dim %= len(shape)
    n = shape[dim] // repeats if repeats else 0
    parts = TENSORS["reshape"](grad, (*shape[:dim], n, repeats, *shape[dim + 1 :]))
    return TENSORS["sum"](parts, (dim + 1,))


TENSORS["repeat_each_gradient"] = repeat_each_gradient


def _repeated_indices(repeats: np.ndarray, output_size: int | None) -> Tensor:
    if repeats.ndim != 1:
        raise RuntimeError("repeat_interleave only accept 1D vector as repeat")
    if repeats.dtype.kind != "i" or repeats.itemsize < 4:
        raise not_implemented("repeat_interleave_cpu", repeats)
    if (repeats < 0).any():
        raise RuntimeError("repeats can not be negative")
    out = np.repeat(np.arange(len(repeats)), repeats)
    if output_size is not None and output_size != len(out):
        raise RuntimeError("allocated size does not match required size")
    return wrap(out.astype(repeats.dtype, copy=False))


@composite()
def repeat_interleave(
    input: Tensor,
    repeats: int | Tensor | None = None,
    dim: int | None = None,
    *,
    output_size: int | None = None,
) -> Tensor:
    """Each element (along ``dim``; of the flattened tensor without one) so many times in a row.

    ``repeats`` is a number or has one for each slice. Called with a vector of repeats alone, gives
    the indices that so repeat.
    """
    if repeats is None:
        host_read(input, "repeat_interleave()")
        return _repeated_indices(input._data, output_size)
    if dim is None:
        input, dim = TENSORS["flatten"](input), 0
    dim = normalize_dim(dim, input._data.ndim)
    if isinstance(repeats, Tensor) and repeats.numel() == 1 and repeats.dtype.name in (
        "int64", "int32",
    ):
        repeats = int(repeats.item())
    if not isinstance(repeats, Tensor):
        return execute(ROWS["repeat_each"], (input, int(repeats), dim))
    if repeats.ndim == 1 and repeats.numel() != input._data.shape[dim]:
        raise RuntimeError(
            "repeats must have the same size as input along dim, but got repeats.size(0) = "
            f"{repeats.numel()} and input.size({dim}) = {input._data.shape[dim]}"
        )
    host_read(repeats, "repeat_interleave()")
    index = _repeated_indices(repeats._data, output_size)
    return TENSORS["index_select"](input, dim, index)


# --- another order of the elements ----------------------------------------------------------------


@op("roll(input, shifts: int[], dims: int[] = ())", lowering="gather",
    derivative={"input": "roll(grad, negated(shifts), dims)"},
    formula=r"y_i = x_{(i - s) \bmod n}")
def roll(input: np.ndarray, shifts: Ints, dims: Ints) -> np.ndarray:
    """Shifts the elements along dimensions; those that leave at one end enter at the other."""
    steps, axes = as_tuple(shifts), as_tuple(dims)
    if not steps:
        raise RuntimeError("`shifts` required")
    if not axes and len(steps) == 1:
        return np.roll(input.reshape(-1), steps[0]).reshape(input.shape)
    if len(steps) != len(axes):
        raise RuntimeError(
            f"shifts and dimensions must align. shifts: {len(steps)}, dims:{len(axes)}"
        )
    if not input.ndim:
        raise IndexError(f"Dimension specified as {axes[0]} but tensor has no dimensions")
    found = tuple([normalize_dim(d, input.ndim) for d in axes])
    return contiguous_array(np.roll(input, steps, found))


@op("flip(input, *dims: int)", lowering="view", derivative={"input": "flip(grad, dims)"},
    formula=r"y_i = x_{n - 1 - i}")
def flip(input: np.ndarray, dims: Ints) -> np.ndarray:
    """The elements in the opposite order along the dimensions."""
    found = normalize_dims(tuple(dims), input.ndim)
    return (np.flip(input, found) if input.ndim else input).copy(order="K")


@composite()
def fliplr(input: Tensor) -> Tensor:
    """The columns in the opposite order."""
    if input._data.ndim < 2:
        raise RuntimeError("Input must be >= 2-d.")
    return execute(ROWS["flip"], (input, (1,)))


@composite()
def flipud(input: Tensor) -> Tensor:
    """The rows in the opposite order."""
    if input._data.ndim < 1:
        raise RuntimeError("Input must be >= 1-d.")
    return execute(ROWS["flip"], (input, (0,)))


@op("rot90(input, k: int = 1, dims: int[] = (0, 1))", lowering="view",
    derivative={"input": "rot90(grad, -k, dims)"})
def rot90(input: np.ndarray, k: int, dims: Ints) -> np.ndarray:
    """Turns a plane of the tensor k times by 90 degrees, from the first dimension to the second."""
    if len(dims) != 2:
        raise RuntimeError(f"expected total rotation dims == 2, but got dims = {len(dims)}")
    if input.ndim < 2:
        raise RuntimeError(f"expected total dims >= 2, but got total dims = {input.ndim}")
    a, b = normalize_dim(dims[0], input.ndim), normalize_dim(dims[1], input.ndim)
    if a == b:
        raise RuntimeError(
            f"expected rotation dims to be different, but got dim0 = {dims[0]} and dim1 = {dims[1]}"
        )
    return np.rot90(input, k, (a, b)).copy(order="K")


# --- triangles ------------------------------------------------------------------------------------



def _need_matrix(name: str, input: np.ndarray) -> None:
    if input.ndim < 2:
        raise RuntimeError(f"{name}: input tensor must have at least 2 dimensions")


@op("tril(input, diagonal: int = 0)", inplace=True, derivative={"input": "tril(grad, diagonal)"})
def tril(input: np.ndarray, diagonal: int) -> np.ndarray:
    """The lower triangle of matrices, zero above the diagonal."""
    _need_matrix("tril", input)
    return np.tril(input, diagonal)


@op("triu(input, diagonal: int = 0)", inplace=True, derivative={"input": "triu(grad, diagonal)"})
def triu(input: np.ndarray, diagonal: int) -> np.ndarray:
    """The upper triangle of matrices, zero below the diagonal."""
    _need_matrix("triu", input)
    return np.triu(input, diagonal)


def _triangle_indices(
    name: str, inside: Any, row: int, col: int, dtype: Any, device: Any
) -> Tensor:
    require_cpu(device)
    for what, n in (("row", row), ("col", col)):
        if n < 0:
            raise RuntimeError(f"{what} must be non-negative, got{n}")
    kind = D.int64 if dtype is None else D.as_dtype(dtype)
    if kind not in (D.int64, D.int32):
        raise NotImplementedError(f"\"{name}\" not implemented for '{kind.title}'")
    found = np.stack(np.nonzero(inside(np.arange(row)[:, None], np.arange(col))))
    return made(found.astype(kind.numpy))


@composite("function")
def tril_indices(
    row: int, col: int, offset: int = 0, *, dtype: Any = None, device: Any = None,
    layout: Any = None,
) -> Tensor:
    """Rows and columns of the lower triangle's elements, row by row."""
    return _triangle_indices(
        "tril_indices", lambda i, j: j <= i + offset, row, col, dtype, device
    )


@composite("function")
def triu_indices(
    row: int, col: int, offset: int = 0, *, dtype: Any = None, device: Any = None,
    layout: Any = None,
) -> Tensor:
    """Rows and columns of the upper triangle's elements, row by row."""
    return _triangle_indices(
        "triu_indices", lambda i, j: j >= i + offset, row, col, dtype, device
    )


# --- grids, products, combinations ----------------------------------------------------------------


@composite("function")
def meshgrid(*tensors: Any, indexing: str | None = None) -> tuple[Tensor, ...]:
    """Vectors expanded to the grid that they span: one tensor of coordinates for each of them.

    ``indexing`` "ij" gives the first vector dimension 0; "xy" exchanges the first two dimensions.
    """
    if len(tensors) == 1 and isinstance(tensors[0], (tuple, list)):
        tensors = tuple(tensors[0])
    if not tensors:
        raise RuntimeError("meshgrid expects a non-empty TensorList")
    for t in tensors:
        if t.ndim > 1:
            raise RuntimeError(
                f"torch.meshgrid: Expected 0D or 1D tensor in the tensor list but got: {t}"
            )
        if t.dtype is not tensors[0].dtype:
            raise RuntimeError("meshgrid expects all tensors to have the same dtype")
    if indexing is None:
        warnings.warn(
            "torch.meshgrid: in an upcoming release, it will be required to pass the indexing "
            "argument.",
            stacklevel=2,
        )
    elif indexing not in ("ij", "xy"):
        raise RuntimeError(
            'torch.meshgrid: indexing must be one of "xy" or "ij", but received: ' + indexing
        )
    swap = indexing == "xy" and len(tensors) > 1
    if swap:
        tensors = (tensors[1], tensors[0], *tensors[2:])
    shape = tuple([t.numel() for t in tensors])
    grids = []
    for i, t in enumerate(tensors):
        line = TENSORS["view"](t, (1,) * i + (t.numel(),) + (1,) * (len(tensors) - i - 1))
        grids.append(TENSORS["expand"](line, shape))
    if swap:
        grids[0], grids[1] = grids[1], grids[0]
    return tuple(grids)


def _vector(t: Tensor) -> None:
    if t.ndim != 1:
        raise RuntimeError(f"Expect a 1D vector, but got shape {list(t.shape)}")


@composite("function")
def cartesian_prod(*tensors: Tensor) -> Tensor:
    """All tuples with one element from each vector, as rows."""
    for t in tensors:
        _vector(t)
    if len(tensors) == 1:
        return tensors[0]
    grids = meshgrid(*tensors, indexing="ij")
    return execute(ROWS["stack"], ([TENSORS["flatten"](g) for g in grids], 1))


@composite("function")
def combinations(input: Tensor, r: int = 2, with_replacement: bool = False) -> Tensor:
    """All choices of r elements of a vector, in their order, as rows."""
    _vector(input)
    if r < 0:
        raise RuntimeError(f"Expect a non-negative number, but got {r}")
    if not r:
        return wrap(np.empty(0, input._data.dtype))
    choose = itertools.combinations_with_replacement if with_replacement else itertools.combinations
    rows = np.array(list(choose(range(input.numel()), r)), np.int64).reshape(-1, r)
    columns = [TENSORS["index_select"](input, 0, wrap(rows[:, i].copy())) for i in range(r)]
    return execute(ROWS["stack"], (columns, 1))

