"""Recording: what a function does with tensors, written down while it runs."""

from __future__ import annotations

import sys
import threading
import weakref
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.lib.array_utils import byte_bounds

from .. import __file__ as _init
from ..ops.expressions import TENSORS
from ..ops.inplace import check
from ..ops.table import Op
from ..tensor.memory import root_of
from ..tensor.recording import Recorder as Watcher
from ..tensor.recording import recorders
from ..tensor.tensor import Tensor
from .memory import Array, Buffer, View, address_of
from .reads import read_number

PACKAGE = _init[: -len("__init__.py")]


class Call:
    """One operator call: a row, its arguments with views for tensors, and its results.

    ``writes`` are views that existed before and are written into; ``results`` are new (those of
    them that serve the derivative alone come last).
    """

    __slots__ = ("op", "args", "results", "writes", "line", "note")

    def __init__(self, op: Op, args: tuple, results: tuple, writes: tuple, line: str):
        self.op, self.args, self.results, self.writes = op, args, results, writes
        self.line = line
        self.note: Any = None  # what an optimizer says of its update

    def reads(self) -> list[View]:
        return list(views_in(self.args))

    def __repr__(self) -> str:
        left = ", ".join(map(repr, self.results or self.writes))
        return f"{left} = {self.op.name}{self.args!r}"


def views_in(value: Any) -> Any:
    """All views in nested arguments."""
    if isinstance(value, View):
        yield value
    elif isinstance(value, (tuple, list)):
        for v in value:
            yield from views_in(v)


