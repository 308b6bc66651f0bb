"""Activations: values, what happens at kinks, derivatives."""

import math

import numpy as np
import pytest

import flambeau as fl
import flambeau.nn.functional as F
from flambeau.autograd import gradcheck, gradgradcheck

POINTS = [-4.1, -2.0, -0.7, -0.3, 0.2, 0.9, 2.2, 5.0, 7.5]

VALUES = {
    "relu": lambda x: max(0, x),
    "relu6": lambda x: min(max(0, x), 6),
    "elu": lambda x: x if x > 0 else math.expm1(x),
    "selu": lambda x: 1.0507009873554805 * (x if x > 0 else 1.6732632423543772 * math.expm1(x)),
    "celu": lambda x: x if x > 0 else math.expm1(x),
    "silu": lambda x: x / (1 + math.exp(-x)),
    "mish": lambda x: x * math.tanh(math.log1p(math.exp(x))),
    "hardtanh": lambda x: min(max(-1, x), 1),
    "hardswish": lambda x: x * min(max(x + 3, 0), 6) / 6,
    "hardsigmoid": lambda x: min(max(x + 3, 0), 6) / 6,
    "softplus": lambda x: math.log1p(math.exp(x)),
    "softsign": lambda x: x / (1 + abs(x)),
    "softshrink": lambda x: math.copysign(max(0, abs(x) - 0.5), x),
    "hardshrink": lambda x: x if abs(x) > 0.5 else 0,
    "tanhshrink": lambda x: x - math.tanh(x),
    "leaky_relu": lambda x: x if x > 0 else 0.01 * x,
    "logsigmoid": lambda x: -math.log1p(math.exp(-x)),
    "gelu": lambda x: x * 0.5 * (1 + math.erf(x / math.sqrt(2))),
}


@pytest.mark.parametrize("name", VALUES)
def test_values_and_derivatives(name):
    x = fl.tensor(POINTS, dtype=fl.float64, requires_grad=True)
    function = getattr(F, name)
    expected = [VALUES[name](p) for p in POINTS]
    np.testing.assert_allclose(function(x).detach().numpy(), expected, atol=1e-12)
    assert gradcheck(function, (x,))
    assert gradgradcheck(function, (x,))


@pytest.mark.parametrize(
    ("name", "at", "slope"),
    [
        ("relu", 0, 0), ("relu6", 6, 0), ("hardtanh", 1, 0), ("leaky_relu", 0, 0.01),
        ("elu", 0, 1), ("selu", 0, 1.7580993408473766), ("hardswish", -3, 0), ("hardswish", 3, 1),
        ("hardsigmoid", 3, 0), ("softshrink", 0.5, 0), ("hardshrink", -0.5, 0),
    ],
)  # fmt: skip
def test_slopes_at_kinks(name, at, slope):
    x = fl.tensor([float(at)], dtype=fl.float64, requires_grad=True)
    getattr(F, name)(x).backward()
    assert x.grad.item() == pytest.approx(slope)


def test_relu_passes_no_infinite_gradient_where_it_is_flat():
    for n in (3, 5000):  # a few elements and many take different ways
        x = fl.full((n,), -1.0, requires_grad=True)
        F.relu(x).backward(fl.full((n,), float("inf")))
        assert not x.grad.any()


def test_nan_stays():
    x = fl.tensor([float("nan")])
    for name in VALUES:
        assert getattr(F, name)(x).isnan().all(), name


def test_prelu_has_a_slope_for_each_channel():
    x = fl.full((2, 3, 4), -1.0)
    y = F.prelu(x, fl.tensor([0.1, 0.2, 0.3]))
    assert y[0, :, 0].tolist() == pytest.approx([-0.1, -0.2, -0.3])
    with pytest.raises(RuntimeError, match="Mismatch of parameter numbers and input channel size"):
        F.prelu(x, fl.ones(4))


def test_rrelu_slopes_lie_between_their_bounds():
    fl.manual_seed(0)
    x = fl.full((1000,), -1.0)
    slopes = -F.rrelu(x, 0.2, 0.4, training=True)
    assert 0.2 <= slopes.min() < 0.21 and 0.39 < slopes.max() < 0.4
    assert F.rrelu(x, 0.2, 0.4)[0].item() == pytest.approx(-0.3)


def test_integers_are_refused_where_pytorch_refuses_them():
    for name in ("elu", "gelu", "softplus", "mish", "silu"):
        with pytest.raises(NotImplementedError, match=r"not implemented for 'Long'\nHint: convert"):
            getattr(F, name)(fl.tensor([1]))
    assert F.relu(fl.tensor([-1, 2])).tolist() == [0, 2]
