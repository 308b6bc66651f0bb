"""What stands in the brackets: keys by PyTorch's rules, made into keys for NumPy.

A key such as ``x[0, 1:, None, rows]`` works in two steps, as in PyTorch. First everything that
gives a view is applied: integers (also 0-d integer tensors) select, slices cut, None and True add a
dimension. Then the index tensors and masks gather from that view. NumPy counts an integer beside an
index array as an index array too, and so gives another order of dimensions; done in two steps, both
libraries agree.

:func:`parse` makes the two parts of a key:

``basic``
    a NumPy key of ints, slices, None and Ellipsis, whose result is always a view. It is the object
    ``WHOLE`` where the view would be the array itself.
``advanced``
    None, or a tuple that has for each leading dimension of the view None or an int64 array. A mask
    becomes an array per dimension (its nonzero positions), except where it is the only index: then
    it stays a bool array, and stands for as many dimensions as it has. True and False become an
    index into the dimension of size one that they add.
"""

from __future__ import annotations

import operator
import warnings
from collections.abc import Sequence
from types import EllipsisType, NoneType
from typing import Any

import numpy as np

from . import naming
from .from_data import array_from_data
from .size import Shape, type_name

WHOLE = (Ellipsis,)
Advanced = tuple[Any, ...]  # of arrays and None

_ALL = slice(None)
_INT64, _BOOL, _UINT8 = np.dtype(np.int64), np.dtype(bool), np.dtype(np.uint8)
_KINDS = {int, slice, NoneType, EllipsisType, bool}
_PICK = {True: np.zeros(1, np.int64), False: np.zeros(0, np.int64)}


def parse(key: Any, shape: Shape) -> tuple[tuple, Advanced | None]:
    """Splits a key into what gives a view and what gathers from it; see the module's text.

    Args:
        key: what stands in the brackets; tensors are recognised by their array ``_data``.
        shape: the shape of the indexed array.

    Raises:
        IndexError: out of bounds, too many indices, or not a valid kind of index.
        ValueError: a slice has a step below one.
        TypeError: a sequence among the indices holds other things than numbers.
    """
    kind = type(key)
    if kind is int:
        if shape and -shape[0] <= key < shape[0]:
            return (key, ...), None
        raise _select_error(key, 0, 0, shape, alone=True)
    if kind is slice:
        key = _checked_slice(key)
        if shape:
            return (key, ...), None
        raise IndexError("slice() cannot be applied to a 0-dim tensor.")
    if key is Ellipsis:
        return WHOLE, None
    items = key if kind is tuple else (key,)
    if items and type(items[0]) not in _KINDS:
        arrays = _index_tensors(items)
        if arrays is not None and len(arrays) <= len(shape):
            return WHOLE, arrays
    if isinstance(key, tuple):
        items = key
    elif kind is list and _acts_as_tuple(key):
        items = tuple(key)
    alone = items is not key and hasattr(key, "__index__") and not hasattr(key, "_data")
    try:
        return _parse_items(items, shape, alone)
    except (IndexError, ValueError, TypeError):
        # Whatever else is wrong, the number of indices comes first.
        if not alone and _used(items) > len(shape):
            raise _too_many(len(shape)) from None
        raise


def _index_tensors(items: tuple) -> Advanced | None:
    """The arrays of a key that holds index tensors alone, as x[rows, columns] does; else None."""
    arrays = []
    for item in items:
        if type(item) in _KINDS:
            return None
        array = getattr(item, "_data", None)
        if type(array) is not np.ndarray or array.dtype is not _INT64 or not array.ndim:
            return None
        arrays.append(array)
    return tuple(arrays)


