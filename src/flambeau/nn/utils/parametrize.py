"""Parametrizations: parameters that are computed from others each time they are read.

`register_parametrization(module, "weight", f)` moves the parameter to
`module.parametrizations.weight.original`, and from then on `module.weight` is `f(original)`.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from typing import Any

from ...autograd.modes import no_grad
from ...tensor.tensor import Tensor
from ..modules.container import ModuleDict, ModuleList
from ..modules.module import Module
from ..parameter import Parameter

__all__ = [
    "ParametrizationList", "cached", "is_parametrized", "register_parametrization",
    "remove_parametrizations", "transfer_parametrizations_and_params",
    "type_before_parametrizations",
]  # fmt: skip


class _Cache:
    """What parametrized tensors were computed to, while some `cached()` block is open."""

    open = 0
    values: dict[tuple[int, str], Tensor] = {}


@contextmanager
def cached() -> Iterator[None]:
    """In this block each parametrized tensor is computed once, at its first use."""
    _Cache.open += 1
    try:
        yield
    finally:
        _Cache.open -= 1
        if not _Cache.open:
            _Cache.values = {}


def _register(module: Module, name: str, tensor: Tensor) -> None:
    if isinstance(tensor, Parameter):
        module.register_parameter(name, tensor)
    else:
        module.register_buffer(name, tensor)


def _kind(value: object) -> str:
    return type(value).__name__


class ParametrizationList(ModuleList):
    """The parametrizations of one tensor, in the order in which they are applied.

    The tensor itself is `original`; where the first parametrization's `right_inverse` gives
    several tensors, these are `original0`, `original1` and so on.

    Args:
        modules: the parametrizations
        original: the tensor that they are applied to
        unsafe: whether they may change its shape and dtype; without, this is checked here
    """

    original: Tensor

    def __init__(self, modules: Sequence[Module], original: Tensor, unsafe: bool = False) -> None:
        if not modules:
            raise ValueError("ParametrizationList requires one or more modules.")
        super().__init__(modules)
        self.unsafe = unsafe
        shape, dtype = original.shape, original.dtype
        with no_grad():
            start = self._inverse(original)
        self.is_tensor = isinstance(start, Tensor)
        self.ntensors = 1 if self.is_tensor else len(start)
        if self.is_tensor:
            self._keep_one(original, start)
        else:
            self._keep_several(original, start)
        if not unsafe:
            _check_same(self(), shape, dtype, "unparametrized {}: {}\nparametrized {}: {}", "")

    def _inverse(self, value: Tensor) -> Any:
        """What the first parametrization must be given so that the last one gives `value`."""
        for module in reversed(list(self)):
            # A parametrization that knows no inverse starts from the tensor itself.
            if hasattr(module, "right_inverse"):
                with contextlib.suppress(NotImplementedError):
                    value = module.right_inverse(value)
        if not isinstance(value, (Tensor, Sequence)):
            raise ValueError(
                "'right_inverse' must return a Tensor or a Sequence of tensors (list, tuple...). "
                f"Got {_kind(value)}"
            )
        return value

    def _keep_one(self, original: Tensor, start: Tensor) -> None:
        if start.dtype != original.dtype:
            raise ValueError(
                "When `right_inverse` outputs one tensor, it may not change the dtype.\n"
                f"original.dtype: {original.dtype}\n"
                f"right_inverse(original).dtype: {start.dtype}"
            )
        original.data = start.detach()  # the same object, so that optimizers still know it
        _register(self, "original", original)

    def _keep_several(self, original: Tensor, starts: Sequence[Tensor]) -> None:
        for i, start in enumerate(starts):
            if not isinstance(start, Tensor):
                raise ValueError(
                    "'right_inverse' must return a Tensor or a Sequence of tensors (list, "
                    f"tuple...). Got element {i} of the sequence with type {_kind(start)}."
                )
            if isinstance(original, Parameter):
                start = Parameter(start, original.requires_grad)
            start.requires_grad_(original.requires_grad)
            _register(self, f"original{i}", start)

    def right_inverse(self, value: Tensor) -> None:
        """Sets the originals so that the parametrized tensor becomes `value`."""
        with no_grad():
            for module in reversed(list(self)):
                if not hasattr(module, "right_inverse"):
                    raise RuntimeError(
                        f"parametrization {_kind(module)} does not implement right_inverse."
                    )
                value = module.right_inverse(value)
            if self.is_tensor:
                self._assign_one(value)
            else:
                self._assign_several(value)

    def _assign_one(self, value: Any) -> None:
        if not isinstance(value, Tensor):
            raise ValueError(f"`right_inverse` should return a tensor. Got {_kind(value)}")
        if value.dtype != self.original.dtype:
            raise ValueError(
                f"The tensor returned by `right_inverse` has dtype {value.dtype} while `original` "
                f"has dtype {self.original.dtype}"
            )
        self.original.data = value.detach()

    def _assign_several(self, values: Any) -> None:
        if not isinstance(values, Sequence):
            raise ValueError(
                f"'right_inverse' must return a sequence of tensors. Got {_kind(values)}."
            )
        if len(values) != self.ntensors:
            raise ValueError(
                f"'right_inverse' must return a sequence of tensors of length {self.ntensors}. Got "
                f"a sequence of length {len(values)}."
            )
        for i, value in enumerate(values):
            original = getattr(self, f"original{i}")
            if not isinstance(value, Tensor):
                raise ValueError(
                    "'right_inverse' must return a sequence of tensors. Got element "
                    f"{i} of type {_kind(value)}."
                )
            if value.dtype != original.dtype:
                raise ValueError(
                    f"Tensor {i} returned by `right_inverse` has dtype {value.dtype} while "
                    f"`original{i}` has dtype {original.dtype}"
                )
            original.data = value.detach()

    def forward(self) -> Tensor:
        if self.is_tensor:
            value: Any = (self.original,)
        else:
            value = tuple(getattr(self, f"original{i}") for i in range(self.ntensors))
        first, *others = self
        value = first(*value)
        for module in others:
            value = module(value)
        return value


def _check_same(value: Any, shape: Any, dtype: Any, text: str, article: str) -> None:
    """Whether a parametrization gave a tensor of the shape and dtype that it must keep."""
    if not isinstance(value, Tensor):
        raise ValueError(f"A parametrization must return a tensor. Got {_kind(value)}.")
    for name, before, after in (("dtype", dtype, value.dtype), ("shape", shape, value.shape)):
        if before != after:
            raise ValueError(
                f"Registering a parametrization may not change the {name} of the tensor, unless "
                f"{article}`unsafe` flag is enabled.\n" + text.format(name, before, name, after)
            )


# --- the module --------------------------------------------------------------------------------


def _refuse_pickling(self: Module) -> Any:
    raise RuntimeError(
        "Serialization of parametrized modules is only supported through state_dict(). See:\n"
        "https://pytorch.org/tutorials/beginner/saving_loading_models.html"
        "#saving-loading-a-general-checkpoint-for-inference-and-or-resuming-training"
    )


def _copy(self: Module, memo: dict) -> Module:
    if id(self) not in memo:
        memo[id(self)] = new = type(self).__new__(type(self))
        new.__dict__ = deepcopy(self.__dict__, memo)
    return memo[id(self)]


def _give_own_class(module: Module) -> None:
    """Makes the module the only object of a subclass, which can have properties of its own."""
    cls = type(module)
    members: dict[str, Any] = {"__getstate__": _refuse_pickling}
    if not hasattr(cls, "__deepcopy__"):
        members["__deepcopy__"] = _copy
    module.__class__ = type(f"Parametrized{cls.__name__}", (cls,), members)


def _add_property(module: Module, name: str) -> None:
    def compute(self: Module) -> Tensor:
        parametrization = self.parametrizations[name]
        if not _Cache.open:
            return parametrization()
        key = (id(self), name)
        if key not in _Cache.values:
            _Cache.values[key] = parametrization()
        return _Cache.values[key]

    def assign(self: Module, value: Tensor) -> None:
        self.parametrizations[name].right_inverse(value)

    setattr(type(module), name, property(compute, assign))


def _check_further(module: Module, name: str, parametrization: Module) -> None:
    """Whether one more parametrization keeps the tensor's shape and dtype, back and forth."""
    before = getattr(module, name)
    after = parametrization(before)
    text = f"module.{name}.{{}}: {{}}\nparametrization(module.{name}).{{}}: {{}}"
    _check_same(after, before.shape, before.dtype, text, "the ")
    if not hasattr(parametrization, "right_inverse"):
        return
    try:
        back = parametrization.right_inverse(after)
    except NotImplementedError:
        return
    if not isinstance(back, Tensor):
        raise ValueError(f"parametrization.right_inverse must return a tensor. Got: {_kind(back)}")
    for what in ("dtype", "shape"):
        if getattr(back, what) != getattr(before, what):
            raise ValueError(
                "The tensor returned by parametrization.right_inverse must have the same "
                f"{what} as module.{name}, unless the `unsafe` flag is enabled.\n"
                f"module.{name}.{what}: {getattr(before, what)}\n"
                f"returned {what}: {getattr(back, what)}"
            )


