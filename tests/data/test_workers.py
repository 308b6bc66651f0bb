"""Loaders with worker processes: order, seeds, errors, and that no process is left behind."""

import gc
import multiprocessing
import os
import random
import signal
import subprocess
import sys
import textwrap
import time

import numpy as np
import pytest

import flambeau
from flambeau.data import DataLoader, Dataset, IterableDataset, TensorDataset, get_worker_info

pytestmark = [
    pytest.mark.filterwarnings("ignore:This DataLoader will create"),
    pytest.mark.skipif(
        "fork" not in multiprocessing.get_all_start_methods(), reason="data sets here are local"
    ),
]


class Numbers(Dataset):
    """0 ... n - 1; ``act`` maps numbers to functions that are called in place of giving one."""

    def __init__(self, n=12, **act):
        self.n, self.act = n, {int(k[1:]): f for k, f in act.items()}

    def __len__(self):
        return self.n

    def __getitem__(self, i):
        return self.act[i]() if i in self.act else i


class Who(Numbers):
    """Which process gives an example."""

    def __getitem__(self, i):
        return i, get_worker_info().id, os.getpid()


class Own(IterableDataset):
    """Each worker's own part."""

    def __init__(self, n=5):
        self.n = n

    def __iter__(self):
        info = get_worker_info()
        return iter(range(info.id, self.n, info.num_workers))


def loader(dataset, **options):
    return DataLoader(dataset, **{"num_workers": 2, "multiprocessing_context": "fork", **options})


def fail(error):
    raise error


