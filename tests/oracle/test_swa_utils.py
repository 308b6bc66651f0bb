"""Averaged models and their schedule against PyTorch's."""

import copy
import warnings

import pytest

torch = pytest.importorskip("torch")

import flambeau  # noqa: E402
import flambeau.optim.swa_utils  # noqa: E402

LIBS = (flambeau, torch)


def trained(lib, make, steps=5):
    """The averages, and what they computed, of a small training run."""
    utils = lib.optim.swa_utils
    lib.manual_seed(0)
    model = lib.nn.Sequential(lib.nn.Linear(3, 4), lib.nn.BatchNorm1d(4), lib.nn.Linear(4, 2))
    averaged = make(utils, model)
    optimizer = lib.optim.SGD(model.parameters(), lr=0.1)
    data = lib.rand(8, 3)
    seen = []
    for _ in range(steps):
        optimizer.zero_grad()
        model(data).square().mean().backward()
        optimizer.step()
        averaged.update_parameters(model)
        seen.append([p.tolist() for p in averaged.state_dict().values()])
    utils.update_bn([data[:4], [data[4:], "label"]], averaged)
    seen.append([p.tolist() for p in averaged.state_dict().values()])
    seen.append(averaged(data).tolist())
    return list(averaged.state_dict()), averaged.training, model[1].momentum, flat(seen)


def flat(values):
    return [x for v in values for x in flat(v)] if isinstance(values, list) else [values]


KINDS = {
    "mean": lambda u, m: u.AveragedModel(m),
    "buffers": lambda u, m: u.AveragedModel(
        m, multi_avg_fn=u.get_ema_multi_avg_fn(0.7), use_buffers=True
    ),
    "swa multi": lambda u, m: u.AveragedModel(m, multi_avg_fn=u.get_swa_multi_avg_fn()),
    "swa": lambda u, m: u.AveragedModel(m, avg_fn=u.get_swa_avg_fn()),
    "ema": lambda u, m: u.AveragedModel(m, avg_fn=u.get_ema_avg_fn(0.9)),
    "ema multi": lambda u, m: u.AveragedModel(m, multi_avg_fn=u.get_ema_multi_avg_fn()),
    "device": lambda u, m: u.AveragedModel(m, "cpu", use_buffers=False).eval(),
    "own": lambda u, m: u.AveragedModel(m, avg_fn=lambda a, p, n: a / 2 + p / (n + 1)),
}


@pytest.mark.parametrize("make", KINDS.values(), ids=KINDS.keys())
def test_averages(make):
    ours, theirs = (trained(lib, make) for lib in LIBS)
    assert ours[:3] == theirs[:3]
    assert ours[3] == pytest.approx(theirs[3], rel=1e-5, abs=1e-6)


@pytest.mark.parametrize("decay", [0.0, 0.3, 0.5, 0.999, 1.0])
def test_functions_on_numbers(decay):
    """Integers too."""

    def run(lib):
        utils = lib.optim.swa_utils
        average, new = lib.tensor([0.1, 2.5, -3.7]), lib.tensor([1.3, -0.2, 1e-3])
        whole, more = lib.tensor([1, 20]), lib.tensor([5, 3])
        seen = [utils.get_ema_avg_fn(decay)(average, new, 3).tolist()]
        seen.append(utils.get_swa_avg_fn()(average, new, lib.tensor(2)).tolist())
        for update in (utils.get_ema_multi_avg_fn(decay), utils.get_swa_multi_avg_fn()):
            for count in (1, 2, 6, lib.tensor(2)):
                update([average], [new], count)
                seen.append(average.tolist())
        utils.get_ema_multi_avg_fn(decay)((whole,), (more,), 1)
        seen.append(whole.tolist())
        return seen

    assert flat(run(flambeau)) == pytest.approx(flat(run(torch)), rel=1e-6)


@pytest.mark.parametrize("strategy", ["cos", "linear"])
@pytest.mark.parametrize("epochs", [0, 1, 5])
@pytest.mark.parametrize("goal", [0.05, [0.5, 0.01]])
def test_schedule(strategy, epochs, goal):
    def run(lib):
        groups = [{"params": [lib.zeros(1)], "lr": lr} for lr in (0.1, 0.3)]
        optimizer = lib.optim.SGD(groups, lr=1.0)
        scheduler = lib.optim.swa_utils.SWALR(optimizer, goal, epochs, strategy)
        seen = []
        for _ in range(8):
            optimizer.step()
            scheduler.step()
            seen += scheduler.get_last_lr()
        other = copy.deepcopy(scheduler.state_dict())
        scheduler.load_state_dict(other)
        return seen, sorted(other)

    ours, theirs = run(flambeau), run(torch)
    assert ours[0] == pytest.approx(theirs[0], rel=1e-12)
    assert ours[1] == theirs[1]


WRONG = [
    lambda u, lib: u.get_ema_avg_fn(1.5),
    lambda u, lib: u.get_ema_multi_avg_fn(-1),
    lambda u, lib: u.AveragedModel(lib.nn.Linear(1, 1), avg_fn=max, multi_avg_fn=max),
    lambda u, lib: u.SWALR(lib.optim.SGD([lib.zeros(1)]), 0.1, anneal_strategy="x"),
    lambda u, lib: u.SWALR(lib.optim.SGD([lib.zeros(1)]), 0.1, -1),
    lambda u, lib: u.SWALR(lib.optim.SGD([lib.zeros(1)]), 0.1, 1.5),
    lambda u, lib: u.SWALR(lib.optim.SGD([lib.zeros(1)]), [0.1, 0.2]),
    lambda u, lib: u.SWALR(3, [0.1, 0.2]),
]


@pytest.mark.parametrize("action", WRONG)
@pytest.mark.filterwarnings("ignore")
def test_errors(action):
    said = []
    for lib in LIBS:
        with pytest.raises(Exception) as caught:
            action(lib.optim.swa_utils, lib)
        said.append((caught.type, str(caught.value).splitlines()[0]))
    assert said[0] == said[1]


def test_models_without_batch_norm_are_not_called():
    def never(_):
        raise AssertionError

    for lib in LIBS:
        model = lib.nn.Linear(2, 2)
        model.register_forward_pre_hook(never)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            assert lib.optim.swa_utils.update_bn([1], model) is None
