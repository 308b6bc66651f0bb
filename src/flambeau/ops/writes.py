"""The short way of ``x.add_(y)`` and its like: one call of a NumPy function into x's own array.

It has the same meaning as ``dispatch.execute_inplace``, which gets whatever is not plain: mixed
types, memory that is shared or expanded, gradients that are to be recorded.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..autograd.modes import mode
from ..tensor.recording import recorders
from ..tensor.tensor import Tensor, bump
from . import expressions
from .dispatch import FLOATS, execute_inplace, prepare
from .table import BOOL, Op


def binary(op: Op) -> Callable[[Any, Any], Tensor] | None:
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
