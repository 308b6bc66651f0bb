"""Sums and extremes of arrays along axes, in the forms that are fastest for their shapes.

NumPy adds along one axis in a single thread, row by row. For large arrays a product with ones does
the same in BLAS, on all cores, several times as fast, and in blocks, so that rounding errors stay
as small as in NumPy's pairwise sums.
"""

from __future__ import annotations

import math

import numpy as np

from ..tensor import dtype as D
from ..tensor.size import normalize_dims

F32, F64 = D.float32.numpy, D.float64.numpy
HALF = frozenset((D.float16.numpy, D.bfloat16.numpy))
LARGE = 1 << 14  # elements from which the forms below gain more than they cost
BLOCK = 1024  # numbers that BLAS adds before their sum joins the others
NARROW = 24  # rows up to this length are compared column by column
# Arrays up to this size are sorted where a partition would do, so that equal elements keep order.
SORTED = 1 << 15


def axes_of(dim, ndim):
    """``dim`` as NumPy takes it: None for all axes (also where ``dim`` is empty), int or tuple.

    IndexError and RuntimeError as PyTorch for what does not exist or comes twice.
    """
    if dim.__class__ is int and -ndim <= dim < ndim:
        return dim
    if dim is None:
        return None
    dims = normalize_dims(dim, ndim)
    return dims if ndim and dims else None


def widened(x):
    """Half types as float32, in which they are added up; others as they are."""
    return x.astype(F32) if x.dtype in HALF else x


def count_along(shape, axis):
    """How many elements a reduction over ``axis`` joins into one."""
    if axis.__class__ is int:
        return shape[axis]
    return math.prod(shape if axis is None else [shape[a] for a in axis])


def reduce_over(ufunc, x, axis=None, keepdims=False, dtype=None):
    """A ufunc's reduction; contiguous also where the array is not, as in PyTorch."""
    out = ufunc.reduce(x, axis=axis, dtype=dtype, keepdims=keepdims)
    return out if x.flags.c_contiguous else np.asarray(out, order="C")


def sum_over(x, axis=None, keepdims=False):
    """The sum over axes, in the type of ``x``."""
    dtype = x.dtype
    if x.size < LARGE or dtype is not F32 and dtype is not F64:
        return reduce_over(np.add, x, axis, keepdims)
    if axis is None:
        axes = tuple(range(x.ndim))
    else:
        axes = tuple([a % x.ndim for a in (axis if axis.__class__ is tuple else (axis,))])
    if x.flags.c_contiguous:
        out = _sum_large(x, axes)
    elif x.flags.f_contiguous:
        out = np.asarray(_sum_large(x.T, tuple([x.ndim - 1 - a for a in axes])).T, order="C")
    else:
        return reduce_over(np.add, x, axis, keepdims)
    if keepdims:
        return out.reshape([1 if i in axes else n for i, n in enumerate(x.shape)])
    return out


def _sum_large(x, axes):
    """The sum of a contiguous array: inner axes first, then outer ones, then those between."""
    ndim, reduced = x.ndim, set(axes)
    inner = ndim
    while inner and inner - 1 in reduced:
        inner -= 1
    outer = 0
    while outer < inner and outer in reduced:
        outer += 1
    kept = x.shape[outer:inner]
    if inner < ndim:
        x = sum_rows(x.reshape(-1, math.prod(x.shape[inner:])))
    if outer:
        x = sum_columns(x.reshape(math.prod(x.shape[:outer]) if inner == ndim else -1,
                                  math.prod(kept)))
    between = tuple([a - outer for a in range(outer, inner) if a in reduced])
    x = x.reshape(kept)
    return np.add.reduce(x, axis=between) if between else x


