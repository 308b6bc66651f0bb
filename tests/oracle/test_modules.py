"""Layers against PyTorch's: initial values, outputs, gradients, printed forms, messages."""

import importlib
import warnings

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import flambeau  # noqa: E402
from flambeau.tensor import naming  # noqa: E402

torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def same_names():
    """Both print PyTorch's names."""
    before = naming.prefix()
    naming.set_prefix("torch")
    yield
    naming.set_prefix(before)


# Constructor, and the shapes of its inputs.
LAYERS = [
    ("Identity()", (2, 3)),
    ("Linear(3, 5)", (2, 3)),
    ("Linear(3, 5, bias=False)", (3,)),
    ("Linear(3, 5, dtype=torch.float64)", (2, 4, 3)),
    ("Bilinear(3, 4, 5)", (2, 3), (2, 4)),
    ("Conv1d(2, 4, 3, padding='same')", (2, 2, 7)),
    ("Conv2d(2, 4, (3, 2), stride=2, padding=(1, 2), groups=2)", (2, 2, 7, 8)),
    ("Conv2d(2, 4, 3, padding=2, dilation=2, padding_mode='reflect', bias=False)", (2, 2, 7, 8)),
    ("Conv2d(2, 4, 3, padding='same', padding_mode='circular')", (2, 7, 8)),
    ("Conv3d(2, 2, 2)", (1, 2, 3, 4, 5)),
    ("ConvTranspose1d(2, 3, 3, stride=2)", (2, 2, 5)),
    ("ConvTranspose2d(2, 4, 3, 2, 1, 1, groups=2)", (2, 2, 4, 4)),
    ("MaxPool1d(2)", (2, 3, 8)),
    ("MaxPool2d(3, stride=2, padding=1, ceil_mode=True)", (2, 3, 8, 7)),
    ("MaxPool2d(2, return_indices=True)", (3, 8, 7)),
    ("AvgPool1d(3, padding=1)", (2, 3, 8)),
    ("AvgPool2d(3, 2, 1, count_include_pad=False)", (2, 3, 8, 7)),
    ("AdaptiveAvgPool2d((3, None))", (2, 3, 8, 7)),
    ("AdaptiveMaxPool1d(3)", (2, 3, 8)),
    ("LPPool2d(2, 2)", (2, 3, 8, 7)),
    ("BatchNorm1d(3)", (5, 3)),
    ("BatchNorm1d(3, affine=False, track_running_stats=False)", (5, 3, 2)),
    ("BatchNorm2d(3, momentum=None, eps=1e-3)", (2, 3, 4, 4)),
    ("BatchNorm2d(3, bias=False)", (2, 3, 4, 4)),
    ("InstanceNorm2d(3, affine=True, track_running_stats=True)", (2, 3, 4, 4)),
    ("LayerNorm((3, 4))", (2, 3, 4)),
    ("LayerNorm(4, bias=False)", (2, 3, 4)),
    ("GroupNorm(2, 4)", (2, 4, 3)),
    ("RMSNorm(4)", (2, 3, 4)),
    ("LocalResponseNorm(2)", (2, 4, 3, 3)),
    ("Dropout(0.3)", (4, 5)),
    ("Dropout2d(0.3)", (4, 5, 2, 2)),
    ("AlphaDropout(0.3)", (4, 5)),
    ("FeatureAlphaDropout(0.3)", (4, 5, 3)),
    ("ReLU(inplace=True)", (2, 3)),
    ("ReLU6()", (2, 3)),
    ("GELU()", (2, 3)),
    ("GELU('tanh')", (2, 3)),
    ("Hardtanh(-0.5, 0.4)", (2, 3)),
    ("ELU(2.0)", (2, 3)),
    ("CELU(0.5)", (2, 3)),
    ("SELU()", (2, 3)),
    ("SiLU()", (2, 3)),
    ("Mish()", (2, 3)),
    ("LeakyReLU(0.2)", (2, 3)),
    ("PReLU(3)", (2, 3)),
    ("RReLU()", (2, 3)),
    ("GLU(0)", (2, 3)),
    ("Softplus(2)", (2, 3)),
    ("Softsign()", (2, 3)),
    ("Tanhshrink()", (2, 3)),
    ("Hardshrink()", (2, 3)),
    ("Softshrink(0.3)", (2, 3)),
    ("Hardswish()", (2, 3)),
    ("Hardsigmoid()", (2, 3)),
    ("LogSigmoid()", (2, 3)),
    ("Threshold(0.1, 20)", (2, 3)),
    ("Sigmoid()", (2, 3)),
    ("Tanh()", (2, 3)),
    ("Softmax(-1)", (2, 3)),
    ("Softmax2d()", (2, 3, 2, 2)),
    ("LogSoftmax(0)", (2, 3)),
    ("Softmin(1)", (2, 3)),
    ("Flatten()", (2, 3, 4)),
    ("Unflatten(1, (2, 2))", (2, 4)),
    ("ZeroPad2d((1, 2, 0, -1))", (1, 2, 3, 3)),
    ("ConstantPad1d(2, 3.5)", (1, 2, 3)),
    ("ReflectionPad2d(1)", (1, 2, 3, 3)),
    ("ReplicationPad1d((1, 2))", (1, 2, 3)),
    ("CircularPad1d(1)", (1, 2, 3)),
    ("PixelShuffle(2)", (1, 8, 2, 3)),
    ("PixelUnshuffle(2)", (1, 2, 4, 6)),
    ("ChannelShuffle(2)", (1, 6, 2)),
    ("CosineSimilarity()", (3, 4), (3, 4)),
    ("PairwiseDistance(p=1)", (3, 4), (3, 4)),
    ("MSELoss()", (3, 4), (3, 4)),
    ("L1Loss(reduction='sum')", (3, 4), (3, 4)),
    ("SmoothL1Loss(beta=0.5)", (3, 4), (3, 4)),
    ("HuberLoss(delta=0.5, reduction='none')", (3, 4), (3, 4)),
    ("PoissonNLLLoss(full=True)", (3, 4), (3, 4)),
    ("BCEWithLogitsLoss()", (3, 4), (3, 4)),
    ("KLDivLoss(reduction='batchmean', log_target=True)", (3, 4), (3, 4)),
    ("TripletMarginLoss(swap=True)", (3, 4), (3, 4), (3, 4)),
    ("TripletMarginWithDistanceLoss()", (3, 4), (3, 4), (3, 4)),
    ("MultiLabelSoftMarginLoss()", (3, 4), (3, 4)),
    ("LazyLinear(3)", (2, 4)),
    ("LazyConv2d(4, 3, groups=2, padding=1)", (1, 2, 5, 5)),
    ("LazyConvTranspose1d(4, 3)", (1, 2, 5)),
    ("LazyBatchNorm1d()", (4, 3)),
    ("LazyInstanceNorm2d(affine=False)", (2, 3, 4, 4)),
    ("FractionalMaxPool2d(2, output_ratio=0.5, return_indices=True)", (2, 3, 6, 5)),
    ("FractionalMaxPool3d(2, output_size=(2, 1, 3))", (2, 3, 6, 5, 6)),
    ("Unfold((2, 3), dilation=2, padding=1, stride=(1, 2))", (2, 3, 6, 7)),
    ("Fold((4, 5), (2, 3), padding=1, stride=2)", (2, 12, 9)),
    ("Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3), nn.ReLU(), nn.Dropout())", (5, 4)),
]


