"""Expressions on fixed tensors, a line each in expressions/*.txt, against PyTorch.

Compared are kind, shape, type, strides, offset and values of what comes out; of errors the type
and the first line. T is the library, F its nn.functional; the tensors are made anew each time.
"""

import warnings
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

import flambeau  # noqa: E402
import flambeau.nn.functional  # noqa: E402

LINES = [
    (path.stem, line)
    for path in sorted(Path(__file__).with_name("expressions").glob("*.txt"))
    for line in path.read_text().splitlines()
    if line and not line.startswith("#")
]


def names(T):
    return {
        "T": T,
        "F": T.nn.functional,
        "x": T.arange(24.0).reshape(2, 3, 4),
        "m": T.arange(12.0).reshape(3, 4),
        "v": T.arange(6.0),
        "s": T.tensor(3.0),
        "e": T.zeros(0, 3),
        "i": T.tensor([0, 1]),
        "xi": T.arange(6).reshape(2, 3),
        "b": T.tensor([True, False]),
        "c": T.zeros(2, 3, dtype=T.complex64),
    }


def described(value, T):
    if isinstance(value, (tuple, list)):
        return type(value).__name__, [described(v, T) for v in value]
    if not isinstance(value, T.Tensor):
        return str(value).replace("flambeau", "torch")
    strides = value.stride() if value.numel() > 1 else None
    return (
        tuple(value.shape),
        str(value.dtype).split(".")[-1],
        strides,
        value.storage_offset() if value.numel() else 0,
        repr(value.detach().tolist()),  # repr: NaN equals itself, 0.0 differs from -0.0
    )


def outcome(expression, T):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return described(eval(expression, names(T)), T)
        except Exception as error:
            first = str(error).split("\n")[0].replace("flambeau", "torch")
            return type(error).__name__, first


@pytest.mark.parametrize(("file", "expression"), LINES, ids=lambda text: text)
def test_like_torch(file, expression):
    assert outcome(expression, flambeau) == outcome(expression, torch)
