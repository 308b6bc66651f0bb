"""Fourier transforms: three rows (complex, from real, to real) and what is called from them.

Half of a real signal's spectrum says all: the other half is its conjugate, turned around.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..tensor import dtype as D
from ..tensor.ranges import arange
from ..tensor.size import normalize_dim
from ..tensor.tensor import Tensor, wrap
from .dispatch import execute
from .expressions import TENSORS as T
from .overloads import into, overloaded
from .table import ROWS, composite, op

Array = np.ndarray
Dims = Any  # an int or several
NONE, ROOT, WHOLE = range(3)  # what a transform is divided by: 1, sqrt(n), n

# --- the rows ----------------------------------------------------------------------------------

_FORWARD: dict[int, Any] = {NONE: "backward", ROOT: "ortho", WHOLE: "forward"}  # NumPy's names
_INVERSE: dict[int, Any] = {NONE: "forward", ROOT: "ortho", WHOLE: "backward"}


@op("_fft_c2c(input, dim: int[], normalization: int, forward: bool)", where="",
    node="FftC2CBackward0", formula=r"\sum_t x_t e^{\mp 2 \pi i t k / n}",
    derivative={"input": "_fft_c2c(grad, dim, normalization, not forward)"})  # fmt: skip
def fft_c2c(input: Array, dim: Sequence[int], normalization: int, forward: bool) -> Array:
    """The transform of complex numbers over dimensions, or its inverse."""
    if not len(dim):
        return input.copy()
    if forward:
        return np.fft.fftn(input, axes=dim, norm=_FORWARD[normalization])
    return np.fft.ifftn(input, axes=dim, norm=_INVERSE[normalization])


@op("_fft_r2c(input, dim: int[], normalization: int, onesided: bool)", where="",
    node="FftR2CBackward0", formula=r"\sum_t x_t e^{-2 \pi i t k / n}", derivative={
        "input": "r2c_gradient(grad, dim, normalization, onesided, input.shape)"})  # fmt: skip
def fft_r2c(input: Array, dim: Sequence[int], normalization: int, onesided: bool) -> Array:
    """The transform of real numbers; with ``onesided`` the first half along the last of ``dim``."""
    transform = np.fft.rfftn if onesided else np.fft.fftn
    return transform(input, axes=dim, norm=_FORWARD[normalization])


@op("_fft_c2r(input, dim: int[], normalization: int, last_dim_size: int)", where="",
    node="FftC2RBackward0", formula=r"\sum_k X_k e^{2 \pi i t k / n}", derivative={
        "input": "c2r_gradient(grad, dim, normalization)"})  # fmt: skip
def fft_c2r(input: Array, dim: Sequence[int], normalization: int, last_dim_size: int) -> Array:
    """The inverse transform to real numbers, from the first half of the spectrum."""
    sizes = [input.shape[d] for d in dim[:-1]] + [last_dim_size]
    return np.fft.irfftn(input, s=sizes, axes=dim, norm=_INVERSE[normalization])


def r2c_gradient(
    grad: Tensor, dim: Sequence[int], normalization: int, onesided: bool, shape: tuple
) -> Tensor:
    """The inverse transform's real part; the half that was left out counts as zero."""
    if onesided:
        grad = resized(grad, dim[-1], shape[dim[-1]])
    return T["_fft_c2c"](grad, dim, normalization, False).real


def c2r_gradient(grad: Tensor, dim: Sequence[int], normalization: int) -> Tensor:
    """The forward transform; what stands for two conjugates counts twice."""
    out = T["_fft_r2c"](grad, dim, normalization, True)
    last, half = dim[-1], out.shape[dim[-1]]
    factor = np.ones([half if d == last else 1 for d in range(out.ndim)], grad._data.dtype)
    twice = grad.shape[last] - half
    factor.reshape(-1)[1 : 1 + twice] = 2
    return out * wrap(factor)


def resized(x: Tensor, dim: int, n: int) -> Tensor:
    """Cut to n elements along a dimension, or filled up with zeros."""
    have = x.shape[dim]
    if have > n:
        return x.narrow(dim, 0, n)
    if have == n:
        return x
    after = x.ndim - 1 - dim % x.ndim
    return T["constant_pad_nd"](x, (0, 0) * after + (0, n - have))


