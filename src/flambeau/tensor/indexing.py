"""Indexing by PyTorch's rules on NumPy arrays: reading, writing, and adding up at indices.

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

from . import dtype as D
from . import naming
from .from_data import array_from_data, convert_array
from .size import Shape, expand_error, type_name

WHOLE = (Ellipsis,)
Advanced = tuple[np.ndarray | None, ...]

_ALL = slice(None)
_INT64, _BOOL, _UINT8 = np.dtype(np.int64), np.dtype(bool), np.dtype(np.uint8)
_KINDS = {int, slice, NoneType, EllipsisType, bool, np.ndarray}
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
        raise _select_error(key, 0, shape, (key,), alone=True)
    if kind is slice:
        if shape:
            return (_checked_slice(key), ...), None
        raise IndexError("slice() cannot be applied to a 0-dim tensor.")
    if kind is not tuple:
        if kind is list and _acts_as_tuple(key):
            return _parse_items(tuple(key), shape, key)
        key = (key,)
    return _parse_items(key, shape, key)


def _parse_items(items: tuple, shape: Shape, key: Any) -> tuple[tuple, Advanced | None]:
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
            if not item.ndim:
                item = _scalar(item)
                kind = type(item)
            else:
                covered = item.ndim if item.dtype is _BOOL else 1
                if dim + covered > ndim:
                    raise _too_many(ndim)
                dim += covered
                basic.extend([_ALL] * covered)
                advanced.append(item)
                indexed += 1
                continue
        if kind is int:
            if dim >= ndim or not -shape[dim] <= item < shape[dim]:
                raise _select_error(item, dim, shape, items, alone=key is not items)
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
    """An item of a key as an int, a bool or an array."""
    array = getattr(item, "_data", None)
    if array is not None and hasattr(array, "dtype"):
        if array.dtype == _UINT8:
            return _byte_mask(array)
        return array
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
    try:
        array = np.array(items)
    except (ValueError, TypeError):
        array = np.empty(0)
    if array.dtype is _INT64 or array.dtype is _BOOL and array.size:
        return array
    array = array_from_data(items)
    if array.dtype == _BOOL:
        return array
    if array.dtype == _UINT8:
        return _byte_mask(array)
    return array_from_data(items, _INT64)


def _scalar(array: np.ndarray) -> int | bool:
    """The index in a 0-d array: True and False add a dimension, whole numbers select."""
    if array.dtype.kind not in "iub":
        raise IndexError("tensors used as indices must be long, int, byte or bool tensors")
    return array.item()


def _byte_mask(array: np.ndarray) -> np.ndarray:
    prefix = naming.prefix()
    warnings.warn(
        f"indexing with dtype {prefix}.uint8 is now deprecated, please use a dtype {prefix}.bool "
        "instead.",
        stacklevel=5,
    )
    return array.astype(_BOOL)


def _acts_as_tuple(items: list) -> bool:
    """Whether a list is taken for a tuple: if it holds slices, tensors, sequences, None or ``...``."""
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
        step = _bound(step)
        if step == 0:
            raise ValueError("slice step cannot be zero")
        if step < 0:
            raise ValueError(
                "step must be greater than zero\nHint: flip(0) reverses the order of a dimension."
            )
    return slice(_bound(start), _bound(stop), step)


def _bound(value: Any) -> int | None:
    if value is None:
        return None
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


def _select_error(i: int, dim: int, shape: Shape, items: tuple, alone: bool) -> Exception:
    if not -(1 << 63) <= i < 1 << 63:
        return ValueError("Overflow when unpacking long long")
    if not shape and alone:
        return IndexError(
            "invalid index of a 0-dim tensor. Use `tensor.item()` in Python or `tensor.item<T>()` "
            "in C++ to convert a 0-dim tensor to a number"
        )
    if dim >= len(shape) or _used(items) > len(shape):
        return _too_many(len(shape))
    return IndexError(f"index {i} is out of bounds for dimension {dim} with size {shape[dim]}")


def _gather_error(shape: Shape, advanced: Advanced) -> Exception | None:
    """Why the index arrays do not fit an array of that shape; None if nothing is wrong."""
    arrays = [(d, a) for d, a in enumerate(advanced) if a is not None]
    try:
        together = np.broadcast_shapes(*(a.shape for _, a in arrays))
    except ValueError:
        shapes = ", ".join(str(list(a.shape)) for _, a in arrays)
        return IndexError(
            "shape mismatch: indexing tensors could not be broadcast together with shapes " + shapes
        )
    if 0 in together:
        return None
    if any(not shape[d] for d, _ in arrays):
        return IndexError("index is out of bounds for dimension with size 0")
    found = []
    for order, (d, a) in enumerate(arrays):
        bad = np.flatnonzero(np.broadcast_to((a < -shape[d]) | (a >= shape[d]), together))
        if bad.size:
            found.append((int(bad[0]), order, d, a))
    if not found or 0 in shape:
        return None
    first, order, d, a = min(found, key=lambda f: f[:2])
    value = int(np.broadcast_to(a, together).flat[first])
    # PyTorch counts the indexed dimensions only, which is worth a word where it misleads.
    hint = f"\nHint: it is dimension {d} of the shape {list(shape)}." if d != order else ""
    return IndexError(
        f"index {value} is out of bounds for dimension {order} with size {shape[d]}{hint}"
    )


def _mismatch(value: Shape, result: Shape) -> RuntimeError:
    return RuntimeError(
        f"shape mismatch: value tensor of shape {list(value)} cannot be broadcast to indexing "
        f"result of shape {list(result)}"
    )


# --- reading --------------------------------------------------------------------------------------


def get(array: np.ndarray, key: Any) -> np.ndarray:
    """``array[key]`` by PyTorch's rules: a view for basic keys, else a new array."""
    basic, advanced = parse(key, array.shape)
    view = array if basic is WHOLE and advanced is not None else array[basic]
    return view if advanced is None else gather(view, advanced)


