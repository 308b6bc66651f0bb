"""Reductions, scans, sorting and counting, evaluated by PyTorch and by flambeau.

Each expression is evaluated with both packages: result, type, shape, node name and names of fields
must agree, or the exception's type and first sentence.
"""

from __future__ import annotations

import re
import warnings

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import flambeau as fl  # noqa: E402

RAMP = [[0.0, 1, 2], [3, 4, 5]]
TIES = [[3.0, 1, 2], [1, 3, 3]]


def names(T, data):
    return {
        "torch": T, "t": T.tensor, "z": T.zeros, "nan": float("nan"), "inf": float("inf"),
        "x": T.tensor(data, requires_grad=True),
    }  # fmt: skip


def array(t):
    a = t.detach()
    return np.asarray(a.float().numpy() if str(a.dtype).endswith("bfloat16") else a.numpy())


def evaluate(T, expression, data):
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return eval(expression, names(T, data))
    except Exception as error:
        return error


def first_sentence(error):
    return str(error).split("\n")[0].split(" - got")[0].replace("flambeau", "torch")


def assert_same(want, got):
    if isinstance(want, Exception):
        assert isinstance(got, type(want)), got
        assert first_sentence(got) == first_sentence(want)
    elif isinstance(want, torch.Tensor):
        assert isinstance(got, fl.Tensor), got
        assert str(got.dtype).split(".")[1] == str(want.dtype).split(".")[1]
        assert tuple(got.shape) == tuple(want.shape)
        assert got.requires_grad == want.requires_grad
        assert type(got.grad_fn).__name__ == type(want.grad_fn).__name__
        np.testing.assert_allclose(array(got), array(want), rtol=2e-5, atol=1e-6)
    elif isinstance(want, (tuple, list)):
        assert isinstance(got, (tuple, list)) and len(got) == len(want)
        fields = re.findall(r"^(\w+)=", repr(want), re.MULTILINE)
        assert list(getattr(got, "_fields", ())) == fields
        for w, g in zip(want, got, strict=True):
            assert_same(w, g)
    else:
        assert type(got) is type(want) and got == want


REDUCTIONS = """
x.sum()
x.sum(1)
x.sum(dim=())
x.sum((0, 1), True)
x.sum([])
x.sum(None, True)
x.sum(0, 1)
x.sum(5)
x.sum((0, -2))
torch.sum("a")
torch.sum([1, 2])
torch.sum(x, axis=1, keepdims=True)
x.T.sum(0)
x[:, ::2].sum(1)
t(1.0).sum(0)
t(1.0).sum(-1)
t(1.0).sum(1)
t([1, 2], dtype=torch.uint8).sum()
t([True, True]).sum()
t([[True, False]]).sum(1)
t([1, 2], dtype=torch.uint8).sum(dtype=torch.uint8)
t([1.5, 2]).sum(dtype=torch.int32)
z(0).sum()
z(0, 3).sum(0)
z(0, 3).sum(1)
torch.sum(x.detach(), 1, out=torch.zeros(2))
torch.sum(x, 1, out=torch.zeros(2))
torch.ones(3000, dtype=torch.float16).sum()
torch.ones(3000, dtype=torch.bfloat16).sum()
x.mean()
x.mean(1)
x.mean((0, 1), True)
t([1, 2]).mean()
t([1, 2]).mean(0)
t([1, 2]).mean(dtype=torch.float32)
t([True]).mean()
z(0).mean()
t(1.0).mean(0, True)
x.mean(2)
torch.mean(x.detach(), 1, out=torch.zeros(2, dtype=torch.int))
x.prod()
x.prod(1)
x.prod(1, True)
t([1, 2], dtype=torch.int8).prod()
z(0).prod()
torch.nansum(x)
torch.nansum(t([1, nan, 2]))
torch.nansum(x, 1)
torch.nansum(t([1, 2], dtype=torch.int8))
torch.nansum(t([1j, 2]))
torch.nanmean(x, 1)
torch.nanmean(t([1, nan, 2]))
torch.nanmean(t([1, 2]))
x.any()
x.any(1)
x.all((0, 1))
x.all(())
x.any((0,), True)
t([1, 0], dtype=torch.uint8).any()
t([1, 0], dtype=torch.uint8).all(0)
t([nan, 1]).all()
z(0).any()
z(0).all()
t(3.0).any(0)
torch.count_nonzero(x)
torch.count_nonzero(x, 1)
torch.count_nonzero(x, (0, 1))
torch.count_nonzero(x, dim=())
x.logsumexp(1)
x.logsumexp((0, 1), True)
x.logsumexp()
torch.special.logsumexp(x, 0)
t([1, 2]).logsumexp(0)
t([inf, 1]).logsumexp(0)
t([-inf, -inf]).logsumexp(0)
t([1000.0, 1000]).logsumexp(0)
z(0, 2).logsumexp(0)
t(2.0).logsumexp(0)
x.sum_to_size((1, 3))
x.sum_to_size(2, 1)
x.sum_to_size(4)
x.sum_to_size(2, 3)
x.sum_to_size(())
"""

