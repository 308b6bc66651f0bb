"""Adam for sparse gradients: only the rows that a gradient has are touched."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from ..autograd.modes import enable_grad, no_grad
from ..tensor.tensor import Tensor
from .optimizer import Optimizer, ParamsT, check, number, zeros_like


class SparseAdam(Optimizer):
    r"""Adam with moments that move where the gradient has values, and nowhere else.

    For the coordinates of a coalesced gradient g at step t:
    m += (1 - \beta_1)(g - m);  v += (1 - \beta_2)(g^2 - v);
    \theta -= \gamma \sqrt{1 - \beta_2^t} / (1 - \beta_1^t) \cdot m / (\sqrt v + \epsilon)

    A lazy variant of Kingma and Ba, "Adam: a method for stochastic optimization" (2015): at other
    coordinates the moments do not decay. Embeddings with ``sparse=True`` have such gradients.

    Args:
        params: parameters (dense) or groups of them.
        lr: step length.
        betas: weights of the two moving averages.
        eps: added to the denominator.
        maximize: go up instead of down.
    """

    def __init__(
        self,
        params: ParamsT,
        lr: float | Tensor = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        maximize: bool = False,
    ) -> None:
        check(not isinstance(lr, Tensor) or lr.numel() == 1, "Tensor lr must be 1-element")
        check(lr > 0.0, f"Invalid learning rate: {lr}")
        check(eps > 0.0, f"Invalid epsilon value: {eps}")
        for i in (0, 1):
            check(0.0 <= betas[i] < 1.0, f"Invalid beta parameter at index {i}: {betas[i]}")
        super().__init__(params, {"lr": lr, "betas": betas, "eps": eps, "maximize": maximize})
        sparse = [
            [i, j]
            for i, group in enumerate(self.param_groups)
            for j, p in enumerate(group["params"])
            if p.is_sparse
        ]
        check(
            not sparse,
            f"Sparse params at indices {sparse}: SparseAdam requires dense parameter tensors",
        )

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Makes one step; ``closure`` computes the loss anew and is called first."""
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        with no_grad():
            for group in self.param_groups:
                params = [p for p in group["params"] if p.grad is not None]
                if not all(p.grad.is_sparse for p in params):
                    raise RuntimeError(
                        "SparseAdam does not support dense gradients, please consider Adam instead"
                    )
                for p in params:
                    self._update(p, group)
        return loss

    def _update(self, p: Tensor, group: dict[str, Any]) -> None:
        state = self.state[p]
        if not state:
            state.update(step=0, exp_avg=zeros_like(p), exp_avg_sq=zeros_like(p))
        state["step"] += 1
        grad: Any = p.grad
        grad = (-grad if group["maximize"] else grad).coalesce()
        if not grad._nnz():
            return
        at, g = grad.positions(), grad.values()
        beta1, beta2 = group["betas"]
        m, v = state["exp_avg"], state["exp_avg_sq"]
        m_at, v_at = m[at], v[at]
        m_at += g.sub(m_at).mul_(1 - beta1)
        v_at += g.pow(2).sub_(v_at).mul_(1 - beta2)
        m[at], v[at] = m_at, v_at
        t = state["step"]
        size = number(group["lr"]) * math.sqrt(1 - beta2**t) / (1 - beta1**t)
        p[at] += m_at.div_(v_at.sqrt_().add_(group["eps"])).mul_(-size)
