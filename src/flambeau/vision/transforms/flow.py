"""Transforms of transforms.

``RandomApply`` draws from the default generator, ``RandomChoice`` and ``RandomOrder`` from Python's
``random``, as torchvision's do.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any

import flambeau
from flambeau.nn.modules.module import Module


class Compose:
    """One transform after the other.

    Args:
        transforms: the transforms, first to last.
    """

    def __init__(self, transforms: Sequence[Callable[[Any], Any]]) -> None:
        self.transforms = transforms

    def __call__(self, img: Any) -> Any:
        for transform in self.transforms:
            img = transform(img)
        return img

    def __repr__(self) -> str:
        lines = (f"    {transform}" for transform in self.transforms)
        return "\n".join([f"{type(self).__name__}(", *lines, ")"])


class Lambda:
    """A function as a transform.

    Args:
        lambd: the function.

    Raises:
        TypeError: ``lambd`` cannot be called.
    """

    def __init__(self, lambd: Callable[[Any], Any]) -> None:
        if not callable(lambd):
            raise TypeError(f"Argument lambd should be callable, got {type(lambd).__name__!r}")
        self.lambd = lambd

    def __call__(self, img: Any) -> Any:
        return self.lambd(img)

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


def _listed(name: str, *lines: Any) -> str:
    return "\n".join([f"{name}(", *(f"    {line}" for line in lines), ")"])


class RandomTransforms:
    """Base class of random choices among transforms."""

    def __init__(self, transforms: Sequence[Callable[[Any], Any]]) -> None:
        if not isinstance(transforms, Sequence):
            raise TypeError("Argument transforms should be a sequence")
        self.transforms = transforms

    def __call__(self, *args: Any) -> Any:
        raise NotImplementedError

    def __repr__(self) -> str:
        return _listed(type(self).__name__, *self.transforms)


class RandomChoice(RandomTransforms):
    """One of the transforms.

    Args:
        transforms: the transforms.
        p: their weights; equal, unless given.
    """

    def __init__(
        self, transforms: Sequence[Callable[[Any], Any]], p: Sequence[float] | None = None
    ) -> None:
        super().__init__(transforms)
        if p is not None and not isinstance(p, Sequence):
            raise TypeError("Argument p should be a sequence")
        self.p = p

    def __call__(self, *args: Any) -> Any:
        return random.choices(self.transforms, weights=self.p)[0](*args)

    def __repr__(self) -> str:
        return f"{super().__repr__()}(p={self.p})"


class RandomOrder(RandomTransforms):
    """All the transforms, in random order."""

    def __call__(self, img: Any) -> Any:
        order = list(range(len(self.transforms)))
        random.shuffle(order)
        for number in order:
            img = self.transforms[number](img)
        return img


class RandomApply(Module):
    """With probability ``p`` all of the transforms, otherwise none."""

    def __init__(self, transforms: Sequence[Callable[[Any], Any]], p: float = 0.5) -> None:
        super().__init__()
        self.transforms = transforms
        self.p = p

    def forward(self, img: Any) -> Any:
        if self.p < flambeau.rand(1).item():
            return img
        for transform in self.transforms:
            img = transform(img)
        return img

    def __repr__(self) -> str:
        return _listed(type(self).__name__, f"p={self.p}", *self.transforms)
