"""Factorisations: Cholesky, QR by Householder reflections, and LDL."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...tensor import dtype as D
from ...tensor.creation import eye
from ...tensor.tensor import Tensor
from ..dispatch import execute
from ..expressions import TENSORS as T
from ..overloads import into, overloaded
from ..table import ROWS, composite, op
from . import checks, kernels
from .checks import Array
from .solving import deprecated, named, same_types_and_sizes

I32 = np.int32

# --- Cholesky ----------------------------------------------------------------------------------


@op("linalg_cholesky_ex(input, *, upper: bool = False, check_errors: bool = False)",
    where="linalg", outputs=("L", "info"), nondifferentiable=("info",), formula="A = LL^H",
    derivative={"input": "cholesky_gradient(grad, L, upper)"})  # fmt: skip
def cholesky_ex(input: Array, upper: bool, check_errors: bool) -> tuple[Array, Array]:
    """L with A = L Lᴴ (U with A = Uᴴ U where ``upper``), and the order of the first leading minor
    that is not positive, for matrices that have no such factor."""
    checks.squares(input, "linalg.cholesky")
    checks.floating(input, "linalg.cholesky", "cholesky_cpu")
    try:
        factor = np.linalg.cholesky(input, upper=upper)
        info = np.zeros(input.shape[:-2], I32)
    except np.linalg.LinAlgError:
        factor = None
    if factor is None or np.isnan(factor.diagonal(axis1=-2, axis2=-1)).any():
        factor, info = kernels.cholesky(kernels.adjoint(input) if upper else input)
        factor = kernels.adjoint(factor) if upper else factor
    if check_errors:
        checks.check(info, "cholesky", "linalg.cholesky_ex")
    return factor, info


def cholesky_gradient(grad: Tensor, L: Tensor, upper: bool) -> Tensor:
    r""":math:`\bar A = L^{-H} \Phi(L^H \bar L) L^{-1}`, made symmetric; :math:`\Phi` takes the
    lower triangle with half the diagonal. I. Murray, "Differentiation of the Cholesky
    decomposition" (2016).
    """
    if upper:
        grad, L = grad.mH, L.mH
    phi = T["tril"](L.mH @ grad)
    symmetric = (phi + T["tril"](phi, -1).mH) / 2
    solve = T["linalg_solve_triangular"]
    out = solve(L.mH, symmetric, upper=True)
    return solve(L, out, upper=False, left=False)


@composite("linalg")
@overloaded
def linalg_cholesky(input: Tensor, *, upper: bool = False, out: Tensor | None = None) -> Tensor:
    r"""The triangular factor L of each positive-definite matrix: :math:`A = L L^H`.

    Args:
        upper: give the upper triangular factor :math:`U = L^H` instead.

    Raises:
        LinAlgError: a matrix is not positive-definite.
    """
    factor, info = execute(ROWS["linalg_cholesky_ex"], (input, upper, False))
    checks.check(info, "cholesky", "linalg.cholesky")
    return into(factor, out, "linalg_cholesky")


@composite()
@overloaded
def cholesky(input: Tensor, upper: bool = False, *, out: Tensor | None = None) -> Tensor:
    """The triangular factor of positive-definite matrices; an older form of linalg.cholesky."""
    deprecated(
        "torch.cholesky is deprecated in favor of torch.linalg.cholesky and will be removed in a "
        "future PyTorch release.\nL = torch.cholesky(A)\nshould be replaced with\n"
        "L = torch.linalg.cholesky(A)\nand\nU = torch.cholesky(A, upper=True)\nshould be replaced "
        "with\nU = torch.linalg.cholesky(A).mH\nThis transform will produce equivalent results for "
        "all valid (symmetric positive definite) inputs."
    )
    if input.numel() == 0:
        return into(T["clone"](input), out, "cholesky")
    checks.squares(input, "cholesky")
    if input.dtype.category < D.FLOAT:
        raise checks.not_implemented("cholesky_cpu", input)
    factor, info = execute(ROWS["linalg_cholesky_ex"], (input, upper, False))
    checks.check(info, "cholesky", "cholesky")
    return into(factor, out, "cholesky")


@op("cholesky_solve(input, input2, upper: bool = False)", formula=r"(LL^H)^{-1} B",
    derivative={"input, input2": "cholesky_solve_gradient(grad, input, input2, result, upper, "
                                 "needs)"})  # fmt: skip
def cholesky_solve(input: Array, input2: Array, upper: bool) -> Array:
    """X with A X = input, where input2 is the factor L of A = L Lᴴ (U of A = Uᴴ U if ``upper``)."""
    for name, a in (("b", input), ("u", input2)):
        if a.ndim < 2:
            raise RuntimeError(
                f"{name} should have at least 2 dimensions, but has {a.ndim} dimensions instead"
            )
    same_types_and_sizes(input, input2, "cholesky_solve")
    checks.batch_shape(input2, input)
    if input.dtype.kind in "biu" or input.dtype in checks.HALF:
        raise checks.not_implemented("cholesky_solve_cpu", input)
    turned = kernels.adjoint(input2)
    first, second = (turned, input2) if upper else (input2, turned)
    x = kernels.solve_triangular(first, input, False)
    return kernels.solve_triangular(second, x, True)


def cholesky_solve_gradient(
    grad: Tensor, B: Any, L: Tensor, X: Tensor, upper: bool, needs: dict
) -> tuple:
    r""":math:`\bar B = A^{-1} \bar X` and :math:`\bar L = -(M + M^H) L` with M = B̄ Xᴴ; the triangle
    that is not read has the gradient that the formula gives it, as in PyTorch."""
    to_b, to_l = T["cholesky_solve"](grad, L, upper), None
    if needs["input2"]:
        product = to_b @ X.mH
        to_l = _factor_gradient(product + product.mH, L, upper)
        to_l = T["sum_to_size"](to_l, L.shape)
    return T["sum_to_size"](to_b, B.shape) if needs["input"] else None, to_l


def _factor_gradient(term: Tensor, L: Tensor, upper: bool) -> Tensor:
    return -(L @ term) if upper else -(term @ L)


@op("cholesky_inverse(input, upper: bool = False)", formula=r"(LL^H)^{-1}",
    derivative={"input": "cholesky_inverse_gradient(grad, input, result, upper)"})  # fmt: skip
def cholesky_inverse(input: Array, upper: bool) -> Array:
    """The inverse of A = L Lᴴ (A = Uᴴ U if ``upper``), from its factor."""
    checks.squares(input, "cholesky_inverse")
    if input.dtype.kind in "biu" or input.dtype in checks.HALF:
        raise checks.not_implemented("cholesky_inverse_out_cpu", input)
    diagonal = input.diagonal(axis1=-2, axis2=-1)
    first = np.where((diagonal == 0).any(-1), (diagonal == 0).argmax(-1) + 1, 0) if (
        input.size) else np.zeros(input.shape[:-2], I32)
    checks.check(first, "inv", "cholesky_inverse")
    one = kernels.eye_like(input, *input.shape[-2:])
    inverse = kernels.solve_triangular(input, one, upper)
    return inverse @ kernels.adjoint(inverse) if upper else kernels.adjoint(inverse) @ inverse


def cholesky_inverse_gradient(grad: Tensor, L: Tensor, inverse: Tensor, upper: bool) -> Tensor:
    """That of an inverse, through A = L Lᴴ."""
    return _factor_gradient(inverse @ ((grad + grad.mH) @ inverse), L, upper)


# --- QR ----------------------------------------------------------------------------------------

MODES = ("reduced", "complete", "r")


@op("linalg_qr(A, mode: str = 'reduced')", where="linalg", outputs=("Q", "R"), formula="A = QR",
    derivative={"A": "qr_gradient(grads, Q, R, mode)"})  # fmt: skip
def qr_kernel(A: Array, mode: Any) -> tuple[Any, Any]:
    """A = Q R, with orthonormal columns in Q and an upper triangle in R.

    ``mode`` "reduced" gives as many columns as A needs, "complete" a square Q, "r" R alone.
    """
    if mode not in MODES:
        raise RuntimeError(
            f"qr received unrecognized mode '{mode}' but expected one of 'reduced' (default), 'r', "
            "or 'complete'"
        )
    checks.matrices(A, "linalg.qr")
    checks.floating(A, "linalg.qr", "geqrf_cpu")
    q: Any
    r: Any
    m, n = A.shape[-2:]
    if not A.size:
        k = min(m, n)
        rows = m if mode == "complete" else k
        r = np.zeros((*A.shape[:-2], rows, n), A.dtype)
        q = np.empty(0, A.dtype) if mode == "r" else kernels.eye_like(A, m, rows)
    elif mode == "r":
        q, r = np.empty(0, A.dtype), np.linalg.qr(A, "r")
    else:
        q, r = np.linalg.qr(A, mode)
    return q, r


def qr_gradient(grads: list, Q: Tensor, R: Tensor, mode: str) -> Tensor:
    r"""With :math:`M = \bar R R^H - Q^H \bar Q`: :math:`\bar A = [\bar Q + Q \,
    \mathrm{sym}(M)] R^{-H}`, where sym takes the upper triangle with half the diagonal, plus its
    adjoint. D. A. O. Roberts and L. R. Roberts, "QR and LQ decomposition matrix backpropagation
    algorithms for square, wide, and deep" (2020); columns beyond the square are Q times theirs.
    """
    if mode == "r":
        raise RuntimeError(
            "The derivative of linalg.qr depends on Q, which is not computed when mode='r'. Please "
            "use linalg.qr(A, mode='reduced') if you are going to require gradients."
        )
    to_q, to_r = grads
    m, n = Q.shape[-2], R.shape[-1]
    if mode == "complete" and m > n:
        raise RuntimeError(
            "The QR decomposition is not differentiable when mode='complete' and nrows > ncols."
        )
    more = None
    if m < n:
        more = Q @ to_r[..., :, m:]
        to_q = to_q + (Q @ R[..., :, m:]) @ to_r[..., :, m:].mH
        to_r, R = to_r[..., :, :m], R[..., :, :m]
    inner = T["triu"](to_r @ R.mH - Q.mH @ to_q)
    diagonal = T["diag_embed"](inner.diagonal(dim1=-2, dim2=-1))
    half = inner - diagonal / 2
    out = T["linalg_solve_triangular"](R.mH, to_q + Q @ (half + half.mH), upper=False, left=False)
    return out if more is None else T["cat"]((out, more), -1)


@composite()
@overloaded
def qr(input: Tensor, some: bool = True, *, out: Any = None) -> tuple:
    """A = Q R; an older form of linalg.qr: ``some`` is "reduced", otherwise "complete"."""
    deprecated(
        "torch.qr is deprecated in favor of torch.linalg.qr and will be removed in a future "
        "PyTorch release.\nThe boolean parameter 'some' has been replaced with a string parameter "
        "'mode'.\nQ, R = torch.qr(A, some)\nshould be replaced with\n"
        "Q, R = torch.linalg.qr(A, 'reduced' if some else 'complete')"
    )
    q, r = execute(ROWS["linalg_qr"], (input, "reduced" if some else "complete"))
    return named("qr", out, Q=q, R=r)


@op("geqrf(input)", outputs=("a", "tau"),
    derivative={"input": "not_implemented('geqrf')"})  # fmt: skip
def geqrf(input: Array) -> tuple[Array, Array]:
    """QR as LAPACK keeps it: R with the reflections' vectors below it, and their factors."""
    if input.ndim < 2:
        raise RuntimeError("torch.geqrf: input must have at least 2 dimensions.")
    if input.dtype.kind in "biu" or input.dtype in checks.HALF:
        raise checks.not_implemented("geqrf_cpu", input)
    if not input.size:
        return input.copy(), np.zeros((*input.shape[:-2], min(input.shape[-2:])), input.dtype)
    h, tau = np.linalg.qr(input, "raw")
    return np.ascontiguousarray(h.swapaxes(-1, -2)), tau


