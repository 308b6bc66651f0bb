"""Pictures compared with PyTorch's interpolation."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import flambeau  # noqa: E402
from flambeau.vision.transforms import InterpolationMode  # noqa: E402
from flambeau.vision.transforms.functional import resize  # noqa: E402

PIXELS = np.random.default_rng(0).random((3, 20, 31), dtype=np.float32)


@pytest.mark.parametrize("size", [(7, 9), (40, 45), (20, 5), (1, 1), (33, 31)])
@pytest.mark.parametrize("mode", ["bilinear", "bicubic"])
@pytest.mark.parametrize("antialias", [True, False])
def test_resize(size, mode, antialias):
    ours = resize(flambeau.from_numpy(PIXELS), size, InterpolationMode(mode), antialias=antialias)
    theirs = torch.nn.functional.interpolate(
        torch.from_numpy(PIXELS)[None], size, mode=mode, antialias=antialias, align_corners=False
    )[0]
    np.testing.assert_allclose(ours.numpy(), theirs.numpy(), atol=3e-6)


@pytest.mark.parametrize("size", [(7, 9), (40, 45), (20, 5), (33, 31)])
@pytest.mark.parametrize("mode", ["nearest", "nearest-exact"])
def test_resize_to_the_nearest(size, mode):
    ours = resize(flambeau.from_numpy(PIXELS), size, InterpolationMode(mode))
    theirs = torch.nn.functional.interpolate(torch.from_numpy(PIXELS)[None], size, mode=mode)[0]
    np.testing.assert_array_equal(ours.numpy(), theirs.numpy())


def test_warped_training_pictures():
    from flambeau.app import augment

    images = np.random.default_rng(1).random((5, 2, 8, 9), dtype=np.float32)
    flambeau.manual_seed(3)
    ours = augment.warped(flambeau.from_numpy(images))
    torch.manual_seed(3)
    turn, shear, across, down, right, low = (2 * torch.rand(6, 5, 1, 1) - 1)[..., 0, 0]
    matrix = torch.stack(
        [
            1 + augment.STRETCH * across,
            augment.TURN * turn + augment.SHEAR * shear,
            augment.MOVE * right,
            -augment.TURN * turn,
            1 + augment.STRETCH * down,
            augment.MOVE * low,
        ],
        1,
    ).view(5, 2, 3)
    places = torch.nn.functional.affine_grid(matrix, images.shape, align_corners=False)
    theirs = torch.nn.functional.grid_sample(torch.from_numpy(images), places, align_corners=False)
    np.testing.assert_allclose(ours.numpy(), theirs.numpy(), atol=1e-5)
