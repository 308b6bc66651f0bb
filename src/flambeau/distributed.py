"""Work on several machines, as far as programs ask: there is one process, a group of its own.

Programs that can train on several machines do so only where they are started so; alone, they run
here. ``init_process_group`` makes a group of one process, whose collective operations give back
what they are given.
"""

from __future__ import annotations

import enum
import os
from typing import Any

from .tensor.naming import no_such_name
from .tensor.tensor import Tensor

_backend: str | None = None  # of the group, once there is one


class ReduceOp(enum.Enum):
    """What collective operations make of the processes' tensors; of one process, itself."""

    SUM, AVG, PRODUCT, MIN, MAX, BAND, BOR, BXOR = range(8)


def is_available() -> bool:
    """False: programs run in one process."""
    return False


is_mpi_available = is_nccl_available = is_gloo_available = is_ucc_available = is_available
is_xccl_available = is_torchelastic_launched = is_available


def is_initialized() -> bool:
    """Whether ``init_process_group`` was called."""
    return _backend is not None


def init_process_group(
    backend: str | None = None,
    init_method: str | None = None,
    timeout: Any = None,
    world_size: int = -1,
    rank: int = -1,
    store: Any = None,
    **options: Any,
) -> None:
    """Makes the group of this one process.

    Raises:
        ValueError: there is a group already, or RANK and WORLD_SIZE are not known.
        RuntimeError: there shall be more than one process.
    """
    global _backend
    if _backend is not None:
        raise ValueError("trying to initialize the default process group twice!")
    if init_method in (None, "env://"):
        rank = _known(rank, "RANK")
        world_size = _known(world_size, "WORLD_SIZE")
    if world_size > 1 or rank > 0:
        raise RuntimeError(
            f"flambeau trains in one process, not in {world_size}\n"
            "Hint: start the program without torchrun or mpirun."
        )
    _backend = backend or "gloo"


def _known(value: int, variable: str) -> int:
    if value >= 0:
        return value
    if variable not in os.environ:
        raise ValueError(
            "Error initializing torch.distributed using env:// rendezvous: environment variable "
            f"{variable} expected, but not set"
        )
    return int(os.environ[variable])


def destroy_process_group(group: Any = None) -> None:
    """Gives the group up."""
    global _backend
    require_group()
    _backend = None


def require_group() -> None:
    """Raises PyTorch's error if there is no group."""
    if _backend is None:
        raise ValueError(
            "Default process group has not been initialized, please make sure to call "
            "init_process_group."
        )


def get_backend(group: Any = None) -> str:
    """The back end that the group was made for."""
    require_group()
    return str(_backend)


def get_rank(group: Any = None) -> int:
    """0, the number of this process."""
    require_group()
    return 0


def get_world_size(group: Any = None) -> int:
    """1, the number of processes."""
    require_group()
    return 1


def barrier(*args: Any, **options: Any) -> None:
    """Waits for all processes, that is, not at all."""
    require_group()


def all_reduce(
    tensor: Tensor, op: Any = ReduceOp.SUM, group: Any = None, async_op: bool = False
) -> None:
    """Leaves in the tensor the sum over all processes: the tensor."""
    require_group()


def reduce(
    tensor: Tensor, dst: int = 0, op: Any = ReduceOp.SUM, group: Any = None, async_op: bool = False
) -> None:
    """Leaves the sum over all processes in the tensor of process ``dst``."""
    _require_root("reduce", dst)


def broadcast(tensor: Tensor, src: int = 0, group: Any = None, async_op: bool = False) -> None:
    """Gives all processes the tensor of process ``src``."""
    _require_root("broadcast", src)


def broadcast_object_list(object_list: list, src: int = 0, group: Any = None) -> None:
    """Gives all processes the objects of process ``src``."""
    _require_root("broadcast", src)


def _require_root(operation: str, rank: int) -> None:
    require_group()
    if rank != 0:
        raise RuntimeError(f"ProcessGroup::{operation}: invalid root rank: {rank}")


def all_gather(
    tensor_list: list[Tensor], tensor: Tensor, group: Any = None, async_op: bool = False
) -> None:
    """Fills the list's tensors with those of all processes."""
    require_group()
    tensor_list[0].copy_(tensor)  # type: ignore[attr-defined]


def gather(
    tensor: Tensor, gather_list: list[Tensor] | None = None, dst: int = 0, group: Any = None
) -> None:
    """Fills the list's tensors with those of all processes, in process ``dst``."""
    _require_root("gather", dst)
    if gather_list:
        gather_list[0].copy_(tensor)  # type: ignore[attr-defined]


def scatter(
    tensor: Tensor, scatter_list: list[Tensor] | None = None, src: int = 0, group: Any = None
) -> None:
    """Gives each process its tensor of the list in process ``src``."""
    _require_root("scatter", src)
    if scatter_list:
        tensor.copy_(scatter_list[0])  # type: ignore[attr-defined]


def all_gather_object(object_list: list, obj: Any, group: Any = None) -> None:
    """Fills the list with the objects of all processes."""
    require_group()
    object_list[0] = obj


def __getattr__(name: str) -> Any:
    raise no_such_name(__name__, name, globals())
