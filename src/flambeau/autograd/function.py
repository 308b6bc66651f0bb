"""Operations of a user's own: a class with a forward and a backward."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..tensor.tensor import Tensor, make_view, storage_of, wrap
from .graph import FREED, Node, edge_of, next_sequence
from .modes import enable_grad, mode


class FunctionCtx:
    """What ``forward`` and ``backward`` of a Function share."""

    def save_for_backward(self, *tensors: Tensor | None) -> None:
        """Keeps tensors for backward; changes to them in between are noticed."""
        for t in tensors:
            if t is not None and not isinstance(t, Tensor):
                raise TypeError(
                    "save_for_backward can only save variables, but argument 0 is of type "
                    f"{type(t).__name__}"
                )
        self.to_save = tensors

    def mark_dirty(self, *tensors: Tensor) -> None:
        """Says which inputs forward has changed in place."""
        self.dirty_tensors = tensors

    def mark_non_differentiable(self, *tensors: Tensor) -> None:
        """Says which outputs have no gradient."""
        self.non_differentiable = tensors

    def set_materialize_grads(self, value: bool) -> None:
        """Whether missing output gradients reach backward as zeros (the default) or as None."""
        self.materialize_grads = value


class _BackwardNode(Node, FunctionCtx):
    """A Function's node; it is the ``ctx`` that forward and backward see."""

    function: type
    to_save: tuple = ()
    dirty_tensors: tuple = ()
    non_differentiable: tuple = ()
    materialize_grads = True
    needs_input_grad: tuple = ()
    kept: list | None = None
    input_metas: list  # position, shape and type of each input that is a tensor

    @property
    def saved_tensors(self) -> tuple:
        if self.kept is None:
            raise RuntimeError(FREED)
        out: list[Tensor | None] = []
        for kept in self.kept:
            if kept is None:
                out.append(None)
                continue
            t, version, nr = kept
            self._check(t._storage, version, t._data, t._node, t._nr)
            if nr is not None:  # an output: give it back with this node as its history
                again = wrap(t._data)
                again._storage = storage_of(t)
                again._node, again._nr, again._needs = self, nr, True
                t = again
            out.append(t)
        return tuple(out)

    saved_variables = saved_tensors

    def apply(self, grads: list, create_graph: bool) -> list:
        if self.materialize_grads:
            grads = [
                wrap(np.zeros(*self.metas[i])) if g is None else g for i, g in enumerate(grads)
            ]
        got = self.function.backward(self, *grads)  # type: ignore[attr-defined]
        if not isinstance(got, tuple):
            got = (got,)
        expected = len(self.needs_input_grad)
        if len(got) > expected and all(g is None for g in got[expected:]):
            got = got[:expected]
        if len(got) != expected:
            raise RuntimeError(
                f"function {self.name()} returned an incorrect number of gradients (expected "
                f"{expected}, got {len(got)})"
            )
        out: list[Tensor | None] = []
        for position, meta in self.input_metas:
            g = got[position]
            if g is not None:
                if not isinstance(g, Tensor):
                    raise TypeError(f"expected Variable or None (got {type(g).__name__})")
                g = _validated(self, g, meta, len(out))
            out.append(g)
        return out

    def release(self) -> None:
        if self.to_save:
            self.kept = None


def _validated(node: Node, g: Tensor, meta: tuple, position: int) -> Tensor:
    from .graph import fit_tensor

    shape, dtype = meta
    if g._data.shape != shape:
        try:
            np.broadcast_shapes(g._data.shape, shape)
            expandable = np.broadcast_shapes(g._data.shape, shape) == g._data.shape
        except ValueError:
            expandable = False
        if not expandable:
            raise RuntimeError(
                f"Function {node.name()} returned an invalid gradient at index {position} - got "
                f"{list(g._data.shape)} but expected shape compatible with {list(shape)}"
            )
    return g if g._data.shape == shape and g._data.dtype == dtype else fit_tensor(g, shape, dtype)


class FunctionMeta(type):
    """Gives each Function the class of its nodes, named ``MyFunctionBackward``."""

    def __init__(cls, name: str, bases: tuple, attributes: dict):
        super().__init__(name, bases, attributes)
        cls._backward_cls = type(name + "Backward", (_BackwardNode,), {"function": cls})


