"""Convolution: against its definition, and the laws that tie its three products together."""

import itertools

import numpy as np
import pytest

import flambeau as fl
import flambeau.nn.functional as F
from flambeau.autograd import gradcheck, gradgradcheck


def rand(*shape, seed=0):
    return fl.from_numpy(np.random.RandomState(seed + sum(shape)).randn(*shape))


def by_definition(x, w, b, stride, padding, dilation, groups):
    """Two dimensions, one output element at a time."""
    x = np.pad(x, [(0, 0), (0, 0), (padding, padding), (padding, padding)])
    (n, _, h, v), (outs, each, kh, kw) = x.shape, w.shape
    oh = (h - dilation * (kh - 1) - 1) // stride + 1
    ow = (v - dilation * (kw - 1) - 1) // stride + 1
    y = np.zeros((n, outs, oh, ow))
    for o, i, j in itertools.product(range(outs), range(oh), range(ow)):
        first = o // (outs // groups) * each
        rows = i * stride + dilation * np.arange(kh)
        columns = j * stride + dilation * np.arange(kw)
        window = x[:, first : first + each][:, :, rows][:, :, :, columns]
        y[:, o, i, j] = (window * w[o]).sum((1, 2, 3)) + b[o]
    return y


@pytest.mark.parametrize(
    ("stride", "padding", "dilation", "groups"),
    [(1, 0, 1, 1), (2, 1, 1, 1), (1, 2, 2, 2), (3, 1, 1, 2), (2, 0, 2, 1)],
)
def test_is_its_definition(stride, padding, dilation, groups):
    x, w, b = rand(2, 4, 7, 6), rand(6, 4 // groups, 3, 2), rand(6)
    y = F.conv2d(x, w, b, stride, padding, dilation, groups)
    expected = by_definition(x.numpy(), w.numpy(), b.numpy(), stride, padding, dilation, groups)
    np.testing.assert_allclose(y.numpy(), expected)


@pytest.mark.parametrize("n", [1, 2, 3])
def test_transposed_is_the_adjoint(n):
    """<conv(x), y> == <x, conv_transpose(y)>"""
    x, w = rand(2, 4, *(6, 7, 5)[:n]), rand(3, 4, *(3, 2, 2)[:n])
    y = getattr(F, f"conv{n}d")(x, w, stride=1, padding=1)
    other = rand(*y.shape, seed=1)
    back = getattr(F, f"conv_transpose{n}d")(other, w, stride=1, padding=1)
    assert back.shape == x.shape
    assert fl.allclose((y * other).sum(), (x * back).sum())


def test_same_keeps_the_size():
    x = rand(1, 2, 9, 8)
    for kernel in (1, 2, 3, 4, 5):
        assert F.conv2d(x, rand(3, 2, kernel, kernel), padding="same").shape == (1, 3, 9, 8)


def test_kernel_of_one_is_a_matrix_product():
    x, w = rand(2, 4, 5, 3), rand(6, 4, 1, 1)
    y = F.conv2d(x, w)
    assert fl.allclose(y, fl.einsum("nchw,oc->nohw", x, w[:, :, 0, 0]))


@pytest.mark.parametrize("function", [F.conv2d, F.conv_transpose2d])
def test_has_derivatives_of_both_orders(function):
    w = rand(2, 2, 2, 3)
    inputs = [t.requires_grad_() for t in (rand(2, 2, 4, 5), w, rand(2))]
    assert gradcheck(lambda x, w, b: function(x, w, b, 2, 1), inputs)
    assert gradgradcheck(lambda x, w, b: function(x, w, b, 2, 1), inputs)


def test_large_images_are_cut_into_bands(monkeypatch):
    from flambeau.ops.nn import windows

    x, w, b = rand(2, 4, 20, 9), rand(3, 4, 3, 3), rand(3)
    whole = F.conv2d(x, w, b, padding=1)
    monkeypatch.setattr(windows, "BLOCK", 500)
    assert len(list(windows.blocks(2, (20, 9), 36))) > 2
    assert fl.allclose(F.conv2d(x, w, b, padding=1), whole)


def test_blocks_cover_all_windows_once(monkeypatch):
    from flambeau.ops.nn import windows

    for limit in (1, 50, 300, 10**6):
        monkeypatch.setattr(windows, "BLOCK", limit)
        seen = np.zeros((5, 7), int)
        for n0, n1, r0, r1 in windows.blocks(5, (7, 4), 9):
            seen[n0:n1, r0:r1] += 1
        assert (seen == 1).all()


def test_halves_accumulate_in_float32():
    x = fl.ones(1, 512, 1, 1, dtype=fl.bfloat16)
    assert F.conv2d(x, x).item() == 512


def test_channels_last_images_get_a_hint():
    with pytest.raises(RuntimeError, match=r"input.permute\(0, 3, 1, 2\) would fit"):
        F.conv2d(fl.zeros(8, 28, 28, 3), fl.zeros(4, 3, 3, 3))


def test_unfold_of_windows_matches_convolution():
    x, w = rand(2, 3, 6, 5), rand(4, 3, 2, 2)
    columns = F.unfold(x, 2)
    y = (w.reshape(4, -1) @ columns).reshape(2, 4, 5, 4)
    assert fl.allclose(y, F.conv2d(x, w))
