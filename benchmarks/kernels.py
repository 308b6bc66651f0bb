"""Compiled kernels against what the machine allows, which is measured in the same run.

    python benchmarks/kernels.py                      contractions, convolutions, pointwise, sums
    python benchmarks/kernels.py --only conv          those whose name contains "conv"
    python benchmarks/kernels.py --threads 1
    python benchmarks/kernels.py --details            also contractions.py, convolutions.py,
                                                      row_kernels.py and small_calls.py

The machine allows an arithmetic rate, that of independent fused multiply-adds in registers, and a
rate of memory, that of copying as much as the kernel writes and of summing up what it reads beyond
that, so that what fits a cache is held against the cache. A kernel needs at least the longer of its
two times; the share is that time over its own. Elementary functions take many instructions per
value, which are not counted. The first line is a kernel of one value: what a call costs. PyTorch's
column is how many times as fast flambeau is, and is empty where PyTorch is not installed. Each time
is the best of many, all in turns.
"""

from __future__ import annotations

import argparse
import ctypes
import importlib.util
import math
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path.append(str(HERE.parent / "src"))  # where flambeau is not installed

DETAILS = ("contractions.py", "convolutions.py", "row_kernels.py", "small_calls.py")

PEAKS = r"""
#include <string.h>
#include "fl.h"
#include "vector.h"

#define SUMS (FL_REGISTERS - 4)

static void adds(void *context, int64_t begin, int64_t end)
{
    fvec sum[SUMS], x = fvec_set(0.5f), y = fvec_set(1.0f);
    for (int i = 0; i < SUMS; i++)
        sum[i] = fvec_set((float)i);
    for (int64_t p = begin; p < end; p++)
        FL_UNROLL for (int i = 0; i < SUMS; i++)
            sum[i] = sum[i] * x + y;
    for (int i = 1; i < SUMS; i++)
        sum[0] += sum[i];
    fvec_store((float *)context + begin % 2 * FL_WIDTH, sum[0]);
}

typedef struct { char *to; const char *from; float out[64]; } bytes;

static void copy(void *context, int64_t begin, int64_t end)
{
    bytes *b = context;
    memcpy(b->to + begin, b->from + begin, (size_t)(end - begin));
}

static void read(void *context, int64_t begin, int64_t end)
{
    bytes *b = context;
    fvec sum[SUMS] = {0};
    const float *from = (const float *)(b->from + begin);
    int64_t n = (end - begin) / 4;
    for (int64_t i = 0; i + SUMS * FL_WIDTH <= n; i += SUMS * FL_WIDTH)
        FL_UNROLL for (int j = 0; j < SUMS; j++)
            sum[j] += fvec_load(from + i + j * FL_WIDTH);
    for (int i = 1; i < SUMS; i++)
        sum[0] += sum[i];
    fvec_store(b->out + begin % 2 * FL_WIDTH, sum[0]);
}

static int64_t part(int64_t n) { return (n / fl_num_threads() + 63) / 64 * 64 + 64; }

FL_API int64_t multiply_adds(int64_t n, float *out)
{
    fl_for(n, part(n), adds, out);
    return n * SUMS * FL_WIDTH;
}
FL_API void copy_bytes(int64_t n, void *to, const void *from)
{
    bytes b = {to, from, {0}};
    fl_for(n, n > 65536 ? part(n) : n, copy, &b);
}
FL_API float read_bytes(int64_t n, const void *from)
{
    bytes b = {0, from, {0}};
    fl_for(n, n > 65536 ? part(n) : n, read, &b);
    return b.out[0];
}
"""


class Case(NamedTuple):
    """A kernel: what it computes, and what of it counts."""

    name: str
    make: Callable[[Any], Callable[[], Any]]  # of the package
    work: float  # additions and multiplications
    read: float  # bytes
    written: float


# -- the kernels ---------------------------------------------------------------------------------


def numbers(torch: Any, *shape: int) -> Any:
    values = np.random.RandomState(len(shape)).uniform(0.1, 1, shape)
    return torch.from_numpy(values.astype(np.float32))


def product(name: str, m: int, n: int, k: int, turned: bool = False) -> Case:
    """An m x k times a k x n matrix; ``turned``: the second lies as n x k."""

    def make(torch: Any) -> Callable[[], Any]:
        a, b, c = numbers(torch, m, k), numbers(torch, n, k), numbers(torch, m, n)
        b = b.t() if turned else b.t().contiguous()
        return lambda: c.copy_(a @ b)

    return Case(f"{name} {m}x{k}x{n}", make, 2.0 * m * n * k, 4.0 * (m * k + k * n), 4.0 * m * n)


