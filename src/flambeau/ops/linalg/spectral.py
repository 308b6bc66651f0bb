"""Singular values, eigenvalues, and what is made of them: pseudo-inverses, ranks, least squares."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...autograd.modes import mode
from ...tensor import dtype as D
from ...tensor.creation import empty, eye, zeros
from ...tensor.recording import host_read
from ...tensor.tensor import Tensor, wrap
from ..dispatch import execute
from ..expressions import TENSORS as T
from ..overloads import into, overloaded
from ..table import ROWS, composite, op
from . import checks, kernels
from .checks import Array
from .solving import named

# --- singular values ---------------------------------------------------------------------------


def _svd(a: Array, full: Any = False, vectors: Any = True) -> Any:
    """NumPy's SVD by LAPACK's gesdd, with PyTorch's refusals."""
    checks.matrices(a, "linalg.svd")
    checks.floating(a, "linalg.svd", "linalg_svd_cpu")
    if not a.size:
        m, n = a.shape[-2:]
        k = min(m, n)
        s = np.zeros((*a.shape[:-2], k), a.real.dtype)
        u, vh = kernels.eye_like(a, m, m if full else k), kernels.eye_like(a, n if full else k, n)
        return (u, s, vh) if vectors else s
    try:
        return np.linalg.svd(a, full, vectors)
    except np.linalg.LinAlgError as error:
        raise checks.spectral(error, a, "linalg.svd") from None


@op("_linalg_svd(A, full_matrices: bool = True)", where="", outputs=("U", "S", "Vh"),
    node="LinalgSvdBackward0", formula=r"A = U \Sigma V^H",
    derivative={"A": "svd_gradient(grads, U, S, Vh)"})  # fmt: skip
def svd_kernel(A: Array, full_matrices: bool) -> Any:
    """A = U diag(S) Vᴴ, with the singular values in descending order."""
    return tuple(_svd(A, full_matrices))


@op("_linalg_svdvals(A)", where="")
def svdvals_kernel(A: Array) -> Array:
    """The singular values alone, where no gradient will ask for their vectors."""
    return _svd(A, vectors=False)


def svd_gradient(grads: list, U: Tensor, S: Tensor, Vh: Tensor) -> Tensor:
    r""":math:`\bar A = U [(\mathrm{skew}(U^H \bar U) / E) \Sigma + \Sigma (\mathrm{skew}(V^H
    \bar V) / E) + \bar \Sigma] V^H` with :math:`E_{ij} = s_j^2 - s_i^2`, plus what lies outside the
    spaces of U and V. J. Townsend, "Differentiating the singular value decomposition" (2016).
    """
    to_u, to_s, to_vh = grads
    k = S.shape[-1]
    m, n = U.shape[-2], Vh.shape[-1]
    U, Vh, to_u, to_vh = U[..., :, :k], Vh[..., :k, :], to_u[..., :, :k], to_vh[..., :k, :]
    if not (_counts(to_u) or _counts(to_vh)):  # equal singular values do no harm then
        return U @ (to_s.unsqueeze(-1) * Vh)
    V, to_v = Vh.mH, to_vh.mH
    skew_u, skew_v = _skew(U.mH @ to_u), _skew(V.mH @ to_v)
    gaps = _gaps(S * S)
    row, column = S.unsqueeze(-2), S.unsqueeze(-1)
    inner = (skew_u / gaps) * row + column * (skew_v / gaps) + T["diag_embed"](to_s)
    if U.is_complex():
        _check_phase(skew_u, skew_v, "svd_backward", "singular vectors")
        inner = inner + T["diag_embed"](skew_u.diagonal(dim1=-2, dim2=-1) / (2 * S))
    out = U @ inner @ Vh
    if m > k:
        scaled = to_u / row
        out = out + (scaled - U @ (U.mH @ scaled)) @ Vh
    if n > k:
        scaled = to_vh / column
        out = out + U @ (scaled - (scaled @ V) @ Vh)
    return out


def _counts(gradient: Tensor) -> bool:
    """Whether a gradient may be other than zero, itself or in its own derivative."""
    return gradient.requires_grad or bool(gradient._data.any())


def _skew(x: Tensor) -> Tensor:
    return x - x.mH


