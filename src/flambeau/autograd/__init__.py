"""Gradients: the graph of recorded operations, the backward pass, and users' own operations."""

from . import functional, graph
from .anomaly import detect_anomaly, is_anomaly_enabled, set_detect_anomaly
from .function import Function
from .gradcheck import GradcheckError, gradcheck, gradgradcheck
from .methods import backward, grad
from .modes import enable_grad, inference_mode, no_grad, set_grad_enabled

Variable = None  # set to Tensor in flambeau/__init__.py: the old name of a tensor with a gradient

__all__ = [
    "Function", "GradcheckError", "backward", "detect_anomaly", "enable_grad", "functional", "grad",
    "gradcheck", "gradgradcheck", "graph", "inference_mode", "is_anomaly_enabled", "no_grad",
    "set_detect_anomaly", "set_grad_enabled",
]  # fmt: skip