def convolution(name: str, n: int, c: int, size: int, o: int, backward: bool = False) -> Case:
    """3x3, padding 1, images of size x size; backward: the gradients by input and weight."""

    def make(torch: Any) -> Callable[[], Any]:
        x, w = numbers(torch, n, c, size, size), numbers(torch, o, c, 3, 3)
        y = numbers(torch, n, o, size, size)
        if not backward:
            return lambda: y.copy_(torch.nn.functional.conv2d(x, w, None, 1, 1))
        x.requires_grad_()
        w.requires_grad_()

        def run() -> Any:
            out = torch.nn.functional.conv2d(x, w, None, 1, 1)
            return torch.autograd.grad(out, (x, w), y)

        return run

    inputs, outputs, weights = n * c * size * size, n * o * size * size, o * c * 9
    work = 2.0 * outputs * c * 9 * (3 if backward else 1)
    touched = 4.0 * (inputs + weights)
    if backward:  # the forward pass belongs to it only if the gradient needs its result
        return Case(name, make, work * 2 / 3, touched + 4.0 * outputs, touched)
    return Case(name, make, work, touched, 4.0 * outputs)


def pointwise(name: str, n: int, formula: str, inputs: str, work: float) -> Case:
    """``formula`` of arrays a, b, c of n values, written into another."""

    def make(torch: Any) -> Callable[[], Any]:
        names = {key: numbers(torch, n) for key in inputs} | {"torch": torch}
        y, code = numbers(torch, n), compile(formula, formula, "eval")
        return lambda: y.copy_(eval(code, names))

    return Case(f"{name} {size_of(n)}", make, work * n, 4.0 * n * len(inputs), 4.0 * n)


def reduction(name: str, shape: tuple[int, int], formula: str, work: float, out: int) -> Case:
    """``formula`` of a matrix ``a``, whose result has ``out`` values."""
    n = math.prod(shape)

    def make(torch: Any) -> Callable[[], Any]:
        names, code = {"a": numbers(torch, *shape), "torch": torch}, compile(formula, name, "eval")
        return lambda: eval(code, names)

    return Case(f"{name} {shape[0]}x{shape[1]}", make, work * n, 4.0 * n, 4.0 * out)


def size_of(n: int) -> str:
    return f"{n >> 20}M" if n >= 1 << 20 else f"{n >> 10}k" if n >= 1 << 10 else str(n)


def cases() -> list[Case]:
    found = [
        pointwise("call", 1, "a + a", "a", 1),
        product("matmul", 128, 128, 128),
        product("matmul", 512, 512, 512),
        product("matmul", 1024, 1024, 1024),
        product("linear", 64, 512, 784, turned=True),
        product("linear", 768, 512, 128, turned=True),
        product("linear", 64, 10, 512, turned=True),
        convolution("conv 32-64, 26x26, batch 64", 64, 32, 26, 64),
        convolution("conv 16-16, 32x32, batch 32", 32, 16, 32, 16),
        convolution("conv 64-64, 8x8, batch 32", 32, 64, 8, 64),
        convolution("conv 1-32, 28x28, batch 64", 64, 1, 28, 32),
        convolution("conv gradients 32-64, 26x26", 64, 32, 26, 64, backward=True),
    ]
    for n in (1 << 18, 1 << 22):
        found += [
            pointwise("a * b + c", n, "a * b + c", "abc", 2),
            pointwise("relu(a + b) * 0.5", n, "torch.relu(a + b) * 0.5", "ab", 3),
            pointwise("exp", n, "torch.exp(a)", "a", 1),
            pointwise("tanh", n, "torch.tanh(a)", "a", 1),
            pointwise("gelu", n, "torch.nn.functional.gelu(a)", "a", 1),
        ]
    for shape in ((1024, 256), (4096, 1024)):
        n, rows = math.prod(shape), shape[0]
        found += [
            reduction("sum", shape, "a.sum()", 1, 1),
            reduction("sum of squares by row", shape, "(a * a).sum(1)", 2, rows),
            reduction("sum by column", shape, "a.sum(0)", 1, shape[1]),
            reduction("softmax", shape, "torch.softmax(a, 1)", 4, n),
        ]
    return found


