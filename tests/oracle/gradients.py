"""Compares a function of tensors on PyTorch and on flambeau: values, first and second gradients."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch

import flambeau
import flambeau.nn.functional

LIBRARIES = (torch, flambeau)


def made(T: Any, array: np.ndarray, grad: bool = True) -> Any:
    """An array as a library's tensor, wanting a gradient where it is of a float type."""
    t = T.from_numpy(array.copy())
    return t.requires_grad_() if grad and array.dtype.kind in "fc" else t


def array_of(t: Any) -> np.ndarray:
    t = t.detach()
    if str(t.dtype).endswith("bfloat16"):
        t = t.float()
    return t.numpy(force=True) if isinstance(t, torch.Tensor) else t.numpy()


def same(want: Any, got: Any, tolerance: float, what: str) -> None:
    """Asserts that two tensors (or structures of them) agree."""
    if isinstance(want, (tuple, list)):
        assert len(want) == len(got), what
        for i, (w, g) in enumerate(zip(want, got, strict=True)):
            same(w, g, tolerance, f"{what}[{i}]")
        return
    if want is None or got is None:  # no gradient and a gradient of zeros are the same here
        other = want if got is None else got
        assert other is None or not np.any(array_of(other)), f"{what}: missing on one side"
        return
    assert str(want.dtype).split(".")[1] == str(got.dtype).split(".")[1], what
    a, b = array_of(want), array_of(got)
    assert a.shape == b.shape, what
    np.testing.assert_allclose(b, a, rtol=tolerance, atol=tolerance, err_msg=what)


def _weighted(outputs: Sequence[Any], T: Any, wave: Callable) -> Any:
    """A number that depends on all elements of the outputs that have a history.

    It is not linear in them, so that gradients of linear functions have gradients too.
    """
    total = None
    for out in outputs:
        if out is None or not isinstance(out, T.Tensor) or not out.requires_grad:
            continue
        if out.is_complex():
            out = T.view_as_real(out.resolve_conj())
        weight = wave(np.arange(out.numel()) * 1.7 + 0.3).reshape(tuple(out.shape))
        part = ((out + out * out * 0.3) * T.from_numpy(weight).to(out.dtype)).sum()
        total = part if total is None else total + part
    return total


def results(function: Callable, T: Any, arrays: Sequence[np.ndarray], orders: int) -> list:
    """The function's outputs, and their gradients up to an order."""
    inputs = [made(T, a) for a in arrays]
    wanted = [t for t in inputs if t.requires_grad]
    out = function(T, T.nn.functional, *inputs)
    found = [out]
    outputs = out if isinstance(out, (tuple, list)) else [out]
    for order in range(orders):
        loss = _weighted(outputs, T, np.cos if order % 2 == 0 else np.sin)
        if loss is None:
            break
        more = order + 1 < orders
        outputs = T.autograd.grad(loss, wanted, create_graph=more, allow_unused=True)
        found.append(list(outputs))
    return found


def compare(
    function: Callable, *arrays: np.ndarray, orders: int = 2, tolerance: float = 1e-4
) -> None:
    """Asserts that ``function(T, F, *tensors)`` and its gradients agree, T and F the library's."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        want, got = (results(function, T, arrays, orders) for T in LIBRARIES)
    for order in range(max(len(want), len(got))):
        if order >= min(len(want), len(got)):  # constant on one side: zeros on the other
            rest = (want if len(want) > len(got) else got)[order]
            assert all(t is None or not np.any(array_of(t)) for t in rest)
            continue
        what = f"gradient {order}" if order else "value"
        same(want[order], got[order], tolerance * 5**order, what)


def numbers(*shape: int, seed: int = 0, dtype: Any = np.float32) -> np.ndarray:
    """Normally distributed numbers of a type."""
    rng = np.random.RandomState(seed)
    values = rng.randn(*shape)
    if np.dtype(dtype).kind == "c":
        values = values + 1j * rng.randn(*shape)
    return np.asarray(values, dtype)
