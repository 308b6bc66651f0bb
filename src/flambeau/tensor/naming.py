"""The package name that printed forms show: ``dtype=flambeau.float64``."""

from __future__ import annotations

_prefix = "flambeau"


def prefix() -> str:
    """The name in front of dtypes and sizes when they are printed."""
    return _prefix


def set_prefix(name: str) -> None:
    """Changes that name, for programs that know this package under another one."""
    global _prefix
    _prefix = name
