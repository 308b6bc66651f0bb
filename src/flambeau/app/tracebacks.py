"""Tracebacks as PyTorch shows them: the program's own lines, then the error.

An error that flambeau raises on purpose is about the call, so what happened inside the call is left
out. An error that nobody raised on purpose is a mistake of flambeau's, and shown in full. So is
everything under ``python -X dev``.
"""

from __future__ import annotations

import opcode
import os
import sys
from types import TracebackType

import flambeau

_PACKAGE = os.path.dirname(os.path.abspath(flambeau.__file__)) + os.sep
# What is written in C++ in PyTorch, and so leaves no frames there.
_INNER = tuple(_PACKAGE + room + os.sep for room in ("tensor", "ops", "autograd"))
# The functions, anywhere in the package, that answer for names.
_ANSWERS = ("__getattr__", "find_spec", "_refuse")
_RAISE = opcode.opmap["RAISE_VARARGS"]


def tidy(error: BaseException) -> None:
    """Shortens an error's traceback, and leaves out errors that flambeau itself dealt with."""
    if sys.flags.dev_mode:
        return
    seen: set[int] = set()
    while id(error) not in seen:
        seen.add(id(error))
        _cut_inside(error.__traceback__)
        if error.__cause__ is not None:
            error = error.__cause__
        elif error.__context__ is not None and not error.__suppress_context__:
            error.__suppress_context__ = _all_inside(error.__context__.__traceback__)
            error = error.__context__


def _frames(trace: TracebackType | None) -> list[TracebackType]:
    found = []
    while trace is not None:
        found.append(trace)
        trace = trace.tb_next
    return found


def _all_inside(trace: TracebackType | None) -> bool:
    """Whether the error was raised and caught without leaving flambeau."""
    frames = _frames(trace)
    return bool(frames) and _is_in(frames[0], (_PACKAGE,))


def _is_in(trace: TracebackType, folders: tuple[str, ...]) -> bool:
    return trace.tb_frame.f_code.co_filename.startswith(folders)


def _is_inner(trace: TracebackType) -> bool:
    """Whether a frame is one that PyTorch would not show."""
    name = trace.tb_frame.f_code.co_name
    return _is_in(trace, _INNER) or name in _ANSWERS and _is_in(trace, (_PACKAGE,))


def _cut_inside(trace: TracebackType | None) -> None:
    """Ends a traceback at the call into flambeau, if a ``raise`` statement in there ended it."""
    frames = _frames(trace)
    if not frames or not _is_inner(frames[-1]):
        return
    last = frames[-1]
    if last.tb_frame.f_code.co_code[last.tb_lasti] != _RAISE:
        return
    while frames and (_is_inner(frames[-1]) or _is_between(frames)):
        frames.pop()
    if frames:
        frames[-1].tb_next = None


def _is_between(frames: list[TracebackType]) -> bool:
    """Whether the last frame is code without a file that flambeau made of an expression."""
    name = frames[-1].tb_frame.f_code.co_filename
    return name == "<string>" and len(frames) > 1 and _is_inner(frames[-2])
