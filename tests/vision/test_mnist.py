"""MNIST's layout, arguments, items and errors, on small files that the tests write."""

import gzip
import hashlib
import struct

import numpy as np
import pytest

import flambeau
from flambeau.data import DataLoader
from flambeau.vision import transforms
from flambeau.vision.datasets import KMNIST, MNIST, FashionMNIST

RNG = np.random.default_rng(0)
COUNTS = {"train": 12, "t10k": 5}
PIXELS = {part: RNG.integers(0, 256, (n, 28, 28), dtype=np.uint8) for part, n in COUNTS.items()}
LABELS = {part: RNG.integers(0, 10, n, dtype=np.uint8) for part, n in COUNTS.items()}


def idx(values):
    header = bytes([0, 0, 8, values.ndim]) + struct.pack(f">{values.ndim}I", *values.shape)
    return header + values.tobytes()


def write(folder, zipped):
    folder.mkdir(parents=True)
    for part in COUNTS:
        for kind, values in (("images-idx3", PIXELS[part]), ("labels-idx1", LABELS[part])):
            name = f"{part}-{kind}-ubyte"
            if zipped:
                (folder / f"{name}.gz").write_bytes(gzip.compress(idx(values), mtime=0))
            else:
                (folder / name).write_bytes(idx(values))
    return folder


@pytest.fixture(params=[False, True], ids=["plain", "zipped"])
def root(tmp_path, request):
    write(tmp_path / "MNIST" / "raw", request.param)
    return tmp_path


@pytest.mark.parametrize("train", [True, False])
def test_data_and_targets(root, train):
    part = "train" if train else "t10k"
    dataset = MNIST(root, train=train)
    assert len(dataset) == COUNTS[part]
    assert dataset.data.dtype == flambeau.uint8
    assert dataset.targets.dtype == flambeau.int64
    np.testing.assert_array_equal(dataset.data.numpy(), PIXELS[part])
    np.testing.assert_array_equal(dataset.targets.numpy(), LABELS[part])


def test_an_item_is_a_picture_and_a_class(root):
    image, target = MNIST(str(root))[3]
    assert (image.mode, image.size) == ("L", (28, 28))
    np.testing.assert_array_equal(np.asarray(image), PIXELS["train"][3])
    assert type(target) is int and target == LABELS["train"][3]


def test_transforms_are_applied(root):
    dataset = MNIST(root, transform=np.asarray, target_transform=lambda target: -target)
    image, target = dataset[-1]
    np.testing.assert_array_equal(image, PIXELS["train"][-1])
    assert target == -int(LABELS["train"][-1])


def test_printed_form(root):
    text = f"Dataset MNIST\n    Number of datapoints: 12\n    Root location: {root}\n    Split: "
    assert repr(MNIST(root)) == text + "Train"
    shown = repr(MNIST(root, train=False, transform=transforms.ToTensor()))
    text = text.replace("points: 12", "points: 5")
    assert shown == text + "Test\n    StandardTransform\nTransform: ToTensor()"


def test_classes():
    assert MNIST.classes[4] == "4 - four"
    assert FashionMNIST.classes[9] == "Ankle boot"
    assert KMNIST.classes == ["o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"]


def test_class_to_idx(root):
    assert MNIST(root).class_to_idx["9 - nine"] == 9


@pytest.mark.parametrize("dataset", [FashionMNIST, KMNIST])
def test_relatives_have_folders_of_their_own(tmp_path, dataset):
    write(tmp_path / dataset.__name__ / "raw", True)
    assert len(dataset(tmp_path)) == 12
    with pytest.raises(RuntimeError, match="Dataset not found"):
        MNIST(tmp_path)


PIPELINES = {
    "tensor": transforms.ToTensor(),
    "bytes": transforms.PILToTensor(),
    "normalised": transforms.Compose(
        [transforms.ToTensor(), transforms.Normalize((0.1307,), (0.3081,))]
    ),
    "nested": transforms.Compose(
        [
            transforms.Compose([transforms.PILToTensor()]),
            transforms.ConvertImageDtype(flambeau.float32),
        ]
    ),
}