EXTREMES = """
x.max()
x.max(1)
x.max(1, True)
x.max(x)
x.max(dim=1)
torch.max(x, 1)
torch.max(x, dim=1, keepdim=True)
torch.max(x, other=x)
x.max((0, 1))
x.max(2)
x.min()
x.min(0)
x.min(x)
x.amax()
x.amax(1)
x.amax((0, 1), True)
x.amax(())
x.amin(0)
torch.aminmax(x)
torch.aminmax(x, dim=1)
torch.aminmax(x, dim=1, keepdim=True)
torch.aminmax(z(0))
x.argmax()
x.argmax(1)
x.argmax(1, True)
x.argmax(None, True)
x.argmin(keepdim=True)
x.argmax(3)
z(0).max()
z(0).argmax()
z(0).amax()
z(0, 3).max(0)
z(0, 3).argmax(0)
z(0, 3).amax(0)
z(0, 3).max(1)
z(0, 3).amax(1)
z(0, 3).argmax(1)
t([1j]).max()
t([1j]).max(0)
t([1j]).argmax()
t([1j]).amax()
t([True, False]).argmax()
t([True, False]).max()
t([True, False]).max(0)
t([1.0, nan, nan]).max(0)
t([1.0, nan, nan]).min(0)
t([1.0, nan, nan]).max()
t([1.0, nan, nan]).argmin()
t([1.0, nan]).amax(0)
t(3.0).max(0)
t(3.0).argmax()
t(3.0).argmax(0)
torch.tensor([1, 5, 2], dtype=torch.bfloat16).max(0)
torch.tensor([1, 5, 2], dtype=torch.float16).argmax()
torch.max(x.detach(), 1, out=(torch.zeros(2), torch.zeros(2, dtype=torch.long)))
x.median()
x.median(1)
x.median(0, True)
torch.median(t([3, 1, 2, 4]))
t([1.0, nan, nan, 3]).median(0)
t([1.0, nan, nan, 3]).median()
t([1.0, nan, nan, 3, 0]).nanmedian(0)
t([1.0, nan, nan, 3]).nanmedian()
t([nan, nan]).nanmedian(0)
z(0).median()
z(0, 2).median(0)
z(0, 2).median(1)
t(3.0).median(0)
t([True]).median()
t([1, 2, 2, 1, 3]).mode()
t([1, 2, 2, 1, 3, 2, 1]).mode(0)
t([[1, 2, 2, 1, 3, 2, 1]]).mode(0)
t([nan, 1, nan]).mode()
z(0).mode()
z(0, 2).mode(1)
t(3.0).mode()
x.mode(1, True)
x.kthvalue(2)
x.kthvalue(2, 0)
x.kthvalue(2, dim=1, keepdim=True)
x.kthvalue(4)
x.kthvalue(0)
t(3.0).kthvalue(1)
t([nan, 1, 2]).kthvalue(3)
z(0).kthvalue(1)
x.quantile(0.5).detach()
x.quantile(0.5, 1).detach()
x.quantile(t([0.25, 0.5]), 1).detach()
x.quantile(t([0.25, 0.5]), 1, True).detach()
x.quantile(t([0.25, 0.5]), keepdim=True).detach()
x.quantile(0.3, 1, interpolation="nearest").detach()
x.quantile(0.3, 1, interpolation="lower").detach()
x.quantile(0.3, 1, interpolation="higher").detach()
x.quantile(0.3, 1, interpolation="midpoint").detach()
x.quantile(0.3, 1, interpolation="foo")
x.quantile(2.0)
x.quantile(t([2.0]))
x.quantile(t([[0.2]]))
x.quantile(t([0.2], dtype=torch.double))
t([1, 2]).quantile(0.5)
z(0).quantile(0.5)
t([1.0, nan]).quantile(0.5)
t([1.0, nan, 2]).nanquantile(0.5)
t([nan]).nanquantile(0.5)
"""

