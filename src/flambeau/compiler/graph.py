"""The intermediate form: a list of nodes that read and write views of buffers, in order.

A :class:`Loop` computes element by element (and sums up, where a statement reduces); a
:class:`Native` node calls a function of the runtime; a :class:`Host` node runs an operator's kernel
in Python. :func:`verify` checks what every pass must leave true.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from .expressions import Expr, loads, weight
from .memory import Buffer, Shape, View, contiguous_strides
from .recorder import Call

# What a program returns besides 0, an index's number plus 1, and -1 (there is no memory): it no
# longer fits, and has done nothing; a divisor is 0.
STALE, ZERO_DIVISION = -2, -3
SUM, MAX, MIN, PROD = "sum", "max", "min", "prod"


class Statement:
    """One element's share of a loop's work: ``target = value``, or ``target += value`` and so on.

    ``target`` has the loop's shape; where the statement reduces, its strides are 0 along the
    dimensions ``axes`` that are reduced. ``scale`` multiplies the finished sum (a mean's 1 / n).
    """

    __slots__ = ("target", "value", "reduce", "axes", "scale")

    def __init__(
        self, target: View, value: Expr, reduce: str = "", axes: Shape = (), scale: float = 1.0
    ):
        self.target, self.value = target, value
        self.reduce, self.axes, self.scale = reduce, axes, scale

    def __repr__(self) -> str:
        sign = f"{self.reduce}{list(self.axes)}=" if self.reduce else "="
        return f"{self.target!r} {sign} {self.value!r}"


class Node:
    """Something that a program does. ``line`` is the user's line that it comes from."""

    line = ""
    name = ""
    effect = False  # whether it does more than it writes, as a random draw does

    def reads(self) -> Sequence[View]:
        raise NotImplementedError

    def writes(self) -> Sequence[View]:
        raise NotImplementedError

    def flops(self) -> int:
        return 0

    def bytes(self) -> int:
        """Memory traffic, if nothing is in a cache."""
        return sum(_extent(v) for v in (*self.reads(), *self.writes()))


def _extent(view: View) -> int:
    n = view.dtype.itemsize
    for size, stride in zip(view.shape, view.strides, strict=True):
        if stride:
            n *= size
    return n


class Loop(Node):
    """Statements over one shape, in order at each element."""

    def __init__(self, shape: Shape, statements: list[Statement], name: str, line: str):
        self.shape, self.statements, self.name, self.line = shape, statements, name, line

    def reads(self) -> list[View]:
        found: dict[tuple, View] = {}
        for s in self.statements:
            for v in loads(s.value):
                found.setdefault(v.key, v)
        return list(found.values())

    def writes(self) -> list[View]:
        return [s.target for s in self.statements]

    @property
    def size(self) -> int:
        n = 1
        for s in self.shape:
            n *= s
        return n

    @property
    def cost(self) -> int:
        """Cycles, roughly, on one core."""
        each = sum(weight(s.value) + 1 for s in self.statements)
        return self.size * each // 4

    def flops(self) -> int:
        return self.size * sum(weight(s.value) for s in self.statements)

    def __repr__(self) -> str:
        lines = "".join(f"\n    {s!r}" for s in self.statements)
        return f"loop {list(self.shape)}  # {self.name} {self.line}{lines}"


class Batched(Node):
    """One loop body for many sets of flat arrays: an optimizer's update of all parameters.

    ``rows`` are the sets, one view per column; ``body`` says what is written to which column. In it
    an expression ``column`` stands for an element of the column ``value``.
    """

    def __init__(
        self, rows: list[tuple[View, ...]], body: list[tuple[int, Expr]], dtype: np.dtype,
        name: str, line: str,
    ):  # fmt: skip
        self.rows, self.body, self.dtype = rows, body, dtype
        self.name, self.line = name, line

    def reads(self) -> list[View]:
        return [v for row in self.rows for v in row]

    def writes(self) -> list[View]:
        return [row[i] for row in self.rows for i, _ in self.body]

    @property
    def size(self) -> int:
        return sum(row[0].size for row in self.rows)

    def flops(self) -> int:
        return self.size * sum(weight(e) for _, e in self.body)

    def __repr__(self) -> str:
        body = "".join(f"\n    column {i} = {e!r}" for i, e in self.body)
        return f"for each of {len(self.rows)} sets, {self.size} elements  # {self.name}{body}"


class Numbers(Node):
    """Works out the numbers of an update: reads counts, then takes step after step.

    ``first`` is the place of the first count among the program's numbers; ``steps`` are a place
    and a C expression each.
    """

    name, effect = "numbers", True

    def __init__(
        self, first: int, counts: Sequence[View], steps: list[tuple[int, str]], line: str
    ):
        self.first, self.counts, self.steps, self.line = first, tuple(counts), steps, line

    def reads(self) -> tuple[View, ...]:
        return self.counts

    def writes(self) -> tuple[View, ...]:
        return ()

    def __repr__(self) -> str:
        steps = "".join(f"\n    num[{place}] = {text}" for place, text in self.steps)
        return f"numbers from {list(self.counts)}  # {self.line}{steps}"


class Step(NamedTuple):
    """A view's stride along a dimension, as an argument: the view may be given another place."""

    view: View
    axis: int


def steps(view: View) -> tuple[Step, ...]:
    """All strides of a view, as arguments of a function that takes any."""
    return tuple([Step(view, axis) for axis in range(len(view.shape))])


class Native(Node):
    """A call of a function of the runtime.

    ``args`` are C expressions (text), numbers, views (their addresses) and None (a null pointer);
    a :class:`Step` is given where the function takes a view's strides, whatever they are.
    """

    def __init__(
        self, function: str, args: Sequence[Any], reads: Sequence[View], writes: Sequence[View],
        name: str, line: str, flops: int = 0, optional: Sequence[View] = (),
    ):  # fmt: skip
        self.optional = tuple(optional)  # results that the function leaves out where it gets None
        self.function, self._args = function, tuple(args)
        self._reads, self._writes = tuple(reads), tuple(writes)
        self.name, self.line, self._flops = name, line, flops
        self.epilogue: Loop | None = None
        self.call: Any = None  # the recorded call that it is part of

    @property
    def args(self) -> tuple[Any, ...]:
        return tuple([a.view.strides[a.axis] if isinstance(a, Step) else a for a in self._args])

    def views(self) -> list[View]:
        """The views whose addresses or strides are among the arguments."""
        found = [a.view if isinstance(a, Step) else a for a in self._args]
        return [v for v in found if isinstance(v, View)]

    def walks(self, view: View) -> bool:
        """Whether the function is told all strides of a view that it works on."""
        axes = {a.axis for a in self._args if isinstance(a, Step) and a.view is view}
        return all(n == 1 or i in axes for i, n in enumerate(view.shape))

    def leave_out(self, result: View) -> None:
        """Has the function not give an optional result."""
        self._args = tuple([None if a is result else a for a in self._args])
        self._writes = tuple([v for v in self._writes if v is not result])
        self.optional = tuple([v for v in self.optional if v is not result])

    def attach(self, loop: Loop) -> None:
        """Has the function run a loop over each block of its result as soon as that is done."""
        self.epilogue = loop
        self._reads += tuple(loop.reads())
        self._writes += tuple(loop.writes())
        self.name = f"{self.name}+{loop.name}"

    def reads(self) -> tuple[View, ...]:
        return self._reads

    def writes(self) -> tuple[View, ...]:
        return self._writes

    def flops(self) -> int:
        return self._flops + (self.epilogue.flops() if self.epilogue is not None else 0)

    def __repr__(self) -> str:
        args = ", ".join(map(repr, self.args))
        then = "" if self.epilogue is None else f"\n    then {self.epilogue!r}"
        return f"{self.function}({args})  # {self.name} {self.line}{then}"


class Host(Node):
    """An operator whose kernel runs in Python, between two pieces of native code."""

    def __init__(self, call: Call):
        self.call, self.name, self.line = call, call.op.name, call.line
        self.effect = call.op.random

    def reads(self) -> list[View]:
        return self.call.reads()

    def writes(self) -> list[View]:
        return [*self.call.writes, *self.call.results]

    def __repr__(self) -> str:
        return f"host {self.call!r}  # {self.line}"


class Graph:
    """A program: nodes in order, and the buffers that outlive it.

    Attributes:
        kept: numbers of buffers that somebody sees afterwards (results, gradients, state).
        numbers: how many numbers change from call to call.
        given: numbers of buffers that an earlier program filled.
    """

    def __init__(
        self, nodes: list[Node], kept: Iterable[int], numbers: int = 0, given: Iterable[int] = (),
        count: int = 0,
    ):  # fmt: skip
        self.nodes, self.kept, self.numbers, self.given = nodes, set(kept), numbers, set(given)
        self.count = count  # the number of the next new buffer

    def temporary(self, shape: Shape, dtype: np.dtype) -> View:
        """New memory that only this program sees."""
        size = math.prod(shape) * dtype.itemsize
        buffer = Buffer(self.count, size, 0)
        self.count += 1
        return View(buffer, dtype, 0, shape, contiguous_strides(shape))

    def __repr__(self) -> str:
        return "\n".join(f"{i:4} {node!r}" for i, node in enumerate(self.nodes))

    def buffers(self) -> dict[int, Buffer]:
        found: dict[int, Buffer] = {}
        for node in self.nodes:
            for v in (*node.reads(), *node.writes()):
                found.setdefault(v.buffer.number, v.buffer)
        return found


def depends(later: Node, earlier: Node) -> bool:
    """Whether the order of two nodes matters: one writes what the other reads or writes."""
    if later.effect and earlier.effect:
        return True
    return (
        _meet(later.reads(), earlier.writes())
        or _meet(later.writes(), earlier.reads())
        or _meet(later.writes(), earlier.writes())
    )


def _meet(a: Sequence[View], b: Sequence[View]) -> bool:
    return any(x.overlaps(y) for x in a for y in b)


def verify(graph: Graph) -> None:
    """Checks the rules of the intermediate form.

    Raises:
        AssertionError: a statement's target has another shape than its loop, a sum's target moves
            along a dimension that is summed over, a view leaves its buffer, or a buffer that the
            program makes itself is read before anything was written there.
    """
    written: set[int] = set(graph.given)
    for i, node in enumerate(graph.nodes):
        for view in (*node.reads(), *node.writes()):
            low, high = view.bounds()
            assert 0 <= low <= high <= view.buffer.nbytes, f"node {i}: {view!r} leaves its buffer"
        fresh = written | {v.buffer.number for v in node.writes()}
        for view in node.reads():
            known = view.buffer.born is None or view.buffer.number in fresh
            assert known or not view.size, f"node {i}: {view!r} is read before it is written"
        if isinstance(node, Loop):
            for s in node.statements:
                assert s.target.shape == node.shape, f"node {i}: {s!r} in a loop {node.shape}"
                for axis in s.axes:
                    still = s.target.strides[axis] == 0 or node.shape[axis] == 1
                    assert still, f"node {i}: {s!r} sums along dimension {axis} and moves there"
                for view in loads(s.value):
                    assert view.shape == node.shape, f"node {i}: {view!r} in a loop {node.shape}"
        written = fresh


def dtype_name(dtype: np.dtype) -> str:
    """C's name of an element type."""
    return C_TYPES[dtype.name]


C_TYPES = {
    "bool": "uint8_t", "uint8": "uint8_t", "int8": "int8_t", "int16": "int16_t",
    "int32": "int32_t", "int64": "int64_t", "float32": "float", "float64": "double",
}  # fmt: skip
