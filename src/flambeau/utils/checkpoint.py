"""Recomputing in the backward pass what was not kept in the forward pass."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..autograd.function import Function
from ..autograd.methods import backward as _run_backward
from ..autograd.modes import enable_grad, mode
from ..nn import Module, Sequential
from ..random import get_rng_state, set_rng_state
from ..tensor.tensor import Tensor, wrap

__all__ = ["checkpoint", "checkpoint_sequential"]


class CheckpointFunction(Function):
    """Runs a function without a graph; its backward runs it again, with one.

    The first argument serves to want a gradient where only the function's own parameters do.
    """

    @staticmethod
    def forward(ctx: Any, wanted: Tensor, call: _Call, *tensors: Tensor) -> Any:
        ctx.call = call
        ctx.state = get_rng_state() if call.preserve_rng_state else None
        ctx.autocast = mode.autocast
        ctx.save_for_backward(*tensors)
        return call(tensors)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple:
        again = [
            t.detach().requires_grad_(t.requires_grad)  # type: ignore[attr-defined]
            for t in ctx.saved_tensors
        ]
        with _as_it_was(ctx.state, ctx.autocast), enable_grad():
            out = ctx.call(again)
        outs = out if isinstance(out, tuple) else (out,)
        pairs = [
            (o, g)
            for o, g in zip(outs, grads, strict=True)
            if isinstance(o, Tensor) and o.requires_grad
        ]
        if not pairs:
            raise RuntimeError(
                "none of output has requires_grad=True, this checkpoint() is not necessary"
            )
        _run_backward([o for o, _ in pairs], [g for _, g in pairs])
        return (None, None, *(t.grad for t in again))


@contextlib.contextmanager
def _as_it_was(state: Tensor | None, autocast: Any) -> Any:
    """The generator and autocast as they were in the forward pass."""
    now = get_rng_state() if state is not None else None
    before, mode.autocast = mode.autocast, autocast
    if state is not None:
        set_rng_state(state)
    try:
        yield
    finally:
        mode.autocast = before
        if now is not None:
            set_rng_state(now)


class _Call:
    """A function with its arguments, of which the tensors are given anew at each call."""

    def __init__(self, function: Callable, args: tuple, kwargs: dict, preserve_rng_state: bool):
        self.function, self.preserve_rng_state = function, preserve_rng_state
        self.args = [None if isinstance(a, Tensor) else a for a in args]
        self.places = [i for i, a in enumerate(args) if isinstance(a, Tensor)]
        self.kwargs = {k: None if isinstance(v, Tensor) else v for k, v in kwargs.items()}
        self.names = [k for k, v in kwargs.items() if isinstance(v, Tensor)]

    def __call__(self, tensors: Sequence[Tensor]) -> Any:
        args, kwargs = list(self.args), dict(self.kwargs)
        given = iter(tensors)
        for i in self.places:
            args[i] = next(given)
        for name in self.names:
            kwargs[name] = next(given)
        return self.function(*args, **kwargs)


def checkpoint(
    function: Callable,
    *args: Any,
    use_reentrant: bool | None = None,
    context_fn: Any = None,
    determinism_check: str = "default",
    debug: bool = False,
    early_stop: bool = True,
    preserve_rng_state: bool = True,
    **kwargs: Any,
) -> Any:
    """``function(*args, **kwargs)``, of whose computation nothing is kept but the arguments.

    The backward pass computes it again, with the same random numbers unless
    ``preserve_rng_state=False``, and then its gradients.

    Args:
        use_reentrant: with True, PyTorch gives no gradient where no argument wants one, and warns.
    """
    if use_reentrant is None:
        warnings.warn(
            "torch.utils.checkpoint: the use_reentrant parameter should be passed explicitly. "
            "Starting in PyTorch 2.9, calling checkpoint without use_reentrant will raise an "
            "exception. use_reentrant=False is recommended, but if you need to preserve the "
            "current default behavior, you can pass use_reentrant=True. Refer to docs for more "
            "details on the differences between the two variants.",
            stacklevel=2,
        )
    call = _Call(function, args, kwargs, preserve_rng_state)
    tensors = [args[i] for i in call.places] + [kwargs[name] for name in call.names]
    if use_reentrant and not any(t.requires_grad for t in tensors):
        warnings.warn(
            "None of the inputs have requires_grad=True. Gradients will be None", stacklevel=2
        )
        with_gradient = False
    else:
        with_gradient = mode.grad
    if not with_gradient:
        before, mode.grad = mode.grad, False
        try:
            return function(*args, **kwargs)
        finally:
            mode.grad = before
    wanted = wrap(np.zeros(0, np.float32)).requires_grad_()  # type: ignore[attr-defined]
    return CheckpointFunction.apply(wanted, call, *tensors)


def checkpoint_sequential(
    functions: Sequential | Sequence[Callable],
    segments: int,
    input: Tensor,
    use_reentrant: bool | None = None,
    preserve_rng_state: bool = True,
) -> Tensor:
    """Runs modules one after the other, in ``segments`` checkpointed groups; the last group is
    not checkpointed, since its backward pass comes first."""
    steps = list(functions.children()) if isinstance(functions, Module) else list(functions)
    size = len(steps) // segments

    def run(start: int, end: int) -> Callable[[Tensor], Tensor]:
        def group(x: Tensor) -> Tensor:
            for step in steps[start:end]:
                x = step(x)
            return x

        return group

    end = 0
    for start in range(0, size * (segments - 1), size):
        end = start + size
        input = checkpoint(
            run(start, end), input, use_reentrant=use_reentrant,
            preserve_rng_state=preserve_rng_state,
        )  # fmt: skip
    return run(end, len(steps))(input)
