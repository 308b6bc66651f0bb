"""Convolutions of any number of dimensions, and their transposes: the kernels and rows.

In NumPy a block of windows is copied to columns that fit the cache, then multiplied by the weight
in BLAS; where the native runtime is there it does all but the smallest.
The three products (output, gradient of the input, gradient of the weight) are rows whose
derivatives are each other, so that derivatives of any order follow.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...tensor.tensor import Tensor
from ..contractions import BLAS_TYPES, accumulate_type, product
from ..dispatch import execute
from ..expressions import TENSORS
from ..table import ROWS, op
from . import native_convolution as native
from .windows import (
    Ints,
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
    fast = native.forward(x, w, b, out, stride, padding, dilation, groups)
    if fast is not None:
        return fast.astype(dtype, copy=False)
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
    fast = native.input_gradient(g, w, None, shape, stride, padding, dilation, groups)
    if fast is not None:
        return fast.astype(grad_output.dtype, copy=False)
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
    fast = native.weight_gradient(g, x, shape, stride, padding, dilation, groups)
    if fast is not None:
        return fast.astype(grad_output.dtype, copy=False)
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
    x, w, b = _wide(input, weight, bias)
    result = native.input_gradient(x, w, b, shape, stride, padding, dilation, groups)
    if result is not None:
        return result.astype(input.dtype, copy=False)
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
