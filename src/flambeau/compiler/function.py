"""Compiled functions: recorded first, replayed where the recording fits, eager where not."""

from __future__ import annotations

import functools
import gc
import os
import threading
import warnings
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

from ..autograd.graph import next_sequence
from ..autograd.modes import mode
from ..backends.native import library
from ..ops.inplace import adopt
from ..tensor.dtype import get_default_dtype
from ..tensor.memory import root_of
from ..tensor.recording import recorders
from ..tensor.tensor import Tensor
from ..utils._pytree import tree_flatten, tree_unflatten
from .call import MISS, written
from .gradients import Differentiable, entered, record_backward
from .guards import Environment, Impure
from .memory import Unsupported, address_of, give_back
from .program import Changed, Program
from .reads import ReadNumber, plain
from .recorder import Recorder, overlapping
from .watching import SIMPLE, aliases, contents

# Programs of a function: so many are made at sight (and at most of one kind of arguments), further
# ones of kinds that were seen so often; and so many are kept in all.
AT_SIGHT, SEEN, PROGRAMS = 8, 3, 64
STRICT = "FLAMBEAU_STRICT"  # where this is set, mistakes of the compiler are raised
ATTEMPTS = 4  # recordings that came to nothing before a function runs as it is


class Entry:
    """A program and what must hold for it to be used."""

    def __init__(
        self, program: Any, environment: Environment, key: tuple, modes: tuple,
        arguments: Sequence[Tensor], actions: Sequence[Callable[[], Any]] = (),
    ):  # fmt: skip
        self.actions = tuple(actions)
        self.program, self.environment, self.key, self.modes = program, environment, key, modes
        self.shared = _shared(arguments)
        fixed = [e for e in program.externals if e.tensor is not None and e.argument is None]
        by_tensor = {id(e.tensor): e for e in fixed}
        self.arguments = _plain_arguments(key, arguments)
        self.last = list(arguments)  # the arguments of the last call
        self.known = False
        self.call: Callable[..., Any] | None = None  # see .call
        self.named = []
        for holder, name, tensor in environment.tensors:
            self.named.append((holder, name, tensor, by_tensor.get(id(tensor))))
        self.replaced = False  # whether another tensor stands where one was recorded
        self.aliases = aliases([tensor for _, _, tensor, _ in self.named])

    def fits(self, key: tuple, tensors: Sequence[Tensor]) -> bool:
        """Whether the program may run now; its slots then point at today's arrays."""
        if key != self.key or self.modes != _modes() or not self.environment.holds():
            return False
        if tensors and _shared(tensors) != self.shared:
            return False
        if not self._follow() or self._meets(tensors):
            return False
        if not self.program.ready(tensors):
            return False
        self.last = list(tensors)
        return True

    def _follow(self) -> bool:
        """Points the program at the tensors that stand under the names now, if they fit."""
        found, replaced = [], False
        for holder, name, tensor, external in self.named:
            now = contents(holder) if name is None else holder.get(name)
            found.append(now)
            if now is not tensor:
                if external is None or now.__class__ is not tensor.__class__:
                    return False
                if now._needs or tensor._needs:  # gradients go to the recorded one
                    return False
                replaced = True
        if replaced or self.replaced:
            if aliases(found) != self.aliases:
                return False
            self.replaced = replaced
            for now, (_, _, _, external) in zip(found, self.named, strict=True):
                if external is not None and external.tensor is not now:
                    self.program.replace(external, now)
        return True

    def _meets(self, tensors: Sequence[Tensor]) -> bool:
        """Whether an argument lies in memory that the function also names."""
        roots = self.program.roots if tensors else ()
        return bool(roots) and any([id(root_of(t._data)) in roots for t in tensors])  # noqa: C419

    def take(self, tensors: Sequence[Any]) -> bool:
        """Points the slots at other arguments than those of the last call, if they fit."""
        if self.key[1] != tuple([_kind(t) for t in tensors]) or _shared(tensors) != self.shared:
            return False
        if self._meets(tensors):
            return False
        if not self.program.take(tensors):
            return False
        self.last = list(tensors)
        return True

    def run(self) -> Any:
        """Runs the program, which :meth:`fits` has prepared, and prepares a shorter way."""
        if not self.known:
            give_back()  # what the recorded call took: the program has memory of its own
        result = self.program.run()
        if not self.known:
            self.known, self.call = True, written(self)
            if self.call is not None and self.actions:
                self.call = self._acting(self.call)
        for action in self.actions:
            action()
        return result

    def _acting(self, call: Callable[..., Any]) -> Callable[..., Any]:
        """The short way, and after it what is done in Python."""

        def acting(*args: Any) -> Any:
            result = call(*args)
            if result is not MISS:
                for action in self.actions:
                    action()
            return result

        return acting


