"""Where values are worked out: equal ones once, derivatives beside what they share work with."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .expressions import Expr, load, loads, nodes_of, replaced, weight
from .graph import Batched, Graph, Loop, Native, Statement
from .memory import Buffer, View
from .placing import uses_of

Known = dict[tuple, Expr]

# ---------------------------------------------------------------------- equal expressions


def share_expressions(graph: Graph) -> None:
    """Within a loop, equal expressions become one object."""
    for n in graph.nodes:
        node = n.epilogue if isinstance(n, Native) and n.epilogue is not None else n
        if isinstance(node, Loop):
            known: Known = {}
            for s in node.statements:
                s.value = shared(s.value, known, {})
        elif isinstance(node, Batched):
            known = {}
            node.body = [(i, shared(e, known, {})) for i, e in node.body]


def shared(x: Expr, known: Known, seen: dict[int, Expr]) -> Expr:
    """The expression, made of those that are ``known`` as far as there are equal ones."""
    done = seen.get(id(x))
    if done is not None:
        return done
    args = tuple([shared(a, known, seen) for a in x.args])
    key = (x.op, x.dtype.char, _value_key(x), tuple(map(id, args)))
    found = known.get(key)
    if found is None:
        same = all(a is b for a, b in zip(args, x.args, strict=True))
        found = known[key] = x if same else Expr(x.op, args, x.dtype, x.value)
    seen[id(x)] = found
    return found


def _value_key(x: Expr) -> tuple:
    """A number as it is in its type, with the sign of a zero; a view by where it is."""
    value: Any = x.value.key if isinstance(x.value, View) else x.value
    if x.op == "const" and x.dtype.kind == "f":
        value = float(np.float32(value)) if x.dtype == np.float32 else float(value)
    if isinstance(value, float) and math.isnan(value):
        return ("nan",)
    if isinstance(value, float) and value == 0:
        return math.copysign(1, value), 0.0
    return type(value).__name__, value


# ---------------------------------------------------------------------- functions of one value

STORE = 2  # cycles of writing one more element


def keep_functions(graph: Graph) -> None:
    """Where all that is needed of a kept value is a function of it, the function is kept instead.

    The gradient of ``y = gelu(x)`` is ``g * f(x)``, and f has its costly part in common with gelu
    itself: computed beside ``y`` and written in the place of ``x``, it takes less work and no more
    memory than f computed from ``x`` in the backward pass.
    """
    uses = uses_of(graph)
    buffers = graph.buffers()
    for number, users in uses.items():
        buffer = buffers[number]
        if buffer.born is None or number in graph.kept or number in graph.given:
            continue
        _keep_function(graph, buffer, users)


def _keep_function(graph: Graph, buffer: Buffer, users: list[int]) -> None:
    known: Known = {}
    function: Expr | None = None
    at = len(users)
    while at:
        found = _function_of(graph.nodes[users[at - 1]], buffer, known)
        if found is None or (function is not None and found is not function):
            break
        function = found
        at -= 1
    if function is None or not at:
        return
    loop = graph.nodes[users[at - 1]]
    if not isinstance(loop, Loop):
        return
    source = _source_in(loop, buffer)
    if source is None:
        return
    place, value, extra = source
    moved = replaced(function, lambda x: value if x.op == "load" else None, {})
    if weight(function) - 1 - _left(loop, moved) <= (STORE if extra else 0):
        return
    kept = [s for s in loop.statements if s.target.buffer is not buffer]
    loop.statements = [*kept, Statement(place, moved)]
    for j in users[at:]:
        node = graph.nodes[j]
        assert isinstance(node, Loop)
        _read_instead(node, buffer)


def _parts(x: Expr, buffer: Buffer) -> list[Expr] | None:
    """The largest parts of an expression that read a buffer and nothing else; None where a part is
    the buffer's element itself."""
    views = loads(x)
    if all(v.buffer is not buffer for v in views):
        return []
    if all(v.buffer is buffer for v in views) and not _numbers(x):
        return None if x.op == "load" else [x]
    found: list[Expr] = []
    for a in x.args:
        parts = _parts(a, buffer)
        if parts is None:
            return None
        found += parts
    return found


def _numbers(x: Expr) -> bool:
    """Whether an expression depends on the call's numbers, which may be worked out later."""
    return any(e.op == "number" for e in nodes_of(x))


def _function_of(node: object, buffer: Buffer, known: Known) -> Expr | None:
    """The one function of a buffer's elements that a loop reads of it, in terms of a plain load."""
    if not isinstance(node, Loop) or any(v.buffer is buffer for v in node.writes()):
        return None
    mine = [v for v in node.reads() if v.buffer is buffer]
    if not mine or not all(v.is_whole() for v in mine):
        return None
    view = View(buffer, mine[0].dtype, 0, (buffer.nbytes // mine[0].dtype.itemsize,), (1,))
    plain = load(view)
    found: Expr | None = None
    for s in node.statements:
        parts = _parts(s.value, buffer)
        if parts is None:
            return None
        for part in parts:
            one = replaced(part, lambda x: plain if x.op == "load" else None, {})
            one = shared(one, known, {})
            if one.dtype != view.dtype or (found is not None and found is not one):
                return None
            found = one
    return found


def _source_in(loop: Loop, buffer: Buffer) -> tuple[View, Expr, bool] | None:
    """Where a loop has a buffer's elements: the view, their value, whether it only reads them."""
    views = [v for v in (*loop.reads(), *loop.writes()) if v.buffer is buffer]
    if not all(v.is_whole() for v in views):
        return None
    written = [s for s in loop.statements if s.target.buffer is buffer]
    if any(s.reduce for s in written) or len(written) > 1:
        return None
    if written:
        return written[0].target, written[0].value, False
    return views[0], load(views[0]), True


def _left(loop: Loop, value: Expr) -> int:
    """What a value costs in a loop that has parts of it already."""
    known: Known = {}
    there: set[int] = set()
    for s in loop.statements:
        there.update(map(id, nodes_of(shared(s.value, known, {}))))
    return weight(shared(value, known, {}), there)


def _read_instead(loop: Loop, buffer: Buffer) -> None:
    """Has a loop read what was a function of a buffer's elements before."""
    view = next(v for v in loop.reads() if v.buffer is buffer)
    parts = [id(p) for s in loop.statements for p in _parts(s.value, buffer) or ()]
    seen: dict[int, Expr] = {}
    for s in loop.statements:
        s.value = replaced(s.value, lambda x: load(view) if id(x) in parts else None, seen)


__all__ = ["keep_functions", "share_expressions", "shared"]
