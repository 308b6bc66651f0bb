"""Names: the one that printed forms show, ``dtype=flambeau.float64``, and PyTorch's of modules."""

from __future__ import annotations

from collections.abc import Iterable

_prefix = "flambeau"


def prefix() -> str:
    """The name in front of dtypes and sizes when they are printed."""
    return _prefix


def set_prefix(name: str) -> None:
    """Changes that name, for programs that know this package under another one."""
    global _prefix
    _prefix = name


def nearest(name: str, known: Iterable[str], module: str) -> str:
    """A hint that names what comes nearest to ``name`` among a module's names; "" for none."""
    import difflib

    near = difflib.get_close_matches(name, [n for n in known if n[0] != "_"], 1)
    return f"\nHint: the nearest name is {module}.{near[0]}" if near else ""


def no_such_name(module: str, name: str, known: Iterable[str]) -> AttributeError:
    """The error for a name that a module lacks, with the nearest one that it has."""
    shown = module if _prefix == "flambeau" else pytorch_name(module)
    message = f"module {shown!r} has no attribute {name!r}"
    if not name.startswith("__"):
        message += nearest(name, known, shown)
    return AttributeError(message, name=name)


# ---------------------------------------------------------------------- PyTorch's modules

ALIASES = {"torch": "flambeau", "torchvision": "flambeau.vision"}

# Modules that PyTorch has under another name than flambeau.
MODULES = {
    "torch.autograd.grad_mode": "flambeau.autograd.modes",
    "torch.autograd.anomaly_mode": "flambeau.autograd.anomaly",
    "torch.nn.modules.channelshuffle": "flambeau.nn.modules.pixelshuffle",
    "torch.torch_version": "flambeau.version",
    "torchvision.transforms.transforms": "flambeau.vision.transforms",
}  # fmt: skip

# Where PyTorch has the classes of a room: the room, PyTorch's module, and whether
# the modules inside the room are PyTorch's too.
HOMES = (
    ("flambeau.tensor", "torch", False),
    ("flambeau.nn.functional", "torch.nn.functional", False),
    ("flambeau.autograd.modes", "torch.autograd.grad_mode", False),
    ("flambeau.autograd.hooks", "torch.utils.hooks", False),
    ("flambeau.autograd.anomaly", "torch.autograd.anomaly_mode", False),
    ("flambeau.nn.modules.attention", "torch.nn.modules.activation", False),
    ("flambeau.data", "torch.utils.data", True),
    ("flambeau.vision.transforms.v2", "torchvision.transforms.v2", True),
    ("flambeau.vision.transforms", "torchvision.transforms.transforms", False),
    ("flambeau.vision", "torchvision", True),
    ("flambeau.app", "flambeau.app", True),
    ("flambeau.torch_alias", "flambeau.torch_alias", True),
    ("flambeau", "torch", True),
)


def real_name(name: str) -> str | None:
    """The flambeau module that a PyTorch module's name stands for; None for other names."""
    if name in MODULES:
        return MODULES[name]
    root, dot, rest = name.partition(".")
    target = ALIASES.get(root)
    return None if target is None else target + dot + rest


def pytorch_name(name: str) -> str:
    """The module in which PyTorch has what the flambeau module ``name`` holds."""
    for room, home, deep in HOMES:
        if name == room or name.startswith(room + "."):
            return home + name[len(room) :] if deep else home
    return name
