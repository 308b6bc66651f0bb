"""Whatever a function depends on besides its arguments may change between two calls of it."""

from __future__ import annotations

import collections
import functools
import itertools
import os
import random
import types
import warnings
from dataclasses import dataclass

import numpy as np
import pytest

import flambeau
from flambeau import nn
from flambeau.nn import functional as F

CASES: list = []
FACTOR = types.ModuleType("factors")
FACTOR.__file__, FACTOR.value = "/elsewhere/factors.py", 1.0


def case(make):
    """A function that gives a step of one tensor, and what is done between its calls."""
    CASES.append(make)
    return make


@case
def array_copied():
    a = np.arange(3.0)
    return lambda x: x * flambeau.tensor(a), lambda i: a.__setitem__(0, i)


@case
def array_element():
    a = np.arange(3.0)
    return lambda x: x * float(a[0]), lambda i: a.__setitem__(0, i)


@case
def large_array():
    a = np.ones(100_000)
    return lambda x: x * a.sum(), lambda i: a.__setitem__(0, i)


@case
def array_on_an_object():
    h = types.SimpleNamespace(a=np.arange(3.0))
    return lambda x: x * flambeau.tensor(h.a), lambda i: h.a.__setitem__(0, i)


@case
def elements_of_a_set():
    s = set()
    return lambda x: x * (2.0 if 3 in s else 1.0), lambda i: s.add(i)


@case
def a_deque():
    d = collections.deque([1.0, 2.0], maxlen=2)
    return lambda x: x * d[0], lambda i: d.append(float(i))


@case
def slots():
    class Slotted:
        __slots__ = ("value",)

    h = Slotted()
    h.value = 1.0
    return lambda x: x * h.value, lambda i: setattr(h, "value", float(i))


@case
def slots_of_a_dataclass():
    @dataclass(slots=True)
    class Config:
        value: float = 1.0

    h = Config()
    return lambda x: x * h.value, lambda i: setattr(h, "value", float(i))


@case
def a_dictionary_with_attributes():
    class Config(dict):
        def __getattr__(self, name):
            return self[name]

    c = Config(value=1.0)
    return lambda x: x * c.value, lambda i: c.update(value=float(i))


@case
def a_list_with_attributes():
    class Values(list):
        pass

    c = Values([1.0])
    c.k = 1.0
    return lambda x: x * c.k, lambda i: setattr(c, "k", float(i))


@case
def partial_functions():
    k = [1.0]
    f = functools.partial(lambda k, x: x * k[0], k)
    return lambda x: f(x), lambda i: k.__setitem__(0, float(i))


@case
def keyword_defaults():
    k = [1.0]

    def f(x, *, k=k):
        return x * k[0]

    return f, lambda i: k.__setitem__(0, float(i))


@case
def replaced_defaults():
    def f(x, k=1.0):
        return x * k

    return f, lambda i: setattr(f, "__defaults__", (float(i),))


@case
def replaced_code():
    def f(x):
        return g(x)

    def g(x):
        return x * 2

    def h(x):
        return x * 3

    return f, lambda i: setattr(g, "__code__", h.__code__)


@case
def attributes_of_functions():
    def f(x):
        return x * f.k

    f.k = 1.0
    return f, lambda i: setattr(f, "k", float(i))


@case
def replaced_methods():
    class Double(nn.Module):
        def forward(self, x):
            return x * 2

    m = Double()
    return lambda x: m(x), lambda i: setattr(Double, "forward", lambda self, x: x * i)


@case
def class_and_static_methods():
    class Holder:
        k = [1.0]

        @classmethod
        def first(cls):
            return cls.k[0]

        @staticmethod
        def second():
            return Holder.k[0]

    return lambda x: x * Holder.first() + Holder.second(), lambda i: Holder.k.__setitem__(0, i)


@case
def a_module_in_a_closure():
    factor = FACTOR
    return lambda x: x * factor.value, lambda i: setattr(FACTOR, "value", float(i))


