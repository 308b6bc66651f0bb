"""The device that programs should compute on if there is one beside the CPU: there is none."""

from __future__ import annotations

from typing import Any

from .tensor.device import device


def is_available() -> bool:
    """False: there is the CPU alone."""
    return False


def current_accelerator(check_available: bool = False) -> device | None:
    """None: there is no accelerator."""
    return None


def device_count() -> int:
    """0."""
    return 0


def synchronize(device: Any = None) -> None:
    """Raises: there is no accelerator to wait for."""
    raise RuntimeError("Cannot access accelerator device when none is available.")


current_device_index = set_device_index = current_stream = synchronize


def empty_cache() -> None:
    """Does nothing: there is no accelerator's memory."""


__all__ = [
    "current_accelerator", "current_device_index", "current_stream", "device_count", "empty_cache",
    "is_available", "set_device_index", "synchronize",
]  # fmt: skip