MOMENTS = """
x.var()
x.std()
x.var(1)
x.var(False)
x.var(1, False)
x.var(1, False, True)
x.var((0, 1))
x.var(dim=1, unbiased=False)
x.var(dim=1, correction=0)
x.var(1, correction=0.5)
x.var(correction=7)
x.var([])
t([1, 2]).var()
t([1, 2]).std()
torch.var_mean(x)
torch.std_mean(x, 1)
torch.var_mean(x, unbiased=False)
t([1.0]).var()
t(1.0).var()
z(0).var()
t([1 + 1j, 2]).var()
t([1.0, 2, 4], dtype=torch.bfloat16).std()
x.norm()
x.norm(1)
x.norm(2, 1)
x.norm(p="fro")
x.norm(p="fro", dim=(0, 1))
x.norm(p=inf, dim=1, keepdim=True)
x.norm(p=0)
x.norm(p=-1)
x.norm(p=2.5)
x.norm(dim=1)
x.norm(dim=(0, 1), p=1)
x.norm(p="foo")
t([1, 2]).norm()
x.norm(dtype=torch.float64)
torch.norm(t([3 + 4j]))
torch.norm(z(0))
torch.norm(z(0), inf)
torch.dist(x, x + 1)
torch.dist(x, x + 1, 1)
torch.dist(x, x)
torch.renorm(x, 2, 0, 1)
torch.renorm(x, -1, 0, 1)
torch.renorm(t([1.0]), 2, 0, 1)
torch.renorm(x, 2, 0, -1)
torch.cov(x.detach())
torch.cov(x.detach(), correction=0)
torch.cov(x.detach(), fweights=t([1, 2, 1]))
torch.cov(x.detach(), aweights=t([1.0, 2, 1]))
torch.cov(z(2, 2, 2))
torch.cov(x, fweights=t([1.0, 2, 1]))
torch.cov(t([1, 2, 4]))
torch.cov(t(1.0))
torch.corrcoef(x.detach())
torch.corrcoef(t([1.0, 2]))
"""

SCANS = """
x.cumsum(0)
x.cumsum(1)
x.cumsum()
x.cumsum(3)
t([1, 2], dtype=torch.uint8).cumsum(0)
t([True, True]).cumsum(0)
t([1.5, 2]).cumsum(0, dtype=torch.int32)
t(3.0).cumsum(0)
z(0).cumsum(0)
t([1.0, 2]).cumsum_(0)
x.cumprod(1)
t([1, 2, 3], dtype=torch.int8).cumprod(0)
x.cummax(1)
x.cummin(1)
t([1.0, 2, nan, 3, nan, 1]).cummax(0)
t([1.0, 1, 0, 1]).cummax(0)
t(3.0).cummax(0)
z(0).cummax(0)
t([True, False]).cummax(0)
t([1j]).cummax(0)
x.logcumsumexp(1)
t([1, 2]).logcumsumexp(0)
t([-inf, -inf, 1, inf]).logcumsumexp(0)
x.diff()
x.diff(dim=0)
x.diff(n=2)
x.diff(n=5)
x.diff(n=-1)
x.diff(prepend=z(2, 1), append=z(2, 2))
t(1.0).diff()
t([True, False]).diff()
torch.trapezoid(x.detach())
torch.trapezoid(x.detach(), dx=2)
torch.trapezoid(x.detach(), t([0.0, 1, 3]))
torch.trapezoid(x, t([0.0, 1, 3]), dim=0)
torch.trapezoid(x.detach(), t([0.0, 1]), dim=0)
torch.trapezoid(t([1, 2]))
torch.trapezoid(z(0))
torch.cumulative_trapezoid(x)
torch.cumulative_trapezoid(x.detach(), t([0.0, 1, 3]))
torch.trapz(x.detach())
torch.softmax(x, 1)
torch.log_softmax(x, 1)
x.softmax(-1)
x.T.softmax(0)
torch.softmax(t([1, 2]), 0)
torch.softmax(t([1, 2]), 0, dtype=torch.float64)
torch.softmax(t(1.0), 0)
torch.softmax(t(nan), 0)
torch.softmax(z(0, 3), 1)
torch.softmax(x, 5)
torch.softmax(x)
torch.nn.functional.softmax(x)
torch.nn.functional.softmin(x, 1)
torch.nn.functional.log_softmax(x, 1, dtype=torch.double)
torch.softmax(t([inf, 1]), 0)
torch.softmax(t([-inf, -inf]), 0)
torch.log_softmax(t([-inf, 1]), 0)
torch.softmax(t([nan, 1]), 0)
torch.softmax(t([1j]), 0)
torch.special.softmax(x, 1)
torch.special.log_softmax(x, 1)
torch.log_softmax(t([1, 2]), 0)
torch.softmax(t([1.0, 2], dtype=torch.bfloat16), 0)
"""

