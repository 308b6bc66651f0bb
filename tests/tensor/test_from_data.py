"""Arrays from Python data: types, values, errors."""

import enum

import ml_dtypes
import numpy as np
import pytest

import flambeau
from flambeau.tensor.from_data import array_from_data, check_array, convert_array


class Flavour(enum.IntEnum):
    UP = 2


def check(array, expected, dtype):
    assert type(array) is np.ndarray
    assert array.dtype == dtype
    assert array.shape == np.shape(expected)
    assert np.array_equal(array, np.array(expected, dtype), equal_nan=True)


@pytest.mark.parametrize(
    "data, expected, dtype",
    [
        (3, 3, "int64"), (2.5, 2.5, "float32"), (True, True, "bool"), (1j, 1j, "complex64"),
        ([], [], "float32"), ([[], []], [[], []], "float32"), ((1, 2), [1, 2], "int64"),
        ([True, 2], [1, 2], "int64"), ([True, 2.5], [1, 2.5], "float32"),
        ([[1, 2.5], (3, 4)], [[1, 2.5], [3, 4]], "float32"), ([1, 1j], [1, 1j], "complex64"),
        ([True, False], [True, False], "bool"), (range(3), [0, 1, 2], "int64"),
        ([2**53 + 1], [2**53 + 1], "int64"), ([2**63, 1.5], [2.0**63, 1.5], "float32"),
        ([float("nan"), 1], [float("nan"), 1], "float32"), (Flavour.UP, 2, "int64"),
        ([Flavour.UP], [2], "int64"), (flambeau.Size([2, 3]), [2, 3], "int64"),
        (np.float64(1), 1, "float64"), ([np.int16(1), np.int16(2)], [1, 2], "int16"),
        ([np.float32(1), 1.5], [1, 1.5], "float32"), ([np.float64(1), 1], [1, 1], "float64"),
        ([np.float16(1), np.int64(2)], [1, 2], "float16"), ([np.uint8(1), -1], [1, -1], "int64"),
        ([np.zeros(2), [3, 4]], [[0, 0], [3, 4]], "float64"),
        ([np.ones(2, np.float32)] * 2, [[1, 1], [1, 1]], "float32"),
    ],
)  # fmt: skip
def test_inferred_types(data, expected, dtype):
    check(array_from_data(data), expected, dtype)


def test_tensors():
    T = flambeau.tensor
    check(array_from_data([T(1), T(2.5)]), [1, 2.5], "float32")
    check(array_from_data([T(1), T(2)]), [1, 2], "int64")
    check(array_from_data([[T(1), 2.5], [3, True]]), [[1, 2.5], [3, 1]], "float32")
    check(array_from_data([T([1]), 2]), [1, 2], "int64")
    check(array_from_data([[1, 2], T([3, 4])]), [[1, 2], [3, 4]], "int64")
    source = T([1, 2])
    copy = array_from_data(source)
    copy[0] = 5
    assert source.tolist() == [1, 2]


def test_default_type():
    flambeau.set_default_dtype(flambeau.float64)
    try:
        check(array_from_data([1.5]), [1.5], "float64")
        check(array_from_data(1j), 1j, "complex128")
        check(array_from_data([]), [], "float64")
    finally:
        flambeau.set_default_dtype(flambeau.float32)


@pytest.mark.parametrize(
    "data, dtype, expected",
    [
        ([-1, 255], "uint8", [255, 255]), ([1.7, -1.7], "int64", [1, -1]),
        ([0.5, 0], "bool", [True, False]), ([1e40], "float32", [np.inf]),
        (65520, "float16", np.inf), ([1], "complex64", [1]),
        ([1 + 2**-11 + 2**-30], "float16", [1.0]),  # rounded to float32 first, as in PyTorch
        ([2**62 + 1, 0.5], "int64", [2**62 + 1, 0]), ([10**30, 0], "bool", [True, False]),
    ],
)  # fmt: skip
def test_given_types(data, dtype, expected):
    check(array_from_data(data, np.dtype(dtype)), expected, dtype)


def test_bfloat16():
    bfloat16 = np.dtype(ml_dtypes.bfloat16)
    array = array_from_data([0.1, 1e39, 1 + 2**-8 + 2**-30], bfloat16)
    assert array.dtype == bfloat16
    assert array.astype(float).tolist() == [0.10009765625, np.inf, 1.0]


