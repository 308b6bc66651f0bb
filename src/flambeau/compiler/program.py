"""A recorded call made ready to be repeated: its inputs, its memory, its steps, its results."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..autograd.modes import mode
from ..backends.native import library
from ..ops import dispatch
from ..ops.table import KEEP
from ..ops.updates import Update
from ..tensor.tensor import Tensor, wrap
from ..utils._pytree import tree_flatten, tree_unflatten
from .emit import Emitter
from .expressions import const, load
from .graph import Graph, Host, Node
from .lower import lower
from .lower.updates import UpdateNumbers
from .memory import Array, Buffer, Unsupported, View, address_of, array_at, root_of
from .passes import optimise, plan_memory
from .recorder import Call, Recorder, view_of

address = library.address
_new = object.__new__


class Changed(Exception):
    """A program does not fit its inputs any more; it has to be recorded anew."""


class External:
    """Memory from outside: a tensor whose array a slot points to.

    ``argument`` is its place among the call's arguments, or None; ``leaf`` the tensor whose
    gradient it is, or None; ``name`` its place among the environment's tensors, or None.
    """

    __slots__ = ("buffer", "slot", "tensor", "array", "view", "argument", "leaf", "name", "written")

    def __init__(self, buffer: Buffer, slot: int, tensor: Tensor | None, view: View | None):
        self.buffer, self.slot, self.tensor, self.view = buffer, slot, tensor, view
        self.array = tensor._data if tensor is not None else buffer.root
        self.argument: int | None = None
        self.leaf: Tensor | None = None
        self.name: int | None = None
        self.written = False

    def pointer(self, array: Array) -> int:
        if self.view is None:
            return self.buffer.address
        return address(array) - self.view.offset * self.view.dtype.itemsize

    def fits(self, array: Array) -> bool:
        """Whether another array may stand in the recorded one's place."""
        old = self.array
        return (
            array.dtype == old.dtype and array.shape == old.shape and array.strides == old.strides
        )


class Result:
    """Something new that a call gives: how to make its memory and its tensor."""

    __slots__ = ("view", "slot", "plain")

    def __init__(self, view: View, slot: int):
        self.view, self.slot = view, slot
        self.plain = view.is_contiguous() and view.covers()

    def make(self, slots: Any) -> tuple[Tensor, Array]:
        """A new tensor, whose memory the slot then points to."""
        view = self.view
        if self.plain:
            array = root = np.empty(view.shape, view.dtype)
        else:
            root = np.empty(max(view.buffer.nbytes, 1), np.uint8)
            at = address_of(root) + view.offset * view.dtype.itemsize
            array = array_at(at, view.dtype, view.shape, view.strides, root)
        slots[self.slot] = address(root)
        return wrap(array), root


class Gradient:
    """A leaf's gradient after the call: a tensor of the program's, or None."""

    __slots__ = ("leaf", "result", "tensor", "external")

    def __init__(self, leaf: Tensor, result: Result | None, external: Tensor | None):
        self.leaf, self.result, self.external = leaf, result, external
        self.tensor: Tensor | None = None


# References to a gradient that only its leaf and this program hold: the leaf's, the program's and
# getrefcount's own argument; to its array: the tensor's and getrefcount's.
_GRADIENT_REFERENCES, _ARRAY_REFERENCES = 3, 2


