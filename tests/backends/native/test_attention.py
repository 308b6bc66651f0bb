"""Attention of the native runtime against the same in NumPy."""

import numpy as np
import pytest

from flambeau.backends.native import library
from flambeau.ops.nn import attention, native_attention

# batch, heads, queries, keys, width, width of values: beside vectors, bands and tiles too
SHAPES = [
    (2, 3, 64, 64, 32, 32),
    (1, 2, 200, 200, 7, 5),
    (3, 1, 33, 70, 16, 24),
    (2, 2, 90, 31, 9, 8),
    (1, 1, 1, 600, 64, 64),
    (1, 1, 300, 1, 64, 3),
]

NAMES = ("fl_attention", "fl_attention_gradient")


@pytest.fixture(autouse=True)
def native(runtime, monkeypatch):
    """All calls are worth the runtime."""
    monkeypatch.setattr(native_attention, "ENOUGH", 0)
    found = {name: getattr(runtime, name) for name in NAMES}
    monkeypatch.setattr(native_attention.native, "named", lambda name, count: found[name])
    monkeypatch.setattr(native_attention.native, "_address", library.address)


def in_numpy(function, *arguments):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(native_attention, "_function", lambda *arguments: None)
        return function(*arguments)


def operands(shape, seed=0):
    """Query, key, value and the result's gradient as heads of (batch, rows, heads, width)."""
    batch, heads, rows, keys, width, values = shape
    random = np.random.default_rng(seed)
    sizes = [(rows, width), (keys, width), (keys, values), (rows, values)]
    return [
        random.standard_normal((batch, n, heads, w)).astype(np.float32).transpose(0, 2, 1, 3)
        for n, w in sizes
    ]


def close(got, expected):
    assert len(got) == len(expected)
    for a, b in zip(got, expected, strict=True):
        assert a.dtype == b.dtype and a.shape == b.shape
        np.testing.assert_allclose(a, b, rtol=2e-4, atol=2e-5)


def masks(shape):
    batch, heads, rows, keys = shape[:4]
    random = np.random.default_rng(1)
    seen = random.random((batch, 1, rows, keys)) > 0.4
    seen[0, 0, rows // 2] = False  # a row that sees nothing
    yield None
    yield seen
    yield random.random((rows, keys)) > 0.1
    yield random.standard_normal((heads, 1, keys)).astype(np.float32)
    yield np.where(seen, 0, -np.inf).astype(np.float32)
    yield np.where(seen, 0.5, -np.inf)[..., ::-1]


@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("shape", SHAPES)
def test_forward_and_backward(threads, shape, causal, count):
    threads(count)
    query, key, value, grad = operands(shape)
    for mask in masks(shape):
        arguments = (query, key, value, mask, causal, 0.3)
        assert native_attention.forward(*arguments) is not None
        result = attention._attention(*arguments)
        close(result, in_numpy(attention._attention, *arguments))
        arguments = (grad, query, key, value, result[1], causal, 0.3)
        assert native_attention.backward(*arguments) is not None
        got = attention._attention_backward(*arguments)
        close(got, in_numpy(attention._attention_backward, *arguments))


def test_other_numbers_of_dimensions_and_shared_heads():
    query, key, value, grad = operands((2, 3, 40, 50, 8, 8))
    cases = [
        (query[0, 0], key[0, 0], value[0, 0], grad[0, 0]),
        (query[0], key[1], value[0], grad[0]),
        (query, key[:, :1], value[:1, 1:2], np.broadcast_to(np.float32(1), grad.shape)),
        (query[..., ::-1, :], key[..., ::2], value[..., ::-1], grad[::-1]),
    ]
    for q, k, v, g in cases:
        q = q[..., : k.shape[-1]]
        result = native_attention.forward(q, k, v, None, True, 1.0)
        assert result is not None
        close(result, in_numpy(attention._attention, q, k, v, None, True, 1.0))
        got = native_attention.backward(g, q, k, v, result[1], True, 1.0)
        assert got is not None
        arguments = (g, q, k, v, result[1], True, 1.0)
        close(got, in_numpy(attention._attention_backward, *arguments))


def test_nan_and_infinities():
    query, key, value, _ = operands((1, 2, 40, 40, 8, 8))
    query[0, 0, 3, 2], key[0, 1, 5, 1], value[0, 1, 7, 3] = np.nan, np.inf, np.inf
    arguments = (query, key, value, None, False, 0.5)
    with np.errstate(all="ignore"):
        expected = in_numpy(attention._attention, *arguments)
    for a, b in zip(native_attention.forward(*arguments), expected, strict=True):
        np.testing.assert_array_equal(np.isnan(a), np.isnan(b))
        np.testing.assert_array_equal(np.isinf(a), np.isinf(b))


def test_what_numpy_keeps():
    query, key, value, _ = operands((2, 2, 40, 40, 8, 8))
    wide = [x.astype(np.float64) for x in (query, key, value)]
    assert native_attention.forward(*wide, None, False, 1.0) is None
    three = [x[None] for x in (query, key, value)]
    assert native_attention.forward(*three, None, False, 1.0) is None
    more = np.zeros((3, 1, 1, 40, 40), np.float32)  # a mask with batches of its own
    assert native_attention.forward(query, key, value, more, False, 1.0) is None
