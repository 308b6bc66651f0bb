"""The one door: every operator call passes here, to be executed and, where wanted, recorded.

``execute`` gives a new result, ``execute_inplace`` writes it into the first argument; both serve
any row. The most frequent calls have shorter ways of the same meaning (short_ways.py).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autograd.graph import attach
from ..autograd.modes import mode
from ..tensor import dtype as D
from ..tensor.memory import check_writable, refuse_overlap
from ..tensor.promotion import can_cast, result_of
from ..tensor.recording import recorders, unrepeatable
from ..tensor.size import broadcast_shapes
from ..tensor.tensor import NoArray, Tensor, bump, make_view, wrap
from . import expressions, inplace, native
from .return_types import named_result
from .table import BOOL, FLOAT, FLOATING, KEEP, REAL, Op

ndarray = np.ndarray
NUMBERS = (bool, int, float, complex, np.number, np.bool_)
FLOATS = frozenset((D.float32.numpy, D.float64.numpy))
PLAIN = FLOATS | {D.int64.numpy, D.int32.numpy, D.int16.numpy, D.int8.numpy, D.uint8.numpy}
REFUSES = {FLOATING: (D.BOOL, D.INT, D.COMPLEX), REAL: (D.BOOL, D.COMPLEX)}  # by rule
HALF = frozenset((D.float16.numpy, D.bfloat16.numpy))
_new = object.__new__


def prepare(op: Op) -> None:
    """Completes a row on first use: signature, kernel, positions of tensors."""
    op.prepare()
    if op.kernel is None:
        kernel = expressions.array_kernel(op.expression or "", [p.name for p in op.params])
        op.kernel = kernel if kernel.__class__ is np.ufunc else native.mapped(op.name, kernel)


# ---------------------------------------------------------------------- the general way


def execute(op: Op, args: tuple) -> Any:
    """Runs an operator on its arguments (all of them, in order) and returns its result."""
    if not op.prepared or op.kernel is None:
        prepare(op)
    if mode.autocast is not None:
        args = mode.autocast(op, args)
    arrays = list(args)
    needs = False
    try:
        for i in op.slots:
            a = args[i]
            if isinstance(a, Tensor):
                arrays[i] = a._data
                if a._needs:
                    needs = True
            elif a is not None:
                arrays[i], args = _coerce(op, args, i)
        if op.list_slots:
            args, wanted = _tensors_of_lists(op, args, arrays)
            needs = needs or wanted
    except NoArray:
        return _run_sparse(op.name, args)
    if op.plain and not recorders:
        try:
            result = op.kernel(*arrays)  # type: ignore[misc]
        except (ValueError, RuntimeWarning):
            result = run_kernel(op, arrays)
        kind = result.__class__
        hidden: tuple = ()
        if kind is tuple and len(result) == op.hidden + 1:
            result, *hidden = result  # type: ignore[assignment]
            kind = result.__class__
        if kind is not tuple and kind is not list:
            out = _new(Tensor)
            out._data = result = result if kind is ndarray else np.asarray(result)
            if needs and op.derivative is not None and mode.grad and result.dtype.kind in "fcV":
                attach(op, args, (out,), hidden)
            elif mode.inference:
                out._inference = True
            return out
    else:
        result = None
    return _execute_further(op, args, arrays, needs, result)


def _execute_further(op: Op, args: tuple, arrays: list, needs: bool, result: Any) -> Any:
    """The rest of ``execute``: type rules, views, writes, several results, recorders."""
    storage = None
    if op.rule is not KEEP:
        storage = convert(op, arrays)
    if result is None:
        if op.writes and recorders:
            announce(args[0])
        result = run_kernel(op, arrays)
    needs = needs and op.derivative is not None and mode.grad
    if op.writes:
        return _written(op, args, result, needs)
    if result.__class__ is tuple or result.__class__ is list:
        return _several(op, args, result, storage, needs)
    source = args[0] if op.view else None
    if source is not None and result is source._data and result is arrays[0]:
        return source
    out = _result(result, storage, source)
    if needs and (out._data.dtype.kind in "fcV"):
        attach(op, args, (out,))
    elif op.view and source is not None and not mode.grad and (source._needs or mode.inference):
        out._view_kind = "no_grad"
    if mode.inference:  # a view of an ordinary tensor stays one
        out._inference = out._base is None or out._base._inference
    for r in recorders:
        r.record(op, args, (out,))
    return out


def _run_sparse(name: str, args: tuple) -> Any:
    """The way of calls in which a sparse tensor takes part."""
    unrepeatable("it uses a sparse tensor")
    from ..sparse.operators import run

    return run(name, args)


def _tensors_of_lists(op: Op, args: tuple, arrays: list) -> tuple[tuple, bool]:
    """Puts the arrays of arguments that are sequences of tensors into ``arrays``.

    Gives the arguments with tuples for those sequences, and whether one of the tensors wants a
    gradient.
    """
    wanted = False
    for i in op.list_slots:
        items = args[i]
        if items is None:
            continue
        if not hasattr(items, "__iter__") or isinstance(items, Tensor):
            raise TypeError(
                f"{op.name}(): argument '{op.params[i].name}' (position {i + 1}) must be tuple "
                f"of Tensors, not {type(items).__name__}"
            )
        items = tuple(items)
        args = args[:i] + (items,) + args[i + 1 :]
        for n, t in enumerate(items):
            if not isinstance(t, Tensor) and not (t is None and "None" in op.params[i].type):
                raise TypeError(
                    f"expected Tensor as element {n} in argument {i}, but got {type(t).__name__}"
                )
            if t is not None and t._needs:
                wanted = True
        arrays[i] = tuple([t._data if t is not None else None for t in items])
    return args, wanted


def _coerce(op: Op, args: tuple, i: int) -> tuple:
    """A Python number, NumPy scalar or array in a tensor's place."""
    a = args[i]
    p = op.params[i]
    if isinstance(a, NUMBERS) and takes_number(op, args, i):
        return a, args
    if isinstance(a, np.ndarray) and i > 0:
        t = wrap(a)
        return a, args[:i] + (t,) + args[i + 1 :]
    raise TypeError(
        f"{op.name}(): argument '{p.name}' (position {i + 1}) must be Tensor, not "
        f"{type(a).__name__}"
    )


