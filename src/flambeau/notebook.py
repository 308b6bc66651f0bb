"""Notebooks: runs their cells with ``torch`` meaning flambeau, and ``%load_ext flambeau``.

The cells are run by IPython, so that magics, shell lines and figures work as people know them. The
outputs are written into a copy of the notebook.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any, TextIO

from flambeau import torch_alias
from flambeau.app.errors import CommandError
from flambeau.app.tracebacks import tidy

NEEDED = ("nbformat", "IPython")
USAGE = "usage: flambeau run NOTEBOOK.ipynb [--output COPY.ipynb]"
FAILED, INTERRUPTED = 1, 130


def load_ipython_extension(shell: Any) -> None:
    """``%load_ext flambeau``: from then on ``import torch`` means flambeau in a live notebook."""
    torch_alias.install()
    _shorten_tracebacks(shell)


def _shorten_tracebacks(shell: Any) -> None:
    """Has a shell's errors end at the call into flambeau."""
    show = shell.showtraceback

    def showtraceback(exc_tuple: Any = None, *args: Any, **options: Any) -> None:
        tidy(shell._get_exc_info(exc_tuple)[1])
        show(exc_tuple, *args, **options)

    shell.showtraceback = showtraceback


def main(name: str, arguments: Sequence[str]) -> int:
    """Runs a notebook by the command's arguments; the exit status."""
    output, rest = None, list(arguments)
    if len(rest) == 2 and rest[0] in ("-o", "--output"):
        output = rest[1]
    elif len(rest) == 1 and rest[0].startswith("--output="):
        output = rest[0].partition("=")[2]
    elif rest:
        raise CommandError(f"a notebook takes no arguments but --output ({USAGE})")
    return run(Path(name), Path(output) if output else None)


def run(path: Path, output: Path | None = None) -> int:
    """Runs a notebook's cells in order, and writes a copy with their outputs.

    Args:
        path: the notebook.
        output: the copy; beside the notebook, as ``name.run.ipynb``, if not said.

    Returns:
        0; 1 if a cell has failed, which ends the run; 130 after Ctrl-C.

    Raises:
        CommandError: the notebook cannot be read, or the copy cannot be written.
    """
    missing = [n for n in NEEDED if find_spec(n) is None]
    if missing:
        raise CommandError(
            f"notebooks need {' and '.join(missing)}: pip install 'flambeau[notebook]'"
        )
    notebook = _read(path)
    output = (output or path.with_name(f"{path.stem}.run.ipynb")).absolute()
    path = path.absolute()
    if output == path:
        raise CommandError(f"the copy would replace the notebook: {path}")
    torch_alias.install()
    with tempfile.TemporaryDirectory() as scratch, _in_folder(path.parent):
        shell = _make_shell(scratch)
        sys.argv[:] = [str(path)]
        failure = _run_cells(notebook, shell)
        status = _report(failure, path.name)
    _write(notebook, output)
    print(f"outputs: {output}", file=sys.stderr)
    return status


# ---------------------------------------------------------------------- files


def _read(path: Path) -> Any:
    import nbformat

    try:
        notebook = nbformat.reads(path.read_text(encoding="utf-8"), as_version=4)
    except OSError as error:
        reason = "no such file" if isinstance(error, FileNotFoundError) else error.strerror
        raise CommandError(f"{reason}: {path}") from None
    except Exception as error:  # of several kinds, by what is wrong with the file
        raise CommandError(f"{path} is not a notebook: {error}") from None
    language = notebook.metadata.get("kernelspec", {}).get("language", "python")
    if language.lower() != "python":
        raise CommandError(f"{path} is a notebook of {language}, not of Python")
    return notebook


def _write(notebook: Any, output: Path) -> None:
    import nbformat

    try:
        output.write_text(nbformat.writes(notebook), encoding="utf-8")
    except OSError as error:
        raise CommandError(f"{error.strerror}: {output}") from None


@contextmanager
def _in_folder(folder: Path) -> Iterator[None]:
    """In a notebook's folder, where its relative paths lead from and its modules are found."""
    before = os.getcwd()
    os.chdir(folder)
    if not sys.flags.safe_path:
        sys.path[0] = str(folder)
    try:
        yield
    finally:
        os.chdir(before)


# ---------------------------------------------------------------------- cells


def _run_cells(notebook: Any, shell: Any) -> tuple[int, BaseException] | None:
    """Runs all code cells; the number of the one that failed, and its error."""
    number = 0
    cells = [c for c in notebook.cells if c.cell_type == "code"]
    for cell in cells:
        cell.outputs, cell.execution_count = [], None
    for cell in cells:
        if not cell.source.strip():
            continue
        number += 1
        cell.execution_count = number
        shell.outputs = cell.outputs
        with _captured(cell.outputs):
            result = shell.run_cell(cell.source, store_history=True)
        error = result.error_before_exec or result.error_in_exec
        if error is not None and "raises-exception" not in cell.metadata.get("tags", ()):
            return number, error
    return None


def _report(failure: tuple[int, BaseException] | None, name: str) -> int:
    if failure is None:
        return 0
    number, error = failure
    if isinstance(error, KeyboardInterrupt):
        print(f"flambeau: interrupted in cell {number} of {name}", file=sys.stderr)
        return INTERRUPTED
    if isinstance(error, SystemExit):
        return error.code if isinstance(error.code, int) else int(error.code is not None)
    first = str(error).partition("\n")[0]
    print(f"flambeau: {name}, cell {number}: {type(error).__name__}: {first}", file=sys.stderr)
    return FAILED


