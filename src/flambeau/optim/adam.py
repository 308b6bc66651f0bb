"""Adam, as in ``torch.optim``."""

from __future__ import annotations

from typing import Any

from ..ops.updates import UPDATES
from ..tensor.tensor import Tensor
from .optimizer import ParamsT, RuleOptimizer, check, check_betas, check_fused, check_lr, with_betas


class Adam(RuleOptimizer):
    r"""Adam: steps scaled by moving averages of the gradient and of its square.

    .. math:: m = \beta_1 m + (1-\beta_1) g, \quad v = \beta_2 v + (1-\beta_2) g^2, \quad
        \theta \mathrel{-}= \gamma \hat m / (\sqrt{\hat v} + \epsilon)

    with :math:`\hat m = m / (1-\beta_1^t)` and :math:`\hat v = v / (1-\beta_2^t)`.

    Args:
        params: parameters, named parameters or parameter groups.
        lr: learning rate :math:`\gamma`.
        betas: weights :math:`(\beta_1, \beta_2)` of the moving averages.
        eps: added to the denominator.
        weight_decay: L2 penalty, added to the gradient.
        amsgrad: divide by the largest v so far.
        maximize: go up the gradient.
        decoupled_weight_decay: scale the parameters by :math:`1 - \gamma\lambda` instead, as AdamW.
        foreach, fused, capturable: accepted as hints; all parameters are always updated together.
        differentiable: record the step for gradients.

    State: ``step``, ``exp_avg``, ``exp_avg_sq`` and, with amsgrad, ``max_exp_avg_sq``.
    Source: Kingma and Ba, arXiv:1412.6980.
    """

    update = UPDATES["adam_"]

    def __init__(
        self,
        params: ParamsT,
        lr: float | Tensor = 1e-3,
        betas: tuple[float | Tensor, float | Tensor] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        amsgrad: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
        decoupled_weight_decay: bool = False,
    ) -> None:
        if foreach and not capturable:
            for name, value in (("lr", lr), ("betas[0]", betas[0]), ("betas[1]", betas[1])):
                check(
                    not isinstance(value, Tensor),
                    f"{name} as a Tensor is not supported for capturable=False and foreach=True",
                )
        check_lr(lr)
        check(eps >= 0.0, f"Invalid epsilon value: {eps}")
        check_betas(betas)
        check(weight_decay >= 0.0, f"Invalid weight_decay value: {weight_decay}")
        kinds = [type(b) if isinstance(b, float) else Tensor for b in betas]
        check(
            all(isinstance(b, (float, Tensor)) for b in betas) and kinds[0] is kinds[1],
            "betas must be either both floats or both Tensors",
        )
        for i, beta in enumerate(betas):
            check(
                not isinstance(beta, Tensor) or beta.numel() == 1,
                f"Tensor betas[{i}] must be 1-element",
            )
        defaults = {
            "lr": lr,
            "betas": tuple(betas),
            "eps": eps,
            "weight_decay": weight_decay,
            "amsgrad": amsgrad,
            "maximize": maximize,
            "foreach": foreach,
            "capturable": capturable,
            "differentiable": differentiable,
            "fused": fused,
            "decoupled_weight_decay": decoupled_weight_decay,
        }
        super().__init__(params, defaults)
        check_fused(defaults)

    def _names(self, group: dict[str, Any]) -> tuple[str | None, ...]:
        return "exp_avg", "exp_avg_sq", "max_exp_avg_sq" if group["amsgrad"] else None

    def _options(self, group: dict[str, Any]) -> dict[str, Any]:
        names = ("lr", "eps", "weight_decay", "decoupled_weight_decay", "maximize")
        return with_betas(group, names)

    def _step_sparse(self, param: Tensor, grad: Any, group: dict[str, Any]) -> None:
        raise RuntimeError(
            "Adam does not support sparse gradients, please consider SparseAdam instead"
        )