NUMBER_FIRST = frozenset(
    ("add", "sub", "mul", "div", "div_floor", "div_trunc", "floor_divide", "remainder", "pow",
     "xlogy", "bitwise_and", "bitwise_or", "bitwise_xor", "bitwise_left_shift",
     "bitwise_right_shift")
)  # fmt: skip


def takes_number(op: Op, args: tuple, i: int) -> bool:
    """Whether a number may stand in a tensor's place: where the signature says so, and as the
    first of two operands, since Python's operators bring it there (``2 - x``)."""
    if op.expression is None:
        return i > 0
    if "Number" in op.params[i].type:
        return isinstance(args[0], Tensor) or any(isinstance(x, Tensor) for x in args)
    return i == 0 and op.name in NUMBER_FIRST and isinstance(args[1], Tensor)


def convert(op: Op, arrays: list) -> np.dtype | None:
    """Brings the tensor arguments to the type of the operator's rule; gives the result's type."""
    operands = [arrays[i] for i in op.slots if arrays[i] is not None]
    for i in op.list_slots:
        operands.extend(arrays[i] or ())
    if not operands:
        return None
    common = result_of(operands)
    if op.rule == FLOAT and common.category < D.FLOAT:
        common = D.get_default_dtype()
    elif op.rule in REFUSES and common.category in REFUSES[op.rule]:
        raise NotImplementedError(
            f"\"{op.name.lstrip('_')}_cpu\" not implemented for '{common.title}'\n"
            "Hint: convert the input first, for example with .float()."
        )
    storage = common.numpy
    compute = D.float32.numpy if op.opmath and storage in HALF else storage
    for i in op.slots:
        a = arrays[i]
        if a is None:
            continue
        if a.__class__ is ndarray:
            if a.dtype is not compute and a.dtype != compute:
                arrays[i] = a.astype(compute)
        else:
            arrays[i] = number_as(a, compute)
    for i in op.list_slots:
        arrays[i] = tuple([a if a.dtype == compute else a.astype(compute) for a in arrays[i]])
    return None if op.rule == BOOL else storage


