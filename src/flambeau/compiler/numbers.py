"""The numbers of a program that change from call to call: what optimizers' settings and step counts
come to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..optim.state import State
from ..tensor.tensor import Tensor
from .lower.updates import UpdateNumbers, is_number
from .memory import Buffer, Unsupported

Bind = Callable[[Any], str]  # gives an object a name
Conditions = list[tuple[str, str]]  # Python expressions, and how what they give is compared


def settings(optimizer: Any, group: dict[str, Any], fixed: dict[str, Any]) -> dict[str, Any]:
    """The options of an update, from the optimizer's settings as they are now."""
    for g in optimizer.param_groups:
        if g is group:
            break
        if any(p is group["params"][0] for p in g["params"]):  # a part of a group
            group = {**g, "params": group["params"]}
            break
    options = {**optimizer._options(group), **fixed}
    for name, value in options.items():
        if isinstance(value, Tensor):
            options[name] = value.item()
    return options


class _Noted(dict):
    """Coefficients that note which of them are read."""

    def __init__(self, values: dict[str, Any]):
        super().__init__(values)
        self.read: set[str] = set()

    def __getitem__(self, key: str) -> Any:
        self.read.add(key)
        return super().__getitem__(key)


class Source:
    """What fills an update's numbers before each run of a program.

    Settings are read anew only where a setting of the group has changed; what the rule decided by
    its numbers is decided again only where one of those numbers has changed.
    """

    def __init__(self, table: Any, numbers: UpdateNumbers):
        self.table, self.numbers, self.note = table, numbers, numbers.note
        self.optimizer, self.group, _ = numbers.note
        self.seen: dict[str, Any] = {}
        self.options: dict[str, Any] = {}
        self.first = numbers.first
        self.last = self.first + len(numbers.names)
        self.decisions: list[tuple[Callable, bool, tuple[str, ...]]] = []
        self.decided: dict[str, Any] | None = None

    def ready(self) -> bool:
        """Looks at the settings; False where the rule would now decide otherwise."""
        raise NotImplementedError

    def fill(self) -> None:
        """Puts the numbers where the program reads them, unless :meth:`ready` has done so."""

    def conditions(self, bind: Bind) -> Conditions | None:
        """Expressions that give what they gave as long as there is nothing to do for :meth:`ready`
        and :meth:`fill`; None where they have to be called each time."""
        return None

    @property
    def moving(self) -> bool:
        """Whether a setting is a tensor, whose number may change in place."""
        return any([isinstance(v, Tensor) for v in self.group.values()])  # noqa: C419

    def _read_settings(self) -> None:
        self.options = settings(*self.note)
        self.seen = {} if self.moving else dict(self.group)

    def _as_recorded(self, found: dict[str, Any]) -> bool:
        """Whether what is no number is as it was, and the rule decides as it did."""
        for name, value in self.numbers.fixed.items():
            if found[name] is not value and found[name] != value:
                return False
        last, self.decided = self.decided, found
        if last is None:
            return self._decides(found)
        for compute, outcome, names in self.decisions:
            for name in names:
                if found[name] != last[name]:
                    if compute(found) != outcome:
                        self.decided = None
                        return False
                    break
        return True

    def _decides(self, found: dict[str, Any]) -> bool:
        """All decisions, which numbers they look at noted."""
        noted = _Noted(found)
        self.decisions = []
        for compute, outcome in self.numbers.decisions:
            noted.read.clear()
            if compute(noted) != outcome:
                self.decided = None
                return False
            self.decisions.append((compute, outcome, tuple(noted.read)))
        return True


class SettingSource(Source):
    """For a program that works out an update's coefficients: it needs the settings alone."""

    def ready(self) -> bool:
        if self.group == self.seen:
            return True
        self._read_settings()
        options = self.options
        values = [options[name] for name in self.numbers.names]
        if not all(map(is_number, values)) or not self._as_recorded(options):
            self.seen = {}
            return False
        self.table[self.first : self.last] = values
        return True

    def conditions(self, bind: Bind) -> Conditions | None:
        if self.moving:
            return None
        return [(f"{bind(self.group)}['params']", "is")]

    def values(self) -> list[Any] | None:
        """The settings; while they are equal, or after :meth:`ready`, the numbers are filled in."""
        return None if self.moving else list(self.group.values())


class NumberSource(Source):
    """Works out an update's coefficients before each run, from the settings and the counts."""

    def __init__(self, table: Any, numbers: UpdateNumbers, buffers: dict[int, Buffer]):
        super().__init__(table, numbers)
        self.coefficients: Callable = numbers.op.kernel.coefficients  # type: ignore[union-attr]
        self.clocks: list[Tensor] = []
        self.others: list[tuple[int, Tensor]] = []  # the counts of further parameters
        for i, column in enumerate(numbers.clocks):
            for j, view in enumerate(column):
                ref = buffers[view.buffer.number].tensor
                tensor = ref() if ref is not None else None
                if tensor is None:
                    raise Unsupported("a step count that nobody keeps")
                if j:
                    self.others.append((i, tensor))
                else:
                    self.clocks.append(tensor)
        self.last += len(self.clocks)
        self.values: list[float] = []

    def ready(self) -> bool:
        if self.group != self.seen:
            self._read_settings()
        before = [clock._data.item() for clock in self.clocks]
        for i, clock in self.others:  # parameters that were frozen for a while lag behind
            if clock._data.item() != before[i]:
                return False
        after, found = self.coefficients(*before, **self.options)
        try:
            values = [found[name] for name in self.numbers.names]
            values += after
        except KeyError:
            return False
        if None in values:  # a number has become a switch that is off
            return False
        self.values = values
        return self._as_recorded(found)

    def fill(self) -> None:
        self.table[self.first : self.last] = self.values


def source(table: Any, numbers: UpdateNumbers, buffers: dict[int, Buffer]) -> Source:
    """What fills these numbers."""
    if numbers.tape is not None:
        return SettingSource(table, numbers)
    return NumberSource(table, numbers, buffers)


class StateGuard:
    """Watches that an optimizer still has the state that the program holds."""

    def __init__(self, optimizer: Any):
        self.optimizer, self.state, self.size = optimizer, optimizer.state, len(optimizer.state)
        self.entries = [(p, s) for p, s in self.state.items() if isinstance(s, dict)]
        self.values = [
            (s, name, value) for _, s in self.entries for name, value in s.items()
            if isinstance(value, Tensor)
        ]  # fmt: skip

    def ready(self) -> bool:
        """Whether the tensors that the program holds are the optimizer's."""
        state = self.optimizer.state
        return (
            state is self.state
            and len(state) == self.size
            and all([state.get(p) is s for p, s in self.entries])  # noqa: C419
            and all([s.get(name) is value for s, name, value in self.values])  # noqa: C419
        )

    def fill(self) -> None:
        """There are no numbers."""

    def conditions(self, bind: Bind) -> Conditions:
        if isinstance(self.state, State) and self.state.counted:
            return [(f"{bind(self.optimizer)}.state", "is")]  # else a change would be counted
        state = bind(self.state)
        found = [(f"{bind(self.optimizer)}.state", "is"), (f"len({state})", "==")]
        found += [(f"{state}[{bind(p)}]", "is") for p, _ in self.entries]
        names = {id(s): bind(s) for _, s in self.entries}
        return found + [(f"{names[id(s)]}[{name!r}]", "is") for s, name, _ in self.values]
