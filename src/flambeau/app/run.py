"""Runs a user's program with ``torch`` meaning flambeau, as Python itself would run it.

The program is ``__main__``: its file, ``sys.argv``, ``sys.path[0]``, exit status and traceback are
what they are under ``python program.py``. Processes that it starts through ``multiprocessing``
find the same ``torch``.
"""

from __future__ import annotations

import builtins
import os
import runpy
import signal
import sys
from collections.abc import Callable, Sequence
from importlib.machinery import SourceFileLoader
from types import CodeType, ModuleType, TracebackType

from flambeau import torch_alias
from flambeau.app.errors import CommandError
from flambeau.app.tracebacks import tidy

NOTEBOOK = ".ipynb"


def run(arguments: Sequence[str]) -> int:
    """Runs what ``python ARGUMENTS`` would: ``SCRIPT ...``, ``-m MODULE ...``, ``-c CODE ...``,
    ``-`` for standard input; or a notebook. Gives the exit status of a program that ends normally.

    Raises:
        CommandError: there is no such program.
        Exception, SystemExit: whatever the program raises.
    """
    what, *rest = arguments
    if what in ("-m", "-c") and not rest:
        raise CommandError(f"argument expected for the {what} option")
    if what.endswith(NOTEBOOK):
        from flambeau import notebook

        return notebook.main(what, rest)
    # Ended by the system, the program ends as it would under python.
    if signal.getsignal(signal.SIGTERM) is signal.default_int_handler:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
    torch_alias.install()
    _quiet_excepthook()
    if what == "-m":
        _run_module(rest[0], rest[1:])
    elif what == "-c":
        _run_code(compile(rest[0], "<string>", "exec"), ["-c", *rest[1:]], "")
    elif what == "-":
        _run_code(compile(sys.stdin.read(), "<stdin>", "exec"), list(arguments), "")
    else:
        _run_script(what, rest)
    return 0


def _run_script(name: str, rest: list[str]) -> None:
    path = os.path.abspath(name)
    try:
        with open(path, "rb") as file:
            source = file.read()
    except OSError as error:
        reason = "no such file" if isinstance(error, FileNotFoundError) else error.strerror
        raise CommandError(f"{reason}: {name}") from None
    folder = os.path.dirname(os.path.realpath(path))
    _run_code(compile(source, path, "exec"), [name, *rest], folder, path)


def _run_code(code: CodeType, argv: list[str], folder: str, path: str | None = None) -> None:
    """Executes a program's code as the module ``__main__``."""
    module = ModuleType("__main__")
    module.__dict__.update(__builtins__=builtins)
    if path is not None:
        module.__dict__.update(__file__=path, __cached__=None)
        module.__loader__ = SourceFileLoader("__main__", path)
    sys.argv[:] = argv
    _set_first_folder(folder)
    _replace_main(module)
    exec(code, module.__dict__)


def _run_module(name: str, rest: list[str]) -> None:
    sys.argv[:] = [name, *rest]  # runpy puts the file in the name's place
    _set_first_folder(os.getcwd())
    _replace_main(ModuleType("__main__"))
    runpy.run_module(name, run_name="__main__", alter_sys=True)


def _set_first_folder(folder: str) -> None:
    """``sys.path[0]``, which until now led to the command's own folder."""
    if not sys.flags.safe_path:
        sys.path[0] = folder


_former_main: list[ModuleType] = []  # kept alive: its functions are still running


def _replace_main(module: ModuleType) -> None:
    _former_main.append(sys.modules["__main__"])
    sys.modules["__main__"] = module


# ---------------------------------------------------------------------- tracebacks


def _quiet_excepthook() -> None:
    """Tracebacks of the program begin with the program, not with what started it."""
    show: Callable = sys.excepthook

    def excepthook(
        kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        trace = _without_start(trace)
        tidy(error.with_traceback(trace))
        show(kind, error, trace)

    sys.excepthook = excepthook


def _without_start(trace: TracebackType | None) -> TracebackType | None:
    """A traceback without the frames above the program's first."""
    first, frame = trace, trace
    while frame is not None:
        if frame.tb_frame.f_globals is globals():
            first = frame.tb_next
        frame = frame.tb_next
    while first is not None and first.tb_frame.f_code.co_filename == "<frozen runpy>":
        first = first.tb_next
    return first
