"""Pooling as users call it: arguments in all their forms, checked, then the rows of pooling."""

from __future__ import annotations

from typing import Any

from ...tensor.tensor import Tensor
from ..contractions import not_implemented
from ..dispatch import execute
from ..table import ROWS, composite
from .windows import Ints, as_tuple

WORDS = {1: "one int", 2: "two ints", 3: "three ints"}


def pooled_size(
    sizes: Ints, kernel: Ints, stride: Ints, padding: Ints, dilation: Ints, ceil_mode: bool
) -> Ints:
    """How many windows fit in each dimension; with ceil_mode a last one may stick out."""
    out = []
    for n, k, s, p, d in zip(sizes, kernel, stride, padding, dilation, strict=True):
        o = (n + 2 * p - d * (k - 1) - 1 + (s - 1 if ceil_mode else 0)) // s + 1
        if ceil_mode and (o - 1) * s >= n + p:  # the last window would hold padding only
            o -= 1
        out.append(o)
    return tuple(out)


def _numbers(value: Any, n: int, name: str, function: str, text: str) -> Ints:
    values = as_tuple(value, n, name, function)
    if len(values) != n:
        raise RuntimeError(f"{function}: {name} must {text}, or a tuple of {WORDS[n]}")
    return values


def _window(
    function: str, n: int, kernel: Any, stride: Any, padding: Any, dilation: Any = 1
) -> tuple[Ints, Ints, Ints, Ints]:
    """The four descriptions of a window, as tuples, checked."""
    kernel = _numbers(kernel, n, "kernel_size", function, "either be a single int")
    empty = stride is None or isinstance(stride, (tuple, list)) and not stride
    text = "either be omitted, a single int"
    stride = kernel if empty else _numbers(stride, n, "stride", function, text)
    padding = _numbers(padding, n, "padding", function, "either be a single int")
    dilation = _numbers(dilation, n, "dilation", function, "be either a single int")
    if 0 in stride:
        raise RuntimeError("stride should not be zero")
    if min(kernel) <= 0 or min(stride) <= 0:
        raise RuntimeError(
            f"kernel size should be greater than zero, but got {list(kernel)} and stride "
            f"{list(stride)}"
        )
    if min(dilation) <= 0:
        names = " ".join(f"dilation{c}: {d}" for c, d in zip("THW"[-n:], dilation, strict=True))
        raise RuntimeError(f"dilation should be greater than zero, but got {names}")
    for k, p, d in zip(kernel, padding, dilation, strict=True):
        if p < 0:
            raise RuntimeError(f"pad must be non-negative, but got pad: {p}")
        if p > (d * (k - 1) + 1) // 2:
            raise RuntimeError(
                "pad should be at most half of effective kernel size, but got "
                f"pad={p}, kernel_size={k} and dilation={d}"
            )
    return kernel, stride, padding, dilation


def _batched(input: Tensor, n: int, function: str, allow_flat: bool = False) -> tuple[Tensor, bool]:
    """The input as (batch, channels, *spatial), and whether it had a batch dimension."""
    shape = input._data.shape
    dims = len(shape)
    if dims not in (n + 1, n + 2):
        if n == 1:
            name = function.removesuffix("_with_indices")
            if "max" in name and "adaptive" not in name:
                raise RuntimeError(
                    f"{name}: Expected 2D or 3D (batch mode) tensor with optional 0 dim batch size "
                    f"for input, but got:{list(shape)}"
                )
            raise RuntimeError(
                f"Expected 2 to 3 dimensions, but got {dims}-dimensional tensor for argument #1 "
                f"'self' (while checking arguments for {function})"
            )
        if "adaptive" in function:
            raise RuntimeError(
                f"{function}(): Expected {n + 1}D or {n + 2}D tensor, but got"
                f"{':' if 'max' in function else ''} {list(shape)}"
            )
        raise RuntimeError(
            f"non-empty {n + 1}D or {n + 2}D (batch mode) tensor expected for input\n"
            f"Hint: it has the shape {list(shape)}; unsqueeze(0) adds a dimension of size 1."
        )
    if dims == n + 1:
        return input.unsqueeze(0), False
    return input, True


def _check_sizes(input: Tensor, n: int, out: Ints) -> None:
    shape = input._data.shape
    if 0 in shape[1:]:
        raise RuntimeError(
            f"{'max_pool1d: ' if n == 1 else ''}Expected {n + 1}D or {n + 2}D (batch mode) tensor "
            f"with optional 0 dim batch size for input, but got:{list(shape)}"
        )
    if n == 1 and out[0] < 1:
        raise RuntimeError(f"max_pool1d() Invalid computed output size: {out[0]}")
    if min(out) < 1:
        given, made = ("x".join(map(str, (shape[1], *s))) for s in (shape[2:], out))
        raise RuntimeError(
            f"Given input size: ({given}). Calculated output size: ({made}). Output size is too "
            "small"
        )


