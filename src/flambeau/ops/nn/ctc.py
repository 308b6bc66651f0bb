"""Connectionist temporal classification: the loss of all alignments of a sequence of labels.

A path through the labels with blanks between them (``2 S + 1`` states) emits one symbol a step.
``alpha[t, s]`` is the logarithm of the probability of all path beginnings that reach state s at
step t; ``beta`` that of all path ends from there (A. Graves et al., ICML 2006).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...tensor.tensor import Tensor, wrap
from ..dispatch import execute
from ..expressions import TENSORS
from ..table import ROWS, composite, op

Array = np.ndarray
Ints = tuple[int, ...]
LOW = -np.inf


def _states(targets: Array, lengths: Ints, blank: int) -> Array:
    """The labels of each sample with blanks around them: (n, 2 s + 1)."""
    n, longest = len(lengths), max(lengths, default=0)
    states = np.full((n, 2 * longest + 1), blank, np.int64)
    start = 0
    for i, length in enumerate(lengths):
        if targets.ndim == 1:
            states[i, 1 : 2 * length : 2] = targets[start : start + length]
            start += length
        else:
            states[i, 1 : 2 * length : 2] = targets[i, :length]
    return states


def _log_sum(*terms: Array) -> Array:
    """log of the sum of exponentials, element by element."""
    top = np.maximum.reduce(terms)
    safe = np.where(top == LOW, 0, top)
    return np.log(sum(np.exp(t - safe) for t in terms)) + safe


def _shifted(x: Array, by: int) -> Array:
    """Each row moved on by so many states; nothing comes after it."""
    out = np.full_like(x, LOW)
    if by > 0:
        out[:, by:] = x[:, :-by]
    else:
        out[:, :by] = x[:, -by:]
    return out


def _may_skip(states: Array, blank: int) -> Array:
    """Whether a state may be reached from two states before: another label, not a blank."""
    skip = np.zeros(states.shape, np.bool_)
    skip[:, 2:] = (states[:, 2:] != blank) & (states[:, 2:] != states[:, :-2])
    return skip


def _emitted(log_probs: Array, states: Array) -> Array:
    """The log-probability of each state's symbol at each step: (t, n, 2 s + 1)."""
    rows = np.arange(states.shape[0])[:, None]
    return log_probs[:, rows, states]


def _ends(lengths: Ints) -> tuple[Array, Array]:
    """The two states in which a path may end."""
    last = 2 * np.array(lengths, np.int64)
    return last, np.maximum(last - 1, 0)


@op("_ctc_loss(log_probs, targets, input_lengths: int[], target_lengths: int[], blank: int, "
    "zero_infinity: bool)",
    derivative={"log_probs": "_ctc_loss_backward(grad, log_probs, targets, input_lengths, "
                             "target_lengths, blank, zero_infinity, result, alpha)"},
    where="", outputs=("result", "alpha"), hidden=1, nondifferentiable=("alpha",),
    node="CtcLossBackward0", formula=r"-\ln \sum_{\pi \in B^{-1}(y)} \prod_t p_t(\pi_t)")
def _ctc_loss(
    log_probs: Array, targets: Array, input_lengths: Ints, target_lengths: Ints, blank: int,
    zero_infinity: bool,
) -> tuple[Array, Array]:  # fmt: skip
    """Each sample's negative log-likelihood, and alpha."""
    states = _states(targets, target_lengths, blank)
    n = len(target_lengths)
    emitted, skip = _emitted(log_probs, states), _may_skip(states, blank)
    valid = np.arange(states.shape[1]) <= 2 * np.array(target_lengths)[:, None]
    alpha = np.full_like(emitted, LOW)
    if len(alpha):
        alpha[0, :, :2] = np.where(valid[:, :2], emitted[0, :, :2], LOW)
    for t in range(1, len(emitted)):
        before = alpha[t - 1]
        leap = np.where(skip, _shifted(before, 2), LOW)
        reached = _log_sum(before, _shifted(before, 1), leap) + emitted[t]
        alpha[t] = np.where(valid, reached, LOW)
    rows, steps = np.arange(n), np.array(input_lengths) - 1
    last, before_last = _ends(target_lengths)
    one = alpha[steps, rows, last]
    two = np.where(last > 0, alpha[steps, rows, before_last], LOW)
    loss = -_log_sum(one, two)
    nothing = np.where(np.array(target_lengths) == 0, 0.0, -LOW)  # no step, no label: certain
    loss = np.where(steps < 0, nothing, loss).astype(log_probs.dtype)
    return loss, alpha


@op("_ctc_loss_backward(grad_output, log_probs, targets, input_lengths: int[], "
    "target_lengths: int[], blank: int, zero_infinity: bool, loss, alpha)", where="")
