"""Comparing results in tests, and random tensors for them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from .ops.bind import FUNCTIONS as _FUNCTIONS
from .tensor import dtype as D
from .tensor.creation import from_numpy
from .tensor.promotion import promote_types
from .tensor.tensor import Tensor, wrap

Message = str | Callable[[str], str] | None

# Relative and absolute tolerance by element type; other types must be equal.
TOLERANCES = {
    D.float16: (1e-3, 1e-5), D.bfloat16: (1.6e-2, 1e-5), D.float32: (1.3e-6, 1e-5),
    D.float64: (1e-7, 1e-7), D.complex64: (1.3e-6, 1e-5), D.complex128: (1e-7, 1e-7),
}  # fmt: skip


def assert_close(
    actual: Any,
    expected: Any,
    *,
    allow_subclasses: bool = True,
    rtol: float | None = None,
    atol: float | None = None,
    equal_nan: bool = False,
    check_device: bool = True,
    check_dtype: bool = True,
    check_layout: bool = True,
    check_stride: bool = False,
    msg: Message = None,
) -> None:
    """Asserts ``|actual - expected| <= atol + rtol |expected|`` for each pair of elements.

    Args:
        actual, expected: tensors, arrays, numbers, None, or sequences and mappings of such.
        allow_subclasses: whether a Parameter may be compared with a Tensor.
        rtol, atol: tolerances, both or none; by default they follow from the element type.
        equal_nan: whether nan equals nan.
        check_dtype, check_stride: whether element types and strides must be equal too. Devices
            and layouts always are.
        msg: the message of a failure, or a function that makes it from the usual one.

    Raises:
        AssertionError: they are not close; the message says where the difference is greatest.
        TypeError: they cannot be compared.
        ValueError: one tolerance was given without the other.
    """
    if (rtol is None) != (atol is None):
        missing = "rtol" if rtol is None else "atol"
        raise ValueError(
            f"Both 'rtol' and 'atol' must be either specified or omitted, but got no {missing}."
        )
    settings = _Settings(allow_subclasses, rtol, atol, equal_nan, check_dtype, check_stride)
    problem = settings.difference(actual, expected, "")
    if problem is not None:
        raise AssertionError(msg(problem) if callable(msg) else msg or problem)


class _Settings:
    """How two values are compared. ``difference`` says what is wrong, None if nothing is."""

    def __init__(
        self,
        allow_subclasses: bool,
        rtol: float | None,
        atol: float | None,
        equal_nan: bool,
        check_dtype: bool,
        check_stride: bool,
    ):
        self.allow_subclasses = allow_subclasses
        self.rtol, self.atol, self.equal_nan = rtol, atol, equal_nan
        self.check_dtype, self.check_stride = check_dtype, check_stride

    def difference(self, actual: Any, expected: Any, at: str) -> str | None:
        problem = self._difference(actual, expected, at)
        if isinstance(problem, _Placed) or problem is None:
            return problem
        return _Placed(f"{problem}\n\nThe failure occurred for item {at}" if at else problem)

    def _difference(self, actual: Any, expected: Any, at: str) -> str | None:
        if _both(actual, expected, (Sequence,)) and not _either(actual, expected, str):
            return self._sequences(actual, expected, at)
        if _both(actual, expected, (Mapping,)):
            return self._mappings(actual, expected, at)
        if actual is None or expected is None:
            same = actual is expected
            return None if same else f"None mismatch: {actual} is not {expected}"
        if _both(actual, expected, (bool, np.bool_)):
            same = bool(actual) == bool(expected)
            return None if same else f"Booleans mismatch: {actual} is not {expected}"
        if _both(actual, expected, (int, float, complex, np.number)):
            return self._numbers(actual, expected)
        if _both(actual, expected, (np.ndarray,)):
            actual, expected = from_numpy(actual), from_numpy(expected)
        related = isinstance(actual, type(expected)) or isinstance(expected, type(actual))
        if not (_both(actual, expected, (Tensor,)) and related) or (
            not self.allow_subclasses and type(actual) is not type(expected)
        ):
            raise TypeError(
                f"No comparison pair was able to handle inputs of type {type(actual)} and "
                f"{type(expected)}."
            )
        return self._tensors(actual, expected)

    def _sequences(self, actual: Any, expected: Any, at: str) -> str | None:
        if len(actual) != len(expected):
            return f"The length of the sequences mismatch: {len(actual)} != {len(expected)}"
        pairs = enumerate(zip(actual, expected, strict=True))
        found = (self.difference(a, e, f"{at}[{i}]") for i, (a, e) in pairs)
        return next((f for f in found if f is not None), None)

    def _mappings(self, actual: Any, expected: Any, at: str) -> str | None:
        if actual.keys() != expected.keys():
            return (
                "The keys of the mappings do not match:\n"
                f"Missing keys in the actual mapping: {_sorted(expected.keys() - actual.keys())}\n"
                "Additional keys in the actual mapping: "
                f"{_sorted(actual.keys() - expected.keys())}"
            )
        keys = _sorted(expected.keys())
        found = (self.difference(actual[k], expected[k], f"{at}[{k!r}]") for k in keys)
        return next((f for f in found if f is not None), None)

    def _numbers(self, actual: Any, expected: Any) -> str | None:
        a, e = (v.item() if isinstance(v, np.generic) else v for v in (actual, expected))
        if self.check_dtype and type(a) is not type(e):
            return f"The (d)types do not match: {type(a)} != {type(e)}."
        kinds = [D.as_dtype(type(v)) for v in (a, e)]
        return self._scalars(a, e, *self._tolerances(kinds))

    def _tensors(self, actual: Tensor, expected: Tensor) -> str | None:
        checks: list[tuple[str, Any, Any]] = [("shape", actual.shape, expected.shape)]
        if self.check_stride:
            checks.append(("stride()", actual.stride(), expected.stride()))  # type: ignore[attr-defined]
        if self.check_dtype:
            checks.append(("dtype", actual.dtype, expected.dtype))
        for name, a, e in checks:
            if a != e:
                return f"The values for attribute '{name}' do not match: {a} != {e}."
        rtol, atol = self._tolerances([actual.dtype, expected.dtype])
        a, e = _comparable(actual._data, expected._data)
        if a.ndim == 0:
            return self._scalars(a.item(), e.item(), rtol, atol)
        matches = _close(a, e, rtol, atol, self.equal_nan)
        return None if matches.all() else _mismatch(a, e, matches, rtol, atol)

    def _tolerances(self, types: list[D.dtype]) -> tuple[float, float]:
        if self.rtol is not None and self.atol is not None:
            return self.rtol, self.atol
        both = [TOLERANCES.get(t, (0.0, 0.0)) for t in types]
        return max(r for r, _ in both), max(a for _, a in both)

    def _scalars(self, a: Any, e: Any, rtol: float, atol: float) -> str | None:
        if _close(np.asarray(a), np.asarray(e), rtol, atol, self.equal_nan):
            return None
        absolute = abs(a - e)
        relative = absolute / abs(e) if e else math.inf
        if math.isinf(absolute) and math.isinf(abs(e)):
            relative = math.nan
        exact = rtol == atol == 0
        return "\n".join(
            (
                f"Scalars are not {'equal' if exact else 'close'}!",
                "",
                f"Expected {e} but got {a}.",
                f"Absolute difference: {absolute}" + _allowed(exact, atol),
                f"Relative difference: {relative}" + _allowed(exact, rtol),
            )
        )


class _Placed(str):
    """A message that says already where the failure is."""


def _both(a: Any, b: Any, kinds: tuple) -> bool:
    return isinstance(a, kinds) and isinstance(b, kinds)


def _either(a: Any, b: Any, kind: type) -> bool:
    return isinstance(a, kind) or isinstance(b, kind)


def _sorted(keys: Any) -> list:
    try:
        return sorted(keys)
    except TypeError:
        return list(keys)


def _comparable(a: np.ndarray, e: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Two arrays of one type in which differences can be taken."""
    if a.dtype != e.dtype:
        common = promote_types(D.of(a.dtype), D.of(e.dtype)).numpy
        a, e = a.astype(common), e.astype(common)
    if a.dtype.kind in "biu":
        a, e = a.astype(np.int64), e.astype(np.int64)
    return a, e