def build(lib, text, shapes, training=True):
    """The layer, its inputs, and its outputs, from one seed."""
    names = {"torch": lib, "nn": importlib.import_module(f"{lib.__name__}.nn")}
    rng = np.random.RandomState(0)
    lib.manual_seed(1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        layer = eval(f"nn.{text}", names).train(training)
        dtype = "f8" if "float64" in text else "f4"
        inputs = [lib.from_numpy(rng.randn(*shape).astype(dtype)) for shape in shapes]
        leaves = [x.requires_grad_(True) for x in inputs]
        given = [x.clone() for x in leaves] if "inplace" in text else leaves
        outputs = layer(*given)
    return layer, leaves, outputs if isinstance(outputs, tuple) else (outputs,)


def arrays(tensors):
    return [None if t is None else t.detach().numpy() for t in tensors]


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("case", LAYERS, ids=lambda case: case[0])
def test_layer(case, training):
    text, *shapes = case
    wanted, wanted_inputs, wanted_outputs = build(torch, text, shapes, training)
    layer, inputs, outputs = build(flambeau, text, shapes, training)
    assert repr(layer) == repr(wanted)
    assert list(layer.state_dict()) == list(wanted.state_dict())
    for mine, theirs in zip(layer.parameters(), wanted.parameters(), strict=True):
        np.testing.assert_array_equal(mine.detach().numpy(), theirs.detach().numpy())
    for mine, theirs in zip(outputs, wanted_outputs, strict=True):
        assert str(mine.dtype) == str(theirs.dtype) and tuple(mine.shape) == tuple(theirs.shape)
        np.testing.assert_allclose(
            mine.detach().numpy(), theirs.detach().numpy(), rtol=1e-4, atol=1e-5
        )
    outputs[0].cos().sum().backward()
    wanted_outputs[0].cos().sum().backward()
    mine = arrays([x.grad for x in [*inputs, *layer.parameters()]])
    theirs = arrays([x.grad for x in [*wanted_inputs, *wanted.parameters()]])
    for a, b in zip(mine, theirs, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)
    for a, b in zip(arrays(layer.buffers()), arrays(wanted.buffers()), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


# Losses whose targets are not arbitrary numbers: constructor, input shape, target.
CLASSES = [
    ("NLLLoss()", (4, 3), [0, 2, 1, 2]),
    ("NLLLoss(ignore_index=1, reduction='sum')", (4, 3), [0, 2, 1, 2]),
    ("CrossEntropyLoss()", (4, 3), [0, 2, 1, 2]),
    ("CrossEntropyLoss(label_smoothing=0.1, ignore_index=2)", (4, 3), [0, 2, 1, 2]),
    ("CrossEntropyLoss(weight=torch.tensor([1.0, 2.0, 3.0]))", (4, 3), [0, 2, 1, 2]),
    ("CrossEntropyLoss(reduction='none')", (3,), 1),
    ("CrossEntropyLoss()", (2, 3, 2), [[0, 2], [1, 1]]),
    ("CrossEntropyLoss()", (2, 3), [[0.2, 0.3, 0.5], [1.0, 0.0, 0.0]]),
    ("MultiMarginLoss(p=2)", (4, 3), [0, 2, 1, 2]),
    ("MultiMarginLoss(weight=torch.tensor([1.0, 2.0, 3.0]))", (3,), 1),
    ("MultiLabelMarginLoss()", (2, 4), [[3, 0, -1, 1], [2, -1, 0, 0]]),
    ("CosineEmbeddingLoss(0.1)", (2, 4), (2, 4), [1, -1]),
    ("HingeEmbeddingLoss()", (3,), [1.0, -1.0, 1.0]),
    ("SoftMarginLoss()", (3,), [1.0, -1.0, 1.0]),
    ("MarginRankingLoss(0.2)", (3,), (3,), [1, -1, 1]),
    ("GaussianNLLLoss(full=True)", (3,), (3,), [0.5, 1.0, 0.0]),
]


@pytest.mark.parametrize("case", CLASSES, ids=lambda case: case[0])
def test_loss_with_a_special_target(case):
    text, *shapes, target = case

    def compute(lib):
        names = {"torch": lib, "nn": importlib.import_module(f"{lib.__name__}.nn")}
        rng = np.random.RandomState(0)
        inputs = [
            lib.from_numpy(rng.randn(*shape).astype("f4")).requires_grad_(True) for shape in shapes
        ]
        loss = eval(f"nn.{text}", names)
        value = loss(*inputs, lib.tensor(target))
        value.sum().backward()
        return arrays([value, *[x.grad for x in inputs]]), repr(loss), list(loss.state_dict())

    mine, theirs = compute(flambeau), compute(torch)
    assert mine[1:] == theirs[1:]
    for a, b in zip(mine[0], theirs[0], strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6)


EMBEDDINGS = [
    "Embedding(5, 3)",
    "Embedding(5, 3, padding_idx=-2)",
    "Embedding(5, 3, max_norm=1.0, norm_type=1.0)",
    "Embedding(5, 3, scale_grad_by_freq=True, padding_idx=0)",
    "Embedding.from_pretrained(torch.arange(15.0).reshape(5, 3), freeze=False)",
]


@pytest.mark.parametrize("text", EMBEDDINGS)
def test_embedding(text):
    def compute(lib):
        names = {"torch": lib, "nn": importlib.import_module(f"{lib.__name__}.nn")}
        lib.manual_seed(1)
        layer = eval(f"nn.{text}", names)
        output = layer(lib.tensor([[0, 3, 3], [1, 4, 0]]))
        output.cos().sum().backward()
        return arrays([output, layer.weight, layer.weight.grad]), repr(layer)

    mine, theirs = compute(flambeau), compute(torch)
    assert mine[1] == theirs[1]
    for a, b in zip(mine[0], theirs[0], strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


# Programs that must print the same, errors and warnings included.
PROGRAMS = """
class Net(nn.Module):
    def __init__(self): self.a = nn.Linear(1, 1)
Net()
---
nn.Module(3)
---
nn.Module()(3)
---
nn.Linear(2, 3).foo
---
m = nn.Linear(2, 3); m.weight = torch.ones(2)
---
m = nn.BatchNorm1d(3); m.running_mean = 3
---
m = nn.BatchNorm1d(3); m.running_mean = nn.Parameter(torch.zeros(2)); print(list(m.state_dict()))
---
m = nn.Module(); m.register_buffer('a', 3)
---
m = nn.Module(); m.register_parameter('a', torch.ones(2))
---
m = nn.Module(); m.register_parameter('training', None)
---
m = nn.Module(); m.add_module('a.b', nn.ReLU())
---
m = nn.Module(); m.add_module('a', torch.ones(2))
---
m = nn.Sequential(nn.Sequential(nn.Linear(1, 2))); m.get_submodule('0.3')
---
m = nn.Sequential(nn.Sequential(nn.Linear(1, 2))); m.get_parameter('0.0')
---
m = nn.Sequential(nn.Sequential(nn.Linear(1, 2))); m.set_submodule('0.5', nn.ReLU(), strict=True)
---
m = nn.Linear(1, 2); print(m.load_state_dict(m.state_dict()))
---
class Net(nn.Module):
    def __init__(self):
        super().__init__(); self.fc = nn.Linear(3, 2); self.bn = nn.BatchNorm1d(2)
m = Net()
state = {'fc.weight': torch.ones(2, 4), 'x.y': torch.ones(1), 'z': torch.ones(1),
         'fc.q': torch.ones(1), 'bn.weight': 3, 'bn.running_mean': torch.ones(3)}
try: m.load_state_dict(state)
except RuntimeError as e: print(str(e))
print(m.load_state_dict({'z': torch.ones(1), 'fc.weight': torch.ones(2, 3)}, strict=False))
---
m = nn.Linear(1, 2); m.load_state_dict(3)
---
m = nn.InstanceNorm1d(2); m.load_state_dict({'running_mean': torch.ones(2)})
---
m = nn.Module(); m.register_buffer("a", torch.ones(2), persistent=False)
m.b = nn.Buffer(torch.ones(1))
print(m.state_dict(), [n for n, _ in m.named_buffers()])
---
m = nn.Linear(2, 2); m.register_full_backward_hook(lambda m, g, h: g * 2)
m(torch.ones(1, 2, requires_grad=True)).sum().backward()
---
m = nn.Linear(2, 2); m.register_full_backward_hook(lambda m, g, h: print(g, h))
m(torch.ones(1, 2)).sum().backward()
---
m = nn.Linear(1, 2); m.register_forward_pre_hook(lambda m, a, k: 3, with_kwargs=True)
m(torch.ones(1, 1))
---
p = nn.Parameter(torch.ones(2)); print(p, [p], nn.Parameter()); nn.Parameter(torch.tensor([1]))
---
print(nn.Sequential(nn.Linear(2, 2), nn.ModuleList([nn.ReLU(), nn.ReLU(), nn.Tanh()])))
---
print(nn.ParameterList([torch.ones(2, 3), 5]), nn.ParameterDict({'b': torch.ones(1), 'a': 3}))
---
nn.ParameterDict(5)
---
nn.ModuleDict([5])
---
nn.Sequential(nn.ReLU()).insert(3, nn.ReLU())
---
nn.Sequential(nn.ReLU()) * 0
---
nn.Sequential(5)
---
nn.ModuleList([nn.ReLU()])[-2]
---
nn.Softmax()(torch.ones(2))
---
F.log_softmax(torch.ones(2, 2))
---
F.dropout(torch.ones(2), 1.5)
---
F.mse_loss(torch.ones(2), torch.ones(1, 2))
---
F.mse_loss(torch.ones(2), torch.ones(2), reduction='x')
---
F.l1_loss(torch.ones(2), torch.ones(2), size_average=False)
---
F.kl_div(torch.ones(2), torch.ones(2))
---
F.group_norm(torch.ones(2), 2)
---
F.batch_norm(torch.ones(1, 3), None, None, training=True)
---
F.glu(torch.ones(3, 4), 0)
---
F.binary_cross_entropy_with_logits(torch.ones(2), torch.ones(3))
---
F.cosine_embedding_loss(torch.ones(2), torch.ones(2), torch.ones(2))
---
F.pixel_shuffle(torch.ones(1, 3, 2, 2), 2)
---
nn.Conv2d(3, 4, 3, groups=2)
---
nn.Conv2d(4, 3, 3, padding='same', stride=2)
---
nn.ConvTranspose2d(1, 1, 2, 2)(torch.ones(1, 1, 3, 3), output_size=(9, 9))
---
nn.Hardtanh(2, 1)
---
nn.Embedding(3, 4, padding_idx=7)
---
nn.BatchNorm2d(3)(torch.ones(2))
---
nn.GroupNorm(3, 4)
---
nn.MultiMarginLoss(3)
---
nn.TripletMarginLoss(0)
---
nn.Unflatten(0, 2)
---
print(nn.Embedding(3, 4, padding_idx=-1, max_norm=1, sparse=True))
"""


def printed(lib, program):
    """What a program prints, its warnings, and the first line of the error that ends it."""
    lines = []
    names = {
        "torch": lib,
        "nn": importlib.import_module(f"{lib.__name__}.nn"),
        "F": importlib.import_module(f"{lib.__name__}.nn.functional"),
        "print": lambda *values: lines.append(" ".join(map(str, values))),
    }
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            exec(program, names)
        except Exception as error:
            lines.append(f"{type(error).__name__}: {str(error).splitlines()[0]}")
    for warning in caught:  # links to the documentation are not part of the message
        text = str(warning.message).partition(" See http")[0]
        lines.append(f"{warning.category.__name__}: {text}")
    return "\n".join(lines).replace("flambeau.nn.", "torch.nn.")


@pytest.mark.parametrize("program", PROGRAMS.strip().split("\n---\n"))
def test_program_prints_the_same(program):
    assert printed(flambeau, program) == printed(torch, program)


INITIALIZERS = [
    "uniform_(w, -1, 2)",
    "normal_(w, 1, 2)",
    "trunc_normal_(w, std=0.02)",
    "trunc_normal_(w, a=-1, b=0.5)",
    "trunc_normal_(w, mean=1, std=2, a=0, b=1.5)",
    "constant_(w, 0.5)",
    "eye_(w)",
    "dirac_(torch.empty(4, 2, 3), 2)",
    "xavier_uniform_(w, 2)",
    "xavier_normal_(w)",
    "kaiming_uniform_(w, nonlinearity='relu')",
    "kaiming_normal_(w, 0.1, 'fan_out')",
    "orthogonal_(w, 2)",
    "orthogonal_(torch.empty(3, 7))",
    "sparse_(w, 0.3)",
]


@pytest.mark.parametrize("call", INITIALIZERS)
def test_initializers_draw_the_same_numbers(call):
    def values(lib):
        lib.manual_seed(3)
        init = importlib.import_module(f"{lib.__name__}.nn.init")
        names = {"torch": lib, "w": lib.empty(7, 4)}
        return eval(f"init.{call}", {**names, "init": init}).numpy()

    np.testing.assert_allclose(values(flambeau), values(torch), rtol=1e-5, atol=1e-6)
