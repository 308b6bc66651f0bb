"""Linear algebra obeys its laws, for single matrices and batches, and its derivatives are right."""

from __future__ import annotations

import math

import numpy as np
import pytest

import flambeau as fl
from flambeau.autograd import gradcheck, gradgradcheck

L = fl.linalg
SHAPES = [(3, 3), (1, 1), (0, 0), (2, 4, 4), (0, 3, 3), (2, 1, 2, 2), (40, 40)]
DTYPES = [fl.float32, fl.float64, fl.complex64, fl.complex128]


def rand(*shape: int, dtype=fl.float64, seed: int = 0) -> fl.Tensor:
    rng = np.random.default_rng(seed)
    x = rng.standard_normal(shape)
    if dtype.is_complex:
        x = x + 1j * rng.standard_normal(shape)
    return fl.from_numpy(np.asarray(x)).to(dtype)


def eye_like(a: fl.Tensor) -> fl.Tensor:
    return fl.eye(a.shape[-1], dtype=a.dtype).expand(a.shape)


def positive(a: fl.Tensor) -> fl.Tensor:
    return a @ a.mH + fl.eye(a.shape[-1], dtype=a.dtype)


def close(a: fl.Tensor, b: fl.Tensor) -> None:
    tolerance = 2e-3 if a.dtype in (fl.float32, fl.complex64) else 1e-9
    np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=tolerance, atol=tolerance)


# --- laws --------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES)
def test_inverses_and_solutions(shape, dtype):
    a = positive(rand(*shape, dtype=dtype))
    b = rand(*shape[:-1], 2, dtype=dtype, seed=1)
    assert L.inv(a).dtype is dtype
    close(a @ L.inv(a), eye_like(a))
    close(a @ L.solve(a, b), b)
    close(L.solve(a, b.mT, left=False) @ a, b.mT)
    lu, pivots = L.lu_factor(a)
    close(a @ L.lu_solve(lu, pivots, b), b)
    close(a.mH @ L.lu_solve(lu, pivots, b, adjoint=True), b)
    close(a @ fl.cholesky_solve(b, L.cholesky(a)), b)
    close(a @ fl.cholesky_inverse(L.cholesky(a, upper=True), upper=True), eye_like(a))
    ld, places = L.ldl_factor(a, hermitian=True)
    close(a @ L.ldl_solve(ld, places, b, hermitian=True), b)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(3, 3), (5, 2), (2, 5), (2, 4, 3), (0, 3), (3, 0), (70, 50)])
def test_factors_multiply_to_the_matrix(shape, dtype):
    a = rand(*shape, dtype=dtype)
    p, lower, upper = L.lu(a)
    close(p @ lower @ upper, a)
    assert not lower.triu(1).any() and not upper.tril(-1).any()
    for mode in ("reduced", "complete"):
        q, r = L.qr(a, mode)
        close(q @ r, a)
        close(q.mH @ q, fl.eye(q.shape[-1], dtype=dtype).expand(*q.shape[:-2], -1, -1))
        assert not r.tril(-1).any()
    u, s, vh = L.svd(a, full_matrices=False)
    close((u * s.to(dtype).unsqueeze(-2)) @ vh, a)
    close(L.svdvals(a), s)
    assert bool((s[..., 1:] <= s[..., :-1]).all())
    inverse = L.pinv(a)
    close(a @ inverse @ a, a)
    close(inverse @ a @ inverse, inverse)


@pytest.mark.parametrize("dtype", DTYPES)
def test_eigenvectors_are_only_stretched(dtype):
    a = rand(2, 5, 5, dtype=dtype)
    values, vectors = L.eig(a)
    assert values.dtype.is_complex
    close(a.to(values.dtype) @ vectors, vectors * values.unsqueeze(-2))
    symmetric = a + a.mH
    values, vectors = L.eigh(symmetric)
    assert not values.dtype.is_complex
    close(symmetric @ vectors, vectors * values.to(dtype).unsqueeze(-2))
    close(L.eigvalsh(symmetric.triu(), UPLO="U"), values)


