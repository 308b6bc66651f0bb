"""Shapes: the ``Size`` of a tensor, and the rules for sizes and dimensions given as arguments."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from . import naming

Shape = tuple[int, ...]


class Size(tuple):
    """The shape of a tensor: a tuple of ints, whose slices and sums are sizes again.

    >>> flambeau.zeros(2, 3).shape
    flambeau.Size([2, 3])
    """

    __slots__ = ()

    def __new__(cls, sizes: Any = (), /) -> Size:
        made = tuple.__new__(cls, sizes)
        for n in made:
            if type(n) is not int:
                return tuple.__new__(cls, _integers(made))
        return made

    def numel(self) -> int:
        """The number of elements of a tensor of this shape."""
        product = 1
        for n in self:
            product *= n
        return product

    def __getitem__(self, key: Any) -> Any:
        item = tuple.__getitem__(self, key)
        return unchecked(item) if type(key) is slice else item

    def __add__(self, other: Any) -> Size:
        if not isinstance(other, tuple):
            raise TypeError(
                f"can only concatenate tuple (not {type_name(other)}) to {naming.prefix()}.Size"
            )
        return Size(tuple.__add__(self, other))

    def __radd__(self, other: Any) -> Size:
        return Size(other + tuple(self)) if isinstance(other, tuple) else NotImplemented

    def __mul__(self, times: Any) -> Size:
        return unchecked(tuple.__mul__(self, times))

    __rmul__ = __mul__

    def __repr__(self) -> str:
        return f"{naming.prefix()}.Size({list(self)})"

    def __reduce__(self) -> tuple:
        return Size, (tuple(self),)


# From a tuple of ints as NumPy gives it, at a third of the constructor's cost.
unchecked = partial(tuple.__new__, Size)


def _integers(sizes: tuple) -> list[int]:
    numbers = []
    for i, n in enumerate(sizes):
        try:
            numbers.append(operator.index(n))
        except TypeError:
            raise TypeError(
                f"{naming.prefix()}.Size() takes an iterable of 'int' "
                f"(item {i} is '{type_name(n)}')"
            ) from None
    return numbers


def type_name(value: object) -> str:
    """The name of a value's type as PyTorch's messages give it: "str", "numpy.float64"."""
    kind = type(value)
    module = getattr(kind, "__module__", "")
    return f"{module}.{kind.__name__}" if module in ("numpy", "decimal") else kind.__name__


def parse_size(
    args: Sequence[Any], function: str = "empty", argument: str = "size", signed: bool = False
) -> Shape:
    """The shape that positional arguments such as ``2, 3`` or ``(2, 3)`` name.

    Args:
        args: the arguments as they came: integers, or a single tuple, list or Size of them.
        function, argument: whose arguments they are, for the error messages.
        signed: whether negative numbers pass (-1 stands for a size to be inferred in ``view``).

    Raises:
        TypeError: something is not an integer.
        RuntimeError: a size is negative.
    """
    sizes = args
    if len(args) == 1:
        first = args[0]
        if isinstance(first, (tuple, list)):
            sizes = first
    for n in sizes:
        if type(n) is not int or n < 0 and not signed:
            return _parse_slowly(args, sizes, function, argument, signed)
    if not args:
        raise TypeError(f'{function}() missing 1 required positional arguments: "{argument}"')
    return tuple(sizes)


def _parse_slowly(
    args: Sequence[Any], sizes: Sequence[Any], function: str, argument: str, signed: bool
) -> Shape:
    """``parse_size`` for sizes that are no plain ints, or negative: converts, or says why not."""
    numbers = []
    for i, n in enumerate(sizes):
        # True and False count as numbers everywhere but in front, as in PyTorch.
        if type(n) is not int and not (isinstance(n, bool) and i):
            n = _integer(n, i, args, sizes, f"{function}()", argument)
        if not -(1 << 63) <= n < 1 << 63:
            raise TypeError(
                f"{function}(): argument '{argument}' failed to unpack the object at pos {i + 1} "
                'with error "Overflow when unpacking long long"'
            )
        numbers.append(int(n))
    if not signed and min(numbers) < 0:
        if function == "zeros":
            raise RuntimeError(f"zeros: Dimension size must be non-negative. Got {numbers}.")
        raise RuntimeError(
            f"Trying to create tensor with negative dimension {_first_negative(numbers)}: {numbers}"
        )
    return tuple(numbers)


def _integer(
    n: Any, i: int, args: Sequence[Any], sizes: Sequence[Any], function: str, argument: str
) -> int:
    if not isinstance(n, bool):
        try:
            return operator.index(n)
        except TypeError:
            pass
    if i:
        raise TypeError(
            f"{function}: argument '{argument}' failed to unpack the object at pos {i + 1} with "
            f'error "type must be tuple of ints,but got {type_name(n)}"'
        )
    wanted = f"{function}: argument '{argument}' (position 1) must be tuple of ints"
    if sizes is not args:
        raise TypeError(f"{wanted}, but found element of type {type_name(n)} at pos 0")
    if len(args) == 1:
        raise TypeError(f"{wanted}, not {type_name(n)}")
    raise TypeError(
        f"{function} takes 1 positional argument but {len(args)} were given\n"
        f"Hint: the sizes must be ints, or one tuple of ints; the first is a {type_name(n)}."
    )


def _first_negative(numbers: Sequence[int]) -> int:
    return next(n for n in numbers if n < 0)


def normalize_dim(dim: int, ndim: int) -> int:
    """The dimension that ``dim`` names in ``0..ndim-1``; negative ones count from the end.

    A 0-d tensor takes 0 and -1, as if it had one dimension.

    Raises:
        IndexError: there is no such dimension.
        TypeError: ``dim`` is not an integer.
    """
    if type(dim) is not int:
        dim = _dim_number(dim)
    if 0 <= dim < ndim:
        return dim
    if -ndim <= dim < 0:
        return dim + ndim
    if not ndim and -1 <= dim <= 0:
        return 0
    last = max(ndim, 1) - 1
    raise IndexError(
        f"Dimension out of range (expected to be in range of [{-last - 1}, {last}], but got {dim})"
    )


def _dim_number(dim: Any) -> int:
    if not isinstance(dim, bool):
        try:
            return operator.index(dim)
        except TypeError:
            pass
    raise TypeError(f"argument 'dim' must be int, not {type_name(dim)}")


def normalize_dims(dims: int | Sequence[int], ndim: int) -> Shape:
    """The dimensions that ``dims``, a number or a sequence of them, names in ``0..ndim-1``.

    Raises:
        IndexError: there is no such dimension.
        RuntimeError: a dimension comes twice.
    """
    if type(dims) is int:
        return (normalize_dim(dims, ndim),)
    if not isinstance(dims, (tuple, list)):
        return (normalize_dim(dims, ndim),)  # type: ignore[arg-type]
    found: list[int] = []
    for d in dims:
        d = normalize_dim(d, ndim)
        if d in found:
            raise RuntimeError(f"dim {d} appears multiple times in the list of dims")
        found.append(d)
    return tuple(found)


def broadcast_shapes(*shapes: Shape) -> Shape:
    """The shape that tensors of the given shapes have together.

    Dimensions are matched from the right; sizes must be equal, or one of them 1.

    Raises:
        RuntimeError: some sizes differ, and none of them is 1.
    """
    result = shapes[0] if shapes else ()
    for shape in shapes[1:]:
        if shape != result:
            result = _broadcast(result, shape)
    return result


def _broadcast(a: Shape, b: Shape) -> Shape:
    longer, shorter = (a, b) if len(a) >= len(b) else (b, a)
    result = list(longer)
    for i, n in enumerate(shorter, len(longer) - len(shorter)):
        if longer[i] == 1:
            result[i] = n
        elif n != longer[i] and n != 1:
            raise broadcast_error(a, b)
    return tuple(result)


def broadcast_error(a: Shape, b: Shape) -> RuntimeError:
    """The error for two shapes that do not broadcast: where, and what would fit."""
    for back in range(1, min(len(a), len(b)) + 1):
        if a[-back] != b[-back] and 1 not in (a[-back], b[-back]):
            break
    dim = max(len(a), len(b)) - back
    return RuntimeError(
        f"The size of tensor a ({a[-back]}) must match the size of tensor b ({b[-back]}) at "
        f"non-singleton dimension {dim}\nHint: {_broadcast_hint(a, b)}"
    )


def _broadcast_hint(a: Shape, b: Shape) -> str:
    pairs = (("a", a, b), ("b", b, a))
    for name, this, other in pairs:
        if len(this) < len(other) and this == other[: len(this)]:
            index = ", ".join([":"] * len(this) + ["None"] * (len(other) - len(this)))
            return f"{name}[{index}] would match along the leading dimensions."
    for name, this, other in pairs:
        if len(this) == 2 and _fits(this[::-1], other):
            return f"tensor {name} would match if it were transposed ({name}.T)."
    return (
        f"a has shape {list(a)} and b {list(b)}; counted from the right, sizes must be equal or 1."
    )


def _fits(a: Shape, b: Shape) -> bool:
    return all(m == n or m == 1 or n == 1 for m, n in zip(a[::-1], b[::-1], strict=False))


def expands(shape: Shape, target: Shape) -> bool:
    """Whether a tensor of ``shape`` can be expanded to ``target``."""
    return len(shape) <= len(target) and all(
        m == n or m == 1 for m, n in zip(shape[::-1], target[::-1], strict=False)
    )


def expand_error(shape: Shape, target: Shape, title: str = "Tensor") -> RuntimeError:
    """The error for a tensor of ``shape`` that cannot be expanded to ``target``.

    ``title`` is the tensor's legacy type name, such as "FloatTensor".
    """
    if len(shape) > len(target):
        return RuntimeError(
            f"expand({naming.prefix()}.{title}{{{list(shape)}}}, size={list(target)}): the number "
            f"of sizes provided ({len(target)}) must be greater or equal to the number of "
            f"dimensions in the tensor ({len(shape)})"
        )
    for back in range(1, len(shape) + 1):
        if shape[-back] not in (1, target[-back]):
            break
    return RuntimeError(
        f"The expanded size of the tensor ({target[-back]}) must match the existing size "
        f"({shape[-back]}) at non-singleton dimension {len(target) - back}.  "
        f"Target sizes: {list(target)}.  Tensor sizes: {list(shape)}"
    )


def infer_view_shape(shape: Shape, numel: int) -> Shape:
    """``shape`` with its -1, if there is one, replaced by what ``numel`` elements leave for it.

    Raises:
        RuntimeError: the shape does not hold ``numel`` elements, has several -1, another negative
            size, or a -1 that may be anything because the tensor is empty.
    """
    known, unknown = 1, None
    for i, n in enumerate(shape):
        if n >= 0:
            known *= n
        elif n < -1:
            raise RuntimeError(f"invalid shape dimension {n} at index {i} of shape {list(shape)}")
        elif unknown is not None:
            raise RuntimeError("only one dimension can be inferred")
        else:
            unknown = i
    if unknown is None:
        if known == numel:
            return shape
    elif known and numel % known == 0:
        return (*shape[:unknown], numel // known, *shape[unknown + 1 :])
    elif known == numel:
        raise RuntimeError(
            f"cannot reshape tensor of 0 elements into shape {list(shape)} because the "
            "unspecified dimension size -1 can be any value and is ambiguous"
        )
    raise RuntimeError(f"shape '{list(shape)}' is invalid for input of size {numel}")


def view_array(array: np.ndarray, shape: Shape) -> np.ndarray:
    """A view of ``array`` in another shape, which may hold one -1.

    A view exists where every new dimension lies within old ones that follow each other in memory
    as in a contiguous array: ``stride[i] == size[i + 1] * stride[i + 1]``.

    Raises:
        RuntimeError: the shape does not fit, or only a copy could have it.
    """
    view = array.reshape(infer_view_shape(shape, array.size))
    # A contiguous array always has a view; of others NumPy makes a copy where it must.
    if not array.flags.c_contiguous and not np.may_share_memory(view, array):
        raise RuntimeError(
            "view size is not compatible with input tensor's size and stride (at least one "
            "dimension spans across two contiguous subspaces). Use .reshape(...) instead."
        )
    return view
