"""The threads of the linear algebra library that NumPy has loaded.

NumPy has no call for it. Every BLAS exports one, under a name of its own.
"""

from __future__ import annotations

import ctypes
import functools
import glob
import os
from collections.abc import Callable, Iterable

import numpy as np

# The name that sets the number, and the one that tells it.
CALLS = (
    ("scipy_openblas_set_num_threads64_", "scipy_openblas_get_num_threads64_"),
    ("scipy_openblas_set_num_threads", "scipy_openblas_get_num_threads"),
    ("openblas_set_num_threads64_", "openblas_get_num_threads64_"),
    ("openblas_set_num_threads", "openblas_get_num_threads"),
    ("MKL_Set_Num_Threads", "MKL_Get_Max_Threads"),
    ("bli_thread_set_num_threads", "bli_thread_get_num_threads"),
)
LIBRARIES = ("openblas", "libmkl_rt", "libblis")
MAPS = "/proc/self/maps"


def set_threads(count: int) -> bool:
    """Let linear algebra use ``count`` threads; False where the library offers no such call."""
    calls = _calls()
    if calls is None:
        return False
    calls[0](count)
    return True


def get_threads() -> int | None:
    """How many threads linear algebra uses, or None where the library does not tell."""
    calls = _calls()
    return None if calls is None else int(calls[1]())


@functools.cache
def _calls() -> tuple[Callable[[int], object], Callable[[], int]] | None:
    for path in _loaded():
        try:
            library = ctypes.CDLL(path)  # loaded already: this gives the same library again
        except OSError:
            continue
        for setter, getter in CALLS:
            if hasattr(library, setter) and hasattr(library, getter):
                return getattr(library, setter), getattr(library, getter)
    return None


def _loaded() -> Iterable[str]:
    """Paths of libraries in this process that may be the BLAS."""
    if os.path.exists(MAPS):
        with open(MAPS, encoding="utf-8", errors="replace") as file:
            paths = {line.split(maxsplit=5)[-1].rstrip("\n") for line in file if "/" in line}
    else:  # the folders in which NumPy's wheels for Windows and macOS carry theirs
        home = os.path.dirname(np.__file__)
        paths = {*glob.glob(f"{home}.libs/*"), *glob.glob(f"{home}/.dylibs/*")}
    return sorted(path for path in paths if any(name in path for name in LIBRARIES))
