"""``x[key]`` and ``x[key] = value``: a view row for what slices and integers name, then ``index``.

The keys are read by tensor/indexing.py. What is frequent goes a short way: integers, slices, tuples
of them, and index tensors.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import EllipsisType, NoneType
from typing import Any

import numpy as np

from ..autograd.graph import attach
from ..autograd.modes import mode
from ..tensor import dtype as D
from ..tensor import indexing, naming
from ..tensor.memory import check_writable, refuse_overlap
from ..tensor.recording import host_read, recorders, unrepeatable
from ..tensor.size import type_name
from ..tensor.tensor import Tensor, bump, make_view, wrap
from .copies import number_in, tensor_in
from .dispatch import NUMBERS, execute, execute_inplace, prepare
from .expressions import TENSORS
from .table import ROWS, Op, composite, op

Ints = Sequence[int]
Arrays = tuple[np.ndarray, ...]
_INT64 = np.dtype(np.int64)
_ALL = slice(None)
_INTS = {int}

# --- rows -----------------------------------------------------------------------------------------

# ``indices`` are the index tensors of a key, ``dims`` the dimensions that each of them indexes; a
# bool tensor stands for as many dimensions as it has, from its own on.


def advanced_of(indices: Arrays, dims: Ints) -> tuple:
    """Index arrays as tensor/indexing.py takes them: one or None per dimension."""
    out: list = [None] * (dims[-1] + 1)
    for d, index in zip(dims, indices, strict=True):
        out[d] = index
    return tuple(out)


def _by_mask(args: tuple) -> bool:
    return any(t._data.dtype.kind == "b" for t in args[1])


@op("index(input, indices: Tensors, dims: int[])", where="", lowering="gather", dynamic=_by_mask,
    derivative={"input": "index_add_zeros(grad, indices, input.shape, dims)"},
    formula=r"y_{ij} = x_{k_i j}")
def index(input: np.ndarray, indices: Arrays, dims: Ints) -> np.ndarray:
    """The elements at index tensors, which broadcast together."""
    return indexing.gather(input, advanced_of(indices, dims))


@op("index_add_zeros(grad_output, indices: Tensors, shape: int[], dims: int[])", where="",
    lowering="scatter", derivative={"grad_output": "index(grad, indices, dims)"})
def index_add_zeros(
    grad_output: np.ndarray, indices: Arrays, shape: Ints, dims: Ints
) -> np.ndarray:
    """Zeros with values added at the indices: the derivative of reading there."""
    return indexing.scatter_add(tuple(shape), advanced_of(indices, dims), grad_output)


def _put_into(
    data: np.ndarray, indices: Arrays, values: Any, dims: Ints, accumulate: bool
) -> None:
    if not isinstance(values, np.ndarray):
        values = number_in(values, data.dtype)
    indexing.index_put(data, advanced_of(indices, dims), values, accumulate)


@op("index_put_at(input, indices: Tensors, values: Tensor | Number, dims: int[], "
    "accumulate: bool = False)", where="", lowering="scatter", node="IndexPutBackward0",
    into=_put_into,
    derivative={
        "input": "grad if accumulate else index_put_at(grad, indices, 0, dims)",
        "values": "fit_value(index(grad, indices, dims), values)"},
    formula=r"x_{k_i j} \leftarrow v_{ij}")
def index_put_at(
    input: np.ndarray, indices: Arrays, values: Any, dims: Ints, accumulate: bool
) -> np.ndarray:
    """A copy with values written, or added, at index tensors."""
    out = input.copy(order="K")
    _put_into(out, indices, values, dims, accumulate)
    return out


def fit_value(grad: Tensor, value: Any) -> Tensor:
    """The gradient of a written value: summed over what broadcasting repeated."""
    shape = value.shape
    trimmed = tuple(shape[max(0, len(shape) - grad._data.ndim) :])
    g = TENSORS["fit"](grad, trimmed, value.dtype)
    return g if trimmed == tuple(shape) else TENSORS["reshape"](g, shape)


TENSORS["fit_value"] = fit_value

# --- x[key] ---------------------------------------------------------------------------------------

_SELECT, _SLICE, _UNSQUEEZE, _ALIAS = (
    ROWS[f"getitem_{name}"] for name in ("select", "slice", "unsqueeze", "view")
)
_INDEX, _PUT = ROWS["index"], ROWS["index_put_at"]
for _row in (_SELECT, _SLICE, _UNSQUEEZE, _ALIAS):
    prepare(_row)
_PLAIN = frozenset((int, slice, NoneType, EllipsisType))


def _row_of(key: tuple) -> Op:
    """The row that PyTorch would apply last for a basic key; it names the node."""
    for item in reversed(key):
        if item.__class__ is int:
            return _SELECT
        if item is None:
            return _UNSQUEEZE
        if item.__class__ is slice and (item != _ALL or len(key) == 1):
            return _SLICE
    return _ALIAS


def _view(source: Tensor, array: np.ndarray, key: tuple, row: Op) -> Tensor:
    """A view of a tensor, recorded as the row with the key."""
    out = make_view(source, array)
    if source._needs:
        if mode.grad:
            attach(row, (source, key), (out,))
        else:
            out._view_kind = "no_grad"
    if mode.inference:
        out._inference = source._inference
    for r in recorders:
        r.record(row, (source, key), (out,))
    return out


def getitem(self: Tensor, key: Any) -> Tensor:
    """``x[key]``: integers, slices, None and ``...`` give a view; tensors and sequences gather."""
    kind = key.__class__
    array = self._data
    if kind is int:
        try:
            return _view(self, array[key, ...], (key, ...), _SELECT)
        except IndexError:
            pass  # parse says it in PyTorch's words
    elif kind is Tensor:
        if key._data.ndim and key._data.dtype is _INT64 and array.ndim:
            return execute(_INDEX, (self, (key,), (0,)))
    elif kind is tuple and key and set(map(type, key)) == _INTS:
        try:
            return _view(self, array[(*key, ...)], (*key, ...), _SELECT)
        except IndexError:
            pass
    if recorders:
        key = _noted(key)
    basic, advanced = indexing.parse(key, array.shape)
    if advanced is None:
        row = _SLICE if kind is slice else _row_of(basic)
        return _view(self, array[basic], basic, row)
    view = self if basic is indexing.WHOLE else _view(self, array[basic], basic, _row_of(basic))
    return execute(_INDEX, (view, *_tensors(advanced, key)))


def _noted(key: Any) -> Any:
    """A key whose tensors are recorded; tells the recorders where its form depends on numbers."""
    if isinstance(key, (tuple, list)):
        return type(key)([_noted(item) for item in key])
    if not isinstance(key, Tensor):
        return key
    if not key._data.ndim:
        host_read(key, "an index")
    elif key._data.dtype.kind in "iu" and key.dtype not in (D.int64, D.uint8):
        return key.long()
    return key


def _tensors(advanced: tuple, key: Any) -> tuple[tuple[Tensor, ...], tuple[int, ...]]:
    """The index arrays of a key as tensors (its own where they are), and their dimensions."""
    given = {
        id(item._data): item
        for item in (key if isinstance(key, (tuple, list)) else (key,))
        if isinstance(item, Tensor)
    }
    found = [(d, a) for d, a in enumerate(advanced) if a is not None]
    if recorders and given and not all(id(a) in given for _, a in found):
        unrepeatable("a tensor in an index that is converted first")
    indices = [given[id(a)] if id(a) in given else wrap(a) for _, a in found]
    return tuple(indices), tuple([d for d, _ in found])


# --- x[key] = value -------------------------------------------------------------------------------


def setitem(self: Tensor, key: Any, value: Any) -> None:
    """``x[key] = value``: writes a number, or a tensor expanded to the part's shape."""
    if not isinstance(value, Tensor):
        if not isinstance(value, NUMBERS):
            raise TypeError(
                f"can't assign a {type_name(value)} to a "
                f"{naming.prefix()}.{D.of(self._data.dtype).legacy}"
            )
        values = tensor_in(value, self._data.dtype)
        wanted = False
    else:
        values = value._data
        wanted = value._needs
    base = self._base
    if (
        recorders
        or self._inference
        or mode.grad
        and (wanted or self._needs or (base is not None and base._needs))
    ):
        _set_recorded(self, key, value, values)
        return
    array = self._data
    kind = key.__class__
    if kind is bool:  # no index here: True writes everywhere, False nowhere
        if not key:
            return
        basic, advanced = (None, ...), None
    else:
        basic, advanced = indexing.parse(key, array.shape)
    view = array if basic is indexing.WHOLE else array[basic]
    check_writable(view)
    if isinstance(value, Tensor) and self._storage is not None and value._storage is self._storage:
        refuse_overlap(view, values)
    if advanced is None:
        indexing.assign(view, values)
    else:
        indexing.index_put(view, advanced, values.reshape(_trimmed(values.shape)))
    bump(self)


