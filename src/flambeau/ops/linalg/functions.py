"""Functions of matrices: powers, the exponential, tensors as matrices, low-rank approximations."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ...tensor import dtype as D
from ...tensor.creation import empty, eye, ones
from ...tensor.size import normalize_dim
from ...tensor.tensor import Tensor
from ..expressions import TENSORS as T
from ..overloads import into, overloaded
from ..table import composite, op
from . import checks, kernels
from .checks import Array
from .solving import deprecated, inverse_of

# --- powers and the exponential ----------------------------------------------------------------


@composite("linalg")
@overloaded
def linalg_matrix_power(input: Tensor, n: int, *, out: Tensor | None = None) -> Tensor:
    """Each square matrix to a whole power: multiplied |n| times, inverted where n is negative.

    Raises:
        LinAlgError: n is negative and a matrix is singular.
    """
    checks.squares(input, "linalg.matrix_power")
    if not isinstance(n, int):
        raise TypeError(
            "linalg_matrix_power(): argument 'n' (position 2) must be int, not "
            f"{type(n).__name__}"
        )
    if n < 0:
        input, n = inverse_of(input, "linalg.inv"), -n
    if n == 0:
        one = eye(input.shape[-1], dtype=input.dtype)
        return into(T["clone"](input).copy_(one), out, "linalg_matrix_power")
    result: Any = None
    square = input
    while n:
        if n & 1:
            result = square if result is None else result @ square
        n >>= 1
        if n:
            square = square @ square
    return into(T["clone"](result) if result is input else result, out, "linalg_matrix_power")


# The degree of the diagonal Padé approximant p(A) / p(-A) of exp A, and the 1-norm up to which it
# is exact to rounding in double precision: N. J. Higham, "The scaling and squaring method for the
# matrix exponential revisited" (2005). Squaring multiplies errors; so all types are computed so.
DEGREE, BOUND = 13, 5.371920351148152


def _pade(degree: int) -> list[float]:
    """b_j = (2m - j)! m! / ((2m)! (m - j)! j!), scaled to b_m = 1."""
    f = math.factorial
    m = degree
    return [float(f(2 * m - j) // (f(m - j) * f(j))) for j in range(m + 1)]


@op("linalg_matrix_exp(input)", where="linalg", formula=r"\sum_k A^k / k!",
    derivative={"input": "matrix_exp_gradient(grad, input)"})  # fmt: skip
def matrix_exp(input: Array) -> Array:
    """The exponential of each square matrix: the sum of A^k / k!."""
    checks.squares(input, "linalg.matrix_exp")
    if input.dtype.kind in "biu":
        raise RuntimeError(
            "linalg.matrix_exp: Expected a floating point or complex tensor as input. Got "
            f"{checks.title(input)}\n{checks.CONVERT}"
        )
    given = input.dtype
    a = input.astype(np.complex128 if given.kind == "c" else np.float64, copy=False)
    if not a.size:
        return input.copy()
    norms = np.abs(a).sum(-2).max(-1)
    with np.errstate(all="ignore"):
        steps = np.ceil(np.log2(np.maximum(norms, BOUND) / BOUND))
    finite = np.isfinite(steps)
    steps = np.where(finite, steps, 0).astype(np.int64)
    b = a * np.exp2(-steps.astype(a.real.dtype))[..., None, None]
    if not finite.all():
        b = np.where(finite[..., None, None], b, 0)
    out = _approximant(b, _pade(DEGREE))
    for i in range(int(steps.max())):
        more = (steps > i)[..., None, None]
        out = np.where(more, out @ out, out) if not more.all() else out @ out
    if not finite.all():
        out[~finite] = np.nan
    return out.astype(given, copy=False)


def _approximant(a: Array, c: list[float]) -> Array:
    """The odd powers of A change their sign in the denominator, the even ones do not."""
    one = kernels.eye_like(a, *a.shape[-2:])
    square = a @ a
    even, odd = c[0] * one, c[1] * one
    power = one
    for j in range(2, len(c), 2):
        power = power @ square if j > 2 else square
        even = even + c[j] * power
        if j + 1 < len(c):
            odd = odd + c[j + 1] * power
    odd = a @ odd
    return np.linalg.solve(even - odd, even + odd)


def matrix_exp_gradient(grad: Tensor, A: Tensor) -> Tensor:
    r"""The upper right block of :math:`\exp \begin{pmatrix} A^H & \bar Y \\ 0 & A^H
    \end{pmatrix}`: R. Mathias, "A chain rule for matrix functions and applications" (1996).
    """
    n = A.shape[-1]
    turned = A.mH
    top = T["cat"]((turned, grad), -1)
    bottom = T["cat"]((T["zeros_like"](turned), turned), -1)
    return T["linalg_matrix_exp"](T["cat"]((top, bottom), -2))[..., :n, n:]


# --- sums and diagonals ------------------------------------------------------------------------


@op("trace(input)", derivative={"input": "trace_gradient(grad, input.shape)"},
    lowering="reduction", formula=r"\sum_i A_{ii}")  # fmt: skip
def trace(input: Array) -> Array:
    """The sum of the diagonal of a matrix; integers are added up as int64."""
    if input.ndim != 2:
        raise RuntimeError(f"trace: expected a matrix, but got tensor with dim {input.ndim}")
    if input.dtype.kind == "b":
        raise checks.not_implemented("trace", input)
    if input.dtype in checks.HALF:
        return np.asarray(input.diagonal().astype(np.float32).sum()).astype(input.dtype)
    dtype = np.int64 if input.dtype.kind in "iu" else input.dtype
    return np.asarray(input.diagonal().sum(dtype=dtype))


def trace_gradient(grad: Tensor, shape: tuple) -> Tensor:
    """The gradient on the diagonal."""
    return grad * eye(*shape, dtype=grad.dtype)


@composite("linalg")
@overloaded
def linalg_diagonal(A: Tensor, *, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Tensor:
    """The diagonals of matrices, as a view."""
    return T["diagonal"](A, offset, dim1, dim2)


# --- tensors as matrices -----------------------------------------------------------------------


@composite("linalg")
@overloaded
def linalg_tensorinv(input: Tensor, ind: int = 2, *, out: Tensor | None = None) -> Tensor:
    """The inverse of a tensor, whose first ``ind`` dimensions are taken as those of rows.

    Raises:
        LinAlgError: it has none.
    """
    if ind <= 0:
        raise RuntimeError(f"Expected a strictly positive integer for 'ind', but got {ind}")
    if ind > input.ndim:
        raise RuntimeError(f"ArrayRef: invalid slice, N = {ind}; size = {input.ndim}")
    rows, columns = tuple(input.shape[:ind]), tuple(input.shape[ind:])
    m, n = math.prod(rows), math.prod(columns)
    if m != n:
        raise RuntimeError(
            "Expected self to satisfy the requirement prod(self.shape[ind:]) == "
            f"prod(self.shape[:ind]), but got {n} != {m}"
        )
    inverse = inverse_of(input.reshape(m, n), "inv")
    return into(inverse.reshape(columns + rows), out, "linalg_tensorinv")


@composite("linalg")
@overloaded
def linalg_tensorsolve(
    input: Tensor, other: Tensor, dims: Sequence[int] | None = None, *, out: Tensor | None = None
) -> Tensor:
    """X with tensordot(input, X, X.ndim) = other.

    ``dims`` are dimensions of the input that are moved to its end first.
    """
    if dims is not None:
        places = [normalize_dim(d, input.ndim) for d in dims]
        input = input.movedim(places, list(range(input.ndim - len(places), input.ndim)))
    rows, columns = input.shape[: other.ndim], tuple(input.shape[other.ndim :])
    m, n = math.prod(rows), math.prod(columns)
    if m != n:
        raise RuntimeError(
            "Expected self to satisfy the requirement prod(self.shape[other.ndim:]) == "
            f"prod(self.shape[:other.ndim]), but got {n} != {m}"
        )
    x = T["linalg_solve"](input.reshape(m, n), other.flatten())
    return into(x.reshape(columns), out, "linalg_tensorsolve")


@composite("linalg")
@overloaded
def linalg_vander(x: Tensor, *, N: int | None = None) -> Tensor:
    """Vandermonde's matrix: the powers 0 to N - 1 of each element, in a new last dimension."""
    kind = x.dtype.category
    if kind == D.BOOL or x.dtype.numpy in checks.HALF:
        raise RuntimeError(
            "linalg.vander supports floating point, complex, and integer tensors, but got "
            f"{x.dtype.title}"
        )
    n = (x.shape[-1] if x.ndim else 1) if N is None else N
    if n <= 1:
        raise RuntimeError("N must be greater than 1.")
    shape = (*x.shape, n - 1) if x.ndim else (1, n - 1)
    powers = T["cumprod"](x.reshape(shape[:-1]).unsqueeze(-1).expand(shape), -1)
    one = ones(*shape[:-1], 1, dtype=powers.dtype)
    return T["cat"]((one, powers), -1)


