"""From what a sampler gives to what a loader gives: examples fetched and put together."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .collate import default_collate
from .dataset import whole_batch_method


@dataclass(frozen=True)
class Source:
    """What a loader takes examples from, and what it makes of them."""

    dataset: Any
    iterable: bool
    auto_collation: bool
    collate_fn: Callable[[Any], Any]
    drop_last: bool


def fetcher(source: Source) -> Callable[[Any], Any]:
    """A function from what the sampler gives to what the loader gives.

    For an iterable data set it raises StopIteration at the end.
    """
    dataset, collate = source.dataset, source.collate_fn
    if source.iterable:
        return _iterable_fetcher(source)
    if not source.auto_collation:
        return lambda index: collate(dataset[index])
    if collate is default_collate:
        whole = whole_batch_method(dataset)
        if whole is not None:
            return lambda indices: _whole_or_collated(dataset, whole, indices)
    return lambda indices: collate(_examples(dataset, indices))


def _examples(dataset: Any, indices: list[int]) -> list[Any]:
    several = getattr(dataset, "__getitems__", None)
    return several(indices) if several else [dataset[i] for i in indices]


def _whole_or_collated(dataset: Any, whole: Callable, indices: list[int]) -> Any:
    batch = whole(indices)
    if batch is None:
        return default_collate(_examples(dataset, indices))
    return list(batch) if type(batch) is tuple else batch


def _iterable_fetcher(source: Source) -> Callable[[Any], Any]:
    examples = iter(source.dataset)
    collate = source.collate_fn
    if not source.auto_collation:
        return lambda _: collate(next(examples))
    ended = False

    def fetch(places: list[None]) -> Any:
        nonlocal ended
        if ended:
            raise StopIteration
        batch = list(itertools.islice(examples, len(places)))
        ended = len(batch) < len(places)
        if not batch or (source.drop_last and ended):
            raise StopIteration
        return collate(batch)

    return fetch
