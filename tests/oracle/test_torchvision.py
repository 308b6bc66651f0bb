"""Data sets and transforms against torchvision, where it is installed."""

import importlib
import random

import numpy as np
import pytest

pytest.importorskip("torch")
theirs = pytest.importorskip("torchvision")
import torch  # noqa: E402

import flambeau  # noqa: E402
from flambeau import vision as ours  # noqa: E402

LIBS = ((flambeau, ours), (torch, theirs))


def test_fake_data():
    one, two = (
        v.datasets.FakeData(4, (3, 6, 5), 9, transform=np.asarray, random_offset=3) for _, v in LIBS
    )
    for i in range(4):
        np.testing.assert_array_equal(one[i][0], two[i][0])
        assert one[i][1] == two[i][1]
    assert repr(one) == repr(two)


TABLES = {
    "CIFAR10": "base_folder url filename tgz_md5 train_list test_list meta",
    "CIFAR100": "base_folder url filename tgz_md5 train_list test_list meta",
    "SVHN": "split_list",
    "USPS": "split_list",
    "EMNIST": "url md5 splits classes_split_dict",
    "QMNIST": "subsets resources classes",
    "MNIST": "resources classes",
    "FashionMNIST": "resources classes",
    "KMNIST": "resources classes",
}


@pytest.mark.parametrize("name", TABLES)
def test_tables(name):
    one, two = (getattr(v.datasets, name) for _, v in LIBS)
    for attribute in TABLES[name].split():
        ours_, theirs_ = getattr(one, attribute), getattr(two, attribute)
        assert ours_ == theirs_ or list(map(tuple, ours_)) == list(map(tuple, theirs_))


RNG = np.random.default_rng(0)
PIXELS = RNG.integers(0, 256, (13, 17, 3), dtype=np.uint8)


def pictures(kind):
    """The same picture for both packages."""
    from PIL import Image

    if kind in ("RGB", "L"):
        return (Image.fromarray(PIXELS).convert(kind),) * 2
    array = PIXELS.transpose(2, 0, 1).copy()
    if kind == "grey":
        array = array[:1]
    if kind == "float":
        array = (array / 255).astype(np.float32)
    if kind == "batch":
        array = np.stack([array, array[:, ::-1, ::-1]])
    return flambeau.from_numpy(array.copy()), torch.from_numpy(array.copy())


def values(picture):
    if isinstance(picture, (tuple, list)):
        return [values(p) for p in picture]
    return np.asarray(picture)


def assert_close(one, two):
    if isinstance(one, list):
        assert len(one) == len(two)
        for a, b in zip(one, two):
            assert_close(a, b)
        return
    assert (one.dtype, one.shape) == (two.dtype, two.shape)
    if one.dtype == np.uint8:  # sums are rounded otherwise in the last place
        np.testing.assert_array_less(np.abs(one.astype(int) - two.astype(int)), 2)
        assert (one != two).mean() < 0.02
    else:
        np.testing.assert_allclose(one, two, rtol=1e-4, atol=1e-5)


def both(action, kind, seed=0):
    """What both packages make of a picture: values or errors, and the generators' next number."""
    results = []
    for (lib, vision), picture in zip(LIBS, pictures(kind)):
        lib.manual_seed(seed)
        random.seed(seed)
        try:
            result = values(action(vision.transforms, picture))
        except Exception as error:
            result = (type(error), str(error).replace("flambeau", "torch").splitlines()[0])
        results.append((result, lib.rand(1).item(), random.random()))
    return results


