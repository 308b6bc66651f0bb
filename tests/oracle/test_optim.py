"""Every optimizer against PyTorch's: parameters and state after a number of steps."""

import copy
import importlib
import io
import pickle

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import flambeau  # noqa: E402
import flambeau.optim  # noqa: E402

SHAPES = [(4, 3), (3,), (), (2, 3, 4), (0, 5), (70, 50), (60, 700)]
F32 = {"rtol": 2e-5, "atol": 2e-6}

OPTIMIZERS = [
    ("SGD", {"lr": 0.1}),
    ("SGD", {"lr": 0.1, "momentum": 0.9}),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "dampening": 0.3, "weight_decay": 0.1}),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.1}),
    ("SGD", {"lr": 0.1, "maximize": True, "weight_decay": 0.1}),
    ("Adam", {}),
    ("Adam", {"lr": 0.01, "betas": (0.4, 0.95), "eps": 1e-4, "weight_decay": 0.1}),
    ("Adam", {"lr": 0.01, "amsgrad": True, "maximize": True}),
    ("Adam", {"lr": 0.01, "weight_decay": 0.1, "decoupled_weight_decay": True}),
    ("AdamW", {"lr": 0.01}),
    ("AdamW", {"lr": 0.01, "weight_decay": 0.5, "amsgrad": True}),
    ("Adamax", {"lr": 0.01}),
    ("Adamax", {"lr": 0.01, "weight_decay": 0.1, "maximize": True}),
    ("NAdam", {"lr": 0.01}),
    ("NAdam", {"lr": 0.01, "weight_decay": 0.1, "momentum_decay": 0.01}),
    ("NAdam", {"lr": 0.01, "weight_decay": 0.1, "decoupled_weight_decay": True}),
    ("RAdam", {"lr": 0.01}),
    ("RAdam", {"lr": 0.01, "weight_decay": 0.1, "betas": (0.5, 0.9), "maximize": True}),
    ("RAdam", {"lr": 0.01, "weight_decay": 0.1, "decoupled_weight_decay": True}),
    ("RMSprop", {"lr": 0.01}),
    ("RMSprop", {"lr": 0.01, "momentum": 0.9, "weight_decay": 0.1, "alpha": 0.5}),
    ("RMSprop", {"lr": 0.01, "centered": True, "momentum": 0.2, "maximize": True}),
    ("RMSprop", {"lr": 0.01, "centered": True, "eps": 1e-3}),
    ("Adagrad", {"lr": 0.1}),
    ("Adagrad", {"lr": 0.1, "lr_decay": 0.1, "weight_decay": 0.1, "maximize": True}),
    ("Adagrad", {"lr": 0.1, "initial_accumulator_value": 0.2, "eps": 1e-3}),
    ("Adadelta", {}),
    ("Adadelta", {"rho": 0.5, "weight_decay": 0.1, "maximize": True}),
    ("ASGD", {"lr": 0.1}),
    ("ASGD", {"lr": 0.1, "t0": 3, "lambd": 0.1, "alpha": 0.5, "weight_decay": 0.1}),
    ("Rprop", {}),
    ("Rprop", {"etas": (0.3, 1.5), "step_sizes": (1e-3, 0.1), "maximize": True}),
    ("Adafactor", {}),
    ("Adafactor", {"eps": (1e-3, 1e-2), "d": 2.0, "weight_decay": 0.1, "maximize": True}),
]


def pairs(shapes, dtype="float32", seed=0):
    """The same parameters for both packages, with a rule that gives both the same gradients."""
    rng = np.random.default_rng(seed)
    ours, theirs = [], []
    for shape in shapes:
        value = random_array(rng, shape, dtype)
        theirs.append(as_torch(value, dtype).requires_grad_())
        ours.append(as_flambeau(value, dtype).requires_grad_())
    return ours, theirs, rng


def random_array(rng, shape, dtype):
    value = np.asarray(rng.standard_normal(shape))
    if dtype.startswith("complex"):
        value = value + 1j * rng.standard_normal(shape)
    return value.astype("float32" if dtype in ("bfloat16", "float16") else dtype)