def gather(view: np.ndarray, advanced: Advanced) -> np.ndarray:
    """The elements at the index arrays, as a new contiguous array.

    The arrays' common shape stands in the place of the indexed dimensions where these are
    neighbours, else in front.

    Raises:
        IndexError: an index is out of bounds, or the arrays do not broadcast.
    """
    last = advanced[-1]
    try:
        if view.flags.c_contiguous and len(advanced) == advanced.count(None) + 1:
            axis = len(advanced) - 1
            if last.dtype is _BOOL:
                return _merge(view, axis, last.ndim).take(last.ravel().nonzero()[0], axis)
            if view.ndim > 1:
                return view.take(last, axis)
        result = view[_numpy_key(advanced)]
    except IndexError:
        error = _gather_error(view.shape, advanced)
        if error is not None:
            raise error from None
        return np.empty(gathered_shape(view.shape, advanced), view.dtype)
    return result if result.flags.c_contiguous else np.ascontiguousarray(result)


def _numpy_key(advanced: Advanced) -> tuple:
    if None in advanced[:-1]:
        return tuple([_ALL if a is None else a for a in advanced])
    return advanced


def _merge(array: np.ndarray, axis: int, count: int) -> np.ndarray:
    """``count`` dimensions from ``axis`` on as one; the array is contiguous."""
    if count == 1:
        return array
    shape = array.shape
    return array.reshape(*shape[:axis], -1 if array.size else 0, *shape[axis + count :])


def gathered_shape(shape: Shape, advanced: Advanced) -> Shape:
    """The shape of what :func:`gather` takes from an array of the given shape."""
    advanced = expand_masks(advanced)
    dims = [d for d, a in enumerate(advanced) if a is not None]
    common = np.broadcast_shapes(*(advanced[d].shape for d in dims))
    first = dims[0] if dims[-1] - dims[0] == len(dims) - 1 else 0
    rest = [n for d, n in enumerate(shape) if d not in dims]
    return (*rest[:first], *common, *rest[first:])


def expand_masks(advanced: Advanced) -> Advanced:
    """The index arrays with a mask among them replaced by the positions where it is true."""
    if advanced[-1].dtype is not _BOOL:
        return advanced
    return (*advanced[:-1], *advanced[-1].nonzero())


# --- writing --------------------------------------------------------------------------------------


def put(array: np.ndarray, key: Any, value: np.ndarray) -> None:
    """``array[key] = value`` by PyTorch's rules, in place.

    Raises:
        RuntimeError: the value does not broadcast to ``array[key]``, or has another type where
            index tensors are in the key.
    """
    if type(key) is bool:  # no index here, as the value is expanded
        if key:
            assign(array[None], value)
        return
    basic, advanced = parse(key, array.shape)
    if advanced is None:
        assign(array[basic], value)
    else:
        index_put(array if basic is WHOLE else array[basic], advanced, value)


def assign(view: np.ndarray, value: np.ndarray) -> None:
    """Writes a value, expanded, into a view; leading dimensions of size one are dropped."""
    try:
        view[...] = value if value.dtype == view.dtype else convert_array(value, view.dtype)
    except ValueError:
        shape = _without_leading_ones(value.shape)
        raise expand_error(shape, view.shape, D.of(value.dtype).legacy) from None


def _without_leading_ones(shape: Shape) -> Shape:
    for i, n in enumerate(shape):
        if n != 1:
            return shape[i:]
    return ()


