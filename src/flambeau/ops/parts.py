"""Parts of a tensor as views: select, narrow, split, windows, diagonals.

Each has its counterpart that puts a part back: into zeros (the derivatives) or into a copy of a
tensor (``select_scatter`` and relatives).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..tensor.memory import in_memory
from ..tensor.size import normalize_dim, type_name
from ..tensor.tensor import Tensor
from .dispatch import execute
from .expressions import TENSORS
from .out import write_out
from .table import ROWS, composite, op

Ints = Sequence[int]
_ALL = slice(None)


def at_dim(dim: int, ndim: int, item: Any) -> tuple:
    """The NumPy key that applies an index or slice to one dimension."""
    return (_ALL,) * (dim % ndim if ndim else 0) + (item, ...)


TENSORS["at_dim"] = at_dim

# --- one key for all: the parts that basic indexing names -----------------------------------------


@op("place(part, shape: int[], key: key)", where="", lowering="scatter",
    derivative={"part": "getitem_view(grad, key)"})
def place(part: np.ndarray, shape: Ints, key: tuple) -> np.ndarray:
    """Zeros of a shape with a part written at a basic index; the derivative of taking the part."""
    out = np.zeros(shape, part.dtype)
    out[key] = part
    return out


for _name, _node in (
    ("getitem_view", "AliasBackward0"), ("getitem_select", "SelectBackward0"),
    ("getitem_slice", "SliceBackward0"), ("getitem_unsqueeze", "UnsqueezeBackward0"),
):

    @op(f"{_name}(input, key: key)", view=True, where="", lowering="view", node=_node,
        derivative={"input": "place(grad, input.shape, key)"})
    def getitem_view(input: np.ndarray, key: tuple) -> np.ndarray:
        """The view that a basic index (ints, slices, None, Ellipsis) names."""
        return input[key]


@op("select(input, dim: int, index: int)", view=True, lowering="view",
    derivative={"input": "place(grad, input.shape, at_dim(dim, input.ndim, index))"},
    formula=r"y_{jk} = x_{ijk}")
def select(input: np.ndarray, dim: int, index: int) -> np.ndarray:
    """A view of the slice at ``index`` of a dimension, without that dimension."""
    if not input.ndim:
        raise IndexError("select() cannot be applied to a 0-dim tensor.")
    dim = normalize_dim(dim, input.ndim)
    n = input.shape[dim]
    if not -n <= index < n:
        raise IndexError(
            f"select(): index {index} out of range for tensor of size {list(input.shape)} at "
            f"dimension {dim}"
        )
    return input[(_ALL,) * dim + (int(index), ...)]


@op("slice_view(input, dim: int, start: int, length: int)", view=True, where="", lowering="view",
    node="SliceBackward0",
    derivative={"input": "place(grad, input.shape, narrow_key(dim, input.ndim, start, length))"})
def slice_view(input: np.ndarray, dim: int, start: int, length: int) -> np.ndarray:
    """A view of ``length`` neighbours along a dimension from ``start`` on."""
    return input[narrow_key(dim, input.ndim, start, length)]


def narrow_key(dim: int, ndim: int, start: int, length: int) -> tuple:
    """The NumPy key of neighbours along one dimension."""
    return at_dim(dim, ndim, slice(start, start + length))


TENSORS["narrow_key"] = narrow_key


@composite()
def narrow(input: Tensor, dim: int, start: int | Tensor, length: int) -> Tensor:
    """A view of ``length`` neighbours along a dimension from ``start`` on.

    Raises:
        RuntimeError, IndexError: the part does not lie within the dimension.
    """
    shape = input._data.shape
    if not shape:
        raise RuntimeError("narrow() cannot be applied to a 0-dim tensor.")
    if length < 0:
        raise RuntimeError("narrow(): length must be non-negative.")
    if isinstance(start, Tensor):
        if start.ndim or start._data.dtype.kind not in "iu":
            raise RuntimeError("start must be an 0-dim integral Tensor.")
        start = int(start.item())
    dim = normalize_dim(dim, len(shape))
    n = shape[dim]
    if not -n <= start <= n:
        raise IndexError(
            f"start out of range (expected to be in range of [{-n}, {n}], but got {start})"
        )
    if start < 0:
        start += n
    if start + length > n:
        raise RuntimeError(f"start ({start}) + length ({length}) exceeds dimension size ({n}).")
    return execute(ROWS["slice_view"], (input, dim, start, length))


@composite()
def narrow_copy(input: Tensor, dim: int, start: int, length: int) -> Tensor:
    """A copy of ``length`` neighbours along a dimension from ``start`` on."""
    return TENSORS["clone"](narrow(input, dim, start, length))


# --- all parts along a dimension ------------------------------------------------------------------


@op("unbind(input, dim: int = 0)", view=True, several=True,
    lowering="view",    derivative={"input": "stack(grads, dim)"})
def unbind(input: np.ndarray, dim: int) -> tuple[np.ndarray, ...]:
    """The slices along a dimension, as views without that dimension."""
    if not input.ndim:
        raise IndexError(f"Dimension specified as {dim} but tensor has no dimensions")
    dim = normalize_dim(dim, input.ndim)
    before: tuple = (_ALL,) * dim
    return tuple([input[(*before, i, ...)] for i in range(input.shape[dim])])


def _slices(input: np.ndarray, dim: int, sizes: Ints) -> tuple[np.ndarray, ...]:
    before, start, out = (_ALL,) * dim, 0, []
    for n in sizes:
        out.append(input[(*before, slice(start, start + n))])
        start += n
    return tuple(out)


@op("split_size(input, split_size: int, dim: int = 0)", view=True, several=True, where="",
    lowering="view",    node="SplitBackward0", derivative={"input": "cat(grads, dim)"})
def split_size(input: np.ndarray, split_size: int, dim: int) -> tuple[np.ndarray, ...]:
    """Views of ``split_size`` neighbours each along a dimension; the last may be smaller."""
    if not input.ndim:
        raise RuntimeError("split expects at least a 1-dimensional tensor")
    if split_size < 0:
        raise RuntimeError(
            f"split expects split_size be non-negative, but got split_size={split_size}"
        )
    dim = normalize_dim(dim, input.ndim)
    n = input.shape[dim]
    if not split_size:
        if n:
            raise RuntimeError(
                f"split_size can only be 0 if dimension size is 0, but got dimension size of {n}"
            )
        return (input[...],)
    count = max(-(-n // split_size), 1)
    sizes = [split_size] * (count - 1) + [n - split_size * (count - 1)]
    return _slices(input, dim, sizes)


@op("split_with_sizes(input, split_sizes: int[], dim: int = 0)", view=True, several=True,
    lowering="view",    derivative={"input": "cat(grads, dim)"})
def split_with_sizes(input: np.ndarray, split_sizes: Ints, dim: int) -> tuple[np.ndarray, ...]:
    """Views of neighbours along a dimension, as many as each size says."""
    if not input.ndim:
        raise RuntimeError("split expects at least a 1-dimensional tensor")
    dim = normalize_dim(dim, input.ndim)
    sizes = list(split_sizes)
    if any(n < 0 for n in sizes):
        raise RuntimeError(
            "split_with_sizes expects split_sizes have only non-negative entries, but got "
            f"split_sizes={sizes}"
        )
    if sum(sizes) != input.shape[dim]:
        raise RuntimeError(
            f"split_with_sizes expects split_sizes to sum exactly to {input.shape[dim]} (input "
            f"tensor's size at dimension {dim}), but got split_sizes={sizes}"
        )
    return _slices(input, dim, sizes)


def _split(input: Tensor, size: Any, dim: int) -> tuple[Tensor, ...]:
    if isinstance(size, (tuple, list)):
        return execute(ROWS["split_with_sizes"], (input, tuple(size), dim))
    if not hasattr(size, "__index__"):
        raise TypeError(
            "split_with_sizes(): argument 'split_sizes' (position 2) must be tuple of ints, not "
            f"{type_name(size)}"
        )
    return execute(ROWS["split_size"], (input, int(size), dim))


@composite()
def split(
    tensor: Tensor,
    split_size_or_sections: int | Ints | None = None,
    dim: int = 0,
    *,
    split_size: int | Ints | None = None,
) -> tuple[Tensor, ...]:
    """Views of parts along a dimension: of one size (the last may be smaller) or of given ones."""
    return _split(tensor, split_size_or_sections if split_size is None else split_size, dim)


@composite(aliases=("unsafe_chunk",))
def chunk(input: Tensor, chunks: int, dim: int = 0) -> tuple[Tensor, ...]:
    """Views of at most ``chunks`` parts along a dimension, all of one size but the last."""
    shape = input._data.shape
    if not shape:
        raise RuntimeError("chunk expects at least a 1-dimensional tensor")
    if chunks <= 0:
        raise RuntimeError(f"chunk expects `chunks` to be greater than 0, got: {chunks}")
    n = shape[normalize_dim(dim, len(shape))]
    size = -(-n // chunks)
    if not size:
        return execute(ROWS["split_with_sizes"], (input, (0,) * chunks, dim))
    return execute(ROWS["split_size"], (input, size, dim))


@composite()
def unsafe_split(input: Tensor, split_size: int, dim: int = 0) -> tuple[Tensor, ...]:
    """The same as split."""
    return _split(input, split_size, dim)


@composite()
def unsafe_split_with_sizes(input: Tensor, split_sizes: Ints, dim: int = 0) -> tuple[Tensor, ...]:
    """The same as split_with_sizes."""
    return _split(input, tuple(split_sizes), dim)


def _bounds(spec: int | Ints, n: int) -> list[tuple[int, int]]:
    """Where the parts of a dimension of size n begin and end."""
    if isinstance(spec, int):
        if spec <= 0:
            raise RuntimeError(f"number of sections must be larger than 0, got {spec}")
        small, more = divmod(n, spec)
        edges = [0]
        for i in range(spec):
            edges.append(edges[-1] + small + (i < more))
        return list(zip(edges, edges[1:], strict=False))
    cuts = [slice(0, i).indices(n)[1] for i in spec]
    return [(a, max(a, b)) for a, b in zip([0, *cuts], [*cuts, n], strict=True)]


@composite()
def tensor_split(
    input: Tensor,
    indices_or_sections: Any = None,
    dim: int = 0,
    *,
    indices: Ints | None = None,
    sections: int | None = None,
) -> tuple[Tensor, ...]:
    """Views of parts along a dimension: so many of nearly one size, or cut at given indices."""
    shape = input._data.shape
    spec = next((s for s in (indices_or_sections, indices, sections) if s is not None), None)
    if spec is None:
        raise TypeError(
            "tensor_split() received an invalid combination of arguments: indices or sections are "
            "missing"
        )
    if not shape:
        raise RuntimeError(
            "tensor_split expected at least a 1-dimensional tensor, but got a tensor with 0 dims"
        )
    dim = normalize_dim(dim, len(shape))
    if isinstance(spec, Tensor):
        if spec.dtype.name != "int64":
            raise RuntimeError(
                "tensor_split expected tensor_indices_or_sections to have dtype of long, but got "
                f"{spec.dtype.title}"
            )
        if spec.ndim > 1:
            raise RuntimeError(
                "tensor_split expected tensor_indices_or_sections to be a zero-dimensional or "
                f"one-dimensional tensor, but got a tensor with {spec.ndim} dims"
            )
        spec = spec.tolist()
    bounds = _bounds(spec, shape[dim])
    row = ROWS["slice_view"]
    return tuple([execute(row, (input, dim, a, b - a)) for a, b in bounds])


def _split_along(name: str, least: int, input: Tensor, dim: int, spec: Any) -> tuple[Tensor, ...]:
    shape = input._data.shape
    if len(shape) < least:
        raise RuntimeError(
            f"torch.{name} requires a tensor with at least {least} dimension, but got a tensor "
            f"with {len(shape)} dimensions!"
        )
    if isinstance(spec, int) and (not spec or shape[dim] % spec):
        raise RuntimeError(
            f"torch.{name} attempted to split along dimension {dim}, but the size of the "
            f"dimension {shape[dim]} is not divisible by the split_size {spec}!"
        )
    return tensor_split(input, spec, dim)


def _spec(sections: Any, *others: Any) -> Any:
    return next((s for s in (sections, *others) if s is not None), None)


@composite()
def hsplit(
    input: Tensor, indices_or_sections: Any = None, *, indices: Any = None, sections: Any = None
) -> tuple[Tensor, ...]:
    """Splits along columns: dimension 1, or 0 of a tensor with one dimension."""
    spec = _spec(indices_or_sections, indices, sections)
    return _split_along("hsplit", 1, input, 0 if input._data.ndim == 1 else 1, spec)


@composite()
def vsplit(
    input: Tensor, indices_or_sections: Any = None, *, indices: Any = None, sections: Any = None
) -> tuple[Tensor, ...]:
    """Splits along rows, dimension 0."""
    return _split_along("vsplit", 2, input, 0, _spec(indices_or_sections, indices, sections))


@composite()
def dsplit(
    input: Tensor, indices_or_sections: Any = None, *, indices: Any = None, sections: Any = None
) -> tuple[Tensor, ...]:
    """Splits along dimension 2."""
    return _split_along("dsplit", 3, input, 2, _spec(indices_or_sections, indices, sections))


# --- windows and diagonals ------------------------------------------------------------------------


@op("unfold(input, dimension: int, size: int, step: int)", view=True, where="method",
    lowering="view",
    derivative={"input": "unfold_backward(grad, input.shape, dimension, size, step)"},
    formula=r"y_{wj} = x_{ws + j}")
def unfold(input: np.ndarray, dimension: int, size: int, step: int) -> np.ndarray:
    """A view of all windows of a size along a dimension; the window is the new last dimension."""
    dim = normalize_dim(dimension, input.ndim)
    n = input.shape[dim] if input.ndim else 1
    if size < 0:
        raise RuntimeError(f"size is {size} but must be >= 0")
    if size > n:
        raise RuntimeError(f"maximum size for tensor at dimension {dim} is {n} but size is {size}")
    if step <= 0:
        raise RuntimeError(f"step is {step} but must be > 0")
    if not input.ndim:
        return input[None][:size]
    shape, strides = list(input.shape), list(input.strides)
    along = strides[dim]
    shape[dim], strides[dim] = (n - size) // step + 1, along * step
    return in_memory(input, (*shape, size), (*strides, along))


@op("unfold_backward(grad_output, shape: int[], dim: int, size: int, step: int)", where="",
    lowering="scatter", derivative={"grad_output": "unfold(grad, dim, size, step)"})
def unfold_backward(
    grad_output: np.ndarray, shape: Ints, dim: int, size: int, step: int
) -> np.ndarray:
    """Zeros of a shape with overlapping windows added up: the derivative of unfold."""
    out = np.zeros(shape, grad_output.dtype)
    if not out.ndim:
        out += grad_output.sum(dtype=out.dtype)
        return out
    dim %= out.ndim
    count = grad_output.shape[dim]
    target = np.moveaxis(out, dim, -1)
    windows = np.moveaxis(grad_output, dim, -2)  # (…, window, place in the window)
    for j in range(size):
        target[..., j : j + (count - 1) * step + 1 : step] += windows[..., j]
    return out


def diagonal_dims(ndim: int, dim1: int, dim2: int) -> tuple[int, int]:
    """The two dimensions of a diagonal, checked."""
    a, b = normalize_dim(dim1, ndim), normalize_dim(dim2, ndim)
    if a == b:
        raise RuntimeError(f"diagonal dimensions cannot be identical {dim1}, {dim2}")
    return a, b


def diagonal_array(a: np.ndarray, offset: int, dim1: int, dim2: int) -> np.ndarray:
    """A writable view of the diagonals of an array."""
    out = a.diagonal(offset, dim1, dim2)
    if a.flags.writeable:
        out.flags.writeable = True
    return out


@op("diagonal(input, offset: int = 0, dim1: int = 0, dim2: int = 1)", view=True, lowering="view",
    derivative={"input": "diagonal_backward(grad, input.shape, offset, dim1, dim2)"},
    formula=r"y_i = x_{i,\, i + k}")
def diagonal(input: np.ndarray, offset: int, dim1: int, dim2: int) -> np.ndarray:
    """A view of the diagonal between two dimensions, as the last dimension."""
    return diagonal_array(input, offset, *diagonal_dims(input.ndim, dim1, dim2))


@op("diagonal_backward(grad_output, shape: int[], offset: int, dim1: int, dim2: int)", where="",
    lowering="scatter", derivative={"grad_output": "diagonal(grad, offset, dim1, dim2)"})
def diagonal_backward(
    grad_output: np.ndarray, shape: Ints, offset: int, dim1: int, dim2: int
) -> np.ndarray:
    """Zeros of a shape with a diagonal: the derivative of taking it."""
    out = np.zeros(shape, grad_output.dtype)
    diagonal_array(out, offset, dim1, dim2)[...] = grad_output
    return out


@op("diag_embed(input, offset: int = 0, dim1: int = -2, dim2: int = -1)", lowering="scatter",
    derivative={"input": "diagonal(grad, offset, dim1, dim2)"},
    formula=r"y_{i,\, i + k} = x_i")
def diag_embed(input: np.ndarray, offset: int, dim1: int, dim2: int) -> np.ndarray:
    """Matrices, zero but for a diagonal, which is the input's last dimension."""
    ndim = input.ndim + 1
    a, b = diagonal_dims(ndim, dim1, dim2)
    n = input.shape[-1] + abs(offset)
    sizes = iter(input.shape[:-1])
    shape = [n if i in (a, b) else next(sizes) for i in range(ndim)]
    out = np.zeros(shape, input.dtype)
    diagonal_array(out, offset, a, b)[...] = input
    return out


