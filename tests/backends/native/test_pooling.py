"""Native pooling: against NumPy's way, over many geometries."""

import contextlib

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import flambeau as fl
import flambeau.nn.functional as F
from flambeau.ops.nn import native_pooling as native
from flambeau.ops.nn import pooling


@contextlib.contextmanager
def way(runtime, threads):
    """Native with some number of threads, or with 0 NumPy's way."""
    before = runtime.fl_num_threads()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(native, "ENOUGH", 0 if threads else 1 << 60)
        patch.setattr(native, "named", lambda name, count: getattr(runtime, name))
        runtime.fl_set_num_threads(threads or before)
        yield
    runtime.fl_set_num_threads(before)


def both(runtime, threads, function, *arguments):
    """What NumPy gives, and what the runtime gives: on copies, should one write to them."""
    results = []
    for n in (0, threads):
        copies = [a.copy() if isinstance(a, np.ndarray) else a for a in arguments]
        with way(runtime, n):
            results.append(function(*copies))
    return results


def has_elements(n, k, s, p, d, out):
    """Whether each window along an axis meets an element."""
    starts = np.arange(out) * s - p
    return all(any(0 <= start + i * d < n for i in range(k)) for start in starts)


@st.composite
def windows(draw, dilated=True):
    """An input's shape and kernel, stride, padding, dilation, places."""
    dims = draw(st.integers(1, 3))

    def each(low, high):
        return tuple(draw(st.integers(low, high)) for _ in range(dims))

    if draw(st.integers(0, 3)) == 0:  # the frequent windows
        kernel, stride, padding = draw(
            st.sampled_from([(2, 2, 0), (3, 2, 1), (3, 1, 1), (3, 3, 0)])
        )
        kernel, stride, padding = (kernel,) * dims, (stride,) * dims, (padding,) * dims
    else:
        kernel, stride = each(1, 4), each(1, 4)
        padding = tuple(draw(st.integers(0, k // 2)) for k in kernel)
    dilation = each(1, 2) if dilated else (1,) * dims
    size = each(1, {1: 60, 2: 37, 3: 9}[dims])
    out = []
    ceil = draw(st.booleans())
    for n, k, s, p, d in zip(size, kernel, stride, padding, dilation, strict=True):
        room = n + 2 * p - d * (k - 1) - 1
        assume(room >= 0)
        places = -(-room // s) + 1 if ceil else room // s + 1
        out.append(places - 1 if (places - 1) * s >= n + p else places)
        assume(has_elements(n, k, s, p, d, out[-1]))
    lead = draw(st.sampled_from([(1, 1), (2, 3), (0, 2), (5, 1)]))
    return (*lead, *size), (kernel, stride, padding, dilation, tuple(out))


def few_values(shape, seed, special):
    """Ties are frequent, and NaN and infinities where ``special``."""
    values = [-2.0, -1.0, -0.0, 0.0, 1.0, 3.0] + [np.nan, np.inf, -np.inf] * special
    return np.random.RandomState(seed).choice(values, shape).astype(np.float32)


@settings(max_examples=60, deadline=None)
@given(windows(), st.booleans(), st.sampled_from([1, 2]), st.integers(0, 99))
def test_maxima(runtime, case, special, threads, seed):
    shape, window = case
    x = few_values(shape, seed, special)
    expected, got = both(runtime, threads, pooling.max_pool, x, *window)
    np.testing.assert_array_equal(got, expected)
    (y, places), (got, found) = both(runtime, threads, pooling.max_pool_with_indices, x, *window)
    np.testing.assert_array_equal(got, y)
    np.testing.assert_array_equal(found, places)
    g = np.random.RandomState(seed).randint(-8, 9, y.shape).astype(np.float32)
    expected, got = both(runtime, threads, pooling.max_pool_gradient, g, x, y, *window)
    np.testing.assert_array_equal(got, expected)
    expected, got = both(runtime, threads, pooling.scatter_places, g, places, shape)
    np.testing.assert_array_equal(got, expected)


@settings(max_examples=50, deadline=None)
@given(windows(False), st.booleans(), st.sampled_from([None, None, 1, 7]), st.integers(1, 2))
def test_means(runtime, case, include_pad, divisor, threads):
    shape, (kernel, stride, padding, _, out) = case
    options = kernel, stride, padding, out, include_pad, divisor
    x = np.random.RandomState(0).randn(*shape).astype(np.float32)
    expected, got = both(runtime, threads, pooling.avg_pool, x, *options)
    np.testing.assert_allclose(got, expected, atol=2e-6)
    g = np.random.RandomState(1).randn(*expected.shape).astype(np.float32)
    expected, got = both(runtime, threads, pooling.avg_pool_gradient, g, shape, *options)
    np.testing.assert_allclose(got, expected, atol=4e-6)


@settings(max_examples=40, deadline=None)
@given(st.data(), st.integers(1, 3), st.integers(1, 2))
def test_adaptive_means(runtime, data, dims, threads):
    size = tuple(data.draw(st.integers(1, 20)) for _ in range(dims))
    out = tuple(data.draw(st.sampled_from([1, 2, 3, 5, n, n + 2])) for n in size)
    x = np.random.RandomState(0).randn(2, 3, *size).astype(np.float32)
    expected, got = both(runtime, threads, pooling.adaptive_avg_pool, x, out)
    np.testing.assert_allclose(got, expected, atol=2e-6)
    g = np.random.RandomState(1).randn(*expected.shape).astype(np.float32)
    expected, got = both(runtime, threads, pooling.adaptive_avg_pool_gradient, g, x.shape)
    np.testing.assert_allclose(got, expected, atol=4e-6)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_one_special_value_in_pairs(runtime, value):
    x = np.random.RandomState(0).randn(1, 2, 6, 50).astype(np.float32)
    x[0, 1, 2:4, 20:30] = value
    window = (2, 2), (2, 2), (0, 0), (1, 1), (3, 25)
    expected, got = both(runtime, 1, pooling.max_pool, x, *window)
    np.testing.assert_array_equal(got, expected)
    g = np.random.RandomState(1).randn(*expected.shape).astype(np.float32)
    expected, got = both(runtime, 1, pooling.max_pool_gradient, g, x, expected, *window)
    np.testing.assert_array_equal(got, expected)


def test_gradients_that_are_not_finite_stay_at_the_maximum(runtime):
    x = fl.arange(64.0).reshape(1, 1, 4, 16).requires_grad_()
    y = F.max_pool2d(x, 2)
    with way(runtime, 1):
        y.backward(fl.full_like(y, float("inf")))
    assert int(x.grad.isinf().sum()) == 16 and not bool(x.grad.isnan().any())


@pytest.mark.parametrize("dtype", [fl.float16, fl.bfloat16])
def test_half_types(runtime, dtype):
    x = fl.randn(2, 3, 12, 20).to(dtype)
    with way(runtime, 1):
        y, places = F.max_pool2d(x, 3, 2, 1, return_indices=True)
        mean = F.avg_pool2d(x, 3)
    assert y.dtype is dtype and mean.dtype is dtype
    assert (y == x.flatten(2).gather(2, places.flatten(2)).reshape(y.shape)).all()
    assert (mean == F.avg_pool2d(x.float(), 3).to(dtype)).all()


def test_input_that_is_not_contiguous(runtime):
    x = np.random.RandomState(0).randn(20, 12, 3, 2).astype(np.float32).transpose(3, 2, 1, 0)
    window = (2, 2), (2, 2), (0, 0), (1, 1), (6, 10)
    expected, got = both(runtime, 1, pooling.max_pool, x, *window)
    np.testing.assert_array_equal(got, expected)


@pytest.mark.parametrize("shape", [(1, 1, 1, 9), (1, 1, 9, 1), (1, 1, 1, 1)])
def test_windows_without_elements(runtime, shape):
    x = np.ones(shape, np.float32)
    out = tuple((n - 1) // 2 + 1 for n in shape[2:])
    window = (2, 2), (2, 2), (1, 1), (2, 2), out  # dilation steps over a single element
    with way(runtime, 1):
        y, places = pooling.max_pool_with_indices(x, *window)
        assert np.isneginf(y).all() and (places == 0).all()
        assert np.isneginf(pooling.max_pool(x, *window)).all()
        assert not pooling.max_pool_gradient(np.ones_like(y), x, y, *window).any()


def test_places_outside_go_numpys_way(runtime):
    with way(runtime, 1):
        values, places = np.ones((1, 1, 2), np.float32), np.array([[[-1, 0]]])
        assert native.scatter_places(values, places, (1, 1, 4)) is None
        assert pooling.scatter_places(values, places, (1, 1, 4)).tolist() == [[[1, 0, 0, 1]]]
        with pytest.raises(IndexError):
            pooling.scatter_places(values, places + 4, (1, 1, 4))
