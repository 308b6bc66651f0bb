"""RAdam, as in ``torch.optim``."""

from __future__ import annotations

from typing import Any

from ..ops.updates import UPDATES
from ..tensor.tensor import Tensor
from .optimizer import ParamsT, RuleOptimizer, check, check_betas, check_lr, with_betas


class RAdam(RuleOptimizer):
    r"""Adam that starts as plain momentum until :math:`\hat v` can be trusted (rectified Adam).

    Args:
        params: parameters, named parameters or parameter groups.
        lr: learning rate.
        betas: weights of the moving averages.
        eps: added to the denominator.
        weight_decay: L2 penalty.
        decoupled_weight_decay: decay as AdamW.
        maximize: go up the gradient.
        foreach, capturable: accepted as hints.
        differentiable: record the step for gradients.

    State: ``step``, ``exp_avg``, ``exp_avg_sq``. Source: Liu et al., arXiv:1908.03265.
    """

    update = UPDATES["radam_"]
    state_names = ("exp_avg", "exp_avg_sq")

    def __init__(
        self,
        params: ParamsT,
        lr: float | Tensor = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
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
        defaults = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "maximize": maximize,
            "foreach": foreach,
            "capturable": capturable,
            "decoupled_weight_decay": decoupled_weight_decay,
            "differentiable": differentiable,
        }
        super().__init__(params, defaults)

    def _options(self, group: dict[str, Any]) -> dict[str, Any]:
        names = ("lr", "eps", "weight_decay", "decoupled_weight_decay", "maximize")
        return with_betas(group, names)
