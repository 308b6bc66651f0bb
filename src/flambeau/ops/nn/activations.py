"""Activations: a line each. At kinks the derivative is PyTorch's: that of the side named by <=."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...tensor import dtype as D
from ...tensor.draws import uniform
from ...tensor.generator import default_generator
from ...tensor.tensor import Tensor
from .. import dispatch
from ..contractions import not_implemented
from ..expressions import ARRAYS, TENSORS
from ..table import FLOATING, PROMOTE, REAL, ROWS, composite, op, pointwise

# --- pieces of straight lines ------------------------------------------------------------------

pointwise("relu(input)", "maximum(input, 0)", {"input": "where(result != 0, grad, 0)"}, REAL,
          r"\max(0, x)")
pointwise("hardtanh(input, min_val: Number = -1.0, max_val: Number = 1.0)",
          "minimum(maximum(input, min_val), max_val)",
          {"input": "where((input > min_val) & (input < max_val), grad, 0)"}, REAL,
          r"\min(\max(x, a), b)", where="")
pointwise("relu6(input)", "minimum(maximum(input, 0), 6)",
          {"input": "where((input > 0) & (input < 6), grad, 0)"}, REAL,
          r"\min(\max(x, 0), 6)", where="", node="HardtanhBackward0")
pointwise("threshold(input, threshold: Number, value: Number)",
          "where(input <= threshold, value, input)",
          {"input": "where(input <= threshold, 0, grad)"}, REAL,
          r"x \text{ if } x > t, \text{ else } v", where="function")
pointwise("leaky_relu(input, negative_slope: Number = 0.01)",
          "where(input > 0, input, input * negative_slope)",
          {"input": "where(input > 0, grad, grad * negative_slope)"}, FLOATING,
          r"\max(0, x) + \alpha \min(0, x)", where="")
pointwise("_prelu_kernel(input, weight)", "where(input > 0, input, weight * input)",
          {"input": "where(input > 0, grad, weight * grad)",
           "weight": "where(input > 0, 0, input * grad)"}, FLOATING,
          r"\max(0, x) + a \min(0, x)", where="", inplace=False, node="PreluKernelBackward0")
pointwise("hardsigmoid(input)", "minimum(maximum(input + 3, 0), 6) / 6",
          {"input": "where((input > -3) & (input < 3), grad / 6, 0)"}, FLOATING,
          r"\min(\max(x + 3, 0), 6) / 6", where="")
pointwise("hardswish(input)", "input * minimum(maximum(input + 3, 0), 6) / 6",
          {"input": "where(input <= -3, 0, where(input >= 3, grad, grad * (input / 3 + 0.5)))"},
          FLOATING, r"x \min(\max(x + 3, 0), 6) / 6", where="")
pointwise("hardshrink(input, lambd: Number = 0.5)",
          "where((input >= -lambd) & (input <= lambd), 0, input)",
          {"input": "where((input > lambd) | (input < -lambd), grad, 0)"}, FLOATING,
          r"x \text{ if } |x| > \lambda, \text{ else } 0", where="function method nn",
          inplace=False)
pointwise("_softshrink(input, lambd: Number)",
          "where(input > lambd, input - lambd, where(input < -lambd, input + lambd, input * 0))",
          {"input": "where((input > lambd) | (input < -lambd), grad, 0)"}, FLOATING,
          r"\operatorname{sign}(x) \max(0, |x| - \lambda)", where="", inplace=False,
          node="SoftshrinkBackward0")

# --- exponentials ------------------------------------------------------------------------------

pointwise("elu(input, alpha: Number = 1, scale: Number = 1, input_scale: Number = 1)",
          "where(input <= 0, expm1(input * input_scale) * (alpha * scale), input * scale)",
          {"input": "where(input > 0, grad * scale, grad * (input_scale * alpha * scale) * "
                    "exp(input * input_scale))"}, FLOATING,
          r"s\,(x \text{ if } x > 0, \text{ else } \alpha (e^{x} - 1))", where="")
pointwise("selu(input)",
          "where(input <= 0, expm1(input) * 1.7580993408473766, input * 1.0507009873554805)",
          {"input": "where(input > 0, grad * 1.0507009873554805, "
                    "grad * 1.7580993408473766 * exp(input))"}, FLOATING,
          r"s\,(\max(0, x) + \min(0, \alpha (e^x - 1)))", where="function", node="EluBackward0")
pointwise("_celu(input, alpha: Number, inverse: Number)",
          "where(input <= 0, expm1(input * inverse) * alpha, input)",
          {"input": "where(input > 0, grad, grad * (alpha * inverse) * exp(input * inverse))"},
          FLOATING, r"\max(0, x) + \min(0, \alpha (e^{x / \alpha} - 1))", where="",
          node="CeluBackward0")
pointwise("_silu(input)", "input / (1 + exp(-input))",
          {"input": "silu_slope(grad, input, sigmoid(input))"}, PROMOTE,
          r"\frac{x}{1 + e^{-x}}", where="", node="SiluBackward0")
pointwise("mish(input)", "input * tanh(log1p(exp(input)))",
          {"input": "mish_slope(grad, input, tanh(log1p(exp(input))))"}, FLOATING,
          r"x \tanh(\ln(1 + e^x))", where="")
pointwise("_softplus(input, beta: Number, threshold: Number)",
          "where(input * beta > threshold, input, log1p(exp(input * beta)) / beta)",
          {"input": "where(input * beta > threshold, grad, "
                    "grad / (1 + exp(-(input * beta))))"}, FLOATING,
          r"\tfrac{1}{\beta} \ln(1 + e^{\beta x})", where="", inplace=False,
          node="SoftplusBackward0")
pointwise("log_sigmoid(input)", "minimum(input, 0) - log1p(exp(-abs(input)))",
          {"input": "log_sigmoid_slope(grad, input, exp(-abs(input)))"}, FLOATING,
          r"\ln \frac{1}{1 + e^{-x}}", where="", inplace=False)

# --- the Gaussian error linear unit ------------------------------------------------------------

pointwise("gelu_erf(input)", "0.5 * input * (1 + erf(input * 0.7071067811865476))",
          {"input": "grad * (0.5 * (1 + erf(input * 0.7071067811865476)) + input * "
                    "(0.3989422804014327 * exp(input * input * -0.5)))"}, FLOATING,
          r"x \Phi(x)", where="", node="GeluBackward0")
pointwise("gelu_tanh(input)",
          "0.5 * input * (1 + tanh(0.7978845608028654 * (input + "
          "0.044715 * input * input * input)))",
          {"input": "gelu_tanh_slope(grad, input, tanh(0.7978845608028654 * (input + "
                    "0.044715 * input * input * input)))"}, FLOATING,
          r"\tfrac{x}{2} (1 + \tanh(\sqrt{2/\pi}\,(x + 0.044715 x^3)))", where="",
          node="GeluBackward0")


def _namespace(x: Any) -> dict[str, Any]:
    return TENSORS if isinstance(x, Tensor) else ARRAYS


def silu_slope(grad: Any, x: Any, s: Any) -> Any:
    """The gradient of x s, s the sigmoid of x."""
    return grad * s * (1 + x * (1 - s))


def mish_slope(grad: Any, x: Any, t: Any) -> Any:
    """The gradient of x t, t = tanh(softplus(x))."""
    sigmoid = _namespace(x)["sigmoid"]
    return grad * (t + x * sigmoid(x) * (1 - t * t))


def log_sigmoid_slope(grad: Any, x: Any, z: Any) -> Any:
    """1 - sigmoid(x), z = exp(-|x|)."""
    where = _namespace(x)["where"]
    share = z / (1 + z)
    return grad * where(x < 0, 1 - share, share)


def gelu_tanh_slope(grad: Any, x: Any, t: Any) -> Any:
    """The gradient of gelu's approximation, t its hyperbolic tangent."""
    inner = 0.7978845608028654 * (1 + 3 * 0.044715 * x * x)
    return grad * (0.5 * (1 + t) + 0.5 * x * (1 - t * t) * inner)


