"""Whether operations are recorded for gradients: no_grad, enable_grad, inference_mode."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from typing import Any


class _Mode(threading.local):
    grad = True
    inference = False
    anomaly = False
    autocast: Any = None  # changes an operator's arguments: amp/autocast_mode.py


mode = _Mode()


class _Switch:
    """A context manager and decorator that sets one of the mode's fields."""

    __slots__ = ("value", "before")
    value: bool
    before: bool

    def __call__(self, function: Callable) -> Callable:
        if isinstance(function, type):
            raise TypeError("a grad mode decorates functions, not classes")

        @functools.wraps(function)
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            with self.clone():
                return function(*args, **kwargs)

        return wrapped

    def clone(self) -> _Switch:
        return type(self)()

    def __enter__(self) -> None:
        self.before = mode.grad
        mode.grad = self.value

    def __exit__(self, *_: object) -> None:
        mode.grad = self.before


class no_grad(_Switch):
    """Inside, results do not require a gradient, whatever their inputs. Also a decorator."""

    __slots__ = ()

    def __new__(cls, function: Callable | None = None) -> Any:
        self = object.__new__(cls)
        if function is not None:
            self.value = False
            return self(function)
        return self

    def __init__(self, function: Callable | None = None):
        self.value = False


class enable_grad(_Switch):
    """Inside, gradients are recorded again, even within no_grad. Also a decorator."""

    __slots__ = ()

    def __new__(cls, function: Callable | None = None) -> Any:
        self = object.__new__(cls)
        if function is not None:
            self.value = True
            return self(function)
        return self

    def __init__(self, function: Callable | None = None):
        self.value = True


class set_grad_enabled(_Switch):
    """Sets gradient recording at once; as a context manager, until its end."""

    __slots__ = ("previous",)

    def __init__(self, mode: bool):
        self.value = bool(mode)
        self.previous = _mode_grad()
        _set(self.value)

    def __call__(self, function: Callable) -> Callable:
        _set(self.previous)
        return super().__call__(function)

    def clone(self) -> _Switch:
        return set_grad_enabled(self.value)

    def __enter__(self) -> None:
        _set(self.value)

    def __exit__(self, *_: object) -> None:
        _set(self.previous)


def _mode_grad() -> bool:
    return mode.grad


def _set(value: bool) -> None:
    mode.grad = value


class inference_mode(_Switch):
    """Like no_grad, and its results may never take part in a recorded computation."""

    __slots__ = ("inference_before",)

    def __new__(cls, mode: Any = True) -> Any:
        self = object.__new__(cls)
        if callable(mode):
            self.value = True
            return self(mode)
        return self

    def __init__(self, mode: bool = True):
        self.value = bool(mode)

    def clone(self) -> _Switch:
        return inference_mode(self.value)

    def __enter__(self) -> None:
        self.before, self.inference_before = mode.grad, mode.inference
        mode.inference = self.value
        mode.grad = not self.value

    def __exit__(self, *_: object) -> None:
        mode.grad, mode.inference = self.before, self.inference_before


def is_grad_enabled() -> bool:
    """Whether operations are recorded for gradients now."""
    return mode.grad


def is_inference_mode_enabled() -> bool:
    """Whether inference_mode is on."""
    return mode.inference
