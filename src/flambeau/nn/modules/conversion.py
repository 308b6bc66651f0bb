"""Conversion: a module's parameters and buffers in another dtype or on another device, in place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import flambeau

from ...tensor.tensor import Tensor
from ..parameter import Parameter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Self


class ConversionMixin:
    """The part of `Module` that converts parameters and buffers."""

    _parameters: dict[str, Parameter | None]
    _buffers: dict[str, Tensor | None]

    if TYPE_CHECKING:

        def children(self) -> Iterator[ConversionMixin]: ...

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> Self:
        """Replaces the value of every parameter, gradient and buffer by what `fn` makes of it.

        Parameters stay the same objects, so that optimizers which hold them keep working.
        """
        if recurse:
            for module in self.children():
                module._apply(fn)
        for param in self._parameters.values():
            if param is None:
                continue
            gradient = param.grad
            with flambeau.no_grad():
                param.data = fn(param)
                if gradient is not None:
                    # The old gradient may no longer fit the parameter, and the check would refuse.
                    param.grad = None
                    wanted = gradient.requires_grad
                    param.grad = fn(gradient).requires_grad_(wanted)
        for name, buffer in self._buffers.items():
            if buffer is not None:
                self._buffers[name] = fn(buffer)
        return self

    def to(self, *args: Any, **kwargs: Any) -> Self:
        """Converts parameters and buffers in place: `to(device)`, `to(dtype)`, `to(tensor)`, or
        both device and dtype.

        Only floating-point and complex tensors change their dtype. Raises TypeError where the
        dtype wanted is neither.
        """
        device, dtype = _parse_to(*args, **kwargs)
        if dtype is not None and not (dtype.is_floating_point or dtype.is_complex):
            raise TypeError(
                "nn.Module.to only accepts floating point or complex dtypes, but got desired "
                f"dtype={dtype}"
            )

        def convert(tensor: Tensor) -> Tensor:
            change = tensor.is_floating_point() or tensor.is_complex()
            wanted = dtype if change and dtype is not None else tensor.dtype
            return tensor.to(tensor.device if device is None else device, wanted)

        return self._apply(convert)

    def to_empty(self, *, device: Any, recurse: bool = True) -> Self:
        """Moves parameters and buffers to a device without copying their values."""
        return self._apply(
            lambda tensor: flambeau.empty_like(tensor, device=device), recurse=recurse
        )

    def type(self, dst_type: Any) -> Self:
        """Converts all parameters and buffers to a dtype."""
        return self._apply(lambda tensor: tensor.type(dst_type))

    def _to_floating(self, dtype: Any) -> Self:
        return self._apply(lambda t: t.to(dtype) if t.is_floating_point() else t)

    def float(self) -> Self:
        """Converts all floating-point parameters and buffers to float32."""
        return self._to_floating(flambeau.float32)

    def double(self) -> Self:
        """Converts all floating-point parameters and buffers to float64."""
        return self._to_floating(flambeau.float64)

    def half(self) -> Self:
        """Converts all floating-point parameters and buffers to float16."""
        return self._to_floating(flambeau.float16)

    def bfloat16(self) -> Self:
        """Converts all floating-point parameters and buffers to bfloat16."""
        return self._to_floating(flambeau.bfloat16)

    def cpu(self) -> Self:
        """Moves all parameters and buffers to the CPU."""
        return self._apply(lambda tensor: tensor.cpu())

    def cuda(self, device: Any = None) -> Self:
        """Moves all parameters and buffers to a GPU."""
        return self._apply(lambda tensor: tensor.cuda(device))

    def share_memory(self) -> Self:
        """Nothing to do: here tensors reach other processes by being sent."""
        return self


def _parse_to(*args: Any, **kwargs: Any) -> tuple[Any, Any]:
    """(device, dtype) of the forms that `to` takes; None where one is not given."""
    if args and isinstance(args[0], Tensor):
        return args[0].device, args[0].dtype
    if "tensor" in kwargs:
        return kwargs["tensor"].device, kwargs["tensor"].dtype
    values = list(args)
    device, dtype = kwargs.get("device"), kwargs.get("dtype")
    if values and not isinstance(values[0], (flambeau.dtype, bool)):
        device = values.pop(0)
    if values and isinstance(values[0], flambeau.dtype):
        dtype = values.pop(0)
    return (None if device is None else flambeau.device(device)), dtype
