"""Muon: momentum, made orthogonal by a Newton-Schulz iteration."""

from __future__ import annotations

import functools
import math
from typing import Any

from ..ops.updates import UPDATES
from ..tensor.tensor import Tensor
from .optimizer import ParamsT, RuleOptimizer, check, number

LR_ADJUSTMENTS = ("original", "match_rms_adamw")


class Muon(RuleOptimizer):
    r"""Momentum made orthogonal: every direction of a weight matrix is stepped along equally.

    .. math:: b \mathrel{+}= (1-\mu)(g - b), \quad \theta = (1 - \gamma\lambda)\theta
        - \gamma' \, \mathrm{orthogonalised}(b)

    Args:
        params: matrices (parameters of two dimensions), named or in groups. Optimize the others,
            such as biases and embeddings, with another optimizer.
        lr: learning rate :math:`\gamma`.
        weight_decay: decoupled weight decay :math:`\lambda`.
        momentum: :math:`\mu`.
        nesterov: orthogonalise :math:`g + \mu (b - g)`.
        ns_coefficients: the polynomial of the Newton-Schulz iteration.
        eps: smallest norm that the matrix is divided by.
        ns_steps: iterations, fewer than 100.
        adjust_lr_fn: how :math:`\gamma'` follows from the shape (A, B). "original" (or None):
            :math:`\gamma\sqrt{\max(1, A/B)}`;
            "match_rms_adamw": :math:`0.2\gamma\sqrt{\max(A, B)}`.

    State: ``momentum_buffer``. Source: Jordan et al., "Muon", 2024.
    """

    update = UPDATES["muon_"]
    state_names = ("momentum_buffer",)
    clock_names = ()

    def __init__(
        self,
        params: ParamsT,
        lr: float = 1e-3,
        weight_decay: float = 0.1,
        momentum: float = 0.95,
        nesterov: bool = True,
        ns_coefficients: tuple[float, float, float] = (3.4445, -4.775, 2.0315),
        eps: float = 1e-7,
        ns_steps: int = 5,
        adjust_lr_fn: str | None = None,
    ) -> None:
        check(not isinstance(lr, Tensor) or lr.numel() == 1, "Tensor lr must be 1-element")
        check(lr >= 0.0, f"Learning rate should be >= 0 but is: {lr}")
        check(momentum >= 0.0, f"momentum should be >= 0 but is: {momentum}")
        check(weight_decay >= 0.0, f"weight decay should be >= 0 but is: {weight_decay}")
        check(
            adjust_lr_fn is None or adjust_lr_fn in LR_ADJUSTMENTS,
            f"Adjust learning rate function {adjust_lr_fn} is not supported",
        )
        defaults = {
            "lr": lr,
            "weight_decay": weight_decay,
            "momentum": momentum,
            "nesterov": nesterov,
            "ns_coefficients": ns_coefficients,
            "eps": eps,
            "ns_steps": ns_steps,
            "adjust_lr_fn": adjust_lr_fn,
        }
        super().__init__(params, defaults)
        for group in self.param_groups:
            for p in group["params"]:
                check(
                    p.ndim == 2,
                    "Muon only supports 2D parameters whereas we found a parameter with size: "
                    f"{p.size()}",
                )

    def _init_state(self, param: Tensor, group: dict[str, Any], state: dict[str, Any]) -> None:
        if param.is_complex():
            raise RuntimeError("Muon does not support complex parameters")
        super()._init_state(param, group, state)

    def _options(self, group: dict[str, Any]) -> dict[str, Any]:
        check(
            group["ns_steps"] < 100,
            "Number of steps must be less than 100 for computational efficiency",
        )
        check(
            len(group["ns_coefficients"]) == 3, "Coefficients must be a tuple of exactly 3 values"
        )
        names = (
            "lr", "weight_decay", "momentum", "nesterov", "ns_coefficients", "ns_steps", "eps",
        )  # fmt: skip
        options = {name: group[name] for name in names}
        options["adjusted_lr"] = functools.partial(
            adjusted_lr, number(group["lr"]), group["adjust_lr_fn"]
        )
        return options


def adjusted_lr(lr: float, how: str | None, shape: tuple[int, ...]) -> float:
    """The learning rate for a matrix of a shape; see :class:`Muon`."""
    rows, columns = shape[:2]
    if how == "match_rms_adamw":
        return lr * (0.2 * math.sqrt(max(rows, columns)))
    return lr * math.sqrt(max(1, rows / columns))
