"""flambeau train: a network from a data set, and a folder of what came of it."""

from __future__ import annotations

import csv
import json
import math
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

import flambeau
from flambeau import nn, optim
from flambeau.app.augment import warped
from flambeau.app.errors import CommandError
from flambeau.app.network import build
from flambeau.app.recipes import OPTIMIZERS, RECIPES, Recipe
from flambeau.app.runs import CONFIG, MODEL, new_run
from flambeau.app.step import TimedStep, plain_step
from flambeau.data import DataLoader
from flambeau.nn import functional as F

EVALUATION_BATCH = 1000


@dataclass(frozen=True)
class Setup:
    """Everything that decides how a network is trained."""

    dataset: str
    data: Path | None
    layers: str
    epochs: int
    batch_size: int
    lr: float
    optimizer: str
    seed: int
    threads: int
    compile: bool

    @classmethod
    def of(
        cls,
        dataset: str,
        *,
        data: Path | None = None,
        layers: str | None = None,
        epochs: int | None = None,
        batch_size: int | None = None,
        lr: float | None = None,
        optimizer: str | None = None,
        seed: int = 0,
        threads: int = 1,
        compile: bool = True,
    ) -> Setup:
        """The settings, with the data set's defaults for those that are None.

        Raises:
            CommandError: a setting makes no sense.
        """
        recipe = RECIPES.get(dataset)
        if recipe is None:
            raise CommandError(f"unknown data set {dataset!r}: choose from {', '.join(RECIPES)}")
        if data is not None and not recipe.folder:
            raise CommandError(f"{dataset} come with flambeau; --data is for the other data sets")
        optimizer = optimizer or recipe.optimizer
        if optimizer not in OPTIMIZERS:
            raise CommandError(
                f"unknown optimizer {optimizer!r}: choose from {', '.join(OPTIMIZERS)}"
            )
        if lr is None:
            lr = recipe.lr if optimizer == recipe.optimizer else OPTIMIZERS[optimizer].lr
        if not (math.isfinite(lr) and lr > 0):
            raise CommandError(f"--lr must be a number above 0, not {lr:g}")
        return cls(
            dataset=dataset,
            data=(data or Path("data")) if recipe.folder else None,
            layers=recipe.layers if layers is None else layers,
            epochs=epochs or recipe.epochs,
            batch_size=batch_size or recipe.batch_size,
            lr=lr,
            optimizer=optimizer,
            seed=seed,
            threads=threads,
            compile=compile,
        )


@dataclass(frozen=True)
class Epoch:
    """What is measured after each epoch; a row of metrics.csv."""

    epoch: int
    train_loss: float
    train_accuracy: float
    test_loss: float
    test_accuracy: float
    seconds: float


@dataclass(frozen=True)
class Evaluation:
    """A network's answers on a data set: class probabilities (N x classes), and the truth (N)."""

    loss: float
    accuracy: float
    probabilities: Any
    targets: Any


def train(setup: Setup, output: Path, *, force: bool = False, download: bool = False) -> None:
    """Train as ``setup`` says, print what happens, and write the run folder ``output``.

    Raises:
        CommandError: the settings, the data or ``output`` are not right.
    """
    console = Console(soft_wrap=True, highlight=False)
    recipe = RECIPES[setup.dataset]
    flambeau.set_num_threads(setup.threads)
    flambeau.manual_seed(setup.seed)
    with new_run(output, force) as folder:
        training = _load(recipe, setup, True, download)
        held_out = _load(recipe, setup, False, download)
        model = build(setup.layers, recipe.shape, len(training.classes))
        console.print(_announcement(setup, model, training, held_out))
        epochs = list(_epochs(setup, model, training, held_out, console))
        history, evaluation = [row for row, _ in epochs], epochs[-1][1]
        _write(folder, setup, model, history, evaluation, training, held_out)
    last = history[-1]
    console.print(
        f"{last.test_accuracy:.2%} of {len(held_out):,} held-out examples right. "
        f"Network, curves, confusion matrix and mistakes: {output}"
    )


def _load(recipe: Recipe, setup: Setup, train: bool, download: bool) -> Any:
    try:
        return recipe.load(setup.data or Path(), train, download)
    except (OSError, RuntimeError) as error:
        message = str(error).replace("download=True", "--download")
        raise CommandError(f"{setup.dataset}: {message}") from None


def _announcement(setup: Setup, model: nn.Module, training: Any, held_out: Any) -> str:
    count = sum(parameter.numel() for parameter in model.parameters())
    shape = "x".join(str(n) for n in RECIPES[setup.dataset].shape)
    return (
        f"{setup.dataset}: {len(training):,} training and {len(held_out):,} held-out examples, "
        f"{len(training.classes)} classes\n"
        f"network: {shape} - {setup.layers.replace(',', ' - ') or 'nothing'} - "
        f"{len(training.classes)}, {count:,} parameters; "
        f"{setup.optimizer}, learning rate {setup.lr:g}, batches of {setup.batch_size}"
    )


