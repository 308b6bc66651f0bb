"""``func``: transforms of functions give PyTorch's numbers, and nest; recomputation in backward."""

from __future__ import annotations

import importlib

import numpy as np
import pytest

import flambeau
import flambeau.func
import flambeau.utils.checkpoint

torch = pytest.importorskip("torch")
importlib.import_module("torch.func")
importlib.import_module("torch.utils.checkpoint")

CASES = [
    "F.grad(L.sin)(L.tensor(1.))", "F.grad(F.grad(F.grad(L.sin)))(L.tensor(1.))",
    "F.grad(lambda a, b: (a * b).sum(), argnums=(0, 1))(x, y)",
    "F.grad(lambda a, b: (a * b).sum(), argnums=-1)(x, y)",
    "F.grad(lambda a, b: ((a * b).sum(), a), has_aux=True)(x, y)",
    "F.grad_and_value(lambda a, b: ((a * b).sum(), a), has_aux=True)(x, y)",
    "F.grad_and_value(lambda d: (d['a'] * d['b'][0]).sum())({'a': x, 'b': [y]})",
    "F.grad(lambda a: L.ones(()))(x)", "F.grad(lambda a, *, k: (a * k).sum())(x, k=3)",
    "F.grad(L.sin)(x)", "F.grad(lambda a: 1.)(x)", "F.grad(lambda a: a.sum(), argnums=3)(x)",
    "F.grad(lambda a: a * w * a)(L.tensor(3.))",
    "F.vmap(L.dot)(L.ones(4, 3), L.ones(4, 3))", "F.vmap(L.dot, (0, None))(L.ones(4, 3), x)",
    "F.vmap(lambda a: (a, a * 2), in_dims=1, out_dims=(0, 1))(L.arange(6.).reshape(2, 3))",
    "F.vmap(F.vmap(L.mul, (None, 0)), (0, None))(x, y)",
    "F.vmap(F.grad(lambda a: (a ** 3).sum()))(L.arange(6.).reshape(2, 3))",
    "F.vmap(lambda d: d['a'] + d['b'], in_dims=({'a': 0, 'b': None},))({'a': x, 'b': y[0]})",
    "F.vmap(lambda a, k: a * k)(x, k=y)", "F.vmap(L.add)(L.ones(2), L.ones(3))",
    "F.vmap(lambda a: a)(1.)", "F.vmap(L.add, in_dims=(0,))(x, y)",
    "F.jacrev(L.sin)(x)", "F.jacfwd(lambda a: (a, a ** 2))(x)",
    "F.hessian(lambda a: (a ** 3).sum())(x)", "F.jacrev(lambda a, b: a * b, argnums=(0, 1))(x, y)",
    "F.jacrev(lambda a: (a.sin(), a), has_aux=True)(x)",
    "F.vjp(lambda a: a.sin(), x)[1](y)", "F.vjp(lambda a: (a, a.sum()), x)[1]((y, L.ones(())))",
    "F.vjp(lambda a: (a.sin(), a), x, has_aux=True)[2]",
    "F.jvp(L.sin, (x,), (y,))", "F.jvp(lambda a: (a.sin(), a), (x,), (y,), has_aux=True)",
    "F.jvp(lambda a, b: a * b, (x, y), (y, x))",
    "F.functional_call(m, {'weight': L.ones(2, 3), 'bias': L.zeros(2)}, (x,))",
    "F.functional_call(m, ({'weight': L.ones(2, 3)}, {'bias': L.zeros(2)}), x)",
    "F.functional_call(m, ({'bias': L.ones(2)}, {'bias': L.zeros(2)}), x)",
    "F.vmap(F.grad(loss), (None, 0, 0))(P, L.ones(4, 3), L.arange(8.).reshape(4, 2))",
    "F.vmap(member, (0, 0, None))(*F.stack_module_state(ms), L.ones(1, 3))",
    "F.stack_module_state([])", "F.stack_module_state([m, L.nn.ReLU()])",
]  # fmt: skip


