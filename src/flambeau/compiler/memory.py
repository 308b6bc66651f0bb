"""Where a recorded program's numbers live: buffers, and views of them.

A buffer is one piece of memory: the memory of the array that owns it, which all views of that array
share. What eager execution did with views (transposing, slicing, expanding) is not recorded as
operations: the geometry of each tensor in its buffer says it all.
"""

from __future__ import annotations

import ctypes
import functools
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np

from ..backends.native.library import address as address_of

Array = np.ndarray
Shape = tuple[int, ...]


class Unsupported(Exception):
    """What cannot be recorded; the message says why, for the user."""


class Buffer:
    """A piece of memory of a recorded program.

    Attributes:
        root: the array that owns the memory; held, so that the address is not used again.
        born: the number of the call that made it, or None where it was there before.
        tensor: a weak reference to the first tensor on it that the program met.
        initial: its contents before the program first wrote into it, where that may matter.
        inside: whether the recorded function made it, of numbers and by no operator.
    """

    __slots__ = ("number", "root", "address", "nbytes", "born", "tensor", "initial", "inside",
                 "__weakref__")  # fmt: skip

    def __init__(self, number: int, nbytes: int, born: int | None):
        self.number, self.nbytes, self.born = number, nbytes, born
        self.root: Array | None = None
        self.address = 0
        self.tensor: weakref.ref | None = None
        self.initial: Array | None = None
        self.inside = False

    @classmethod
    def of(cls, number: int, root: Array, born: int | None, tensor: Any) -> Buffer:
        """The buffer of an array's memory."""
        low, high = np.lib.array_utils.byte_bounds(root)
        self = cls(number, high - low, born)
        self.root, self.address = root, low
        self.tensor = weakref.ref(tensor) if tensor is not None else None
        return self

    def __repr__(self) -> str:
        return f"b{self.number}"


class View:
    """Elements of a buffer: ``offset + sum(index * stride)``, all counted in elements."""

    __slots__ = ("buffer", "dtype", "offset", "shape", "strides", "_bounds")

    def __init__(self, buffer: Buffer, dtype: np.dtype, offset: int, shape: Shape, strides: Shape):
        self.buffer, self.dtype = buffer, dtype
        self.offset, self.shape, self.strides = offset, shape, strides
        self._bounds: tuple[int, int] | None = None

    @property
    def size(self) -> int:
        n = 1
        for s in self.shape:
            n *= s
        return n

    @property
    def key(self) -> tuple:
        return self.buffer.number, self.dtype.char, self.offset, self.shape, self.strides

    def bounds(self) -> tuple[int, int]:
        """The bytes of the buffer from which the elements come: [first, last)."""
        if self._bounds is None:
            self._bounds = self._found_bounds()
        return self._bounds

    def _found_bounds(self) -> tuple[int, int]:
        low = high = self.offset
        if not self.size:
            return 0, 0
        for n, s in zip(self.shape, self.strides, strict=True):
            if s < 0:
                low += (n - 1) * s
            else:
                high += (n - 1) * s
        item = self.dtype.itemsize
        return low * item, (high + 1) * item

    def is_contiguous(self) -> bool:
        expected = 1
        for n, s in zip(reversed(self.shape), reversed(self.strides), strict=True):
            if n != 1 and s != expected:
                return False
            expected *= n
        return True

    def covers(self) -> bool:
        """Whether the elements are all of the buffer's, each of them once."""
        low, high = self.bounds()
        dense = self.size * self.dtype.itemsize
        return (low, high) == (0, self.buffer.nbytes) and dense == self.buffer.nbytes

    def is_whole(self) -> bool:
        """Whether the elements are all of the buffer's, in its order."""
        return self.is_contiguous() and self.covers()

    def same_place(self, other: View) -> bool:
        """Whether both name the same elements in the same order."""
        if self.buffer is not other.buffer or self.offset != other.offset:
            return False
        if self.dtype != other.dtype or self.shape != other.shape:
            return False
        return all(
            n == 1 or a == b
            for n, a, b in zip(self.shape, self.strides, other.strides, strict=True)
        )

    def overlaps(self, other: View) -> bool:
        """Whether the two may have elements in common."""
        if self.buffer is not other.buffer:
            return False
        a, b = self.bounds(), other.bounds()
        return a[0] < b[1] and b[0] < a[1] and not self.beside(other)

    def beside(self, other: View) -> bool:
        """Whether the two are side by side, as two groups of a matrix's columns are.

        Then there is a step such that each lies in a band of its own of every step's elements.
        """
        if self.dtype.itemsize != other.dtype.itemsize:
            return False
        if min((*self.strides, *other.strides), default=0) < 0:
            return False
        for step in {s for n, s in zip(self.shape, self.strides, strict=True) if n > 1 and s > 1}:
            a, b = self._band(step), other._band(step)
            if max(a[1], b[1]) <= step and (a[1] <= b[0] or b[1] <= a[0]):
                return True
        return False

    def _band(self, step: int) -> Shape:
        """From where to where the elements lie in each ``step`` elements of the buffer."""
        sizes = zip(self.shape, self.strides, strict=True)
        first = self.offset % step
        return first, first + 1 + sum((n - 1) * s for n, s in sizes if s % step)

    def as_shape(self, shape: Shape) -> View:
        """The same elements, broadcast to a shape."""
        extra = len(shape) - len(self.shape)
        strides = [0] * extra
        for n, s, want in zip(self.shape, self.strides, shape[extra:], strict=True):
            strides.append(0 if n == 1 and want != 1 else s)
        return View(self.buffer, self.dtype, self.offset, shape, tuple(strides))

    def reshaped(self, shape: Shape) -> View:
        """A contiguous view in another shape."""
        if not self.is_contiguous():
            raise Unsupported(f"{self} is not contiguous")
        return View(self.buffer, self.dtype, self.offset, shape, contiguous_strides(shape))

    def __repr__(self) -> str:
        name = f"{self.dtype.name}{list(self.shape)}"
        place = f"+{self.offset}" if self.offset else ""
        odd = "" if self.is_contiguous() else f" strides {list(self.strides)}"
        return f"{self.buffer!r}{place}: {name}{odd}"


