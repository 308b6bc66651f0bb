"""What one call costs on small tensors, and what starting costs: flambeau and PyTorch in turns.

    python benchmarks/small_calls.py            print the table
    python benchmarks/small_calls.py --check    also exit with 1 where a promise is not kept

Promises: ``a + b`` on 100 floats at most 3 us, 5 us with a gradient wanted; ``import flambeau`` at
most 0.25 s and 45 MB. PyTorch's columns stay empty where it is not installed.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CALLS = {  # name -> (statement, promise in us)
    "a + b": ("a + b", 3.0),
    "a + b, gradient wanted": ("w + b", 5.0),
    "a * 2.0": ("a * 2.0", 3.0),
    "a.tanh()": ("a.tanh()", None),
    "w.tanh(), gradient wanted": ("w.tanh()", None),
    "a.sum()": ("a.sum()", None),
    "a[3]": ("a[3]", None),
    "m @ m (10 x 10)": ("m @ m", None),
    "(w * b).sum().backward()": ("(w * b).sum().backward()", None),
    "F.linear(m, m, v), gradient wanted": ("F.linear(m, g, v)", None),
}
TIMER = """
import json, sys, timeit
import numpy as np
import {package} as T
from {package}.nn import functional as F
r = np.random.RandomState(0)
f = lambda *s: T.from_numpy(r.rand(*s).astype("float32"))
a, b, m, v = f(100), f(100), f(10, 10), f(10)
w, g = f(100).requires_grad_(), f(10, 10).requires_grad_()
out = {{}}
for name, statement in json.loads(sys.argv[1]).items():
    timer = timeit.Timer(statement, globals=globals())
    n = 2000
    timer.timeit(n)
    out[name] = min(timer.timeit(n) for _ in range(15)) / n * 1e6
print(json.dumps(out))
"""
START = """
import resource, time
start = time.perf_counter()
import {package}
print(time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


def run(code: str, *arguments: str) -> str:
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    environment["PYTHONPATH"] = str(ROOT / "src")
    environment.setdefault("OMP_NUM_THREADS", "1")
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        text=True,
        env=environment,
        check=True,
    )
    return done.stdout.strip().splitlines()[-1]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--check", action="store_true", help="exit with 1 where a promise is broken"
    )
    options = parser.parse_args()
    packages = ["flambeau"] + (["torch"] if importlib.util.find_spec("torch") else [])
    statements = json.dumps({name: s for name, (s, _) in CALLS.items()})
    calls: dict[str, list[dict]] = {p: [] for p in packages}
    starts: dict[str, list[tuple[float, float]]] = {p: [] for p in packages}
    for _ in range(options.rounds):
        for p in packages:
            calls[p].append(json.loads(run(TIMER.format(package=p), statements)))
            seconds, megabytes = run(START.format(package=p)).split()
            starts[p].append((float(seconds), float(megabytes)))
    broken = []
    print(f"{'call':38}" + "".join(f"{p:>12}" for p in packages))
    for name, (_, promise) in CALLS.items():
        row = [statistics.median(r[name] for r in calls[p]) for p in packages]
        print(f"{name:38}" + "".join(f"{v:9.2f} us" for v in row))
        if promise and row[0] > promise:
            broken.append(f"{name}: {row[0]:.2f} us, {promise} promised")
    for i, (name, unit, promise) in enumerate((("import", "s", 0.25), ("resident", "MB", 45.0))):
        row = [statistics.median(s[i] for s in starts[p]) for p in packages]
        print(f"{name:38}" + "".join(f"{v:9.2f} {unit:2}" for v in row))
        if row[0] > promise:
            broken.append(f"{name}: {row[0]:.2f} {unit}, {promise} promised")
    for line in broken:
        print("over the promise:", line)
    return 1 if options.check and broken else 0


if __name__ == "__main__":
    sys.exit(main())
