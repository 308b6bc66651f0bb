"""A recorded call made ready to be repeated: its inputs, its memory, its steps, its results."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from sys import getrefcount
from typing import Any

import numpy as np

from ..autograd.modes import mode
from ..backends.native import library
from ..tensor.generator import default_generator
from ..tensor.memory import root_of
from ..tensor.recording import changes
from ..tensor.tensor import Clock, Storage, Tensor, storage_of, wrap
from ..utils._pytree import tree_flatten, tree_unflatten
from .emit import Emitter
from .expressions import TYPES, const, load
from .graph import STALE, ZERO_DIVISION, Graph, Host, Node
from .host import HostStep, complaint
from .lower import lower
from .memory import Array, Buffer, Unsupported, View, address_of, array_at
from .numbers import Source, StateGuard, source
from .outside import External, Gradient, Outside, Result, spent
from .passes import optimise, plan_memory
from .reads import ReadNumber
from .recorder import Call, Recorder, view_of


class Changed(Exception):
    """A program does not fit its inputs any more; it has to be recorded anew."""


# Operations up to which a program keeps Python's lock: to give it back takes longer.
SHORT = 100_000

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
        buffers = recording.order
        self.by_number = {b.number: b for b in buffers}
        self.numbers_at: set[int] = set()  # leaves of the result that are numbers
        leaves, self.structure = tree_flatten(result)
        self.leaves = leaves
        outcome = self._outcome(leaves)
        self.inference = mode.inference
        self.spent = [
            (i, spent(x)) for i, x in enumerate(leaves)
            if isinstance(x, Tensor) and isinstance(outcome[i], View)
            and x._needs and x._node is not None
        ]  # fmt: skip
        self.gradients = self._gradients() if gradients else []
        kept = {v.buffer.number for v in outcome if isinstance(v, View)}
        kept |= {g.result.view.buffer.number for g in self.gradients if g.result is not None}
        kept |= {v.buffer.number for v in extra}
        builder = lower(self.calls, len(buffers), whole)
        self.given_order = [b.number for b in given]
        self._start_internal(builder, kept)
        self.builder = builder
        self.graph = Graph(builder.nodes, kept, builder.numbers, self.given, builder.count)
        optimise(self.graph)
        returned = [v.view.buffer for v in outcome if isinstance(v, Outside)]
        self._place(arguments, kept, returned)
        self._finish(outcome, extra)
        self._follow_leaves(arguments)
        self._build()

    # ------------------------------------------------------------------ what comes out

    def _outcome(self, leaves: list[Any]) -> list[Any]:
        """For each leaf of the result: a view of new memory, a tensor from outside, or a value."""
        outcome: list[Any] = []
        for leaf in leaves:
            if isinstance(leaf, ReadNumber):
                outcome.append(leaf.place)
                self.numbers_at.add(len(outcome) - 1)
                continue
            if not isinstance(leaf, Tensor):
                outcome.append(leaf)
                continue
            buffer = self.recording.find(leaf._data)
            if buffer is None:
                raise Unsupported("a result that no recorded operator gave")
            if buffer.born is None and not buffer.inside:
                if buffer.tensor is None or buffer.tensor() is None:
                    raise Unsupported("a result that was made by no recorded operator")
                outcome.append(Outside(None, leaf, view_of(leaf._data, buffer)))
            else:
                outcome.append(view_of(leaf._data, buffer))
        return outcome

    def _gradients(self) -> list[Gradient]:
        out = []
        for leaf, _, old in self.recording.leaves.values():
            grad = leaf._grad
            if grad is old and grad is not None:  # added to in place
                continue
            if grad is None:
                out.append(Gradient(leaf, None, None))
                continue
            buffer = self.recording.find(grad._data)
            if buffer is None or (buffer.born is None and not buffer.inside):
                out.append(Gradient(leaf, None, grad))
                continue
            gradient = Gradient(leaf, Result(view_of(grad._data, buffer), -1), None)
            gradient.tensor = grad
            out.append(gradient)
        return out

    def _start_internal(self, builder: Any, kept: set[int]) -> None:
        """Memory that the function made of numbers and wrote into or gave starts anew each time."""
        start: list[Node] = []
        written = {v.buffer.number for node in builder.nodes for v in node.writes()}
        for buffer in list(self.by_number.values()):
            initial = buffer.initial
            alive = buffer.tensor is not None and buffer.tensor() is not None
            if buffer.born is not None or (alive and not buffer.inside):
                continue
            if buffer.number not in written and buffer.number not in kept:
                continue
            if initial is None:
                raise Unsupported("memory that was written before it was seen")
            if initial.nbytes != buffer.nbytes:
                raise Unsupported("memory with gaps that is written")
            if initial.dtype not in TYPES:  # only copied
                initial = initial.ravel("K").view(np.uint8)
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

    def _place(
        self, arguments: Sequence[Tensor], kept: set[int], returned: Sequence[Buffer]
    ) -> None:
        """Gives slots to what comes from outside and places to what is temporary."""
        used = self.graph.buffers()
        used.update((b.number, b) for b in returned)
        written = {v.buffer.number for node in self.graph.nodes for v in node.writes()}
        self.externals: list[External] = []
        slots: dict[int, int] = {}
        by_argument: dict[int, tuple[int, Tensor]] = {}
        for i, t in enumerate(arguments):
            found = self.recording.find(t._data)
            if found is not None:
                by_argument.setdefault(found.number, (i, t))
        grads = {id(old): leaf for leaf, reads, old in self.recording.leaves.values()
                 if reads and old is not None}  # fmt: skip
        next_slot = 4
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
        self.table = (ctypes.c_void_p * (next_slot + 1))()  # one is spare
        self.arena = np.empty(self.plan.size + 128, np.uint8)  # untouched until it runs
        at = address_of(self.arena)
        self.arena_address = at + -at % 64
        self.numbers = (ctypes.c_double * max(1, self.graph.numbers))()
        self.table[0] = self.arena_address
        self.table[1] = ctypes.addressof(self.numbers)
        self.table[2], self.table[3] = default_generator.addresses
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
                slot = len(self.table) - 1  # the spare one
            found = made.get(view.buffer.number)
            if found is None or found.view.key != view.key:
                found = Result(view, slot)
                made.setdefault(view.buffer.number, found)
            return found

        extra = [v for v in extra if v.buffer.number in self.slots_of]

        # What a shorter way of calling asks for (see .call): to know of a call that went the long
        # way, and to let go of gradients.
        self.renew: Callable[[], None] | None = None
        self.release: Callable[[], None] | None = None
        self.owned = [g for g in self.gradients if g.result is not None]
        grads: dict[int, Gradient] = {}
        for g in self.gradients:
            if g.result is not None:
                g.result = Result(g.result.view, self.slots_of[g.result.view.buffer.number])
                grads[g.result.view.buffer.number] = g
        for item in outcome:
            if isinstance(item, View):
                self.outcome.append((item.buffer.number, result_of(item)))
            elif isinstance(item, Outside):
                self.outcome.append(self._returned(item))
            else:
                self.outcome.append(item)
        self.extra = [(v.buffer.number, result_of(v)) for v in extra]
        self.shared = {n for n in made if n in grads}
        self.made = {n: r for n, r in made.items() if n not in grads}
        self.grad_of = grads
        for g in self.gradients:
            if g.result is not None and g.tensor is not None:
                self.table[g.result.slot] = address_of(root_of(g.tensor._data))
        self.written = [e for e in self.externals if e.written and e.tensor is not None]
        fixed = [e for e in self.externals if e.argument is None and e.leaf is None]
        self.fixed: list[tuple[External, Any, Array]] = [
            (e, e.tensor, e.array) for e in fixed if e.tensor is not None
        ]
        self.moving = [e for e in self.externals if e.argument is not None or e.leaf is not None]
        self.read_leaves = [
            (leaf, old is None) for leaf, reads, old in self.recording.leaves.values() if reads
        ]
        self.clock = Clock()  # of runs, for the versions of what the program writes
        self.following: dict[int, Storage] = {}
        self.storages: list[Storage] | None = None
        self._roots: frozenset[int] | None = None

    def _follow_leaves(self, arguments: Sequence[Tensor]) -> None:
        """Leaves whose gradients are looked at or set and that are arguments."""
        at = {id(t): i for i, t in reversed(list(enumerate(arguments)))}
        holders: list[Any] = [*self.gradients, *[e for e in self.externals if e.leaf is not None]]
        self.given_leaves = [(at[id(h.leaf)], h) for h in holders if id(h.leaf) in at]
        self.given_read = [
            (i, at[id(leaf)], none) for i, (leaf, none) in enumerate(self.read_leaves)
            if id(leaf) in at
        ]  # fmt: skip

    def _lead(self, arguments: Sequence[Tensor]) -> None:
        """Points what belongs to arguments' gradients at today's arguments."""
        for i, holder in self.given_leaves:
            holder.leaf = arguments[i]
        for i, j, none in self.given_read:
            self.read_leaves[i] = arguments[j], none

    def _returned(self, found: Outside) -> Outside:
        """A result that was there before: an argument, or a tensor from outside."""
        tensor, view = found.fixed, found.view
        for e in self.externals:
            if e.buffer is view.buffer and e.tensor is not None:
                return Outside(e, tensor if e.tensor is not tensor else None, view)
        return found

    # ------------------------------------------------------------------ steps

    def _build(self) -> None:
        self.steps: list[Any] = []
        hosts = [n for n in self.graph.nodes if isinstance(n, Host)]
        checks = self.builder.checks
        self.text = Emitter(self.graph, self.plan, self.slots_of, checks).text()
        self.code = library.program(self.text)
        code = self.code
        if sum(node.flops() for node in self.graph.nodes) < SHORT:
            code = ctypes.PyDLL(code._name, handle=code._handle)
        runs = []
        for i in range(len(hosts) + 1):
            run = getattr(code, f"fl_run_{i}")
            run.restype = ctypes.c_int64
            runs.append(run)
        self.steps.append(runs[0])
        for host, run in zip(hosts, runs[1:], strict=True):
            self.steps += [HostStep(self, host.call), run]
        self.sources: list[Source | StateGuard] = [
            source(self.numbers, s, self.by_number) for s in self.builder.sources
        ]
        optimizers = [s.note[0] for s in self.builder.sources]
        optimizers += [h.call.note[0] for h in hosts if h.call.note is not None]
        self.sources += [StateGuard(o) for o in {id(o): o for o in optimizers}.values()]

    def movable(self) -> Program | None:
        """The program whose temporary memory may lie elsewhere; none where Python looks at it."""
        return None if any(isinstance(n, Host) for n in self.graph.nodes) else self

    def lie_with(self, other: Program) -> None:
        """Takes another program's temporary memory, which is at least as large, for its own."""
        self.arena, self.arena_address = other.arena, other.arena_address
        self.table[0] = self.arena_address

    def array(self, view: View) -> Array:
        """The array of a view as it lies in memory now."""
        offset = self.plan.offsets.get(view.buffer.number)
        item = view.dtype.itemsize
        if offset is not None:
            at = self.arena_address + offset
        else:
            at = self.table[self.slots_of[view.buffer.number]] or 0
        return array_at(at + view.offset * item, view.dtype, view.shape, view.strides, None)

    def profile(self, runs: int = 20) -> list[float]:
        """Seconds per step of the program (0 for those in Python), the mean of some runs.

        The program runs as it stands: what it writes is written.
        """
        code = library.program(Emitter(self.graph, self.plan, self.slots_of, timed=True).text())
        spent = (ctypes.c_double * len(self.graph.nodes)).in_dll(code, "fl_spent")
        steps, number = self.steps, 0
        self.steps = []
        for step in steps:
            if not isinstance(step, HostStep):
                step = getattr(code, f"fl_run_{number}")
                step.restype = ctypes.c_int64
                number += 1
            self.steps.append(step)
        try:
            for i in range(runs + 2):
                if i == 2:
                    ctypes.memset(spent, 0, ctypes.sizeof(spent))
                self.ready(())
                self.run()
        finally:
            self.steps = steps
            changes.count += 1  # nobody asked whether it fits: the next call looks at everything
        return [s / runs for s in spent]

    # ------------------------------------------------------------------ running

    def ready(self, arguments: Sequence[Tensor]) -> bool:
        """Points the slots at today's arrays; False where the program does not fit them."""
        if self.given_leaves or self.given_read:
            self._lead(arguments)
        for _, tensor, array in self.fixed:
            if tensor._data is not array:
                if not self._moved():
                    return False
                break
        for e in self.moving:
            now: Any = e.leaf._grad if e.argument is None else arguments[e.argument]  # type: ignore
            if now is not e.tensor:
                if now is None:
                    return False
                e.tensor = now
                self.storages = None
            if now._data is not e.array and not self._point(e):
                return False
        for leaf, none in self.read_leaves:
            if (leaf._grad is None) is not none:
                return False
        for s in self.sources:  # noqa: SIM110
            if not s.ready():
                return False
        return True

    def take(self, arguments: Sequence[Tensor]) -> bool:
        """Points the arguments' slots at other tensors; False where they do not fit."""
        for e in self.moving:
            if e.argument is not None:
                e.tensor = arguments[e.argument]
                if e.tensor._data is not e.array and not self._point(e):
                    return False
        return True

    def _point(self, e: External) -> bool:
        """Points a slot at its tensor's present array, if that fits."""
        array = e.tensor._data  # type: ignore[union-attr]
        if not e.fits(array):
            return False
        e.array = array
        self.table[e.slot] = e.pointer(array)
        return True

    def replace(self, e: External, tensor: Tensor) -> None:
        """Another tensor stands where the environment had one."""
        e.tensor = tensor
        self.storages = None
        self._moved()

    @property
    def roots(self) -> frozenset[int]:
        """The memory of tensors from outside that are no arguments, as ids of arrays."""
        if self._roots is None:
            arrays = [e.array for e, _, _ in self.fixed]
            self._roots = frozenset([id(root_of(a)) for a in arrays])
        return self._roots

    def _moved(self) -> bool:
        """Tensors from outside have other arrays than before."""
        self._roots = self.storages = None
        ok = True
        for e, _, _ in self.fixed:
            assert e.tensor is not None
            if e.tensor._data is not e.array:
                ok = self._point(e) and ok
        self.fixed = [(e, e.tensor, e.array) for e, _, _ in self.fixed]
        return ok

    def give(self, roots: Sequence[Array]) -> None:
        """Memory that an earlier program filled, for the buffers that are ``given``."""
        self.held = roots
        for number, root in zip(self.given_order, roots, strict=True):
            slot = self.slots_of.get(number)
            if slot is not None:
                self.table[slot] = address_of(root)

    def run(self) -> Any:
        """Repeats the call; :meth:`ready` has said that it fits."""
        try:
            return self._answer(self._run())
        finally:
            if self.renew is not None:
                self.renew()

    def run_parts(self) -> tuple[list, list[Array]]:
        """Repeats the call: the leaves of its result, and the memory of ``extra``."""
        made = self._run()
        return self._leaves(made), [made[number][1] for number, _ in self.extra]

    def _run(self) -> dict[int, tuple[Tensor, Array]]:
        table: Any = self.table
        made: dict[int, tuple[Tensor, Array]] = {}
        for number, result in self.made.items():
            made[number] = result.make(table)
        self.fresh_gradients()
        for s in self.sources:
            s.fill()
        for step in self.steps:
            error = step(table)
            if error:
                self._raise(error)
        storages = self.counted()
        self.clock.runs += 1
        for storage in storages:
            storage.version += 1
        for g in self.gradients:
            g.leaf._grad = g.tensor if g.external is None else g.external
        return made

    def fresh_gradients(self) -> None:
        """Gradients' tensors are used again unless somebody else holds them."""
        if self.release is not None:
            self.release()
        for g in self.owned:
            t = g.tensor
            if (
                getrefcount(t) > _GRADIENT_REFERENCES + (g.leaf._grad is t)
                or getrefcount(t._data) > _ARRAY_REFERENCES  # type: ignore[union-attr]
                or t._storage is not None  # type: ignore[union-attr]
            ):
                del t
                g.tensor = g.result.make(self.table)[0]  # type: ignore[union-attr]

    def counted(self) -> list[Storage]:
        """The storages that a run writes and that do not follow this program's clock."""
        if self.storages is None:
            written = [(e, storage_of(e.tensor)) for e in self.written]  # type: ignore[arg-type]
            fixed = {id(s): s for e, s in written if e.argument is None and e.leaf is None}
            for number, storage in self.following.items():
                if number not in fixed:
                    storage.leave()
            self.following = {n: s for n, s in fixed.items() if s.follow(self.clock)}
            self.storages = [s for _, s in written if id(s) not in self.following]
        return self.storages

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
            elif isinstance(item, Outside):
                leaves.append(item.tensor())
            else:
                leaves.append(item)
        for i, node in self.spent:
            leaves[i]._node, leaves[i]._needs = node, True
        for i in self.numbers_at:
            leaves[i] = leaves[i]._data.item()
        return leaves

    def _tensor(self, number: int, result: Result, made: dict) -> Tensor:
        out = self._made(number, result, made)
        if self.inference:
            out._inference = True
        return out

    def _made(self, number: int, result: Result, made: dict) -> Tensor:
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
        if error == STALE:
            raise Changed
        if error == ZERO_DIVISION:
            raise RuntimeError("ZeroDivisionError")
        if error < 0:
            raise MemoryError("flambeau.compile: no memory for a temporary array")
        node = self.graph.nodes[error - 1]
        raise complaint(self, node)
