"""Linear algebra, transforms and special functions give PyTorch's numbers and refusals."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

import flambeau as fl
from flambeau import masked
from flambeau.signal import windows

torch = pytest.importorskip("torch")

pytestmark = pytest.mark.filterwarnings("ignore")


def array(*shape: int, complex: bool = False, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    x = rng.standard_normal(shape)
    return x + 1j * rng.standard_normal(shape) if complex else x


def both(*arrays: np.ndarray, grad: bool = True) -> tuple[list, list]:
    """The arrays as tensors of ours and of PyTorch's."""
    ours = [fl.from_numpy(a.copy()).requires_grad_(grad) for a in arrays]
    theirs = [torch.from_numpy(a.copy()).requires_grad_(grad) for a in arrays]
    return ours, theirs


def parts(result) -> list:
    return list(result) if isinstance(result, (tuple, list)) else [result]


def same(ours, theirs, rtol: float = 1e-8, atol: float = 1e-8) -> None:
    for a, b in zip(parts(ours), parts(theirs), strict=True):
        assert tuple(a.shape) == tuple(b.shape)
        assert str(a.dtype).split(".")[1] == str(b.dtype).split(".")[1]
        np.testing.assert_allclose(a.detach().numpy(), b.detach().numpy(), rtol=rtol, atol=atol)


def loss(lib, result):
    total = 0
    for r in parts(result):
        if r.requires_grad:
            real = lib.view_as_real(r.resolve_conj()) if r.is_complex() else r
            weights = np.cos(np.arange(real.numel())).reshape(tuple(real.shape))
            total = total + (real * lib.from_numpy(np.asarray(weights)).to(real.dtype)).sum()
    return total


def agree(call, *arrays: np.ndarray) -> None:
    """Results, gradients and the names of the nodes that made them."""
    ours, theirs = both(*arrays)
    mine, wanted = call(fl, *ours), call(torch, *theirs)
    same(mine, wanted)
    loss(fl, mine).backward()
    loss(torch, wanted).backward()
    same([x.grad for x in ours], [x.grad for x in theirs], rtol=1e-7)


def spd(lib, a):
    return a @ a.mH + lib.eye(a.shape[-1], dtype=a.dtype)


CALLS = {
    "det": (lambda m, a: m.linalg.det(a), [(2, 3, 3)]),
    "slogdet": (lambda m, a: m.linalg.slogdet(a), [(2, 3, 3)]),
    "inv": (lambda m, a: m.linalg.inv(a), [(2, 3, 3)]),
    "solve": (lambda m, a, b: m.linalg.solve(a, b), [(2, 3, 3), (3, 2)]),
    "solve_triangular": (
        lambda m, a, b: m.linalg.solve_triangular(a, b, upper=True, left=False),
        [(3, 3), (2, 2, 3)],
    ),
    "cholesky": (lambda m, a: m.linalg.cholesky(spd(m, a)), [(2, 3, 3)]),
    "cholesky_solve": (lambda m, b, a: m.cholesky_solve(b, a), [(3, 2), (3, 3)]),
    "cholesky_inverse": (
        lambda m, a: m.cholesky_inverse(m.linalg.cholesky(spd(m, a), upper=True), upper=True),
        [(3, 3)],
    ),
    "lu": (lambda m, a: m.linalg.lu(a)[1:], [(4, 3)]),
    "lu_factor": (lambda m, a: m.linalg.lu_factor(a), [(2, 3, 4)]),
    "pinv": (lambda m, a: m.linalg.pinv(a), [(2, 3, 4)]),
    "lstsq": (lambda m, a, b: m.linalg.lstsq(a, b)[0], [(4, 3), (4, 2)]),
    "svdvals": (lambda m, a: m.linalg.svdvals(a), [(2, 3, 4)]),
    "eigvalsh": (lambda m, a: m.linalg.eigvalsh(a), [(2, 3, 3)]),
    "matrix_exp": (lambda m, a: m.matrix_exp(a), [(2, 3, 3)]),
    "householder_product": (
        lambda m, a, t: m.linalg.householder_product(a, t), [(4, 3), (2,)]
    ),
    "ormqr": (lambda m, a, t, c: m.ormqr(a, t, c, transpose=True), [(4, 3), (3,), (4, 2)]),
    "cond": (lambda m, a: m.linalg.cond(a), [(2, 3, 3)]),
    "matrix_norm": (lambda m, a: m.linalg.matrix_norm(a, -2), [(2, 3, 4)]),
    "matrix_power": (lambda m, a: m.linalg.matrix_power(a, -3), [(3, 3)]),
    "vander": (lambda m, a: m.linalg.vander(a, N=4), [(2, 3)]),
    "fftn": (lambda m, a: m.fft.fftn(a, s=(3, 5), norm="ortho"), [(2, 4, 4)]),
    "rfft": (lambda m, a: m.fft.rfft(a.real if a.is_complex() else a, 7), [(2, 5)]),
    "irfft": (lambda m, a: m.fft.irfft(a, 7), [(2, 5)]),
    "hfft2": (lambda m, a: m.fft.hfft2(a, norm="forward"), [(3, 5)]),
    "stft": (
        lambda m, a: m.stft(a, 8, 3, window=m.ones(8, dtype=m.float64), return_complex=True),
        [(2, 30)],
    ),
}  # fmt: skip


