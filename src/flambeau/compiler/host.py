"""Operators of a program that run as their kernels, in Python, on the program's memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from ..autograd.modes import mode
from ..ops import dispatch
from ..ops.table import KEEP
from ..ops.updates import Update
from ..tensor.tensor import Tensor, wrap
from .memory import Array, Unsupported, View
from .numbers import settings
from .recorder import Call

if TYPE_CHECKING:
    from .program import Program


class HostStep:
    """Runs an operator's kernel on the program's memory."""

    def __init__(self, program: Program, call: Call):
        self.program, self.call = program, call
        if isinstance(call.op.kernel, Update) and call.note is None:
            raise Unsupported("an optimizer's update without its optimizer")

    def __call__(self, table: Any) -> int:
        call, program = self.call, self.program
        args = with_tensors(call.args, lambda view: wrap(program.array(view)))
        before, mode.grad = mode.grad, False
        try:
            if isinstance(call.op.kernel, Update):
                args = self._with_settings(args)
            if call.op.writes:
                dispatch.execute(call.op, args)
            elif call.writes:
                dispatch.execute_inplace(call.op, args)
            else:
                found = compute(call.op, args)
                for view, array in zip(call.results, found, strict=True):
                    np.copyto(program.array(view), array, casting="unsafe")
        finally:
            mode.grad = before
        return 0

    def _with_settings(self, args: tuple) -> tuple:
        """An optimizer's update with its settings of today."""
        kernel: Any = self.call.op.kernel
        options = settings(*self.call.note)
        return (*args[: kernel.lists], *[options[name] for name in kernel.options])


def with_tensors(value: Any, tensor: Callable[[View], Tensor]) -> Any:
    """A recorded call's arguments with tensors in place of the views."""
    if isinstance(value, View):
        return tensor(value)
    if isinstance(value, tuple):
        return tuple([with_tensors(v, tensor) for v in value])
    return value


def complaint(program: Program, node: Any) -> Exception:
    """What eager mode says of a call whose native code refuses its class or index numbers."""

    def as_found(view: View) -> Tensor:
        if view.dtype.kind in "biu":
            return wrap(program.array(view).copy())
        return wrap(np.zeros(view.shape, view.dtype))

    place = f"in {node.name.strip('_')}" + (f", {node.line}" if node.line else "")
    before, mode.grad = mode.grad, False
    try:
        run = dispatch.execute_inplace if node.call.writes else compute
        run(node.call.op, with_tensors(node.call.args, as_found))
    except KeyError:  # the numbers are no longer there
        pass
    except Exception as error:
        return type(error)(f"{error}\n{place}")
    finally:
        mode.grad = before
    return IndexError(f"index out of range in self\n{place}")


def compute(op: Any, args: tuple) -> tuple[Array, ...]:
    """All results of an operator, also those that serve the derivative alone, as arrays."""
    if not op.prepared or op.kernel is None:
        dispatch.prepare(op)
    arrays = list(args)
    for i in op.slots:
        if isinstance(args[i], Tensor):
            arrays[i] = args[i]._data
    for i in op.list_slots:
        if args[i] is not None:
            arrays[i] = tuple([t._data if t is not None else None for t in args[i]])
    if op.rule is not KEEP:
        dispatch.convert(op, arrays)
    result = dispatch.run_kernel(op, arrays)
    several = result.__class__ is tuple or result.__class__ is list
    return tuple(result) if several else (np.asarray(result),)
