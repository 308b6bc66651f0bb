"""A sampler for training on several machines: each takes its share of the examples."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sized
from typing import Any

import flambeau

from .sampler import Sampler


class DistributedSampler(Sampler[Any]):
    """Every ``num_replicas``-th example, from ``rank`` on, after a shuffle that all share.

    Call :meth:`set_epoch` before each epoch, or the order stays the same.

    Args:
        dataset: the data set.
        num_replicas: how many processes take part.
        rank: the number of this one.
        shuffle: whether to shuffle.
        seed: of the shuffle; the epoch is added to it.
        drop_last: leave out the last examples if they do not go round; otherwise the first ones are
            given again.
    """

    def __init__(
        self,
        dataset: Sized,
        num_replicas: int | None = None,
        rank: int | None = None,
        shuffle: bool = True,
        seed: int = 0,
        drop_last: bool = False,
    ) -> None:
        if num_replicas is None or rank is None:
            raise RuntimeError(
                "Requires distributed package to be available\n"
                "Hint: give num_replicas and rank yourself."
            )
        if rank >= num_replicas or rank < 0:
            raise ValueError(
                f"Invalid rank {rank}, rank should be in the interval [0, {num_replicas - 1}]"
            )
        self.dataset = dataset
        self.num_replicas = num_replicas
        self.rank = rank
        self.epoch = 0
        self.drop_last = drop_last
        count = len(dataset)
        if drop_last and count % num_replicas:
            self.num_samples = math.ceil((count - num_replicas) / num_replicas)
        else:
            self.num_samples = math.ceil(count / num_replicas)
        self.total_size = self.num_samples * num_replicas
        self.shuffle = shuffle
        self.seed = seed

    def __iter__(self) -> Iterator[Any]:
        count = len(self.dataset)
        if self.shuffle:
            generator = flambeau.Generator()
            generator.manual_seed(self.seed + self.epoch)
            order = flambeau.randperm(count, generator=generator).tolist()
        else:
            order = list(range(count))
        rounds = math.ceil(self.total_size / count) if count else 1
        return iter((order * rounds)[self.rank : self.total_size : self.num_replicas])

    def __len__(self) -> int:
        return self.num_samples

    def set_epoch(self, epoch: int) -> None:
        """Sets the epoch, which decides the shuffle."""
        self.epoch = epoch
