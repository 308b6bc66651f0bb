"""A program's memory beside the recorded call's."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

import flambeau
from flambeau.compiler.memory import _trim, give_back

MEGABYTE = 1 << 20


def resident() -> float:
    """Bytes of this process that lie in memory."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS"))


@pytest.mark.skipif(sys.platform != "linux" or _trim() is None, reason="needs Linux with glibc")
def test_freed_memory_goes_back():
    arrays = [np.ones(8000, np.float32) for _ in range(4000)]  # too small for maps of their own
    last = np.ones(8000, np.float32)  # keeps the heap's end in use
    full = resident()
    arrays.clear()
    give_back()
    assert resident() < full - 64 * MEGABYTE
    assert last[0] == 1


@pytest.mark.skipif(sys.platform != "linux" or _trim() is None, reason="needs Linux with glibc")
def test_a_program_runs_in_no_more_memory_than_its_recording():
    x = flambeau.ones(1 << 20)

    def chain() -> flambeau.Tensor:
        y = x
        for k in range(8):
            y = (y * k).cumsum(0).clamp(max=2.0)
        return y.sum()

    f = flambeau.compile(chain)
    expected = f()
    before = resident()
    for _ in range(3):
        assert flambeau.allclose(f(), expected)
    assert f.entries
    assert resident() < before + f._latest().plan.size + 8 * MEGABYTE