class Recorder(Watcher):
    """Writes down the calls of one run of a function.

    Attributes:
        calls: the operator calls, in order.
        broken: why the run cannot be replayed, or None.
        leaves: tensors whose ``grad`` was set: leaf, whether its old grad mattered, the old one.
    """

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.buffers: dict[int, Buffer] = {}  # by the id of the root array (or of the window)
        self.order: list[Buffer] = []  # all of them, also those whose array is gone
        self._alive: dict[int, weakref.ref] = {}  # roots of buffers that the run made
        self.windows: dict[int, list[Buffer]] = {}  # arguments' parts of larger memory
        self.thread = threading.get_ident()
        self.broken: str | None = None
        self.leaves: dict[int, list] = {}
        self.made: list[tuple[weakref.ref, View, str]] = []
        self.met: dict[int, tuple[weakref.ref, View]] = {}  # tensors that were there before
        self.once = ""  # why this very run will not be repeated
        self.numbers: list[tuple[weakref.ref, str]] = []  # read by item()
        self.actions: list[Callable[[], Any]] = []  # what Python does after each run
        self.entered: dict[int, Tensor] = {}  # by arguments' ids, tensors whose history goes on
        self._note: Any = None

    def __enter__(self) -> Recorder:
        recorders.append(self)
        return self

    def __exit__(self, *_: object) -> None:
        recorders.remove(self)

    # ------------------------------------------------------------------ what the program tells

    @property
    def deaf(self) -> bool:
        """Whether what is told is not to be written down: another thread tells it, for one."""
        return self.broken is not None or threading.get_ident() != self.thread

    def record(self, op: Op, args: tuple, results: tuple, hidden: tuple = ()) -> None:
        if self.deaf:
            return
        if op.dynamic and (op.dynamic is True or op.dynamic(args)):
            self.fail(f"{op.name.strip('_')}: the size of its result depends on numbers")
            return
        taken = self._take(args)
        line = user_line()
        if op.writes or (
            results and isinstance(results[0], Tensor) and args and results[0] is args[0]
        ):
            if op.view:
                return
            writes = tuple(self.view(t) for t in results)
            if op.writes:  # such a row may write into all of its lists
                lists = (v for i in op.list_slots for v in views_in(taken[i]))
                known_already = {v.key for v in writes}
                writes += tuple(v for v in lists if v.key not in known_already)
            call = Call(op, taken, (), writes, line)
            call.note, self._note = self._note, None
            self.calls.append(call)
            return
        known = [self.find(t._data) is not None for t in results]
        if results and all(known) and not hidden:
            return  # views of what is known already: their geometry says it
        number = len(self.calls)
        made = []
        for t in results:
            view = self.view(t._data, number)
            self.made.append((weakref.ref(t), view, line))
            made.append(view)
        for array in hidden:
            made.append(self.view(np.asarray(array), number))
        self.calls.append(Call(op, taken, tuple(made), (), line))

    def before_write(self, tensors: Sequence[Tensor]) -> None:
        if self.deaf:
            return
        for t in tensors:
            given = self.entered.get(id(t if t._base is None else t._base))
            if given is not None:  # the write is refused where the caller's tensor refuses it
                check(given, "")
            buffer = self.view(t).buffer
            kept_outside = t._needs and t._node is None  # a parameter
            if buffer.born is None and buffer.initial is None and not kept_outside:
                buffer.initial = np.array(buffer.root)

    def created(self, tensor: Tensor) -> None:
        if not self.deaf and tensor._data.size:
            buffer = self.view(tensor).buffer
            buffer.inside, buffer.initial = True, np.array(buffer.root)

    def host_read(self, tensor: Tensor, what: str) -> None:
        self.fail(f"{what} reads a tensor's numbers in Python")

    def number_read(self, tensor: Tensor, value: Any) -> Any:
        if self.deaf:
            return value
        caller = sys._getframe(3).f_code.co_filename  # of item()
        if not isinstance(value, float) or caller.startswith(PACKAGE):
            self.host_read(tensor, "item()")
            return value
        place = self.view(TENSORS["clone"](tensor.detach())._data)
        line = user_line()
        reason = f"item() reads a number that is used in Python ({line})"

        def used() -> None:
            if self.broken is None:
                self.broken = reason

        number = read_number(value, place, used)
        self.numbers.append((weakref.ref(number), reason))
        return number

    def unrepeatable(self, what: str) -> None:
        self.fail(what)

    def seen(self, tensor: Tensor) -> None:
        if not self.deaf:
            self.view(tensor)

    def gradient_set(self, leaf: Tensor, reads: bool) -> None:
        if not self.deaf and id(leaf) not in self.leaves:
            self.leaves[id(leaf)] = [leaf, reads, leaf._grad]

    def gradient_read(self, leaf: Tensor) -> None:
        if not self.deaf and id(leaf) not in self.leaves:
            found = self.find(leaf._data)
            if found is None or found.born is None:
                self.leaves[id(leaf)] = [leaf, True, leaf._grad]

    def note(self, kind: str, *what: Any) -> None:
        if self.deaf:
            return
        if kind == "once":
            self.once = what[0]
        elif kind == "action":
            self.actions.append(what[0])
        else:
            if self.actions:
                self.fail("an optimizer's step follows a schedule's")
            self._note = what

    def fail(self, reason: str) -> None:
        """Gives the recording up; the program itself runs on."""
        if not self.deaf:
            self.broken = f"{reason} ({user_line() or 'in the library'})"

    def release(self) -> None:
        """Lets go of the arrays that the recorded run made."""
        for buffer in self.order:
            buffer.initial = None
        self.order.clear()
        self.buffers.clear()
        self._alive.clear()
        self.windows.clear()
        self.made.clear()
        self.met.clear()

    # ------------------------------------------------------------------ geometry

    def _take(self, value: Any) -> Any:
        if isinstance(value, Tensor):
            return self.view(value)
        if isinstance(value, (tuple, list)) and any(
            isinstance(v, (Tensor, tuple, list)) for v in value
        ):
            return tuple([self._take(v) for v in value])
        if isinstance(value, np.ndarray):
            return self.view(value)
        return value

    def find(self, array: Array) -> Buffer | None:
        """The buffer that an array lies in, if it is known."""
        root = root_of(array)
        windows = self.windows.get(id(root))
        if windows is None:
            return self.buffers.get(id(root))
        low, high = byte_bounds(array) if array.size else (0, 0)
        for window in windows:
            end = window.address + window.nbytes
            if not array.size or (window.address <= low and high <= end):
                return window
        return None

    def arguments(self, tensors: Sequence[Tensor]) -> None:
        """Makes the buffers of a call's arguments.

        An argument that is a part of larger memory has a buffer of its own, since at another call
        it may be another part; those that overlap have one together.
        """
        parts: dict[int, list[Tensor]] = {}
        for t in tensors:
            parts.setdefault(id(root_of(t._data)), []).append(t)
        for number, members in parts.items():
            root = root_of(members[0]._data)
            if all(t._data is root or not t._data.size for t in members):
                continue
            windows: list[Buffer] = []
            for group in overlapping(members):
                low, high = bounds_of(group)
                window = Buffer(len(self.order), high - low, None)
                window.root, window.address = root, low
                window.tensor = weakref.ref(group[0])
                self.order.append(window)
                windows.append(window)
            self.windows[number] = windows

    def view(self, what: Tensor | Array, born: int | None = None) -> View:
        """The place of a tensor (or array) in its buffer; the buffer is made where it is new."""
        array: Array = what._data if isinstance(what, Tensor) else what
        buffer = self.find(array)
        if buffer is None:
            root = root_of(array)
            if id(root) in self.windows:
                self.fail("an argument is a part of memory that is used as a whole")
            tensor = what if isinstance(what, Tensor) else None
            buffer = Buffer.of(len(self.order), root, born, tensor)
            self.order.append(buffer)
            self.buffers[id(root)] = buffer
            if born is not None:
                self._let_go(buffer, root)
        view = view_of(array, buffer)
        if isinstance(what, Tensor) and buffer.born is None and id(what) not in self.met:
            self.met[id(what)] = (weakref.ref(what), view)
        return view


    def _let_go(self, buffer: Buffer, root: Array) -> None:
        """What the run makes lives as long as the run needs it; its geometry is known for good."""
        key, buffers = id(root), self.buffers
        buffer.root = None
        self._alive[key] = weakref.ref(root, lambda _: buffers.pop(key, None))


