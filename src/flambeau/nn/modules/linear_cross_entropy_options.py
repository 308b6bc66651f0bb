"""Options of `linear_cross_entropy`."""

from __future__ import annotations

from collections import namedtuple
from typing import TYPE_CHECKING, Any

import flambeau

if TYPE_CHECKING:
    from typing import Self

POLICIES = ("auto", "accurate", "balanced", "compact")
_Options = namedtuple(
    "_Options",
    ["allow_retain_graph", "batch_chunk_size", "chunking_method", "acc_policy", "acc_dtype"],
)


class LinearCrossEntropyOptions(_Options):
    """How PyTorch divides `linear_cross_entropy` into parts of the batch.

    The numbers do not depend on it, and here the batch is computed at once: the options are
    checked and kept.

    Args:
        allow_retain_graph: whether backward may run more than once; here it always may
        batch_chunk_size: rows of a part
        chunking_method: auto, aspect_ratio, aspect_ratio:N or None
        acc_policy: auto, accurate, balanced or compact
        acc_dtype: the floating-point type of sums
    """

    __slots__ = ()

    def __new__(
        cls,
        allow_retain_graph: bool = False,
        batch_chunk_size: int | None = None,
        chunking_method: str | None = "auto",
        acc_policy: str = "auto",
        acc_dtype: Any = None,
    ) -> Self:
        if acc_policy not in POLICIES:
            raise ValueError(f"invalid acc_policy: {acc_policy!r}")
        if chunking_method is not None and chunking_method != "auto":
            name, colon, factor = chunking_method.partition(":")
            if name != "aspect_ratio" or colon and not (factor.isdigit() and int(factor) > 0):
                raise ValueError(f"invalid chunking_method: {chunking_method!r}")
        size = batch_chunk_size
        if size is not None and not (isinstance(size, int) and size > 0):
            raise ValueError(f"batch_chunk_size must be positive int or None, got {size!r}")
        kinds = (flambeau.float16, flambeau.bfloat16, flambeau.float32, flambeau.float64)
        if acc_dtype is not None and acc_dtype not in kinds:
            raise ValueError(
                "acc_dtype must be one of {None, torch.float16, torch.bfloat16, torch.float32, "
                f"torch.float64}}, got {acc_dtype!r}. Pass acc_dtype=None to let the op pick "
                "automatically."
            )
        return super().__new__(
            cls, allow_retain_graph, size, chunking_method, acc_policy, acc_dtype
        )
