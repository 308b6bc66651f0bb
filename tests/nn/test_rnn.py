"""Recurrent networks: what must hold among them, without PyTorch."""

import warnings

import pytest

import flambeau as fl
from flambeau import nn
from flambeau.autograd import gradcheck, gradgradcheck
from flambeau.nn.utils import rnn as packing

NETWORKS = [nn.RNN, nn.GRU, nn.LSTM]
CELLS = {nn.RNN: nn.RNNCell, nn.GRU: nn.GRUCell, nn.LSTM: nn.LSTMCell}


def make(cls, *args, **options):
    fl.manual_seed(0)
    return cls(*args, dtype=fl.float64, **options)


def close(a, b):
    return fl.allclose(a, b, rtol=1e-10, atol=1e-10)


def first(state):
    """The hidden state of (h, c), or the state itself."""
    return state[0] if isinstance(state, tuple) else state


@pytest.mark.parametrize("cls", NETWORKS)
def test_layer_is_a_loop_over_its_cell(cls):
    net, cell = make(cls, 3, 4), make(CELLS[cls], 3, 4)
    for name, value in cell.named_parameters():
        value.data = getattr(net, name + "_l0").detach()
    x, state, outputs = fl.randn(5, 2, 3, dtype=fl.float64), None, []
    for step in x:
        state = cell(step, state)
        outputs.append(first(state))
    output, last = net(x)
    assert close(output, fl.stack(outputs))
    assert close(first(last)[0], outputs[-1])


@pytest.mark.parametrize("cls", NETWORKS)
def test_second_layer_reads_the_first(cls):
    net, x = make(cls, 3, 4, 2), fl.randn(5, 2, 3, dtype=fl.float64)
    below, above = make(cls, 3, 4), make(cls, 4, 4)
    for part, layer in ((below, 0), (above, 1)):
        for name, value in part.named_parameters():
            value.data = getattr(net, name.replace("_l0", f"_l{layer}")).detach()
    assert close(net(x)[0], above(below(x)[0])[0])


@pytest.mark.parametrize("cls", NETWORKS)
def test_reverse_direction_reads_backwards(cls):
    both, x = make(cls, 3, 4, bidirectional=True), fl.randn(5, 2, 3, dtype=fl.float64)
    backwards = make(cls, 3, 4)
    for name, value in backwards.named_parameters():
        value.data = getattr(both, name + "_reverse").detach()
    output, last = both(x)
    alone, end = backwards(x.flip(0))
    assert close(output[..., 4:], alone.flip(0))
    assert close(first(last)[1], first(end)[0])


@pytest.mark.parametrize("cls", NETWORKS)
def test_batch_first_changes_the_order_alone(cls):
    x = fl.randn(5, 2, 3, dtype=fl.float64)
    output, last = make(cls, 3, 4)(x)
    other, end = make(cls, 3, 4, batch_first=True)(x.transpose(0, 1))
    assert close(output, other.transpose(0, 1))
    assert close(first(last), first(end))


@pytest.mark.parametrize("cls", NETWORKS)
def test_packed_sequences_are_computed_each_by_itself(cls):
    net = make(cls, 3, 4, 2, bidirectional=True)
    sequences = [fl.randn(n, 3, dtype=fl.float64) for n in (2, 5, 1, 3)]
    packed = packing.pack_sequence(sequences, enforce_sorted=False)
    output, last = net(packed)
    for i, (sequence, part) in enumerate(
        zip(sequences, packing.unpack_sequence(output), strict=True)
    ):
        alone, end = net(sequence)
        assert close(part, alone)
        assert close(first(last)[:, i], first(end))


@pytest.mark.parametrize("options", [{}, {"bidirectional": True}, {"proj_size": 1}])
@pytest.mark.parametrize("cls", NETWORKS)
def test_gradients(cls, options):
    if "proj_size" in options and cls is not nn.LSTM:
        pytest.skip("a projection is the LSTM's alone")
    net = make(cls, 1, 2, **options)
    x = fl.randn(2, 1, 1, dtype=fl.float64, requires_grad=True)
    inputs = (x, *net.parameters())

    def run(x, *_):
        output, last = net(x)
        return output, *(last if isinstance(last, tuple) else (last,))

    assert gradcheck(run, inputs)
    assert gradgradcheck(run, inputs)


