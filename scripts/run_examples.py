"""Run the examples, each in a process of its own, and print a line for each.

    python scripts/run_examples.py             all of them
    python scripts/run_examples.py lenet lin   those whose names begin so

As many run at a time as there are cores, with one thread each. A line holds the name, the seconds
that it took, and the example's closing result. Their figures go to runs/examples/NAME. The exit
status is 1 if an example fails; its own words are shown then.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
EXAMPLES = ROOT / "examples"
HELPERS = {"common"}
# Their matrices are small: threads within a multiplication would wait for each other.
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


def names() -> list[str]:
    """The examples, in alphabetical order."""
    return sorted(path.stem for path in EXAMPLES.glob("*.py") if path.stem not in HELPERS)


def run(name: str) -> tuple[bool, float, str]:
    """Whether the example succeeds, its seconds, and its closing line, or all its words."""
    # The package beside this script, installed or not.
    path = os.pathsep.join(filter(None, (str(ROOT / "src"), os.environ.get("PYTHONPATH"))))
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, str(EXAMPLES / f"{name}.py")],
        cwd=ROOT,
        env=ONE_THREAD | os.environ | {"PYTHONPATH": path, "MPLBACKEND": "Agg"},
        capture_output=True,
        text=True,
    )
    seconds = time.perf_counter() - start
    if done.returncode == 0 and done.stdout.strip():
        return True, seconds, done.stdout.strip().splitlines()[-1]
    return False, seconds, (done.stdout + done.stderr).strip()


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("names", nargs="*", help="examples, or how their names begin; default: all")
    wanted = parser.parse_args().names
    chosen = [n for n in names() if not wanted or any(n.startswith(w) for w in wanted)]
    if not chosen:
        parser.error(f"no example is called {' or '.join(wanted)}; there are {', '.join(names())}")

    width = max(map(len, chosen))
    start, failed = time.perf_counter(), 0
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for name, (good, seconds, words) in zip(chosen, pool.map(run, chosen)):
            print(f"{name:{width}} {seconds:6.1f} s  {words if good else 'FAILED'}", flush=True)
            if not good:
                failed += 1
                print(words, file=sys.stderr, flush=True)
    total = time.perf_counter() - start
    print(f"{'all of them':{width}} {total:6.1f} s" + (f"  {failed} failed" if failed else ""))
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
