"""What occurs in tensors, how often, and whether tensors are alike: unique, bincount, histograms,
isin, equal, isclose, allclose.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..tensor import dtype as D
from ..tensor.size import broadcast_shapes, normalize_dim, type_name
from ..tensor.tensor import Tensor, wrap
from .array_reductions import widened
from .dispatch import execute
from .expressions import TENSORS as T
from .overloads import finish, into, not_implemented, overloaded, return_type_of
from .table import ROWS, composite, op

# --- unique --------------------------------------------------------------------------------------


def _slices_differ(rows):
    """Which rows differ from the one before; nan differs from everything."""
    if not len(rows):
        return np.zeros(0, bool)
    step = rows[1:] != rows[:-1]
    changed = step.any(axis=tuple(range(1, step.ndim))) if step.ndim > 1 else step
    return np.concatenate(([True], changed))


def _runs(starts):
    """For each element the number of its run, and the runs' lengths."""
    number = np.cumsum(starts) - 1
    first = np.flatnonzero(starts)
    return number, np.diff(np.append(first, len(starts)))


@op("_unique(input, dim: int | None, consecutive: bool)", where="", lowering="opaque",
    dynamic=True, outputs=("result0", "result1", "result2"))
def unique_kernel(input, dim, consecutive):
    """The different elements or slices, the number of each one's like, and how often it occurs."""
    if input.dtype.kind == "c":
        raise not_implemented("unique", input)
    rows = input.reshape(-1) if dim is None else np.moveaxis(input, dim, 0)
    keys = widened(rows)
    if consecutive:
        starts = _slices_differ(keys)
        number, counts = _runs(starts)
        return _unique_results(input, rows[starts], number, counts, dim)
    if keys.ndim == 1:
        order = np.argsort(keys, kind="stable")
    elif keys.size:
        order = np.lexsort(keys.reshape(len(rows), -1).T[::-1])
    else:
        order = np.arange(len(rows))
    starts = _slices_differ(keys[order])
    number, counts = _runs(starts)
    inverse = np.empty(len(rows), np.int64)
    inverse[order] = number
    return _unique_results(input, rows[order][starts], inverse, counts, dim)


def _unique_results(input, found, inverse, counts, dim):
    if dim is None:
        inverse = inverse.reshape(input.shape)
    else:
        found = np.moveaxis(found, 0, dim)
    return (
        np.ascontiguousarray(found).astype(input.dtype, copy=False),
        inverse.astype(np.int64, copy=False),
        counts.astype(np.int64, copy=False),
    )


def _unique_answer(results: tuple, return_inverse: bool, return_counts: bool) -> Any:
    answer = [results[0]]
    if return_inverse:
        answer.append(results[1])
    if return_counts:
        answer.append(results[2])
    return tuple(answer) if len(answer) > 1 else answer[0]


def _checked_dim(input: Tensor, dim: int | None) -> int | None:
    """The dimension along which slices are compared."""
    if dim is None:
        return None
    if not input.ndim:
        raise IndexError(f"Dimension specified as {dim} but tensor has no dimensions")
    dim = normalize_dim(dim, input.ndim)
    empty = sum(n == 0 for n in input.shape)
    if empty > 1:
        raise RuntimeError(
            "Number of zero sized dimensions is more than one, so unique cannot be applied "
        )
    if empty and input.shape[dim]:
        raise RuntimeError(
            "There are 0 sized dimensions, and they aren't selected, so unique cannot be applied"
        )
    return dim


@composite()
@overloaded
def unique(
    input: Tensor,
    sorted: bool = True,
    return_inverse: bool = False,
    return_counts: bool = False,
    dim: int | None = None,
) -> Any:
    """The different elements, in order; with ``dim`` the different slices along it.

    Args:
        sorted: they are in order in any case.
        return_inverse: also give, for each element, the index of its like among the results.
        return_counts: also give how often each one occurs.
        dim: the dimension along which slices are compared; without it all elements are.
    """
    dim = _checked_dim(input, dim)
    return _unique_answer(
        execute(ROWS["_unique"], (input, dim, False)), return_inverse, return_counts
    )


