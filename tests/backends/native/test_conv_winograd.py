"""3 x 3 convolutions by transformed tiles: against NumPy's way in float64."""

import ctypes

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backends.native.test_conv import always, close, number_of_threads, rand  # noqa: F401
from flambeau.ops.nn import convolution
from flambeau.ops.nn import native_convolution as native

PLAIN = ((1, 1), (1, 1))  # stride, dilation


def rest(padding, stride=1):
    return (stride, stride), padding, PLAIN[1], 1


def compare(runtime, x, w, padding, threads, stride=1):
    a, b, bias = rand(*x), rand(*w, seed=1), rand(w[0], seed=2)
    wide = [v.astype(np.float64) for v in (a, b, bias)]
    y = convolution._conv(*wide, *rest(padding, stride))
    g = rand(*y.shape, seed=3)
    with number_of_threads(runtime, threads):
        close(native.forward(a, b, bias, y.shape[2:], *rest(padding, stride)), y)
        got = native.input_gradient(g, b, None, x, *rest(padding, stride))
        expected = convolution._conv_input_gradient
        close(got, expected(g.astype(np.float64), wide[1], x, *rest(padding, stride)))
        got = native.weight_gradient(g, a, w, *rest(padding, stride))
        expected = convolution._conv_weight_gradient
        close(got, expected(g.astype(np.float64), wide[0], w, *rest(padding, stride)))


channels = st.sampled_from([16, 17, 24, 33])


@settings(max_examples=40, deadline=None)
@given(channels, channels, st.tuples(st.integers(6, 37), st.integers(6, 37)),
       st.tuples(st.integers(0, 2), st.integers(0, 2)), st.sampled_from([1, 2, 3]),
       st.sampled_from([1, 2]))  # fmt: skip
def test_products_equal_numpys(runtime, inputs, outputs, size, padding, threads, stride):
    size = tuple(n * stride for n in size)
    batch = max(2, 600 * stride**2 // (size[0] * size[1]) + 1)  # enough tiles for this way
    compare(runtime, (batch, inputs, *size), (outputs, inputs, 3, 3), padding, threads, stride)


@pytest.mark.parametrize(
    ("x", "w", "padding", "stride"),
    [
        ((1, 16, 130, 150), (16, 16, 3, 3), (1, 1), 1),  # bands of an image
        ((2, 300, 32, 32), (40, 300, 3, 3), (1, 1), 1),  # sums in parts
        ((130, 64, 4, 4), (64, 64, 3, 3), (1, 1), 1),  # rows shorter than a vector
        ((3, 32, 64, 64), (32, 32, 3, 3), (1, 1), 1),  # everything at powers of two
        ((1, 20, 140, 262), (18, 20, 3, 3), (1, 1), 2),  # bands of an image
        ((3, 32, 64, 64), (32, 32, 3, 3), (2, 0), 2),  # another remainder for the gradient
        ((40, 16, 14, 16), (40, 16, 3, 3), (1, 1), 2),  # several images at a time
    ],
)
def test_large_shapes(runtime, x, w, padding, stride):
    compare(runtime, x, w, padding, 2, stride)


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("batch", [9, 2])  # 2: fewer than threads
@pytest.mark.parametrize("backward", [False, True])
def test_each_image_is_told_once_and_final(runtime, backward, batch, stride):
    x, w, out = (batch, 20, 32 * stride, 34 * stride), (24, 20, 3, 3), (32, 34)
    a, b, y = rand(*x), rand(*w, seed=1), np.zeros((batch, 24, *out), np.float32)
    if backward:
        a, y = rand(*y.shape), np.zeros(x, np.float32)
    a[1, 3, 5, 6] = np.inf  # this image is computed twice
    seen, times = np.zeros(y.shape, np.float32), np.zeros(y.shape[:2], int)

    @ctypes.CFUNCTYPE(None, ctypes.c_void_p, *[ctypes.c_int64] * 4)
    def done(_, i0, i1, c0, c1):
        times[i0:i1, c0:c1] += 1
        seen[i0:i1, c0:c1] = y[i0:i1, c0:c1]

    call = runtime.fl_conv_input_gradient if backward else runtime.fl_conv_forward
    shape = native._shape(x, w, out, *rest((1, 1), stride))
    with number_of_threads(runtime, 3):
        arrays = (v.ctypes.data for v in (shape, a, b))
        assert call(*arrays, None, y.ctypes.data, ctypes.cast(done, ctypes.c_void_p), None)
    assert (times == 1).all()
    np.testing.assert_array_equal(seen, y)
    met = 9 if stride == 1 or backward else 2  # row 5 meets two windows, column 6 one
    assert np.isinf(y[1]).sum() == met * y.shape[1] and np.isfinite(np.delete(y, 1, 0)).all()


@pytest.mark.parametrize("value", [np.inf, -np.inf, np.nan, 3e38])
@pytest.mark.parametrize("where", ["x", "w"])
@pytest.mark.parametrize("stride", [1, 2])
def test_what_is_not_finite_stays_where_it_belongs(runtime, value, where, stride):
    x, w = (8, 16, 20 * stride, 20 * stride), (16, 16, 3, 3)
    a, b = rand(*x), rand(*w, seed=1)
    if where == "x":
        a[1, 2, 7, 8] = value
    else:
        b[3, 2, 1, 1] = value
    with np.errstate(all="ignore"):
        way = rest((0, 0), stride)
        y = convolution._conv(a.astype(np.float64), b.astype(np.float64), None, *way)
        got = native.forward(a, b, None, y.shape[2:], *way)
        expected = y.astype(np.float32)
    np.testing.assert_array_equal(np.isnan(got), np.isnan(expected))
    np.testing.assert_array_equal(np.isinf(got), np.isinf(expected))
    finite = np.isfinite(expected)
    np.testing.assert_allclose(got[finite], expected[finite], rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("stride", [1, 2])
def test_weights_gradient_that_is_not_finite(runtime, stride):
    x, w = (8, 16, 18 * stride + 2, 18 * stride + 2), (16, 16, 3, 3)
    a, g = rand(*x), rand(8, 16, 18, 18, seed=1)
    a[1, 2, 0, 0] = np.inf  # only the first tap meets it
    got = native.weight_gradient(g, a, w, *rest((0, 0), stride))
    finite = np.ones(w, bool)
    finite[:, 2, 0, 0] = False
    assert (np.isfinite(got) == finite).all()


@pytest.mark.parametrize("stride", [1, 2])
def test_result_does_not_depend_on_the_number_of_threads(runtime, stride):
    x, w = rand(8, 16, 20 * stride, 20 * stride), rand(16, 16, 3, 3)
    results = []
    for n in (1, 2, 3):
        with number_of_threads(runtime, n):
            results.append(native.forward(x, w, None, (20, 20), *rest((1, 1), stride)))
    assert all((r == results[0]).all() for r in results)
