"""The same elements in other memory or of another type: clone, contiguous, to, copy_, fill_."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..autograd.modes import mode
from ..tensor import dtype as D
from ..tensor import naming
from ..tensor.device import device as Device
from ..tensor.device import require_cpu
from ..tensor.formats import (
    channels_last,
    channels_last_3d,
    contiguous_format,
    memory_format,
    preserve_format,
)
from ..tensor.from_data import convert_array
from ..tensor.memory import UntypedStorage, as_layout, extent, in_memory, root_of, strides_of
from ..tensor.recording import recorders
from ..tensor.size import broadcast_shapes, parse_size, type_name
from ..tensor.tensor import Tensor, alias, bump, set_memory, storage_of
from . import inplace
from .dispatch import execute, execute_inplace
from .expressions import TENSORS
from .table import ROWS, composite, op

Ints = Sequence[int]

# --- copies -------------------------------------------------------------------------------------

_LAST = {channels_last: 4, channels_last_3d: 5}


def copy_as(array: np.ndarray, format: memory_format | None) -> np.ndarray:
    """A copy whose dimensions lie in memory in the order that the format says."""
    if format is None or format is preserve_format:
        return array.copy(order="K") if 0 not in array.strides else _copy_expanded(array)
    if format is contiguous_format:
        return array.copy(order="C")
    return as_layout(array, _last_strides(array, format), copy=True)


def _copy_expanded(array: np.ndarray) -> np.ndarray:
    """A copy of an expanded array that keeps the order of the dimensions that are not expanded."""
    order = list(range(array.ndim))[::-1]  # innermost first
    for i in range(1, array.ndim):
        at = i
        for j in range(i - 1, -1, -1):
            inner, outer = array.strides[order[j]], array.strides[order[at]]
            if not inner or not outer:
                continue
            if inner <= outer:
                break
            order[j], order[at] = order[at], order[j]
            at = j
    outer_first = order[::-1]
    return array.transpose(outer_first).copy(order="C").transpose(np.argsort(outer_first))


def _last_strides(array: np.ndarray, format: memory_format) -> tuple[int, ...]:
    """The strides of channels_last: the channels, dimension 1, are the nearest neighbours."""
    rank = _LAST[format]
    if array.ndim != rank:
        raise RuntimeError(f"required rank {rank} tensor to use {format.name} format")
    n, c, *space = array.shape
    first, *middle, last = strides_of((n, *space, c), array.itemsize)
    return (first, last, *middle)


def has_format(array: np.ndarray, format: memory_format | None = None) -> bool:
    """Whether an array lies in memory as a format says; None means contiguous."""
    if format is None or format is contiguous_format or format is preserve_format:
        return array.flags.c_contiguous
    if array.ndim != _LAST[format]:
        return False
    want = _last_strides(array, format)
    return all(
        s == w or n == 1 for s, w, n in zip(array.strides, want, array.shape, strict=True)
    )


@op("clone(input, *, memory_format: memory_format | None = None)", lowering="opaque",
    derivative={"input": "grad"}, formula="x")
def clone(input: np.ndarray, memory_format: memory_format | None) -> np.ndarray:
    """A copy with memory of its own."""
    return copy_as(input, memory_format)


@composite("method")
def contiguous(input: Tensor, memory_format: memory_format = contiguous_format) -> Tensor:
    """The tensor itself if its elements lie in memory in order, otherwise a copy that is so."""
    array = input._data
    if memory_format in _LAST:
        _last_strides(array, memory_format)  # refuses a wrong number of dimensions
    if has_format(array, memory_format):
        return input
    return execute(ROWS["clone"], (input, memory_format))


@composite("method")
def is_contiguous(input: Tensor, *, memory_format: memory_format = contiguous_format) -> bool:
    """Whether the elements lie in memory in the order of the format."""
    return has_format(input._data, memory_format)


# --- type and device ----------------------------------------------------------------------------


def storage_type(dtype: Any) -> np.dtype:
    """The NumPy type of a dtype, which may be given as one."""
    return dtype if dtype.__class__ is not D.dtype else dtype.numpy


# Conversions that lose nothing and need no care.
_WIDENING = frozenset(
    (np.dtype(a), np.dtype(b))
    for a in "?BbhilqefdFD"
    for b in "?BbhilqefdFD"
    if a != b and np.can_cast(a, b, "safe")
)


@op("to_copy(input, dtype: dtype, memory_format: memory_format | None = None)", where="",
    lowering="pointwise", node="ToCopyBackward0",
    derivative={"input": "fit(grad, input.shape, input.dtype)"})
def to_copy(input: np.ndarray, dtype: D.dtype, memory_format: Any) -> np.ndarray:
    """A copy in another element type."""
    storage = storage_type(dtype)
    if (input.dtype, storage) in _WIDENING and memory_format is None:
        return input.astype(storage)
    out = convert_array(input, storage)
    if memory_format is not None and memory_format is not preserve_format:
        return out if out is not input and has_format(out, memory_format) else (
            copy_as(out, memory_format)
        )
    return copy_as(out, None) if out is input or out.base is not None else out


def convert(
    input: Tensor, dtype: D.dtype | None, copy: bool = False, format: memory_format | None = None
) -> Tensor:
    """The tensor in another type; itself where nothing changes and no copy is asked for."""
    array = input._data
    if dtype is None:
        dtype = D.of(array.dtype)
    if (
        not copy
        and dtype.numpy == array.dtype
        and (format is None or format is preserve_format or has_format(array, format))
    ):
        return input
    return execute(ROWS["to_copy"], (input, dtype, format))


@composite("method")
def to(input: Tensor, *args: Any, **kwargs: Any) -> Tensor:
    """The tensor in another type or on another device; itself where it is so already.

    ``x.to(dtype)``, ``x.to(device)``, ``x.to(device, dtype)``, ``x.to(other)``, each with
    ``non_blocking=False, copy=False`` and ``memory_format=``.
    """
    if len(args) == 1 and not kwargs and args[0].__class__ is D.dtype:
        return convert(input, args[0])
    dtype, copy, format = _parse_to(args, kwargs)
    return convert(input, dtype, copy, format)


def _parse_to(args: tuple, kwargs: dict) -> tuple[D.dtype | None, bool, Any]:
    rest, kwargs = list(args), dict(kwargs)
    dtype = None
    if rest and isinstance(rest[0], Tensor):
        dtype = rest.pop(0).dtype
    elif rest and _names_type(rest[0]):
        dtype = D.as_dtype(rest.pop(0))
    elif rest or "device" in kwargs:
        require_cpu(rest.pop(0) if rest else kwargs.pop("device"))
        if rest and (rest[0] is None or _names_type(rest[0])):
            given = rest.pop(0)
            dtype = None if given is None else D.as_dtype(given)
    if "other" in kwargs:
        dtype = kwargs.pop("other").dtype
    if kwargs.get("dtype") is not None:
        dtype = D.as_dtype(kwargs["dtype"])
    kwargs.pop("dtype", None)
    flags = {"non_blocking": False, "copy": False}
    for name in flags:
        flags[name] = rest.pop(0) if rest else kwargs.pop(name, False)
    format = kwargs.pop("memory_format", None)
    require_cpu(kwargs.pop("device", None))
    if rest or kwargs or not all(isinstance(f, bool) for f in flags.values()):
        given = ", ".join(
            [type_name(a) for a in args] + [f"{k}={type_name(v)}" for k, v in kwargs.items()]
        )
        raise TypeError(
            f"to() received an invalid combination of arguments - got ({given}), but expected one "
            "of:\n * (device device = None, dtype dtype = None, bool non_blocking = False, bool "
            "copy = False, *, memory_format memory_format = None)\n * (dtype dtype, bool "
            "non_blocking = False, bool copy = False, *, memory_format memory_format = None)\n * "
            "(Tensor tensor, bool non_blocking = False, bool copy = False, *, memory_format "
            "memory_format = None)"
        )
    return dtype, flags["copy"], format


def _names_type(value: Any) -> bool:
    return isinstance(value, D.dtype) or value in (bool, int, float, complex)


@composite("method", name="type")
def type_(input: Tensor, dtype: Any = None, non_blocking: bool = False) -> Any:
    """The name of the tensor's type, "torch.FloatTensor"; with an argument, a conversion."""
    if dtype is None:
        return f"{naming.prefix()}.{input.dtype.legacy}"
    if isinstance(dtype, str):
        name = dtype.rpartition(".")[2]
        found = next((d for d in D.ALL if d.legacy == name), None)
        if found is None:
            raise ValueError(f"invalid type: {dtype!r}")
        dtype = found
    elif isinstance(dtype, type):  # such as LongTensor
        dtype = getattr(dtype, "dtype", dtype)
    return convert(input, D.as_dtype(dtype))


