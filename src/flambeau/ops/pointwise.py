"""Pointwise operators: a line each, with kernel, derivative, type rule and formula.

Two operands broadcast against each other. Expressions use the parameters' names, ``grad`` and
``result``; see ops/table.py.
"""

from __future__ import annotations

from . import admission
from .table import BOOL, FLOAT, FLOATING, KEEP, PROMOTE, pointwise

# --- arithmetic -------------------------------------------------------------------------------

pointwise("add(input, other: Tensor | Number, *, alpha: Number = 1)",
          "add(input, scaled(other, alpha))",
          {"input": "grad", "other": "scaled(grad, conjugate(alpha))"}, PROMOTE,
          r"x + \alpha y", short="add(input, other)", admit=admission.add)
pointwise("sub(input, other: Tensor | Number, *, alpha: Number = 1)",
          "subtract(input, scaled(other, alpha))",
          {"input": "grad", "other": "scaled(grad, -conjugate(alpha))"}, PROMOTE,
          r"x - \alpha y", short="subtract(input, other)", aliases=("subtract",),
          admit=admission.sub)
pointwise("mul(input, other: Tensor | Number)", "multiply(input, other)",
          {"input": "grad * conjugate(other)", "other": "grad * conjugate(input)"}, PROMOTE,
          r"x y", aliases=("multiply",))
pointwise("div(input, other: Tensor | Number)", "divide(input, other)",
          {"input": "grad / conjugate(other)",
           "other": "-grad * conjugate(input / other / other)"}, FLOAT, r"\frac{x}{y}", where="")
pointwise("floor_divide(input, other: Tensor | Number)",
          "floor_divide_checked(input, other)", None, PROMOTE,
          r"\lfloor x / y \rfloor")
pointwise("div_floor(input, other: Tensor | Number)", "floor_divide_checked(input, other)",
          {"input": "grad * 0", "other": "grad * 0"}, PROMOTE, r"\lfloor x / y \rfloor", where="",
          node="DivBackward1")
pointwise("div_trunc(input, other: Tensor | Number)", "trunc_divide(input, other)",
          {"input": "grad * 0", "other": "grad * 0"}, PROMOTE, r"\operatorname{trunc}(x / y)",
          where="", node="DivBackward1")
pointwise("remainder(input, other: Tensor | Number)", "remainder_checked(input, other)",
          {"input": "grad", "other": "-grad * floor(input / other)"}, PROMOTE,
          r"x - y \lfloor x / y \rfloor")
pointwise("fmod(input, other: Tensor | Number)", "fmod_checked(input, other)",
          {"input": "grad", "other": "-grad * trunc(input / other)"}, PROMOTE,
          r"x - y \operatorname{trunc}(x / y)")
pointwise("pow(input, exponent: Tensor | Number)", "power_checked(input, exponent)",
          {"input": "pow_input_gradient(grad, input, exponent)",
           "exponent": "pow_exponent_gradient(grad, input, exponent, result)"}, PROMOTE, r"x^y",
          short="power_checked(input, exponent)")
pointwise("neg(input)", "negative(input)", {"input": "-grad"}, PROMOTE, "-x",
          aliases=("negative",))
pointwise("positive(input)", "positive(input)", {"input": "grad"}, PROMOTE, "x", inplace=False)
pointwise("reciprocal(input)", "reciprocal_of(input)",
          {"input": "-grad * conjugate(result * result)"}, FLOAT, r"\frac{1}{x}")
pointwise("addcmul(input, tensor1, tensor2, *, value: Number = 1)",
          "input + value * tensor1 * tensor2",
          {"input": "grad", "tensor1": "grad * conjugate(tensor2 * value)",
           "tensor2": "grad * conjugate(tensor1 * value)"}, PROMOTE, r"x + v\, a b",
          admit=admission.addcmul)
pointwise("addcdiv(input, tensor1, tensor2, *, value: Number = 1)",
          "input + value * tensor1 / tensor2",
          {"input": "grad", "tensor1": "grad * conjugate(value / tensor2)",
           "tensor2": "-grad * conjugate(value * (tensor1 / tensor2) / tensor2)"}, PROMOTE,
          r"x + v\, \frac{a}{b}", admit=admission.addcdiv)
pointwise("lerp(input, end, weight: Tensor | Number)", "lerp_of(input, end, weight)",
          {"input": "grad * (1 - conjugate(weight))", "end": "grad * conjugate(weight)",
           "weight": "grad * conjugate(end - input)"}, PROMOTE, r"x + w (y - x)",
          admit=admission.lerp)

