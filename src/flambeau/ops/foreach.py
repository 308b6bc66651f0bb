"""``_foreach_add`` and its like: an operator on each tensor of a list, as optimizers call it.

PyTorch runs these in one go where that is faster. Here they are loops over the rows, from a
table: what they are for is that programs written with them run.

``_foreach_name(tensors, …)`` gives a tuple of results; ``_foreach_name_(tensors, …)`` writes into
the tensors and gives the list. A further operand is a list of tensors or of numbers, one for each,
or one number or tensor for all.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..tensor.size import type_name
from ..tensor.tensor import Tensor
from .expressions import TENSORS

UNARY = (
    "abs", "acos", "asin", "atan", "ceil", "cos", "cosh", "erf", "erfc", "exp", "expm1", "floor",
    "frac", "lgamma", "log", "log10", "log1p", "log2", "neg", "reciprocal", "round", "rsqrt",
    "sigmoid", "sign", "sin", "sinh", "sqrt", "tan", "tanh", "trunc",
)  # fmt: skip
# Operators with further operands: how many lists there are, and how many operands at most.
OPERANDS = {
    "add": (1, 1), "sub": (1, 1), "mul": (1, 1), "div": (1, 1), "pow": (1, 1), "maximum": (1, 1),
    "minimum": (1, 1), "clamp_min": (1, 1), "clamp_max": (1, 1), "lerp": (2, 2),
    "addcmul": (2, 3), "addcdiv": (2, 3),
}  # fmt: skip
LIMITS = {"maximum": "clamp_min", "minimum": "clamp_max"}  # these take numbers too


def _tensors(name: str, value: Any) -> list[Tensor]:
    """The list that a function works on."""
    if not isinstance(value, (list, tuple)):
        raise TypeError(
            f"{name}(): argument 'self' (position 1) must be tuple of Tensors, not "
            f"{type_name(value)}"
        )
    for i, x in enumerate(value):
        if not isinstance(x, Tensor):
            raise TypeError(f"expected Tensor as element {i} in argument 0, but got {type_name(x)}")
    if not value:
        raise RuntimeError("Tensor list must have at least one tensor.")
    return list(value)


def _for_each(value: Any, n: int) -> list:
    """An operand for each of n tensors."""
    if not isinstance(value, (list, tuple)):
        return [value] * n
    if len(value) != n:
        if value and isinstance(value[0], Tensor):
            raise RuntimeError(
                f"Tensor lists must have the same number of tensors, got {n} and {len(value)}"
            )
        raise RuntimeError("Tensor list must have same number of elements as scalar list.")
    return list(value)


def _factors(value: Any, n: int) -> list:
    """The factors of addcmul and addcdiv, which may also be the elements of one tensor."""
    if isinstance(value, Tensor):
        if value.numel() != n:
            raise RuntimeError(
                f"Expected length of scalars to match input of length {n} but got "
                f"{value.numel()} instead."
            )
        value = value.tolist()
    return _for_each(value, n)


def _runs(name: str, inplace: bool) -> Callable:
    """What is done to one tensor."""
    if not inplace:
        return TENSORS[LIMITS.get(name, name)]
    return TENSORS[LIMITS.get(name, name) + "_"]


def _unary(name: str, inplace: bool) -> Callable:
    full = f"_foreach_{name}{'_' * inplace}"
    run = _runs(name, inplace)

    def function(self: Any) -> Any:
        results = [run(x) for x in _tensors(full, self)]
        return self if inplace else tuple(results)

    return _named(full, function)


def _with_operands(name: str, inplace: bool) -> Callable:
    full = f"_foreach_{name}{'_' * inplace}"
    run = _runs(name, inplace)
    lists, most = OPERANDS[name]

    def function(self: Any, *operands: Any, **options: Any) -> Any:
        given = [*operands, *(options.pop(k) for k in _NAMES if k in options)]
        if not lists <= len(given) <= most:
            raise TypeError(
                f"{full}() received an invalid combination of arguments: {len(given) + 1} given"
            )
        tensors = _tensors(full, self)
        n = len(tensors)
        columns = [_for_each(x, n) for x in given[:lists]]
        if options.get("alpha") is not None and not isinstance(columns[0][0], Tensor):
            raise TypeError(f"{full}(): alpha goes with tensors, not with numbers")
        rows = list(zip(tensors, *columns, strict=True))
        if len(given) > lists:
            factors = _factors(given[lists], n)
            results = [run(*row, value=f) for row, f in zip(rows, factors, strict=True)]
        else:
            results = [run(*row, **options) for row in rows]
        return self if inplace else tuple(results)

    return _named(full, function)


# The operands' names in PyTorch's signatures, in order.
_NAMES = (
    "other", "tensors1", "tensor1", "tensor2", "exponent", "weight", "weights", "scalar",
    "scalars", "value",
)  # fmt: skip


def _named(name: str, function: Callable) -> Callable:
    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"{name.removeprefix('_foreach_')} for each tensor of a list."
    return function


def norm(self: Any, ord: Any = 2, dtype: Any = None) -> tuple:
    """The norm of each tensor of a list."""
    run = TENSORS["linalg_vector_norm"]
    return tuple(run(x, ord, dtype=dtype) for x in _tensors("_foreach_norm", self))


def powsum(self: Any, ord: Any = 2, dtype: Any = None) -> tuple:
    """The sum of the powers of the absolute values, for each tensor of a list."""
    return tuple(x.abs().pow(ord).sum(dtype=dtype) for x in _tensors("_foreach_powsum", self))


def maxima(self: Any) -> tuple:
    """The largest element of each tensor of a list."""
    return tuple(x.max() for x in _tensors("_foreach_max", self))


def clone(self: Any, *, memory_format: Any = None) -> tuple:
    """A copy of each tensor of a list."""
    return tuple(x.clone(memory_format=memory_format) for x in _tensors("_foreach_clone", self))


def mm(self: Any, mat2: Any) -> tuple:
    """The products of two lists of matrices."""
    tensors = _tensors("_foreach_mm", self)
    pairs = zip(tensors, _for_each(mat2, len(tensors)), strict=True)
    return tuple(a.mm(b) for a, b in pairs)


def copy_(self: Any, src: Any, non_blocking: bool = False) -> Any:
    """Copies a list of tensors into another."""
    tensors = _tensors("_foreach_copy_", self)
    for x, y in zip(tensors, _for_each(src, len(tensors)), strict=True):
        x.copy_(y, non_blocking)
    return self


def zero_(self: Any) -> Any:
    """Fills each tensor of a list with zeros."""
    for x in _tensors("_foreach_zero_", self):
        x.zero_()
    return self


def pow(self: Any, exponent: Any) -> tuple:
    """Powers: of the tensors of a list, or of a number to each of them."""
    if isinstance(self, (list, tuple)):
        return _powers(self, exponent)
    return tuple(TENSORS["pow"](self, x) for x in _tensors("_foreach_pow", exponent))


FUNCTIONS: dict[str, Callable] = {
    f.__name__: f
    for names, make in ((UNARY, _unary), (OPERANDS, _with_operands))
    for name in names
    for f in (make(name, False), make(name, True))
}
_powers = FUNCTIONS["_foreach_pow"]
FUNCTIONS.update({
    "_foreach_" + name: _named("_foreach_" + name, f)
    for name, f in (
        ("norm", norm), ("powsum", powsum), ("max", maxima), ("clone", clone), ("mm", mm),
        ("copy_", copy_), ("zero_", zero_), ("pow", pow),
    )
})  # fmt: skip
