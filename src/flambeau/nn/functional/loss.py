"""Losses.

`reduction` is "mean", "sum" or "none"; `size_average` and `reduce` are its older forms.
"""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING

import flambeau

from .distance import pairwise_distance
from .reduction import REDUCTIONS, check_reduction, chosen_reduction, legacy_reduction, reduced
from .rows import ops

if TYPE_CHECKING:
    from collections.abc import Callable

    from ...tensor.tensor import Tensor


def _same_size(input: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """Both broadcast to one shape, with a warning where they differ."""
    if target.size() == input.size():
        return input, target
    warnings.warn(
        f"Using a target size ({target.size()}) that is different to the input size "
        f"({input.size()}). This will likely lead to incorrect results due to broadcasting. "
        "Please ensure they have the same size.",
        stacklevel=3,
    )
    input, target = flambeau.broadcast_tensors(input, target)
    return input, target


def _weighted(loss: Tensor, weight: Tensor, input: Tensor, reduction: str) -> Tensor:
    """A loss by element, weighted; the mean divides by the sum of the weights."""
    if weight.size() != input.size():
        raise ValueError("Weights and input must have the same size.")
    loss = loss * weight
    if reduction == "mean":
        return loss.sum() / weight.sum()
    return reduced(loss, reduction)


def mse_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    weight: Tensor | None = None,
) -> Tensor:
    """(x - y)^2."""
    reduction = chosen_reduction(size_average, reduce, reduction)
    expanded, target = _same_size(input, target)
    if weight is not None:
        return _weighted((expanded - target) ** 2, weight, input, reduction)
    return ops.mse_loss(expanded, target, reduction)


def l1_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    weight: Tensor | None = None,
) -> Tensor:
    """|x - y|."""
    reduction = chosen_reduction(size_average, reduce, reduction)
    expanded, target = _same_size(input, target)
    loss = (expanded - target).abs()
    if weight is not None:
        return _weighted(loss, weight, input, reduction)
    return reduced(loss, reduction)


def smooth_l1_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    beta: float = 1.0,
) -> Tensor:
    """(x - y)^2 / (2 beta) where |x - y| < beta, otherwise |x - y| - beta / 2."""
    reduction = chosen_reduction(size_average, reduce, reduction)
    input, target = _same_size(input, target)
    if beta < 0:
        raise RuntimeError("smooth_l1_loss does not support negative values for beta.")
    if beta == 0:
        return reduced((input - target).abs(), reduction)
    return ops.smooth_l1_loss(input, target, beta, reduction)


def huber_loss(
    input: Tensor,
    target: Tensor,
    reduction: str = "mean",
    delta: float = 1.0,
    weight: Tensor | None = None,
) -> Tensor:
    """(x - y)^2 / 2 where |x - y| < delta, otherwise delta * (|x - y| - delta / 2)."""
    check_reduction(reduction)
    expanded, target = _same_size(input, target)
    if delta <= 0:
        raise RuntimeError("huber_loss does not support non-positive values for delta.")
    if weight is None:
        return ops.huber_loss(expanded, target, delta, reduction)
    return _weighted(ops.huber_loss(expanded, target, delta, "none"), weight, input, reduction)


def nll_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    ignore_index: int = -100,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """-weight[y] * x[y] for log-probabilities x (N, C, *) and class numbers y (N, *)."""
    reduction = chosen_reduction(size_average, reduce, reduction)
    return ops.nll_loss(input, target, weight, ignore_index, reduction)


def cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    ignore_index: int = -100,
    reduce: bool | None = None,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    """-weight[y] * log softmax(x)[y] for scores x (N, C, *) and class numbers y (N, *).

    The target may also hold probabilities, in the input's shape.
    """
    if size_average is not None or reduce is not None or reduction not in REDUCTIONS:
        reduction = chosen_reduction(size_average, reduce, reduction)
    return ops.cross_entropy(input, target, weight, ignore_index, reduction, label_smoothing)