@composite("function")
@overloaded
def vander(x: Tensor, N: int | None = None, increasing: bool = False) -> Tensor:
    """The powers of each element in a row, falling from N - 1 to 0 unless ``increasing``."""
    if x.ndim != 1:
        raise RuntimeError("x must be a one-dimensional tensor.")
    n = x.shape[0] if N is None else N
    if n < 0:
        raise RuntimeError("N must be non-negative.")
    whole = x.dtype.category < D.FLOAT
    out = empty(x.shape[0], n, dtype=D.int64 if whole else x.dtype)
    if not n:
        return out
    one = ones(x.shape[0], 1, dtype=out.dtype)
    rest = x.to(out.dtype).unsqueeze(-1).expand(x.shape[0], n - 1)
    powers = T["cat"]((one, T["cumprod"](rest, -1)), -1) if n > 1 else one
    return powers if increasing else powers.flip(-1)


# --- low-rank approximations -------------------------------------------------------------------


def _approximate_basis(A: Tensor, q: int, niter: int) -> Tensor:
    """Orthonormal columns that span nearly what A maps to: N. Halko, P. G. Martinsson and
    J. A. Tropp, "Finding structure with randomness" (2009), algorithm 4.4."""
    sample = T["randn"](A.shape[-1], q, dtype=A.dtype)
    basis = T["linalg_qr"](A @ sample)[0]
    for _ in range(niter):
        basis = T["linalg_qr"](A.mH @ basis)[0]
        basis = T["linalg_qr"](A @ basis)[0]
    return basis


