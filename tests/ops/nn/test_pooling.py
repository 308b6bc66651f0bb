"""Pooling: against its definition; where maxima lie; derivatives."""

import numpy as np
import pytest

import flambeau as fl
import flambeau.nn.functional as F
from flambeau.autograd import gradcheck, gradgradcheck


def rand(*shape):
    return fl.from_numpy(np.random.RandomState(sum(shape)).randn(*shape))


def windows(x, kernel, stride):
    """(n, c, oh, ow, kernel * kernel)"""
    view = np.lib.stride_tricks.sliding_window_view(x, (kernel, kernel), (2, 3))
    return view[:, :, ::stride, ::stride].reshape(*view[:, :, ::stride, ::stride].shape[:4], -1)


@pytest.mark.parametrize(("kernel", "stride"), [(2, 2), (3, 2), (3, 1), (2, 3)])
def test_is_its_definition(kernel, stride):
    x = rand(2, 3, 8, 9)
    parts = windows(x.numpy(), kernel, stride)
    np.testing.assert_array_equal(F.max_pool2d(x, kernel, stride).numpy(), parts.max(-1))
    np.testing.assert_allclose(F.avg_pool2d(x, kernel, stride).numpy(), parts.mean(-1))


def test_indices_point_at_the_maxima():
    x = rand(2, 3, 7, 8)
    values, indices = F.max_pool2d(x, 3, 2, 1, return_indices=True)
    found = x.flatten(2).gather(2, indices.flatten(2)).reshape(values.shape)
    assert fl.equal(found, values)
    assert indices.dtype == fl.int64


def test_unpooling_puts_maxima_back():
    x = rand(1, 2, 6, 6)
    values, indices = F.max_pool2d(x, 2, return_indices=True)
    back = F.max_unpool2d(values, indices, 2)
    assert back.shape == x.shape
    assert fl.equal(back[back != 0], x[back != 0])
    assert int((back != 0).sum()) == values.numel()


def test_equal_numbers_the_first_one_counts():
    x = fl.ones(1, 1, 2, 2, requires_grad=True)
    F.max_pool2d(x, 2).backward()
    assert x.grad.flatten().tolist() == [1, 0, 0, 0]


def test_of_several_nans_the_last_one_counts():
    x = fl.tensor([[[1.0, float("nan")], [float("nan"), 2.0]]], requires_grad=True)
    y = F.max_pool2d(x, 2)
    assert y.isnan().all()
    y.backward(fl.ones_like(y))
    assert x.grad.flatten().tolist() == [0, 0, 1, 0]


def test_padding_never_wins():
    x = fl.full((1, 1, 2, 2), -float("inf"), requires_grad=True)
    values, indices = F.max_pool2d(x, 2, 2, 1, return_indices=True)
    assert indices.flatten().tolist() == [0, 1, 2, 3]
    F.max_pool2d(x, 2, 2, 1).backward(fl.ones(1, 1, 2, 2))
    assert x.grad.flatten().tolist() == [1, 1, 1, 1]


def test_infinite_gradients_stay_where_they_belong():
    x = fl.tensor([[[1.0, 2.0]]], requires_grad=True)
    F.max_pool1d(x, 2).backward(fl.full((1, 1, 1), float("inf")))
    assert x.grad.flatten().tolist() == [0, float("inf")]


def test_padding_counts_or_not():
    x = fl.ones(1, 1, 2, 2)
    assert F.avg_pool2d(x, 3, 1, 1).flatten().tolist() == [np.float32(4 / 9)] * 4
    assert F.avg_pool2d(x, 3, 1, 1, count_include_pad=False).flatten().tolist() == [1] * 4
    assert F.avg_pool2d(x, 2, divisor_override=8).item() == 0.5


def test_ceil_mode_keeps_the_rest():
    x = fl.arange(5.0).reshape(1, 1, 5)
    assert F.max_pool1d(x, 2).tolist() == [[[1, 3]]]
    assert F.max_pool1d(x, 2, ceil_mode=True).tolist() == [[[1, 3, 4]]]
    assert F.avg_pool1d(x, 2, ceil_mode=True).tolist() == [[[0.5, 2.5, 4]]]


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7])
def test_adaptive_windows_cover_everything(size):
    x = rand(1, 2, 7)
    pooled = F.adaptive_max_pool1d(x, size)
    assert pooled.shape == (1, 2, size)
    assert pooled.max().item() == x.max().item()
    assert F.adaptive_avg_pool1d(fl.ones(1, 2, 7), size).unique().tolist() == [1]


@pytest.mark.parametrize(
    "function",
    [
        lambda x: F.max_pool2d(x, 2), lambda x: F.max_pool2d(x, 3, 2, 1),
        lambda x: F.max_pool2d(x, 2, return_indices=True)[0], lambda x: F.avg_pool2d(x, 3, 2, 1),
        lambda x: F.adaptive_avg_pool2d(x, 3), lambda x: F.adaptive_max_pool2d(x, 3),
        lambda x: F.lp_pool2d(x.abs() + 1, 3, 2),
    ],
)  # fmt: skip
def test_derivatives(function):
    x = rand(2, 2, 6, 5).requires_grad_()
    assert gradcheck(function, (x,))
    assert gradgradcheck(function, (x,))