# --- Householder reflections -------------------------------------------------------------------


def _check_reflections(input: Any, tau: Any, name: str) -> None:
    if input.ndim < 2:
        raise RuntimeError(f"{name}: input must have at least 2 dimensions.")
    if tau.ndim != input.ndim - 1:
        raise RuntimeError(
            f"{name}: Expected tau to have one dimension less than input, but got tau.ndim equal "
            f"to {tau.ndim} and input.ndim is equal to {input.ndim}"
        )
    if tau.shape[:-1] != input.shape[:-2]:
        raise RuntimeError(
            f"{name}: Expected batch dimensions of tau to be equal to input.shape[:-2], but got "
            f"{list(tau.shape[:-1])}"
        )
    if tau.dtype != input.dtype:
        raise RuntimeError(
            f"{name}: tau dtype {checks._title(tau)} does not match input dtype "
            f"{checks._title(input)}"
        )


@op("linalg_householder_product(input, tau)", where="linalg", formula=r"H_1 H_2 \cdots H_k",
    derivative={"input, tau": "householder_gradient(grad, input, tau, needs)"})  # fmt: skip
def householder_product(input: Array, tau: Array) -> Array:
    """The first columns of the product of reflections H = I - tau v vᴴ, which geqrf gives.

    The vectors v lie below the diagonal of ``input``, whose diagonal counts as 1.
    """
    name = "torch.linalg.householder_product"
    if input.ndim < 2:
        raise RuntimeError(f"{name}: input must have at least 2 dimensions.")
    m, n = input.shape[-2:]
    if m < n:
        raise RuntimeError(
            f"{name}: input.shape[-2] must be greater than or equal to input.shape[-1]"
        )
    if tau.ndim and n < tau.shape[-1]:
        raise RuntimeError(
            f"{name}: input.shape[-1] must be greater than or equal to tau.shape[-1]"
        )
    _check_reflections(input, tau, name)
    if input.dtype.kind in "biu" or input.dtype in checks.HALF:
        raise checks.not_implemented("orgqr_cpu", input)
    return kernels.reflections(input, tau, kernels.eye_like(input, m, n))


