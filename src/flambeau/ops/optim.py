"""The optimizers' updates: a rule each, with its formula and where it comes from.

A rule is a function ``rule(k, p, g, *state, **numbers)`` of flat arrays of one length: the
parameter, its gradient and its state. It is written in the arithmetic ``k`` of :mod:`.tiles`, in
PyTorch's order of operations, so that one text serves eager arrays, half types, tensors with
gradients (``differentiable=True``) and the compiler. What changes from step to step (bias
corrections, step sizes) is worked out once per call by the update's ``coefficients`` from the step
counts; the rule itself sees numbers alone.

Notation: theta is the parameter, g its gradient, t the step count, gamma the learning rate and
lambda the weight decay. ``maximize`` negates g.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ml_dtypes
import numpy as np

from .updates import update

Array = np.ndarray


def _descent(k: Any, p: Any, g: Any, maximize: bool, weight_decay: Any) -> Any:
    """The gradient to go down by: its sign for ``maximize``, and L2 weight decay."""
    if maximize:
        g = k.neg(g)
    if weight_decay:
        g = k.add(g, p, weight_decay)
    return g


# ---------------------------------------------------------------------------------- gradient steps


@update(
    "sgd_(params: Tensors, grads: Tensors, momentum_buffers: Tensors | None, *, lr: float, "
    "momentum: float, dampening: float, weight_decay: float, nesterov: bool, "
    "maximize: bool, first: bool)",
)
def sgd(
    k: Any, p: Any, g: Any, momentum_buffer: Any, *, lr: Any, momentum: float, dampening: float,
    weight_decay: Any, nesterov: bool, maximize: bool, first: bool,
) -> None:  # fmt: skip
    r"""g += \lambda\theta;  b = \mu b + (1 - \tau) g;  \theta -= \gamma b  (Nesterov: g + \mu b)

    The first step starts with b = g. Robbins and Monro, "A stochastic approximation method" (1951);
    Sutskever et al., "On the importance of initialization and momentum in deep learning" (2013).
    """
    g = _descent(k, p, g, maximize, weight_decay)
    if momentum:
        if first:
            k.copy_(momentum_buffer, g)
        else:
            k.mul_(momentum_buffer, momentum)
            k.add_(momentum_buffer, g, 1 - dampening)
        g = k.add(g, momentum_buffer, momentum) if nesterov else momentum_buffer
    k.add_(p, g, -lr)


def _asgd_numbers(
    step: float, eta: float, mu: float, *, lr: float, lambd: float, alpha: float, t0: float,
    weight_decay: Any, maximize: bool,
) -> tuple[tuple, dict[str, Any]]:  # fmt: skip
    step += 1
    after = step, lr / (1 + lambd * lr * step) ** alpha, 1 / max(1, step - t0)
    numbers = {
        "lambd": lambd,
        "weight_decay": weight_decay,
        "maximize": maximize,
        "eta": eta,
        "mu": mu,
    }
    return after, numbers


@update(
    "asgd_(params: Tensors, grads: Tensors, axs: Tensors, state_steps: Tensors, etas: Tensors, "
    "mus: Tensors, *, lr: float, lambd: float, alpha: float, t0: float, "
    "weight_decay: float, maximize: bool)",
    coefficients=_asgd_numbers,
    clocks=3,
)
def asgd(
    k: Any, p: Any, g: Any, ax: Any, *, lambd: float, weight_decay: Any, maximize: bool, eta: float,
    mu: float,
) -> None:  # fmt: skip
    r"""\theta = (1 - \lambda_d \eta)\theta - \eta g;  \bar\theta += \mu (\theta - \bar\theta)

    \eta_t = \gamma / (1 + \lambda_d \gamma t)^\alpha and \mu_t = 1 / \max(1, t - t_0). Polyak and
    Juditsky, "Acceleration of stochastic approximation by averaging" (1992).
    """
    g = _descent(k, p, g, maximize, weight_decay)
    k.mul_(p, 1 - lambd * eta)
    k.add_(p, g, -eta)
    if mu == 1:
        k.copy_(ax, p)
    else:
        away = k.add(p, ax, -1)
        k.mul_(away, mu)
        k.add_(ax, away)


@update(
    "rprop_(params: Tensors, grads: Tensors, prevs: Tensors, step_sizes: Tensors, "
    "state_steps: Tensors, *, etaminus: float, etaplus: float, step_size_min: float, "
    "step_size_max: float, maximize: bool)",
    clocks=1,
)
def rprop(
    k: Any, p: Any, g: Any, prev: Any, step_size: Any, *, etaminus: float, etaplus: float,
    step_size_min: float, step_size_max: float, maximize: bool,
) -> None:  # fmt: skip
    r"""s = clamp(s \eta^\pm);  \theta -= s sign(g), where s grows while g keeps its sign

    Where the sign has changed, the step shrinks and g counts as 0. Riedmiller and Braun, "A direct
    adaptive method for faster backpropagation learning: the RPROP algorithm" (1993).
    """
    if maximize:
        g = k.neg(g)
    change = k.mul(g, prev)
    k.mul_(step_size, k.by_sign(change, etaminus, 1.0, etaplus))
    k.clamp_(step_size, step_size_min, step_size_max)
    g = k.zero_where_negative(g, change)
    k.addcmul_(p, k.by_sign(g, -1.0, 0.0, 1.0), step_size, -1)
    k.copy_(prev, g)


# ------------------------------------------------------------------------------------- Adam's kind


def _decay(lr: Any, weight_decay: Any, decoupled: bool) -> dict[str, Any]:
    """Weight decay as a factor for the parameter (decoupled) or as a part of the gradient."""
    if not weight_decay:
        return {"decay": None, "weight_decay": None}
    if decoupled:
        return {"decay": 1 - lr * weight_decay, "weight_decay": None}
    return {"decay": None, "weight_decay": weight_decay}


def _adam_numbers(
    step: float, *, lr: Any, beta1: Any, beta2: Any, eps: float, weight_decay: Any,
    decoupled_weight_decay: bool, maximize: bool,
) -> tuple[tuple, dict[str, Any]]:  # fmt: skip
    step += 1
    numbers = dict(
        beta1=beta1,
        beta2=beta2,
        eps=eps,
        maximize=maximize,
        step_size=lr / (1 - beta1**step),
        bias_correction2_sqrt=(1 - beta2**step) ** 0.5,
        **_decay(lr, weight_decay, decoupled_weight_decay),
    )
    return (step,), numbers


@update(
    "adam_(params: Tensors, grads: Tensors, exp_avgs: Tensors, exp_avg_sqs: Tensors, "
    "max_exp_avg_sqs: Tensors | None, state_steps: Tensors, *, lr: float, beta1: float, "
    "beta2: float, eps: float, weight_decay: float, decoupled_weight_decay: bool, "
    "maximize: bool)",
    coefficients=_adam_numbers,
    clocks=1,
)
def adam(
    k: Any, p: Any, g: Any, exp_avg: Any, exp_avg_sq: Any, max_exp_avg_sq: Any, *, beta1: Any,
    beta2: Any, decay: Any, weight_decay: Any, eps: float, maximize: bool, step_size: Any,
    bias_correction2_sqrt: Any,
) -> None:  # fmt: skip
    r"""m = \beta_1 m + (1-\beta_1) g;  v = \beta_2 v + (1-\beta_2) g^2;
    \theta -= \gamma \hat m / (\sqrt{\hat v} + \epsilon)

    \hat m = m / (1-\beta_1^t), \hat v = v / (1-\beta_2^t). AMSGrad takes the largest v so far.
    Weight decay adds \lambda\theta to g, or, decoupled (AdamW), first scales \theta by
    1 - \gamma\lambda. Kingma and Ba, arXiv:1412.6980; Reddi et al., arXiv:1904.09237; Loshchilov
    and Hutter, arXiv:1711.05101.
    """
    if decay is not None:
        k.mul_(p, decay)
    g = _descent(k, p, g, maximize, weight_decay)
    k.lerp_(exp_avg, g, 1 - beta1)
    k.mul_(exp_avg_sq, beta2)
    k.addcmul_(exp_avg_sq, g, g, 1 - beta2)
    if max_exp_avg_sq is not None:
        k.maximum_(max_exp_avg_sq, exp_avg_sq)
        exp_avg_sq = max_exp_avg_sq
    denom = k.sqrt(exp_avg_sq)
    k.div_(denom, bias_correction2_sqrt)
    k.add_(denom, eps)
    k.addcdiv_(p, exp_avg, denom, -step_size)


def _adamax_numbers(
    step: float, *, lr: Any, beta1: float, **numbers: Any
) -> tuple[tuple, dict[str, Any]]:
    step += 1
    return (step,), dict(numbers, beta1=beta1, step_size=lr / (1 - beta1**step))


@update(
    "adamax_(params: Tensors, grads: Tensors, exp_avgs: Tensors, exp_infs: Tensors, "
    "state_steps: Tensors, *, lr: float, beta1: float, beta2: float, eps: float, "
    "weight_decay: float, maximize: bool)",
    coefficients=_adamax_numbers,
    clocks=1,
)
def adamax(
    k: Any, p: Any, g: Any, exp_avg: Any, exp_inf: Any, *, beta1: float, beta2: float, eps: float,
    weight_decay: Any, maximize: bool, step_size: Any,
) -> None:  # fmt: skip
    r"""m = \beta_1 m + (1-\beta_1) g;  u = \max(\beta_2 u, |g| + \epsilon);
    \theta -= \gamma m / ((1-\beta_1^t) u)

    Adam with the largest gradient in place of its mean square. Kingma and Ba, arXiv:1412.6980.
    """
    g = _descent(k, p, g, maximize, weight_decay)
    k.lerp_(exp_avg, g, 1 - beta1)
    k.mul_(exp_inf, beta2)
    size = k.abs(g)
    k.add_(size, eps)
    k.maximum_(exp_inf, size)
    k.addcdiv_(p, exp_avg, exp_inf, -step_size)


def _nadam_numbers(
    step: float, mu_product: float, *, lr: Any, beta1: float, beta2: float, eps: float,
    weight_decay: Any, momentum_decay: float, decoupled_weight_decay: bool, maximize: bool,
) -> tuple[tuple, dict[str, Any]]:  # fmt: skip
    step += 1
    mu = beta1 * (1 - 0.5 * 0.96 ** (step * momentum_decay))
    mu_next = beta1 * (1 - 0.5 * 0.96 ** ((step + 1) * momentum_decay))
    mu_product = float(np.float32(mu_product * mu))  # as its state keeps it
    numbers = dict(
        beta1=beta1,
        beta2=beta2,
        eps=eps,
        maximize=maximize,
        bias_correction2=1 - beta2**step,
        grad_size=lr * (1 - mu) / (1 - mu_product),
        exp_avg_size=lr * mu_next / (1 - mu_product * mu_next),
        **_decay(lr, weight_decay, decoupled_weight_decay),
    )
    return (step, mu_product), numbers


@update(
    "nadam_(params: Tensors, grads: Tensors, exp_avgs: Tensors, exp_avg_sqs: Tensors, "
    "state_steps: Tensors, mu_products: Tensors, *, lr: float, beta1: float, beta2: float, "
    "eps: float, weight_decay: float, momentum_decay: float, decoupled_weight_decay: bool, "
    "maximize: bool)",
    coefficients=_nadam_numbers,
    clocks=2,
)
def nadam(
    k: Any, p: Any, g: Any, exp_avg: Any, exp_avg_sq: Any, *, beta1: float, beta2: float,
    eps: float, decay: Any, weight_decay: Any, maximize: bool, bias_correction2: float,
    grad_size: Any, exp_avg_size: Any,
) -> None:  # fmt: skip
    r"""\theta -= (\gamma (1-\mu_t) / (1-\prod\mu) g + \gamma\mu_{t+1} / (1-\prod\mu\,\mu_{t+1}) m)
    / (\sqrt{\hat v} + \epsilon)

    Adam with Nesterov momentum; \mu_t = \beta_1 (1 - 0.96^{t\psi} / 2). Dozat, "Incorporating
    Nesterov momentum into Adam" (2016).
    """
    if decay is not None:
        k.mul_(p, decay)
    g = _descent(k, p, g, maximize, weight_decay)
    k.lerp_(exp_avg, g, 1 - beta1)
    k.mul_(exp_avg_sq, beta2)
    k.addcmul_(exp_avg_sq, g, g, 1 - beta2)
    denom = k.div(exp_avg_sq, bias_correction2)
    k.sqrt_(denom)
    k.add_(denom, eps)
    k.addcdiv_(p, g, denom, -grad_size)
    k.addcdiv_(p, exp_avg, denom, -exp_avg_size)


def _radam_numbers(
    step: float, *, lr: Any, beta1: float, beta2: float, eps: float, weight_decay: Any,
    decoupled_weight_decay: bool, maximize: bool,
) -> tuple[tuple, dict[str, Any]]:  # fmt: skip
    step += 1
    bias_correction2 = 1 - beta2**step
    most = 2 / (1 - beta2) - 1
    rho = most - 2 * step * beta2**step / bias_correction2
    rectification = None
    if rho > 5:
        rectification = ((rho - 4) * (rho - 2) * most / ((most - 4) * (most - 2) * rho)) ** 0.5
    numbers = dict(
        lr=lr,
        beta1=beta1,
        beta2=beta2,
        eps=eps,
        maximize=maximize,
        bias_correction1=1 - beta1**step,
        bias_correction2_sqrt=bias_correction2**0.5,
        rectification=rectification,
        **_decay(lr, weight_decay, decoupled_weight_decay),
    )
    return (step,), numbers


@update(
    "radam_(params: Tensors, grads: Tensors, exp_avgs: Tensors, exp_avg_sqs: Tensors, "
    "state_steps: Tensors, *, lr: float, beta1: float, beta2: float, eps: float, "
    "weight_decay: float, decoupled_weight_decay: bool, maximize: bool)",
    coefficients=_radam_numbers,
    clocks=1,
)
def radam(
    k: Any, p: Any, g: Any, exp_avg: Any, exp_avg_sq: Any, *, lr: Any, beta1: float, beta2: float,
    eps: float, decay: Any, weight_decay: Any, maximize: bool, bias_correction1: float,
    bias_correction2_sqrt: float, rectification: float | None,
) -> None:  # fmt: skip
    r"""\theta -= \gamma\hat m r / \hat v^{1/2} where \rho_t > 5, else \theta -= \gamma\hat m

    r = \sqrt{(\rho_t-4)(\rho_t-2)\rho_\infty / ((\rho_\infty-4)(\rho_\infty-2)\rho_t)},
    \rho_t = \rho_\infty - 2t\beta_2^t/(1-\beta_2^t), \rho_\infty = 2/(1-\beta_2) - 1. Liu et al.,
    "On the variance of the adaptive learning rate and beyond", arXiv:1908.03265.
    """
    if decay is not None:
        k.mul_(p, decay)
    g = _descent(k, p, g, maximize, weight_decay)
    k.lerp_(exp_avg, g, 1 - beta1)
    k.mul_(exp_avg_sq, beta2)
    k.addcmul_(exp_avg_sq, g, g, 1 - beta2)
    update = k.div(exp_avg, bias_correction1)
    k.mul_(update, lr)
    if rectification is not None:
        denom = k.sqrt(exp_avg_sq)
        k.add_(denom, eps)
        adaptive = k.reciprocal(denom)
        k.mul_(adaptive, bias_correction2_sqrt)
        k.mul_(update, adaptive)
        k.mul_(update, rectification)
    k.add_(p, update, -1)


# ---------------------------------------------------------------------- scaled by past gradients


@update(
    "rmsprop_(params: Tensors, grads: Tensors, square_avgs: Tensors, "
    "momentum_buffers: Tensors | None, grad_avgs: Tensors | None, state_steps: Tensors, *, "
    "lr: float, alpha: float, eps: float, weight_decay: float, momentum: float, "
    "maximize: bool)",
    clocks=1,
)
def rmsprop(
    k: Any, p: Any, g: Any, square_avg: Any, momentum_buffer: Any, grad_avg: Any, *, lr: Any,
    alpha: float, eps: float, weight_decay: Any, momentum: float, maximize: bool,
) -> None:  # fmt: skip
    r"""v = \alpha v + (1-\alpha) g^2;  b = \mu b + g / (\sqrt v + \epsilon);  \theta -= \gamma b

    Centered: \sqrt{v - \bar g^2} in place of \sqrt v. Hinton, "Neural networks for machine
    learning", lecture 6; centered: Graves, arXiv:1308.0850.
    """
    g = _descent(k, p, g, maximize, weight_decay)
    k.mul_(square_avg, alpha)
    k.addcmul_(square_avg, g, g, 1 - alpha)
    if grad_avg is None:
        avg = k.sqrt(square_avg)
    else:
        k.lerp_(grad_avg, g, 1 - alpha)
        avg = k.addcmul(square_avg, grad_avg, grad_avg, -1)
        k.sqrt_(avg)
    k.add_(avg, eps)
    if momentum_buffer is None:
        k.addcdiv_(p, g, avg, -lr)
    else:
        k.mul_(momentum_buffer, momentum)
        k.addcdiv_(momentum_buffer, g, avg)
        k.add_(p, momentum_buffer, -lr)


def _adagrad_numbers(
    step: float, *, lr: Any, lr_decay: float, **numbers: Any
) -> tuple[tuple, dict[str, Any]]:
    return (step + 1,), dict(numbers, step_size=lr / (1 + step * lr_decay))


@update(
    "adagrad_(params: Tensors, grads: Tensors, state_sums: Tensors, state_steps: Tensors, *, "
    "lr: float, lr_decay: float, eps: float, weight_decay: float, maximize: bool)",
    coefficients=_adagrad_numbers,
    clocks=1,
)
def adagrad(
    k: Any, p: Any, g: Any, sum: Any, *, eps: float, weight_decay: Any, maximize: bool,
    step_size: Any,
) -> None:  # fmt: skip
    r"""s += g^2;  \theta -= \gamma / (1 + (t-1)\eta) \; g / (\sqrt s + \epsilon)

    Duchi, Hazan and Singer, "Adaptive subgradient methods for online learning and stochastic
    optimization" (2011).
    """
    g = _descent(k, p, g, maximize, weight_decay)
    k.addcmul_(sum, g, g)
    std = k.sqrt(sum)
    k.add_(std, eps)
    k.addcdiv_(p, g, std, -step_size)


@update(
    "adadelta_(params: Tensors, grads: Tensors, square_avgs: Tensors, acc_deltas: Tensors, "
    "state_steps: Tensors, *, lr: float, rho: float, eps: float, weight_decay: float, "
    "maximize: bool)",
    clocks=1,
)
def adadelta(
    k: Any, p: Any, g: Any, square_avg: Any, acc_delta: Any, *, lr: Any, rho: float, eps: float,
    weight_decay: Any, maximize: bool,
) -> None:  # fmt: skip
    r"""v = \rho v + (1-\rho) g^2;  d = g \sqrt{u + \epsilon} / \sqrt{v + \epsilon};
    u = \rho u + (1-\rho) d^2;  \theta -= \gamma d

    Zeiler, "ADADELTA: an adaptive learning rate method", arXiv:1212.5701.
    """
    g = _descent(k, p, g, maximize, weight_decay)
    k.mul_(square_avg, rho)
    k.addcmul_(square_avg, g, g, 1 - rho)
    std = k.add(square_avg, eps)
    k.sqrt_(std)
    delta = k.add(acc_delta, eps)
    k.sqrt_(delta)
    k.div_(delta, std)
    k.mul_(delta, g)
    k.mul_(acc_delta, rho)
    k.addcmul_(acc_delta, delta, delta, 1 - rho)
    k.add_(p, delta, -lr)


# ------------------------------------------------------------------- updates of whole matrices


def _adafactor_numbers(
    step: float, *, beta2_decay: float, **numbers: Any
) -> tuple[tuple, dict[str, Any]]:
    step += 1
    return (step,), dict(numbers, step=step, weight=step**beta2_decay)


@update(
    "adafactor_(params: Tensors, grads: Tensors, row_vars: Tensors | None, "
    "col_vars: Tensors | None, variances: Tensors | None, state_steps: Tensors, *, lr: float, "
    "beta2_decay: float, eps1: float, eps2: float, d: float, weight_decay: float, maximize: bool)",
    coefficients=_adafactor_numbers,
    clocks=1,
    whole=True,
)
def adafactor(
    p: Array, g: Array, row_var: Array | None, col_var: Array | None, variance: Array | None, *,
    lr: float, eps1: float, eps2: float, d: float, weight_decay: float, maximize: bool,
    step: float, weight: float,
) -> None:  # fmt: skip
    r"""\theta -= \max(\epsilon_2, rms(\theta)) \rho_t u / \max(1, rms(u)/d),  u = g / \sqrt{\hat v}

    Of a matrix, \hat v is kept as its row and column means alone: \hat v = R C^T / mean(R).
    \rho_t = \min(\gamma, 1/\sqrt t) and the means' weight is t^{\beta_2 decay}. Shazeer and Stern,
    "Adafactor: adaptive learning rates with sublinear memory cost", arXiv:1804.04235.
    """
    if maximize:
        g = -g
    size = max(eps2, float(np.sqrt(np.square(p).sum())) / p.size**0.5) * min(lr, step**-0.5)
    if weight_decay:
        p *= p.dtype.type(1 - lr * weight_decay)
    square = g * g
    weight_ = p.dtype.type(weight)
    if row_var is not None and col_var is not None:
        row_var += weight_ * (square.mean(-1, keepdims=True) - row_var)
        col_var += weight_ * (square.mean(-2, keepdims=True) - col_var)
        mean = np.maximum(row_var.mean(-2, keepdims=True), p.dtype.type(eps1))
        estimate = np.matmul(row_var, col_var) / mean
    else:
        assert variance is not None
        variance += weight_ * (square - variance)
        estimate = variance.copy()
    np.maximum(estimate, p.dtype.type(eps1 * eps1), out=estimate)
    update = np.divide(g, np.sqrt(estimate), out=estimate)
    rms = float(np.sqrt(np.square(update).sum())) / update.size**0.5
    update *= p.dtype.type(-size / max(1.0, rms / d))
    p += update


@update(
    "muon_(params: Tensors, grads: Tensors, momentum_buffers: Tensors, *, lr: float, "
    "weight_decay: float, momentum: float, nesterov: bool, ns_coefficients: tuple, "
    "ns_steps: int, eps: float, adjusted_lr: object)",
    whole=True,
)
def muon(
    p: Array, g: Array, momentum_buffer: Array, *, lr: float, weight_decay: float, momentum: float,
    nesterov: bool, ns_coefficients: tuple[float, float, float], ns_steps: int, eps: float,
    adjusted_lr: Callable[[tuple[int, ...]], float],
) -> None:  # fmt: skip
    r"""b += (1-\mu)(g - b);  \theta = (1 - \gamma\lambda)\theta - \gamma' orthogonalised(b)

    A Newton-Schulz iteration in bfloat16 replaces the singular values of b (Nesterov: of
    g + \mu (b - g)) by about 1. Jordan et al., "Muon: an optimizer for hidden layers in neural
    networks" (2024).
    """
    momentum_buffer += p.dtype.type(1 - momentum) * (g - momentum_buffer)
    update = momentum_buffer
    if nesterov:
        update = momentum_buffer - p.dtype.type(1 - momentum) * (momentum_buffer - g)
    update = orthogonalised(update, ns_coefficients, ns_steps, eps)
    p *= p.dtype.type(1 - lr * weight_decay)
    p -= p.dtype.type(adjusted_lr(p.shape)) * update.astype(p.dtype)


def orthogonalised(
    matrix: Array, coefficients: tuple[float, float, float], steps: int, eps: float
) -> Array:
    """The nearest semi-orthogonal matrix, roughly: `steps` Newton-Schulz steps in bfloat16."""
    a, b, c = (np.float32(x) for x in coefficients)
    x = _bfloat16(matrix)
    tall = x.shape[0] > x.shape[1]
    if tall:
        x = x.T
    norm = _bfloat16(np.sqrt(np.square(x).sum()))
    x = _bfloat16(x / np.maximum(norm, np.float32(eps)))
    for _ in range(steps):
        gram = _bfloat16(x @ x.T)
        gram_update = _bfloat16(b * gram + c * (gram @ gram))
        x = _bfloat16(a * x + gram_update @ x)
    return x.T if tall else x


def _bfloat16(x: Array) -> Array:
    """float32 numbers, rounded to what bfloat16 can hold."""
    return np.asarray(x).astype(ml_dtypes.bfloat16).astype(np.float32)
