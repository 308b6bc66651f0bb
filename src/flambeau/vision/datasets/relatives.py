"""Relatives of MNIST: EMNIST with letters, QMNIST with where each digit is from, USPS."""

from __future__ import annotations

import bz2
import gzip
import os
import shutil
import string
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import flambeau
from flambeau.vision.datasets.base import Transform, VisionDataset, one_of
from flambeau.vision.datasets.download import fetch, fetch_and_unpack
from flambeau.vision.datasets.idx import read_idx
from flambeau.vision.datasets.mnist import MNIST
from flambeau.vision.pillow import pillow

_ALL = set(string.digits + string.ascii_letters)
_MERGED = sorted(_ALL - set("cijklmopsuvwxyz"))  # written alike, large and small


class EMNIST(MNIST):
    """Handwritten letters and digits, 28x28 pixels, in six splits.

    Args:
        root: folder that holds ``EMNIST/raw/emnist-letters-train-images-idx3-ubyte`` and the like,
            each as it is or gzipped. The pictures in the files lie on their side.
        split: "byclass", "bymerge", "balanced", "letters", "digits" or "mnist".
        kwargs: as for ``MNIST``.

    Raises:
        ValueError: no such split. RuntimeError: as for ``MNIST``.
    """

    url = "https://biometrics.nist.gov/cs_links/EMNIST/gzip.zip"
    md5 = "58c8d27c78d21e728a6bc7b3cc06412e"
    splits = ("byclass", "bymerge", "balanced", "letters", "digits", "mnist")
    classes_split_dict = {
        "byclass": sorted(_ALL),
        "bymerge": _MERGED,
        "balanced": _MERGED,
        "letters": ["N/A", *string.ascii_lowercase],
        "digits": list(string.digits),
        "mnist": list(string.digits),
    }

    def __init__(self, root: str | os.PathLike[str], split: str, **kwargs: Any) -> None:
        self.split = one_of(split, "split", self.splits)
        self.classes = self.classes_split_dict[self.split]
        super().__init__(root, **kwargs)

    def _names(self) -> list[str]:
        part = f"emnist-{self.split}-{'train' if self.train else 'test'}"
        return [f"{part}-images-idx3-ubyte", f"{part}-labels-idx1-ubyte"]

    def _check_exists(self) -> bool:
        return all(self._found(name) is not None for name in self._names())

    def download(self) -> None:
        """Fetch the archive of all splits, unless the files are there, and unpack it."""
        if self._check_exists():
            return
        fetch_and_unpack(self.url, self.raw_folder, os.path.basename(self.url), self.md5)
        folder = Path(self.raw_folder) / "gzip"
        for path in folder.glob("*.gz"):
            with gzip.open(path) as packed, open(folder.parent / path.stem, "wb") as plain:
                shutil.copyfileobj(packed, plain)
        shutil.rmtree(folder)


_QMNIST = "https://raw.githubusercontent.com/facebookresearch/qmnist/master/"


