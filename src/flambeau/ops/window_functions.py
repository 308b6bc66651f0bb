"""Windows by which signals are cut into pieces: Hann, Hamming, Blackman, Bartlett, Kaiser."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from ..tensor import dtype as D
from ..tensor.creation import empty, ones
from ..tensor.ranges import arange
from ..tensor.tensor import Tensor
from .expressions import TENSORS as T
from .table import composite


def _window(
    name: str, length: int, periodic: bool, dtype: D.dtype | None, make: Callable[..., Tensor]
) -> Tensor:
    """The window of a length; a periodic one is the longer window without its last value."""
    if isinstance(length, bool) or not isinstance(length, int):
        raise TypeError(
            f"{name}(): argument 'window_length' (position 1) must be int, not "
            f"{type(length).__name__}"
        )
    dtype = dtype or D.get_default_dtype()
    if not dtype.is_floating_point:
        raise RuntimeError(f"{name} expects floating point dtypes, got: {dtype.title}Type")
    if length < 0:
        raise RuntimeError(
            f"{name} requires non-negative window_length, got window_length={length}"
        )
    if length < 2:
        return (ones if length else empty)(length, dtype=dtype)
    whole = length + periodic
    window = make(arange(whole, dtype=dtype), whole - 1)
    return window[:length]


def _published(name: str, doc: str) -> Callable[[Callable], Callable]:
    """Publishes a function that makes a window's values, with the options of every factory."""

    def decorate(make: Callable) -> Callable:
        names = make.__code__.co_varnames[2 : make.__code__.co_argcount]  # after x and last
        defaults = dict(zip(names, make.__defaults__ or (), strict=True))

        def function(
            window_length: int,
            periodic: bool = True,
            *shape: float,
            dtype: D.dtype | None = None,
            layout: Any = None,
            device: Any = None,
            pin_memory: bool = False,
            requires_grad: bool = False,
            **given: float,
        ) -> Tensor:
            unknown = next((k for k in given if k not in defaults), None)
            if unknown is not None or len(shape) > len(names):
                raise TypeError(f"{name}() got an unexpected argument {unknown or shape[-1]!r}")
            values = {**defaults, **dict(zip(names, shape, strict=False)), **given}
            window = _window(
                name, window_length, periodic, dtype, lambda x, last: make(x, last, **values)
            )
            return window.requires_grad_() if requires_grad else window

        function.__name__ = function.__qualname__ = name
        function.__doc__ = doc + _ARGUMENTS
        composite("function", name=name)(function)
        return make

    return decorate


_ARGUMENTS = """

    Args:
        window_length: how many values.
        periodic: leave out the last value of a window that is longer by one, for transforms;
            otherwise the window is symmetric.
        dtype: a floating-point type; the default type by default.
    """


@_published("hamming_window", r"Hamming's window :math:`\alpha - \beta \cos(2 \pi t / n)`.")
def _hamming(x: Tensor, last: int, alpha: float = 0.54, beta: float = 0.46) -> Tensor:
    return (x * (2 * math.pi / last)).cos() * -beta + alpha


@_published("hann_window", r"Hann's window :math:`\frac12 (1 - \cos(2 \pi t / n))`.")
def _hann(x: Tensor, last: int) -> Tensor:
    return _hamming(x, last, 0.5, 0.5)


@_published("blackman_window", r"Blackman's window: :math:`0.42 - 0.5 \cos + 0.08 \cos`.")
def _blackman(x: Tensor, last: int) -> Tensor:
    x = x * (math.pi / last)
    return (x * 4).cos() * 0.08 - (x * 2).cos() * 0.5 + 0.42


@_published("bartlett_window", r"Bartlett's window, a triangle: :math:`1 - |2 t / n - 1|`.")
def _bartlett(x: Tensor, last: int) -> Tensor:
    x = x * (2 / last)
    return T["where"](x > 1, 2 - x, x)


@_published(
    "kaiser_window",
    r"Kaiser's window :math:`I_0(\beta \sqrt{1 - (2 t / n - 1)^2}) / I_0(\beta)`.",
)
def _kaiser(x: Tensor, last: int, beta: float = 12.0) -> Tensor:
    y = x * (2 / last) - 1
    inside = (1 - y * y).clamp(min=0)
    top = T["i0"](inside.sqrt() * beta)
    return top / T["i0"](ones((), dtype=D.float64) * beta).to(x.dtype)
