"""Times whole training steps on flambeau, PyTorch and JAX, in turns, and says who is ahead.

    python benchmarks/steps.py                       every workload on every side; takes long
    python benchmarks/steps.py --only cnn,lstm --rounds 1 --seconds 0.5 --sides flambeau,torch
    python benchmarks/steps.py --output DIR          also DIR/steps.json, steps.png and steps.md
    python benchmarks/steps.py --check               exit with 1 where a target is missed

A side is one of flambeau (compiled), flambeau:eager, torch, torch:compile and jax; what is not
installed is left out. Each side runs in a process of its own, and the processes take turns (A B C
A B C ...), so that a change in the machine's speed falls on all of them. A figure is the median
over the rounds of a round's median step. All start from the same weights and data; the second and
third loss are compared. The first round starts with empty caches of compiled code, as on a new
machine; the second of flambeau has its runtime library but not the program; later ones find the
program on disk. Peak memory is that of the process, the package included.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any

import workloads

SOURCE = str(Path(__file__).resolve().parent.parent / "src")
SIDES = ("flambeau", "flambeau:eager", "torch", "torch:compile", "jax")
WARM_UP = 7  # steps after the three whose losses are noted, or a second
AT_LEAST, AT_MOST = 5, 50_000  # timed steps


# -- in the process of one side ------------------------------------------------------------------


def measure(side: str, name: str, seconds: float, weights: Path) -> dict[str, Any]:
    """The figures of one workload on one side, in seconds and megabytes."""
    start = time.perf_counter()
    step = jax_step(name, weights) if side == "jax" else framework_step(side, name)
    made = time.perf_counter() - start
    times, losses = [], []
    for _ in range(3):
        start = time.perf_counter()
        losses.append(step())
        times.append(time.perf_counter() - start)
    first, times = times[0], []
    stop = time.perf_counter() + 1
    while len(times) < WARM_UP and time.perf_counter() < stop:
        times.append(step())
    times, stop = [], time.perf_counter() + seconds
    while (time.perf_counter() < stop or len(times) < AT_LEAST) and len(times) < AT_MOST:
        start = time.perf_counter()
        step()
        times.append(time.perf_counter() - start)
    return {
        "made": made,
        "first": first,
        "step": statistics.median(times),
        "losses": losses[1:],
        "peak": peak_memory(),
    }


def package(name: str) -> Any:
    """The package with all its cores, and a fixed seed."""
    torch = importlib.import_module(name)
    for part in ("nn", "nn.functional", "optim"):
        importlib.import_module(f"{name}.{part}")
    torch.set_num_threads(cores())
    torch.manual_seed(0)
    return torch


def framework_step(side: str, name: str) -> Callable[[], float]:
    """The step of a package with PyTorch's API; it gives the loss as a number."""
    which, _, mode = side.partition(":")
    torch = package(which)
    step = workloads.ALL[name](torch).step
    if (mode or ("compile" if which == "flambeau" else "eager")) == "compile":
        step = torch.compile(step)
    return lambda: step().item()


def jax_step(name: str, weights: Path) -> Callable[[], float]:
    import jax_steps
    import numpy as np

    with np.load(weights) as file:
        step = jax_steps.make(name, dict(file))
    return lambda: float(step())


def write_weights(name: str, path: Path) -> None:
    """What a workload starts from, for packages that draw other weights."""
    import numpy as np

    made = workloads.ALL[name](package("flambeau"))
    arrays = {key: value.numpy() for key, value in made.model.state_dict().items()}
    arrays = {key: value for key, value in arrays.items() if value.dtype == np.float32}
    np.savez(path, **arrays, **{":inputs": made.inputs.numpy(), ":targets": made.targets.numpy()})


def cores() -> int:
    usable = getattr(os, "sched_getaffinity", None)
    return len(usable(0)) if usable else os.cpu_count() or 1


def peak_memory() -> float:
    """Megabytes: what this process held at most, without what its parent did before it started."""
    try:
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    except OSError:
        pass
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1 << 20 if sys.platform == "darwin" else 1 << 10)


# -- the turns -----------------------------------------------------------------------------------


