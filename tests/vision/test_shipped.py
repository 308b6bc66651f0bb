"""The data sets that come with the package."""

from importlib import resources

import numpy as np
import pytest

import flambeau
from flambeau.data import DataLoader
from flambeau.vision import transforms
from flambeau.vision.datasets import Digits, Penguins


def test_sizes_of_the_digits():
    assert [len(Digits(train)) for train in (True, False, None)] == [1437, 360, 1797]


def test_the_digits_are_the_real_ones():
    digits = Digits(None)
    assert digits.data.dtype == flambeau.uint8 and tuple(digits.data.shape) == (1797, 8, 8)
    assert (int(digits.data.min()), int(digits.data.max())) == (0, 16)
    assert digits.targets[:10].tolist() == list(range(10))
    counts = [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    assert np.bincount(digits.targets.numpy()).tolist() == counts
    assert digits.data[0, 0].tolist() == [0, 0, 5, 13, 9, 1, 0, 0]
    assert int(digits.data.long().sum()) == 561718


def test_the_split_is_the_last_images():
    everything = Digits(None).data
    assert flambeau.equal(Digits(True).data, everything[:-360])
    assert flambeau.equal(Digits(False).data, everything[-360:])


def test_a_digit_without_transform_is_a_tensor():
    digits = Digits()
    image, target = digits[7]
    assert target == 7 and image.dtype == flambeau.float32
    assert flambeau.equal(image, digits.data[7:8] / 16)


def test_a_digit_for_a_transform_is_a_picture():
    image, target = Digits(transform=lambda image: image, target_transform=str)[0]
    assert (image.mode, image.size, target) == ("L", (8, 8), "0")
    assert image.getextrema() == (0, round(15 / 16 * 255))


@pytest.mark.parametrize("transform", [None, transforms.ToTensor()])
def test_a_whole_batch_of_digits_equals_its_items(transform):
    digits = Digits(False, transform=transform)
    (images, targets), *_ = DataLoader(digits, batch_size=50)
    assert flambeau.equal(images, flambeau.stack([digits[i][0] for i in range(50)]))
    assert targets.tolist() == [digits[i][1] for i in range(50)]


def test_printed_form():
    text = "Dataset Digits\n    Number of datapoints: {}\n    Split: {}"
    assert repr(Digits()) == text.format(1437, "Train")
    assert repr(Digits(None)) == text.format(1797, "All")


def test_penguins():
    assert [len(Penguins(train)) for train in (True, False, None)] == [274, 68, 342]
    penguins = Penguins(None)
    assert np.bincount(penguins.targets.numpy()).tolist() == [151, 123, 68]
    features, species = penguins[0]
    np.testing.assert_allclose(features.numpy(), [39.1, 18.7, 181, 3750], rtol=1e-6)
    assert penguins.classes[species] == "Adelie"
    assert penguins.features == ("culmen_length", "culmen_depth", "flipper_length", "body_mass")
    assert np.bincount(Penguins(False).targets.numpy()).min() >= 10


def test_standardised_penguins():
    raw, standard, held_out = Penguins(), Penguins(standardize=True), Penguins(False)
    np.testing.assert_allclose(standard.data.mean(0).numpy(), 0, atol=1e-5)
    np.testing.assert_allclose(standard.data.std(0).numpy(), 1, rtol=1e-5)
    assert flambeau.equal(raw.standardize(raw.data), standard.data)
    assert flambeau.equal(held_out.mean, raw.mean)  # held-out rows do not enter
    assert not flambeau.equal(held_out.mean, held_out.data.mean(0))


def test_a_whole_batch_of_penguins_equals_its_items():
    penguins = Penguins(False)
    (features, species), *_ = DataLoader(penguins, batch_size=9)
    assert flambeau.equal(features, flambeau.stack([penguins[i][0] for i in range(9)]))
    assert species.tolist() == [penguins[i][1] for i in range(9)]


def test_transforms_of_penguins():
    penguins = Penguins(transform=lambda x: x * 2, target_transform=lambda y: y + 1)
    plain = Penguins()
    assert flambeau.equal(penguins[5][0], plain[5][0] * 2) and penguins[5][1] == plain[5][1] + 1


@pytest.mark.parametrize("name", ["digits.txt", "penguins.txt"])
def test_attribution_is_shipped(name):
    text = (resources.files("flambeau.vision") / "data" / name).read_text("utf-8")
    assert "doi:10." in text and "Licence: Creative Commons" in text


def test_the_digits_are_small():
    folder = resources.files("flambeau.vision") / "data"
    sizes = [len(f.read_bytes()) for f in folder.iterdir() if f.name.startswith("digits-")]
    assert len(sizes) == 2 and sum(sizes) < 150_000
