"""The numbers of a program that change from call to call: what optimizers' settings and step counts
come to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..tensor.tensor import Tensor
from .lower.updates import UpdateNumbers
from .memory import Buffer, Unsupported


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


class NumberSource:
    """Works out an optimizer's numbers before each run of a program.

    Settings are read anew only where a setting of the group has changed; what the rule decided by
    its numbers is decided again only where one of those numbers has changed.
    """

    def __init__(self, table: Any, numbers: UpdateNumbers, buffers: dict[int, Buffer]):
        self.table, self.numbers, self.note = table, numbers, numbers.note
        self.optimizer, self.group, _ = numbers.note
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
        self.state = self.optimizer.state
        self.size = len(self.state)
        self.seen: dict[str, Any] = {}
        self.options: dict[str, Any] = {}
        self.first = numbers.first
        self.last = self.first + len(numbers.names) + len(self.clocks)
        self.values: list[float] = []
        self.decisions: list[tuple[Callable, bool, tuple[str, ...]]] = []
        self.decided: dict[str, Any] | None = None

    def ready(self) -> bool:
        """Works out the numbers; False where the rule would now decide otherwise."""
        optimizer, numbers, group = self.optimizer, self.numbers, self.group
        if optimizer.state is not self.state or len(self.state) != self.size:
            return False
        if group != self.seen:
            self.options, self.seen = settings(*self.note), dict(group)
            if any([isinstance(v, Tensor) for v in group.values()]):  # noqa: C419
                self.seen = {}  # their numbers may change in place
        before = [clock._data.item() for clock in self.clocks]
        for i, clock in self.others:  # parameters that were frozen for a while lag behind
            if clock._data.item() != before[i]:
                return False
        after, found = self.coefficients(*before, **self.options)
        try:
            values = [found[name] for name in numbers.names]
            values += after
        except KeyError:
            return False
        if None in values:  # a number has become a switch that is off
            return False
        self.values = values
        for name, value in numbers.fixed.items():
            if found[name] is not value and found[name] != value:
                return False
        return self._decides_the_same(found)

    def _decides_the_same(self, found: dict[str, Any]) -> bool:
        last, self.decided = self.decided, found
        if last is None:
            noted = _Noted(found)
            for compute, outcome in self.numbers.decisions:
                noted.read.clear()
                if compute(noted) != outcome:
                    self.decided = None
                    return False
                self.decisions.append((compute, outcome, tuple(noted.read)))
            return True
        for compute, outcome, names in self.decisions:
            for name in names:
                if found[name] != last[name]:
                    if compute(found) != outcome:
                        self.decided = None
                        self.decisions = []
                        return False
                    break
        return True

    def fill(self) -> None:
        """Puts the numbers where the program reads them."""
        self.table[self.first : self.last] = self.values


class StateGuard:
    """For an update whose kernel runs in Python: its optimizer still has the recorded state."""

    def __init__(self, optimizer: Any):
        self.optimizer, self.state, self.size = optimizer, optimizer.state, len(optimizer.state)

    def ready(self) -> bool:
        """Whether the tensors that the program holds are the optimizer's."""
        state = self.optimizer.state
        return state is self.state and len(state) == self.size

    def fill(self) -> None:
        """There are no numbers."""