class Function(metaclass=FunctionMeta):
    """An operation with a backward of its own.

    Subclasses define the static methods ``forward(ctx, *args)`` (or ``forward(*args)`` with
    ``setup_context(ctx, inputs, output)``) and ``backward(ctx, *grad_outputs)``, and are used as
    ``MyFunction.apply(*args)``.
    """

    _backward_cls: type

    @staticmethod
    def forward(*args: Any, **kwargs: Any) -> Any:
        """Computes the result."""
        raise NotImplementedError(
            "You must implement the forward function for custom autograd.Function."
        )

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple, output: Any) -> Any:
        """Keeps what backward needs, where forward takes no ctx."""
        raise NotImplementedError("setup_context is not implemented.")

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Any) -> Any:
        """The gradients of forward's arguments, from those of its results."""
        raise NotImplementedError(
            "You must implement either the backward or vjp method for your custom "
            "autograd.Function to use it with backward mode AD."
        )

    vjp = backward

    def __init__(self, *args: Any, **kwargs: Any):
        raise RuntimeError(
            f"{type(self).__name__} should not be instantiated. Methods on autograd functions are "
            "all static, so you should invoke them on the class itself."
        )

    @classmethod
    def apply(cls, *args: Any, **kwargs: Any) -> Any:
        """Runs forward and records it."""
        ctx = cls._backward_cls()
        tensors = [(i, a) for i, a in enumerate(args) if isinstance(a, Tensor)]
        ctx.needs_input_grad = tuple(isinstance(a, Tensor) and a._needs for a in args)
        needs = mode.grad and any(ctx.needs_input_grad)
        edges = tuple(edge_of(t) for _, t in tensors)
        before, mode.grad = mode.grad, False
        try:
            if cls.setup_context is not Function.setup_context:
                result = cls.forward(*args, **kwargs)
                cls.setup_context(ctx, args, result)
            else:
                result = cls.forward(ctx, *args, **kwargs)
        finally:
            mode.grad = before
        outs = result if isinstance(result, tuple) else (result,)
        outs = tuple(_output(o, args, ctx) for o in outs)
        if needs:
            _record(ctx, tensors, edges, outs)
        return outs if isinstance(result, tuple) else outs[0]


def _output(o: Any, args: tuple, ctx: Any) -> Any:
    """An input that is returned as it is becomes a view of itself, so that histories differ."""
    if isinstance(o, Tensor) and any(o is a for a in args):
        if any(o is d for d in ctx.dirty_tensors):
            return o
        return make_view(o, o._data.view())
    return o


def _record(ctx: Any, tensors: list, edges: tuple, outs: tuple) -> None:
    from ..ops import inplace

    ctx.edges = edges
    ctx.input_metas = [(i, (t._data.shape, t._data.dtype)) for i, t in tensors]
    ctx.sequence = next_sequence()
    ctx.n_outputs = len(outs)
    ctx.metas = tuple(
        (o._data.shape, o._data.dtype) if isinstance(o, Tensor) else None for o in outs
    )
    for nr, out in enumerate(outs):
        if not isinstance(out, Tensor) or out._data.dtype.kind not in "fcV":
            continue
        if any(out._data is t._data for t in ctx.non_differentiable):
            continue
        if any(out is d for d in ctx.dirty_tensors):
            inplace.check(out, "custom")
            storage_of(out).version += 1
            inplace.adopt(out, ctx)
            out._nr = nr
        else:
            out._node, out._nr, out._needs = ctx, nr, True
    ctx.kept = []
    for t in ctx.to_save:
        at: int | None = next(
            (
                i
                for i, o in enumerate(outs)
                if isinstance(o, Tensor) and t is not None and o._data is t._data and o._node is ctx
            ),
            None,
        )
        if t is None:
            ctx.kept.append(None)
        else:
            held = wrap(t._data) if at is not None else t
            if at is not None:
                held._storage = storage_of(t)
            ctx.kept.append((held, t._version, at))


def once_differentiable(function: Callable) -> Callable:
    """Marks a Function's backward as one whose own gradient cannot be taken."""
    import functools

    @functools.wraps(function)
    def wrapped(ctx: Any, *args: Any) -> Any:
        before, mode.grad = mode.grad, False
        try:
            return function(ctx, *args)
        finally:
            mode.grad = before

    return wrapped


InplaceFunction = Function
__all__ = ["Function", "FunctionCtx", "once_differentiable", "enable_grad"]
