"""The printed form of a tensor: PyTorch's, to the character.

All numbers of a tensor are printed in one style, chosen from those that are finite and not 0:

* whole numbers as ``3.``; others with ``precision`` digits after the point;
* in scientific notation (``3.0000e+05``) where the largest is more than 1000 times the smallest
  or more than 1e8, or, with numbers that are not whole, where the smallest is below 1e-4.

Columns are as wide as the widest of these numbers, and as many as fit into ``linewidth``. Of a
tensor with more than ``threshold`` elements only the first and last ``edgeitems`` of each
dimension are looked at and shown.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterator
from itertools import compress
from typing import Any

import numpy as np

from . import dtype as D
from . import naming

Array = np.ndarray[Any, Any]

_PROFILES: dict[str, dict[str, Any]] = {
    "default": {"precision": 4, "threshold": 1000, "edgeitems": 3, "linewidth": 80},
    "short": {"precision": 2, "threshold": 1000, "edgeitems": 2, "linewidth": 80},
    "full": {"precision": 4, "threshold": math.inf, "edgeitems": 3, "linewidth": 80},
}

_options: dict[str, Any] = {**_PROFILES["default"], "sci_mode": None}


def set_printoptions(
    precision: int | None = None,
    threshold: float | None = None,
    edgeitems: int | None = None,
    linewidth: int | None = None,
    profile: str | None = None,
    sci_mode: bool | None = None,
) -> None:
    """Choose how tensors are printed. What is not given stays as it is, ``sci_mode`` apart.

    Args:
        precision: digits after the point (4).
        threshold: tensors with more elements are shown by their edges (1000).
        edgeitems: elements at each end of a dimension that is shown by its edges (3).
        linewidth: characters in a line (80).
        profile: ``"default"``, ``"short"`` (2 digits, 2 edge items) or ``"full"`` (everything is
            shown); the other arguments change single values of it.
        sci_mode: True for scientific notation, False for none, None to choose by the numbers.
    """
    if profile is not None:
        _options.update(_PROFILES.get(profile, {}))
    given = {
        "precision": precision,
        "threshold": threshold,
        "edgeitems": edgeitems,
        "linewidth": linewidth,
    }
    _options.update({name: value for name, value in given.items() if value is not None})
    _options["sci_mode"] = sci_mode


def get_printoptions() -> dict[str, Any]:
    """The options in force, by name, as ``set_printoptions`` takes them."""
    return dict(_options)


@contextlib.contextmanager
def printoptions(**options: Any) -> Iterator[None]:
    """``set_printoptions`` for the duration of a ``with`` block."""
    before = get_printoptions()
    set_printoptions(**options)
    try:
        yield
    finally:
        _options.update(before)


def tensor_str(
    array: Array,
    *,
    dtype: D.dtype | None = None,
    requires_grad: bool = False,
    grad_fn_name: str | None = None,
    is_parameter: bool = False,
    device: str | None = None,
    name: str = "tensor",
    contents: str | None = None,
) -> str:
    """The printed form of a tensor.

    Args:
        array: its elements.
        dtype: its dtype, by default the one that the array stores.
        requires_grad: whether to say ``requires_grad=True``.
        grad_fn_name: the name of the operation that made it (``"AddBackward0"``), which is then
            said instead.
        is_parameter: whether it is a Parameter.
        device: its device where that is not the CPU (``"cuda:0"``).
        name: what stands before the bracket: the name of a subclass of Tensor.
        contents: a text to show in place of the elements.
    """
    head = f"{name}("
    suffixes = [f"device='{device}'"] if device is not None else []
    if dtype is None:
        dtype = D.of(array.dtype)
    body = "[]" if contents is None else contents
    if array.size == 0:
        if array.ndim != 1:
            suffixes.append(f"size={array.shape}")
        dtype_shown = dtype is not D.get_default_dtype()
    else:
        if contents is None:
            body = elements(array, len(head))
        if not _options["edgeitems"]:
            suffixes.append(f"size={array.shape}")
        usual = (D.get_default_dtype(), D.default_complex(), D.int64, D.bool_)
        dtype_shown = dtype not in usual
    if dtype_shown:
        suffixes.append(f"dtype={naming.prefix()}.{dtype.name}")
    if grad_fn_name is not None:
        suffixes.append(f"grad_fn=<{grad_fn_name}>")
    elif requires_grad:
        suffixes.append("requires_grad=True")
    text = with_suffixes(head + body, suffixes, len(head))
    return f"Parameter containing:\n{text}" if is_parameter else text


def tensor_format(
    array: Array,
    spec: str,
    show: Callable[[], str] | None = None,
    *,
    type_name: str = "Tensor",
) -> str:
    """``format(tensor, spec)``: a 0-d tensor formats as its number, others print as ``show()``.

    ``type_name`` is the name of the tensor's type; those of subclasses always print. Raises
    TypeError for a specification where there is no single number to apply it to.
    """
    if array.ndim == 0 and type_name == "Tensor":
        return format(_item(array), spec)
    if not spec:
        return tensor_str(array) if show is None else show()
    raise TypeError(
        f"unsupported format string passed to {type_name}.__format__\nHint: {spec!r} formats one "
        f"number, and this {type_name} has shape {array.shape}; format an element's .item()."
    )


def _item(array: Array) -> Any:
    value = array.item()
    return value if isinstance(value, (bool, int, float, complex)) else float(value)


def with_suffixes(text: str, suffixes: list[str], indent: int) -> str:
    """Suffixes go on the last line while they fit, and else on lines of their own."""
    limit = _options["linewidth"]
    length = len(text) - text.rfind("\n") + 1
    for suffix in suffixes:
        if length + len(suffix) + 2 > limit:
            text += ",\n" + " " * indent + suffix
            length = indent + len(suffix)
        else:
            text += ", " + suffix
            length += len(suffix) + 2
    return text + ")"


# -- elements --------------------------------------------------------------------------------


def elements(array: Array, indent: int) -> str:
    """The elements in their brackets, the first bracket ``indent`` columns from the left."""
    edge = _options["edgeitems"]
    edges_only = array.size > _options["threshold"]
    if edges_only and not edge and array.ndim:
        return "[...]"
    cut = [edges_only and size > 2 * edge for size in array.shape]
    if any(cut):
        array = array[np.ix_(*map(_shown, array.shape, cut))]
    cells, width = _cells(array.reshape(-1))
    if array.ndim == 0:
        return cells[0]
    columns = max(1, math.floor((_options["linewidth"] - indent - array.ndim + 1) / (width + 2)))
    return _brackets(cells, array.shape, cut, edge, indent, columns)


def _shown(size: int, cut: bool) -> Array:
    """Which indices of a dimension are shown."""
    edge = _options["edgeitems"]
    return np.r_[:edge, size - edge : size] if cut else np.arange(size)


def _brackets(
    cells: list[str],
    shape: tuple[int, ...],
    cut: list[bool],
    edge: int,
    indent: int,
    columns: int,
) -> str:
    """Join the cells: rows of ``columns`` in the last dimension, then a block a dimension."""
    glue = ",\n" + " " * (indent + len(shape))
    blocks = []
    for row in _groups(cells, shape[-1]):
        if cut[-1]:
            row[edge:edge] = [" ..."]
        lines = [", ".join(row[i : i + columns]) for i in range(0, len(row), columns)]
        blocks.append(f"[{glue.join(lines)}]")
    for axis in range(len(shape) - 2, -1, -1):
        glue = "," + "\n" * (len(shape) - 1 - axis) + " " * (indent + axis + 1)
        joined = []
        for group in _groups(blocks, shape[axis]):
            if cut[axis]:
                group[edge:edge] = ["..."]
            joined.append(f"[{glue.join(group)}]")
        blocks = joined
    return blocks[0]


def _groups(items: list[str], size: int) -> Iterator[list[str]]:
    return (items[start : start + size] for start in range(0, len(items), size))


def _cells(values: Array) -> tuple[list[str], int]:
    """Each element as text, and the width that columns are laid out for."""
    if values.dtype.kind == "c":
        reals, real_width = _float_cells(values.real.astype(np.float64))
        imags, imag_width = _float_cells(values.imag.astype(np.float64))
        return list(map(_complex_cell, reals, imags)), real_width + imag_width + 1
    if values.dtype.kind in "biu":
        cells = list(map(str, values.tolist()))
        width = max(map(len, cells))
        return [cell.rjust(width) for cell in cells], width
    return _float_cells(values.astype(np.float64))


def _complex_cell(real: str, imag: str) -> str:
    imag = imag.lstrip()
    return f"{real}{imag}j" if imag[0] == "-" else f"{real}+{imag}j"


def _float_cells(values: Array) -> tuple[list[str], int]:
    sizes = np.abs(values)
    regular = (sizes > 0.0) & (sizes < np.inf)
    sizes = sizes[regular]
    precision, scientific = _options["precision"], _options["sci_mode"]
    whole = bool((sizes == np.floor(sizes)).all())
    if sizes.size == 0:
        scientific = False
    elif scientific is None:
        low, high = float(sizes.min()), float(sizes.max())
        scientific = high / low > 1000.0 or high > 1e8 or (not whole and low < 1e-4)
    items = values.tolist()
    if scientific:
        cells = [f"{item:.{precision}e}" for item in items]
    elif whole:
        cells = [f"{item:.0f}." if math.isfinite(item) else f"{item}" for item in items]
    else:
        cells = [f"{item:.{precision}f}" for item in items]
    if sizes.size == 0:  # zeros, infinities and not-a-numbers alone are not lined up
        return cells, 1
    width = max(map(len, compress(cells, regular.tolist())))
    return [cell.rjust(width) for cell in cells], width
