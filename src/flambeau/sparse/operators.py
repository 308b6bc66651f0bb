"""What can be computed with sparse tensors: a table from operators' names to functions.

The door comes here with calls in which a sparse tensor takes part (``run``), and the methods of
``SparseTensor`` are bound from the same table. The functions work on the values, by operators
that are differentiable themselves. Operators that are not in the table are refused.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..ops.dispatch import execute
from ..ops.expressions import TENSORS
from ..ops.table import ROWS
from ..tensor.creation import full, zeros, zeros_like
from ..tensor.size import normalize_dim, normalize_dims
from ..tensor.tensor import Tensor, wrap
from .tensor import SparseTensor

Dims = Any


def run(name: str, args: tuple) -> Any:
    """An operator on arguments of which one at least is sparse."""
    function = OPERATORS.get(name)
    if function is None:
        raise NotImplementedError(
            f"Could not run 'aten::{name}' with arguments from the 'SparseCPU' backend.\n"
            "Hint: convert the tensor first, with x.to_dense()."
        )
    return function(*args)


# ---------------------------------------------------------------------- sums and products


def add(input: Any, other: Any, alpha: Any = 1) -> Tensor:
    """input + alpha other; a dense tensor may stand first, but not second."""
    if not isinstance(input, SparseTensor):
        return _add_to_dense(input, other, alpha)
    if not isinstance(other, SparseTensor):
        raise RuntimeError("add(sparse, dense) is not supported. Use add(dense, sparse) instead.")
    _same_size("add", input, other)
    added = other._kept if alpha == 1 else other._kept * alpha
    if input._at.shape == other._at.shape and np.array_equal(input._at, other._at):
        return input.like(input._kept + added, input._coalesced and other._coalesced)
    if input.sparse_dim() != other.sparse_dim():
        raise RuntimeError(
            "add: expected 'self' and 'other' to have same number of sparse dimensions, but got "
            f"{input.sparse_dim()} and {other.sparse_dim()}"
        )
    kept = TENSORS["cat"]((input._kept, added))
    both = SparseTensor(np.concatenate((input._at, other._at), 1), kept, input._size)
    return both.coalesce() if input._coalesced and other._coalesced else both


def _same_size(name: str, input: SparseTensor, other: SparseTensor) -> None:
    if input._size != other._size:
        raise RuntimeError(
            f"{name}: expected sizes of 'self' and 'other' to match, but "
            f"{list(input._size)} != {list(other._size)}"
        )


def _add_to_dense(dense: Tensor, other: SparseTensor, alpha: Any) -> Tensor:
    kept = other._kept if alpha == 1 else other._kept * alpha
    if not isinstance(dense, Tensor) or tuple(dense.shape) != other._size:
        raise RuntimeError(
            "add: expected 'self' size to be the same as 'other' size, but "
            f"{list(np.shape(dense))} != {list(other._size)}"
        )
    common = TENSORS["result_type"](dense, kept)
    return dense.to(common).index_put(other.positions(), kept.to(common), accumulate=True)


def sub(input: Any, other: Any, alpha: Any = 1) -> Tensor:
    """input - alpha other."""
    return add(input, other, -alpha)


def mul(input: Any, other: Any) -> Tensor:
    """The elementwise product: with a number, a dense tensor, or a sparse one."""
    if not isinstance(input, SparseTensor):
        input, other = other, input
    if not isinstance(other, Tensor) or (other.ndim == 0 and not other.is_sparse):
        return input.like(input._kept * other)
    if not isinstance(other, SparseTensor):
        return input.like(input._kept * other.expand(input._size)[input.positions()])
    _same_size("mul", input, other)
    if input._coalesced and other._coalesced:
        return _common(input, other)
    if input._coalesced:
        input, other = other, input
    return input.like(input._kept * other.sparse_mask(input)._kept)


def _common(input: SparseTensor, other: SparseTensor) -> SparseTensor:
    """The product of coalesced tensors, at the coordinates that both have."""
    shape = input._sparse_size()
    ours, theirs = (np.ravel_multi_index(tuple(t._at), shape) for t in (input, other))
    _, mine, its = np.intersect1d(ours, theirs, assume_unique=True, return_indices=True)
    kept = input._kept[wrap(mine)] * other._kept[wrap(its)]
    return SparseTensor(input._at[:, mine], kept, input._size, True)


def _by_number(name: str) -> Callable:
    """Division by a number."""

    def divide(input: Any, other: Any) -> Tensor:
        if not isinstance(input, SparseTensor):
            return run("reciprocal", (other,))
        if isinstance(other, Tensor) and (other.ndim or other.is_sparse):
            raise RuntimeError(
                "Sparse division requires a scalar or zero-dim dense tensor divisor (got shape "
                f"{list(other.shape)} for divisor)"
            )
        return input.like(TENSORS[name](input._kept, other))

    return divide


def power(input: Any, exponent: Any) -> Tensor:
    """Each element to a power, a number that is not zero."""
    if isinstance(exponent, Tensor) or not isinstance(input, SparseTensor):
        return run("pow.Tensor_Tensor", (input, exponent))
    if exponent == 0:
        raise RuntimeError(
            "pow: cannot raise to zeroth power on sparse tensor; it would make the result tensor "
            "dense"
        )
    input = input.coalesce()
    return input.like(TENSORS["pow"](input._kept, exponent))


# ---------------------------------------------------------------------- matrix products


def mm(input: Any, mat2: Any) -> Tensor:
    """The product of matrices, one of them sparse or both; sparse where both are."""
    if not isinstance(input, SparseTensor):
        return mm(mat2.t(), input.t()).t()
    if mat2.ndim != 2 or input.ndim != 2:
        raise RuntimeError("mm: expected matrices, got tensors of other dimensions")
    if input._size[1] != mat2.shape[0]:
        raise RuntimeError(
            f"addmm: Argument #3 (dense): Expected dim 0 size {input._size[1]}, got "
            f"{mat2.shape[0]}\nHint: the columns of the first matrix are the rows of the second."
        )
    if isinstance(mat2, SparseTensor):
        return _mm_of_sparse(input, mat2)
    rows, columns = input.positions()
    found = input._kept.unsqueeze(1) * mat2.index_select(0, columns)
    out = zeros((input._size[0], mat2.shape[1]), dtype=found.dtype)
    return out.index_add(0, rows, found)


def _mm_of_sparse(input: SparseTensor, mat2: SparseTensor) -> SparseTensor:
    """Each kept element of the first matrix meets a row's kept elements of the second."""
    mat2 = mat2.coalesce()
    start = np.searchsorted(mat2._at[0], np.arange(mat2._size[0] + 1))
    row, column = input._at
    counts = start[column + 1] - start[column]
    mine = np.repeat(np.arange(len(column)), counts)
    first = np.repeat(np.cumsum(counts) - counts, counts)
    its = np.arange(len(mine)) - first + start[column][mine]
    kept = input._kept[wrap(mine)] * mat2._kept[wrap(its)]
    at = np.stack((row[mine], mat2._at[1][its]))
    return SparseTensor(at, kept, (input._size[0], mat2._size[1])).coalesce()


