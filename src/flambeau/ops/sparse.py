"""Where dense tensors meet sparse ones: conversions, and embeddings with sparse gradients."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..tensor.tensor import Tensor, wrap
from .expressions import TENSORS
from .nn.embedding import embedding_rows
from .table import composite, op

# --- conversions ---------------------------------------------------------------------------------


@composite("method", aliases=("to_sparse_coo",))
def to_sparse(input: Tensor, sparse_dim: int | None = None, *, layout: Any = None) -> Tensor:
    """The elements that are not zero, with their coordinates: a sparse tensor.

    Args:
        sparse_dim: so many of the first dimensions become sparse; all unless given.
    """
    from ..sparse.create import of_dense

    if layout is not None and str(layout).rpartition(".")[2] != "sparse_coo":
        raise NotImplementedError(f"sparse tensors have coordinates (sparse_coo), not {layout}")
    return of_dense(input, sparse_dim)


@composite("method")
def to_dense(
    input: Tensor, dtype: Any = None, *, masked_grad: bool | None = None
) -> Tensor:  # fmt: skip
    """The tensor itself: it is dense."""
    return input if dtype is None else input.to(dtype)


@composite("method")
def sparse_mask(input: Tensor, mask: Any) -> Tensor:
    """The elements at a sparse tensor's coordinates."""
    if tuple(input.shape) != tuple(mask.shape):
        raise RuntimeError(
            "sparse_mask(): operands have incompatible sizes; self has size "
            f"{list(input.shape)} but mask has size {list(mask.shape)}"
        )
    return mask.like(input[mask.positions()] if mask.sparse_dim() else input.unsqueeze(0))


@composite("method")
def sparse_dim(input: Tensor) -> int:
    """0: no dimension is sparse."""
    return 0


@composite("method")
def dense_dim(input: Tensor) -> int:
    """The number of dimensions: all are dense."""
    return input.ndim


def _only_sparse(name: str, error: type[Exception], message: str) -> None:
    def method(input: Tensor) -> Any:
        raise error(message)

    method.__name__ = name
    method.__doc__ = "Sparse tensors alone have this; others refuse."
    composite("method")(method)


for _name, _layout in (
    ("indices", "coordinate tensor"), ("values", "tensor"), ("coalesce", "coordinate tensor"),
    ("is_coalesced", "coordinate tensor"),
):  # fmt: skip
    _only_sparse(_name, RuntimeError, f"{_name} expected sparse {_layout} layout but got Strided")
for _name in ("_nnz", "_indices", "_values"):
    _only_sparse(
        _name,
        NotImplementedError,
        f"Could not run 'aten::{_name}' with arguments from the 'CPU' backend.",
    )


def _matmul_of_sparse(input: Tensor, other: Tensor) -> Tensor:
    from ..sparse.operators import run

    return run("matmul", (input, other))


TENSORS["_matmul_of_sparse"] = _matmul_of_sparse


# --- embeddings ----------------------------------------------------------------------------------


@op("embedding_rows_sparse(weight, indices, padding_idx: int = -1, "
    "scale_grad_by_freq: bool = False)", where="", lowering="gather", node="EmbeddingBackward0",
    formula=r"y_i = W_{k_i}", derivative={
        "weight": "embedding_sparse_gradient(grad, indices, weight.shape, padding_idx, "
                  "scale_grad_by_freq)"})  # fmt: skip
def embedding_rows_sparse(
    weight: np.ndarray, indices: np.ndarray, padding_idx: int, scale_grad_by_freq: bool
) -> np.ndarray:
    """The rows of ``weight`` that are named; the gradient has these rows alone."""
    return embedding_rows(weight, indices, padding_idx, scale_grad_by_freq)


def embedding_sparse_gradient(
    grad: Tensor, indices: Tensor, shape: Any, padding_idx: int, scale_grad_by_freq: bool
) -> Tensor:
    """The gradient of a table: a row for each lookup, but for those of the padding."""
    from ..sparse import SparseTensor

    if scale_grad_by_freq:
        raise RuntimeError(
            "embedding_backward: scale_grad_by_freq not supported with sparse gradients"
        )
    flat = indices._data.reshape(-1).astype(np.int64)
    rows = grad.reshape(-1, shape[1])
    if padding_idx >= 0:
        counts = flat != padding_idx
        flat, rows = flat[counts], rows[wrap(counts)]
    return SparseTensor(flat[None], rows, tuple(shape))


TENSORS["embedding_sparse_gradient"] = embedding_sparse_gradient
