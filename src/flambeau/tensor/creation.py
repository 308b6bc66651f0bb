"""Making tensors: from data, filled, like others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from . import dtype as D
from .device import require_cpu
from .dtype import dtype
from .formats import layout, memory_format, preserve_format, strided
from .from_data import array_from_data, check_array
from .recording import host_read, recorders
from .size import parse_size
from .tensor import Tensor, alias, wrap

Number = int | float | complex


def made(array: np.ndarray) -> Tensor:
    """A tensor around an array that was just made of numbers."""
    out = wrap(array)
    for r in recorders:
        r.created(out)
    return out


def finish(array: np.ndarray, requires_grad: bool, device: Any = None) -> Tensor:
    """A tensor around a new array, with the options that every creating function takes."""
    if device is not None:
        require_cpu(device)
    out = made(array)
    if requires_grad:
        out.requires_grad_(True)
    return out


def _storage(d: dtype | None) -> np.dtype:
    return D._default.numpy if d is None else D.as_dtype(d).numpy


def _check_layout(kind: layout | None) -> None:
    if kind is not None and kind is not strided:
        raise RuntimeError(
            f"flambeau stores tensors densely; layout {kind!r} is not available.\n"
            "Hint: leave out the layout argument."
        )


def tensor(
    data: Any,
    *,
    dtype: dtype | None = None,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
) -> Tensor:
    """A new tensor that holds a copy of the data: numbers, nested sequences, arrays, tensors."""
    if isinstance(data, Tensor):
        import warnings

        warnings.warn(
            "To copy construct from a tensor, it is recommended to use "
            "sourceTensor.detach().clone() or "
            "sourceTensor.detach().clone().requires_grad_(True), rather than "
            "torch.tensor(sourceTensor).",
            stacklevel=2,
        )
    if recorders:
        _note_tensors(data)
    array = array_from_data(data, None if dtype is None else D.as_dtype(dtype).numpy)
    return finish(array, requires_grad, device)


def _note_tensors(data: Any) -> None:
    """Tells the recorders where data that becomes a new tensor comes out of tensors."""
    if isinstance(data, Tensor):
        host_read(data, "tensor()")
    elif isinstance(data, (list, tuple)):
        for item in data:
            _note_tensors(item)


def as_tensor(data: Any, dtype: dtype | None = None, device: Any = None) -> Tensor:
    """The data as a tensor, sharing memory with tensors and arrays where the type allows."""
    require_cpu(device)
    if isinstance(data, Tensor):
        return data if dtype is None else data.to(dtype)
    if isinstance(data, np.ndarray):
        out = from_numpy(data) if data.flags.writeable else tensor(data)
        return out if dtype is None else out.to(dtype)
    return tensor(data, dtype=dtype)


def asarray(
    obj: Any,
    *,
    dtype: dtype | None = None,
    device: Any = None,
    copy: bool | None = None,
    requires_grad: bool = False,
) -> Tensor:
    """The object as a tensor; ``copy`` says whether memory must, may or must not be copied."""
    shared = isinstance(obj, (Tensor, np.ndarray))
    out = as_tensor(obj, dtype, device)
    same = shared and np.may_share_memory(out._data, obj._data if isinstance(obj, Tensor) else obj)
    if copy is False and not same:
        raise ValueError("can't alias tensor with dtype or kind different from the one requested")
    if copy and same:
        out = out.clone()
    if requires_grad and not out._needs:
        out = (alias(out) if out is obj else out).requires_grad_(True)
    return out


def from_numpy(array: np.ndarray) -> Tensor:
    """A tensor on the array's own memory."""
    if not isinstance(array, np.ndarray):
        raise TypeError(f"expected np.ndarray (got {type(array).__name__})")
    check_array(array)  # TypeError or ValueError for what tensors cannot hold
    if any(s < 0 for s in array.strides):
        raise ValueError(
            "At least one stride in the given numpy array is negative, and tensors with negative "
            "strides are not currently supported. (You can probably work around this by making a "
            "copy of your array  with array.copy().) "
        )
    if array.__class__ is not np.ndarray:
        array = array.view(np.ndarray)
    return wrap(array)


