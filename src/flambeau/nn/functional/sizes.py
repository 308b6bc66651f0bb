"""Sizes that are given as one number for all dimensions or as one for each."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


def ntuple(value: Any, n: int) -> tuple:
    """The value n times, or as a tuple if it is a sequence; a sequence of one is repeated."""
    values = tuple(value) if isinstance(value, Iterable) else (value,)
    return values * n if len(values) == 1 else values
