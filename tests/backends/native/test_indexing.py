"""Elements at index numbers, running reductions and sorting in the runtime, against NumPy."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from flambeau.backends.native.places import described

KINDS = {np.float32: "f32", np.float64: "f64", np.int64: "i64"}
COMBINED = (np.add, np.multiply, np.maximum, np.minimum)
# table, index along which of its dimensions, how many places
SHAPES = [((50, 7), 0, 40), ((50, 7), 1, 9), ((9,), 0, 300), ((6, 70, 5), 1, 90), ((3, 4, 5), 2, 0),
          ((300, 64), 0, 2000), ((40, 3), 0, 30_000)]  # fmt: skip


@pytest.fixture
def threads(runtime):
    before = runtime.fl_num_threads()
    yield runtime.fl_set_num_threads
    runtime.fl_set_num_threads(before)


def steps(array):
    return tuple(s // array.itemsize for s in array.strides)


def walk(table, axis, index, values, reading, skipped=-1, wraps=True):
    """Slices at the indices of a vector, along an axis."""
    along = tuple(0 if i == axis else s for i, s in enumerate(steps(table)))
    moves = tuple(int(i == axis) for i in range(table.ndim))
    n = table.shape[axis]
    return described(values.shape, moves, along, steps(values), n, steps(table)[axis],
                     n if wraps else 0, skipped, reading)  # fmt: skip


def example(shape, axis, count, kind):
    random = np.random.default_rng(1)
    table = (random.standard_normal(shape) * 5).astype(kind)
    n = shape[axis]
    index = random.integers(-n, n, count)
    values = (random.standard_normal((*shape[:axis], count, *shape[axis + 1 :])) * 5).astype(kind)
    return table, index, values


def addresses(*arrays):
    return [a.ctypes.data for a in arrays]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("shape, axis, count", SHAPES)
def test_slices_at_indices(runtime, threads, shape, axis, count, kind):
    table, index, values = example(shape, axis, count, kind)
    key = (slice(None),) * axis + (index,)
    size = table.itemsize.bit_length() - 1
    for n in (1, 2, 5):
        threads(n)
        out = np.empty_like(values)
        places = walk(table, axis, index, values, True)
        assert not runtime.fl_take(places, *addresses(table, index, out), size)
        np.testing.assert_array_equal(out, table[key])
        places = walk(table, axis, index, values, False)
        got, want = table.copy(), table.copy()
        want[key] = values
        assert not runtime.fl_put(places, *addresses(got, index, values), size)
        np.testing.assert_array_equal(got, want)
        for how, function in enumerate(COMBINED):
            if function is np.multiply and count > 100:
                continue
            got, want = table.copy(), table.copy()
            function.at(want, key, values)
            call = getattr(runtime, f"fl_combine_{KINDS[kind]}")
            assert not call(places, *addresses(got, index, values), how)
            np.testing.assert_array_equal(got, want)


def test_skipped_numbers(runtime, threads):
    table, index, values = example((50, 7), 0, 4000, np.float32)
    index %= 50
    for n in (1, 3):
        threads(n)
        got, want = table.copy(), table.copy()
        np.add.at(want, index[index != 4], values[index != 4])
        places = walk(table, 0, index, values, False, 4)
        assert not runtime.fl_combine_f32(places, *addresses(got, index, values), 0)
        np.testing.assert_array_equal(got, want)


def test_the_first_number_out_of_range_is_told(runtime, threads):
    table, values = np.zeros((4, 300), np.float32), np.ones((500, 300), np.float32)
    for n, at, wraps in itertools.product((1, 2), ([3, 200], [499], [0, 1], []), (False, True)):
        threads(n)
        index = np.zeros(500, np.int64)
        index[at] = [4, -5 if wraps else -1][: len(at)]
        told = at[0] + 1 if at else 0
        places = walk(table, 0, index, values, True, wraps=wraps)
        out = np.empty_like(values)
        assert runtime.fl_take(places, *addresses(table, index, out), 2) == told
        got = table.copy()
        places = walk(table, 0, index, values, False, wraps=wraps)
        assert runtime.fl_put(places, *addresses(got, index, values), 2) == told
        assert runtime.fl_combine_f32(places, *addresses(got, index, values), 0) == told
        assert not told or not got.any()


@pytest.mark.parametrize("kind", KINDS)
def test_running_sums(runtime, threads, kind):
    wide = np.float64 if kind is np.float32 else kind
    for (outer, n, inner), count in itertools.product(
        [(1, 1, 1), (9, 30, 1), (3, 20, 5), (2, 400, 33), (17, 2000, 1)], (1, 3)
    ):
        threads(count)
        x = (np.random.default_rng(2).standard_normal((outer, n, inner)) * 3).astype(kind)
        y = np.empty_like(x)
        call = getattr(runtime, f"fl_running_{KINDS[kind]}")
        for reverse in (0, 1):
            call(*addresses(x, y), outer, n, inner, 0, reverse)
            given = x[:, ::-1] if reverse else x
            want = np.cumsum(given, 1, dtype=wide).astype(kind)
            np.testing.assert_array_equal(y, want[:, ::-1] if reverse else want)


@pytest.mark.parametrize("kind", KINDS)
def test_sorting(runtime, threads, kind):
    for (outer, n, inner, k), count in itertools.product(
        [(1, 1, 1, 1), (5, 40, 3, 40), (2, 500, 1, 500), (3, 500, 2, 7), (4, 5000, 1, 5000)], (1, 3)
    ):
        threads(count)
        x = (np.random.default_rng(2).standard_normal((outer, n, inner)) * 9).round().astype(kind)
        if kind is not np.int64:
            x[:, ::4] *= -0.0
            x[:, 3::9] = np.nan
        values, places = np.empty((outer, k, inner), kind), np.empty((outer, k, inner), np.int64)
        call = getattr(runtime, f"fl_sort_{KINDS[kind]}")
        for descending in (0, 1):
            assert call(*addresses(x, values, places), outer, n, inner, k, descending)
            order = np.argsort(x[:, ::-1] if descending else x, axis=1, kind="stable")
            if descending:
                order = n - 1 - order[:, ::-1]
            np.testing.assert_array_equal(places, order[:, :k])
            np.testing.assert_array_equal(values, np.take_along_axis(x, order, 1)[:, :k])
