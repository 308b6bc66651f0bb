"""Attention and transformers: what must hold, without PyTorch."""

import math

import pytest

import flambeau as fl
from flambeau import nn
from flambeau.autograd import gradcheck
from flambeau.nn import functional as F


def close(a, b):
    return fl.allclose(a, b, rtol=1e-9, atol=1e-9)


def attention(*args, **options):
    fl.manual_seed(0)
    return nn.MultiheadAttention(*args, dtype=fl.float64, **options)


def test_one_head_without_projection_is_the_formula():
    module = attention(2, 1, bias=False)
    module.in_proj_weight.data = fl.eye(2, dtype=fl.float64).repeat(3, 1)
    module.out_proj.weight.data = fl.eye(2, dtype=fl.float64)
    x = fl.randn(4, 2, dtype=fl.float64)
    result, weights = module(x, x, x)
    expected = (x @ x.T / math.sqrt(2)).softmax(-1)
    assert close(weights, expected)
    assert close(result, expected @ x)


def test_heads_work_on_parts_of_the_features():
    module = attention(6, 3)
    x = fl.randn(4, 2, 6, dtype=fl.float64)
    result, weights = module(x, x, x, average_attn_weights=False)
    q, k, v = F.linear(x, module.in_proj_weight, module.in_proj_bias).chunk(3, -1)
    for n in range(2):
        parts = []
        for head in range(3):
            columns = slice(2 * head, 2 * head + 2)
            scores = q[:, n, columns] @ k[:, n, columns].T / math.sqrt(2)
            assert close(weights[n, head], scores.softmax(-1))
            parts.append(scores.softmax(-1) @ v[:, n, columns])
        assert close(result[:, n], module.out_proj(fl.cat(parts, -1)))


@pytest.mark.parametrize("masked", [False, True])
def test_weights_are_the_only_difference_that_they_make(masked):
    module = attention(6, 2, add_bias_kv=True, add_zero_attn=True)
    x = fl.randn(4, 2, 6, dtype=fl.float64)
    mask = nn.Transformer.generate_square_subsequent_mask(4, dtype=x.dtype) if masked else None
    result, weights = module(x, x, x, attn_mask=mask)
    assert weights.shape == (2, 4, 6)
    assert close(weights.sum(-1), fl.ones(2, 4, dtype=fl.float64))
    same, none = module(x, x, x, attn_mask=mask, need_weights=False)
    assert none is None and close(result, same)


def test_masked_positions_have_no_influence():
    module = attention(4, 2)
    x = fl.randn(5, 1, 4, dtype=fl.float64)
    padding = fl.tensor([[False, False, False, True, True]])
    result, weights = module(x, x, x, key_padding_mask=padding)
    assert not weights[..., 3:].any()
    alone, _ = module(x[:3], x[:3], x[:3])
    assert close(result[:3], alone)


def test_causal_hint_says_what_the_mask_says():
    module, x = attention(4, 2), fl.randn(5, 3, 4, dtype=fl.float64)
    mask = nn.Transformer.generate_square_subsequent_mask(5, dtype=x.dtype)
    assert mask[0].tolist() == [0] + [-math.inf] * 4
    hinted, _ = module(x, x, x, attn_mask=mask, is_causal=True, need_weights=False)
    read, _ = module(x, x, x, attn_mask=mask, need_weights=False)
    boolean, _ = module(x, x, x, attn_mask=mask.isinf(), need_weights=False)
    assert close(hinted, read) and close(boolean, read)
    changed = x.clone()
    changed[3:] += 1
    assert close(module(changed, changed, changed, attn_mask=mask)[0][:3], read[:3])


def test_batch_first_and_unbatched_inputs():
    first, second = attention(4, 2), attention(4, 2, batch_first=True)
    x = fl.randn(5, 3, 4, dtype=fl.float64)
    result, weights = first(x, x, x)
    y = x.transpose(0, 1)
    other, same = second(y, y, y)
    assert close(other.transpose(0, 1), result) and close(same, weights)
    alone, own = first(x[:, 1], x[:, 1], x[:, 1])
    assert close(alone, result[:, 1]) and close(own, weights[1])


def test_gradients():
    module = attention(2, 2, add_bias_kv=True)
    x = fl.randn(2, 1, 2, dtype=fl.float64, requires_grad=True)
    parameters = tuple(module.parameters())
    assert gradcheck(lambda x, *_: module(x, x, x), (x, *parameters))
    assert gradcheck(lambda x, *_: module(x, x, x, need_weights=False)[0], (x, *parameters))


def test_parameters():
    names = [name for name, _ in attention(4, 2, add_bias_kv=True).named_parameters()]
    assert names == [
        "in_proj_weight", "in_proj_bias", "bias_k", "bias_v", "out_proj.weight", "out_proj.bias",
    ]  # fmt: skip
    other = attention(4, 2, kdim=3, vdim=5, bias=False)
    shapes = {name: tuple(p.shape) for name, p in other.named_parameters()}
    assert shapes == {
        "q_proj_weight": (4, 4), "k_proj_weight": (4, 3), "v_proj_weight": (4, 5),
        "out_proj.weight": (4, 4),
    }  # fmt: skip


