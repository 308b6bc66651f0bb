"""The Kullback-Leibler divergence between pairs of distributions."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import flambeau

from ..nn import functional as F
from ..tensor.tensor import Tensor
from . import continuous as C
from . import discrete as K
from .distribution import Distribution, sum_rightmost
from .joint import Independent, MultivariateNormal, mahalanobis

_RULES: dict[tuple[type, type], Callable[[Any, Any], Tensor]] = {}


def register_kl(type_p: type, type_q: type) -> Callable:
    """Makes the decorated function ``f(p, q)`` the divergence for a pair of classes."""

    def add(function: Callable) -> Callable:
        _RULES[type_p, type_q] = function
        return function

    return add


def kl_divergence(p: Distribution, q: Distribution) -> Tensor:
    r"""KL(p || q) = E_p[\ln p(x) - \ln q(x)], by the rule of the nearest base classes."""
    for a in type(p).__mro__:
        for b in type(q).__mro__:
            if (a, b) in _RULES:
                return _RULES[a, b](p, q)
    raise NotImplementedError(
        f"No KL(p || q) is implemented for p type {type(p).__name__} and q type {type(q).__name__}"
    )


@register_kl(C.Normal, C.Normal)
def _normal(p: C.Normal, q: C.Normal) -> Tensor:
    ratio = (p.scale / q.scale).pow(2)
    return 0.5 * (ratio + ((p.loc - q.loc) / q.scale).pow(2) - 1 - ratio.log())


@register_kl(C.HalfNormal, C.HalfNormal)
def _half_normal(p: C.HalfNormal, q: C.HalfNormal) -> Tensor:
    ratio = (p.scale / q.scale).pow(2)
    return 0.5 * (ratio - 1 - ratio.log())


@register_kl(C.Laplace, C.Laplace)
def _laplace(p: C.Laplace, q: C.Laplace) -> Tensor:
    ratio, away = p.scale / q.scale, (p.loc - q.loc).abs()
    return -ratio.log() + away / q.scale + ratio * (-away / p.scale).exp() - 1


@register_kl(C.Exponential, C.Exponential)
def _exponential(p: C.Exponential, q: C.Exponential) -> Tensor:
    ratio = q.rate / p.rate
    return -ratio.log() + ratio - 1


@register_kl(C.Uniform, C.Uniform)
def _uniform(p: C.Uniform, q: C.Uniform) -> Tensor:
    result = ((q.high - q.low) / (p.high - p.low)).log()
    return result.masked_fill((q.low > p.low) | (q.high < p.high), math.inf)


@register_kl(C.Uniform, C.Normal)
def _uniform_normal(p: C.Uniform, q: C.Normal) -> Tensor:
    width, away = p.high - p.low, (p.high + p.low - 2 * q.loc) / 2
    spread = (width.pow(2) / 12 + away.pow(2)) / (2 * q.scale.pow(2))
    return (math.sqrt(2 * math.pi) * q.scale / width).log() + spread


@register_kl(K.Bernoulli, K.Bernoulli)
def _bernoulli(p: K.Bernoulli, q: K.Bernoulli) -> Tensor:
    one = p.probs * (F.softplus(-q.logits) - F.softplus(-p.logits))
    zero = (1 - p.probs) * (F.softplus(q.logits) - F.softplus(p.logits))
    one = one.masked_fill(q.probs == 0, math.inf).masked_fill(p.probs == 0, 0)
    zero = zero.masked_fill(q.probs == 1, math.inf).masked_fill(p.probs == 1, 0)
    return one + zero


@register_kl(K.Categorical, K.Categorical)
def _categorical(p: K.Categorical, q: K.Categorical) -> Tensor:
    t = p.probs * (p.logits - q.logits)
    t = t.masked_fill((q.probs == 0).expand_as(t), math.inf)
    return t.masked_fill((p.probs == 0).expand_as(t), 0).sum(-1)


@register_kl(K.OneHotCategorical, K.OneHotCategorical)
def _one_hot(p: K.OneHotCategorical, q: K.OneHotCategorical) -> Tensor:
    return _categorical(p._categorical, q._categorical)


@register_kl(K.Geometric, K.Geometric)
def _geometric(p: K.Geometric, q: K.Geometric) -> Tensor:
    return -p.entropy() - flambeau.log1p(-q.probs) / p.probs - q.logits


@register_kl(K.Poisson, K.Poisson)
def _poisson(p: K.Poisson, q: K.Poisson) -> Tensor:
    return p.rate * (p.rate.log() - q.rate.log()) - (p.rate - q.rate)


@register_kl(Independent, Independent)
def _independent(p: Independent, q: Independent) -> Tensor:
    if p.reinterpreted_batch_ndims != q.reinterpreted_batch_ndims:
        raise NotImplementedError
    return sum_rightmost(kl_divergence(p.base_dist, q.base_dist), p.reinterpreted_batch_ndims)


@register_kl(MultivariateNormal, MultivariateNormal)
def _multivariate_normal(p: MultivariateNormal, q: MultivariateNormal) -> Tensor:
    if p.event_shape != q.event_shape:
        raise ValueError(
            "KL-divergence between two Multivariate Normals with\n"
            "                          different event shapes cannot be computed"
        )
    n = p.event_shape[0]
    batch = flambeau.broadcast_shapes(p.batch_shape, q.batch_shape)
    lower = q._tril.expand((*batch, n, n))
    solved = flambeau.linalg.solve_triangular(lower, p._tril.expand((*batch, n, n)), upper=False)
    squared = solved.pow(2).sum((-2, -1)) + mahalanobis(q._tril, q.loc - p.loc)
    return q._half_log_det() - p._half_log_det() + 0.5 * (squared - n)
