"""flambeau predict, and how pictures are prepared for it."""

import re

import numpy as np
import pytest
from PIL import Image

from flambeau.app import pictures
from flambeau.app.errors import CommandError
from flambeau.vision.datasets import Digits


def drawing(height=60, width=80):
    """An L, light on dark: grey values."""
    grey = np.zeros((height, width), np.uint8)
    grey[10:50, 30:38] = 255
    grey[42:50, 30:55] = 255
    return grey


def saved(path, array):
    Image.fromarray(array).save(path)
    return path


def test_predict(flambeau_command, digits_run, tmp_path):
    digits = Digits(False)
    names = []
    for number in range(12):
        pixels = np.kron(digits.data[number].numpy() * 15, np.ones((12, 12), np.uint8))
        names.append(saved(tmp_path / f"{number}.png", 255 - np.pad(pixels, (9, 30))))
    outcome = flambeau_command("predict", digits_run, *names)
    assert outcome.status == 0
    lines = [re.fullmatch(r"(.*\.png) +(\d)  (\d+\.\d)%", row) for row in outcome.out.splitlines()]
    assert [line[1] for line in lines] == [str(name) for name in names]
    right = sum(int(line[2]) == digits.targets[n] for n, line in enumerate(lines))
    assert right >= 8
    assert all(10 <= float(line[3]) <= 100 for line in lines)


def test_predict_penguins(flambeau_command, penguins_run):
    outcome = flambeau_command("predict", penguins_run, "39.1,18.7,181,3750", "50, 15, 220, 5400")
    assert [line.split()[-2] for line in outcome.out.splitlines()] == ["Adelie", "Gentoo"]


@pytest.mark.parametrize("text", ["1,2,3", "1,2,3,4,5", "a,b,c,d", "1,2,3,inf", "picture.png"])
def test_measurements_that_are_none(flambeau_command, penguins_run, text):
    line = flambeau_command("predict", penguins_run, text).refused()
    assert "which are 4 numbers separated by commas" in line


def test_pictures_that_are_none(flambeau_command, digits_run, tmp_path):
    good = saved(tmp_path / "good.png", drawing())
    (tmp_path / "text.png").write_text("no picture")
    (tmp_path / "cut.png").write_bytes(good.read_bytes()[:60])
    saved(tmp_path / "empty.png", np.full((20, 20), 200, np.uint8))
    for name, message in (
        ("nowhere.png", "no such file"),
        (".", "is a folder, not a picture"),
        ("text.png", "not a picture that can be read"),
        ("cut.png", "not a picture that can be read"),
        ("empty.png", "nothing is drawn on it"),
    ):
        line = flambeau_command("predict", digits_run, good, tmp_path / name).refused()
        assert message in line and str(tmp_path / name) in line


def test_runs_that_are_none(flambeau_command, tmp_path):
    assert "no such run folder" in flambeau_command("predict", tmp_path / "x", "a.png").refused()
    assert "Missing argument" in flambeau_command("predict", tmp_path).refused()


