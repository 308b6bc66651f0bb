"""Small colour pictures: CIFAR10, CIFAR100 and SVHN, in torchvision's layouts."""

from __future__ import annotations

import os
import pickle
from collections.abc import Sequence
from typing import Any, BinaryIO

import numpy as np

from flambeau.vision.datasets.base import ColourImages, Transform, one_of, split_name
from flambeau.vision.datasets.download import fetch, fetch_and_unpack, is_whole

_NOT_FOUND = "Dataset not found or corrupted. You can use download=True to download it"


class _ArrayUnpickler(pickle.Unpickler):
    """Reads what a batch file may hold: arrays, lists, strings."""

    _ALLOWED = frozenset((
        ("numpy", "ndarray"), ("numpy", "dtype"), ("_codecs", "encode"),
        ("numpy.core.multiarray", "_reconstruct"), ("numpy._core.multiarray", "_reconstruct"),
    ))  # fmt: skip

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in self._ALLOWED:
            raise pickle.UnpicklingError(f"{module}.{name} has no place in a file of pictures")
        return super().find_class(module.replace("numpy.core", "numpy._core"), name)


def _unpickled(file: BinaryIO) -> dict[str, Any]:
    return _ArrayUnpickler(file, encoding="latin1").load()


class CIFAR10(ColourImages):
    """Photographs: 50,000 training and 10,000 test images of 32x32 pixels, 10 classes.

    Args:
        root: folder that holds ``cifar-10-batches-py``.
        train: the training images, or the test images.
        transform: called with a Pillow image (mode RGB).
        target_transform: called with the class.
        download: fetch what is missing into ``root``, and check it.

    ``data`` (uint8, N x 32 x 32 x 3) is an array, ``targets`` a list.

    Raises:
        RuntimeError: the files are not there, or damaged.
    """

    base_folder = "cifar-10-batches-py"
    url = "https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz"
    filename = "cifar-10-python.tar.gz"
    tgz_md5 = "c58f30108f718f92721af3b95e74349a"
    train_list = [
        ["data_batch_1", "c99cafc152244af753f735de768cd75f"],
        ["data_batch_2", "d4bba439e000b95fd0a9bffe97cbabec"],
        ["data_batch_3", "54ebc095f3ab1f0389bbae665268c751"],
        ["data_batch_4", "634d18415352ddfa80567beed471001a"],
        ["data_batch_5", "482c414d41f54cd18b22e5b47cb7c3cb"],
    ]
    test_list = [["test_batch", "40351d587109b95175f43aff81a1287e"]]
    meta = {
        "filename": "batches.meta",
        "key": "label_names",
        "md5": "5ff9c542aee3614f3951f8cda6e48888",
    }
    root: str

    def __init__(
        self,
        root: str | os.PathLike[str],
        train: bool = True,
        transform: Transform | None = None,
        target_transform: Transform | None = None,
        download: bool = False,
    ) -> None:
        super().__init__(os.fspath(root), transform=transform, target_transform=target_transform)
        self.train = train
        if download:
            self.download()
        if not self._check_integrity():
            raise RuntimeError(
                f"{_NOT_FOUND}\nHint: the files belong into {self._path('')}, as they are in "
                f"{self.filename}."
            )
        pixels, self.targets = [], []
        for name, _ in self.train_list if train else self.test_list:
            with open(self._path(name), "rb") as file:
                batch = _unpickled(file)
            pixels.append(batch["data"])
            self.targets.extend(batch["labels"] if "labels" in batch else batch["fine_labels"])
        rows = np.vstack(pixels).reshape(-1, 3, 32, 32)
        self.data = rows.transpose(0, 2, 3, 1)
        self._load_meta()

    def _path(self, name: str) -> str:
        return os.path.join(self.root, self.base_folder, name)

    def _load_meta(self) -> None:
        path = self._path(self.meta["filename"])
        if not is_whole(path, self.meta["md5"]):
            raise RuntimeError(
                "Dataset metadata file not found or corrupted. "
                f"You can use download=True to download it\nHint: the file is {path}."
            )
        with open(path, "rb") as file:
            self.classes: list[str] = _unpickled(file)[self.meta["key"]]
        self.class_to_idx = {name: number for number, name in enumerate(self.classes)}

    def _check_integrity(self) -> bool:
        return all(
            is_whole(self._path(name), md5) for name, md5 in self.train_list + self.test_list
        )

    def _classes(self) -> Sequence[int]:
        return self.targets

    def download(self) -> None:
        """Fetch the archive and unpack it, unless the files are there."""
        if not self._check_integrity():
            fetch_and_unpack(self.url, self.root, self.filename, self.tgz_md5)

    def extra_repr(self) -> str:
        return f"Split: {split_name(self.train is True)}"


