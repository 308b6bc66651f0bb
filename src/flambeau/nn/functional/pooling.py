"""Pooling."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import flambeau

from .rows import ops
from .sizes import ntuple

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ...tensor.tensor import Tensor

Pooled = tuple["Tensor", "Tensor"]


# ---------------------------------------------------------------------- maxima


def _max_pool(n: int) -> tuple[Callable[..., Pooled], Callable[..., Any]]:
    """`max_pool{n}d_with_indices` and `max_pool{n}d`."""

    name = f"max_pool{n}d"

    def with_indices(
        input: Tensor,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        dilation: Any = 1,
        ceil_mode: bool = False,
        return_indices: bool = False,
    ) -> Pooled:
        """The maximum of each window, and its place in the input."""
        row = getattr(ops, f"{name}_with_indices")
        return row(input, kernel_size, stride, padding, dilation, ceil_mode)

    def pool(
        input: Tensor,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        dilation: Any = 1,
        ceil_mode: bool = False,
        return_indices: bool = False,
    ) -> Any:
        """The maximum of each window; with `return_indices` its place in the input too."""
        if return_indices:
            return with_indices(input, kernel_size, stride, padding, dilation, ceil_mode)
        return getattr(ops, name)(input, kernel_size, stride, padding, dilation, ceil_mode)

    with_indices.__name__ = f"{name}_with_indices"
    pool.__name__ = name
    return with_indices, pool


max_pool1d_with_indices, max_pool1d = _max_pool(1)
max_pool2d_with_indices, max_pool2d = _max_pool(2)
max_pool3d_with_indices, max_pool3d = _max_pool(3)


def _adaptive_max_pool(n: int) -> tuple[Callable[..., Pooled], Callable[..., Any]]:
    """`adaptive_max_pool{n}d_with_indices` and `adaptive_max_pool{n}d`."""

    def with_indices(input: Tensor, output_size: Any, return_indices: bool = False) -> Pooled:
        """Maxima over windows that give an output size, and their places in the input."""
        row = getattr(ops, f"adaptive_max_pool{n}d")
        return row(input, _output_size(input, output_size, n))

    def pool(input: Tensor, output_size: Any, return_indices: bool = False) -> Any:
        """Maxima over windows that give an output size."""
        pooled = with_indices(input, output_size)
        return pooled if return_indices else pooled[0]

    with_indices.__name__ = f"adaptive_max_pool{n}d_with_indices"
    pool.__name__ = f"adaptive_max_pool{n}d"
    return with_indices, pool


adaptive_max_pool1d_with_indices, adaptive_max_pool1d = _adaptive_max_pool(1)
adaptive_max_pool2d_with_indices, adaptive_max_pool2d = _adaptive_max_pool(2)
adaptive_max_pool3d_with_indices, adaptive_max_pool3d = _adaptive_max_pool(3)


def _output_size(input: Tensor, output_size: Any, n: int) -> tuple[int, ...]:
    """The output size in full: None stands for the input's."""
    if isinstance(output_size, int):
        return (output_size,) * n
    sizes = tuple(output_size) if hasattr(output_size, "__iter__") else (output_size,) * n
    if input.dim() <= len(sizes):
        raise ValueError(f"Input dimension should be at least {len(sizes) + 1}")
    return tuple(
        own if size is None else size
        for own, size in zip(input.shape[input.dim() - len(sizes) :], sizes, strict=True)
    )


# ---------------------------------------------------------------------- means


def adaptive_avg_pool1d(input: Tensor, output_size: Any) -> Tensor:
    """Means over windows that give (N, C, output_size)."""
    return ops.adaptive_avg_pool1d(input, _output_size(input, output_size, 1))


def adaptive_avg_pool2d(input: Tensor, output_size: Any) -> Tensor:
    """Means over windows that give (N, C, *output_size), for two dimensions."""
    return ops.adaptive_avg_pool2d(input, _output_size(input, output_size, 2))


def adaptive_avg_pool3d(input: Tensor, output_size: Any) -> Tensor:
    """Means over windows that give (N, C, *output_size), for three dimensions."""
    return ops.adaptive_avg_pool3d(input, _output_size(input, output_size, 3))