SORTING = """
x.sort()
x.sort(0, True)
x.sort(dim=1, descending=True)
x.sort(5)
t([nan, 1, inf, -inf, nan]).sort()
t([nan, 1, inf, -inf, nan]).sort(descending=True)
t([nan, 1, 2], dtype=torch.bfloat16).sort(descending=True)
t([2, 1, 2, 1]).sort(stable=True, descending=True)
t(3.0).sort()
z(0).sort()
t([1, 0, 1, 0]).sort(descending=True)
t([True, False]).sort()
t([1j]).sort()
x.argsort()
x.argsort(0, True)
torch.argsort(x, stable=True)
x.msort()
t(1.0).msort()
x.topk(2)
x.topk(2, 1, False)
x.topk(2, 0, True, False)
x.topk(4)
x.topk(0)
x.topk(-1)
t(3.0).topk(1)
t([nan, 1, 2]).topk(2)
t([nan, 1, 2]).topk(2, largest=False)
t([True]).topk(1)
torch.searchsorted(t([1, 3, 5]), t([3, 4]))
torch.searchsorted(t([1, 3, 5]), t([3, 4]), right=True)
torch.searchsorted(t([1, 3, 5]), t([3, 4]), side="right")
torch.searchsorted(t([1, 3, 5]), 3)
torch.searchsorted(t([1, 3, 5]), 3, out_int32=True)
torch.searchsorted(t([[1, 3, 5], [2, 4, 6]]), t([[3], [3]]))
torch.searchsorted(t([5, 1, 3]), t([3, 4]), sorter=t([1, 2, 0]))
torch.searchsorted(t([1, 3, 5]), t([3.0, 4]))
torch.searchsorted(t([[1, 3, 5], [2, 4, 6]]), t([3]))
torch.searchsorted(t([1, 3, 5]), t([3]), right=True, side="left")
torch.searchsorted(t([1, 3, 5]), t([3]), side="foo")
torch.searchsorted(t([1.0, nan]), t([nan]))
torch.bucketize(t([3, 6, 9]), t([1, 3, 5, 7, 9]))
torch.bucketize(t([3, 6, 9]), t([1, 3, 5, 7, 9]), right=True)
torch.bucketize(3, t([1, 3, 5, 7, 9]))
torch.bucketize(t([3, 6, 9]), t([[1]]))
"""