@composite()
@overloaded
def unique_consecutive(
    input: Tensor, return_inverse: bool = False, return_counts: bool = False, dim: int | None = None
) -> Any:
    """The elements without those that repeat the one before; with ``dim`` slices along it."""
    dim = _checked_dim(input, dim)
    results = execute(ROWS["_unique"], (input, dim, True))
    return _unique_answer(results, return_inverse, return_counts)


# --- counts and histograms -----------------------------------------------------------------------


@op("bincount(input, weights = None, minlength: int = 0)", lowering="scatter", dynamic=True,
    formula=r"y_k = \sum_i w_i [x_i = k]")
def bincount(input, weights, minlength):
    """How often each of the numbers 0, 1, … occurs, or the sum of the weights where it does."""
    if input.dtype.kind not in "iu":
        raise not_implemented("bincount_cpu", input)
    if minlength < 0:
        raise RuntimeError("minlength should be >= 0")
    if input.ndim != 1 or input.size and input.min() < 0:
        raise RuntimeError("bincount only supports 1-d non-negative integral inputs.")
    if weights is None:
        return np.bincount(input, minlength=minlength).astype(np.int64)
    if weights.shape != input.shape:
        raise RuntimeError("weights should be 1-d and have the same length as input")
    if not input.size:
        return np.zeros(minlength, np.int64)
    out = np.bincount(input, weights=weights.astype(np.float64), minlength=minlength)
    return out.astype(np.float32) if weights.dtype == np.float32 else out


def _even_bins(x, bins, low, high):
    """For each element the number of its bin, of ``bins`` equal ones in [low, high]; -1 outside."""
    wide = x.astype(np.float64)
    inside = (wide >= low) & (wide <= high)
    place = np.where(inside, (wide - low) * (bins / (high - low)), -1).astype(np.int64)
    return np.minimum(place, bins - 1)


def _bins_between(x, edges):
    """For each element the number of its bin between sorted edges; -1 outside."""
    last = len(edges) - 2
    place = np.searchsorted(edges, x, side="right") - 1
    place[x == edges[-1]] = last
    place[(place > last) | np.isnan(x)] = -1
    return place


def _check_bins(bins):
    if bins <= 0:
        raise RuntimeError(f"torch.histogram(): bins must be > 0, but got {bins} for dimension 0")


@op("histc(input, bins: int = 100, min: Number = 0, max: Number = 0)", lowering="scatter")
def histc(input, bins, min, max):
    """How many elements lie in each of ``bins`` equal parts of [min, max].

    Where both ends are equal they are the smallest and the largest element.
    """
    if input.dtype.kind in "biuc":
        raise not_implemented("histogram_cpu", input)
    _check_bins(bins)
    if min > max:
        raise RuntimeError("torch.histc: max must be larger than min")
    x = widened(input).reshape(-1)
    low, high = float(min), float(max)
    if low == high and x.size:
        low, high = float(x.min()), float(x.max())
    if not (np.isfinite(low) and np.isfinite(high)):
        raise RuntimeError(f"torch.histc: range of [{low:g}, {high:g}] is not finite")
    if low == high:
        low, high = low - 1, high + 1
    place = _even_bins(x, bins, low, high)
    return np.bincount(place[place >= 0], minlength=bins).astype(input.dtype)


def _edges_of(x, bins, ends, dim):
    """The edges of equal bins along one dimension."""
    if bins <= 0:
        raise RuntimeError(
            f"torch.histogramdd(): bins must be > 0, but got {bins} for dimension {dim}"
        )
    if ends is None:
        low, high = (float(x.min()), float(x.max())) if x.size else (0.0, 1.0)
    else:
        low, high = (float(v) for v in ends)
    if not (np.isfinite(low) and np.isfinite(high)):
        raise RuntimeError(
            f"torch.histogramdd: dimension {dim}'s range [{low:g}, {high:g}] is not finite"
        )
    if low > high:
        raise RuntimeError(
            f"torch.histogramdd: min should not exceed max, but got min {low:g} max {high:g} for "
            f"dimension {dim}"
        )
    if low == high:
        low, high = low - 0.5, high + 0.5
    return np.linspace(low, high, bins + 1, dtype=x.dtype), (low, high)