def _max_pool(
    n: int, suffix: str, input: Tensor, kernel: Any, stride: Any, padding: Any, dilation: Any,
    ceil_mode: bool,
) -> Any:  # fmt: skip
    function = f"max_pool{n}d"
    x, batched = _batched(input, n, function)
    if n == 1:
        _check_line(kernel, stride, padding, dilation)
    window = _window(function, n, kernel, stride, padding, dilation)
    out = pooled_size(x._data.shape[2:], *window, ceil_mode)
    _check_sizes(x, n, out)
    dtype = x._data.dtype
    if dtype.kind in "bc" or n == 1 and not suffix and dtype.kind in "iu":
        raise not_implemented("max_pool1d_impl" if n == 1 else function, dtype)
    result = execute(ROWS[f"_max_pool{n}d{suffix}"], (x, *window, out))
    if batched:
        return tuple(result) if suffix else result
    return tuple(t.squeeze(0) for t in result) if suffix else result.squeeze(0)


def _check_line(kernel: Any, stride: Any, padding: Any, dilation: Any) -> None:
    """max_pool1d's own sentences."""
    for name, value, text in (
        ("kernel_size", kernel, "an int, list of ints or tuple of ints"),
        ("stride", stride, "None, an int, list of ints, or tuple of ints"),
        ("padding", padding, "an int, list of ints or tuple of ints"),
        ("dilation", dilation, "an int, list of ints or tuple of ints"),
    ):
        if isinstance(value, (tuple, list)) and len(value) > 1:
            raise RuntimeError(
                f"max_pool1d() {name} must be {text} of size 1 but got size {len(value)}"
            )
    one = lambda v: v[0] if isinstance(v, (tuple, list)) and v else v  # noqa: E731
    for name, value in (("kernel_size", kernel), ("stride", stride), ("dilation", dilation)):
        value = one(value)
        if isinstance(value, int) and value <= 0:
            raise RuntimeError(f"max_pool1d() {name} must be greater than zero, but got {value}")
    k, p = one(kernel), one(padding)
    if isinstance(p, int) and p < 0:
        raise RuntimeError(f"max_pool1d() padding must be non-negative, but got {p}")
    if isinstance(k, int) and isinstance(p, int) and p > k // 2:
        raise RuntimeError(
            "max_pool1d() padding should be at most half of kernel size, but got "
            f"padding={p} and kernel_size={k}"
        )


def _avg_pool(
    n: int, input: Tensor, kernel: Any, stride: Any, padding: Any, ceil_mode: bool,
    include_pad: bool, divisor: int | None,
) -> Tensor:  # fmt: skip
    function = f"avg_pool{n}d"
    if n == 1 and isinstance(kernel, (tuple, list)) and len(kernel) != 1:
        raise RuntimeError(
            f"avg_pool1d() argument 'kernel_size' should contain one int (got {len(kernel)})"
        )
    x, batched = _batched(input, n, function)
    kernel, stride, padding, once = _window(function, n, kernel, stride, padding)
    if divisor == 0:
        raise RuntimeError("divisor must be not zero")
    out = pooled_size(x._data.shape[2:], kernel, stride, padding, once, ceil_mode)
    _check_sizes(x, n, out)
    dtype = x._data.dtype
    if dtype.kind in "bcu" or dtype.kind == "i" and dtype.itemsize < 8:
        raise not_implemented("avg_pool2d" if n == 1 else function, dtype)
    args = (x, kernel, stride, padding, out, include_pad, divisor)
    result = execute(ROWS[f"_avg_pool{n}d"], args)
    return result if batched else result.squeeze(0)


def _adaptive(n: int, kind: str, input: Tensor, output_size: Any) -> Any:
    function = f"adaptive_{kind}_pool{n}d"
    x, batched = _batched(input, n, function)
    out = as_tuple(output_size, n, "output_size", function)
    if len(out) != n:
        if n == 1:
            text = f"{function}() argument 'output_size' should contain one int (got {len(out)})"
        elif kind == "max":
            text = f"{function}(): internal error: output_size.size() must be {n}"
        else:
            text = f"{function}: output_size must be {n}"
        raise RuntimeError(text)
    shape = x._data.shape
    if 0 in shape[1:]:
        at = shape.index(0, 1) - (not batched)
        raise RuntimeError(
            f"{function}(): Expected input to have non-zero size for non-batch dimensions, but "
            f"input has sizes {list(input.shape)} with dimension {at} being empty"
        )
    if min(out) < 0:
        if kind == "max":
            full = [*shape[:2], *out]
            raise RuntimeError(
                f"Trying to create tensor with negative dimension {min(out)}: {full}"
            )
        raise RuntimeError(
            f"{function}: elements of output_size must be greater than or equal to 0 but received "
            f"{{{', '.join(map(str, out))}}}"
        )
    if x._data.dtype.kind in "biuc":
        raise not_implemented(function if n > 1 else f"adaptive_{kind}_pool2d", x._data.dtype)
    if kind == "max":
        results = tuple(execute(ROWS[f"_adaptive_max_pool{n}d"], (x, out)))
        return results if batched else tuple(t.squeeze(0) for t in results)
    if n > 1 and set(out) == {1}:
        result = x.mean(tuple(range(-n, 0)), keepdim=True)
    else:
        result = execute(ROWS[f"_adaptive_avg_pool{n}d_row"], (x, out))
    return result if batched else result.squeeze(0)


