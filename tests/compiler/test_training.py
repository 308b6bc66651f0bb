"""Compiled training steps agree with uncompiled ones, whatever happens between the steps."""

from __future__ import annotations

import copy
import warnings

import numpy as np
import pytest

import flambeau
from flambeau import nn, optim
from flambeau.nn import functional as F


class Tagger(nn.Module):
    """A recurrent network over sequences of numbers of words."""

    def __init__(self):
        super().__init__()
        self.words = nn.Embedding(11, 6)
        self.lstm = nn.LSTM(6, 8, batch_first=True)
        self.out = nn.Linear(8, 4)

    def forward(self, x):
        return self.out(self.lstm(self.words(x))[0][:, -1])


class Transformer(nn.Module):
    """A small transformer with learned places and dropout."""

    def __init__(self):
        super().__init__()
        self.words, self.places = nn.Embedding(11, 8), nn.Parameter(flambeau.zeros(5, 8))
        self.layers = nn.TransformerEncoder(
            nn.TransformerEncoderLayer(8, 2, 16, 0.1, batch_first=True), 2,
            enable_nested_tensor=False,
        )  # fmt: skip
        self.norm, self.out = nn.LayerNorm(8), nn.Linear(8, 4)

    def forward(self, x):
        mask = nn.Transformer.generate_square_subsequent_mask(x.shape[1])
        return self.out(self.norm(self.layers(self.words(x) + self.places, mask)).mean(1))


def perceptron():
    net = nn.Sequential(nn.Linear(6, 16), nn.ReLU(), nn.Linear(16, 16), nn.GELU(), nn.Linear(16, 4))
    return net, lambda p: optim.Adam(p, 1e-2)


