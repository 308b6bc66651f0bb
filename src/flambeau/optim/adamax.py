"""Adamax, as in ``torch.optim``."""

from __future__ import annotations

from typing import Any

from ..ops.updates import UPDATES
from ..tensor.tensor import Tensor
from .optimizer import ParamsT, RuleOptimizer, check, check_betas, check_lr, with_betas


class Adamax(RuleOptimizer):
    r"""Adam by the largest gradient: :math:`u = \max(\beta_2 u, |g| + \epsilon)` in place of
    :math:`\sqrt v`.

    Args:
        params: parameters, named parameters or parameter groups.
        lr: learning rate.
        betas: weights of the moving average and of the largest gradient.
        eps: added to the gradient's absolute value.
        weight_decay: L2 penalty.
        maximize: go up the gradient.
        foreach, capturable: accepted as hints.
        differentiable: record the step for gradients.

    State: ``step``, ``exp_avg``, ``exp_inf``. Source: Kingma and Ba, arXiv:1412.6980.
    """

    update = UPDATES["adamax_"]
    state_names = ("exp_avg", "exp_inf")

    def __init__(
        self,
        params: ParamsT,
        lr: float | Tensor = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
        differentiable: bool = False,
        capturable: bool = False,
    ) -> None:
        check_lr(lr)
        check(eps >= 0.0, f"Invalid epsilon value: {eps}")
        check_betas(betas)
        check(weight_decay >= 0.0, f"Invalid weight_decay value: {weight_decay}")
        defaults = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
            "capturable": capturable,
        }
        super().__init__(params, defaults)

    def _options(self, group: dict[str, Any]) -> dict[str, Any]:
        return with_betas(group, ("lr", "eps", "weight_decay", "maximize"))
