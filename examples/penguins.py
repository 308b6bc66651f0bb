"""Which penguin is it? A network of 4 measurements, two hidden layers of 10 units, 3 species.

Training on four fifths of the Palmer penguins with minibatches of 16 and Adam. The scores go to the
loss as they are: with a ReLU behind the last layer, as one sometimes sees it, a species whose score
falls below zero gets no gradient any more, and may never be learned. Both are tried, each from five
seeds.

Result: with the scores as they are, 98.5% of the 68 held-out penguins are right on average (97.1%
to 100%); with a ReLU behind them 76.8% (44.1% to 100%).
"""

import common
import flambeau as torch
from flambeau import nn, optim
from flambeau.nn import functional as F
from flambeau.utils.data import DataLoader
from flambeau.vision import datasets


class PenguinNet(nn.Module):
    def __init__(self, last_relu=False):
        super().__init__()
        self.fc1 = nn.Linear(4, 10)
        self.fc2 = nn.Linear(10, 10)
        self.fc3 = nn.Linear(10, 3)
        self.last_relu = last_relu

    def forward(self, x):
        x = F.relu(self.fc1(x))
        x = F.relu(self.fc2(x))
        x = self.fc3(x)
        return F.relu(x) if self.last_relu else x


def train(model, dataset, epochs):
    loader = DataLoader(dataset, batch_size=16, shuffle=True)
    optimizer = optim.Adam(model.parameters(), lr=0.01)
    model.train()
    for _ in range(epochs):
        for features, species in loader:
            loss = F.cross_entropy(model(features), species)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()


def main(arguments=None):
    args = common.options(arguments, __doc__, epochs=30)
    training = datasets.Penguins(train=True, standardize=True)
    held_out = datasets.Penguins(train=False, standardize=True)

    means = {}
    for last_relu in (False, True):
        shares = []
        for seed in range(args.seed, args.seed + 5):
            torch.manual_seed(seed)
            model = PenguinNet(last_relu)
            train(model, training, args.epochs)
            shares.append(common.accuracy(model, held_out.data, held_out.targets))
        means[last_relu] = sum(shares) / len(shares)
        name = "with a ReLU at the end" if last_relu else "scores as they are"
        print(f"{name:24}" + "  ".join(f"{share:6.1%}" for share in shares))
        if not last_relu:
            answers = common.outputs(model, held_out.data).argmax(1)
            print(f"\n{'truth':>12} | answer" + "".join(f"{c:>11}" for c in training.classes))
            for number, name in enumerate(training.classes):
                row = torch.bincount(answers[held_out.targets == number], minlength=3)
                print(f"{name:>12} |       " + "".join(f"{count:11d}" for count in row.tolist()))
            print()

    common.conclude(
        f"{means[False]:.1%} of held-out penguins right, on average over 5 seeds; "
        f"with a ReLU behind the last layer {means[True]:.1%}",
        means[False] > 0.8,
    )


if __name__ == "__main__":
    main()
