"""Functions of arrays that NumPy lacks and the table's expressions use."""

from __future__ import annotations

import math

import numpy as np

from ..tensor import dtype as D
from . import native

__all__ = ["conjugate", "erf", "erfc", "rsqrt", "sigmoid", "sgn", "softplus_stable", "as_real_like"]


def conjugate(x):
    """The complex conjugate; real arrays and numbers come back as they are."""
    if isinstance(x, (np.ndarray, np.generic)):  # 0-d results are scalars
        return np.conj(x) if x.dtype.kind == "c" else x
    return x.conjugate() if isinstance(x, complex) else x


def rsqrt(x):
    """1 / sqrt(x)."""
    return 1 / np.sqrt(x)


def sigmoid(x):
    """1 / (1 + exp(-x)), without overflow."""
    z = native.elementwise("sigmoid", x)
    return 1 / (1 + np.exp(-x)) if z is None else z


def softplus_stable(x):
    """log(1 + exp(x)), without overflow."""
    return np.logaddexp(0, x)


def sgn(x):
    """x / abs(x), and 0 where x is 0; the sign for real arrays, bools as they are."""
    return np.sign(x) if x.dtype.kind == "c" else sign_of(x)


def heaviside_of(x, values):
    """0 below 0, ``values`` at 0, 1 above."""
    if x.dtype.kind == "f":
        return np.heaviside(x, values)
    return np.where(x == 0, values, x > 0).astype(x.dtype)


def as_real_like(x, like):
    """The real part of x where ``like`` is real."""
    return x.real if np.iscomplexobj(x) and not np.iscomplexobj(like) else x


# erf by the numerator and denominator of W. J. Cody, "Rational Chebyshev approximation for the
# error function", Mathematics of Computation 23 (1969); relative error below 1e-16 in double.
_A = (
    3.16112374387056560e0,
    1.13864154151050156e2,
    3.77485237685302021e2,
    3.20937758913846947e3,
    1.85777706184603153e-1,
)
_B = (2.36012909523441209e1, 2.44024637934444173e2, 1.28261652607737228e3, 2.84423683343917062e3)
_C = (
    5.64188496988670089e-1,
    8.88314979438837594e0,
    6.61191906371416295e1,
    2.98635138197400131e2,
    8.81952221241769090e2,
    1.71204761263407058e3,
    2.05107837782607147e3,
    1.23033935479799725e3,
    2.15311535474403846e-8,
)
_D = (
    1.57449261107098347e1,
    1.17693950891312499e2,
    5.37181101862009858e2,
    1.62138957456669019e3,
    3.29079923573345963e3,
    4.36261909014324716e3,
    3.43936767414372164e3,
    1.23033935480374942e3,
)
_P = (
    3.05326634961232344e-1,
    3.60344899949804439e-1,
    1.25781726111229246e-1,
    1.60837851487422766e-2,
    6.58749161529837803e-4,
    1.63153871373020978e-2,
)
_Q = (
    2.56852019228982242e0,
    1.87295284992346047e0,
    5.27905102951428412e-1,
    6.05183413124413191e-2,
    2.33520497626869185e-3,
)


def _erfc_tail(y):
    """erfc(y) for y >= 0.46875."""
    small = y <= 4
    u = np.where(small, y, 1.0)
    num = _C[8] * u
    den = u.copy()
    for i in range(7):
        num = (num + _C[i]) * u
        den = (den + _D[i]) * u
    middle = (num + _C[7]) / (den + _D[7])
    v = np.where(small, 5.0, y)
    z = 1 / (v * v)
    num = _P[5] * z
    den = z.copy()
    for i in range(4):
        num = (num + _P[i]) * z
        den = (den + _Q[i]) * z
    far = (1 / math.sqrt(math.pi) - z * (num + _P[4]) / (den + _Q[4])) / v
    # exp(-y*y) with y split, so that the square's rounding error does not grow in the exponent
    s = np.trunc(y * 16) / 16
    return np.exp(-s * s) * np.exp(-(y - s) * (y + s)) * np.where(small, middle, far)


def _erf_core(x):
    z = x * x
    num = _A[4] * z
    den = z.copy()
    for i in range(3):
        num = (num + _A[i]) * z
        den = (den + _B[i]) * z
    return x * (num + _A[3]) / (den + _B[3])


