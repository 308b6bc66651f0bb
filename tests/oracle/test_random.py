"""The same seed draws the same numbers as PyTorch."""

from __future__ import annotations

import ml_dtypes
import numpy as np
import pytest

from flambeau.tensor import draws
from flambeau.tensor.generator import Generator

torch = pytest.importorskip("torch")

BFLOAT16 = np.dtype(ml_dtypes.bfloat16)
FLOATS = {
    "float16": np.dtype(np.float16),
    "bfloat16": BFLOAT16,
    "float32": np.dtype(np.float32),
    "float64": np.dtype(np.float64),
}
INTEGERS = {name: np.dtype(name) for name in ("uint8", "int8", "int16", "int32", "int64")}
SIZES = (0, 1, 2, 15, 16, 17, 100, 1000, 40001)
SEEDS = (0, 1, 1234567890123, 2**64 - 1)


class Pair:
    """A generator of ours and one of PyTorch's, with the same seed."""

    def __init__(self, seed: int = 1) -> None:
        self.ours = Generator().manual_seed(seed)
        self.theirs = torch.Generator().manual_seed(seed)

    def assert_same_state(self) -> None:
        theirs = self.theirs.get_state().numpy()
        ours = self.ours.get_state_array()
        np.testing.assert_array_equal(ours, theirs)


def to_numpy(tensor: torch.Tensor) -> np.ndarray:
    if tensor.dtype == torch.bfloat16:
        return tensor.view(torch.int16).numpy().view(BFLOAT16)
    return tensor.numpy()


def assert_same(ours: np.ndarray, theirs: torch.Tensor) -> None:
    expected = to_numpy(theirs)
    assert ours.dtype == expected.dtype
    assert ours.shape == expected.shape
    bits = f"u{ours.dtype.itemsize}" if ours.dtype.kind in "fV" else ours.dtype
    np.testing.assert_array_equal(ours.view(bits), expected.view(bits))


def empty(size: int | tuple[int, ...], name: str) -> torch.Tensor:
    return torch.empty(size, dtype=getattr(torch, name))


@pytest.mark.parametrize("name", FLOATS)
@pytest.mark.parametrize("bounds", [(0.0, 1.0), (-0.1, 0.1), (-3.0, 2.7), (1.0, 1.03), (5.0, 5.0)])
def test_uniform(name: str, bounds: tuple[float, float]) -> None:
    for seed in SEEDS:
        pair = Pair(seed)
        for size in SIZES:
            theirs = empty(size, name).uniform_(*bounds, generator=pair.theirs)
            assert_same(draws.uniform(pair.ours, (size,), FLOATS[name], *bounds), theirs)
        pair.assert_same_state()


AVX2 = torch.backends.cpu.get_cpu_capability() == "AVX2"


@pytest.mark.parametrize("name", FLOATS)
@pytest.mark.parametrize("mean, std", [(0.0, 1.0), (0.3, 1.7), (0.0, 0.02), (-5.0, 0.0)])
def test_normal(name: str, mean: float, std: float) -> None:
    for seed in SEEDS:
        pair = Pair(seed)
        for size in (*SIZES, 3, 7, 40):
            theirs = empty(size, name).normal_(mean, std, generator=pair.theirs)
            ours = draws.normal(pair.ours, (size,), FLOATS[name], mean, std)
            if name == "float64" or AVX2:
                assert_same(ours, theirs)
            else:  # another kernel of PyTorch's, which differs in the last bits
                tolerance = {"float32": 5e-7, "float16": 1e-3, "bfloat16": 8e-3}[name]
                expected = to_numpy(theirs).astype(np.float64)
                np.testing.assert_allclose(ours, expected, rtol=tolerance, atol=tolerance)
        pair.assert_same_state()


@pytest.mark.parametrize("name", FLOATS)
def test_normal_of_a_tensor_that_is_not_contiguous(name: str) -> None:
    pair = Pair()
    for size in (3, 16, 101):
        theirs = empty(2 * size, name)[::2].normal_(0.3, 1.7, generator=pair.theirs)
        ours = draws.normal(pair.ours, (size,), FLOATS[name], 0.3, 1.7, blocks=False)
        assert_same(ours, theirs.contiguous())
    pair.assert_same_state()


