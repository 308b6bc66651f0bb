"""Spread, size and correlation: variances, norms, distances, covariance."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..tensor import dtype as D
from ..tensor.size import normalize_dim, normalize_dims
from ..tensor.tensor import Tensor
from .array_reductions import F32, axes_of, count_along, reduce_over, sum_over, widened
from .expressions import TENSORS as T
from .overloads import converted, finish, into, overloaded, title
from .reductions import Dims, restored, size_of
from .table import ROWS, composite, op

Correction = Any  # None or a number

# --- variance and standard deviation -------------------------------------------------------------


def _moments(x, dim, correction, keepdim):
    """Variance and mean, in two passes: the mean first, then the squared distances from it."""
    if x.dtype.kind in "biu":
        raise RuntimeError("std and var only support floating point and complex dtypes")
    axis = axes_of(dim, x.ndim)
    wide = widened(x)
    n = count_along(x.shape, axis)
    mean = sum_over(wide, axis, True) / n
    apart = np.asarray(wide - mean)
    if apart.dtype.kind == "c":
        apart = apart.real**2 + apart.imag**2
    else:
        apart *= apart
    # A NumPy scalar divides by 0 as arrays do: nan or inf.
    var = sum_over(apart, axis, keepdim) / apart.dtype.type(max(n - correction, 0))
    return var, mean


def _var(x, dim, correction, keepdim):
    var, _ = _moments(x, dim, correction, keepdim)
    return var if var.dtype == x.dtype else np.asarray(var).astype(x.real.dtype)


def _std(x, dim, correction, keepdim):
    var, _ = _moments(x, dim, correction, keepdim)
    std = np.sqrt(var)
    return std if std.dtype == x.dtype else np.asarray(std).astype(x.real.dtype)


def _var_mean(x, dim, correction, keepdim):
    var, mean = _moments(x, dim, correction, keepdim)
    mean = np.asarray(mean).reshape(np.shape(var)).astype(x.dtype, copy=False)
    return np.asarray(var).astype(x.real.dtype, copy=False), mean


def _std_mean(x, dim, correction, keepdim):
    var, mean = _moments(x, dim, correction, keepdim)
    mean = np.asarray(mean).reshape(np.shape(var)).astype(x.dtype, copy=False)
    return np.asarray(np.sqrt(var)).astype(x.real.dtype, copy=False), mean


_SIGNATURE = "(input, dim: int[] | None, correction: Number, keepdim: bool)"
_PARTS = "input, dim, correction, keepdim"
_SETTINGS = {"where": "", "lowering": "reduction"}
_VAR = r"\frac{1}{n - c} \sum_i |x_i - \bar x|^2"

op(f"_var{_SIGNATURE}", derivative={"input": f"var_gradient(grad, {_PARTS})"}, formula=_VAR,
   node="VarBackward0",    **_SETTINGS)(_var)
op(f"_std{_SIGNATURE}", derivative={"input": f"std_gradient(grad, result, {_PARTS})"},
   formula=rf"\sqrt{{{_VAR}}}", node="StdBackward0", **_SETTINGS)(_std)
op(f"_var_mean{_SIGNATURE}", outputs=("result0", "result1"), node="VarMeanBackward0",
   derivative={"input": f"var_mean_gradient(grads, {_PARTS})"}, **_SETTINGS)(_var_mean)
op(f"_std_mean{_SIGNATURE}", outputs=("result0", "result1"), node="StdMeanBackward0",
   derivative={"input": f"std_mean_gradient(grads, result0, {_PARTS})"}, **_SETTINGS)(_std_mean)


@composite("")
def var_gradient(
    grad: Tensor, x: Tensor, dim: Dims, correction: Correction, keepdim: bool
) -> Tensor:
    """2 / (n - c) (x - mean) times the gradient."""
    freedom = max(size_of(x.shape, dim) - correction, 0)
    factor = 2 / freedom if freedom else math.inf
    centered = x - T["mean_dim"](x, dim, True)
    return restored(grad * factor, dim, keepdim, x.ndim) * centered


@composite("")
def std_gradient(
    grad: Tensor, std: Tensor, x: Tensor, dim: Dims, correction: Correction, keepdim: bool
) -> Tensor:
    """The variance's gradient by 2 std; 0 where there is no spread."""
    half = T["where"](std == 0, 0.0, grad / (2 * std))
    return var_gradient(half, x, dim, correction, keepdim)


