"""Training steps, each written once against PyTorch's API, for any package that has it.

A workload is a function of the package. What it makes has a step: a function without arguments that
does one whole optimization step (or, of :func:`evaluation`, one forward pass) and returns the
loss. Inputs are drawn once, from NumPy's generator, so that all packages see the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np


class Made(NamedTuple):
    """A workload for one package."""

    model: Any
    step: Callable[[], Any]
    inputs: Any
    targets: Any


# Their steps draw random numbers: packages that draw others have other losses.
RANDOM = ("transformer", "vae")


def images(torch: Any, *shape: int, classes: int) -> tuple[Any, Any]:
    """Inputs of ``shape`` in [0, 1), and a class for each."""
    random = np.random.RandomState(0)
    inputs = torch.from_numpy(random.rand(*shape).astype(np.float32))
    return inputs, torch.from_numpy(random.randint(0, classes, shape[:1]))


def perceptron(torch: Any, *widths: int, activation: str = "ReLU") -> Any:
    """Linear layers of these widths with an activation between them."""
    nn = torch.nn
    layers = [nn.Linear(widths[0], widths[1])]
    for before, after in zip(widths[1:], widths[2:]):
        layers += [getattr(nn, activation)(), nn.Linear(before, after)]
    return nn.Sequential(*layers)


def training(model: Any, optimizer: Any, inputs: Any, targets: Any, criterion: Any) -> Made:
    """The usual step."""

    def step() -> Any:
        optimizer.zero_grad()
        loss = criterion(model(inputs), targets)
        loss.backward()
        optimizer.step()
        return loss

    return Made(model, step, inputs, targets)


def classification(torch: Any, model: Any, data: tuple[Any, Any], optimizer: Any = None) -> Made:
    """Training with cross-entropy, by Adam if nothing else is said."""
    optimizer = optimizer or torch.optim.Adam(model.parameters(), lr=1e-3)
    return training(model, optimizer, *data, torch.nn.CrossEntropyLoss())


# -- fully connected -----------------------------------------------------------------------------


def penguins_mlp(torch: Any) -> Made:
    """4-10-10-3, ReLU, batch 16, Adam."""
    return classification(torch, perceptron(torch, 4, 10, 10, 3), images(torch, 16, 4, classes=3))


def softmax_regression(torch: Any) -> Made:
    """784-10, batch 100, Adam."""
    data = images(torch, 100, 784, classes=10)
    return classification(torch, torch.nn.Linear(784, 10), data)


def mlp_512(torch: Any) -> Made:
    """784-512-512-10, ReLU, batch 64, Adam."""
    data = images(torch, 64, 784, classes=10)
    return classification(torch, perceptron(torch, 784, 512, 512, 10), data)


def fullbatch_mlp(torch: Any) -> Made:
    """784-100-100-10, tanh, all 60,000 rows at once, gradient descent."""
    data = images(torch, 60000, 784, classes=10)
    model = perceptron(torch, 784, 100, 100, 10, activation="Tanh")
    return classification(torch, model, data, torch.optim.SGD(model.parameters(), lr=0.1))


def large_mlp(torch: Any) -> Made:
    """1024-2048-2048-1000, GELU, batch 128, AdamW."""
    data = images(torch, 128, 1024, classes=1000)
    model = perceptron(torch, 1024, 2048, 2048, 1000, activation="GELU")
    return classification(torch, model, data, torch.optim.AdamW(model.parameters(), lr=1e-4))


def autoencoder(torch: Any) -> Made:
    """784-128-32-128-784, ReLU, sigmoid at the end, batch 128, squared error, Adam."""
    inputs, _ = images(torch, 128, 784, classes=10)
    model = perceptron(torch, 784, 128, 32, 128, 784).append(torch.nn.Sigmoid())
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    return training(model, optimizer, inputs, inputs, torch.nn.MSELoss())


def vae(torch: Any) -> Made:
    """A variational autoencoder, 784-400-20-400-784, batch 128, Adam."""
    nn, F = torch.nn, torch.nn.functional

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.encoder, self.code = nn.Linear(784, 400), nn.Linear(400, 40)
            self.decoder = perceptron(torch, 20, 400, 784)

        def forward(self, x: Any) -> Any:
            mean, log_variance = self.code(F.relu(self.encoder(x))).chunk(2, dim=1)
            code = mean + torch.randn_like(mean) * torch.exp(0.5 * log_variance)
            return self.decoder(code), mean, log_variance

    def criterion(outputs: Any, x: Any) -> Any:
        logits, mean, log_variance = outputs
        seen = F.binary_cross_entropy_with_logits(logits, x, reduction="sum")
        divergence = -0.5 * torch.sum(1 + log_variance - mean.pow(2) - log_variance.exp())
        return (seen + divergence) / len(x)

    inputs, _ = images(torch, 128, 784, classes=10)
    model = Net()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    return training(model, optimizer, inputs, inputs, criterion)


# -- convolutions --------------------------------------------------------------------------------


def cnn(torch: Any) -> Made:
    """28x28: conv 32, conv 64 (3x3, no padding), max-pool, 9216-128-10, batch 64, Adam."""
    nn = torch.nn
    model = nn.Sequential(
        nn.Conv2d(1, 32, 3), nn.ReLU(), nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(9216, 128), nn.ReLU(), nn.Linear(128, 10),
    )  # fmt: skip
    return classification(torch, model, images(torch, 64, 1, 28, 28, classes=10))


def stages(torch: Any, channels: Sequence[int]) -> Any:
    """For each number of channels two 3x3 convolutions with batch norm and ReLU, and a max-pool."""
    nn, layers = torch.nn, []
    for before, after in zip(channels, channels[1:]):
        for source in (before, after):
            layers += [nn.Conv2d(source, after, 3, padding=1, bias=False)]
            layers += [nn.BatchNorm2d(after), nn.ReLU()]
        layers += [nn.MaxPool2d(2)]
    return nn.Sequential(*layers)


def deep_cnn(torch: Any) -> Made:
    """32x32x3: two convolutions each of 32, 64, 128 channels with batch norm, batch 32, Adam."""
    nn = torch.nn
    model = stages(torch, (3, 32, 64, 128)).append(nn.Flatten()).append(nn.Linear(2048, 10))
    return classification(torch, model, images(torch, 32, 3, 32, 32, classes=10))


def evaluation(torch: Any) -> Made:
    """The forward pass alone of deep_cnn, in evaluation mode."""
    nn = torch.nn
    model = stages(torch, (3, 32, 64, 128)).append(nn.Flatten()).append(nn.Linear(2048, 10))
    inputs, targets = images(torch, 32, 3, 32, 32, classes=10)
    model.eval()

    def step() -> Any:
        with torch.no_grad():
            return nn.functional.cross_entropy(model(inputs), targets)

    return Made(model, step, inputs, targets)


def resnet(torch: Any) -> Made:
    """32x32x3: residual blocks of 16, 32, 64 channels, batch norm, batch 32, SGD with momentum."""
    nn, F = torch.nn, torch.nn.functional

    class Block(nn.Module):
        def __init__(self, before: int, after: int, stride: int) -> None:
            super().__init__()
            self.conv1 = nn.Conv2d(before, after, 3, stride, 1, bias=False)
            self.conv2 = nn.Conv2d(after, after, 3, 1, 1, bias=False)
            self.norm1, self.norm2 = nn.BatchNorm2d(after), nn.BatchNorm2d(after)
            self.skip = nn.Conv2d(before, after, 1, stride, bias=False)

        def forward(self, x: Any) -> Any:
            y = self.norm2(self.conv2(F.relu(self.norm1(self.conv1(x)))))
            return F.relu(y + self.skip(x))

    model = nn.Sequential(
        Block(3, 16, 1), Block(16, 32, 2), Block(32, 64, 2),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10),
    )  # fmt: skip
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    return classification(torch, model, images(torch, 32, 3, 32, 32, classes=10), optimizer)


# -- sequences -----------------------------------------------------------------------------------


def recurrent(torch: Any, kind: str) -> Made:
    """28 rows of 28 numbers, one after the other, 128 hidden units, batch 64, Adam."""
    nn = torch.nn

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.cell, self.head = getattr(nn, kind)(28, 128, batch_first=True), nn.Linear(128, 10)

        def forward(self, x: Any) -> Any:
            return self.head(self.cell(x)[0][:, -1])

    return classification(torch, Net(), images(torch, 64, 28, 28, classes=10))


def lstm(torch: Any) -> Made:
    """LSTM over 28 rows of 28 numbers, 128 units, batch 64, Adam."""
    return recurrent(torch, "LSTM")


def gru(torch: Any) -> Made:
    """GRU over 28 rows of 28 numbers, 128 units, batch 64, Adam."""
    return recurrent(torch, "GRU")


def transformer(torch: Any) -> Made:
    """Causal language model: 4 layers, 4 heads, width 128, 64 tokens, batch 12, dropout, AdamW."""
    nn, F = torch.nn, torch.nn.functional
    width, heads, tokens, words, batch = 128, 4, 64, 65, 12

    class Block(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
            self.inward, self.outward = nn.Linear(width, 3 * width), nn.Linear(width, width)
            self.mlp = perceptron(torch, width, 4 * width, width, activation="GELU")
            self.dropout = nn.Dropout(0.1)

        def forward(self, x: Any) -> Any:
            parts = self.inward(self.norm1(x)).chunk(3, dim=2)
            split = [p.view(batch, tokens, heads, -1).transpose(1, 2) for p in parts]
            seen = F.scaled_dot_product_attention(*split, is_causal=True)
            x = x + self.outward(seen.transpose(1, 2).reshape(batch, tokens, width))
            return x + self.dropout(self.mlp(self.norm2(x)))

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.word, self.place = nn.Embedding(words, width), nn.Embedding(tokens, width)
            self.blocks = nn.Sequential(*[Block() for _ in range(4)])
            self.norm, self.head = nn.LayerNorm(width), nn.Linear(width, words)

        def forward(self, x: Any) -> Any:
            x = self.word(x) + self.place(torch.arange(tokens))
            return self.head(self.norm(self.blocks(x)))

    def criterion(scores: Any, targets: Any) -> Any:
        return F.cross_entropy(scores.view(-1, words), targets.view(-1))

    random = np.random.RandomState(0)
    inputs, targets = (
        torch.from_numpy(random.randint(0, words, (batch, tokens))) for _ in range(2)
    )
    model = Net()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    return training(model, optimizer, inputs, targets, criterion)


STANDARD = (
    penguins_mlp, softmax_regression, mlp_512, fullbatch_mlp, cnn, lstm, autoencoder, resnet,
    transformer,
)  # fmt: skip
FURTHER = (large_mlp, vae, deep_cnn, evaluation, gru)
ALL = {workload.__name__: workload for workload in STANDARD + FURTHER}