def _plain_arguments(key: tuple, arguments: Sequence[Tensor]) -> int | None:
    """How many arguments there are, where all are tensors in a row."""
    spec, kinds = key
    if spec is None:
        return 0
    plain = tree_flatten((tuple(range(len(kinds))), {}))[1]
    return len(kinds) if spec == plain and len(arguments) == len(kinds) else None


def _shared(tensors: Sequence[Tensor]) -> tuple:
    """How arguments overlap: for each that does the first other one, and the distance to it."""
    if len(tensors) < 2:
        return ()
    roots = [id(root_of(t._data)) for t in tensors]
    if len(set(roots)) == len(roots):
        return ()
    found = []
    for i, t in enumerate(tensors):
        for j in range(i):
            if roots[i] == roots[j] and len(overlapping((tensors[j], t))) == 1:
                found.append((i, j, address_of(t._data) - address_of(tensors[j]._data)))
                break
    return tuple(found)


def _modes() -> tuple:
    return mode.grad, mode.inference, mode.autocast, get_default_dtype()


def _kind(leaf: Any) -> Any:
    """What of an argument decides which program fits."""
    if isinstance(leaf, Tensor):
        a = leaf._data
        return leaf.__class__, a.dtype.char, a.dtype.itemsize, a.shape, a.strides, leaf._needs
    if isinstance(leaf, SIMPLE):
        if leaf.__class__ is float and (leaf == 0 or leaf != leaf):
            return float, repr(leaf)  # two zeros are equal, and no NaN is
        return leaf.__class__, leaf
    return leaf.__class__, id(leaf)


_NOTHING_GIVEN: tuple[Any, Any, Any, tuple] = [], [], None, (None, ())


