"""Data sets: things that give examples by number, or one after the other.

A data set whose examples lie in arrays can offer whole batches, at the cost of one indexing
operation for all examples and none of Python for each: a method ``_whole_batch(indices)``, which
gives what collating the single examples would give, or None where it cannot.
"""

from __future__ import annotations

import bisect
import itertools
import math
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Generic, TypeVar

import numpy as np

import flambeau

from ..tensor.generator import Generator, default_generator
from ..tensor.tensor import Tensor, wrap

T_co = TypeVar("T_co", covariant=True)


class Dataset(Generic[T_co]):
    """Base class of data sets that give examples by number.

    A subclass has ``__getitem__(index)`` and, for samplers and loaders, ``__len__``. It may have
    ``__getitems__(indices)``, which gives a list of examples at once.
    """

    def __getitem__(self, index: Any) -> T_co:
        raise NotImplementedError("Subclasses of Dataset should implement __getitem__.")

    def __add__(self, other: Dataset[T_co]) -> ConcatDataset[T_co]:
        return ConcatDataset([self, other])


class IterableDataset(Dataset[T_co], Iterable[T_co]):
    """Base class of data sets that give examples one after the other, by ``__iter__``."""

    def __add__(self, other: Dataset[T_co]) -> ChainDataset:  # type: ignore[override]
        return ChainDataset([self, other])


class TensorDataset(Dataset[tuple[Tensor, ...]]):
    """The rows of tensors of equal length.

    Args:
        tensors: tensors whose first dimensions are equal.
    """

    tensors: tuple[Tensor, ...]

    def __init__(self, *tensors: Tensor) -> None:
        if any(tensors[0].size(0) != tensor.size(0) for tensor in tensors):
            lengths = ", ".join(str(tensor.size(0)) for tensor in tensors)
            raise AssertionError(
                f"Size mismatch between tensors\nHint: their first dimensions are {lengths}."
            )
        self.tensors = tensors

    def __getitem__(self, index: Any) -> tuple[Tensor, ...]:
        return tuple([tensor[index] for tensor in self.tensors])

    def _whole_batch(self, indices: Sequence[int]) -> list[Tensor] | None:
        numbers = np.asarray(indices)
        if numbers.dtype.kind not in "iu" or numbers.ndim != 1:
            return None  # one by one, they give the right error
        rows = wrap(numbers.astype(np.int64, copy=False))
        return [tensor[rows] for tensor in self.tensors]

    def __len__(self) -> int:
        return self.tensors[0].size(0)


class StackDataset(Dataset[Any]):
    """Several data sets side by side: an example is a tuple, or a dict, of theirs.

    Args:
        args: data sets of equal length, for tuples;
        kwargs: or, by name, for dicts.
    """

    datasets: tuple | dict

    def __init__(self, *args: Dataset[Any], **kwargs: Dataset[Any]) -> None:
        if args and kwargs:
            raise ValueError(
                "Supported either ``tuple``- (via ``args``) or``dict``- (via ``kwargs``) like "
                "input/output, but both types are given."
            )
        members: list[Any] = list(args or kwargs.values())
        if not members:
            raise ValueError("At least one dataset should be passed")
        self._length = len(members[0])
        if any(self._length != len(member) for member in members):
            raise ValueError("Size mismatch between datasets")
        self.datasets = args or kwargs

    def __getitem__(self, index: Any) -> Any:
        if isinstance(self.datasets, dict):
            return {key: dataset[index] for key, dataset in self.datasets.items()}
        return tuple([dataset[index] for dataset in self.datasets])

    def __getitems__(self, indices: list[int]) -> list[Any]:
        if isinstance(self.datasets, dict):
            columns = [_items_of(dataset, indices) for dataset in self.datasets.values()]
            return [
                dict(zip(self.datasets, row, strict=True)) for row in zip(*columns, strict=True)
            ]
        return list(zip(*[_items_of(dataset, indices) for dataset in self.datasets], strict=True))

    def _whole_batch(self, indices: Sequence[int]) -> Any:
        named = isinstance(self.datasets, dict)
        members: Any = self.datasets.values() if named else self.datasets  # type: ignore[union-attr]
        batches = []
        for member in members:
            method = member.__getitem__ if type(member) is Tensor else whole_batch_method(member)
            batch = None if method is None else method(indices)
            if batch is None:
                return None
            batches.append(batch)
        return dict(zip(self.datasets, batches, strict=True)) if named else batches

    def __len__(self) -> int:
        return self._length


def _items_of(dataset: Any, indices: list[int]) -> list[Any]:
    """Examples of a data set that is part of another, several at once where it can."""
    if not callable(getattr(dataset, "__getitems__", None)):
        return [dataset[index] for index in indices]
    items = dataset.__getitems__(indices)
    if len(items) != len(indices):
        raise ValueError(
            f"Nested dataset's output size mismatch. Expected {len(indices)}, got {len(items)}"
        )
    return items


