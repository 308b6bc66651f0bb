"""The same elements in another shape: view, reshape, permute, expand, squeeze and relatives.

Rows here give views: their results share the input's memory. The parts of a tensor (select, narrow,
split, …) are in ops/parts.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..tensor import dtype as D
from ..tensor.size import (
    broadcast_shapes,
    expand_error,
    infer_view_shape,
    normalize_dim,
    normalize_dims,
    parse_size,
    type_name,
    view_array,
)
from ..tensor.tensor import Tensor, bump
from . import inplace
from .dispatch import execute
from .expressions import TENSORS
from .short_ways import viewing
from .table import ROWS, composite, op

Ints = Sequence[int]


def need_tensor(name: str, value: Any) -> np.ndarray:
    """The array of a tensor argument; TypeError for anything else."""
    if not isinstance(value, Tensor):
        raise TypeError(
            f"{name}(): argument 'input' (position 1) must be Tensor, not {type_name(value)}"
        )
    return value._data


# --- view and reshape ---------------------------------------------------------------------------


@op("view(input, size: int[])", view=True, where="", lowering="view",
    derivative={"input": "reshape(grad, input.shape)"})
def view(input: np.ndarray, size: Ints) -> np.ndarray:
    """A view in another shape."""
    return view_array(input, tuple(size))


_view = viewing(ROWS["view"])


@op("_unsafe_view(input, size: int[])", where="", lowering="view", node="UnsafeViewBackward0",
    derivative={"input": "reshape(grad, input.shape)"})
def unsafe_view(input: np.ndarray, size: Ints) -> np.ndarray:
    """A copy in another shape, for tensors that have no such view."""
    return input.copy().reshape(size)


@op("view_dtype(input, dtype: dtype)", view=True, where="", lowering="opaque")
def view_dtype(input: np.ndarray, dtype: D.dtype) -> np.ndarray:
    """A view that reads the same bytes as another element type."""
    have = D.of(input.dtype)
    if dtype.itemsize != have.itemsize:
        _check_bytes(input, have, dtype)
    return input.view(dtype.numpy)


def _check_bytes(a: np.ndarray, have: D.dtype, want: D.dtype) -> None:
    what = f"to view {have.title} as {want.title} (different element sizes)"
    if not a.ndim:
        raise RuntimeError(f"self.dim() cannot be 0 {what}")
    last = a.strides[-1] // a.itemsize
    if last != 1 and a.shape[-1] != 1 and a.size:
        raise RuntimeError(f"self.stride(-1) must be 1 {what}, but got {last}")
    ratio = want.itemsize // have.itemsize
    if ratio > 1 and a.shape[-1] % ratio:
        raise RuntimeError(
            f"self.size(-1) must be divisible by {ratio} {what}, but got {a.shape[-1]}"
        )


@composite("method", name="view")
def view_method(input: Tensor, *shape: Any, size: Any = None, dtype: Any = None) -> Tensor:
    """The same memory in another shape, or read as another element type.

    ``x.view(2, -1)``: one size may be -1, it is inferred. ``x.view(int32)`` reads the bytes anew.

    Raises:
        RuntimeError: only a copy could have that shape (``reshape`` makes one).
    """
    if dtype is None and len(shape) == 1 and isinstance(shape[0], D.dtype):
        dtype = shape[0]
    if dtype is not None:
        return execute(ROWS["view_dtype"], (input, dtype))
    return _view((input, _sizes("view", shape if size is None else (size,))))


def _sizes(name: str, size: tuple) -> tuple[int, ...]:
    """The sizes of a call such as ``x.view(2, -1)`` or ``x.view((2, -1))``."""
    try:
        return parse_size(size, name, signed=True)
    except TypeError as error:
        given = ", ".join(type_name(s) for s in size)
        raise TypeError(
            f"{name}() received an invalid combination of arguments - got ({given}), but expected "
            f"one of:\n * (dtype dtype)\n * (tuple of ints size)\nHint: {error}"
        ) from None


@composite()
def reshape(input: Tensor, *sizes: Any, shape: Any = None) -> Tensor:
    """The elements, in their order, in another shape: a view where there is one, or a copy.

    One size may be -1, it is inferred.

    Raises:
        RuntimeError: the shape has another number of elements.
    """
    array = need_tensor("reshape", input)
    size = _sizes("reshape", sizes if shape is None else (shape,))
    return _reshape(input, array, size)


def _reshape(input: Tensor, array: np.ndarray, size: tuple[int, ...]) -> Tensor:
    if not array.flags.c_contiguous:
        size = infer_view_shape(size, array.size)
        if not has_view(array, size):
            return execute(ROWS["_unsafe_view"], (TENSORS["clone"](input), size))
    return _view((input, size))


def has_view(array: np.ndarray, size: Ints) -> bool:
    """Whether an array's memory can be read in another shape without a copy."""
    if array.flags.c_contiguous:
        return True
    # Runs of dimensions that lie in memory as one; each must be filled by whole new dimensions.
    runs: list[list[int]] = []
    for n, step in zip(array.shape, array.strides, strict=True):
        if n == 1:
            continue
        if runs and runs[-1][1] == n * step:
            runs[-1] = [runs[-1][0] * n, step]
        else:
            runs.append([n, step])
    left = 1
    sizes = [n for n in size if n != 1]
    for run, _ in runs:
        left = run
        while left > 1:
            if not sizes or left % sizes[0]:
                return False
            left //= sizes.pop(0)
    return not sizes