class CIFAR100(CIFAR10):
    """Photographs: 50,000 training and 10,000 test images of 32x32 pixels, 100 classes.

    Arguments and errors as for ``CIFAR10``; the folder is ``cifar-100-python``.
    """

    base_folder = "cifar-100-python"
    url = "https://www.cs.toronto.edu/~kriz/cifar-100-python.tar.gz"
    filename = "cifar-100-python.tar.gz"
    tgz_md5 = "eb9058c3a382ffc7106e4002c42a8d85"
    train_list = [["train", "16019d7e3df5f24257cddd939b257f8d"]]
    test_list = [["test", "f0ef6b0ae62326f3e7ffdfab6717acfc"]]
    meta = {
        "filename": "meta",
        "key": "fine_label_names",
        "md5": "7973b15100ade9c7d40fb424638fde48",
    }


class SVHN(ColourImages):
    """House numbers from street views: 73,257 training, 26,032 test and 531,131 extra digits.

    Args:
        root: folder that holds ``train_32x32.mat`` and the like. SciPy is needed to read them.
        split: "train", "test" or "extra".
        transform: called with a Pillow image (mode RGB, 32x32).
        target_transform: called with the class.
        download: fetch what is missing into ``root``, and check it.

    ``data`` (uint8, N x 3 x 32 x 32) and ``labels`` (int64, N) are arrays. The digit 0, which the
    files call 10, is class 0.

    Raises:
        ValueError: no such split. RuntimeError: the file is not there, or damaged.
        ModuleNotFoundError: SciPy is not installed.
    """

    _URL = "http://ufldl.stanford.edu/housenumbers/"
    split_list = {
        "train": [
            _URL + "train_32x32.mat", "train_32x32.mat", "e26dedcc434d2e4c54c9b2d4a06d8373",
        ],
        "test": [_URL + "test_32x32.mat", "test_32x32.mat", "eb5a983be6a315427106f1b164d9cef3"],
        "extra": [
            _URL + "extra_32x32.mat", "extra_32x32.mat", "a93ce644f1a588dc4d68dda5feec44a7",
        ],
    }  # fmt: skip
    root: str

    def __init__(
        self,
        root: str | os.PathLike[str],
        split: str = "train",
        transform: Transform | None = None,
        target_transform: Transform | None = None,
        download: bool = False,
    ) -> None:
        super().__init__(os.fspath(root), transform=transform, target_transform=target_transform)
        self.split = one_of(split, "split", list(self.split_list))
        self.url, self.filename, self.file_md5 = self.split_list[split]
        if download:
            self.download()
        if not self._check_integrity():
            raise RuntimeError(f"{_NOT_FOUND}\nHint: {self.filename} belongs into {self.root}.")
        contents = _read_mat(os.path.join(self.root, self.filename))
        self.data = contents["X"].transpose(3, 2, 0, 1)
        self.labels = contents["y"].astype(np.int64).reshape(-1)
        self.labels[self.labels == 10] = 0

    def _pixels(self, rows: Any) -> np.ndarray:
        return np.moveaxis(self.data[rows], -3, -1)

    def _classes(self) -> Sequence[int]:
        return self.labels  # type: ignore[return-value]

    def _check_integrity(self) -> bool:
        return is_whole(os.path.join(self.root, self.filename), self.file_md5)

    def download(self) -> None:
        """Fetch the split's file, unless it is there."""
        if not self._check_integrity():
            fetch(self.url, os.path.join(self.root, self.filename), self.file_md5)

    def extra_repr(self) -> str:
        return f"Split: {self.split}"


def _read_mat(path: str) -> dict[str, Any]:
    try:
        from scipy.io import loadmat
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "SciPy is needed to read .mat files, and is not installed. Hint: pip install scipy",
            name=error.name,
        ) from None
    return loadmat(path)
