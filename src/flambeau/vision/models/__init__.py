"""Networks for pictures, with torchvision's names, layers and initial values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flambeau.nn import Module
from flambeau.tensor.naming import no_such_name

from . import resnet as resnet
from . import vgg as vgg
from .resnet import *  # noqa: F403
from .vgg import *  # noqa: F403

_BUILDERS: dict[str, Callable[..., Module]] = {
    name: getattr(module, name)
    for module in (resnet, vgg)
    for name in module.__all__
    if name.islower()
}


def list_models(module: Any = None, include: Any = None, exclude: Any = None) -> list[str]:
    """The names that ``get_model`` knows, chosen by patterns such as "res*"."""
    from fnmatch import fnmatch

    def given(patterns: Any) -> list[str]:
        return [patterns] if isinstance(patterns, str) else list(patterns or ())

    names = [n for n, f in _BUILDERS.items() if module is None or f.__module__ == module.__name__]
    if include is not None:
        names = [n for n in names if any(fnmatch(n, p) for p in given(include))]
    return sorted(n for n in names if not any(fnmatch(n, p) for p in given(exclude)))


def get_model_builder(name: str) -> Callable[..., Module]:
    """The function that makes the network of that name."""
    builder = _BUILDERS.get(name.lower())
    if builder is None:
        raise ValueError(f"Unknown model {name.lower()}")
    return builder


def get_model(name: str, **config: Any) -> Module:
    """The network of that name."""
    return get_model_builder(name)(**config)


def __getattr__(name: str) -> Any:
    raise no_such_name(__name__, name, globals())
