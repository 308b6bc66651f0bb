"""Padding: a border of one value, or of the tensor's own elements mirrored, repeated or wrapped."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..tensor.tensor import Tensor
from .copies import number_in
from .dispatch import execute
from .expressions import TENSORS
from .table import ROWS, composite, op

Ints = Sequence[int]

# A padding is given as PyTorch's: (left, right) of the last dimension, then of the one before, …


def sides(padding: Ints, ndim: int) -> list[tuple[int, int]]:
    """What is added before and after each dimension."""
    widths = [(0, 0)] * ndim
    for i in range(len(padding) // 2):
        widths[ndim - 1 - i] = (padding[2 * i], padding[2 * i + 1])
    return widths


@op("constant_pad_nd(input, pad: int[], value: Number = 0)", where="function", lowering="gather",
    derivative={"input": "constant_pad_nd(grad, negated(pad), 0)"})
def constant_pad_nd(input: np.ndarray, pad: Ints, value: Any) -> np.ndarray:
    """Adds a border of one value; negative widths cut elements off."""
    widths = sides(pad, input.ndim)
    shape, source, target = [], [], []
    for n, (before, after) in zip(input.shape, widths, strict=True):
        if n + before + after < 0 or n + min(before, 0) + min(after, 0) < 0:
            raise RuntimeError("narrow(): length must be non-negative.")
        shape.append(n + before + after)
        source.append(slice(max(-before, 0), n - max(-after, 0)))
        target.append(slice(max(before, 0), n + before + after - max(after, 0)))
    out = np.full(shape, number_in(value, input.dtype))
    out[tuple(target)] = input[tuple(source)]
    return out


# --- borders of the tensor's own elements ---------------------------------------------------------


def border_index(n: int, before: int, after: int, mode: str) -> np.ndarray:
    """Which element stands at each place of a padded dimension of n elements."""
    if mode == "circular":  # around what is left where a width is negative
        first = max(-before, 0)
        left = n - first - max(-after, 0)
        return first + np.arange(-max(before, 0), left + max(after, 0)) % max(left, 1)
    places = np.arange(-before, n + after)
    if mode == "reflect":
        return n - 1 - np.abs(n - 1 - np.abs(places))
    return places.clip(0, n - 1)


def _check_border(shape: Ints, padding: Ints, mode: str) -> None:
    dims = len(padding) // 2
    if 0 in shape[len(shape) - dims - 1 :] and mode != "circular":
        raise RuntimeError(
            f"Expected {dims + 1}D or {dims + 2}D (batch mode) tensor with possibly 0 batch size "
            f"and other non-zero dimensions for input, but got: {list(shape)}"
        )
    for i in range(dims):
        dim = len(shape) - 1 - i
        n, (before, after) = shape[dim], padding[2 * i : 2 * i + 2]
        if mode == "reflect" and (before >= n or after >= n):
            raise RuntimeError(
                f"Argument #{4 + 2 * i}: Padding size should be less than the corresponding input "
                f"dimension, but got: padding ({before}, {after}) at dimension {dim} of input "
                f"{list(shape)}"
            )
        if mode == "circular" and (before > n or after > n):
            raise RuntimeError("Padding value causes wrapping around more than once.")
        if mode == "circular" and n + before + after < 0:
            raise RuntimeError("Negative padding value is resulting in an empty dimension")
        if mode != "circular" and n + before + after < 1:
            name = "WHD"[i]
            raise RuntimeError(
                f"input ({name}: {n}) is too small. Calculated output {name}: {n + before + after}"
            )


@op("pad_border(input, padding: int[], mode: str)", where="", lowering="gather",
    derivative={"input": "pad_border_backward(grad, input.shape, padding, mode)"})
def pad_border(input: np.ndarray, padding: Ints, mode: str) -> np.ndarray:
    """Adds a border of the tensor's own elements; negative widths cut elements off."""
    _check_border(input.shape, padding, mode)
    out = input
    for dim, (before, after) in enumerate(sides(padding, input.ndim)):
        if before or after:
            out = out.take(border_index(input.shape[dim], before, after, mode), dim)
    return out.copy() if out is input else out


