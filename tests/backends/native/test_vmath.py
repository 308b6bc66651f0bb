"""The elementary functions of vmath.h: errors, special values, and that loops vectorise."""

import subprocess

import numpy as np
import pytest

from flambeau.backends.native import library
from flambeau.ops import array_functions

INF, NAN = float("inf"), float("nan")


def stable_softplus(x):
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


# The function in double precision, and the largest error allowed in ulp.
FUNCTIONS = {
    "exp": (np.exp, 1.1), "exp2": (np.exp2, 1.1), "expm1": (np.expm1, 1.7), "log": (np.log, 1),
    "log2": (np.log2, 2), "log10": (np.log10, 2), "log1p": (np.log1p, 1.6), "tanh": (np.tanh, 1.5),
    "sigmoid": (lambda x: 1 / (1 + np.exp(-x)), 2.5), "erf": (array_functions.erf, 1.5),
    "softplus": (stable_softplus, 3), "log_sigmoid": (lambda x: -stable_softplus(-x), 3),
    "silu": (lambda x: x / (1 + np.exp(-x)), 3.5),
    "mish": (lambda x: x * np.tanh(stable_softplus(x)), 5),
    "gelu": (lambda x: 0.5 * x * (1 + array_functions.erf(x * 0.5**0.5)), 3),
    "gelu_tanh": (
        lambda x: 0.5 * x * (1 + np.tanh((2 / np.pi) ** 0.5 * (x + 0.044715 * x**3))), 3.5),
    "sin": (np.sin, 1.7), "cos": (np.cos, 1.7),
}  # fmt: skip
# Where the error is that of the formula's parts, or the function is made for.
RANGES = {
    "silu": (-87, INF), "mish": (-87, INF), "gelu": (-1, INF), "gelu_tanh": (-1, INF),
    "sin": (-(2.0**27), 2.0**27), "cos": (-(2.0**27), 2.0**27),
}  # fmt: skip

LOOP = """FL_API void loop_{0}(const float *restrict x, float *restrict y, int64_t n)
{{
    for (int64_t i = 0; i < n; i++)
        y[i] = fl_{0}f(x[i]);
}}
"""
POWER = """FL_API void loop_pow(const float *restrict x, const float *restrict e, float *restrict y, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        y[i] = fl_powf(x[i], e[i]);
}
"""  # noqa: E501
CHAIN = """FL_API void loop_chain(const float *restrict x, float *restrict y, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        y[i] = fl_tanhf(fl_logf(fl_expf(x[i]) + 1.0f)) * fl_erff(x[i]);
}
"""
TEXT = '#include "fl.h"\n#include "vmath.h"\n' + "".join(map(LOOP.format, FUNCTIONS)) + POWER


@pytest.fixture(scope="module")
def loops(runtime):
    return library.program(TEXT, "vmath_loops")


def call(loops, name, *arrays):
    y = np.empty_like(arrays[0])
    pointers = [library.ctypes.c_void_p(a.ctypes.data) for a in (*arrays, y)]
    getattr(loops, f"loop_{name}")(*pointers, library.ctypes.c_int64(y.size))
    return y


def errors(got, want):
    """The distances in units in the last place of float32."""
    _, exponent = np.frexp(want)
    return np.abs(got.astype(np.float64) - want) * np.exp2(24.0 - np.maximum(exponent, -125))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_error_over_all_binades(loops, name):
    exact, allowed = FUNCTIONS[name]
    with np.errstate(all="ignore"):
        x = np.arange(0, 1 << 32, 10_007, np.uint64).astype(np.uint32).view(np.float32)
        low, high = RANGES.get(name, (-INF, INF))
        x = x[((x >= low) & (x <= high)) | (np.isnan(x) & (name not in RANGES))]
        want = exact(x.astype(np.float64))
        rounded = want.astype(np.float32)
        got = call(loops, name, x)
        np.testing.assert_array_equal(np.isnan(got), np.isnan(want))
        finite = np.isfinite(rounded) & np.isfinite(got)
        np.testing.assert_array_equal(got[~finite], rounded[~finite])
        assert finite.sum() > 100_000
        assert errors(got[finite], want[finite]).max() <= allowed


