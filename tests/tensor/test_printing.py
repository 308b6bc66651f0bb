"""The printed form of tensors. The expected texts were recorded from PyTorch 2.13."""

from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np
import pytest

from flambeau.tensor import naming, printing
from flambeau.tensor.printing import printoptions, tensor_format, tensor_str

F32, C64 = np.float32, np.complex64

ONE_LINE = [
    (F32(1.5), "tensor(1.5000)"),
    (np.int64(3), "tensor(3)"),
    (np.bool_(True), "tensor(True)"),
    (C64(1 - 2j), "tensor(1.-2.j)"),
    (np.float64(1e-9), "tensor(1.0000e-09, dtype=flambeau.float64)"),
    (np.array([1.0, 2.0, 3.0], F32), "tensor([1., 2., 3.])"),
    (np.array([1.5, 2.0, -3.25], F32), "tensor([ 1.5000,  2.0000, -3.2500])"),
    (np.array([0.0, -0.0], F32), "tensor([0., -0.])"),
    (np.array([1, -20, 300]), "tensor([  1, -20, 300])"),
    (np.array([True, False]), "tensor([ True, False])"),
    (np.array([1, 2], np.uint8), "tensor([1, 2], dtype=flambeau.uint8)"),
    (np.array([1e-5, 1.0, 3.0], F32), "tensor([1.0000e-05, 1.0000e+00, 3.0000e+00])"),
    (np.array([1.0, 1000.0], F32), "tensor([   1., 1000.])"),
    (np.array([1.0, 1001.0], F32), "tensor([1.0000e+00, 1.0010e+03])"),
    (np.array([100000000.0], F32), "tensor([100000000.])"),
    (np.array([100000008.0], F32), "tensor([1.0000e+08])"),
    (np.array([1e-4, 0.05]), "tensor([0.0001, 0.0500], dtype=flambeau.float64)"),
    (np.array([1e-4, 0.05], F32), "tensor([1.0000e-04, 5.0000e-02])"),
    (np.array([0.00011, 0.05], F32), "tensor([0.0001, 0.0500])"),
    (np.array([0.1, 100.5], F32), "tensor([1.0000e-01, 1.0050e+02])"),
    (np.array([np.nan, np.inf, -np.inf], F32), "tensor([nan, inf, -inf])"),
    (np.array([1.5, np.nan, -np.inf], F32), "tensor([1.5000,    nan,   -inf])"),
    (np.array([1.0, np.nan, 20.0], F32), "tensor([ 1., nan, 20.])"),
    (np.array([1e9, np.nan, 2.5], F32), "tensor([1.0000e+09,        nan, 2.5000e+00])"),
    (np.array([1 + 2j, -1.5 - 0.25j], C64), "tensor([ 1.0000+2.0000j, -1.5000-0.2500j])"),
    (np.array([complex(np.nan, 1), complex(-0.0, -0.0)], C64), "tensor([nan+1.j, -0.-0.j])"),
    (np.array([1e-6 + 1j, 2.0], C64), "tensor([1.0000e-06+1.j, 2.0000e+00+0.j])"),
    (np.zeros(0, F32), "tensor([])"),
    (np.zeros((0, 3), F32), "tensor([], size=(0, 3))"),
    (np.zeros(0, np.int64), "tensor([], dtype=flambeau.int64)"),
    (np.zeros((2, 0, 3), np.float16), "tensor([], size=(2, 0, 3), dtype=flambeau.float16)"),
    (np.arange(1001), "tensor([   0,    1,    2,  ...,  998,  999, 1000])"),
    (
        np.array([0.1, 3.0], ml_dtypes.bfloat16),
        "tensor([0.1001, 3.0000], dtype=flambeau.bfloat16)",
    ),
]

