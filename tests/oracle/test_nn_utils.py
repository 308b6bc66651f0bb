"""nn.utils and the rarer layers against PyTorch: what both print for the same programs."""

from __future__ import annotations

import io
import re
import warnings
from contextlib import redirect_stdout
from pathlib import Path

import pytest

import flambeau
import flambeau.func
import flambeau.nn.grad
import flambeau.nn.utils.prune
from flambeau.tensor import naming

torch = pytest.importorskip("torch")
pytest.importorskip("torch.nn.utils.prune")

FILES = Path(__file__).with_name("programs")
TRY = """
def t(function):
    try:
        print(function())
    except Exception as error:
        print(type(error).__name__, str(error).splitlines()[0])

"""

PROGRAMS = {
    "orthogonal": """
for kind in ("matrix_exp", "cayley", "householder"):
    for base in (True, False):
        for shape in ((3, 3), (4, 2), (2, 4)):
            torch.manual_seed(1)
            m = nn.Linear(*shape)
            P.orthogonal(m, orthogonal_map=kind, use_trivialization=base)
            (m.weight * torch.arange(m.weight.numel()).view(m.weight.shape)).sum().backward()
            print(m.weight, m.parametrizations.weight.original.grad, list(m.state_dict()))
""",
    "weight norm": """
for dim in (0, 1, None):
    for wrap in (P.weight_norm, U.weight_norm):
        torch.manual_seed(2)
        m = wrap(nn.Conv1d(2, 3, 2), dim=dim)
        print(m)
        m(torch.ones(1, 2, 4)).square().sum().backward()
        print([p.grad for p in m.parameters()], [n for n, _ in m.named_parameters()])
    print(P.weight_norm(nn.Conv1d(2, 3, 2), dim=dim).load_state_dict(m.state_dict()))
    U.remove_weight_norm(m)
    print(m.weight)
""",
    "spectral norm": """
for make, x in ((lambda: nn.Linear(3, 4), torch.ones(2, 3)),
                (lambda: nn.ConvTranspose1d(3, 4, 2), torch.ones(1, 3, 4))):
    for wrap in (P.spectral_norm, U.spectral_norm):
        torch.manual_seed(3)
        m = wrap(make())
        for _ in range(2):
            m(x).square().sum().backward()
        print(m, [p.grad for p in m.parameters()], list(m.named_buffers()))
        print(m.eval()(x), m.state_dict()._metadata)
""",
    "pruning": """
torch.manual_seed(4)
m = nn.Linear(4, 3)
prune.l1_unstructured(m, "weight", 3)
print(m.weight, m.weight_mask, list(m.state_dict()))
prune.random_unstructured(m, "weight", 0.25)
prune.ln_structured(m, "weight", 1, 2, 0)
prune.random_structured(m, "weight", 1, 1)
print(m.weight_mask)
net = nn.Sequential(nn.Linear(4, 3), nn.Linear(3, 2))
prune.global_unstructured([(net[0], "weight"), (net[1], "weight")], prune.L1Unstructured, amount=7)
print(net[0].weight_mask, net[1].weight_mask)
""",
    "clipping": """
for p in (2, 1, float("inf"), 3.0, 0, -float("inf"), 0.5):
    print(p, U.get_total_norm([torch.arange(6.0) + 1, torch.tensor([7.0, 8.0])], p))
print(U.get_total_norm([torch.ones(3).half(), torch.ones(2)]))
print(U.get_total_norm([torch.ones(3).bfloat16()]))
print(U.get_total_norm([torch.ones(3, dtype=torch.complex64)]), U.get_total_norm([]))
m = nn.Linear(2, 2)
m(torch.tensor([[30.0, 40.0]])).sum().backward()
print(U.clip_grad_norm_(m.parameters(), 2.0), m.weight.grad, m.bias.grad)
U.clip_grad_value_(m.parameters(), 0.5)
print(m.weight.grad)
""",
    "functional call": """
m = P.spectral_norm(nn.Linear(2, 2)).eval()
x = torch.ones(1, 2)
print(torch.func.functional_call(m, {"weight": torch.zeros(2, 2), "bias": torch.ones(2)}, x))
print(torch.func.functional_call(m, {"parametrizations.weight.original": torch.zeros(2, 2)}, x))
""",
    "adaptive softmax": """
for options in ((8, 10, [2, 5]), (8, 10, [3], 2.0, True)):
    torch.manual_seed(1)
    m = nn.AdaptiveLogSoftmaxWithLoss(*options)
    x, y = torch.randn(6, 8), torch.tensor([0, 1, 4, 9, 6, 2])
    out = m(x, y)
    out.loss.backward()
    print(m, out.output.detach(), out.loss.detach(), [p.grad for p in m.parameters()])
    print(m.log_prob(x).detach(), m.predict(x), m(x[0], y[0]).loss.detach())
""",
    "response norm": """
torch.manual_seed(0)
for size in (2, 3, 4, 5, 7):
    for channels in (1, 2, 4, 9):
        x = torch.randn(2, channels, 2, 2, requires_grad=True)
        y = nn.CrossMapLRN2d(size, 0.5, 0.7, 1.5)(x)
        y.square().sum().backward()
        print(y.detach().sum(dim=(0, 2, 3)), x.grad.sum(dim=(0, 2, 3)))
print(nn.CrossMapLRN2d(3, k=2))
""",
    "upsampling": """
x = torch.arange(9.0).view(1, 1, 3, 3)
for m in (nn.Upsample(scale_factor=2), nn.Upsample((5, 4), mode="bilinear"),
          nn.UpsamplingNearest2d(5), nn.UpsamplingBilinear2d(scale_factor=2)):
    print(m, m(x))
""",
    "bags": """
for mode in ("sum", "mean", "max"):
    torch.manual_seed(2)
    m = nn.EmbeddingBag(6, 3, mode=mode, padding_idx=1)
    out = m(torch.tensor([[0, 1, 2], [3, 3, 5]]))
    out.square().sum().backward()
    print(m, out.detach(), m.weight.grad)
    print(m(torch.tensor([0, 1, 2, 4]), torch.tensor([0, 2])).detach())
print(nn.EmbeddingBag(4, 2, 1.0, 1.0, True, padding_idx=-1))
print(nn.EmbeddingBag.from_pretrained(torch.eye(3)).weight)
""",
    "losses": """
torch.manual_seed(3)
m = nn.LinearCrossEntropyLoss(4, 5, bias=True, label_smoothing=0.1)
x = torch.randn(3, 4)
print(m, m(x, torch.tensor([1, 2, 4])).detach())
m = nn.LinearCrossEntropyLoss(4, 5, out_features=(2,))
print(m(x, torch.tensor([[1, 2], [3, 4], [0, 0]])).detach())
print(nn.LinearCrossEntropyOptions(batch_chunk_size=3))
scores = torch.randn(7, 2, 5).log_softmax(2).requires_grad_()
m = nn.CTCLoss(blank=2)
targets = torch.tensor([[1, 3, 3, 4], [4, 1, 1, 0]])
loss = m(scores, targets, torch.tensor([7, 6]), torch.tensor([4, 3]))
loss.backward()
print(m, loss.detach(), scores.grad)
print(nn.NLLLoss2d()(torch.zeros(1, 2, 2, 2), torch.zeros(1, 2, 2, dtype=torch.int64)))
""",
    "containers and copies": """
print(nn.Container(a=nn.ReLU(), b=nn.Tanh()))
m = nn.DataParallel(nn.Linear(2, 2))
print(m, list(m.state_dict()))
inner = nn.Sequential(nn.BatchNorm1d(3, affine=False))
net = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3), inner)
print(nn.SyncBatchNorm.convert_sync_batchnorm(net))
ones = torch.ones(1, 1, 4, 4)
print(nn.grad.conv2d_input((1, 1, 4, 4), ones[..., :2, :2], ones[..., :3, :3]))
print(nn.grad.conv2d_weight(ones, (1, 1, 2, 2), ones[..., :3, :3]))
for name in ("relu_", "elu_", "celu_", "selu_", "leaky_relu_", "hardtanh_"):
    x = torch.tensor([-2.0, 0.5, 3.0])
    print(name, getattr(nn.functional, name)(x) is x, x)
""",
}