def _parse_items(items: tuple, shape: Shape, alone: bool) -> tuple[tuple, Advanced | None]:
    basic: list = []
    advanced: list = []
    ndim, dim = len(shape), 0  # dim: the next dimension of the array
    whole, indexed, spread = True, 0, False
    for position, item in enumerate(items):
        kind = type(item)
        if kind not in _KINDS:
            item = _index(item)
            kind = type(item)
        if kind is np.ndarray:
            covered = item.ndim if item.dtype is _BOOL else 1
            if dim + covered > ndim:
                raise _too_many(ndim)
            dim += covered
            basic.extend([_ALL] * covered)
            advanced.append(item)
            indexed += 1
        elif kind is int:
            if dim >= ndim or not -shape[dim] <= item < shape[dim]:
                raise _select_error(item, position, dim, shape, alone)
            basic.append(item)
            dim += 1
            whole = False
        elif kind is slice:
            if dim >= ndim:
                raise _too_many(ndim)
            if not item.start is item.stop is item.step is None:
                item = _checked_slice(item)
                whole = False
            basic.append(item)
            advanced.append(None)
            dim += 1
        elif item is None:
            basic.append(None)
            advanced.append(None)
            whole = False
        elif item is Ellipsis:
            if not spread:  # a second Ellipsis finds nothing left to stand for
                skipped = ndim - dim - _used(items[position + 1 :])
                if skipped < 0:
                    raise _too_many(ndim)
                basic.append(item)
                advanced.extend([None] * skipped)
                dim += skipped
                spread = True
        else:  # True or False
            basic.append(None)
            advanced.append(_PICK[item])
            whole = False
            indexed += 1
    if not spread:
        basic.append(Ellipsis)
    view = WHOLE if whole else tuple(basic)
    if not indexed:
        return view, None
    return view, _finish(advanced, indexed, view, shape)


def _finish(advanced: list, indexed: int, view: tuple, shape: Shape) -> Advanced:
    """Checks the types of index arrays, and turns masks among them into positions."""
    while advanced[-1] is None:
        advanced.pop()
    done: list[np.ndarray | None] = []
    for item in advanced:
        if item is None or item.dtype is _INT64:
            done.append(item)
        elif item.dtype is _BOOL:
            sizes = _view_shape(view, shape)
            for i, n in enumerate(item.shape):
                if n != sizes[len(done) + i]:
                    raise IndexError(
                        f"The shape of the mask {list(item.shape)} at index {i} does not match the "
                        f"shape of the indexed tensor {list(sizes)} at index {len(done) + i}"
                    )
            if indexed == 1:
                done.append(item)
            else:
                done.extend(item.nonzero())
        elif item.dtype == np.int32 or item.dtype == _INT64:
            done.append(item.astype(_INT64))
        else:
            raise IndexError(
                "tensors used as indices must be long, int, byte or bool tensors\n"
                f"Hint: this one is {naming.prefix()}.{item.dtype.name}; index.long() converts it."
            )
    return tuple(done)


def _index(item: Any) -> Any:
    """An item of a key as an int, a bool or an array with dimensions."""
    array = item if isinstance(item, np.ndarray) else getattr(item, "_data", None)
    if isinstance(array, np.ndarray):
        if not array.ndim:
            return _scalar(array)
        if array.dtype is _INT64:
            return array
        if array.dtype == _BOOL:
            return array if array.dtype is _BOOL else array.view(_BOOL)
        if array.dtype == _UINT8:
            return _byte_mask(array)
        return _from_sequence(array) if array is item else array
    if isinstance(item, (float, complex, np.floating, np.complexfloating, np.bool_)):
        raise _invalid(item)
    if isinstance(item, (str, bytes)):
        raise TypeError(f"new(): invalid data type '{type_name(item)}'")
    if hasattr(item, "__index__"):
        return operator.index(item)
    if not hasattr(item, "__getitem__") or isinstance(item, dict):
        raise _invalid(item)
    return _from_sequence(item)


def _from_sequence(items: Any) -> np.ndarray:
    """The index array of a list or other sequence; its numbers are made whole."""
    if type(items) is range:
        return np.arange(items.start, items.stop, items.step, dtype=np.int64)
    if isinstance(items, np.ndarray) and items.dtype.kind in "iuf":
        return items.astype(_INT64)
    try:
        array = np.array(items)
    except (ValueError, TypeError):  # ragged, or not numbers: the longer way says what is wrong
        array = np.empty(0)
    if array.dtype == _INT64 or array.dtype == _BOOL:
        return array
    array = array_from_data(items)
    if array.dtype == _UINT8:
        return _byte_mask(array)
    return array if array.dtype == _BOOL else array_from_data(items, _INT64)


