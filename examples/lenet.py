"""LeNet-5: convolution, pooling, convolution, pooling, three fully connected layers.

The network of 1998 that read the numbers on cheques, with ReLU and max-pooling. It wants 32x32
pixels: MNIST's pictures get a margin of 2 pixels, the 8x8 digits are enlarged. The figure shows a
digit's way through the network: what the two convolutions make of it. ReLU lets pass what is red.

Result: 93.1% of the 360 held-out digits right after 12 epochs (one layer: 89.4%); with --data and
--epochs 2, 98.4% of MNIST's 10,000 test images.
"""

import common
import flambeau as torch
from flambeau import nn, optim
from flambeau.nn import functional as F
from flambeau.utils.data import DataLoader, TensorDataset
from flambeau.vision.utils import make_grid


class LeNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 6, 5)  # 32 -> 28, pooled to 14
        self.conv2 = nn.Conv2d(6, 16, 5)  # 14 -> 10, pooled to 5
        self.fc1 = nn.Linear(16 * 5 * 5, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, 10)

    def maps(self, x):
        """What the two convolutions make of pictures, before ReLU."""
        first = self.conv1(x)
        return first, self.conv2(F.max_pool2d(F.relu(first), 2))

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.maps(x)[1]), 2).flatten(1)
        return self.fc3(F.relu(self.fc2(F.relu(self.fc1(x)))))


def to_32(x):
    if x.shape[-1] == 28:
        return F.pad(x, (2, 2, 2, 2))
    return F.interpolate(x, size=(32, 32), mode="bilinear")


def draw(model, x, folder):
    drawing, (axes,) = common.figure(9, 3.1, columns=3, width_ratios=(2, 3, 4))
    common.show_picture(axes[0], x[0], "a digit")
    first, second = (maps[0].detach().unsqueeze(1) for maps in model.maps(x[:1]))
    for panel, maps, columns, title in (
        (axes[1], first, 3, "first convolution: 6 maps"),
        (axes[2], second, 6, "second convolution: 16 maps"),
    ):
        most = maps.abs().max().item()
        tiles = make_grid(maps, nrow=columns, padding=1)[0]
        common.show_picture(panel, tiles, title, cmap="RdBu_r", vmin=-most, vmax=most)
        panel.spines[:].set_visible(False)
    common.save(drawing, folder, "maps")


def main(arguments=None):
    args = common.options(arguments, __doc__, epochs=12, data=True, figure="lenet")
    torch.manual_seed(args.seed)
    x, y, test_x, test_y = common.pictures(args.data)
    x, test_x = to_32(x), to_32(test_x)
    loader = DataLoader(TensorDataset(x, y), batch_size=32, shuffle=True)

    model = LeNet()
    optimizer = optim.Adam(model.parameters(), lr=0.002)
    for epoch in range(1, args.epochs + 1):
        model.train()
        total = 0.0
        for images, labels in loader:
            loss = F.cross_entropy(model(images), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item() * len(labels)
        right = common.accuracy(model, test_x, test_y)
        print(f"epoch {epoch:2d}: loss {total / len(x):.4f}, held out {right:.1%}")

    draw(model, test_x, args.output)
    common.conclude(f"{right:.1%} of {len(test_y)} held-out digits right", right > 0.6)


if __name__ == "__main__":
    main()