def erf(x):
    r"""The error function 2/\sqrt\pi \int_0^x e^{-t^2} dt."""
    x = np.asarray(x)
    if x.dtype == np.float32:
        z = native.elementwise("erf", x)
        return _erf32(x) if z is None else z
    y = np.abs(x)
    core = _erf_core(np.where(y <= 0.46875, x, 0.0))
    tail = np.copysign(1 - _erfc_tail(np.clip(y, 0.46875, 30)), x)
    out = np.where(y <= 0.46875, core, tail)
    return np.where(np.isnan(x), x, out).astype(x.dtype, copy=False)


def erfc(x):
    """1 - erf(x), accurate where erf is near 1."""
    x = np.asarray(x)
    w = x.astype(np.float64)
    y = np.abs(w)
    tail = _erfc_tail(np.clip(y, 0.46875, 30))
    out = np.where(
        y <= 0.46875, 1 - _erf_core(np.where(y <= 0.46875, w, 0.0)), np.where(w < 0, 2 - tail, tail)
    )
    return np.where(np.isnan(w), w, out).astype(x.dtype, copy=False)


# erf in float32: erf(x) = x * P(x^2) below 1 and sign(x) * (1 - exp(-Q(|x|))) above, both fitted
# to double-precision erf by least squares at Chebyshev nodes; error below 2.5 ulp.
def _fit() -> tuple[np.ndarray, np.ndarray]:
    nodes = np.cos((np.arange(400) + 0.5) * math.pi / 400)
    t = 0.5 * (nodes + 1)
    xs = np.sqrt(t)
    exact = np.array([math.erf(v) for v in xs])
    p = np.polynomial.polynomial.polyfit(t, exact / xs, 5)
    ys = 0.95 + 1.525 * (nodes + 1)
    rest = np.array([math.erfc(v) for v in ys])
    # The exponent matters the less, the smaller the rest is beside 1.
    weight = -rest * np.log(rest) + 1e-9
    q = np.polynomial.polynomial.polyfit(ys - 2.475, -np.log(rest), 6, w=weight)
    return p.astype(np.float32), q.astype(np.float32)


_FIT: tuple[np.ndarray, np.ndarray] | None = None


def _erf32(x):
    out = np.empty_like(x, order="C")
    flat, result = x.reshape(-1), out.reshape(-1)
    for i in range(0, flat.size, _BLOCK):
        _erf_block(flat[i : i + _BLOCK], result[i : i + _BLOCK])
    return out


_BLOCK = 32768  # float32 numbers of which a few arrays fit the processor's cache


def _erf_block(x, out):
    global _FIT
    if _FIT is None:
        _FIT = _fit()
    p, q = _FIT
    y = np.abs(x)
    t = np.minimum(y, np.float32(1))
    t *= t
    _polynomial(p, t, out)
    out *= x
    far = y >= 1
    if not far.any():
        return
    np.minimum(y, np.float32(4), out=y)
    np.maximum(y, np.float32(1), out=y)
    y -= np.float32(2.475)
    tail = _polynomial(q, y, t)
    np.negative(tail, out=tail)
    np.exp(tail, out=tail)
    np.subtract(np.float32(1), tail, out=tail)
    np.copysign(tail, x, out=tail)
    np.copyto(out, where(far, tail, out))


def _polynomial(coefficients, x, out):
    """Horner's rule, written into ``out``, which is another array than ``x``."""
    out[...] = coefficients[-1]
    for c in coefficients[-2::-1]:
        out *= x
        out += c
    return out


def scaled(x, factor):
    """x times a number, without work where the number is 1."""
    return x if factor.__class__ is int and factor == 1 else x * _weak(factor, x)


def _weak(factor, x):
    """A number as NumPy mixes it without changing the array's type; integers wrap around."""
    if isinstance(x, np.ndarray) and x.dtype.kind in "iu":
        return np.asarray(int(factor)).astype(x.dtype)
    return factor


def floor_divide_checked(x, y):
    """floor(x / y); ZeroDivisionError's counterpart for integers as in PyTorch."""
    _refuse_zero(x, y)
    return np.floor_divide(x, y)


def trunc_divide(x, y):
    """x / y rounded towards zero."""
    if getattr(x, "dtype", None) is not None and x.dtype.kind in "iu":
        _refuse_zero(x, y)
        q = np.floor_divide(x, y)
        return q + ((q < 0) & (q * y != x))
    return np.trunc(np.divide(x, y))


