"""Recurrent layers of the native runtime against the same in NumPy, in double precision."""

import numpy as np
import pytest

from flambeau.backends.native import library
from flambeau.ops.nn import native_recurrent, recurrent

# steps, sequences, features, hidden; sizes of the steps where the sequences are of several lengths
SHAPES = [
    (6, 20, 5, 16, None),
    (3, 5, 4, 7, None),
    (1, 3, 2, 33, None),
    (9, 1, 12, 20, None),
    (2, 70, 3, 24, None),
    (7, 30, 5, 9, (30, 30, 26, 13, 13, 2, 1)),
    (2, 150, 13, 40, None),
    (5, 3, 6, 37, None),
    (5, 90, 6, 20, (90, 90, 61, 41, 30)),
    (4, 2, 6, 70, (2, 2, 1, 1)),
    (3, 12, 5, 70, None),
]
LONG = SHAPES[6]  # so many rows that the weights' gradients are summed in parts
# gates, and how many of its results are states
KINDS = {"lstm": (4, 2), "gru": (3, 1), "rnn_tanh": (1, 1), "rnn_relu": (1, 1)}
NAMES = [f"fl_{kind}{part}" for kind in ("lstm", "gru", "rnn") for part in ("", "_gradient")]


@pytest.fixture(autouse=True)
def native(runtime, monkeypatch):
    """All calls are worth the runtime."""
    monkeypatch.setattr(native_recurrent, "ENOUGH", 0)
    found = {name: getattr(runtime, name) for name in NAMES}
    monkeypatch.setattr(native_recurrent.native, "named", lambda name, count: found[name])
    monkeypatch.setattr(native_recurrent.native, "_address", library.address)


def rows_of(kind):
    """Forward, backward, and the names of what they take and give."""
    base = kind.partition("_")[0]
    names = recurrent.LSTM if base == "lstm" else recurrent.PLAIN
    functions = [getattr(recurrent, f"{base}_layer{part}") for part in ("", "_backward")]
    return *functions, names


def wide(arguments):
    """The arguments with arrays in double precision, which NumPy computes."""
    return [
        a.astype(np.float64) if isinstance(a, np.ndarray) and a.dtype == np.float32 else a
        for a in arguments
    ]


def close(got, expected):
    assert len(got) == len(expected)
    for a, b in zip(got, expected, strict=True):
        assert a.dtype == np.float32 and a.shape == b.shape
        np.testing.assert_allclose(a, b, rtol=2e-4, atol=2e-5)


def in_runtime(function, *arguments):
    """NumPy's own way must not be taken."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("_projected", "_blocks", "_shares"):
            patch.setattr(recurrent, name, None)
        return function(*arguments)


def layer(kind, shape, reverse=False, biased=True):
    """The arguments of a layer, and gradients of its results."""
    steps, batch, features, hidden, sizes = shape
    gates, states = KINDS[kind]
    random = np.random.default_rng(0)

    def make(*size):
        return random.standard_normal(size).astype(np.float32) / 2

    rows = (steps, batch) if sizes is None else (sum(sizes),)
    before = [make(batch, hidden) for _ in range(states)]
    weights = make(gates * hidden, features), make(gates * hidden, hidden)
    biases = [make(gates * hidden) if biased else None for _ in range(2)]
    arguments = [make(*rows, features), *before, *weights, *biases]
    arguments += [None, sizes, reverse] if kind == "lstm" else [sizes, reverse]
    if kind.startswith("rnn"):
        arguments.append(kind == "rnn_relu")
    return arguments, [make(*rows, hidden), *[make(batch, hidden) for _ in range(states)]]


def kept(kind, results):
    """What the backward pass takes of the forward pass's results."""
    if kind == "lstm":
        return [results[0], *results[3:]]
    return list(results[2:]) if kind == "gru" else [results[0]]


