"""``import torch`` means flambeau. In processes of their own: it changes the whole process."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest


def run(tmp_path, program, *arguments):
    script = tmp_path / "program.py"
    script.write_text(textwrap.dedent(program))
    return subprocess.run(
        [sys.executable, "-m", "flambeau", str(script), *arguments],
        capture_output=True, text=True, cwd=tmp_path,
    )  # fmt: skip


def lines(tmp_path, program):
    """What a program prints, line by line."""
    done = run(tmp_path, program)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_a_program_runs_unmodified(tmp_path):
    done = run(
        tmp_path,
        """
        import sys
        import torch
        import torch.nn as nn
        import torch.nn.functional as F
        from torch import Tensor, optim
        from torch.utils.data import DataLoader, TensorDataset

        torch.manual_seed(0)
        net = nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 2))
        data = TensorDataset(torch.rand(8, 2), torch.randint(0, 2, (8,)))
        opt = optim.SGD(net.parameters(), lr=0.1)
        for x, y in DataLoader(data, batch_size=4, shuffle=True):
            opt.zero_grad()
            loss = F.cross_entropy(net(x), y)
            loss.backward()
            opt.step()
        print(type(loss), loss.dtype, loss.shape, isinstance(loss, Tensor))
        print(torch.zeros(2, dtype=torch.float64))
        print(sys.argv[1:], __name__)
        """,
        "--epochs", "3",
    )  # fmt: skip
    assert done.stderr == ""
    assert done.stdout.splitlines() == [
        "<class 'torch.Tensor'> torch.float32 torch.Size([]) True",
        "tensor([0., 0.], dtype=torch.float64)",
        "['--epochs', '3'] __main__",
    ]


IMPORTS = """
import torch.nn.functional
import torch.nn.init
import torch.nn.parameter
import torch.nn.modules.linear
import torch.nn.modules.conv
import torch.nn.utils.rnn
import torch.nn.utils.parametrize
import torch.nn.attention
import torch.optim.lr_scheduler
import torch.autograd.function
import torch.autograd.grad_mode
import torch.autograd.functional
import torch.utils.data.dataloader
import torch.utils.data.distributed
import torch.utils.checkpoint
import torch.utils.hooks
import torch.testing
import torch.types
import torch.version
import torch.torch_version
import torch.jit
import torch.compiler
import torch.amp.autocast_mode
import torch.cuda.amp
import torch.backends.cudnn
import torch.backends.mps
import torch.distributed
import torch.multiprocessing
import torch.func
import torch.overrides
import torch.linalg
import torch.fft
import torch.special
import torch.random
import torchvision
import torchvision.datasets
import torchvision.transforms.functional
import torchvision.utils
import torchvision.models.resnet
import torchvision.ops
"""


def test_modules_are_found_under_pytorchs_names(tmp_path):
    assert lines(tmp_path, IMPORTS + "print('ok')") == ["ok"]


def test_modules_are_found_as_attributes(tmp_path):
    """``import torch`` alone gives what PyTorch's does."""
    names = [line.split()[1] for line in IMPORTS.split("\n") if line.startswith("import torch.")]
    always = [n for n in names if n.count(".") == 1 and n != "torch.torch_version"]
    program = "import torch\n" + "\n".join(f"print({n}.__name__)" for n in always)
    assert len(lines(tmp_path, program)) == len(always)


def test_one_module_under_both_names(tmp_path):
    assert lines(
        tmp_path,
        """
        import torch.nn, torch.nn.functional as F, torch.utils.data
        import flambeau
        print(torch.nn is flambeau.nn, torch.nn.Linear is flambeau.nn.Linear)
        print(F is flambeau.nn.functional)
        print(torch.nn.modules.linear.Linear is torch.nn.Linear, torch.Tensor is flambeau.Tensor)
        print(torch.nn.__spec__.name, torch.__name__, flambeau.__name__)
        """,
    ) == ["True True", "True", "True True", "flambeau.nn torch flambeau"]


def test_classes_bear_pytorchs_names_whenever_they_were_loaded(tmp_path):
    assert lines(
        tmp_path,
        """
        import sys
        import torch
        for kind in (torch.Tensor, torch.nn.Linear, torch.nn.Parameter, torch.optim.Adam,
                     torch.utils.data.DataLoader, torch.optim.lr_scheduler.StepLR, torch.no_grad,
                     torch.autograd.Function, type(torch.ones(2, 2).max(0))):
            print(kind)
        import torchvision.transforms
        print(torchvision.transforms.Compose.__module__.split(".")[0])
        """,
    ) == [
        "<class 'torch.Tensor'>",
        "<class 'torch.nn.modules.linear.Linear'>",
        "<class 'torch.nn.parameter.Parameter'>",
        "<class 'torch.optim.adam.Adam'>",
        "<class 'torch.utils.data.dataloader.DataLoader'>",
        "<class 'torch.optim.lr_scheduler.StepLR'>",
        "<class 'torch.autograd.grad_mode.no_grad'>",
        "<class 'torch.autograd.function.Function'>",
        "<class 'torch.return_types.max'>",
        "torchvision",
    ]