def register_parametrization(
    module: Module, tensor_name: str, parametrization: Module, *, unsafe: bool = False
) -> Module:
    """From now on `module.<tensor_name>` is what a parametrization makes of the original tensor.

    Args:
        module: the owner of the tensor
        tensor_name: a parameter, a buffer or an already parametrized tensor of the module
        parametrization: a module of one tensor; a method `right_inverse` makes it assignable
        unsafe: whether shape and dtype may change, and remain unchecked

    Raises ValueError where the name is unknown, or the check fails. Returns the module.
    """
    parametrization.train(module.training)
    if is_parametrized(module, tensor_name):
        if not unsafe:
            _check_further(module, tensor_name, parametrization)
        chain = module.parametrizations[tensor_name]
        chain.append(parametrization)
        chain.unsafe |= unsafe
        return module
    if tensor_name not in module._buffers and tensor_name not in module._parameters:
        raise ValueError(
            f"Module '{module}' does not have a parameter, a buffer, or a parametrized element "
            f"with name '{tensor_name}'"
        )
    chain = ParametrizationList([parametrization], getattr(module, tensor_name), unsafe=unsafe)
    delattr(module, tensor_name)
    if not is_parametrized(module):
        _give_own_class(module)
        module.parametrizations = ModuleDict()
    _add_property(module, tensor_name)
    module.parametrizations[tensor_name] = chain
    return module


