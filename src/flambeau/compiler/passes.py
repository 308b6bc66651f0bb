"""What is done to a program before it becomes C; each pass is a function of a graph."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from .expressions import Expr, cast, load, loads, replaced, weight
from .graph import Graph, Loop, Native, Node, Statement, depends, verify
from .memory import Buffer, Shape, View
from .placing import avoid_copies, dense, reshaped, uses_of
from .planning import Plan, plan_memory
from .values import keep_functions, share_expressions

STATEMENTS = 24  # a loop of more would run out of registers
FAR = 48  # so many nodes back a loop looks for another to join


def optimise(graph: Graph) -> Graph:
    """All passes, in order."""
    verify(graph)
    for change in PASSES:
        change(graph)
        verify(graph)
    return graph


# ---------------------------------------------------------------------- what nobody reads


def drop_dead(graph: Graph) -> None:
    """Takes out nodes whose results nobody sees, and results that a function need not give."""
    wanted = set(graph.kept)
    alive: list[Node] = []
    for node in reversed(graph.nodes):
        if node.effect or any(_seen(v.buffer, wanted) for v in node.writes()):
            alive.append(node)
            if isinstance(node, Native):
                _leave_out(node, wanted)
            wanted.update(v.buffer.number for v in node.reads())
    graph.nodes = alive[::-1]


def _leave_out(node: Native, wanted: set[int]) -> None:
    for view in node.optional:
        if not _seen(view.buffer, wanted):
            node.leave_out(view)


def _seen(buffer: Buffer, wanted: set[int]) -> bool:
    return buffer.number in wanted or buffer.born is None


# ---------------------------------------------------------------------- recomputation


CHEAP = 2  # cycles per element up to which a value is computed again where it is used


def recompute(graph: Graph) -> None:
    """Cheap values of one operand, and conditions, are computed where they are used.

    A mask such as ``result != 0`` would otherwise be stored in the forward pass and read again in
    the backward pass, and bytes beside floats keep a loop from using whole vectors.
    """
    uses = uses_of(graph)
    for i, node in enumerate(graph.nodes):
        s = _cheap(node, graph)
        if s is None or not isinstance(node, Loop):
            continue
        readers = [j for j in uses[s.target.buffer.number] if j != i]
        loops = [graph.nodes[j] for j in readers]
        if not readers or readers[0] < i or not all(_reads_whole(n, s.target) for n in loops):
            continue
        sources = loads(s.value)
        between = graph.nodes[i + 1 : readers[-1]]
        if any(w.overlaps(v) for n in between for w in n.writes() for v in sources):
            continue
        if not all(_reads_first(n, sources) for n in loops):
            continue
        for loop in loops:
            assert isinstance(loop, Loop)
            before = [Statement(s.target, s.value)]
            loop.statements = [_forwarded(t, before) for t in loop.statements]
            for v in sources:
                uses[v.buffer.number] = sorted({*uses[v.buffer.number], *readers})
        node.statements = []
    graph.nodes = [n for n in graph.nodes if not (isinstance(n, Loop) and not n.statements)]


def _cheap(node: Node, graph: Graph) -> Statement | None:
    """The one statement of a loop whose value costs less than its memory."""
    if not isinstance(node, Loop) or len(node.statements) != 1:
        return None
    s = node.statements[0]
    buffer = s.target.buffer
    if s.reduce or buffer.born is None or buffer.number in graph.kept:
        return None
    if len(loads(s.value)) > 1 or not s.target.covers():
        return None
    limit = 2 * CHEAP if s.target.dtype.kind == "b" else CHEAP
    return s if weight(s.value) <= limit else None


def _reads_whole(node: Node, target: View) -> bool:
    """Whether a node is a loop that reads a view element by element and does not write it."""
    if not isinstance(node, Loop):
        return False
    if any(v.buffer is target.buffer for v in node.writes()):
        return False
    mine = [v for v in node.reads() if v.buffer is target.buffer]
    return all(v.same_place(target) for v in mine)


def _reads_first(node: Node, sources: Sequence[View]) -> bool:
    """Whether a loop that also read some views would read each element before it writes it."""
    written = [(w, v) for w in node.writes() for v in sources if w.overlaps(v)]
    if not written:
        return True
    return isinstance(node, Loop) and len(node.statements) == 1 and all(
        w.same_place(v) for w, v in written
    )


# ---------------------------------------------------------------------- fusion


def fuse(graph: Graph) -> None:
    """Joins loops over the same elements, so that values pass in registers and not by memory."""
    out: list[Node] = []
    for node in graph.nodes:
        if not isinstance(node, Loop) or not _join(out, node):
            out.append(node)
    graph.nodes = out


def _join(out: list[Node], node: Loop) -> bool:
    """Merges a loop into an earlier one, if it may move up to it."""
    for j in range(len(out) - 1, max(-1, len(out) - 1 - FAR), -1):
        earlier = out[j]
        if isinstance(earlier, Loop):
            merged = merge(earlier, node)
            if merged is not None:
                out[j] = merged
                return True
        if depends(node, earlier):
            return False
    return False


def merge(first: Loop, second: Loop) -> Loop | None:
    """One loop that does the work of two; None where that is not the same or not worth it."""
    if len(first.statements) + len(second.statements) > STATEMENTS:
        return None
    near = {v.buffer.number for v in (*first.reads(), *first.writes())}
    if not any(v.buffer.number in near for v in (*second.reads(), *second.writes())):
        return None
    if first.shape != second.shape:
        if first.size != second.size:
            return None
        if dense(second):
            second = reshaped(second, first.shape)
        elif dense(first):
            first = reshaped(first, second.shape)
        else:
            return None
    axes = {s.axes for s in (*first.statements, *second.statements) if s.reduce}
    if len(axes) > 1 or not _aligned(first, second):
        return None
    statements = list(first.statements)
    for s in second.statements:
        statements.append(_forwarded(s, statements))
    line = first.line if first.line == second.line else f"{first.line} {second.line}".strip()
    names = first.name if second.name in first.name.split("+") else f"{first.name}+{second.name}"
    return Loop(first.shape, statements, names, line)


def _aligned(first: Loop, second: Loop) -> bool:
    """Whether the two meet element by element wherever one writes what the other touches."""
    for s in first.statements:
        for view in (*second.reads(), *second.writes()):
            if view.overlaps(s.target) and (s.reduce or not view.same_place(s.target)):
                return False
    reads = first.reads()
    for s in second.statements:
        for view in reads:
            if view.overlaps(s.target) and (s.reduce or not view.same_place(s.target)):
                return False
    return True


def _forwarded(s: Statement, before: list[Statement]) -> Statement:
    """A statement whose loads of what was just computed are the computed values themselves."""

    def change(x: Expr) -> Expr | None:
        if x.op == "load":
            for b in reversed(before):
                if not b.reduce and x.value.same_place(b.target):
                    return cast(b.value, b.target.dtype)
        return None

    return Statement(s.target, replaced(s.value, change, {}), s.reduce, s.axes, s.scale)


def drop_stores(graph: Graph) -> None:
    """Takes out what a loop stores and nobody reads after it."""
    last: dict[int, int] = {}
    for i, node in enumerate(graph.nodes):
        for view in node.reads():
            last[view.buffer.number] = i
    for i, node in enumerate(graph.nodes):
        if not isinstance(node, Loop):
            continue
        kept = []
        for s in node.statements:
            buffer = s.target.buffer
            outside = buffer.number in graph.kept or buffer.born is None
            if outside or last.get(buffer.number, -1) > i:
                kept.append(s)
        node.statements = kept
    graph.nodes = [n for n in graph.nodes if not (isinstance(n, Loop) and not n.statements)]


# ---------------------------------------------------------------------- epilogues


# Functions that tell when a block of their result is done: how many dimensions a block is cut along
# (rows and columns; images and channels).
TELLING = {"fl_sgemm": 2, "fl_dgemm": 2, "fl_conv_forward": 2}
WORTH = 1 << 16  # elements from which a result leaves the cache before a loop comes to it


def attach_epilogues(graph: Graph) -> None:
    """A loop over a large product's result runs on each block while that is in the cache."""
    nodes = graph.nodes
    for i, node in enumerate(nodes):
        if not isinstance(node, Native) or node.function not in TELLING:
            continue
        result = node.writes()[0]
        if result.size < WORTH or node.epilogue is not None:
            continue
        j = next((j for j in range(i + 1, min(i + 9, len(nodes))) if _touches(nodes[j], result)), 0)
        loop = nodes[j] if j else None
        if not isinstance(loop, Loop):
            continue
        loop, rest = _without_sums(loop)
        if not loop.statements or any(depends(loop, n) for n in nodes[i + 1 : j]):
            continue
        fitted = _over_blocks(loop, result)
        if fitted is None or any(w.overlaps(r) for w in loop.writes() for r in node.reads()):
            continue
        node.attach(fitted)
        nodes[j] = rest
    graph.nodes = [n for n in nodes if not (isinstance(n, Loop) and not n.statements)]


