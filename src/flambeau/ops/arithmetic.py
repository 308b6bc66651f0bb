"""Arithmetic with options: division with rounding, clamping, rounding to decimals."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..tensor import dtype as D
from ..tensor.tensor import Tensor
from . import admission, dispatch
from .expressions import TENSORS
from .out import execute_out, write_out
from .table import PROMOTE, ROWS, composite, op

ROUNDING = {None: "div", "floor": "div_floor", "trunc": "div_trunc"}


def _row_for(rounding_mode: str | None) -> Any:
    if rounding_mode not in ROUNDING:
        raise RuntimeError(
            "div expected rounding_mode to be one of None, 'trunc', or 'floor' but found "
            f"'{rounding_mode}'"
        )
    return ROWS[ROUNDING[rounding_mode]]


def _floating(x: Any) -> bool:
    return x.is_floating_point() if isinstance(x, Tensor) else isinstance(x, float)


@composite(aliases=("divide",))
def div(
    input: Tensor, other: Any, *, rounding_mode: str | None = None, out: Tensor | None = None
) -> Tensor:
    """input / other; with ``rounding_mode`` "floor" or "trunc" the rounded quotient."""
    row = _row_for(rounding_mode)
    if out is not None:
        return execute_out(row, (input, other), out)
    return row.function(input, other)


@composite("method", aliases=("divide_",))
def div_(input: Tensor, other: Any, *, rounding_mode: str | None = None) -> Tensor:
    """The same as div, written into the tensor itself."""
    return dispatch.execute_inplace(_row_for(rounding_mode), (input, other))


@composite()
def true_divide(input: Tensor, other: Any, *, out: Tensor | None = None) -> Tensor:
    """input / other."""
    return div(input, other, out=out)


@composite("method")
def true_divide_(input: Tensor, other: Any) -> Tensor:
    """The same as true_divide, written into the tensor itself."""
    return div_(input, other)


@composite()
def rsub(input: Tensor, other: Any, *, alpha: Any = 1) -> Tensor:
    """other - alpha input."""
    if not isinstance(input, Tensor):
        kinds = ", ".join(type(x).__name__ for x in (input, other))
        raise TypeError(
            f"rsub() received an invalid combination of arguments - got ({kinds}), but expected "
            "(Tensor input, Tensor other, *, Number alpha) or (Tensor input, Number other, Number "
            "alpha)\nHint: the tensor that is subtracted comes first."
        )
    if not isinstance(other, Tensor):
        admission.sub(other, input, alpha)
        return ROWS["add"].function(ROWS["mul"].function(input, -alpha), other)
    return TENSORS["sub"](other, input, alpha=alpha)


def _clamp(input: Tensor, min: Any, max: Any) -> tuple:
    if min is None and max is None:
        raise RuntimeError("torch.clamp: At least one of 'min' or 'max' must not be None")
    if max is None:
        return ROWS["clamp_min"], (input, min)
    if min is None:
        return ROWS["clamp_max"], (input, max)
    return ROWS["clamp_both"], (input, min, max)


@composite(aliases=("clip",))
def clamp(input: Tensor, min: Any = None, max: Any = None, *, out: Tensor | None = None) -> Tensor:
    """min where the input is smaller, max where it is larger, otherwise the input."""
    row, args = _clamp(input, min, max)
    return dispatch.execute(row, args) if out is None else execute_out(row, args, out)


@composite("function method", aliases=("clip_",))
def clamp_(input: Tensor, min: Any = None, max: Any = None) -> Tensor:
    """The same as clamp, written into the tensor itself."""
    return dispatch.execute_inplace(*_clamp(input, min, max))


@op(
    "round(input, *, decimals: int = 0)",
    derivative={"input": "zeros_like(grad)"},
    rule=PROMOTE,
    inplace=True,
    formula=r"\operatorname{round} x",
)
def round(input: np.ndarray, decimals: int) -> np.ndarray:
    """Rounds to the nearest number of so many decimals, halves to even."""
    if input.dtype.kind in "iu":
        return input.copy()
    if not decimals:
        return np.rint(input)
    scale = input.dtype.type(10.0 ** abs(decimals))
    return np.rint(input * scale) / scale if decimals > 0 else np.rint(input / scale) * scale


@composite()
def float_power(input: Any, exponent: Any, *, out: Tensor | None = None) -> Tensor:
    """input ** exponent in double precision."""
    result = TENSORS["pow"](_wide(input), _wide(exponent))
    if out is None:
        return result
    write_out(out, result)
    return out


def _wide(x: Any) -> Any:
    """A tensor or number in double precision."""
    if isinstance(x, Tensor):
        return x.to(D.complex128 if x.is_complex() else D.float64)
    return complex(x) if isinstance(x, complex) else float(x)


@composite("method")
def float_power_(input: Tensor, exponent: Any) -> Tensor:
    """The same as float_power, written into the tensor itself."""
    return input.copy_(TENSORS["float_power"](input, exponent))


@composite(aliases=("special_logit",), where="function method special")
def logit(input: Tensor, eps: float | None = None, *, out: Tensor | None = None) -> Tensor:
    """log(x / (1 - x)), x clamped to [eps, 1 - eps] where eps is given."""
    x = input if input.is_floating_point() else input.float()
    if eps is not None:
        x = clamp(x, eps, 1 - eps)
    result = TENSORS["log"](x / (1 - x))
    if out is None:
        return result
    write_out(out, result)
    return out


@composite()
def square(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """x^2."""
    return TENSORS["pow"](input, 2) if out is None else TENSORS["pow"](input, 2, out=out)


@composite()
def square_(input: Tensor) -> Tensor:
    """The same as square, written into the tensor itself."""
    return TENSORS["pow_"](input, 2)


@composite()
def is_same_size(input: Tensor, other: Tensor) -> bool:
    """Whether two tensors have the same shape."""
    return input.shape == other.shape


@composite()
def is_nonzero(input: Tensor) -> bool:
    """Whether the only element is not zero."""
    if input.numel() != 1:
        raise RuntimeError(
            "Boolean value of Tensor with "
            + ("no values" if not input.numel() else "more than one value")
            + " is ambiguous"
        )
    return bool(input.item())


@composite()
def isreal(input: Tensor) -> Tensor:
    """Whether each element has no imaginary part."""
    if not input.is_complex():
        return TENSORS["ones_like"](input, dtype=D.bool_)
    return input.imag == 0
