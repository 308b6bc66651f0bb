"""What programs print of types, names and errors."""

import inspect

import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim
from torch.autograd import Function, Variable
from torch.nn import init as weight_init
from torch.nn.modules.conv import _ConvNd  # noqa: F401
from torch.nn.modules.linear import Linear
from torch.nn.parameter import Parameter
from torch.nn.utils import clip_grad_norm_, parameters_to_vector
from torch.optim.lr_scheduler import LambdaLR, StepLR
from torch.testing import assert_close
from torch.utils.data.dataloader import DataLoader, default_collate
from torch.utils.data.dataset import TensorDataset
from torch.utils.data.sampler import RandomSampler

x = torch.zeros(2, 3, dtype=torch.float64)
for value in (
    x,
    x.dtype,
    x.shape,
    x.device,
    x.size(),
    torch.Size([1, 2]),
    x.long().dtype,
    torch.int8,
    torch.strided,
    torch.contiguous_format,
    torch.bool,
    torch.complex64,
    torch.finfo(torch.float16),
    torch.iinfo(torch.int32),
    torch.Generator().device,
):
    print(repr(value), type(value))
for kind in (
    torch.Tensor,
    nn.Module,
    nn.Linear,
    nn.Conv2d,
    nn.LSTM,
    nn.CrossEntropyLoss,
    nn.ReLU,
    nn.Sequential,
    Parameter,
    optim.SGD,
    optim.Adam,
    StepLR,
    LambdaLR,
    DataLoader,
    TensorDataset,
    RandomSampler,
    Function,
    torch.no_grad,
    torch.device,
    torch.dtype,
    torch.Size,
    torch.autograd.function.Function,
    nn.utils.rnn.PackedSequence,
):
    print(kind, kind.__module__, kind.__name__)
print(isinstance(x, Variable), Linear is nn.Linear, type(Parameter(x)), x.type())
print(torch.ones(2, 2).max(dim=1))
print(type(torch.ones(2, 2).sort()), type(torch.ones(2).topk(1)))
print(torch.get_default_dtype(), torch.is_tensor(x), torch.is_floating_point(x))
print(list(inspect.signature(nn.Linear.forward).parameters), inspect.isclass(nn.Linear))
print(torch.FloatTensor([1, 2]), isinstance(torch.ones(1), torch.FloatTensor), torch.LongTensor)
print(str(torch.__version__).split(".")[:2], torch.__version__ >= "2.1", torch.version.cuda)
print(torch.cuda.is_available(), torch.backends.mps.is_available(), torch.cuda.device_count())
print(torch.device("cuda" if torch.cuda.is_available() else "cpu"))
print(torch.nn.Linear.__doc__ is not None, weight_init.calculate_gain("relu"))
print(default_collate([(1, 2.0), (3, 4.0)]), parameters_to_vector([x]).shape)
print(clip_grad_norm_([], 1.0))


class Square(Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * x

    @staticmethod
    def backward(ctx, grad):
        (x,) = ctx.saved_tensors
        return 2 * x * grad


y = torch.tensor([1.0, 2.0], requires_grad=True)
z = Square.apply(y)
print(z, z.grad_fn.name(), (z + 1).grad_fn.next_functions[0][0].name())
z.sum().backward()
print(y.grad, type(y.grad_fn))


@torch.no_grad()
def frozen(t):
    return (t * 2).requires_grad


@torch.compile
def compiled(t):
    return t * 2


@torch.jit.script
def scripted(t):
    return t + 1


print(frozen(y), compiled(y).detach(), torch.is_grad_enabled())


def error(function):
    """Prints an error's type and the first line of its message."""
    try:
        function()
    except Exception as e:
        print(type(e).__name__, str(e).splitlines()[0])


error(lambda: torch.ones(2) + torch.ones(3))
error(lambda: torch.ones(2, 3) @ torch.ones(2, 3))
error(lambda: nn.Linear(3, 4)(torch.ones(2, 5)))
error(lambda: torch.ones(2).view(3))
error(lambda: torch.tensor([1.0, 2.0], requires_grad=True).numpy())
error(lambda: torch.ones(2, requires_grad=True).backward())
error(lambda: torch.ones(3)[5])
error(lambda: F.cross_entropy(torch.ones(2, 3), torch.tensor([0, 5])))
error(lambda: nn.Sequential().not_there)
error(lambda: torch.zeros(2).not_there)
error(lambda: torch.cat([torch.ones(2, 2), torch.ones(3, 3)]))
error(lambda: nn.Linear(2, 2).load_state_dict({}))
error(lambda: optim.SGD([], lr=0.1))
error(lambda: optim.SGD([y], lr=-1))
error(lambda: torch.ones(2).to("cuda"))
error(lambda: torch.tensor("a"))
error(lambda: assert_close(torch.ones(2), torch.zeros(2)))
