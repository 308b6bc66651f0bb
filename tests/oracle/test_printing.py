"""Tensors print as PyTorch prints them, to the character."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import ml_dtypes
import numpy as np
import pytest

from flambeau.tensor import dtype as D
from flambeau.tensor import naming, printing

torch = pytest.importorskip("torch")
hypothesis = pytest.importorskip("hypothesis")

from hypothesis import given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

BFLOAT16 = np.dtype(ml_dtypes.bfloat16)
FLOATS = ["float16", "bfloat16", "float32", "float64"]
OTHERS = ["uint8", "int8", "int16", "int32", "int64", "bool", "complex64", "complex128"]


@pytest.fixture(autouse=True)
def torch_names() -> Iterator[None]:
    before = naming.prefix()
    naming.set_prefix("torch")
    yield
    naming.set_prefix(before)


def to_torch(array: np.ndarray) -> torch.Tensor:
    if array.dtype == BFLOAT16:
        return torch.from_numpy(array.view(np.int16)).view(torch.bfloat16)
    return torch.from_numpy(array)


def assert_prints_alike(array: np.ndarray, **options: Any) -> None:
    with torch._tensor_str.printoptions(**options), printing.printoptions(**options):
        expected = repr(to_torch(array))
        assert printing.tensor_str(array) == expected


SPECIAL = st.sampled_from([0.0, -0.0, np.inf, -np.inf, np.nan, 1.0, -1.0, 0.5, 1e8, 100000001.0])
NUMBERS = st.one_of(
    SPECIAL,
    st.integers(-1100, 1100).map(float),
    st.floats(-3.0, 3.0, width=16),
    st.floats(allow_nan=False),
    st.builds(lambda m, e: m * 10.0**e, st.floats(-10, 10), st.integers(-9, 9)),
)
OPTIONS = st.fixed_dictionaries(
    {},
    optional={
        "precision": st.integers(0, 7),
        "threshold": st.sampled_from([0, 1, 5, 20, float("inf")]),
        "edgeitems": st.integers(0, 4),
        "linewidth": st.integers(5, 130),
        "profile": st.sampled_from(["default", "short", "full", "Short"]),
        "sci_mode": st.sampled_from([True, False, None]),
    },
)


@st.composite
def arrays(draw: st.DrawFn) -> np.ndarray:
    name = draw(st.sampled_from(FLOATS + OTHERS))
    dtype = BFLOAT16 if name == "bfloat16" else np.dtype(name)
    shape = draw(st.lists(st.integers(0, 9), max_size=4).filter(lambda s: np.prod(s) < 300))
    palette = np.array(draw(st.lists(NUMBERS, min_size=1, max_size=6)))
    indices = np.random.default_rng(draw(st.integers(0, 99))).integers(0, len(palette), shape)
    values = palette[indices]
    with np.errstate(all="ignore"):
        if dtype.kind in "iu":
            values = np.nan_to_num(values, posinf=120, neginf=-120).clip(-1e18, 1e18)
            return np.asarray(values.astype(np.int64).astype(dtype))
        if dtype.kind == "c":
            return np.asarray(values + 1j * np.flip(values)).astype(dtype)
        return np.asarray(values.astype(np.float32).astype(dtype))


@settings(max_examples=400, deadline=None, derandomize=True)
@given(arrays(), OPTIONS)
def test_any_tensor(array: np.ndarray, options: dict[str, Any]) -> None:
    assert_prints_alike(array, **options)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.lists(NUMBERS, min_size=1, max_size=40), OPTIONS)
def test_any_row_of_float64(numbers: list[float], options: dict[str, Any]) -> None:
    assert_prints_alike(np.array(numbers), **options)


@pytest.mark.parametrize(
    "shape", [(1001,), (60, 70), (3, 400), (2, 8, 90), (7, 2, 3, 50), (1, 1, 1, 1, 1001), (10000,)]
)
@pytest.mark.parametrize("name", ["float32", "int64", "complex64"])
def test_large_tensors(shape: tuple[int, ...], name: str) -> None:
    rng = np.random.default_rng(0)
    assert_prints_alike((100 * rng.standard_normal(shape)).astype(name))


@pytest.mark.parametrize("name", FLOATS + OTHERS)
@pytest.mark.parametrize("shape", [(0,), (0, 3), (2, 0, 3), ()])
@pytest.mark.parametrize("default", ["float32", "float64", "bfloat16"])
def test_dtype_and_size_suffixes(name: str, shape: tuple[int, ...], default: str) -> None:
    array = np.ones(shape, BFLOAT16 if name == "bfloat16" else name)
    before = D.get_default_dtype()
    torch.set_default_dtype(getattr(torch, default))
    D.set_default_dtype(D.BY_NAME[default])
    try:
        assert_prints_alike(array)
    finally:
        torch.set_default_dtype(torch.float32)
        D.set_default_dtype(before)


@pytest.mark.parametrize("size", [*range(12), 17, 1001])
@pytest.mark.parametrize("name", ["float32", "float64"])
@pytest.mark.parametrize("linewidth", [40, 79, 80, 81, 83])
def test_gradient_suffixes(size: int, name: str, linewidth: int) -> None:
    leaf = torch.full((size,), 1.5, dtype=getattr(torch, name), requires_grad=True)
    array = leaf.detach().numpy()
    result = leaf * 1.0
    parameter = torch.nn.Parameter(leaf.detach())
    options = {"linewidth": linewidth}
    with torch._tensor_str.printoptions(**options), printing.printoptions(**options):
        assert printing.tensor_str(array, requires_grad=True) == repr(leaf)
        assert printing.tensor_str(array, grad_fn_name="MulBackward0") == repr(result)
        ours = printing.tensor_str(array, requires_grad=True, is_parameter=True)
        assert ours == repr(parameter)


def test_subclasses_and_contents() -> None:
    class Image(torch.Tensor):
        pass

    array = np.arange(40, dtype=np.float32)
    theirs = torch.from_numpy(array).as_subclass(Image)
    assert printing.tensor_str(array, name="Image") == repr(theirs)
    theirs = torch.from_numpy(array).__repr__(tensor_contents="elsewhere")
    assert printing.tensor_str(array, contents="elsewhere") == theirs


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.lists(OPTIONS, min_size=1, max_size=3))
def test_options_combine_alike(settings_in_turn: list[dict[str, Any]]) -> None:
    try:
        for options in settings_in_turn:
            torch.set_printoptions(**options)
            printing.set_printoptions(**options)
            assert printing.get_printoptions() == torch._tensor_str.get_printoptions()
    finally:
        torch.set_printoptions(profile="default")
        printing.set_printoptions(profile="default")


@pytest.mark.parametrize(
    "value, spec",
    [(1.5, ""), (1.5, ".3f"), (3, "5d"), (3, ".1f"), (True, ""), (1 + 2j, ".1f"), (1.5, "d"),
     (2.0, ">8.2e"), ([1.0], ""), ([1.0], ".2f")],
)  # fmt: skip
@pytest.mark.parametrize("plain", [True, False])
def test_format(value: Any, spec: str, plain: bool) -> None:
    class Image(torch.Tensor):
        pass

    theirs = torch.tensor(value)
    array = theirs.numpy()
    theirs = theirs if plain else theirs.as_subclass(Image)

    def ours() -> str:
        show = printing.tensor_str(array, name="tensor" if plain else "Image")
        type_name = "Tensor" if plain else "Image"
        return printing.tensor_format(array, spec, lambda: show, type_name=type_name)

    try:
        expected = format(theirs, spec)
    except (TypeError, ValueError) as error:
        with pytest.raises(type(error)) as raised:
            ours()
        assert str(raised.value).split("\n")[0] == str(error)
    else:
        assert ours() == expected
