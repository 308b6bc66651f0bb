"""C text to shared objects, kept in the user's cache folder.

An entry is two files: ``name-key.so`` and, written after it, ``name-key.sum`` with its checksum.
The key is a digest of the text, the compiler, its flags and the processor. An entry whose
checksum is missing or wrong counts as absent, so an interrupted or damaged one is simply built
again. New files are moved into place, never written there, so programs that run keep theirs.

The folder is ``$FLAMBEAU_CACHE``, ``$XDG_CACHE_HOME/flambeau`` or ``~/.cache/flambeau``; where
that cannot be written, a folder of the user's own among the temporary files.
"""

from __future__ import annotations

import contextlib
import functools
import os
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from .toolchain import Compiler, digest_of, find, known, run

# shutil and tempfile are imported where something is built: finding takes less time than they do.

#: how many bytes the folder may hold before the entries not used for longest go
LIMIT = 256 << 20
#: how long, in seconds, to wait for another process that builds the same
PATIENCE = 120.0
_ABANDONED = 3600.0  # a build folder as old as this belongs to nobody
_SUMS = ".sum"
_OBJECT = ".so"


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


#: compilers that run at the same time; who asks first is served first
_turns = threading.Semaphore(_cores())


class CompileError(RuntimeError):
    """The C compiler refused a source; the message is the compiler's."""


class NoCompiler(RuntimeError):
    """There is no C compiler here that works."""


def build(
    sources: Mapping[str, str],
    *,
    headers: Mapping[str, str] | None = None,
    flags: Mapping[str, tuple[str, ...]] | None = None,
    name: str = "program",
    key: str | None = None,
    rebuild: bool = False,
) -> Path:
    """The shared object of C ``sources`` (file name -> text), built unless it is there already.

    Several sources are compiled side by side and then linked. ``headers`` (file name -> text)
    lie in the same folder while they are; ``flags`` (file name -> flags) are those of
    single files. ``key`` stands for the texts where the caller has one
    that determines them; see ``lookup``. ``rebuild`` replaces the entry.

    Raises NoCompiler, CompileError, or OSError where no folder can be written.
    """
    compiler = find()
    if compiler is None:
        raise NoCompiler("no C compiler: set $CC, or install gcc, clang or the package ziglang")
    headers, flags = headers or {}, flags or {}
    if key is None:
        key = key_of(sources, headers, flags)
    entry = _entry(name, key, compiler)
    found = None if rebuild else _find(entry)
    if found is not None:
        return found
    target = _writable() / entry
    with _locked(target):
        if not rebuild and _valid(target):  # whoever held the lock meanwhile has built it
            return target
        _build(compiler, sources, headers, flags, target)
    trim(target.parent, keep=target)
    return target


def lookup(key: str, name: str = "program") -> Path | None:
    """The shared object that ``build(..., key=key, name=name)`` left, or None: no text needed.

    Runs nothing: without a compiler that was in use before, there is nothing to be found.
    """
    compiler = known()
    return None if compiler is None else _find(_entry(name, key, compiler))


def key_of(
    sources: Mapping[str, str],
    headers: Mapping[str, str],
    flags: Mapping[str, tuple[str, ...]] | None = None,
) -> str:
    """The key that ``build`` uses for these texts."""
    return digest({**headers, **sources}) + repr(sorted((flags or {}).items()))


def digest(texts: Mapping[str, str]) -> str:
    """A key for texts by their names."""
    parts = [part.encode() for item in sorted(texts.items()) for part in item]
    return digest_of(b"".join(b"%d:%b" % (len(part), part) for part in parts))


def _entry(name: str, key: str, compiler: Compiler) -> str:
    full = f"{key}\n{compiler.identity}"
    return f"{name}-{digest_of(full.encode())}{_OBJECT}"


def _find(entry: str) -> Path | None:
    path = folder() / entry
    if not _valid(path):
        if os.access(path.parent, os.W_OK):
            return None
        try:
            path = _writable() / entry
        except OSError:
            return None
        if not _valid(path):
            return None
    with contextlib.suppress(OSError):
        os.utime(path)  # notes the use
    return path


# -- entries -------------------------------------------------------------------------------------


def _valid(path: Path) -> bool:
    try:
        return path.with_suffix(_SUMS).read_bytes() == _sum(path)
    except OSError:
        return False


def _sum(path: Path) -> bytes:
    return digest_of(path.read_bytes()).encode()


def _build(
    compiler: Compiler,
    sources: Mapping[str, str],
    headers: Mapping[str, str],
    flags: Mapping[str, tuple[str, ...]],
    target: Path,
) -> None:
    import shutil
    import tempfile

    place = Path(tempfile.mkdtemp(prefix="build-", dir=target.parent))
    try:
        for name, text in {**headers, **sources}.items():
            (place / name).write_text(text, encoding="utf-8")
        if len(sources) == 1:
            (source,) = sources
            own = (*compiler.compile, *flags.get(source, ()))
            _run(compiler, (*own, source, "-o", target.name, *compiler.link), place)
        else:
            own_flags = {source: flags.get(source, ()) for source in sources}
            objects = _compile(compiler, own_flags, place)
            _run(compiler, (*objects, "-o", target.name, *compiler.link), place)
        write(target.with_suffix(_SUMS), _sum(place / target.name), before=place / target.name)
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _compile(compiler: Compiler, sources: Mapping[str, tuple[str, ...]], place: Path) -> list[str]:
    from concurrent.futures import ThreadPoolExecutor

    def compile(source: str) -> str:
        own = sources[source]
        _run(compiler, (*compiler.compile, *own, "-c", source, "-o", f"{source}.o"), place)
        return f"{source}.o"

    with ThreadPoolExecutor(len(sources)) as pool:
        # The longest first: the others fill the gaps.
        longest = sorted(sources, key=lambda source: -(place / source).stat().st_size)
        return sorted(pool.map(compile, longest))


