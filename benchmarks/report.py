"""What steps.py measured, as text, as Markdown, as a picture, and against the targets."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import workloads

Rows = dict[str, dict[str, Any]]
OURS, EAGER, BASE, RIVAL = "flambeau", "flambeau:eager", "torch", "torch:compile"
NAMES = {
    OURS: "flambeau",
    EAGER: "flambeau, eager",
    BASE: "PyTorch",
    RIVAL: "torch.compile",
    "jax": "JAX",
}
COLOURS = {OURS: "#c8451b", EAGER: "#eab391", RIVAL: "#5d6f7f", "jax": "#a9b8c4", BASE: "#222222"}

# The second and the third loss. Later ones drift apart on any two packages: Adam's first updates
# turn the last bit of a gradient near zero into a whole step.
TOLERANCES = (1e-3, 1e-2)
OTHER_NUMBERS = 0.1  # where the random numbers differ

# -- targets --------------------------------------------------------------------------------------

MEAN, LEAST = "geometric mean", "least"
# (side, side it is compared with): how many times as fast, over the workloads of STANDARD
RATIOS = {
    (OURS, BASE): {MEAN: 4.0, LEAST: 1.2},
    (OURS, RIVAL): {MEAN: 4.0},
    (EAGER, BASE): {MEAN: 1.0, LEAST: 0.6},
}
# A compiled step at most this share of PyTorch's ...
SHARES = {
    "fullbatch_mlp": 0.55, "cnn": 0.75, "lstm": 0.5, "transformer": 0.7, "resnet": 0.8,
    "autoencoder": 0.5,
}  # fmt: skip
# ... or, where calls cost more than arithmetic, this many seconds (two cores, AVX2, 3.4 GHz).
SECONDS = {"penguins_mlp": 15e-6, "softmax_regression": 60e-6, "mlp_512": 3200e-6}
QUICK = [workload.__name__ for workload in workloads.STANDARD[:5]]
NEW = {True: 1.5, False: 5.0}  # seconds of the first call, of QUICK and of the others
WARM = 0.3  # with the program on disk
MEMORY = 5.0  # megabytes of peak memory above eager's: the compiler itself


class Target(NamedTuple):
    """Something promised, what was measured, and whether that keeps the promise."""

    what: str
    measured: str
    wanted: str
    met: bool


def check(results: dict[str, Any]) -> int:
    """Print each target with what was measured; 1 where one is missed, else 0."""
    found = [*ratio_targets(results["rows"])]
    for name, row in results["rows"].items():
        found += [*failures(name, row), *(step_targets(name, row) if "step" in row[OURS] else ())]
    for target in found:
        verdict = "met   " if target.met else "MISSED"
        print(f"{verdict}  {target.what}: {target.measured}, target {target.wanted}")
    return 0 if all(target.met for target in found) else 1


def ratio_targets(rows: Rows) -> Iterator[Target]:
    for (side, other), wanted in RATIOS.items():
        pairs = standard(rows, side, other)
        if not pairs:
            continue
        between = f"{NAMES[side]} against {NAMES[other]}"
        if MEAN in wanted:
            mean = geometric_mean(pairs.values())
            what = f"{between}, geometric mean of {len(pairs)}"
            yield Target(what, factor(mean), factor(wanted[MEAN]), mean >= wanted[MEAN])
        if LEAST in wanted:
            name, least = min(pairs.items(), key=lambda pair: pair[1])
            what = f"{between}, least ({name})"
            yield Target(what, factor(least), factor(wanted[LEAST]), least >= wanted[LEAST])


def failures(name: str, row: dict[str, Any]) -> Iterator[Target]:
    """What failed or gave other losses; only flambeau has promised not to."""
    for side, figures in row.items():
        if "error" in figures:
            met = side not in (OURS, EAGER)
            yield Target(f"{name}, {NAMES[side]}", figures["error"], "a result", met)
    for side in disagreeing(name, row):
        losses = ", ".join(f"{loss:.6g}" for loss in row[side]["losses"])
        met = side not in (OURS, EAGER)
        yield Target(f"{name}, losses of {NAMES[side]}", losses, "those of PyTorch", met)


def step_targets(name: str, row: dict[str, Any]) -> Iterator[Target]:
    """Promises of single steps."""
    ours, base, eager = row[OURS], row.get(BASE, {}), row.get(EAGER, {})

    def at_most(what: str, value: float, limit: float, write: Callable[[float], str]) -> Target:
        return Target(f"{name}, {what}", write(value), f"at most {write(limit)}", value <= limit)

    if name in SECONDS:
        yield at_most("a step", ours["step"], SECONDS[name], duration)
    if name in SHARES and "step" in base:
        share = ours["step"] / base["step"]
        yield at_most("share of PyTorch's time", share, SHARES[name], "{:.2f}".format)
    if ours["new"] is not None:
        yield at_most("first call", ours["new"], NEW[name in QUICK], duration)
    if ours["warm"] is not None:
        yield at_most("first call, program on disk", ours["warm"], WARM, duration)
    if "peak" in eager:
        yield at_most("peak memory", ours["peak"], eager["peak"] + MEMORY, "{:.0f} MB".format)


def standard(rows: Rows, side: str, other: str) -> dict[str, float]:
    """How many times as fast one side is as another, on the workloads that targets are set for."""
    found = {}
    for name in (workload.__name__ for workload in workloads.STANDARD):
        value = ratio(rows.get(name, {}), side, other)
        if value is not None:
            found[name] = value
    return found


def ratio(row: dict[str, Any], side: str, other: str) -> float | None:
    """How many times as fast ``side`` is: the median over the rounds, each against its own."""
    a, b = row.get(side, {}).get("steps"), row.get(other, {}).get("steps")
    return statistics.median(y / x for x, y in zip(a, b)) if a and b else None


def geometric_mean(values: Iterable[float]) -> float:
    return math.exp(statistics.fmean(map(math.log, values)))


def disagreeing(name: str, row: dict[str, Any]) -> list[str]:
    """The sides whose losses are not those of PyTorch (of flambeau, where PyTorch is not there)."""
    there = [side for side, figures in row.items() if "losses" in figures]
    if not there:
        return []
    reference = row[BASE if BASE in there else there[0]]["losses"]
    wrong = []
    for side in there:
        other = name in workloads.RANDOM and side in (RIVAL, "jax")
        tolerances = (OTHER_NUMBERS,) * 2 if other else TOLERANCES
        if not all(
            math.isclose(a, b, rel_tol=t)
            for a, b, t in zip(row[side]["losses"], reference, tolerances)
        ):
            wrong.append(side)
    return wrong


# -- text ----------------------------------------------------------------------------------------


def line(name: str, row: dict[str, Any]) -> str:
    """A workload's figures in a line, to be seen while others are still running."""
    parts = []
    for side, figures in row.items():
        parts.append(f"{NAMES[side]} {figures.get('error') or duration(figures['step'])}")
    wrong = [f"LOSSES DIFFER: {NAMES[side]}" for side in disagreeing(name, row)]
    return f"{name}: " + ", ".join(parts + wrong)


