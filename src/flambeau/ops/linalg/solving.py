"""Determinants, inverses and linear systems.

The derivatives are those of M. B. Giles, "Collected matrix derivative results for forward and
reverse mode algorithmic differentiation" (2008), with adjoints in place of transposes.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...tensor import dtype as D
from ...tensor.recording import host_read
from ...tensor.tensor import Tensor, wrap
from ..dispatch import execute
from ..expressions import TENSORS as T
from ..overloads import into, overloaded, return_type_of
from ..table import ROWS, composite, op
from . import checks, kernels
from .checks import Array

I32 = np.int32

# --- determinants ------------------------------------------------------------------------------


@op("linalg_det(A)", where="linalg", formula=r"\det A",
    derivative={"A": "det_gradient(grad, A, result)"})  # fmt: skip
def det(A: Array) -> Array:
    """The determinant of each square matrix.

    Raises:
        RuntimeError: the matrices are not square, or of integers.
    """
    checks.squares(A, "linalg.det")
    checks.floating(A, "linalg.det", "lu_cpu")
    with np.errstate(all="ignore"):  # a product may leave the type's range
        return np.asarray(np.linalg.det(A))


def det_gradient(grad: Tensor, A: Tensor, det: Tensor) -> Tensor:
    r"""Jacobi's formula: :math:`\bar A = \bar d \, \bar{\det A} \, A^{-H}`, the cofactors.

    Singular matrices have cofactors too: they are those of a regular matrix close by.
    """
    host_read(det, "the gradient of det()")
    if A._data.size and not det._data.all():
        A = _made_regular(A)
        det = T["linalg_det"](A)
    factor = grad * T["conjugate"](det)
    diagonal = T["diag_embed"](factor.unsqueeze(-1).expand(A.shape[:-1]))
    return T["linalg_solve"](A.mH, diagonal)


def _made_regular(A: Tensor) -> Tensor:
    """The singular matrices of a batch, with a rounding error in place of zero singular values."""
    u, s, vh = np.linalg.svd(A._data)
    tiny = np.finfo(s.dtype).eps
    lift = np.maximum(tiny * np.maximum(s[..., :1], tiny) - s, 0)
    lift[np.linalg.det(A._data) != 0] = 0
    return A + wrap((u * lift[..., None, :]) @ vh)


@op("linalg_slogdet(A)", where="linalg", outputs=("sign", "logabsdet"),
    formula=r"\det A / |\det A|,\ \ln |\det A|",
    derivative={"A": "slogdet_gradient(grads, A, sign, logabsdet)"})  # fmt: skip
def slogdet(A: Array) -> tuple[Array, Array]:
    """The sign of each determinant (a complex number of size 1) and the logarithm of its size."""
    checks.squares(A, "linalg.slogdet")
    checks.floating(A, "linalg.slogdet")
    with np.errstate(all="ignore"):
        sign, log = np.linalg.slogdet(A)
    return np.asarray(sign), np.asarray(log)


def slogdet_gradient(grads: list, A: Tensor, sign: Tensor, logabsdet: Tensor) -> Tensor:
    r"""The logarithm's gradient is :math:`A^{-H}`; a complex sign turns it."""
    factor = grads[1]
    if A.is_complex():
        factor = T["from_real"](grads[1]) + T["from_imag"]((T["conjugate"](sign) * grads[0]).imag)
    host_read(logabsdet, "the gradient of slogdet()")
    if A._data.size and np.isneginf(logabsdet._data).any():
        A = _made_regular(A)
    diagonal = T["diag_embed"](factor.unsqueeze(-1).expand(A.shape[:-1]))
    return T["linalg_solve"](A.mH, diagonal)


@composite()
@overloaded
def logdet(input: Tensor) -> Tensor:
    """The logarithm of each determinant; nan where it is negative, -inf where it is 0."""
    checks.squares(input, "logdet")
    checks.floating(input, "logdet")
    sign, log = T["linalg_slogdet"](input)
    if input.is_complex():
        return sign.log() + log
    return T["where"](sign == -1, float("nan"), log)


# --- inverses ----------------------------------------------------------------------------------


@op("linalg_inv_ex(A, *, check_errors: bool = False)", where="linalg", outputs=("inverse", "info"),
    nondifferentiable=("info",), formula=r"A^{-1}",
    derivative={"A": "-(inverse.mH @ grad @ inverse.mH)"})  # fmt: skip