def alive(pid):
    """Whether a process is there and no zombie of another parent's."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def gone(pids, seconds=10.0):
    """Whether processes have ended after at most so many seconds."""
    end = time.monotonic() + seconds
    while any(map(alive, pids)):
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


@pytest.fixture(autouse=True)
def none_left():
    yield
    gc.collect()
    assert multiprocessing.active_children() == []


def test_order_is_that_of_one_process():
    data = TensorDataset(flambeau.rand(50, 3), flambeau.arange(50))
    for options in ({"batch_size": 7}, {"batch_size": None}, {"shuffle": True, "batch_size": 4}):
        seen = []
        for workers in (0, 3):
            flambeau.manual_seed(1)
            batches = list(DataLoader(data, num_workers=workers, **options))
            seen.append([[part.tolist() for part in batch] for batch in batches])
        assert seen[0] == seen[1]


def test_slow_workers_keep_the_order():
    data = Numbers(8, _0=lambda: time.sleep(0.2) or 0)
    assert [b.tolist() for b in loader(data, batch_size=2)] == [[0, 1], [2, 3], [4, 5], [6, 7]]
    early = [b.tolist() for b in loader(data, batch_size=2, in_order=False)]
    assert sorted(early) == [[0, 1], [2, 3], [4, 5], [6, 7]]
    assert early[0] != [0, 1]


def test_tasks_go_round():
    batches = [[x.tolist() for x in b] for b in loader(Who(), batch_size=2)]
    assert [b[1] for b in batches] == [[0, 0], [1, 1]] * 3
    assert len({pid for b in batches for pid in b[2]}) == 2
    assert os.getpid() not in batches[0][2]
    assert get_worker_info() is None


def test_what_a_worker_knows():
    data = Numbers(2, _0=get_worker_info, _1=get_worker_info)
    flambeau.manual_seed(5)
    first, second = loader(data, batch_size=None)
    assert (first.id, second.id, first.num_workers) == (0, 1, 2)
    assert second.seed == first.seed + 1
    assert first.dataset.n == 2
    assert first.worker_method == "multiprocessing"


def test_seeds():
    def draws():
        return (
            flambeau.initial_seed(), get_worker_info().seed, flambeau.rand(1).item(),
            random.random(), np.random.rand(),
        )  # fmt: skip

    flambeau.manual_seed(3)
    first, second = loader(Numbers(2, _0=draws, _1=draws), batch_size=None)
    assert first[0] == first[1]
    assert second[0] == first[0] + 1
    assert first[2] == flambeau.rand(1, generator=flambeau.Generator().manual_seed(first[0])).item()
    assert first[3] == random.Random(first[0]).random()
    assert len({x for d in (first, second) for x in d[2:]}) == 6


def test_init_function():
    def init(number):
        get_worker_info().dataset.n = 100 + number

    got = [x.tolist() for x in loader(Parts(), batch_size=2, worker_init_fn=init)]
    assert got == [[100, 100], [101, 101]]
    with pytest.raises(ValueError, match="Caught ValueError in DataLoader worker process 0"):
        next(iter(loader(Numbers(), worker_init_fn=lambda i: fail(ValueError("start")))))


class Parts(Numbers):
    def __init__(self):
        super().__init__(4)

    def __len__(self):
        return 4

    def __getitem__(self, i):
        return get_worker_info().dataset.n


@pytest.mark.parametrize("persistent", [False, True])
def test_iterable_parts(persistent):
    load = loader(Own(9), batch_size=2, persistent_workers=persistent)
    for _ in range(3):
        assert [b.tolist() for b in load] == [[0, 2], [1, 3], [4, 6], [5, 7], [8]]


def test_iterable_with_a_wrong_length():
    class Longer(Own):
        def __len__(self):
            return 2

    load = loader(Longer(4), batch_size=None)
    assert len(load) == 2
    with pytest.warns(UserWarning, match="samples have been fetched. For multiproc") as caught:
        list(load)
    told = [w for w in caught if "samples have been fetched" in str(w.message)]
    assert len(told) == 2


def test_persistent_workers_stay():
    load = loader(Who(4), persistent_workers=True)
    passes = [{b[2].item() for b in load} for _ in range(3)]
    assert passes[0] == passes[1] == passes[2]
    half = iter(load)
    next(half)  # the rest of this pass is dropped
    assert [b[0].item() for b in load] == [0, 1, 2, 3]
    del load, half
    assert gone(passes[0])
    fresh = loader(Who(4))
    assert {b[2].item() for b in fresh}.isdisjoint({b[2].item() for b in fresh})


def test_prefetch_factor():
    asked = []

    class Noted(list):
        def __iter__(self):
            for x in super().__iter__():
                asked.append(x)
                yield x

    batches = iter(loader(Numbers(20), sampler=Noted(range(20)), prefetch_factor=3))
    assert asked == list(range(6))
    next(batches)
    assert asked == list(range(7))


def test_tensors_of_every_kind_arrive():
    def tensors():
        x = flambeau.arange(6.0).reshape(2, 3)
        return {
            "plain": x, "turned": x.T, "half": x.bfloat16(), "empty": x[:0], "zero": x[0, 1],
            "complex": x.to(flambeau.complex64), "bool": x > 2, "array": (x + 1).numpy(),
            "text": "a", "leaf": x.clone().requires_grad_(),
        }  # fmt: skip

    (got,) = loader(Numbers(1, _0=tensors), batch_size=None, collate_fn=lambda x: x)
    for name, value in tensors().items():
        assert type(got[name]) is type(value)
        if isinstance(value, flambeau.Tensor):
            assert (got[name].dtype, got[name].shape) == (value.dtype, value.shape)
            assert got[name].requires_grad == value.requires_grad
            assert got[name].tolist() == value.tolist()
    got["plain"] += 1  # in memory of its own, that can be written
    got["array"][0] = 7
    assert got["plain"][0, 0].item() == 1


def test_batches_larger_than_a_pipe():
    data = TensorDataset(flambeau.rand(40, 50000))
    total = sum(batch.double().sum().item() for (batch,) in loader(data, batch_size=8))
    assert total == pytest.approx(data.tensors[0].double().sum().item())
    many = loader(Numbers(1), batch_sampler=[[0] * 50000] * 12, prefetch_factor=6)
    assert [len(b) for b in many] == [50000] * 12


ERRORS = [
    (ValueError("a value"), ValueError),
    (KeyError("key"), KeyError),
    (IndexError("5"), IndexError),
    (UnicodeDecodeError("utf-8", b"x", 0, 1, "five arguments"), RuntimeError),
    (StopIteration("early"), StopIteration),
]


@pytest.mark.parametrize("error, kind", ERRORS, ids=lambda e: getattr(e, "__name__", None))
def test_errors_come_through(error, kind):
    data = Numbers(4, _2=lambda: fail(error))
    batches = iter(loader(data, batch_size=1))
    assert [next(batches).item() for _ in range(2)] == [0, 1]
    with pytest.raises(kind) as caught:
        batches._next_data()
    said = str(caught.value)
    name = type(error).__name__
    assert said.startswith(
        f"Caught {name} in DataLoader worker process 0.\nOriginal Traceback (most recent call last)"
    )
    assert "in fail" in said
    assert said.rstrip().endswith(f"{name}: {error}")
    assert next(batches).item() == 3  # the others go on


def test_what_cannot_be_sent():
    data = Numbers(1, _0=lambda: lambda: 0)
    with pytest.raises(Exception, match="in DataLoader worker process 0") as caught:
        list(loader(data, batch_size=None))
    assert "pickle" in str(caught.value)


@pytest.mark.parametrize(
    "end, how", [(lambda: os._exit(3), "exit code 3"), (lambda: die(signal.SIGKILL), "SIGKILL")]
)
def test_a_dying_worker_is_noticed_at_once(end, how):
    batches = iter(loader(Numbers(8, _1=end)))
    pids = [w.process.pid for w in batches._workers]
    start = time.monotonic()
    with pytest.raises(RuntimeError) as caught:
        list(batches)
    assert time.monotonic() - start < 3
    first, hint = str(caught.value).splitlines()
    assert first == f"DataLoader worker (pid(s) {pids[1]}) exited unexpectedly"
    assert how in hint
    assert gone(pids)


def die(number):
    os.kill(os.getpid(), number)
    time.sleep(10)


def test_timeout():
    data = Numbers(2, _0=lambda: time.sleep(1.5))
    with pytest.raises(RuntimeError, match="DataLoader timed out after 0.2 seconds"):
        next(iter(loader(data, timeout=0.2, batch_size=None)))


def test_a_dropped_iterator_leaves_no_process():
    batches = iter(loader(Numbers(1000)))
    pids = [w.process.pid for w in batches._workers]
    next(batches)
    assert all(map(alive, pids))
    del batches
    assert gone(pids, 1)


PROGRAM = """
    import os, sys, time
    from flambeau.data import DataLoader

    class Slow:
        def __len__(self):
            return 1000
        def __getitem__(self, i):
            time.sleep(0.05)
            return i

    batches = iter(DataLoader(Slow(), num_workers=2, multiprocessing_context="fork"))
    print(*[w.process.pid for w in batches._workers], flush=True)
    for _ in batches:
        pass
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_signals_leave_no_process(number):
    """Ctrl-C goes to the whole group; the others to the main process alone."""
    program = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(PROGRAM)], text=True, start_new_session=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        # Shells start background jobs with Ctrl-C ignored, which children inherit.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )  # fmt: skip
    pids = [int(word) for word in program.stdout.readline().split()]
    assert len(pids) == 2
    time.sleep(0.2)
    if number == signal.SIGINT:
        os.killpg(program.pid, number)
    else:
        os.kill(program.pid, number)
    _, said = program.communicate(timeout=20)
    assert program.returncode == -number
    assert gone(pids)
    if number == signal.SIGINT:
        assert said.count("Traceback") == 1
        assert said.rstrip().endswith("KeyboardInterrupt")


