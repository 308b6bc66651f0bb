"""When a compiled function's program may be used again: whatever changes, results are eager's."""

from __future__ import annotations

import types

import numpy as np
import pytest

import flambeau
from compiler.calls import Settings, agrees, numbers, programs, quietly, vector
from flambeau import nn

FACTOR = 2.0
TABLE = {"scale": 3.0, "steps": [1, 2]}
TENSOR = flambeau.ones(3)
config = types.ModuleType("config")
config.__file__ = __file__
config.scale, config.parts = 2.0, types.ModuleType("parts")
config.parts.__file__, config.parts.shift = __file__, 1.0


@pytest.fixture(autouse=True)
def seeded():
    flambeau.manual_seed(0)


# --- what a function names ------------------------------------------------------------------------


def test_closure_variables_may_change():
    scale, offset = 2.0, vector(1, 2)

    def plain(x):
        return x * scale + offset

    f = quietly(plain)
    agrees(f, plain, lambda: (vector(1, 2),), lambda: (vector(3, 4),))
    scale = 5.0
    agrees(f, plain, lambda: (vector(1, 2),), lambda: (vector(3, 4),))
    offset = vector(7, 8)
    agrees(f, plain, lambda: (vector(1, 2),))
    offset = vector(7, 8, 9)
    agrees(f, plain, lambda: (vector(1, 2, 3),))
    scale = vector(1, 2, 3)
    agrees(f, plain, lambda: (vector(1, 2, 3),))


def test_globals_may_change(monkeypatch):
    def plain(x):
        return x * FACTOR + TABLE["scale"] * len(TABLE["steps"]) + TENSOR

    f = quietly(plain)
    call = lambda: (vector(1, 2, 3),)  # noqa: E731
    agrees(f, plain, call, call)
    monkeypatch.setitem(globals(), "FACTOR", 7.0)
    agrees(f, plain, call, call)
    monkeypatch.setitem(TABLE, "scale", 4.0)
    agrees(f, plain, call)
    monkeypatch.setitem(TABLE, "steps", [1, 2, 3])
    agrees(f, plain, call)
    monkeypatch.setitem(globals(), "TENSOR", vector(4, 5, 6))
    agrees(f, plain, call, call)
    TENSOR.add_(1)
    agrees(f, plain, call)


def test_attributes_of_objects_may_change():
    settings = Settings()

    def plain(x):
        return settings.apply(x)

    f = quietly(plain)
    call = lambda: (vector(1, 2),)  # noqa: E731
    agrees(f, plain, call, call)
    settings.scale = 9.0
    agrees(f, plain, call, call)
    settings.shift = vector(5, 6)
    agrees(f, plain, call, call)
    settings.extra = 1
    settings.apply = lambda x: x - 1
    agrees(f, plain, call, call)


def test_methods():
    class Doubler(Settings):
        @flambeau.compile
        def forward(self, x):
            return x * self.scale + self.shift

    one, two = Doubler(), Doubler()
    two.scale = 10.0
    for _ in range(3):
        assert numbers(one.forward(vector(1, 2))) == [3, 5]
        assert numbers(two.forward(vector(1, 2))) == [11, 21]
    bound = quietly(one.apply)
    assert numbers(bound(vector(1, 2))) == numbers(bound(vector(1, 2))) == [3, 5]
    one.scale = 1.0
    assert numbers(bound(vector(1, 2))) == numbers(one.forward(vector(1, 2))) == [2, 3]


def test_defaults_and_keywords():
    def plain(x, *, scale=2.0, flip=False):
        return -x * scale if flip else x * scale

    f = quietly(plain)
    for keywords in ({}, {"scale": 3.0}, {"flip": True}, {"scale": 3.0, "flip": True}):
        for _ in range(2):
            assert numbers(f(vector(1, 2), **keywords)) == numbers(plain(vector(1, 2), **keywords))


# --- modules --------------------------------------------------------------------------------------


