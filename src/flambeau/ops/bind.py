"""Turns the rows of the operator table into the functions and methods that users call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..tensor.tensor import Tensor, wrap
from . import dispatch, expressions, short_ways
from .out import execute_out
from .table import COMPOSITES, ROWS, Composite, Op

NAMESPACES = ("function", "nn", "linalg", "special", "fft")
FUNCTIONS: dict[str, dict[str, Callable]] = {place: {} for place in NAMESPACES}


def function_of(op: Op) -> Callable:
    """The public function of a row: binds the arguments, then goes through the door."""
    inputs = plain_inputs(op)
    if inputs == 1:
        return _short_function(op, 1, short_ways.unary)
    if inputs == 2:
        return _short_function(op, 2, short_ways.binary)
    if op.view and op.lowering == "view" and not op.several:
        return _view_function(op)

    def function(*args: Any, **kwargs: Any) -> Any:
        if kwargs and "out" in kwargs:
            return _with_out(op, args, kwargs)
        return execute(op, bind(args, kwargs))

    bind, execute = op.bind, short_ways.admitted(op)
    return function


def _view_function(op: Op) -> Callable:
    bind, call = op.bind, short_ways.viewing(op)

    def function(*args: Any, **kwargs: Any) -> Any:
        return call(bind(args, kwargs))

    return function


def plain_inputs(op: Op) -> int:
    """1 or 2 for pointwise rows that can be called in the short way, otherwise 0."""
    tensors, _, options = op.signature.replace(": Tensor | Number", "").partition(", *")
    if op.lowering != "pointwise" or ":" in tensors or (options and not op.short):
        return 0
    inputs = tensors.count(",") + 1
    return inputs if inputs <= 2 else 0


def _short_function(op: Op, inputs: int, make: Callable) -> Callable:
    fast: Callable | None = None
    execute = short_ways.admitted(op)

    def function(*args: Any, **kwargs: Any) -> Any:
        nonlocal fast
        if len(args) == inputs and not kwargs:
            if fast is None:
                fast = make(op)
            return fast(*args)
        if "out" in kwargs:
            return _with_out(op, args, kwargs)
        return execute(op, op.bind(args, kwargs))

    return function


def _with_out(op: Op, args: tuple, kwargs: dict[str, Any]) -> Any:
    out = kwargs.pop("out")
    bound = op.bind(args, kwargs)
    if op.admit is not None:
        bound = op.admit(*bound)
    return dispatch.execute(op, bound) if out is None else execute_out(op, bound, out)


def inplace_of(op: Op) -> Callable:
    """The method ``name_`` of a row."""
    short = plain_inputs(op) == 2
    fast: Callable | None = None

    def method(*args: Any, **kwargs: Any) -> Tensor:
        nonlocal fast, short
        if short and len(args) == 2 and not kwargs:
            if fast is None:
                fast = short_ways.writing(op)
                short = fast is not None
            if fast is not None:
                return fast(*args)
        return dispatch.execute_inplace(op, op.bind(args, kwargs))

    return method


def _publish(name: str, where: list[str], function: Callable, doc: str) -> None:
    function.__name__ = function.__qualname__ = name
    if doc:
        function.__doc__ = doc
    expressions.TENSORS.setdefault(name, function)
    for place in where:
        if place == "method":
            setattr(Tensor, name, function)
        elif place in FUNCTIONS:
            FUNCTIONS[place][name.removeprefix(place + "_")] = function


def bind_row(op: Op) -> None:
    """Makes a row's functions and methods and puts them where its ``where`` says."""
    op.function = function_of(op)
    for name in (op.name, *op.aliases):
        function = op.function if name == op.name else function_of(op)
        _publish(name, op.where, function, op.doc)
        if op.inplace:
            write = inplace_of(op)
            op.inplace_function = write
            places = [p for p in op.where if p in ("method", "function")]
            _publish(
                name + "_", places, write, f"The same as {name}, written into the tensor itself."
            )


