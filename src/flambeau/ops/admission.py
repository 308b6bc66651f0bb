"""Which numbers and types some pointwise operators admit, with PyTorch's sentences.

A row's ``admit`` gets a call's arguments in order, before types are converted. It refuses some,
and gives the arguments back, some of them changed where PyTorch changes them.
"""

from __future__ import annotations

from typing import Any

from ..tensor import dtype as D
from ..tensor.promotion import result_of
from ..tensor.size import type_name
from ..tensor.tensor import NoArray, Tensor

NO_BOOL = (
    "Subtraction, the `-` operator, with a bool tensor is not supported. If you are trying to "
    "invert a mask, use the `~` or `logical_not()` operator instead."
)
ADDCDIV = (
    "Integer division with addcdiv is no longer supported, and in a future  release addcdiv will "
    "perform a true division of tensor1 and tensor2. The historic addcdiv behavior can be "
    "implemented as (input + value * torch.trunc(tensor1 / tensor2)).to(input.dtype) for integer "
    "inputs and as (input + value * tensor1 / tensor2) for float inputs. The future addcdiv "
    "behavior is just the latter implementation: (input + value * tensor1 / tensor2), for all "
    "dtypes."
)


def _common(*operands: Any) -> D.dtype | None:
    """The type that operands have together; None where one of them is no operand."""
    try:
        return result_of([x._data if isinstance(x, Tensor) else x for x in operands])
    except (NoArray, TypeError, AttributeError):
        return None  # who executes the call says what is wrong


def _number(name: str, option: str, value: Any) -> Any:
    """A Python number; tensors without dimensions are read."""
    if isinstance(value, Tensor) and value.ndim == 0:
        return value.item()
    if isinstance(value, Tensor) or not (hasattr(value, "__float__") or value.__class__ is complex):
        raise TypeError(f"{name}(): argument '{option}' must be Number, not {type_name(value)}")
    return value


def _alpha(name: str, input: Any, other: Any, alpha: Any) -> tuple:
    """The factor of the second operand must be of a kind that the result's type holds."""
    if alpha.__class__ is int:
        return input, other, alpha
    if alpha.__class__ is float and input.__class__ is Tensor and input._data.dtype.kind in "fcV":
        return input, other, alpha
    alpha = _number(name, "alpha", alpha)
    common = _common(input, other)
    if common is None:
        return input, other, alpha
    if isinstance(alpha, bool) and common.category != D.BOOL:
        raise RuntimeError("Boolean alpha only supported for Boolean results.")
    if isinstance(alpha, float) and common.category < D.FLOAT:
        raise RuntimeError(
            "For integral input tensors, argument alpha must not be a floating point number.\n"
            "Hint: convert the input first, as in x.float()."
        )
    if isinstance(alpha, complex) and common.category < D.COMPLEX:
        raise RuntimeError(
            "For non-complex input tensors, argument alpha must not be a complex number."
        )
    return input, other, alpha


def add(input: Any, other: Any, alpha: Any) -> tuple:
    """What ``input + alpha other`` admits."""
    return _alpha("add", input, other, alpha)


def sub(input: Any, other: Any, alpha: Any) -> tuple:
    """What ``input - alpha other`` admits: bools are not subtracted."""
    bools = [
        x.__class__ is bool or (isinstance(x, Tensor) and x.dtype is D.bool_)
        for x in (input, other)
    ]
    if any(bools) and not all(bools):
        raise RuntimeError(NO_BOOL)
    return _alpha("sub", input, other, alpha)


def _fitting(value: Any, common: D.dtype | None) -> Any:
    """A factor in the result's type: integers cut off what stands behind the point."""
    if common is None:
        return value
    if isinstance(value, complex) and common.category < D.COMPLEX:
        name = D.C_NAMES.get(common, common.name)
        raise RuntimeError(f"value cannot be converted to type {name} without overflow")
    return int(value) if common.category == D.INT else value


def addcmul(input: Any, tensor1: Any, tensor2: Any, value: Any) -> tuple:
    """What ``input + value tensor1 tensor2`` admits."""
    common = _common(input, tensor1, tensor2)
    if common is D.bool_:
        raise NotImplementedError("\"addcmul_cpu_out\" not implemented for 'Bool'")
    value = _fitting(_number("addcmul", "value", value), common)
    return input, tensor1, tensor2, value


def addcdiv(input: Any, tensor1: Any, tensor2: Any, value: Any) -> tuple:
    """What ``input + value tensor1 / tensor2`` admits: integers are not divided."""
    divided = _common(tensor1, tensor2)
    if divided is not None and divided.category < D.FLOAT:
        raise RuntimeError(ADDCDIV)
    value = _fitting(_number("addcdiv", "value", value), _common(input, tensor1, tensor2))
    return input, tensor1, tensor2, value


def lerp(input: Any, end: Any, weight: Any) -> tuple:
    """What ``input + weight (end - input)`` admits: one floating-point type."""
    if not (isinstance(input, Tensor) and isinstance(end, Tensor)):
        return input, end, weight
    for name, other in (("end", end), ("weight", weight)):
        if not isinstance(other, Tensor) or (name == "weight" and other.ndim == 0):
            continue
        if other.dtype is not input.dtype:
            have, want = (D.C_NAMES.get(x.dtype, x.dtype.name) for x in (other, input))
            raise RuntimeError(f"expected dtype {want} for `{name}` but got dtype {have}")
    if input.dtype.category < D.FLOAT:
        kind = "tensor" if isinstance(weight, Tensor) else "scalar"
        raise NotImplementedError(
            f"\"lerp_kernel_{kind}\" not implemented for '{input.dtype.title}'"
        )
    if isinstance(weight, complex):
        weight = _fitting(weight, input.dtype)
    return input, end, weight
