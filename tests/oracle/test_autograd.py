"""Programs about gradients, run on PyTorch and on flambeau: values, gradients, names, errors."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import flambeau as fl  # noqa: E402
from flambeau.tensor import naming  # noqa: E402


def _rand(T, *shape, seed=0, grad=True):
    data = np.random.RandomState(seed).randn(*shape)
    t = T.tensor(data.tolist(), dtype=T.float64)
    return t.requires_grad_() if grad else t


def accumulate(T):
    x = _rand(T, 3)
    (x * x).sum().backward()
    (x * 2).sum().backward()
    return x.grad


def shared_use(T):
    x = _rand(T, 2, 3)
    y = x.tanh()
    (y * y + y.exp() * x).sum().backward()
    return x.grad


def broadcast(T):
    a, b, c = _rand(T, 3, 1), _rand(T, 4, seed=1), _rand(T, seed=2)
    ((a + b) * c / (b * b + 1)).sum().backward()
    return a.grad, b.grad, c.grad


def retain_and_names(T):
    x = _rand(T, 2, 2)
    y = (x @ x).t()
    z = y.reshape(-1)[1:]
    y.retain_grad()
    z.sum().backward()
    names = [type(t.grad_fn).__name__ for t in (y, (x + 1), x.sum(), x.mean(), x[0], x.exp())]
    return y.grad, x.grad, names, x.grad_fn is None, y.is_leaf


def next_functions(T):
    x = _rand(T, 2)
    y = (x * 3).exp()
    names = []
    node = y.grad_fn
    while node is not None:
        names.append(type(node).__name__)
        node = node.next_functions[0][0] if node.next_functions else None
    return names


def second_derivative(T):
    x = _rand(T, 3)
    (g,) = T.autograd.grad((x**3).sum(), x, create_graph=True)
    (h,) = T.autograd.grad((g * g).sum(), x)
    return g.detach(), h


def grad_of_intermediate(T):
    x = _rand(T, 3)
    y = x.sin()
    z = (y * y * x).sum()
    return T.autograd.grad(z, (y, x), retain_graph=True) + T.autograd.grad(z, y)


def unused(T):
    x, y = _rand(T, 2), _rand(T, 2, seed=1)
    return T.autograd.grad((x * 2).sum(), (x, y), allow_unused=True)


def unused_error(T):
    x, y = _rand(T, 2), _rand(T, 2, seed=1)
    return T.autograd.grad((x * 2).sum(), (x, y))


def twice(T):
    x = _rand(T, 2)
    y = (x * x).sum()
    y.backward()
    y.backward()


def twice_without_kept_values(T):
    x = _rand(T, 2)
    y = (x + 1).sum()
    y.backward()
    y.backward()
    return x.grad


def not_scalar(T):
    x = _rand(T, 2)
    (x * 2).backward()


def no_gradient(T):
    T.ones(2).sum().backward()


def wrong_seed(T):
    x = _rand(T, 2)
    (x * 2).backward(T.ones(3, dtype=T.float64))


def changed_after_use(T):
    x = _rand(T, 2)
    y = x * 2
    z = y * y
    y.add_(1)
    z.sum().backward()


def inplace_on_leaf(T):
    x = _rand(T, 2)
    x.add_(1)


def inplace_on_view_of_leaf(T):
    x = _rand(T, 2)
    x[0].add_(1)


def integer_leaf(T):
    T.ones(2, dtype=T.int64).requires_grad_()


def turn_off_for_result(T):
    y = _rand(T, 2) * 2
    y.requires_grad_(False)


def numpy_of_leaf(T):
    _rand(T, 2).numpy()


def hooks(T):
    x = _rand(T, 2)
    y = x * 3
    seen = []
    y.register_hook(lambda g: seen.append(g.clone()) or g * 2)
    handle = x.register_hook(lambda g: g + 1)
    (y * y).sum().backward()
    first = x.grad.clone()
    handle.remove()
    (x * 2).sum().backward()
    return first, x.grad, seen[0]


def post_accumulate(T):
    x = _rand(T, 2)
    out = []
    x.register_post_accumulate_grad_hook(lambda t: out.append(t.grad.clone()))
    (x * x).sum().backward()
    return out[0]


def modes(T):
    x = _rand(T, 2)
    with T.no_grad():
        a = x * 2
        with T.enable_grad():
            b = x * 2
    with T.set_grad_enabled(False):
        c = x * 2

    @T.no_grad()
    def f():
        return (x * 2).requires_grad

    with T.inference_mode():
        d = x * 2
    return a.requires_grad, b.requires_grad, c.requires_grad, f(), d.requires_grad, d.is_inference()


def inplace_results(T):
    x = _rand(T, 4)
    y = x * 2
    y.mul_(3)
    y.tanh_()
    y += x
    y.sum().backward()
    return x.grad, y.detach(), type(y.grad_fn).__name__


def inplace_keeps_old_value(T):
    x, w = _rand(T, 4), _rand(T, 4, seed=1)
    y = x * 1
    y.mul_(w)
    y.sum().backward()
    return x.grad, w.grad


def write_into_view(T):
    x, v = _rand(T, 3, 4), _rand(T, 4, seed=1)
    y = x * 2
    row = y[1]
    row.mul_(v)
    (y * y).sum().backward()
    return x.grad, v.grad, y.detach(), type(y.grad_fn).__name__


def write_into_view_of_plain(T):
    v = _rand(T, 4)
    y = T.zeros(3, 4, dtype=T.float64)
    other = y[0]
    y[1:].copy_(v.expand(2, 4))
    y[:, 2] = 7.0
    (y * y).sum().backward()
    return v.grad, y.requires_grad, other.requires_grad, y.detach()


def setitem(T):
    x, v = _rand(T, 5), _rand(T, 2, seed=1)
    y = x * 1
    y[T.tensor([1, 3])] = v
    y[0] = 2.0
    (y**2).sum().backward()
    return x.grad, v.grad


def detach_shares_version(T):
    x = _rand(T, 2)
    y = x * 2
    z = y * y
    y.detach().add_(1)
    z.sum().backward()


def data_does_not(T):
    x = _rand(T, 2)
    y = x * 2
    z = y * y
    y.data.add_(1)
    z.sum().backward()
    return x.grad


def several_roots(T):
    x = _rand(T, 3)
    a, b = x * 2, x.exp()
    T.autograd.backward([a, b], [T.ones(3, dtype=T.float64), T.full((3,), 2.0, dtype=T.float64)])
    return x.grad


def inputs_only(T):
    x, y = _rand(T, 2), _rand(T, 2, seed=1)
    (x * y).sum().backward(inputs=[x])
    return x.grad, y.grad is None


def own_function(T):
    class Cube(T.autograd.Function):
        @staticmethod
        def forward(ctx, x, k):
            ctx.save_for_backward(x)
            ctx.k = k
            return x**3 * k

        @staticmethod
        def backward(ctx, g):
            (x,) = ctx.saved_tensors
            return g * 3 * x * x * ctx.k, None

    x = _rand(T, 3)
    y = Cube.apply(x, 2.0)
    (g,) = T.autograd.grad(y.sum(), x, create_graph=True)
    (h,) = T.autograd.grad(g.sum(), x)
    return y.detach(), g.detach(), h, type(y.grad_fn).__name__


def own_function_wrong_count(T):
    class Bad(T.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

        @staticmethod
        def backward(ctx, g):
            return g, g

    Bad.apply(_rand(T, 2)).sum().backward()


def jacobians(T):
    x, w = _rand(T, 3, grad=False), _rand(T, 3, seed=1, grad=False)
    J = T.autograd.functional.jacobian(lambda a, b: a * b + a.exp(), (x, w))
    H = T.autograd.functional.hessian(lambda a: (a**3).sum(), x)
    value, product = T.autograd.functional.vjp(lambda a: a * a, x, w)
    _, forward = T.autograd.functional.jvp(lambda a: a * a, x, w)
    return (*J, H, value, product, forward)


def old_values_of_kept_inputs(T):
    x = _rand(T, 2)
    y = x * x
    return y.grad_fn._saved_self, y.grad_fn._saved_other


def deepcopy_of_result(T):
    import copy

    copy.deepcopy(_rand(T, 2) * 2)


def assign_grad(T):
    x = _rand(T, 2)
    x.grad = T.ones(3, dtype=T.float64)


def materialized(T):
    x, y = _rand(T, 2), _rand(T, 2, seed=1)
    return T.autograd.grad((x * 2).sum(), (x, y), materialize_grads=True)


PROGRAMS = [
    f for f in list(globals().values())
    if callable(f) and getattr(f, "__module__", "") == __name__ and not f.__name__.startswith("_")
]  # fmt: skip


def _plain(value):
    if isinstance(value, (torch.Tensor, fl.Tensor)):
        return np.array(value.detach().tolist())
    if isinstance(value, (tuple, list)):
        return [_plain(v) for v in value]
    return value


def _run(program, T):
    try:
        return _plain(program(T)), None
    except Exception as error:  # what it raises is its answer
        return None, error


def _same(a, b):
    if isinstance(a, list):
        assert isinstance(b, list) and len(a) == len(b)
        for x, y in zip(a, b, strict=True):
            _same(x, y)
    elif isinstance(a, np.ndarray):
        assert a.shape == b.shape
        np.testing.assert_allclose(b, a, rtol=1e-9, atol=1e-12)
    else:
        assert a == b


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda f: f.__name__)
def test_program(program):
    naming.set_prefix("torch")
    try:
        want, error = _run(program, torch)
        got, raised = _run(program, fl)
    finally:
        naming.set_prefix("flambeau")
    if error is None:
        if raised is not None:
            raise raised
        _same(want, got)
        return
    assert raised is not None, f"{type(error).__name__}: {error} expected, nothing raised"
    assert isinstance(raised, type(error)), repr(raised)
    first = str(error).splitlines()[0][:60]
    assert str(raised).startswith(first), f"{raised} instead of {error}"