def frombuffer(
    buffer: Any, *, dtype: dtype, count: int = -1, offset: int = 0, requires_grad: bool = False
) -> Tensor:
    """A 1-d tensor on a buffer's memory."""
    out = wrap(np.frombuffer(buffer, dtype.numpy, count, offset))
    return out.requires_grad_(True) if requires_grad else out


def scalar_tensor(
    s: Any, *, dtype: dtype | None = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """A 0-d tensor of a number, in the default type."""
    return finish(np.array(s, _storage(dtype)), requires_grad, device)


def copy_to(out: Tensor | None, result: Tensor) -> Tensor:
    """What a function with ``out=`` returns: the result, or the tensor given, which takes it."""
    if out is None:
        return result
    from ..ops.out import write_out

    write_out(out, result)
    return out


def named_size(size: tuple, named: dict, function: str) -> tuple[int, ...]:
    """The shape given as numbers, as one sequence, or by the name ``size``."""
    if named:
        given = named.pop("size", None)
        if named:
            raise TypeError(
                f"{function}() got an unexpected keyword argument '{next(iter(named))}'"
            )
        size = (given,)
    return parse_size(size, function)


def zeros(
    *size: Any,
    out: Tensor | None = None,
    dtype: dtype | None = None,
    layout: layout | None = None,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
    names: Any = None,
    **named: Any,
) -> Tensor:
    """A tensor of zeros of the given shape."""
    _check_layout(layout)
    array = np.zeros(named_size(size, named, "zeros"), _storage(dtype))
    return copy_to(out, finish(array, requires_grad, device))


def ones(
    *size: Any,
    out: Tensor | None = None,
    dtype: dtype | None = None,
    layout: layout | None = None,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
    names: Any = None,
    **named: Any,
) -> Tensor:
    """A tensor of ones of the given shape."""
    _check_layout(layout)
    array = np.ones(named_size(size, named, "ones"), _storage(dtype))
    return copy_to(out, finish(array, requires_grad, device))


def empty(
    *size: Any,
    out: Tensor | None = None,
    dtype: dtype | None = None,
    layout: layout | None = None,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
    memory_format: memory_format | None = None,
    names: Any = None,
    **named: Any,
) -> Tensor:
    """A tensor of the given shape with arbitrary contents."""
    _check_layout(layout)
    array = np.empty(named_size(size, named, "empty"), _storage(dtype))
    return copy_to(out, finish(array, requires_grad, device))


def full(
    size: Sequence[int],
    fill_value: Number,
    *,
    out: Tensor | None = None,
    dtype: dtype | None = None,
    layout: layout | None = None,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
    names: Any = None,
) -> Tensor:
    """A tensor of the given shape filled with one number."""
    _check_layout(layout)
    value = _filling(fill_value)
    if dtype is None:
        kind = D.of(value.dtype) if isinstance(value, np.ndarray) else D.of_number(value)
        dtype = out.dtype if out is not None else kind
    storage = D.as_dtype(dtype).numpy
    array = np.empty(parse_size((size,)), storage)
    array[...] = _number_in(value, storage, "full")
    return copy_to(out, finish(array, requires_grad, device))


def _filling(value: Any) -> Any:
    """What a tensor is filled with: a number, or the array of a tensor."""
    if not isinstance(value, Tensor):
        return value
    host_read(value, "full()")
    return value._data


def _number_in(value: Any, storage: np.dtype, name: str) -> np.ndarray:
    """A number in an element type, which must be able to hold it."""
    from ..ops.copies import number_in

    given = "Tensor" if isinstance(value, np.ndarray) else type(value).__name__
    if np.size(value) != 1 or not isinstance(value, (*_NUMBERS, np.ndarray)):
        raise TypeError(f"{name}(): argument 'fill_value' (position 2) must be Number, not {given}")
    return number_in(value.item() if isinstance(value, np.ndarray) else value, storage)


def empty_strided(
    size: Sequence[int],
    stride: Sequence[int],
    *,
    dtype: dtype | None = None,
    layout: layout | None = None,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
) -> Tensor:
    """An uninitialised tensor with given strides."""
    storage = _storage(dtype)
    size, stride = tuple(size), tuple(stride)
    if len(size) != len(stride):
        raise RuntimeError(
            f"mismatch in length of strides and shape: {len(stride)} and {len(size)}"
        )
    need = 1 + sum((n - 1) * s for n, s in zip(size, stride, strict=True)) if all(size) else 0
    memory = np.empty(need, storage)
    steps = tuple(s * storage.itemsize for s in stride)
    return finish(np.lib.stride_tricks.as_strided(memory, size, steps), requires_grad, device)


def empty_permuted(size: Sequence[int], physical_layout: Sequence[int], **options: Any) -> Tensor:
    """An uninitialised tensor whose dimensions lie in memory in the order given."""
    if len(size) != len(physical_layout):
        raise RuntimeError(
            "Number of dimensions in size does not match the length of the physical_layout; i.e. "
            f"len(size) = {len(size)} is not equal to len(physical_layout) = "
            f"{len(physical_layout)}"
        )
    if len(set(physical_layout)) != len(physical_layout):
        raise RuntimeError("Duplicate dim not allowed")
    stride, step = [0] * len(size), 1
    for d in reversed(physical_layout):
        stride[d] = step
        step *= max(size[d], 1)
    return empty_strided(size, stride, **options)


_NUMBERS = (bool, int, float, complex, np.number, np.bool_)


def _like(input: Tensor, dtype: dtype | None, kind: memory_format | None, value: Any) -> np.ndarray:
    if not isinstance(input, Tensor):
        raise TypeError(f"argument 'input' (position 1) must be Tensor, not {type(input).__name__}")
    source = input._data
    storage = source.dtype if dtype is None else D.as_dtype(dtype).numpy
    order: Any = "K" if kind is None or kind is preserve_format else "C"
    array = np.empty_like(source, storage, order=order, subok=False)
    if value is not None:
        array[...] = value
    return array


def zeros_like(
    input: Tensor,
    *,
    dtype: dtype | None = None,
    layout: layout | None = None,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
    memory_format: memory_format | None = None,
) -> Tensor:
    """Zeros of another tensor's shape and type. Of a sparse tensor: none that is kept."""
    if isinstance(input, Tensor) and input.is_sparse:
        return input.detach().to(dtype or input.dtype).clone().zero_()
    return finish(_like(input, dtype, memory_format, 0), requires_grad, device)


def ones_like(
    input: Tensor,
    *,
    dtype: dtype | None = None,
    layout: layout | None = None,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
    memory_format: memory_format | None = None,
) -> Tensor:
    """Ones of another tensor's shape and type."""
    return finish(_like(input, dtype, memory_format, 1), requires_grad, device)


def empty_like(
    input: Tensor,
    *,
    dtype: dtype | None = None,
    layout: layout | None = None,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
    memory_format: memory_format | None = None,
) -> Tensor:
    """An uninitialised tensor of another's shape and type."""
    return finish(_like(input, dtype, memory_format, None), requires_grad, device)


def full_like(
    input: Tensor,
    fill_value: Number,
    *,
    dtype: dtype | None = None,
    layout: layout | None = None,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
    memory_format: memory_format | None = None,
) -> Tensor:
    """A tensor of another's shape and type, filled with one number."""
    value = _filling(fill_value)
    like = _like(input, dtype, memory_format, None)
    like[...] = _number_in(value, like.dtype, "full_like")
    return finish(like, requires_grad, device)


def eye(
    n: int,
    m: int | None = None,
    *,
    out: Tensor | None = None,
    dtype: dtype | None = None,
    layout: layout | None = None,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
) -> Tensor:
    """Ones on the diagonal, zeros elsewhere."""
    for name, v in (("n", n), ("m", m)):
        if v is not None and v < 0:
            raise RuntimeError(f"{name} must be greater or equal to 0, got {v}")
    return copy_to(out, finish(np.eye(n, m, dtype=_storage(dtype)), requires_grad, device))


def complex_(real: Tensor, imag: Tensor, *, out: Tensor | None = None) -> Tensor:
    """real + i imag."""
    if real.dtype is not imag.dtype:
        raise RuntimeError(
            f"Expected object of scalar type {real.dtype.title} but got scalar type "
            f"{imag.dtype.title} for second argument"
        )
    if real.dtype.category != D.FLOAT or real.dtype is D.bfloat16:
        raise RuntimeError(
            "Expected both inputs to be Half, Float or Double tensors but got "
            f"{real.dtype.title} and {imag.dtype.title}"
        )
    from ..ops.expressions import TENSORS

    pair = TENSORS["stack"](TENSORS["broadcast_tensors"](real, imag), -1)
    return copy_to(out, TENSORS["view_as_complex"](pair))


def polar(abs: Tensor, angle: Tensor, *, out: Tensor | None = None) -> Tensor:
    """abs (cos angle + i sin angle)."""
    for position, (name, value) in enumerate((("abs", abs), ("angle", angle)), 1):
        if not isinstance(value, Tensor):
            raise TypeError(
                f"polar(): argument '{name}' (position {position}) must be Tensor, not "
                f"{type(value).__name__}"
            )
    return copy_to(out, complex_(abs * angle.cos(), abs * angle.sin()))


# --- methods of a tensor that make others of its type ---------------------------------------------


def _new(self: Tensor, d: dtype | None) -> dtype:
    return self.dtype if d is None else d


def new_tensor(self: Tensor, data: Any, *, dtype: dtype | None = None, **options: Any) -> Tensor:
    """A tensor of the data, of this one's type."""
    return tensor(data, dtype=_new(self, dtype), **options)


def new_zeros(self: Tensor, *size: Any, dtype: dtype | None = None, **options: Any) -> Tensor:
    """Zeros of this tensor's type."""
    return zeros(*_sizes(size, options), dtype=_new(self, dtype), **options)


def new_ones(self: Tensor, *size: Any, dtype: dtype | None = None, **options: Any) -> Tensor:
    """Ones of this tensor's type."""
    return ones(*_sizes(size, options), dtype=_new(self, dtype), **options)


def new_empty(self: Tensor, *size: Any, dtype: dtype | None = None, **options: Any) -> Tensor:
    """Uninitialised memory of this tensor's type."""
    return empty(*_sizes(size, options), dtype=_new(self, dtype), **options)


def new_full(
    self: Tensor,
    size: Sequence[int],
    fill_value: Number,
    *,
    dtype: dtype | None = None,
    **options: Any,
) -> Tensor:
    """A tensor of this one's type, filled with one number."""
    return full(size, fill_value, dtype=_new(self, dtype), **options)


def new_empty_strided(
    self: Tensor,
    size: Sequence[int],
    stride: Sequence[int],
    dtype: dtype | None = None,
    **options: Any,
) -> Tensor:
    """Uninitialised memory of this tensor's type, with given strides."""
    return empty_strided(size, stride, dtype=_new(self, dtype), **options)


def _sizes(size: tuple, options: dict) -> tuple:
    given = options.pop("size", None)
    return size if given is None else (given,)


METHODS = (new_tensor, new_zeros, new_ones, new_empty, new_full, new_empty_strided)
FUNCTIONS = {
    f.__name__.rstrip("_"): f
    for f in (
        tensor, as_tensor, asarray, from_numpy, frombuffer, scalar_tensor, zeros, ones, empty, full,
        empty_strided, empty_permuted, zeros_like, ones_like, empty_like, full_like, eye, complex_,
        polar,
    )
}  # fmt: skip
