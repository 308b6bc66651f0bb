"""Making tensors of numbers in a row: from one to another, by steps or in equal parts."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from . import dtype as D
from .creation import Number, copy_to, finish
from .dtype import dtype
from .formats import layout
from .tensor import Tensor


def arange(
    start: Any,
    end: Any = None,
    step: Any = 1,
    *,
    out: Tensor | None = None,
    dtype: dtype | None = None,
    layout: layout | None = None,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
) -> Tensor:
    """Numbers from ``start`` (0 if left out) up to, not including, ``end``."""
    if end is None:
        start, end = 0, start
    start, end, step = (_plain(v) for v in (start, end, step))
    if step == 0:
        raise RuntimeError("step must be nonzero")
    for v in (start, end):
        if isinstance(v, float) and not math.isfinite(v):
            raise RuntimeError(f"unsupported range: {start} -> {end}")
    if (end - start) / step < 0:
        raise RuntimeError(
            "upper bound and lower bound inconsistent with step sign\n"
            f"Hint: from {start} to {end} the step must be "
            f"{'positive' if end > start else 'negative'}."
        )
    if dtype is None:
        whole = all(isinstance(v, int) for v in (start, end, step))
        dtype = out.dtype if out is not None else D.int64 if whole else D.get_default_dtype()
    d = D.as_dtype(dtype)
    n = (
        -((start - end) // step)
        if d.category == D.INT and whole_numbers(start, end, step)
        else (math.ceil((end - start) / step))
    )
    if d is D.int64 and not whole_numbers(start, end, step):
        start, end, step = int(start), int(end), int(step)
        if not step:
            raise ValueError("step must be nonzero")
        n = -((start - end) // step)
    if d.category <= D.INT:
        array = (int(start) + int(step) * np.arange(n, dtype=np.int64)).astype(d.numpy)
    else:
        array = (start + step * np.arange(n, dtype=np.float64)).astype(d.numpy)
    return copy_to(out, finish(array, requires_grad, device))


def whole_numbers(*values: Number) -> bool:
    """Whether all the numbers are Python ints."""
    return all(isinstance(v, int) for v in values)


def range_(start: Any, end: Any, step: Any = 1, **options: Any) -> Tensor:
    """Like arange with the end included, in the default type."""
    options["dtype"] = options.get("dtype") or D.get_default_dtype()
    start, end, step = _plain(start), _plain(end), _plain(step)
    n = math.floor((end - start) / step) + 1
    array = (start + step * np.arange(n, dtype=np.float64)).astype(options.pop("dtype").numpy)
    return finish(array, options.get("requires_grad", False), options.get("device"))


def _plain(value: Any) -> Any:
    if isinstance(value, Tensor):
        return value.item()
    return value.item() if isinstance(value, np.generic) else value


def linspace(
    start: Number | Tensor,
    end: Number | Tensor,
    steps: int,
    *,
    out: Tensor | None = None,
    dtype: dtype | None = None,
    layout: layout | None = None,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
) -> Tensor:
    """``steps`` numbers at equal distances, both ends included."""
    start, end = _plain(start), _plain(end)
    steps = _steps(steps)
    if dtype is None:
        dtype = out.dtype if out is not None else D.get_default_dtype()
        if isinstance(start, complex) or isinstance(end, complex):
            dtype = D.default_complex()
    d = D.as_dtype(dtype)
    array = _spread(start, end, steps, d)
    return copy_to(out, finish(array, requires_grad, device))


def _steps(steps: int) -> int:
    if not isinstance(steps, (int, np.integer)):
        raise TypeError(f"linspace(): argument 'steps' must be int, not {type(steps).__name__}")
    if steps < 0:
        raise RuntimeError("number of steps must be non-negative")
    return int(steps)


def _spread(start: Any, end: Any, steps: int, d: dtype) -> np.ndarray:
    """PyTorch counts up from the start in the first half and down from the end in the second."""
    if steps <= 1:
        return np.full(steps, start).astype(d.numpy)
    if d.category == D.FLOAT and d.itemsize < 8:
        compute: Any = np.float32
    else:
        compute = np.complex128 if d.category == D.COMPLEX else np.float64
    if d.category == D.INT:
        compute = np.float32 if abs(start) < 1 << 24 and abs(end) < 1 << 24 else np.float64
        start, end = int(start), int(end)
    step = (compute(end) - compute(start)) / compute(steps - 1)
    i = np.arange(steps).astype(compute)
    low = compute(start) + step * i
    high = compute(end) - step * (compute(steps - 1) - i)
    return np.where(np.arange(steps) < steps // 2, low, high).astype(d.numpy)


def logspace(
    start: Number | Tensor,
    end: Number | Tensor,
    steps: int,
    base: float = 10.0,
    *,
    out: Tensor | None = None,
    dtype: dtype | None = None,
    layout: layout | None = None,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
) -> Tensor:
    """``steps`` powers of ``base``, exponents at equal distances, both ends included."""
    d = D.as_dtype(dtype or (out.dtype if out is not None else D.get_default_dtype()))
    wide = D.complex128 if d.category == D.COMPLEX else D.float64
    exponents = _spread(_plain(start), _plain(end), _steps(steps), wide)
    array = np.power(base, exponents).astype(d.numpy)
    return copy_to(out, finish(array, requires_grad, device))


FUNCTIONS = {f.__name__.rstrip("_"): f for f in (arange, range_, linspace, logspace)}
