"""What a sparse tensor is: the coordinates of some elements, and their values.

A tensor of n dimensions keeps ``indices`` (s, nnz) and ``values`` (nnz, ...): the first s
dimensions are sparse, the others dense. Coordinates may occur several times; such values add up,
and ``coalesce`` puts them together. Elements that are not kept are zero.

The values are an ordinary tensor with the history that it has. So whatever is computed from them
by ordinary operators is differentiable, and a sparse tensor needs no graph of its own.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..tensor import naming
from ..tensor.creation import zeros
from ..tensor.device import CPU, device
from ..tensor.dtype import bool_, default_complex, dtype, get_default_dtype, int64
from ..tensor.formats import sparse_coo
from ..tensor.printing import elements, with_suffixes
from ..tensor.size import Size, normalize_dim
from ..tensor.tensor import NoArray, Tensor, wrap

Array = np.ndarray


class SparseTensor(Tensor):
    """A tensor that keeps some elements alone; made by ``sparse_coo_tensor`` and ``to_sparse``."""

    is_sparse = True
    _at: Array  # coordinates: (sparse dimensions, nnz), int64
    _kept: Tensor  # the values: (nnz, *dense dimensions)
    _size: tuple[int, ...]
    _coalesced: bool  # coordinates are sorted, and none occurs twice

    def __init__(self, at: Array, kept: Tensor, size: tuple[int, ...], coalesced: bool = False):
        self._at, self._kept, self._size = at, kept, tuple(size)
        self._coalesced = coalesced or at.shape[1] < 2

    def like(self, kept: Tensor, coalesced: bool | None = None) -> SparseTensor:
        """Other values at the same coordinates."""
        same = self._coalesced if coalesced is None else coalesced
        return SparseTensor(self._at, kept, self._size, same)

    # ------------------------------------------------------------------ what the core asks

    @property
    def _data(self) -> Array:  # type: ignore[override]
        raise NoArray(
            "Could not run this operator with arguments from the 'SparseCPU' backend.\n"
            "Hint: convert the tensor first, with x.to_dense()."
        )

    @property
    def _needs(self) -> bool:  # type: ignore[override]
        return self._kept._needs

    @_needs.setter
    def _needs(self, value: bool) -> None:
        if value and not self._kept._needs:
            self._kept = self._kept.detach()  # a leaf of its own
        self._kept._needs = value

    @property
    def _node(self) -> Any:  # type: ignore[override]
        return self._kept._node

    @property
    def _version(self) -> int:
        return self._kept._version

    @property
    def grad(self) -> Tensor | None:
        found = self._kept.grad
        return None if found is None else self.like(found)

    @grad.setter
    def grad(self, value: Tensor | None) -> None:
        if value is None:
            self._kept.grad = None
        elif isinstance(value, SparseTensor) and np.array_equal(value._at, self._at):
            self._kept.grad = value._kept
        else:
            raise RuntimeError("a sparse tensor's gradient has values where the tensor has them")

    # ------------------------------------------------------------------ attributes

    shape = property(lambda self: Size(self._size))  # type: ignore[assignment]
    ndim = property(lambda self: len(self._size))  # type: ignore[assignment]
    layout = property(lambda self: sparse_coo)  # type: ignore[assignment]
    itemsize = property(lambda self: self._kept.itemsize)  # type: ignore[assignment]

    @property
    def dtype(self) -> dtype:
        return self._kept.dtype

    @property
    def device(self) -> device:
        return CPU

    @property
    def data(self) -> Tensor:
        return self.like(self._kept.data)

    @data.setter
    def data(self, value: Tensor) -> None:
        self._replace(value)

    def size(self, dim: int | None = None) -> Any:
        """The shape, or the length of one dimension."""
        return self.shape if dim is None else self._size[normalize_dim(dim, len(self._size))]

    def dim(self) -> int:
        """The number of dimensions."""
        return len(self._size)

    ndimension = dim

    def numel(self) -> int:
        """The number of elements, the zeros that are not kept among them."""
        return int(np.prod(self._size, dtype=np.int64))

    nelement = numel

    def element_size(self) -> int:
        """Bytes of one element."""
        return self._kept.element_size()

    def __len__(self) -> int:
        if not self._size:
            raise TypeError("len() of a 0-d tensor")
        return self._size[0]

    def stride(self, dim: int | None = None) -> Any:
        """Zeros: there is no memory to step through."""
        return (0,) * len(self._size) if dim is None else 0

    def is_contiguous(self, memory_format: Any = None) -> bool:
        """False: the elements do not lie side by side."""
        return False

    def type(self, dtype: Any = None, non_blocking: bool = False) -> Any:
        """The name of the old type, such as "torch.sparse.FloatTensor"; or a conversion."""
        if dtype is not None:
            return self.to(dtype)
        return f"{naming.prefix()}.sparse.{self.dtype.legacy}"

    # ------------------------------------------------------------------ its parts

    def sparse_dim(self) -> int:
        """How many of the dimensions, the first ones, are addressed by coordinates."""
        return self._at.shape[0]

    def dense_dim(self) -> int:
        """How many of the dimensions, the last ones, each value has."""
        return len(self._size) - self._at.shape[0]

    def _nnz(self) -> int:
        return self._at.shape[1]

    def is_coalesced(self) -> bool:
        """Whether coordinates are sorted, and none occurs twice."""
        return self._coalesced

    def _coalesced_(self, coalesced: bool) -> SparseTensor:
        self._coalesced = bool(coalesced)
        return self

    def indices(self) -> Tensor:
        """The coordinates (sparse dimensions, nnz) of a coalesced tensor."""
        return wrap(self._only_coalesced("indices")._at)

    def values(self) -> Tensor:
        """The values (nnz, ...) of a coalesced tensor."""
        return self._only_coalesced("values")._values()

    def _only_coalesced(self, what: str) -> SparseTensor:
        if not self._coalesced:
            raise RuntimeError(
                f"Cannot get {what} on an uncoalesced tensor, please call .coalesce() first"
            )
        return self

    def _indices(self) -> Tensor:
        return wrap(self._at)

    def _values(self) -> Tensor:
        return self._kept if self._kept._node is not None else self._kept.detach()

    def positions(self) -> tuple[Tensor, ...]:
        """The coordinates as a subscript of a dense tensor."""
        return tuple(wrap(row) for row in self._at)

    def coalesce(self) -> SparseTensor:
        """The same tensor with sorted coordinates, and values of one coordinate added up."""
        if self._coalesced:
            return self
        flat = np.ravel_multi_index(tuple(self._at), self._sparse_size()) if len(self._at) else 0
        found, first, place = np.unique(
            np.broadcast_to(flat, self._nnz()), return_index=True, return_inverse=True
        )
        at = np.ascontiguousarray(self._at[:, first])
        sums = zeros((len(found), *self._size[len(at) :]), dtype=self.dtype)
        return SparseTensor(at, sums.index_add(0, wrap(place), self._kept), self._size, True)

    def _sparse_size(self) -> tuple[int, ...]:
        return self._size[: len(self._at)]

    def to_dense(self, dtype: Any = None, *, masked_grad: bool | None = None) -> Tensor:
        """All elements, the zeros too."""
        kept = self._kept if dtype is None else self._kept.to(dtype)
        if not len(self._at):
            return kept.sum(0)
        whole = zeros(self._size, dtype=kept.dtype)
        return whole.index_put(self.positions(), kept, accumulate=True)

    def to_sparse(self, sparse_dim: int | None = None, **options: Any) -> Tensor:
        """The tensor itself, or one with another number of sparse dimensions."""
        if sparse_dim is None or sparse_dim == self.sparse_dim():
            return self
        return self.to_dense().to_sparse(sparse_dim)

    to_sparse_coo = to_sparse

    def sparse_mask(self, mask: Any) -> SparseTensor:
        """The elements at a mask's coordinates."""
        return mask.like(self.to_dense()[mask.positions()])

    # ------------------------------------------------------------------ copies and conversions

    def clone(self, *, memory_format: Any = None) -> SparseTensor:
        """A copy; gradients flow back through it."""
        return SparseTensor(self._at.copy(), self._kept.clone(), self._size, self._coalesced)

    def detach(self) -> SparseTensor:
        """The same coordinates and values without history."""
        return self.like(self._kept.detach())

    def to(self, *args: Any, **kwargs: Any) -> SparseTensor:
        """The values converted; see ``Tensor.to``."""
        kept = self._kept.to(*args, **kwargs)
        return self if kept is self._kept else self.like(kept)

    def cpu(self, *args: Any, **kwargs: Any) -> SparseTensor:
        """The tensor itself: it is on the CPU."""
        return self

    def requires_grad_(self, requires_grad: bool = True) -> SparseTensor:
        """Sets whether gradients are recorded for the values."""
        super().requires_grad_(requires_grad)
        return self

    def _replace(self, other: Any) -> SparseTensor:
        """Takes over what another sparse tensor holds."""
        self._at, self._kept, self._size = other._at, other._kept, other._size
        self._coalesced = other._coalesced
        return self

    def zero_(self) -> SparseTensor:
        """Keeps no element any more."""
        empty = np.zeros((len(self._at), 0), np.int64)
        self._at, self._kept, self._coalesced = empty, self._kept.detach()[:0].clone(), True
        return self

    def item(self) -> Any:
        """The only element, as a Python number."""
        if self.numel() != 1:
            raise RuntimeError(
                f"a Tensor with {self.numel()} elements cannot be converted to Scalar"
            )
        return self.to_dense().item()

    def __bool__(self) -> bool:
        if self.numel() != 1:
            raise RuntimeError("Boolean value of Tensor with more than one value is ambiguous")
        return bool(self.item())

    def numpy(self, *, force: bool = False) -> Array:
        """Refused: ``x.to_dense().numpy()`` says what is meant."""
        raise TypeError("can't convert Sparse layout tensor to numpy. Use Tensor.to_dense() first.")

    def __deepcopy__(self, memo: dict) -> SparseTensor:
        import copy

        if id(self) not in memo:
            kept = copy.deepcopy(self._kept, memo)
            out = SparseTensor(self._at.copy(), kept, self._size, self._coalesced)
            memo[id(self)] = out
        return memo[id(self)]

    def __copy__(self) -> SparseTensor:
        return self.like(self._kept)

    def __reduce_ex__(self, protocol: Any) -> tuple:
        return _rebuild, (self._at, self._kept, self._size, self._coalesced)

    def __repr__(self, *, tensor_contents: str | None = None) -> str:  # type: ignore[override]
        at, kept = self._at, self._kept._data
        suffixes = [f"nnz={self._nnz()}"]
        if self.dtype not in (get_default_dtype(), default_complex(), int64, bool_):
            suffixes.append(f"dtype={self.dtype}")
        suffixes.append(f"layout={sparse_coo}")
        if self._node is not None:
            suffixes.append(f"grad_fn=<{type(self._node).__name__}>")
        elif self._needs:
            suffixes.append("requires_grad=True")
        parts = (f"indices={_part(at, 22)}", f"values={_part(kept, 21)}", f"size={self._size}")
        return with_suffixes("tensor(" + (",\n" + " " * 7).join(parts), suffixes, 7)

    __str__ = __repr__  # type: ignore[assignment]

    def __format__(self, spec: str) -> str:
        return format(repr(self), spec)


def _part(array: Array, indent: int) -> str:
    """Indices or values as they are shown, the next lines so far to the right."""
    if array.size:
        return f"tensor({elements(array, indent)})"
    return f"tensor([], size={array.shape})"


def _rebuild(at: Array, kept: Tensor, size: tuple[int, ...], coalesced: bool) -> SparseTensor:
    return SparseTensor(at, kept, size, coalesced)