def _gaps(values: Tensor) -> Tensor:
    """E with E_ij = values_j - values_i, and ones on the diagonal."""
    gaps = values.unsqueeze(-2) - values.unsqueeze(-1)
    return gaps + eye(values.shape[-1], dtype=values.dtype)


def _check_phase(one: Tensor, other: Tensor | None, name: str, what: str) -> None:
    """Complex vectors are unique up to a phase: a loss that depends on it has no gradient."""
    diagonal = one._data.diagonal(axis1=-2, axis2=-1).imag
    if other is not None:
        diagonal = diagonal + other._data.diagonal(axis1=-2, axis2=-1).imag
    if diagonal.size and np.abs(diagonal).max() > 1e-2:
        raise RuntimeError(
            f"{name}: The {what} in the complex case are specified up to multiplication by "
            "e^{i phi}. The specified loss function depends on this quantity, so it is ill-defined."
        )


def _no_driver(driver: str | None) -> None:
    if driver is not None:
        raise RuntimeError(
            "torch.linalg.svd: keyword argument `driver=` is only supported on CUDA inputs with "
            "cuSOLVER backend."
        )


@composite("linalg")
@overloaded
def linalg_svd(
    A: Tensor, full_matrices: bool = True, *, driver: str | None = None, out: Any = None
) -> tuple:
    r"""The singular value decomposition :math:`A = U \,\mathrm{diag}(S)\, V^H`: (U, S, Vh).

    Args:
        full_matrices: whether U and Vh are square, or only as large as A needs.

    Raises:
        LinAlgError: the matrix holds inf or nan, or the iteration does not converge.
    """
    _no_driver(driver)
    u, s, vh = execute(ROWS["_linalg_svd"], (A, full_matrices))
    return named("linalg_svd", out, U=u, S=s, Vh=vh)


@composite("linalg")
@overloaded
def linalg_svdvals(A: Tensor, *, driver: str | None = None, out: Tensor | None = None) -> Tensor:
    """The singular values of each matrix, in descending order."""
    _no_driver(driver)
    if A.requires_grad and mode.grad:
        values = execute(ROWS["_linalg_svd"], (A, False))[1]
    else:
        values = execute(ROWS["_linalg_svdvals"], (A,))
    return into(values, out, "linalg_svdvals")


@composite()
@overloaded
def svd(input: Tensor, some: bool = True, compute_uv: bool = True, *, out: Any = None) -> tuple:
    """(U, S, V) with input = U diag(S) Vᴴ; an older form of linalg.svd, which gives Vᴴ."""
    if input.ndim < 2:
        raise RuntimeError(
            f"linalg.svd: input should have at least 2 dimensions, but has {input.ndim} dimensions "
            "instead"
        )
    if compute_uv:
        u, s, vh = execute(ROWS["_linalg_svd"], (input, not some))
        return named("svd", out, U=u, S=s, V=vh.mH)
    s = T["linalg_svdvals"](input)
    m, n = input.shape[-2:]
    batch = tuple(input.shape[:-2])
    u = zeros((*batch, m, m), dtype=input.dtype)
    return named("svd", out, U=u, S=s, V=zeros((*batch, n, n), dtype=input.dtype))


# --- eigenvalues of symmetric matrices ---------------------------------------------------------


def _eigh(a: Array, uplo: Any, vectors: bool) -> Any:
    """NumPy's eigenvalues of symmetric matrices, with PyTorch's refusals."""
    name = "linalg.eigh"
    checks.squares(a, name)
    if not isinstance(uplo, str) or len(uplo) != 1 or uplo.upper() not in "LU":
        raise RuntimeError(f"Expected UPLO argument to be 'L' or 'U', but got {uplo}")
    if a.dtype.kind in "biu" or a.dtype in checks.HALF:
        raise checks.not_implemented("linalg_eigh_cpu", a)
    triangle: Any = uplo.upper()
    try:
        return np.linalg.eigh(a, triangle) if vectors else np.linalg.eigvalsh(a, triangle)
    except np.linalg.LinAlgError as error:
        raise checks.spectral(error, a, name) from None


@op("linalg_eigh(input, UPLO: str = 'L')", where="linalg", formula=r"A = V \Lambda V^H",
    outputs=("eigenvalues", "eigenvectors"),
    derivative={"input": "eigh_gradient(grads, eigenvalues, eigenvectors)"})  # fmt: skip
