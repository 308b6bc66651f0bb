"""Learning-rate schedules, as in ``torch.optim.lr_scheduler``.

Each schedule says in :meth:`LRScheduler.get_lr` what the learning rates of the next step are.
Most say it by the last ones (a factor to multiply them by), so that schedules can be chained; where
there is a formula in the step alone, ``_get_closed_form_lr`` has it, and ``step(epoch)`` uses it.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import wraps
from typing import Any
from weakref import ref

from ...tensor.recording import recorders, unrepeatable
from ...tensor.tensor import Tensor
from ..optimizer import Optimizer

EPOCH_DEPRECATION_WARNING = (
    "The epoch parameter in `scheduler.step()` was not necessary and is being deprecated where "
    "possible. Please use `scheduler.step()` to step the scheduler. During the deprecation, if "
    "epoch is different from None, the closed form is used instead of the new chainable form, "
    "where available."
)
_OVERRIDDEN = (
    "Seems like `optimizer.step()` has been overridden after learning rate scheduler "
    "initialization. Please, make sure to call `optimizer.step()` before `lr_scheduler.step()`. "
    "See more details at https://pytorch.org/docs/stable/optim.html#how-to-adjust-learning-rate"
)
_WRONG_ORDER = (
    "Detected call of `lr_scheduler.step()` before `optimizer.step()`. In PyTorch 1.1.0 and "
    "later, you should call them in the opposite order: `optimizer.step()` before "
    "`lr_scheduler.step()`.  Failure to do this will result in PyTorch skipping the first value "
    "of the learning rate schedule. See more details at "
    "https://pytorch.org/docs/stable/optim.html#how-to-adjust-learning-rate"
)

LR = Any  # a float, or a tensor of one element
LRFunction = Callable[[int], float]


def _copied(value: Any) -> Any:
    return value.clone() if isinstance(value, Tensor) else value


def values(optimizer: Optimizer, key: str) -> list[Any]:
    """A setting of all groups; tensors are copied, since they are changed in place."""
    return [_copied(group[key]) for group in optimizer.param_groups]


def set_value(group: dict[str, Any], key: str, value: Any) -> None:
    """Changes a setting of a group; a tensor keeps its identity."""
    if isinstance(group[key], Tensor):
        group[key].fill_(value)
    else:
        group[key] = value


def per_group(name: str, optimizer: Optimizer, value: Any) -> list[Any]:
    """One value for each group, from one for all or a list."""
    count = len(optimizer.param_groups)
    if not isinstance(value, (list, tuple)):
        value = [value] * count
    elif len(value) != count:
        raise ValueError(
            f"{name} must have the same length as optimizer.param_groups. {name} has {len(value)} "
            f"values, param_groups has {count}."
        )
    return [_copied(v) for v in value]


def require_optimizer(optimizer: Any) -> None:
    if not isinstance(optimizer, Optimizer):
        raise TypeError(f"{type(optimizer).__name__} is not an Optimizer")


class flag:
    """Sets an attribute to True for the time of a block."""

    def __init__(self, owner: Any, name: str):
        self.owner, self.name = owner, name

    def __enter__(self) -> None:
        setattr(self.owner, self.name, True)

    def __exit__(self, *_: object) -> None:
        setattr(self.owner, self.name, False)


_stepping: list[Any] = []  # schedules whose step is under way


def in_python(step: Callable[..., None]) -> Callable[..., None]:
    """A schedule's step, which a compiled function takes in Python after its program."""

    @wraps(step)
    def told(self: Any, *args: Any, **kwargs: Any) -> None:
        if not recorders or _stepping:
            return step(self, *args, **kwargs)
        groups = self.optimizer.param_groups
        if args or kwargs or any(isinstance(v, Tensor) for g in groups for v in g.values()):
            unrepeatable("a schedule's step with an argument or with settings that are tensors")
        for r in recorders:
            r.note("action", self.step)
        _stepping.append(self)
        try:
            return step(self, *args, **kwargs)
        finally:
            _stepping.pop()

    return told


