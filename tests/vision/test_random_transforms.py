"""Warps, colours and chance: exact cases, what stays as it is, options, errors, printed forms."""

import random

import numpy as np
import pytest

import flambeau
from flambeau.vision import transforms
from flambeau.vision.transforms import functional as F
from flambeau.vision.transforms import v2

PIL = pytest.importorskip("PIL.Image")
RNG = np.random.default_rng(0)
PIXELS = RNG.integers(0, 256, (12, 12, 3), dtype=np.uint8)
IMAGE = PIL.fromarray(PIXELS)
BYTES = flambeau.from_numpy(PIXELS.transpose(2, 0, 1).copy())
FLOATS = BYTES / 255
PICTURES = pytest.mark.parametrize("picture", [IMAGE, BYTES, FLOATS], ids=["PIL", "bytes", "float"])


def array(picture):
    """C x H x W values."""
    values = np.asarray(picture)
    return values.transpose(2, 0, 1) if isinstance(picture, PIL.Image) else values


@PICTURES
def test_quarter_turns_are_exact(picture):
    expected = np.rot90(array(picture), axes=(1, 2))
    np.testing.assert_array_equal(array(F.rotate(picture, 90)), expected)
    np.testing.assert_array_equal(array(F.affine(picture, -90, (0, 0), 1.0, 0)), expected)


@PICTURES
def test_moves_are_exact(picture):
    moved = array(F.affine(picture, 0, (3, -2), 1.0, (0.0, 0.0), fill=[1]))
    np.testing.assert_array_equal(moved[:, :-2, 3:], array(picture)[:, 2:, :-3])
    assert (moved[:, -2:] == 1).all() and (moved[:, :, :3] == 1).all()


@PICTURES
@pytest.mark.parametrize("mode", [F.InterpolationMode.NEAREST, F.InterpolationMode.BILINEAR])
def test_warps_that_change_nothing(picture, mode):
    corners = [[0, 0], [11, 0], [11, 11], [0, 11]]
    for same in (
        F.rotate(picture, 0, mode),
        F.rotate(picture, 0, mode, expand=True),
        F.affine(picture, 0, (0, 0), 1.0, 0, mode),
        F.perspective(picture, corners, corners, mode),
    ):
        tolerance = 1 if picture is IMAGE else 1e-5  # Pillow cuts off, where others round
        np.testing.assert_allclose(array(same), array(picture), atol=tolerance)


def test_a_turned_picture_can_be_larger():
    assert F.rotate(FLOATS, 45, expand=True).shape == (3, 18, 18)
    assert F.rotate(IMAGE, 45, expand=True).size == (18, 18)
    wide = F.rotate(FLOATS[:, :6], 90, expand=True).shape
    assert wide == (3, 12, 6)


def test_gradients_flow_through_warps():
    x = FLOATS.clone().requires_grad_()
    F.rotate(x, 20, F.InterpolationMode.BILINEAR).sum().backward()
    assert x.grad.shape == x.shape
    assert x.grad[0, 5, 5].item() == pytest.approx(1, abs=0.2)


@PICTURES
def test_factors_of_one_change_nothing(picture):
    for adjust in (F.adjust_brightness, F.adjust_contrast, F.adjust_saturation, F.adjust_sharpness):
        np.testing.assert_allclose(array(adjust(picture, 1.0)), array(picture), atol=1e-6)
    tolerance = 8 if picture is IMAGE else 1  # Pillow's hues are bytes
    np.testing.assert_allclose(array(F.adjust_hue(picture, 0.0)), array(picture), atol=tolerance)
    np.testing.assert_allclose(array(F.invert(F.invert(picture))), array(picture), atol=1e-6)


@PICTURES
def test_factors_of_zero(picture):
    assert not array(F.adjust_brightness(picture, 0.0)).any()
    flat = array(F.adjust_contrast(picture, 0.0))
    assert (flat == flat.ravel()[0]).all()
    grey = array(F.adjust_saturation(picture, 0.0))
    assert (grey == grey[:1]).all()


def test_a_third_of_the_circle_swaps_colours():
    red = flambeau.tensor([1.0, 0, 0]).view(3, 1, 1).expand(3, 2, 2)
    np.testing.assert_allclose(F.adjust_hue(red, 1 / 3)[:, 0, 0].numpy(), [0, 1, 0], atol=1e-6)
    np.testing.assert_allclose(F.adjust_hue(red, -1 / 3)[:, 0, 0].numpy(), [0, 0, 1], atol=1e-6)


