"""Short ways past the door: the most frequent calls, with as little around NumPy as can be.

Each is made of a row and has the same meaning as ``dispatch.execute`` (or ``execute_inplace``), to
which it hands over whatever is not plain: mixed types, half types, numbers of another kind, keyword
arguments; memory that is shared or expanded, and gradients to be recorded, where it writes.
The short ways are closed while anybody records.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..autograd.graph import attach
from ..autograd.modes import mode
from ..tensor.recording import recorders
from ..tensor.tensor import NoArray, Tensor, bump, make_view
from . import expressions, native
from .dispatch import FLOATS, PLAIN, execute, execute_inplace, prepare
from .table import BOOL, FLOAT, FLOATING, Op

ndarray = np.ndarray
_new = object.__new__


def admitted(op: Op) -> Callable[[Op, tuple], Any]:
    """``execute``, for rows that look at their arguments first (``admit``) after that."""
    admit = op.admit
    return execute if admit is None else lambda op, args: execute(op, admit(*args))


def unary(op: Op) -> Callable[[Any], Tensor]:
    """The operator as a function of one tensor: pointwise rows."""
    prepare(op)
    kernel: Any = op.kernel
    if kernel.__class__ is np.ufunc:
        kernel = native.mapped(op.name, kernel)
    plain = FLOATS if op.rule in (FLOAT, FLOATING) else PLAIN
    differentiable = op.derivative is not None

    def call(input: Any) -> Tensor:
        if input.__class__ is Tensor and not recorders and not mode.inference:
            x = input._data
            if x.dtype in plain:
                try:
                    z = kernel(x)
                except RuntimeWarning:
                    return execute(op, (input,))
                out = _new(Tensor)
                out._data = z if z.__class__ is ndarray else np.asarray(z)
                if differentiable and input._needs and mode.grad:
                    attach(op, (input,), (out,))
                return out
        return execute(op, (input,))

    return call


def binary(op: Op) -> Callable[[Any, Any], Tensor]:
    """The operator as a function of two operands, tensors or numbers: pointwise rows."""
    prepare(op)
    defaults = tuple(p.default for p in op.params[2:])
    kernel = op.kernel if not defaults else expressions.array_kernel(op.short, ["input", "other"])
    plain = FLOATS if op.rule in (FLOAT, FLOATING) else PLAIN
    differentiable = op.derivative is not None
    run = admitted(op)

    def call(input: Any, other: Any) -> Tensor:
        if not recorders:
            try:
                x = input._data
                dtype = x.dtype
                if other.__class__ is float or other.__class__ is int:
                    if dtype in FLOATS:
                        needs = input._needs
                        z = kernel(x, other)  # type: ignore[misc]
                    else:
                        return run(op, (input, other, *defaults))
                else:
                    y = other._data
                    if dtype is not y.dtype or dtype not in plain:
                        return run(op, (input, other, *defaults))
                    needs = input._needs or other._needs
                    z = kernel(x, y)  # type: ignore[misc]
            except (AttributeError, ValueError, RuntimeWarning):
                return run(op, (input, other, *defaults))
            out = _new(Tensor)
            out._data = z if z.__class__ is ndarray else np.asarray(z)
            if needs and differentiable and mode.grad:
                attach(op, (input, other, *defaults), (out,))
            elif mode.inference:
                out._inference = True
            return out
        return run(op, (input, other, *defaults))

    return call


def viewing(op: Op) -> Callable[[tuple], Tensor]:
    """The operator as a function of its bound arguments: rows whose one result is a view."""

    def call(args: tuple) -> Tensor:
        source = args[0]
        if recorders or not op.prepared or not isinstance(source, Tensor):
            return execute(op, args)
        try:
            data = source._data
            array = op.kernel(data, *args[1:])  # type: ignore[misc]
        except (ValueError, NoArray):
            return execute(op, args)
        base = array.base
        if base is not data and (base is None or base is not data.base):
            return execute(op, args)
        out = make_view(source, array)
        if source._needs:
            if mode.grad and array.dtype.kind in "fcV" and op.derivative is not None:
                attach(op, args, (out,))
            elif not mode.grad:
                out._view_kind = "no_grad"
        if mode.inference:
            out._inference = source._inference
            out._view_kind = "no_grad"
        return out

    return call


def writing(op: Op) -> Callable[[Any, Any], Tensor] | None:
    """A pointwise row of two operands as a function that writes; None where it has no short way."""
    prepare(op)
    kernel: Any = op.kernel
    if op.short:
        kernel = expressions.array_kernel(op.short, ["input", "other"])
    if kernel.__class__ is not np.ufunc or op.rule == BOOL:
        return None
    defaults = tuple(p.default for p in op.params[2:])

    def call(target: Any, other: Any) -> Tensor:
        if not recorders:
            try:
                data, storage, needs = target._data, target._storage, target._needs
                if other.__class__ is float or other.__class__ is int:
                    operand, plain = other, True
                else:
                    operand = other._data
                    needs = needs or other._needs
                    plain = (
                        operand.dtype is data.dtype
                        and operand.ndim <= data.ndim
                        and (storage is None or other._storage is not storage)
                    )
                if (
                    plain
                    and data.base is None  # a view may be expanded, and has a history to renew
                    and data.dtype in FLOATS
                    and not (needs and mode.grad)
                    and not target._inference
                ):
                    kernel(data, operand, out=data)
                    bump(target)
                    return target
            except (AttributeError, ValueError):  # no tensors, sparse ones, or a larger operand
                pass
            except RuntimeWarning:  # a user's filter makes NumPy's warnings errors; all is written
                bump(target)
                return target
        return execute_inplace(op, (target, other, *defaults))

    return call
