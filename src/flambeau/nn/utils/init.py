"""Modules without initial values."""

from __future__ import annotations

from typing import Any

import flambeau

from ..modules.module import Module


def skip_init(module_cls: type[Module], *args: Any, **kwargs: Any) -> Module:
    """A module whose parameters have arbitrary values; no random numbers are used up.

    Args:
        module_cls: a subclass of Module that takes a `device`
        args, kwargs: what its constructor takes
    """
    import inspect  # slow to load

    if not issubclass(module_cls, Module):
        raise RuntimeError(f"Expected a Module; got {module_cls}")
    if "device" not in inspect.signature(module_cls).parameters:
        raise RuntimeError("Module must support a 'device' arg to skip initialization")
    state = flambeau.get_rng_state()
    try:
        return module_cls(*args, **kwargs)
    finally:
        flambeau.set_rng_state(state)
