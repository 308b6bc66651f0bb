"""Module: attributes, registration, traversal, conversion, state dictionaries, hooks, errors."""

import copy
import pickle
import traceback

import pytest

import flambeau
from flambeau import nn
from flambeau.nn.modules import module as module_file


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(3, 2)
        self.bn = nn.BatchNorm1d(2)

    def forward(self, x):
        return self.bn(self.fc(x))


def block():
    return nn.Sequential(nn.Linear(4, 3), nn.Sequential(nn.ReLU(), nn.Linear(3, 2)))


# -- attributes ---------------------------------------------------------------------------------


def test_assigned_parameters_buffers_and_modules_register_themselves():
    net = nn.Module()
    net.weight = nn.Parameter(flambeau.ones(2))
    net.child = nn.ReLU()
    net.kept = nn.Buffer(flambeau.zeros(1))
    net.passing = nn.Buffer(flambeau.zeros(1), persistent=False)
    net.plain = flambeau.ones(3)
    assert list(net._parameters) == ["weight"]
    assert list(net._modules) == ["child"]
    assert list(net._buffers) == ["kept", "passing"]
    assert list(net.state_dict()) == ["weight", "kept"]
    assert "plain" in net.__dict__


def test_a_name_lives_in_one_place_only():
    net = nn.Module()
    net.x = nn.Parameter(flambeau.ones(2))
    net.x = None
    assert net.x is None and "x" in net._parameters
    net.y = nn.ReLU()
    net.y = nn.Parameter(flambeau.ones(1))
    assert "y" in net._parameters and "y" not in net._modules
    net.z = 5
    net.z = nn.Tanh()
    assert "z" not in net.__dict__ and isinstance(net.z, nn.Tanh)
    del net.z
    with pytest.raises(AttributeError, match="'Module' object has no attribute 'z'"):
        _ = net.z


@pytest.mark.parametrize(
    ("what", "value"),
    [
        ("parameters", lambda: nn.Parameter(flambeau.ones(1))),
        ("module", nn.ReLU),
        ("buffer", lambda: nn.Buffer(flambeau.ones(1))),
    ],
)
def test_assigning_before_init_says_so(what, value):
    class Early(nn.Module):
        def __init__(self):
            self.member = value()

    with pytest.raises(AttributeError, match=f"cannot assign {what} before Module.__init__"):
        Early()


def test_wrong_types_are_refused():
    linear = nn.Linear(1, 1)
    with pytest.raises(TypeError, match="cannot assign 'flambeau.FloatTensor' as parameter 'we"):
        linear.weight = flambeau.ones(1)
    with pytest.raises(TypeError, match="cannot assign 'int' as buffer 'running_mean'"):
        nn.BatchNorm1d(1).running_mean = 3
    with pytest.raises(TypeError, match="cannot assign 'int' as child module '0'"):
        setattr(nn.Sequential(nn.ReLU()), "0", 3)


def test_a_missing_attribute_names_the_nearest_one():
    with pytest.raises(AttributeError) as caught:
        _ = Net().fcc
    text = "".join(traceback.format_exception_only(caught.value))
    assert "'Net' object has no attribute 'fcc'" in text
    assert caught.value.name == "fcc" and "fc" in dir(caught.value.obj)


@pytest.mark.parametrize(
    ("name", "error", "message"),
    [
        (3, TypeError, "name should be a string. Got int"),
        ("a.b", KeyError, "name can.+t contain"),
        ("", KeyError, "name can.+t be empty string"),
        ("training", KeyError, "attribute 'training' already exists"),
    ],
)
def test_names_are_checked(name, error, message):
    for register in ("register_parameter", "register_buffer", "add_module"):
        with pytest.raises(error, match=message):
            getattr(nn.Module(), register)(name, None)


def test_a_computed_tensor_is_no_parameter():
    computed = flambeau.ones(2, requires_grad=True) * 2
    with pytest.raises(TypeError):
        nn.Module().register_parameter("w", computed)


def test_module_takes_no_arguments():
    with pytest.raises(TypeError, match=r"takes 1 positional argument but 2 were given"):
        nn.Module(1)
    with pytest.raises(TypeError, match="got an unexpected keyword argument 'a'"):
        nn.Module(a=1)


