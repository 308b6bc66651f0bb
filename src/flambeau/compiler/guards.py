"""What a function reads besides its arguments, so that a recorded program is used only where it
still holds: names from outside, attributes of modules, optimizers' settings.

The function's code says which names it reads; what they stand for is remembered and compared before
each call. Comparing must be cheap, so modules are looked at again only when the count of their
changes has moved (:data:`flambeau.tensor.recording.changes`).
"""

from __future__ import annotations

import dis
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from types import BuiltinFunctionType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any, NamedTuple

from ..optim.optimizer import Optimizer
from ..tensor.recording import changes
from ..tensor.tensor import Tensor
from .memory import root_of
from .recorder import PACKAGE

SIMPLE = (bool, int, float, complex, str, bytes, type(None), range, slice)
IMPURE_NAMES = frozenset(("print", "input", "open", "breakpoint", "next"))
IMPURE_MODULES = frozenset(("time", "random", "secrets", "uuid", "datetime"))
SETTABLE = frozenset(("grad", "data", "requires_grad", "training"))  # known to the recorder
# What reads or sets attributes whose names the code does not show.
BY_NAME = frozenset(
    ("getattr", "setattr", "hasattr", "delattr", "vars", "locals", "attrgetter", "__dict__",
     "__getattr__", "__getattribute__", "__setattr__")
)  # fmt: skip
PACKAGES = ("flambeau", "torch", "torchvision")  # what stands for ours, under whichever name
STANDARD = frozenset(("training", "_is_full_backward_hook"))  # of every module
METHODS = (FunctionType, property, classmethod, staticmethod)
UNCALLED = frozenset(("__init__", "__new__", "__repr__", "__str__", "__del__", "__reduce__"))
DEPTH = 4
LIBRARY = os.path.dirname(os.__file__)


class Impure(Exception):
    """A function does something that a replayed program would not do again."""


