"""Gradients of arguments and through results, whatever is written in between."""

from __future__ import annotations

import pytest

import flambeau

pytestmark = pytest.mark.filterwarnings("ignore:flambeau.compile")
CASES: list = []


def case(run):
    """A run that takes ``compile`` and gives numbers, tensors, or errors' types."""
    CASES.append(run)
    return run


def attempt(f):
    try:
        return f()
    except RuntimeError:
        return "RuntimeError"


@case
def gradients_set_on_arguments(compile):
    w = flambeau.ones(3)

    def step(x):
        x.grad = None
        (x * w).sum().backward()
        return x.grad * 2

    step, xs = compile(step), [flambeau.ones(3, requires_grad=True) for _ in range(3)]
    for i in range(12):
        w += 1
        yield step(xs[i % 3]).clone()
        yield from [None if x.grad is None else x.grad.clone() for x in xs]


@case
def gradients_added_to_arguments(compile):
    w = flambeau.ones(3)

    def step(x):
        (x * w).sum().backward()

    step, xs = compile(step), [flambeau.ones(3, requires_grad=True) for _ in range(3)]
    for i in range(12):
        w += 1
        step(xs[i % 3])
        yield from [None if x.grad is None else x.grad.clone() for x in xs]


@case
def gradients_read_of_arguments(compile):
    step = compile(lambda x: x.grad * 2)
    for i in range(6):
        x = flambeau.ones(3, requires_grad=True)
        x.grad = flambeau.full((3,), float(i))
        yield step(x)


@case
def requires_grad_set_inside(compile):
    def step(x):
        x.requires_grad_(True)
        return flambeau.autograd.grad((x * x).sum(), x)[0]

    step = compile(step)
    for i in range(4):
        x = flambeau.full((3,), float(i))
        yield step(x)
        yield x.requires_grad


@case
def writes_into_arguments_with_history(compile):
    def step(x):
        x.mul_(2)
        return x.sum()

    step = compile(step)
    for part in (slice(None), slice(1, None)):
        for _ in range(3):
            w = flambeau.ones(4, requires_grad=True)
            h = w * 3
            loss = step(h[part] if part.start else h)
            (loss + h.sum()).backward()
            yield w.grad
            yield h.detach()


@case
def writes_that_give_arguments_a_history(compile):
    w = flambeau.full((3,), 2.0, requires_grad=True)

    def step(x):
        x.mul_(w)
        return x.sum()

    step = compile(step)
    for _ in range(4):
        w.grad = None
        x = flambeau.ones(3)
        (step(x) + x.sum()).backward()
        yield w.grad.clone()
        yield x.requires_grad


@case
def writes_into_views_of_leaves(compile):
    def step(x):
        x.add_(1)
        return x * 2

    step = compile(step)
    for _ in range(3):
        w = flambeau.ones(4, requires_grad=True)
        yield attempt(lambda w=w: step(w[1:]))
        yield w.detach()


@case
def arguments_that_come_back(compile):
    step = compile(lambda x: x)
    w = flambeau.ones(3, requires_grad=True)
    for _ in range(3):
        h = w * 2
        yield step(h) is h


@case
def results_that_are_not_used(compile):
    w, v = flambeau.ones(3, requires_grad=True), flambeau.ones(3, requires_grad=True)
    step = compile(lambda x: ((x * w).sum(), (x * v * v).sum()))
    for i in range(6):
        w.grad = v.grad = None
        step(flambeau.ones(3))[i % 2].backward()
        yield w.grad
        yield v.grad


@case
def results_written_before_the_backward_pass(compile):
    w = flambeau.ones(3, requires_grad=True)
    step = compile(lambda x: (x * w).exp())
    for write in (lambda y: y.mul_(2), lambda y: y.detach().zero_(), lambda y: y + 1):
        for _ in range(3):
            y = step(flambeau.ones(3))
            y = write(y) if write(y).requires_grad else y
            yield attempt(lambda y=y: flambeau.autograd.grad(y.sum(), w)[0])


@case
def results_that_are_parts_of_others(compile):
    w = flambeau.ones(4, requires_grad=True)

    def step(x):
        h = x * w
        return h, h[1:], h.view(2, 2).t()

    step = compile(step)
    for i in range(4):
        w.grad = None
        a, b, c = step(flambeau.full((4,), float(i)))
        b.mul_(3)
        (a.sum() + c[0].sum()).backward()
        yield w.grad
        yield a.detach()


@case
def versions_of_arguments(compile):
    def step(x):
        x.add_(1)

    step = compile(step)
    for _ in range(4):
        w, x = flambeau.ones(3, requires_grad=True), flambeau.ones(3)
        y = (w * x).sum()
        step(x)
        yield attempt(lambda y=y: y.backward())


@pytest.mark.parametrize("run", CASES, ids=lambda f: f.__name__)
def test_compiled_as_uncompiled(run):
    for want, got in zip(run(lambda f: f), run(flambeau.compile), strict=True):
        if isinstance(want, flambeau.Tensor):
            assert got is not None and got.allclose(want)
        else:
            assert got == want


def test_new_tensors_that_the_backward_pass_reads():
    def written(x):
        mask = flambeau.zeros(3)
        mask[1:] = 2
        return (x * mask).exp().sum()

    def labels(x):
        return flambeau.nn.functional.cross_entropy(x[:, None] * x, flambeau.arange(3))

    def returned(x):
        mask = flambeau.tensor([1.0, 2.0, 3.0])
        return (x * mask).exp().sum(), mask

    def first(f):
        return lambda x: f(x)[0]

    for loss in (written, labels, first(returned)):
        compiled = flambeau.compile(loss)
        for i in range(4):
            x = flambeau.full((3,), 0.1 * i, requires_grad=True)
            want, got = (flambeau.autograd.grad(f(x), x)[0] for f in (loss, compiled))
            assert got.allclose(want)
        assert not compiled.eager
    compiled = flambeau.compile(returned)
    for _ in range(3):
        x = flambeau.ones(3, requires_grad=True)
        total, mask = compiled(x)
        mask = mask.clone()
        assert flambeau.autograd.grad(total, x)[0].allclose(mask * mask.exp())
    assert not compiled.eager