def names(package):
    """What the cases name, of either package, with the same numbers."""
    package.manual_seed(0)
    found = {"L": package, "F": package.func, "x": package.randn(3), "y": package.randn(3)}
    m = package.nn.Linear(3, 2)
    ms = [package.nn.Linear(3, 2) for _ in range(3)]
    call, mse = package.func.functional_call, package.nn.functional.mse_loss
    return {
        **found, "m": m, "ms": ms, "w": package.tensor(2.0, requires_grad=True),
        "P": {k: v.detach() for k, v in m.named_parameters()},
        "loss": lambda p, x, t: mse(call(m, p, (x,)), t),
        "member": lambda p, b, x: call(ms[0], (p, b), (x,)),
    }  # fmt: skip


def plain(value):
    """Nested results as lists of arrays, and whether each wants a gradient."""
    if isinstance(value, dict):
        return [plain(v) for v in value.values()]
    if isinstance(value, (tuple, list)):
        return [plain(v) for v in value]
    return value.detach().numpy(), value.requires_grad


def assert_same(mine, theirs):
    if isinstance(mine, list):
        for a, b in zip(mine, theirs, strict=True):
            assert_same(a, b)
        return
    np.testing.assert_allclose(mine[0], theirs[0], rtol=1e-5, atol=1e-6)
    assert mine[1] == theirs[1]


@pytest.mark.parametrize("case", CASES)
def test_transform(case):
    try:
        expected = plain(eval(case, names(torch)))
    except Exception as error:
        with pytest.raises(type(error)):
            eval(case, names(flambeau))
        return
    assert_same(plain(eval(case, names(flambeau))), expected)


def test_outer_gradients_flow_through():
    for package in (flambeau, torch):
        z = package.tensor(3.0, requires_grad=True)
        package.func.grad(package.sin)(z).backward()
        assert z.grad.item() == pytest.approx(-np.sin(3.0), rel=1e-6)


@pytest.mark.parametrize("reentrant", [True, False])
@pytest.mark.parametrize("wanted", [True, False])
def test_checkpoint(reentrant, wanted):
    got = []
    for package in (flambeau, torch):
        package.manual_seed(0)
        nn = package.nn
        net = nn.Sequential(nn.Linear(3, 4), nn.Dropout(0.5), nn.ReLU(), nn.Linear(4, 2), nn.Tanh())
        x = package.ones(2, 3, requires_grad=wanted)
        checkpoint = package.utils.checkpoint.checkpoint
        if reentrant and not wanted:
            with pytest.warns(UserWarning, match="None of the inputs have requires_grad=True"):
                assert not checkpoint(net, x, use_reentrant=True).requires_grad
            continue
        out = checkpoint(net, x, use_reentrant=reentrant)
        after = package.rand(3)  # the draws of the second computation are the first one's
        out.sum().backward()
        got.append([out, after, package.rand(3), net[0].weight.grad, net[3].bias.grad])
        got[-1] += [x.grad] if wanted else []
    if got:
        for a, b in zip(*got, strict=True):
            np.testing.assert_allclose(a.detach().numpy(), b.detach().numpy(), rtol=1e-5, atol=1e-7)


def test_checkpoint_sequential():
    got = []
    for package in (flambeau, torch):
        package.manual_seed(0)
        nn = package.nn
        net = nn.Sequential(nn.Linear(3, 4), nn.Dropout(0.5), nn.Linear(4, 4), nn.ReLU())
        x = package.ones(2, 3, requires_grad=True)
        out = package.utils.checkpoint.checkpoint_sequential(net, 2, x, use_reentrant=False)
        out.sum().backward()
        got.append((out.detach().numpy(), x.grad.numpy(), net[0].weight.grad.numpy()))
    for a, b in zip(*got, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-7)


def test_checkpoint_keeps_nothing_of_the_inside():
    kept = []

    def inside(x):
        y = (x * 2).exp()
        kept.append(y.grad_fn)
        return y.sin()

    x = flambeau.ones(3, requires_grad=True)
    out = flambeau.utils.checkpoint.checkpoint(inside, x, use_reentrant=False)
    assert kept == [None]
    out.sum().backward()
    assert kept[1] is not None and len(kept) == 2
