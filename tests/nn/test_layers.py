"""Layers: what each family computes, its modes, and what it refuses."""

import math

import pytest

import flambeau
from flambeau import nn
from flambeau.nn import functional as F


def test_linear_is_a_matrix_product_plus_bias():
    layer = nn.Linear(3, 2)
    x = flambeau.randn(4, 5, 3)
    expected = x @ layer.weight.t() + layer.bias
    assert flambeau.allclose(layer(x), expected, atol=1e-6)
    bound = 1 / math.sqrt(3)
    assert layer.weight.abs().max() <= bound and layer.bias.abs().max() <= bound
    assert nn.Linear(3, 2, bias=False).bias is None
    assert nn.Linear(3, 2, dtype=flambeau.float64).weight.dtype == flambeau.float64


def test_identity_ignores_its_arguments():
    x = flambeau.ones(2)
    assert nn.Identity(54, unused=1)(x) is x


def test_bilinear():
    layer = nn.Bilinear(2, 3, 1)
    x1, x2 = flambeau.randn(4, 2), flambeau.randn(4, 3)
    expected = flambeau.stack([a @ layer.weight[0] @ b for a, b in zip(x1, x2)]) + layer.bias[0]
    assert flambeau.allclose(layer(x1, x2).squeeze(1), expected, atol=1e-6)


def test_convolution_settings():
    layer = nn.Conv2d(4, 6, (3, 2), stride=2, padding=(1, 0), groups=2)
    assert layer.weight.shape == (6, 2, 3, 2) and layer.kernel_size == (3, 2)
    assert layer(flambeau.ones(2, 4, 8, 8)).shape == (2, 6, 4, 4)
    assert nn.Conv1d(2, 3, 4, padding="same")(flambeau.ones(2, 9)).shape == (3, 9)
    assert "padding_mode=reflect" in repr(nn.Conv1d(1, 1, 3, padding_mode="reflect"))
    with pytest.raises(ValueError, match="in_channels must be divisible by groups"):
        nn.Conv2d(3, 4, 3, groups=2)
    with pytest.raises(ValueError, match="'same' is not supported for strided"):
        nn.Conv2d(3, 4, 3, padding="same", stride=2)
    with pytest.raises(ValueError, match='Only "zeros" padding mode'):
        nn.ConvTranspose1d(3, 4, 3, padding_mode="circular")


def test_convolution_with_circular_padding_sees_a_ring():
    layer = nn.Conv1d(1, 1, 3, padding=1, padding_mode="circular", bias=False)
    with flambeau.no_grad():
        layer.weight.fill_(1)
    assert layer(flambeau.tensor([[1.0, 2.0, 4.0, 8.0]])).tolist() == [[11.0, 7.0, 14.0, 13.0]]


def test_transposed_convolution_reaches_the_wanted_size():
    layer = nn.ConvTranspose2d(1, 1, 3, stride=2)
    x = flambeau.ones(1, 1, 4, 4)
    assert layer(x).shape == (1, 1, 9, 9)
    assert layer(x, output_size=(10, 9)).shape == (1, 1, 10, 9)
    with pytest.raises(ValueError, match="requested an output size of"):
        layer(x, output_size=(20, 20))


def test_batch_norm_normalises_and_remembers():
    layer = nn.BatchNorm1d(2, momentum=0.5)
    x = flambeau.tensor([[1.0, 10.0], [3.0, 30.0]])
    assert flambeau.allclose(layer(x), flambeau.tensor([[-1.0, -1.0], [1.0, 1.0]]), atol=1e-4)
    assert layer.running_mean.tolist() == [1.0, 10.0]
    assert layer.running_var.tolist() == [1.5, 100.5]
    assert layer.num_batches_tracked.item() == 1
    layer.eval()
    assert flambeau.allclose(layer(layer.running_mean[None]), flambeau.zeros(1, 2))
    assert layer.num_batches_tracked.item() == 1
    layer.reset_running_stats()
    assert layer.running_var.tolist() == [1.0, 1.0]


def test_batch_norm_can_average_all_batches():
    layer = nn.BatchNorm1d(1, momentum=None)
    for value in (1.0, 2.0, 6.0):
        layer(flambeau.tensor([[value], [value]]))
    assert layer.running_mean.item() == pytest.approx(3.0)


