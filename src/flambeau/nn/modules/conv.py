"""Convolutions, and their transposes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import flambeau

from .. import functional as F
from .. import init
from ..functional.sizes import ntuple
from ..parameter import Parameter
from .linear import _bias_bound
from .module import Module

if TYPE_CHECKING:
    from ...tensor.tensor import Tensor

PADDING_MODES = ("zeros", "reflect", "replicate", "circular")
PADDING_WORDS = ("same", "valid")


class _ConvNd(Module):
    """What all convolutions share: settings, weight and bias.

    Args:
        in_channels: channels of the input
        out_channels: channels of the output
        kernel_size: size of the window, one number or one for each dimension
        stride: steps of the window
        padding: how much to add at each side; "same" keeps the size, "valid" adds nothing
        dilation: steps between the window's elements
        groups: into how many groups the channels fall that do not see each other
        bias: whether a bias is learnt, or left out
        padding_mode: "zeros", "reflect", "replicate" or "circular"

    Shapes: input (N, in_channels, *) or (in_channels, *), output (N, out_channels, *); weight
    (out_channels, in_channels / groups, *kernel_size), bias (out_channels). Initial values are
    uniform in [-1/sqrt(k), 1/sqrt(k)), k = in_channels / groups * product(kernel_size).
    """

    dimensions: int
    transposed = False
    weight: Any
    bias: Any

    def _setup(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any,
        padding: Any,
        dilation: Any,
        output_padding: Any,
        groups: int,
        bias: bool,
        padding_mode: str,
        device: Any,
        dtype: Any,
    ) -> None:
        n = self.dimensions
        if groups <= 0:
            raise ValueError("groups must be a positive integer")
        if in_channels % groups != 0:
            raise ValueError("in_channels must be divisible by groups")
        if out_channels % groups != 0:
            raise ValueError("out_channels must be divisible by groups")
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.kernel_size = ntuple(kernel_size, n)
        self.stride = ntuple(stride, n)
        self.padding = padding if isinstance(padding, str) else ntuple(padding, n)
        self.dilation = ntuple(dilation, n)
        self.output_padding = ntuple(output_padding, n)
        self.groups = groups
        self.padding_mode = padding_mode
        self._check_padding()
        self._reversed_padding_repeated_twice = self._both_sides()
        factory: dict[str, Any] = {"device": device, "dtype": dtype}
        self.weight = Parameter(flambeau.empty(self._weight_shape(), **factory))
        if bias:
            self.bias = Parameter(flambeau.empty(out_channels, **factory))
        else:
            self.register_parameter("bias", None)
        self.reset_parameters()

    def _weight_shape(self) -> tuple[int, ...]:
        first, second = self.out_channels, self.in_channels
        if self.transposed:
            first, second = second, first
        return (first, second // self.groups, *self.kernel_size)

    def _check_padding(self) -> None:
        if isinstance(self.padding, str):
            if self.padding not in PADDING_WORDS:
                raise ValueError(
                    f"Invalid padding string {self.padding!r}, should be one of "
                    f"{set(PADDING_WORDS)}"
                )
            if self.padding == "same" and any(step != 1 for step in self.stride):
                raise ValueError("padding='same' is not supported for strided convolutions")
        if self.padding_mode not in PADDING_MODES:
            raise ValueError(
                f"padding_mode must be one of {set(PADDING_MODES)}, but got "
                f"padding_mode='{self.padding_mode}'"
            )

    def _both_sides(self) -> list[int]:
        """What `F.pad` is to add, last dimension first, where the mode is not "zeros"."""
        sides: list[int] = []
        for i in reversed(range(self.dimensions)):
            if self.padding == "same":
                total = self.dilation[i] * (self.kernel_size[i] - 1)
                sides += [total // 2, total - total // 2]
            elif self.padding == "valid":
                sides += [0, 0]
            else:
                sides += [int(self.padding[i])] * 2
        return sides

    def reset_parameters(self) -> None:
        """Draws new initial values."""
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        if self.bias is not None:
            bound = _bias_bound(self.weight)
            if bound:
                init.uniform_(self.bias, -bound, bound)

    def _padded(self, input: Tensor) -> tuple[Tensor, Any]:
        """The input, and the padding that the operator still has to add."""
        if self.padding_mode == "zeros":
            return input, self.padding
        sides = self._reversed_padding_repeated_twice
        return F.pad(input, sides, mode=self.padding_mode), (0,) * self.dimensions

    def extra_repr(self) -> str:
        n = self.dimensions
        shown = [
            f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}",
            f"stride={self.stride}",
        ]
        if self.padding != (0,) * n:
            shown.append(f"padding={self.padding}")
        if self.dilation != (1,) * n:
            shown.append(f"dilation={self.dilation}")
        if self.output_padding != (0,) * n:
            shown.append(f"output_padding={self.output_padding}")
        if self.groups != 1:
            shown.append(f"groups={self.groups}")
        if self.bias is None:
            shown.append("bias=False")
        if self.padding_mode != "zeros":
            shown.append(f"padding_mode={self.padding_mode}")
        return ", ".join(shown)

    def _expects(self, input: Tensor) -> str:
        c, n = self.in_channels, self.dimensions
        sizes = ", ".join("LHWDHW"[{1: 0, 2: 1, 3: 3}[n] :][:n])
        text = f"expected [N, {c}, {sizes}] or [{c}, {sizes}]"
        if input.dim() == n + 2 and input.shape[1] != c and input.shape[-1] == c:
            order = (0, n + 1, *range(1, n + 1))
            text += f"; the channels seem to be last: x.permute{order} puts them second"
        elif c == 1 and input.dim() == n + 1 and input.shape[0] != 1:
            text += "; x.unsqueeze(1) adds the channel dimension to a batch"
        return text


class _Conv(_ConvNd):
    """A convolution that is not transposed."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self._setup(
            in_channels,
            out_channels,
            kernel_size,
            stride,
            padding,
            dilation,
            0,
            groups,
            bias,
            padding_mode,
            device,
            dtype,
        )


