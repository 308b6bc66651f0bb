"""Reading and writing at indices and masks: laws against NumPy and loops, gradients, errors."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import flambeau as fl

REDUCTIONS = {"sum": np.add, "prod": np.multiply, "amax": np.maximum, "amin": np.minimum}


def numbers(*shape):
    return fl.arange(int(np.prod(shape)), dtype=fl.float64).reshape(shape)


def loops(x, dim, index, src, combine):
    """What scatter with a combination means, element by element."""
    out = x.numpy().copy()
    for place in np.ndindex(*index.shape):
        target = list(place)
        target[dim] = index[place].item()
        out[tuple(target)] = combine(out[tuple(target)], src.numpy()[place])
    return out


@given(st.integers(0, 2), st.data())
@settings(max_examples=60, deadline=None)
def test_scatter_and_gather_are_loops(dim, data):
    x = numbers(3, 4, 2)
    shape = [data.draw(st.integers(0, n)) for n in x.shape]
    seed = data.draw(st.integers(0, 99))
    random = np.random.RandomState(seed)
    index = fl.from_numpy(random.randint(0, x.shape[dim], shape))
    src = fl.from_numpy(random.rand(3, 4, 2))
    read = x.gather(dim, index)
    for place in np.ndindex(*shape):
        source = list(place)
        source[dim] = index[place].item()
        assert read[place] == x[tuple(source)]
    assert np.allclose(x.scatter_add(dim, index, src).numpy(), loops(x, dim, index, src, np.add))
    for name, combine in REDUCTIONS.items():
        got = x.scatter_reduce(dim, index, src, name).numpy()
        assert np.allclose(got, loops(x, dim, index, src, combine))


@given(st.lists(st.integers(-4, 3), max_size=6), st.integers(0, 99))
@settings(max_examples=40, deadline=None)
def test_index_put_is_a_loop(rows, seed):
    x, values = numbers(4, 3), fl.from_numpy(np.random.RandomState(seed).rand(len(rows), 3))
    written, added = x.numpy().copy(), x.numpy().copy()
    for i, row in enumerate(rows):
        written[row] = values.numpy()[i]
        added[row] += values.numpy()[i]
    index = (fl.tensor(rows, dtype=fl.int64),)
    assert np.array_equal(x.index_put(index, values).numpy(), written)
    assert np.allclose(x.index_put(index, values, accumulate=True).numpy(), added)
    positive = [r % 4 for r in rows]
    again = x.index_add(0, fl.tensor(positive, dtype=fl.int64), values)
    assert np.allclose(again.numpy(), added)


@given(st.integers(0, 2**12 - 1))
@settings(max_examples=40, deadline=None)
def test_masks(bits):
    x = numbers(3, 4)
    mask = fl.tensor([bool(bits >> i & 1) for i in range(12)]).reshape(3, 4)
    part = x.masked_select(mask)
    assert fl.equal(part, x[mask])
    assert fl.equal(x.masked_scatter(mask, part), x)
    assert fl.equal(x.masked_fill(mask, -1), fl.where(mask, -1.0, x))
    assert fl.equal(fl.nonzero(mask), fl.stack(fl.where(mask), 1))
    assert fl.equal(x[fl.nonzero(mask, as_tuple=True)], part)


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x.gather(1, fl.tensor([[0, 0, 3], [2, 1, 0]])),
        lambda x: x.index_select(1, fl.tensor([0, 0, 3])),
        lambda x: x.take(fl.tensor([[0, -1], [5, 5]])),
        lambda x: x.masked_select(x > 0.5),
        lambda x: x.masked_fill(x > 0.5, x[0, 0]),
        lambda x: x.masked_scatter(x > 0.5, x.flip(0)),
        lambda x: x.scatter(1, fl.tensor([[3, 0]]), x[:, :3] * 2),
        lambda x: x.scatter_add(0, fl.tensor([[1, 1, 0]]), x * x),
        lambda x: x.scatter_reduce(0, fl.tensor([[1, 1, 0]]), x * x, "prod"),
        lambda x: x.scatter_reduce(0, fl.tensor([[1, 1, 0]]), x * x, "mean", include_self=False),
        lambda x: x.index_reduce(1, fl.tensor([1, 1, 3]), x[:, :3].exp(), "amax"),
        lambda x: x.index_add(1, fl.tensor([1, 1]), x[:, :2] * x[:, :2], alpha=3),
        lambda x: x.index_copy(1, fl.tensor([2]), x[:, :1] * 2),
        lambda x: x.index_fill(1, fl.tensor([2, 2]), x[0, 0] * 2),
        lambda x: x.index_put((fl.tensor([0, 1]), fl.tensor([3, 3])), x[:, 0] ** 2),
        lambda x: x.put(fl.tensor([1, 6]), x[0, :2] * 3),
        lambda x: x[fl.tensor([1, 0, 1]), 1:] * x[0, 0],
        lambda x: fl.where(x > 0.5, x * x, x[:, :1]),
        lambda x: x.take_along_dim(fl.tensor([[1], [3]]), 1),
    ],
)
def test_gradients(function):
    fl.manual_seed(3)
    x = fl.rand(2, 4, dtype=fl.float64, requires_grad=True)
    assert fl.autograd.gradcheck(function, (x,))
    assert fl.autograd.gradgradcheck(function, (x,))


def test_rows_named_by_two_index_lists():
    n = 2000
    logits = fl.rand(n, 10, requires_grad=True)
    labels = fl.randint(0, 10, (n,))
    picked = logits[range(n), labels]
    picked.sum().backward()
    want = fl.zeros(n, 10)
    want[range(n), labels] = 1.0
    assert fl.equal(logits.grad, want)
    assert fl.equal(picked, logits.gather(1, labels[:, None]).squeeze(1))


def test_written_into_non_contiguous_memory():
    x = fl.zeros(4, 3)
    x.t().scatter_add_(0, fl.tensor([[0, 1, 1, 2]]), fl.ones(1, 4))
    x[:, 1:].index_add_(1, fl.tensor([0]), fl.ones(4, 1) * 5)
    x.t().put_(fl.tensor([0]), fl.tensor([9.0]))
    assert x.tolist() == [[9, 5, 0], [0, 6, 0], [0, 6, 0], [0, 5, 1]]


def test_conversions_in_where():
    assert fl.where(fl.tensor([True, False]), 1, 0.5).dtype is fl.float32
    assert fl.where(fl.tensor(True), fl.ones(2, dtype=fl.bfloat16), 0.5).dtype is fl.bfloat16
    with pytest.raises(RuntimeError, match="condition to be a boolean tensor"):
        fl.where(fl.ones(2), fl.ones(2), fl.ones(2))


def test_out_of_range():
    x = fl.zeros(2, 3)
    with pytest.raises(IndexError, match="index 2 is out of bounds for dimension 0 with size 2"):
        x[2]
    with pytest.raises(IndexError, match="index 5 is out of bounds for dimension 0 with size 2"):
        x[fl.tensor([5])]
    with pytest.raises(RuntimeError, match="index 3 is out of bounds for dimension 1 with size 3"):
        x.gather(1, fl.tensor([[3], [0]]))
    with pytest.raises(IndexError, match="index out of range in self"):
        x.index_select(0, fl.tensor([-1]))
    with pytest.raises(RuntimeError, match="Expected index"):
        x.scatter(1, fl.zeros(3, 1, dtype=fl.int64), 1.0)
