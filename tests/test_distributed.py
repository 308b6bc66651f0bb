"""Programs that can train on several machines run alone: their group has one process."""

from __future__ import annotations

import pytest

import flambeau
from flambeau import distributed as dist
from flambeau import nn
from flambeau.nn.parallel import DistributedDataParallel


@pytest.fixture
def group(monkeypatch):
    monkeypatch.setenv("RANK", "0")
    monkeypatch.setenv("WORLD_SIZE", "1")
    dist.init_process_group("nccl")
    yield
    dist.destroy_process_group()


def test_without_a_group(monkeypatch):
    monkeypatch.delenv("RANK", raising=False)
    assert not dist.is_available() and not dist.is_initialized()
    for call in (dist.get_rank, dist.get_world_size, dist.barrier, dist.destroy_process_group):
        with pytest.raises(ValueError, match="Default process group has not been initialized"):
            call()
    with pytest.raises(ValueError, match="has not been initialized"):
        DistributedDataParallel(nn.Linear(1, 1))
    with pytest.raises(ValueError, match="RANK expected, but not set"):
        dist.init_process_group("gloo")
    with pytest.raises(RuntimeError, match="one process, not in 2"):
        dist.init_process_group("gloo", rank=0, world_size=2)


def test_a_group_of_one(group):
    assert (dist.get_rank(), dist.get_world_size(), dist.get_backend()) == (0, 1, "nccl")
    x, y = flambeau.ones(2), flambeau.zeros(2)
    for call in (dist.all_reduce, dist.broadcast, dist.reduce):
        assert call(x, 0) is None
    assert x.tolist() == [1, 1]
    dist.all_gather([y], x)
    assert y.tolist() == [1, 1]
    dist.gather(x * 2, [y])
    dist.scatter(x, [y])
    assert x.tolist() == [2, 2]
    found = [None]
    dist.all_gather_object(found, {"a": 1})
    dist.broadcast_object_list(found)
    assert found == [{"a": 1}]
    with pytest.raises(RuntimeError, match="invalid root rank: 1"):
        dist.broadcast(x, 1)
    with pytest.raises(ValueError, match="twice"):
        dist.init_process_group()


def test_a_module_in_a_group_of_one(group):
    inner = nn.Linear(2, 1)
    net = DistributedDataParallel(inner, device_ids=None)
    assert net.module is inner and list(net.state_dict()) == ["module.weight", "module.bias"]
    with net.no_sync():
        assert not net.require_backward_grad_sync
        net(flambeau.ones(3, 2)).sum().backward()
    assert inner.weight.grad.tolist() == [[3, 3]]
    with pytest.raises(RuntimeError, match="doesn't have any parameter that requires a gradient"):
        DistributedDataParallel(nn.ReLU())
