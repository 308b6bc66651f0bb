"""Module: a part of a network, with its parameters, buffers and children."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import flambeau

from ...tensor import naming
from ...tensor.recording import changes, recorders
from ...tensor.tensor import Tensor
from ..parameter import Buffer, Parameter
from . import hooks as _hooks
from .conversion import ConversionMixin
from .hooks import (
    HOOK_TABLES,
    HookMixin,
    Hooks,
    RemovableHandle,
    register_module_buffer_registration_hook,
    register_module_forward_hook,
    register_module_forward_pre_hook,
    register_module_full_backward_hook,
    register_module_full_backward_pre_hook,
    register_module_module_registration_hook,
    register_module_parameter_registration_hook,
)
from .notes import annotate
from .state import StateMixin, _IncompatibleKeys

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Self

__all__ = [
    "Module",
    "RemovableHandle",
    "_IncompatibleKeys",
    "register_module_buffer_registration_hook",
    "register_module_forward_hook",
    "register_module_forward_pre_hook",
    "register_module_full_backward_hook",
    "register_module_full_backward_pre_hook",
    "register_module_module_registration_hook",
    "register_module_parameter_registration_hook",
]

_active_global_hooks = _hooks.active

# The dictionaries in which a name that is no plain attribute can live.
_MEMBER_TABLES = ("_parameters", "_buffers", "_modules")


def typename(value: object) -> str:
    """The type's name as messages show it, with its module unless it is built in."""
    if isinstance(value, Tensor):
        return f"{naming.prefix()}.{value.dtype.legacy}"
    module, name = type(value).__module__, type(value).__qualname__
    if module == "builtins":
        return name
    root, dot, rest = module.partition(".")
    return f"{naming.prefix() if root == __name__.partition('.')[0] else root}{dot}{rest}.{name}"


def _addindent(text: str, spaces: int) -> str:
    """The text with all lines but its first moved to the right."""
    return text.replace("\n", "\n" + " " * spaces)


_NOTHING = object()


