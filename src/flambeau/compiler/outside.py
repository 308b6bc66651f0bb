"""What of a program lies outside of it: tensors that it works on, results, gradients."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autograd.graph import FREED, next_sequence
from ..autograd.graph import Node as History
from ..tensor.tensor import Tensor, wrap
from .memory import Array, Buffer, View, address_of, array_at


class External:
    """Memory from outside: a tensor whose array a slot points to.

    ``argument`` is its place among the call's arguments, or None; ``leaf`` the tensor whose
    gradient it is, or None.
    """

    __slots__ = ("buffer", "slot", "tensor", "array", "view", "argument", "leaf", "written")

    def __init__(self, buffer: Buffer, slot: int, tensor: Tensor | None, view: View | None):
        self.buffer, self.slot, self.tensor, self.view = buffer, slot, tensor, view
        self.array: Any = tensor._data if tensor is not None else buffer.root
        self.argument: int | None = None
        self.leaf: Tensor | None = None
        self.written = False

    def pointer(self, array: Array) -> int:
        if self.view is None:
            return self.buffer.address
        return address_of(array) - self.view.offset * self.view.dtype.itemsize

    def fits(self, array: Array) -> bool:
        """Whether another array may stand in the recorded one's place."""
        old = self.array
        return (
            array.dtype == old.dtype and array.shape == old.shape and array.strides == old.strides
        )


class Result:
    """Something new that a call gives: how to make its memory and its tensor."""

    __slots__ = ("view", "slot", "plain")

    def __init__(self, view: View, slot: int):
        self.view, self.slot = view, slot
        self.plain = view.is_contiguous() and view.covers()

    def make(self, slots: Any) -> tuple[Tensor, Array]:
        """A new tensor, whose memory the slot then points to."""
        view = self.view
        if self.plain:
            array = root = np.empty(view.shape, view.dtype)
        else:
            root = np.empty(max(view.buffer.nbytes, 1), np.uint8)
            at = address_of(root) + view.offset * view.dtype.itemsize
            array = array_at(at, view.dtype, view.shape, view.strides, root)
        slots[self.slot] = address_of(root)
        return wrap(array), root


class Gradient:
    """A leaf's gradient after the call: a tensor of the program's, or None."""

    __slots__ = ("leaf", "result", "tensor", "external")

    def __init__(self, leaf: Tensor, result: Result | None, external: Tensor | None):
        self.leaf, self.result, self.external = leaf, result, external
        self.tensor: Tensor | None = None


class Spent(History):
    """The end of a history that was followed back and freed within a call."""

    args = None

    def __init__(self, tensor: Tensor):
        self.metas = ((tensor._data.shape, tensor._data.dtype),)
        self.sequence = next_sequence()

    def apply(self, grads: list, create_graph: bool) -> list:
        raise RuntimeError(FREED)

    def release(self) -> None:
        """Nothing is kept."""


def spent(tensor: Tensor) -> Spent:
    """What stands for the history of a recorded call's result, under the same name."""
    return type(type(tensor._node).__name__, (Spent,), {})(tensor)


class Outside:
    """A result that existed before the call: the tensor itself, or a view of it."""

    __slots__ = ("external", "fixed", "view")

    def __init__(self, external: External | None, fixed: Tensor | None, view: View):
        self.external, self.fixed, self.view = external, fixed, view

    def tensor(self) -> Tensor:
        if self.external is None or self.external.tensor is None:
            assert self.fixed is not None
            return self.fixed
        if self.fixed is None:
            return self.external.tensor
        e, view = self.external, self.view
        assert e.array is not None
        at = e.pointer(e.array) + view.offset * view.dtype.itemsize
        return wrap(array_at(at, view.dtype, view.shape, view.strides, e.array))
