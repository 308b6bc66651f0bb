"""Size, and the rules for sizes and dimensions given as arguments."""

import copy
import pickle

import numpy as np
import pytest

from flambeau.tensor import naming
from flambeau.tensor.size import (
    Size,
    broadcast_shapes,
    expand_error,
    expands,
    infer_view_shape,
    normalize_dim,
    normalize_dims,
    parse_size,
    unchecked,
    view_array,
)


def message(error):
    return str(error.value).split("\n")[0]


class TestSize:
    def test_is_a_tuple(self):
        size = Size([2, 3])
        assert size == (2, 3)
        assert hash(size) == hash((2, 3))
        assert {(2, 3): 1}[size] == 1
        assert size != [2, 3]

    def test_repr(self):
        assert repr(Size([2, 3])) == f"{naming.prefix()}.Size([2, 3])"
        assert repr(Size()) == f"{naming.prefix()}.Size([])"

    def test_parts_and_sums_are_sizes(self):
        size = Size([2, 3])
        for made in (size[:1], size[::-1], size + (4,), (4,) + size, size * 2, 2 * size):
            assert type(made) is Size
        assert (4,) + size == (4, 2, 3)
        assert type(size[0]) is int

    def test_numel(self):
        assert [Size(s).numel() for s in ((2, 3), (), (0, 3))] == [6, 1, 0]

    def test_numbers_become_ints(self):
        assert [type(n) for n in Size([np.int64(2), True])] == [int, int]

    def test_other_things_are_refused(self):
        with pytest.raises(TypeError) as error:
            Size([1, 2.0])
        assert message(error).endswith(".Size() takes an iterable of 'int' (item 1 is 'float')")
        with pytest.raises(TypeError, match="can only concatenate tuple"):
            Size([1]) + [2]

    def test_copies(self):
        for made in (pickle.loads(pickle.dumps(Size([2, 3]))), copy.deepcopy(Size([2, 3]))):
            assert type(made) is Size and made == (2, 3)

    def test_unchecked(self):
        assert type(unchecked((2, 3))) is Size


class TestParseSize:
    @pytest.mark.parametrize(
        "args", [(2, 3), ((2, 3),), ([2, 3],), (Size([2, 3]),), (np.int64(2), np.int32(3))]
    )
    def test_forms(self, args):
        assert parse_size(args) == (2, 3)
        assert [type(n) for n in parse_size(args)] == [int, int]

    def test_empty(self):
        assert parse_size(((),)) == ()

    @pytest.mark.parametrize(
        "args, expected",
        [
            ((), 'ones() missing 1 required positional arguments: "size"'),
            ((2.0,), "ones(): argument 'size' (position 1) must be tuple of ints, not float"),
            (((2, 3), 4), "ones() takes 1 positional argument but 2 were given"),
            (
                (2, "a"),
                (
                    "ones(): argument 'size' failed to unpack the object at pos 2 with error "
                    '"type must be tuple of ints,but got str"'
                ),
            ),
            (
                (["a"],),
                (
                    "ones(): argument 'size' (position 1) must be tuple of ints, but found "
                    "element of type str at pos 0"
                ),
            ),
        ],
    )
    def test_wrong_types(self, args, expected):
        with pytest.raises(TypeError) as error:
            parse_size(args, "ones")
        assert message(error) == expected

    def test_negative(self):
        with pytest.raises(RuntimeError) as error:
            parse_size((-1, 2))
        assert message(error) == "Trying to create tensor with negative dimension -1: [-1, 2]"
        assert parse_size((-1, 2), signed=True) == (-1, 2)


class TestDims:
    def test_one(self):
        assert [normalize_dim(d, 3) for d in range(-3, 3)] == [0, 1, 2, 0, 1, 2]
        assert [normalize_dim(d, 0) for d in (-1, 0)] == [0, 0]
        assert normalize_dim(np.int64(-1), 2) == 1

    @pytest.mark.parametrize(
        "dim, ndim, span", [(2, 2, "[-2, 1]"), (-3, 2, "[-2, 1]"), (1, 0, "[-1, 0]")]
    )
    def test_out_of_range(self, dim, ndim, span):
        with pytest.raises(IndexError) as error:
            normalize_dim(dim, ndim)
        assert message(error) == (
            f"Dimension out of range (expected to be in range of {span}, but got {dim})"
        )

    @pytest.mark.parametrize("dim", [1.0, True, None, "a"])
    def test_not_a_number(self, dim):
        with pytest.raises(TypeError, match="argument 'dim' must be int, not"):
            normalize_dim(dim, 2)

    def test_several(self):
        assert normalize_dims((0, -1), 3) == (0, 2)
        assert normalize_dims([-1], 3) == (2,)
        assert normalize_dims(-1, 3) == (2,)
        assert normalize_dims((), 3) == ()

    def test_twice(self):
        with pytest.raises(RuntimeError) as error:
            normalize_dims((1, -1), 2)
        assert message(error) == "dim 1 appears multiple times in the list of dims"


