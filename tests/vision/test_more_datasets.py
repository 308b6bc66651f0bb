"""Layouts, items, checks and errors of data sets, on small files of the real formats."""

import bz2
import gzip
import hashlib
import io
import lzma
import pickle
import struct
import sys
import tarfile
import zipfile

import numpy as np
import pytest

import flambeau
from flambeau.data import DataLoader, default_collate
from flambeau.vision import datasets, transforms
from flambeau.vision.datasets import download
from flambeau.vision.datasets.folder import is_image_file, make_dataset

PIL = pytest.importorskip("PIL.Image")
RNG = np.random.default_rng(0)


def idx(values, code=8):
    header = bytes([0, 0, code, values.ndim]) + struct.pack(f">{values.ndim}I", *values.shape)
    return header + values.astype(values.dtype.newbyteorder(">")).tobytes()


def bytes_of(*shape):
    return RNG.integers(0, 256, shape, dtype=np.uint8)


def md5(data):
    return hashlib.md5(data).hexdigest()


def whole_equals_single(dataset):
    """A loader's batches, made at once, are what collating single items gives."""
    order = [2, 0, 1]
    batch = next(iter(DataLoader(dataset, batch_sampler=[order])))
    single = default_collate([dataset[i] for i in order])
    assert dataset._whole_batch(order) is not None
    for ours, theirs in zip(batch, single, strict=True):
        assert ours.dtype == theirs.dtype
        assert ours.tolist() == theirs.tolist()


# ------------------------------------------------------------------------------- MNIST's family


def write_emnist(folder, split, n=5, suffix=""):
    folder.mkdir(parents=True, exist_ok=True)
    images, labels = bytes_of(n, 28, 28), RNG.integers(1, 10, n, dtype=np.uint8)
    pack = gzip.compress if suffix else bytes
    for kind, values in (("images-idx3", images), ("labels-idx1", labels)):
        name = f"emnist-{split}-train-{kind}-ubyte{suffix}"
        (folder / name).write_bytes(pack(idx(values)))
    return images, labels


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_emnist(tmp_path, suffix):
    images, labels = write_emnist(tmp_path / "EMNIST" / "raw", "letters", suffix=suffix)
    data = datasets.EMNIST(tmp_path, "letters")
    assert (len(data), data[1][1], data.classes[1]) == (5, labels[1], "a")
    np.testing.assert_array_equal(np.asarray(data[1][0]), images[1])
    assert repr(data).endswith("Split: Train")
    assert data.class_to_idx["z"] == 26
    sizes = {split: len(names) for split, names in datasets.EMNIST.classes_split_dict.items()}
    assert sizes == {
        "byclass": 62, "bymerge": 47, "balanced": 47, "letters": 27, "digits": 10, "mnist": 10,
    }  # fmt: skip
    with pytest.raises(RuntimeError, match="Dataset not found"):
        datasets.EMNIST(tmp_path, split="digits")
    with pytest.raises(ValueError, match="Unknown value 'x' for argument split. Valid values are "):
        datasets.EMNIST(tmp_path, split="x")


def test_emnist_download(tmp_path, monkeypatch):
    write_emnist(tmp_path / "gzip", "mnist", suffix=".gz")
    packed = tmp_path / "gzip.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for path in (tmp_path / "gzip").iterdir():
            archive.write(path, f"gzip/{path.name}")
    monkeypatch.setattr(datasets.EMNIST, "url", packed.as_uri())
    monkeypatch.setattr(datasets.EMNIST, "md5", md5(packed.read_bytes()))
    root = tmp_path / "root"
    assert len(datasets.EMNIST(root, "mnist", download=True)) == 5
    assert not (root / "EMNIST" / "raw" / "gzip").exists()
    packed.unlink()
    assert len(datasets.EMNIST(root, "mnist", download=True)) == 5  # not fetched again


def test_qmnist(tmp_path):
    folder = tmp_path / "QMNIST" / "raw"
    folder.mkdir(parents=True)
    images, labels = bytes_of(4, 28, 28), RNG.integers(0, 10, (4, 8), dtype=np.int32)
    (folder / "qmnist-train-images-idx3-ubyte.gz").write_bytes(gzip.compress(idx(images)))
    (folder / "qmnist-train-labels-idx2-int").write_bytes(idx(labels, 0x0C))
    (folder / "xnist-images-idx3-ubyte.xz").write_bytes(lzma.compress(idx(images)))
    (folder / "xnist-labels-idx2-int.xz").write_bytes(lzma.compress(idx(labels, 0x0C)))
    data = datasets.QMNIST(tmp_path)
    assert data[2][1] == labels[2, 0]
    full = datasets.QMNIST(tmp_path, "nist", compat=False, transform=transforms.ToTensor())
    assert full[3][1].tolist() == labels[3].tolist()
    assert repr(full).splitlines()[3] == "    Split: nist"
    whole_equals_single(datasets.QMNIST(tmp_path, transform=transforms.ToTensor()))
    whole_equals_single(full)
    with pytest.raises(RuntimeError, match="Dataset not found"):
        datasets.QMNIST(tmp_path, what="test50k")
    with pytest.raises(ValueError, match="for argument what"):
        datasets.QMNIST(tmp_path, what="other")


