"""``install()``: from then on ``import torch`` (and torchvision's part) means flambeau.

A real PyTorch in the same environment is neither loaded nor changed. Things then print under
PyTorch's names (``torch.float32``, ``torch.Size([2, 3])``, ``<class 'torch.Tensor'>``), since
programs show them.
"""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import sys
from collections.abc import Sequence
from types import ModuleType

from .tensor import naming

ALIASES = {"torch": "flambeau", "torchvision": "flambeau.vision"}
# Classes whose home in PyTorch is not where flambeau's rooms have it.
HOMES = {
    "flambeau.tensor.tensor": "torch", "flambeau.tensor.dtype": "torch",
    "flambeau.tensor.size": "torch", "flambeau.tensor.device": "torch",
    "flambeau.tensor.formats": "torch", "flambeau.tensor.generator": "torch",
    "flambeau.data": "torch.utils.data", "flambeau.vision": "torchvision",
}  # fmt: skip


def real_name(name: str) -> str | None:
    """The flambeau module that a PyTorch module's name stands for."""
    root, dot, rest = name.partition(".")
    target = ALIASES.get(root)
    return None if target is None else target + dot + rest


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Answers imports of torch and torchvision with flambeau's own modules."""

    def __init__(self) -> None:
        self._specs: dict[str, importlib.machinery.ModuleSpec | None] = {}

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        real = real_name(name)
        if real is None:
            return None
        try:
            found = importlib.util.find_spec(real)
        except (ModuleNotFoundError, ValueError):
            found = None
        if found is None:
            raise ModuleNotFoundError(
                f"No module named {name!r}: flambeau has no {real}", name=name
            )
        return importlib.machinery.ModuleSpec(name, self, is_package=True)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        module = importlib.import_module(real_name(spec.name) or spec.name)
        self._specs[spec.name] = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        # The import system has written the alias into the module's __spec__: put back its own.
        for name, spec in list(self._specs.items()):
            if spec is not None and spec.name == module.__name__:
                module.__spec__ = spec
                module.__loader__ = spec.loader
                del self._specs[name]
        rename_classes(module)


def rename_classes(module: ModuleType) -> None:
    """Gives a module's classes and functions the module names that PyTorch shows for them."""
    for value in list(vars(module).values()):
        home = getattr(value, "__module__", None)
        if not isinstance(home, str) or not home.startswith("flambeau"):
            continue
        root = next((h for h in HOMES if home == h or home.startswith(h + ".")), None)
        new = "torch" + home[len("flambeau") :]
        if root is not None:
            new = HOMES[root] if HOMES[root] == "torch" else HOMES[root] + home[len(root) :]
        try:
            value.__module__ = new
        except (AttributeError, TypeError):
            continue


def install() -> None:
    """Makes ``import torch`` and ``import torchvision`` give flambeau, in this process."""
    loaded = sys.modules.get("torch")
    if loaded is not None and getattr(loaded, "__name__", "") != "flambeau":
        raise RuntimeError(
            "torch is already imported in this process; install the alias before that, or run the "
            "program with `python -m flambeau program.py`"
        )
    if any(isinstance(f, _Finder) for f in sys.meta_path):
        return
    import flambeau

    naming.set_prefix("torch")
    sys.meta_path.insert(0, _Finder())
    sys.modules["torch"] = flambeau
    rename_classes(flambeau)
