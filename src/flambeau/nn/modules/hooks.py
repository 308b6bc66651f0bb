"""Hooks: functions that a user attaches to a module, or to all, and the call that runs them.

A module without hooks never comes here: `Module.__call__` looks whether there are any and
otherwise goes straight to `forward`.
"""

from __future__ import annotations

import copy
import functools
import warnings
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

from ...autograd.function import Function
from ...autograd.hooks import RemovableHandle, add_hook
from ...autograd.modes import is_grad_enabled
from ...tensor.recording import changes
from ...tensor.tensor import Tensor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from .module import Module


# Hooks that apply to every module. `active` names those that a call must run, so that a call
# needs one look to know that there are none.
active: OrderedDict[int, bool] = OrderedDict()
_global_forward_pre_hooks: OrderedDict[int, Callable] = OrderedDict()
_global_forward_hooks: OrderedDict[int, Callable] = OrderedDict()
_global_forward_hooks_with_kwargs: OrderedDict[int, bool] = OrderedDict()
_global_forward_hooks_always_called: OrderedDict[int, bool] = OrderedDict()
_global_backward_pre_hooks: OrderedDict[int, Callable] = OrderedDict()
_global_backward_hooks: OrderedDict[int, Callable] = OrderedDict()
_global_module_registration_hooks: OrderedDict[int, Callable] = OrderedDict()
_global_parameter_registration_hooks: OrderedDict[int, Callable] = OrderedDict()
_global_buffer_registration_hooks: OrderedDict[int, Callable] = OrderedDict()


def _register(
    hooks: OrderedDict[int, Any],
    hook: Callable,
    *,
    flags: Iterable[tuple[OrderedDict[int, bool], bool]] = (),
    prepend: bool = False,
) -> RemovableHandle:
    """Adds a hook, marks it in the flag dictionaries whose switch is on, and returns its handle."""
    marks = [marked for marked, switch in flags if switch]
    handle = add_hook(hooks, hook, prepend=prepend, extra_dict=marks)
    for marked in marks:
        marked[handle.id] = True
    return handle


def register_module_forward_pre_hook(hook: Callable) -> RemovableHandle:
    """Runs `hook(module, args)` before the forward of every module."""
    return _register(_global_forward_pre_hooks, hook, flags=[(active, True)])


def register_module_forward_hook(
    hook: Callable, *, with_kwargs: bool = False, always_call: bool = False
) -> RemovableHandle:
    """Runs `hook(module, args, output)` after the forward of every module."""
    return _register(
        _global_forward_hooks,
        hook,
        flags=[
            (_global_forward_hooks_with_kwargs, with_kwargs),
            (_global_forward_hooks_always_called, always_call),
            (active, True),
        ],
    )


def register_module_full_backward_pre_hook(hook: Callable) -> RemovableHandle:
    """Runs `hook(module, grad_output)` before the backward of every module."""
    return _register(_global_backward_pre_hooks, hook, flags=[(active, True)])


def register_module_full_backward_hook(hook: Callable) -> RemovableHandle:
    """Runs `hook(module, grad_input, grad_output)` after the backward of every module."""
    return _register(_global_backward_hooks, hook, flags=[(active, True)])


def register_module_module_registration_hook(hook: Callable) -> RemovableHandle:
    """Runs `hook(module, name, submodule)` whenever a child is added; it may return another."""
    return _register(_global_module_registration_hooks, hook)


def register_module_parameter_registration_hook(hook: Callable) -> RemovableHandle:
    """Runs `hook(module, name, param)` whenever a parameter is added; it may return another."""
    return _register(_global_parameter_registration_hooks, hook)


def register_module_buffer_registration_hook(hook: Callable) -> RemovableHandle:
    """Runs `hook(module, name, buffer)` whenever a buffer is added; it may return another."""
    return _register(_global_buffer_registration_hooks, hook)


def replaced(hooks: OrderedDict[int, Callable], module: Module, name: str, value: Any) -> Any:
    """The value that the registration hooks make of one that is being added to a module."""
    for hook in hooks.values():
        output = hook(module, name, value)
        if output is not None:
            value = output
    return value