def _without_sums(loop: Loop) -> tuple[Loop, Loop]:
    """A loop's part without its sums, and the sums, as far as they add up what the loop stores."""
    plain = [s for s in loop.statements if not s.reduce]
    stored = {id(s.value): s.target for s in plain if s.target.covers()}
    sums = []
    for s in loop.statements:
        if s.reduce:
            target = stored.get(id(s.value))
            if target is None or target.dtype != s.value.dtype:
                return loop, Loop((), [], "", "")
            sums.append(Statement(s.target, load(target), s.reduce, s.axes, s.scale))
    return (
        Loop(loop.shape, plain, loop.name, loop.line),
        Loop(loop.shape, sums, loop.name, loop.line),
    )


def _touches(node: Node, view: View) -> bool:
    return any(v.overlaps(view) for v in (*node.reads(), *node.writes()))


def _over_blocks(loop: Loop, result: View) -> Loop | None:
    """A loop over a result's rows and columns, that meets the result element by element."""
    if any(s.reduce for s in loop.statements) or loop.size != result.size:
        return None
    whole = result
    if len(result.shape) > 3:
        if not result.is_contiguous():
            return None
        whole = result.reshaped((*result.shape[:2], math.prod(result.shape[2:])))
    if loop.shape != whole.shape:
        if not dense(loop):
            return None
        loop = reshaped(loop, whole.shape)
    mine = [v for v in (*loop.reads(), *loop.writes()) if v.buffer is result.buffer]
    return loop if all(v.same_place(whole) for v in mine) else None


