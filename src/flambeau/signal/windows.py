"""Windows, as functions of their length M: symmetric, or periodic where ``sym`` is False."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

from ..ops.expressions import TENSORS as T
from ..tensor import dtype as D
from ..tensor import formats
from ..tensor.creation import empty, ones, tensor
from ..tensor.ranges import arange, linspace
from ..tensor.tensor import Tensor

__all__ = [
    "bartlett", "blackman", "cosine", "exponential", "gaussian", "general_cosine",
    "general_hamming", "hamming", "hann", "kaiser", "nuttall",
]  # fmt: skip


def _made(
    name: str,
    M: int,
    values: Callable[[D.dtype], Tensor],
    dtype: D.dtype | None,
    layout: Any,
    requires_grad: bool,
) -> Tensor:
    """The checks and options that all windows share."""
    dtype = dtype or D.get_default_dtype()
    if M < 0:
        raise ValueError(f"{name} requires non-negative window length, got M={M}")
    if layout is not None and layout is not formats.strided:
        raise ValueError(f"{name} is implemented for strided tensors only, got: {layout}")
    if dtype not in (D.float32, D.float64):
        raise ValueError(f"{name} expects float32 or float64 dtypes, got: {dtype}")
    window = empty(0, dtype=dtype) if M == 0 else values(dtype)
    return window.requires_grad_() if requires_grad else window


def _steps(first: float, step: float, M: int, dtype: D.dtype) -> Tensor:
    return linspace(first * step, (first + (M - 1)) * step, M, dtype=dtype)


def _span(M: int, sym: bool) -> int:
    """How many steps lie between a window's first value and its first again."""
    return M if not sym and M > 1 else M - 1


def exponential(
    M: int,
    *,
    center: float | None = None,
    tau: float = 1.0,
    sym: bool = True,
    dtype: D.dtype | None = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    r"""A window that decays from its middle: :math:`e^{-|t - c| / \tau}`.

    Args:
        M: how many values.
        center: where the window is largest; its middle by default.
        tau: how fast it decays.
        sym: symmetric; otherwise periodic.
    """
    if tau <= 0:
        raise ValueError(f"Tau must be positive, got: {tau} instead.")
    if sym and center is not None:
        raise ValueError("Center must be None for symmetric windows")
    middle = _span(M, sym) / 2.0 if center is None else center
    return _made(
        "exponential", M, lambda d: (-_steps(-middle, 1 / tau, M, d).abs()).exp(),
        dtype, layout, requires_grad,
    )  # fmt: skip


def cosine(
    M: int,
    *,
    sym: bool = True,
    dtype: D.dtype | None = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    r"""Half a wave: :math:`\sin(\pi (t + \frac12) / M)`."""
    step = math.pi / (M + 1 if not sym and M > 1 else max(M, 1))
    return _made(
        "cosine", M, lambda d: _steps(0.5, step, M, d).sin(), dtype, layout, requires_grad
    )


def gaussian(
    M: int,
    *,
    std: float = 1.0,
    sym: bool = True,
    dtype: D.dtype | None = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    r"""A bell: :math:`e^{-(t - c)^2 / 2 \sigma^2}`, with the standard deviation ``std``."""
    if std <= 0:
        raise ValueError(f"Standard deviation must be positive, got: {std} instead.")
    first, step = -_span(M, sym) / 2.0, 1 / (std * math.sqrt(2))

    def values(d: D.dtype) -> Tensor:
        k = _steps(first, step, M, d)
        return (-(k * k)).exp()

    return _made("gaussian", M, values, dtype, layout, requires_grad)


def kaiser(
    M: int,
    *,
    beta: float = 12.0,
    sym: bool = True,
    dtype: D.dtype | None = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    r"""Kaiser's window :math:`I_0(\sqrt{\beta^2 - k_t^2}) / I_0(\beta)`."""
    if beta < 0:
        raise ValueError(f"beta must be non-negative, got: {beta} instead.")

    def values(d: D.dtype) -> Tensor:
        if M == 1:
            return ones(1, dtype=d)
        step = 2.0 * beta / (M if not sym else M - 1)
        last = min(beta, -beta + (M - 1) * step)
        k = linspace(-beta, last, M, dtype=d)
        return T["i0"]((beta * beta - k * k).sqrt()) / T["i0"](tensor(beta, dtype=d))

    return _made("kaiser", M, values, dtype, layout, requires_grad)


def general_cosine(
    M: int,
    *,
    a: Iterable[float],
    sym: bool = True,
    dtype: D.dtype | None = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    r"""A sum of cosines: :math:`\sum_i (-1)^i a_i \cos(2 \pi i t / n)`."""
    return _cosines("general_cosine", M, a, sym, dtype, layout, requires_grad)


def _cosines(
    name: str, M: int, a: Any, sym: bool, dtype: Any, layout: Any, requires_grad: bool
) -> Tensor:
    if not isinstance(a, Iterable):
        raise TypeError("Coefficients must be a list/tuple")
    a = list(a)
    if not a:
        raise ValueError("Coefficients cannot be empty")

    def values(d: D.dtype) -> Tensor:
        if M == 1:
            return ones(1, dtype=d)
        k = _steps(0, 2 * math.pi / (M if not sym else M - 1), M, d)
        signed = tensor([(-1) ** i * w for i, w in enumerate(a)], dtype=d)
        i = arange(len(a), dtype=d)
        return (signed.unsqueeze(-1) * (i.unsqueeze(-1) * k).cos()).sum(0)

    return _made(name, M, values, dtype, layout, requires_grad)


def general_hamming(
    M: int,
    *,
    alpha: float = 0.54,
    sym: bool = True,
    dtype: D.dtype | None = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    r"""Hamming's window for any :math:`\alpha`: :math:`\alpha - (1 - \alpha) \cos(2 \pi t / n)`."""
    return _cosines("general_hamming", M, [alpha, 1.0 - alpha], sym, dtype, layout, requires_grad)


def bartlett(
    M: int,
    *,
    sym: bool = True,
    dtype: D.dtype | None = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    r"""A triangle: :math:`1 - |2 t / n - 1|`."""

    def values(d: D.dtype) -> Tensor:
        if M == 1:
            return ones(1, dtype=d)
        step = 2.0 / (M if not sym else M - 1)
        return 1 - linspace(-1, -1 + (M - 1) * step, M, dtype=d).abs()

    return _made("bartlett", M, values, dtype, layout, requires_grad)


def _fixed(name: str, a: tuple[float, ...], what: str) -> Callable[..., Tensor]:
    def function(
        M: int,
        *,
        sym: bool = True,
        dtype: D.dtype | None = None,
        layout: Any = None,
        device: Any = None,
        requires_grad: bool = False,
    ) -> Tensor:
        return _cosines(name, M, a, sym, dtype, layout, requires_grad)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"{what}: a sum of cosines with the coefficients {', '.join(map(str, a))}."
    return function


hamming = _fixed("hamming", (0.54, 1.0 - 0.54), "Hamming's window")
hann = _fixed("hann", (0.5, 0.5), "Hann's window")
blackman = _fixed("blackman", (0.42, 0.5, 0.08), "Blackman's window")
nuttall = _fixed("nuttall", (0.3635819, 0.4891775, 0.1365995, 0.0106411), "Nuttall's window")