def _mean_gradient(grad: Tensor, x: Tensor, dim: Dims, keepdim: bool) -> Tensor:
    return T["expand_reduced"](grad / size_of(x.shape, dim), dim, keepdim, tuple(x.shape))


@composite("")
def var_mean_gradient(
    grads: list, x: Tensor, dim: Dims, correction: Correction, keepdim: bool
) -> Tensor:
    """The gradients of variance and mean together."""
    return var_gradient(grads[0], x, dim, correction, keepdim) + _mean_gradient(
        grads[1], x, dim, keepdim
    )


@composite("")
def std_mean_gradient(
    grads: list, std: Tensor, x: Tensor, dim: Dims, correction: Correction, keepdim: bool
) -> Tensor:
    """The gradients of standard deviation and mean together."""
    return std_gradient(grads[0], std, x, dim, correction, keepdim) + _mean_gradient(
        grads[1], x, dim, keepdim
    )


def _spread(name: str, doc: str) -> None:
    """One of var, std, var_mean and std_mean, with ``unbiased`` or ``correction``."""

    def function(
        input: Tensor,
        dim: Dims = None,
        unbiased: bool | None = None,
        keepdim: bool = False,
        *,
        correction: Correction = None,
        out: Any = None,
    ) -> Any:
        if dim is True or dim is False:
            dim, unbiased = None, dim
        if correction is None:
            correction = 0 if unbiased is False else 1
        elif unbiased is not None:
            raise TypeError(
                f"{name}() received an invalid combination of arguments\n"
                "Hint: give either `unbiased` or `correction`; unbiased=False is correction=0."
            )
        if input.dtype.category >= D.FLOAT and size_of(input.shape, dim) - correction <= 0:
            _warn_freedom(name)
        return finish(ROWS["_" + name], (input, dim, correction, keepdim), out)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = doc
    where = "function" if "mean" in name else "function method"
    composite(where)(overloaded(function))


def _warn_freedom(name: str) -> None:
    import warnings

    warnings.warn(
        f"{name}(): degrees of freedom is <= 0. Correction should be strictly less than the "
        "reduction factor (input numel divided by output numel).",
        stacklevel=5,
    )


_ARGUMENTS = r"""

    Args:
        dim: a dimension or several; all where left out.
        unbiased: whether ``c`` is 1 (so by default) or 0.
        keepdim: keep the reduced dimensions, with size 1.
        correction: the number ``c`` itself.

    Raises:
        RuntimeError: the elements are integers or bools.
    """
_spread("var", r"The variance, :math:`\frac{1}{n - c} \sum_i |x_i - \bar x|^2`." + _ARGUMENTS)
_spread("std", "The standard deviation, the square root of the variance." + _ARGUMENTS)
_spread("var_mean", "The variance and the mean, as a tuple." + _ARGUMENTS)
_spread("std_mean", "The standard deviation and the mean, as a tuple." + _ARGUMENTS)

# --- norms ---------------------------------------------------------------------------------------


def norm_over(x, p, axis, keepdim):
    """(sum |x|^p)^(1/p) over axes, and its limits: the count for 0, the extremes for +-inf."""
    if p == math.inf or p == -math.inf:
        find = np.maximum if p > 0 else np.minimum
        return reduce_over(find, np.abs(x), axis, keepdim)
    if p == 0:
        real = x.real.dtype
        return reduce_over(np.add, x != 0, axis, keepdim, real)
    if p == 2:
        squares = x.real**2 + x.imag**2 if x.dtype.kind == "c" else x * x
        return np.sqrt(sum_over(squares, axis, keepdim))
    size = np.abs(x)
    if p == 1:
        return sum_over(size, axis, keepdim)
    if size.dtype == F32:  # powers in double: their rounding errors would add up
        size = size.astype(np.float64)
    return (reduce_over(np.add, size**p, axis, keepdim) ** (1 / p)).astype(x.real.dtype)


