"""Convolutions of any number of dimensions, and their transposes.

A block of windows is copied to columns that fit the cache, then multiplied by the weight in BLAS.
The three products (output, gradient of the input, gradient of the weight) are rows whose
derivatives are each other, so that derivatives of any order follow.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ...tensor import dtype as D
from ...tensor.tensor import Tensor
from ..contractions import BLAS_TYPES, accumulate_type, cpp_name, product, title
from ..dispatch import execute
from ..expressions import TENSORS
from ..table import ROWS, composite, op
from .windows import (
    Ints,
    as_tuple,
    blocks,
    from_row,
    gather_columns,
    inside,
    padded,
    scatter_columns,
    span,
)  # fmt: skip

Array = np.ndarray

GEOMETRY = "stride: int[], padding: int[], dilation: int[], groups: int"
FEW = 128  # places of the window below which several samples share one matrix product


def output_size(sizes: Ints, kernel: Ints, stride: Ints, padding: Ints, dilation: Ints) -> Ints:
    """How many places the window has in each dimension."""
    return tuple(
        (n + 2 * p - k) // s + 1
        for n, k, s, p in zip(sizes, span(kernel, dilation), stride, padding, strict=True)
    )


def _wide(*arrays: Array | None) -> list:
    """float16 and bfloat16 arrays as float32, others as they are."""
    return [a if a is None else a.astype(accumulate_type(a.dtype), copy=False) for a in arrays]


def _multiply(a: Array, b: Array, out: Array) -> None:
    if a.dtype in BLAS_TYPES:
        np.matmul(a, b, out=out)
    else:
        out[...] = product(a, b)


# --- the three products ------------------------------------------------------------------------


@op(f"_conv(input, weight, bias: Tensor | None, {GEOMETRY})",
    derivative={
        "input": "_conv_input_gradient(grad, conjugate(weight), input.shape, stride, padding, "
                 "dilation, groups)",
        "weight": "_conv_weight_gradient(grad, conjugate(input), weight.shape, stride, padding, "
                  "dilation, groups)",
        "bias": "channel_sum(grad)"},
    where="", lowering="contraction", node="ConvolutionBackward0",
    formula=r"y_{nop} = b_o + \sum_{ck} w_{ock}\, x_{nc(sp + dk)}")
def _conv(
    input: Array, weight: Array, bias: Array | None, stride: Ints, padding: Ints, dilation: Ints,
    groups: int,
) -> Array:  # fmt: skip
    dtype = input.dtype
    x, w, b = _wide(input, weight, bias)
    kernel = w.shape[2:]
    out = output_size(x.shape[2:], kernel, stride, padding, dilation)
    x = padded(x, padding, padding)
    batch, channels, places = x.shape[0], x.shape[1], math.prod(out)
    size = channels // groups * math.prod(kernel)
    w = w.reshape(groups, w.shape[0] // groups, size)
    outs = w.shape[0] * w.shape[1]
    if not x.size or not w.size:
        return np.zeros_like(input, shape=(batch, outs if channels else 0, *out))
    result = np.empty_like(x, shape=(batch, groups, w.shape[1], places), order="C")
    if math.prod(kernel) == 1 and max(stride) == 1:
        _multiply(w, x.reshape(batch, groups, size, places), result)
    elif places < FEW and groups == 1:
        _few_places(x, w[0], kernel, out, stride, dilation, result[:, 0])
    else:
        _many_places(x, w, kernel, out, stride, dilation, result)
    result = result.reshape(batch, outs, *out)
    if b is not None:
        result += b.reshape(-1, *(1,) * len(kernel))
    return result.astype(dtype, copy=False)


def _many_places(
    x: Array, w: Array, kernel: Ints, out: Ints, stride: Ints, dilation: Ints, result: Array
) -> None:
    """A matrix product for each sample (or band of rows): weight times columns."""
    groups, _, size = w.shape
    channels, inner = x.shape[1], math.prod(out[1:])
    buffer = None
    for n0, n1, r0, r1 in blocks(x.shape[0], out, groups * size):
        shape = (n1 - n0, channels, *kernel, r1 - r0, *out[1:])
        if buffer is None or buffer.shape != shape:
            buffer = np.empty_like(x, shape=shape, order="C")
        part = from_row(x[n0:n1], r0, r1 - r0, kernel, stride, dilation)
        gather_columns(part, kernel, shape[-len(out) :], stride, dilation, buffer)
        columns = buffer.reshape(n1 - n0, groups, size, (r1 - r0) * inner)
        _multiply(w, columns, result[n0:n1, :, :, r0 * inner : r1 * inner])


def _few_places(
    x: Array, w: Array, kernel: Ints, out: Ints, stride: Ints, dilation: Ints, result: Array
) -> None:
    """One matrix product for the columns of several samples, which are too few for one each."""
    outs, size = w.shape
    places = math.prod(out)
    for n0, n1, _, _ in blocks(x.shape[0], out, size):
        columns = _shared_columns(x[n0:n1], kernel, out, stride, dilation)
        block = product(w, columns).reshape(outs, n1 - n0, places)
        result[n0:n1] = block.transpose(1, 0, 2)


def _shared_columns(x: Array, kernel: Ints, out: Ints, stride: Ints, dilation: Ints) -> Array:
    """The windows of several samples side by side: (c k, m p)."""
    m, channels = x.shape[:2]
    columns = np.empty_like(x, shape=(channels, *kernel, m, *out), order="C")
    axes = (len(kernel) + 1, 0, *range(1, len(kernel) + 1), *range(len(kernel) + 2, columns.ndim))
    gather_columns(x, kernel, out, stride, dilation, columns.transpose(axes))
    return columns.reshape(channels * math.prod(kernel), m * math.prod(out))


@op(f"_conv_input_gradient(grad_output, weight, shape: int[], {GEOMETRY})",
    derivative={
        "grad_output": "_conv(grad, conjugate(weight), None, stride, padding, dilation, groups)",
        "weight": "_conv_weight_gradient(conjugate(grad_output), grad, weight.shape, stride, "
                  "padding, dilation, groups)"},
    where="", lowering="contraction", node="ConvolutionBackward0",
    formula=r"\bar x_{nc(sp + dk)} = \sum_{o} w_{ock}\, \bar y_{nop}")
def _conv_input_gradient(
    grad_output: Array, weight: Array, shape: Ints, stride: Ints, padding: Ints, dilation: Ints,
    groups: int,
) -> Array:  # fmt: skip
    g, w = _wide(grad_output, weight)
    kernel, out = w.shape[2:], g.shape[2:]
    batch, channels = shape[0], shape[1]
    sizes = tuple(n + 2 * p for n, p in zip(shape[2:], padding, strict=True))
    places, inner = math.prod(out), math.prod(out[1:])
    result = np.zeros_like(g, shape=(batch, channels, *sizes), order="C")
    if g.size and w.size:
        size = channels // groups * math.prod(kernel)
        w = w.reshape(groups, w.shape[0] // groups, size).transpose(0, 2, 1)
        g = g.reshape(batch, groups, g.shape[1] // groups, places)
        if math.prod(kernel) == 1 and max(stride) == 1 and sizes == out:
            _multiply(w, g, result.reshape(batch, groups, size, places))
        else:
            for n0, n1, r0, r1 in blocks(batch, out, groups * size):
                columns = product(w, g[n0:n1, :, :, r0 * inner : r1 * inner])
                columns = columns.reshape(n1 - n0, channels, *kernel, r1 - r0, *out[1:])
                part = from_row(result[n0:n1], r0, r1 - r0, kernel, stride, dilation)
                scatter_columns(columns, kernel, columns.shape[-len(out) :], stride, dilation, part)
    result = inside(result, padding, shape[2:])
    return np.ascontiguousarray(result).astype(grad_output.dtype, copy=False)


@op(f"_conv_weight_gradient(grad_output, input, shape: int[], {GEOMETRY})",
    derivative={
        "grad_output": "_conv(conjugate(input), grad, None, stride, padding, dilation, groups)",
        "input": "_conv_input_gradient(conjugate(grad_output), grad, input.shape, stride, padding, "
                 "dilation, groups)"},
    where="", lowering="contraction", node="ConvolutionBackward0",
    formula=r"\bar w_{ock} = \sum_{np} \bar y_{nop}\, x_{nc(sp + dk)}")
def _conv_weight_gradient(
    grad_output: Array, input: Array, shape: Ints, stride: Ints, padding: Ints, dilation: Ints,
    groups: int,
) -> Array:  # fmt: skip
    g, x = _wide(grad_output, input)
    kernel, out = shape[2:], g.shape[2:]
    x = padded(x, padding, padding)
    batch, channels, inner = x.shape[0], x.shape[1], math.prod(out[1:])
    size = channels // groups * math.prod(kernel)
    result = np.zeros_like(g, shape=(groups, shape[0] // groups, size), order="C")
    if g.size and x.size:
        g = g.reshape(batch, groups, shape[0] // groups, math.prod(out))
        for n0, n1, r0, r1 in blocks(batch, out, groups * size):
            part = from_row(x[n0:n1], r0, r1 - r0, kernel, stride, dilation)
            here = (r1 - r0, *out[1:])
            columns = _shared_columns(part, kernel, here, stride, dilation)
            columns = columns.reshape(groups, size, -1)
            block = g[n0:n1, :, :, r0 * inner : r1 * inner].transpose(1, 2, 0, 3)
            block = block.reshape(groups, shape[0] // groups, -1)
            result += product(block, columns.transpose(0, 2, 1))
    return result.reshape(shape).astype(grad_output.dtype, copy=False)


@op(f"_conv_transposed(input, weight, bias: Tensor | None, shape: int[], {GEOMETRY})",
    derivative={
        "input": "conv_onto(input.shape, grad, conjugate(weight), stride, padding, dilation, "
                 "groups)",
        "weight": "_conv_weight_gradient(conjugate(input), grad, weight.shape, stride, padding, "
                  "dilation, groups)",
        "bias": "channel_sum(grad)"},
    where="", lowering="contraction", node="ConvolutionBackward0",
    formula=r"y_{no(sp + dk)} = b_o + \sum_{c} w_{cok}\, x_{ncp}")
def _conv_transposed(
    input: Array, weight: Array, bias: Array | None, shape: Ints, stride: Ints, padding: Ints,
    dilation: Ints, groups: int,
) -> Array:  # fmt: skip
    result = _conv_input_gradient(input, weight, shape, stride, padding, dilation, groups)
    if bias is not None:
        result += bias.reshape(-1, *(1,) * (len(shape) - 2))
    return result


@op("channel_sum(input)", derivative={"input": "channel_fill(grad, input.shape)"}, where="",
    lowering="reduction", formula=r"\sum_{np} x_{ncp}")
def channel_sum(input: Array) -> Array:
    """The sum of each channel over the batch and all places."""
    n, channels, *rest = input.shape
    places = math.prod(rest)
    wide = input.astype(accumulate_type(input.dtype), copy=False).reshape(n, channels, places)
    if wide.dtype.kind != "f":
        return wide.sum((0, 2), dtype=wide.dtype)
    sums = wide @ np.ones_like(wide, shape=wide.shape[2:])
    return sums.sum(0).astype(input.dtype, copy=False)


def _channel_fill(value: Tensor, shape: Ints) -> Tensor:
    return value.reshape(-1, *(1,) * (len(shape) - 2)).expand(shape)


def _conv_onto(shape: Ints, input: Tensor, weight: Tensor, *geometry: Any) -> Tensor:
    """The convolution, cut to a shape: large output paddings leave room for more places."""
    result = execute(ROWS["_conv"], (input, weight, None, *geometry))
    for i, (have, want) in enumerate(zip(result.shape, shape, strict=True)):
        if have > want:
            result = result.narrow(i, 0, want)
    return result


TENSORS["channel_fill"], TENSORS["conv_onto"] = _channel_fill, _conv_onto


# --- what users call ---------------------------------------------------------------------------


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
