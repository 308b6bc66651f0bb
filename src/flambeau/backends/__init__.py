"""What flambeau computes with; the names by which programs ask for PyTorch's back ends."""

from __future__ import annotations


class _Backend:
    """A back end that programs configure; its switches are accepted and have no effect here."""

    def __init__(self, name: str, **switches: object):
        self.__name__ = name
        self.__dict__.update(switches)

    def is_available(self) -> bool:
        """False: this back end is not there."""
        return False

    def is_built(self) -> bool:
        """False: this back end is not there."""
        return False


cudnn = _Backend("cudnn", enabled=False, benchmark=False, deterministic=False, allow_tf32=False)
mps = _Backend("mps")
mkldnn = _Backend("mkldnn", enabled=False)
cuda = _Backend("cuda", matmul=_Backend("matmul", allow_tf32=False))
