"""Functions of functions: gradients, products with Jacobians, maps over a batch dimension.

Each is computed by the ordinary backward pass, and ``vmap`` by calling the function once per
example; all of them nest, and what is random is drawn anew for each example.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

from .autograd.functional import jvp as _jvp
from .autograd.methods import grad as _backward
from .autograd.modes import enable_grad
from .nn import Module
from .nn.utils.stateless import call as _call
from .ops.expressions import TENSORS
from .tensor.tensor import Tensor
from .utils._pytree import tree_leaves, tree_map

__all__ = [
    "functional_call", "grad", "grad_and_value", "hessian", "jacfwd", "jacrev", "jvp",
    "stack_module_state", "vjp", "vmap",
]  # fmt: skip


# ---------------------------------------------------------------------- gradients

_depth = 0  # how many transforms are at work around this one


class _Nested:
    """Around a function that is being differentiated: inner transforms keep their graph for it."""

    def __enter__(self) -> None:
        global _depth
        _depth += 1

    def __exit__(self, *_: object) -> None:
        global _depth
        _depth -= 1


def _watched(tree: Any) -> Any:
    """The tensors to differentiate by: leaves of their own, which outer gradients flow through."""

    def fresh(x: Any) -> Any:
        if not isinstance(x, Tensor):
            raise RuntimeError(f"expected tensors as inputs, got {type(x).__name__}")
        return x.view_as(x) if x.requires_grad else x.detach().requires_grad_()  # type: ignore[attr-defined]

    return tree_map(fresh, tree)


def _finished(tree: Any, keep: bool, watched: Any = ()) -> Any:
    """Results, without the graph that only the transform itself needed."""
    own = {id(leaf) for leaf in tree_leaves(watched)}

    def finish(x: Any) -> Any:
        if keep or not isinstance(x, Tensor) or _leads_elsewhere(x, own):
            return x
        return x.detach()  # type: ignore[attr-defined]

    return tree_map(finish, tree)


def _leads_elsewhere(x: Tensor, own: set[int]) -> bool:
    """Whether a gradient of ``x`` would reach a tensor that is none of the transform's own."""
    todo, seen = [x._node], set()
    while todo:
        node = todo.pop()
        if node is None or id(node) in seen:
            continue
        seen.add(id(node))
        for edge in node.edges:
            if edge is None:
                continue
            if isinstance(edge[0], Tensor):
                if id(edge[0]) not in own:
                    return True
            else:
                todo.append(edge[0])
    return False


def _kept(args: Any) -> bool:
    """Whether something outside wants to differentiate through the transform."""
    wanted = any(isinstance(x, Tensor) and x.requires_grad for x in tree_leaves(args))
    return _depth > 0 or wanted


def _positions(argnums: Any, args: tuple) -> tuple[int, ...]:
    numbers = (argnums,) if isinstance(argnums, int) else tuple(argnums)
    for n in numbers:
        if not -len(args) <= n < len(args):
            raise RuntimeError(f"Got argnum={n}, but only {len(args)} positional inputs")
    return tuple(n % len(args) for n in numbers)


def grad_and_value(
    func: Callable, argnums: int | tuple[int, ...] = 0, has_aux: bool = False
) -> Callable:
    """A function that gives the gradient of ``func`` and its value.

    Args:
        func: gives one number, or with ``has_aux`` that and something else.
        argnums: by which arguments (tensors, or nested containers of them) to differentiate.
    """

    @functools.wraps(func)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        keep = _kept((args, kwargs))
        at = _positions(argnums, args)
        with enable_grad(), _Nested():
            watched = {i: _watched(args[i]) for i in at}
            out = func(*(watched.get(i, a) for i, a in enumerate(args)), **kwargs)
            value, aux = out if has_aux else (out, None)
            _check_number(value)
            wanted = [leaf for i in at for leaf in tree_leaves(watched[i])]
            found = iter(_gradients([value], wanted, None))
            gradients = [tree_map(lambda _: next(found), watched[i]) for i in at]
        inputs = list(watched.values())
        result = _finished(gradients, keep, inputs)
        shown = result[0] if isinstance(argnums, int) else tuple(result)
        value, aux = _finished(value, keep, inputs), _finished(aux, keep, inputs)
        return (shown, (value, aux)) if has_aux else (shown, value)

    return wrapper


