"""Rows of the operator table that update parameters: the kernel that an optimizer's rule makes.

Such a row takes lists of tensors (parameters, gradients, each kind of state, each kind of number
that parameters keep, such as step counts) and the optimizer's settings, and writes in place into
all but the gradients. Its kernel is an :class:`Update`; the compiler finds there the rule, which is
the loop's body, and the coefficients, which change from step to step.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..tensor.recording import recorders
from ..tensor.tensor import bump
from . import dispatch, tiles
from .table import Op, parse_signature, register

Array = np.ndarray
LARGE = 30_000  # elements from which an update is worth a compiled function


def unchanged(*clocks: float, **options: Any) -> tuple[tuple, dict[str, Any]]:
    """Coefficients of a rule that no step count enters: the settings. A count itself goes on."""
    return tuple([step + 1 for step in clocks]), options


class Update:
    """The kernel of an update's row.

    Attributes:
        rule: ``rule(k, param, grad, *state, **numbers)``: what happens to each element, in the
            arithmetic ``k`` of :mod:`.tiles`; where ``whole``, ``rule(param, grad, *state,
            **numbers)`` on whole arrays.
        coefficients: ``coefficients(*clocks, **options) -> (clocks after, the rule's numbers)``.
        clocks: how many kinds of numbers parameters keep; their lists come last.
    """

    def __init__(
        self, signature: str, rule: Callable, coefficients: Callable, clocks: int, whole: bool
    ):
        self.rule, self.coefficients, self.whole = rule, coefficients, whole
        params = parse_signature(signature)
        lists = sum(p.is_tensors for p in params)
        self.lists, self.columns, self.clocks = lists, lists - clocks, clocks
        self.options = tuple(p.name for p in params[lists:])

    def __call__(self, *args: Any) -> Any:
        """Updates arrays: the lists in order, then the settings in order."""
        self.apply(args[: self.lists], dict(zip(self.options, args[self.lists :], strict=True)))
        return args[0]

    def apply(self, lists: Sequence[Any], options: dict[str, Any]) -> None:
        """Updates arrays: the lists in order, then the settings by name."""
        columns, clocks = lists[: self.columns], lists[self.columns :]
        with np.errstate(all="ignore"):
            if len({id(param) for param in columns[0]}) == len(columns[0]):
                self._apply(columns, clocks, options)
                return
            for i in range(len(columns[0])):  # twice the same: one after the other
                self._apply(_only(columns, i), _only(clocks, i), options)

    def _apply(
        self, columns: Sequence[Any], clocks: Sequence[Any], options: dict[str, Any]
    ) -> None:
        count = len(columns[0])
        for values, members in _by_value(clocks, count).items():
            after, numbers = self.coefficients(*values, **options)
            for column, value in zip(clocks, after, strict=True):
                for i in members:
                    column[i].fill(value)
            chosen = columns
            if len(members) < count:
                chosen = [None if c is None else [c[i] for i in members] for c in columns]
            if self.whole:
                for i in range(len(members)):
                    _run_whole(self.rule, [None if c is None else c[i] for c in chosen], numbers)
            elif not self._in_c(chosen, numbers):
                tiles.run(self.rule, chosen, numbers)

    def _in_c(self, columns: Sequence[Any], numbers: dict[str, Any]) -> bool:
        """Runs the rule as compiled code where that pays; tells whether it did."""
        if recorders or sum([a.size for a in columns[0]]) < LARGE:
            return False  # while a program is recorded, its own code is made soon enough
        dtype = columns[0][0].dtype
        for column in columns:
            for a in column or ():
                if a.dtype is not dtype or not a.flags.c_contiguous:
                    return False
        from ..compiler import eager_updates

        found = eager_updates.find(self, columns, numbers)
        if found is None:
            return False
        found.run([c for c in columns if c is not None], numbers)
        return True

    def differentiable(self, lists: Sequence[Any], options: dict[str, Any]) -> None:
        """The same on tensors, each step recorded for gradients."""
        columns, clocks = lists[: self.columns], lists[self.columns :]
        for i in range(len(columns[0])):
            own = [column[i] for column in clocks]
            after, numbers = self.coefficients(*[float(clock) for clock in own], **options)
            for clock, value in zip(own, after, strict=True):
                clock.fill_(value)
            row = [None if column is None else column[i] for column in columns]
            self.rule(tiles.Tensors, *row, **numbers)


def _only(lists: Sequence[Any], i: int) -> list[Any]:
    return [None if column is None else [column[i]] for column in lists]


def _by_value(clocks: Sequence[Sequence[Array]], count: int) -> dict[tuple, Sequence[int]]:
    """Parameters by the numbers they keep; nearly always all of them have the same."""
    if not clocks:
        return {(): range(count)}
    numbers = [[a.item() for a in column] for column in clocks]
    if all(values.count(values[0]) == count for values in numbers):
        return {tuple([values[0] for values in numbers]): range(count)}
    groups: dict[tuple, Any] = {}
    for i, key in enumerate(zip(*numbers, strict=True)):
        groups.setdefault(key, []).append(i)
    return groups


def _run_whole(rule: Callable, arrays: Sequence[Any], numbers: dict[str, Any]) -> None:
    """Applies a rule to the arrays of one parameter; half types are computed in float32."""
    if arrays[0].dtype.itemsize > 2:
        rule(*arrays, **numbers)
        return
    wide = [None if a is None else a.astype(np.float32) for a in arrays]
    rule(*wide, **numbers)
    for place, (array, result) in enumerate(zip(arrays, wide, strict=True)):
        if place != 1 and array is not None:
            array[...] = result


def run(op: Op, lists: Sequence[Any], options: dict[str, Any]) -> None:
    """Runs an update's row on lists of tensors: a short way through the door, of the same meaning.

    An optimizer knows that its lists hold tensors and that none of them is recorded for gradients.
    """
    kernel: Any = op.kernel
    if recorders:
        for r in recorders:
            r.before_write([t for column in lists[kernel.columns :] for t in column])
        dispatch.execute(op, (*lists, *[options[name] for name in kernel.options]))
        return
    kernel.apply([None if c is None else [t._data for t in c] for c in lists], options)
    for t in lists[0]:
        bump(t)


UPDATES: dict[str, Op] = {}


def update(
    signature: str,
    *,
    coefficients: Callable = unchanged,
    clocks: int = 0,
    whole: bool = False,
) -> Callable[[Callable], Callable]:
    """Adds a row for an optimizer's update, from its rule; see :class:`Update`.

    The first paragraph of the rule's text is the formula.
    """

    def add(rule: Callable) -> Callable:
        doc = rule.__doc__ or ""
        row = register(
            Op(
                signature,
                Update(signature, rule, coefficients, clocks, whole),
                writes=True,
                where="",
                formula=" ".join(doc.split("\n\n")[0].split()),
                doc=doc,
            )
        )
        UPDATES[row.name] = row
        return rule

    return add