# --- what every transform checks ---------------------------------------------------------------


def divisor(norm: str | None, forward: bool) -> int:
    """What a transform in a direction is divided by, from its norm's name."""
    if norm is None or norm == "backward":
        return NONE if forward else WHOLE
    if norm == "forward":
        return WHOLE if forward else NONE
    if norm == "ortho":
        return ROOT
    raise RuntimeError(f'Invalid normalization mode: "{norm}"')


def as_float(x: Tensor, complex: bool = False) -> Tensor:
    """Integers in the default float type; real numbers as complex ones where asked for."""
    if x.dtype in (D.float16, D.bfloat16):
        raise RuntimeError(
            f"Unsupported dtype {x.dtype.title}\nHint: convert the input first, with .float()."
        )
    if x.dtype.category < D.FLOAT:
        x = x.to(D.get_default_dtype())
    return x.to(x.dtype.to_complex()) if complex else x


def _positive(n: int) -> int:
    if n < 1:
        raise RuntimeError(f"Invalid number of data points ({n}) specified")
    return n


def _real(x: Tensor, sentence: str) -> Tensor:
    if x.is_complex():
        raise RuntimeError(f"{sentence} {x.dtype.title}")
    return as_float(x)


def _check_dim(x: Tensor, dim: int) -> int:
    if not x.ndim:
        raise IndexError(f"Dimension specified as {dim} but tensor has no dimensions")
    return normalize_dim(dim, x.ndim)


def shape_and_dims(
    x: Tensor, s: Sequence[int] | int | None, dim: Dims, two: bool, half: bool = False
) -> tuple[list[int], list[int]]:
    """The sizes and dimensions of an n-dimensional transform.

    ``half``: the last size is that of a real signal, of which the input holds half the spectrum.
    """
    sizes = None if s is None else [s] if isinstance(s, int) else list(s)
    if dim is None:
        if sizes is not None and len(sizes) > x.ndim:
            raise RuntimeError(
                f"Got shape with {len(sizes)} values but input tensor only has {x.ndim} dimensions."
            )
        dims = list(range(x.ndim - (x.ndim if sizes is None else len(sizes)), x.ndim))
    else:
        given = [dim] if isinstance(dim, int) else list(dim)
        dims = [_check_dim(x, d) if two else normalize_dim(d, x.ndim) for d in given]
        if len(set(dims)) != len(dims):
            raise RuntimeError("FFT dims must be unique")
        if sizes is not None and len(sizes) != len(dims):
            raise RuntimeError("When given, dim and shape arguments must have the same length")
    open_end = sizes is None or bool(sizes) and sizes[-1] == -1
    have = [x.shape[d] for d in dims]
    if sizes is None:
        sizes = list(have)
    sizes = [_positive(h if n == -1 else n) for n, h in zip(sizes, have, strict=True)]
    if half and sizes and open_end:
        sizes[-1] = _positive(2 * (have[-1] - 1))
    return sizes, dims


def fitted(x: Tensor, dims: Sequence[int], sizes: Sequence[int]) -> Tensor:
    for d, n in zip(dims, sizes, strict=True):
        x = resized(x, d, n)
    return x


# --- over one dimension ------------------------------------------------------------------------


def _complex_one(x: Tensor, n: int | None, d: int, norm: str | None, forward: bool) -> Tensor:
    x = as_float(x)
    x = resized(x, d, _positive(x.shape[d] if n is None else n))
    by = divisor(norm, forward)
    if x.is_complex():
        return execute(ROWS["_fft_c2c"], (x, (d,), by, forward))
    out = execute(ROWS["_fft_r2c"], (x, (d,), by, False))
    return out if forward else T["conj_physical"](out)


def _from_real_one(x: Tensor, n: int | None, d: int, norm: str | None, forward: bool) -> Tensor:
    name = "rfft" if forward else "ihfft"
    x = _real(x, f"{name} expects a real input tensor, but got")
    x = resized(x, d, _positive(x.shape[d] if n is None else n))
    out = execute(ROWS["_fft_r2c"], (x, (d,), divisor(norm, forward), True))
    return out if forward else T["conj_physical"](out)


