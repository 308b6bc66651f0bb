"""The Python function that a repeated call comes down to: its checks and its bookkeeping in a row.

An :class:`..function.Entry` can check any program step by step, and a program can run itself; for a
network of ten neurons that takes longer than the arithmetic. So what must hold, what is pointed
where and what is counted is written out once as the text of one Python function, without a loop or
a branch that this program does not need. It gives :data:`MISS` where something is not as it was the
last time; then the general way looks closer, and ``renew`` takes note of what has become of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from sys import getrefcount
from typing import TYPE_CHECKING, Any

import numpy as np

from ..autograd.modes import mode
from ..backends.native import library
from ..tensor.memory import root_of
from ..tensor.recording import changes
from ..tensor.tensor import Tensor
from .gradients import Differentiable
from .numbers import SettingSource
from .outside import Result
from .program import Program

if TYPE_CHECKING:
    from .function import Entry

MISS: Any = object()
SMALL = 1024  # bytes up to which a result is copied from memory of the program's own
_ERRORS = "(AttributeError, IndexError, KeyError, TypeError, ValueError)"

# What getrefcount says of an object that only a list holds, when it is mapped over the list.
ALONE = sum(map(getrefcount, [object()]))


class Names:
    """The names that a text uses, each with the object that it stands for."""

    def __init__(self) -> None:
        self.scope: dict[str, Any] = {}

    def bind(self, value: Any, kind: str = "v") -> str:
        name = f"{kind}{len(self.scope)}"
        self.scope[name] = value
        return name


class Checks:
    """Expressions that must give what they gave the last time."""

    def __init__(self, names: Names):
        self.names = names
        self.found: list[tuple[str, str, str]] = []  # expression, comparison, name of the value
        self.renewal: list[str] = []

    def same(self, expression: str, comparison: str = "is", copied: str = "") -> None:
        """``copied`` gives what is noted where the expression's value may change later."""
        known = self.names.bind(None, "k")
        self.found.append((expression, comparison, known))
        self.renewal.append(f"{known} = {copied or expression}")

    def now(self, expression: str, value: Any) -> None:
        """An expression that always must give the same object."""
        self.found.append((expression, "is", self.names.bind(value)))

    def lines(self) -> list[str]:
        opposite = {"is": "is not", "==": "!="}
        return [f"if {e} {opposite[c]} {k}: return MISS" for e, c, k in self.found]


