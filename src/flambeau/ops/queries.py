"""Functions that ask about tensors, types and shapes and compute nothing."""

from __future__ import annotations

from typing import Any

from ..tensor import size as sizes
from ..tensor.dtype import dtype
from ..tensor.promotion import result_of
from ..tensor.size import Size
from ..tensor.tensor import Tensor
from .table import composite


@composite("function")
def result_type(tensor1: Any, tensor2: Any) -> dtype:
    """The type that arithmetic between two tensors or numbers has."""
    return result_of([t._data if isinstance(t, Tensor) else t for t in (tensor1, tensor2)])


@composite("function")
def is_tensor(obj: Any) -> bool:
    """Whether the object is a tensor."""
    return isinstance(obj, Tensor)


@composite("function")
def is_storage(obj: Any) -> bool:
    """Whether the object is a storage."""
    from ..tensor.memory import UntypedStorage

    return isinstance(obj, UntypedStorage)


@composite("function")
def is_floating_point(input: Tensor) -> bool:
    """Whether the element type is a floating-point type."""
    return input.is_floating_point()


@composite("function")
def is_complex(input: Tensor) -> bool:
    """Whether the element type is complex."""
    return input.is_complex()


@composite("function")
def is_conj(input: Tensor) -> bool:
    """False: conjugates are always computed at once here."""
    return False


@composite("function")
def is_inference(input: Tensor) -> bool:
    """Whether the tensor was made in inference_mode."""
    return input._inference


@composite("function")
def numel(input: Tensor) -> int:
    """The number of elements."""
    return input._data.size


@composite("function")
def broadcast_shapes(*shapes: Any) -> Size:
    """The shape that tensors of the given shapes have together."""
    tuples = [(s,) if isinstance(s, int) else tuple(s) for s in shapes]
    return Size(sizes.broadcast_shapes(*tuples))
