"""The runtime for other processors and by other compilers.

``portable/`` is a program in C that compares the runtime's functions with plain loops. It runs
here for each compiler there is, for a processor without this one's newer instructions, and, where
a cross compiler and an emulator are found, on 64-bit Arm. Code for AVX-512 is looked at.
"""

import concurrent.futures
import os
import platform
import re
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

import pytest

from flambeau.backends.native import cache, library, parts, toolchain

CHECKS = Path(__file__).parent / "portable"
GROUPS = re.findall(r'^\s*\{"\w+".*', (CHECKS / "main.c").read_text(), re.MULTILINE)
GROUPS = re.findall(r'\{"(\w+)", check_', "\n".join(GROUPS))
X86 = platform.machine() == "x86_64"
ARM_CC, ARM = "aarch64-linux-gnu-gcc", "aarch64"


class Target(NamedTuple):
    """A compiler, flags for the kind of processor, and what runs its programs here.

    Without a name it is the compiler that the runtime is built by.
    """

    command: str
    flags: tuple[str, ...] = ()
    emulators: tuple[str, ...] = ()

    def compiler(self, own):
        """It as the cache knows compilers; skips the test where it is not found."""
        if not self.command:
            return own
        path = shutil.which(self.command)
        if path is None:
            pytest.skip(f"no {self.command}")
        version = toolchain.run((path, "--version")).stdout.splitlines()[0]
        flags = (*toolchain.COMPILE, *self.flags)
        return own._replace(command=(path,), version=version, compile=flags)

    def runner(self):
        """What stands before a program to run it."""
        if not self.emulators:
            return ()
        found = next(filter(None, map(shutil.which, self.emulators)), None)
        if found is None:
            pytest.skip(f"none of {', '.join(self.emulators)}")
        libc = toolchain.run((self.command, "-print-file-name=libc.so.6")).stdout.strip()
        return (found, "-L", str(Path(libc).resolve().parents[1]))


NATIVE = ("-march=native",) if X86 else ("-mcpu=native",)
TARGETS = {
    "own": Target(""),
    "gcc": Target("gcc", NATIVE),
    "clang": Target("clang", NATIVE),
    "sse2": Target("gcc", ("-march=x86-64",)),
    "arm": Target(ARM_CC, ("-march=armv8-a",), (f"qemu-{ARM}-static", f"qemu-{ARM}")),
}
OTHERS = tuple(TARGETS)[1:]
slow = pytest.mark.slow  # whatever it needs is compiled once, and kept in the cache


@pytest.fixture(scope="module")
def sources():
    return parts.Sources(library.SOURCES)


@pytest.fixture(scope="module", params=["own", *(pytest.param(t, marks=slow) for t in OTHERS)])
def program(request, compiler, sources, tmp_path_factory):
    """The checks, linked with the runtime, as a command."""
    target = TARGETS[request.param]
    if request.param == "sse2" and not X86:
        pytest.skip("for x86-64")
    if request.param == ("clang" if "clang" in compiler.version else "gcc"):
        pytest.skip("it is the machine's own")
    compiler, runner = target.compiler(compiler), target.runner()

    def build(part):
        texts, headers, flags = sources.texts(part)
        name = f"runtime-{part.name}"
        return cache.build(texts, headers=headers, flags=flags, name=name)

    with pytest.MonkeyPatch.context() as patch, concurrent.futures.ThreadPoolExecutor(8) as pool:
        patch.setattr(cache, "find", lambda: compiler)
        objects = list(pool.map(build, sources.parts.values()))
    binary = tmp_path_factory.mktemp("portable") / "checks"
    flags = ("-std=gnu11", "-O1", "-Wall", "-Wextra", "-Werror", f"-I{sources.folder}")
    files = (*sorted(CHECKS.glob("*.c")), *objects)
    folders = {f"-Wl,-rpath,{path.parent}" for path in objects}
    words = (*compiler.command, *flags, *map(str, files), *folders, "-o", str(binary), "-lm")
    answer = toolchain.run((*words, "-pthread"))
    assert answer.returncode == 0, answer.stderr
    return (*runner, str(binary))


@pytest.mark.parametrize("group", GROUPS)
def test_what_the_runtime_computes(program, group):
    answer = subprocess.run((*program, group), capture_output=True, text=True, timeout=120)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    counts = re.findall(r"(\d+) checks, 0 failed", answer.stdout)
    assert len(counts) == 2 and all(int(count) > 10 for count in counts)


# -- warnings, and code that cannot run here ------------------------------------------------------


KINDS = {
    "gcc": ("x86-64", "x86-64-v3", "skylake-avx512") if X86 else (),
    "clang": ("x86-64", "skylake-avx512") if X86 else (),
    ARM_CC: ("armv8-a",),
}


