"""Reading, writing and adding at index tensors in the native runtime, against PyTorch."""

import numpy as np
import pytest

import flambeau
import flambeau.nn.functional as F

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.usefixtures("native_in_use")

RNG = np.random.default_rng(3)
X = RNG.standard_normal((60, 70))
S = RNG.standard_normal((60, 80))
ROWS = RNG.standard_normal((90, 70))
EACH = RNG.permuted(np.tile(np.arange(70), (60, 1)), axis=1)  # each place once
ALONG = RNG.integers(0, 70, (60, 80))
DOWN = RNG.integers(0, 60, (90, 70))
PICK = RNG.integers(0, 60, 90)
FROM_END = RNG.integers(-60, 60, 90)


# What is done, to numbers and then at indices, on either library.
CASES = {
    "gather": (lambda lib, x, i: x.gather(1, i), [X], [ALONG]),
    "gather down": (lambda lib, x, i: x.gather(0, i), [X], [DOWN]),
    "gather of a part": (lambda lib, x, i: x[:, 10:].gather(1, i), [X], [ALONG % 60]),
    "gather of a transpose": (lambda lib, x, i: x.T.gather(0, i.T), [X], [ALONG]),
    "gather by expanded": (lambda lib, x, i: x.gather(0, i[:, None].expand(90, 70)), [X], [PICK]),
    "index_select": (lambda lib, x, i: x.index_select(0, i), [X], [PICK]),
    "index_select columns": (lambda lib, x, i: x.index_select(1, i), [X], [PICK]),
    "rows": (lambda lib, x, i: x[i], [X], [FROM_END]),
    "columns": (lambda lib, x, i: x[:, i], [X], [FROM_END]),
    "at two": (lambda lib, x, i, j: x[i, j], [X], [FROM_END, PICK]),
    "at a grid": (lambda lib, x, i, j: x[i[:, None], j], [X], [FROM_END, PICK]),
    "scatter": (lambda lib, x, s, i: x.scatter(1, i, s[:, :70]), [X, S], [EACH]),
    "scatter a number": (lambda lib, x, i: x.scatter(1, i, 2.5), [X], [ALONG]),
    "scatter_add": (lambda lib, x, s, i: x.scatter_add(1, i, s), [X, S], [ALONG]),
    "scatter_add down": (lambda lib, x, s, i: x.scatter_add(0, i, s), [X, ROWS], [DOWN]),
    "index_add": (lambda lib, x, s, i: x.index_add(0, i, s, alpha=0.5), [X, ROWS], [PICK]),
    "index_put": (lambda lib, x, s, i: x.index_put((i,), s[:60]), [X, ROWS], [np.arange(60)[::-1]]),
    "index_put added": (lambda lib, x, s, i: x.index_put((i,), s, accumulate=True), [X, ROWS],
                        [FROM_END]),
    "index_put at two": (lambda lib, x, s, i, j: x.index_put((i, j), s[:, 0], accumulate=True),
                         [X, ROWS], [FROM_END, PICK]),
    "cumsum": (lambda lib, x: x.cumsum(1) + x.T.cumsum(1).T, [X], []),
    "cumprod": (lambda lib, x: (1 + 0.1 * x).cumprod(0), [X], []),
    "cummax": (lambda lib, x: x.cummax(1).values + x.cummin(0).values, [X], []),
    "sort": (lambda lib, x: x.sort(1)[0] + x.sort(0, descending=True)[0], [X], []),
    "argsort": (lambda lib, x: x * x.argsort(0) - x * x.argsort(1, True), [X], []),
    "topk": (lambda lib, x: x.topk(5, 1)[0][:, :4] + x.topk(60, 0, False)[0][:, :4], [X], []),
    "index_reduce": (lambda lib, x, s, i: x.index_reduce(0, i, s, "amax"), [X, ROWS], [PICK]),
    "max": (lambda lib, x: x.max(1).values + x.min(0).values[:60], [X], []),
    "scatter_reduce": (lambda lib, x, s, i: x.scatter_reduce(1, i, s, "mean"), [X, S], [ALONG]),
}  # fmt: skip
PADS = ["reflect", "replicate", "circular"]


