"""The backward pass: what it copies, what it frees, how deep it goes."""

from __future__ import annotations

import gc
import threading
import weakref

import numpy as np
import pytest

import flambeau as fl
from flambeau import nn
from flambeau.autograd import engine


@pytest.fixture
def copies(monkeypatch):
    """Counts the gradients that the engine copies instead of handing them over."""
    counted = []
    own = engine._own

    def watched(grad, holders):
        out = own(grad, holders + 1)  # this function's own argument is one more reference
        counted.append(out._data is not grad._data)
        return out

    monkeypatch.setattr(engine, "_own", watched)
    return counted


def test_gradients_of_parameters_are_handed_over_without_a_copy(copies):
    net = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 3))
    nn.functional.cross_entropy(net(fl.rand(5, 4)), fl.randint(0, 3, (5,))).backward()
    assert copies == [False] * 4


def test_a_gradient_that_somebody_holds_is_copied(copies):
    x = fl.rand(3, requires_grad=True)
    seen = []
    x.register_hook(seen.append)
    seed = fl.ones(3)
    x.add(0).backward(seed)
    assert copies == [True]
    x.grad.zero_()
    assert seen[0].tolist() == [1.0, 1.0, 1.0] and seed.tolist() == [1.0, 1.0, 1.0]


def test_leaves_that_get_one_array_do_not_share_it():
    a, b = fl.rand(3, requires_grad=True), fl.rand(3, requires_grad=True)
    (a + b).sum().backward()
    a.grad.zero_()
    assert b.grad.tolist() == [1.0, 1.0, 1.0]


def test_a_leaf_that_is_the_root_gets_its_own_gradient():
    x = fl.rand(2, requires_grad=True)
    seed = fl.tensor([1.0, 2.0])
    x.backward(seed)
    seed.zero_()
    assert x.grad.tolist() == [1.0, 2.0]


def test_the_graph_is_freed_without_the_garbage_collector():
    gc.disable()
    try:
        x = fl.rand(3, requires_grad=True)
        y = (x.exp() * x).tanh()
        z = y.sum()
        gone = weakref.ref(y)
        node = weakref.ref(y.grad_fn)
        z.backward()
        del y, z
        assert gone() is None and node() is None
        w = x.sigmoid()  # keeps its own result, without a cycle
        gone = weakref.ref(w)
        del w
        assert gone() is None
    finally:
        gc.enable()


def test_deep_graphs_need_no_deep_stack():
    x = fl.ones(1, requires_grad=True)
    y = x
    for _ in range(20_000):
        y = y + 0.0
    y.backward()
    assert x.grad.item() == 1.0


def test_wide_graphs_are_visited_once():
    x = fl.ones(1, requires_grad=True)
    y = x
    for _ in range(60):  # 2 ** 60 paths
        y = y + y
    y.backward()
    assert x.grad.item() == 2.0**60


def test_modes_belong_to_their_thread():
    seen = []
    with fl.no_grad():
        t = threading.Thread(target=lambda: seen.append(fl.is_grad_enabled()))
        t.start()
        t.join()
    assert seen == [True] and fl.is_grad_enabled()


def test_a_failed_backward_leaves_the_mode_as_it_was():
    x = fl.rand(2, requires_grad=True)
    y = x * 2
    y.register_hook(lambda g: fl.ones(3))
    with pytest.raises(RuntimeError, match="changed the size"):
        y.sum().backward()
    assert fl.is_grad_enabled() and x.grad is None


def test_anomaly_names_the_operation():
    x = fl.zeros(1, requires_grad=True)
    with fl.autograd.detect_anomaly(), pytest.raises(RuntimeError, match="SqrtBackward0.*nan"):
        (x.sqrt() * 0).sum().backward()


def test_gradients_keep_the_inputs_types():
    x = fl.rand(3, dtype=fl.float64, requires_grad=True)
    h = fl.rand(3, dtype=fl.float16).requires_grad_()
    (x * h).sum().backward()
    assert x.grad.dtype is fl.float64 and h.grad.dtype is fl.float16
    scalar = fl.tensor(2.0, dtype=fl.float64, requires_grad=True)
    (scalar * fl.rand(3)).sum().backward()
    assert scalar.grad.dtype is fl.float64 and scalar.grad.shape == ()


def test_numpy_memory_is_shared_and_gradients_are_not():
    array = np.ones(3, np.float32)
    x = fl.from_numpy(array).requires_grad_()
    (x * x).sum().backward()
    array[0] = 5
    assert x.tolist() == [5.0, 1.0, 1.0] and x.grad.tolist() == [2.0, 2.0, 2.0]
