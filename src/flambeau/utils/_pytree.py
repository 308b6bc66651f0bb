"""Nested containers as trees: what they hold as a flat list, and the way back.

Tuples, named tuples, lists, dictionaries (also ordered and with defaults), deques and classes that
``register_pytree_node`` makes known are nodes; everything else is a leaf. None is a leaf.
"""

from __future__ import annotations

from collections import OrderedDict, defaultdict, deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

PyTree = Any
Context = Any


class NodeDef(NamedTuple):
    """How a class is taken apart, and put together again."""

    flatten: Callable[[Any], tuple[Iterable, Context]]
    unflatten: Callable[[Iterable, Context], Any]


class TreeSpec:
    """The structure of a tree: its kind of node, what that needs to be rebuilt, and its children.

    A leaf has no kind.
    """

    __slots__ = ("type", "context", "children_specs", "num_leaves", "num_nodes", "num_children")
    num_leaves: int
    num_nodes: int

    def __init__(self, type: type | None, context: Context, children_specs: list[TreeSpec]):
        self.type, self.context, self.children_specs = type, context, children_specs
        self.num_children = len(children_specs)
        self.num_leaves = 1 if type is None else sum(s.num_leaves for s in children_specs)
        self.num_nodes = 1 + sum(s.num_nodes for s in children_specs)

    def is_leaf(self) -> bool:
        """Whether it is a leaf's."""
        return self.type is None

    def unflatten(self, leaves: Iterable[Any]) -> PyTree:
        """The tree of this structure that holds the leaves."""
        return tree_unflatten(leaves, self)

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, TreeSpec)
            and self.type is other.type
            and self.context == other.context
            and self.children_specs == other.children_specs
        )

    def __hash__(self) -> int:
        return hash((self.type, self.num_leaves, self.num_children))

    def __repr__(self) -> str:
        return self._shown(0)

    def _shown(self, indent: int) -> str:
        if self.type is None:
            return "*"
        inner = indent + 2
        parts = [child._shown(inner) for child in self.children_specs]
        children = (",\n" + " " * inner).join(parts)
        name = self.type.__name__ if self.type in NODES else "namedtuple"
        return f"TreeSpec({name}, {self.context}, [{children}])"


class LeafSpec(TreeSpec):
    """The structure of a leaf."""

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__(None, None, [])


def _dict_flatten(d: dict) -> tuple[list, list]:
    return list(d.values()), list(d)


def _defaultdict_unflatten(values: Iterable, context: list) -> defaultdict:
    factory, keys = context
    return defaultdict(factory, zip(keys, values, strict=True))


NODES: dict[type, NodeDef] = {
    tuple: NodeDef(lambda t: (list(t), None), lambda values, _: tuple(values)),
    list: NodeDef(lambda t: (t, None), lambda values, _: list(values)),
    dict: NodeDef(_dict_flatten, lambda values, keys: dict(zip(keys, values, strict=True))),
    OrderedDict: NodeDef(
        _dict_flatten, lambda values, keys: OrderedDict(zip(keys, values, strict=True))
    ),
    defaultdict: NodeDef(
        lambda d: (list(d.values()), [d.default_factory, list(d)]), _defaultdict_unflatten
    ),
    deque: NodeDef(lambda d: (list(d), d.maxlen), lambda values, n: deque(values, maxlen=n)),
}
SUPPORTED_NODES = NODES  # PyTorch's name
_DICTIONARIES = (dict, OrderedDict, defaultdict)  # these match one another
_NAMED = NodeDef(lambda t: (list(t), type(t)), lambda values, kind: kind(*values))


def register_pytree_node(
    cls: type,
    flatten_fn: Callable[[Any], tuple[Iterable, Context]],
    unflatten_fn: Callable[[Iterable, Context], Any],
    **options: Any,
) -> None:
    """Makes a class a kind of node.

    Args:
        flatten_fn: gives a value's children and what it needs beside them to be rebuilt.
        unflatten_fn: makes a value of both.
    """
    if cls in NODES:
        raise ValueError(f"{cls} is already registered as pytree node.")
    NODES[cls] = NodeDef(flatten_fn, unflatten_fn)


def _node(tree: PyTree) -> tuple[type, NodeDef] | None:
    """A tree's kind of node; None for a leaf."""
    kind = type(tree)
    found = NODES.get(kind)
    if found is None and isinstance(tree, tuple) and hasattr(kind, "_fields"):
        return kind, _NAMED
    return None if found is None else (kind, found)


