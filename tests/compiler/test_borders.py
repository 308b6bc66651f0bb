"""Padding with the tensor's own elements, compiled: bit for bit what the kernels give."""

from __future__ import annotations

import pytest

from compiler.test_indexing import LAYOUTS, all_of, check, numbers, with_gradients
from flambeau.nn import functional as F

CASES = [
    ((2, 3, 7), (2, 3)), ((3, 7), (0, 6)), ((3, 7), (4, 0)), ((2, 3, 5, 7), (1, 2, 3, 4)),
    ((3, 5, 7), (0, 0, 2, 1)), ((1, 2, 4, 5, 6), (1, 2, 3, 1, 2, 3)), ((2, 1, 2), (1, 1)),
]  # fmt: skip


@pytest.mark.parametrize("mode", ["reflect", "replicate", "circular"])
def test_padding(mode):
    calls, args = [], []
    for layout in LAYOUTS:
        for shape, widths in CASES:
            function = lambda x, widths=widths: F.pad(x, widths, mode)  # noqa: E731
            calls += [(with_gradients(function), 1), (function, 1)]
            args += [numbers(shape, layout=layout), numbers(shape, layout=layout).double()]
    check(all_of(calls), *args)


@pytest.mark.parametrize("mode", ["reflect", "replicate", "circular"])
def test_widths_that_cut(mode):
    widths = ((-1, 2), (2, -3), (-1, -2))
    calls = [(with_gradients(lambda x, w=w: F.pad(x, w, mode)), 1) for w in widths]
    check(all_of(calls), *[numbers((2, 3, 9)) for _ in calls])


def test_a_border_of_one_number():
    widths = ((1, 2), (-1, 2), (2, -3, 1, 1), (-1, -2), (0, 0), (-9, 3))
    calls = [(with_gradients(lambda x, w=w: F.pad(x, w, value=1.5)), 1) for w in widths]
    check(all_of(calls), *[numbers((2, 3, 9)) for _ in calls])
