"""Running reductions along a dimension, differences, and integrals by the trapezoid rule."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..tensor import dtype as D
from ..tensor.size import normalize_dim
from ..tensor.tensor import Tensor
from . import native
from .array_reductions import widened
from .dispatch import execute, execute_inplace
from .expressions import TENSORS as T
from .overloads import converted, finish, into, not_implemented, overloaded
from .table import ROWS, composite, op

WIDE = {D.float32.numpy: D.float64.numpy, D.complex64.numpy: D.complex128.numpy,
        D.float16.numpy: D.float32.numpy, D.bfloat16.numpy: D.float32.numpy}  # fmt: skip


def _accumulate(ufunc, x, axis):
    """A running sum or product: whole numbers in int64, floats in the next wider type."""
    if x.dtype.kind in "biu":
        x = x.astype(np.int64, order="C")
    if not x.ndim:
        return x.copy()
    fast = _native(x, axis, ufunc is np.multiply)
    if fast is not None:
        return fast
    wide = WIDE.get(x.dtype)
    if wide is None:
        return np.asarray(ufunc.accumulate(x, axis=axis), order="C")
    return ufunc.accumulate(x.astype(wide), axis=axis).astype(x.dtype, order="C")


_FEW = 256  # numbers up to which NumPy is as fast


def _native(x, axis, product=False, reverse=False):
    """The same by the native runtime; None where NumPy must do it."""
    if x.size < _FEW or (call := native.function("fl_running", x.dtype, x.size)) is None:
        return None
    x = np.ascontiguousarray(x)
    out, n = np.empty(x.shape, x.dtype), x.shape[axis]
    inner = math.prod(x.shape[axis % x.ndim + 1 :])
    sizes = x.size // (n * inner), n, inner
    call(native.pointer(x), native.pointer(out), *sizes, product, reverse)
    return out


@op("_cumsum(input, dim: int)", derivative={"input": "reversed_cumsum(grad, dim)"},
    where="", lowering="opaque", node="CumsumBackward0", formula=r"y_i = \sum_{j \le i} x_j")
def cumsum_kernel(input, dim):
    """Running sums."""
    return _accumulate(np.add, input, dim)


@op("reversed_cumsum(input, dim: int)", derivative={"input": "_cumsum(grad, dim)"}, where="",
    lowering="opaque", formula=r"y_i = \sum_{j \ge i} x_j")
def reversed_cumsum(input, dim):
    """Running sums from the end."""
    if not input.ndim:
        return input.copy()
    fast = _native(input, dim, reverse=True)
    if fast is not None:
        return fast
    return np.flip(_accumulate(np.add, np.flip(input, dim), dim), dim).copy()


@op("_cumprod(input, dim: int)", derivative={"input": "cumprod_gradient(grad, input, result, dim)"},
    where="", lowering="opaque", node="CumprodBackward0", formula=r"y_i = \prod_{j \le i} x_j")
def cumprod_kernel(input, dim):
    """Running products."""
    return _accumulate(np.multiply, input, dim)


@composite("")
def cumprod_gradient(grad: Tensor, x: Tensor, result: Tensor, dim: int) -> Tensor:
    """sum over j >= i of grad_j result_j / x_i; without the division where some x are zero."""
    conj = T["conjugate"]
    if not x.ndim:
        return grad
    if bool(T["all"](x)):
        return T["reversed_cumsum"](grad * conj(result), dim) / conj(x)
    # result_j / x_i is the product before i times the product between: the gradient that comes
    # back from step i + 1 is grad_i plus x_(i+1) times that from step i + 2, and so on.
    n = x.shape[dim]
    slices = [T["select"](x, dim, i) for i in range(n)]
    carried = T["select"](grad, dim, n - 1)
    parts = [carried]
    for i in range(n - 2, -1, -1):
        carried = T["select"](grad, dim, i) + conj(slices[i + 1]) * carried
        parts.append(carried)
    one = T["ones_like"](x.narrow(dim, 0, 1))
    before = T["_cumprod"](T["cat"]((one, x.narrow(dim, 0, n - 1)), dim), dim)
    return conj(before) * T["stack"](parts[::-1], dim)


def _running(name: str, doc: str) -> None:
    """cumsum and cumprod: ``(input, dim, *, dtype, out)`` and the method that writes in place."""

    def function(
        input: Tensor, dim: int, *, dtype: D.dtype | None = None, out: Tensor | None = None
    ) -> Tensor:
        input = converted(input, dtype)
        result = execute(ROWS["_" + name], (input, normalize_dim(dim, input.ndim)))
        return into(converted(result, dtype), out, name)

    def inplace(input: Tensor, dim: int, *, dtype: D.dtype | None = None) -> Tensor:
        if dtype is not None and dtype is not input.dtype:
            raise RuntimeError(
                f"Bad in-place call: input tensor dtype {input.dtype.title} and output tensor "
                f"dtype {dtype.title} should match"
            )
        return execute_inplace(ROWS["_" + name], (input, normalize_dim(dim, input.ndim)))

    function.__name__ = function.__qualname__ = name
    function.__doc__ = doc
    inplace.__name__ = inplace.__qualname__ = name + "_"
    inplace.__doc__ = f"The same as {name}, written into the tensor itself."
    composite()(overloaded(function))
    composite("method")(overloaded(inplace))


_running("cumsum", r"""Running sums along a dimension: :math:`y_i = \sum_{j \le i} x_j`.

    Integers and bools are added as int64, or in ``dtype`` where that is given.
    """)
_running("cumprod", r"""Running products along a dimension: :math:`y_i = \prod_{j \le i} x_j`.

    Integers and bools are multiplied as int64, or in ``dtype`` where that is given.
    """)


# --- running extremes ----------------------------------------------------------------------------


@op("add_at(g, dim: int, indices, shape: int[])",
    derivative={"g": "selected(grad, dim, indices, True)"}, where="", lowering="scatter",
    formula=r"\bar x_{k_i} = \sum_i \bar y_i")
def add_at(g, dim, indices, shape):
    """Zeros of ``shape`` with the gradients added at their indices along a dimension."""
    if not g.ndim:
        return g.copy()
    out = np.zeros(shape, g.dtype)
    where = list(np.ogrid[tuple(slice(n) for n in g.shape)])
    where[dim] = indices
    np.add.at(out, tuple(where), g)
    return out


def _running_extreme(name: str, ufunc: Any, doc: str) -> None:
    @op(f"_{name}(input, dim: int)", where="", lowering="opaque", outputs=("values", "indices"),
        nondifferentiable=("indices",), node=name.capitalize() + "Backward0",
        derivative={"input": "add_at(grads[0], dim, indices, input.shape)"})
    def kernel(input, dim):
        if input.dtype.kind == "c":
            raise not_implemented(f"{name}_cpu", input)
        if not input.ndim:
            return input.copy(), np.zeros((), np.int64)
        x = widened(input)
        values = ufunc.accumulate(x, axis=dim)
        reached = x == values
        if x.dtype.kind == "f":
            reached |= np.isnan(x)
        steps = np.arange(x.shape[dim]).reshape(
            [-1 if i == dim else 1 for i in range(x.ndim)]
        )
        indices = np.maximum.accumulate(np.where(reached, steps, 0), axis=dim)
        return values.astype(input.dtype, order="C", copy=False), np.asarray(indices, order="C")

    def function(input: Tensor, dim: int, *, out: Any = None) -> Any:
        return finish(ROWS["_" + name], (input, normalize_dim(dim, input.ndim)), out)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = doc
    composite()(overloaded(function))


_running_extreme("cummax", np.maximum, """Running maxima along a dimension, and where they are.

    The named tuple (values, indices); of equal elements the last index counts.
    """)
_running_extreme("cummin", np.minimum, """Running minima along a dimension, and where they are.

    The named tuple (values, indices); of equal elements the last index counts.
    """)


# --- logcumsumexp --------------------------------------------------------------------------------


@op("_logcumsumexp(input, dim: int)", where="", lowering="opaque", node="LogcumsumexpBackward0",
    derivative={"input": "logcumsumexp_gradient(grad, input, result, dim)"},
    formula=r"y_i = \ln \sum_{j \le i} e^{x_j}")
def logcumsumexp_kernel(input, dim):
    """Running log(sum(exp(x))), without overflow."""
    if input.dtype.kind in "biu":
        raise not_implemented("logcumsumexp_out_cpu", input)
    if not input.ndim or not input.size:
        return input.copy()
    x = input.astype(WIDE.get(input.dtype, input.dtype))
    if x.dtype.kind == "c":
        return _logcumsumexp_complex(x, dim).astype(input.dtype, copy=False)
    return np.logaddexp.accumulate(x, axis=dim).astype(input.dtype, order="C", copy=False)


def _logcumsumexp_complex(x, axis):
    rows = np.moveaxis(x, axis, 0)
    out = np.empty_like(rows)
    out[0] = carried = rows[0]
    for i in range(1, len(rows)):
        low, high = np.minimum(carried.real, rows[i].real), np.maximum(carried.real, rows[i].real)
        swap = rows[i].real > carried.real
        big, small = np.where(swap, rows[i], carried), np.where(swap, carried, rows[i])
        with np.errstate(all="ignore"):
            together = big + np.log1p(np.exp(small - big))
        plain = np.isneginf(low) | (np.isinf(high) & (low == high))
        out[i] = carried = np.where(np.isneginf(low), big, np.where(plain, big, together))
    return np.moveaxis(out, 0, axis)


@composite("")
def logcumsumexp_gradient(grad: Tensor, x: Tensor, result: Tensor, dim: int) -> Tensor:
    """sum over j >= i of grad_j exp(x_i - result_j), computed with logarithms."""
    if not x.ndim or not x.numel():
        return grad

    def back(log_grad: Tensor) -> Tensor:
        later = T["_logcumsumexp"]((log_grad - result).flip(dim), dim).flip(dim)
        return T["exp"](later + x)

    if grad.is_complex():
        x, result = T["conjugate"](x), T["conjugate"](result)
        return back(T["log"](grad))
    low = D.finfo(grad.dtype).min  # stands for log(0), and unlike it can be subtracted
    positive = T["where"](grad > 0, T["log"](grad), low)
    negative = T["where"](grad < 0, T["log"](-grad), low)
    return back(positive) - back(negative)


@composite()
@overloaded
def logcumsumexp(input: Tensor, dim: int, *, out: Tensor | None = None) -> Tensor:
    r"""Running :math:`\ln \sum e^{x}` along a dimension, without overflow."""
    return finish(ROWS["_logcumsumexp"], (input, normalize_dim(dim, input.ndim)), out)


# --- differences and integrals -------------------------------------------------------------------


@composite()
@overloaded
def diff(
    input: Tensor,
    n: int = 1,
    dim: int = -1,
    prepend: Tensor | None = None,
    append: Tensor | None = None,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """Differences of neighbours along a dimension, taken ``n`` times: x[i + 1] - x[i].

    Args:
        n: how many times.
        prepend, append: what to put before and behind first.
    """
    if not input.ndim:
        raise RuntimeError("diff expects input to be at least one-dimensional")
    if n < 0:
        raise RuntimeError(f"order must be non-negative but got {n}")
    dim = normalize_dim(dim, input.ndim)
    parts = [_end(p, input, dim) for p in (prepend, input, append) if p is not None]
    x = parts[0] if len(parts) == 1 else T["cat"](parts, dim)
    if n == 0:
        return into(T["clone"](x), out, "diff")
    for _ in range(min(n, x.shape[dim])):
        m = x.shape[dim] - 1
        later, earlier = x.narrow(dim, 1, m), x.narrow(dim, 0, m)
        bools = x.dtype.category == D.BOOL
        x = T["logical_xor"](later, earlier) if bools else later - earlier
    return into(x, out, "diff")


def _end(part: Tensor, input: Tensor, dim: int) -> Tensor:
    if part.ndim != input.ndim and part.ndim:
        raise RuntimeError(
            "diff expects prepend or append to be the same dimension as input"
        )
    if part is not input:
        for i in range(input.ndim):
            if i != dim and part.shape[i] != input.shape[i]:
                raise RuntimeError(
                    "diff expects the shape of tensor to prepend or append to match that of input "
                    "except along the differencing dimension; "
                    f"input.size({i}) = {input.shape[i]}, but got tensor.size({i}) = "
                    f"{part.shape[i]}"
                )
    return part


def _spacing(name: str, y: Tensor, x: Tensor | None, dim: int) -> Tensor | None:
    """The distances between sample points, ready to multiply along ``dim``."""
    if x is None:
        return None
    if x.ndim == 0:
        raise RuntimeError(
            f"{name}: There must be one `x` value for each sample point. `x` is a scalar"
        )
    if x.ndim == 1:
        if x.shape[0] != y.shape[dim]:
            raise RuntimeError(f"{name}: There must be one `x` value for each sample point")
        shape = [1] * y.ndim
        shape[dim] = x.shape[0]
        x, along = x.reshape(shape), dim
    else:
        along = dim - y.ndim + x.ndim if x.ndim < y.ndim else dim
        if x.shape[along] != y.shape[dim]:
            raise RuntimeError(f"{name}: There must be one `x` value for each sample point")
    m = x.shape[along] - 1
    return x.narrow(along, 1, m) - x.narrow(along, 0, m)


def _sides(y: Tensor, dim: int) -> tuple[Tensor, Tensor]:
    m = y.shape[dim] - 1
    return y.narrow(dim, 0, m), y.narrow(dim, 1, m)


@composite("function")
@overloaded
def trapezoid(
    y: Tensor, x: Tensor | None = None, *, dx: float | None = None, dim: int = -1
) -> Tensor:
    r"""The integral along a dimension: :math:`\sum_i \frac{1}{2} (x_{i+1} - x_i)(y_i + y_{i+1})`.

    Args:
        y: the values. x: the points at which they were taken. dx: the distance between points,
            1 where neither is given.
    """
    dim = normalize_dim(dim, y.ndim)
    if y.shape[dim] == 0:
        shape = [n for i, n in enumerate(y.shape) if i != dim]
        return T["sum"](y, dim).to(y.dtype).reshape(shape)
    left, right = _sides(y, dim)
    step = _spacing("trapezoid", y, x, dim)
    if step is None:
        whole = T["sum"](y, dim) * 2 - T["select"](y, dim, 0) - T["select"](y, dim, -1)
        return whole * ((1 if dx is None else dx) / 2)
    return T["sum"](step * (left + right), dim) / 2.0


@composite("function")
def trapz(y: Tensor, x: Tensor | None = None, *, dx: float | None = None, dim: int = -1) -> Tensor:
    """The same as ``trapezoid``."""
    return trapezoid(y, x, dx=dx, dim=dim)


@composite("function")
@overloaded
def cumulative_trapezoid(
    y: Tensor, x: Tensor | None = None, *, dx: float | None = None, dim: int = -1
) -> Tensor:
    """Running integrals along a dimension, by the trapezoid rule; arguments as in ``trapezoid``."""
    dim = normalize_dim(dim, y.ndim)
    left, right = _sides(y, dim)
    step = _spacing("cumulative_trapezoid", y, x, dim)
    if step is None:
        return T["cumsum"]((left + right) * ((1 if dx is None else dx) / 2), dim)
    return T["cumsum"](step * (left + right), dim) / 2.0
