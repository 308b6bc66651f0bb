"""Draws in C against the same draws on NumPy, bit for bit, states included."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import flambeau
from flambeau.backends.native import library, toolchain
from flambeau.tensor import draws
from flambeau.tensor.draws import native
from flambeau.tensor.generator import Generator

FLOATS = [np.dtype(np.float32), np.dtype(np.float64)]
HALVES = [np.dtype(np.float16), np.dtype(ml_dtypes.bfloat16)]
COMPLEX = [np.dtype(np.complex64), np.dtype(np.complex128)]
WHOLE = [np.dtype(f"i{size}") for size in (1, 2, 4, 8)] + [np.dtype(np.uint8)]
BOOL = np.dtype(np.bool_)
# NumPy's fused multiply-adds round twice in one case of 2**29: the examples stay the same ones.
steady = settings(max_examples=60, deadline=None, derandomize=True)

FOUND = native._found
seeds = st.integers(0, 2**32 - 1)
counts = st.one_of(st.integers(0, 70), st.integers(71, 3000), st.sampled_from([8192, 20000]))
skipped = st.integers(0, 1300)  # words drawn before: where in a block of 624 the draw starts
scales = st.sampled_from([0.0, 1.0, 0.02, 2.5, 1e-3, 700.0])
offsets = st.sampled_from([0.0, 1.0, -0.75, 1e-4, 1000.0])


@pytest.fixture(scope="module", autouse=True)
def runtime() -> Iterator[None]:
    """The library in use; where a test takes it away it is not looked for again."""
    if toolchain.switched_off() or toolchain.find() is None:
        pytest.skip("no C compiler")
    with pytest.MonkeyPatch.context() as patch:
        for name in ("_runtime", "_held", "_address"):
            patch.setattr(native, name, getattr(native, name))  # left as they were
        assert library.runtime(native._ANY) is not None
        native._found(0)
        assert draws.is_native()
        patch.setattr(native, "_found", lambda count: False)
        yield


Draw = Callable[[Generator], np.ndarray[Any, Any]]


def agree(seed: int, skip: int, draw: Draw, waiting: bool = False) -> None:
    """Both ways give the same numbers, and leave the generator in the same state."""
    results = []
    present = native._runtime
    for used in (None, present):
        gen = Generator().manual_seed(seed)
        gen.raw(skip)
        if waiting:
            gen.second_normal = 0.625
        native._runtime = used
        try:
            results.append((draw(gen), gen))
        finally:
            native._runtime = present
    (expected, slow), (got, fast) = results
    assert got.dtype == expected.dtype and got.shape == expected.shape
    assert got.tobytes() == expected.tobytes()
    assert fast.second_normal == slow.second_normal
    assert fast.get_state_array().tobytes() == slow.get_state_array().tobytes()
    assert fast.raw(700).tolist() == slow.raw(700).tolist()


@steady
@given(seeds, skipped, counts, st.sampled_from(FLOATS + HALVES + COMPLEX), offsets, scales)
def test_uniform(
    seed: int, skip: int, count: int, dtype: np.dtype[Any], low: float, span: float
) -> None:
    agree(seed, skip, lambda gen: draws.uniform(gen, (count,), dtype, low, low + span))


@steady
@given(
    seeds, skipped, counts, st.sampled_from(FLOATS + HALVES + COMPLEX), offsets, scales,
    st.booleans(), st.booleans(),
)  # fmt: skip
def test_normal(
    seed: int, skip: int, count: int, dtype: np.dtype[Any], mean: float, std: float,
    blocks: bool, waiting: bool,
) -> None:  # fmt: skip
    def draw(gen: Generator) -> np.ndarray[Any, Any]:
        return draws.normal(gen, (count,), dtype, mean, std, blocks=blocks)

    agree(seed, skip, draw, waiting)


@steady
@given(seeds, skipped, counts, st.sampled_from(FLOATS + HALVES), st.sampled_from([1.0, 0.3, 7.0]))
def test_exponential(seed: int, skip: int, count: int, dtype: np.dtype[Any], rate: float) -> None:
    agree(seed, skip, lambda gen: draws.exponential(gen, (count,), dtype, rate))


@steady
@given(
    seeds, skipped, counts, st.sampled_from(FLOATS + HALVES + WHOLE + [BOOL]),
    st.one_of(st.sampled_from([0.0, 1.0, 0.5, 2.0**-53, 1 - 2.0**-53]), st.floats(0, 1)),
)  # fmt: skip
def test_bernoulli(seed: int, skip: int, count: int, dtype: np.dtype[Any], p: float) -> None:
    agree(seed, skip, lambda gen: draws.bernoulli(gen, p, (count,), dtype))


@steady
@given(
    seeds, skipped, counts,
    st.one_of(
        st.tuples(st.integers(-(2**63), 2**63 - 1), st.integers(-(2**63), 2**63 - 1)),
        st.tuples(st.integers(-1000, 1000), st.integers(-1000, 1000)),
        st.sampled_from([(0, 1), (0, 2**28 - 1), (0, 2**28), (0, 2**32), (-(2**63), 2**63 - 1)]),
    ),
)  # fmt: skip
def test_integers(seed: int, skip: int, count: int, bounds: tuple[int, int]) -> None:
    low, high = min(bounds), max(bounds)
    if low < high:
        agree(seed, skip, lambda gen: draws.randint(gen, (count,), low, high))


@pytest.mark.parametrize("dtype", [*FLOATS, *HALVES, *WHOLE, BOOL], ids=str)
def test_integers_of_every_type(dtype: np.dtype[Any]) -> None:
    high = 2 if dtype == BOOL else 100
    agree(1, 5, lambda gen: draws.randint(gen, (50, 3), 0, high, dtype))
    agree(1, 5, lambda gen: draws.random(gen, (50, 3), dtype))


@steady
@given(seeds, skipped, st.one_of(st.integers(0, 300), st.sampled_from([1025, 1026, 5000, 40000])))
def test_permutations(seed: int, skip: int, n: int) -> None:
    agree(seed, skip, lambda gen: draws.randperm(gen, n))


@pytest.mark.parametrize("n", [1 << 16, (1 << 16) + 7, 300_001])
def test_long_draws(n: int) -> None:
    agree(3, 1, lambda gen: draws.normal(gen, (n,), FLOATS[0]))
    agree(3, 1, lambda gen: draws.uniform(gen, (n,), FLOATS[1], -1.0, 3.0))
    agree(3, 1, lambda gen: draws.bernoulli(gen, 0.3, (n,), FLOATS[0]))


def test_a_given_array_is_filled() -> None:
    gen = Generator()
    for dtype in FLOATS:
        out = np.zeros((5, 7), dtype)
        assert draws.normal(gen, (5, 7), dtype, out=out) is out
        assert draws.uniform(gen, (5, 7), dtype, 2.0, 3.0, out=out) is out
        assert ((out >= 2) & (out < 3)).all()
        assert draws.bernoulli(gen, 1.0, (5, 7), dtype, out=out) is out and (out == 1).all()
        assert draws.exponential(gen, (5, 7), dtype, out=out) is out
    whole = np.zeros(9, np.int64)
    assert draws.randint(gen, (9,), 5, 6, out=whole) is whole and (whole == 5).all()


def test_states_carry_over_and_addresses_stay() -> None:
    gen = Generator().manual_seed(3)
    addresses = gen.addresses
    first = draws.normal(gen, (5,), FLOATS[0])
    state = gen.get_state_array()
    second = draws.normal(gen, (1000,), FLOATS[0])
    assert gen.second_normal is not None
    gen.set_state_array(state)
    assert draws.normal(gen, (1000,), FLOATS[0]).tobytes() == second.tobytes()
    gen.manual_seed(3)
    assert gen.second_normal is None
    assert draws.normal(gen, (5,), FLOATS[0]).tobytes() == first.tobytes()
    copy = gen.clone_state()
    assert gen.addresses == addresses != copy.addresses
    assert (
        draws.normal(gen, (4,), FLOATS[0]).tobytes()
        == draws.normal(copy, (4,), FLOATS[0]).tobytes()
    )


def test_tensors_of_any_layout() -> None:
    def fill() -> list[bytes]:
        gen = flambeau.Generator().manual_seed(11)
        tensors = [flambeau.zeros(6, 20).t(), flambeau.zeros(40, 3)[::2], flambeau.zeros(17)]
        for x in tensors:
            x.normal_(generator=gen), x.uniform_(-1, 2, generator=gen)
            x.add_(x.clone().exponential_(generator=gen))
            x.mul_(x.clone().bernoulli_(0.5, generator=gen))
            x.add_(x.clone().random_(0, 50, generator=gen))
        return [x.numpy().tobytes() for x in tensors]

    fast = fill()
    before, native._runtime = native._runtime, None
    try:
        assert fill() == fast
    finally:
        native._runtime = before


def test_a_fresh_tensor_counts_no_write() -> None:
    assert [flambeau.rand(3)._version, flambeau.rand(3).normal_()._version] == [0, 1]


@pytest.mark.parametrize("attempt", range(4))
def test_threads_share_a_generator(attempt: int) -> None:
    """Each number is handed out once, whoever draws; the first draws make the engine."""
    gen = Generator().manual_seed(5)
    begin = threading.Barrier(4)
    n, rounds = 70_000, 5  # long enough to let the others in
    drawn: list[np.ndarray[Any, Any]] = []

    def work() -> None:
        begin.wait()
        for count in (n, 100) * rounds:
            drawn.append(draws.uniform(gen, (count,), FLOATS[1]))

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    got = np.sort(np.concatenate(drawn))
    total = 4 * rounds * (n + 100)
    expected = draws.uniform(Generator().manual_seed(5), (total,), FLOATS[1])
    assert np.array_equal(got, np.sort(expected))


class TestWhenTheLibraryIsUsed:
    @pytest.fixture(autouse=True)
    def fresh(self, monkeypatch: pytest.MonkeyPatch, runtime: None) -> None:
        monkeypatch.setattr(native, "_found", FOUND)
        for name in ("_runtime", "_held"):
            monkeypatch.setattr(native, name, None)
        monkeypatch.setattr(native, "_numbers", 0)

    def test_at_once_where_it_is_loaded(self) -> None:
        draws.normal(Generator(), (3,), FLOATS[0])
        assert draws.is_native()

    def test_never_for_a_few_numbers(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(library, "_loader", library._Loader(library.SOURCES))
        for name in ("available", "runtime"):
            monkeypatch.setattr(library, name, lambda *a: pytest.fail("looked for a library"))
        for _ in range(50):
            draws.normal(Generator(), (100,), FLOATS[0])
        assert not draws.is_native()

    def test_from_disk_for_many(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(library, "_loader", library._Loader(library.SOURCES))
        monkeypatch.setattr(library, "runtime", lambda *a: pytest.fail("would build"))
        draws.uniform(Generator(), (30_000,), FLOATS[0])
        assert draws.is_native()

    def test_built_for_very_many(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(library, "loaded", lambda *a: None)
        monkeypatch.setattr(library, "available", lambda *a: None)
        monkeypatch.setattr(native, "_ENOUGH_TO_BUILD", 100_000)
        draws.uniform(Generator(), (60_000,), FLOATS[0])
        assert not draws.is_native()
        draws.uniform(Generator(), (60_000,), FLOATS[0])
        assert draws.is_native()

    def test_asked_for_once_where_there_is_none(self, monkeypatch: pytest.MonkeyPatch) -> None:
        asked: list[int] = []
        monkeypatch.setattr(library, "loaded", lambda *a: None)
        monkeypatch.setattr(library, "available", lambda *a: None)
        monkeypatch.setattr(library, "runtime", lambda *a: asked.append(1))
        monkeypatch.setattr(native, "_ENOUGH_TO_BUILD", 100_000)
        for _ in range(5):
            draws.uniform(Generator(), (120_000,), FLOATS[0])
        assert asked == [1] and native._numbers == -math.inf
