"""flambeau: PyTorch's API and PyTorch's numbers, compiled, small, and open to be read."""

from __future__ import annotations

import warnings as _warnings

# 1 / 0 and log(0) give inf and nan, silently, as in PyTorch.
_warnings.filterwarnings("ignore", category=RuntimeWarning, module=r"flambeau\.")

from . import ops as ops
from .tensor import creation as _creation
from .tensor import dtype as _dtype
from .tensor import naming as _naming
from .tensor import ranges as _ranges
from .tensor.device import device
from .tensor.dtype import dtype, finfo, get_default_dtype, iinfo, set_default_dtype
from .tensor.formats import (
    channels_last,
    channels_last_3d,
    contiguous_format,
    layout,
    memory_format,
    preserve_format,
    sparse_coo,
    sparse_csr,
    strided,
)  # fmt: skip
from .tensor.size import Size
from .tensor.tensor import Tensor

ops.load()

import math as _math

from . import autograd as autograd
from .autograd import methods as _gradient_methods
from .autograd.modes import (
    enable_grad,
    inference_mode,
    is_grad_enabled,
    is_inference_mode_enabled,
    no_grad,
    set_grad_enabled,
)  # fmt: skip
from .ops import bind as _bind
from .tensor.generator import (
    Generator,
    default_generator,
    get_rng_state,
    initial_seed,
    manual_seed,
    seed,
    set_rng_state,
)  # fmt: skip
from .tensor.promotion import can_cast, promote_types

__version__ = "0.1.0"

pi, inf, nan, e = _math.pi, _math.inf, _math.nan, _math.e
newaxis = None

globals().update(_dtype.BY_NAME)
globals().update(_dtype.ALIASES)
globals().update(_creation.FUNCTIONS)
globals().update(_ranges.FUNCTIONS)
globals().update(_bind.FUNCTIONS["function"])

for _method in _creation.METHODS:
    setattr(Tensor, _method.__name__, _method)
for _name, _method in _gradient_methods.METHODS.items():
    setattr(Tensor, _name, _method)
autograd.Variable = Tensor


# ---------------------------------------------------------------------- what loads on first use

_MODULES = frozenset((
    "_C", "accelerator", "amp", "app", "backends", "compiler", "cuda", "distributed",
    "distributions", "explain", "fft", "func", "io", "jit", "linalg", "masked", "mps",
    "multiprocessing", "nn", "notebook", "optim", "overrides", "random", "serialization",
    "signal", "sparse", "special", "testing", "torch_alias", "types", "utils", "version",
    "vision", "xpu",
))  # fmt: skip
_LAZY_FROM = {
    "amp": "GradScaler autocast",
    "amp.autocast_mode": "get_autocast_cpu_dtype get_autocast_dtype get_autocast_gpu_dtype "
    "is_autocast_cpu_enabled is_autocast_enabled",
    "autograd.anomaly": "is_anomaly_enabled",
    "backends.threads": "get_num_interop_threads get_num_threads set_num_interop_threads "
    "set_num_threads",
    "compiler": "compile",
    "cuda": "OutOfMemoryError",
    "func": "vmap",
    "io": "load save",
    "notebook": "load_ipython_extension",
    "settings": "are_deterministic_algorithms_enabled get_default_device "
    "get_deterministic_debug_mode get_float32_matmul_precision "
    "is_deterministic_algorithms_warn_only_enabled is_warn_always_enabled set_default_device "
    "set_default_tensor_type set_deterministic_debug_mode set_float32_matmul_precision "
    "set_flush_denormal set_warn_always use_deterministic_algorithms",
    "sparse.create": "sparse_coo_tensor",
    "tensor.printing": "get_printoptions set_printoptions",
    "tensor.memory": "UntypedStorage",
    "tensor.tensor_types": " ".join(d.legacy for d in _dtype.ALL) + " typename",
}
_LAZY = {name: module for module, names in _LAZY_FROM.items() for name in names.split()}


def __getattr__(name: str) -> object:
    from importlib import import_module

    if name in _MODULES:
        try:
            return import_module(f"{__name__}.{name}")
        except ModuleNotFoundError as error:
            if error.name != f"{__name__}.{name}":
                raise
    if name in _LAZY:
        value = getattr(import_module(f"{__name__}.{_LAZY[name]}"), name)
        globals()[name] = value
        return value
    if name.startswith("_foreach_"):
        from .ops.foreach import FUNCTIONS

        if name in FUNCTIONS:
            return FUNCTIONS[name]
    raise _naming.no_such_name(__name__, name, __dir__())


def __dir__() -> list[str]:
    return sorted(n for n in {*globals(), *_MODULES, *_LAZY} if not n.startswith("_"))
