"""The command as a whole."""

import subprocess
import sys

import pytest

import flambeau
from flambeau import app


def test_version(flambeau_command):
    outcome = flambeau_command("--version")
    assert (outcome.status, outcome.out) == (0, f"flambeau {flambeau.__version__}\n")


@pytest.mark.parametrize("arguments", [[], ["--help"], ["-h"]])
def test_help(flambeau_command, arguments):
    outcome = flambeau_command(*arguments)
    assert outcome.status == 0
    for word in ("train", "predict", "doctor", "--version"):
        assert word in outcome.out


def test_unknown_command(flambeau_command):
    assert "No such command 'fly' (see flambeau --help)" in flambeau_command("fly").refused()


def test_doctor(flambeau_command):
    outcome = flambeau_command("doctor")
    assert outcome.status == 0
    rows = dict(line.split(None, 1) for line in outcome.out.splitlines() if line[0] != " ")
    assert rows["flambeau"].startswith(flambeau.__version__)
    assert rows["Python"].startswith(f"{sys.version_info.major}.{sys.version_info.minor}.")
    assert {"numpy", "BLAS", "C", "cores", "GPU", "ml-dtypes", "matplotlib"} <= set(rows)


def test_doctor_without_compiler(monkeypatch):
    from flambeau.app import doctor

    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("CC", "no-such-compiler")
    assert dict(doctor.findings())["C compiler"] == "none found"


def test_missing_packages(monkeypatch, capsys):
    monkeypatch.setattr(app, "NEEDED", ("typer", "a_package_that_nobody_has"))
    with pytest.raises(SystemExit) as caught:
        app.main(["doctor"])
    assert caught.value.code == 2
    captured = capsys.readouterr()
    assert "pip install 'flambeau[app]'" in captured.err
    assert captured.err.count("\n") == 1 and captured.out == ""


def in_a_process(code, *arguments):
    return subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False
    )


def test_main_in_a_process():
    outcome = in_a_process("from flambeau.app import main; main()", "train", "nothing")
    assert outcome.returncode == 2 and outcome.stdout == ""
    assert outcome.stderr.startswith("flambeau: unknown data set 'nothing'")
    assert outcome.stderr.count("\n") == 1


def test_flambeau_loads_neither_the_command_nor_pictures():
    outcome = in_a_process(
        "import sys, flambeau; names = ('flambeau.app', 'flambeau.vision', 'typer', 'PIL');"
        "print([name for name in names if name in sys.modules])"
    )
    assert outcome.stdout == "[]\n"
