"""What derivatives call, on arrays: the counterparts of functions of tensors that are no rows.

In an ordinary backward pass a derivative such as ``"sum_to_size(grad, bias.shape)"`` is evaluated
on arrays (autograd/plans.py). It finds rows' kernels by itself, and here what else it names, with
the same numbers as on tensors. A ValueError leaves a case to the tensors.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..tensor.size import broadcast_shapes
from .contractions import matmul_nd, mm
from .expressions import KERNELS
from .nn.losses import _cross_entropy_backward, _shared
from .parts import at_dim, narrow_key
from .reductions import size_of, sum_all, sum_to_size_kernel
from .views import inverse_permutation, permute, view

Array = np.ndarray
Ints = tuple[int, ...]


def sum_to_size(g: Array, shape: Ints) -> Array:
    """Sums over the dimensions that ``expand`` would stretch."""
    if not shape:
        return sum_all(g)
    if shape == g.shape:
        return g
    if g.shape[-len(shape) :] != shape and not _expandable(shape, g.shape):
        raise ValueError(f"{shape} is not expandable to {g.shape}")
    return sum_to_size_kernel(g, shape)


def _expandable(shape: Ints, wanted: Ints) -> bool:
    try:
        return broadcast_shapes(shape, wanted) == wanted
    except RuntimeError:
        return False


def reshape(g: Array, shape: Ints) -> Array:
    """The elements in another shape, where the memory is contiguous."""
    if not g.flags.c_contiguous:
        raise ValueError("a copy may be needed")
    return view(g, shape)


def linear_input_gradient(grad: Array, weight: Array) -> Array:
    """grad times the weight's conjugate, for two dimensions or more."""
    if grad.ndim < 2:
        raise ValueError("vectors are multiplied as tensors")
    weight = KERNELS["conjugate"](weight)
    return mm(grad, weight) if grad.ndim == 2 else matmul_nd(grad, weight)


def cross_entropy_gradient(grad: Array, *args: Any) -> Array:
    """(softmax - one_hot) times the gradient's share, from what the forward call left."""
    return _cross_entropy_backward(grad, *args[-4:])


def in_type(g: Array, dtype: np.dtype) -> Array:
    """A gradient in its input's type."""
    return g.astype(dtype, copy=False)


for _f in (sum_to_size, reshape, linear_input_gradient, cross_entropy_gradient, in_type):
    KERNELS[_f.__name__] = _f
KERNELS["permute"] = permute  # which takes its dimensions as one tuple here
KERNELS["shared"] = _shared  # multiplies tensors and arrays alike
for _g in (size_of, at_dim, narrow_key, inverse_permutation):  # which take no tensors
    KERNELS[_g.__name__] = _g