def _check_number(value: Any) -> None:
    if not isinstance(value, Tensor):
        raise RuntimeError(
            f"grad_and_value(f)(*args): Expected f(*args) to return a Tensor, got {type(value)}"
        )
    if value._data.ndim:
        raise RuntimeError(
            "grad_and_value(f)(*args): Expected f(*args) to return a scalar Tensor, got tensor "
            f"with {value._data.ndim} dims. Maybe you wanted to use the vjp or jacrev APIs instead?"
        )


def _gradients(outputs: list, inputs: list, seeds: Any) -> list[Tensor]:
    """Gradients by each input, zeros where an output does not depend on it."""
    pairs = list(zip(outputs, seeds or [None] * len(outputs), strict=True))
    pairs = [(o, s) for o, s in pairs if o.requires_grad]
    found: Any = [None] * len(inputs)
    if pairs:
        given = [s for _, s in pairs] if seeds else None
        found = _backward(
            [o for o, _ in pairs], inputs, given, create_graph=True, allow_unused=True
        )
    return [x.new_zeros(x.shape) if g is None else g for g, x in zip(found, inputs, strict=True)]


def grad(func: Callable, argnums: int | tuple[int, ...] = 0, has_aux: bool = False) -> Callable:
    """A function that gives the gradient of ``func``; see ``grad_and_value``."""
    both = grad_and_value(func, argnums, has_aux)

    @functools.wraps(func)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        gradient, value = both(*args, **kwargs)
        return (gradient, value[1]) if has_aux else gradient

    return wrapper


def vjp(func: Callable, *primals: Any, has_aux: bool = False) -> tuple:
    """The value of ``func`` and a function of v that gives v^T J, for each of the primals."""
    keep = _kept(primals)
    with enable_grad(), _Nested():
        watched = _watched(primals)
        out = func(*watched)
        value, aux = out if has_aux else (out, None)

    def product(cotangents: Any, retain_graph: bool = True, create_graph: bool = True) -> tuple:
        with enable_grad():
            found = iter(
                _gradients(tree_leaves(value), tree_leaves(watched), tree_leaves(cotangents))
            )
        products = tree_map(lambda _: next(found), watched)
        return _finished(products, keep or _kept(cotangents), watched)

    shown = _finished(value, keep, watched)
    return (shown, product, _finished(aux, keep, watched)) if has_aux else (shown, product)


def jvp(
    func: Callable, primals: tuple, tangents: tuple, *, strict: bool = False, has_aux: bool = False
) -> tuple:
    """The value of ``func`` and J t, for tangents t of the primals' shapes."""
    aux: list[Any] = []

    def plain(*args: Any) -> Any:
        out = func(*args)
        if has_aux:
            out, extra = out
            aux.append(extra)
        return out

    keep = _kept((primals, tangents))
    with enable_grad(), _Nested():
        value, product = _jvp(plain, tuple(primals), tuple(tangents), create_graph=True)
    result = (value, product, aux[-1]) if has_aux else (value, product)
    return result if keep else tree_map(lambda x: x.detach(), result)


def jacrev(
    func: Callable,
    argnums: int | tuple[int, ...] = 0,
    *,
    has_aux: bool = False,
    chunk_size: int | None = None,
) -> Callable:
    """A function that gives the Jacobian of ``func``: of shape out.shape + in.shape, in the
    structure of its result and of the arguments ``argnums``."""

    @functools.wraps(func)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        keep = _kept((args, kwargs))
        at = _positions(argnums, args)
        with enable_grad(), _Nested():
            watched = {i: _watched(args[i]) for i in at}
            out = func(*(watched.get(i, a) for i, a in enumerate(args)), **kwargs)
            value, aux = out if has_aux else (out, None)
            inputs = [leaf for i in at for leaf in tree_leaves(watched[i])]

            def by_all(output: Tensor) -> Any:
                found = iter(_rows(output, inputs))
                parts = [tree_map(lambda _: next(found), watched[i]) for i in at]
                return parts[0] if isinstance(argnums, int) else tuple(parts)

            result = tree_map(by_all, value)
        result = _finished(result, keep, inputs)
        return (result, _finished(aux, keep, inputs)) if has_aux else result

    return wrapper


