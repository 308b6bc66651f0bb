"""Anomaly detection: finds the forward call whose gradient became NaN or could not be computed."""

from __future__ import annotations

from ..tensor.recording import changes
from .modes import mode


class detect_anomaly:
    """Inside, a backward pass that produces NaN raises and names the operation."""

    def __init__(self, check_nan: bool = True):
        self.check_nan = check_nan

    def __enter__(self) -> None:
        self.before = mode.anomaly
        _set(self.check_nan)

    def __exit__(self, *_: object) -> None:
        _set(self.before)


class set_detect_anomaly:
    """Switches anomaly detection on or off, at once or for a with block."""

    def __init__(self, mode: bool, check_nan: bool = True):
        self.before = _get()
        _set(mode and check_nan)

    def __enter__(self) -> None:
        return None

    def __exit__(self, *_: object) -> None:
        _set(self.before)


def is_anomaly_enabled() -> bool:
    """Whether anomaly detection is on."""
    return mode.anomaly


def _get() -> bool:
    return mode.anomaly


def _set(value: bool) -> None:
    changes.count += value != mode.anomaly
    mode.anomaly = value
