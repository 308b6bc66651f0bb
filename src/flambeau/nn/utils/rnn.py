"""Sequences of several lengths in one batch: padded, or packed.

A packed sequence holds the first elements of all sequences, then the second elements of those that
have one, and so on; so a recurrent network does no work for padding.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import flambeau

from ...tensor.tensor import Tensor

if TYPE_CHECKING:
    from typing import Self

__all__ = [
    "PackedSequence", "invert_permutation", "pack_padded_sequence", "pack_sequence",
    "pad_packed_sequence", "pad_sequence", "unpack_sequence", "unpad_sequence",
]  # fmt: skip

_Fields = namedtuple("_Fields", ["data", "batch_sizes", "sorted_indices", "unsorted_indices"])


class PackedSequence(_Fields):
    """Several sequences, packed by `pack_sequence` or `pack_padded_sequence`.

    Attributes:
        data: all elements, one time step after the other
        batch_sizes: how many sequences have an element at each step
        sorted_indices: the order in which the sequences were taken, the longest first; None if
            they came in this order
        unsorted_indices: the way back to the order in which they came
    """

    __slots__ = ()

    def __new__(
        cls,
        data: Any,
        batch_sizes: Tensor | None = None,
        sorted_indices: Tensor | None = None,
        unsorted_indices: Tensor | None = None,
    ) -> Self:
        if batch_sizes is None:  # PackedSequence((data, batch_sizes))
            if not (isinstance(data, (list, tuple)) and len(data) == 2):
                raise AssertionError("Expected data to be a list or tuple of length 2")
            data, batch_sizes = data
        if unsorted_indices is None:
            unsorted_indices = invert_permutation(sorted_indices)
        return super().__new__(cls, data, batch_sizes, sorted_indices, unsorted_indices)

    def to(self, *args: Any, **kwargs: Any) -> Self:
        """The sequences with their data converted; see `Tensor.to`."""
        data = self.data.to(*args, **kwargs)
        return self if data is self.data else self._replaced(data)

    def _replaced(self, data: Tensor) -> Self:
        return type(self)(data, self.batch_sizes, self.sorted_indices, self.unsorted_indices)

    def cpu(self, *args: Any, **kwargs: Any) -> Self:
        """The sequences on the CPU."""
        return self.to("cpu", *args, **kwargs)

    def cuda(self, *args: Any, **kwargs: Any) -> Self:
        """The sequences on a GPU."""
        return self.to("cuda", *args, **kwargs)

    def pin_memory(self) -> Self:
        """The sequences themselves: no memory needs pinning here."""
        return self

    def is_pinned(self) -> bool:
        """False: no memory is pinned here."""
        return False

    @property
    def is_cuda(self) -> bool:
        """Whether the data are on a GPU."""
        return self.data.is_cuda


def _converter(name: str, dtype: str) -> Any:
    def convert(self: PackedSequence) -> PackedSequence:
        return self.to(dtype=getattr(flambeau, dtype))

    convert.__name__ = name
    convert.__doc__ = f"The sequences with data of type {dtype}."
    return convert


for _name, _dtype in (
    ("double", "float64"), ("float", "float32"), ("half", "float16"), ("long", "int64"),
    ("int", "int32"), ("short", "int16"), ("char", "int8"), ("byte", "uint8"),
):  # fmt: skip
    setattr(PackedSequence, _name, _converter(_name, _dtype))


def invert_permutation(permutation: Tensor | None) -> Tensor | None:
    """The permutation that undoes another: result[permutation[i]] = i."""
    if permutation is None:
        return None
    result = flambeau.empty_like(permutation)
    return result.scatter_(0, permutation, flambeau.arange(permutation.numel()))


# --- packing -----------------------------------------------------------------------------------


def _in_sequence(steps: int, lengths: Tensor) -> Tensor:
    """Which sequences have an element at each step: (steps, batch). In a packed sequence the
    elements stand in this order."""
    return flambeau.arange(steps).unsqueeze(1) < lengths


def _check_lengths(lengths: list[int], batch: int) -> None:
    if len(lengths) != batch:
        raise RuntimeError(
            f"Expected `len(lengths)` to be equal to batch_size, but got {len(lengths)} "
            f"(batch_size={batch})"
        )
    if lengths[-1] <= 0:
        raise RuntimeError(
            "Length of all samples has to be greater than 0, but found an element in 'lengths' "
            "that is <= 0"
        )
    if any(a < b for a, b in zip(lengths, lengths[1:], strict=False)):
        raise RuntimeError(
            "`lengths` array must be sorted in decreasing order when `enforce_sorted` is True. "
            "You can pass `enforce_sorted=False` to pack_padded_sequence and/or pack_sequence to "
            "sidestep this requirement if you do not need ONNX exportability."
        )


def pack_padded_sequence(
    input: Tensor,
    lengths: Tensor | Sequence[int],
    batch_first: bool = False,
    enforce_sorted: bool = True,
) -> PackedSequence:
    """Packs a padded batch.

    Args:
        input: (time, batch, *), or (batch, time, *) with `batch_first`
        lengths: of the sequences
        batch_first: the order of the input's dimensions
        enforce_sorted: whether the sequences must come with the longest first; otherwise they
            are sorted here

    Raises RuntimeError for lengths that are not positive, not sorted or not one per sequence.
    """
    counts = flambeau.as_tensor(lengths, dtype=flambeau.int64)
    if counts.dim() != 1:
        raise RuntimeError(
            "'lengths' argument should be a 1D CPU int64 tensor, but got "
            f"{counts.dim()}D cpu Long tensor"
        )
    sorted_indices = None
    if not enforce_sorted:
        counts, sorted_indices = flambeau.sort(counts, descending=True)
        input = input.index_select(0 if batch_first else 1, sorted_indices)
    if input.numel() == 0:
        raise RuntimeError("Cannot pack empty tensors.")
    if batch_first:
        input = input.transpose(0, 1)
    sizes = counts.tolist()
    _check_lengths(sizes, input.size(1))
    if sizes[0] > input.size(0):
        raise RuntimeError(
            f"Expected sequence length to be at most {input.size(0)}, but got {sizes[0]}\n"
            "Hint: the input has too few time steps, or batch_first is not what it should be."
        )
    inside = _in_sequence(sizes[0], counts)
    return PackedSequence(input[: sizes[0]][inside], inside.sum(1), sorted_indices, None)


def pad_packed_sequence(
    sequence: PackedSequence,
    batch_first: bool = False,
    padding_value: float = 0.0,
    total_length: int | None = None,
) -> tuple[Tensor, Tensor]:
    """The padded batch and the lengths of a packed sequence.

    Args:
        sequence: what to unpack
        batch_first: whether the result is (batch, time, *) instead of (time, batch, *)
        padding_value: what stands after the end of the shorter sequences
        total_length: the result's time steps, at least those of the longest sequence, which is
            the default
    """
    data, batch_sizes, _, unsorted_indices = sequence
    steps, batch = batch_sizes.numel(), int(batch_sizes[0])
    if total_length is not None:
        if total_length < steps:
            raise ValueError(
                "Expected total_length to be at least the length of the longest sequence in "
                f"input, but got total_length={total_length} and max sequence length being {steps}"
            )
        steps = total_length
    lengths = (batch_sizes.unsqueeze(1) > flambeau.arange(batch)).sum(0)
    padded = data.new_full((steps, batch, *data.shape[1:]), padding_value)
    padded[_in_sequence(steps, lengths)] = data
    if batch_first:
        padded = padded.transpose(0, 1)
    if unsorted_indices is not None:
        dim = 0 if batch_first else 1
        return padded.index_select(dim, unsorted_indices), lengths[unsorted_indices]
    return padded, lengths


# --- padding -----------------------------------------------------------------------------------


def pad_sequence(
    sequences: Tensor | Iterable[Tensor],
    batch_first: bool = False,
    padding_value: float = 0.0,
    padding_side: str = "right",
) -> Tensor:
    """Sequences (length, *) as one tensor (longest, batch, *), or (batch, longest, *).

    Args:
        sequences: the sequences, whose other dimensions agree
        batch_first: the order of the result's dimensions
        padding_value: what fills the shorter sequences up
        padding_side: right or left
    """
    if isinstance(sequences, Tensor):
        sequences = sequences.unbind(0)
    elif not isinstance(sequences, Iterable):
        raise RuntimeError(
            "pad_sequence: Expected iterable for input sequences, but got arg of type: "
            f"{type(sequences)}"
        )
    sequences = tuple(sequences)
    if not sequences:
        raise RuntimeError("received an empty list of sequences")
    if padding_side not in ("left", "right"):
        raise RuntimeError(
            f"Expected padding_side to be one of left or right, but got {padding_side}."
        )
    for s in sequences:
        _check_rest(sequences[0], s)
    first, counts = sequences[0], [s.size(0) for s in sequences]
    shape = (len(counts), max(counts)) if batch_first else (max(counts), len(counts))
    padded = first.new_full((*shape, *first.shape[1:]), padding_value)
    inside = flambeau.arange(max(counts)) < flambeau.tensor(counts).unsqueeze(1)
    if padding_side == "left":
        inside = inside.flip(1)
    by_sequence = padded if batch_first else padded.transpose(0, 1)
    by_sequence[inside] = flambeau.cat(sequences).to(first.dtype)
    return padded


def _check_rest(first: Tensor, other: Tensor) -> None:
    """Sequences may differ in length alone."""
    for d, (a, b) in enumerate(zip(first.shape[1:], other.shape[1:], strict=False), 1):
        if a != b:
            raise RuntimeError(
                f"The size of tensor a ({a}) must match the size of tensor b ({b}) at "
                f"non-singleton dimension {d}"
            )


def unpad_sequence(
    padded_sequences: Tensor, lengths: Tensor, batch_first: bool = False
) -> list[Tensor]:
    """The sequences that `pad_sequence` put together, given their lengths."""
    if not batch_first:
        padded_sequences = padded_sequences.transpose(0, 1)
    return [sequence[: int(n)] for sequence, n in zip(padded_sequences, lengths, strict=True)]


def pack_sequence(sequences: Sequence[Tensor], enforce_sorted: bool = True) -> PackedSequence:
    """Packs sequences (length, *); see `pack_padded_sequence`."""
    lengths = flambeau.as_tensor([s.size(0) for s in sequences])
    return pack_padded_sequence(pad_sequence(sequences), lengths, enforce_sorted=enforce_sorted)


def unpack_sequence(packed_sequences: PackedSequence) -> list[Tensor]:
    """The sequences that a packed sequence holds."""
    padded, lengths = pad_packed_sequence(packed_sequences, batch_first=True)
    return unpad_sequence(padded, lengths, batch_first=True)
