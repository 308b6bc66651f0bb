"""How a list of examples becomes a batch."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, MutableMapping, MutableSequence, Sequence
from typing import Any

import numpy as np

import flambeau

from ..tensor.tensor import Tensor

REFUSED = (
    "default_collate: batch must contain tensors, numpy arrays, numbers, dicts or lists; found {}"
)


def _holds_objects(array: np.ndarray) -> bool:
    """Whether an array has strings or objects, which no tensor can hold."""
    return array.dtype.kind in "SUO"


def _stacked(batch: Sequence[Any], *, collate_fn_map: Any = None) -> Any:
    return flambeau.stack(list(batch), 0)


def _stacked_arrays(batch: Sequence[Any], *, collate_fn_map: Any = None) -> Any:
    if _holds_objects(batch[0]):
        raise TypeError(REFUSED.format(batch[0].dtype))
    return collate([flambeau.as_tensor(a) for a in batch], collate_fn_map=collate_fn_map)


def _numpy_numbers(batch: Sequence[Any], *, collate_fn_map: Any = None) -> Any:
    return flambeau.as_tensor(np.asarray(batch))


def _floats(batch: Sequence[Any], *, collate_fn_map: Any = None) -> Any:
    return flambeau.tensor(batch, dtype=flambeau.float64)


def _ints(batch: Sequence[Any], *, collate_fn_map: Any = None) -> Any:
    return flambeau.tensor(batch)


def _as_they_are(batch: Sequence[Any], *, collate_fn_map: Any = None) -> Any:
    return batch


CollateMap = dict[type | tuple[type, ...], Callable]

default_collate_fn_map: CollateMap = {
    Tensor: _stacked,
    np.ndarray: _stacked_arrays,
    (np.bool_, np.number, np.object_): _numpy_numbers,
    float: _floats,
    int: _ints,
    str: _as_they_are,
    bytes: _as_they_are,
}


def collate(batch: Any, *, collate_fn_map: CollateMap | None = None) -> Any:
    """Puts a batch together, by a table of functions for types of examples.

    What is in no row of the table must be a mapping, a named tuple or a sequence; their parts are
    collated one by one.
    """
    first = batch[0]
    function = _function_for(first, collate_fn_map or {})
    if function is not None:
        return function(batch, collate_fn_map=collate_fn_map)
    if isinstance(first, Mapping):
        parts = {
            key: collate([example[key] for example in batch], collate_fn_map=collate_fn_map)
            for key in first
        }
        return like_mapping(first, parts)
    if isinstance(first, tuple) and hasattr(first, "_fields"):
        columns = zip(*batch, strict=False)
        return type(first)(*[collate(c, collate_fn_map=collate_fn_map) for c in columns])
    if isinstance(first, Sequence):
        if any(len(example) != len(first) for example in batch):
            raise RuntimeError(
                "each element in list of batch should be of equal size\n"
                f"Hint: their lengths are {sorted({len(example) for example in batch})}; pad them, "
                "or give the loader a collate_fn."
            )
        columns = zip(*batch, strict=False)
        collated = [collate(column, collate_fn_map=collate_fn_map) for column in columns]
        return collated if isinstance(first, tuple) else like_sequence(first, collated)
    raise TypeError(REFUSED.format(type(first)))


def _function_for(example: Any, table: CollateMap) -> Callable | None:
    """The row for an example's type, or for a type that it is an instance of."""
    found = table.get(type(example))
    if found is not None:
        return found
    return next((f for kinds, f in table.items() if isinstance(example, kinds)), None)


def like_mapping(example: Mapping, parts: dict) -> Any:
    """A mapping of the example's type, or a dict where that cannot be made."""
    try:
        if isinstance(example, MutableMapping):
            clone = copy.copy(example)
            clone.update(parts)
            return clone
        return type(example)(parts)  # type: ignore[call-arg]
    except TypeError:
        return parts


def like_sequence(example: Sequence, parts: list) -> Any:
    """A sequence of the example's type, or a list where that cannot be made."""
    try:
        if isinstance(example, MutableSequence):
            clone = copy.copy(example)
            for i, part in enumerate(parts):
                clone[i] = part
            return clone
        return type(example)(parts)  # type: ignore[call-arg]
    except TypeError:
        return parts


def default_collate(batch: Any) -> Any:
    """Puts a list of examples together to a batch.

    Tensors and NumPy arrays are stacked along a new first dimension; numbers become a tensor
    (Python's floats of float64); strings stay a list. Mappings, tuples and lists are collated part
    by part: a list of pairs becomes a list of two batches.

    Raises:
        TypeError: for other types. RuntimeError: where shapes or lengths differ.
    """
    return collate(batch, collate_fn_map=default_collate_fn_map)


def default_convert(data: Any) -> Any:
    """Turns NumPy arrays and numbers in one example into tensors; the rest stays as it is."""
    if isinstance(data, Tensor):
        return data
    if isinstance(data, (np.ndarray, np.generic)):
        return data if _holds_objects(data) else flambeau.as_tensor(data)  # type: ignore[arg-type]
    if isinstance(data, Mapping):
        return like_mapping(data, {key: default_convert(data[key]) for key in data})
    if isinstance(data, tuple):
        parts = [default_convert(part) for part in data]
        return type(data)(*parts) if hasattr(data, "_fields") else parts
    if isinstance(data, Sequence) and not isinstance(data, (str, bytes)):
        return like_sequence(data, [default_convert(part) for part in data])
    return data