@op("linalg_vector_norm(input, ord: Number = 2, dim: int[] | None = None, keepdim: bool = False, "
    "*, dtype: dtype | None = None)", where="linalg", lowering="reduction",
    derivative={"input": "norm_gradient(grad, input, ord, result, dim, keepdim) if ord else None"},
    formula=r"\Big(\sum_i |x_i|^p\Big)^{1/p}")
def vector_norm(input, ord, dim, keepdim, dtype):
    """The norm of all elements, or over dimensions: (sum |x|^ord)^(1/ord).

    ``ord`` 0 counts what is not zero, inf and -inf give the largest and smallest size.
    """
    if input.dtype.kind in "biu":
        raise RuntimeError(
            "linalg.vector_norm: Expected a floating point or complex tensor as input. Got "
            f"{title(input)}"
        )
    given = input.dtype
    if dtype is not None:
        _check_norm_dtype(D.of(given), dtype)
        input = input.astype(dtype.numpy)
        given = dtype.numpy
    axis = axes_of(dim, input.ndim)
    if (ord < 0 or ord == math.inf) and not count_along(input.shape, axis):
        _refuse_empty_norm(input, ord, axis)
    out = np.asarray(norm_over(widened(input), ord, axis, keepdim))
    real = D.of(given).to_real().numpy
    return out if out.dtype == real else out.astype(real)


def _check_norm_dtype(have: D.dtype, want: D.dtype) -> None:
    name = "linalg.vector_norm"
    if want.category < D.FLOAT:
        raise RuntimeError(
            f"{name}: dtype should be floating point or complex, but got {want.title}"
        )
    if want.category != have.category:
        kind = "complex" if have.is_complex else "real"
        raise RuntimeError(
            f"{name}: dtype should be {kind} for {kind} inputs, but got {want.title}"
        )
    if want.itemsize < have.itemsize:
        raise RuntimeError(
            f"{name}: the dtype of the input ({have.title}) should be convertible without "
            f"narrowing to the specified dtype ({want.title})"
        )


def _refuse_empty_norm(x: np.ndarray, p: float, axis: Any) -> None:
    shown = f"{p:g}"
    if axis is None or not x.ndim:
        raise RuntimeError(
            f"linalg.vector_norm cannot compute the {shown} norm on an empty tensor because the "
            "operation does not have an identity"
        )
    dim = next(a % x.ndim for a in (axis if axis.__class__ is tuple else (axis,)) if not x.shape[a])
    raise RuntimeError(
        f"linalg.vector_norm cannot compute the {shown} norm on the dimension {dim} because this "
        "dimension is empty and the operation does not have an identity"
    )


@composite("")
def norm_gradient(
    grad: Tensor, x: Tensor, p: float, norm: Tensor, dim: Dims = None, keepdim: bool = False
) -> Tensor:
    """The gradient of a norm: x |x|^(p-2) / norm^(p-1), and 0 where the norm has no slope."""
    if p == 0:
        return T["zeros_like"](x)
    grad, norm = (restored(a, dim, keepdim, x.ndim) for a in (grad, norm))
    grad, norm = grad.to(norm.dtype), converted(norm, x.dtype.to_real())
    if p == 2:
        return T["where"](norm == 0, 0.0, x * (grad / norm))
    size = x.abs()
    if p == math.inf or p == -math.inf:
        mask = (size == norm) | ((size != size) & (norm != norm))
        dims = tuple(range(x.ndim)) if dim is None else dim
        return x.sgn() * (grad * mask / T["sum_dim"](mask, dims, True))
    if p == 1:
        return x.sgn() * grad
    if p < 2:
        scaled = T["where"](x == 0, 0.0, x.sgn() * size ** (p - 1))
    else:
        scaled = x * size ** (p - 2)
    return scaled * T["where"](norm == 0, 0.0, grad / norm ** (p - 1))


