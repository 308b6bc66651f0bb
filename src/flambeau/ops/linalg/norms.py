"""Norms and condition numbers of matrices."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from ...tensor import dtype as D
from ...tensor.creation import zeros
from ...tensor.recording import host_read
from ...tensor.size import normalize_dims
from ...tensor.tensor import Tensor
from ..dispatch import execute
from ..expressions import TENSORS as T
from ..overloads import converted, into, overloaded
from ..table import ROWS, composite
from . import checks

Dims = Any
NUMBERS = (1, -1, 2, -2, math.inf, -math.inf)


def _check_matrix_norm(A: Tensor, ord: Any, dim: Sequence[int]) -> tuple[int, int]:
    name = "linalg.matrix_norm"
    checks.matrices(A, name)
    if A.dtype.category < D.FLOAT:
        raise RuntimeError(
            f"{name}: Expected a floating point or complex tensor as input. Got {A.dtype.title}\n"
            f"{checks.CONVERT}"
        )
    if isinstance(dim, int) or len(dim) != 2:
        shown = dim if isinstance(dim, int) else ", ".join(map(str, dim))
        raise RuntimeError(f"{name}: dim must be a 2-tuple. Got {shown}")
    known = ord in ("fro", "nuc") if isinstance(ord, str) else ord in NUMBERS
    if not known:
        raise RuntimeError(f"{name}: Order {ord} not supported.")
    try:
        rows, columns = normalize_dims(tuple(dim), A.ndim)
    except RuntimeError:
        raise RuntimeError(
            f"{name}: dims must be different. Got ({', '.join(map(str, dim))})"
        ) from None
    if ord in ("nuc", 2, -2):
        checks.floating(A, name)
    return rows, columns


@composite("linalg")
@overloaded
def linalg_matrix_norm(
    input: Tensor,
    ord: Any = "fro",
    dim: Sequence[int] = (-2, -1),
    keepdim: bool = False,
    *,
    dtype: D.dtype | None = None,
    out: Tensor | None = None,
) -> Tensor:
    """A norm of each matrix.

    Args:
        ord: "fro" (the root of the sum of squares), "nuc" (the sum of the singular values), inf
            and -inf (the largest and smallest sum of sizes in a row), 1 and -1 (in a column), 2
            and -2 (the largest and smallest singular value).
        dim: the two dimensions of the matrices.
        keepdim: keep these dimensions, with size 1.
        dtype: convert to this type first.
    """
    rows, columns = _check_matrix_norm(input, ord, dim)
    if ord == "fro":
        return T["linalg_vector_norm"](input, 2, (rows, columns), keepdim, dtype=dtype, out=out)
    A = converted(input, dtype)
    extreme = T["amin" if ord in (-1, -2, -math.inf) else "amax"]
    if ord in ("nuc", 2, -2):
        values = T["linalg_svdvals"](A.movedim((rows, columns), (-2, -1)))
        result = T["sum"](values, -1) if ord == "nuc" else _over(extreme, values, -1)
        if keepdim:
            for d in sorted((rows, columns)):
                result = result.unsqueeze(d)
        return into(result, out, "linalg_matrix_norm")
    first, second = (rows, columns) if ord in (1, -1) else (columns, rows)
    sums = T["linalg_vector_norm"](A, 1, (first,), True)
    result = _over(extreme, sums, second, True)
    return into(result if keepdim else _without(result, rows, columns), out, "linalg_matrix_norm")


def _over(extreme: Any, values: Tensor, dim: int, keepdim: bool = False) -> Tensor:
    """An extreme over a dimension; 0 over none."""
    if values.shape[dim]:
        return extreme(values, dim, keepdim)
    return T["sum"](values, dim, keepdim)


def _without(x: Tensor, *dims: int) -> Tensor:
    for d in sorted(dims, reverse=True):
        x = x.squeeze(d)
    return x


@composite("linalg")
@overloaded
def linalg_norm(
    input: Tensor,
    ord: Any = None,
    dim: Dims = None,
    keepdim: bool = False,
    *,
    dtype: D.dtype | None = None,
    out: Tensor | None = None,
) -> Tensor:
    """A vector or matrix norm: of a matrix where ``dim`` names two dimensions, or where there are
    two and ``ord`` is given.

    Args:
        ord: see vector_norm and matrix_norm; by default the root of the sum of squares.
        dim: a dimension or two; all elements are taken as one vector where neither ``ord`` nor
            ``dim`` is given.
        keepdim: keep the reduced dimensions, with size 1.
        dtype: convert to this type first.
    """
    if dim is not None and not isinstance(dim, int):
        dim = tuple(dim)
        if len(dim) not in (1, 2):
            raise RuntimeError(
                "linalg.norm: If dim is specified, it must be of length 1 or 2. Got "
                f"{list(dim)}"
            )
    elif dim is not None:
        dim = (dim,)
    if ord is not None and dim is None and input.ndim not in (1, 2):
        raise RuntimeError(
            "linalg.norm: If dim is not specified but ord is, the input must be 1D or 2D. Got "
            f"{input.ndim}D."
        )
    matrix = isinstance(ord, str) or ord is not None and (
        len(dim) == 2 if dim is not None else input.ndim == 2
    )
    if matrix:
        return T["linalg_matrix_norm"](
            input, ord, (-2, -1) if dim is None else dim, keepdim, dtype=dtype, out=out
        )
    order = 2 if ord is None else ord
    return T["linalg_vector_norm"](input, order, dim, keepdim, dtype=dtype, out=out)


@composite("linalg")
@overloaded
def linalg_cond(input: Tensor, p: Any = None, *, out: Tensor | None = None) -> Tensor:
    r"""The condition number :math:`\|A\|_p \|A^{-1}\|_p`; inf for singular matrices.

    ``p`` is an order of matrix_norm. None and 2 give the largest singular value by the smallest
    one, -2 the inverse, also of matrices that are not square.
    """
    if input.ndim < 2:
        raise RuntimeError("linalg.cond: The input tensor must have at least 2 dimensions.")
    if isinstance(p, str):
        checks.squares(input, f"linalg.cond(ord={p})")
    known = p in ("fro", "nuc") if isinstance(p, str) else p is None or p in NUMBERS
    if not known:
        raise RuntimeError(f"linalg.cond got an invalid norm type: {p}")
    if p is not None and p not in (2, -2):
        checks.squares(input, f"linalg.cond(ord={p})")
    if not input.numel():
        real = input.dtype.to_real()
        return into(zeros(tuple(input.shape[:-2]), dtype=real), out, "linalg_cond")
    if p is None or p in (2, -2):
        values = T["linalg_svdvals"](input)
        largest, smallest = values[..., 0], values[..., -1]
        return into(smallest / largest if p == -2 else largest / smallest, out, "linalg_cond")
    inverse, info = execute(ROWS["linalg_inv_ex"], (input, False))
    singular = info != 0
    host_read(info, "cond()")
    some = bool(info._data.any())
    if some:
        inverse = T["where"](singular.unsqueeze(-1).unsqueeze(-1), 0.0, inverse)
    norm = T["linalg_matrix_norm"]
    result = norm(input, p) * norm(inverse, p)
    return into(T["where"](singular, math.inf, result) if some else result, out, "linalg_cond")


# --- the older names ---------------------------------------------------------------------------


@composite("function")
@overloaded
def frobenius_norm(
    input: Tensor, dim: Dims = (), keepdim: bool = False, *, out: Tensor | None = None
) -> Tensor:
    """The root of the sum of squares, over all dimensions or up to two."""
    dims = (dim,) if isinstance(dim, int) else tuple(dim)
    if len(dims) > 2:
        raise RuntimeError(
            f"Expected at most 2 dimensions, but got {len(dims)} dimensions instead."
        )
    return T["linalg_vector_norm"](input, 2, dims or None, keepdim, out=out)


@composite("function")
@overloaded
def nuclear_norm(
    input: Tensor, dim: Dims = (-2, -1), keepdim: bool = False, *, out: Tensor | None = None
) -> Tensor:
    """The sum of the singular values of each matrix."""
    return T["linalg_matrix_norm"](input, "nuc", dim, keepdim, out=out)


@composite("function")
@overloaded
def norm_except_dim(v: Tensor, pow: int = 2, dim: int = 0) -> Tensor:
    """The norms over all dimensions but one; over all where ``dim`` is -1."""
    if dim == -1:
        return T["norm"](v, pow)
    rest = [d for d in range(v.ndim) if d != dim]
    return T["linalg_vector_norm"](v, pow, rest, True)