def bounds_of(tensors: Sequence[Tensor]) -> tuple[int, int]:
    """The addresses between which the elements of tensors lie."""
    bounds = [byte_bounds(t._data) for t in tensors if t._data.size]
    if not bounds:
        return 0, 0
    return min(low for low, _ in bounds), max(high for _, high in bounds)


def overlapping(tensors: Sequence[Tensor]) -> list[list[Tensor]]:
    """Tensors of one memory in groups that have bytes in common."""
    groups: list[list[Tensor]] = []
    for t in tensors:
        joined = [t]
        low, high = bounds_of(joined)
        apart = []
        for group in groups:
            first, last = bounds_of(group)
            if first < high and low < last:
                joined = group + joined
                low, high = bounds_of(joined)
            else:
                apart.append(group)
        groups = [*apart, joined]
    return groups


def view_of(array: Array, buffer: Buffer) -> View:
    """An array's geometry in the buffer that holds it."""
    item = array.dtype.itemsize
    at = address_of(array) - buffer.address if array.size else 0
    strides = tuple([s // item for s in array.strides])
    return View(buffer, array.dtype, at // item, array.shape, strides)


def user_line() -> str:
    """``file:line`` of the innermost frame outside of the package."""
    frame: Any = sys._getframe(1)
    while frame is not None and frame.f_code.co_filename.startswith(PACKAGE):
        frame = frame.f_back
    if frame is None:
        return ""
    name = frame.f_code.co_filename.rsplit("/", 1)[-1]
    return f"{name}:{frame.f_lineno}"
