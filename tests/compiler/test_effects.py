"""What a compiled function does besides computing, and what cannot be repeated."""

from __future__ import annotations

import os
import threading
import warnings

import numpy as np
import pytest

import flambeau
from compiler.calls import Settings, numbers, programs, quietly, told, vector
from flambeau import nn


@pytest.fixture(autouse=True)
def seeded():
    flambeau.manual_seed(0)


# --- memory from outside --------------------------------------------------------------------------


def test_writes_into_outer_tensors():
    count, sums = flambeau.zeros(()), flambeau.zeros(2)

    def step(x):
        count.add_(1)
        sums.data.add_(x)
        sums.detach()[0] += 1
        return count + sums.sum()

    f = quietly(step)
    for i in range(1, 5):
        assert f(vector(1, 2)).item() == i + 4 * i
    assert numbers(count) == 4 and numbers(sums) == [8, 8]


def test_other_memory_under_an_outer_tensor():
    w = vector(1, 2)
    f = quietly(lambda x: x * w)
    assert numbers(f(vector(1, 1))) == numbers(f(vector(1, 1))) == [1, 2]
    w.data = vector(5, 6)
    assert numbers(f(vector(1, 1))) == [5, 6]
    w.resize_(2)
    w.copy_(vector(7, 8))
    assert numbers(f(vector(1, 1))) == [7, 8]


def test_detached_views_of_outer_tensors():
    net = nn.Linear(2, 2)
    f = quietly(lambda x: x @ net.weight.detach().t())
    for k in range(3):
        with flambeau.no_grad():
            net.weight.fill_(float(k))
        assert numbers(f(vector(1, 2))) == [3 * k, 3 * k]
    net.weight.data = flambeau.ones(2, 2) * 9
    assert numbers(f(vector(1, 2))) == [27, 27]


def test_numpy_arrays_stay_connected():
    array = np.arange(3, dtype=np.float32)
    w = flambeau.from_numpy(array)
    f = quietly(lambda x: x + w)
    assert numbers(f(vector(0, 0, 0))) == numbers(f(vector(0, 0, 0))) == [0, 1, 2]
    array[0] = 9
    assert numbers(f(vector(0, 0, 0))) == [9, 1, 2]


def test_versions_are_counted():
    x = flambeau.ones(3, requires_grad=True)
    y = flambeau.ones(3)
    f = quietly(lambda t: t.mul_(2))
    f(flambeau.ones(3))
    z = x * y
    f(y)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        z.sum().backward()


# --- what cannot be repeated ----------------------------------------------------------------------


def test_printing(capsys):
    def talks(x):
        print("once more")
        return x + 1

    messages, results = told(talks, vector(1))
    assert capsys.readouterr().out == "once more\n" * 3
    assert len(messages) == 1 and "test_effects.py:" in messages[0] and "print" in messages[0]
    assert numbers(results) == [[2], [2], [2]]


def test_numbers_read_in_python():
    def decides(x):
        if x.sum().item() > 0:
            return x * 2
        return x - 1

    compiled = flambeau.compile(decides)
    with pytest.warns(UserWarning, match=r"item\(\).*test_effects\.py:\d+"):
        assert numbers(compiled(vector(1, 2))) == [2, 4]
    assert numbers(compiled(vector(-1, -2))) == [-2, -3]
    for read in (
        lambda x: x * float(x[0]), lambda x: x[: int(x[1])], lambda x: x * len(x.tolist()),
        lambda x: x if x[0] > 0 else -x, lambda x: x + x.numpy()[0], lambda x: x * bool(x[0]),
        lambda x: f"{x.sum()}", lambda x: x[x > 1], lambda x: x.nonzero(),
    ):  # fmt: skip
        messages, results = told(read, vector(2, 1))
        assert len(messages) == 1, messages
        assert numbers(results) == numbers([read(vector(2, 1))] * 3)


