"""Compiled functions in a gradient graph: the backward pass of a call as a program of its own.

When a compiled function's result wants a gradient, its backward pass is recorded right after the
forward one. Both become programs; what the second needs of the first is kept in between. In the
graph the whole call is one node.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..autograd import engine
from ..autograd.graph import Node, edge_of, next_sequence
from ..autograd.modes import mode
from ..tensor.tensor import Tensor, storage_of, wrap
from ..utils._pytree import tree_flatten
from .memory import Buffer, Unsupported, View
from .program import Program
from .recorder import Recorder, view_of, views_in


class Boundary(Node):
    """Where a compiled function's arguments enter: passes gradients on as they are."""

    def __init__(self, source: Tensor):
        edge = edge_of(source)
        self.outside = (edge,)
        self.edges = (edge,)
        self.sequence = next_sequence()
        self.metas = ((source._data.shape, source._data.dtype),)
        self.args = ()

    def apply(self, grads: list, create_graph: bool) -> list:
        return [grads[0]]

    def release(self) -> None:
        """Nothing is kept."""


def entered(leaf: Any) -> Any:
    """An argument as the recorded function sees it: history from outside ends there."""
    if not isinstance(leaf, Tensor) or leaf._node is None or not leaf._needs:
        return leaf
    inside = wrap(leaf._data)
    inside._storage = storage_of(leaf)
    inside._node, inside._needs = Boundary(leaf), True
    return inside


class Backward:
    """A recorded backward pass: where it begins among the calls, its inputs and its results."""

    def __init__(
        self, cut: int, outputs: list[Tensor], grads: list[Tensor], inputs: list[Tensor],
        found: list[Tensor | None], sources: list[set[int]],
    ):  # fmt: skip
        self.cut, self.outputs, self.grads = cut, outputs, grads
        self.inputs, self.found = inputs, found
        self.sources = sources  # for each output the places of the inputs that it is made from


def record_backward(
    recording: Recorder, outputs: list[Tensor], arguments: Sequence[Tensor], start: int
) -> Backward | None:
    """Runs the backward pass of a call that was just recorded; None where there is none to run.

    Args:
        start: the number that the graph's next node had when the call began.
    """
    outputs = [t for t in outputs if t._needs and t._node is not None]
    if not outputs or not _alive(outputs):
        return None
    boundaries = [t for t in arguments if isinstance(t._node, Boundary)]
    inputs: dict[int, Tensor] = {id(t): t for t in boundaries}
    places = {id(t._node): i for i, t in enumerate(boundaries)}
    sources = [_sources(t._node, start, inputs, places) for t in outputs]
    cut = len(recording.calls)
    grads = [wrap(np.ones_like(t._data, order="C")) for t in outputs]
    for g in grads:
        recording.view(g)
    chosen = list(inputs.values())
    for t in boundaries:
        t._node.edges = (None,)  # type: ignore[union-attr]
    try:
        found = engine.run(outputs, grads, retain_graph=True, create_graph=False, inputs=chosen,
                           accumulate=False)  # fmt: skip
    except Exception as error:  # nobody has asked for gradients yet
        raise Unsupported(f"its backward pass fails: {error}") from error
    finally:
        for t in boundaries:
            t._node.edges = t._node.outside  # type: ignore[union-attr]
    return Backward(cut, outputs, grads, chosen, found, sources)


def _sources(
    root: Any, start: int, inputs: dict[int, Tensor], places: dict[int, int]
) -> set[int]:
    """The places among the inputs from which a node's result is made; adds new ones to these."""
    found: set[int] = set()
    stack, seen = [root], set()
    while stack:
        node = stack.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, Boundary):
            found.add(places[id(node)])
            continue
        if node.sequence < start:
            raise Unsupported("it uses a tensor with history that is not an argument")
        for edge in node.edges:
            if edge is None:
                continue
            if isinstance(edge[0], Tensor):
                inputs.setdefault(id(edge[0]), edge[0])
                found.add(places.setdefault(id(edge[0]), len(places)))
            else:
                stack.append(edge[0])
    return found


def _alive(outputs: list[Tensor]) -> bool:
    """Whether the graph may still be walked back."""
    stack: list[Any] = [t._node for t in outputs]
    seen: set[int] = set()
    while stack:
        node = stack.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if node.args is None:
            return False
        stack += [e[0] for e in node.edges if e is not None and not isinstance(e[0], Tensor)]
    return True