LINES = [
    (
        np.array([[1, 2], [3, 4]]),
        ("tensor([[1, 2],\n"
        "        [3, 4]])"),
    ),
    (
        np.zeros((2, 2, 2), F32),
        ("tensor([[[0., 0.],\n"
        "         [0., 0.]],\n"
        "\n"
        "        [[0., 0.],\n"
        "         [0., 0.]]])"),
    ),
    (
        np.full((1, 20), 1.5, F32),
        ("tensor([[1.5000, 1.5000, 1.5000, 1.5000, 1.5000, 1.5000, 1.5000, 1.5000, 1.5000,\n"
        "         1.5000, 1.5000, 1.5000, 1.5000, 1.5000, 1.5000, 1.5000, 1.5000, 1.5000,\n"
        "         1.5000, 1.5000]])"),
    ),
    (  # zeros alone are taken for one character wide
        np.zeros(30, F32),
        ("tensor([0., 0., 0., 0., 0., 0., 0., 0., 0., 0., 0., 0., 0., 0., 0., 0., 0., 0., 0., 0., "
        "0., 0., 0., 0.,\n"
        "        0., 0., 0., 0., 0., 0.])"),
    ),
    (
        np.full(10, 1.5),
        ("tensor([1.5000, 1.5000, 1.5000, 1.5000, 1.5000, 1.5000, 1.5000, 1.5000, 1.5000,\n"
        "        1.5000], dtype=flambeau.float64)"),
    ),
    (
        np.arange(1000, 5000).reshape(40, 100),
        ("tensor([[1000, 1001, 1002,  ..., 1097, 1098, 1099],\n"
        "        [1100, 1101, 1102,  ..., 1197, 1198, 1199],\n"
        "        [1200, 1201, 1202,  ..., 1297, 1298, 1299],\n"
        "        ...,\n"
        "        [4700, 4701, 4702,  ..., 4797, 4798, 4799],\n"
        "        [4800, 4801, 4802,  ..., 4897, 4898, 4899],\n"
        "        [4900, 4901, 4902,  ..., 4997, 4998, 4999]])"),
    ),
]  # fmt: skip

WITH_OPTIONS = [
    ({"precision": 2}, np.array([1.5, 2.25], F32), "tensor([1.50, 2.25])"),
    ({"precision": 0}, np.array([1.5, 2.5], F32), "tensor([2, 2])"),
    ({"sci_mode": True}, np.array([1.0, 2.0], F32), "tensor([1.0000e+00, 2.0000e+00])"),
    ({"sci_mode": False}, np.array([1e-5, 1.0], F32), "tensor([0.0000, 1.0000])"),
    ({"linewidth": 20}, np.full(2, 0.5, F32), "tensor([0.5000,\n        0.5000])"),
    ({"threshold": 5, "edgeitems": 1}, np.arange(6), "tensor([0,  ..., 5])"),
    ({"threshold": 5, "edgeitems": 0}, np.arange(6), "tensor([...], size=(6,))"),
    (
        {"profile": "short"},
        np.full((60, 60), 1 / 3, F32),
        (
            "tensor([[0.33, 0.33,  ..., 0.33, 0.33],\n"
            "        [0.33, 0.33,  ..., 0.33, 0.33],\n"
            "        ...,\n"
            "        [0.33, 0.33,  ..., 0.33, 0.33],\n"
            "        [0.33, 0.33,  ..., 0.33, 0.33]])"
        ),
    ),
]


@pytest.mark.parametrize("value, expected", ONE_LINE + LINES)
def test_printed_form(value: Any, expected: str) -> None:
    assert tensor_str(np.asarray(value)) == expected


@pytest.mark.parametrize("options, value, expected", WITH_OPTIONS)
def test_options(options: dict[str, Any], value: np.ndarray, expected: str) -> None:
    plain = tensor_str(value)
    with printoptions(**options):
        assert tensor_str(value) == expected
    assert tensor_str(value) == plain != expected


