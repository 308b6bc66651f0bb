"""How guards look at things again: attributes, contents of containers, what modules are set to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from operator import attrgetter
from typing import Any, NamedTuple

import numpy as np

from ..nn.modules import hooks as module_hooks
from ..tensor.memory import root_of
from ..tensor.tensor import Tensor
from .memory import address_of

PACKAGES = ("flambeau", "torch", "torchvision")  # what stands for ours, under whichever name
SIMPLE = (bool, int, float, complex, str, bytes, type(None), range, slice, np.generic)


class Slots(Mapping):
    """The attributes that an object keeps in slots."""

    def __init__(self, owner: Any):
        names = [k.__dict__.get("__slots__", ()) for k in type(owner).__mro__]
        self.owner = owner
        self.names = [n for s in names for n in ((s,) if isinstance(s, str) else s)]

    def __getitem__(self, name: str) -> Any:
        try:
            return object.__getattribute__(self.owner, name)
        except AttributeError:
            raise KeyError(name) from None

    def __iter__(self) -> Iterator[str]:
        return (n for n in self.names if self.get(n, self) is not self)

    def __len__(self) -> int:
        return sum(1 for _ in self)


class Watch(NamedTuple):
    """Something of an object that is looked at before each call."""

    holder: Any
    text: str  # how it is written, with {} for the object
    look: Callable[[Any], Any]
    comparison: str  # "is" or "=="
    value: Any

    def holds(self) -> bool:
        now = self.look(self.holder)
        return now is self.value or (self.comparison == "==" and bool(now == self.value))


# What is looked at, as text and as a function, and how it is compared.
CODE = ("{}.__code__", attrgetter("__code__"), "is")
DEFAULTS = ("{}.__defaults__", attrgetter("__defaults__"), "is")
NUMBERS = ("{}.tobytes()", lambda a: a.tobytes(), "==")
CONTENTS = ("bytes({})", bytes, "==")
ELEMENTS = ("frozenset({})", frozenset, "==")


class Members(NamedTuple):
    """The attributes of an object, a class or a module, and which of them were visited."""

    values: Mapping[str, Any]
    depth: int
    visited: set[str]
    counted: bool = False


def absent(name: str) -> tuple[str, Callable, str]:
    """How to look whether a name is there, which it was not."""
    return f"{name!r} in {{}}", lambda names: name in names, "is"


def contents(cell: Any) -> Any:
    """What a variable of an outer function stands for; the cell itself where it is deleted."""
    try:
        return cell.cell_contents
    except ValueError:
        return cell


def items_of(container: Any) -> list[Any]:
    """What a container holds, keys included."""
    return [*container, *container.values()] if isinstance(container, dict) else list(container)


def same(a: Any, b: Any) -> bool:
    return isinstance(b, SIMPLE) and type(a) is type(b) and a == b


_TABLES = frozenset(
    ("_parameters", "_buffers", "_modules", "_non_persistent_buffers_set", "_compiled_call_impl",
     "_forward_hooks_with_kwargs", "_forward_hooks_always_called",
     "_forward_pre_hooks_with_kwargs")
)
STEP_HOOKS = ("_optimizer_step_pre_hooks", "_optimizer_step_post_hooks")
HOOKS = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")


def is_plain_module(kind: type) -> bool:
    """Whether a module's computation is all the user's: of ours it has the base class alone."""
    ours = next((k for k in kind.__mro__ if k.__module__.split(".")[0] in PACKAGES), None)
    return ours is not None and ours.__name__ == "Module" and kind is not ours


def snapshot(module: Any, named: Set[str] | None) -> tuple:
    """What of a module decides how it computes; of its plain attributes those ``named``, or all."""
    members = vars(module)
    if named is not None:
        members = {k: v for k, v in members.items() if k in named or k in _TABLES}
    plain = tuple([(k, v.__class__, v) for k, v in members.items()
                   if isinstance(v, SIMPLE) or _plain_tuple(v)])  # fmt: skip
    tables = tuple(
        [tuple([(k, id(v)) for k, v in vars(module)[table].items()])
         for table in ("_parameters", "_modules")]
    )  # fmt: skip
    buffers = tuple([(k, id(v)) for k, v in module._buffers.items()])
    needs = tuple([p._needs for p in module._parameters.values() if p is not None])
    hooks = tuple([tuple(getattr(module, name, ())) for name in HOOKS])
    others = tuple([(k, id(v)) for k, v in members.items() if is_setting(k, v)])
    others += tuple([k for k, v in members.items() if isinstance(v, Tensor)])
    return plain, tables, buffers, needs, hooks, others


def is_setting(name: str, value: Any) -> bool:
    """Whether a module's attribute is an object of the user's."""
    if name in _TABLES or name.endswith("_hooks") or isinstance(value, (*SIMPLE, Tensor)):
        return False
    return not _plain_tuple(value)


def _plain_tuple(value: Any) -> bool:
    return isinstance(value, tuple) and all(isinstance(v, SIMPLE) for v in value)


def global_hooks() -> list[Any]:
    """Hooks of all modules."""
    tables = (
        module_hooks._global_forward_pre_hooks, module_hooks._global_forward_hooks,
        module_hooks._global_backward_pre_hooks, module_hooks._global_backward_hooks,
    )  # fmt: skip
    return [hook for table in tables for hook in table.values()]


def hook_keys(table: dict | None) -> tuple:
    return tuple(table) if table else ()


def aliases(tensors: Sequence[Tensor]) -> tuple:
    """Which of some tensors lie in the same memory as an earlier one, and how."""
    first: dict[int, int] = {}
    found = []
    for i, t in enumerate(tensors):
        if t.is_sparse:
            continue
        a = t._data
        j = first.setdefault(id(root_of(a)), i)
        if j != i:
            apart = address_of(a) - address_of(tensors[j]._data)
            found.append((i, j, apart, a.dtype, a.shape, a.strides))
    return tuple(found)