class Differentiable:
    """A forward and a backward program, used as one :class:`.program.Program`."""

    def __init__(
        self, recording: Recorder, arguments: Sequence[Tensor], result: Any, backward: Backward
    ):
        calls = recording.calls
        cut = backward.cut
        later: dict[int, Buffer] = {}
        made = {v.buffer.number for c in calls[:cut] for v in (*c.results, *c.writes)}
        given = [recording.find(t._data) for t in tree_flatten(result)[0] if isinstance(t, Tensor)]
        made |= {buffer.number for buffer in given if buffer is not None}
        for call in calls[cut:]:
            for view in views_in(call.args):
                buffer = view.buffer
                if buffer.born is None:  # made of numbers, and then written or given back
                    before = buffer.inside and buffer.number in made
                else:
                    before = buffer.born < cut
                if before:
                    later[buffer.number] = buffer
        self.kept = list(later.values())
        self.read = self._read(recording, result)
        self.parts = self._parts()
        self.lock = threading.RLock()
        byte = np.dtype(np.uint8)
        extra = [View(b, byte, 0, (b.nbytes,), (1,)) for b in self.kept]
        self.forward = Program(recording, calls[:cut], arguments, result, False, extra, whole=False)
        found = [g for g in backward.found if g is not None]
        self.backward = Program(
            recording, calls[cut:], [*backward.grads, *arguments], found, False, given=self.kept,
            whole=False,
        )  # fmt: skip
        self.places = self._places(backward, arguments)
        self.sources = backward.sources
        self.present = [g is not None for g in backward.found]
        leaves = self.forward.leaves
        ids = {id(t): i for i, t in enumerate(backward.outputs)}
        self.outputs = [ids.get(id(x)) for x in leaves]
        for i, _, _ in self.parts:
            self.outputs[i] = None
        self.count = len(backward.outputs)
        self.metas = tuple([(t._data.shape, t._data.dtype) for t in backward.outputs])
        self.externals = self.forward.externals
        self.text = self.forward.text + self.backward.text
        self.graph, self.plan, self.calls = (
            self.forward.graph, self.forward.plan, self.forward.calls
        )  # fmt: skip
        self.arguments: Sequence[Tensor] = ()

    def _read(self, recording: Recorder, result: Any) -> list[int]:
        """The leaves of the result whose memory the backward pass reads."""
        numbers = {b.number for b in self.kept}
        found = []
        self.shared: dict[int, list[tuple[int, View]]] = {}
        for i, t in enumerate(tree_flatten(result)[0]):
            buffer = recording.find(t._data) if isinstance(t, Tensor) else None
            if buffer is None or (buffer.born is None and not buffer.inside):
                continue
            if buffer.number in numbers:
                found.append(i)
            if t._node is not None and t._needs:
                self.shared.setdefault(buffer.number, []).append((i, view_of(t._data, buffer)))
        return found

    def _parts(self) -> list[tuple[int, int, View]]:
        """Results that are parts of others: which, of which other one, and how they lie there.

        They are made as views, so that a write into one of them continues the other's history.
        """
        parts = []
        for group in self.shared.values():
            keys = {view.key for _, view in group}
            if len(keys) < 2:
                continue
            whole = next(((i, view) for i, view in group if view.covers()), None)
            if whole is None or any(view.dtype != whole[1].dtype for _, view in group):
                raise Unsupported("results that are parts of one memory and want gradients")
            parts += [(i, whole[0], view) for i, view in group if view.key != whole[1].key]
        return parts

    def _places(self, backward: Backward, arguments: Sequence[Tensor]) -> list[Any]:
        """For each input that a gradient goes to, its place among the arguments, or itself."""
        at = {id(t): i for i, t in enumerate(arguments)}
        return [at.get(id(t), t) for t in backward.inputs]

    def ready(self, arguments: Sequence[Tensor]) -> bool:
        self.arguments = arguments
        return self.forward.ready(arguments)

    def versions(self, arguments: Sequence[Tensor]) -> list[int]:
        """How often each tensor from outside that the backward pass reads has been written to."""
        found = []
        for e in self.backward.externals:
            if e.argument is None:
                tensor = e.tensor
            elif e.argument < self.count:
                continue
            else:
                tensor = arguments[e.argument - self.count]
            if tensor is not None:
                found.append(storage_of(tensor).version)
        return found

    @property
    def roots(self) -> frozenset[int]:
        """The memory of tensors from outside that are no arguments, as ids of arrays."""
        return self.forward.roots | self.backward.roots

    def replace(self, e: Any, tensor: Tensor) -> None:
        """Another tensor stands where the environment had one."""
        self.forward.replace(e, tensor)
        for other in self.backward.externals:
            if other.buffer is e.buffer:
                self.backward.replace(other, tensor)

    def movable(self) -> Program | None:
        """The forward program, if its temporary memory may lie elsewhere."""
        return self.forward.movable()

    def take(self, arguments: Sequence[Tensor]) -> bool:
        """Points the arguments' slots at other tensors; False where they do not fit."""
        return self.forward.take(arguments)

    def run(self) -> Any:
        """Repeats the call; :meth:`ready` has said that it fits."""
        try:
            return self.repeat(self.arguments)
        finally:
            if self.forward.renew is not None:
                self.forward.renew()

    def repeat(self, arguments: Sequence[Tensor]) -> Any:
        """Repeats the call with arguments that fit."""
        self.arguments = arguments
        leaves, saved = self.forward.run_parts()
        inputs = [self.arguments[p] if isinstance(p, int) else p for p in self.places]
        node = CompiledBackward(self, inputs, saved)
        node.results = [storage_of(leaves[i]) for i in self.read]
        for i, number in enumerate(self.outputs):
            if number is not None:
                leaf = leaves[i]
                if any([leaf is a for a in self.arguments]):  # noqa: C419 - whose history stays
                    storage = storage_of(leaf)
                    leaves[i] = leaf = wrap(leaf._data)
                    leaf._storage = storage
                leaf._node, leaf._nr, leaf._needs = node, number, True
        for i, whole, view in self.parts:
            leaves[i] = leaves[whole].as_strided(view.shape, view.strides, view.offset)
        return self.forward.assembled(leaves)


