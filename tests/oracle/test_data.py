"""Data sets, samplers, collating and loaders against PyTorch's, random numbers included."""

import collections
import os
import random
import re
import warnings

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import flambeau  # noqa: E402
import flambeau.utils.data  # noqa: E402

LIBS = (flambeau, torch)
Point = collections.namedtuple("Point", "x y")


def plain(value):
    """A batch as nested Python values that can be compared between packages."""
    if isinstance(value, (flambeau.Tensor, torch.Tensor)):
        return "tensor", str(value.dtype).split(".")[1], tuple(value.shape), value.tolist()
    if isinstance(value, dict):
        return type(value).__name__, {k: plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple, collections.deque)):
        return type(value).__name__, [plain(v) for v in value]
    return value


def both(make):
    """What both packages give, or raise."""
    results = []
    for lib in LIBS:
        lib.manual_seed(3)
        try:
            results.append(plain(make(lib, lib.utils.data)))
        except Exception as error:
            said = str(error).splitlines()[0] if str(error) else ""
            results.append((type(error).__name__, said.replace("flambeau", "torch")))
    return results


def assert_alike(make):
    ours, theirs = both(make)
    assert ours == theirs


def rows(lib, n=10):
    return lib.arange(n * 3.0).reshape(n, 3), lib.arange(n)


class Squares:
    """A data set without base class."""

    def __len__(self):
        return 7

    def __getitem__(self, i):
        if not 0 <= i < 7:
            raise IndexError("out of range")
        return i * i, float(i), str(i), {"a": i, "b": [i, i + 0.5]}


LOADERS = {
    "plain": {},
    "batches": {"batch_size": 4},
    "drop": {"batch_size": 4, "drop_last": True},
    "shuffle": {"batch_size": 3, "shuffle": True},
    "none": {"batch_size": None},
    "none shuffled": {"batch_size": None, "shuffle": True},
    "sampler": {"batch_size": 2, "sampler": [3, 1, 4, 1, 5]},
    "batch sampler": {"batch_sampler": [[0, 1], [5], [2, 2, 2]]},
    "collate": {"batch_size": 3, "collate_fn": list},
}


@pytest.mark.parametrize("options", LOADERS.values(), ids=LOADERS.keys())
@pytest.mark.parametrize("kind", ["tensors", "subset", "concat", "stack", "squares"])
def test_loader(kind, options):
    def make(lib, data):
        tensors = data.TensorDataset(*rows(lib))
        dataset = {
            "tensors": tensors,
            "subset": data.Subset(tensors, [9, 0, 8, 1, 7, 2, 6]),
            "concat": data.ConcatDataset([tensors, data.Subset(tensors, [0, 1])]),
            "stack": data.StackDataset(a=tensors, b=rows(lib)[0]),
            "squares": Squares(),
        }[kind]
        loader = data.DataLoader(dataset, **options)
        lengths = [len(loader), len(iter(loader))]
        return lengths, [list(loader) for _ in range(3)], lib.rand(2)

    assert_alike(make)


@pytest.mark.parametrize("given", [False, True])
@pytest.mark.parametrize("n", [1, 5, 64, 1000])
def test_shuffles_over_epochs(n, given):
    """Orders, and what is left of the generators' numbers between epochs."""

    def make(lib, data):
        generator = lib.Generator().manual_seed(11) if given else None
        loader = data.DataLoader(
            data.TensorDataset(lib.arange(n)), batch_size=7, shuffle=True, generator=generator
        )
        seen = []
        for _ in range(3):
            seen.append([b[0] for b in loader])
            seen.append(lib.rand(3))
            seen.append(lib.rand(2, generator=generator))
        first = iter(loader)
        seen.append(next(first))
        seen.append(lib.rand(1))
        return seen

    assert_alike(make)


