"""Keys by PyTorch's rules: views, gathered values, writing, adding up, errors."""

import warnings

import numpy as np
import pytest

from flambeau import int8, tensor
from flambeau.tensor import indexing
from flambeau.tensor.indexing import WHOLE, get, parse, put

X = np.arange(24).reshape(2, 3, 4)
V = np.arange(5)
MASK = np.array([[True, False, True], [False, False, True]])


@pytest.fixture
def x():
    return X.copy()


def rows(*numbers):
    return tensor(list(numbers))


# Keys for which NumPy does the same.
VIEWS = [
    0, -1, np.int64(1), slice(None), slice(1, None), slice(-100, 100, 2), None, ..., (), (0, 1),
    (0, 1, 2), (slice(None), -1), (..., 0), (0, ..., slice(1, 3)), (None, 0, None), (..., None),
    (slice(0, 1), None, ..., 1),
]  # fmt: skip


@pytest.mark.parametrize("key", VIEWS, ids=repr)
def test_views(key):
    part = get(X, key)
    assert type(part) is np.ndarray
    assert np.array_equal(part, X[key])
    assert np.may_share_memory(part, X)


def test_integers_of_all_sorts_give_views():
    for key in (tensor(1), np.array(1), np.int32(1), tensor(1, dtype=int8)):
        assert np.may_share_memory(get(X, key), X)
        assert np.array_equal(get(X, key), X[1])
    assert np.array_equal(get(X, slice(tensor(1), tensor(9))), X[1:9])
    assert get(X, slice(2, 1)).shape == (0, 3, 4)


@pytest.mark.parametrize(
    "key, expected",
    [
        (rows(1, 0), X[[1, 0]]),
        (rows(-1, -2), X[[1, 0]]),
        ((slice(None), rows(2, 0)), X[:, [2, 0]]),
        ((rows(0, 1), rows(2, 0)), X[[0, 1], [2, 0]]),
        ((rows(0, 1), slice(None), rows(2, 0)), X[[0, 1], :, [2, 0]]),
        ((tensor([[0], [1]]), rows(0, 2)), X[[[0], [1]], [0, 2]]),
        # An int selects before the gathering, and so does not move dimensions as in NumPy.
        ((0, slice(None), rows(2, 0)), X[0][:, [2, 0]]),
        ((rows(0, 1), slice(None), 0), X[:, :, 0][[0, 1]]),
        ((rows(0, 1), tensor(1), rows(2, 0)), X[:, 1][[0, 1], [2, 0]]),
        ((rows(0, 1), 1, rows(2, 0)), X[:, 1][[0, 1], [2, 0]]),
        ((rows(0, 1), None, rows(2, 0)), X[[0, 1], [2, 0]][:, None]),
        ([0, 1], X[[0, 1]]),
        ([1.9, 0.2], X[[1, 0]]),
        (range(2), X[[0, 1]]),
        (((0, 1), (2, 2)), X[[0, 1], [2, 2]]),
        (np.array([1, 0], np.int16), X[[1, 0]]),
        (np.array([1.0, 0]), X[[1, 0]]),
        (tensor(MASK), X[MASK]),
        (MASK, X[MASK]),
        ((tensor(MASK), 1), X[..., 1][MASK]),
        ((tensor(MASK), slice(1, 3)), X[MASK][:, 1:3]),
        ((0, tensor([True, False, True])), X[0, [0, 2]]),
        ((slice(None), [True, False, True]), X[:, [0, 2]]),
        ((tensor(MASK), rows(1)), X[MASK][:, 1]),
        ((rows(1), tensor([True, False, True])), X[1, [0, 2]]),
        ((..., tensor(np.ones((3, 4), bool))), X.reshape(2, 12)),
        (True, X[None]),
        (False, np.empty((0, 2, 3, 4))),
        ((0, True), X[:1]),
        ((slice(None), True, rows(0, 1)), X[:, [0, 1]]),
        (tensor(True), X[None]),
        (tensor([]).long(), np.empty((0, 3, 4))),
        ([], np.empty((0, 3, 4))),
    ],
    ids=repr,
)
def test_gathered(key, expected):
    part = get(X, key)
    assert type(part) is np.ndarray
    assert part.shape == expected.shape
    assert np.array_equal(part, expected)
    assert part.flags.c_contiguous
    assert not np.may_share_memory(part, X)


