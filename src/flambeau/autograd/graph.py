"""The gradient graph: a node for each recorded operation, and how its gradients are computed."""

from __future__ import annotations

import itertools
import weakref
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import numpy as np

from ..ops import expressions
from ..ops.array_reductions import HALF, sum_over
from ..ops.expressions import Meta
from ..ops.table import Op
from ..tensor.recording import recorders
from ..tensor.tensor import Storage, Tensor, storage_of, wrap
from .hooks import RemovableHandle, add_hook

next_sequence = itertools.count().__next__

FREED = (
    "Trying to backward through the graph a second time (or directly access saved tensors after "
    "they have already been freed). Saved intermediate values of the graph are freed when you call "
    ".backward() or autograd.grad(). Specify retain_graph=True if you need to backward through the "
    "graph a second time or if you need to access saved tensors after calling backward."
)


GRAD, GRADS, NEEDS, OUTPUT = -1, -2, -3, 1000  # where an expression's name comes from


def source_of(op: Op, name: str) -> int:
    """Where a name's value comes from: a parameter's position, or one of the numbers above."""
    if name == "grad":
        return GRAD
    if name == "grads":
        return GRADS
    if name in op.outputs:
        return OUTPUT + op.outputs.index(name)
    for i, p in enumerate(op.params):
        if p.name == name:
            return i
    if name == "needs":
        return NEEDS
    raise AttributeError(f"{op.name} has no parameter or output named {name}")


class Step:
    """One derivative expression of an operator: the inputs it serves and what it reads."""

    __slots__ = ("targets", "sources", "arrays", "tensors")

    def __init__(self, op: Op, targets: tuple[int, ...], expression: str):
        self.targets = targets  # parameter positions whose gradients it gives
        names, _ = expressions.used_names(expression)
        self.sources = tuple(source_of(op, name) for name in names)
        self.arrays = expressions.compile_expression(expression, names, expressions.ARRAYS)
        self.tensors = expressions.compile_expression(expression, names, expressions.TENSORS)


class Plan:
    """What a node of an operator keeps and computes, for one set of inputs that need gradients."""

    __slots__ = ("steps", "keep", "keep_outputs", "frees")

    def __init__(self, op: Op, mask: int):
        index = {p.name: i for i, p in enumerate(op.params)}
        keep: set[int] = set()
        keep_outputs: set[int] = set()
        self.steps = []
        for key, expression in (op.derivative or {}).items():
            targets = tuple(index[name.strip()] for name in key.split(","))
            if not any(mask >> t & 1 for t in targets):
                continue
            self.steps.append(Step(op, targets, expression))
            _, heavy = expressions.used_names(expression)
            keep |= {index[name] for name in heavy if name in index}
            keep_outputs |= {i for i, name in enumerate(op.outputs) if name in heavy}
        tensors = set(op.slots) | set(op.list_slots)
        self.keep = frozenset(keep & tensors)
        self.keep_outputs = tuple(sorted(keep_outputs))
        self.frees = bool(self.keep or self.keep_outputs)


def plan_of(op: Op, mask: int) -> Plan:
    """The plan for the parameters whose bits are set in ``mask``; made once."""
    plan = op.plans.get(mask)
    if plan is None:
        plan = op.plans[mask] = Plan(op, mask)
    return plan