def convolutions():
    net = nn.Sequential(
        nn.Conv2d(1, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(4, 6, 3), nn.BatchNorm2d(6), nn.LeakyReLU(), nn.AdaptiveAvgPool2d(1),
        nn.Flatten(), nn.Linear(6, 4),
    )  # fmt: skip
    return net, lambda p: optim.SGD(p, 0.05, momentum=0.9, weight_decay=1e-3, nesterov=True)


def recurrent():
    net = Tagger()
    return net, lambda p: optim.RMSprop(p, 1e-2)


def transformer():
    net = Transformer()
    return net, lambda p: optim.AdamW(p, 3e-3, weight_decay=0.1)


def autoencoder():
    net = nn.Sequential(
        nn.Linear(6, 8), nn.SiLU(), nn.Dropout(0.2), nn.Linear(8, 2), nn.Tanh(), nn.Linear(2, 8),
        nn.Softplus(), nn.Linear(8, 6),
    )  # fmt: skip
    return net, lambda p: optim.Adagrad(p, 0.05)


NETWORKS = (perceptron, convolutions, recurrent, transformer, autoencoder)


def batch(make, n):
    if make is convolutions:
        return flambeau.randn(n, 1, 8, 8), flambeau.randint(0, 4, (n,))
    if make in (recurrent, transformer):
        return flambeau.randint(0, 11, (n, 5)), flambeau.randint(0, 4, (n,))
    x = flambeau.randn(n, 6)
    return x, x if make is autoencoder else flambeau.randint(0, 4, (n,))


def loss_of(net, x, y):
    out = net(x)
    return F.mse_loss(out, y) if out.shape == y.shape else F.cross_entropy(out, y)


class Pair:
    """A network trained uncompiled, and a copy of it trained by a compiled step."""

    def __init__(self, make, tolerance=1e-4, step=None):
        flambeau.manual_seed(7)
        self.tolerance, self.make = tolerance, make
        net, optimizer = make()
        self.nets = net, copy.deepcopy(net)
        self.optimizers = [optimizer(n.parameters()) for n in self.nets]
        self.streams = [flambeau.get_rng_state()] * 2
        self.steps = [self._step(i, step or train) for i in (0, 1)]
        self.steps[1] = flambeau.compile(self.steps[1])

    def _step(self, i, step):
        net, optimizer = self.nets[i], self.optimizers[i]
        return lambda x, y: step(net, optimizer, x, y)

    def both(self, action):
        """Does something to both sides."""
        for net, optimizer in zip(self.nets, self.optimizers, strict=True):
            action(net, optimizer)

    def run(self, x, y):
        """A step on both sides, each with its own random stream; the loss is compared."""
        losses = []
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            for i, step in enumerate(self.steps):
                flambeau.set_rng_state(self.streams[i])
                losses.append(step(x, y).item())
                self.streams[i] = flambeau.get_rng_state()
        assert losses[1] == pytest.approx(losses[0], rel=self.tolerance, abs=self.tolerance)
        return losses[0]

    def check(self):
        """Parameters, gradients, buffers, optimizers and random streams are the same."""
        one, other = self.nets
        for (name, a), b in zip(one.state_dict().items(), other.state_dict().values(), strict=True):
            self._close(a, b, name)
        for (name, a), b in zip(one.named_parameters(), other.parameters(), strict=True):
            assert (a.grad is None) == (b.grad is None), name
            if a.grad is not None:
                self._close(a.grad, b.grad, f"gradient of {name}")
        first, second = (o.state_dict()["state"] for o in self.optimizers)
        assert first.keys() == second.keys()
        for key, state in first.items():
            for name, value in state.items():
                if isinstance(value, flambeau.Tensor):
                    self._close(value, second[key][name], f"{name} of parameter {key}")
                else:
                    assert value == second[key][name]
        assert np.array_equal(*[s.numpy() for s in self.streams])

    def _close(self, a, b, what):
        size = max(1e-3, float(np.abs(a.detach().numpy()).max())) if a.numel() else 1.0
        np.testing.assert_allclose(
            b.detach().numpy(), a.detach().numpy(), rtol=0, atol=size * 20 * self.tolerance,
            err_msg=what,
        )  # fmt: skip


def train(net, optimizer, x, y):
    optimizer.zero_grad()
    loss = loss_of(net, x, y)
    loss.backward()
    optimizer.step()
    return loss


@pytest.mark.parametrize("make", NETWORKS)
def test_a_hundred_steps(make):
    pair = Pair(make, 2e-3)
    flambeau.manual_seed(1)
    data = [batch(make, 8) for _ in range(5)]
    losses = [pair.run(*data[i % 5]) for i in range(100)]
    assert np.mean(losses[-5:]) < np.mean(losses[:5])
    one, other = pair.nets
    for a, b in zip(one.parameters(), other.parameters(), strict=True):
        np.testing.assert_allclose(b.detach().numpy(), a.detach().numpy(), rtol=0.02, atol=0.02)
    assert np.array_equal(*[s.numpy() for s in pair.streams])


@pytest.fixture
def double():
    """Double precision, in which rounding does not hide mistakes."""
    flambeau.set_default_dtype(flambeau.float64)
    yield
    flambeau.set_default_dtype(flambeau.float32)


@pytest.mark.parametrize("make", NETWORKS)
def test_what_happens_between_steps(make, double):
    pair = Pair(make, 1e-8)
    flambeau.manual_seed(2)
    big, small = batch(make, 8), batch(make, 3)
    schedules = [optim.lr_scheduler.StepLR(o, 2, 0.5) for o in pair.optimizers]
    for i in range(6):
        pair.run(*big)
        for s in schedules:
            s.step()
        if i % 3 == 2:
            pair.run(*small)  # the last batch of an epoch
        pair.check()
    saved = [(copy.deepcopy(n.state_dict()), copy.deepcopy(o.state_dict()))
             for n, o in zip(pair.nets, pair.optimizers, strict=True)]  # fmt: skip
    pair.both(lambda net, _: net.eval())
    pair.run(*big)
    pair.both(lambda net, _: net.train())
    pair.run(*big)
    pair.check()
    frozen = next(iter(pair.nets[0].named_parameters()))[0]
    pair.both(lambda net, _: net.get_parameter(frozen).requires_grad_(False))
    for _ in range(2):
        pair.run(*big)
    pair.check()
    pair.both(lambda net, _: net.get_parameter(frozen).requires_grad_(True))
    pair.run(*big)
    pair.check()
    for (net_state, optimizer_state), net, optimizer in zip(
        saved, pair.nets, pair.optimizers, strict=True
    ):
        net.load_state_dict(net_state)
        optimizer.load_state_dict(optimizer_state)
    for _ in range(2):
        pair.run(*big)
    pair.check()


def test_gradients_added_up_over_two_calls(double):
    def accumulate(net, optimizer, x, y):
        loss = loss_of(net, x, y) / 2
        loss.backward()
        return loss

    pair = Pair(perceptron, 1e-8, step=accumulate)
    steps = [flambeau.compile(o.step) if i else o.step for i, o in enumerate(pair.optimizers)]
    clear = [o.zero_grad for o in pair.optimizers]
    for i in range(6):
        pair.run(*batch(perceptron, 8))
        pair.check()
        if i % 2:
            for s, c in zip(steps, clear, strict=True):
                s()
                c(set_to_none=i % 4 == 1)
            pair.check()


def test_gradients_that_somebody_holds():
    pair = Pair(perceptron)
    net = pair.nets[1]
    held, views, arrays, copies = [], [], [], []
    for _ in range(5):
        pair.run(*batch(perceptron, 8))
        grad = net[0].weight.grad
        held.append(grad)
        views.append(net[2].weight.grad[0])
        arrays.append(net[4].weight.grad.numpy())
        copies.append([np.array(a) for a in (grad.numpy(), views[-1].numpy(), arrays[-1])])
    for h, v, a, (x, y, z) in zip(held, views, arrays, copies, strict=True):
        assert np.array_equal(h.numpy(), x)
        assert np.array_equal(v.numpy(), y)
        assert np.array_equal(a, z)
    pair.check()


def test_losses_are_kept():
    pair = Pair(perceptron)
    data = [batch(perceptron, 8) for _ in range(5)]
    losses = [[step(x, y) for x, y in data] for step in pair.steps]
    np.testing.assert_allclose([x.item() for x in losses[1]], [x.item() for x in losses[0]], 1e-4)


def test_gradients_set_by_hand():
    pair = Pair(perceptron)
    x, y = batch(perceptron, 8)
    for i in range(5):
        pair.run(x, y)
        if i == 1:
            pair.both(lambda net, _: net.zero_grad())
        if i == 2:
            pair.both(lambda net, _: setattr(net[0].weight, "grad", flambeau.ones(16, 6)))
        if i == 3:
            pair.both(lambda net, _: net[0].weight.grad.mul_(2))
    pair.check()


def clipped(net, optimizer, x, y):
    optimizer.zero_grad(set_to_none=False)
    loss = loss_of(net, x, y)
    loss.backward()
    nn.utils.clip_grad_norm_(net.parameters(), 0.1)
    optimizer.step()
    return loss.detach()


def by_hand(net, optimizer, x, y):
    """Gradient descent without an optimizer, by autograd.grad."""
    loss = loss_of(net, x, y)
    parameters = list(net.parameters())
    grads = flambeau.autograd.grad(loss, parameters)
    with flambeau.no_grad():
        for p, g in zip(parameters, grads, strict=True):
            p -= 0.1 * g
    return loss


def by_data(net, optimizer, x, y):
    """Gradient descent on the parameters' data."""
    net.zero_grad()
    loss = loss_of(net, x, y) + 1e-3 * sum((p**2).sum() for p in net.parameters())
    loss.backward()
    for p in net.parameters():
        p.data.add_(p.grad.data, alpha=-0.05)
    return loss


def penalised(net, optimizer, x, y):
    """A loss with the gradient's own size in it: the graph is differentiated twice."""
    optimizer.zero_grad()
    x = x.clone().requires_grad_(True)
    out = net(x)
    (slope,) = flambeau.autograd.grad(out.square().sum(), x, create_graph=True)
    loss = F.cross_entropy(out, y) + 0.1 * (slope.norm(dim=1) - 1).square().mean()
    loss.backward()
    optimizer.step()
    return loss


def averaged(net, optimizer, x, y):
    """A moving average of the parameters beside them, in buffers of the optimizer's state."""
    loss = train(net, optimizer, x, y)
    with flambeau.no_grad():
        for p in net.parameters():
            if not hasattr(p, "average"):
                p.average = p.detach().clone()
            p.average.lerp_(p, 0.1)
    return loss


@pytest.mark.parametrize("step", [clipped, by_hand, by_data, penalised])
def test_steps_of_other_kinds(step):
    pair = Pair(perceptron, step=step)
    for _ in range(4):
        pair.run(*batch(perceptron, 8))
        pair.check()


def test_averages_of_parameters():
    pair = Pair(perceptron, step=averaged)
    for _ in range(5):
        data = batch(perceptron, 8)
        for i in (0, 1):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                pair.steps[i](*data)
    pair.check()
    one, other = pair.nets
    for a, b in zip(one.parameters(), other.parameters(), strict=True):
        np.testing.assert_allclose(b.average.numpy(), a.average.numpy(), 1e-3, 1e-4)


OPTIMIZERS = {
    "SGD": {}, "Adam": {"amsgrad": True}, "AdamW": {"maximize": True}, "NAdam": {}, "RAdam": {},
    "Adamax": {}, "Adadelta": {"lr": 1.0}, "Adagrad": {"lr_decay": 0.1}, "ASGD": {}, "Rprop": {},
    "RMSprop": {"centered": True, "momentum": 0.5}, "Adafactor": {},
}  # fmt: skip


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_optimizers(name):
    def make():
        net = nn.Sequential(nn.Linear(6, 5), nn.Tanh(), nn.Linear(5, 4))
        options = {"lr": 1e-2, **OPTIMIZERS[name]}
        return net, lambda p: getattr(optim, name)(p, **options)

    pair = Pair(make, 1e-3)
    flambeau.manual_seed(4)
    for i in range(8):
        pair.run(flambeau.randn(8, 6), flambeau.randint(0, 4, (8,)))
        if i == 4:
            pair.both(lambda _, o: o.param_groups[0].update(lr=2e-3, weight_decay=0.1))
        pair.check()


def test_a_scaler_and_autocast():
    def step(net, optimizer, x, y):
        optimizer.zero_grad()
        with flambeau.autocast("cpu", dtype=flambeau.bfloat16):
            loss = loss_of(net, x, y)
        loss.backward()
        optimizer.step()
        return loss

    pair = Pair(perceptron, 2e-2, step=step)
    for _ in range(4):
        pair.run(*batch(perceptron, 8))
    pair.check()


def test_gradients_on_two_networks():
    """Two networks that play against each other, each with its optimizer."""
    flambeau.manual_seed(3)
    sides = []
    for _ in range(2):
        flambeau.manual_seed(3)
        make = nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, 2))
        judge = nn.Sequential(nn.Linear(2, 8), nn.LeakyReLU(0.2), nn.Linear(8, 1))
        sides.append((make, judge, optim.Adam(make.parameters()), optim.Adam(judge.parameters())))

    def step_of(make, judge, first, second):
        bce = nn.BCEWithLogitsLoss()

        def step(real):
            n = len(real)
            fake = make(flambeau.randn(n, 2))
            second.zero_grad()
            loss = bce(judge(real), flambeau.ones(n, 1)) + bce(
                judge(fake.detach()), flambeau.zeros(n, 1)
            )
            loss.backward()
            second.step()
            first.zero_grad()
            other = bce(judge(fake), flambeau.ones(n, 1))
            other.backward()
            first.step()
            return loss, other

        return step

    steps = [step_of(*sides[0]), flambeau.compile(step_of(*sides[1]), fullgraph=True)]
    for i in range(10):
        results = []
        for step in steps:
            flambeau.manual_seed(i)
            results.append([x.item() for x in step(flambeau.randn(16, 2))])
        np.testing.assert_allclose(results[1], results[0], 1e-4)


