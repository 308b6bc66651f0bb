"""Losses: those by element as rows with their reduction, and those of class numbers.

``reduction`` is "mean", "sum" or "none".
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ...autograd.modes import mode
from ...tensor.tensor import Tensor
from ..array_reductions import widened
from ..contractions import accumulate_type, not_implemented, scalar_type_error
from ..dispatch import execute
from ..expressions import TENSORS
from ..table import PROMOTE, ROWS, composite, op

Array = np.ndarray
Ints = tuple[int, ...]
INT64 = np.dtype(np.int64)
REDUCTIONS = ("none", "mean", "sum")


def _reduced(loss: Array, reduction: str) -> Array:
    if reduction == "none":
        return loss
    total = loss.sum()
    return np.asarray(total / loss.size if reduction == "mean" else total, loss.dtype)


def _shared(grad: Any, reduction: str, shape: Ints) -> Any:
    """What each element gets of the gradient of a reduced loss; tensors and arrays alike."""
    return grad * (1 / max(1, math.prod(shape))) if reduction == "mean" else grad


TENSORS["shared"] = _shared

# --- by element --------------------------------------------------------------------------------


def elementwise(
    signature: str, node: str, formula: str, slopes: dict[str, str]
) -> Callable[[Callable], Callable]:
    """Adds the row of a loss: the decorated function gives it by element, before the reduction.

    ``slopes`` are derivatives by element, to which the reduction's share of the gradient is added.
    """
    derivative = {
        name: f"in_type(shared(grad, reduction, input.shape) * ({slope}), {name}.dtype)"
        for name, slope in slopes.items()
    }

    def add(loss: Callable) -> Callable:
        def kernel(*args: Any) -> Array:
            input, reduction = args[0], args[-1]
            if input.dtype.kind in "biu":
                name = node.lower().removesuffix("lossbackward0")
                raise not_implemented(name + "_cpu", input.dtype)
            return _reduced(loss(*args[:-1]), reduction)

        kernel.__name__, kernel.__doc__ = loss.__name__, loss.__doc__
        op(f"{signature[:-1]}, reduction: str)", derivative=derivative, where="", node=node,
           rule=PROMOTE, formula=formula, lowering="reduction")(kernel)  # fmt: skip
        return loss

    return add


@elementwise("mse_loss(input, target)", "MseLossBackward0", r"(x - y)^2",
             {"input": "(input - target) * 2", "target": "(target - input) * 2"})
def mse_loss(input: Array, target: Array) -> Array:
    difference = input - target
    difference *= difference
    return difference


@elementwise("smooth_l1_loss(input, target, beta: float)", "SmoothL1LossBackward0",
             r"\frac{(x - y)^2}{2\beta} \text{ if } |x - y| < \beta, \text{ else } "
             r"|x - y| - \frac{\beta}{2}",
             {"input": "smooth_slope(input - target, beta)",
              "target": "smooth_slope(target - input, beta)"})
def smooth_l1_loss(input: Array, target: Array, beta: float) -> Array:
    size = np.abs(input - target)
    if beta == 0:
        return size
    return np.where(size < beta, 0.5 * size * size / beta, size - 0.5 * beta)


def _smooth_slope(difference: Tensor, beta: float) -> Tensor:
    if beta == 0:
        return difference.sign()
    return TENSORS["where"](difference.abs() < beta, difference / beta, difference.sign())


@elementwise("huber_loss(input, target, delta: float)", "HuberLossBackward0",
             r"\tfrac{1}{2} (x - y)^2 \text{ if } |x - y| < \delta, \text{ else } "
             r"\delta (|x - y| - \tfrac{\delta}{2})",
             {"input": "huber_slope(input - target, delta)",
              "target": "huber_slope(target - input, delta)"})
def huber_loss(input: Array, target: Array, delta: float) -> Array:
    size = np.abs(input - target)
    return np.where(size < delta, 0.5 * size * size, delta * (size - 0.5 * delta))


def _huber_slope(difference: Tensor, delta: float) -> Tensor:
    return difference.clamp(-delta, delta)


@elementwise("soft_margin_loss(input, target)", "SoftMarginLossBackward0", r"\ln(1 + e^{-yx})",
             {"input": "-target * (-target * input).sigmoid()",
              "target": "-input * (-target * input).sigmoid()"})
def soft_margin_loss(input: Array, target: Array) -> Array:
    return np.log1p(np.exp(-target * input))


@elementwise("_bce(input, target, weight: Tensor | None)", "BinaryCrossEntropyBackward0",
             r"-w\,(y \ln x + (1 - y) \ln(1 - x))",
             {"input": "weighted((input - target) / ((1 - input) * input).clamp_min(1e-12), "
                       "weight)",
              "target": "weighted((1 - input).log().clamp_min(-100) - "
                        "input.log().clamp_min(-100), weight)"})
def _bce(input: Array, target: Array, weight: Array | None) -> Array:
    if not ((input >= 0) & (input <= 1)).all():
        raise RuntimeError(
            "all elements of input should be between 0 and 1\n"
            "Hint: the input must be probabilities (after a sigmoid); for scores use "
            "binary_cross_entropy_with_logits."
        )
    loss = (target - 1) * np.maximum(np.log1p(-input), -100)
    loss -= target * np.maximum(np.log(input), -100)
    return loss if weight is None else loss * weight


@elementwise(
    "_bce_with_logits(input, target, weight: Tensor | None, pos_weight: Tensor | None)",
    "BinaryCrossEntropyWithLogitsBackward0",
    r"-w\,(p\,y \ln \sigma(x) + (1 - y) \ln(1 - \sigma(x)))",
    {"input": "weighted(logits_slope(input, target, pos_weight), weight)",
     "target": "weighted(logits_target_slope(input, pos_weight), weight)"})  # fmt: skip
def _bce_with_logits(
    input: Array, target: Array, weight: Array | None, pos_weight: Array | None
) -> Array:
    softplus = np.log1p(np.exp(-np.abs(input)))
    softplus += np.maximum(-input, 0)  # log(1 + exp(-x)), without overflow
    if pos_weight is not None:
        softplus = softplus * (1 + (pos_weight - 1) * target)
    loss = (1 - target) * input
    loss += softplus
    return loss if weight is None else loss * weight


def _weighted(slope: Tensor, weight: Tensor | None) -> Tensor:
    return slope if weight is None else slope * weight


def _logits_slope(x: Tensor, target: Tensor, pos_weight: Tensor | None) -> Tensor:
    if pos_weight is None:
        return x.sigmoid() - target
    positive = pos_weight * target
    return (positive + 1 - target) * x.sigmoid() - positive


def _logits_target_slope(x: Tensor, pos_weight: Tensor | None) -> Tensor:
    if pos_weight is None:
        return -x
    log_sigmoid = TENSORS["log_sigmoid"]
    return log_sigmoid(-x) - pos_weight * log_sigmoid(x)


for _f in (_smooth_slope, _huber_slope, _weighted, _logits_slope, _logits_target_slope):
    TENSORS[_f.__name__[1:]] = _f


@composite("")
def binary_cross_entropy(
    input: Tensor, target: Tensor, weight: Tensor | None = None, reduction: str = "mean"
) -> Tensor:
    """-w (y log x + (1 - y) log(1 - x)) for probabilities x; logarithms are at least -100."""
    if target.dtype != input.dtype:
        raise RuntimeError(
            f"Found dtype {target.dtype.title} but expected {input.dtype.title}\n"
            f"Hint: convert the target with .to({input.dtype!r})."
        )
    return execute(ROWS["_bce"], (input, target, weight, reduction))


@composite("")
def binary_cross_entropy_with_logits(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    pos_weight: Tensor | None = None,
    reduction: str = "mean",
) -> Tensor:
    """binary_cross_entropy of sigmoid(x), computed so that nothing overflows."""
    if not target.is_floating_point() and input.is_floating_point():
        raise RuntimeError(
            f"result type {input.dtype.title} can't be cast to the desired output type "
            f"{target.dtype.title}\nHint: convert the target with .to({input.dtype!r})."
        )
    return execute(ROWS["_bce_with_logits"], (input, target, weight, pos_weight, reduction))


# --- class numbers -----------------------------------------------------------------------------


def _class_numbers(target: Array, classes: int, ignore_index: int) -> tuple[Array, Array | None]:
    """Class numbers that can be looked up, and which count (None: all of them).

    IndexError where one is no class.
    """
    if not target.size:
        return target, None
    # Read as unsigned, a negative number is larger than any class.
    numbers = target.view(np.uint64) if target.dtype == np.int64 else target
    if np.maximum.reduce(numbers, None) < classes and not 0 <= ignore_index < classes:
        return target, None
    ignored = target == ignore_index
    safe = np.where(ignored, 0, target)
    wrong = (safe < 0) | (safe >= classes)
    if wrong.any():
        raise IndexError(
            f"Target {safe[wrong].reshape(-1)[0]} is out of bounds.\n"
            f"Hint: there are {classes} classes, numbered from 0 to {classes - 1}."
        )
    return safe, ~ignored


def _picked(x: Array, target: Array, ignore_index: int) -> tuple[Array, Array | None, Array]:
    """What ``_class_numbers`` gives, and each row's number at its class."""
    n, classes = x.shape
    rows = np.arange(n)
    if not 0 <= ignore_index < classes:
        try:  # the usual case in one call, which refuses what is no class
            return target, None, x.take(np.ravel_multi_index((rows, target), x.shape))
        except ValueError:
            pass
    places, counts = _class_numbers(target, classes, ignore_index)
    return places, counts, x[rows, places]