def test_blurring_keeps_the_sum_of_a_dot():
    dot = flambeau.zeros(1, 9, 9)
    dot[0, 4, 4] = 1
    soft = F.gaussian_blur(dot, [5, 3], [1.0, 0.5])
    assert soft.sum().item() == pytest.approx(1)
    assert (soft[0, 4] > 0).sum().item() == 5 and (soft[0, :, 4] > 0).sum().item() == 3


def test_bytes_alone():
    assert F.posterize(BYTES, 2).unique().tolist() == [0, 64, 128, 192]
    np.testing.assert_array_equal(array(F.posterize(IMAGE, 3)), F.posterize(BYTES, 3).numpy())
    np.testing.assert_array_equal(array(F.equalize(IMAGE)), F.equalize(BYTES).numpy())
    np.testing.assert_array_equal(array(F.solarize(IMAGE, 99)), F.solarize(BYTES, 99).numpy())
    with pytest.raises(TypeError, match="Only torch.uint8 image tensors are supported"):
        F.posterize(FLOATS, 2)


RANDOM = [
    transforms.RandomRotation(30),
    transforms.RandomAffine(10, (0.1, 0.2), (0.5, 2), (1, 2, 3, 4)),
    transforms.ColorJitter(0.5, 0.5, 0.5, 0.5),
    transforms.RandomResizedCrop(12),
    transforms.RandomPerspective(p=1.0),
    transforms.GaussianBlur(3),
    transforms.RandomGrayscale(0.5),
    transforms.RandomApply([transforms.RandomRotation(30)]),
    transforms.RandomSolarize(0.5),
]


@PICTURES
@pytest.mark.parametrize("transform", RANDOM, ids=lambda t: type(t).__name__)
def test_a_seed_decides(transform, picture):
    made = []
    for seed in (1, 1, 2, 3, 4, 5, 6):
        flambeau.manual_seed(seed)
        made.append(array(transform(picture)))
        assert made[-1].dtype == array(picture).dtype
        assert made[-1].shape == (3, 12, 12)
    np.testing.assert_array_equal(made[0], made[1])
    assert any((made[0] != other).any() for other in made[2:])


def test_parameters_are_in_their_ranges():
    flambeau.manual_seed(0)
    affine = transforms.RandomAffine((-5, 20), (0.1, 0.5), (0.5, 0.6), (1, 2, 3, 4))
    for _ in range(20):
        angle, (x, y), scale, (across, down) = affine.get_params(
            affine.degrees, affine.translate, affine.scale, affine.shear, [100, 10]
        )
        assert -5 <= angle <= 20 and abs(x) <= 10 and abs(y) <= 5 and 0.5 <= scale <= 0.6
        assert 1 <= across <= 2 and 3 <= down <= 4
        top, left, height, width = transforms.RandomResizedCrop.get_params(
            IMAGE, (0.3, 0.6), (0.5, 2.0)
        )
        assert 0 <= top <= 12 - height and 0 <= left <= 12 - width
        assert 0.2 < height * width / 144 < 0.75


def test_erasing():
    flambeau.manual_seed(0)
    erased = transforms.RandomErasing(1.0, scale=(0.2, 0.3), value=(7, 8, 9))(FLOATS)
    changed = (erased != FLOATS).all(0)
    assert 0.15 < changed.float().mean().item() < 0.35
    assert erased[:, changed][:, 0].tolist() == [7, 8, 9]
    own = FLOATS.clone()
    assert transforms.RandomErasing(1.0, inplace=True)(own) is own
    assert transforms.RandomErasing(0.0)(FLOATS) is FLOATS
    with pytest.raises(ValueError, match=r"or 3 \(number of input channels\)"):
        transforms.RandomErasing(1.0, value=(1, 2))(FLOATS)


def test_choices_come_from_python():
    steps = [transforms.CenterCrop(n) for n in (2, 4, 6)]
    random.seed(1)
    sizes = {transforms.RandomChoice(steps)(FLOATS).shape[-1] for _ in range(20)}
    assert sizes == {2, 4, 6}
    state = flambeau.get_rng_state()
    assert transforms.RandomChoice(steps, p=[0, 1, 0])(FLOATS).shape[-1] == 4
    assert transforms.RandomOrder(steps)(FLOATS).shape[-1] >= 2
    assert flambeau.equal(flambeau.get_rng_state(), state)