def remainder_checked(x, y):
    """x - y floor(x / y), of y's sign."""
    _refuse_zero(x, y)
    return np.remainder(x, y)


def fmod_checked(x, y):
    """x - y trunc(x / y), of x's sign."""
    _refuse_zero(x, y)
    return np.fmod(x, y)


def _refuse_zero(x, y):
    if np.asarray(x).dtype.kind in "iu" and np.any(np.equal(y, 0)):
        raise RuntimeError("ZeroDivisionError")


def reciprocal_of(x):
    """1 / x."""
    return 1 / x


def power_checked(x, y):
    """x to the power y; integers to negative powers are refused as in PyTorch."""
    kind = x.dtype.kind if isinstance(x, np.ndarray) else "iu"[0] if isinstance(x, int) else "f"
    if kind in "iu" and not isinstance(y, float):
        if isinstance(y, int) or (isinstance(y, np.ndarray) and not y.ndim):
            if y < 0:
                raise RuntimeError("Integers to negative integer powers are not allowed.")
        elif isinstance(y, np.ndarray) and y.dtype.kind == "i" and (y < 0).any():
            # PyTorch computes 1 / x ** -y in integers: 1 and -1 survive, the rest is 0
            power = np.power(x, np.abs(y))
            return np.where(y >= 0, power, np.where(np.abs(power) == 1, power, 0)).astype(x.dtype)
    return np.power(x, y)


def pow_input_gradient(grad, x, y):
    """d x^y / dx times grad, 0 where y is 0."""
    if not isinstance(y, np.ndarray):
        if y == 0:
            return np.zeros_like(grad)
        if y == 2:
            return grad * conjugate(2 * x)
        return grad * conjugate(y * np.power(x, y - 1))
    return np.where(y == 0, 0, grad * conjugate(y * np.power(x, y - 1)))


def pow_exponent_gradient(grad, x, y, result):
    """d x^y / dy times grad, 0 where x is 0 and y is not negative."""
    zero = (np.equal(x, 0)) & (np.greater_equal(np.real(y), 0))
    return grad * np.where(zero, 0, conjugate(result * np.log(np.where(zero, 1, x))))


def lerp_of(x, end, weight):
    """x + weight (end - x), from the nearer end."""
    return np.where(np.abs(weight) < 0.5, x + weight * (end - x), end - (end - x) * (1 - weight))


def exp2_of(x):
    """2^x."""
    return np.exp2(x) if np.asarray(x).dtype.kind != "c" else np.exp(x * math.log(2))


def logaddexp_of(x, y):
    """log(e^x + e^y) without overflow; not of whole numbers."""
    if np.asarray(x).dtype.kind in "biu":
        kind = D.of(np.asarray(x).dtype).title
        raise NotImplementedError(f"\"logaddexp_cpu\" not implemented for '{kind}'")
    if np.asarray(x).dtype.kind == "c":
        return np.log(np.exp(x) + np.exp(y))
    return np.logaddexp(x, y)


def xlogy_of(x, y):
    """x log(y), 0 where x is 0 and y is a number."""
    out = np.where(np.equal(x, 0) & ~np.isnan(y), 0, x * np.log(y))
    return out.astype(np.result_type(x, y), copy=False)


def sinc_of(x):
    """sin(pi x) / (pi x), 1 at 0."""
    t = np.pi * x
    return np.where(t == 0, 1, np.sin(t) / np.where(t == 0, 1, t)).astype(x.dtype, copy=False)


def sinc_slope(x):
    """The derivative of sinc."""
    t = np.pi * np.where(x == 0, 1, x)
    return np.where(x == 0, 0, np.pi * (t * np.cos(t) - np.sin(t)) / (t * t))


def sign_of(x):
    """-1, 0 or 1; 0 for NaN. Bools are their own sign."""
    if x.dtype.kind == "b":
        return x
    if x.dtype.kind == "c":
        raise RuntimeError(
            "Unlike NumPy, torch.sign doesn't support complex numbers. "
            "Please use torch.sgn instead."
        )
    s = np.sign(x)
    return np.where(np.isnan(x), 0, s).astype(x.dtype, copy=False) if x.dtype.kind == "f" else s


def floor_of(x):
    """The largest whole number not above x; integers are their own."""
    return x.copy() if x.dtype.kind in "iu" else np.floor(x)


