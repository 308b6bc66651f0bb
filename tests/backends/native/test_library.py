"""The runtime library and generated programs in a process."""

import ctypes
import multiprocessing
import os
import re
import subprocess
import threading

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


def test_types_come_from_the_prototypes(runtime):
    assert runtime.fl_num_threads.argtypes == []
    assert runtime.fl_num_threads.restype is ctypes.c_int64
    assert runtime.fl_scratch.argtypes == [ctypes.c_int64, ctypes.c_size_t]
    assert runtime.fl_scratch.restype is ctypes.c_void_p
    assert runtime.fl_set_num_threads.restype is None


def test_the_runtime_is_loaded_once(runtime):
    assert library.runtime() is runtime is library.loaded() is library.available()
    assert runtime.fl_num_threads is runtime.fl_num_threads


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


# -- parts ---------------------------------------------------------------------------------------

# A runtime of three parts and one that is wrong.
SMALL = {
    "fl.h": """#include <stdint.h>
#define FL_API __attribute__((visibility("default")))
/* ---- threads (pool.c) ---- */
FL_API void fl_for(void);
FL_API void fl_set_num_threads(int64_t n);
FL_API int64_t fl_num_threads(void);
/* ---- one (one.c; doubles: one64.c) ---- */
FL_API int64_t fl_one(const float *x);
FL_API int64_t fl_one64(const double *x);
/* ---- two (two.c, more.c; needs one.c) ---- */
FL_API int64_t fl_two(void);
/* ---- wrong (wrong.c) ---- */
FL_API int64_t fl_wrong(void);
/* ---- on the wrong one (above.c; needs wrong.c) ---- */
FL_API int64_t fl_above(void);
""",
    "more.h": "int64_t more(void);\n",
    "pool.c": """#include "fl.h"
static int64_t threads;
void fl_for(void) {}
void fl_set_num_threads(int64_t n) { threads = n; }
int64_t fl_num_threads(void) { return threads; }
""",
    "one.c": '#include "fl.h"\nint64_t fl_one(const float *x) { return x ? (int64_t)*x : 1; }\n',
    "one64.c": '#include "fl.h"\nint64_t fl_one64(const double *x) { return 64 + (int64_t)*x; }\n',
    "two.c": """#include "fl.h"
#include "more.h"
int64_t fl_two(void) { return fl_one(0) + more(); }
""",
    "more.c": '#include "fl.h"\n#include "more.h"\nint64_t more(void) { return 1; }\n',
    "wrong.c": '#include "fl.h"\nint64_t fl_wrong(void) { return wrong; }\n',
    "above.c": '#include "fl.h"\nint64_t fl_above(void) { return fl_wrong(); }\n',
}
USES_TWO = '#include "fl.h"\nFL_API int64_t three(void) { return fl_two() + fl_one(0); }\n'


@pytest.fixture
def small(folder, monkeypatch, tmp_path):
    """A small runtime in the place of the real one; called, it starts afresh, as a process does."""
    monkeypatch.delenv("FLAMBEAU_NATIVE", raising=False)
    place = tmp_path / "runtime"
    place.mkdir()
    for name, text in SMALL.items():
        (place / name).write_text(text)

    def start():
        monkeypatch.setattr(library, "_loader", library._Loader(place))
        library._headers_digest.cache_clear()
        return place

    start()
    yield start
    library._headers_digest.cache_clear()


def built(folder):
    """The parts and programs on disk."""
    return {path.name.rpartition("-")[0] for path in folder.glob("*.so")}


def test_parts_are_built_when_they_are_used(small, folder):
    assert library.loaded() is None and library.available() is None and not built(folder)
    runtime = library.runtime()
    assert built(folder) == {"runtime-pool"} and library.loaded() is runtime
    assert library.loaded("fl_two") is None
    assert runtime.fl_two() == 2
    assert built(folder) == {"runtime-pool", "runtime-one", "runtime-two"}
    assert library.loaded("fl_two", "fl_one") is runtime and library.loaded("fl_one64") is None
    assert runtime.fl_one64(np.full(1, 3.0).ctypes.data) == 67


def test_functions_are_plain_attributes_from_the_second_look_on(small):
    runtime = library.runtime("fl_one")
    assert "fl_one" not in vars(runtime)
    found = runtime.fl_one
    assert vars(runtime)["fl_one"] is found is runtime.fl_one
    assert found.argtypes == [ctypes.c_void_p] and found.restype is ctypes.c_int64


def test_calls_that_keep_the_lock(small):
    held = library.held()
    assert held.fl_two() == 2 and held is not library.runtime()
    assert held.fl_two is not library.runtime().fl_two
    held.fl_set_num_threads(7)
    assert library.runtime().fl_num_threads() == 7  # the same library


def test_what_the_runtime_does_not_have(small):
    with pytest.raises(AttributeError, match="no function fl_nothing"):
        library.runtime().fl_nothing


def test_available_loads_but_does_not_build(small, folder):
    assert library.runtime("fl_one") is not None
    small()
    assert library.available("fl_two") is None and library.loaded() is not None  # pool and one
    assert library.available("fl_one") is library.loaded("fl_one") is not None
    assert "runtime-two" not in built(folder)
    assert library.runtime("fl_two").fl_two() == 2  # now it is
    assert library.available("fl_two") is not None


