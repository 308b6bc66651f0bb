"""Reading and writing at index tensors, compiled: bit for bit what the kernels give."""

from __future__ import annotations

import numpy as np
import pytest

import flambeau
from flambeau.compiler.graph import Host

TYPES = (flambeau.float32, flambeau.float64, flambeau.int64)
LAYOUTS = ("contiguous", "transposed", "every second")


def numbers(shape, dtype=flambeau.float32, seed=0, layout="contiguous"):
    """Numbers of a type, in memory of a layout."""
    rng = np.random.default_rng(seed)
    if layout == "transposed" and len(shape) > 1:
        return numbers((*shape[:-2], shape[-1], shape[-2]), dtype, seed).transpose(-1, -2)
    if layout == "every second" and shape:
        return numbers((*shape[:-1], 2 * shape[-1]), dtype, seed)[..., ::2]
    base = rng.standard_normal(shape) * 3
    return flambeau.from_numpy(np.asarray(base)).to(dtype)


def indices(shape, n, seed=1, low=0, layout="contiguous"):
    rng = np.random.default_rng(seed)
    if layout == "every second" and shape:
        return indices((*shape[:-1], 2 * shape[-1]), n, seed, low)[..., ::2]
    return flambeau.from_numpy(np.asarray(rng.integers(low, n, shape)))


def same(got, want):
    """Equal in every bit but a NaN's."""
    if isinstance(want, (tuple, list)):
        assert len(got) == len(want)
        for g, w in zip(got, want, strict=True):
            same(g, w)
        return
    assert got.dtype == want.dtype and got.shape == want.shape
    if got.dtype is flambeau.bfloat16:
        got, want = got.float(), want.float()
    np.testing.assert_array_equal(got.detach().numpy(), want.detach().numpy())


def hosts(compiled):
    assert not compiled.eager, compiled.reason
    nodes = [n for e in compiled.entries for n in e.program.graph.nodes]
    return {n.name for n in nodes if isinstance(n, Host)}


def check(function, *args):
    """A function of tensors, compiled, does as it does uncompiled, with nothing run in Python."""
    compiled = flambeau.compile(function)
    for _ in range(2):
        same(compiled(*args), function(*args))
    found = hosts(compiled)
    assert not found, found


def with_gradients(function, count=1):
    """The function's result and the gradients of its first arguments."""

    def step(*args):
        wanted = [a.detach().requires_grad_() for a in args[:count]]
        y = function(*wanted, *args[count:])
        g = flambeau.arange(y.numel(), dtype=y.dtype).reshape(y.shape) / 7
        return (y.detach(), *flambeau.autograd.grad((y * g).sum(), wanted))

    return step


READS = {
    "gather 0": (lambda x, i: x.gather(0, i), (5, 7), (9, 7), 5),
    "gather 1": (lambda x, i: x.gather(1, i), (5, 7), (4, 11), 7),
    "gather last of 3": (lambda x, i: x.gather(-1, i), (3, 5, 7), (3, 4, 2), 7),
    "gather middle": (lambda x, i: x.gather(1, i), (3, 5, 7), (3, 9, 6), 5),
    "gather a column": (lambda x, i: x.gather(1, i), (6, 9), (6, 1), 9),
    "gather 1-d": (lambda x, i: x.gather(0, i), (9,), (31,), 9),
    "gather nothing": (lambda x, i: x.gather(0, i), (9,), (0,), 9),
    "take_along_dim": (lambda x, i: flambeau.take_along_dim(x, i, 1), (5, 7), (5, 3), 7),
    "index_select 0": (lambda x, i: x.index_select(0, i), (5, 7), (9,), 5),
    "index_select 1": (lambda x, i: x.index_select(1, i), (3, 5, 7), (9,), 5),
    "index_select last": (lambda x, i: x.index_select(-1, i), (3, 5, 7), (9,), 7),
    "index_select none": (lambda x, i: x.index_select(0, i), (5, 7), (0,), 5),
    "rows": (lambda x, i: x[i], (5, 7), (4, 3), 5),
    "rows of 3": (lambda x, i: x[i], (5, 3, 4), (6,), 5),
    "columns": (lambda x, i: x[:, i], (5, 7), (4, 3), 7),
    "columns and rows": (lambda x, i: x[..., i, 1:3], (5, 7, 4), (6,), 7),
    "elements": (lambda x, i: x[i], (9,), (2, 3, 4), 9),
    "nothing": (lambda x, i: x[i], (9, 2), (0, 4), 9),
    "take": (lambda x, i: x.take(i), (5, 7), (4, 3), 35),
}


def all_of(calls):
    """One function of many: results of each, its arguments one after the other."""

    def function(*args):
        left, results = list(args), []
        for call, count in calls:
            results.append(call(*[left.pop(0) for _ in range(count)]))
        return results

    return function


