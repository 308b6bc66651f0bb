"""Derivatives on arrays and on tensors: when which is taken, and that they agree."""

from __future__ import annotations

import numpy as np
import pytest

import flambeau as fl
from flambeau.autograd.graph import Node
from flambeau.nn import functional as F
from flambeau.ops.table import ROWS


def numbers(*shape, dtype=fl.float32):
    n = int(np.prod(shape))
    return fl.from_numpy(np.sin(np.arange(n) * 1.7 + n).reshape(shape)).to(dtype)


CLASSES = fl.tensor([1, 0, 2, 1])


def like(x, *shape):
    return numbers(*shape, dtype=x.dtype)


ON_ARRAYS = {
    "linear": lambda x: F.linear(x, like(x, 3, 6), like(x, 3)),
    "linear_1d": lambda x: F.linear(x[0], like(x, 3, 6), like(x, 3)),
    "linear_3d": lambda x: F.linear(x.reshape(2, 2, 6), like(x, 3, 6), like(x, 3)),
    "mm": lambda x: x @ like(x, 6, 2),
    "dot": lambda x: x[0] @ x[1],
    "sum": lambda x: x.sum(),
    "sum_dim": lambda x: x.sum(1, keepdim=True),
    "mean": lambda x: x.mean(),
    "mean_dim": lambda x: x.mean(0),
    "view": lambda x: x.reshape(3, 8),
    "view_of_transposed": lambda x: x.t().reshape(3, 8),
    "expand": lambda x: x.expand(2, 4, 6),
    "permute": lambda x: x.reshape(2, 2, 6).permute(2, 0, 1),
    "unsqueeze": lambda x: x.unsqueeze(1),
    "narrow": lambda x: x.narrow(1, 1, 3),
    "item": lambda x: x[1:, ::2],
    "softmax": lambda x: x.softmax(1),
    "log_softmax": lambda x: x.log_softmax(0),
    "cross_entropy": lambda x: F.cross_entropy(x, CLASSES),
    "cross_entropy_ignoring": lambda x: F.cross_entropy(x, CLASSES, ignore_index=1),
    "cross_entropy_weighted": lambda x: F.cross_entropy(x, CLASSES, like(x, 6).abs()),
    "cross_entropy_none": lambda x: F.cross_entropy(x, CLASSES, reduction="none"),
    "cross_entropy_transposed": lambda x: F.cross_entropy(x.reshape(6, 4).t(), CLASSES),
    "nll_loss": lambda x: F.nll_loss(x, CLASSES, reduction="sum"),
    "mse_loss": lambda x: F.mse_loss(x, like(x, 4, 6)),
    "mse_loss_of_two_types": lambda x: F.mse_loss(x, numbers(4, 6, dtype=fl.float16)),
    "embedding": lambda x: F.embedding(CLASSES, x),
    "conv": lambda x: F.conv1d(x.reshape(1, 4, 6), like(x, 2, 4, 3), like(x, 2)),
    "max_pool": lambda x: F.max_pool1d(x.reshape(1, 4, 6), 2),
    "gather": lambda x: x.gather(1, CLASSES[:, None]),
}


def gradients(function, dtype):
    x = numbers(4, 6, dtype=dtype).requires_grad_()
    y = function(x)
    (g,) = fl.autograd.grad((y * y).sum() if y.dtype.is_floating_point else y.sum(), x)
    return g


@pytest.mark.parametrize("dtype", [fl.float32, fl.float64, fl.bfloat16], ids=str)
@pytest.mark.parametrize("name", ON_ARRAYS)
def test_both_ways_give_the_same_numbers(name, dtype, monkeypatch):
    function = ON_ARRAYS[name]
    if dtype == fl.bfloat16:
        whole = function
        function = lambda x: whole(x.float())  # noqa: E731
    on_arrays = gradients(function, dtype)
    monkeypatch.setattr(Node, "on_arrays", lambda self, grads: None)
    on_tensors = gradients(function, dtype)
    assert on_arrays.dtype == on_tensors.dtype and on_arrays.shape == on_tensors.shape
    assert on_arrays._data.tobytes() == on_tensors._data.tobytes()


@pytest.fixture
def ways(monkeypatch):
    """Names of the operators whose derivatives are computed on arrays."""
    seen = []
    way = Node.on_arrays

    def watched(self, grads):
        found = way(self, grads)
        if found is not None:
            seen.append(self.op.name)
        return found

    monkeypatch.setattr(Node, "on_arrays", watched)
    return seen


def test_an_ordinary_backward_pass_takes_arrays(ways):
    x, w, b = numbers(4, 6), numbers(3, 6).requires_grad_(), numbers(3).requires_grad_()
    F.cross_entropy(F.linear(x, w, b).relu(), CLASSES).backward()
    assert ways == ["_cross_entropy", "relu", "linear_matrix"]


def test_what_is_recorded_or_cast_takes_tensors(ways):
    w = numbers(3, 6).requires_grad_()
    (g,) = fl.autograd.grad(F.linear(numbers(4, 6), w).square().sum(), w, create_graph=True)
    assert g.grad_fn is not None and ways == []
    y = F.linear(numbers(4, 6), w).sum()
    with fl.amp.autocast("cpu"):
        y.backward()
    assert "linear_matrix_plain" not in ways
    assert w.grad.dtype == fl.float32 or w.grad.dtype == fl.bfloat16


def test_arithmetic_on_two_types_takes_tensors(ways):
    x = numbers(4).requires_grad_()
    F.mse_loss(x, numbers(4, dtype=fl.float64)).backward()
    assert "mse_loss" not in ways and x.grad.dtype == fl.float32
    F.mse_loss(x, numbers(4)).backward()
    assert "mse_loss" in ways


def test_a_derivative_that_calls_functions_of_tensors_takes_tensors(ways):
    x = numbers(3, 3).requires_grad_()
    fl.linalg.det(x).backward()
    assert ways == [] and x.grad is not None
    (plan,) = ROWS["linalg_det"].plans.values()
    assert plan.arrays is None


def test_what_was_written_since_is_refused_on_arrays_too():
    w = numbers(3, 6).requires_grad_()
    x = numbers(4, 6)
    y = F.linear(x, w)
    x.add_(1)
    with pytest.raises(RuntimeError, match="is at version 1; expected version 0"):
        y.sum().backward()
    y = numbers(4).requires_grad_().exp()
    y.detach().mul_(2)
    with pytest.raises(RuntimeError, match="output 0 of ExpBackward0, is at version 1"):
        y.sum().backward()


def test_a_gradient_that_a_hook_took_away_is_zero():
    x = numbers(4, 6).requires_grad_()
    y = x.t()
    y.grad_fn.register_prehook(lambda grads: (None,))
    y.sum().backward()
    assert x.grad is None or not x.grad.any()


def test_kept_values_are_attributes_by_name():
    x = numbers(4).requires_grad_()
    y = x.exp()
    assert y.grad_fn._saved_result.tolist() == y.tolist()
    z = x * numbers(4)
    assert z.grad_fn._saved_other.tolist() == numbers(4).tolist()
    assert not hasattr(z.grad_fn, "_saved_nothing")
    z.sum().backward()
    with pytest.raises(RuntimeError, match="a second time"):
        z.grad_fn._saved_other
