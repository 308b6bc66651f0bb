"""Saving and loading: what is written comes back, and damaged or hostile files are refused."""

from __future__ import annotations

import collections
import io
import os
import pickle
import zipfile

import pytest

import flambeau as fl
from flambeau import nn


def roundtrip(obj, **options):
    buffer = io.BytesIO()
    fl.save(obj, buffer)
    buffer.seek(0)
    return fl.load(buffer, **options)


@pytest.mark.parametrize("d", list(fl._dtype.BY_NAME.values()), ids=lambda d: d.name)
def test_every_dtype_comes_back(d):
    x = fl.tensor([[0, 1, 2], [3, 4, 5]]).to(d)
    back = roundtrip(x)
    assert back.dtype is d and back.shape == x.shape
    assert back.tolist() == x.tolist()


def test_shapes_strides_and_sharing_come_back():
    base = fl.arange(12.0)
    back = roundtrip(
        {"base": base, "part": base[2:8:2], "t": base.view(3, 4).t(), "e": fl.zeros(0, 3)}
    )
    assert back["part"].tolist() == [2.0, 4.0, 6.0]
    assert back["t"].stride() == (1, 4)
    assert back["e"].shape == (0, 3)
    back["base"][2] = 77.0
    assert back["part"][0].item() == 77.0  # still views of one memory


def test_plain_values_containers_and_names_come_back():
    value = collections.OrderedDict(
        n=3, x=2.5, s="text", none=None, flag=True, list=[1, [2]], tuple=(1, 2), d=fl.float64,
        size=fl.Size([2, 3]), where=fl.device("cpu"), set={1, 2},
    )  # fmt: skip
    back = roundtrip(value)
    assert back == value and type(back) is collections.OrderedDict
    assert type(back["size"]) is fl.Size


def test_parameters_come_back_as_parameters():
    p = nn.Parameter(fl.ones(2))
    back = roundtrip([p, fl.ones(2, requires_grad=True)])
    assert type(back[0]) is nn.Parameter and back[0].requires_grad and back[1].requires_grad


def test_a_module_needs_trust():
    net = nn.Sequential(nn.Linear(2, 3), nn.ReLU())
    with pytest.raises(pickle.UnpicklingError, match="weights_only=False"):
        roundtrip(net)
    back = roundtrip(net, weights_only=False)
    assert back(fl.ones(1, 2)).tolist() == net(fl.ones(1, 2)).tolist()


def test_a_file_cannot_run_code():
    class Evil:
        def __reduce__(self):
            return os.system, ("true",)

    with pytest.raises(pickle.UnpicklingError, match="Unsupported global"):
        roundtrip(Evil())


def test_results_cannot_be_saved():
    with pytest.raises(RuntimeError, match="graph leaves"):
        fl.save(fl.ones(2, requires_grad=True) * 2, io.BytesIO())


def test_a_failed_save_leaves_the_old_file(tmp_path):
    path = tmp_path / "model.pt"
    fl.save(fl.ones(2), path)
    with pytest.raises(Exception, match="lambda"):
        fl.save({"bad": lambda: None}, path)
    assert fl.load(path).tolist() == [1.0, 1.0]
    assert os.listdir(tmp_path) == ["model.pt"]
    with pytest.raises(RuntimeError, match="Parent directory"):
        fl.save(1, tmp_path / "no" / "x.pt")


def test_damaged_files(tmp_path):
    path = tmp_path / "model.pt"
    path.write_bytes(b"no archive")
    with pytest.raises(RuntimeError, match="failed finding central directory"):
        fl.load(path)
    fl.save({"w": fl.ones(100)}, path)
    with zipfile.ZipFile(path) as whole:
        parts = {n: whole.read(n) for n in whole.namelist()}
    with zipfile.ZipFile(path, "w") as broken:
        for name, content in parts.items():
            if not name.endswith("data/0"):
                broken.writestr(name, content)
    with pytest.raises(RuntimeError, match="damaged"):
        fl.load(path)
    with zipfile.ZipFile(path, "w") as broken:
        for name, content in parts.items():
            broken.writestr(name, content[:8] if name.endswith("data/0") else content)
    with pytest.raises(RuntimeError, match="damaged"):
        fl.load(path)
    with pytest.raises(FileNotFoundError):
        fl.load(tmp_path / "none.pt")


def test_the_same_object_gives_the_same_bytes(tmp_path):
    a, b = io.BytesIO(), io.BytesIO()
    fl.save({"w": fl.ones(3)}, a)
    fl.save({"w": fl.ones(3)}, b)
    assert a.getvalue() == b.getvalue()
