"""Which values a parameter or a sample may have, as ``torch.distributions.constraints``."""

from __future__ import annotations

from typing import Any

import flambeau

from ..tensor.naming import no_such_name
from ..tensor.tensor import Tensor


class Constraint:
    """A set of values; ``check(value)`` says for each whether it belongs to it."""

    is_discrete = False
    event_dim = 0  # so many last dimensions make one value

    def check(self, value: Tensor) -> Tensor:
        """Whether each value satisfies the constraint."""
        raise NotImplementedError

    def __repr__(self) -> str:
        return type(self).__name__.removeprefix("_") + "()"


class Dependent(Constraint):
    """Depends on other parameters: nothing to check."""


class Real(Constraint):
    """Numbers that are not NaN."""

    def check(self, value: Tensor) -> Tensor:
        return value == value


class Boolean(Constraint):
    """0 and 1."""

    is_discrete = True

    def check(self, value: Tensor) -> Tensor:
        return (value == 0) | (value == 1)


class _Bounded(Constraint):
    """Between two bounds, of which one may be missing."""

    names: tuple[str, ...] = ("lower_bound", "upper_bound")

    def __init__(self, *bounds: Any):
        self.bounds = bounds
        for name, bound in zip(self.names, bounds, strict=True):
            setattr(self, name, bound)

    def __repr__(self) -> str:
        pairs = zip(self.names, self.bounds, strict=True)
        return f"{type(self).__name__}({', '.join(f'{n}={b}' for n, b in pairs)})"


class GreaterThan(_Bounded):
    """(lower_bound, inf]"""

    names = ("lower_bound",)

    def check(self, value: Tensor) -> Tensor:
        return self.bounds[0] < value


class GreaterThanEq(_Bounded):
    """[lower_bound, inf]"""

    names = ("lower_bound",)

    def check(self, value: Tensor) -> Tensor:
        return self.bounds[0] <= value


class LessThan(_Bounded):
    """[-inf, upper_bound)"""

    names = ("upper_bound",)

    def check(self, value: Tensor) -> Tensor:
        return value < self.bounds[0]


class Interval(_Bounded):
    """[lower_bound, upper_bound]"""

    def check(self, value: Tensor) -> Tensor:
        return (self.bounds[0] <= value) & (value <= self.bounds[1])


class IntegerInterval(_Bounded):
    """The integers from one bound to the other."""

    is_discrete = True

    def check(self, value: Tensor) -> Tensor:
        return (value % 1 == 0) & (self.bounds[0] <= value) & (value <= self.bounds[1])


class IntegerGreaterThan(_Bounded):
    """The integers from the bound on."""

    is_discrete = True
    names = ("lower_bound",)

    def check(self, value: Tensor) -> Tensor:
        return (value % 1 == 0) & (value >= self.bounds[0])


class Simplex(Constraint):
    """Vectors of numbers that are not negative and add up to 1."""

    event_dim = 1

    def check(self, value: Tensor) -> Tensor:
        return (value >= 0).all(-1) & ((value.sum(-1) - 1).abs() < 1e-6)


class OneHot(Constraint):
    """Vectors of zeros and a single one."""

    is_discrete = True
    event_dim = 1

    def check(self, value: Tensor) -> Tensor:
        return ((value == 0) | (value == 1)).all(-1) & value.sum(-1).eq(1)


class Multinomial(Constraint):
    """Vectors of counts with at most the given sum."""

    is_discrete = True
    event_dim = 1

    def __init__(self, upper_bound: Any):
        self.upper_bound = upper_bound

    def check(self, value: Tensor) -> Tensor:
        return (value >= 0).all(-1) & (value.sum(-1) <= self.upper_bound)


class LowerCholesky(Constraint):
    """Lower triangular matrices with a positive diagonal."""

    event_dim = 2

    def check(self, value: Tensor) -> Tensor:
        lower = (value.tril() == value).flatten(-2).all(-1)
        return lower & (value.diagonal(dim1=-2, dim2=-1) > 0).all(-1)


class PositiveDefinite(Constraint):
    """Symmetric matrices with positive eigenvalues."""

    event_dim = 2

    def check(self, value: Tensor) -> Tensor:
        symmetric = flambeau.isclose(value, value.mT, atol=1e-6).flatten(-2).all(-1)
        if not bool(symmetric.all()):
            return symmetric
        return flambeau.linalg.cholesky_ex(value)[1] == 0


class IndependentConstraint(Constraint):
    """A constraint whose last dimensions are taken together."""

    def __init__(self, base_constraint: Constraint, reinterpreted_batch_ndims: int):
        self.base_constraint = base_constraint
        self.reinterpreted_batch_ndims = reinterpreted_batch_ndims

    @property
    def is_discrete(self) -> bool:  # type: ignore[override]
        return self.base_constraint.is_discrete

    @property
    def event_dim(self) -> int:  # type: ignore[override]
        return self.base_constraint.event_dim + self.reinterpreted_batch_ndims

    def check(self, value: Tensor) -> Tensor:
        result = self.base_constraint.check(value)
        n = self.reinterpreted_batch_ndims
        if result.dim() < n:
            raise ValueError(f"Expected value.dim() >= {self.event_dim} but got {value.dim()}")
        return result.reshape(result.shape[: result.dim() - n] + (-1,)).all(-1)

    def __repr__(self) -> str:
        return f"IndependentConstraint({self.base_constraint!r}, {self.reinterpreted_batch_ndims})"


dependent, real, boolean = Dependent(), Real(), Boolean()
positive, nonnegative = GreaterThan(0.0), GreaterThanEq(0.0)
unit_interval, simplex, one_hot = Interval(0.0, 1.0), Simplex(), OneHot()
nonnegative_integer = IntegerGreaterThan(0)
positive_integer = IntegerGreaterThan(1)
lower_cholesky, positive_definite = LowerCholesky(), PositiveDefinite()
real_vector = IndependentConstraint(real, 1)
independent = IndependentConstraint
interval, integer_interval = Interval, IntegerInterval
greater_than, greater_than_eq, less_than = GreaterThan, GreaterThanEq, LessThan
multinomial = Multinomial


def is_dependent(constraint: Any) -> bool:
    """Whether a constraint depends on other parameters."""
    return isinstance(constraint, Dependent)


def __getattr__(name: str) -> Any:
    raise no_such_name(__name__, name, globals())
