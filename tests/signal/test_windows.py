"""Windows: symmetric or periodic, with the values of their formulas."""

from __future__ import annotations

import math

import numpy as np
import pytest

import flambeau as fl
from flambeau.signal import windows

NUMPY = {
    "bartlett": np.bartlett, "blackman": np.blackman, "hamming": np.hamming, "hann": np.hanning,
}  # fmt: skip
SYMMETRIC = [*NUMPY, "cosine", "exponential", "gaussian", "kaiser", "nuttall"]


@pytest.mark.parametrize("name", SYMMETRIC)
@pytest.mark.parametrize("m", [0, 1, 2, 7, 8])
def test_windows_are_symmetric(name, m):
    w = getattr(windows, name)(m, dtype=fl.float64)
    assert w.shape == (m,) and w.dtype is fl.float64
    np.testing.assert_allclose(w.numpy(), w.flip(0).numpy(), atol=1e-12)


@pytest.mark.parametrize("name", SYMMETRIC)
def test_a_periodic_window_is_a_longer_one_without_its_last_value(name):
    make = getattr(windows, name)
    np.testing.assert_allclose(make(6, sym=False).numpy(), make(7)[:6].numpy(), atol=1e-6)


@pytest.mark.parametrize("name", NUMPY)
def test_values(name):
    found = getattr(windows, name)(9, dtype=fl.float64)
    np.testing.assert_allclose(found.numpy(), NUMPY[name](9), atol=1e-12)


def test_shapes():
    w = windows.gaussian(5, std=2.0, dtype=fl.float64)
    assert w.tolist() == pytest.approx([math.exp(-((t - 2) ** 2) / 8) for t in range(5)])
    w = windows.exponential(4, center=0, tau=2.0, sym=False, dtype=fl.float64)
    assert w.tolist() == pytest.approx([math.exp(-t / 2) for t in range(4)])
    w = windows.kaiser(5, beta=3.0, dtype=fl.float64)
    np.testing.assert_allclose(w.numpy(), np.kaiser(5, 3.0), rtol=1e-6)
    assert windows.general_hamming(5, alpha=0.5).tolist() == windows.hann(5).tolist()
    assert windows.general_cosine(3, a=[1.0, 0.5]).tolist() == pytest.approx([0.5, 1.5, 0.5])
    assert windows.hann(4, requires_grad=True).requires_grad


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: windows.hann(-1), "non-negative window length"),
        (lambda: windows.hann(3, dtype=fl.float16), "float32 or float64"),
        (lambda: windows.exponential(3, tau=0), "Tau must be positive"),
        (lambda: windows.exponential(3, center=1), "Center must be None"),
        (lambda: windows.gaussian(3, std=0), "Standard deviation must be positive"),
        (lambda: windows.kaiser(3, beta=-1), "beta must be non-negative"),
        (lambda: windows.general_cosine(3, a=[]), "cannot be empty"),
    ],
)
def test_refusals(call, message):
    with pytest.raises(ValueError, match=message):
        call()
