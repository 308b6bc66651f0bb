"""Windows of pictures as columns and back, and pooling over windows at random places."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import flambeau

from .rows import ops
from .sizes import ntuple

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ...tensor.tensor import Tensor

Pair = tuple[int, int]


# ---------------------------------------------------------------------- columns


def _pairs(**settings: Any) -> list[Pair]:
    """Window settings as (height, width), checked."""
    lowest = {"padding": 0}
    pairs = []
    for name, value in settings.items():
        pair = ntuple(value, 2)
        if len(pair) != 2:
            raise RuntimeError(f"It is expected {name} equals to 2, but got size {len(pair)}")
        if min(pair) < lowest.get(name, 1):
            h, w = pair
            word, label = _WORDS[name]
            raise RuntimeError(f"{word}, but got {label}_height: {h} {label}_width: {w}")
        pairs.append(pair)
    return pairs


_WORDS = {
    "kernel_size": ("kernel size should be greater than zero", "kernel"),
    "dilation": ("dilation should be greater than zero", "dilation"),
    "padding": ("padding should be non-negative", "pad"),
    "stride": ("stride should be greater than zero", "stride"),
}


def _blocks(size: Pair, kernel: Pair, dilation: Pair, padding: Pair, stride: Pair) -> Pair:
    """How many windows there are along each dimension."""
    h, w = (
        (size[i] + 2 * padding[i] - dilation[i] * (kernel[i] - 1) - 1) // stride[i] + 1
        for i in range(2)
    )
    return h, w


def _places(width: int, blocks: Pair, kernel: Pair, dilation: Pair, stride: Pair) -> Tensor:
    """Where in the flattened, padded picture each window's elements lie: kernel by kernel place."""
    along = [
        flambeau.arange(kernel[i])[:, None] * dilation[i]
        + flambeau.arange(blocks[i])[None, :] * stride[i]
        for i in range(2)
    ]
    rows = along[0][:, None, :, None]  # (kernel height, 1, blocks down, 1)
    columns = along[1][None, :, None, :]  # (1, kernel width, 1, blocks across)
    return (rows * width + columns).flatten()


def unfold(
    input: Tensor, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1
) -> Tensor:
    """(N, C, H, W) to (N, C * kernel elements, L): each of the L windows as a column."""
    kernel, spread, edge, step = _pairs(
        kernel_size=kernel_size, dilation=dilation, padding=padding, stride=stride
    )
    if input.dim() not in (3, 4) or 0 in input.shape[-3:]:
        raise RuntimeError(
            "Expected 3D or 4D (batch mode) tensor with possibly 0 batch size and other non-zero "
            f"dimensions for input, but got: {list(input.shape)}"
        )
    h, w = input.shape[-2:]
    blocks = _blocks((h, w), kernel, spread, edge, step)
    if min(blocks) < 1:
        raise RuntimeError(
            f"Given input with spatial size {(h, w)}, kernel_size={kernel}, dilation={spread}, "
            f"padding={edge}, calculated shape of the array of sliding blocks as {blocks}, but "
            "its components must be at least one."
        )
    if any(edge):
        input = ops.pad(input, (edge[1], edge[1], edge[0], edge[0]))
    places = _places(w + 2 * edge[1], blocks, kernel, spread, step)
    taken = input.flatten(-2).index_select(-1, places)
    channels = input.size(-3) * math.prod(kernel)
    return taken.reshape(*input.shape[:-3], channels, math.prod(blocks))


def fold(
    input: Tensor,
    output_size: Any,
    kernel_size: Any,
    dilation: Any = 1,
    padding: Any = 0,
    stride: Any = 1,
) -> Tensor:
    """(N, C * kernel elements, L) to (N, C, *output_size): columns become windows again, which
    add up where they overlap."""
    kernel, spread, edge, step = _pairs(
        kernel_size=kernel_size, dilation=dilation, padding=padding, stride=stride
    )
    h, w = ntuple(output_size, 2)
    if input.dim() not in (2, 3) or 0 in input.shape[-2:]:
        raise RuntimeError(
            "Expected 2D or 3D (batch mode) tensor for input with possibly 0 batch size and "
            f"non-zero dimensions for input, but got: {list(input.shape)}"
        )
    *batch, rows, columns = input.shape
    if rows % math.prod(kernel):
        raise RuntimeError(
            "Expected size of input's dimension 1 to be divisible by the product of kernel_size, "
            f"but got input.size(1)={rows} and kernel_size={kernel}."
        )
    blocks = _blocks((h, w), kernel, spread, edge, step)
    if math.prod(blocks) != columns or min(blocks) < 1:
        raise RuntimeError(
            f"Given output_size={(h, w)}, kernel_size={kernel}, dilation={spread}, "
            f"padding={edge}, stride={step}, expected size of input's dimension 2 to match the "
            f"calculated number of sliding blocks {blocks[0]} * {blocks[1]} = "
            f"{math.prod(blocks)}, but got input.size(2)={columns}."
        )
    channels = rows // math.prod(kernel)
    high, wide = h + 2 * edge[0], w + 2 * edge[1]
    places = _places(wide, blocks, kernel, spread, step)
    empty = flambeau.zeros((*batch, channels, high * wide), dtype=input.dtype)
    summed = empty.index_add(-1, places, input.reshape(*batch, channels, -1))
    whole = summed.reshape(*batch, channels, high, wide)
    return whole[..., edge[0] : edge[0] + h, edge[1] : edge[1] + w]