# --- transformers ------------------------------------------------------------------------------


def layer(cls=nn.TransformerEncoderLayer, **options):
    fl.manual_seed(1)
    return cls(4, 2, 8, dtype=fl.float64, **options)


@pytest.mark.parametrize("norm_first", [False, True])
def test_encoder_layer_is_its_parts(norm_first):
    module = layer(norm_first=norm_first).eval()
    x = fl.randn(3, 2, 4, dtype=fl.float64)

    def attend(x):
        return module.self_attn(x, x, x)[0]

    def network(x):
        return module.linear2(module.linear1(x).relu())

    if norm_first:
        y = x + attend(module.norm1(x))
        y = y + network(module.norm2(y))
    else:
        y = module.norm1(x + attend(x))
        y = module.norm2(y + network(y))
    assert close(module(x), y)


def test_stacks_are_their_layers():
    one = layer().eval()
    stack = nn.TransformerEncoder(one, 2, nn.Identity(), enable_nested_tensor=False).eval()
    x = fl.randn(3, 2, 4, dtype=fl.float64)
    assert close(stack(x), one(one(x)))
    assert stack.layers[0] is not one
    decoding = layer(nn.TransformerDecoderLayer).eval()
    memory = fl.randn(5, 2, 4, dtype=fl.float64)
    stack = nn.TransformerDecoder(decoding, 2).eval()
    assert close(stack(x, memory), decoding(decoding(x, memory), memory))


def test_decoder_sees_no_future():
    module = nn.TransformerDecoder(layer(nn.TransformerDecoderLayer), 2).eval()
    memory, x = fl.randn(5, 2, 4, dtype=fl.float64), fl.randn(3, 2, 4, dtype=fl.float64)
    mask = nn.Transformer.generate_square_subsequent_mask(3, dtype=fl.float64)
    before = module(x, memory, tgt_mask=mask)
    x[2] += 1
    after = module(x, memory, tgt_mask=mask)
    assert close(before[:2], after[:2]) and not close(before[2], after[2])


def test_evaluation_leaves_padding_out():
    module = nn.TransformerEncoder(layer(batch_first=True), 2)
    x = fl.randn(2, 4, 4, dtype=fl.float64)
    padding = fl.tensor([[False, False, True, True], [False] * 4])
    with_gradients = module.eval()(x, src_key_padding_mask=padding)
    with fl.no_grad():
        without = module(x, src_key_padding_mask=padding)
    assert with_gradients[0, 2:].all() and not without[0, 2:].any()
    assert close(without[1], with_gradients[1]) and close(without[0, :2], with_gradients[0, :2])


def test_transformer_learns_to_copy():
    fl.manual_seed(0)
    model = nn.Transformer(8, 2, 1, 1, 16, dropout=0.0, batch_first=True)
    table, head = nn.Embedding(5, 8), nn.Linear(8, 5)
    parameters = [*model.parameters(), *table.parameters(), *head.parameters()]
    optimizer = fl.optim.Adam(parameters, lr=0.01)
    tokens = fl.randint(1, 5, (8, 4))
    given = fl.cat([fl.zeros(8, 1, dtype=fl.int64), tokens[:, :-1]], 1)
    mask = model.generate_square_subsequent_mask(4)
    losses = []
    for _ in range(60):
        optimizer.zero_grad()
        scores = head(model(table(tokens), table(given), tgt_mask=mask))
        loss = F.cross_entropy(scores.flatten(0, 1), tokens.flatten())
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.2 * losses[0]


def test_custom_parts_and_activations():
    encoder = nn.Identity()
    model = nn.Transformer(4, 2, 1, 1, 8, custom_encoder=encoder)
    assert model.encoder is encoder
    assert layer(activation="gelu").activation is F.gelu
    assert layer(activation=F.silu).activation is F.silu
    with pytest.raises(RuntimeError, match="activation should be relu/gelu, not sin"):
        layer(activation="sin")


def test_mistakes():
    module, x = attention(4, 2), fl.zeros(3, 2, 4, dtype=fl.float64)
    with pytest.raises(AssertionError, match="expecting|was expecting embedding dimension of 4"):
        module(x[..., :3], x, x)
    with pytest.raises(RuntimeError, match=r"should be \(3, 3\)"):
        module(x, x, x, attn_mask=fl.zeros(2, 3))
    with pytest.raises(RuntimeError, match="Need attn_mask if specifying the is_causal hint"):
        module(x, x, x, is_causal=True)
    with pytest.raises(AssertionError, match="divisible by num_heads"):
        nn.MultiheadAttention(4, 3)
    with pytest.raises(RuntimeError, match="equal to d_model\nHint: they have 3"):
        nn.Transformer(4, 2, 1, 1, 8)(x[..., :3], x)
    with pytest.warns(UserWarning, match="batch_first was not True"):
        nn.TransformerEncoder(layer(), 1)