class QMNIST(MNIST):
    """MNIST's digits anew, from the original forms: 60,000 training and 60,000 test images.

    Args:
        root: folder that holds ``QMNIST/raw/qmnist-train-images-idx3-ubyte`` and its companions.
        what: "train", "test", "test10k" (MNIST's test images), "test50k" (the rest of the test
            images) or "nist" (all 402,953 digits); None goes by ``train``.
        compat: targets are classes; otherwise, the eight numbers known of each digit.
        train: the training images, or the test images, where ``what`` does not say.
        kwargs: as for ``MNIST``.

    Raises:
        ValueError: ``what`` is none of these. RuntimeError: as for ``MNIST``.
    """

    subsets = {
        "train": "train", "test": "test", "test10k": "test", "test50k": "test", "nist": "nist",
    }  # fmt: skip
    resources: dict[str, list[tuple[str, str]]] = {  # type: ignore[assignment]
        "train": [
            (_QMNIST + "qmnist-train-images-idx3-ubyte.gz", "ed72d4157d28c017586c42bc6afe6370"),
            (_QMNIST + "qmnist-train-labels-idx2-int.gz", "0058f8dd561b90ffdd0f734c6a30e5e4"),
        ],
        "test": [
            (_QMNIST + "qmnist-test-images-idx3-ubyte.gz", "1394631089c404de565df7b7aeaf9412"),
            (_QMNIST + "qmnist-test-labels-idx2-int.gz", "5b5b05890a5e13444e108efe57b788aa"),
        ],
        "nist": [
            (_QMNIST + "xnist-images-idx3-ubyte.xz", "7f124b3b8ab81486c9d8c2749c17f834"),
            (_QMNIST + "xnist-labels-idx2-int.xz", "5ed0e788978e45d4a8bd4b7caec3d79d"),
        ],
    }
    _PARTS = {"test10k": slice(None, 10000), "test50k": slice(10000, None)}

    def __init__(
        self,
        root: str | os.PathLike[str],
        what: str | None = None,
        compat: bool = True,
        train: bool = True,
        **kwargs: Any,
    ) -> None:
        if what is None:
            what = "train" if train else "test"
        self.what = one_of(what, "what", list(self.subsets))
        self.compat = compat
        super().__init__(root, train, **kwargs)

    def _files(self) -> list[tuple[str, str]]:
        return self.resources[self.subsets[self.what]]

    def _names(self) -> list[str]:
        return [os.path.splitext(os.path.basename(url))[0] for url, _ in self._files()]

    def _found(self, name: str) -> str | None:
        packed = os.path.join(self.raw_folder, name + ".xz")
        return super()._found(name) or (packed if os.path.isfile(packed) else None)

    def _check_exists(self) -> bool:
        return all(self._found(name) is not None for name in self._names())

    def _load(self, images: str, labels: str) -> tuple[flambeau.Tensor, flambeau.Tensor]:
        data = self._read(images, 3)
        path = self._found(labels)
        assert path is not None
        targets = read_idx(path).astype(np.int64)
        if targets.ndim != 2 or len(targets) != len(data):
            raise RuntimeError(f"{path}: a row for each of {len(data)} images expected")
        part = self._PARTS.get(self.what, slice(None))
        return flambeau.from_numpy(data[part].copy()), flambeau.from_numpy(targets[part].copy())

    def download(self) -> None:
        """Fetch the files of ``what`` that are not there."""
        for (url, md5), name in zip(self._files(), self._names(), strict=True):
            if self._found(name) is None:
                fetch(url, os.path.join(self.raw_folder, os.path.basename(url)), md5)

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        picture, target = pillow().fromarray(self.data[index].numpy()), self.targets[index]
        return self._transformed(picture, int(target[0]) if self.compat else target)

    def _whole_batch(self, indices: Any) -> tuple[Any, Any] | None:
        batch = super()._whole_batch(indices)
        if batch is None or not self.compat:
            return batch
        return batch[0], batch[1][:, 0]

    def extra_repr(self) -> str:
        return f"Split: {self.what}"


class USPS(VisionDataset):
    """Digits from envelopes: 7,291 training and 2,007 test images of 16x16 pixels, 10 classes.

    Args:
        root: folder that holds ``usps.bz2`` and ``usps.t.bz2``.
        train: the training images, or the test images.
        transform: called with a Pillow image (mode L).
        target_transform: called with the class.
        download: fetch what is missing into ``root``, and check it.

    A line of the files is a label 1 ... 10 and 256 pairs ``number:value``, values in -1 ... 1.
    ``data`` (uint8, N x 16 x 16) is an array, ``targets`` a list.
    """

    _URL = "https://www.csie.ntu.edu.tw/~cjlin/libsvmtools/datasets/multiclass/"
    split_list = {
        "train": [_URL + "usps.bz2", "usps.bz2", "ec16c51db3855ca6c91edd34d0e9b197"],
        "test": [_URL + "usps.t.bz2", "usps.t.bz2", "8ea070ee2aca1ac39742fdd1ef5ed118"],
    }

    def __init__(
        self,
        root: str | os.PathLike[str],
        train: bool = True,
        transform: Transform | None = None,
        target_transform: Callable[[Any], Any] | None = None,
        download: bool = False,
    ) -> None:
        super().__init__(os.fspath(root), transform=transform, target_transform=target_transform)
        assert isinstance(self.root, str)
        url, filename, md5 = self.split_list["train" if train else "test"]
        path = os.path.join(self.root, filename)
        if download and not os.path.exists(path):
            fetch(url, path, md5)
        with bz2.open(path) as file:
            lines = [line.decode().split() for line in file]
        values = [[pair.split(":")[-1] for pair in line[1:]] for line in lines]
        ink = np.asarray(values, dtype=np.float32).reshape(-1, 16, 16)
        self.data = ((ink + 1) / 2 * 255).astype(np.uint8)
        self.targets = [int(line[0]) - 1 for line in lines]

    def __len__(self) -> int:
        return len(self.data)

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        return self._transformed(pillow().fromarray(self.data[index]), int(self.targets[index]))
