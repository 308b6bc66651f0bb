"""Sparse tensors, without PyTorch: against the dense tensors that they stand for."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

import flambeau as fl
from flambeau import nn
from flambeau.sparse import SparseTensor


def random(*size, density=0.4, seed=0):
    """A coalesced sparse tensor and its dense form."""
    draw = np.random.default_rng(seed)
    dense = draw.standard_normal(size) * (draw.random(size) < density)
    dense = fl.tensor(dense)
    return dense.to_sparse(), dense


def same(sparse, dense):
    assert isinstance(sparse, SparseTensor) and sparse.shape == dense.shape
    np.testing.assert_allclose(sparse.to_dense().numpy(), dense.numpy(), atol=1e-12)


@pytest.mark.parametrize("size", [(4, 5), (0, 3), (7,), (2, 3, 4)])
def test_arithmetic_is_that_of_the_dense_tensors(size):
    (a, x), (b, y) = random(*size), random(*size, seed=1)
    same(a, x)
    same(a + b, x + y)
    same(a - b, x - y)
    same(fl.sub(a, b, alpha=3), x - 3 * y)
    same(a * b, x * y)
    same(a * y, x * y)
    same(a / 4, x / 4)
    same(fl.sin(-a), fl.sin(-x))
    assert (a + b).is_coalesced() and (a * b).is_coalesced()
    assert fl.equal(y + a, y + x) and fl.allclose(a.sum(), x.sum())
    twice = SparseTensor(np.concatenate((a._at, a._at), 1), fl.cat((a._kept, a._kept)), size)
    same(twice, 2 * x)
    same(twice.coalesce(), 2 * x)
    same(twice**2, (2 * x) ** 2)


def test_products_are_those_of_the_dense_matrices():
    (a, x), (b, y) = random(4, 5), random(5, 3, seed=1)
    same(a @ b, x @ y)
    for got in (a @ y, x @ b, fl.sparse.mm(a, y)):
        assert fl.allclose(got, x @ y)
    assert fl.allclose(a @ y[:, 0], x @ y[:, 0])
    assert fl.allclose(fl.addmm(fl.ones(4, 3).double(), a, y, alpha=2), 1 + 2 * (x @ y))


def test_dimensions():
    a, x = random(3, 4, 2)
    for sparse_dim in (1, 2, 3):
        s = x.to_sparse(sparse_dim)
        assert (s.sparse_dim(), s.dense_dim()) == (sparse_dim, 3 - sparse_dim)
        same(s, x)
        same(s.sum(0), x.sum(0)) if sparse_dim > 1 else None
        same(s.sum(2), x.sum(2))
        same(s.select(0, -1), x[-1]) if sparse_dim > 1 else None
        same(s[:, :, 1], x[..., 1])
        same(s.index_select(0, fl.tensor([2, 0, 2])), x[[2, 0, 2]])
        same(s.unsqueeze(0), x.unsqueeze(0))
        same(fl.cat([s, s]), fl.cat([x, x]))
        same(fl.stack([s, s]), fl.stack([x, x]))
    same(a.permute(2, 0, 1), x.permute(2, 0, 1))
    same(x.to_sparse(1).transpose(1, 2), x.transpose(1, 2))


def test_gradients_flow_through():
    a, x = random(3, 4)
    weights = a.values().clone().requires_grad_()
    s = fl.sparse_coo_tensor(a.indices(), weights, (3, 4))
    dense = x.clone().requires_grad_()
    other = fl.ones(4, 2).double().requires_grad_()
    found = fl.autograd.grad((s @ other).pow(2).sum(), (weights, other))
    expected = fl.autograd.grad((dense @ other).pow(2).sum(), (dense, other))
    at = tuple(a.indices())
    assert fl.allclose(found[0], expected[0][at]) and fl.allclose(found[1], expected[1])
    assert fl.autograd.gradcheck(
        lambda w: fl.sparse.softmax(fl.sparse_coo_tensor(a.indices(), w, (3, 4)), 1).to_dense(),
        weights,
    )


def test_embedding_gradients_train_like_dense_ones():
    nets = []
    for sparse in (False, True):
        fl.manual_seed(0)
        net = nn.Sequential(nn.Embedding(6, 3, sparse=sparse), nn.Linear(3, 1))
        optimizer = fl.optim.SGD(net.parameters(), lr=0.1, momentum=0.5)
        for n in range(4):
            optimizer.zero_grad()
            net(fl.tensor([n, 1, 1])).pow(2).sum().backward()
            assert net[0].weight.grad.is_sparse is sparse
            optimizer.step()
        nets.append(net)
    assert fl.allclose(nets[0][0].weight, nets[1][0].weight, atol=1e-6)
    assert fl.allclose(nets[0][1].weight, nets[1][1].weight, atol=1e-6)


def test_sparse_adam_moves_what_the_gradient_has():
    table = nn.Embedding(5, 2, sparse=True)
    before = table.weight.detach().clone()
    optimizer = fl.optim.SparseAdam(table.parameters(), lr=0.5)
    table(fl.tensor([1, 3])).sum().backward()
    assert optimizer.step(lambda: 7) == 7
    moved = (table.weight != before).any(1)
    assert moved.tolist() == [False, True, False, True, False]
    assert fl.allclose(table.weight[1], before[1] - 0.5, atol=1e-4)  # the first step has size lr
    again = fl.optim.SparseAdam(table.parameters())
    again.load_state_dict(optimizer.state_dict())
    assert again.state[table.weight]["step"] == 1


def test_hooks_and_accumulation():
    table = nn.Embedding(4, 1, sparse=True)
    table.weight.register_hook(lambda g: g * 2)
    for _ in range(2):
        table(fl.tensor([0, 2])).sum().backward()
    assert table.weight.grad.to_dense().squeeze(1).tolist() == [4, 0, 4, 0]
    with pytest.raises(RuntimeError, match="does not support sparse gradients"):
        fl.optim.RMSprop(table.parameters()).step()


def test_copies():
    a, x = random(2, 3)
    a.requires_grad_()
    for again in (copy.copy(a), copy.deepcopy(a), pickle.loads(pickle.dumps(a)), a.clone()):
        same(again.detach(), x)
        assert again.is_coalesced() and again.requires_grad
    assert copy.deepcopy(a)._kept is not a._kept


def test_coordinates_outside_are_refused():
    with pytest.raises(RuntimeError, match="for dim 0, size is 2 but found index 5"):
        fl.sparse_coo_tensor([[0, 5]], [1.0, 2.0], (2,))
    with pytest.raises(RuntimeError, match="found negative index -1 for dim 0"):
        fl.sparse_coo_tensor([[-1]], [1.0], (2,))
    with pytest.raises(IndexError, match="index 4 out of range"):
        random(3, 4)[0].select(1, 4)
    with pytest.raises(NotImplementedError, match="to_dense"):
        random(3, 4)[0].cos()
    with pytest.raises(NotImplementedError, match="sparse_csr"):
        fl.ones(2, 2).to_sparse(layout=fl.sparse_csr)
    with pytest.raises(AttributeError, match="nearest name is"):
        fl.sparse.softmx
