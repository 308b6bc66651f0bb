"""Passes through a data set: in this process, or with worker processes."""

from __future__ import annotations

import contextlib
import functools
import itertools
import os
import warnings
import weakref
from typing import TYPE_CHECKING, Any

from .fetch import Source, fetcher
from .sampler import draw_seed

if TYPE_CHECKING:
    from .dataloader import DataLoader

#: Seconds that a worker gets to end by itself.
GRACE = 5.0


class _BaseDataLoaderIter:
    """One pass through a data set."""

    def __init__(self, loader: DataLoader) -> None:
        self._dataset = loader.dataset
        self._num_workers = loader.num_workers
        self._timeout = loader.timeout
        if loader.pin_memory and loader.pin_memory_device:
            warnings.warn(
                "pin_memory_device is deprecated, the current accelerator will be used as the "
                f"device,ignore pin_memory_device='{loader.pin_memory_device}'.",
                stacklevel=5,
            )
        if loader.pin_memory:
            warnings.warn(
                "'pin_memory' argument is set as true but no accelerator is found, then device "
                "pinned memory won't be used.",
                stacklevel=5,
            )
        # No reference to the loader itself: it may hold this iterator, and both shall go at once.
        self._source = Source(
            loader.dataset, loader._iterable, loader._auto_collation, loader.collate_fn,
            loader.drop_last,
        )  # fmt: skip
        self._reported_length = loader._reported_length
        self._index_sampler = loader._index_sampler
        self._sampler_iter = iter(self._index_sampler)
        self._base_seed = draw_seed(loader.generator)
        self._num_yielded = 0

    def _reset(self, loader: DataLoader) -> None:
        """Starts another pass."""
        self._sampler_iter = iter(self._index_sampler)
        self._num_yielded = 0
        self._reported_length = loader._reported_length

    def _next_data(self) -> Any:
        raise NotImplementedError

    def __iter__(self) -> _BaseDataLoaderIter:
        return self

    def __next__(self) -> Any:
        data = self._next_data()
        self._num_yielded += 1
        reported = self._reported_length
        if reported is not None and self._num_yielded > reported:
            self._warn_of_length(reported)
        return data

    def _warn_of_length(self, reported: int) -> None:
        hint = (
            "For multiprocessing data-loading, this could be caused by not properly configuring "
            "the IterableDataset replica at each worker. Please see "
            "https://pytorch.org/docs/stable/data.html#torch.utils.data.IterableDataset for "
            "examples."
        )
        warnings.warn(
            f"Length of IterableDataset {self._dataset} was reported to be {reported}"
            f"(when accessing len(dataloader)), but {self._num_yielded} samples have been "
            f"fetched. {hint if self._num_workers else ''}",
            stacklevel=3,
        )

    def __len__(self) -> int:
        return len(self._index_sampler)

    def __getstate__(self) -> Any:
        raise NotImplementedError("{} cannot be pickled", type(self).__name__)


class _SingleProcessDataLoaderIter(_BaseDataLoaderIter):
    """A pass whose examples are fetched in this process, when they are asked for."""

    def __init__(self, loader: DataLoader) -> None:
        super().__init__(loader)
        if self._timeout != 0:
            raise AssertionError(
                "_SingleProcessDataLoaderIter requires timeout == 0\n"
                "Hint: timeout is for worker processes."
            )
        self._fetch = fetcher(self._source)

    def _next_data(self) -> Any:
        return self._fetch(next(self._sampler_iter))


#: This process's ends of the pipes to all workers. A worker sees that its loader is gone when
#: nobody holds the other end any more, so that forked processes must not.
_pipes: weakref.WeakSet[Any] = weakref.WeakSet()


@functools.cache
def _close_in_children() -> None:
    """Has forked processes close what they inherit of ``_pipes``."""

    def close() -> None:
        for pipe in _pipes:
            pipe.close()
        _pipes.clear()

    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=close)


class _Worker:
    """The loader's side of a worker process."""

    def __init__(self, process: Any, tasks: Any, results: Any) -> None:
        self.process = process
        self.tasks = tasks
        self.results = results
        self.active = True
        """It takes tasks in this pass."""
        self.open_tasks = 0

    def send(self, message: Any) -> None:
        with contextlib.suppress(OSError):  # it has died: noticed where its result is waited for
            self.tasks.send(message)


