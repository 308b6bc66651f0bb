"""nn.utils: clipping, parametrizations, norms of weights, pruning, fusion, functional calls."""

import copy
import math
import pickle

import pytest

import flambeau as fl
from flambeau import nn
from flambeau.func import functional_call
from flambeau.nn import utils
from flambeau.nn.utils import parametrizations, parametrize, prune

# --- gradients ---------------------------------------------------------------------------------


def with_gradients(*gradients):
    parameters = []
    for g in gradients:
        p = nn.Parameter(fl.zeros(len(g)))
        p.grad = fl.tensor(g)
        parameters.append(p)
    return parameters


@pytest.mark.parametrize(
    ("p", "norm"), [(2, 13.0), (1, 19.0), (math.inf, 12.0), (-math.inf, 3.0), (0, 2.0)]
)
def test_total_norm(p, norm):
    gradients = [fl.tensor([3.0, 4.0]), fl.tensor([12.0])]
    assert utils.get_total_norm(gradients, p).item() == pytest.approx(norm)


def test_clip_grad_norm():
    a, b = with_gradients([3.0, 4.0], [12.0])
    without = nn.Parameter(fl.zeros(2))
    assert utils.clip_grad_norm_([a, without, b], 1.3).item() == 13.0
    assert a.grad.tolist() == pytest.approx([0.3, 0.4]) and b.grad.item() == pytest.approx(1.2)
    assert utils.clip_grad_norm_([a, b], 100.0).item() == pytest.approx(1.3)
    assert a.grad.tolist() == pytest.approx([0.3, 0.4])  # never scaled up
    assert utils.clip_grad_norm_(without, 1.0).item() == 0


def test_clipping_writes_into_the_gradients():
    (a,) = with_gradients([3.0, 4.0])
    gradient, version = a.grad, a.grad._version
    utils.clip_grad_norm_(a, 1.0)
    assert a.grad is gradient and gradient._version > version
    utils.clip_grad_value_(a, 0.7)
    assert a.grad.tolist() == pytest.approx([0.6, 0.7])


def test_norms_that_are_not_finite():
    (a,) = with_gradients([math.nan, 1.0])
    with pytest.raises(RuntimeError, match="total norm of order 2.0 .* is non-finite"):
        utils.clip_grad_norm_(a, 1.0, error_if_nonfinite=True)
    assert utils.clip_grad_norm_(a, 1.0).isnan()


def test_an_empty_generator_of_parameters_warns():
    parameters = nn.Linear(2, 2).parameters()
    list(parameters)
    with pytest.warns(UserWarning, match="empty generator"):
        utils.clip_grad_norm_(parameters, 1.0)
    with pytest.warns(FutureWarning, match="clip_grad_norm_"):
        utils.clip_grad_norm([], 1.0)


def test_parameters_as_a_vector():
    layer = nn.Linear(2, 3)
    vector = utils.parameters_to_vector(layer.parameters())
    assert vector.shape == (9,) and vector.requires_grad
    utils.vector_to_parameters(fl.arange(9.0), layer.parameters())
    assert layer.weight.tolist() == [[0, 1], [2, 3], [4, 5]] and layer.bias.tolist() == [6, 7, 8]
    with pytest.raises(TypeError, match="got: list"):
        utils.vector_to_parameters([1.0], layer.parameters())


def test_skip_init_uses_no_random_numbers():
    fl.manual_seed(0)
    layer = utils.skip_init(nn.Linear, 3, 4)
    drawn = fl.rand(2)
    fl.manual_seed(0)
    assert layer.weight.shape == (4, 3) and fl.equal(drawn, fl.rand(2))
    with pytest.raises(RuntimeError, match="Expected a Module"):
        utils.skip_init(int)
    with pytest.raises(RuntimeError, match="must support a 'device' arg"):
        utils.skip_init(nn.ReLU)


# --- parametrizations --------------------------------------------------------------------------


class Exponential(nn.Module):
    calls = 0

    def forward(self, x):
        self.calls += 1
        return x.exp()

    def right_inverse(self, x):
        return x.log()


