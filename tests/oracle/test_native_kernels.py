"""Eager kernels that the native runtime computes, on large enough arrays, against PyTorch."""

import numpy as np
import pytest

import flambeau
import flambeau.nn.functional as F

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.usefixtures("native_in_use")


def both(shape, seed=0, scale=2.0, dtype="float32", change=None):
    """A tensor of each library, with the same numbers, that want gradients."""
    x = np.random.default_rng(seed).standard_normal(shape) * scale
    if change is not None:
        change(x)
    ours = flambeau.tensor(x, dtype=getattr(flambeau, dtype), requires_grad=True)
    theirs = torch.tensor(x, dtype=getattr(torch, dtype), requires_grad=True)
    return ours, theirs


def wide(x):
    return x.detach().to(type_of(x)).numpy()


def type_of(x):
    return (flambeau if isinstance(x, flambeau.Tensor) else torch).float64


def compare(run, *pairs, tolerance=2e-6):
    """``run(library, functional, *tensors)`` of both, and its gradients."""
    ours, theirs = [[p[i] for p in pairs] for i in (0, 1)]
    y, want = run(flambeau, F, *ours), run(torch, torch.nn.functional, *theirs)
    assert y.shape == tuple(want.shape)
    assert y.dtype == getattr(flambeau, str(want.dtype).removeprefix("torch."))
    close(y, want, tolerance)
    g = np.random.default_rng(9).standard_normal(y.shape)
    y.backward(flambeau.tensor(g, dtype=y.dtype))
    want.backward(torch.tensor(g, dtype=want.dtype))
    for a, b in zip(ours, theirs, strict=True):
        if b.grad is not None:
            close(a.grad, b.grad, 5 * tolerance)


def close(got, want, tolerance):
    got, want = wide(got), wide(want)
    size = np.abs(want[np.isfinite(want)]).max(initial=1e-3)
    np.testing.assert_allclose(got, want, rtol=tolerance, atol=tolerance * size)


def turned(x):
    return x.transpose(0, 1)


def stepped(x):
    return x[:, ::2]


LAYOUTS = {"contiguous": lambda x: x, "transposed": turned, "stepped": stepped}
UNARY = ["exp", "exp2", "expm1", "tanh", "sigmoid", "erf", "sin", "cos"]
LOGARITHMS = ["log", "log2", "log10", "log1p"]
ACTIVATIONS = ["silu", "gelu", "mish", "logsigmoid", "softplus", "elu", "selu"]


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", UNARY + ACTIVATIONS)
def test_functions_of_each_element(name, layout):
    def run(lib, functional, x):
        x = LAYOUTS[layout](x)
        return getattr(lib, name)(x) if name in UNARY else getattr(functional, name)(x)

    compare(run, both((70, 101)))


@pytest.mark.parametrize("name", LOGARITHMS)
def test_logarithms(name):
    x = both((70, 101), change=lambda x: np.abs(x, out=x))
    compare(lambda lib, functional, x: getattr(lib, name)(x), x, tolerance=4e-6)


@pytest.mark.parametrize("approximate", ["none", "tanh"])
@pytest.mark.parametrize("dtype", ["float32", "float64", "bfloat16"])
def test_gelu(approximate, dtype):
    def run(lib, functional, x):
        return functional.gelu(x, approximate=approximate)

    tolerance = {"float32": 2e-6, "float64": 1e-12, "bfloat16": 1e-2}[dtype]
    compare(run, both((70, 101), dtype=dtype), tolerance=tolerance)


@pytest.mark.parametrize("name", UNARY + LOGARITHMS + ["silu", "gelu", "mish", "logsigmoid"])
def test_special_values(name):
    """Infinities, NaN, zeros and very large and small numbers among others."""
    values = [0.0, -0.0, np.inf, -np.inf, np.nan, 1e-40, -1e-40, 88, -88, 1e30, -1e30, 1, -1]
    x = np.resize(np.array(values, np.float32), 5000)
    function = getattr(torch, name, None) or getattr(torch.nn.functional, name)
    ours = getattr(flambeau, name, None) or getattr(F, name)
    if name in ("sin", "cos"):
        x[np.abs(x) > 1e20] = 3e7
    np.testing.assert_allclose(
        ours(flambeau.tensor(x)).numpy(), function(torch.tensor(x)).numpy(), rtol=2e-6, atol=1e-37
    )