def test_train_and_eval():
    net = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.Dropout(0.5), nn.Linear(8, 2))
    f = quietly(lambda x: net(x).detach())
    x = flambeau.randn(6, 4)
    for training in (True, False, True, False):
        net.train(training)
        for _ in range(2):
            state = {k: v.clone() for k, v in net.state_dict().items()}
            flambeau.manual_seed(5)
            want = net(x)
            after = {k: v.clone() for k, v in net.state_dict().items()}
            net.load_state_dict(state)
            flambeau.manual_seed(5)
            got = f(x)
            np.testing.assert_allclose(got.numpy(), want.detach().numpy(), 1e-5, 1e-5)
            for name, value in net.state_dict().items():
                np.testing.assert_allclose(value.numpy(), after[name].numpy(), 1e-5, 1e-6)


def test_hooks_that_are_added_later():
    net = nn.Linear(2, 2)
    f = quietly(lambda x: net(x).detach())
    x = vector(1, 2)
    want = numbers(net(x))
    assert numbers(f(x)) == numbers(f(x)) == want
    handle = net.register_forward_hook(lambda module, args, result: result * 2)
    assert numbers(f(x)) == numbers(f(x)) == (2 * net.forward(x)).tolist()
    handle.remove()
    assert numbers(f(x)) == want


def test_changed_modules():
    net = nn.Sequential(nn.Linear(2, 2), nn.ReLU())
    f = quietly(lambda x: net(x).detach())
    x = vector(1, -2)
    for change in (
        lambda: None,
        lambda: net.append(nn.Linear(2, 1)),
        lambda: net.__setitem__(1, nn.Tanh()),
        lambda: setattr(net[0], "weight", nn.Parameter(flambeau.ones(2, 2))),
        lambda: setattr(net[0], "bias", None),
        lambda: net[0].weight.data.fill_(3.0),
        lambda: net.load_state_dict({k: v * 2 for k, v in net.state_dict().items()}),
        lambda: net.double(),
    ):
        change()
        given = x.to(next(net.parameters()).dtype)
        for _ in range(2):
            np.testing.assert_allclose(f(given).numpy(), net(given).detach().numpy(), rtol=1e-6)


def test_compiled_module_with_backward_outside():
    flambeau.manual_seed(1)
    net = nn.Sequential(nn.Linear(3, 5), nn.Tanh(), nn.Linear(5, 1))
    fast = flambeau.compile(net)
    for i in range(4):
        x = flambeau.randn(4, 3, requires_grad=bool(i % 2))
        want = flambeau.autograd.grad(
            (net(x) * 2).sum(), [*net.parameters(), *([x] if i % 2 else [])]
        )
        net.zero_grad()
        (fast(x) * 2).sum().backward()
        got = [p.grad for p in net.parameters()] + ([x.grad] if i % 2 else [])
        for w, g in zip(want, got, strict=True):
            np.testing.assert_allclose(g.numpy(), w.numpy(), 1e-5, 1e-6)


def test_module_compile():
    net = nn.Sequential(nn.Linear(3, 2), nn.ReLU())
    x = flambeau.randn(4, 3)
    want = net(x)
    net.compile()
    for _ in range(3):
        np.testing.assert_allclose(net(x).detach().numpy(), want.detach().numpy(), 1e-6, 1e-6)
    assert list(net.state_dict()) == ["0.weight", "0.bias"]


def test_two_results_with_backward_in_any_order():
    w = flambeau.randn(3, requires_grad=True)

    def plain(x):
        return x * w, (x + w).sum()

    f = quietly(plain)
    for _ in range(3):
        x = flambeau.randn(3, requires_grad=True)
        a, b = f(x)
        c, d = plain(x)
        for loss, other in ((a.sum(), c.sum()), (b, d), (a.sum() * b, c.sum() * d)):
            want = flambeau.autograd.grad(other, [x, w], retain_graph=True)
            got = flambeau.autograd.grad(loss, [x, w], retain_graph=True)
            for p, q in zip(want, got, strict=True):
                np.testing.assert_allclose(q.numpy(), p.numpy(), rtol=1e-6)


