"""flambeau predict: what a trained network says of pictures, or of a penguin's measurements."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

import flambeau
from flambeau.app.errors import CommandError
from flambeau.app.recipes import RECIPES
from flambeau.app.runs import Run, read_run
from flambeau.nn import functional as F


def predict(folder: Path, inputs: Sequence[str]) -> None:
    """Print class and probability for each input.

    Raises:
        CommandError: the run folder or one of the inputs cannot be read; nothing is printed then.
    """
    run = read_run(folder)
    prepared = np.stack([_input(run, text) for text in inputs])
    with flambeau.no_grad():
        probabilities = F.softmax(run.model(flambeau.from_numpy(prepared)), 1)
    values, classes = probabilities.max(1)
    width = max(map(len, inputs))
    for text, value, number in zip(inputs, values.tolist(), classes.tolist()):
        print(f"{text:<{width}}  {run.config['classes'][number]}  {value:.1%}")


def _input(run: Run, text: str) -> np.ndarray:
    shape = run.config["shape"]
    if len(shape) == 1:
        return _measurements(run.config, text)
    from flambeau.app.pictures import prepare

    fit = RECIPES[run.config["dataset"]].fit
    return prepare(text, (shape[1], shape[2]), fit)[None]


def _measurements(config: dict[str, Any], text: str) -> np.ndarray:
    try:
        numbers = np.array([float(word) for word in text.split(",")], dtype=np.float32)
        if len(numbers) != config["shape"][0] or not np.isfinite(numbers).all():
            raise ValueError
    except ValueError:
        raise CommandError(
            f"{text}: this run is of {config['dataset']}, which are {config['shape'][0]} numbers "
            "separated by commas, such as 39.1,18.7,181,3750"
        ) from None
    return (numbers - np.float32(config["mean"])) / np.float32(config["std"])
