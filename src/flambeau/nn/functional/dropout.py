"""Dropout and its relatives. The masks are PyTorch's for a seed."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from .rows import ops

if TYPE_CHECKING:
    from ...tensor.tensor import Tensor


def _check(p: float) -> None:
    if p < 0.0 or p > 1.0:
        raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")


def dropout(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Each element becomes zero with probability p; the others are scaled by 1 / (1 - p)."""
    _check(p)
    return ops.drop(input, p, training, inplace, False, False)


def alpha_dropout(
    input: Tensor, p: float = 0.5, training: bool = False, inplace: bool = False
) -> Tensor:
    """Dropout to SELU's saturation, scaled and shifted to keep mean 0 and variance 1."""
    _check(p)
    return ops.drop(input, p, training, inplace, False, True)


def feature_alpha_dropout(
    input: Tensor, p: float = 0.5, training: bool = False, inplace: bool = False
) -> Tensor:
    """`alpha_dropout` of whole channels."""
    _check(p)
    return ops.drop(input, p, training, inplace, True, True)


def dropout1d(
    input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False
) -> Tensor:
    """Whole channels of (N, C, L) or (C, L) become zero."""
    _check(p)
    if input.dim() not in (2, 3):
        raise RuntimeError(
            f"dropout1d: Expected 2D or 3D input, but received a {input.dim()}D input. "
            "Note that dropout1d exists to provide channel-wise dropout on inputs with 1 "
            "spatial dimension, a channel dimension, and an optional batch dimension "
            "(i.e. 2D or 3D inputs)."
        )
    return _channels(input, p, training, inplace, unbatched=input.dim() == 2)


def dropout2d(
    input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False
) -> Tensor:
    """Whole channels of (N, C, H, W) become zero. As in PyTorch, (C, H, W) counts as (N, C, L)."""
    _check(p)
    if input.dim() not in (3, 4):
        _warn_dimensions("dropout2d", input.dim(), "2", "3D or 4D")
    if input.dim() == 3:
        warnings.warn(
            "dropout2d: Received a 3D input to dropout2d and assuming that channel-wise 1D "
            "dropout behavior is desired - input is interpreted as shape (N, C, L), where C is "
            "the channel dim. This behavior will change in a future release to interpret the "
            "input as one without a batch dimension, i.e. shape (C, H, W). To maintain the 1D "
            "channel-wise dropout behavior, please switch to using dropout1d instead.",
            stacklevel=2,
        )
    return _channels(input, p, training, inplace, unbatched=False)


def dropout3d(
    input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False
) -> Tensor:
    """Whole channels of (N, C, D, H, W) or (C, D, H, W) become zero."""
    _check(p)
    if input.dim() not in (4, 5):
        _warn_dimensions("dropout3d", input.dim(), "3", "4D or 5D")
    return _channels(input, p, training, inplace, unbatched=input.dim() != 5)


def _warn_dimensions(name: str, ndim: int, spatial: str, allowed: str) -> None:
    warnings.warn(
        f"{name}: Received a {ndim}-D input to {name}, which is deprecated and will result in an "
        "error in a future release. To retain the behavior and silence this warning, please use "
        f"dropout instead. Note that {name} exists to provide channel-wise dropout on inputs with "
        f"{spatial} spatial dimensions, a channel dimension, and an optional batch dimension "
        f"(i.e. {allowed} inputs).",
        stacklevel=3,
    )


def _channels(input: Tensor, p: float, training: bool, inplace: bool, *, unbatched: bool) -> Tensor:
    """Feature dropout, where a missing batch dimension is added for the while."""
    if unbatched:
        input = input.unsqueeze_(0) if inplace else input.unsqueeze(0)
    result = ops.drop(input, p, training, inplace, True, False)
    if unbatched:
        result = result.squeeze_(0) if inplace else result.squeeze(0)
    return result
