"""What can be computed: the operator table, a file per family of operators."""

from __future__ import annotations

import importlib

# The families, in the order in which they are read; the table is bound after the last.
OF_MODULES = (
    "pointwise", "arithmetic", "queries", "tensor_functions", "reductions", "extremes",
    "moments", "order", "softmax", "scans", "sorting", "counting", "views", "parts",
    "as_strided", "copies", "shape", "padding", "gather", "scatter", "scatter_reduce",
    "subscript", "view_copies", "contractions", "tensor_products", "einsum", "distances",
    "special_functions", "fourier", "short_time", "window_functions", "grids", "linalg.solving",
    "linalg.factoring", "linalg.spectral", "linalg.norms", "linalg.functions", "nn.linear",
    "nn.activations", "nn.convolution", "nn.convolution_calls", "nn.pooling",
    "nn.pooling_calls", "nn.normalization", "nn.layer_norms", "nn.losses", "nn.initial",
    "nn.embedding", "nn.attention", "nn.dropout", "nn.recurrent", "nn.recurrent_steps",
    "nn.recurrent_calls", "nn.gradients", "nn.cross_map", "nn.resize", "nn.grid", "nn.bags",
    "nn.ctc", "random",
    "array_gradients", "sparse", "optim",
)  # fmt: skip


def load() -> None:
    """Reads all rows and publishes them as functions and methods."""
    for name in OF_MODULES:
        importlib.import_module(f"{__name__}.{name}")
    from . import bind

    bind.bind_all()
