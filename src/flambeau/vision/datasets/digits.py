"""The handwritten digits that come with the package."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import resources
from typing import Any

import numpy as np

import flambeau
from flambeau.vision.datasets.base import LabelledImages, Transform
from flambeau.vision.datasets.idx import read_idx

HELD_OUT = 360
"""The last so many images are the test images."""

# The 17 counts of ink, spread over the grey values of a picture.
GREY = np.rint(np.arange(17) * 255 / 16).astype(np.uint8)


class Digits(LabelledImages):
    """The 1,797 handwritten digits of the UCI optical recognition set: 8x8 pixels, 10 classes.

    Args:
        train: True for the first 1,437 images, False for the last 360, None for all. The file
            goes from one writer to the next, so that the held-out images are mostly by people of
            whom there is no training image: harder, and more to the point, than every fifth image.
        transform: called with a Pillow image (mode L, the counts of ink spread over 0 ... 255),
            as in ``MNIST``. Without one, an item's image is a float32 tensor 1 x 8 x 8 in 0 ... 1
            (the count of ink, divided by 16), and Pillow is not needed.
        target_transform: called with the class.

    ``data`` holds the counts of ink, 0 ... 16 (uint8, N x 8 x 8), ``targets`` the classes (int64).

    E. Alpaydin and C. Kaynak, UCI Machine Learning Repository, doi:10.24432/C50P49 (CC BY 4.0).
    """

    classes = tuple("0123456789")

    def __init__(
        self,
        train: bool | None = True,
        transform: Transform | None = None,
        target_transform: Transform | None = None,
    ) -> None:
        super().__init__(transform=transform, target_transform=target_transform)
        self.train = train
        rows = {True: slice(None, -HELD_OUT), False: slice(-HELD_OUT, None), None: slice(None)}
        part = rows[None if train is None else bool(train)]
        self.data = flambeau.from_numpy(_load("digits-images-idx3-ubyte.gz")[part])
        self.targets = flambeau.from_numpy(
            _load("digits-labels-idx1-ubyte.gz")[part].astype(np.int64)
        )

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        if self.transform is not None:
            return super().__getitem__(index)
        target: Any = int(self.targets[index])
        if self.target_transform is not None:
            target = self.target_transform(target)
        return self.data[index].unsqueeze(0) / 16, target

    def _whole_batch(self, indices: Sequence[int]) -> tuple[Any, Any] | None:
        if self.transform is not None or self.target_transform is not None:
            return super()._whole_batch(indices)
        rows = np.asarray(indices, dtype=np.int64)
        images = flambeau.from_numpy(self.data.numpy()[rows])
        return images.unsqueeze(1) / 16, flambeau.from_numpy(self.targets.numpy()[rows])

    def _grey(self, data: flambeau.Tensor) -> flambeau.Tensor:
        return flambeau.from_numpy(GREY[data.numpy()])


def _load(name: str) -> np.ndarray:
    with resources.as_file(resources.files("flambeau.vision") / "data" / name) as path:
        return read_idx(path)
