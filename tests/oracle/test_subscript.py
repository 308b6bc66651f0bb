"""``x[key]`` and ``x[key] = value``: values, gradients, names and errors against PyTorch."""

import warnings

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import flambeau  # noqa: E402

KEYS = """
0 | -1 | 2 | -3 | slice(0,1) | slice(None) | slice(None,None,2) | slice(None,None,-1) | slice(5,9)
None | Ellipsis | True | False | (0,1) | (0,1,2) | (0,1,2,0) | (0,5) | (slice(None),0)
(slice(None),slice(None)) | (Ellipsis,0) | (0,None) | (None,0) | (0,slice(1,3)) | () | [0,1] | []
[[0,1],[1,0]] | [True,False] | i | b | (i,i) | (i,0) | (0,i) | (slice(None),i)
(i,slice(None),i) | (i,None,i) | (Ellipsis,i) | m3 | (b,i) | (0,m34) | m23 | (m23,0)
(range(2),i) | range(2) | np.array([0,1]) | np.int64(1) | T.tensor(1) | T.tensor([[0,1],[1,0]])
T.tensor(True) | T.tensor([1.5]) | "a" | 1.0 | i.int() | T.tensor([5]) | (i,T.tensor([0,1,2]))
(T.tensor([[0],[1]]),i) | slice(T.tensor(0),T.tensor(1)) | T.zeros(0,dtype=T.int64) | (0,i,None,0)
(True,i) | (1,[0,2]) | ([0,1],[0,2],[1,1]) | b[:1] | {1} | 10**30
"""
VALUES = """
1 | -1.5 | T.tensor(2.) | T.arange(4.) | T.ones(3,4) | T.ones(1,3,4) | T.ones(5) | T.ones(2,3,4)
T.tensor(3) | T.ones(4,dtype=T.int64) | [1,2,3,4] | np.float64(2) | None | 1j | True | T.ones(0)
"""


def split(text):
    return [e.strip() for line in text.strip().splitlines() for e in line.split("|")]


def names(T):
    return {
        "T": T,
        "np": np,
        "i": T.tensor([0, 1]),
        "b": T.tensor([True, False]),
        "m3": T.arange(24.0).reshape(2, 3, 4) > 10,
        "m34": T.arange(12.0).reshape(3, 4) > 5,
        "m23": T.arange(6).reshape(2, 3) > 2,
    }


def guarded(program, *args):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return program(*args)
        except Exception as error:
            return type(error).__name__, str(error).split("\n")[0].replace("flambeau", "torch")


def read(T, key):
    x = T.arange(24.0).reshape(2, 3, 4).requires_grad_()
    part = (x * 1)[eval(key, names(T))]
    (part * T.arange(1.0, part.numel() + 1).reshape(part.shape)).sum().backward()
    return tuple(part.shape), type(part.grad_fn).__name__, part.tolist(), x.grad.tolist()


def write(T, key, value, recorded):
    x = T.arange(24.0).reshape(2, 3, 4).requires_grad_(recorded)
    y = x * 1
    value = eval(value, names(T))
    if recorded and isinstance(value, T.Tensor) and value.is_floating_point():
        value.requires_grad_()
    y[eval(key, names(T))] = value
    if not recorded:
        return y.tolist()
    (y * T.arange(1.0, 25.0).reshape(2, 3, 4)).sum().backward()
    got = value.grad.tolist() if isinstance(value, T.Tensor) and value.grad is not None else None
    return y.tolist(), type(y.grad_fn).__name__, x.grad.tolist(), got


@pytest.mark.parametrize("key", split(KEYS))
def test_reading(key):
    assert guarded(read, flambeau, key) == guarded(read, torch, key)


@pytest.mark.parametrize("recorded", [False, True])
@pytest.mark.parametrize("key", split(KEYS))
def test_writing(key, recorded):
    for value in ("1", "T.tensor(2.)", "T.ones(3,4)"):
        want = guarded(write, torch, key, value, recorded)
        assert guarded(write, flambeau, key, value, recorded) == want


@pytest.mark.parametrize("recorded", [False, True])
@pytest.mark.parametrize("value", split(VALUES))
def test_values(value, recorded):
    for key in ("0", "(slice(None),0)", "i", "(0,i)", "b", "m3", "True", "()", "Ellipsis", "(i,i)"):
        want = guarded(write, torch, key, value, recorded)
        assert guarded(write, flambeau, key, value, recorded) == want


@pytest.mark.parametrize("dtype", ["int64", "uint8", "bool", "bfloat16", "complex64", "float16"])
def test_converted_numbers(dtype):
    def program(T, key, value):
        x = T.zeros(2, 3).to(getattr(T, dtype))
        x[eval(key, names(T))] = eval(value, names(T))
        return repr(x.to(T.complex64).tolist())

    for key in ("0", "i", "m23"):
        for value in ("1", "2.7", "300", "True", "-1", "float('nan')", "1e40"):
            assert guarded(program, flambeau, key, value) == guarded(program, torch, key, value)


@pytest.mark.parametrize("key", ["0", "()", "Ellipsis", "None", "slice(None)", "True", "[0]"])
def test_zero_dims(key):
    def program(T):
        part = T.tensor(3.0)[eval(key, names(T))]
        return tuple(part.shape), part.tolist()

    assert guarded(program, flambeau) == guarded(program, torch)
