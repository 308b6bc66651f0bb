"""Products of vectors and of tensors over chosen dimensions: composed of contractions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..tensor.size import broadcast_error, normalize_dim
from ..tensor.tensor import Tensor
from .contractions import conversion_hint, cpp_name, into, matmul, scalar_type_error
from .expressions import TENSORS
from .table import composite, op

Array = np.ndarray


# --- vectors -----------------------------------------------------------------------------------


@composite("function method", aliases=("ger",))
def outer(input: Tensor, vec2: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The products of all pairs of two vectors' elements: (n) and (m) give (n, m)."""
    for name, t in (("self", input), ("vec2", vec2)):
        if t.dim() != 1:
            raise RuntimeError(f"outer: Expected 1-D argument {name}, but got {t.dim()}-D")
    if out is not None:
        return into(out, outer, input, vec2)
    return input.reshape(input.shape[0], 1) * vec2


@composite("function method")
def inner(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The sum of the products over the last dimension of both: (..., k) and (+++, k)."""
    if out is not None:
        return into(out, inner, input, other)
    if not input.dim() or not other.dim():
        return input * other
    if input.shape[-1] != other.shape[-1]:
        raise RuntimeError(
            "inner() the last dimension must match on both input tensors but got shapes "
            f"{list(input.shape)} and {list(other.shape)}"
        )
    return tensordot(input, other, ([-1], [-1]))


@composite("linalg")
def linalg_vecdot(x: Tensor, y: Tensor, *, dim: int = -1, out: Tensor | None = None) -> Tensor:
    """The inner product of vectors along a dimension; the first ones are conjugated."""
    if out is not None:
        return into(out, linalg_vecdot, x, y, dim=dim)
    if x.dtype != y.dtype:
        raise RuntimeError(
            "linalg.vecdot: Expected x and y to have the same dtype, but found x of type "
            f"{x.dtype.title} and y of type {y.dtype.title} instead"
        )
    return (TENSORS["conjugate"](x) * y).sum(dim)


@op("linalg_cross(input, other, *, dim: int = -1)",
    derivative={
        "input": "sum_to_size(linalg_cross(conjugate(other), grad, dim=dim), input.shape)",
        "other": "sum_to_size(linalg_cross(grad, conjugate(input), dim=dim), other.shape)"},
    where="linalg", formula=r"x \times y")
def linalg_cross(input: Array, other: Array, dim: int) -> Array:
    """The cross product of vectors of three elements along a dimension; the others broadcast."""
    if input.ndim != other.ndim:
        raise RuntimeError("linalg.cross: inputs must have the same number of dimensions.")
    at = normalize_dim(dim, input.ndim)
    if input.shape[at] != 3 or other.shape[at] != 3:
        raise RuntimeError(
            f"linalg.cross: inputs dimension {dim} must have length 3. Got {input.shape[at]} and "
            f"{other.shape[at]}"
        )
    for m, n in zip(input.shape, other.shape, strict=True):
        if m != n and m != 1 and n != 1:
            raise broadcast_error(input.shape, other.shape)
    if input.dtype != other.dtype:
        raise scalar_type_error(input, other)
    a, b = np.moveaxis(input, at, 0), np.moveaxis(other, at, 0)
    return np.stack([a[i - 2] * b[i - 1] - a[i - 1] * b[i - 2] for i in range(3)], at)


@composite("function method")
def cross(
    input: Tensor, other: Tensor, dim: int | None = None, *, out: Tensor | None = None
) -> Tensor:
    """The cross product along ``dim``, by default the first dimension of size 3."""
    if out is not None:
        return into(out, cross, input, other, dim)
    if dim is None:
        if input.dim() != other.dim():
            raise RuntimeError("linalg.cross: inputs must have the same number of dimensions.")
        dim = next((i for i, n in enumerate(input.shape) if n == 3), None)
        if dim is None:
            raise RuntimeError("no dimension of size 3 in input")
    return TENSORS["linalg_cross"](input, other, dim=dim)


# --- chains and chosen dimensions --------------------------------------------------------------


@composite("linalg")
def linalg_multi_dot(tensors: Sequence[Tensor], *, out: Tensor | None = None) -> Tensor:
    """The product of a chain of matrices, in the order that takes the fewest multiplications.

    The first and the last may be vectors.
    """
    if out is not None:
        return into(out, linalg_multi_dot, tensors)
    ts = list(tensors)
    _check_chain(ts)
    first, last = ts[0].dim() == 1, ts[-1].dim() == 1
    if first:
        ts[0] = ts[0].unsqueeze(0)
    if last:
        ts[-1] = ts[-1].unsqueeze(-1)
    for i, (a, b) in enumerate(zip(ts, ts[1:], strict=False)):
        if a.shape[1] != b.shape[0]:
            raise RuntimeError(
                f"multi_dot(): tensors {i} and {i + 1} with shapes {list(tensors[i].shape)} and "
                f"{list(tensors[i + 1].shape)} cannot be multiplied"
            )
    split = _chain_order([ts[0].shape[0], *(t.shape[1] for t in ts)])
    result = _chain(ts, split, 0, len(ts) - 1)
    if last:
        result = result.squeeze(-1)
    return result.squeeze(0) if first else result


def _check_chain(ts: list[Tensor]) -> None:
    if len(ts) < 2:
        raise RuntimeError(f"multi_dot(): expected at least 2 tensors but got {len(ts)}")
    for i, t in enumerate(ts):
        place = {0: "the first tensor", len(ts) - 1: "the last tensor"}.get(i)
        if place and t.dim() not in (1, 2):
            raise RuntimeError(f"multi_dot(): {place} must be 1D or 2D but got {t.dim()}D")
        if not place and t.dim() != 2:
            raise RuntimeError(f"multi_dot(): tensor {i} must be 2D but got {t.dim()}D")
        if t.dtype != ts[0].dtype:
            raise RuntimeError(
                "multi_dot(): all tensors must have be the same dtype but tensor 0 is "
                f"{cpp_name(ts[0].dtype.numpy)} and tensor {i} {cpp_name(t.dtype.numpy)}"
            )


def _chain_order(sizes: list[int]) -> dict[tuple[int, int], int]:
    """Where to split each part of a chain: the dynamic programme for the least work."""
    n = len(sizes) - 1
    cost = {(i, i): 0 for i in range(n)}
    split = {}
    for length in range(1, n):
        for i in range(n - length):
            j = i + length
            cost[i, j], split[i, j] = min(
                (cost[i, k] + cost[k + 1, j] + sizes[i] * sizes[k + 1] * sizes[j + 1], k)
                for k in range(i, j)
            )
    return split


def _chain(ts: list[Tensor], split: dict, i: int, j: int) -> Tensor:
    if i == j:
        return ts[i]
    k = split[i, j]
    return matmul(_chain(ts, split, i, k), _chain(ts, split, k + 1, j))


@composite("function")
def chain_matmul(*matrices: Tensor, out: Tensor | None = None) -> Tensor:
    """The product of a chain of matrices; an older name for linalg.multi_dot."""
    if len(matrices) == 1:
        return matrices[0]
    return linalg_multi_dot(matrices, out=out)


@composite("function")
def tensordot(a: Tensor, b: Tensor, dims: Any = 2, out: Tensor | None = None) -> Tensor:
    """The sum of the products over pairs of dimensions.

    Args:
        dims: a number n (the last n of a with the first n of b), or two lists of dimensions.
    """
    if out is not None:
        return into(out, tensordot, a, b, dims)
    one, other = _contracted(a, b, dims)
    if len(one) != len(other):
        raise RuntimeError("both dimension lists should have same length")
    if a.dtype != b.dtype:
        raise RuntimeError(
            f"both inputs should have same dtype\n{conversion_hint(a._data, b._data)}"
        )
    for i, j in zip(one, other, strict=True):
        m, n = a.size(i), b.size(j)
        if m == 1 != n:  # a size of 1 stands for any other
            b = b.sum(j, keepdim=True, dtype=b.dtype)
        elif n == 1 != m:
            a = a.sum(i, keepdim=True, dtype=a.dtype)
        elif m != n:
            raise RuntimeError(
                f"contracted dimensions need to match, but first has size {m} in dim {i} and "
                f"second has size {n} in dim {j}"
            )
    one = [normalize_dim(i, a.dim()) for i in one]
    other = [normalize_dim(j, b.dim()) for j in other]
    for dims_of in (one, other):
        if len(set(dims_of)) != len(dims_of):
            twice = next(d for i, d in enumerate(dims_of) if d in dims_of[:i])
            raise RuntimeError(f"dim {twice} appears multiple times in the list of dims")
    left = [i for i in range(a.dim()) if i not in one]
    right = [j for j in range(b.dim()) if j not in other]
    k = math.prod(a.shape[i] for i in one)
    shape = [a.shape[i] for i in left] + [b.shape[j] for j in right]
    rows, columns = math.prod(shape[: len(left)]), math.prod(shape[len(left) :])
    x = a.permute(*left, *one).reshape(rows, k) if a.dim() else a.reshape(1, 1)
    y = b.permute(*other, *right).reshape(k, columns) if b.dim() else b.reshape(1, 1)
    return matmul(x, y).reshape(shape)


def _contracted(a: Tensor, b: Tensor, dims: Any) -> tuple[list[int], list[int]]:
    if isinstance(dims, Tensor):
        dims = dims.tolist()
    if isinstance(dims, (tuple, list)):
        one, other = dims
        return ([one] if isinstance(one, int) else list(one)), (
            [other] if isinstance(other, int) else list(other)
        )
    if dims < 0:
        raise RuntimeError(f"tensordot expects dims >= 0, but got dims={dims}")
    if dims > min(a.dim(), b.dim()):
        raise RuntimeError(f"tensordot expects dims < ndim_a or ndim_b, but got dims={dims}")
    return list(range(-dims, 0)), list(range(dims))


@composite("function method")
def kron(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The Kronecker product: every element of the first times the whole of the second."""
    if out is not None:
        return into(out, kron, input, other)
    n = max(input.dim(), other.dim())
    a = [1] * (n - input.dim()) + list(input.shape)
    b = [1] * (n - other.dim()) + list(other.shape)
    x = input.reshape([s for m in a for s in (m, 1)])
    y = other.reshape([s for m in b for s in (1, m)])
    return TENSORS["_unsafe_view"](x * y, tuple(p * q for p, q in zip(a, b, strict=True)))
