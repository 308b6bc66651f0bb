"""Sizes of one, two and three dimensions, under the names that other packages import."""

from __future__ import annotations

from typing import Any

from ..functional.sizes import ntuple


def _single(value: Any) -> tuple:
    return ntuple(value, 1)


def _pair(value: Any) -> tuple:
    return ntuple(value, 2)


def _triple(value: Any) -> tuple:
    return ntuple(value, 3)