IsLeaf = Callable[[PyTree], bool] | None


def tree_flatten(tree: PyTree, is_leaf: IsLeaf = None) -> tuple[list, TreeSpec]:
    """A tree's leaves from left to right, and its structure."""
    leaves: list = []
    return leaves, _flatten(tree, leaves, is_leaf)


def _flatten(tree: PyTree, leaves: list, is_leaf: IsLeaf) -> TreeSpec:
    node = None if is_leaf is not None and is_leaf(tree) else _node(tree)
    if node is None:
        leaves.append(tree)
        return LeafSpec()
    children, context = node[1].flatten(tree)
    return TreeSpec(node[0], context, [_flatten(c, leaves, is_leaf) for c in children])


def tree_unflatten(leaves: Iterable[Any], treespec: TreeSpec) -> PyTree:
    """The tree of that structure that holds the leaves."""
    leaves = list(leaves)
    if len(leaves) != treespec.num_leaves:
        raise ValueError(
            f"treespec.unflatten(leaves): `leaves` has length {len(leaves)} but the spec "
            f"refers to a pytree that holds {treespec.num_leaves} items ({treespec})."
        )
    return _build(treespec, iter(leaves))


def _build(spec: TreeSpec, leaves: Any) -> PyTree:
    if spec.type is None:
        return next(leaves)
    children = [_build(child, leaves) for child in spec.children_specs]
    return NODES.get(spec.type, _NAMED).unflatten(children, spec.context)


def tree_is_leaf(tree: PyTree, is_leaf: IsLeaf = None) -> bool:
    """Whether a value is a leaf."""
    return (is_leaf is not None and is_leaf(tree)) or _node(tree) is None


def tree_iter(tree: PyTree, is_leaf: IsLeaf = None) -> Iterator:
    """A tree's leaves from left to right, one after the other."""
    if tree_is_leaf(tree, is_leaf):
        yield tree
        return
    children, _ = _node(tree)[1].flatten(tree)  # type: ignore[index]
    for child in children:
        yield from tree_iter(child, is_leaf)


def tree_leaves(tree: PyTree, is_leaf: IsLeaf = None) -> list:
    """A tree's leaves from left to right."""
    return tree_flatten(tree, is_leaf)[0]


def tree_structure(tree: PyTree, is_leaf: IsLeaf = None) -> TreeSpec:
    """A tree's structure."""
    return tree_flatten(tree, is_leaf)[1]


def tree_map(func: Callable, tree: PyTree, *rests: PyTree, is_leaf: IsLeaf = None) -> PyTree:
    """A tree of the function's results for the leaves of trees of one structure."""
    leaves, spec = tree_flatten(tree, is_leaf)
    others = [_leaves_like(spec, rest) for rest in rests]
    return _build(spec, iter([func(*values) for values in zip(leaves, *others, strict=True)]))


def _leaves_like(spec: TreeSpec, tree: PyTree) -> list:
    """What a tree holds where ``spec`` has its leaves."""
    if spec.type is None:
        return [tree]
    if type(tree) in _DICTIONARIES and spec.type in _DICTIONARIES:
        children = _values_by_key(spec, tree)
    else:
        children = _children(spec, tree)
    pairs = zip(spec.children_specs, children, strict=True)
    return [leaf for child, value in pairs for leaf in _leaves_like(child, value)]


def _values_by_key(spec: TreeSpec, tree: dict) -> list:
    """A dictionary's values in the order of the specification's keys."""
    keys = spec.context[1] if spec.type is defaultdict else spec.context
    missing, extra = set(keys) - set(tree), set(tree) - set(keys)
    if missing or extra:
        said = f"; missing key(s): {missing}" if missing else ""
        said += f"; extra key(s): {extra}" if extra else ""
        raise ValueError(f"Node keys mismatch{said}.")
    return [tree[key] for key in keys]


def _children(spec: TreeSpec, tree: PyTree) -> list:
    node = _node(tree)
    if node is None or node[0] is not spec.type:
        raise ValueError(f"Node type mismatch; expected {spec.type}, but got {type(tree)}.")
    children = list(node[1].flatten(tree)[0])
    if len(children) != spec.num_children:
        raise ValueError(
            f"Node arity mismatch; expected {spec.num_children}, but got {len(children)}."
        )
    return children


