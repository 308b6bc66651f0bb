"""What a function reads besides its arguments, so that a recorded program is used only where it
still holds: names from outside, attributes of modules, optimizers' settings.

The function's code says which names it reads; what they stand for is remembered and compared before
each call. Comparing must be cheap, so modules are looked at again only when the count of their
changes has moved (:data:`flambeau.tensor.recording.changes`).
"""

from __future__ import annotations

import builtins
import contextlib
import dis
import functools
import os
import sys
import weakref
from array import array
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from operator import is_
from types import (
    BuiltinFunctionType,
    CodeType,
    FunctionType,
    MethodType,
    MethodWrapperType,
    ModuleType,
)
from typing import Any

import numpy as np

from .. import settings
from ..autograd.modes import mode
from ..nn.modules.module import Module
from ..optim.lr_scheduler.base import LRScheduler
from ..optim.optimizer import Optimizer
from ..tensor.memory import root_of
from ..tensor.recording import changes
from ..tensor.tensor import Tensor, given_names
from . import impure
from .recorder import PACKAGE
from .watching import (
    CODE,
    CONTENTS,
    DEFAULTS,
    ELEMENTS,
    HOOKS,
    NUMBERS,
    PACKAGES,
    SIMPLE,
    STEP_HOOKS,
    Members,
    Slots,
    Watch,
    absent,
    aliases,
    contents,
    global_hooks,
    hook_keys,
    is_plain_module,
    is_setting,
    items_of,
    same,
    snapshot,
)

BYTES = 1 << 16  # of an array of NumPy's that is compared before each call
SETTABLE = frozenset(("grad", "data", "requires_grad", "training"))  # known to the recorder
# What reads or sets attributes whose names the code does not show.
BY_NAME = frozenset(
    ("getattr", "setattr", "hasattr", "delattr", "vars", "locals", "attrgetter", "__dict__",
     "__getattr__", "__getattribute__", "__setattr__")
)  # fmt: skip
STANDARD = frozenset(("training", "_is_full_backward_hook"))  # of every module
METHODS = (FunctionType, property, classmethod, staticmethod)
UNCALLED = frozenset(("__init__", "__new__", "__repr__", "__str__", "__del__", "__reduce__"))
DEPTH = 4
LIBRARY = os.path.dirname(os.__file__)


class Impure(Exception):
    """A function does something that a replayed program would not do again."""


