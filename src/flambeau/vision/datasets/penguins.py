"""The table of penguins that comes with the package."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from importlib import resources
from typing import Any

import numpy as np

import flambeau
from flambeau.vision.datasets.base import Transform, VisionDataset, split_name

# Feature and column of the file: "bill" there is the beak's ridge, the culmen.
COLUMNS = {
    "culmen_length": "bill_length_mm",
    "culmen_depth": "bill_depth_mm",
    "flipper_length": "flipper_length_mm",
    "body_mass": "body_mass_g",
}


class Penguins(VisionDataset):
    """The Palmer penguins: four measurements each of 342 penguins of three species.

    Args:
        train: True for four fifths of the rows, False for every fifth row (the table is sorted by
            species and island), None for all.
        standardize: give each feature mean 0 and standard deviation 1 over the training rows.
        transform: called with the tensor of the four features.
        target_transform: called with the class.

    An item is a float32 tensor of ``features``, in ``units``, and the class.
    ``data`` (float32, N x 4) and ``targets`` (int64, N) hold them all; ``mean`` and ``std``
    (float32, 4) are those of the training rows. The two penguins that were not measured are left
    out.

    A. M. Horst, A. P. Hill and K. B. Gorman, doi:10.5281/zenodo.3960218 (CC0).
    """

    features = tuple(COLUMNS)
    units = ("mm", "mm", "mm", "g")
    classes = ("Adelie", "Gentoo", "Chinstrap")

    def __init__(
        self,
        train: bool | None = True,
        standardize: bool = False,
        transform: Transform | None = None,
        target_transform: Transform | None = None,
    ) -> None:
        super().__init__(transform=transform, target_transform=target_transform)
        self.train = train
        features, species = _load()
        training = np.arange(len(species)) % 5 != 4
        self.mean = flambeau.from_numpy(features[training].mean(0).astype(np.float32))
        self.std = flambeau.from_numpy(features[training].std(0, ddof=1).astype(np.float32))
        part = slice(None) if train is None else training if train else ~training
        self.data = flambeau.from_numpy(features[part].astype(np.float32))
        self.targets = flambeau.from_numpy(species[part])
        if standardize:
            self.data = self.standardize(self.data)

    def standardize(self, measurements: flambeau.Tensor) -> flambeau.Tensor:
        """(measurements - mean) / std, feature by feature, with the training rows' mean and std."""
        return (measurements - self.mean) / self.std

    @property
    def class_to_idx(self) -> dict[str, int]:
        """The number of each species, by name."""
        return {name: number for number, name in enumerate(self.classes)}

    def __len__(self) -> int:
        return len(self.data)

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        features, target = self.data[index], int(self.targets[index])
        return (features, target) if self.transforms is None else self.transforms(features, target)

    def _whole_batch(self, indices: Sequence[int]) -> tuple[Any, Any] | None:
        if self.transforms is not None:
            return None
        rows = np.asarray(indices, dtype=np.int64)
        return (
            flambeau.from_numpy(self.data.numpy()[rows]),
            flambeau.from_numpy(self.targets.numpy()[rows]),
        )

    def extra_repr(self) -> str:
        return f"Split: {split_name(self.train)}"


def _load() -> tuple[np.ndarray, np.ndarray]:
    """Features (float64) and classes (int64) of the rows without missing measurements."""
    text = (resources.files("flambeau.vision") / "data" / "penguins.csv").read_text("utf-8")
    rows = [
        row
        for row in csv.DictReader(text.splitlines())
        if all(row[column] != "NA" for column in COLUMNS.values())
    ]
    features = [[float(row[column]) for column in COLUMNS.values()] for row in rows]
    species = [Penguins.classes.index(row["species"]) for row in rows]
    return np.array(features), np.array(species, dtype=np.int64)
