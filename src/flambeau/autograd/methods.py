"""Backward, grad and hooks: the functions and methods by which users ask for gradients."""

from __future__ import annotations

import weakref
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..tensor.recording import unrepeatable
from ..tensor.tensor import Tensor, alias, wrap
from . import engine
from .hooks import RemovableHandle, add_hook


def _seed(out: Tensor, grad: Tensor | None, create_graph: bool) -> Tensor:
    """The gradient that a backward pass starts with."""
    if not out._needs:
        raise RuntimeError("element 0 of tensors does not require grad and does not have a grad_fn")
    if grad is None:
        if out._data.size != 1:
            raise RuntimeError(
                "grad can be implicitly created only for scalar outputs\n"
                f"Hint: the result has shape {list(out._data.shape)}; reduce it first, as in "
                "loss.mean(), or pass gradient=ones_like(result)."
            )
        if out._data.dtype.kind == "c":
            raise RuntimeError(
                f"grad can be implicitly created only for real scalar outputs but got {out.dtype!r}"
            )
        one = np.empty(out._data.shape, out._data.dtype)
        one.fill(1)
        return wrap(one)
    if not isinstance(grad, Tensor):
        raise TypeError(f"gradients can be either Tensors or None, but got {type(grad).__name__}")
    if grad._data.shape != out._data.shape:
        raise RuntimeError(
            "Mismatch in shape: grad_output[0] has a shape of "
            f"{grad.shape!r} and output[0] has a shape of {out.shape!r}."
        )
    if grad._data.dtype != out._data.dtype:
        raise _other_type(grad, out)
    return grad if create_graph else alias(grad)


def _other_type(grad: Tensor, out: Tensor) -> Exception:
    if grad.is_complex() == out.is_complex():
        return RuntimeError(
            f"expected scalar type {out.dtype.title} but found {grad.dtype.title}"
        )
    return RuntimeError(
        "For complex Tensors, both grad_output[0] and output[0] are required to have the same "
        f"dtype. Mismatch in dtype: grad_output[0] has a dtype of {grad.dtype!r} and output[0] "
        f"has a dtype of {out.dtype!r}."
    )


def _tuple(value: Any) -> tuple:
    return (value,) if isinstance(value, Tensor) or value is None else tuple(value)


def backward(
    tensors: Tensor | Sequence[Tensor],
    grad_tensors: Tensor | Sequence[Tensor | None] | None = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    inputs: Tensor | Sequence[Tensor] | None = None,
) -> None:
    """Adds the gradients of the tensors' sum, weighted by ``grad_tensors``, to the leaves' grad.

    ``inputs`` limits this to the tensors given. The graph is freed unless ``retain_graph`` (which
    ``create_graph`` implies); ``create_graph`` records the gradients' own computation.
    """
    roots = _tuple(tensors)
    seeds = _tuple(grad_tensors) if grad_tensors is not None else (None,) * len(roots)
    if inputs is not None:
        inputs = _tuple(inputs)
        if not inputs:
            raise RuntimeError("`inputs` argument to `backward()` cannot be empty.")
    if len(seeds) != len(roots):
        raise RuntimeError(f"got {len(roots)} tensors and {len(seeds)} gradients")
    grads = [_seed(t, g, create_graph) for t, g in zip(roots, seeds, strict=True)]
    engine.run(
        roots,
        grads,
        retain_graph=create_graph if retain_graph is None else retain_graph,
        create_graph=create_graph,
        inputs=inputs,
    )


