"""The runtime library and generated programs, loaded into this process.

The runtime (``runtime/*.c``) is built at its first use on a machine and loaded so that generated
programs find its functions. Its prototypes stand in ``runtime/fl.h``, one a line, and give the
argument types of its Python functions.
"""

from __future__ import annotations

import contextlib
import ctypes
import functools
import os
import re
import threading
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

# cache and toolchain are imported where they are needed: what starts processes and computes
# digests takes longer to import than everything here.

SOURCES = Path(__file__).parent / "runtime"
# Flags of single files.
FLAGS = {"random.c": ("-ffp-contract=off",)}  # its roundings are PyTorch's

_TYPES: dict[str, Any] = {
    "void": None,
    "int": ctypes.c_int,
    "int32_t": ctypes.c_int32,
    "int64_t": ctypes.c_int64,
    "uint32_t": ctypes.c_uint32,
    "uint64_t": ctypes.c_uint64,
    "size_t": ctypes.c_size_t,
    "float": ctypes.c_float,
    "double": ctypes.c_double,
}
_PROTOTYPE = re.compile(r"^FL_API\s+(.+?)(\w+)\s*\((.*)\)\s*;", re.MULTILINE)
_FUNCTION_TYPE = re.compile(r"^typedef\s.*?\(\*\s*(\w+)\s*\)", re.MULTILINE)

_MOST_LINES = 12  # of a compiler's complaints

_UNKNOWN = object()
_runtime: Any = _UNKNOWN  # unknown, a library, or None where there can be none
_looked = False  # for a runtime that was built before
_lock = threading.Lock()


def runtime() -> ctypes.CDLL | None:
    """The runtime library, built and loaded at the first call; None where there can be none.

    Why there is none is told once, as a warning, unless the user switched native code off.
    """
    return _runtime if _runtime is not _UNKNOWN else _start()


def loaded() -> ctypes.CDLL | None:
    """The runtime library if this process has it already. Builds and loads nothing."""
    return _runtime if _runtime is not _UNKNOWN else None


def available() -> ctypes.CDLL | None:
    """The runtime library if it was built before: loads it, but never calls the compiler."""
    global _runtime, _looked
    if _runtime is not _UNKNOWN:
        return _runtime
    from . import cache, toolchain

    with _lock:
        if _runtime is _UNKNOWN and not _looked and not toolchain.switched_off():
            _looked = True
            path = cache.lookup(cache.key_of(_sources(), _headers(), FLAGS), "runtime")
            if path is not None:
                with contextlib.suppress(OSError):  # a damaged one is built again in time
                    _runtime = _prepare(ctypes.CDLL(str(path), ctypes.RTLD_GLOBAL))
    return loaded()


def program(text: str, name: str = "program", key: str | None = None) -> ctypes.CDLL:
    """Build and load one generated C file, which may include the runtime's headers.

    ``key`` may stand for the text: see ``prepared``. Raises NoCompiler where there is no runtime
    and CompileError where the compiler refuses the text.
    """
    from . import cache

    if runtime() is None:
        raise cache.NoCompiler("native code is switched off or cannot be built here")
    headers = _headers()

    def build(rebuild: bool = False) -> Path:
        sources = {f"{name}.c": text}
        return cache.build(sources, headers=headers, name=name, key=_key(key), rebuild=rebuild)

    return _load(build, ctypes.RTLD_LOCAL)


def prepared(key: str, name: str = "program") -> ctypes.CDLL | None:
    """The program that ``program(text, name, key)`` built once, here or elsewhere, or None."""
    from . import cache

    if runtime() is None:
        return None
    path = cache.lookup(_key(key) or "", name)
    try:
        return None if path is None else ctypes.CDLL(str(path), ctypes.RTLD_LOCAL)
    except OSError:
        return None


def part(*files: str) -> ctypes.CDLL:
    """A library of some of the runtime's files and pool.c, apart from the runtime: to test them."""
    from . import cache

    sources = {file: (SOURCES / file).read_text() for file in {*files, "pool.c"}}

    def build(rebuild: bool = False) -> Path:
        return cache.build(sources, headers=_headers(), flags=FLAGS, name="part", rebuild=rebuild)

    return declare(_load(build, ctypes.RTLD_LOCAL))