def _scalar(array: np.ndarray) -> int | bool:
    """The index in a 0-d array: truth adds a dimension, as bytes do; other integers select."""
    if array.dtype.kind not in "iub":
        raise IndexError("tensors used as indices must be long, int, byte or bool tensors")
    return bool(array) if array.dtype == _UINT8 else array.item()


def _byte_mask(array: np.ndarray) -> np.ndarray:
    prefix = naming.prefix()
    warnings.warn(
        f"indexing with dtype {prefix}.uint8 is now deprecated, please use a dtype {prefix}.bool "
        "instead.",
        stacklevel=5,
    )
    return array.astype(_BOOL)


def _acts_as_tuple(items: list) -> bool:
    """Whether a list counts as a tuple: with slices, tensors, sequences, None or ``...`` in it."""
    if len(items) >= 32:
        return False
    for item in items:
        if type(item) is int or type(item) is bool:
            continue
        if item is None or item is Ellipsis or isinstance(item, slice):
            break
        if hasattr(item, "__getitem__") and not isinstance(item, (dict, np.generic)):
            break
    else:
        return False
    warnings.warn(
        "Using a non-tuple sequence for multidimensional indexing is deprecated; use "
        "x[tuple(seq)] instead of x[seq], or x[tensor(seq)] for an index tensor.",
        stacklevel=4,
    )
    return True


def _checked_slice(item: slice) -> slice:
    """A slice of ints and None with a positive step."""
    start, stop, step = item.start, item.stop, item.step
    if step is None or type(step) is int and step > 0:
        if (start is None or type(start) is int) and (stop is None or type(stop) is int):
            return item
    else:
        step = _whole(step)
        if step == 0:
            raise ValueError("slice step cannot be zero")
        if step < 0:
            raise ValueError(
                "step must be greater than zero\nHint: flip(0) reverses the order of a dimension."
            )
    start = None if start is None else _whole(start)
    return slice(start, None if stop is None else _whole(stop), step)


def _whole(value: Any) -> int:
    try:
        return operator.index(value)
    except TypeError:
        if hasattr(value, "_data"):
            raise
        raise TypeError(
            "slice indices must be integers or None or have an __index__ method"
        ) from None


def _used(items: Sequence) -> int:
    """How many dimensions the items of a key take."""
    used = 0
    for item in items:
        if item is None or item is Ellipsis or isinstance(item, bool):
            continue
        if isinstance(item, (list, tuple, range)):
            item = _from_sequence(item)
        array = getattr(item, "_data", item)
        is_mask = getattr(array, "dtype", None) in (_BOOL, _UINT8) and hasattr(array, "ndim")
        used += array.ndim if is_mask else 1
    return used


def _view_shape(view: tuple, shape: Shape) -> Shape:
    return shape if view is WHOLE else np.broadcast_to(np.False_, shape)[view].shape


# --- errors ---------------------------------------------------------------------------------------


def _too_many(ndim: int) -> IndexError:
    return IndexError(f"too many indices for tensor of dimension {ndim}")


def _invalid(item: object) -> IndexError:
    return IndexError(
        "only integers, slices (`:`), ellipsis (`...`), None and long or byte Variables are valid "
        f"indices (got {type_name(item)})"
    )


def _select_error(i: int, position: int, dim: int, shape: Shape, alone: bool) -> Exception:
    """The error for an int as the key's item at a position, which selects in a dimension."""
    if not -(1 << 63) <= i < 1 << 63:
        return ValueError("Overflow when unpacking long long")
    if dim < len(shape):
        # PyTorch counts the items of the key, which is worth a word where it misleads.
        message = f"index {i} is out of bounds for dimension {position} with size {shape[dim]}"
        if dim != position:
            message += f"\nHint: it is dimension {dim} of the shape {list(shape)}."
        return IndexError(message)
    if not alone:
        return _too_many(len(shape))
    if i == 0:
        return IndexError(
            "invalid index of a 0-dim tensor. Use `tensor.item()` in Python or `tensor.item<T>()` "
            "in C++ to convert a 0-dim tensor to a number"
        )
    return IndexError(
        f"index {i} is out of bounds for dimension 0 with size 0\n"
        "Hint: a 0-dim tensor has no elements to choose from; item() gives its number."
    )