class Bench:
    """Processes that measure, each with the caches of this run."""

    def __init__(self, seconds: float, limit: float, folder: Path):
        self.seconds, self.limit, self.folder = seconds, limit, folder

    def workload(self, name: str, sides: list[str], rounds: int) -> dict[str, Any]:
        """A workload's figures: for each side what the rounds gave, or why they failed."""
        weights = self.folder / f"{name}.npz"
        if "jax" in sides:
            self.run(["--write-weights", str(weights), "--only", name], name)
        results: dict[str, list[dict[str, Any]]] = {side: [] for side in sides}
        for number in range(rounds):
            if number == 1:  # the runtime library stays
                for program in (self.folder / name / "flambeau").glob("program-*"):
                    program.unlink()
            for side in sides:
                if any("error" in result for result in results[side]):
                    continue
                arguments = ["--measure", side, "--only", name, "--weights", str(weights)]
                arguments += ["--seconds", str(self.seconds)]
                results[side].append(self.run(arguments, name))
        return {side: summary(side, rounds) for side, rounds in results.items()}

    def run(self, arguments: list[str], name: str) -> dict[str, Any]:
        caches = self.folder / name
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(filter(None, (os.environ.get("PYTHONPATH"), SOURCE))),
            "FLAMBEAU_CACHE": str(caches / "flambeau"),
            "TORCHINDUCTOR_CACHE_DIR": str(caches / "torch"),
            "JAX_COMPILATION_CACHE_DIR": str(caches / "jax"),
            "JAX_PLATFORMS": "cpu",
        }
        command = [sys.executable, str(Path(__file__).resolve()), *arguments]
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, env=environment, timeout=self.limit
            )
        except subprocess.TimeoutExpired:
            return {"error": f"more than {self.limit:g} s"}
        if done.returncode:
            return {"error": (done.stderr.strip().splitlines() or ["no output"])[-1][:200]}
        return json.loads(done.stdout.strip().splitlines()[-1] if done.stdout else "{}")


def summary(side: str, rounds: list[dict[str, Any]]) -> dict[str, Any]:
    """One side's figures of all rounds."""
    errors = [result["error"] for result in rounds if "error" in result]
    if errors:
        return {"error": errors[0]}
    firsts = [result["first"] for result in rounds]
    own = side == "flambeau"
    warm = firsts[2 if own else 1 :]
    return {
        "step": statistics.median(result["step"] for result in rounds),
        "steps": [result["step"] for result in rounds],
        "empty": firsts[0],
        "new": firsts[1] if own and len(firsts) > 1 else None,
        "warm": statistics.median(warm) if warm else None,
        "peak": statistics.median(result["peak"] for result in rounds),
        "losses": rounds[0]["losses"],
    }


def installed(sides: list[str]) -> list[str]:
    """The sides that can run here; of the others a note is printed."""
    there = []
    for side in sides:
        name = side.partition(":")[0]
        if name == "flambeau" or importlib.util.find_spec(name):
            there.append(side)
        else:
            print(f"{side} is left out: {name} is not installed")
    return there


def machine() -> dict[str, Any]:
    """What the figures belong to."""
    found: dict[str, Any] = {"cores": cores(), "cpu": platform.processor() or platform.machine()}
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                found["cpu"] = line.split(":", 1)[1].strip()
                break
    except OSError:
        pass
    found["python"] = platform.python_version()
    for name in ("flambeau", "torch", "jax", "numpy"):
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            if name == "flambeau":
                found[name] = "this checkout"
    return found


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )

    def words(known: Any) -> Callable[[str], list[str]]:
        def split(text: str) -> list[str]:
            for word in text.split(","):
                if word not in known:
                    raise argparse.ArgumentTypeError(f"{word} is none of {', '.join(known)}")
            return text.split(",")

        return split

    parser.add_argument("--only", type=words(workloads.ALL), default=list(workloads.ALL))
    parser.add_argument("--sides", type=words(SIDES), default=list(SIDES))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=2.0, help="timed steps per round and side")
    parser.add_argument("--limit", type=float, default=300.0, help="seconds for one process")
    parser.add_argument("--output", type=Path, help="folder of steps.json, steps.png, steps.md")
    parser.add_argument("--again", type=Path, metavar="JSON", help="report earlier figures anew")
    parser.add_argument("--check", action="store_true", help="exit with 1 where a target is missed")
    parser.add_argument("--measure", help=argparse.SUPPRESS)
    parser.add_argument("--weights", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--write-weights", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args()


def main() -> int:
    chosen = options()
    if chosen.write_weights:
        write_weights(chosen.only[0], chosen.write_weights)
        print("{}")
        return 0
    if chosen.measure:
        print(json.dumps(measure(chosen.measure, chosen.only[0], chosen.seconds, chosen.weights)))
        return 0
    import report

    if chosen.again:
        results = json.loads(chosen.again.read_text())
    else:
        sides, rows = installed(chosen.sides), {}
        with tempfile.TemporaryDirectory(prefix="steps-") as folder:
            bench = Bench(chosen.seconds, chosen.limit, Path(folder))
            for name in chosen.only:
                rows[name] = bench.workload(name, sides, chosen.rounds)
                print(report.line(name, rows[name]), flush=True)
        results = {
            "machine": machine(),
            "rounds": chosen.rounds,
            "seconds": chosen.seconds,
            "rows": rows,
        }
    print(report.text(results))
    if chosen.output:
        chosen.output.mkdir(parents=True, exist_ok=True)
        (chosen.output / "steps.json").write_text(json.dumps(results, indent=1) + "\n")
        (chosen.output / "steps.md").write_text(report.markdown(results))
        report.plot(results, chosen.output / "steps.png")
    return report.check(results) if chosen.check else 0


if __name__ == "__main__":
    sys.exit(main())
