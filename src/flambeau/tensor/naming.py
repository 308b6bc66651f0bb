"""The package name that printed forms show: ``dtype=flambeau.float64``."""

from __future__ import annotations

from collections.abc import Callable, Iterable

_prefix = "flambeau"
_module_name: Callable[[str], str] | None = None


def prefix() -> str:
    """The name in front of dtypes and sizes when they are printed."""
    return _prefix


def set_prefix(name: str, module_name: Callable[[str], str] | None = None) -> None:
    """Changes that name, for programs that know this package under another one.

    ``module_name`` gives the name under which they know each of its modules, where those are not
    all below ``name``.
    """
    global _prefix, _module_name
    _prefix, _module_name = name, module_name


def nearest(name: str, known: Iterable[str], module: str) -> str:
    """A hint that names what comes nearest to ``name`` among a module's names; "" for none."""
    import difflib

    near = difflib.get_close_matches(name, [n for n in known if n[0] != "_"], 1)
    return f"\nHint: the nearest name is {module}.{near[0]}" if near else ""


def no_such_name(module: str, name: str, known: Iterable[str]) -> AttributeError:
    """The error for a name that a module lacks, with the nearest one that it has."""
    shown = _prefix + module.removeprefix("flambeau")
    if _module_name is not None:
        shown = _module_name(module)
    message = f"module {shown!r} has no attribute {name!r}"
    if not name.startswith("__"):
        message += nearest(name, known, shown)
    return AttributeError(message, name=name)
