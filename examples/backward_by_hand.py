"""A digit recognizer whose backward pass is written out, compared with autograd's.

Three layers with tanh between them and softmax at the end. Every intermediate result gets its
gradient from the one behind it, by a line of calculus each; all of them are compared with what
loss.backward() finds. Softmax and logarithm together come to one line, (probs - onehot(y)) / N,
which is compared too. Then the network trains on these gradients alone, from first weights far too
large (standard normal), so that the loss begins high above log 10 = 2.30.

Result: all 16 gradients equal autograd's exactly, the one line to 1e-6 of the largest entry; over
100 steps of gradient descent the loss falls from 15.7560 to 0.3184. With --data (MNIST) it is
15.9699, 10.9262, 8.3451 ... 3.2024.
"""

import common
import flambeau as torch
from flambeau.nn import functional as F

HIDDEN = 100
RATE = 0.1


def initial_parameters(pixels, seed):
    g = torch.Generator().manual_seed(seed)
    parameters = []
    for inputs, units in ((pixels, HIDDEN), (HIDDEN, HIDDEN), (HIDDEN, 10)):
        parameters += [torch.randn((inputs, units), generator=g), torch.zeros(units)]
    return [p.requires_grad_() for p in parameters]


def forward(parameters, X, y):
    """The mean loss, and every result on the way to it, by name."""
    W1, b1, W2, b2, W3, b3 = parameters
    h1_pre = X @ W1 + b1
    h1 = torch.tanh(h1_pre)
    h2_pre = h1 @ W2 + b2
    h2 = torch.tanh(h2_pre)
    logits = h2 @ W3 + b3
    counts = logits.exp()
    counts_sum = counts.sum(1, keepdim=True)
    counts_sum_inv = counts_sum**-1
    probs = counts * counts_sum_inv
    logprobs = probs.log()
    loss = -logprobs[torch.arange(len(y)), y].mean()
    names = "h1_pre h1 h2_pre h2 logits counts counts_sum counts_sum_inv probs logprobs"
    steps = (h1_pre, h1, h2_pre, h2, logits, counts, counts_sum, counts_sum_inv, probs, logprobs)
    return loss, dict(zip(names.split(), steps))


@torch.no_grad()
def backward(parameters, X, y, r):
    """The gradient of the loss in every result r and every parameter, last first."""
    W1, b1, W2, b2, W3, b3 = parameters
    d = {}
    # The loss is the mean of -logprobs[i, y[i]].
    d["logprobs"] = torch.zeros_like(r["logprobs"])
    d["logprobs"][torch.arange(len(y)), y] = -1.0 / len(y)
    # Softmax, step by step. counts reaches the loss on two ways: its gradient has two parts.
    d["probs"] = d["logprobs"] / r["probs"]
    d["counts_sum_inv"] = (d["probs"] * r["counts"]).sum(1, keepdim=True)
    d["counts_sum"] = d["counts_sum_inv"] * -(r["counts_sum"] ** -2)
    d["counts"] = d["probs"] * r["counts_sum_inv"] + d["counts_sum"]
    d["logits"] = d["counts"] * r["counts"]
    # The layers: a product passes the gradient to both factors; tanh' = 1 - tanh^2.
    d["W3"], d["b3"], d["h2"] = r["h2"].T @ d["logits"], d["logits"].sum(0), d["logits"] @ W3.T
    d["h2_pre"] = d["h2"] * (1 - r["h2"] ** 2)
    d["W2"], d["b2"], d["h1"] = r["h1"].T @ d["h2_pre"], d["h2_pre"].sum(0), d["h2_pre"] @ W2.T
    d["h1_pre"] = d["h1"] * (1 - r["h1"] ** 2)
    d["W1"], d["b1"] = X.T @ d["h1_pre"], d["h1_pre"].sum(0)
    return d


def compare(parameters, X, y):
    """Print both gradients' largest difference, by name; return the largest relative one."""
    loss, results = forward(parameters, X, y)
    named = results | dict(zip(("W1", "b1", "W2", "b2", "W3", "b3"), parameters))
    for tensor in named.values():
        tensor.retain_grad()
    loss.backward()
    print(f"{'gradient of':>15}  {'shape':>12}  {'largest entry':>13}  {'difference':>10}")
    worst = 0.0
    for name, gradient in backward(parameters, X, y, results).items():
        largest = named[name].grad.abs().max().item()
        difference = (gradient - named[name].grad).abs().max().item()
        shape = "x".join(map(str, gradient.shape))
        print(f"{name:>15}  {shape:>12}  {largest:13.3e}  {difference:10.1e}")
        worst = max(worst, difference / largest)
    dlogits = results["logits"].grad
    in_one = (results["probs"] - F.one_hot(y, 10)) / len(y)
    difference = (in_one - dlogits).abs().max() / dlogits.abs().max()
    print(f"(probs - onehot(y)) / N differs from the gradient of logits by {difference.item():.0e}")
    return worst


def main(arguments=None):
    args = common.options(arguments, __doc__, epochs=100, seed=1, data=True)
    x, y, test_x, test_y = common.pictures(args.data)
    X = x.flatten(1)
    parameters = initial_parameters(X.shape[1], args.seed)
    worst = compare(parameters, X, y)

    with torch.no_grad():
        for epoch in range(args.epochs):
            loss, results = forward(parameters, X, y)
            if epoch % 10 == 0 or epoch == args.epochs - 1:
                print(f"epoch {epoch:2d}: loss {loss.item():.4f}")
            gradients = backward(parameters, X, y, results)
            for name, p in zip(("W1", "b1", "W2", "b2", "W3", "b3"), parameters):
                p -= RATE * gradients[name]
        _, results = forward(parameters, test_x.flatten(1), test_y)
    right = (results["logits"].argmax(1) == test_y).float().mean().item()
    common.conclude(
        f"gradients differ by {worst:.0e} of their largest entry at most; "
        f"loss {loss.item():.4f}, {right:.1%} of held-out digits right",
        worst < 1e-3 and right > 0.3,
    )


if __name__ == "__main__":
    main()