def _shares(
    places: Array, counts: Array | None, weight: Array | None, reduction: str, dtype: np.dtype
) -> Array:
    """What each sample's log-probability weighs in the result."""
    if weight is None and counts is None:
        size = places.size if reduction == "mean" else 1
        return np.asarray(1 / size if size else np.nan, dtype)
    share = np.ones(places.shape, dtype) if weight is None else weight[places].astype(dtype)
    if counts is not None:
        share = share * counts
    if reduction != "mean":
        return share
    total = share.sum()
    return share / total if total else np.zeros_like(share)


def _in_rows(places: Array, classes: int) -> Array:
    """Class numbers as places in the elements of all rows, one after another."""
    return places + np.arange(0, len(places) * classes, classes or 1)


def _along(places: Array) -> Array:
    """Class numbers as an index along the dimension of the classes."""
    return places[:, None]


@op("_cross_entropy(input, target, weight: Tensor | None, ignore_index: int, reduction: str)",
    derivative={"input": "cross_entropy_gradient(grad, input, target, weight, ignore_index, "
                         "reduction, exps, sums, places, share)"},
    where="", outputs=("result", "exps", "sums", "places", "share"), hidden=4,
    nondifferentiable=("exps", "sums", "places", "share"), node="NllLossBackward0",
    formula=r"-\frac{1}{n} \sum_i \ln \frac{e^{x_{i y_i}}}{\sum_j e^{x_{ij}}}")