class CompiledFunction:
    """A function whose calls are recorded and then replayed as native programs.

    The first call of a kind (shapes, types, settings) runs eagerly and is recorded; what is written
    down is compiled, and later calls of that kind run the program. What cannot be recorded runs
    eagerly, with one warning that names the line.
    """

    def __init__(self, function: Callable, fullgraph: bool = False):
        self.function, self.fullgraph = function, fullgraph
        self.entries: list[Entry] = []
        self.eager = False
        self.failures = 0
        self.reason = ""
        self.seen: dict[tuple, int] = {}  # kinds of calls that have no program yet, and how often
        self.told = False
        self.lock = threading.RLock()
        functools.update_wrapper(self, function, updated=())

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        if instance is None:
            return self
        store = instance.__dict__.setdefault("_flambeau_compiled", {})
        name = getattr(self.function, "__name__", "call")
        if name not in store:
            store[name] = CompiledFunction(self.function.__get__(instance, owner), self.fullgraph)
        return store[name]

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if self.eager or recorders:
            return self.function(*args, **kwargs)
        entries = self.entries
        if entries and not kwargs:
            entry = entries[0]
            if entry.call is not None and len(args) == entry.arguments:
                with self.lock:
                    try:
                        result = entry.call(*args)
                        if result is not MISS:
                            return result
                    except Changed:  # it has done nothing yet
                        pass
        leaves, tensors, spec, key = _NOTHING_GIVEN
        if args or kwargs:
            leaves, spec = tree_flatten((args, kwargs))
            tensors = [x for x in leaves if isinstance(x, Tensor)]
            key = (spec, tuple([_kind(x) for x in leaves]))
        with self.lock:  # a program's memory serves one call at a time
            for i, entry in enumerate(entries):
                if entry.fits(key, tensors):
                    if i:
                        entries.insert(0, entries.pop(i))
                    try:
                        return entry.run()
                    except Changed:  # it has done nothing yet
                        continue
        if not self._worth_recording(key):
            return self.function(*args, **kwargs)
        return self._record(args, kwargs, leaves, spec, key)

    def _worth_recording(self, key: tuple) -> bool:
        """Whether a call that no program fits gets one."""
        if sum(entry.key == key for entry in self.entries) >= AT_SIGHT:
            self._give_up(f"what it reads besides its arguments changed more than {AT_SIGHT} times")
            return False
        count = len(self.entries)
        if count < AT_SIGHT:
            return True
        if count < PROGRAMS and self.fullgraph:
            return True
        if self.fullgraph:
            self._give_up(f"it was called in more than {PROGRAMS} different ways")
        reason = f"was called in more than {AT_SIGHT} different ways (shapes, types, settings)"
        if not self.told:
            self.told = True
            text = f"{reason}: further ones run uncompiled until they have come {SEEN} times"
            self._warn(text, 4)
        if len(self.seen) > 16 * PROGRAMS:
            self.seen.clear()
        self.seen[key] = self.seen.get(key, 0) + 1
        return count < PROGRAMS and self.seen[key] >= SEEN

    # ------------------------------------------------------------------ recording

    def _record(self, args: tuple, kwargs: dict, leaves: Any, spec: Any, key: tuple) -> Any:
        if library.runtime() is None:  # which has said why
            self.eager, self.reason = True, "there is no C compiler"
            return self.function(*args, **kwargs)
        try:
            environment = Environment(self.function, leaves)
        except Impure as error:
            self._give_up(str(error))
            return self.function(*args, **kwargs)
        given = [x for x in leaves if isinstance(x, Tensor)]
        given_args = args, kwargs
        leaves = [entered(x) for x in leaves]
        if spec is not None:
            args, kwargs = tree_unflatten(leaves, spec)
        copies = Copies(given_args, (args, kwargs))
        modes = _modes()
        recording = Recorder()
        tensors = [x for x in leaves if isinstance(x, Tensor)]
        histories = Histories(given, tensors, environment.named_tensors())
        recording.entered = histories.entered
        start = next_sequence()
        backward = None
        recording.arguments(tensors)
        with recording:
            result = self.function(*args, **kwargs)
            if copies.give_back():
                recording.fail("it changes a container that it was given")
            if histories.continued():
                recording.fail("it changes the history of a tensor that was there before")
            if _modes() != modes:
                recording.fail("it leaves another mode or default type behind")
            outputs = [x for x in tree_flatten(result)[0] if isinstance(x, Tensor)]
            try:
                if recording.broken is None:
                    backward = record_backward(recording, outputs, tensors, start)
            except Unsupported as error:
                recording.broken = str(error)
        if recording.numbers:
            recording.broken = recording.broken or _read_otherwise(recording, result, environment)
        if recording.broken is not None:
            self._give_up(recording.broken)
            return _plain(histories.outer(result))
        try:
            if recording.once:
                raise _Again(recording.once)
            if not environment.unchanged():
                raise _Again("it changes attributes or containers that it names")
            outer = environment.roots()
            if any(id(root_of(t._data)) in outer for t in tensors):
                raise _Again("an argument shares memory with a tensor that the function names")
            self._check_escapes(recording, (result, backward.found if backward else ()))
            if backward is None:
                program: Any = Program(recording, recording.calls, tensors, result)
            else:
                program = Differentiable(recording, tensors, result, backward)
            entry = Entry(program, environment, key, modes, given, recording.actions)
            with self.lock:
                self.entries.insert(0, entry)
                self._share_memory()
        except _Again as error:
            self.failures += 1
            if self.failures >= ATTEMPTS:
                self._give_up(str(error))
        except Unsupported as error:
            self._give_up(str(error))
        except Exception as error:  # a mistake of the compiler's is not the user's
            if os.environ.get(STRICT):
                raise
            self._give_up(f"the compiler failed: {type(error).__name__}: {error}")
        finally:
            recording.release()
        result = histories.outer(result)
        return _plain(result) if recording.numbers else result

    def _share_memory(self) -> None:
        """The largest program's temporary memory serves all of them: one runs at a time."""
        programs = [entry.program.movable() for entry in self.entries]
        found = [p for p in programs if p is not None]
        largest = max(found, key=lambda p: p.plan.size, default=None)
        for p in found:
            p.lie_with(largest)

    def _check_escapes(self, recording: Recorder, result: Any) -> None:
        """Tensors that the call made and that live on elsewhere would not be made again."""
        escaped = _escaped(recording, result)
        if escaped:
            gc.collect()
            escaped = _escaped(recording, result)
        if escaped:
            raise _Again(f"it keeps a tensor that is no result ({escaped[0]})")

    def _give_up(self, reason: str) -> None:
        """From now on the function runs as it is."""
        self.eager, self.reason = True, reason
        message = f"runs uncompiled: {reason}"
        if self.fullgraph:
            raise RuntimeError(f"flambeau.compile: {self._name()} {message}")
        self._warn(message)

    def _warn(self, message: str, level: int = 5) -> None:
        """Warns of the user's line, so many frames above."""
        text = f"flambeau.compile: {self._name()} {message}"
        warnings.warn(text, UserWarning, stacklevel=level)

    def _name(self) -> str:
        return getattr(self.function, "__qualname__", repr(self.function))

    def __getstate__(self) -> tuple[Callable, bool]:
        return self.function, self.fullgraph  # programs do not outlive the process

    def __setstate__(self, state: tuple[Callable, bool]) -> None:
        self.__init__(*state)  # type: ignore[misc]

    def reset(self) -> None:
        """Forgets all programs, and why there were none."""
        self.entries, self.eager, self.failures, self.reason = [], False, 0, ""
        self.seen, self.told = {}, False

    # ------------------------------------------------------------------ looking inside

    def source(self) -> str:
        """The C of the program that was used last."""
        return self._latest().text

    def explain(self) -> str:
        """The program that was used last: as recorded, as simplified, its memory."""
        from .explain import explained

        return explained(self._latest())

    def _latest(self) -> Program:
        if not self.entries:
            why = self.reason or "call it first: it is recorded at its first call"
            raise RuntimeError(f"there is no program of this function yet: {why}")
        return self.entries[0].program


