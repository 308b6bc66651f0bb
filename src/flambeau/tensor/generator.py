"""The source of random numbers: PyTorch's Mersenne Twister, seed for seed and byte for byte.

A ``Generator`` hands out raw 32-bit words; ``flambeau.tensor.draws`` turns them into
distributions. The words come from NumPy's ``MT19937``, which is the same engine that PyTorch's
CPU generator runs, seeded in the same way. The state is PyTorch's 5056-byte block, so states
can be carried between the two:

======  =====  ==================================================================
offset  bytes  content (little endian)
======  =====  ==================================================================
0       8      the initial seed
8       4      words left before the next refill (1 = refill now)
12      4      1: the engine is seeded
16      8      index of the next word (0 straight after seeding)
24      4992   the 624 words of the Mersenne Twister, 64 bits each
5016    8      unused (0)
5024    8      the second normal number of a pair, kept for the next draw
5032    8      unused (0)
5040    4      1: that second normal number is there
5048    8      unused on the CPU (0)
======  =====  ==================================================================
"""

from __future__ import annotations

import operator
import os
import threading
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from .device import device as Device
    from .tensor import Tensor

from .recording import unrepeatable

DEFAULT_SEED = 67280421310721
STATE_SIZE = 5056

_WORDS = 624
_STATE = np.dtype(
    {
        "names": ["seed", "left", "seeded", "next", "words", "normal", "has_normal"],
        "formats": ["<u8", "<i4", "<i4", "<u8", ("<u8", _WORDS), "<f8", "<i4"],
        "offsets": [0, 8, 12, 16, 24, 5024, 5040],
        "itemsize": STATE_SIZE,
    }
)


