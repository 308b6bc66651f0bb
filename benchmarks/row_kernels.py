"""Eager kernels of the native runtime against NumPy's: rows, norms, gathers and functions.

    python benchmarks/row_kernels.py                    one thread
    python benchmarks/row_kernels.py --threads 2        two threads
    python benchmarks/row_kernels.py --only softmax     those whose name contains "softmax"

Each line is one forward or backward kernel on float32, in microseconds: NumPy's and the runtime's
in turns, the best of several rounds, since other work on the machine only adds time.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # it is read when NumPy is loaded

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))

import numpy as np

import flambeau
from flambeau.backends.native import library
from flambeau.ops import native
from flambeau.ops.table import ROWS

Case = tuple[str, Callable[[], object]]


def kernel(name: str) -> Callable:
    """The kernel of a row, as a call of the row would find it."""
    flambeau.ops.dispatch.prepare(ROWS[name])
    found = ROWS[name].kernel
    return native.mapped(name, found) if isinstance(found, np.ufunc) else found


def numbers(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).standard_normal(shape).astype(np.float32)


def cases() -> Iterator[Case]:
    for shape in ((64, 10), (60_000, 10), (512, 100), (2048, 1000), (16, 64, 1024)):
        x = numbers(*shape)
        for name in ("_softmax", "_log_softmax"):
            row = kernel(name)
            yield f"{name} {shape}", lambda k=row, x=x: k(x, 1)
        for name in ("softmax_gradient", "log_softmax_gradient"):
            row = kernel(name)
            yield f"{name} {shape}", lambda k=row, x=x: k(x, x, 1)
    for shape in ((64, 64), (512, 256), (4096, 512)):
        x, w = numbers(*shape), numbers(shape[1])
        m = numbers(shape[0], 1)
        layer, back = kernel("_layer_norm"), kernel("_layer_norm_backward")
        yield f"layer_norm {shape}", lambda k=layer, x=x, w=w: k(x, w, w, 1, 1e-5)
        yield f"layer_norm backward {shape}", lambda k=back, x=x, w=w, m=m: k(x, x, w, m, m, 1)
    for shape in ((64, 128), (1024, 512), (32, 64, 7, 7), (64, 32, 28, 28)):
        x, w = numbers(*shape), numbers(shape[1])
        train, back = kernel("_batch_norm_train"), kernel("_batch_norm_backward")
        yield f"batch_norm {shape}", lambda k=train, x=x, w=w: k(x, w, w, 1e-5)
        yield f"batch_norm backward {shape}", lambda k=back, x=x, w=w: k(x, x, w, w, w)
    for count, rows, width in ((64, 100, 16), (4096, 10_000, 64), (16_384, 30_000, 256)):
        table, g = numbers(rows, width), numbers(count, width)
        at = np.random.default_rng(1).integers(0, rows, count)
        take, add = kernel("embedding_rows"), kernel("embedding_backward")
        sizes = (count, rows, width)
        yield f"embedding {sizes}", lambda k=take, t=table, at=at: k(t, at, -1, False)
        yield (f"embedding backward {sizes}",
               lambda k=add, g=g, at=at, r=rows: k(g, at, r, -1, False))  # fmt: skip
    for n in (256, 1024, 4096, 1 << 16, 1 << 20):
        x = numbers(n)
        for name in ("exp", "tanh", "sigmoid", "erf", "_silu", "gelu_erf", "log1p", "sin"):
            row, y = kernel(name), np.abs(x) if name == "log1p" else x
            yield f"{name} {n}", lambda k=row, y=y: k(y)


def measure(call: Callable[[], object], rounds: int) -> tuple[float, float]:
    """Microseconds in NumPy and in the runtime."""
    best = [float("inf")] * 2
    found = native.named
    for _ in range(rounds):
        for i, way in enumerate((lambda name, count: None, found)):
            native.named = way
            start = time.perf_counter()
            call()
            best[i] = min(best[i], time.perf_counter() - start)
    native.named = found
    return best[0] * 1e6, best[1] * 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--only", default="")
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    if library.runtime() is None:
        sys.exit("there is no native code here")
    native._STAGES = ((0, "runtime"),)  # at once
    flambeau.set_num_threads(options.threads)
    print(f"{'':42}{'NumPy':>12}{'runtime':>12}{'times':>8}")
    for name, call in cases():
        if options.only in name:
            before, after = measure(call, options.rounds)
            print(f"{name:42}{before:12.1f}{after:12.1f}{before / after:8.1f}")


if __name__ == "__main__":
    main()
