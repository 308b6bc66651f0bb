"""Backward: walks the graph from the results to the leaves, latest operation first."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from operator import attrgetter
from typing import Any

import numpy as np

from ..ops.expressions import TENSORS
from ..tensor.recording import recorders
from ..tensor.tensor import Tensor, wrap
from .graph import Node, accumulator
from .modes import mode


def run(
    roots: Sequence[Tensor],
    grads: Sequence[Tensor],
    *,
    retain_graph: bool,
    create_graph: bool,
    inputs: Sequence[Tensor] | None = None,
    accumulate: bool = True,
) -> list[Tensor | None]:
    """Sends ``grads`` back from ``roots``.

    With ``accumulate`` the gradients are added to the leaves' ``grad`` (to those of ``inputs``
    alone, where given). Otherwise the gradients of ``inputs`` are returned, None where none
    arrived.
    """
    before = mode.grad
    mode.grad = create_graph
    try:
        return _Backward(roots, inputs, accumulate).run(grads, retain_graph, create_graph)
    finally:
        mode.grad = before


class _Backward:
    """One backward pass."""

    def __init__(self, roots: Sequence[Tensor], inputs: Any, accumulate: bool):
        self.roots, self.inputs, self.accumulate = roots, inputs, accumulate
        self.waiting: dict[int, int] = {}  # leaf id -> contributions that are still to come
        self.leaves: dict[int, list] = {}  # leaf id -> [leaf, gradient so far]
        self.buffers: dict[Node, list] = {}
        self.captured: dict[tuple, Any] = {}
        self.order = self._collect()
        self.wanted = self._wanted() if inputs is not None else None

    def _collect(self) -> list[Node]:
        """All nodes that the roots depend on, latest first."""
        waiting = self.waiting
        seen = {t._node for t in self.roots if t._node is not None}
        nodes = list(seen)
        for node in nodes:  # which grows as it goes
            for edge in node.edges:
                if edge is None:
                    continue
                target = edge[0]
                if isinstance(target, Tensor):
                    key = id(target)
                    waiting[key] = waiting.get(key, 0) + 1
                elif target not in seen:
                    seen.add(target)
                    nodes.append(target)
        nodes.sort(key=attrgetter("sequence"), reverse=True)
        return nodes

    def _wanted(self) -> set[int]:
        """Ids of the nodes through which a wanted input is reached."""
        leaves = {id(t) for t in self.inputs if t._node is None}
        targets = {(id(t._node), t._nr) for t in self.inputs if t._node is not None}
        self.targets = targets
        self.wanted_leaves = leaves
        useful: set[int] = set()
        for node in reversed(self.order):  # earliest first: inputs come before their users
            for edge in node.edges:
                if edge is None:
                    continue
                target, nr = edge
                if isinstance(target, Tensor):
                    hit = id(target) in leaves
                else:
                    hit = id(target) in useful or (id(target), nr) in targets
                if hit:
                    useful.add(id(node))
                    break
        return useful

    def run(self, grads: Sequence[Tensor], retain_graph: bool, create_graph: bool) -> list:
        self.create_graph = create_graph
        recording = bool(recorders)
        on_arrays = not (create_graph or recording or mode.autocast is not None or mode.inference)
        self.plain = not (create_graph or recording) and self.inputs is None
        for root, grad in zip(self.roots, grads, strict=True):
            if root._node is None:
                self.waiting[id(root)] = self.waiting.get(id(root), 0) + 1
            edge = (root, 0) if root._node is None else (root._node, root._nr)
            self._distribute((edge,), [grad])
        buffers, wanted, anomaly = self.buffers, self.wanted, mode.anomaly
        for node in self.order:
            buffer = buffers.pop(node, None)
            if buffer is None:
                self._forgo(node)
                continue
            if node.hooks or node.retains or node.pre_hooks:
                buffer = self._before(node, buffer)
            if wanted is not None:
                for nr in range(len(buffer)):
                    if (id(node), nr) in self.targets:
                        self.captured[id(node), nr] = buffer[nr]
                if id(node) not in wanted:
                    continue
            try:
                results = node.on_arrays(buffer) if on_arrays else None
                if results is None:
                    results = node.apply(buffer, create_graph)
            except Exception as error:
                if node.trace is not None:
                    error.add_note(
                        f"The forward call of {node.name()} was made here:\n{node.trace}"
                    )
                raise
            if anomaly:
                _check_anomaly(node, results)
            if node.post_hooks:
                for hook in list(node.post_hooks.values()):
                    changed = hook(tuple(results), tuple(buffer))
                    if changed is not None:
                        results = list(changed) if isinstance(changed, tuple) else [changed]
            if not retain_graph:
                node.release()
            del buffer
            self._distribute(node.edges, results)
        for key in list(self.leaves):
            self._finish_leaf(key)
        return self._gather() if not self.accumulate else []

    def _distribute(self, edges: Sequence, results: list) -> None:
        """Sends gradients where edges lead: to nodes, which wait for their turn, and to leaves."""
        buffers = self.buffers
        for i, edge in enumerate(edges):
            if edge is None:
                continue
            target, nr = edge
            if isinstance(target, Tensor):
                self._to_leaf(target, results, i)
                continue
            grad = results[i]
            if grad is None:
                continue
            buffer = buffers.get(target)
            if buffer is None:
                buffer = buffers[target] = [None] * target.n_outputs
            have = buffer[nr]
            buffer[nr] = grad if have is None else _sum_of(have, grad)

    def _forgo(self, node: Node) -> None:
        """A node that no gradient reached: its leaves need not wait for it."""
        for edge in node.edges:
            if edge is not None and isinstance(edge[0], Tensor):
                self._to_leaf(edge[0], [None], 0)

    def _to_leaf(self, leaf: Tensor, results: list, i: int) -> None:
        """Takes a gradient out of ``results``: nobody else should hold it when the leaf gets it."""
        key = id(leaf)
        grad, results[i] = results[i], None
        left = self.waiting[key] = self.waiting[key] - 1
        entry = self.leaves.get(key)
        if (
            self.plain  # and nothing more to do than to set the leaf's gradient
            and not left
            and entry is None
            and grad is not None
            and leaf._grad is None
            and not (leaf._hooks or leaf._post_hooks or leaf._accumulate or grad.is_sparse)
        ):
            leaf._grad = _own(grad, 3)  # held here, there, and by getrefcount's argument
            return
        if grad is not None:
            if entry is None:
                self.leaves[key] = [leaf, grad]
            else:
                entry[1] = _sum_of(entry[1], grad)
        del grad, entry
        if not left and key in self.leaves:
            self._finish_leaf(key)

    def _finish_leaf(self, key: int) -> None:
        """All of a leaf's gradient is here: hooks, then ``grad``."""
        leaf, grad = self.leaves.pop(key)
        if leaf._hooks:
            grad = _run_hooks(leaf._hooks, grad)
        if self.wanted is not None:
            if key not in self.wanted_leaves:
                return
            if not self.accumulate:
                self.captured[key, 0] = grad
                return
        node = leaf._accumulate() if leaf._accumulate is not None else None
        if node is not None and node.pre_hooks:
            for hook in list(node.pre_hooks.values()):
                changed = hook((grad,))
                grad = grad if changed is None else changed[0]
        self._accumulate(leaf, grad)
        if leaf._post_hooks:
            for hook in list(leaf._post_hooks.values()):
                hook(leaf)
        if node is not None and node.post_hooks:
            for hook in list(node.post_hooks.values()):
                hook((), (grad,))

    def _accumulate(self, leaf: Tensor, grad: Tensor) -> None:
        have = leaf._grad
        for r in recorders:
            r.gradient_set(leaf, True)
        if have is not None:
            if self.create_graph or have.is_sparse or grad.is_sparse:
                leaf._grad = _sum_of(have, grad)
            elif have._data.dtype == grad._data.dtype and have._data.shape == grad._data.shape:
                TENSORS["add_"](have, grad)
            else:
                leaf._grad = TENSORS["add"](have, grad)
        elif self.create_graph or grad.is_sparse:
            leaf._grad = grad
        elif recorders:
            leaf._grad = TENSORS["clone"](grad)
        else:
            leaf._grad = _own(grad, 4)  # held by the caller, too

    def _before(self, node: Node, buffer: list) -> list:
        if node.hooks:
            for nr, hooks in node.hooks.items():
                if buffer[nr] is not None:
                    buffer[nr] = _run_hooks(hooks, buffer[nr])
        if node.retains:
            for nr, ref in node.retains.items():
                t = ref()
                if t is not None and buffer[nr] is not None:
                    g = buffer[nr]
                    if self.create_graph:
                        t._grad = g if t._grad is None else TENSORS["add"](t._grad, g)
                    else:
                        t._grad = g.clone() if t._grad is None else t._grad + g
        if node.pre_hooks:
            for hook in list(node.pre_hooks.values()):
                changed = hook(tuple(buffer))
                if changed is not None:
                    before = buffer
                    buffer = list(changed) if isinstance(changed, tuple) else [changed]
                    if node.plan is not None and len(buffer) == 1 and buffer[0] is None:
                        buffer = [wrap(np.zeros_like(before[0]._data))]
        return buffer

    def _gather(self) -> list:
        return [
            self.captured.get((id(t), 0) if t._node is None else (id(t._node), t._nr))
            for t in self.inputs
        ]


