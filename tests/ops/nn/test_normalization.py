"""Normalisation: mean 0 and variance 1 come out; statistics run along; derivatives."""

import numpy as np
import pytest

import flambeau as fl
import flambeau.nn.functional as F
from flambeau.autograd import gradcheck, gradgradcheck


def rand(*shape):
    return fl.from_numpy(3 + 2 * np.random.RandomState(sum(shape)).randn(*shape))


@pytest.mark.parametrize(
    ("function", "dims"),
    [
        (lambda x: F.batch_norm(x, None, None, training=True), (0, 2, 3)),
        (lambda x: F.instance_norm(x), (2, 3)),
        (lambda x: F.layer_norm(x, x.shape[1:]), (1, 2, 3)),
        (lambda x: F.layer_norm(x, x.shape[3:]), (3,)),
        (lambda x: F.group_norm(x, 1), (1, 2, 3)),
    ],
)
def test_mean_is_zero_and_variance_one(function, dims):
    y = function(rand(5, 4, 6, 7))
    np.testing.assert_allclose(y.mean(dims).numpy(), 0, atol=1e-12)
    np.testing.assert_allclose(y.var(dims, correction=0).numpy(), 1, rtol=1e-4)


def test_groups_are_standardised_apart():
    x = rand(2, 6, 5)
    y = F.group_norm(x, 3).reshape(2, 3, -1)
    np.testing.assert_allclose(y.mean(-1).numpy(), 0, atol=1e-12)
    assert fl.allclose(F.group_norm(x, 6), F.instance_norm(x))


def test_running_statistics_approach_the_batchs():
    x = rand(50, 3)
    mean, variance = fl.zeros(3, dtype=fl.float64), fl.ones(3, dtype=fl.float64)
    F.batch_norm(x, mean, variance, training=True, momentum=0.25)
    assert fl.allclose(mean, 0.25 * x.mean(0))
    assert fl.allclose(variance, 0.75 + 0.25 * x.var(0))  # the unbiased variance
    for _ in range(200):
        F.batch_norm(x, mean, variance, training=True, momentum=0.25)
    evaluated = F.batch_norm(x, mean, variance, eps=0)
    assert fl.allclose(evaluated.mean(0), fl.zeros(3, dtype=fl.float64), atol=1e-9)


def test_a_write_into_running_statistics_is_counted():
    mean, variance = fl.zeros(3), fl.ones(3)
    alias = mean.view(3)
    before = mean._version
    F.batch_norm(rand(4, 3).float(), mean, variance, training=True)
    assert mean._version > before
    assert fl.equal(alias, mean) and mean.any()


CASES = {
    "batch": lambda x, w, b: F.batch_norm(x, None, None, w, b, training=True),
    "evaluation": lambda x, w, b: F.batch_norm(
        x, fl.ones(4, dtype=fl.float64), fl.full((4,), 2.0, dtype=fl.float64), w, b
    ),
    "instance": lambda x, w, b: F.instance_norm(x, weight=w, bias=b),
    "group": lambda x, w, b: F.group_norm(x, 2, w, b),
    "layer": lambda x, w, b: F.layer_norm(x, (4,), w, b),
    "rms": lambda x, w, b: F.rms_norm(x, (4,), w) + b,
}


@pytest.mark.parametrize("name", CASES)
def test_derivatives(name):
    x = (rand(3, 4, 4) if name in ("layer", "rms") else rand(2, 4, 3)).requires_grad_()
    inputs = (x, rand(4).requires_grad_(), rand(4).requires_grad_())
    assert gradcheck(CASES[name], inputs)
    assert gradgradcheck(CASES[name], inputs)


def test_one_value_per_channel_is_refused_in_training():
    with pytest.raises(ValueError, match="Expected more than 1 value per channel when training"):
        F.batch_norm(fl.zeros(1, 3), None, None, training=True)
