"""What linear algebra refuses: PyTorch's sentences for shapes, types and singular matrices."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...tensor import dtype as D
from ...tensor.size import broadcast_shapes
from ...tensor.tensor import Tensor

Array = np.ndarray
HALF = frozenset((D.float16.numpy, D.bfloat16.numpy))
CONVERT = "Hint: convert the input first, for example with .float()."


class LinAlgError(RuntimeError):
    """A matrix for which an algorithm has no result: singular, not positive-definite, …"""


LinAlgError.__module__ = "flambeau.linalg"


def title(a: Any) -> str:
    """How messages call an array's element type: "Float", "Long"."""
    return D.of(a.dtype).title


def matrices(a: Any, name: str, argument: str = "A") -> None:
    """Refuses what has fewer than two dimensions."""
    if a.ndim < 2:
        raise RuntimeError(
            f"{name}: The input tensor {argument} must have at least 2 dimensions."
        )


def squares(a: Any, name: str, argument: str = "A") -> None:
    """Refuses what is no batch of square matrices."""
    matrices(a, name, argument)
    m, n = a.shape[-2:]
    if m != n:
        raise RuntimeError(
            f"{name}: {argument} must be batches of square matrices, but they are {m} by {n} "
            "matrices"
        )


def floating(a: Any, name: str, kernel: str = "") -> None:
    """Refuses integers and bools, and the half types, for which there is no LAPACK.

    ``kernel`` is the name by which PyTorch refuses half types, where that sentence differs.
    """
    kind = a.dtype.kind if isinstance(a, np.ndarray) else a.dtype.numpy.kind
    if kind in "biu":
        raise RuntimeError(
            f"{name}: Expected a floating point or complex tensor as input. Got "
            f"{_title(a)}\n{CONVERT}"
        )
    if (a.dtype if isinstance(a, np.ndarray) else a.dtype.numpy) in HALF:
        if kernel:
            raise not_implemented(kernel, a)
        raise RuntimeError(
            f"{name}: Low precision dtypes not supported. Got {_title(a)}\n{CONVERT}"
        )


def not_implemented(kernel: str, a: Any) -> NotImplementedError:
    """PyTorch's refusal of an element type."""
    return NotImplementedError(f"\"{kernel}\" not implemented for '{_title(a)}'\n{CONVERT}")


def _title(a: Any) -> str:
    return a.dtype.title if isinstance(a, Tensor) else title(a)


def same_type(a: Array, b: Array, name: str, names: tuple[str, str] = ("A", "B")) -> None:
    """Refuses operands of two types."""
    if a.dtype != b.dtype:
        one, two = names
        raise RuntimeError(
            f"{name}: Expected {one} and {two} to have the same dtype, but found {one} of type "
            f"{title(a)} and {two} of type {title(b)} instead"
        )


def fits(a: Array, b: Array, name: str, left: bool = True) -> None:
    """Refuses a right-hand side that does not fit the equation AX = B (or XA = B)."""
    if a.shape[-2] != b.shape[-2 if left else -1]:
        equation = "AX = B" if left else "XA = B"
        sizes = "x".join(map(str, a.shape[-2:])), "x".join(map(str, b.shape[-2:]))
        raise RuntimeError(
            f"{name}: Incompatible shapes of A and B for the equation {equation} "
            f"({sizes[0]} and {sizes[1]})"
        )


def batch_shape(a: Array, b: Array) -> tuple[int, ...]:
    """The batch dimensions of two batches together; b's are named first in the refusal."""
    return broadcast_shapes(b.shape[:-2], a.shape[:-2])


def failed(info: Tensor | Array) -> tuple[str, int] | None:
    """Where a factorisation failed: "(Batch element i): " and the number of the step."""
    codes = info._data if isinstance(info, Tensor) else info
    if not codes.any():
        return None
    flat = codes.reshape(-1)
    first = int(np.flatnonzero(flat)[0])
    return (f"(Batch element {first}): " if codes.ndim else ""), int(flat[first])


SENTENCES = {
    "inv": "{name}: {where}The diagonal element {step} is zero, the inversion could not be "
    "completed because the input matrix is singular.",
    "solve": "{name}: {where}The solver failed because the input matrix is singular.",
    "cholesky": "{name}: {where}The factorization could not be completed because the input is not "
    "positive-definite (the leading minor of order {step} is not positive-definite).",
    "lu": "{name}: {where}U[{step},{step}] is zero and using it on lu_solve would result in a "
    "division by zero. If you still want to perform the factorization, consider calling "
    "linalg.lu(A, pivot) or linalg.lu_factor_ex(A, pivot)",
    "lstsq": "{name}: {where}The least squares solution could not be computed because the input "
    "matrix does not have full rank (error code: {step}).",
}


def check(info: Tensor | Array, kind: str, name: str) -> None:
    """Raises LinAlgError (for "lu" a RuntimeError) if any matrix of the batch failed."""
    found = failed(info)
    if found is not None:
        where, step = found
        text = SENTENCES[kind].format(name=name, where=where, step=step)
        raise RuntimeError(text) if kind == "lu" else LinAlgError(text)


def spectral(error: Exception | None, a: Array, name: str) -> LinAlgError:
    """The refusal of an iteration that did not converge."""
    if a.size and not np.isfinite(a).all():
        return LinAlgError(
            f"{name}: The algorithm failed to converge because the input matrix contained "
            "non-finite values."
        )
    what = "singular values" if name == "linalg.svd" else "eigenvalues"
    return LinAlgError(
        f"{name}: The algorithm failed to converge because the input matrix is ill-conditioned or "
        f"has too many repeated {what} (error code: {max(a.shape[-1] - 1, 1)})."
    )