def mv(input: Any, vec: Any) -> Tensor:
    """The product of a matrix and a vector."""
    return mm(input, vec.unsqueeze(1)).squeeze(1)


def bmm(input: Any, mat2: Any) -> Tensor:
    """Products of a batch of sparse matrices and a batch of dense ones."""
    pairs = zip(range(len(input)), mat2, strict=True)
    return TENSORS["stack"]([mm(select(input, 0, i), b) for i, b in pairs])


def matmul(input: Any, other: Any) -> Tensor:
    """The product of matrices, or of a matrix and a vector."""
    sizes = (input.ndim, other.ndim)
    products = {(2, 2): mm, (2, 1): mv, (3, 3): bmm}
    if sizes not in products:
        return run("matmul.of_these_sizes", (input, other))
    return products[sizes](input, other)


def addmm(input: Any, mat1: Any, mat2: Any, beta: Any = 1, alpha: Any = 1) -> Tensor:
    """beta input + alpha mat1 mat2."""
    product = mm(mat1, mat2)
    product = product if alpha == 1 else product * alpha
    return (input if beta == 1 else input * beta) + product


# ---------------------------------------------------------------------- sums, norms, softmax


def sum(input: Any, dim: Dims = None, dtype: Any = None) -> Tensor:
    """The sum of all elements, or over dimensions; sparse while a sparse dimension is left."""
    return _sum(input, dim, False, dtype)