def _ctc_loss_backward(
    grad_output: Array, log_probs: Array, targets: Array, input_lengths: Ints,
    target_lengths: Ints, blank: int, zero_infinity: bool, loss: Array, alpha: Array,
) -> Array:  # fmt: skip
    """exp(log_probs) minus how likely each symbol is at each step, given the labels."""
    states = _states(targets, target_lengths, blank)
    n = len(target_lengths)
    emitted, skip = _emitted(log_probs, states), _may_skip(states, blank)
    rows, steps = np.arange(n), np.array(input_lengths)
    last, before_last = _ends(target_lengths)
    ends = np.full(states.shape, LOW, log_probs.dtype)
    ends[rows, before_last] = 0
    ends[rows, last] = 0
    expected = np.zeros_like(log_probs)
    beta = np.full(states.shape, LOW, log_probs.dtype)
    leaps = np.zeros_like(skip)
    leaps[:, :-2] = skip[:, 2:]
    safe_loss = np.where(np.isinf(loss), 0, loss)[:, None]
    for t in range(len(emitted) - 1, -1, -1):
        leap = np.where(leaps, _shifted(beta, -2), LOW)
        onward = _log_sum(beta, _shifted(beta, -1), leap)
        onward = np.where((steps == t + 1)[:, None], ends, onward)
        beta = np.where((t < steps)[:, None], onward + emitted[t], LOW)
        share = np.exp(alpha[t] + beta + safe_loss - emitted[t])  # in this order it rounds least
        share = np.where((alpha[t] == LOW) | (beta == LOW), 0, share)
        np.add.at(expected[t], (rows[:, None], states), share)
    inside = (np.arange(len(log_probs))[:, None] < steps)[:, :, None]
    gradient = (np.exp(log_probs) - expected) * grad_output[None, :, None]
    gradient = np.where(inside, gradient, 0)
    impossible = np.isinf(loss)[None, :, None]
    if zero_infinity:
        return np.where(impossible, 0, gradient).astype(log_probs.dtype)
    return np.where(impossible & inside, np.nan, gradient).astype(log_probs.dtype)


def _lengths(value: Any, n: int, name: str) -> Ints:
    lengths = value.reshape(-1).tolist() if isinstance(value, Tensor) else list(value)
    if len(lengths) != n:
        raise RuntimeError(f"{name} must be of size batch_size")
    return tuple(int(v) for v in lengths)


@composite("function nn")
def ctc_loss(
    log_probs: Tensor,
    targets: Tensor,
    input_lengths: Tensor | Sequence[int],
    target_lengths: Tensor | Sequence[int],
    blank: int = 0,
    reduction: str = "mean",
    zero_infinity: bool = False,
) -> Tensor:
    """Minus the logarithm of the probability of all ways to read the targets.

    Args:
        log_probs: (T, N, C), or (T, C): log-probabilities of the classes at each step.
        targets: (N, S), or all of them in a row; class numbers without the blank.
        input_lengths, target_lengths: (N), how much of each sample counts.
        blank: the class that stands for no label.
        reduction: "mean" divides by the targets' lengths first; "sum"; "none".
        zero_infinity: what cannot be read at all costs 0 and has no gradient.
    """
    if isinstance(reduction, int):
        reduction = ("none", "mean", "sum")[reduction]
    if reduction not in ("none", "mean", "sum"):
        raise ValueError(f"{reduction} is not a valid value for reduction")
    if log_probs.dim() == 2:
        single = log_probs.unsqueeze(1)
        loss = ctc_loss(single, targets.reshape(1, -1), input_lengths, target_lengths, blank,
                        reduction, zero_infinity)  # fmt: skip
        return loss.squeeze(0) if reduction == "none" else loss
    steps, n, classes = log_probs._data.shape
    inputs = _lengths(input_lengths, n, "input_lengths")
    labels = _lengths(target_lengths, n, "target_lengths")
    _check(targets._data, inputs, labels, steps, classes, blank)
    loss = execute(ROWS["_ctc_loss"], (log_probs, targets, inputs, labels, blank, zero_infinity))
    where = TENSORS["where"]
    if zero_infinity:
        loss = where(loss == np.inf, 0.0, loss)
    if reduction == "none":
        return loss
    if reduction == "sum":
        return loss.sum()
    counts = wrap(np.maximum(labels, 1).astype(log_probs._data.dtype))
    return (loss / counts).mean()


def _check(
    targets: Array, inputs: Ints, labels: Ints, steps: int, classes: int, blank: int
) -> None:
    where = "(while checking arguments for ctc_loss_allocate_outputs)"
    if not 0 <= blank < classes:
        raise RuntimeError("blank must be in label range")
    if max(inputs, default=0) > steps:
        raise RuntimeError(
            f"Expected input_lengths to have value at most {steps}, but got value {max(inputs)} "
            + where
        )
    if min(inputs, default=0) < 0 or min(labels, default=0) < 0:
        raise RuntimeError(f"Expected lengths to have non-negative values {where}")
    if targets.ndim == 1 and sum(labels) > targets.size:
        raise RuntimeError(
            f"Expected targets to have at least {sum(labels)} elements, but got {targets.size} "
            + where
        )
    if targets.ndim == 2 and max(labels, default=0) > targets.shape[1]:
        raise RuntimeError(
            f"Expected tensor to have size at least {max(labels)} at dimension 1, but got size "
            f"{targets.shape[1]} for argument #2 'targets' {where}"
        )