def test_two_calls_before_their_backward():
    w = flambeau.randn(3, requires_grad=True)
    f = quietly(lambda x: (x * w).tanh())
    f(vector(1, 2, 3))
    x, y = vector(1, 2, 3), vector(-1, 0.5, 2)
    want = flambeau.autograd.grad(((x * w).tanh() * (y * w).tanh()).sum(), w)[0]
    got = flambeau.autograd.grad((f(x) * f(y)).sum(), w)[0]
    np.testing.assert_allclose(got.numpy(), want.numpy(), 1e-5, 1e-6)
    third = (f(y) * f(f(x))).sum()
    want = flambeau.autograd.grad(((y * w).tanh() * ((x * w).tanh() * w).tanh()).sum(), w)[0]
    np.testing.assert_allclose(
        flambeau.autograd.grad(third, w)[0].numpy(), want.numpy(), 1e-5, 1e-6
    )


# --- arguments ------------------------------------------------------------------------------------


def test_nested_arguments():
    def plain(batch, pair):
        a, (b, c) = pair
        return {"x": batch["x"] * a, "y": [batch["y"][0] + b, c], "n": batch["n"]}

    f = quietly(plain)

    def call(k):
        return lambda: (
            {"x": vector(k, 2), "y": [vector(3, k)], "n": 5}, (vector(k, k), [vector(1, k), 2])
        )  # fmt: skip

    agrees(f, plain, call(1), call(2), call(3))
    assert programs(f) == 1


def test_views_of_one_array_as_arguments():
    data = flambeau.arange(40.0).reshape(10, 4)

    def plain(x):
        return x * 2 + x.sum()

    f = quietly(plain)
    for i in range(9):
        assert numbers(f(data[i])) == numbers(plain(data[i]))
        assert numbers(f(data[i : i + 2])) == numbers(plain(data[i : i + 2]))
    assert programs(f) == 2


def test_one_tensor_as_two_arguments():
    def plain(x, y):
        x.mul_(2)
        return x + y

    f = quietly(plain)

    def twice():
        x = vector(1, 2)
        return x, x

    def apart():
        return vector(1, 2), vector(3, 4)

    agrees(f, plain, twice, apart, twice, apart, apart, twice)


def test_overlapping_arguments():
    def plain(x, y):
        x.add_(y)
        return y * 10

    f = quietly(plain)

    def parts(i, j, n=3):
        def make():
            whole = flambeau.arange(8.0)
            return whole[i : i + n], whole[j : j + n]

        return make

    agrees(f, plain, parts(0, 3), parts(0, 4), parts(3, 0))
    with pytest.raises(RuntimeError):
        plain(*parts(0, 1)())

    def reading(x, y):
        return x * 2 + y

    g = quietly(reading)
    agrees(g, reading, parts(0, 1), parts(0, 1), parts(2, 0), parts(0, 4),
           lambda: (vector(1, 2, 3), vector(4, 5, 6)), parts(1, 0))  # fmt: skip


def test_a_view_and_its_base_as_arguments():
    def plain(x, y):
        y.mul_(3)
        return x.sum()

    f = quietly(plain)

    def related(row):
        def make():
            x = flambeau.arange(6.0).reshape(2, 3)
            return x, x[row]

        return make

    agrees(f, plain, related(0), related(0), related(1),
           lambda: (flambeau.ones(2, 3), vector(1, 2, 3)), related(0))  # fmt: skip