def test_forward_is_required():
    with pytest.raises(NotImplementedError, match=r"Module \[Module\] is missing the required"):
        nn.Module()(1)


# -- paths and traversal ------------------------------------------------------------------------


def test_members_by_path():
    net = block()
    assert net.get_submodule("1.0") is net[1][0]
    assert net.get_submodule("") is net
    assert net.get_parameter("1.1.weight") is net[1][1].weight
    with pytest.raises(AttributeError, match="Sequential has no attribute `7`"):
        net.get_submodule("1.7")
    with pytest.raises(AttributeError, match="`weight` is not an nn.Module"):
        net.get_submodule("0.weight")
    with pytest.raises(AttributeError, match="`1` is not an nn.Parameter"):
        net.get_parameter("1.1")
    net.set_submodule("1.0", nn.Tanh())
    assert isinstance(net[1][0], nn.Tanh)


def test_shared_modules_are_seen_once():
    shared = nn.Linear(1, 1)
    net = nn.Sequential(shared, nn.ReLU(), shared)
    assert [name for name, _ in net.named_modules()] == ["", "0", "1"]
    assert [name for name, _ in net.named_children()] == ["0", "1"]
    assert [name for name, _ in net.named_parameters()] == ["0.weight", "0.bias"]
    every = [name for name, _ in net.named_parameters(remove_duplicate=False)]
    assert every == ["0.weight", "0.bias", "2.weight", "2.bias"]
    assert list(net.parameters(recurse=False)) == []


def test_apply_goes_from_the_leaves_to_the_root():
    seen = []
    block().apply(lambda module: seen.append(type(module).__name__))
    assert seen == ["Linear", "ReLU", "Linear", "Sequential", "Sequential"]


def test_repr_is_indented():
    assert repr(block()) == (
        "Sequential(\n"
        "  (0): Linear(in_features=4, out_features=3, bias=True)\n"
        "  (1): Sequential(\n"
        "    (0): ReLU()\n"
        "    (1): Linear(in_features=3, out_features=2, bias=True)\n"
        "  )\n"
        ")"
    )


# -- conversion and modes -----------------------------------------------------------------------


def test_conversion_keeps_the_parameter_objects():
    net = Net()
    weight = net.fc.weight
    net(flambeau.ones(2, 3)).sum().backward()
    assert net.double() is net
    assert net.fc.weight is weight and isinstance(weight, nn.Parameter)
    assert weight.dtype == flambeau.float64 and weight.grad.dtype == flambeau.float64
    assert net.bn.running_mean.dtype == flambeau.float64
    assert net.bn.num_batches_tracked.dtype == flambeau.int64
    assert net.to(flambeau.zeros(1)).fc.bias.dtype == flambeau.float32
    assert net.to("cpu", flambeau.bfloat16).fc.bias.dtype == flambeau.bfloat16
    assert net.to(dtype=flambeau.float16).fc.bias.dtype == flambeau.float16
    with pytest.raises(TypeError, match=r"only accepts floating point or complex dtypes"):
        net.to(flambeau.int8)


def test_train_and_eval_reach_the_descendants():
    net = block().eval()
    assert not any(module.training for module in net.modules())
    net.train()
    assert all(module.training for module in net.modules())
    with pytest.raises(ValueError, match="training mode is expected to be boolean"):
        net.train(1)


def test_zero_grad_forgets_or_fills():
    net = nn.Linear(1, 1)
    net(flambeau.ones(1, 1)).sum().backward()
    net.zero_grad(set_to_none=False)
    assert net.weight.grad.item() == 0.0
    net.zero_grad()
    assert net.weight.grad is None


def test_requires_grad_():
    net = block().requires_grad_(False)
    assert not any(p.requires_grad for p in net.parameters())


def test_copies_are_independent():
    net = Net()
    for other in (copy.deepcopy(net), pickle.loads(pickle.dumps(net))):
        assert repr(other) == repr(net)
        assert flambeau.equal(other.fc.weight, net.fc.weight)
        assert isinstance(other.fc.weight, nn.Parameter) and other.fc.weight.requires_grad
        with flambeau.no_grad():
            other.fc.weight.zero_()
        assert not flambeau.equal(other.fc.weight, net.fc.weight)