@op("diagonal_copy(input, offset: int = 0, dim1: int = 0, dim2: int = 1)", where="function",
    lowering="gather", node="DiagonalBackward0_copy",
    derivative={"input": "diagonal_backward(grad, input.shape, offset, dim1, dim2)"})
def diagonal_copy(input: np.ndarray, offset: int, dim1: int, dim2: int) -> np.ndarray:
    """A copy of the diagonal between two dimensions."""
    return diagonal_array(input, offset, *diagonal_dims(input.ndim, dim1, dim2)).copy()


@composite()
def diag(input: Tensor, diagonal: int = 0, *, out: Tensor | None = None) -> Tensor:
    """A vector's matrix with it on the diagonal; a matrix's diagonal as a vector."""
    ndim = input._data.ndim
    if ndim == 1:
        result = execute(ROWS["diag_embed"], (input, diagonal, 0, 1))
    elif ndim == 2:
        result = execute(ROWS["diagonal_copy"], (input, diagonal, 0, 1))
    else:
        raise RuntimeError(f"diag(): Supports 1D or 2D tensors. Got {ndim}D")
    return put_out(result, out)


def put_out(result: Tensor, out: Tensor | None) -> Tensor:
    """A result, or ``out`` with the result written into it."""
    if out is None:
        return result
    write_out(out, result)
    return out