class Copies:
    """The containers that a recorded function gets, beside the caller's own.

    The function works on copies, since tensors with a history are replaced in them.
    """

    def __init__(self, given: Any, copied: Any):
        self.pairs: list[tuple[Any, Any]] = []
        self.originals: dict[int, Any] = {}
        self._pair(given, copied)

    def _pair(self, old: Any, new: Any) -> None:
        self.originals[id(new)] = old
        if old is new or not isinstance(old, (tuple, list, dict, deque)):
            return
        self.pairs.append((old, new))
        items = (old.values(), new.values()) if isinstance(old, dict) else (old, new)
        for a, b in zip(*items, strict=True):
            self._pair(a, b)

    def give_back(self) -> bool:
        """Makes the function's changes in the caller's containers; whether there were any."""
        changed = False
        for old, new in self.pairs:
            if isinstance(old, tuple):
                continue
            keyed = isinstance(old, dict)
            before = list(old.items()) if keyed else list(enumerate(old))
            pairs = new.items() if keyed else enumerate(new)
            after = [(k, self.originals.get(id(v), v)) for k, v in pairs]
            if len(before) != len(after) or any(
                k is not j and k != j or v is not w
                for (k, v), (j, w) in zip(before, after, strict=True)
            ):
                changed = True
                old.clear()
                old.update(after) if keyed else old.extend([v for _, v in after])
        return changed


class Histories:
    """The histories of tensors that were there before a recorded call.

    Arguments with a history enter the function as other tensors of the same memory.
    """

    def __init__(self, given: Sequence[Tensor], seen: Sequence[Tensor], named: Sequence[Tensor]):
        pairs = [(g, s, s._node) for g, s in zip(given, seen, strict=True) if g is not s]
        self.pairs = pairs
        self.entered = {id(s): g for g, s, _ in pairs}
        self.before = [(t, t._node, t._needs) for t in (*given, *named)]

    def continued(self) -> bool:
        """Whether a write or a setting has changed one; the caller's tensors then have it too."""
        changed = any(t._node is not node or t._needs != needs for t, node, needs in self.before)
        for given, seen, node in self.pairs:
            if seen._node is not node:
                changed = True
                if seen._node is None:
                    given._node, given._needs = None, False
                else:
                    adopt(given, seen._node)
        return changed

    def outer(self, result: Any) -> Any:
        """A result with the caller's own tensors where it has their stand-ins."""
        if not self.pairs:
            return result
        leaves, spec = tree_flatten(result)
        if not any(id(x) in self.entered for x in leaves):
            return result
        return tree_unflatten([self.entered.get(id(x), x) for x in leaves], spec)


class _Again(Exception):
    """This recording cannot be used; a later one may be."""


def _plain(result: Any) -> Any:
    """A result with ordinary numbers for those that were read while recording."""
    leaves, spec = tree_flatten(result)
    return tree_unflatten([plain(x) for x in leaves], spec)


def _read_otherwise(recording: Recorder, result: Any, environment: Environment) -> str | None:
    """Why a number that was read is more than a part of the result; None where it is not."""
    found = [id(x) for x in tree_flatten(result)[0] if isinstance(x, ReadNumber)]
    for ref, reason in recording.numbers:
        number = ref()
        if number is not None and id(number) not in found:
            return reason
        if environment.computes:
            return reason  # it may have gone into a function that takes plain numbers
    return None


def _escaped(recording: Recorder, result: Any) -> list[str]:
    allowed: set[int] = {id(leaf) for leaf, _, _ in recording.leaves.values()}
    stack: list[Any] = [x for x in tree_flatten(result)[0] if isinstance(x, Tensor)]
    stack += [leaf._grad for leaf, _, _ in recording.leaves.values() if leaf._grad is not None]
    while stack:
        x = stack.pop()
        if id(x) in allowed:
            continue
        allowed.add(id(x))
        if isinstance(x, Tensor):
            stack += [y for y in (x._base, x._node) if y is not None]
        elif isinstance(x, (tuple, list)):
            stack += [y for y in x if isinstance(y, (Tensor, tuple, list))]
        else:
            stack += [edge[0] for edge in x.edges if edge is not None]
            stack += [a for a in x.args or () if isinstance(a, (Tensor, tuple, list))]
    alive = []
    for ref, view, line in recording.made:
        tensor = ref()
        if tensor is not None and id(tensor) not in allowed and view.buffer.born is not None:
            alive.append(line)
    return alive


__all__ = ["CompiledFunction"]
