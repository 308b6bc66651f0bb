"""The examples: each runs, with few epochs, and says what came out; absurd results are refused."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

matplotlib = pytest.importorskip("matplotlib")

ROOT = Path(__file__).resolve().parents[1]
EXAMPLES = ROOT / "examples"

# Epochs that are enough to pass an example's own check, and figures that it draws.
FEW = {
    "autoencoder": (8, ["digits"]),
    "backward_by_hand": (20, []),
    "custom_function": (6, []),
    "ensemble": (5, ["members"]),
    "five_by_five_digits": (30, ["weights"]),
    "lenet": (2, ["maps"]),
    "linear_regression_by_hand": (60, ["line"]),
    "linear_regression_nn": (40, ["penguins"]),
    "lstm_rows": (6, ["opinions"]),
    "optimizers_compared": (4, ["losses"]),
    "penguins": (15, []),
    "softmax_regression": (5, ["weights"]),
    "spatial_transformer": (4, ["digits"]),
    "train_loop_with_scheduler": (4, []),
    "vanishing_gradients": (4, ["norms"]),
    "variational_autoencoder": (8, ["map", "plane"]),
}
SLOW = {"lenet", "optimizers_compared", "spatial_transformer"}


def load(path):
    """The module of a file that stands in no package."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def example(monkeypatch):
    """Examples by name, as modules; the style of their figures stays theirs."""
    monkeypatch.syspath_prepend(str(EXAMPLES))
    with matplotlib.rc_context():
        yield lambda name: load(EXAMPLES / f"{name}.py")


def all_names():
    return sorted(path.stem for path in EXAMPLES.glob("*.py") if path.stem != "common")


def test_every_example_is_here_and_in_the_table():
    assert all_names() == sorted(FEW)
    table = (EXAMPLES / "README.md").read_text()
    assert [name for name in FEW if f"[{name}.py]({name}.py)" not in table] == []


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=[pytest.mark.slow] if n in SLOW else []) for n in FEW]
)
def test_runs(name, example, tmp_path, capsys):
    epochs, figures = FEW[name]
    module = example(name)
    assert "\nResult: " in module.__doc__
    draws_figures = "figure=" in (EXAMPLES / f"{name}.py").read_text()
    draws = ["--output", str(tmp_path)] if draws_figures else []
    module.main(["--epochs", str(epochs), *draws])
    printed = capsys.readouterr().out.splitlines()
    assert any(character.isdigit() for character in printed[-1])
    for figure in figures:
        height, width, _ = matplotlib.image.imread(tmp_path / f"{figure}.png").shape
        assert height > 200 and width > 600
    assert sorted(path.stem for path in tmp_path.glob("*.png")) == figures


def test_an_absurd_result_is_refused(example, tmp_path, monkeypatch, capsys):
    module = example("softmax_regression")
    monkeypatch.setattr(module.common, "accuracy", lambda *_: 0.1)
    with pytest.raises(SystemExit) as leaving:
        module.main(["--epochs", "1", "--output", str(tmp_path)])
    assert leaving.value.code not in (0, None)
    assert capsys.readouterr().out.splitlines()[-1].startswith("10.0% of 360")


def test_epochs_begin_at_one(example, capsys):
    with pytest.raises(SystemExit) as leaving:
        example("penguins").main(["--epochs", "0"])
    assert leaving.value.code == 2
    assert "--epochs" in capsys.readouterr().err


def test_mnist(example, tmp_path, monkeypatch, capsys):
    """With --data the pictures are MNIST's, which are 28x28."""
    import flambeau as torch

    seen = []

    class FewImages:
        def __init__(self, folder, train):
            seen.append((folder, train))
            ink = torch.arange(28 * 28).view(1, 28, 28) * torch.arange(1, 11).view(10, 1, 1)
            self.data = (ink % 256).to(torch.uint8).repeat(5, 1, 1)
            self.targets = torch.arange(10).repeat(5)

    module = example("softmax_regression")
    monkeypatch.setattr(module.common.datasets, "MNIST", FewImages)
    module.main(["--epochs", "60", "--data", "some/folder", "--output", str(tmp_path)])
    assert seen == [("some/folder", True), ("some/folder", False)]
    assert "7850 parameters" in capsys.readouterr().out


def test_the_runner(tmp_path):
    def run(*names):
        command = [sys.executable, str(ROOT / "scripts" / "run_examples.py"), *names]
        return subprocess.run(command, capture_output=True, text=True)

    done = run("five_by")
    assert done.returncode == 0, done.stderr
    line, total = done.stdout.splitlines()
    assert line.startswith("five_by_five_digits ") and "75 of 75 flipped pictures" in line
    assert total.startswith("all of them")
    assert run("no_such_example").returncode == 2


def test_the_runner_tells_of_failures(tmp_path, monkeypatch, capsys):
    runner = load(ROOT / "scripts" / "run_examples.py")
    (tmp_path / "good.py").write_text("print('words')\nprint('its result')\n")
    (tmp_path / "bad.py").write_text("print('so far')\nraise SystemExit('and no further')\n")
    monkeypatch.setattr(runner, "EXAMPLES", tmp_path)
    monkeypatch.setattr(sys, "argv", ["run_examples.py"])
    assert runner.main() == 1
    shown = capsys.readouterr()
    bad, good, total = shown.out.splitlines()
    assert bad.startswith("bad ") and bad.endswith("FAILED")
    assert good.startswith("good ") and good.endswith("its result")
    assert total.endswith(" 1 failed")
    assert "so far\nand no further" in shown.err
