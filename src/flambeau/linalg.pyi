"""Made by scripts/make_stubs.py from the operator table; not written by hand."""
import builtins
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple
import numpy as np
Number = builtins.int | builtins.float | builtins.complex | builtins.bool
from .tensor.dtype import dtype as Dtype
from .tensor.tensor import Tensor

def cholesky(input: Tensor, *, upper: builtins.bool=False, out: Tensor | None=None) -> Tensor:
    """The triangular factor L of each positive-definite matrix: :math:`A = L L^H`."""

def cholesky_ex(input: Tensor, *, upper: builtins.bool=False, check_errors: builtins.bool=False, out: Tensor | Sequence[Tensor] | None=None) -> tuple[Tensor, Tensor]:
    """L with A = L Lᴴ (U with A = Uᴴ U where ``upper``), and the order of the first leading
    minor that is not positive, for matrices that have no such factor."""

def cond(input: Tensor, p: Any=None, *, out: Tensor | None=None) -> Tensor:
    """The condition number :math:`\\|A\\|_p \\|A^{-1}\\|_p`; inf for singular matrices."""

def cross(input: Tensor, other: Tensor, *, dim: builtins.int=-1, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """The cross product of vectors of three elements along a dimension; the others broadcast."""

def det(A: Tensor, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """The determinant of each square matrix."""

def diagonal(A: Tensor, *, offset: builtins.int=0, dim1: builtins.int=-2, dim2: builtins.int=-1) -> Tensor:
    """The diagonals of matrices, as a view."""

def eig(input: Tensor, *, out: Tensor | Sequence[Tensor] | None=None) -> tuple[Tensor, Tensor]:
    """Eigenvalues and eigenvectors of length 1, complex, in no particular order."""

def eigh(input: Tensor, UPLO: str='L', *, out: Tensor | Sequence[Tensor] | None=None) -> tuple[Tensor, Tensor]:
    """Ascending eigenvalues and orthonormal eigenvectors of symmetric (Hermitian) matrices."""

def eigvals(input: Tensor, *, out: Tensor | None=None) -> Tensor:
    """The eigenvalues of square matrices, complex, in no particular order."""

def eigvalsh(input: Tensor, UPLO: str='L', *, out: Tensor | None=None) -> Tensor:
    """The eigenvalues of symmetric (Hermitian) matrices, in ascending order."""

def householder_product(input: Tensor, tau: Tensor, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """The first columns of the product of reflections H = I - tau v vᴴ, which geqrf gives."""

def inv(A: Tensor, *, out: Tensor | None=None) -> Tensor:
    """The inverse :math:`A^{-1}` of each square matrix."""

def inv_ex(A: Tensor, *, check_errors: builtins.bool=False, out: Tensor | Sequence[Tensor] | None=None) -> tuple[Tensor, Tensor]:
    """The inverse of each square matrix; ``info`` is the first zero pivot where it has none."""

def ldl_factor(input: Tensor, *, hermitian: builtins.bool=False, out: Any=None) -> tuple:
    """L and D of A = L D Lᵀ (Lᴴ where ``hermitian``) in one matrix, with LAPACK's pivots."""

def ldl_factor_ex(input: Tensor, *, hermitian: builtins.bool=False, check_errors: builtins.bool=False, out: Tensor | Sequence[Tensor] | None=None) -> tuple[Tensor, Tensor, Tensor]:
    """L and D of A = L D Lᵀ (Lᴴ where ``hermitian``) in one matrix, pivots, and the first
    zero."""

def ldl_solve(LD: Tensor, pivots: Tensor, B: Tensor, *, hermitian: builtins.bool=False, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """X with A X = B, from what linalg.ldl_factor gives for A."""

def lstsq(input: Tensor, b: Tensor, rcond: builtins.float | None=None, *, driver: str | None=None) -> tuple:
    """X that makes :math:`\\|AX - B\\|_F` smallest, the shortest one where there are several."""

def lu(A: Tensor, *, pivot: builtins.bool=True, out: Tensor | Sequence[Tensor] | None=None) -> tuple[Tensor, Tensor, Tensor]:
    """A = P L U: a permutation, a lower triangle with a unit diagonal and an upper triangle."""

def lu_factor(A: Tensor, *, pivot: builtins.bool=True, out: Any=None) -> tuple:
    """L and U in one matrix, and the rows exchanged at each step, counted from 1."""

def lu_factor_ex(A: Tensor, *, pivot: builtins.bool=True, check_errors: builtins.bool=False, out: Tensor | Sequence[Tensor] | None=None) -> tuple[Tensor, Tensor, Tensor]:
    """L and U in one matrix, the rows exchanged at each step, counted from 1, and the first
    zero pivot of each matrix."""

def lu_solve(LU: Tensor, pivots: Tensor, B: Tensor, *, left: builtins.bool=True, adjoint: builtins.bool=False, out: Tensor | None=None) -> Tensor:
    """X with A X = B (or X A = B), from what linalg.lu_factor gives for A."""

def matmul(input: Tensor, other: Tensor, *, out: Tensor | None=None) -> Tensor:
    """The matrix product: of vectors, matrices, or batches of them."""

def matrix_exp(input: Tensor, *, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """The exponential of each square matrix: the sum of A^k / k!."""

def matrix_norm(input: Tensor, ord: Any='fro', dim: Sequence[builtins.int]=(-2, -1), keepdim: builtins.bool=False, *, dtype: Any=None, out: Tensor | None=None) -> Tensor:
    """A norm of each matrix."""

def matrix_power(input: Tensor, n: builtins.int, *, out: Tensor | None=None) -> Tensor:
    """Each square matrix to a whole power: multiplied |n| times, inverted where n is negative."""

def matrix_rank(input: Tensor, tol: Any=None, hermitian: builtins.bool=False, *, atol: Any=None, rtol: Any=None, out: Tensor | None=None) -> Tensor:
    """How many singular values exceed max(atol, rtol times the largest one), of each matrix."""

def multi_dot(tensors: Sequence[Tensor], *, out: Tensor | None=None) -> Tensor:
    """The product of a chain of matrices, in the order that takes the fewest multiplications."""

def norm(input: Tensor, ord: Any=None, dim: Any=None, keepdim: builtins.bool=False, *, dtype: Any=None, out: Tensor | None=None) -> Tensor:
    """A vector or matrix norm: of a matrix where ``dim`` names two dimensions, or where there
    are two and ``ord`` is given."""

def pinv(input: Tensor, rcond: Any=None, hermitian: builtins.bool=False, *, atol: Any=None, rtol: Any=None, out: Tensor | None=None) -> Tensor:
    """The pseudo-inverse :math:`A^+ = V \\Sigma^+ U^H` of each matrix."""

def qr(A: Tensor, mode: str='reduced', *, out: Tensor | Sequence[Tensor] | None=None) -> tuple[Tensor, Tensor]:
    """A = Q R, with orthonormal columns in Q and an upper triangle in R."""

def slogdet(A: Tensor, *, out: Tensor | Sequence[Tensor] | None=None) -> tuple[Tensor, Tensor]:
    """The sign of each determinant (a complex number of size 1) and the logarithm of its size."""

def solve(A: Tensor, B: Tensor, *, left: builtins.bool=True, out: Tensor | None=None) -> Tensor:
    """The solution X of A X = B (X A = B where ``left`` is False)."""

def solve_ex(A: Tensor, B: Tensor, *, left: builtins.bool=True, check_errors: builtins.bool=False, out: Any=None) -> tuple:
    """The solution of A X = B and ``info``, which names the first zero pivot of each matrix."""

def solve_triangular(A: Tensor, B: Tensor, *, upper: builtins.bool, left: builtins.bool=True, unitriangular: builtins.bool=False, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """X with A X = B, or X A = B, for triangular matrices; their other triangle is not read."""

def svd(A: Tensor, full_matrices: builtins.bool=True, *, driver: str | None=None, out: Any=None) -> tuple:
    """The singular value decomposition :math:`A = U \\,\\mathrm{diag}(S)\\, V^H`: (U, S, Vh)."""

def svdvals(A: Tensor, *, driver: str | None=None, out: Tensor | None=None) -> Tensor:
    """The singular values of each matrix, in descending order."""

def tensorinv(input: Tensor, ind: builtins.int=2, *, out: Tensor | None=None) -> Tensor:
    """The inverse of a tensor, whose first ``ind`` dimensions are taken as those of rows."""

def tensorsolve(input: Tensor, other: Tensor, dims: Sequence[builtins.int] | None=None, *, out: Tensor | None=None) -> Tensor:
    """X with tensordot(input, X, X.ndim) = other."""

def vander(x: Tensor, *, N: builtins.int | None=None) -> Tensor:
    """Vandermonde's matrix: the powers 0 to N - 1 of each element, in a new last dimension."""

def vecdot(x: Tensor, y: Tensor, *, dim: builtins.int=-1, out: Tensor | None=None) -> Tensor:
    """The inner product of vectors along a dimension; the first ones are conjugated."""

def vector_norm(input: Tensor, ord: Number=2, dim: builtins.int | Sequence[builtins.int] | None=None, keepdim: builtins.bool=False, *, dtype: Dtype | None=None, out: Tensor | Sequence[Tensor] | None=None) -> Tensor:
    """The norm of all elements, or over dimensions: (sum |x|^ord)^(1/ord)."""
