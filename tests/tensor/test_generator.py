"""The generator: seeds, states, copies. The expected values were recorded from PyTorch 2.13."""

from __future__ import annotations

import copy
import hashlib
import pickle

import numpy as np
import pytest

import flambeau
from flambeau.tensor import draws
from flambeau.tensor.generator import Generator

FLOAT32 = np.dtype(np.float32)


def digest(array: np.ndarray) -> str:
    return hashlib.sha256(array.tobytes()).hexdigest()


def test_raw_words_are_the_mersenne_twisters() -> None:
    gen = Generator().manual_seed(5489)  # the seed and numbers of the algorithm's publication
    assert gen.raw(3).tolist() == [3499211612, 581869302, 3890346734]
    gen.raw(9996)
    assert gen.raw(1).tolist() == [4123659995]


def test_64_bits_have_the_high_word_first() -> None:
    words = Generator().manual_seed(5489).raw64(1)
    assert words.tolist() == [3499211612 << 32 | 581869302]


def test_a_new_generator_has_pytorchs_default_seed() -> None:
    assert Generator().initial_seed() == 67280421310721
    first = Generator().raw(5)
    assert first.tolist() == Generator().manual_seed(67280421310721).raw(5).tolist()


@pytest.mark.parametrize("seed, kept", [(7, 7), (-1, 2**64 - 1), (-(2**63), 2**63), (2**63, 2**63)])
def test_initial_seed(seed: int, kept: int) -> None:
    gen = Generator()
    assert gen.manual_seed(seed) is gen
    assert gen.initial_seed() == kept


@pytest.mark.parametrize("seed", [2**64, -(2**63) - 1])
def test_seeds_that_do_not_fit_64_bits(seed: int) -> None:
    with pytest.raises(ValueError, match="Overflow when unpacking long long"):
        Generator().manual_seed(seed)


@pytest.mark.parametrize("seed, kind", [(True, "bool"), (1.5, "float"), ("1", "str")])
def test_seeds_that_are_no_integers(seed: object, kind: str) -> None:
    with pytest.raises(RuntimeError, match=f"manual_seed expected a long, but got {kind}"):
        Generator().manual_seed(seed)  # type: ignore[arg-type]


def test_seeding_starts_the_stream_again() -> None:
    gen = Generator().manual_seed(3)
    before = gen.raw(10)
    draws.normal(gen, (3,), FLOAT32)  # leaves a second normal number behind, which must go
    gen.manual_seed(3)
    assert gen.second_normal is None
    np.testing.assert_array_equal(gen.raw(10), before)


def test_seed_is_random() -> None:
    gen = Generator()
    seeds = {gen.seed() for _ in range(3)}
    assert len(seeds) == 3
    assert gen.initial_seed() in seeds


def test_state_is_pytorchs_block() -> None:
    gen = Generator().manual_seed(42)
    state = gen.get_state_array()
    assert (state.dtype, state.shape) == (np.uint8, (5056,))
    assert digest(state) == "5feb54a46230d321d888e9b43cf5a57492665f199e4377408d79ee460e36679c"
    draws.normal(gen, (3,), FLOAT32)
    draws.uniform(gen, (700,), FLOAT32)
    state = gen.get_state_array()
    assert digest(state) == "f930deb4275be8aa48d62a8be25fff15bbf27ef288682e141b449863624fe1f9"


@pytest.mark.parametrize("drawn", [0, 1, 623, 624, 625])
def test_states_come_back(drawn: int) -> None:
    gen = Generator().manual_seed(1)
    gen.raw(drawn)
    draws.normal(gen, (1,), FLOAT32)
    state = gen.get_state_array()
    expected = (draws.normal(gen, (3,), FLOAT32), gen.raw(1000))
    other = Generator().set_state_array(state)
    assert other.initial_seed() == 1
    np.testing.assert_array_equal(other.get_state_array(), state)
    np.testing.assert_array_equal(draws.normal(other, (3,), FLOAT32), expected[0])
    np.testing.assert_array_equal(other.raw(1000), expected[1])


@pytest.mark.parametrize(
    "copied",
    [
        copy.copy,
        copy.deepcopy,
        Generator.clone_state,
        lambda gen: pickle.loads(pickle.dumps(gen)),
    ],
)
def test_copies_go_on_by_themselves(copied) -> None:
    gen = Generator().manual_seed(9)
    draws.normal(gen, (3,), FLOAT32)
    other = copied(gen)
    assert other is not gen
    gen_next = draws.normal(gen, (5,), FLOAT32)
    np.testing.assert_array_equal(draws.normal(other, (5,), FLOAT32), gen_next)


def test_states_that_are_refused() -> None:
    gen = Generator()
    state = gen.get_state_array()
    with pytest.raises(TypeError, match=r"RNG state must be a torch\.ByteTensor"):
        gen.set_state_array(state.astype(np.int64))
    with pytest.raises(RuntimeError, match="of size 5056 but found .* size to be 100"):
        gen.set_state_array(state[:100])
    for offset, value in ((8, 0), (12, 0), (17, 100), (8, 5)):
        broken = state.copy()
        broken[offset] = value
        with pytest.raises(RuntimeError, match="Invalid mt19937 state"):
            gen.set_state_array(broken)


def test_states_as_tensors() -> None:
    gen = flambeau.Generator().manual_seed(4)
    state = gen.get_state()
    assert state.dtype == flambeau.uint8
    assert tuple(state.shape) == (5056,)
    first = flambeau.rand(3, generator=gen)
    assert flambeau.equal(flambeau.rand(3, generator=gen.set_state(state)), first)
    with pytest.raises(TypeError, match=r"expected a torch\.ByteTensor, but got int"):
        gen.set_state(3)  # type: ignore[arg-type]
    with pytest.raises(RuntimeError, match="RNG state must be contiguous"):
        gen.set_state(flambeau.from_numpy(np.zeros((5056, 2), np.uint8))[:, 0])


def test_device() -> None:
    assert str(Generator(flambeau.device("cpu")).device) == "cpu"
    with pytest.raises(RuntimeError, match=r"Cannot get CUDA generator"):
        Generator("cuda")
    with pytest.raises(RuntimeError, match="CPU Generator does not use offset"):
        Generator().get_offset()


def test_default_generator() -> None:
    state = flambeau.get_rng_state()
    try:
        assert flambeau.manual_seed(7.9) is flambeau.default_generator
        assert flambeau.initial_seed() == 7
        first = flambeau.rand(4)
        flambeau.manual_seed(7)
        assert flambeau.equal(flambeau.rand(4), first)
        assert flambeau.equal(flambeau.rand(4, generator=Generator().manual_seed(7)), first)
        assert flambeau.seed() == flambeau.initial_seed()
    finally:
        flambeau.set_rng_state(state)