def test_what_was_loaded_before_is_renamed(tmp_path):
    program = """
    import flambeau, flambeau.nn, flambeau.optim
    before = flambeau.ones(2, 2).max(0)
    kind = type(before)
    print(flambeau.nn.ReLU, kind.__module__)
    from flambeau import torch_alias
    torch_alias.install()
    torch_alias.install()
    print(flambeau.nn.ReLU, kind.__module__)
    print(flambeau.__version__, flambeau.float32)
    """
    script = tmp_path / "plain.py"
    script.write_text(textwrap.dedent(program))
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True)
    import flambeau

    assert done.stdout.splitlines() == [
        "<class 'flambeau.nn.modules.activation.ReLU'> flambeau.return_types",
        "<class 'torch.nn.modules.activation.ReLU'> torch.return_types",
        f"{flambeau.__version__} torch.float32",
    ]


def test_version(tmp_path):
    assert lines(
        tmp_path,
        """
        import importlib.metadata
        import torch
        v = torch.__version__
        print(v > "2.9", v >= (2, 13), v < "3", v == "2.13.0", v[0], isinstance(v, str))
        print(v > "2.13.0rc1", v >= "2.13", v != "2.12.1", v < "abc")
        print(torch.version.__version__ is v)
        print(importlib.metadata.version("torch") == v, torch.version.cuda)
        """,
    ) == ["True True True False 2 True", "True True True True", "True", "True None"]


def test_names_that_are_missing_say_so(tmp_path):
    done = run(tmp_path, "import torch\ntorch.tanhh(torch.ones(2))")
    assert done.returncode == 1
    assert "module 'torch' has no attribute 'tanhh'\nHint: the nearest name is torch.tanh" in (
        done.stderr
    )
    done = run(tmp_path, "import torch.nn.functionall")
    assert "No module named 'torch.nn.functionall'" in done.stderr
    assert "the nearest name is torch.nn.functional" in done.stderr
    done = run(tmp_path, "from torch.optim import Adamm")
    assert "ImportError: cannot import name 'Adamm' from 'torch.optim'" in done.stderr
    assert "the nearest name is torch.optim.Adam" in done.stderr


def test_programs_can_ask_what_there_is(tmp_path):
    assert lines(
        tmp_path,
        """
        from importlib.util import find_spec
        import torch
        print(find_spec("torch") is None, find_spec("torch.no_such_part") is None)
        print(find_spec("torch.nn.functional") is None, hasattr(torch, "no_such_name"))
        try:
            from torch.no_such_part import thing
        except ImportError:
            print("none")
        try:
            from torch import no_such_name
        except ImportError as error:
            print(error)
        """,
    ) == [
        "False True",
        "False False",
        "none",
        "cannot import name 'no_such_name' from 'torch': flambeau has none",
    ]


def test_objects_are_pickled_and_copied(tmp_path):
    assert lines(
        tmp_path,
        """
        import copy, pickle
        import torch
        from torch import nn
        for value in (torch.ones(2), torch.float32, torch.bool, torch.Size([2]), nn.Linear(1, 2),
                      nn.Parameter(torch.ones(1)), torch.device("cpu")):
            print(pickle.loads(pickle.dumps(value)), copy.deepcopy(value) is value)
        """,
    ) == [
        "tensor([1., 1.]) False",
        "torch.float32 True",
        "torch.bool True",
        "torch.Size([2]) False",
        "Linear(in_features=1, out_features=2, bias=True) False",
        "Parameter containing:",
        "tensor([1.], requires_grad=True) False",
        "cpu False",
    ]


@pytest.mark.parametrize("method", ["spawn", "forkserver", "fork"])
def test_processes_started_from_a_program_find_torch(tmp_path, method):
    program = f"""
    import torch
    import multiprocessing

    def work(queue, x):
        queue.put((str(type(x)), float(x.sum()), __name__))

    if __name__ == "__main__":
        context = multiprocessing.get_context({method!r})
        queue = context.Queue()
        process = context.Process(target=work, args=(queue, torch.ones(3)))
        process.start()
        print(queue.get(timeout=60)[:2])
        process.join()
        print(process.exitcode)
    """
    assert lines(tmp_path, program) == ["(\"<class 'torch.Tensor'>\", 3.0)", "0"]


def test_pytorchs_spawn(tmp_path):
    program = """
    import torch.multiprocessing as mp

    def work(i, limit):
        if i >= limit:
            raise ValueError(f"process {i} is one too many")

    if __name__ == "__main__":
        mp.spawn(work, args=(2,), nprocs=2)
        try:
            mp.spawn(work, args=(1,), nprocs=2)
        except mp.ProcessRaisedException as error:
            print(error.error_index, "process 1 is one too many" in str(error))
    """
    assert lines(tmp_path, program) == ["1 True"]


def test_an_imported_pytorch_is_left_alone():
    pytest.importorskip("torch")
    program = "import torch\nfrom flambeau import torch_alias\ntorch_alias.install()"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert "already imported" in done.stderr


def test_an_installed_pytorch_is_not_loaded(tmp_path):
    """Not even where a program looks for it: a package of that name is passed by."""
    (tmp_path / "torch.py").write_text("raise SystemError('the other torch')")
    assert lines(tmp_path, "import torch\nprint(torch.ones(1))") == ["tensor([1.])"]