def eigh(input: Array, UPLO: str) -> tuple[Array, Array]:
    """Ascending eigenvalues and orthonormal eigenvectors of symmetric (Hermitian) matrices.

    ``UPLO`` says which triangle is read, "L" or "U".
    """
    values, vectors = _eigh(input, UPLO, True)
    return values, vectors


@op("_linalg_eigvalsh(input, UPLO: str)", where="")
def eigvalsh_kernel(input: Array, UPLO: str) -> Array:
    """The eigenvalues alone, where no gradient will ask for their vectors."""
    return _eigh(input, UPLO, False)


def eigh_gradient(grads: list, values: Tensor, V: Tensor) -> Tensor:
    r""":math:`\bar A = V [V^H \bar V / E + \bar \Lambda] V^H` with :math:`E_{ij} = \lambda_j -
    \lambda_i`. M. B. Giles, "Collected matrix derivative results" (2008).
    """
    to_values, to_v = grads
    if not _counts(to_v):
        return V @ (to_values.unsqueeze(-1) * V.mH)
    product = V.mH @ to_v
    if V.is_complex():
        _check_phase(product, None, "linalg_eigh_backward", "eigenvectors")
    inner = product / _gaps(values)
    inner = inner - T["diag_embed"](inner.diagonal(dim1=-2, dim2=-1) - to_values)
    return V @ inner @ V.mH


@composite("linalg")
@overloaded
def linalg_eigvalsh(input: Tensor, UPLO: str = "L", *, out: Tensor | None = None) -> Tensor:
    """The eigenvalues of symmetric (Hermitian) matrices, in ascending order."""
    if input.requires_grad and mode.grad:
        values = execute(ROWS["linalg_eigh"], (input, UPLO))[0]
    else:
        values = execute(ROWS["_linalg_eigvalsh"], (input, UPLO))
    return into(values, out, "linalg_eigvalsh")


# --- eigenvalues of any square matrix ----------------------------------------------------------


def _eig(a: Array, name: str, vectors: bool) -> Any:
    if a.dtype.kind in "biu":
        raise RuntimeError(f"Unknown Complex ScalarType for {checks.title(a)}\n{checks.CONVERT}")
    checks.squares(a, name)
    checks.floating(a, name, "linalg_eig_out_cpu")
    if not np.isfinite(a).all():
        raise RuntimeError(f"torch.{name}: input tensor should not contain infs or NaNs.")
    to = D.of(a.dtype).to_complex().numpy
    try:
        found = np.linalg.eig(a) if vectors else (np.linalg.eigvals(a),)
    except np.linalg.LinAlgError as error:
        raise checks.spectral(error, a, name) from None
    return tuple([x.astype(to, copy=False) for x in found])


@op("linalg_eig(input)", where="linalg", outputs=("eigenvalues", "eigenvectors"),
    formula=r"A = V \Lambda V^{-1}", derivative={
        "input": "eig_gradient(grads, eigenvalues, eigenvectors, input.dtype)"})  # fmt: skip
def eig(input: Array) -> tuple[Array, Array]:
    """Eigenvalues and eigenvectors of length 1, complex, in no particular order."""
    return _eig(input, "linalg.eig", True)


@op("_linalg_eigvals(input)", where="")
def eigvals_kernel(input: Array) -> Array:
    """The eigenvalues alone, where no gradient will ask for their vectors."""
    return _eig(input, "linalg.eigvals", False)[0]


def eig_gradient(grads: list, values: Tensor, V: Tensor, dtype: Any) -> Tensor:
    r""":math:`\bar A = V^{-H} [(V^H \bar V - V^H V \,\mathrm{diag}(\Re V^H \bar V)) / \bar E +
    \bar \Lambda] V^H`, since the vectors keep length 1. C. Boeddeker, P. Hanebrink et al., "On the
    computation of complex-valued gradients with application to statistically optimum beamforming"
    (2017).
    """
    to_values, to_v = grads
    if not _counts(to_v):
        return _as(T["linalg_solve"](V.mH, to_values.unsqueeze(-1) * V.mH), dtype)
    product = V.mH @ to_v
    _check_phase(product, None, "linalg_eig_backward", "eigenvectors")
    diagonal = product.diagonal(dim1=-2, dim2=-1)
    inner = product - (V.mH @ V) * T["from_real"](diagonal.real).unsqueeze(-2)
    inner = inner / T["conjugate"](_gaps(values))
    inner = inner - T["diag_embed"](inner.diagonal(dim1=-2, dim2=-1) - to_values)
    return _as(T["linalg_solve"](V.mH, inner @ V.mH), dtype)


