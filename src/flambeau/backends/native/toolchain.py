"""The machine's C compiler.

``$CC`` (which may hold arguments), ``cc``, ``gcc``, ``clang`` and the ``ziglang`` package are
tried in this order. ``$FLAMBEAU_NATIVE`` rules over all of it: 0 turns native code off, 1 makes
its failures errors instead of a notice; by default native code is used where it can be.
"""

from __future__ import annotations

import functools
import os
import platform
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

try:
    from _blake2 import blake2b  # hashlib's, without loading OpenSSL beside it
except ImportError:
    from hashlib import blake2b

if TYPE_CHECKING:
    import subprocess

# What starts processes is imported where it is needed: it takes longer than all else here.

SWITCH = "FLAMBEAU_NATIVE"

# No -ffast-math: NaN and infinities must come out right.
COMPILE = (
    "-O3", "-std=gnu11", "-fPIC", "-fvisibility=hidden", "-fno-semantic-interposition",
    "-fno-math-errno", "-fno-trapping-math", "-ffp-contract=fast", "-pthread",
)  # fmt: skip
LINK = ("-shared", "-pthread", "-lm")
# What the runtime defines is found when a program is loaded. ELF linkers allow that by default.
LINK_MACOS = ("-Wl,-undefined,dynamic_lookup",)
# How to ask for all instructions of this processor; the first that the compiler takes is used.
NATIVE = (("-march=native",), ("-mcpu=native",), ())

_TRIAL = "int trial(int x) { return x + 1; }\n"
_PATIENCE = 60.0  # seconds for a trial: some compilers unpack themselves at their first start


class Compiler(NamedTuple):
    """A C compiler that works, and how to call it.

    ``command`` starts it, ``version`` is the first line that it says of itself, ``compile`` are
    the flags for sources and ``link`` those for shared objects, and ``cpu`` tells the processor
    that its code is for.
    """

    command: tuple[str, ...]
    version: str
    compile: tuple[str, ...]
    link: tuple[str, ...]
    cpu: str

    @property
    def identity(self) -> str:
        """All that decides, beside the source, what is built."""
        return "\n".join((self.version, self.cpu, *self.command[1:], *self.compile, *self.link))


def digest_of(content: bytes) -> str:
    """A key for content."""
    return str(blake2b(content, digest_size=16).hexdigest())


def switched_off() -> bool:
    """Whether the user wants no native code."""
    return os.environ.get(SWITCH, "").strip() == "0"


def required() -> bool:
    """Whether the user would rather see an error than go on without native code."""
    return os.environ.get(SWITCH, "").strip() == "1"


@functools.cache
def find() -> Compiler | None:
    """The first compiler that builds a shared object here, or None."""
    if os.name != "posix":  # programs need POSIX threads and symbols that are bound at load time
        return None
    for command in _commands():
        compiler = _remembered(command) or _probe(command)
        if compiler is not None:
            return compiler
    return None


def known() -> Compiler | None:
    """The compiler that ``find`` gives, if it need not be tried out; runs nothing."""
    if os.name != "posix":
        return None
    if find.cache_info().currsize:
        return find()
    return next(filter(None, map(_remembered, _commands())), None)


def _commands() -> Iterator[tuple[str, ...]]:
    chosen = os.environ.get("CC", "").split()
    if any(mark in word for word in chosen for mark in "'\"\\"):
        import shlex

        chosen = shlex.split(os.environ["CC"])
    for command in (chosen, ["cc"], ["gcc"], ["clang"]):
        path = _which(command[0]) if command else None
        if path is not None:
            yield (path, *command[1:])
    yield from _ziglang()


def _which(program: str) -> str | None:
    """shutil.which, which takes longer to import than to run."""
    folders = [""] if os.path.dirname(program) else os.get_exec_path()
    for path in (os.path.join(folder, program) for folder in folders):
        if os.path.isfile(path) and os.access(path, os.X_OK):
            return path
    return None


