"""Results that are computed where a copy would take them."""

import itertools

import numpy as np
import pytest

import flambeau
from flambeau.compiler.graph import Graph, Loop, Native
from flambeau.compiler.memory import Buffer, View, contiguous_strides
from flambeau.compiler.placing import Map, avoid_copies
from flambeau.nn import functional as F

from .calls import agrees, quietly

FLOAT = np.dtype(np.float32)


def elements(view):
    """The places of a view's elements in its buffer, in the view's shape."""
    places = np.full(view.shape, view.offset, np.int64)
    for i, (n, s) in enumerate(zip(view.shape, view.strides, strict=True)):
        places += (np.arange(n) * s).reshape(-1, *[1] * (len(view.shape) - 1 - i))
    return places


def buffer(number, size):
    return Buffer(number, 4 * size, 0)


def whole(number, shape, order=None):
    """A view of a whole buffer, its dimensions in some order in memory."""
    order = order or range(len(shape))
    strides = dict(zip(order, contiguous_strides([shape[i] for i in order]), strict=True))
    made = buffer(number, int(np.prod(shape)))
    return View(made, FLOAT, 0, tuple(shape), tuple(strides[i] for i in range(len(shape))))


@pytest.mark.parametrize("seed", range(40))
def test_places_after_a_copy(seed):
    random = np.random.default_rng(seed)
    shape = tuple(random.integers(1, 5, random.integers(1, 5)))
    shape = tuple(int(n) for n in shape)
    source = whole(0, shape, list(random.permutation(len(shape))))
    wide = whole(1, tuple(n + int(random.integers(3)) for n in shape))
    offset = int(sum(s * random.integers(w - n + 1) for n, w, s in
                     zip(shape, wide.shape, wide.strides, strict=True)))  # fmt: skip
    target = View(wide.buffer, FLOAT, offset, shape, wide.strides)
    moved = dict(zip(elements(source).ravel(), elements(target).ravel(), strict=True))
    found = 0
    for _ in range(60):
        count = int(random.integers(1, 4))
        strides = tuple(int(s) for s in random.choice([0, 1, 2, 3, 4, 6, *source.strides], count))
        sizes = tuple(int(n) for n in random.integers(1, 5, count))
        view = View(source.buffer, FLOAT, int(random.integers(4)), sizes, strides)
        if view.bounds()[1] > source.buffer.nbytes:
            continue
        place = Map(source, target).of(view)
        if place is not None:
            found += 1
            want = np.vectorize(moved.get)(elements(view))
            np.testing.assert_array_equal(elements(place), want)
    assert found
    np.testing.assert_array_equal(elements(Map(source, target).of(source)), elements(target))


def test_views_side_by_side():
    """What is said to lie apart has no element in common; columns and rows of a matrix do."""
    random = np.random.default_rng(0)
    made, apart = buffer(0, 200), 0

    def draw(choice):
        return tuple(int(n) for n in random.choice(choice, 2))

    for _ in range(3000):
        a, b = (
            View(made, FLOAT, int(random.integers(20)), draw((1, 2, 3, 4)), draw((0, 1, 2, 5, 10)))
            for _ in range(2)
        )
        common = np.intersect1d(elements(a), elements(b)).size > 0
        assert not (common and a.beside(b))
        assert not (common and not a.overlaps(b))
        apart += a.beside(b)
    assert apart > 100
    rows = View(made, FLOAT, 0, (10, 8), (20, 1))
    for start, disjoint in ((8, True), (12, True), (4, False), (13, False)):
        other = View(made, FLOAT, start, (9, 8), (20, 1))
        assert rows.beside(other) == disjoint


def loops(compiled):
    graph = compiled.compiled._latest().graph
    return [n.name for n in graph.nodes if isinstance(n, Loop)]


def test_pieces_of_a_concatenation():
    """Computed in their parts of it, each by a loop of its own or by one for all of them."""

    def program(x, y):
        return flambeau.cat([x.exp(), y * 2 + x, (x @ y.mT).tanh()], dim=1)

    compiled = quietly(program)
    draws = [lambda: (flambeau.rand(20, 20), flambeau.rand(20, 20))]
    agrees_nearly(compiled, program, draws[0])
    assert not any("cat" in name for name in loops(compiled))


