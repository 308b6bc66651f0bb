"""OpenMP: flambeau has no loops that use it."""

from __future__ import annotations


def is_available() -> bool:
    """False."""
    return False