@pytest.mark.parametrize("upper", [False, True])
@pytest.mark.parametrize("left", [False, True])
@pytest.mark.parametrize("unit", [False, True])
@pytest.mark.parametrize("n", [1, 5, 16, 17, 50])
def test_triangular_systems(n, unit, left, upper):
    a = rand(2, n, n) / n + 2 * fl.eye(n, dtype=fl.float64)
    b = rand(n, 3, seed=1) if left else rand(3, n, seed=1)
    x = L.solve_triangular(a, b, upper=upper, left=left, unitriangular=unit)
    used = a.triu() if upper else a.tril()
    if unit:
        used = used - fl.diag_embed(used.diagonal(dim1=-2, dim2=-1)) + fl.eye(n)
    close(used @ x if left else x @ used, b.expand(x.shape))


def test_the_other_triangle_is_not_read():
    a = fl.tensor([[2.0, math.nan], [1.0, 4.0]])
    b = fl.tensor([[2.0], [9.0]])
    assert L.solve_triangular(a, b, upper=False).tolist() == [[1.0], [2.0]]
    assert L.cholesky(fl.tensor([[4.0, math.nan], [2.0, 10.0]])).tolist() == [[2, 0], [1, 3]]


def test_determinants():
    a, b = rand(2, 3, 3), rand(2, 3, 3, seed=1)
    close(L.det(a @ b), L.det(a) * L.det(b))
    sign, log = L.slogdet(a)
    close(sign * log.exp(), L.det(a))
    assert L.det(fl.ones(0, 0)).item() == 1
    assert L.slogdet(fl.zeros(2, 2)).logabsdet.item() == -math.inf
    assert fl.logdet(-fl.eye(3)).isnan()


@pytest.mark.parametrize("hermitian", [False, True])
def test_ldl_of_indefinite_matrices(hermitian):
    a = rand(6, 6, dtype=fl.complex128 if hermitian else fl.float64)
    a = a + a.mH
    a[0, 0] = a[1, 1] = 0  # so that a block of two is needed
    ld, pivots = L.ldl_factor(a, hermitian=hermitian)
    assert bool((pivots < 0).any())
    b = rand(6, 2, dtype=a.dtype, seed=1)
    close(a @ L.ldl_solve(ld, pivots, b, hermitian=hermitian), b)


def test_householder_reflections_rebuild_q():
    a = rand(5, 3, dtype=fl.complex128)
    h, tau = fl.geqrf(a)
    q, r = L.qr(a)
    close(L.householder_product(h, tau), q)
    close(h.triu()[:3], r)
    whole, c = L.qr(a, "complete")[0], rand(5, 2, dtype=fl.complex128, seed=1)
    close(fl.ormqr(h, tau, c), whole @ c)
    close(fl.ormqr(h, tau, c, transpose=True), whole.mH @ c)
    close(fl.ormqr(h, tau, c.mT, left=False), c.mT @ whole)


def test_least_squares():
    a, b = rand(6, 3), rand(6, 2, seed=1)
    found = L.lstsq(a, b, driver="gelsd")
    close(a.mT @ (a @ found.solution - b), fl.zeros(3, 2, dtype=fl.float64))
    close(found.residuals, ((a @ found.solution - b) ** 2).sum(0))
    assert found.rank.item() == 3 and found.singular_values.shape == (3,)
    wide = L.lstsq(a.mT, rand(3, seed=2)).solution  # the shortest of many
    close(L.pinv(a.mT) @ rand(3, seed=2), wide)


def test_the_exponential():
    a = rand(3, 3)
    close(fl.matrix_exp(a) @ fl.matrix_exp(-a), eye_like(a))
    values, vectors = L.eigh(a + a.mT)
    close(fl.matrix_exp(a + a.mT), (vectors * values.exp()) @ vectors.mT)
    mixed = fl.stack([a * 1e-3, a * 20])
    close(fl.matrix_exp(mixed)[0], fl.matrix_exp(a * 1e-3))
    assert fl.matrix_exp(fl.full((2, 2), math.nan)).isnan().all()
    assert fl.matrix_exp(fl.eye(2, dtype=fl.bfloat16)).dtype is fl.bfloat16


