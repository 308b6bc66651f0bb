"""The table of lowerings, and what they build a program with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ...ops.table import Op
from ..expressions import TYPES, Expr, Untranslatable, apply, cast, load
from ..graph import Host, Loop, Native, Node, Statement
from ..memory import Buffer, Shape, Unsupported, View, contiguous_strides
from ..recorder import Call

NotHere = Untranslatable  # this lowering does not know the case: the kernel does

Lowering = Callable[["Builder", Call], None]
LOWERINGS: dict[str, Lowering] = {}


def lowering(*names: str) -> Callable[[Lowering], Lowering]:
    """Adds a function as the lowering of the rows named."""

    def add(function: Lowering) -> Lowering:
        for name in names:
            LOWERINGS[name] = function
        return function

    return add


class Builder:
    """Adds nodes to a program; makes the buffers that it needs between them.

    Attributes:
        whole: whether forward and backward pass are in this one program.
        sources: for each update in the program, what gives its numbers (see .updates).
        checks: pairs of counts that must be equal when the program starts.
        counted: the counts (their views' keys) that an update has moved on.
    """

    def __init__(self, buffers: int, whole: bool = True):
        self.nodes: list[Node] = []
        self.whole = whole
        self.count = buffers
        self.numbers = 0
        self.sources: list[Any] = []
        self.checks: list[tuple[View, View]] = []
        self.counted: set[tuple] = set()
        self.call: Call | None = None
        self.memory: dict[tuple, View] = {}

    # ------------------------------------------------------------------ memory

    def temporary(self, shape: Shape, dtype: np.dtype) -> View:
        """Memory that only this program sees."""
        size = int(np.prod(shape, dtype=np.int64)) * dtype.itemsize
        buffer = Buffer(self.count, size, len(self.nodes))
        self.count += 1
        return View(buffer, dtype, 0, tuple(shape), contiguous_strides(shape))

    def dense(self, view: View) -> View:
        """The view itself where it is contiguous, otherwise a copy that is."""
        if view.is_contiguous():
            return view
        copy = self.temporary(view.shape, view.dtype)
        self.store(copy, load(view))
        return copy

    def remember(self, place: View, instead: View) -> None:
        """Native code keeps other memory in place of a recorded result that serves the derivative
        alone, such as class numbers with those that are ignored marked."""
        if not self.whole:
            raise NotHere("a forward pass whose backward pass is another program")
        self.memory[place.key] = instead

    def remembered(self, place: View) -> View:
        """What :meth:`remember` was told; where the recorded kernel ran, there is nothing."""
        found = self.memory.get(place.key)
        if found is None:
            raise NotHere("a forward call that ran as its kernel")
        return found

    # ------------------------------------------------------------------ nodes

    @property
    def line(self) -> str:
        return self.call.line if self.call is not None else ""

    @property
    def name(self) -> str:
        return self.call.op.name if self.call is not None else ""

    def store(self, target: View, value: Expr) -> None:
        """target = value, element by element."""
        if target.dtype not in TYPES:
            raise NotHere(f"type {target.dtype}")
        statement = Statement(target, cast(value, target.dtype))
        self.nodes.append(Loop(target.shape, [statement], self.name, self.line))

    def reduce(
        self, target: View, value: Expr, shape: Shape, axes: Sequence[int], kind: str = "sum",
        scale: float = 1.0,
    ) -> None:  # fmt: skip
        """Reduces an expression over a shape along some of its dimensions.

        ``target`` has the remaining dimensions, in order (or is seen so).
        """
        axes = tuple(sorted(a % len(shape) for a in axes))
        kept = [i for i in range(len(shape)) if i not in axes]
        flat = target
        if tuple(shape[i] for i in kept) != target.shape:
            flat = target.reshaped(tuple(shape[i] for i in kept))
        strides = [0] * len(shape)
        for i, s in zip(kept, flat.strides, strict=True):
            strides[i] = s
        wide = View(target.buffer, target.dtype, target.offset, tuple(shape), tuple(strides))
        value = cast(value, target.dtype)
        if all(shape[a] == 1 for a in axes):  # nothing is reduced
            if scale != 1:
                value = apply("multiply", value, scale)
            statement = Statement(wide, value)
        else:
            statement = Statement(wide, value, kind, axes, scale)
        self.nodes.append(Loop(tuple(shape), [statement], self.name, self.line))

    def native_call(
        self, function: str, args: Sequence[Any], reads: Sequence[View | None],
        writes: Sequence[View | None], flops: int = 0, effect: bool = False,
        optional: Sequence[View] = (),
    ) -> None:  # fmt: skip
        """Calls a function of the runtime; see :class:`..graph.Native`."""
        read, written = ([v for v in views if v is not None] for views in (reads, writes))
        node = Native(function, args, read, written, self.name, self.line, flops, optional)
        node.effect, node.call = effect, self.call
        self.nodes.append(node)

    def host(self, call: Call) -> None:
        """Runs the operator's kernel in Python."""
        self.nodes.append(Host(call))


def lower(calls: Sequence[Call], buffers: int, whole: bool) -> Builder:
    """The program of a list of calls; nothing is fused yet."""
    builder = Builder(buffers, whole)
    for call in calls:
        found = lowering_of(call.op)
        builder.call = call
        before, count = len(builder.nodes), builder.count
        state = builder.numbers, len(builder.sources)
        if found is not None:
            try:
                found(builder, call)
                continue
            except (Untranslatable, Unsupported):
                del builder.nodes[before:]
                builder.count = count
                builder.numbers = state[0]
                del builder.sources[state[1] :]
        builder.host(call)
    builder.call = None
    return builder


def lowering_of(op: Op) -> Lowering | None:
    found = LOWERINGS.get(op.name)
    if found is None and op.lowering == "pointwise" and op.expression is not None:
        return LOWERINGS["pointwise"]
    return found
