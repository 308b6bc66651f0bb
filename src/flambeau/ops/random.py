"""Random numbers: rows that fill a tensor from a generator, and the functions made of them.

The streams are PyTorch's (tensor/draws.py). Every draw is a row that writes, so that what records
a program sees it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..autograd.modes import no_grad
from ..tensor import creation, draws
from ..tensor import dtype as D
from ..tensor.dtype import dtype
from ..tensor.generator import Generator, default_generator
from ..tensor.recording import recorders, unrepeatable
from ..tensor.size import parse_size
from ..tensor.tensor import Tensor, bump, storage_of, wrap
from . import dispatch, inplace
from .expressions import TENSORS
from .out import write_out
from .table import ROWS, composite, op


def _generator(generator: Generator | None) -> Generator:
    return default_generator if generator is None else generator


def _put(target: np.ndarray, values: np.ndarray) -> None:
    """Writes values, drawn in the order of the target's memory, into the target."""
    if values is target:
        return
    if target.flags.c_contiguous:
        target.reshape(-1)[...] = values.reshape(-1)
    else:
        draws.memory_order(target)[...] = values.reshape(draws.memory_order(target).shape)


def _shape(target: np.ndarray) -> tuple[int, ...]:
    return target.shape if target.flags.c_contiguous else draws.memory_order(target).shape


_FILL = {"writes": True, "random": True, "where": ""}


@op(
    "uniform_(input, from_: float, to: float, generator: Generator | None)",
    **_FILL,
    formula=r"x \sim U[a, b)",
)
def uniform_(input: np.ndarray, from_: float, to: float, generator: Any) -> None:
    """Fills with numbers drawn evenly from [from, to)."""
    gen = _generator(generator)
    out = input if input.flags.c_contiguous else None
    _put(input, draws.uniform(gen, _shape(input), input.dtype, from_, to, out=out))


@op(
    "normal_(input, mean: float, std: float, generator: Generator | None)",
    **_FILL,
    formula=r"x \sim N(\mu, \sigma^2)",
)
def normal_(input: np.ndarray, mean: float, std: float, generator: Any) -> None:
    """Fills with numbers of the normal distribution."""
    gen, contiguous = _generator(generator), input.flags.c_contiguous
    out = input if contiguous else None
    shape = _shape(input)
    _put(input, draws.normal(gen, shape, input.dtype, mean, std, blocks=contiguous, out=out))


@op("random_(input, from_: int | None, to: int | None, generator: Generator | None)", **_FILL)
def random_(input: np.ndarray, from_: int | None, to: int | None, generator: Any) -> None:
    """Fills with whole numbers drawn evenly from [from, to), or from all that the type holds."""
    gen, shape = _generator(generator), _shape(input)
    if to is None:
        _put(input, draws.random(gen, shape, input.dtype, from_))
    else:
        out = input if input.flags.c_contiguous else None
        _put(input, draws.randint(gen, shape, from_ or 0, to, input.dtype, out=out))


@op("bernoulli_(input, p: Tensor | Number, generator: Generator | None)", **_FILL)
def bernoulli_(input: np.ndarray, p: Any, generator: Any) -> None:
    """Fills with ones, drawn with probability p, and zeros."""
    if isinstance(p, np.ndarray):
        axes = draws.memory_axes(input)
        p = np.broadcast_to(p, input.shape).transpose(axes)
        input.transpose(axes)[...] = draws.bernoulli(_generator(generator), p)
    else:
        gen, out = _generator(generator), input if input.flags.c_contiguous else None
        _put(input, draws.bernoulli(gen, p, _shape(input), input.dtype, out=out))


@op("exponential_(input, lambd: float, generator: Generator | None)", **_FILL)
def exponential_(input: np.ndarray, lambd: float, generator: Any) -> None:
    """Fills with numbers of the exponential distribution of rate lambd."""
    gen, out = _generator(generator), input if input.flags.c_contiguous else None
    _put(input, draws.exponential(gen, _shape(input), input.dtype, lambd, out=out))


