"""Convolutions as users call them: arguments in all their forms, checked, then the rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...tensor import dtype as D
from ...tensor.tensor import Tensor
from ..contractions import cpp_name, title
from ..dispatch import execute
from ..expressions import TENSORS
from ..table import ROWS, composite
from .windows import Ints, as_tuple, span


def _check_types(input: Tensor, weight: Tensor, bias: Tensor | None) -> None:
    x, w = input._data, weight._data
    if bias is not None and bias._data.dtype != x.dtype:
        raise RuntimeError(
            f"Input type ({cpp_name(x.dtype)}) and bias type ({cpp_name(bias._data.dtype)}) should "
            "be the same"
        )
    if w.dtype != x.dtype:
        raise RuntimeError(
            f"expected scalar type {title(x.dtype)} but found {title(w.dtype)}\n"
            f"Hint: the input is {D.of(x.dtype)!r}, the weight {D.of(w.dtype)!r}; convert one of "
            "them with .to(dtype)."
        )


def _check_geometry(
    n: int, stride: Ints, padding: Ints, dilation: Ints, output_padding: Ints, groups: int
) -> None:
    """The numbers that describe a window, whatever the sizes."""
    for name, values in (
        ("stride", stride), ("padding", padding), ("dilation", dilation),
        ("output_padding", output_padding),
    ):  # fmt: skip
        if len(values) != n:
            raise RuntimeError(
                f"expected {name} to be a single integer value or a list of {n} values to match "
                f"the convolution dimensions, but got {name}={list(values)}"
            )
    if min(padding) < 0:
        raise RuntimeError("negative padding is not supported")
    if min(output_padding) < 0:
        raise RuntimeError("negative output_padding is not supported")
    if min(stride) <= 0:
        raise RuntimeError("non-positive stride is not supported")
    if min(dilation) <= 0:
        raise RuntimeError(f"dilation should be greater than zero, but got {list(dilation)}")
    if groups <= 0:
        raise RuntimeError("non-positive groups is not supported")


def _check_shapes(
    x: Ints, w: Ints, b: Ints | None, transposed: bool, groups: int
) -> None:
    """Whether input, weight and bias fit together."""
    if w[0] < groups:
        raise RuntimeError(
            f"Given groups={groups}, expected weight to be at least {groups} at dimension 0, but "
            f"got weight of size {list(w)} instead"
        )
    if w[0] % groups:
        raise RuntimeError(
            f"Given groups={groups}, expected weight to be divisible by {groups} at dimension 0, "
            f"but got weight of size [{list(w)}] instead"
        )
    wanted = w[0] if transposed else w[1] * groups
    outs = w[1] * groups if transposed else w[0]
    if x[1] != wanted:
        given = "transposed=1" if transposed else f"groups={groups}"
        raise RuntimeError(
            f"Given {given}, weight of size {list(w)}, expected input{list(x)} to have {wanted} "
            f"channels, but got {x[1]} channels instead\n{_channel_hint(x, wanted)}"
        )
    if b is not None and b != (outs,):
        given = "transposed=1, weight" if transposed else "weight"
        raise RuntimeError(
            f"Given {given} of size {list(w)}, expected bias to be 1-dimensional with {outs} "
            f"elements, but got bias of size {list(b)} instead"
        )


def _channel_hint(x: Ints, wanted: int) -> str:
    if len(x) > 2 and x[-1] == wanted:
        order = (0, len(x) - 1, *range(1, len(x) - 1))
        return f"Hint: the channels seem to come last; input.permute{order} would fit."
    if wanted == 1 and len(x) == 4 and x[0] == 1:
        return "Hint: input.transpose(0, 1) makes the second dimension the batch."
    return f"Hint: the layer was made for {wanted} input channels (its in_channels)."


def _check_window(x: Ints, kernel: Ints, padding: Ints, dilation: Ints) -> None:
    if min(kernel) <= 0:
        raise RuntimeError(
            f"kernel size should be greater than zero, but got {_sides('kernel', kernel)}"
        )
    seen = tuple(n + 2 * p for n, p in zip(x[2:], padding, strict=True))
    covered = span(kernel, dilation)
    if any(n < k for n, k in zip(seen, covered, strict=True)):
        raise RuntimeError(
            f"Calculated padded input size per channel: ({_times(seen)}). Kernel size: "
            f"({_times(covered)}). Kernel size can't be greater than actual input size"
        )
    if 0 in x[2:]:
        raise RuntimeError(
            "Only zero batch or zero channel inputs are supported, but got input shape: "
            f"{list(x)}"
        )


def _sides(name: str, values: Ints) -> str:
    sides = ("depth", "height", "width")[-len(values) :]
    return " ".join(f"{name}_{side}: {v}" for side, v in zip(sides, values, strict=True))


def _times(sizes: Ints) -> str:
    return " x ".join(map(str, sizes))


@composite("function")
def convolution(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    stride: Sequence[int],
    padding: Sequence[int],
    dilation: Sequence[int],
    transposed: bool,
    output_padding: Sequence[int],
    groups: int,
) -> Tensor:
    """Convolution of a batch, of any number of dimensions; see conv1d, conv2d, conv3d."""
    x, w = input._data.shape, weight._data.shape
    n = len(w) - 2
    stride, padding, dilation, output_padding = (
        as_tuple(v, n, name, "convolution")
        for v, name in (
            (stride, "stride"), (padding, "padding"), (dilation, "dilation"),
            (output_padding, "output_padding"),
        )
    )  # fmt: skip
    _check_geometry(n, stride, padding, dilation, output_padding, groups)
    _check_shapes(x, w, None if bias is None else bias._data.shape, transposed, groups)
    if not transposed:
        _check_window(x, w[2:], padding, dilation)
        _check_types(input, weight, bias)
        args = (input, weight, bias, stride, padding, dilation, groups)
        return execute(ROWS["_conv"], args)
    _check_types(input, weight, bias)
    sizes = _transposed_size(x[2:], w[2:], stride, padding, dilation, output_padding)
    shape = (x[0], w[1] * groups, *sizes)
    geometry = (stride, padding, dilation, groups)
    return execute(ROWS["_conv_transposed"], (input, weight, bias, shape, *geometry))


def _transposed_size(
    x: Ints, kernel: Ints, stride: Ints, padding: Ints, dilation: Ints, more: Ints
) -> Ints:
    for s, d, m in zip(stride, dilation, more, strict=True):
        if m >= s and m >= d:
            raise RuntimeError(
                "output padding must be smaller than either stride or dilation, but got "
                f"{_sides('output_padding', more)} {_sides('stride', stride)} "
                f"{_sides('dilation', dilation)}"
            )
    sizes = tuple(
        (n - 1) * s - 2 * p + d * (k - 1) + m + 1
        for n, k, s, p, d, m in zip(x, kernel, stride, padding, dilation, more, strict=True)
    )
    if min(sizes) < 1:
        raise RuntimeError(
            f"Given input size per channel: ({_times(x)}). Calculated output size per channel: "
            f"({_times(sizes)}). Output size is too small"
        )
    return sizes


def _batched(input: Tensor, n: int, name: str) -> tuple[Tensor, bool]:
    """The input with a batch dimension, and whether it had one."""
    dims = input.dim()
    if dims == n + 1:
        return input.unsqueeze(0), False
    if dims != n + 2:
        raise RuntimeError(
            f"Expected {n + 1}D (unbatched) or {n + 2}D (batched) input to {name}, but got input "
            f"of size: {list(input.shape)}"
        )
    return input, True


def _forward(
    n: int, input: Tensor, weight: Tensor, bias: Tensor | None, stride: Any, padding: Any,
    dilation: Any, groups: int,
) -> Tensor:  # fmt: skip
    name = f"conv{n}d"
    for i, (argument, value) in enumerate((("input", input), ("weight", weight))):
        if not isinstance(value, Tensor):
            raise TypeError(
                f"{name}(): argument '{argument}' (position {i + 1}) must be Tensor, not "
                f"{type(value).__name__}"
            )
    input, batched = _batched(input, n, name)
    stride = as_tuple(stride, n, "stride", name)
    dilation = as_tuple(dilation, n, "dilation", name)
    if isinstance(padding, str):
        input, padding = _named_padding(input, weight, padding, stride, dilation)
    else:
        padding = as_tuple(padding, n, "padding", name)
    k = weight.dim() - 2
    if k != n and len(stride) != k:
        _check_geometry(k, stride, padding, dilation, (0,) * k, groups)
    zero = (0,) * n
    result = convolution(input, weight, bias, stride, padding, dilation, False, zero, groups)
    return result if batched else result.squeeze(0)


def _named_padding(
    input: Tensor, weight: Tensor, padding: str, stride: Ints, dilation: Ints
) -> tuple[Tensor, Ints]:
    """padding="same" or "valid" in numbers; what is not the same on both sides is added at once."""
    n = len(stride)
    if weight.dim() != n + 2:
        k = weight.dim()
        raise RuntimeError(
            f"Expected {k}-dimensional input for {k}-dimensional weight{list(weight.shape)}, but "
            f"got {n + 2}-dimensional input of size {list(input.shape)} instead"
        )
    if padding == "valid":
        return input, (0,) * n
    if padding != "same":
        raise RuntimeError(f"Invalid padding string: '{padding}'")
    if max(stride) != 1:
        raise RuntimeError("padding='same' is not supported for strided convolutions")
    total = [d * (k - 1) for k, d in zip(weight.shape[2:], dilation, strict=True)]
    extra = [t % 2 for t in total]
    if any(extra):
        border = [v for e in reversed(extra) for v in (0, e)]
        input = TENSORS["pad"](input, tuple(border), "constant", 0)
    return input, tuple(t // 2 for t in total)


def _backward(
    n: int, input: Tensor, weight: Tensor, bias: Tensor | None, stride: Any, padding: Any,
    output_padding: Any, groups: int, dilation: Any,
) -> Tensor:  # fmt: skip
    name = f"conv_transpose{n}d"
    input, batched = _batched(input, n, name)
    stride, padding, output_padding, dilation = (
        as_tuple(v, n, argument, name)
        for v, argument in (
            (stride, "stride"), (padding, "padding"), (output_padding, "output_padding"),
            (dilation, "dilation"),
        )
    )  # fmt: skip
    result = convolution(
        input, weight, bias, stride, padding, dilation, True, output_padding, groups
    )
    return result if batched else result.squeeze(0)


@composite("function nn")
def conv1d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Tensor:
    """Convolution over one dimension.

    Args:
        input: (batch, in_channels, length), or without the batch.
        weight: (out_channels, in_channels / groups, kernel).
        bias: (out_channels), or None.
        stride, padding, dilation: a number, or one for each dimension; padding may also be
            "valid" (none) or "same" (the output gets the input's size).
    """
    return _forward(1, input, weight, bias, stride, padding, dilation, groups)


@composite("function nn")
def conv2d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Tensor:
    """Convolution over two dimensions.

    Args:
        input: (batch, in_channels, height, width), or without the batch.
        weight: (out_channels, in_channels / groups, kernel_h, kernel_w).
        bias: (out_channels), or None.
        stride, padding, dilation: a number, or one for each dimension; padding may also be
            "valid" (none) or "same" (the output gets the input's size).
    """
    return _forward(2, input, weight, bias, stride, padding, dilation, groups)


@composite("function nn")
def conv3d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Tensor:
    """Convolution over three dimensions.

    Args:
        input: (batch, in_channels, depth, height, width), or without the batch.
        weight: (out_channels, in_channels / groups, kernel_d, kernel_h, kernel_w).
        bias: (out_channels), or None.
        stride, padding, dilation: a number, or one for each dimension; padding may also be
            "valid" (none) or "same" (the output gets the input's size).
    """
    return _forward(3, input, weight, bias, stride, padding, dilation, groups)


@composite("function nn")
def conv_transpose1d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Any = 1,
    padding: Any = 0,
    output_padding: Any = 0,
    groups: int = 1,
    dilation: Any = 1,
) -> Tensor:
    """Transposed convolution over one dimension: conv1d's gradient with respect to its input.

    Args:
        input: (batch, in_channels, length), or without the batch.
        weight: (in_channels, out_channels / groups, kernel).
        bias: (out_channels), or None.
        output_padding: added to the end of the output, to tell apart the sizes that a strided
            convolution maps to one.
    """
    return _backward(1, input, weight, bias, stride, padding, output_padding, groups, dilation)


@composite("function nn")
def conv_transpose2d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Any = 1,
    padding: Any = 0,
    output_padding: Any = 0,
    groups: int = 1,
    dilation: Any = 1,
) -> Tensor:
    """Transposed convolution over two dimensions: conv2d's gradient with respect to its input.

    Args:
        input: (batch, in_channels, height, width), or without the batch.
        weight: (in_channels, out_channels / groups, kernel_h, kernel_w).
        bias: (out_channels), or None.
        output_padding: added to the end of the output, to tell apart the sizes that a strided
            convolution maps to one.
    """
    return _backward(2, input, weight, bias, stride, padding, output_padding, groups, dilation)


@composite("function nn")
def conv_transpose3d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Any = 1,
    padding: Any = 0,
    output_padding: Any = 0,
    groups: int = 1,
    dilation: Any = 1,
) -> Tensor:
    """Transposed convolution over three dimensions: conv3d's gradient with respect to its input.

    Args:
        input: (batch, in_channels, depth, height, width), or without the batch.
        weight: (in_channels, out_channels / groups, kernel_d, kernel_h, kernel_w).
        bias: (out_channels), or None.
        output_padding: added to the end of the output, to tell apart the sizes that a strided
            convolution maps to one.
    """
    return _backward(3, input, weight, bias, stride, padding, output_padding, groups, dilation)


@composite("function nn")
def conv_tbc(input: Tensor, weight: Tensor, bias: Tensor, pad: int = 0) -> Tensor:
    """conv1d for (time, batch, channels), with a weight (kernel, in_channels, out_channels)."""
    result = conv1d(input.permute(1, 2, 0), weight.permute(2, 1, 0), bias, 1, pad)
    return result.permute(2, 0, 1)
