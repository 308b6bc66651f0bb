"""Worker processes: what runs in one, and how batches come back from it.

A worker gets tasks (a number and what the sampler gave) through one pipe and sends results through
another. A result is a pickle of protocol 5 with the arrays' memory beside it, so that an array is
written to the pipe as it lies there, and read into the memory in which it stays. A thread sends,
so that the worker goes on with the next task while the loader is busy with something else.
"""

from __future__ import annotations

import os
import pickle
import queue
import sys
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from .fetch import Source, fetcher

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

#: Seconds after which an idle worker looks whether its parent still lives.
CHECK_INTERVAL = 2.0


@dataclass(frozen=True, slots=True)
class WorkerInfo:
    """What a worker process knows of itself.

    ``id`` counts from 0, ``seed`` is that of flambeau's and Python's generators, ``dataset`` is
    this process's copy.
    """

    id: int
    num_workers: int
    seed: int
    dataset: Any
    rng: Any = None
    worker_method: str | None = "multiprocessing"


_worker_info: WorkerInfo | None = None


def get_worker_info() -> WorkerInfo | None:
    """Of the worker process that this is; None in the main process."""
    return _worker_info


@dataclass(frozen=True)
class Settings:
    """What a worker is started with."""

    source: Source
    base_seed: int
    init_fn: Callable[[int], None] | None
    id: int
    num_workers: int


# ------------------------------------------------------------------------------------- messages


class Resume:
    """Asks a worker for another pass; the worker sends it back."""


class Ended:
    """Says that the worker's part of an iterable data set is at its end."""


class Failure:
    """An exception as it travels between processes: its type, and its traceback as text."""

    def __init__(self, where: str) -> None:
        kind, error, trace = sys.exc_info()
        assert kind is not None
        self.kind = kind
        self.where = where
        self.text = "".join(traceback.format_exception(kind, error, trace))

    def reraise(self) -> None:
        """Raises an exception of the same type, or a RuntimeError where that cannot be made."""
        message: Any = f"Caught {self.kind.__name__} {self.where}.\nOriginal {self.text}"
        if self.kind is KeyError:
            message = _Readable(message)
        try:
            if getattr(self.kind, "message", None):
                error = self.kind(message=message)  # type: ignore[call-arg]
            else:
                error = self.kind(message)
        except Exception:
            error = RuntimeError(message)
        raise error from None


class _Readable(str):
    """A text of several lines that a KeyError shows as it is."""

    def __repr__(self) -> str:
        return str(self)


def _packed(message: Any) -> list[Any]:
    """A message in parts: the pickle, and the memory of its arrays."""
    buffers: list[pickle.PickleBuffer] = []
    head = pickle.dumps(message, protocol=5, buffer_callback=buffers.append)
    views = [buffer.raw() for buffer in buffers]
    sizes = pickle.dumps([view.nbytes for view in views]) if views else b""
    return [head, sizes, *[view for view in views if view.nbytes]]


def receive(pipe: Connection) -> Any:
    """The next message; EOFError or OSError where the worker is gone."""
    head = pipe.recv_bytes()
    sizes = pipe.recv_bytes()
    if not sizes:
        return pickle.loads(head)
    buffers = [_received(pipe, size) for size in pickle.loads(sizes)]
    return pickle.loads(head, buffers=buffers)


def _received(pipe: Connection, size: int) -> np.ndarray:
    memory = np.empty(size, np.uint8)
    if size:
        pipe.recv_bytes_into(memory)  # type: ignore[arg-type]
    return memory


class _Sender(threading.Thread):
    """Sends messages in the background, in their order."""

    def __init__(self, pipe: Connection) -> None:
        super().__init__(daemon=True)
        self._pipe = pipe
        self._waiting: queue.SimpleQueue[list[Any] | None] = queue.SimpleQueue()

    def send(self, number: Any, result: Any, where: str) -> None:
        """Packs a result, or in its place the reason why it cannot be sent."""
        try:
            parts = _packed((number, result))
        except Exception:
            parts = _packed((number, Failure(where)))
        self._waiting.put(parts)

    def finish(self) -> None:
        """Waits until all is sent, or nobody reads any more."""
        self._waiting.put(None)
        self.join()

    def run(self) -> None:
        try:
            while (parts := self._waiting.get()) is not None:
                for part in parts:
                    self._pipe.send_bytes(part)
        except OSError:
            pass  # the loader has gone


# ---------------------------------------------------------------------------------- the process


def work(settings: Settings, tasks: Connection, results: Connection, done: Any) -> None:
    """What a worker process does: tasks, until it gets None or the loader is gone.

    Args:
        settings: what it loads from.
        tasks, results: its ends of the pipes.
        done: an event: leave out the tasks that remain.
    """
    try:
        _set_up(settings)
        sender = _Sender(results)
        sender.start()
        _serve(settings, tasks, sender, done)
        if not done.is_set():
            sender.finish()
    except KeyboardInterrupt:
        pass  # the loader's process gets it too


def _set_up(settings: Settings) -> None:
    """One thread, and the seeds."""
    global _worker_info
    import random

    from ..backends.threads import set_num_threads
    from ..tensor.generator import manual_seed

    set_num_threads(1)
    seed = settings.base_seed + settings.id
    random.seed(seed)
    manual_seed(seed)
    np.random.seed(numpy_seed(settings.base_seed, settings.id))
    _worker_info = WorkerInfo(settings.id, settings.num_workers, seed, settings.source.dataset)


def numpy_seed(base_seed: int, worker_id: int) -> np.ndarray:
    """The seed of NumPy's generator: four words, so that it is unlike the others' seed."""
    entropy = [worker_id, base_seed & 0xFFFFFFFF, base_seed >> 32, 0]
    return np.random.SeedSequence(entropy).generate_state(4)


def _serve(settings: Settings, tasks: Connection, sender: _Sender, done: Any) -> None:
    where = f"in DataLoader worker process {settings.id}"
    fetch: Any = None
    failure: Failure | None = None
    try:
        if settings.init_fn is not None:
            settings.init_fn(settings.id)
        fetch = fetcher(settings.source)
    except Exception:
        failure = Failure(where)
    ended = False
    number: Any
    result: Any
    parent = os.getppid()
    while True:
        while not tasks.poll(CHECK_INTERVAL):
            if os.getppid() != parent:
                return
        try:
            task = tasks.recv()
        except (EOFError, OSError):
            return
        if task is None:
            return
        if isinstance(task, Resume):
            ended, number, result = False, None, task
            fetch = fetcher(settings.source)
        elif done.is_set() or ended:
            continue
        elif failure is not None:
            (number, _), result, failure = task, failure, None
        else:
            number, index = task
            result = _attempt(fetch, index, settings.source.iterable, where)
            ended = isinstance(result, Ended)
        sender.send(number, result, where)
        del result


def _attempt(fetch: Callable[[Any], Any], index: Any, iterable: bool, where: str) -> Any:
    try:
        return fetch(index)
    except StopIteration:
        return Ended() if iterable else Failure(where)
    except Exception:
        return Failure(where)
