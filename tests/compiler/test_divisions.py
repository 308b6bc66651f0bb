"""Divisions of whole numbers by tensors, compiled: what the kernels give."""

from __future__ import annotations

import numpy as np
import pytest

import flambeau
from compiler.test_indexing import check, hosts, same


def every_division(x, y):
    return [flambeau.floor_divide(x, y), flambeau.div(x, y, rounding_mode="trunc"),
            flambeau.div(x, y, rounding_mode="floor"), x % y, flambeau.fmod(x, y),
            flambeau.floor_divide(7, y), x // y[:1], x % y[0, 0]]  # fmt: skip


def pairs(dtype):
    info = flambeau.iinfo(dtype)
    ends = [info.min, info.min + 1, info.max, 0, 1, 7, 100] + ([-1, -7] if info.min else [])
    x = np.array(ends)
    y = np.array([n for n in ends if n])
    return (flambeau.from_numpy(np.repeat(x, len(y)).reshape(len(x), -1)).to(dtype),
            flambeau.from_numpy(np.tile(y, (len(x), 1))).to(dtype))  # fmt: skip


@pytest.mark.parametrize("dtype", [flambeau.int64, flambeau.int32, flambeau.int8, flambeau.uint8])
def test_whole_numbers(dtype):
    x, y = pairs(dtype)
    check(every_division, x, y)
    check(every_division, x.T.contiguous().T, y.long().T.contiguous().T)


def test_division_by_zero():
    compiled = flambeau.compile(lambda x, y: x // y)
    x, y = flambeau.arange(6), flambeau.arange(6) - 7
    same(compiled(x, y), x // y)
    assert not hosts(compiled)
    with pytest.raises(RuntimeError, match="ZeroDivisionError"):
        compiled(x, flambeau.arange(6))
    same(compiled(x, y), x // y)
