"""``install()``: from then on ``import torch`` (and torchvision's part) means flambeau.

A real PyTorch in the same environment is neither loaded nor changed. Things then print under
PyTorch's names (``torch.float32``, ``torch.Size([2, 3])``, ``<class 'torch.Tensor'>``), since
programs show them.

How: a finder in front of ``sys.meta_path`` answers imports of ``torch.x`` with the module
``flambeau.x``, and gives the classes of each flambeau module that is loaded the name of PyTorch's
module. ``torch`` itself is a module object of its own, since its version differs; every other
attribute is flambeau's.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Iterable, Sequence
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import ModuleType
from typing import Any

from .tensor import naming
from .tensor.naming import ALIASES, pytorch_name, real_name


def rename(module: ModuleType) -> None:
    """Gives the public classes that a module defines PyTorch's name for that module."""
    own, home = module.__name__, pytorch_name(module.__name__)
    for name, value in list(vars(module).items()):
        if isinstance(value, type) and value.__module__ == own and not name.startswith("_"):
            value.__module__ = home
    for alias, target in ALIASES.items():
        if own.startswith(target + "."):
            # What looks a class's module up (pickle, inspect) finds it without an import.
            sys.modules.setdefault(alias + own[len(target) :], module)


class _Loader(SourceFileLoader):
    """Loads a module of flambeau, and renames what it defines."""

    def exec_module(self, module: ModuleType) -> None:
        super().exec_module(module)
        rename(module)


class _SpawnLoader(SourceFileLoader):
    """Loads the part of multiprocessing that starts processes anew.

    They run the program again, and shall find the same torch.
    """

    def exec_module(self, module: ModuleType) -> None:
        super().exec_module(module)
        _install_in_children(module)


class _Finder:
    """Answers imports of torch and torchvision with flambeau's own modules."""

    def __init__(self) -> None:
        self._specs: dict[str, ModuleSpec | None] = {}

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name.startswith("flambeau."):
            spec = PathFinder.find_spec(name, path)
            if spec is not None and type(spec.loader) is SourceFileLoader:
                spec.loader = _Loader(spec.loader.name, spec.loader.path)
            if spec is None:
                _refuse(name)
            return spec
        if name == _SPAWN:
            spec = PathFinder.find_spec(name, path)
            if spec is not None and type(spec.loader) is SourceFileLoader:
                spec.loader = _SpawnLoader(spec.loader.name, spec.loader.path)
            return spec
        real = real_name(name)
        if real is None:
            return None
        # The module itself is loaded later: the import system takes one that appears while it
        # looks for a spec for one to be loaded anew.
        found = importlib.util.find_spec(real)
        if found is None:
            _refuse(name)
            return None
        package = found.submodule_search_locations is not None
        return ModuleSpec(name, self, origin=found.origin, is_package=package)  # type: ignore[arg-type]

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        if spec.name in ALIASES:
            return _Alias(spec.name)
        module = importlib.import_module(real_name(spec.name) or spec.name)
        self._specs[spec.name] = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        # The import system has written the alias into the module's __spec__: put back its own.
        for name, spec in list(self._specs.items()):
            if spec is not None and spec.name == module.__name__:
                module.__spec__ = spec
                del self._specs[name]

    def find_distributions(self, context: Any) -> Iterable[Any]:
        """What ``importlib.metadata.version("torch")`` reads."""
        if context.name not in ALIASES:
            return []
        from importlib.metadata import Distribution

        class Alias(Distribution):
            def read_text(self, filename: str) -> str | None:
                lines = f"Metadata-Version: 2.1\nName: {context.name}\nVersion: {_version()}\n"
                return lines if filename == "METADATA" else None

            def locate_file(self, path: Any) -> Any:
                return path

        return [Alias()]


class _Alias(ModuleType):
    """The module ``torch`` or ``torchvision``: flambeau's, with a name and version of its own."""

    def __init__(self, name: str):
        super().__init__(name, __doc__)
        self.__dict__["_target"] = target = importlib.import_module(ALIASES[name])
        self.__dict__.update(__file__=target.__file__, __path__=target.__path__)
        self.__dict__["__version__"] = _version()

    def __getattr__(self, name: str) -> Any:
        value = getattr(self.__dict__["_target"], name)
        self.__dict__[name] = value  # the next access does not come here
        return value

    def __dir__(self) -> list[str]:
        return dir(self._target)


def _version() -> Any:
    from .version import __version__

    return __version__


def _refuse(name: str) -> None:
    """Raises an import's error for a module that flambeau lacks; to a mere question, nothing."""
    asked = _import_frames()
    if not asked & {"_find_and_load", "_handle_fromlist"}:
        return  # importlib.util.find_spec
    import pkgutil

    parent, _, last = name.rpartition(".")
    module = importlib.import_module(real_name(parent) or parent)
    shown = parent if parent.startswith(tuple(ALIASES)) else pytorch_name(parent)
    modules = [m.name for m in pkgutil.iter_modules(getattr(module, "__path__", ()))]
    if "_handle_fromlist" in asked:
        hint = naming.nearest(last, [*dir(module), *modules], shown)
        raise ImportError(f"cannot import name {last!r} from {shown!r}: flambeau has none{hint}")
    hint = naming.nearest(last, modules, shown)
    raise ModuleNotFoundError(
        f"No module named '{shown}.{last}': flambeau has none{hint}", name=name
    )


def _import_frames() -> set[str]:
    """The import system's functions at work: which statement asks for a module shows in them."""
    names, frame = set(), sys._getframe(2)
    while frame is not None and (
        frame.f_globals is globals() or frame.f_code.co_filename.startswith("<frozen importlib")
    ):
        names.add(frame.f_code.co_name)
        frame = frame.f_back  # type: ignore[assignment]
    return names


_SPAWN = "multiprocessing.spawn"


class _InstallInChild:
    """Among the data that a new process is started with: installs the alias as it is unpickled."""

    code = (
        "try:\n    from flambeau import torch_alias\nexcept ImportError:\n    pass\n"
        "else:\n    torch_alias.install()"
    )

    def __reduce__(self) -> tuple:
        return exec, (self.code,)


def _install_in_children(spawn: Any) -> None:
    """Has the module ``multiprocessing.spawn`` start processes with the alias."""
    prepare = spawn.get_preparation_data

    def get_preparation_data(name: str) -> dict:
        return {"flambeau": _InstallInChild(), **prepare(name)}

    spawn.get_preparation_data = get_preparation_data


def install() -> None:
    """Makes ``import torch`` and ``import torchvision`` give flambeau, in this process.

    Processes that ``multiprocessing`` starts from it have the alias too.

    Raises:
        RuntimeError: PyTorch is already imported in this process.
    """
    loaded = sys.modules.get("torch")
    if isinstance(loaded, _Alias):
        return
    if loaded is not None:
        raise RuntimeError(
            "torch is already imported in this process; install the alias before that, or run the "
            "program with `python -m flambeau program.py`"
        )
    naming.set_prefix("torch")
    for name, module in list(sys.modules.items()):
        if module is not None and (name == "flambeau" or name.startswith("flambeau.")):
            rename(module)
    from .ops.return_types import RETURN_TYPES

    for kind in RETURN_TYPES:
        kind.__module__ = "torch.return_types"
    sys.meta_path.insert(0, _Finder())
    importlib.import_module("torch")
    if _SPAWN in sys.modules:
        _install_in_children(sys.modules[_SPAWN])
