"""The tables of an optimizer's state are dictionaries to whoever uses them; changes are counted."""

from __future__ import annotations

import copy
import io
import pickle
from collections import defaultdict

import pytest

import flambeau
from flambeau.optim.state import Counted, State
from flambeau.tensor.recording import changes

CHANGES = {
    "setitem": lambda t: t.__setitem__("b", 2),
    "delitem": lambda t: t.__delitem__("a"),
    "clear": lambda t: t.clear(),
    "pop": lambda t: t.pop("a"),
    "popitem": lambda t: t.popitem(),
    "setdefault": lambda t: t.setdefault("c", 3),
    "update": lambda t: t.update(d=4),
    "or": lambda t: t.__ior__({"e": 5}),
}


@pytest.mark.parametrize("kind", [Counted, State])
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_changes_are_made_and_counted(kind, change):
    table, plain = kind({"a": 1}), {"a": 1}
    before = changes.count
    change(table)
    change(plain)
    assert table == plain
    assert changes.count > before


def test_reading_is_not_counted():
    table = Counted(a=1)
    before = changes.count
    assert (table["a"], table.get("b"), list(table), len(table), "a" in table) == (
        1, None, ["a"], 1, True,
    )  # fmt: skip
    assert changes.count == before


def test_an_entry_that_is_missing_is_made_and_counted():
    state = State()
    before = changes.count
    state["p"]["step"] = 1
    assert changes.count >= before + 2
    assert isinstance(state["p"], Counted) and state.counted
    state["q"] = {}
    assert not state.counted


def test_it_is_printed_copied_and_kept_as_a_dictionary():
    state = State()
    state["p"]["step"] = 1
    plain = defaultdict(dict, {"p": {"step": 1}})
    assert repr(state) == repr(plain)
    for made in (copy.deepcopy(state), pickle.loads(pickle.dumps(state))):
        assert made == plain
        assert type(made) is defaultdict and type(made["p"]) is dict


def test_an_optimizer_counts_after_copies_and_files():
    p = flambeau.nn.Parameter(flambeau.ones(3))
    optimizer = flambeau.optim.Adam([p])
    p.grad = flambeau.ones(3)
    optimizer.step()
    assert optimizer.state.counted
    copied = copy.deepcopy(optimizer)
    assert copied.state.counted and len(copied.state) == 1
    file = io.BytesIO()
    flambeau.save(optimizer.state_dict(), file)
    file.seek(0)
    other = flambeau.optim.Adam([p])
    other.load_state_dict(flambeau.load(file))
    assert other.state.counted
    assert other.state[p]["exp_avg"].equal(optimizer.state[p]["exp_avg"])
