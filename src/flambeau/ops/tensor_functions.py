"""The counterparts on tensors of array_functions, for derivatives of derivatives.

A pointwise derivative is evaluated on arrays in an ordinary backward pass and on tensors when its
own gradient is wanted; every helper that a derivative names therefore exists twice.
"""

from __future__ import annotations

import math
from typing import Any

from ..tensor import dtype as D
from ..tensor.tensor import Tensor
from .expressions import TENSORS

T = TENSORS


def conjugate(x: Any) -> Any:
    """The complex conjugate; real tensors and numbers come back as they are."""
    if isinstance(x, Tensor):
        return T["conj_physical"](x) if x.is_complex() else x
    return x.conjugate() if isinstance(x, complex) else x


def scaled(x: Tensor, factor: Any) -> Tensor:
    """x times a number."""
    return x if factor.__class__ is int and factor == 1 else x * factor


def as_real_like(x: Tensor, like: Tensor) -> Tensor:
    """The real part of x where ``like`` is real."""
    return x.real if x.is_complex() and not like.is_complex() else x


def pow_input_gradient(grad: Tensor, x: Any, y: Any) -> Tensor:
    """d x^y / dx times grad, 0 where y is 0."""
    if not isinstance(y, Tensor):
        return grad * 0 if y == 0 else grad * conjugate(y * x ** (y - 1))
    if y.dtype is D.bool_:  # of which nothing can be subtracted
        y = y.to(D.int64)
    return T["where"](y == 0, 0.0, grad * conjugate(y * x ** (y - 1)))


def pow_exponent_gradient(grad: Tensor, x: Any, y: Tensor, result: Tensor) -> Tensor:
    """d x^y / dy times grad, 0 where x is 0 and y is not negative."""
    if not isinstance(x, Tensor):
        if x == 0:
            return T["where"](y >= 0, 0.0, grad * result * -math.inf)
        return grad * conjugate(result * (math.log(x) if x > 0 else math.nan))
    zero = (x == 0) & (y.real >= 0 if y.is_complex() else y >= 0)
    return T["where"](zero, 0.0, grad * conjugate(result * T["where"](zero, 1.0, x).log()))


def exp2_of(x: Tensor) -> Tensor:
    """2^x."""
    return T["exp2"](x)


def sinc_slope(x: Tensor) -> Tensor:
    """The derivative of sinc."""
    t = T["where"](x == 0, 1.0, x) * math.pi
    return T["where"](x == 0, 0.0, (t * t.cos() - t.sin()) / (t * t) * math.pi)


def max_share(x: Tensor, y: Tensor) -> Tensor:
    """The part of a maximum's gradient that goes to x: 1 where larger, a half where equal."""
    return T["where"](x == y, 0.5, (x > y).to(x.dtype))


def angle_gradient(grad: Tensor, x: Tensor) -> Tensor:
    """The gradient of the argument of complex numbers; 0 for real ones."""
    if not x.is_complex():
        return x * 0
    size = x.abs()
    zero = size == 0
    return T["where"](zero, 0.0, grad * 1j * x / T["where"](zero, 1.0, size * size))


def sgn_gradient(grad: Tensor, x: Tensor) -> Tensor:
    """The gradient of x / |x|."""
    if not x.is_complex():
        return x * 0
    size = x.abs()
    zero = size == 0
    safe = T["where"](zero, 1.0, size)
    s = x / safe
    return T["where"](zero, 0.0, (grad - s * (conjugate(s) * grad).real) / safe)


for _f in (
    conjugate, scaled, as_real_like, pow_input_gradient, pow_exponent_gradient, exp2_of, sinc_slope,
    max_share, angle_gradient, sgn_gradient,
):  # fmt: skip
    TENSORS[_f.__name__] = _f
