"""Interpolation, sampling by grids, one-hot vectors and bags: laws and values."""

import numpy as np
import pytest

import flambeau as fl
import flambeau.nn.functional as F
from flambeau.autograd import gradcheck, gradgradcheck


def rand(*shape):
    return fl.from_numpy(np.random.RandomState(sum(shape)).randn(*shape))


@pytest.mark.parametrize("mode", ["nearest", "nearest-exact", "bilinear", "bicubic", "area"])
def test_the_same_size_changes_nothing(mode):
    x = rand(2, 3, 5, 4)
    assert fl.allclose(F.interpolate(x, size=(5, 4), mode=mode), x)


@pytest.mark.parametrize("mode", ["nearest", "bilinear", "bicubic", "area"])
@pytest.mark.parametrize("size", [(3, 2), (9, 11), (1, 1)])
def test_constants_stay_constant(mode, size):
    y = F.interpolate(fl.full((1, 2, 5, 4), 3.5), size=size, mode=mode)
    np.testing.assert_allclose(y.numpy(), 3.5, rtol=1e-5)


def test_lines_stay_lines():
    x = fl.arange(5.0).reshape(1, 1, 5)
    y = F.interpolate(x, size=9, mode="linear", align_corners=True)
    assert y.flatten().tolist() == [i / 2 for i in range(9)]


def test_nearest_repeats():
    x = fl.tensor([[[1.0, 2.0]]])
    assert F.interpolate(x, scale_factor=3).tolist() == [[[1, 1, 1, 2, 2, 2]]]


@pytest.mark.parametrize("mode", ["nearest", "bilinear", "bicubic", "area"])
@pytest.mark.parametrize("size", [(3, 7), (8, 2)])
def test_interpolation_has_derivatives(mode, size):
    x = rand(1, 2, 4, 5).requires_grad_()
    assert gradcheck(lambda x: F.interpolate(x, size=size, mode=mode), (x,))
    assert gradgradcheck(lambda x: F.interpolate(x, size=size, mode=mode) ** 2, (x,))


def test_nan_stays_near_its_place():
    x = fl.zeros(1, 1, 8)
    x[0, 0, 0] = float("nan")
    y = F.interpolate(x, size=16, mode="linear")
    assert y.isnan().sum() == 3


@pytest.mark.parametrize("align", [False, True])
@pytest.mark.parametrize("mode", ["bilinear", "nearest", "bicubic"])
def test_the_identity_grid_gives_the_picture(mode, align):
    x = rand(2, 3, 5, 4)
    theta = fl.eye(3, dtype=fl.float64)[:2].expand(2, 2, 3)
    grid = F.affine_grid(theta, x.shape, align)
    assert fl.allclose(F.grid_sample(x, grid, mode, align_corners=align), x)


def test_a_flip_is_an_affine_map():
    x = rand(1, 2, 3, 4)
    theta = fl.tensor([[[-1.0, 0, 0], [0, 1, 0]]], dtype=fl.float64)
    grid = F.affine_grid(theta, x.shape, False)
    assert fl.allclose(F.grid_sample(x, grid, align_corners=False), x.flip(3))


def test_what_lies_beyond_the_border():
    x = fl.tensor([[[[1.0, 2.0, 3.0]]]])
    grid = fl.tensor([[[[2.0, 0.0]]]])  # half a picture to the right

    def at(padding):
        return F.grid_sample(x, grid, "nearest", padding, align_corners=False).item()

    assert (at("zeros"), at("border"), at("reflection")) == (0, 3, 2)


@pytest.mark.parametrize("padding", ["zeros", "border", "reflection"])
@pytest.mark.parametrize("mode", ["bilinear", "bicubic"])
def test_sampling_has_derivatives(mode, padding):
    x, grid = rand(1, 1, 4, 3).requires_grad_(), (rand(1, 2, 1, 2) * 0.6).requires_grad_()

    def sample(x, grid):
        return F.grid_sample(x, grid, mode, padding, align_corners=False)

    assert gradcheck(sample, (x, grid))
    if mode == "bilinear":
        assert gradgradcheck(sample, (x, grid))


def test_one_hot():
    y = F.one_hot(fl.tensor([[1, 0], [2, 1]]))
    assert y.dtype == fl.int64
    assert y.tolist() == [[[0, 1, 0], [1, 0, 0]], [[0, 0, 1], [0, 1, 0]]]
    with pytest.raises(RuntimeError, match="the largest is 2, num_classes is 2"):
        F.one_hot(fl.tensor([2]), 2)


def test_bags_sum_average_or_take_the_largest():
    table = rand(6, 3)
    chosen, starts = fl.tensor([1, 1, 4, 0, 5]), fl.tensor([0, 3, 3])
    rows = table[chosen]
    bags = {"sum": rows[:3].sum(0), "mean": rows[:3].mean(0), "max": rows[:3].max(0).values}
    for mode, expected in bags.items():
        y = F.embedding_bag(chosen, table, starts, mode=mode)
        assert fl.allclose(y[0], expected)
        assert not y[1].any()  # an empty bag
        one = F.embedding_bag(chosen[:3].unsqueeze(0), table, mode=mode)
        assert fl.allclose(one[0], expected)
        w = table.clone().requires_grad_()
        assert gradcheck(lambda w: F.embedding_bag(chosen, w, starts, mode=mode), (w,))  # noqa: B023


def test_long_rows_are_shortened_in_place():
    table = fl.tensor([[3.0, 4.0], [0.3, 0.4], [6.0, 8.0]])
    fl.embedding_renorm_(table, fl.tensor([0, 1]), 1.0, 2.0)
    assert table.norm(dim=1).tolist() == pytest.approx([1.0, 0.5, 10.0], rel=1e-5)