@pytest.mark.parametrize("fit", pictures.FITS)
@pytest.mark.parametrize("size", [(8, 8), (28, 28)])
def test_colours_do_not_matter(tmp_path, fit, size):
    light_on_dark = drawing()
    ink = np.asarray(light_on_dark, np.float64)[..., None] / 255
    colours = {
        "dark on light": 255 - light_on_dark,
        "low contrast": (light_on_dark // 4 + 100).astype(np.uint8),
        "blue on yellow": (ink * [20, 20, 120] + (1 - ink) * [250, 240, 120]).astype(np.uint8),
        "black on nothing": np.dstack([0 * light_on_dark] * 3 + [light_on_dark]),
        "white on nothing": np.dstack([0 * light_on_dark + 255] * 3 + [light_on_dark]),
        "16 bits": light_on_dark.astype(np.uint16) * 200,
    }
    expected = pictures.prepare(saved(tmp_path / "a.png", light_on_dark), size, fit)
    assert expected.shape == size and expected.dtype == np.float32
    assert expected.max() > 0.9 and expected.min() == 0
    for name, array in colours.items():
        result = pictures.prepare(saved(tmp_path / f"{name}.png", array), size, fit)
        np.testing.assert_allclose(result, expected, atol=0.1, err_msg=name)


@pytest.mark.parametrize("fit", pictures.FITS)
def test_place_and_size_do_not_matter(tmp_path, fit):
    grey = drawing()
    moved = np.roll(np.pad(grey, ((0, 100), (40, 0))), (50, -30), (0, 1))
    large = np.kron(grey, np.ones((3, 3), np.uint8))
    one, two, three = (
        pictures.prepare(saved(tmp_path / "a.png", array), (28, 28), fit)
        for array in (grey, moved, large)
    )
    np.testing.assert_allclose(one, two, atol=1e-3)
    assert np.abs(one - three).mean() < 0.03


def test_mnist_way():
    ink = pictures.FITS["mass"](pictures.cropped(drawing() / 255.0), (28, 28))
    rows, columns = np.indices(ink.shape)
    assert abs((ink * rows).sum() / ink.sum() - 13.5) <= 0.6
    assert abs((ink * columns).sum() / ink.sum() - 13.5) <= 0.6
    assert (ink > 0.5).any(1).sum() == 20


def test_uci_way():
    ink = pictures.FITS["bitmap"](pictures.cropped(drawing() / 255.0), (8, 8))
    assert set(np.unique(ink * 16)) <= set(range(17))
    assert ink[0].any() and ink[-1].any()


def test_leaning_drawings_are_straightened():
    leaning = np.zeros((60, 60))
    for row in range(60):
        leaning[row, 40 - row // 2 : 48 - row // 2] = 1
    upright = pictures.cropped(pictures._upright(leaning))
    assert upright.shape[1] <= 12


def test_a_picture_of_the_right_size_is_kept(tmp_path):
    digit = Digits().data[5].numpy() * 15
    result = pictures.prepare(saved(tmp_path / "a.png", digit), (8, 8), "bitmap")
    np.testing.assert_allclose(result, digit / digit.max(), atol=1e-6)
    inverted = pictures.prepare(saved(tmp_path / "b.png", 255 - digit), (8, 8), "bitmap")
    np.testing.assert_allclose(inverted, result, atol=1e-6)


def test_noise_on_the_paper_is_no_ink(tmp_path):
    rng = np.random.default_rng(0)
    noisy = 255 - (drawing() * 0.7 + rng.normal(30, 6, (60, 80))).clip(0, 255).astype(np.uint8)
    clean = pictures.prepare(saved(tmp_path / "a.png", drawing()), (28, 28), "mass")
    result = pictures.prepare(saved(tmp_path / "b.png", noisy), (28, 28), "mass")
    assert np.abs(clean - result).mean() < 0.03


def test_an_orientation_in_the_file_counts(tmp_path):
    image = Image.fromarray(drawing()).transpose(Image.Transpose.ROTATE_90)
    exif = Image.Exif()
    exif[0x0112] = 6  # to be shown turned by 90 degrees clockwise
    image.save(tmp_path / "turned.png", exif=exif)
    np.testing.assert_allclose(pictures.read_grey(tmp_path / "turned.png"), drawing() / 255)


def test_an_empty_picture():
    with pytest.raises(ValueError, match="nothing is drawn"):
        pictures.light_on_dark(np.full((5, 5), 0.3))
    with pytest.raises(CommandError, match="no such file"):
        pictures.read_grey("nowhere.png")


def test_thin_strokes_are_thickened():
    thin = np.zeros((64, 40))
    thin[:, 19:21] = 1
    thin[31:33] = 1
    thick = pictures._thickened(thin, 10)
    assert 7 <= thick[len(thick) // 4].sum() <= 11
    broad = np.ones((64, 12))
    assert pictures._thickened(broad, 10) is broad