# --- powers, exponentials, logarithms ---------------------------------------------------------

pointwise("sqrt(input)", "sqrt(input)", {"input": "grad / conjugate(2 * result)"}, FLOAT,
          r"\sqrt{x}")
pointwise("rsqrt(input)", "rsqrt(input)",
          {"input": "-0.5 * grad * conjugate(result * result * result)"}, FLOAT, r"x^{-1/2}")
pointwise("exp(input)", "exp(input)", {"input": "grad * conjugate(result)"}, FLOAT, r"e^x")
pointwise("exp2(input)", "exp2_of(input)",
          {"input": "grad * conjugate(result * 0.6931471805599453)"}, FLOAT, r"2^x")
pointwise("expm1(input)", "expm1(input)", {"input": "grad * conjugate(result + 1)"}, FLOAT,
          r"e^x - 1")
pointwise("log(input)", "log(input)", {"input": "grad / conjugate(input)"}, FLOAT, r"\ln x")
pointwise("log2(input)", "log2(input)",
          {"input": "grad / conjugate(input * 0.6931471805599453)"}, FLOAT, r"\log_2 x")
pointwise("log10(input)", "log10(input)",
          {"input": "grad / conjugate(input * 2.302585092994046)"}, FLOAT, r"\log_{10} x")
pointwise("log1p(input)", "log1p(input)", {"input": "grad / conjugate(input + 1)"}, FLOAT,
          r"\ln(1 + x)")
pointwise("logaddexp(input, other)", "logaddexp_of(input, other)",
          {"input": "grad * conjugate(exp(input - result))",
           "other": "grad * conjugate(exp(other - result))"}, PROMOTE, r"\ln(e^x + e^y)",
          inplace=False)
pointwise("logaddexp2(input, other)", "logaddexp2(input, other)",
          {"input": "grad * exp2_of(input - result)", "other": "grad * exp2_of(other - result)"},
          FLOATING, r"\log_2(2^x + 2^y)", inplace=False)
pointwise("xlogy(input, other: Tensor | Number)", "xlogy_of(input, other)",
          {"input": "grad * where((input == 0) & (other <= 0), 0.0, log(other))",
           "other": "grad * input / other"}, FLOAT, r"x \ln y")

# --- trigonometry ------------------------------------------------------------------------------

pointwise("sin(input)", "sin(input)", {"input": "grad * conjugate(cos(input))"}, FLOAT, r"\sin x")
pointwise("cos(input)", "cos(input)", {"input": "-grad * conjugate(sin(input))"}, FLOAT, r"\cos x")
pointwise("tan(input)", "tan(input)", {"input": "grad * conjugate(1 + result * result)"}, FLOAT,
          r"\tan x")
pointwise("asin(input)", "asin(input)",
          {"input": "grad * conjugate(rsqrt(1 - input * input))"}, FLOAT, r"\arcsin x",
          aliases=("arcsin",))
pointwise("acos(input)", "acos(input)",
          {"input": "-grad * conjugate(rsqrt(1 - input * input))"}, FLOAT, r"\arccos x",
          aliases=("arccos",))
pointwise("atan(input)", "atan(input)", {"input": "grad / conjugate(input * input + 1)"}, FLOAT,
          r"\arctan x", aliases=("arctan",))
pointwise("sinh(input)", "sinh(input)", {"input": "grad * conjugate(cosh(input))"}, FLOAT,
          r"\sinh x")
pointwise("cosh(input)", "cosh(input)", {"input": "grad * conjugate(sinh(input))"}, FLOAT,
          r"\cosh x")
pointwise("tanh(input)", "tanh(input)", {"input": "grad * conjugate(1 - result * result)"}, FLOAT,
          r"\tanh x")
pointwise("asinh(input)", "asinh(input)",
          {"input": "grad * conjugate(rsqrt(input * input + 1))"}, FLOAT,
          r"\operatorname{arsinh} x", aliases=("arcsinh",))
pointwise("acosh(input)", "acosh(input)",
          {"input": "grad * conjugate(rsqrt(input - 1) * rsqrt(input + 1))"}, FLOAT,
          r"\operatorname{arcosh} x", aliases=("arccosh",))