@op("cauchy_(input, median: float, sigma: float, generator: Generator | None)", **_FILL)
def cauchy_(input: np.ndarray, median: float, sigma: float, generator: Any) -> None:
    """Fills with numbers of the Cauchy distribution."""
    _put(input, draws.cauchy(_generator(generator), _shape(input), input.dtype, median, sigma))


@op("log_normal_(input, mean: float, std: float, generator: Generator | None)", **_FILL)
def log_normal_(input: np.ndarray, mean: float, std: float, generator: Any) -> None:
    """Fills with numbers whose logarithm is normally distributed."""
    _put(input, draws.log_normal(_generator(generator), _shape(input), input.dtype, mean, std))


@op("geometric_(input, p: float, generator: Generator | None)", **_FILL)
def geometric_(input: np.ndarray, p: float, generator: Any) -> None:
    """Fills with the number of tries until the first success of probability p."""
    _put(input, draws.geometric(_generator(generator), _shape(input), input.dtype, p))


def _run(name: str, target: Tensor, *args: Any) -> bool:
    """Runs a filling row; whether by the short way, which watches and counts nothing.

    It is taken where nobody records and native code draws, which raises no warnings.
    """
    row = ROWS[name]
    if recorders or not row.prepared or not draws.is_native() or isinstance(args[0], Tensor):
        dispatch.execute(row, (target, *args))
        return False
    row.kernel(target._data, *args)  # type: ignore[misc]
    return True


def _fill(name: str, target: Tensor, *args: Any) -> Tensor:
    """Runs a filling row on a tensor; its earlier value no longer counts for gradients."""
    inplace.check(target, name)
    if _run(name, target, *args):
        bump(target)
    if target._node is not None:
        inplace.cut(target)
    return target


# --- methods that fill ---------------------------------------------------------------------------


@composite("method", name="uniform_")
def _uniform(
    self: Tensor, from_: float = 0, to: float = 1, *, generator: Any = None, **k: Any
) -> Tensor:
    """Fills with numbers drawn evenly from [from, to)."""
    return _fill("uniform_", self, float(k.get("from", from_)), float(to), generator)


@composite("method", name="normal_")
def _normal(self: Tensor, mean: float = 0, std: float = 1, *, generator: Any = None) -> Tensor:
    """Fills with numbers of the normal distribution."""
    if std < 0:
        raise RuntimeError(f"normal expects std >= 0.0, but found std {float(std):g}")
    return _fill("normal_", self, float(mean), float(std), generator)


@composite("method", name="random_")
def _random(
    self: Tensor, from_: Any = None, to: Any = None, *, generator: Any = None, **k: Any
) -> Tensor:
    """Fills with whole numbers: below ``to``, from ``from_`` on, or of the type's whole range."""
    from_ = k.get("from", from_)
    if to is None and from_ is not None and "from" not in k:
        from_, to = 0, from_
    return _fill("random_", self, from_, to, generator)


@composite("method", name="bernoulli_")
def _bernoulli_fill(self: Tensor, p: Any = 0.5, *, generator: Any = None) -> Tensor:
    """Fills with ones, drawn with probability p, and zeros."""
    return _fill("bernoulli_", self, p, generator)


@composite("method", name="exponential_")
def _exponential(self: Tensor, lambd: float = 1, *, generator: Any = None) -> Tensor:
    """Fills with numbers of the exponential distribution of rate lambd."""
    return _fill("exponential_", self, float(lambd), generator)


@composite("method", name="cauchy_")
def _cauchy(self: Tensor, median: float = 0, sigma: float = 1, *, generator: Any = None) -> Tensor:
    """Fills with numbers of the Cauchy distribution."""
    return _fill("cauchy_", self, float(median), float(sigma), generator)


@composite("method", name="log_normal_")
def _log_normal(self: Tensor, mean: float = 1, std: float = 2, *, generator: Any = None) -> Tensor:
    """Fills with numbers whose logarithm is normally distributed."""
    return _fill("log_normal_", self, float(mean), float(std), generator)