def test_the_threads_that_were_asked_for(small, monkeypatch):
    from flambeau.backends import threads

    monkeypatch.setattr(threads, "_threads", 5)
    assert library.runtime().fl_num_threads() == 5


def test_a_part_that_cannot_be_built_leaves_the_others(small):
    runtime = library.runtime()
    with pytest.warns(UserWarning, match=r"wrong\.c") as said:
        assert library.runtime("fl_wrong") is None
        assert library.runtime("fl_above") is None  # for the same reason, which is not told again
        with pytest.raises(AttributeError, match="fl_wrong cannot be had"):
            runtime.fl_wrong
    assert len(said) == 1
    assert getattr(runtime, "fl_wrong", None) is library.loaded("fl_wrong") is None
    assert runtime.fl_two() == 2
    assert library.program(USES_TWO).three() == 3
    with pytest.raises(cache.CompileError, match=r"wrong\.c"):
        library.program('#include "fl.h"\nFL_API int64_t f(void) { return fl_above(); }\n')


def test_failures_are_errors_where_native_code_is_required(small, monkeypatch):
    monkeypatch.setenv("FLAMBEAU_NATIVE", "1")
    for _ in range(2):
        with pytest.raises(cache.CompileError, match=r"wrong\.c"):
            library.runtime("fl_wrong")
        with pytest.raises(cache.CompileError, match=r"wrong\.c"):
            library.runtime().fl_wrong
    assert library.runtime().fl_two() == 2


def test_a_first_part_that_cannot_be_built(small, monkeypatch):
    (small() / "pool.c").write_text("int broken(\n")
    with pytest.warns(UserWarning, match=r"pool\.c"):
        assert library.runtime() is None
    assert library.runtime() is None and library.runtime("fl_one") is None
    with pytest.raises(cache.CompileError):
        library.program(USES_TWO)
    assert library.prepared("one") is None


def test_a_program_brings_the_parts_that_it_calls(small, folder):
    assert library.program(USES_TWO, key="three").three() == 3
    assert built(folder) == {"runtime-pool", "runtime-one", "runtime-two", "program"}
    small()
    assert library.prepared("three").three() == 3
    assert library.loaded("fl_two") is not None


def test_a_program_that_is_wrong_leaves_the_parts(small, folder):
    with pytest.raises(cache.CompileError, match="oops"):
        library.program(USES_TWO + "int f(void) { return oops; }")
    assert library.program(USES_TWO).three() == 3


def test_what_is_on_disk_starts_no_process(small, monkeypatch):
    library.program(USES_TWO)
    small()
    monkeypatch.setattr(subprocess, "Popen", lambda *a, **k: pytest.fail("a process"))
    monkeypatch.setattr(library._Loader, "_build_beside", lambda *a: pytest.fail("a build"))
    assert library.program(USES_TWO).three() == 3
    assert library.runtime("fl_two") is not None


def test_a_changed_header_changes_the_parts_that_include_it(small, folder):
    def keys():
        parts = library._Loader(place).sources
        return {name: cache.key_of(*parts.texts(part)) for name, part in parts.parts.items()}

    place = small()
    before = keys()
    (place / "more.h").write_text("int64_t more(void); /* changed */\n")
    after = keys()
    assert {name for name in before if before[name] != after[name]} == {"two"}
    (place / "fl.h").write_text(SMALL["fl.h"] + "/* changed */\n")
    assert all(before[name] != key for name, key in keys().items())


def test_parts_started_early(small, folder):
    library.start("fl_two", "fl_wrong")
    assert library.loaded() is None
    assert library.runtime().fl_two() == 2
    with pytest.warns(UserWarning, match=r"wrong\.c"):
        assert library.runtime("fl_wrong") is None
    library.start("fl_two")  # nothing is left to do
    assert not library._loader._objects


def test_threads_get_the_same_function(small, monkeypatch):
    builds = []
    real = cache._build
    monkeypatch.setattr(cache, "_build", lambda *a: (builds.append(a[1].keys()), real(*a)))
    begin, found = threading.Barrier(8), []

    def work(name):
        begin.wait()
        found.append(getattr(library.runtime(), name)(None))

    workers = [threading.Thread(target=work, args=(("fl_one", "fl_two")[i % 2],)) for i in range(8)]
    monkeypatch.setitem(library._loader.sources._prototypes, "fl_two", ("int64_t", "void *x"))
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(found) == [1] * 4 + [2] * 4
    assert len(builds) == 3  # pool, one, two


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_process_builds_on(small, folder):
    library.start("fl_two")  # the parent's threads build, the child has none of them
    context = multiprocessing.get_context("fork")
    answers = context.SimpleQueue()
    child = context.Process(target=lambda: answers.put(library.runtime().fl_two()))
    child.start()
    assert answers.get() == 2 == library.runtime().fl_two()
    child.join()


def test_every_part_of_the_runtime_finds_what_it_calls(runtime):
    sources = library._loader.sources
    for name in library.prototypes():
        assert getattr(runtime, name) is not None
    for name, part in sources.parts.items():
        with open(library._loader.libraries[name]._name, "rb") as file:
            used = {other.name for other in sources.used_by_object(file.read())}
        assert used <= {name, *(other.name for other in sources.ordered(part.needs))}