def tree_map_(func: Callable, tree: PyTree, *rests: PyTree, is_leaf: IsLeaf = None) -> PyTree:
    """Calls the function for the leaves; the tree as it was."""
    tree_map(func, tree, *rests, is_leaf=is_leaf)
    return tree


def tree_map_only(
    type_or_types: Any, func: Callable, tree: PyTree, is_leaf: IsLeaf = None
) -> PyTree:
    """Like ``tree_map`` for leaves of some types; other leaves stay."""
    if callable(type_or_types) and not isinstance(type_or_types, type):
        chosen = type_or_types
    else:

        def chosen(leaf: Any) -> bool:
            return isinstance(leaf, type_or_types)

    return tree_map(lambda leaf: func(leaf) if chosen(leaf) else leaf, tree, is_leaf=is_leaf)


def tree_map_only_(
    type_or_types: Any, func: Callable, tree: PyTree, is_leaf: IsLeaf = None
) -> PyTree:
    """Calls the function for leaves of some types; the tree as it was."""
    tree_map_only(type_or_types, func, tree, is_leaf=is_leaf)
    return tree


def tree_all(pred: Callable[[Any], bool], tree: PyTree, is_leaf: IsLeaf = None) -> bool:
    """Whether the predicate holds for all leaves."""
    return all(map(pred, tree_leaves(tree, is_leaf)))


def tree_any(pred: Callable[[Any], bool], tree: PyTree, is_leaf: IsLeaf = None) -> bool:
    """Whether the predicate holds for a leaf."""
    return any(map(pred, tree_leaves(tree, is_leaf)))


def tree_all_only(kind: Any, pred: Callable[[Any], bool], tree: PyTree) -> bool:
    """Whether the predicate holds for all leaves of some types."""
    return all(pred(leaf) for leaf in tree_leaves(tree) if isinstance(leaf, kind))


def tree_any_only(kind: Any, pred: Callable[[Any], bool], tree: PyTree) -> bool:
    """Whether the predicate holds for a leaf of some types."""
    return any(pred(leaf) for leaf in tree_leaves(tree) if isinstance(leaf, kind))


# ---------------------------------------------------------------------- where the leaves are


class SequenceKey(NamedTuple):
    """A step into a list, a tuple or a deque."""

    idx: int

    def __str__(self) -> str:
        return f"[{self.idx!r}]"


class MappingKey(NamedTuple):
    """A step into a dictionary."""

    key: Any

    def __str__(self) -> str:
        return f"[{self.key!r}]"


class GetAttrKey(NamedTuple):
    """A step to an attribute."""

    name: str

    def __str__(self) -> str:
        return f".{self.name}"


KeyPath = tuple[Any, ...]


def keystr(kp: KeyPath) -> str:
    """A path as an expression: ``['a'][0].b``."""
    return "".join(str(key) for key in kp)


def _steps(tree: PyTree, count: int) -> list:
    if isinstance(tree, dict):
        return [MappingKey(key) for key in tree]
    if isinstance(tree, tuple) and hasattr(tree, "_fields"):
        return [GetAttrKey(name) for name in tree._fields]
    return [SequenceKey(i) for i in range(count)]


def tree_leaves_with_path(tree: PyTree, is_leaf: IsLeaf = None) -> list[tuple[KeyPath, Any]]:
    """A tree's leaves with the way to each."""
    if tree_is_leaf(tree, is_leaf):
        return [((), tree)]
    children = list(_node(tree)[1].flatten(tree)[0])  # type: ignore[index]
    return [
        ((step, *path), leaf)
        for step, child in zip(_steps(tree, len(children)), children, strict=True)
        for path, leaf in tree_leaves_with_path(child, is_leaf)
    ]


def tree_flatten_with_path(tree: PyTree, is_leaf: IsLeaf = None) -> tuple[list, TreeSpec]:
    """A tree's leaves with the way to each, and its structure."""
    return tree_leaves_with_path(tree, is_leaf), tree_structure(tree, is_leaf)


def tree_map_with_path(
    func: Callable, tree: PyTree, *rests: PyTree, is_leaf: IsLeaf = None
) -> PyTree:
    """Like ``tree_map``, for a function of the way to a leaf and the leaf."""
    found, spec = tree_flatten_with_path(tree, is_leaf)
    others = [_leaves_like(spec, rest) for rest in rests]
    pairs = zip(found, *others, strict=True)
    return _build(spec, iter([func(path, leaf, *rest) for (path, leaf), *rest in pairs]))