def number_as(value: Any, compute: np.dtype) -> Any:
    """A Python number as an operand of a type: integers wrap around as in PyTorch."""
    if compute.kind in "iu":
        return np.asarray(int(value)).astype(compute)
    if compute.kind == "b":
        return np.asarray(bool(value))
    return np.asarray(value, compute)


def run_kernel(op: Op, arrays: list) -> Any:
    if op.random or op.writes:  # these must not run twice
        with np.errstate(all="ignore"):
            return op.kernel(*arrays)  # type: ignore[misc]
    try:
        return op.kernel(*arrays)  # type: ignore[misc]
    except RuntimeWarning:  # a user's filter makes NumPy's warnings errors
        with np.errstate(all="ignore"):
            return op.kernel(*arrays)  # type: ignore[misc]
    except TypeError:
        if op.expression is None:
            raise
        raise _no_loop(op, arrays) from None
    except ValueError as error:
        if op.lowering == "pointwise":
            broadcast_shapes(*(a.shape for a in arrays if isinstance(a, ndarray)))
        raise _as_torch(error, op) from None


_NOT_FOR_BOOL = {
    "neg": "Negation, the `-` operator, on a bool tensor is not supported. If you are trying to "
    "invert a mask, use the `~` or `logical_not()` operator instead.",
    "sub": "Subtraction, the `-` operator, with two bool tensors is not supported. Use the `^` or "
    "`logical_xor()` operator instead.",
}


def _no_loop(op: Op, arrays: list) -> Exception:
    """NumPy has no such function for these types; neither has PyTorch."""
    found = next((a.dtype for a in arrays if isinstance(a, ndarray)), np.dtype(bool))
    if found.kind == "b" and op.name in _NOT_FOR_BOOL:
        return RuntimeError(_NOT_FOR_BOOL[op.name])
    return NotImplementedError(f"\"{op.name}_cpu\" not implemented for '{D.of(found).title}'")


def _as_torch(error: ValueError, op: Op) -> Exception:
    """NumPy's refusals are PyTorch's RuntimeErrors, unless a kernel raised its own on purpose."""
    return error if getattr(error, "deliberate", False) else RuntimeError(f"{op.name}(): {error}")


def _result(result: Any, storage: np.dtype | None, source: Tensor | None) -> Tensor:
    """A tensor around a kernel's result: of the storage type, sharing the source's memory."""
    if result.__class__ is not ndarray:
        result = np.asarray(result)
    if storage is not None and result.dtype != storage:
        result = result.astype(storage)
    if source is not None and shares(result, source._data):
        return make_view(source, result)
    return wrap(result)


def shares(a: np.ndarray, b: np.ndarray) -> bool:
    """Whether ``a`` is a view of ``b``'s memory."""
    if a is b or a.base is b or (a.base is not None and a.base is b.base):
        return True
    return bool(a.size) and np.may_share_memory(a, b)


def _several(op: Op, args: tuple, result: Any, storage: np.dtype | None, needs: bool) -> Any:
    """Operators with several results: a tuple, named where the row names its outputs."""
    n = len(result) - op.hidden
    public, hidden = result[:n], tuple(result[n:])
    source = args[0] if op.view else None
    outs = tuple([_result(r, storage if i == 0 else None, source) for i, r in enumerate(public)])
    if source is not None:
        for out in outs:
            out._view_kind = "multi"
    if needs:
        attach(op, args, outs, hidden)
    if mode.inference:
        for out in outs:
            out._inference = out._base is None or out._base._inference
    for r in recorders:
        r.record(op, args, outs, hidden)
    if n == 1 and op.hidden:
        return outs[0]
    if len(op.outputs) - op.hidden == n and n > 1 and op.outputs[0] != "result0":
        return named_result(op)(*outs)
    return outs


def announce(target: Any) -> None:
    """Tells recorders what is about to be written."""
    for r in recorders:
        r.before_write(target if isinstance(target, (tuple, list)) else (target,))


def _written(op: Op, args: tuple, result: Any, needs: bool) -> Any:
    """Rows whose kernel writes into its first argument (a tensor or several)."""
    targets = args[0] if isinstance(args[0], (tuple, list)) else (args[0],)
    for t in targets:
        bump(t)
    for r in recorders:
        r.record(op, args, tuple(targets))
    return args[0]


# ---------------------------------------------------------------------- in place