@pytest.mark.parametrize("name", ["complex64", "complex128"])
def test_complex(name: str) -> None:
    pair = Pair(3)
    for size in (0, 5, 7):
        theirs = empty((size, 1), name).uniform_(-0.3, 2.0, generator=pair.theirs)
        assert_same(draws.uniform(pair.ours, (size, 1), np.dtype(name), -0.3, 2.0), theirs)
        theirs = empty(size, name).normal_(0.5, 2.0, generator=pair.theirs)
        assert_same(draws.normal(pair.ours, (size,), np.dtype(name), 0.5, 2.0), theirs)
    pair.assert_same_state()


CONTINUOUS = [
    (draws.exponential, "exponential_", (1.0,)),
    (draws.exponential, "exponential_", (2.7,)),
    (draws.cauchy, "cauchy_", (0.0, 1.0)),
    (draws.cauchy, "cauchy_", (0.3, 1.7)),
    (draws.log_normal, "log_normal_", (1.0, 2.0)),
    (draws.log_normal, "log_normal_", (0.3, 1.7)),
    (draws.geometric, "geometric_", (0.37,)),
    (draws.geometric, "geometric_", (1e-9,)),
]


@pytest.mark.parametrize("name", FLOATS)
@pytest.mark.parametrize("function, method, arguments", CONTINUOUS)
def test_transformed(function, method: str, arguments: tuple[float, ...], name: str) -> None:
    pair = Pair(7)
    for size in SIZES:
        theirs = getattr(empty(size, name), method)(*arguments, generator=pair.theirs)
        ours = function(pair.ours, (size,), FLOATS[name], *arguments)
        if name == "float64":  # the C library's functions, up to the last bit
            np.testing.assert_array_max_ulp(ours, theirs.numpy(), maxulp=2)
        else:
            assert_same(ours, theirs)
    pair.assert_same_state()


@pytest.mark.parametrize("name", INTEGERS)
def test_geometric_integers(name: str) -> None:
    pair = Pair(7)
    theirs = empty(1000, name).geometric_(0.4, generator=pair.theirs)
    assert_same(draws.geometric(pair.ours, (1000,), INTEGERS[name], 0.4), theirs)


@pytest.mark.parametrize("name", [*FLOATS, *INTEGERS, "bool"])
def test_bernoulli(name: str) -> None:
    np_dtype = FLOATS.get(name) or np.dtype(name)
    for seed in SEEDS:
        pair = Pair(seed)
        for p in (0.0, 0.3, 0.5, 1 - 2**-53, 1.0):
            for size in SIZES:
                theirs = empty(size, name).bernoulli_(p, generator=pair.theirs)
                assert_same(draws.bernoulli(pair.ours, p, (size,), np_dtype), theirs)
        pair.assert_same_state()


@pytest.mark.parametrize("name", FLOATS)
def test_bernoulli_of_probabilities(name: str) -> None:
    pair = Pair(5)
    for shape in ((0,), (), (7,), (100, 9)):
        p = torch.rand(shape, generator=pair.theirs, dtype=getattr(torch, name))
        p_ours = draws.uniform(pair.ours, shape, FLOATS[name])
        theirs = torch.bernoulli(p, generator=pair.theirs)
        assert_same(draws.bernoulli(pair.ours, p_ours), theirs)
    row = torch.tensor([0.1, 0.9, 0.5], dtype=getattr(torch, name))
    theirs = empty((4, 3), "int32").bernoulli_(row, generator=pair.theirs)
    assert_same(draws.bernoulli(pair.ours, to_numpy(row), (4, 3), np.dtype(np.int32)), theirs)
    pair.assert_same_state()


RANGES = [(0, 1), (0, 2), (0, 10), (-5, 100), (0, 2**28 - 1), (0, 2**28), (-(2**31), 2**31 - 1)]
WIDE = [(0, 2**32), (-(2**40), 2**40 + 7), (-(2**63), 2**63 - 1)]


