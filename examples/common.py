"""What the examples share: options, pictures of digits, figures and the closing line."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import flambeau as torch
from flambeau import nn
from flambeau.vision import datasets


def options(
    arguments: Sequence[str] | None,
    about: str,
    *,
    epochs: int,
    seed: int = 0,
    data: bool = False,
    figure: str = "",
) -> argparse.Namespace:
    """The options of an example.

    Args:
        arguments: those of the command line (None), or others.
        about: the example's docstring; its first line is shown by --help.
        epochs: default of --epochs.
        seed: default of --seed.
        data: whether there is --data, a folder with MNIST.
        figure: name of the example, if it draws: it has --output then, the folder of its figures.
    """
    parser = argparse.ArgumentParser(description=about.splitlines()[0])
    parser.add_argument("--epochs", type=_at_least_one, default=epochs, help=f"default: {epochs}")
    parser.add_argument("--seed", type=int, default=seed, help=f"default: {seed}")
    if data:
        parser.add_argument(
            "--data",
            metavar="DIR",
            help="folder that holds MNIST/raw; without it, the 8x8 digits of the package are taken",
        )
    if figure:
        folder = Path("runs/examples") / figure
        parser.add_argument("--output", type=Path, default=folder, help=f"default: {folder}")
    return parser.parse_args(arguments)


def _at_least_one(text: str) -> int:
    if int(text) < 1:
        raise ValueError(text)
    return int(text)


def pictures(folder: str | None) -> tuple[torch.Tensor, ...]:
    """Training pictures (N x 1 x H x W, ink 0 ... 1) and classes, then the held-out ones.

    Args:
        folder: holds MNIST in torchvision's layout; None for the digits of the package.
    """
    parts: list[torch.Tensor] = []
    for train in (True, False):
        if folder is None:
            dataset, white = datasets.Digits(train), 16
        else:
            dataset, white = datasets.MNIST(folder, train), 255
        parts += [dataset.data.unsqueeze(1) / white, dataset.targets]
    return tuple(parts)


@torch.no_grad()
def outputs(model: nn.Module, inputs: torch.Tensor) -> torch.Tensor:
    """What the model makes of the inputs, in eval mode, a thousand at a time."""
    model.eval()
    return torch.cat([model(part) for part in inputs.split(1000)])


def accuracy(model: nn.Module, inputs: torch.Tensor, targets: torch.Tensor) -> float:
    """Share of the inputs whose highest output is that of the right class."""
    return (outputs(model, inputs).argmax(1) == targets).float().mean().item()


def figure(width: float, height: float, rows: int = 1, columns: int = 1, **grid):
    """A matplotlib figure in the style of flambeau's own plots, and its axes (rows x columns)."""
    import matplotlib
    from matplotlib.figure import Figure

    from flambeau.app.plots import STYLE

    matplotlib.rcParams.update(STYLE)
    drawing = Figure(figsize=(width, height), layout="constrained")
    return drawing, drawing.subplots(rows, columns, squeeze=False, **grid)


def show_picture(axes, picture: torch.Tensor, title: str = "", **look) -> None:
    """Draw a picture (1 x H x W or H x W), dark ink on white, without ticks."""
    look = {"cmap": "gray_r", "vmin": 0, "vmax": 1} | look
    axes.imshow(picture.detach().reshape(picture.shape[-2:]).numpy(), **look)
    axes.set(xticks=[], yticks=[])
    axes.grid(False)
    axes.spines[:].set(visible=True, color="#dddddd")
    if title:
        axes.set_title(title, fontsize=9, loc="center", weight="normal", pad=4)


def save(drawing, folder: Path, name: str) -> None:
    """Write a figure as folder/name.png."""
    folder.mkdir(parents=True, exist_ok=True)
    drawing.savefig(folder / f"{name}.png", bbox_inches="tight", pad_inches=0.2)
    print(f"figure: {folder / name}.png")


def conclude(result: str, sound: bool) -> None:
    """Print the closing line; where the result is absurd, leave with exit status 1."""
    print(result)
    if not sound:
        sys.exit("this result is absurd: something is broken")