@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("kind", KINDS)
def test_forward_and_backward(threads, kind, shape, reverse, count):
    threads(count)
    forward, backward, names = rows_of(kind)
    arguments, gradients = layer(kind, shape, reverse)
    expected = forward(*wide(arguments))
    close(in_runtime(forward, *arguments), expected)
    needs = dict.fromkeys(names, True)
    none = [None] * (len(gradients) - 1)
    for given in (gradients, [gradients[0], *none], [None, *gradients[1:]]):
        exact = [*wide([*given, *arguments]), needs, *kept(kind, expected)]
        call = [a.astype(np.float32) if isinstance(a, np.ndarray) else a for a in exact]
        got = in_runtime(backward, *call)
        pairs = [(a, b) for a, b in zip(got, backward(*exact), strict=True) if b.size]
        close(*zip(*pairs, strict=True))


@pytest.mark.parametrize("shape", [SHAPES[0], LONG])
@pytest.mark.parametrize("kind", KINDS)
def test_what_is_not_needed_is_not_made(kind, shape):
    forward, backward, names = rows_of(kind)
    arguments, gradients = layer(kind, shape, biased=False)
    results = in_runtime(forward, *arguments)
    for name in ("input", "weight_ih", "weight_hh"):
        needs = dict.fromkeys(names, False) | {name: True}
        args = [*gradients, *arguments, needs, *kept(kind, results)]
        got = dict(zip(names, in_runtime(backward, *args), strict=True))
        expected = dict(zip(names, backward(*wide(args)), strict=True))
        assert {key for key, value in got.items() if value.size} == {name, "h0", "c0"} & set(names)
        close([got[name]], [expected[name]])


@pytest.mark.parametrize("kind", KINDS)
def test_other_strides(kind):
    forward, _, _ = rows_of(kind)
    arguments, _ = layer(kind, SHAPES[1])
    views = [
        np.asfortranarray(a) if isinstance(a, np.ndarray) and a.ndim > 1 else a for a in arguments
    ]
    close(in_runtime(forward, *views), forward(*wide(arguments)))


@pytest.mark.parametrize("kind", ["rnn_tanh", "rnn_relu"])
def test_nan_stays(kind):
    forward, _, _ = rows_of(kind)
    arguments, _ = layer(kind, SHAPES[0])
    arguments[0][2, 3, 1] = np.nan
    got, expected = in_runtime(forward, *arguments), forward(*wide(arguments))
    for a, b in zip(got, expected, strict=True):
        np.testing.assert_array_equal(np.isnan(a), np.isnan(b))


@pytest.mark.parametrize("kind", ["lstm", "gru", "rnn_tanh"])
def test_large_sums_and_nan(kind):
    """Gates at their ends: the sums are the bias."""
    ends = 20, 87, 100, 3e38, np.inf
    sums = np.array([0, 1e-3, -5, *ends, *np.negative(ends), np.nan])
    hidden, (gates, states) = len(sums), KINDS[kind]
    bias = np.tile(sums, gates).astype(np.float32)
    x, state = np.zeros((2, 9, 3), np.float32), np.full((9, hidden), 0.5, np.float32)
    weights = [np.zeros((gates * hidden, n), np.float32) for n in (3, hidden)]
    others = {"lstm": [None, None, False], "gru": [None, False], "rnn_tanh": [None, False, False]}
    arguments = [x, *[state.copy() for _ in range(states)], *weights, bias, None, *others[kind]]
    forward = rows_of(kind)[0]
    with np.errstate(all="ignore"):
        expected = forward(*wide(arguments))
    got = in_runtime(forward, *arguments)
    for a, b in zip(got, expected, strict=True):
        np.testing.assert_array_equal(np.isnan(a), np.isnan(b))
        np.testing.assert_allclose(a, b, rtol=4e-6, atol=1e-37)


def test_what_numpy_keeps():
    arguments, _ = layer("gru", SHAPES[0])
    x, h0, *weights = wide(arguments)[:6]
    rows = x.reshape(-1, x.shape[-1])
    assert native_recurrent.gru(rows, (20,) * 6, False, h0, weights) is None
