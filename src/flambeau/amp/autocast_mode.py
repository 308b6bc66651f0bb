"""``autocast``: inside, products of matrices and convolutions compute in a half type.

Operators whose result a half type would spoil, losses above all, compute in float32. The casts are
operators like any other, so gradients arrive in the types that the parameters have.
"""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from ..autograd.modes import mode
from ..ops.table import Op
from ..tensor import dtype as D
from ..tensor.device import device as Device
from ..tensor.tensor import Tensor

HALF_ROWS = frozenset((
    "mm", "mm_nt", "mm_tn", "mv", "dot", "bmm", "matmul_nd", "rows_product", "addmm", "addbmm",
    "baddbmm", "linear_matrix", "linear_rows", "linear_matrix_plain", "linear_rows_plain", "_conv",
    "_conv_transposed", "_attention", "_prelu_kernel",
))  # fmt: skip
FLOAT_ROWS = frozenset((
    "_cross_entropy", "_nll_loss", "_nll_loss2d", "_bce", "_bce_with_logits", "mse_loss",
    "huber_loss", "smooth_l1_loss", "soft_margin_loss", "_ctc_loss", "_prod", "prod_dim", "trace",
    "_cdist", "_avg_pool3d", "_max_pool3d", "_adaptive_avg_pool3d_row", "view_as_complex",
    "cholesky_inverse", "cholesky_solve", "linalg_det", "linalg_slogdet", "linalg_inv_ex",
    "linalg_cholesky_ex", "linalg_qr", "linalg_eigh", "linalg_eig", "_linalg_svd",
    "_linalg_solve_ex", "linalg_vector_norm", "linalg_matrix_exp",
))  # fmt: skip
_FLOATS = {d.numpy: d for d in (D.float16, D.bfloat16, D.float32)}
_HALVES = (D.float16.numpy, D.bfloat16.numpy)
_cpu_dtype = D.bfloat16
_default_dtypes = {"cuda": D.float16, "mps": D.float16, "xpu": D.float16}


class _Casts:
    """What ``ops.dispatch`` calls with an operator's arguments while autocast is on."""

    def __init__(self, dtype: D.dtype):
        self.dtype = dtype

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Casts) and self.dtype is other.dtype

    def __hash__(self) -> int:
        return hash(self.dtype)

    def __call__(self, op: Op, args: tuple) -> tuple:
        if op.name in HALF_ROWS:
            return tuple(self._cast(a, _FLOATS, self.dtype) for a in args)
        if op.name in FLOAT_ROWS:
            return tuple(self._cast(a, _HALVES, D.float32) for a in args)
        return args

    @staticmethod
    def _cast(value: Any, from_types: Any, to: D.dtype) -> Any:
        if not isinstance(value, Tensor) or value._data.dtype not in from_types:
            return value
        return value if value._data.dtype == to.numpy else value.to(to)


class autocast:
    """Inside, matrix products and convolutions compute in ``dtype``. Also a decorator.

    Args:
        device_type: "cpu"; for other devices, which are not there, it warns and has no effect.
        dtype: bfloat16 (the default) or float16.
        enabled: False inside another autocast switches that off.
    """

    def __init__(
        self,
        device_type: str,
        dtype: D.dtype | None = None,
        enabled: bool = True,
        cache_enabled: bool | None = None,
    ):
        if not isinstance(device_type, str):
            raise ValueError(f"Expected `device_type` of type `str`, got: `{type(device_type)}`")
        self.device = Device(device_type).type
        self.fast_dtype = get_autocast_dtype(self.device) if dtype is None else dtype
        if self.device != "cpu" and enabled:
            warnings.warn(
                f"{self.device.upper()} is not available or torch_xla is imported. "
                "Disabling autocast.",
                stacklevel=2,
            )
            enabled = False
        if enabled and self.fast_dtype not in (D.bfloat16, D.float16):
            warnings.warn(
                "In CPU autocast, but the target dtype is not supported. Disabling autocast.\n"
                "CPU Autocast only supports dtypes of torch.bfloat16, torch.float16 currently.",
                stacklevel=2,
            )
            enabled = False
        self._enabled = enabled
        self._before: list[Any] = []

    def __enter__(self) -> autocast:
        self._before.append(mode.autocast)
        if self.device == "cpu":
            mode.autocast = _Casts(self.fast_dtype) if self._enabled else None
        return self

    def __exit__(self, *_: object) -> None:
        mode.autocast = self._before.pop()

    def __call__(self, function: Callable) -> Callable:
        @functools.wraps(function)
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            with self:
                return function(*args, **kwargs)

        return wrapped


def is_autocast_available(device_type: str) -> bool:
    """Whether autocast has an effect for a device: on the CPU it has."""
    return Device(device_type).type == "cpu"


def is_autocast_enabled(device_type: str | None = None) -> bool:
    """Whether autocast is on for a device ("cuda" unless said)."""
    return device_type == "cpu" and mode.autocast is not None


def is_autocast_cpu_enabled() -> bool:
    """Whether autocast is on for the CPU."""
    return mode.autocast is not None


def get_autocast_dtype(device_type: str) -> D.dtype:
    """The type that autocast computes in."""
    if device_type == "cpu":
        return mode.autocast.dtype if mode.autocast is not None else _cpu_dtype
    return _default_dtypes.get(device_type, D.bfloat16)


def get_autocast_gpu_dtype() -> D.dtype:
    """The type that autocast would compute in on a GPU."""
    return get_autocast_dtype("cuda")


def get_autocast_cpu_dtype() -> D.dtype:
    """The type that autocast computes in on the CPU."""
    return get_autocast_dtype("cpu")


def custom_fwd(
    fwd: Callable | None = None, *, device_type: str, cast_inputs: D.dtype | None = None
) -> Callable:
    """Decorates the forward of an autograd.Function: its floating-point inputs are cast first,
    and inside autocast is off, where ``cast_inputs`` is given."""
    if fwd is None:
        return functools.partial(custom_fwd, device_type=device_type, cast_inputs=cast_inputs)

    @functools.wraps(fwd)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        ctx = args[0]
        ctx._autocast = mode.autocast
        if cast_inputs is None or mode.autocast is None:
            return fwd(*args, **kwargs)
        before, mode.autocast = mode.autocast, None
        try:
            return fwd(
                *(_cast_all(a, cast_inputs) for a in args),
                **{k: _cast_all(v, cast_inputs) for k, v in kwargs.items()},
            )
        finally:
            mode.autocast = before

    return wrapped


def custom_bwd(bwd: Callable | None = None, *, device_type: str) -> Callable:
    """Decorates the backward of an autograd.Function: autocast is as it was in forward."""
    if bwd is None:
        return functools.partial(custom_bwd, device_type=device_type)

    @functools.wraps(bwd)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        before, mode.autocast = mode.autocast, getattr(args[0], "_autocast", None)
        try:
            return bwd(*args, **kwargs)
        finally:
            mode.autocast = before

    return wrapped


def _cast_all(value: Any, dtype: D.dtype) -> Any:
    if isinstance(value, Tensor):
        wide = value.is_floating_point() and value.dtype is not D.float64
        return value.to(dtype) if wide else value
    if isinstance(value, (str, bytes, np.ndarray)):
        return value
    if isinstance(value, dict):
        return {k: _cast_all(v, dtype) for k, v in value.items()}
    if isinstance(value, (tuple, list)):
        return type(value)(_cast_all(v, dtype) for v in value)
    return value
