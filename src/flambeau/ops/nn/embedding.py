"""Embeddings: rows of a table looked up by number."""

from __future__ import annotations

import numpy as np

from ...tensor import dtype as D
from ...tensor import indexing
from ...tensor.size import type_name
from ...tensor.tensor import Tensor
from .. import places
from ..dispatch import execute
from ..table import ROWS, composite, op

Array = np.ndarray


@op("embedding_rows(weight, indices, padding_idx: int = -1, scale_grad_by_freq: bool = False)",
    where="", lowering="gather", node="EmbeddingBackward0", formula=r"y_i = W_{k_i}",
    derivative={"weight": "embedding_backward(grad, indices, weight.shape[0], padding_idx, "
                          "scale_grad_by_freq)"})  # fmt: skip
def embedding_rows(
    weight: Array, indices: Array, padding_idx: int, scale_grad_by_freq: bool
) -> Array:
    """The rows of ``weight`` (V, D) that the integers in ``indices`` name: (*, D)."""
    if weight.ndim != 2:
        raise RuntimeError("'weight' must be 2-D")
    if indices.dtype not in (np.int64, np.int32):
        raise RuntimeError(
            "Expected tensor for argument #1 'indices' to have one of the following scalar types: "
            f"Long, Int; but got {D.of(indices.dtype).legacy.removesuffix('Tensor')}Tensor instead "
            "(while checking arguments for embedding)\nHint: convert it with indices.long()."
        )
    fast = places.rows_at(weight, indices)
    if fast is not None:
        return fast
    if indices.size and (indices.min() < 0 or indices.max() >= weight.shape[0]):
        raise IndexError(
            "index out of range in self\n"
            f"Hint: the table has {weight.shape[0]} rows; the indices reach from {indices.min()} "
            f"to {indices.max()}."
        )
    return weight.take(indices, axis=0)


@op("embedding_backward(grad_output, indices, rows: int, padding_idx: int, "
    "scale_grad_by_freq: bool)", where="", lowering="scatter",
    derivative={"grad_output": "embedding_again(grad, indices, padding_idx, scale_grad_by_freq)"})
def embedding_backward(
    grad_output: Array, indices: Array, rows: int, padding_idx: int, scale_grad_by_freq: bool
) -> Array:
    """The gradient of the table: each row's gradients summed; the padding row has none."""
    flat = indices.reshape(-1)
    width = grad_output.shape[-1]
    g = grad_output.reshape(-1, width)
    if not scale_grad_by_freq:
        out = np.zeros((rows, width), g.dtype)
        if places.add_rows(out, flat, g, padding_idx):
            return out
    g = _shares(g, flat, padding_idx, scale_grad_by_freq)
    return indexing.scatter_add((rows, width), (flat,), g)


def _shares(g: Array, flat: Array, padding_idx: int, by_frequency: bool) -> Array:
    """The part of each looked-up row's gradient that counts."""
    if by_frequency and flat.size:
        counts = np.bincount(flat)
        g = g / counts[flat].astype(g.dtype)[:, None]
    if padding_idx >= 0:
        padded = flat == padding_idx
        if padded.any():
            g = np.where(padded[:, None], g.dtype.type(0), g)
    return g


@op("embedding_again(input, indices, padding_idx: int, scale_grad_by_freq: bool)", where="",
    lowering="gather", derivative={
        "input": "embedding_backward(grad, indices, input.shape[0], padding_idx, "
                 "scale_grad_by_freq)"})  # fmt: skip
def embedding_again(
    input: Array, indices: Array, padding_idx: int, scale_grad_by_freq: bool
) -> Array:
    """The transpose of embedding_backward: rows looked up, with the same shares."""
    flat = indices.reshape(-1)
    found = _shares(input.take(flat, axis=0), flat, padding_idx, scale_grad_by_freq)
    return found.reshape(indices.shape + input.shape[1:])


@composite("function")
def embedding(
    weight: Tensor, indices: Tensor, padding_idx: int = -1, scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> Tensor:  # fmt: skip
    """The rows of ``weight`` that the integers in ``indices`` name.

    With ``sparse`` the gradient is a sparse tensor of the rows that were looked up.
    """
    if not isinstance(indices, Tensor):
        raise TypeError(
            "embedding(): argument 'indices' (position 2) must be Tensor, not "
            f"{type_name(indices)}"
        )
    row = ROWS["embedding_rows_sparse" if sparse else "embedding_rows"]
    return execute(row, (weight, indices, padding_idx, scale_grad_by_freq))
