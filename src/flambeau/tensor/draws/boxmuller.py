"""Normal numbers in float32, rounding for rounding as PyTorch's AVX2 kernel computes them.

Box-Muller makes two normal numbers of two uniform ones: ``sqrt(-2 log u1)`` times the cosine and
the sine of ``2 pi u2``. PyTorch takes logarithm, sine and cosine from the polynomials of the
Cephes library, evaluated with fused multiply-adds, whose last bits differ from those of NumPy's
functions. Here the same steps are done on whole arrays. A fused multiply-add of float32 numbers
is a float64 multiplication (exact), a float64 addition and a rounding to float32; the products
that are exact in float32 anyway need no such care.
"""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


def _f32(*numbers: float) -> tuple[Any, ...]:
    return tuple(np.array(number, np.float32) for number in numbers)


def _f64(*numbers: float) -> tuple[Any, ...]:
    """float32 constants, held in float64."""
    return tuple(np.array(np.float32(number), np.float64) for number in numbers)


def _columns(*rows: tuple[float, ...]) -> tuple[Any, ...]:
    """Coefficients of several polynomials, to evaluate them together: a column a power."""
    return tuple(np.array(_f64(*powers))[:, None] for powers in zip(*rows, strict=True))


def _i32(*numbers: int) -> tuple[Any, ...]:
    return tuple(np.array(number, np.int32) for number in numbers)


_ONE, _TWO, _HALF, _TWO_PI = _f32(1.0, 2.0, 0.5, 6.283185307179586)
_INT_1, _INT_2, _INT_4, _EVEN = _i32(1, 2, 4, ~1)

# log(x + 1) = x - x**2 / 2 + x**3 * polynomial(x), from the highest power down
_LOG = _f64(
    7.0376836292e-2, -1.1514610310e-1, 1.1676998740e-1, -1.2420140846e-1, 1.4249322787e-1,
    -1.6668057665e-1, 2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1,
)  # fmt: skip
_SQRT_HALF, _LN2_LOW, _LN2_HIGH = _f32(0.707106781186547524, -2.12194440e-4, 0.693359375)
_EXPONENT_SHIFT, _EXPONENT_BIAS, _MANTISSA, _HALF_BITS = _i32(23, 126, 0x7FFFFF, 0x3F000000)

# cos x = 1 - z / 2 + z**2 * polynomial(z), sin x = x + x * z * polynomial(z), where z = x**2
_COS_SIN = _columns(
    (2.443315711809948e-5, -1.388731625493765e-3, 4.166664568298827e-2),
    (-1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1),
)
# pi / 4 in three parts, the first two short enough for exact multiples
_FOUR_OVER_PI, _PI_4_HIGH, _PI_4_MIDDLE = _f32(
    1.27323954473516, 0.78515625, 2.4187564849853515625e-4
)
(_PI_4_LOW,) = _f64(3.77489497744594108e-8)
(_TO_SIGN,) = _i32(29)  # moves the bit of weight 4 to the sign


def _horner(x: Array, coefficients: tuple[Any, ...]) -> Array:
    """The polynomial in ``x`` (float64 with float32 values), each step rounded to float32."""
    value = x * coefficients[0]
    rounded = np.empty(value.shape, np.float32)
    for coefficient in coefficients[1:-1]:
        value += coefficient
        rounded[...] = value
        value[...] = rounded
        value *= x
    value += coefficients[-1]
    rounded[...] = value
    value[...] = rounded
    return value


def _log(x: Array) -> Array:
    """The natural logarithm of float32 numbers in (0, 1]; overwrites them."""
    bits = x.view(np.int32)
    exponent = bits >> _EXPONENT_SHIFT
    exponent -= _EXPONENT_BIAS
    bits &= _MANTISSA
    bits |= _HALF_BITS  # now 0.5 <= x < 1
    small = x < _SQRT_HALF
    exponent -= small
    power = exponent.astype(np.float32)
    x += x * small
    x -= _ONE  # sqrt(1/2) - 1 <= x < sqrt(2) - 1

    wide = x.astype(np.float64)
    value = _horner(wide, _LOG)
    value *= wide
    cubed: Array = value.astype(np.float32)  # polynomial * x
    square = x * x
    value[...] = cubed
    value *= square.astype(np.float64)
    value += (power * _LN2_LOW).astype(np.float64)
    cubed[...] = value
    square *= _HALF
    cubed -= square
    x += cubed
    power *= _LN2_HIGH
    x += power
    return x


def _cos_sin(x: Array) -> Array:
    """Cosine and sine of float32 numbers in [0, 2 pi], in two rows; overwrites the numbers."""
    octant = (x * _FOUR_OVER_PI).astype(np.int32)
    octant += _INT_1
    octant &= _EVEN
    multiple = octant.astype(np.float32)
    x -= multiple * _PI_4_HIGH
    x -= multiple * _PI_4_MIDDLE
    wide = multiple.astype(np.float64)
    wide *= _PI_4_LOW
    x[...] = x.astype(np.float64) - wide  # |x| <= pi / 4
    square = x * x
    z = square.astype(np.float64)

    both = _horner(z, _COS_SIN)
    both *= z
    result: Array = both.astype(np.float32)
    both[...] = result
    both[0] *= z
    both[1] *= x
    square *= -_HALF
    both[0] += square
    both[1] += x
    result[...] = both
    result[0] += _ONE

    # Odd quarters of the circle swap sine and cosine; then the signs of the quarter.
    cosine_bits, sine_bits = result.view(np.int32)
    swap = cosine_bits ^ sine_bits
    swap &= -((octant & _INT_2) >> _INT_1)
    cosine_bits ^= swap
    sine_bits ^= swap
    sine_bits ^= (octant & _INT_4) << _TO_SIGN
    octant -= _INT_2
    np.invert(octant, out=octant)
    octant &= _INT_4
    cosine_bits ^= octant << _TO_SIGN
    return result


def box_muller(unit: Array, mean: float, std: float) -> Array:
    """Normal numbers from float32 uniforms in [0, 1), by blocks of 16.

    In each block the first eight uniforms give the radius and the last eight the angle, and the
    cosines come before the sines. The size is a multiple of 16.
    """
    blocks = unit.reshape(-1, 2, 8)
    radius = _log((_ONE - blocks[:, 0]).reshape(-1))
    radius *= -_TWO
    np.sqrt(radius, out=radius)
    pairs = _cos_sin((blocks[:, 1] * _TWO_PI).reshape(-1))
    pairs *= radius
    if mean != 0.0 and std != 1.0:
        wide = pairs.astype(np.float64)
        wide *= np.float32(std)
        wide += np.float32(mean)
        pairs = wide.astype(np.float32)
    else:  # one of the two roundings does not round
        if std != 1.0:
            pairs *= np.float32(std)
        pairs += np.float32(mean)
    return pairs.reshape(2, -1, 8).transpose(1, 0, 2).reshape(-1)
