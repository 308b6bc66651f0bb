"""Reads and writes of the same memory in one program, and memory that a function makes itself."""

from __future__ import annotations

import warnings

import pytest

import flambeau


def reversed_(x):
    return x.copy_(x.flip(0))


def added(x):
    return x.copy_(x.flip(-1) + x)


def rolled(x):
    return x.copy_(x.roll(1, 0) + x)


def partly(x):
    return x[:2].copy_(x[1:3].flip(0))


def shifted(x):
    y = x * 1
    y[1:] = y[:-1].clone() * 2
    return y


@pytest.mark.parametrize("step", [reversed_, added, rolled, partly, shifted])
@pytest.mark.parametrize("n", [3, 4, 40])
def test_writes_of_what_is_read_elsewhere(step, n):
    def written(x):
        step(x)

    compiled, start = flambeau.compile(written), flambeau.arange(float(n * n)).reshape(n, n)
    for _ in range(3):
        x, y = start.clone(), start.clone()
        step(x)
        compiled(y)
        assert y.tolist() == x.tolist()
    assert not compiled.eager


@pytest.mark.parametrize("shape", [(3, 3), (2, 2, 2), (4, 2, 4)], ids=str)
def test_gradients_of_writes_into_turned_squares(shape):
    def step(x, w):
        y = x * w
        part = y.transpose(0, -1)
        part[part > 0.5] = -0.5
        part.mul_(w)
        return flambeau.autograd.grad((y * w).sum(), x)[0]

    compiled = flambeau.compile(step)
    flambeau.manual_seed(0)
    w = flambeau.rand(*shape)
    for _ in range(3):
        x = flambeau.randn(*shape, requires_grad=True)
        assert compiled(x, w).allclose(step(x, w))
    assert not compiled.eager


CREATED = {
    "eye": lambda: flambeau.eye(3),
    "tensor": lambda: flambeau.tensor([1.0, 2.0, 3.0]),
    "zeros": lambda: flambeau.zeros(3),
    "like": lambda: flambeau.full_like(flambeau.zeros(2, 3), 2.0),
    "turned": lambda: flambeau.ones(2, 3).t(),
    "range": lambda: flambeau.arange(3.0)[::2],
}


@pytest.mark.parametrize("create", CREATED.values(), ids=CREATED)
@pytest.mark.parametrize("write", [False, True])
def test_new_tensors_are_new_at_each_call(create, write):
    """Those that a function makes of numbers, writes into, and gives back."""

    def step(x):
        made = create()
        if write:
            made.add_(x)
        return made, x + made

    compiled = flambeau.compile(step)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for i in range(4):
            x = flambeau.full((), float(i))
            want, got = step(x), compiled(x)
            assert [t.tolist() for t in got] == [t.tolist() for t in want]
            got[0].fill_(77)
    assert not compiled.eager


def test_new_tensors_as_gradients():
    w = flambeau.ones(3, requires_grad=True)

    def step():
        w.grad = flambeau.zeros(3)
        (w * 2).sum().backward()

    compiled = flambeau.compile(step)
    for _ in range(4):
        compiled()
        assert w.grad.tolist() == [2.0] * 3
        w.grad.add_(5)


def test_negative_numbers_as_bytes():
    """Converted in one expression as stored in memory."""

    def step(x):
        return x.to(flambeau.uint8).float(), x.to(flambeau.int8).double(), x.to(flambeau.uint8)

    x = flambeau.tensor([-1.0, -2.5, 0.5, 3.0, 127.0] * 8)
    compiled = flambeau.compile(step)
    for _ in range(3):
        for want, got in zip(step(x), compiled(x), strict=True):
            assert got.tolist() == want.tolist()