def _cross_entropy(
    input: Array, target: Array, weight: Array | None, ignore_index: int, reduction: str
) -> tuple[Array, ...]:
    """The negative logarithm of the softmax at each row's class."""
    n, classes = input.shape
    x = widened(input)
    shifted = x - np.maximum.reduce(x, 1)[:, None] if classes else x
    exps = np.exp(shifted)
    sums = np.add.reduce(exps, 1)
    places, counts, picked = _picked(shifted, target, ignore_index)
    loss = np.log(sums) - picked
    if counts is None and weight is None and reduction == "mean" and n:  # the usual case
        mean = x.dtype.type(1 / n)
        result = np.asarray(np.add.reduce(loss) * mean, input.dtype)
        return result, exps, sums, places, np.asarray(mean)
    share = _shares(places, counts, weight, reduction, x.dtype)
    return _collected(loss, share, reduction, input.dtype), exps, sums, places, share


def _collected(loss: Array, share: Array, reduction: str, dtype: np.dtype) -> Array:
    """The samples' losses times their shares, summed unless the reduction is "none"."""
    if share.ndim:
        counts = share != 0
        if reduction == "mean" and not counts.any():
            return np.asarray(np.nan, dtype)  # the mean of nothing
        # What is ignored is 0 even where the loss is infinite.
        loss = np.where(counts, loss * share, np.zeros_like(share))
    elif reduction == "mean":
        return np.asarray(np.add.reduce(loss, None) * share, dtype)
    if reduction != "none":
        loss = loss.sum()
    return np.asarray(loss, dtype)


def _times_share(grad: Array, share: Array) -> Array:
    """The samples' parts of a gradient; what is ignored has none, even of an infinite one."""
    part = grad * share
    return np.where(share == 0, np.zeros_like(part), part) if share.ndim else part