def text(results: dict[str, Any]) -> str:
    """The tables of times, of first calls and of memory."""
    rows, sides = results["rows"], sides_of(results)
    found = results["machine"]
    versions = ", ".join(f"{k} {found[k]}" for k in ("torch", "jax", "numpy") if k in found)
    parts = [
        f"{found['cpu']}, {found['cores']} cores; Python {found['python']}, {versions}",
        "One step, and how many times as fast as PyTorch:\n" + aligned(steps_table(rows, sides)),
    ]
    for title, key in (
        ("First call on a new machine / of a new program / with the program on disk (s):", "first"),
        ("Peak memory (MB):", "peak"),
    ):
        table = [["", *[NAMES[side] for side in sides]]]
        for name, row in rows.items():
            table.append([name, *[cell(row[side], key) for side in sides]])
        parts.append(f"{title}\n{aligned(table)}")
    return "\n\n".join(parts)


def steps_table(rows: Rows, sides: Sequence[str]) -> list[list[str]]:
    table = [["", *[NAMES[side] for side in sides]]]
    for name, row in rows.items():
        line, wrong = [name], disagreeing(name, row)
        for side in sides:
            if "error" in row[side]:
                line.append("failed")
                continue
            value = ratio(row, side, BASE) if side != BASE else None
            times = "" if value is None else f" ({factor(value)})"
            line.append(duration(row[side]["step"]) + times + ("!" if side in wrong else ""))
        table.append(line)
    if BASE in sides:
        means = ["geometric mean"]
        for side in sides:
            pairs = [ratio(row, side, BASE) for row in rows.values()]
            there = [value for value in pairs if value is not None]
            means.append(f"({factor(geometric_mean(there))})" if there and side != BASE else "")
        table.append(means)
    return table


