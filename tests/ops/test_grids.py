"""Slopes of functions on grids, and the places that flat indices name."""

from __future__ import annotations

import pytest

import flambeau as fl


def test_slopes_of_lines_and_parabolas_are_exact():
    x = fl.tensor([0.0, 1.0, 2.5, 3.0, 7.0], dtype=fl.float64)
    (line,) = fl.gradient(3 * x, spacing=(x,))
    assert line.tolist() == pytest.approx([3.0] * 5)
    (parabola,) = fl.gradient(x * x, spacing=(x,), edge_order=2)
    assert parabola.tolist() == pytest.approx((2 * x).tolist())
    t = fl.arange(5.0)
    (even,) = fl.gradient(t * t, spacing=1.0, edge_order=2)
    assert even.tolist() == (2 * t).tolist()
    (ends,) = fl.gradient(t * t, spacing=2.0)
    assert ends.tolist() == [0.5, 1.0, 2.0, 3.0, 3.5]


def test_one_slope_for_each_dimension():
    x = fl.arange(12).reshape(3, 4)
    down, right = fl.gradient(x)
    assert down.tolist() == [[4.0] * 4] * 3 and right.tolist() == [[1.0] * 4] * 3
    (only,) = fl.gradient(x, dim=-1, spacing=[0.5])
    assert only.tolist() == [[2.0] * 4] * 3


@pytest.mark.parametrize(
    "options, message",
    [
        ({"edge_order": 3}, "only supports edge_order=1"),
        ({"dim": (0, 0)}, "appears multiple times"),
        ({"spacing": [1.0, 2.0, 3.0]}, "list of length 3"),
        ({"spacing": [fl.tensor(1.0)] * 2}, "to have one dimension"),
    ],
)
def test_refusals(options, message):
    with pytest.raises(RuntimeError, match=message):
        fl.gradient(fl.ones(3, 3), **options)


def test_short_dimensions_are_refused():
    with pytest.raises(RuntimeError, match="at least edge_order"):
        fl.gradient(fl.ones(2), edge_order=2)


def test_unravel_index():
    flat = fl.tensor([[0, 5], [11, -1]])
    rows, columns = fl.unravel_index(flat, (3, 4))
    assert rows.tolist() == [[0, 1], [2, 2]] and columns.tolist() == [[0, 1], [3, 3]]
    assert [t.item() for t in fl.unravel_index(fl.tensor(23), (2, 3, 4))] == [1, 2, 3]
    with pytest.raises(TypeError, match="integer dtype"):
        fl.unravel_index(fl.tensor([1.0]), (2, 2))
    with pytest.raises(ValueError, match="negative values"):
        fl.unravel_index(fl.tensor([1]), (2, -2))