@pytest.mark.parametrize("complex", [False, True])
@pytest.mark.parametrize("name", CALLS)
def test_values_and_gradients(name, complex):
    call, shapes = CALLS[name]
    agree(call, *[array(*s, complex=complex, seed=i) for i, s in enumerate(shapes)])


@pytest.mark.parametrize("complex", [False, True])
def test_factors_up_to_sign(complex):
    for shape in ((4, 3), (3, 4), (3, 3)):
        (a,), (b,) = both(array(*shape, complex=complex), grad=False)
        for ours, theirs in (
            (fl.linalg.qr(a, "complete"), torch.linalg.qr(b, "complete")),
            (fl.linalg.svd(a), torch.linalg.svd(b)),
        ):
            for x, y in zip(ours, theirs, strict=True):
                k = min(x.shape[-1], y.shape[-1], 3)
                size = np.abs(y.numpy())[..., :k] if y.ndim == 2 else y.numpy()
                mine = np.abs(x.numpy())[..., :k] if y.ndim == 2 else x.numpy()
                if y.ndim == 1 or y.shape[0] <= 3:
                    np.testing.assert_allclose(mine[:3], size[:3], atol=1e-8)


@pytest.mark.parametrize("hermitian", [False, True])
def test_ldl_pivots(hermitian):
    a = array(7, 7, complex=hermitian)
    a = a + a.conj().T
    a[0, 0] = a[2, 2] = a[3, 3] = 0
    (x,), (y,) = both(a, grad=False)
    same(fl.linalg.ldl_factor_ex(x, hermitian=hermitian),
         torch.linalg.ldl_factor_ex(y, hermitian=hermitian))  # fmt: skip


SPECIAL = [
    "gammaln", "digamma", "erfinv", "i0", "i0e", "i1", "i1e", "ndtr", "ndtri", "log_ndtr", "entr",
    "erfcx", "bessel_j0", "bessel_j1", "bessel_y0", "bessel_y1", "airy_ai", "modified_bessel_i0",
    "modified_bessel_i1", "modified_bessel_k0", "modified_bessel_k1", "scaled_modified_bessel_k0",
    "scaled_modified_bessel_k1", "spherical_bessel_j0", "expit", "exp2", "psi",
]  # fmt: skip
LOOSE = ("bessel_j", "bessel_y", "airy")  # PyTorch has them to single precision in places


@pytest.mark.parametrize("name", SPECIAL)
def test_special_functions(name):
    x = np.concatenate((np.linspace(-4.3, 9.2, 60), [0.0, -0.0, math.inf, -math.inf, math.nan]))
    (a,), (b,) = both(x, grad=False)
    rtol, atol = (1e-5, 2e-6) if name.startswith(LOOSE) else (1e-9, 1e-11)
    same(getattr(fl.special, name)(a), getattr(torch.special, name)(b), rtol, atol)


def test_two_argument_special_functions():
    grid = np.array(list(itertools.product([0, 0.3, 1, 2.5, 40, 300], [0.1, 1, 2.5, 40, 310])))
    (a, b), (c, d) = both(grid[:, 0].copy(), grid[:, 1].copy(), grad=False)
    for name in ("gammainc", "gammaincc", "zeta", "xlog1py", "xlogy"):
        same(getattr(fl.special, name)(a, b), getattr(torch.special, name)(c, d), atol=1e-12)
    for n in (0, 1, 2, 4):
        same(fl.polygamma(n, b), torch.polygamma(n, d))


POLYNOMIALS = [n for n in dir(torch.special) if "polynomial" in n]


@pytest.mark.parametrize("name", POLYNOMIALS)
def test_polynomials(name):
    grid = np.array(list(itertools.product([-1.5, -1, -0.3, 0, 0.4, 1, 2], [-1, 0, 1, 2, 7, 12])))
    (x, n), (y, k) = both(grid[:, 0].copy(), grid[:, 1].copy(), grad=False)
    same(getattr(fl.special, name)(x, n), getattr(torch.special, name)(y, k), rtol=1e-9)