class Members(NamedTuple):
    """The attributes of an object, a class or a module, and which of them were visited."""

    values: Mapping[str, Any]
    depth: int
    visited: set[str]
    counted: bool = False


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
        self.containers: list[tuple[Any, tuple[int, ...]]] = []
        self.modules: list[Any] = []
        self.computes = False  # whether functions of other modules are called by name
        self.tensors: list[tuple[Any, Any, Tensor]] = []  # where, key, tensor
        self._seen: set[int] = set()
        self._keep: list[Any] = []
        self._sizes: list[tuple[Mapping[str, Any], int]] = []  # of objects' attributes
        self._classes: dict[type, int] = {}  # of objects and modules, and how deep they stand
        self._used: set[str] = set()  # names of attributes in the code
        self._by_name = False  # whether the code reads attributes that it does not name
        self._objects: list[Members] = []
        self._visit(function, 0)
        for value in arguments:
            self._visit(value, 0)
        self._visit_members()
        self.count = changes.count
        self.snapshots = self._snapshots()

    # ------------------------------------------------------------------ looking around

    def _visit(self, value: Any, depth: int) -> None:
        if isinstance(value, (*SIMPLE, Tensor, ModuleType)) or id(value) in self._seen:
            return
        self._seen.add(id(value))
        self._keep.append(value)
        if isinstance(value, type):
            self._class(value, depth)
            return
        if isinstance(value, MethodType):
            self._visit(value.__self__, depth)
            self._visit(value.__func__, depth)
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

    def _module(self, module: Any, depth: int) -> None:
        self._used.add("forward")
        for m in module.modules():
            if id(m) in self._seen and m is not module:
                continue
            self._seen.add(id(m))
            self._keep.append(m)
            self.modules.append(m)
            self._classes.setdefault(type(m), depth)
            self._visit(type(m), depth)
            for name in _HOOKS:
                for hook in getattr(m, name).values():
                    self._visit(hook, depth)
            if _is_plain_module(type(m)):
                self._objects.append(Members(vars(m), depth + 1, set(), counted=True))
                continue
            for name in vars(m):
                self._member(vars(m), name, depth + 1, counted=True)

    def _member(self, members: Mapping[str, Any], name: str, depth: int, counted: bool) -> None:
        """An attribute; ``counted``: snapshots tell whether it is another one now."""
        item = members[name]
        if isinstance(item, Tensor) or not counted:
            self._remember(self.attributes, members, name, item)
        if not counted or _is_setting(name, item):
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
        if isinstance(value, (list, tuple)):
            self._contain(value)
            for item in value[:64]:
                self._visit(item, depth)
            return
        if isinstance(value, dict):
            self._contain(value)
            for item in list(value.values())[:64]:
                self._visit(item, depth)
            return
        if isinstance(value, Optimizer):
            self._optimizer(value, depth)
            return
        home = type(value).__module__ or ""
        if home.split(".")[0] in (*PACKAGES, "numpy", "builtins", "functools", "collections"):
            return
        members = getattr(value, "__dict__", None)
        if not isinstance(members, dict):
            return
        self._sizes.append((members, len(members)))
        self._objects.append(Members(members, depth, set()))
        self._classes.setdefault(type(value), depth)
        self._visit(type(value), depth)
        for kind in type(value).__mro__:
            self._name(*[n for n, f in vars(kind).items() if _called_by_syntax(n, f)])

    def _class(self, kind: type, depth: int) -> None:
        """Attributes of the user's classes, and of those that they are made of."""
        for k in kind.__mro__:
            home = k.__module__
            if home.split(".")[0] == "numpy":
                continue
            if home == "__main__" or _is_of_the_user(sys.modules.get(home)):
                methods = {n for n, f in vars(k).items() if isinstance(f, METHODS)}
                self._objects.append(Members(vars(k), depth, methods))
                self._sizes.append((vars(k), len(vars(k))))  # a new one may hide another

    def _optimizer(self, optimizer: Optimizer, depth: int) -> None:
        """Its groups and hooks; who uses its settings and its state looks at these."""
        tables: list[Any] = [optimizer.param_groups]
        tables += [g["params"] for g in optimizer.param_groups]
        tables += [getattr(optimizer, name) for name in _STEP_HOOKS]
        for table in tables:
            self._keep.append(table)
            self._contain(table)
        for name in _STEP_HOOKS:
            for hook in getattr(optimizer, name).values():
                self._visit(hook, depth)

    def _contain(self, container: Any) -> None:
        items = container.values() if isinstance(container, dict) else container
        self.containers.append((container, tuple(map(id, items))))

    def _remember(self, where: list, holder: Any, name: Any, value: Any) -> None:
        if isinstance(value, Tensor):
            self.tensors.append((holder, name, value))
        else:
            where.append((holder, name, value))

    def _function(self, function: FunctionType, depth: int) -> None:
        code = function.__code__
        for cell in function.__closure__ or ():
            try:
                value = cell.cell_contents
            except ValueError:
                continue
            if isinstance(value, Tensor):
                self.tensors.append((cell, None, value))
            else:
                self.cells.append((cell, value))
            self._visit(value, depth)
            _refuse(value, code, code.co_firstlineno)
        self._code(code, function.__globals__, depth)
        for default in function.__defaults__ or ():
            self._visit(default, depth)

    def _name(self, *names: str) -> None:
        """Takes note of attributes' names that the code has."""
        self._used.update(names)
        self._by_name = self._by_name or not BY_NAME.isdisjoint(names)

    def _code(self, code: CodeType, names: dict, depth: int) -> None:
        line = code.co_firstlineno
        found: Any = None  # the module that stands on the stack
        for step in dis.get_instructions(code):
            if step.positions is not None and step.positions.lineno:
                line = step.positions.lineno
            what = step.argval
            module, found = found, None
            if step.opname in ("LOAD_ATTR", "LOAD_METHOD"):
                self._name(what)
                if module is not None and what in vars(module):
                    value = found = vars(module)[what]
                    _refuse(value, code, line)
                    if not isinstance(value, ModuleType):
                        found = None
                        self._remember(self.names, vars(module), what, value)
                        self._visit(value, depth)
            elif step.opname in ("STORE_ATTR", "DELETE_ATTR"):
                self._name(what)  # what a replayed program would not do again
            elif step.opname in ("LOAD_GLOBAL", "LOAD_NAME"):
                self._by_name = self._by_name or what in BY_NAME
                if what in IMPURE_NAMES and what not in names:
                    raise Impure(f"calls {what}() ({_place(code, line)})")
                if what in names:
                    value = names[what]
                    if isinstance(value, ModuleType) and not _ours(value):
                        self.computes = True
                    _refuse(value, code, line)
                    if _is_of_the_user(value):
                        found = value
                    self._remember(self.names, names, what, value)
                    self._visit(value, depth)
            elif step.opname == "STORE_GLOBAL" or (
                step.opname == "STORE_DEREF" and what in code.co_freevars
            ):
                raise Impure(f"assigns the outer variable {what} ({_place(code, line)})")
        for constant in code.co_consts:
            if isinstance(constant, CodeType):
                self._code(constant, names, depth)

    def roots(self) -> set[int]:
        """The memory of all tensors that are named, as ids of the arrays that own it."""
        tensors = [t for _, _, t in self.tensors]
        for m in self.modules:
            tensors += [t for t in (*m._parameters.values(), *m._buffers.values()) if t is not None]
        return {id(root_of(t._data)) for t in tensors if not t.is_sparse}

    def _snapshots(self) -> list[tuple]:
        """What of each module decides how it computes.

        Of a class of the user's these are the attributes that its code names: others may count
        steps or keep results.
        """
        named = None if self._by_name else self._used | STANDARD
        return [_snapshot(m, named if _is_plain_module(type(m)) else None) for m in self.modules]

    # ------------------------------------------------------------------ looking again

    def holds(self) -> bool:
        """Whether everything is as it was; tensors aside, which the program looks at itself."""
        for cell, value in self.cells:
            if cell.cell_contents is not value and not _same(cell.cell_contents, value):
                return False
        for names, name, value in self.names:
            now = names.get(name)
            if now is not value and not _same(now, value):
                return False
        for owned, name, value in self.attributes:
            now = owned.get(name)
            if now is not value and not _same(now, value):
                return False
        for members, size in self._sizes:
            if len(members) != size:
                return False
        for container, ids in self.containers:
            items = container.values() if isinstance(container, dict) else container
            if tuple(map(id, items)) != ids:
                return False
        if changes.count != self.count:
            if self._snapshots() != self.snapshots:
                return False
            self.count = changes.count
        return True

    def conditions(self, bind: Callable[[Any], str]) -> Iterator[tuple[str, str]]:
        """What :meth:`holds` looks at, as Python expressions and how they are compared.

        ``bind`` gives an object a name. Where an expression gives what it gave when ``holds`` was
        last true, ``holds`` is true still (modules aside, whose changes are counted).
        """
        for cell, _ in self.cells:
            yield f"{bind(cell)}.cell_contents", "is"
        for holder, name, _ in (*self.names, *self.attributes):
            yield f"{bind(holder)}[{name!r}]", "is"
        for members, _ in self._sizes:
            yield f"len({bind(members)})", "=="
        for container, _ in self.containers:
            if isinstance(container, tuple):
                continue
            name = bind(container)
            yield f"len({name})", "=="
            keys = container if isinstance(container, dict) else range(len(container))
            for key in keys:
                simple = isinstance(key, (str, int))
                yield f"{name}[{repr(key) if simple else bind(key)}]", "is"


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