class Generator:
    """A stream of random numbers that a seed determines: ``Generator(device="cpu")``.

    Pass it as ``generator=`` to the functions that draw (``rand``, ``randn``, ``randint``,
    ``randperm``, ``Tensor.normal_``, ...); without it they draw from ``default_generator``.
    The same seed gives the same numbers as PyTorch's CPU generator.

    A new generator has the seed 67280421310721.
    """

    __slots__ = ("__weakref__", "_addresses", "_bits", "_seed", "_waiting")

    def __init__(self, device: Any = "cpu") -> None:
        if device is not None and device != "cpu":
            _require_cpu(device)
        self._bits: Any = None  # made at the first draw: it takes 100 us, numpy.random 20 ms
        self._seed = DEFAULT_SEED
        self._waiting = np.zeros(2)  # a normal number, and 1 if it waits for the next draw
        self._addresses: tuple[int, int] | None = None

    # -- drawing ---------------------------------------------------------------------------

    def raw(self, count: int) -> np.ndarray:
        """The next ``count`` 32-bit words, as a fresh uint64 array."""
        bits = self._bits
        if bits is None:
            bits = self._start()
        return bits.random_raw(count)

    def raw64(self, count: int) -> np.ndarray:
        """The next ``count`` 64-bit words, each from two 32-bit words, the high one first."""
        raw = self.raw(2 * count)
        words = raw[0::2] << _SHIFT_32
        words |= raw[1::2]
        return words

    @property
    def second_normal(self) -> float | None:
        """The second number of the last pair of normals, if it waits for the next draw."""
        number, waits = self._waiting.tolist()
        return number if waits else None

    @second_normal.setter
    def second_normal(self, number: float | None) -> None:
        self._waiting[:] = (0.0, 0.0) if number is None else (number, 1.0)

    @property
    def lock(self) -> Any:
        """To be held while native code draws."""
        bits = self._bits
        return (bits if bits is not None else self._start()).lock

    @property
    def addresses(self) -> tuple[int, int]:
        """Where native code finds the Mersenne Twister and the waiting normal number.

        They stay where they are as long as the generator lives.
        """
        if self._addresses is None:
            bits = self._bits if self._bits is not None else self._start()
            self._addresses = bits.ctypes.state_address, self._waiting.ctypes.data
        return self._addresses

    def _start(self) -> Any:
        from numpy.random import MT19937

        with _starting:  # native code knows the engine by its address: there must be one only
            if self._bits is None:
                bits = MT19937(0)
                bits._legacy_seeding(self._seed & 0xFFFFFFFF)
                self._bits = bits
        return self._bits

    # -- seeds -----------------------------------------------------------------------------

    def manual_seed(self, seed: int, /) -> Generator:
        """Start the stream of ``seed`` and return the generator.

        ``seed`` is an int in [-2**63, 2**64 - 1]; a negative one stands for ``2**64 + seed``.
        """
        if isinstance(seed, (bool, np.bool_)) or not hasattr(seed, "__index__"):
            raise RuntimeError(f"manual_seed expected a long, but got {type(seed).__name__}")
        self._reseed(operator.index(seed))
        return self

    def seed(self) -> int:
        """Start the stream of a seed taken from the operating system; return that seed."""
        seed = int.from_bytes(os.urandom(8), "little")
        self._reseed(seed)
        return seed

    def initial_seed(self) -> int:
        """The seed that the stream was started with."""
        return self._seed

    def _reseed(self, seed: int) -> None:
        if not -(1 << 63) <= seed < 1 << 64:
            raise ValueError("Overflow when unpacking long long")
        unrepeatable("it seeds a random generator")
        self._seed = seed & 0xFFFFFFFFFFFFFFFF
        self.second_normal = None
        if self._bits is not None:
            self._bits._legacy_seeding(self._seed & 0xFFFFFFFF)

    # -- state -----------------------------------------------------------------------------

    def get_state_array(self) -> np.ndarray:
        """The state as PyTorch lays it out: a uint8 array of 5056 bytes."""
        unrepeatable("it reads a random generator's state")
        bits = self._bits if self._bits is not None else self._start()
        twister = bits.state["state"]
        words, position = twister["key"], int(twister["pos"])
        state = np.zeros((), _STATE)
        state["seed"], state["seeded"], state["words"] = self._seed, 1, words
        if position < _WORDS:
            state["left"], state["next"] = _WORDS + 1 - position, position
        else:  # PyTorch writes a used-up block and a fresh seed differently
            state["left"], state["next"] = 1, 0 if self._is_fresh(words) else _WORDS
        if self.second_normal is not None:
            state["normal"], state["has_normal"] = self.second_normal, 1
        return np.frombuffer(state.tobytes(), np.uint8).copy()

    def set_state_array(self, state: np.ndarray) -> Generator:
        """Go on from a state that ``get_state_array``, or PyTorch, returned."""
        unrepeatable("it sets a random generator's state")
        if state.dtype != np.uint8:
            raise TypeError("RNG state must be a torch.ByteTensor")
        if state.size != STATE_SIZE:
            raise RuntimeError(
                f"Expected a CPUGeneratorImplState of size {STATE_SIZE} but found the input RNG "
                f"state size to be {state.size}"
            )
        fields = np.frombuffer(state.tobytes(), _STATE)[0]
        left, following = int(fields["left"]), int(fields["next"])
        consistent = left == 1 or left + following == _WORDS + 1
        if not (fields["seeded"] and 0 < left <= _WORDS and following <= _WORDS and consistent):
            raise RuntimeError("Invalid mt19937 state")
        self._seed = int(fields["seed"])
        self.second_normal = float(fields["normal"]) if fields["has_normal"] else None
        bits = self._bits if self._bits is not None else self._start()
        position = _WORDS if left == 1 else following
        twister = {"key": fields["words"].astype(np.uint32), "pos": position}
        bits.state = {"bit_generator": "MT19937", "state": twister}
        return self

    def _is_fresh(self, words: np.ndarray) -> bool:
        """Whether the block is the seed's own, from which nothing was drawn."""
        first = self._seed & 0xFFFFFFFF
        second = (1812433253 * (first ^ first >> 30) + 1) & 0xFFFFFFFF
        return int(words[0]) == first and int(words[1]) == second

    def get_state(self) -> Tensor:
        """The state as a ByteTensor of 5056 bytes, the same bytes as PyTorch's."""
        from .tensor import wrap

        return wrap(self.get_state_array())

    def set_state(self, new_state: Tensor, /) -> Generator:
        """Go on from a state that ``get_state`` returned."""
        from .tensor import Tensor

        if not isinstance(new_state, Tensor):
            kind = type(new_state)
            name = kind.__name__ if kind.__module__ == "builtins" else _full_name(kind)
            raise TypeError(f"expected a torch.ByteTensor, but got {name}")
        array = new_state._data
        if array.dtype == np.uint8 and not array.flags.c_contiguous:
            raise RuntimeError("RNG state must be contiguous")
        return self.set_state_array(array)

    def clone_state(self) -> Generator:
        """A new generator that goes on from here, independently of this one."""
        return Generator().set_state_array(self.get_state_array())

    def graphsafe_get_state(self) -> Generator:
        """Not available on the CPU, as in PyTorch."""
        raise NotImplementedError("graphsafe_get_state is not supported in this Generator")

    def graphsafe_set_state(self, state: Generator, /) -> Generator:
        """Not available on the CPU, as in PyTorch."""
        raise NotImplementedError("graphsafe_set_state is not supported in this Generator")

    def get_offset(self) -> int:
        """Not available on the CPU, as in PyTorch."""
        raise RuntimeError("CPU Generator does not use offset")

    def set_offset(self, offset: int, /) -> Generator:
        """Not available on the CPU, as in PyTorch."""
        raise RuntimeError("CPU Generator does not use offset")

    @property
    def device(self) -> Device:
        """The device that the generator draws on."""
        from .device import device

        return device("cpu")

    def __copy__(self) -> Generator:
        return self.clone_state()

    def __deepcopy__(self, memo: dict[int, Any]) -> Generator:
        return self.clone_state()

    def __reduce__(self) -> tuple[Any, ...]:
        return Generator, (), self.get_state_array().tobytes()

    def __setstate__(self, state: bytes) -> None:
        self.set_state_array(np.frombuffer(state, np.uint8))


def _after_fork() -> None:
    global _starting
    _starting = threading.Lock()  # another thread of the parent may have held it


_starting = threading.Lock()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)

_SHIFT_32 = np.array(32, np.uint64)


def _full_name(kind: type) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"


def _require_cpu(device: Any) -> None:
    from .device import device as Device

    kind = str(Device(device).type)
    if kind != "cpu":
        raise RuntimeError(
            f"Cannot get {kind.upper()} generator: random numbers are drawn on the CPU.\n"
            'Hint: make the generator with Generator("cpu") and move what it draws.'
        )


#: the generator that functions draw from when none is given
default_generator = Generator()


def manual_seed(seed: Any) -> Generator:
    """Start the default generator's stream of ``seed`` and return that generator.

    Anything that ``int()`` takes will do; the range is [-2**63, 2**64 - 1], and a negative seed
    stands for ``2**64 + seed``.
    """
    default_generator._reseed(int(seed))
    return default_generator


def seed() -> int:
    """Start the default generator from a seed of the operating system's; return that seed."""
    return default_generator.seed()


def initial_seed() -> int:
    """The seed that the default generator's stream was started with."""
    return default_generator.initial_seed()


def get_rng_state() -> Tensor:
    """The default generator's state, as a ByteTensor."""
    return default_generator.get_state()


def set_rng_state(new_state: Tensor) -> None:
    """Let the default generator go on from a state that ``get_rng_state`` returned."""
    default_generator.set_state(new_state)