def test_parametrized_parameter():
    layer = nn.Linear(2, 2)
    layer.weight.data = fl.ones(2, 2)
    parameter = layer.weight
    parametrize.register_parametrization(layer, "weight", Exponential())
    assert type(layer).__name__ == "ParametrizedLinear" and isinstance(layer, nn.Linear)
    assert parametrize.type_before_parametrizations(layer) is nn.Linear
    chain = layer.parametrizations.weight
    assert chain.original is parameter and not parameter.any()
    assert fl.equal(layer.weight, fl.ones(2, 2))
    layer(fl.ones(1, 2)).sum().backward()
    assert parameter.grad.tolist() == [[1, 1], [1, 1]]
    layer.weight = fl.full((2, 2), math.e)
    assert fl.allclose(parameter, fl.ones(2, 2))
    assert list(layer.state_dict()) == ["bias", "parametrizations.weight.original"]


def test_parametrizations_are_applied_in_order_and_removed():
    layer = nn.Linear(2, 2)
    layer.weight.data = fl.ones(2, 2)
    for _ in range(2):
        parametrize.register_parametrization(layer, "weight", Exponential())
    assert fl.allclose(layer.weight, fl.full((2, 2), math.e))
    assert parametrize.is_parametrized(layer) and not parametrize.is_parametrized(layer, "bias")
    parameter = layer.parametrizations.weight.original
    parametrize.remove_parametrizations(layer, "weight")
    assert type(layer) is nn.Linear and layer.weight is parameter
    assert fl.allclose(parameter, fl.full((2, 2), math.e))


def test_removal_can_leave_the_original():
    layer = nn.Linear(2, 2)
    layer.weight.data = fl.ones(2, 2)
    parametrize.register_parametrization(layer, "weight", Exponential())
    parametrize.remove_parametrizations(layer, "weight", leave_parametrized=False)
    assert not layer.weight.any()


def test_cached_computes_once():
    layer, exponential = nn.Linear(2, 2), Exponential()
    parametrize.register_parametrization(layer, "weight", exponential, unsafe=True)
    exponential.calls = 0
    with parametrize.cached():
        with parametrize.cached():
            first = layer.weight
        assert layer.weight is first and exponential.calls == 1
    assert layer.weight is not first and exponential.calls == 2


def test_parametrized_modules_are_copied_but_not_pickled():
    layer = parametrize.register_parametrization(nn.Linear(2, 2), "weight", Exponential())
    other = copy.deepcopy(layer)
    other.weight = fl.ones(2, 2)
    assert not fl.equal(other.weight, layer.weight)
    with pytest.raises(RuntimeError, match="only supported through state_dict"):
        pickle.dumps(layer)


class Outer(nn.Module):
    def forward(self, x, y):
        return x.unsqueeze(-1) * y

    def right_inverse(self, z):
        return z[:, 0], z[0] / z[0, 0]


def test_several_originals():
    layer = nn.Linear(2, 3)
    layer.weight.data = fl.tensor([[1.0, 2.0], [2.0, 4.0], [3.0, 6.0]])
    parametrize.register_parametrization(layer, "weight", Outer())
    assert [n for n, _ in layer.parametrizations.named_parameters()] == [
        "weight.original0", "weight.original1",
    ]  # fmt: skip
    assert layer.weight.tolist() == [[1, 2], [2, 4], [3, 6]]
    other = parametrize.transfer_parametrizations_and_params(layer, nn.Linear(2, 3))
    assert fl.equal(other.weight, layer.weight)
    with pytest.raises(ValueError, match="parametrized in terms of a sequence of tensors"):
        parametrize.remove_parametrizations(layer, "weight", leave_parametrized=False)


class Changes(nn.Module):
    def __init__(self, change):
        super().__init__()
        self.change = change

    def forward(self, x):
        return self.change(x)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda x: x.sum(), "may not change the shape"),
        (lambda x: x.double(), "may not change the dtype"),
        (lambda x: 1, "must return a tensor. Got int"),
    ],
)
def test_parametrizations_must_keep_shape_and_type(change, message):
    layer = nn.Linear(2, 2)
    with pytest.raises(ValueError, match=message):
        parametrize.register_parametrization(layer, "weight", Changes(change))
    assert type(layer) is nn.Linear
    parametrize.register_parametrization(layer, "weight", Exponential(), unsafe=True)
    with pytest.raises(ValueError, match=message):
        parametrize.register_parametrization(layer, "weight", Changes(change))


