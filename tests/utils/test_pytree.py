"""Trees of nested containers."""

from __future__ import annotations

from collections import OrderedDict, defaultdict, deque, namedtuple

import pytest

from flambeau.utils import _pytree as P

Pair = namedtuple("Pair", "a b")
TREE = {
    "x": [1, (2, None)],
    "y": Pair(3, OrderedDict(z=4)),
    "d": defaultdict(list, {"k": 5}),
    "q": deque([6, 7], maxlen=3),
}


def test_there_and_back():
    leaves, spec = P.tree_flatten(TREE)
    assert leaves == [1, 2, None, 3, 4, 5, 6, 7]
    again = P.tree_unflatten(leaves, spec)
    assert again == TREE and again is not TREE
    assert type(again["y"]) is Pair and again["q"].maxlen == 3
    assert again["d"].default_factory is list and type(again["y"].b) is OrderedDict
    assert (spec.num_leaves, spec.is_leaf(), spec == P.tree_structure(again)) == (8, False, True)
    assert spec != P.tree_structure([1]) and P.tree_structure(1).is_leaf()
    shown = repr(P.tree_structure([1, {"a": 2}]))
    assert shown == "TreeSpec(list, None, [*,\n  TreeSpec(dict, ['a'], [*])])"
    assert list(P.tree_iter(TREE)) == leaves and P.tree_is_leaf(5) and not P.tree_is_leaf([])


def test_maps():
    assert P.tree_map(lambda a, b: (a, b), [1, (2,)], [3, ([4],)]) == [(1, 3), ((2, [4]),)]
    paired = P.tree_map(lambda a, b: (a, b), {"a": 1, "b": 2}, OrderedDict(b=3, a=4))
    assert paired == {"a": (1, 4), "b": (2, 3)}  # by key
    assert P.tree_map_only(int, lambda n: -n, [1, "a", (2.0,)]) == [-1, "a", (2.0,)]
    assert P.tree_map_only(lambda v: v == 1, str, [1, 2]) == ["1", 2]
    seen = []
    assert P.tree_map_(seen.append, TREE) is TREE and len(seen) == 8
    assert P.tree_leaves([[1], [2]], is_leaf=lambda v: v == [1]) == [[1], 2]
    assert P.tree_any(lambda n: n == 7, TREE) and not P.tree_all(lambda n: n == 7, TREE)
    assert P.tree_all_only(int, lambda n: n > 0, TREE)
    assert not P.tree_any_only(str, lambda s: True, TREE)


def test_classes_of_ones_own():
    class Box:
        def __init__(self, inside, label):
            self.inside, self.label = inside, label

    P.register_pytree_node(
        Box, lambda b: ([b.inside], b.label), lambda children, label: Box(*children, label)
    )
    box = P.tree_map(lambda n: n + 1, Box([1], "here"))
    assert (box.inside, box.label) == ([2], "here")
    with pytest.raises(ValueError, match="already registered"):
        P.register_pytree_node(Box, None, None)


def test_structures_must_fit():
    with pytest.raises(ValueError, match="has length 1 but the spec refers to a pytree"):
        P.tree_unflatten([1], P.tree_structure(TREE))
    with pytest.raises(ValueError, match="Node arity mismatch; expected 2, but got 1"):
        P.tree_map(lambda a, b: a, [1, 2], [1])
    with pytest.raises(ValueError, match="missing key.s.: {'a'}; extra key.s.: {'b'}"):
        P.tree_map(lambda a, b: a, {"a": 1}, {"b": 1})
    for other in ((1, 2), 5, {"a": 1}):
        with pytest.raises(ValueError, match="Node type mismatch"):
            P.tree_map(lambda a, b: a, [1, 2], other)


def test_paths():
    shown = P.tree_map_with_path(lambda path, leaf: (P.keystr(path), leaf), TREE)
    assert shown["x"] == [("['x'][0]", 1), (("['x'][1][0]", 2), ("['x'][1][1]", None))]
    assert shown["y"] == Pair(("['y'].a", 3), OrderedDict(z=("['y'].b['z']", 4)))
    assert shown["q"][1] == ("['q'][1]", 7)
    assert P.tree_flatten_with_path(5) == ([((), 5)], P.tree_structure(0))
