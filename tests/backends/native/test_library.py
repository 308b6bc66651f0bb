"""The runtime library and generated programs in a process."""

import ctypes
import re
import shutil

import numpy as np
import pytest

from flambeau.backends.native import cache, library

DOUBLE = """#include "fl.h"
FL_API int64_t twice(int64_t n) { return 2 * n; }
FL_API int64_t threads(void) { return fl_num_threads(); }
"""
# What a script sees of the runtime: is there one, and what was said?
LOAD = """
import warnings
from flambeau.backends.native import library
with warnings.catch_warnings(record=True) as said:
    warnings.simplefilter("always")
    found = library.runtime(), library.runtime(), library.loaded()
    for message in said:
        print("warning:", message.category.__name__, message.message)
print("runtime:", [one is not None for one in found])
import flambeau
print(flambeau.ones(3).sum().item())
"""


def test_every_prototype_has_its_function(runtime):
    names = library.prototypes()
    assert {"fl_for", "fl_scratch", "fl_num_threads"} <= set(names)
    missing = [name for name in names if not hasattr(runtime, name)]
    assert not missing


def test_every_exported_function_has_a_prototype_on_one_line():
    for path in library.SOURCES.glob("fl.h"):
        lines = [line for line in path.read_text().splitlines() if line.startswith("FL_API")]
        assert len(lines) == len(library.prototypes())
        assert all(line.rstrip().endswith(";") for line in lines)


def test_types_come_from_the_prototypes(runtime):
    assert runtime.fl_num_threads.argtypes == []
    assert runtime.fl_num_threads.restype is ctypes.c_int64
    assert runtime.fl_scratch.argtypes == [ctypes.c_int64, ctypes.c_size_t]
    assert runtime.fl_scratch.restype is ctypes.c_void_p
    assert runtime.fl_set_num_threads.restype is None


@pytest.mark.parametrize(
    ("parameter", "expected"),
    [
        ("const float *x", ctypes.c_void_p),
        ("void *", ctypes.c_void_p),
        ("int64_t sizes[3]", ctypes.c_void_p),
        ("const int64_t n", ctypes.c_int64),
        ("double alpha", ctypes.c_double),
        ("int flag", ctypes.c_int),
        ("fl_body body", ctypes.c_void_p),
    ],
)
def test_parameters(parameter, expected):
    assert library._type(library._without_name(parameter)) is expected


def test_a_type_that_python_lacks_is_an_error():
    with pytest.raises(TypeError, match="long double"):
        library._type("long double ")


def test_the_runtime_is_loaded_once(runtime):
    assert library.runtime() is runtime is library.loaded()


def test_a_program_calls_the_runtime(runtime, folder):
    program = library.program(DOUBLE, "double")
    assert program.twice(21) == 42
    assert program.threads() == runtime.fl_num_threads()
    assert len(list(folder.glob("double-*.so"))) == 1


def test_a_prepared_program(runtime, folder):
    assert library.prepared("one", "double") is None
    library.program(DOUBLE, "double", key="one")
    assert library.prepared("one", "double").twice(3) == 6
    assert library.prepared("two", "double") is None


def test_a_prepared_program_goes_with_the_runtime(runtime, folder, monkeypatch):
    library.program(DOUBLE, "double", key="one")
    monkeypatch.setattr(library, "_headers_digest", lambda: "another runtime")
    assert library.prepared("one", "double") is None


def test_a_program_that_is_wrong(runtime, folder):
    with pytest.raises(cache.CompileError, match="oops"):
        library.program("int f(void) { return oops; }", "wrong")


def test_an_object_that_cannot_be_loaded_is_built_again(runtime, folder):
    library.program(DOUBLE, "double")
    (path,) = folder.glob("double-*.so")
    path.unlink()  # not written over: it is loaded
    path.write_bytes(b"no shared object")
    path.with_suffix(".sum").write_bytes(cache._sum(path))  # as if it had been built so
    assert library.program(DOUBLE, "double").twice(4) == 8


def test_part_of_the_runtime(folder, compiler):
    part = library.part("pool.c")
    assert part.fl_num_threads.restype is ctypes.c_int64
    assert part.fl_num_threads() >= 1


@pytest.mark.parametrize("shape", [(), (0,), (3,), (4, 5)])
def test_addresses(shape):
    array = np.zeros(shape)
    for view in (array, array[..., :1] if shape else array, array.T):
        assert library.address(view) == view.ctypes.data == library._slow_address(view)


def test_switched_off(python):
    out, err = python(LOAD, FLAMBEAU_NATIVE="0").communicate(timeout=120)
    assert out.split("\n")[:2] == ["runtime: [False, False, False]", "3.0"], err


def test_without_a_compiler_there_is_one_notice(python, tmp_path):
    nowhere = {"CC": "/nonexistent", "PATH": "/nonexistent", "FLAMBEAU_NATIVE": None}
    script = "import sys; sys.modules['ziglang'] = None\n" + LOAD
    out, err = python(script, FLAMBEAU_CACHE=str(tmp_path), **nowhere).communicate(timeout=120)
    lines = out.splitlines()
    assert lines[-2:] == ["runtime: [False, False, False]", "3.0"], err
    assert len(re.findall("warning: UserWarning", out)) == 1 and "no C compiler" in lines[0]
    nowhere["FLAMBEAU_NATIVE"] = "1"
    out, err = python(script, FLAMBEAU_CACHE=str(tmp_path), **nowhere).communicate(timeout=120)
    assert "NoCompiler" in err and not out


def test_a_runtime_that_cannot_be_built(monkeypatch, folder, runtime, tmp_path):
    sources = tmp_path / "runtime"
    sources.mkdir()
    shutil.copy(library.SOURCES / "fl.h", sources)
    (sources / "broken.c").write_text("int broken(\n")
    monkeypatch.setattr(library, "SOURCES", sources)
    monkeypatch.setattr(library, "_runtime", library._UNKNOWN)
    monkeypatch.delenv("FLAMBEAU_NATIVE", raising=False)
    with pytest.warns(UserWarning, match=r"broken\.c"):
        assert library.runtime() is None
    with pytest.raises(cache.NoCompiler):
        library.program(DOUBLE, "double")
    assert library.prepared("one") is None