@op("_cross_entropy_backward(grad_output, exps, sums, places, share)", where="")
def _cross_entropy_backward(
    grad_output: Array, exps: Array, sums: Array, places: Array, share: Array
) -> Array:
    """(softmax - one_hot) times the gradient's share."""
    wide = _times_share(grad_output.astype(exps.dtype, copy=False), share)
    gradient = exps * (wide / sums)[:, None]
    if gradient.flags.c_contiguous:
        gradient.reshape(-1)[_in_rows(places, gradient.shape[1])] -= wide
    else:
        gradient[np.arange(len(places)), places] -= wide
    return gradient.astype(grad_output.dtype, copy=False)


def _cross_entropy_gradient(
    grad: Tensor, input: Tensor, target: Tensor, weight: Tensor | None, ignore_index: int,
    reduction: str, exps: Tensor, sums: Tensor, places: Tensor, share: Tensor,
) -> Tensor:  # fmt: skip
    if not mode.grad:
        return execute(ROWS["_cross_entropy_backward"], (grad, exps, sums, places, share))
    log_probabilities = TENSORS["log_softmax"](input, 1)
    args = (target, weight, ignore_index, reduction, share, input.shape)
    toward = execute(ROWS["_nll_loss_backward"], (grad, *args))
    return toward - log_probabilities.exp() * toward.sum(1, keepdim=True)


TENSORS["cross_entropy_gradient"] = _cross_entropy_gradient
CROSS_ENTROPY = ROWS["_cross_entropy"]


def _nll_loss(
    input: Array, target: Array, weight: Array | None, ignore_index: int, reduction: str
) -> tuple[Array, Array]:
    """Minus each sample's log-probability of its class, weighted."""
    wide = accumulate_type(input.dtype)
    places, counts = _class_numbers(target, input.shape[1], ignore_index)
    share = _shares(places, counts, weight, reduction, wide)
    picked = np.take_along_axis(input, _along(places), 1)[:, 0].astype(wide, copy=False)
    return _collected(-picked, share, reduction, input.dtype), share


NLL = "target, weight: Tensor | None, ignore_index: int, reduction: str"
for _name, _node in (("_nll_loss", "NllLossBackward0"), ("_nll_loss2d", "NllLoss2DBackward0")):
    op(f"{_name}(input, {NLL})",
       derivative={"input": "_nll_loss_backward(grad, target, weight, ignore_index, reduction, "
                            "share, input.shape)"},
       where="", outputs=("result", "share"), hidden=1, nondifferentiable=("share",), node=_node,
       formula=r"-\frac{1}{n} \sum_i w_{y_i} x_{i y_i}")(_nll_loss)  # fmt: skip


@op(f"_nll_loss_backward(grad_output, {NLL}, share, shape: int[])",
    derivative={"grad_output": "_nll_loss(grad, target, weight, ignore_index, reduction)"},
    where="", lowering="scatter")
def _nll_loss_backward(
    grad_output: Array, target: Array, weight: Array | None, ignore_index: int, reduction: str,
    share: Array, shape: Ints,
) -> Array:  # fmt: skip
    """Zeros, but for minus the gradient's share at each sample's class."""
    gradient = np.zeros_like(grad_output, shape=shape)
    places, _ = _class_numbers(target, shape[1], ignore_index)
    values = _times_share(-grad_output, share).astype(gradient.dtype, copy=False)
    values = np.broadcast_to(values, places.shape)
    np.put_along_axis(gradient, _along(places), _along(values), 1)
    return gradient


def _check_reduction(reduction: str) -> None:
    if reduction not in REDUCTIONS:
        raise ValueError(f"{reduction} is not a valid value for reduction")