def test_unknown_names():
    with pytest.raises(ValueError, match="does not have a parameter, a buffer"):
        parametrize.register_parametrization(nn.Linear(2, 2), "other", Exponential())
    with pytest.raises(ValueError, match="does not have a parametrization on weight"):
        parametrize.remove_parametrizations(nn.Linear(2, 2), "weight")


@pytest.mark.parametrize("shape", [(3, 3), (4, 2), (2, 4)])
@pytest.mark.parametrize("kind", ["matrix_exp", "cayley", "householder"])
@pytest.mark.parametrize("base", [True, False])
def test_orthogonal(shape, kind, base):
    layer = nn.Linear(*shape, dtype=fl.float64)
    parametrizations.orthogonal(layer, orthogonal_map=kind, use_trivialization=base)
    optimizer = fl.optim.SGD(layer.parameters(), lr=0.1)
    for _ in range(3):
        optimizer.zero_grad()
        layer(fl.ones(1, shape[0], dtype=fl.float64)).square().sum().backward()
        optimizer.step()
    w = layer.weight if layer.weight.size(0) >= layer.weight.size(1) else layer.weight.mT
    assert fl.allclose(w.mT @ w, fl.eye(w.size(1), dtype=fl.float64), atol=1e-9)


def test_assigning_to_an_orthogonal_matrix():
    layer = parametrizations.orthogonal(nn.Linear(3, 3))
    q = fl.linalg.qr(fl.randn(3, 3)).Q
    layer.weight = q
    assert fl.allclose(layer.weight, q, atol=1e-5)
    other = parametrizations.orthogonal(nn.Linear(3, 3), use_trivialization=False)
    with pytest.raises(NotImplementedError, match="not possible to assign"):
        other.weight = q


@pytest.mark.parametrize("dim", [0, 1, None])
def test_weight_norm(dim):
    layer = nn.Linear(3, 2)
    before = layer.weight.detach().clone()
    parametrizations.weight_norm(layer, dim=dim)
    assert fl.allclose(layer.weight, before)
    layer.parametrizations.weight.original1.data *= 5  # the length is another parameter
    assert fl.allclose(layer.weight, before)
    layer.parametrizations.weight.original0.data *= 2
    assert fl.allclose(layer.weight, 2 * before)


def test_older_weight_norm():
    layer = nn.Linear(3, 2)
    before = layer.weight.detach().clone()
    with pytest.warns(FutureWarning, match="parametrizations.weight_norm"):
        utils.weight_norm(layer)
    assert list(layer.state_dict()) == ["bias", "weight_g", "weight_v"]
    layer.weight_g.data *= 2
    assert fl.allclose(layer(fl.eye(3)), 2 * before.T + layer.bias)
    newer = parametrizations.weight_norm(nn.Linear(3, 2))
    newer.load_state_dict(layer.state_dict())
    assert fl.allclose(newer.weight, 2 * before)
    utils.remove_weight_norm(layer)
    assert isinstance(layer.weight, nn.Parameter) and fl.allclose(layer.weight, 2 * before)
    with pytest.raises(ValueError, match="not found"):
        utils.remove_weight_norm(layer)


@pytest.mark.parametrize("wrap", [parametrizations.spectral_norm, utils.spectral_norm])
def test_spectral_norm(wrap):
    fl.manual_seed(0)
    layer = wrap(nn.Linear(4, 3), n_power_iterations=20)
    layer(fl.ones(1, 4))
    assert fl.linalg.svdvals(layer.weight.detach())[0].item() == pytest.approx(1, abs=1e-3)
    layer.eval()
    assert fl.equal(layer(fl.ones(1, 4)), layer(fl.ones(1, 4)))


