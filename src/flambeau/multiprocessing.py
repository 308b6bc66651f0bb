"""Python's multiprocessing, with PyTorch's ``spawn``. Tensors are sent to processes as copies."""

from __future__ import annotations

import multiprocessing as _multiprocessing
import sys as _sys
import traceback as _traceback
from collections.abc import Callable
from multiprocessing import *  # noqa: F403
from typing import Any


class ProcessException(Exception):
    """A process that ``spawn`` started has failed."""

    def __init__(self, msg: str, error_index: int, error_pid: int):
        super().__init__(msg)
        self.msg, self.error_index, self.error_pid = msg, error_index, error_pid


class ProcessRaisedException(ProcessException):
    """The process raised an exception, whose traceback is in the message."""


class ProcessExitedException(ProcessException):
    """The process ended by a signal or with an exit status."""


class ProcessContext:
    """The processes that ``spawn`` has started."""

    def __init__(self, processes: list[Any], errors: list[Any]):
        self.processes, self._errors = processes, errors

    def pids(self) -> list[int | None]:
        """The processes' numbers."""
        return [p.pid for p in self.processes]

    def join(self, timeout: float | None = None) -> bool:
        """Waits for all processes; True if all have ended well.

        Raises:
            ProcessRaisedException, ProcessExitedException: one has failed; the others are ended.
        """
        from multiprocessing.connection import wait

        running = {p.sentinel: p for p in self.processes if p.exitcode is None}
        # All may have ended since the last call, and waiting for nothing has no end.
        ended = wait(running, timeout) if running else []
        for sentinel in ended:  # it is told a little before the exit code is known
            running[sentinel].join()  # type: ignore[index]
        failed = next((i for i, p in enumerate(self.processes) if p.exitcode), None)
        if failed is None:
            return len(ended) == len(running)
        for p in self.processes:
            p.terminate()
            p.join()
        process, errors = self.processes[failed], self._errors[failed]
        if not errors.empty():
            text = f"\n\n-- Process {failed} terminated with the following error:\n{errors.get()}"
            raise ProcessRaisedException(text, failed, process.pid)
        raise ProcessExitedException(
            f"process {failed} terminated with exit code {process.exitcode}", failed, process.pid
        )


def _work(fn: Callable, i: int, args: tuple, errors: Any) -> None:
    try:
        fn(i, *args)
    except KeyboardInterrupt:
        pass
    except Exception:
        errors.put(_traceback.format_exc())
        _sys.exit(1)


def start_processes(
    fn: Callable,
    args: tuple = (),
    nprocs: int = 1,
    join: bool = True,
    daemon: bool = False,
    start_method: str = "spawn",
) -> ProcessContext | None:
    """Runs ``fn(i, *args)`` in ``nprocs`` processes of their own, i from 0 up."""
    context = _multiprocessing.get_context(start_method)
    errors = [context.SimpleQueue() for _ in range(nprocs)]
    processes = []
    for i in range(nprocs):
        process = context.Process(target=_work, args=(fn, i, args, errors[i]), daemon=daemon)  # type: ignore[attr-defined]
        process.start()
        processes.append(process)
    started = ProcessContext(processes, errors)
    if not join:
        return started
    while not started.join():
        pass
    return None


def spawn(
    fn: Callable,
    args: tuple = (),
    nprocs: int = 1,
    join: bool = True,
    daemon: bool = False,
    start_method: str = "spawn",
) -> ProcessContext | None:
    """Runs ``fn(i, *args)`` in ``nprocs`` fresh processes, i from 0 up, and waits for them."""
    return start_processes(fn, args, nprocs, join, daemon, start_method)


def get_all_sharing_strategies() -> set[str]:
    """One: tensors are sent as copies, through files."""
    return {"file_system"}


def get_sharing_strategy() -> str:
    """How tensors reach other processes."""
    return "file_system"


def set_sharing_strategy(new_strategy: str) -> None:
    """Accepted; tensors are sent as copies either way."""


# What a context offers as methods, such as Process and Queue, is no name of the module itself.
def __getattr__(name: str) -> Any:
    return getattr(_multiprocessing, name)
