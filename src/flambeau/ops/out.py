"""``name(…, out=tensor)``: results that go into tensors which the caller gives."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autograd.modes import mode
from ..tensor.memory import refuse_overlap
from ..tensor.promotion import can_cast
from ..tensor.recording import recorders
from ..tensor.tensor import Tensor, bump, set_memory
from .dispatch import announce, any_needs, execute
from .return_types import named_result
from .table import ROWS, Op


def execute_out(op: Op, args: tuple, out: Any) -> Any:
    """``name(…, out=tensor)``: writes the result into given tensors, resized where needed."""
    given = out if isinstance(out, (tuple, list)) else (out,)
    for t in given:
        if not isinstance(t, Tensor):
            raise TypeError(f"{op.name}(): argument 'out' must be Tensor, not {type(t).__name__}")
        if mode.grad and (t._needs or (op.prepared and any_needs(op, args))):
            raise RuntimeError(
                f"{op.name}(): functions with out=... arguments don't support automatic "
                "differentiation, but one of the arguments requires grad."
            )
        if t._storage is not None and op.lowering in ("pointwise", "gather"):
            _check_out(op, args, t)
    before, mode.grad = mode.grad, False
    try:
        results = execute(op, args)
    finally:
        mode.grad = before
    for t, r in zip(given, results if isinstance(results, tuple) else (results,), strict=True):
        write_out(t, r)
    return (
        named_result(op)(*given) if isinstance(out, (tuple, list)) and len(given) > 1 else given[0]
    )


def _check_out(op: Op, args: tuple, target: Tensor) -> None:
    for i in op.tensor_order:
        given = args[i] if isinstance(args[i], (tuple, list)) else (args[i],)
        for a in given:
            if isinstance(a, Tensor) and a is not target and a._storage is target._storage:
                refuse_overlap(target._data, a._data)


def write_out(target: Tensor, result: Tensor) -> None:
    """Puts a result into an ``out=`` tensor."""
    have, want = result.dtype, target.dtype
    if not can_cast(have, want):
        raise RuntimeError(
            f"result type {have.title} can't be cast to the desired output type {want.title}"
        )
    if target._data.shape != result._data.shape:
        if target._data.size:
            import warnings

            warnings.warn(
                f"An output with one or more elements was resized since it had shape "
                f"{list(target.shape)}, which does not match the required output shape "
                f"{list(result.shape)}. This behavior is deprecated, and in a future PyTorch "
                "release outputs will not be resized unless they have zero elements. You can "
                "explicitly reuse an out tensor t by resizing it, inplace, to zero elements with "
                "t.resize_(0).",
                stacklevel=4,
            )
        set_memory(target, np.empty(result._data.shape, target._data.dtype))
    if recorders:
        announce(target)
    np.copyto(target._data, result._data, casting="unsafe")
    bump(target)
    for r in recorders:
        r.record(ROWS["copy"], (target, result, False), (target,))