def test_powers():
    a = rand(2, 3, 3)
    close(L.matrix_power(a, 5), a @ a @ a @ a @ a)
    close(L.matrix_power(a, -2) @ a @ a, eye_like(a))
    close(L.matrix_power(a, 0), eye_like(a))
    assert L.matrix_power(fl.tensor([[1, 1], [1, 0]]), 10).tolist() == [[89, 55], [55, 34]]


def test_norms_and_condition_numbers():
    a = rand(2, 3, 3)
    s = L.svdvals(a)
    close(L.matrix_norm(a), (a * a).sum((-2, -1)).sqrt())
    close(L.matrix_norm(a, "nuc"), s.sum(-1))
    close(L.matrix_norm(a, 2), s[..., 0])
    close(L.matrix_norm(a, 1), a.abs().sum(-2).amax(-1))
    close(L.matrix_norm(a, -math.inf), a.abs().sum(-1).amin(-1))
    close(L.matrix_norm(a, "nuc", dim=(0, 2), keepdim=True).squeeze(), L.svdvals(
        a.transpose(0, 1)).sum(-1))
    close(L.cond(a), s[..., 0] / s[..., -1])
    close(L.cond(a, 1), L.matrix_norm(a, 1) * L.matrix_norm(L.inv(a), 1))
    assert L.cond(fl.ones(2, 2), "fro").item() == math.inf
    assert L.norm(fl.tensor([3.0, 4.0])).item() == 5
    assert L.norm(fl.tensor([[3.0, 0.0], [0.0, 4.0]]), 2).item() == 4


def test_ranks():
    a = fl.diag(fl.tensor([1.0, 1e-3, 0.0]))
    assert L.matrix_rank(a).item() == 2
    assert L.matrix_rank(a, atol=1e-2).item() == 1
    assert L.matrix_rank(a, hermitian=True).item() == 2
    assert L.matrix_rank(fl.stack([a, a]), tol=fl.tensor([1e-2, 0.0])).tolist() == [1, 2]
    assert L.matrix_rank(fl.zeros(2, 0, 3)).tolist() == [0, 0]


def test_tensors_as_matrices():
    a = rand(2, 3, 6)
    b = rand(2, 3, seed=1)
    x = L.tensorsolve(a, b)
    close(fl.tensordot(a, x, 1), b)
    close(fl.tensordot(L.tensorinv(a, 2), b, 2), x)
    assert L.vander(fl.tensor([2, 3]), N=3).tolist() == [[1, 2, 4], [1, 3, 9]]
    assert fl.vander(fl.tensor([2, 3]), 3).tolist() == [[4, 2, 1], [9, 3, 1]]
    assert fl.trace(fl.arange(6).reshape(2, 3)).item() == 4


def test_low_rank_approximations():
    fl.manual_seed(0)
    a = rand(20, 3) @ rand(3, 12, seed=1)
    for m in (a, a.mT):
        u, s, v = fl.svd_lowrank(m, q=3)
        close((u * s) @ v.mT, m)
    u, s, v = fl.pca_lowrank(a, q=3)
    close((u * s) @ v.mT, a - a.mean(0))


def test_many_rows_need_pivots():
    a = rand(100, 100)
    a[fl.arange(100), fl.arange(100)] = 0
    p, lower, upper = L.lu(a)
    close(p @ lower @ upper, a)
    assert lower.abs().max() <= 1


# --- derivatives -------------------------------------------------------------------------------


def symmetric(a: fl.Tensor) -> fl.Tensor:
    return a + a.mH


def sizes_of_svd(a: fl.Tensor) -> tuple:
    u, s, vh = L.svd(a, full_matrices=False)
    return u.abs(), s, vh.abs(), (u * s.unsqueeze(-2)) @ vh


def sizes_of_eigh(a: fl.Tensor) -> tuple:
    values, vectors = L.eigh(symmetric(a))
    return values, vectors.abs()