class Conv1d(_Conv):
    """A convolution over a sequence: input (N, C, L). Arguments as in `_ConvNd`."""

    dimensions = 1

    def forward(self, input: Tensor) -> Tensor:
        input, padding = self._padded(input)
        return F.conv1d(
            input, self.weight, self.bias, self.stride, padding, self.dilation, self.groups
        )


class Conv2d(_Conv):
    """A convolution over a picture: input (N, C, H, W). Arguments as in `_ConvNd`."""

    dimensions = 2

    def forward(self, input: Tensor) -> Tensor:
        input, padding = self._padded(input)
        return F.conv2d(
            input, self.weight, self.bias, self.stride, padding, self.dilation, self.groups
        )


class Conv3d(_Conv):
    """A convolution over a volume: input (N, C, D, H, W). Arguments as in `_ConvNd`."""

    dimensions = 3

    def forward(self, input: Tensor) -> Tensor:
        input, padding = self._padded(input)
        return F.conv3d(
            input, self.weight, self.bias, self.stride, padding, self.dilation, self.groups
        )


class _ConvTransposeNd(_ConvNd):
    """A transposed convolution: the gradient of a convolution with respect to its input.

    `output_padding` is added to one side of the output, to choose among the input sizes that a
    strided convolution maps to the same size. `weight` is (in_channels, out_channels / groups,
    *kernel_size). Only `padding_mode` "zeros" is allowed.
    """

    transposed = True

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any = 1,
        padding: Any = 0,
        output_padding: Any = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Any = 1,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        if padding_mode != "zeros":
            raise ValueError(f'Only "zeros" padding mode is supported for {type(self).__name__}')
        super().__init__()
        self._setup(
            in_channels,
            out_channels,
            kernel_size,
            stride,
            padding,
            dilation,
            output_padding,
            groups,
            bias,
            padding_mode,
            device,
            dtype,
        )

    def _output_padding(self, input: Tensor, output_size: list[int] | None) -> tuple[int, ...]:
        """The output padding that gives a wanted output size, or the layer's own."""
        n = self.dimensions
        if output_size is None:
            return self.output_padding
        has_batch = input.dim() == n + 2
        leading = 2 if has_batch else 1
        size = list(output_size)
        if len(size) == leading + n:
            size = size[leading:]
        if len(size) != n:
            raise ValueError(
                f"ConvTranspose{n}D: for {input.dim()}D input, output_size must have {n} "
                f"or {leading + n} elements (got {len(output_size)})"
            )
        smallest = [
            (input.size(leading + i) - 1) * self.stride[i]
            - 2 * self.padding[i]
            + self.dilation[i] * (self.kernel_size[i] - 1)
            + 1
            for i in range(n)
        ]
        largest = [smallest[i] + self.stride[i] - 1 for i in range(n)]
        if any(not a <= wanted <= b for a, wanted, b in zip(smallest, size, largest, strict=True)):
            raise ValueError(
                f"requested an output size of {output_size}, but valid sizes range from "
                f"{smallest} to {largest} (for an input of {input.size()[2:]})"
            )
        return tuple(wanted - a for wanted, a in zip(size, smallest, strict=True))


class ConvTranspose1d(_ConvTransposeNd):
    """A transposed convolution over a sequence: input (N, C, L). Arguments as in `_ConvNd`."""

    dimensions = 1

    def forward(self, input: Tensor, output_size: list[int] | None = None) -> Tensor:
        return F.conv_transpose1d(
            input,
            self.weight,
            self.bias,
            self.stride,
            self.padding,
            self._output_padding(input, output_size),
            self.groups,
            self.dilation,
        )


class ConvTranspose2d(_ConvTransposeNd):
    """A transposed convolution over a picture: input (N, C, H, W). Arguments as in `_ConvNd`."""

    dimensions = 2

    def forward(self, input: Tensor, output_size: list[int] | None = None) -> Tensor:
        return F.conv_transpose2d(
            input,
            self.weight,
            self.bias,
            self.stride,
            self.padding,
            self._output_padding(input, output_size),
            self.groups,
            self.dilation,
        )


class ConvTranspose3d(_ConvTransposeNd):
    """A transposed convolution over a volume: input (N, C, D, H, W). Arguments as in `_ConvNd`."""

    dimensions = 3

    def forward(self, input: Tensor, output_size: list[int] | None = None) -> Tensor:
        return F.conv_transpose3d(
            input,
            self.weight,
            self.bias,
            self.stride,
            self.padding,
            self._output_padding(input, output_size),
            self.groups,
            self.dilation,
        )
