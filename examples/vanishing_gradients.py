"""Vanishing gradients: how much of the loss's gradient reaches the first of ten layers.

The network has ten layers of 64 units and sigmoid, tanh or ReLU between them. The norm of each
weight matrix's gradient, before any training, falls from the last layer to the first by a factor
that depends on the activation and on the first weights: nn.Linear's own, or those made to keep
variances equal (Xavier for sigmoid and tanh, Kaiming for ReLU). A sigmoid passes on a quarter of
the gradient at most, so that no scale of weights saves it. Then each network is trained, to see
what it costs.

Result: with matched weights, the norm in the first layer is 0.0000018 of that in the last with
sigmoid, 1.9 with tanh, 0.76 with ReLU; after 10 epochs 10%, 94% and 93% of the held-out digits are
right. With nn.Linear's own weights none of the three learns in that time (10%, 21%, 10%).
"""

import common
import flambeau as torch
from flambeau import nn, optim
from flambeau.nn import functional as F
from flambeau.utils.data import DataLoader, TensorDataset

DEPTH, WIDTH = 10, 64
ACTIVATIONS = {"sigmoid": nn.Sigmoid, "tanh": nn.Tanh, "ReLU": nn.ReLU}
COLOURS = {"sigmoid": "#b2182b", "tanh": "#e8871e", "ReLU": "#2166ac"}


def network(activation, matched, seed):
    torch.manual_seed(seed)
    layers = [nn.Flatten()]
    for _ in range(DEPTH - 1):
        layers += [nn.Linear(WIDTH, WIDTH), ACTIVATIONS[activation]()]
    model = nn.Sequential(*layers, nn.Linear(WIDTH, 10))
    for layer in linear_layers(model) if matched else ():
        if activation == "ReLU":
            nn.init.kaiming_uniform_(layer.weight, nonlinearity="relu")
        else:
            nn.init.xavier_uniform_(layer.weight, nn.init.calculate_gain(activation))
        nn.init.zeros_(layer.bias)
    return model


def linear_layers(model):
    return [layer for layer in model if isinstance(layer, nn.Linear)]


def gradient_norms(model, x, y):
    """Norm of the gradient in each layer's weights, first layer first."""
    model.zero_grad()
    F.cross_entropy(model(x), y).backward()
    return [layer.weight.grad.norm().item() for layer in linear_layers(model)]


def train(model, x, y, epochs):
    loader = DataLoader(TensorDataset(x, y), batch_size=32, shuffle=True)
    optimizer = optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    for _ in range(epochs):
        for images, labels in loader:
            loss = F.cross_entropy(model(images), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()


def draw(norms, folder):
    drawing, (panels,) = common.figure(9, 3.6, columns=2, sharey=True)
    for axes, matched in zip(panels, (False, True)):
        for activation, colour in COLOURS.items():
            values = norms[activation, matched]
            axes.semilogy(range(1, DEPTH + 1), values, "o-", color=colour, label=activation)
        axes.set(title="Matched weights" if matched else "nn.Linear's weights", xlabel="layer")
        axes.set_xticks(range(1, DEPTH + 1))
    panels[0].set_ylabel("norm of the gradient")
    panels[1].legend(loc="lower right")
    common.save(drawing, folder, "norms")


def main(arguments=None):
    args = common.options(arguments, __doc__, epochs=10, figure="vanishing_gradients")
    x, y, test_x, test_y = common.pictures(None)
    print(f"{'':8} {'weights':9}" + "".join(f"{i:>8}" for i in range(1, DEPTH + 1)) + "  held out")
    norms, shares = {}, {}
    for activation in ACTIVATIONS:
        for matched in (False, True):
            model = network(activation, matched, args.seed)
            key = activation, matched
            norms[key] = gradient_norms(model, x, y)
            train(model, x, y, args.epochs)
            shares[key] = common.accuracy(model, test_x, test_y)
            print(f"{activation:8} {'matched' if matched else 'own':9}", end="")
            print("".join(f"{v:8.0e}" for v in norms[key]) + f"{shares[key]:10.1%}")

    draw(norms, args.output)
    parts = []
    for activation in ACTIVATIONS:
        first, *_, last = norms[activation, True]
        parts.append(f"{activation} {first / last:.2g} ({shares[activation, True]:.0%} right)")
    common.conclude(
        "gradient's norm, first layer / last: " + ", ".join(parts),
        norms["sigmoid", True][0] < 1e-2 * norms["ReLU", True][0] and shares["ReLU", True] > 0.6,
    )


if __name__ == "__main__":
    main()