def test_removing_the_older_spectral_norm():
    layer = utils.spectral_norm(nn.Linear(4, 3))
    assert list(layer.state_dict()) == ["bias", "weight_orig", "weight_u", "weight_v"]
    utils.remove_spectral_norm(layer)
    assert list(layer.state_dict()) == ["bias", "weight"]
    with pytest.raises(ValueError, match="not found"):
        utils.remove_spectral_norm(layer)


# --- pruning -----------------------------------------------------------------------------------


def test_pruning_by_size():
    layer = nn.Linear(2, 2)
    layer.weight.data = fl.tensor([[1.0, -4.0], [-2.0, 3.0]])
    parameter = layer.weight
    prune.l1_unstructured(layer, "weight", 2)
    assert layer.weight_orig is parameter and prune.is_pruned(layer)
    assert layer.weight.tolist() == [[0, -4], [0, 3]]
    assert layer.weight_mask.tolist() == [[0, 1], [0, 1]]
    parameter.data *= 2
    assert fl.allclose(layer(fl.eye(2)) - layer.bias, fl.tensor([[0.0, 0.0], [-8.0, 6.0]]))
    layer(fl.ones(1, 2)).sum().backward()
    assert parameter.grad.tolist() == [[0, 1], [0, 1]]
    prune.remove(layer, "weight")
    assert layer.weight is parameter and layer.weight.tolist() == [[0, -8], [0, 6]]
    assert not prune.is_pruned(layer)
    with pytest.raises(ValueError, match="has to be pruned before"):
        prune.remove(layer, "weight")


def test_pruning_again_takes_from_what_is_left():
    layer = nn.Linear(4, 4)
    prune.ln_structured(layer, "weight", 1, n=2, dim=0)
    prune.random_unstructured(layer, "weight", 0.5)
    prune.random_structured(layer, "weight", 1, dim=1)
    mask = layer.weight_mask
    assert (mask.sum(1) == 0).sum() >= 1 and (mask.sum(0) == 0).sum() >= 1
    (hook,) = layer._forward_pre_hooks.values()
    assert isinstance(hook, prune.PruningContainer) and len(hook) == 3
    assert [type(m).__name__ for m in hook] == [
        "LnStructured", "RandomUnstructured", "RandomStructured",
    ]  # fmt: skip


def test_pruning_by_mask_and_by_scores():
    layer = nn.Linear(2, 2)
    prune.custom_from_mask(layer, "bias", fl.tensor([0, 1]))
    assert layer.bias[0] == 0 and layer.bias[1] == layer.bias_orig[1]
    prune.identity(layer, "weight")
    assert layer.weight_mask.all()
    other = nn.Linear(2, 2)
    scores = fl.tensor([[4.0, 3.0], [2.0, 1.0]])
    prune.l1_unstructured(other, "weight", 0.5, importance_scores=scores)
    assert other.weight_mask.tolist() == [[1, 1], [0, 0]]


def test_pruning_several_as_one():
    net = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 3))
    net[0].weight.data.fill_(1.0)
    net[1].weight.data.fill_(2.0)
    pairs = [(net[0], "weight"), (net[1], "weight")]
    prune.global_unstructured(pairs, prune.L1Unstructured, amount=0.5)
    assert not net[0].weight.any() and net[1].weight.all()
    with pytest.raises(TypeError, match='Only "unstructured" PRUNING_TYPE supported'):
        prune.global_unstructured(pairs, prune.RandomStructured, amount=1)


@pytest.mark.parametrize(
    ("amount", "error", "message"),
    [
        (5, ValueError, "should be smaller than the number of parameters to prune=4"),
        (1.5, ValueError, "float in the range"),
        (-1, ValueError, "non-negative"),
        ("all", TypeError, "Must be int or float"),
    ],
)
def test_amounts(amount, error, message):
    layer = nn.Linear(2, 2)
    with pytest.raises(error, match=message):
        prune.l1_unstructured(layer, "weight", amount)
    assert isinstance(layer.weight, nn.Parameter) and not prune.is_pruned(layer)


# --- fusion ------------------------------------------------------------------------------------