@composite("function")
@overloaded
def svd_lowrank(
    A: Tensor, q: int | None = 6, niter: int | None = 2, M: Tensor | None = None
) -> tuple:
    """(U, S, V) with A - M nearly U diag(S) Vᴴ: the first ``q`` singular values, by sampling.

    Args:
        q: a little more than the rank; 6 by default.
        niter: how often the sample is refined.
        M: what is subtracted from A first.
    """
    q = 6 if q is None else q
    if M is not None:
        A = A - M.expand(A.shape)
    m, n = A.shape[-2:]
    wide = m < n
    if wide:
        A = A.mH
    basis = _approximate_basis(A, q, 2 if niter is None else niter)
    u, s, vh = T["linalg_svd"](basis.mH @ A, full_matrices=False)
    u, v = basis @ u, vh.mH
    return (v, s, u) if wide else (u, s, v)


@composite("function")
@overloaded
def pca_lowrank(A: Tensor, q: int | None = None, center: bool = True, niter: int = 2) -> tuple:
    """Principal components by sampling: (U, S, V) of A, its columns' means subtracted first.

    Args:
        q: how many components; min(6, m, n) by default.
        center: subtract the means.
        niter: how often the sample is refined.
    """
    m, n = A.shape[-2:]
    if q is None:
        q = min(6, m, n)
    elif not 0 <= q <= min(m, n):
        raise _refused(
            f"q(={q}) must be non-negative integer and not greater than min(m, n)={min(m, n)}"
        )
    if niter < 0:
        raise _refused(f"niter(={niter}) must be non-negative integer")
    if center:
        A = A - T["mean"](A, -2, True)
    return svd_lowrank(A, q, niter)