class Module(HookMixin, StateMixin, ConversionMixin):
    """Base class of all networks and layers.

    A subclass makes its layers in `__init__` (after `super().__init__()`) and computes in
    `forward`. Parameters, buffers and modules that are assigned as attributes register themselves::

        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.hidden = nn.Linear(784, 128)
                self.output = nn.Linear(128, 10)

            def forward(self, x):
                return self.output(self.hidden(x).relu())
    """

    dump_patches: bool = False
    call_super_init: bool = False
    training: bool
    _parameters: dict[str, Parameter | None]
    _buffers: dict[str, Tensor | None]
    _modules: dict[str, Module | None]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if not self.call_super_init:
            if kwargs:
                raise TypeError(
                    f"{type(self).__name__}.__init__() got an unexpected keyword argument "
                    f"'{next(iter(kwargs))}'"
                )
            if args:
                raise TypeError(
                    f"{type(self).__name__}.__init__() takes 1 positional argument but "
                    f"{len(args) + 1} were given"
                )
        # Straight into the dictionary: __setattr__ looks into tables that are not there yet.
        members = self.__dict__
        members["training"] = True
        members["_parameters"] = {}
        members["_buffers"] = {}
        members["_non_persistent_buffers_set"] = set()
        members["_is_full_backward_hook"] = None
        for table in HOOK_TABLES:
            members[table] = Hooks()
        members["_modules"] = {}
        if self.call_super_init:
            super().__init__(*args, **kwargs)

    # -- calling ----------------------------------------------------------------------------

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """What the module computes; every subclass defines it."""
        raise NotImplementedError(
            f'Module [{type(self).__name__}] is missing the required "forward" function'
        )

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Runs `forward`, with the hooks where there are any."""
        # Attributes are slow to reach in a class that has __getattr__: look into the dictionary.
        own = self.__dict__
        try:
            if (
                own["_forward_hooks"]
                or own["_forward_pre_hooks"]
                or own["_backward_hooks"]
                or own["_backward_pre_hooks"]
                or _active_global_hooks
                or "_compiled_call_impl" in own
            ):
                return (self._compiled_call_impl or self._call_impl)(*args, **kwargs)
            return self.forward(*args, **kwargs)
        except (RuntimeError, ValueError, LookupError) as error:
            if "_modules" not in own:
                raise AttributeError(
                    f"'{type(self).__name__}' object cannot be called before Module.__init__() call"
                ) from None
            annotate(error, self, args)
            raise

    def compile(self, *args: Any, **kwargs: Any) -> None:
        """From now on, calls of this module run as a compiled program; see `flambeau.compile`."""
        self._compiled_call_impl = flambeau.compile(self._call_impl, *args, **kwargs)

    # -- attributes -------------------------------------------------------------------------

    def __getattr__(self, name: str) -> Any:
        # Python comes here only for names that are not plain attributes.
        members = self.__dict__
        for table in _MEMBER_TABLES:
            if table in members:
                found = members[table]
                if name in found:
                    return found[name]
        # Python's traceback adds "Did you mean" from `__dir__`, for it knows name and object.
        raise AttributeError(
            f"'{type(self).__name__}' object has no attribute '{name}'", name=name, obj=self
        )

    def __setattr__(self, name: str, value: Any) -> None:
        members = self.__dict__
        if members.get(name, _NOTHING) is not value:
            changes.count += 1
        if isinstance(value, Parameter):
            self._require_init("parameters")
            self._forget(name, keep="_parameters")
            self.register_parameter(name, value)
        elif name in members.get("_parameters", ()):
            if value is not None:
                raise self._wrong_type(value, "parameter", name, "nn.Parameter")
            self.register_parameter(name, value)
        elif isinstance(value, Module):
            self._require_init("module")
            self._forget(name, keep="_modules")
            self._set_module(name, value)
        elif name in members.get("_modules", ()):
            if value is not None:
                raise self._wrong_type(value, "child module", name, "nn.Module")
            self._set_module(name, value)
        elif isinstance(value, Buffer):
            self._require_init("buffer")
            self._forget(name, keep="_buffers")
            self.register_buffer(name, value, value.persistent)
        elif name in members.get("_buffers", ()):
            self._set_buffer(name, value)
        else:
            super().__setattr__(name, value)

    def __delattr__(self, name: str) -> None:
        changes.count += 1
        for table in _MEMBER_TABLES:
            if name in self.__dict__.get(table, ()):
                del self.__dict__[table][name]
                self._non_persistent_buffers_set.discard(name)
                return
        super().__delattr__(name)

    def __dir__(self) -> list[str]:
        names = [*dir(type(self)), *self.__dict__]
        for table in _MEMBER_TABLES:
            names.extend(self.__dict__.get(table, ()))
        return sorted({name for name in names if not name[0].isdigit()})

    def _require_init(self, what: str) -> None:
        if "_modules" not in self.__dict__:
            raise AttributeError(f"cannot assign {what} before Module.__init__() call")

    def _forget(self, name: str, keep: str) -> None:
        """Removes a name from everywhere but the one table that it is about to enter."""
        members = self.__dict__
        members.pop(name, None)
        for table in _MEMBER_TABLES:
            if table != keep:
                members[table].pop(name, None)
        if keep != "_buffers":
            self._non_persistent_buffers_set.discard(name)

    def _set_module(self, name: str, module: Module | None) -> None:
        changes.count += 1
        self._modules[name] = _hooks.replaced(
            _hooks._global_module_registration_hooks, self, name, module
        )

    def _set_buffer(self, name: str, value: Any) -> None:
        """Gives another tensor to a buffer that is there."""
        changes.count += 1
        if value is not None and not isinstance(value, Tensor):
            prefix = naming.prefix()
            raise TypeError(
                f"cannot assign '{typename(value)}' as buffer '{name}' "
                f"({prefix}.nn.Buffer, {prefix}.Tensor or None expected)"
            )
        self._buffers[name] = _hooks.replaced(
            _hooks._global_buffer_registration_hooks, self, name, value
        )

    @staticmethod
    def _wrong_type(value: object, what: str, name: str, wanted: str) -> TypeError:
        return TypeError(
            f"cannot assign '{typename(value)}' as {what} '{name}' "
            f"({naming.prefix()}.{wanted} or None expected)"
        )

    # -- registration -----------------------------------------------------------------------

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Adds a parameter under a name; None reserves the name, as for a missing bias."""
        self._require_init("parameter")
        self._check_name(name, "parameter", "_parameters")
        prefix = naming.prefix()
        if param is not None and not isinstance(param, Parameter):
            raise TypeError(
                f"cannot assign '{typename(param)}' object to parameter '{name}' "
                f"({prefix}.nn.Parameter or None required)"
            )
        if param is not None and param.grad_fn is not None:
            raise ValueError(
                f"Cannot assign non-leaf Tensor to parameter '{name}'. Model parameters must be "
                f"created explicitly. To express '{name}' as a function of another Tensor, "
                "compute the value in the forward() method."
            )
        if param is not None:
            param = _hooks.replaced(_hooks._global_parameter_registration_hooks, self, name, param)
        changes.count += 1
        self._parameters[name] = param

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Adds a tensor that belongs to the module's state but is no parameter.

        Buffers move with the module (`to`), and are saved in its state dictionary unless
        `persistent` is False.
        """
        self._require_init("buffer")
        self._check_name(name, "buffer", "_buffers")
        if tensor is not None and not isinstance(tensor, Tensor):
            prefix = naming.prefix()
            raise TypeError(
                f"cannot assign '{typename(tensor)}' object to buffer '{name}' "
                f"({prefix} Tensor or None required)"
            )
        self._set_buffer(name, tensor)
        if persistent:
            self._non_persistent_buffers_set.discard(name)
        else:
            self._non_persistent_buffers_set.add(name)

    def _check_name(self, name: str, what: str, table: str) -> None:
        if not isinstance(name, str):
            raise TypeError(f"{what} name should be a string. Got {typename(name)}")
        if "." in name:
            raise KeyError(f'{what} name can\'t contain "."')
        if name == "":
            raise KeyError(f'{what} name can\'t be empty string ""')
        if name not in self.__dict__[table] and hasattr(self, name):
            raise KeyError(f"attribute '{name}' already exists")

    def add_module(self, name: str, module: Module | None) -> None:
        """Adds a child under a name; it can then be reached as an attribute."""
        if not isinstance(module, Module) and module is not None:
            raise TypeError(f"{typename(module)} is not a Module subclass")
        if not isinstance(name, str):
            raise TypeError(f"module name should be a string. Got {typename(name)}")
        if name not in self._modules and hasattr(self, name):
            raise KeyError(f"attribute '{name}' already exists")
        if "." in name:
            raise KeyError(f'module name can\'t contain ".", got: {name}')
        if name == "":
            raise KeyError('module name can\'t be empty string ""')
        self._set_module(name, module)

    def register_module(self, name: str, module: Module | None) -> None:
        """The same as `add_module`."""
        self.add_module(name, module)

    # -- members by path --------------------------------------------------------------------

    def get_submodule(self, target: str) -> Module:
        """The descendant at a dotted path; the module itself for an empty one."""
        module: Module = self
        for item in target.split(".") if target else ():
            if not hasattr(module, item):
                raise AttributeError(f"{module._get_name()} has no attribute `{item}`")
            module = getattr(module, item)
            if not isinstance(module, Module):
                raise AttributeError(f"`{item}` is not an nn.Module")
        return module

    def set_submodule(self, target: str, module: Module, strict: bool = False) -> None:
        """Puts a module at a dotted path; with `strict`, only where there is one already."""
        if target == "":
            raise ValueError("Cannot set the submodule without a target name!")
        if not isinstance(module, Module):
            raise ValueError(f"`module` is not an nn.Module, found {type(module)}")
        path, _, name = target.rpartition(".")
        parent = self.get_submodule(path)
        if strict and not hasattr(parent, name):
            raise AttributeError(f"{parent._get_name()} has no attribute `{name}`")
        if hasattr(parent, name) and not isinstance(getattr(parent, name), Module):
            raise AttributeError(f"`{name}` is not an nn.Module")
        setattr(parent, name, module)

    def get_parameter(self, target: str) -> Parameter:
        """The parameter at a dotted path."""
        module, name = self._owner(target)
        found = getattr(module, name)
        if not isinstance(found, Parameter):
            raise AttributeError(f"`{name}` is not an nn.Parameter")
        return found

    def get_buffer(self, target: str) -> Tensor:
        """The buffer at a dotted path."""
        module, name = self._owner(target)
        found = getattr(module, name)
        if name not in module._buffers:
            raise AttributeError(f"`{name}` is not a buffer")
        return found

    def _owner(self, target: str) -> tuple[Module, str]:
        path, _, name = target.rpartition(".")
        module = self.get_submodule(path)
        if not hasattr(module, name):
            raise AttributeError(f"{module._get_name()} has no attribute `{name}`")
        return module, name

    # -- traversal --------------------------------------------------------------------------

    def named_modules(
        self,
        memo: set[Module] | None = None,
        prefix: str = "",
        remove_duplicate: bool = True,
    ) -> Iterator[tuple[str, Module]]:
        """(path, module) of this module and all its descendants, each once unless asked."""
        if memo is None:
            memo = set()
        if self in memo:
            return
        if remove_duplicate:
            memo.add(self)
        yield prefix, self
        for name, module in self._modules.items():
            if module is not None:
                path = f"{prefix}.{name}" if prefix else name
                yield from module.named_modules(memo, path, remove_duplicate)

    def modules(self) -> Iterator[Module]:
        """This module and all its descendants, each once."""
        for _, module in self.named_modules():
            yield module

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """(name, module) of the direct children, each once."""
        seen: set[Module] = set()
        for name, module in self._modules.items():
            if module is not None and module not in seen:
                seen.add(module)
                yield name, module

    def children(self) -> Iterator[Module]:
        """The direct children, each once."""
        for _, module in self.named_children():
            yield module

    def _named_members(
        self,
        get_members: Callable[[Module], Any],
        prefix: str = "",
        recurse: bool = True,
        remove_duplicate: bool = True,
    ) -> Iterator[tuple[str, Any]]:
        seen = set()
        modules = (
            self.named_modules(prefix=prefix, remove_duplicate=remove_duplicate)
            if recurse
            else [(prefix, self)]
        )
        for path, module in modules:
            for name, value in get_members(module):
                if value is None or value in seen:
                    continue
                if remove_duplicate:
                    seen.add(value)
                yield (f"{path}.{name}" if path else name), value

    def named_parameters(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Parameter]]:
        """(path, parameter) of this module and, with `recurse`, of its descendants."""
        yield from self._named_members(
            lambda module: module._parameters.items(), prefix, recurse, remove_duplicate
        )

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """The parameters of this module and, with `recurse`, of its descendants."""
        for _, param in self.named_parameters(recurse=recurse):
            yield param

    def named_buffers(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Tensor]]:
        """(path, buffer) of this module and, with `recurse`, of its descendants."""
        yield from self._named_members(
            lambda module: module._buffers.items(), prefix, recurse, remove_duplicate
        )

    def buffers(self, recurse: bool = True) -> Iterator[Tensor]:
        """The buffers of this module and, with `recurse`, of its descendants."""
        for _, buffer in self.named_buffers(recurse=recurse):
            yield buffer

    def apply(self, fn: Callable[[Module], None]) -> Self:
        """Calls `fn` on every descendant, children first, then on the module itself."""
        for module in self.children():
            module.apply(fn)
        fn(self)
        return self

    # -- modes and gradients ----------------------------------------------------------------

    def train(self, mode: bool = True) -> Self:
        """Switches the module and its descendants to training (or to evaluation)."""
        if not isinstance(mode, bool):
            raise ValueError("training mode is expected to be boolean")
        self.training = mode
        for module in self.children():
            module.train(mode)
        return self

    def eval(self) -> Self:
        """Switches the module and its descendants to evaluation: no dropout, fixed statistics."""
        return self.train(False)

    def requires_grad_(self, requires_grad: bool = True) -> Self:
        """Says whether the parameters want gradients."""
        for param in self.parameters():
            param.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forgets the parameters' gradients, or fills them with zeros."""
        for param in self.parameters():
            grad = param._grad if set_to_none else param.grad
            if grad is None and not recorders:
                continue
            if set_to_none:
                param.grad = None
            elif grad is not None:
                if grad.grad_fn is not None:
                    grad.detach_()
                else:
                    grad.requires_grad_(False)
                grad.zero_()

    # -- printing and copying ---------------------------------------------------------------

    def _get_name(self) -> str:
        return type(self).__name__

    def extra_repr(self) -> str:
        """What stands between the parentheses of the printed form; for subclasses to define."""
        return ""

    def __repr__(self) -> str:
        extra = self.extra_repr()
        lines = extra.split("\n") if extra else []
        children = [
            f"({name}): {_addindent(repr(module), 2)}" for name, module in self._modules.items()
        ]
        if len(lines) == 1 and not children:
            return f"{self._get_name()}({lines[0]})"
        if not lines and not children:
            return f"{self._get_name()}()"
        body = "\n  ".join(itertools.chain(lines, children))
        return f"{self._get_name()}(\n  {body}\n)"

    def __getstate__(self) -> dict[str, Any]:
        state = self.__dict__.copy()
        state.pop("_compiled_call_impl", None)
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        # Modules that were pickled by an older version lack the tables that came later.
        for table in HOOK_TABLES:
            if not isinstance(self.__dict__.get(table), Hooks):
                self.__dict__[table] = Hooks(self.__dict__.get(table) or ())
        self.__dict__.setdefault("_non_persistent_buffers_set", set())
        self.__dict__.setdefault("_is_full_backward_hook", None)