def test_batch_norm_refuses():
    with pytest.raises(ValueError, match=r"expected 2D or 3D input \(got 4D input\)"):
        nn.BatchNorm1d(2)(flambeau.ones(1, 2, 3, 3))
    with pytest.raises(ValueError, match="Expected more than 1 value per channel when training"):
        nn.BatchNorm1d(2)(flambeau.ones(1, 2))
    assert nn.BatchNorm1d(2).eval()(flambeau.ones(1, 2)).shape == (1, 2)


@pytest.mark.parametrize(
    ("layer", "dims"),
    [
        (nn.LayerNorm((3, 4)), (2, 3)),
        (nn.GroupNorm(1, 2), (1, 2, 3)),
        (nn.InstanceNorm1d(3), (3,)),
    ],
    ids=repr,
)
def test_normalised_parts_have_mean_0_and_variance_1(layer, dims):
    x = flambeau.randn(5, 2, 3, 4) * 3 + 1
    y = layer(x[:, 0]) if isinstance(layer, nn.InstanceNorm1d) else layer(x)
    dims = (2,) if isinstance(layer, nn.InstanceNorm1d) else dims
    assert flambeau.allclose(y.mean(dims), flambeau.zeros(()), atol=1e-5)
    assert flambeau.allclose(y.var(dims, correction=0), flambeau.ones(()), atol=1e-3)


def test_rms_norm():
    x = flambeau.randn(3, 4)
    expected = x / (x.pow(2).mean(-1, keepdim=True) + 1e-3).sqrt()
    assert flambeau.allclose(nn.RMSNorm(4, eps=1e-3)(x), expected, atol=1e-6)


def test_dropout_scales_what_it_keeps():
    flambeau.manual_seed(0)
    layer = nn.Dropout(0.25)
    x = flambeau.ones(1000)
    y = layer(x)
    assert y.unique().tolist() == [0.0, pytest.approx(4 / 3)]
    assert 0.2 < (y == 0).float().mean().item() < 0.3
    assert layer.eval()(x) is x
    assert nn.Dropout(1.0)(x).sum() == 0 and nn.Dropout(0.0)(x) is x
    with pytest.raises(ValueError, match="dropout probability has to be between 0 and 1"):
        nn.Dropout(-0.1)


def test_channel_dropout_drops_whole_channels():
    flambeau.manual_seed(0)
    y = nn.Dropout2d(0.5)(flambeau.ones(8, 16, 3, 3))
    assert ((y == 0).all((2, 3)) | (y == 2).all((2, 3))).all()
    with pytest.raises(RuntimeError, match="dropout1d: Expected 2D or 3D input"):
        nn.Dropout1d()(flambeau.ones(3))


def test_embedding_looks_up_rows():
    layer = nn.Embedding(4, 3, padding_idx=-1)
    assert layer.padding_idx == 3 and layer.weight[3].tolist() == [0.0, 0.0, 0.0]
    index = flambeau.tensor([[0, 3], [1, 0]])
    assert flambeau.equal(layer(index), layer.weight[index])
    layer(index).sum().backward()
    assert layer.weight.grad[:, 0].tolist() == [2.0, 1.0, 0.0, 0.0]
    with pytest.raises(AssertionError, match="Padding_idx must be within num_embeddings"):
        nn.Embedding(3, 4, padding_idx=3)


def test_embedding_from_a_table_and_with_a_norm():
    table = flambeau.tensor([[3.0, 4.0], [0.3, 0.4]])
    layer = nn.Embedding.from_pretrained(table, max_norm=1.0)
    assert not layer.weight.requires_grad
    got = layer(flambeau.tensor([0, 1]))
    assert flambeau.allclose(got, flambeau.tensor([[0.6, 0.8], [0.3, 0.4]]), atol=1e-5)
    assert flambeau.equal(layer.weight, got)


def test_softmax_without_a_dimension_warns_and_chooses_by_rank():
    for shape, dim in (((3,), 0), ((2, 3), 1), ((2, 3, 4), 0), ((2, 3, 4, 5), 1)):
        x = flambeau.randn(shape)
        with pytest.warns(UserWarning, match="Implicit dimension choice for softmax"):
            assert flambeau.equal(nn.Softmax()(x), x.softmax(dim))