@pytest.mark.parametrize(
    "key", [(slice(None), rows(2, 0)), tensor(MASK), (0, rows(1, 1))], ids=repr
)
def test_gathered_from_other_layouts(key):
    turned = np.asfortranarray(X)
    assert np.array_equal(get(turned, key), get(X, key))
    wide = np.repeat(X, 2, 2)[:, :, ::2]
    assert np.array_equal(get(wide, key), get(X, key))


def test_zero_dimensional():
    s = np.array(7)
    assert get(s, ()).shape == get(s, ...).shape == ()
    assert np.may_share_memory(get(s, ()), s)
    assert get(s, None).shape == get(s, True).shape == (1,)
    assert get(s, False).shape == (0,)


def test_lists_with_sequences_count_as_tuples():
    for key, same in [
        ([[0, 1], [1, 0]], ((0, 1), (1, 0))),
        ([slice(0, 1), 0], (slice(0, 1), 0)),
        ([None, 0], (None, 0)),
        ([tensor(0), tensor(1)], (0, 1)),
    ]:
        with pytest.warns(UserWarning, match="non-tuple sequence for multidimensional indexing"):
            part = get(X, key)
        assert np.array_equal(part, get(X, same))


def test_bytes_are_masks_with_a_warning():
    with pytest.warns(UserWarning, match="uint8 is now deprecated"):
        part = get(X, tensor(np.array([0, 1], np.uint8)))
    assert np.array_equal(part, X[1:])


def test_parts():
    assert parse(1, (2, 3)) == ((1, ...), None)
    assert parse(..., (2, 3)) == (WHOLE, None)
    assert parse((slice(None), slice(None)), (2, 3))[0] is WHOLE
    basic, advanced = parse((rows(0, 1), rows(1, 2)), (2, 3))
    assert basic is WHOLE
    assert [a.tolist() for a in advanced] == [[0, 1], [1, 2]]
    basic, advanced = parse((slice(None), None, 0, rows(1, 2)), (2, 3, 4))
    assert basic == (slice(None), None, 0, slice(None), ...)
    assert advanced[:2] == (None, None) and advanced[2].tolist() == [1, 2]
    # A mask that is the only index stays one; others become positions.
    basic, (mask,) = parse(tensor(MASK), (2, 3, 4))
    assert basic is WHOLE and mask.dtype == bool
    _, advanced = parse((tensor(MASK), rows(0)), (2, 3, 4))
    assert [a.tolist() for a in advanced] == [[0, 0, 1], [0, 2, 2], [0]]
    assert [a.tolist() for a in indexing.expand_masks((mask,))] == [[0, 0, 1], [0, 2, 2]]


def test_unpickled_indices():
    # Their types are equal to NumPy's own, but not the same objects.
    import pickle

    for index in (np.array([1, 0]), np.array([False, True])):
        copy = pickle.loads(pickle.dumps(index))
        assert copy.dtype is not index.dtype
        assert np.array_equal(get(X, tensor(copy)), X[index])
        assert np.array_equal(get(X, copy), X[index])