def _sum_of(have: Tensor, grad: Tensor) -> Tensor:
    """Two gradients added. Of a sparse and a dense one, the dense one must go first."""
    if have.is_sparse:
        have, grad = grad, have
    return TENSORS["add"](have, grad)


def _run_hooks(hooks: dict, grad: Tensor) -> Tensor:
    for hook in list(hooks.values()):
        changed = hook(grad)
        if changed is not None:
            if not isinstance(changed, Tensor):
                raise TypeError(f"hook must return a tensor or None, not {type(changed).__name__}")
            if changed.shape != grad.shape:
                raise RuntimeError("hook '<hook>' has changed the size of value")
            grad = changed
    return grad


def _own(grad: Tensor, holders: int) -> Tensor:
    """A gradient that nobody else holds: taken over where that is certain, otherwise copied.

    CPython's reference counts say so: the tensor is held by this pass alone (``holders`` times),
    its array by the tensor alone, and the array owns its memory. Anything else, a copy is right.
    """
    array = grad._data
    if array.base is None and sys.getrefcount(grad) <= holders and sys.getrefcount(array) <= 3:
        flags = array.flags
        if flags.c_contiguous and flags.owndata:
            return wrap(array)
    return wrap(np.array(array, order="C"))


def _check_anomaly(node: Node, results: list) -> None:
    for i, g in enumerate(results):
        if g is None or g.is_sparse:
            continue
        if g._data.dtype.kind in "fc" and np.isnan(g._data).any():
            raise RuntimeError(f"Function '{node.name()}' returned nan values in its {i}th output.")


__all__ = ["run", "accumulator"]