@op("_histogramdd(input, bins: int[], edges: Tensors, range: float[] | None, weight, "
    "density: bool)", where="", lowering="scatter", outputs=("result0",))
def histogramdd_kernel(input, bins, edges, range, weight, density):
    """Counts or sums of weights of points in boxes, and the edges in each dimension."""
    if input.dtype.kind != "f":
        raise not_implemented("histogramdd", input)
    points = input.reshape(-1, input.shape[-1])
    places, all_edges = [], []
    for i, x in enumerate(points.T):
        if edges:
            all_edges.append(edges[i])
            places.append(_bins_between(x, edges[i]))
        else:
            ends = None if range is None else range[2 * i : 2 * i + 2]
            made, (low, high) = _edges_of(x, bins[i], ends, i)
            all_edges.append(made)
            places.append(_even_bins(x, bins[i], low, high))
    hist = _count_boxes(places, [len(e) - 1 for e in all_edges], weight)
    if density:
        hist = hist / np.add.reduce(hist, axis=None)
        for i, e in enumerate(all_edges):
            hist = hist / np.diff(e).reshape([-1 if j == i else 1 for j in _range(hist.ndim)])
    return hist.astype(input.dtype), *all_edges


def _count_boxes(places, shape, weight):
    inside = np.logical_and.reduce([place >= 0 for place in places])
    flat = np.zeros(len(inside), np.int64)
    for place, n in zip(places, shape):
        flat = flat * n + place
    weights = None if weight is None else weight.reshape(-1)[inside].astype(np.float64)
    return np.bincount(flat[inside], weights, math.prod(shape)).reshape(shape)


_range = range


def _histogram(
    input: Tensor, bins: list, range: Any, weight: Tensor | None, density: bool
) -> tuple:
    n = input.shape[-1]
    if len(bins) != n:
        raise RuntimeError(
            "torch.histogramdd: The size of bins must be equal to the innermost dimension of the "
            "input tensor."
        )
    if range is not None and len(range) != 2 * n:
        raise RuntimeError(
            f"torch.histogramdd: for a {n}-dimensional histogram range should have {2 * n} "
            f"elements, but got {len(range)}"
        )
    if weight is not None and weight.shape != input.shape[:-1]:
        raise RuntimeError(
            "torch.histogramdd: if weight tensor is provided it should have the same shape as the "
            f"input tensor excluding its innermost dimension, but got input with shape "
            f"{list(input.shape)} and weight with shape {list(weight.shape)}"
        )
    given = isinstance(bins[0], Tensor)
    args = (input, () if given else bins, bins if given else (), range, weight, density)
    hist, *edges = execute(ROWS["_histogramdd"], args)
    return hist, tuple(edges)


@composite()
@overloaded
def histogram(
    input: Tensor,
    bins: Any,
    *,
    range: Any = None,
    weight: Tensor | None = None,
    density: bool = False,
    out: Any = None,
) -> Any:
    """Counts in bins, and the bins' edges: the named tuple (hist, bin_edges).

    Args:
        bins: how many equal bins, or a sorted tensor of their edges.
        range: the ends of the first and the last bin; the extremes of ``input`` where left out.
        weight: what each element counts, 1 where left out.
        density: divide so that the histogram's integral is 1.
    """
    flat = None if weight is None else weight.reshape(-1)
    if weight is not None and weight.shape != input.shape:
        flat = weight  # refused below
    hist, edges = _histogram(input.reshape(-1, 1), [bins], range, flat, density)
    result = return_type_of("histogram", "hist", "bin_edges")(hist, edges[0])
    if out is not None:
        return tuple(into(r, o, "histogram") for r, o in zip(result, out))
    return result


@composite("function")
@overloaded
def histogramdd(
    input: Tensor,
    bins: Any,
    range: Any = None,
    weight: Tensor | None = None,
    density: bool = False,
) -> Any:
    """The histogram of points in several dimensions: the named tuple (hist, bin_edges).

    Args:
        input: the points, along the last dimension their coordinates.
        bins: how many bins in each dimension (one number for all), or a list of tensors of edges.
        range: the ends of the bins, two numbers for each dimension.
        weight: what each point counts.
        density: divide so that the histogram's integral is 1.
    """
    if input.ndim < 2:
        raise RuntimeError(
            "torch.histogramdd: input tensor should have at least 2 dimensions, but got "
            f"{input.ndim}"
        )
    bins = [bins] * input.shape[-1] if isinstance(bins, int) else list(bins)
    result = _histogram(input, bins, range, weight, density)
    return return_type_of("histogramdd", "hist", "bin_edges")(*result)