def inv_ex(A: Array, check_errors: bool) -> tuple[Array, Array]:
    """The inverse of each square matrix; ``info`` is the first zero pivot where it has none."""
    checks.squares(A, "linalg.inv")
    checks.floating(A, "linalg.inv")
    try:
        out, info = np.linalg.inv(A), np.zeros(A.shape[:-2], I32)
    except np.linalg.LinAlgError:
        out, info = _solve_singular(A, kernels.eye_like(A, *A.shape[-2:]))
    if check_errors:
        checks.check(info, "inv", "linalg.inv_ex")
    return out, info


def _solve_singular(a: Array, b: Array) -> tuple[Array, Array]:
    """The solution where one exists, inf and nan elsewhere, and the first zero pivots."""
    lu, pivots, info = kernels.lu_factor(a)
    return _lu_solve(lu, pivots, b), info


def _lu_solve(lu: Array, pivots: Array, b: Array) -> Array:
    order = kernels.permutation(pivots, lu.shape[-1])
    batch = np.broadcast_shapes(order.shape[:-1], b.shape[:-2])
    b = np.broadcast_to(b, batch + b.shape[-2:])
    order = np.broadcast_to(order, batch + order.shape[-1:])
    turned = np.take_along_axis(b, order[..., None], -2)
    return kernels.solve_triangular(
        lu, kernels.solve_triangular(lu, turned, False, unit=True), True
    )


def inverse_of(A: Tensor, name: str) -> Tensor:
    """The inverse, or LinAlgError by the name of the caller."""
    result, info = execute(ROWS["linalg_inv_ex"], (A, False))
    checks.check(info, "inv", name)
    return result


@composite("linalg")
@overloaded
def linalg_inv(A: Tensor, *, out: Tensor | None = None) -> Tensor:
    r"""The inverse :math:`A^{-1}` of each square matrix.

    Raises:
        LinAlgError: a matrix is singular.
        RuntimeError: the matrices are not square, or of integers.
    """
    return into(inverse_of(A, "linalg.inv"), out, "linalg_inv")


