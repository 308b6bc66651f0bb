"""The data sets of the command: where they come from, and how to train on them by default."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flambeau import optim
from flambeau.vision import datasets, transforms


@dataclass(frozen=True)
class Recipe:
    """A data set, and settings that suit it.

    Attributes:
        load: called with the data folder, which part (training or held-out), and whether to
            download; returns the data set.
        shape: of one input.
        folder: whether the data lie in a folder, or come with the package.
        layers, epochs, batch_size, optimizer, lr: defaults of the options of those names.
        warp: whether training pictures are changed a little at random (see ``augment``).
        fit: how a picture is made one of this data set (a name in ``pictures.FITS``).
    """

    load: Callable[[Path, bool, bool], Any]
    shape: tuple[int, ...]
    folder: bool
    layers: str
    epochs: int
    batch_size: int
    lr: float
    optimizer: str = "adam"
    warp: bool = False
    fit: str = ""


def _digits(folder: Path, train: bool, download: bool) -> Any:
    return datasets.Digits(train)


def _penguins(folder: Path, train: bool, download: bool) -> Any:
    return datasets.Penguins(train, standardize=True)


def _like_mnist(dataset: Callable[..., Any]) -> Callable[[Path, bool, bool], Any]:
    def load(folder: Path, train: bool, download: bool) -> Any:
        return dataset(str(folder), train, transform=transforms.ToTensor(), download=download)

    return load


def _mnist_recipe(dataset: Callable[..., Any], epochs: int, fit: str) -> Recipe:
    return Recipe(
        load=_like_mnist(dataset),
        shape=(1, 28, 28),
        folder=True,
        layers="512,512",
        epochs=epochs,
        batch_size=64,
        lr=1e-3,
        fit=fit,
    )


RECIPES = {
    "digits": Recipe(
        load=_digits,
        shape=(1, 8, 8),
        folder=False,
        layers="conv16,conv32,pool,64",
        epochs=15,
        batch_size=64,
        lr=3e-3,
        optimizer="adamw",
        warp=True,
        fit="bitmap",
    ),
    "mnist": _mnist_recipe(datasets.MNIST, epochs=3, fit="mass"),
    "fashion": _mnist_recipe(datasets.FashionMNIST, epochs=5, fit="box"),
    "kmnist": _mnist_recipe(datasets.KMNIST, epochs=5, fit="box"),
    "penguins": Recipe(
        load=_penguins,
        shape=(4,),
        folder=False,
        layers="10,10",
        epochs=60,
        batch_size=16,
        lr=1e-2,
    ),
}


@dataclass(frozen=True)
class OptimizerChoice:
    """An optimizer of the command.

    Attributes:
        make: called with parameters and ``lr``; returns the optimizer.
        lr: the learning rate where neither the user nor a recipe for this optimizer gives one.
    """

    make: Callable[..., optim.Optimizer]
    lr: float


def _momentum_sgd(parameters: Any, lr: float) -> optim.Optimizer:
    return optim.SGD(parameters, lr=lr, momentum=0.9)


OPTIMIZERS = {
    "adam": OptimizerChoice(optim.Adam, 1e-3),
    "adamw": OptimizerChoice(optim.AdamW, 1e-3),
    "sgd": OptimizerChoice(_momentum_sgd, 0.05),
    "rmsprop": OptimizerChoice(optim.RMSprop, 1e-3),
    "adagrad": OptimizerChoice(optim.Adagrad, 1e-2),
    "adadelta": OptimizerChoice(optim.Adadelta, 1.0),
}
