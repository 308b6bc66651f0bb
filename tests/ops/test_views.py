"""Views: shared memory, laws between them, writing through them, and what refuses to be a view."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import flambeau as fl
from flambeau.tensor import recording

shapes = st.lists(st.integers(0, 4), max_size=4).map(tuple)


def numbers(shape, dtype=fl.float64):
    return fl.arange(int(np.prod(shape))).reshape(shape).to(dtype)


@given(shapes, st.randoms())
@settings(max_examples=60, deadline=None)
def test_permute_has_an_inverse(shape, random):
    x = numbers(shape)
    order = list(range(len(shape)))
    random.shuffle(order)
    back = [order.index(d) for d in range(len(order))]
    turned = x.permute(order)
    assert turned.shape == tuple(shape[d] for d in order)
    assert fl.equal(turned.permute(back), x)
    assert not x.numel() or turned.data_ptr() == x.data_ptr()


@given(shapes.filter(len), st.data())
@settings(max_examples=60, deadline=None)
def test_parts_make_the_whole(shape, data):
    x = numbers(shape)
    dim = data.draw(st.integers(-len(shape), len(shape) - 1))
    size = data.draw(st.integers(1, 4))
    assert fl.equal(fl.cat(x.split(size, dim), dim), x)
    assert fl.equal(fl.cat(x.chunk(size, dim), dim), x)
    assert fl.equal(fl.cat(x.tensor_split(size, dim), dim), x)
    if shape[dim]:
        assert fl.equal(fl.stack(x.unbind(dim), dim), x)
    assert fl.equal(x.transpose(0, dim).transpose(0, dim), x)
    assert fl.equal(x.movedim(dim, 0).movedim(0, dim), x)
    assert fl.equal(x.unsqueeze(dim).squeeze(dim), x)
    assert fl.equal(x.flatten().view(shape), x)


@given(shapes, shapes)
@settings(max_examples=60, deadline=None)
def test_expand_follows_numpy(shape, front):
    x = numbers(shape)
    target = (*front, *shape)
    assert np.array_equal(x.expand(target).numpy(), np.broadcast_to(x.numpy(), target))


def test_reshape_copies_only_where_it_must():
    x = numbers((2, 3, 4))
    assert x.reshape(6, 4).data_ptr() == x.data_ptr()
    turned = x.transpose(0, 1)
    assert turned.reshape(3, 2, 2, 2).data_ptr() == x.data_ptr()  # splits one dimension
    assert turned.reshape(-1).data_ptr() != x.data_ptr()
    with pytest.raises(RuntimeError, match="Use .reshape"):
        turned.view(-1)


def test_writes_reach_the_base_and_its_other_views():
    x = fl.zeros(3, 4)
    x.t()[1].fill_(2)
    x[0].view(2, 2)[1] = 5
    x.diagonal().add_(1)
    assert x.tolist() == [[1, 2, 5, 5], [0, 3, 0, 0], [0, 2, 1, 0]]
    assert x._version == x[0]._version == 3


def test_gradients_flow_around_and_through_writes():
    x = fl.ones(3, requires_grad=True)
    y = fl.tensor(2.0, requires_grad=True)
    z = x * 1
    z[0] = y * 3
    z[1:] *= y
    (z * fl.tensor([1.0, 10.0, 100.0])).sum().backward()
    assert x.grad.tolist() == [0, 20, 200]
    assert y.grad.item() == 3 + 110


def test_gradient_of_overlapping_strides_adds_up():
    x = fl.zeros(4, requires_grad=True)
    x.as_strided((3, 2), (1, 1)).sum().backward()
    assert x.grad.tolist() == [1, 2, 2, 1]
    x.grad = None
    x.unfold(0, 3, 1).sum().backward()
    assert x.grad.tolist() == [1, 2, 2, 1]


def test_gradient_of_a_view_of_memory_in_another_order():
    base = (fl.arange(6.0).reshape(2, 3).t().clone()).requires_grad_()  # strides (1, 3)
    y = base * 1
    assert y.stride() == (1, 3)
    y[1, 0] = 7
    y.as_strided((3,), (1,)).mul_(2)  # the first column of y in memory
    (y * fl.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])).sum().backward()
    assert base.grad.tolist() == [[2, 2], [0, 4], [10, 6]]


def test_expanded_memory_is_not_written_twice():
    x = fl.zeros(3, 1).expand(3, 4)
    with pytest.raises(RuntimeError, match="more than one element of the written-to tensor"):
        x.add_(1)
    assert x[0, 0] == 0
    x[:, 0] += 1  # each place once
    assert x.tolist() == [[1] * 4] * 3


def test_view_as_other_types():
    x = fl.tensor([1.0, -2.0])
    assert x.view(fl.int32).tolist() == [1065353216, -1073741824]
    assert x.view(fl.uint8).shape == (8,)
    z = fl.view_as_complex(x)
    z.mul_(1j)
    assert x.tolist() == [2.0, 1.0]
    assert fl.view_as_real(z).data_ptr() == x.data_ptr()


def test_clone_keeps_the_order_of_dimensions():
    x = numbers((2, 3, 4)).permute(2, 0, 1)
    assert x.clone().stride() == x.stride()
    assert x.clone(memory_format=fl.contiguous_format).stride() == (6, 3, 1)
    assert x.contiguous().stride() == (6, 3, 1)
    assert x.contiguous().contiguous() is not x
    image = numbers((2, 3, 4, 5)).contiguous(memory_format=fl.channels_last)
    assert image.stride() == (60, 1, 15, 3)
    assert image.is_contiguous(memory_format=fl.channels_last) and not image.is_contiguous()


def test_to_gives_the_tensor_itself_where_nothing_changes():
    x = fl.zeros(2)
    assert x.to("cpu") is x and x.to(fl.float32) is x and x.float() is x and x.to(x) is x
    assert x.to(fl.float32, copy=True) is not x
    y = x.requires_grad_().to(fl.float64)
    y.sum().backward()
    assert y.dtype is fl.float64 and x.grad.dtype is fl.float32


def test_recorders_see_views_and_writes():
    class Names(recording.Recorder):
        def __init__(self):
            self.seen = []

        def record(self, op, args, results, hidden=()):
            self.seen.append(op.name)

    x, watch = fl.zeros(2, 3), Names()
    recording.recorders.append(watch)
    try:
        x.t()
        x[0, 1:]
        x[fl.tensor([0])]
        x[0] = 1
        x.detach()
    finally:
        recording.recorders.remove(watch)
    assert watch.seen == [
        "t", "getitem_slice", "index", "getitem_select", "fill_number", "detach_alias",
    ]  # fmt: skip