def as_torch(value, dtype):
    return torch.from_numpy(value.copy()).to(getattr(torch, dtype))


def as_flambeau(value, dtype):
    return flambeau.from_numpy(value.copy()).to(getattr(flambeau, dtype))


def set_gradients(ours, theirs, rng, dtype="float32"):
    for p, q in zip(ours, theirs, strict=True):
        value = random_array(rng, tuple(q.shape), dtype)
        p.grad, q.grad = as_flambeau(value, dtype), as_torch(value, dtype)


def assert_same(ours, theirs, **tolerance):
    if isinstance(theirs, torch.Tensor):
        assert tuple(ours.shape) == tuple(theirs.shape)
        assert str(ours.dtype).split(".")[1] == str(theirs.dtype).split(".")[1]
        wide = theirs.detach().float() if theirs.dtype == torch.bfloat16 else theirs.detach()
        have = ours.detach().float() if theirs.dtype == torch.bfloat16 else ours.detach()
        np.testing.assert_allclose(have.numpy(), wide.numpy(), **tolerance)
    elif isinstance(theirs, dict):
        assert list(ours) == list(theirs)
        for key in theirs:
            assert_same(ours[key], theirs[key], **tolerance)
    elif isinstance(theirs, (list, tuple)):
        assert len(ours) == len(theirs)
        for a, b in zip(ours, theirs, strict=True):
            assert_same(a, b, **tolerance)
    elif isinstance(theirs, float):
        assert ours == pytest.approx(theirs, rel=1e-6, nan_ok=True)
    else:
        assert ours == theirs


def build(name, ours, theirs, settings):
    return (
        getattr(flambeau.optim, name)(ours, **settings),
        getattr(torch.optim, name)(theirs, **settings),
    )


@pytest.mark.parametrize(("name", "settings"), OPTIMIZERS)
def test_steps(name, settings):
    shapes = [s for s in SHAPES if name != "Adafactor" or 0 not in s]  # PyTorch divides by 0
    ours, theirs, rng = pairs(shapes)
    a, b = build(name, ours, theirs, settings)
    for _ in range(12):
        set_gradients(ours, theirs, rng)
        a.step()
        b.step()
    for p, q in zip(ours, theirs, strict=True):
        assert_same(p, q, **F32)
    assert_same(a.state_dict(), b.state_dict(), **F32)
    assert repr(a) == repr(b)


@pytest.mark.parametrize(("name", "settings"), OPTIMIZERS)
def test_float64(name, settings):
    ours, theirs, rng = pairs([(4, 3), (5,), ()], "float64")
    a, b = build(name, ours, theirs, settings)
    for _ in range(30):
        set_gradients(ours, theirs, rng, "float64")
        a.step()
        b.step()
    for p, q in zip(ours, theirs, strict=True):
        assert_same(p, q, rtol=1e-9, atol=1e-10)


@pytest.mark.parametrize("dtype", ["complex64", "bfloat16", "float16"])
@pytest.mark.parametrize(("name", "settings"), OPTIMIZERS)
def test_other_types(name, settings, dtype):
    if name == "Adafactor" and dtype != "bfloat16":
        pytest.skip("complex is refused; PyTorch's float16 epsilon squared is 0")
    ours, theirs, rng = pairs([(4, 3), (5,), (50, 60)], dtype)
    a, b = build(name, ours, theirs, settings)
    for _ in range(4):
        set_gradients(ours, theirs, rng, dtype)
        a.step()
        b.step()
    half = {"bfloat16": {"rtol": 3e-2, "atol": 1e-2}, "float16": {"rtol": 2e-3, "atol": 1e-3}}
    tolerance = half.get(dtype, F32)
    for p, q in zip(ours, theirs, strict=True):
        assert_same(p, q, **tolerance)