FUNCTIONS = {
    "rotate": lambda t, x: t.functional.rotate(x, 30),
    "rotate fill": lambda t, x: t.functional.rotate(x, -75.5, fill=[7], center=[3, 5]),
    "rotate bilinear": lambda t, x: t.functional.rotate(
        x, 20, t.InterpolationMode.BILINEAR, expand=True, fill=0.0
    ),
    "affine": lambda t, x: t.functional.affine(x, 10, (2, -3), 1.2, (5, -8)),
    "affine bilinear": lambda t, x: t.functional.affine(
        x, -30, [1, 1], 0.7, 20, t.InterpolationMode.BILINEAR, fill=[9], center=(4, 4)
    ),
    "perspective": lambda t, x: t.functional.perspective(
        x, [[0, 0], [16, 0], [16, 12], [0, 12]], [[2, 1], [15, 2], [16, 10], [1, 12]]
    ),
    "brightness": lambda t, x: t.functional.adjust_brightness(x, 1.4),
    "contrast": lambda t, x: t.functional.adjust_contrast(x, 0.3),
    "saturation": lambda t, x: t.functional.adjust_saturation(x, 1.7),
    "hue": lambda t, x: t.functional.adjust_hue(x, -0.2),
    "hue up": lambda t, x: t.functional.adjust_hue(x, 0.5),
    "gamma": lambda t, x: t.functional.adjust_gamma(x, 1.8, 0.9),
    "sharpness": lambda t, x: t.functional.adjust_sharpness(x, 2.5),
    "invert": lambda t, x: t.functional.invert(x),
    "posterize": lambda t, x: t.functional.posterize(x, 3),
    "solarize": lambda t, x: t.functional.solarize(x, 1),
    "autocontrast": lambda t, x: t.functional.autocontrast(x),
    "equalize": lambda t, x: t.functional.equalize(x),
    "blur": lambda t, x: t.functional.gaussian_blur(x, [5, 3]),
    "blur sigma": lambda t, x: t.functional.gaussian_blur(x, 3, [0.5, 1.5]),
    "five": lambda t, x: t.functional.five_crop(x, 6),
    "ten": lambda t, x: t.functional.ten_crop(x, (5, 7), True),
    "resized crop": lambda t, x: t.functional.resized_crop(x, 2, 3, 7, 8, [10, 5]),
    "erase": lambda t, x: t.functional.erase(x, 1, 2, 3, 4, 0),
    "grey": lambda t, x: t.functional.rgb_to_grayscale(x, 3),
    "wrong hue": lambda t, x: t.functional.adjust_hue(x, 0.7),
    "wrong angle": lambda t, x: t.functional.rotate(x, "a"),
    "wrong scale": lambda t, x: t.functional.affine(x, 1, (0, 0), 0, 0),
    "wrong fill": lambda t, x: t.functional.rotate(x, 3, fill=[1, 2]),
    "wrong kernel": lambda t, x: t.functional.gaussian_blur(x, 4),
    "wrong crop": lambda t, x: t.functional.five_crop(x, 100),
}
RANDOM = {
    "rotation": lambda t: t.RandomRotation(40, fill=3),
    "rotation more": lambda t: t.RandomRotation(
        (5, 60), t.InterpolationMode.BILINEAR, True, (2, 3)
    ),
    "affine": lambda t: t.RandomAffine(30, (0.2, 0.3), (0.7, 1.3), 10),
    "affine more": lambda t: t.RandomAffine((0, 9), shear=(1, 5, -4, 4), fill=4, center=(1, 2)),
    "jitter": lambda t: t.ColorJitter(0.4, 0.5, (0.2, 1.9), 0.1),
    "jitter some": lambda t: t.ColorJitter(contrast=0.4),
    "resized": lambda t: t.RandomResizedCrop(9),
    "resized tall": lambda t: t.RandomResizedCrop((8, 5), (0.9, 1.0), (6.0, 7.0)),
    "erasing": lambda t: t.RandomErasing(0.9),
    "erasing noise": lambda t: t.RandomErasing(1.0, value="random"),
    "erasing value": lambda t: t.RandomErasing(1.0, value=(0.5,), scale=(0.1, 0.2)),
    "grey": lambda t: t.RandomGrayscale(0.5),
    "blur": lambda t: t.GaussianBlur(3),
    "blur more": lambda t: t.GaussianBlur((5, 3), 1.5),
    "perspective": lambda t: t.RandomPerspective(0.6, 0.8),
    "apply": lambda t: t.RandomApply([t.RandomRotation(20), t.CenterCrop(8)], 0.6),
    "choice": lambda t: t.RandomChoice([t.CenterCrop(4), t.CenterCrop(5)], [1, 3]),
    "order": lambda t: t.RandomOrder([t.CenterCrop(8), t.Pad(2), t.RandomCrop(7)]),
    "invert": lambda t: t.RandomInvert(),
    "posterize": lambda t: t.RandomPosterize(2),
    "solarize": lambda t: t.RandomSolarize(0.9),
    "sharpness": lambda t: t.RandomAdjustSharpness(2, 0.7),
    "autocontrast": lambda t: t.RandomAutocontrast(),
    "equalize": lambda t: t.RandomEqualize(),
    "five": lambda t: t.FiveCrop((4, 5)),
    "ten": lambda t: t.TenCrop(6),
    "crop": lambda t: t.RandomCrop(20, 2, True, padding_mode="reflect"),
}


