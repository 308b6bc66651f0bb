"""Pictures of another size: every element a weighted mean of a few of its neighbours.

Interpolation works a dimension at a time. For each place of the output, a table holds which places
of the input count (``indices``, (out, k)) and how much (``weights``, likewise); the gradient sends
everything back along the same table.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ...tensor.tensor import Tensor, wrap
from ..contractions import accumulate_type, not_implemented
from ..dispatch import execute
from ..expressions import TENSORS
from ..table import ROWS, composite, op
from .windows import Ints, along

Array = np.ndarray
Table = tuple[Array, "Array | None"]

# --- tables ------------------------------------------------------------------------------------


def _scale(n: int, out: int, factor: float | None, align: bool, real: Any) -> Any:
    """The step in the input from one place of the output to the next, in the type ``real``."""
    if align:
        return real(n - 1) / real(out - 1) if out > 1 else real(0)
    if factor is not None and factor > 0:
        return real(1.0 / factor)
    return real(n) / real(out)


def _sources(n: int, out: int, factor: float | None, align: bool, real: Any) -> Array:
    """Where in the input the middle of each place of the output lies."""
    scale = _scale(n, out, factor, align, real)
    place = np.arange(out).astype(real)
    return place * scale if align else (place + real(0.5)) * scale - real(0.5)


def nearest(n: int, out: int, factor: float | None, align: bool, real: Any) -> Table:
    """The element at the place's beginning."""
    place = np.arange(out)
    if out == 2 * n:
        index = place // 2
    elif out != n:
        scale = _scale(n, out, factor, False, np.float32)
        index = np.floor(place.astype(np.float32) * scale).astype(np.int64)
    else:
        index = place
    return np.minimum(index, n - 1)[:, None], None


def nearest_exact(n: int, out: int, factor: float | None, align: bool, real: Any) -> Table:
    """The element at the place's middle."""
    scale = _scale(n, out, factor, False, np.float32)
    middle = (np.arange(out).astype(np.float32) + np.float32(0.5)) * scale
    return np.minimum(np.floor(middle).astype(np.int64), n - 1)[:, None], None


def linear(n: int, out: int, factor: float | None, align: bool, real: Any) -> Table:
    """Two neighbours, weighted by how near they are."""
    source = np.maximum(_sources(n, out, factor, align, real), 0)
    first = np.minimum(source.astype(np.int64), n - 1)
    second = np.minimum(first + 1, n - 1)
    share = np.clip(source - first, 0, 1)
    return np.stack([first, second], 1), np.stack([1 - share, share], 1)


def _cubic(t: Array, a: float) -> Array:
    """The weights of Keys's cubic convolution for four neighbours, t past the second."""

    def near(x: Array) -> Array:
        return ((a + 2) * x - (a + 3)) * x * x + 1

    def far(x: Array) -> Array:
        return ((a * x - 5 * a) * x + 8 * a) * x - 4 * a

    return np.stack([far(t + 1), near(t), near(1 - t), far(2 - t)], -1)


def cubic(n: int, out: int, factor: float | None, align: bool, real: Any) -> Table:
    """Four neighbours; the border's elements stand for those beyond."""
    source = _sources(n, out, factor, align, real)
    whole = np.floor(source)
    index = whole.astype(np.int64)[:, None] + np.arange(-1, 3)
    return np.clip(index, 0, n - 1), _cubic(source - whole, -0.75)


def _triangle(x: Array) -> Array:
    return np.maximum(0, 1 - np.abs(x))


def _keys(x: Array) -> Array:
    a, x = -0.5, np.abs(x)
    near = ((a + 2) * x - (a + 3)) * x * x + 1
    far = ((a * x - 5 * a) * x + 8 * a) * x - 4 * a
    return np.where(x < 1, near, np.where(x < 2, far, 0.0))


def _lanczos(x: Array) -> Array:
    return np.where(np.abs(x) < 3, np.sinc(x) * np.sinc(x / 3), 0.0)


