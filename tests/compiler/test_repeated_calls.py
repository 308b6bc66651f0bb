"""Calls that repeat are short; whatever is changed between them, results are eager's."""

from __future__ import annotations

import pickle
import random

import numpy as np
import pytest

import flambeau
from flambeau import nn


class Training:
    """A small network with its optimizer, and a step of them."""

    def __init__(self, optimizer: str, compiled: bool):
        flambeau.manual_seed(0)
        self.model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Dropout(0.2), nn.Linear(4, 2))
        kind = getattr(flambeau.optim, optimizer)
        self.optimizer = kind(self.model.parameters(), lr=0.05)
        self.x, self.y = flambeau.randn(5, 3), flambeau.randn(5, 2)
        self.kept: list = []
        self.settings = {"scale": 1.0}
        self.step = flambeau.compile(self._stepper()) if compiled else self._stepper()

    def _stepper(self):
        model, optimizer, settings = self.model, self.optimizer, self.settings
        loss_fn = nn.MSELoss()

        def step(x, y):
            optimizer.zero_grad()
            loss = loss_fn(model(x), y) * settings["scale"]
            loss.backward()
            optimizer.step()
            return loss

        return step

    def compile_model(self) -> None:
        """Only the model is compiled; the loss, its gradients and the update run outside."""
        model, optimizer, settings = flambeau.compile(self.model), self.optimizer, self.settings
        self.compiled = model

        def step(x, y):
            optimizer.zero_grad()
            loss = nn.functional.mse_loss(model(x), y) * settings["scale"]
            loss.backward()
            optimizer.step()
            return loss

        self.step = step

    def numbers(self) -> list[np.ndarray]:
        found = [p.detach().numpy().copy() for p in self.model.parameters()]
        found += [p.grad.numpy().copy() for p in self.model.parameters() if p.grad is not None]
        for s in self.optimizer.state.values():
            found += [v.numpy().copy() for v in s.values() if isinstance(v, flambeau.Tensor)]
        return found


def _rate(t: Training) -> None:
    t.optimizer.param_groups[0]["lr"] *= 0.5


def _decay(t: Training) -> None:
    t.optimizer.param_groups[0]["weight_decay"] = 0.1


def _state_entry(t: Training) -> None:
    for s in t.optimizer.state.values():
        for name, value in s.items():
            if isinstance(value, flambeau.Tensor) and value.ndim:
                s[name] = value * 0.5
        return


def _fresh_state(t: Training) -> None:
    t.optimizer.state.clear()


def _without_an_entry(t: Training) -> None:
    t.optimizer.state.pop(t.model[0].weight, None)


def _plain_state(t: Training) -> None:
    """Tables of the user's, whose changes nobody counts."""
    for p in list(t.optimizer.state):
        t.optimizer.state[p] = dict(t.optimizer.state[p])


def _updated_state(t: Training) -> None:
    for s in t.optimizer.state.values():
        s.update({k: v + 0.25 for k, v in s.items() if k.startswith("exp_")})


def _unpickled(t: Training) -> None:
    """An optimizer takes over what a copy of it has kept."""
    copied = pickle.loads(pickle.dumps(t.optimizer.state_dict()))
    t.optimizer.load_state_dict(copied)


def _late_count(t: Training) -> None:
    for s in t.optimizer.state.values():
        if "step" in s:
            s["step"].add_(3)
        return


def _load_optimizer(t: Training) -> None:
    t.optimizer.load_state_dict(t.optimizer.state_dict())


def _load_model(t: Training) -> None:
    t.model.load_state_dict({k: v * 0.9 for k, v in t.model.state_dict().items()})


def _hold_gradient(t: Training) -> None:
    t.kept.append(t.model[0].weight.grad)


def _hold_gradient_array(t: Training) -> None:
    if t.model[0].weight.grad is not None:
        t.kept.append(t.model[0].weight.grad.numpy())


def _hold_part_of_gradient(t: Training) -> None:
    t.kept.extend(p.grad[:1] for p in t.model.parameters() if p.grad is not None)


def _some_gradients(t: Training) -> None:
    t.model[0].weight.grad = t.model[3].bias.grad = None


def _memory_of_another(t: Training) -> None:
    with flambeau.no_grad():
        t.model[3].bias.set_(t.model[3].bias.detach() * 2)


def _other_data(t: Training) -> None:
    t.model[0].weight.data = t.model[0].weight.data * 1.5


def _write_inside(t: Training) -> None:
    with flambeau.no_grad():
        t.model[3].bias.add_(1)


