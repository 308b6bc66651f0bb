"""Updates as rows of the operator table: how they are cut into tiles, and what they touch."""

import numpy as np
import pytest

import flambeau
import flambeau.optim as optim
from flambeau.ops import tiles
from flambeau.ops.table import ROWS
from flambeau.ops.updates import UPDATES
from flambeau.tensor import recording

SETTINGS = {
    "SGD": {"lr": 0.1, "momentum": 0.9, "weight_decay": 0.1},
    "Adam": {"lr": 0.1, "amsgrad": True},
    "AdamW": {"lr": 0.1},
    "Adamax": {}, "NAdam": {}, "RAdam": {}, "Adagrad": {}, "Adadelta": {}, "ASGD": {}, "Rprop": {},
    "RMSprop": {"centered": True, "momentum": 0.5},
    "Adafactor": {},
}  # fmt: skip


def parameters(shapes, dtype="float32", seed=0):
    rng = np.random.default_rng(seed)
    params = []
    for shape in shapes:
        p = flambeau.from_numpy(np.asarray(rng.standard_normal(shape)).astype(dtype))
        p.requires_grad_()
        p.grad = flambeau.from_numpy(np.asarray(rng.standard_normal(shape)).astype(dtype))
        params.append(p)
    return params


def stepped(name, params, steps=3):
    optimizer = getattr(optim, name)(params, **SETTINGS[name])
    for _ in range(steps):
        optimizer.step()
    return optimizer


def test_every_update_is_a_row():
    for name, row in UPDATES.items():
        assert ROWS[name] is row
        assert row.writes
        assert row.formula and "\n" not in row.formula
        assert row.signature.startswith(f"{name}(params: Tensors, grads: Tensors")


@pytest.mark.parametrize("dtype", ["float32", "float64", "complex64"])
@pytest.mark.parametrize("name", [n for n in SETTINGS if n != "Adafactor"])
def test_joined_parameters_are_updated_as_alone(name, dtype):
    shapes = [(3, 4), (5,), (), (2, 2, 2), (1,), (tiles.SMALL + 1,), (64, 65)]
    together = parameters(shapes, dtype)
    apart = parameters(shapes, dtype)
    stepped(name, together)
    for p in apart:
        stepped(name, [p])
    for p, q in zip(together, apart, strict=True):
        assert np.array_equal(p.detach().numpy(), q.detach().numpy())


@pytest.mark.parametrize("name", ["SGD", "Adam", "Rprop"])
def test_large_parameters_are_updated_as_small_ones(name):
    """Tiles of a large parameter against its pieces as parameters of their own."""
    n = 2 * tiles.TILE + 17
    (whole,) = parameters([(n,)])
    pieces = []
    for start in range(0, n, 1000):
        piece = whole.detach()[start : start + 1000].clone().requires_grad_()
        piece.grad = whole.grad[start : start + 1000].clone()
        pieces.append(piece)
    stepped(name, [whole])
    stepped(name, pieces)
    assert np.array_equal(whole.detach().numpy(), flambeau.cat(pieces).detach().numpy())


def test_more_small_parameters_than_a_tile_holds():
    count = 2 * tiles.TILE // tiles.SMALL + 3
    many = parameters([(tiles.SMALL,)] * count)
    stepped("Adam", many)
    last = parameters([(tiles.SMALL,)] * count)[-1]
    stepped("Adam", [last])
    assert np.array_equal(many[-1].detach().numpy(), last.detach().numpy())


@pytest.mark.parametrize("name", SETTINGS)
def test_memory_stays_where_it_is(name):
    """Parameters and state are written in place, gradients are left alone, versions count."""
    params = parameters([(3, 4), (5,), (80, 80)])
    optimizer = stepped(name, params, 1)
    places = [p.data_ptr() for p in params]
    versions = [p._version for p in params]
    gradients = [p.grad.clone() for p in params]
    state = {
        (i, key): value.data_ptr()
        for i, p in enumerate(params)
        for key, value in optimizer.state[p].items()
    }
    optimizer.step()
    assert [p.data_ptr() for p in params] == places
    assert all(p._version > v for p, v in zip(params, versions, strict=True))
    for p, g in zip(params, gradients, strict=True):
        assert np.array_equal(p.grad.numpy(), g.numpy())
        assert p.is_leaf and p.requires_grad
    assert state == {
        (i, key): value.data_ptr()
        for i, p in enumerate(params)
        for key, value in optimizer.state[p].items()
    }


def test_a_write_is_noticed_by_backward():
    x = flambeau.ones(3, requires_grad=True)
    loss = (x * x).sum()
    loss.backward(retain_graph=True)
    optim.SGD([x], lr=0.1).step()
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        loss.backward()


def test_recorders_see_the_update():
    seen = []

    class Watch(recording.Recorder):
        def record(self, op, args, results, hidden=()):
            seen.append((op.name, len(args[0]), args[op.kernel.lists :], results))

    params = parameters([(3,), (4,)])
    plain = parameters([(3,), (4,)])
    stepped("Adam", plain, 1)
    watch = Watch()
    recording.recorders.append(watch)
    try:
        stepped("Adam", params, 1)
    finally:
        recording.recorders.remove(watch)
    ((name, count, options, results),) = [s for s in seen if s[0] == "adam_"]
    assert (name, count) == ("adam_", 2)
    assert options == (0.1, 0.9, 0.999, 1e-8, 0, False, False)
    assert all(a is b for a, b in zip(results, params, strict=True))
    for p, q in zip(params, plain, strict=True):
        assert np.array_equal(p.detach().numpy(), q.detach().numpy())


def test_numbers_that_overflow_stay_silent():
    p = flambeau.tensor([1e30, -1e30, 0.0], requires_grad=True)
    p.grad = flambeau.tensor([1e30, -1e30, float("inf")])
    with np.errstate(all="raise"):
        stepped("Adam", [p], 1)
        stepped("SGD", [p], 2)
    assert not flambeau.isfinite(p).all()


def test_first_steps_by_hand():
    p = flambeau.tensor([1.0, -2.0], dtype=flambeau.float64, requires_grad=True)
    p.grad = flambeau.tensor([0.5, -4.0], dtype=flambeau.float64)
    optim.SGD([p], lr=0.1).step()
    assert p.tolist() == pytest.approx([0.95, -1.6])
    optim.Adam([p], lr=0.1).step()  # the first step has length lr, whatever the gradient
    assert p.tolist() == pytest.approx([0.85, -1.5])
    optim.RMSprop([p], lr=0.1, alpha=0.0).step()
    assert p.tolist() == pytest.approx([0.75, -1.4])


def test_learning_rates_as_tensors():
    params, plain = parameters([(3,)]), parameters([(3,)])
    lr = flambeau.tensor(0.1, dtype=flambeau.float64)
    a, b = optim.Adam(params, lr=lr), optim.Adam(plain, lr=0.1)
    for _ in range(2):
        a.step()
        b.step()
        lr.fill_(0.2)
        b.param_groups[0]["lr"] = 0.2
    assert params[0].tolist() == plain[0].tolist()
