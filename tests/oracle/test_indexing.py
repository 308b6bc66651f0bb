"""Random keys on random shapes: reading, writing and adding up, compared with PyTorch."""

import warnings

import numpy as np
import pytest

torch = pytest.importorskip("torch")
from hypothesis import given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

import flambeau  # noqa: E402
from flambeau.tensor import indexing  # noqa: E402


class Index:
    """An index tensor of a key, before it belongs to either library."""

    def __init__(self, array, form):
        self.array, self.form = array, form

    def __repr__(self):
        return f"Index({self.array.tolist()}, {self.array.dtype}, {self.form})"

    def made_with(self, library):
        if self.form == "list":
            return self.array.tolist()
        return self.array.copy() if self.form == "numpy" else library.tensor(self.array)


def made_with(library, key):
    if isinstance(key, tuple):
        return tuple(made_with(library, item) for item in key)
    return key.made_with(library) if isinstance(key, Index) else key


def outcome(function):
    """What a call gives, or its error's type and first line."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return function()
        except Exception as error:
            return type(error), str(error).split("\n")[0].replace("flambeau.", "torch.")


@st.composite
def index_arrays(draw, size, common):
    """Positions below size, in a shape that broadcasts to ``common``."""
    shape = list(common[draw(st.integers(0, len(common))) :])
    shape = [draw(st.sampled_from((n, 1))) for n in shape]
    low, high = (-size, size - 1) if size else (0, 0)
    count = int(np.prod(shape))
    values = draw(st.lists(st.integers(low, high), min_size=count, max_size=count))
    array = np.array(values, np.int64).reshape(shape)
    form = draw(st.sampled_from(("tensor", "tensor", "tensor", "numpy", "list")))
    if form == "list" and array.ndim != 1:
        form = "tensor"  # of other nestings PyTorch makes other things
    if form == "tensor" and draw(st.booleans()):
        array = array.astype(np.int32)
    return Index(array, form)


@st.composite
def masks(draw, shape):
    count = int(np.prod(shape))
    bits = draw(st.lists(st.booleans(), min_size=count, max_size=count))
    # PyTorch counts NumPy's masks as one dimension, whatever they have.
    forms = ("tensor", "numpy") if len(shape) == 1 else ("tensor",)
    return Index(np.array(bits, bool).reshape(shape), draw(st.sampled_from(forms)))


BOUNDS = st.one_of(st.none(), st.integers(-6, 6))
SLICES = st.builds(slice, BOUNDS, BOUNDS, st.one_of(st.none(), st.integers(1, 3)))
FLAWS = st.sampled_from(
    [
        7, -9, slice(None, None, -1), slice(0, 2, 0), 1.5, {}, "text", slice(1.5, None), 1 << 70,
        Index(np.array([0, 9]), "tensor"), Index(np.array([-8]), "tensor"),
        Index(np.array([0.5]), "tensor"), Index(np.ones(7, bool), "tensor"),
        Index(np.ones((2, 9), bool), "tensor"), Index(np.array([0], np.int16), "tensor"),
    ]
)  # fmt: skip


@st.composite
def shapes_and_keys(draw):
    shape = tuple(draw(st.lists(st.integers(0, 4), max_size=4).filter(lambda s: s.count(0) < 2)))
    common = tuple(draw(st.lists(st.integers(1, 3), max_size=2)))
    key, dim, spread = [], 0, False
    flaw_at = draw(st.integers(0, 24))
    while True:
        if len(key) == flaw_at:
            key.append(draw(FLAWS))
            dim += 1
            flaw_at = -1
            continue
        kinds = ["none", "bool", "end"] + ["ellipsis"] * (not spread)
        if dim < len(shape):
            kinds += ["slice", "index", "index", "mask"] + ["int"] * bool(shape[dim])
        kind = draw(st.sampled_from(kinds))
        if kind == "end" or len(key) > 5:
            break
        if kind == "none":
            key.append(None)
        elif kind == "bool":
            key.append(draw(st.sampled_from((True, True, False))))
        elif kind == "ellipsis":
            key.append(...)
            spread = True
            dim += draw(st.integers(0, max(0, len(shape) - dim)))
        elif kind == "slice":
            key.append(draw(SLICES))
            dim += 1
        elif kind == "int":
            number = draw(st.integers(-shape[dim], shape[dim] - 1))
            key.append(draw(st.sampled_from((number, np.int64(number)))))
            dim += 1
        elif kind == "index":
            key.append(draw(index_arrays(shape[dim], common)))
            dim += 1
        else:
            covered = draw(st.integers(1, len(shape) - dim))
            key.append(draw(masks(shape[dim : dim + covered])))
            dim += covered
    if len(key) == 1 and draw(st.booleans()):
        return shape, key[0]
    return shape, tuple(key)


def pair_of(shape, dtype=np.int64):
    array = np.arange(int(np.prod(shape)), dtype=dtype).reshape(shape)
    return flambeau.tensor(array), torch.tensor(array)


def same(ours, theirs):
    assert isinstance(ours, tuple) == isinstance(theirs, tuple), (ours, theirs)
    if isinstance(ours, tuple):
        assert ours == theirs
    else:
        assert tuple(ours.shape) == tuple(theirs.shape)
        assert type(ours._data) is np.ndarray
        assert np.array_equal(ours._data, theirs.numpy())


@settings(max_examples=250, deadline=None)
@given(shapes_and_keys())
def test_reading(case):
    shape, key = case
    x, t = pair_of(shape)
    ours = outcome(lambda: x[made_with(flambeau, key)])
    theirs = outcome(lambda: t[made_with(torch, key)])
    same(ours, theirs)
    if not isinstance(ours, tuple):
        shared = theirs.untyped_storage().data_ptr() == t.untyped_storage().data_ptr()
        if ours.numel():
            assert np.may_share_memory(ours._data, x._data) == shared


@settings(max_examples=250, deadline=None)
@given(shapes_and_keys(), st.data())
def test_writing(case, data):
    shape, key = case
    x, t = pair_of(shape)
    part = outcome(lambda: t[made_with(torch, key)])
    result = () if isinstance(part, tuple) else tuple(part.shape)
    value_shape = result[data.draw(st.integers(0, len(result))) :]
    value_shape = tuple(data.draw(st.sampled_from((n, n, 1))) for n in value_shape)
    value_shape = (1,) * data.draw(st.integers(0, 1)) + value_shape
    if data.draw(st.integers(0, 5)) == 0:
        value_shape = (5, *value_shape)
    value = -1 - np.arange(int(np.prod(value_shape))).reshape(value_shape)

    def write(library, tensor):
        tensor[made_with(library, key)] = library.tensor(value)
        return tensor

    same(outcome(lambda: write(flambeau, x)), outcome(lambda: write(torch, t)))


@settings(max_examples=150, deadline=None)
@given(shapes_and_keys())
def test_writing_a_number(case):
    shape, key = case
    x, t = pair_of(shape, np.float32)

    def write(library, tensor):
        tensor[made_with(library, key)] = -2
        return tensor

    same(outcome(lambda: write(flambeau, x)), outcome(lambda: write(torch, t)))


@settings(max_examples=150, deadline=None)
@given(shapes_and_keys())
def test_gradient(case):
    shape, key = case
    x, t = pair_of(shape, np.float64)
    t.requires_grad_()
    read = outcome(lambda: t[made_with(torch, key)])
    if isinstance(read, tuple):
        return
    weights = torch.linspace(1, 2, read.numel(), dtype=torch.float64).reshape(read.shape)
    (read * weights).sum().backward()
    basic, advanced = indexing.parse(made_with(flambeau, key), shape)
    ours = np.zeros(shape)
    if advanced is None:
        ours[basic] = weights.numpy()
    else:
        view = ours[basic]
        view[...] = indexing.scatter_add(view.shape, advanced, weights.numpy())
    assert np.allclose(ours, t.grad.numpy())


@pytest.mark.parametrize(
    "shape, dims, count",
    [
        ((50, 8), (0,), 900),  # rows of a table
        ((7, 600), (0,), 40),  # long rows
        ((3, 20, 30), (1,), 50),
        ((3, 20, 400), (1,), 50),
        ((9, 11), (0, 1), 800),  # single elements
        ((4, 9, 11, 3), (1, 2), 400),
        ((9, 4, 11), (0, 2), 500),  # separated
        ((900,), (0,), 5000),
    ],
)
@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16", "int64", "complex64"])
def test_adding_up_is_in_the_same_order(shape, dims, count, dtype):
    random = np.random.default_rng(0)
    advanced = [None] * (dims[-1] + 1)
    for d in dims:
        advanced[d] = random.integers(-shape[d], shape[d], count)
    ours = flambeau.zeros(shape, dtype=getattr(flambeau, dtype))
    theirs = torch.zeros(shape, dtype=getattr(torch, dtype))
    result = indexing.gathered_shape(shape, tuple(advanced))
    numbers = random.normal(size=result) * 100
    values = torch.tensor(numbers).to(theirs.dtype)
    indexing.index_put(
        ours._data, tuple(advanced), flambeau.tensor(numbers).to(ours.dtype)._data, accumulate=True
    )
    keys = tuple(slice(None) if a is None else torch.tensor(a) for a in advanced)
    grad = torch.zeros(shape, dtype=theirs.dtype)
    if None in [a if a is None else 0 for a in advanced]:
        positions = torch.arange(grad.numel()).reshape(shape)[keys].reshape(-1)
        grad.view(-1).index_put_((positions,), values.reshape(-1), accumulate=True)
    else:
        grad.index_put_(keys, values, accumulate=True)
    assert np.array_equal(ours._data.astype(np.complex128), grad.to(torch.complex128).numpy())


CASES = [
    "x[[0, 1]]", "x[[[0, 1], [1, 0]]]", "x[[True, False]]", "x[[0, 1.5]]", "x[[slice(0, 1), 0]]",
    "x[[None, 0]]", "x[((0, 1), (1, 1))]", "x[range(2), range(2)]", "x[np.array([0.5, 1])]",
    "x[np.bool_(True)]", "x[np.float64(1)]", "x[np.array(1)]", "x[np.array(True)]",
    "x[np.array([0, 1], dtype=np.uint16)]", "x[T.tensor([0, 1], dtype=T.uint8)]",
    "x[T.tensor(1, dtype=T.uint8)]", "x[T.tensor(1, dtype=T.int8)]", "x[T.tensor(1.0)]",
    "x[T.tensor([])]", "x[[]]", "x[(),]", "x[0, ()]", "x[[0, 'a']]", "x['a']", "x[0, b'a']",
    "x[1j]", "x[object()]", "x[T.tensor(0):T.tensor(1)]", "x[T.tensor(1.0):]", "x[1:2.0]",
    "x[[1 + 2j]]", "x[[10**30]]", "x[([[0, 1], [0]],)]", "x[([0, [1]],)]", "x[[0] * 40]",
    "x[[T.tensor(0), T.tensor(1)]]", "x[[T.tensor([0, 1]), [1, 1]]]",
    "x[0, [T.tensor(0), T.tensor(1)]]", "x[[T.tensor(True), 1]]", "x[..., 0, ...]",
    "s[0]", "s[np.int64(0)]", "s[:]", "s[0, 0]", "s[None, 0]", "s[()]", "s[...]", "s[True]",
    "s[False]", "s[T.tensor(0)]", "s[T.tensor([0])]", "s[[0]]", "s[0:1, ...]",
]  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_odd_keys(case):
    def run(library):
        x, s = library.arange(24).reshape(2, 3, 4), library.tensor(7)
        return eval(case, {"x": x, "s": s, "np": np, "T": library})

    same(outcome(lambda: run(flambeau)), outcome(lambda: run(torch)))