class ConcatDataset(Dataset[T_co]):
    """Data sets one after the other, as one.

    Args:
        datasets: the data sets; none may be iterable only.
    """

    datasets: list[Dataset[T_co]]
    cumulative_sizes: list[int]

    @staticmethod
    def cumsum(sequence: Sequence[Any]) -> list[int]:
        """Where each data set ends."""
        return list(itertools.accumulate(len(part) for part in sequence))

    def __init__(self, datasets: Iterable[Dataset[T_co]]) -> None:
        super().__init__()
        self.datasets = list(datasets)
        if len(self.datasets) == 0:
            raise AssertionError("datasets should not be an empty iterable")
        if any(isinstance(dataset, IterableDataset) for dataset in self.datasets):
            raise AssertionError("ConcatDataset does not support IterableDataset")
        self.cumulative_sizes = self.cumsum(self.datasets)

    def __len__(self) -> int:
        return self.cumulative_sizes[-1]

    def __getitem__(self, index: int) -> T_co:
        if index < 0:
            if -index > len(self):
                raise ValueError("absolute value of index should not exceed dataset length")
            index += len(self)
        i = bisect.bisect_right(self.cumulative_sizes, index)
        return self.datasets[i][index - (self.cumulative_sizes[i - 1] if i else 0)]

    @property
    def cummulative_sizes(self) -> list[int]:
        """The old name of ``cumulative_sizes``."""
        warnings.warn(
            "`cummulative_sizes` attribute is renamed to `cumulative_sizes`",
            FutureWarning,
            stacklevel=2,
        )
        return self.cumulative_sizes


class ChainDataset(IterableDataset[Any]):
    """Iterable data sets one after the other, as one.

    Args:
        datasets: the data sets.
    """

    def __init__(self, datasets: Iterable[Dataset[Any]]) -> None:
        super().__init__()
        self.datasets = datasets

    def __iter__(self) -> Iterator[Any]:
        for dataset in self._checked():
            yield from dataset

    def __len__(self) -> int:
        return sum(len(dataset) for dataset in self._checked())

    def _checked(self) -> Iterator[Any]:
        for dataset in self.datasets:
            if not isinstance(dataset, IterableDataset):
                raise AssertionError("ChainDataset only supports IterableDataset")
            yield dataset


class Subset(Dataset[T_co]):
    """Some examples of a data set.

    Args:
        dataset: the data set.
        indices: the numbers of the examples, in order.
    """

    dataset: Dataset[T_co]
    indices: Sequence[int]

    def __init__(self, dataset: Dataset[T_co], indices: Sequence[int]) -> None:
        self.dataset = dataset
        self.indices = indices
        cls = type(self)
        own_item = cls.__getitem__ is not Subset.__getitem__
        if own_item and cls.__getitems__ is Subset.__getitems__:
            raise NotImplementedError(
                f"{cls.__name__} overrides __getitem__ but not __getitems__. When subclassing "
                "Subset and overriding __getitem__, you must also override __getitems__ to ensure "
                "DataLoader works correctly with your custom logic. A simple implementation:\n\n"
                "def __getitems__(self, indices):\n"
                "    return [self.__getitem__(idx) for idx in indices]"
            )

    def __getitem__(self, index: Any) -> T_co:
        if isinstance(index, list):
            return self.dataset[[self.indices[i] for i in index]]
        return self.dataset[self.indices[index]]

    def __getitems__(self, indices: list[int]) -> list[T_co]:
        chosen = [self.indices[i] for i in indices]
        several = getattr(self.dataset, "__getitems__", None)
        if callable(several):
            return several(chosen)
        return [self.dataset[i] for i in chosen]

    def _whole_batch(self, indices: Sequence[int]) -> Any:
        method = whole_batch_method(self.dataset)
        return None if method is None else method([self.indices[i] for i in indices])

    def __len__(self) -> int:
        return len(self.indices)


def whole_batch_method(dataset: Any) -> Callable[[Sequence[int]], Any] | None:
    """A data set's way to give whole batches, or None.

    It counts only where no subclass has another ``__getitem__`` or ``__getitems__``, which it would
    pass over.
    """
    for cls in type(dataset).__mro__:
        if "_whole_batch" in cls.__dict__:
            return dataset._whole_batch
        if "__getitem__" in cls.__dict__ or "__getitems__" in cls.__dict__:
            return None
    return None


def random_split(
    dataset: Dataset[T_co],
    lengths: Sequence[int | float],
    generator: Generator | None = default_generator,
) -> list[Subset[T_co]]:
    """Splits a data set at random into parts that do not overlap.

    Args:
        dataset: the data set.
        lengths: the parts' lengths, or fractions that add up to 1. Of fractions, the parts' lengths
            are rounded down, and what remains is given out one by one, from the first part on.
        generator: source of the random order.

    Raises:
        ValueError: where the lengths do not add up to the data set's.
    """
    if math.isclose(sum(lengths), 1) and sum(lengths) <= 1:
        lengths = _lengths_of_fractions(lengths, len(dataset))  # type: ignore[arg-type]
    total = sum(lengths)
    if total != len(dataset):  # type: ignore[arg-type]
        raise ValueError(
            "Sum of input lengths does not equal the length of the input dataset!\n"
            f"Hint: {total} and {len(dataset)}."  # type: ignore[arg-type]
        )
    order = flambeau.randperm(total, generator=generator).tolist()  # type: ignore[arg-type]
    ends = itertools.accumulate(lengths)
    return [
        Subset(dataset, order[end - length : end])  # type: ignore[misc]
        for end, length in zip(ends, lengths, strict=True)
    ]


def _lengths_of_fractions(fractions: Sequence[float], total: int) -> list[int]:
    for i, fraction in enumerate(fractions):
        if fraction < 0 or fraction > 1:
            raise ValueError(f"Fraction at index {i} is not between 0 and 1")
    lengths = [math.floor(total * fraction) for fraction in fractions]
    for i in range(total - sum(lengths)):
        lengths[i % len(lengths)] += 1
    for i, length in enumerate(lengths):
        if length == 0:
            warnings.warn(
                f"Length of split at index {i} is 0. This might result in an empty dataset.",
                stacklevel=3,
            )
    return lengths