@op("pad_border_backward(grad_output, shape: int[], padding: int[], mode: str)", where="",
    lowering="scatter", derivative={"grad_output": "pad_border(grad, padding, mode)"})
def pad_border_backward(
    grad_output: np.ndarray, shape: Ints, padding: Ints, mode: str
) -> np.ndarray:
    """Adds the gradients of a border to those of the elements that it shows."""
    out = grad_output
    for dim, (before, after) in enumerate(sides(padding, len(shape))):
        if before or after:
            out = _fold(out, dim, shape[dim], before, after, mode)
    return out.copy() if out is grad_output else out


def _fold(grad: np.ndarray, dim: int, n: int, before: int, after: int, mode: str) -> np.ndarray:
    index = border_index(n, before, after, mode)
    source = np.moveaxis(grad, dim, 0)
    target = np.zeros((n, *source.shape[1:]), grad.dtype)
    first, last = max(0, before), len(index) - max(0, after)  # what is not border
    target[max(0, -before) : n - max(0, -after)] = source[first:last]
    for place in (*range(first), *range(last, len(index))):
        target[index[place]] += source[place]
    return np.ascontiguousarray(np.moveaxis(target, 0, dim))


_ROWS: dict[tuple[str, int], str] = {}


def _border_rows() -> None:
    """A row for each mode and number of padded dimensions, with PyTorch's node names."""
    for mode, stem, node in (
        ("reflect", "reflection_pad", "ReflectionPad{}DBackward0"),
        ("replicate", "replication_pad", "ReplicationPad{}DBackward0"),
        ("circular", "circular_pad", "CopySlices"),
    ):
        for dims in (1, 2, 3):

            def kernel(input: np.ndarray, padding: Ints, mode: str = mode) -> np.ndarray:
                return pad_border(input, padding, mode)

            kernel.__doc__ = f"Pads the last {dims} dimensions, mode {mode}."
            name = f"{stem}{dims}d"
            op(f"{name}(input, padding: int[])", where="", lowering="gather",
               node=node.format(dims),
               derivative={
                   "input": f"pad_border_backward(grad, input.shape, padding, '{mode}')"
               })(kernel)
            _ROWS[mode, dims] = name


_border_rows()


@composite("nn", name="pad")
def pad(input: Tensor, pad: Ints, mode: str = "constant", value: float | None = None) -> Tensor:
    """Adds a border to the last dimensions.

    Args:
        input: a tensor; for the modes other than "constant" of shape (N, C, …) or (C, …).
        pad: widths (left, right) of the last dimension, then of the one before, …; negative ones
            cut elements off.
        mode: "constant", "reflect" (mirrored at the edge element), "replicate" (the edge element)
            or "circular" (the elements of the other end).
        value: what the border of mode "constant" holds; 0 without it.

    Raises:
        RuntimeError: the padding does not fit the input.
        NotImplementedError: no such mode, or not for that many dimensions.
    """
    pad = tuple(pad)
    ndim = input._data.ndim
    if len(pad) % 2:
        raise RuntimeError("Padding length must be divisible by 2")
    if len(pad) // 2 > ndim:
        raise RuntimeError(
            "Padding length should be less than or equal to two times the input dimension but got "
            f"padding length {len(pad)} and input of dimension {ndim}"
        )
    if mode == "constant":
        return execute(ROWS["constant_pad_nd"], (input, pad, 0 if value is None else value))
    if value is not None and value != 0:
        raise RuntimeError(f'Padding mode "{mode}" doesn\'t take in value argument')
    dims = len(pad) // 2
    if ndim not in (dims + 1, dims + 2) or not 1 <= dims <= 3:
        raise NotImplementedError(
            f"Padding size {len(pad)} is not supported for {ndim}D input tensor."
        )
    if (mode, dims) not in _ROWS:
        raise NotImplementedError(f"Unrecognised padding mode {mode}")
    return execute(ROWS[_ROWS[mode, dims]], (input, pad))


TENSORS["pad"] = pad