SPECIAL = {
    "exp": {INF: INF, -INF: 0, NAN: NAN, 0: 1, 88.73: INF, -104.0: 0},
    "exp2": {INF: INF, -INF: 0, NAN: NAN, 0: 1, 128: INF, 127: 2.0**127, -149: 2.0**-149, -151: 0},
    "expm1": {INF: INF, -INF: -1, NAN: NAN, -50: -1, 89: INF},
    "log": {INF: INF, -INF: NAN, NAN: NAN, 0: -INF, -1: NAN, 1: 0},
    "log2": {INF: INF, -1: NAN, 0: -INF, 8: 3, 2.0**-149: -149, NAN: NAN},
    "log10": {INF: INF, -1: NAN, 0: -INF, NAN: NAN, 1: 0},
    "log1p": {INF: INF, -1: -INF, -2: NAN, -INF: NAN, NAN: NAN},
    "tanh": {INF: 1, -INF: -1, NAN: NAN, 1e-40: 1e-40, 20: 1},
    "sigmoid": {INF: 1, -INF: 0, NAN: NAN, 0: 0.5},
    "erf": {INF: 1, -INF: -1, NAN: NAN},
    "silu": {INF: INF, -INF: NAN, NAN: NAN, 0: 0},
    "gelu": {INF: INF, -INF: NAN, NAN: NAN, 0: 0},
    "gelu_tanh": {INF: INF, -INF: NAN, NAN: NAN, 0: 0},
    "softplus": {INF: INF, -INF: 0, NAN: NAN},
    "log_sigmoid": {INF: 0, -INF: -INF, NAN: NAN},
    "mish": {INF: INF, -INF: NAN, NAN: NAN},
    "sin": {INF: NAN, -INF: NAN, NAN: NAN},
    "cos": {INF: NAN, -INF: NAN, NAN: NAN, 0: 1},
}


@pytest.mark.parametrize("name", SPECIAL)
@pytest.mark.parametrize("count", [1, 11, 64])
def test_special_values_in_vectors_and_alone(loops, name, count):
    for x, y in SPECIAL[name].items():
        got = call(loops, name, np.full(count, x, np.float32))
        want = np.full(count, y, np.float32)
        np.testing.assert_array_equal(got, want, f"{name}({x})")
        if y == y:
            np.testing.assert_array_equal(np.signbit(got), np.signbit(want), f"{name}({x})")


@pytest.mark.parametrize("name", ["expm1", "log1p", "tanh", "erf", "sin", "silu", "gelu"])
@pytest.mark.parametrize("zero", [0.0, -0.0])
def test_zeros_keep_their_sign(loops, name, zero):
    got = call(loops, name, np.full(11, zero, np.float32))
    np.testing.assert_array_equal(got, 0)
    assert (np.signbit(got) == np.signbit(zero)).all()


def test_powers(loops):
    special = [
        0.0, -0.0, 1, -1, 2, -2, 0.5, -0.5, 3, -3, INF, -INF, NAN, 1e-45, -1e-45, 3.4e38, -3.4e38,
        8388607, 8388608.0, 16777215, 16777216, 1.5, 2.5, -7, 1e10, -1e10,
    ]  # fmt: skip
    random = np.random.default_rng(5)
    pairs = [np.array(special, np.float32)] * 2
    x, e = (a.ravel().copy() for a in np.meshgrid(*pairs))
    x = np.concatenate([x, random.uniform(0, 20, 50_000), random.uniform(0.99, 1.01, 50_000)])
    e = np.concatenate([e, random.uniform(-30, 30, 50_000), random.uniform(-8e3, 8e3, 50_000)])
    x, e = x.astype(np.float32), e.astype(np.float32)
    with np.errstate(all="ignore"):
        want = np.power(x.astype(np.float64), e.astype(np.float64))
        got, rounded = call(loops, "pow", x, e), want.astype(np.float32)
        np.testing.assert_array_equal(np.isnan(got), np.isnan(want))
        finite = np.isfinite(got) & np.isfinite(rounded) & (rounded != 0)
        np.testing.assert_array_equal(got[~finite], rounded[~finite])
        known = ~np.isnan(got)
        np.testing.assert_array_equal(np.signbit(got[known]), np.signbit(want[known]))
        assert errors(got[finite], want[finite]).max() < 1.5


@pytest.mark.parametrize("native", [True, False])
def test_every_loop_is_vectorised(compiler, tmp_path, native):
    """Also a chain of functions, also for the oldest processors."""
    if "clang" in compiler.version or "zig" in compiler.command[0]:
        pytest.skip("only GCC tells in this way")
    loops = [LOOP.format(name) for name in FUNCTIONS] + [POWER, CHAIN]
    source = tmp_path / "loops.c"
    source.write_text('#include "fl.h"\n#include "vmath.h"\n' + "\n".join(loops))
    flags = [f for f in compiler.compile if native or not f.startswith("-m")]
    answer = subprocess.run(
        [*compiler.command, *flags, "-Wall", "-Wextra", "-I", str(library.SOURCES), "-c",
         "-fopt-info-vec-optimized", str(source), "-o", str(tmp_path / "loops.o")],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    lines = source.read_text().splitlines()
    where = {i + 1 for i, line in enumerate(lines) if line.strip().startswith("for (")}
    done = {
        int(line.split(":")[1])
        for line in answer.stderr.splitlines()
        if "loop vectorized" in line
    }
    assert where - done == set()
    assert "warning" not in answer.stderr