def binary_cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """-(y log x + (1 - y) log(1 - x)) for probabilities x."""
    reduction = chosen_reduction(size_average, reduce, reduction)
    if target.size() != input.size():
        raise ValueError(
            f"Using a target size ({target.size()}) that is different to the input size "
            f"({input.size()}) is deprecated. Please ensure they have the same size."
        )
    if weight is not None:
        weight = weight.expand(flambeau.broadcast_shapes(target.size(), weight.size()))
    return ops.binary_cross_entropy(input, target, weight, reduction)


def binary_cross_entropy_with_logits(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    pos_weight: Tensor | None = None,
) -> Tensor:
    """-(y log sigmoid(x) + (1 - y) log(1 - sigmoid(x))), computed so that nothing overflows."""
    reduction = chosen_reduction(size_average, reduce, reduction)
    if target.size() != input.size():
        raise ValueError(
            f"Target size ({target.size()}) must be the same as input size ({input.size()})"
        )
    return ops.binary_cross_entropy_with_logits(input, target, weight, pos_weight, reduction)


def kl_div(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    log_target: bool = False,
) -> Tensor:
    """y (log y - x) for log-probabilities x; y too with `log_target`. "batchmean" is a reduction
    here too: it divides by the batch."""
    if size_average is not None or reduce is not None:
        reduction = legacy_reduction(size_average, reduce)
    elif reduction == "mean":
        warnings.warn(
            "reduction: 'mean' divides the total loss by both the batch size and the support "
            "size.'batchmean' divides only by the batch size, and aligns with the KL div math "
            "definition.'mean' will be changed to behave the same as 'batchmean' in the next "
            "major release.",
            stacklevel=2,
        )
    if reduction != "batchmean":
        check_reduction(reduction)
    if log_target:
        loss = target.exp() * (target - input)
    else:
        loss = ops.xlogy(target, target) - target * input
    if reduction == "batchmean":
        total = loss.sum()
        return total / input.size(0) if input.dim() else total
    return reduced(loss, reduction)