class Hooks(OrderedDict):
    """A module's hooks of one kind; their changes are counted."""

    def __setitem__(self, key: Any, value: Any) -> None:
        changes.count += 1
        super().__setitem__(key, value)

    def pop(self, *args: Any) -> Any:
        """Takes a hook out."""
        changes.count += 1
        return super().pop(*args)

    def __reduce__(self) -> Any:
        # PyTorch reads modules from files too; Module.__setstate__ makes the tables anew.
        return OrderedDict, (), None, None, iter(self.items())

    def __deepcopy__(self, memo: dict) -> Hooks:
        memo[id(self)] = out = Hooks()
        for key, value in self.items():
            out[key] = copy.deepcopy(value, memo)
        return out


# The attributes in which a module keeps its hooks, one kind in each.
HOOK_TABLES = (
    "_backward_pre_hooks",
    "_backward_hooks",
    "_forward_hooks",
    "_forward_hooks_with_kwargs",
    "_forward_hooks_always_called",
    "_forward_pre_hooks",
    "_forward_pre_hooks_with_kwargs",
    "_state_dict_hooks",
    "_state_dict_pre_hooks",
    "_load_state_dict_pre_hooks",
    "_load_state_dict_post_hooks",
)


class HookMixin:
    """The part of `Module` that registers hooks and runs them around `forward`."""

    _forward_pre_hooks: OrderedDict[int, Callable]
    _forward_pre_hooks_with_kwargs: OrderedDict[int, bool]
    _forward_hooks: OrderedDict[int, Callable]
    _forward_hooks_with_kwargs: OrderedDict[int, bool]
    _forward_hooks_always_called: OrderedDict[int, bool]
    _backward_pre_hooks: OrderedDict[int, Callable]
    _backward_hooks: OrderedDict[int, Callable]
    _is_full_backward_hook: bool | None
    _compiled_call_impl: Callable | None = None

    def register_forward_pre_hook(
        self, hook: Callable, *, prepend: bool = False, with_kwargs: bool = False
    ) -> RemovableHandle:
        """Runs `hook(module, args)` before each `forward`.

        The hook may return new arguments (one value or a tuple). With `with_kwargs` it is called as
        `hook(module, args, kwargs)` and may return a tuple `(args, kwargs)`. With `prepend` it runs
        before those that are there.
        """
        return _register(
            self._forward_pre_hooks,
            hook,
            flags=[(self._forward_pre_hooks_with_kwargs, with_kwargs)],
            prepend=prepend,
        )

    def register_forward_hook(
        self,
        hook: Callable,
        *,
        prepend: bool = False,
        with_kwargs: bool = False,
        always_call: bool = False,
    ) -> RemovableHandle:
        """Runs `hook(module, args, output)` after each `forward`; it may return another output.

        With `with_kwargs` it is called as `hook(module, args, kwargs, output)`. With `always_call`
        it runs even where `forward` raises (then `output` is None).
        """
        return _register(
            self._forward_hooks,
            hook,
            flags=[
                (self._forward_hooks_with_kwargs, with_kwargs),
                (self._forward_hooks_always_called, always_call),
            ],
            prepend=prepend,
        )

    def register_full_backward_pre_hook(
        self, hook: Callable, prepend: bool = False
    ) -> RemovableHandle:
        """Runs `hook(module, grad_output)` once the gradient of the module's output is known.

        The hook may return a new gradient for the output, which the module's backward then uses.
        """
        return _register(self._backward_pre_hooks, hook, prepend=prepend)

    def register_full_backward_hook(self, hook: Callable, prepend: bool = False) -> RemovableHandle:
        """Runs `hook(module, grad_input, grad_output)` once the gradient of the input is known.

        Both are tuples with an entry for each positional input and output, None for what is no
        tensor. The hook may return a new `grad_input`, which the rest of backward then uses.
        """
        if self._is_full_backward_hook is False:
            raise RuntimeError(
                "Cannot use both regular backward hooks and full backward hooks on a "
                "single Module. Please use only one of them."
            )
        self._is_full_backward_hook = True
        return _register(self._backward_hooks, hook, prepend=prepend)

    def register_backward_hook(self, hook: Callable) -> RemovableHandle:
        """The older form, which sees the last operation's gradients instead of the module's.

        Use `register_full_backward_hook` instead.
        """
        if self._is_full_backward_hook is True:
            raise RuntimeError(
                "Cannot use both regular backward hooks and full backward hooks on a "
                "single Module. Please use only one of them."
            )
        self._is_full_backward_hook = False
        return _register(self._backward_hooks, hook)

    # -- the call ---------------------------------------------------------------------------

    def _call_impl(self, *args: Any, **kwargs: Any) -> Any:
        """`forward` with every hook around it."""
        finished: set[int] = set()
        try:
            return self._forward_between_hooks(args, kwargs, finished)
        except Exception:
            self._run_always_called(args, kwargs, finished)
            raise

    def _forward_between_hooks(
        self, args: tuple, kwargs: dict[str, Any], finished: set[int]
    ) -> Any:
        args, kwargs = self._run_pre_hooks(args, kwargs)
        boundary = self._backward_boundary()
        if boundary is not None:
            args = boundary.wrap_input(args)
        result = self.forward(*args, **kwargs)  # type: ignore[attr-defined]
        for key, hook, with_kwargs, always in self._forward_hooks_in_order():
            if always:
                finished.add(key)
            output = hook(self, args, kwargs, result) if with_kwargs else hook(self, args, result)
            if output is not None:
                result = output
        if boundary is not None:
            result = boundary.wrap_output(result)
        if self._backward_hooks and self._is_full_backward_hook is False:
            self._hook_last_operation(result)
        return result

    def _run_pre_hooks(self, args: tuple, kwargs: dict[str, Any]) -> tuple[tuple, dict[str, Any]]:
        for key, hook in (*_global_forward_pre_hooks.items(), *self._forward_pre_hooks.items()):
            if key in self._forward_pre_hooks_with_kwargs:
                output = hook(self, args, kwargs)
                if output is None:
                    continue
                if not (isinstance(output, tuple) and len(output) == 2):
                    raise RuntimeError(
                        "forward pre-hook must return None or a tuple "
                        f"of (new_args, new_kwargs), but got {output}."
                    )
                args, kwargs = output
            else:
                output = hook(self, args)
                if output is not None:
                    args = output if isinstance(output, tuple) else (output,)
        return args, kwargs

    def _forward_hooks_in_order(self) -> Iterator[tuple[int, Callable, bool, bool]]:
        """Global hooks, then the module's own: (key, hook, takes kwargs, runs always)."""
        for key, hook in list(_global_forward_hooks.items()):
            yield (
                key,
                hook,
                key in _global_forward_hooks_with_kwargs,
                key in _global_forward_hooks_always_called,
            )
        for key, hook in list(self._forward_hooks.items()):
            yield (
                key,
                hook,
                key in self._forward_hooks_with_kwargs,
                key in self._forward_hooks_always_called,
            )

    def _run_always_called(self, args: tuple, kwargs: dict[str, Any], finished: set[int]) -> None:
        """After an exception: the hooks that asked to run even then and have not run yet."""
        for key, hook, with_kwargs, always in self._forward_hooks_in_order():
            if not always or key in finished:
                continue
            try:
                if with_kwargs:
                    hook(self, args, kwargs, None)
                else:
                    hook(self, args, None)
            except Exception as error:
                warnings.warn(
                    "module forward hook with ``always_call=True`` raised an exception "
                    "that was silenced as another error was raised in forward: " + str(error),
                    stacklevel=4,
                )

    def _backward_boundary(self) -> BackwardBoundary | None:
        before = [*_global_backward_pre_hooks.values(), *self._backward_pre_hooks.values()]
        after = list(_global_backward_hooks.values())
        if self._is_full_backward_hook:
            after += self._backward_hooks.values()
        return BackwardBoundary(self, before, after) if before or after else None

    def _hook_last_operation(self, result: Any) -> None:
        """Attaches the hooks of the older form to the operation that made the (first) output."""
        while not isinstance(result, Tensor):
            result = next(iter(result.values())) if isinstance(result, dict) else result[0]
        if result.grad_fn is not None:
            for hook in self._backward_hooks.values():
                result.grad_fn.register_hook(functools.partial(hook, self))


