"""Products of vectors, matrices and tensors: values, laws, errors that say what would fit."""

import itertools

import numpy as np
import pytest

import flambeau as fl
from flambeau.autograd import gradcheck, gradgradcheck
from flambeau.nn.functional import linear
from flambeau.ops import contractions, tensor_products


def rand(*shape, grad=True):
    t = fl.from_numpy(np.random.RandomState(sum(shape)).randn(*shape))
    return t.requires_grad_() if grad else t


@pytest.mark.parametrize(
    ("a", "b"),
    [((2, 3), (3, 4)), ((5, 1, 2, 3), (4, 3, 6)), ((7, 2, 3), (3, 2)), ((3,),) * 2, ((2, 3), (3,))],
)
def test_matmul_is_numpys(a, b):
    x, y = rand(*a), rand(*b)
    np.testing.assert_allclose((x @ y).detach().numpy(), x.detach().numpy() @ y.detach().numpy())
    assert gradcheck(lambda x, y: x @ y, (x, y))
    assert gradgradcheck(lambda x, y: x @ y, (x, y))


def test_transposed_operands_reach_blas_without_a_copy(monkeypatch):
    seen, matmul = [], np.matmul

    def watched(a, b):
        seen.append((a, b))
        return matmul(a, b)

    monkeypatch.setattr(contractions.np, "matmul", watched)
    x, w = rand(5, 3), rand(4, 3)
    y = linear(x, w)
    fl.autograd.grad(y, (x, w), fl.ones(5, 4, dtype=fl.float64))
    arrays = [a for pair in seen for a in pair]
    assert len(seen) == 3
    for operand in (x._data, w._data):
        assert any(np.shares_memory(a, operand) for a in arrays)


@pytest.mark.parametrize("dtype", [fl.int8, fl.int32, fl.int64])
def test_integers_wrap_around(dtype):
    info = fl.iinfo(dtype)
    a = fl.full((70, 70), info.max, dtype=dtype)
    expected = (info.max * info.max * 70) % 2**info.bits
    expected -= 2**info.bits if expected > info.max else 0
    assert (a @ a).unique().tolist() == [expected]


def test_integer_products_are_exact_on_blas():
    a = np.random.RandomState(0).randint(-(2**20), 2**20, (60, 60))
    assert np.array_equal((fl.from_numpy(a) @ fl.from_numpy(a)).numpy(), a @ a)


def test_half_precision_sums_in_float32():
    a = fl.ones(1, 4096, dtype=fl.bfloat16)
    assert (a @ a.T).item() == 4096  # bfloat16 alone would stop at 256


@pytest.mark.parametrize(
    ("expression", "hint"),
    [
        (lambda: fl.zeros(2, 3) @ fl.zeros(4, 3), "a @ b.T would fit"),
        (lambda: fl.zeros(3, 2) @ fl.zeros(3, 4), "a.T @ b would fit"),
        (lambda: fl.zeros(4, 3) @ fl.zeros(2, 4), "b @ a would fit"),
        (lambda: fl.zeros(2, 3) @ fl.zeros(4, 5), "(3) must equal dimension 0 of the second (4)."),
        (lambda: fl.zeros(8, 1, 5, 5) @ fl.zeros(25, 4), "a.flatten(1) @ b would fit"),
        (lambda: fl.mm(fl.zeros(2, 3), fl.zeros(3, 4, dtype=fl.float64)), "first one with .to("),
        (lambda: fl.mv(fl.zeros(2, 3), fl.zeros(2)), "transpose (.T) would fit"),
        (lambda: linear(fl.zeros(8, 1, 5, 5), fl.zeros(4, 25)), "input.flatten(1) would fit"),
        (lambda: linear(fl.zeros(3, 8), fl.zeros(4, 3)), "input.T would fit"),
        (lambda: linear(fl.zeros(2, 4), fl.zeros(4, 3)), "weight.T would fit"),
    ],
)
def test_errors_say_what_would_fit(expression, hint):
    with pytest.raises(RuntimeError) as error:
        expression()
    assert hint in str(error.value)
    assert "\nHint: " in str(error.value)