def sizes_of_eig(a: fl.Tensor) -> tuple:
    values, vectors = L.eig(a)
    return values.abs(), vectors.abs()


PIVOTS = fl.tensor([2, 2, 3], dtype=fl.int32)
DERIVATIVES = {
    "det": (L.det, [(2, 3, 3)]),
    "slogdet": (lambda a: L.slogdet(a), [(2, 3, 3)]),
    "inv": (L.inv, [(2, 3, 3)]),
    "solve": (L.solve, [(2, 3, 3), (3, 2)]),
    "solve vector": (L.solve, [(3, 3), (3,)]),
    "solve right": (lambda a, b: L.solve(a, b, left=False), [(3, 3), (2, 2, 3)]),
    "triangular": (lambda a, b: L.solve_triangular(a, b, upper=True), [(2, 3, 3), (3, 2)]),
    "unit triangular": (
        lambda a, b: L.solve_triangular(a, b, upper=False, left=False, unitriangular=True),
        [(2, 3, 3), (2, 3)],
    ),
    "cholesky": (lambda a: L.cholesky(positive(a)), [(2, 3, 3)]),
    "cholesky upper": (lambda a: L.cholesky(positive(a), upper=True), [(3, 3)]),
    "cholesky_solve": (lambda b, a: fl.cholesky_solve(b, a.tril()), [(3, 2), (3, 3)]),
    "cholesky_inverse": (lambda a: fl.cholesky_inverse(a.triu(), True), [(3, 3)]),
    "qr tall": (L.qr, [(2, 4, 3)]),
    "qr wide": (L.qr, [(3, 4)]),
    "lu": (lambda a: L.lu(a)[1:], [(2, 3, 3)]),
    "lu tall": (lambda a: L.lu(a)[1:], [(4, 3)]),
    "lu_factor wide": (lambda a: L.lu_factor(a)[0], [(3, 4)]),
    "lu_unpack": (lambda a: fl.lu_unpack(a, PIVOTS)[1:], [(4, 3)]),
    "lu_solve": (lambda a, b: L.lu_solve(*L.lu_factor(a), b), [(3, 3), (3, 2)]),
    "householder": (L.householder_product, [(2, 4, 3), (2, 2)]),
    "ormqr": (
        lambda a, t, c: fl.ormqr(a, t, c, left=False, transpose=True),
        [(4, 3), (3,), (2, 4)],
    ),
    "svdvals": (L.svdvals, [(2, 3, 4)]),
    "svd tall": (sizes_of_svd, [(2, 4, 3)]),
    "svd wide": (sizes_of_svd, [(2, 3)]),
    "eigvalsh": (lambda a: L.eigvalsh(symmetric(a)), [(2, 3, 3)]),
    "eigh": (sizes_of_eigh, [(2, 3, 3)]),
    "eigvals": (lambda a: fl.view_as_real(L.eigvals(a)), [(3, 3)]),
    "eig": (sizes_of_eig, [(2, 3, 3)]),
    "pinv": (L.pinv, [(2, 3, 4)]),
    "pinv hermitian": (lambda a: L.pinv(symmetric(a), hermitian=True), [(3, 3)]),
    "lstsq": (lambda a, b: L.lstsq(a, b)[0], [(4, 3), (4, 2)]),
    "matrix_exp": (L.matrix_exp, [(2, 3, 3)]),
    "matrix_power": (lambda a: L.matrix_power(a, -2), [(2, 3, 3)]),
    "cond": (lambda a: L.cond(a, "nuc"), [(2, 3, 3)]),
    "nuclear norm": (lambda a: L.matrix_norm(a, "nuc"), [(3, 4)]),
    "trace": (fl.trace, [(3, 4)]),
    "tensorinv": (lambda a: L.tensorinv(a, 1), [(4, 2, 2)]),
}


@pytest.mark.parametrize("dtype", [fl.float64, fl.complex128])
@pytest.mark.parametrize("name", DERIVATIVES)
def test_derivatives(name, dtype):
    function, shapes = DERIVATIVES[name]
    inputs = [rand(*s, dtype=dtype, seed=i).requires_grad_() for i, s in enumerate(shapes)]
    assert gradcheck(function, inputs)
    if name in ("inv", "solve", "det", "cholesky", "qr tall", "svdvals", "eigh", "matrix_exp"):
        assert gradgradcheck(function, inputs)


