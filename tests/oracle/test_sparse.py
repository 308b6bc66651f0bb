"""Sparse tensors: the same expressions under PyTorch and flambeau print the same."""

from __future__ import annotations

import io

import pytest

import flambeau

torch = pytest.importorskip("torch")

EXPRESSIONS = {
    "making": """
s() | e() | h() | s().coalesce() | h().coalesce() | s(dtype=T.float64) | s(requires_grad=True)
T.sparse_coo_tensor(i, v) | T.sparse_coo_tensor((2, 3)) | T.sparse_coo_tensor(size=(2, 3))
T.sparse_coo_tensor(i, v.long(), (4, 4)) | T.sparse_coo_tensor([[0]], [True], (2,))
T.sparse_coo_tensor([[0.5]], [1.0], (3,)) | T.sparse_coo_tensor(T.zeros(1, 0), [])
d().to_sparse() | d().to_sparse(1) | d().to_sparse().is_coalesced() | d().to_sparse_coo()
T.zeros(2, 2).to_sparse() | T.tensor(3.0).to_sparse() | s().to_sparse() | d().to_dense()
s().to_dense() | h().to_dense() | d().sparse_mask(e()) | d().sparse_mask(s())
s().sparse_mask(e()) | s(is_coalesced=True).is_coalesced() | T.zeros_like(s())
T.zeros_like(h()) | s().zero_()
""",
    "asking": """
e().indices() | e().values() | s()._indices() | s()._values() | s()._nnz() | h()._nnz()
s().is_coalesced() | e().is_coalesced() | s().is_sparse | d().is_sparse | s().layout | d().layout
s().shape | s().size() | s().size(1) | s().dim() | s().ndim | s().numel() | s().dtype | s().device
len(s()) | s().requires_grad | s().is_leaf | h().sparse_dim() | h().dense_dim() | d().sparse_dim()
d().dense_dim() | s().stride() | s().is_contiguous() | s().type() | s().is_floating_point()
s().grad is None | T.is_tensor(s())
isinstance(s(), T.Tensor) | repr(s()) == str(s()) | f"{s()}"
s().element_size() | float(T.tensor(3.0).to_sparse()) | e().coalesce().is_coalesced()
s().is_complex()
""",
    "arithmetic": """
s() + s() | e() + e() | d() + s() | s() - s() | d() - s() | T.add(s(), s(), alpha=2) | e() + s2()
T.add(d(), s(), alpha=2) | s().add(s()) | (e() + s()).to_dense() | (s() - e()).to_dense() | s() * 2
2 * s() | s() / 2 | s() * e() | s() * d() | d() * s() | s() * s() | e() * s2() | s() * T.tensor(2.0)
s() * T.ones(3) | s() * T.ones(2, 1) | -s() | s() ** 2 | s().pow(2) | e() // 2 | s().mul(3)
s().abs() | s().sqrt() | e().sin() | T.tanh(e()) | T.relu(e()) | F.relu(e()) | e().sign()
s().square() | e().round() | e().isnan() | e().erf() | e().expm1() | e().log1p() | e().floor()
s().clone() | s().detach() | s().double() | s().to(T.float64) | s().long() | s().cpu() | s().data
T.zeros(2, 3) + e() * 1j | (e() * T.ones(2, 3)).is_coalesced() | (s() * 2).is_coalesced()
""",
    "products": """
T.mm(s(), d().T) | s() @ d().T | T.sparse.mm(s(), d().T) | T.matmul(s(), d().T) | s().mm(d().T)
T.sparse.mm(s(), e().t()) | s() @ T.ones(3) | s().mv(T.ones(3)) | T.sparse.mm(d(), s().t())
T.mm(d(), s().t()) | s() @ s().t() | T.addmm(T.ones(2, 2), s(), d().T)
T.sparse.addmm(T.ones(2, 2), s(), d().T, beta=2, alpha=3)
T.bmm(T.stack([e(), e()]), T.ones(2, 3, 2))
""",
    "reductions": """
s().sum() | s().sum(0) | T.sum(s()) | T.sparse.sum(s()) | T.sparse.sum(s(), 0) | s().sum((0, 1))
T.sparse.sum(s(), [0, 1]) | T.sparse.sum(h(), 1) | T.sparse.sum(h(), 0) | s().norm() | e().norm()
T.sparse.sum(s(), dtype=T.float64) | s().sum(1, keepdim=True) | T.norm(s()) | s().norm(p=1)
T.sparse.softmax(s(), 1) | T.sparse.log_softmax(s(), 1) | T.sparse.softmax(e(), 0)
T.sparse.softmax(e(), 1, dtype=T.float64) | e().any()
""",
    "dimensions": """
s().t() | s().T | s().transpose(0, 1) | T.t(s()) | s().permute(1, 0) | e().t().is_coalesced()
s().t().coalesce() | s()[0] | s()[0, 2] | s()[:, 1] | s()[..., 2] | s().select(0, 1) | h()[0]
s().index_select(1, T.tensor([2, 0])) | s().unsqueeze(0) | s().unsqueeze(2) | h()[:, 1]
T.cat([s(), e()]) | T.cat([s(), e()], 1) | T.stack([s(), e()])
""",
    "writes": """
into(lambda x: x.add_(s())) | into(lambda x: x.add_(s(), alpha=-0.5)) | into(lambda x: x.sub_(s()))
into(lambda x: x.mul_(s())) | s().add_(s()) | s().mul_(2) | s().div_(2) | s().neg_() | e().sqrt_()
s().copy_(e()) | e().add_(s2()) | e().abs_()
""",
    "gradients": """
of_product() | of_leaf() | of_values() | embedded() | embedded(padding_idx=1) | embedded_twice()
embedded_and_dense() | two_lookups() | bag("sum") | bag("mean") | bag("sum", padding_idx=2)
zeroed()
through(lambda a: (a * a).to_dense())
through(lambda a: T.sparse.softmax(a, 1).to_dense())
through(lambda a: T.sparse.sum(a, 0).to_dense())
through(lambda a: T.sparse.mm(a, a.t()).to_dense())
through(lambda a: d() + 2 * a) | through(lambda a: a.t().coalesce().values())
""",
    "optimizers": """
trained("SparseAdam") | trained("SparseAdam", lr=0.1, betas=(0.5, 0.9), maximize=True)
trained("SGD", lr=0.1) | trained("SGD", lr=0.1, momentum=0.9)
trained("SGD", lr=0.1, maximize=True)
trained("SGD", lr=0.1, momentum=0.9, nesterov=True) | trained("Adagrad", lr=0.1)
trained("Adagrad", lr=0.1, lr_decay=0.1) | trained("SparseAdam", eps=0.1)
T.optim.SparseAdam([T.ones(2).requires_grad_()])
""",
    "refusals": """
s().indices() | s().values() | d().indices() | d().values() | d().coalesce() | d().is_coalesced()
d().to_sparse(3) | s() + d() | s() + 1 | T.sparse_coo_tensor([[0]], [1.0], (3,)) + e() | e() / d()
e() / e() | T.mm(s(), d()) | h().transpose(0, 1) | s().permute(0) | s().reshape(6) | s().numpy()
s().tolist() | s().item() | bool(s()) | s().contiguous() | s().data_ptr() | s().add_(d())
into(lambda x: x.copy_(s())) | embedded(scale_grad_by_freq=True) | bag("max")
T.sparse_coo_tensor([[0, 1]], [1.0], (3,)) | T.sparse_coo_tensor([[0, 1]], [1.0, 2.0], (3, 3))
T.sparse_coo_tensor([[0, 1]], [[1.0], [2.0]], (3, 2)) | T.sparse_coo_tensor(3, 4)
trained("SGD", lr=0.1, weight_decay=0.1) | trained("Adagrad", lr=0.1, weight_decay=0.1)
trained("Adam") | trained("AdamW") | trained("Adamax") | trained("Adadelta") | trained("ASGD")
trained("NAdam") | trained("RAdam") | trained("RMSprop") | trained("Rprop") | trained("Adafactor")
trained("Muon") | T.optim.SparseAdam([T.ones(2)], lr=0) | T.optim.SparseAdam([T.ones(2)], eps=0)
T.optim.SparseAdam([T.ones(2)], betas=(1.0, 0.0)) | T.optim.SparseAdam([s().requires_grad_()])
T.optim.SparseAdam([{"params": [T.ones(2), s()]}]) | T.optim.SparseAdam([]) | dense_gradient()
""",
}
REFUSED = """
e().exp() | T.exp(e()) | T.sigmoid(e()) | T.cos(e()) | s() == s() | s() > 0 | s().max() | s().mean()
s().view(6) | T.equal(s(), s()) | s().fill_(1) | T.ones_like(s()) | F.softmax(e(), 1) | 2 / s()
d()._nnz() | s().storage() | s()[0:1] | s()[T.tensor([0])]
"""


