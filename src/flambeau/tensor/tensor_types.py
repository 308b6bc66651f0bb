"""Tensor types: ``FloatTensor([1, 2])`` makes a tensor of float32, and a float32 tensor is one.

``Tensor(…)`` itself takes the same arguments; it is of the default type.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from . import dtype as D
from .from_data import array_from_data
from .size import Size, parse_size
from .tensor import Tensor, wrap


def _options(dtype: D.dtype) -> str:
    """A description of a tensor's options, as error messages give it."""
    return (
        f"TensorOptions(dtype={D.C_NAMES[dtype]}, device=cpu, layout=Strided, requires_grad=false "
        "(default), pinned_memory=false (default), memory_format=(nullopt))"
    )


def legacy_tensor(args: tuple, dtype: D.dtype | None = None) -> np.ndarray:
    """What ``Tensor(…)`` holds: data in the default type, or uninitialised memory of a shape.

    ``dtype`` is the type of ``FloatTensor(…)`` and the like.
    """
    storage = (dtype or D.get_default_dtype()).numpy
    if not args:
        return np.empty(0, storage)
    if len(args) == 1 and not isinstance(args[0], (int, np.integer)):
        value = args[0]
        if isinstance(value, Tensor):
            if dtype is not None and value.dtype is not dtype:
                raise TypeError(
                    f"expected {_options(dtype)} (got {_options(value.dtype)})\n"
                    f"Hint: convert it with .to({dtype!r})."
                )
            return value._data
        if isinstance(value, Size):
            return np.empty(value, storage)
        return array_from_data(value, storage)
    return np.empty(parse_size(args), storage)


class TensorType(type):
    """The class of tensor types: an element type that is called and asked for like a class."""

    dtype: D.dtype

    def __new__(cls, dtype: D.dtype) -> TensorType:
        body = {"dtype": dtype, "__module__": __name__, "__doc__": f"Tensors of {dtype.name}."}
        return super().__new__(cls, dtype.legacy, (), body)

    def __init__(cls, dtype: D.dtype):
        super().__init__(dtype.legacy, (), {})

    def __call__(cls, *args: Any, device: Any = None) -> Tensor:
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