def execute_inplace(op: Op, args: tuple) -> Tensor:
    """``x.name_(…)``: computes the operator and writes the result into its first argument."""
    if not op.prepared or op.kernel is None:
        prepare(op)
    if op.admit is not None:
        args = op.admit(*args)
    target = args[0]
    if not isinstance(target, Tensor):
        raise TypeError(
            f"{op.name}_(): argument 'input' (position 1) must be Tensor, not "
            f"{type(target).__name__}"
        )
    recording = mode.grad
    needs = recording and op.derivative is not None and any_needs(op, args)
    if recording or target._inference:
        inplace.check(target, op.name + "_")
    arrays = list(args)
    storage = target._storage
    try:
        for i in op.slots:
            a = args[i]
            if isinstance(a, Tensor):
                arrays[i] = a._data
                if storage is not None and a._storage is storage and a is not target:
                    _check_overlap(op, target, a)
            elif a is not None:
                arrays[i], args = _coerce(op, args, i)
        for i in op.list_slots:
            arrays[i] = tuple([t._data for t in args[i]])
    except NoArray:
        return _run_sparse(op.name + "_", args)
    data = target._data
    if 0 in data.strides and not op.expanded:
        check_writable(data)
    kernel, n = op.kernel, len(arrays)
    if op.short and all(a == p.default for a, p in zip(args[2:], op.params[2:], strict=True)):
        kernel, n = expressions.array_kernel(op.short, ["input", "other"]), 2
    fast = (
        kernel.__class__ is np.ufunc
        and data.dtype in FLOATS
        and (
            n == 1
            or n == 2
            and (
                arrays[1].__class__ is float
                or arrays[1].__class__ is int
                or arrays[1].__class__ is ndarray
                and arrays[1].dtype is data.dtype
                and arrays[1].ndim <= data.ndim
            )
        )
        and op.rule != BOOL
    )
    if recorders:
        announce(target)
    before = None
    if needs:
        before = inplace.snapshot(op, target, args)
    if fast:
        try:
            kernel(*arrays[:n], out=data)  # type: ignore[misc]
        except ValueError:
            fast = False
        except RuntimeWarning:  # a user's filter makes NumPy's warnings errors; all is written
            pass
    if not fast:
        _compute_into(op, arrays, data)
    node = inplace.record(op, target, args, before) if needs else None
    bump(target)
    if node is not None:
        inplace.renew_kept_outputs(node)
    for r in recorders:
        r.record(op, args, (target,))
    return target


# Rows that may read and write parts of one memory in any case.
_MAY_OVERLAP = frozenset(("masked_scatter", "index_fill_tensor", "masked_fill_tensor", "fill"))


def _check_overlap(op: Op, target: Tensor, source: Tensor) -> None:
    """Refuses a write that reads the written memory in another place or order."""
    if op.lowering in ("pointwise", "scatter") and op.name not in _MAY_OVERLAP:
        refuse_overlap(target._data, source._data)


def _compute_into(op: Op, arrays: list, data: np.ndarray) -> None:
    """The operator's result, checked against the target's type and shape, then written."""
    if op.into is not None:
        op.into(data, *arrays[1:])
        return
    if op.rule is KEEP:
        result = run_kernel(op, arrays)
        storage = result.dtype
    else:
        storage = convert(op, arrays)
        if storage is None:
            storage = D.bool_.numpy
        if not can_cast(D.of(storage), D.of(data.dtype)):
            raise RuntimeError(
                f"result type {D.of(storage).title} can't be cast to the desired output type "
                f"{D.of(data.dtype).title}"
            )
        result = run_kernel(op, arrays)
    if result.__class__ is tuple:
        result = result[0]
    if np.shape(result) != data.shape:
        raise RuntimeError(
            f"output with shape {list(data.shape)} doesn't match the broadcast shape "
            f"{list(np.shape(result))}"
        )
    np.copyto(data, result, casting="unsafe")


def any_needs(op: Op, args: tuple) -> bool:
    """Whether any tensor among the arguments wants a gradient."""
    for i in op.slots:
        a = args[i]
        if isinstance(a, Tensor) and a._needs:
            return True
    return any(
        isinstance(t, Tensor) and t._needs
        for i in op.list_slots
        for t in (args[i] if isinstance(args[i], (tuple, list)) else ())
    )