def test_gradients_of_packed_sequences():
    net = make(nn.LSTM, 2, 2, bidirectional=True)
    data = fl.randn(4, 2, dtype=fl.float64, requires_grad=True)
    sizes = fl.tensor([2, 1, 1])

    def run(data, *_):
        output, (h, c) = net(packing.PackedSequence(data, sizes))
        return output.data, h, c

    assert gradcheck(run, (data, *net.parameters()))


def test_the_same_tensor_in_two_places():
    weight = fl.randn(3, 3, dtype=fl.float64, requires_grad=True)
    x, h = fl.randn(4, 1, 3, dtype=fl.float64), fl.zeros(1, 1, 3, dtype=fl.float64)

    def run(weight):
        return fl.rnn_tanh(x, h, [weight, weight], False, 1, 0.0, True, False, False)[0]

    assert gradcheck(run, (weight,))
    assert gradgradcheck(run, (weight,))


def test_output_changed_before_backward_is_noticed():
    net = nn.LSTM(2, 3)
    output, _ = net(fl.randn(4, 1, 2))
    output.detach().zero_()
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        output.sum().backward()


def test_backward_twice():
    net = nn.GRU(2, 3)
    loss = net(fl.randn(4, 1, 2))[0].sum()
    loss.backward(retain_graph=True)
    once = net.weight_hh_l0.grad.clone()
    loss.backward()
    assert fl.allclose(net.weight_hh_l0.grad, 2 * once)
    with pytest.raises(RuntimeError, match="backward through the graph a second time"):
        loss.backward()


def test_dropout_works_between_layers_and_in_training_only():
    net, x = nn.GRU(2, 3, 2, dropout=1.0), fl.randn(4, 1, 2)
    other = nn.GRU(2, 3, 2)
    other.load_state_dict(net.state_dict())
    assert fl.allclose(net.eval()(x)[0], other(x)[0])
    net.train()
    assert fl.allclose(net(x)[0], net(fl.randn(4, 1, 2))[0])  # the second layer sees zeros