def smooth(radius: int, shape: Callable[[Array], Array]) -> Callable[..., Table]:
    """Tables that widen where the output is smaller than the input (antialias)."""

    def table(n: int, out: int, factor: float | None, align: bool, real: Any) -> Table:
        scale = float(_scale(n, out, factor, align, real))
        stretch = max(scale, 1.0)
        support = radius * stretch
        center = scale * (np.arange(out) + 0.5)
        first = np.maximum((center - support + 0.5).astype(np.int64), 0)
        last = np.minimum((center + support + 0.5).astype(np.int64), n)
        index = first[:, None] + np.arange(max(1, int((last - first).max())))
        weight = shape((index - center[:, None] + 0.5) / stretch)
        weight = np.where(index < last[:, None], weight, 0.0)
        total = weight.sum(1, keepdims=True)
        weight = weight / np.where(total == 0, 1.0, total)
        return np.minimum(index, n - 1), weight

    return table


# --- the operators -----------------------------------------------------------------------------


def resample(input: Array, indices: tuple[Array, ...], weights: tuple[Array, ...]) -> Array:
    """Weighted sums along each of the last dimensions; an empty weight counts as 1."""
    x = input if all(not w.size for w in weights) else _wide(input)
    for back in range(1, len(indices) + 1):
        x = _along(x, x.ndim - back, indices[-back], weights[-back])
        if input.dtype == np.uint8 and x.dtype != np.uint8:  # rounded after each dimension
            x = np.clip(np.rint(x), 0, 255)
    return x.astype(input.dtype, copy=False)


def _wide(x: Array) -> Array:
    return x.astype(np.float32 if x.dtype.kind in "iu" else accumulate_type(x.dtype), copy=False)


def _along(x: Array, axis: int, index: Array, weight: Array) -> Array:
    if not weight.size:
        return x.take(index[:, 0], axis)
    shape = (-1, *(1,) * (x.ndim - axis - 1))
    weight = weight.astype(x.dtype, copy=False)
    total: Any = None
    for k in range(index.shape[1]):
        part = x.take(index[:, k], axis)
        part *= weight[:, k].reshape(shape)
        if total is None:
            total = part
        else:
            total += part
    return total


@op("resample_gradient(grad_output, shape: int[], indices: Tensors, weights: Tensors)",
    derivative={"grad_output": "resample_again(grad, indices, weights)"}, where="",
    lowering="scatter")
def resample_gradient(
    grad_output: Array, shape: Ints, indices: tuple[Array, ...], weights: tuple[Array, ...]
) -> Array:
    """Sends what each place of the output got back to where it came from."""
    g = _wide(grad_output)
    first = len(shape) - len(indices)
    for i, (index, weight) in enumerate(zip(indices, weights, strict=True)):
        axis = first + i
        spread = np.zeros_like(g, shape=(*g.shape[:axis], shape[axis], *g.shape[axis + 1 :]))
        for k in range(index.shape[1]):
            part = g
            if weight.size:
                part = g * weight[:, k].astype(g.dtype).reshape(-1, *(1,) * (g.ndim - axis - 1))
            _add_runs(spread, part, axis, index[:, k])
        g = spread
    return g.astype(grad_output.dtype, copy=False)


def _add_runs(target: Array, values: Array, axis: int, index: Array) -> None:
    """target[index] += values along an axis, for an index that never falls."""
    starts = np.flatnonzero(np.r_[True, index[1:] != index[:-1]])
    sums = values if len(starts) == len(index) else np.add.reduceat(values, starts, axis)
    target[along(axis, index[starts])] += sums


