"""Sorting, searching and counting: fixed values and laws."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import flambeau as fl

floats = st.floats(-10, 10, width=32) | st.sampled_from([math.nan, math.inf, -math.inf])
rows = hnp.arrays(np.float32, st.integers(1, 30), elements=floats)
digits = hnp.arrays(np.int64, st.integers(0, 30), elements=st.integers(0, 5))

quick = settings(deadline=None, max_examples=50)


def test_nan_is_sorted_last_and_first_in_descending_order():
    x = fl.tensor([math.nan, 1, math.inf, -math.inf])
    assert x.argsort().tolist() == [3, 1, 2, 0]
    assert x.argsort(descending=True).tolist() == [0, 2, 1, 3]


def test_equal_elements_keep_their_order():
    x = fl.tensor([1, 0, 1, 0])
    assert x.sort().indices.tolist() == [1, 3, 0, 2]
    assert x.sort(descending=True).indices.tolist() == [0, 2, 1, 3]


def test_scalars_and_empty_tensors():
    assert fl.tensor(3.0).sort().indices.item() == 0
    assert fl.zeros(0).sort().values.shape == (0,)
    assert fl.zeros(0).unique().shape == (0,)
    with pytest.raises(IndexError, match="Dimension out of range"):
        fl.zeros(2).sort(1)


def test_topk_refuses_more_than_there_are():
    x = fl.tensor([[3.0, 1, 2]])
    assert x.topk(2).indices.tolist() == [[0, 2]]
    assert x.topk(2, largest=False).values.tolist() == [[1, 2]]
    with pytest.raises(RuntimeError, match="selected index k out of range"):
        x.topk(4)


def test_searching_left_and_right_of_equals():
    edges = fl.tensor([1, 3, 5])
    assert fl.searchsorted(edges, fl.tensor([3, 4])).tolist() == [1, 2]
    assert fl.searchsorted(edges, fl.tensor([3, 4]), right=True).tolist() == [2, 2]
    assert fl.searchsorted(edges, 3, side="right").item() == 2
    assert fl.bucketize(fl.tensor([0, 3, 9]), edges).tolist() == [0, 1, 3]
    per_row = fl.searchsorted(fl.tensor([[1, 3], [5, 7]]), fl.tensor([[2], [8]]))
    assert per_row.tolist() == [[1], [2]]


def test_unique_rows_and_counts():
    x = fl.tensor([[1, 2], [0, 5], [1, 2]])
    values, inverse, counts = x.unique(dim=0, return_inverse=True, return_counts=True)
    assert values.tolist() == [[0, 5], [1, 2]]
    assert inverse.tolist() == [1, 0, 1] and counts.tolist() == [1, 2]
    assert fl.unique_consecutive(fl.tensor([1, 1, 2, 1])).tolist() == [1, 2, 1]


def test_every_nan_is_different():
    values, counts = fl.tensor([math.nan, 1, math.nan]).unique(return_counts=True)
    assert len(values) == 3 and counts.tolist() == [1, 1, 1]


def test_counting():
    assert fl.tensor([1, 2, 1]).bincount(minlength=4).tolist() == [0, 2, 1, 0]
    assert fl.bincount(fl.tensor([1, 1]), fl.tensor([0.5, 1])).tolist() == [0, 1.5]
    assert fl.histc(fl.tensor([1.0, 2, 1]), bins=4, min=0, max=3).tolist() == [0, 2, 1, 0]
    hist, edges = fl.histogram(fl.tensor([0.0, 1, 1]), 2)
    assert hist.tolist() == [1, 2] and edges.tolist() == [0, 0.5, 1]
    with pytest.raises(RuntimeError, match="only supports 1-d non-negative"):
        fl.tensor([-1]).bincount()


def test_likeness():
    x = fl.tensor([1.0, math.nan])
    assert not x.equal(x) and not x.allclose(x) and x.allclose(x, equal_nan=True)
    assert fl.tensor([1, 2]).equal(fl.tensor([1, 2])) is True
    assert not fl.tensor([1, 2]).equal(fl.tensor([[1, 2]]))
    assert fl.isclose(fl.tensor([1.0]), fl.tensor([1.000001])).tolist() == [True]
    with pytest.raises(RuntimeError, match="Long did not match Float"):
        fl.allclose(fl.tensor([1]), fl.tensor([1.0]))
    others = fl.tensor([2, 5])
    assert fl.isin(fl.tensor([1, 2, 3]), others, invert=True).tolist() == [True, False, True]


@quick
@given(rows, st.booleans())
def test_sort_permutes_and_orders(data, descending):
    values, indices = fl.tensor(data).sort(descending=descending)
    np.testing.assert_array_equal(values.numpy(), data[indices.numpy()])
    assert sorted(indices.tolist()) == list(range(len(data)))
    ordered = values.numpy()[::-1] if descending else values.numpy()
    np.testing.assert_array_equal(ordered, np.sort(data))


@quick
@given(rows, st.data(), st.booleans())
def test_topk_is_the_head_of_the_sorted(data, draw, largest):
    x, k = fl.tensor(data), draw.draw(st.integers(0, len(data)))
    values, indices = x.topk(k, largest=largest)
    np.testing.assert_array_equal(values.numpy(), x.sort(descending=largest).values.numpy()[:k])
    np.testing.assert_array_equal(values.numpy(), data[indices.numpy()])
    if k:
        kth = x.kthvalue(k).values.numpy()
        np.testing.assert_array_equal(kth, np.sort(data)[k - 1])


def test_topk_of_long_rows_takes_the_same_elements():
    data = np.random.default_rng(0).permutation(50000).reshape(50, 1000)
    for largest in (True, False):
        values = fl.tensor(data).topk(7, largest=largest).values
        ordered = np.sort(data, 1)[:, ::-1] if largest else np.sort(data, 1)
        np.testing.assert_array_equal(values.numpy(), ordered[:, :7])
    assert fl.tensor(data).kthvalue(7).values.tolist() == np.sort(data, 1)[:, 6].tolist()
    unordered = fl.tensor(data).topk(7, sorted=False).values.numpy()
    np.testing.assert_array_equal(np.sort(unordered, 1), np.sort(data, 1)[:, -7:])


@quick
@given(digits)
def test_unique_puts_together_again(data):
    values, inverse, counts = fl.tensor(data).unique(return_inverse=True, return_counts=True)
    np.testing.assert_array_equal(values.numpy()[inverse.numpy()], data)
    np.testing.assert_array_equal(values.numpy(), np.unique(data))
    assert counts.sum().item() == len(data)
    np.testing.assert_array_equal(
        counts.numpy(), np.bincount(data, minlength=6)[values.numpy()] if len(data) else []
    )


@quick
@given(digits, st.integers(0, 5))
def test_searchsorted_counts_the_smaller(data, value):
    ordered = fl.tensor(np.sort(data))
    assert fl.searchsorted(ordered, value).item() == (data < value).sum()
    assert fl.searchsorted(ordered, value, right=True).item() == (data <= value).sum()
