"""A tensor's memory by sizes and strides: as_strided, as_strided_scatter and their derivatives.

What a write into a view means for its base (ops/inplace.py) is made of these rows too. In them
sizes, strides and the offset are in elements of the result, and the offset counts from the input's
first element. ``layout`` has the strides of the input's memory in bytes, or None where it is
contiguous; ``dtype`` is the result's type where it reads the memory as another one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..tensor.memory import as_layout, extent, in_memory, overlaps, root_of, strides_of
from ..tensor.tensor import Tensor
from .dispatch import execute
from .parts import check_same_size
from .table import ROWS, composite, op
from .views import become

Ints = Sequence[int]

_STRIDED = (
    "size: int[], stride: int[], storage_offset: int = 0, layout: int[] | None = None, "
    "dtype: dtype | None = None"
)
_SAME = "size, stride, storage_offset, layout, dtype"


def _strided(
    array: np.ndarray, size: Ints, stride: Ints, offset: int, dtype: Any
) -> np.ndarray:
    kind = array.dtype if dtype is None else dtype
    item = kind.itemsize
    return in_memory(array, size, [s * item for s in stride], offset * item, kind)


@op(f"as_strided(input, {_STRIDED})", view=True, where="", lowering="view",
    derivative={"input": f"as_strided_backward(grad, input.shape, input.dtype, {_SAME})"})
def as_strided(
    input: np.ndarray, size: Ints, stride: Ints, offset: int, layout: Any, dtype: Any
) -> np.ndarray:
    """A view of the input's memory with any sizes and strides."""
    return _strided(as_layout(input, layout), size, stride, offset, dtype)


@op(f"strided_copy(input, {_STRIDED})", where="", lowering="gather",
    derivative={"input": f"as_strided_backward(grad, input.shape, input.dtype, {_SAME})"})
def strided_copy(
    input: np.ndarray, size: Ints, stride: Ints, offset: int, layout: Any, dtype: Any
) -> np.ndarray:
    """A copy of a strided part of the input's memory; zero where it reaches beyond the input."""
    steps = layout or strides_of(input.shape, input.itemsize)
    memory, first, _ = _memory_for(input.shape, steps, input.dtype, size, stride, offset, dtype)
    array = in_memory(memory, input.shape, steps, first)
    array[...] = input
    return _strided(array, size, stride, offset, dtype).copy()


@op(f"strided_clear(input, {_STRIDED})", where="", lowering="scatter",
    derivative={"input": f"strided_clear(grad, {_SAME})"})
def strided_clear(
    input: np.ndarray, size: Ints, stride: Ints, offset: int, layout: Any, dtype: Any
) -> np.ndarray:
    """A copy of the input with a strided part of its memory set to zero."""
    array = as_layout(input, layout, copy=True)
    _strided(array, size, stride, offset, dtype)[...] = 0
    return array