def _sum(input: Any, dim: Dims = None, keepdim: bool = False, dtype: Any = None) -> Tensor:
    kept = input._kept if dtype is None else input._kept.to(dtype)
    n, s = input.ndim, input.sparse_dim()
    dims = set(range(n)) if dim is None else set(normalize_dims(dim, n))
    inner = tuple(sorted(d - s + 1 for d in dims if d >= s))
    if inner:
        kept = kept.sum(inner, keepdim=keepdim)
    if dims >= set(range(s)) and not keepdim:
        return kept.sum(0)
    size = [1 if d in dims else m for d, m in enumerate(input._size) if keepdim or d not in dims]
    at = np.stack([row * (d not in dims) for d, row in enumerate(input._at)])
    if not keepdim:
        at = at[[d for d in range(s) if d not in dims]]
    out = SparseTensor(at, kept, tuple(size), input._coalesced and not dims & set(range(s)))
    return out.coalesce()


def norm(input: Any, p: Any = "fro", dim: Dims = None, keepdim: bool = False) -> Tensor:
    """A norm of all elements."""
    if dim is not None:
        return run("norm.over_dimensions", (input,))
    return TENSORS["norm"](input.coalesce()._kept, p)


def log_softmax(input: Any, dim: int, *, dtype: Any = None) -> Tensor:
    """The logarithm of ``softmax``."""
    kept, place, count = _groups(input, dim, dtype)
    largest = full((count, *kept.shape[1:]), -np.inf, dtype=kept.dtype)
    shown = wrap(np.broadcast_to(place.reshape(-1, *[1] * (kept.ndim - 1)), kept.shape))
    largest = largest.scatter_reduce(0, shown, kept.detach(), "amax")
    shifted = kept - largest[wrap(place)]
    sums = zeros_like(largest).index_add(0, wrap(place), shifted.exp())
    return input.coalesce().like(shifted - sums.log()[wrap(place)])


def softmax(input: Any, dim: int, *, dtype: Any = None) -> Tensor:
    """Softmax along a sparse dimension, over the kept elements: others count as -inf."""
    found: Any = log_softmax(input, dim, dtype=dtype)
    return found.like(found._kept.exp())


def _groups(input: SparseTensor, dim: int, dtype: Any) -> tuple[Tensor, np.ndarray, int]:
    """The values, and which of them compete with one another."""
    input = input.coalesce()
    dim = normalize_dim(dim, input.ndim)
    if dim >= input.sparse_dim():
        run("softmax.along_a_dense_dimension", (input,))
    rest = np.delete(input._at, dim, axis=0)
    _, place = np.unique(rest, axis=1, return_inverse=True)
    place = place.reshape(-1)
    kept = input._kept if dtype is None else input._kept.to(dtype)
    return kept, place, int(place.max(initial=-1)) + 1


# ---------------------------------------------------------------------- dimensions and parts


def permute(input: Any, dims: Dims) -> SparseTensor:
    """The dimensions in another order; sparse ones stay before dense ones."""
    if len(dims) != input.ndim:
        raise RuntimeError(
            "permute(sparse_coo): number of dimensions in the tensor input does not match the "
            "length of the desired ordering of dimensions i.e. input.dim() = "
            f"{input.ndim} is not equal to len(dims) = {len(dims)}"
        )
    dims, s = normalize_dims(dims, input.ndim), input.sparse_dim()
    if any((d < s) != (i < s) for i, d in enumerate(dims)):
        raise RuntimeError(
            "sparse transpose: transposed dimensions must be sparse "
            f"Got sparse_dim: {s}, dims: {list(dims)}"
        )
    kept = input._kept.permute(0, *(d - s + 1 for d in dims[s:]))
    size = tuple(input._size[d] for d in dims)
    same = input._coalesced and tuple(dims[:s]) == tuple(range(s))
    return SparseTensor(np.ascontiguousarray(input._at[list(dims[:s])]), kept, size, same)


def transpose(input: Any, dim0: int, dim1: int) -> SparseTensor:
    """Two sparse dimensions, or two dense ones, changed for one another."""
    n, s = input.ndim, input.sparse_dim()
    a, b = normalize_dim(dim0, n), normalize_dim(dim1, n)
    if (a < s) != (b < s):
        raise RuntimeError(
            "sparse transpose: transposed dimensions must be sparse "
            f"Got sparse_dim: {s}, d0: {a}, d1: {b}"
        )
    dims = list(range(n))
    dims[a], dims[b] = b, a
    return permute(input, dims)


def t(input: Any) -> SparseTensor:
    """The transpose of a matrix."""
    return transpose(input, 0, 1) if input.ndim == 2 else input


