"""CUDA's switches: programs may set them, and they have no effect, since there is no GPU."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator


class _Matmul:
    """Switches of matrix products on a GPU."""

    allow_tf32 = False
    allow_fp16_reduced_precision_reduction = True
    allow_bf16_reduced_precision_reduction = True
    fp32_precision = "none"


matmul = _Matmul()


def is_built() -> bool:
    """False: flambeau computes on the CPU."""
    return False


_kernels = {"flash": True, "mem_efficient": True, "math": True, "cudnn": True}


def flash_sdp_enabled() -> bool:
    """What ``enable_flash_sdp`` was told last."""
    return _kernels["flash"]


def mem_efficient_sdp_enabled() -> bool:
    """What ``enable_mem_efficient_sdp`` was told last."""
    return _kernels["mem_efficient"]


def math_sdp_enabled() -> bool:
    """What ``enable_math_sdp`` was told last."""
    return _kernels["math"]


def enable_flash_sdp(enabled: bool) -> None:
    """Accepted; attention is computed in one way here."""
    _kernels["flash"] = enabled


def enable_mem_efficient_sdp(enabled: bool) -> None:
    """Accepted; attention is computed in one way here."""
    _kernels["mem_efficient"] = enabled


def enable_math_sdp(enabled: bool) -> None:
    """Accepted; attention is computed in one way here."""
    _kernels["math"] = enabled


@contextlib.contextmanager
def sdp_kernel(
    enable_flash: bool = True,
    enable_math: bool = True,
    enable_mem_efficient: bool = True,
    enable_cudnn: bool = True,
) -> Iterator[None]:
    """A context without effect: attention is computed in one way here."""
    yield
