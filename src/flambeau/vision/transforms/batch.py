"""Transforms of a whole batch of pictures at once, so that a picture costs no Python."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flambeau.vision.transforms import functional
from flambeau.vision.transforms.convert import ConvertImageDtype, Normalize, PILToTensor, ToTensor
from flambeau.vision.transforms.flow import Compose

# What begins a pipeline: what it does to bytes N x C x H x W.
STARTS: dict[type, Callable[[Any], Any]] = {
    ToTensor: functional.grey_to_unit,
    PILToTensor: lambda pictures: pictures,
}

# What may follow: the same values whether it is given one picture or many.
FOLLOWERS = (Normalize, ConvertImageDtype)


def on_batch(transform: Any) -> Callable[[Any], Any] | None:
    """``transform`` for a uint8 tensor N x C x H x W of pictures, or None if it is not known to be
    the same on many at once. Exact types only: a subclass may do anything."""
    steps = list(_steps(transform))
    if not steps or type(steps[0]) not in STARTS:
        return None
    start, rest = STARTS[type(steps[0])], steps[1:]
    if not all(type(step) in FOLLOWERS for step in rest):
        return None

    def apply(pictures: Any) -> Any:
        batch = start(pictures)
        for step in rest:
            batch = step(batch)
        return batch

    return apply


def _steps(transform: Any) -> Any:
    if type(transform) is Compose:
        for step in transform.transforms:
            yield from _steps(step)
    else:
        yield transform