def _to_real_one(x: Tensor, n: int | None, d: int, norm: str | None, forward: bool) -> Tensor:
    x = as_float(x, True)
    n = _positive(2 * (x.shape[d] - 1) if n is None else n)
    x = resized(x, d, n // 2 + 1)
    if forward:
        x = T["conj_physical"](x)
    return execute(ROWS["_fft_c2r"], (x, (d,), divisor(norm, forward), n))


# --- over several ------------------------------------------------------------------------------


def _complex_many(x: Tensor, s: Any, dim: Dims, norm: str | None, forward: bool, two: bool) -> Any:
    x = as_float(x, True)
    sizes, dims = shape_and_dims(x, s, dim, two)
    row = ROWS["_fft_c2c"]
    return execute(row, (fitted(x, dims, sizes), tuple(dims), divisor(norm, forward), forward))


def _from_real_many(
    x: Tensor, s: Any, dim: Dims, norm: str | None, forward: bool, two: bool
) -> Tensor:
    if forward:
        x = _real(x, "rfftn expects a real-valued input tensor, but got")
    else:
        x = _real(x, "Only supports floating-point dtypes, but found:")
    sizes, dims = shape_and_dims(x, s, dim, two)
    _at_least_one(dims, "rfftn" if forward else "ihfftn")
    x, by = fitted(x, dims, sizes), divisor(norm, forward)
    if forward:
        return execute(ROWS["_fft_r2c"], (x, tuple(dims), by, True))
    out = T["conj_physical"](execute(ROWS["_fft_r2c"], (x, (dims[-1],), by, True)))
    return execute(ROWS["_fft_c2c"], (out, tuple(dims[:-1]), by, False)) if dims[:-1] else out


def _to_real_many(
    x: Tensor, s: Any, dim: Dims, norm: str | None, forward: bool, two: bool
) -> Tensor:
    x = as_float(x, True)
    sizes, dims = shape_and_dims(x, s, dim, two, half=True)
    _at_least_one(dims, "hfftn" if forward else "irfftn")
    by, n = divisor(norm, forward), sizes[-1]
    x = fitted(x, dims, [*sizes[:-1], n // 2 + 1])
    if not forward:
        return execute(ROWS["_fft_c2r"], (x, tuple(dims), by, n))
    if dims[:-1]:
        x = execute(ROWS["_fft_c2c"], (x, tuple(dims[:-1]), by, True))
    return execute(ROWS["_fft_c2r"], (T["conj_physical"](x), (dims[-1],), by, n))


def _at_least_one(dims: Sequence[int], name: str) -> None:
    if not dims:
        raise RuntimeError(f"{name} must transform at least one axis")


# --- the names that users call -----------------------------------------------------------------

_ABOUT = {
    "fft": "The discrete Fourier transform",
    "ifft": "The inverse Fourier transform",
    "rfft": "The first half of the Fourier transform of a real signal",
    "irfft": "The real signal of which the input is the first half of the transform",
    "hfft": "The real Fourier transform of a Hermitian signal, whose first half is given",
    "ihfft": "The first half of the Hermitian signal whose real transform is given",
}
_KINDS = {
    "fft": (_complex_one, _complex_many, True), "ifft": (_complex_one, _complex_many, False),
    "rfft": (_from_real_one, _from_real_many, True),
    "irfft": (_to_real_one, _to_real_many, False),
    "hfft": (_to_real_one, _to_real_many, True),
    "ihfft": (_from_real_one, _from_real_many, False),
}  # fmt: skip
_ARGUMENTS = """

    Args:
        {size}: the signal's length{plural}: it is cut or filled up with zeros first.
        dim: the dimension{plural} to transform.
        norm: what the result is divided by: "backward" divides inverse transforms by n (the
            default), "forward" the others, "ortho" both by the root of n.

    Raises:
        RuntimeError: a length is not positive, or the element type has no transform.
    """


def _finished(name: str, result: Tensor, out: Tensor | None) -> Tensor:
    if out is not None and out.is_complex() and not result.is_complex():
        raise RuntimeError(
            f"{name} expects a floating point output tensor, but got {out.dtype.title}"
        )
    return into(result, out, f"fft_{name}")


def _publish(name: str, function: Any, doc: str) -> None:
    function.__name__ = function.__qualname__ = f"fft_{name}"
    function.__doc__ = doc
    composite("fft", name=f"fft_{name}")(overloaded(function))


def _one_dimension(name: str) -> None:
    transform, _, forward = _KINDS[name]

    def function(
        input: Tensor,
        n: int | None = None,
        dim: int = -1,
        norm: str | None = None,
        *,
        out: Tensor | None = None,
    ) -> Tensor:
        result = transform(input, n, _check_dim(input, dim), norm, forward)
        return _finished(name, result, out)

    _publish(name, function, f"{_ABOUT[name]}." + _ARGUMENTS.format(size="n", plural=""))


def _several_dimensions(name: str, two: bool) -> None:
    _, transform, forward = _KINDS[name]
    full = f"{name}2" if two else f"{name}n"

    if two:

        def function(
            input: Tensor,
            s: Sequence[int] | None = None,
            dim: Dims = (-2, -1),
            norm: str | None = None,
            *,
            out: Tensor | None = None,
        ) -> Tensor:
            return _finished(full, transform(input, s, dim, norm, forward, True), out)

    else:

        def function(
            input: Tensor,
            s: Sequence[int] | None = None,
            dim: Dims = None,
            norm: str | None = None,
            *,
            out: Tensor | None = None,
        ) -> Tensor:
            return _finished(full, transform(input, s, dim, norm, forward, False), out)

    which = "two dimensions" if two else "several dimensions, all by default"
    doc = f"{_ABOUT[name]}, over {which}." + _ARGUMENTS.format(size="s", plural="s")
    _publish(full, function, doc)


for _name in _KINDS:
    _one_dimension(_name)
    _several_dimensions(_name, True)
    _several_dimensions(_name, False)


# --- frequencies -------------------------------------------------------------------------------


def _shift(input: Tensor, dim: Dims, by: Any) -> Tensor:
    if dim is None:
        dims = list(range(input.ndim))
    else:
        dims = [normalize_dim(d, input.ndim) for d in ([dim] if isinstance(dim, int) else dim)]
    if not dims:
        raise RuntimeError("`shifts` required")
    return T["roll"](input, [by(input.shape[d]) for d in dims], dims)


@composite("fft")
@overloaded
def fft_fftshift(input: Tensor, dim: Dims = None) -> Tensor:
    """Moves frequency 0 to the middle, along ``dim`` (all dimensions by default)."""
    return _shift(input, dim, lambda n: n // 2)


@composite("fft")
@overloaded
def fft_ifftshift(input: Tensor, dim: Dims = None) -> Tensor:
    """Moves frequency 0 back to the front: the inverse of fftshift."""
    return _shift(input, dim, lambda n: (n + 1) // 2)


def _frequencies(name: str, whole: bool) -> Any:
    def function(
        n: int,
        d: float = 1.0,
        *,
        out: Tensor | None = None,
        dtype: D.dtype | None = None,
        layout: Any = None,
        device: Any = None,
        requires_grad: bool = False,
    ) -> Tensor:
        if isinstance(n, bool) or not isinstance(n, int):
            raise TypeError(
                f"fft_{name}(): argument 'n' (position 1) must be int, not {type(n).__name__}"
            )
        dtype = dtype or D.get_default_dtype()
        if dtype.category < D.FLOAT:
            raise RuntimeError(f"{name} requires a floating point or complex dtype")
        if n < 0:
            raise RuntimeError(f"Trying to create tensor with negative dimension {n}: [{n}]")
        count = n if whole else n // 2 + 1
        steps = arange(count, dtype=dtype)
        if whole:
            middle = (n + 1) // 2
            steps[middle:] = arange(-(n // 2), 0, dtype=dtype)
        width = n * d
        result = steps * (1.0 / width if width else float("inf"))
        if out is not None:
            return into(result, out, f"fft_{name}")
        return result.requires_grad_() if requires_grad else result

    function.__name__ = function.__qualname__ = f"fft_{name}"
    function.__doc__ = (
        f"The frequencies of the results of {'fft' if whole else 'rfft'} for a signal of length n, "
        "sampled every d: k / (n d)."
    )
    return composite("fft", name=f"fft_{name}")(function)


_frequencies("fftfreq", True)
_frequencies("rfftfreq", False)

T["r2c_gradient"], T["c2r_gradient"] = r2c_gradient, c2r_gradient
