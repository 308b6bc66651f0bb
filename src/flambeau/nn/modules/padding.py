"""Padding: layers that put values around their input."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import functional as F
from ..functional.sizes import ntuple
from .module import Module

if TYPE_CHECKING:
    from ...tensor.tensor import Tensor


class _Pad(Module):
    """What all kinds share.

    Args:
        padding: how much to add at each side, one number or (left, right, top, bottom, front, back)
            as far as there are dimensions; negative numbers cut off
    """

    dimensions: int
    mode: str

    def __init__(self, padding: Any) -> None:
        super().__init__()
        self.padding = ntuple(padding, 2 * self.dimensions)

    def forward(self, input: Tensor) -> Tensor:
        return F.pad(input, self.padding, self.mode)

    def extra_repr(self) -> str:
        return f"{self.padding}"


class _ConstantPadNd(_Pad):
    """Pads with one value."""

    mode = "constant"

    def __init__(self, padding: Any, value: float) -> None:
        super().__init__(padding)
        self.value = value

    def forward(self, input: Tensor) -> Tensor:
        return F.pad(input, self.padding, "constant", self.value)

    def extra_repr(self) -> str:
        return f"padding={self.padding}, value={self.value}"


class ConstantPad1d(_ConstantPadNd):
    """Pads the last dimension with one value."""

    dimensions = 1


class ConstantPad2d(_ConstantPadNd):
    """Pads the last two dimensions with one value."""

    dimensions = 2


class ConstantPad3d(_ConstantPadNd):
    """Pads the last three dimensions with one value."""

    dimensions = 3


class ZeroPad1d(ConstantPad1d):
    """Pads the last dimension with zeros."""

    def __init__(self, padding: Any) -> None:
        super().__init__(padding, 0.0)

    def extra_repr(self) -> str:
        return f"{self.padding}"


class ZeroPad2d(ConstantPad2d):
    """Pads the last two dimensions with zeros."""

    def __init__(self, padding: Any) -> None:
        super().__init__(padding, 0.0)

    def extra_repr(self) -> str:
        return f"{self.padding}"


class ZeroPad3d(ConstantPad3d):
    """Pads the last three dimensions with zeros."""

    def __init__(self, padding: Any) -> None:
        super().__init__(padding, 0.0)

    def extra_repr(self) -> str:
        return f"{self.padding}"


class _ReflectionPadNd(_Pad):
    """Pads with the input mirrored at its border, the border itself not repeated."""

    mode = "reflect"


class ReflectionPad1d(_ReflectionPadNd):
    """Pads the last dimension with its mirror image."""

    dimensions = 1


class ReflectionPad2d(_ReflectionPadNd):
    """Pads the last two dimensions with their mirror image."""

    dimensions = 2


class ReflectionPad3d(_ReflectionPadNd):
    """Pads the last three dimensions with their mirror image."""

    dimensions = 3


class _ReplicationPadNd(_Pad):
    """Pads with the border's value."""

    mode = "replicate"


class ReplicationPad1d(_ReplicationPadNd):
    """Pads the last dimension with its border."""

    dimensions = 1


class ReplicationPad2d(_ReplicationPadNd):
    """Pads the last two dimensions with their border."""

    dimensions = 2


class ReplicationPad3d(_ReplicationPadNd):
    """Pads the last three dimensions with their border."""

    dimensions = 3


class _CircularPadNd(_Pad):
    """Pads with the other end of the input, as if it were a ring."""

    mode = "circular"

    def forward(self, input: Tensor) -> Tensor:
        n = self.dimensions
        if input.dim() not in (n + 1, n + 2):
            raise ValueError(f"expected {n + 1}D or {n + 2}D input (got {input.dim()}D input)")
        return super().forward(input)


class CircularPad1d(_CircularPadNd):
    """Pads the last dimension as a ring."""

    dimensions = 1


class CircularPad2d(_CircularPadNd):
    """Pads the last two dimensions as rings."""

    dimensions = 2


class CircularPad3d(_CircularPadNd):
    """Pads the last three dimensions as rings."""

    dimensions = 3
