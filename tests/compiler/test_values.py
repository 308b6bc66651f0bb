"""Where values are worked out, and in which memory."""

import numpy as np
import pytest

import flambeau
from flambeau.compiler.expressions import apply, load, nodes_of
from flambeau.compiler.graph import Graph, Loop, Native, Statement
from flambeau.compiler.memory import Buffer, View, contiguous_strides
from flambeau.compiler.passes import plan_memory
from flambeau.nn import functional as F

from .calls import quietly

FLOAT = np.dtype(np.float32)
ACTIVATIONS = {
    "gelu": F.gelu, "gelu_tanh": lambda x: F.gelu(x, approximate="tanh"), "silu": F.silu,
    "mish": F.mish, "softplus": F.softplus, "elu": F.elu, "tanh": flambeau.tanh,
    "relu": F.relu, "log": lambda x: flambeau.log(x * x + 1), "sin": flambeau.sin,
}  # fmt: skip


def step_of(activation, again):
    flambeau.manual_seed(0)
    first, second = flambeau.nn.Linear(40, 300), flambeau.nn.Linear(300, 40)
    x = flambeau.randn(256, 40)

    def step():
        for p in (*first.parameters(), *second.parameters()):
            p.grad = None
        h = first(x)
        y = second(activation(h))
        loss = y.square().mean()
        if again:
            loss = loss + (h * h * h).mean()
        loss.backward()
        return loss.detach(), *[p.grad for p in (*first.parameters(), *second.parameters())]

    return step


@pytest.mark.parametrize("again", [False, True])
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_gradients_of_activations(name, again):
    """Also where the activation's input is needed in the backward pass for something else."""
    step = step_of(ACTIVATIONS[name], again)
    want = [t.numpy().copy() for t in step()]
    compiled = quietly(step)
    for _ in range(3):
        for got, expected in zip(compiled(), want, strict=True):
            np.testing.assert_allclose(got.numpy(), expected, rtol=2e-4, atol=2e-6)


def heavy(compiled, op):
    """How often a function stands in a program's loops."""
    found = 0
    for node in compiled.compiled._latest().graph.nodes:
        loop = node.epilogue if isinstance(node, Native) else node
        if isinstance(loop, Loop):
            every = {id(e): e for s in loop.statements for e in nodes_of(s.value)}
            found += sum(e.op == op for e in every.values())
    return found


@pytest.mark.parametrize(("name", "op"), [("gelu", "erf"), ("silu", "sigmoid"), ("mish", "tanh")])
def test_derivatives_are_kept_instead_of_inputs(name, op):
    compiled = quietly(step_of(ACTIVATIONS[name], False))
    for _ in range(2):
        compiled()
    assert heavy(compiled, op) == 1


def whole(number, shape, born=0):
    return View(Buffer(number, 4 * int(np.prod(shape)), born), FLOAT, 0, shape,
                contiguous_strides(shape))  # fmt: skip


def loop(*statements):
    made = [Statement(target, value) for target, value in statements]
    return Loop(made[0].target.shape, made, "loop", "")


def offsets(nodes, *outside):
    views = {v.buffer.number: v for n in nodes for v in (*n.reads(), *n.writes())}
    plan = plan_memory(Graph(nodes, outside), set(outside))
    assert set(plan.offsets) == set(views) - set(outside)
    return plan.offsets, plan.size


def test_results_in_the_place_of_what_is_read_last():
    x, a, b, y = whole(0, (4, 100)), whole(1, (4, 100)), whole(2, (4, 100)), whole(3, (4, 100))
    nodes = [
        loop((a, apply("exp", load(x)))),
        loop((b, apply("multiply", load(a), load(x)))),
        loop((y, load(b))),
    ]
    found, size = offsets(nodes, 0, 3)
    assert found[1] == found[2] == 0 and size == 1600


def test_results_that_need_a_place_of_their_own():
    x, a, b = whole(0, (4, 100)), whole(1, (4, 100)), whole(2, (4, 100))
    y = whole(3, (4, 100))
    turned = View(a.buffer, FLOAT, 0, (4, 100), (1, 4))
    later = [loop((b, load(x)), (y, load(a)))]  # a is read after b is written
    other_order = [loop((b, load(turned))), loop((y, load(b)))]
    used_again = [loop((b, load(a))), loop((y, apply("add", load(b), load(a))))]
    for nodes in (later, other_order, used_again):
        found, _ = offsets([loop((a, load(x))), *nodes], 0, 3)
        assert found[1] != found[2], nodes


def test_results_in_the_place_of_a_product():
    """A loop on a product's blocks may write over the product, and over nothing that it reads."""
    a, c, y = whole(1, (300, 300)), whole(2, (300, 300)), whole(3, (300, 300))
    z = whole(4, (300, 300))
    node = Native("fl_sgemm", (a, c), (a,), (c,), "mm", "")
    node.attach(loop((y, apply("add", load(c), load(a)))))
    start = loop((a, load(whole(0, (300, 300)))))
    found, _ = offsets([start, node, loop((z, load(y)))], 0, 4)
    assert found[2] == found[3] != found[1]
