"""Learning-rate schedules against PyTorch's: rates, momentum, state dicts, warnings and errors."""

import importlib
import math
import warnings

import pytest

torch = pytest.importorskip("torch")

import flambeau  # noqa: E402
import flambeau.optim  # noqa: E402

LIBS = (flambeau, torch)


def half_power(step):
    return 0.95**step


class Called:
    """A schedule function that has state."""

    def __init__(self):
        self.factor = 0.5

    def __call__(self, step):
        return self.factor**step


SCHEDULES = {
    "lambda": lambda s, o: s.LambdaLR(o, half_power),
    "lambdas": lambda s, o: s.LambdaLR(o, [half_power, Called()]),
    "multiplicative": lambda s, o: s.MultiplicativeLR(o, half_power),
    "step": lambda s, o: s.StepLR(o, 3),
    "step 0.5": lambda s, o: s.StepLR(o, step_size=2, gamma=0.5),
    "multistep": lambda s, o: s.MultiStepLR(o, [2, 5, 5, 9], gamma=0.3),
    "constant": lambda s, o: s.ConstantLR(o),
    "constant 0.1": lambda s, o: s.ConstantLR(o, factor=0.1, total_iters=3),
    "linear": lambda s, o: s.LinearLR(o),
    "linear down": lambda s, o: s.LinearLR(o, 1.0, 0.1, 7),
    "exponential": lambda s, o: s.ExponentialLR(o, 0.9),
    "polynomial": lambda s, o: s.PolynomialLR(o, 6, 2.0),
    "cosine": lambda s, o: s.CosineAnnealingLR(o, 5, 0.01),
    "restarts": lambda s, o: s.CosineAnnealingWarmRestarts(o, 3, 2, 0.001),
    "restarts 1": lambda s, o: s.CosineAnnealingWarmRestarts(o, 4),
    "cyclic": lambda s, o: s.CyclicLR(o, 0.01, 0.1, 3),
    "cyclic 2": lambda s, o: s.CyclicLR(o, [0.01, 0.2], [0.1, 0.3], 2, 4, mode="triangular2"),
    "cyclic exp": lambda s, o: s.CyclicLR(o, 0.01, 0.1, 3, mode="exp_range", gamma=0.9),
    "cyclic own": lambda s, o: s.CyclicLR(o, 0.01, 0.1, 3, scale_fn=half_power, scale_mode="x"),
    "cyclic object": lambda s, o: s.CyclicLR(o, 0.01, 0.1, 3, scale_fn=Called()),
    "cyclic plain": lambda s, o: s.CyclicLR(o, 0.01, 0.1, 3, cycle_momentum=False),
    "one cycle": lambda s, o: s.OneCycleLR(o, 0.3, total_steps=14),
    "one cycle 3": lambda s, o: s.OneCycleLR(
        o, [0.3, 0.5], epochs=2, steps_per_epoch=7, three_phase=True, anneal_strategy="linear"
    ),
    "one cycle plain": lambda s, o: s.OneCycleLR(o, 0.3, 14, cycle_momentum=False, pct_start=0.5),
    "sequential": lambda s, o: s.SequentialLR(
        o, [s.ConstantLR(o, 0.1, 2), s.ExponentialLR(o, 0.9), s.StepLR(o, 2)], [3, 7]
    ),
    "sequential cosine": lambda s, o: s.SequentialLR(
        o, [s.LinearLR(o, 0.1, total_iters=4), s.CosineAnnealingLR(o, 8)], [4]
    ),
    "chained": lambda s, o: s.ChainedScheduler(
        [s.ConstantLR(o, 0.1, 4), s.ExponentialLR(o, 0.9)], optimizer=o
    ),
}
OPTIMIZERS = {
    "SGD": lambda o, params: o.SGD(params, lr=0.1, momentum=0.9),
    "Adam": lambda o, params: o.Adam(params, lr=0.1),
}


def optimizer_of(lib, kind="SGD"):
    groups = [
        {"params": [lib.ones(2, requires_grad=True)]},
        {"params": [lib.ones(1, requires_grad=True)], "lr": 0.5},
    ]
    return OPTIMIZERS[kind](lib.optim, groups)


def plain(value):
    """State as values that can be compared between packages."""
    if isinstance(value, (flambeau.Tensor, torch.Tensor)):
        return value.tolist()
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    return value


def settings(optimizer):
    keep = ("lr", "initial_lr", "momentum", "betas", "max_lr", "min_lr")
    return [{k: plain(g[k]) for k in keep if k in g} for g in optimizer.param_groups]


