"""Compilation: a function over tensors, a whole training step included, as one native program.

``compile(f)`` gives a function that records what f does at its first call and replays it as C
afterwards; see :mod:`.function`. The rest of this module answers to PyTorch's names.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

from ..tensor.naming import no_such_name
from ..tensor.recording import recorders
from .function import CompiledFunction

_made: weakref.WeakSet[CompiledFunction] = weakref.WeakSet()


def compile(
    model: Callable | None = None,
    *,
    fullgraph: bool = False,
    dynamic: bool | None = None,
    backend: str | Callable = "native",
    mode: str | None = None,
    options: dict[str, Any] | None = None,
    disable: bool = False,
) -> Any:
    """A function or module that runs as a native program after its first call.

    The first call of a kind (shapes, types, train or eval, settings) runs as it is and is
    recorded; later ones of that kind run the program that was made of it: forward, backward,
    optimizer updates, random draws, writes. Learning rates may change from call to call. What
    cannot be repeated (numbers read in Python, printing, outer variables assigned) runs uncompiled,
    with one warning that names the line.

    Also a decorator, with or without arguments: ``@compile``, ``@compile(fullgraph=True)``.

    Args:
        model: the function or module. A module comes back wrapped (:class:`OptimizedModule`).
        fullgraph: raise RuntimeError where a part cannot be compiled, in place of the warning.
        dynamic: accepted; every shape gets a program of its own.
        backend: ``"native"`` (PyTorch's names of its back ends mean the same), or ``"eager"`` for
            no compilation; a callable is not called.
        mode: accepted; there is one way of compiling.
        options: accepted.
        disable: give the function back as it is.
    """
    if mode is not None and options is not None:
        raise RuntimeError(
            "Either mode or options can be specified, but both can't be specified at the same time."
        )
    if model is None:
        return lambda function: compile(
            function, fullgraph=fullgraph, dynamic=dynamic, backend=backend, mode=mode,
            options=options, disable=disable,
        )  # fmt: skip
    if disable or backend == "eager":
        return model
    from ..nn import Module

    if isinstance(model, Module):
        from .module import OptimizedModule

        return OptimizedModule(model, fullgraph)
    if not callable(model):
        raise RuntimeError(f"compile expects a function or a module, not {type(model).__name__}")
    compiled = CompiledFunction(model, fullgraph)
    _made.add(compiled)
    return compiled


def disable(
    fn: Callable | None = None, recursive: bool = True, *, reason: str | None = None
) -> Any:
    """The function itself: inside a compiled function it is recorded like everything else. Also a
    decorator."""
    return _as_it_is if fn is None else fn


def _as_it_is(function: Callable) -> Callable:
    return function


def allow_in_graph(fn: Any) -> Any:
    """The function (or the list of functions) itself."""
    return fn


assume_constant_result = allow_in_graph


def is_compiling() -> bool:
    """Whether a compiled function is being recorded at this moment."""
    return bool(recorders)


is_dynamo_compiling = is_exporting = is_compiling


def reset() -> None:
    """Forgets the programs of all compiled functions."""
    for compiled in list(_made):
        compiled.reset()


def cudagraph_mark_step_begin() -> None:
    """Does nothing: there are no CUDA graphs."""


def list_backends(exclude_tags: Any = ("debug", "experimental")) -> list[str]:
    """The names of what can compile."""
    return ["native"]


def __getattr__(name: str) -> Any:
    raise no_such_name(__name__, name, globals())
