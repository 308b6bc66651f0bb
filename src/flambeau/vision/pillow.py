"""Pillow is optional, and loaded when the first picture is wanted."""

from __future__ import annotations

import importlib
import sys
from types import ModuleType
from typing import Any


def pillow(module: str = "Image") -> ModuleType:
    """The module ``PIL.<module>``.

    Raises:
        ModuleNotFoundError: Pillow is not installed.
    """
    try:
        return importlib.import_module(f"PIL.{module}")
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "Pillow is needed for pictures, and is not installed. "
            "Hint: pip install pillow, or pip install 'flambeau[app]'",
            name=error.name,
        ) from None


def is_pil_image(value: Any) -> bool:
    """Whether ``value`` is a Pillow image; does not load Pillow to find out."""
    module = sys.modules.get("PIL.Image")
    return module is not None and isinstance(value, module.Image)
