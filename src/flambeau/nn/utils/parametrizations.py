"""Parametrizations that are often wanted: orthogonal matrices, weight and spectral norm."""

from __future__ import annotations

from typing import Any

import flambeau

from ...autograd.modes import no_grad
from ...tensor.tensor import Tensor
from .. import functional as F
from ..functional.rows import ops
from ..modules.conv import ConvTranspose1d, ConvTranspose2d, ConvTranspose3d
from ..modules.module import Module
from .parametrize import register_parametrization

__all__ = ["orthogonal", "spectral_norm", "weight_norm"]

MAPS = ("matrix_exp", "cayley", "householder")


def _weight_of(module: Module, name: str) -> Tensor:
    weight = getattr(module, name, None)
    if not isinstance(weight, Tensor):
        raise ValueError(f"Module '{module}' has no parameter or buffer with name '{name}'")
    return weight


# --- orthogonal matrices -----------------------------------------------------------------------


def _is_orthogonal(q: Tensor) -> bool:
    n, k = q.shape[-2:]
    identity = flambeau.eye(k, dtype=q.dtype)
    return flambeau.allclose(q.mH @ q, identity, atol=10.0 * n * flambeau.finfo(q.dtype).eps)


def _orthogonalised(a: Tensor) -> Tensor:
    """The factor Q of A = Q R with a positive diagonal of R."""
    packed, tau = flambeau.geqrf(a)
    signs = packed.diagonal(dim1=-2, dim2=-1).sgn()
    return flambeau.linalg.householder_product(packed, tau) * signs.unsqueeze(-2)


class _Orthogonal(Module):
    """A tall or wide matrix of any values as one with orthonormal columns or rows.

    With a base B the result is B Q(X), so that X = -1 on the diagonal stands for B itself.
    """

    def __init__(self, weight: Tensor, orthogonal_map: str, *, use_trivialization: bool) -> None:
        super().__init__()
        if weight.is_complex() and orthogonal_map == "householder":
            raise ValueError("The householder parametrization does not support complex tensors.")
        self.shape = weight.shape
        self.orthogonal_map = orthogonal_map
        if use_trivialization:
            self.register_buffer("base", None)

    def forward(self, x: Tensor) -> Tensor:
        wide = x.size(-2) < x.size(-1)
        if wide:
            x = x.mT
        q = self._reflected(x) if self.orthogonal_map == "householder" else self._rotated(x)
        if hasattr(self, "base"):
            q = self.base @ q
        return q.mT if wide else q

    def _rotated(self, x: Tensor) -> Tensor:
        """exp(A) or (1 - A/2)^-1 (1 + A/2), where A = L - L^H for the lower triangle L of x."""
        n, k = x.shape[-2:]
        lower = x.tril()
        if n != k:
            lower = flambeau.cat([lower, lower.new_zeros(*lower.shape[:-1], n - k)], -1)
        skew = lower - lower.mH
        if self.orthogonal_map == "matrix_exp":
            q = flambeau.matrix_exp(skew)
        else:
            identity = flambeau.eye(n, dtype=x.dtype)
            q = flambeau.linalg.solve(identity - 0.5 * skew, identity + 0.5 * skew)
        return q[..., :k] if n != k else q

    @staticmethod
    def _reflected(x: Tensor) -> Tensor:
        """The product of the reflections along the columns below the diagonal of x, which holds
        the signs of the result's columns."""
        below = x.tril(diagonal=-1)
        tau = 2.0 / (1.0 + (below * below).sum(dim=-2))
        q = flambeau.linalg.householder_product(below, tau)
        return q * x.diagonal(dim1=-2, dim2=-1).int().unsqueeze(-2)

    def right_inverse(self, q: Tensor) -> Tensor:
        """The matrix that stands for `q`, which is made orthogonal first."""
        if q.shape != self.shape:
            raise ValueError(
                f"Expected a matrix or batch of matrices of shape {self.shape}. Got a tensor of "
                f"shape {q.shape}."
            )
        with no_grad():
            wide = q.size(-2) < q.size(-1)
            tall = q.mT if wide else q
            if not hasattr(self, "base"):
                packed = self._reflections(tall)
                return packed.mT if wide else packed
            self.base = self._base(tall)
            minus_identity = flambeau.zeros_like(q)
            minus_identity.diagonal(dim1=-2, dim2=-1).fill_(-1.0)
            return minus_identity

    def _reflections(self, q: Tensor) -> Tensor:
        if self.orthogonal_map != "householder":
            raise NotImplementedError(
                "It is not possible to assign to the matrix exponential or the Cayley "
                "parametrizations when use_trivialization=False."
            )
        packed, tau = flambeau.geqrf(q)
        diagonal = packed.diagonal(dim1=-2, dim2=-1)
        diagonal.copy_(flambeau.where(tau == 0.0, -diagonal.sign(), diagonal.sign()))
        return packed

    @staticmethod
    def _base(q: Tensor) -> Tensor:
        """`q` made square and orthogonal."""
        n, k = q.shape[-2:]
        if n != k:
            more = flambeau.randn(*q.shape[:-2], n, n - k, dtype=q.dtype)
            return _orthogonalised(flambeau.cat([q, more], -1))
        return q.clone() if _is_orthogonal(q) else _orthogonalised(q)


