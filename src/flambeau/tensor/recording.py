"""Who watches what a program does with tensors: the compiler, while it records a call.

The list is empty nearly always, and everything that looks at it does so in one test.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..ops.table import Op
    from .tensor import Tensor


class Recorder:
    """What sees every operator call while it is in :data:`recorders`."""

    def record(self, op: Op, args: tuple, results: tuple, hidden: tuple = ()) -> None:
        """An operator was called: its arguments, its results, and those arrays among the results
        that serve the derivative alone. A call in place has its first argument as its result."""

    def before_write(self, tensors: Sequence[Tensor]) -> None:
        """These tensors are about to be written into."""

    def created(self, tensor: Tensor) -> None:
        """A new tensor was made of numbers, by no operator."""

    def host_read(self, tensor: Tensor, what: str) -> None:
        """Python reads a tensor's numbers, as ``item()`` and ``bool()`` do."""

    def seen(self, tensor: Tensor) -> None:
        """Another tensor object is about to stand for this one's memory."""

    def number_read(self, tensor: Tensor, value: Any) -> Any:
        """``item()`` gives a number; a recorder may give another object for it."""
        self.host_read(tensor, "item()")
        return value

    def unrepeatable(self, what: str) -> None:
        """Something happens that is no operator call: ``what`` says it, as a sentence's start."""

    def gradient_set(self, leaf: Tensor, reads: bool) -> None:
        """A tensor's ``grad`` is about to be set; ``reads`` where it also depends on the old."""

    def gradient_read(self, leaf: Tensor) -> None:
        """A tensor's ``grad`` is looked at."""

    def note(self, kind: str, *what: Any) -> None:
        """Something else that a recorded program depends on, such as an optimizer's settings."""


class Changes:
    """Counts changes of modules' attributes, so that whoever depends on them need not look."""

    __slots__ = ("count",)

    def __init__(self) -> None:
        self.count = 0


changes = Changes()
recorders: list[Recorder] = []


def number_read(tensor: Tensor, value: Any) -> Any:
    """What ``item()`` gives while somebody records."""
    for r in recorders:
        value = r.number_read(tensor, value)
    return value


def host_read(tensor: Tensor, what: str) -> None:
    """Tells all recorders that Python reads a tensor's numbers."""
    for r in recorders:
        r.host_read(tensor, what)


def unrepeatable(what: str) -> None:
    """Tells all recorders that something happens which is no operator call."""
    for r in recorders:
        r.unrepeatable(what)
