"""What a function may not use if it is to be replayed: clocks, files, iterators, and the like.

A replayed program does not run the function's Python. So whatever gives something else at each
call, or has an effect that is no operator's, makes the function run as it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import BuiltinFunctionType, FunctionType, MethodType, MethodWrapperType, ModuleType
from typing import Any

NAMES = frozenset(
    ("print", "input", "open", "breakpoint", "next", "globals", "eval", "exec", "__import__")
)
MODULES = frozenset(
    ("time", "random", "_random", "secrets", "uuid", "datetime", "io", "_io", "logging", "csv",
     "_csv", "queue", "_queue", "socket", "subprocess", "shutil", "tempfile", "sqlite3", "os",
     "posix", "nt", "_contextvars", "itertools")
)  # fmt: skip
# Modules of which a few names are constant or depend on their arguments alone.
PARTS = {
    "os": frozenset(("path", "sep", "linesep", "name", "fspath", "PathLike")),
    "sys": frozenset(("maxsize", "float_info", "version_info", "platform", "byteorder")),
}
PURE = frozenset(("itertools",))  # modules that are harmless themselves; their objects are used up
# What only a tensor at hand can tell, and no check before the call looks at.
FACTS = frozenset(
    ("is_leaf", "grad_fn", "data_ptr", "_version", "_base", "retains_grad", "output_nr",
     "is_inference")
)  # fmt: skip


def reason(value: Any) -> str | None:
    """Why a value cannot be used in a program that is replayed; None where it can."""
    name = _home(value)
    if name in MODULES and not (isinstance(value, ModuleType) and (name in PURE or name in PARTS)):
        return f"uses the module {name}"
    if name.startswith("numpy.random"):
        return f"uses the module {name}"
    if is_iterator(value):
        return f"goes through an iterator ({type(value).__name__})"
    return None


def part(module: ModuleType, name: str) -> str | None:
    """Why a module's attribute cannot be used; None where it can."""
    pure = PARTS.get(module.__name__)
    if pure is not None and name not in pure:
        return f"uses {module.__name__}.{name}"
    return None


def is_iterator(value: Any) -> bool:
    """Whether a value is used up by going through it, unseen by those who watch attributes."""
    if not isinstance(value, Iterator) or isinstance(value, type):
        return False
    kind = type(value)
    return not isinstance(getattr(kind, "__next__", None), FunctionType)


def _home(value: Any) -> str:
    """The module that a value comes from."""
    if isinstance(value, ModuleType):
        return value.__name__
    if isinstance(value, (BuiltinFunctionType, MethodWrapperType)):
        owner = value.__self__
        return owner.__name__ if isinstance(owner, ModuleType) else type(owner).__module__
    if isinstance(value, MethodType):
        return type(value.__self__).__module__ or ""
    if isinstance(value, (FunctionType, type)):
        return value.__module__ if isinstance(value.__module__, str) else ""
    return type(value).__module__ or ""


__all__ = ["FACTS", "MODULES", "NAMES", "is_iterator", "part", "reason"]