class Writer:
    """Writes the call of one entry."""

    def __init__(self, entry: Entry):
        self.entry = entry
        whole: Program | Differentiable = entry.program
        self.whole = whole
        self.program = whole.forward if isinstance(whole, Differentiable) else whole
        self.names = Names()
        self.names.scope.update(
            MISS=MISS, Tensor=Tensor, refs=getrefcount, new=object.__new__, mode=mode,
            changes=changes, table=self.program.table, fail=self.program._raise,
            clock=self.program.clock,
        )  # fmt: skip
        self.renewals: list[str] = []
        self.fills: list[str] = []
        self.attach: list[str] = []  # gives the leaves their gradients

    def function(self) -> Callable[..., Any]:
        """The call; the program gets what brings it up to date after another way was taken."""
        first, then = self._settings(), self._bookkeeping()
        arguments = self._arguments()
        parameters = ", ".join(f"x{i}=MISS" for i in range(self.entry.arguments or 0))
        guarded = _indented([*first, *arguments])
        body = [
            f"def call({parameters}):",
            "    try:",
            *_indented(guarded),
            f"    except {_ERRORS}:",
            "        return MISS",
            *_indented(then),
        ]
        renewed = sorted({line.split(" = ")[0] for line in self.renewals if line[0] in "ks"})
        body += ["def renew():"]
        if renewed:
            body += [f"    global {', '.join(renewed)}"]
        body += [*_indented(self.renewals), "    return None"]
        scope = self.names.scope
        exec(compile("\n".join(body), "<flambeau call>", "exec"), scope)
        self.program.renew = scope["renew"]
        scope["renew"]()
        return scope["call"]

    # ------------------------------------------------------------------ what must hold

    def _settings(self) -> list[str]:
        entry, program, bind = self.entry, self.program, self.names.bind
        checks = Checks(self.names)
        checks.same("mode.__dict__", "==", "{**mode.__dict__}")  # what this thread has set
        checks.same("changes.count", "==")  # tensors' memory is counted as well
        for expression, comparison in entry.environment.conditions(bind):
            checks.same(expression, comparison)
        for holder, name, _, _ in entry.named:
            place = bind(holder)
            checks.same(f"{place}.cell_contents" if name is None else f"{place}[{name!r}]")
        for e in program.moving:
            if e.argument is None:
                checks.same(f"{bind(e.leaf)}._grad")
        for leaf, none in program.read_leaves:
            text = "is None" if none else "is not None"
            checks.now(f"({bind(leaf)}._grad {text})", True)
        ready: list[str] = []
        for s in program.sources:
            conditions = s.conditions(bind)
            if isinstance(s, SettingSource) and s.values() is not None:
                ready.append(self._refilled(s))
            if conditions is None:
                ready.append(f"if not {bind(s.ready)}(): return MISS")
                self.fills.append(f"{bind(s.fill)}()")
            for expression, comparison in conditions or ():
                checks.same(expression, comparison)
        self.renewals += checks.renewal
        return [*checks.lines(), *ready]

    def _refilled(self, source: SettingSource) -> str:
        """Settings that have changed, such as a learning rate, are filled in on the way."""
        known, scope = self.names.bind(None, "k"), self.names.scope
        values = f"[*{self.names.bind(source.group)}.values()]"
        self.renewals.append(f"{known} = {values}")

        def refill() -> bool:
            if not source.ready():
                return False
            scope[known] = source.values()
            return True

        return f"if {values} != {known} and not {self.names.bind(refill)}(): return MISS"

    def _arguments(self) -> list[str]:
        """Arguments are those of the last call, or are looked at."""
        entry, scope = self.entry, self.names.scope
        if not entry.arguments:
            return []
        conditions, pairs = [], []
        place = self.names.bind(entry)
        for i, kind in enumerate(entry.key[1]):
            tensor, array = self.names.bind(None, "k"), self.names.bind(None, "k")
            pairs.append((tensor, array))
            conditions.append(f"x{i} is {tensor} and x{i}._data is {array}")
            conditions.append(f"x{i}._needs is {kind[-1]}")
            self.renewals += [f"{tensor} = {place}.last[{i}]", f"{array} = {tensor}._data"]

        def take(tensors: tuple) -> bool:
            if not entry.take(tensors):
                return False
            for (tensor, array), x in zip(pairs, tensors, strict=True):
                scope[tensor], scope[array] = x, x._data
            return True

        given = ", ".join(f"x{i}" for i in range(entry.arguments))
        return [f"if not ({' and '.join(conditions)}):",
                f"    if not {self.names.bind(take)}(({given},)): return MISS"]  # fmt: skip

    # ------------------------------------------------------------------ what is done

    def _bookkeeping(self) -> list[str]:
        program, bind = self.program, self.names.bind
        if isinstance(self.whole, Differentiable):
            return [f"return {bind(self.whole.repeat)}({bind(self.entry)}.last)"]
        lines: list[str] = []
        direct = self._direct()
        for number, result in program.made.items():
            if direct is None:
                lines.append(f"m{number} = {bind(result.make)}(table)")
        if direct is not None:
            hold = np.empty(direct.view.shape, direct.view.dtype)
            held = bind(hold)
            self.renewals.append(f"table[{direct.slot}] = {library.address(hold)}")
        lines += self._owned()
        lines += self.fills
        for step in program.steps:
            lines += [f"error = {bind(step)}(table)", "if error: fail(error)"]
        lines.append("clock.runs += 1")
        storages = bind(None, "s")
        self.renewals.append(f"{storages} = {bind(program.counted)}()")
        lines.append(f"for s in {storages}: s.version += 1")
        if program.owned:
            lines += ["if not same:", *_indented(self.attach)]
        for g in program.gradients:
            if g.result is None:
                lines.append(f"{bind(g.leaf)}._grad = {bind(g.external)}")
        if direct is None:
            made = ", ".join(f"{n}: m{n}" for n in program.made)
            return [*lines, f"return {bind(program._answer)}({{{made}}})"]
        if program.numbers_at:
            return [*lines, f"return {held}.item()"]
        lines += ["out = new(Tensor)", f"out._data = {held}.copy()"]
        for _, node in program.spent:
            lines += [f"out._node = {bind(node)}", "out._needs = True"]
        if program.inference:
            lines.append("out._inference = True")
        return [*lines, "return out"]

    def _direct(self) -> Result | None:
        """The one small result of a program that gives no more than that."""
        program = self.program
        if program.structure.type is not None or len(program.outcome) != 1:
            return None
        item = program.outcome[0]
        if not (isinstance(item, tuple) and len(item) == 2 and isinstance(item[1], Result)):
            return None
        number, result = item
        if list(program.made.values()) != [result] or number in program.shared:
            return None
        size = result.view.dtype.itemsize * result.view.size
        return result if result.plain and size <= SMALL else None

    def _owned(self) -> list[str]:
        """Gradients' tensors are used again unless somebody else holds them.

        One sum of reference counts says whether any is held: all of them are at their least where
        the sum is.
        """
        program, bind, scope = self.program, self.names.bind, self.names.scope
        owned = program.owned
        if not owned:
            return []
        mine: list[Any] = []  # the tensors, their arrays, and memory of another shape under these
        names = [bind(None, "g") for _ in owned]

        def renew() -> None:
            mine.clear()
            for name, g in zip(names, owned, strict=True):
                scope[name] = tensor = g.tensor
                array = tensor._data  # type: ignore[union-attr]
                root = root_of(array)
                mine.extend((tensor, array) if root is array else (tensor, array, root))

        def release() -> None:
            mine.clear()
            scope.update(dict.fromkeys(names))

        def prepare() -> None:
            program.fresh_gradients()
            renew()

        program.release = release
        renew()
        self.renewals.append(f"{bind(renew)}()")
        # A list holds all; a tensor is also held by the program and by its name here (and by its
        # leaf, where it is the gradient already), memory by what lies on it.
        least = len(mine) * (ALONE + 1) + len(owned)
        leaves = [f"{bind(g.leaf)}._grad" for g in owned]
        pairs = list(zip(leaves, names, strict=True))
        self.attach = [f"{leaf} = {name}" for leaf, name in pairs]
        return [
            f"same = {' and '.join([f'{leaf} is {name}' for leaf, name in pairs])}",
            f"if sum(map(refs, {bind(mine)})) > ({least + len(owned)} if same else {least}):",
            f"    {bind(prepare)}()",
            "    same = False",
        ]


def _indented(lines: Sequence[str]) -> list[str]:
    return ["    " + line for line in lines]


def written(entry: Entry) -> Callable[..., Any] | None:
    """The entry's call; None where the general way has to be taken."""
    if entry.arguments is None:
        return None
    writer = Writer(entry)
    program = writer.program
    if program.given_leaves or program.given_read:  # these are other tensors at each call
        return None
    if any(e.argument is not None for e in program.written):
        return None
    return writer.function()