@composite("method")
def view_as(input: Tensor, other: Tensor) -> Tensor:
    """A view in another tensor's shape."""
    return _view((input, other._data.shape))


@composite("method")
def reshape_as(input: Tensor, other: Tensor) -> Tensor:
    """The elements in another tensor's shape."""
    return _reshape(input, input._data, other._data.shape)


@composite()
def flatten(input: Tensor, start_dim: int = 0, end_dim: int = -1) -> Tensor:
    """Makes one dimension of those from ``start_dim`` to ``end_dim``, both included."""
    array = need_tensor("flatten", input)
    shape = array.shape
    start, end = normalize_dim(start_dim, array.ndim), normalize_dim(end_dim, array.ndim)
    if start > end:
        raise RuntimeError("flatten() has invalid args: start_dim cannot come after end_dim")
    if not shape:
        return _reshape(input, array, (1,))
    if start == end:
        return input
    inside = 1
    for n in shape[start : end + 1]:
        inside *= n
    return _reshape(input, array, (*shape[:start], inside, *shape[end + 1 :]))


@composite()
def unflatten(input: Tensor, dim: int, sizes: Ints) -> Tensor:
    """Makes several dimensions of one; their sizes multiply to its size, one may be -1."""
    shape = input._data.shape
    dim = normalize_dim(dim, len(shape))
    sizes = tuple(sizes)
    if not sizes:
        raise RuntimeError("unflatten: sizes must be non-empty")
    try:
        found = infer_view_shape(sizes, shape[dim])
    except RuntimeError as error:
        if sizes.count(-1) > 1:
            raise RuntimeError(f"unflatten got an unexpected error:\n{error}") from None
        raise RuntimeError(
            f"unflatten: Provided sizes {list(sizes)} don't multiply up to the size of dim {dim} "
            f"({shape[dim]}) in the input tensor"
        ) from None
    return _view((input, (*shape[:dim], *found, *shape[dim + 1 :])))


@composite()
def ravel(input: Tensor) -> Tensor:
    """All elements in one dimension."""
    need_tensor("ravel", input)
    flat = TENSORS["contiguous"](input)
    return _view((flat, (flat._data.size,)))


# --- expand -------------------------------------------------------------------------------------


