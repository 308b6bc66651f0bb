"""Modules on several devices of one machine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import flambeau

from .modules.module import Module

__all__ = ["DataParallel", "DistributedDataParallel", "data_parallel"]


class DataParallel(Module):
    """A module whose batches are shared out among GPUs; without several GPUs, the module itself.

    Args:
        module: the module
        device_ids, output_device, dim: which GPUs, where the result goes, and the batch dimension

    Its state dictionary has the module's names with the prefix `module.`.
    """

    def __init__(
        self,
        module: Module,
        device_ids: Sequence[Any] | None = None,
        output_device: Any = None,
        dim: int = 0,
    ) -> None:
        super().__init__()
        if device_ids and flambeau.cuda.device_count() > 1 and len(device_ids) > 1:
            raise NotImplementedError(
                "DataParallel works on one device here\n"
                "Hint: leave device_ids away, and give each device a process of its own."
            )
        self.module = module
        self.device_ids: list[Any] = []

    def forward(self, *inputs: Any, **kwargs: Any) -> Any:
        return self.module(*inputs, **kwargs)


class DistributedDataParallel(Module):
    """A module whose copies train in several processes; in one process, the module itself.

    Its state dictionary has the module's names with the prefix `module.`.

    Raises:
        ValueError: `distributed.init_process_group` was not called
        RuntimeError: the module has nothing to train
    """

    def __init__(self, module: Module, device_ids: Any = None, *args: Any, **options: Any) -> None:
        super().__init__()
        flambeau.distributed.require_group()
        if not any(p.requires_grad for p in module.parameters()):
            raise RuntimeError(
                "DistributedDataParallel is not needed when a module doesn't have any parameter "
                "that requires a gradient."
            )
        self.module = module
        self.require_backward_grad_sync = True

    def forward(self, *inputs: Any, **kwargs: Any) -> Any:
        return self.module(*inputs, **kwargs)

    @contextmanager
    def no_sync(self) -> Iterator[None]:
        """Inside, gradients would not be summed over the processes; of one there is no sum."""
        before, self.require_backward_grad_sync = self.require_backward_grad_sync, False
        try:
            yield
        finally:
            self.require_backward_grad_sync = before


def data_parallel(
    module: Module,
    inputs: Any,
    device_ids: Sequence[Any] | None = None,
    output_device: Any = None,
    dim: int = 0,
    module_kwargs: dict[str, Any] | None = None,
) -> Any:
    """The result of a module for inputs that are shared out among GPUs; see `DataParallel`."""
    inputs = inputs if isinstance(inputs, tuple) else () if inputs is None else (inputs,)
    shared = DataParallel(module, device_ids, output_device, dim)
    return shared(*inputs, **(module_kwargs or {}))
