"""SGD, as in ``torch.optim``."""

from __future__ import annotations

from typing import Any

from ..ops.updates import UPDATES
from ..tensor.recording import recorders
from ..tensor.tensor import Tensor
from .optimizer import ParamsT, RuleOptimizer, check, check_fused, number, zeros_like


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

    def _options(self, group: dict[str, Any]) -> dict[str, Any]:
        names = ("lr", "momentum", "dampening", "weight_decay", "nesterov", "maximize")
        return {name: group[name] for name in names}

    def _step_group(self, group: dict[str, Any]) -> None:
        params = [p for p in group["params"] if p.grad is not None]
        if any(p.grad.is_sparse for p in params):
            for p in params:
                if p.grad.is_sparse:
                    self._step_sparse(p, p.grad, group)
            params = [p for p in params if not p.grad.is_sparse]
        if group["momentum"] == 0:
            if params:
                self._apply([params, [p.grad for p in params], None], group, first=False)
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
                for r in recorders if first else ():
                    r.note("once", "the momentum of a parameter starts")
                self._apply(columns, group, first=first)

    def _step_sparse(self, param: Tensor, grad: Any, group: dict[str, Any]) -> None:
        """The same rule in operations on sparse tensors; momentum is sparse too."""
        if group["maximize"]:
            grad = -grad
        if group["weight_decay"] != 0:
            grad = grad.add(param, alpha=number(group["weight_decay"]))  # refused
        if group["momentum"] != 0:
            state, momentum = self.state[param], group["momentum"]
            buffer = state.get("momentum_buffer")
            if buffer is None:
                buffer = state["momentum_buffer"] = grad.detach().clone()
            else:
                buffer.mul_(momentum).add_(grad, alpha=1 - group["dampening"])
                buffer = state["momentum_buffer"] = buffer.coalesce()
            grad = grad.add(buffer, alpha=momentum) if group["nesterov"] else buffer
        param.add_(grad, alpha=-number(group["lr"]))