class _MultiProcessingDataLoaderIter(_BaseDataLoaderIter):
    """A pass whose examples are fetched by worker processes, some batches ahead.

    Tasks go to the workers in turn. ``_tasks`` has the number of each task that was given out and
    not yet handed out, with its worker; ``_early`` the results that came before their turn.
    """

    def __init__(self, loader: DataLoader) -> None:
        super().__init__(loader)
        if not loader.prefetch_factor:
            raise AssertionError(
                "prefetch_factor must be greater than 0 for MultiProcessingDataLoaderIter"
            )
        self._in_order = loader.in_order
        self._persistent = loader.persistent_workers
        self._limit = loader.prefetch_factor * self._num_workers
        self._owner = os.getpid()
        self._shutdown = False
        self._workers: list[_Worker] = []
        self._start_workers(loader)
        self._begin()

    def _start_workers(self, loader: DataLoader) -> None:
        import multiprocessing

        from . import worker

        _close_in_children()
        context = loader.multiprocessing_context or multiprocessing.get_context()
        self._done = context.Event()
        for number in range(self._num_workers):
            tasks_there, tasks = context.Pipe(duplex=False)
            results, results_there = context.Pipe(duplex=False)
            _pipes.update((tasks, results))
            settings = worker.Settings(
                self._source, self._base_seed, loader.worker_init_fn, number, self._num_workers
            )
            process = context.Process(
                target=worker.work,
                args=(settings, tasks_there, results_there, self._done),
                daemon=True,
            )
            try:
                process.start()
            except BaseException:
                self._shutdown_workers()
                raise
            tasks_there.close()
            results_there.close()
            self._workers.append(_Worker(process, tasks, results))

    def _begin(self) -> None:
        self._tasks: dict[int, _Worker] = {}
        self._early: dict[int, Any] = {}
        self._sent = self._received = 0
        self._turns = itertools.cycle(self._workers)
        for worker in self._workers:
            worker.active, worker.open_tasks = True, 0
        for _ in range(self._limit):
            self._give_task()

    def _reset(self, loader: DataLoader) -> None:
        from .worker import Resume

        super()._reset(loader)
        for worker in self._workers:
            worker.active = True
            worker.send(Resume())
        resumed = 0
        while resumed < self._num_workers:  # results of the last pass come first
            resumed += isinstance(self._message()[2], Resume)
        self._begin()

    def _give_task(self) -> None:
        """Takes what the sampler gives next to the worker whose turn it is."""
        try:
            index = next(self._sampler_iter)
        except StopIteration:
            return
        active = sum(worker.active for worker in self._workers)
        for worker in itertools.islice(self._turns, self._num_workers):
            if worker.active and (self._in_order or worker.open_tasks < self._limit // active):
                break
        else:
            return
        self._tasks[self._sent] = worker
        worker.open_tasks += 1
        worker.send((self._sent, index))
        self._sent += 1

    def _next_data(self) -> Any:
        from .worker import Ended

        while True:
            self._pass_over_ended()
            if self._received >= self._sent:
                if not self._persistent:
                    self._shutdown_workers()
                raise StopIteration
            if self._received in self._early:
                number = self._received
                return self._hand_out(number, self._early.pop(number))
            worker, number, data = self._message()
            if isinstance(data, Ended):
                worker.active = False
                if not self._persistent:
                    worker.send(None)
                self._give_task()
            elif number == self._received or not self._in_order:
                return self._hand_out(number, data)
            else:
                self._early[number] = data

    def _pass_over_ended(self) -> None:
        """Leaves out tasks that are done, and those of workers that have no more examples."""
        while self._received < self._sent:
            worker = self._tasks.get(self._received)
            if worker is not None and (worker.active or self._received in self._early):
                return
            self._tasks.pop(self._received, None)
            self._received += 1

    def _hand_out(self, number: int, data: Any) -> Any:
        from .worker import Failure

        self._tasks.pop(number).open_tasks -= 1
        self._give_task()
        if isinstance(data, Failure):
            data.reraise()
        return data

    def _message(self) -> tuple[_Worker, Any, Any]:
        """The next message of any worker: the worker, the task's number (or None), the result.

        Raises:
            RuntimeError: a worker has died, or none has answered in time.
        """
        from multiprocessing.connection import wait

        from .worker import receive

        active = [worker for worker in self._workers if worker.active]
        by_handle: dict[Any, _Worker] = {w.process.sentinel: w for w in active}
        pipes = {w.results: w for w in active}
        by_handle |= pipes
        while True:
            ready = wait(list(by_handle), self._timeout or None)
            if not ready:
                raise RuntimeError(f"DataLoader timed out after {self._timeout} seconds")
            worker = by_handle[next((h for h in ready if h in pipes), ready[0])]
            try:
                if worker.results.poll():
                    return worker, *receive(worker.results)
            except (EOFError, OSError) as error:
                self._raise_for_dead(worker, error)
            if not worker.process.is_alive() and not worker.results.poll():
                self._raise_for_dead(worker, None)

    def _raise_for_dead(self, found: _Worker, cause: BaseException | None) -> None:
        found.process.join(GRACE)
        dead = [w for w in self._workers if w.active and (w is found or not w.process.is_alive())]
        for worker in dead:
            worker.active = False
        pids = ", ".join(str(worker.process.pid) for worker in dead)
        codes = " and ".join(_ending(worker.process.exitcode) for worker in dead)
        self._shutdown_workers()
        raise RuntimeError(
            f"DataLoader worker (pid(s) {pids}) exited unexpectedly\n"
            f"Hint: ended {codes}. With num_workers=0 the same examples are loaded in the main "
            "process, where an error shows."
        ) from cause

    def _shutdown_workers(self) -> None:
        """Ends the workers: at once those that wait, after their example those that work."""
        if self._shutdown or os.getpid() != self._owner:
            return
        self._shutdown = True
        self._done.set()
        for worker in self._workers:
            worker.active = False
            worker.tasks.close()
            worker.results.close()
        for worker in self._workers:
            worker.process.join(GRACE)
            for end in (worker.process.terminate, worker.process.kill):
                if worker.process.is_alive():
                    end()
                    worker.process.join(GRACE)

    def __del__(self) -> None:
        if hasattr(self, "_workers"):
            self._shutdown_workers()


def _ending(code: int | None) -> str:
    """How a process ended, from its exit code."""
    if code is not None and code < 0:
        import signal

        try:
            return f"by signal {signal.Signals(-code).name}"
        except ValueError:
            return f"by signal {-code}"
    return f"with exit code {code}"
