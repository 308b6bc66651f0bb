"""Results are computed where they are wanted, instead of being copied there.

A copy moves one whole buffer to another one or to a part of it: to a parameter's ``grad``, to a
result of a concatenation, to the other order of dimensions in which it is read next. Where every
node that touches the first buffer can name the same elements in the second one, they work there
from the beginning, and the copy is left out.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from .expressions import Expr, nodes_of, replaced
from .graph import Graph, Host, Loop, Native, Node, Statement
from .memory import Buffer, Shape, View, contiguous_strides

PATIENCE = 8  # so many nodes before the copy a small part may begin to hold a large buffer
SMALL = 4  # a part is small if the buffer is more than so many times as large


def avoid_copies(graph: Graph) -> None:
    """Where a whole new buffer is copied and not used again, its elements live at the copy's place.

    So gradients are written where the parameters' ``grad`` will show them, and pieces of a
    concatenation into their parts of it.
    """
    uses = uses_of(graph)
    for i, node in enumerate(graph.nodes):
        pair = _whole_copy(node)
        if pair is None or not _free(graph, uses, i, *pair):
            continue
        target, source = pair
        users = uses[source.buffer.number]
        if not _move(graph, [j for j in users if j != i], Map(source, target)):
            continue
        number = target.buffer.number
        uses[number] = sorted({*users, *uses[number]} - {i})
        graph.nodes[i] = Loop((), [], node.name, node.line)
    graph.nodes = [n for n in graph.nodes if not (isinstance(n, Loop) and not n.statements)]


def uses_of(graph: Graph) -> dict[int, list[int]]:
    """For each buffer's number the places of the nodes that touch it, in order."""
    uses: dict[int, list[int]] = {}
    for i, node in enumerate(graph.nodes):
        for view in (*node.reads(), *node.writes()):
            found = uses.setdefault(view.buffer.number, [])
            if not found or found[-1] != i:
                found.append(i)
    return uses


def _whole_copy(node: Node) -> tuple[View, View] | None:
    """(target, source) of a loop that copies all elements of one buffer, each of them once."""
    if not isinstance(node, Loop) or len(node.statements) != 1:
        return None
    s = node.statements[0]
    if s.reduce or s.value.op != "load":
        return None
    source: View = s.value.value
    if source.dtype != s.target.dtype or not source.covers():
        return None
    sizes = zip(source.strides, source.shape, s.target.strides, strict=True)
    step = 1
    for old, n, new in sorted(t for t in sizes if t[1] > 1):
        if old != step or new <= 0:
            return None
        step *= n
    return (s.target, source) if source.size else None


def _free(graph: Graph, uses: dict[int, list[int]], i: int, target: View, source: View) -> bool:
    """Whether nobody else needs either place before the copy ``i`` is over."""
    old, new = source.buffer, target.buffer
    if old.born is None or new.born is None or old is new:
        return False
    if old.number in graph.kept or old.number in graph.given or uses[old.number][-1] > i:
        return False
    first = uses[old.number][0]
    for j in uses[new.number]:
        node = graph.nodes[j]
        if first <= j < i and any(v.overlaps(target) for v in (*node.reads(), *node.writes())):
            return False
    held = min(uses[new.number][0], i)
    return new.nbytes <= SMALL * old.nbytes or held - first <= PATIENCE


def _move(graph: Graph, users: list[int], places: Map) -> bool:
    """Has some nodes work at other places; False, and nothing is changed, where one cannot."""
    moves: list[tuple[View, View]] = []
    shapes: list[tuple[Loop, Loop]] = []
    for j in users:
        node = graph.nodes[j]
        found = _moved(node, places)
        if found is None and isinstance(node, Loop) and dense(node):
            spread = reshaped(node, places.shape) if node.size == places.size else None
            found = _moved(spread, places) if spread is not None else None
            if found is not None and spread is not None:
                shapes.append((node, spread))
        if found is None:
            return False
        moves += found
    for view, place in moves:
        view.buffer, view.offset, view.strides = place.buffer, place.offset, place.strides
    for loop, spread in shapes:
        loop.shape, loop.statements = spread.shape, spread.statements
    return True