def run(lib, make, kind):
    optimizer = optimizer_of(lib, kind)
    scheduler = make(lib.optim.lr_scheduler, optimizer)
    seen = [settings(optimizer)]
    for _ in range(14):
        optimizer.step()
        scheduler.step()
        seen.append(settings(optimizer))
        assert scheduler.get_last_lr() == [g["lr"] for g in optimizer.param_groups]
    return seen, plain(scheduler.state_dict())


@pytest.mark.parametrize("kind", OPTIMIZERS)
@pytest.mark.parametrize("name", SCHEDULES)
def test_rates_and_state(name, kind):
    ours, theirs = (run(lib, SCHEDULES[name], kind) for lib in LIBS)
    assert ours == theirs


@pytest.mark.parametrize("name", SCHEDULES)
def test_state_dicts_continue(name):
    """A schedule that takes over a state dict in the middle goes on alike."""
    results = []
    for lib in LIBS:
        first = optimizer_of(lib)
        scheduler = SCHEDULES[name](lib.optim.lr_scheduler, first)
        for _ in range(5):
            first.step()
            scheduler.step()
        second = optimizer_of(lib)
        other = SCHEDULES[name](lib.optim.lr_scheduler, second)
        other.load_state_dict(scheduler.state_dict())
        second.load_state_dict(first.state_dict())
        for _ in range(5):
            second.step()
            other.step()
        results.append((settings(second), plain(other.state_dict())))
    assert results[0] == results[1]


@pytest.mark.parametrize("name", ["step", "multistep", "constant", "linear", "exponential",
                                  "polynomial", "cosine", "lambda", "restarts"])  # fmt: skip
@pytest.mark.filterwarnings("ignore:The epoch parameter")
def test_steps_to_an_epoch(name):
    results = []
    for lib in LIBS:
        optimizer = optimizer_of(lib)
        scheduler = SCHEDULES[name](lib.optim.lr_scheduler, optimizer)
        seen = []
        optimizer.step()
        for epoch in (3, 4, 1, 8):
            scheduler.step(epoch)
            seen.append(settings(optimizer))
        results.append(seen)
    assert results[0] == results[1]


@pytest.mark.parametrize("name", ["step", "cosine", "exponential", "one cycle", "cyclic"])
def test_resuming_by_last_epoch(name):
    makes = {
        "step": lambda s, o: s.StepLR(o, 3, last_epoch=4),
        "cosine": lambda s, o: s.CosineAnnealingLR(o, 5, last_epoch=4),
        "exponential": lambda s, o: s.ExponentialLR(o, 0.9, last_epoch=4),
        "one cycle": lambda s, o: s.OneCycleLR(o, 0.3, 14, last_epoch=4),
        "cyclic": lambda s, o: s.CyclicLR(o, 0.01, 0.1, 3, last_epoch=4),
    }
    results = []
    for lib in LIBS:
        optimizer = optimizer_of(lib)
        SCHEDULES[name](lib.optim.lr_scheduler, optimizer)  # leaves initial_lr in the groups
        scheduler = makes[name](lib.optim.lr_scheduler, optimizer)
        seen = [settings(optimizer)]
        for _ in range(4):
            optimizer.step()
            scheduler.step()
            seen.append(settings(optimizer))
        results.append(seen)
    assert results[0] == results[1]


@pytest.mark.parametrize("options", [
    {}, {"mode": "max", "patience": 1}, {"factor": 0.5, "patience": 0, "cooldown": 2},
    {"threshold_mode": "abs", "threshold": 0.2, "patience": 1},
    {"min_lr": [0.05, 0.2], "patience": 0},
    {"mode": "max", "threshold_mode": "abs", "patience": 1},
])  # fmt: skip
def test_plateau(options):
    metrics = [1.0, 0.9, 0.95, 0.95, 0.95, 0.8, 0.85, 0.9, math.nan, 0.9, 0.9, 0.7, 0.71, 0.72]
    results = []
    for lib in LIBS:
        optimizer = optimizer_of(lib)
        scheduler = lib.optim.lr_scheduler.ReduceLROnPlateau(optimizer, **options)
        seen = []
        for metric in metrics:
            scheduler.step(lib.tensor(metric))
            seen.append((settings(optimizer), scheduler.get_last_lr(), scheduler.num_bad_epochs))
        results.append((seen, plain(scheduler.state_dict())))
    assert results[0] == results[1]


