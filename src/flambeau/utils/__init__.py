"""Helpers, as in ``torch.utils``."""

from __future__ import annotations

from typing import Any

from ..tensor.naming import no_such_name
from . import data as data

_MODULES = ("_pytree", "checkpoint", "hooks")


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        from importlib import import_module

        return import_module(f"{__name__}.{name}")
    raise no_such_name(__name__, name, [*globals(), *_MODULES])
