"""Checks gradients against finite differences."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..tensor.tensor import Tensor, set_memory, wrap
from .methods import grad
from .modes import no_grad


class GradcheckError(RuntimeError):
    """A gradient that differs from the finite differences."""


def _tuple(value: Any) -> tuple:
    return tuple(value) if isinstance(value, (tuple, list)) else (value,)


def _differentiable(outputs: Any) -> tuple:
    return tuple(o for o in _tuple(outputs) if isinstance(o, Tensor) and o.requires_grad)


def _numerical(f: Callable, inputs: tuple, x: Tensor, n_out: int, eps: float) -> list[np.ndarray]:
    """Columns of the Jacobian of each output with respect to x, by central differences.

    For complex x, the derivative along 1 and along i, combined to the conjugate convention.
    """
    flat = x._data.reshape(-1) if x._data.flags.c_contiguous else None
    if flat is None:
        set_memory(x, np.ascontiguousarray(x._data))
        flat = x._data.reshape(-1)
    directions = (1.0, 1j) if flat.dtype.kind == "c" else (1.0,)
    columns: list[list[list[np.ndarray]]] = [[[] for _ in range(n_out)] for _ in directions]
    for i in range(flat.size):
        for k, direction in enumerate(directions):
            kept = flat[i]
            flat[i] = kept + eps * direction
            with no_grad():
                high = [o._data.copy() for o in _tuple(f(*inputs)) if isinstance(o, Tensor)]
            flat[i] = kept - eps * direction
            with no_grad():
                low = [o._data.copy() for o in _tuple(f(*inputs)) if isinstance(o, Tensor)]
            flat[i] = kept
            for o in range(n_out):
                columns[k][o].append((high[o] - low[o]).reshape(-1) / (2 * eps))
    return [
        np.stack([np.array(columns[k][o]) for k in range(len(directions))]) for o in range(n_out)
    ]


def gradcheck(
    func: Callable,
    inputs: Tensor | Sequence[Any],
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    check_undefined_grad: bool = True,
    check_grad_dtypes: bool = False,
    check_batched_grad: bool = False,
    fast_mode: bool = False,
    **_: Any,
) -> bool:
    """Whether the gradients of ``func`` at ``inputs`` agree with central differences of width eps.

    Inputs should be float64 or complex128. Raises GradcheckError, or returns False where
    ``raise_exception`` is off.
    """
    try:
        return _check(func, _tuple(inputs), eps, atol, rtol)
    except GradcheckError:
        if raise_exception:
            raise
        return False


def _check(func: Callable, inputs: tuple, eps: float, atol: float, rtol: float) -> bool:
    wanted = [x for x in inputs if isinstance(x, Tensor) and x.requires_grad]
    if not wanted:
        raise ValueError(
            "gradcheck expects at least one input tensor to require gradient, but none of the them "
            "have requires_grad=True."
        )
    for i, x in enumerate(wanted):
        if x._data.dtype not in (np.float64, np.complex128):
            import warnings

            warnings.warn(
                f"Input #{i} requires gradient and is not a double precision floating point or "
                "complex. This check will likely fail if all the inputs are not of double "
                "precision floating point or complex. ",
                stacklevel=3,
            )
    outputs = _tuple(func(*inputs))
    tensors = [o for o in outputs if isinstance(o, Tensor)]
    for i, x in enumerate(wanted):
        numerical = _numerical(func, inputs, x, len(tensors), eps)
        for j, out in enumerate(tensors):
            if not out.requires_grad:
                continue
            analytical = _analytical(out, x)
            expected = numerical[j]
            if not np.allclose(analytical, expected, rtol=rtol, atol=atol, equal_nan=True):
                raise GradcheckError(
                    f"Jacobian mismatch for output {j} with respect to input {i},\n"
                    f"numerical:{_show(expected)}\nanalytical:{_show(analytical)}\n"
                )
    return True


def _analytical(out: Tensor, x: Tensor) -> np.ndarray:
    """Real derivatives of each component of ``out`` along 1 (and i) of each element of x.

    A backward pass with the unit gradient e gives conj-convention g with
    d Re(conj(e) out) = Re(conj(g) dx); real and imaginary parts are put together from e = 1 and i.
    """
    complex_out, complex_x = out._data.dtype.kind == "c", x._data.dtype.kind == "c"
    directions = 2 if complex_x else 1
    result = np.zeros((directions, x._data.size, out._data.size), out._data.dtype)
    for k in range(out._data.size):
        for unit in (1.0, 1j) if complex_out else (1.0,):
            seed = np.zeros(out._data.size, out._data.dtype)
            seed[k] = unit
            seed = seed.reshape(out._data.shape)
            (g,) = grad(out, x, wrap(seed), retain_graph=True, allow_unused=True)
            if g is None:
                continue
            flat = g._data.reshape(-1)
            along = (flat.real, flat.imag) if complex_x else (flat,)
            for d in range(directions):
                result[d, :, k] += along[d] * unit
    return result


def _show(a: np.ndarray) -> str:
    return repr(wrap(np.ascontiguousarray(a[0])))


def gradgradcheck(
    func: Callable,
    inputs: Tensor | Sequence[Any],
    grad_outputs: Any = None,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
    gen_non_contig_grad_outputs: bool = False,
    **options: Any,
) -> bool:
    """Whether derivatives of derivatives agree with finite differences of the derivatives."""
    inputs = _tuple(inputs)
    outputs = _differentiable(func(*inputs))
    if grad_outputs is None:
        rng = np.random.RandomState(0)
        grad_outputs = []
        for o in outputs:
            seed = rng.standard_normal(o._data.shape)
            if o._data.dtype.kind == "c":
                seed = seed + 1j * rng.standard_normal(o._data.shape)
            grad_outputs.append(wrap(np.asarray(seed, o._data.dtype)).requires_grad_(True))
    seeds = _tuple(grad_outputs)
    positions = [i for i, x in enumerate(inputs) if isinstance(x, Tensor) and x.requires_grad]

    def first(*args: Any) -> tuple:
        xs, gs = args[: len(inputs)], args[len(inputs) :]
        leaves = [xs[i] if xs[i].requires_grad else xs[i].requires_grad_(True) for i in positions]
        outs = _differentiable(func(*xs))
        got = grad(outs, leaves, gs, create_graph=True, allow_unused=True)
        return tuple(g for g in got if g is not None)

    def recorded(*args: Any) -> tuple:
        from .modes import enable_grad

        with enable_grad():
            return first(*args)

    return gradcheck(
        recorded, inputs + seeds, eps=eps, atol=atol, rtol=rtol, raise_exception=raise_exception
    )