@pytest.mark.parametrize("low, high", RANGES + WIDE)
def test_randint(low: int, high: int) -> None:
    for seed in SEEDS:
        pair = Pair(seed)
        for size in SIZES:
            theirs = torch.randint(low, high, (size,), generator=pair.theirs)
            assert_same(draws.randint(pair.ours, (size,), low, high), theirs)
        if low >= -(2**31) and high <= 2**31:
            theirs = torch.randint(low, high, (7, 3), generator=pair.theirs, dtype=torch.int32)
            assert_same(draws.randint(pair.ours, (7, 3), low, high, np.dtype(np.int32)), theirs)
        pair.assert_same_state()


@pytest.mark.filterwarnings("ignore:.*is out of bounds")
@pytest.mark.parametrize("name", FLOATS)
@pytest.mark.parametrize(
    "low, high",
    [(0, 100), (-7, 9), (0, 40000), (-39999, 3), (257, 300), (1001, 1003), (-301, -300),
     (0, 2**33), (-(2**25) - 3, 2**25 + 5), (2**24 + 1, 2**24 + 9)],
)  # fmt: skip
def test_randint_of_floating_dtypes(name: str, low: int, high: int) -> None:
    pair = Pair(2)

    def theirs() -> object:
        return empty(1000, name).random_(low, high, generator=pair.theirs)

    def ours() -> object:
        return draws.randint(pair.ours, (1000,), low, high, FLOATS[name])

    try:
        expected = theirs()
    except RuntimeError as error:
        with pytest.raises(RuntimeError) as raised:
            ours()
        assert str(raised.value) == str(error)
    else:
        assert_same(ours(), expected)


@pytest.mark.parametrize("name", [*FLOATS, *INTEGERS, "bool"])
def test_random(name: str) -> None:
    np_dtype = FLOATS.get(name) or np.dtype(name)
    pair = Pair(4)
    for size in SIZES:
        theirs = empty(size, name).random_(generator=pair.theirs)
        assert_same(draws.random(pair.ours, (size,), np_dtype), theirs)
    lows = [1] if name == "bool" else [5, 100]
    if name in ("int64", "float64", "float32", "bfloat16"):
        lows.append(-(2**63))
    for low in lows:
        theirs = empty(1000, name).random_(low, None, generator=pair.theirs)
        assert_same(draws.random(pair.ours, (1000,), np_dtype, low), theirs)
    pair.assert_same_state()


@pytest.mark.parametrize("n", [0, 1, 2, 3, 10, 255, 256, 257, 1000, 60000])
def test_randperm(n: int) -> None:
    for seed in SEEDS:
        pair = Pair(seed)
        for _ in range(2):
            theirs = torch.randperm(n, generator=pair.theirs)
            assert_same(draws.randperm(pair.ours, n), theirs)
        pair.assert_same_state()


@pytest.mark.parametrize("name", [*FLOATS, *INTEGERS])
def test_randperm_dtypes(name: str) -> None:
    np_dtype = FLOATS.get(name) or np.dtype(name)
    pair = Pair()
    theirs = torch.randperm(100, generator=pair.theirs, dtype=getattr(torch, name))
    assert_same(draws.randperm(pair.ours, 100, np_dtype), theirs)


@pytest.mark.parametrize("name", FLOATS)
@pytest.mark.parametrize("shape", [(3,), (100,), (3, 5), (2, 1000), (0, 3)])
def test_multinomial(name: str, shape: tuple[int, ...]) -> None:
    pair = Pair(9)
    weights = torch.rand(shape, generator=pair.theirs, dtype=getattr(torch, name))
    draws.uniform(pair.ours, shape, FLOATS[name])
    for count, replacement in [(1, False), (3, False), (1, True), (50, True)]:
        theirs = torch.multinomial(weights, count, replacement, generator=pair.theirs)
        ours = draws.multinomial(pair.ours, to_numpy(weights), count, replacement)
        assert_same(ours, theirs)
    pair.assert_same_state()


