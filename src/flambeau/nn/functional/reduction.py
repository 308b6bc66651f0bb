"""Reductions of losses: to a mean, to a sum, or not at all."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ...tensor.tensor import Tensor

REDUCTIONS = ("none", "mean", "sum")


def check_reduction(reduction: str) -> None:
    """ValueError unless the reduction is one of the three."""
    if reduction not in REDUCTIONS:
        raise ValueError(
            f"{reduction} is not a valid value for reduction\nHint: say 'mean', 'sum' or 'none'."
        )


def legacy_reduction(size_average: bool | None, reduce: bool | None) -> str:
    """The reduction that the older arguments `size_average` and `reduce` mean."""
    if reduce is False:
        reduction = "none"
    else:
        reduction = "sum" if size_average is False else "mean"
    warnings.warn(
        "size_average and reduce args will be deprecated, please use "
        f"reduction='{reduction}' instead.",
        stacklevel=3,
    )
    return reduction


def chosen_reduction(size_average: bool | None, reduce: bool | None, reduction: str) -> str:
    """The reduction wanted, from all three arguments; checked."""
    if size_average is not None or reduce is not None:
        return legacy_reduction(size_average, reduce)
    check_reduction(reduction)
    return reduction


def reduced(loss: Tensor, reduction: str) -> Tensor:
    """The mean or the sum of a loss, or the loss itself."""
    if reduction == "mean":
        return loss.mean()
    if reduction == "sum":
        return loss.sum()
    return loss