def unsqueeze(input: Any, dim: int) -> SparseTensor:
    """A dimension of size 1 more."""
    dim = normalize_dim(dim, input.ndim + 1)
    size = (*input._size[:dim], 1, *input._size[dim:])
    if dim <= input.sparse_dim():
        return SparseTensor(np.insert(input._at, dim, 0, axis=0), input._kept, size)
    return SparseTensor(input._at, input._kept.unsqueeze(dim - input.sparse_dim() + 1), size)


def index_select(input: Any, dim: int, index: Any) -> SparseTensor:
    """The parts of a dimension that the integers in ``index`` name."""
    dim = normalize_dim(dim, input.ndim)
    size = (*input._size[:dim], len(index), *input._size[dim + 1 :])
    if dim >= input.sparse_dim():
        kept = input._kept.index_select(dim - input.sparse_dim() + 1, index)
        return SparseTensor(input._at, kept, size, input._coalesced)
    wanted = np.where(index._data < 0, index._data + input._size[dim], index._data)
    new, hits = np.nonzero(wanted[:, None] == input._at[dim])
    at = input._at[:, hits]
    at[dim] = new
    return SparseTensor(at, input._kept[wrap(hits)], size)


def select(input: Any, dim: int, index: int) -> Tensor:
    """One part of a dimension, which goes."""
    dim = normalize_dim(dim, input.ndim)
    n, s = input._size[dim], input.sparse_dim()
    if not -n <= index < n:
        raise IndexError(
            f"select(): index {index} out of range for tensor of size {list(input._size)} at "
            f"dimension {dim}"
        )
    size = input._size[:dim] + input._size[dim + 1 :]
    if dim >= s:
        return SparseTensor(input._at, input._kept.select(dim - s + 1, index), size)
    hits = np.nonzero(input._at[dim] == index % n)[0]
    kept = input._kept[wrap(hits)]
    if s == 1:
        return kept.sum(0)
    return SparseTensor(np.delete(input._at[:, hits], dim, axis=0), kept, size, input._coalesced)


def getitem(input: Any, key: Any) -> Tensor:
    """Integers and whole dimensions as a subscript: ``x[0]``, ``x[:, 1]``."""
    keys = list(key) if isinstance(key, tuple) else [key]
    if Ellipsis in keys:
        at = keys.index(Ellipsis)
        keys[at : at + 1] = [slice(None)] * (input.ndim - len(keys) + 1)
    dim, out = 0, input
    for k in keys:
        if isinstance(k, slice) and k == slice(None):
            dim += 1
        elif isinstance(k, (int, np.integer)):
            out = out.select(dim, int(k))
        else:
            return run("index.Tensor" if isinstance(k, Tensor) else "as_strided", (input,))
    return out


def cat(tensors: Any, dim: int = 0) -> SparseTensor:
    """Sparse tensors one after the other along a sparse dimension."""
    first = tensors[0]
    dim = normalize_dim(dim, first.ndim)
    if dim >= first.sparse_dim() or not all(t.is_sparse for t in tensors):
        return run("cat.of_these", (tensors,))
    parts, offset = [], 0
    for part in tensors:
        at = part._at.copy()
        at[dim] += offset
        offset += part._size[dim]
        parts.append(at)
    size = (*first._size[:dim], offset, *first._size[dim + 1 :])
    kept = TENSORS["cat"]([part._kept for part in tensors])
    return SparseTensor(np.concatenate(parts, axis=1), kept, size)


def stack(tensors: Any, dim: int = 0) -> SparseTensor:
    """Sparse tensors along a new dimension."""
    return cat([unsqueeze(part, dim) for part in tensors], dim)


# ---------------------------------------------------------------------- the table


def _elementwise(name: str) -> Callable:
    """A function with f(0) = 0: it is applied to the values of each coordinate."""

    def apply(input: Any, *options: Any) -> SparseTensor:
        input = input.coalesce()
        kept = input._kept
        return input.like(execute(ROWS[name], (kept, *options)) if options else TENSORS[name](kept))

    return apply


KEEPS_ZERO = (
    "abs", "angle", "asin", "asinh", "atan", "atanh", "ceil", "deg2rad", "erf", "erfinv",
    "expm1", "floor", "frac", "isinf", "isnan", "log1p", "rad2deg", "relu", "round", "sgn",
    "sign", "signbit", "sin", "sinh", "sqrt", "square", "tan", "tanh", "trunc",
)  # fmt: skip

