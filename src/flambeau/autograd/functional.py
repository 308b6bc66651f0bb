"""Jacobians, Hessians and products with them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..ops.expressions import TENSORS
from ..tensor.tensor import Tensor, wrap
from .methods import grad


def _tuple(value: Any) -> tuple[tuple, bool]:
    return (tuple(value), True) if isinstance(value, (tuple, list)) else ((value,), False)


def _inputs(inputs: tuple, create_graph: bool) -> tuple:
    """Fresh tensors to differentiate by: views of the inputs where the graph must go through."""
    if create_graph:
        return tuple(x.view_as(x) if x.requires_grad else _leaf(x) for x in inputs)
    return tuple(_leaf(x) for x in inputs)


def _leaf(x: Tensor) -> Tensor:
    return x.detach().requires_grad_(True)


def _zeros(shape: tuple, like: Tensor) -> Tensor:
    return wrap(np.zeros(shape, like._data.dtype))


def jacobian(
    func: Callable,
    inputs: Any,
    create_graph: bool = False,
    strict: bool = False,
    vectorize: bool = False,
    strategy: str = "reverse-mode",
) -> Any:
    """J[i, j] = d out_i / d in_j, of shape out.shape + in.shape (nested tuples for several)."""
    given, many_in = _tuple(inputs)
    xs = _inputs(given, create_graph)
    outs, many_out = _tuple(func(*xs))
    rows = []
    for out in outs:
        columns: list[list[Tensor]] = [[] for _ in xs]
        flat = out.reshape(-1)
        for k in range(out.numel()):
            got = _grads(flat[k], xs, create_graph) if out.requires_grad else [None] * len(xs)
            for column, g, x in zip(columns, got, xs, strict=True):
                column.append(_zeros(tuple(x.shape), out) if g is None else g)
        rows.append(
            tuple(
                TENSORS["stack"](c).reshape(tuple(out.shape) + tuple(x.shape))
                if c
                else _zeros(tuple(out.shape) + tuple(x.shape), out)
                for c, x in zip(columns, xs, strict=True)
            )
        )
    result = tuple(r if many_in else r[0] for r in rows)
    return result if many_out else result[0]


def _grads(out: Tensor, xs: tuple, create_graph: bool) -> list:
    return list(grad(out, xs, retain_graph=True, create_graph=create_graph, allow_unused=True))


def hessian(
    func: Callable,
    inputs: Any,
    create_graph: bool = False,
    strict: bool = False,
    vectorize: bool = False,
    outer_jacobian_strategy: str = "reverse-mode",
) -> Any:
    """H[i, j] = d^2 f / d in_i d in_j of a function with one number as its result."""
    _, many = _tuple(inputs)

    def slope(*xs: Tensor) -> tuple:
        out = func(*xs)
        if not isinstance(out, Tensor) or out.numel() != 1:
            raise RuntimeError(
                "The Tensor returned by the function given to hessian should contain a single "
                "element"
            )
        got = grad(out.reshape(()), xs, create_graph=True, allow_unused=True)
        return tuple(
            _zeros(tuple(x.shape), x) if g is None else g for g, x in zip(got, xs, strict=True)
        )

    result = jacobian(slope, inputs if many else (inputs,), create_graph)
    return result if many else result[0][0]


def vjp(
    func: Callable, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> tuple:
    """The function's result and v^T J."""
    given, many = _tuple(inputs)
    xs = _inputs(given, create_graph)
    outs = func(*xs)
    roots, _ = _tuple(outs)
    seeds = _tuple(v)[0] if v is not None else None
    got = grad(roots, xs, seeds, retain_graph=True, create_graph=create_graph, allow_unused=True)
    products = tuple(
        _zeros(tuple(x.shape), x) if g is None else g for g, x in zip(got, xs, strict=True)
    )
    return _plain(outs, create_graph), products if many else products[0]


def jvp(
    func: Callable, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> tuple:
    """The function's result and J v, by differentiating v^T J twice."""
    given, _ = _tuple(inputs)
    xs = _inputs(given, create_graph)
    outs = func(*xs)
    roots, many = _tuple(outs)
    ones = tuple(wrap(np.ones_like(x._data)) for x in xs)
    vs = _tuple(v)[0] if v is not None else ones
    dummies = tuple(wrap(np.zeros_like(r._data)).requires_grad_(True) for r in roots)
    first = grad(roots, xs, dummies, create_graph=True, allow_unused=True)
    used = [(g, w) for g, w in zip(first, vs, strict=True) if g is not None]
    got = grad(
        [g for g, _ in used], dummies, [w for _, w in used],
        retain_graph=True, create_graph=create_graph, allow_unused=True,
    )  # fmt: skip
    products = tuple(
        _zeros(tuple(r.shape), r) if g is None else g for g, r in zip(got, roots, strict=True)
    )
    return _plain(outs, create_graph), products if many else products[0]


def vhp(func: Callable, inputs: Any, v: Any = None, create_graph: bool = False) -> tuple:
    """The function's result and v^T H."""
    return _hessian_product(func, inputs, v, create_graph)


def hvp(func: Callable, inputs: Any, v: Any = None, create_graph: bool = False) -> tuple:
    """The function's result and H v (equal to v^T H where second derivatives are continuous)."""
    return _hessian_product(func, inputs, v, create_graph)


def _hessian_product(func: Callable, inputs: Any, v: Any, create_graph: bool) -> tuple:
    given, many = _tuple(inputs)
    xs = _inputs(given, create_graph)
    out = func(*xs)
    first = grad(out, xs, create_graph=True, allow_unused=True)
    vs = _tuple(v)[0] if v is not None else tuple(wrap(np.ones_like(x._data)) for x in xs)
    used = [(g, w) for g, w in zip(first, vs, strict=True) if g is not None and g.requires_grad]
    got: Any = (None,) * len(xs)
    if used:
        got = grad(
            [g for g, _ in used], xs, [w for _, w in used],
            retain_graph=True, create_graph=create_graph, allow_unused=True,
        )  # fmt: skip
    products = tuple(
        _zeros(tuple(x.shape), x) if g is None else g for g, x in zip(got, xs, strict=True)
    )
    return _plain(out, create_graph), products if many else products[0]


def _plain(outs: Any, create_graph: bool) -> Any:
    if create_graph:
        return outs
    if isinstance(outs, (tuple, list)):
        return tuple(o.detach() for o in outs)
    return outs.detach()