@case
def a_variable_that_is_deleted():
    cell = types.CellType(2.0)

    def make(k):
        def f(x):
            try:
                return x * k
            except NameError:
                return x * 0

        return f

    f = make(1.0)
    f = types.FunctionType(f.__code__, f.__globals__, "f", None, (cell,))

    def change(i):
        if hasattr(cell, "cell_contents"):
            del cell.cell_contents

    def hasattr(cell, name):  # a cell without contents raises ValueError
        try:
            cell.cell_contents
        except ValueError:
            return False
        return True

    return f, change


@case
def a_name_that_appears():
    names = {"__builtins__": __builtins__}
    exec("def f(x):\n    try: return x * k\n    except NameError: return x * 0\n", names)
    return names["f"], lambda i: names.update(k=float(i))


@case
def equal_numbers_of_other_types():
    class Scaled(nn.Module):
        k = 1

        def forward(self, x):
            return x.long() * self.k

    m = Scaled()
    return lambda x: m(x), lambda i: setattr(m, "k", (1, 1.0, True)[i % 3])


@case
def random_numbers_of_an_object():
    h = types.SimpleNamespace(rng=np.random.default_rng(0), py=random.Random(0))
    return lambda x: x * h.rng.random() + h.py.random(), lambda i: None


@case
def random_numbers_imported_inside():
    def f(x):
        import random

        from numpy.random import rand

        return x * random.random() + rand()

    return f, lambda i: None


@case
def the_process_environment():
    os.environ["FLAMBEAU_TEST_VALUE"] = "1"

    def f(x):
        return x * float(os.environ["FLAMBEAU_TEST_VALUE"])

    return f, lambda i: os.environ.update(FLAMBEAU_TEST_VALUE=str(i))


@case
def iterators():
    numbers = iter(range(100))

    def f(x):
        for i in numbers:
            return x * i

    return f, lambda i: None


@case
def iterators_of_objects():
    h = types.SimpleNamespace(it=itertools.cycle([1.0, 2.0, 3.0]))

    def f(x):
        for k in h.it:
            return x * k

    return f, lambda i: None


@case
def generators_by_method():
    numbers = (i for i in range(100))
    return lambda x: x * numbers.send(None), lambda i: None


@case
def numbers_of_a_schedule():
    w = nn.Parameter(flambeau.ones(3))
    o = flambeau.optim.SGD([w], lr=0.1)
    return lambda x: x * o.param_groups[0]["lr"], lambda i: o.param_groups[0].update(lr=i / 10)


@case
def hooks_of_all_modules():
    m = nn.ReLU()
    register = nn.modules.module.register_module_forward_hook
    handles = []

    def change(i):
        if i == 4:
            handles.pop().remove()
        if i == 1:
            handles.append(register(lambda m, a, out: out * 2))

    return lambda x: m(x), change


@case
def gradients_of_tensors_with_hooks():
    w = flambeau.ones(3, requires_grad=True)
    k = [2.0]
    w.register_hook(lambda g: g * k[0])

    def f(x):
        w.grad = None
        (x * w).sum().backward()
        return w.grad

    def change(i):
        k[0] = float(i)
        if i == 3:
            w.register_hook(lambda g: g * 10)
        if i == 5:
            w.register_post_accumulate_grad_hook(lambda p: p.grad.mul_(3))

    return f, change


@case
def tensors_that_are_frozen():
    w = flambeau.ones(3, requires_grad=True)
    return lambda x: x * (2 if w.requires_grad else 3), lambda i: w.requires_grad_(i % 3 != 0)


@case
def facts_of_tensors():
    w = flambeau.ones(3)
    return lambda x: x * w._version, lambda i: w.add_(1)


@case
def attributes_of_tensors():
    w = flambeau.ones(3)
    w.k = 1.0
    return lambda x: x * w.k, lambda i: setattr(w, "k", float(i))


@case
def anomaly_mode():
    w = flambeau.zeros(3, requires_grad=True)

    def f(x):
        w.grad = None
        try:
            (x * w.sqrt() * 0).sum().backward()
        except RuntimeError:
            return x * 0
        return w.grad

    return f, lambda i: flambeau.autograd.set_detect_anomaly(i % 2 == 1)


