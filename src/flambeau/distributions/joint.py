"""Distributions of vectors, and of several things at once."""

from __future__ import annotations

import math
from typing import Any

import flambeau

from ..tensor.size import Size
from ..tensor.tensor import Tensor
from . import constraints
from .continuous import standard_normal
from .distribution import Distribution, sum_rightmost


class Independent(Distribution):
    """A distribution whose last batch dimensions count as parts of one event.

    Args:
        base_distribution: a distribution.
        reinterpreted_batch_ndims: so many of its batch dimensions.
    """

    def __init__(
        self,
        base_distribution: Distribution,
        reinterpreted_batch_ndims: int,
        validate_args: bool | None = None,
    ) -> None:
        n = len(base_distribution.batch_shape)
        if reinterpreted_batch_ndims > n:
            raise ValueError(
                "Expected reinterpreted_batch_ndims <= len(base_distribution.batch_shape), "
                f"actual {reinterpreted_batch_ndims} vs {n}"
            )
        self.base_dist = base_distribution
        self.reinterpreted_batch_ndims = reinterpreted_batch_ndims
        shape = base_distribution.batch_shape + base_distribution.event_shape
        at = n - reinterpreted_batch_ndims
        super().__init__(shape[:at], shape[at:], validate_args=validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Distribution:
        inner = self._event_shape[: self.reinterpreted_batch_ndims]
        base = self.base_dist.expand((*batch_shape, *inner))
        return type(self)(base, self.reinterpreted_batch_ndims, validate_args=self._validate_args)

    @property
    def has_rsample(self) -> bool:  # type: ignore[override]
        return self.base_dist.has_rsample

    @property
    def has_enumerate_support(self) -> bool:  # type: ignore[override]
        return not self.reinterpreted_batch_ndims and self.base_dist.has_enumerate_support

    @property
    def support(self) -> constraints.Constraint | None:
        support = self.base_dist.support
        n = self.reinterpreted_batch_ndims
        return constraints.IndependentConstraint(support, n) if support and n else support

    @property
    def mean(self) -> Tensor:
        return self.base_dist.mean

    @property
    def mode(self) -> Tensor:
        return self.base_dist.mode

    @property
    def variance(self) -> Tensor:
        return self.base_dist.variance

    def sample(self, sample_shape: Any = ()) -> Tensor:
        return self.base_dist.sample(sample_shape)

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        return self.base_dist.rsample(sample_shape)

    def log_prob(self, value: Tensor) -> Tensor:
        return sum_rightmost(self.base_dist.log_prob(value), self.reinterpreted_batch_ndims)

    def entropy(self) -> Tensor:
        return sum_rightmost(self.base_dist.entropy(), self.reinterpreted_batch_ndims)

    def enumerate_support(self, expand: bool = True) -> Tensor:
        if self.reinterpreted_batch_ndims:
            raise NotImplementedError(
                "Enumeration over cartesian product is not implemented for Independent"
            )
        return self.base_dist.enumerate_support(expand=expand)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.base_dist}, {self.reinterpreted_batch_ndims})"


class MultivariateNormal(Distribution):
    r"""p(x) = \exp(-(x - \mu)^T \Sigma^{-1} (x - \mu) / 2) / \sqrt{(2\pi)^k \det\Sigma}

    Args:
        loc: the mean (..., k).
        covariance_matrix, precision_matrix, scale_tril: one of them (..., k, k): \Sigma, its
            inverse, or a lower triangular L with L L^T = \Sigma.
    """

    arg_constraints = {
        "loc": constraints.real_vector,
        "covariance_matrix": constraints.positive_definite,
        "precision_matrix": constraints.positive_definite,
        "scale_tril": constraints.lower_cholesky,
    }
    support = constraints.real_vector
    has_rsample = True

    def __init__(
        self,
        loc: Tensor,
        covariance_matrix: Tensor | None = None,
        precision_matrix: Tensor | None = None,
        scale_tril: Tensor | None = None,
        validate_args: bool | None = None,
    ) -> None:
        if loc.dim() < 1:
            raise ValueError("loc must be at least one-dimensional.")
        given: dict[str, Any] = {
            "covariance_matrix": covariance_matrix,
            "scale_tril": scale_tril,
            "precision_matrix": precision_matrix,
        }
        given = {name: value for name, value in given.items() if value is not None}
        if len(given) != 1:
            raise ValueError(
                "Exactly one of covariance_matrix or precision_matrix or scale_tril may be "
                "specified."
            )
        ((name, matrix),) = given.items()
        if matrix.dim() < 2:
            raise ValueError(
                f"{name} must be at least two-dimensional, with optional leading batch dimensions"
            )
        batch = flambeau.broadcast_shapes(matrix.shape[:-2], loc.shape[:-1])
        self.__dict__[name] = matrix.expand((*batch, -1, -1))
        self.loc = loc.expand((*batch, -1))
        super().__init__(batch, self.loc.shape[-1:], validate_args=validate_args)
        self._factor()

    def _factor(self) -> None:
        """The Cholesky factor of the covariance."""
        if "scale_tril" in self.__dict__:
            self._tril = self.__dict__["scale_tril"]
        elif "covariance_matrix" in self.__dict__:
            self._tril = flambeau.linalg.cholesky(self.__dict__["covariance_matrix"])
        else:
            flipped = self.__dict__["precision_matrix"].flip((-2, -1))
            upper = flambeau.linalg.cholesky(flipped).flip((-2, -1)).mT
            eye = flambeau.eye(upper.shape[-1], dtype=upper.dtype)
            self._tril = flambeau.linalg.solve_triangular(upper, eye, upper=False)

    def __getattr__(self, name: str) -> Any:
        if name == "scale_tril":
            return self._tril.expand((*self._batch_shape, *self._event_shape, *self._event_shape))
        if name == "covariance_matrix":
            return self._tril @ self._tril.mT
        if name == "precision_matrix":
            return flambeau.cholesky_inverse(self._tril)
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def _parameters(self, shape: Size) -> dict[str, Any]:
        n = self._event_shape[0]
        return {**super()._parameters(shape), "_tril": self._tril.expand((*shape, n, n))}

    @property
    def mean(self) -> Tensor:
        return self.loc

    @property
    def mode(self) -> Tensor:
        return self.loc

    @property
    def variance(self) -> Tensor:
        return self._tril.pow(2).sum(-1).expand((*self._batch_shape, *self._event_shape))

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        eps = standard_normal(self._extended_shape(sample_shape), self.loc)
        return self.loc + (self._tril @ eps.unsqueeze(-1)).squeeze(-1)

    def log_prob(self, value: Tensor) -> Tensor:
        self._checked(value)
        squared = mahalanobis(self._tril, value - self.loc)
        constant = self._event_shape[0] * math.log(2 * math.pi)
        return -0.5 * (constant + squared) - self._half_log_det()

    def _half_log_det(self) -> Tensor:
        return self._tril.diagonal(dim1=-2, dim2=-1).log().sum(-1)

    def entropy(self) -> Tensor:
        constant = 0.5 * self._event_shape[0] * (1.0 + math.log(2 * math.pi))
        found = constant + self._half_log_det()
        return found if not self._batch_shape else found.expand(self._batch_shape)


def mahalanobis(tril: Tensor, x: Tensor) -> Tensor:
    """x^T (L L^T)^{-1} x."""
    tril = tril.expand((*x.shape[:-1], *tril.shape[-2:]))
    solved = flambeau.linalg.solve_triangular(tril, x.unsqueeze(-1), upper=False)
    return solved.pow(2).sum((-2, -1))
