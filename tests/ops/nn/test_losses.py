"""Losses: values on small examples, laws, derivatives."""

import math

import numpy as np
import pytest

import flambeau as fl
import flambeau.nn.functional as F
from flambeau.autograd import gradcheck, gradgradcheck


def rand(*shape):
    return fl.from_numpy(np.random.RandomState(sum(shape)).randn(*shape))


def test_cross_entropy_of_equal_scores_is_the_logarithm_of_their_number():
    assert F.cross_entropy(fl.zeros(4, 10), fl.tensor([0, 3, 9, 1])).item() == pytest.approx(
        math.log(10)
    )


@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
@pytest.mark.parametrize("shape", [(5, 4), (2, 4, 3), (2, 4, 3, 2)])
def test_cross_entropy_is_nll_of_log_softmax(shape, reduction):
    x = rand(*shape)
    y = fl.from_numpy(np.random.RandomState(1).randint(0, 4, shape[:1] + shape[2:]))
    w = fl.tensor([1.0, 2.0, 0.5, 3.0], dtype=fl.float64)
    for weight in (None, w):
        one = F.cross_entropy(x, y, weight, reduction=reduction)
        other = F.nll_loss(x.log_softmax(1), y, weight, reduction=reduction)
        assert fl.allclose(one, other)
        spread = F.one_hot(y, 4).movedim(-1, 1).double()
        if weight is None:
            assert fl.allclose(one, F.cross_entropy(x, spread, reduction=reduction))


def test_cross_entropy_does_not_overflow():
    x = fl.tensor([[1e4, 0.0], [0.0, 1e4]])
    assert F.cross_entropy(x, fl.tensor([0, 1])).item() == 0
    assert F.cross_entropy(x, fl.tensor([1, 0])).item() == 1e4


def test_ignored_targets_count_for_nothing():
    x = rand(4, 3)
    y = fl.tensor([0, -100, 2, -100])
    assert fl.allclose(F.cross_entropy(x, y), F.cross_entropy(x[::2], y[::2]))
    assert F.cross_entropy(x, y, reduction="none")[1].item() == 0
    x.requires_grad_()
    F.cross_entropy(x, y).backward()
    assert not x.grad[1::2].any() and x.grad[::2].all()
    assert math.isnan(F.cross_entropy(x, fl.full((4,), -100)).item())


def test_the_gradient_of_cross_entropy_is_softmax_minus_one_hot():
    x, y = rand(4, 3).requires_grad_(), fl.tensor([0, 2, 1, 1])
    F.cross_entropy(x, y).backward()
    expected = (x.detach().softmax(1) - F.one_hot(y, 3)) / 4
    assert fl.allclose(x.grad, expected)


Y = fl.tensor([0, 2, 1, 1])
Z = rand(3, 4).T
GRID = fl.tensor([[0, 1], [2, 1], [1, 1], [0, 2]])
DERIVATIVES = [
    (lambda x: F.cross_entropy(x, Y), (4, 3)),
    (lambda x: F.cross_entropy(x, Y, reduction="none"), (4, 3)),
    (lambda x: F.cross_entropy(x, Y, label_smoothing=0.2), (4, 3)),
    (lambda x: F.cross_entropy(x, GRID), (4, 3, 2)),
    (lambda x: F.nll_loss(x, Y, ignore_index=1), (4, 3)),
    (lambda x: F.mse_loss(x, Z), (4, 3)),
    (lambda x: F.smooth_l1_loss(x, Z, beta=0.7), (4, 3)),
    (lambda x: F.huber_loss(x, Z, delta=0.7), (4, 3)),
    (lambda x: F.binary_cross_entropy(x.sigmoid(), Z.sigmoid()), (4, 3)),
    (lambda x: F.binary_cross_entropy_with_logits(x, Z.sigmoid()), (4, 3)),
    (lambda x: F.soft_margin_loss(x, Z.sign()), (4, 3)),
    (lambda x: F.kl_div(x.log_softmax(1), Z.softmax(1), reduction="sum"), (4, 3)),
]


@pytest.mark.parametrize(("function", "shape"), DERIVATIVES)
def test_derivatives(function, shape):
    x = rand(*shape).requires_grad_()
    assert gradcheck(function, (x,))
    assert gradgradcheck(function, (x,))


def test_means_and_sums():
    x, y = rand(4, 3), rand(3, 4).T
    each = F.mse_loss(x, y, reduction="none")
    assert fl.allclose(each, (x - y) ** 2)
    assert fl.allclose(F.mse_loss(x, y), each.mean())
    assert fl.allclose(F.mse_loss(x, y, reduction="sum"), each.sum())


def test_logits_are_sigmoids_undone():
    x, y = rand(4, 3), rand(3, 4).T.sigmoid()
    one = F.binary_cross_entropy_with_logits(x, y)
    assert fl.allclose(one, F.binary_cross_entropy(x.sigmoid(), y))
    assert F.binary_cross_entropy_with_logits(fl.tensor(-200.0), fl.tensor(1.0)).item() == 200


def test_huber_is_quadratic_near_zero_and_linear_far_from_it():
    x = fl.tensor([0.5, 3.0])
    assert F.huber_loss(x, fl.zeros(2), reduction="none").tolist() == [0.125, 2.5]
    assert F.smooth_l1_loss(x, fl.zeros(2), beta=2.0, reduction="none").tolist() == [0.0625, 2.0]


def test_ctc_sums_over_all_alignments():
    """All paths of five steps that read as [1, 1] once repeats and blanks are taken out."""
    import itertools

    log_probs = rand(5, 1, 3).log_softmax(-1)
    p = log_probs.exp().numpy()[:, 0]
    total = 0.0
    for path in itertools.product(range(3), repeat=5):
        read = [s for i, s in enumerate(path) if s and (i == 0 or path[i - 1] != s)]
        if read == [1, 1]:
            total += math.prod(p[t, s] for t, s in enumerate(path))
    loss = F.ctc_loss(log_probs, fl.tensor([[1, 1]]), [5], [2], reduction="sum")
    assert loss.item() == pytest.approx(-math.log(total))


def test_ctc_gradient():
    x = rand(6, 2, 4).requires_grad_()
    targets = fl.tensor([[1, 2], [3, 3]])
    assert gradcheck(
        lambda x: F.ctc_loss(x.log_softmax(-1), targets, [6, 5], [2, 2], reduction="none"), (x,)
    )


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda: F.cross_entropy(fl.zeros(4, 3), fl.full((4,), 3)), IndexError,
         r"Target 3 is out of bounds.\nHint: there are 3 classes"),
        (lambda: F.cross_entropy(fl.zeros(4, 3), fl.zeros(4, 1, dtype=fl.int64)), RuntimeError,
         r"multi-target not supported\nHint: target.squeeze\(1\)"),
        (lambda: F.cross_entropy(fl.zeros(4, 3), fl.zeros(4)), RuntimeError, r"target.long\(\)"),
        (lambda: F.cross_entropy(fl.zeros(4, 3), fl.zeros(5, dtype=fl.int64)), ValueError,
         r"Expected input batch_size \(4\) to match target batch_size \(5\)."),
        (lambda: F.binary_cross_entropy(fl.tensor([2.0]), fl.tensor([1.0])), RuntimeError,
         "between 0 and 1\nHint: .*binary_cross_entropy_with_logits"),
    ],
)  # fmt: skip
def test_errors(call, error, text):
    with pytest.raises(error, match=text):
        call()
