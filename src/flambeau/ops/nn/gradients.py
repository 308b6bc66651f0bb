"""Operators on the gradients of many parameters at once, and the parts of a weight's norm."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from ...tensor.tensor import Tensor
from ..contractions import accumulate_type
from ..expressions import TENSORS
from ..table import composite, op

Array = np.ndarray


def _norm(x: Array, p: float) -> np.floating | float:
    """The p-norm of all elements of an array."""
    x = x.reshape(-1)
    if x.dtype.kind == "c":
        x = np.abs(x)
    x = x.astype(accumulate_type(x.dtype), copy=False)
    if p == 2:
        return np.sqrt(np.dot(x, x))
    size = np.abs(x)
    if math.isinf(p):
        if not size.size:
            raise RuntimeError(
                f"linalg.vector_norm cannot compute the {p} norm on an empty tensor because the "
                "operation does not have an identity"
            )
        return np.maximum.reduce(size) if p > 0 else np.minimum.reduce(size)
    if p == 0:
        return x.dtype.type(np.count_nonzero(x))
    if p == 1:
        return np.add.reduce(size)
    return np.add.reduce(size**p) ** (1 / p)


@op("total_norm(tensors: Tensors, norm_type: float)", where="", lowering="reduction",
    formula=r"\Bigl(\sum_i |x_i|^p\Bigr)^{1/p}")
def total_norm(tensors: Sequence[Array], norm_type: float) -> Array:
    """The p-norm of all tensors together: the norm of their norms, each in its tensor's type."""
    reals = [np.zeros((), x.dtype).real.dtype for x in tensors]
    norms = [np.asarray(_norm(x, norm_type), d) for x, d in zip(tensors, reals, strict=True)]
    common = reals[0] if all(d == reals[0] for d in reals) else np.result_type(*map(_wide, reals))
    return np.asarray(_norm(np.array(norms, _wide(common)), norm_type), common)


def _wide(dtype: np.dtype) -> np.dtype:
    """float32 for the half types, which NumPy cannot promote with one another."""
    return accumulate_type(dtype)


@op("scale_all_(tensors: Tensors, factor)", writes=True, where="", lowering="opaque",
    formula=r"x_i \leftarrow c x_i")
def scale_all_(tensors: Sequence[Array], factor: Array) -> None:
    """Multiplies every tensor by a 0-d tensor, in place."""
    for x in tensors:
        np.multiply(x, factor.astype(x.dtype, copy=False), out=x)


@op("clamp_all_(tensors: Tensors, min: float, max: float)", writes=True, where="",
    formula=r"x_i \leftarrow \min(\max(x_i, a), b)")
def clamp_all_(tensors: Sequence[Array], min: float, max: float) -> None:
    """Cuts the elements of every tensor to a range, in place."""
    for x in tensors:
        low, high = x.dtype.type(min), x.dtype.type(max)
        np.minimum(np.maximum(x, low, out=x), high, out=x)


@composite("function")
def _weight_norm(v: Tensor, g: Tensor, dim: int = 0) -> Tensor:
    """g v / |v|, with a norm for each slice along ``dim``, or for all of v where it is -1."""
    return v * (g / TENSORS["norm_except_dim"](v, 2, dim))