def test_usps(tmp_path):
    values = np.round(RNG.uniform(-1, 1, (3, 256)), 6)
    values[0, :2] = -1, 1
    lines = [
        f"{label} " + " ".join(f"{i + 1}:{v}" for i, v in enumerate(row)) + " \n"
        for label, row in zip((1, 10, 7), values, strict=True)
    ]
    (tmp_path / "usps.t.bz2").write_bytes(bz2.compress("".join(lines).encode()))
    data = datasets.USPS(tmp_path, train=False)
    assert (data.targets, data.data.shape) == ([0, 9, 6], (3, 16, 16))
    assert data.data[0, 0, :2].tolist() == [0, 255]
    picture, target = data[1]
    assert (picture.mode, picture.size, target) == ("L", (16, 16), 9)
    with pytest.raises(FileNotFoundError):
        datasets.USPS(tmp_path)


# -------------------------------------------------------------------------------------- colours


def write_cifar(folder, cls, rows=3):
    """Files as in the archive; returns a class whose checksums are theirs, and the pictures."""
    base = folder / cls.base_folder
    base.mkdir(parents=True, exist_ok=True)
    key = "labels" if cls is datasets.CIFAR10 else "fine_labels"
    pixels, sums = {}, {}
    for name, _ in cls.train_list + cls.test_list:
        pixels[name] = bytes_of(rows, 3072)
        batch = {"data": pixels[name], key: [1, 0, 2][:rows], "batch_label": name}
        (base / name).write_bytes(pickle.dumps(batch, protocol=2))
        sums[name] = md5((base / name).read_bytes())
    meta = {cls.meta["key"]: ["plane", "car", "bird"]}
    (base / cls.meta["filename"]).write_bytes(pickle.dumps(meta, protocol=2))
    own = {
        "train_list": [[name, sums[name]] for name, _ in cls.train_list],
        "test_list": [[name, sums[name]] for name, _ in cls.test_list],
        "meta": {**cls.meta, "md5": md5((base / cls.meta["filename"]).read_bytes())},
    }
    return type(cls.__name__, (cls,), own), pixels


@pytest.mark.parametrize("cls", [datasets.CIFAR10, datasets.CIFAR100])
def test_cifar(tmp_path, cls):
    small, pixels = write_cifar(tmp_path, cls)
    data = small(tmp_path)
    first = cls.train_list[0][0]
    assert len(data) == 3 * len(cls.train_list)
    assert (data.data.shape[1:], data.data.dtype) == ((32, 32, 3), np.uint8)
    picture, target = data[1]
    assert (picture.mode, target) == ("RGB", 0)
    np.testing.assert_array_equal(np.asarray(picture).transpose(2, 0, 1).ravel(), pixels[first][1])
    assert data.classes == ["plane", "car", "bird"]
    assert data.class_to_idx["bird"] == 2
    assert repr(small(str(tmp_path), train=False)) == (
        f"Dataset {cls.__name__}\n    Number of datapoints: 3\n    Root location: {tmp_path}\n"
        "    Split: Test"
    )
    normal = transforms.Normalize((0.5,) * 3, (0.25,) * 3)
    whole_equals_single(
        small(tmp_path, transform=transforms.Compose([transforms.ToTensor(), normal]))
    )


def test_cifar_checks_its_files(tmp_path):
    with pytest.raises(RuntimeError, match="^Dataset not found or corrupted. You can use download"):
        datasets.CIFAR10(tmp_path)
    small, _ = write_cifar(tmp_path, datasets.CIFAR10)
    path = tmp_path / small.base_folder / "batches.meta"
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(RuntimeError, match="^Dataset metadata file not found or corrupted"):
        small(tmp_path)
    (tmp_path / small.base_folder / "test_batch").write_bytes(b"x")
    with pytest.raises(RuntimeError, match="not found or corrupted"):
        small(tmp_path)


def test_cifar_files_run_no_code(tmp_path):
    small, _ = write_cifar(tmp_path, datasets.CIFAR100)
    path = tmp_path / small.base_folder / "train"
    path.write_bytes(pickle.dumps({"data": print}))
    small.train_list = [["train", md5(path.read_bytes())]]
    with pytest.raises(pickle.UnpicklingError, match="no place in a file of pictures"):
        small(tmp_path)


def test_cifar_download(tmp_path, capsys):
    small, _ = write_cifar(tmp_path / "made", datasets.CIFAR100)
    archive = tmp_path / "served.tar.gz"
    with tarfile.open(archive, "w:gz") as packed:
        packed.add(tmp_path / "made" / small.base_folder, small.base_folder)
    small.url, small.tgz_md5 = archive.as_uri(), md5(archive.read_bytes())
    assert len(small(tmp_path / "root", download=True)) == 3
    archive.unlink()
    assert len(small(tmp_path / "root", download=True)) == 3
    assert download.is_whole(tmp_path / "root" / small.filename, small.tgz_md5)


