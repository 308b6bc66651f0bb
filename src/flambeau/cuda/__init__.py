"""CUDA, as far as device-agnostic programs ask: there is none here, and nothing breaks."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from ..tensor.device import device as _Device
from ..tensor.device import require_cpu
from ..tensor.naming import no_such_name


class OutOfMemoryError(RuntimeError):
    """What PyTorch raises where a GPU's memory does not suffice."""


def is_available() -> bool:
    """False: no CUDA device can be used."""
    return False


def is_initialized() -> bool:
    """False: there is nothing to initialise."""
    return False


def is_bf16_supported(including_emulation: bool = True) -> bool:
    """False: there is no device that could."""
    return False


def device_count() -> int:
    """0: no CUDA device can be used."""
    return 0


def current_device() -> int:
    """Raises: there is no CUDA device."""
    require_cpu(_Device("cuda"))
    raise AssertionError


def init() -> None:
    """Raises as PyTorch does without CUDA."""
    current_device()


def get_device_name(device: Any = None) -> str:
    """Raises: there is no CUDA device."""
    return str(current_device())


def get_device_properties(device: Any = None) -> Any:
    """Raises: there is no CUDA device."""
    return current_device()


get_device_capability = mem_get_info = get_rng_state = current_stream = get_device_properties
set_device = synchronize = get_device_properties


class device:
    """A context in which a CUDA device would be the current one; ``device(-1)`` has no effect."""

    def __init__(self, device: Any):
        self.idx = device

    def __enter__(self) -> None:
        if self.idx is not None and self.idx != -1:
            current_device()

    def __exit__(self, *_: object) -> None:
        return None


class Stream:
    """A queue of work on a CUDA device, which cannot be made here."""

    def __init__(self, *args: Any, **kwargs: Any):
        raise RuntimeError("torch.cuda.Stream requires CUDA support")


class Event:
    """A point in a queue of work on a CUDA device, which cannot be made here."""

    def __init__(self, *args: Any, **kwargs: Any):
        raise RuntimeError("Tried to instantiate dummy base class Event")


@contextlib.contextmanager
def stream(stream: Any) -> Iterator[None]:
    """A context without effect."""
    yield


def manual_seed(seed: int) -> None:
    """Does nothing: there is no CUDA generator to seed."""


def manual_seed_all(seed: int) -> None:
    """Does nothing: there is no CUDA generator to seed."""


def get_rng_state_all() -> list:
    """No state: there is no CUDA generator."""
    return []


def set_rng_state_all(new_states: Any) -> None:
    """Takes the empty list that ``get_rng_state_all`` gives."""
    for _ in new_states:
        current_device()


def get_arch_list() -> list[str]:
    """No architecture."""
    return []


def empty_cache() -> None:
    """Does nothing: there is no CUDA memory."""


def ipc_collect() -> None:
    """Does nothing: there is no CUDA memory."""


def reset_peak_memory_stats(device: Any = None) -> None:
    """Does nothing: there is no CUDA memory."""


def memory_allocated(device: Any = None) -> int:
    """0 bytes."""
    return 0


max_memory_allocated = memory_reserved = max_memory_reserved = memory_allocated


def __getattr__(name: str) -> Any:
    if name == "amp":
        from importlib import import_module

        return import_module(f"{__name__}.amp")
    raise no_such_name(__name__, name, globals())