@composite("method", name="geometric_")
def _geometric(self: Tensor, p: float, *, generator: Any = None) -> Tensor:
    """Fills with the number of tries until the first success of probability p."""
    return _fill("geometric_", self, float(p), generator)


# --- functions that make -------------------------------------------------------------------------


def _made(
    row: str, size: Any, args: tuple, generator: Any, dtype: dtype | None, out: Tensor | None,
    device: Any, requires_grad: bool, default: dtype | None = None,
) -> Tensor:  # fmt: skip
    creation.require_cpu(device)
    if dtype is None:
        dtype = out.dtype if out is not None else (default or D.get_default_dtype())
    result = creation.made(np.empty(size, D.as_dtype(dtype).numpy))
    if not _run(row, result, *args, generator):
        storage_of(result).version = 0  # as nobody saw it before
    if out is not None:
        write_out(out, result)
        result = out
    return result.requires_grad_(True) if requires_grad else result


@composite("function")
def rand(
    *size: Any, generator: Any = None, out: Tensor | None = None, dtype: dtype | None = None,
    layout: Any = None, device: Any = None, requires_grad: bool = False, pin_memory: bool = False,
    names: Any = None, **named: Any,
) -> Tensor:  # fmt: skip
    """Numbers drawn evenly from [0, 1)."""
    return _made(
        "uniform_",
        creation.named_size(size, named, "rand"),
        (0.0, 1.0),
        generator,
        dtype,
        out,
        device,
        requires_grad,
    )


@composite("function")
def randn(
    *size: Any, generator: Any = None, out: Tensor | None = None, dtype: dtype | None = None,
    layout: Any = None, device: Any = None, requires_grad: bool = False, pin_memory: bool = False,
    names: Any = None, **named: Any,
) -> Tensor:  # fmt: skip
    """Numbers of the standard normal distribution."""
    return _made(
        "normal_",
        creation.named_size(size, named, "randn"),
        (0.0, 1.0),
        generator,
        dtype,
        out,
        device,
        requires_grad,
    )


@composite("function")
def randint(
    *args: Any, low: int = 0, high: int | None = None, size: Any = None, generator: Any = None,
    out: Tensor | None = None, dtype: dtype | None = None, layout: Any = None, device: Any = None,
    requires_grad: bool = False, pin_memory: bool = False,
) -> Tensor:  # fmt: skip
    """Whole numbers of [low, high): ``randint(high, size)`` or ``randint(low, high, size)``."""
    rest = list(args)
    if rest and not isinstance(rest[-1], (int, np.integer)) and size is None:
        size = rest.pop()
    if len(rest) == 2:
        low, high = rest
    elif len(rest) == 1:
        low, high = (0, rest[0]) if high is None else (rest[0], high)
    if high is None or size is None:
        raise TypeError("randint() received an invalid combination of arguments")
    if low >= high:
        raise RuntimeError(
            f"random_ expects 'from' to be less than 'to', but got from={low} >= to={high}"
        )
    return _made(
        "random_",
        parse_size((size,)),
        (int(low), int(high)),
        generator,
        dtype,
        out,
        device,
        requires_grad,
        D.int64,
    )


@composite("function")
def randperm(
    n: int, *, generator: Any = None, out: Tensor | None = None, dtype: dtype | None = None,
    layout: Any = None, device: Any = None, requires_grad: bool = False, pin_memory: bool = False,
) -> Tensor:  # fmt: skip
    """The numbers 0 … n-1 in random order."""
    d = D.as_dtype(dtype or (out.dtype if out is not None else D.int64))
    unrepeatable("randperm() has no native form")
    result = wrap(draws.randperm(_generator(generator), n, d.numpy))
    if out is not None:
        write_out(out, result)
        return out
    return result