def _ziglang() -> Iterator[tuple[str, ...]]:
    from importlib.util import find_spec

    package = find_spec("ziglang")
    if package is None:
        return
    for folder in package.submodule_search_locations or ():
        program = os.path.join(folder, "zig")
        if os.access(program, os.X_OK):  # the same as `python -m ziglang`, without that Python
            yield (program, "cc")


# -- trying a compiler out -----------------------------------------------------------------------


def _probe(command: tuple[str, ...]) -> Compiler | None:
    import subprocess

    try:
        answer = run((*command, "--version"), timeout=_PATIENCE)
    except (OSError, subprocess.SubprocessError):
        return None
    if answer.returncode or not answer.stdout.strip():
        return None
    version = answer.stdout.strip().splitlines()[0]
    link = LINK + (LINK_MACOS if sys.platform == "darwin" else ())
    for native in NATIVE:
        compiler = Compiler(command, version, (*COMPILE, *native), link, cpu())
        if _works(compiler):
            _remember(compiler)
            return compiler
    return None


def _works(compiler: Compiler) -> bool:
    import subprocess
    import tempfile

    with tempfile.TemporaryDirectory(prefix="flambeau-") as folder:
        Path(folder, "trial.c").write_text(_TRIAL)
        flags = (*compiler.compile, "trial.c", "-o", "trial.so", *compiler.link)
        try:
            answer = run((*compiler.command, *flags), cwd=folder, timeout=_PATIENCE)
        except (OSError, subprocess.SubprocessError):
            return False
        return answer.returncode == 0 and Path(folder, "trial.so").exists()


def run(
    command: tuple[str, ...], cwd: str | Path | None = None, timeout: float | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a compiler; its messages come in English and its output is text."""
    import subprocess

    return subprocess.run(
        command,
        cwd=cwd,
        timeout=timeout,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        env={**os.environ, "LC_ALL": "C"},
        check=False,
    )


# -- what was found, kept on disk: trying takes longer than loading a program ---------------------


def _remembered(command: tuple[str, ...]) -> Compiler | None:
    try:
        stamp, version, *lists, processor = _note(command).read_text().split("\n")
        words, compile, link = (tuple(text.split("\t")) for text in lists)
        if stamp != _stamp(command) or processor != cpu():
            return None
        return Compiler(words, version, compile, link, processor)
    except (OSError, ValueError):
        return None


def _remember(compiler: Compiler) -> None:
    from .cache import write

    lists = ("\t".join(words) for words in (compiler.command, compiler.compile, compiler.link))
    lines = (_stamp(compiler.command), compiler.version, *lists, compiler.cpu)
    try:
        path = _note(compiler.command)
        path.parent.mkdir(parents=True, exist_ok=True)
        write(path, "\n".join(lines).encode())
    except OSError:
        pass  # it is tried again next time


def _note(command: tuple[str, ...]) -> Path:
    from .cache import folder

    return folder() / f"compiler-{digest_of(repr((command, COMPILE, LINK)).encode())}.txt"


def _stamp(command: tuple[str, ...]) -> str:
    """Changes whenever the compiler's file does."""
    path = os.path.realpath(command[0])
    status = os.stat(path)
    return f"{path} {status.st_size} {status.st_mtime_ns}"


@functools.cache
def cpu() -> str:
    """The processor and C library: what is built here runs wherever the same is told."""
    wanted = {"vendor_id", "cpu family", "model", "model name", "flags"}  # x86
    wanted |= {"CPU implementer", "CPU part", "CPU variant", "Features"}  # Arm
    lines = []
    try:
        with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as file:
            for line in file:
                if not line.strip():
                    break  # the other cores
                if line.split(":")[0].strip() in wanted:
                    lines.append(line.strip())
    except OSError:
        lines.append(platform.processor())
    return " ".join((sys.platform, platform.machine(), _libc(), *lines))


def _libc() -> str:
    try:
        return os.confstr("CS_GNU_LIBC_VERSION") or ""
    except (AttributeError, ValueError, OSError):
        return ""
