"""What several comparisons with PyTorch need."""

from __future__ import annotations

import pytest

import flambeau
from flambeau.backends.native import library
from flambeau.ops import native


@pytest.fixture
def native_in_use(monkeypatch):
    """Eager kernels use the runtime from the first call on, whatever a test before has done."""
    if library.runtime() is None:
        pytest.skip("no native code")
    monkeypatch.setattr(native, "_STAGES", ((0, "runtime"),))
    monkeypatch.setattr(native, "_progress", {})
    flambeau.softmax(flambeau.ones(40, 40), 1)
    assert native._functions
    yield
    assert native._functions