class CompiledBackward(Node):
    """A compiled call in the gradient graph."""

    def __init__(self, program: Differentiable, inputs: list[Tensor], saved: list[Any]):
        self.program, self.saved = program, saved
        self.arguments = tuple(program.arguments)
        self.written = program.versions(self.arguments)
        self.edges = tuple([edge_of(t) for t in inputs])
        self.sequence = next_sequence()
        self.results: list[Any] = []  # storages of results that are read again
        self.n_outputs, self.metas = program.count, program.metas
        self.args = ()

    def apply(self, grads: list, create_graph: bool) -> list:
        if self.args is None:
            from ..autograd.graph import FREED

            raise RuntimeError(FREED)
        if create_graph:
            raise RuntimeError(
                "flambeau.compile does not support double backward\n"
                "Hint: call the function uncompiled where its gradient is to be differentiated."
            )
        with self.program.lock:
            return self._apply(grads)

    def _apply(self, grads: list) -> list:
        program = self.program
        if program.versions(self.arguments) != self.written or any(
            s.version for s in self.results
        ):
            raise RuntimeError(
                "one of the variables needed for gradient computation has been modified by an "
                "inplace operation: an argument, parameter or result of a compiled function was "
                "written to since it was called"
            )
        given = []
        for g, (shape, dtype) in zip(grads, self.metas, strict=True):
            array = np.zeros(shape, dtype) if g is None else g._data
            given.append(wrap(np.ascontiguousarray(array).reshape(shape)))
        backward = program.backward
        backward.give(self.saved)
        if not backward.ready([*given, *self.arguments]):
            raise RuntimeError(
                "one of the variables needed for gradient computation has been replaced since "
                "the compiled forward call"
            )
        before, mode.grad = mode.grad, False
        try:
            found = iter(backward.run())
        finally:
            mode.grad = before
        pairs = zip(program.sources, grads, strict=True)
        wanted = set().union(*[places for places, g in pairs if g is not None])
        results = [next(found) if there else None for there in program.present]
        return [g if i in wanted else None for i, g in enumerate(results)]

    def release(self) -> None:
        self.args, self.saved, self.results = None, [], []
        self.arguments = ()


__all__ = ["Backward", "Differentiable", "entered", "record_backward"]
