"""Reading, writing and adding up at indices, by PyTorch's rules on NumPy arrays.

:func:`get` and :func:`put` take keys as they stand in brackets; :func:`gather`, :func:`index_put`
and :func:`scatter_add` take what :func:`parse` makes of them (see keys.py).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from . import dtype as D
from .from_data import convert_array
from .keys import WHOLE, Advanced, parse
from .size import Shape, expand_error, expands

__all__ = [
    "WHOLE", "Advanced", "assign", "expand_masks", "gather", "gathered_shape", "get", "index_put",
    "parse", "put", "scatter_add",
]  # fmt: skip

_ALL = slice(None)
_BOOL = np.dtype(bool)

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
    last, axis = advanced[-1], len(advanced) - 1
    try:
        # take() is several times as fast, but copies all of a view that is not contiguous.
        if view.flags.c_contiguous and (not axis or _is_lone(advanced)):
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


def _is_lone(advanced: Advanced) -> bool:
    return all([a is None for a in advanced[:-1]])  # noqa: C419 - a generator takes thrice as long


def _numpy_key(advanced: Advanced) -> tuple:
    return tuple([_ALL if a is None else a for a in advanced])


def _merge(array: np.ndarray, axis: int, count: int) -> np.ndarray:
    """``count`` dimensions from ``axis`` on as one; the array is contiguous."""
    if count == 1:
        return array
    shape = array.shape
    merged = math.prod(shape[axis : axis + count])
    return array.reshape(*shape[:axis], merged, *shape[axis + count :])


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
        raise _expansion_error(value, view.shape) from None


def check_expands(value: np.ndarray, shape: Shape) -> None:
    """Refuses a value that does not expand to a shape, as :func:`assign` does."""
    if not expands(_without_leading_ones(value.shape), shape):
        raise _expansion_error(value, shape)


def _expansion_error(value: np.ndarray, target: Shape) -> RuntimeError:
    shape = _without_leading_ones(value.shape)
    return expand_error(shape, target, D.of(value.dtype).legacy)


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
            _check_shapes(view.shape, advanced, values.shape)
            raise RuntimeError(
                "Index put requires the source and destination dtypes match, got "
                f"{D.of(view.dtype).title} for the destination and {D.of(values.dtype).title} for "
                "the source."
            )
        values = convert_array(values, view.dtype)
    if not values.size or not view.size:  # NumPy is lenient here
        _check_shapes(view.shape, advanced, values.shape)
    try:
        if accumulate:
            error = _gather_error(view.shape, advanced)
            if error is not None:
                raise error
            _accumulate(view, advanced, values)
        elif advanced[-1].dtype is _BOOL:
            _put_mask(view, advanced, values)
        else:
            view[_numpy_key(advanced)] = values
    except (IndexError, ValueError):
        _check_shapes(view.shape, advanced, values.shape)
        if 0 not in gathered_shape(view.shape, advanced):
            raise


def _check_shapes(shape: Shape, advanced: Advanced, value: Shape) -> None:
    error = _gather_error(shape, advanced, value)
    if error is not None:
        raise error from None


def _put_mask(view: np.ndarray, advanced: Advanced, values: np.ndarray) -> None:
    mask, axis = advanced[-1], len(advanced) - 1
    if view.flags.c_contiguous:
        rows = _merge(view, axis, mask.ndim)
        rows[(*[_ALL] * axis, mask.ravel().nonzero()[0])] = values
    else:
        view[(*[_ALL] * axis, *mask.nonzero())] = values


# --- adding up ------------------------------------------------------------------------------------

_LONG_ROW = 512  # elements per index, from which a loop over the indices is fastest
_FEW = 300  # elements, up to which the plain call is fastest
_CHUNK = 1 << 14  # elements whose positions are in memory at a time: fresh memory is slow


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
    shape = view.shape
    sizes = shape[first : first + count]
    rows = _row_numbers(advanced[first:], sizes)
    values = np.broadcast_to(
        values.reshape(_without_leading_ones(values.shape)),
        (*shape[:first], *rows.shape, *shape[first + count :]),
    )
    block = view.reshape(
        math.prod(shape[:first]), math.prod(sizes), math.prod(shape[first + count :])
    )
    _add_rows(block, rows.ravel(), values.reshape(len(block), rows.size, block.shape[2]))


def _row_numbers(arrays: Advanced, sizes: Shape) -> np.ndarray:
    """The row-major number of the elements that index arrays name together."""
    rows = arrays[0]
    for index, n in zip(arrays[1:], sizes[1:], strict=True):
        rows = rows * n + np.where(index < 0, index + n, index)
    return rows


def _add_rows(block: np.ndarray, rows: np.ndarray, values: np.ndarray) -> None:
    """``block[:, rows[i]] += values[:, i]`` for one i after the other.

    Shapes: block (P, R, Q), rows (N,), values (P, N, Q).
    """
    before, height, length = block.shape
    if not block.size or not rows.size:
        return
    from ..ops.places import add_slices

    if add_slices(block, rows, values):
        return
    if before * length >= _LONG_ROW:
        for i, row in enumerate(rows.tolist()):
            place = block[:, row]
            np.add(place, values[:, i], place)
        return
    # NumPy adds fast at a single index array into one dimension.
    flat = block.reshape(-1)
    inside = np.arange(before)[:, None, None] * (height * length) + np.arange(length)
    if rows.min() < 0:
        rows = np.where(rows < 0, rows + height, rows)
    starts = (rows * length)[:, None]
    step = max(1, _CHUNK // (before * length))
    for i in range(0, len(rows), step):
        places = inside + starts[i : i + step]
        np.add.at(flat, places.reshape(-1), values[:, i : i + step].reshape(-1))


# --- errors ---------------------------------------------------------------------------------------


def _gather_error(shape: Shape, advanced: Advanced, value: Shape | None = None) -> Exception | None:
    """Why index arrays do not fit an array of that shape, or a value them; None if they do."""
    advanced = expand_masks(advanced)
    arrays = [(d, a) for d, a in enumerate(advanced) if a is not None]
    try:
        together = np.broadcast_shapes(*(a.shape for _, a in arrays))
    except ValueError:
        shapes = ", ".join(str(list(a.shape)) for _, a in arrays)
        return IndexError(
            "shape mismatch: indexing tensors could not be broadcast together with shapes " + shapes
        )
    if 0 not in together and any(not shape[d] for d, _ in arrays):
        return IndexError("index is out of bounds for dimension with size 0")
    result = gathered_shape(shape, advanced)
    if value is not None and not expands(_without_leading_ones(value), result):
        return RuntimeError(
            f"shape mismatch: value tensor of shape {list(value)} cannot be broadcast to indexing "
            f"result of shape {list(result)}"
        )
    return None if 0 in result else _bounds_error(shape, arrays, together)


def _bounds_error(shape: Shape, arrays: list, together: Shape) -> IndexError | None:
    found = []
    for order, (d, a) in enumerate(arrays):
        bad = np.flatnonzero(np.broadcast_to((a < -shape[d]) | (a >= shape[d]), together))
        if bad.size:
            found.append((int(bad[0]), order, d, a))
    if not found:
        return None
    first, order, d, a = min(found, key=lambda f: f[:2])
    value = int(np.broadcast_to(a, together).flat[first])
    # PyTorch counts the indexed dimensions only, which is worth a word where it misleads.
    hint = f"\nHint: it is dimension {d} of the shape {list(shape)}." if d != order else ""
    return IndexError(
        f"index {value} is out of bounds for dimension {order} with size {shape[d]}{hint}"
    )
