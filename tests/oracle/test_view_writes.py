"""Programs that write into views: values, gradients and errors against PyTorch.

A program starts from a tensor (a result that wants a gradient, or plain zeros), makes views of
views and writes into any of them. Afterwards all of them must hold PyTorch's values, and a loss
over some of them must give its gradients.
"""

import warnings

import numpy as np
import pytest

torch = pytest.importorskip("torch")
from hypothesis import given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

import flambeau  # noqa: E402

VIEWS = (
    "v[0]", "v[-1]", "v[1:]", "v[..., ::2]", "v[:, 0]", "v[None]", "v.view(-1)",
    "v.transpose(0, -1)", "v.t()", "v.unsqueeze(-1)", "v.squeeze()", "v.diagonal()",
    "v.narrow(0, 0, 1)", "v.permute(*range(v.ndim))", "v.unfold(0, 2, 2)", "v.select(-1, 0)",
    "v.reshape(-1)", "v.flatten()", "v[:]", "v[...]", "v.detach()", "v.expand_as(v)",
    "v.as_strided((2,), (1,)) if v.is_contiguous() and v.numel() > 2 else v",
)  # fmt: skip
WRITES = (
    "v.mul_(2)", "v.add_(w.sum())", "v.copy_(w.sum().expand(v.shape))", "v.zero_()", "v.fill_(3)",
    "v.fill_(w[0])", "v.sin_()", "v.mul_(v)", "v.exp_()", "v.masked_fill_(v > 0.5, 0.25)",
    "v.add_(v)", "v.div_(w[1] + 3)", "v.clamp_(0, 0.7)", "v.pow_(2)", "v.sub_(1, alpha=2)",
    "v.sigmoid_()", "v.neg_()", "v[0] = w.sum()", "v[...] = w[0]", "v[1:] = 2.5",
    "v[v > 0.3] = 0.1", "v[T.tensor([0, 0])] = w[1]", "v[0] = v[-1]", "v[:] = v * 2",
    "v[-1:] += w[0]", "v[T.tensor([0])] *= 3",
)  # fmt: skip
STEPS = VIEWS + WRITES


def run(T, start, steps, weights):
    x = T.from_numpy(np.linspace(0.1, 0.9, 12).reshape(3, 4)).requires_grad_(True)
    w = T.tensor([0.3, 0.6], dtype=T.float64, requires_grad=True)
    tensors = [(x * 1.5, T.zeros(3, 4, dtype=T.float64), (x * 2).t() * 1)[start]]
    log = []
    for step, target in steps:
        for t in tensors:
            t.grad_fn  # PyTorch renews a view's history only when it is asked for
        scope = {"T": T, "w": w, "v": tensors[target % len(tensors)]}
        try:
            if step in VIEWS:
                tensors.append(eval(step, scope))
            else:
                exec(step, scope)
        except Exception as error:
            log.append((step, type(error).__name__, str(error).split("\n")[0][:60]))
    loss = T.zeros((), dtype=T.float64)
    for i, t in enumerate(tensors):
        if t.requires_grad and weights >> i & 1:
            uneven = np.cos(np.arange(t.numel()) + i).reshape(tuple(t.shape))
            loss = loss + (t * T.from_numpy(uneven)).sum()
    if loss.requires_grad:
        try:
            loss.backward()
        except Exception as error:
            log.append(("backward", type(error).__name__, str(error)[:60]))
    values = [np.array(t.detach().numpy()) for t in tensors]
    needs = [t.requires_grad for t in tensors]
    gradients = [None if t.grad is None else np.array(t.grad.numpy()) for t in (x, w)]
    return log, needs, values, gradients


def assert_same(want, got):
    assert got[:2] == want[:2]
    for a, b in zip(got[2] + got[3], want[2] + want[3], strict=True):
        if a is None or b is None:
            assert a is b
        else:
            assert a.shape == b.shape
            np.testing.assert_allclose(a, b, rtol=1e-7, atol=1e-9)


@settings(max_examples=150, deadline=None)
@given(
    start=st.integers(0, 2),
    steps=st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 5)), max_size=7),
    weights=st.integers(1, 255),
)
def test_programs(start, steps, weights):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        want = run(torch, start, steps, weights)
        assert_same(want, run(flambeau, start, steps, weights))


def complex_parts(T):
    c = T.ones(2, dtype=T.complex64, requires_grad=True)
    d = c * (1 + 2j)
    d.real.add_(T.ones(2))
    d.imag = T.tensor([2.0, 3.0])
    T.view_as_real(d).mul_(2)
    T.view_as_real(d).pow(2).sum().backward()
    return d.tolist(), c.grad.tolist()


def write_into_parts(T):
    w = T.ones(2, requires_grad=True)
    c = T.zeros(2, dtype=T.complex64)
    c.real.copy_(w)
    c.imag[0] = w[1] * 3
    (c * c.conj()).real.sum().backward()
    return w.grad.tolist(), c.tolist()


def transposed_base(T):
    x = T.arange(4.0, requires_grad=True)
    y = (x * 1).view(2, 2)
    y.t_()
    y[0, 1] = 7
    (y * T.tensor([[1.0, 2.0], [3.0, 4.0]])).sum().backward()
    return y.tolist(), x.grad.tolist()


def leaves_without_grad_mode(T):
    x = T.zeros(3, requires_grad=True)
    with T.no_grad():
        x[0] = 5
        x.view(3)[1] = 2
        x[T.tensor([2])] = 4
    return x.tolist(), x.is_leaf, x._version


def versions(T):
    x = T.zeros(3)
    v, w = x.view(3), x[1:]
    v.add_(1)
    w.mul_(2)
    return x._version, v._version, w._version, x.detach()._version, x.data._version


def saved_and_changed(T):
    x = T.ones(3, requires_grad=True)
    y = x * 1
    z = y * y
    y[0] = 5
    z.sum().backward()


def several_views(T):
    y = T.ones(2, 2, requires_grad=True) * 1
    for row in y:
        row.add_(1)


def view_from_no_grad(T):
    y = T.zeros(3, requires_grad=True) * 1
    with T.no_grad():
        v = y.view(3)
    v.add_(1)


def leaf(T):
    T.zeros(3, requires_grad=True).view(3).add_(1)


def index_writes(T):
    x = T.ones(3, 4, requires_grad=True)
    y = x * 2
    y[T.tensor([0, 2])] = y[T.tensor([2, 0])] * 3
    y[:, [0, 1]] += 1
    y[y > 6] = 0
    (y * y).sum().backward()
    return x.grad.tolist()


def second_derivative(T):
    x = T.arange(1.0, 5.0, requires_grad=True)
    y = x * x
    y[1:3] *= x[:2]
    y[0] = x[3] ** 3
    (g,) = T.autograd.grad((y * y).sum(), x, create_graph=True)
    return g.tolist(), T.autograd.grad((g * g).sum(), x)[0].tolist()


PROGRAMS = (
    complex_parts, write_into_parts, transposed_base, leaves_without_grad_mode, versions,
    saved_and_changed, several_views, view_from_no_grad, leaf, index_writes, second_derivative,
)  # fmt: skip


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda f: f.__name__)
def test_fixed_programs(program):
    results = []
    for T in (flambeau, torch):
        try:
            results.append(program(T))
        except RuntimeError as error:
            results.append(str(error).split("\n")[0].replace("flambeau", "torch"))
    assert results[0] == results[1]
