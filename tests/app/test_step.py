"""The training step of the command: eager at first, then compiled."""

import csv
import os
import re
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

import flambeau
from flambeau import nn, optim
from flambeau.app.step import COMPILED_STEPS, EAGER_STEPS, TimedStep, duration, plain_step
from flambeau.backends.native import library

SOURCE = Path(flambeau.__file__).parent.parent
GAIN = re.compile(
    r"compiled: a step takes [\d.]+ (s|ms|us), [\d.]+ times as fast as uncompiled "
    r"\([\d.]+ (s|ms|us)\); compilation [\d.]+ (s|ms|us)"
)
native = pytest.mark.usefixtures("_native")


@pytest.fixture
def _native():
    if library.runtime() is None:
        pytest.skip("there is no C compiler on this machine")


def batches(count, size=16, last=None):
    generator = flambeau.Generator().manual_seed(0)
    sizes = [size] * count + ([last] if last else [])
    for n in sizes:
        inputs = flambeau.rand(n, 4, generator=generator)
        yield inputs, (inputs.sum(1) > 2).long() + (inputs[:, 0] > 0.5).long()


def fresh_step(between=nn.Identity):
    flambeau.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 10), nn.ReLU(), between(), nn.Linear(10, 3))
    return plain_step(model, optim.Adam(model.parameters(), lr=1e-2))


def losses(step, data):
    out = []
    for inputs, targets in data:
        loss, right = step(inputs, targets)
        out.append((loss.item(), right.item()))
    return out


@native
def test_what_compilation_gained_is_told_once():
    told = []
    step = TimedStep(fresh_step(), 16, told.append)
    list(losses(step, batches(EAGER_STEPS)))
    assert not step.compiled.entries and told == []
    list(losses(step, batches(2 * COMPILED_STEPS)))
    assert len(told) == 1 and GAIN.fullmatch(told[0]), told
    assert step.compiled.entries and not step.compiled.eager


@native
@pytest.mark.parametrize("between", [nn.Identity, nn.Dropout, lambda: nn.BatchNorm1d(10)])
def test_compiled_and_plain_learn_the_same(between):
    data = [batch for _ in range(4) for batch in batches(6, last=5)]
    plain = losses(fresh_step(between), data)
    step = TimedStep(fresh_step(between), 16, lambda line: None)
    both = losses(step, data)
    assert [loss for loss, _ in both] == pytest.approx([loss for loss, _ in plain], rel=1e-3)
    assert sum(abs(a - b) for (_, a), (_, b) in zip(both, plain)) <= 1
    sizes = sorted(entry.key[1][0][3][0] for entry in step.compiled.entries)
    assert sizes == [5, 16]  # the smaller batch has a program of its own


@native
def test_a_step_that_cannot_be_compiled():
    plain, told = fresh_step(), []

    def step(inputs, targets):
        loss, right = plain(inputs, targets)
        if loss.item() > 1e9:  # Python decides on a number of the program
            raise AssertionError
        return loss, right

    timed = TimedStep(step, 16, told.append)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = losses(timed, batches(20))
    assert found == losses(fresh_step(), batches(20))
    assert len(told) == 1 and told[0].startswith("not compiled: ") and "item" in told[0]


def test_compilation_can_be_turned_off():
    told = []
    step = TimedStep(fresh_step(), 16, told.append, compiled=False)
    assert losses(step, batches(20)) == losses(fresh_step(), batches(20))
    assert told == [] and step.compiled is None


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (2.0, "2.00 s"), (12.34, "12.3 s"), (0.4, "0.40 s"), (0.0312, "31.2 ms"),
        (0.00031, "0.31 ms"), (0.00005, "50.0 us"), (0.0, "0.00 us"), (321.0, "321 s"),
    ],
)  # fmt: skip
def test_durations(seconds, text):
    assert duration(seconds) == text


# -- the command ---------------------------------------------------------------------------------


def rows_of(run):
    with open(run / "metrics.csv", newline="") as file:
        return [{k: float(v) for k, v in row.items()} for row in csv.DictReader(file)]


@native
def test_the_command_compiles_and_says_so(flambeau_command, tmp_path):
    options = ["penguins", "--epochs", 3, "--layers", "10,drop0.2,10"]
    with_it = flambeau_command("train", *options, "--output", tmp_path / "a")
    without = flambeau_command("train", *options, "--no-compile", "--output", tmp_path / "b")
    assert sum(bool(GAIN.fullmatch(line)) for line in with_it.out.splitlines()) == 1
    assert without.status == 0 and "compiled" not in without.out
    for a, b in zip(rows_of(tmp_path / "a"), rows_of(tmp_path / "b"), strict=True):
        for name in ("train_loss", "test_loss"):
            assert a[name] == pytest.approx(b[name], rel=1e-2)
        for name in ("train_accuracy", "test_accuracy"):
            assert a[name] == pytest.approx(b[name], abs=0.02)


@native
def test_convolutions_are_compiled(flambeau_command, tmp_path):
    options = ["--epochs", 1, "--layers", "conv4,pool,drop0.1,16", "--output", tmp_path / "d"]
    outcome = flambeau_command("train", "digits", *options)
    assert any(GAIN.fullmatch(line) for line in outcome.out.splitlines()), outcome.out


@pytest.mark.parametrize(
    ("environment", "line"),
    [
        ({"FLAMBEAU_NATIVE": "0"}, "not compiled: native code is switched off (FLAMBEAU_NATIVE=0)"),
        ({"PATH": "", "CC": ""}, "not compiled: no C compiler: set $CC, or install gcc"),
    ],
)  # fmt: skip
def test_without_a_compiler(tmp_path, environment, line):
    code = "import sys; from flambeau.app import main; main(sys.argv[1:])"
    if "PATH" in environment:  # zig, where it is installed, is a compiler, too
        code = "import sys; sys.modules['ziglang'] = None; " + code
    options = ["train", "penguins", "--epochs", "1", "--output", str(tmp_path / "p")]
    done = subprocess.run(
        [sys.executable, "-c", code, *options],
        env=os.environ | {"PYTHONPATH": str(SOURCE), "FLAMBEAU_CACHE": str(tmp_path)} | environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == "" and sum(row.startswith(line) for row in done.stdout.splitlines()) == 1
    assert (tmp_path / "p" / "model.pt").exists()
