"""Bags of embeddings, and one-hot vectors."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...autograd.modes import no_grad
from ...tensor import dtype as D
from ...tensor.recording import host_read
from ...tensor.tensor import Tensor, wrap
from ..expressions import TENSORS
from ..table import composite, op

Array = np.ndarray


@op("_one_hot(input, classes: int)", where="")
def _one_hot(input: Array, classes: int) -> Array:
    if input.size and input.min() < 0:
        raise RuntimeError("Class values must be non-negative.")
    if input.size and input.max() >= classes:
        raise RuntimeError(
            "Class values must be smaller than num_classes.\n"
            f"Hint: the largest is {input.max()}, num_classes is {classes}."
        )
    return (input[..., None] == np.arange(classes)).astype(np.int64)


@composite("nn")
def one_hot(tensor: Tensor, num_classes: int = -1) -> Tensor:
    """For each number a vector with a 1 at its place.

    Args:
        tensor: integers (*), from 0 to num_classes - 1.
        num_classes: the vectors' length; -1: one more than the largest number.
    """
    numbers = tensor._data
    if numbers.dtype != np.int64:
        raise RuntimeError(
            "one_hot is only applicable to index tensor of type LongTensor.\n"
            "Hint: convert it with tensor.long()."
        )
    if not numbers.size and num_classes <= 0:
        raise RuntimeError("Can not infer total number of classes from empty tensor.")
    if num_classes == -1:
        host_read(tensor, "one_hot() without a number of classes")
        num_classes = max(int(numbers.max()) + 1, 0)
    return TENSORS["_one_hot"](tensor, num_classes)


@op("_bag_maximum(rows, starts: int[])", where="", outputs=("result", "places"), hidden=1,
    derivative={"rows": "bag_maximum_gradient(grad, rows.shape, places)"},
    nondifferentiable=("places",), node="EmbeddingBagBackward0")
def _bag_maximum(rows: Array, starts: tuple[int, ...]) -> tuple[Array, Array]:
    """The largest of each bag's rows in each column (0 for an empty bag), and which row it was."""
    bags, width = len(starts) - 1, rows.shape[1]
    result = np.zeros_like(rows, shape=(bags, width))
    places = np.full((bags, width), -1)
    for b in range(bags):
        first, last = starts[b], starts[b + 1]
        if last > first:
            part = rows[first:last]
            best = part.argmax(0)
            places[b] = best + first
            result[b] = np.take_along_axis(part, best[None], 0)[0]
    return result, places


@op("_put_rows(values, shape: int[], places)", where="", lowering="scatter",
    derivative={"values": "take_rows(grad, places)"})
def _put_rows(values: Array, shape: tuple[int, ...], places: Array) -> Array:
    """Zeros, with the values added at the rows that ``places`` names for each column."""
    out = np.zeros_like(values, shape=shape)
    bag, column = np.nonzero(places >= 0)
    np.add.at(out, (places[bag, column], column), values[bag, column])
    return out


@op("take_rows(input, places)", where="", lowering="gather",
    derivative={"input": "_put_rows(grad, input.shape, places)"})
def take_rows(input: Array, places: Array) -> Array:
    """For each column the elements at the rows named; 0 for -1."""
    found = np.take_along_axis(input, np.maximum(places, 0), 0)
    return np.where(places >= 0, found, found.dtype.type(0))


def _bag_maximum_gradient(grad: Tensor, shape: tuple[int, ...], places: Tensor) -> Tensor:
    return TENSORS["_put_rows"](grad, shape, places)


TENSORS["bag_maximum_gradient"] = _bag_maximum_gradient


@op("embedding_renorm_(weight, indices, max_norm: float, norm_type: float)", where="function",
    writes=True)
def embedding_renorm_(weight: Array, indices: Array, max_norm: float, norm_type: float) -> None:
    """Scales the rows that are named, and longer than max_norm, down to that length in place."""
    used = np.unique(indices)
    rows = weight[used]
    wide = rows.astype(np.float64, copy=False)
    lengths = np.linalg.norm(wide, norm_type, axis=1, keepdims=True)
    scale = np.where(lengths > max_norm, max_norm / (lengths + 1e-7), 1.0)
    weight[used] = (rows * scale).astype(weight.dtype)


