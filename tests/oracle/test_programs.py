"""Whole programs, run by PyTorch and by ``python -m flambeau``, print the same."""

from __future__ import annotations

import contextlib
import io
import os
import re
import runpy
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

PROGRAMS = Path(__file__).resolve().parents[1] / "programs"
NUMBER = re.compile(r"-?\d+\.\d+(?:e[-+]?\d+)?")


def by_pytorch(path):
    """What the program prints under PyTorch, run in this process."""
    shown = io.StringIO()
    before, grad = sys.argv, torch.is_grad_enabled()
    sys.argv = [str(path)]
    try:
        with contextlib.redirect_stdout(shown), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            runpy.run_path(str(path), run_name="__main__")
    finally:
        sys.argv = before
        torch.set_grad_enabled(grad)
        torch.use_deterministic_algorithms(False)
        torch.set_printoptions(profile="default")
    return shown.getvalue()


def by_flambeau(path):
    done = subprocess.run(
        [sys.executable, "-m", "flambeau", str(path)],
        capture_output=True, text=True, env=dict(os.environ, OMP_NUM_THREADS="1"),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def assert_same_text(mine, theirs):
    """The same words; numbers with decimals may differ by one in ten thousand."""
    for a, b in zip(mine.splitlines(), theirs.splitlines(), strict=True):
        if a == b:
            continue
        assert NUMBER.sub("#", a).split() == NUMBER.sub("#", b).split(), f"{a}\n{b}"
        for x, y in zip(NUMBER.findall(a), NUMBER.findall(b), strict=True):
            assert float(x) == pytest.approx(float(y), rel=1e-4, abs=1e-4), f"{a}\n{b}"


@pytest.mark.parametrize("name", ["convnet", "gpt", "names", "sequence", "training"])
def test_program(name):
    path = PROGRAMS / f"{name}.py"
    assert_same_text(by_flambeau(path), by_pytorch(path))


PACKAGES = ["einops", "torchdiffeq", "torchinfo", "torchmetrics", "x_transformers"]


@pytest.mark.parametrize("package", PACKAGES)
def test_program_with_a_package_for_pytorch(package):
    pytest.importorskip(package)
    path = PROGRAMS / f"with_{package}.py"
    assert_same_text(by_flambeau(path), by_pytorch(path))


def test_the_comparison_sees_differences():
    assert_same_text("loss 0.12341", "loss 0.12344")
    for other in ("loss 0.1244", "cost 0.12341", "loss 0.12341 x", "loss 0.12341\nmore"):
        with pytest.raises((AssertionError, ValueError)):
            assert_same_text("loss 0.12341", other)
