"""Work on several machines, as far as programs ask whether there is any: there is none."""

from __future__ import annotations

from typing import Any

from .tensor.naming import no_such_name


def is_available() -> bool:
    """False: programs run in one process."""
    return False


is_initialized = is_mpi_available = is_nccl_available = is_gloo_available = is_available
is_torchelastic_launched = is_ucc_available = is_xccl_available = is_available


def get_rank(group: Any = None) -> int:
    """Raises: no group of processes was set up."""
    raise ValueError(
        "Default process group has not been initialized, please make sure to call "
        "init_process_group.\nHint: flambeau trains in one process; leave this call out, or ask "
        "distributed.is_available() first."
    )


get_world_size = get_rank


def __getattr__(name: str) -> Any:
    raise no_such_name(__name__, name, globals())
