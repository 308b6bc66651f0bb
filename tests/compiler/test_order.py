"""What a sum reads may be written after it, in the same loop."""

from __future__ import annotations

import pytest

import flambeau

READS = {
    "all": lambda x: x.sum(),
    "least": lambda x: x.amin(),
    "largest": lambda x: x.max(),
    "rows": lambda x: x.sum(1),
    "columns": lambda x: x.sum(0),
    "column maxima": lambda x: x.amax(0),
    "squares": lambda x: (x * x).sum(),
    "product": lambda x: x.prod(1),
}
WRITES = {
    "zeros": lambda x: x.zero_(),
    "scaled": lambda x: x.mul_(-3.0),
    "added": lambda x: x.add_(1.0),
}


@pytest.mark.parametrize("again", [False, True])
@pytest.mark.parametrize("shape", [(3, 4), (5, 70), (300, 33)], ids=str)
@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
@pytest.mark.parametrize("read", READS.values(), ids=READS)
def test_sums_before_writes(read, write, shape, again):
    def f(x):
        before = read(x)
        write(x)
        return (before, read(x)) if again else (before,)

    flambeau.manual_seed(0)
    start = flambeau.rand(*shape) + 0.5
    compiled = flambeau.compile(f)
    for _ in range(3):
        x, y = start.clone(), start.clone()
        for a, b in zip(compiled(x), f(y), strict=True):
            assert a.allclose(b, rtol=1e-4, atol=1e-4, equal_nan=True)
        assert x.equal(y) or x.allclose(y)
    assert not compiled.eager
