"""Local response normalisation across channels, as PyTorch's CrossMapLRN2d computes it."""

from __future__ import annotations

import numpy as np

from ..table import op

Array = np.ndarray


def _window_sums(squares: Array, half: int) -> Array:
    """For each channel, the sum over those at most ``half`` away.

    As in PyTorch, whose running sum never lets go of the first channel, that channel counts for
    all others too.
    """
    channels = squares.shape[1]
    sums = np.empty_like(squares)
    total = np.add.reduce(squares[:, : min(half + 1, channels)], axis=1)
    for c in range(channels):
        if c:
            if c + half < channels:
                total = total + squares[:, c + half]
            if c > half + 1:
                total = total - squares[:, c - half - 1]
        sums[:, c] = total
    return sums


@op("cross_map_lrn(input, size: int, alpha: float, beta: float, k: float)", where="",
    derivative={"input": "cross_map_lrn_backward(grad, input, scale, size, alpha, beta)"},
    outputs=("result", "scale"), hidden=1, nondifferentiable=("scale",),
    node="CrossMapLRN2dBackward",
    formula=r"x_c \Bigl(k + \frac{\alpha}{n} \sum_{|j - c| \le n/2} x_j^2\Bigr)^{-\beta}")
def cross_map_lrn(
    input: Array, size: int, alpha: float, beta: float, k: float
) -> tuple[Array, Array]:
    """Each channel divided by a power of the mean square of its neighbours."""
    scale = _window_sums(input * input, int((size - 1) / 2))
    scale *= scale.dtype.type(alpha / size)
    scale += scale.dtype.type(k)
    return input * scale**-beta, scale


@op("cross_map_lrn_backward(grad_output, input, scale, size: int, alpha: float, beta: float)",
    where="")
def cross_map_lrn_backward(
    grad_output: Array, input: Array, scale: Array, size: int, alpha: float, beta: float
) -> Array:
    """The gradient, with PyTorch's window, which reaches one channel further back than forward."""
    powers = scale**-beta
    ratios = grad_output * input * powers / scale
    before = int(size - (size - 1) / 2)
    channels = input.shape[1]
    if before > size - 1:
        raise RuntimeError(
            f"start ({before}) + length ({channels}) exceeds dimension size "
            f"({channels + size - 1}).\nHint: the gradient needs a size of at least 2."
        )
    padded = np.zeros((input.shape[0], channels + size - 1, *input.shape[2:]), input.dtype)
    padded[:, before : before + channels] = ratios
    sums = sum(padded[:, i : i + channels] for i in range(size))
    return grad_output * powers - input * sums * input.dtype.type(2 * alpha * beta / size)
