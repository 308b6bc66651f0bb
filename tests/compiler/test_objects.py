"""Objects with tensors and settings: what the code reads of them is watched, the rest is free."""

from __future__ import annotations

import subprocess
import sys
import warnings
from operator import attrgetter

import pytest

import flambeau
from flambeau import nn


class Trainer:
    """Keeps the data, the network and what has happened so far."""

    rate = 1.0

    def __init__(self):
        flambeau.manual_seed(0)
        self.x, self.y = flambeau.randn(8, 3), flambeau.randn(8, 2)
        self.model = nn.Linear(3, 2)
        self.optimizer = flambeau.optim.SGD(self.model.parameters(), lr=0.1)
        self.epoch, self.losses, self.best = 0, [], None
        self.scale = 1.0
        self.step = self._step

    def _step(self, x, y):
        self.optimizer.zero_grad()
        loss = self.scale * self.rate * ((self.model(x) - y) ** 2).mean()
        loss.backward()
        self.optimizer.step()
        return loss

    def fit(self, steps: int) -> list[float]:
        for i in range(steps):
            self.epoch += 1
            loss = self.step(self.x, self.y)
            self.losses.append(loss.item())
            if self.best is None or self.losses[-1] < self.best:
                self.best = self.losses[-1]
            if i == 3:
                self.x = self.x * 0.5
            if i == 5:
                self.scale = 2.0
        return self.losses


def test_data_and_a_history_beside_the_step():
    plain, compiled = Trainer(), Trainer()
    compiled.step = flambeau.compile(compiled._step)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert compiled.fit(12) == pytest.approx(plain.fit(12), rel=1e-5)
    assert not compiled.step.eager
    assert len(compiled.step.entries) == 2  # one for each scale


class Holder:
    """An object whose tensor and number are read in different ways."""

    def __init__(self):
        self.t, self.n, self.inner = flambeau.ones(3), 2.0, None

    def __iter__(self):
        return iter((self.t, self.n))

    def __call__(self, x):
        return x * self.t + self.n

    def __add__(self, x):
        return x * self.t + self.n

    def __enter__(self):
        return self.t * self.n

    def __exit__(self, *_):
        pass

    @property
    def both(self):
        return self.t * self.n

    def method(self, x):
        return x * self.t + self.n


def unpacked(h, x):
    t, n = h
    return x * t + n


def entered(h, x):
    with h as both:
        return x + both


def nested(h, x):
    return unpacked(h.inner, x) if h.inner is not None else x * 3


READERS = {
    "attribute": lambda h, x: x * h.t + h.n,
    "method": lambda h, x: h.method(x),
    "call": lambda h, x: h(x),
    "operator": lambda h, x: h + x,
    "property": lambda h, x: x + h.both,
    "unpacking": unpacked,
    "with": entered,
    "nested": nested,
    "getattr": lambda h, x: x * getattr(h, "t" + "") + getattr(h, "n" + ""),
    "vars": lambda h, x: x * vars(h)["t"] + vars(h)["n"],
    "dict": lambda h, x: x * h.__dict__["t"] + h.__dict__["n"],
    "attrgetter": lambda h, x: x * attrgetter("t")(h) + attrgetter("n")(h),
}


@pytest.mark.parametrize("read", READERS.values(), ids=READERS)
@pytest.mark.filterwarnings("ignore:flambeau.compile")
def test_what_is_read_is_watched(read):
    h = Holder()
    if read is nested:
        h.inner = Holder()
    target = h.inner or h
    x = flambeau.arange(3.0)

    def f(x):
        return read(h, x)

    compiled = flambeau.compile(f)

    def check():
        for _ in range(3):
            assert compiled(x).tolist() == f(x).tolist()

    check()
    target.n = 5.0
    check()
    target.t = flambeau.full((3,), 4.0)
    check()
    target.t.add_(1)
    check()
    target.unread = 1
    check()
    h.inner = Holder()
    check()


def test_an_argument_that_the_code_also_reads_by_name_is_refused():
    h = Holder()
    compiled = flambeau.compile(lambda x: x * 2 + h.t)
    with pytest.warns(UserWarning, match="shares memory"):
        for _ in range(4):
            assert compiled(h.t).tolist() == [3.0, 3.0, 3.0]
    other = flambeau.zeros(3)
    assert compiled(other).tolist() == [1.0, 1.0, 1.0]