@pytest.mark.parametrize("name", FLOATS)
def test_poisson(name: str) -> None:
    pair = Pair(6)
    for top in (0.0, 0.5, 5.0, 30.0, 1000.0):
        for shape in ((0,), (), (3, 400)):
            rates = torch.rand(shape, dtype=getattr(torch, name), generator=pair.theirs) * top
            draws.uniform(pair.ours, shape, FLOATS[name])
            theirs = torch.poisson(rates, generator=pair.theirs)
            assert_same(draws.poisson(pair.ours, to_numpy(rates)), theirs)
    pair.assert_same_state()
    with pytest.raises(RuntimeError) as theirs:
        torch.poisson(torch.tensor([-1.0]))
    with pytest.raises(RuntimeError) as ours:
        draws.poisson(pair.ours, np.array([-1.0]))
    assert str(ours.value) == str(theirs.value)


@pytest.mark.parametrize(
    "shape, order",
    [((4, 3), (1, 0)), ((2, 3, 4), (2, 0, 1)), ((2, 3, 4), (0, 2, 1)), ((2, 1, 3), (1, 2, 0))],
)
def test_memory_order(shape: tuple[int, ...], order: tuple[int, ...]) -> None:
    pair = Pair()
    theirs = torch.empty(shape).permute(order).uniform_(generator=pair.theirs)
    ours = np.empty(shape, np.float32).transpose(order)
    view = draws.memory_order(ours)
    view[...] = draws.uniform(pair.ours, view.shape, np.dtype(np.float32))
    np.testing.assert_array_equal(ours, theirs.numpy())


def test_states_interchange() -> None:
    pair = Pair(11)
    pair.assert_same_state()  # straight after seeding
    for count in (1, 623, 1, 5, 700):
        pair.theirs.set_state(torch.from_numpy(pair.ours.get_state_array()))
        torch.rand(count, generator=pair.theirs)
        pair.ours.set_state_array(pair.theirs.get_state().numpy())
        pair.assert_same_state()
        torch.randn(3, generator=pair.theirs)  # leaves a second normal number behind
        draws.normal(pair.ours, (3,), np.dtype(np.float32))
        pair.assert_same_state()


def test_state_errors_are_the_same() -> None:
    pair = Pair()
    state = pair.ours.get_state_array()
    broken = [state[:100], state[:5048], state.astype(np.float32)]
    for offset, value in ((8, 0), (9, 100), (12, 0), (17, 100)):
        changed = state.copy()
        changed[offset] = value
        broken.append(changed)
    for bad in broken:
        with pytest.raises(Exception) as theirs:
            pair.theirs.set_state(torch.from_numpy(bad))
        with pytest.raises(type(theirs.value)) as ours:
            pair.ours.set_state_array(bad)
        assert str(ours.value) == str(theirs.value)


REFUSED = [
    ("uniform_", draws.uniform, (2.0, 1.0)),
    ("uniform_", draws.uniform, (float("nan"), 1.0)),
    ("uniform_", draws.uniform, (0.0, float("inf"))),
    ("uniform_", draws.uniform, (-3e38, 3e38)),
    ("normal_", draws.normal, (0.0, -1.23456789)),
    ("normal_", draws.normal, (0.0, float("nan"))),
    ("exponential_", draws.exponential, (0,)),
    ("exponential_", draws.exponential, (-1.5,)),
    ("cauchy_", draws.cauchy, (0, 0)),
    ("log_normal_", draws.log_normal, (0, 0)),
    ("geometric_", draws.geometric, (0,)),
    ("geometric_", draws.geometric, (1.5,)),
]


@pytest.mark.parametrize("method, function, arguments", REFUSED)
@pytest.mark.parametrize("name", ["float32", "float16"])
def test_refusals(method: str, function, arguments: tuple[float, ...], name: str) -> None:
    with pytest.raises(RuntimeError) as theirs:
        getattr(empty(3, name), method)(*arguments)
    with pytest.raises(RuntimeError) as ours:
        function(Generator(), (3,), FLOATS[name], *arguments)
    assert str(ours.value) == str(theirs.value)


