"""The operators that the functions here are made of: ``ops.relu`` is a row's function.

They are looked up on first use, when the whole table is bound, and kept.
"""

from __future__ import annotations

from collections.abc import Callable

from ...ops.expressions import TENSORS


class Operators:
    """Every operator of the table by name, whether users see it or not."""

    def __getattr__(self, name: str) -> Callable:
        function = TENSORS.get(name)
        if function is None:
            raise AttributeError(f"the operator table has no row {name!r}")
        setattr(self, name, function)
        return function


ops = Operators()