def test_gradients_and_parameters() -> None:
    ones = np.ones(2, F32)
    assert tensor_str(ones, requires_grad=True) == "tensor([1., 1.], requires_grad=True)"
    with_node = tensor_str(ones, requires_grad=True, grad_fn_name="AddBackward0")
    assert with_node == "tensor([1., 1.], grad_fn=<AddBackward0>)"
    parameter = tensor_str(ones, requires_grad=True, is_parameter=True)
    assert parameter == "Parameter containing:\ntensor([1., 1.], requires_grad=True)"


def test_a_suffix_that_does_not_fit_gets_its_own_line() -> None:
    row = np.full(7, 1.5, F32)
    assert tensor_str(row[:6], requires_grad=True).count("\n") == 0
    assert tensor_str(row, requires_grad=True) == (
        "tensor([1.5000, 1.5000, 1.5000, 1.5000, 1.5000, 1.5000, 1.5000],\n"
        "       requires_grad=True)"
    )


def test_device_name_and_contents() -> None:
    ones = np.ones(2, F32)
    assert tensor_str(ones, device="cuda:0") == "tensor([1., 1.], device='cuda:0')"
    assert tensor_str(ones, name="Image") == "Image([1., 1.])"
    assert tensor_str(ones.astype(float), contents="...") == "tensor(..., dtype=flambeau.float64)"


def test_prefix() -> None:
    naming.set_prefix("torch")
    try:
        assert tensor_str(np.ones(1)) == "tensor([1.], dtype=torch.float64)"
    finally:
        naming.set_prefix("flambeau")


def test_only_the_edges_of_a_large_tensor_are_looked_at() -> None:
    row = np.ones(2000, F32)
    row[1000] = 1e6
    assert tensor_str(row) == "tensor([1., 1., 1.,  ..., 1., 1., 1.])"
    huge = np.broadcast_to(F32(0.5), (10**6, 10**6))  # 4 TB, were it laid out
    assert tensor_str(huge).count("0.5000") == 36


def test_option_profiles() -> None:
    before = printing.get_printoptions()
    assert before == {
        "precision": 4, "threshold": 1000, "edgeitems": 3, "linewidth": 80, "sci_mode": None
    }  # fmt: skip
    try:
        printing.set_printoptions(profile="full", precision=2, sci_mode=True)
        changed = {"threshold": float("inf"), "precision": 2, "sci_mode": True}
        assert printing.get_printoptions() == before | changed
        printing.set_printoptions(linewidth=60)  # sci_mode is forgotten unless it is repeated
        changed |= {"linewidth": 60, "sci_mode": None}
        assert printing.get_printoptions() == before | changed
    finally:
        printing.set_printoptions(profile="default")
    assert printing.get_printoptions() == before


def test_options_come_back_after_an_error() -> None:
    before = printing.get_printoptions()
    with pytest.raises(KeyError), printoptions(precision=1, sci_mode=True):
        raise KeyError
    assert printing.get_printoptions() == before


@pytest.mark.parametrize(
    "value, spec, expected",
    [
        (F32(1.5), "", "1.5"),
        (F32(1.5), ".3f", "1.500"),
        (np.int64(3), "5d", "    3"),
        (np.bool_(True), "", "True"),
        (C64(1 + 2j), "", "(1+2j)"),
        (ml_dtypes.bfloat16(1.5), ".2f", "1.50"),
        (np.ones(2, F32), "", "tensor([1., 1.])"),
    ],
)
def test_format(value: Any, spec: str, expected: str) -> None:
    assert tensor_format(np.asarray(value), spec) == expected


def test_format_refusals() -> None:
    message = "unsupported format string passed to Tensor.__format__\nHint: '.2f' formats one"
    with pytest.raises(TypeError, match=message):
        tensor_format(np.ones(2), ".2f")
    with pytest.raises(TypeError, match=r"passed to Image\.__format__"):
        tensor_format(np.ones(()), ".2f", type_name="Image")
    assert tensor_format(np.ones(()), "", lambda: "shown", type_name="Image") == "shown"
