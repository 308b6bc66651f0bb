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


def test_names_that_are_missing_say_so(tmp_path):
    done = run(tmp_path, "import torch\ntorch.tanhh(torch.ones(2))")
    assert done.returncode == 1
    assert "module 'torch' has no attribute 'tanhh'" in done.stderr
    assert "torch.tanh" in done.stderr
    done = run(tmp_path, "import torch.no_such_part")
    assert "No module named 'torch.no_such_part'" in done.stderr


def test_an_imported_pytorch_is_left_alone():
    pytest.importorskip("torch")
    program = "import torch\nfrom flambeau import torch_alias\ntorch_alias.install()"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert "already imported" in done.stderr


def test_missing_script(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "flambeau", str(tmp_path / "none.py")],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2 and "no such file" in done.stderr
    done = subprocess.run([sys.executable, "-m", "flambeau"], capture_output=True, text=True)
    assert done.returncode == 2 and "usage" in done.stderr