def is_parametrized(module: Module, tensor_name: str | None = None) -> bool:
    """Whether a tensor of the module, or any where no name is given, has a parametrization."""
    found = getattr(module, "parametrizations", None)
    if not isinstance(found, ModuleDict):
        return False
    return len(found) > 0 if tensor_name is None else tensor_name in found


def remove_parametrizations(
    module: Module, tensor_name: str, leave_parametrized: bool = True
) -> Module:
    """Makes a parametrized tensor an ordinary parameter or buffer again.

    Args:
        module: the owner of the tensor
        tensor_name: its name
        leave_parametrized: whether it keeps its present value; otherwise it gets the original
            one, which must be a single tensor

    Raises ValueError where there is no parametrization, or the originals are several.
    """
    if not is_parametrized(module, tensor_name):
        raise ValueError(f"Module {module} does not have a parametrization on {tensor_name}")
    chain = module.parametrizations[tensor_name]
    if chain.is_tensor:
        tensor = chain.original
        if leave_parametrized:
            with no_grad():
                tensor.data = getattr(module, tensor_name).detach()
    elif leave_parametrized:
        value = getattr(module, tensor_name)
        tensor = Parameter(value.detach()) if value.requires_grad else value
    else:
        raise ValueError(
            "Cannot leave unparametrized (`leave_parametrized=False`) a tensor that is "
            "parametrized in terms of a sequence of tensors."
        )
    delattr(type(module), tensor_name)
    del module.parametrizations[tensor_name]
    _register(module, tensor_name, tensor)
    if not is_parametrized(module):
        del module.parametrizations
        module.__class__ = type(module).__bases__[0]
    return module


def type_before_parametrizations(module: Module) -> type:
    """The module's class without its parametrizations."""
    return type(module).__bases__[0] if is_parametrized(module) else type(module)


def transfer_parametrizations_and_params(
    from_module: Module, to_module: Module, tensor_name: str | None = None
) -> Module:
    """Gives another module the parametrizations of a module, and the tensors behind them.

    Args:
        from_module: whose parametrizations are taken
        to_module: who gets them; tensors that it lacks are made
        tensor_name: the one tensor to transfer; all by default

    Returns `to_module`.
    """
    if not is_parametrized(from_module):
        return to_module
    names = list(from_module.parametrizations) if tensor_name is None else [tensor_name]
    for name in names:
        if not hasattr(to_module, name):
            setattr(to_module, name, Parameter(getattr(from_module, name).detach()))
        chain = from_module.parametrizations[name]
        for parametrization in chain:
            register_parametrization(to_module, name, parametrization)
        new = to_module.parametrizations[name]
        originals = ["original"] if chain.is_tensor else [
            f"original{i}" for i in range(chain.ntensors)
        ]  # fmt: skip
        for original in originals:
            setattr(new, original, getattr(chain, original))
    return to_module