def gradients(lib, function, inputs, indices, dtype, compiled=False):
    """The result and the gradients of the inputs, as arrays."""
    inputs = [lib.tensor(x, dtype=dtype) for x in inputs]
    indices = [lib.tensor(np.ascontiguousarray(i)) for i in indices]

    def step(inputs, indices):
        inputs = [x.detach().requires_grad_() for x in inputs]
        y = function(lib, *inputs, *indices)
        g = lib.arange(y.numel(), dtype=y.dtype).reshape(y.shape) / y.numel()
        return y.detach(), *lib.autograd.grad(y, inputs, g)

    run = flambeau.compile(step) if compiled else step
    if compiled:
        run(inputs, indices)
        assert not run.eager
    return [t.double().numpy() for t in run(inputs, indices)]


@pytest.mark.parametrize("compiled", [False, True], ids=["eager", "compiled"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("case", CASES)
def test_as_in_pytorch(case, dtype, compiled):
    function, inputs, indices = CASES[case]
    if case == "cumprod" and compiled:
        pytest.skip("its gradient looks at numbers")
    want = gradients(torch, function, inputs, indices, getattr(torch, dtype))
    got = gradients(flambeau, function, inputs, indices, getattr(flambeau, dtype), compiled)
    tolerance = 1e-12 if dtype == "float64" else 3e-6
    for g, w in zip(got, want, strict=True):
        np.testing.assert_allclose(g, w, tolerance, tolerance * max(1, np.abs(w).max()))


@pytest.mark.parametrize("compiled", [False, True], ids=["eager", "compiled"])
@pytest.mark.parametrize("mode", PADS)
def test_padding(mode, compiled):
    def function(lib, x):
        pad = (F if lib is flambeau else torch.nn.functional).pad
        return pad(x.reshape(2, 30, 7, 10), (3, 2, 1, 6), mode)

    want = gradients(torch, function, [X], [], torch.float32)
    got = gradients(flambeau, function, [X], [], flambeau.float32, compiled)
    for g, w in zip(got, want, strict=True):
        np.testing.assert_allclose(g, w, 1e-6, 1e-6)


@pytest.mark.parametrize("compiled", [False, True], ids=["eager", "compiled"])
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("name", ["cross_entropy", "nll_loss"])
def test_class_weights(name, reduction, compiled):
    def function(lib, x, weight, target):
        functional = F if lib is flambeau else torch.nn.functional
        loss = getattr(functional, name)
        return loss(x, target, weight.detach(), reduction=reduction) * weight.sum()

    target = np.where(PICK < 5, -100, PICK)[:60]
    weight = np.arange(70) % 5 / 4
    want = gradients(torch, function, [X, weight], [target], torch.float32)
    got = gradients(flambeau, function, [X, weight], [target], flambeau.float32, compiled)
    for g, w in zip(got, want, strict=True):
        np.testing.assert_allclose(g, w, 3e-6, 3e-6 * max(1, np.abs(w).max()))


def test_whole_numbers():
    i = np.ascontiguousarray(ALONG)
    for function in (
        lambda lib, x, i: x.gather(1, i), lambda lib, x, i: x.scatter_add(1, i, x[:, :1] + i),
        lambda lib, x, i: x[i[:, 0] % 60], lambda lib, x, i: x.cumsum(0),
        lambda lib, x, i: x.cumsum(1),
    ):  # fmt: skip
        x = RNG.integers(-99, 99, X.shape)
        want = function(torch, torch.tensor(x), torch.tensor(i)).numpy()
        compiled = flambeau.compile(lambda x, i, f=function: f(flambeau, x, i))
        given = flambeau.tensor(x), flambeau.tensor(i)
        for got in (function(flambeau, *given), compiled(*given), compiled(*given)):
            assert np.array_equal(got.numpy(), want)
