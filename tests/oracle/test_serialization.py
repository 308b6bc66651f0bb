"""Files of tensors go both ways between PyTorch and flambeau."""

from __future__ import annotations

import io

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import flambeau as fl  # noqa: E402
from flambeau import nn, optim  # noqa: E402


def across(obj, writer, reader, **options):
    buffer = io.BytesIO()
    writer.save(obj, buffer)
    buffer.seek(0)
    return reader.load(buffer, **options)


def test_pytorch_reads_what_flambeau_writes():
    fl.manual_seed(0)
    net = nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(16, 3))
    T = torch.nn
    theirs = T.Sequential(T.Conv2d(1, 4, 3), T.BatchNorm2d(4), T.Flatten(), T.Linear(16, 3))
    state = across(net.state_dict(), fl, torch, weights_only=True)
    theirs.load_state_dict(state)
    x = np.random.RandomState(0).rand(2, 1, 4, 4).astype("float32")
    net.eval(), theirs.eval()
    ours = net(fl.from_numpy(x)).detach().numpy()
    np.testing.assert_allclose(ours, theirs(torch.from_numpy(x)).detach().numpy(), 1e-4, 1e-6)


def test_flambeau_reads_what_pytorch_writes():
    torch.manual_seed(0)
    net = torch.nn.Linear(3, 2)
    base = torch.arange(6.0)
    value = {
        "state": net.state_dict(), "part": base[1:4], "t": base.view(2, 3).t(), "d": torch.float16,
        "half": torch.ones(2).half(), "b": torch.ones(2).bfloat16(), "c": torch.tensor([1 + 2j]),
        "size": torch.Size([1, 2]), "p": torch.nn.Parameter(torch.ones(2)), "n": 3,
    }  # fmt: skip
    back = across(value, torch, fl)
    assert back["t"].stride() == (1, 3) and back["part"].tolist() == [1.0, 2.0, 3.0]
    assert back["d"] is fl.float16 and back["b"].dtype is fl.bfloat16
    assert back["c"].tolist() == [1 + 2j]
    ours = nn.Linear(3, 2)
    ours.load_state_dict(back["state"])
    assert ours.weight.tolist() == net.weight.tolist()


def test_optimizer_states_go_both_ways():
    data = np.random.RandomState(0).rand(4, 3).astype("float32")

    def train(T, module, optimizers):
        T.manual_seed(0)
        net = module.Linear(3, 2)
        opt = optimizers.Adam(net.parameters(), lr=0.1)
        for _ in range(3):
            opt.zero_grad()
            net(T.from_numpy(data)).pow(2).mean().backward()
            opt.step()
        return net, opt

    net, opt = train(fl, nn, optim)
    theirs_net, theirs = train(torch, torch.nn, torch.optim)
    theirs.load_state_dict(across(opt.state_dict(), fl, torch, weights_only=True))
    opt.load_state_dict(across(theirs.state_dict(), torch, fl))
    for n, o in ((net, opt), (theirs_net, theirs)):
        T = fl if n is net else torch
        o.zero_grad()
        n(T.from_numpy(data)).pow(2).mean().backward()
        o.step()
    np.testing.assert_allclose(net.weight.tolist(), theirs_net.weight.tolist(), 1e-5)


def test_whole_networks_travel_both_ways():
    """Not only state dictionaries: PyTorch finds its own classes and functions in the file."""
    nets = []
    for package in (fl, torch):
        nn = package.nn
        package.manual_seed(0)
        nets.append(
            nn.ModuleList([
                nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.ReLU(), nn.Flatten()),
                nn.LSTM(8, 3, num_layers=2), nn.TransformerEncoderLayer(4, 2, 8),
                nn.Embedding(3, 4), nn.GELU(),
            ]).eval()
        )  # fmt: skip
    inputs = ((1, 1, 5, 5), (2, 1, 8), (3, 1, 4))
    for here, there, net in ((fl, torch, nets[0]), (torch, fl, nets[1])):
        again = across(net, here, there, weights_only=False)
        assert repr(again) == repr(net)
        for before, after, shape in zip(net, again, inputs):
            expected, got = before(here.ones(shape)), after(there.ones(shape))
            if isinstance(expected, tuple):
                expected, got = expected[0], got[0]
            np.testing.assert_allclose(
                got.detach().numpy(), expected.detach().numpy(), rtol=1e-4, atol=1e-5
            )
