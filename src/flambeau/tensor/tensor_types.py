"""Tensor types: ``FloatTensor([1, 2])`` makes a tensor of float32, and a float32 tensor is one."""

from __future__ import annotations

from typing import Any

from . import dtype as D
from .tensor import Tensor, wrap


class TensorType(type):
    """The class of tensor types: an element type that is called and asked for like a class."""

    dtype: D.dtype

    def __new__(cls, dtype: D.dtype) -> TensorType:
        body = {"dtype": dtype, "__module__": __name__, "__doc__": f"Tensors of {dtype.name}."}
        return super().__new__(cls, dtype.legacy, (), body)

    def __init__(cls, dtype: D.dtype):
        super().__init__(dtype.legacy, (), {})

    def __call__(cls, *args: Any, device: Any = None) -> Tensor:
        from .creation import legacy_tensor

        return wrap(legacy_tensor(args, cls.dtype))

    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, Tensor) and instance.dtype is cls.dtype


globals().update({d.legacy: TensorType(d) for d in D.ALL})


def typename(obj: Any) -> str:
    """The name of a value's type (or of a class), as "torch.FloatTensor" or "module.Class"."""
    if isinstance(obj, Tensor):
        return obj.type()  # type: ignore[attr-defined]
    kind = obj if hasattr(obj, "__qualname__") else type(obj)
    module = getattr(kind, "__module__", None) or ""
    return kind.__qualname__ if module in ("", "builtins") else f"{module}.{kind.__qualname__}"