class BackwardHookFunction(Function):
    """The identity; its backward hands the gradients to a function and goes on with the answer."""

    @staticmethod
    def forward(ctx: Any, receive: Callable, *tensors: Tensor) -> tuple[Tensor, ...]:
        ctx.receive = receive
        ctx.set_materialize_grads(False)
        return tuple(tensor.view_as(tensor) for tensor in tensors)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor | None) -> tuple[Tensor | None, ...]:
        return (None, *ctx.receive(grads))


class BackwardBoundary:
    """Marks a module's inputs and outputs in the graph, so that its backward can be hooked.

    Both ends are identities. Backward reaches the output's end first: there the pre-hooks run and
    the gradient of the output is kept. It leaves through the input's end: there the hooks run.
    """

    def __init__(self, module: HookMixin, before: list[Callable], after: list[Callable]) -> None:
        self.module = module
        self.before = before
        self.after = after
        self.grad_output: tuple | None = None
        self.n_inputs = 0
        self.n_outputs = 0
        self.input_wrapped = False

    def wrap_input(self, args: tuple) -> tuple:
        """The positional arguments, their tensors passed through the input's end."""
        self.n_inputs = len(args)
        args, self.input_wrapped = self._wrap(args, self._leave)
        return args

    def wrap_output(self, result: Any) -> Any:
        """The result, its tensors passed through the output's end."""
        if not isinstance(result, (Tensor, tuple)):
            warnings.warn(
                "For backward hooks to be called, module output should be a Tensor or a tuple of "
                f"Tensors but received {type(result)}",
                stacklevel=4,
            )
            return result
        results = (result,) if isinstance(result, Tensor) else result
        self.n_outputs = len(results)
        wrapped, _ = self._wrap(results, self._enter)
        return wrapped[0] if isinstance(result, Tensor) else type_of_tuple(result)(wrapped)

    @staticmethod
    def _wrap(values: tuple, receive: Callable) -> tuple[tuple, bool]:
        """The values through an identity whose backward hands (positions, gradients) on."""
        places = [i for i, v in enumerate(values) if isinstance(v, Tensor) and v.requires_grad]
        if not places or not is_grad_enabled():
            return values, False
        outputs = BackwardHookFunction.apply(
            lambda grads: receive(places, grads), *[values[i] for i in places]
        )
        wrapped = list(values)
        for i, output in zip(places, outputs, strict=True):
            wrapped[i] = output
        return tuple(wrapped), True

    def _enter(self, places: list[int], grads: tuple) -> tuple:
        """Backward arrives at the module's output."""
        grad_output = _spread(places, grads, self.n_outputs)
        for hook in self.before:
            answer = hook(self.module, grad_output)
            if answer is None:
                continue
            grad_output = _checked(answer, self.n_outputs, "Backward pre hook", "grad_output")
        self.grad_output = grad_output
        if not self.input_wrapped and self.after:
            self._run_without_input()
        return tuple(grad_output[i] for i in places)

    def _leave(self, places: list[int], grads: tuple) -> tuple:
        """Backward leaves through the module's input."""
        if self.grad_output is None:  # the gradient came by another way than the output
            return grads
        grad_input = _spread(places, grads, self.n_inputs)
        for hook in self.after:
            answer = hook(self.module, grad_input, self.grad_output)
            if answer is not None:
                grad_input = _checked(answer, self.n_inputs, "Backward hook", "grad_input")
        self.grad_output = None
        return tuple(grad_input[i] for i in places)

    def _run_without_input(self) -> None:
        warnings.warn(
            "Full backward hook is firing when gradients are computed with respect to module "
            "outputs since no inputs require gradients.",
            stacklevel=4,
        )
        nothing = (None,) * self.n_inputs
        for hook in self.after:
            answer = hook(self.module, nothing, self.grad_output)
            if answer is not None and not (
                isinstance(answer, tuple) and all(part is None for part in answer)
            ):
                raise RuntimeError(
                    "Backward hook for Modules where no input requires gradient should always "
                    "return None or None for all gradients."
                )
        self.grad_output = None


def type_of_tuple(values: tuple) -> Callable[[Iterable], tuple]:
    """What builds a tuple of the same type, named tuples included."""
    return getattr(type(values), "_make", type(values))


def _spread(places: list[int], grads: tuple, count: int) -> tuple:
    spread: list = [None] * count
    for i, grad in zip(places, grads, strict=True):
        spread[i] = grad
    return tuple(spread)


def _checked(answer: Any, count: int, who: str, what: str) -> tuple:
    answer = answer if isinstance(answer, tuple) else (answer,)
    if len(answer) != count:
        raise RuntimeError(
            f"{who} returned an invalid number of {what}, got {len(answer)}, but expected {count}"
        )
    return answer