def reflected(input: Tensor, tau: Tensor, x: Tensor, adjoint: bool = False) -> Tensor:
    """kernels.reflections in recorded operations, one reflection after the other."""
    m, k = input.shape[-2], tau.shape[-1]
    below = T["tril"](input[..., :, :k], -1) + eye(m, k, dtype=input.dtype)
    for j in range(k) if adjoint else range(k - 1, -1, -1):
        v = below[..., :, j : j + 1]
        factor = tau[..., j : j + 1].unsqueeze(-1)
        factor = T["conjugate"](factor) if adjoint else factor
        x = x - factor * (v @ (v.mH @ x))
    return x


def householder_gradient(grad: Tensor, input: Tensor, tau: Tensor, needs: dict) -> list:
    """The gradients of the product, through its reflections computed once more."""
    m, n = input.shape[-2:]
    one = eye(m, n, dtype=input.dtype).expand(*input.shape[:-2], m, n)
    return through(lambda a, t: reflected(a, t, one), (input, tau), grad, needs.values())


def through(function: Any, inputs: tuple, grad: Tensor, needs: Any) -> list:
    """The gradients of a composition, which is recorded for them once more."""
    from ...autograd.methods import grad as gradients
    from ...autograd.modes import enable_grad, mode

    again = mode.grad  # whether the gradients' own computation is wanted
    if not again:
        inputs = tuple([t.detach().requires_grad_(n) for t, n in zip(inputs, needs, strict=True)])
    wanted = [t for t, n in zip(inputs, needs, strict=True) if n]
    with enable_grad():
        result = function(*inputs)
    found = iter(gradients(result, wanted, grad, create_graph=again, materialize_grads=True))
    return [next(found) if n else None for n in needs]