@composite("method")
def type_as(input: Tensor, other: Tensor) -> Tensor:
    """The tensor in another tensor's type."""
    return convert(input, other.dtype)


def _conversion(d: D.dtype) -> Any:
    def method(input: Tensor, memory_format: memory_format | None = None) -> Tensor:
        return convert(input, d, False, memory_format)

    method.__doc__ = f"The tensor in the type {d.name}; itself if it has it already."
    return method


for _name, _type in (
    ("float", D.float32), ("double", D.float64), ("half", D.float16), ("bfloat16", D.bfloat16),
    ("int", D.int32), ("long", D.int64), ("short", D.int16), ("char", D.int8), ("byte", D.uint8),
    ("bool", D.bool_), ("cfloat", D.complex64), ("cdouble", D.complex128),
):
    _method = _conversion(_type)
    _method.__name__ = _method.__qualname__ = _name
    composite("method", name=_name)(_method)


@composite("method")
def cpu(input: Tensor, memory_format: memory_format = preserve_format) -> Tensor:
    """The tensor in the CPU's memory, where it is already."""
    return convert(input, None, False, memory_format)


@composite("method")
def cuda(
    input: Tensor, device: Any = None, non_blocking: bool = False,
    memory_format: memory_format = preserve_format,
) -> Tensor:
    """Raises the error of a device that is not there."""
    require_cpu(Device("cuda") if device is None else Device(device))
    return input


