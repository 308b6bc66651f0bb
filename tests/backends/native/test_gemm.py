"""Matrix products of the native runtime against NumPy."""

import ctypes

import numpy as np
import pytest

DONE = ctypes.CFUNCTYPE(None, ctypes.c_void_p, *[ctypes.c_int64] * 4)
BATCH_DONE = ctypes.CFUNCTYPE(None, ctypes.c_void_p, *[ctypes.c_int64] * 2)
TYPES = {np.float32: "s", np.float64: "d"}

# rows, columns and products of each path: few numbers, dot products, rows of B as they are, packed
# tiles, several bands, several depths, long sums; and sizes that no tile divides.
SHAPES = [
    (1, 1, 1), (3, 2, 1), (5, 7, 3), (16, 10, 4), (17, 19, 23), (2, 300, 1), (100, 10, 784),
    (10, 100, 300), (4, 130, 70), (13, 1, 200), (1, 77, 130), (1, 40, 90), (2, 97, 55), (3, 85, 50),
    (24, 145, 260), (61, 67, 71), (65, 33, 500), (150, 270, 40), (201, 100, 350), (97, 519, 700),
    (12, 30, 9000), (70, 150, 300), (128, 130, 17),
]  # fmt: skip
LAYOUTS = ["rows", "columns", "steps", "backwards"]


def make(random, rows, columns, layout, dtype):
    """A matrix of small whole numbers, whose sums are exact, with the strides asked for."""
    if layout == "columns":
        return random.integers(-4, 5, (columns, rows)).astype(dtype).T
    if layout == "steps":
        return random.integers(-4, 5, (2 * rows, 3 * columns)).astype(dtype)[1::2, ::3]
    whole = random.integers(-4, 5, (rows, columns)).astype(dtype)
    return whole[::-1, ::-1] if layout == "backwards" else whole


