"""Networks: modules, the functions that they compute, and initial values."""

from __future__ import annotations

from typing import Any

from ..tensor.naming import no_such_name
from . import functional as functional
from . import init as init
from . import parameter as parameter
from .modules import *  # noqa: F403
from .parameter import Buffer as Buffer
from .parameter import Parameter as Parameter
from .parameter import UninitializedBuffer as UninitializedBuffer
from .parameter import UninitializedParameter as UninitializedParameter


def __getattr__(name: str) -> Any:
    raise no_such_name(__name__, name, globals())
