"""Distances and similarities between pairs of vectors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import flambeau

from ...autograd.modes import no_grad

if TYPE_CHECKING:
    from ...tensor.tensor import Tensor


def pairwise_distance(
    x1: Tensor, x2: Tensor, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False
) -> Tensor:
    """The p-norm of x1 - x2 + eps over the last dimension."""
    return (x1 - x2 + eps).norm(p, max(x1.dim(), x2.dim()) - 1, keepdim)


def cosine_similarity(x1: Tensor, x2: Tensor, dim: int = 1, eps: float = 1e-8) -> Tensor:
    """x1 . x2 / (max(|x1|, eps) * max(|x2|, eps)) over dimension `dim`."""
    dtype = flambeau.promote_types(x1.dtype, x2.dtype)
    if not dtype.is_floating_point:
        raise RuntimeError(
            f"expected common dtype to be floating point, yet common dtype is {dtype.title}"
        )
    x1, x2 = flambeau.broadcast_tensors(x1.to(dtype), x2.to(dtype))
    return (_unit(x1, dim, eps) * _unit(x2, dim, eps)).sum(dim)


def _unit(x: Tensor, dim: int, eps: float) -> Tensor:
    """x scaled to length 1, where it is longer than eps."""
    norm = x.norm(2, dim, keepdim=True).clone()
    with no_grad():  # gradients pass even where eps took the norm's place
        norm.clamp_min_(eps)
    return x / norm
