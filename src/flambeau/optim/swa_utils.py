"""Averages of a model's parameters over training, as in ``torch.optim.swa_utils``.

Stochastic weight averaging (SWA): the mean of the parameters of several steps. Exponential moving
average (EMA): old values count less and less.
"""

from __future__ import annotations

import itertools
import math
from collections import defaultdict
from collections.abc import Callable, Iterable
from copy import deepcopy
from typing import Any

import flambeau

from ..autograd.modes import no_grad
from ..nn.modules.batchnorm import _BatchNorm
from ..nn.modules.module import Module
from ..tensor.tensor import Tensor
from .lr_scheduler.base import LRScheduler, per_group
from .optimizer import Optimizer

__all__ = [
    "SWALR",
    "AveragedModel",
    "get_ema_avg_fn",
    "get_ema_multi_avg_fn",
    "get_swa_avg_fn",
    "get_swa_multi_avg_fn",
    "update_bn",
]

Params = list[Tensor] | tuple[Tensor, ...]


def _check_decay(decay: float) -> None:
    if decay < 0.0 or decay > 1.0:
        raise ValueError(
            f"Invalid decay value {decay} provided. Please provide a value in [0,1] range."
        )


def _interpolates(params: Params) -> bool:
    return params[0].is_floating_point() or params[0].is_complex()


def _number(value: Any) -> float:
    return value.item() if isinstance(value, Tensor) else value


def get_ema_multi_avg_fn(decay: float = 0.999) -> Callable[[Params, Params, Any], None]:
    """A function that changes lists of averages in place: ``decay * average + (1 - decay) * new``.

    Args:
        decay: how much of the average stays, 0 ... 1.

    Raises:
        ValueError: ``decay`` is out of range.
    """
    _check_decay(decay)

    @no_grad()
    def ema_update(ema_param_list: Params, current_param_list: Params, _: Any) -> None:
        interpolates = _interpolates(ema_param_list)
        for average, current in zip(ema_param_list, current_param_list, strict=True):
            if interpolates:
                average.lerp_(current, 1 - decay)
            else:
                average.copy_(average * decay + current * (1 - decay))

    return ema_update


def get_swa_multi_avg_fn() -> Callable[[Params, Params, Any], None]:
    """A function that changes lists of averages in place, to the mean of one more value each:
    ``average + (new - average) / (count + 1)``."""

    @no_grad()
    def swa_update(
        averaged_param_list: Params, current_param_list: Params, num_averaged: Tensor | int
    ) -> None:
        count = num_averaged + 1
        interpolates = _interpolates(averaged_param_list)
        for average, current in zip(averaged_param_list, current_param_list, strict=True):
            if interpolates:
                average.lerp_(current, _number(1 / count))
            elif isinstance(count, Tensor):
                average.addcdiv_(current - average, count)
            else:
                average.add_(current - average, alpha=1.0 / count)

    return swa_update


def get_ema_avg_fn(decay: float = 0.999) -> Callable[[Tensor, Tensor, Any], Tensor]:
    """A function that gives one new average: ``decay * average + (1 - decay) * new``.

    Args, Raises: as ``get_ema_multi_avg_fn``.
    """
    _check_decay(decay)

    @no_grad()
    def ema_update(ema_param: Tensor, current_param: Tensor, num_averaged: Any) -> Tensor:
        return decay * ema_param + (1 - decay) * current_param

    return ema_update


def get_swa_avg_fn() -> Callable[[Tensor, Tensor, Any], Tensor]:
    """A function that gives one new average: ``average + (new - average) / (count + 1)``."""

    @no_grad()
    def swa_update(averaged_param: Tensor, current_param: Tensor, num_averaged: Any) -> Tensor:
        return averaged_param + (current_param - averaged_param) / (num_averaged + 1)

    return swa_update