# -- state dictionaries -------------------------------------------------------------------------


def test_state_dict_is_detached_and_shares_memory():
    net = Net()
    state = net.state_dict()
    assert list(state) == [
        "fc.weight",
        "fc.bias",
        "bn.weight",
        "bn.bias",
        "bn.running_mean",
        "bn.running_var",
        "bn.num_batches_tracked",
    ]
    assert state._metadata == {"": {"version": 1}, "fc": {"version": 1}, "bn": {"version": 2}}
    assert not state["fc.weight"].requires_grad
    state["fc.bias"].fill_(7)
    assert net.fc.bias.tolist() == [7.0, 7.0]
    assert net.state_dict(keep_vars=True)["fc.weight"] is net.fc.weight


def test_load_state_dict_copies():
    net, other = Net(), Net()
    result = net.load_state_dict(other.state_dict())
    assert repr(result) == "<All keys matched successfully>"
    assert result.missing_keys == [] and result.unexpected_keys == []
    assert flambeau.equal(net.fc.weight, other.fc.weight)
    assert net.fc.weight is not other.fc.weight


def test_load_state_dict_reports_everything_at_once():
    net = Net()
    state = net.state_dict()
    del state["fc.bias"]
    state["other.weight"] = flambeau.ones(1)
    state["fc.weight"] = flambeau.ones(2, 4)
    with pytest.raises(RuntimeError) as caught:
        net.load_state_dict(state)
    assert str(caught.value) == (
        "Error(s) in loading state_dict for Net:\n"
        '\tMissing key(s) in state_dict: "fc.bias". \n'
        '\tUnexpected key(s) in state_dict: "other.weight". \n'
        "\tsize mismatch for fc.weight: copying a param with shape flambeau.Size([2, 4]) from "
        "checkpoint, the shape in current model is flambeau.Size([2, 3])."
    )
    del state["fc.weight"]
    result = net.load_state_dict(state, strict=False)
    assert result.missing_keys == ["fc.weight", "fc.bias"]
    assert result.unexpected_keys == ["other.weight"]


def test_load_state_dict_can_take_the_tensors_themselves():
    net = nn.Linear(1, 1)
    state = {"weight": flambeau.zeros(1, 1, dtype=flambeau.float64), "bias": flambeau.zeros(1)}
    net.load_state_dict(state, assign=True)
    assert net.weight.dtype == flambeau.float64 and isinstance(net.weight, nn.Parameter)
    state["bias"].fill_(3)
    assert net.bias.item() == 3.0


def test_extra_state():
    class Counter(nn.Module):
        seen = None

        def get_extra_state(self):
            return {"count": 5}

        def set_extra_state(self, state):
            self.seen = state

    net = nn.Sequential(Counter())
    state = net.state_dict()
    assert state["0._extra_state"] == {"count": 5}
    net.load_state_dict(state)
    assert net[0].seen == {"count": 5}
    assert net.load_state_dict({}, strict=False).missing_keys == ["0._extra_state"]


def test_old_batch_norms_lack_the_count():
    net = nn.BatchNorm1d(2)
    state = dict(net.state_dict())
    del state["num_batches_tracked"]
    assert repr(net.load_state_dict(state)) == "<All keys matched successfully>"


def test_state_dict_hooks():
    net, log = nn.Linear(1, 1), []
    net.register_state_dict_pre_hook(lambda module, prefix, keep: log.append(("pre", prefix)))
    net.register_state_dict_post_hook(lambda m, state, prefix, meta: state.pop(prefix + "bias"))
    with pytest.raises(RuntimeError, match="state_dict post-hook must return None"):
        net.state_dict()
    net = nn.Linear(1, 1)

    def forgive(module, keys):
        keys.missing_keys.clear()

    net.register_load_state_dict_pre_hook(lambda module, state, *rest: log.append(len(rest)))
    net.register_load_state_dict_post_hook(forgive)
    net.load_state_dict({"weight": flambeau.ones(1, 1)})
    assert log == [("pre", ""), 6]


# -- hooks --------------------------------------------------------------------------------------


