"""Softmax, reductions, losses and normalisation of the runtime, against NumPy."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flambeau.backends.native import library

TYPES = {np.float32: ("_f32", 4e-6), np.float64: ("_f64", 1e-13)}
# Single rows, short rows in part of a tile, rows about a vector long, columns in part of a tile.
SHAPES = [
    (1, 1, 1), (3, 1, 1), (5, 7, 1), (64, 10, 1), (37, 3, 1), (33, 63, 1), (70, 64, 1), (9, 65, 1),
    (4, 1000, 1), (1, 40_000, 1), (2, 5, 3), (2, 20, 31), (3, 9, 32), (2, 300, 100), (2, 70, 300),
    (1, 3000, 5), (1, 200, 2100),
]  # fmt: skip


@pytest.fixture(params=TYPES, ids=["float32", "float64"])
def kind(request):
    return request.param


def address(a):
    return None if a is None else a.ctypes.data


def call(runtime, name, dtype, *arguments):
    arguments = [a.ctypes.data if isinstance(a, np.ndarray) else a for a in arguments]
    return getattr(runtime, name + TYPES[dtype][0])(*arguments)


def close(got, want, dtype, times=1):
    """Nearly equal, beside the largest number."""
    got = np.asarray(got, np.float64)
    want = np.broadcast_to(np.asarray(want, np.float64), got.shape)
    np.testing.assert_array_equal(np.isnan(got), np.isnan(want))
    size = np.nanmax(np.abs(want), initial=1e-3)
    np.testing.assert_allclose(got, want, atol=TYPES[dtype][1] * times * size, rtol=0)


def make(shape, dtype, scale=3.0, seed=0):
    return (np.random.default_rng(seed).standard_normal(shape) * scale).astype(dtype)


def softmax(x):
    e = np.exp(x - x.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


# --- along one dimension -------------------------------------------------------------------------


@pytest.mark.parametrize("shape", SHAPES)
def test_softmax_and_its_gradients(runtime, threads, kind, shape):
    x, g = make(shape, kind), make(shape, kind, 1, 1)
    wide, toward = x.astype(np.float64), g.astype(np.float64)
    s = softmax(wide)
    y, z = s.astype(kind), np.log(s).astype(kind)
    for count in (1, 2):
        threads(count)
        out = np.empty_like(x)
        assert call(runtime, "fl_softmax", kind, x, out, *shape)
        close(out, s, kind)
        assert call(runtime, "fl_log_softmax", kind, x, out, *shape)
        close(out, np.log(s), kind)
        assert call(runtime, "fl_softmax_gradient", kind, g, y, out, *shape)
        close(out, s * (toward - (toward * s).sum(1, keepdims=True)), kind)
        assert call(runtime, "fl_log_softmax_gradient", kind, g, z, out, *shape)
        close(out, toward - s * toward.sum(1, keepdims=True), kind, 10)
        one = np.empty((shape[0], shape[2]), kind)
        assert call(runtime, "fl_logsumexp", kind, x, one, *shape)
        close(one, np.log(np.exp(wide).sum(1)), kind)


@pytest.mark.parametrize("shape", SHAPES)
def test_sums_and_variances(runtime, threads, kind, shape):
    x = make(shape, kind) + kind(5)
    wide = x.astype(np.float64)
    kept = []
    for count in (1, 2):
        threads(count)
        one = np.empty((shape[0], shape[2]), kind)
        assert call(runtime, "fl_sum", kind, x, one, *shape, 1.0)
        close(one, wide.sum(1), kind)
        kept.append(one)
        two = np.empty((shape[0], 2, shape[2]), kind)
        assert call(runtime, "fl_variance", kind, x, two, *shape, float(shape[1]))
        close(two[:, 0], wide.mean(1), kind)
        close(two[:, 1], wide.var(1), kind)
    np.testing.assert_array_equal(*kept)


def test_long_sums_are_accurate(runtime):
    x = np.full(3_000_001, 0.1, np.float32)
    one = np.empty(1, np.float32)
    assert call(runtime, "fl_sum", np.float32, x, one, 1, x.size, 1, 1.0)
    assert abs(one[0] / x.astype(np.float64).sum() - 1) < 5e-7
    columns, one = x[:3_000_000].reshape(-1, 3), np.empty(3, np.float32)
    assert call(runtime, "fl_sum", np.float32, columns, one, 1, len(columns), 3, 1.0)
    assert np.abs(one / columns.astype(np.float64).sum(0) - 1).max() < 1e-6


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("sign", [1, -1])
def test_extremes_and_first_places(runtime, kind, shape, sign):
    x = make(shape, kind)
    last = x.copy()
    last[:, -1] = np.nan
    odd = x.copy()
    odd[0, shape[1] // 2], odd[-1, 0, -1] = np.nan, np.inf
    for case in (x, np.round(x), last, odd, np.full_like(x, -np.inf * sign)):
        two = np.empty((shape[0], 2, shape[2]), kind)
        assert call(runtime, "fl_extreme", kind, case, two, *shape, float(sign))
        best, place = (case.max(1), case.argmax(1)) if sign > 0 else (case.min(1), case.argmin(1))
        np.testing.assert_array_equal(two[:, 0], best)
        np.testing.assert_array_equal(two[:, 1], place)


@pytest.mark.parametrize("n", [5, 33, 100])
@pytest.mark.parametrize("inner", [1, 40])
def test_softmax_of_infinities_and_nan(runtime, n, inner):
    """As the formula gives: NaN where infinity is subtracted from infinity."""
    x = make((12, n, inner), np.float32)
    x[0] = -np.inf
    x[1, 1:] = -np.inf
    x[2, 0] = np.inf
    x[3, n // 2] = np.nan
    x[4, 2] = 1e38
    out = np.empty_like(x)
    with np.errstate(all="ignore"):
        s = softmax(x.astype(np.float64))
        assert call(runtime, "fl_softmax", np.float32, x, out, *x.shape)
        np.testing.assert_allclose(out, s, atol=1e-6)
        assert call(runtime, "fl_log_softmax", np.float32, x, out, *x.shape)
        shifted = x.astype(np.float64) - x.max(1, keepdims=True)
        z = shifted - np.log(np.exp(shifted).sum(1, keepdims=True))
        np.testing.assert_allclose(out, z, rtol=1e-5, atol=1e-5)
        one = np.empty((12, inner), np.float32)
        assert call(runtime, "fl_logsumexp", np.float32, x, one, *x.shape)
        want = np.log(np.exp(x.astype(np.float64)).sum(1))
        want[4] = 1e38
        np.testing.assert_allclose(one, want, rtol=1e-6, atol=1e-6)


def test_nothing(runtime):
    x = np.empty((0, 4), np.float32)
    assert call(runtime, "fl_softmax", np.float32, x, x, 0, 4, 1)
    one = np.full(3, 7, np.float32)
    assert call(runtime, "fl_sum", np.float32, x, one, 3, 0, 1, 1.0)
    np.testing.assert_array_equal(one, 0)


@settings(max_examples=60, deadline=None)
@given(
    st.tuples(st.integers(1, 70), st.integers(1, 80), st.integers(1, 70)), st.integers(0, 1000),
    st.booleans(),
)  # fmt: skip
def test_any_shape(shape, seed, wide):
    runtime = library.runtime()
    if runtime is None:
        pytest.skip("no native code")
    kind = np.float64 if wide else np.float32
    x = make(shape, kind, 3, seed)
    out, one = np.empty_like(x), np.empty((shape[0], shape[2]), kind)
    assert call(runtime, "fl_softmax", kind, x, out, *shape)
    close(out, softmax(x.astype(np.float64)), kind)
    assert call(runtime, "fl_sum", kind, x, one, *shape, 2.0)
    close(one, x.astype(np.float64).sum(1) / 2, kind)


# --- losses of class numbers ---------------------------------------------------------------------


@pytest.mark.parametrize("shape", SHAPES[:6] + SHAPES[10:13])
@pytest.mark.parametrize("reduction", [0, 1, 2])
@pytest.mark.parametrize("weighted", [False, True])
def test_nll_loss(runtime, kind, shape, reduction, weighted):
    outer, classes, inner = shape
    random = np.random.default_rng(3)
    x = make(shape, kind)
    weight = random.random(classes).astype(kind) + kind(0.1) if weighted else None
    target = random.integers(0, classes, (outer, inner))
    target[random.random(target.shape) < 0.3] = -100
    counted = target != -100
    places = np.where(counted, target, 0)
    counts = np.where(counted, 1.0 if weight is None else weight[places], 0.0)
    losses = -np.take_along_axis(x.astype(np.float64), places[:, None], 1)[:, 0] * counts
    loss, total = np.empty(losses.shape if reduction == 0 else (1,), kind), np.empty(1, kind)
    sizes = (*shape, -100, reduction)
    assert call(runtime, "fl_nll_loss", kind, x, target, weight, loss, total, *sizes) == 0
    with np.errstate(all="ignore"):
        mean = losses.sum() / counts.sum()
    close(loss, [losses, mean, losses.sum()][reduction], kind)
    close(total, counts.sum(), kind)
    g, out = make(loss.shape, kind, 1, 4), np.empty_like(x)
    call(runtime, "fl_nll_loss_gradient", kind, g, target, weight, total, out, *sizes)
    with np.errstate(all="ignore"):
        share = np.where(counted, counts / (counts.sum() if reduction == 1 else 1), 0)
    want = np.zeros(shape)
    values = np.where(counted, -g * share, 0) if reduction == 0 else -g[0] * share
    np.put_along_axis(want, places[:, None], values[:, None], 1)
    close(out, want, kind)


def test_nll_loss_tells_of_bad_targets(runtime):
    x, out = np.zeros((3, 4), np.float32), np.empty(3, np.float32)
    for bad, place in ((4, 2), (-1, 1)):
        target = np.array([0, 1, 3])
        target[place] = bad
        got = call(runtime, "fl_nll_loss", np.float32, x, target, None, out, out.copy(), 3, 4, 1,
                   -100, 0)  # fmt: skip
        assert got == place + 1


# --- normalisation -------------------------------------------------------------------------------


def standard(x, axes, eps):
    mean = x.mean(axes, keepdims=True)
    rstd = 1 / np.sqrt(x.var(axes, keepdims=True) + eps)
    return (x - mean) * rstd, mean, rstd


def standard_gradient(g, x, rstd, axes):
    """From the gradient of the standardised x."""
    return rstd * (g - g.mean(axes, keepdims=True) - x * (g * x).mean(axes, keepdims=True))


def parameters(n, kind, count):
    both = [make(n, kind, 1, 7), make(n, kind, 1, 8)]
    return [*both[:count], *[None] * (2 - count)]


def as_wide(weight, bias):
    return [1.0 if weight is None else weight, 0.0 if bias is None else bias]


@pytest.mark.parametrize("shape", [(1, 4), (3, 5), (40, 33), (7, 64), (300, 20), (5, 5000)])
@pytest.mark.parametrize("given", [0, 1, 2])
def test_norms_of_rows(runtime, threads, kind, shape, given):
    rows, n = shape
    x, g = make(shape, kind) + kind(2), make(shape, kind, 1, 1)
    weight, bias = parameters(n, kind, given)
    w, b = as_wide(weight, bias)
    wide = x.astype(np.float64)
    hat, mean, rstd = standard(wide, 1, 1e-5)
    root = 1 / np.sqrt((wide**2).mean(1, keepdims=True) + 1e-5)
    for count in (1, 2):
        threads(count)
        y, m, r = np.empty_like(x), np.empty(rows, kind), np.empty(rows, kind)
        call(runtime, "fl_layer_norm", kind, x, weight, bias, y, m, r, *shape, 1e-5)
        close(y, hat * w + b, kind)
        close(m, mean[:, 0], kind)
        close(r, rstd[:, 0], kind)
        of_weight, of_bias = np.empty(n, kind), np.empty(n, kind)
        assert call(runtime, "fl_layer_norm_gradient", kind, g, x, weight, m, r, y, of_weight,
                    of_bias, *shape)  # fmt: skip
        close(y, standard_gradient(g * np.float64(w), hat, rstd, 1), kind, 5)
        close(of_weight, (g * hat).sum(0), kind, 5)
        close(of_bias, g.sum(0, dtype=np.float64), kind, 5)
        call(runtime, "fl_rms_norm", kind, x, weight, y, r, *shape, 1e-5)
        close(y, wide * root * w, kind)
        assert call(runtime, "fl_rms_norm_gradient", kind, g, x, weight, r, y, of_weight, *shape)
        scaled = g * np.float64(w)
        inner = (scaled * wide * root).mean(1, keepdims=True)
        close(y, root * (scaled - wide * root * inner), kind, 5)
        close(of_weight, (g * wide * root).sum(0), kind, 5)


BATCHES = [(2, 3, 5), (8, 5, 1), (100, 33, 1), (64, 64, 1), (4, 6, 49), (3, 4, 1000), (1, 2, 17)]


@pytest.mark.parametrize("shape", BATCHES)
@pytest.mark.parametrize("given", [0, 1, 2])
def test_norms_of_batches(runtime, threads, kind, shape, given):
    channels = shape[1]
    x, g = make(shape, kind) + kind(2), make(shape, kind, 1, 1)
    weight, bias = parameters(channels, kind, given)
    w, b = [np.reshape(v, (-1, 1)) if np.ndim(v) else v for v in as_wide(weight, bias)]
    hat, mean, rstd = standard(x.astype(np.float64), (0, 2), 1e-5)
    for count in (1, 2):
        threads(count)
        y = np.empty_like(x)
        m, r, v, of_weight, of_bias = np.empty((5, channels), kind)
        call(runtime, "fl_batch_norm", kind, x, weight, bias, y, m, r, v, *shape, 1e-5)
        close(y, hat * w + b, kind)
        close(m, mean.ravel(), kind)
        close(r, rstd.ravel(), kind)
        close(v, x.astype(np.float64).var((0, 2)), kind)
        call(runtime, "fl_batch_norm_gradient", kind, g, x, weight, m, r, y, of_weight, of_bias,
             *shape)  # fmt: skip
        close(y, standard_gradient(g * np.float64(w), hat, rstd, (0, 2)), kind, 5)
        close(of_weight, (g * hat).sum((0, 2)), kind, 5)
        close(of_bias, g.sum((0, 2), dtype=np.float64), kind, 5)
        call(runtime, "fl_scale_channels", kind, x, r, m, y, *shape)
        close(y, x * r.astype(np.float64)[:, None] + m[:, None], kind)


@pytest.mark.parametrize("shape", BATCHES)
@pytest.mark.parametrize("given", [0, 2])
def test_norms_of_groups(runtime, threads, kind, shape, given):
    n, channels, length = shape
    x, g = make(shape, kind) + kind(2), make(shape, kind, 1, 1)
    weight, bias = parameters(channels, kind, given)
    w, b = [np.reshape(v, (-1, 1)) if np.ndim(v) else v for v in as_wide(weight, bias)]
    for groups in {1, channels} | ({channels // 2} if channels % 2 == 0 else set()):
        if channels // groups * length < 3:
            continue
        hat, mean, rstd = standard(x.astype(np.float64).reshape(n, groups, -1), 2, 1e-5)
        y, m, r = np.empty_like(x), np.empty((n, groups), kind), np.empty((n, groups), kind)
        of_weight, of_bias = np.empty((2, channels), kind)
        sizes = (*shape, groups)
        for count in (1, 2):
            threads(count)
            call(runtime, "fl_group_norm", kind, x, weight, bias, y, m, r, *sizes, 1e-5)
            close(y, hat.reshape(shape) * w + b, kind)
            close(m, mean[..., 0], kind)
            assert call(runtime, "fl_group_norm_gradient", kind, g, x, weight, m, r, y, of_weight,
                        of_bias, *sizes)  # fmt: skip
            scaled = (g * np.float64(w)).reshape(n, groups, -1)
            close(y, standard_gradient(scaled, hat, rstd, 2).reshape(shape), kind, 10)
            close(of_weight, (g * hat.reshape(shape)).sum((0, 2)), kind, 10)
            close(of_bias, g.sum((0, 2), dtype=np.float64), kind, 5)


# --- functions of each element -------------------------------------------------------------------


def test_maps(runtime, threads):
    x = make(40_000, np.float32, 2)
    names = ["exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "tanh"]
    with np.errstate(all="ignore"):
        for n in (1, 2):
            threads(n)
            for which, name in [*enumerate(names), (15, "sin"), (16, "cos")]:
                y = np.empty_like(x)
                runtime.fl_map(which, x.ctypes.data, y.ctypes.data, x.size)
                want = getattr(np, name)(x.astype(np.float64))
                np.testing.assert_allclose(y, want, rtol=3e-7, err_msg=name)
            same = x.copy()
            runtime.fl_map(0, same.ctypes.data, same.ctypes.data, x.size)
            np.testing.assert_allclose(same, np.exp(x.astype(np.float64)), rtol=3e-7)


def test_large_angles(runtime):
    x = np.array([1e9, -3e30, 5, np.inf, 1e20] * 7, np.float32)
    for which, name in ((15, "sin"), (16, "cos")):
        y = np.empty_like(x)
        runtime.fl_map(which, x.ctypes.data, y.ctypes.data, x.size)
        with np.errstate(all="ignore"):
            np.testing.assert_allclose(y, getattr(np, name)(x.astype(np.float64)), rtol=3e-7)
