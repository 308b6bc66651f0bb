"""Loaders: whole batches give what single examples give, and pass over nothing."""

import numpy as np
import pytest

import flambeau
from flambeau.data import (
    DataLoader,
    Dataset,
    StackDataset,
    Subset,
    TensorDataset,
    default_collate,
    random_split,
)
from flambeau.data.dataset import whole_batch_method


def tensors(n=20):
    flambeau.manual_seed(0)
    return flambeau.rand(n, 3, 2), flambeau.arange(n), flambeau.rand(n) > 0.5


def one_by_one(dataset, indices):
    return default_collate([dataset[i] for i in indices])


def same(a, b):
    if isinstance(a, flambeau.Tensor):
        return a.dtype == b.dtype and a.shape == b.shape and a.tolist() == b.tolist()
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[k], b[k]) for k in a)
    return type(a) is type(b) and all(same(x, y) for x, y in zip(a, b, strict=True))


@pytest.mark.parametrize("indices", [[0], [3, 1, 3, -1], list(range(20))])
def test_whole_batches_equal_single_examples(indices):
    data = TensorDataset(*tensors())
    for dataset in (
        data,
        Subset(data, list(range(19, -1, -1))),
        Subset(Subset(data, list(range(20))), tuple(range(20))),
        StackDataset(data, data),
        StackDataset(a=data, b=tensors()[0]),
    ):
        batch = whole_batch_method(dataset)(indices)
        assert same(batch, one_by_one(dataset, indices))


def test_single_examples_are_not_touched_where_whole_batches_are_possible():
    data = TensorDataset(*tensors())
    calls = []
    data._whole_batch = lambda indices: (
        calls.append(indices) or TensorDataset._whole_batch(data, indices)
    )
    assert len(list(DataLoader(data, batch_size=8))) == 3
    assert [len(c) for c in calls] == [8, 8, 4]


def test_a_subclass_with_its_own_examples_is_asked_for_them():
    class Doubled(TensorDataset):
        def __getitem__(self, index):
            return tuple(t * 2 for t in super().__getitem__(index))

    data = Doubled(flambeau.arange(4))
    assert whole_batch_method(data) is None
    assert whole_batch_method(Subset(data, [0, 1]))([0]) is None
    assert next(iter(DataLoader(data, batch_size=4)))[0].tolist() == [0, 2, 4, 6]
    assert next(iter(DataLoader(Subset(data, [3, 1]), batch_size=4)))[0].tolist() == [6, 2]


def test_several_examples_at_once():
    class Several(Dataset):
        asked = []

        def __len__(self):
            return 6

        def __getitem__(self, index):
            raise AssertionError("one by one")

        def __getitems__(self, indices):
            self.asked.append(indices)
            return [i * 10 for i in indices]

    assert [b.tolist() for b in DataLoader(Several(), batch_size=4)] == [[0, 10, 20, 30], [40, 50]]
    assert Several.asked == [[0, 1, 2, 3], [4, 5]]


def test_a_collate_function_gets_single_examples():
    data = TensorDataset(*tensors(4))
    got = next(iter(DataLoader(data, batch_size=2, collate_fn=lambda examples: examples)))
    assert [type(e) for e in got] == [tuple, tuple]
    assert got[0][0].shape == (3, 2)


def test_batches_are_copies_and_follow_gradients():
    x = flambeau.ones(4, 2, requires_grad=True)
    batch = next(iter(DataLoader(TensorDataset(x), batch_size=3)))[0]
    batch.sum().backward()
    assert x.grad.tolist() == [[1, 1], [1, 1], [1, 1], [0, 0]]
    plain = flambeau.zeros(4)
    first = next(iter(DataLoader(TensorDataset(plain), batch_size=2)))[0]
    first += 1
    assert plain.tolist() == [0, 0, 0, 0]


def test_indices_of_any_kind():
    data = TensorDataset(flambeau.arange(5))
    for indices in ([flambeau.tensor(3), flambeau.tensor(1)], np.array([3, 1]), (3, 1)):
        loader = DataLoader(data, batch_sampler=[indices])
        assert next(iter(loader))[0].tolist() == [3, 1]


@pytest.mark.parametrize("wrong", [[5], [-6], [0, 7]])
def test_out_of_range(wrong):
    with pytest.raises(IndexError, match="out of bounds for dimension 0 with size 5"):
        list(DataLoader(TensorDataset(flambeau.arange(5)), batch_sampler=[wrong]))


def test_splits_cover_everything():
    parts = random_split(range(10), [0.5, 0.3, 0.2], flambeau.Generator().manual_seed(1))
    assert [len(p) for p in parts] == [5, 3, 2]
    assert sorted(i for p in parts for i in p) == list(range(10))


def test_names_under_utils():
    import flambeau.utils.data as data
    from flambeau.utils.data._utils.collate import default_collate as other
    from flambeau.utils.data.dataloader import default_convert
    from flambeau.utils.data.dataset import Subset as same_subset
    from flambeau.utils.data.distributed import DistributedSampler
    from flambeau.utils.data.sampler import Sampler

    assert (data.Subset, same_subset) == (Subset, Subset)
    assert other is default_collate
    assert data.Sampler is Sampler
    assert data.DistributedSampler is DistributedSampler
    assert default_convert(np.float32(2)).dtype == flambeau.float32
    assert issubclass(data.Dataset[int].__origin__, data.Dataset)
