"""Functions on a grid: its slopes, and the places that flat indices name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..tensor import dtype as D
from ..tensor.size import normalize_dim
from ..tensor.tensor import Tensor
from .expressions import TENSORS as T
from .overloads import overloaded
from .table import composite

# --- slopes ------------------------------------------------------------------------------------


def _spacings(input: Tensor, spacing: Any, dims: list[int], given: bool) -> list:
    """The distance of neighbours, or their coordinates, for each dimension."""
    if spacing is None:
        return [1] * len(dims)
    if isinstance(spacing, Tensor) and not spacing.ndim:
        spacing = spacing.item()
    if isinstance(spacing, (int, float, complex)):
        return [spacing] * len(dims)
    several = list(spacing)
    if len(several) != len(dims):
        expected = (
            f"equal to length of dim argument = {len(dims)}"
            if given
            else f"equal to 'self.dim() = {input.ndim}', since dim argument was not given"
        )
        raise RuntimeError(
            "torch.gradient expected spacing to be unspecified, a scalar, or a list of length "
            f"{expected}, but got a list of length {len(several)}"
        )
    for s in several:
        if isinstance(s, Tensor) and s.ndim != 1:
            raise RuntimeError(
                "torch.gradient expected each element of spacing to have one dimension, but got an "
                f"element with {s.ndim} dimensions!"
            )
    return several


def _uniform(x: Tensor, h: Any, dim: int, edge_order: int) -> Tensor:
    """Central differences of an even grid; one-sided ones at its ends."""
    n = x.shape[dim]
    at = lambda i: x.narrow(dim, i, 1)  # noqa: E731
    middle = (x.narrow(dim, 2, n - 2) - x.narrow(dim, 0, n - 2)) / (2 * h)
    if edge_order == 1:
        first, last = (at(1) - at(0)) / h, (at(n - 1) - at(n - 2)) / h
    else:
        first = (at(0) * -1.5 + at(1) * 2 - at(2) * 0.5) / h
        last = (at(n - 1) * 1.5 - at(n - 2) * 2 + at(n - 3) * 0.5) / h
    return T["cat"]((first, middle, last), dim)


def _uneven(x: Tensor, places: Tensor, dim: int, edge_order: int) -> Tensor:
    """The slopes of parabolas through three neighbours, at their coordinates."""
    n = len(places)
    steps = places[1:] - places[:-1]
    shape = [-1 if d == dim else 1 for d in range(x.ndim)]
    at = lambda i, count=1: x.narrow(dim, i, count)  # noqa: E731

    def slope(weights: tuple, start: int, count: int) -> Tensor:
        parts = [w.reshape(shape) * at(start + i, count) for i, w in enumerate(weights)]
        return parts[0] + parts[1] + parts[2]

    h, k = steps[:-1], steps[1:]
    middle = slope((-k / (h * (h + k)), (k - h) / (h * k), h / (k * (h + k))), 0, n - 2)
    if edge_order == 1:
        first = (at(1) - at(0)) / steps[0]
        last = (at(n - 1) - at(n - 2)) / steps[-1]
    else:
        h, k = steps[:1], steps[1:2]
        weights = (-(2 * h + k) / (h * (h + k)), (h + k) / (h * k), -h / (k * (h + k)))
        first = slope(weights, 0, 1)
        h, k = steps[-2:-1], steps[-1:]
        weights = (k / (h * (h + k)), -(h + k) / (h * k), (2 * k + h) / (k * (h + k)))
        last = slope(weights, n - 3, 1)
    return T["cat"]((first, middle, last), dim)


@composite("function")
@overloaded
def gradient(
    input: Tensor,
    *,
    spacing: Any = 1,
    dim: int | Sequence[int] | None = None,
    edge_order: int = 1,
) -> tuple[Tensor, ...]:
    r"""The slopes of a function on a grid, one tensor for each dimension.

    Between its neighbours :math:`(x_{i+1} - x_{i-1}) / 2h`; at the ends from one side.

    Args:
        spacing: the distance h of neighbours; one for each dimension; or their coordinates.
        dim: a dimension or several; all by default.
        edge_order: 1 or 2: the ends' slopes are those of a line or of a parabola.

    Raises:
        RuntimeError: a dimension is not longer than ``edge_order``.
    """
    if edge_order not in (1, 2):
        raise RuntimeError("torch.gradient only supports edge_order=1 and edge_order=2.")
    if input.dtype is D.uint8:
        raise RuntimeError("torch.gradient does not support uint8 input.")
    given = range(input.ndim) if dim is None else [dim] if isinstance(dim, int) else dim
    dims: list[int] = []
    for d in given:
        d = normalize_dim(d, input.ndim)
        if d in dims:
            raise RuntimeError(f"dim {d} appears multiple times in the list of dims")
        dims.append(d)
    spacings = _spacings(input, spacing, dims, dim is not None)
    if any(input.shape[d] <= edge_order for d in dims):
        raise RuntimeError(
            "torch.gradient expected each dimension size to be at least edge_order+1"
        )
    return tuple(
        (_uneven if isinstance(s, Tensor) else _uniform)(input, s, d, edge_order)
        for s, d in zip(spacings, dims, strict=True)
    )


# --- places ------------------------------------------------------------------------------------


def _value_error(text: str) -> ValueError:
    error = ValueError(text)
    error.deliberate = True  # type: ignore[attr-defined]
    return error


def _grid_shape(shape: Any) -> tuple[int, ...]:
    sizes = (shape,) if isinstance(shape, int) else tuple(shape)
    for n in sizes:
        if isinstance(n, bool) or not isinstance(n, int):
            raise TypeError(f"expected 'shape' sequence to only contain ints, but got {type(n)}")
    if any(n < 0 for n in sizes):
        raise _value_error(f"'shape' cannot have negative values, but got {sizes}")
    return sizes


@composite("function")
@overloaded
def unravel_index(indices: Tensor, shape: int | Sequence[int]) -> tuple[Tensor, ...]:
    """The coordinates, in an array of this shape, of elements that are counted row by row."""
    if indices.dtype.category != D.INT:
        raise TypeError(f"expected 'indices' to be integer dtype, but got {indices.dtype!r}")
    sizes = _grid_shape(shape)
    out = []
    for n in reversed(sizes):
        out.append(indices % n)
        indices = T["floor_divide"](indices, n)
    return tuple(reversed(out))


# --- Python 2's names for division --------------------------------------------------------------


@composite("method")
def __div__(self: Tensor, other: Any) -> Tensor:
    """self / other."""
    return self / other


@composite("method")
def __rdiv__(self: Tensor, other: Any) -> Tensor:
    """other / self."""
    return other / self


@composite("method")
def __idiv__(self: Tensor, other: Any) -> Tensor:
    """self / other, written into the tensor itself."""
    return T["div_"](self, other)