def _epochs(
    setup: Setup, model: nn.Module, training: Any, held_out: Any, console: Console
) -> Iterator[tuple[Epoch, Evaluation]]:
    """Train epoch by epoch; after each, its row and the answers on the held-out examples."""
    loader = DataLoader(training, batch_size=setup.batch_size, shuffle=True)
    optimizer = OPTIMIZERS[setup.optimizer].make(model.parameters(), lr=setup.lr)
    warp = RECIPES[setup.dataset].warp
    steps = setup.epochs * len(loader)
    schedule = optim.lr_scheduler.LambdaLR(optimizer, lambda step: 1 - step / steps)
    columns = (
        TextColumn("epoch {task.fields[epoch]:>2}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("loss {task.fields[loss]:.4f}"),
        TimeRemainingColumn(),
    )
    step = TimedStep(plain_step(model, optimizer), setup.batch_size, console.print, setup.compile)
    quiet = not console.is_terminal
    with Progress(*columns, console=console, transient=True, disable=quiet) as progress:
        task = progress.add_task("", total=steps, epoch=1, loss=math.nan)
        done = 0
        for epoch in range(1, setup.epochs + 1):
            start = time.perf_counter()
            model.train()
            total_loss = correct = 0.0
            for inputs, targets in loader:
                if warp:
                    inputs = warped(inputs)
                loss, right = step(inputs, targets)
                schedule.step()
                done += 1
                value = loss.item()
                total_loss += value * len(targets)
                correct += right.item()
                progress.update(task, completed=done, epoch=epoch, loss=value)
            evaluation = evaluate(model, held_out)
            row = Epoch(
                epoch=epoch,
                train_loss=total_loss / len(training),
                train_accuracy=correct / len(training),
                test_loss=evaluation.loss,
                test_accuracy=evaluation.accuracy,
                seconds=time.perf_counter() - start,
            )
            if not math.isfinite(row.train_loss):
                raise CommandError(
                    f"the loss is {row.train_loss} after epoch {epoch}: try a smaller --lr"
                )
            if epoch == 1:  # below what is told of the first steps
                console.print("epoch    loss  accuracy   held-out loss  accuracy   seconds")
            console.print(
                f"{row.epoch:5} {row.train_loss:7.4f} {row.train_accuracy:9.2%} "
                f"{row.test_loss:15.4f} {row.test_accuracy:9.2%} {row.seconds:9.1f}"
            )
            yield row, evaluation


def evaluate(model: nn.Module, dataset: Any) -> Evaluation:
    """The network's answers on all of ``dataset``."""
    model.eval()
    scores, targets = [], []
    with flambeau.no_grad():
        for inputs, wanted in DataLoader(dataset, batch_size=EVALUATION_BATCH):
            scores.append(model(inputs))
            targets.append(wanted)
        all_scores, all_targets = flambeau.cat(scores), flambeau.cat(targets)
        return Evaluation(
            loss=F.cross_entropy(all_scores, all_targets).item(),
            accuracy=(all_scores.argmax(1) == all_targets).float().mean().item(),
            probabilities=F.softmax(all_scores, 1).numpy(),
            targets=all_targets.numpy(),
        )


def _write(
    folder: Path,
    setup: Setup,
    model: nn.Module,
    history: list[Epoch],
    evaluation: Evaluation,
    training: Any,
    held_out: Any,
) -> None:
    from flambeau.app import plots

    recipe = RECIPES[setup.dataset]
    names = [name.split(" - ")[0] for name in training.classes]  # MNIST's are "4 - four"
    flambeau.save(model.state_dict(), folder / MODEL)
    settings = asdict(setup) | {
        "data": None if setup.data is None else str(setup.data),
        "shape": list(recipe.shape),
        "classes": names,
        "training_examples": len(training),
        "held_out_examples": len(held_out),
        "held_out_accuracy": history[-1].test_accuracy,
        "flambeau": flambeau.__version__,
    }
    if hasattr(training, "mean"):
        settings |= {"mean": training.mean.tolist(), "std": training.std.tolist()}
    (folder / CONFIG).write_text(json.dumps(settings, indent=2) + "\n", "utf-8")
    with open(folder / "metrics.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(Epoch.__dataclass_fields__))
        writer.writeheader()
        for row in history:
            writer.writerow({name: f"{value:.6g}" for name, value in asdict(row).items()})
    plots.curves(history, folder / "curves.png")
    plots.confusion(evaluation, names, folder / "confusion.png")
    plots.mistakes(evaluation, held_out, names, folder / "mistakes.png")
