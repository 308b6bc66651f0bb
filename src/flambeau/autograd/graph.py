"""The gradient graph: a node for each recorded operation, and how its gradients are computed."""

from __future__ import annotations

import itertools
import weakref
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..ops import expressions
from ..ops.array_reductions import HALF, sum_over
from ..ops.expressions import Meta
from ..ops.table import Op
from ..tensor.recording import recorders
from ..tensor.tensor import Storage, Tensor, storage_of, wrap
from .hooks import RemovableHandle, add_hook
from .plans import GRAD, GRADS, OUTPUT, Plan, plan_of, source_of

ndarray = np.ndarray
next_sequence = itertools.count().__next__

FREED = (
    "Trying to backward through the graph a second time (or directly access saved tensors after "
    "they have already been freed). Saved intermediate values of the graph are freed when you call "
    ".backward() or autograd.grad(). Specify retain_graph=True if you need to backward through the "
    "graph a second time or if you need to access saved tensors after calling backward."
)


class Node:
    """A recorded operation. Its class is named as PyTorch names it: ``AddBackward0``.

    ``edges`` has one entry per tensor input, in order: None, or (node or leaf tensor, output).
    """

    op: Op
    plan: Plan | None = None  # None: the node computes its gradients in a way of its own
    # The operator's arguments. A tensor that is not kept is a Meta where its shape or type is read,
    # and otherwise None.
    args: Any = ()
    versions: Sequence = ()  # versions of the kept tensors, by position in args
    outputs: Any = None  # kept results: (array, storage, version), by output
    edges: Sequence = ()
    sequence: int = 0
    n_outputs: int = 1
    hooks: dict | None = None  # output number -> hooks on its gradient
    retains: dict | None = None  # output number -> weak reference to the tensor that keeps it
    pre_hooks: OrderedDict | None = None
    post_hooks: OrderedDict | None = None
    metas: tuple = ()  # shape and dtype of each output, where there are several
    trace: Any = None  # where the forward call was made, in anomaly mode

    def name(self) -> str:
        """The node's name, such as ``AddBackward0``."""
        return type(self).__name__

    @property
    def next_functions(self) -> tuple:
        return tuple(_as_function(edge) for edge in self.edges)

    @property
    def metadata(self) -> dict:
        return self.__dict__.setdefault("_metadata", {})

    def register_hook(self, hook: Callable) -> RemovableHandle:
        """``hook(grad_inputs, grad_outputs)`` runs after the node's gradients are computed."""
        if self.post_hooks is None:
            self.post_hooks = OrderedDict()
        return add_hook(self.post_hooks, hook)

    def register_prehook(self, hook: Callable) -> RemovableHandle:
        """``hook(grad_outputs)`` runs before the node's gradients are computed."""
        if self.pre_hooks is None:
            self.pre_hooks = OrderedDict()
        return add_hook(self.pre_hooks, hook)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} object at {id(self):#x}>"

    # ------------------------------------------------------------------ running

    def saved_value(self, name: str) -> Any:
        """A kept value by its name in the operator's signature (``input`` is also ``self``)."""
        if self.args is None:
            raise RuntimeError(FREED)
        source = source_of(self.op, "input" if name == "self" else name)
        return self.values((source,), [])[0]

    def values(self, sources: tuple[int, ...], grads: list) -> list:
        """What an expression reads, in order: gradients, arguments, kept results."""
        out: list = []
        for source in sources:
            if source == GRAD:
                out.append(grads[0])
            elif source >= OUTPUT:
                out.append(self.kept_output(source - OUTPUT))
            elif source >= 0:
                out.append(self.kept_arg(source))
            else:
                out.append(grads if source == GRADS else self.needs())
        return out

    def needs(self) -> dict[str, bool]:
        """Which parameters want a gradient, by name."""
        at, out = 0, {}
        for i in self.op.tensor_order:
            n = len(self.args[i] or ()) if i in self.op.list_slots else 1
            out[self.op.params[i].name] = any(e is not None for e in self.edges[at : at + n])
            at += n
        return out

    def kept_arg(self, position: int) -> Any:
        value = self.args[position]
        if isinstance(value, Tensor):
            version = self.versions[position]
            self._check(value._storage, version, value._data, value._node, value._nr)
        elif isinstance(value, tuple) and value and isinstance(value[0], Tensor):
            for v, version in zip(value, self.versions[position], strict=True):
                self._check(v._storage, version, v._data, v._node, v._nr)
        return value

    def kept_output(self, i: int) -> Any:
        """A kept result; unlike the result itself it does not keep the node alive."""
        array, storage, version = self.outputs[i]
        self._check(storage, version, array, self, i)
        out = wrap(array)
        out._storage = storage
        if self.op.outputs[i] not in self.op.nondifferentiable:
            out._node, out._nr, out._needs = self, i, True
        return out

    def _check(
        self, storage: Storage | None, version: int, array: np.ndarray, node: Node | None, nr: int
    ) -> None:
        now = storage.version if storage is not None else 0
        if now != version:
            name = type(node).__name__
            if name == "CopySlices":
                name = "torch::autograd::CopySlices"
            source = f", which is output {nr} of {name}," if node is not None else ""
            raise RuntimeError(
                "one of the variables needed for gradient computation has been modified by an "
                f"inplace operation: [{_type_name(array)} {list(array.shape)}]{source} is at "
                f"version {now}; expected version {version} instead. Hint: enable anomaly "
                "detection to find the operation that failed to compute its gradient, with "
                "torch.autograd.set_detect_anomaly(True, check_nan=False)."
            )

    def apply(self, grads: list, create_graph: bool) -> list:
        """Gradients of the inputs, in the order of ``edges``, from those of the outputs."""
        if self.args is None:
            raise RuntimeError(FREED)
        op = self.op
        if op.lowering == "pointwise" and not create_graph and not recorders:
            found = self.on_arrays(grads)
            if found is not None:
                return found
        by_position = self._on_tensors(grads)
        out: list = []
        for i in op.tensor_order:
            got = by_position.get(i)
            if i in op.list_slots:
                out.extend(got if got is not None else [None] * len(self.args[i] or ()))
            else:
                out.append(got)
        return out

    def on_arrays(self, grads: list) -> list | None:
        """The same, computed on arrays at once; None where it takes tensors.

        It does where the plan says so, where a gradient is sparse or missing, and where something
        is wrong: ``apply`` then says what.
        """
        plan, args = self.plan, self.args
        if plan is None or plan.arrays is None or args is None:
            return None
        grad = grads[0]
        if grad is None or grad.is_sparse:
            return None
        values = [grad._data]
        for i in plan.reads:
            value = args[i]
            if isinstance(value, Tensor):
                storage = value._storage
                if (storage.version if storage is not None else 0) != self.versions[i]:
                    return None
                value = value._data
            values.append(value)
        for i in plan.keep_outputs:
            array, storage, version = self.outputs[i]
            if storage is not None and storage.version != version:
                return None
            values.append(array)
        if plan.one_type and not _of_one_type(values):
            return None
        try:
            found = plan.arrays(*values)
        except RuntimeWarning:  # a user's filter makes NumPy's warnings errors
            with np.errstate(all="ignore"):
                found = plan.arrays(*values)
        except ValueError:
            return None
        out: list = [None] * len(self.edges)
        fits = plan.fits
        for g, (place, target) in zip(found, plan.places):
            if fits:
                like = args[target]
                if isinstance(like, Tensor):
                    like = like._data
                if g.__class__ is not ndarray or g.dtype is not like.dtype or g.shape != like.shape:
                    g = fit(np.asarray(g), like.shape, like.dtype)
            elif g.__class__ is not ndarray:
                g = np.asarray(g)
            out[place] = wrap(g)
        return out

    def _on_tensors(self, grads: list) -> dict:
        op = self.op
        if any(g is None for g in grads) and not op.nondifferentiable and len(grads) > 1:
            grads = [self._zeros(i) if g is None else g for i, g in enumerate(grads)]
        elif grads and grads[0] is None:
            grads = [self._zeros(0), *grads[1:]]
        out: dict = {}
        for step in self.plan.steps:  # type: ignore[union-attr]
            got = step.tensors(*self.values(step.sources, grads))
            if len(step.targets) == 1:
                got = (got,)
            for target, g in zip(step.targets, got, strict=True):
                if g is not None and op.lowering == "pointwise":
                    g = fit_tensor(g, *self._meta(target))
                out[target] = g
        return out

    def _zeros(self, i: int) -> Tensor:
        shape, dtype = self.metas[i]
        return wrap(np.zeros(shape, dtype))

    def _meta(self, position: int) -> tuple:
        value = self.args[position]
        if isinstance(value, Tensor):
            return value._data.shape, value._data.dtype
        return value.shape, value.dtype

    def release(self) -> None:
        """Lets go of what was kept. A second backward pass is then refused."""
        if self.plan.frees:  # type: ignore[union-attr]
            self.args = self.outputs = None


# Python numbers and the like do not change the type that NumPy computes in.
_FLOATS = frozenset((np.dtype(np.float32), np.dtype(np.float64)))
_NEUTRAL = frozenset((Meta, bool, int, float, str, tuple, list, type(None)))


def _of_one_type(values: list) -> bool:
    """Whether arithmetic on arrays is what it is on tensors: they all are of one float type."""
    dtype = values[0].dtype
    if dtype not in _FLOATS:
        return False
    for v in values:
        if v.__class__ is np.ndarray:
            if v.dtype is not dtype:
                return False
        elif v.__class__ not in _NEUTRAL:
            return False
    return True


def _type_name(array: np.ndarray) -> str:
    from ..tensor import dtype as D
    from ..tensor import naming

    return f"{naming.prefix()}.{D.of(array.dtype).legacy}"


def _as_function(edge: tuple | None) -> tuple:
    if edge is None:
        return (None, 0)
    target, nr = edge
    return (accumulator(target), 0) if isinstance(target, Tensor) else (target, nr)


class AccumulateGrad(Node):
    """The end of a path: adds what arrives to a leaf's ``grad``."""

    def __init__(self, variable: Tensor):
        self.variable = variable


def accumulator(leaf: Tensor) -> AccumulateGrad:
    """The leaf's AccumulateGrad node, the same one as long as somebody holds it."""
    found = leaf._accumulate() if leaf._accumulate is not None else None
    if found is None:
        found = AccumulateGrad(leaf)
        leaf._accumulate = weakref.ref(found)
    return found


def fit(g: np.ndarray, shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
    """A gradient summed over broadcast dimensions to an input's shape, in the input's type."""
    if g.shape != shape:
        g = sum_to(g, shape)
    if g.dtype != dtype:
        if g.dtype.kind == "c" and dtype.kind != "c":
            g = g.real
        g = g.astype(dtype)
    return g


def sum_to(g: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """The transpose of broadcasting: sums over the dimensions that were stretched."""
    if g.ndim == 2 and g.shape[1:] == shape and g.size < 1 << 16:  # a bias, the most frequent case
        return np.add.reduce(g, 0)
    if g.ndim < len(shape) or any(
        n != 1 and m != n for n, m in zip(shape[::-1], g.shape[::-1], strict=False)
    ):
        return np.broadcast_to(g, shape).copy()  # a derivative that is smaller: stretch it
    extra = g.ndim - len(shape)
    axes = tuple(range(extra)) + tuple(
        i + extra for i, n in enumerate(shape) if n == 1 and g.shape[i + extra] != 1
    )
    if g.dtype in HALF:
        return sum_over(g.astype(np.float32), axes, True).astype(g.dtype).reshape(shape)
    return sum_over(g, axes, True).reshape(shape)


def fit_tensor(g: Tensor, shape: tuple[int, ...], dtype: Any) -> Tensor:
    """``fit`` in recorded operations, for derivatives of derivatives."""
    dtype = getattr(dtype, "numpy", dtype)
    if g._data.shape != shape:
        g = expressions.TENSORS["sum_to_size"](g, shape)
    if g._data.dtype != dtype:
        from ..tensor import dtype as D

        if g._data.dtype.kind == "c" and dtype.kind != "c":
            g = expressions.TENSORS["real"](g)
        g = g.to(D.of(dtype))
    return g


expressions.ARRAYS["fit"], expressions.TENSORS["fit"] = fit, fit_tensor

_CLASSES: dict[tuple[Op, str], type] = {}


def class_of(op: Op, name: str = "") -> type:
    """The node class of an operator, named ``TanhBackward0``, ``MaxPool2DWithIndicesBackward0``…

    ``name`` is given where an operator serves under another name.
    """
    found = _CLASSES.get((op, name))
    if found is None:
        op.prepare()
        members: dict[str, Any] = {"__module__": "builtins", "op": op}
        for kept in (*(p.name for p in op.params), *op.outputs):
            members[f"_saved_{kept}"] = _saved(kept)
        members["_saved_self"] = _saved("input")
        titled = op.node_name or "".join(p.title() for p in op.name.split("_")) + "Backward0"
        found = _CLASSES[op, name] = type(name or titled, (Node,), members)
        if not name:
            op.node_class = found
    return found


def _saved(name: str) -> property:
    """What a node kept of an argument or a result, as an attribute."""
    return property(lambda node: node.saved_value(name))


def edge_of(t: Tensor) -> tuple | None:
    """Where a gradient of this tensor goes: its operation's output, or the leaf itself."""
    if not t._needs:
        return None
    node = t._node
    return (t, 0) if node is None else (node, t._nr)


def attach(op: Op, args: tuple, outs: tuple, hidden: tuple = (), before: Any = None) -> Node:
    """Records an operation: makes its node and ties the results to it.

    ``args`` are the operator's arguments, ``outs`` its public results, ``hidden`` the arrays of
    those that serve the derivative alone. ``before`` stands in for the first argument where the
    operation has overwritten it.
    """
    mask = 0
    edges: list[tuple | None] = []
    for i in op.tensor_order:
        a = args[i]
        if isinstance(a, Tensor):
            if a._needs:
                mask |= 1 << i
                source = a._node
                edges.append((a, 0) if source is None else (source, a._nr))
            else:
                edges.append(None)
        elif isinstance(a, (tuple, list)):
            for x in a:
                edge = edge_of(x) if isinstance(x, Tensor) else None
                edges.append(edge)
                if edge is not None:
                    mask |= 1 << i
        else:
            edges.append(None)
    plan = op.plans.get(mask) or plan_of(op, mask)
    node = (op.node_class or class_of(op))()
    node.plan = plan
    node.edges = edges
    node.sequence = next_sequence()
    node.args = kept = list(args)
    for i in plan.rest:
        kept[i] = None
    for i in plan.light:
        a = kept[i]
        kept[i] = Meta(a._data.shape, a._data.dtype) if isinstance(a, Tensor) else _metas_of(a)
    if plan.keep:
        versions: list = [0] * len(kept)
        node.versions = versions
        for i in plan.keep:
            a = kept[i]
            if isinstance(a, Tensor):
                if i == 0 and before is not None:
                    kept[0] = a = before
                if a._storage is not None:
                    versions[i] = a._storage.version
            elif isinstance(a, (tuple, list)):
                kept[i] = tuple(a)
                versions[i] = tuple([x._version for x in a])
    if plan.keep_outputs:
        saved: list = [None] * (len(outs) + len(hidden))
        for i in plan.keep_outputs:
            if i < len(outs):
                s = storage_of(outs[i])
                saved[i] = (outs[i]._data, s, s.version)
            else:
                saved[i] = (hidden[i - len(outs)], None, 0)
        node.outputs = saved
    if len(outs) == 1:
        out = outs[0]
        out._node, out._needs = node, True
        return node
    node.n_outputs = len(outs)
    node.metas = tuple([(o._data.shape, o._data.dtype) for o in outs])
    for i, out in enumerate(outs):
        if out._data.dtype.kind in "fcV" and op.outputs[min(i, len(op.outputs) - 1)] not in (
            op.nondifferentiable
        ):
            out._node, out._needs, out._nr = node, True, i
    return node


def _metas_of(value: Any) -> Any:
    """What stays of a sequence of tensors that is not kept; other values stay as they are."""
    if isinstance(value, (tuple, list)):
        return tuple(
            [Meta(x._data.shape, x._data.dtype) if isinstance(x, Tensor) else x for x in value]
        )
    return value
