"""Notebooks: cells run in order, their outputs stand in a copy, an error ends the run."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
from importlib.util import find_spec

import pytest

nbformat = pytest.importorskip("nbformat")
pytest.importorskip("IPython")


@pytest.fixture
def run(tmp_path):
    """Runs a notebook of these cells; its cells afterwards, and how the process ended."""

    def run(*cells, arguments=(), metadata=None):
        v4 = nbformat.v4
        cells = [v4.new_markdown_cell("# Text")] + [
            v4.new_code_cell(**c) if isinstance(c, dict) else v4.new_code_cell(c) for c in cells
        ]
        path = tmp_path / "book.ipynb"
        nbformat.write(v4.new_notebook(cells=cells, metadata=metadata or {}), path)
        elsewhere, settings = tmp_path / "elsewhere", tmp_path / "ipython"
        elsewhere.mkdir(exist_ok=True)
        done = subprocess.run(
            [sys.executable, "-m", "flambeau", str(path), *arguments],
            capture_output=True, text=True, cwd=elsewhere,
            env={
                # A user's setting would choose the backend; the tests' runner makes one.
                **{k: v for k, v in os.environ.items() if k != "MPLBACKEND"},
                "IPYTHONDIR": str(settings),
            },
        )  # fmt: skip
        copy = tmp_path / "book.run.ipynb"
        after = nbformat.read(copy, 4).cells[1:] if copy.exists() else []
        assert list(elsewhere.iterdir()) == [] and not settings.exists()
        return after, done

    return run


def texts(cell):
    """What a cell shows, as text."""
    out = []
    for o in cell.outputs:
        if o.output_type == "stream":
            out.append(o.text)
        elif o.output_type == "error":
            out.append(f"{o.ename}: {o.evalue}")
        else:
            out.append(o.data["text/plain"])
    return out


def test_cells_share_one_namespace_and_show_their_values(run):
    cells, done = run(
        "import torch\nimport sys\nx = torch.arange(3)\nprint('a')\nprint('b', file=sys.stderr)\nx",
        "",
        "def double(t):\n    return t * 2\ndouble(x).dtype",
        "y = double(x);\nif y.sum() > 0:\n    print(y, __name__)",
        "x + y;",
    )
    assert done.returncode == 0, done.stderr
    assert [texts(c) for c in cells] == [
        ["a\n", "b\n", "tensor([0, 1, 2])"], [], ["torch.int64"],
        ["tensor([0, 2, 4]) __main__\n"], [],
    ]  # fmt: skip
    assert [c.execution_count for c in cells] == [1, None, 2, 3, 4]
    kinds = [o.output_type for o in cells[0].outputs]
    assert kinds == ["stream", "stream", "execute_result"]
    assert done.stdout == "a\ntensor([0, 1, 2])\ntorch.int64\ntensor([0, 2, 4]) __main__\n"
    assert done.stderr.startswith("b\n") and "book.run.ipynb" in done.stderr


def test_an_error_ends_the_run_and_names_the_cell(run):
    cells, done = run("import torch", "torch.ones(2) + torch.ones(3)", "print('never')")
    assert done.returncode == 1
    assert "book.ipynb, cell 2: RuntimeError: The size of tensor a (2)" in done.stderr
    assert texts(cells[1])[0].startswith("RuntimeError: The size of tensor a (2)")
    shown = "\n".join(cells[1].outputs[0].traceback)
    assert "dispatch.py" not in shown and "torch.ones(2) + torch.ones(3)" in shown
    assert cells[2].outputs == [] and cells[2].execution_count is None


def test_errors_that_are_meant(run):
    cells, done = run(
        {"source": "1 / 0", "metadata": {"tags": ["raises-exception"]}}, "print('on')"
    )
    assert done.returncode == 0
    assert [texts(c) for c in cells] == [["ZeroDivisionError: division by zero"], ["on\n"]]
    cells, done = run("x = 1 +* 2")
    assert done.returncode == 1 and "cell 1: SyntaxError" in done.stderr
    cells, done = run("import sys; sys.exit(3)", "print('never')")
    assert done.returncode == 3 and cells[1].outputs == []


def test_magics_and_shell_lines(run):
    cells, done = run(
        "!echo from the shell\nlines = !echo kept\nprint(lines)",
        "%time y = 1 + 1\n%no_such_magic --x\ny",
        "!pip install torch torchvision\n%pip install -q torch==2.0\n!pip3 install torch>=2",
        "%%capture out\nprint('quiet')",
        "out.stdout",
        "for i in range(3):\n    print(f'\\rstep {i}', end='')\nprint()",
    )
    assert done.returncode == 0, done.stderr
    assert texts(cells[0]) == ["from the shell\n['kept']\n"]
    assert "Wall time" in texts(cells[1])[0] and texts(cells[1])[-1] == "2"
    assert "left out: %no_such_magic" in texts(cells[1])[1]
    assert texts(cells[2])[0].count("left out: pip install") == 3
    assert texts(cells[4]) == ["'quiet\\n'"]
    assert texts(cells[5]) == ["step 2\n"]


def test_displays(run):
    cells, done = run(
        "from IPython.display import display, HTML, clear_output\n"
        "print('gone')\nclear_output()\ndisplay(HTML('<b>bold</b>'), 5)",
        "handle = display('first', display_id=True)\nhandle.update('second')",
    )
    assert done.returncode == 0, done.stderr
    assert [o.data.get("text/html", o.data["text/plain"]) for o in cells[0].outputs] == [
        "<b>bold</b>", "5",
    ]  # fmt: skip
    assert texts(cells[1]) == ["'second'"]


@pytest.mark.skipif(find_spec("matplotlib") is None, reason="matplotlib is not installed")
@pytest.mark.parametrize("first", ["%matplotlib inline", ""])
def test_figures_are_pictures(run, first):
    cells, done = run(
        f"{first}\nimport torch\nimport matplotlib.pyplot as plt\nx = torch.linspace(0, 1, 5)",
        "plt.plot(x, x ** 2)\nplt.title('square');",
        "fig, ax = plt.subplots()\nax.bar([1, 2], [3, 4])\nplt.show()\nprint('after')",
    )
    assert done.returncode == 0, done.stderr
    for cell in cells[1:]:
        picture = base64.b64decode(cell.outputs[0].data["image/png"])
        assert picture.startswith(b"\x89PNG") and len(picture) > 2000
    assert [o.output_type for o in cells[2].outputs] == ["display_data", "stream"]


def test_paths_lead_from_the_notebook(run, tmp_path):
    (tmp_path / "helper.py").write_text("import torch\nVALUE = torch.ones(1)")
    (tmp_path / "data.txt").write_text("here")
    cells, done = run("import helper\nprint(helper.VALUE, open('data.txt').read())")
    assert texts(cells[0]) == ["tensor([1.]) here\n"], done.stderr


def test_output_option(run, tmp_path):
    _, done = run("1 + 1", arguments=["--output", str(tmp_path / "other.ipynb")])
    assert done.returncode == 0
    copy = nbformat.read(tmp_path / "other.ipynb", 4)
    assert texts(copy.cells[1]) == ["2"] and not (tmp_path / "book.run.ipynb").exists()
    for arguments in (["--output", str(tmp_path / "book.ipynb")], ["--what"],
                      ["-o", str(tmp_path / "no" / "folder.ipynb")]):  # fmt: skip
        _, done = run("1 + 1", arguments=arguments)
        assert done.returncode == 2 and "flambeau: " in done.stderr.splitlines()[-1]


def test_files_that_are_no_notebooks(run, tmp_path):
    kernel = {"language": "R", "name": "ir", "display_name": "R"}
    _, done = run("x", metadata={"kernelspec": kernel})
    assert done.returncode == 2 and "a notebook of R" in done.stderr
    (tmp_path / "bad.ipynb").write_text("{}")
    (tmp_path / "worse.ipynb").write_text("no json")
    for name in ("bad.ipynb", "worse.ipynb"):
        done = subprocess.run(
            [sys.executable, "-m", "flambeau", str(tmp_path / name)], capture_output=True, text=True
        )
        assert done.returncode == 2 and "is not a notebook" in done.stderr
        assert done.stderr.count("\n") == 1


def test_live_notebooks(tmp_path):
    program = f"""
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config
config = Config()
config.HistoryManager.enabled = False
shell = InteractiveShell.instance(config=config, ipython_dir={str(tmp_path)!r})
for cell in ("%load_ext flambeau", "import torch", "print(torch.__name__, torch.ones(1).dtype)"):
    shell.run_cell(cell).raise_error()
shell.run_cell("torch.ones(2) + torch.ones(3)")
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    shown = done.stdout.splitlines()
    assert shown[0] == "torch torch.float32", done.stderr
    assert "must match the size of tensor b" in done.stdout and "dispatch" not in done.stdout