def settled(norm):
    for p in norm.parameters():
        nn.init.normal_(p)
    norm.running_mean.normal_()
    norm.running_var.uniform_(0.5, 2)
    return norm.eval()


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("transpose", [True, False])
def test_convolution_and_norm(bias, transpose):
    fl.manual_seed(0)
    conv = (nn.ConvTranspose2d if transpose else nn.Conv2d)(2, 3, 2, bias=bias).eval()
    norm, x = settled(nn.BatchNorm2d(3)), fl.randn(2, 2, 4, 4)
    fused = utils.fuse_conv_bn_eval(conv, norm, transpose)
    assert fl.allclose(fused(x), norm(conv(x)), atol=1e-5) and fused is not conv
    with pytest.raises(AssertionError, match="only for eval"):
        utils.fuse_conv_bn_eval(conv.train(), norm)


def test_linear_and_norm():
    fl.manual_seed(0)
    linear, norm, x = nn.Linear(2, 3).eval(), settled(nn.BatchNorm1d(3)), fl.randn(4, 2)
    assert fl.allclose(utils.fuse_linear_bn_eval(linear, norm)(x), norm(linear(x)), atol=1e-5)
    with pytest.raises(AssertionError, match="linear.out_features == bn.num_features"):
        utils.fuse_linear_bn_eval(nn.Linear(2, 4).eval(), norm)


# --- functional calls --------------------------------------------------------------------------


class Tied(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Linear(2, 2), nn.Linear(2, 2)
        self.b.weight = self.a.weight
        self.register_buffer("count", fl.zeros(()))

    def forward(self, x, factor=1):
        self.count = self.count + 1
        return self.b(self.a(x)) * factor


def test_functional_call_leaves_the_module_alone():
    module, x = Tied(), fl.ones(1, 2)
    before = {name: value.clone() for name, value in module.state_dict().items()}
    zeros = {name: fl.zeros_like(p) for name, p in module.named_parameters()}
    assert not functional_call(module, zeros, x).any()
    for name, value in module.state_dict().items():
        assert name == "count" or fl.equal(value, before[name])


def test_functional_call_ties_and_gives_buffers_back():
    module, x = Tied(), fl.ones(1, 2)
    eye = {"a.weight": fl.eye(2), "a.bias": fl.zeros(2), "b.bias": fl.zeros(2)}
    assert functional_call(module, eye, x, {"factor": 3}).tolist() == [[3, 3]]
    untied = functional_call(module, eye, (x,), tie_weights=False)
    assert fl.allclose(untied, x @ module.b.weight.T)
    given = {"count": fl.full((), 7.0)}
    functional_call(module, given, x)
    assert given["count"] == 8 and module.count == 2


def test_functional_call_is_differentiable():
    layer, x = nn.Linear(2, 1), fl.tensor([[2.0, 3.0]])
    weight = fl.zeros(1, 2, requires_grad=True)
    functional_call(layer, {"weight": weight}, x).sum().backward()
    assert weight.grad.tolist() == [[2, 3]] and layer.weight.grad is None


def test_functional_call_restores_after_an_error():
    layer = nn.Linear(2, 1)
    weight = layer.weight
    with pytest.raises(RuntimeError):
        functional_call(layer, {"weight": fl.zeros(1, 2)}, fl.ones(1, 3))
    assert layer.weight is weight


def test_functional_call_checks_names():
    module, x = Tied(), fl.ones(1, 2)
    both = {"a.weight": fl.eye(2), "b.weight": fl.ones(2, 2)}
    with pytest.raises(ValueError, match="multiple values for keys"):
        functional_call(module, both, x)
    with pytest.raises(RuntimeError, match=r"Unexpected key\(s\): 'c'.\n\tMissing key\(s\): 'a"):
        functional_call(module, {"c": x}, x, strict=True)
    with pytest.raises(AttributeError, match="Tied has no attribute `q`"):
        functional_call(module, {"q.weight": x}, x)
    with pytest.raises(ValueError, match="appeared in multiple dictionaries"):
        functional_call(module, ({"a.bias": x}, {"a.bias": x}), x)