def agrees_nearly(compiled, plain, make):
    for seed in range(3):
        flambeau.manual_seed(seed)
        arguments = make()
        np.testing.assert_allclose(compiled(*arguments), plain(*arguments), rtol=2e-5, atol=2e-6)


def test_pieces_that_are_used_again():
    def program(x):
        a, b = x + 1, x * 3
        both = flambeau.cat([a, b, a], dim=0)
        a.add_(1)
        return both, a, both[1:3] * b[:2]

    def inside(x):
        """The second piece is computed from what the concatenation held before."""
        out = flambeau.zeros(2, 3)
        out[0] = x[0] + 1
        y = out[1] + x[1]
        out[1] = y * 2
        out[0] = y
        return out

    def turned(x):
        return (x * 2).mT.contiguous().view(-1) + 1, (x.exp().mT + 1).contiguous()

    for function in (program, inside, turned):
        agrees(quietly(function), function, lambda: (flambeau.arange(9.0).view(3, 3),))


def test_small_pieces_do_not_hold_large_buffers():
    """A piece that is there long before the others waits in a place of its own."""
    nodes = []
    large = whole(100, (1000,))
    first = whole(0, (10,))

    def copy(target, source):
        from flambeau.compiler.expressions import load
        from flambeau.compiler.graph import Statement

        nodes.append(Loop(source.shape, [Statement(target, load(source))], "copy", ""))

    outside = whole(50, (10,))
    outside.buffer.born = None
    copy(first, outside)
    for i in range(20):
        nodes.append(Native("f", (), (), (whole(1 + i, (10,)),), "f", ""))
    copy(View(large.buffer, FLOAT, 10, (10,), (1,)), first)
    graph = Graph(nodes, [100, *range(1, 21)])
    avoid_copies(graph)
    assert len(graph.nodes) == 22
    del graph.nodes[1:20]
    avoid_copies(graph)
    assert len(graph.nodes) == 2


@pytest.mark.parametrize("causal", [False, True])
def test_heads_of_attention(causal):
    """Neither the heads' results nor the gradients of query, key and value are copied."""
    flambeau.manual_seed(0)
    inner, outer = flambeau.nn.Linear(24, 72), flambeau.nn.Linear(24, 24)
    x = flambeau.rand(3, 10, 24)

    def step():
        q, k, v = (t.view(3, 10, 2, 12).transpose(1, 2) for t in inner(x).split(24, dim=2))
        y = F.scaled_dot_product_attention(q, k, v, is_causal=causal)
        loss = outer(y.transpose(1, 2).contiguous().view(3, 10, 24)).square().mean()
        loss.backward()
        return loss.detach()

    parameters = [*inner.parameters(), *outer.parameters()]

    def gradients(function):
        for p in parameters:
            p.grad = None
        loss = function()
        return [loss.numpy().copy(), *[p.grad.numpy().copy() for p in parameters]]

    want = gradients(step)
    compiled = quietly(step)
    for _ in range(3):
        for a, b in zip(gradients(compiled), want, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6)
    named = set(itertools.chain(*[name.split("+") for name in loops(compiled)]))
    assert not named & {"cat", "clone", "_unsafe_view"}


def test_results_that_a_function_need_not_give():
    """The gradient of attention's scores is not written where no mask wants it."""
    flambeau.manual_seed(0)
    q, k, v, mask = (flambeau.rand(2, 40, 40, requires_grad=True) for _ in range(4))

    def plain():
        F.scaled_dot_product_attention(q, k, v).square().sum().backward()

    def masked():
        F.scaled_dot_product_attention(q, k, v, attn_mask=mask).square().sum().backward()

    for function, tensors in ((plain, (q, k, v)), (masked, (q, k, v, mask))):
        found = []
        for call in (function, quietly(function)):
            for t in tensors:
                t.grad = None
            call()
            found.append([t.grad.numpy().copy() for t in tensors])
        for a, b in zip(*found, strict=True):
            np.testing.assert_allclose(b, a, rtol=1e-4, atol=1e-5)
        graph = call.compiled._latest().graph
        node = next(n for n in graph.nodes if n.name == "_attention_backward")
        assert (None in node.args) == (function is plain)