def _run(compiler: Compiler, arguments: tuple[str, ...], place: Path) -> None:
    with _turns:
        answer = run((*compiler.command, *arguments), cwd=place)
    if answer.returncode:
        command = " ".join((*compiler.command, *arguments))
        raise CompileError(f"{command}\n{(answer.stderr or answer.stdout).strip()}")


def write(path: Path, content: bytes, before: Path | None = None) -> None:
    """Move ``content`` to ``path`` in one step; ``before``, a file to move beside it first."""
    import tempfile

    handle, name = tempfile.mkstemp(prefix="write-", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        if before is not None:
            os.replace(before, path.parent / before.name)
        os.replace(name, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise


# -- one process builds, the others wait ----------------------------------------------------------


@contextlib.contextmanager
def _locked(target: Path) -> Iterator[None]:
    """Holds the entry's lock, or after ``PATIENCE`` seconds, or where there are none, nothing.

    Without the lock everything stays right: two processes then build the same twice.
    """
    handle = _lock(target.with_suffix(".lock"))
    if handle is None:
        yield
        return
    import fcntl

    try:
        yield
    finally:
        # Those who wait hold the file open and find the entry when they get the lock.
        with contextlib.suppress(OSError):
            target.with_suffix(".lock").unlink()
        # Unlocked by name: a child forked meanwhile has the file open, too.
        fcntl.flock(handle, fcntl.LOCK_UN)
        os.close(handle)


def _lock(path: Path) -> int | None:
    try:
        import fcntl
    except ImportError:
        return None
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError:
        return None
    until, pause = time.monotonic() + PATIENCE, 0.002
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return handle
        except BlockingIOError:
            if time.monotonic() >= until:
                break
        except OSError:
            break  # a file system without locks
        time.sleep(pause)
        pause = min(2 * pause, 0.05)
    os.close(handle)
    return None


# -- folders -------------------------------------------------------------------------------------


def folder() -> Path:
    """Where entries belong, written or not."""
    named = os.environ.get("FLAMBEAU_CACHE")
    if named:
        return Path(named).absolute()
    root = os.environ.get("XDG_CACHE_HOME", "")
    if not os.path.isabs(root):
        root = os.path.expanduser("~/.cache")
    return Path(root).absolute() / "flambeau"


def _writable() -> Path:
    """The folder for new entries; OSError where there is none."""
    import tempfile

    place = folder()
    try:
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix="write-", dir=place)
        os.close(handle)
        os.unlink(name)
        return place
    except OSError:
        return _spare()


@functools.cache
def _spare() -> Path:
    """The user's folder among the temporary files; a fresh one where somebody else made that."""
    import shutil
    import tempfile

    place = Path(tempfile.gettempdir()) / f"flambeau-{os.getuid()}"
    with contextlib.suppress(FileExistsError):
        place.mkdir(mode=0o700)
    status = place.lstat()
    if status.st_uid == os.getuid() and not status.st_mode & 0o022 and place.is_dir():
        return place
    import atexit

    fresh = Path(tempfile.mkdtemp(prefix="flambeau-"))
    atexit.register(shutil.rmtree, fresh, ignore_errors=True)
    return fresh


def trim(place: Path, keep: Path | None = None) -> None:
    """Remove the entries used longest ago until ``LIMIT`` is kept, and what builds left behind."""
    entries: list[tuple[float, int, Path]] = []
    with contextlib.suppress(OSError), os.scandir(place) as files:
        for file in files:
            with contextlib.suppress(OSError):  # another process removes, too
                status = file.stat(follow_symlinks=False)
                if file.name.endswith(_OBJECT):
                    entries.append((status.st_mtime, status.st_size, Path(file.path)))
                elif _is_temporary(file.name) and status.st_mtime < time.time() - _ABANDONED:
                    _remove(Path(file.path))
    total = sum(size for _, size, _ in entries)
    for _, size, path in sorted(entries):
        if total <= LIMIT:
            return
        if path != keep:
            _remove(path.with_suffix(_SUMS))
            _remove(path)
            total -= size


def _is_temporary(name: str) -> bool:
    return name.startswith(("build-", "write-"))


def _remove(path: Path) -> None:
    if path.is_dir():
        import shutil

        shutil.rmtree(path, ignore_errors=True)
    else:
        with contextlib.suppress(OSError):
            path.unlink()


def _after_fork() -> None:
    global _turns
    _turns = threading.Semaphore(_cores())  # other threads of the parent may have had turns


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