# Derivatives are evaluated on arrays in an ordinary backward pass and on tensors in others; these
# parts are written in terms that both have.
for _f in (silu_slope, mish_slope, log_sigmoid_slope, gelu_tanh_slope):
    ARRAYS[_f.__name__] = TENSORS[_f.__name__] = _f


# --- with arguments to check, and with random slopes -------------------------------------------


def _floating(input: Tensor, kernel: str) -> Tensor:
    if input._data.dtype.kind in "biu":
        raise not_implemented(kernel, input._data.dtype)
    return input


@composite("")
def silu(input: Tensor) -> Tensor:
    """x / (1 + exp(-x))."""
    return dispatch.execute(ROWS["_silu"], (_floating(input, "silu_cpu"),))


@composite("")
def silu_(input: Tensor) -> Tensor:
    """The same as silu, written into the tensor itself."""
    return dispatch.execute_inplace(ROWS["_silu"], (_floating(input, "silu_cpu"),))


@composite("function method nn")
def prelu(input: Tensor, weight: Tensor) -> Tensor:
    """max(0, x) + a min(0, x), with one a for all or one for each channel (dimension 1).

    Args:
        weight: () or (channels).
    """
    if input.dtype != weight.dtype:
        raise RuntimeError(
            f"prelu: Type promoting not supported. Got {input.dtype.title} and "
            f"{weight.dtype.title}"
        )
    if weight.dim() > 1:
        raise RuntimeError(
            "prelu: Expected `weight` to be a scalar or 1D tensor, but got: ndim = "
            f"{weight.dim()}"
        )
    if weight.dim() == 1 and weight.numel() != 1 or weight.dim() == 1 and input.dim() > 0:
        if not input.dim():
            raise RuntimeError("Not allow zero-dim input tensor.")
        channels = input.shape[1] if input.dim() > 1 else 1
        if weight.numel() != 1 and weight.numel() != channels:
            raise RuntimeError(
                "Mismatch of parameter numbers and input channel size. Found parameter numbers = "
                f"{weight.numel()} and channel size = {channels}."
            )
    if weight.dim() == 1 and input.dim() != 1:
        weight = weight.view([-1 if i == 1 else 1 for i in range(input.dim())])
    return TENSORS["_prelu_kernel"](input, weight)


