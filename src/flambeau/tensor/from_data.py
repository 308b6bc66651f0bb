"""Arrays from Python data: what ``tensor(data)`` holds, and in which element type.

Nested lists of plain numbers take a short way: their types are collected by C loops and NumPy
converts them at one go. Everything else (ragged lists, tensors and NumPy scalars among numbers,
strings, odd sequences) is walked element by element, which also finds PyTorch's error for it.
"""

from __future__ import annotations

import math
import operator
import warnings
from functools import reduce
from itertools import chain
from typing import Any

import numpy as np

from . import dtype as D
from .dtype import dtype
from .promotion import promote_types
from .size import type_name

_NESTS = {list, tuple}
_NUMBERS = {bool, int, float, complex}
_WIDE = {
    D.BOOL: np.dtype(bool), D.INT: np.dtype(np.int64), D.FLOAT: np.dtype(np.float64),
    D.COMPLEX: np.dtype(np.complex128),
}  # fmt: skip
_MOST_DIMS = 64  # NumPy's limit
_HALVES = (D.float16.numpy, D.bfloat16.numpy)


def array_from_data(data: Any, dtype: np.dtype | None = None) -> np.ndarray:
    """A new array of numbers, nested sequences, NumPy arrays or tensors.

    Args:
        data: Python and NumPy numbers, sequences of such (nested: all of equal length at a depth),
            arrays, tensors; sequences may hold 0-d tensors.
        dtype: the element type. If left out: of arrays and tensors their own, of Python numbers
            bool, int64, the default float type or its complex relative, of mixtures the type that
            they promote to.

    Raises:
        TypeError, RuntimeError: something is not a number, or of a type that tensors do not have.
        ValueError: sequences differ in length, an int needs more than 64 bits.
        RuntimeError: a number does not fit the given type.
    """
    kind = type(data)
    if kind in _NUMBERS or kind in _NESTS:
        try:
            array = _at_once(data, dtype)
        except (ValueError, OverflowError):  # ragged, or huge ints
            array = None
        return _from_anything(data, dtype) if array is None else array
    if isinstance(data, np.ndarray):
        check_array(data)
        return convert_array(np.array(data, copy=True, subok=False), dtype)
    array = _array_of(data)
    if array is not None:
        return convert_array(array.copy("K"), dtype)
    if kind is range:
        return array_from_data(list(data), dtype)
    return _from_anything(data, dtype)


def _array_of(value: Any) -> np.ndarray | None:
    """The array of a tensor; None for other values."""
    array = getattr(value, "_data", None)
    return array if isinstance(array, np.ndarray) else None


def check_array(array: np.ndarray) -> None:
    """Raises PyTorch's error for an array that no tensor can have the memory of."""
    if not array.dtype.isnative:
        raise ValueError(
            "given numpy array has byte order different from the native byte order. Conversion "
            "between byte orders is currently not supported.\n"
            "Hint: array.astype(array.dtype.newbyteorder('=')) has the native order."
        )
    _type_of(array.dtype)
    if array.strides and min(array.strides) < 0:
        raise ValueError(
            "At least one stride in the given numpy array is negative, and tensors with negative "
            "strides are not currently supported. (You can probably work around this by making a "
            "copy of your array  with array.copy().) "
        )


def _type_of(numpy_dtype: np.dtype) -> dtype:
    found = D._OF.get(numpy_dtype)
    if found is None:
        hint = ""
        if numpy_dtype.kind == "u":
            hint = "\nHint: convert it first, as in array.astype(numpy.int64)."
        raise TypeError(
            f"can't convert np.ndarray of type numpy.{numpy_dtype.type.__name__}. The only "
            "supported types are: float64, float32, float16, complex64, complex128, int64, int32, "
            f"int16, int8, uint8, and bool.{hint}"
        )
    return found