def test_gumbel_softmax():
    flambeau.manual_seed(0)
    logits = flambeau.zeros(100, 3, requires_grad=True)
    hard = F.gumbel_softmax(logits, hard=True)
    assert set(hard.unique().tolist()) == {0.0, 1.0} and (hard.sum(1) == 1).all()
    hard[:, 0].sum().backward()
    assert (logits.grad != 0).any()


def test_inplace_activations_write_into_their_input():
    x = flambeau.tensor([-1.0, 2.0])
    assert nn.ReLU(inplace=True)(x) is x and x.tolist() == [0.0, 2.0]


def test_unpooling_undoes_pooling():
    x = flambeau.rand(2, 3, 6, 4) + 1
    pooled, places = nn.MaxPool2d(2, return_indices=True)(x)
    back = nn.MaxUnpool2d(2)(pooled, places)
    assert back.shape == x.shape and flambeau.equal(
        back[back > 0].sort()[0], pooled.sort(0)[0].flatten().sort()[0]
    )
    assert flambeau.equal(back * (back > 0), x * (back > 0))


def test_shapes_and_shuffles():
    x = flambeau.randn(2, 8, 3, 5)
    assert nn.Flatten()(x).shape == (2, 120)
    assert nn.Unflatten(1, (2, -1))(x).shape == (2, 2, 4, 3, 5)
    shuffled = nn.PixelShuffle(2)(x)
    assert shuffled.shape == (2, 2, 6, 10)
    assert flambeau.equal(nn.PixelUnshuffle(2)(shuffled), x)
    dealt = nn.ChannelShuffle(2)(flambeau.arange(4).reshape(1, 4, 1))
    assert dealt.flatten().tolist() == [0, 2, 1, 3]


def test_reductions_of_losses():
    x, y = flambeau.tensor([1.0, 2.0, 4.0]), flambeau.zeros(3)
    assert nn.L1Loss(reduction="none")(x, y).tolist() == [1.0, 2.0, 4.0]
    assert nn.L1Loss(reduction="sum")(x, y).item() == 7.0
    assert nn.MSELoss()(x, y).item() == 7.0
    with pytest.warns(UserWarning, match="please use reduction='sum' instead"):
        assert nn.L1Loss(size_average=False).reduction == "sum"
    with pytest.raises(ValueError, match="median is not a valid value for reduction"):
        nn.MSELoss(reduction="median")(x, y)
    with pytest.warns(UserWarning, match="Using a target size"):
        F.mse_loss(x, flambeau.zeros(1))


def test_cross_entropy_is_log_softmax_and_nll():
    x = flambeau.randn(4, 3)
    y = flambeau.tensor([0, 2, 1, 2])
    both = F.nll_loss(x.log_softmax(1), y)
    assert flambeau.allclose(F.cross_entropy(x, y), both, atol=1e-6)
    one_hot = flambeau.eye(3)[y]
    assert flambeau.allclose(F.cross_entropy(x, one_hot), both, atol=1e-6)


def test_losses_refuse_what_does_not_fit():
    two, three = flambeau.ones(2), flambeau.ones(3)
    with pytest.raises(ValueError, match="must be the same as input size"):
        F.binary_cross_entropy_with_logits(two, three)
    with pytest.raises(ValueError, match="is deprecated. Please ensure they have the same size"):
        F.binary_cross_entropy(two, three)
    with pytest.raises(ValueError, match="var has negative entry/entries"):
        F.gaussian_nll_loss(two, two, -two)
    with pytest.raises(RuntimeError, match="0D or 1D target tensor expected"):
        F.cosine_embedding_loss(two, two, flambeau.ones(1, 2))
    with pytest.raises(ValueError, match="only p == 1 and p == 2 supported"):
        nn.MultiMarginLoss(3)


def test_distances():
    x1, x2 = flambeau.tensor([[3.0, 4.0]]), flambeau.tensor([[0.0, 0.0]])
    assert F.pairwise_distance(x1, x2).item() == pytest.approx(5, rel=1e-5)
    assert F.cosine_similarity(x1, x1).item() == pytest.approx(1)
    assert F.cosine_similarity(x1, x2).item() == 0.0
    assert flambeau.allclose(F.normalize(x1), flambeau.tensor([[0.6, 0.8]]))
