"""A line through measurements with nn.Linear, nn.MSELoss and optim.SGD: penguins' weights.

How heavy is a penguin whose flipper has a given length? The straight line with the smallest mean
squared error over the 342 Palmer penguins, found by gradient descent on standardized numbers, and
for comparison by the formula of least squares (torch.linalg.solve of the normal equations).

Result: body mass = 49.69 g/mm x flipper length - 5781 g, R^2 = 0.759; least squares gives the
same line, to 0.01 g over all penguins, after 100 steps.
"""

import common
import flambeau as torch
from flambeau import nn, optim
from flambeau.vision import datasets

FLIPPER, MASS = 2, 3


def draw(flipper, mass, slope, intercept, folder):
    drawing, ((axes,),) = common.figure(6, 4)
    axes.scatter(flipper.numpy(), mass.numpy(), s=16, color="#2166ac", alpha=0.5, linewidths=0)
    ends = torch.stack([flipper.min(), flipper.max()])
    axes.plot(ends.numpy(), (slope * ends + intercept).numpy(), color="#e8871e", linewidth=2.5)
    axes.set(title="342 penguins", xlabel="flipper length (mm)", ylabel="body mass (g)")
    common.save(drawing, folder, "penguins")


def main(arguments=None):
    args = common.options(arguments, __doc__, epochs=100, figure="linear_regression_nn")
    torch.manual_seed(args.seed)
    table = datasets.Penguins(train=None).data
    flipper, mass = table[:, FLIPPER], table[:, MASS]
    x = ((flipper - flipper.mean()) / flipper.std()).unsqueeze(1)
    y = ((mass - mass.mean()) / mass.std()).unsqueeze(1)

    model = nn.Linear(1, 1)
    criterion = nn.MSELoss()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for epoch in range(args.epochs):
        loss = criterion(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if epoch % 10 == 0:
            print(f"step {epoch:3d}: mean squared error {loss.item():.6f}")

    # From standardized numbers back to grams and millimetres.
    slope = (model.weight.detach() * mass.std() / flipper.std()).item()
    intercept = (mass.mean() + model.bias.detach() * mass.std()).item()
    intercept -= slope * flipper.mean().item()
    explained = 1 - criterion(model(x), y).item() / y.var(correction=0).item()

    columns = torch.stack([flipper, torch.ones_like(flipper)], 1).double()
    exact = torch.linalg.solve(columns.T @ columns, columns.T @ mass.double())
    gap = (columns @ (exact - torch.tensor([slope, intercept]))).abs().max().item()

    draw(flipper, mass, slope, intercept, args.output)
    common.conclude(
        f"mass = {slope:.2f} g/mm x flipper {intercept:+.0f} g, R^2 = {explained:.3f}; "
        f"least squares differs by {gap:.2g} g at most",
        explained > 0.7,
    )


if __name__ == "__main__":
    main()
