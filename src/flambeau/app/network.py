"""Networks from a line of text."""

from __future__ import annotations

from collections.abc import Sequence

from flambeau import nn
from flambeau.app.errors import CommandError

FORM = "layers are written like 512,512 or conv32,conv64,pool,drop0.25,128"


def build(layers: str, shape: Sequence[int], classes: int) -> nn.Sequential:
    """A network from inputs of ``shape`` to a score per class.

    ``layers`` lists what lies between, separated by commas:

        N       a fully connected layer of N units, ReLU
        convN   a 3x3 convolution to N channels (its size stays), batch normalisation, ReLU
        pool    2x2 max-pooling
        dropP   dropout with probability P

    Raises:
        CommandError: ``layers`` cannot be read, or does not fit ``shape``.
    """
    modules: list[nn.Module] = []
    shape = tuple(shape)
    for word in filter(None, (part.strip() for part in layers.split(","))):
        added, shape = _layer(word, shape)
        modules += added
    flat, (features,) = _flat(shape)
    return nn.Sequential(*modules, *flat, nn.Linear(features, classes))


def _layer(word: str, shape: tuple[int, ...]) -> tuple[list[nn.Module], tuple[int, ...]]:
    """The modules of one word, and the shape behind them."""
    kind = word.rstrip("0123456789.")
    try:
        if kind == "drop":
            return [nn.Dropout(float(word[4:]))], shape
        if kind == "pool" and word == kind:
            return _pool(shape)
        if kind == "conv":
            return _convolution(_count(word[4:]), shape)
        if kind == "":
            flat, (features,) = _flat(shape)
            units = _count(word)
            return [*flat, nn.Linear(features, units), nn.ReLU()], (units,)
    except ValueError:
        pass
    raise CommandError(f"cannot read the layer {word!r}: {FORM}")


def _count(digits: str) -> int:
    count = int(digits)
    if count < 1:
        raise ValueError(digits)
    return count


def _flat(shape: tuple[int, ...]) -> tuple[list[nn.Module], tuple[int]]:
    if len(shape) == 1:
        return [], (shape[0],)
    channels, height, width = shape
    return [nn.Flatten()], (channels * height * width,)


def _picture(word: str, shape: tuple[int, ...]) -> tuple[int, int, int]:
    if len(shape) != 3:
        raise CommandError(
            f"{word} needs a picture, and here are {shape[0]} numbers: put it before fully "
            "connected layers, and leave it out for tables"
        )
    channels, height, width = shape
    return channels, height, width


def _convolution(count: int, shape: tuple[int, ...]) -> tuple[list[nn.Module], tuple[int, ...]]:
    channels, height, width = _picture("conv", shape)
    convolution = nn.Conv2d(channels, count, 3, padding=1)
    return [convolution, nn.BatchNorm2d(count), nn.ReLU()], (count, height, width)


def _pool(shape: tuple[int, ...]) -> tuple[list[nn.Module], tuple[int, ...]]:
    channels, height, width = _picture("pool", shape)
    if min(height, width) < 2:
        raise CommandError(f"too many pools: the picture is {height}x{width} already")
    return [nn.MaxPool2d(2)], (channels, height // 2, width // 2)