def grad(
    outputs: Tensor | Sequence[Tensor],
    inputs: Tensor | Sequence[Tensor],
    grad_outputs: Tensor | Sequence[Tensor | None] | None = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    allow_unused: bool | None = None,
    is_grads_batched: bool = False,
    materialize_grads: bool = False,
) -> tuple:
    """The gradients of the outputs' sum with respect to the inputs, as a tuple.

    Leaves' ``grad`` is not touched. Inputs that the outputs do not depend on raise unless
    ``allow_unused`` (None in their place) or ``materialize_grads`` (zeros).
    """
    if materialize_grads and allow_unused is False:
        raise ValueError(
            "Expected allow_unused to be True or not passed when materialize_grads=True, but got: "
            "allow_unused=False."
        )
    wanted, roots = _tuple(inputs), _tuple(outputs)
    if is_grads_batched:
        return _batched(roots, wanted, _tuple(grad_outputs), create_graph, allow_unused)
    seeds = _tuple(grad_outputs) if grad_outputs is not None else (None,) * len(roots)
    for t in wanted:
        if not t._needs:
            raise RuntimeError("One of the differentiated Tensors does not require grad")
    grads = [_seed(t, g, create_graph) for t, g in zip(roots, seeds, strict=True)]
    found = engine.run(
        roots,
        grads,
        retain_graph=create_graph if retain_graph is None else retain_graph,
        create_graph=create_graph,
        inputs=wanted,
        accumulate=False,
    )
    for i, g in enumerate(found):
        if g is None:
            if materialize_grads:
                found[i] = wrap(np.zeros_like(wanted[i]._data))
            elif not allow_unused:
                raise RuntimeError(
                    f"The differentiated Tensor at index {i} appears to not have been used in the "
                    "graph. Set allow_unused=True if this is the desired behavior."
                )
    return tuple(found)


def _batched(roots: tuple, wanted: tuple, seeds: tuple, create_graph: bool, unused: Any) -> tuple:
    from ..ops.expressions import TENSORS

    rows = [
        grad(roots, wanted, [s[i] for s in seeds], True, create_graph, unused)
        for i in range(seeds[0].shape[0])
    ]
    return tuple(TENSORS["stack"](list(column)) for column in zip(*rows, strict=True))


# ---------------------------------------------------------------------- methods of a tensor


def tensor_backward(
    self: Tensor,
    gradient: Tensor | None = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    inputs: Any = None,
) -> None:
    """Adds the gradient of this tensor with respect to the leaves to their ``grad``."""
    backward(self, gradient, retain_graph, create_graph, inputs)


def register_hook(self: Tensor, hook: Callable) -> RemovableHandle:
    """``hook(grad)`` runs when the gradient of this tensor is computed and may replace it."""
    if not self._needs:
        raise RuntimeError("cannot register a hook on a tensor that doesn't require gradient")
    if self._node is None:
        if self._hooks is None:
            self._hooks = OrderedDict()
        return add_hook(self._hooks, hook)
    if self._node.hooks is None:
        self._node.hooks = {}
    return add_hook(self._node.hooks.setdefault(self._nr, OrderedDict()), hook)


def register_post_accumulate_grad_hook(self: Tensor, hook: Callable) -> RemovableHandle:
    """``hook(tensor)`` runs after a gradient has been added to this leaf's ``grad``."""
    if not self._needs:
        raise RuntimeError("cannot register a hook on a tensor that doesn't require gradient")
    if self._node is not None:
        raise RuntimeError("post accumulate grad hooks cannot be registered on non-leaf tensors")
    if self._post_hooks is None:
        self._post_hooks = OrderedDict()
    return add_hook(self._post_hooks, hook)


def retain_grad(self: Tensor) -> None:
    """Has the backward pass keep this tensor's gradient in ``grad``, as it does for leaves."""
    if not self._needs:
        raise RuntimeError("can't retain_grad on Tensor that has requires_grad=False")
    if self._node is None or self._retains:
        return
    unrepeatable("retain_grad() keeps a gradient that no result names")
    self._retains = True
    if self._node.retains is None:
        self._node.retains = {}
    self._node.retains[self._nr] = weakref.ref(self)


METHODS = {
    "backward": tensor_backward,
    "register_hook": register_hook,
    "register_post_accumulate_grad_hook": register_post_accumulate_grad_hook,
    "retain_grad": retain_grad,
    "retains_grad": property(lambda self: self._retains),
}
