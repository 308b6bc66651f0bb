"""Random arrays. The expected values were recorded from PyTorch 2.13 with the seed 42."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from typing import Any

import ml_dtypes
import numpy as np
import pytest

from flambeau.tensor import draws
from flambeau.tensor.draws.common import fused
from flambeau.tensor.draws.permutation import inside_out, swapped
from flambeau.tensor.generator import Generator

FLOAT16, FLOAT32, FLOAT64 = map(np.dtype, (np.float16, np.float32, np.float64))
BFLOAT16 = np.dtype(ml_dtypes.bfloat16)
INT64, UINT8 = np.dtype(np.int64), np.dtype(np.uint8)


def new(seed: int = 42) -> Generator:
    return Generator().manual_seed(seed)


def exact(*numbers: str) -> list[float]:
    return [float.fromhex(number) for number in numbers]


def test_uniform() -> None:
    assert draws.uniform(new(), (4,), FLOAT32).tolist() == exact(
        "0x1.c3b8cc0000000p-1", "0x1.d47b660000000p-1", "0x1.880d700000000p-2",
        "0x1.eb2a1c0000000p-1",
    )  # fmt: skip
    assert draws.uniform(new(), (3, 1), FLOAT64).ravel().tolist() == exact(
        "0x1.dc66cbea3db30p-5", "0x1.01ae177aca870p-4", "0x1.fa3563ccea238p-4"
    )
    assert draws.uniform(new(), (2, 2), FLOAT32, -0.1, 0.3).ravel().tolist() == exact(
        "0x1.02fa3e0000000p-2", "0x1.1062b80000000p-2", "0x1.b35e340000000p-5",
        "0x1.2288160000000p-2",
    )  # fmt: skip


def test_uniform_in_pieces() -> None:
    values = draws.uniform(new(), (100000,), FLOAT32)
    digest = hashlib.sha256(values.tobytes()).hexdigest()
    assert digest == "7cbf219512125d028d244b62b9fe8bb498e47825ee5470ee4bb356bb1fa25aec"


@pytest.mark.parametrize("np_dtype", [FLOAT16, BFLOAT16])
def test_uniform_stays_below_the_upper_bound(np_dtype: np.dtype[Any]) -> None:
    values = draws.uniform(new(), (20000,), np_dtype).astype(np.float64)
    assert values.min() >= 0.0
    assert values.max() < 1.0


def test_few_normals_come_in_pairs() -> None:
    gen = new()
    assert draws.normal(gen, (3,), FLOAT32).tolist() == exact(
        "0x1.58c55c0000000p-2", "0x1.07cd3a0000000p-3", "0x1.e02dce0000000p-3"
    )
    assert gen.second_normal is not None
    assert draws.normal(gen, (2,), FLOAT32).tolist() == exact(
        "0x1.d7b8d80000000p-3", "-0x1.1f73840000000p+0"
    )


def test_many_normals_come_in_blocks() -> None:
    values = draws.normal(new(), (20,), FLOAT32).tolist()
    assert values[:3] == exact(
        "0x1.ed4a520000000p+0", "0x1.7cbea60000000p+0", "0x1.cd2ace0000000p-1"
    )
    assert values[17:] == exact(
        "-0x1.9535220000000p-2", "0x1.9b58780000000p-1", "-0x1.3e41c00000000p-1"
    )
    values = draws.normal(new(), (17,), FLOAT64)[[0, 9, 16]]
    expected = exact("0x1.32bee22ccb503p-2", "0x1.8f5d12bd9d16ap-2", "0x1.fecba7d412db7p-3")
    np.testing.assert_array_max_ulp(values, np.array(expected), maxulp=4)


def test_normal_in_pieces() -> None:
    values = draws.normal(new(), (100000,), FLOAT32)
    digest = hashlib.sha256(values.tobytes()).hexdigest()
    assert digest == "d577cf2f85de7638e02060abec0df9127423d3e1c36369443db87bee3e2e6d62"


@pytest.mark.parametrize("np_dtype", [FLOAT16, BFLOAT16, FLOAT32, FLOAT64])
def test_normal_distribution(np_dtype: np.dtype[Any]) -> None:
    values = draws.normal(new(), (200, 100), np_dtype, 3.0, 2.0).astype(np.float64)
    assert values.mean() == pytest.approx(3.0, abs=0.05)
    assert values.std() == pytest.approx(2.0, abs=0.05)
    one_sigma = np.mean(np.abs(values - 3.0) < 2.0)
    assert one_sigma == pytest.approx(0.6827, abs=0.015)


def test_complex_parts_share_the_variance() -> None:
    values = draws.normal(new(), (20000,), np.dtype(np.complex64))
    assert np.var(values) == pytest.approx(1.0, abs=0.03)
    assert np.var(values.real) == pytest.approx(0.5, abs=0.02)


def test_integers() -> None:
    assert draws.randint(new(), (10,), 0, 10).tolist() == [2, 7, 6, 4, 6, 5, 0, 4, 0, 3]
    assert draws.randint(new(), (3,), -(2**40), 2**40).tolist() == [
        -658003837517, 395924837646, -640896347065
    ]  # fmt: skip
    assert draws.random(new(), (3,), UINT8).tolist() == [102, 179, 92]
    assert draws.random(new(), (3,), FLOAT32).tolist() == [14801927.0, 15351016.0, 6423145.0]
    assert draws.random(new(), (2,), INT64).tolist() == [6909045637428952499, 8314211556539077902]


def test_permutations() -> None:
    assert draws.randperm(new(), 10).tolist() == [2, 6, 1, 8, 4, 5, 0, 9, 3, 7]
    order = draws.randperm(new(), 1000).tolist()
    assert order[:5] == [542, 618, 816, 68, 94]
    assert order[-5:] == [335, 284, 638, 96, 455]
    order = draws.randperm(new(), 60000)
    assert order[:5].tolist() == [37542, 43087, 2992, 25810, 39634]
    assert int(order @ np.arange(60000)) == 53966354288704


def swap_in_turn(partners: list[int]) -> list[int]:
    order = list(range(len(partners)))
    for here, there in enumerate(partners):
        order[here], order[there] = order[there], order[here]
    return order


@pytest.mark.parametrize("n", [2, 3, 4, 7, 30, 500, 5000])
@pytest.mark.parametrize("seed", range(4))
def test_swaps_at_once_equal_swaps_in_turn(n: int, seed: int) -> None:
    words = new(seed).raw(n - 1).tolist()
    partners = [i + word % (n - i) for i, word in enumerate(words)] + [n - 1]
    offsets = np.array([there - i for i, there in enumerate(partners[:-1])], np.uint64)
    assert swapped(offsets, n).tolist() == swap_in_turn(partners)


@pytest.mark.parametrize("offsets", [[0, 0, 0], [3, 2, 1], [1, 1, 1], [3, 0, 1], [0, 2, 0]])
def test_swaps_that_collide(offsets: list[int]) -> None:
    partners = [i + offset for i, offset in enumerate(offsets)] + [3]
    assert swapped(np.array(offsets, np.uint64), 4).tolist() == swap_in_turn(partners)


@pytest.mark.parametrize("n", [2, 3, 10, 1000])
def test_permutations_from_inside_out(n: int) -> None:
    words = new(8).raw64(n).tolist()
    expected = swap_in_turn([word % (i + 1) for i, word in enumerate(words)])
    assert inside_out(new(8), n).tolist() == expected


def test_bernoulli() -> None:
    ones = draws.bernoulli(new(), 0.3, (12,), INT64)
    assert ones.tolist() == [1, 1, 1, 1, 0, 0, 0, 0, 1, 1, 1, 0]
    p = np.full(12, 0.3, np.float32)
    ones = draws.bernoulli(new(), p)
    assert ones.dtype == FLOAT32
    assert ones.tolist() == [0, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0]
    assert draws.bernoulli(new(), 0.0, (100,), FLOAT32).sum() == 0
    assert draws.bernoulli(new(), 1.0, (100,), FLOAT32).sum() == 100


@pytest.mark.parametrize(
    "function, arguments, expected",
    [
        (draws.exponential, (2.0,), ["0x1.ead0ccp-6", "0x1.0a2468p-5", "0x1.0e2a62p-4"]),
        (draws.cauchy, (0.5, 2.0), ["-0x1.4a6632p+3", "-0x1.2f98ccp+3", "-0x1.18f1a4p+2"]),
        (draws.log_normal, (0.1, 0.2), ["0x1.2ea1a2p+0", "0x1.224e9ep+0", "0x1.2881bap+0"]),
    ],
)
def test_other_continuous_distributions(
    function: Callable[..., np.ndarray], arguments: tuple[float, ...], expected: list[str]
) -> None:
    assert function(new(), (3,), FLOAT32, *arguments).tolist() == exact(*expected)


def test_geometric() -> None:
    assert draws.geometric(new(), (8,), INT64, 0.2).tolist() == [13, 13, 10, 14, 3, 4, 1, 1]


def test_multinomial() -> None:
    weights = np.arange(1.0, 7.0, dtype=np.float32)
    assert draws.multinomial(new(), weights, 4).tolist() == [3, 1, 2, 0]
    assert draws.multinomial(new(), weights, 8, True).tolist() == [1, 1, 1, 1, 4, 4, 5, 5]
    rows = draws.multinomial(new(), np.array([[0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]), 5, True)
    assert rows.tolist() == [[1] * 5, [2] * 5]


def test_poisson() -> None:
    rates = np.array([0.0, 0.5, 3.0, 9.0, 10.0, 50.0, 1000.0], np.float32)
    gen = new()
    assert draws.poisson(gen, rates).tolist() == [0, 0, 1, 7, 9, 59, 1010]
    with pytest.raises(RuntimeError, match="expected rate to be non-negative"):
        draws.poisson(gen, -rates)
    again = new()
    draws.poisson(again, rates[:1])  # a rate of 0 draws nothing
    assert again.raw(3).tolist() == new().raw(3).tolist()


def test_rounding_once() -> None:
    a = draws.uniform(new(), (500,), FLOAT64)
    b, c = 2.7182818284590451, -1.3591409142295225
    once = [math.fsum([*_product(x, b), c]) for x in a.tolist()]
    assert fused(a, b, c).tolist() == once
    assert (a * b + c).tolist() != once


def _product(a: float, b: float) -> tuple[float, float]:
    """a * b as an unevaluated sum, through exact integers."""
    numerator = int(a * 2**53) * int(b * 2**51)
    high = float(numerator)
    return high * 2.0**-104, float(numerator - int(high)) * 2.0**-104


def test_memory_order() -> None:
    array = np.zeros((2, 3, 4)).transpose(2, 0, 1)
    view = draws.memory_order(array)
    assert view.shape == (2, 3, 4)
    assert view.flags.c_contiguous
    assert np.shares_memory(view, array)


@pytest.mark.parametrize(
    "function, arguments, message",
    [
        (draws.uniform, (2.0, 1.0), r"uniform_ expects to return a \[from, to\) range, but found"),
        (draws.uniform, (0.0, 1e39), "to is out of bounds for float"),
        (draws.normal, (0.0, -1.0), "normal expects std >= 0.0, but found std -1"),
        (draws.exponential, (0.0,), "exponential_ expects lambda > 0.0, but found lambda=0"),
        (draws.geometric, (1.0,), r"geometric_ expects p to be in \(0, 1\), but got p=1"),
        (draws.cauchy, (0.0, 0.0), "cauchy_ expects sigma > 0.0, but found sigma=0"),
        (draws.log_normal, (0.0, 0.0), "log_normal_ expects std > 0.0, but found std=0"),
    ],
)
def test_arguments_out_of_range(
    function: Callable[..., np.ndarray], arguments: tuple[float, ...], message: str
) -> None:
    with pytest.raises(RuntimeError, match=message):
        function(new(), (3,), FLOAT32, *arguments)


def test_ranges_and_probabilities_that_are_refused() -> None:
    with pytest.raises(RuntimeError, match="'from' to be less than 'to', but got from=5 >= to=5"):
        draws.randint(new(), (3,), 5, 5)
    with pytest.raises(RuntimeError, match="to - 1 is out of bounds for unsigned char"):
        draws.randint(new(), (3,), 0, 300, UINT8)
    with pytest.warns(UserWarning, match=r"to - 1 is out of bounds \[-\(2\^24\), 2\^24\]"):
        draws.randint(new(), (3,), 0, 2**25, FLOAT32)
    with pytest.raises(RuntimeError, match=r"bernoulli_ expects p to be in \[0, 1\]"):
        draws.bernoulli(new(), 1.5, (3,), FLOAT32)
    with pytest.raises(RuntimeError, match="Expected p_in >= 0 && p_in <= 1"):
        draws.bernoulli(new(), np.array([0.5, np.nan]))
    with pytest.raises(RuntimeError, match="cannot sample n_sample > prob_dist"):
        draws.multinomial(new(), np.ones(3), 4)
    with pytest.raises(NotImplementedError, match="\"randperm\" not implemented for 'Bool'"):
        draws.randperm(new(), 3, np.dtype(np.bool_))