@composite()
@overloaded
def inverse(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The same as linalg.inv."""
    return into(inverse_of(input, "linalg.inv"), out, "inverse")


# --- linear systems ----------------------------------------------------------------------------


@op("_linalg_solve_ex(A, B, left: bool = True)", where="", outputs=("result", "info"),
    nondifferentiable=("info",), node="LinalgSolveExBackward0", formula=r"A^{-1} B",
    derivative={"A, B": "solve_gradient(grad, A, B, result, left, needs)"})  # fmt: skip
def solve_ex(A: Array, B: Array, left: bool) -> tuple[Array, Array]:
    """X with A X = B, or X A = B; and the first zero pivot of singular matrices."""
    name = "linalg.solve"
    checks.squares(A, name)
    checks.floating(A, name, "lu_cpu")
    checks.same_type(A, B, name)
    vector = B.ndim == 1 or is_vector(A, B)
    b = B[..., None] if vector else B
    checks.matrices(b, name, "B")
    checks.fits(A, b, name, left)
    checks.batch_shape(A, b)
    if not left:
        A, b = A.swapaxes(-1, -2), b.swapaxes(-1, -2)
    try:
        out, info = np.linalg.solve(A, b), np.zeros(A.shape[:-2], I32)
    except np.linalg.LinAlgError:
        out, info = _solve_singular(A, b)
    if not left:
        out = out.swapaxes(-1, -2)
    return (out[..., 0] if vector else out), info


def is_vector(A: Any, B: Any) -> bool:
    """Whether B is a batch of vectors, one for each matrix."""
    return A.ndim - 1 == B.ndim and tuple(B.shape) == tuple(A.shape[:-1])


def solve_gradient(
    grad: Tensor, A: Tensor, B: Any, X: Tensor, left: bool, needs: dict
) -> tuple:
    r""":math:`\bar B = A^{-H} \bar X` and :math:`\bar A = -\bar B X^H`."""
    vector = B.ndim == 1 or is_vector(A, B)
    if vector:
        grad, X = grad.unsqueeze(-1), X.unsqueeze(-1)
    to_b = T["linalg_solve"](A.mH, grad, left=left)
    to_a = None
    if needs["A"]:
        product = to_b @ X.mH if left else X.mH @ to_b
        to_a = T["sum_to_size"](-product, A.shape)
    if not needs["B"]:
        return to_a, None
    if vector:
        to_b = to_b.squeeze(-1)
    return to_a, T["sum_to_size"](to_b, B.shape)


@composite("linalg")
@overloaded
def linalg_solve(
    A: Tensor, B: Tensor, *, left: bool = True, out: Tensor | None = None
) -> Tensor:
    """The solution X of A X = B (X A = B where ``left`` is False).

    Args:
        A: square matrices, (..., n, n).
        B: right-hand sides, (..., n, k), or vectors (n) or (..., n).
        left: on which side of X the matrix stands.

    Raises:
        LinAlgError: a matrix is singular.
        RuntimeError: shapes or types do not fit.
    """
    result, info = execute(ROWS["_linalg_solve_ex"], (A, B, left))
    checks.check(info, "solve", "torch.linalg.solve")
    return into(result, out, "linalg_solve")


@composite("linalg")
@overloaded
def linalg_solve_ex(
    A: Tensor, B: Tensor, *, left: bool = True, check_errors: bool = False, out: Any = None
) -> tuple:
    """The solution of A X = B and ``info``, which names the first zero pivot of each matrix."""
    result, info = execute(ROWS["_linalg_solve_ex"], (A, B, left))
    if check_errors:
        checks.check(info, "solve", "torch.linalg.solve_ex")
    return named("linalg_solve_ex", out, result=result, info=info)


def named(name: str, out: Any, **results: Tensor) -> tuple:
    """Several results as a named tuple, written into ``out`` where that is given."""
    values = tuple(results.values())
    if out is not None:
        values = tuple([into(v, o, name) for v, o in zip(values, out, strict=True)])
    return return_type_of(name, *results)(*values)


# --- triangular systems ------------------------------------------------------------------------


@op("linalg_solve_triangular(A, B, *, upper: bool, left: bool = True, unitriangular: bool = False)",
    where="linalg", formula=r"A^{-1} B",
    derivative={"A, B": "triangular_gradient("
                        "grad, A, B, result, upper, left, unitriangular, needs)"})  # fmt: skip
def solve_triangular(A: Array, B: Array, upper: bool, left: bool, unitriangular: bool) -> Array:
    """X with A X = B, or X A = B, for triangular matrices; their other triangle is not read.

    A zero on the diagonal gives inf and nan. ``unitriangular`` takes the diagonal as ones.
    """
    name = "linalg.solve_triangular"
    checks.matrices(A, name)
    checks.matrices(B, name, "B")
    checks.squares(A, name)
    checks.fits(A, B, name, left)
    checks.batch_shape(A, B)
    if A.dtype in checks.HALF or A.dtype.kind in "biu":
        raise checks.not_implemented("triangular_solve_cpu", A)
    return kernels.solve_triangular(A, B.astype(A.dtype, copy=False), upper, left, unitriangular)


def triangular_gradient(
    grad: Tensor, A: Tensor, B: Any, X: Tensor, upper: bool, left: bool, unit: bool, needs: dict
) -> tuple:
    """As for any system; what was not read has no gradient."""
    to_b = T["linalg_solve_triangular"](
        A.mH, grad, upper=not upper, left=left, unitriangular=unit
    )
    to_a = None
    if needs["A"]:
        product = to_b @ X.mH if left else X.mH @ to_b
        to_a = T["sum_to_size"](triangle(-product, upper, unit), A.shape)
    return to_a, (T["sum_to_size"](to_b, B.shape) if needs["B"] else None)


def triangle(a: Tensor, upper: bool, strict: bool = False) -> Tensor:
    """The upper or lower triangle, without the diagonal if ``strict``."""
    return T["triu"](a, int(strict)) if upper else T["tril"](a, -int(strict))


@op("_triangular_solve(b, A, upper: bool, transpose: bool, unitriangular: bool)", where="",
    outputs=("solution", "cloned_coefficient"), node="TriangularSolveBackward0",
    derivative={"b, A": "triangular_solve_gradient(grads, b, A, solution, upper, transpose, "
                        "unitriangular, needs)"})  # fmt: skip
def triangular_solve_kernel(
    b: Array, A: Array, upper: bool, transpose: bool, unitriangular: bool
) -> tuple[Array, Array]:
    """X with A X = b (Aᵀ X = b with ``transpose``), and a copy of A."""
    for which, array in (("b", b), ("A", A)):
        if array.ndim < 2:
            raise RuntimeError(
                f"torch.triangular_solve: Expected {which} to have at least 2 dimensions, but it "
                f"has {array.ndim} dimensions instead"
            )
    same_types_and_sizes(b, A, "triangular_solve")
    batch = checks.batch_shape(A, b)
    matrix = A.swapaxes(-1, -2) if transpose else A
    x = kernels.solve_triangular(matrix, b, upper != transpose, True, unitriangular)
    return x, np.array(np.broadcast_to(A, batch + A.shape[-2:]))


def same_types_and_sizes(b: Array, a: Array, name: str) -> None:
    """The checks that PyTorch's older solvers share."""
    if a.dtype != b.dtype:
        raise RuntimeError(
            f"Expected b and A to have the same dtype, but found b of type {checks.title(b)} and A "
            f"of type {checks.title(a)} instead."
        )
    m, n = a.shape[-2:]
    if m != n:
        raise RuntimeError(
            f"A must be batches of square matrices, but they are {m} by {n} matrices"
        )
    if n != b.shape[-2]:
        raise RuntimeError(
            f"Incompatible matrix sizes for {name}: each A matrix is {n} by {n} but each b matrix "
            f"is {b.shape[-2]} by {b.shape[-1]}"
        )


def triangular_solve_gradient(
    grads: list, b: Any, A: Tensor, X: Tensor, upper: bool, transpose: bool, unit: bool, needs: dict
) -> tuple:
    """The gradients of the system, and of the copy of A."""
    matrix = A.mT if transpose else A
    needs = {"A": needs["A"], "B": needs["b"]}
    to_a, to_b = triangular_gradient(
        grads[0], matrix, b, X, upper != transpose, True, unit, needs
    )
    if to_a is not None:
        to_a = (to_a.mT if transpose else to_a) + T["sum_to_size"](grads[1], A.shape)
    return to_b, to_a


@composite()
@overloaded
def triangular_solve(
    input: Tensor,
    A: Tensor,
    upper: bool = True,
    transpose: bool = False,
    unitriangular: bool = False,
    *,
    out: Any = None,
) -> tuple:
    """X with A X = input, and a copy of A. An older form of linalg.solve_triangular."""
    deprecated(
        "torch.triangular_solve is deprecated in favor of torch.linalg.solve_triangular"
        "and will be removed in a future PyTorch release.\ntorch.linalg.solve_triangular has its "
        "arguments reversed and does not return a copy of one of the inputs.\n"
        "X = torch.triangular_solve(B, A).solution\nshould be replaced with\n"
        "X = torch.linalg.solve_triangular(A, B)."
    )
    x, copy = execute(ROWS["_triangular_solve"], (input, A, upper, transpose, unitriangular))
    return named("triangular_solve", out, solution=x, cloned_coefficient=copy)


def deprecated(text: str) -> None:
    """Warns once, as PyTorch does, that a function has a successor."""
    import warnings

    if text not in _WARNED:
        _WARNED.add(text)
        warnings.warn(text, stacklevel=4)


_WARNED: set[str] = set()

# --- LU ----------------------------------------------------------------------------------------


def _check_lu(A: Array, pivot: bool, name: str) -> None:
    if A.ndim < 2:
        raise RuntimeError(
            f"{name}: Expected tensor with 2 or more dimensions. Got size: {list(A.shape)} instead"
        )
    if A.dtype.kind in "biu" or A.dtype in checks.HALF:
        raise checks.not_implemented("lu_cpu", A)
    if not pivot:
        raise RuntimeError("linalg.lu_factor: LU without pivoting is not implemented on the CPU")


@op("linalg_lu_factor_ex(A, *, pivot: bool = True, check_errors: bool = False)", where="linalg",
    outputs=("LU", "pivots", "info"), nondifferentiable=("pivots", "info"), formula="A = PLU",
    derivative={"A": "lu_factor_gradient(grad, LU, pivots)"})  # fmt: skip
def lu_factor_ex(A: Array, pivot: bool, check_errors: bool) -> tuple[Array, Array, Array]:
    """L and U in one matrix, the rows exchanged at each step, counted from 1, and the first zero
    pivot of each matrix."""
    _check_lu(A, pivot, "torch.lu_factor")
    lu, pivots, info = kernels.lu_factor(A)
    if check_errors:
        checks.check(info, "lu", "torch.linalg.lu_factor_ex")
    return lu, pivots, info


def lu_factor_gradient(grad: Tensor, LU: Tensor, pivots: Tensor) -> Tensor:
    """The gradient through both triangles of the compact form."""
    k = min(LU.shape[-2:])
    P, L, U = T["lu_unpack"](LU, pivots)
    to_l = T["tril"](grad[..., :, :k], -1)
    to_u = T["triu"](grad[..., :k, :])
    return lu_gradient(to_l, to_u, P, L, U)


def lu_gradient(to_l: Tensor, to_u: Tensor, P: Tensor, L: Tensor, U: Tensor) -> Tensor:
    r"""For square matrices :math:`\bar A = P L^{-H} [\mathrm{tril}(L^H \bar L, -1) +
    \mathrm{triu}(\bar U U^H)] U^{-H}`. Further rows are solved for by U, further columns by L.
    """
    m, n = L.shape[-2], U.shape[-1]
    k = min(m, n)
    square_l, square_u = L[..., :k, :], U[..., :, :k]
    solve = T["linalg_solve_triangular"]
    gl, gu, more = to_l[..., :k, :], to_u[..., :, :k], None
    if m > n:
        more = solve(square_u.mH, to_l[..., k:, :], upper=False, left=False)
        gu = gu - T["triu"](L[..., k:, :].mH @ more)
    elif n > m:
        more = solve(square_l.mH, to_u[..., :, k:], upper=True, unitriangular=True)
        gl = gl - T["tril"](more @ U[..., :, k:].mH, -1)
    inner = T["tril"](square_l.mH @ gl, -1) + T["triu"](gu @ square_u.mH)
    out = solve(square_l.mH, inner, upper=True, unitriangular=True)
    out = solve(square_u.mH, out, upper=False, left=False)
    if m > n:
        out = T["cat"]((out, more), -2)
    elif n > m:
        out = T["cat"]((out, more), -1)
    return P @ out


@composite("linalg")
@overloaded
def linalg_lu_factor(A: Tensor, *, pivot: bool = True, out: Any = None) -> tuple:
    """L and U in one matrix, and the rows exchanged at each step, counted from 1.

    Raises:
        RuntimeError: a matrix is singular.
    """
    LU, pivots, info = execute(ROWS["linalg_lu_factor_ex"], (A, pivot, False))
    checks.check(info, "lu", "torch.linalg.lu_factor")
    return named("linalg_lu_factor", out, LU=LU, pivots=pivots)


@op("linalg_lu(A, *, pivot: bool = True)", where="linalg", outputs=("P", "L", "U"),
    nondifferentiable=("P",), formula="A = PLU",
    derivative={"A": "lu_of_gradient(grads, P, L, U)"})  # fmt: skip
def lu(A: Array, pivot: bool) -> tuple[Array, Array, Array]:
    """A = P L U: a permutation, a lower triangle with a unit diagonal and an upper triangle."""
    _check_lu(A, pivot, "linalg.lu")
    compact, pivots, _ = kernels.lu_factor(A)
    order = kernels.permutation(pivots, A.shape[-2])
    return kernels.permutation_matrix(order, A.dtype), *kernels.unpack(compact)


def lu_of_gradient(grads: list, P: Tensor, L: Tensor, U: Tensor) -> Tensor:
    """lu_gradient; a factor that was not used has the gradient zero."""
    to_l = T["zeros_like"](L) if grads[1] is None else grads[1]
    to_u = T["zeros_like"](U) if grads[2] is None else grads[2]
    return lu_gradient(T["tril"](to_l, -1), T["triu"](to_u), P, L, U)


@op("lu_unpack(LU_data, LU_pivots, unpack_data: bool = True, unpack_pivots: bool = True)",
    where="function", outputs=("P", "L", "U"), nondifferentiable=("P",),
    derivative={"LU_data": "lu_unpack_gradient(grads, LU_data.shape)"})  # fmt: skip
def lu_unpack(
    LU_data: Array, LU_pivots: Array, unpack_data: bool, unpack_pivots: bool
) -> tuple[Array, Array, Array]:
    """P, L and U from what linalg.lu_factor gives; empty tensors for what is not asked for."""
    if LU_pivots.dtype != I32:
        raise RuntimeError(
            "torch.lu_unpack: LU_pivots is expected to be a contiguous tensor of torch.int32 "
            "dtype.\nNote: this function is intended to be used with the output produced by "
            "torch.linalg.lu_factor"
        )
    m = LU_data.shape[-2]
    order, lower, upper = (np.empty(0, LU_data.dtype) for _ in range(3))
    if unpack_pivots:
        if LU_pivots.size and not (LU_pivots.min() >= 1 and LU_pivots.max() <= m):
            raise RuntimeError(
                "pivots passed to lu_unpack must be between 1 and LU.size(-2) inclusive."
                "Did you properly pass the result of lu_factor?"
            )
        order = kernels.permutation_matrix(kernels.permutation(LU_pivots, m), LU_data.dtype)
    if unpack_data:
        lower, upper = kernels.unpack(LU_data)
    return order, lower, upper


def lu_unpack_gradient(grads: list, shape: tuple) -> Tensor:
    """Both triangles' gradients in one matrix."""
    m, n = shape[-2:]
    k = min(m, n)
    _, to_l, to_u = grads
    parts = []
    if to_l is not None:
        lower = T["tril"](to_l, -1)
        parts.append(T["constant_pad_nd"](lower, (0, n - k)) if n > k else lower)
    if to_u is not None:
        upper = T["triu"](to_u)
        parts.append(T["constant_pad_nd"](upper, (0, 0, 0, m - k)) if m > k else upper)
    return parts[0] if len(parts) == 1 else parts[0] + parts[1]


@composite("linalg")
@overloaded
def linalg_lu_solve(
    LU: Tensor,
    pivots: Tensor,
    B: Tensor,
    *,
    left: bool = True,
    adjoint: bool = False,
    out: Tensor | None = None,
) -> Tensor:
    """X with A X = B (or X A = B), from what linalg.lu_factor gives for A.

    ``adjoint`` takes the adjoint of A in its place.
    """
    name = "linalg.lu_solve"
    checks.squares(LU, "torch." + name)
    checks.matrices(B, name, "B")
    checks.floating(LU, name, name + "_cpu")
    if LU.dtype is not B.dtype:
        raise RuntimeError(
            f"{name}: Expected LU and B to have the same dtype, but found LU of type "
            f"{LU.dtype.title} and B of type {B.dtype.title} instead"
        )
    if pivots.dtype is not D.int32:
        raise RuntimeError(f"{name}: pivots should be a Tensor of scalar type torch.int32")
    if not pivots.ndim or pivots.shape[-1] != LU.shape[-1]:
        raise RuntimeError(
            f"{name}: Number of pivots per batch should be same as the dimension of the matrix"
        )
    checks.fits(LU._data, B._data, name, left)
    return into(_through_factors(LU, pivots, B, left, adjoint), out, "linalg_lu_solve")


def _through_factors(LU: Tensor, pivots: Tensor, B: Tensor, left: bool, adjoint: bool) -> Tensor:
    """Solves by each factor of A = P L U in turn."""
    if not left:  # X A = B is Aᴴ Xᴴ = Bᴴ
        return _through_factors(LU, pivots, B.mH, True, not adjoint).mH
    solve = T["linalg_solve_triangular"]
    P = T["lu_unpack"](LU, pivots, unpack_data=False)[0]
    if adjoint:
        x = solve(LU.mH, B, upper=False)
        return P @ solve(LU.mH, x, upper=True, unitriangular=True)
    x = solve(LU, P.mT @ B, upper=False, unitriangular=True)
    return solve(LU, x, upper=True)


for _function in (
    det_gradient, slogdet_gradient, solve_gradient, triangular_gradient, triangular_solve_gradient,
    lu_factor_gradient, lu_of_gradient, lu_unpack_gradient,
):  # fmt: skip
    T[_function.__name__] = _function
