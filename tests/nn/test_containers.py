"""Sequential, ModuleList, ModuleDict, ParameterList and ParameterDict."""

from collections import OrderedDict

import pytest

import flambeau
from flambeau import nn


def kinds(modules):
    return [type(module).__name__ for module in modules]


def three():
    return nn.Sequential(nn.ReLU(), nn.Tanh(), nn.GELU())


def test_sequential_runs_its_modules_in_turn():
    net = nn.Sequential(nn.Flatten(), nn.Linear(4, 2))
    assert net(flambeau.ones(3, 2, 2)).shape == (3, 2)
    assert nn.Sequential()(5) == 5


def test_sequential_indexing_and_slices():
    net = three()
    assert len(net) == 3 and kinds([net[0], net[-1]]) == ["ReLU", "GELU"]
    assert isinstance(net[1:], nn.Sequential) and kinds(net[1:]) == ["Tanh", "GELU"]
    assert list(net[1:]._modules) == ["1", "2"]
    with pytest.raises(IndexError, match="index 3 is out of range"):
        _ = net[3]
    net[1] = nn.SiLU()
    assert kinds(net) == ["ReLU", "SiLU", "GELU"]
    del net[0]
    assert list(net._modules) == ["0", "1"]
    del net[:]
    assert len(net) == 0


def test_sequential_grows_and_shrinks():
    net = three()
    net.append(nn.Mish()).extend([nn.CELU()])
    net.insert(0, nn.Flatten())
    assert kinds(net) == ["Flatten", "ReLU", "Tanh", "GELU", "Mish", "CELU"]
    assert isinstance(net.pop(0), nn.Flatten) and len(net) == 5
    with pytest.raises(IndexError, match="Index out of range: 9"):
        net.insert(9, nn.ReLU())
    with pytest.raises(TypeError, match="int is not a Module subclass"):
        net.append(3)


def test_sequential_arithmetic():
    net = three()
    assert kinds(net + nn.Sequential(nn.ReLU())) == ["ReLU", "Tanh", "GELU", "ReLU"]
    assert len(net * 2) == 6 and (net * 2)[0] is (net * 2)[3]
    net *= 2
    net += nn.Sequential(nn.Mish())
    assert len(net) == 7 and len(2 * net) == 14
    with pytest.raises(ValueError, match="Non-positive multiplication factor 0"):
        _ = net * 0
    with pytest.raises(ValueError, match="add operator supports only objects of Sequential"):
        _ = net + 1


def test_sequential_with_names():
    net = nn.Sequential(OrderedDict(first=nn.Linear(2, 3), act=nn.ReLU()))
    assert list(net.state_dict()) == ["first.weight", "first.bias"]
    assert isinstance(net.act, nn.ReLU) and net[0] is net.first


def test_module_list():
    net = nn.ModuleList([nn.Linear(1, 1) for _ in range(3)] + [nn.ReLU()])
    assert repr(net) == (
        "ModuleList(\n"
        "  (0-2): 3 x Linear(in_features=1, out_features=1, bias=True)\n"
        "  (3): ReLU()\n"
        ")"
    )
    assert len(list(net.parameters())) == 6
    net.insert(0, nn.Tanh())
    assert kinds(net[:2]) == ["Tanh", "Linear"] and isinstance(net[:2], nn.ModuleList)
    assert kinds(net + [nn.GELU()])[-1] == "GELU"
    net += [nn.Mish()]
    assert isinstance(net.pop(-1), nn.Mish)
    with pytest.raises(TypeError, match="should be called with an iterable, but got int"):
        net.extend(3)
    with pytest.raises(NotImplementedError):
        net(1)


def test_module_dict():
    net = nn.ModuleDict({"b": nn.ReLU(), "a": nn.Linear(1, 1)})
    assert list(net) == ["b", "a"] and "a" in net and len(net) == 2
    net["c"] = nn.Tanh()
    net.update([("d", nn.GELU())])
    assert kinds(net.values()) == ["ReLU", "Linear", "Tanh", "GELU"]
    assert isinstance(net.pop("c"), nn.Tanh)
    assert repr(net).startswith("ModuleDict(\n  (b): ReLU()\n  (a): Linear(")
    with pytest.raises(ValueError, match="has length 1; 2 is required"):
        net.update([("x",)])
    net.clear()
    assert len(net) == 0


def test_parameter_list():
    values = nn.ParameterList([flambeau.ones(2, 3), nn.Parameter(flambeau.ones(2)), 5])
    assert isinstance(values[0], nn.Parameter) and values[-1] == 5
    assert list(values.state_dict()) == ["0", "1"]
    assert repr(values) == (
        "ParameterList(\n"
        "    (0): Parameter containing: [flambeau.float32 of size 2x3]\n"
        "    (1): Parameter containing: [flambeau.float32 of size 2]\n"
        "    (2): Object of type: int\n"
        ")"
    )
    values.append(flambeau.zeros(1))
    values[2] = flambeau.zeros(2)
    assert len(values) == 4 and [len(v) for v in values[1:]] == [2, 2, 1]
    with pytest.raises(IndexError):
        _ = values[4]
    with pytest.raises(RuntimeError, match="ParameterList should not be called"):
        values(1)


def test_parameter_dict():
    values = nn.ParameterDict({"b": flambeau.ones(2), "a": flambeau.ones(1)})
    assert list(values) == ["a", "b"]  # plain mappings are sorted, as in PyTorch
    assert all(isinstance(value, nn.Parameter) for value in values.values())
    assert repr(values) == (
        "ParameterDict(\n"
        "    (a): Parameter containing: [flambeau.FloatTensor of size 1]\n"
        "    (b): Parameter containing: [flambeau.FloatTensor of size 2]\n"
        ")"
    )
    values["c"] = flambeau.ones(3)
    assert values.popitem()[0] == "c" and "c" not in values
    assert values.get("zzz", 7) == 7 and len(values | {"q": flambeau.ones(1)}) == 3
    assert values.setdefault("n", flambeau.ones(1)).shape == (1,)
    with pytest.raises(TypeError, match="it is not a string"):
        values[3] = 1