MISTAKES = {
    "orthogonal vector": "P.orthogonal(nn.Linear(3, 3), 'bias')",
    "orthogonal name": "P.orthogonal(nn.Linear(3, 3), 'w')",
    "orthogonal map": "P.orthogonal(nn.Linear(3, 3), orthogonal_map='q')",
    "spectral iterations": "P.spectral_norm(nn.Linear(2, 2), n_power_iterations=0)",
    "spectral dim": "P.spectral_norm(nn.Linear(2, 2), dim=3)",
    "spectral twice": "U.spectral_norm(U.spectral_norm(nn.Linear(2, 2)))",
    "weight norm twice": "U.weight_norm(U.weight_norm(nn.Linear(2, 2)))",
    "cutoffs": "nn.AdaptiveLogSoftmaxWithLoss(8, 10, [5, 2])",
    "no cutoffs": "nn.AdaptiveLogSoftmaxWithLoss(8, 10, [])",
    "adaptive target": "nn.AdaptiveLogSoftmaxWithLoss(2, 9, [3])(torch.ones(2), torch.tensor(9))",
    "adaptive sizes": "nn.AdaptiveLogSoftmaxWithLoss(2, 9, [3])(torch.ones(1, 2), torch.arange(2))",
    "response norm": "nn.CrossMapLRN2d(3)(torch.zeros(2, 3, 4))",
    "bag padding": "nn.EmbeddingBag(3, 2, padding_idx=3)",
    "sync dimensions": "nn.SyncBatchNorm(3)(torch.zeros(3))",
    "class weights": "nn.LinearCrossEntropyLoss(4, 5, weight=torch.ones(3))",
    "smoothing": "nn.LinearCrossEntropyLoss(4, 5, label_smoothing=2.0)",
    "policy": "nn.LinearCrossEntropyOptions(acc_policy='x')",
    "structured vector": "prune.ln_structured(nn.Linear(2, 2), 'bias', 1, 2, 0)",
    "structured dim": "prune.ln_structured(nn.Linear(2, 2), 'weight', 1, 2, 3)",
    "fusion": "U.fuse_conv_bn_eval(nn.Conv2d(1, 1, 1), nn.BatchNorm2d(1))",
    "strict call": "torch.func.functional_call(nn.Linear(2, 2), {'w': 1}, (), strict=True)",
}