def _close(a: np.ndarray, e: np.ndarray, rtol: float, atol: float, equal_nan: bool) -> np.ndarray:
    """Whether each pair of elements is close."""
    with np.errstate(all="ignore"):
        wide = np.complex128 if "c" in (a.dtype.kind, e.dtype.kind) else np.float64
        if a.dtype.kind == e.dtype.kind == "i" and rtol == atol == 0:
            return a == e
        x, y = a.astype(wide), e.astype(wide)
        allowed = atol + np.abs(rtol * y)
        near = (np.abs(x - y) <= allowed) & np.isfinite(y)
        same = near | (x == y)
        return same | (np.isnan(x) & np.isnan(y)) if equal_nan else same


def _mismatch(a: np.ndarray, e: np.ndarray, matches: np.ndarray, rtol: float, atol: float) -> str:
    """The message for two arrays that are not close."""
    exact = rtol == atol == 0
    wrong = matches.size - int(matches.sum())
    with np.errstate(all="ignore"):
        absolute = np.abs(a - e)
        relative = absolute / np.abs(e)
    lines = [
        f"Tensor-likes are not {'equal' if exact else 'close'}!",
        "",
        f"Mismatched elements: {wrong} / {matches.size} ({wrong / matches.size:.1%})",
    ]
    for name, values, allowed in (("absolute", absolute, atol), ("relative", relative, rtol)):
        values = np.where(matches, np.zeros((), values.dtype), values)
        at = np.unravel_index(int(values.astype(np.float64).argmax()), values.shape)
        index = tuple(int(i) for i in at)
        lines.append(
            f"Greatest {name} difference: {values[index].item()} at index {index}"
            + _allowed(exact, allowed)
        )
    return "\n".join(lines)