class AveragedModel(Module):
    """A copy of a model, whose parameters are averages of the model's.

    Args:
        model: the model; ``module`` is the copy.
        device: where the copy is kept.
        avg_fn: gives a parameter's new average, from the old one, the model's value, and how many
            were averaged. The mean, unless given.
        multi_avg_fn: changes a list of averages in place; in place of ``avg_fn``.
        use_buffers: average the buffers too; otherwise they are the model's last ones.

    ``n_averaged`` counts the calls of ``update_parameters``.
    """

    n_averaged: Tensor

    def __init__(
        self,
        model: Module,
        device: Any = None,
        avg_fn: Callable[[Tensor, Tensor, Any], Tensor] | None = None,
        multi_avg_fn: Callable[[Params, Params, Any], None] | None = None,
        use_buffers: bool = False,
    ) -> None:
        super().__init__()
        if avg_fn is not None and multi_avg_fn is not None:
            raise AssertionError("Only one of avg_fn and multi_avg_fn should be provided")
        self.module = deepcopy(model)
        if device is not None:
            self.module = self.module.to(device)
        self.register_buffer("n_averaged", flambeau.tensor(0, dtype=flambeau.int64, device=device))
        self.avg_fn = avg_fn
        self.multi_avg_fn = multi_avg_fn
        self.use_buffers = use_buffers

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        return self.module(*args, **kwargs)

    def update_parameters(self, model: Module) -> None:
        """Takes the model's present parameters into the averages; the first are copied."""
        pairs = [
            (average.detach(), current.detach())
            for average, current in zip(self._averaged(self.module), self._averaged(model))
        ]
        if self.n_averaged == 0:
            for average, current in pairs:
                average.copy_(current)
        elif self.avg_fn is not None:
            for average, current in pairs:
                average.copy_(self.avg_fn(average, current, self.n_averaged))
        else:
            update = self.multi_avg_fn or get_swa_multi_avg_fn()
            for group in _by_dtype(pairs):
                averages, currents = map(list, zip(*group, strict=True))
                update(averages, currents, self.n_averaged)
        if not self.use_buffers:
            for own, other in zip(self.module.buffers(), model.buffers(), strict=True):
                own.detach().copy_(other.detach())
        self.n_averaged += 1

    def _averaged(self, model: Module) -> Iterable[Tensor]:
        buffers = model.buffers() if self.use_buffers else ()
        return itertools.chain(model.parameters(), buffers)


def _by_dtype(pairs: list[tuple[Tensor, Tensor]]) -> list[list[tuple[Tensor, Tensor]]]:
    groups: dict[Any, list[tuple[Tensor, Tensor]]] = defaultdict(list)
    for average, current in pairs:
        groups[average.dtype].append((average, current))
    return list(groups.values())


@no_grad()
def update_bn(loader: Iterable[Any], model: Module, device: Any = None) -> None:
    """Computes the running means and variances of a model's batch normalisations anew.

    Args:
        loader: gives batches: the model's input, or a list or tuple that begins with it.
        model: called with each input, in training mode; its mode is then set back.
        device: where the inputs are moved to.
    """
    norms: list[Any] = [module for module in model.modules() if isinstance(module, _BatchNorm)]
    if not norms:
        return
    momenta = [norm.momentum for norm in norms]
    was_training = model.training
    model.train()
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # the mean of all batches
    for batch in loader:
        images = batch[0] if isinstance(batch, (list, tuple)) else batch
        model(images if device is None else images.to(device))
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
    model.train(was_training)


def _linear(t: float) -> float:
    return t


def _cosine(t: float) -> float:
    return (1 - math.cos(math.pi * t)) / 2


_ANNEALING = {"cos": _cosine, "linear": _linear}


class SWALR(LRScheduler):
    """Goes over to a learning rate of its own, and stays there.

    Args:
        optimizer: whose learning rates are changed.
        swa_lr: the learning rate in the end: one, or one for each parameter group.
        anneal_epochs: number of steps until then.
        anneal_strategy: "cos" (along a cosine) or "linear".
        last_epoch: index of the last step when training is resumed; -1 starts anew.

    Raises:
        ValueError: for options out of range.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        swa_lr: Any,
        anneal_epochs: int = 10,
        anneal_strategy: str = "cos",
        last_epoch: int = -1,
    ) -> None:
        rates = per_group("swa_lr", optimizer, swa_lr)
        for rate, group in zip(rates, optimizer.param_groups, strict=True):
            group["swa_lr"] = rate
        if anneal_strategy not in _ANNEALING:
            raise ValueError(
                f"anneal_strategy must be one of 'cos' or 'linear', instead got {anneal_strategy}"
            )
        self._anneal_strategy = anneal_strategy
        if not isinstance(anneal_epochs, int) or anneal_epochs < 0:
            raise ValueError(f"anneal_epochs must be equal or greater than 0, got {anneal_epochs}")
        self.anneal_epochs = anneal_epochs
        super().__init__(optimizer, last_epoch)

    def _share(self, step: int) -> float:
        """How much of the way to ``swa_lr`` is done at a step."""
        part = max(0, min(1, step / max(1, self.anneal_epochs)))
        return _ANNEALING[self._anneal_strategy](part)

    def get_lr(self) -> list[Any]:
        self._warn_outside_step()
        step = self._step_count - 1
        if self.anneal_epochs == 0:
            step = max(1, step)
        before, now = self._share(step - 1), self._share(step)
        rates = []
        for group in self.optimizer.param_groups:
            rate, goal = group["lr"], group["swa_lr"]
            start = goal if before == 1 else (rate - before * goal) / (1 - before)
            rates.append(goal * now + start * (1 - now))
        return rates
