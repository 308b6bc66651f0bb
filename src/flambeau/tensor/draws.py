"""Random arrays: what PyTorch draws on the CPU from the same generator, number for number.

Every function takes the ``Generator`` first and returns a fresh, C-contiguous array; operators
wrap them. They are bit-exact to PyTorch except where a note says otherwise. What is worth
knowing about PyTorch's streams:

* float32, float16 and bfloat16 uniforms use the low 24 bits of one 32-bit word, float64 the low
  53 bits of two words.
* Uniforms and normals are scaled and shifted with one rounding (a fused multiply-add), and a
  uniform that rounds to the upper bound becomes the lower bound.
* Sixteen or more normal numbers come from Box-Muller on blocks of 16; fewer come in pairs from
  float64 arithmetic, and the second of a pair waits in the generator for the next such draw.
  float32 blocks lie within 5e-7 (times the standard deviation) of PyTorch: its vectorised
  logarithm, sine and cosine differ from NumPy's, and between processors, in the last bit.
* An array is filled in the order of its memory. For a tensor that is not contiguous see
  ``memory_order``, and pass ``blocks=False`` to ``normal``.
* ``bernoulli`` with one probability takes a float64 uniform a value. On Intel processors
  PyTorch itself takes these from another generator (MKL's), so masks differ there; this one
  stream is kept on every machine.
* float64 logarithms and sines are the C library's. Where NumPy was built with its own (AVX-512),
  float64 results may differ from PyTorch's in the last bit.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import ml_dtypes
import numpy as np

if TYPE_CHECKING:
    from flambeau.tensor.generator import Generator

Array = np.ndarray[Any, Any]
Shape = Sequence[int]

_CHUNK = 8192  # words at a time: the intermediate arrays stay in the processor's cache
_BLOCK = 16  # normal numbers are made sixteen at a time

_MASK_24 = np.array((1 << 24) - 1, np.uint64)
_MASK_53 = np.array((1 << 53) - 1, np.uint64)
_SCALE_24 = np.array(2.0**-24, np.float32)
_SCALE_53 = np.array(2.0**-53)
_TWO_PI = 2.0 * math.pi
_INT64_MIN = -(1 << 63)
_WORD_RANGE = 1 << 28  # from this range on, integers are drawn from 64 bits


@dataclass(frozen=True, slots=True)
class _Kind:
    """What drawing needs to know of a dtype; ``low`` and ``high`` are its bounds."""

    name: str  # in messages: c10::ScalarType's name
    cpp: str  # in messages: the C++ type
    low: float
    high: float
    digits: int = 0  # bits of the significand; 0 for integers

    @property
    def largest(self) -> int:
        """The largest integer that ``random_()`` draws."""
        return 1 << self.digits if self.digits else int(self.high)


def _integer(np_dtype: type, name: str, cpp: str) -> _Kind:
    info = np.iinfo(np_dtype)
    return _Kind(name, cpp, info.min, info.max)


def _floating(np_dtype: Any, name: str, cpp: str, digits: int) -> _Kind:
    high = float(ml_dtypes.finfo(np_dtype).max)
    return _Kind(name, cpp, -high, high, digits)


_FLOAT16, _FLOAT32, _FLOAT64 = np.dtype(np.float16), np.dtype(np.float32), np.dtype(np.float64)
_BFLOAT16 = np.dtype(ml_dtypes.bfloat16)
_INT64, _BOOL = np.dtype(np.int64), np.dtype(np.bool_)

_KINDS: dict[np.dtype[Any], _Kind] = {
    _BOOL: _Kind("Bool", "bool", 0, 1),
    np.dtype(np.uint8): _integer(np.uint8, "Byte", "unsigned char"),
    np.dtype(np.int8): _integer(np.int8, "Char", "signed char"),
    np.dtype(np.int16): _integer(np.int16, "Short", "short int"),
    np.dtype(np.int32): _integer(np.int32, "Int", "int"),
    _INT64: _integer(np.int64, "Long", "long int"),
    _FLOAT16: _floating(np.float16, "Half", "c10::Half", 11),
    _BFLOAT16: _floating(ml_dtypes.bfloat16, "BFloat16", "c10::BFloat16", 8),
    _FLOAT32: _floating(np.float32, "Float", "float", 24),
    _FLOAT64: _floating(np.float64, "Double", "double", 53),
    np.dtype(np.complex64): _Kind("ComplexFloat", "c10::complex<float>", 0, 0),
    np.dtype(np.complex128): _Kind("ComplexDouble", "c10::complex<double>", 0, 0),
}
_REAL = {np.dtype(np.complex64): _FLOAT32, np.dtype(np.complex128): _FLOAT64}


def memory_order(array: Array) -> Array:
    """``array`` with its axes in the order of its memory, largest step first.

    PyTorch fills a tensor in that order, so a draw for the transposed view goes through it:
    ``view = memory_order(a); view[...] = uniform(gen, view.shape, a.dtype)``.
    """
    order = sorted(range(array.ndim), key=lambda axis: -abs(array.strides[axis]))
    return array.transpose(order)


def _not_implemented(kernel: str, np_dtype: np.dtype[Any]) -> NotImplementedError:
    return NotImplementedError(f'"{kernel}" not implemented for \'{_KINDS[np_dtype].name}\'')


def _cast(values: Array, np_dtype: np.dtype[Any]) -> Array:
    """To ``np_dtype`` as C does it: the 16-bit types are reached through float32."""
    if np_dtype.itemsize == 2 and _KINDS[np_dtype].digits:
        values = values.astype(_FLOAT32)
    with np.errstate(over="ignore", invalid="ignore"):
        return values.astype(np_dtype, copy=False)


def _fill(count: int, np_dtype: np.dtype[Any], draw: Callable[[int], Array]) -> Array:
    """``draw(count)``, made a cache-sized piece at a time."""
    out = np.empty(count, np_dtype)
    for start in range(0, count, _CHUNK):
        piece = out[start : start + _CHUNK]
        piece[...] = draw(piece.size)
    return out


def _fused(a: Any, b: float, c: float) -> Any:
    """``a * b + c`` rounded once, in float64: for an array ``a`` or a number.

    The product's rounding error is recovered by splitting the factors in two halves (Dekker),
    the sum's by Knuth's two-sum; both errors join before the last rounding.
    """
    product = a * b
    exact_product = math.frexp(b)[0] in (0.0, 0.5, -0.5)  # a power of two
    if c == 0.0 or exact_product or not (abs(b) < 1e290 and abs(c) < 1e290):
        return product + c
    splitter = 134217729.0
    t = a * splitter
    a_high = t - (t - a)
    a_low = a - a_high
    t = b * splitter
    b_high = t - (t - b)
    b_low = b - b_high
    error = ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low
    total = product + c
    shifted = total - product
    error += (product - (total - shifted)) + (c - shifted)
    return total + error


# -- uniform -------------------------------------------------------------------------------


def _unit32(gen: Generator, count: int) -> Array:
    """``count`` float32 numbers in [0, 1), multiples of 2**-24."""
    if count > _CHUNK:
        return _fill(count, _FLOAT32, lambda n: _unit32(gen, n))
    words = gen.raw(count)
    words &= _MASK_24
    unit = words.astype(np.float32)
    unit *= _SCALE_24
    return unit


def _unit64(gen: Generator, count: int) -> Array:
    """``count`` float64 numbers in [0, 1), multiples of 2**-53."""
    if count > _CHUNK:
        return _fill(count, _FLOAT64, lambda n: _unit64(gen, n))
    words = gen.raw64(count)
    words &= _MASK_53
    unit = words.astype(np.float64)
    unit *= _SCALE_53
    return unit


def uniform(
    gen: Generator, shape: Shape, np_dtype: np.dtype[Any], low: float = 0.0, high: float = 1.0
) -> Array:
    """Uniform numbers in [low, high); complex numbers have both parts uniform.

    Raises RuntimeError where ``low > high`` or a bound does not fit the dtype.
    """
    np_dtype = np.dtype(np_dtype)
    if np_dtype in _REAL:
        return _as_complex(uniform(gen, (*shape, 2), _REAL[np_dtype], low, high), np_dtype)
    kind = _KINDS[np_dtype]
    if not kind.digits:
        raise _not_implemented("check_uniform_bounds", np_dtype)
    count = math.prod(shape)
    unit_range = low == 0.0 and high == 1.0
    if not unit_range:
        low, high = float(low), float(high)
        _check_uniform(kind, low, high)
    if np_dtype == _FLOAT64:
        values = _unit64(gen, count)
        if not unit_range:
            values = _fused(values, high - low, low)
            values[values == high] = low
        return values.reshape(shape)
    values = _unit32(gen, count)
    if unit_range and np_dtype == _FLOAT32:
        return values.reshape(shape)
    if not unit_range:
        low, high = np.float32(low), np.float32(high)  # the arithmetic is float32's
        values = (values * np.float64(high - low) + np.float64(low)).astype(np.float32)
    values = values.astype(np_dtype, copy=False)
    values[values == np_dtype.type(high)] = low
    return values.reshape(shape)


def _check_uniform(kind: _Kind, low: float, high: float) -> None:
    for name, bound in (("from", low), ("to", high)):
        if not kind.low <= bound <= kind.high:
            raise RuntimeError(f"{name} is out of bounds for {kind.cpp}")
    if low > high:
        raise RuntimeError(
            "uniform_ expects to return a [from, to) range, but found "
            f"from={low:g} > to={high:g}"
        )
    if high - low > kind.high:
        raise RuntimeError(
            f"uniform_ expects to-from <= std::numeric_limits<{kind.name}>::max(), but found "
            f"to={high:g} and from={low:g} which result in to-from to exceed the limit"
        )


def _as_complex(pairs: Array, np_dtype: np.dtype[Any]) -> Array:
    return pairs.view(np_dtype).reshape(pairs.shape[:-1])


# -- normal --------------------------------------------------------------------------------


def normal(
    gen: Generator,
    shape: Shape,
    np_dtype: np.dtype[Any],
    mean: float = 0.0,
    std: float = 1.0,
    *,
    blocks: bool = True,
) -> Array:
    """Normal numbers; each part of a complex one has this mean and half of the variance.

    ``blocks=False`` draws them in pairs however many there are: PyTorch's way for a tensor that
    is not contiguous. Raises RuntimeError where ``std`` is negative.
    """
    np_dtype = np.dtype(np_dtype)
    if not std >= 0.0:
        raise RuntimeError(f"normal expects std >= 0.0, but found std {std:g}")
    if np_dtype in _REAL:
        part = std / math.sqrt(2.0)
        pairs = normal(gen, (*shape, 2), _REAL[np_dtype], mean, part, blocks=blocks)
        return _as_complex(pairs, np_dtype)
    if not _KINDS[np_dtype].digits:
        raise _not_implemented("normal_kernel_cpu", np_dtype)
    count = math.prod(shape)
    if blocks and count >= _BLOCK:
        return _normal_blocks(gen, count, np_dtype, float(mean), float(std)).reshape(shape)
    return _cast(_normal_pairs(gen, count, float(mean), float(std)), np_dtype).reshape(shape)


def _normal_pairs(gen: Generator, count: int, mean: float, std: float) -> Array:
    """``count`` float64 normals, two from each pair of uniforms; an odd one is kept."""
    if count == 0:
        return np.empty(0)
    waiting, gen.second_normal = gen.second_normal, None
    standard: Any = [] if waiting is None else [waiting]
    missing = count - len(standard)
    unit = _unit64(gen, missing + missing % 2)
    if missing <= _BLOCK:  # a handful: the C library's functions cost less than NumPy's calls
        words = unit.tolist()
        for u1, u2 in zip(words[0::2], words[1::2], strict=True):
            radius, angle = math.sqrt(-2.0 * math.log1p(-u2)), _TWO_PI * u1
            standard += [radius * math.cos(angle), radius * math.sin(angle)]
        if missing % 2:
            gen.second_normal = standard.pop()
        return np.array([_fused(number, std, mean) for number in standard])
    radius, angle = np.sqrt(-2.0 * np.log1p(-unit[1::2])), _TWO_PI * unit[0::2]
    pairs = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=-1).reshape(-1)
    if missing % 2:
        gen.second_normal = float(pairs[-1])
    return _fused(np.concatenate([standard, pairs[:missing]]), std, mean)


def _normal_blocks(
    gen: Generator, count: int, np_dtype: np.dtype[Any], mean: float, std: float
) -> Array:
    """``count`` >= 16 normals: Box-Muller on blocks of 16 uniforms.

    Where the blocks do not come out even, the last 16 numbers are drawn afresh.
    """
    unit, transform = _BOX_MULLER[np_dtype]
    out = np.empty(count, np_dtype)
    rest = count % _BLOCK
    for start in range(0, count - rest, _CHUNK):
        piece = out[start : min(start + _CHUNK, count - rest)]
        transform(unit(gen, piece.size), mean, std, piece)
    if rest:
        if np_dtype.itemsize > 2:  # these fill the whole array with uniforms first
            unit(gen, rest)
        transform(unit(gen, _BLOCK), mean, std, out[-_BLOCK:])
    return out


def _blocks(unit: Array) -> tuple[Array, Array]:
    """From each block its first 8 uniforms, turned to (0, 1], and its last 8."""
    pairs = unit.reshape(-1, 2, 8)
    return 1 - pairs[:, 0], pairs[:, 1]


def _box_muller32(unit: Array, mean: float, std: float, out: Array) -> None:
    u1, u2 = _blocks(unit)
    np.log(u1, out=u1)
    u1 *= np.float32(-2.0)
    radius = np.sqrt(u1, out=u1)
    angle = u2 * np.float32(_TWO_PI)
    pairs = out.reshape(-1, 2, 8)
    np.multiply(radius, np.cos(angle), out=pairs[:, 0])
    np.multiply(radius, np.sin(angle, out=angle), out=pairs[:, 1])
    if std != 1.0:
        pairs *= np.float32(std)
    if mean != 0.0:
        pairs += np.float32(mean)


def _box_muller64(unit: Array, mean: float, std: float, out: Array) -> None:
    u1, u2 = _blocks(unit)
    radius, angle = np.sqrt(-2.0 * np.log(u1)), _TWO_PI * u2
    pairs = out.reshape(-1, 2, 8)
    pairs[:, 0] = _fused(radius * np.cos(angle), std, mean)
    pairs[:, 1] = _fused(radius * np.sin(angle), std, mean)


def _box_muller16(unit: Array, mean: float, std: float, out: Array) -> None:
    """float32 arithmetic, each function rounded from float64; the result is rounded once more."""
    u1, u2 = _blocks(unit)
    radius = np.sqrt(np.float32(-2.0) * np.log(u1.astype(np.float64)).astype(np.float32))
    angle = (u2 * np.float32(_TWO_PI)).astype(np.float64)
    mean, std = float(np.float32(mean)), float(np.float32(std))
    pairs = out.reshape(-1, 2, 8)
    for half, function in enumerate((np.cos, np.sin)):
        product = (radius * function(angle).astype(np.float32)).astype(np.float64)
        pairs[:, half] = (product * std + mean).astype(np.float32)


_BOX_MULLER: dict[np.dtype[Any], tuple[Callable[..., Array], Callable[..., None]]] = {
    _FLOAT32: (_unit32, _box_muller32),
    _FLOAT64: (_unit64, _box_muller64),
    _FLOAT16: (_unit32, _box_muller16),
    _BFLOAT16: (_unit32, _box_muller16),
}


# -- other continuous distributions, and geometric -------------------------------------------


def exponential(
    gen: Generator, shape: Shape, np_dtype: np.dtype[Any], rate: float = 1.0
) -> Array:
    """Exponential numbers, density ``rate * exp(-rate * x)``. RuntimeError unless rate > 0."""
    np_dtype = np.dtype(np_dtype)
    if not rate > 0.0:
        raise RuntimeError(f"exponential_ expects lambda > 0.0, but found lambda={rate:g}")
    _check_continuous("Exponential", np_dtype, _KINDS[np_dtype].name)
    return _from_unit64(gen, shape, np_dtype, lambda unit: -1.0 / rate * np.log1p(-unit))


def cauchy(
    gen: Generator,
    shape: Shape,
    np_dtype: np.dtype[Any],
    median: float = 0.0,
    sigma: float = 1.0,
) -> Array:
    """Cauchy numbers around ``median`` with half-width ``sigma``. RuntimeError unless sigma > 0."""
    np_dtype = np.dtype(np_dtype)
    if not sigma > 0.0:
        raise RuntimeError(f"cauchy_ expects sigma > 0.0, but found sigma={sigma:g}")
    _check_continuous("Cauchy", np_dtype, _KINDS[np_dtype].cpp)
    return _from_unit64(
        gen, shape, np_dtype, lambda unit: _fused(np.tan(math.pi * (unit - 0.5)), sigma, median)
    )


def log_normal(
    gen: Generator, shape: Shape, np_dtype: np.dtype[Any], mean: float = 1.0, std: float = 2.0
) -> Array:
    """``exp`` of normal numbers with this mean and standard deviation (> 0)."""
    np_dtype = np.dtype(np_dtype)
    if not std > 0.0:
        raise RuntimeError(f"log_normal_ expects std > 0.0, but found std={std:g}")
    if not _KINDS[np_dtype].digits:
        raise _not_implemented("log_normal_cpu", np_dtype)
    normals = _normal_pairs(gen, math.prod(shape), float(mean), float(std))
    with np.errstate(over="ignore"):
        return _cast(np.exp(normals), np_dtype).reshape(shape)


def geometric(gen: Generator, shape: Shape, np_dtype: np.dtype[Any], p: float) -> Array:
    """The trial that succeeds first, 1 or more, where each does with probability ``p``.

    Raises RuntimeError unless 0 < p < 1.
    """
    np_dtype = np.dtype(np_dtype)
    if not 0.0 < p < 1.0:
        raise RuntimeError(f"geometric_ expects p to be in (0, 1), but got p={p:g}")
    if np_dtype in _REAL or np_dtype == _BOOL:
        raise _not_implemented("geometric_cpu", np_dtype)
    failure = math.log1p(-p)
    return _from_unit64(gen, shape, np_dtype, lambda unit: np.ceil(np.log(unit) / failure))


def _from_unit64(
    gen: Generator, shape: Shape, np_dtype: np.dtype[Any], function: Callable[[Array], Array]
) -> Array:
    count = math.prod(shape)
    with np.errstate(divide="ignore"):
        if count <= _CHUNK:
            return _cast(function(_unit64(gen, count)), np_dtype).reshape(shape)
        values = _fill(count, np_dtype, lambda n: _cast(function(_unit64(gen, n)), np_dtype))
        return values.reshape(shape)


def _check_continuous(distribution: str, np_dtype: np.dtype[Any], shown: str) -> None:
    if not _KINDS[np_dtype].digits:
        raise RuntimeError(
            f"{distribution} distribution is a continuous probability distribution. "
            f"dtype must be a floating point but you specified {shown}"
        )


# -- bernoulli -----------------------------------------------------------------------------


def bernoulli(
    gen: Generator,
    p: float | Array,
    shape: Shape | None = None,
    np_dtype: np.dtype[Any] | None = None,
) -> Array:
    """1 with probability ``p``, else 0.

    ``p`` is a number, then ``shape`` and ``np_dtype`` say what to draw; or a floating-point
    array of probabilities, which is broadcast to ``shape`` (its own by default) and whose dtype
    is the result's by default. Raises RuntimeError for probabilities outside [0, 1].
    """
    if isinstance(p, np.ndarray):
        return _bernoulli_array(gen, p, p.shape if shape is None else shape, np_dtype)
    if shape is None or np_dtype is None:
        raise TypeError("bernoulli with one probability needs a shape and a dtype")
    if not 0.0 <= p <= 1.0:
        raise RuntimeError(f"bernoulli_ expects p to be in [0, 1], but got p={p:g}")
    np_dtype = np.dtype(np_dtype)
    if np_dtype in _REAL:
        raise _not_implemented("bernoulli_scalar_cpu_", np_dtype)
    below = np.array(math.ceil(p * 2.0**53), np.uint64)  # k * 2**-53 < p, told by k alone
    count = math.prod(shape)
    if count <= _CHUNK:
        return (_bits53(gen, count) < below).astype(np_dtype, copy=False).reshape(shape)
    return _fill(count, np_dtype, lambda n: _bits53(gen, n) < below).reshape(shape)


def _bits53(gen: Generator, count: int) -> Array:
    words = gen.raw64(count)
    words &= _MASK_53
    return words


def _bernoulli_array(
    gen: Generator, p: Array, shape: Shape, np_dtype: np.dtype[Any] | None
) -> Array:
    np_dtype = p.dtype if np_dtype is None else np.dtype(np_dtype)
    if np_dtype in _REAL:
        raise _not_implemented("bernoulli_tensor_cpu_self_", np_dtype)
    if not _KINDS[p.dtype].digits:
        raise _not_implemented("bernoulli_tensor_cpu_p_", p.dtype)
    if not ((p >= 0) & (p <= 1)).all():
        raise RuntimeError("Expected p_in >= 0 && p_in <= 1 to be true, but got false.")
    if p.dtype == _FLOAT64:
        unit = _unit64(gen, math.prod(shape))
    else:
        unit, p = _unit32(gen, math.prod(shape)), p.astype(np.float32, copy=False)
    return (unit.reshape(shape) < p).astype(np_dtype)


# -- integers ------------------------------------------------------------------------------


def randint(
    gen: Generator, shape: Shape, low: int, high: int, np_dtype: np.dtype[Any] = _INT64
) -> Array:
    """Whole numbers in [low, high), of any real dtype: ``word % (high - low) + low``.

    Raises RuntimeError where ``low >= high`` or a bound does not fit the dtype; warns where a
    floating-point dtype cannot hold every number of the range.
    """
    np_dtype = np.dtype(np_dtype)
    if low >= high:
        raise RuntimeError(
            f"random_ expects 'from' to be less than 'to', but got from={low} >= to={high}"
        )
    kind = _KINDS[np_dtype]
    if np_dtype in _REAL:
        raise RuntimeError(
            "check_random_bounds handles only integral, floating-point and boolean types"
        )
    if kind.digits:
        low, high = _next_low(low, np_dtype), _next_high(high, np_dtype)
        if low >= high:
            raise RuntimeError(
                "random_ expects 'from' casted to dtype to be less than 'to' casted to dtype, "
                f"but got from={low} >= to={high}"
            )
    _check_integers(kind, low, high - 1, "to - 1")
    return _integers(gen, shape, low, high - low, np_dtype)


def random(
    gen: Generator, shape: Shape, np_dtype: np.dtype[Any], low: int | None = None
) -> Array:
    """Whole numbers over all that the dtype holds without gaps, from ``low`` (default 0) on.

    ``low=-2**63`` draws all 64 bits (int64, float64, float32 and bfloat16 only).
    """
    np_dtype = np.dtype(np_dtype)
    kind = _KINDS[np_dtype]
    if np_dtype in _REAL:
        if low is None:
            raise _not_implemented("random_kernel_cpu", np_dtype)
        raise RuntimeError(
            "random_from_to_impl handles only integral, floating-point and boolean types"
        )
    if low is None:
        wide = np_dtype in (_INT64, _FLOAT64)
        return _integers(gen, shape, 0, kind.largest + 1, np_dtype, wide=wide)
    if low == _INT64_MIN:
        if np_dtype in (_BOOL, _FLOAT16):
            raise _not_implemented("random_full_64_bits_range_kernel_cpu", np_dtype)
        if not kind.digits and np_dtype != _INT64:
            raise RuntimeError(
                "random_full_64_bits_range_kernel_cpu handles only int64, double, float and "
                "bfloat16"
            )
        words = gen.raw64(math.prod(shape)).view(np.int64)
        return _cast(words, np_dtype).reshape(shape)
    if kind.digits:
        low = _next_low(low, np_dtype)
        if low >= kind.largest:
            raise RuntimeError(
                "random_ expects 'from' casted to dtype to be less than or equal to 'to_inc' "
                f"casted to dtype, but got from={low} > to_inc={kind.largest}"
            )
    _check_integers(kind, low, kind.largest, "to")
    return _integers(gen, shape, low, kind.largest - low + 1, np_dtype)


def _integers(
    gen: Generator,
    shape: Shape,
    low: int,
    span: int,
    np_dtype: np.dtype[Any],
    wide: bool | None = None,
) -> Array:
    """``word % span + low``; ``wide`` words have 64 bits, by default where the span needs it."""
    count = math.prod(shape)
    if count > _CHUNK:
        pieces = _fill(count, np_dtype, lambda n: _integers(gen, (n,), low, span, np_dtype, wide))
        return pieces.reshape(shape)
    if wide is None:
        wide = span >= _WORD_RANGE
    words = gen.raw64(count) if wide else gen.raw(count)
    if span < 1 << 64:
        words %= np.uint64(span)
    if low:
        words += np.uint64(low & 0xFFFFFFFFFFFFFFFF)
    return _cast(words.view(np.int64), np_dtype).reshape(shape)


def _next_low(low: int, np_dtype: np.dtype[Any]) -> int:
    """The smallest number >= ``low`` that PyTorch takes a floating-point dtype to have."""
    rounded = float(_cast(np.array(float(low + 1)), np_dtype))
    if not math.isfinite(rounded) or rounded >= low:
        return low
    return int(rounded) + _gap(low + 1, np_dtype)


def _next_high(high: int, np_dtype: np.dtype[Any]) -> int:
    """The bound that keeps ``high - 1``, rounded to the dtype, below ``high``."""
    rounded = float(_cast(np.array(float(high - 1)), np_dtype))
    if not math.isfinite(rounded) or rounded < high:
        return high
    return int(rounded) - _gap(high - 1, np_dtype)


def _gap(number: int, np_dtype: np.dtype[Any]) -> int:
    """The distance of neighbours of the dtype at ``number``."""
    return 1 << (abs(number).bit_length() - _KINDS[np_dtype].digits)


def _check_integers(kind: _Kind, low: int, last: int, shown: str) -> None:
    for name, bound in (("from", low), (shown, last)):
        if not kind.low <= bound <= kind.high:
            raise RuntimeError(f"{name} is out of bounds for {kind.cpp}")
    if kind.digits:
        limit = 1 << kind.digits
        for name, bound in (("from", low), (shown, last)):
            if not -limit <= bound <= limit:
                warnings.warn(
                    f"{name} is out of bounds [-(2^{kind.digits}), 2^{kind.digits}]. Due to "
                    f"precision limitations {kind.cpp} can support discrete uniform distribution "
                    "only within this range.",
                    UserWarning,
                    stacklevel=3,
                )


# -- permutations --------------------------------------------------------------------------

_INSIDE_OUT = 0xFFFFFFFF // 20  # from here on PyTorch draws 64 bits and builds from inside out
_FEW = 400  # below this a Python loop over the swaps is faster than sorting them
_STEP = (1 << 32) + 1


def randperm(gen: Generator, n: int, np_dtype: np.dtype[Any] = _INT64) -> Array:
    """A random order of ``0 .. n - 1``.

    For i = 0 .. n - 2, place i is swapped with place ``i + word % (n - i)``.
    Raises RuntimeError where the dtype cannot hold the numbers.
    """
    np_dtype = np.dtype(np_dtype)
    _check_permutation(n, np_dtype)
    if n < 2:
        return np.arange(n, dtype=np_dtype)
    if n >= _INSIDE_OUT:
        return _inside_out(gen, n).astype(np_dtype, copy=False)
    if n < _FEW:
        order = list(range(n))
        left = n
        for here, word in enumerate(gen.raw(n - 1).tolist()):
            there = here + word % left
            left -= 1
            order[here], order[there] = order[there], order[here]
        return np.array(order, np_dtype)
    offsets = gen.raw(n - 1)
    offsets %= np.arange(n, 1, -1, dtype=np.uint64)
    return _swapped(offsets, n).astype(np_dtype, copy=False)


def _check_permutation(n: int, np_dtype: np.dtype[Any]) -> None:
    kind = _KINDS[np_dtype]
    if n < 0:
        raise RuntimeError(f"Trying to create tensor with negative dimension {n}: [{n}]")
    if np_dtype in _REAL or np_dtype == _BOOL:
        raise _not_implemented("randperm", np_dtype)
    if kind.digits and np_dtype != _BFLOAT16 and n > (1 << kind.digits) + 1:
        most = "2049" if np_dtype == _FLOAT16 else f"2^{kind.digits}+1"
        raise RuntimeError(f"n cannot be greater than {most} for {kind.name} type.")
    if not kind.digits and n - 1 > kind.high:
        raise RuntimeError(
            f"value cannot be converted to type {np_dtype.name}_t without overflow"
        )


def _swapped(offsets: Array, n: int) -> Array:
    """``0 .. n - 1`` after swapping place i with ``i + offsets[i]`` for i = 0 .. n - 2 in turn.

    The swaps depend on one another, but what ends up where can be read off: step i puts into
    place i, for good, what lies in its target t just then. That is what the last step m < i
    with the same target moved there, namely what lay in place m just before step m; or else the
    number t that was there from the start. So sort the steps by (target, step): neighbours
    with one target are such (m, i). What lay in place k just before step k is found the same
    way, from the last step that had target k, and leads from step to ever smaller step until a
    number that had not moved: following all these chains at once takes few doublings.
    """
    steps = n - 1
    offsets <<= np.uint64(32)  # sort key: the target above, the step below
    offsets += np.arange(0, steps * _STEP, _STEP, dtype=np.uint64)
    offsets.sort()
    target = (offsets >> np.uint64(32)).view(np.int64)
    offsets &= np.uint64(0xFFFFFFFF)
    step = offsets.view(np.int64)

    # Where step[s] finds its number: k stands for "what lay in place k just before step k",
    # n + t for the number t itself.
    source = target + n
    previous = step[:-1] - source[1:]
    previous *= target[1:] == target[:-1]
    source[1:] += previous
    lay = np.arange(2 * n)
    lay[n:] -= n
    lay[target] = step  # of several steps with one target the last stays
    swaps_itself = np.flatnonzero(step == target)
    lay[target[swaps_itself]] = source[swaps_itself]
    chain = lay[:n]
    chain -= n * (chain >= n)
    while True:
        further = chain.take(chain)
        if np.array_equal(further, chain):
            break
        chain = further
    lay[:n] = chain
    result = np.empty(n, np.int64)
    result[step] = lay.take(source)
    result[n - 1] = lay[n - 1]
    return result


def _inside_out(gen: Generator, n: int) -> Array:
    """For i = 0 .. n - 1, place i is swapped with ``word % (i + 1)``.

    These are ``_swapped``'s swaps seen from the other end: numbering the places from the end
    and going through the swaps backwards gives the inverse permutation.
    """
    targets = gen.raw64(n)
    targets %= np.arange(1, n + 1, dtype=np.uint64)
    offsets = (np.arange(n, dtype=np.uint64) - targets)[:0:-1].copy()
    backwards = _swapped(offsets, n)
    order = np.empty(n, np.int64)
    order[backwards] = np.arange(n)
    return (n - 1 - order)[::-1].copy()


# -- multinomial ---------------------------------------------------------------------------


def multinomial(
    gen: Generator, weights: Array, num_samples: int, replacement: bool = False
) -> Array:
    """Indices drawn with probabilities proportional to ``weights``, one row of them per row.

    ``weights`` has shape (n,) or (rows, n), the result (num_samples,) or (rows, num_samples),
    int64. Without replacement (and for a single sample) the largest of
    ``weights / exponential`` win; with it the summed weights are searched. Two 16-bit weights
    that draw equal quotients may come out in another order than in PyTorch.

    Raises RuntimeError for weights that are negative, not finite or sum to 0, and for more
    samples than there are weights.
    """
    _check_multinomial(weights, num_samples, replacement)
    rows = weights.reshape(-1, weights.shape[-1])
    shape = (*weights.shape[:-1], num_samples)
    if rows.shape[0] == 0:
        return np.empty(shape, np.int64)
    if replacement and num_samples > 1:
        return _with_replacement(gen, rows, num_samples).reshape(shape)
    if not (rows.max() < np.inf and rows.min() >= 0):  # not-a-number fails the second
        raise RuntimeError("probability tensor contains either `inf`, `nan` or element < 0")
    if (rows.sum(axis=1, dtype=np.float64) == 0).any():
        raise RuntimeError("invalid multinomial distribution (sum of probabilities <= 0)")
    with np.errstate(divide="ignore", invalid="ignore"):
        quotient = rows / exponential(gen, rows.shape, rows.dtype)
    if num_samples == 1:
        return quotient.argmax(axis=1).reshape(shape)
    order = np.argsort(-quotient, axis=1, kind="stable")
    return np.ascontiguousarray(order[:, :num_samples]).reshape(shape)


def _with_replacement(gen: Generator, rows: Array, num_samples: int) -> Array:
    if not (rows >= 0).all():
        raise RuntimeError(
            "invalid multinomial distribution (encountering probability entry < 0)"
        )
    if not np.isfinite(rows).all():
        raise RuntimeError(
            "invalid multinomial distribution (encountering probability entry = infinity or NaN)"
        )
    # NumPy adds 1, 2, 3, ... terms one after the other here, as PyTorch does
    width = rows.dtype if rows.dtype == _FLOAT64 else _FLOAT32
    summed = np.cumsum(rows, axis=1, dtype=width)
    if (summed[:, -1] <= 0).any():
        raise RuntimeError("invalid multinomial distribution (sum of probabilities <= 0)")
    summed /= summed[:, -1:].copy()
    summed[:, -1] = 1.0
    unit = _unit64(gen, rows.shape[0] * num_samples).reshape(-1, num_samples)
    found = [row.astype(np.float64).searchsorted(u) for row, u in zip(summed, unit, strict=True)]
    return np.stack(found)


def _check_multinomial(weights: Array, num_samples: int, replacement: bool) -> None:
    kind = _KINDS[weights.dtype]
    if not kind.digits:
        raise RuntimeError(
            f"multinomial only supports floating-point dtypes for input, got: {kind.name}"
        )
    if weights.ndim not in (1, 2):
        raise RuntimeError("prob_dist must be 1 or 2 dim")
    if num_samples <= 0:
        raise RuntimeError("cannot sample n_sample <= 0 samples")
    if not replacement and num_samples > weights.shape[-1]:
        raise RuntimeError(
            "cannot sample n_sample > prob_dist.size(-1) samples without replacement"
        )
    if weights.shape[-1] == 0 and weights.shape[0] != 0 or weights.shape == (0,):
        raise RuntimeError("cannot sample from an empty distribution")