@pytest.mark.parametrize(
    "data, dtype, error, message",
    [
        ([[1, 2], [3, 4, 5]], None, ValueError, "expected sequence of length 2 at dim 1 (got 3)"),
        ([[1], []], None, ValueError, "expected sequence of length 1 at dim 1 (got 0)"),
        ([[1, 2], 3], None, TypeError, "not a sequence"),
        ([1, [2]], None, TypeError, "'list' object cannot be interpreted as an integer"),
        ([1.5, [2]], None, TypeError, "must be real number, not list"),
        ("a", None, TypeError, "new(): invalid data type 'str'"),
        (["a"], None, ValueError, "too many dimensions 'str'"),
        ([1, "a"], None, TypeError, "new(): invalid data type 'str'"),
        (None, None, RuntimeError, "Could not infer dtype of NoneType"),
        ([1, None], None, RuntimeError, "Could not infer dtype of NoneType"),
        ({}, None, RuntimeError, "Could not infer dtype of dict"),
        (2**63, None, ValueError, "Overflow when unpacking long long"),
        ([1, 2**64], None, ValueError, "Overflow when unpacking long long"),
        ([1.5, 10**400], None, OverflowError, "int too large to convert to float"),
        ([256], "uint8", RuntimeError, "value cannot be converted to type uint8 without overflow"),
        ([-0.7], "uint8", RuntimeError, "value cannot be converted to type uint8 without overflow"),
        ([128], "int8", RuntimeError, "value cannot be converted to type int8 without overflow"),
        (
            [float("nan")], "int64", RuntimeError,
            "value cannot be converted to type int64 without overflow",
        ),
        ([1j], "float32", TypeError, "must be real number, not complex"),
        ([1j], "int64", TypeError, "'complex' object cannot be interpreted as an integer"),
        (["1"], "float32", ValueError, "too many dimensions 'str'"),
        ([1, "1"], "float32", TypeError, "must be real number, not str"),
    ],
)  # fmt: skip
def test_errors(data, dtype, error, message):
    with pytest.raises(error) as caught:
        array_from_data(data, dtype and np.dtype(dtype))
    assert str(caught.value).split("\n")[0] == message


def test_lists_of_longer_tensors_are_refused_with_a_hint():
    with pytest.raises(ValueError, match="only one element tensors") as caught:
        array_from_data([flambeau.tensor([1.0, 2]), flambeau.tensor([3.0, 4])])
    assert "stack" in str(caught.value)


class TestArrays:
    def test_are_copied_in_their_order(self):
        source = np.zeros((2, 3)).T
        copy = array_from_data(source)
        assert copy.strides == source.strides
        assert not np.may_share_memory(copy, source)

    def test_wrap_around(self):
        check(array_from_data(np.array([-1, 300]), np.dtype("uint8")), [255, 44], "uint8")

    @pytest.mark.parametrize(
        "array, name",
        [
            (np.array(["a"]), "str_"), (np.array([None]), "object_"),
            (np.zeros(2, np.uint16), "uint16"), (np.zeros(1, "M8[D]"), "datetime64"),
            (np.zeros(1, [("a", int)]), "void"),
        ],
    )  # fmt: skip
    def test_unsupported_types(self, array, name):
        with pytest.raises(TypeError) as caught:
            array_from_data(array)
        assert str(caught.value).startswith(
            f"can't convert np.ndarray of type numpy.{name}. The only supported types are: float64"
        )

    def test_odd_memory(self):
        with pytest.raises(ValueError, match="At least one stride in the given numpy array is neg"):
            check_array(np.arange(3)[::-1])
        with pytest.raises(ValueError, match="given numpy array has byte order different"):
            check_array(np.zeros(2, ">i4"))
        check_array(np.zeros((3, 4)).T[::2])

    def test_conversion(self):
        source = np.array([1.5, 2])
        assert convert_array(source, None) is source
        assert convert_array(source, source.dtype) is source
        with pytest.warns(UserWarning, match="Casting complex values to real discards the imagin"):
            check(convert_array(np.array([1 + 2j]), np.dtype("float32")), [1], "float32")
