"""Products of vectors, matrices and tensors against PyTorch, with first and second gradients."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import flambeau  # noqa: E402
from oracle.gradients import array_of, compare, numbers, same  # noqa: E402

DTYPES = (np.float32, np.float64, np.complex64)


def check(function, *shapes, dtype=np.float32, **settings):
    compare(function, *(numbers(*s, seed=i, dtype=dtype) for i, s in enumerate(shapes)), **settings)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    ("a", "b"),
    [
        ((2, 3), (3, 4)), ((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 4)), ((5, 2, 3), (3, 4)),
        ((5, 2, 3), (5, 3, 4)), ((5, 2, 3), (3,)), ((3,), (5, 3, 4)), ((2, 3), (5, 3, 4)),
        ((6, 5, 2, 3), (5, 3, 4)), ((6, 1, 2, 3), (5, 3, 4)), ((5, 2, 3), (1, 3, 4)),
        ((0, 3), (3, 2)), ((2, 0), (0, 3)), ((0, 2, 3), (3, 4)), ((2, 0, 3), (3,)), ((0,), (0,)),
        ((2, 2, 3, 0), (0, 4)),
    ],
)  # fmt: skip
def test_matmul(a, b, dtype):
    check(lambda T, F, x, y: x @ y, a, b, dtype=dtype)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    ("function", "shapes"),
    [
        (lambda T, F, x, y: T.mm(x.T, y.T), ((3, 2), (4, 3))),
        (lambda T, F, x, y: T.mm(x[::2], y[:, ::3]), ((4, 3), (3, 5))),
        (lambda T, F, x, y: T.bmm(x, y.mT), ((5, 2, 3), (5, 4, 3))),
        (lambda T, F, x, y: T.mv(x, y), ((2, 4), (4,))),
        (lambda T, F, x, y: T.dot(x, y), ((4,), (4,))),
        (lambda T, F, x, y: T.vdot(x, y), ((4,), (4,))),
        (lambda T, F, x, y: T.outer(x, y), ((4,), (3,))),
        (lambda T, F, x, y: T.inner(x, y), ((2, 4), (3, 4))),
        (lambda T, F, x, y: T.inner(x, y), ((2, 4), ())),
        (lambda T, F, x, y: T.kron(x, y), ((2, 3), (2, 2, 2))),
        (lambda T, F, *x: T.linalg.multi_dot(x), ((3,), (3, 4), (4, 2), (2, 5))),
        (lambda T, F, x, y: T.linalg.cross(x, y, dim=0), ((3, 2), (3, 1))),
        (lambda T, F, x, y: T.cross(x, y), ((2, 3), (2, 3))),
        (lambda T, F, x, y: T.linalg.vecdot(x, y), ((2, 3), (3,))),
        (lambda T, F, x, w, b: F.linear(x, w, b), ((2, 3), (4, 3), (4,))),
        (lambda T, F, x, w, b: F.linear(x, w, b), ((2, 2, 3), (4, 3), (4,))),
        (lambda T, F, x, w, b: F.linear(x, w, b), ((3,), (4, 3), (1,))),
        (lambda T, F, x, w: F.linear(x, w), ((2, 2, 3), (4, 3))),
        (lambda T, F, x, w: F.linear(x, w), ((2, 3), (3,))),
        (lambda T, F, x, w, b: F.linear(x, w, b), ((2, 0, 3), (4, 3), (4,))),
    ],
)
def test_products(function, shapes, dtype):
    check(function, *shapes, dtype=dtype)


@pytest.mark.parametrize("factors", [(1, 1), (0.5, 2.0), (0, 1.5), (2, 0)])
@pytest.mark.parametrize(
    ("name", "shapes"),
    [
        ("addmm", ((2, 5), (2, 3), (3, 5))), ("addmm", ((5,), (2, 3), (3, 5))),
        ("addmm", ((), (2, 3), (3, 5))), ("addmv", ((2,), (2, 3), (3,))),
        ("addbmm", ((2, 5), (4, 2, 3), (4, 3, 5))), ("baddbmm", ((5,), (4, 2, 3), (4, 3, 5))),
        ("addr", ((2, 3), (2,), (3,))),
    ],
)  # fmt: skip
def test_added_products(name, shapes, factors):
    beta, alpha = factors
    check(lambda T, F, x, a, b: getattr(T, name)(x, a, b, beta=beta, alpha=alpha), *shapes)


def test_what_beta_zero_adds_is_not_read():
    x = np.full((2, 2), np.nan, np.float32)
    compare(lambda T, F, a: T.addmm(T.from_numpy(x), a, a, beta=0), numbers(2, 2))


@pytest.mark.parametrize("dtype", (np.float32, np.complex64))
@pytest.mark.parametrize(
    ("equation", "shapes"),
    [
        ("ij,jk->ik", ((2, 3), (3, 4))), ("ij,jk", ((2, 3), (3, 4))), ("ii->i", ((3, 3),)),
        ("ii", ((3, 3),)), ("ij->ji", ((2, 3),)), ("ij->", ((2, 3),)), ("i,j->ij", ((2,), (3,))),
        ("bij,bjk->bik", ((2, 3, 4), (2, 4, 5))), ("ij,ij->ij", ((2, 3), (2, 3))),
        ("...ij,...jk->...ik", ((2, 3, 4), (2, 4, 5))), ("...i->...", ((2, 3, 4),)),
        ("bn,anm,bm->ba", ((2, 5), (3, 5, 4), (2, 4))), ("i...->...", ((2, 3, 4),)),
        ("ijk,ilm->jl", ((2, 3, 4), (2, 5, 6))), ("ij,kj,lj->ikl", ((2, 3), (4, 3), (5, 3))),
        ("iij,jk->ik", ((2, 2, 3), (3, 4))), ("b...d,bd->b...", ((2, 3, 4, 5), (2, 5))),
        ("ab,ab->a", ((2, 1), (2, 3))), ("a b , b c", ((2, 3), (3, 4))),
        ("iijj->ij", ((2, 2, 3, 3),)), ("...,...", ((2, 3), (3,))), (",i->i", ((), (3,))),
    ],
)  # fmt: skip
def test_einsum(equation, shapes, dtype):
    check(lambda T, F, *x: T.einsum(equation, *x), *shapes, dtype=dtype)


def test_einsum_by_lists():
    check(lambda T, F, x, y: T.einsum(x, [0, 1], y, [1, 2], [2, 0]), (2, 3), (3, 4))
    check(lambda T, F, x, y: T.einsum(x, [..., 1], y, [1, 2]), (2, 3), (3, 4))


@pytest.mark.parametrize("dims", [0, 1, 2, ([0, 1], [1, 0]), ([1], [0])])
def test_tensordot(dims):
    check(lambda T, F, x, y: T.tensordot(x, y, dims), (3, 3), (3, 3))


def test_bilinear():
    shapes = (2, 2, 3), (2, 2, 4), (5, 3, 4), (5,)
    check(lambda T, F, x, y, w, b: F.bilinear(x, y, w, b), *shapes)


@pytest.mark.parametrize("p", [0.0, 0.5, 1.0, 2.0, 3.0, float("inf")])
def test_distances(p):
    x, y = numbers(4, 3), numbers(5, 3, seed=1)
    y[0] = x[0]  # the distance 0 has no slope
    compare(lambda T, F, a, b: T.cdist(a, b, p), x, y, orders=1)
    compare(lambda T, F, a: F.pdist(a, p), x, orders=1)
    check(lambda T, F, a, b: T.cdist(a, b, p), (2, 1, 4, 3), (3, 5, 3), orders=1)


def test_distances_of_many_points():
    check(lambda T, F, a, b: T.cdist(a, b), (40, 3), (30, 3))


@pytest.mark.parametrize("dtype", (np.int8, np.uint8, np.int16, np.int32, np.int64))
@pytest.mark.parametrize("n", [3, 40])
def test_integers_wrap_around(dtype, n):
    info = np.iinfo(dtype)
    low, high = max(info.min, -(2**62)), min(info.max, 2**62)
    a, b = (np.random.RandomState(s).randint(low, high, (n, n), dtype) for s in (0, 1))
    compare(lambda T, F, x, y: x @ y, a, b)
    compare(lambda T, F, x, y: T.stack([x, y]) @ y, a, b)
    compare(lambda T, F, x, y: T.addmm(x, x, y, beta=2, alpha=3), a, b)


@pytest.mark.parametrize("name", ["float16", "bfloat16"])
def test_halves_accumulate_in_float32(name):
    arrays = numbers(40, 300), numbers(300, 20, seed=1)
    want, got = (
        (x @ y, T.nn.functional.linear(x, y.T))
        for T in (torch, flambeau)
        for x, y in [[T.from_numpy(a).to(getattr(T, name)) for a in arrays]]
    )
    same(want, got, 1e-2, name)


def test_out():
    a, b = (flambeau.from_numpy(numbers(3, 3, seed=s)) for s in (0, 1))
    for name in ("mm", "matmul", "outer", "kron"):
        args = (a[0], b[0]) if name == "outer" else (a, b)
        out = flambeau.empty(0)
        assert getattr(flambeau, name)(*args, out=out) is out
        assert np.array_equal(array_of(out), array_of(getattr(flambeau, name)(*args)))
