"""A line through two points by gradient descent, its two slopes worked out by hand.

A unit computes w x + b. For a point (x, y) its loss is (y - w x - b)^2, whose slopes are
-2 x (y - w x - b) in w and -2 (y - w x - b) in b. Taking the points (0, 1) and (1, 3) in turns and
going 0.1 of each slope downhill leads to the line through both, y = 2 x + 1. Autograd finds the
same slopes at every step. The figure shows the way of (w, b) through the loss.

Result: after the first four steps b = 0.2, w, b = 0.56, 0.76, b = 0.808 and w, b = 0.886, 1.134;
after 100 rounds w = 1.9998 and b = 1.0001. Every slope equals autograd's.
"""

import common
import flambeau as torch

POINTS = ((0.0, 1.0), (1.0, 3.0))
RATE = 0.1


def slopes(x, y, w, b):
    """dL/dw and dL/db of L = (y - w x - b)^2."""
    error = y - w * x - b
    return -2 * x * error, -2 * error


def slopes_by_autograd(x, y, w, b):
    w, b = torch.tensor(w, requires_grad=True), torch.tensor(b, requires_grad=True)
    loss = (y - w * x - b) ** 2
    loss.backward()
    return w.grad.item(), b.grad.item()


def draw(path, folder):
    drawing, ((valley, plane),) = common.figure(9, 3.8, columns=2)
    w, b = torch.meshgrid(torch.linspace(-0.5, 3, 141), torch.linspace(-0.3, 2, 141), indexing="xy")
    loss = sum((y - w * x - b) ** 2 for x, y in POINTS)
    levels = [0.02, 0.1, 0.3, 0.7, 1.3, 2.2, 3.5, 5.5, 8]
    valley.contour(w.numpy(), b.numpy(), loss.numpy(), levels, colors="#9bb8d3", linewidths=0.9)
    valley.plot(*zip(*path), ".-", color="#e8871e", linewidth=1, markersize=4, label="steps")
    valley.plot(2, 1, "*", color="#b2182b", markersize=12, label="w = 2, b = 1")
    valley.set(title="The way downhill", xlabel="w", ylabel="b")
    valley.grid(False)
    valley.legend(loc="upper right", frameon=True, edgecolor="none")

    ends = torch.tensor([-0.3, 1.3])
    for rounds, shade in ((0, 0.3), (1, 0.4), (2, 0.5), (5, 0.6), (10, 0.75), (100, 1.0)):
        w, b = path[min(2 * rounds, len(path) - 1)]
        line = (w * ends + b).numpy()
        plane.plot(ends.numpy(), line, color="#e8871e", alpha=shade, linewidth=1.5)
        plane.annotate(f"{rounds}", (1.3, line[1]), xytext=(4, -3), textcoords="offset points")
    plane.plot(*zip(*POINTS), "o", color="#2166ac", markersize=8)
    plane.set(title="The line after so many rounds", xlabel="x", ylabel="y", xlim=(-0.3, 1.45))
    common.save(drawing, folder, "line")


def main(arguments=None):
    args = common.options(arguments, __doc__, epochs=100, figure="linear_regression_by_hand")
    w = b = 0.0
    path, furthest = [(w, b)], 0.0
    for epoch in range(args.epochs):
        for x, y in POINTS:
            dw, db = slopes(x, y, w, b)
            check = slopes_by_autograd(x, y, w, b)
            furthest = max(furthest, abs(dw - check[0]), abs(db - check[1]))
            w, b = w - RATE * dw, b - RATE * db
            path.append((w, b))
            if epoch < 2:
                print(f"point ({x:.0f}, {y:.0f}): dL/dw {dw:7.4f}  dL/db {db:7.4f}", end="")
                print(f"  ->  w {w:.4f}  b {b:.4f}")
    draw(path, args.output)
    loss = sum((y - w * x - b) ** 2 for x, y in POINTS)
    common.conclude(
        f"w = {w:.4f}, b = {b:.4f}; autograd's slopes differ by {furthest:.0e} at most",
        loss < 0.1 and furthest < 1e-5,
    )


if __name__ == "__main__":
    main()