@pytest.mark.parametrize(
    "method, function, arguments",
    [
        ("uniform_", draws.uniform, ()),
        ("normal_", draws.normal, ()),
        ("exponential_", draws.exponential, ()),
        ("cauchy_", draws.cauchy, ()),
        ("log_normal_", draws.log_normal, ()),
        ("geometric_", draws.geometric, (0.5,)),
        ("random_", draws.random, ()),
    ],
)
@pytest.mark.parametrize("name", ["int64", "uint8", "bool", "complex64"])
def test_refused_dtypes(method: str, function, arguments: tuple, name: str) -> None:
    try:
        getattr(empty(3, name), method)(*arguments)
    except (RuntimeError, NotImplementedError) as error:
        with pytest.raises(type(error)) as ours:
            function(Generator(), (3,), np.dtype(name), *arguments)
        assert str(ours.value) == str(error)
    else:
        assert function(Generator(), (3,), np.dtype(name), *arguments).dtype == np.dtype(name)


@pytest.mark.parametrize("name", ["uint8", "int8", "bool", "int32", "float16", "complex64"])
@pytest.mark.parametrize("bounds", [(5, 5), (5, 3), (-5, 3), (0, 300), (0, 2**40), (2**40, 2**41)])
def test_refused_ranges(name: str, bounds: tuple[int, int]) -> None:
    np_dtype = FLOATS.get(name) or np.dtype(name)
    try:
        empty(3, name).random_(*bounds)
    except RuntimeError as error:
        with pytest.raises(RuntimeError) as ours:
            draws.randint(Generator(), (3,), *bounds, np_dtype)
        assert str(ours.value) == str(error)
    else:
        draws.randint(Generator(), (3,), *bounds, np_dtype)


@pytest.mark.parametrize(
    "n, name",
    [(-1, "int64"), (300, "uint8"), (129, "int8"), (3000, "float16"), (5, "bool"),
     (5, "complex64"), (40000, "int16"), (2**24 + 2, "float32")],
)  # fmt: skip
def test_refused_permutations(n: int, name: str) -> None:
    with pytest.raises((RuntimeError, NotImplementedError)) as theirs:
        torch.randperm(n, dtype=getattr(torch, name))
    with pytest.raises(type(theirs.value)) as ours:
        draws.randperm(Generator(), n, FLOATS.get(name) or np.dtype(name))
    assert str(ours.value) == str(theirs.value)


@pytest.mark.parametrize(
    "weights, count, replacement",
    [
        ([1.0, -1.0], 1, False),
        ([1.0, float("nan")], 1, False),
        ([0.0, 0.0], 1, False),
        ([1.0, 2.0], 3, False),
        ([1.0, 2.0], 0, True),
        ([1.0, -1.0], 3, True),
        ([1.0, float("inf")], 3, True),
        ([1.0, float("nan")], 3, True),
        ([0.0, 0.0], 3, True),
        ([[[1.0]]], 1, False),
        ([1, 2], 1, False),
    ],
)
def test_refused_weights(weights: list, count: int, replacement: bool) -> None:
    tensor = torch.tensor(weights)
    with pytest.raises(RuntimeError) as theirs:
        torch.multinomial(tensor, count, replacement)
    with pytest.raises(RuntimeError) as ours:
        draws.multinomial(Generator(), tensor.numpy(), count, replacement)
    assert str(ours.value) == str(theirs.value)


@pytest.mark.parametrize("seed", [-1, -(2**63), 2**63, 2**64 - 1, 5])
def test_seeds(seed: int) -> None:
    pair = Pair(seed)
    assert pair.ours.initial_seed() == pair.theirs.initial_seed()
    pair.assert_same_state()


@pytest.mark.parametrize("seed", [2**64, -(2**63) - 1, True, 1.5, "1", None])
def test_refused_seeds(seed: object) -> None:
    with pytest.raises((ValueError, RuntimeError)) as theirs:
        torch.Generator().manual_seed(seed)
    with pytest.raises(type(theirs.value)) as ours:
        Generator().manual_seed(seed)
    assert str(ours.value) == str(theirs.value)