def test_tensor_learning_rates_keep_their_identity():
    results = []
    for lib in LIBS:
        lr = lib.tensor(0.1)
        optimizer = lib.optim.SGD([lib.ones(2, requires_grad=True)], lr=lr)
        scheduler = lib.optim.lr_scheduler.ExponentialLR(optimizer, 0.5)
        seen = []
        for _ in range(3):
            optimizer.step()
            scheduler.step()
            assert optimizer.param_groups[0]["lr"] is lr
            seen.append((lr.item(), plain(scheduler.get_last_lr())))
        results.append(seen)
    assert results[0] == results[1]


def warned(lib, action):
    optimizer = optimizer_of(lib)
    scheduler = lib.optim.lr_scheduler.StepLR(optimizer, 2)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        action(optimizer, scheduler)
    return [(w.category, str(w.message).split(". ")[0]) for w in caught]


def replace_step(optimizer, scheduler):
    optimizer.step = lambda: None
    scheduler.step()


@pytest.mark.parametrize("action", [
    lambda o, s: (s.step(), s.step()),
    lambda o, s: (o.step(), s.step(), s.step()),
    lambda o, s: (o.step(), s.get_lr()),
    lambda o, s: (o.step(), s.step(3)),
    replace_step,
])  # fmt: skip
def test_warnings(action):
    assert warned(flambeau, action) == warned(torch, action)


WRONG = [
    lambda s, o: s.StepLR(None, 3),
    lambda s, o: s.StepLR(o, 3, last_epoch=1),
    lambda s, o: s.LambdaLR(o, [half_power]),
    lambda s, o: s.MultiplicativeLR(o, 0.3),
    lambda s, o: s.ConstantLR(o, 1.5),
    lambda s, o: s.LinearLR(o, 0.0),
    lambda s, o: s.LinearLR(o, 0.5, 2.0),
    lambda s, o: s.SequentialLR(o, [], []),
    lambda s, o: s.SequentialLR(o, [s.StepLR(o, 1)], [3]),
    lambda s, o: s.SequentialLR(o, [3], []),
    lambda s, o: s.SequentialLR(o, [s.ReduceLROnPlateau(o)], []),
    lambda s, o: s.ChainedScheduler([]),
    lambda s, o: s.ReduceLROnPlateau(o, factor=1.0),
    lambda s, o: s.ReduceLROnPlateau(o, mode="x"),
    lambda s, o: s.ReduceLROnPlateau(o, threshold_mode="x"),
    lambda s, o: s.ReduceLROnPlateau(o, min_lr=[0.1]),
    lambda s, o: s.ReduceLROnPlateau(3),
    lambda s, o: s.CyclicLR(o, 0.1, 0.2, mode="x"),
    lambda s, o: s.CyclicLR(o, [0.1], 0.2),
    lambda s, o: s.CosineAnnealingWarmRestarts(o, 0),
    lambda s, o: s.CosineAnnealingWarmRestarts(o, 2, 0),
    lambda s, o: s.CosineAnnealingWarmRestarts(o, 2, 1, "x"),
    lambda s, o: s.CosineAnnealingWarmRestarts(o, 2).step(-1),
    lambda s, o: s.OneCycleLR(o, 0.1),
    lambda s, o: s.OneCycleLR(o, 0.1, 0),
    lambda s, o: s.OneCycleLR(o, 0.1, epochs=2, steps_per_epoch=-1),
    lambda s, o: s.OneCycleLR(o, 0.1, 10, pct_start=2),
    lambda s, o: s.OneCycleLR(o, 0.1, 10, anneal_strategy="x"),
]


@pytest.mark.parametrize("action", WRONG)
def test_errors(action):
    said = []
    for lib in LIBS:
        schedules = importlib.import_module(f"{lib.__name__}.optim.lr_scheduler")
        try:
            said.append(type(action(schedules, optimizer_of(lib))).__name__)
        except Exception as error:
            said.append((type(error), str(error).splitlines()[0]))
    assert said[0] == said[1]


def test_cycles_need_momentum_and_end():
    said = []
    for lib in LIBS:
        schedules = lib.optim.lr_scheduler
        plain_optimizer = lib.optim.Adagrad([lib.ones(2, requires_grad=True)])
        for schedule, rates in ((schedules.CyclicLR, (0.1, 0.2)), (schedules.OneCycleLR, (0.1, 3))):
            with pytest.raises(ValueError, match="must support momentum") as caught:
                schedule(plain_optimizer, *rates)
            said.append(str(caught.value))
        optimizer = optimizer_of(lib)
        scheduler = schedules.OneCycleLR(optimizer, 0.1, total_steps=2)
        optimizer.step()
        scheduler.step()
        scheduler.step()
        with pytest.raises(ValueError, match="Tried to step 3 times") as caught:
            scheduler.step()
        said.append(str(caught.value))
    assert said[: len(said) // 2] == said[len(said) // 2 :]
