"""NAdam, as in ``torch.optim``."""

from __future__ import annotations

from typing import Any

from ..ops.updates import UPDATES
from ..tensor.tensor import Tensor
from .optimizer import (
    ParamsT,
    RuleOptimizer,
    check,
    check_betas,
    check_lr,
    scalar_state,
    with_betas,
    zeros_like,
)


class NAdam(RuleOptimizer):
    r"""Adam with Nesterov momentum, whose weight :math:`\mu_t` grows with the steps.

    Args:
        params: parameters, named parameters or parameter groups.
        lr: learning rate.
        betas: weights of the moving averages.
        eps: added to the denominator.
        weight_decay: L2 penalty.
        momentum_decay: :math:`\psi` in :math:`\mu_t = \beta_1 (1 - 0.96^{t\psi} / 2)`.
        decoupled_weight_decay: decay as AdamW.
        maximize: go up the gradient.
        foreach, capturable: accepted as hints.
        differentiable: record the step for gradients.

    State: ``step``, ``mu_product``, ``exp_avg``, ``exp_avg_sq``. Source: Dozat, 2016.
    """

    update = UPDATES["nadam_"]
    state_names = ("exp_avg", "exp_avg_sq")
    clock_names = ("step", "mu_product")

    def __init__(
        self,
        params: ParamsT,
        lr: float | Tensor = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum_decay: float = 4e-3,
        decoupled_weight_decay: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
    ) -> None:
        check_lr(lr)
        check(eps >= 0.0, f"Invalid epsilon value: {eps}")
        check_betas(betas)
        check(weight_decay >= 0.0, f"Invalid weight_decay value: {weight_decay}")
        check(momentum_decay >= 0.0, f"Invalid momentum_decay value: {momentum_decay}")
        defaults = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "momentum_decay": momentum_decay,
            "decoupled_weight_decay": decoupled_weight_decay,
            "maximize": maximize,
            "foreach": foreach,
            "capturable": capturable,
            "differentiable": differentiable,
        }
        super().__init__(params, defaults)

    def _init_state(self, param: Tensor, group: dict[str, Any], state: dict[str, Any]) -> None:
        state["step"] = scalar_state(0.0)
        state["mu_product"] = scalar_state(1.0)
        state["exp_avg"] = zeros_like(param)
        state["exp_avg_sq"] = zeros_like(param)

    def _options(self, group: dict[str, Any]) -> dict[str, Any]:
        names = (
            "lr", "eps", "weight_decay", "momentum_decay", "decoupled_weight_decay", "maximize",
        )  # fmt: skip
        return with_betas(group, names)
