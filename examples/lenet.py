"""LeNet-5: convolution, pooling, convolution, pooling, three fully connected layers.

The network of 1998 that read the numbers on cheques, with ReLU and max-pooling. It wants 32x32
pixels: MNIST's pictures get a margin of 2 pixels, the 8x8 digits are enlarged. The figure shows a
digit's way through the network: the six maps of the first convolution, the sixteen of the second.

Result: ...% of the 360 held-out digits right after 12 epochs (one layer: 89.7%).
"""

import common
import flambeau as torch
from flambeau import nn, optim
from flambeau.nn import functional as F
from flambeau.utils.data import DataLoader, TensorDataset


class LeNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 6, 5)  # 32 -> 28, pooled to 14
        self.conv2 = nn.Conv2d(6, 16, 5)  # 14 -> 10, pooled to 5
        self.fc1 = nn.Linear(16 * 5 * 5, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, 10)

    def maps(self, x):
        """What the two convolutions see."""
        first = F.relu(self.conv1(x))
        return first, F.relu(self.conv2(F.max_pool2d(first, 2)))

    def forward(self, x):
        x = F.max_pool2d(self.maps(x)[1], 2).flatten(1)
        return self.fc3(F.relu(self.fc2(F.relu(self.fc1(x)))))


def to_32(x):
    if x.shape[-1] == 28:
        return F.pad(x, (2, 2, 2, 2))
    return F.interpolate(x, size=(32, 32), mode="bilinear")


def draw(model, x, folder):
    drawing, axes = common.figure(10, 4.2, 3, 9)
    for panel in axes.flat:
        panel.set_axis_off()
    first, second = (maps[0].detach() for maps in model.maps(x[:1]))
    places = [axes[1, 0], *axes[0, 2:8], *axes[1, 1:], *axes[2, 1:]]
    for panel, picture in zip(places, [x[0], *first, *second]):
        panel.set_axis_on()
        common.show_picture(panel, picture / picture.max().clamp(min=1e-6))
    axes[1, 0].set_title("in", loc="center")
    axes[0, 1].text(1, 0.5, "first", ha="right", va="center", transform=axes[0, 1].transAxes)
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
