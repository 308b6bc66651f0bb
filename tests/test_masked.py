"""Masked reductions see only what the mask selects."""

from __future__ import annotations

import math

import numpy as np
import pytest

import flambeau as fl
from flambeau import masked

X = fl.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
MASK = fl.tensor([[True, False, True], [False, False, False]])
SELECTED = fl.tensor([1.0, 3.0])

REDUCTIONS = {
    "sum": 0.0, "prod": 1.0, "amax": -math.inf, "amin": math.inf, "mean": math.nan,
    "var": math.nan, "std": math.nan, "logsumexp": -math.inf, "median": math.nan,
}  # fmt: skip


@pytest.mark.parametrize("name", REDUCTIONS)
def test_reductions(name):
    found = getattr(masked, name)(X, 1, mask=MASK)
    plain = getattr(masked, name)(SELECTED, 0)
    np.testing.assert_allclose(found.tolist(), [plain.item(), REDUCTIONS[name]], rtol=1e-6)
    kept = getattr(masked, name)(X, 1, mask=MASK, keepdim=True)
    assert kept.shape == (2, 1)


def test_without_a_mask_all_is_selected():
    assert masked.sum(X).item() == 21 and masked.mean(X, 0).tolist() == [2.5, 3.5, 4.5]
    assert masked.norm(X, 2.0, 1).tolist() == fl.linalg.vector_norm(X, 2, 1).tolist()
    assert masked.var(X, 0).tolist() == X.var(0).tolist()


def test_places_and_running_sums():
    assert masked.argmax(X, 1, mask=MASK).tolist() == [2, 0]
    assert masked.argmin(X, 1, mask=MASK).tolist() == [0, 0]
    assert masked.cumsum(X, 1, mask=MASK).tolist() == [[1, 1, 4], [0, 0, 0]]
    assert masked.cumprod(X, 1, mask=MASK).tolist() == [[1, 1, 3], [1, 1, 1]]


def test_normalisations():
    soft = masked.softmax(X, 1, mask=MASK)
    assert soft[0, 1] == 0 and soft[0].sum().item() == pytest.approx(1)
    assert soft[0, [0, 2]].tolist() == pytest.approx(SELECTED.softmax(0).tolist())
    low = masked.softmin(X, 1, mask=MASK)
    assert low[0, [0, 2]].tolist() == pytest.approx(soft[0, [2, 0]].tolist())
    log = masked.log_softmax(X, 1, mask=MASK)
    assert log[0, 1] == -math.inf
    unit = masked.normalize(X, 2.0, 1, mask=MASK)
    assert unit[0].norm().item() == pytest.approx(1) and unit[1].tolist() == [0, 0, 0]
    both = masked.logaddexp(X, X, input_mask=MASK, other_mask=~MASK)
    assert both.tolist() == X.tolist()


def test_masks_broadcast_and_have_gradients():
    x = X.clone().requires_grad_()
    masked.mean(x, mask=fl.tensor([True, False, True])).backward()
    assert x.grad.tolist() == [[0.25, 0, 0.25], [0.25, 0, 0.25]]
    with pytest.raises(IndexError, match="broadcastable mask"):
        masked.sum(X, mask=fl.ones(2, 2, 3).bool())


def test_integers():
    n = fl.tensor([[1, 2], [3, 4]], dtype=fl.int32)
    mask = fl.tensor([[True, False], [False, False]])
    assert masked.sum(n, 1, mask=mask).dtype is fl.int64
    assert masked.amax(n, 1, mask=mask).tolist() == [1, fl.iinfo(fl.int32).min]
    with pytest.raises(ValueError, match="Could not infer output dtype"):
        masked.mean(n)
    with pytest.raises(ValueError, match="no fully masked out rows"):
        masked.median(n, 1, mask=mask)
