"""Probability distributions, as ``torch.distributions``: the ones that networks mostly use.

Draws are PyTorch's, number for number, for the same seed.
"""

from __future__ import annotations

from typing import Any

from ..tensor.naming import no_such_name
from . import constraints as constraints
from . import kl as kl
from .continuous import Cauchy, Exponential, HalfNormal, Laplace, LogNormal, Normal, Uniform
from .discrete import (
    Bernoulli,
    Categorical,
    Geometric,
    Multinomial,
    OneHotCategorical,
    OneHotCategoricalStraightThrough,
    Poisson,
)
from .distribution import Distribution
from .joint import Independent, MultivariateNormal
from .kl import kl_divergence, register_kl

__all__ = [
    "Bernoulli", "Categorical", "Cauchy", "Distribution", "Exponential", "Geometric", "HalfNormal",
    "Independent", "Laplace", "LogNormal", "Multinomial", "MultivariateNormal", "Normal",
    "OneHotCategorical", "OneHotCategoricalStraightThrough", "Poisson", "Uniform",
    "kl_divergence", "register_kl",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    raise no_such_name(__name__, name, __all__)