def _check_classes(x: Array, target: Array, weight: Array | None) -> None:
    """Whether scores (n, c, *) , class numbers (n, *) and weights (c) belong together."""
    if x.ndim == 0:
        raise ValueError("Expected 1 or more dimensions (got 0)")
    if x.ndim == 1 and target.ndim == 1 and target.shape[0] != 1:
        raise ValueError(
            "For 1D input, 1D target must have size 1, but got target size: "
            f"{target.shape[0]}"
        )
    if x.ndim > 1 and (not target.ndim or x.shape[0] != target.shape[0]):
        got = target.shape[0] if target.ndim else 1
        raise ValueError(
            f"Expected input batch_size ({x.shape[0]}) to match target batch_size ({got})."
        )
    if x.ndim <= 2 and target.ndim > 1:
        hint = "Hint: target.squeeze(1) holds the same numbers in one dimension."
        if target.ndim == 2 and target.shape[1] > 1:
            hint = "Hint: target.argmax(1) makes class numbers of one-hot rows."
        raise RuntimeError(f"0D or 1D target tensor expected, multi-target not supported\n{hint}")
    wanted = x.shape[:1] + x.shape[2:]
    if x.ndim > 2 and target.shape != wanted:
        if x.ndim == 4 and target.ndim == 3:
            raise RuntimeError(
                f"size mismatch (got input: {list(x.shape)} , target: {list(target.shape)}"
            )
        raise RuntimeError(
            f"Expected target size {list(wanted)}, got {list(target.shape)}\n"
            "Hint: the classes belong in dimension 1 of the input, the target lacks that one."
        )
    if x.dtype.kind in "biu":
        raise not_implemented("nll_loss_out_frame", x.dtype)
    if target.dtype not in (np.int64, np.uint8):
        from ..contractions import title

        raise RuntimeError(
            f"expected target dtype to be Long or Byte, but got {title(target.dtype)}\n"
            "Hint: class numbers are integers: target.long()."
        )
    if weight is not None:
        classes = x.shape[1] if x.ndim > 1 else x.shape[0]
        if weight.shape != (classes,):
            every = f"all {classes} classes" if x.ndim < 3 else "all"
            given = f" but got weight tensor of shape: {list(weight.shape)}" if x.ndim < 3 else ""
            raise RuntimeError(
                f"weight tensor should be defined either for {every} or no classes{given}\n"
                f"Hint: there are {classes} classes; the weights' shape is {list(weight.shape)}."
            )
        if weight.dtype != x.dtype:
            raise scalar_type_error(x, weight)


def _batch(input: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """Scores and class numbers with a batch dimension."""
    if input._data.ndim == 1:
        input = input.unsqueeze(0)
        target = target if target._data.ndim else target.unsqueeze(0)
    return input, target


@composite("")
def nll_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    ignore_index: int = -100,
    reduction: str = "mean",
) -> Tensor:
    """-weight[y] * x[y] for log-probabilities x (n, c, *) and class numbers y (n, *)."""
    _check_reduction(reduction)
    _check_classes(input._data, target._data, None if weight is None else weight._data)
    scores, numbers = _batch(input, target)
    row = ROWS["_nll_loss" if scores._data.ndim == 2 else "_nll_loss2d"]
    result = execute(row, (scores, numbers, weight, ignore_index, reduction))
    if input._data.ndim == 1 and not target._data.ndim and reduction == "none":
        return result.squeeze(0)
    return result


@composite("")
def cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    ignore_index: int = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    """-weight[y] * log softmax(x)[y] for scores x (n, c, *) and class numbers y (n, *).

    The target may also hold probabilities, in the input's shape.
    """
    x, y = input._data, target._data
    if (  # the usual case
        weight is None
        and not label_smoothing
        and x.ndim == 2
        and y.ndim == 1
        and y.dtype is INT64
        and len(x) == len(y)
        and x.dtype.kind not in "biu"
        and reduction in REDUCTIONS
    ):
        return execute(CROSS_ENTROPY, (input, target, None, ignore_index, reduction))
    w = None if weight is None else weight._data
    _check_reduction(reduction)
    if x.shape == y.shape:
        return _with_probabilities(input, target, weight, ignore_index, reduction, label_smoothing)
    if x.dtype.kind in "biu":
        raise not_implemented("log_softmax_lastdim_kernel_impl", x.dtype)
    _check_classes(x, y, w)
    if not 0 <= label_smoothing <= 1:
        raise _smoothing_error(label_smoothing)
    if x.ndim == 2 and not label_smoothing:
        args = (input, target, weight, ignore_index, reduction)
        return execute(ROWS["_cross_entropy"], args)
    log_probabilities = TENSORS["log_softmax"](input, 1 if x.ndim > 1 else 0)
    loss = nll_loss(log_probabilities, target, weight, ignore_index, reduction)
    if not label_smoothing:
        return loss
    smooth = _smoothed(log_probabilities, target, weight, ignore_index, reduction)
    classes = x.shape[1] if x.ndim > 1 else x.shape[0]
    return loss * (1 - label_smoothing) + smooth * (label_smoothing / classes)