class Node:
    """A recorded operation. Its class is named as PyTorch names it: ``AddBackward0``.

    ``edges`` has one entry per tensor input, in order: None, or (node or leaf tensor, output).
    """

    op: Op
    plan: Plan
    args: Any = ()  # the operator's arguments; tensors that are not kept are Meta
    versions: tuple = ()  # versions of the kept tensors, by position in args
    outputs: Any = None  # kept results: (array, storage, version), by output
    edges: tuple = ()
    sequence: int = 0
    n_outputs: int = 1
    hooks: dict | None = None  # output number -> hooks on its gradient
    retains: dict | None = None  # output number -> weak reference to the tensor that keeps it
    pre_hooks: OrderedDict | None = None
    post_hooks: OrderedDict | None = None
    metas: tuple = ()  # shape and dtype of each output
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

    def __getattr__(self, key: str) -> Any:
        if key.startswith("_saved_"):
            return self.saved_value(key[7:])
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {key!r}")

    # ------------------------------------------------------------------ running

    def saved_value(self, name: str) -> Any:
        """A kept value by its name in the operator's signature (``input`` is also ``self``)."""
        if self.args is None:
            raise RuntimeError(FREED)
        source = source_of(self.op, "input" if name == "self" else name)
        return self.values((source,), [], True)[0]

    def values(self, sources: tuple[int, ...], grads: list, tensors: bool) -> list:
        """What an expression reads, in order: gradients, arguments, kept results."""
        out: list = []
        for source in sources:
            if source == GRAD:
                out.append(grads[0])
            elif source >= OUTPUT:
                out.append(self.kept_output(source - OUTPUT, tensors))
            elif source >= 0:
                out.append(self.kept_arg(source, tensors))
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

    def kept_arg(self, position: int, tensors: bool) -> Any:
        value = self.args[position]
        if isinstance(value, Tensor):
            version = self.versions[position]
            self._check(value._storage, version, value._data, value._node, value._nr)
            return value if tensors else value._data
        if isinstance(value, tuple) and value and isinstance(value[0], Tensor):
            for v, version in zip(value, self.versions[position], strict=True):
                self._check(v._storage, version, v._data, v._node, v._nr)
            return value if tensors else tuple(v._data for v in value)
        return value

    def kept_output(self, i: int, tensors: bool) -> Any:
        """A kept result; unlike the result itself it does not keep the node alive."""
        array, storage, version = self.outputs[i]
        self._check(storage, version, array, self, i)
        if not tensors:
            return array
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
            by_position = self._apply_arrays(grads[0]._data)
        else:
            by_position = self._apply_tensors(grads)
        out: list = []
        for i in op.tensor_order:
            got = by_position.get(i)
            if i in op.list_slots:
                out.extend(got if got is not None else [None] * len(self.args[i] or ()))
            else:
                out.append(got)
        return out

    def _apply_arrays(self, grad: np.ndarray) -> dict:
        """Pointwise derivatives, evaluated on arrays at once."""
        out = {}
        for step in self.plan.steps:
            target = step.targets[0]
            values = self.values(step.sources, [grad], False)
            try:
                g = step.arrays(*values)
            except RuntimeWarning:  # a user's filter makes NumPy's warnings errors
                with np.errstate(all="ignore"):
                    g = step.arrays(*values)
            shape, dtype = self._meta(target)
            if g.__class__ is not np.ndarray or g.shape != shape or g.dtype is not dtype:
                g = fit(np.asarray(g), shape, dtype)
            out[target] = wrap(g)
        return out

    def _apply_tensors(self, grads: list) -> dict:
        op = self.op
        if any(g is None for g in grads) and not op.nondifferentiable and len(grads) > 1:
            grads = [self._zeros(i) if g is None else g for i, g in enumerate(grads)]
        elif grads and grads[0] is None:
            grads = [self._zeros(0), *grads[1:]]
        out: dict = {}
        for step in self.plan.steps:
            got = step.tensors(*self.values(step.sources, grads, True))
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
        if self.plan.frees:
            self.args = self.outputs = None


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

_NODE_CLASSES: dict[str, type] = {}


def node_class(name: str) -> type:
    """The class of nodes with one name, such as ``AddBackward0``."""
    found = _NODE_CLASSES.get(name)
    if found is None:
        found = _NODE_CLASSES[name] = type(name, (Node,), {"__module__": "builtins"})
    return found


def class_of(op: Op) -> type:
    """The node class of an operator, named ``TanhBackward0``, ``MaxPool2DWithIndicesBackward0``…"""
    if op.node_class is None:
        op.prepare()
        name = (
            op.node_name or "".join(p.title() for p in op.name.split("_")) + "Backward0"
        )
        op.node_class = type(name, (Node,), {"__module__": "builtins", "op": op})
    return op.node_class


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
    kept, versions = list(args), [0] * len(args)  # type: list, list
    for i in op.tensor_order:
        a = args[i]
        if isinstance(a, Tensor):
            if a._needs:
                mask |= 1 << i
                node = a._node
                edges.append((a, 0) if node is None else (node, a._nr))
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
    keep = plan.keep
    for i in op.tensor_order:
        a = args[i]
        if isinstance(a, Tensor):
            if i in keep:
                if i == 0 and before is not None:
                    kept[0] = a = before
                versions[i] = a._storage.version if a._storage is not None else 0
            else:
                kept[i] = Meta(a._data.shape, a._data.dtype)
        elif isinstance(a, (tuple, list)):
            if i in keep:
                kept[i] = tuple(a)
                versions[i] = tuple(x._version for x in a)
            else:
                kept[i] = tuple(
                    Meta(x._data.shape, x._data.dtype) if isinstance(x, Tensor) else x for x in a
                )
    node = (op.node_class or class_of(op))()
    node.plan = plan
    node.args = tuple(kept)
    node.versions = versions
    node.edges = tuple(edges)
    node.sequence = next_sequence()
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
        out._node, out._needs, out._nr = node, True, 0
        node.metas = ((out._data.shape, out._data.dtype),)
    else:
        node.n_outputs = len(outs)
        node.metas = tuple((o._data.shape, o._data.dtype) for o in outs)
        for i, out in enumerate(outs):
            if out._data.dtype.kind in "fcV" and op.outputs[min(i, len(op.outputs) - 1)] not in (
                op.nondifferentiable
            ):
                out._node, out._needs, out._nr = node, True, i
    return node