def test_an_argument_that_the_function_names_too():
    w = vector(1, 2)

    def plain(x):
        return x * 10 + w

    for order in ((w, vector(5, 6), w, vector(7, 8)), (vector(5, 6), w, vector(7, 8), w)):
        f = quietly(plain)
        for x in order:
            assert numbers(f(x)) == numbers(plain(x))

    def writes(x):
        x.add_(1)
        return x + w

    g = quietly(writes)
    want, have = vector(1, 2), w
    for x in (vector(5, 6), None, vector(7, 8), None):
        w = want
        expected = numbers(writes(want if x is None else x.clone()))
        w = have
        assert numbers(g(have if x is None else x)) == expected
    assert numbers(have) == numbers(want)


def test_results_that_are_inputs():
    def plain(x, y):
        return x, y[1:], y.t() if y.ndim == 2 else y, x * 2, y

    f = quietly(plain)
    for i in range(3):
        x, y = vector(1, i), flambeau.arange(4.0).reshape(2, 2) + i
        a, part, turned, new, whole = f(x, y)
        assert a is x and whole is y
        assert numbers([part, turned, new]) == numbers(plain(x, y)[1:4])
        y[1, 0] = 100.0
        assert part[0, 0] == 100 and turned[0, 1] == 100  # it shares memory
        part[0, 1] = 50.0
        assert y[1, 1] == 50


def test_results_that_share_memory():
    def plain(x):
        y = x * 2
        return y, y[0], y.t(), y.view(-1)[1:3]

    f = quietly(plain)
    for i in range(3):
        y, row, turned, part = f(flambeau.arange(4.0).reshape(2, 2) + i)
        y[0, 1] = 77.0
        assert row[1] == 77 and turned[1, 0] == 77 and part[0] == 77


def test_results_of_every_call_are_its_own():
    f = quietly(lambda x: (x + 1, (x * 2).sum()))
    kept = [f(vector(i, i)) for i in range(4)]
    assert numbers(kept) == [[[i + 1, i + 1], 4.0 * i] for i in range(4)]


def test_values_that_are_no_tensors():
    f = quietly(lambda x, k: (x.shape, x.dtype, k, None, (), "name", [x * k]))
    for k in (2, 3, 2):
        shape, dtype, number, none, empty, name, (scaled,) = f(vector(1, 2), k)
        assert (shape, dtype, number) == ((2,), flambeau.float32, k)
        assert (none, empty, name) == (None, (), "name")
        assert numbers(scaled) == [k, 2 * k]


def test_shapes_types_and_layouts():
    def plain(x):
        return (x * 2).sum(0)

    f = quietly(plain)
    base = flambeau.arange(12.0).reshape(3, 4)
    for x in (base, base.t(), base.double(), base.long(), base[::2], base, base.t()):
        for _ in range(2):
            want = plain(x)
            got = f(x)
            assert got.dtype is want.dtype and numbers(got) == numbers(want)
    assert programs(f) == 5


def test_arguments_that_want_gradients():
    f = quietly(lambda x: x * x)
    for wanted in (False, True, False, True):
        x = flambeau.tensor([3.0], requires_grad=wanted)
        y = f(x)
        assert y.requires_grad == wanted
        if wanted:
            y.backward()
            assert numbers(x.grad) == [6]


def test_gradients_of_arguments_set_inside():
    def plain(x, w):
        (x * w).sum().backward()
        return w.grad

    f = quietly(plain)
    for i in range(4):
        w = flambeau.tensor([1.0, 2.0], requires_grad=True)
        grad = f(vector(i, 5), w)
        assert numbers(w.grad) == [i, 5] and numbers(grad) == [i, 5]


def test_under_no_grad_and_with_it():
    w = flambeau.ones(2, requires_grad=True)
    f = quietly(lambda x: x * w)
    for _ in range(2):
        assert f(vector(1, 2)).requires_grad
        with flambeau.no_grad():
            assert not f(vector(1, 2)).requires_grad
        with flambeau.inference_mode():
            assert f(vector(1, 2)).is_inference()