@composite("function")
def celu(input: Tensor, alpha: float = 1.0) -> Tensor:
    """max(0, x) + min(0, alpha (exp(x / alpha) - 1))."""
    return dispatch.execute(ROWS["_celu"], (input, alpha, _inverse(alpha)))


@composite("function")
def celu_(input: Tensor, alpha: float = 1.0) -> Tensor:
    """The same as celu, written into the tensor itself."""
    return dispatch.execute_inplace(ROWS["_celu"], (input, alpha, _inverse(alpha)))


def _inverse(alpha: float) -> float:
    if alpha == 0:
        raise RuntimeError("ZeroDivisionError: alpha cannot be 0 for CELU")
    return 1 / alpha


@composite("nn")
def softplus(input: Tensor, beta: float = 1.0, threshold: float = 20.0) -> Tensor:
    """log(1 + exp(beta x)) / beta; x itself where beta x is above the threshold."""
    return dispatch.execute(ROWS["_softplus"], (input, beta, threshold))


@composite("nn")
def softshrink(input: Tensor, lambd: float = 0.5) -> Tensor:
    """x - lambd above lambd, x + lambd below -lambd, 0 between."""
    if lambd < 0:
        largest = D.finfo(input.dtype).max
        raise RuntimeError(
            f"lambda must be in range [0, {largest:g}] for input dtype {input.dtype.title}, but "
            f"found {lambd:g}"
        )
    return dispatch.execute(ROWS["_softshrink"], (input, lambd))


@composite("nn")
def logsigmoid(input: Tensor) -> Tensor:
    """log(1 / (1 + exp(-x)))."""
    return dispatch.execute(ROWS["log_sigmoid"], (input,))


@composite("nn")
def gelu(input: Tensor, *, approximate: str = "none") -> Tensor:
    """x times the normal distribution's probability of a value below x.

    Args:
        approximate: "none", or "tanh" for 0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))).
    """
    if approximate not in ("none", "tanh"):
        raise RuntimeError("approximate argument must be either none or tanh.")
    row = ROWS["gelu_erf" if approximate == "none" else "gelu_tanh"]
    return dispatch.execute(row, (_floating(input, "GeluKernelImpl"),))


@op("_rrelu_noise(input, lower: float, upper: float, generator: Generator | None = None)",
    where="", random=True)
def _rrelu_noise(input: np.ndarray, lower: float, upper: float, generator: Any) -> np.ndarray:
    """A slope drawn from [lower, upper] for each element that is not positive, 1 for the others."""
    noise = np.ones(input.shape, input.dtype)
    negative = input <= 0
    count = int(negative.sum())
    drawn = uniform(generator or default_generator, (count,), np.dtype(np.float64), lower, upper)
    noise[negative] = drawn
    return noise


pointwise("_rrelu_with_noise(input, noise)", "input * noise", {"input": "grad * noise"}, FLOATING,
          r"\max(0, x) + a \min(0, x),\ a \sim U(l, u)", where="", node="RreluWithNoiseBackward0")
pointwise("_rrelu_mean(input, slope: Number)", "where(input > 0, input, input * slope)",
          {"input": "where(input > 0, grad, grad * slope)"}, FLOATING,
          r"\max(0, x) + \tfrac{l + u}{2} \min(0, x)", where="", node="RreluWithNoiseBackward0")


def _rrelu_call(
    input: Tensor, lower: float, upper: float, training: bool, generator: Any
) -> tuple:
    if lower > upper:
        raise RuntimeError(
            "Lower bound should be less than or equal to the upper bound\n"
            f"Hint: they are {lower:g} and {upper:g}."
        )
    if training:
        noise = TENSORS["_rrelu_noise"](input, lower, upper, generator)
        return ROWS["_rrelu_with_noise"], (input, noise)
    return ROWS["_rrelu_mean"], (input, (lower + upper) / 2)


@composite("function")
def rrelu(
    input: Tensor,
    lower: float = 0.125,
    upper: float = 1 / 3,
    training: bool = False,
    generator: Any = None,
) -> Tensor:
    """max(0, x) + a min(0, x), a drawn from [lower, upper] in training, else their mean."""
    return dispatch.execute(*_rrelu_call(input, lower, upper, training, generator))


@composite("function")
def rrelu_(
    input: Tensor,
    lower: float = 0.125,
    upper: float = 1 / 3,
    training: bool = False,
    generator: Any = None,
) -> Tensor:
    """The same as rrelu, written into the tensor itself."""
    return dispatch.execute_inplace(*_rrelu_call(input, lower, upper, training, generator))