class Program:
    """A recorded call, compiled.

    Raises:
        Unsupported: the recording cannot be repeated; the message says why.
    """

    def __init__(
        self, recording: Recorder, calls: Sequence[Call], arguments: Sequence[Tensor], result: Any,
        gradients: bool = True, extra: Sequence[View] = (), given: Sequence[Buffer] = (),
        whole: bool = True,
    ):  # fmt: skip
        self.given = {b.number for b in given}
        self.recording = recording
        self.calls = list(calls)
        native = library.runtime() is not None
        self.native = native
        buffers = recording.buffers
        self.by_number = {b.number: b for b in buffers.values()}
        self._internal: dict[int, Array] = {}
        leaves, self.structure = tree_flatten(result)
        self.leaves = leaves
        outcome = self._outcome(leaves)
        self.gradients = self._gradients() if gradients else []
        kept = {v.buffer.number for v in outcome if isinstance(v, View)}
        kept |= {g.result.view.buffer.number for g in self.gradients if g.result is not None}
        kept |= {v.buffer.number for v in extra}
        builder = lower(self.calls, len(buffers), native, whole)
        self.given_order = [b.number for b in given]
        self._start_internal(builder)
        self.builder = builder
        self.graph = Graph(builder.nodes, kept, builder.numbers, self.given)
        if native:
            optimise(self.graph)
        self._place(arguments, kept)
        self._finish(outcome, extra)
        self._build()

    # ------------------------------------------------------------------ what comes out

    def _outcome(self, leaves: list[Any]) -> list[Any]:
        """For each leaf of the result: a view of new memory, a tensor from outside, or a value."""
        outcome: list[Any] = []
        for leaf in leaves:
            if not isinstance(leaf, Tensor):
                outcome.append(leaf)
                continue
            buffer = self.recording.buffers.get(id(root_of(leaf._data)))
            if buffer is None:
                raise Unsupported("a result that no recorded operator gave")
            if buffer.born is None:
                if buffer.tensor is None or buffer.tensor() is None:
                    raise Unsupported("a result that was made by no recorded operator")
                outcome.append((leaf, view_of(leaf._data, buffer)))
            else:
                outcome.append(view_of(leaf._data, buffer))
        return outcome

    def _gradients(self) -> list[Gradient]:
        out = []
        for leaf, _, _ in self.recording.leaves.values():
            grad = leaf._grad
            if grad is None:
                out.append(Gradient(leaf, None, None))
                continue
            buffer = self.recording.buffers.get(id(root_of(grad._data)))
            if buffer is None or buffer.born is None:
                out.append(Gradient(leaf, None, grad))
                continue
            gradient = Gradient(leaf, Result(view_of(grad._data, buffer), -1), None)
            gradient.tensor = grad
            out.append(gradient)
        return out

    def _start_internal(self, builder: Any) -> None:
        """Memory that the function made unrecorded and then wrote into starts anew each time."""
        start: list[Node] = []
        written = {v.buffer.number for node in builder.nodes for v in node.writes()}
        for buffer in self.by_number.values():
            initial = buffer.initial
            alive = buffer.tensor is not None and buffer.tensor() is not None
            if buffer.born is not None or alive or buffer.number not in written:
                continue
            if initial is None:
                raise Unsupported("memory that was written before it was seen")
            flat = View(buffer, initial.dtype, 0, (initial.size,), (1,))
            nodes, builder.nodes = builder.nodes, []
            if not initial.any():
                builder.store(flat, const(0, initial.dtype))
            else:
                model = Buffer.of(builder.count, initial, None, None)
                builder.count += 1
                self.by_number[model.number] = model
                builder.store(flat, load(View(model, initial.dtype, 0, flat.shape, (1,))))
            buffer.born = 0
            start += builder.nodes
            builder.nodes = nodes
        builder.nodes[:0] = start

    # ------------------------------------------------------------------ memory

    def _place(self, arguments: Sequence[Tensor], kept: set[int]) -> None:
        """Gives slots to what comes from outside and places to what is temporary."""
        used = self.graph.buffers()
        written = {v.buffer.number for node in self.graph.nodes for v in node.writes()}
        self.externals: list[External] = []
        slots: dict[int, int] = {}
        by_argument = {}
        for i, t in enumerate(arguments):
            found = self.recording.buffers.get(id(root_of(t._data)))
            if found is not None:
                by_argument.setdefault(found.number, (i, t))
        grads = {id(old): leaf for leaf, reads, old in self.recording.leaves.values()
                 if reads and old is not None}  # fmt: skip
        next_slot = 2
        for number, buffer in used.items():
            if buffer.born is not None and number not in kept and number not in self.given:
                continue
            slots[number] = next_slot
            if buffer.born is None:
                tensor = buffer.tensor() if buffer.tensor is not None else None
                view = None
                if number in by_argument:
                    tensor = by_argument[number][1]
                if tensor is not None:
                    view = view_of(tensor._data, buffer)
                external = External(buffer, next_slot, tensor, view)
                external.written = number in written
                if number in by_argument:
                    external.argument = by_argument[number][0]
                if tensor is not None and id(tensor) in grads:
                    external.leaf = grads[id(tensor)]
                self.externals.append(external)
            next_slot += 1
        self.slots_of = slots
        self.plan = plan_memory(self.graph, set(slots))
        self.table = (ctypes.c_void_p * max(next_slot, 2))()
        self.arena = np.empty(self.plan.size + 128, np.uint8)
        at = address_of(self.arena)
        self.arena_address = at + -at % 64
        self.numbers = np.zeros(max(1, self.graph.numbers), np.float64)
        self.table[0] = self.arena_address
        self.table[1] = address_of(self.numbers)
        for e in self.externals:
            if e.array is not None:
                self.table[e.slot] = e.pointer(e.array)

    def _finish(self, outcome: list[Any], extra: Sequence[View]) -> None:
        self.outcome: list[Any] = []
        made: dict[int, Result] = {}
        self.results: list[Result] = []

        def result_of(view: View) -> Result:
            slot = self.slots_of.get(view.buffer.number)
            if slot is None:  # nobody writes it: an empty result
                slot = len(self.table) - 1
            found = made.get(view.buffer.number)
            if found is None or found.view.key != view.key:
                found = Result(view, slot)
                made.setdefault(view.buffer.number, found)
            return found

        extra = [v for v in extra if v.buffer.number in self.slots_of]

        grads: dict[int, Gradient] = {}
        for g in self.gradients:
            if g.result is not None:
                g.result = Result(g.result.view, self.slots_of[g.result.view.buffer.number])
                grads[g.result.view.buffer.number] = g
        for item in outcome:
            if isinstance(item, View):
                self.outcome.append((item.buffer.number, result_of(item)))
            elif isinstance(item, tuple) and isinstance(item[0], Tensor):
                self.outcome.append(self._returned(*item))
            else:
                self.outcome.append(item)
        self.extra = [(v.buffer.number, result_of(v)) for v in extra]
        self.shared = {n for n in made if n in grads}
        self.made = {n: r for n, r in made.items() if n not in grads}
        self.grad_of = grads
        for g in self.gradients:
            if g.result is not None and g.tensor is not None:
                self.table[g.result.slot] = address(root_of(g.tensor._data))
        self.written = [e for e in self.externals if e.written and e.tensor is not None]

    def _returned(self, tensor: Tensor, view: View) -> Any:
        """A result that was there before: an argument, or a tensor from outside."""
        for e in self.externals:
            if e.buffer is view.buffer and e.tensor is not None:
                return _Outside(e, tensor if e.tensor is not tensor else None, view)
        return _Outside(None, tensor, view)

    # ------------------------------------------------------------------ steps

    def _build(self) -> None:
        self.steps: list[Any] = []
        self.text = ""
        hosts = [n for n in self.graph.nodes if isinstance(n, Host)]
        if self.native:
            self.text = Emitter(self.graph, self.plan, self.slots_of).text()
            self.code = library.program(self.text)
            runs = []
            for i in range(len(hosts) + 1):
                run = getattr(self.code, f"fl_run_{i}")
                run.restype = ctypes.c_int64
                runs.append(run)
            self.steps.append(runs[0])
            for host, run in zip(hosts, runs[1:], strict=True):
                self.steps += [_HostStep(self, host.call), run]
        else:
            self.steps = [_HostStep(self, host.call) for host in hosts]
            if len(hosts) != len(self.graph.nodes):
                raise Unsupported("native code, which is not to be had here")
        self.sources = [_NumberSource(self, s) for s in self.builder.sources]

    def array(self, view: View) -> Array:
        """The array of a view as it lies in memory now."""
        offset = self.plan.offsets.get(view.buffer.number)
        item = view.dtype.itemsize
        if offset is not None:
            at = self.arena_address + offset
        else:
            at = self.table[self.slots_of[view.buffer.number]] or 0
        return array_at(at + view.offset * item, view.dtype, view.shape, view.strides, None)

    # ------------------------------------------------------------------ running

    def ready(self, arguments: Sequence[Tensor]) -> bool:
        """Points the slots at today's arrays; False where the program does not fit them."""
        table = self.table
        for e in self.externals:
            if e.argument is not None:
                e.tensor = arguments[e.argument]
            elif e.leaf is not None:
                e.tensor = e.leaf._grad
                if e.tensor is None:
                    return False
            tensor = e.tensor
            if tensor is None:
                continue
            array = tensor._data
            if array is not e.array:
                if not e.fits(array):
                    return False
                e.array = array
                table[e.slot] = e.pointer(array)
        for leaf, reads, old in self.recording.leaves.values():
            if reads and (leaf._grad is None) != (old is None):
                return False
        return all(s.ready() for s in self.sources)

    def give(self, roots: Sequence[Array]) -> None:
        """Memory that an earlier program filled, for the buffers that are ``given``."""
        self.held = roots
        for number, root in zip(self.given_order, roots, strict=True):
            slot = self.slots_of.get(number)
            if slot is not None:
                self.table[slot] = address(root)

    def run(self) -> Any:
        """Repeats the call; :meth:`ready` has said that it fits."""
        return self._answer(self._run())

    def run_parts(self) -> tuple[list, list[Array]]:
        """Repeats the call: the leaves of its result, and the memory of ``extra``."""
        made = self._run()
        return self._leaves(made), [made[number][1] for number, _ in self.extra]

    def _run(self) -> dict[int, tuple[Tensor, Array]]:
        table: Any = self.table
        made: dict[int, tuple[Tensor, Array]] = {}
        for number, result in self.made.items():
            made[number] = result.make(table)
        for g in self.gradients:
            if g.result is not None:
                self._own_gradient(g)
        for s in self.sources:
            s.fill()
        for step in self.steps:
            error = step(table)
            if error:
                self._raise(error)
        for e in self.written:
            storage = e.tensor._storage  # type: ignore[union-attr]
            if storage is not None:
                storage.version += 1
        for g in self.gradients:
            g.leaf._grad = g.tensor if g.external is None else g.external
        return made

    def _own_gradient(self, g: Gradient) -> None:
        """A gradient's tensor is used again unless somebody else holds it."""
        t = g.tensor
        if (
            t is None
            or sys.getrefcount(t) > _GRADIENT_REFERENCES + (g.leaf._grad is t)
            or sys.getrefcount(t._data) > _ARRAY_REFERENCES
            or t._storage is not None
        ):
            g.tensor = g.result.make(self.table)[0]  # type: ignore[union-attr]

    def _answer(self, made: dict[int, tuple[Tensor, Array]]) -> Any:
        return self.assembled(self._leaves(made))

    def assembled(self, leaves: list[Any]) -> Any:
        """The result in its nested containers."""
        if self.structure.type is None:
            return leaves[0]
        return tree_unflatten(leaves, self.structure)

    def _leaves(self, made: dict[int, tuple[Tensor, Array]]) -> list[Any]:
        leaves = []
        for item in self.outcome:
            if item.__class__ is tuple and len(item) == 2 and isinstance(item[1], Result):
                leaves.append(self._tensor(*item, made))
            elif isinstance(item, _Outside):
                leaves.append(item.tensor())
            else:
                leaves.append(item)
        return leaves

    def _tensor(self, number: int, result: Result, made: dict) -> Tensor:
        if number in self.shared:
            g = self.grad_of[number]
            root = root_of(g.tensor._data)  # type: ignore[union-attr]
        else:
            tensor, root = made[number]
            if self.made[number] is result:
                return tensor
        view = result.view
        at = address_of(root) + view.offset * view.dtype.itemsize
        return wrap(array_at(at, view.dtype, view.shape, view.strides, root))

    def _raise(self, error: int) -> None:
        if error < 0:
            raise MemoryError("flambeau.compile: no memory for a temporary array")
        raise IndexError(
            f"Target or index number {error - 1} is out of bounds.\n"
            "Hint: run the function uncompiled to see which one it is."
        )


