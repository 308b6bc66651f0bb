"""Networks from a line of text."""

import pytest

import flambeau
from flambeau.app.errors import CommandError
from flambeau.app.network import build


@pytest.mark.parametrize(
    ("layers", "shape", "kinds"),
    [
        ("", (4,), ["Linear"]),
        ("10, 10", (4,), ["Linear", "ReLU", "Linear", "ReLU", "Linear"]),
        ("", (1, 8, 8), ["Flatten", "Linear"]),
        ("5", (1, 8, 8), ["Flatten", "Linear", "ReLU", "Linear"]),
        (
            "conv3,pool",
            (1, 5, 8),
            ["Conv2d", "BatchNorm2d", "ReLU", "MaxPool2d", "Flatten", "Linear"],
        ),
        ("drop0.5,7", (2, 8, 8), ["Dropout", "Flatten", "Linear", "ReLU", "Linear"]),
    ],
)
def test_build(layers, shape, kinds):
    network = build(layers, shape, 3)
    assert [type(module).__name__ for module in network] == kinds
    assert network(flambeau.rand(2, *shape)).shape == (2, 3)


@pytest.mark.parametrize("layers", ["x", "conv", "conv0", "pool2", "drop", "drop-1", "1.5", "-3"])
def test_unreadable_layers(layers):
    with pytest.raises(CommandError, match="cannot read the layer"):
        build(layers, (1, 8, 8), 10)