@composite()
def resolve_conj(input: Tensor) -> Tensor:
    """The tensor itself: conjugates are always computed at once."""
    return input


@composite()
def resolve_neg(input: Tensor) -> Tensor:
    """The tensor itself: negations are always computed at once."""
    return input


# --- detach ---------------------------------------------------------------------------------------


@op("detach_alias(input)", view=True, where="", lowering="view")
def detach_alias(input: np.ndarray) -> np.ndarray:
    """The same memory; no gradient flows through."""
    return input[...]


@composite()
def detach(input: Tensor) -> Tensor:
    """A tensor on the same memory that has no history and wants no gradient."""
    out = alias(input)
    out._inference = input._inference
    for r in recorders:
        r.record(ROWS["detach_alias"], (input,), (out,))
    return out


@composite()
def detach_(input: Tensor) -> Tensor:
    """Cuts the tensor itself off from its history."""
    if input._base is not None:
        raise RuntimeError(
            "Can't detach views in-place. Use detach() instead. If you are using "
            "DistributedDataParallel (DDP) for training, and gradient_as_bucket_view is set as "
            "True, gradients are views of DDP buckets, and hence detach_() cannot be called on "
            "these gradients. To fix this error, please refer to the Optimizer.zero_grad() "
            "function in torch/optim/optimizer.py as the solution."
        )
    input._node, input._nr, input._needs = None, 0, False
    return input


# --- writing ------------------------------------------------------------------------------------


def _copy_into(data: np.ndarray, src: Any, non_blocking: bool) -> None:
    if isinstance(src, np.ndarray):
        if src.ndim > data.ndim or src.shape != data.shape:
            shape = broadcast_shapes(data.shape, src.shape)
            if shape != data.shape:
                raise RuntimeError(
                    f"output with shape {list(data.shape)} doesn't match the broadcast shape "
                    f"{list(shape)}"
                )
        if src.dtype != data.dtype:
            src = convert_array(src, data.dtype)
    np.copyto(data, src, casting="unsafe")


@op("copy(input, src, non_blocking: bool = False)", where="", lowering="scatter",
    node="CopyBackwards", into=_copy_into,
    derivative={"input": "zeros_like(grad)", "src": "fit(grad, src.shape, src.dtype)"})
def copy(input: np.ndarray, src: Any, non_blocking: bool) -> np.ndarray:
    """A tensor like the input with the elements of ``src``, converted and expanded."""
    out = np.empty_like(input)
    _copy_into(out, src, non_blocking)
    return out