OPERATORS: dict[str, Callable] = {
    **{name: _elementwise(name) for name in KEEPS_ZERO},
    "add": add, "sub": sub, "mul": mul, "pow": power, "mm": mm, "mv": mv, "bmm": bmm,
    "matmul": matmul, "addmm": addmm, "_sum": _sum, "sum_dim": _sum, "permute": permute,
    "transpose": transpose, "t": t, "unsqueeze": unsqueeze, "index_select": index_select,
    "select": select, "cat": cat, "stack": stack,
    "neg": lambda input: input.like(-input._kept),
    "clone": lambda input, *_: input.clone(),
    "_any": lambda input, *_: input.coalesce()._kept.any(),
    **{name: _by_number(name) for name in ("div", "floor_divide", "div_floor", "div_trunc")},
    "linalg_vector_norm": lambda input, p, dim, keepdim, dtype: norm(input, p, dim, keepdim),
}  # fmt: skip


def _in_place(name: str) -> Callable:
    """The operator written into its first argument."""
    function = OPERATORS[name]

    def write(input: Any, *args: Any) -> Tensor:
        result = function(input, *args)
        if isinstance(input, SparseTensor):
            if input._needs and input._kept._node is None:
                raise RuntimeError(
                    "a leaf Variable that requires grad is being used in an in-place operation."
                )
            if result._at is input._at and result.dtype is input.dtype:
                input._kept.copy_(result._kept)
                return input
            return input._replace(result)
        return run(name + "_", (input, *args))

    return write


def add_(input: Any, other: Any, alpha: Any = 1) -> Tensor:
    """input += alpha other, in place also where the first is dense."""
    if isinstance(input, SparseTensor):
        return _in_place("add")(input, other, alpha)
    if tuple(input.shape) != other._size:
        return _add_to_dense(input, other, alpha)  # refuses
    kept = other._kept if alpha == 1 else other._kept * alpha
    return input.index_put_(other.positions(), kept.to(input.dtype), accumulate=True)


def mul_(input: Any, other: Any) -> Tensor:
    """input *= other."""
    if isinstance(input, SparseTensor):
        return _in_place("mul")(input, other)
    return input.copy_(mul(input, other).to_dense())


def _copy(input: Any, src: Any, non_blocking: bool = False) -> Any:
    if not (input.is_sparse and src.is_sparse):
        raise RuntimeError(
            "copy_() between dense and sparse Tensors is not implemented! Found self type = "
            f"{input.type()} and src type = {src.type()}"
        )
    return input._replace(src.clone())


WRITES = ("abs", "div", "floor_divide", "neg", "pow", "relu", "sqrt", "square", "sin", "tanh")
OPERATORS.update({
    **{name + "_": _in_place(name) for name in WRITES},
    "add_": add_, "mul_": mul_, "copy_": _copy,
    "sub_": lambda input, other, alpha=1: add_(input, other, -alpha),
})  # fmt: skip


def _refusing(name: str, error: type[Exception], message: str) -> Callable:
    def refuse(*args: Any, **kwargs: Any) -> Any:
        raise error(message)

    refuse.__name__ = name
    return refuse


def _conversion(name: str) -> Callable:
    return lambda self, *args, **kwargs: self.like(getattr(self._kept, name)(*args, **kwargs))


NO_POINTER = "Cannot access data pointer of Tensor that doesn't have storage"

# Methods that are no rows of the operator table, or take more arguments than their rows.
METHODS: dict[str, Callable] = {
    "sum": lambda self, dim=None, keepdim=False, *, dtype=None: _sum(self, dim, keepdim, dtype),
    "norm": norm, "__getitem__": getitem, "copy_": _copy,
    "square": OPERATORS["square"],
    "square_": OPERATORS["square_"],
    "permute": lambda self, *dims: permute(self, dims if isinstance(dims[0], int) else dims[0]),
    "reshape": _refusing("reshape", RuntimeError, "reshape is not implemented for sparse tensors"),
    "contiguous": _refusing(
        "contiguous", RuntimeError, "unsupported memory format option Contiguous"
    ),
    "tolist": _refusing("tolist", RuntimeError, NO_POINTER),
    "data_ptr": _refusing("data_ptr", RuntimeError, NO_POINTER),
    "storage": _refusing(
        "storage", NotImplementedError, "Cannot access storage of SparseTensorImpl"
    ),
}  # fmt: skip
CONVERSIONS = ("double", "float", "half", "bfloat16", "int", "long", "short", "bool")
METHODS.update({name: _conversion(name) for name in CONVERSIONS})
for _name, _method in METHODS.items():
    setattr(SparseTensor, _name, _method)
SparseTensor.T = property(t)  # type: ignore[assignment]
