"""Numbers that a recorded function reads and gives back: ``return loss.item()``.

Reading a tensor's number in Python ends a recording, because the program could not repeat what
Python does with it. There is one exception: a number that the function only hands on as (a part of)
its result. While recording, ``item()`` therefore gives a float of a class of its own, which tells
when anything is done with it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .memory import View


class ReadNumber(float):
    """A number read from a tensor while a function is recorded.

    ``place`` is where the program finds it; ``used`` is called when somebody computes with it,
    compares it or prints it.
    """

    place: View
    used: Callable[[], None]


_USES = (
    "__abs__", "__add__", "__bool__", "__ceil__", "__divmod__", "__eq__", "__float__",
    "__floor__", "__floordiv__", "__format__", "__ge__", "__gt__", "__hash__", "__int__",
    "__le__", "__lt__", "__mod__", "__mul__", "__ne__", "__neg__", "__pos__", "__pow__",
    "__radd__", "__rdivmod__", "__repr__", "__rfloordiv__", "__rmod__", "__rmul__", "__round__",
    "__rpow__", "__rsub__", "__rtruediv__", "__str__", "__sub__", "__truediv__", "__trunc__",
    "as_integer_ratio", "hex", "is_integer", "conjugate",
)  # fmt: skip


def _watching(name: str) -> Callable:
    plain = getattr(float, name)

    def use(self: ReadNumber, *args: Any) -> Any:
        self.used()
        return plain(self, *args)

    return use


for _name in _USES:
    setattr(ReadNumber, _name, _watching(_name))


def read_number(value: float, place: View, used: Callable[[], None]) -> ReadNumber:
    """A number that was just read from a tensor."""
    number = ReadNumber(value)
    number.place, number.used = place, used
    return number


def plain(value: Any) -> Any:
    """A number as the function's caller gets it."""
    if not isinstance(value, ReadNumber):
        return value
    return -float.__neg__(value)  # 0.0 keeps its sign