def _no_gradients(t: Training) -> None:
    for p in t.model.parameters():
        p.grad = None


def _own_gradient(t: Training) -> None:
    t.model[0].bias.grad = flambeau.ones(4)


def _evaluate(t: Training) -> None:
    t.model.eval()


def _train(t: Training) -> None:
    t.model.train()


def _other_batch(t: Training) -> None:
    t.x, t.y = t.x * 0.5 + 1, t.y + 0.25


def _larger_batch(t: Training) -> None:
    t.x, t.y = t.x.repeat(2, 1)[:7], t.y.repeat(2, 1)[:7]


def _turned_batch(t: Training) -> None:
    t.x = t.x.t().contiguous().t()


def _batch_in_parameters(t: Training) -> None:
    t.y = t.model(t.x).detach()


def _scale(t: Training) -> None:
    t.settings["scale"] += 1.0


def _hook(t: Training) -> None:
    t.model[0].register_forward_hook(lambda m, i, o: o * 2)


def _freeze(t: Training) -> None:
    t.model[3].weight.requires_grad_(False)


def _seed(t: Training) -> None:
    flambeau.manual_seed(5)


CHANGES = [
    _rate, _decay, _state_entry, _fresh_state, _without_an_entry, _plain_state, _updated_state,
    _unpickled, _late_count, _load_optimizer, _load_model, _hold_gradient, _hold_gradient_array,
    _hold_part_of_gradient, _some_gradients, _memory_of_another, _other_data, _write_inside,
    _no_gradients, _own_gradient, _evaluate, _train, _other_batch, _larger_batch, _turned_batch,
    _batch_in_parameters, _scale, _hook, _freeze, _seed,
]  # fmt: skip


def run(optimizer: str, compiled: bool, seed: int) -> list[list[np.ndarray]]:
    """Steps, with changes drawn by a seed between them."""
    draw = random.Random(seed)
    t = Training(optimizer, compiled)
    seen = []
    for _ in range(8):
        for _ in range(draw.choice((1, 2, 3))):
            loss = t.step(t.x, t.y)
            seen.append([loss.detach().numpy().copy(), *t.numbers()])
        draw.choice(CHANGES)(t)
        seen.append([x.copy() for x in t.kept if isinstance(x, np.ndarray)])
        seen[-1] += [x.numpy().copy() for x in t.kept if isinstance(x, flambeau.Tensor)]
    return seen


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("optimizer", ["SGD", "Adam", "AdamW", "RAdam"])
@pytest.mark.filterwarnings("ignore:flambeau.compile")
def test_changes_between_calls(optimizer, seed):
    for a, b in zip(run(optimizer, True, seed), run(optimizer, False, seed), strict=True):
        assert len(a) == len(b)
        for x, y in zip(a, b, strict=True):
            np.testing.assert_allclose(x, y, rtol=2e-4, atol=2e-5)


def around(change, t: Training) -> list[np.ndarray]:
    """The last loss, and all numbers, of steps with changes between them."""
    for _ in range(4):
        t.step(t.x, t.y)
    for _ in range(2):
        change(t)
        for _ in range(3):
            loss = t.step(t.x, t.y)
    return [loss.detach().numpy(), *t.numbers()]


@pytest.mark.parametrize("whole", [True, False], ids=["step", "model"])
@pytest.mark.parametrize("change", CHANGES, ids=lambda f: f.__name__)
def test_each_change_after_repeated_calls(change, whole):
    t = Training("Adam", whole)
    if not whole:
        t.compile_model()
    for x, y in zip(around(change, t), around(change, Training("Adam", False)), strict=True):
        np.testing.assert_allclose(x, y, rtol=2e-4, atol=2e-5)


def test_a_compiled_model_takes_the_short_way():
    t = Training("SGD", False)
    t.compile_model()
    for _ in range(3):
        t.step(t.x, t.y)
    entry = t.compiled._compiled.entries[0]
    assert entry.call is not None
    entry.fits = None  # the general way would fail
    losses = []
    for _ in range(3):
        t.x = t.x * 0.5 + 1  # another batch each time
        losses.append(t.step(t.x, t.y).item())
    assert len(set(losses)) == 3


@pytest.mark.parametrize("optimizer", ["SGD", "Adam", "NAdam", "RAdam", "ASGD", "Adamax"])
def test_several_updates_in_one_call(optimizer):
    """The second update sees the counts that the first has left."""

    def train(compiled: bool) -> list[np.ndarray]:
        t = Training(optimizer, False)
        t.model.eval()
        step = t.step

        def twice(x, y):
            step(x, y)
            return step(x, y)

        f = flambeau.compile(twice) if compiled else twice
        for _ in range(5):
            loss = f(t.x, t.y)
        return [loss.detach().numpy(), *t.numbers()]

    for x, y in zip(train(True), train(False), strict=True):
        np.testing.assert_allclose(x, y, rtol=1e-4, atol=1e-5)