RESAMPLE = {"input": "resample_gradient(grad, input.shape, indices, weights)"}
for _name, _node in (
    ("resample_again", "ResampleBackward0"),
    *((f"_upsample_nearest{n}d", f"UpsampleNearest{n}DBackward0") for n in (1, 2, 3)),
    *((f"_upsample_nearest_exact{n}d", f"UpsampleNearestExact{n}DBackward0") for n in (1, 2, 3)),
    ("_upsample_linear1d", "UpsampleLinear1DBackward0"),
    ("_upsample_bilinear2d", "UpsampleBilinear2DBackward0"),
    ("_upsample_trilinear3d", "UpsampleTrilinear3DBackward0"),
    ("_upsample_bicubic2d", "UpsampleBicubic2DBackward0"),
    ("_upsample_bilinear2d_aa", "UpsampleBilinear2DAaBackward0"),
    ("_upsample_bicubic2d_aa", "UpsampleBicubic2DAaBackward0"),
    ("_upsample_lanczos2d_aa", "UpsampleLanczos2DAaBackward0"),
):
    op(f"{_name}(input, indices: Tensors, weights: Tensors)", derivative=RESAMPLE, where="",
       lowering="gather", node=_node, formula=r"y_i = \sum_k w_{ik} x_{j_{ik}}")(resample)

# mode, spatial dimensions -> table and row
METHODS: dict[tuple[str, int], tuple[Callable[..., Table], str]] = {
    ("linear", 1): (linear, "_upsample_linear1d"),
    ("bilinear", 2): (linear, "_upsample_bilinear2d"),
    ("trilinear", 3): (linear, "_upsample_trilinear3d"),
    ("bicubic", 2): (cubic, "_upsample_bicubic2d"),
    **{("nearest", n): (nearest, f"_upsample_nearest{n}d") for n in (1, 2, 3)},
    **{("nearest-exact", n): (nearest_exact, f"_upsample_nearest_exact{n}d") for n in (1, 2, 3)},
}
SMOOTH = {
    "bilinear": (smooth(1, _triangle), "_upsample_bilinear2d_aa"),
    "bicubic": (smooth(2, _keys), "_upsample_bicubic2d_aa"),
    "lanczos": (smooth(3, _lanczos), "_upsample_lanczos2d_aa"),
}
ALIGNABLE = ("linear", "bilinear", "bicubic", "trilinear")
WANTS = {"linear": 3, "bilinear": 4, "bicubic": 4, "trilinear": 5}


@composite("nn")
def interpolate(
    input: Tensor,
    size: Any = None,
    scale_factor: Any = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None,
    antialias: bool = False,
) -> Tensor:
    """(N, C, *spatial) in another spatial size.

    Args:
        size: the new spatial size, or
        scale_factor: what to multiply the size by; a number, or one for each dimension.
        mode: "nearest", "nearest-exact", "linear" (3-D input), "bilinear", "bicubic" (4-D),
            "trilinear" (5-D), "area" (means over windows), "lanczos" (4-D, with antialias).
        align_corners: the corners' elements keep their places, else their outer edges do.
        recompute_scale_factor: use the ratio of the sizes, which are whole, as the scale.
        antialias: widen the neighbourhood where the picture shrinks.
    """
    n = input.dim() - 2
    _check_mode(input.dim(), mode, align_corners, antialias)
    out, factors = _sizes(input, n, size, scale_factor, recompute_scale_factor)
    if mode == "area":
        return TENSORS[f"adaptive_avg_pool{n}d"](input, out)
    _check_sizes(input, out)
    table, row = SMOOTH[mode] if antialias else METHODS[mode, n]
    if input._data.dtype.kind in "bi":
        raise not_implemented(row.lstrip("_") + "_channels_last", input._data.dtype)
    real = np.float64 if input._data.dtype == np.float64 else np.float32
    tables = [
        table(m, o, factor, bool(align_corners), real)
        for m, o, factor in zip(input._data.shape[2:], out, factors, strict=True)
    ]
    none = np.empty((0, 0), np.float32)
    indices = tuple(wrap(index) for index, _ in tables)
    weights = tuple(wrap(none if weight is None else weight) for _, weight in tables)
    return execute(ROWS[row], (input, indices, weights))


