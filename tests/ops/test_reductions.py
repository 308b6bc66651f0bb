"""Reductions and scans: fixed values, laws, gradients, and the ways that large arrays take."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import flambeau as fl
from flambeau.ops import array_reductions as A

X = [[3.0, 1, 2], [1, 3, 3]]

shapes = st.lists(st.integers(1, 5), min_size=1, max_size=3).map(tuple)
seeds = st.integers(0, 999)


def rand(shape, seed=0, dtype="float64"):
    return fl.tensor(np.random.default_rng(seed).standard_normal(shape).astype(dtype))


# --- fixed values ---------------------------------------------------------------------------------


def test_sum_of_all_and_over_dimensions():
    x = fl.tensor(X)
    assert x.sum().item() == 13
    assert x.sum(0).tolist() == [4, 4, 5]
    assert x.sum(-1, keepdim=True).tolist() == [[6], [7]]
    assert x.sum((0, 1)).item() == 13
    assert x.sum(axis=0, keepdims=True).shape == (1, 3)


def test_integers_and_bools_are_added_as_int64():
    for dtype in (fl.bool, fl.uint8, fl.int16, fl.int32):
        s = fl.tensor([1, 1, 1]).to(dtype).sum()
        assert s.dtype is fl.int64 and s.item() == 3
    assert fl.tensor([200, 200], dtype=fl.uint8).sum().item() == 400
    assert fl.tensor([200, 200], dtype=fl.uint8).sum(dtype=fl.uint8).item() == 144


def test_half_types_are_added_in_float32():
    for dtype in (fl.float16, fl.bfloat16):
        x = fl.ones(4096, dtype=dtype)
        assert x.sum().item() == 4096 and x.sum().dtype is dtype
        assert x.mean().item() == 1


def test_mean_of_integers_is_refused():
    with pytest.raises(RuntimeError, match=r"mean\(\): could not infer output dtype.*Got: Long"):
        fl.tensor([1, 2]).mean()


def test_dimensions_that_do_not_exist_or_come_twice():
    x = fl.tensor(X)
    with pytest.raises(IndexError, match=r"range of \[-2, 1\], but got 2"):
        x.sum(2)
    with pytest.raises(RuntimeError, match="dim 0 appears multiple times"):
        x.mean((0, -2))
    with pytest.raises(TypeError, match="argument 'keepdim'.*must be bool, not int"):
        x.sum(0, 1)
    with pytest.raises(TypeError, match=r"sum\(\): argument 'input' .* must be Tensor, not list"):
        fl.sum([1, 2])


def test_max_stands_for_three_operators():
    x = fl.tensor(X)
    assert x.max().item() == 3
    values, indices = x.max(1)
    assert values.tolist() == [3, 3] and indices.tolist() == [0, 1]
    assert x.min(dim=0).indices.tolist() == [1, 0, 0]
    assert x.max(fl.tensor(2.0)).tolist() == [[3, 2, 2], [2, 3, 3]]


def test_nan_is_larger_and_smaller_than_all():
    x = fl.tensor([1, math.nan, 5])
    assert math.isnan(x.max()) and math.isnan(x.min()) and math.isnan(x.amax())
    assert x.argmax().item() == x.argmin().item() == x.max(0).indices.item() == 1


def test_extremes_of_nothing_are_refused():
    with pytest.raises(RuntimeError, match="Expected reduction dim to be specified"):
        fl.zeros(0).max()
    with pytest.raises(IndexError, match=r"argmax\(\): Expected reduction dim 0 to have non-zero"):
        fl.zeros(0, 2).argmax(0)
    assert fl.zeros(0, 2).max(1).values.shape == (0,)


def test_results_print_as_named_tuples():
    assert repr(fl.tensor([2.0, 1]).max(0)) == (
        "flambeau.return_types.max(\nvalues=tensor(2.),\nindices=tensor(0))"
    )


def test_variance_and_its_corrections():
    x = fl.tensor([1.0, 2, 4])
    assert x.var().item() == pytest.approx(7 / 3)
    assert x.var(unbiased=False).item() == pytest.approx(14 / 9)
    assert x.var(correction=0).item() == x.var(False).item()
    assert x.std(0).item() == pytest.approx(math.sqrt(7 / 3))
    std, mean = fl.std_mean(x)
    assert (std.item(), mean.item()) == pytest.approx((math.sqrt(7 / 3), 7 / 3))
    with pytest.raises(TypeError):
        x.var(unbiased=True, correction=1)


def test_median_is_the_lower_of_two():
    assert fl.tensor([4, 1, 3, 2]).median().item() == 2
    assert fl.tensor([4.0, 1, 3, 2]).median(0).indices.item() == 3
    assert math.isnan(fl.tensor([1, math.nan]).median())
    assert fl.tensor([1, math.nan]).nanmedian().item() == 1


def test_mode_is_the_smallest_of_the_most_frequent():
    values, indices = fl.tensor([5, 1, 1, 5, 3]).mode()
    assert (values.item(), indices.item()) == (1, 2)


def test_quantiles():
    x = fl.tensor([1.0, 2, 3, 4])
    assert x.quantile(0.5).item() == 2.5
    assert x.quantile(fl.tensor([0.0, 1.0])).tolist() == [1, 4]
    assert x.quantile(0.4, interpolation="nearest").item() == 2
    assert fl.tensor([[1.0, math.nan, 3]]).nanquantile(0.5, dim=1).tolist() == [2]


def test_logsumexp_does_not_overflow():
    assert fl.tensor([1000.0, 1000]).logsumexp(0).item() == pytest.approx(1000 + math.log(2))
    assert fl.tensor([-math.inf, -math.inf]).logsumexp(0).item() == -math.inf


def test_norms():
    x = fl.tensor([3.0, -4])
    norms = {2: 5, 1: 7, math.inf: 4, -math.inf: 3, 0: 2, 3: 91 ** (1 / 3)}
    for p, value in norms.items():
        assert x.norm(p).item() == pytest.approx(value)


def test_out_is_written_and_returned():
    out = fl.zeros(2)
    assert fl.sum(fl.tensor(X), 1, out=out) is out and out.tolist() == [6, 7]
    with pytest.raises(RuntimeError, match="don't support automatic differentiation"):
        fl.sum(fl.tensor(X, requires_grad=True), 1, out=out)


def test_results_are_contiguous_whatever_the_input():
    x = rand((2, 3, 4)).permute(2, 1, 0)
    for y in (x.sum(0), x.mean(1), x.amax(1), x.std(0), x.softmax(1), x.cumsum(0), x.logsumexp(1)):
        assert y.is_contiguous() and y.view(-1).numel() == y.numel()


# --- laws -----------------------------------------------------------------------------------------


@settings(deadline=None, max_examples=40)
@given(shapes, seeds, st.data())
def test_sum_is_the_product_with_ones(shape, seed, data):
    x = rand(shape, seed)
    dim = data.draw(st.integers(-len(shape), len(shape) - 1))
    ones = np.ones(shape[dim])
    want = np.tensordot(x.numpy(), ones, axes=(dim, 0))
    np.testing.assert_allclose(x.sum(dim).numpy(), want, atol=1e-12)
    np.testing.assert_allclose(x.mean(dim).numpy(), want / shape[dim], atol=1e-12)


@settings(deadline=None, max_examples=40)
@given(shapes, seeds, st.data())
def test_softmax_adds_up_to_one_and_ignores_shifts(shape, seed, data):
    x = rand(shape, seed)
    dim = data.draw(st.integers(-len(shape), len(shape) - 1))
    y = x.softmax(dim)
    np.testing.assert_allclose(y.sum(dim).numpy(), 1)
    np.testing.assert_allclose((x + 700).softmax(dim).numpy(), y.numpy())
    np.testing.assert_allclose(x.log_softmax(dim).exp().numpy(), y.numpy())
    np.testing.assert_allclose((x - x.logsumexp(dim, True)).numpy(), x.log_softmax(dim).numpy())


@settings(deadline=None, max_examples=40)
@given(shapes, seeds)
def test_scans_end_in_the_reduction_and_diff_undoes_them(shape, seed):
    x = rand(shape, seed)
    n = shape[-1]
    np.testing.assert_allclose(x.cumsum(-1)[..., n - 1].numpy(), x.sum(-1).numpy())
    np.testing.assert_allclose(x.cumprod(-1)[..., n - 1].numpy(), x.prod(-1).numpy())
    assert x.cummax(-1).values[..., n - 1].equal(x.amax(-1))
    np.testing.assert_allclose(
        x.logcumsumexp(-1)[..., n - 1].numpy(), x.logsumexp(-1).numpy(), atol=1e-12
    )
    np.testing.assert_allclose(x.cumsum(-1).diff(dim=-1).numpy(), x[..., 1:].numpy(), atol=1e-12)


@settings(deadline=None, max_examples=40)
@given(shapes, seeds, st.data())
def test_gradients_go_to_the_elements_that_were_picked(shape, seed, data):
    x = rand(shape, seed).requires_grad_()
    dim = data.draw(st.integers(0, len(shape) - 1))
    values, indices = x.max(dim)
    values.sum().backward()
    want = np.zeros(shape)
    np.put_along_axis(want, np.expand_dims(indices.numpy(), dim), 1, dim)
    np.testing.assert_array_equal(x.grad.numpy(), want)


@pytest.mark.parametrize("name", ["max", "min", "amax", "amin", "median"])
def test_equal_extremes_share_the_gradient(name):
    x = fl.tensor([2.0, 2, 2, 2], requires_grad=True)
    getattr(x, name)().backward()
    assert x.grad.tolist() == [0.25] * 4


DIFFERENTIABLE = {
    "sum": lambda x: x.sum(1), "mean": lambda x: x.mean((0, 1)), "prod": lambda x: x.prod(1),
    "var": lambda x: x.var(0), "std": lambda x: x.std(1), "norm": lambda x: x.norm(3, 1),
    "logsumexp": lambda x: x.logsumexp(0), "softmax": lambda x: x.softmax(1),
    "log_softmax": lambda x: x.log_softmax(0), "cumsum": lambda x: x.cumsum(0),
    "cumprod": lambda x: x.cumprod(1), "logcumsumexp": lambda x: x.logcumsumexp(1),
    "cummax": lambda x: x.cummax(1)[0], "amax": lambda x: x.amax(0), "sort": lambda x: x.sort(0)[0],
    "topk": lambda x: x.topk(2)[0], "median": lambda x: x.median(1)[0],
    "quantile": lambda x: x.quantile(0.3, 1), "renorm": lambda x: fl.renorm(x, 2, 0, 0.5),
    "cov": lambda x: fl.cov(x), "sum_to_size": lambda x: x.sum_to_size(1, 4),
}  # fmt: skip


@pytest.mark.parametrize("name", DIFFERENTIABLE)
def test_gradients_are_slopes(name):
    f, x = DIFFERENTIABLE[name], rand((3, 4), 5).requires_grad_()
    weight = fl.tensor(np.cos(np.arange(f(x).numel()))).reshape(f(x).shape)
    (f(x) * weight).sum().backward()
    h = 1e-6
    for i in range(12):
        step = fl.zeros(12, dtype=fl.float64)
        step[i] = h
        step = step.reshape(3, 4)
        slope = ((f(x + step) - f(x - step)) * weight).sum().item() / (2 * h)
        assert x.grad.reshape(-1)[i].item() == pytest.approx(slope, abs=1e-7)


def test_product_gradients_where_factors_are_zero():
    x = fl.tensor([[2.0, 0, 3], [0, 0, 1]], requires_grad=True)
    x.prod(1).sum().backward()
    assert x.grad.tolist() == [[0, 6, 0], [0, 0, 0]]
    y = fl.tensor([2.0, 0, 3], requires_grad=True)
    y.cumprod(0).sum().backward()
    assert y.grad.tolist() == [1, 8, 0]


# --- large arrays ---------------------------------------------------------------------------------

LARGE = [
    ((3000, 10), 0), ((3000, 10), 1), ((3000, 10), None), ((20000,), 0), ((2, 20001), 1),
    ((20001, 2), 0), ((7, 6, 5, 4, 30), (0, 2, 4)), ((100, 3, 100), (0, 2)), ((5, 4000, 3), 1),
]  # fmt: skip


@pytest.mark.parametrize("shape, axis", LARGE)
@pytest.mark.parametrize("order", ["C", "F"])
def test_sums_in_blas_are_exact_to_float32(shape, axis, order):
    x = np.asarray(np.random.default_rng(0).random(shape, np.float32), order=order)
    assert x.size >= A.LARGE
    want = x.astype(np.float64).sum(axis=axis, keepdims=True)
    got = A.sum_over(x, axis, True)
    assert got.shape == want.shape and got.dtype == np.float32
    np.testing.assert_allclose(got, want, rtol=2e-6)
    np.testing.assert_allclose(A.sum_over(x, axis), want.squeeze(axis), rtol=2e-6)


@pytest.mark.parametrize("name", ["max", "min"])
def test_extremes_of_many_short_rows(name):
    data = np.random.default_rng(0).integers(0, 4, (4000, 6)).astype(np.float32)
    data[17, 3] = data[18, 0] = math.nan
    values, indices = getattr(fl.tensor(data), name)(1)
    np.testing.assert_array_equal(values.numpy(), getattr(np, name)(data, 1))
    np.testing.assert_array_equal(indices.numpy(), getattr(np, "arg" + name)(data, 1))
    found = getattr(fl.tensor(data), "arg" + name)(1)
    np.testing.assert_array_equal(found.numpy(), indices.numpy())


@pytest.mark.parametrize("scale", [1, 100])
def test_softmax_of_many_rows_in_blocks(scale):
    data = np.random.default_rng(0).standard_normal((20000, 10)) * scale
    exact = np.exp(data - data.max(1, keepdims=True))
    exact /= exact.sum(1, keepdims=True)
    x = fl.tensor(data.astype(np.float32), requires_grad=True)
    got = x.softmax(1).detach().numpy()
    np.testing.assert_allclose(got, exact, atol=3e-5 if scale > 1 else 3e-7)
    x.log_softmax(1).sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), 1 - 10 * exact, atol=1e-3 if scale > 1 else 1e-5)