# -- addresses of arrays -------------------------------------------------------------------------

_HEAD = object.__basicsize__  # where the data pointer stands in NumPy's array object
_pointer_at = ctypes.c_size_t.from_address


def address(array: np.ndarray[Any, Any]) -> int:
    """Where the array's first element lies: ``array.ctypes.data`` at a fifth of its cost."""
    return _pointer_at(id(array) + _HEAD).value


def _slow_address(array: np.ndarray[Any, Any]) -> int:
    return int(array.ctypes.data)


if address(_probe := np.zeros(3)[1:]) != _slow_address(_probe):  # another Python than CPython
    address = _slow_address


# -- the runtime ---------------------------------------------------------------------------------


def _start() -> ctypes.CDLL | None:
    global _runtime
    from . import toolchain

    with _lock:
        if _runtime is _UNKNOWN:
            _runtime = None if toolchain.switched_off() else _open()
    return _runtime


def _open() -> ctypes.CDLL | None:
    from . import cache, toolchain

    try:
        return _prepare(_load(_build_runtime, ctypes.RTLD_GLOBAL))
    except (cache.NoCompiler, cache.CompileError, OSError) as error:
        if toolchain.required():
            raise
        reason = "\n".join(str(error).splitlines()[:_MOST_LINES])
        warnings.warn(
            f"flambeau runs without native code, which is slower: {reason}\n"
            f"({toolchain.SWITCH}=0 in the environment silences this)",
            UserWarning,
            stacklevel=4,
        )
        return None


def _prepare(library: ctypes.CDLL) -> ctypes.CDLL:
    from ..threads import get_num_threads

    declare(library).fl_set_num_threads(get_num_threads())
    return library


def _sources() -> Mapping[str, str]:
    return {path.name: path.read_text() for path in sorted(SOURCES.glob("*.c"))}


def _build_runtime(rebuild: bool = False) -> Path:
    from . import cache

    return cache.build(_sources(), headers=_headers(), flags=FLAGS, name="runtime", rebuild=rebuild)


def _load(build: Any, mode: int) -> ctypes.CDLL:
    """What ``build`` gives, loaded; built again where the system refuses to load it."""
    try:
        return ctypes.CDLL(str(build()), mode)
    except OSError:
        return ctypes.CDLL(str(build(rebuild=True)), mode)


@functools.cache
def _headers() -> Mapping[str, str]:
    return {path.name: path.read_text() for path in sorted(SOURCES.glob("*.h"))}


@functools.cache
def _headers_digest() -> str:
    from . import cache

    return cache.digest(_headers())


def _key(key: str | None) -> str | None:
    """A program's key, which must change with the runtime that the program calls."""
    return None if key is None else f"{key} {_headers_digest()}"


def declare(library: ctypes.CDLL) -> ctypes.CDLL:
    """Give the library's functions the types of fl.h."""
    for name, (result, arguments) in prototypes().items():
        function = getattr(library, name, None)
        if function is not None:
            function.restype, function.argtypes = result, arguments
    return library


@functools.cache
def prototypes() -> Mapping[str, tuple[Any, list[Any]]]:
    """Each function of fl.h with its ctypes result and argument types."""
    found = {}
    for result, name, arguments in _PROTOTYPE.findall(_headers()["fl.h"]):
        parts = [part.strip() for part in arguments.split(",")]
        types = [] if parts == ["void"] else [_type(_without_name(part)) for part in parts]
        found[name] = (_type(result), types)
    return found


def _without_name(parameter: str) -> str:
    return re.sub(r"\b\w+\s*(\[\w*\])?$", r"\1", parameter)


def _type(text: str) -> Any:
    if "*" in text or "[" in text:
        return ctypes.c_void_p
    words = [word for word in text.split() if word != "const"]
    name = " ".join(words)
    if name in _function_types():
        return ctypes.c_void_p
    try:
        return _TYPES[name]
    except KeyError:
        raise TypeError(f"fl.h: no Python type for {text.strip()!r}") from None


@functools.cache
def _function_types() -> frozenset[str]:
    return frozenset(_FUNCTION_TYPE.findall(_headers()["fl.h"]))


def _after_fork() -> None:
    global _lock
    _lock = threading.Lock()  # another thread of the parent may have held it


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
