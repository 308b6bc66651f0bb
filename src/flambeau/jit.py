"""TorchScript's decorators. Python code runs as it is here, so they give back what they are given.

Saving and loading TorchScript files (``jit.save``, ``jit.load``) is not among what flambeau does.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable
from typing import Any, Final

from .nn import Module
from .tensor.naming import no_such_name

Attribute = Final


class ScriptModule(Module):
    """The class of PyTorch's compiled modules. There are none here: ``script`` compiles nothing."""


class ScriptFunction:
    """The class of PyTorch's compiled functions. There are none here."""


def script(obj: Any, *args: Any, **kwargs: Any) -> Any:
    """The function, class or module itself."""
    return obj


def trace(func: Any, example_inputs: Any = None, *args: Any, **kwargs: Any) -> Any:
    """The function or module itself; it is not called with the example."""
    return func


def trace_module(mod: Module, inputs: dict[str, Any], *args: Any, **kwargs: Any) -> Module:
    """The module itself."""
    return mod


def freeze(mod: Module, *args: Any, **kwargs: Any) -> Module:
    """The module itself.

    Raises:
        RuntimeError: the module is in training mode.
    """
    if mod.training:
        raise RuntimeError(
            "Freezing is currently only implemented for modules in eval mode. Please call "
            ".eval() on your module before freezing."
        )
    return mod


optimize_for_inference = freeze


def export(fn: Callable) -> Callable:
    """The function itself."""
    return fn


script_method = interface = script_if_tracing = export


def ignore(drop: Any = False, **kwargs: Any) -> Any:
    """The function itself; with arguments, a decorator that gives the function itself."""
    return drop if callable(drop) else export


unused = ignore


def annotate(the_type: Any, the_value: Any) -> Any:
    """The value."""
    return the_value


def isinstance(obj: Any, target_type: Any) -> bool:
    """Python's own isinstance; containers are told by their kind, not by what is in them."""
    from typing import get_origin

    types = target_type if builtins.isinstance(target_type, tuple) else (target_type,)
    kinds: Any = tuple(get_origin(t) or t for t in types)
    return builtins.isinstance(obj, kinds)


def is_scripting() -> bool:
    """False: Python runs the function."""
    return False


is_tracing = is_scripting


class strict_fusion:
    """A context manager without effect."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, *_: object) -> None:
        return None


def __getattr__(name: str) -> Any:
    raise no_such_name(__name__, name, globals())
