"""Pictures sampled at given places, and the grids of places that affine maps give."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ...tensor.tensor import Tensor, wrap
from ..contractions import matmul, scalar_type_error
from ..expressions import TENSORS
from ..table import composite

MODES = ("bilinear", "nearest", "bicubic")
PADDINGS = ("zeros", "border", "reflection")


@composite("nn")
def grid_sample(
    input: Tensor,
    grid: Tensor,
    mode: str = "bilinear",
    padding_mode: str = "zeros",
    align_corners: bool | None = None,
) -> Tensor:
    """The values of a picture at given places, interpolated.

    Args:
        input: (N, C, H, W), or (N, C, D, H, W).
        grid: (N, H', W', 2), or (N, D', H', W', 3): x, y (and z) from -1 to 1 across the picture.
        mode: "bilinear" (trilinear in 5-D), "nearest" or "bicubic" (4-D only).
        padding_mode: what lies beyond the border: "zeros", its nearest element ("border"), or the
            picture mirrored ("reflection").
        align_corners: -1 and 1 are the middles of the corners' elements, else their outer edges.

    Returns (N, C, H', W'), or (N, C, D', H', W').
    """
    for name, value, known in (("mode", mode, MODES), ("padding_mode", padding_mode, PADDINGS)):
        if value not in known:
            quoted = [f"'{k}'" for k in known]
            choices = f"{', '.join(quoted[:-1])}{',' if name == 'padding_mode' else ''} or "
            raise ValueError(
                f"nn.functional.grid_sample(): expected {name} to be {choices}{quoted[-1]}, but "
                f"got: '{value}'"
            )
    if align_corners is None:
        import warnings

        warnings.warn(
            "Default grid_sample and affine_grid behavior has changed to align_corners=False since "
            "1.3.0. Please specify align_corners=True if the old behavior is desired. See the "
            "documentation of grid_sample for details.",
            stacklevel=2,
        )
    _check(input, grid, mode)
    n = input.dim() - 2
    align = bool(align_corners)
    sizes = tuple(input._data.shape[2:])
    # Coordinates come in the order x, y, z; dimensions in the order z, y, x.
    places = [_unnormalized(grid.select(-1, n - 1 - d), sizes[d], align) for d in range(n)]
    sampler = _Sampler(input, padding_mode, align)
    if mode == "nearest":
        places = [sampler.at_border(p, d) for d, p in enumerate(places)]
        result = sampler.values([p.detach().round() for p in places])
        # Steps have slope 0: the grid's gradient is zeros, not missing.
        never = wrap(np.zeros((), np.bool_))
        return TENSORS["where"](never, places[0].unsqueeze(1), result)
    if mode == "bicubic":
        return _bicubic(sampler, places)
    return _linear(sampler, [sampler.at_border(p, d) for d, p in enumerate(places)])


def _check(input: Tensor, grid: Tensor, mode: str) -> None:
    x, g = input._data, grid._data
    sizes = f"input with sizes {list(x.shape)} and grid with sizes {list(g.shape)}"
    if x.ndim < 3 or x.ndim > 5 or g.ndim != x.ndim:
        wanted = "4D or 5D" if x.ndim not in (4, 5) else f"{x.ndim}D"
        raise RuntimeError(
            f"grid_sampler(): expected {wanted} input and grid with same number of dimensions, but "
            f"got {sizes}"
        )
    if x.shape[0] != g.shape[0]:
        raise RuntimeError(
            f"grid_sampler(): expected grid and input to have same batch size, but got {sizes}"
        )
    if g.shape[-1] != x.ndim - 2:
        raise RuntimeError(
            f"grid_sampler(): expected grid to have size {x.ndim - 2} in last dimension, but got "
            f"grid with sizes {list(g.shape)}"
        )
    if x.ndim == 3:
        raise RuntimeError(
            "grid_sampler(): expected 4D or 5D input and grid with same number of dimensions, but "
            f"got {sizes}"
        )
    for d in range(2, x.ndim):
        if not x.shape[d]:
            raise RuntimeError(
                "grid_sampler(): expected input to have non-empty spatial dimensions, but input "
                f"has sizes {list(x.shape)} with dimension {d} being empty"
            )
    if mode == "bicubic" and x.ndim != 4:
        raise RuntimeError("grid_sampler(): bicubic interpolation only supports 4D input")
    if x.dtype != g.dtype:
        raise scalar_type_error(x, g)


def _unnormalized(place: Tensor, size: int, align: bool) -> Tensor:
    """From -1 … 1 to 0 … size - 1 (or their outer edges)."""
    return (place + 1) * ((size - 1) / 2) if align else ((place + 1) * size - 1) / 2


class _Sampler:
    """A picture, and what lies beyond its border."""

    def __init__(self, input: Tensor, padding: str, align: bool):
        self.padding, self.align = padding, align
        self.sizes = tuple(input._data.shape[2:])
        self.lead = tuple(input._data.shape[:2])
        self.flat = input.reshape(*self.lead, math.prod(self.sizes))

    def at_border(self, place: Tensor, d: int) -> Tensor:
        """A coordinate as the padding has it; without gradient where it is held at the border."""
        size = self.sizes[d]
        if self.padding == "reflection":
            low, high = (0, 2 * (size - 1)) if self.align else (-1, 2 * size - 1)
            place = _reflected(place, low / 2, high / 2)
        elif self.padding == "zeros":
            return place
        inside = (place > 0) & (place < size - 1)
        held = place.detach().clamp(0, size - 1)
        held = TENSORS["where"](held == held, held, 0.0)  # NaN comes to lie at 0
        return TENSORS["where"](inside, place, held)

    def values(self, places: list[Tensor], weight: Tensor | None = None) -> Tensor:
        """The elements at whole coordinates (N, *out), as (N, C, *out), times a weight."""
        index: Any = None
        inside: Any = None
        for d, (p, size) in enumerate(zip(places, self.sizes, strict=True)):
            fits = (p >= 0) & (p <= size - 1)
            inside = fits if inside is None else inside & fits
            whole = TENSORS["where"](fits, p, 0.0).long()
            index = whole if d == 0 else index * size + whole
        n, channels = self.lead
        out = tuple(index._data.shape[1:])
        index = index.reshape(n, 1, math.prod(out)).expand(n, channels, math.prod(out))
        found = self.flat.gather(2, index).reshape(n, channels, *out)
        keep = inside.unsqueeze(1)
        if weight is not None:
            found = found * TENSORS["where"](inside, weight, 0.0).unsqueeze(1)
        return TENSORS["where"](keep, found, 0.0)


def _reflected(place: Tensor, low: float, high: float) -> Tensor:
    """A coordinate mirrored at two borders until it lies between them."""
    span = high - low
    if span == 0:
        return place * 0
    distance = (place - low).abs()
    flips = (distance.detach() / span).floor()
    rest = distance - flips * span
    return TENSORS["where"](flips.remainder(2) == 0, rest + low, span + low - rest)


def _linear(sampler: _Sampler, places: list[Tensor]) -> Tensor:
    """The corners around each place, weighted by how near they are."""
    corners = [p.detach().floor() for p in places]
    shares = [p - c for p, c in zip(places, corners, strict=True)]
    total: Any = None
    for corner in itertools.product((0, 1), repeat=len(places)):
        weight: Any = None
        for bit, share in zip(corner, shares, strict=True):
            part = share if bit else 1 - share
            weight = part if weight is None else weight * part
        at = [c + bit for c, bit in zip(corners, corner, strict=True)]
        found = sampler.values(at, weight)
        total = found if total is None else total + found
    return total


def _cubic_weights(t: Tensor) -> list[Tensor]:
    """The weights of Keys's cubic convolution for four neighbours, t past the second."""
    a = -0.75
    near = lambda x: ((a + 2) * x - (a + 3)) * x * x + 1  # noqa: E731
    far = lambda x: ((a * x - 5 * a) * x + 8 * a) * x - 4 * a  # noqa: E731
    return [far(t + 1), near(t), near(1 - t), far(2 - t)]


def _bicubic(sampler: _Sampler, places: list[Tensor]) -> Tensor:
    """Sixteen neighbours; padding applies to each of them."""
    corners = [p.detach().floor() for p in places]
    rows, columns = (_cubic_weights(p - c) for p, c in zip(places, corners, strict=True))
    total: Any = None
    for i, j in itertools.product(range(4), repeat=2):
        at = [sampler.at_border(c + (k - 1), d) for d, (c, k) in enumerate(zip(corners, (i, j)))]
        found = sampler.values([p.detach().round() for p in at], rows[i] * columns[j])
        total = found if total is None else total + found
    return total


@composite("nn")
def affine_grid(
    theta: Tensor, size: Sequence[int], align_corners: bool | None = None
) -> Tensor:
    """The places that affine maps give: a grid for grid_sample.

    Args:
        theta: (N, 2, 3), or (N, 3, 4): a matrix and a shift for each picture.
        size: the output's (N, C, H, W), or (N, C, D, H, W).

    Returns (N, H, W, 2), or (N, D, H, W, 3).
    """
    size = tuple(size)
    n = len(size) - 2
    if not theta.is_floating_point():
        raise ValueError(f"Expected theta to have floating point type, but got {theta.dtype!r}")
    if n not in (2, 3):
        raise NotImplementedError(
            "affine_grid only supports 4D and 5D sizes, for 2D and 3D affine transforms, "
            f"respectively. Got size {size}."
        )
    if tuple(theta.shape[-2:]) != (n, n + 1) or theta.dim() != 3:
        raise ValueError(
            f"Expected a batch of {n}D affine matrices of shape Nx{n}x{n + 1} for size {size}. Got "
            f"{theta.shape}."
        )
    if align_corners is None:
        import warnings

        warnings.warn(
            "Default grid_sample and affine_grid behavior has changed to align_corners=False since "
            "1.3.0. Please specify align_corners=True if the old behavior is desired. See the "
            "documentation of grid_sample for details.",
            stacklevel=2,
        )
    if min(size) <= 0:
        raise ValueError(f"Expected non-zero, positive output size. Got {size}")
    base = _base_grid(size[2:], bool(align_corners), theta.dtype.numpy)
    places = matmul(wrap(base).reshape(1, -1, n + 1), theta.mT)
    return places.reshape(size[0], *size[2:], n)


def _base_grid(sizes: tuple[int, ...], align: bool, dtype: np.dtype) -> np.ndarray:
    """x, y (, z) and 1 for every place, from -1 to 1 across the picture."""
    n = len(sizes)
    wide = np.float32 if dtype.itemsize == 2 else dtype
    base = np.ones((*sizes, n + 1), wide)
    for d, size in enumerate(sizes):
        line = np.linspace(-1, 1, size) if size > 1 else np.zeros(1)
        if not align:
            line = line * (size - 1) / size
        base[..., n - 1 - d] = line.reshape(-1, *(1,) * (n - 1 - d))
    return base.astype(dtype)