pointwise("atanh(input)", "atanh(input)", {"input": "grad / conjugate(1 - input * input)"}, FLOAT,
          r"\operatorname{artanh} x", aliases=("arctanh",))
pointwise("atan2(input, other)", "atan2(input, other)",
          {"input": "grad * other / (input * input + other * other)",
           "other": "-grad * input / (input * input + other * other)"}, FLOAT,
          r"\operatorname{atan2}(y, x)", aliases=("arctan2",))
pointwise("hypot(input, other)", "hypot(input, other)",
          {"input": "grad * (input / result)", "other": "grad * (other / result)"}, FLOATING,
          r"\sqrt{x^2 + y^2}")
pointwise("sinc(input)", "sinc_of(input)", {"input": "grad * conjugate(sinc_slope(input))"}, FLOAT,
          r"\frac{\sin \pi x}{\pi x}", where="function method special")
pointwise("deg2rad(input)", "input * (pi / 180)", {"input": "grad * (pi / 180)"}, FLOAT,
          r"\frac{\pi}{180} x")
pointwise("rad2deg(input)", "input * (180 / pi)", {"input": "grad * (180 / pi)"}, FLOAT,
          r"\frac{180}{\pi} x")

# --- rounding, sign, extremes ------------------------------------------------------------------

pointwise("abs(input)", "abs(input)", {"input": "as_real_like(grad * sgn(input), input)"},
          KEEP, r"|x|", aliases=("absolute",))
pointwise("sign(input)", "sign_of(input)", {"input": "grad * 0"}, PROMOTE, r"\operatorname{sign} x")
pointwise("floor(input)", "floor_of(input)", {"input": "grad * 0"}, PROMOTE, r"\lfloor x \rfloor")
pointwise("ceil(input)", "ceil_of(input)", {"input": "grad * 0"}, PROMOTE, r"\lceil x \rceil")
pointwise("trunc(input)", "trunc_of(input)", {"input": "grad * 0"}, PROMOTE,
          r"\operatorname{trunc} x", aliases=("fix",))
pointwise("frac(input)", "input - trunc(input)", {"input": "grad"}, PROMOTE,
          r"x - \operatorname{trunc} x")
pointwise("maximum(input, other)", "maximum(input, other)",
          {"input": "grad * max_share(input, other)", "other": "grad * max_share(other, input)"},
          PROMOTE, r"\max(x, y)", inplace=False)
pointwise("minimum(input, other)", "minimum(input, other)",
          {"input": "grad * max_share(other, input)", "other": "grad * max_share(input, other)"},
          PROMOTE, r"\min(x, y)", inplace=False)
pointwise("fmax(input, other)", "fmax(input, other)",
          {"input": "where((input >= other) | (other != other), grad, 0.0)",
           "other": "where((input >= other) | (other != other), 0.0, grad)"}, PROMOTE,
          r"\max(x, y)", inplace=False)
pointwise("fmin(input, other)", "fmin(input, other)",
          {"input": "where((input <= other) | (other != other), grad, 0.0)",
           "other": "where((input <= other) | (other != other), 0.0, grad)"}, PROMOTE,
          r"\min(x, y)", inplace=False)
pointwise("copysign(input, other: Tensor | Number)", "copysign(input, other)",
          {"input": "where(input == 0, 0.0, grad * (result / input))",
           "other": "grad * 0"}, FLOAT, r"|x| \operatorname{sign} y")
pointwise("clamp_min(input, min: Tensor | Number)", "maximum(input, min)",
          {"input": "where(input >= min, grad, 0.0)", "min": "where(input < min, grad, 0.0)"},
          PROMOTE, r"\max(x, a)")
pointwise("clamp_max(input, max: Tensor | Number)", "minimum(input, max)",
          {"input": "where(input <= max, grad, 0.0)", "max": "where(input > max, grad, 0.0)"},
          PROMOTE, r"\min(x, b)")
pointwise("clamp_both(input, min: Tensor | Number, max: Tensor | Number)",
          "minimum(maximum(input, min), max)",
          {"input": "where((input >= min) & (input <= max), grad, 0.0)",
           "min": "where((min < max) & (input < min), grad, 0.0)",
           "max": "where((max < min) | (input > max), grad, 0.0)"}, PROMOTE,
          r"\min(\max(x, a), b)", where="", node="ClampBackward1")

# --- complex numbers ---------------------------------------------------------------------------

pointwise("angle(input)", "angle_of(input)", {"input": "angle_gradient(grad, input)"}, FLOAT,
          r"\arg x", inplace=False)
