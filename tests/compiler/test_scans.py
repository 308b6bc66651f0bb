"""Running reductions, compiled: bit for bit what the kernels give."""

from __future__ import annotations

import pytest

import flambeau
from compiler.test_indexing import (
    LAYOUTS,
    TYPES,
    all_of,
    check,
    hosts,
    numbers,
    same,
    with_gradients,
)

SHAPES = ((7,), (5, 7), (3, 40, 5), (2, 3, 9), (33, 4), (1, 1), (0, 3))


def every_dim(function):
    return lambda x: [function(x, dim) for dim in range(x.ndim)]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_running_sums(layout):
    calls, args = [], []
    for shape in SHAPES:
        for dtype in TYPES:
            calls.append((every_dim(flambeau.cumsum), 1))
            args.append(numbers(shape, dtype, layout=layout))
        for dim in range(len(shape) if all(shape) else 0):
            function = with_gradients(lambda x, dim=dim: x.cumsum(dim))
            calls.append((function, 1))
            args.append(numbers(shape, layout=layout))
    check(all_of(calls), *args)


def test_running_products_and_extremes():
    xs = [numbers(shape, dtype) for shape in SHAPES for dtype in TYPES]
    xs[1][2] = float("nan")
    both = all_of([(every_dim(f), 1) for _ in xs for f in (flambeau.cumprod, flambeau.cummax)])
    check(both, *[x for x in xs for _ in range(2)])
    check(all_of([(every_dim(flambeau.cummin), 1) for _ in xs]), *xs)


def test_running_sums_of_small_integers():
    x = numbers((4, 5))
    check(lambda *xs: [x.cumsum(1) for x in xs], x.to(flambeau.int8), x > 0, x.to(flambeau.uint8))


def test_running_sums_in_place():
    check(lambda x: (x.clone().cumsum_(1), x.T.clone().cumsum_(0)), numbers((4, 50)))


def test_running_extremes_gradient():
    check(with_gradients(lambda x: x.cummax(1).values + x.cummin(0).values), numbers((6, 9)))


def test_any_number_of_threads():
    x = numbers((40, 2000))
    function = lambda x: [x.cumsum(0), x.cumsum(1), x.cummax(0).indices]  # noqa: E731
    want, compiled = function(x), flambeau.compile(function)
    before = flambeau.get_num_threads()
    try:
        for threads in (1, 2, 5):
            flambeau.set_num_threads(threads)
            same(compiled(x), want)
    finally:
        flambeau.set_num_threads(before)
    assert not hosts(compiled)
