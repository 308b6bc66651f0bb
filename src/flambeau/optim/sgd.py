"""SGD, as in ``torch.optim``."""

from __future__ import annotations

from typing import Any

from ..ops.updates import UPDATES
from ..tensor.tensor import Tensor
from .optimizer import ParamsT, RuleOptimizer, check, check_fused, zeros_like


class SGD(RuleOptimizer):
    r"""Stochastic gradient descent, with momentum on request.

    .. math:: g \mathrel{+}= \lambda\theta, \quad b = \mu b + (1 - \tau) g, \quad
        \theta \mathrel{-}= \gamma b

    With ``nesterov``, :math:`g + \mu b` takes the place of b in the last step.

    Args:
        params: parameters, named parameters or parameter groups.
        lr: learning rate :math:`\gamma`.
        momentum: :math:`\mu`, at least 0.
        dampening: :math:`\tau`, which damps the momentum.
        weight_decay: L2 penalty :math:`\lambda`.
        nesterov: Nesterov momentum; needs momentum, and no dampening.
        maximize: go up the gradient.
        foreach, fused: accepted as hints; all parameters are always updated together.
        differentiable: record the step for gradients.

    State: ``momentum_buffer``, where there is momentum.
    """

    update = UPDATES["sgd_"]

    def __init__(
        self,
        params: ParamsT,
        lr: float | Tensor = 1e-3,
        momentum: float = 0,
        dampening: float = 0,
        weight_decay: float | Tensor = 0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        check(not isinstance(lr, Tensor) or lr.numel() == 1, "Tensor lr must be 1-element")
        check(not lr < 0.0, f"Invalid learning rate: {lr}")
        check(not momentum < 0.0, f"Invalid momentum value: {momentum}")
        check(not weight_decay < 0.0, f"Invalid weight_decay value: {weight_decay}")
        check(
            not nesterov or (momentum > 0 and dampening == 0),
            "Nesterov momentum requires a momentum and zero dampening",
        )
        defaults = {
            "lr": lr,
            "momentum": momentum,
            "dampening": dampening,
            "weight_decay": weight_decay,
            "nesterov": nesterov,
            "maximize": maximize,
            "foreach": foreach,
            "differentiable": differentiable,
            "fused": fused,
        }
        super().__init__(params, defaults)
        check_fused(defaults)

    def _step_group(self, group: dict[str, Any]) -> None:
        options = {
            name: group[name]
            for name in ("lr", "momentum", "dampening", "weight_decay", "nesterov", "maximize")
        }
        params = [p for p in group["params"] if p.grad is not None]
        if group["momentum"] == 0:
            if params:
                self._apply([params, [p.grad for p in params], None], dict(options, first=False))
            return
        started = [self.state[p].get("momentum_buffer") is not None for p in params]
        for first in (True, False):
            members = [p for p, has in zip(params, started) if has is not first]
            if first:
                for p in members:
                    self.state[p]["momentum_buffer"] = zeros_like(p)
            if members:
                buffers = [self.state[p]["momentum_buffer"] for p in members]
                columns = [members, [p.grad for p in members], buffers]
                self._apply(columns, dict(options, first=first))