@pytest.mark.parametrize(
    "array, key, kind, message",
    [
        (X, 5, IndexError, "index 5 is out of bounds for dimension 0 with size 2"),
        (X, (0, 3), IndexError, "index 3 is out of bounds for dimension 1 with size 3"),
        (X, (0, 0, 0, 0), IndexError, "too many indices for tensor of dimension 3"),
        (X, (9, 0, 0, 0), IndexError, "too many indices for tensor of dimension 3"),
        (X, (..., 0, 0, 0, 0), IndexError, "too many indices for tensor of dimension 3"),
        (X, rows(0, 5), IndexError, "index 5 is out of bounds for dimension 0 with size 2"),
        (X, rows(0, -3), IndexError, "index -3 is out of bounds for dimension 0 with size 2"),
        (V, rows(7), IndexError, "index 7 is out of bounds for dimension 0 with size 5"),
        (
            X, (rows(0, 1), rows(0, 1, 2)), IndexError,
            "shape mismatch: indexing tensors could not be broadcast together with shapes [2], [3]",
        ),
        (X[:0], rows(0), IndexError, "index is out of bounds for dimension with size 0"),
        (X, slice(None, None, -1), ValueError, "step must be greater than zero"),
        (X, slice(None, None, 0), ValueError, "slice step cannot be zero"),
        (
            X, slice(0, 1.5), TypeError,
            "slice indices must be integers or None or have an __index__ method",
        ),
        (
            X, 1.0, IndexError,
            ("only integers, slices (`:`), ellipsis (`...`), None and long or byte Variables are "
            "valid indices (got float)"),
        ),
        (
            X, np.float64(1), IndexError,
            ("only integers, slices (`:`), ellipsis (`...`), None and long or byte Variables are "
            "valid indices (got numpy.float64)"),
        ),
        (X, "a", TypeError, "new(): invalid data type 'str'"),
        (
            X, tensor([0.0]), IndexError,
            "tensors used as indices must be long, int, byte or bool tensors",
        ),
        (
            X, tensor([True, False, True]), IndexError,
            ("The shape of the mask [3] at index 0 does not match the shape of the indexed tensor "
            "[2, 3, 4] at index 0"),
        ),
        (
            X, (slice(None), tensor(MASK)), IndexError,
            ("The shape of the mask [2, 3] at index 0 does not match the shape of the indexed "
            "tensor [2, 3, 4] at index 1"),
        ),
        (
            np.array(7), 0, IndexError,
            ("invalid index of a 0-dim tensor. Use `tensor.item()` in Python or `tensor.item<T>()` "
            "in C++ to convert a 0-dim tensor to a number"),
        ),
        (np.array(7), slice(None), IndexError, "slice() cannot be applied to a 0-dim tensor."),
        (np.array(7), rows(0), IndexError, "too many indices for tensor of dimension 0"),
        (X, 1 << 70, ValueError, "Overflow when unpacking long long"),
        (X, ([[0, 1], [0]],), ValueError, "expected sequence of length 2 at dim 1 (got 1)"),
    ],
    ids=lambda value: None if isinstance(value, np.ndarray) else repr(value)[:40],
)  # fmt: skip
def test_errors(array, key, kind, message):
    with pytest.raises(kind) as caught:
        get(array, key)
    assert str(caught.value).split("\n")[0] == message
    if not isinstance(key, (slice, tuple)) or array is X:
        before = array.copy()
        with pytest.raises(kind):
            put(array, key, np.array(0))
        assert np.array_equal(array, before)


def test_hints_name_the_dimension():
    with pytest.raises(IndexError, match="dimension 1 of the shape"):
        get(X, (slice(None), rows(7)))


class TestWriting:
    @pytest.mark.parametrize("key", VIEWS, ids=repr)
    def test_views(self, x, key):
        expected = X.copy()
        expected[key] = -1
        put(x, key, np.array(-1))
        assert np.array_equal(x, expected)

    def test_values_are_expanded(self, x):
        put(x, 0, np.array([[[1, 2, 3, 4]]]))
        assert np.array_equal(x[0], [[1, 2, 3, 4]] * 3)
        put(x, (slice(None), rows(0, 2)), np.array([[1], [2]]))
        assert np.array_equal(x[:, [0, 2]], [[[1] * 4, [2] * 4]] * 2)

    def test_values_are_converted_in_views(self, x):
        put(x, 0, np.array(2.7))
        assert (x[0] == 2).all()

    def test_the_last_of_several_is_kept(self, x):
        put(x, (rows(0, 0), rows(1, 1)), np.array([[7], [8]]))
        assert np.array_equal(x[0, 1], [8] * 4)

    def test_int_beside_index(self, x):
        put(x, (0, slice(None), rows(2, 0)), np.array([[1, 2], [3, 4], [5, 6]]))
        assert np.array_equal(x[0][:, [2, 0]], [[1, 2], [3, 4], [5, 6]])

    def test_masks(self, x):
        put(x, tensor(MASK), np.array([1, 2, 3, 4]))
        assert np.array_equal(x[MASK], [[1, 2, 3, 4]] * 3)
        put(x, tensor(X > 20), np.array(1.5))  # a single number is converted
        assert (x[X > 20] == 1).all()
        turned = np.asfortranarray(X)
        put(turned, tensor(MASK), np.arange(12).reshape(3, 4))
        assert np.array_equal(turned[MASK], np.arange(12).reshape(3, 4))

    def test_truth(self, x):
        put(x, False, np.zeros(7, int))
        assert np.array_equal(x, X)
        put(x, True, np.array(5))
        assert (x == 5).all()

    @pytest.mark.parametrize(
        "array, key, value, message",
        [
            (
                V, slice(1, 3), np.zeros(3),
                ("The expanded size of the tensor (2) must match the existing size (3) at "
                "non-singleton dimension 0.  Target sizes: [2].  Tensor sizes: [3]"),
            ),
            (
                V, rows(0, 1), np.zeros(3, int),
                ("shape mismatch: value tensor of shape [3] cannot be broadcast to indexing result "
                "of shape [2]"),
            ),
            (
                V, tensor([True, False, True, False, False]), np.zeros(3, int),
                ("shape mismatch: value tensor of shape [3] cannot be broadcast to indexing result "
                "of shape [2]"),
            ),
            (
                V, tensor([False] * 5), np.zeros(3, int),
                ("shape mismatch: value tensor of shape [3] cannot be broadcast to indexing result "
                "of shape [0]"),
            ),
            (
                V, rows(0, 9), np.zeros(3, int),
                ("shape mismatch: value tensor of shape [3] cannot be broadcast to indexing result "
                "of shape [2]"),
            ),
            (
                V, rows(0, 1), np.zeros(2, np.float32),
                ("Index put requires the source and destination dtypes match, got Long for the "
                "destination and Float for the source."),
            ),
        ],
        ids=lambda value: None if isinstance(value, np.ndarray) else repr(value)[:40],
    )  # fmt: skip
    def test_errors(self, array, key, value, message):
        with pytest.raises(RuntimeError) as caught:
            put(array.copy(), key, value)
        assert str(caught.value) == message

    def test_too_many_dimensions(self, x):
        with pytest.raises(RuntimeError, match=r"LongTensor\{\[2, 3, 4\]\}, size=\[3, 4\]\)"):
            put(x, 0, X)