def convert_array(array: np.ndarray, dtype: np.dtype | None) -> np.ndarray:
    """The array in another element type, with PyTorch's roundings; itself where it has it already.

    Numbers become 16-bit floats by way of float32. Imaginary parts are dropped with a warning.
    Integers wrap around, and floats become integers as C converts them.
    """
    old = array.dtype
    if dtype is None or dtype == old:
        return array
    if old.kind == "c" and dtype.kind != "c" and dtype.kind != "b":
        warnings.warn("Casting complex values to real discards the imaginary part", stacklevel=3)
        array = array.real
    with np.errstate(all="ignore"):
        if dtype in _HALVES and old.itemsize > 2:
            array = array.astype(np.float32)
        return array.astype(dtype, copy=False)


# --- the short way --------------------------------------------------------------------------------


def _at_once(data: Any, dtype: np.dtype | None) -> np.ndarray | None:
    """The array of a number, or of nested lists with leaves of one sort; None for all others."""
    leaves = (data,) if type(data) in _NUMBERS else data
    types = set(map(type, leaves))
    for _ in range(_MOST_DIMS):
        if not types or not types <= _NESTS:
            break
        leaves = list(chain.from_iterable(leaves))
        types = set(map(type, leaves))
    if types <= _NUMBERS:
        return _from_numbers(data, types, dtype)
    if all(issubclass(t, (np.generic, np.ndarray)) and t is not np.str_ for t in types):
        own = reduce(promote_types, {_type_of(leaf.dtype) for leaf in leaves})
        return _narrow(np.array(data, own.numpy), dtype)
    if len(types) == 1 and leaves is data:
        found = [_array_of(leaf) for leaf in leaves]
        arrays = [a for a in found if a is not None and not a.ndim]
        if len(arrays) == len(found):
            own = reduce(promote_types, {D.of(a.dtype) for a in arrays})
            if dtype is None or dtype.kind not in "iub" or own.category < D.FLOAT:
                return _narrow(np.array([a[()] for a in arrays], own.numpy), dtype)
    return None


def _from_numbers(data: Any, types: set[type], dtype: np.dtype | None) -> np.ndarray | None:
    """The array of numbers of the given Python types; None where they need care one by one."""
    if complex in types:
        own, natural = D.COMPLEX, D.default_complex()
    elif float in types or not types:
        own, natural = D.FLOAT, D.get_default_dtype()
    elif int in types:
        own, natural = D.INT, D.int64
    else:
        own, natural = D.BOOL, D.bool_
    target = natural if dtype is None else D.of(dtype)
    if target.category >= D.FLOAT:
        if own > target.category:
            return None  # an error, unless the sizes leave out every number
        own = max(own, D.FLOAT)  # so that ints may have any number of bits
    elif own > D.INT and types != {float}:
        return None  # ints must stay exact
    return _narrow(np.array(data, _WIDE[own]), target.numpy)


def _narrow(array: np.ndarray, dtype: np.dtype | None) -> np.ndarray:
    """The array in its final type; numbers outside the range of an integer type are errors."""
    if dtype is None or dtype == array.dtype:
        return array
    if dtype.kind in "iu" and array.dtype.kind in "iuf" and array.size:
        info = np.iinfo(dtype)
        low, high = info.min, info.max
        if not low and array.dtype.kind == "i":
            low = -high  # negative numbers wrap around in unsigned types
        # Written so that NaN fails the test.
        if not (array.min() >= low and array.max() <= high):
            raise _overflow(dtype)
    return convert_array(array, dtype)


def _overflow(dtype: np.dtype) -> RuntimeError:
    return RuntimeError(f"value cannot be converted to type {dtype.name} without overflow")


# --- element by element ---------------------------------------------------------------------------


def _from_anything(data: Any, dtype: np.dtype | None) -> np.ndarray:
    if isinstance(data, (str, bytes)):
        raise TypeError(f"new(): invalid data type '{type_name(data)}'")
    sizes = _sizes(data)
    target = _infer(data).numpy if dtype is None else dtype
    category = D.of(target).category
    values: list = []
    if 0 not in sizes:
        _collect(data, sizes, 0, _CONVERT[category], values)
    try:
        array = np.array(values, _WIDE[category])
    except OverflowError:
        raise ValueError("Overflow when unpacking long long") from None
    return _narrow(array.reshape(sizes), target)