@composite()
def diagflat(input: Tensor, offset: int = 0) -> Tensor:
    """A matrix with all the input's elements on its diagonal."""
    return execute(ROWS["diag_embed"], (TENSORS["reshape"](input, -1), offset, 0, 1))


# --- a copy with a part replaced ------------------------------------------------------------------


def check_same_size(src: Tensor, part: Ints) -> None:
    if src._data.shape != tuple(part):
        raise RuntimeError(
            "expected src to have a size equal to the slice of self. src size = "
            f"{list(src._data.shape)}, slice size = {list(part)}"
        )


for _name, _node in (("select", "SelectScatterBackward0"), ("slice", "SliceScatterBackward0")):

    @op(f"{_name}_scatter_at(input, src, key: key)", where="", lowering="scatter", node=_node,
        derivative={
            "input": f"{_name}_scatter_at(grad, zeros_like(getitem_view(grad, key)), key)",
            "src": "getitem_view(grad, key)"})
    def scatter_at(input: np.ndarray, src: np.ndarray, key: tuple) -> np.ndarray:
        """A copy of the input with ``src`` at a basic index."""
        out = input.copy(order="K")
        out[key] = src
        return out


@composite()
def select_scatter(input: Tensor, src: Tensor, dim: int, index: int) -> Tensor:
    """A copy of the tensor with ``src`` in place of ``input.select(dim, index)``."""
    part = select(input._data, dim, index)
    check_same_size(src, part.shape)
    key = at_dim(normalize_dim(dim, input._data.ndim), input._data.ndim, index)
    return execute(ROWS["select_scatter_at"], (input, src, key))


