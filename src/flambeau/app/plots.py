"""The pictures of a run: curves, confusion matrix, mistakes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

TRAINING, HELD_OUT, WRONG = "#e8871e", "#2166ac", "#b2182b"
GREY = "#666666"

STYLE: Any = {
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": GREY,
    "axes.titlelocation": "left",
    "axes.titleweight": "bold",
    "axes.titlesize": 11,
    "axes.grid": True,
    "grid.color": "#e5e5e5",
    "axes.axisbelow": True,
    "xtick.color": GREY,
    "ytick.color": GREY,
    "legend.frameon": False,
    "savefig.dpi": 150,
}

MOST_SHOWN = 40
"""Mistakes shown at most: those of which the network was most certain."""


def _save(figure: Figure, path: Path) -> None:
    figure.savefig(path, format="png", bbox_inches="tight", pad_inches=0.2)


@matplotlib.rc_context(STYLE)
def curves(history: Sequence[Any], path: Path) -> None:
    """Loss and accuracy by epoch, for training and held-out examples."""
    figure = Figure(figsize=(9, 3.4), layout="constrained")
    panels = figure.subplots(1, 2)
    epochs = [row.epoch for row in history]
    for axes, quantity in zip(panels, ("loss", "accuracy")):
        for part, label, colour in (
            ("train", "training", TRAINING),
            ("test", "held out", HELD_OUT),
        ):
            values = [getattr(row, f"{part}_{quantity}") for row in history]
            axes.plot(epochs, values, "o-", color=colour, label=label, markersize=3.5)
        axes.set_title(quantity.capitalize())
        axes.set_xlabel("epoch")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    panels[0].set_ylim(bottom=0)
    panels[0].legend()
    panels[1].yaxis.set_major_formatter(PercentFormatter(1))
    last = history[-1]
    panels[1].annotate(
        f"{last.test_accuracy:.1%}",
        (last.epoch, last.test_accuracy),
        xytext=(0, -14),
        textcoords="offset points",
        ha="right",
        color=HELD_OUT,
        weight="bold",
    )
    _save(figure, path)


@matplotlib.rc_context(STYLE | {"axes.grid": False})
def confusion(evaluation: Any, classes: Sequence[str], path: Path) -> None:
    """How many held-out examples of each class (row) were taken for each class (column)."""
    count = len(classes)
    answers = evaluation.probabilities.argmax(1)
    table = np.zeros((count, count), dtype=int)
    np.add.at(table, (evaluation.targets, answers), 1)
    shares = table / table.sum(1, keepdims=True).clip(1)
    side = 1.6 + 0.42 * count
    figure = Figure(figsize=(side, side), layout="constrained")
    axes = figure.subplots()
    # Right answers in one colour, wrong ones in another, so that few mistakes still stand out.
    right = np.eye(count, dtype=bool)
    axes.imshow(np.where(right, shares, np.nan), cmap="Blues", vmin=0, vmax=1.3)
    wrong = np.where(right | (table == 0), np.nan, shares)
    worst = np.nanmax(wrong, initial=0.01)
    axes.imshow(wrong, cmap="Reds", vmin=-0.3 * worst, vmax=1.5 * worst)
    for row in range(count):
        for column in range(count):
            if table[row, column]:
                colour = "white" if row == column and shares[row, column] > 0.6 else "black"
                axes.text(
                    column,
                    row,
                    str(table[row, column]),
                    ha="center",
                    va="center",
                    color=colour,
                    fontsize=9,
                )
    axes.set_xticks(range(count), classes, rotation=0 if count < 5 or _short(classes) else 90)
    axes.set_yticks(range(count), classes)
    axes.set_xlabel("answer of the network")
    axes.set_ylabel("truth")
    axes.tick_params(length=0)
    axes.set_xticks(np.arange(count + 1) - 0.5, minor=True)
    axes.set_yticks(np.arange(count + 1) - 0.5, minor=True)
    axes.grid(which="minor", color="#e5e5e5", linewidth=0.8)
    axes.tick_params(which="minor", length=0)
    axes.spines[:].set_visible(False)
    axes.set_title(f"{np.trace(table):,} of {table.sum():,} right ({evaluation.accuracy:.1%})")
    _save(figure, path)


def _short(classes: Sequence[str]) -> bool:
    return max(map(len, classes)) <= 2


@matplotlib.rc_context(STYLE | {"axes.grid": False})
def mistakes(evaluation: Any, dataset: Any, classes: Sequence[str], path: Path) -> None:
    """The held-out examples that the network got wrong, the most certain mistakes first."""
    answers = evaluation.probabilities.argmax(1)
    certainty = evaluation.probabilities.max(1)
    wrong = np.flatnonzero(answers != evaluation.targets)
    wrong = wrong[np.argsort(-certainty[wrong], kind="stable")]
    draw = _wrong_pictures if dataset.data.ndim == 3 else _wrong_rows
    said = [f"{classes[answer]} {share:.0%}" for answer, share in zip(answers, certainty)]
    _save(draw(wrong, said, dataset, classes), path)


def _wrong_pictures(
    wrong: np.ndarray, said: Sequence[str], dataset: Any, classes: Sequence[str]
) -> Figure:
    shown = wrong[:MOST_SHOWN]
    columns = min(8, max(4, len(shown)))
    rows = max(1, -(-len(shown) // columns))
    figure = Figure(figsize=(1.35 * columns, 1.75 * rows + 0.5), layout="constrained")
    grid = figure.subplots(rows, columns, squeeze=False)
    for axes in grid.flat:
        axes.axis("off")
    for axes, index in zip(grid.flat, shown):
        axes.axis("on")
        axes.set(xticks=[], yticks=[])
        axes.spines[:].set(visible=True, color="#dddddd")
        axes.imshow(dataset.data[int(index)].numpy(), cmap="gray_r", interpolation="nearest")
        truth = classes[int(dataset.targets[int(index)])]
        axes.set_title(said[index], color=WRONG, fontsize=9, loc="center", pad=4)
        axes.text(
            0.5,
            -0.05,
            f"is {truth}",
            transform=axes.transAxes,
            ha="center",
            va="top",
            fontsize=8,
            color=GREY,
        )
    figure.suptitle(_headline(len(wrong), len(shown), len(said)), x=0.01, ha="left", fontsize=11)
    return figure


def _wrong_rows(
    wrong: np.ndarray, said: Sequence[str], dataset: Any, classes: Sequence[str]
) -> Figure:
    """A table's examples in the plane of two features, the mistakes ringed."""
    values = (dataset.data * dataset.std + dataset.mean).numpy()
    targets = dataset.targets.numpy()
    across, up = 0, len(dataset.features) // 2
    figure = Figure(figsize=(6, 4.4), layout="constrained")
    axes = figure.subplots()
    dark: Any = matplotlib.colormaps["Dark2"]
    for number, name in enumerate(classes):
        part = targets == number
        x, y = values[part, across], values[part, up]
        axes.scatter(x, y, s=28, color=dark.colors[number], label=name, alpha=0.8)
    axes.scatter(
        values[wrong, across],
        values[wrong, up],
        s=130,
        facecolors="none",
        edgecolors=WRONG,
        linewidths=1.6,
        label="mistaken",
    )
    for index in wrong:
        axes.annotate(
            said[index],
            (values[index, across], values[index, up]),
            xytext=(8, 6),
            textcoords="offset points",
            fontsize=8,
            color=WRONG,
        )
    for axis, feature in ((axes.xaxis, across), (axes.yaxis, up)):
        name, unit = dataset.features[feature], dataset.units[feature]
        axis.set_label_text(f"{name.replace('_', ' ')} ({unit})")
    axes.legend()
    axes.set_title(_headline(len(wrong), len(wrong), len(said)))
    return figure


def _headline(wrong: int, shown: int, total: int) -> str:
    if not wrong:
        return f"No mistakes on {total:,} held-out examples"
    rest = "" if shown == wrong else f"; the {shown} of which the network was most certain"
    return f"{wrong:,} of {total:,} held-out examples mistaken{rest}"