@pytest.fixture(autouse=True)
def same_names():
    """Both print PyTorch's names."""
    before = naming.prefix()
    naming.set_prefix("torch")
    yield
    naming.set_prefix(before)


def names(package):
    nn = package.nn
    return {
        "torch": package, "nn": nn, "U": nn.utils, "P": nn.utils.parametrizations,
        "prune": nn.utils.prune, "Z": nn.utils.parametrize,
    }  # fmt: skip


NUMBER = re.compile(r"-?\d+\.\d*(?:e[-+]\d+)?")


def printed(package, program):
    text = io.StringIO()
    with warnings.catch_warnings(), redirect_stdout(text):
        warnings.simplefilter("ignore")
        package.set_printoptions(precision=4, sci_mode=False)
        try:
            exec(program, names(package))
        finally:
            package.set_printoptions(profile="default")
    return text.getvalue()


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs(name):
    assert_same(printed(torch, PROGRAMS[name]), printed(flambeau, PROGRAMS[name]))


@pytest.mark.parametrize("path", sorted(FILES.glob("*.txt")), ids=lambda path: path.stem)
def test_longer_programs(path):
    """Programs in files of their own; ``t`` prints a result, or an error's type and first line."""
    program = TRY + path.read_text()
    assert_same(printed(torch, program), printed(flambeau, program))


def assert_same(theirs, ours):
    # The numbers may differ in the last digit, and the signs of zeros.
    assert NUMBER.sub("#", ours).replace(" ", "") == NUMBER.sub("#", theirs).replace(" ", "")
    found, expected = (list(map(float, NUMBER.findall(text))) for text in (ours, theirs))
    assert found == pytest.approx(expected, abs=2e-4, rel=1e-4)


def outcome(package, program):
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            eval(program, names(package))
    except Exception as error:
        return type(error).__name__, str(error).split("\n")[0]
    return "no error"


@pytest.mark.parametrize("name", MISTAKES)
def test_errors(name):
    theirs, ours = (outcome(package, MISTAKES[name]) for package in (torch, flambeau))
    assert ours == theirs
    assert ours != "no error"