def added_up(shape, advanced, values):
    """What scatter_add makes, one element after the other."""
    out = np.zeros(shape, values.dtype)
    positions = np.arange(out.size).reshape(shape)
    for place, value in zip(
        indexing.gather(positions, advanced).ravel(), values.ravel(), strict=True
    ):
        out.reshape(-1)[place] += value
    return out


@pytest.mark.parametrize(
    "shape, dims, count",
    [
        ((6, 4), (0,), 5),  # few
        ((40, 8), (0,), 700),  # rows of a table
        ((5, 600), (0,), 9),  # long rows
        ((3, 20, 5), (1,), 60),  # in the middle
        ((2, 10, 300), (1,), 20),
        ((9, 11), (0, 1), 500),  # single elements
        ((3, 9, 11, 2), (1, 2), 150),
        ((9, 4, 11), (0, 2), 100),  # separated
    ],
)
@pytest.mark.parametrize("dtype", ["float32", "int64", "float16"])
def test_adding_up(shape, dims, count, dtype):
    random = np.random.default_rng(0)
    advanced = [None] * (dims[-1] + 1)
    for d in dims:
        advanced[d] = random.integers(-shape[d], shape[d], count)
    advanced = tuple(advanced)
    values = (random.normal(size=indexing.gathered_shape(shape, advanced)) * 50).astype(dtype)
    expected = added_up(shape, advanced, values)
    assert np.array_equal(indexing.scatter_add(shape, advanced, values), expected)
    start = np.ones(shape, dtype)
    indexing.index_put(start, advanced, values * 0 + 1, accumulate=True)
    counts = added_up(shape, advanced, np.ones_like(values))
    assert np.array_equal(start, counts + np.ones_like(start))


def test_adding_up_at_masks_and_in_views():
    out = indexing.scatter_add((2, 3, 4), (MASK,), np.ones((3, 4)))
    assert np.array_equal(out, np.repeat(MASK[..., None], 4, 2))
    turned = np.zeros((4, 50)).T
    indexing.index_put(turned, (np.arange(50).repeat(3),), np.ones((150, 4)), accumulate=True)
    assert (turned == 3).all()


def test_adding_up_checks():
    x = np.zeros((3, 200))
    with pytest.raises(IndexError, match="index 3 is out of bounds for dimension 0 with size 3"):
        indexing.index_put(x, (np.array([0, 3]),), np.ones((2, 200)), accumulate=True)
    with pytest.raises(RuntimeError, match="shape mismatch: value tensor of shape"):
        indexing.index_put(x, (np.array([0, 1]),), np.ones((3, 200)), accumulate=True)
    assert not x.any()
    empty = np.zeros((0, 5, 400))
    indexing.index_put(empty, (None, np.array([1, 2])), np.ones(400), accumulate=True)


def test_nothing_is_read_where_nothing_is_wanted():
    assert get(np.empty((0, 3)), (slice(None), rows(5))).shape == (0, 1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert get(X, ([], [])).shape == (0, 4)