def _rows(output: Tensor, inputs: list) -> list[Tensor]:
    """The Jacobian of one output by each input, a row of the backward pass at a time."""
    flat = output.reshape(-1)
    rows = [_gradients([flat[k]], inputs, None) for k in range(output.numel())]
    shape = tuple(output.shape)
    return [
        TENSORS["stack"]([row[i] for row in rows]).reshape(shape + tuple(x.shape))
        if rows
        else output.new_zeros(shape + tuple(x.shape))  # type: ignore[attr-defined]
        for i, x in enumerate(inputs)
    ]


def jacfwd(
    func: Callable,
    argnums: int | tuple[int, ...] = 0,
    has_aux: bool = False,
    *,
    chunk_size: int | None = None,
    randomness: str = "error",
) -> Callable:
    """The same function as ``jacrev(func, argnums)``."""
    return jacrev(func, argnums, has_aux=has_aux)


def hessian(func: Callable, argnums: int | tuple[int, ...] = 0) -> Callable:
    """A function that gives the second derivatives of ``func``."""
    return jacrev(jacrev(func, argnums), argnums)


# ---------------------------------------------------------------------- batches


def vmap(
    func: Callable,
    in_dims: Any = 0,
    out_dims: Any = 0,
    randomness: str = "error",
    *,
    chunk_size: int | None = None,
) -> Callable:
    """A function that calls ``func`` for each example of a batch and stacks the results.

    Args:
        in_dims: the batch dimension of each argument; None for what all examples share. One for
            all, or a structure like the arguments'. Keyword arguments are shared.
        out_dims: where the batch dimension of each result goes.
        randomness: accepted; each call draws its own numbers.
    """

    @functools.wraps(func)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        dims = _dims(in_dims, args)
        size = _batch_size(args, dims)
        results = [
            func(
                *(
                    tree_map(lambda x, d, i=i: _example(x, d, i), a, dim)
                    for a, dim in zip(args, dims)
                ),
                **kwargs,
            )
            for i in range(size)
        ]
        return _stacked(results, out_dims)

    return wrapper


def _dims(in_dims: Any, args: tuple) -> Any:
    """The batch dimensions, in the structure of the arguments."""
    if isinstance(in_dims, int) or in_dims is None:
        in_dims = (in_dims,) * len(args)
    if len(in_dims) != len(args):
        raise ValueError(
            "vmap: in_dims is not compatible with the structure of inputs. in_dims has "
            f"{len(in_dims)} entries, and there are {len(args)} arguments"
        )
    return tuple(_spread(d, a) for d, a in zip(in_dims, args, strict=True))


def _spread(dims: Any, tree: Any) -> Any:
    if isinstance(dims, int) or dims is None:
        return tree_map(lambda x: _dim(dims, x), tree)
    if isinstance(tree, dict):
        return type(tree)((k, _spread(dims[k], v)) for k, v in tree.items())
    return type(tree)(_spread(d, t) for d, t in zip(dims, tree, strict=True))


def _dim(dim: int | None, value: Any) -> int | None:
    if dim is not None and not isinstance(value, Tensor):
        raise ValueError(
            f"vmap: Got in_dim={dim} for an input but the input is of type {type(value)}. We "
            "cannot vmap over non-Tensor arguments, please use None as the respective in_dim"
        )
    return dim


def _batch_size(args: tuple, dims: tuple) -> int:
    sizes = [
        x.shape[d]
        for x, d in zip(tree_leaves(args), tree_leaves(dims), strict=True)
        if d is not None
    ]
    if not sizes:
        raise ValueError("vmap: at least one input must be mapped over: all in_dims are None")
    if len(set(sizes)) > 1:
        raise ValueError(
            "vmap: Expected all tensors to have the same size in the mapped dimension, got sizes "
            f"{sizes} for the mapped dimension"
        )
    return sizes[0]


