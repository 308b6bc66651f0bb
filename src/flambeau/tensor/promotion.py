"""Which element type an operation computes in, by PyTorch's rules.

Types fall in categories (bool < int < float < complex). Tensors with dimensions decide; a 0-d
tensor, and below it a Python number, counts only where its category is higher.
"""

from __future__ import annotations

import numpy as np

from . import dtype as D
from .dtype import dtype

_PRECISION = {
    D.float16: 1,
    D.bfloat16: 1,
    D.float32: 2,
    D.float64: 3,
    D.complex64: 2,
    D.complex128: 3,
}
_CACHE: dict[tuple[dtype, dtype], dtype] = {}


def promote_types(type1: dtype, type2: dtype) -> dtype:
    """The smallest type that holds both, by PyTorch's table."""
    if type1 is type2:
        return type1
    found = _CACHE.get((type1, type2))
    if found is None:
        found = _CACHE[type1, type2] = _promote(type1, type2)
    return found


def _promote(a: dtype, b: dtype) -> dtype:
    if a.category > b.category:
        a, b = b, a
    if a.category < D.FLOAT and b.category > a.category:
        return b
    if b.category == D.INT:  # unsigned bytes and signed types: the next signed size
        return D.of(np.promote_types(a.numpy, b.numpy))
    if b.category == D.COMPLEX:
        return D.complex128 if max(_PRECISION[a], _PRECISION[b]) == 3 else D.complex64
    if _PRECISION[a] == _PRECISION[b]:
        return D.float32  # float16 with bfloat16
    return a if _PRECISION[a] > _PRECISION[b] else b


def can_cast(from_: dtype, to: dtype) -> bool:
    """Whether a result of one type may be written into a tensor of another."""
    return from_.category <= to.category


def result_of(operands: tuple | list) -> dtype:
    """The common type of arrays and Python numbers.

    Arrays are NumPy's; numbers are bool, int, float or complex.
    """
    dims = zeros = numbers = None
    for x in operands:
        if isinstance(x, np.ndarray):
            d = D.of(x.dtype)
            if x.ndim:
                dims = d if dims is None else promote_types(dims, d)
            else:
                zeros = d if zeros is None else promote_types(zeros, d)
        else:
            d = D.of_number(x)
            numbers = d if numbers is None else promote_types(numbers, d)
    return combine(dims, zeros, numbers)


def combine(dims: dtype | None, zeros: dtype | None, numbers: dtype | None) -> dtype:
    """The result type, given the common types of tensors, of 0-d tensors and of numbers."""
    result = dims
    for weaker in (zeros, numbers):
        if weaker is None:
            continue
        if result is None:
            result = weaker
        elif weaker.category > result.category:
            # A complex number beside a double tensor keeps the tensor's precision.
            if weaker.category == D.COMPLEX and result.category == D.FLOAT:
                result = promote_types(result, weaker) if weaker is zeros else result.to_complex()
            else:
                result = weaker
    assert result is not None
    return result