def contiguous_strides(shape: Shape) -> Shape:
    """The strides of a dense array in C order."""
    strides, step = [], 1
    for n in reversed(shape):
        strides.append(step)
        step *= n
    return tuple(reversed(strides))


class _At:
    """An address that NumPy takes for an array."""

    __slots__ = ("__array_interface__", "keep")

    def __init__(self, interface: dict, keep: Any):
        self.__array_interface__, self.keep = interface, keep


def array_at(address: int, dtype: np.dtype, shape: Shape, strides: Shape, keep: Any) -> Array:
    """The array at an address; ``strides`` in elements. ``keep`` lives as long as the array."""
    item = dtype.itemsize
    interface = {
        "data": (address, False), "shape": shape, "version": 3,
        "strides": tuple([s * item for s in strides]),
        "typestr": dtype.str if dtype.kind != "V" else f"|V{item}",
    }  # fmt: skip
    if not all(shape):
        return np.empty(shape, dtype)
    array = np.asarray(_At(interface, keep))
    return array if array.dtype == dtype else array.view(dtype)


def part_of(view: View, key: Any) -> View:
    """The part of a view that a basic indexing key names."""
    item = view.dtype.itemsize
    if isinstance(key, tuple) and not any(k is ... for k in key):
        key = (*key, ...)  # a single element stays an array
    strides = tuple([s * item for s in view.strides])
    model = np.lib.stride_tricks.as_strided(np.empty(1, view.dtype), view.shape, strides)
    part = model[key]
    moved = (address_of(part) - address_of(model)) // item if part.size else 0
    steps = tuple([s // item for s in part.strides])
    return View(view.buffer, view.dtype, view.offset + moved, part.shape, steps)


@functools.cache
def _trim() -> Callable[[int], Any] | None:
    try:
        return ctypes.CDLL(None).malloc_trim  # glibc's
    except (OSError, AttributeError, TypeError):
        return None


def give_back() -> None:
    """Gives memory that was freed and that the C library keeps back to the system, if it can."""
    trim = _trim()
    if trim is not None:
        trim(0)
