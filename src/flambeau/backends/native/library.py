"""The runtime library and generated programs, loaded into this process.

The runtime (``runtime/*.c``) consists of parts (``parts.py``), each a shared object of its own that
is built at its first use on a machine and loaded at its first use in a process, in such a way that
other parts and generated programs find its functions. The runtime's functions have the types of
their prototypes in ``runtime/fl.h``.
"""

from __future__ import annotations

import contextlib
import ctypes
import functools
import os
import threading
import warnings
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .parts import FLAGS, Part, Sources

if TYPE_CHECKING:
    from concurrent.futures import Future, ThreadPoolExecutor

# cache and toolchain are imported where they are needed: what starts processes and computes
# digests takes longer to import than everything here.

SOURCES = Path(__file__).parent / "runtime"

_FIRST = "fl_for"  # of the part that everything needs
_MOST_LINES = 12  # of a compiler's complaints


def runtime(*functions: str) -> Runtime | None:
    """The runtime with these functions, built and loaded where they are not yet, or None.

    Why they cannot be had is told once, as a warning, unless the user switched native code off.
    Other functions are built and loaded when they are asked for: ``runtime().fl_sgemm``.
    """
    return _loader.runtime if _loader.get(functions or (_FIRST,)) else None


def loaded(*functions: str) -> Runtime | None:
    """The runtime if this process has these functions already. Builds and loads nothing."""
    return None if _loader.missing(functions or (_FIRST,)) else _loader.runtime


def available(*functions: str) -> Runtime | None:
    """The runtime if these functions were built before: loads, but never calls the compiler."""
    return _loader.runtime if _loader.from_disk(functions or (_FIRST,)) else None


def held() -> Runtime:
    """The runtime whose calls keep Python's lock: sooner, for such as take microseconds."""
    return _loader.held


def start(*functions: str) -> None:
    """Start what builds these functions, if they are not there, and do not wait for it."""
    from . import toolchain

    if not toolchain.switched_off() and toolchain.find() is not None:
        _loader.start(_loader.missing(functions or (_FIRST,)))


def program(
    text: str, name: str = "program", key: str | None = None, flags: tuple[str, ...] = ()
) -> ctypes.CDLL:
    """Build and load one generated C file, which may include the runtime's headers.

    The parts of the runtime that the text calls are built beside it and loaded before it. ``key``
    may stand for the text: see ``prepared``. ``flags`` go to the compiler after its usual ones.
    Raises NoCompiler where there is no runtime and CompileError where the compiler refuses the text
    or a part of the runtime.
    """
    from . import cache, toolchain

    if toolchain.switched_off():
        raise cache.NoCompiler("native code is switched off")
    sources, headers = {f"{name}.c": text}, _loader.sources.headers(text)
    own = {f"{name}.c": flags} if flags else {}
    own_key = cache.key_of(sources, headers, own) if key is None else _key(key)

    def build(rebuild: bool = False) -> Path:
        return cache.build(
            sources, headers=headers, flags=own, name=name, key=own_key, rebuild=rebuild
        )

    used = _loader.sources.used_by(text)
    _loader.start(used)
    path = build()  # beside the parts
    _loader.load(used)
    return _open(path, build, ctypes.RTLD_LOCAL)


def prepared(key: str, name: str = "program") -> ctypes.CDLL | None:
    """The program that ``program(text, name, key)`` built once, here or elsewhere, or None."""
    from . import cache, toolchain

    path = None if toolchain.switched_off() else cache.lookup(_key(key), name)
    if path is None:
        return None
    try:
        _loader.load(_loader.sources.used_by_object(path.read_bytes()))
        return ctypes.CDLL(str(path), ctypes.RTLD_LOCAL)
    except (cache.NoCompiler, cache.CompileError, OSError):
        return None


def part(*files: str) -> ctypes.CDLL:
    """A library of some of the runtime's files and pool.c, apart from the runtime: to test them."""
    from . import cache

    sources = {file: _loader.sources.text(file) for file in {*files, "pool.c"}}
    headers = _loader.sources.headers(*sources.values())

    def build(rebuild: bool = False) -> Path:
        return cache.build(sources, headers=headers, flags=FLAGS, name="part", rebuild=rebuild)

    return declare(_open(build(), build, ctypes.RTLD_LOCAL))


def prototypes() -> Mapping[str, tuple[Any, list[Any]]]:
    """Each function of fl.h with its ctypes result and argument types."""
    return _loader.sources.prototypes()


def declare(library: ctypes.CDLL) -> ctypes.CDLL:
    """Give the library's functions the types of fl.h."""
    for name, (result, arguments) in prototypes().items():
        function = getattr(library, name, None)
        if function is not None:
            function.restype, function.argtypes = result, arguments
    return library


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


class Runtime:
    """The runtime's functions as attributes: the first look at one builds and loads its part.

    Raises:
        AttributeError: the runtime has no such function, or its part cannot be had here.
    """

    def __init__(self, loader: _Loader, kind: type[ctypes.CDLL] = ctypes.CDLL):
        self._loader, self._kind = loader, kind

    def __getattr__(self, name: str) -> Any:  # of what is not there yet
        part = self._loader.sources.part_of.get(name)
        if part is None:
            raise AttributeError(f"the runtime has no function {name}", name=name, obj=self)
        if not self._loader.get((name,)):
            raise AttributeError(f"{name} cannot be had here", name=name, obj=self)
        library = self._loader.libraries[part]
        function = getattr(self._kind(library._name, handle=library._handle), name)
        function.restype, function.argtypes = self._loader.sources.types(name)
        setattr(self, name, function)
        return function


