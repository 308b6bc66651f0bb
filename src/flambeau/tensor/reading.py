"""How numbers leave a tensor: as Python's numbers and lists, as text, as NumPy's arrays.

The functions are ``Tensor``'s methods of the same names. What Python reads may decide what a
program does next, so each tells the recorders.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from . import dtype as D
from .recording import host_read, number_read, recorders

if TYPE_CHECKING:
    from .tensor import Tensor


def item(self: Tensor) -> Any:
    """The only element, as a Python number."""
    if self._data.size != 1:
        raise RuntimeError(
            f"a Tensor with {self._data.size} elements cannot be converted to Scalar"
        )
    value = self._data.item()
    if self._data.dtype.kind == "V":
        value = float(value)
    return number_read(self, value) if recorders else value


def tolist(self: Tensor) -> Any:
    """Nested Python lists of numbers; a number for a 0-d tensor."""
    if recorders:
        host_read(self, "tolist()")
    a = self._data
    if a.dtype.kind == "V" or a.dtype.name == "bfloat16":
        a = a.astype(np.float32)
    return a.tolist()


def __bool__(self: Tensor) -> bool:
    """Whether the only element is not zero."""
    if self._data.size != 1:
        if not self._data.size:
            raise RuntimeError("Boolean value of Tensor with no values is ambiguous")
        raise RuntimeError(
            "Boolean value of Tensor with more than one value is ambiguous\n"
            "Hint: say x.any() or x.all(); for elementwise logic use &, | and ~ in place of "
            "and, or and not."
        )
    if recorders:
        host_read(self, "bool()")
    return bool(self._data.item())


def __float__(self: Tensor) -> float:
    """The only element as a Python float."""
    return float(_number(self, "float"))


def __int__(self: Tensor) -> int:
    """The only element as a Python int."""
    return int(_number(self, "int"))


def __complex__(self: Tensor) -> complex:
    """The only element as a Python complex number."""
    return complex(_number(self, "complex"))


def _number(self: Tensor, what: str) -> Any:
    if self._needs and self._node is not None and what != "complex":
        _warn_once_about_conversion()
    return self.item()


def __index__(self: Tensor) -> int:
    """The only element as an index; integers and bools alone."""
    if self._data.size != 1 or self.dtype.category > D.INT:
        raise TypeError("only integer tensors of a single element can be converted to an index")
    if recorders:
        host_read(self, "an index")
    return int(self._data.item())


def __repr__(self: Tensor, *, tensor_contents: str | None = None) -> str:
    """The printed form; a subclass is shown by its own name."""
    from .printing import tensor_str

    if recorders:
        host_read(self, "printing")
    node = self._node
    return tensor_str(
        self._data,
        dtype=self.dtype,
        requires_grad=self._needs,
        grad_fn_name=type(node).__name__ if node is not None else None,
        name=self._shown_as,
        contents=tensor_contents,
    )


def __format__(self: Tensor, spec: str) -> str:
    """What a format string shows: of one element the number, of several the printed form."""
    from .printing import tensor_format

    if recorders:
        host_read(self, "formatting")
    return tensor_format(self._data, spec, self.__repr__, type_name=type(self).__name__)


def numpy(self: Tensor, *, force: bool = False) -> np.ndarray:
    """The tensor's array, sharing its memory."""
    if recorders:
        host_read(self, "numpy()")
    if force:
        return self.detach()._data
    if self._needs:
        raise RuntimeError(
            "Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead."
        )
    if self.dtype is D.bfloat16:
        raise TypeError(
            "Got unsupported ScalarType BFloat16\n"
            "Hint: NumPy has no bfloat16; convert first, as in x.float().numpy()."
        )
    return self._data


def __array__(self: Tensor, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
    """What NumPy's functions take for the tensor."""
    array = self.numpy()
    if dtype is not None and np.dtype(dtype) != array.dtype:
        return array.astype(dtype)
    return array.copy() if copy else array


_warned = False


def _warn_once_about_conversion() -> None:
    global _warned
    if _warned:
        return
    _warned = True
    import warnings

    warnings.warn(
        "Converting a tensor with requires_grad=True to a scalar may lead to unexpected behavior.\n"
        "Consider using tensor.detach() first.",
        stacklevel=4,
    )