@op("expand(input, *size: int, implicit: bool = False)", view=True, where="method",
    lowering="view", derivative={"input": "sum_to_size(grad, input.shape)"},
    formula=r"y_{ij} = x_{j}")
def expand(input: np.ndarray, size: Ints, implicit: bool = False) -> np.ndarray:
    """A view in which dimensions of size 1, and new ones in front, are repeated without a copy.

    A size of -1 leaves a dimension as it is.
    """
    shape, extra = input.shape, len(size) - input.ndim
    target = tuple(size)
    if extra < 0:
        raise expand_error(shape, target, D.of(input.dtype).legacy)
    if target != shape:
        if -1 in target or min(target, default=0) < 0:
            target = _fill_sizes(shape, target, extra)
        for have, want in zip(shape, target[extra:], strict=True):
            if have != want and have != 1:
                raise expand_error(shape, target, D.of(input.dtype).legacy)
    return broadcast_array(input, target)


_expand = viewing(ROWS["expand"])


def _fill_sizes(shape: Ints, size: tuple, extra: int) -> tuple[int, ...]:
    for i, n in enumerate(size):
        if n < -1 or (n < 0 and not shape):
            raise RuntimeError("numel: integer multiplication overflow")
        if n < 0 and i < extra:
            raise RuntimeError(
                f"The expanded size of the tensor ({n}) isn't allowed in a leading, non-existing "
                f"dimension {i}"
            )
    return tuple([shape[i - extra] if n < 0 else n for i, n in enumerate(size)])