def test_forward_hooks_change_input_and_output():
    net = nn.Identity()
    first = net.register_forward_pre_hook(lambda module, args: args[0] + 1)
    net.register_forward_hook(lambda module, args, output: output * 10)
    assert net(flambeau.zeros(1)).item() == 10.0
    first.remove()
    assert net(flambeau.zeros(1)).item() == 0.0
    with net.register_forward_pre_hook(lambda module, args: (args[0] + 2,)):
        assert net(flambeau.zeros(1)).item() == 20.0
    assert net(flambeau.zeros(1)).item() == 0.0


def test_forward_hooks_with_keywords_in_order():
    class Scale(nn.Module):
        def forward(self, x, by=1):
            return x * by

    net, log = Scale(), []
    net.register_forward_pre_hook(
        lambda module, args, kwargs: (args, {"by": kwargs["by"] + 1}), with_kwargs=True
    )
    net.register_forward_hook(
        lambda module, args, kwargs, output: log.append(kwargs), with_kwargs=True
    )
    net.register_forward_hook(lambda module, args, output: log.append("first"), prepend=True)
    assert net(flambeau.ones(1), by=2).item() == 3.0
    assert log == ["first", {"by": 3}]


def test_always_called_hooks_run_after_errors():
    class Broken(nn.Module):
        def forward(self, x):
            raise ValueError("broken")

    net, log = Broken(), []
    net.register_forward_hook(lambda *a: log.append("never"))
    net.register_forward_hook(lambda module, args, output: log.append(output), always_call=True)
    with pytest.raises(ValueError, match="broken"):
        net(1)
    assert log == [None]


def test_full_backward_hooks_see_and_change_gradients():
    net, log = nn.Linear(2, 1, bias=False), []
    with flambeau.no_grad():
        net.weight.fill_(3)
    net.register_full_backward_pre_hook(lambda module, grad_output: (grad_output[0] * 2,))

    def after(module, grad_input, grad_output):
        log.append((grad_input[0].tolist(), grad_output[0].tolist()))
        return (grad_input[0] * 5,)

    net.register_full_backward_hook(after)
    x = flambeau.ones(1, 2, requires_grad=True)
    net(x).sum().backward()
    assert log == [([[6.0, 6.0]], [[2.0]])]
    assert x.grad.tolist() == [[30.0, 30.0]]
    assert net.weight.grad.tolist() == [[2.0, 2.0]]


def test_full_backward_hook_without_an_input_gradient():
    net, log = nn.Linear(2, 1), []
    net.register_full_backward_hook(lambda module, grad_in, grad_out: log.append(grad_in))
    with pytest.warns(UserWarning, match="no inputs require gradients"):
        net(flambeau.ones(1, 2)).sum().backward()
    assert log == [(None,)]


def test_backward_hook_of_the_older_form_sees_the_last_operation():
    net, log = nn.Linear(2, 1), []
    net.register_backward_hook(lambda module, grad_in, grad_out: log.append(grad_out[0].item()))
    (net(flambeau.ones(1, 2)) * 3).sum().backward()
    assert log == [3.0]
    with pytest.raises(RuntimeError, match="Cannot use both regular backward hooks and full"):
        net.register_full_backward_hook(lambda *a: None)


def test_global_hooks():
    log = []
    handle = module_file.register_module_forward_hook(
        lambda module, args, output: log.append(type(module).__name__)
    )
    try:
        nn.Sequential(nn.Identity(), nn.ReLU())(flambeau.ones(1))
    finally:
        handle.remove()
    nn.ReLU()(flambeau.ones(1))
    assert log == ["Identity", "ReLU", "Sequential"]


# -- errors -------------------------------------------------------------------------------------


class Deep(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Flatten(), nn.ReLU(), nn.Linear(128, 10))

    def forward(self, x):
        return self.net(x)


def test_errors_name_the_layer():
    with pytest.raises(RuntimeError) as caught:
        Deep()(flambeau.ones(64, 2, 128))
    assert caught.value.__notes__ == [
        (
            "in layer 'net.2' Linear(in_features=128, out_features=10, bias=True): "
            "input has shape [64, 256], expected last dimension 128"
        )
    ]
    assert "net.2" not in str(caught.value)


