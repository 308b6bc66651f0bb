"""Clipping of gradients, by their norm or element by element."""

from __future__ import annotations

import types
import warnings
from collections.abc import Iterable

import flambeau

from ...autograd.modes import no_grad
from ...tensor.tensor import Tensor
from ..functional.rows import ops

Tensors = Tensor | Iterable[Tensor]


def _listed(tensors: Tensors) -> list[Tensor]:
    return [tensors] if isinstance(tensors, Tensor) else list(tensors)


def _gradients(parameters: Tensors) -> list[Tensor]:
    return [p.grad for p in _listed(parameters) if p.grad is not None]


def get_total_norm(
    tensors: Tensors,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:
    """The norm of all tensors' elements together, as if they were one vector.

    Args:
        tensors: one tensor, or several
        norm_type: the norm's p; inf for the greatest absolute value
        error_if_nonfinite: whether a norm that is nan or infinite raises RuntimeError
        foreach: accepted as a hint
    """
    tensors = _listed(tensors)
    norm_type = float(norm_type)
    if not tensors:
        return flambeau.tensor(0.0)
    with no_grad():
        total = ops.total_norm(tensors, norm_type)
        if error_if_nonfinite and not total.isfinite():
            raise RuntimeError(
                f"The total norm of order {norm_type} for gradients from `parameters` is "
                "non-finite, so it cannot be clipped. To disable this error and scale the "
                "gradients by the non-finite norm anyway, set `error_if_nonfinite=False`"
            )
    return total


def clip_grads_with_norm_(
    parameters: Tensors,
    max_norm: float,
    total_norm: Tensor,
    foreach: bool | None = None,
) -> None:
    """Scales the parameters' gradients by max_norm / (total_norm + 1e-6), where this is below 1.

    Args:
        parameters: one tensor, or several; those without gradient are passed over
        max_norm: the greatest norm that the gradients may have
        total_norm: the norm that they have
        foreach: accepted as a hint
    """
    gradients = _gradients(parameters)
    if gradients:
        with no_grad():
            factor = float(max_norm) / (total_norm + 1e-6)
            ops.scale_all_(gradients, factor.clamp(max=1.0))


def clip_grad_norm_(
    parameters: Tensors,
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:
    """Scales gradients down so that the norm of all of them together is at most `max_norm`.

    Args:
        parameters: one tensor, or several; those without gradient are passed over
        max_norm: the greatest norm that the gradients may have
        norm_type: the norm's p; inf for the greatest absolute value
        error_if_nonfinite: whether a norm that is nan or infinite raises RuntimeError
        foreach: accepted as a hint

    Returns the norm before clipping.
    """
    from_generator = isinstance(parameters, types.GeneratorType)
    parameters = _listed(parameters)
    if from_generator and not parameters:
        warnings.warn(
            "`parameters` is an empty generator, no gradient clipping will occur.\n"
            "Hint: a generator such as model.parameters() can be read only once.",
            stacklevel=2,
        )
    total = get_total_norm(_gradients(parameters), norm_type, error_if_nonfinite, foreach)
    clip_grads_with_norm_(parameters, max_norm, total, foreach)
    return total


def clip_grad_norm(
    parameters: Tensors,
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:
    """The older name of `clip_grad_norm_`."""
    warnings.warn(
        "`torch.nn.utils.clip_grad_norm` is now deprecated in favor of "
        "`torch.nn.utils.clip_grad_norm_`.",
        category=FutureWarning,
        stacklevel=2,
    )
    return clip_grad_norm_(parameters, max_norm, norm_type, error_if_nonfinite, foreach)


def clip_grad_value_(parameters: Tensors, clip_value: float, foreach: bool | None = None) -> None:
    """Cuts every element of the gradients to [-clip_value, clip_value].

    Args:
        parameters: one tensor, or several; those without gradient are passed over
        clip_value: the greatest absolute value that an element may have
        foreach: accepted as a hint
    """
    gradients = _gradients(parameters)
    if gradients:
        with no_grad():
            ops.clamp_all_(gradients, -float(clip_value), float(clip_value))