def test_outer_variables_that_are_assigned():
    calls, last, seen = 0, None, []

    def counts(x):
        nonlocal calls
        calls += 1
        return x * calls

    messages, results = told(counts, vector(1))
    assert len(messages) == 1 and "calls" in messages[0]
    assert numbers(results) == [[1], [2], [3]]

    def keeps(x):
        nonlocal last
        last = x * 2
        return x

    told(keeps, vector(4))
    assert numbers(last) == [8]

    def appends(x):
        seen.append(x * 3)
        return x

    compiled = flambeau.compile(appends)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for i in range(6):
            compiled(vector(i))
    assert numbers(seen) == [[3 * i] for i in range(6)]


def test_numbers_that_are_counted_on_an_object():
    state = Settings()

    def step(x):
        state.scale += 1
        return x * state.scale

    compiled = flambeau.compile(step)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        results = [compiled(vector(1)) for _ in range(5)]
    assert numbers(results) == [[3], [4], [5], [6], [7]]


def test_lists_of_numbers_that_grow():
    history = []

    def step(x):
        history.append(len(history))
        return x + len(history)

    compiled = flambeau.compile(step)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        results = [compiled(vector(0)) for _ in range(5)]
    assert numbers(results) == [[1], [2], [3], [4], [5]]
    assert history == [0, 1, 2, 3, 4]


def test_random_numbers_of_python_and_numpy():
    import random

    def by_python(x):
        return x * random.random()

    def by_numpy(x):
        return x * float(np.random.rand())

    for function in (by_python, by_numpy):
        _, results = told(function, vector(1), times=4)
        assert len({r.item() for r in results}) == 4


def test_seeds_inside():
    def draws(x):
        flambeau.manual_seed(3)
        return x + flambeau.rand(2)

    _, results = told(draws, vector(0, 0), times=4)
    assert numbers(results) == [numbers(results[0])] * 4

    def own(x):
        return x + flambeau.rand(2, generator=flambeau.Generator().manual_seed(5))

    _, results = told(own, vector(0, 0), times=4)
    assert numbers(results) == [numbers(results[0])] * 4


def test_random_numbers_follow_the_stream():
    def plain(x):
        y = nn.functional.dropout(x, 0.5) + flambeau.rand(3) * flambeau.randn(3)
        return y, flambeau.randint(0, 10, (4,)), flambeau.bernoulli(flambeau.full((5,), 0.5))

    f = quietly(plain)
    for i in range(4):
        flambeau.manual_seed(i)
        want, after = plain(vector(1, 2, 3)), flambeau.randn(3)
        flambeau.manual_seed(i)
        got, then = f(vector(1, 2, 3)), flambeau.randn(3)
        np.testing.assert_allclose(got[0].numpy(), want[0].numpy(), 1e-6, 1e-6)
        assert numbers(got[1:]) == numbers(want[1:])
        assert numbers(then) == numbers(after)


def test_exceptions_leave_everything_intact():
    w = vector(1, 2)

    def fails(x, bad):
        w.add_(1)
        if bad:
            raise KeyError("no")
        return x + w

    f = quietly(fails)
    for bad in (True, False, False, True, False):
        before = numbers(w)
        if bad:
            with pytest.raises(KeyError):
                f(vector(0, 0), True)
        else:
            f(vector(0, 0), False)
        assert numbers(w) == [before[0] + 1, before[1] + 1]
    from flambeau.tensor.recording import recorders

    assert not recorders
    with pytest.raises(RuntimeError):
        f(vector(1, 2, 3), False)
    assert not recorders


def test_bad_class_numbers_raise():
    def loss(x, y):
        return nn.functional.cross_entropy(x, y)

    f = quietly(loss)
    x = flambeau.randn(3, 4)
    for _ in range(2):
        f(x, flambeau.tensor([0, 1, 3]))
    with pytest.raises(IndexError, match="out of bounds"):
        f(x, flambeau.tensor([0, 1, 4]))
    table = flambeau.randn(5, 2)
    g = quietly(lambda i: nn.functional.embedding(i, table))
    for _ in range(2):
        g(flambeau.tensor([0, 4]))
    with pytest.raises(IndexError):
        g(flambeau.tensor([0, 5]))


def test_fullgraph():
    f = flambeau.compile(lambda x: x * x.sum().item(), fullgraph=True)
    with pytest.raises(RuntimeError, match=r"item\(\)"):
        f(vector(1, 2))
    g = flambeau.compile(lambda x: x * x.sum(), fullgraph=True)
    assert numbers(g(vector(1, 2))) == numbers(g(vector(1, 2))) == [3, 6]