def test_default_type():
    f = quietly(lambda x: x / 2 + flambeau.ones(2))
    for dtype in (flambeau.float32, flambeau.float64, flambeau.float32):
        flambeau.set_default_dtype(dtype)
        try:
            assert f(flambeau.arange(2)).dtype is dtype
        finally:
            flambeau.set_default_dtype(flambeau.float32)


# --- modules as arguments, names in modules ---


def test_modules_and_optimizers_as_arguments():
    flambeau.manual_seed(2)
    nets = [nn.Sequential(nn.Linear(3, 4), nn.Dropout(0.5), nn.Linear(4, 1)) for _ in range(2)]
    nets[1].load_state_dict(nets[0].state_dict())
    optimizers = [flambeau.optim.SGD(net.parameters(), lr=0.1) for net in nets]

    def plain(net, optimizer, x):
        optimizer.zero_grad()
        loss = (net(x) ** 2).mean()
        loss.backward()
        optimizer.step()
        return loss

    f = quietly(plain)
    for i in range(10):
        x = flambeau.randn(5, 3)
        losses = []
        for run, net, optimizer in zip((plain, f), nets, optimizers, strict=True):
            net.train(i % 4 < 2)
            optimizer.param_groups[0]["lr"] = 0.1 / (1 + i)
            flambeau.manual_seed(i)
            losses.append(run(net, optimizer, x).item())
        assert losses[1] == pytest.approx(losses[0], rel=1e-5)


def test_names_in_other_modules():
    def plain(x):
        return x * config.scale + config.parts.shift

    f = quietly(plain)
    call = lambda: (vector(1, 2),)  # noqa: E731
    agrees(f, plain, call, call)
    config.scale = 5.0
    agrees(f, plain, call, call)
    config.parts.shift = -1.0
    agrees(f, plain, call, call)


class Talker(nn.Module):
    """A module with methods and settings of its own."""

    def __init__(self):
        super().__init__()
        self.inner = nn.Linear(2, 2)
        self.settings = Settings()
        self.mask = vector(1, 0)
        self.calls = 0

    def report(self):
        print("a method that is not called")

    def scaled(self, x):
        return x * self.settings.scale

    def forward(self, x):
        return self.scaled(self.inner(x)) * self.mask


def test_modules_with_settings_of_their_own():
    net = Talker()
    f = quietly(lambda x: net(x).detach())
    x = vector(1, 2)
    for change in (
        lambda: None,
        lambda: setattr(net.settings, "scale", 7.0),
        lambda: setattr(net, "mask", vector(0, 1)),
        lambda: net.mask.fill_(3.0),
        lambda: setattr(net, "settings", Settings()),
        lambda: setattr(net, "scaled", lambda x: x - 1),
    ):
        change()
        for _ in range(2):
            np.testing.assert_allclose(f(x).numpy(), net(x).detach().numpy(), rtol=1e-6)


def test_another_parameter_under_a_name():
    w = flambeau.tensor([2.0, 3.0], requires_grad=True)

    def forward(x):
        return x * w

    def step(x):
        (x * w).sum().backward()

    f, g = quietly(forward), quietly(step)
    for k in range(4):
        f(vector(1, k)).sum().backward()
        g(vector(1, k))
        assert numbers(w.grad) == [2, 2 * k]
        if k % 2:
            w = flambeau.tensor([5.0, k], requires_grad=True)
        w.grad = None


def test_arguments_with_history_that_come_back():
    w = flambeau.tensor([2.0, 3.0], requires_grad=True)
    f = quietly(lambda a: (a * w, a, a.view(2, 1)))
    for _ in range(3):
        s, w.grad = flambeau.ones(2, requires_grad=True), None
        a = s * 3
        node = a.grad_fn
        b, c, d = f(a)
        (b.sum() + c.sum() + (d * 2).sum()).backward()
        assert numbers(s.grad) == [15, 18] and numbers(w.grad) == [3, 3]
        assert a.grad_fn is node
