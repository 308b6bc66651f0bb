"""The package name that printed forms show: ``dtype=flambeau.float64``."""

from __future__ import annotations

from collections.abc import Iterable

_prefix = "flambeau"


def prefix() -> str:
    """The name in front of dtypes and sizes when they are printed."""
    return _prefix


def set_prefix(name: str) -> None:
    """Changes that name, for programs that know this package under another one."""
    global _prefix
    _prefix = name


def nearest(name: str, known: Iterable[str], module: str) -> str:
    """A hint that names what comes nearest to ``name`` among a module's names; "" for none."""
    import difflib

    near = difflib.get_close_matches(name, [n for n in known if n[0] != "_"], 1)
    return f"\nHint: the nearest name is {module}.{near[0]}" if near else ""


def no_such_name(module: str, name: str, known: Iterable[str]) -> AttributeError:
    """The error for a name that a module lacks, with the nearest one that it has."""
    shown = _prefix + module.removeprefix("flambeau")
    message = f"module {shown!r} has no attribute {name!r}"
    if not name.startswith("__"):
        message += nearest(name, known, shown)
    return AttributeError(message, name=name)