@case
def modes_that_are_left():
    def f(x):
        flambeau.set_grad_enabled(False)
        return x * 2 + flambeau.is_grad_enabled()

    return f, lambda i: flambeau.set_grad_enabled(True)


@pytest.fixture(autouse=True)
def settings():
    yield
    flambeau.autograd.set_detect_anomaly(False)
    flambeau.set_grad_enabled(True)
    os.environ.pop("FLAMBEAU_TEST_VALUE", None)


def outcome(make, compiled: bool) -> list:
    flambeau.manual_seed(0)
    random.seed(0)
    np.random.seed(0)
    FACTOR.value = 1.0
    flambeau.autograd.set_detect_anomaly(False)
    step, change = make()
    if compiled:
        step = flambeau.compile(step)
    found = []
    for i in range(7):
        for _ in range(2):
            y = step(flambeau.ones(3))
            found.append((y.dtype, y.tolist(), flambeau.is_grad_enabled()))
        change(i)
    return found


@pytest.mark.parametrize("make", CASES, ids=lambda f: f.__name__)
def test_compiled_as_uncompiled(make):
    want = outcome(make, False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        got = outcome(make, True)
    assert repr(got) == repr(want)


def test_ids_that_are_used_again():
    """A number that has gone may leave its address to another one."""
    config, w = [1.5], flambeau.ones(3, requires_grad=True)
    compiled = flambeau.compile(lambda x: x * w * config[0])
    compiled(flambeau.ones(3))
    for i in range(2, 7):
        config[0] = None
        config[0] = float(str(i))
        assert compiled(flambeau.ones(3)).tolist() == [i] * 3


@pytest.mark.parametrize("k", [0.0, float("nan")])
def test_zeros_and_nan_as_arguments(k):
    compiled = flambeau.compile(lambda x, k: 1 / (x * k))
    for _ in range(3):
        for number in (k, -k):
            want, got = 1 / (flambeau.ones(1) * number), compiled(flambeau.ones(1), number)
            assert str(got) == str(want)
    assert len(compiled.entries) <= 2


def test_numpy_numbers_as_arguments():
    compiled = flambeau.compile(lambda x, k: x * float(k))
    for i in range(20):
        assert compiled(flambeau.ones(2), np.float32(i % 3)).tolist() == [i % 3] * 2
    assert not compiled.eager


@pytest.mark.filterwarnings("ignore:flambeau.compile")
def test_containers_that_are_given():
    """What a function changes in a list or a dictionary of its caller's is changed there."""

    def step(x, numbers, table):
        numbers.append(1)
        table["double"] = x * 2
        return x.sum()

    compiled = flambeau.compile(step)
    numbers = []
    for i in range(6):
        table = {}
        compiled(flambeau.full((2,), float(i)), numbers, table)
        assert table["double"].tolist() == [2 * i] * 2
    assert len(numbers) == 6


@pytest.mark.filterwarnings("ignore:flambeau.compile")
def test_a_result_that_a_module_keeps():
    class Keeps(nn.Module):
        def forward(self, x):
            self.last = x * 2
            return self.last

    m = Keeps()
    compiled = flambeau.compile(lambda x: m(x))
    for i in range(5):
        compiled(flambeau.full((2,), float(i)))
        assert m.last.tolist() == [2 * i] * 2


SCHEDULES = {
    "step": lambda o, s: s.StepLR(o, 2, 0.5),
    "cosine": lambda o, s: s.CosineAnnealingWarmRestarts(o, 3),
    "one cycle": lambda o, s: s.OneCycleLR(o, 0.1, total_steps=30),
    "sequence": lambda o, s: s.SequentialLR(
        o, [s.ConstantLR(o, 0.1, 3), s.ExponentialLR(o, 0.9)], [3]
    ),
    "chain": lambda o, s: s.ChainedScheduler([s.ExponentialLR(o, 0.9), s.ConstantLR(o, 0.1, 3)]),
}


@pytest.mark.parametrize("schedule", SCHEDULES.values(), ids=SCHEDULES)
@pytest.mark.parametrize("optimizer", ["SGD", "AdamW"])
def test_schedules_inside(optimizer, schedule):
    """A schedule's step is taken after the program, in Python."""

    def run(compile):
        flambeau.manual_seed(0)
        m = nn.Linear(3, 2)
        x, y = flambeau.randn(5, 3), flambeau.randn(5, 2)
        o = getattr(flambeau.optim, optimizer)(m.parameters(), lr=0.1)
        s = schedule(o, flambeau.optim.lr_scheduler)

        def step(x, y):
            o.zero_grad()
            loss = F.mse_loss(m(x), y)
            loss.backward()
            o.step()
            s.step()
            return loss.detach()

        step = compile(step)
        found = [(step(x, y).item(), o.param_groups[0]["lr"]) for _ in range(10)]
        return np.array(found), step

    want, _ = run(lambda f: f)
    got, step = run(flambeau.compile)
    np.testing.assert_allclose(got, want, rtol=1e-5)
    assert not step.eager and len(step.entries) == 1


@pytest.mark.filterwarnings("ignore:flambeau.compile")
@pytest.mark.parametrize("order", ["before", "read"])
def test_schedules_that_do_more(order):
    def run(compile):
        w = nn.Parameter(flambeau.ones(3))
        o = flambeau.optim.SGD([w], lr=0.1)
        s = flambeau.optim.lr_scheduler.ExponentialLR(o, 0.5)

        def step():
            if order == "before":
                s.step()
            o.zero_grad()
            (w * w).sum().backward()
            o.step()
            if order == "read":
                s.step()
            return w.detach() * (s.get_last_lr()[0] if order == "read" else 1.0)

        step = compile(step)
        return [step().tolist() for _ in range(6)]

    np.testing.assert_allclose(run(flambeau.compile), run(lambda f: f), rtol=1e-5)


class Pair:
    def __init__(self):
        self.a, self.b = flambeau.ones(3), flambeau.full((3,), 2.0)


def names_exchanged(h):
    h.a, h.b = h.b, h.a


def one_tensor_for_both(h):
    h.a = h.b


def one_tensor_no_more(h):
    h.a = h.a.clone()


def other_memory(h):
    h.a.data = h.a.data.clone() * 2


def another_tensor(h):
    h.a = flambeau.full((3,), 5.0)


CHANGES = [names_exchanged, one_tensor_for_both, one_tensor_no_more, other_memory, another_tensor]


@pytest.mark.parametrize("second", CHANGES, ids=lambda f: f.__name__)
@pytest.mark.parametrize("first", CHANGES, ids=lambda f: f.__name__)
@pytest.mark.parametrize("start", ["apart", "one", "view"])
@pytest.mark.filterwarnings("ignore:flambeau.compile")
def test_which_named_tensors_share_memory(start, first, second):
    """A write into one name's tensor is read under another name only while both are one."""

    def run(compile):
        h = Pair()
        if start == "one":
            h.b = h.a
        if start == "view":
            h.b = h.a[:]
        kept = h.a

        def step(x):
            h.a.add_(x)
            return h.b * 10 + h.a

        step = compile(step)
        for change in (None, first, second, lambda h: setattr(h, "a", kept)):
            if change is not None:
                change(h)
            for i in range(3):
                yield step(flambeau.full((3,), float(i))).tolist()
                yield h.a.tolist(), h.b.tolist()

    assert list(run(flambeau.compile)) == list(run(lambda f: f))


@pytest.mark.filterwarnings("ignore:flambeau.compile")
def test_an_argument_that_stands_under_a_name_later():
    def run(compile):
        h = Pair()

        def step(x):
            h.a.add_(1)
            return x * 2

        step = compile(step)
        for _ in range(3):
            yield step(flambeau.ones(3)).tolist()
        h.a = flambeau.ones(3)
        for _ in range(3):
            yield step(h.a).tolist()

    assert list(run(flambeau.compile)) == list(run(lambda f: f))