def _refuse(value: Any, code: CodeType, line: int) -> None:
    """Refuses what draws random numbers, tells the time and so on."""
    name = ""
    if isinstance(value, ModuleType):
        name = value.__name__
    elif isinstance(value, BuiltinFunctionType):
        owner = value.__self__
        name = owner.__name__ if isinstance(owner, ModuleType) else type(owner).__module__
    elif type(value).__module__.startswith("numpy.random"):
        name = type(value).__module__
    elif isinstance(value, MethodType):
        name = type(value.__self__).__module__
    if name in IMPURE_MODULES or name.startswith("numpy.random"):
        raise Impure(f"uses the module {name} ({_place(code, line)})")


def _ours(module: ModuleType) -> bool:
    return getattr(module, "__name__", "").split(".")[0] in PACKAGES


def _same(a: Any, b: Any) -> bool:
    return isinstance(b, SIMPLE) and type(a) is type(b) and a == b


def _is_module(value: Any) -> bool:
    return hasattr(value, "_modules") and hasattr(value, "_parameters")


_TABLES = frozenset(
    ("_parameters", "_buffers", "_modules", "_non_persistent_buffers_set", "_compiled_call_impl",
     "_forward_hooks_with_kwargs", "_forward_hooks_always_called",
     "_forward_pre_hooks_with_kwargs")
)
_STEP_HOOKS = ("_optimizer_step_pre_hooks", "_optimizer_step_post_hooks")
_HOOKS = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")


def _is_plain_module(kind: type) -> bool:
    """Whether a module's computation is all the user's: of ours it has the base class alone."""
    ours = next((k for k in kind.__mro__ if k.__module__.split(".")[0] in PACKAGES), None)
    return ours is not None and ours.__name__ == "Module" and kind is not ours


def _snapshot(module: Any, named: Set[str] | None) -> tuple:
    """What of a module decides how it computes; of its plain attributes those ``named``, or all."""
    members = vars(module)
    if named is not None:
        members = {k: v for k, v in members.items() if k in named or k in _TABLES}
    plain = tuple([(k, v) for k, v in members.items() if isinstance(v, SIMPLE) or _plain_tuple(v)])
    tables = tuple(
        [tuple([(k, id(v)) for k, v in vars(module)[table].items()])
         for table in ("_parameters", "_modules")]
    )  # fmt: skip
    buffers = tuple([(k, id(v)) for k, v in module._buffers.items()])
    needs = tuple([p._needs for p in module._parameters.values() if p is not None])
    hooks = tuple([tuple(getattr(module, name, ())) for name in _HOOKS])
    others = tuple([(k, id(v)) for k, v in members.items() if _is_setting(k, v)])
    return plain, tables, buffers, needs, hooks, others


def _is_setting(name: str, value: Any) -> bool:
    """Whether a module's attribute is an object of the user's."""
    if name in _TABLES or name.endswith("_hooks") or isinstance(value, (*SIMPLE, Tensor)):
        return False
    return not _plain_tuple(value)


def _plain_tuple(value: Any) -> bool:
    return isinstance(value, tuple) and all(isinstance(v, SIMPLE) for v in value)


def _place(code: CodeType, line: int) -> str:
    return f"{code.co_filename.rsplit('/', 1)[-1]}:{line}"
