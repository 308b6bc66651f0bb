"""Pictures: data sets, transforms and grids, with torchvision's names and behaviour.

For example:

    from flambeau.vision import datasets, transforms
    digits = datasets.Digits(train=True)
    mnist = datasets.MNIST("./data", transform=transforms.ToTensor(), download=True)
"""

from __future__ import annotations

from typing import Any

import flambeau
from flambeau.tensor.naming import no_such_name
from flambeau.vision import datasets, transforms, utils

__version__ = flambeau.__version__

__all__ = ["datasets", "transforms", "utils"]

_MODULES = ("io", "models", "ops")  # loaded on first use


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        from importlib import import_module

        try:
            return import_module(f"{__name__}.{name}")
        except ModuleNotFoundError as error:
            if error.name != f"{__name__}.{name}":
                raise
    raise no_such_name(__name__, name, [*globals(), *_MODULES])