# ---------------------------------------------------------------------- sums in parts


PARTS = 16  # into so many parts at most a sum is cut
LONG = 60_000  # cycles from which on that pays


def split_sums(graph: Graph) -> None:
    """Long sums into few results are cut into parts, which threads may share.

    The parts do not depend on the number of threads, so neither does the result.
    """
    nodes: list[Node] = []
    for node in graph.nodes:
        nodes += _split(graph, node) if isinstance(node, Loop) else [node]
    graph.nodes = nodes


def _split(graph: Graph, loop: Loop) -> list[Node]:
    sums = [s for s in loop.statements if s.reduce]
    if not sums or loop.cost < LONG:
        return [loop]
    axes = sums[0].axes
    kept = [n for i, n in enumerate(loop.shape) if i not in axes]
    outer = math.prod(kept[:-1]) if _walks_along(loop, axes) else math.prod(kept)
    if outer >= 4:
        return [loop]
    at = next((a for a in axes if loop.shape[a] > 1), None)
    if at is None:
        return [loop]
    size = loop.shape[at]
    parts = next((p for p in range(min(PARTS, size), 1, -1) if size % p == 0), 1)
    if parts == 1:
        return [loop]
    shape = (*loop.shape[:at], parts, size // parts, *loop.shape[at + 1 :])

    def view(v: View) -> View:
        s = v.strides[at]
        strides = (*v.strides[:at], s * (size // parts), s, *v.strides[at + 1 :])
        return View(v.buffer, v.dtype, v.offset, shape, strides)

    def change(x: Expr) -> Expr | None:
        return Expr("load", (), x.dtype, view(x.value)) if x.op == "load" else None

    seen: dict[int, Expr] = {}
    summed = tuple([a + (a >= at) for a in axes if a != at] + [at + 1])
    statements, after = [], []
    for s in loop.statements:
        value = replaced(s.value, change, seen)
        if not s.reduce:
            statements.append(Statement(view(s.target), value))
            continue
        place = [n for i, n in enumerate(shape) if i not in summed]
        part = graph.temporary(tuple(place), s.target.dtype)
        strides = iter(part.strides)
        wide = tuple([0 if i in summed else next(strides) for i in range(len(shape))])
        target = View(part.buffer, part.dtype, 0, shape, wide)
        statements.append(Statement(target, value, s.reduce, summed))
        whole = tuple([1 if i in summed else n for i, n in enumerate(shape)])
        result = view(s.target)
        result = View(result.buffer, result.dtype, result.offset, whole, result.strides)
        read = View(part.buffer, part.dtype, 0, whole, wide)
        add = Statement(result, Expr("load", (), part.dtype, read), s.reduce, (at,), s.scale)
        after.append(Loop(whole, [add], loop.name, loop.line))
    return [Loop(shape, statements, loop.name, loop.line), *after]


def _walks_along(loop: Loop, axes: Shape) -> bool:
    """Whether the loop's last dimension is one of its results'."""
    return bool(loop.shape) and len(loop.shape) - 1 not in axes


# ---------------------------------------------------------------------- all of them

PASSES: list[Callable[[Graph], None]] = [
    drop_dead, avoid_copies, recompute, fuse, drop_stores, drop_dead, keep_functions,
    attach_epilogues, split_sums, share_expressions,
]  # fmt: skip


__all__ = ["PASSES", "Plan", "loads", "merge", "optimise", "plan_memory"]
