"""``testing``: verdicts and messages of ``assert_close``; the tensors of ``make_tensor``."""

from __future__ import annotations

import numpy as np
import pytest

import flambeau
import flambeau.testing

torch = pytest.importorskip("torch")
import torch.testing  # noqa: E402, F811

INF, NAN = float("inf"), float("nan")

# Pairs to compare, with options; ``T`` makes a tensor of either package, ``L`` is the package.
CASES = [
    "T([1., 2, 3]), T([1., 2, 4])", "T([1., 2, 3]), T([1., 2, 3])",
    "T([[1., 2], [3, 5]]), T([[1., 2], [3, 4]])", "T([1, 2, 3]), T([1, 2, 4])",
    "T([1, 2, 3]), T([1, 2, 4]), rtol=0.5, atol=1", "T([True, False]), T([True, True])",
    "T(1.), T(2.)", "T(1), T(2)", "T(NAN), T(1.)", "T(INF), T(-INF)",
    "1., 2.", "1, 2", "1, 1.", "True, False", "1+2j, 1+3j", "0.0, 1e-9", "0., 1e-4", "1., 0.",
    "T([1., NAN]), T([1., NAN])", "T([1., NAN]), T([1., NAN]), equal_nan=True",
    "NAN, NAN", "NAN, NAN, equal_nan=True", "T([INF]), T([INF])", "T([INF, 1.]), T([-INF, 1.])",
    "T([1.]), T([1.]).double()", "T([1.]), T([1.]).double(), check_dtype=False",
    "T([1.]), T([1., 2.])", "T([1.]), T([[1.]])", "[1, 2], [1, 2, 3]",
    "[1, T([1.])], [1, T([2.])]", "(1, 2), (1, 3)", "{'a': 1}, {'a': 2}", "{'a': 1}, {'b': 1}",
    "{'a': {'b': [1]}}, {'a': {'b': [2]}}", "None, None", "None, 1", "T(1.), 1.", "T([1.]), [1.]",
    "'a', 'a'", "A(2), A(2)", "A(2), A(2) * 0", "A(2), T([1., 1.])", "object(), object()",
    "T([1.]), T([2.]), msg='so'", "T([1.]), T([2.]), msg=lambda m: 'X ' + m",
    "T([1.]), T([2.]), rtol=1", "T([1.]), T([2.]), rtol=1, atol=0.5",
    "T([1.]), T([2.]), rtol=0.1, atol=0", "T([1.]).half(), T([1.01]).half()",
    "T([1.]).bfloat16(), T([1.05]).bfloat16()", "T([1.]).double(), T([1.001]).double()",
    "T([1.+1j]), T([1.+2j])", "L.ones(2, 3).t(), L.ones(3, 2), check_stride=True",
    "L.ones(0), L.ones(0)", "T([1, 2]).to(L.uint8), T([2, 1]).to(L.uint8)",
    "T([0., 1.]), T([0., 0.])", "T([1, 2], dtype=L.int32), T([1, 2])",
    "[[1], [2]], [[1], [3]]", "L.nn.Parameter(T([1.])), T([1.])",
    "L.nn.Parameter(T([1.])), T([1.]), allow_subclasses=False", "np.float32(1), 1.",
    "L.ones(3, 3), L.eye(3)", "T([1e10]), T([1.0000001e10])",
]  # fmt: skip


def outcome(package, call):
    """What a call prints, or the error that it raises, in PyTorch's names."""
    names = {
        "L": package, "T": package.tensor, "A": np.ones, "np": np, "INF": INF, "NAN": NAN,
        "close": package.testing.assert_close, "make": package.testing.make_tensor,
    }  # fmt: skip
    package.manual_seed(0)
    try:
        text = str(eval(call, names))
    except Exception as error:
        text = f"{type(error).__name__}: {error}"
    for mine in ("flambeau.tensor.tensor", "flambeau"):
        text = text.replace(mine, "torch")
    return text


@pytest.mark.parametrize("case", CASES)
def test_assert_close(case):
    assert outcome(flambeau, f"close({case})") == outcome(torch, f"close({case})")


TENSORS = [
    "(3,), dtype=L.float32", "2, 2, dtype=L.int64", "(2,), dtype=L.bool", "(2,), dtype=L.uint8",
    "(3,), dtype=L.float64, low=0, high=1", "(2,), dtype=L.complex64", "(3,), dtype=L.bfloat16",
    "(3,), dtype=L.float32, requires_grad=True", "(4, 3), dtype=L.float32, noncontiguous=True",
    "(5,), dtype=L.int32, low=-1, high=2, exclude_zero=True", "(), dtype=L.float16",
    "(3,), dtype=L.int32, low=5, high=5", "(3,), dtype=L.int32, low=6, high=5",
    "(2,), dtype=L.float32, low=NAN, high=5", "(2,), dtype=L.int8, requires_grad=True",
    "(2, 3), dtype=L.float32, low=0., high=INF", "(2,), dtype=L.int64, low=-300.5, high=20.5",
    "(5,), dtype=L.bool, low=0, high=1", "(2,), dtype=L.bool, low=0, high=3",
]  # fmt: skip


@pytest.mark.parametrize("case", TENSORS)
def test_make_tensor(case):
    call = f"make({case}, device='cpu')"
    assert outcome(flambeau, call) == outcome(torch, call)


def test_make_tensor_strides():
    for package in (flambeau, torch):
        x = package.testing.make_tensor(
            (4, 3), dtype=package.float32, device="cpu", noncontiguous=True
        )
        assert x.stride() == (6, 2) and not x.is_contiguous()