def ceil_of(x):
    """The smallest whole number not below x; integers are their own."""
    return x.copy() if x.dtype.kind in "iu" else np.ceil(x)


def trunc_of(x):
    """x without its fraction; integers are their own."""
    return x.copy() if x.dtype.kind in "iu" else np.trunc(x)


def max_share(x, y):
    """The part of a maximum's gradient that goes to x: 1 where larger, a half where equal."""
    share = np.where(x == y, 0.5, np.where(x > y, 1.0, 0.0))
    return share.astype(np.result_type(x, y), copy=False)


def angle_of(x):
    """The argument of complex numbers; 0 or pi for real ones."""
    if x.dtype.kind == "c":
        return np.angle(x)
    return np.where(np.isnan(x), x, np.where(x < 0, np.pi, 0)).astype(x.dtype, copy=False)


def angle_gradient(grad, x):
    """The gradient of the argument: grad i x / |x|^2; 0 for real numbers."""
    if not np.iscomplexobj(x):
        return np.zeros_like(x)
    size = np.abs(x)
    return np.where(size == 0, 0, grad * 1j * x / np.where(size == 0, 1, size * size))


def sgn_gradient(grad, x):
    """The gradient of x / |x|."""
    if not np.iscomplexobj(x):
        return np.zeros_like(x)
    size = np.abs(x)
    safe = np.where(size == 0, 1, size)
    s = x / safe
    return np.where(size == 0, 0, (grad - s * (np.conj(s) * grad).real) / safe)


def signbit_of(x):
    """Whether the sign bit is set."""
    return x < 0 if x.dtype.kind in "iub" else np.signbit(x)


def shift_left(x, y):
    """x 2^y in integers, 0 once everything is shifted out."""
    bits = x.dtype.itemsize * 8
    y = np.asarray(y, x.dtype)
    return np.where((y < 0) | (y >= bits), 0, np.left_shift(x, np.clip(y, 0, bits - 1)))


def shift_right(x, y):
    """x / 2^y rounded down, in integers."""
    bits = x.dtype.itemsize * 8
    y = np.asarray(y, x.dtype)
    out_of_range = (y < 0) | (y >= bits)
    return np.right_shift(x, np.where(out_of_range, bits - 1, y))


# np.where decides element by element, which costs 5 ns each where the processor cannot foresee the
# decision. Bit patterns times 0 or 1 give the same without a branch, in a tenth of the time.
_BITS = {np.dtype(f): np.dtype(i) for f, i in (("f4", "i4"), ("f8", "i8"), ("f2", "i2"))}
_FEW = 2048


def where(condition, x, y):
    """x where the condition holds, otherwise y."""
    x_dtype, y_dtype = getattr(x, "dtype", None), getattr(y, "dtype", None)
    dtype = x_dtype or y_dtype
    if dtype is not None and dtype.kind == "V":  # NumPy would make it a double
        x = np.asarray(x, dtype) if x_dtype is None else x
        y = np.asarray(y, dtype) if y_dtype is None else y
    if condition.size < _FEW:
        return np.where(condition, x, y)
    bits = _BITS.get(dtype)
    if bits is None or (y_dtype or dtype) != dtype:
        return np.where(condition, x, y)
    if y_dtype is None and y == 0:
        return np.multiply(x.view(bits), condition).view(dtype)
    if x_dtype is None and x == 0:
        return np.multiply(y.view(bits), ~condition).view(dtype)
    x, y = np.asarray(x, dtype), np.asarray(y, dtype)
    one = np.multiply(x.view(bits), condition)
    other = np.multiply(y.view(bits), ~condition)
    return np.bitwise_or(one, other).view(dtype)


def where_of(condition, x, y):
    """x where the condition holds, otherwise y."""
    return where(condition, x, y)


__all__ += [
    "scaled",
    "heaviside_of",
    "floor_divide_checked",
    "trunc_divide",
    "remainder_checked",
    "fmod_checked",
    "reciprocal_of",
    "power_checked",
    "pow_input_gradient",
    "pow_exponent_gradient",
    "lerp_of",
    "exp2_of",
    "logaddexp_of",
    "xlogy_of",
    "sinc_of",
    "sinc_slope",
    "sign_of",
    "floor_of",
    "ceil_of",
    "trunc_of",
    "max_share",
    "angle_of",
    "angle_gradient",
    "sgn_gradient",
    "signbit_of",
    "shift_left",
    "shift_right",
    "where",
    "where_of",
]
