"""Compilation, as programs ask for it. There is no compiler yet: functions run as they are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..tensor.naming import no_such_name


def compile(
    model: Callable | None = None,
    *,
    fullgraph: bool = False,
    dynamic: bool | None = None,
    backend: str | Callable = "inductor",
    mode: str | None = None,
    options: dict[str, Any] | None = None,
    disable: bool = False,
) -> Any:
    """The function or module itself, which computes the same as if it were compiled.

    Also a decorator, with or without arguments: ``@compile``, ``@compile(fullgraph=True)``.
    """
    if mode is not None and options is not None:
        raise RuntimeError(
            "Either mode or options can be specified, but both can't be specified at the same time."
        )
    return _as_it_is if model is None else model


def _as_it_is(function: Callable) -> Callable:
    return function


def disable(
    fn: Callable | None = None, recursive: bool = True, *, reason: str | None = None
) -> Any:
    """The function itself: what is not compiled need not be excluded from it. Also a decorator."""
    return _as_it_is if fn is None else fn


def allow_in_graph(fn: Any) -> Any:
    """The function (or the list of functions) itself."""
    return fn


assume_constant_result = allow_in_graph


def is_compiling() -> bool:
    """False: nothing is being compiled."""
    return False


is_dynamo_compiling = is_exporting = is_compiling


def reset() -> None:
    """Forgets compiled functions; there are none."""


def cudagraph_mark_step_begin() -> None:
    """Does nothing: there are no CUDA graphs."""


def list_backends(exclude_tags: Any = ("debug", "experimental")) -> list[str]:
    """No back end: nothing is compiled."""
    return []


def __getattr__(name: str) -> Any:
    raise no_such_name(__name__, name, globals())