def test_spawned_workers(tmp_path):
    """Under the alias too: classes travel under PyTorch's names."""
    program = tmp_path / "program.py"
    program.write_text(
        textwrap.dedent("""
            import torch
            from torch.utils.data import DataLoader, TensorDataset, get_worker_info

            def init(number):
                assert get_worker_info().id == number

            if __name__ == "__main__":
                loader = DataLoader(
                    TensorDataset(torch.arange(6)), batch_size=2, num_workers=1,
                    multiprocessing_context="spawn", worker_init_fn=init,
                )
                print([b.tolist() for b, in loader])
        """)
    )
    done = subprocess.run(
        [sys.executable, "-m", "flambeau", str(program)], text=True, capture_output=True, timeout=60
    )
    assert done.stdout == "[[0, 1], [2, 3], [4, 5]]\n", done.stderr


def test_workers_do_not_touch_the_loaders_of_their_parent():
    outer = loader(Numbers(40), persistent_workers=True)
    batches = iter(outer)
    next(batches)
    assert len(list(loader(Numbers(4)))) == 4
    assert len(list(batches)) == 39


def test_many_loaders_end_quickly():
    """A worker of one loader must not keep another's waiting."""
    loaders = [loader(Numbers(4), persistent_workers=True) for _ in range(3)]
    assert [len(list(one)) for one in loaders] == [4, 4, 4]
    start = time.monotonic()
    while loaders:
        loaders.pop(0)
    assert time.monotonic() - start < 2


def test_pinning_is_warned_of():
    with pytest.warns(UserWarning, match="no accelerator is found"):
        assert len(list(loader(Numbers(2), pin_memory=True))) == 2
