"""Pictures of noise, to try programs with."""

from __future__ import annotations

from typing import Any

import flambeau
from flambeau.vision.datasets.base import Transform, VisionDataset
from flambeau.vision.transforms.functional import to_pil_image


class FakeData(VisionDataset):
    """Pictures of noise (Pillow images) with random classes, the same for the same index.

    Args:
        size: number of pictures.
        image_size: (channels, height, width).
        num_classes: number of classes.
        transform: called with a Pillow image.
        target_transform: called with the class, a tensor of one number; must give one too.
        random_offset: added to the index to make the seed.
    """

    def __init__(
        self,
        size: int = 1000,
        image_size: tuple[int, int, int] = (3, 224, 224),
        num_classes: int = 10,
        transform: Transform | None = None,
        target_transform: Transform | None = None,
        random_offset: int = 0,
    ) -> None:
        super().__init__(transform=transform, target_transform=target_transform)
        self.size = size
        self.num_classes = num_classes
        self.image_size = image_size
        self.random_offset = random_offset

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        if index >= len(self):
            raise IndexError(f"{type(self).__name__} index out of range")
        generator = flambeau.Generator().manual_seed(index + self.random_offset)
        noise = flambeau.randn(*self.image_size, generator=generator)
        target = flambeau.randint(0, self.num_classes, size=(1,), generator=generator)[0]
        picture, target = self._transformed(to_pil_image(noise), target)
        return picture, target.item()
