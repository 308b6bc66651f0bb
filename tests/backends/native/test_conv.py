"""Native convolutions: against NumPy's way in float64, over many geometries."""

import contextlib
import ctypes
import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import flambeau as fl
import flambeau.nn.functional as F
from flambeau.ops.nn import convolution
from flambeau.ops.nn import native_convolution as native


@pytest.fixture(autouse=True, scope="module")
def always(runtime):
    """The runtime computes the smallest products too."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(native, "ENOUGH", 0)
        patch.setattr(native, "named", lambda name, count: getattr(runtime, name))
        yield


@contextlib.contextmanager
def number_of_threads(runtime, n):
    before = runtime.fl_num_threads()
    runtime.fl_set_num_threads(n)
    try:
        yield
    finally:
        runtime.fl_set_num_threads(before)


@st.composite
def geometries(draw):
    """The shapes of an input and a weight, and stride, padding, dilation, groups."""
    dims = draw(st.integers(1, 3))
    few = st.integers(1, 5)

    def each(values):
        return tuple(draw(values) for _ in range(dims))

    kernel, stride, dilation = each(few), each(few), each(st.integers(1, 3))
    padding, size = each(st.integers(0, 6)), each(st.integers(1, {1: 70, 2: 40, 3: 11}[dims]))
    assume(min(convolution.output_size(size, kernel, stride, padding, dilation)) > 0)
    groups = draw(st.sampled_from([1, 1, 2, 3]))
    inputs, outputs = (draw(st.sampled_from([1, 2, 3, 5, 8, 33])) for _ in range(2))
    batch = draw(st.sampled_from([1, 2, 7]))
    x, w = (batch, groups * inputs, *size), (groups * outputs, inputs, *kernel)
    return x, w, stride, padding, dilation, groups


def rand(*shape, seed=0):
    return np.random.RandomState(seed).randn(*shape).astype(np.float32)


def close(got, expected):
    scale = max(1e-3, float(np.abs(expected).max(initial=0)))
    np.testing.assert_allclose(got / scale, expected / scale, rtol=0, atol=1e-5)


@settings(max_examples=120, deadline=None)
@given(geometries(), st.booleans(), st.sampled_from([1, 2, 5]))
def test_products_equal_numpys(runtime, geometry, with_bias, threads):
    x, w, *rest = geometry
    a, b, bias = rand(*x), rand(*w, seed=1), rand(w[0], seed=2) if with_bias else None
    wide = [None if v is None else v.astype(np.float64) for v in (a, b, bias)]
    y = convolution._conv(*wide, *rest)
    g = rand(*y.shape, seed=3)
    with number_of_threads(runtime, threads):
        close(native.forward(a, b, bias, y.shape[2:], *rest), y)
        got = native.input_gradient(g, b, None, x, *rest)
        close(got, convolution._conv_input_gradient(g.astype(np.float64), wide[1], x, *rest))
        got = native.weight_gradient(g, a, w, *rest)
        close(got, convolution._conv_weight_gradient(g.astype(np.float64), wide[0], w, *rest))


@pytest.mark.parametrize(
    ("x", "w", "stride", "padding", "groups"),
    [
        ((1, 3, 90, 700), (8, 3, 3, 3), (1, 1), (1, 1), 1),  # bands of an image
        ((1, 2, 1, 40_000), (9, 2, 1, 5), (1, 2), (0, 2), 1),  # bands of a row
        ((2, 16, 64, 64), (24, 16, 1, 1), (1, 1), (0, 0), 1),  # channels at powers of two
        ((2, 600, 5, 5), (6, 600, 3, 3), (1, 1), (1, 1), 1),  # more taps than the kernel takes
        ((2, 400, 5, 5), (400, 400, 3, 3), (2, 2), (1, 1), 1),  # more weights than the cache
        ((3, 40, 33, 33), (40, 1, 5, 5), (2, 2), (2, 2), 40),  # depthwise
        ((2, 4, 30, 30), (8, 4, 10, 10), (10, 10), (0, 0), 1),  # patches
        ((40, 3, 1, 1), (5, 3, 1, 1), (1, 1), (0, 0), 1),  # images of one pixel
    ],
)
@pytest.mark.parametrize("threads", [1, 2])
def test_large_shapes(runtime, x, w, stride, padding, groups, threads):
    rest = (stride, padding, (1, 1), groups)
    a, b = rand(*x), rand(*w, seed=1)
    y = convolution._conv(a.astype(np.float64), b.astype(np.float64), None, *rest)
    g = rand(*y.shape, seed=3)
    wide = g.astype(np.float64)
    with number_of_threads(runtime, threads):
        close(native.forward(a, b, None, y.shape[2:], *rest), y)
        got = native.input_gradient(g, b, None, x, *rest)
        close(got, convolution._conv_input_gradient(wide, b.astype(np.float64), x, *rest))
        got = native.weight_gradient(g, a, w, *rest)
        close(got, convolution._conv_weight_gradient(wide, a.astype(np.float64), w, *rest))


@pytest.mark.parametrize("backward", [False, True])
@pytest.mark.parametrize(
    ("x", "w", "stride", "groups"),
    [
        ((7, 6, 9, 9), (10, 3, 3, 3), 2, 2),
        ((2, 3, 200, 300), (9, 3, 3, 3), 1, 1),
        ((1, 4, 12, 12), (64, 4, 3, 3), 1, 1),
    ],
)
def test_each_block_is_told_once_and_final(runtime, x, w, stride, groups, backward):
    rest = ((stride,) * 2, (1, 1), (1, 1), groups)
    out = convolution.output_size(x[2:], w[2:], *rest[:3])
    a, b, y = rand(*x), rand(*w, seed=1), np.zeros((x[0], w[0], *out), np.float32)
    if backward:
        a, y = rand(*y.shape), np.zeros(x, np.float32)
    seen = np.zeros(y.shape, np.float32)
    times = np.zeros(y.shape[:2], int)

    @ctypes.CFUNCTYPE(None, ctypes.c_void_p, *[ctypes.c_int64] * 4)
    def done(_, i0, i1, c0, c1):
        times[i0:i1, c0:c1] += 1
        seen[i0:i1, c0:c1] = y[i0:i1, c0:c1]

    call = runtime.fl_conv_input_gradient if backward else runtime.fl_conv_forward
    shape = native._shape(x, w, out, *rest)
    with number_of_threads(runtime, 2):
        arrays = (v.ctypes.data for v in (shape, a, b))
        assert call(*arrays, None, y.ctypes.data, ctypes.cast(done, ctypes.c_void_p), None)
    assert (times == 1).all()
    assert (seen == y).all() and y.any()


@pytest.mark.parametrize("width", [4, 13, 16])
@pytest.mark.parametrize("value", [np.inf, -np.inf, np.nan])
def test_what_is_not_finite_stays_where_it_belongs(runtime, width, value):
    x, w, rest = (2, 3, 7, width), (4, 3, 3, 3), ((1, 1), (0, 0), (1, 1), 1)
    a, b = rand(*x), rand(*w, seed=1)
    a[1, 2, 0, 0] = value  # only the first tap meets it
    with np.errstate(invalid="ignore"):
        y = convolution._conv(a.astype(np.float64), b.astype(np.float64), None, *rest)
        got = native.forward(a, b, None, y.shape[2:], *rest)
    assert np.isfinite(got).sum() == got.size - 4
    np.testing.assert_allclose(got, y, atol=1e-4)
    g = rand(*y.shape, seed=3)
    got = native.weight_gradient(g, a, w, *rest)
    finite = np.ones(w, bool)
    finite[:, 2, 0, 0] = False
    assert (np.isfinite(got) == finite).all()
    a[1, 2, 0, 0] = 0
    wide = a.astype(np.float64)
    expected = convolution._conv_weight_gradient(g.astype(np.float64), wide, w, *rest)
    close(got[finite], expected[finite])


def test_gradient_that_is_not_finite_is_infinite_where_it_should(runtime):
    x, w, rest = (1, 1, 6, 20), (1, 1, 3, 3), ((1, 1), (1, 1), (2, 1), 1)
    a, g = np.ones(x, np.float32), np.ones((1, 1, 4, 20), np.float32)
    a[0, 0, 5, 19] = np.inf
    got = native.weight_gradient(g, a, w, *rest)
    expected = [[np.inf if i == 2 and j >= 1 else 1 for j in range(3)] for i in range(3)]
    assert (np.isinf(got[0, 0]) == np.isinf(expected)).all()
    assert got[0, 0, 0, 1] == 3 * 20 and got[0, 0, 1, 0] == 4 * 19


def test_arrays_that_are_not_contiguous(runtime):
    x, w = rand(12, 10, 3, 2).transpose(3, 2, 0, 1), rand(3, 3, 3, 4).transpose(3, 2, 0, 1)
    rest = ((1, 1), (1, 1), (1, 1), 1)
    got = native.forward(x, w, None, (12, 10), *rest)
    close(got, convolution._conv(x.astype(np.float64), w.astype(np.float64), None, *rest))


def test_float64_and_empty_batches_go_numpys_way(runtime):
    rest = ((1,), (0,), (1,), 1)
    assert native.forward(np.ones((1, 1, 9)), np.ones((1, 1, 3)), None, (7,), *rest) is None
    assert F.conv1d(fl.ones(0, 2, 9), fl.ones(3, 2, 3)).shape == (0, 3, 7)


@pytest.mark.parametrize("dtype", [fl.float16, fl.bfloat16])
def test_half_types_are_rounded_once(runtime, dtype):
    x, w = fl.from_numpy(rand(2, 3, 9, 9)).to(dtype), fl.from_numpy(rand(4, 3, 3, 3)).to(dtype)
    bias = fl.from_numpy(rand(4)).to(dtype)
    y = F.conv2d(x, w, bias, padding=1)
    wide = F.conv2d(x.float(), w.float(), bias.float(), padding=1)
    assert y.dtype is dtype
    assert (y == wide.to(dtype)).all()


def test_transposed_convolution_with_bias_and_output_padding(runtime):
    x, w, bias = rand(2, 6, 5, 7), rand(6, 4, 3, 3, seed=1), rand(8, seed=2)
    arguments = {"stride": 3, "padding": 1, "output_padding": 2, "groups": 2, "dilation": 2}
    got = F.conv_transpose2d(*map(fl.from_numpy, (x, w, bias)), **arguments)
    wide = (fl.from_numpy(v.astype(np.float64)) for v in (x, w, bias))
    close(got.numpy(), F.conv_transpose2d(*wide, **arguments).numpy())


def test_result_does_not_depend_on_the_number_of_threads(runtime):
    x, w, rest = rand(8, 6, 20, 20), rand(16, 6, 3, 3), ((1, 1), (1, 1), (1, 1), 1)
    results = []
    for n in (1, 2, 3):
        with number_of_threads(runtime, n):
            results.append(native.forward(x, w, None, (20, 20), *rest))
    assert all((r == results[0]).all() for r in results)
    assert math.isfinite(results[0].sum())


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize(
    ("x", "w", "stride"),
    [
        ((3, 5, 9, 18), (7, 5, 1, 1), (2, 2)),
        ((2, 5, 8, 21), (7, 5, 1, 1), (3, 3)),
        ((2, 4, 130, 300), (6, 4, 1, 1), (2, 2)),  # in bands
        ((2, 4, 40, 33), (6, 4, 2, 1), (3, 4)),
    ],
)
def test_what_no_weight_reaches_is_the_bias(runtime, x, w, stride, threads):
    sizes = (stride, (0, 0), (1, 1), 1)
    out = convolution.output_size(x[2:], w[2:], *sizes[:-1])
    g, b, bias = rand(x[0], w[0], *out), rand(*w, seed=1), rand(x[1], seed=2)
    expected = np.zeros(x) + bias[:, None, None]
    for i, j in np.ndindex(*w[2:]):
        rows = slice(i, i + (out[0] - 1) * stride[0] + 1, stride[0])
        columns = slice(j, j + (out[1] - 1) * stride[1] + 1, stride[1])
        expected[:, :, rows, columns] += np.einsum("nohw,oc->nchw", g, b[:, :, i, j])
    with number_of_threads(runtime, threads):
        close(native.input_gradient(g, b, bias, x, *sizes), expected)