def test_float32_stays_close_over_many_steps():
    ours, theirs, rng = pairs([(20, 10), (10,)])
    a, b = build("Adam", ours, theirs, {"lr": 0.01})
    for _ in range(100):
        set_gradients(ours, theirs, rng)
        a.step()
        b.step()
    for p, q in zip(ours, theirs, strict=True):
        assert_same(p, q, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("settings", [{}, {"nesterov": False, "adjust_lr_fn": "match_rms_adamw"}])
def test_muon(settings):
    ours, theirs, rng = pairs([(8, 5), (5, 8), (64, 64)])
    a, b = build("Muon", ours, theirs, settings)
    for _ in range(5):
        set_gradients(ours, theirs, rng)
        a.step()
        b.step()
    for p, q in zip(ours, theirs, strict=True):
        assert_same(p, q, rtol=1e-3, atol=1e-4)  # the iteration itself is in bfloat16
    assert_same(a.state_dict(), b.state_dict(), rtol=1e-5, atol=1e-6)
    assert repr(a) == repr(b)


@pytest.mark.parametrize("name", ["SGD", "Adam", "RMSprop", "Adadelta", "Rprop"])
def test_layouts(name):
    """Transposed parameters, sliced ones, and gradients of another memory order."""
    rng = np.random.default_rng(1)
    values = rng.standard_normal((300, 20)).astype("float32")
    ours, theirs = [], []
    for make in (lambda x: x.t(), lambda x: x[::2, 1:9], lambda x: x[:3].t()):
        ours.append(make(flambeau.from_numpy(values.copy())).detach().requires_grad_())
        theirs.append(make(torch.from_numpy(values.copy())).detach().requires_grad_())
    a, b = build(name, ours, theirs, {"lr": 0.1})
    for _ in range(3):
        for p, q in zip(ours, theirs, strict=True):
            g = rng.standard_normal(tuple(q.shape)).astype("float32")
            p.grad = flambeau.from_numpy(np.asfortranarray(g))
            q.grad = torch.from_numpy(g.copy())
        a.step()
        b.step()
    for p, q in zip(ours, theirs, strict=True):
        assert_same(p, q, **F32)


def test_gradients_that_come_and_go():
    """Step counts belong to parameters: one that had no gradient lags behind."""
    ours, theirs, rng = pairs([(3,), (3,), (4, 2)])
    for name in ("Adam", "SGD", "NAdam"):
        settings = {"momentum": 0.9} if name == "SGD" else {}
        a, b = build(name, ours, theirs, {"lr": 0.01, **settings})
        for step in range(6):
            set_gradients(ours, theirs, rng)
            ours[step % 3].grad = theirs[step % 3].grad = None
            a.step()
            b.step()
        assert_same(a.state_dict(), b.state_dict(), **F32)
        for p, q in zip(ours, theirs, strict=True):
            assert_same(p, q, **F32)


def test_nan_and_inf_gradients():
    for name in ("SGD", "Adam", "Adamax", "RMSprop", "Rprop", "Adagrad", "ASGD"):
        ours, theirs, _ = pairs([(4,)])
        a, b = build(name, ours, theirs, {"lr": 0.1})
        for values in ([1, np.nan, np.inf, 0], [-1, 1, -np.inf, 0], [1, 1, 1, -0.0]):
            ours[0].grad = flambeau.tensor(values, dtype=flambeau.float32)
            theirs[0].grad = torch.tensor(values, dtype=torch.float32)
            a.step()
            b.step()
        assert_same(ours[0], theirs[0], **F32)


def test_groups_and_names():
    ours, theirs, rng = pairs([(2, 2), (3,), (1,)])

    def groups(ps):
        return [{"params": [("w", ps[0]), ("b", ps[1])], "lr": 0.5}, {"params": [("c", ps[2])]}]

    a = flambeau.optim.SGD(groups(ours), lr=0.1, momentum=0.9)
    b = torch.optim.SGD(groups(theirs), lr=0.1, momentum=0.9)
    for _ in range(3):
        set_gradients(ours, theirs, rng)
        a.step()
        b.step()
    assert_same(a.state_dict(), b.state_dict(), **F32)
    assert repr(a) == repr(b)


@pytest.mark.parametrize("name", ["SGD", "Adam", "Adagrad", "NAdam", "Rprop"])
def test_state_dicts_interchange(name):
    """PyTorch's state dict, brought over as numbers, continues here as it does there."""
    ours, theirs, rng = pairs([(3, 2), (4,)])
    settings = {"lr": 0.1, "momentum": 0.9} if name == "SGD" else {"lr": 0.1}
    a, b = build(name, ours, theirs, settings)
    set_gradients(ours, theirs, rng)
    b.step()
    with flambeau.no_grad():
        for p, q in zip(ours, theirs, strict=True):
            p.copy_(flambeau.from_numpy(q.detach().numpy()))

    def brought(value):
        if isinstance(value, torch.Tensor):
            return flambeau.from_numpy(value.detach().numpy().copy())
        if isinstance(value, dict):
            return {k: brought(v) for k, v in value.items()}
        return [brought(v) for v in value] if isinstance(value, list) else value

    a.load_state_dict(brought(b.state_dict()))
    for _ in range(3):
        set_gradients(ours, theirs, rng)
        a.step()
        b.step()
    for p, q in zip(ours, theirs, strict=True):
        assert_same(p, q, **F32)
    assert_same(a.state_dict(), b.state_dict(), **F32)


def rosenbrock(lib, search, steps=6):
    x = lib.tensor([-1.5, 2.0], dtype=lib.float64, requires_grad=True)
    y = lib.tensor([[0.3], [0.7]], dtype=lib.float64, requires_grad=True)
    opt = lib.optim.LBFGS([x, y], lr=0.05 if search is None else 1.0, line_search_fn=search,
                          max_iter=6, history_size=4)  # fmt: skip

    def closure():
        opt.zero_grad()
        loss = (1 - x[0]) ** 2 + 100 * (x[1] - x[0] ** 2) ** 2 + ((y - 0.5) ** 4).sum()
        loss.backward()
        return loss

    losses = [float(opt.step(closure)) for _ in range(steps)]
    return losses, x, y, opt


@pytest.mark.parametrize("search", [None, "strong_wolfe"])
def test_lbfgs(search):
    ours, x, y, a = rosenbrock(flambeau, search)
    theirs, u, v, b = rosenbrock(torch, search)
    np.testing.assert_allclose(ours, theirs, rtol=1e-6, atol=1e-9)
    assert_same(x, u, rtol=1e-6, atol=1e-9)
    assert_same(y, v, rtol=1e-6, atol=1e-9)
    assert set(a.state_dict()["state"][0]) | {"al"} == set(b.state_dict()["state"][0]) | {"al"}
    for key in ("n_iter", "func_evals"):
        assert a.state_dict()["state"][0][key] == b.state_dict()["state"][0][key]


@pytest.mark.parametrize("settings", [{}, {"lr": 0.01}, {"tolerance_grad": 1e-6}])
def test_lbfgs_evaluates_where_pytorch_does(settings):
    """In float64. In float32 this trajectory is chaotic: PyTorch's own vector widths disagree."""

    def visited(lib):
        rng = np.random.RandomState(0)
        w, b, x, y = (lib.from_numpy(rng.randn(*n)) for n in ((4, 3), (3,), (8, 4), (8, 3)))
        opt = lib.optim.LBFGS([w.requires_grad_(), b.requires_grad_()], **settings)
        found = []

        def closure():
            opt.zero_grad()
            loss = ((lib.tanh(x @ w + b) - y) ** 2).mean()
            loss.backward()
            found.append([loss.item(), *w.flatten().tolist(), *b.tolist()])
            return loss

        for _ in range(5):
            opt.step(closure)
        return np.array(found)

    np.testing.assert_allclose(visited(flambeau), visited(torch), rtol=1e-5, atol=1e-6)


def differentiable_steps(lib, name, settings):
    """The gradient of a loss after three steps, with respect to where they started."""
    start = lib.tensor([0.5, -1.0, 2.0], dtype=lib.float64, requires_grad=True)
    p = start.clone()
    opt = getattr(lib.optim, name)([p], differentiable=True, **settings)
    for _ in range(3):
        p.grad = 2 * p.detach() ** 2 + start
        opt.step()
    (p**2).sum().backward()
    return p.detach(), start.grad


@pytest.mark.parametrize(
    ("name", "settings"),
    [(n, s) for n, s in OPTIMIZERS if n not in ("Adafactor", "Rprop", "Adagrad")],
)
def test_differentiable(name, settings):
    try:
        expected, expected_gradient = differentiable_steps(torch, name, settings)
    except RuntimeError as error:
        pytest.skip(f"PyTorch refuses: {str(error)[:60]}")
    value, gradient = differentiable_steps(flambeau, name, settings)
    assert_same(value, expected, rtol=1e-5, atol=1e-6)
    assert_same(gradient, expected_gradient, rtol=1e-5, atol=1e-6)


WRONG = [
    ("SGD", lambda lib: [], {}),
    ("SGD", lambda lib: lib.ones(2), {}),
    ("SGD", lambda lib: [1], {}),
    ("SGD", lambda lib: ["a"], {}),
    ("SGD", lambda lib: [{"params": {lib.ones(2)}}], {}),
    ("SGD", lambda lib: [lib.ones(2, requires_grad=True) * 2], {}),
    ("SGD", lambda lib: [lib.ones(2)], {"lr": -1}),
    ("SGD", lambda lib: [lib.ones(2)], {"momentum": -1}),
    ("SGD", lambda lib: [lib.ones(2)], {"weight_decay": -1}),
    ("SGD", lambda lib: [lib.ones(2)], {"nesterov": True}),
    ("SGD", lambda lib: [lib.ones(2)], {"lr": "tensor"}),
    ("SGD", lambda lib: [lib.ones(2)], {"fused": True, "foreach": True}),
    ("SGD", lambda lib: [lib.ones(2)], {"fused": True, "differentiable": True}),
    ("SGD", lambda lib: [("a", lib.ones(2)), lib.ones(3)], {}),
    ("Adam", lambda lib: [lib.ones(2)], {"lr": -1.0}),
    ("Adam", lambda lib: [lib.ones(2)], {"eps": -1}),
    ("Adam", lambda lib: [lib.ones(2)], {"betas": (1.0, 0.9)}),
    ("Adam", lambda lib: [lib.ones(2)], {"betas": (0.9, -1.0)}),
    ("Adam", lambda lib: [lib.ones(2)], {"betas": (0, 0.9)}),
    ("Adam", lambda lib: [lib.ones(2)], {"weight_decay": -1}),
    ("AdamW", lambda lib: [lib.ones(2)], {"weight_decay": -1}),
    ("Adamax", lambda lib: [lib.ones(2)], {"betas": (2.0, 0.9)}),
    ("NAdam", lambda lib: [lib.ones(2)], {"momentum_decay": -1}),
    ("RAdam", lambda lib: [lib.ones(2)], {"eps": -1}),
    ("RMSprop", lambda lib: [lib.ones(2)], {"alpha": -1}),
    ("RMSprop", lambda lib: [lib.ones(2)], {"momentum": -1}),
    ("Adagrad", lambda lib: [lib.ones(2)], {"lr_decay": -1}),
    ("Adagrad", lambda lib: [lib.ones(2)], {"initial_accumulator_value": -1}),
    ("Adadelta", lambda lib: [lib.ones(2)], {"rho": 1.5}),
    ("ASGD", lambda lib: [lib.ones(2)], {"weight_decay": -1}),
    ("Rprop", lambda lib: [lib.ones(2)], {"etas": (1.5, 1.2)}),
    ("Adafactor", lambda lib: [lib.ones(2)], {"d": 0.5}),
    ("Adafactor", lambda lib: [lib.ones(2)], {"beta2_decay": 0.5}),
    ("Muon", lambda lib: [lib.ones(2)], {}),
    ("Muon", lambda lib: [lib.ones(2, 2)], {"adjust_lr_fn": "x"}),
    ("LBFGS", lambda lib: [{"params": [lib.ones(2)]}, {"params": [lib.ones(2)]}], {}),
]


def raised(lib, name, params, settings):
    settings = {k: lib.ones(2) if v == "tensor" else v for k, v in settings.items()}
    try:
        getattr(lib.optim, name)(params(lib), **settings)
    except Exception as error:
        return type(error), str(error).splitlines()[0].replace("flambeau", "torch")
    return None


@pytest.mark.parametrize(("name", "params", "settings"), WRONG)
def test_errors(name, params, settings):
    expected = raised(torch, name, params, settings)
    assert expected is not None
    assert raised(flambeau, name, params, settings) == expected


def adding_groups(lib):
    """What each wrong group raises when it is added, and what loading wrong state raises."""
    required = importlib.import_module(f"{lib.__name__}.optim.optimizer").required
    p, q = lib.ones(2), lib.ones(3)
    opt = lib.optim.SGD([p], lr=0.1)
    said = []
    for action in (
        lambda: opt.add_param_group([q]),
        lambda: opt.add_param_group({"params": [p]}),
        lambda: opt.add_param_group({"params": [("q", q)]}),
        lambda: opt.add_param_group({"params": "ab"}),
        lambda: opt.load_state_dict({"state": {}, "param_groups": []}),
        lambda: opt.load_state_dict({"state": {}, "param_groups": [{"params": [0, 1]}]}),
        lambda: lib.optim.Optimizer([p], {}).step(),
        lambda: lib.optim.Optimizer([p], {"x": required}),
    ):
        with pytest.raises(Exception) as caught:
            action()
        said.append((caught.type, str(caught.value).splitlines()[0] if str(caught.value) else ""))
    opt.add_param_group({"params": q, "lr": 3})
    return said, repr(opt)


def test_errors_of_groups():
    assert adding_groups(flambeau) == adding_groups(torch)


def test_duplicates_warn_and_are_updated_twice():
    results = []
    for lib in (flambeau, torch):
        p = lib.ones(3, requires_grad=True)
        with pytest.warns(UserWarning, match="contains a parameter group with duplicate"):
            opt = lib.optim.Adam([p, p], lr=0.1)
        p.grad = lib.ones(3)
        opt.step()
        results.append(p.detach().numpy())
    np.testing.assert_allclose(*results, rtol=1e-6)


def hooks_seen(lib):
    optimizer = importlib.import_module(f"{lib.__name__}.optim.optimizer")
    seen = []
    p = lib.ones(2, requires_grad=True)
    opt = lib.optim.SGD([p], lr=0.1)
    p.grad = lib.ones(2)
    handles = [
        opt.register_step_pre_hook(lambda o, a, k: seen.append(("pre", len(a), k))),
        opt.register_step_post_hook(lambda o, a, k: seen.append(("post", len(a), k))),
        optimizer.register_optimizer_step_pre_hook(lambda *_: seen.append("all pre")),
        optimizer.register_optimizer_step_post_hook(lambda *_: seen.append("all post")),
        opt.register_state_dict_pre_hook(lambda o: seen.append("state pre")),
        opt.register_state_dict_post_hook(lambda o, d: {**d, "extra": 1}),
        opt.register_load_state_dict_pre_hook(lambda o, d: seen.append(sorted(d))),
        opt.register_load_state_dict_post_hook(lambda o: seen.append("loaded")),
    ]
    opt.step()
    opt.load_state_dict(opt.state_dict())
    for handle in handles:
        handle.remove()
    opt.step()
    seen.append(sorted(opt.state_dict()))
    opt.register_step_pre_hook(lambda o, a, k: 3)
    with pytest.raises(RuntimeError, match="must return None or a tuple"):
        opt.step()
    return seen


def test_hooks():
    assert hooks_seen(flambeau) == hooks_seen(torch)


def test_copies_and_pickles_go_on_alike():
    ours, theirs, rng = pairs([(3, 2)])
    a, _ = build("Adam", ours, theirs, {"lr": 0.1})
    set_gradients(ours, theirs, rng)
    a.step()
    for other in (copy.deepcopy(a), pickle.loads(pickle.dumps(a))):
        p = other.param_groups[0]["params"][0]
        assert p is not ours[0]
        p.grad = ours[0].grad.clone()
        other.step()
        assert list(other.state) == [p]
        assert int(other.state[p]["step"]) == 2
        assert int(a.state[ours[0]]["step"]) == 1
    assert io.BytesIO(pickle.dumps(a.state_dict())).read()
