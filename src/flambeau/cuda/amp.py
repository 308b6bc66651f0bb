"""Mixed precision on CUDA devices: there are none, so nothing is cast and nothing is scaled."""

from __future__ import annotations

import functools
import warnings
from typing import Any

from ..amp import GradScaler as _GradScaler
from ..amp import autocast as _autocast
from ..amp import custom_bwd as _custom_bwd
from ..amp import custom_fwd as _custom_fwd
from ..tensor import dtype as D
from ..tensor.naming import prefix


def _deprecated(name: str) -> None:
    root = prefix()
    warnings.warn(
        f"`{root}.cuda.amp.{name}(args...)` is deprecated. Please use "
        f"`{root}.amp.{name}('cuda', args...)` instead.",
        FutureWarning,
        stacklevel=3,
    )


class autocast(_autocast):
    """``amp.autocast("cuda")``: warns, and has no effect."""

    def __init__(
        self, enabled: bool = True, dtype: D.dtype = D.float16, cache_enabled: bool = True
    ):
        _deprecated("autocast")
        super().__init__("cuda", dtype, enabled, cache_enabled)


class GradScaler(_GradScaler):
    """``amp.GradScaler("cuda")``: warns, and has no effect."""

    def __init__(self, *args: Any, **kwargs: Any):
        _deprecated("GradScaler")
        super().__init__("cuda", *args, **kwargs)


custom_fwd = functools.partial(_custom_fwd, device_type="cuda")
custom_bwd = functools.partial(_custom_bwd, device_type="cuda")
__all__ = ["GradScaler", "autocast", "custom_bwd", "custom_fwd"]