class Config:
    factor = 2.0
    table = {"shift": 1.0}

    class Inner:
        power = 2


class Special(Config):
    pass


class Scaled(nn.Module):
    scale = 3.0

    def forward(self, x):
        return x * self.scale


def test_attributes_of_classes_are_watched(monkeypatch):
    special, layer = Special(), Scaled()
    x = flambeau.arange(3.0)
    functions = [
        lambda x: x * Config.factor + Config.table["shift"],
        lambda x: x * special.factor,
        lambda x: x * Special.factor,
        lambda x: x**Config.Inner.power,
        lambda x: layer(x),
    ]
    compiled = [flambeau.compile(f) for f in functions]

    def check():
        for _ in range(3):
            for f, c in zip(functions, compiled, strict=True):
                assert c(x).tolist() == f(x).tolist()

    check()
    monkeypatch.setattr(Config, "factor", 5.0)
    monkeypatch.setitem(Config.table, "shift", 7.0)
    monkeypatch.setattr(Config.Inner, "power", 3)
    monkeypatch.setattr(Scaled, "scale", 0.5)
    check()
    monkeypatch.setattr(Special, "factor", 11.0, raising=False)
    check()
    special.factor = 13.0
    check()
    assert not any(c.eager for c in compiled)


class Counting(nn.Module):
    """A network that keeps a history which its computation does not read."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(3, 2)
        self.steps, self.history, self.last = 0, [], None
        self.gain, self.table = 2.0, {"shift": 1.0}

    def forward(self, x):
        return self.layer(x) * self.gain + self.table["shift"]


def test_a_module_may_keep_a_history():
    net = Counting()
    compiled = flambeau.compile(lambda x: net(x))
    x = flambeau.randn(4, 3)
    for i in range(12):
        net.steps += 1
        net.last = compiled(x)
        net.history.append(net.last.sum().item())
        assert net.last.allclose(net(x), atol=1e-5)
        if i == 5:
            net.gain = 3.0
        if i == 8:
            net.table["shift"] = 4.0
    assert not compiled.eager and len(compiled.entries) == 3


class Stretched(nn.Linear):
    """A layer of ours with something more: all of its attributes are watched."""

    def __init__(self):
        super().__init__(3, 2)
        self.gain = 2.0

    def forward(self, x):
        return super().forward(x) * self.gain


def test_a_layer_that_extends_ours():
    layer = Stretched()
    compiled = flambeau.compile(lambda x: layer(x))
    x = flambeau.randn(4, 3)
    for gain in (2.0, 2.0, 5.0, 5.0):
        layer.gain = gain
        assert compiled(x).allclose(layer(x), atol=1e-5)


class Keeper:
    """Sets attributes that it does not read."""

    def __init__(self):
        self.mode, self.other, self.name = "fresh", "fresh", "other"

    def run(self, x):
        self.mode = "used"
        setattr(self, self.name, "used")
        return x * 2


@pytest.mark.filterwarnings("ignore:flambeau.compile")
def test_attributes_that_are_set_are_set_again():
    keeper = Keeper()
    compiled = flambeau.compile(keeper.run)
    x = flambeau.ones(2)
    for name in ("", "mode", "mode", "other", "other", "mode"):
        if name:
            setattr(keeper, name, "changed")
        for _ in range(3):
            assert compiled(x).tolist() == [2.0, 2.0]
            assert (keeper.mode, keeper.other) == ("used", "used")


PROGRAM = """
import torch

class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.layer, self.seen = torch.nn.Linear(3, 2), 0

    def forward(self, x):
        return self.layer(x)

class Trainer:
    def __init__(self):
        self.net, self.x, self.losses = Net(), torch.randn(4, 3), []
        self.optimizer = torch.optim.Adam(self.net.parameters())
        self.step = torch.compile(self.step)

    def step(self, x):
        self.optimizer.zero_grad()
        loss = self.net(x).square().mean()
        loss.backward()
        self.optimizer.step()
        return loss

t = Trainer()
for _ in range(12):
    t.net.seen += 1
    t.losses.append(t.step(t.x).item())
assert t.losses[-1] < t.losses[0]
assert not t.step.eager and len(t.step.entries) == 1
"""


def test_under_pytorchs_name(tmp_path):
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    command = [sys.executable, "-W", "error", "-m", "flambeau", str(program)]
    subprocess.run(command, check=True, timeout=120)
