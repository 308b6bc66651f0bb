"""Settings of the whole process: the default device, determinism, precision of products."""

from __future__ import annotations

import warnings
from typing import Any

from .tensor import dtype as D
from .tensor.device import CPU, device, require_cpu
from .tensor.recording import changes

# ---------------------------------------------------------------------- devices and types


def get_default_device() -> device:
    """Where new tensors live: the CPU."""
    return CPU


def set_default_device(device: Any) -> None:
    """Accepts the CPU; other devices raise PyTorch's error."""
    require_cpu(device)


def set_default_tensor_type(t: Any) -> None:
    """Sets the default floating-point type by a tensor type: ``DoubleTensor`` or its name."""
    name = t if isinstance(t, str) else getattr(t, "__name__", "")
    kind = name.rpartition(".")[2]
    found = next((d for d in D.ALL if d.legacy == kind), None)
    if found is None:
        raise TypeError(f"invalid type object: {t!r} is no tensor type")
    if not found.is_floating_point:
        raise TypeError(
            "only floating-point types are supported as the default type\n"
            "Hint: such as FloatTensor or DoubleTensor."
        )
    D.set_default_dtype(found)


# ---------------------------------------------------------------------- determinism

_LEVELS = {"default": 0, "warn": 1, "error": 2}
_deterministic = 0


def use_deterministic_algorithms(mode: bool, *, warn_only: bool = False) -> None:
    """Asks for algorithms that give the same result each time; all of flambeau's do."""
    global _deterministic
    changes.count += 1
    _deterministic = (1 if warn_only else 2) if mode else 0


def are_deterministic_algorithms_enabled() -> bool:
    """What was asked for last."""
    return _deterministic > 0


def is_deterministic_algorithms_warn_only_enabled() -> bool:
    """Whether a warning was asked for instead of an error."""
    return _deterministic == 1


def get_deterministic_debug_mode() -> int:
    """0: not asked for, 1: with warnings, 2: with errors."""
    return _deterministic


def set_deterministic_debug_mode(debug_mode: int | str) -> None:
    """Sets the same by a level: "default", "warn", "error", or 0, 1, 2."""
    global _deterministic
    if not isinstance(debug_mode, (int, str)):
        raise TypeError(f"debug_mode must be str or int, but got {type(debug_mode)}")
    level = _LEVELS.get(debug_mode, -1) if isinstance(debug_mode, str) else debug_mode
    if level not in (0, 1, 2):
        text = isinstance(debug_mode, str)
        known = "one of `default`, `warn`, `error`" if text else "0, 1, or 2"
        raise RuntimeError(f"invalid value of debug_mode, expected {known}, but got {debug_mode}")
    _deterministic = level


# ---------------------------------------------------------------------- precision

_PRECISIONS = ("highest", "high", "medium")
_precision = "highest"


def get_float32_matmul_precision() -> str:
    """What was asked for last."""
    return _precision


def set_float32_matmul_precision(precision: str) -> None:
    """Accepts "highest", "high" or "medium"; products of float32 are always computed in float32."""
    global _precision
    if precision not in _PRECISIONS:
        warnings.warn(
            f"{precision} is not one of 'highest', 'high', or 'medium'; the current setting is "
            "unchanged",
            stacklevel=2,
        )
        return
    _precision = precision


def set_flush_denormal(mode: bool) -> bool:
    """False: NumPy computes with denormal numbers as they are."""
    return False


# ---------------------------------------------------------------------- warnings

_warn_always = False


def set_warn_always(b: bool) -> None:
    """Whether warnings that come once by default come every time; Python's filters decide here."""
    global _warn_always
    _warn_always = bool(b)


def is_warn_always_enabled() -> bool:
    """What ``set_warn_always`` was told last."""
    return _warn_always
