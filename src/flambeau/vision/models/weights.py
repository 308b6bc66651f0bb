"""The names of trained weights, and why they are not given."""

from __future__ import annotations

import enum
from typing import Any


def weights_enum(model: str, *versions: str) -> Any:
    """The enumeration of a network's trained weights, such as ``ResNet18_Weights``."""
    members = {version: version for version in versions}
    kind = enum.Enum(f"{model}_Weights", {**members, "DEFAULT": versions[-1]})  # type: ignore[misc]
    kind.__doc__ = f"The trained weights of {model} that torchvision offers for download."
    return kind


def refuse_weights(weights: Any, pretrained: Any = False) -> None:
    """Raises where trained weights are asked for."""
    if weights is None and not pretrained:
        return
    raise RuntimeError(
        f"flambeau has no trained weights{'' if weights is None else f' {weights}'}\n"
        "Hint: make the network with weights=None, and give it weights from a file: "
        "model.load_state_dict(load(path))."
    )
