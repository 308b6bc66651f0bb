"""Embeddings and one-hot vectors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import flambeau

from ...autograd.modes import no_grad
from .rows import ops

if TYPE_CHECKING:
    from ...tensor.tensor import Tensor


def embedding(
    input: Tensor,
    weight: Tensor,
    padding_idx: int | None = None,
    max_norm: float | None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> Tensor:
    """The rows of `weight` that the integers in `input` name.

    `padding_idx` names a row without gradient. With `max_norm`, rows that are looked up and are
    longer are first scaled down in place.
    """
    if padding_idx is None:
        padding_idx = -1
    else:
        rows = weight.size(0)
        if padding_idx > 0 and padding_idx >= rows:
            raise AssertionError("Padding_idx must be within num_embeddings")
        if padding_idx < 0:
            if padding_idx < -rows:
                raise AssertionError("Padding_idx must be within num_embeddings")
            padding_idx += rows
    if max_norm is not None:
        _renormalize(weight, input, max_norm, norm_type)
    return ops.embedding(weight, input, padding_idx, scale_grad_by_freq, sparse)


def _renormalize(weight: Tensor, input: Tensor, max_norm: float, norm_type: float) -> None:
    """Scales the rows that are about to be looked up to at most `max_norm`."""
    with no_grad():
        used = input.reshape(-1).unique()
        rows = weight[used]
        norms = rows.norm(norm_type, 1, keepdim=True)
        scale = ops.where(norms > max_norm, max_norm / (norms + 1e-7), 1.0)
        weight[used] = rows * scale


def one_hot(tensor: Tensor, num_classes: int = -1) -> Tensor:
    """Vectors that are 1 at the class and 0 elsewhere: (*) to (*, num_classes).

    By default there are as many classes as the greatest number says. RuntimeError for other types
    than int64, and for numbers that are no class.
    """
    if tensor.dtype != flambeau.int64:
        raise RuntimeError(
            "one_hot is only applicable to index tensor of type LongTensor.\n"
            "Hint: convert it with .long()."
        )
    if not tensor.numel():
        if num_classes <= 0:
            raise RuntimeError("Can not infer total number of classes from empty tensor.")
        return flambeau.zeros((*tensor.shape, num_classes), dtype=flambeau.int64)
    if tensor.min() < 0:
        raise RuntimeError("Class values must be non-negative.")
    if num_classes == -1:
        num_classes = int(tensor.max()) + 1
    elif tensor.max() >= num_classes:
        raise RuntimeError("Class values must be smaller than num_classes.")
    return (tensor.unsqueeze(-1) == flambeau.arange(num_classes)).long()