COUNTING = """
t([3, 1, 2, 1]).unique()
t([3, 1, 2, 1]).unique(sorted=False)
t([3, 1, 2, 1]).unique(return_inverse=True)
t([3, 1, 2, 1]).unique(return_inverse=True, return_counts=True)
torch.unique(t([[1, 2], [1, 2], [0, 5]]), dim=0)
torch.unique(t([[1, 2], [1, 2], [0, 5]]), dim=0, return_inverse=True, return_counts=True)
torch.unique(t([[1, 2], [1, 2], [0, 5]]), dim=1)
torch.unique(t([nan, 1, nan]), return_inverse=True, return_counts=True)
torch.unique(t([[nan, 1], [nan, 1]]), dim=0, return_inverse=True)
torch.unique(t([[1, 2], [1, 2]]), return_inverse=True)
torch.unique(z(0), return_inverse=True)
torch.unique(z(0, 3), dim=0, return_inverse=True, return_counts=True)
torch.unique(z(0, 3), dim=1)
torch.unique(z(0, 0), dim=1)
torch.unique(t(3.0), return_inverse=True, return_counts=True)
torch.unique(t(1.0), dim=0)
torch.unique(t([True, False, True]), return_counts=True)
torch.unique_consecutive(t([1, 1, 2, 2, 1]))
torch.unique_consecutive(t([1, 1, 2, 2, 1]), return_inverse=True, return_counts=True)
torch.unique_consecutive(t([[1, 1], [1, 1], [2, 1]]), dim=0, return_inverse=True)
torch.unique_consecutive(z(0), return_counts=True)
torch.unique_consecutive(t([nan, nan]))
t([1j, 1]).unique()
torch.bincount(t([1, 2, 1]))
torch.bincount(t([1, 2, 1]), t([0.5, 1, 2]))
torch.bincount(t([1, 2, 1]), minlength=5)
torch.bincount(t([1, 2, 1]), t([1, 2, 3]))
torch.bincount(t([1.0, 2, 1]))
torch.bincount(t([-1]))
torch.bincount(t([], dtype=torch.long))
torch.bincount(t([[1]]))
torch.bincount(t([1]), minlength=-1)
torch.bincount(t([1]), t([1.0, 2]))
torch.histc(x.detach())
torch.histc(x.detach(), 4, 1, 3)
torch.histc(x.detach(), 4, 3, 1)
torch.histc(t([1, 2]), 4)
torch.histc(t([1.0, 1]), 4)
torch.histc(t([0.1, 0.6, 1, 1.4, 1.8]), 4, 1, 1)
torch.histc(x, 0)
torch.histc(z(0), 3)
torch.histogram(x.detach(), 4)
torch.histogram(x.detach(), 4, range=(0.0, 4.0))
torch.histogram(x.detach(), 4, range=(3.0, 1.0))
torch.histogram(x.detach(), t([0.0, 1, 2, 3]))
torch.histogram(x.detach(), 4, density=True)
torch.histogram(x.detach(), 4, weight=x.detach())
torch.histogram(t([1.0, 1]), 4)
torch.histogram(z(0), 4)
torch.histogramdd(t([[0.0, 1], [1, 0]]), [3, 3])
torch.histogramdd(t([[1.0, 1]]), [t([0.0, 2]), t([0.0, 1, 2])], density=True)
torch.isin(t([1, 2, 3]), t([2]))
torch.isin(t([1, 2, 3]), 2)
torch.isin(2, t([1, 2, 3]))
torch.isin(t([1, 2, 3]), t([2]), invert=True)
torch.isin(t([1.0, nan]), t([nan]))
torch.isin(t([1, 2]), t([1.0, 5]))
torch.isin(t([True]), t([True]))
torch.isin(2, 3)
torch.equal(t([1, 2]), t([1, 2]))
torch.equal(t([1, 2]), t([1.0, 2]))
torch.equal(t([nan]), t([nan]))
torch.equal(t([1, 2]), t([1]))
torch.equal(x, 2)
torch.allclose(x, x + 1e-9)
torch.allclose(t([1, 2]), t([1.0, 2]))
torch.allclose(t([nan]), t([nan]), equal_nan=True)
torch.allclose(t([inf]), t([inf]))
torch.isclose(t([1, 2]), t([1.0, 2]))
torch.isclose(t([1, 2]), t([1, 3]))
torch.isclose(t([1.0]), t([1.0]), rtol=-1)
torch.isclose(t([1.0]), t([1.0]), atol=-1)
torch.isclose(t([1j]), t([1j]))
torch.isclose(t([1, 2]), t([[1], [3]]))
torch.isclose(t([1000000]), t([1000001]), rtol=0, atol=1)
torch.isclose(t([inf, -inf, nan]), t([inf, inf, nan]), equal_nan=True)
"""


def lines(text):
    return [line for line in text.splitlines() if line]


@pytest.mark.parametrize("expression", lines(REDUCTIONS))
def test_sums_and_means(expression):
    assert_same(evaluate(torch, expression, RAMP), evaluate(fl, expression, RAMP))


@pytest.mark.parametrize("expression", lines(EXTREMES + MOMENTS + SCANS + SORTING + COUNTING))
def test_all_others(expression):
    assert_same(evaluate(torch, expression, TIES), evaluate(fl, expression, TIES))


DIFFERENTIABLE = """
x.sum(1)
x.sum((0, 1), True)
x.mean(0)
x.mean()
x.prod()
x.prod(1)
x.nansum(1)
torch.nanmean(x, 1)
x.max(1)[0]
x.max()
x.min(0, True)[0]
x.amax(1)
x.amin((0, 1))
sum(torch.aminmax(x, dim=1))
x.logsumexp(1)
x.logsumexp((0, 1))
x.softmax(1)
x.log_softmax(0)
torch.nn.functional.softmin(x, 1)
x.var(1)
x.std(0)
x.var(correction=0)
torch.var_mean(x, 1)[0] * torch.var_mean(x, 1)[1]
torch.std_mean(x, 1)[0] * torch.std_mean(x, 1)[1]
x.norm()
x.norm(3, 1)
x.norm(1.5)
torch.dist(x, x * 0.5 + 1)
torch.dist(x, x * 0.5 + 1, 3)
torch.renorm(x, 2, 0, 0.5)
torch.renorm(x, 1, 1, 0.5)
torch.renorm(x, 2, 0, 100.0)
torch.cov(x)
torch.corrcoef(x)
x.median()
x.median(1)[0]
x.nanmedian(1)[0]
x.mode(1)[0]
x.kthvalue(2, 1)[0]
x.quantile(0.4, 1)
x.quantile(torch.tensor([0.2, 0.5], dtype=torch.float64))
x.cumsum(1)
x.cumprod(1)
x.cumprod(0)
x.cummax(1)[0]
x.cummin(0)[0]
x.logcumsumexp(1)
x.diff()
torch.trapezoid(x)
torch.cumulative_trapezoid(x, dim=0)
x.sort(1)[0]
x.sort(0, descending=True)[0]
torch.msort(x)
x.topk(1)[0]
x.sum_to_size(1, 4)
x.sum_to_size(4)
"""

