"""CUDA, as far as device-agnostic programs ask: there is none here, and nothing breaks."""

from __future__ import annotations

from typing import Any

from ..tensor.device import device, require_cpu


def is_available() -> bool:
    """False: no CUDA device can be used."""
    return False


def device_count() -> int:
    """0: no CUDA device can be used."""
    return 0


def is_initialized() -> bool:
    """False: there is nothing to initialise."""
    return False


def current_device() -> int:
    """Raises: there is no CUDA device."""
    require_cpu(device("cuda"))
    raise AssertionError


def get_device_name(device: Any = None) -> str:
    """Raises: there is no CUDA device."""
    return str(current_device())


def manual_seed(seed: int) -> None:
    """Does nothing: there is no CUDA generator to seed."""


def manual_seed_all(seed: int) -> None:
    """Does nothing: there is no CUDA generator to seed."""


def synchronize(device: Any = None) -> None:
    """Raises as PyTorch does without CUDA."""
    current_device()


def empty_cache() -> None:
    """Does nothing: there is no CUDA memory."""


def memory_allocated(device: Any = None) -> int:
    """0 bytes."""
    return 0


max_memory_allocated = memory_reserved = max_memory_reserved = memory_allocated