# -- measuring -----------------------------------------------------------------------------------


class Machine:
    """The peaks, as calls that do so much work or touch so many bytes."""

    def __init__(self) -> None:
        from flambeau.backends.native import library

        if library.runtime() is None:
            sys.exit("there is no native code on this machine")
        program, number, pointer = (
            library.program(PEAKS, "peaks"), ctypes.c_int64, ctypes.c_void_p,
        )  # fmt: skip
        self.adds, self.copy, self.read = (
            program.multiply_adds, program.copy_bytes, program.read_bytes,
        )  # fmt: skip
        self.adds.argtypes, self.adds.restype = [number, pointer], number
        self.copy.argtypes, self.copy.restype = [number, pointer, pointer], None
        self.read.argtypes, self.read.restype = [number, pointer], ctypes.c_float
        self.small = np.zeros(64, np.float32)

    def arithmetic(self) -> tuple[Callable[[], Any], float]:
        """A call, and how many additions and multiplications it does."""
        loops = 20_000
        work = 2.0 * self.adds(loops, self.small.ctypes.data)
        return lambda: self.adds(loops, self.small.ctypes.data), work

    def memory(self, read: float, written: float) -> tuple[Callable[[], Any], float]:
        """A call that moves as many bytes, a copy and a sum of the rest, and their number."""
        pairs, more = int(min(read, written)), int(max(0.0, read - written))
        source, target = np.ones(max(pairs, more, 64), np.uint8), np.ones(pairs + 64, np.uint8)
        to, origin = target.ctypes.data, source.ctypes.data

        def run() -> tuple[Any, ...]:
            self.copy(pairs, to, origin)
            return self.read(more, origin), source, target

        return run, 2.0 * pairs + more


def best(calls: list[Callable[[], Any]], seconds: float) -> list[float]:
    """The least time of each, measured in turns."""
    repeats = []
    for call in calls:
        call()
        start = time.perf_counter()
        call()
        repeats.append(max(1, int(2e-4 / (time.perf_counter() - start))))
    least = [math.inf] * len(calls)
    stop = time.perf_counter() + seconds * len(calls)
    while time.perf_counter() < stop:
        for i, (call, repeat) in enumerate(zip(calls, repeats)):
            start = time.perf_counter()
            for _ in range(repeat):
                call()
            least[i] = min(least[i], (time.perf_counter() - start) / repeat)
    return least


def table(machine: Machine, only: str, seconds: float, compare: bool) -> None:
    import flambeau

    head = ("kernel", "time", "GFLOP/s", "peak", "GB/s", "peak", "share", "PyTorch")
    print(f"{head[0]:36}{head[1]:>12}" + "".join(f"{text:>9}" for text in head[2:]))
    for case in cases():
        if only not in case.name:
            continue
        arithmetic, work = machine.arithmetic()
        memory, moved = machine.memory(case.read, case.written)
        kernel = flambeau.compile(case.make(flambeau))
        for _ in range(3):
            kernel()
        calls = [kernel, arithmetic, memory]
        if compare:
            import torch

            calls.append(case.make(torch))
        ours, at_work, at_memory, *theirs = best(calls, seconds)
        touched = case.read + case.written
        needed = max(case.work * at_work / work, touched * at_memory / moved)
        figures = (case.work / ours, work / at_work, touched / ours, moved / at_memory)
        print(
            f"{case.name:36}{ours * 1e6:9.1f} us"
            + "".join(f"{1e-9 * value:9.1f}" for value in figures)
            + f"{needed / ours:9.0%}"
            + (f"{theirs[0] / ours:9.2f}" if theirs else ""),
            flush=True,
        )


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", default="", help="kernels whose name contains this")
    parser.add_argument("--seconds", type=float, default=0.3, help="for each column of a kernel")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--details", action="store_true", help="run the other files, too")
    options = parser.parse_args()
    import flambeau

    flambeau.set_num_threads(options.threads)
    compare = importlib.util.find_spec("torch") is not None
    if compare:
        import torch

        torch.set_num_threads(options.threads)
    print(f"threads: {options.threads}")
    table(Machine(), options.only, options.seconds, compare)
    status = 0
    for file in DETAILS if options.details else ():
        print(f"\n{file}", flush=True)
        status |= subprocess.run([sys.executable, str(HERE / file)], check=False).returncode
    return status


if __name__ == "__main__":
    sys.exit(main())