NORMAL = np.random.RandomState(0).randn(3, 4)
WITH_ZEROS = NORMAL * [[1, 0, 1, 1], [1, 1, 0, 1], [1, 0, 1, 1]]
WITH_TIES = np.array([[1.0, 2, 2, 0], [3, 3, 4, 1], [0, 0, 1, -1]])


def gradients(T, expression, data):
    """The value, its gradient in a fixed direction, and that gradient's gradient."""
    x = T.tensor(data, dtype=T.float64, requires_grad=True)
    y = eval(expression, {"torch": T, "x": x})
    w = T.tensor(np.cos(np.arange(y.numel()) + 0.3).reshape(tuple(y.shape)))
    (g,) = T.autograd.grad((y * w).sum(), x, create_graph=True)
    second = T.zeros(3, 4)
    if g.requires_grad:
        v = T.tensor(np.sin(np.arange(12) + 1.0).reshape(3, 4))
        (second,) = T.autograd.grad((g * v).sum(), x)
    return [array(a) for a in (y, g, second)]


@pytest.mark.parametrize("data", [NORMAL, WITH_ZEROS, WITH_TIES], ids=["normal", "zeros", "ties"])
@pytest.mark.parametrize("expression", lines(DIFFERENTIABLE))
def test_first_and_second_gradients(expression, data):
    want, got = gradients(torch, expression, data), gradients(fl, expression, data)
    for w, g in zip(want, got, strict=True):
        np.testing.assert_allclose(g, w, rtol=1e-7, atol=1e-8)


OF_ALL_TYPES = """
x.sum()
x.sum(0)
x.prod(1)
x.mean(1)
x.max(1)
x.min()
x.amax(0)
x.argmin(1)
x.any(1)
x.all()
x.count_nonzero(1)
x.std(0)
x.cumsum(1)
x.cumprod(0)
x.cummax(1)
x.sort(dim=1, stable=True)
x.unique()
x.logsumexp(1)
x.softmax(1)
x.norm(2, 1)
x.isclose(x)
"""
TYPES = ("bool", "uint8", "int32", "int64", "float16", "bfloat16", "complex64")


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("expression", lines(OF_ALL_TYPES))
def test_element_types(expression, dtype):
    def run(T):
        try:
            return eval(expression, {"x": T.tensor([[1.0, 0, 3], [2, 2, 1]]).to(getattr(T, dtype))})
        except Exception as error:
            return error

    want, got = run(torch), run(fl)
    if isinstance(want, Exception):
        assert isinstance(got, type(want)), got
    else:
        assert_same(want, got)


LARGE = [((3000, 10), 0), ((3000, 10), 1), ((700, 100), 1), ((20, 30, 50), 1), ((9001, 17), 0)]


@pytest.mark.parametrize("shape, dim", LARGE)
def test_large_arrays(shape, dim):
    """Large arrays take other ways than small ones; the results are the same."""
    data = np.random.RandomState(1).randn(*shape).astype(np.float32)
    ours, theirs = fl.tensor(data), torch.tensor(data)
    for f in (
        lambda x: x.sum(dim), lambda x: x.mean(dim, keepdim=True), lambda x: x.sum(),
        lambda x: x.T.sum(dim) if x.ndim == 2 else x.sum((0, 2)), lambda x: x.amax(dim),
        lambda x: x.softmax(dim), lambda x: (50 * x).softmax(dim), lambda x: x.log_softmax(dim),
        lambda x: x.max(dim)[1], lambda x: x.argmin(dim), lambda x: x.std(dim),
    ):  # fmt: skip
        np.testing.assert_allclose(array(f(ours)), array(f(theirs)), rtol=1e-4, atol=2e-5)
