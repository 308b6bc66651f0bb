"""A variational autoencoder with two latent numbers: a map of all digits, and new digits from it.

The encoder gives a normal distribution of the two numbers z for each picture, a sample of it goes
through the decoder, and the loss is the negative evidence lower bound: the binary cross-entropy of
the pixels plus the divergence KL(q(z|x) || N(0, 1)) = 1/2 sum(mu^2 + sigma^2 - log sigma^2 - 1).
The sample is mu + sigma * noise, so that gradients reach mu and sigma. The figures: where the
held-out digits lie in the plane of z, and what the decoder draws over that plane.

Result: 24.80 nats per held-out picture (22.36 for the pixels, 2.44 divergence); the mean picture,
given as the answer to all, costs 26.83.
"""

import common
import flambeau as torch
from flambeau import nn, optim
from flambeau.nn import functional as F
from flambeau.utils.data import DataLoader, TensorDataset
from flambeau.vision.utils import make_grid


class VAE(nn.Module):
    def __init__(self, pixels, latent=2, hidden=128):
        super().__init__()
        self.encoder = nn.Sequential(nn.Flatten(), nn.Linear(pixels, hidden), nn.ReLU())
        self.mu = nn.Linear(hidden, latent)
        self.log_variance = nn.Linear(hidden, latent)
        self.decoder = nn.Sequential(
            nn.Linear(latent, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU(),
            nn.Linear(hidden, pixels),
        )  # fmt: skip

    def encode(self, x):
        hidden = self.encoder(x)
        return self.mu(hidden), self.log_variance(hidden)

    def forward(self, x):
        mu, log_variance = self.encode(x)
        z = mu + (log_variance / 2).exp() * torch.randn_like(mu)
        return self.decoder(z), mu, log_variance


def loss_parts(model, x):
    """Cross-entropy of the pixels and divergence, both in nats per picture."""
    logits, mu, log_variance = model(x)
    pixels = F.binary_cross_entropy_with_logits(logits, x.flatten(1), reduction="sum")
    divergence = 0.5 * (mu.square() + log_variance.exp() - log_variance - 1).sum()
    return pixels / len(x), divergence / len(x)


def draw_map(mu, labels, folder):
    import matplotlib

    drawing, ((axes,),) = common.figure(6, 5.2)
    colours = matplotlib.colormaps["tab10"].colors
    for label in range(10):
        part = mu[labels == label]
        axes.scatter(*part.T.numpy(), s=14, color=colours[label], alpha=0.7, linewidths=0)
        middle = part.median(0).values.tolist()
        axes.annotate(str(label), middle, ha="center", va="center", weight="bold", fontsize=14)
    axes.set(title="Held-out digits in the plane of z", xlabel="$z_1$", ylabel="$z_2$")
    common.save(drawing, folder, "map")


def draw_plane(model, shape, folder, side=15):
    """What the decoder draws at equally probable places of the plane."""
    places = torch.linspace(0.02, 0.98, side)
    normal = torch.special.ndtri(places)
    z = torch.cartesian_prod(normal.flip(0), normal).flip(1)
    with torch.no_grad():
        digits = model.decoder(z).sigmoid().view(-1, 1, *shape)
    sheet = make_grid(digits, nrow=side, padding=1)[0]
    drawing, ((axes,),) = common.figure(6, 6)
    common.show_picture(axes, sheet)
    common.save(drawing, folder, "plane")


def main(arguments=None):
    args = common.options(
        arguments, __doc__, epochs=60, data=True, figure="variational_autoencoder"
    )
    torch.manual_seed(args.seed)
    x, _, test_x, test_y = common.pictures(args.data)
    loader = DataLoader(TensorDataset(x), batch_size=64, shuffle=True)
    model = VAE(x[0].numel())
    optimizer = optim.Adam(model.parameters(), lr=0.002)
    for epoch in range(1, args.epochs + 1):
        total = 0.0
        for (images,) in loader:
            pixels, divergence = loss_parts(model, images)
            loss = pixels + divergence
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item() * len(images)
        if epoch % 10 == 0 or epoch == args.epochs:
            print(f"epoch {epoch:3d}: loss {total / len(x):.2f} nats per picture")

    with torch.no_grad():
        pixels, divergence = (part.item() for part in loss_parts(model, test_x))
        mu, _ = model.encode(test_x)
    ink = x.mean(0).clamp(1e-3, 1 - 1e-3).expand_as(test_x)
    blind = F.binary_cross_entropy(ink, test_x, reduction="sum").item() / len(test_x)
    draw_map(mu, test_y, args.output)
    draw_plane(model, x.shape[-2:], args.output)
    common.conclude(
        f"held out: {pixels + divergence:.2f} nats per picture ({pixels:.2f} pixels + "
        f"{divergence:.2f} divergence); the mean picture {blind:.2f}",
        pixels + divergence < blind,
    )


if __name__ == "__main__":
    main()
