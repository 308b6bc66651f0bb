"""A spatial transformer learns to turn rotated digits upright, without being told their angles.

Digits are rotated by up to 60 degrees (affine_grid and grid_sample). A small network looks at each
picture and answers with a rotation and scaling, the picture is sampled anew through it, and the
classifier behind sees the result; all of it is trained by the classifier's loss alone. The same
classifier without the transformer is the comparison. How upright the pictures stand afterwards is
measured by the spread (standard deviation) of their angles, as they came and when turned.

Result: 86.9% of the rotated held-out digits are right without the transformer, 90.8% with it; the
spread of their angles falls from 34 to 16 degrees.
"""

import common
import flambeau as torch
from flambeau import nn, optim
from flambeau.nn import functional as F
from flambeau.utils.data import DataLoader, TensorDataset

SIDE = 16
MOST = 60.0


def rotated(x, degrees):
    """Each picture turned by its own angle."""
    a = torch.deg2rad(degrees)
    zero = torch.zeros_like(a)
    rows = (torch.stack([a.cos(), -a.sin(), zero], 1), torch.stack([a.sin(), a.cos(), zero], 1))
    grid = F.affine_grid(torch.stack(rows, 1), x.shape, align_corners=False)
    return F.grid_sample(x, grid, align_corners=False)


def prepare(x):
    """The pictures, 10x10 in a frame of 16x16, turned at random; and their angles."""
    small = F.interpolate(x, size=(10, 10), mode="bilinear")
    degrees = (2 * torch.rand(len(x)) - 1) * MOST
    return rotated(F.pad(small, (3, 3, 3, 3)), degrees), degrees


class SpatialTransformer(nn.Module):
    """Samples each picture through a rotation and scaling that it chooses by looking at it."""

    def __init__(self):
        super().__init__()
        self.look = nn.Sequential(
            nn.Flatten(), nn.Linear(SIDE * SIDE, 64), nn.ReLU(), nn.Linear(64, 2)
        )
        nn.init.zeros_(self.look[-1].weight)  # it begins by leaving pictures as they are
        nn.init.zeros_(self.look[-1].bias)

    def angle(self, x):
        return self.look(x)[:, 0]

    def forward(self, x):
        angle, log_scale = self.look(x).T
        scale = (0.5 * log_scale.tanh()).exp()
        c, s, zero = scale * angle.cos(), scale * angle.sin(), torch.zeros_like(angle)
        theta = torch.stack([c, -s, zero, s, c, zero], 1).view(-1, 2, 3)
        grid = F.affine_grid(theta, x.shape, align_corners=False)
        return F.grid_sample(x, grid, align_corners=False)


def classifier():
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(16, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(16 * 4 * 4, 10),
    )  # fmt: skip


def train(model, x, y, epochs):
    loader = DataLoader(TensorDataset(x, y), batch_size=32, shuffle=True)
    optimizer = optim.Adam(model.parameters(), lr=0.002)
    for _ in range(epochs):
        for images, labels in loader:
            loss = F.cross_entropy(model(images), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()


def draw(x, upright, degrees, folder):
    drawing, axes = common.figure(9, 2.1, 2, 10)
    for above, below, before, after, angle in zip(*axes, x, upright, degrees.tolist()):
        common.show_picture(above, before, f"{angle:+.0f}°")
        common.show_picture(below, after)
    axes[0, 0].set_ylabel("as it came", rotation=0, ha="right", va="center")
    axes[1, 0].set_ylabel("transformed", rotation=0, ha="right", va="center")
    common.save(drawing, folder, "digits")


def main(arguments=None):
    args = common.options(arguments, __doc__, epochs=30, data=True, figure="spatial_transformer")
    x, y, test_x, test_y = common.pictures(args.data)
    torch.manual_seed(args.seed)
    x, _ = prepare(x)
    test_x, degrees = prepare(test_x)

    torch.manual_seed(args.seed)
    plain = classifier()
    torch.manual_seed(args.seed)
    tail = classifier()
    transformer = SpatialTransformer()
    model = nn.Sequential(transformer, tail)
    shares = []
    for name, network in (("without", plain), ("with", model)):
        train(network, x, y, args.epochs)
        shares.append(common.accuracy(network, test_x, test_y))
        print(f"{name} the transformer: {shares[-1]:.1%} of held-out digits right")

    found = torch.rad2deg(transformer.angle(test_x).detach())
    before, after = degrees.std().item(), (degrees + found).std().item()
    upright = common.outputs(transformer, test_x[:10])
    draw(test_x[:10], upright, degrees[:10], args.output)
    common.conclude(
        f"{shares[0]:.1%} -> {shares[1]:.1%} of rotated digits right; "
        f"spread of their angles {before:.0f} -> {after:.0f} degrees",
        shares[1] > 0.6 and after < before,
    )


if __name__ == "__main__":
    main()