class LRScheduler:
    """Base class: sets the learning rate of each group of an optimizer, step by step.

    Args:
        optimizer: whose ``lr`` settings are changed. Call its ``step`` before the scheduler's.
        last_epoch: index of the last step when training is resumed; -1 starts anew.
    """

    _get_lr_called_within_step = False
    _is_initial = False

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None:
        require_optimizer(optimizer)
        self.optimizer = optimizer
        for i, group in enumerate(optimizer.param_groups):
            if last_epoch == -1:
                group.setdefault("initial_lr", _copied(group["lr"]))
            elif "initial_lr" not in group:
                raise KeyError(
                    f"param 'initial_lr' is not specified in param_groups[{i}] when resuming "
                    "scheduler with last_epoch >= 0.\nThis typically happens when:\n"
                    "1. You're trying to resume training from a checkpoint but haven't properly "
                    "loaded the optimizer state\n"
                    "2. You're using last_epoch >= 0 for a fresh training run (not recommended)"
                )
        self.base_lrs: list[LR] = values(optimizer, "initial_lr")
        self.last_epoch = last_epoch
        _note_steps(optimizer)
        self._initial_step()

    def _initial_step(self) -> None:
        """Sets the learning rates of the first step."""
        self._step_count = 0
        with flag(self, "_is_initial"):
            self.step()

    def state_dict(self) -> dict[str, Any]:
        """Everything but the optimizer."""
        return {key: value for key, value in self.__dict__.items() if key != "optimizer"}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Takes over what :meth:`state_dict` gave. Load the optimizer's state after this."""
        self.__dict__.update(state_dict)

    def get_last_lr(self) -> list[LR]:
        """The learning rates that the last step has set, one per group."""
        if not _stepping:
            unrepeatable("get_last_lr() gives numbers that change")
        return self._last_lr

    def get_lr(self) -> list[LR]:
        """The learning rates of the step ``last_epoch``, one per group."""
        raise NotImplementedError

    @in_python
    def step(self, epoch: int | None = None) -> None:
        """Goes on to the next step (or to ``epoch``) and sets the learning rates."""
        if self._step_count == 1:
            if not hasattr(self.optimizer.step, "_wrapped_by_lr_sched"):
                warnings.warn(_OVERRIDDEN, UserWarning, stacklevel=2)
            elif not getattr(self.optimizer, "_opt_called", False):
                warnings.warn(_WRONG_ORDER, UserWarning, stacklevel=2)
        self._step_count += 1
        if epoch is not None:
            warnings.warn(EPOCH_DEPRECATION_WARNING, UserWarning, stacklevel=2)
        self._update_lr(epoch)

    def _update_lr(self, epoch: int | None = None) -> None:
        with flag(self, "_get_lr_called_within_step"):
            self.last_epoch = self.last_epoch + 1 if epoch is None else epoch
            if epoch is not None and hasattr(self, "_get_closed_form_lr"):
                lrs = self._get_closed_form_lr()
            else:
                lrs = self.get_lr()
        self._assign(lrs)

    def _assign(self, lrs: list[LR]) -> None:
        for group, lr in zip(self.optimizer.param_groups, lrs, strict=True):
            set_value(group, "lr", lr)
        self._last_lr: list[LR] = values(self.optimizer, "lr")

    def _warn_outside_step(self) -> None:
        if not self._get_lr_called_within_step:
            warnings.warn(
                "To get the last learning rate computed by the scheduler, please use "
                "`get_last_lr()`.",
                UserWarning,
                stacklevel=3,
            )

    def _unchanged(self) -> list[LR]:
        return values(self.optimizer, "lr")

    def _times(self, factor: float) -> list[LR]:
        return [group["lr"] * factor for group in self.optimizer.param_groups]


def _note_steps(optimizer: Optimizer) -> None:
    """Makes the optimizer's step leave a mark, by which a wrong order of calls is noticed."""
    if hasattr(optimizer.step, "_wrapped_by_lr_sched"):
        return
    step = optimizer.step.__func__  # type: ignore[attr-defined]
    owner = ref(optimizer)

    @wraps(step)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        self: Any = owner()
        self._opt_called = True
        return step(self, *args, **kwargs)

    wrapper._wrapped_by_lr_sched = True  # type: ignore[attr-defined]
    optimizer.step = wrapper  # type: ignore[method-assign]
