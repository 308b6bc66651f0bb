"""Sorting, compiled: bit for bit what the kernels give."""

from __future__ import annotations

import numpy as np
import pytest

import flambeau
from compiler.test_indexing import LAYOUTS, TYPES, all_of, check, numbers, with_gradients

SHAPES = ((7,), (5, 47), (3, 300, 5), (2, 3, 49), (1, 1), (4, 2000))


def with_equals(shape, dtype, layout="contiguous"):
    """Numbers of which many are equal, zeros of both signs and NaN among them."""
    x = numbers(shape, dtype, layout=layout).round()
    if dtype is not flambeau.int64:
        x[..., ::5] *= -0.0
        x[..., 3::7] = float("nan")
        x[..., 4::9] = float("-inf")
    return x


def every_order(x):
    return [(*x.sort(dim, descending), x.argsort(dim, descending))
            for dim in range(x.ndim) for descending in (False, True)]  # fmt: skip


@pytest.mark.parametrize("layout", LAYOUTS)
def test_sorting(layout):
    xs = [with_equals(shape, dtype, layout) for shape in SHAPES for dtype in TYPES]
    check(all_of([(every_order, 1) for _ in xs]), *xs)


def test_the_first_of_them():
    def first(x):
        n = x.shape[-1]
        return [x.topk(k, -1, largest) for k in {1, n // 2, n} for largest in (False, True)]

    xs = [numbers(shape, dtype) for shape in SHAPES for dtype in TYPES[:2]]
    check(all_of([(first, 1) for _ in xs]), *xs)


def test_the_first_of_equal_ones():
    x = with_equals((6, 400), flambeau.float32)
    compiled = flambeau.compile(lambda x: [x.topk(k, 1) for k in (5, 40, 300)])
    order = x.sort(1, True)
    for values, places in compiled(x):
        k = values.shape[1]
        np.testing.assert_array_equal(values.numpy(), order[0][:, :k].numpy())
        np.testing.assert_array_equal(places.numpy(), order[1][:, :k].numpy())


def test_gradients():
    check(with_gradients(lambda x: x.sort(0)[0] + x.sort(1, True)[0]), numbers((6, 60)))
    check(with_gradients(lambda x: x.topk(4, 0)[0]), numbers((60, 6)))


def test_nothing():
    check(lambda x, y: (x.sort(0), y.topk(0, 1), y[0, 0].sort()),
          numbers((0, 3)), numbers((4, 3)))  # fmt: skip
