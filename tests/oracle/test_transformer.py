"""Attention and transformers against PyTorch: values, gradients, initial values, messages."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import flambeau
import flambeau.nn

torch = pytest.importorskip("torch")

BOTH = (torch, flambeau)


def agree(ours, theirs, tolerance=1e-5):
    if theirs is None:
        assert ours is None
        return
    assert tuple(ours.shape) == tuple(theirs.shape)
    np.testing.assert_allclose(ours.detach().numpy(), theirs.detach().numpy(), tolerance, tolerance)


def compare(build, use, grad=True):
    """Runs `use(package, module)` on both packages; compares results, weights and gradients."""
    found = []
    for package in BOTH:
        package.manual_seed(0)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            module = build(package)
            results = use(package, module)
        results = results if isinstance(results, tuple) else (results,)
        if grad:
            sum((r * r).sum() for r in results if r is not None).backward()
        found.append((module, results))
    (theirs, expected), (ours, results) = found
    assert repr(ours) == repr(theirs)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    assert [n for n, _ in ours.named_parameters()] == [n for n, _ in theirs.named_parameters()]
    for a, b in zip(results, expected, strict=True):
        agree(a, b)
    for a, b in zip(ours.parameters(), theirs.parameters(), strict=True):
        agree(a, b)
        if grad:
            agree(a.grad, b.grad, 1e-4)


def causal(package, n):
    return package.nn.Transformer.generate_square_subsequent_mask(n)


def padding(package):
    return package.tensor([[False, False, False, True], [False, False, True, True]])


ATTENTIONS = {
    "plain": ({}, {}),
    "no weights": ({}, {"need_weights": False}),
    "each head": ({"batch_first": True}, {"average_attn_weights": False}),
    "no bias": ({"bias": False}, {}),
    "bias_kv": ({"add_bias_kv": True, "add_zero_attn": True}, {}),
    "bias_kv, no weights": ({"add_bias_kv": True, "add_zero_attn": True}, {"need_weights": False}),
    "dropout": ({"dropout": 0.4}, {}),
    "dropout, no weights": ({"dropout": 0.4}, {"need_weights": False}),
}


@pytest.mark.parametrize("name", ATTENTIONS)
@pytest.mark.parametrize("inputs", ["self", "memory", "three", "unbatched"])
@pytest.mark.parametrize("masks", ["none", "causal", "bool", "both", "3-D"])
def test_attention(name, inputs, masks):
    options, call = ATTENTIONS[name]
    batched = inputs != "unbatched"
    batch_first = options.get("batch_first", False) and batched

    def use(package, module):
        shape = (4, 2, 6) if batched else (4, 6)
        x = [package.randn(*shape) for _ in range(3)]
        x = [t.transpose(0, 1) if batch_first else t for t in x]
        q, k, v = {"self": (0, 0, 0), "memory": (0, 1, 1)}.get(inputs, (0, 1, 2))
        more = dict(call)
        if masks in ("causal", "both"):
            more["attn_mask"] = causal(package, 4)
            more["is_causal"] = masks == "causal"
        if masks == "bool":
            more["attn_mask"] = package.ones(4, 4, dtype=package.bool).triu(1)
        if masks == "3-D":
            rows = 4 if batched else 2
            more["attn_mask"] = package.arange(rows * 16.0).reshape(rows, 4, 4).sin()
        if masks == "both":
            pad = padding(package)
            more["key_padding_mask"] = pad if batched else pad[0]
        return module(x[q], x[k], x[v], **more)

    compare(lambda package: package.nn.MultiheadAttention(6, 2, **options), use)


def test_attention_between_different_features():
    def use(package, module):
        return module(package.randn(4, 2, 6), package.randn(5, 2, 3), package.randn(5, 2, 7))

    compare(lambda package: package.nn.MultiheadAttention(6, 3, kdim=3, vdim=7), use)


def test_static_keys_and_values():
    found = []
    for package in BOTH:
        package.manual_seed(0)
        x, weight = package.randn(3, 2, 4), package.randn(12, 4)
        k, v = package.randn(4, 5, 2), package.randn(4, 5, 2)
        found.append(
            package.nn.functional.multi_head_attention_forward(
                x, x, x, 4, 2, weight, None, None, None, False, 0.0, package.randn(4, 4), None,
                static_k=k, static_v=v,
            )
        )  # fmt: skip
    for a, b in zip(found[1], found[0], strict=True):
        agree(a, b)


LAYERS = [
    {},
    {"batch_first": True, "activation": "gelu"},
    {"norm_first": True, "bias": False},
    {"dropout": 0.0, "layer_norm_eps": 1e-3},
]


@pytest.mark.parametrize("options", LAYERS)
@pytest.mark.parametrize("masked", [False, True])
def test_encoder(options, masked):
    def build(package):
        layer = package.nn.TransformerEncoderLayer(8, 2, 16, **options)
        return package.nn.TransformerEncoder(layer, 2, package.nn.LayerNorm(8))

    def use(package, module):
        x = package.randn(4, 2, 8)
        x = x.transpose(0, 1) if options.get("batch_first") else x
        more = {"src_key_padding_mask": padding(package)}
        if masked:
            more = {"mask": causal(package, 4)}
        return module(x, **more)

    compare(build, use)


@pytest.mark.parametrize("options", LAYERS)
def test_decoder(options):
    def build(package):
        layer = package.nn.TransformerDecoderLayer(8, 2, 16, **options)
        return package.nn.TransformerDecoder(layer, 2)

    def use(package, module):
        x, memory = package.randn(5, 2, 8), package.randn(4, 2, 8)
        if options.get("batch_first"):
            x, memory = x.transpose(0, 1), memory.transpose(0, 1)
        return module(
            x, memory, tgt_mask=causal(package, 5), memory_key_padding_mask=padding(package)
        )

    compare(build, use)


@pytest.mark.parametrize("options", LAYERS)
def test_transformer(options):
    def use(package, module):
        x, y = package.randn(4, 2, 8), package.randn(5, 2, 8)
        if options.get("batch_first"):
            x, y = x.transpose(0, 1), y.transpose(0, 1)
        return module(x, y, tgt_mask=causal(package, 5))

    compare(lambda package: package.nn.Transformer(8, 2, 1, 2, 16, **options), use)


@pytest.mark.parametrize("norm", [False, True])
@pytest.mark.parametrize("at_end", [True, False])
@pytest.mark.parametrize("activation", ["relu", "gelu"])
def test_evaluation_leaves_padding_out(norm, at_end, activation):
    def build(package):
        layer = package.nn.TransformerEncoderLayer(
            8, 2, 16, batch_first=True, activation=activation
        )
        last = package.nn.LayerNorm(8, bias=True) if norm else None
        return package.nn.TransformerEncoder(layer, 2, last).eval()

    def use(package, module):
        mask = padding(package)
        with package.no_grad():
            x = package.randn(2, 4, 8)
            return module(x, src_key_padding_mask=mask if at_end else mask.flip(1))

    if at_end:
        compare(build, use, grad=False)
    else:  # what PyTorch computes at such positions is nobody's business; the others must agree
        compare(build, lambda p, m: use(p, m)[:, 2:], grad=False)


def test_attention_in_evaluation():
    def use(package, module):
        with package.no_grad():
            x = package.randn(2, 4, 6)
            return module.eval()(x, x, x, key_padding_mask=padding(package))

    compare(lambda p: p.nn.MultiheadAttention(6, 2, batch_first=True), use, grad=False)


def outcome(function):
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            function()
    except Exception as error:
        return type(error).__name__, str(error).split("\n")[0].replace("flambeau", "torch")
    return "no error"


def attend(package, *shapes, options=(6, 2), **call):
    module = package.nn.MultiheadAttention(*options)
    return module(*(package.zeros(*s) for s in shapes), **call)


X = (4, 2, 6)
MISTAKES = {
    "no heads": lambda p: p.nn.MultiheadAttention(6, 0),
    "heads": lambda p: p.nn.MultiheadAttention(6, 4),
    "width": lambda p: attend(p, (4, 2, 5), X, X),
    "4-D": lambda p: attend(p, (4, 2, 6, 1), X, X),
    "key 2-D": lambda p: attend(p, X, (4, 6), X),
    "query 2-D": lambda p: attend(p, (4, 6), X, X),
    "key and value": lambda p: attend(p, X, (5, 2, 6), X),
    "causal": lambda p: attend(p, X, X, X, is_causal=True),
    "mask": lambda p: attend(p, X, X, X, attn_mask=p.zeros(3, 4)),
    "mask 3-D": lambda p: attend(p, X, X, X, attn_mask=p.zeros(3, 4, 4)),
    "mask 1-D": lambda p: attend(p, X, X, X, attn_mask=p.zeros(4)),
    "mask type": lambda p: attend(p, X, X, X, attn_mask=p.zeros(4, 4, dtype=p.int64)),
    "unbatched mask": lambda p: attend(p, *((4, 6),) * 3, attn_mask=p.zeros(3, 4, 4)),
    "padding": lambda p: attend(p, X, X, X, key_padding_mask=p.zeros(3, 4)),
    "padding length": lambda p: attend(p, X, X, X, key_padding_mask=p.zeros(2, 3)),
    "padding 1-D": lambda p: attend(p, X, X, X, key_padding_mask=p.zeros(4)),
    "mixed masks": lambda p: attend(
        p, X, X, X, key_padding_mask=p.zeros(2, 4), attn_mask=p.zeros(4, 4, dtype=p.bool)
    ),
    "activation": lambda p: p.nn.TransformerEncoderLayer(4, 2, activation="sin"),
    "features": lambda p: p.nn.Transformer(4, 2, 1, 1, 8, batch_first=True)(
        p.zeros(2, 3, 5), p.zeros(2, 3, 4)
    ),
    "batch": lambda p: p.nn.Transformer(4, 2, 1, 1, 8, batch_first=True)(
        p.zeros(2, 3, 4), p.zeros(3, 3, 4)
    ),
    "encoder's warning": lambda p: p.nn.TransformerEncoder(p.nn.TransformerEncoderLayer(4, 2), 1),
    "odd heads": lambda p: p.nn.TransformerEncoder(
        p.nn.TransformerEncoderLayer(3, 3, batch_first=True), 1
    ),
    "another layer": lambda p: p.nn.TransformerEncoder(p.nn.Linear(3, 3), 1),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_errors(mistake):
    theirs, ours = (outcome(lambda p=p: MISTAKES[mistake](p)) for p in BOTH)
    assert ours == theirs
    assert ours != "no error"


@pytest.mark.parametrize("kind", ["Encoder", "Decoder"])
def test_copies_of_layers_treat_activations_alike(kind):
    """Encoder layers keep an activation that is a module in copies, decoder layers take relu."""

    def build(package):
        layer = getattr(package.nn, f"Transformer{kind}Layer")(
            6, 2, 8, dropout=0.0, activation=package.nn.GELU(), batch_first=True
        )
        return getattr(package.nn, f"Transformer{kind}")(layer, 2)

    def use(package, module):
        x = package.randn(2, 3, 6)
        return module(x) if kind == "Encoder" else module(x, package.randn(2, 4, 6))

    compare(build, use)