class Environment:
    """Everything from outside that a function's result may depend on.

    Attributes:
        tensors: tensors that the function names, by place; another one of the same kind may stand
            there at a later call.
    """

    def __init__(self, function: Callable, arguments: Sequence[Any] = ()):
        self.cells: list[tuple[Any, Any]] = []  # cell, value
        self.names: list[tuple[dict, str, Any]] = []  # globals, name, value
        self.attributes: list[tuple[dict, str, Any]] = []  # an object's attributes, name, value
        self.containers: list[tuple[Any, tuple[Any, ...]]] = []
        self.watches: list[Watch] = []
        self.modules: list[Any] = []
        self.computes = False  # whether functions of other modules are called by name
        self.tensors: list[tuple[Any, Any, Tensor]] = []  # where, key, tensor
        self._seen: set[int] = set()
        self._remembered: set[tuple[int, Any]] = set()  # places of values
        self._keep: list[Any] = []
        self._sizes: list[tuple[Mapping[str, Any], int]] = []  # of objects' attributes
        self._classes: dict[type, int] = {}  # of objects and modules, and how deep they stand
        self._used: set[str] = set()  # names of attributes in the code
        self._by_name = False  # whether the code reads attributes that it does not name
        self._objects: list[Members] = []
        self._optimizers: list[Optimizer] = []
        self._place = ""  # of the code that is looked at
        self._visit(function, 0)
        for value in arguments:
            self._visit(value, 0)
        for hook in global_hooks():
            self._visit(hook, 0)
        self._visit_members()
        self._refuse_facts(arguments)
        if "param_groups" in self._used or self._by_name:
            for optimizer in self._optimizers:
                for group in optimizer.param_groups:
                    self._contain(group)
        self.hooked = self.named_tensors()
        self.count = changes.count
        self.snapshots = self._snapshots()

    # ------------------------------------------------------------------ looking around

    def _visit(self, value: Any, depth: int) -> None:
        if isinstance(value, SIMPLE) or id(value) in self._seen:
            return
        why = impure.reason(value)
        if why is not None:
            raise Impure(why + (f" ({self._place})" if self._place else ""))
        if isinstance(value, ModuleType):
            return
        self._seen.add(id(value))
        self._keep.append(value)
        if isinstance(value, Tensor):
            self._tensor(value, depth)
        elif isinstance(value, type):
            self._class(value, depth)
        elif isinstance(value, MethodType):
            self._visit(value.__self__, depth)
            self._visit(value.__func__, depth)
        elif isinstance(value, (BuiltinFunctionType, MethodWrapperType)):
            self._visit(value.__self__, depth)
        elif isinstance(value, (classmethod, staticmethod)):
            self._visit(value.__func__, depth)
        elif isinstance(value, property):
            self._visit(value.fget, depth)
        elif isinstance(value, functools.cached_property):
            self._visit(value.func, depth)
        elif isinstance(value, functools.partial):
            for part in (value.func, value.args, value.keywords):
                self._visit(part, depth)
        elif isinstance(value, weakref.ref):
            self._visit(value(), depth)
        elif isinstance(value, FunctionType):
            wrapped = getattr(value, "__wrapped__", None)
            if wrapped is not None:
                self._visit(wrapped, depth)
            if not value.__code__.co_filename.startswith(PACKAGE):
                self._function(value, depth)
        elif _is_module(value):
            self._module(value, depth)
        elif depth < DEPTH:
            self._object(value, depth + 1)

    def _watch(self, holder: Any, what: tuple[str, Callable, str]) -> None:
        text, look, comparison = what
        self.watches.append(Watch(holder, text, look, comparison, look(holder)))

    def _tensor(self, tensor: Tensor, depth: int) -> None:
        """Hooks of a tensor, and attributes that the user has given it."""
        for table in (tensor._hooks, tensor._post_hooks):
            for hook in (table or {}).values():
                self._visit(hook, depth)
        names = given_names(tensor)
        if names:
            hidden = set(vars(tensor)) - names
            self._objects.append(Members(vars(tensor), depth + 1, hidden))

    def _refuse_facts(self, arguments: Sequence[Any]) -> None:
        """Refuses what another tensor would tell otherwise, and no check looks at."""
        facts = sorted(impure.FACTS & self._used)
        if facts:
            raise Impure(f"looks at {facts[0]} of a tensor")
        for value in arguments:
            if isinstance(value, Tensor):
                names = given_names(value) & self._used
                if names:
                    raise Impure(f"looks at the attribute {min(names)} of a tensor argument")

    def _module(self, module: Any, depth: int) -> None:
        self._used.add("forward")
        for m in module.modules():
            if id(m) in self._seen and m is not module:
                continue
            self._seen.add(id(m))
            self._keep.append(m)
            self.modules.append(m)
            self._keep.append([*vars(m).values(), *m._parameters.values(), *m._buffers.values()])
            self._keep.append(list(m._modules.values()))
            self._classes.setdefault(type(m), depth)
            self._visit(type(m), depth)
            for p in m._parameters.values():
                self._visit(p, depth)
            for name in HOOKS:
                for hook in getattr(m, name).values():
                    self._visit(hook, depth)
            if is_plain_module(type(m)):
                self._objects.append(Members(vars(m), depth + 1, set(), counted=True))
                continue
            for name in vars(m):
                self._member(vars(m), name, depth + 1, counted=True)

    def _member(self, members: Mapping[str, Any], name: str, depth: int, counted: bool) -> None:
        """An attribute; ``counted``: snapshots tell whether it is another one now."""
        item = members[name]
        if isinstance(item, Tensor) or not counted:
            self._remember(self.attributes, members, name, item)
        if not counted or is_setting(name, item):
            self._visit(item, depth)

    def _visit_members(self) -> None:
        """The methods and attributes of what was found, as far as the code names them.

        What an object keeps besides, such as a history of losses or a count of epochs, may change.
        """
        known: tuple = ()
        while known != (state := self._found()):
            known = state
            for kind, depth in list(self._classes.items()):
                for name in list(self._used):
                    method = getattr(kind, name, None)
                    if isinstance(method, property):
                        method = method.fget
                    if isinstance(method, FunctionType):
                        self._visit(method, depth)
            for x in list(self._objects):
                names = x.values if self._by_name else self._used & x.values.keys()
                for name in [n for n in names if n not in x.visited and n[:2] != "__"]:
                    x.visited.add(name)
                    self._member(x.values, name, x.depth, x.counted)

    def _found(self) -> tuple:
        return len(self._classes), len(self._objects), len(self._used), self._by_name

    def _object(self, value: Any, depth: int) -> None:
        if isinstance(value, (list, tuple, dict, deque, set, frozenset)):
            if isinstance(value, set):
                self._watch(value, ELEMENTS)
            elif not isinstance(value, frozenset):
                self._contain(value)
            for item in list(value.values() if isinstance(value, dict) else value):
                self._visit(item, depth)
            if type(value).__module__ in ("builtins", "collections"):
                return
        if isinstance(value, (np.ndarray, bytearray, array)):
            self._array(value)
            return
        if isinstance(value, Optimizer):
            self._optimizer(value, depth)
            return
        if isinstance(value, LRScheduler):
            self._visit(value.optimizer, depth)
        home = type(value).__module__ or ""
        if home.split(".")[0] in (*PACKAGES, "numpy", "builtins", "functools"):
            return
        slots, members = Slots(value), None
        with contextlib.suppress(AttributeError):  # past a __getattr__ of the user's
            members = object.__getattribute__(value, "__dict__")
        if slots.names:
            self._objects.append(Members(slots, depth, set()))
        elif not isinstance(members, dict):
            return
        if isinstance(members, dict):
            self._sizes.append((members, len(members)))
            self._objects.append(Members(members, depth, set()))
        self._classes.setdefault(type(value), depth)
        self._visit(type(value), depth)
        for kind in type(value).__mro__:
            self._name(*[n for n, f in vars(kind).items() if _called_by_syntax(n, f)])

    def _array(self, value: Any) -> None:
        """Numbers that are no tensor's: Python may read them, so they are compared."""
        size = value.nbytes if isinstance(value, np.ndarray) else len(value)
        if size > BYTES or getattr(value, "dtype", None) == np.dtype(object):
            raise Impure(f"names an array of {size} bytes that is no tensor")
        self._watch(value, NUMBERS if isinstance(value, np.ndarray) else CONTENTS)

    def _class(self, kind: type, depth: int) -> None:
        """Attributes of the user's classes, and of those that they are made of."""
        for k in kind.__mro__:
            home = k.__module__
            if home.split(".")[0] == "numpy":
                continue
            if home == "__main__" or _is_of_the_user(sys.modules.get(home)):
                self._objects.append(Members(vars(k), depth, set()))
                self._sizes.append((vars(k), len(vars(k))))  # a new one may hide another

    def _optimizer(self, optimizer: Optimizer, depth: int) -> None:
        """Its groups and hooks; who uses its settings and its state looks at these."""
        tables: list[Any] = [optimizer.param_groups]
        tables += [g["params"] for g in optimizer.param_groups]
        tables += [getattr(optimizer, name) for name in STEP_HOOKS]
        for table in tables:
            self._keep.append(table)
            self._contain(table)
        self._optimizers.append(optimizer)
        for name in STEP_HOOKS:
            for hook in getattr(optimizer, name).values():
                self._visit(hook, depth)

    def _contain(self, container: Any) -> None:
        self.containers.append((container, tuple(items_of(container))))  # which keeps them alive

    def _remember(self, where: list, holder: Any, name: Any, value: Any) -> None:
        place = id(holder), name
        if place in self._remembered:
            return
        self._remembered.add(place)
        if isinstance(value, Tensor):
            self.tensors.append((holder, name, value))
        else:
            where.append((holder, name, value))

    def _function(self, function: FunctionType, depth: int) -> None:
        code = function.__code__
        self._watch(function, CODE)
        if function.__defaults__:
            self._watch(function, DEFAULTS)
        if function.__kwdefaults__:
            self._visit(function.__kwdefaults__, depth)
        if vars(function):
            self._objects.append(Members(vars(function), depth, {"__wrapped__"}))
        self._place = _place(code, code.co_firstlineno)
        local: dict[str, ModuleType] = {}  # modules under local names
        for name, cell in zip(code.co_freevars, function.__closure__ or (), strict=True):
            value = contents(cell)
            if isinstance(value, ModuleType):
                local[name] = value
            if value is cell:
                self.cells.append((cell, cell))
                continue
            if isinstance(value, Tensor):
                self.tensors.append((cell, None, value))
            else:
                self.cells.append((cell, value))
            self._visit(value, depth)
            self._place = _place(code, code.co_firstlineno)
        self._code(code, function.__globals__, depth, local)
        for default in function.__defaults__ or ():
            self._visit(default, depth)

    def _name(self, *names: str) -> None:
        """Takes note of attributes' names that the code has."""
        self._used.update(names)
        self._by_name = self._by_name or not BY_NAME.isdisjoint(names)

    def _code(
        self, code: CodeType, names: dict, depth: int, outer: dict[str, ModuleType]
    ) -> None:
        line = code.co_firstlineno
        found: Any = None  # the module that stands on the stack
        imported = dict(outer)  # modules under local names
        for step in dis.get_instructions(code):
            if step.positions is not None and step.positions.lineno:
                line = step.positions.lineno
            self._place = _place(code, line)
            what = step.argval
            module, found = found, None
            if step.opname in ("LOAD_ATTR", "LOAD_METHOD", "IMPORT_FROM"):
                if step.opname != "IMPORT_FROM":
                    self._name(what)
                if module is not None:
                    found = self._part(module, what, depth)
                    if step.opname == "IMPORT_FROM":
                        found = module  # still there for the next name
            elif step.opname == "IMPORT_NAME":
                found = _imported(what, names)
                self._visit(found, depth)
            elif step.opname in ("STORE_FAST", "STORE_DEREF") and isinstance(module, ModuleType):
                imported[what] = module
            elif step.opname.startswith(("LOAD_FAST", "LOAD_DEREF")) and imported:
                found = imported.get(what[-1] if isinstance(what, tuple) else what)
            elif step.opname in ("STORE_ATTR", "DELETE_ATTR"):
                self._name(what)  # what a replayed program would not do again
            elif step.opname in ("LOAD_GLOBAL", "LOAD_NAME"):
                self._by_name = self._by_name or what in BY_NAME
                if what in impure.NAMES and what not in names:
                    raise Impure(f"calls {what}() ({self._place})")
                if what in names:
                    value = names[what]
                    if isinstance(value, ModuleType):
                        self.computes = self.computes or not _ours(value)
                        found = value
                    self._remember(self.names, names, what, value)
                    self._visit(value, depth)
                elif not hasattr(builtins, what):
                    self._watch(names, absent(what))
            elif step.opname == "STORE_GLOBAL" or (
                step.opname == "STORE_DEREF" and what in code.co_freevars
            ):
                raise Impure(f"assigns the outer variable {what} ({self._place})")
        for constant in code.co_consts:
            if isinstance(constant, CodeType):
                self._code(constant, names, depth, imported)

    def _part(self, module: ModuleType, name: str, depth: int) -> ModuleType | None:
        """A name of a module; gives it where it is a module again."""
        why = impure.part(module, name)
        if why is not None:
            raise Impure(f"{why} ({self._place})")
        if _ours(module) or name not in vars(module):
            return None
        value = vars(module)[name]
        if isinstance(value, ModuleType):
            self._visit(value, depth)
            return value
        if _is_of_the_user(module):
            self._remember(self.names, vars(module), name, value)
            self._visit(value, depth)
        elif impure.reason(value) is not None:
            raise Impure(f"{impure.reason(value)} ({self._place})")
        return None

    def roots(self) -> set[int]:
        """The memory of all tensors that are named, as ids of the arrays that own it."""
        return {id(root_of(t._data)) for t in self.named_tensors() if not t.is_sparse}

    def named_tensors(self) -> list[Tensor]:
        """All tensors that are named, by modules and containers too."""
        tensors = [t for _, _, t in self.tensors]
        for m in self.modules:
            tensors += [t for t in (*m._parameters.values(), *m._buffers.values()) if t is not None]
        for _, items in self.containers:
            tensors += [t for t in items if isinstance(t, Tensor)]
        return tensors

    def _snapshots(self) -> list[tuple]:
        """What of each module decides how it computes.

        Of a class of the user's these are the attributes that its code names: others may count
        steps or keep results.
        """
        named = None if self._by_name else self._used | STANDARD
        found = [snapshot(m, named if is_plain_module(type(m)) else None) for m in self.modules]
        found += [(t._needs, hook_keys(t._hooks), hook_keys(t._post_hooks)) for t in self.hooked]
        found.append(tuple(map(id, global_hooks())))
        found.append(aliases(self.hooked))
        found.append((mode.anomaly, settings.are_deterministic_algorithms_enabled()))
        return found

    # ------------------------------------------------------------------ looking again

    def holds(self) -> bool:
        """Whether everything is as it was; tensors aside, which the program looks at itself."""
        for cell, value in self.cells:
            now = contents(cell)
            if now is not value and not same(now, value):
                return False
        for names, name, value in self.names:
            now = names.get(name)
            if now is not value and not same(now, value):
                return False
        for owned, name, value in self.attributes:
            now = owned.get(name)
            if now is not value and not same(now, value):
                return False
        for members, size in self._sizes:
            if len(members) != size:
                return False
        for container, kept in self.containers:
            held = items_of(container)
            if len(held) != len(kept) or not all(map(is_, held, kept)):
                return False
        for watch in self.watches:
            if not watch.holds():
                return False
        if changes.count != self.count:
            if self._snapshots() != self.snapshots:
                return False
            self.count = changes.count
        return True

    def unchanged(self) -> bool:
        """Whether the recorded run has left everything, tensors included, under its name."""
        named = [(contents(h) if name is None else h.get(name), t) for h, name, t in self.tensors]
        return all(now is t for now, t in named) and self.holds()

    def conditions(self, bind: Callable[[Any], str]) -> Iterator[tuple[str, str]]:
        """What :meth:`holds` looks at, as Python expressions and how they are compared.

        ``bind`` gives an object a name. Where an expression gives what it gave when ``holds`` was
        last true, ``holds`` is true still (modules aside, whose changes are counted).
        """
        for cell, value in self.cells:
            if value is cell:  # without contents
                yield f"{bind(contents)}({bind(cell)})", "is"
            else:
                yield f"{bind(cell)}.cell_contents", "is"
        for holder, name, _ in (*self.names, *self.attributes):
            yield f"{bind(holder)}[{name!r}]", "is"
        for members, _ in self._sizes:
            yield f"len({bind(members)})", "=="
        for container, _ in self.containers:
            if isinstance(container, tuple):
                continue
            name = bind(container)
            keyed, size = isinstance(container, dict), len(container)
            yield f"[*{name}]" if keyed and size > 1 else f"len({name})", "=="
            keys: Any = container if keyed else range(size)
            for key in keys:
                simple = isinstance(key, (str, int))
                yield f"{name}[{repr(key) if simple else bind(key)}]", "is"
        for watch in self.watches:
            yield watch.text.format(bind(watch.holder)), watch.comparison


def _called_by_syntax(name: str, value: Any) -> bool:
    """Whether an attribute of a class is a method such as ``__len__`` or ``__enter__``."""
    return name[:2] == "__" and name not in UNCALLED and isinstance(value, FunctionType)


def _is_of_the_user(value: Any) -> bool:
    """Whether a value is a module whose names may be given other values."""
    if not isinstance(value, ModuleType):
        return False
    return value.__name__.split(".")[0] == "numpy" or not getattr(
        value, "__file__", PACKAGE
    ).startswith((PACKAGE, LIBRARY))


def _imported(name: str, names: dict) -> ModuleType | None:
    """The module that an import statement inside a function gives."""
    home = names.get("__package__") or ""
    return sys.modules.get(name) or sys.modules.get(f"{home}.{name}")


def _ours(module: ModuleType) -> bool:
    return getattr(module, "__name__", "").split(".")[0] in PACKAGES


def _is_module(value: Any) -> bool:
    return isinstance(value, Module)


def _place(code: CodeType, line: int) -> str:
    return f"{code.co_filename.rsplit('/', 1)[-1]}:{line}"