@pytest.mark.parametrize("name", PIPELINES)
def test_a_whole_batch_equals_its_items(root, name):
    dataset = MNIST(root, transform=PIPELINES[name])
    # A subclass of no change at all is not known, so that it goes picture by picture.
    by_item = MNIST(root, transform=lambda image: PIPELINES[name](image))
    assert by_item._whole_batch([0]) is None
    for batch, expected in zip(
        DataLoader(dataset, batch_size=5), DataLoader(by_item, batch_size=5), strict=True
    ):
        for values, wanted in zip(batch, expected, strict=True):
            assert values.dtype == wanted.dtype and values.shape == wanted.shape
            assert flambeau.equal(values, wanted)


def test_random_transforms_are_not_done_at_once(root):
    flip = transforms.Compose([transforms.RandomHorizontalFlip(), transforms.ToTensor()])
    assert MNIST(root, transform=flip)._whole_batch([0, 1]) is None
    assert MNIST(root)._whole_batch([0, 1]) is None


def test_missing_files(tmp_path):
    with pytest.raises(
        RuntimeError, match="^Dataset not found. You can use download=True to download it"
    ):
        MNIST(tmp_path)


def replaced(folder, name, content):
    for path in folder.glob(f"{name}*"):
        path.unlink()
    (folder / name).write_bytes(content)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("train-images-idx3-ubyte", b"<html>", "not an idx file"),
        ("train-images-idx3-ubyte", idx(LABELS["train"]), "3 dimensions of uint8 expected"),
        ("train-labels-idx1-ubyte", idx(LABELS["t10k"]), "12 images in .* but 5 labels"),
        ("train-labels-idx1-ubyte", idx(LABELS["train"] + 10), "where there are 10 classes"),
    ],
)
def test_damaged_files(root, name, content, message):
    replaced(root / "MNIST" / "raw", name, content)
    with pytest.raises(RuntimeError, match=message):
        MNIST(root)


class Mirrored:
    """MNIST served from a folder, by file: addresses."""

    def __init__(self, tmp_path):
        self.folder = write(tmp_path / "server", True)
        checksums = [
            (path.name, hashlib.md5(path.read_bytes()).hexdigest())
            for path in sorted(self.folder.iterdir())
        ]
        self.dataset = type(
            "MNIST", (MNIST,), {"mirrors": [self.folder.as_uri() + "/"], "resources": checksums}
        )


@pytest.fixture
def mirrored(tmp_path):
    return Mirrored(tmp_path)


def test_download(mirrored, tmp_path, capsys):
    root = tmp_path / "data"
    dataset = mirrored.dataset(root, train=False, download=True)
    np.testing.assert_array_equal(dataset.data.numpy(), PIXELS["t10k"])
    raw = root / "MNIST" / "raw"
    assert sorted(path.name for path in raw.iterdir()) == [n for n, _ in dataset.resources]
    assert "train-images-idx3-ubyte.gz" in capsys.readouterr().err
    for path in mirrored.folder.iterdir():
        path.unlink()
    mirrored.dataset(root, download=True)  # nothing is fetched again


def test_the_second_mirror_is_tried(mirrored, tmp_path):
    mirrored.dataset.mirrors.insert(0, (tmp_path / "nowhere").as_uri() + "/")
    assert len(mirrored.dataset(tmp_path / "data", download=True)) == 12


def test_a_wrong_checksum_leaves_nothing(mirrored, tmp_path):
    images = mirrored.folder / "train-images-idx3-ubyte.gz"
    images.write_bytes(images.read_bytes() + b"!")
    with pytest.raises(RuntimeError, match="File not found or corrupted. MD5 of .* is .*, not"):
        mirrored.dataset(tmp_path / "data", download=True)
    assert not (tmp_path / "data" / "MNIST" / "raw" / images.name).exists()
    assert not list(tmp_path.rglob("*.part"))


def test_no_network(mirrored, tmp_path):
    mirrored.dataset.mirrors[:] = [(tmp_path / "nowhere").as_uri() + "/"]
    with pytest.raises(RuntimeError, match="Error downloading .*\n?Tried .*nowhere") as caught:
        mirrored.dataset(tmp_path / "data", download=True)
    assert "Hint: without a network, copy" in str(caught.value)
    assert not (tmp_path / "data").exists()