@pytest.mark.parametrize("layout", LAYOUTS)
def test_reading(layout):
    calls, args = [], []
    for function, shape, index, n in READS.values():
        i = indices(index, n, layout=layout)
        calls.append((with_gradients(function), 2))
        args += [numbers(shape, layout=layout), i]
        for dtype in TYPES[1:]:
            calls.append((function, 2))
            args += [numbers(shape, dtype, layout=layout), i]
    check(all_of(calls), *args)


OTHERS = (flambeau.bool, flambeau.uint8, flambeau.int16, flambeau.int32, flambeau.bfloat16,
          flambeau.float16, flambeau.complex64)  # fmt: skip


def test_reading_other_types():
    i = indices((4, 6), 5)
    check(lambda i, *xs: [(x.gather(0, i), x[i[0]], x.index_select(1, i[0])) for x in xs],
          i, *[numbers((5, 6)).to(dtype) for dtype in OTHERS])  # fmt: skip


def test_reading_at_int32_numbers():
    i = indices((4, 6), 5).to(flambeau.int32)
    check(with_gradients(lambda x, i: x.index_select(0, i[0])), numbers((5, 6)), i)


def test_reading_at_negative_numbers():
    x, i = numbers((5, 6)), indices((4, 3), 5, low=-5)
    check(with_gradients(lambda x, i: x[i] + x[-1 - i.abs() % 3]), x, i)
    check(with_gradients(lambda x, i: x.take(i)), x, indices((4, 3), 30, low=-30))


