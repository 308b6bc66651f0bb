"""Optimizers' updates: a rule's text becomes one loop for all parameters of a group.

A rule (ops/optim.py) is written in an arithmetic ``k``. Here ``k`` is :class:`Symbols`, whose
"arrays" are :class:`Cell` objects holding expressions, and the numbers that change from step to
step are :class:`Number` objects that know how they are computed. A number that decides something in
the rule ("if mu == 1") is noted, so that another decision at a later step is seen.

The numbers themselves come from the rule's ``coefficients``. Where these are arithmetic of the
settings and the step counts, the program works them out itself from the counts in memory
(:class:`Tape`); where they decide by a count, as RAdam's do, Python works them out before each run.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ...ops.table import ROWS, Op
from ...ops.updates import UPDATES, Update
from ..expressions import FLOAT32, FLOAT64, Expr, apply, const
from ..graph import Batched, Numbers
from ..memory import View
from ..recorder import Call
from .builder import LOWERINGS, Builder, NotHere


class Number:
    """A number of an update: its place among the program's, as C's text, and its value now.

    ``update`` keeps what was decided by it; ``counts`` tells whether a step count is in it.
    """

    __slots__ = ("text", "value", "compute", "update", "counts")

    def __init__(
        self, text: str, value: float, compute: Callable[[dict], Any], update: Any,
        counts: bool = False,
    ):  # fmt: skip
        self.text, self.value, self.compute, self.update = text, value, compute, update
        self.counts = counts

    def _with(self, other: Any, sign: str, function: Callable, swap: bool = False) -> Any:
        counts = self.counts
        if isinstance(other, Number):
            text, value, other_compute = other.text, other.value, other.compute
            counts = counts or other.counts
        elif isinstance(other, (int, float)):
            text, value = repr(float(other)), other
            other_compute = _constantly(other)
        else:
            return NotImplemented
        a, b = (text, self.text) if swap else (self.text, text)
        x, y = (value, self.value) if swap else (self.value, value)
        mine = self.compute

        def compute(values: dict) -> Any:
            left, right = mine(values), other_compute(values)
            return function(right, left) if swap else function(left, right)

        if sign in ("<", ">", "<=", ">=", "==", "!="):
            return self._decided(compute, function(x, y), counts)
        text = f"__builtin_pow({a}, {b})" if sign == "**" else f"({a} {sign} {b})"
        return self._result(text, function(x, y), compute, counts)

    def _result(
        self, text: str, value: Any, compute: Callable[[dict], Any], counts: bool
    ) -> Number:
        return Number(text, value, compute, self.update, counts)

    def _decided(self, compute: Callable[[dict], Any], outcome: bool, counts: bool) -> bool:
        if counts:
            raise NotHere("a decision by a step count")
        self.update.decisions.append((compute, outcome))
        return outcome

    def __add__(self, o: Any) -> Any:
        return self._with(o, "+", lambda a, b: a + b)

    def __radd__(self, o: Any) -> Any:
        return self._with(o, "+", lambda a, b: a + b, True)

    def __sub__(self, o: Any) -> Any:
        return self._with(o, "-", lambda a, b: a - b)

    def __rsub__(self, o: Any) -> Any:
        return self._with(o, "-", lambda a, b: a - b, True)

    def __mul__(self, o: Any) -> Any:
        return self._with(o, "*", lambda a, b: a * b)

    def __rmul__(self, o: Any) -> Any:
        return self._with(o, "*", lambda a, b: a * b, True)

    def __truediv__(self, o: Any) -> Any:
        return self._with(o, "/", lambda a, b: a / b)

    def __rtruediv__(self, o: Any) -> Any:
        return self._with(o, "/", lambda a, b: a / b, True)

    def __pow__(self, o: Any) -> Any:
        return self._with(o, "**", lambda a, b: a**b)

    def __rpow__(self, o: Any) -> Any:
        return self._with(o, "**", lambda a, b: a**b, True)

    def __neg__(self) -> Any:
        return self._with(-1, "*", lambda a, b: a * b)

    def __lt__(self, o: Any) -> Any:
        return self._with(o, "<", lambda a, b: a < b)

    def __le__(self, o: Any) -> Any:
        return self._with(o, "<=", lambda a, b: a <= b)

    def __gt__(self, o: Any) -> Any:
        return self._with(o, ">", lambda a, b: a > b)

    def __ge__(self, o: Any) -> Any:
        return self._with(o, ">=", lambda a, b: a >= b)

    def __eq__(self, o: object) -> Any:
        return self._with(o, "==", lambda a, b: a == b)

    def __ne__(self, o: object) -> Any:
        return self._with(o, "!=", lambda a, b: a != b)

    def __bool__(self) -> bool:
        compute = self.compute
        return self._decided(lambda values: bool(compute(values)), bool(self.value), self.counts)

    __hash__ = object.__hash__


class Step(Number):
    """A number that the program works out: each step of arithmetic goes on the tape."""

    __slots__ = ()

    def _result(
        self, text: str, value: Any, compute: Callable[[dict], Any], counts: bool
    ) -> Number:
        place = self.update.tape.add(text)
        return Step(f"num[{place}]", value, compute, self.update, counts)


class Tape:
    """The steps by which a program works out an update's numbers, each with its place.

    Every step has a place of its own in memory: so each is rounded as Python rounds it, and no
    compiler joins a product and a sum.
    """

    def __init__(self, first: int):
        self.next = first
        self.steps: list[tuple[int, str]] = []

    def place(self) -> int:
        self.next += 1
        return self.next - 1

    def add(self, text: str) -> int:
        place = self.place()
        self.steps.append((place, text))
        return place


class Cell:
    """An array of a rule: what its element is now, and whether the rule has written to it."""

    __slots__ = ("value", "written")

    def __init__(self, value: Expr):
        self.value, self.written = value, False

    def put(self, value: Expr) -> None:
        self.value, self.written = value, True


Value = Cell | Number | float


def _constantly(value: Any) -> Callable[[dict], Any]:
    return lambda _: value


def _looked_up(name: str) -> Callable[[dict], Any]:
    return lambda values: values[name]


class Symbols:
    """The arithmetic of update rules on expressions; see ops/tiles.py for what each step means."""

    def __init__(self, dtype: np.dtype):
        self.dtype = dtype

    def _of(self, x: Value) -> Expr:
        if isinstance(x, Cell):
            return x.value
        if isinstance(x, Number):
            return Expr("number", (), self.dtype, x.text)
        return const(float(x), self.dtype)

    def _apply(self, name: str, *args: Value | Expr) -> Expr:
        return apply(name, *[a if isinstance(a, Expr) else self._of(a) for a in args])

    def _times(self, x: Value, factor: Value) -> Expr:
        plain = isinstance(factor, (int, float)) and factor == 1
        return self._of(x) if plain else self._apply("multiply", x, factor)

    def neg(self, x: Value) -> Cell:
        return Cell(self._apply("negative", x))

    def abs(self, x: Value) -> Cell:
        return Cell(self._apply("abs", x))

    def sqrt(self, x: Value) -> Cell:
        return Cell(self._apply("sqrt", x))

    def reciprocal(self, x: Value) -> Cell:
        return Cell(self._apply("divide", 1.0, x))

    def add(self, x: Value, y: Value, alpha: Value = 1) -> Cell:
        return Cell(self._apply("add", x, self._times(y, alpha)))

    def mul(self, x: Value, y: Value) -> Cell:
        return Cell(self._apply("multiply", x, y))

    def div(self, x: Value, y: Value) -> Cell:
        return Cell(self._apply("divide", x, y))

    def addcmul(self, x: Value, a: Value, b: Value, value: Value) -> Cell:
        return Cell(self._apply("add", x, self._apply("multiply", self._times(a, value), b)))

    def copy_(self, x: Cell, y: Value) -> None:
        x.put(self._of(y))

    def add_(self, x: Cell, y: Value, alpha: Value = 1) -> None:
        x.put(self.add(x, y, alpha).value)

    def mul_(self, x: Cell, y: Value) -> None:
        x.put(self._apply("multiply", x, y))

    def div_(self, x: Cell, y: Value) -> None:
        x.put(self._apply("divide", x, y))

    def sqrt_(self, x: Cell) -> None:
        x.put(self._apply("sqrt", x))

    def maximum_(self, x: Cell, y: Value) -> None:
        x.put(self._apply("maximum", x, y))

    def clamp_(self, x: Cell, low: Value, high: Value) -> None:
        x.put(self._apply("minimum", self._apply("maximum", x, low), high))

    def lerp_(self, x: Cell, end: Value, weight: Value) -> None:
        step = self._apply("subtract", end, x)
        if weight < 0.5:  # type: ignore[operator]
            x.put(self._apply("add", x, self._apply("multiply", step, weight)))
        else:
            rest = self._apply("multiply", step, 1 - weight)  # type: ignore[operator]
            x.put(self._apply("subtract", end, rest))

    def addcmul_(self, x: Cell, a: Value, b: Value, value: Value = 1) -> None:
        x.put(self.addcmul(x, a, b, value).value)

    def addcdiv_(self, x: Cell, a: Value, b: Value, value: Value = 1) -> None:
        part = self._apply("divide", self._times(a, value), b)
        x.put(self._apply("add", x, part))

    def by_sign(self, x: Value, negative: float, zero: float, positive: float) -> Cell:
        rest = apply("where", self._apply("greater", x, 0.0), self._of(positive), self._of(zero))
        return Cell(apply("where", self._apply("less", x, 0.0), self._of(negative), rest))

    def zero_where_negative(self, x: Value, condition: Value) -> Cell:
        below = self._apply("less", condition, 0.0)
        return Cell(apply("where", below, self._of(0.0), self._of(x)))


class UpdateNumbers:
    """What gives an update's numbers at each step: the settings, the counts, the coefficients.

    Attributes:
        first: the place of its first number among the program's.
        names: the numbers that are given before each run, in order: coefficients, or settings.
        fixed: the other coefficients or settings; another value of one makes the program unfit.
        decisions: what the rule decided by its numbers, and how.
        clocks: for each kind of count the views of all parameters'.
        tape: the program's own steps from the settings to the coefficients, or None.
    """

    def __init__(self, op: Op, first: int, clocks: Sequence[Sequence[View]], note: Any):
        self.op, self.first, self.clocks, self.note = op, first, clocks, note
        self.names: list[str] = []
        self.fixed: dict[str, Any] = {}
        self.decisions: list[tuple[Callable[[dict], Any], bool]] = []
        self.tape: Tape | None = None

    def symbols(self, values: dict[str, Any], kind: type[Number]) -> dict[str, Any]:
        """Values by name, those that are numbers as symbols that are given before each run."""
        found = {}
        for name, value in values.items():
            if is_number(value):
                place = self.first + len(self.names)
                self.names.append(name)
                found[name] = kind(f"num[{place}]", value, _looked_up(name), self)
            else:
                self.fixed[name] = found[name] = value
        return found


def is_number(value: Any) -> bool:
    return isinstance(value, float) or (isinstance(value, int) and not isinstance(value, bool))


def update(b: Builder, call: Call) -> None:
    """All parameters of a group by one rule."""
    kernel = call.op.kernel
    if not isinstance(kernel, Update) or kernel.whole:
        raise NotHere("an update of whole arrays")
    columns, clocks = call.args[: kernel.columns], call.args[kernel.columns : kernel.lists]
    options = dict(zip(kernel.options, call.args[kernel.lists :], strict=True))
    if call.note is None or len({v.buffer.number for v in columns[0]}) != len(columns[0]):
        raise NotHere("an update without an optimizer, or of one parameter twice")
    before = []
    for column in clocks:
        values = {_initial(v) for v in column}
        if len(values) != 1:
            raise NotHere("parameters with different counts")
        before.append(values.pop())
        kinds = {v.dtype for v in column}
        if len(kinds) != 1 or not kinds <= {FLOAT32, FLOAT64}:
            raise NotHere("counts of different types")
    present = [c for c in columns if c is not None]
    dtype = present[0][0].dtype
    if dtype not in (FLOAT32, FLOAT64) or any(v.dtype != dtype for c in present for v in c):
        raise NotHere(f"an update of {dtype}")
    rows = []
    for row in zip(*present, strict=True):
        if not all(v.is_contiguous() and v.shape == row[0].shape for v in row):
            raise NotHere("an update of arrays that are not contiguous")
        rows.append(tuple(v.reshaped((v.size,)) for v in row))
    try:
        found = _worked_out(b, call, clocks, before, options)
        body = _body(kernel, columns, dtype, found.symbols)
    except (NotHere, TypeError):  # they are no plain arithmetic, or decide by a count
        found = _given(b, call, clocks, before, options)
        body = _body(kernel, columns, dtype, found.symbols)
    b.sources.append(found.numbers)
    b.numbers = found.next
    b.checks += found.checks
    if found.node is not None:
        b.nodes.append(found.node)
    for column, text in zip(clocks, found.after, strict=True):  # the counts themselves go on
        value = Expr("number", (), column[0].dtype, text)
        single: list[tuple[View, ...]] = [(v.reshaped((1,)),) for v in column]
        b.nodes.append(Batched(single, [(0, value)], value.dtype, "count", call.line))
        b.counted.update(v.key for v in column)
    b.nodes.append(Batched(rows, body, dtype, call.op.name, call.line))


def _body(
    kernel: Update, columns: Sequence[Any], dtype: np.dtype, symbols: dict[str, Any]
) -> list[tuple[int, Expr]]:
    """What the rule writes to which of the columns that there are."""
    cells: list[Cell] = []
    arguments: list[Cell | None] = []
    for column in columns:
        if column is None:
            arguments.append(None)
            continue
        cells.append(Cell(Expr("column", (), dtype, len(cells))))
        arguments.append(cells[-1])
    kernel.rule(Symbols(dtype), *arguments, **symbols)
    return [(i, cell.value) for i, cell in enumerate(cells) if cell.written]


class _Form:
    """How an update comes to its numbers: the rule's symbols and the new counts (C's text), the
    next free place, and what the program does and checks for it."""

    def __init__(self, numbers: UpdateNumbers, symbols: dict[str, Any], after: list[str]):
        self.numbers, self.symbols, self.after = numbers, symbols, after
        self.next = 0
        self.node: Numbers | None = None
        self.checks: list[tuple[View, View]] = []


def _given(
    b: Builder, call: Call, clocks: Any, before: list[float], options: dict[str, Any]
) -> _Form:
    """Coefficients that Python works out before each run."""
    if any(v.key in b.counted for column in clocks for v in column):
        raise NotHere("a second update of the same parameters")
    numbers = UpdateNumbers(call.op, b.numbers, clocks, call.note)
    _, coefficients = call.op.kernel.coefficients(*before, **options)  # type: ignore[union-attr]
    symbols = numbers.symbols(coefficients, Number)
    first = b.numbers + len(numbers.names)
    form = _Form(numbers, symbols, [f"num[{first + i}]" for i in range(len(clocks))])
    form.next = first + len(clocks)
    return form


def _worked_out(
    b: Builder, call: Call, clocks: Any, before: list[float], options: dict[str, Any]
) -> _Form:
    """Coefficients that the program works out, from the settings and the counts in memory."""
    numbers = UpdateNumbers(call.op, b.numbers, clocks, call.note)
    settings = numbers.symbols(options, Step)
    first = b.numbers + len(numbers.names)
    tape = numbers.tape = Tape(first)
    counts = []
    for value in before:
        place = tape.place()
        counts.append(Step(f"num[{place}]", value, _constantly(value), numbers, True))
    after, found = call.op.kernel.coefficients(*counts, **settings)  # type: ignore[union-attr]
    symbols = {k: _plain(v) if isinstance(v, Number) else v for k, v in found.items()}
    form = _Form(numbers, symbols, [_text(x) for x in after])
    form.next = tape.next
    form.node = Numbers(first, [column[0] for column in clocks], tape.steps, call.line)
    for column in clocks:
        form.checks += [(v, column[0]) for v in column[1:] if v.key not in b.counted]
    return form


def _plain(number: Number) -> Number:
    """The same number, whose further arithmetic is part of the loop's text."""
    return Number(number.text, number.value, number.compute, number.update, number.counts)


def _text(value: Any) -> str:
    return value.text if isinstance(value, Number) else repr(float(value))


def _initial(view: View) -> float:
    """A count before the recorded step."""
    initial = view.buffer.initial
    if initial is None:
        raise NotHere("a count whose value before the step is not known")
    return float(initial.reshape(-1)[view.offset])


for _name in UPDATES:
    if not ROWS[_name].kernel.whole:  # type: ignore[union-attr]
        LOWERINGS[_name] = update