def _as(x: Tensor, dtype: Any) -> Tensor:
    """The real part, where the input was real."""
    return x if getattr(dtype, "numpy", dtype).kind == "c" else x.real


@composite("linalg")
@overloaded
def linalg_eigvals(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The eigenvalues of square matrices, complex, in no particular order."""
    if input.requires_grad and mode.grad:
        values = execute(ROWS["linalg_eig"], (input,))[0]
    else:
        values = execute(ROWS["_linalg_eigvals"], (input,))
    return into(values, out, "linalg_eigvals")


# --- how small is zero -------------------------------------------------------------------------


def tolerances(input: Tensor, atol: Any, rtol: Any, name: str) -> tuple[Tensor, Tensor]:
    """The absolute and relative size below which singular values count as zero.

    Without either, ``rtol`` is max(m, n) eps; with ``atol`` alone it is 0.
    """
    real = input.dtype.to_real()
    for which, t in (("atol", atol), ("rtol", rtol)):
        if isinstance(t, Tensor) and t.is_complex():
            raise RuntimeError(
                f"{name}: {which} tensor of complex type is not supported. Got {t.dtype.title}"
            )
    if rtol is None:
        usual = max(input.shape[-2:]) * float(np.finfo(real.numpy).eps)
        if atol is None:
            rtol = usual
        elif isinstance(atol, Tensor):
            rtol = T["where"](atol > 0, 0.0, usual)
        else:
            rtol = 0.0 if atol > 0 else usual
    return _tensor(0.0 if atol is None else atol, real), _tensor(rtol, real)


def _tensor(value: Any, dtype: D.dtype) -> Tensor:
    return value if isinstance(value, Tensor) else wrap(np.asarray(value, dtype.numpy))


def _has_lapack(t: Tensor) -> bool:
    """Whether LAPACK has the element type: float32, float64 and their complex ones."""
    return t.dtype.category >= D.FLOAT and t.dtype.numpy not in checks.HALF


def cutoff(values: Tensor, atol: Tensor, rtol: Tensor) -> Tensor:
    """The size that a singular value must exceed, for each matrix."""
    if not values.shape[-1]:
        return atol
    largest = T["amax"](values, -1)
    return T["maximum"](atol.to(values.dtype), rtol.to(values.dtype) * largest)


def _not_both(name: str, old: str, value: Any, atol: Any, rtol: Any) -> None:
    if value is not None and (atol is not None or rtol is not None):
        raise TypeError(
            f"{name}() received an invalid combination of arguments\n"
            f"Hint: give either `{old}`, or `atol` and `rtol`."
        )


@composite("linalg")
@overloaded
def linalg_matrix_rank(
    input: Tensor,
    tol: Any = None,
    hermitian: bool = False,
    *,
    atol: Any = None,
    rtol: Any = None,
    out: Tensor | None = None,
) -> Tensor:
    """How many singular values exceed max(atol, rtol times the largest one), of each matrix.

    Args:
        tol: the same as atol with rtol 0.
        hermitian: take the sizes of eigenvalues, which are the singular values of symmetric
            matrices.
    """
    name = "torch.linalg.matrix_rank"
    checks.matrices(input, name, "input")
    if not _has_lapack(input):
        raise RuntimeError("This function doesn't handle types other than float and double")
    _not_both("linalg_matrix_rank", "tol", tol, atol, rtol)
    if tol is not None:
        atol, rtol = tol, 0.0
    atol, rtol = tolerances(input, atol, rtol, name)
    input = input.detach()
    values = T["linalg_eigvalsh"](input).abs() if hermitian else T["linalg_svdvals"](input)
    if not input.numel():
        return into(zeros(tuple(input.shape[:-2]), dtype=D.int64), out, "linalg_matrix_rank")
    limit = cutoff(values, atol, rtol)
    return into(T["sum"](values > limit.unsqueeze(-1), -1), out, "linalg_matrix_rank")


# --- pseudo-inverses ---------------------------------------------------------------------------


@op("_linalg_pinv(input, atol, rtol, hermitian: bool)", where="", node="LinalgPinvBackward0",
    formula="A^+", derivative={"input": "pinv_gradient(grad, result, input)"})  # fmt: skip
def pinv_kernel(input: Array, atol: Array, rtol: Array, hermitian: bool) -> Array:
    """Moore and Penrose's inverse: V S⁻¹ Uᴴ without what counts as zero."""
    if hermitian:
        values, u = _eigh(input, "L", True)
        sizes, vh = np.abs(values), kernels.adjoint(u)
    else:
        u, values, vh = _svd(input)
        sizes = values
    largest = sizes.max(-1, initial=0)
    limit = np.maximum(atol, rtol * largest).astype(sizes.dtype)
    kept = sizes > limit[..., None]
    inverse = np.where(kept, 1 / np.where(kept, values, 1), 0).astype(sizes.dtype)
    return kernels.adjoint(vh) @ (inverse[..., None] * kernels.adjoint(u))


def pinv_gradient(grad: Tensor, P: Tensor, A: Tensor) -> Tensor:
    r""":math:`-P^H \bar P P^H + (I - AP) \bar P^H P P^H + P^H P \bar P^H (I - PA)`. G. H. Golub and
    V. Pereyra, "The differentiation of pseudo-inverses and nonlinear least squares problems whose
    variables separate" (1973).
    """
    turned = grad.mH
    one = turned @ (P @ P.mH)
    other = (P.mH @ P) @ turned
    return (one - A @ (P @ one)) + (other - (other @ P) @ A) - P.mH @ grad @ P.mH


@composite("linalg")
@overloaded
def linalg_pinv(
    input: Tensor,
    rcond: Any = None,
    hermitian: bool = False,
    *,
    atol: Any = None,
    rtol: Any = None,
    out: Tensor | None = None,
) -> Tensor:
    r"""The pseudo-inverse :math:`A^+ = V \Sigma^+ U^H` of each matrix.

    Args:
        rcond: the same as rtol.
        hermitian: the matrices are symmetric (Hermitian); their lower triangle is read.
        atol, rtol: singular values up to max(atol, rtol times the largest) count as zero; rtol is
            max(m, n) eps by default, 0 where atol alone is given.
    """
    name = "torch.linalg.pinv"
    if input.ndim < 2 or not _has_lapack(input):
        raise RuntimeError(
            f"linalg.pinv({input.dtype.title}{{{list(input.shape)}}}): expected a tensor with 2 or "
            "more dimensions of float, double, cfloat or cdouble types"
        )
    _not_both("linalg_pinv", "rcond", rcond, atol, rtol)
    atol, rtol = tolerances(input, atol, rcond if rtol is None else rtol, name)
    return into(execute(ROWS["_linalg_pinv"], (input, atol, rtol, hermitian)), out, "linalg_pinv")


@composite()
@overloaded
def pinverse(input: Tensor, rcond: float = 1e-15) -> Tensor:
    """The same as linalg.pinv."""
    return T["linalg_pinv"](input, rcond)


# --- least squares -----------------------------------------------------------------------------

DRIVERS = ("gels", "gelsy", "gelsd", "gelss")


@op("_linalg_lstsq(A, B, rcond: Number)", where="", outputs=("solution", "rank", "singular_values"),
    node="LinalgLstsqBackward0", nondifferentiable=("rank", "singular_values"),
    derivative={"A, B": "lstsq_gradient(grad, A, B, rcond)"}, formula=r"A^+ B")  # fmt: skip
def lstsq_kernel(A: Array, B: Array, rcond: float) -> tuple[Array, Array, Array]:
    """The shortest X of those that make |A X - B| smallest, by the singular values of A."""
    u, s, vh = _svd(A)
    kept = s > rcond * s.max(-1, initial=0)[..., None]
    inverse = np.where(kept, 1 / np.where(kept, s, 1), 0).astype(s.dtype)
    x = kernels.adjoint(vh) @ (inverse[..., None] * (kernels.adjoint(u) @ B))
    return x, np.count_nonzero(kept, -1).astype(np.int64), s


def lstsq_gradient(grad: Tensor, A: Tensor, B: Tensor, rcond: float) -> tuple:
    """That of A⁺ B."""
    P = T["linalg_pinv"](A, rcond)
    return pinv_gradient(grad @ B.mH, P, A), P.mH @ grad


def _check_lstsq(input: Tensor, b: Tensor, driver: str | None) -> bool:
    """Refuses what does not fit; whether ``b`` is a batch of vectors."""
    name = "torch.linalg.lstsq"
    if input.ndim < 2:
        raise RuntimeError(f"{name}: input must have at least 2 dimensions.")
    if b.ndim < 1:
        raise RuntimeError(f"{name}: other must have at least 1 dimension.")
    apart = input.ndim - b.ndim
    if not 0 <= apart <= 1:
        raise RuntimeError(
            f"{name}: input.dim() must be greater or equal to other.dim() and (input.dim() - "
            "other.dim()) <= 1"
        )
    if input.dtype is not b.dtype:
        raise RuntimeError(
            f"{name}: Expected input and other to have the same dtype, but got input's dtype "
            f"{input.dtype.title} and other's dtype {b.dtype.title}"
        )
    vector = apart == 1 and tuple(b.shape) == tuple(input.shape[:-1])
    if apart == 1 and not vector or b.shape[-1 if vector else -2] != input.shape[-2]:
        dim = -1 if apart else -2
        raise RuntimeError(f"{name}: input.size(-2) should match other.size({dim})")
    if driver is not None and driver not in DRIVERS:
        raise RuntimeError(
            f"{name}: parameter `driver` should be one of (gels, gelsy, gelsd, gelss)"
        )
    if not _has_lapack(input):
        raise RuntimeError("This function doesn't handle types other than float and double")
    return vector


@composite("linalg")
@overloaded
def linalg_lstsq(
    input: Tensor, b: Tensor, rcond: float | None = None, *, driver: str | None = None
) -> tuple:
    r"""X that makes :math:`\|AX - B\|_F` smallest, the shortest one where there are several.

    Args:
        input: the matrices A, (..., m, n).
        b: the right-hand sides B, (..., m, k), or vectors (..., m).
        rcond: singular values up to rcond times the largest count as zero; max(m, n) eps by
            default.
        driver: LAPACK's name of the method. Here all go by singular values; "gels" refuses
            matrices without full rank, and the name says which further results are given.

    Returns:
        (solution, residuals, rank, singular_values); empty where a driver does not give them.
    """
    vector = _check_lstsq(input, b, driver)
    driver = driver or "gelsy"
    real = input.dtype.to_real()
    m, n = input.shape[-2:]
    if rcond is None:
        rcond = max(m, n) * float(np.finfo(real.numpy).eps)
    right = b.unsqueeze(-1) if vector else b
    batch = checks.batch_shape(input._data, right._data)
    A, B = input.expand(*batch, m, n), right.expand(*batch, *right.shape[-2:])
    x, rank, values = execute(ROWS["_linalg_lstsq"], (A, B, rcond))
    if driver == "gels" or m > n and driver != "gelsy":
        host_read(rank, "lstsq()")
    full = not rank._data.size or bool((rank._data == min(m, n)).all())
    if driver == "gels" and not full:
        info = np.where(rank._data < min(m, n), rank._data + 1, 0)
        checks.check(info, "lstsq", "torch.linalg.lstsq")
    residuals = empty(0, dtype=real)
    if m > n and driver != "gelsy" and full:
        residuals = T["sum"]((A @ x - B).abs() ** 2, -2)
    return named(
        "linalg_lstsq",
        None,
        solution=x.squeeze(-1) if vector else x,
        residuals=residuals,
        rank=empty(0, dtype=D.int64) if driver == "gels" else rank,
        singular_values=values if driver in ("gelsd", "gelss") else empty(0, dtype=real),
    )


for _function in (
    svd_gradient, eigh_gradient, eig_gradient, pinv_gradient, lstsq_gradient,
):  # fmt: skip
    T[_function.__name__] = _function
