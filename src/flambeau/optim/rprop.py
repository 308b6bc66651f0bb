"""Rprop, as in ``torch.optim``."""

from __future__ import annotations

from typing import Any

from ..ops.updates import UPDATES
from ..tensor.tensor import Tensor
from .optimizer import (
    ParamsT,
    RuleOptimizer,
    check,
    check_lr,
    full_like,
    number,
    scalar_state,
    zeros_like,
)


class Rprop(RuleOptimizer):
    r"""Resilient backpropagation: each element has a step size of its own.

    It grows by :math:`\eta^+` while the gradient keeps its sign and shrinks by :math:`\eta^-` where
    the sign changes; only the gradient's sign is used. For full batches.

    Args:
        params: parameters, named parameters or parameter groups.
        lr: step size to start with.
        etas: the factors :math:`(\eta^-, \eta^+)`, below and above 1.
        step_sizes: smallest and largest step size.
        maximize: go up the gradient.
        foreach, capturable: accepted as hints.
        differentiable: record the step for gradients.

    State: ``step``, ``prev``, ``step_size``. Source: Riedmiller and Braun, 1993.
    """

    update = UPDATES["rprop_"]
    state_names = ("prev", "step_size")

    def __init__(
        self,
        params: ParamsT,
        lr: float | Tensor = 1e-2,
        etas: tuple[float, float] = (0.5, 1.2),
        step_sizes: tuple[float, float] = (1e-6, 50),
        *,
        capturable: bool = False,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        check_lr(lr)
        check(0.0 < etas[0] < 1.0 < etas[1], f"Invalid eta values: {etas[0]}, {etas[1]}")
        defaults = {
            "lr": lr,
            "etas": etas,
            "step_sizes": step_sizes,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
            "capturable": capturable,
        }
        super().__init__(params, defaults)

    def _init_state(self, param: Tensor, group: dict[str, Any], state: dict[str, Any]) -> None:
        lr = number(group["lr"])
        state["step"] = scalar_state(0.0)
        state["prev"] = zeros_like(param)
        state["step_size"] = full_like(param, complex(lr, lr) if param.is_complex() else lr)

    def _options(self, group: dict[str, Any]) -> dict[str, Any]:
        etaminus, etaplus = group["etas"]
        smallest, largest = group["step_sizes"]
        return {
            "etaminus": etaminus,
            "etaplus": etaplus,
            "step_size_min": smallest,
            "step_size_max": largest,
            "maximize": group["maximize"],
        }