@pytest.mark.parametrize("given", [False, True])
@pytest.mark.parametrize(
    "make",
    [
        lambda d, g: d.RandomSampler(range(10), generator=g),
        lambda d, g: d.RandomSampler(range(10), num_samples=25, generator=g),
        lambda d, g: d.RandomSampler(range(10), num_samples=3, generator=g),
        lambda d, g: d.RandomSampler(range(10), num_samples=20, generator=g),
        lambda d, g: d.RandomSampler(range(10), True, 70, generator=g),
        lambda d, g: d.RandomSampler(range(10), True, generator=g),
        lambda d, g: d.SubsetRandomSampler([5, 3, 8], generator=g),
        lambda d, g: d.WeightedRandomSampler([0.1, 0.5, 3, 0], 12, generator=g),
        lambda d, g: d.WeightedRandomSampler([0.1, 0.5, 3, 1], 3, False, generator=g),
        lambda d, g: d.SequentialSampler("abcd"),
        lambda d, g: d.BatchSampler(d.RandomSampler(range(10), generator=g), 4, False),
        lambda d, g: d.BatchSampler(range(10), 4, True),
        lambda d, g: d.DistributedSampler(range(10), 3, 1),
        lambda d, g: d.DistributedSampler(range(10), 3, 2, shuffle=False, drop_last=True),
        lambda d, g: d.DistributedSampler(range(2), 7, 5, seed=4),
    ],
)
def test_samplers(make, given):
    def run(lib, data):
        generator = lib.Generator().manual_seed(5) if given else None
        sampler = make(data, generator)
        if hasattr(sampler, "set_epoch"):
            sampler.set_epoch(2)
        return len(sampler), list(sampler), list(sampler), lib.rand(1, generator=generator)

    assert_alike(run)


@pytest.mark.parametrize(
    "lengths", [[3, 7], [0.3, 0.7], [0.33, 0.33, 0.34], [1.0], [10, 0], [0.95, 0.05]]
)
def test_random_split(lengths):
    def run(lib, data):
        generator = lib.Generator().manual_seed(42)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            parts = data.random_split(range(10), lengths, generator=generator)
            again = data.random_split(range(10), lengths)
        said = [str(w.message) for w in caught]
        return [p.indices for p in parts], [p.indices for p in again], said

    assert_alike(run)


BATCHES = [
    lambda lib: [lib.ones(2), lib.zeros(2)],
    lambda lib: [np.ones((2, 2)), np.zeros((2, 2))],
    lambda lib: [np.float64(1), np.float64(2)],
    lambda lib: [np.int8(1), np.int8(2)],
    lambda lib: [np.bool_(True), np.bool_(False)],
    lambda lib: [1, 2],
    lambda lib: [1.5, 2.5],
    lambda lib: [True, False],
    lambda lib: ["a", "b"],
    lambda lib: [b"a", b"b"],
    lambda lib: [(1, 2.0), (3, 4.0)],
    lambda lib: [[1, 2.0], [3, 4.0]],
    lambda lib: [{"a": 1, "b": lib.ones(1)}, {"a": 2, "b": lib.zeros(1)}],
    lambda lib: [collections.OrderedDict(a=1), collections.OrderedDict(a=2)],
    lambda lib: [Point(1, 2.0), Point(3, 4.0)],
    lambda lib: [range(3), range(1, 4)],
    lambda lib: [collections.deque([1, 2]), collections.deque([3, 4])],
    lambda lib: [[], []],
    lambda lib: [[1], [1, 2]],
    lambda lib: [lib.ones(2), lib.ones(3)],
    lambda lib: [np.array(["a"]), np.array(["b"])],
    lambda lib: [object(), object()],
    lambda lib: [None, None],
    lambda lib: [(1, None), (2, None)],
    lambda lib: [1j, 2j],
]


@pytest.mark.parametrize("batch", BATCHES)
def test_collate_and_convert(batch):
    assert_alike(lambda lib, data: data.default_collate(batch(lib)))
    assert_alike(lambda lib, data: [plain(data.default_convert(x)) is not None for x in batch(lib)])
    if "object" not in str(batch(torch)[0]):
        assert_alike(lambda lib, data: [data.default_convert(x) for x in batch(lib)])


