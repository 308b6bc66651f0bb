"""ASGD, as in ``torch.optim``."""

from __future__ import annotations

from typing import Any

from ..ops.updates import UPDATES
from ..tensor.tensor import Tensor
from .optimizer import ParamsT, RuleOptimizer, check, check_lr, number, scalar_state, zeros_like


class ASGD(RuleOptimizer):
    r"""Averaged stochastic gradient descent.

    Steps of size :math:`\eta_t = \gamma / (1 + \lambda_d \gamma t)^\alpha`, and beside the
    parameters their average over the steps after ``t0``, in the state as ``ax``.

    Args:
        params: parameters, named parameters or parameter groups.
        lr: learning rate :math:`\gamma`.
        lambd: decay :math:`\lambda_d`.
        alpha: power of the step size's decay.
        t0: step at which averaging starts.
        weight_decay: L2 penalty.
        maximize: go up the gradient.
        foreach, capturable: accepted as hints.
        differentiable: record the step for gradients.

    State: ``step``, ``eta``, ``mu``, ``ax``. Source: Polyak and Juditsky, 1992.
    """

    update = UPDATES["asgd_"]
    state_names = ("ax",)
    clock_names = ("step", "eta", "mu")

    def __init__(
        self,
        params: ParamsT,
        lr: float | Tensor = 1e-2,
        lambd: float = 1e-4,
        alpha: float = 0.75,
        t0: float = 1e6,
        weight_decay: float = 0,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
        capturable: bool = False,
    ) -> None:
        check_lr(lr)
        check(weight_decay >= 0.0, f"Invalid weight_decay value: {weight_decay}")
        defaults = {
            "lr": lr,
            "lambd": lambd,
            "alpha": alpha,
            "t0": t0,
            "weight_decay": weight_decay,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
            "capturable": capturable,
        }
        super().__init__(params, defaults)

    def _init_state(self, param: Tensor, group: dict[str, Any], state: dict[str, Any]) -> None:
        state["step"] = scalar_state(0.0)
        state["eta"] = scalar_state(number(group["lr"]))
        state["mu"] = scalar_state(1.0)
        state["ax"] = zeros_like(param)

    def _options(self, group: dict[str, Any]) -> dict[str, Any]:
        names = ("lr", "lambd", "alpha", "t0", "weight_decay", "maximize")
        return {name: group[name] for name in names}
