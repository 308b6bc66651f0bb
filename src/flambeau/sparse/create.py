"""Making sparse tensors: of coordinates and values, and of dense tensors."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..tensor.creation import as_tensor, empty
from ..tensor.tensor import Tensor, wrap
from .tensor import Array, SparseTensor


def sparse_coo_tensor(
    indices: Any = None,
    values: Any = None,
    size: Any = None,
    *,
    dtype: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
    check_invariants: bool | None = None,
    is_coalesced: bool | None = None,
) -> SparseTensor:
    """A tensor of coordinates and values; elements that have none are zero.

    Args:
        indices: coordinates (sparse dimensions, nnz); they may occur several times.
        values: (nnz, *dense dimensions).
        size: the shape; the smallest one that holds the coordinates unless given. Alone, it gives
            a tensor of zeros.
        is_coalesced: says that coordinates are sorted and none occurs twice.

    Raises:
        RuntimeError: sizes do not fit, or a coordinate lies outside of the shape.
    """
    if values is None:
        size = tuple(indices if size is None else size)
        at, kept = np.zeros((len(size), 0), np.int64), empty(0, dtype=dtype)
    else:
        at = _coordinates(indices)
        shares = isinstance(values, Tensor) and dtype in (None, values.dtype)
        kept = values if shares else as_tensor(values, dtype=dtype)
        kept = kept.view_as(kept) if kept._needs and not requires_grad else kept.detach()
        size = _size_of(at, kept) if size is None else tuple(size)
        _check(at, kept, size)
    out = SparseTensor(at, kept, size, bool(is_coalesced))
    return out.requires_grad_() if requires_grad else out


def _coordinates(indices: Any) -> Array:
    at = indices._data if isinstance(indices, Tensor) else np.asarray(indices)
    if at.ndim != 2:
        raise RuntimeError(f"indices must be sparse_dim x nnz, but got: {list(at.shape)}")
    return np.ascontiguousarray(at, np.int64)


def _size_of(at: Array, kept: Tensor) -> tuple[int, ...]:
    """The smallest shape that holds all coordinates."""
    return (*(at.max(axis=1, initial=-1) + 1).tolist(), *kept.shape[1:])


def _check(at: Array, kept: Tensor, size: tuple[int, ...]) -> None:
    sparse, dense = at.shape[0], max(kept.ndim - 1, 0)
    if len(size) != sparse + dense:
        raise RuntimeError(
            f"'len(size) == sparse_dim + dense_dim' is not satisfied: len(size) = {len(size)}, "
            f"sparse_dim = {sparse}, dense_dim = {dense}"
        )
    if kept.ndim == 0 or at.shape[1] != kept.shape[0]:
        have = kept.shape[0] if kept.ndim else 0
        raise RuntimeError(
            "indices and values must have same nnz, but got nnz from indices: "
            f"{at.shape[1]}, nnz from values: {have}"
        )
    expected = (kept.shape[0], *size[sparse:])
    if tuple(kept.shape) != expected:
        raise RuntimeError(
            f"values has incorrect size, expected {list(expected)}, got {list(kept.shape)}"
        )
    for dim, (row, n) in enumerate(zip(at, size)):
        if row.size and row.min() < 0:
            raise RuntimeError(f"found negative index {row.min()} for dim {dim}")
        if row.size and row.max() >= n:
            raise RuntimeError(
                f"size is inconsistent with indices: for dim {dim}, size is {n} but found index "
                f"{row.max()}"
            )


def of_dense(input: Tensor, sparse_dim: int | None = None) -> SparseTensor:
    """The elements of a tensor that are not zero; of its last dimensions, whole parts."""
    n = input.ndim
    s = n if sparse_dim is None else sparse_dim
    if not 0 <= s <= n:
        raise RuntimeError(
            f"dense_to_sparse: sparse_dim argument must be in [0,{n}] range, but {s} is given"
        )
    wanted = input._data != 0
    if s < n:
        wanted = wanted.any(axis=tuple(range(s, n)))
    if s == 0:
        count = int(wanted)
        at = np.zeros((0, count), np.int64)
        kept = input.unsqueeze(0)[:count]
        return SparseTensor(at, kept, input.shape, True)
    at = np.array(np.nonzero(wanted), np.int64)
    kept = input[tuple(wrap(row) for row in at)]
    return SparseTensor(at, kept, input.shape, True)