def _smoothing_error(label_smoothing: float) -> RuntimeError:
    return RuntimeError(
        f"label_smoothing must be between 0.0 and 1.0. Got: {label_smoothing:g}"
    )


def _smoothed(
    log_probabilities: Tensor, target: Tensor, weight: Tensor | None, ignore_index: int,
    reduction: str,
) -> Tensor:  # fmt: skip
    """The loss of a target that is spread evenly over all classes."""
    dim = 1 if log_probabilities.dim() > 1 else 0
    if weight is None:
        loss = -log_probabilities.sum(dim)
    else:
        loss = -(log_probabilities * weight.view(_in_classes(log_probabilities))).sum(dim)
    ignored = target == ignore_index
    loss = loss.masked_fill(ignored, 0.0)
    if reduction == "none":
        return loss
    if reduction == "sum":
        return loss.sum()
    if weight is None:
        return loss.sum() / (loss.numel() - ignored.sum())
    shares = weight[target.masked_fill(ignored, 0)].masked_fill(ignored, 0.0)
    return loss.sum() / shares.sum()


def _in_classes(t: Tensor) -> Ints:
    """The shape in which something by class meets (n, c, *)."""
    return (1, -1, *(1,) * (t.dim() - 2)) if t.dim() > 1 else (-1,)


def _with_probabilities(
    input: Tensor, target: Tensor, weight: Tensor | None, ignore_index: int, reduction: str,
    label_smoothing: float,
) -> Tensor:  # fmt: skip
    if not target.is_floating_point():
        raise RuntimeError(
            "Expected floating point type for target with class probabilities, got "
            f"{target.dtype.title}"
        )
    if ignore_index >= 0:
        raise RuntimeError("ignore_index is not supported for floating point target")
    if not 0 <= label_smoothing <= 1:
        raise _smoothing_error(label_smoothing)
    dim = 1 if input.dim() > 1 else 0
    classes = input.shape[dim] if input.dim() else 1
    if weight is not None and weight._data.shape != (classes,):
        raise RuntimeError(
            f"cross_entropy: weight tensor should be defined either for all {classes} classes or "
            f"no classes but got weight tensor of shape: {list(weight.shape)}"
        )
    log_probabilities = TENSORS["log_softmax"](input, dim)
    if label_smoothing:
        target = target * (1 - label_smoothing) + label_smoothing / classes
    product = log_probabilities * target
    if weight is not None:
        product = product * weight.view(_in_classes(input))
    if reduction == "none":
        return -product.sum(dim)
    if reduction == "sum":
        return -product.sum()
    return -product.sum() / (input.numel() / classes) if input.numel() else product.sum() / 0.0


@composite("nn")
def linear_cross_entropy(
    input: Tensor,
    linear_weight: Tensor,
    target: Tensor,
    *,
    linear_bias: Tensor | None = None,
    weight: Tensor | None = None,
    reduction: str = "mean",
    ignore_index: int | None = None,
    label_smoothing: float = 0.0,
    options: Any = None,
) -> Tensor:
    """cross_entropy(linear(input, linear_weight, linear_bias), target).

    Args:
        input: (in_features), or (N, in_features).
        linear_weight: (classes, *, in_features); scores have the shape (N, classes, *).
        options: how PyTorch divides the work; of no effect here.
    """
    if input.dim() not in (1, 2):
        raise RuntimeError(f"expected input with dimensionality 1 or 2, got {input.dim()}")
    width, rows = linear_weight.shape[-1], linear_weight.shape[:-1]
    if input.shape[-1] != width:
        raise RuntimeError(
            "expected equal input and linear_weight last dimensions (in_features), got "
            f"{input.shape[-1]} and {width}, respectively"
        )
    if input.dim() == 1 and len(rows) > 1:
        raise RuntimeError(
            f"K-dimensional loss defined by linear_weight shape {tuple(linear_weight.shape)} "
            f"requires batched input, (N, {width}), got unbatched input with shape ({width},)\n"
            "Hint: input.unsqueeze(0) is a batch of one."
        )
    bias = None if linear_bias is None else linear_bias.reshape(-1)
    scores = TENSORS["linear"](input, linear_weight.reshape(-1, width), bias)
    scores = scores.reshape(*input.shape[:-1], *rows)
    ignored = -100 if ignore_index is None else ignore_index
    return cross_entropy(scores, target, weight, ignored, reduction, label_smoothing)
