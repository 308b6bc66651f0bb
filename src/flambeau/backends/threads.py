"""How many threads native code and the linear algebra library use."""

from __future__ import annotations

import os

_threads: int | None = None


def get_num_threads() -> int:
    """The number of threads that were asked for; the number of cores unless set.

    ``$OMP_NUM_THREADS`` asks for one, too, as it does for BLAS libraries.
    """
    if _threads is not None:
        return _threads
    asked = os.environ.get("OMP_NUM_THREADS", "").split(",")[0].strip()
    if asked.isdecimal() and int(asked) > 0:
        return int(asked)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def set_num_threads(n: int) -> None:
    """Asks for a number of threads; the linear algebra library follows where it can be told.

    Native code takes the number when it is loaded, if it is not yet.
    """
    global _threads
    if not isinstance(n, int):
        raise TypeError(f"set_num_threads expects an int, but got {type(n).__name__}")
    if n < 1:
        raise RuntimeError("set_num_threads expects a positive integer")
    _threads = n
    from .blas import set_threads
    from .native import library

    set_threads(n)
    runtime = library.loaded()
    if runtime is not None:
        runtime.fl_set_num_threads(n)


def get_num_interop_threads() -> int:
    """1: operators run one after the other."""
    return 1


def set_num_interop_threads(n: int) -> None:
    """Accepted; operators run one after the other."""