@pytest.mark.parametrize("name", ["softmax", "log_softmax", "softmin"])
@pytest.mark.parametrize("dim", [0, 1, 2, -1])
@pytest.mark.parametrize("shape", [(40, 10, 3), (4, 33, 40), (100, 7, 1), (2, 3, 500)])
def test_softmax(name, dim, shape):
    compare(lambda lib, functional, x: getattr(functional, name)(x, dim), both(shape))


@pytest.mark.parametrize("dtype", ["float64", "bfloat16"])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_softmax_of_other_types_and_layouts(dtype, layout):
    def run(lib, functional, x):
        return functional.log_softmax(LAYOUTS[layout](x), 1)

    compare(run, both((60, 50), dtype=dtype), tolerance=1e-12 if dtype == "float64" else 2e-2)


@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
def test_softmax_of_infinities(name):
    def change(x):
        x[0] = -np.inf
        x[1, 3:] = -np.inf
        x[2, 5] = np.inf
        x[3, 4] = np.nan

    ours, theirs = both((20, 40), change=change)
    got = getattr(F, name)(ours, 1).detach().numpy()
    want = getattr(torch.nn.functional, name)(theirs, 1).detach().numpy()
    np.testing.assert_allclose(got, want, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("affine", [True, False])
@pytest.mark.parametrize("shape", [(16, 12), (7, 6, 100), (64, 33)])
def test_layer_norm(shape, affine):
    def run(lib, functional, x, *parameters):
        return functional.layer_norm(x, shape[1:], *parameters)

    parameters = [both(shape[1:], 1), both(shape[1:], 2)] if affine else []
    compare(run, both(shape), *parameters, tolerance=5e-6)


@pytest.mark.parametrize("affine", [True, False])
@pytest.mark.parametrize("shape", [(40, 12), (8, 6, 10), (4, 6, 5, 7), (64, 33)])
@pytest.mark.parametrize("training", [True, False])
def test_batch_norm(shape, affine, training):
    def run(lib, functional, x, *parameters):
        mean, variance = lib.full((shape[1],), 0.5), lib.full((shape[1],), 2.0)
        both = parameters or (None, None)
        y = functional.batch_norm(x, mean, variance, *both, training)
        return y + mean.sum() + variance.sum()  # the running statistics too

    parameters = [both(shape[1:2], 1), both(shape[1:2], 2)] if affine else []
    compare(run, both(shape), *parameters, tolerance=5e-6)


@pytest.mark.parametrize("groups", [1, 2, 6])
@pytest.mark.parametrize("shape", [(8, 6, 10), (4, 6, 5, 7), (40, 12)])
def test_group_norm(shape, groups):
    def run(lib, functional, x, weight, bias):
        return functional.group_norm(x, groups, weight, bias)

    compare(run, both(shape), both(shape[1:2], 1), both(shape[1:2], 2), tolerance=5e-6)


@pytest.mark.parametrize("options", [{}, {"padding_idx": 3}, {"scale_grad_by_freq": True}])
@pytest.mark.parametrize("width", [8, 64])
def test_embedding(width, options):
    numbers = np.random.default_rng(4).integers(0, 20, (30, 17))

    def run(lib, functional, weight):
        return functional.embedding(lib.tensor(numbers), weight, **options)

    compare(run, both((20, width)))


def test_an_index_out_of_range_is_refused():
    numbers = flambeau.zeros(100, 3, dtype=flambeau.int64)
    numbers[7, 1] = 5
    with pytest.raises(IndexError, match="index out of range in self"):
        F.embedding(numbers, flambeau.zeros(5, 16))
