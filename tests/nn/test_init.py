"""Initial values: ranges, spreads, shapes and errors."""

import math

import pytest

import flambeau
from flambeau.nn import init


def test_calculate_gain():
    assert init.calculate_gain("linear") == 1
    assert init.calculate_gain("tanh") == 5 / 3
    assert init.calculate_gain("relu") == math.sqrt(2)
    assert init.calculate_gain("leaky_relu", 0.2) == math.sqrt(2 / (1 + 0.04))
    with pytest.raises(ValueError, match="Unsupported nonlinearity nope"):
        init.calculate_gain("nope")
    with pytest.raises(ValueError, match="negative_slope True not a valid number"):
        init.calculate_gain("leaky_relu", True)


def test_fills_in_place_without_recording():
    weight = flambeau.empty(4, 5, requires_grad=True)
    for fill in (init.ones_, init.zeros_, init.eye_, init.uniform_, init.xavier_normal_):
        assert fill(weight) is weight
        assert weight.is_leaf and weight.requires_grad
    assert init.constant_(weight, 0.3)[0, 0].item() == pytest.approx(0.3)


def test_ranges_and_spreads():
    flambeau.manual_seed(0)
    weight = flambeau.empty(200, 100)
    assert init.uniform_(weight, 2, 3).min() >= 2 and weight.max() <= 3
    assert init.normal_(weight, 1, 2).std().item() == pytest.approx(2, rel=0.02)
    bound = math.sqrt(6 / 300)
    assert init.xavier_uniform_(weight).abs().max().item() == pytest.approx(bound, rel=0.01)
    assert init.kaiming_normal_(weight, nonlinearity="relu").std().item() == pytest.approx(
        math.sqrt(2 / 100), rel=0.02
    )
    init.kaiming_uniform_(weight, mode="fan_out", nonlinearity="relu")
    assert weight.abs().max().item() == pytest.approx(math.sqrt(6 / 200), rel=0.01)
    assert init.trunc_normal_(weight, a=-1, b=0.5).min() >= -1 and weight.max() <= 0.5


def test_convolution_fans_count_the_window():
    assert init._calculate_fan_in_and_fan_out(flambeau.empty(8, 4, 3, 5)) == (60, 120)
    with pytest.raises(ValueError, match="fewer than 2 dimensions"):
        init.xavier_uniform_(flambeau.empty(3))
    with pytest.raises(ValueError, match="Mode x not supported"):
        init.kaiming_normal_(flambeau.empty(3, 3), mode="x")


def test_eye_and_dirac():
    assert init.eye_(flambeau.empty(2, 3)).tolist() == [[1, 0, 0], [0, 1, 0]]
    weight = init.dirac_(flambeau.empty(4, 2, 3), groups=2)
    x = flambeau.randn(1, 4, 6)
    kept = flambeau.nn.functional.conv1d(x, weight, padding=1, groups=2)
    assert flambeau.equal(kept, x)
    with pytest.raises(ValueError, match="dim 0 must be divisible by groups"):
        init.dirac_(flambeau.empty(3, 1, 3), groups=2)
    with pytest.raises(ValueError, match="Only tensors with 2 dimensions are supported"):
        init.eye_(flambeau.empty(2))


@pytest.mark.parametrize("shape", [(5, 3), (3, 5), (4, 2, 2)])
def test_orthogonal(shape):
    weight = init.orthogonal_(flambeau.empty(shape), gain=2).reshape(shape[0], -1)
    if weight.size(0) > weight.size(1):
        weight = weight.t()
    product = (weight @ weight.t()) / 4
    assert flambeau.allclose(product, flambeau.eye(product.size(0)), atol=1e-5)


def test_sparse():
    weight = init.sparse_(flambeau.empty(10, 4), sparsity=0.3)
    assert (weight == 0).sum(0).tolist() == [3, 3, 3, 3]


def test_empty_tensors_are_left_alone():
    with pytest.warns(UserWarning, match="Initializing zero-element tensors is a no-op"):
        init.kaiming_uniform_(flambeau.empty(0, 3))


def test_old_names_warn():
    with pytest.warns(FutureWarning, match="`nn.init.xavier_uniform` is now deprecated"):
        init.xavier_uniform(flambeau.empty(2, 2))
