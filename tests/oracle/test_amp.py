"""``amp``: what autocast computes in which type, and how gradients are scaled."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import flambeau
import flambeau.amp
import flambeau.cuda.amp

torch = pytest.importorskip("torch")

RESULTS = [
    "l(x)", "x @ x", "x[0] @ x[0]", "x + l(x)", "x.bmm", "l(x).softmax(1)", "x.exp()",
    "F.cross_entropy(l(x), t)", "L.cat([x, l(x)])", "F.mse_loss(l(x), x)",
    "F.log_softmax(l(x), 1)", "F.nll_loss(F.log_softmax(l(x), 1), t)",
    "L.einsum('ij,jk->ik', x, x)", "F.binary_cross_entropy_with_logits(l(x), x)",
    "L.nn.LayerNorm(2)(l(x))", "L.nn.Conv2d(1, 1, 1)(L.ones(1, 1, 2, 2))",
    "L.bmm(L.ones(1, 2, 2), L.ones(1, 2, 2))", "L.addmm(x, x, x)", "x.double() @ x.double()",
    "F.scaled_dot_product_attention(x[None], x[None], x[None])", "x.half() @ x.half()",
    "L.nn.MultiheadAttention(4, 2)(*[L.ones(2, 3, 4)] * 3)[0]", "x.int() + 1",
]  # fmt: skip


@pytest.mark.parametrize("case", RESULTS)
def test_types_and_values(case):
    got = []
    for package in (flambeau, torch):
        package.manual_seed(0)
        names = {"L": package, "F": package.nn.functional, "l": package.nn.Linear(2, 2)}
        names |= {"x": package.rand(2, 2), "t": package.tensor([0, 1])}
        with package.autocast("cpu"):
            out = eval(case, names)
            out = out if hasattr(out, "dtype") else names["x"]
        got.append((str(out.dtype).partition(".")[2], out.detach().double().numpy()))
    assert got[0][0] == got[1][0]
    np.testing.assert_allclose(got[0][1], got[1][1], rtol=2e-2, atol=1e-3)


def test_gradients_have_the_parameters_types():
    got = []
    for package in (flambeau, torch):
        package.manual_seed(0)
        nn = package.nn
        net = nn.Sequential(nn.Linear(3, 8), nn.ReLU(), nn.Linear(8, 2))
        with package.amp.autocast(device_type="cpu", dtype=package.bfloat16):
            out = net(package.rand(5, 3))
            loss = nn.functional.cross_entropy(out, package.tensor([0, 1, 0, 1, 1]))
        loss.backward()
        assert out.dtype is package.bfloat16 and loss.dtype is package.float32
        assert all(p.grad.dtype is package.float32 for p in net.parameters())
        got.append([loss.item(), *(p.grad.numpy() for p in net.parameters())])
    for a, b in zip(*got, strict=True):
        np.testing.assert_allclose(a, b, rtol=3e-2, atol=2e-3)


def test_contexts():
    for package in (flambeau, torch):
        x = package.ones(2, 2)
        assert not package.is_autocast_enabled("cpu")
        with package.autocast("cpu"):
            assert package.is_autocast_enabled("cpu") and not package.is_autocast_enabled()
            with package.autocast("cpu", enabled=False):
                assert (x @ x).dtype is package.float32
            assert (x @ x).dtype is package.bfloat16
            with package.autocast("cpu", dtype=package.float16):
                assert package.get_autocast_dtype("cpu") is package.float16
        assert (x @ x).dtype is package.float32
        assert package.get_autocast_dtype("cpu") is package.bfloat16

        @package.autocast("cpu")
        def product(a):
            return a @ a

        assert product(x).dtype is package.bfloat16


def warned(call):
    """The result's class name and warnings of a call, or its error."""
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        try:
            result = type(call()).__name__
        except Exception as error:
            result = f"{type(error).__name__}: {error}".partition("\n")[0]
    text = [f"{w.category.__name__}: {w.message}" for w in found]
    return result, [t.replace("flambeau.", "torch.") for t in text]


@pytest.mark.parametrize(
    "call",
    [
        "L.autocast('cuda')", "L.autocast('cpu', dtype=L.float32)", "L.autocast(None)",
        "L.cuda.amp.autocast()", "L.cuda.amp.GradScaler()", "L.amp.GradScaler()",
        "L.amp.GradScaler('cuda', enabled=False)", "L.amp.GradScaler('cpu')", "L.autocast()",
        "L.amp.GradScaler('cpu').update()",
    ],
)  # fmt: skip
def test_what_is_not_there_warns(call):
    assert warned(lambda: eval(call, {"L": flambeau})) == warned(lambda: eval(call, {"L": torch}))


def test_scaled_gradients():
    got = []
    for package in (flambeau, torch):
        package.manual_seed(0)
        net = package.nn.Linear(2, 2)
        optimizer = package.optim.SGD(net.parameters(), lr=0.1)
        scaler = package.amp.GradScaler("cpu", init_scale=8.0, growth_interval=2)
        seen = [scaler.scale([package.ones(1)])[0].item()]
        for factor in (1.0, 2.0, float("inf"), 1.0):
            optimizer.zero_grad()
            scaler.scale(net(package.ones(1, 2)).sum() * factor).backward()
            scaler.unscale_(optimizer)
            seen.append(net.bias.grad.tolist())
            with pytest.raises(RuntimeError, match="unscale_"):
                scaler.unscale_(optimizer)
            scaler.step(optimizer)
            with pytest.raises(RuntimeError, match="has already been called"):
                scaler.step(optimizer)
            scaler.update()
            seen.append((scaler.get_scale(), scaler.state_dict(), net.bias.tolist()))
        got.append(seen)
    assert got[0] == got[1]


def test_functions_of_ones_own():
    for package in (flambeau, torch):

        class Product(package.autograd.Function):
            @staticmethod
            @package.amp.custom_fwd(device_type="cpu", cast_inputs=package.float32)
            def forward(ctx, a, b, package=package):
                ctx.save_for_backward(a, b)
                assert not package.is_autocast_enabled("cpu")
                return a @ b

            @staticmethod
            @package.amp.custom_bwd(device_type="cpu")
            def backward(ctx, grad):
                a, b = ctx.saved_tensors
                return grad @ b.mT, a.mT @ grad, None

        a = package.ones(2, 2, requires_grad=True)
        with package.autocast("cpu"):
            out = Product.apply(a @ a, a)
        assert out.dtype is package.float32
        out.sum().backward()
        assert a.grad.tolist() == [[12.0, 12.0], [12.0, 12.0]]
