"""Schedules along a cosine."""

from __future__ import annotations

import math

from ..optimizer import Optimizer
from .base import LR, LRScheduler, flag, in_python


class CosineAnnealingLR(LRScheduler):
    r"""Half a cosine from the initial learning rate down to ``eta_min``, and up again.

    .. math:: \eta_t = \eta_{min} + (\eta_0 - \eta_{min}) (1 + \cos(\pi t / T_{max})) / 2

    Args:
        optimizer: the optimizer.
        T_max: steps of half a period.
        eta_min: the smallest learning rate.
        last_epoch: index of the last step.
    """

    def __init__(
        self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0, last_epoch: int = -1
    ) -> None:
        self.T_max = T_max
        self.eta_min = eta_min
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[LR]:
        """The learning rates of the step ``last_epoch``."""
        self._warn_outside_step()
        t, period, lowest = self.last_epoch, self.T_max, self.eta_min
        if self._is_initial:
            return self._unchanged()
        if self._step_count == 1 and t > 0:
            return self._get_closed_form_lr()
        groups = self.optimizer.param_groups
        if (t - 1 - period) % (2 * period) == 0:  # rising from the bottom, where ratios divide by 0
            rise = 1 - math.cos(math.pi / period)
            return [
                group["lr"] + (base - lowest) * rise / 2
                for base, group in zip(self.base_lrs, groups, strict=True)
            ]
        ratio = (1 + math.cos(math.pi * t / period)) / (1 + math.cos(math.pi * (t - 1) / period))
        return [ratio * (group["lr"] - lowest) + lowest for group in groups]

    def _get_closed_form_lr(self) -> list[LR]:
        return _cosine(self.base_lrs, self.eta_min, self.last_epoch, self.T_max)


def _cosine(bases: list[LR], lowest: float, t: float, period: float) -> list[LR]:
    height = 1 + math.cos(math.pi * t / period)
    return [lowest + (base - lowest) * height / 2 for base in bases]


class CosineAnnealingWarmRestarts(LRScheduler):
    """Half a cosine from the initial learning rate down to ``eta_min``, again and again.

    Args:
        optimizer: the optimizer.
        T_0: steps of the first fall.
        T_mult: each fall takes so many times the steps of the one before.
        eta_min: the smallest learning rate.
        last_epoch: index of the last step.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        T_0: int,
        T_mult: int = 1,
        eta_min: float = 0.0,
        last_epoch: int = -1,
    ) -> None:
        if T_0 <= 0 or not isinstance(T_0, int):
            raise ValueError(f"Expected positive integer T_0, but got {T_0}")
        if T_mult < 1 or not isinstance(T_mult, int):
            raise ValueError(f"Expected integer T_mult >= 1, but got {T_mult}")
        if not isinstance(eta_min, (float, int)):
            raise ValueError(
                f"Expected float or int eta_min, but got {eta_min} of type {type(eta_min)}"
            )
        self.T_0 = T_0
        self.T_i = T_0
        self.T_mult = T_mult
        self.eta_min = eta_min
        self.T_cur: float = last_epoch
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[LR]:
        """The learning rates of the step ``last_epoch``."""
        self._warn_outside_step()
        return _cosine(self.base_lrs, self.eta_min, self.T_cur, self.T_i)

    @in_python
    def step(self, epoch: float | None = None) -> None:  # type: ignore[override]
        """Goes on to the next step, or to ``epoch``, which may lie between two steps."""
        if epoch is None and self.last_epoch < 0:
            epoch = 0
        if epoch is None:
            epoch = self.last_epoch + 1
            self.T_cur += 1
            if self.T_cur >= self.T_i:
                self.T_cur %= self.T_i
                self.T_i *= self.T_mult
        else:
            self._go_to(epoch)
        self.last_epoch = math.floor(epoch)
        with flag(self, "_get_lr_called_within_step"):
            lrs = self.get_lr()
        self._assign(lrs)

    def _go_to(self, epoch: float) -> None:
        if epoch < 0:
            raise ValueError(f"Expected non-negative epoch, but got {epoch}")
        if epoch < self.T_0:
            self.T_i = self.T_0
            self.T_cur = epoch
        elif self.T_mult == 1:
            self.T_cur = epoch % self.T_0
        else:
            restarts = int(math.log(epoch / self.T_0 * (self.T_mult - 1) + 1, self.T_mult))
            grown = self.T_mult**restarts
            self.T_cur = epoch - self.T_0 * (grown - 1) / (self.T_mult - 1)
            self.T_i = self.T_0 * grown
