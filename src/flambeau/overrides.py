"""What libraries ask about ``__torch_function__``. flambeau has no such overriding of functions."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from .tensor.naming import no_such_name
from .tensor.tensor import Tensor


def has_torch_function(relevant_args: Iterable[Any]) -> bool:
    """False: no argument changes what a function does."""
    return False


def has_torch_function_unary(obj: Any) -> bool:
    """False: no argument changes what a function does."""
    return False


def has_torch_function_variadic(*args: Any) -> bool:
    """False: no argument changes what a function does."""
    return False


def is_tensor_like(inp: Any) -> bool:
    """Whether a value is a tensor, or of a class that says it takes a tensor's place."""
    return isinstance(inp, Tensor) or hasattr(type(inp), "__torch_function__")


def is_tensor_method_or_property(func: Callable) -> bool:
    """Whether a function is a method or an attribute's getter of Tensor."""
    name = getattr(func, "__name__", "")
    if name == "__get__":
        return True
    return getattr(Tensor, name, None) is func


def resolve_name(f: Callable) -> str | None:
    """The name under which a function is found, such as "torch.Tensor.add"."""
    name = getattr(f, "__qualname__", None)
    if is_tensor_method_or_property(f):
        return f"torch.Tensor.{name}"
    return name and f"{getattr(f, '__module__', None) or 'torch'}.{name}"


def __getattr__(name: str) -> Any:
    raise no_such_name(__name__, name, globals())
