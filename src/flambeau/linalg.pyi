"""Made by scripts/make_stubs.py from the operator table; not written by hand."""


from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

Number = int | float | complex | bool

from .tensor.dtype import dtype as Dtype
from .tensor.tensor import Tensor

def matmul(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The matrix product: of vectors, matrices, or batches of them."""