def test_errors_suggest_what_would_fit():
    with pytest.raises(RuntimeError) as caught:
        nn.Linear(784, 10)(flambeau.ones(5, 28, 28))
    assert caught.value.__notes__[0].endswith("put nn.Flatten() before this layer")
    with pytest.raises(RuntimeError) as caught:
        nn.Conv2d(3, 8, 3)(flambeau.ones(5, 28, 28, 3))
    assert "x.permute(0, 3, 1, 2)" in caught.value.__notes__[0]


def test_a_module_outside_the_tree_keeps_its_own_note():
    loose = nn.Linear(3, 1)

    class Holder(nn.Module):
        def forward(self, x):
            return loose(x)

    with pytest.raises(RuntimeError) as caught:
        Holder()(flambeau.ones(1, 2))
    assert caught.value.__notes__ == [
        (
            "in layer Linear(in_features=3, out_features=1, bias=True): input has shape [1, 2], "
            "expected last dimension 3"
        )
    ]


# -- parameters ---------------------------------------------------------------------------------


def test_parameter():
    data = flambeau.ones(2)
    param = nn.Parameter(data)
    assert repr(param) == "Parameter containing:\ntensor([1., 1.], requires_grad=True)"
    assert isinstance(param, flambeau.Tensor) and type(param * 2) is flambeau.Tensor
    data[0] = 5
    assert param.tolist() == [5.0, 1.0]
    assert not nn.Parameter(flambeau.ones(1), requires_grad=False).requires_grad
    with pytest.raises(RuntimeError, match="Only Tensors of floating point and complex dtype"):
        nn.Parameter(flambeau.tensor([1]))
    with pytest.raises(AttributeError, match="'list' object has no attribute 'detach'"):
        nn.Parameter([1.0])


def test_parameters_copy_without_their_gradient():
    param = nn.Parameter(flambeau.ones(2))
    param.grad = flambeau.ones(2)
    copied = copy.deepcopy({"a": param, "b": param})
    assert copied["a"] is copied["b"] and copied["a"].grad is None
    assert type(pickle.loads(pickle.dumps(param))) is nn.Parameter


def test_buffer():
    buffer = nn.Buffer(flambeau.ones(2))
    assert isinstance(buffer, nn.Buffer) and not isinstance(flambeau.ones(2), nn.Buffer)
    assert not isinstance(buffer, nn.Parameter) and buffer.persistent
    assert repr(buffer) == "tensor([1., 1.])"


# -- lazy layers --------------------------------------------------------------------------------


def test_lazy_layers_learn_their_size_at_the_first_call():
    net = nn.Sequential(nn.LazyLinear(4), nn.LazyBatchNorm1d())
    assert repr(net[0].weight) == "<UninitializedParameter>"
    optimized = list(net.parameters())
    assert net(flambeau.ones(2, 3)).shape == (2, 4)
    assert type(net[0]) is nn.Linear and net[0].in_features == 3
    assert type(net[1]) is nn.BatchNorm1d and net[1].running_mean.shape == (4,)
    assert optimized[0] is net[0].weight and type(optimized[0]) is nn.Parameter
    assert not net[0]._forward_pre_hooks


def test_lazy_layers_take_their_size_from_a_state_dict():
    net = nn.LazyLinear(4)
    state = nn.Linear(3, 4).state_dict()
    net.load_state_dict(state)
    assert flambeau.equal(net.weight, state["weight"])
    assert net(flambeau.ones(1, 3)).shape == (1, 4) and net.in_features == 3
    assert flambeau.equal(net.weight, state["weight"])


def test_lazy_parameters_have_no_shape():
    net = copy.deepcopy(nn.LazyConv2d(2, 3).half())
    assert net.weight.dtype == flambeau.float16
    with pytest.raises(RuntimeError, match="Can't access the shape of an uninitialized"):
        _ = net.weight.shape
    with pytest.raises(ValueError, match="Attempted to use an uninitialized parameter"):
        net.weight.numel()
    with pytest.raises(RuntimeError, match=r"Expected 3D \(unbatched\) or 4D \(batched\)"):
        net(flambeau.ones(2, 2))
