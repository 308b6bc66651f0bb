"""Attention: its definition, masks, derivatives. Dropout: masks and scale."""

import math

import numpy as np
import pytest

import flambeau as fl
import flambeau.nn.functional as F
from flambeau.autograd import gradcheck, gradgradcheck

attention = F.scaled_dot_product_attention


def rand(*shape):
    return fl.from_numpy(np.random.RandomState(sum(shape)).randn(*shape))


def test_is_its_definition():
    q, k, v = rand(2, 3, 5, 4), rand(2, 3, 6, 4), rand(2, 3, 6, 7)
    expected = (q @ k.mT / math.sqrt(4)).softmax(-1) @ v
    assert fl.allclose(attention(q, k, v), expected)


def test_causal_results_do_not_depend_on_later_keys():
    q, k, v = rand(6, 4), rand(6, 4), rand(6, 5)
    before = attention(q, k, v, is_causal=True)
    k[4:], v[4:] = 7.0, -3.0
    after = attention(q, k, v, is_causal=True)
    assert fl.equal(before[:4], after[:4])
    assert not fl.allclose(before[4:], after[4:])
    mask = fl.ones(6, 6, dtype=fl.bool).tril()
    assert fl.allclose(after, attention(q, k, v, mask))


def test_a_query_that_sees_nothing_gets_zeros():
    mask = fl.tensor([[True, True], [False, False]])
    y = attention(rand(2, 4), rand(2, 4), rand(2, 3), mask)
    assert y[0].all() and y[1].tolist() == [0, 0, 0]


def test_grouped_heads_share_keys():
    q, k, v = rand(1, 4, 3, 2), rand(1, 2, 5, 2), rand(1, 2, 5, 2)
    grouped = attention(q, k, v, enable_gqa=True)
    repeated = attention(q, k.repeat_interleave(2, 1), v.repeat_interleave(2, 1))
    assert fl.equal(grouped, repeated)


@pytest.mark.parametrize("settings", [{}, {"is_causal": True}, {"scale": 0.3}], ids=str)
def test_derivatives(settings):
    inputs = [t.requires_grad_() for t in (rand(2, 3, 4), rand(2, 3, 4) + 1, rand(2, 3, 2))]
    assert gradcheck(lambda *t: attention(*t, **settings), inputs)
    assert gradgradcheck(lambda *t: attention(*t, **settings), inputs)


def test_derivative_of_an_added_mask():
    q, k, v, m = rand(2, 3, 4), rand(2, 5, 4), rand(2, 5, 2), rand(3, 5).requires_grad_()
    assert gradcheck(lambda m: attention(q, k, v, m), (m,))
    assert gradgradcheck(lambda m: attention(q, k, v, m), (m,))


def test_dropout_keeps_the_mean():
    fl.manual_seed(0)
    x = fl.ones(10000)
    y = F.dropout(x, 0.3)
    kept = y != 0
    assert abs(kept.float().mean().item() - 0.7) < 0.02
    assert y[kept].unique().tolist() == [np.float32(1) / np.float32(0.7)]
    assert F.dropout(x, 0.3, training=False) is x


def test_feature_dropout_drops_whole_channels():
    fl.manual_seed(0)
    y = F.dropout2d(fl.ones(20, 30, 2, 2), 0.5)
    by_channel = y.flatten(2)
    assert ((by_channel == 0).all(-1) | (by_channel == 2).all(-1)).all()


def test_dropout_of_attention():
    fl.manual_seed(0)
    q, v = fl.zeros(1000, 4), fl.ones(1000, 3)
    y = attention(q, q, v, dropout_p=0.5)
    assert abs(y.mean().item() - 1) < 0.02


def test_gradient_passes_where_elements_were_kept():
    fl.manual_seed(1)
    x = fl.ones(100, requires_grad=True)
    y = F.dropout(x, 0.25)
    y.sum().backward()
    assert fl.equal(x.grad, y.detach())


def test_probabilities_outside_0_and_1_are_refused():
    with pytest.raises(ValueError, match="dropout probability has to be between 0 and 1"):
        F.dropout(fl.ones(2), 1.5)