def strides(x):
    return [s // x.itemsize for s in x.strides]


def multiply(runtime, a, b, c, accumulate=0, done=None):
    product = getattr(runtime, f"fl_{TYPES[a.dtype.type]}gemm")
    operands = [item for x in (a, b, c) for item in (x.ctypes.data, *strides(x))]
    told = ctypes.cast(done, ctypes.c_void_p) if done else None
    product(*c.shape, a.shape[1], *operands, accumulate, told, None)
    return c


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("shape", SHAPES)
def test_products_of_all_layouts(runtime, threads, shape, count, dtype):
    threads(count)
    m, n, k = shape
    random = np.random.default_rng(m * n * k)
    for layouts in [(x, y, z) for x in LAYOUTS[:3] for y in LAYOUTS[:3] for z in LAYOUTS]:
        if m * n * k > 200_000 and "steps" in layouts[:2]:
            continue  # NumPy takes long for these
        sides = [(m, k), (k, n), (m, n)]
        a, b, c = (make(random, *s, x, dtype) for s, x in zip(sides, layouts, strict=True))
        around = None if c.base is None else c.base.copy()
        for accumulate in (0, 1):
            expected = np.matmul(a, b) + (c if accumulate else 0)
            np.testing.assert_array_equal(multiply(runtime, a, b, c, accumulate), expected)
        if layouts[2] == "steps":  # nothing was written between C's numbers
            changed = c.base != around
            changed[1::2, ::3] = False
            assert not changed.any()


@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize(
    "shape", [(11000, 20, 100), (2700, 35, 410), (10, 120, 9100), (40, 280, 5000)]
)
def test_operands_larger_than_the_caches(runtime, threads, shape, count):
    threads(count)
    m, n, k = shape
    random = np.random.default_rng(0)
    for x, y in (("rows", "rows"), ("rows", "columns"), ("columns", "rows")):
        a, b = make(random, m, k, x, np.float32), make(random, k, n, y, np.float32)
        c = make(random, m, n, "rows", np.float32)
        expected = c + np.matmul(a, b)
        np.testing.assert_array_equal(multiply(runtime, a, b, c, 1), expected)


@pytest.mark.parametrize(
    "shape", [(64, 300, 784), (128, 200, 500), (3000, 100, 784), (65, 33, 500)]
)
def test_the_number_of_threads_changes_nothing(runtime, threads, shape):
    m, n, k = shape
    random = np.random.default_rng(0)
    a, b = (random.standard_normal(s, dtype=np.float32) for s in ((m, k), (k, n)))
    for x, y in ((a, b), (a, np.asfortranarray(b)), (np.asfortranarray(a), b)):
        results = []
        for count in (1, 2):
            threads(count)
            results.append(multiply(runtime, x, y, np.empty((m, n), np.float32)))
        np.testing.assert_array_equal(*results)


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("shape", [(100, 40, 300), (64, 130, 784), (9, 33, 9000), (500, 10, 100)])
def test_sums_are_as_accurate_as_numpys(runtime, shape, dtype):
    m, n, k = shape
    random = np.random.default_rng(0)
    a, b = random.standard_normal((m, k)), random.standard_normal((k, n))
    exact = (a.astype(dtype).astype(np.longdouble)) @ (b.astype(dtype).astype(np.longdouble))
    a, b = a.astype(dtype), b.astype(dtype)
    for x, y in ((a, b), (a, np.asfortranarray(b)), (np.asfortranarray(a), b)):
        ours = multiply(runtime, x, y, np.empty((m, n), dtype))
        error = np.abs(ours - exact).max()
        assert error <= 2 * np.abs(np.matmul(a, b) - exact).max()


@pytest.mark.parametrize("layout", ["rows", "columns"])
@pytest.mark.parametrize(
    "shape", [(5, 6, 4), (70, 9, 90), (60, 61, 62), (10, 200, 100), (1, 9, 40)]
)
def test_nan_and_infinities_stay_where_they_belong(runtime, shape, layout):
    m, n, k = shape
    random = np.random.default_rng(0)
    a, b = make(random, m, k, layout, np.float32), make(random, k, n, layout, np.float32)
    a[m // 2, k - 1], b[k // 2, n - 1], b[0, 0] = np.nan, np.inf, -np.inf
    with np.errstate(invalid="ignore"):
        expected = np.matmul(a, b)
    np.testing.assert_array_equal(multiply(runtime, a, b, np.empty((m, n), np.float32)), expected)


def test_no_products_and_no_sums(runtime):
    a, b, c = np.ones((3, 0)), np.ones((0, 4)), np.full((3, 4), 7.0)
    assert (multiply(runtime, a, b, c, accumulate=1) == 7).all()
    assert (multiply(runtime, a, b, c) == 0).all()
    for m, n in ((0, 4), (3, 0)):
        multiply(runtime, np.ones((m, 5)), np.ones((5, n)), np.empty((m, n)))


@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("shape", [*SHAPES, (3, 4, 0)])
def test_each_block_is_told_once_and_final(runtime, threads, shape, count):
    threads(count)
    m, n, k = shape
    random = np.random.default_rng(0)
    for layouts in (("rows", "rows", "rows"), ("rows", "columns", "rows"),
                    ("columns", "rows", "columns"), ("columns", "columns", "steps")):  # fmt: skip
        sides = [(m, k), (k, n), (m, n)]
        a, b, c = (make(random, *s, x, np.float32) for s, x in zip(sides, layouts, strict=True))
        seen, told = np.zeros((m, n), int), np.zeros((m, n), np.float32)

        def done(context, row0, row1, column0, column1, seen=seen, told=told, c=c):
            seen[row0:row1, column0:column1] += 1
            told[row0:row1, column0:column1] = c[row0:row1, column0:column1]

        multiply(runtime, a, b, c, done=DONE(done))
        assert (seen == 1).all()
        np.testing.assert_array_equal(told, np.matmul(a, b))


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("count", [1, 2])
def test_batches(runtime, threads, count, dtype):
    threads(count)
    random = np.random.default_rng(0)
    # queries and keys as views of one projection, and one matrix that all products share
    whole = random.integers(-4, 5, (3, 40, 3, 2, 24)).astype(dtype)
    a, b = whole[:, :, 0].transpose(0, 2, 1, 3), whole[:, :, 1].transpose(0, 2, 3, 1)
    for right in (b, np.broadcast_to(b[:1, :1], b.shape)):
        c = np.ones((3, 2, 40, 40), dtype)
        seen = []
        done = BATCH_DONE(lambda context, begin, end, seen=seen: seen.extend(range(begin, end)))
        operands = [item for x in (a, right, c) for item in (x.ctypes.data, *strides(x))]
        batch = getattr(runtime, f"fl_{TYPES[dtype]}gemm_batch")
        batch(3, 2, 40, 40, 24, *operands, 1, ctypes.cast(done, ctypes.c_void_p), None)
        np.testing.assert_array_equal(c, np.matmul(a, right) + 1)
        assert sorted(seen) == list(range(6))