def _trimmed(shape: tuple[int, ...]) -> tuple[int, ...]:
    """A shape without its leading ones, which a written value may have too many of."""
    for i, n in enumerate(shape):
        if n != 1:
            return shape[i:]
    return ()


def _set_recorded(self: Tensor, key: Any, value: Any, values: np.ndarray) -> None:
    """The same by recorded operations: a write into the view that the key names."""
    if key.__class__ is bool:
        if key:
            _write(_view(self, self._data[None], (None, ...), _UNSQUEEZE), value, values)
        return
    if recorders:
        key = _noted(key)
    basic, advanced = indexing.parse(key, self._data.shape)
    if advanced is None and (basic is indexing.WHOLE or key.__class__ is slice and key == _ALL):
        _write(self, value if isinstance(value, Tensor) else wrap(values), values)
        return
    view = self
    if advanced is None or basic is not indexing.WHOLE:
        row = _SLICE if key.__class__ is slice else _row_of(basic)
        view = _view(self, self._data[basic], basic, row)
    if advanced is None:
        _write(view, value, values)
        return
    indices, dims = _tensors(advanced, key)
    source = value if isinstance(value, Tensor) else wrap(values)
    shape = _trimmed(values.shape)
    if shape != values.shape:
        source = TENSORS["reshape"](source, shape)
    execute_inplace(_PUT, (view, indices, source, dims, False))


