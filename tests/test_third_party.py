"""Packages that are written for PyTorch work on flambeau. Skipped where they are not installed."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

PROGRAMS = Path(__file__).parent / "programs"

# A few lines of what each program prints; tests/oracle/test_programs.py compares all of them.
EXPECTED = {
    "einops": [
        "torch.Size([3, 3, 4]) [torch.Size([2, 3, 4]), torch.Size([3, 4])]",
        "  (0): Rearrange('b c d -> b (c d)')",
    ],
    "torchinfo": [
        "LSTM                                     [2, 3, 5]                 460",
        "Total params: 21,840",
        "Non-trainable params: 10",
    ],
    "torchmetrics": [
        "MulticlassAccuracy() tensor(0.3000) tensor(0.3000)",
        "{'accuracy': tensor(0.3750), 'f1': tensor(0.2857)}",
    ],
    "torchdiffeq": ["tensor([[ 1.3531, -0.1468]])"],
    "x_transformers": ["loss 4.2121", "torch.Size([2, 5]) 85600"],
}


@pytest.mark.parametrize("package", EXPECTED)
def test_package(package):
    if find_spec(package) is None:
        pytest.skip(f"{package} is not installed")
    done = subprocess.run(
        [sys.executable, "-m", "flambeau", str(PROGRAMS / f"with_{package}.py")],
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    lines = [line.rstrip() for line in done.stdout.splitlines()]
    for line in EXPECTED[package]:
        assert line in lines, done.stdout