def _is_sequence(value: Any) -> bool:
    if isinstance(value, np.ndarray):
        return value.ndim > 0
    if _array_of(value) is not None:
        return False  # a tensor in a sequence stands for a number
    if isinstance(value, (dict, np.generic)):
        return False
    return any("__getitem__" in base.__dict__ for base in type(value).__mro__)


def _sizes(data: Any) -> tuple[int, ...]:
    """The shape, from the first elements at each depth."""
    sizes: list[int] = []
    while _is_sequence(data):
        n = len(data)
        if len(sizes) == _MOST_DIMS or n and isinstance(data, str):
            raise ValueError(f"too many dimensions '{type_name(data)}'")
        sizes.append(n)
        if not n or isinstance(data, bytes):
            break
        data = data[0]
    return tuple(sizes)


def _infer(data: Any) -> dtype:
    """The type that the numbers in data promote to."""
    if isinstance(data, (str, bytes)):
        raise TypeError(f"new(): invalid data type '{type_name(data)}'")
    array = _array_of(data)
    array = data if array is None else array
    if isinstance(array, (np.ndarray, np.generic)):
        return _type_of(array.dtype)
    if isinstance(data, (bool, int, float, complex)):
        return D.of_number(data)
    if not _is_sequence(data):
        raise RuntimeError(f"Could not infer dtype of {type_name(data)}")
    found = {_infer(item) for item in data}
    return reduce(promote_types, found) if found else D.get_default_dtype()


def _collect(data: Any, sizes: tuple, depth: int, convert: Any, values: list) -> None:
    """Appends the numbers in data, whose shape must be ``sizes[depth:]``."""
    if depth == len(sizes):
        values.append(convert(data))
        return
    array = data if isinstance(data, np.ndarray) else _array_of(data)
    try:
        items = list(data) if array is None or not array.ndim else array.tolist()
    except TypeError:
        raise TypeError("not a sequence") from None
    if len(items) != sizes[depth]:
        raise ValueError(
            f"expected sequence of length {sizes[depth]} at dim {depth} (got {len(items)})"
        )
    for item in items:
        _collect(item, sizes, depth + 1, convert, values)


def _item(value: Any, error: Exception) -> Any:
    """The number in a tensor of one element; other values as they are."""
    array = _array_of(value)
    if array is None:
        return value
    if array.size != 1:
        raise error
    return array.item()


_STACK_HINT = "\nHint: flambeau.stack(list) joins tensors of equal shape."


def _to_integer(value: Any) -> int:
    error = TypeError(
        f"only integer tensors of a single element can be converted to an index{_STACK_HINT}"
    )
    number = _item(value, error)
    if number is not value and not isinstance(number, int):
        raise error
    if isinstance(number, float):
        if not math.isfinite(number):
            raise _overflow(D.int64.numpy)
        return int(number)
    return int(number) if isinstance(number, np.bool_) else operator.index(number)


def _to_float(value: Any) -> float:
    # Unlike float(), this refuses strings, and complex numbers with PyTorch's words.
    return math.ldexp(_item(value, _too_many()), 0)


def _to_complex(value: Any) -> complex:
    number = _item(value, _too_many())
    if isinstance(number, (complex, np.complexfloating)):
        return complex(number)
    return complex(math.ldexp(number, 0))


def _to_bool(value: Any) -> bool:
    if isinstance(value, (bool, int, float, complex, np.generic)):
        return bool(value)
    return bool(_to_integer(value))


def _too_many() -> ValueError:
    return ValueError(f"only one element tensors can be converted to Python scalars{_STACK_HINT}")


_CONVERT = {D.BOOL: _to_bool, D.INT: _to_integer, D.FLOAT: _to_float, D.COMPLEX: _to_complex}
