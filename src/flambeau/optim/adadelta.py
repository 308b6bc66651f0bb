"""Adadelta, as in ``torch.optim``."""

from __future__ import annotations

from typing import Any

from ..ops.updates import UPDATES
from ..tensor.tensor import Tensor
from .optimizer import ParamsT, RuleOptimizer, check, check_lr


class Adadelta(RuleOptimizer):
    r"""Steps scaled by the ratio of past steps to past gradients: no learning rate is needed.

    .. math:: v = \rho v + (1-\rho) g^2, \quad
        d = \frac{\sqrt{u + \epsilon}}{\sqrt{v + \epsilon}} g, \quad
        u = \rho u + (1-\rho) d^2, \quad \theta \mathrel{-}= \gamma d

    Args:
        params: parameters, named parameters or parameter groups.
        lr: factor :math:`\gamma` of the step.
        rho: weight of the moving averages.
        eps: added under the roots.
        weight_decay: L2 penalty.
        maximize: go up the gradient.
        foreach, capturable: accepted as hints.
        differentiable: record the step for gradients.

    State: ``step``, ``square_avg``, ``acc_delta``. Source: Zeiler, arXiv:1212.5701.
    """

    update = UPDATES["adadelta_"]
    state_names = ("square_avg", "acc_delta")

    def __init__(
        self,
        params: ParamsT,
        lr: float | Tensor = 1.0,
        rho: float = 0.9,
        eps: float = 1e-6,
        weight_decay: float = 0,
        foreach: bool | None = None,
        *,
        capturable: bool = False,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        check_lr(lr)
        check(0.0 <= rho <= 1.0, f"Invalid rho value: {rho}")
        check(eps >= 0.0, f"Invalid epsilon value: {eps}")
        check(weight_decay >= 0.0, f"Invalid weight_decay value: {weight_decay}")
        defaults = {
            "lr": lr,
            "rho": rho,
            "eps": eps,
            "weight_decay": weight_decay,
            "maximize": maximize,
            "capturable": capturable,
            "foreach": foreach,
            "differentiable": differentiable,
        }
        super().__init__(params, defaults)

    def _options(self, group: dict[str, Any]) -> dict[str, Any]:
        return {name: group[name] for name in ("lr", "rho", "eps", "weight_decay", "maximize")}
