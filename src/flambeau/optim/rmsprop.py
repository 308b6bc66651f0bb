"""RMSprop, as in ``torch.optim``."""

from __future__ import annotations

from typing import Any

from ..ops.updates import UPDATES
from ..tensor.tensor import Tensor
from .optimizer import ParamsT, RuleOptimizer, check, check_lr


class RMSprop(RuleOptimizer):
    r"""Steps divided by the root of a moving average of squared gradients.

    .. math:: v = \alpha v + (1-\alpha) g^2, \quad b = \mu b + g / (\sqrt v + \epsilon), \quad
        \theta \mathrel{-}= \gamma b

    Args:
        params: parameters, named parameters or parameter groups.
        lr: learning rate :math:`\gamma`.
        alpha: weight of the moving average.
        eps: added to the denominator.
        weight_decay: L2 penalty.
        momentum: :math:`\mu`.
        centered: divide by the root of the gradient's variance instead.
        maximize: go up the gradient.
        foreach, capturable: accepted as hints.
        differentiable: record the step for gradients.

    State: ``step``, ``square_avg``, and where asked for ``momentum_buffer`` and ``grad_avg``.
    Sources: Hinton's lecture 6; centered: Graves, arXiv:1308.0850.
    """

    update = UPDATES["rmsprop_"]

    def __init__(
        self,
        params: ParamsT,
        lr: float | Tensor = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum: float = 0,
        centered: bool = False,
        capturable: bool = False,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        check_lr(lr)
        check(eps >= 0.0, f"Invalid epsilon value: {eps}")
        check(momentum >= 0.0, f"Invalid momentum value: {momentum}")
        check(weight_decay >= 0.0, f"Invalid weight_decay value: {weight_decay}")
        check(alpha >= 0.0, f"Invalid alpha value: {alpha}")
        defaults = {
            "lr": lr,
            "momentum": momentum,
            "alpha": alpha,
            "eps": eps,
            "centered": centered,
            "weight_decay": weight_decay,
            "capturable": capturable,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
        }
        super().__init__(params, defaults)

    def _names(self, group: dict[str, Any]) -> tuple[str | None, ...]:
        return (
            "square_avg",
            "momentum_buffer" if group["momentum"] > 0 else None,
            "grad_avg" if group["centered"] else None,
        )

    def _options(self, group: dict[str, Any]) -> dict[str, Any]:
        names = ("lr", "alpha", "eps", "weight_decay", "momentum", "maximize")
        return {name: group[name] for name in names}