def names(T):
    """What the expressions name, of one package."""
    F, nn = T.nn.functional, T.nn
    i, v = T.tensor([[0, 1, 1, 0], [2, 0, 2, 2]]), T.tensor([3.0, 4.0, 5.0, 6.0])

    def s(**options):
        return T.sparse_coo_tensor(i, v.clone(), (2, 3), **options)

    def h():
        return T.sparse_coo_tensor([[0, 2, 0]], [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], (3, 2))

    def d():
        return T.arange(6.0).reshape(2, 3)

    def e():
        return T.sparse_coo_tensor([[0, 1], [0, 2]], [1.0, 2.0], (2, 3)).coalesce()

    def s2():
        return s().coalesce()

    def into(write):
        x = d()
        result = write(x)
        return x, result is x

    def of_product():
        w = T.ones(3, 2, requires_grad=True)
        T.sparse.mm(s(), w).pow(2).sum().backward()
        return w.grad

    def of_leaf():
        a = e().clone().requires_grad_()
        T.sparse.mm(a, T.ones(3, 2)).pow(2).sum().backward()
        return a.grad, a.requires_grad, a.is_leaf

    def of_values():
        w = T.tensor([1.0, 2.0, 3.0, 4.0], requires_grad=True)
        a = T.sparse_coo_tensor(i, w, (2, 3))
        (a.to_dense() ** 2).sum().backward()
        return w.grad, a.requires_grad, a.is_leaf

    def through(function):
        w = T.tensor([1.0, 2.0, 3.0], requires_grad=True)
        at = T.tensor([[0, 1, 1], [1, 0, 2]])
        function(T.sparse_coo_tensor(at, w, (2, 3))).pow(2).sum().backward()
        return w.grad

    def table(**options):
        T.manual_seed(0)
        return nn.Embedding(5, 2, sparse=True, **options)

    def embedded(**options):
        net = table(**options)
        net(T.tensor([[1, 2], [1, 4]])).pow(2).sum().backward()
        return net.weight.grad

    def embedded_twice():
        net = table()
        for _ in range(2):
            net(T.tensor([[1, 2], [1, 4]])).pow(2).sum().backward()
        return net.weight.grad, net.weight.grad.coalesce()

    def embedded_and_dense():
        net = table()
        (net(T.tensor([[1, 2], [1, 4]])).pow(2).sum() + (net.weight**2).sum()).backward()
        return net.weight.grad

    def two_lookups():
        net = table()
        (net(T.tensor([[1, 2]])).pow(2).sum() + net(T.tensor([0, 2])).sum()).backward()
        return net.weight.grad

    def bag(mode, **options):
        T.manual_seed(0)
        net = nn.EmbeddingBag(5, 2, sparse=True, mode=mode, **options)
        net(T.tensor([1, 2, 1, 4]), T.tensor([0, 3])).pow(2).sum().backward()
        return net.weight.grad.is_sparse, net.weight.grad.to_dense()

    def zeroed():
        net = table()
        optimizer = T.optim.SGD(net.parameters(), lr=0.1)
        net(T.tensor([1])).sum().backward()
        optimizer.zero_grad(set_to_none=False)
        return net.weight.grad

    def trained(name, **options):
        net = table()
        optimizer = getattr(T.optim, name)(net.parameters(), **options)
        for n in range(3):
            optimizer.zero_grad()
            net(T.tensor([[1, 2], [n, 4]])).pow(2).sum().backward()
            optimizer.step()
        state = optimizer.state_dict()["state"].get(0, {})
        return net.weight.data, {
            k: x.to_dense() if isinstance(x, T.Tensor) else x for k, x in state.items()
        }

    def dense_gradient():
        w = T.ones(2, requires_grad=True)
        w.sum().backward()
        T.optim.SparseAdam([w]).step()

    return dict(locals())