pointwise("sgn(input)", "sgn(input)", {"input": "sgn_gradient(grad, input)"}, PROMOTE,
          r"x / |x|")
pointwise("conj_physical(input)", "conjugate(input)", {"input": "conjugate(grad)"}, KEEP,
          r"\bar x")

# --- comparison and logic ------------------------------------------------------------------------

for _name, _function, _sign, _aliases in (
    ("eq", "equal", "=", ()), ("ne", "not_equal", r"\ne", ("not_equal",)),
    ("lt", "less", "<", ("less",)), ("le", "less_equal", r"\le", ("less_equal",)),
    ("gt", "greater", ">", ("greater",)), ("ge", "greater_equal", r"\ge", ("greater_equal",)),
):  # fmt: skip
    pointwise(f"{_name}(input, other: Tensor | Number)",
              f"{_function}(input, other)", None, BOOL, f"x {_sign} y",
              aliases=_aliases, opmath=False)
for _name in ("logical_and", "logical_or", "logical_xor"):
    pointwise(f"{_name}(input, other)", f"{_name}(input, other)", None, BOOL, opmath=False)
pointwise("logical_not(input)", "logical_not(input)", None, BOOL, r"\lnot x", opmath=False)
for _name in ("isnan", "isinf", "isfinite"):
    pointwise(f"{_name}(input)", f"{_name}(input)", None, BOOL, inplace=False)
pointwise("isposinf(input)", "input == inf", None, BOOL, r"x = \infty", inplace=False)
pointwise("isneginf(input)", "input == -inf", None, BOOL, r"x = -\infty", inplace=False)
pointwise("signbit(input)", "signbit_of(input)", None, BOOL, inplace=False)
for _name, _sign in (("and", r"\land"), ("or", r"\lor"), ("xor", r"\oplus")):
    pointwise(f"bitwise_{_name}(input, other: Tensor | Number)",
              f"bitwise_{_name}(input, other)", None, PROMOTE,
              f"x {_sign} y")
pointwise("bitwise_not(input)", "bitwise_not(input)", None, PROMOTE, r"\lnot x")
pointwise("bitwise_left_shift(input, other: Tensor | Number)",
          "shift_left(input, other)", None, PROMOTE, r"x 2^y")
pointwise("bitwise_right_shift(input, other: Tensor | Number)",
          "shift_right(input, other)", None, PROMOTE,
          r"\lfloor x 2^{-y} \rfloor")
pointwise("gcd(input, other)", "gcd(input, other)", None, PROMOTE, r"\gcd(x, y)")
pointwise("lcm(input, other)", "lcm(input, other)", None, PROMOTE, r"\operatorname{lcm}(x, y)")
pointwise("heaviside(input, values)", "heaviside_of(input, values)", None, KEEP, r"H(x)")
pointwise("nextafter(input, other)", "nextafter(input, other)",
          {"input": "grad", "other": "grad * 0"}, KEEP, opmath=False)
pointwise("ldexp(input, other)", "input * exp2_of(other)",
          {"input": "grad * exp2_of(other)", "other": "grad * result * 0.6931471805599453"}, FLOAT,
          r"x 2^y")

# --- special functions -------------------------------------------------------------------------

pointwise("erf(input)", "erf(input)",
          {"input": "grad * 1.1283791670955126 * exp(-(input * input))"}, FLOAT,
          r"\operatorname{erf} x", where="function method special")
pointwise("erfc(input)", "erfc(input)",
          {"input": "grad * -1.1283791670955126 * exp(-(input * input))"}, FLOAT,
          r"\operatorname{erfc} x", where="function method special")
pointwise("sigmoid(input)", "sigmoid(input)",
          {"input": "grad * conjugate((1 - result) * result)"}, FLOAT, r"\frac{1}{1 + e^{-x}}",
          where="function method")

# --- choice ------------------------------------------------------------------------------------

pointwise("where(condition, input: Tensor | Number, other: Tensor | Number)",
          "where_of(condition, input, other)",
          {"input": "where(condition, grad, 0)", "other": "where(condition, 0, grad)"}, KEEP,
          r"c\, ?\, x : y", inplace=False, where="")

# A value that was replaced: the gradient of what stood there before is zero.
pointwise("zeros_gradient(input)", "positive(input)", {"input": "grad * 0"}, KEEP, inplace=False,
          where="", node="UniformBackward0")
