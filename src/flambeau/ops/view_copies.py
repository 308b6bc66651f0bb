"""``permute_copy``, ``view_copy``, …: the views of ops/views.py and ops/parts.py as copies."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..tensor.tensor import Tensor
from .expressions import TENSORS
from .table import COMPOSITES, ROWS, composite
from .views import view_method

_VIEWS = (
    "as_strided", "detach", "expand", "permute", "select", "split", "split_with_sizes", "squeeze",
    "t", "transpose", "unbind", "unfold", "unsqueeze", "view_as_real", "view_as_complex",
)  # fmt: skip


def _copying(view: Callable) -> Callable:
    def function(input: Tensor, *args: Any, **kwargs: Any) -> Any:
        result = view(input, *args, **kwargs)
        clone = TENSORS["clone"]
        return tuple([clone(r) for r in result]) if isinstance(result, tuple) else clone(result)

    return function


def _public(name: str) -> Callable:
    """The public function of a composite or row; rows are bound later, so look up at the call."""
    found = COMPOSITES.get(name)
    if found is not None:
        return found.function
    return lambda *args, **kwargs: ROWS[name].function(*args, **kwargs)  # type: ignore[misc]


for _name in _VIEWS:
    _function = _copying(_public(_name))
    _function.__name__ = _function.__qualname__ = f"{_name}_copy"
    _function.__doc__ = f"A copy of what {_name} gives as a view."
    composite("function", name=f"{_name}_copy")(_function)

_function = _copying(view_method)
_function.__doc__ = "A copy of what view gives."
composite("function", name="view_copy")(_function)


@composite("function")
def alias_copy(input: Tensor) -> Tensor:
    """A copy of the tensor."""
    return TENSORS["clone"](input)