@pytest.mark.parametrize("steps", [2, 3, 5])
def test_equal_loops_for_several_steps(steps):
    """Functions of C that are equal stay functions: a compiler may fold them, but not lose them."""

    def run(compile):
        flambeau.manual_seed(5)
        model = nn.Sequential(nn.Linear(4, 8), nn.LeakyReLU(0.2), nn.Linear(8, 1))
        optimizer = flambeau.optim.SGD(model.parameters(), lr=0.01)
        x = flambeau.randn(6, 4)

        def step():
            for _ in range(steps):
                optimizer.zero_grad()
                loss = model(x).mean()
                loss.backward()
                optimizer.step()
            return loss.detach()

        step = compile(step)
        return [step().item() for _ in range(4)]

    assert run(flambeau.compile) == pytest.approx(run(lambda f: f), rel=1e-4, abs=1e-5)


def test_updates_through_data():
    """``p.data -= x`` sets the memory that is there already."""

    def run(compile):
        flambeau.manual_seed(0)
        weight = flambeau.randn(3, 2, requires_grad=True)
        x, y = flambeau.randn(5, 3), flambeau.randn(5, 2)

        def step():
            loss = ((x @ weight - y) ** 2).mean()
            loss.backward()
            weight.data -= 0.1 * weight.grad
            weight.grad = None
            return loss.detach()

        step = compile(step)
        losses = [step().item() for _ in range(5)]
        return step, [*losses, *weight.tolist()[0]]

    (compiled, results), (_, expected) = run(flambeau.compile), run(lambda f: f)
    assert results == pytest.approx(expected, rel=1e-5)
    assert compiled.entries and not compiled.eager


def test_smoothed_labels_with_weights():
    def run(compile):
        flambeau.manual_seed(0)
        model = nn.Linear(3, 4)
        optimizer = flambeau.optim.SGD(model.parameters(), lr=0.1)
        x, y = flambeau.randn(6, 3), flambeau.tensor([0, 1, -100, 3, 2, 0])
        weight = flambeau.tensor([1.0, 2.0, 3.0, 4.0])

        def step():
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(x), y, weight=weight, label_smoothing=0.1)
            loss.backward()
            optimizer.step()
            return loss.detach()

        step = compile(step)
        return step, [step().item() for _ in range(5)]

    (compiled, results), (_, expected) = run(flambeau.compile), run(lambda f: f)
    assert results == pytest.approx(expected, rel=1e-5)
    assert compiled.entries and not compiled.eager