def _write(view: Tensor, value: Any, values: np.ndarray) -> None:
    check_writable(view._data)
    if not isinstance(value, Tensor) and view._data.dtype.itemsize == 2:
        value = wrap(values)  # a number that is too large for fill becomes infinite here
    if not isinstance(value, Tensor) or not values.ndim:
        row = ROWS["fill" if isinstance(value, Tensor) else "fill_number"]
        execute_inplace(row, (view, value))
        return
    extra = values.ndim - view._data.ndim
    if extra > 0 and values.shape[:extra] == (1,) * extra:
        value = TENSORS["view"](value, values.shape[extra:])
    indexing.check_expands(value._data, view._data.shape)
    execute_inplace(ROWS["copy"], (view, value, False))


Tensor.__getitem__ = getitem  # type: ignore[method-assign]
Tensor.__setitem__ = setitem  # type: ignore[method-assign]

# --- index_put ------------------------------------------------------------------------------------


def _index_arguments(
    name: str, input: Tensor, indices: Any, values: Any
) -> tuple[tuple[Tensor, ...], tuple[int, ...]]:
    """The index tensors of ``index_put`` and their dimensions; None leaves a dimension out."""
    if not isinstance(values, Tensor):
        raise TypeError(
            f"{name}(): argument 'values' (position 2) must be Tensor, not {type_name(values)}"
        )
    if isinstance(indices, Tensor) or not hasattr(indices, "__iter__"):
        raise TypeError(
            f"{name}(): argument 'indices' (position 1) must be tuple of Tensors, not "
            f"{type_name(indices)}"
        )
    key: list = []
    for i, item in enumerate(indices):
        if item is None:
            key.append(_ALL)
        elif isinstance(item, Tensor):
            key.append(item if item._data.ndim else TENSORS["reshape"](item, (1,)))
        else:
            raise TypeError(
                f"expected Tensor as element {i} in argument 0, but got {type_name(item)}"
            )
    _, advanced = indexing.parse(tuple(key), input._data.shape)
    if advanced is None:
        raise IndexError(f"{name}(): at least one index tensor is needed")
    return _tensors(advanced, tuple(key))


@composite()
def index_put(
    input: Tensor, indices: Sequence[Tensor], values: Tensor, accumulate: bool = False
) -> Tensor:
    """A copy with values written at index tensors; with ``accumulate`` they are added there."""
    found, dims = _index_arguments("index_put", input, indices, values)
    return execute(_PUT, (input, found, values, dims, accumulate))


@composite()
def index_put_(
    input: Tensor, indices: Sequence[Tensor], values: Tensor, accumulate: bool = False
) -> Tensor:
    """Writes values at index tensors; with ``accumulate`` they are added there."""
    found, dims = _index_arguments("index_put_", input, indices, values)
    return execute_inplace(_PUT, (input, found, values, dims, accumulate))