def _allowed(exact: bool, tolerance: float) -> str:
    return "" if exact else f" (up to {tolerance} allowed)"


def assert_allclose(
    actual: Any,
    expected: Any,
    rtol: float | None = None,
    atol: float | None = None,
    equal_nan: bool = True,
    msg: str = "",
) -> None:
    """The older name of ``assert_close``: types need not be equal, nan equals nan."""
    if not isinstance(actual, Tensor):
        actual = wrap(np.asarray(actual))
    if not isinstance(expected, Tensor):
        expected = wrap(np.asarray(expected, actual._data.dtype))
    assert_close(
        actual, expected, rtol=rtol, atol=atol, equal_nan=equal_nan, check_dtype=False,
        msg=msg or None,
    )  # fmt: skip


# ---------------------------------------------------------------------- tensors to test with


def make_tensor(
    *shape: Any,
    dtype: D.dtype,
    device: Any = None,
    low: float | None = None,
    high: float | None = None,
    requires_grad: bool = False,
    noncontiguous: bool = False,
    exclude_zero: bool = False,
    memory_format: Any = None,
) -> Tensor:
    """A tensor of random numbers from [low, high).

    By default bools are 0 or 1, uint8 from [0, 10), other integers from [-9, 10), floating-point
    and complex numbers' parts from [-9, 9).

    Args:
        shape: sizes, one by one or as one sequence.
        noncontiguous: every second element of a larger tensor.
        exclude_zero: zeros become the smallest positive number of the type, or 1.

    Raises:
        ValueError: the range is empty or nan; or a gradient is asked for whole numbers.
    """
    if len(shape) == 1 and isinstance(shape[0], Sequence):
        shape = tuple(shape[0])
    if noncontiguous and memory_format is not None:
        raise ValueError(
            f"The parameters `noncontiguous` and `memory_format` are mutually exclusive, but got "
            f"noncontiguous={noncontiguous} and memory_format={memory_format}"
        )
    if requires_grad and dtype.category < D.FLOAT:
        raise ValueError(
            "`requires_grad=True` is not supported for boolean and integral dtypes, but got "
            f"dtype={dtype}"
        )
    sizes = (*shape[:-1], 2 * shape[-1]) if noncontiguous and shape else shape
    randint = _FUNCTIONS["function"]["randint"]
    if dtype.category <= D.INT:
        default = (0, 2) if dtype is D.bool_ else (0, 10) if dtype is D.uint8 else (-9, 10)
        bounds = _range(low, high, default, dtype)
        whole = (math.ceil(bounds[0]), math.ceil(bounds[1]))
        result = randint(*whole, tuple(sizes), dtype=dtype)
    else:
        bounds = _range(low, high, (-9, 9), dtype)
        result = wrap(np.empty(tuple(sizes), dtype.numpy))
        parts = wrap(_real_parts(result._data)) if dtype.is_complex else result
        parts.uniform_(*bounds)  # type: ignore[attr-defined]
    if noncontiguous and shape:
        result = result[..., 1::2]
    elif memory_format is not None:
        result = result.clone(memory_format=memory_format)  # type: ignore[attr-defined]
    if exclude_zero:
        tiny = 1 if dtype.category <= D.INT else D.finfo(dtype.to_real()).tiny
        result[result == 0] = tiny
    return result.requires_grad_() if requires_grad else result  # type: ignore[attr-defined]


def _real_parts(array: np.ndarray) -> np.ndarray:
    real = np.float32 if array.dtype == np.complex64 else np.float64
    return array.reshape(array.shape + (1,)).view(real)


def _range(low: float | None, high: float | None, default: tuple, dtype: D.dtype) -> tuple:
    """The range that was asked for, within what the type can hold."""
    low, high = (d if v is None else v for v, d in zip((low, high), default, strict=True))
    if any(isinstance(v, float) and math.isnan(v) for v in (low, high)):
        raise ValueError(f"`low` and `high` cannot be NaN, but got low={low} and high={high}")
    if low >= high:
        raise ValueError(f"`low` must be less than `high`, but got {low} >= {high}")
    if dtype is D.bool_:
        return max(0, low), min(2, high)
    info = D.iinfo(dtype) if dtype.category == D.INT else D.finfo(dtype.to_real())
    return max(low, info.min), min(high, info.max)


__all__ = ["assert_allclose", "assert_close", "make_tensor"]