class _Loader:
    """The parts of one folder of sources in this process."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.libraries: dict[str, ctypes.CDLL] = {}  # of parts, by name
        self.runtime = Runtime(self)
        self.held = Runtime(self, ctypes.PyDLL)
        self._lock = threading.RLock()
        self._objects: dict[str, Path | Future[Path]] = {}  # of parts that can be loaded now
        self._failures: dict[str, Exception] = {}
        self._absent: set[str] = set()  # parts that were not on disk
        self._told: set[str] = set()  # what users were warned of
        self._builders: ThreadPoolExecutor | None = None

    @functools.cached_property
    def sources(self) -> Sources:
        return Sources(self.folder)

    def missing(self, functions: Iterable[str]) -> list[Part]:
        """The parts that have to be loaded for functions, in order."""
        parts = [self.sources.part_of[name] for name in functions]
        if all(part in self.libraries for part in parts):
            return []
        return [p for p in self.sources.ordered(parts) if p.name not in self.libraries]

    def get(self, functions: Iterable[str]) -> bool:
        """Whether functions are there, built and loaded; a warning says why they are not, once."""
        missing = self.missing(functions)
        if not missing:
            return True
        from . import cache, toolchain

        if toolchain.switched_off():
            return False
        try:
            self.load(missing)
        except (cache.NoCompiler, cache.CompileError, OSError) as error:
            if toolchain.required():
                raise
            self._tell(str(error))
            return False
        return True

    def from_disk(self, functions: Iterable[str]) -> bool:
        """Whether functions are there, loaded if they were built before."""
        missing = self.missing(functions)
        if not missing:
            return True
        from . import toolchain

        if toolchain.switched_off() or any(part.name in self._absent for part in missing):
            return False
        with self._lock, contextlib.suppress(OSError):  # a damaged one is built again in time
            for part in missing:
                if part.name not in self.libraries:
                    path = self._look_up(part)
                    if path is None:
                        self._absent.add(part.name)
                        return False
                    self._keep(part, ctypes.CDLL(str(path), ctypes.RTLD_GLOBAL))
            return True
        return False

    def load(self, parts: Iterable[Part]) -> None:
        """Build what is missing of parts, side by side, and load them in this order.

        Raises NoCompiler, CompileError or OSError.
        """
        with self._lock:
            missing = [part for part in parts if part.name not in self.libraries]
            self.start(missing)
            for part in missing:
                if part.name in self._failures:
                    raise self._failures[part.name]
                try:
                    self._load(part)
                except Exception as error:
                    self._failures[part.name] = error
                    raise

    def start(self, parts: Iterable[Part]) -> None:
        """Find the objects of parts; start to build those that are not on disk."""
        with self._lock:
            known = (self.libraries, self._objects, self._failures)
            absent = []
            for part in parts:
                if not any(part.name in names for names in known):
                    path = self._look_up(part)
                    if path is None:
                        absent.append(part)
                    else:
                        self._objects[part.name] = path
            if absent:
                self._build_beside(absent)

    def _build_beside(self, parts: list[Part]) -> None:
        from concurrent.futures import ThreadPoolExecutor

        if self._builders is None:
            self._builders = ThreadPoolExecutor(len(self.sources.parts), "flambeau-build")
        # The longest first: the others fill the gaps.
        for part in sorted(parts, key=self.sources.size, reverse=True):
            self._objects[part.name] = self._builders.submit(self._build, part)

    def _build(self, part: Part, rebuild: bool = False) -> Path:
        from . import cache

        sources, headers, flags = self.sources.texts(part)
        name = f"runtime-{part.name}"
        return cache.build(sources, headers=headers, flags=flags, name=name, rebuild=rebuild)

    def _look_up(self, part: Part) -> Path | None:
        from . import cache

        return cache.lookup(cache.key_of(*self.sources.texts(part)), f"runtime-{part.name}")

    def _load(self, part: Part) -> None:
        found = self._objects.pop(part.name)
        path = found if isinstance(found, Path) else found.result()
        build = functools.partial(self._build, part)
        self._keep(part, _open(path, build, ctypes.RTLD_GLOBAL))

    def _keep(self, part: Part, library: ctypes.CDLL) -> None:
        self.libraries[part.name] = library
        if part.name == self.sources.part_of[_FIRST]:
            from ..threads import get_num_threads

            self.runtime.fl_set_num_threads(get_num_threads())

    def _tell(self, error: str) -> None:
        if error in self._told:
            return
        self._told.add(error)
        from .toolchain import SWITCH

        reason = "\n".join(error.splitlines()[:_MOST_LINES])
        warnings.warn(
            f"flambeau runs without native code, or some of it, which is slower: {reason}\n"
            f"({SWITCH}=0 in the environment silences this)",
            UserWarning,
            stacklevel=4,
        )

    def after_fork(self) -> None:
        """A forked process has none of its parent's other threads."""
        self._lock = threading.RLock()
        self._objects.clear()
        self._builders = None


def _open(path: Path, build: Callable[..., Path], mode: int) -> ctypes.CDLL:
    """An object, loaded; built again where the system refuses to load it."""
    try:
        return ctypes.CDLL(str(path), mode)
    except OSError:
        return ctypes.CDLL(str(build(rebuild=True)), mode)


@functools.cache
def _headers_digest() -> str:
    from . import cache

    return cache.digest(_loader.sources.all_headers())


def _key(key: str) -> str:
    """A program's key, which must change with the runtime that the program calls."""
    return f"{key} {_headers_digest()}"


_loader = _Loader(SOURCES)

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=lambda: _loader.after_fork())
