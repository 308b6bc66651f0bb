"""Linear layers: a matrix product with its bias as one operator."""

from __future__ import annotations

import math

import numpy as np

from ...tensor.tensor import Tensor
from ..contractions import (
    BLAS_TYPES,
    added_type_error,
    expanded,
    matmul,
    multiplied,
    no_tensor,
    not_implemented,
    same_types,
    wide_product,
)  # fmt: skip
from ..dispatch import execute
from ..expressions import TENSORS
from ..table import ROWS, composite, op

Array = np.ndarray

LINEAR = {"input": "linear_input_gradient(grad, weight)",
          "weight": "rows_product(grad, conjugate(input))",
          "bias": "sum_to_size(grad, bias.shape)"}  # fmt: skip


def _linear(input: Array, weight: Array, bias: Array | None) -> Array:
    """x W^T + b: each row of the input times the weight (out, in), plus the bias."""
    dtype = input.dtype
    if input.ndim == 2 and dtype is weight.dtype and dtype in BLAS_TYPES:
        if weight.ndim != 2 or input.shape[1] != weight.shape[1]:
            raise _linear_error(input, weight)
        result = multiplied(input, weight.T)
        if bias is None:
            return result
        if bias.dtype is dtype and bias.shape == weight.shape[:1]:
            result += bias
            return result
    else:
        _check_linear(input, weight, bias)
        rows = input.reshape(math.prod(input.shape[:-1]), input.shape[-1])
        result = wide_product(rows, weight.T).reshape(*input.shape[:-1], weight.shape[0])
    if bias is None:
        return result.astype(input.dtype, copy=False)
    if bias.dtype != input.dtype:
        raise added_type_error("self", bias, input)
    if bias.shape != weight.shape[:1]:
        expanded(bias, (math.prod(result.shape[:-1]), result.shape[-1]))
    result += bias
    return result.astype(input.dtype, copy=False)


def _check_linear(input: Array, weight: Array, bias: Array | None) -> None:
    if weight.ndim != 2 or input.shape[-1] != weight.shape[1]:
        raise _linear_error(input, weight)
    if input.dtype != weight.dtype:
        if bias is not None:
            raise added_type_error("self", input, weight)
        same_types(input, weight)
    if input.dtype.kind == "b":
        raise not_implemented("addmm_impl_cpu_", input.dtype)


def _linear_error(input: Array, weight: Array) -> RuntimeError:
    if weight.ndim != 2:
        return RuntimeError(
            f"t() expects a tensor with <= 2 dimensions, but self is {weight.ndim}D\n"
            "Hint: the weight must be a matrix (out_features, in_features)."
        )
    return linear_shapes_error(input.shape, weight.shape)


def linear_shapes_error(input: tuple, weight: tuple) -> RuntimeError:
    """A layer got inputs of another width than its weight has."""
    rows = math.prod(input[:-1])
    given, wanted = input[-1], weight[1]
    text = (
        f"mat1 and mat2 shapes cannot be multiplied ({rows}x{given} and {wanted}x{weight[0]})\n"
        f"Hint: the last dimension of the input {list(input)} must be in_features, the second of "
        f"the weight {list(weight)}: {given} is not {wanted}"
    )
    if math.prod(input[1:]) == wanted:
        text += "; input.flatten(1) would fit"
    elif len(input) > 1 and input[-2] == wanted:
        text += "; input.mT would fit" if len(input) > 2 else "; input.T would fit"
    elif given == weight[0]:
        text += "; weight.T would fit"
    return RuntimeError(text + ".")


# One kernel under the names that PyTorch's history shows for it: for matrices and for more
# dimensions, with and without a bias.
for _name, _node in (
    ("linear_matrix", "AddmmBackward0"), ("linear_rows", "ViewBackward0"),
    ("linear_matrix_plain", "MmBackward0"), ("linear_rows_plain", "UnsafeViewBackward0"),
):  # fmt: skip
    op(f"{_name}(input, weight, bias: Tensor | None = None)", derivative=LINEAR, where="",
       lowering="contraction", formula=r"x W^T + b", node=_node)(_linear)

LINEAR_ROWS = {
    (True, True): ROWS["linear_matrix"], (False, True): ROWS["linear_rows"],
    (True, False): ROWS["linear_matrix_plain"], (False, False): ROWS["linear_rows_plain"],
}  # fmt: skip


def _linear_input_gradient(grad: Tensor, weight: Tensor) -> Tensor:
    return matmul(grad, TENSORS["conjugate"](weight))


TENSORS["linear_input_gradient"] = _linear_input_gradient


@composite("nn")
def linear(input: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """x W^T + b.

    Args:
        input: (..., in_features).
        weight: (out_features, in_features), or (in_features).
        bias: (out_features), or (), or None.
    """
    try:
        n = input._data.ndim
        if weight._data.ndim == 1 and bias is None:
            return matmul(input, weight)
    except AttributeError:
        raise no_tensor("linear", ("input", input), ("weight", weight)) from None
    if n == 0 or weight._data.ndim == 1:
        if n == 0:
            raise RuntimeError(
                "both arguments to linear need to be at least 1D, but they are "
                f"{n}D and {weight._data.ndim}D"
            )
        raise RuntimeError("mat2 must be a matrix, got 1-D tensor")
    return execute(LINEAR_ROWS[n == 2, bias is not None], (input, weight, bias))


@composite("function nn")
def bilinear(
    input1: Tensor, input2: Tensor, weight: Tensor, bias: Tensor | None = None
) -> Tensor:
    """x1^T W_o x2 + b_o for each output o.

    Args:
        input1, input2: (..., in1) and (..., in2), with the same leading dimensions.
        weight: (out, in1, in2).
        bias: (out), or None.
    """
    _check_bilinear(input1, input2, weight, bias)
    lead, out = input1.shape[:-1], weight.shape[0]
    n = math.prod(lead)
    in1, in2 = weight.shape[1:]
    x1, x2 = input1.reshape(n, in1), input2.reshape(n, in2)
    left = matmul(x1, weight.permute(1, 0, 2).reshape(in1, out * in2)).reshape(n, out, in2)
    result = matmul(left, x2.unsqueeze(-1)).reshape(*lead, out)
    return result if bias is None else result + bias


def _check_bilinear(x1: Tensor, x2: Tensor, weight: Tensor, bias: Tensor | None) -> None:
    if x1.dim() != x2.dim():
        raise RuntimeError(
            "bilinear(): input dimensions do not match: got "
            f"{x1.dim()} and {x2.dim()}"
        )
    for d in range(x1.dim() - 1):
        if x1.shape[d] != x2.shape[d]:
            raise RuntimeError(
                f"bilinear(): input batch dimensions do not match at dim {d}: got {x1.shape[d]} "
                f"and {x2.shape[d]}"
            )
    for i, x in enumerate((x1, x2), 1):
        if x.shape[-1] != weight.shape[i]:
            raise RuntimeError(
                f"bilinear(): input{i} size does not match weight size: got {x.shape[-1]} but "
                f"expected {weight.shape[i]}"
            )
    if bias is not None and bias.shape[0] != weight.shape[0]:
        raise RuntimeError(
            f"bilinear(): bias size does not match weight size: got {bias.shape[0]} but expected "
            f"{weight.shape[0]}"
        )
