"""Signals: the windows by which they are cut into pieces."""

from . import windows as windows

__all__ = ["windows"]
