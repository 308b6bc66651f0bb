"""Joining, repeating, turning and padding: fixed values, laws, and gradients by gradcheck."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import flambeau as fl
import flambeau.nn.functional as F

sizes = st.lists(st.integers(1, 4), min_size=1, max_size=3).map(tuple)


def numbers(shape, dtype=fl.float64):
    return fl.arange(int(np.prod(shape))).reshape(shape).to(dtype)


@given(sizes, st.data())
@settings(max_examples=60, deadline=None)
def test_what_is_done_twice_is_undone(shape, data):
    x = numbers(shape)
    dim = data.draw(st.integers(-len(shape), len(shape) - 1))
    shift = data.draw(st.integers(-5, 5))
    assert fl.equal(x.flip(dim).flip(dim), x)
    assert fl.equal(x.roll(shift, dim).roll(-shift, dim), x)
    assert fl.equal(x.roll(shift).roll(-shift), x)
    if len(shape) > 1:
        assert fl.equal(x.rot90(shift).rot90(-shift), x)
        assert fl.equal(x.tril(shift) + x.triu(shift + 1), x)
    left, right = data.draw(st.integers(0, 3)), data.draw(st.integers(0, 3))
    assert fl.equal(F.pad(F.pad(x, (left, right), value=7.0), (-left, -right)), x)


@given(sizes, st.lists(st.integers(0, 3), min_size=3, max_size=4))
@settings(max_examples=40, deadline=None)
def test_repeat_follows_numpy(shape, repeats):
    x = numbers(shape)
    assert np.array_equal(x.repeat(repeats).numpy(), np.tile(x.numpy(), repeats))
    n = repeats[0]
    assert np.array_equal(x.repeat_interleave(n, 0).numpy(), np.repeat(x.numpy(), n, 0))


def test_cat_promotes_and_forgives_the_old_empty_tensor():
    mixed = fl.cat([fl.tensor([1, 2]), fl.tensor([0.5]), fl.zeros(0)])
    assert mixed.dtype is fl.float32 and mixed.tolist() == [1, 2, 0.5]
    assert fl.cat([fl.zeros(0), fl.ones(2, 3)], 1).shape == (2, 3)
    a, b = fl.ones(2, requires_grad=True), fl.ones(3, dtype=fl.float64, requires_grad=True)
    (fl.cat([a, b]) * fl.arange(5)).sum().backward()
    assert a.grad.tolist() == [0, 1] and b.grad.tolist() == [2, 3, 4]
    assert (a.grad.dtype, b.grad.dtype) == (fl.float32, fl.float64)


def test_cat_may_be_followed_by_writes_into_its_inputs():
    a = fl.ones(2, requires_grad=True) * 1
    joined = fl.cat([a, a])
    a.mul_(2)  # cat keeps the shapes alone
    joined.sum().backward()


def test_padding_modes():
    x = fl.tensor([[1, 2, 3, 4]])
    assert F.pad(x, (2, 1), "reflect").tolist() == [[3, 2, 1, 2, 3, 4, 3]]
    assert F.pad(x, (2, 1), "replicate").tolist() == [[1, 1, 1, 2, 3, 4, 4]]
    assert F.pad(x, (2, 1), "circular").tolist() == [[3, 4, 1, 2, 3, 4, 1]]
    assert F.pad(x, (1, -2), value=9).tolist() == [[9, 1, 2]]


@pytest.mark.parametrize("mode", ["constant", "reflect", "replicate", "circular"])
@pytest.mark.parametrize("widths", [(2, 1), (-1, 2), (1, 2, 2, 0)])
def test_gradients_of_padding(mode, widths):
    x = fl.rand(2, 3, 4, dtype=fl.float64, requires_grad=True)
    assert fl.autograd.gradcheck(lambda t: F.pad(t, widths, mode), (x,))


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x.repeat(2, 1, 3),
        lambda x: x.repeat_interleave(fl.tensor([2, 0, 1]), 1),
        lambda x: x.repeat_interleave(3, 0),
        lambda x: x.roll((1, 2), (0, 1)),
        lambda x: x.rot90(1, (0, 2)),
        lambda x: fl.stack([x, x * x], 1),
        lambda x: fl.block_diag(x[0], x[1]),
        lambda x: x.diag_embed(1),
        lambda x: x[0].diag(),
        lambda x: fl.combinations(x[0, 0], 2),
        lambda x: fl.cat(fl.meshgrid(x[0, 0], x[1, 1], indexing="xy")),
        lambda x: fl.slice_scatter(x, x[:, :1] * 2, 1, 1, 2),
        lambda x: fl.diagonal_scatter(x, x[0, :, :2] * 3, 0, 0, 2),
    ],
)
def test_gradients(function):
    x = fl.rand(2, 3, 4, dtype=fl.float64, requires_grad=True)
    assert fl.autograd.gradcheck(function, (x,))
    assert fl.autograd.gradgradcheck(function, (x,))


def test_fixed_values():
    m = fl.arange(6).reshape(2, 3)
    assert m.rot90().tolist() == [[2, 5], [1, 4], [0, 3]]
    assert fl.vstack([m, fl.tensor([7, 8, 9])]).tolist() == [[0, 1, 2], [3, 4, 5], [7, 8, 9]]
    assert fl.dstack([m, m]).shape == (2, 3, 2)
    assert fl.tril_indices(2, 3).tolist() == [[0, 1, 1], [0, 0, 1]]
    assert fl.triu_indices(2, 3, 1).tolist() == [[0, 0, 1], [1, 2, 2]]
    assert fl.cartesian_prod(fl.tensor([1, 2]), fl.tensor([3, 4])).tolist() == [
        [1, 3], [1, 4], [2, 3], [2, 4],
    ]  # fmt: skip
    assert [t.ndim for t in fl.atleast_3d(fl.tensor(1), m)] == [3, 3]


def test_errors_say_what_is_wrong():
    with pytest.raises(RuntimeError, match="Expected size 3 but got size 4 for tensor number 1"):
        fl.cat([fl.zeros(2, 3), fl.zeros(2, 4)])
    with pytest.raises(RuntimeError, match="stack expects each tensor to be equal size"):
        fl.stack([fl.zeros(2), fl.zeros(3)])
    with pytest.raises(ValueError, match="non-empty list"):
        fl.cat([])
    with pytest.raises(RuntimeError, match="Padding size should be less"):
        F.pad(fl.zeros(1, 3), (3, 0), mode="reflect")