def shown(expression, T, scope):
    try:
        text = repr(eval(expression, scope))
    except Exception as error:
        text = f"{type(error).__name__}: {str(error).splitlines()[0]}"
    return text if T is torch else text.replace("flambeau", "torch")


def expressions(text):
    return [part for line in text.strip().splitlines() for part in line.split(" | ")]


@pytest.mark.parametrize("topic", EXPRESSIONS)
@pytest.mark.filterwarnings("ignore")
def test_same_text(topic):
    theirs, mine = names(torch), names(flambeau)
    for expression in expressions(EXPRESSIONS[topic]):
        expected, got = shown(expression, torch, theirs), shown(expression, flambeau, mine)
        assert got == expected, expression
        assert ("Error: " in expected) == (topic == "refusals"), f"{expression}: {expected}"


@pytest.mark.filterwarnings("ignore")
def test_what_pytorch_does_not_run():
    """Operators without a sparse way are refused by an error of PyTorch's type."""
    for expression in expressions(REFUSED):
        with pytest.raises(NotImplementedError):
            eval(expression, names(torch))
        with pytest.raises(NotImplementedError, match="SparseCPU|'CPU' backend|storage"):
            eval(expression, names(flambeau))


def test_files_travel_both_ways():
    for here, there in ((flambeau, torch), (torch, flambeau)):
        file = io.BytesIO()
        whole = names(here)
        here.save({"a": whole["s"](), "b": whole["e"]()}, file)
        file.seek(0)
        found = there.load(file)
        expected = names(there)
        assert repr(found) == repr({"a": expected["s"](), "b": expected["e"]()})
        assert found["b"].is_coalesced() and not found["a"].is_coalesced()
