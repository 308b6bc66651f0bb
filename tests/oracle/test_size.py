"""Sizes and dimensions: results and errors compared with PyTorch."""

import copy
import pickle

import numpy as np
import pytest

torch = pytest.importorskip("torch")
from hypothesis import given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

import flambeau  # noqa: E402
from flambeau.tensor import size as S  # noqa: E402


def outcome(function):
    """What a call gives, or its error's type and first line."""
    try:
        return function()
    except Exception as error:
        return type(error), str(error).split("\n")[0].replace("flambeau.", "torch.")


SIZES = """
Size([2, 3]) | Size(()) | Size() | Size((2,)) | Size(range(3)) | Size(T([1, 2]))
Size([np.int64(2)]) | Size([T(1), T(2)]) | Size([2.0]) | Size(['a']) | Size([None]) | Size([True])
Size(3) | Size([-1])
Size([2, 3])[0:1] | Size([2, 3])[0] | Size([2, 3])[-1] | Size([2, 3])[2] | Size([2, 3]) + (4,)
Size([2, 3]) + Size([4]) | Size([2, 3]) + [4] | (4,) + Size([2, 3]) | Size([2, 3]) + ('a',)
Size([2, 3]) * 2 | 2 * Size([2, 3]) | Size([2, 3]).numel() | Size([]).numel() | Size([0, 3]).numel()
Size([2, 3]) == (2, 3) | Size([2, 3]) == [2, 3] | hash(Size([2, 3])) == hash((2, 3))
pickle.loads(pickle.dumps(Size([2, 3]))) | copy.deepcopy(Size([2, 3])) | copy.copy(Size([2, 3]))
Size([2, 3]).index(3) | Size([2, 3])[T(1)]
Size([2, 3])[np.int64(1)] | Size([2, 3])[::-1] | max(Size([2, 3])) | Size([2, 3]) < (2, 4)
Size([2, 3]).__reduce__()[1] | Size([[1]]) | Size(iter([1, 2])) | Size('12')
""".strip()


@pytest.mark.parametrize("expression", [c.strip() for c in SIZES.replace("\n", " | ").split(" | ")])
def test_size(expression):
    def run(library):
        names = {"Size": library.Size, "T": library.tensor}
        return eval(expression, names | {"np": np, "copy": copy, "pickle": pickle})

    ours, theirs = outcome(lambda: run(flambeau)), outcome(lambda: run(torch))
    assert ours == theirs
    assert repr(ours).replace("flambeau.", "torch.") == repr(theirs)


CALLS = """
2, 3 | (2, 3), | [2, 3], | Size([2, 3]), | range(3), | np.int64(2), np.int32(3) | T(2), | T(2), 3
np.array([2, 3]), | T([2, 3]), | (T(2), 3), | T(2.0), | (), | [], | 2.0, | 2, 3.0 | (2, 3.0),
'a', | (2, 'a'), | None, | (2, None), | (2, 3), 4 | 2, (3, 4) | True, | (True, 2), | 2, True
-1, 2 | (-1, 2), | 2, -3, -4 | np.array(2), | (np.float64(2),), | np.float64(2), | ([3],),
[2, [3]], | None, 2 | 'a', 2 | 2.0, 3 | 2, np.float64(2) | np.bool_(True), 2 | 2, np.bool_(True)
np.int64(-1),
""".strip()


@pytest.mark.parametrize("arguments", [c.strip() for c in CALLS.replace("\n", " | ").split(" | ")])
def test_parse_size(arguments):
    def run(library, call):
        names = {"Size": library.Size, "T": library.tensor, "np": np}
        return call(eval(f"({arguments})" if arguments.endswith(",") else arguments, names))

    ours = outcome(lambda: run(flambeau, lambda args: S.parse_size(args, "ones")))
    assert ours == outcome(lambda: tuple(run(torch, lambda args: torch.ones(*args)).shape))


@pytest.mark.parametrize("ndim", [0, 1, 2, 3])
@pytest.mark.parametrize("dim", range(-5, 5))
def test_normalize_dim(dim, ndim):
    t = torch.zeros((2,) * ndim)
    ours = outcome(lambda: S.normalize_dim(dim, ndim))
    theirs = outcome(lambda: t.flip(dim))  # the error, if there is one
    if isinstance(theirs, tuple) and ndim:
        assert ours == theirs
    elif not ndim:
        scalar = outcome(lambda: t.sum(dim))
        assert ours == (scalar if isinstance(scalar, tuple) else 0)
    else:
        assert ours == dim % ndim


@settings(max_examples=150, deadline=None)
@given(st.lists(st.integers(-3, 2), max_size=4))
def test_normalize_dims(dims):
    t = torch.zeros(2, 3)
    ours = outcome(lambda: S.normalize_dims(dims, 2))
    theirs = outcome(lambda: t.flip(dims))
    if isinstance(theirs, tuple):
        assert ours == theirs
    else:
        assert ours == tuple(d % 2 for d in dims)


SHAPES = st.lists(st.integers(0, 3), max_size=4).map(tuple)


@settings(max_examples=250, deadline=None)
@given(SHAPES, SHAPES)
def test_broadcast_shapes(a, b):
    ours = outcome(lambda: S.broadcast_shapes(a, b))
    assert ours == outcome(lambda: tuple((torch.zeros(a) + torch.zeros(b)).shape))


@settings(max_examples=250, deadline=None)
@given(SHAPES, SHAPES)
def test_expand_error(shape, target):
    theirs = outcome(lambda: torch.zeros(shape).expand(target))
    assert S.expands(shape, target) != isinstance(theirs, tuple)
    if isinstance(theirs, tuple):
        error = S.expand_error(shape, target, "FloatTensor")
        assert (type(error), str(error).replace("flambeau.", "torch.")) == theirs


@st.composite
def strided(draw):
    """An array with strides of all sorts, and a shape to view it in."""
    shape = draw(st.lists(st.integers(1, 4), max_size=4))
    array = np.arange(int(np.prod(shape))).reshape(shape)
    array = array.transpose(draw(st.permutations(range(array.ndim))))
    if draw(st.booleans()):
        cuts = [slice(draw(st.integers(0, 1)), None, draw(st.integers(1, 2))) for _ in shape]
        array = array[(*cuts, ...)]
    if draw(st.integers(0, 3)) == 0:
        array = np.broadcast_to(array, (draw(st.integers(1, 3)), *array.shape))
    target, left = [], array.size
    while left > 1 and len(target) < 4:
        factor = draw(st.sampled_from([d for d in range(1, left + 1) if left % d == 0]))
        target.append(factor)
        left //= factor
    target.insert(draw(st.integers(0, len(target))), draw(st.sampled_from([left, left, -1, -2, 5])))
    if draw(st.integers(0, 5)) == 0:
        target.append(-1)
    return array, tuple(target)


@settings(max_examples=400, deadline=None)
@given(strided())
def test_view_array(case):
    array, shape = case
    t = torch.empty_strided(array.shape, [s // array.itemsize for s in array.strides])
    ours, theirs = outcome(lambda: S.view_array(array, shape)), outcome(lambda: t.view(shape))
    assert isinstance(ours, tuple) == isinstance(theirs, tuple), (ours, theirs)
    if isinstance(ours, tuple):
        assert ours == theirs
    else:
        assert ours.shape == tuple(theirs.shape)
        assert not ours.size or np.may_share_memory(ours, array)
        steps = zip(ours.shape, ours.strides, theirs.stride(), strict=True)
        assert all(m == n * array.itemsize for size, m, n in steps if size > 1 and ours.size)
