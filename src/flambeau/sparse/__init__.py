"""Sparse tensors, as ``torch.sparse``: most elements are zero, and only the others are kept.

There is one layout, coordinates (COO). What users meet it for: the gradients of embeddings with
``sparse=True`` and the optimizers that take them, adjacency matrices times dense ones, and masks.
Everything else needs ``x.to_dense()`` first, and says so.
"""

from __future__ import annotations

from typing import Any

from ..tensor.naming import no_such_name
from .create import sparse_coo_tensor
from .operators import addmm, log_softmax, mm, softmax, sum
from .tensor import SparseTensor

__all__ = ["SparseTensor", "addmm", "log_softmax", "mm", "softmax", "sparse_coo_tensor", "sum"]


def __getattr__(name: str) -> Any:
    raise no_such_name(__name__, name, __all__)