@composite()
def slice_scatter(
    input: Tensor, src: Tensor, dim: int = 0, start: int | None = None, end: int | None = None,
    step: int = 1,
) -> Tensor:
    """A copy of the tensor with ``src`` in place of a slice of one dimension."""
    if step <= 0:
        raise RuntimeError("slice step must be positive")
    ndim = input._data.ndim
    key = at_dim(normalize_dim(dim, ndim), ndim, slice(start, end, step))
    check_same_size(src, input._data[key].shape)
    return execute(ROWS["slice_scatter_at"], (input, src, key))


@op("diagonal_scatter(input, src, offset: int = 0, dim1: int = 0, dim2: int = 1)",
    lowering="scatter",
    derivative={
        "input": "diagonal_scatter(grad, zeros_like(diagonal(grad, offset, dim1, dim2)), offset, "
                 "dim1, dim2)",
        "src": "diagonal(grad, offset, dim1, dim2)"})
def diagonal_scatter(
    input: np.ndarray, src: np.ndarray, offset: int, dim1: int, dim2: int
) -> np.ndarray:
    """A copy of the tensor with ``src`` as its diagonal between two dimensions."""
    out = input.copy(order="K")
    part = diagonal_array(out, offset, *diagonal_dims(input.ndim, dim1, dim2))
    if part.shape != src.shape:
        raise RuntimeError(
            "expected src to have a size equal to the slice of self. src size = "
            f"{list(src.shape)}, slice size = {list(part.shape)}"
        )
    part[...] = src
    return out
