"""Arrays as memory: views by strides, and the memory under an array."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .device import CPU

Ints = Sequence[int]


def root_of(array: np.ndarray) -> np.ndarray:
    """The array that owns the memory which another one views."""
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array


def address(array: np.ndarray) -> int:
    """Where an array's first element lies."""
    return array.__array_interface__["data"][0]


class _Memory:
    """Memory as NumPy's array interface describes it; keeps its owner alive."""

    def __init__(self, owner: np.ndarray, start: int, size: Ints, strides: Ints, item: int):
        self.owner = owner
        self.__array_interface__ = {
            "data": (start, not owner.flags.writeable), "shape": tuple(size),
            "strides": tuple(strides), "typestr": f"|V{item}", "version": 3,
        }  # fmt: skip


def in_memory(
    array: np.ndarray, size: Ints, strides: Ints, offset: int = 0, dtype: Any = None
) -> np.ndarray:
    """A view of the memory that an array lies in, with sizes and strides of its own.

    ``offset`` counts from the array's first element; it and the strides are in bytes. The caller
    sees to it that all elements lie within the memory.
    """
    kind = array.dtype if dtype is None else dtype
    if 0 in size:
        return np.empty(size, kind)
    root = root_of(array)
    start = offset if root is array else address(array) - address(root) + offset
    if not root.flags.c_contiguous:  # it may still fill its memory, in another order
        order = sorted(range(root.ndim), key=lambda d: -root.strides[d])
        root = root.transpose(order)
    if root.flags.c_contiguous:
        return np.ndarray(size, kind, root, start, strides)
    memory = _Memory(array, address(array) + offset, size, strides, kind.itemsize)
    return np.asarray(memory).view(kind)


def strides_of(shape: Ints, item: int) -> tuple[int, ...]:
    """The strides of a contiguous array, in units of ``item``."""
    out, step = [], item
    for n in reversed(shape):
        out.append(step)
        step *= max(n, 1)
    return tuple(reversed(out))


def overlaps(size: Ints, strides: Ints) -> bool:
    """Whether several elements may lie on one place; false for all usual views."""
    if 0 in size:
        return False
    reach = 0
    for step, n in sorted(zip(strides, size, strict=True)):
        if n == 1:
            continue
        if step <= reach:
            return True
        reach += (n - 1) * step
    return False


def extent(size: Ints, strides: Ints) -> int:
    """How far the last element lies behind the first."""
    if 0 in size:
        return 0
    return sum((n - 1) * s for n, s in zip(size, strides, strict=True))


def as_layout(array: np.ndarray, layout: Ints | None, copy: bool = False) -> np.ndarray:
    """The array with memory of the given strides in bytes (None: contiguous), copied if need be."""
    if layout is None:
        return array if array.flags.c_contiguous and not copy else array.copy()
    if not copy and array.strides == tuple(layout):
        return array
    item = array.itemsize
    memory = np.zeros(extent(array.shape, layout) // item + 1, array.dtype)
    out = in_memory(memory, array.shape, layout)
    out[...] = array
    return out


def check_writable(array: np.ndarray) -> None:
    """Refuses a write where several elements share a place in memory, as after ``expand``."""
    strides = array.strides
    if 0 in strides and array.size and any(
        not step and n > 1 for step, n in zip(strides, array.shape, strict=True)
    ):
        raise RuntimeError(
            "unsupported operation: more than one element of the written-to tensor refers to a "
            "single memory location. Please clone() the tensor before performing the operation."
        )


def dense(array: np.ndarray) -> bool:
    """Whether the elements fill their memory without gaps, each at a place of its own."""
    if array.flags.c_contiguous or array.flags.f_contiguous:
        return True
    expected = array.itemsize
    for step, n in sorted(zip(array.strides, array.shape, strict=True)):
        if n == 1:
            continue
        if step != expected:
            return False
        expected *= n
    return True


def refuse_overlap(target: np.ndarray, source: np.ndarray) -> None:
    """Refuses a write into memory of which another part, or another order, is still to be read.

    As in PyTorch, arrays with gaps in their memory are not looked at.
    """
    start, other = address(target), address(source)
    end, other_end = start + target.nbytes, other + source.nbytes
    if start >= other_end or other >= end or not (dense(target) and dense(source)):
        return
    if (start, end) == (other, other_end) and _same_steps(target, source):
        return
    raise RuntimeError(
        "unsupported operation: some elements of the input tensor and the written-to tensor refer "
        "to a single memory location. Please clone() the tensor before performing the operation."
    )


def _same_steps(a: np.ndarray, b: np.ndarray) -> bool:
    contiguous = a.flags.c_contiguous and b.flags.c_contiguous
    return (a.shape == b.shape and contiguous) or a.strides == b.strides


class UntypedStorage:
    """The memory under a tensor, as far as programs ask for it."""

    def __init__(self, array: np.ndarray):
        self._root = root_of(array)
        self.device = CPU

    def data_ptr(self) -> int:
        """The address of the first byte."""
        return address(self._root)

    def nbytes(self) -> int:
        """The size in bytes."""
        return self._root.nbytes

    size = nbytes

    def __sizeof__(self) -> int:
        return super().__sizeof__() + self._root.nbytes

    def __len__(self) -> int:
        return self._root.nbytes

    def __eq__(self, other: object) -> bool:
        return isinstance(other, UntypedStorage) and self.data_ptr() == other.data_ptr()

    def __hash__(self) -> int:
        return self.data_ptr()