def test_svhn(tmp_path, monkeypatch):
    scipy = pytest.importorskip("scipy.io")
    pixels, labels = bytes_of(32, 32, 3, 4), np.array([[1], [10], [9], [3]], np.uint8)
    file = io.BytesIO()
    scipy.savemat(file, {"X": pixels, "y": labels})
    (tmp_path / "test_32x32.mat").write_bytes(file.getvalue())
    row = [*datasets.SVHN.split_list["test"][:2], md5(file.getvalue())]
    monkeypatch.setitem(datasets.SVHN.split_list, "test", row)
    data = datasets.SVHN(tmp_path, "test")
    assert (data.data.shape, data.labels.tolist()) == ((4, 3, 32, 32), [1, 0, 9, 3])
    np.testing.assert_array_equal(np.asarray(data[2][0]), pixels[..., 2])
    assert data[1][1] == 0
    assert repr(data).endswith("Split: test")
    whole_equals_single(datasets.SVHN(tmp_path, "test", transform=transforms.ToTensor()))
    with pytest.raises(RuntimeError, match="not found or corrupted"):
        datasets.SVHN(tmp_path)
    with pytest.raises(ValueError, match="Valid values are {'train', 'test', 'extra'}"):
        datasets.SVHN(tmp_path, "other")
    monkeypatch.setitem(sys.modules, "scipy.io", None)
    with pytest.raises(ModuleNotFoundError, match="SciPy is needed"):
        datasets.SVHN(tmp_path, "test")


# -------------------------------------------------------------------------------------- folders


@pytest.fixture
def animals(tmp_path):
    for name, colour in (("dog/b.png", 9), ("dog/deep/a.PNG", 7), ("cat/1.bmp", 5), ("cat/x", 0)):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix:
            PIL.new("L", (4, 3), colour).save(path)
        else:
            path.write_text("no picture")
    return tmp_path


def test_image_folder(animals):
    data = datasets.ImageFolder(animals)
    assert (data.classes, data.class_to_idx) == (["cat", "dog"], {"cat": 0, "dog": 1})
    names = ["cat/1.bmp", "dog/b.png", "dog/deep/a.PNG"]
    assert (
        data.samples
        == data.imgs
        == [(str(animals / name), int(name.startswith("dog"))) for name in names]
    )
    assert data.targets == [0, 1, 1]
    picture, target = data[2]
    assert (picture.mode, picture.size, picture.getpixel((0, 0)), target) == (
        "RGB", (4, 3), (7, 7, 7), 1,
    )  # fmt: skip
    assert repr(data).splitlines()[:2] == ["Dataset ImageFolder", "    Number of datapoints: 3"]
    batch = next(iter(DataLoader(datasets.ImageFolder(animals, transforms.ToTensor()), 3)))
    assert batch[0].shape == (3, 3, 3, 4)
    assert is_image_file("A.JPEG") and not is_image_file("a.txt")


def test_dataset_folder(animals):
    texts = datasets.DatasetFolder(
        animals, open, is_valid_file=lambda path: path.endswith("x"), allow_empty=True
    )
    assert [target for _, target in texts.samples] == [0]
    found = datasets.DatasetFolder(animals, str, (".png", ".bmp"), target_transform=str)
    assert found[0] == (str(animals / "cat" / "1.bmp"), "0")
    (animals / "empty").mkdir()
    with pytest.raises(FileNotFoundError, match=r"classes empty. Supported extensions are: .jpg, "):
        datasets.ImageFolder(animals)
    assert len(datasets.ImageFolder(animals, allow_empty=True)) == 3
    with pytest.raises(ValueError, match="cannot be None or not None at the same time"):
        datasets.DatasetFolder(animals, str)
    with pytest.raises(ValueError, match="must have at least one entry"):
        make_dataset(animals, {}, ".png")
    with pytest.raises(FileNotFoundError, match="Couldn't find any class folder in"):
        datasets.ImageFolder(animals / "empty")


# ----------------------------------------------------------------------------------------- noise


def test_fake_data():
    data = datasets.FakeData(3, (3, 5, 4), 7, transforms.PILToTensor(), random_offset=2)
    state = flambeau.get_rng_state()
    picture, target = data[1]
    assert flambeau.get_rng_state().tolist() == state.tolist()
    with flambeau.random.fork_rng():
        flambeau.manual_seed(3)
        noise = flambeau.randn(3, 5, 4)
        expected = flambeau.randint(0, 7, (1,)).item()
    assert target == expected
    assert picture.tolist() == noise.mul(255).to(flambeau.uint8).tolist()
    with pytest.raises(IndexError, match="FakeData index out of range"):
        data[3]
    assert len(list(data)) == 3
    assert repr(datasets.FakeData()) == "Dataset FakeData\n    Number of datapoints: 1000"