# ---------------------------------------------------------------------- fractional pooling


def _starts(samples: Tensor, size: int, output: int, kernel: int) -> Tensor:
    """(N, C, output): where windows begin, at uneven steps that a number in [0, 1) decides."""
    last = flambeau.full((*samples.shape, 1), size - kernel)
    if output == 1:
        return last
    alpha = flambeau.tensor(float(size - kernel), dtype=samples.dtype) / (output - 1)
    u = samples.unsqueeze(-1)
    steps = flambeau.arange(output - 1, dtype=samples.dtype)
    uneven = ((steps + u) * alpha).long() - (u * alpha).long()
    return flambeau.cat((uneven, last), -1)


def _window_places(
    samples: Tensor, sizes: Sequence[int], outputs: Sequence[int], kernels: Sequence[int]
) -> Tensor:
    """(N, C, windows, kernel elements): places in the flattened input."""
    n = len(sizes)
    places: Any = 0
    for i in range(n):
        # PyTorch draws for the width first where there are two dimensions.
        drawn = samples[..., n - 1 - i if n == 2 else i]
        starts = _starts(drawn, sizes[i], outputs[i], kernels[i])
        steps = starts.unsqueeze(-1) + flambeau.arange(kernels[i])
        shape = [1] * (2 * n)
        shape[i], shape[n + i] = outputs[i], kernels[i]
        places = places * sizes[i] + steps.reshape(*drawn.shape, *shape)
    return places.reshape(*samples.shape[:2], math.prod(outputs), math.prod(kernels))


_AXES = {2: ("height", "width"), 3: ("time", "height", "width")}


def _fractional_max_pool(n: int) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """`fractional_max_pool{n}d_with_indices` and `fractional_max_pool{n}d`."""
    name = f"fractional_max_pool{n}d"

    def with_indices(
        input: Tensor,
        kernel_size: Any,
        output_size: Any = None,
        output_ratio: Any = None,
        return_indices: bool = False,
        _random_samples: Tensor | None = None,
    ) -> tuple[Tensor, Tensor]:
        """Maxima over windows at random places, and their places in the input."""
        kernels = ntuple(kernel_size, n)
        outputs = _wanted(input, output_size, output_ratio)
        for what, values in (("kernel_size", kernels), ("output_size", outputs)):
            if len(values) != n:
                raise RuntimeError(f"{name}: {what} must either be a single Int or tuple of Ints")
        batched = input if input.dim() == n + 2 else input.unsqueeze(0)
        sizes = batched.shape[2:]
        for axis, size, output, kernel in zip(_AXES[n], sizes, outputs, kernels):
            # In three dimensions PyTorch wants one place more than there need be.
            if output + kernel - 1 > size - (n == 3):
                asked = name if n == 2 else f"{name}_out"
                raise RuntimeError(
                    f"{asked}(): pool {axis} {kernel} too large relative to input {axis} {size}"
                )
        samples = _random_samples
        if samples is None:
            samples = flambeau.rand(*batched.shape[:2], n, dtype=input.dtype)
        places = _window_places(samples[: batched.size(0)], sizes, outputs, kernels)
        flat = batched.flatten(2).gather(2, places.flatten(2))
        values, chosen = flat.reshape(places.shape).max(-1)
        indices = places.gather(-1, chosen.unsqueeze(-1)).squeeze(-1)
        shape = (*batched.shape[:2], *outputs)
        values, indices = values.reshape(shape), indices.reshape(shape)
        return (values, indices) if batched is input else (values[0], indices[0])

    def _wanted(input: Tensor, output_size: Any, output_ratio: Any) -> tuple[int, ...]:
        if output_size is not None:
            return ntuple(output_size, n)
        if output_ratio is None:
            raise ValueError(f"{name} requires specifying either an output_size or an output_ratio")
        sizes = input.shape[-n:]
        return tuple(int(size * r) for size, r in zip(sizes, ntuple(output_ratio, n)))

    def pool(
        input: Tensor,
        kernel_size: Any,
        output_size: Any = None,
        output_ratio: Any = None,
        return_indices: bool = False,
        _random_samples: Tensor | None = None,
    ) -> Any:
        """Maxima over windows at random places, so many that the output has the size wanted.

        Args:
            kernel_size: size of the windows
            output_size: the size wanted, or
            output_ratio: its share of the input's size, between 0 and 1
            return_indices: give back the maxima's places too
        """
        pooled = with_indices(input, kernel_size, output_size, output_ratio, True, _random_samples)
        return pooled if return_indices else pooled[0]

    with_indices.__name__ = f"{name}_with_indices"
    pool.__name__ = name
    return with_indices, pool


fractional_max_pool2d_with_indices, fractional_max_pool2d = _fractional_max_pool(2)
fractional_max_pool3d_with_indices, fractional_max_pool3d = _fractional_max_pool(3)