def broadcast_array(array: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """``np.broadcast_to`` that leaves the result writable, as PyTorch does."""
    if shape == array.shape:
        return array[...]
    if array.__class__ is np.ndarray and array.flags.c_contiguous and array.size:
        extra = len(shape) - array.ndim
        strides = (0,) * extra + tuple(
            [s if m == n else 0 for s, m, n in zip(array.strides, array.shape, shape[extra:],
                                                   strict=True)]
        )
        return np.ndarray(shape, array.dtype, array, 0, strides)
    out = np.broadcast_to(array, shape)
    if array.flags.writeable:
        out.flags.writeable = True
    return out


@composite("method")
def expand_as(input: Tensor, other: Tensor) -> Tensor:
    """A view expanded to another tensor's shape."""
    return _expand((input, other._data.shape, False))


@composite()
def broadcast_to(input: Tensor, *sizes: Any, size: Any = None) -> Tensor:
    """A view expanded to a shape by the rules of broadcasting."""
    shape = _sizes("broadcast_to", sizes if size is None else (size,))
    return _expand((input, shape, False))


@composite("function")
def broadcast_tensors(*tensors: Tensor) -> tuple[Tensor, ...]:
    """The tensors, all expanded to the shape that they have together."""
    for i, t in enumerate(tensors):
        if not isinstance(t, Tensor):
            raise TypeError(f"expected Tensor as element {i} in argument 0, but got {type_name(t)}")
    shape = broadcast_shapes(*[t._data.shape for t in tensors])
    return tuple(
        [t if t._data.shape == shape else _expand((t, shape, False)) for t in tensors]
    )


# --- order of dimensions ------------------------------------------------------------------------


@op("permute(input, *dims: int)", view=True, lowering="view",
    derivative={"input": "permute(grad, inverse_permutation(dims))"},
    formula=r"y_{i_{p(1)} \dots i_{p(n)}} = x_{i_1 \dots i_n}")
def permute(input: np.ndarray, dims: Ints) -> np.ndarray:
    """A view with its dimensions in the order given."""
    ndim = input.ndim
    if len(dims) != ndim:
        raise RuntimeError(
            "permute(sparse_coo): number of dimensions in the tensor input does not match the "
            f"length of the desired ordering of dimensions i.e. input.dim() = {ndim} is not equal "
            f"to len(dims) = {len(dims)}"
        )
    order = [normalize_dim(d, ndim) for d in dims]
    if len(set(order)) != ndim:
        raise RuntimeError("permute(): duplicate dims are not allowed.")
    return input.transpose(order)


_permute = viewing(ROWS["permute"])


def inverse_permutation(dims: Ints) -> tuple[int, ...]:
    """The order of dimensions that undoes ``permute(dims)``."""
    ndim = len(dims)
    out = [0] * ndim
    for i, d in enumerate(dims):
        out[d % ndim] = i
    return tuple(out)


TENSORS["inverse_permutation"] = inverse_permutation


@op("transpose(input, dim0: int, dim1: int)", view=True, lowering="view",
    derivative={"input": "transpose(grad, dim0, dim1)"}, formula=r"y_{ij} = x_{ji}")
def transpose(input: np.ndarray, dim0: int, dim1: int) -> np.ndarray:
    """A view with two dimensions in each other's place."""
    ndim = input.ndim
    a, b = normalize_dim(dim0, ndim), normalize_dim(dim1, ndim)
    return input.swapaxes(a, b) if ndim else input[...]


_transpose = viewing(ROWS["transpose"])


@op("t(input)", view=True, lowering="view", derivative={"input": "t(grad)"},
    node="TBackward0", formula=r"X^\top")
def t(input: np.ndarray) -> np.ndarray:
    """The transposed matrix, as a view; tensors with 0 or 1 dimensions stay as they are."""
    if input.ndim > 2:
        raise RuntimeError(
            f"t() expects a tensor with <= 2 dimensions, but self is {input.ndim}D\n"
            "Hint: x.mT transposes the last two dimensions."
        )
    return input.transpose()


@composite()
def swapaxes(input: Tensor, axis0: int, axis1: int) -> Tensor:
    """The same as transpose."""
    return _transpose((input, axis0, axis1))


@composite()
def swapdims(input: Tensor, dim0: int, dim1: int) -> Tensor:
    """The same as transpose."""
    return _transpose((input, dim0, dim1))


@composite()
def adjoint(input: Tensor) -> Tensor:
    """The last two dimensions transposed, complex numbers conjugated."""
    if input._data.ndim == 1:
        raise RuntimeError(
            "tensor.adjoint() is only supported on matrices or batches of matrices. Got 1-D tensor."
        )
    if not input._data.ndim:
        return conj(input) if input.is_complex() else _view((input, ()))
    turned = _transpose((input, -2, -1))
    return conj(turned) if input.is_complex() else turned


@composite(aliases=("moveaxis",))
def movedim(input: Tensor, source: int | Ints, destination: int | Ints) -> Tensor:
    """A view with some dimensions moved to new places; the others keep their order."""
    ndim = input._data.ndim
    places = [(d,) if isinstance(d, int) else tuple(d) for d in (source, destination)]
    if len(places[0]) != len(places[1]):
        raise RuntimeError(
            f"movedim: Invalid source or destination dims: source ({list(places[0])} dims) should "
            f"contain the same number of dims as destination ({list(places[1])} dims)"
        )
    found = [[normalize_dim(d, ndim) for d in dims] for dims in places]
    for name, given, dims in zip(("source", "destination"), places, found, strict=True):
        if len(set(dims)) != len(dims):
            raise RuntimeError(f"movedim: repeated dim in `{name}` ({list(given)})")
    if not ndim:
        return _view((input, ()))
    order = [d for d in range(ndim) if d not in found[0]]
    for to, d in sorted(zip(found[1], found[0], strict=True)):
        order.insert(to, d)
    return _permute((input, tuple(order)))


# --- dimensions of size 1 -----------------------------------------------------------------------


@op("unsqueeze(input, dim: int)", view=True, lowering="view",
    derivative={"input": "squeeze_dim(grad, dim)"})
def unsqueeze(input: np.ndarray, dim: int) -> np.ndarray:
    """A view with a new dimension of size 1 at ``dim``."""
    dim = normalize_dim(dim, input.ndim + 1)
    return input[(slice(None),) * dim + (None,)]


@op("squeeze_all(input)", view=True, where="", lowering="view", node="SqueezeBackward0",
    derivative={"input": "reshape(grad, input.shape)"})
def squeeze_all(input: np.ndarray) -> np.ndarray:
    """A view without the dimensions of size 1."""
    return input.squeeze() if 1 in input.shape else input[...]


@op("squeeze_dim(input, dim: int)", view=True, where="", lowering="view", node="SqueezeBackward1",
    derivative={"input": "reshape(grad, input.shape)"})
def squeeze_dim(input: np.ndarray, dim: int) -> np.ndarray:
    """A view without the dimension, if its size is 1."""
    dim = normalize_dim(dim, input.ndim)
    if input.ndim and input.shape[dim] == 1:
        return input[(slice(None),) * dim + (0, ...)]
    return input[...]


@op("squeeze_dims(input, dims: int[])", view=True, where="", lowering="view",
    node="SqueezeBackward2", derivative={"input": "reshape(grad, input.shape)"})
def squeeze_dims(input: np.ndarray, dims: Ints) -> np.ndarray:
    """A view without those of the dimensions whose size is 1."""
    dims = normalize_dims(dims, input.ndim)
    if not input.ndim:
        return input[...]
    key = [0 if i in dims and n == 1 else slice(None) for i, n in enumerate(input.shape)]
    return input[(*key, ...)]


_squeeze_all = viewing(ROWS["squeeze_all"])


def _squeeze(input: Tensor, dim: Any) -> tuple:
    if dim is None:
        return ROWS["squeeze_all"], (input,)
    if isinstance(dim, (tuple, list)):
        return ROWS["squeeze_dims"], (input, tuple(dim))
    return ROWS["squeeze_dim"], (input, dim)


@composite()
def squeeze(input: Tensor, dim: int | Ints | None = None) -> Tensor:
    """A view without the dimensions of size 1 (those of ``dim`` alone, where given)."""
    if dim is None:
        return _squeeze_all((input,))
    return execute(*_squeeze(input, dim))


# --- complex numbers as pairs of real ones ------------------------------------------------------


@op("view_as_real(input)", view=True, where="function", lowering="view",
    derivative={"input": "view_as_complex(contiguous(grad))"})
def view_as_real(input: np.ndarray) -> np.ndarray:
    """A complex tensor's memory as real and imaginary parts, in a new last dimension of size 2."""
    if input.dtype.kind != "c":
        raise RuntimeError("view_as_real is only supported for complex tensors")
    part = np.float32 if input.itemsize == 8 else np.float64
    return input[..., None].view(part)


@op("view_as_complex(input)", view=True, where="function", lowering="view",
    derivative={"input": "view_as_real(grad)"})
def view_as_complex(input: np.ndarray) -> np.ndarray:
    """A real tensor whose last dimension holds real and imaginary parts, as a complex tensor."""
    d = D.of(input.dtype)
    if d not in (D.float32, D.float64, D.float16):
        raise RuntimeError(
            "view_as_complex is only supported for half, float and double tensors, but got a "
            f"tensor of scalar type: {d.title}"
        )
    if not input.ndim:
        raise RuntimeError("Input tensor must have one or more dimensions")
    if input.shape[-1] != 2:
        raise RuntimeError("Tensor must have a last dimension of size 2")
    if d is D.float16:
        raise RuntimeError("flambeau has no complex numbers of half precision\nHint: use .float().")
    item = input.itemsize
    if input.strides[-1] != item and input.size:
        raise RuntimeError("Tensor must have a last dimension with stride 1")
    if any(s % (2 * item) for s, n in zip(input.strides[:-1], input.shape, strict=False) if n > 1):
        raise RuntimeError("Tensor must have a stride divisible by 2 for all but last dimension")
    return input.view(np.complex64 if item == 4 else np.complex128)[..., 0]


def _part(which: int) -> Any:
    def kernel(input: np.ndarray) -> np.ndarray:
        return input.imag if which else input.real

    return kernel


for _i, (_name, _symbol) in enumerate((("real", r"\Re"), ("imag", r"\Im"))):
    _kernel = _part(_i)
    _kernel.__doc__ = f"The {('real', 'imaginary')[_i]} parts of a complex tensor, as a view."
    op(f"complex_{_name}(input)", view=True, where="", lowering="view", node="SelectBackward0",
       derivative={"input": f"from_{_name}(grad)"}, formula=f"{_symbol} x")(_kernel)
_complex_real, _complex_imag = viewing(ROWS["complex_real"]), viewing(ROWS["complex_imag"])


@op("from_real(input)", where="", lowering="pointwise", derivative={"input": "real(grad)"})
def from_real(input: np.ndarray) -> np.ndarray:
    """Complex numbers with the given real part."""
    return input.astype(np.complex128 if input.itemsize == 8 else np.complex64)


@op("from_imag(input)", where="", lowering="opaque", derivative={"input": "imag(grad)"})
def from_imag(input: np.ndarray) -> np.ndarray:
    """Complex numbers with the given imaginary part."""
    out = np.zeros(input.shape, np.complex128 if input.itemsize == 8 else np.complex64)
    out.imag = input
    return out


@composite("function")
def real(input: Tensor) -> Tensor:
    """The real part: a view of a complex tensor, a real tensor itself."""
    return _complex_real((input,)) if input.is_complex() else input


@composite("function")
def imag(input: Tensor) -> Tensor:
    """The imaginary part of a complex tensor, as a view."""
    if not input.is_complex():
        raise RuntimeError("imag is not implemented for tensors with non-complex dtypes.")
    return _complex_imag((input,))


@op("complex_conj(input)", where="", lowering="pointwise", node="ConjBackward0",
    derivative={"input": "conjugate(grad)"}, formula=r"\bar x")
def complex_conj(input: np.ndarray) -> np.ndarray:
    """The complex conjugate."""
    return np.conj(input)


@composite()
def conj(input: Tensor) -> Tensor:
    """The complex conjugate; a real tensor itself."""
    return execute(ROWS["complex_conj"], (input,)) if input.is_complex() else input


# --- in place: the tensor itself changes its shape ------------------------------------------------


def become(target: Tensor, row: Any, args: tuple) -> Tensor:
    """Makes a tensor the view of itself that a row gives: ``transpose_``, ``squeeze_``, …"""
    inplace.check(target, row.name + "_")
    out = execute(row, args)
    target._data = out._data
    if out._node is not None:
        target._node, target._nr, target._needs = out._node, out._nr, True
    bump(target)
    return target


@composite("method", aliases=("swapdims_",))
def transpose_(input: Tensor, dim0: int, dim1: int) -> Tensor:
    """Changes the places of two dimensions of the tensor itself."""
    return become(input, ROWS["transpose"], (input, dim0, dim1))


@composite("method")
def swapaxes_(input: Tensor, axis0: int, axis1: int) -> Tensor:
    """The same as transpose_."""
    return become(input, ROWS["transpose"], (input, axis0, axis1))


@composite("method")
def t_(input: Tensor) -> Tensor:
    """Transposes the matrix itself."""
    return become(input, ROWS["t"], (input,))


@composite("method")
def squeeze_(input: Tensor, dim: int | Ints | None = None) -> Tensor:
    """Takes dimensions of size 1 out of the tensor itself."""
    return become(input, *_squeeze(input, dim))


@composite("method")
def unsqueeze_(input: Tensor, dim: int) -> Tensor:
    """Gives the tensor itself a new dimension of size 1."""
    return become(input, ROWS["unsqueeze"], (input, dim))