# ---------------------------------------------------------------------- norms

# The means themselves, avg_pool1d to avg_pool3d, come from the table as they stand.


def _lp_pool(
    n: int, input: Tensor, p: float, kernel_size: Any, stride: Any, ceil_mode: bool
) -> Tensor:
    """(sum of x^p)^(1/p): the mean of x^p times the window's size."""
    mean = getattr(ops, f"avg_pool{n}d")(input.pow(p), kernel_size, stride, 0, ceil_mode)
    size = math.prod(ntuple(kernel_size, n))
    return (mean.sign() * ops.relu(mean.abs())).mul(size).pow(1.0 / p)


def lp_pool1d(
    input: Tensor,
    norm_type: float,
    kernel_size: Any,
    stride: Any = None,
    ceil_mode: bool = False,
) -> Tensor:
    """The p-norm of each window of (N, C, L)."""
    return _lp_pool(1, input, norm_type, kernel_size, stride, ceil_mode)


def lp_pool2d(
    input: Tensor,
    norm_type: float,
    kernel_size: Any,
    stride: Any = None,
    ceil_mode: bool = False,
) -> Tensor:
    """The p-norm of each window of (N, C, H, W)."""
    return _lp_pool(2, input, norm_type, kernel_size, stride, ceil_mode)


def lp_pool3d(
    input: Tensor,
    norm_type: float,
    kernel_size: Any,
    stride: Any = None,
    ceil_mode: bool = False,
) -> Tensor:
    """The p-norm of each window of (N, C, D, H, W)."""
    return _lp_pool(3, input, norm_type, kernel_size, stride, ceil_mode)


# ---------------------------------------------------------------------- unpooling


def _unpooled_size(
    input: Tensor,
    kernel_size: Sequence[int],
    stride: Sequence[int],
    padding: Sequence[int],
    output_size: Sequence[int] | None,
) -> tuple[int, ...]:
    """The size before the pooling: the one that is asked for, if the pooling could have had it."""
    n = len(kernel_size)
    default = tuple(
        (size - 1) * stride[i] + kernel_size[i] - 2 * padding[i]
        for i, size in enumerate(input.shape[-n:])
    )
    if output_size is None:
        return default
    size = output_size[2:] if len(output_size) == n + 2 else output_size
    if len(size) != n:
        raise ValueError(
            f"output_size should be a sequence containing {n} or {n + 2} elements, but it has a "
            f"length of '{len(output_size)}'"
        )
    for i in range(n):
        low, high = default[i] - stride[i], default[i] + stride[i]
        if not low < size[i] < high:
            raise ValueError(
                f'invalid output_size "{size}" (dim {i} must be between {low} and {high})'
            )
    return tuple(size)


def _max_unpool(n: int) -> Callable[..., Tensor]:
    def unpool(
        input: Tensor,
        indices: Tensor,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        output_size: Sequence[int] | None = None,
    ) -> Tensor:
        """Puts pooled maxima back in their places; the rest is zero."""
        kernel_size = ntuple(kernel_size, n)
        stride = kernel_size if stride is None else ntuple(stride, n)
        size = _unpooled_size(input, kernel_size, stride, ntuple(padding, n), output_size)
        if indices.dtype != flambeau.int64:
            raise RuntimeError(f"elements in indices should be type int64 but got: {indices.dtype}")
        if indices.size() != input.size():
            raise RuntimeError(
                "Expected shape of indices to be same as that of the input tensor "
                f"({list(input.shape)}) but got indices tensor with shape: {list(indices.shape)}"
            )
        leading = input.shape[:-n]
        empty = flambeau.zeros((*leading, math.prod(size)), dtype=input.dtype)
        places, values = indices.flatten(-n), input.flatten(-n)
        return empty.scatter(-1, places, values).reshape(*leading, *size)

    unpool.__name__ = f"max_unpool{n}d"
    return unpool


max_unpool1d = _max_unpool(1)
max_unpool2d = _max_unpool(2)
max_unpool3d = _max_unpool(3)