class _Stream:
    """Standard output or error of a cell: kept for the copy, and shown."""

    encoding = "utf-8"
    errors = "replace"

    def __init__(self, name: str, outputs: list, shown: TextIO):
        self.name, self.shown, self._outputs = name, shown, outputs

    def write(self, text: str) -> int:
        if text:
            last = self._outputs[-1] if self._outputs else None
            if last is None or last.get("name") != self.name:
                last = _new_output("stream", name=self.name, text=[])
                self._outputs.append(last)
            last.text.append(text)
            self.shown.write(text)
        return len(text)

    def __getattr__(self, attribute: str) -> Any:
        return getattr(self.shown, attribute)


def _new_output(kind: str, **content: Any) -> Any:
    from nbformat import NotebookNode

    return NotebookNode(output_type=kind, **content)


def _show(text: str, stream: Any) -> None:
    """Shows what is among a cell's outputs already."""
    getattr(stream, "shown", stream).write(text + "\n")


def _overwritten(text: str) -> str:
    """The text as a terminal shows it: what follows a carriage return replaces the line so far.

    Progress bars would otherwise leave each of their states in the notebook.
    """
    if "\r" not in text:
        return text
    text = re.sub(r"\r+\n", "\n", text)
    return re.sub(r"^[^\n]*\r(?=[^\n\r])", "", text, flags=re.M)


@contextmanager
def _captured(outputs: list) -> Iterator[None]:
    """Inside, what is printed goes to a cell's outputs too."""
    before = sys.stdout, sys.stderr
    sys.stdout = _Stream("stdout", outputs, before[0])  # type: ignore[assignment]
    sys.stderr = _Stream("stderr", outputs, before[1])  # type: ignore[assignment]
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before
        for stream in before:
            stream.flush()
        for output in outputs:
            if output.output_type == "stream":
                output.text = _overwritten("".join(output.text))


# ---------------------------------------------------------------------- IPython


def _make_shell(scratch: str) -> Any:
    """An IPython shell whose results and figures go to ``shell.outputs``."""
    from IPython.core.displayhook import DisplayHook
    from IPython.core.displaypub import DisplayPublisher
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    class Results(DisplayHook):
        """Puts the value of a cell's last line among its outputs."""

        def write_output_prompt(self) -> None:
            pass

        def write_format_data(self, format_dict: dict, md_dict: dict | None = None) -> None:
            output = _new_output(
                "execute_result", data=_as_json(format_dict), metadata=md_dict or {},
                execution_count=self.prompt_count,
            )  # fmt: skip
            shell.outputs.append(output)
            _show(format_dict.get("text/plain", ""), sys.stdout)

        def finish_displayhook(self) -> None:
            pass

    class Displays(DisplayPublisher):
        """Puts what a cell displays, figures above all, among its outputs."""

        def publish(
            self,
            data: Any,
            metadata: Any = None,
            source: Any = None,
            *,
            transient: Any = None,
            update: Any = False,
            **options: Any,
        ) -> None:
            name = (transient or {}).get("display_id")
            output = _new_output("display_data", data=_as_json(data), metadata=metadata or {})
            if update and name in self.by_name:
                self.by_name[name].update(output)
                return
            if name is not None:
                self.by_name[name] = output
            shell.outputs.append(output)

        def clear_output(self, wait: bool = False) -> None:
            shell.outputs.clear()

        @property
        def by_name(self) -> dict:
            return self.__dict__.setdefault("_by_name", {})

    class Shell(InteractiveShell):
        """Shows errors in the outputs, as PyTorch's users see them."""

        outputs: list

        def _showtraceback(self, etype: type, evalue: BaseException, stb: list[str]) -> None:
            output = _new_output("error", ename=etype.__name__, evalue=str(evalue), traceback=stb)
            self.outputs.append(output)
            _show("\n".join(stb), sys.stderr)

        def run_line_magic(self, magic_name: str, line: str, _stack_depth: int = 1) -> Any:
            if self.find_line_magic(magic_name) is None:
                print(f"flambeau: left out: %{magic_name}, which is unknown here", file=sys.stderr)
                return None
            return super().run_line_magic(magic_name, line, _stack_depth + 1)

        def enable_gui(self, gui: Any = None) -> None:
            pass

    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.colors = "NoColor"
    if not os.environ.get("MPLBACKEND"):
        os.environ["MPLBACKEND"] = "module://matplotlib_inline.backend_inline"
    shell = Shell.instance(
        config=config, ipython_dir=scratch, user_module=ModuleType("__main__"),
        displayhook_class=Results, display_pub_class=Displays,
    )  # fmt: skip
    shell.outputs = []
    shell.input_transformers_cleanup.append(_without_torch)
    _shorten_tracebacks(shell)
    return shell


def _as_json(data: dict) -> dict:
    """Displayed data as a notebook holds it: pictures as base64 text."""
    from base64 import b64encode

    return {
        kind: b64encode(value).decode() if isinstance(value, bytes) else value
        for kind, value in data.items()
    }


_PIP = re.compile(r"^(\s*)[!%]\s*(?:python3?\s+-m\s+)?pip3?\s+(install\s.*)$")
_TORCH = re.compile(r"(torch|torchvision|torchaudio|flambeau)(\W.*)?$")


def _without_torch(lines: list[str]) -> list[str]:
    """``!pip install torch`` is left out, since flambeau is torch here; the rest is installed
    where it will be found."""
    return [_pip_line(line) for line in lines]


def _pip_line(line: str) -> str:
    match = _PIP.match(line.rstrip("\n"))
    if match is None:
        return line
    indent, command = match.groups()
    words = command.split()
    kept = [w for w in words if not _TORCH.match(w)]
    if not any(not w.startswith("-") for w in kept[1:]):
        return f'{indent}print("flambeau: left out: pip {" ".join(words)}")\n'
    return f"{indent}!{sys.executable} -m pip {' '.join(kept)}\n"
