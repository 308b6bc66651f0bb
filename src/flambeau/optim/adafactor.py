"""Adafactor, as in ``torch.optim``."""

from __future__ import annotations

from typing import Any

from ..ops.updates import UPDATES
from ..tensor import dtype as D
from ..tensor.tensor import Tensor
from .optimizer import ParamsT, RuleOptimizer, check, scalar_state, zeros, zeros_like


class Adafactor(RuleOptimizer):
    r"""Adaptive steps whose state for a matrix is one row and one column.

    The mean square of the gradient is kept as the product of its row and column means, and the size
    of a step is relative to the size of the parameter.

    Args:
        params: parameters, named parameters or parameter groups.
        lr: largest relative step size.
        beta2_decay: the moving average's weight in step t is :math:`t^{\text{beta2\_decay}}`.
        eps: smallest mean square (None: the type's epsilon) and smallest parameter scale.
        d: largest root mean square of an update before it is scaled down.
        weight_decay: decoupled weight decay.
        maximize: go up the gradient.
        foreach: accepted as a hint.

    State: ``step``, and ``row_var`` and ``col_var``, or ``variance`` for vectors.
    Source: Shazeer and Stern, arXiv:1804.04235.
    """

    update = UPDATES["adafactor_"]

    def __init__(
        self,
        params: ParamsT,
        lr: float | Tensor = 1e-2,
        beta2_decay: float = -0.8,
        eps: tuple[float | None, float] = (None, 1e-3),
        d: float = 1.0,
        weight_decay: float = 0.0,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
    ) -> None:
        check(not isinstance(lr, Tensor) or lr.numel() == 1, "Tensor lr must be 1-element")
        check(lr >= 0.0, f"Learning rate should be >= 0 but is: {lr}")
        check(beta2_decay <= 0.0, f"beta2_decay should be <= 0 but is: {beta2_decay}")
        check(eps[0] is None or eps[0] >= 0.0, f"epsilon1 should be >= 0 but is: {eps[0]}")
        check(eps[1] >= 0.0, f"epsilon2 should be >= 0 but is: {eps[1]}")
        check(d >= 1.0, f"Clipping threshold d should be >= 1 but is: {d}")
        check(weight_decay >= 0.0, f"weight_decay should be >= 0 but is: {weight_decay}")
        defaults = {
            "lr": lr,
            "beta2_decay": beta2_decay,
            "eps": eps,
            "d": d,
            "weight_decay": weight_decay,
            "foreach": foreach,
            "maximize": maximize,
        }
        super().__init__(params, defaults)

    def _init_state(self, param: Tensor, group: dict[str, Any], state: dict[str, Any]) -> None:
        if param.is_complex():
            raise RuntimeError("Adafactor does not support complex parameters")
        state["step"] = scalar_state(0.0)
        shape = tuple(param.shape)
        if len(shape) > 1:
            state["row_var"] = zeros((*shape[:-1], 1), param)
            state["col_var"] = zeros((*shape[:-2], 1, shape[-1]), param)
        else:
            state["variance"] = zeros_like(param)

    def _step_group(self, group: dict[str, Any]) -> None:
        """Updates the group's matrices, then its vectors, which keep another state."""
        params = [p for p in group["params"] if p.grad is not None]
        for p in params:
            if not self.state[p]:
                self._init_state(p, group, self.state[p])
        matrices = [p for p in params if p.ndim > 1]
        vectors = [p for p in params if p.ndim <= 1]
        for members in (matrices, vectors):
            if members:
                super()._step_group(dict(group, params=members))

    def _names(self, group: dict[str, Any]) -> tuple[str | None, ...]:
        if group["params"][0].ndim > 1:
            return "row_var", "col_var", None
        return None, None, "variance"

    def _options(self, group: dict[str, Any]) -> dict[str, Any]:
        names = ("lr", "beta2_decay", "d", "weight_decay", "maximize")
        options = {name: group[name] for name in names}
        options["eps1"], options["eps2"] = group["eps"]
        if options["eps1"] is None:
            options["eps1"] = D.finfo(group["params"][0].dtype).eps
        return options
