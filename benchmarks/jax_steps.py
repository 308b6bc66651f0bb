"""The steps of workloads.py as a JAX user writes them: pure functions, one jit over a whole step.

Parameters come by PyTorch's names and in PyTorch's shapes; convolutions are turned once, before
training, to the layout that XLA prefers (NHWC). Optimizers are written out below.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

Parameters = dict[str, Any]
BATCH_NORM_EPS, LAYER_NORM_EPS, MOMENTUM = 1e-5, 1e-5, 0.1


# -- optimizers: (start, update) -----------------------------------------------------------------


def sgd(lr: float, momentum: float = 0.0) -> tuple[Callable, Callable]:
    def start(p: Parameters) -> Any:
        return jax.tree.map(jnp.zeros_like, p) if momentum else ()

    def update(p: Parameters, g: Parameters, state: Any) -> tuple[Parameters, Any]:
        if momentum:
            g = state = jax.tree.map(lambda v, g: momentum * v + g, state, g)
        return jax.tree.map(lambda p, g: p - lr * g, p, g), state

    return start, update


def adam(lr: float, decay: float = 0.0) -> tuple[Callable, Callable]:
    b1, b2, eps = 0.9, 0.999, 1e-8

    def start(p: Parameters) -> Any:
        return jax.tree.map(jnp.zeros_like, p), jax.tree.map(jnp.zeros_like, p), jnp.float32(0)

    def update(p: Parameters, g: Parameters, state: Any) -> tuple[Parameters, Any]:
        m, v, t = state
        t = t + 1
        m = jax.tree.map(lambda m, g: b1 * m + (1 - b1) * g, m, g)
        v = jax.tree.map(lambda v, g: b2 * v + (1 - b2) * g * g, v, g)
        size, root = lr / (1 - b1**t), jnp.sqrt(1 - b2**t)

        def one(p: Any, m: Any, v: Any) -> Any:
            return p * (1 - lr * decay) - size * m / (jnp.sqrt(v) / root + eps)

        return jax.tree.map(one, p, m, v), (m, v, t)

    return start, update


# -- layers --------------------------------------------------------------------------------------


def linear(p: Parameters, name: str, x: Any) -> Any:
    return x @ p[f"{name}.weight"].T + p[f"{name}.bias"]


def perceptron(p: Parameters, names: list[str], x: Any, activation: Callable) -> Any:
    for name in names[:-1]:
        x = activation(linear(p, name, x))
    return linear(p, names[-1], x)


def convolution(p: Parameters, name: str, x: Any, stride: int = 1, padding: int = 0) -> Any:
    y = lax.conv_general_dilated(
        x, p[f"{name}.weight"], (stride, stride), [(padding, padding)] * 2,
        dimension_numbers=("NHWC", "HWIO", "NHWC"),
    )  # fmt: skip
    bias = p.get(f"{name}.bias")
    return y if bias is None else y + bias


def max_pool(x: Any) -> Any:
    return lax.reduce_window(x, -jnp.inf, lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")


def flat(x: Any) -> Any:
    """Pixels in the order in which the weights of the next layer want them."""
    return x.transpose(0, 3, 1, 2).reshape(len(x), -1)


def batch_norm(p: Parameters, b: Parameters, name: str, x: Any, train: bool) -> Any:
    if train:
        mean, variance = x.mean((0, 1, 2)), x.var((0, 1, 2))
        count = x.size // x.shape[-1]
        for key, new in (("mean", mean), ("var", variance * count / (count - 1))):
            old = b[f"{name}.running_{key}"]
            b[f"{name}.running_{key}"] = old + MOMENTUM * (lax.stop_gradient(new) - old)
    else:
        mean, variance = b[f"{name}.running_mean"], b[f"{name}.running_var"]
    scale = p[f"{name}.weight"] * lax.rsqrt(variance + BATCH_NORM_EPS)
    return (x - mean) * scale + p[f"{name}.bias"]


def layer_norm(p: Parameters, name: str, x: Any) -> Any:
    mean, variance = x.mean(-1, keepdims=True), x.var(-1, keepdims=True)
    y = (x - mean) * lax.rsqrt(variance + LAYER_NORM_EPS)
    return y * p[f"{name}.weight"] + p[f"{name}.bias"]


def cross_entropy(scores: Any, targets: Any) -> Any:
    logs = jax.nn.log_softmax(scores)
    return -jnp.take_along_axis(logs, targets[:, None], axis=1).mean()


# -- models: (parameters, buffers, random key, inputs, targets) -> loss --------------------------


def classifier(names: list[str], activation: Callable = jax.nn.relu) -> Callable:
    def loss(p: Parameters, b: Parameters, key: Any, x: Any, y: Any) -> Any:
        return cross_entropy(perceptron(p, names, x, activation), y)

    return loss


def regression_loss(p: Parameters, b: Parameters, key: Any, x: Any, y: Any) -> Any:
    return cross_entropy(x @ p["weight"].T + p["bias"], y)


def autoencoder_loss(p: Parameters, b: Parameters, key: Any, x: Any, y: Any) -> Any:
    out = jax.nn.sigmoid(perceptron(p, ["0", "2", "4", "6"], x, jax.nn.relu))
    return jnp.mean((out - y) ** 2)


def vae_loss(p: Parameters, b: Parameters, key: Any, x: Any, y: Any) -> Any:
    code = linear(p, "code", jax.nn.relu(linear(p, "encoder", x)))
    mean, log_variance = jnp.split(code, 2, axis=1)
    code = mean + jax.random.normal(key, mean.shape) * jnp.exp(0.5 * log_variance)
    logits = perceptron(p, ["decoder.0", "decoder.2"], code, jax.nn.relu)
    seen = jnp.sum(jnp.maximum(logits, 0) - logits * y + jnp.log1p(jnp.exp(-jnp.abs(logits))))
    divergence = -0.5 * jnp.sum(1 + log_variance - mean**2 - jnp.exp(log_variance))
    return (seen + divergence) / len(x)


def cnn_loss(p: Parameters, b: Parameters, key: Any, x: Any, y: Any) -> Any:
    x = jax.nn.relu(convolution(p, "0", x))
    x = flat(max_pool(jax.nn.relu(convolution(p, "2", x))))
    return cross_entropy(perceptron(p, ["6", "8"], x, jax.nn.relu), y)


def deep_cnn_loss(train: bool) -> Callable:
    def loss(p: Parameters, b: Parameters, key: Any, x: Any, y: Any) -> Any:
        for first in (0, 7, 14):  # each stage: conv, norm, relu, conv, norm, relu, pool
            for layer in (first, first + 3):
                x = convolution(p, str(layer), x, padding=1)
                x = jax.nn.relu(batch_norm(p, b, str(layer + 1), x, train))
            x = max_pool(x)
        return cross_entropy(linear(p, "22", flat(x)), y)

    return loss


def resnet_loss(p: Parameters, b: Parameters, key: Any, x: Any, y: Any) -> Any:
    for block, stride in enumerate((1, 2, 2)):
        z = convolution(p, f"{block}.conv1", x, stride, 1)
        z = jax.nn.relu(batch_norm(p, b, f"{block}.norm1", z, True))
        z = batch_norm(p, b, f"{block}.norm2", convolution(p, f"{block}.conv2", z, 1, 1), True)
        x = jax.nn.relu(z + convolution(p, f"{block}.skip", x, stride))
    return cross_entropy(linear(p, "5", x.mean((1, 2))), y)


def lstm_loss(p: Parameters, b: Parameters, key: Any, x: Any, y: Any) -> Any:
    def cell(state: Any, gates: Any) -> Any:
        h, c = state
        i, f, g, o = jnp.split(gates + h @ p["cell.weight_hh_l0"].T, 4, axis=1)
        c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
        return (jax.nn.sigmoid(o) * jnp.tanh(c), c), None

    inward = x @ p["cell.weight_ih_l0"].T + p["cell.bias_ih_l0"] + p["cell.bias_hh_l0"]
    zero = jnp.zeros((len(x), 128))
    (h, _), _ = lax.scan(cell, (zero, zero), inward.transpose(1, 0, 2))
    return cross_entropy(linear(p, "head", h), y)


def gru_loss(p: Parameters, b: Parameters, key: Any, x: Any, y: Any) -> Any:
    def cell(h: Any, inward: Any) -> Any:
        r, z, n = jnp.split(inward, 3, axis=1)
        hr, hz, hn = jnp.split(h @ p["cell.weight_hh_l0"].T + p["cell.bias_hh_l0"], 3, axis=1)
        n = jnp.tanh(n + jax.nn.sigmoid(r + hr) * hn)
        z = jax.nn.sigmoid(z + hz)
        return (1 - z) * n + z * h, None

    inward = x @ p["cell.weight_ih_l0"].T + p["cell.bias_ih_l0"]
    h, _ = lax.scan(cell, jnp.zeros((len(x), 128)), inward.transpose(1, 0, 2))
    return cross_entropy(linear(p, "head", h), y)


def attention(p: Parameters, name: str, x: Any, heads: int = 4) -> Any:
    batch, tokens, width = x.shape
    parts = jnp.split(linear(p, f"{name}.inward", x), 3, axis=2)
    q, k, v = (part.reshape(batch, tokens, heads, -1) for part in parts)
    seen = jax.nn.dot_product_attention(q, k, v, is_causal=True)
    return linear(p, f"{name}.outward", seen.reshape(batch, tokens, width))


def transformer_loss(p: Parameters, b: Parameters, key: Any, x: Any, y: Any) -> Any:
    z = p["word.weight"][x] + p["place.weight"]
    for i, own in enumerate(jax.random.split(key, 4)):
        z = z + attention(p, f"blocks.{i}", layer_norm(p, f"blocks.{i}.norm1", z))
        names = [f"blocks.{i}.mlp.0", f"blocks.{i}.mlp.2"]
        exact = functools.partial(jax.nn.gelu, approximate=False)
        out = perceptron(p, names, layer_norm(p, f"blocks.{i}.norm2", z), exact)
        z = z + jnp.where(jax.random.bernoulli(own, 0.9, out.shape), out / 0.9, 0)
    scores = linear(p, "head", layer_norm(p, "norm", z))
    return cross_entropy(scores.reshape(-1, scores.shape[-1]), y.reshape(-1))


# name -> loss, optimizer (None: the forward pass alone)
STEPS: dict[str, tuple[Callable, tuple[Callable, Callable] | None]] = {
    "penguins_mlp": (classifier(["0", "2", "4"]), adam(1e-3)),
    "softmax_regression": (regression_loss, adam(1e-3)),
    "mlp_512": (classifier(["0", "2", "4"]), adam(1e-3)),
    "fullbatch_mlp": (classifier(["0", "2", "4"], jnp.tanh), sgd(0.1)),
    "large_mlp": (
        classifier(["0", "2", "4"], functools.partial(jax.nn.gelu, approximate=False)),
        adam(1e-4, 0.01),
    ),
    "autoencoder": (autoencoder_loss, adam(1e-3)),
    "vae": (vae_loss, adam(1e-3)),
    "cnn": (cnn_loss, adam(1e-3)),
    "deep_cnn": (deep_cnn_loss(True), adam(1e-3)),
    "evaluation": (deep_cnn_loss(False), None),
    "resnet": (resnet_loss, sgd(0.1, 0.9)),
    "lstm": (lstm_loss, adam(1e-3)),
    "gru": (gru_loss, adam(1e-3)),
    "transformer": (transformer_loss, adam(1e-3, 0.01)),
}


def make(name: str, start: dict[str, np.ndarray]) -> Callable[[], Any]:
    """The step of a workload.

    Args:
        name: of the workload.
        start: its parameters and buffers under their names in PyTorch, the inputs as ``:inputs``
            and the targets as ``:targets``.
    """
    loss, optimizer = STEPS[name]
    x, y = (jnp.asarray(start[key]) for key in (":inputs", ":targets"))
    if x.ndim == 4:
        x = x.transpose(0, 2, 3, 1)
    p, b = {}, {}
    for key, value in start.items():
        if not key.startswith(":"):
            where = b if ".running_" in key else p
            where[key] = jnp.asarray(value.transpose(2, 3, 1, 0) if value.ndim == 4 else value)
    if optimizer is None:
        forward = jax.jit(loss)
        return lambda: forward(p, b, None, x, y)
    begin, update = optimizer

    @functools.partial(jax.jit, donate_argnums=0)
    def step(state: Any, x: Any, y: Any) -> Any:
        p, b, inner, key = state
        key, now = jax.random.split(key)

        def with_buffers(p: Parameters) -> Any:
            mine = dict(b)
            return loss(p, mine, now, x, y), mine

        (value, b), slopes = jax.value_and_grad(with_buffers, has_aux=True)(p)
        p, inner = update(p, slopes, inner)
        return (p, b, inner, key), value

    state = (p, b, begin(p), jax.random.key(0))

    def run() -> Any:
        nonlocal state
        state, value = step(state, x, y)
        return value

    return run