@composite("function")
def normal(
    mean: Any = 0.0, std: Any = 1.0, size: Any = None, *, generator: Any = None,
    out: Tensor | None = None, dtype: dtype | None = None, device: Any = None,
    requires_grad: bool = False, layout: Any = None, pin_memory: bool = False,
) -> Tensor:  # fmt: skip
    """Normally distributed numbers with given means and standard deviations."""
    if isinstance(std, Tensor):
        if std._data.size and (std._data < 0).any():
            raise RuntimeError("normal expects all elements of std >= 0.0")
    elif std < 0:
        raise RuntimeError(f"normal expects std >= 0.0, but found std {float(std):g}")
    if size is not None:
        return _made(
            "normal_",
            parse_size((size,)),
            (float(mean), float(std)),
            generator,
            dtype,
            out,
            device,
            requires_grad,
        )
    tensors = [t._data for t in (mean, std) if isinstance(t, Tensor)]
    if not tensors:
        raise TypeError("normal() received an invalid combination of arguments")
    like = np.broadcast_arrays(*tensors)[0]
    z = _made(
        "normal_", like.shape, (0.0, 1.0), generator, D.of(tensors[0].dtype), None, None, False
    )
    with no_grad():
        result = (z * std + mean).to(D.of(tensors[0].dtype))
    if out is not None:
        write_out(out, result)
        return out
    return result


def _like(row: str, input: Tensor, args: tuple, options: dict) -> Tensor:
    options.pop("memory_format", None)
    result = TENSORS["empty_like"](input, **options)
    needs, result._needs = result._needs, False
    dispatch.execute(ROWS[row], (result, *args, None))
    result._needs = needs
    return result


@composite("function")
def rand_like(input: Tensor, **options: Any) -> Tensor:
    """Numbers drawn evenly from [0, 1), of another tensor's shape and type."""
    return _like("uniform_", input, (0.0, 1.0), options)


@composite("function")
def randn_like(input: Tensor, **options: Any) -> Tensor:
    """Standard normal numbers, of another tensor's shape and type."""
    return _like("normal_", input, (0.0, 1.0), options)


@composite("function")
def randint_like(
    input: Tensor, *args: int, low: int = 0, high: int | None = None, **options: Any
) -> Tensor:
    """Whole numbers drawn evenly from [low, high), of another tensor's shape and type."""
    if len(args) == 2:
        low, high = args
    elif len(args) == 1:
        low, high = (0, args[0]) if high is None else (args[0], high)
    return _like("random_", input, (int(low), int(high)), options)  # type: ignore[arg-type]


@op(
    "bernoulli(input, p: Number | None = None, *, generator: Generator | None = None)",
    derivative={"input": "zeros_like(grad)"},
    random=True,
    formula=r"x \sim B(p)",
)
def bernoulli(input: np.ndarray, p: float | None, generator: Any) -> np.ndarray:
    """Ones drawn with the probabilities in ``input`` (or with ``p``), otherwise zeros."""
    gen = _generator(generator)
    if p is not None:
        return draws.bernoulli(gen, p, input.shape, input.dtype)
    if input.dtype.kind in "iub":
        raise RuntimeError(
            f"\"bernoulli_tensor_cpu_p_\" not implemented for '{D.of(input.dtype).title}'"
        )
    return draws.bernoulli(gen, input).astype(input.dtype, copy=False)


@op(
    "multinomial(input, num_samples: int, replacement: bool = False, *, "
    "generator: Generator | None = None)",
    random=True,
)
def multinomial(
    input: np.ndarray, num_samples: int, replacement: bool, generator: Any
) -> np.ndarray:
    """Row indices drawn with the weights in ``input``."""
    return draws.multinomial(_generator(generator), input, num_samples, replacement)


@op(
    "poisson(input, generator: Generator | None = None)",
    random=True,
    derivative={"input": "zeros_like(grad)"},
)
def poisson(input: np.ndarray, generator: Any) -> np.ndarray:
    """Poisson-distributed counts of the given rates."""
    return draws.poisson(_generator(generator), input)


def _register(names: Sequence[str]) -> None:
    for name in names:
        TENSORS[name] = creation.FUNCTIONS[name]


_register(("empty_like", "zeros_like", "ones_like", "zeros", "full_like"))
