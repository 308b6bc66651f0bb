"""Samplers: in which order examples are taken."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence, Sized
from typing import Any, Generic, TypeVar

import flambeau

from ..tensor.generator import Generator

T_co = TypeVar("T_co", covariant=True)


class Sampler(Generic[T_co]):
    """Base class: iterates over numbers of examples. ``__len__`` is needed by ``len(loader)``."""

    def __iter__(self) -> Iterator[T_co]:
        raise NotImplementedError


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def _lots_of(numbers: Iterator[int], size: int) -> Iterator[list[int]]:
    while lot := list(itertools.islice(numbers, size)):
        yield lot


class SequentialSampler(Sampler[int]):
    """All examples in order.

    Args:
        data_source: the data set.
    """

    data_source: Sized

    def __init__(self, data_source: Sized) -> None:
        self.data_source = data_source

    def __iter__(self) -> Iterator[int]:
        return iter(range(len(self.data_source)))

    def __len__(self) -> int:
        return len(self.data_source)


class RandomSampler(Sampler[int]):
    """Examples in random order, each once, or with replacement.

    Args:
        data_source: the data set.
        replacement: draw each example anew from all.
        num_samples: how many are drawn; all, unless given. Without replacement, more than there are
            means further random orders of all of them.
        generator: source of the random numbers. Without one, each pass takes a seed from the
            default generator for a generator of its own.
    """

    data_source: Sized
    replacement: bool

    def __init__(
        self,
        data_source: Sized,
        replacement: bool = False,
        num_samples: int | None = None,
        generator: Generator | None = None,
    ) -> None:
        self.data_source = data_source
        self.replacement = replacement
        self._num_samples = num_samples
        self.generator = generator
        if not isinstance(self.replacement, bool):
            raise TypeError(
                f"replacement should be a boolean value, but got replacement={self.replacement}"
            )
        if not isinstance(self.num_samples, int) or self.num_samples <= 0:
            raise ValueError(
                "num_samples should be a positive integer value, but got "
                f"num_samples={self.num_samples}"
            )

    @property
    def num_samples(self) -> int:
        """How many examples a pass gives."""
        return len(self.data_source) if self._num_samples is None else self._num_samples

    def _source(self) -> Generator:
        """The generator of one pass."""
        return (
            flambeau.Generator().manual_seed(draw_seed())
            if self.generator is None
            else self.generator
        )

    def __iter__(self) -> Iterator[int]:
        n, wanted = len(self.data_source), self.num_samples
        generator = self._source()
        if self.replacement:
            for start in range(0, wanted, 32):
                size = (min(32, wanted - start),)
                yield from flambeau.randint(high=n, size=size, generator=generator).tolist()
        else:
            for _ in range(wanted // n):
                yield from flambeau.randperm(n, generator=generator).tolist()
            yield from flambeau.randperm(n, generator=generator).tolist()[: wanted % n]

    def _lots(self, size: int) -> Iterator[list[int]]:
        """A pass in lists of a size, drawn at the same moments, without a step per number."""
        n = len(self.data_source)
        if self.replacement or self.num_samples != n:
            yield from _lots_of(iter(self), size)
            return
        generator = self._source()
        order = flambeau.randperm(n, generator=generator).tolist()
        full = n // size * size
        for start in range(0, full, size):
            yield order[start : start + size]
        if self.generator is not None:  # a pass ends with a draw, which only a shared source shows
            flambeau.randperm(n, generator=generator)
        if full < n:
            yield order[full:]

    def __len__(self) -> int:
        return self.num_samples


def draw_seed(generator: Generator | None = None) -> int:
    """A seed for another generator, drawn as PyTorch draws it."""
    return flambeau.empty((), dtype=flambeau.int64).random_(generator=generator).item()


class SubsetRandomSampler(Sampler[int]):
    """Some examples in random order.

    Args:
        indices: their numbers.
        generator: source of the random order.
    """

    indices: Sequence[int]

    def __init__(self, indices: Sequence[int], generator: Generator | None = None) -> None:
        self.indices = indices
        self.generator = generator

    def __iter__(self) -> Iterator[int]:
        for i in flambeau.randperm(len(self.indices), generator=self.generator).tolist():
            yield self.indices[i]

    def __len__(self) -> int:
        return len(self.indices)


class WeightedRandomSampler(Sampler[int]):
    """Examples drawn with given weights.

    Args:
        weights: of each example; they need not add up to 1.
        num_samples: how many are drawn.
        replacement: whether an example can be drawn again.
        generator: source of the random numbers.
    """

    def __init__(
        self,
        weights: Sequence[float],
        num_samples: int,
        replacement: bool = True,
        generator: Generator | None = None,
    ) -> None:
        if not _is_count(num_samples):
            raise ValueError(
                f"num_samples should be a positive integer value, but got num_samples={num_samples}"
            )
        if not isinstance(replacement, bool):
            raise ValueError(
                f"replacement should be a boolean value, but got replacement={replacement}"
            )
        self.weights = flambeau.as_tensor(weights, dtype=flambeau.double)
        if self.weights.ndim != 1:
            raise ValueError(
                "weights should be a 1d sequence but given weights have shape "
                f"{tuple(self.weights.shape)}"
            )
        self.num_samples = num_samples
        self.replacement = replacement
        self.generator = generator

    def __iter__(self) -> Iterator[int]:
        drawn = flambeau.multinomial(
            self.weights, self.num_samples, self.replacement, generator=self.generator
        )
        yield from drawn.tolist()

    def __len__(self) -> int:
        return self.num_samples


class BatchSampler(Sampler[list[int]]):
    """Lists of numbers from another sampler.

    Args:
        sampler: the sampler, or any iterable.
        batch_size: how many numbers a list has.
        drop_last: leave out the last list if it is shorter.
    """

    def __init__(
        self, sampler: Sampler[int] | Iterable[int], batch_size: int, drop_last: bool
    ) -> None:
        if not _is_count(batch_size):
            raise ValueError(
                f"batch_size should be a positive integer value, but got batch_size={batch_size}"
            )
        if not isinstance(drop_last, bool):
            raise ValueError(f"drop_last should be a boolean value, but got drop_last={drop_last}")
        self.sampler = sampler
        self.batch_size = batch_size
        self.drop_last = drop_last

    def __iter__(self) -> Iterator[list[int]]:
        sampler = self.sampler
        if type(sampler) is RandomSampler:
            batches = sampler._lots(self.batch_size)
        else:
            batches = _lots_of(iter(sampler), self.batch_size)
        for batch in batches:
            if self.drop_last and len(batch) < self.batch_size:
                return
            yield batch

    def __len__(self) -> int:
        count = len(self.sampler)  # type: ignore[arg-type]
        if self.drop_last:
            return count // self.batch_size
        return (count + self.batch_size - 1) // self.batch_size