def test_crops():
    parts = transforms.TenCrop((4, 5))(FLOATS)
    assert [p.shape for p in parts] == [(3, 4, 5)] * 10
    assert flambeau.equal(parts[0], FLOATS[:, :4, :5])
    assert flambeau.equal(parts[5], FLOATS.flip(-1)[:, :4, :5])
    assert [p.size for p in transforms.FiveCrop(4)(IMAGE)] == [(4, 4)] * 5


def test_whitening():
    matrix, mean = flambeau.eye(432) * 2, flambeau.full((432,), 0.5)
    white = transforms.LinearTransformation(matrix, mean)(FLOATS)
    np.testing.assert_allclose(white.numpy(), (FLOATS.numpy() - 0.5) * 2, atol=1e-6)
    with pytest.raises(ValueError, match="should be square"):
        transforms.LinearTransformation(matrix[:5], mean)
    with pytest.raises(ValueError, match="incompatible shape"):
        transforms.LinearTransformation(matrix, mean)(FLOATS[:1])


WRONG = [
    (lambda: transforms.RandomRotation(-1), ValueError, "If degrees is a single number, it must"),
    (lambda: transforms.RandomRotation([1]), ValueError, "sequence of length 2"),
    (lambda: transforms.RandomRotation(3, fill="x" and object()), TypeError, "Fill should be"),
    (lambda: transforms.RandomAffine(1, (2, 0)), ValueError, "between 0 and 1"),
    (lambda: transforms.RandomAffine(1, scale=(0, 1)), ValueError, "scale values should be posit"),
    (lambda: transforms.ColorJitter(-1), ValueError, "brightness is a single number, it must be n"),
    (lambda: transforms.ColorJitter(hue=0.7), ValueError, r"hue values should be between \(-0.5"),
    (lambda: transforms.ColorJitter("a"), TypeError, "brightness should be a single number or a"),
    (lambda: transforms.RandomErasing(value="x"), ValueError, "it should be 'random'"),
    (lambda: transforms.RandomErasing(p=2), ValueError, "probability should be between 0 and 1"),
    (lambda: transforms.GaussianBlur(2), ValueError, "should be an odd and positive number"),
    (lambda: transforms.GaussianBlur(3, 0), ValueError, "single number, it must be positive"),
    (lambda: transforms.RandomOrder(3), TypeError, "Argument transforms should be a sequence"),
    (lambda: F.rotate(FLOATS, 3, F.InterpolationMode.BICUBIC), ValueError, "unsupported with Tens"),
    (lambda: F.adjust_hue(FLOATS, 1), ValueError, r"hue_factor \(1\) is not in"),
    (lambda: F.adjust_contrast(FLOATS, -1), ValueError, r"contrast_factor \(-1\) is not non-neg"),
    (lambda: F.five_crop(FLOATS, 20), ValueError, "is bigger than input size"),
    (lambda: F.erase(IMAGE, 0, 0, 1, 1, 0), TypeError, "img should be Tensor Image"),
    (lambda: v2.Compose([]), ValueError, "Pass at least one transform"),
]


@pytest.mark.parametrize("action, kind, said", WRONG)
def test_errors(action, kind, said):
    with pytest.raises(kind, match=said):
        action()


def test_samples_of_version_2():
    both_ = v2.Compose([v2.RandomCrop(5), v2.RandomHorizontalFlip()])
    for seed in range(5):
        flambeau.manual_seed(seed)
        first, second, label = both_(IMAGE, IMAGE, 7)
        assert (np.asarray(first) == np.asarray(second)).all()
        assert label == 7
    made = v2.Compose([v2.ToImage(), v2.ToDtype(flambeau.float32, scale=True)])(
        {"image": PIXELS, "box": [1, 2]}
    )
    np.testing.assert_allclose(made["image"].numpy(), FLOATS.numpy())
    assert made["box"] == [1, 2]
    pair = v2.Resize(6)((FLOATS, flambeau.ones(3)))
    assert (pair[0].shape, pair[1].tolist()) == ((3, 6, 6), [1, 1, 1])
    assert repr(v2.Compose([v2.ToImage(), v2.Grayscale()])).splitlines() == [
        "Compose(", "      ToImage()", "      Grayscale(num_output_channels=1)", ")",
    ]  # fmt: skip
