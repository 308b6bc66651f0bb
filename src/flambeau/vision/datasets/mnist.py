"""MNIST and two data sets of its form, in torchvision's layout."""

from __future__ import annotations

import os
from collections.abc import Sequence

import numpy as np

import flambeau
from flambeau.vision.datasets.base import LabelledImages, Transform
from flambeau.vision.datasets.download import fetch
from flambeau.vision.datasets.idx import read_idx

FILES = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)


def _gzipped(*checksums: str) -> list[tuple[str, str]]:
    return [(f"{file}.gz", checksum) for file, checksum in zip(FILES, checksums, strict=True)]


class MNIST(LabelledImages):
    """Handwritten digits: 60,000 training and 10,000 test images of 28x28 pixels, 10 classes.

    Args:
        root: folder that holds ``MNIST/raw/train-images-idx3-ubyte`` and its three companions,
            each as it is or gzipped (``.gz``).
        train: the training images, or the test images.
        transform: called with a Pillow image (mode L).
        target_transform: called with the class.
        download: fetch what is missing into ``root``, and check it.

    ``data`` (uint8, N x 28 x 28) and ``targets`` (int64, N) hold all images and classes.

    Raises:
        RuntimeError: the files are not there, damaged, or could not be downloaded.
    """

    mirrors = [
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "http://yann.lecun.com/exdb/mnist/",
    ]
    resources = _gzipped(
        "f68b3c2dcbeaaa9fbdd348bbdeb94873",
        "d53e105ee54ea40749a09fcbcd1e9432",
        "9fb629c4189551a2d022fa330f9573f3",
        "ec29112dd5afa0611ce80d1b7f02629c",
    )
    root: str
    classes: Sequence[str] = [
        "0 - zero",
        "1 - one",
        "2 - two",
        "3 - three",
        "4 - four",
        "5 - five",
        "6 - six",
        "7 - seven",
        "8 - eight",
        "9 - nine",
    ]

    def __init__(
        self,
        root: str | os.PathLike[str],
        train: bool = True,
        transform: Transform | None = None,
        target_transform: Transform | None = None,
        download: bool = False,
    ) -> None:
        super().__init__(os.fspath(root), transform=transform, target_transform=target_transform)
        self.train = bool(train)
        if download:
            self.download()
        names = self._names()
        if any(self._found(name) is None for name in names):
            raise RuntimeError(
                "Dataset not found. You can use download=True to download it\n"
                f"Hint: {self.raw_folder} must hold {' and '.join(names)}, gzipped or not."
            )
        self.data, self.targets = self._load(*names)

    def _names(self) -> list[str]:
        """The files of images and of labels."""
        part = "train" if self.train else "t10k"
        return [name for name in FILES if name.startswith(part)]

    @property
    def raw_folder(self) -> str:
        """The folder of the idx files."""
        return os.path.join(self.root, type(self).__name__, "raw")

    @property
    def processed_folder(self) -> str:
        """A folder that old versions of torchvision wrote; not used."""
        return os.path.join(self.root, type(self).__name__, "processed")

    def _found(self, name: str) -> str | None:
        """The path of an idx file: as it is, or gzipped, or None where neither is there."""
        plain = os.path.join(self.raw_folder, name)
        return next((path for path in (plain, plain + ".gz") if os.path.isfile(path)), None)

    def _check_exists(self) -> bool:
        return all(self._found(name) is not None for name in FILES)

    def _load(self, images: str, labels: str) -> tuple[flambeau.Tensor, flambeau.Tensor]:
        data, targets = self._read(images, 3), self._read(labels, 1)
        if len(data) != len(targets):
            raise RuntimeError(
                f"{self.raw_folder}: {len(data)} images in {images}, "
                f"but {len(targets)} labels in {labels}"
            )
        if targets.size and targets.max() >= len(self.classes):
            raise RuntimeError(
                f"{self._found(labels)}: damaged: class {targets.max()}, "
                f"where there are {len(self.classes)} classes"
            )
        return flambeau.from_numpy(data), flambeau.from_numpy(targets.astype(np.int64))

    def _read(self, name: str, rank: int) -> np.ndarray:
        path = self._found(name)
        assert path is not None
        values = read_idx(path)
        if values.ndim != rank or values.dtype != np.uint8:
            raise RuntimeError(
                f"{path}: {rank} dimensions of uint8 expected, "
                f"found {values.ndim} of {values.dtype}"
            )
        return values

    def download(self) -> None:
        """Fetch the files that ``raw_folder`` lacks, each from the first mirror that has it.

        Raises:
            RuntimeError: no mirror answered with the right file.
        """
        for filename, md5 in self.resources:
            if self._found(filename.removesuffix(".gz")) is None:
                self._download_one(filename, md5)

    def _download_one(self, filename: str, md5: str) -> None:
        failures = []
        for mirror in self.mirrors:
            try:
                return fetch(mirror + filename, os.path.join(self.raw_folder, filename), md5)
            except (OSError, RuntimeError) as error:
                failures.append(f"Tried {mirror}, got:\n{error}\n")
        raise RuntimeError(
            f"Error downloading {filename}:\n{''.join(failures)}"
            f"Hint: without a network, copy {filename} and its companions to {self.raw_folder}"
        )


class FashionMNIST(MNIST):
    """Pictures of clothes: 60,000 training and 10,000 test images of 28x28 pixels, 10 classes.

    Arguments and errors as for ``MNIST``; the folder is ``root/FashionMNIST/raw``.
    """

    mirrors = ["http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/"]
    resources = _gzipped(
        "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
        "25c81989df183df01b3e8a0aad5dffbe",
        "bef4ecab320f06d8554ea6380940ec79",
        "bb300cfdad3c16e7a12a480ee83cd310",
    )
    classes = [
        "T-shirt/top",
        "Trouser",
        "Pullover",
        "Dress",
        "Coat",
        "Sandal",
        "Shirt",
        "Sneaker",
        "Bag",
        "Ankle boot",
    ]


class KMNIST(MNIST):
    """Japanese characters in cursive: 60,000 and 10,000 images of 28x28 pixels, 10 classes.

    Arguments and errors as for ``MNIST``; the folder is ``root/KMNIST/raw``.
    """

    mirrors = ["http://codh.rois.ac.jp/kmnist/dataset/kmnist/"]
    resources = _gzipped(
        "bdb82020997e1d708af4cf47b453dcf7",
        "e144d726b3acfaa3e44228e80efcd344",
        "5c965bf0a639b31b8f53240b1b52f4d7",
        "7320c461ea6c1c855c0b718fb2a4b134",
    )
    classes = ["o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"]