WINDOWS = [n for n in windows.__all__ if not n.startswith("general")]


@pytest.mark.parametrize("name", WINDOWS)
def test_windows(name):
    for m, sym in itertools.product((0, 1, 2, 9), (True, False)):
        ours = getattr(windows, name)(m, sym=sym)
        same(ours, getattr(torch.signal.windows, name)(m, sym=sym), rtol=1e-5, atol=1e-6)
    level = getattr(torch, f"{name}_window", None)
    if level is not None:
        for m, periodic in itertools.product((0, 1, 2, 9), (True, False)):
            ours = getattr(fl, f"{name}_window")(m, periodic)
            same(ours, level(m, periodic), rtol=1e-5, atol=1e-6)


def test_masked():
    x = array(3, 4)
    mask = x > -0.3
    (a,), (b,) = both(x, grad=False)
    m, n = fl.from_numpy(mask), torch.from_numpy(mask)
    for name in ("sum", "prod", "mean", "amax", "amin", "var", "std", "logsumexp", "median",
                 "argmax", "cumsum", "cumprod", "softmax", "log_softmax", "softmin"):  # fmt: skip
        same(getattr(masked, name)(a, 1, mask=m), getattr(torch.masked, name)(b, 1, mask=n))


def test_gradient():
    x = array(4, 5)
    (a,), (b,) = both(x, grad=False)
    for options in ({}, {"spacing": 0.5}, {"edge_order": 2, "dim": 1}, {"spacing": [1.0, 2.0]}):
        same(fl.gradient(a, **options), torch.gradient(b, **options))


REFUSALS = [
    lambda m: m.linalg.inv(m.ones(3, 3)),
    lambda m: m.linalg.inv(m.zeros(2, 3, 3)),
    lambda m: m.linalg.solve(m.eye(3), m.ones(2, 2)),
    lambda m: m.linalg.solve(m.eye(3), m.ones(3, 2).double()),
    lambda m: m.linalg.solve(m.ones(2, 3, 3), m.ones(4, 3, 2)),
    lambda m: m.linalg.cholesky(m.zeros(2, 3, 3)),
    lambda m: m.linalg.cholesky(m.ones(2, 3)),
    lambda m: m.linalg.det(m.ones(3)),
    lambda m: m.linalg.slogdet(m.ones(3, 3).half()),
    lambda m: m.linalg.lu_factor(m.ones(3, 3)),
    lambda m: m.linalg.eig(m.ones(3, 3) * math.nan),
    lambda m: m.linalg.svd(m.ones(3, 3) * math.nan),
    lambda m: m.linalg.qr(m.eye(2), "x"),
    lambda m: m.linalg.matrix_norm(m.eye(2), dim=(0, 0)),
    lambda m: m.linalg.norm(m.ones(2, 2, 2), 2),
    lambda m: m.linalg.cond(m.ones(2, 3), 1),
    lambda m: m.linalg.lstsq(m.ones(3, 2), m.ones(2, 2)),
    lambda m: m.linalg.tensorinv(m.ones(2, 3, 6), 1),
    lambda m: m.linalg.householder_product(m.ones(3, 4), m.ones(3)),
    lambda m: m.linalg.ldl_solve(m.eye(3), m.ones(3), m.ones(3, 1)),
    lambda m: m.lu_unpack(m.eye(3), m.ones(3)),
    lambda m: m.trace(m.ones(2, 2, 2)),
    lambda m: m.fft.fft(m.ones(3), n=0),
    lambda m: m.fft.rfft(m.ones(3) * 1j),
    lambda m: m.fft.fftn(m.ones(2, 2), dim=(0, 0)),
    lambda m: m.stft(m.ones(20), 30, center=False, return_complex=True),
    lambda m: m.istft(m.ones(9, 5) * 1j, 14),
    lambda m: m.polygamma(-1, m.ones(2)),
    lambda m: m.mvlgamma(m.ones(2), 0),
    lambda m: m.hann_window(-1),
    lambda m: m.gradient(m.ones(1)),
    lambda m: m.unravel_index(m.tensor([1.0]), (2,)),
]


@pytest.mark.parametrize("call", REFUSALS)
def test_refusals(call):
    with pytest.raises(Exception) as theirs:
        call(torch)
    with pytest.raises(Exception) as ours:
        call(fl)
    assert isinstance(ours.value, RuntimeError) == isinstance(theirs.value, RuntimeError)
    first = str(ours.value).split("\nHint:")[0].replace("flambeau", "torch")
    assert first == str(theirs.value)
