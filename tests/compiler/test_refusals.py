"""Class and index numbers out of range: a program refuses them in eager mode's words."""

from __future__ import annotations

import pytest

import flambeau
import flambeau.nn.functional as F

X = flambeau.arange(12.0).reshape(3, 4)
ONES = flambeau.ones(2, 4)


def set_rows(i):
    y = X.clone()
    y[i] = 0.0
    return y


def in_place(i):
    y = X.clone()
    y.index_fill_(0, i, 2.0)
    y.scatter_add_(0, i[None], ONES[:1, :2])
    return y


CASES = {
    "cross_entropy": lambda i: F.cross_entropy(X[:2], i),
    "cross_entropy after a product": lambda i: F.cross_entropy((X @ X.T)[:2], i),
    "nll_loss": lambda i: F.nll_loss(X[:2], i),
    "embedding": lambda i: F.embedding(i, X),
    "index": lambda i: X[i],
    "index of the second dimension": lambda i: X[:, i],
    "several indices": lambda i: X[i, i],
    "index_select": lambda i: X.index_select(0, i),
    "gather": lambda i: X.gather(0, i[None]),
    "worked out indices": lambda i: X.gather(0, (i * 2 - i)[None]),
    "take": lambda i: X.take(i * 6),
    "scatter": lambda i: X.scatter(0, i[None], 1.0),
    "scatter_add": lambda i: X.scatter_add(0, i[None], ONES[:1, :2]),
    "index_add": lambda i: X.index_add(0, i, ONES),
    "index_copy": lambda i: X.index_copy(0, i, ONES),
    "index_fill": lambda i: X.index_fill(0, i, 1.0),
    "index_put": lambda i: X.index_put((i,), ONES),
    "one_hot": lambda i: F.one_hot(i, 3),
    "set rows": set_rows,
    "in place": in_place,
}


@pytest.mark.parametrize("wrong", [9, -7])
@pytest.mark.parametrize("f", CASES.values(), ids=CASES)
def test_the_words_are_those_of_eager_mode(f, wrong):
    compiled = flambeau.compile(f)
    good, bad = flambeau.tensor([0, 1]), flambeau.tensor([0, wrong])
    for _ in range(3):
        assert compiled(good).tolist() == f(good).tolist()
    with pytest.raises((IndexError, RuntimeError)) as expected:
        f(bad)
    with pytest.raises(type(expected.value)) as found:
        compiled(bad)
    assert str(found.value).startswith(str(expected.value))
    assert compiled(good).tolist() == f(good).tolist()
    assert not compiled.eager


@pytest.mark.parametrize("wanted", [False, True])
def test_writes_into_expanded_parts_are_refused(wanted):
    """Also those of one number, which ``fill_`` takes."""

    def f(x):
        (x * 1).expand(2, 3)[:] = 1

    for call in (f, flambeau.compile(f)):
        for _ in range(2):
            with pytest.raises(RuntimeError, match="more than one element"):
                call(flambeau.ones(3, requires_grad=wanted))
