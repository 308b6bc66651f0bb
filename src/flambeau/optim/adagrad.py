"""Adagrad, as in ``torch.optim``."""

from __future__ import annotations

from typing import Any

from ..ops.updates import UPDATES
from ..tensor.tensor import Tensor
from .optimizer import (
    ParamsT,
    RuleOptimizer,
    check,
    check_fused,
    check_lr,
    full_like,
    number,
    scalar_state,
)


class Adagrad(RuleOptimizer):
    r"""Steps divided by the root of the sum of all squared gradients so far.

    .. math:: s \mathrel{+}= g^2, \quad
        \theta \mathrel{-}= \frac{\gamma}{1 + (t-1)\eta} \frac{g}{\sqrt s + \epsilon}

    Args:
        params: parameters, named parameters or parameter groups.
        lr: learning rate :math:`\gamma`.
        lr_decay: its decay :math:`\eta`.
        weight_decay: L2 penalty.
        initial_accumulator_value: s before the first step.
        eps: added to the denominator.
        maximize: go up the gradient.
        foreach, fused: accepted as hints.
        differentiable: record the step for gradients.

    State (from the start): ``step``, ``sum``. Source: Duchi, Hazan and Singer, 2011.
    """

    update = UPDATES["adagrad_"]
    state_names = ("sum",)

    def __init__(
        self,
        params: ParamsT,
        lr: float | Tensor = 1e-2,
        lr_decay: float = 0,
        weight_decay: float = 0,
        initial_accumulator_value: float = 0,
        eps: float = 1e-10,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        check_lr(lr)
        check(lr_decay >= 0.0, f"Invalid lr_decay value: {lr_decay}")
        check(weight_decay >= 0.0, f"Invalid weight_decay value: {weight_decay}")
        check(
            initial_accumulator_value >= 0.0,
            f"Invalid initial_accumulator_value value: {initial_accumulator_value}",
        )
        check(eps >= 0.0, f"Invalid epsilon value: {eps}")
        defaults = {
            "lr": lr,
            "lr_decay": lr_decay,
            "eps": eps,
            "weight_decay": weight_decay,
            "initial_accumulator_value": initial_accumulator_value,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
            "fused": fused,
        }
        super().__init__(params, defaults)
        check_fused(defaults)
        for group in self.param_groups:
            for p in group["params"]:
                self._init_state(p, group, self.state[p])

    def _init_state(self, param: Tensor, group: dict[str, Any], state: dict[str, Any]) -> None:
        start = self.defaults["initial_accumulator_value"]
        state["step"] = scalar_state(0.0)
        state["sum"] = full_like(param, complex(start, start) if param.is_complex() else start)

    def share_memory(self) -> None:
        """Nothing to do: memory is shared with child processes by forking."""

    def _options(self, group: dict[str, Any]) -> dict[str, Any]:
        return {name: group[name] for name in ("lr", "lr_decay", "eps", "weight_decay", "maximize")}

    def _step_sparse(self, param: Tensor, grad: Any, group: dict[str, Any]) -> None:
        """The same rule at the gradient's coordinates alone."""
        if group["weight_decay"] != 0:
            raise RuntimeError("weight_decay option is not compatible with sparse gradients")
        state = self.state[param]
        state["step"] += 1
        grad = (-grad if group["maximize"] else grad).coalesce()
        if not grad._nnz():
            return
        at, g, total = grad.positions(), grad.values(), state["sum"]
        total_at = total[at].add_(g.pow(2))
        total[at] = total_at
        lr = number(group["lr"]) / (1 + (state["step"].item() - 1) * group["lr_decay"])
        param[at] += g.div(total_at.sqrt_().add_(group["eps"])).mul_(-lr)