def compare(ours_, theirs_):
    (one, *ahead), (two, *expected) = ours_, theirs_
    assert isinstance(one, tuple) == isinstance(two, tuple), (one, two)
    if isinstance(one, tuple):
        assert one[0] is two[0]
        if issubclass(one[0], (ValueError, TypeError)) and "PIL" not in two[1]:
            assert one[1] == two[1]
    else:
        assert_close(one, two)
        assert ahead == expected


@pytest.mark.parametrize("kind", ["RGB", "L", "bytes", "float", "batch", "grey"])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions(name, kind):
    compare(*both(FUNCTIONS[name], kind))


@pytest.mark.parametrize("kind", ["RGB", "bytes", "float"])
@pytest.mark.parametrize("name", RANDOM)
def test_random_transforms(name, kind):
    for seed in range(4):
        compare(*both(lambda t, x: RANDOM[name](t)(x), kind, seed))


@pytest.mark.parametrize("name", RANDOM)
def test_printed_forms(name):
    one, two = (repr(RANDOM[name](vision.transforms)) for _, vision in LIBS)
    assert one == two


# Version 2 takes more kinds of picture here, and pads otherwise.
ONLY_V1 = {"erasing value", "erasing", "erasing noise", "posterize", "equalize", "crop"}


@pytest.mark.parametrize("kind", ["RGB", "float"])
@pytest.mark.parametrize("name", sorted(set(RANDOM) - ONLY_V1))
def test_random_transforms_of_samples(name, kind):
    """Version 2: the first picture is transformed, the label handed on."""

    def run(transforms, picture):
        v2 = importlib.import_module(transforms.__name__ + ".v2")
        result, label = v2.Compose([v2.Identity(), RANDOM[name](v2)])((picture, 3))
        assert label == 3
        return result

    for seed in range(2):
        compare(*both(run, kind, seed))


def test_samples():
    from flambeau.vision.transforms import v2

    theirs_v2 = pytest.importorskip("torchvision.transforms.v2")
    seen = []
    for lib, v in ((flambeau, v2), (torch, theirs_v2)):
        lib.manual_seed(0)
        one = v.Compose([v.ToImage(), v.ToDtype(lib.float32, scale=True), v.RandomCrop(5)])
        first, second = one(pictures("RGB")[0], "label")
        sample = v.RandomHorizontalFlip(1.0)(
            {"a": lib.arange(3).view(1, 3), "b": [lib.ones(2), "text"], "c": (1,)}
        )
        seen.append(
            (
                first.tolist(), second, sample["a"].tolist(), sample["b"][0].tolist(),
                sample["b"][1], sample["c"], repr(one), repr(v.Lambda(len, str)),
                repr(v.Compose([v.CenterCrop(3)])), repr(v.RandomRotation(3)), repr(v.Resize(5)),
                v.functional.to_image(PIXELS).tolist(),
                v.ToDtype(lib.float64)(lib.ones(1)).dtype.itemsize,
            )
        )  # fmt: skip
    assert seen[0][1:] == seen[1][1:]
    np.testing.assert_allclose(seen[0][0], seen[1][0])
