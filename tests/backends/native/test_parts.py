"""The table of the runtime's parts, read from fl.h."""

import ctypes

import pytest

from flambeau.backends.native import library
from flambeau.backends.native.parts import Sources, without_name

HEADER = """
#include "deep.h"
typedef void (*fl_body)(void *context, int64_t begin, int64_t end);
/* ---- first things (pool.c) ---- */
FL_API void fl_for(int64_t n, fl_body body);
/* ---- products (gemm.c, pack.c; doubles: gemm64.c) ---- */
FL_API void fl_sgemm(int64_t n, const float *a);
FL_API void fl_dgemm(int64_t n, const double *a);
FL_API float fl_scale(double factor);
/* ---- a remark without files ---- */
FL_API int fl_pack(void);
/* ---- attention (attention.c; needs pack.c, gemm64.c) ---- */
FL_API int fl_attention(const float *x);
"""
FILES = {
    "fl.h": HEADER, "deep.h": '#include "fl.h"\n', "gemm.h": ' # include "deep.h"\n',
    "other.h": "", "pool.c": "", "gemm.c": '#include "gemm.h"\n#include <math.h>\n',
    "pack.c": '#include "other.h"\n#include "missing.h"\n', "gemm64.c": "", "attention.c": "",
}  # fmt: skip


@pytest.fixture
def sources(tmp_path):
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    return Sources(tmp_path)


@pytest.fixture(scope="module")
def real():
    return Sources(library.SOURCES)


def names(parts):
    return [part.name for part in parts]


def test_files_and_what_they_need(sources):
    parts = {name: (part.files, part.needs) for name, part in sources.parts.items()}
    assert parts == {
        "pool": (("pool.c",), ()),
        "gemm": (("gemm.c", "pack.c"), ("pool",)),
        "gemm64": (("gemm64.c",), ("pool",)),
        "attention": (("attention.c",), ("pool", "gemm", "gemm64")),
    }


def test_functions_that_take_doubles_may_be_apart(sources):
    assert sources.part_of == {
        "fl_for": "pool", "fl_sgemm": "gemm", "fl_dgemm": "gemm64", "fl_scale": "gemm",
        "fl_pack": "gemm", "fl_attention": "attention",
    }  # fmt: skip


def test_what_is_needed_comes_before(sources):
    assert names(sources.used_by("x = fl_dgemm(1); fl_other(); my_fl_sgemm")) == ["pool", "gemm64"]
    assert names(sources.used_by("fl_attention, fl_for")) == ["pool", "gemm", "gemm64", "attention"]
    assert names(sources.used_by("fl_dgemm fl_sgemm")) == ["pool", "gemm64", "gemm"]
    assert names(sources.used_by("int f(void);")) == []
    assert names(sources.used_by_object(b"\x7f\0fl_sgemm\0memcpy\0")) == ["pool", "gemm"]


def test_headers_are_those_included(sources):
    _, headers, _ = sources.texts(sources.parts["gemm"])
    assert set(headers) == {"gemm.h", "deep.h", "fl.h", "other.h"}
    assert set(sources.headers('#include "other.h"')) == {"other.h"}
    assert set(sources.all_headers()) == {"fl.h", "deep.h", "gemm.h", "other.h"}


def test_types(sources):
    assert sources.types("fl_for") == (None, [ctypes.c_int64, ctypes.c_void_p])
    assert sources.types("fl_scale") == (ctypes.c_float, [ctypes.c_double])
    assert sources.types("fl_pack") == (ctypes.c_int, [])


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
def test_parameters(real, parameter, expected):
    assert real.type(without_name(parameter)) is expected


def test_a_type_that_python_lacks_is_an_error(real):
    with pytest.raises(TypeError, match="long double"):
        real.type("long double ")


# -- the runtime's own table ---------------------------------------------------------------------


def test_every_file_belongs_to_one_part(real):
    files = [file for part in real.parts.values() for file in part.files]
    assert sorted(files) == sorted(path.name for path in library.SOURCES.glob("*.c"))


def test_every_exported_function_has_a_prototype_on_one_line(real):
    lines = [line for line in real.text("fl.h").splitlines() if line.startswith("FL_API")]
    assert len(lines) == len(real.prototypes())
    assert all(line.rstrip().endswith(";") for line in lines)


def test_a_part_needs_the_parts_whose_functions_it_names(real):
    for part in real.parts.values():
        sources, headers, _ = real.texts(part)
        headers.pop("fl.h")
        used = {p for text in (*sources.values(), *headers.values()) for p in real.used_by(text)}
        assert {p.name for p in used} <= {part.name, *names(real.ordered(part.needs))}, part