class _Outside:
    """A result that existed before the call: the tensor itself, or a view of it."""

    __slots__ = ("external", "fixed", "view")

    def __init__(self, external: External | None, fixed: Tensor | None, view: View):
        self.external, self.fixed, self.view = external, fixed, view

    def tensor(self) -> Tensor:
        if self.external is None or self.external.tensor is None:
            assert self.fixed is not None
            return self.fixed
        if self.fixed is None:
            return self.external.tensor
        e, view = self.external, self.view
        assert e.array is not None
        at = e.pointer(e.array) + view.offset * view.dtype.itemsize
        return wrap(array_at(at, view.dtype, view.shape, view.strides, e.array))


class _HostStep:
    """Runs an operator's kernel on the program's memory."""

    def __init__(self, program: Program, call: Call):
        self.program, self.call = program, call
        if isinstance(call.op.kernel, Update) and call.note is None:
            raise Unsupported("an optimizer's update without its optimizer")

    def __call__(self, table: Any) -> int:
        call, program = self.call, self.program
        args = self._given(call.args)
        before, mode.grad = mode.grad, False
        try:
            if isinstance(call.op.kernel, Update):
                args = self._with_settings(args)
            if call.op.writes:
                dispatch.execute(call.op, args)
            elif call.writes:
                dispatch.execute_inplace(call.op, args)
            else:
                found = compute(call.op, args)
                for view, array in zip(call.results, found, strict=True):
                    np.copyto(program.array(view), array, casting="unsafe")
        finally:
            mode.grad = before
        return 0

    def _with_settings(self, args: tuple) -> tuple:
        """An optimizer's update with its settings of today."""
        kernel: Any = self.call.op.kernel
        options = settings(*self.call.note)
        return (*args[: kernel.lists], *[options[name] for name in kernel.options])

    def _given(self, value: Any) -> Any:
        if isinstance(value, View):
            return wrap(self.program.array(value))
        if isinstance(value, tuple):
            return tuple([self._given(v) for v in value])
        return value


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