@composite()
@overloaded
def norm(
    input: Tensor,
    p: Any = "fro",
    dim: Dims = None,
    keepdim: bool = False,
    dtype: D.dtype | None = None,
    *,
    out: Tensor | None = None,
) -> Tensor:
    r"""A norm of all elements, or over dimensions: :math:`(\sum_i |x_i|^p)^{1/p}`.

    Args:
        p: a number, inf, -inf, "fro" (as 2), or "nuc" (the sum of a matrix's singular values).
        dim: a dimension or several; all where left out.
        keepdim: keep the reduced dimensions, with size 1.
        dtype: convert to this type first.
    """
    if isinstance(p, str) and p != "fro":
        return _matrix_norm(input, p, dim, keepdim, dtype, out)
    power = 2.0 if p == "fro" or p is None else p
    return finish(ROWS["linalg_vector_norm"], (input, power, dim, keepdim, dtype), out)


def _matrix_norm(
    input: Tensor, p: str, dim: Dims, keepdim: bool, dtype: D.dtype | None, out: Tensor | None
) -> Tensor:
    if p != "nuc":
        raise RuntimeError(f"linalg.matrix_norm: Order {p} not supported.")
    dims = normalize_dims((-2, -1) if dim is None else dim, input.ndim)
    if len(dims) != 2:
        raise RuntimeError(f"linalg.matrix_norm: dim must be a 2-tuple. Got {list(dims)}")
    values = T["linalg_svdvals"](converted(input, dtype).movedim(dims, (-2, -1)))
    result = T["sum_dim"](values, -1, False)
    if keepdim:
        for d in sorted(dims):
            result = result.unsqueeze(d)
    return into(result, out, "norm")


@op("dist(input, other, p: Number = 2)", lowering="reduction",
    derivative={"input": "sum_to_size(norm_gradient(grad, input - other, p, result), input.shape)",
                "other": "sum_to_size(-norm_gradient(grad, input - other, p, result), "
                         "other.shape)"},
    formula=r"\|x - y\|_p")
def dist(input, other, p):
    """The p-norm of the difference of two tensors."""
    apart = input - other
    real = D.of(apart.dtype).to_real().numpy
    return np.asarray(norm_over(widened(apart), p, None, False)).astype(real, copy=False)


@op("renorm(input, p: Number, dim: int, maxnorm: Number)", inplace=True, lowering="reduction",
    derivative={"input": "renorm_gradient(grad, input, p, dim, maxnorm)"},
    formula=r"x_i \min(1, m / \|x_i\|_p)")
def renorm(input, p, dim, maxnorm):
    """Scales each slice along ``dim`` down to the p-norm ``maxnorm``, where it is larger."""
    if p <= 0:
        raise RuntimeError("renorm: non-positive-norm not supported")
    if maxnorm < 0:
        raise RuntimeError(f"renorm: expected maxnorm to be >= 0 but got {maxnorm}")
    if input.ndim < 2:
        raise RuntimeError(
            f"renorm: input needs at least 2 dimensions, got {input.ndim} dimensions"
        )
    dim = normalize_dim(dim, input.ndim)
    wide = widened(input)
    norms = norm_over(wide, p, tuple([i for i in range(input.ndim) if i != dim]), True)
    scale = np.where(norms > maxnorm, maxnorm / (norms + norms.dtype.type(1e-7)), 1)
    return (wide * scale.astype(norms.dtype)).astype(input.dtype, order="C", copy=False)


@composite("")
def renorm_gradient(grad: Tensor, x: Tensor, p: float, dim: int, maxnorm: float) -> Tensor:
    """The gradient of renorm: that of x maxnorm / norm(x) where slices are scaled."""
    dims = [i for i in range(x.ndim) if i != dim % x.ndim]
    norm = T["linalg_vector_norm"](x, p, dims, True)
    product = T["conjugate"](x) * grad
    inner = T["sum_dim"](product.real if product.is_complex() else product, dims, True)
    to_norm = norm_gradient(inner, x, p, norm, dims, True)
    inverse = 1 / (norm + 1e-7)
    scaled = maxnorm * inverse * (grad - inverse * to_norm)
    return T["where"](norm > maxnorm, scaled.to(grad.dtype), grad)