def test_a_call_that_repeats_takes_the_short_way():
    t = Training("Adam", True)
    for _ in range(3):
        t.step(t.x, t.y)
    entry = t.step.entries[0]
    assert entry.call is not None
    entry.fits = None  # the general way would fail
    for _ in range(3):
        t.step(t.x, t.y)
    t.step(t.x + 1, t.y + 1)  # another batch of the same kind
    for _ in range(3):
        _rate(t)  # as a schedule does after each step
        t.step(t.x, t.y)


def test_results_and_gradients_are_not_written_again():
    t = Training("SGD", True)
    results, gradients = [], []
    for _ in range(6):
        results.append(t.step(t.x, t.y))
        gradients.append(t.model[0].weight.grad)
    assert len({r.item() for r in results}) > 3
    assert len({g.sum().item() for g in gradients}) > 3
    assert results[0]._node is not None and results[0].grad_fn is not None


def test_gradients_in_memory_of_another_shape_are_kept_for_who_holds_a_part():
    weight = flambeau.arange(12.0).reshape(3, 4).t().requires_grad_()
    scale = flambeau.arange(12.0).reshape(4, 3)

    @flambeau.compile
    def step():
        weight.grad = None
        loss = (weight * weight * scale).sum()
        loss.backward()
        with flambeau.no_grad():
            weight.mul_(0.5)
        return loss

    held = []
    for k in range(8):
        step()
        if k % 2:
            held.append((weight.grad[1:], weight.grad.detach().clone()))
    assert step.entries and not step.eager
    for part, whole in held:
        assert flambeau.equal(part, whole[1:])


def test_gradients_that_nobody_holds_keep_their_memory():
    t = Training("SGD", True)
    for _ in range(3):
        t.step(t.x, t.y)
    places = [p.grad.data_ptr() for p in t.model.parameters()]
    for change in (lambda: None, lambda: _no_gradients(t), lambda: _some_gradients(t)):
        change()
        t.step(t.x, t.y)
        assert [p.grad.data_ptr() for p in t.model.parameters()] == places


def test_versions_grow_by_one_at_each_run():
    t = Training("Adam", True)
    parameters = list(t.model.parameters())
    t.step(t.x, t.y)
    before = [p._version for p in parameters]
    for _ in range(5):
        t.step(t.x, t.y)
    assert [p._version for p in parameters] == [v + 5 for v in before]
    with flambeau.no_grad():
        parameters[0].mul_(1)
    assert parameters[0]._version == before[0] + 6

    t.step = flambeau.compile(t._stepper())  # a second program that writes the same tensors
    for _ in range(4):
        t.step(t.x, t.y)
    assert parameters[0]._version == before[0] + 10
    assert parameters[1]._version == before[1] + 9


def test_what_a_program_no_longer_writes_is_not_counted():
    total = flambeau.zeros(3)
    f = flambeau.compile(lambda x: total.add_(x).sum())
    for _ in range(3):
        f(flambeau.ones(3))
    first, total = total, flambeau.zeros(3)
    version = first._version
    for _ in range(3):
        f(flambeau.ones(3))
    assert len(f.entries) == 1
    assert first._version == version
    assert first.tolist() == total.tolist() == [3, 3, 3]


def test_the_default_type_may_change_between_repeated_calls():
    f = flambeau.compile(lambda: flambeau.ones(2) * 0.1)
    for _ in range(4):
        assert f().dtype == flambeau.float32
    flambeau.set_default_dtype(flambeau.float64)
    try:
        assert f().dtype == flambeau.float64
        assert f().dtype == flambeau.float64
    finally:
        flambeau.set_default_dtype(flambeau.float32)
    assert f().dtype == flambeau.float32


def test_errors_leave_the_short_way_usable():
    model = nn.Linear(3, 4)
    y = flambeau.tensor([0, 1, 2, 3])
    x = flambeau.randn(4, 3)

    @flambeau.compile
    def loss():
        return nn.functional.cross_entropy(model(x), y)

    values = [loss().item() for _ in range(4)]
    y[2] = 9
    with pytest.raises(IndexError):
        loss()
    y[2] = 2
    assert [loss().item() for _ in range(3)] == values[:3]