def test_the_determinant_has_a_gradient_where_it_is_zero():
    a = fl.tensor([[1.0, 2.0], [2.0, 4.0]], dtype=fl.float64, requires_grad=True)
    L.det(a).backward()
    np.testing.assert_allclose(a.grad.numpy(), [[4, -2], [-2, 1]], atol=1e-12)


def test_equal_singular_values_do_no_harm_to_the_nuclear_norm():
    a = fl.eye(3, dtype=fl.float64).requires_grad_()
    L.matrix_norm(a, "nuc").backward()
    np.testing.assert_allclose(a.grad.numpy(), np.eye(3), atol=1e-12)


# --- refusals ----------------------------------------------------------------------------------


def test_singular_matrices():
    singular = fl.ones(3, 3)
    with pytest.raises(L.LinAlgError, match="diagonal element 2 is zero"):
        L.inv(singular)
    with pytest.raises(L.LinAlgError, match=r"\(Batch element 1\): The solver failed"):
        L.solve(fl.stack([fl.eye(3), singular]), fl.ones(3, 1))
    with pytest.raises(L.LinAlgError, match="leading minor of order 1"):
        L.cholesky(-singular)
    with pytest.raises(L.LinAlgError, match="non-finite"):
        L.svdvals(singular * math.nan)
    assert isinstance(L.LinAlgError("x"), RuntimeError)
    assert L.inv_ex(singular).info.item() == 2
    assert L.cholesky_ex(fl.tensor([[4.0, 2.0], [2.0, 1.0]])).info.item() == 2
    inverse, info = L.inv_ex(fl.stack([2 * fl.eye(2), fl.zeros(2, 2)]))
    assert info.tolist() == [0, 1] and inverse[0].tolist() == [[0.5, 0.0], [0.0, 0.5]]


@pytest.mark.parametrize(
    "call, error, message",
    [
        (lambda: L.inv(fl.ones(2, 3)), RuntimeError, "must be batches of square matrices"),
        (lambda: L.det(fl.ones(3)), RuntimeError, "must have at least 2 dimensions"),
        (lambda: L.inv(fl.ones(2, 2, dtype=fl.int64)), RuntimeError, "Got Long"),
        (lambda: L.solve(fl.eye(3), fl.ones(2, 2)), RuntimeError, "Incompatible shapes"),
        (lambda: L.qr(fl.eye(2), "x"), RuntimeError, "unrecognized mode 'x'"),
        (lambda: L.eigh(fl.eye(2), UPLO="x"), RuntimeError, "Expected UPLO argument"),
        (lambda: L.matrix_norm(fl.eye(2), 3), RuntimeError, "Order 3 not supported"),
        (lambda: L.lstsq(fl.eye(2), fl.ones(2), driver="x"), RuntimeError, "should be one of"),
        (lambda: L.matrix_power(fl.eye(2), 0.5), TypeError, "must be int, not float"),
        (lambda: L.qr(fl.eye(2).half()), NotImplementedError, "not implemented for 'Half'"),
        (lambda: fl.solve(fl.eye(2), fl.eye(2)), RuntimeError, "now removed"),
    ],
)
def test_refusals(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_out_and_named_results():
    a = positive(rand(3, 3))
    out = fl.empty(0, dtype=fl.float64)
    assert L.inv(a, out=out) is out
    close(out, L.inv(a))
    q, r = fl.empty(0, dtype=fl.float64), fl.empty(0, dtype=fl.float64)
    found = L.qr(a, out=(q, r))
    close(found.Q @ found.R, a)
    assert repr(L.slogdet(a)).startswith("flambeau.return_types.linalg_slogdet(\nsign=tensor(1.")
    with pytest.raises(RuntimeError, match="don't support automatic differentiation"):
        L.inv(a.requires_grad_(), out=out)
