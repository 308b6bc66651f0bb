"""What the composites that stand for several overloads share: names, checks, ``out=``."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from ..autograd.modes import mode
from ..tensor import dtype as D
from ..tensor.size import type_name
from ..tensor.tensor import Tensor
from . import dispatch
from .out import execute_out, write_out
from .return_types import return_type
from .table import Op

NUMPY_NAMES = {
    "axis": "dim", "keepdims": "keepdim", "x": "input", "a": "input", "x1": "input", "x2": "other",
}  # fmt: skip


def overloaded(function: Callable) -> Callable:
    """Lets a composite take NumPy's names (axis, keepdims), and refuse what is no tensor."""
    name = function.__name__ = function.__name__.removeprefix("nn_")
    code = function.__code__
    own = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    names = {old: new for old, new in NUMPY_NAMES.items() if old not in own and new in own}

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        if kwargs:
            kwargs = {names.get(key, key): value for key, value in kwargs.items()}
        try:
            return function(*args, **kwargs)
        except (TypeError, AttributeError) as error:
            raise _clearer(error, name, args, kwargs) from None

    return call


def _clearer(error: Exception, name: str, args: tuple, kwargs: dict) -> Exception:
    """PyTorch's sentence for a first argument that is no tensor, or a missing argument."""
    first = args[0] if args else kwargs.get("input", error)
    if first is not error and not isinstance(first, Tensor):
        return TypeError(
            f"{name}(): argument 'input' (position 1) must be Tensor, not {type_name(first)}"
        )
    text = str(error)
    if text.startswith(f"{name}() missing"):
        return TypeError(text.replace("argument:", "arguments:").replace("'", '"'))
    return error


def finish(op: Op, args: tuple, out: Any) -> Any:
    """Runs a row, into ``out`` where that is given."""
    if out is None:
        return dispatch.execute(op, args)
    return execute_out(op, args, out)


def into(result: Tensor, out: Tensor | None, name: str) -> Tensor:
    """The result of a composition, written into ``out`` where that is given."""
    if out is None:
        return result
    if result.requires_grad or mode.grad and out.requires_grad:
        raise RuntimeError(
            f"{name}(): functions with out=... arguments don't support automatic differentiation, "
            "but one of the arguments requires grad."
        )
    write_out(out, result)
    return out


def check_flag(name: str, value: Any, argument: str = "keepdim", position: int = 3) -> None:
    """Refuses what is not a bool, such as the 1 of ``x.sum(0, 1)``."""
    if value is not True and value is not False:
        raise TypeError(
            f"{name}(): argument '{argument}' (position {position}) must be bool, not "
            f"{type_name(value)}"
        )


def converted(input: Tensor, dtype: D.dtype | None) -> Tensor:
    """The input in another type, where one is asked for."""
    return input if dtype is None or input.dtype is dtype else input.to(dtype)


def title(a: Any) -> str:
    """How messages call an array's type: "Float", "Long"."""
    return D.of(a.dtype).title


def not_implemented(kernel: str, a: Any) -> NotImplementedError:
    """PyTorch's refusal of an element type."""
    return NotImplementedError(f'"{kernel}" not implemented for \'{title(a)}\'')


@functools.cache
def return_type_of(name: str, *fields: str) -> type:
    """The named tuple in which a composition gives several results."""
    return return_type(name, fields)