def _memory_for(
    shape: Ints, steps: Ints, whole: np.dtype, size: Ints, stride: Ints, offset: int, dtype: Any
) -> tuple[np.ndarray, int, int]:
    """Zeros that hold both an input and its strided part, and where in it, in bytes, they begin."""
    item = np.dtype(dtype or whole).itemsize
    start = offset * item
    end = max(
        extent(shape, steps) + whole.itemsize,
        start + extent(size, [s * item for s in stride]) + item,
    )
    first = max(0, -start)
    first += -first % whole.itemsize
    return np.zeros(-(-(first + end) // whole.itemsize), whole), first, first + start


@op(f"as_strided_backward(grad_output, shape: int[], input_dtype: dtype, {_STRIDED})",
    where="", lowering="scatter", derivative={"grad_output": f"strided_copy(grad, {_SAME})"})
def as_strided_backward(
    grad_output: np.ndarray, shape: Ints, input_dtype: Any, size: Ints, stride: Ints, offset: int,
    layout: Any, dtype: Any,
) -> np.ndarray:
    """The gradient of an input from that of its strided view: what shares a place adds up."""
    whole = getattr(input_dtype, "numpy", input_dtype)
    kind = np.dtype(dtype or whole)
    steps = layout or strides_of(shape, whole.itemsize)
    memory, first, start = _memory_for(shape, steps, whole, size, stride, offset, dtype)
    if overlaps(size, stride):
        parts = memory.view(kind)
        np.add.at(parts, _places(parts, size, stride, start // kind.itemsize), grad_output)
    else:
        in_memory(memory, size, [s * kind.itemsize for s in stride], start, kind)[...] = grad_output
    if overlaps(shape, steps):  # an element of the memory stands for several of the input
        count = np.zeros(memory.size, memory.dtype)
        units = [s // whole.itemsize for s in steps]
        np.add.at(count, _places(memory, shape, units, first // whole.itemsize), 1)
        memory /= np.maximum(count, 1)
    return in_memory(memory, shape, steps, first)


def _places(memory: np.ndarray, size: Ints, stride: Ints, start: int) -> np.ndarray:
    """The positions in a flat array that sizes and strides name."""
    numbers = np.arange(memory.size)
    return in_memory(numbers, size, [s * 8 for s in stride], start * 8)


@op(f"as_strided_scatter(input, src, {_STRIDED})", where="", lowering="scatter",
    derivative={"input": f"strided_clear(grad, {_SAME})", "src": f"strided_copy(grad, {_SAME})"})
def as_strided_scatter(
    input: np.ndarray, src: np.ndarray, size: Ints, stride: Ints, offset: int, layout: Any,
    dtype: Any,
) -> np.ndarray:
    """A copy of the input with ``src`` written into a strided part of its memory."""
    array = as_layout(input, layout, copy=True)
    _strided(array, size, stride, offset, dtype)[...] = src
    return array


def _strided_args(input: Tensor, size: Any, stride: Any, offset: int | None) -> tuple:
    """The arguments of the rows, with the offset counted from the input's first element."""
    size, stride = tuple(size), tuple(stride)
    if len(size) != len(stride):
        raise RuntimeError("mismatch in length of strides and shape")
    if any(s < 0 for s in stride):
        raise RuntimeError(
            "as_strided: Negative strides are not supported at the moment, got strides: "
            f"{list(stride)}"
        )
    if any(n < 0 for n in size):
        raise RuntimeError(
            f"Storage size calculation overflowed with sizes={list(size)} and "
            f"strides={list(stride)}"
        )
    array = input._data
    have = input.storage_offset()
    want = have if offset is None else offset
    if want < 0:
        raise RuntimeError(f"Tensor: invalid storage offset {want}")
    need = (want + extent(size, stride) + 1) * array.itemsize
    held = root_of(array).nbytes
    if 0 not in size and need > held:
        raise RuntimeError(
            f"setStorage: sizes {list(size)}, strides {list(stride)}, storage offset {want}, and "
            f"itemsize {array.itemsize} requiring a storage size of {need} are out of bounds for "
            f"storage of size {held}"
        )
    layout = None if array.flags.c_contiguous else array.strides
    return size, stride, want - have, layout, None


@composite(name="as_strided")
def as_strided_by_storage(
    input: Tensor, size: Ints, stride: Ints, storage_offset: int | None = None
) -> Tensor:
    """A view of the tensor's memory with any sizes, strides and offset, counted in elements.

    Gradients of elements that share a place in memory add up.
    """
    return execute(ROWS["as_strided"], (input, *_strided_args(input, size, stride, storage_offset)))


@composite()
def as_strided_(
    input: Tensor, size: Ints, stride: Ints, storage_offset: int | None = None
) -> Tensor:
    """Gives the tensor itself other sizes and strides on its memory."""
    args = _strided_args(input, size, stride, storage_offset)
    return become(input, ROWS["as_strided"], (input, *args))


@composite(name="as_strided_scatter")
def as_strided_scatter_by_storage(
    input: Tensor, src: Tensor, size: Ints, stride: Ints, storage_offset: int | None = None
) -> Tensor:
    """A copy of the tensor with ``src`` in a strided part of its memory."""
    args = _strided_args(input, size, stride, storage_offset)
    check_same_size(src, args[0])
    return execute(ROWS["as_strided_scatter"], (input, src, *args))