def bind_composite(c: Composite) -> None:
    """Puts a composite where its ``where`` says, under the name that users know it by."""
    c.function.__name__ = c.function.__qualname__ = c.name
    for name in (c.name, *c.aliases):
        expressions.TENSORS.setdefault(name, c.function)
        for place in c.where:
            if place == "method":
                setattr(Tensor, name, c.function)
            elif place in FUNCTIONS:
                FUNCTIONS[place][name.removeprefix(place + "_")] = c.function


# Python's operators: method, row, and whether the operands change places.
OPERATORS = (
    ("__add__", "add", False), ("__radd__", "add", True), ("__sub__", "sub", False),
    ("__rsub__", "sub", True), ("__mul__", "mul", False), ("__rmul__", "mul", True),
    ("__truediv__", "div", False), ("__rtruediv__", "div", True), ("__pow__", "pow", False),
    ("__rpow__", "pow", True), ("__mod__", "remainder", False), ("__rmod__", "remainder", True),
    ("__floordiv__", "floor_divide", False), ("__rfloordiv__", "floor_divide", True),
    ("__matmul__", "matmul", False), ("__rmatmul__", "matmul", True),
    ("__and__", "bitwise_and", False), ("__rand__", "bitwise_and", True),
    ("__or__", "bitwise_or", False), ("__ror__", "bitwise_or", True),
    ("__xor__", "bitwise_xor", False), ("__rxor__", "bitwise_xor", True),
    ("__lshift__", "bitwise_left_shift", False), ("__rlshift__", "bitwise_left_shift", True),
    ("__rshift__", "bitwise_right_shift", False), ("__rrshift__", "bitwise_right_shift", True),
    ("__eq__", "eq", False), ("__ne__", "ne", False), ("__lt__", "lt", False),
    ("__le__", "le", False), ("__gt__", "gt", False), ("__ge__", "ge", False),
)  # fmt: skip
WRITING = (
    ("__iadd__", "add"), ("__isub__", "sub"), ("__imul__", "mul"), ("__itruediv__", "div"),
    ("__ipow__", "pow"), ("__imod__", "remainder"), ("__ifloordiv__", "floor_divide"),
    ("__iand__", "bitwise_and"), ("__ior__", "bitwise_or"), ("__ixor__", "bitwise_xor"),
    ("__ilshift__", "bitwise_left_shift"), ("__irshift__", "bitwise_right_shift"),
)  # fmt: skip
UNARY = (
    ("__neg__", "neg"),
    ("__abs__", "abs"),
    ("__invert__", "bitwise_not"),
    ("__pos__", "positive"),
)

OPERANDS = (Tensor, *dispatch.NUMBERS)


def operator_method(name: str, op: Op | Composite, swapped: bool) -> Callable:
    """A method such as ``__add__``; gives NotImplemented for what is no operand."""
    # What is called is made on first use, so that start-up prepares no row.
    fast: Callable | None = None

    def start() -> Callable:
        nonlocal fast
        if isinstance(op, Composite):
            fast = op.function
        elif plain_inputs(op) == 2:
            fast = short_ways.binary(op)
        else:
            dispatch.prepare(op)
            defaults = tuple(p.default for p in op.params[2:])
            fast = lambda a, b: dispatch.execute(op, (a, b, *defaults))  # noqa: E731
        return fast

    def method(self: Tensor, other: Any) -> Any:
        if other.__class__ is not Tensor and not isinstance(other, OPERANDS):
            if not hasattr(other, "__array__"):
                return NotImplemented
            other = wrap(np.asarray(other))
        f = fast or start()
        return f(other, self) if swapped else f(self, other)

    method.__name__ = method.__qualname__ = name
    return method


def bind_operators() -> None:
    for name, row, swapped in OPERATORS:
        op = ROWS.get(row) or COMPOSITES[row]
        setattr(Tensor, name, operator_method(name, op, swapped))
    for name, row in WRITING:
        setattr(Tensor, name, expressions.TENSORS[row + "_"])
    for name, row in UNARY:
        setattr(Tensor, name, ROWS[row].function)
    Tensor.__hash__ = object.__hash__  # type: ignore[assignment, method-assign]


def bind_all() -> None:
    """Publishes the whole table. Called once, when flambeau is imported."""
    for row in ROWS.values():
        bind_row(row)
    for c in COMPOSITES.values():
        bind_composite(c)
    bind_operators()
