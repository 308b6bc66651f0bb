"""The tables in which optimizers keep what belongs to a parameter.

Their changes are counted, so that a compiled step need not look whether they still hold the same
tensors.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any

from ..tensor.recording import changes


class Counted(dict):
    """What an optimizer keeps of one parameter: a dictionary whose changes are counted."""

    def __reduce__(self) -> Any:
        return dict, (), None, None, iter(self.items())


class State(defaultdict):
    """What an optimizer keeps, by parameter; an entry that is missing is made."""

    def __init__(self, entries: Mapping[Any, Any] | None = None) -> None:
        super().__init__(Counted)
        for key, value in (entries or {}).items():
            self[key] = Counted(value) if type(value) is dict else value

    def __repr__(self) -> str:
        return f"defaultdict({dict}, {dict(self)})"

    def __reduce__(self) -> Any:
        return defaultdict, (dict,), None, None, iter(self.items())

    @property
    def counted(self) -> bool:
        """Whether a change of any entry is counted."""
        return all([isinstance(value, Counted) for value in self.values()])  # noqa: C419


def plain(value: Any) -> Any:
    """An entry as files hold it: an ordinary dictionary."""
    return dict(value) if isinstance(value, Counted) else value


def _counting(method: Callable) -> Callable:
    def change(self: Any, *args: Any, **kwargs: Any) -> Any:
        changes.count += 1
        return method(self, *args, **kwargs)

    return change


for _name in ("__setitem__", "__delitem__", "__ior__", "clear", "pop", "popitem", "setdefault",
              "update"):  # fmt: skip
    for _table in (Counted, State):
        setattr(_table, _name, _counting(getattr(dict, _name)))