def _moved(node: Node, places: Map) -> list[tuple[View, View]] | None:
    """Each view of a node in the old buffer, and the view of the same elements at their new place;
    None where there is none that the node can work on."""
    found = []
    for view in every_view(node):
        if view.buffer is not places.source.buffer:
            continue
        place = places.of(view)
        if place is None:
            return None
        steps = list(zip(view.shape, view.strides, place.strides, strict=True))
        same = all(n == 1 or a == b for n, a, b in steps)
        if not same:
            if not isinstance(node, Loop) and not (isinstance(node, Native) and node.walks(view)):
                return None
            if any(n > 1 and a == 1 and b != 1 for n, a, b in steps):
                return None  # it would no longer be read in vectors
        if isinstance(node, Host) and (not same or place.offset != view.offset):
            return None
        found.append((view, place))
    return found


def every_view(node: Node) -> list[View]:
    """Every view object of a node, also those that are equal to another."""
    if isinstance(node, Loop):
        found = [s.target for s in node.statements]
        for s in node.statements:
            found.extend(e.value for e in nodes_of(s.value) if e.op == "load")
    else:
        found = [*node.reads(), *node.writes()]
        if isinstance(node, Native):
            found += node.views()
    return list({id(v): v for v in found}.values())


class Level(NamedTuple):
    """A dimension of a copy: its size, its stride in the old and in the new buffer."""

    size: int
    old: int
    new: int


class Map:
    """Where each element of a buffer is after a copy from ``source`` to ``target``.

    The source covers its buffer, each element once: the place of an element there is a number
    whose digits, one for each dimension, are the element's indices.
    """

    def __init__(self, source: View, target: View):
        self.source, self.target = source, target
        sizes = zip(source.shape, source.strides, target.strides, strict=True)
        real = sorted((Level(*t) for t in sizes if t[0] > 1), key=lambda level: -level.old)
        self.shape: Shape = tuple([level.size for level in real])  # in the old buffer's order
        self.size = math.prod(self.shape)
        self.levels: list[Level] = []
        for level in real:
            if self.levels and self.levels[-1].new == level.new * level.size:
                level = Level(self.levels.pop().size * level.size, level.old, level.new)
            self.levels.append(level)

    def of(self, view: View) -> View | None:
        """The same elements at their new places; None where they are not evenly spaced there."""
        if view.dtype.itemsize != self.source.dtype.itemsize or not view.size:
            return None
        offset, digits = self.target.offset, []
        rest = view.offset
        for level in self.levels:
            digit, rest = divmod(rest, level.old)
            offset += digit * level.new
            digits.append(digit)
        strides = []
        for n, s in zip(view.shape, view.strides, strict=True):
            if n == 1 or s == 0:
                strides.append(s)
                continue
            at = next((k for k, level in enumerate(self.levels) if level.old <= s), None)
            if at is None or s % self.levels[at].old:
                return None
            step = s // self.levels[at].old
            digits[at] += step * (n - 1)
            strides.append(step * self.levels[at].new)
        if any(d >= level.size for d, level in zip(digits, self.levels, strict=True)):
            return None
        return View(self.target.buffer, view.dtype, offset, view.shape, tuple(strides))


# ---------------------------------------------------------------------- loops in another shape


def dense(loop: Loop) -> bool:
    """Whether all of a loop's views are contiguous, so that it may take any shape."""
    return all(not s.reduce for s in loop.statements) and all(
        v.is_contiguous() for v in (*loop.reads(), *loop.writes())
    )


def reshaped(loop: Loop, shape: Shape) -> Loop:
    """The same loop over a shape of as many elements."""

    def view(v: View) -> View:
        return View(v.buffer, v.dtype, v.offset, shape, contiguous_strides(shape))

    def change(x: Expr) -> Expr | None:
        return Expr("load", (), x.dtype, view(x.value)) if x.op == "load" else None

    seen: dict[int, Expr] = {}
    statements = [
        Statement(view(s.target), replaced(s.value, change, seen)) for s in loop.statements
    ]
    return Loop(shape, statements, loop.name, loop.line)


__all__ = ["Buffer", "Map", "avoid_copies", "dense", "every_view", "reshaped", "uses_of"]
