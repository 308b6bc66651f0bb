"""The base of all optimizers, as ``torch.optim.Optimizer``, and the one loop that most of them run.

An optimizer holds parameter groups (a list of parameters each, with settings of their own) and a
state for each parameter. :class:`RuleOptimizer` is the optimizer whose step is a row of the table
of updates (:mod:`flambeau.ops.optim`): a subclass says which, and what its settings are.
"""

from __future__ import annotations

import functools
import warnings
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from copy import deepcopy
from itertools import chain
from typing import Any, ClassVar

import numpy as np

from ..autograd.hooks import RemovableHandle, add_hook
from ..autograd.modes import enable_grad, set_grad_enabled
from ..ops import updates
from ..ops.table import Op
from ..tensor import dtype as D
from ..tensor.recording import recorders
from ..tensor.tensor import Tensor, wrap
from .state import State, plain

ParamsT = Iterable[Tensor] | Iterable[dict[str, Any]] | Iterable[tuple[str, Tensor]]
StateDict = dict[str, Any]


class _RequiredParameter:
    """The default of a setting that every group has to give."""

    def __repr__(self) -> str:
        return "<required parameter>"


required = _RequiredParameter()

_global_optimizer_pre_hooks: OrderedDict[int, Callable] = OrderedDict()
_global_optimizer_post_hooks: OrderedDict[int, Callable] = OrderedDict()


def register_optimizer_step_pre_hook(hook: Callable) -> RemovableHandle:
    """Runs ``hook(optimizer, args, kwargs)`` before the step of every optimizer."""
    return add_hook(_global_optimizer_pre_hooks, hook)


def register_optimizer_step_post_hook(hook: Callable) -> RemovableHandle:
    """Runs ``hook(optimizer, args, kwargs)`` after the step of every optimizer."""
    return add_hook(_global_optimizer_post_hooks, hook)


_HOOKS = (
    "_optimizer_step_pre_hooks", "_optimizer_step_post_hooks",
    "_optimizer_state_dict_pre_hooks", "_optimizer_state_dict_post_hooks",
    "_optimizer_load_state_dict_pre_hooks", "_optimizer_load_state_dict_post_hooks",
)  # fmt: skip