def orthogonal(
    module: Module,
    name: str = "weight",
    orthogonal_map: str | None = None,
    *,
    use_trivialization: bool = True,
) -> Module:
    """Keeps a matrix, or a batch of matrices, orthogonal (unitary, if complex) in training.

    Args:
        module: the owner of the matrix
        name: its name
        orthogonal_map: matrix_exp, cayley or householder: how any matrix is made orthogonal; by
            default matrix_exp for square and complex ones, otherwise householder
        use_trivialization: whether the matrix is kept relative to a base, which starts as the
            orthogonalised present value

    Matrices that are wider than tall get orthonormal rows, others orthonormal columns.
    """
    weight = _weight_of(module, name)
    if weight.ndim < 2:
        raise ValueError(
            f"Expected a matrix or batch of matrices. Got a tensor of {weight.ndim} dimensions."
        )
    if orthogonal_map is None:
        square = weight.size(-2) == weight.size(-1)
        orthogonal_map = "matrix_exp" if square or weight.is_complex() else "householder"
    if orthogonal_map not in MAPS:
        raise ValueError(
            'orthogonal_map has to be one of "matrix_exp", "cayley", "householder". Got: '
            f"{orthogonal_map}"
        )
    made = _Orthogonal(weight, orthogonal_map, use_trivialization=use_trivialization)
    return register_parametrization(module, name, made, unsafe=True)


# --- weight norm -------------------------------------------------------------------------------


class _WeightNorm(Module):
    """g v / |v|."""

    def __init__(self, dim: int | None = 0) -> None:
        super().__init__()
        self.dim = -1 if dim is None else dim

    def forward(self, weight_g: Tensor, weight_v: Tensor) -> Tensor:
        return ops._weight_norm(weight_v, weight_g, self.dim)

    def right_inverse(self, weight: Tensor) -> tuple[Tensor, Tensor]:
        """The norms and the weight itself."""
        return ops.norm_except_dim(weight, 2, self.dim), weight


def weight_norm(module: Module, name: str = "weight", dim: int | None = 0) -> Module:
    """Learns the length and the direction of a weight apart: w = g v / |v|.

    Args:
        module: the owner of the weight
        name: its name
        dim: the dimension along which each slice has a length of its own; None for one length

    g and v are `parametrizations.weight.original0` and `original1`.
    """
    register_parametrization(module, name, _WeightNorm(dim), unsafe=True)

    def rename(state_dict: dict[str, Any], prefix: str, *args: Any) -> None:
        """State dictionaries of the older weight_norm have other names."""
        old = [f"{prefix}{name}_{part}" for part in "gv"]
        if all(key in state_dict for key in old):
            for i, key in enumerate(old):
                new = f"{prefix}parametrizations.{name}.original{i}"
                state_dict[new] = state_dict.pop(key)

    module._register_load_state_dict_pre_hook(rename)
    return module


# --- spectral norm -----------------------------------------------------------------------------


class _SpectralNorm(Module):
    """A weight divided by its greatest singular value, which power iteration estimates."""

    def __init__(
        self, weight: Tensor, n_power_iterations: int = 1, dim: int = 0, eps: float = 1e-12
    ) -> None:
        super().__init__()
        n = weight.ndim
        if not -n <= dim < n:
            raise IndexError(
                f"Dimension out of range (expected to be in range of [-{n}, {n - 1}] but got {dim})"
            )
        if n_power_iterations <= 0:
            raise ValueError(
                "Expected n_power_iterations to be positive, but got "
                f"n_power_iterations={n_power_iterations}"
            )
        self.dim = dim % n
        self.eps = eps
        if n > 1:
            self.n_power_iterations = n_power_iterations
            matrix = self._matrix(weight).detach()
            for buffer, size in zip(("_u", "_v"), matrix.shape, strict=True):
                start = matrix.new_empty(size).normal_(0, 1)
                self.register_buffer(buffer, F.normalize(start, dim=0, eps=eps))
            self._iterate(matrix, 15)

    def _matrix(self, weight: Tensor) -> Tensor:
        """The weight with its output dimension first, as a matrix."""
        return weight.movedim(self.dim, 0).flatten(1)

    def _iterate(self, matrix: Tensor, times: int) -> None:
        with no_grad():
            for _ in range(times):
                self._u.copy_(F.normalize(matrix.mv(self._v), dim=0, eps=self.eps))
                self._v.copy_(F.normalize(matrix.mH.mv(self._u), dim=0, eps=self.eps))

    def forward(self, weight: Tensor) -> Tensor:
        if weight.ndim == 1:
            return F.normalize(weight, dim=0, eps=self.eps)
        matrix = self._matrix(weight)
        if self.training:
            self._iterate(matrix, self.n_power_iterations)
        # Copies: a second forward pass changes the buffers before the first one's backward.
        u, v = self._u.clone(), self._v.clone()
        return weight / flambeau.vdot(u, matrix.mv(v))

    def right_inverse(self, value: Tensor) -> Tensor:
        """The value itself: it will be divided by its norm."""
        return value


def output_dim(module: Module) -> int:
    """The dimension of a module's weight that counts the outputs."""
    return int(isinstance(module, (ConvTranspose1d, ConvTranspose2d, ConvTranspose3d)))


def spectral_norm(
    module: Module,
    name: str = "weight",
    n_power_iterations: int = 1,
    eps: float = 1e-12,
    dim: int | None = None,
) -> Module:
    """Divides a weight by its greatest singular value; a vector by its length.

    Args:
        module: the owner of the weight
        name: its name
        n_power_iterations: steps of the power method at each use in training
        eps: keeps the lengths of the vectors from zero
        dim: the dimension that counts the outputs: 0, and 1 for transposed convolutions
    """
    weight = _weight_of(module, name)
    dim = output_dim(module) if dim is None else dim
    made = _SpectralNorm(weight, n_power_iterations, dim, eps)
    return register_parametrization(module, name, made)