def counting(data, n=7, length=None):
    """An iterable data set of a package: 0 ... n - 1, that may report another length."""

    class Counting(data.IterableDataset):
        def __iter__(self):
            return iter(range(n))

    class Measured(Counting):
        def __len__(self):
            return length

    return Counting() if length is None else Measured()


@pytest.mark.parametrize(
    "options",
    [{}, {"batch_size": 3}, {"batch_size": 3, "drop_last": True}, {"batch_size": None}],
)
def test_iterable(options):
    def run(lib, data):
        loader = data.DataLoader(counting(data), **options)
        chain = data.DataLoader(data.ChainDataset([counting(data), counting(data, 2)]), **options)
        return list(loader), list(loader), list(chain), lib.rand(1)

    assert_alike(run)


def test_iterable_with_a_wrong_length():
    def run(lib, data):
        loader = data.DataLoader(counting(data, length=4), batch_size=2)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            seen = len(loader), list(loader)
        return *seen, [str(w.message).split(" was ")[1] for w in caught]

    assert_alike(run)


WRONG = [
    lambda lib, d: d.DataLoader(range(3), num_workers=-1),
    lambda lib, d: d.DataLoader(range(3), timeout=-1),
    lambda lib, d: d.DataLoader(range(3), prefetch_factor=2),
    lambda lib, d: d.DataLoader(range(3), num_workers=1, prefetch_factor=-2),
    lambda lib, d: d.DataLoader(range(3), persistent_workers=True),
    lambda lib, d: d.DataLoader(range(3), shuffle=True, sampler=[1]),
    lambda lib, d: d.DataLoader(range(3), batch_sampler=[[1]], batch_size=2),
    lambda lib, d: d.DataLoader(range(3), batch_sampler=[[1]], drop_last=True),
    lambda lib, d: d.DataLoader(range(3), batch_sampler=[[1]], shuffle=True),
    lambda lib, d: d.DataLoader(range(3), batch_size=None, drop_last=True),
    lambda lib, d: d.DataLoader(range(3), batch_size=0),
    lambda lib, d: d.DataLoader(range(3), batch_size=1.5),
    lambda lib, d: d.DataLoader([], shuffle=True),
    lambda lib, d: d.DataLoader(counting(d), shuffle=True),
    lambda lib, d: d.DataLoader(counting(d), sampler=[1]),
    lambda lib, d: d.DataLoader(counting(d), batch_sampler=[[1]]),
    lambda lib, d: len(d.DataLoader(counting(d))),
    lambda lib, d: d.DataLoader(range(3), multiprocessing_context="fork"),
    lambda lib, d: d.DataLoader(range(3), num_workers=1, multiprocessing_context="x"),
    lambda lib, d: d.DataLoader(range(3), num_workers=1, multiprocessing_context=3),
    lambda lib, d: iter(d.DataLoader(range(3), timeout=1)),
    lambda lib, d: setattr(d.DataLoader(range(3)), "batch_size", 3),
    lambda lib, d: d.TensorDataset(lib.ones(2), lib.ones(3)),
    lambda lib, d: d.TensorDataset(lib.ones(2))[5],
    lambda lib, d: list(d.DataLoader(d.TensorDataset(lib.ones(2)), sampler=[5])),
    lambda lib, d: d.StackDataset(),
    lambda lib, d: d.StackDataset([1], [1, 2]),
    lambda lib, d: d.StackDataset([1], a=[1]),
    lambda lib, d: d.ConcatDataset([]),
    lambda lib, d: d.ConcatDataset([counting(d)]),
    lambda lib, d: d.ConcatDataset([[1, 2]])[-3],
    lambda lib, d: list(d.ChainDataset([[1]])),
    lambda lib, d: d.random_split(range(10), [3, 3]),
    lambda lib, d: d.random_split(range(10), [1.5, -0.5]),
    lambda lib, d: d.RandomSampler(range(3), replacement=1),
    lambda lib, d: d.RandomSampler(range(3), num_samples=0),
    lambda lib, d: d.RandomSampler([]),
    lambda lib, d: d.WeightedRandomSampler([1.0], 0),
    lambda lib, d: d.WeightedRandomSampler([[1.0]], 1),
    lambda lib, d: d.WeightedRandomSampler([1.0], 1, 1),
    lambda lib, d: d.BatchSampler([1], True, False),
    lambda lib, d: d.BatchSampler([1], 1, 0),
    lambda lib, d: d.DistributedSampler([1], 2, 2),
    lambda lib, d: d.Dataset()[0],
    lambda lib, d: iter(d.Sampler()),
]