@composite()
@overloaded
def orgqr(input: Tensor, tau: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The same as linalg.householder_product."""
    return T["linalg_householder_product"](input, tau, out=out)


@op("ormqr(input, tau, other, left: bool = True, transpose: bool = False)",
    formula=r"H_1 H_2 \cdots H_k C", derivative={
        "input, tau, other": "ormqr_gradient(grad, input, tau, other, left, transpose, needs)"},
)  # fmt: skip
def ormqr(input: Array, tau: Array, other: Array, left: bool, transpose: bool) -> Array:
    """Q C, C Q, Qᴴ C or C Qᴴ, where Q is the whole product of reflections that geqrf gives."""
    _check_ormqr(input, tau, other, left)
    if left:
        return kernels.reflections(input, tau, other, transpose)
    turned = kernels.reflections(input, tau, kernels.adjoint(other), not transpose)
    return kernels.adjoint(turned)


def _check_ormqr(input: Array, tau: Array, other: Array, left: bool) -> None:
    name = "torch.ormqr"
    for which, t in (("input", input), ("other", other)):
        if t.ndim < 2:
            raise RuntimeError(f"{name}: {which} must have at least 2 dimensions.")
    side = -2 if left else -1
    if other.shape[side] < (tau.shape[-1] if tau.ndim else 0):
        raise RuntimeError(
            f"{name}: other.shape[{side}] must be greater than or equal to tau.shape[-1]"
        )
    if other.shape[side] != input.shape[-2]:
        raise RuntimeError(f"{name}: other.shape[{side}] must be equal to input.shape[-2]")
    if tau.ndim and tau.shape[-1] != min(other.shape[side], input.shape[-1]):
        raise RuntimeError(
            f"{name}: tau.shape[-1] must be equal to min(other.shape[{side}], input.shape[-1])"
        )
    if other.dtype != input.dtype:
        raise RuntimeError(
            f"{name}: Expected input and other to have the same dtype, but input has dtype"
            f"{checks.title(input)} and other has dtype {checks.title(other)}"
        )
    _check_reflections(input, tau, name)
    if other.ndim != input.ndim or other.shape[:-2] != input.shape[:-2]:
        raise RuntimeError(
            f"{name}: Expected batch dimensions of other to be equal to input.shape[:-2], but got "
            f"{list(other.shape[:-2])}"
        )


def ormqr_gradient(
    grad: Tensor,
    input: Tensor,
    tau: Tensor,
    other: Tensor,
    left: bool,
    transpose: bool,
    needs: dict,
) -> list:
    """The gradients of the product, through its reflections computed once more."""

    def function(a: Tensor, t: Tensor, c: Tensor) -> Tensor:
        if left:
            return reflected(a, t, c, transpose)
        return reflected(a, t, c.mH, not transpose).mH

    return through(function, (input, tau, other), grad, needs.values())


# --- LDL ---------------------------------------------------------------------------------------


@op("linalg_ldl_factor_ex(input, *, hermitian: bool = False, check_errors: bool = False)",
    where="linalg", outputs=("LD", "pivots", "info"), formula="A = LDL^T",
    nondifferentiable=("pivots", "info"),
    derivative={"input": "not_implemented('linalg_ldl_factor_ex')"})  # fmt: skip
def ldl_factor_ex(input: Array, hermitian: bool, check_errors: bool) -> tuple[Array, Array, Array]:
    """L and D of A = L D Lᵀ (Lᴴ where ``hermitian``) in one matrix, pivots, and the first zero."""
    name = "torch.linalg.ldl_factor_ex"
    checks.squares(input, name)
    checks.floating(input, name, "ldl_factor_kernel_cpu")
    return kernels.ldl_factor(input, hermitian and input.dtype.kind == "c")


@composite("linalg")
@overloaded
def linalg_ldl_factor(input: Tensor, *, hermitian: bool = False, out: Any = None) -> tuple:
    """L and D of A = L D Lᵀ (Lᴴ where ``hermitian``) in one matrix, with LAPACK's pivots."""
    ld, pivots, info = execute(ROWS["linalg_ldl_factor_ex"], (input, hermitian, False))
    found = checks.failed(info)
    if found is not None:
        where, step = found
        raise RuntimeError(
            f"torch.linalg.ldl_factor: {where}D[{step},{step}] is zero and using it on ldl_solve "
            "would result in a division by zero"
        )
    return named("linalg_ldl_factor", out, LD=ld, pivots=pivots)


@op("linalg_ldl_solve(LD, pivots, B, *, hermitian: bool = False)", where="linalg",
    derivative={"LD, B": "not_implemented('linalg_ldl_solve')"})  # fmt: skip
def ldl_solve(LD: Array, pivots: Array, B: Array, hermitian: bool) -> Array:
    """X with A X = B, from what linalg.ldl_factor gives for A."""
    name = "torch.linalg.ldl_solve"
    checks.matrices(LD, name, "LD")
    m, n = LD.shape[-2:]
    if B.ndim < 2:
        raise RuntimeError(
            f"{name}: Expected B to have at least 2 dimensions, but it has {B.ndim} dimensions "
            "instead"
        )
    same_types_and_sizes(B, LD, name)
    if pivots.dtype.kind not in "iu":
        raise RuntimeError(
            f"{name}: Expected pivots to be integers. Got {checks.title(pivots)}"
        )
    if pivots.shape != LD.shape[:-1]:
        raise RuntimeError(
            f"{name}: Expected LD.shape[:-1] and pivots.shape to be the same, but got pivots with "
            f"shape {list(pivots.shape)} instead"
        )
    checks.batch_shape(LD, B)
    return kernels.ldl_solve(LD, pivots, B, hermitian and LD.dtype.kind == "c")


def not_implemented(name: str) -> Tensor:
    """The refusal of a derivative that nobody has written, PyTorch included."""
    raise NotImplementedError(f"the derivative for '{name}' is not implemented.")


for _function in (
    cholesky_gradient, cholesky_solve_gradient, cholesky_inverse_gradient, qr_gradient,
    householder_gradient, ormqr_gradient, not_implemented,
):  # fmt: skip
    T[_function.__name__] = _function