# --- membership ----------------------------------------------------------------------------------


@op("_isin(elements, test_elements, invert: bool)", where="",
    lowering="opaque")
def isin_kernel(elements, test_elements, invert):
    """Whether each element occurs among others."""
    a, b = (widened(x) if isinstance(x, np.ndarray) else x for x in (elements, test_elements))
    common = np.result_type(a, b)
    if common.kind in "bc":
        raise RuntimeError(
            f"Unsupported input type encountered for isin(): {D.of(common).title}"
        )
    a, b = np.asarray(a, common), np.asarray(b, common)
    return np.asarray(np.isin(a, b, invert=invert))


@composite("function")
def isin(
    elements: Any,
    test_elements: Any,
    *,
    assume_unique: bool = False,
    invert: bool = False,
    out: Tensor | None = None,
) -> Tensor:
    """Whether each element occurs among ``test_elements``; one of both may be a number.

    Args:
        assume_unique: that no element occurs twice; changes nothing here.
        invert: whether each element does not occur.
    """
    if not isinstance(elements, Tensor) and not isinstance(test_elements, Tensor):
        raise TypeError(
            "isin() received an invalid combination of arguments - got "
            f"({type_name(elements)}, {type_name(test_elements)})"
        )
    if not isinstance(elements, Tensor):  # a number takes the type of the others
        dtype = np.result_type(widened(test_elements._data), elements)
        elements = wrap(np.asarray(elements, dtype))
    return finish(ROWS["_isin"], (elements, test_elements, invert), out)


# --- likeness ------------------------------------------------------------------------------------


@composite()
@overloaded
def equal(input: Tensor, other: Tensor) -> bool:
    """Whether two tensors have the same shape and the same elements; a bool."""
    if not isinstance(other, Tensor):
        raise TypeError(
            f"equal(): argument 'other' (position 2) must be Tensor, not {type_name(other)}"
        )
    if input.shape != other.shape:
        return False
    return bool(T["all"](T["eq"](input, other)).item())


@op("isclose(input, other, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False)",
    lowering="opaque", formula=r"|x - y| \le a + r |y|")
def isclose(input, other, rtol, atol, equal_nan):
    """Whether elements are nearly equal: |input - other| <= atol + rtol |other|.

    Args:
        rtol, atol: the relative and the absolute tolerance.
        equal_nan: whether nan equals nan.

    Raises:
        RuntimeError: the types differ, or a tolerance is negative.
    """
    if not isinstance(other, np.ndarray):
        raise TypeError(
            f"isclose(): argument 'other' (position 2) must be Tensor, not {type_name(other)}"
        )
    if input.dtype != other.dtype:
        raise RuntimeError(f"{D.of(input.dtype).title} did not match {D.of(other.dtype).title}")
    for name, value in (("rtol", rtol), ("atol", atol)):
        if not value >= 0:
            raise RuntimeError(f"{name} must be greater than or equal to zero, but got {value:g}")
    broadcast_shapes(input.shape, other.shape)
    close = np.asarray(input == other)
    if equal_nan and input.dtype.kind not in "biu":
        close = close | (np.isnan(input) & np.isnan(other))
    if rtol == 0 and atol == 0:
        return close
    a, b = widened(input), widened(other)
    if a.dtype.kind in "biu":
        a, b = a.astype(np.float64), b.astype(np.float64)
    allowed = atol + np.abs(rtol * b)
    error = np.abs(a - b)
    return close | (np.isfinite(error) & (error <= allowed))


@composite()
@overloaded
def allclose(
    input: Tensor, other: Tensor, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False
) -> bool:
    """Whether all elements are nearly equal, as a bool; see ``isclose``."""
    return bool(T["all"](T["isclose"](input, other, rtol, atol, equal_nan)).item())