@composite("method")
def copy_(input: Tensor, src: Tensor, non_blocking: bool = False) -> Tensor:
    """Writes another tensor's elements into the tensor, converted to its type and expanded."""
    if not isinstance(src, Tensor):
        if not isinstance(src, (int, float, complex, np.generic)):
            raise TypeError(
                f"copy_(): argument 'other' (position 1) must be Tensor, not {type_name(src)}"
            )
        return fill_(input, src)
    return execute_inplace(ROWS["copy"], (input, src, non_blocking))


_C_NAMES = {
    "int32": "int",
    "float16": "c10::Half", "bfloat16": "c10::BFloat16", "float32": "float", "float64": "double",
    "complex64": "c10::complex<float>", "complex128": "c10::complex<double>",
}


_INFINITE = (float("inf"), -float("inf"))
_LIMITS: dict[np.dtype, float] = {}


def _limit(storage: np.dtype) -> float:
    """The largest number that a floating-point type holds."""
    found = _LIMITS.get(storage)
    if found is None:
        found = _LIMITS[storage] = D.finfo(D.of(storage)).max
    return found


def number_in(value: Any, storage: np.dtype) -> np.ndarray:
    """A Python number as a 0-d array of a type; RuntimeError where the type cannot hold it."""
    kind = storage.kind
    if isinstance(value, np.generic):
        value = value.item()
    if kind == "f" and value.__class__ is float and abs(value) <= _limit(storage):
        return np.array(value, storage)
    if kind == "b":
        return np.asarray(bool(value))
    d = D.of(storage)
    if not _fits(value, d):
        name = _C_NAMES.get(d.name, f"{d.name}_t")
        raise RuntimeError(f"value cannot be converted to type {name} without overflow")
    if isinstance(value, complex) and d.category != D.COMPLEX:
        value = value.real
    if d.category == D.INT:
        return np.asarray(int(value)).astype(storage)
    return convert_array(np.asarray(value), storage)


def tensor_in(value: Any, storage: np.dtype) -> np.ndarray:
    """A Python number as PyTorch makes a tensor of it: 16-bit floats may become infinite."""
    if storage.itemsize == 2 and storage.kind in "fV":
        return convert_array(number_in(value, np.dtype(np.float64)), storage)
    return number_in(value, storage)


def _fits(value: Any, d: D.dtype) -> bool:
    if isinstance(value, complex):
        if d.category != D.COMPLEX:
            return value.imag == 0 and _fits(value.real, d)
        return _fits(value.real, d.to_real()) and _fits(value.imag, d.to_real())
    if d.category == D.INT:
        if value != value or value in _INFINITE:
            return False
        info = np.iinfo(d.numpy)
        if d.is_signed:
            low = -info.max - 1
        else:  # negative integers wrap around in unsigned types
            low = 0 if isinstance(value, float) else -info.max
        return low <= value and int(value) <= info.max
    if value != value or value in _INFINITE:
        return True
    return abs(value) <= _limit(d.to_real().numpy)


def _fill_into(data: np.ndarray, value: Any) -> None:
    if isinstance(value, np.ndarray):
        if value.ndim:
            raise RuntimeError(
                "fill_ only supports 0-dimension value tensor but got tensor with "
                f"{value.ndim} dimensions."
            )
        data[...] = convert_array(value, data.dtype)
    else:
        data[...] = number_in(value, data.dtype)


@op("fill(input, value: Tensor | Number)", where="", lowering="scatter", into=_fill_into,
    expanded=True,
    node="FillBackward3",
    derivative={"input": "zeros_like(grad)", "value": "fit(grad, value.shape, value.dtype)"})
def fill(input: np.ndarray, value: Any) -> np.ndarray:
    """A tensor like the input, filled with one number."""
    out = np.empty_like(input)
    _fill_into(out, value)
    return out


@op("fill_number(input, value: Number)", where="", lowering="scatter", into=_fill_into,
    expanded=True,
    node="FillBackward2", derivative={"input": "zeros_like(grad)"})
def fill_number(input: np.ndarray, value: Any) -> np.ndarray:
    """A tensor like the input, filled with one number."""
    return fill(input, value)


def _zero_into(data: np.ndarray) -> None:
    data[...] = 0


@op("zero(input)", where="", lowering="scatter", into=_zero_into, expanded=True,
    node="ZeroBackward0",
    derivative={"input": "zeros_like(grad)"})