def test_dropout_on_a_single_layer_warns():
    with pytest.warns(UserWarning, match="non-zero dropout expects num_layers greater than 1") as w:
        nn.LSTM(2, 3, dropout=0.5)
    assert w[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        nn.LSTM(2, 3, 2, dropout=0.5)


def test_saved_networks_load():
    net = nn.LSTM(2, 3, 2, bidirectional=True, proj_size=1)
    other = nn.LSTM(2, 3, 2, bidirectional=True, proj_size=1)
    assert len(net.state_dict()) == len(net._flat_weights) == 20
    assert [len(weights) for weights in net.all_weights] == [5] * 4
    other.load_state_dict(net.state_dict())
    x = fl.randn(4, 2, 2)
    assert fl.equal(net(x)[0], other(x)[0])
    net.flatten_parameters()


def test_hint_names_the_layout_of_states():
    message = r"Expected hidden size \(1, 2, 4\).*\n.*also with batch"
    with pytest.raises(RuntimeError, match=message):
        nn.GRU(3, 4, batch_first=True)(fl.zeros(2, 5, 3), fl.zeros(2, 1, 4))


# --- packing -----------------------------------------------------------------------------------


def test_packing_keeps_what_stands_at_each_step():
    padded = fl.arange(12.0).view(4, 3)
    packed = packing.pack_padded_sequence(padded, [4, 2, 1])
    assert packed.data.tolist() == [0, 1, 2, 3, 4, 6, 9]
    assert packed.batch_sizes.tolist() == [3, 2, 1, 1]
    assert packed.sorted_indices is None and packed.unsorted_indices is None


@pytest.mark.parametrize("batch_first", [False, True])
@pytest.mark.parametrize("total", [None, 7])
def test_padding_undoes_packing(batch_first, total):
    lengths = [2, 5, 3]
    padded = fl.zeros(3, 5, 2)
    for i, n in enumerate(lengths):
        padded[i, :n] = fl.rand(n, 2) + 1
    given = padded if batch_first else padded.transpose(0, 1)
    packed = packing.pack_padded_sequence(given, lengths, batch_first, enforce_sorted=False)
    assert packed.sorted_indices.tolist() == [1, 2, 0]
    back, found = packing.pad_packed_sequence(packed, batch_first, total_length=total)
    back = back if batch_first else back.transpose(0, 1)
    assert found.tolist() == lengths
    assert fl.equal(back[:, :5], padded)
    assert back.shape == (3, total or 5, 2) and not back[:, 5:].any()


@pytest.mark.parametrize("side", ["left", "right"])
def test_pad_sequence(side):
    sequences = [fl.tensor([1, 2, 3]), fl.tensor([4])]
    padded = packing.pad_sequence(sequences, batch_first=True, padding_value=9, padding_side=side)
    assert padded.tolist() == [[1, 2, 3], [4, 9, 9] if side == "right" else [9, 9, 4]]
    assert padded.dtype == fl.int64


def test_unpadding_and_unpacking_give_the_sequences_back():
    sequences = [fl.rand(n, 2) for n in (3, 1, 4)]
    padded = packing.pad_sequence(sequences)
    for a, b in zip(packing.unpad_sequence(padded, fl.tensor([3, 1, 4])), sequences, strict=True):
        assert fl.equal(a, b)
    packed = packing.pack_sequence(sequences, enforce_sorted=False)
    for a, b in zip(packing.unpack_sequence(packed), sequences, strict=True):
        assert fl.equal(a, b)


def test_gradients_pass_through_packing():
    padded = fl.ones(4, 3, 2, requires_grad=True)
    back, _ = packing.pad_packed_sequence(packing.pack_padded_sequence(padded, [4, 2, 1]))
    (back * 2).sum().backward()
    assert padded.grad[..., 0].tolist() == [[2, 2, 2], [2, 2, 0], [2, 0, 0], [2, 0, 0]]


def test_packed_sequences_convert():
    packed = packing.pack_sequence([fl.tensor([1.0, 2.0]), fl.tensor([3.0])])
    assert packed.double().data.dtype == fl.float64
    assert packed.to(fl.float32) is packed
    assert packed.cpu() is packed
    assert not packed.is_cuda and not packed.is_pinned() and packed.pin_memory() is packed
    assert packing.PackedSequence((packed.data, packed.batch_sizes)).data is packed.data


@pytest.mark.parametrize(
    ("lengths", "message"),
    [
        ([4, 2], "equal to batch_size, but got 2"),
        ([4, 2, 0], "greater than 0"),
        ([2, 4, 1], "sorted in decreasing order"),
        ([5, 4, 1], "at most 4, but got 5"),
        ([[4, 2, 1]], "should be a 1D CPU int64 tensor"),
    ],
)
def test_lengths_are_checked(lengths, message):
    with pytest.raises(RuntimeError, match=message):
        packing.pack_padded_sequence(fl.zeros(4, 3), lengths)


def test_sequences_are_checked():
    with pytest.raises(RuntimeError, match="empty list"):
        packing.pad_sequence([])
    with pytest.raises(RuntimeError, match=r"must match the size of tensor b \(4\)"):
        packing.pad_sequence([fl.zeros(2, 3), fl.zeros(3, 4)])
    with pytest.raises(RuntimeError, match="padding_side"):
        packing.pad_sequence([fl.zeros(2)], padding_side="top")
    packed = packing.pack_sequence([fl.zeros(3)])
    with pytest.raises(ValueError, match="total_length=2 and max sequence length being 3"):
        packing.pad_packed_sequence(packed, total_length=2)
