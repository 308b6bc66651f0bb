"""Named results: the tuples that operators with several outputs give, as ``return_types.max``."""

from __future__ import annotations

from collections import namedtuple
from typing import Any

from ..tensor import naming
from .table import Op

_RESULT_CLASSES: dict[str, type] = {}


def named_result(op: Op) -> type:
    """The named tuple that an operator with several outputs gives, such as return_types.max."""
    found = _RESULT_CLASSES.get(op.name)
    if found is None:
        found = _RESULT_CLASSES[op.name] = return_type(
            op.name.removeprefix("_"), op.outputs[: len(op.outputs) - op.hidden]
        )
    return found


RETURN_TYPES: list[type] = []  # all that were made, for whoever renames them


def return_type(name: str, fields: tuple[str, ...]) -> type:
    """A named tuple that prints as PyTorch's return types do."""

    class Result(namedtuple(name, fields)):  # type: ignore[misc]
        __slots__ = ()

        def __repr__(self) -> str:
            fields: Any = zip(self._fields, tuple(self), strict=True)
            parts = ",\n".join(f"{name}={value!r}" for name, value in fields)
            return f"{naming.prefix()}.return_types.{name}(\n{parts})"

        def __reduce__(self) -> tuple:
            return tuple, (tuple(self),)

    Result.__name__ = Result.__qualname__ = name
    Result.__module__ = f"{naming.prefix()}.return_types"
    RETURN_TYPES.append(Result)
    return Result