# --- the calls ---------------------------------------------------------------------------------


@composite("function")
def max_pool1d(
    input: Tensor,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
) -> Tensor:
    """The maximum of each window of (batch, channels, length)."""
    return _max_pool(1, "", input, kernel_size, stride, padding, dilation, ceil_mode)


@composite("function")
def max_pool1d_with_indices(
    input: Tensor,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
) -> tuple[Tensor, Tensor]:
    """The maximum of each window of (batch, channels, length), and its place."""
    return _max_pool(1, "_with_indices", input, kernel_size, stride, padding, dilation, ceil_mode)


@composite("function")
def max_pool2d(
    input: Tensor,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
) -> Tensor:
    """The maximum of each window of (batch, channels, height, width)."""
    return _max_pool(2, "", input, kernel_size, stride, padding, dilation, ceil_mode)


@composite("")
def max_pool2d_with_indices(
    input: Tensor,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
) -> tuple[Tensor, Tensor]:
    """The maximum of each window of (batch, channels, height, width), and its place."""
    return _max_pool(2, "_with_indices", input, kernel_size, stride, padding, dilation, ceil_mode)


@composite("function")
def max_pool3d(
    input: Tensor,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
) -> Tensor:
    """The maximum of each window of (batch, channels, depth, height, width)."""
    return _max_pool(3, "", input, kernel_size, stride, padding, dilation, ceil_mode)


@composite("")
def max_pool3d_with_indices(
    input: Tensor,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
) -> tuple[Tensor, Tensor]:
    """The maximum of each window of (batch, channels, depth, height, width), and its place."""
    return _max_pool(3, "_with_indices", input, kernel_size, stride, padding, dilation, ceil_mode)


@composite("function nn")
def avg_pool1d(
    input: Tensor,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Tensor:
    """The mean of each window of (batch, channels, length)."""
    args = (kernel_size, stride, padding, ceil_mode, count_include_pad)
    return _avg_pool(1, input, *args, None)


@composite("nn")
def avg_pool2d(
    input: Tensor,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Tensor:
    """The mean of each window of (batch, channels, height, width)."""
    args = (kernel_size, stride, padding, ceil_mode, count_include_pad)
    return _avg_pool(2, input, *args, divisor_override)


@composite("nn")
def avg_pool3d(
    input: Tensor,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Tensor:
    """The mean of each window of (batch, channels, depth, height, width)."""
    args = (kernel_size, stride, padding, ceil_mode, count_include_pad)
    return _avg_pool(3, input, *args, divisor_override)


@composite("function")
def adaptive_avg_pool1d(input: Tensor, output_size: Any) -> Tensor:
    """The means over windows that give the output size."""
    return _adaptive(1, "avg", input, output_size)


@composite("")
def adaptive_avg_pool2d(input: Tensor, output_size: Any) -> Tensor:
    """The means over windows that give the output size."""
    return _adaptive(2, "avg", input, output_size)


@composite("")
def adaptive_avg_pool3d(input: Tensor, output_size: Any) -> Tensor:
    """The means over windows that give the output size."""
    return _adaptive(3, "avg", input, output_size)


@composite("function")
def adaptive_max_pool1d(input: Tensor, output_size: Any) -> tuple[Tensor, Tensor]:
    """The maxima over windows that give the output size, and their places in the input."""
    return _adaptive(1, "max", input, output_size)


@composite("")
def adaptive_max_pool2d(input: Tensor, output_size: Any) -> tuple[Tensor, Tensor]:
    """The maxima over windows that give the output size, and their places in the input."""
    return _adaptive(2, "max", input, output_size)


@composite("")
def adaptive_max_pool3d(input: Tensor, output_size: Any) -> tuple[Tensor, Tensor]:
    """The maxima over windows that give the output size, and their places in the input."""
    return _adaptive(3, "max", input, output_size)