@composite("nn")
def embedding_bag(
    input: Tensor,
    weight: Tensor,
    offsets: Tensor | None = None,
    max_norm: float | None = None,
    norm_type: float = 2,
    scale_grad_by_freq: bool = False,
    mode: str = "mean",
    sparse: bool = False,
    per_sample_weights: Tensor | None = None,
    include_last_offset: bool = False,
    padding_idx: int | None = None,
) -> Tensor:
    """The sum, mean or maximum of the rows of ``weight`` that each bag of numbers names.

    Args:
        input: bags of one length (B, N), or all numbers (N) with
        offsets: (B), where in the input each bag begins.
        mode: "sum", "mean" or "max".
        per_sample_weights: a factor for each number; with "sum" only.
        include_last_offset: the last offset is where the last bag ends.
        padding_idx: a number that does not count.
    """
    input, offsets, per_sample_weights = _flat(input, offsets, per_sample_weights)
    rows, starts = weight.shape[0], _starts(input, offsets, include_last_offset)
    _check_bag(input, rows, mode, per_sample_weights)
    if padding_idx is not None:
        padding_idx = padding_idx + rows if padding_idx < 0 else padding_idx
        if not 0 <= padding_idx < rows:
            raise AssertionError("padding_idx must be within the number of embeddings")
    if max_norm is not None:
        with no_grad():
            TENSORS["embedding_renorm_"](weight.detach(), input, max_norm, norm_type)
    if offsets is not None or padding_idx is not None:
        host_read(input, "embedding_bag()")
    bag = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
    counts = np.diff(starts)
    if padding_idx is not None:
        counted = input._data != padding_idx
        input = wrap(input._data[counted])
        if per_sample_weights is not None:
            per_sample_weights = per_sample_weights[wrap(counted)]
        bag = bag[counted]
        counts = np.bincount(bag, minlength=len(counts))
        starts = np.r_[0, np.cumsum(counts)]
    if sparse and mode == "max":
        raise ValueError("max mode does not support sparse weights")
    row = "embedding_rows_sparse" if sparse else "embedding_rows"
    found = TENSORS[row](weight, input, -1, scale_grad_by_freq)
    if mode == "max":
        return TENSORS["_bag_maximum"](found, tuple(int(s) for s in starts))
    if per_sample_weights is not None:
        found = found * per_sample_weights.unsqueeze(-1)
    zeros = wrap(np.zeros((len(counts), weight.shape[1]), weight._data.dtype))
    sums = zeros.index_add(0, wrap(bag), found)
    if mode == "sum":
        return sums
    return sums / wrap(np.maximum(counts, 1)[:, None].astype(weight._data.dtype))


def _flat(input: Tensor, offsets: Tensor | None, factors: Tensor | None) -> tuple:
    """All numbers in one dimension, with the bags' beginnings."""
    if factors is not None and factors.shape != input.shape:
        raise ValueError(
            f"embedding_bag: If per_sample_weights ({factors.shape}) is not None, then it must "
            f"have the same shape as the input ({input.shape})"
        )
    if input.dim() == 2:
        if offsets is not None:
            raise ValueError(
                "if input is 2D, then offsets has to be None, as input is treated is a mini-batch "
                "of fixed length sequences. However, found offsets of type "
                f"{type(offsets)}"
            )
        bags, length = input.shape
        offsets = wrap(np.arange(bags) * length)
        return input.reshape(-1), offsets, None if factors is None else factors.reshape(-1)
    if input.dim() != 1:
        raise ValueError(
            f"input has to be 1D or 2D Tensor, but got Tensor of dimension {input.dim()}"
        )
    if offsets is None:
        raise ValueError("offsets has to be a 1D Tensor but got None")
    if offsets.dim() != 1:
        raise ValueError("offsets has to be a 1D Tensor")
    return input, offsets, factors


def _starts(input: Tensor, offsets: Tensor, include_last: bool) -> Array:
    """Where each bag begins, and where the last one ends."""
    at, n = offsets._data, input._data.size
    if at.size and at[0] != 0:
        raise RuntimeError(
            "offsets[0] has to be 0, i.e., the first sequence in the mini-batch has to start from "
            f"position 0. However, got {at[0]}"
        )
    if at.size and at[-1] > n:
        raise RuntimeError(
            f"offsets[-1] can not be greater than input's length {n} but got offsets[-1] of "
            f"{at[-1]}"
        )
    return at if include_last else np.r_[at, n]


def _check_bag(input: Tensor, rows: int, mode: str, factors: Any) -> None:
    if mode not in ("sum", "mean", "max"):
        raise ValueError("mode has to be one of sum, mean or max")
    if factors is not None and mode != "sum":
        raise NotImplementedError(
            "embedding_bag: per_sample_weights was not None. per_sample_weights is only supported "
            f"for mode='sum' (got mode='{mode}'). Please open a feature request on GitHub."
        )
    if input.dtype not in (D.int64, D.int32):
        raise RuntimeError(
            "Expected tensor for argument #1 'indices' to have one of the following scalar types: "
            f"Long, Int; but got {input.dtype.legacy} instead (while checking arguments for "
            "embedding_bag)"
        )
    numbers = input._data
    wrong = np.flatnonzero((numbers < 0) | (numbers >= rows))
    if len(wrong):
        raise RuntimeError(
            f"Index {wrong[0]} of input takes value {numbers[wrong[0]]} which is not in the valid "
            f"range [0, {rows})"
        )
