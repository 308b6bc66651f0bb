"""What the data sets share: transforms, printed form, and items of pictures."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import flambeau
from flambeau.data import Dataset
from flambeau.vision.pillow import pillow
from flambeau.vision.transforms.batch import on_batch

Transform = Callable[[Any], Any]


class StandardTransform:
    """A transform of the input and one of the target, applied to a pair."""

    def __init__(
        self, transform: Transform | None = None, target_transform: Transform | None = None
    ) -> None:
        self.transform = transform
        self.target_transform = target_transform

    def __call__(self, input: Any, target: Any) -> tuple[Any, Any]:
        if self.transform is not None:
            input = self.transform(input)
        if self.target_transform is not None:
            target = self.target_transform(target)
        return input, target

    def __repr__(self) -> str:
        lines = [type(self).__name__]
        named = (("Transform: ", self.transform), ("Target transform: ", self.target_transform))
        for head, transform in named:
            if transform is not None:
                first, *rest = repr(transform).splitlines()
                lines += [head + first, *(" " * len(head) + line for line in rest)]
        return "\n".join(lines)


class VisionDataset(Dataset):
    """A data set with a root folder and transforms.

    Args:
        root: folder of the data, or None.
        transforms: called with (input, target); returns the pair.
        transform: called with the input. Not together with ``transforms``.
        target_transform: called with the target. Not together with ``transforms``.
    """

    _repr_indent = 4

    def __init__(
        self,
        root: str | os.PathLike[str] | None = None,
        transforms: Callable[[Any, Any], tuple[Any, Any]] | None = None,
        transform: Transform | None = None,
        target_transform: Transform | None = None,
    ) -> None:
        separate = transform is not None or target_transform is not None
        if transforms is not None and separate:
            raise ValueError(
                "Only transforms or transform/target_transform can be passed as argument"
            )
        self.root = os.path.expanduser(root) if isinstance(root, str) else root
        self.transform = transform
        self.target_transform = target_transform
        self.transforms = StandardTransform(transform, target_transform) if separate else transforms

    def __getitem__(self, index: int) -> Any:
        raise NotImplementedError

    def __len__(self) -> int:
        raise NotImplementedError

    def _transformed(self, picture: Any, target: Any) -> tuple[Any, Any]:
        """An item, after ``transform`` and ``target_transform``."""
        if self.transform is not None:
            picture = self.transform(picture)
        if self.target_transform is not None:
            target = self.target_transform(target)
        return picture, target

    def __repr__(self) -> str:
        body = [f"Number of datapoints: {len(self)}"]
        if self.root is not None:
            body.append(f"Root location: {self.root}")
        body += self.extra_repr().splitlines()
        if self.transforms is not None:
            body.append(repr(self.transforms))
        lines = [" " * self._repr_indent + line for line in body]
        return "\n".join([f"Dataset {type(self).__name__}", *lines])

    def extra_repr(self) -> str:
        """Further lines of the printed form."""
        return ""


class LabelledImages(VisionDataset):
    """Grey pictures of one size, and a class each.

    ``data`` (uint8, N x H x W) and ``targets`` (int64, N) hold them all; ``classes`` names the
    classes. An item is a picture (a Pillow image, mode L, before ``transform``) and its class.
    """

    classes: Sequence[str] = ()
    data: flambeau.Tensor
    targets: flambeau.Tensor
    train: bool | None

    @property
    def class_to_idx(self) -> dict[str, int]:
        """The number of each class, by name."""
        return {name: number for number, name in enumerate(self.classes)}

    def __len__(self) -> int:
        return len(self.data)

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        grey = self._grey(self.data[index])
        transform = on_batch(self.transform)
        if transform is not None:  # straight from the array, without Pillow
            picture: Any = transform(grey[None, None])[0]
        else:
            picture = pillow().fromarray(grey.numpy())
            if self.transform is not None:
                picture = self.transform(picture)
        target: Any = int(self.targets[index])
        if self.target_transform is not None:
            target = self.target_transform(target)
        return picture, target

    def _whole_batch(self, indices: Sequence[int]) -> tuple[Any, Any] | None:
        """The items at ``indices``, collated, or None where only ``__getitem__`` can make them.

        What ``transform`` does to one picture must then be known to be the same on many at once.
        """
        transform = on_batch(self.transform)
        if transform is None or self.target_transform is not None:
            return None
        rows = np.asarray(indices, dtype=np.int64)
        pictures = self._grey(flambeau.from_numpy(self.data.numpy()[rows]))
        return transform(pictures.unsqueeze(1)), flambeau.from_numpy(self.targets.numpy()[rows])

    def _grey(self, data: flambeau.Tensor) -> flambeau.Tensor:
        """Rows of ``data`` as grey values, 0 ... 255."""
        return data

    def extra_repr(self) -> str:
        return f"Split: {split_name(self.train)}"


class ColourImages(VisionDataset):
    """Colour pictures in one array, and a class each.

    An item is a picture (a Pillow image, mode RGB, before ``transform``) and its class.
    """

    data: np.ndarray

    def _pixels(self, rows: Any) -> np.ndarray:
        """The picture at a number, or at an array of numbers, with its channels last."""
        return self.data[rows]

    def _classes(self) -> Sequence[int]:
        """The class of each picture."""
        raise NotImplementedError

    def __len__(self) -> int:
        return len(self.data)

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        pixels = np.ascontiguousarray(self._pixels(index))
        picture, target = pillow().fromarray(pixels), int(self._classes()[index])
        return self._transformed(picture, target)

    def _whole_batch(self, indices: Sequence[int]) -> tuple[Any, Any] | None:
        """As ``LabelledImages._whole_batch``."""
        transform = on_batch(self.transform)
        if transform is None or self.target_transform is not None:
            return None
        rows = np.asarray(indices, dtype=np.int64)
        pixels = np.ascontiguousarray(self._pixels(rows).transpose(0, 3, 1, 2))
        targets = np.asarray(self._classes(), dtype=np.int64)[rows]
        return transform(flambeau.from_numpy(pixels)), flambeau.from_numpy(targets)


def one_of(value: Any, argument: str, allowed: Sequence[str]) -> str:
    """``value``, if it is among the strings allowed.

    Raises:
        ValueError: it is not.
    """
    if not isinstance(value, str):
        raise ValueError(f"Expected type str for argument {argument}, but got type {type(value)}.")
    if value not in allowed:
        names = ", ".join(repr(name) for name in allowed)
        raise ValueError(
            f"Unknown value '{value}' for argument {argument}. Valid values are {{{names}}}."
        )
    return value


def split_name(train: bool | None) -> str:
    """How the printed form calls a split."""
    return "All" if train is None else "Train" if train else "Test"
