"""The native runtime's convolutions, shape by shape, in turns with PyTorch, on one thread each.

    python benchmarks/convolutions.py [name ...]     all shapes, or those named
    python benchmarks/convolutions.py --threads 2    on more threads

For each of the three products (y: output, x: gradient of the input, w: gradient of the weight)
the table gives GFLOP/s in the best of several runs, and how many times faster than PyTorch that is.
PyTorch's part stays empty where it is not installed.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import time
from collections.abc import Callable
from typing import Any

import numpy as np

# name -> batch, input channels, height and width, output channels, kernel, stride, padding, groups
SHAPES = {
    "digits 1-32": (64, 1, 28, 32, 3, 1, 0, 1),
    "digits 32-64": (64, 32, 26, 64, 3, 1, 0, 1),
    "resnet 3-16": (32, 3, 32, 16, 3, 1, 1, 1),
    "resnet 16-16": (32, 16, 32, 16, 3, 1, 1, 1),
    "resnet 16-32 /2": (32, 16, 32, 32, 3, 2, 1, 1),
    "resnet 32-32": (32, 32, 16, 32, 3, 1, 1, 1),
    "resnet 32-64 /2": (32, 32, 16, 64, 3, 2, 1, 1),
    "resnet 64-64": (32, 64, 8, 64, 3, 1, 1, 1),
    "skip 3-16": (32, 3, 32, 16, 1, 1, 0, 1),
    "skip 16-32 /2": (32, 16, 32, 32, 1, 2, 0, 1),
    "skip 32-64 /2": (32, 32, 16, 64, 1, 2, 0, 1),
    "stem 3-64 7x7 /2": (4, 3, 112, 64, 7, 2, 3, 1),
    "wide 64-64": (4, 64, 56, 64, 3, 1, 1, 1),
    "deep 512-512": (2, 512, 14, 512, 3, 1, 1, 1),
    "points 64-64": (16, 64, 32, 64, 1, 1, 0, 1),
    "depthwise 64": (16, 64, 32, 64, 3, 1, 1, 64),
    "patches 3-32 16x16": (8, 3, 224, 32, 16, 16, 0, 1),
    "tiny 256-256 2x2": (32, 256, 2, 256, 3, 1, 1, 1),
}
SECONDS = 0.3  # for each product and package


def ours(shape: tuple[int, ...]) -> tuple[list[Callable[[], Any]], int]:
    """Three calls, and how many multiplications each does."""
    from flambeau.ops.nn import convolution

    n, c, size, o, k, s, p, g = shape
    random = np.random.RandomState(0)
    x = random.randn(n, c, size, size).astype(np.float32)
    w = random.randn(o, c // g, k, k).astype(np.float32)
    geometry = (s, s), (p, p), (1, 1), g
    y = convolution._conv(x, w, None, *geometry)
    calls = [
        lambda: convolution._conv(x, w, None, *geometry),
        lambda: convolution._conv_input_gradient(y, w, x.shape, *geometry),
        lambda: convolution._conv_weight_gradient(y, x, w.shape, *geometry),
    ]
    return calls, y.size * w[0].size


def theirs(shape: tuple[int, ...]) -> list[Callable[[], Any]]:
    """The same three of PyTorch."""
    import torch

    n, c, size, o, k, s, p, g = shape
    x, w = torch.randn(n, c, size, size), torch.randn(o, c // g, k, k)
    y = torch.conv2d(x, w, None, s, p, 1, g)
    geometry: Any = [s, s], [p, p], [1, 1], False, [0, 0], g
    back = torch.ops.aten.convolution_backward
    return [
        lambda: torch.conv2d(x, w, None, s, p, 1, g),
        lambda: back(y, x, w, None, *geometry, [True, False, False]),
        lambda: back(y, x, w, None, *geometry, [False, True, False]),
    ]


def best_in_turns(calls: list[Callable[[], Any]]) -> list[float]:
    """The shortest time of each, run one after the other again and again."""
    best = [float("inf")] * len(calls)
    until = time.perf_counter() + SECONDS * len(calls)
    for call in calls:
        call()
    while time.perf_counter() < until:
        for i, call in enumerate(calls):
            start = time.perf_counter()
            call()
            best[i] = min(best[i], time.perf_counter() - start)
    return best


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("names", nargs="*", help="shapes; all if left out")
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    os.environ.setdefault("OMP_NUM_THREADS", str(options.threads))
    import flambeau

    flambeau.set_num_threads(options.threads)
    compare = importlib.util.find_spec("torch") is not None
    if compare:
        import torch

        torch.set_num_threads(options.threads)
        torch.set_grad_enabled(False)
    print(f"{'GFLOP/s (times PyTorch)':20}" + "".join(f"{name:>16}" for name in "yxw"))
    for name in options.names or SHAPES:
        calls, work = ours(SHAPES[name])
        other = theirs(SHAPES[name]) if compare else []
        cells = []
        for i, call in enumerate(calls):
            times = best_in_turns([call, *other[i : i + 1]])
            ratio = f"({times[1] / times[0]:.2f})" if compare else ""
            cells.append(f"{2e-9 * work / times[0]:8.1f} {ratio:>7}")
        print(f"{name:23}" + "".join(cells), flush=True)


if __name__ == "__main__":
    main()