class Optimizer:
    """Base class of optimizers.

    Args:
        params: tensors, pairs of name and tensor, or dictionaries that define parameter groups:
            ``{"params": tensors, "lr": 0.01, ...}``.
        defaults: settings for the groups that do not give their own.

    Raises:
        TypeError: where ``params`` is one tensor, or something that is no tensor is in it.
        ValueError: where there are no parameters, or one of them is the result of a computation.
    """

    defaults: dict[str, Any]
    state: defaultdict[Any, Any]
    param_groups: list[dict[str, Any]]
    _optimizer_step_pre_hooks: OrderedDict[int, Callable]
    _optimizer_step_post_hooks: OrderedDict[int, Callable]
    _optimizer_state_dict_pre_hooks: OrderedDict[int, Callable]
    _optimizer_state_dict_post_hooks: OrderedDict[int, Callable]
    _optimizer_load_state_dict_pre_hooks: OrderedDict[int, Callable]
    _optimizer_load_state_dict_post_hooks: OrderedDict[int, Callable]

    def __init__(self, params: ParamsT, defaults: dict[str, Any]) -> None:
        self.defaults = defaults
        for name in _HOOKS:
            setattr(self, name, OrderedDict())
        self._patch_step_function()
        if isinstance(params, Tensor):
            raise TypeError(
                "params argument given to the optimizer should be an iterable of Tensors or dicts, "
                f"but got {_typename(params)}\n"
                "Hint: put a single tensor in a list, as in [x]."
            )
        self.state = State()
        self.param_groups = []
        groups: list[Any] = list(params)
        if len(groups) == 0:
            raise ValueError(
                "optimizer got an empty parameter list\n"
                "Hint: model.parameters() can be gone through once only; give it anew, and look "
                "whether the model's layers are attributes of it."
            )
        if not isinstance(groups[0], dict):
            groups = [{"params": groups}]
        for group in groups:
            self.add_param_group(group)

    # ------------------------------------------------------------------------------ parameters

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Adds a group of parameters: ``{"params": tensors, ...settings}``.

        Missing settings are filled in with the optimizer's defaults.
        """
        if not isinstance(param_group, dict):
            raise TypeError(f"param_group must be a dict, but got {type(param_group)}")
        _split_names(param_group)
        params = param_group["params"]
        for param in params:
            self._check_param(param)
        for name, default in self.defaults.items():
            if default is required and name not in param_group:
                raise ValueError(
                    "parameter group didn't specify a value of required optimization parameter "
                    f"{name}"
                )
            param_group.setdefault(name, default)
        own = {id(p) for p in params}
        if len(own) != len(params):
            warnings.warn(
                "optimizer contains a parameter group with duplicate parameters; "
                "in future, this will cause an error; "
                "see github.com/pytorch/pytorch/issues/40967 for more information",
                stacklevel=3,
            )
        for group in self.param_groups:
            if ("param_names" in param_group) != ("param_names" in group):
                which = "with names" if "param_names" in param_group else "without names"
                raise ValueError(
                    "all optimizer param groups should be with/without names. "
                    f"cannot add param group {which} to the optimizer"
                )
        if any(id(p) in own for group in self.param_groups for p in group["params"]):
            raise ValueError("some parameters appear in more than one parameter group")
        self.param_groups.append(param_group)

    def _check_param(self, param: Any) -> None:
        if not isinstance(param, Tensor):
            raise TypeError(
                "optimizer can only optimize Tensors, but one of the params is " + _typename(param)
            )
        if self.defaults.get("differentiable") or param.is_leaf or param.retains_grad:
            return
        raise ValueError(
            "can't optimize a non-leaf Tensor\n"
            "Hint: this one was computed from others, as in torch.randn(3, requires_grad=True) * 2 "
            "or x.to(device). Compute first, then call requires_grad_()."
        )

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Drops the gradients of all parameters, or, on request, fills them with zeros."""
        for group in self.param_groups:
            for p in group["params"]:
                grad = p._grad if set_to_none else p.grad
                if grad is None and not recorders:
                    continue
                if set_to_none:
                    p.grad = None
                    continue
                if grad is None:
                    continue
                if grad.grad_fn is not None:
                    grad.detach_()
                else:
                    grad.requires_grad_(False)
                grad.zero_()

    # ------------------------------------------------------------------------------- the step

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Makes one step. ``closure`` computes the loss anew, where an optimizer needs that."""
        raise NotImplementedError

    @staticmethod
    def profile_hook_step(func: Callable) -> Callable:
        """A step that runs the hooks around it."""

        @functools.wraps(func)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            self = args[0]
            before, after = self._optimizer_step_pre_hooks, self._optimizer_step_post_hooks
            if before or _global_optimizer_pre_hooks:
                for hook in chain(_global_optimizer_pre_hooks.values(), before.values()):
                    result = hook(self, args, kwargs)
                    if result is None:
                        continue
                    if not (isinstance(result, tuple) and len(result) == 2):
                        raise RuntimeError(
                            f"{func} must return None or a tuple of (new_args, new_kwargs), but "
                            f"got {result}."
                        )
                    args, kwargs = result
            out = func(*args, **kwargs)
            if after or _global_optimizer_post_hooks:
                for hook in chain(after.values(), _global_optimizer_post_hooks.values()):
                    hook(self, args, kwargs)
            return out

        return wrapper

    def _patch_step_function(self) -> None:
        """Gives the class's step its hooks, once."""
        cls = type(self)
        if not getattr(cls.step, "hooked", None):
            cls.step = self.profile_hook_step(cls.step)  # type: ignore[method-assign]
            cls.step.hooked = True  # type: ignore[attr-defined]

    def register_step_pre_hook(self, hook: Callable) -> RemovableHandle:
        """Runs ``hook(optimizer, args, kwargs)`` before each step; it may return new ones."""
        return add_hook(self._optimizer_step_pre_hooks, hook)

    def register_step_post_hook(self, hook: Callable) -> RemovableHandle:
        """Runs ``hook(optimizer, args, kwargs)`` after each step."""
        return add_hook(self._optimizer_step_post_hooks, hook)

    # ----------------------------------------------------------------------------- state dicts

    def register_state_dict_pre_hook(
        self, hook: Callable, prepend: bool = False
    ) -> RemovableHandle:
        """Runs ``hook(optimizer)`` before :meth:`state_dict`."""
        return add_hook(self._optimizer_state_dict_pre_hooks, hook, prepend=prepend)

    def register_state_dict_post_hook(
        self, hook: Callable, prepend: bool = False
    ) -> RemovableHandle:
        """Runs ``hook(optimizer, state_dict)`` after :meth:`state_dict`; may return another."""
        return add_hook(self._optimizer_state_dict_post_hooks, hook, prepend=prepend)

    def register_load_state_dict_pre_hook(
        self, hook: Callable, prepend: bool = False
    ) -> RemovableHandle:
        """Runs ``hook(optimizer, state_dict)`` before loading; may return another dict."""
        return add_hook(self._optimizer_load_state_dict_pre_hooks, hook, prepend=prepend)

    def register_load_state_dict_post_hook(
        self, hook: Callable, prepend: bool = False
    ) -> RemovableHandle:
        """Runs ``hook(optimizer)`` after :meth:`load_state_dict`."""
        return add_hook(self._optimizer_load_state_dict_post_hooks, hook, prepend=prepend)

    def state_dict(self) -> StateDict:
        """The state as ``{"state": {number: ...}, "param_groups": [...]}``.

        Parameters appear as their running numbers; tensors are not copied.
        """
        for pre_hook in self._optimizer_state_dict_pre_hooks.values():
            pre_hook(self)
        numbers: dict[int, int] = {}
        groups = []
        start = 0
        for group in self.param_groups:
            params = group["params"]
            for i, p in enumerate(params, start):
                numbers.setdefault(id(p), i)
            start += len(params)
            packed = {k: v for k, v in group.items() if k != "params"}
            packed["params"] = [numbers[id(p)] for p in params]
            groups.append(packed)
        state = {
            numbers[id(key)] if isinstance(key, Tensor) else key: plain(value)
            for key, value in self.state.items()
        }
        state_dict: StateDict = {"state": state, "param_groups": groups}
        for post_hook in self._optimizer_state_dict_post_hooks.values():
            result = post_hook(self, state_dict)
            if result is not None:
                state_dict = result
        return state_dict

    def load_state_dict(self, state_dict: StateDict) -> None:
        """Takes over what :meth:`state_dict` gave, of this optimizer or of PyTorch's.

        Settings of the groups are replaced. State is converted to its parameter's type and device,
        except for step counts.
        """
        state_dict = state_dict.copy()
        for pre_hook in self._optimizer_load_state_dict_pre_hooks.values():
            result = pre_hook(self, state_dict)
            if result is not None:
                state_dict = result
        groups = self.param_groups
        saved_groups = deepcopy(state_dict["param_groups"])
        _check_groups(groups, saved_groups)
        of_number = dict(
            zip(
                chain.from_iterable(g["params"] for g in saved_groups),
                chain.from_iterable(g["params"] for g in groups),
                strict=True,
            )
        )
        state: dict[Any, Any] = {}
        for key, value in state_dict["state"].items():
            if key in of_number:
                param = of_number[key]
                state[param] = _cast(param, value, key, state_dict["param_groups"], None)
            else:
                state[key] = value
        for group, saved in zip(groups, saved_groups, strict=True):
            saved["params"] = group["params"]
            if "param_names" in group:
                saved.setdefault("param_names", group["param_names"])
        self.__setstate__({"state": state, "param_groups": saved_groups})
        for post_hook in self._optimizer_load_state_dict_post_hooks.values():
            post_hook(self)

    def __getstate__(self) -> dict[str, Any]:
        return {
            "defaults": self.defaults,
            "state": self.state,
            "param_groups": self.param_groups,
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self.state = State(self.state)
        for name in _HOOKS:
            if name not in self.__dict__:
                setattr(self, name, OrderedDict())
        self._patch_step_function()
        self.defaults.setdefault("differentiable", False)

    def __repr__(self) -> str:
        text = type(self).__name__ + " ("
        for i, group in enumerate(self.param_groups):
            text += f"\nParameter Group {i}\n"
            for key in sorted(group):
                if key != "params":
                    text += f"    {key}: {group[key]}\n"
        return text + ")"


def _split_names(group: dict[str, Any]) -> None:
    """Makes a list of the group's parameters, and takes the names off named ones."""
    params = group["params"]
    if isinstance(params, Tensor):
        params = [params]
    elif isinstance(params, set):
        raise TypeError(
            "optimizer parameters need to be organized in ordered collections, but "
            "the ordering of tensors in sets will change between runs. Please use a list instead."
        )
    params = list(params)
    names = [p[0] for p in params if isinstance(p, tuple)]
    group["params"] = [p[1] if isinstance(p, tuple) else p for p in params]
    if not names:
        return
    if len(names) != len(params):
        raise ValueError(
            "all optimizer params should be with/without names. Some param names are missing"
        )
    group["param_names"] = names


def _check_groups(groups: list[dict], saved_groups: list[dict]) -> None:
    if len(groups) != len(saved_groups):
        raise ValueError(
            "loaded state dict has a different number of parameter groups\n"
            f"Hint: it has {len(saved_groups)}, the optimizer {len(groups)}."
        )
    for i, (group, saved) in enumerate(zip(groups, saved_groups, strict=True)):
        if len(group["params"]) != len(saved["params"]):
            raise ValueError(
                "loaded state dict contains a parameter group that doesn't match the size of "
                f"optimizer's group\nHint: group {i} has {len(saved['params'])} parameters in the "
                f"state dict and {len(group['params'])} in the optimizer."
            )


def _cast(param: Tensor, value: Any, number: Any, groups: list[dict], key: Hashable) -> Any:
    """A value of the loaded state, its tensors as the parameter needs them."""
    if isinstance(value, Tensor):
        return _cast_tensor(param, value, number, groups, key)
    if isinstance(value, dict):
        return {k: _cast(param, v, number, groups, k) for k, v in value.items()}
    if isinstance(value, Iterable):
        make: Any = type(value)
        return make(_cast(param, v, number, groups, None) for v in value)
    return value


def _cast_tensor(
    param: Tensor, value: Tensor, number: Any, groups: list[dict], key: Hashable
) -> Tensor:
    if key == "step":
        group = next((g for g in groups if number in g["params"]), {})
        if group.get("capturable") or group.get("fused"):
            return value.to(dtype=D.float32, device=param.device)
        return value
    if param.is_floating_point():
        return value.to(dtype=param.dtype, device=param.device)
    return value.to(device=param.device)


def _typename(value: Any) -> str:
    """How messages call a value's type: "torch.FloatTensor", "int", "numpy.ndarray"."""
    if isinstance(value, Tensor):
        return value.type()
    cls = value if isinstance(value, type) else type(value)
    module = cls.__module__
    return cls.__qualname__ if module in ("builtins", "", None) else f"{module}.{cls.__qualname__}"


# ------------------------------------------------------------------------ optimizers by a rule


def check(condition: Any, message: str) -> None:
    """ValueError with the message, unless the condition holds."""
    if not condition:
        raise ValueError(message)


def check_lr(lr: Any) -> None:
    """A learning rate is a number that is not negative, or a tensor of one element."""
    check(not isinstance(lr, Tensor) or lr.numel() == 1, "Tensor lr must be 1-element")
    check(lr >= 0.0, f"Invalid learning rate: {lr}")


def check_betas(betas: Sequence[Any]) -> None:
    """The two weights of moving averages lie in [0, 1)."""
    for i in (0, 1):
        check(0.0 <= betas[i] < 1.0, f"Invalid beta parameter at index {i}: {betas[i]}")


def number(value: Any) -> Any:
    """A setting as a Python number; tensors of one element are read."""
    return value.item() if isinstance(value, Tensor) else value


def scalar_state(value: float) -> Tensor:
    """A number that is kept as state: a tensor without dimensions, float32 or the default type."""
    wide = D.get_default_dtype() is D.float64
    return wrap(np.array(value, np.float64 if wide else np.float32))


class RuleOptimizer(Optimizer):
    """An optimizer whose step is a row of the table of updates.

    A subclass names the row, the state and the numbers that its parameters keep (in the row's
    order), and gives in :meth:`_options` the row's options from a group's settings.
    """

    update: ClassVar[Op]
    state_names: ClassVar[tuple[str, ...]] = ()
    clock_names: ClassVar[tuple[str, ...]] = ("step",)

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Makes one step: updates every parameter that has a gradient.

        Args:
            closure: computes the loss (and its gradients) anew; called first, with gradients
                enabled. Its result is returned.
        """
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        with set_grad_enabled(self.defaults.get("differentiable", False)):
            for group in self.param_groups:
                self._step_group(group)
        return loss

    def _names(self, group: dict[str, Any]) -> tuple[str | None, ...]:
        """The state that the group's parameters keep; None for what its settings leave out."""
        return self.state_names

    def _options(self, group: dict[str, Any]) -> dict[str, Any]:
        """The row's options, from the group's settings."""
        raise NotImplementedError

    def _init_state(self, param: Tensor, group: dict[str, Any], state: dict[str, Any]) -> None:
        """Fills in the state of a parameter that is updated for the first time."""
        for name in self.clock_names:
            state[name] = scalar_state(0.0)
        for state_name in self._names(group):
            if state_name is not None:
                state[state_name] = zeros_like(param)

    def _step_group(self, group: dict[str, Any]) -> None:
        """Updates those of a group's parameters that have a gradient."""
        params, grads, states = [], [], []
        for p in group["params"]:
            grad = p.grad
            if grad is None:
                continue
            if grad.is_sparse:
                self._step_sparse(p, grad, group)
                continue
            state = self.state[p]
            if not state:
                self._init_state(p, group, state)
            params.append(p)
            grads.append(grad)
            states.append(state)
        if params:
            columns: list[Any] = [params, grads]
            for name in (*self._names(group), *self.clock_names):
                columns.append(None if name is None else [state[name] for state in states])
            self._apply(columns, group)

    def _step_sparse(self, param: Tensor, grad: Any, group: dict[str, Any]) -> None:
        """Updates a parameter whose gradient is a sparse tensor; most rules refuse."""
        raise RuntimeError(
            f"{type(self).__name__} does not support sparse gradients\n"
            "Hint: SparseAdam, SGD and Adagrad take them, or leave out sparse=True."
        )

    def _apply(self, columns: list[Any], group: dict[str, Any], **fixed: Any) -> None:
        """Runs the row on lists of parameters, gradients, state and numbers.

        Its options come from the group's settings, and ``fixed``.
        """
        for r in recorders:
            r.note("optimizer", self, group, fixed)
        options = {**self._options(group), **fixed}
        if self.defaults.get("differentiable"):
            kernel: Any = self.update.kernel
            kernel.differentiable(columns, options)
        else:
            for name, value in options.items():
                if isinstance(value, Tensor):
                    options[name] = value.item()
            updates.run(self.update, columns, options)

    def __setstate__(self, state: dict[str, Any]) -> None:
        """State dicts of old versions lack settings and keep step counts as numbers."""
        super().__setstate__(state)
        for group in self.param_groups:
            for name, default in self.defaults.items():
                group.setdefault(name, default)
            for p in group["params"]:
                own = self.state.get(p, {})
                if "step" in own and not isinstance(own["step"], Tensor):
                    own["step"] = scalar_state(float(own["step"]))


def zeros_like(param: Tensor) -> Tensor:
    """Zeros of a parameter's shape, type and memory order, without history."""
    return wrap(np.zeros_like(param._data))


def full_like(param: Tensor, value: complex) -> Tensor:
    """A number in a parameter's shape, type and memory order, without history."""
    return wrap(np.full_like(param._data, value))


def check_fused(settings: dict[str, Any]) -> None:
    """The fused kernels of other devices cannot be differentiated; keep to the same rules."""
    if settings["fused"]:
        if settings["differentiable"]:
            raise RuntimeError("`fused` does not support `differentiable`")
        if settings["foreach"]:
            raise RuntimeError("`fused` and `foreach` cannot be `True` together.")


def zeros(shape: tuple[int, ...], param: Tensor) -> Tensor:
    """Zeros of another shape and a parameter's type."""
    return wrap(np.zeros(shape, param._data.dtype))


def with_betas(group: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    """Settings of a group by name, and its betas as ``beta1`` and ``beta2``."""
    options = {name: group[name] for name in names}
    options["beta1"], options["beta2"] = group["betas"]
    return options
