"""autograd.Function: operations with derivatives of one's own, checked and put to use.

First a smooth one: swish(x) = x sigmoid(x), which keeps its input alone and works out the sigmoid
again on the way back; gradcheck compares it with finite differences, and gradgradcheck its own
derivative. Then one whose true derivative is useless: sign(x), which is flat. The straight-through
estimator passes the gradient on where |x| < 1, as if the step were a ramp. A network whose hidden
units are all -1 or 1 learns with it; with the true derivative, zero, only its last layer does.

Result: swish passes both checks; 89.2% of the held-out digits are right with the straight-through
estimator, 83.9% with the true derivative (the hidden layer stays random).
"""

import common
import flambeau as torch
from flambeau import nn, optim
from flambeau.nn import functional as F
from flambeau.utils.data import DataLoader, TensorDataset


class Swish(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * torch.sigmoid(x)

    @staticmethod
    def backward(ctx, grad):
        (x,) = ctx.saved_tensors
        s = torch.sigmoid(x)
        return grad * (s + x * s * (1 - s))


class StraightThroughSign(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return torch.where(x < 0, -1.0, 1.0)

    @staticmethod
    def backward(ctx, grad):
        (x,) = ctx.saved_tensors
        return grad * (x.abs() < 1)


class BinaryUnits(nn.Module):
    """pixels -> 32 hidden units that are -1 or 1 -> 10 scores."""

    def __init__(self, pixels, sign):
        super().__init__()
        self.hidden = nn.Linear(pixels, 32)
        self.norm = nn.BatchNorm1d(32)
        self.output = nn.Linear(32, 10)
        self.sign = sign

    def forward(self, x):
        return self.output(self.sign(self.norm(self.hidden(x.flatten(1)))))


def train(model, x, y, epochs):
    loader = DataLoader(TensorDataset(x, y), batch_size=32, shuffle=True)
    optimizer = optim.Adam(model.parameters(), lr=0.005)
    for _ in range(epochs):
        model.train()
        for images, labels in loader:
            loss = F.cross_entropy(model(images), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()


def main(arguments=None):
    args = common.options(arguments, __doc__, epochs=30)
    torch.manual_seed(args.seed)
    x = torch.randn(4, 5, dtype=torch.float64, requires_grad=True)
    checked = torch.autograd.gradcheck(Swish.apply, (x,))
    checked = checked and torch.autograd.gradgradcheck(Swish.apply, (x,))
    difference = (Swish.apply(x) - F.silu(x)).abs().max().item()
    print(f"swish: gradcheck and gradgradcheck {checked}, differs from F.silu by {difference:.0e}")

    images, labels, test_images, test_labels = common.pictures(None)
    shares = {}
    for name, sign in (
        ("straight through", StraightThroughSign.apply),
        ("true derivative", torch.sign),
    ):
        torch.manual_seed(args.seed)
        model = BinaryUnits(images[0].numel(), sign)
        before = model.hidden.weight.detach().clone()
        train(model, images, labels, args.epochs)
        moved = (model.hidden.weight - before).norm().item()
        shares[name] = common.accuracy(model, test_images, test_labels)
        print(f"{name}: hidden weights moved by {moved:.2f}, {shares[name]:.1%} right")

    through, true = shares.values()
    common.conclude(
        f"gradients of swish {'right' if checked else 'wrong'}; units of -1 and 1: "
        f"{through:.1%} right straight through, {true:.1%} with the true derivative",
        checked and through > 0.7 and through > true,
    )


if __name__ == "__main__":
    main()
