"""``tensor(data)``: values, types and errors compared with PyTorch."""

import array
import decimal
import enum
import fractions
import warnings
from collections import deque

import numpy as np
import pytest

torch = pytest.importorskip("torch")
from hypothesis import given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

import flambeau  # noqa: E402


class Number(enum.IntEnum):
    ONE = 1


class Pair:
    def __len__(self):
        return 2

    def __getitem__(self, i):
        return [1, 2][i]


class Floats:
    def __float__(self):
        return 2.5


def outcome(function):
    """What a call gives, or its error's type and first sentence."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return function()
        except Exception as error:
            # Both list the types that they support, and these differ.
            message = str(error).split("\n")[0].partition(" The only supported types")[0]
            return type(error), message.replace("flambeau.", "torch.")


def same(ours, theirs):
    assert isinstance(ours, tuple) == isinstance(theirs, tuple), (ours, theirs)
    if isinstance(ours, tuple):
        assert ours == theirs
        return
    assert str(ours.dtype).split(".")[1] == str(theirs.dtype).split(".")[1]
    assert tuple(ours.shape) == tuple(theirs.shape)
    assert type(ours._data) is np.ndarray
    wide = theirs.to(torch.complex128).numpy()
    assert np.array_equal(ours._data.astype(np.complex128), wide, equal_nan=True)


def compare(expression, dtype=None):
    def run(library):
        data = eval(
            expression,
            {
                "T": library.tensor, "L": library, "np": np, "array": array, "decimal": decimal,
                "fractions": fractions, "deque": deque, "Number": Number, "Pair": Pair,
                "Floats": Floats,
            },
        )  # fmt: skip
        return library.tensor(data, dtype=getattr(library, dtype) if dtype else None)

    same(outcome(lambda: run(flambeau)), outcome(lambda: run(torch)))


DATA = """
1 | 1.5 | True | 1j | -0.0 | [] | [[]] | [[], []] | [[[]]] | [[], [1]] | [[1], []] | () | [()]
[1, 2.5] | [True, 2] | [True, 2.5] | [True, False] | [1, 1j] | [1.5, 1j, True] | [(1, 2), [3, 4]]
[[1, 2], [3, 4, 5]] | [[1, 2], [3]] | [[1, 2], 3] | [1, [2, 3]] | [[1, 2], [3, [4]]] | [1, [2]]
[[[1]], [[2, 3]]] | [[[1, 2], [3, 4]], [[1, 2]]] | [[[1, 2], [3, 4]], [1, 2]] | [[1], 2]
'a' | ['a'] | [['a', 'b']] | [1, 'a'] | ['a', 1] | ['', ''] | [b'a'] | b'ab' | [[1, 2], 'ab']
bytearray(b'ab') | memoryview(b'ab') | None | [None] | [1, None] | [[None]] | {} | [{}] | {1, 2}
object() | [1, object()] | 2**63 - 1 | 2**63 | -(2**63) | -(2**63) - 1 | [2**63] | [1, 2**64]
[2**63, 1.5] | [1.5, 10**30] | [1.5, 10**400] | [2**53 + 1] | [1e-50] | [16777217.0] | [[1], None]
[float('nan'), 1] | [10**18, 1.5] | [np.float32(1), np.float32(2)] | [np.float64(1)]
np.float32(1) | np.float64(1) | np.float16(1) | np.int32(1) | np.uint8(1) | np.bool_(True)
np.complex64(1) | np.complex128(1) | [np.int32(1)] | [np.bool_(True), 1.5] | [np.float16(1), 2]
[np.float32(1), 1.5] | [np.uint8(1), np.int8(1)] | [np.uint8(1), True] | [1j, np.float64(1)]
[np.float16(1), np.int64(1)] | [np.complex64(1), np.float64(1)] | np.longdouble(1) | np.str_('a')
np.datetime64('2020') | np.array([1, 2], dtype=np.int32) | np.array([1, 2], dtype='>i4')
np.array([1, 2])[::-1] | np.array([1, 2, 3, 4])[::2] | np.array(5) | np.array(5.0)
np.array([1, 2], dtype=np.longdouble) | np.array(['a']) | np.array([None]) | np.zeros((0, 3))
np.array(['2020'], dtype='datetime64[D]') | np.zeros(2, dtype=[('a', int)]) | np.ma.array([1, 2])
[np.array([1, 2]), np.array([3, 4])] | [np.array([1.0, 2]), np.array([3, 4])] | [np.zeros((2, 0))]
[np.array([1, 2], dtype=np.float32)] * 2 | [np.array([1.0, 2]), [3, 4]] | [[3, 4], np.zeros(2)]
[np.array([1, 2]), np.array([3])] | [T(1), T(2)] | [T(1.0), T(2)] | [T(1), 2.5] | [2, T(2.5)]
[T(1.0, dtype=L.float64)] | [T(True)] | [T([1])] | [T([1]), T([2])] | [T([1, 2]), T([3, 4])]
[T([1.0, 2]), T([3.0, 4])] | [T([1]), 2] | [[T(1), T(2)], [T(3), T(4)]] | [[T(1), 2.5], [3, True]]
[T([[1]]), T([[2]])] | [T(1j)] | T([1, 2]) | [[1, 2], T([3, 4])] | [T([3, 4]), [1, 2]]
[1, T([1, 2])] | [[1], T(1)] | [np.float16(1), T(1, dtype=L.bfloat16)] | [1, T([])] | [T([])]
range(3) | range(0) | [range(2), range(2)] | [range(2), range(3)] | array.array('i', [1, 2])
array.array('d', [1, 2]) | decimal.Decimal(1) | [1, fractions.Fraction(1, 2)] | iter([1])
L.Size([1, 2]) | deque([1, 2]) | {1: 2}.keys() | Number.ONE | [Number.ONE] | Pair() | Floats()
[1.5, Floats()] | (x for x in [1]) | [1.5, np.array([1])] | [np.array([1]), 1.5]
"""
TYPED = """
1 | -1 | [-1] | [256] | [255, -255] | [-256] | [300] | [-129] | [128] | [70000] | [2**31] | [2**40]
[2**63] | 10**400 | [1.7] | [-1.7] | [300.7] | [-0.7] | [255.5] | [127.5] | [-128.5] | [1.5, True]
[float('nan')] | [float('inf')] | [1e10] | [1e30] | [1e40] | [1e300] | [9.3e18] | [-9.2e18]
[0.0, 0.5, -0.0] | [1j] | 1j | [1 + 0j] | [1e300 + 1j] | [True, False] | ['1'] | '1' | [None]
None | [1, None] | [1, 'a'] | [1, object()] | [1, []] | {} | [[]] | [fractions.Fraction(3, 2)]
[decimal.Decimal('1.5')] | np.float64(1.5) | [np.float64(1.5)] | [np.int64(300)] | np.int64(-1)
np.array([1.7, 2]) | np.array([-1, 300]) | np.array([1 + 2j]) | [np.array([300])] | [T(1.5)]
[np.array([1.5, 2.0])] | [1.5, T(2)] | [T(2), 1.5] | [T(300)] | [1 + 2**-11 + 2**-30]
1 + 2**-11 + 2**-30 | np.array([1 + 2**-11 + 2**-30]) | [1 + 2**-8 + 2**-30] | [0.1] | [65520.0]
[2**24 + 1] | [2**54 + 1] | [2049] | T([1, 2]) | [[1], [2.5]] | [[1, 2], {1, 2}] | [[1, 2], None]
"""


def cases(text):
    return [case.strip() for line in text.strip().splitlines() for case in line.split(" | ")]


@pytest.mark.parametrize("expression", cases(DATA))
def test_inferred_type(expression):
    compare(expression)


@pytest.mark.parametrize("expression", cases(DATA))
def test_inferred_type_with_double_as_default(expression):
    try:
        flambeau.set_default_dtype(flambeau.float64)
        torch.set_default_dtype(torch.float64)
        compare(expression)
    finally:
        flambeau.set_default_dtype(flambeau.float32)
        torch.set_default_dtype(torch.float32)


@pytest.mark.parametrize(
    "dtype",
    [
        "bool",
        "uint8",
        "int8",
        "int16",
        "int32",
        "int64",
        "float16",
        "bfloat16",
        "float32",
        "complex64",
    ],
)
@pytest.mark.parametrize("expression", cases(TYPED))
def test_given_type(expression, dtype):
    compare(expression, dtype)


def test_memory_order_of_arrays_is_kept():
    fortran = np.asfortranarray(np.zeros((2, 3, 4)))
    for source in (np.zeros((2, 3)).T, fortran, np.zeros((6, 4))[::2]):
        assert flambeau.tensor(source).stride() == torch.tensor(source).stride()


NUMBERS = st.one_of(
    st.booleans(), st.integers(-(2**63), 2**63 - 1), st.floats(), st.complex_numbers(),
    st.integers(-5, 5), st.sampled_from([np.float32(1.5), np.int16(3), np.float64(2)]),
)  # fmt: skip
NESTED = st.recursive(NUMBERS, lambda inner: st.lists(inner, max_size=3), max_leaves=6)
REGULAR = st.tuples(st.integers(0, 3), st.integers(0, 3)).flatmap(
    lambda shape: st.lists(
        st.lists(NUMBERS, min_size=shape[1], max_size=shape[1]),
        min_size=shape[0], max_size=shape[0],
    )
)  # fmt: skip
DTYPES = st.sampled_from([None, "float32", "float16", "bfloat16", "complex64"])


@settings(max_examples=300, deadline=None)
@given(st.one_of(NESTED, REGULAR), DTYPES)
def test_random_lists(data, dtype):
    def run(library):
        return library.tensor(data, dtype=getattr(library, dtype) if dtype else None)

    same(outcome(lambda: run(flambeau)), outcome(lambda: run(torch)))
