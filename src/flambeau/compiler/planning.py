"""Where temporary buffers lie: in one piece of memory, whose places are used again."""

from __future__ import annotations

from .expressions import loads
from .graph import Graph, Loop, Native, Node
from .memory import View

ALIGN = 64


class Plan:
    """Where each temporary buffer lies in the program's one piece of memory, in bytes."""

    def __init__(self) -> None:
        self.offsets: dict[int, int] = {}
        self.size = 0
        self.unshared = 0  # what it would be without reuse


class Life:
    """Buffers that follow each other in one place, and the nodes from and to which it is needed."""

    def __init__(self, number: int, nbytes: int, at: int):
        self.numbers = [number]
        self.size = -(-max(nbytes, 1) // ALIGN) * ALIGN
        self.first = self.last = at


def plan_memory(graph: Graph, outside: set[int]) -> Plan:
    """Gives every buffer that is not ``outside`` its place; places are reused."""
    lives: dict[int, Life] = {}
    plan = Plan()
    for i, node in enumerate(graph.nodes):
        for view in (*node.reads(), *node.writes()):
            number = view.buffer.number
            if number in outside:
                continue
            life = lives.get(number)
            if life is None:
                life = lives[number] = Life(number, view.buffer.nbytes, i)
                plan.unshared += life.size
            life.last = i
    placed: list[tuple[int, Life]] = []
    for life in sorted(_joined(graph, lives), key=lambda life: -life.size):
        busy = sorted(
            (o, o + p.size) for o, p in placed if p.first <= life.last and life.first <= p.last
        )
        at = 0
        for low, high in busy:
            if at + life.size <= low:
                break
            at = max(at, high)
        placed.append((at, life))
        plan.offsets.update(dict.fromkeys(life.numbers, at))
        plan.size = max(plan.size, at + life.size)
    return plan


def _joined(graph: Graph, lives: dict[int, Life]) -> list[Life]:
    """Lives in which a loop's result takes the place of what the loop is the last to read."""
    for i, node in enumerate(graph.nodes):
        loop = node.epilogue if isinstance(node, Native) else node
        if not isinstance(loop, Loop):
            continue
        for target, source in _successors(loop):
            new, old = lives.get(target.buffer.number), lives.get(source.buffer.number)
            if new is None or old is None or new is old:
                continue
            if new.first != i or old.last != i or new.size != old.size:
                continue
            if not _only_there(node, loop, target, source):
                continue
            old.numbers += new.numbers
            old.last = new.last
            lives.update(dict.fromkeys(new.numbers, old))
    return list({id(life): life for life in lives.values()}.values())


def _successors(loop: Loop) -> list[tuple[View, View]]:
    """(target, source): where an element of the source may be given up for one of the target.

    Each element of the source is read at the same place, and that before the target is written:
    equal loads are one, made where the first statement needs it.
    """
    found = []
    read: dict[tuple, View] = {}
    for s in loop.statements:
        if s.reduce:
            continue
        for view in loads(s.value):
            read.setdefault(view.key, view)
        if s.target.is_whole():
            same = [v for v in read.values() if v.is_whole() and _alike(v, s.target)]
            found += [(s.target, v) for v in same]
    return found


def _alike(a: View, b: View) -> bool:
    return a.dtype == b.dtype and a.buffer is not b.buffer


def _only_there(node: Node, loop: Loop, target: View, source: View) -> bool:
    """Whether a node touches two buffers element by element alone, the call before a loop included:
    that may write the source, and must not know the target."""
    mine = [v for v in (*loop.reads(), *loop.writes()) if v.buffer is source.buffer]
    new = [v for v in (*loop.reads(), *loop.writes()) if v.buffer is target.buffer]
    if len({v.key for v in mine}) > 1 or len({v.key for v in new}) > 1:
        return False
    if node is loop:
        return True
    assert isinstance(node, Native)
    before = node.views()
    return all(v.buffer is not target.buffer for v in before) and any(
        v.buffer is source.buffer for v in node.writes()[:1]
    )


__all__ = ["Plan", "plan_memory"]