def _example(value: Any, dim: int | None, i: int) -> Any:
    if dim is None or not isinstance(value, Tensor):
        return value
    return value.select(dim, i)  # type: ignore[attr-defined]


def _stacked(results: list, out_dims: Any) -> Any:
    if not results:
        raise RuntimeError("vmap: the batch holds no example")
    first = results[0]
    if isinstance(first, Tensor):
        return TENSORS["stack"](results, out_dims)
    many = isinstance(first, (tuple, list))
    dims = out_dims if isinstance(out_dims, Sequence) else (out_dims,) * len(first)
    if isinstance(first, dict):
        return {k: _stacked([r[k] for r in results], out_dims) for k in first}
    if not many:
        raise ValueError(
            f"vmap: `{type(first).__name__}` must only return Tensors, got type {type(first)}"
        )
    return type(first)(_stacked([r[i] for r in results], d) for i, d in enumerate(dims))


# ---------------------------------------------------------------------- modules


def functional_call(
    module: Module,
    parameter_and_buffer_dicts: dict[str, Tensor] | Sequence[dict[str, Tensor]],
    args: Any = None,
    kwargs: dict[str, Any] | None = None,
    *,
    tie_weights: bool = True,
    strict: bool = False,
) -> Any:
    """The result of a module with other parameters and buffers than its own.

    Args:
        module: what is called
        parameter_and_buffer_dicts: tensors by dotted name, in one dictionary or in several that
            share no name; what is missing there is taken from the module. Buffers to which the
            module assigns are written back into a single dictionary
        args: the module's positional arguments, or its only one
        kwargs: its keyword arguments
        tie_weights: whether a tensor given under one name also stands under the other names that
            the module's own tensor has
        strict: whether all names must be given, and no others
    """
    if isinstance(parameter_and_buffer_dicts, dict):
        tensors = parameter_and_buffer_dicts
    elif isinstance(parameter_and_buffer_dicts, Sequence):
        tensors = _joined(parameter_and_buffer_dicts)
    else:
        raise ValueError(
            "Expected parameter_and_buffer_dicts to be a dict, or a list/tuple of dicts, but got "
            f"{type(parameter_and_buffer_dicts)}"
        )
    return _call(module, tensors, args, kwargs, tie_weights=tie_weights, strict=strict)


def _joined(dicts: Sequence[dict[str, Tensor]]) -> dict[str, Tensor]:
    if not all(isinstance(d, dict) for d in dicts):
        raise ValueError("Expected all elements of parameter_and_buffer_dicts to be dictionaries")
    names = [name for d in dicts for name in d]
    repeated = [name for name in dict.fromkeys(names) if names.count(name) > 1]
    if repeated:
        raise ValueError(
            f"{repeated} appeared in multiple dictionaries; behavior of functional call is "
            "ambiguous"
        )
    return {name: tensor for d in dicts for name, tensor in d.items()}


def stack_module_state(models: Sequence[Module]) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """The parameters and the buffers of equal modules, stacked, for ``vmap`` over an ensemble."""
    if not models:
        raise RuntimeError("stack_module_state: Expected at least one model, got 0.")
    if any(type(m) is not type(models[0]) for m in models):
        raise RuntimeError("stack_module_state: Expected all models to be of the same class.")
    if len({m.training for m in models}) > 1:
        raise RuntimeError(
            "stack_module_state: Expected all models to have the same training/eval mode."
        )

    def stacked(members: list[dict]) -> dict[str, Tensor]:
        return {
            name: TENSORS["stack"]([m[name] for m in members])
            .detach()
            .requires_grad_(members[0][name].requires_grad)
            for name in members[0]
        }

    return (
        stacked([dict(m.named_parameters()) for m in models]),
        stacked([dict(m.named_buffers()) for m in models]),
    )
