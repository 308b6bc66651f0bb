"""Matrix products of the native runtime against NumPy's BLAS and against the machine's peak.

    python benchmarks/contractions.py                   one thread, NumPy in turns with the runtime
    python benchmarks/contractions.py --threads 2       the runtime on two threads, NumPy on one
    python benchmarks/contractions.py --only mlp        the shapes whose name contains "mlp"

The shapes are those of linear layers in training steps: forward x W^T, the weight's gradient dY^T x
and the input's gradient dY W. The peak is that of a loop of independent fused multiply-adds, run
in turns too. Each figure is the best of several rounds: other work on the machine only adds time.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # it is read when NumPy is loaded

import argparse
import ctypes
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))

import numpy as np

from flambeau.backends.native import library

Case = tuple[str, np.ndarray, np.ndarray]

PEAK = r"""
#include "fl.h"
#include "vector.h"
static void chunk(void *context, int64_t begin, int64_t end)
{
    fvec sum[FL_REGISTERS - 4], x = fvec_set(0.5f), y = fvec_set(1.0f);
    for (int i = 0; i < FL_REGISTERS - 4; i++)
        sum[i] = fvec_set((float)i);
    for (int64_t p = begin; p < end; p++)
        FL_UNROLL for (int i = 0; i < FL_REGISTERS - 4; i++)
            sum[i] = sum[i] * x + y;
    for (int i = 1; i < FL_REGISTERS - 4; i++)
        sum[0] += sum[i];
    fvec_store((float *)context + begin % 2 * FL_WIDTH, sum[0]);
}
FL_API int64_t multiply_adds(int64_t n, float *out)
{
    fl_for(n, n / fl_num_threads(), chunk, out);
    return n * (FL_REGISTERS - 4) * FL_WIDTH;
}
"""

# name: rows, inputs, outputs of the linear layer; the first layers of networks have no dX.
LAYERS = {
    "regression": (100, 784, 10),
    "penguins 1": (16, 4, 10),
    "penguins 2": (16, 10, 10),
    "penguins 3": (16, 10, 3),
    "mlp 1": (64, 784, 512),
    "mlp 2": (64, 512, 512),
    "mlp 3": (64, 512, 10),
    "autoencoder 1": (128, 784, 128),
    "autoencoder 2": (128, 128, 32),
    "autoencoder 3": (128, 32, 128),
    "autoencoder 4": (128, 128, 784),
    "transformer qkv": (768, 128, 384),
    "transformer proj": (768, 128, 128),
    "transformer up": (768, 128, 512),
    "transformer down": (768, 512, 128),
    "transformer head": (768, 128, 65),
    "cnn fc1": (64, 9216, 128),
    "lstm input": (1792, 28, 512),
    "lstm step": (64, 128, 512),
    "fullbatch 1": (60000, 784, 100),
    "fullbatch 2": (60000, 100, 100),
    "fullbatch 3": (60000, 100, 10),
}
PLAIN = {
    "square 128": (128, 128, 128),
    "square 512": (512, 512, 512),
    "square 1024": (1024, 1024, 1024),
    "vector": (1, 512, 784),
    "batch of 4": (4, 512, 784),
    "outer product": (512, 784, 1),
}


def cases() -> Iterator[Case]:
    random = np.random.default_rng(0)

    def make(rows: int, columns: int) -> np.ndarray:
        return random.random((rows, columns), np.float32)

    for name, (m, n, k) in PLAIN.items():
        yield name, make(m, k), make(k, n)
    for name, (rows, inputs, outputs) in LAYERS.items():
        x, weight, slope = make(rows, inputs), make(outputs, inputs), make(rows, outputs)
        yield f"{name} y", x, weight.T
        yield f"{name} dW", slope.T, x
        yield f"{name} dx", slope, weight


def strides(x: np.ndarray) -> list[int]:
    return [s // x.itemsize for s in x.strides]


def native(runtime: library.Runtime, a: np.ndarray, b: np.ndarray, c: np.ndarray) -> Callable:
    # The arguments as C numbers: what is measured is the product.
    fixed: list[Any] = [ctypes.c_int64(size) for size in (*c.shape, a.shape[1])]
    for x in (a, b, c):
        fixed += [ctypes.c_void_p(x.ctypes.data), *map(ctypes.c_int64, strides(x))]
    fixed += [ctypes.c_int64(0), None, None]
    function = runtime.fl_sgemm
    return lambda: function(*fixed)


def best(functions: list[Callable], work: float, rounds: int) -> list[float]:
    """The least time of each function, measured in turns."""
    repeat = max(1, int(1e7 / work))
    least = [float("inf")] * len(functions)
    for _ in range(rounds):
        for i, function in enumerate(functions):
            start = time.perf_counter()
            for _ in range(repeat):
                function()
            least[i] = min(least[i], (time.perf_counter() - start) / repeat)
    return least


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--only", default="", help="only shapes whose name contains this")
    options = parser.parse_args()
    runtime = library.runtime()
    if runtime is None:
        print("there is no native runtime on this machine")
        return 1
    runtime.fl_set_num_threads(options.threads)
    peak = library.program(PEAK, "peak").multiply_adds
    peak.argtypes, peak.restype = [ctypes.c_int64, ctypes.c_void_p], ctypes.c_int64
    out, loops = np.zeros(64, np.float32), 100_000
    print(f"{'product':24}{'m':>6}{'n':>6}{'k':>6}{'runtime':>14}{'GFLOP/s':>9}"
          f"{'of peak':>9}{'NumPy':>14}{'NumPy/runtime':>15}")  # fmt: skip
    for name, a, b in cases():
        if options.only not in name:
            continue
        (m, k), n = a.shape, b.shape[1]
        c = np.empty((m, n), np.float32)
        work = float(m * n * k)
        rounds = 3 if work > 1e9 else options.rounds
        adds = peak(loops, out.ctypes.data)
        functions = [native(runtime, a, b, c), lambda a=a, b=b, c=c: np.matmul(a, b, out=c)]
        (at_peak,) = best([lambda: peak(loops, out.ctypes.data)], 1e7, rounds)
        ours, numpys = best(functions, work, rounds)
        share = work / ours / (adds / at_peak)
        print(f"{name:24}{m:6}{n:6}{k:6}{ours * 1e6:11.1f} us{2e-9 * work / ours:9.1f}"
              f"{share:9.0%}{numpys * 1e6:11.1f} us{numpys / ours:15.2f}")  # fmt: skip
    return 0


if __name__ == "__main__":
    sys.exit(main())