def compute(op: Any, args: tuple) -> tuple[Array, ...]:
    """All results of an operator, also those that serve the derivative alone, as arrays."""
    if not op.prepared or op.kernel is None:
        dispatch.prepare(op)
    arrays = list(args)
    for i in op.slots:
        if isinstance(args[i], Tensor):
            arrays[i] = args[i]._data
    for i in op.list_slots:
        if args[i] is not None:
            arrays[i] = tuple([t._data if t is not None else None for t in args[i]])
    if op.rule is not KEEP:
        dispatch.convert(op, arrays)
    result = dispatch.run_kernel(op, arrays)
    several = result.__class__ is tuple or result.__class__ is list
    return tuple(result) if several else (np.asarray(result),)


class _NumberSource:
    """Fills in the numbers of an optimizer's update before each run."""

    def __init__(self, program: Program, numbers: UpdateNumbers):
        self.program, self.numbers = program, numbers
        self.note = numbers.note
        self.optimizer, self.group, _ = numbers.note
        self.kernel: Any = numbers.op.kernel
        by_buffer = program.by_number
        self.clocks: list[list[Tensor]] = []
        for column in numbers.clocks:
            tensors = []
            for view in column:
                ref = by_buffer[view.buffer.number].tensor
                tensor = ref() if ref is not None else None
                if tensor is None:
                    raise Unsupported("a step count that nobody keeps")
                tensors.append(tensor)
            self.clocks.append(tensors)
        self.state = self.optimizer.state
        self.size = len(self.state)
        self.params = list(self.group["params"])
        self.values: tuple = ()

    def ready(self) -> bool:
        """Works out the numbers; False where the rule would now decide otherwise."""
        optimizer, numbers = self.optimizer, self.numbers
        if optimizer.state is not self.state or len(self.state) != self.size:
            return False
        options = settings(*self.note)
        before = [column[0]._data.item() for column in self.clocks]
        self.after, coefficients = self.kernel.coefficients(*before, **options)
        try:
            self.values = tuple([float(coefficients[name]) for name in numbers.names])
        except TypeError:  # a number has become None
            return False
        for name, value in numbers.fixed.items():
            if coefficients[name] is not value and coefficients[name] != value:
                return False
        return all(compute(coefficients) == outcome for compute, outcome in numbers.decisions)

    def fill(self) -> None:
        if self.values:
            first = self.numbers.first
            self.program.numbers[first : first + len(self.values)] = self.values
        for column, value in zip(self.clocks, self.after, strict=True):
            for t in column:
                t._data.fill(value)