class TestBroadcast:
    @pytest.mark.parametrize(
        "shapes, expected",
        [
            ([], ()), ([(2, 3)], (2, 3)), ([(2, 3), (3,)], (2, 3)), ([(3,), (2, 1)], (2, 3)),
            ([(), (2,)], (2,)), ([(0,), (1,)], (0,)), ([(4, 1, 1), (3, 1), (2,)], (4, 3, 2)),
        ],
    )  # fmt: skip
    def test_shapes(self, shapes, expected):
        assert broadcast_shapes(*shapes) == expected

    @pytest.mark.parametrize(
        "a, b, expected, hint",
        [
            ((2, 3), (2, 4), (3, 4, 1), "from the right"),
            ((3, 4), (3,), (4, 3, 1), "b[:, None]"),
            ((3,), (3, 4, 5), (3, 5, 2), "a[:, None, None]"),
            ((2, 3), (3, 2), (3, 2, 1), "a.T"),
            ((0,), (2,), (0, 2, 0), "from the right"),
        ],
    )
    def test_errors(self, a, b, expected, hint):
        with pytest.raises(RuntimeError) as error:
            broadcast_shapes(a, b)
        assert message(error) == (
            "The size of tensor a ({}) must match the size of tensor b ({}) at non-singleton "
            "dimension {}".format(*expected)
        )
        assert hint in str(error.value)

    def test_expanding(self):
        assert expands((1, 3), (2, 3)) and expands((3,), (2, 3)) and expands((), ())
        assert not expands((2, 3), (3,)) and not expands((2,), (3,)) and not expands((0,), (1,))
        assert str(expand_error((3,), (2,))) == (
            "The expanded size of the tensor (2) must match the existing size (3) at non-singleton "
            "dimension 0.  Target sizes: [2].  Tensor sizes: [3]"
        )
        assert "the number of sizes provided (1) must be greater or equal" in str(
            expand_error((2, 3), (3,), "FloatTensor")
        )


class TestView:
    def test_inferred(self):
        assert infer_view_shape((2, 3), 6) == (2, 3)
        assert infer_view_shape((2, -1), 6) == (2, 3)
        assert infer_view_shape((-1, 3), 0) == (0, 3)
        assert infer_view_shape((), 1) == ()

    @pytest.mark.parametrize(
        "shape, numel, expected",
        [
            ((2, 3), 5, "shape '[2, 3]' is invalid for input of size 5"),
            ((2, -1), 5, "shape '[2, -1]' is invalid for input of size 5"),
            ((0, -1), 5, "shape '[0, -1]' is invalid for input of size 5"),
            ((-1, -1), 6, "only one dimension can be inferred"),
            ((3, -2), 6, "invalid shape dimension -2 at index 1 of shape [3, -2]"),
            (
                (-1, 0),
                0,
                (
                    "cannot reshape tensor of 0 elements into shape [-1, 0] because the "
                    "unspecified dimension size -1 can be any value and is ambiguous"
                ),
            ),
        ],
    )
    def test_impossible(self, shape, numel, expected):
        with pytest.raises(RuntimeError) as error:
            infer_view_shape(shape, numel)
        assert message(error) == expected

    def test_views_share_memory(self):
        array = np.arange(24.0).reshape(4, 6)
        for source, shape in [
            (array, (2, 12)), (array[:, ::2], (12,)), (array[:, :3], (2, 2, 3, 1)),
            (array.T, (6, 2, 2)), (array[0, 0, ...], (1, 1)),
            (np.broadcast_to(array[:1], (4, 6)), (2, 2, 6)),
        ]:  # fmt: skip
            view = view_array(source, shape)
            assert view.shape == shape and np.may_share_memory(view, source)
            assert np.array_equal(view, source.reshape(shape))
        assert view_array(array[:0], (5, 0)).shape == (5, 0)

    @pytest.mark.parametrize("shape", [(24,), (3, 8), (-1, 12)])
    def test_not_a_view(self, shape):
        with pytest.raises(RuntimeError) as error:
            view_array(np.zeros((4, 6)).T, shape)
        assert message(error) == (
            "view size is not compatible with input tensor's size and stride (at least one "
            "dimension spans across two contiguous subspaces). Use .reshape(...) instead."
        )
