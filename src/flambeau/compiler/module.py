"""A compiled module."""

from __future__ import annotations

from typing import Any

from ..nn import Module
from .function import CompiledFunction


class OptimizedModule(Module):
    """A module whose calls run as compiled programs; everything else is the module's own.

    Parameters and state dict show the original under ``_orig_mod``, as in PyTorch.
    """

    def __init__(self, module: Module, fullgraph: bool = False):
        super().__init__()
        self._orig_mod = module
        object.__setattr__(self, "_compiled", CompiledFunction(module.__call__, fullgraph))
        self.training = module.training

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """The original's result."""
        return self._compiled(*args, **kwargs)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._compiled(*args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        if name == "_orig_mod" or "_orig_mod" not in self.__dict__.get("_modules", ()):
            return super().__getattr__(name)
        return getattr(self._modules["_orig_mod"], name)

    def explain(self) -> str:
        """The program that was used last, as text."""
        return self._compiled.explain()

    def source(self) -> str:
        """The C of the program that was used last."""
        return self._compiled.source()
