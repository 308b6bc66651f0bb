"""Distributions of whole numbers and of one choice among several."""

from __future__ import annotations

from typing import Any

import flambeau

from ..autograd.modes import enable_grad, no_grad
from ..nn import functional as F
from ..tensor.size import Size
from ..tensor.tensor import Tensor
from . import constraints
from .distribution import (
    Distribution,
    broadcast_all,
    clamp_probs,
    is_number,
    logits_to_probs,
    probs_to_logits,
)


class _ByProbability(Distribution):
    """Given by probabilities or by their logits; the other is worked out when it is asked for."""

    _binary = True
    _given_by: str

    def _set(self, validate_args: bool | None, probs: Any, logits: Any) -> None:
        if (probs is None) == (logits is None):
            raise ValueError("Either `probs` or `logits` must be specified, but not both.")
        name, value = ("probs", probs) if logits is None else ("logits", logits)
        tensor = broadcast_all(value)[0] if self._binary else self._normalized(name, value)
        self.__dict__[name], self._given_by = tensor, name
        if self._binary:
            shape = () if is_number(value) else tensor.size()
        else:
            shape = tensor.size()[:-1]
        super().__init__(shape, self._event(tensor), validate_args=validate_args)

    def _event(self, tensor: Tensor) -> Any:
        return ()

    @staticmethod
    def _normalized(name: str, value: Tensor) -> Tensor:
        if value.dim() < 1:
            raise ValueError(f"`{name}` parameter must be at least one-dimensional.")
        if name == "probs":
            return value / value.sum(-1, keepdim=True)
        return value - value.logsumexp(-1, keepdim=True)

    def __getattr__(self, name: str) -> Any:
        convert: Any
        if name == "probs" and "logits" in self.__dict__:
            convert = logits_to_probs
        elif name == "logits" and "probs" in self.__dict__:
            convert = probs_to_logits
        else:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        with enable_grad():
            value = self.__dict__[name] = convert(self._given, self._binary)
        return value

    def _parameters(self, shape: Size) -> dict[str, Any]:
        tail = () if self._binary else (self._given.shape[-1],)
        known: dict[str, Tensor] = {
            name: self.__dict__[name] for name in ("probs", "logits") if name in self.__dict__
        }
        expanded = {name: value.expand((*shape, *tail)) for name, value in known.items()}
        return {"_given_by": self._given_by, **expanded}

    @property
    def _given(self) -> Tensor:
        return self.__dict__[self._given_by]