# --- covariance ----------------------------------------------------------------------------------


def _check_weights(name: str, w: Tensor, n: int, whole: bool) -> None:
    if w.ndim > 1:
        raise RuntimeError(
            f"cov(): expected {name} to have one or fewer dimensions but got {name} with "
            f"{w.ndim} dimensions"
        )
    if whole and w.dtype.category != D.INT:
        raise RuntimeError(
            f"cov(): expected {name} to have integral dtype but got {name} with {w.dtype.title} "
            "dtype"
        )
    if not whole and w.dtype.category != D.FLOAT:
        raise RuntimeError(
            f"cov(): expected {name} to have floating point dtype but got {name} with "
            f"{w.dtype.title} dtype"
        )
    if w.numel() != n:
        raise RuntimeError(
            f"cov(): expected {name} to have the same numel as there are observations in the input "
            f"but got {w.numel()} != {n}"
        )
    if n and bool((w < 0).any()):
        raise RuntimeError(f"cov(): {name} cannot be negative")


@composite()
def cov(
    input: Tensor,
    *,
    correction: int = 1,
    fweights: Tensor | None = None,
    aweights: Tensor | None = None,
) -> Tensor:
    r"""The covariances of variables in rows, observed in columns.

    :math:`C_{ij} = \frac{1}{n - c} \sum_k (x_{ik} - \bar x_i) \overline{(x_{jk} - \bar x_j)}`

    Args:
        correction: the number ``c``.
        fweights: how often each observation was made; integers.
        aweights: how much each observation counts.
    """
    if input.ndim > 2:
        raise RuntimeError(
            "cov(): expected input to have two or fewer dimensions but got an input with "
            f"{input.ndim} dimensions"
        )
    if input.dtype.category == D.BOOL:
        raise RuntimeError("cov(): bool dtype is not supported for input")
    x = input.reshape(1, -1) if input.ndim < 2 else input
    n = x.shape[1]
    weights = None
    if fweights is not None:
        _check_weights("fweights", fweights, n, True)
        weights = fweights
    if aweights is not None:
        _check_weights("aweights", aweights, n, False)
        weights = aweights if weights is None else weights * aweights
    total = n if weights is None else T["sum"](weights)
    if weights is not None and n and not bool(total != 0):
        raise RuntimeError("cov(): weights sum to zero, can't be normalized")
    mean = T["sum_dim"](x if weights is None else x * weights, 1, True) / total
    if weights is not None and aweights is not None and correction:
        freedom = total - correction * T["sum"](weights * aweights) / total
    else:
        freedom = total - correction
    freedom = freedom.clamp(min=0) if isinstance(freedom, Tensor) else max(freedom, 0)
    if not bool(freedom):
        import warnings

        warnings.warn(
            "cov(): degrees of freedom is <= 0. Correction should be strictly less than the "
            "reduction factor (input numel divided by output numel).",
            stacklevel=2,
        )
    centered = x - mean
    other = centered if weights is None else centered * weights
    product = T["matmul"](centered, T["conjugate"](other).transpose(0, 1)) / freedom
    return product.squeeze()


@composite()
def corrcoef(input: Tensor) -> Tensor:
    """Pearson's correlation coefficients of variables in rows, observed in columns."""
    if input.ndim > 2:
        raise RuntimeError(
            "corrcoef(): expected input to have two or fewer dimensions but got an input with "
            f"{input.ndim} dimensions"
        )
    c = cov(input)
    if not c.ndim:
        return c / c
    d = c.diag()
    std = T["sqrt"](d.real if d.is_complex() else d)
    c = c / std.reshape(-1, 1) / std.reshape(1, -1)
    if c.is_complex():
        return c.real.clamp(-1, 1) + c.imag.clamp(-1, 1) * 1j
    return c.clamp(-1, 1)
