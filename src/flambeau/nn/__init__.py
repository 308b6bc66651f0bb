"""Networks: modules, the functions that they compute, and initial values."""

from __future__ import annotations

from typing import Any

from ..tensor.naming import no_such_name
from . import functional as functional
from . import init as init
from . import parallel as parallel
from . import parameter as parameter
from . import utils as utils
from .modules import *  # noqa: F403
from .parallel import DataParallel as DataParallel
from .parameter import Buffer as Buffer
from .parameter import Parameter as Parameter
from .parameter import UninitializedBuffer as UninitializedBuffer
from .parameter import UninitializedParameter as UninitializedParameter

_MODULES = frozenset(("attention", "grad"))  # what loads on first use


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        from importlib import import_module

        return import_module(f"{__name__}.{name}")
    raise no_such_name(__name__, name, globals())