def test_bounded_number_of_programs():
    def plain(x):
        return x * 2

    f = flambeau.compile(plain)
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        for n in range(1, 30):
            assert numbers(f(flambeau.ones(n))) == [2.0] * n
    assert len(seen) == 1 and "different ways" in str(seen[0].message)
    assert seen[0].filename == __file__
    assert programs(f) == 8


def test_kinds_of_calls_that_come_back_get_programs(monkeypatch):
    monkeypatch.setattr(flambeau.compiler.function, "PROGRAMS", 12)
    f = flambeau.compile(lambda x: (x * 2).cumsum(0))
    sizes = [*range(1, 16)] * 4
    with pytest.warns(UserWarning, match="until they have come 3 times") as seen:
        for n in sizes:
            assert f(flambeau.ones(n)).tolist() == [2.0 * k for k in range(1, n + 1)]
    assert len(seen) == 1 and not f.eager
    assert programs(f) == len({entry.key for entry in f.entries}) == 12


def test_programs_of_a_function_share_their_temporary_memory():
    def function(x):
        y = (x * 2).cumsum(0)
        return (y * y).cumsum(0).sum() + y.sum()

    f = flambeau.compile(function)
    sizes = (100, 4000, 300, 2000)
    for _ in range(3):
        for n in sizes:
            x = flambeau.linspace(0, 1, n)
            np.testing.assert_allclose(f(x).item(), function(x).item(), rtol=1e-5)
    assert programs(f) == len(sizes)
    assert len({id(entry.program.arena) for entry in f.entries}) == 1
    largest = max(f.entries, key=lambda entry: entry.program.plan.size).program
    assert largest.arena.nbytes >= largest.plan.size > 16000


def test_what_changes_without_end_is_not_compiled():
    scale = {"by": 0.0}
    f = flambeau.compile(lambda x: x * scale["by"])
    with pytest.warns(UserWarning, match="besides its arguments changed more than 8 times"):
        for k in range(12):
            scale["by"] = float(k)
            assert numbers(f(flambeau.ones(2))) == [k, k]
    assert f.eager


def test_one_kind_too_many_with_fullgraph(monkeypatch):
    monkeypatch.setattr(flambeau.compiler.function, "PROGRAMS", 10)
    f = flambeau.compile(lambda x: x * 2, fullgraph=True)
    for n in range(1, 11):
        f(flambeau.ones(n))
    assert programs(f) == 10
    with pytest.raises(RuntimeError, match="more than 10 different ways"):
        f(flambeau.ones(11))


# --- around ---------------------------------------------------------------------------------------


def test_compiled_functions_within_each_other():
    inner = flambeau.compile(lambda x: x * 2 + 1)

    def plain(x):
        return inner(x) + inner(x * 3)

    f = quietly(plain)
    for i in range(3):
        assert numbers(f(vector(i, 2))) == [8 * i + 2, 18]
        assert numbers(inner(vector(i))) == [2 * i + 1]

    @flambeau.compile
    def power(x, n):
        return x if n == 1 else x * power(x, n - 1)

    for _ in range(3):
        assert numbers(power(vector(2, 3), 3)) == [8, 27]


def test_decorator_forms():
    @flambeau.compile
    def one(x):
        """Adds one."""
        return x + 1

    @flambeau.compile(fullgraph=True)
    def two(x):
        return x + 2

    assert one.__name__ == "one" and one.__doc__ == "Adds one."
    for _ in range(2):
        assert numbers(one(vector(1))) == [2] and numbers(two(vector(1))) == [3]
    assert flambeau.compile(one, disable=True) is one
    assert "fl_run_0" in one.source() and "add" in one.explain()