def zero(input: np.ndarray) -> np.ndarray:
    """Zeros like the input."""
    return np.zeros_like(input)


def _fill_row(value: Any) -> Any:
    return ROWS["fill" if isinstance(value, Tensor) else "fill_number"]


@composite("function", name="fill")
def fill_function(input: Tensor, value: Any) -> Tensor:
    """A tensor like the input, filled with a number or the element of a 0-d tensor."""
    return execute(_fill_row(value), (input, value))


@composite()
def fill_(input: Tensor, value: Any) -> Tensor:
    """Fills the tensor with a number or the element of a 0-d tensor."""
    return execute_inplace(_fill_row(value), (input, value))


@composite()
def zero_(input: Tensor) -> Tensor:
    """Fills the tensor with zeros."""
    return execute_inplace(ROWS["zero"], (input,))


@composite("method")
def fill_diagonal_(input: Tensor, fill_value: Any, wrap: bool = False) -> Tensor:
    """Fills the main diagonal; with ``wrap`` it begins anew below a tall matrix's last column."""
    shape = input._data.shape
    if len(shape) < 2:
        raise RuntimeError("dimensions must larger than 1")
    if len(shape) > 2 and len(set(shape)) > 1:
        raise RuntimeError("all dimensions of input must be of equal length")
    steps, columns = input.stride(), shape[1]
    layout = None if input._data.flags.c_contiguous else input._data.strides
    line = TENSORS["as_strided"]
    fill_(line(input, (min(shape),), (sum(steps),), 0, layout), fill_value)
    if wrap and len(shape) == 2:
        for top in range(columns + 1, shape[0], columns + 1):
            count = min(shape[0] - top, columns)
            fill_(line(input, (count,), (sum(steps),), top * steps[0], layout), fill_value)
    return input


# --- other memory under a tensor -----------------------------------------------------------------


def _replace(target: Tensor, array: np.ndarray) -> Tensor:
    set_memory(target, array)
    bump(target)
    return target


@composite("method")
def resize_(input: Tensor, *sizes: Any, memory_format: memory_format | None = None) -> Tensor:
    """Gives the tensor another shape: on its own memory where that is large enough.

    Elements beyond the old ones have arbitrary values.
    """
    if input._needs:
        raise RuntimeError("cannot resize variables that require grad")
    size = parse_size(sizes, "resize_", signed=True)
    if any(n < 0 for n in size):
        raise RuntimeError("numel: integer multiplication overflow")
    array = input._data
    if array.shape == size:
        return input
    inplace.check(input, "resize_")
    item = array.itemsize
    root = root_of(array)
    count = extent(size, strides_of(size, 1)) + 1 if 0 not in size else 0
    if (input.storage_offset() + count) * item <= root.nbytes:
        return _replace(input, in_memory(array, size, strides_of(size, item)))
    memory = np.zeros(count, array.dtype)
    flat = in_memory(array, (root.nbytes // item - input.storage_offset(),), (item,)) if (
        array.size
    ) else array.reshape(-1)
    memory[: flat.size] = flat
    return _replace(input, memory.reshape(size))


@composite()
def resize_as_(
    input: Tensor, the_template: Tensor, *, memory_format: memory_format | None = None
) -> Tensor:
    """Gives the tensor another tensor's shape, as ``resize_`` does."""
    return resize_(input, the_template._data.shape)


@composite("method")
def set_(
    input: Tensor,
    source: Any = None,
    storage_offset: int = 0,
    size: Ints | None = None,
    stride: Ints | None = None,
) -> Tensor:
    """Makes the tensor use another tensor's or storage's memory."""
    if input._needs and mode.grad:
        inplace.check(input, "set_")
    if source is None:
        return _replace(input, np.empty(0, input._data.dtype))
    if isinstance(source, Tensor) and size is None:
        input._storage = storage_of(source)
        return _replace(input, source._data)
    root = source._root if isinstance(source, UntypedStorage) else root_of(source._data)
    if root.dtype != input._data.dtype:
        root = root.reshape(-1).view(input._data.dtype)
    item = root.itemsize
    if size is None:
        size = (root.size,)
    size = tuple(size)
    steps = strides_of(size, 1) if stride is None else tuple(stride)
    return _replace(input, in_memory(root, size, [s * item for s in steps], storage_offset * item))
