"""Apple's GPUs, as far as device-agnostic programs ask: none is used here."""

from __future__ import annotations


def is_available() -> bool:
    """False."""
    return False


def device_count() -> int:
    """0."""
    return 0


def manual_seed(seed: int) -> None:
    """Does nothing: there is no generator to seed."""


def empty_cache() -> None:
    """Does nothing: there is no memory to free."""


def synchronize() -> None:
    """Does nothing: there is nothing to wait for."""