def test_threads():
    f = quietly(lambda x: (x * 2).sum() + x.max())
    f(flambeau.ones(1000))
    wrong = []

    def work(k):
        for i in range(30):
            x = flambeau.full((1000,), float(k * 100 + i))
            if f(x).item() != (x * 2).sum().item() + x.max().item():
                wrong.append((k, i))

    threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not wrong


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_after_a_fork():
    w = flambeau.randn(64, 64)
    f = quietly(lambda x: (x @ w).tanh().sum(0))
    x = flambeau.randn(256, 64)
    f(x)
    want = f(x)
    read, write = os.pipe()
    pid = os.fork()
    if not pid:  # the child
        code = 1
        try:
            same = np.array_equal(f(x).numpy(), want.numpy())
            g = flambeau.compile(lambda x: x * 3)
            code = 0 if same and g(x)[0, 0] == x[0, 0] * 3 == g(x)[0, 0] else 2
        finally:
            os._exit(code)
    os.close(write)
    os.close(read)
    _, status = os.waitpid(pid, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    assert numbers(f(x)) == numbers(want)


def test_a_loss_shows_its_history():
    w = flambeau.ones(3, requires_grad=True)

    def plain(x):
        loss = (x * w).sum()
        loss.backward()
        return loss, (x * 2).sum()

    f = quietly(plain)
    for _ in range(3):
        loss, other = f(vector(1, 2, 3))
        assert repr(loss) == repr(plain(vector(1, 2, 3))[0])
        assert not other.requires_grad and not loss.is_leaf
        with pytest.raises(RuntimeError, match="second time"):
            loss.backward()


# --- iterators, copies, threads ---


def test_iterators():
    batches = iter([vector(i, i) for i in range(6)])

    def step():
        return next(batches) * 2

    messages, results = told(step, times=5)
    assert numbers(results) == [[2 * i, 2 * i] for i in range(5)]
    assert len(messages) == 1

    loader = flambeau.utils.data.DataLoader(flambeau.arange(6.0), batch_size=2, shuffle=True)

    def epoch():
        total = flambeau.zeros(2)
        for x in loader:
            total = total * 2 + x
        return total

    flambeau.manual_seed(3)
    want = [epoch() for _ in range(4)]
    flambeau.manual_seed(3)
    _, got = told(epoch, times=4)
    assert numbers(got) == numbers(want)


def test_deep_copies_and_pickles():
    import copy
    import pickle

    net = flambeau.compile(nn.Linear(2, 3))
    x = flambeau.randn(4, 2)
    want = numbers(net(x))
    for other in (copy.deepcopy(net), pickle.loads(pickle.dumps(net))):
        np.testing.assert_allclose(numbers(other(x)), want, 1e-5, 1e-6)
        with flambeau.no_grad():
            other.weight.zero_()
        assert not np.allclose(numbers(other(x)), want)
    np.testing.assert_allclose(numbers(net(x)), want, 1e-5, 1e-6)


def test_two_threads_that_record():
    """What another thread does meanwhile is not part of a recording."""
    stop, started = threading.Event(), threading.Event()

    def noise():
        a = flambeau.ones(3)
        while not stop.is_set():
            a = a * 1.0 + 0.0
            started.set()

    thread = threading.Thread(target=noise)
    thread.start()
    started.wait()
    try:
        fs = [quietly(lambda x, k=k: (x * k).tanh().sum()) for k in range(5)]
        for f in fs:
            f(vector(1, 2))
    finally:
        stop.set()
        thread.join()
    assert [len(f.compiled.entries[0].program.calls) for f in fs] == [3] * 5


def test_a_backward_pass_that_fails():
    """Without a call of backward nothing is raised."""

    def overwrites(x):
        y = x.exp()
        z = y * 2
        y.mul_(2)
        return z

    x = flambeau.ones(2, requires_grad=True)
    messages, results = told(overwrites, x)
    assert len(messages) == 1 and "backward" in messages[0]
    np.testing.assert_allclose(results[-1].detach().numpy(), [2 * np.e] * 2, rtol=1e-6)
    with pytest.raises(RuntimeError, match="modified by an inplace"):
        results[-1].sum().backward()


def test_writes_between_forward_and_backward():
    w = flambeau.tensor([2.0, 3.0], requires_grad=True)
    f = quietly(lambda a: (a * w).sum())
    x = flambeau.ones(2, requires_grad=True)
    for written in (w, x):
        f(x).backward()
        loss = f(x)
        with flambeau.no_grad():
            written.mul_(2)
        with pytest.raises(RuntimeError, match="modified by an inplace operation"):
            loss.backward()
