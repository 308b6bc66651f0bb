"""Data sets and transforms against torchvision, where it is installed."""

import numpy as np
import pytest

pytest.importorskip("torch")
theirs = pytest.importorskip("torchvision")
import torch  # noqa: E402

import flambeau  # noqa: E402
from flambeau import vision as ours  # noqa: E402

LIBS = ((flambeau, ours), (torch, theirs))


def test_fake_data():
    one, two = (
        v.datasets.FakeData(4, (3, 6, 5), 9, transform=np.asarray, random_offset=3)
        for _, v in LIBS
    )
    for i in range(4):
        np.testing.assert_array_equal(one[i][0], two[i][0])
        assert one[i][1] == two[i][1]
    assert repr(one) == repr(two)


TABLES = {
    "CIFAR10": "base_folder url filename tgz_md5 train_list test_list meta",
    "CIFAR100": "base_folder url filename tgz_md5 train_list test_list meta",
    "SVHN": "split_list",
    "USPS": "split_list",
    "EMNIST": "url md5 splits classes_split_dict",
    "QMNIST": "subsets resources classes",
    "MNIST": "resources classes",
    "FashionMNIST": "resources classes",
    "KMNIST": "resources classes",
}


@pytest.mark.parametrize("name", TABLES)
def test_tables(name):
    one, two = (getattr(v.datasets, name) for _, v in LIBS)
    for attribute in TABLES[name].split():
        ours_, theirs_ = getattr(one, attribute), getattr(two, attribute)
        assert ours_ == theirs_ or list(map(tuple, ours_)) == list(map(tuple, theirs_))
