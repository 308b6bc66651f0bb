"""Grids of pictures."""

import numpy as np
import pytest
from PIL import Image

import flambeau
from flambeau.vision.utils import make_grid, save_image


def test_grid_places_the_pictures():
    images = flambeau.arange(5).float().view(5, 1, 1, 1).expand(5, 3, 2, 4) + 1
    grid = make_grid(images, nrow=3, padding=1, pad_value=9.0)
    assert tuple(grid.shape) == (3, 2 * 3 + 1, 3 * 5 + 1)
    assert grid[0, 1:3, 1:5].unique().tolist() == [1]
    assert grid[2, 4:6, 6:10].unique().tolist() == [5]
    assert grid[0, 0].unique().tolist() == [9]
    assert grid[0, 4:6, 11:15].unique().tolist() == [9]  # no sixth picture


def test_grey_pictures_get_three_channels_and_lists_are_stacked():
    image = flambeau.rand(1, 4, 4)
    assert flambeau.equal(make_grid([image]), image.expand(3, 4, 4))
    assert tuple(make_grid([image, image]).shape) == (3, 8, 14)
    assert tuple(make_grid(image[0]).shape) == (3, 4, 4)


def test_normalize():
    images = flambeau.tensor([0.0, 2.0, 4.0, 12.0]).view(2, 1, 1, 2)
    grid = make_grid(images, padding=0, normalize=True)
    assert grid[0].flatten().tolist() == pytest.approx([0, 1 / 6, 1 / 3, 1])
    each = make_grid(images, padding=0, normalize=True, scale_each=True)
    assert each[0].flatten().tolist() == pytest.approx([0, 1, 0, 1])
    ranged = make_grid(images, padding=0, normalize=True, value_range=(2.0, 4.0))
    assert ranged[0].flatten().tolist() == pytest.approx([0, 0, 1, 1])
    assert images.flatten().tolist() == [0, 2, 4, 12]


def test_grid_refuses():
    with pytest.raises(TypeError, match="tensor or list of tensors expected, got"):
        make_grid([1, 2])
    with pytest.raises(TypeError, match="value_range has to be a tuple"):
        make_grid(flambeau.rand(2, 1, 2, 2), normalize=True, value_range=[0, 1])


def test_save_image(tmp_path):
    image = flambeau.tensor([[0.0, 0.5], [1.0, 2.0]]).expand(3, 2, 2)
    save_image(image, tmp_path / "image.png")
    values = np.asarray(Image.open(tmp_path / "image.png"))
    assert values[..., 1].tolist() == [[0, 128], [255, 255]]