SEVERAL = {
    "both": lambda x, i, j: x[i, j],
    "neighbours": lambda x, i, j: x[:, i, j],
    "apart": lambda x, i, j: x[i, :, j],
    "broadcast": lambda x, i, j: x[i[:, None], j],
    "with a number": lambda x, i, j: x[1, i, j],
    "labels": lambda x, i, j: x[flambeau.arange(6), i],
    "three": lambda x, i, j: x[i, j, i - j],
    "all, apart": lambda x, i, j: x[None, i, None, j],
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_reading_at_several(layout):
    calls, args = [], []
    for case, function in SEVERAL.items():
        i, j = indices((6,), 6, 1, -6, layout), indices((6,), 7, 2, -6)
        if case == "three":
            i, j = i.abs() % 6, j.abs() % 6
        calls.append((with_gradients(function), 3))
        args += [numbers((6, 7, 8), layout=layout), i, j]
    check(all_of(calls), *args)


def test_reading_a_view_of_a_larger_tensor():
    x, i = numbers((9, 10, 4)), indices((5, 3), 4)
    check(with_gradients(lambda x, i: x[2:7, 1::3].gather(1, i[:, :, None].expand(-1, -1, 4) % 3)),
          x, i)  # fmt: skip


def test_reading_numbers_alone():
    x, i = numbers(()), indices((1,), 1)
    check(lambda x, i: (x.gather(0, i), x.index_select(0, i), x.take(i)), x, i)


def test_second_derivatives():
    def step(x, i):
        x = x.detach().requires_grad_()
        y = (x.gather(1, i) ** 2 * x[i[:, 0], :3]).sum()
        (g,) = flambeau.autograd.grad(y, x, create_graph=True)
        return g.detach(), *flambeau.autograd.grad((g**2).sum(), x)

    check(step, numbers((5, 7)).round(), indices((5, 3), 5))


WRITES = {
    "scatter": (lambda x, s, i: x.scatter(1, i, s), (5, 7), (5, 9), (4, 6), 7),
    "scatter 0": (lambda x, s, i: x.scatter(0, i, s), (5, 7), (9, 7), (9, 7), 5),
    "scatter a number": (lambda x, s, i: x.scatter(1, i, 2.5) + s, (5, 7), (5, 7), (4, 6), 7),
    "scatter_add": (lambda x, s, i: x.scatter_add(0, i, s), (5, 7), (30, 7), (30, 7), 5),
    "scatter_add last": (lambda x, s, i: x.scatter_add(-1, i, s), (2, 5, 7), (2, 5, 40),
                         (2, 4, 33), 7),
    "scatter_add 1-d": (lambda x, s, i: x.scatter_add(0, i, s), (9,), (70,), (50,), 9),
    "index_add": (lambda x, s, i: x.index_add(0, i, s), (5, 7), (40, 7), (40,), 5),
    "index_add alpha": (lambda x, s, i: x.index_add(1, i, s, alpha=0.3), (5, 7, 3), (5, 40, 3),
                        (40,), 7),
    "index_copy": (lambda x, s, i: x.index_copy(1, i, s), (5, 7), (5, 4), (4,), 7),
    "index_fill": (lambda x, s, i: x.index_fill(1, i, 3.5) + s, (5, 7), (5, 7), (4,), 7),
    "index_put": (lambda x, s, i: x.index_put((i,), s), (5, 7), (4, 7), (4,), 5),
    "index_put a row": (lambda x, s, i: x.index_put((i,), s), (5, 7), (7,), (4,), 5),
    "index_put added": (lambda x, s, i: x.index_put((i,), s, accumulate=True), (5, 7), (40, 7),
                        (40,), 5),
    "index_put at two": (lambda x, s, i: x.index_put((i, i), s, accumulate=True), (5, 7), (40,),
                         (40,), 5),
    "put": (lambda x, s, i: x.put(i, s), (5, 7), (6,), (6,), 35),
    "put added": (lambda x, s, i: x.put(i, s, accumulate=True), (5, 7), (80,), (80,), 35),
    "scatter_reduce": (lambda x, s, i: x.scatter_reduce(1, i, s, "sum"), (5, 7), (5, 20), (5, 20),
                       7),
    "scatter_reduce mean": (lambda x, s, i: x.scatter_reduce(1, i, s, "mean"), (5, 7), (5, 20),
                            (5, 20), 7),
    "scatter_reduce amax": (lambda x, s, i: x.scatter_reduce(1, i, s, "amax", include_self=False),
                            (5, 7), (5, 20), (5, 20), 7),
}


# With two values for one place the gradient is not the value's that was kept, here as in PyTorch.
ONCE = ("scatter", "index_copy", "index_put", "index_put a row", "put")


@pytest.mark.parametrize("layout", LAYOUTS)
def test_writing(layout):
    calls, args = [], []
    for case, (function, shape, source, index, n) in WRITES.items():
        x, s = numbers(shape, layout=layout), numbers(source, seed=5, layout=layout)
        i = indices(index, n, layout=layout)
        if case in ONCE:
            i = flambeau.arange(n)[: index[-1]].expand(index).contiguous()
        calls.append((with_gradients(function, 2), 3))
        args += [x, s, i]
        if "alpha" not in case and "reduce" not in case:
            calls.append((function, 3))
            args += [x.double(), s.double(), i]
    check(all_of(calls), *args)


@pytest.mark.parametrize("include_self", [True, False])
def test_scatter_reduce(include_self):
    x, s, i = numbers((5, 7)), numbers((5, 20), seed=3), indices((5, 20), 4)
    s[0, 3] = float("nan")
    hows = ("sum", "prod", "amax", "amin", "mean")
    check(lambda x, s, i: [x.scatter_reduce(1, i, s, how, include_self=include_self)
                           for how in hows], x, s, i)  # fmt: skip
    whole = [numbers(shape, flambeau.int64) for shape in ((5, 7), (5, 20))]
    check(lambda x, s, i: [x.scatter_reduce(1, i, s, how, include_self=include_self)
                           for how in hows[:4]], *whole, i)  # fmt: skip


def test_gradients_of_what_picks_elements():
    def pick(x, i):
        return [x.max(1).values, x.min(0, keepdim=True).values, x[0].max(0).values * 2]

    def step(x, i):
        x = x.detach().requires_grad_()
        results = pick(x, i)
        (g,) = flambeau.autograd.grad(sum(r.sum() for r in results), x, create_graph=True)
        return *[r.detach() for r in results], g.detach()

    check(step, numbers((5, 7)), indices((3,), 5))


@pytest.mark.parametrize("include_self", [True, False])
def test_index_reduce(include_self):
    x, s, i = numbers((5, 7, 2)), numbers((5, 20, 2), seed=3), indices((20,), 6)
    hows = ("prod", "mean", "amax", "amin")
    check(lambda x, s, i: [x.index_reduce(1, i, s, how, include_self=include_self)
                           for how in hows], x, s, i)  # fmt: skip


def test_writing_in_place():
    def step(x, i, j):
        y = x.clone()
        y[i] = x[0] * 2
        y[i, j] += 1.5
        y[:, j] = y[:, i % 5]
        y.scatter_(1, j[:, None] % 5, y[i])
        y.index_add_(0, i, y[:4] * 0.1)
        y.index_copy_(1, i, x[:, :4])
        y.scatter_add_(0, i[:, None] * 1, x)
        y.index_fill_(0, j % 5, 0.25)
        return y

    check(step, numbers((5, 7)), flambeau.tensor([3, 0, 4, 1]), flambeau.tensor([6, 2, 5, 0]))


def test_writing_into_part_of_an_argument():
    def step(x, s, i):
        x[1:4, ::2].index_add_(1, i, s)
        x.T[2].index_put_((i,), s[0])
        return x[0]

    compiled = flambeau.compile(step)
    x, y = numbers((5, 8)), numbers((5, 8))
    s, i = numbers((3, 3), seed=2), flambeau.tensor([0, 2, 1])
    for _ in range(3):
        same(compiled(x, s, i), step(y, s, i))
        same(x, y)
    assert not hosts(compiled)


@pytest.mark.parametrize("dtype", TYPES)
def test_adding_in_types(dtype):
    x, s, i = numbers((5, 7), dtype), numbers((40, 7), dtype, 2), indices((40,), 5)
    check(lambda x, s, i: (x.index_add(0, i, s), x.scatter_add(0, i[:, None].expand(40, 7), s)),
          x, s, i)  # fmt: skip


WRONG = {
    "gather": lambda x, i: x.gather(0, i[:, None]),
    "index_select": lambda x, i: x.index_select(0, i),
    "index": lambda x, i: x[i],
    "several": lambda x, i: x[:, :4][i, i],
    "scatter_add": lambda x, i: x.scatter_add(0, i[:, None].expand(-1, 7), x),
    "index_add": lambda x, i: x.index_add(0, i, x[:3]),
    "index_put": lambda x, i: x.index_put((i,), x[:3]),
    "take": lambda x, i: x.take(i * 7),
}


@pytest.mark.parametrize("case", WRONG)
def test_indices_out_of_range(case):
    function = WRONG[case]
    compiled = flambeau.compile(function)
    x, i = numbers((5, 7)), flambeau.tensor([0, 3, 2])
    same(compiled(x, i), function(x, i))
    assert not hosts(compiled)
    for bad in (5, -6):
        with pytest.raises((IndexError, RuntimeError), match=r"out of (bounds|range)"):
            compiled(x, flambeau.tensor([0, bad, 2]))
    same(compiled(x, i), function(x, i))


def test_nothing_is_written_where_an_index_is_out_of_range():
    def step(x, s, i):
        return x.index_add_(0, i, s)

    compiled = flambeau.compile(step)
    x, s = numbers((5, 7)), numbers((3, 7), seed=2)
    compiled(x, s, flambeau.tensor([0, 1, 2]))
    before = x.clone()
    with pytest.raises(RuntimeError, match="index 5 is out of bounds for dimension 0 with size 5"):
        compiled(x, s, flambeau.tensor([0, 1, 5]))
    same(x, before)


LARGE = {
    "rows": (lambda t, s, i: t.index_add(0, i, s), (50, 64), (3000, 64), (3000,), 50),
    "short rows": (lambda t, s, i: t.index_add(0, i, s), (50, 3), (30000, 3), (30000,), 50),
    "numbers": (lambda t, s, i: t.scatter_add(0, i, s), (50,), (90000,), (90000,), 50),
    "lines": (lambda t, s, i: t.scatter_add(1, i, s), (300, 50), (300, 400), (300, 400), 50),
    "columns": (lambda t, s, i: t.scatter_add(0, i, s), (50, 300), (400, 300), (400, 300), 50),
    "places": (lambda t, s, i: t.index_put((i, i % 7), s, accumulate=True), (50, 7), (90000,),
               (90000,), 50),
    "last writes": (lambda t, s, i: t.index_put((i,), s), (50,), (90000,), (90000,), 50),
}  # fmt: skip


@pytest.mark.parametrize("case", LARGE)
def test_any_number_of_threads(case):
    function, table, source, index, n = LARGE[case]
    args = numbers(table), numbers(source, seed=3), indices(index, n)
    want = function(*args)
    compiled = flambeau.compile(function)
    before = flambeau.get_num_threads()
    try:
        for threads in (1, 2, 3, 7):
            flambeau.set_num_threads(threads)
            same(compiled(*args), want)
    finally:
        flambeau.set_num_threads(before)
    assert not hosts(compiled)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_large_reads(layout):
    x, i = numbers((300, 400), layout=layout), indices((300, 500), 300)
    check(lambda x, i: (x.gather(0, i[:, :400]), x.gather(1, i), x[i[0]], x[:, i[1]],
                        x[i, i % 7]), x, i)  # fmt: skip


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_class_weights(reduction):
    def step(x, t, w, *settings):
        x = x.detach().requires_grad_()
        y = flambeau.nn.functional.cross_entropy(x, t, w, *settings, reduction=reduction)
        (g,) = flambeau.autograd.grad(y.sum() * 0.7, x)
        return y.detach(), g

    x, t = numbers((9, 5)), indices((9,), 5)
    t[3], t[5] = -100, 1
    compiled = flambeau.compile(step)
    for w in ([0.5, 0, 2, 1.5, 0.25], [0, 0, 0, 0, 0], [1, 1, 1, 1, 1]):
        w = flambeau.tensor([float(n) for n in w])
        for got, want in zip(compiled(x, t, w), step(x, t, w), strict=True):
            np.testing.assert_allclose(got.numpy(), want.numpy(), 2e-6, 2e-7)
    assert not hosts(compiled)