@pytest.mark.parametrize("action", WRONG)
def test_errors(action):
    ours, theirs = both(action)
    assert theirs[0] != "tensor"
    assert ours == theirs


def drawing(data, iterable=False):
    """A data set that gives what is drawn in the worker."""

    def draws(lib):
        info = data.get_worker_info()
        return (
            info.id, info.seed, lib.initial_seed(), lib.randint(0, 1000, (2,)), lib.rand(1),
            random.random(), np.random.rand(), np.random.randint(1 << 30),
        )  # fmt: skip

    lib = next(lib for lib in LIBS if lib.utils.data is data)

    class Drawing(data.Dataset):
        def __len__(self):
            return 12

        def __getitem__(self, i):
            return i, *draws(lib)

    class DrawingParts(data.IterableDataset):
        def __iter__(self):
            for i in range(3 + 4 * data.get_worker_info().id):
                yield i, *draws(lib)

    return DrawingParts() if iterable else Drawing()


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("persistent", [False, True])
@pytest.mark.parametrize("given", [False, True])
def test_workers_draw_the_same(given, persistent):
    def run(lib, data):
        generator = lib.Generator().manual_seed(1) if given else None
        options = {"num_workers": 2, "persistent_workers": persistent, "generator": generator}
        seen = []
        for loader in (
            data.DataLoader(drawing(data), batch_size=3, shuffle=True, **options),
            data.DataLoader(drawing(data, True), batch_size=2, prefetch_factor=1, **options),
            data.DataLoader(drawing(data), batch_size=None, **options),
        ):
            for _ in range(2):
                batches = iter(loader)
                seen.append(lib.rand(1, generator=generator))
                seen.append(list(batches))
                seen.append(lib.rand(1, generator=generator))
        return seen

    assert_alike(run)


@pytest.mark.parametrize(
    "error",
    [ValueError("a"), KeyError("b"), UnicodeDecodeError("utf-8", b"x", 0, 1, "c"), OSError(2, "d")],
)
def test_errors_in_workers(error):
    class Failing:
        def __len__(self):
            return 3

        def __getitem__(self, i):
            raise error

    said = []
    for lib in LIBS:
        with pytest.raises(Exception) as caught:
            list(lib.utils.data.DataLoader(Failing(), num_workers=1))
        text = str(caught.value)
        said.append((caught.type, text.splitlines()[:2], text.rstrip().splitlines()[-1]))
    assert said[0] == said[1]


def test_a_worker_that_dies():
    class Dying:
        def __len__(self):
            return 3

        def __getitem__(self, i):
            os._exit(1)

    kinds = []
    for lib in LIBS:
        with pytest.raises(RuntimeError, match=r"DataLoader worker \(pid") as caught:
            list(lib.utils.data.DataLoader(Dying(), num_workers=1))
        kinds.append((caught.type, re.sub(r"\d+", "n", str(caught.value).splitlines()[0])))
    assert kinds[0] == kinds[1]


def test_numpy_seeds():
    from torch.utils.data._utils.worker import _generate_state

    from flambeau.data.worker import numpy_seed

    for seed, number in ((0, 0), (2**63 - 1, 5), (1234567890123, 70), (2**32, 1)):
        assert numpy_seed(seed, number).tolist() == _generate_state(seed, number)