def poisson_nll_loss(
    input: Tensor,
    target: Tensor,
    log_input: bool = True,
    full: bool = False,
    size_average: bool | None = None,
    eps: float = 1e-8,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """e^x - y x, or x - y log(x + eps) without `log_input`; `full` adds Stirling's terms."""
    reduction = chosen_reduction(size_average, reduce, reduction)
    if log_input:
        loss = input.exp() - target * input
    else:
        loss = input - target * (input + eps).log()
    if full:
        stirling = target * target.log() - target + 0.5 * (2 * math.pi * target).log()
        loss = loss + stirling.masked_fill(target <= 1, 0)
    return reduced(loss, reduction)


def gaussian_nll_loss(
    input: Tensor,
    target: Tensor,
    var: Tensor | float,
    full: bool = False,
    eps: float = 1e-6,
    reduction: str = "mean",
) -> Tensor:
    """(log var + (x - y)^2 / var) / 2, var at least eps; `full` adds log(2 pi) / 2."""
    if isinstance(var, (int, float)):
        var = flambeau.full_like(input, var)
    if (var < 0).any():
        raise ValueError("var has negative entry/entries")
    if var.size() != input.size():
        if input.size()[:-1] == var.size():
            var = var.unsqueeze(-1)
        elif not _one_stretched(var, input):
            raise ValueError("var is of incorrect size")
    if reduction not in ("none", "mean", "sum"):
        raise ValueError(reduction + " is not valid")
    # The clamp is not recorded: gradients pass even where eps took the variance's place.
    var = var + (var.detach().clamp(min=eps) - var.detach())
    loss = 0.5 * (var.log() + (input - target) ** 2 / var)
    if full:
        loss = loss + 0.5 * math.log(2 * math.pi)
    return reduced(loss, reduction)


def _one_stretched(var: Tensor, input: Tensor) -> bool:
    """Whether the sizes are the same but for one dimension, in which `var` has size 1."""
    differing = [mine for mine, own in zip(var.shape, input.shape) if mine != own]
    return var.dim() == input.dim() and differing == [1]


def hinge_embedding_loss(
    input: Tensor,
    target: Tensor,
    margin: float = 1.0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """x where y = 1, max(0, margin - x) where y = -1."""
    reduction = chosen_reduction(size_average, reduce, reduction)
    beyond = (margin - input).clamp_min(0)
    loss = ops.where(target != 1, beyond, 0.0) + ops.where(target != -1, input, 0.0)
    return reduced(loss, reduction)


def cosine_embedding_loss(
    input1: Tensor,
    input2: Tensor,
    target: Tensor,
    margin: float = 0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """1 - cos(x1, x2) where y = 1, max(0, cos(x1, x2) - margin) where y = -1."""
    reduction = chosen_reduction(size_average, reduce, reduction)
    dim = target.dim()
    if dim > 1:
        raise RuntimeError("0D or 1D target tensor expected, multi-target not supported")
    if input1.dim() != dim + 1 or input2.dim() != dim + 1:
        raise RuntimeError(
            f"{dim}D target tensor expects {dim + 1}D input tensors, but found inputs with sizes "
            f"{list(input1.shape)} and {list(input2.shape)}."
        )
    tiny = 1e-12
    product = (input1 * input2).sum(dim)
    square1 = (input1 * input1).sum(dim) + tiny
    square2 = (input2 * input2).sum(dim) + tiny
    cosine = product / (square1 * square2).sqrt()
    loss = ops.where(target == 1, 1 - cosine, 0.0) + ops.where(
        target == -1, (cosine - margin).clamp_min(0), 0.0
    )
    return reduced(loss, reduction)


def margin_ranking_loss(
    input1: Tensor,
    input2: Tensor,
    target: Tensor,
    margin: float = 0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """max(0, -y (x1 - x2) + margin)."""
    reduction = chosen_reduction(size_average, reduce, reduction)
    if not input1.dim() == input2.dim() == target.dim():
        raise RuntimeError(
            "margin_ranking_loss : All input tensors should have same dimension but got sizes: "
            f"input1: {input1.size()}, input2: {input2.size()}, target: {target.size()} "
        )
    return reduced((-target * (input1 - input2) + margin).clamp_min(0), reduction)


def soft_margin_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """log(1 + e^(-y x))."""
    reduction = chosen_reduction(size_average, reduce, reduction)
    return ops.soft_margin_loss(input, target, reduction)


def multilabel_soft_margin_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """The mean over the classes of -(y log sigmoid(x) + (1 - y) log sigmoid(-x))."""
    reduction = chosen_reduction(size_average, reduce, reduction)
    loss = -(target * ops.logsigmoid(input) + (1 - target) * ops.logsigmoid(-input))
    if weight is not None:
        loss = loss * weight
    return reduced(loss.sum(-1) / input.size(-1), reduction)


def multi_margin_loss(
    input: Tensor,
    target: Tensor,
    p: int = 1,
    margin: float = 1.0,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """sum over i != y of max(0, margin - x[y] + x[i])^p / C, for class numbers y."""
    reduction = chosen_reduction(size_average, reduce, reduction)
    if p not in (1, 2):
        raise ValueError("only p == 1 and p == 2 supported")
    if weight is not None and weight.dim() != 1:
        raise ValueError("weight must be one-dimensional")
    rows, indices = _by_sample(input, target, "multi_margin_loss")
    classes = rows.size(1)
    if indices.numel() and not 0 <= int(indices.min()) <= int(indices.max()) < classes:
        raise RuntimeError("target out of range")
    indices = indices.unsqueeze(1)
    z = (margin - rows.gather(1, indices) + rows).clamp_min(0)
    if p == 2:
        z = z * z
    if weight is not None:
        z = z * weight[indices]
    loss = z.scatter(1, indices, 0.0).sum(1) / classes
    return reduced(loss if input.dim() == 2 else loss.squeeze(0), reduction)


def _by_sample(input: Tensor, target: Tensor, name: str) -> tuple[Tensor, Tensor]:
    """Scores as (N, C) and class numbers as (N), where the batch dimension may be missing."""
    if input.dim() > 2 or not input.numel() and input.dim() < 2:
        raise RuntimeError(
            "Expected non-empty vector or matrix with optional 0-dim batch size, but got: "
            f"{list(input.shape)}"
        )
    rows = input.reshape(1, -1) if input.dim() < 2 else input
    if target.dim() > 1 or target.numel() != rows.size(0):
        raise RuntimeError(
            "multi_margin_loss: target tensor should be 1-D with size equal to the number of input "
            f"samples (batch size). Expected target size [{rows.size(0)}], but got "
            f"{list(target.shape)}. Input has shape {list(input.shape)}."
        )
    return rows, target.reshape(-1)


def multilabel_margin_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """sum over targets y and non-targets i of max(0, 1 - (x[y] - x[i])) / C.

    The target lists class numbers; those after the first -1 do not count.
    """
    reduction = chosen_reduction(size_average, reduce, reduction)
    if input.dim() > 2 or target.size() != input.size():
        raise RuntimeError(
            f"inconsistent target size: {list(target.shape)} for input of size: {list(input.shape)}"
        )
    rows = input.reshape(1, -1) if input.dim() < 2 else input
    wanted = target.reshape(rows.shape)
    classes = rows.size(1)
    listed = (wanted >= 0).long().cumprod(1)
    places = wanted.clamp_min(0)
    # A class is a target if it is listed anywhere: counts, so that repeats do no harm.
    counts = flambeau.zeros_like(listed).scatter_add(1, places, listed)
    other = (counts == 0).to(rows.dtype)
    pairs = listed.to(rows.dtype).unsqueeze(2) * other.unsqueeze(1)
    gaps = (1 - rows.gather(1, places).unsqueeze(2) + rows.unsqueeze(1)).clamp_min(0)
    loss = (gaps * pairs).sum((1, 2)) / classes
    return reduced(loss if input.dim() == 2 else loss.squeeze(0), reduction)


def triplet_margin_loss(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    margin: float = 1.0,
    p: float = 2,
    eps: float = 1e-6,
    swap: bool = False,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """max(0, d(anchor, positive) - d(anchor, negative) + margin), d the p-norm's distance."""
    reduction = chosen_reduction(size_average, reduce, reduction)
    if margin <= 0:
        raise ValueError(f"margin must be greater than 0, got {margin}")
    _check_triplet(anchor, positive, negative, "")
    loss = _triplet(
        anchor, positive, negative, lambda a, b: pairwise_distance(a, b, p, eps), margin, swap
    )
    return reduced(loss, reduction)


def triplet_margin_with_distance_loss(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    *,
    distance_function: Callable[[Tensor, Tensor], Tensor] | None = None,
    margin: float = 1.0,
    swap: bool = False,
    reduction: str = "mean",
) -> Tensor:
    """As `triplet_margin_loss`, with a distance function of one's own."""
    check_reduction(reduction)
    if margin <= 0:
        raise ValueError(f"margin must be greater than 0, got {margin}")
    _check_triplet(anchor, positive, negative, "triplet_margin_loss")
    distance = pairwise_distance if distance_function is None else distance_function
    return reduced(_triplet(anchor, positive, negative, distance, margin, swap), reduction)


def _check_triplet(anchor: Tensor, positive: Tensor, negative: Tensor, name: str) -> None:
    if not anchor.dim() == positive.dim() == negative.dim():
        raise RuntimeError(
            "The anchor, positive, and negative tensors are expected to have the same number of "
            f"dimensions, but got: anchor {anchor.dim()}D, positive {positive.dim()}D, and "
            f"negative {negative.dim()}D inputs"
        )


def _triplet(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    distance: Callable[[Tensor, Tensor], Tensor],
    margin: float,
    swap: bool,
) -> Tensor:
    near, far = distance(anchor, positive), distance(anchor, negative)
    if swap:
        far = ops.minimum(far, distance(positive, negative))
    return (margin + near - far).clamp_min(0)