def _refused(text: str) -> ValueError:
    error = ValueError(text)
    error.deliberate = True  # type: ignore[attr-defined]
    return error


# --- the older names ---------------------------------------------------------------------------

_OLDER = {
    "det": "linalg_det", "slogdet": "linalg_slogdet", "matrix_power": "linalg_matrix_power",
    "matrix_exp": "linalg_matrix_exp",
}  # fmt: skip


def _older(name: str, new: str) -> None:
    def function(input: Tensor, *args: Any, **kwargs: Any) -> Any:
        return T[new](input, *args, **kwargs)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"The same as {new.replace('_', '.', 1)}."
    composite()(overloaded(function))


for _name, _new in _OLDER.items():
    _older(_name, _new)


@composite("function")
@overloaded
def lu(A: Tensor, pivot: bool = True, get_infos: bool = False, out: Any = None) -> tuple:
    """The same as linalg.lu_factor; with ``get_infos`` as linalg.lu_factor_ex."""
    _warn_lu()
    found = T["linalg_lu_factor_ex"](A, pivot=pivot)
    results = tuple(found) if get_infos else tuple(found)[:2]
    return results if out is None else tuple([into(r, o, "lu") for r, o in zip(results, out)])


@composite("method", name="lu")
@overloaded
def lu_method(self: Tensor, pivot: bool = True, get_infos: bool = False) -> tuple:
    """The same as lu."""
    return lu(self, pivot, get_infos)


def _warn_lu() -> None:
    deprecated(
        "torch.lu is deprecated in favor of torch.linalg.lu_factor / torch.linalg.lu_factor_ex and "
        "will be removed in a future PyTorch release.\nLU, pivots = torch.lu(A, compute_pivots)\n"
        "should be replaced with\nLU, pivots = torch.linalg.lu_factor(A, compute_pivots)\nand\n"
        "LU, pivots, info = torch.lu(A, compute_pivots, get_infos=True)\nshould be replaced with\n"
        "LU, pivots, info = torch.linalg.lu_factor_ex(A, compute_pivots)"
    )


@composite()
@overloaded
def lu_solve(
    input: Tensor, LU_data: Tensor, LU_pivots: Tensor, *, out: Tensor | None = None
) -> Tensor:
    """X with A X = input; linalg.lu_solve with its arguments in another order."""
    deprecated(
        "torch.lu_solve is deprecated in favor of torch.linalg.lu_solveand will be removed in a "
        "future PyTorch release.\nNote that torch.linalg.lu_solve has its arguments reversed.\n"
        "X = torch.lu_solve(B, LU, pivots)\nshould be replaced with\n"
        "X = torch.linalg.lu_solve(LU, pivots, B)"
    )
    return T["linalg_lu_solve"](LU_data, LU_pivots, input, out=out)


_REMOVED = {
    "solve": "X = linalg.solve(A, B): the arguments are reversed; for the LU see linalg.lu",
    "eig": "L, V = linalg.eig(A), or L = linalg.eigvals(A), which are complex",
    "lstsq": "X = linalg.lstsq(A, B).solution: the arguments are reversed",
    "symeig": "L, V = linalg.eigh(A, UPLO='U'), or L = linalg.eigvalsh(A, UPLO='U')",
    "matrix_rank": "linalg.matrix_rank(A); its parameter 'symmetric' is called 'hermitian'",
}


def _removed(name: str, instead: str) -> None:
    def function(*args: Any, **kwargs: Any) -> Any:
        raise RuntimeError(
            "This function was deprecated since version 1.9 and is now removed.\n"
            f"Hint: use {instead}."
        )

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"Removed. Use {instead}."
    composite("function" if name == "matrix_rank" else "function method", name=name)(function)


for _name, _instead in _REMOVED.items():
    _removed(_name, _instead)

T["matrix_exp_gradient"], T["trace_gradient"] = matrix_exp_gradient, trace_gradient