def index_put(
    view: np.ndarray, advanced: Advanced, values: np.ndarray, accumulate: bool = False
) -> None:
    """Writes values to the elements at the index arrays, in place; or adds them there.

    Of several values for one element the last is kept; added ones are summed in their order.

    Raises:
        IndexError: an index is out of bounds, or the arrays do not broadcast.
        RuntimeError: the values do not broadcast to the indices' result, or are of another type.
    """
    if values.dtype != view.dtype:
        if values.size != 1 or advanced[-1].dtype is not _BOOL:
            raise RuntimeError(
                "Index put requires the source and destination dtypes match, got "
                f"{D.of(view.dtype).title} for the destination and {D.of(values.dtype).title} for "
                "the source."
            )
        values = convert_array(values, view.dtype)
    try:
        if accumulate:
            _accumulate(view, advanced, values)
        elif advanced[-1].dtype is _BOOL:
            _put_mask(view, advanced, values)
        else:
            view[_numpy_key(advanced)] = values
    except (IndexError, ValueError):
        error = _gather_error(view.shape, advanced)
        if error is not None:
            raise error from None
        result = gathered_shape(view.shape, advanced)
        if not _broadcasts(_without_leading_ones(values.shape), result):
            raise _mismatch(values.shape, result) from None
        if 0 not in result:
            raise


def _broadcasts(shape: Shape, target: Shape) -> bool:
    return len(shape) <= len(target) and all(
        m == n or m == 1 for m, n in zip(shape[::-1], target[::-1], strict=False)
    )


def _put_mask(view: np.ndarray, advanced: Advanced, values: np.ndarray) -> None:
    mask, axis = advanced[-1], len(advanced) - 1
    if view.flags.c_contiguous:
        rows = _merge(view, axis, mask.ndim)
        rows[(*[_ALL] * axis, mask.ravel().nonzero()[0])] = values
    else:
        view[(*[_ALL] * axis, *mask.nonzero())] = values


# --- adding up ------------------------------------------------------------------------------------

_LONG_ROW = 512  # from here on a loop over rows beats one over elements
_FEW = 300  # elements, up to which the plain call is fastest
_CHUNK = 1 << 20  # elements whose positions are in memory at a time


def scatter_add(
    shape: Shape, advanced: Advanced, values: np.ndarray, dtype: np.dtype | None = None
) -> np.ndarray:
    """Zeros of a shape with values added at the index arrays: the gradient of :func:`gather`."""
    out = np.zeros(shape, dtype or values.dtype)
    if values.size:
        _accumulate(out, advanced, values)
    return out


def _accumulate(view: np.ndarray, advanced: Advanced, values: np.ndarray) -> None:
    """Adds values, broadcast to the indices' result, at the index arrays, in their order."""
    if advanced[-1].dtype is _BOOL:  # every element at most once
        _put_mask(view, advanced, gather(view, advanced) + values)
        return
    dims = [d for d, a in enumerate(advanced) if a is not None]
    first, count = dims[0], len(dims)
    if values.size <= _FEW or not view.flags.c_contiguous or dims[-1] - first != count - 1:
        np.add.at(view, _numpy_key(advanced), values)
        return
    # The indexed dimensions are neighbours: as a block (before, rows, after) with one index each.
    error = _gather_error(view.shape, advanced) if count > 1 else None
    if error is not None:
        raise error
    shape = view.shape
    sizes = shape[first : first + count]
    rows = _row_numbers(advanced[first:], sizes)
    values = np.broadcast_to(
        values.reshape(_without_leading_ones(values.shape)),
        (*shape[:first], *rows.shape, *shape[first + count :]),
    )
    block = _merge(view, first, count).reshape(
        int(np.prod(shape[:first])), int(np.prod(sizes)), int(np.prod(shape[first + count :]))
    )
    values = values.reshape(len(block), rows.size, block.shape[2])
    for target, part in zip(block, values, strict=True):
        _add_rows(target, rows.ravel(), part)


def _row_numbers(arrays: Advanced, sizes: Shape) -> np.ndarray:
    """The row-major number of the elements that index arrays name together."""
    rows = arrays[0]
    for index, n in zip(arrays[1:], sizes[1:], strict=True):
        rows = rows * n + np.where(index < 0, index + n, index)
    return rows


def _add_rows(target: np.ndarray, rows: np.ndarray, values: np.ndarray) -> None:
    """``target[rows[i]] += values[i]`` one after the other; target (R, Q), values (N, Q)."""
    length = target.shape[1]
    if length >= _LONG_ROW:
        for i, row in zip(rows.tolist(), values, strict=True):
            place = target[i]
            np.add(place, row, place)
        return
    # NumPy adds fast at a single index array into one dimension.
    flat, columns = target.reshape(-1), np.arange(length)
    step = max(1, _CHUNK // length)
    for i in range(0, len(rows), step):
        places = rows[i : i + step, None] * length + columns
        np.add.at(flat, places.ravel(), values[i : i + step].ravel())