class Bernoulli(_ByProbability):
    """1 with probability ``probs`` = sigmoid(``logits``), otherwise 0."""

    arg_constraints = {"probs": constraints.unit_interval, "logits": constraints.real}
    support = constraints.boolean
    has_enumerate_support = True
    probs: Tensor
    logits: Tensor

    def __init__(
        self, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        self._set(validate_args, probs, logits)

    @property
    def param_shape(self) -> Size:
        return self._given.size()

    @property
    def mean(self) -> Tensor:
        return self.probs

    @property
    def mode(self) -> Tensor:
        mode = (self.probs >= 0.5).to(self.probs)
        return mode.masked_fill(self.probs == 0.5, flambeau.nan)

    @property
    def variance(self) -> Tensor:
        return self.probs * (1 - self.probs)

    def sample(self, sample_shape: Any = ()) -> Tensor:
        with no_grad():
            return flambeau.bernoulli(self.probs.expand(self._extended_shape(sample_shape)))

    def log_prob(self, value: Tensor) -> Tensor:
        self._checked(value)
        logits, value = broadcast_all(self.logits, value)
        return -F.binary_cross_entropy_with_logits(logits, value, reduction="none")

    def entropy(self) -> Tensor:
        return F.binary_cross_entropy_with_logits(self.logits, self.probs, reduction="none")

    def enumerate_support(self, expand: bool = True) -> Tensor:
        values = flambeau.arange(2, dtype=self._given.dtype)
        values = values.view((-1,) + (1,) * len(self._batch_shape))
        return values.expand((-1, *self._batch_shape)) if expand else values


class Geometric(_ByProbability):
    """The number of failures before the first success, whose probability is ``probs``."""

    arg_constraints = {"probs": constraints.unit_interval, "logits": constraints.real}
    support = constraints.nonnegative_integer
    probs: Tensor
    logits: Tensor

    def __init__(
        self, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        self._set(validate_args, probs, logits)
        if self._validate_args and probs is not None and not bool((self.probs > 0).all()):
            value = self.probs
            invalid = value[~(value > 0)]
            raise ValueError(
                f"Expected parameter probs ({type(value).__name__} of shape {tuple(value.shape)}) "
                f"of distribution {self!r} to be positive but found invalid values:\n{invalid}"
            )

    @property
    def mean(self) -> Tensor:
        return 1.0 / self.probs - 1.0

    @property
    def mode(self) -> Tensor:
        return flambeau.zeros_like(self.probs)

    @property
    def variance(self) -> Tensor:
        return (1.0 / self.probs - 1.0) / self.probs

    def sample(self, sample_shape: Any = ()) -> Tensor:
        with no_grad():
            u = flambeau.empty(self._extended_shape(sample_shape), dtype=self.probs.dtype)
            u.uniform_(flambeau.finfo(self.probs.dtype).tiny, 1)
            return (u.log() / (-self.probs).log1p()).floor()

    def log_prob(self, value: Tensor) -> Tensor:
        self._checked(value)
        value, probs = broadcast_all(value, self.probs)
        failures = (-probs).log1p().masked_fill((probs == 1) & (value == 0), 0)
        return value * failures + self.probs.log()

    def entropy(self) -> Tensor:
        logits, probs = self.logits, self.probs
        return F.binary_cross_entropy_with_logits(logits, probs, reduction="none") / probs


class Categorical(_ByProbability):
    """A number from 0 to K - 1, with probabilities ``probs`` or softmax(``logits``) (..., K)."""

    arg_constraints = {"probs": constraints.simplex, "logits": constraints.real_vector}
    has_enumerate_support = True
    _binary = False
    probs: Tensor
    logits: Tensor

    def __init__(
        self, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        self._set(validate_args, probs, logits)

    @property
    def param_shape(self) -> Size:
        return self._given.size()

    @property
    def _num_events(self) -> int:
        return self._given.shape[-1]

    @property
    def support(self) -> constraints.Constraint:
        return constraints.IntegerInterval(0, self._num_events - 1)

    @property
    def mean(self) -> Tensor:
        return flambeau.full(self._extended_shape(), flambeau.nan, dtype=self._given.dtype)

    @property
    def mode(self) -> Tensor:
        return self.probs.argmax(dim=-1)

    @property
    def variance(self) -> Tensor:
        return self.mean

    def sample(self, sample_shape: Any = ()) -> Tensor:
        rows = self.probs.detach().reshape(-1, self._num_events)
        drawn = flambeau.multinomial(rows, Size(sample_shape).numel(), True).T
        return drawn.reshape(self._extended_shape(sample_shape))

    def log_prob(self, value: Tensor) -> Tensor:
        self._checked(value)
        value = value.long().unsqueeze(-1)
        value, logits = flambeau.broadcast_tensors(value, self.logits)
        return logits.gather(-1, value[..., :1]).squeeze(-1)

    def entropy(self) -> Tensor:
        lowest = flambeau.finfo(self._given.dtype).min
        return -(self.logits.clamp(min=lowest) * self.probs).sum(-1)

    def enumerate_support(self, expand: bool = True) -> Tensor:
        values = flambeau.arange(self._num_events)
        values = values.view((-1,) + (1,) * len(self._batch_shape))
        return values.expand((-1, *self._batch_shape)) if expand else values


class OneHotCategorical(_ByProbability):
    """A vector with a single one, at a place that is drawn as by ``Categorical``."""

    arg_constraints = {"probs": constraints.simplex, "logits": constraints.real_vector}
    support = constraints.one_hot
    has_enumerate_support = True
    _binary = False
    probs: Tensor
    logits: Tensor

    def __init__(
        self, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        self._set(validate_args, probs, logits)

    def _event(self, tensor: Tensor) -> Any:
        return tensor.size()[-1:]

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"

    @property
    def param_shape(self) -> Size:
        return self._given.size()

    @property
    def _categorical(self) -> Categorical:
        return Categorical(logits=self.logits, validate_args=False)

    @property
    def mean(self) -> Tensor:
        return self.probs

    @property
    def mode(self) -> Tensor:
        at = self.probs.argmax(dim=-1)
        return F.one_hot(at, num_classes=self.probs.shape[-1]).to(self.probs)

    @property
    def variance(self) -> Tensor:
        return self.probs * (1 - self.probs)

    def sample(self, sample_shape: Any = ()) -> Tensor:
        drawn = Categorical(self.probs, validate_args=False).sample(sample_shape)
        return F.one_hot(drawn, self._given.shape[-1]).to(self._given)

    def log_prob(self, value: Tensor) -> Tensor:
        self._checked(value)
        return self._categorical.log_prob(value.max(-1)[1])

    def entropy(self) -> Tensor:
        return self._categorical.entropy()

    def enumerate_support(self, expand: bool = True) -> Tensor:
        n = self._given.shape[-1]
        values = flambeau.eye(n, dtype=self._given.dtype)
        values = values.view((n,) + (1,) * len(self._batch_shape) + (n,))
        return values.expand((n, *self._batch_shape, n)) if expand else values


class OneHotCategoricalStraightThrough(OneHotCategorical):
    """``OneHotCategorical`` whose draws have the gradients of the probabilities."""

    has_rsample = True

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        probs = self.probs
        return self.sample(sample_shape) + (probs - probs.detach())


class Multinomial(_ByProbability):
    """How often each of K numbers comes in ``total_count`` draws."""

    arg_constraints = {"probs": constraints.simplex, "logits": constraints.real_vector}
    _binary = False
    probs: Tensor
    logits: Tensor

    def __init__(
        self,
        total_count: int = 1,
        probs: Any = None,
        logits: Any = None,
        validate_args: bool | None = None,
    ) -> None:
        if not isinstance(total_count, int):
            raise NotImplementedError("inhomogeneous total_count is not supported")
        self.total_count = total_count
        self._set(validate_args, probs, logits)

    def _event(self, tensor: Tensor) -> Any:
        return tensor.size()[-1:]

    def __repr__(self) -> str:
        return "Multinomial()"

    def _parameters(self, shape: Size) -> dict[str, Any]:
        return {**super()._parameters(shape), "total_count": self.total_count}

    @property
    def param_shape(self) -> Size:
        return self._given.size()

    @property
    def support(self) -> constraints.Constraint:
        return constraints.Multinomial(self.total_count)

    @property
    def mean(self) -> Tensor:
        return self.probs * self.total_count

    @property
    def variance(self) -> Tensor:
        return self.total_count * self.probs * (1 - self.probs)

    def sample(self, sample_shape: Any = ()) -> Tensor:
        one = Categorical(self.probs, validate_args=False)
        drawn = one.sample((self.total_count, *sample_shape))
        order = (*range(1, drawn.dim()), 0)
        counts = flambeau.zeros(self._extended_shape(sample_shape), dtype=self._given.dtype)
        drawn = drawn.permute(order)
        return counts.scatter_add_(-1, drawn, flambeau.ones(drawn.shape, dtype=counts.dtype))

    def entropy(self) -> Tensor:
        n, probs = self.total_count, clamp_probs(self.probs)
        counts = flambeau.arange(1.0, n + 1, dtype=probs.dtype)
        counts = counts.view((-1,) + (1,) * probs.dim())
        count = flambeau.tensor(float(n), dtype=probs.dtype)
        ways = (count + 1).lgamma() - (counts + 1).lgamma() - (count - counts + 1).lgamma()
        shares = (ways + counts * probs.log() + (count - counts) * (-probs).log1p()).exp()
        one = Categorical(self.probs, validate_args=False).entropy()
        return n * one - (count + 1).lgamma() + (shares * (counts + 1).lgamma()).sum((0, -1))

    def log_prob(self, value: Tensor) -> Tensor:
        self._checked(value)
        logits, value = broadcast_all(self.logits, value)
        ways = flambeau.lgamma(value.sum(-1) + 1) - flambeau.lgamma(value + 1).sum(-1)
        logits = logits.masked_fill((value == 0) & (logits == -flambeau.inf), 0)
        return ways + (logits * value).sum(-1)


class Poisson(Distribution):
    r"""p(k) = \lambda^k e^{-\lambda} / k!; ``rate`` is \lambda."""

    arg_constraints = {"rate": constraints.nonnegative}
    support = constraints.nonnegative_integer

    def __init__(self, rate: Any, validate_args: bool | None = None) -> None:
        (self.rate,) = broadcast_all(rate)
        super().__init__(() if is_number(rate) else self.rate.size(), validate_args=validate_args)

    @property
    def mean(self) -> Tensor:
        return self.rate

    @property
    def mode(self) -> Tensor:
        return self.rate.floor()

    @property
    def variance(self) -> Tensor:
        return self.rate

    def sample(self, sample_shape: Any = ()) -> Tensor:
        with no_grad():
            return flambeau.poisson(self.rate.expand(self._extended_shape(sample_shape)))

    def log_prob(self, value: Tensor) -> Tensor:
        self._checked(value)
        rate, value = broadcast_all(self.rate, value)
        return value.xlogy(rate) - rate - (value + 1).lgamma()


__all__ = [
    "Bernoulli", "Categorical", "Geometric", "Multinomial", "OneHotCategorical",
    "OneHotCategoricalStraightThrough", "Poisson", "clamp_probs",
]  # fmt: skip
