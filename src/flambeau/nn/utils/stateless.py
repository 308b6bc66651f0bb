"""Calling a module with other parameters and buffers than its own."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ...tensor import naming
from ...tensor.tensor import Tensor
from ..modules.module import Module

__all__ = ["functional_call"]

_ABSENT = object()


def _tied(module: Module) -> dict[str, list[str]]:
    """For each parameter or buffer that has several names, all of its names."""
    names: dict[Tensor, list[str]] = {}
    for members in (module.named_parameters, module.named_buffers):
        for name, tensor in members(remove_duplicate=False):
            names.setdefault(tensor, []).append(name)
    return {name: same for same in names.values() if len(same) > 1 for name in same}


def _with_ties(module: Module, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """The tensors, also under the other names of what has several."""
    tied = _tied(module)
    complete = dict(tensors)
    for name in tensors:
        same = tied.get(name, ())
        if len({id(tensors[n]) for n in same if n in tensors}) > 1:
            raise ValueError(
                f"functional_call got multiple values for keys {sorted(same)}, which are tied. "
                "Consider using tie_weights=False"
            )
        complete.update((n, tensors[name]) for n in same)
    return complete


def _check_names(module: Module, tensors: dict[str, Tensor]) -> None:
    own = {n for n, _ in module.named_parameters(remove_duplicate=False)}
    own |= {n for n, _ in module.named_buffers(remove_duplicate=False)}
    problems = [
        f"{kind} key(s): {', '.join(map(repr, sorted(names)))}."
        for kind, names in (("Unexpected", tensors.keys() - own), ("Missing", own - tensors.keys()))
        if names
    ]
    if problems:
        raise RuntimeError(
            f"Error(s) in reparametrizing for {module._get_name()}:\n\t" + "\n\t".join(problems)
        )


def _swap(module: Module, path: str, tensor: Any) -> Any:
    """Puts a tensor at a dotted path, and gives back what was there."""
    prefix, _, name = path.rpartition(".")
    owner = module.get_submodule(prefix)
    if not isinstance(tensor, Tensor) and tensor is not None and tensor is not _ABSENT:
        raise TypeError(f"{tensor} is not an instance of {naming.prefix()}.Tensor")
    for table in (owner._parameters, owner._buffers):
        if name in table:
            before, table[name] = table[name], tensor  # type: ignore[assignment]
            return before
    before = getattr(owner, name, _ABSENT)  # type: ignore[arg-type]
    if tensor is not _ABSENT:
        setattr(owner, name, tensor)
    elif before is not _ABSENT:
        delattr(owner, name)
    return before


@contextmanager
def _replaced(module: Module, tensors: dict[str, Tensor], given: dict[str, Tensor]) -> Iterator:
    """In this block the module has other tensors; afterwards `given` has what became of them."""
    before: dict[str, Any] = {}
    try:
        for path, tensor in tensors.items():
            before[path] = _swap(module, path, tensor)
        yield
    finally:
        for path, tensor in reversed(before.items()):
            after = _swap(module, path, tensor)
            if path in given and after is not _ABSENT:
                given[path] = after


def call(
    module: Module,
    parameters_and_buffers: dict[str, Tensor],
    args: Any = None,
    kwargs: dict[str, Any] | None = None,
    *,
    tie_weights: bool = True,
    strict: bool = False,
) -> Any:
    """The result of a module with other parameters and buffers; see `func.functional_call`."""
    tensors = parameters_and_buffers
    if tie_weights:
        tensors = _with_ties(module, tensors)
    if strict:
        _check_names(module, tensors)
    if args is None:
        args = ()
    elif not isinstance(args, tuple):
        args = (args,)
    with _replaced(module, tensors, parameters_and_buffers):
        return module(*args, **(kwargs or {}))


def functional_call(
    module: Module,
    parameters_and_buffers: dict[str, Tensor],
    args: Any = None,
    kwargs: dict[str, Any] | None = None,
    *,
    tie_weights: bool = True,
    strict: bool = False,
) -> Any:
    """The older name of `func.functional_call`."""
    warnings.warn(
        "`torch.nn.utils.stateless.functional_call` is deprecated as of PyTorch 2.0 and will be "
        "removed in a future version of PyTorch. Please use `torch.func.functional_call` instead "
        "which is a drop-in replacement.",
        category=FutureWarning,
        stacklevel=2,
    )
    return call(
        module, parameters_and_buffers, args, kwargs, tie_weights=tie_weights, strict=strict
    )
