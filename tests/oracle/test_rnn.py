"""Recurrent networks against PyTorch: values, gradients, second gradients, initial values."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import flambeau

torch = pytest.importorskip("torch")

STEPS, BATCH, FEATURES, HIDDEN, LAYERS = 4, 3, 5, 6, 2
SIZES = [3, 2, 2, 1]
GATES = {"lstm": 4, "gru": 3, "rnn_tanh": 1, "rnn_relu": 1}


def to_flambeau(t):
    out = flambeau.from_numpy(t.detach().numpy().copy())
    return out.requires_grad_(t.requires_grad)


def agree(ours, theirs, tolerance=1e-9):
    ours = ours.detach().numpy()
    assert ours.shape == tuple(theirs.shape)
    np.testing.assert_allclose(ours, theirs.detach().numpy(), tolerance, tolerance)


def random(*shape, dtype=torch.float64):
    return torch.randn(*shape, dtype=dtype, requires_grad=True)


def parameters(kind, bias, proj, directions):
    state, rows = proj or HIDDEN, GATES[kind] * HIDDEN
    out = []
    for layer, _ in itertools.product(range(LAYERS), range(directions)):
        features = state * directions if layer else FEATURES
        out += [random(rows, features), random(rows, state)]
        out += [random(rows), random(rows)] if bias else []
        out += [random(proj, HIDDEN)] if proj else []
    return out


def call(package, kind, x, hx, params, bias, bidirectional, packed):
    function = getattr(package, kind)
    state = tuple(hx) if kind == "lstm" else hx[0]
    if packed:
        sizes = package.tensor(SIZES)
        return function(x, sizes, state, params, bias, LAYERS, 0.0, True, bidirectional)
    return function(x, state, params, bias, LAYERS, 0.0, True, bidirectional, False)


def weighted(results, weights):
    return sum((r * w).sum() for r, w in zip(results, weights, strict=True))


CASES = [
    (kind, bias, proj, bidirectional, packed)
    for kind in GATES
    for bias in (True, False)
    for proj in ((0, 2) if kind == "lstm" else (0,))
    for bidirectional in (False, True)
    for packed in (False, True)
]


@pytest.mark.parametrize(("kind", "bias", "proj", "bidirectional", "packed"), CASES)
def test_functions_and_their_gradients(kind, bias, proj, bidirectional, packed):
    torch.manual_seed(0)
    directions = 2 if bidirectional else 1
    x = random(sum(SIZES), FEATURES) if packed else random(STEPS, BATCH, FEATURES)
    hx = [random(LAYERS * directions, BATCH, proj or HIDDEN)]
    if kind == "lstm":
        hx.append(random(LAYERS * directions, BATCH, HIDDEN))
    params = parameters(kind, bias, proj, directions)
    inputs = [x, *hx, *params]
    theirs = call(torch, kind, x, hx, params, bias, bidirectional, packed)
    own = [to_flambeau(t) for t in inputs]
    n = 1 + len(hx)
    ours = call(flambeau, kind, own[0], own[1:n], own[n:], bias, bidirectional, packed)
    weights = [torch.randn_like(r) for r in theirs]
    own_weights = [to_flambeau(w) for w in weights]
    for a, b in zip(ours, theirs, strict=True):
        agree(a, b)
    first = torch.autograd.grad(weighted(theirs, weights), inputs, create_graph=True)
    plain = flambeau.autograd.grad(weighted(ours, own_weights), own, retain_graph=True)
    recorded = flambeau.autograd.grad(weighted(ours, own_weights), own, create_graph=True)
    for a, b, c in zip(plain, recorded, first, strict=True):
        agree(a, c)
        agree(b, c)
    second = torch.autograd.grad(sum((g * g).sum() for g in first), inputs)
    own_second = flambeau.autograd.grad(sum((g * g).sum() for g in recorded), own)
    for a, b in zip(own_second, second, strict=True):
        agree(a, b)


NETWORKS = [
    ("RNN", (3, 4), {}),
    ("RNN", (3, 4, 2, "relu"), {"bidirectional": True}),
    ("RNN", (3, 4), {"nonlinearity": "relu", "bias": False}),
    ("GRU", (3, 4), {"num_layers": 2, "batch_first": True}),
    ("GRU", (3, 4, 3), {"bidirectional": True, "dropout": 0.5}),
    ("LSTM", (3, 4), {"batch_first": True}),
    ("LSTM", (3, 4), {"num_layers": 2, "proj_size": 2, "bidirectional": True}),
    ("LSTM", (3, 4, 2), {"dropout": 0.3, "bias": False}),
]


@pytest.mark.parametrize(("name", "args", "options"), NETWORKS)
@pytest.mark.parametrize("batched", [True, False])
def test_networks(name, args, options, batched):
    nets, results, states = [], [], []
    for package in (torch, flambeau):
        package.manual_seed(3)
        net = getattr(package.nn, name)(*args, **options)
        x = package.randn(*((5, 4, 3) if batched else (5, 3)))
        output, hidden = net(x)
        output.square().mean().backward()
        nets.append(net)
        results.append(output)
        states.append(hidden if isinstance(hidden, tuple) else (hidden,))
    theirs, ours = nets
    assert repr(ours) == repr(theirs)
    assert [n for n, _ in ours.named_parameters()] == [n for n, _ in theirs.named_parameters()]
    assert ours._all_weights == theirs._all_weights
    assert results[1].stride() == results[0].stride()
    for a, b in zip((results[1], *states[1]), (results[0], *states[0]), strict=True):
        agree(a, b, 1e-5)
    for a, b in zip(ours.parameters(), theirs.parameters(), strict=True):
        assert (a.detach().numpy() == b.detach().numpy()).all()
        agree(a.grad, b.grad, 1e-5)


@pytest.mark.parametrize("name", ["RNNCell", "GRUCell", "LSTMCell"])
@pytest.mark.parametrize("batched", [True, False])
@pytest.mark.parametrize("given", [True, False])
def test_cells(name, batched, given):
    found = []
    for package in (torch, flambeau):
        package.manual_seed(1)
        cell = getattr(package.nn, name)(3, 4)
        lead = (2,) if batched else ()
        state = package.randn(*lead, 4)
        hx = ((state, state + 1) if name == "LSTMCell" else state) if given else None
        result = cell(package.randn(*lead, 3), hx)
        result = result if isinstance(result, tuple) else (result,)
        sum(r.sum() for r in result).backward()
        found.append((repr(cell), result, [p.grad for p in cell.parameters()]))
    (theirs, result, grads), (ours, own_result, own_grads) = found
    assert ours == theirs
    for a, b in zip((*own_result, *own_grads), (*result, *grads), strict=True):
        agree(a, b, 1e-5)


@pytest.mark.parametrize("name", ["RNN", "GRU", "LSTM"])
def test_packed_sequences(name):
    found = []
    for package in (torch, flambeau):
        package.manual_seed(2)
        net = getattr(package.nn, name)(3, 4, num_layers=2, bidirectional=True)
        x = package.randn(3, 5, 3)
        rnn = package.nn.utils.rnn
        packed = rnn.pack_padded_sequence(x, [2, 5, 3], batch_first=True, enforce_sorted=False)
        output, hidden = net(packed)
        padded, lengths = rnn.pad_packed_sequence(output, batch_first=True, padding_value=-1.0)
        assert lengths.tolist() == [2, 5, 3]
        padded.square().sum().backward()
        states = hidden if isinstance(hidden, tuple) else (hidden,)
        found.append((packed.data, padded, *states, *(p.grad for p in net.parameters())))
    for a, b in zip(found[1], found[0], strict=True):
        agree(a, b, 1e-5)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "complex64"])
def test_other_types(dtype):
    found = []
    for package in (torch, flambeau):
        kind = getattr(package, dtype)
        x = (package.arange(24.0).reshape(4, 2, 3) / 24).to(kind)
        weights = [
            ((package.arange(float(n)).sin() / 2).reshape(shape)).to(kind).requires_grad_()
            for n, shape in ((24, (8, 3)), (16, (8, 2)), (8, (8,)), (8, (8,)))
        ]
        state = package.zeros(1, 2, 2, dtype=kind)
        output, h, c = package.lstm(x, (state, state), weights, True, 1, 0.0, True, False, False)
        assert str(output.dtype).endswith(dtype)
        found.append([t.detach().to(package.complex64) for t in (output, h, c)])
    for a, b in zip(found[1], found[0], strict=True):
        agree(a, b, 1e-5 if dtype == "complex64" else 1e-2)


def outcome(function):
    try:
        function()
    except Exception as error:
        return type(error).__name__, str(error).split("\n")[0].replace("flambeau", "torch")
    return "no error"


MISTAKES = {
    "dimensions": lambda p: p.nn.LSTM(3, 4)(p.zeros(2, 5, 3, 1)),
    "features": lambda p: p.nn.LSTM(3, 4)(p.zeros(2, 5, 2)),
    "type": lambda p: p.nn.GRU(3, 4)(p.zeros(2, 5, 3, dtype=p.float64)),
    "h": lambda p: p.nn.LSTM(3, 4)(p.zeros(2, 5, 3), (p.zeros(1, 2, 4), p.zeros(1, 5, 4))),
    "c": lambda p: p.nn.LSTM(3, 4)(p.zeros(2, 5, 3), (p.zeros(1, 5, 4), p.zeros(1, 5, 3))),
    "2-D h": lambda p: p.nn.LSTM(3, 4)(p.zeros(2, 5, 3), (p.zeros(5, 4), p.zeros(1, 5, 4))),
    "3-D h": lambda p: p.nn.LSTM(3, 4)(p.zeros(2, 3), (p.zeros(1, 4), p.zeros(1, 5, 4))),
    "one state": lambda p: p.nn.LSTM(3, 4)(p.zeros(2, 5, 3), p.zeros(1, 5, 4)),
    "gru h": lambda p: p.nn.GRU(3, 4)(p.zeros(2, 5, 3), p.zeros(1, 2, 4)),
    "rnn 2-D h": lambda p: p.nn.RNN(3, 4)(p.zeros(2, 5, 3), p.zeros(5, 4)),
    "no steps": lambda p: p.nn.RNN(3, 4)(p.zeros(0, 5, 3)),
    "projection": lambda p: p.nn.GRU(3, 4, proj_size=2),
    "nonlinearity": lambda p: p.nn.RNN(3, 4, nonlinearity="sin"),
    "hidden": lambda p: p.nn.LSTM(3, 0),
    "float size": lambda p: p.nn.LSTM(3.0, 2),
    "dropout": lambda p: p.nn.LSTM(3, 2, dropout=2),
    "large projection": lambda p: p.nn.LSTM(3, 2, proj_size=3),
    "bias": lambda p: p.nn.LSTM(3, 2, bias=1),
    "layers": lambda p: p.nn.LSTM(3, 2, num_layers=0),
    "cell features": lambda p: p.nn.LSTMCell(3, 4)(p.zeros(2, 2)),
    "cell state": lambda p: p.nn.LSTMCell(3, 4)(p.zeros(2, 3), (p.zeros(2, 3), p.zeros(2, 4))),
    "cell batch": lambda p: p.nn.GRUCell(3, 4)(p.zeros(2, 3), p.zeros(3, 4)),
    "cell dimensions": lambda p: p.nn.RNNCell(3, 4)(p.zeros(2, 3, 4)),
    "cell nonlinearity": lambda p: p.nn.RNNCell(3, 4, nonlinearity="a")(p.zeros(2, 3)),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_errors(mistake):
    theirs, ours = (outcome(lambda p=p: MISTAKES[mistake](p)) for p in (torch, flambeau))
    assert ours == theirs
    assert ours != "no error"
