"""``python -m flambeau PROGRAM`` and ``flambeau run PROGRAM`` behave as ``python PROGRAM`` does."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap

import pytest

COMMAND = [sys.executable, "-c", "import sys; from flambeau.app import main; main(sys.argv[1:])"]
WAYS = {"module": [sys.executable, "-m", "flambeau"], "command": [*COMMAND, "run"]}


@pytest.fixture(params=WAYS)
def way(request):
    return WAYS[request.param]


def run(command, *arguments, cwd=None, text=None, flags=()):
    command = [command[0], *flags, *command[1:], *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, input=text)


@pytest.fixture
def program(tmp_path):
    """Writes a program into a folder and gives its path."""

    def write(source, name="program.py"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(textwrap.dedent(source))
        return path

    return write


SEEN = """
import sys, os
print([os.path.basename(a) for a in sys.argv], __name__, os.path.basename(sys.path[0]))
print(__file__ == os.path.abspath(sys.argv[0]), __spec__, __package__, __builtins__.__name__)
print(sys.modules["__main__"].__dict__ is globals(), sorted(n for n in dir() if n[0] != "_"))
"""


def test_what_a_program_sees_is_what_python_shows_it(tmp_path, program, way):
    program(SEEN, "part/program.py")
    mine = run(way, "part/program.py", "-x", "--help", "b", cwd=tmp_path)
    theirs = run([sys.executable], "part/program.py", "-x", "--help", "b", cwd=tmp_path)
    assert mine.stderr == "" and mine.stdout == theirs.stdout
    assert mine.stdout.startswith("['program.py', '-x', '--help', 'b'] __main__ part")


ENDS = {
    "": 0,
    "import sys; sys.exit(7)": 7,
    "import sys; sys.exit('no more')": 1,
    "raise SystemExit": 0,
    "raise EOFError('over')": 1,
    "1 / 0": 1,
    "x = (": 1,
    "import os; os._exit(5)": 5,
}


@pytest.mark.parametrize("source", ENDS)
def test_exit_status_and_traceback_are_pythons(program, source):
    path = program(f"import torch\n\ndef f():\n    {source}\n\nf()\n" if source else "")
    mine = run(WAYS["module"], str(path))
    assert mine.returncode == ENDS[source]
    assert "app/run.py" not in mine.stderr and "runpy" not in mine.stderr
    if "os._exit" not in source and source != "x = (":
        plain = program(path.read_text().replace("import torch\n", "\n"), "plain.py")
        theirs = run([sys.executable], str(plain))
        assert mine.stderr == theirs.stderr.replace("plain.py", "program.py")


def test_the_command_passes_a_programs_end_on(program):
    path = program("import torch\nraise EOFError('over')")
    done = run(WAYS["command"], str(path))
    assert done.returncode == 1
    assert done.stderr.splitlines()[1:] == [
        f'  File "{path}", line 2, in <module>',
        "    raise EOFError('over')",
        "EOFError: over",
    ]
    done = run(WAYS["command"], str(program("import sys; sys.exit(9)")))
    assert done.returncode == 9


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_an_interrupted_program_ends_by_the_signal(program):
    path = program("raise KeyboardInterrupt")
    done = run(WAYS["module"], str(path))
    assert done.returncode == -signal.SIGINT
    assert done.stderr.count("File") == 1


TRACEBACKS = """
import sys
import torch

net = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.Linear(4, 5))

def call(kind):
    if kind == "add":
        return torch.ones(2) + torch.ones(3)
    if kind == "net":
        return net(torch.ones(1, 2))
    if kind == "name":
        return torch.tanhh
    if kind == "own":
        return torch.ones(1).apply_(lambda x: undefined)
    return (torch.ones(3, requires_grad=True) * 2).backward()

call(sys.argv[1])
"""


def frames(stderr):
    """The files in a traceback, as names."""
    lines = [line.strip() for line in stderr.splitlines() if line.strip().startswith("File ")]
    return [os.path.basename(line.split('"')[1]) for line in lines]


@pytest.mark.parametrize("kind", ["add", "backward", "name"])
def test_tracebacks_end_at_the_call(program, kind):
    done = run(WAYS["module"], str(program(TRACEBACKS)), kind)
    assert frames(done.stderr) == ["program.py", "program.py"]
    assert "During handling" not in done.stderr
    everything = run(WAYS["module"], str(program(TRACEBACKS)), kind, flags=["-X", "dev"])
    assert len(frames(everything.stderr)) > 2


def test_tracebacks_show_the_layers_on_the_way(program):
    done = run(WAYS["module"], str(program(TRACEBACKS)), "net")
    assert frames(done.stderr)[:2] == ["program.py", "program.py"]
    assert frames(done.stderr)[-1] == "linear.py" and "container.py" in frames(done.stderr)
    assert "mat1 and mat2 shapes cannot be multiplied (1x3 and 4x5)" in done.stderr


def test_code_modules_and_standard_input(tmp_path, program):
    python = WAYS["module"]
    done = run(python, "-c", "import sys, torch; print(sys.argv, sys.path[0] == '')", "a", "-b")
    assert done.stdout == "['-c', 'a', '-b'] True\n", done.stderr
    done = run(python, "-", "a", text="import sys, torch; print(sys.argv, torch.ones(1))")
    assert done.stdout == "['-', 'a'] tensor([1.])\n", done.stderr
    program("", "package/__init__.py")
    program("import torch\nwhere = 'package'\nX = torch.ones(2)", "package/base.py")
    program(
        "import sys\nfrom .base import X\nprint(X, sys.argv[1:], __name__, __package__)\n"
        "print(__spec__.name)\nif 'fail' in sys.argv:\n    raise ValueError('failed')",
        "package/work.py",
    )
    done = run(python, "-m", "package.work", "--n", "3", cwd=tmp_path)
    assert done.stdout.splitlines() == [
        "tensor([1., 1.]) ['--n', '3'] __main__ package", "package.work",
    ]  # fmt: skip
    done = run(python, "-m", "package.work", "fail", cwd=tmp_path)
    assert done.returncode == 1 and frames(done.stderr) == ["work.py"]
    done = run(python, "-m", "no_such_module", cwd=tmp_path)
    assert done.returncode == 1 and "no_such_module" in done.stderr


def test_what_cannot_be_run(tmp_path, way):
    for arguments in (["none.py"], ["none.ipynb"], ["-m"], ["-c"]):
        done = run(way, *arguments, cwd=tmp_path)
        assert done.returncode == 2, arguments
        assert done.stderr.startswith("flambeau: ") and done.stderr.count("\n") == 1


def test_help():
    done = run(WAYS["module"])
    assert done.returncode == 2 and "usage" in done.stderr
    done = run(WAYS["module"], "--help")
    assert done.returncode == 0 and "SCRIPT.py" in done.stdout
    done = run(WAYS["command"], "--help")
    assert done.returncode == 0 and "notebook" in done.stdout