@pytest.mark.parametrize(
    ("equation", "shapes"),
    [
        ("ij,jk->ik", [(2, 3), (3, 4)]), ("ii->i", [(3, 3)]), ("iij->j", [(2, 2, 3)]),
        ("bij,bjk->bik", [(2, 3, 4), (2, 4, 5)]), ("ij,kj,lj->ikl", [(2, 3), (4, 3), (5, 3)]),
        ("...ij,...jk->...ik", [(2, 3, 4), (2, 4, 5)]), ("i,j", [(2,), (3,)]), ("ba", [(2, 3)]),
        ("abc,cd,b->da", [(2, 3, 4), (4, 5), (3,)]),
    ],
)  # fmt: skip
def test_einsum_is_numpys(equation, shapes):
    inputs = [rand(*s) for s in shapes]
    expected = np.einsum(equation, *(t.detach().numpy() for t in inputs))
    np.testing.assert_allclose(fl.einsum(equation, *inputs).detach().numpy(), expected)
    assert gradcheck(lambda *x: fl.einsum(equation, *x), inputs)


def test_tensordot_is_numpys():
    a, b = rand(2, 3, 4, grad=False), rand(4, 3, 5, grad=False)
    for dims in (1, ([1, 2], [1, 0]), ([2], [0]), 0):
        expected = np.tensordot(a.numpy(), b.numpy(), dims)
        np.testing.assert_allclose(fl.tensordot(a, b, dims).numpy(), expected)


def test_kron_is_numpys():
    a, b = rand(2, 3, grad=False), rand(4, 1, 2, grad=False)
    np.testing.assert_allclose(fl.kron(a, b).numpy(), np.kron(a.numpy(), b.numpy()))


def test_multi_dot_takes_the_least_work():
    sizes = [10, 100, 5, 50, 1]

    def work(order):
        left = list(range(len(sizes)))
        total = 0
        for i in order:  # which product of neighbours comes next
            i = min(i, len(left) - 3)
            total += sizes[left[i]] * sizes[left[i + 1]] * sizes[left[i + 2]]
            del left[i + 1]
        return total

    best = min(work(order) for order in itertools.product(range(4), repeat=len(sizes) - 2))
    split = tensor_products._chain_order(sizes)

    def planned(i, j):
        if i == j:
            return 0
        k = split[i, j]
        return planned(i, k) + planned(k + 1, j) + sizes[i] * sizes[k + 1] * sizes[j + 1]

    assert planned(0, len(sizes) - 2) == best


def test_distances_agree_with_their_definition():
    x, y = rand(4, 3, grad=False), rand(30, 3, grad=False)
    for p in (0.0, 1.0, 1.5, 2.0, float("inf")):
        expected = np.linalg.norm(x.numpy()[:, None] - y.numpy(), p, axis=-1)
        np.testing.assert_allclose(fl.cdist(x, y, p).numpy(), expected, atol=1e-6)
    pairs = fl.nn.functional.pdist(x).numpy()
    np.testing.assert_allclose(pairs, fl.cdist(x, x).numpy()[np.triu_indices(4, 1)])


def test_cross_is_perpendicular_to_its_factors():
    a, b = rand(4, 3, grad=False), rand(4, 3, grad=False) + 1
    c = fl.linalg.cross(a, b)
    assert fl.allclose(fl.linalg.vecdot(a, c), fl.zeros(4, dtype=fl.float64))
    assert fl.allclose(fl.linalg.vecdot(b, c), fl.zeros(4, dtype=fl.float64))


@pytest.mark.parametrize("shape", [(5, 3), (2, 5, 3), (3,)])
def test_linear_has_derivatives_of_both_orders(shape):
    inputs = rand(*shape), rand(4, 3), rand(4)
    assert gradcheck(linear, inputs)
    assert gradgradcheck(linear, inputs)


def test_addmm_in_place():
    x, a, b = rand(2, 4, grad=False), rand(2, 3, grad=False), rand(3, 4, grad=False)
    expected = 0.5 * x + 2 * (a @ b)
    assert x.addmm_(a, b, beta=0.5, alpha=2) is x
    assert fl.allclose(x, expected)