@slow
@pytest.mark.parametrize("command, kind", [(c, kind) for c in KINDS for kind in KINDS[c]])
def test_no_warnings(sources, command, kind):
    """None of those that are found without optimising."""
    if shutil.which(command) is None:
        pytest.skip(f"no {command}")
    files = [str(path) for path in sorted(sources.folder.glob("*.c"))]
    flags = (*toolchain.COMPILE, f"-march={kind}", "-Wall", "-Wextra", "-fsyntax-only")
    answer = toolchain.run((command, *flags, *files))
    assert answer.returncode == 0 and not answer.stderr


LOOP = r"(?m)^(\.L\w+):(?:(?!^\.L\w+:)(?:.|\n))*?\n\s*(?:j\w+|b\.?\w+|cbn?z\s+\w+,)\s+\1$"
ASSEMBLY = {  # flags, multiply-add, the widest registers, the stack
    "gcc": (("-march=skylake-avx512",), r"vfmadd\w+ps", r"%zmm", r"\(%r[sb]p"),
    "clang": (("-march=skylake-avx512",), r"vfmadd\w+ps", r"%zmm", r"\(%r[sb]p"),
    ARM_CC: (("-march=armv8-a",), r"fmla", r"\b[qv]\d+", r"\[sp"),
}


@slow
@pytest.mark.parametrize("command", ASSEMBLY)
@pytest.mark.parametrize("file", ["gemm.c", "conv.c", "conv_weight.c", "conv_winograd.c"])
def test_sums_stay_in_their_registers(sources, command, file):
    """With 32 vector registers the inner loops add to 24 vectors, and none of them to memory."""
    if shutil.which(command) is None or (command != ARM_CC and not X86):
        pytest.skip(f"no {command} for this")
    flags, add, vector, stack = ASSEMBLY[command]
    words = (*toolchain.COMPILE, *flags, "-S", "-o", "-", str(sources.folder / file))
    text = toolchain.run((command, *words)).stdout
    loops = [found.group(0).splitlines() for found in re.finditer(LOOP, text)]
    largest = [loop for loop in loops if sum(bool(re.search(add, line)) for line in loop) == 24]
    assert largest
    for loop in largest:
        assert not [line for line in loop if re.search(vector, line) and re.search(stack, line)]


# -- what was built elsewhere ---------------------------------------------------------------------

ZEN = "vendor_id\t: AuthenticAMD\nmodel\t\t: 1\nflags\t\t: fpu sse2 avx2 fma\n"
SERVER = "vendor_id\t: GenuineIntel\nmodel\t\t: 85\nflags\t\t: fpu sse2 avx2 fma avx512f\n"
VIRTUAL = ZEN.replace(" avx2 fma", "")  # the same processor, with less of it shown
GRAVITON = "Features\t: fp asimd sve\nCPU implementer\t: 0x41\nCPU part\t: 0xd40\n"
PI = "Features\t: fp asimd crc32\nCPU implementer\t: 0x41\nCPU part\t: 0xd08\n"
CORES = "processor\t: {}\n{}cpu MHz\t\t: {}\n\n"


@pytest.fixture
def seen_on(monkeypatch, tmp_path):
    """Makes /proc/cpuinfo say something else."""

    def set_to(description, megahertz=3000):
        path = tmp_path / "cpuinfo"
        path.write_text("".join(CORES.format(i, description, megahertz + i) for i in range(2)))

        def open_it(name, *arguments, **options):
            return open(path if name == "/proc/cpuinfo" else name, *arguments, **options)

        monkeypatch.setattr(toolchain, "open", open_it, raising=False)
        toolchain.cpu.cache_clear()
        toolchain.find.cache_clear()

    yield set_to
    monkeypatch.undo()
    toolchain.cpu.cache_clear()
    toolchain.find.cache_clear()


def test_processors_are_told_apart(seen_on):
    told = {}
    for description in (ZEN, SERVER, VIRTUAL, GRAVITON, PI):
        seen_on(description)
        told[toolchain.cpu()] = description
    assert len(told) == 5
    seen_on(ZEN, megahertz=1200)  # the clock's rate and the number of cores do not count
    assert told[toolchain.cpu()] == ZEN


def test_what_another_processor_built_is_not_loaded(folder, seen_on):
    text = {"a.c": "int answer(void) { return 1; }\n"}
    paths = {}
    for description in (ZEN, SERVER, VIRTUAL):
        seen_on(description)
        assert cache.lookup("key") is None  # nor is the other's compiler taken for known
        paths[description] = cache.build(text, key="key")
        assert cache.lookup("key") == paths[description]
    assert len(set(paths.values())) == 3
    for description, path in paths.items():  # the same folder, seen from each of them again
        seen_on(description)
        toolchain.find()
        assert cache.lookup("key") == path
    seen_on(PI)
    assert cache.lookup("key") is None


def test_what_is_not_told_is_not_shared(monkeypatch, seen_on):
    """A system without /proc/cpuinfo is known by its kind of machine at least."""
    seen_on("")
    plain = toolchain.cpu()
    assert platform.machine() in plain and os.uname().sysname.lower() in plain
    monkeypatch.setattr(platform, "machine", lambda: "another")
    toolchain.cpu.cache_clear()
    assert toolchain.cpu() != plain