def cell(figures: dict[str, Any], key: str) -> str:
    if "error" in figures:
        return "failed"
    if key == "peak":
        return f"{figures['peak']:.0f}"
    times = [figures["empty"], figures["new"], figures["warm"]]
    return " / ".join(f"{time:.2f}" for time in times if time is not None)


def aligned(table: list[list[str]]) -> str:
    widths = [max(len(row[i]) for row in table) for i in range(len(table[0]))]
    lines = []
    for row in table:
        first, *others = (text.rjust(width) for text, width in zip(row, widths))
        lines.append("  ".join([row[0].ljust(widths[0]), *others]).rstrip())
    return "\n".join(lines)


def markdown(results: dict[str, Any]) -> str:
    """The table for the README."""
    rows, sides = results["rows"], sides_of(results)
    head, *body = steps_table(rows, sides)
    lines = ["| step | " + " | ".join(head[1:]) + " |", "|---|" + "---:|" * len(sides)]
    lines += ["| " + " | ".join(row) + " |" for row in body]
    return "\n".join(lines) + "\n"


def sides_of(results: dict[str, Any]) -> list[str]:
    """The sides that were measured, in the order of NAMES."""
    there = {side for row in results["rows"].values() for side in row}
    return [side for side in NAMES if side in there]


def duration(seconds: float) -> str:
    """A time in a unit that suits it, with two or three digits."""
    unit, size = next((u, s) for u, s in (("s", 1), ("ms", 1e-3), ("us", 0)) if seconds >= s)
    value = seconds / (size or 1e-6)
    return f"{value:.{0 if value >= 100 else 1 if value >= 10 else 2}f} {unit}"


def factor(value: float) -> str:
    return f"{value:.{0 if value >= 100 else 1 if value >= 10 else 2}f}x"


# -- the picture ---------------------------------------------------------------------------------


def plot(results: dict[str, Any], path: Path) -> None:
    """Horizontal bars of each side's time relative to PyTorch eager: to the left is faster."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    rows = {name: row for name, row in results["rows"].items() if "step" in row.get(BASE, {})}
    sides = [side for side in sides_of(results) if side != BASE]
    if not rows or not sides:
        print("no picture: it shows times relative to PyTorch's, and there are none")
        return
    height, gap = 0.8 / len(sides), 0.1
    figure, axes = pyplot.subplots(
        figsize=(8.5, 1.2 + 0.135 * len(rows) * (len(sides) + 1)), layout="constrained"
    )
    lowest = highest = 1.0
    for i, side in enumerate(sides):
        for j, row in enumerate(rows.values()):
            value = ratio(row, side, BASE)
            if value is None:
                continue
            share, place = 1 / value, j - 0.4 + (i + 0.5) * height
            lowest, highest = min(lowest, share), max(highest, share)
            axes.barh(
                place, share - 1, height * (1 - gap), left=1, color=COLOURS[side],
                label=NAMES[side] if j == 0 else None,
            )  # fmt: skip
            axes.annotate(
                factor(value), (share, place), (-3 if share < 1 else 3, 0),
                textcoords="offset points", va="center", ha="right" if share < 1 else "left",
                fontsize=7, color=COLOURS[OURS] if side == OURS else "#444444",
                fontweight="bold" if side == OURS else "normal",
            )  # fmt: skip
    axes.axvline(1, color=COLOURS[BASE], linewidth=1.2)
    axes.set_xscale("log")
    axes.set_xlim(lowest / 1.8, highest * 1.8)
    ticks = [t for t in (0.001, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10) if lowest / 1.8 <= t]
    ticks = [t for t in ticks if t <= highest * 1.8]
    axes.set_xticks(ticks, [f"{t:g}" for t in ticks])
    axes.minorticks_off()
    axes.set_yticks(range(len(rows)), list(rows))
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.set_xlabel("time of one step, PyTorch eager = 1 (logarithmic; shorter to the left)")
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x", color="#dddddd", linewidth=0.6)
    axes.set_axisbelow(True)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=len(sides), frameon=False)
    figure.savefig(path, dpi=160)
    pyplot.close(figure)
