"""What libraries use of PyTorch's inner module ``torch._C``: a few calls without effect."""

from __future__ import annotations

from typing import Any

from .tensor.generator import Generator as Generator
from .tensor.naming import no_such_name


def _log_api_usage_once(event: str) -> None:
    """Does nothing: nothing is counted or sent."""


def _get_tracing_state() -> None:
    """None: nothing is being traced."""


def __getattr__(name: str) -> Any:
    raise no_such_name(__name__, name, globals())