def sum_rows(x):
    """The sums of the rows of a contiguous matrix."""
    n, width = x.shape
    if width <= 2 * BLOCK:
        return x @ np.ones(width, x.dtype)
    blocks = width // BLOCK
    body = x[:, : blocks * BLOCK].reshape(n, blocks, BLOCK)
    out = np.add.reduce(body @ np.ones(BLOCK, x.dtype), axis=1)
    if width % BLOCK:
        out += np.add.reduce(x[:, blocks * BLOCK :], axis=1)
    return out


def sum_columns(x):
    """The sums of the columns of a contiguous matrix.

    Several rows are taken as one long row: BLAS adds the long rows, and what is left is a shorter
    matrix of the same width.
    """
    n, width = x.shape
    if n < 256:
        return np.add.reduce(x, axis=0)
    together = max(1, min(n // 16, max(8 * BLOCK // width, math.isqrt(n) // 4)))
    rows = n // together
    body = x[: rows * together].reshape(rows, together * width)
    out = sum_columns((np.ones(rows, x.dtype) @ body).reshape(together, width))
    if rows * together < n:
        out += np.add.reduce(x[rows * together :], axis=0)
    return out


def mean_over(x, axis=None, keepdims=False):
    """The mean over axes, in the type of ``x``; nan over none."""
    return sum_over(x, axis, keepdims) / count_along(x.shape, axis)


def _is_narrow(x, axis):
    """Whether ``axis`` is a short last axis of many contiguous rows."""
    return (
        x.ndim > 1
        and axis.__class__ is int
        and axis in (-1, x.ndim - 1)
        and x.shape[-1] <= NARROW
        and x.flags.c_contiguous
    )


def extreme_over(ufunc, x, axis=None, keepdims=False):
    """``np.maximum`` or ``np.minimum`` over axes; nan where there is one."""
    if x.size >= LARGE and _is_narrow(x, axis):
        out = ufunc.reduce(x.reshape(-1, x.shape[-1]).T.copy(), axis=0)
        return out.reshape(*x.shape[:-1], 1) if keepdims else out.reshape(x.shape[:-1])
    return reduce_over(ufunc, x, axis, keepdims)


def extreme_and_place(ufunc, x, axis, keepdims=False):
    """The extreme over one axis, and its first index."""
    if x.size < LARGE or not _is_narrow(x, axis):
        values = reduce_over(ufunc, x, axis, keepdims)
        if ufunc is np.maximum:
            return values, x.argmax(axis, keepdims=keepdims)
        return values, x.argmin(axis, keepdims=keepdims)
    columns = x.reshape(-1, x.shape[-1]).T.copy()
    values = ufunc.reduce(columns, axis=0)
    # Counts, for each row, the columns up to the first one that is the extreme.
    found = columns[0] == values
    place = np.logical_not(found).view(np.uint8)
    for column in columns[1:]:
        np.logical_or(found, column == values, out=found)
        place += np.logical_not(found).view(np.uint8)
    if not found.all():  # nan equals nothing
        rows = np.flatnonzero(~found)
        place[rows] = np.argmax(np.isnan(columns[:, rows]), axis=0)
    shape = (*x.shape[:-1], 1) if keepdims else x.shape[:-1]
    return values.reshape(shape), place.astype(np.int64).reshape(shape)


def first_place(ufunc, x, axis, keepdims=False):
    """The first index of the extreme over one axis."""
    if x.size >= LARGE and _is_narrow(x, axis):
        return extreme_and_place(ufunc, x, axis, keepdims)[1]
    find = x.argmax if ufunc is np.maximum else x.argmin
    return find(axis, keepdims=keepdims)


def place_along(values, indices, axis, shape):
    """Zeros of ``shape`` with ``values`` at ``indices`` along an axis; indices do not repeat."""
    out = np.zeros(shape, values.dtype)
    if not out.ndim:
        out[...] = values.reshape(())
    else:
        np.put_along_axis(out, indices, values, axis)
    return out


def take_along(x, indices, axis):
    """The elements of ``x`` at ``indices`` along an axis."""
    return np.take_along_axis(x, indices, axis) if x.ndim else x.reshape(indices.shape)