def _check_mode(dims: int, mode: str, align_corners: bool | None, antialias: bool) -> None:
    if align_corners is not None and mode not in ALIGNABLE:
        raise ValueError(
            "align_corners option can only be set with the interpolating modes: "
            "linear | bilinear | bicubic | trilinear"
        )
    if antialias and not (mode in SMOOTH and dims == 4):
        raise ValueError(
            "Anti-alias option is restricted to bilinear, bicubic, and lanczos modes and requires "
            "a 4-D tensor as input"
        )
    if mode == "lanczos" and not antialias:
        raise ValueError("Lanczos mode requires antialias=True")
    known = mode in WANTS or mode in ("nearest", "nearest-exact", "area", "lanczos")
    if not 3 <= dims <= 5 or not known:
        raise NotImplementedError(
            "Input Error: Only 3D, 4D and 5D input Tensors supported "
            f"(got {dims}D) for the modes: nearest | linear | bilinear | bicubic | trilinear | "
            f"lanczos | area | nearest-exact (got {mode})"
        )
    wanted = WANTS.get(mode, dims)
    if dims != wanted:
        raise NotImplementedError(f"Got {dims}D input, but {mode} mode needs {wanted}D input")


def _sizes(
    input: Tensor, n: int, size: Any, scale_factor: Any, recompute: bool | None
) -> tuple[Ints, Sequence[float | None]]:
    """The output's size, and the factors to use in place of the ratios of the sizes."""
    spatial = list(input.shape[2:])
    if size is not None and scale_factor is not None:
        raise ValueError("only one of size or scale_factor should be defined")
    if size is not None:
        out = tuple(size) if isinstance(size, (tuple, list)) else (size,) * n
        if len(out) != n:
            raise ValueError(
                "Input and output must have the same number of spatial dimensions, but got input "
                f"with spatial dimensions of {spatial} and output size of {size}. Please provide "
                "input tensor in (N, C, d1, d2, ...,dK) format and output size in "
                "(o1, o2, ...,oK) format."
            )
        if recompute:
            raise ValueError("recompute_scale_factor is not meaningful with an explicit size.")
        return tuple(int(o) for o in out), (None,) * n
    if scale_factor is None:
        raise ValueError("either size or scale_factor should be defined")
    factors = tuple(scale_factor) if isinstance(scale_factor, (tuple, list)) else None
    factors = (float(scale_factor),) * n if factors is None else factors
    if len(factors) != n:
        raise ValueError(
            "Input and scale_factor must have the same number of spatial dimensions, but got input "
            f"with spatial dimensions of {spatial} and scale_factor of shape {scale_factor}. "
            "Please provide input tensor in (N, C, d1, d2, ...,dK) format and scale_factor in "
            "(s1, s2, ...,sK) format."
        )
    out = tuple(math.floor(m * f) for m, f in zip(spatial, factors, strict=True))
    return out, (None,) * n if recompute else factors


def _check_sizes(input: Tensor, out: Ints) -> None:
    shape = input._data.shape
    names = "DHW"[-len(out) :]
    if min(out) <= 0 or 0 in shape[2:]:
        given, made = (
            ", ".join(f"{c}: {v}" for c, v in zip(names, sizes, strict=True))
            for sizes in (shape[2:], out)
        )
        raise RuntimeError(
            f"Input and output sizes should be greater than 0, but got input ({given}) output "
            f"({made})"
        )
    if shape[1] == 0:
        raise RuntimeError(
            f"Non-empty {len(shape)}D data tensor expected but got a tensor with sizes "
            f"{list(shape)}"
        )


@composite("nn")
def upsample(
    input: Tensor,
    size: Any = None,
    scale_factor: Any = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
) -> Tensor:
    """An older name for interpolate."""
    return interpolate(input, size, scale_factor, mode, align_corners)


@composite("nn")
def upsample_nearest(input: Tensor, size: Any = None, scale_factor: Any = None) -> Tensor:
    """An older name for interpolate with mode="nearest"."""
    return interpolate(input, size, scale_factor, mode="nearest")


@composite("nn")
def upsample_bilinear(input: Tensor, size: Any = None, scale_factor: Any = None) -> Tensor:
    """An older name for interpolate with mode="bilinear", align_corners=True."""
    return interpolate(input, size, scale_factor, mode="bilinear", align_corners=True)
