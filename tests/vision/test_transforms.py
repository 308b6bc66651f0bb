"""Transforms: values, shapes, errors and printed forms, as torchvision documents them."""

import numpy as np
import pytest
from PIL import Image

import flambeau
from flambeau.vision import transforms as T
from flambeau.vision.transforms import functional as F

PIXELS = np.random.default_rng(0).integers(0, 256, (6, 9, 3), dtype=np.uint8)
PICTURE = Image.fromarray(PIXELS)
TENSOR = flambeau.from_numpy(PIXELS.transpose(2, 0, 1).copy())


def same(image, tensor):
    """Whether a picture and a uint8 tensor hold the same."""
    return flambeau.equal(F.pil_to_tensor(image), tensor)


# Kind and value


def test_to_tensor_of_a_picture():
    tensor = T.ToTensor()(PICTURE)
    assert tensor.dtype == flambeau.float32 and tuple(tensor.shape) == (3, 6, 9)
    assert flambeau.equal(tensor, TENSOR.float() / 255)
    assert tensor.is_contiguous()


@pytest.mark.parametrize(
    ("mode", "dtype", "largest"),
    [("1", flambeau.float32, 1), ("L", flambeau.float32, 1), ("I", flambeau.int32, 300)],
)
def test_to_tensor_of_grey_pictures(mode, dtype, largest):
    values = {"1": np.eye(4, dtype=bool), "L": np.eye(4, dtype=np.uint8) * 255}
    image = Image.fromarray(values.get(mode, np.eye(4, dtype=np.int32) * 300))
    assert image.mode == mode
    tensor = T.ToTensor()(image)
    assert tensor.dtype == dtype and tuple(tensor.shape) == (1, 4, 4)
    assert flambeau.equal(tensor[0], flambeau.eye(4, dtype=dtype) * largest)


def test_to_tensor_of_arrays():
    assert flambeau.equal(T.ToTensor()(PIXELS), T.ToTensor()(PICTURE))
    grey = np.linspace(0, 1, 12).reshape(3, 4)
    tensor = T.ToTensor()(grey)
    assert tensor.dtype == flambeau.float64 and tuple(tensor.shape) == (1, 3, 4)
    assert tensor[0].tolist() == grey.tolist()


def test_to_tensor_keeps_the_default_dtype():
    flambeau.set_default_dtype(flambeau.float64)
    try:
        assert T.ToTensor()(PICTURE).dtype == flambeau.float64
    finally:
        flambeau.set_default_dtype(flambeau.float32)


def test_to_tensor_refuses_other_things():
    with pytest.raises(TypeError, match="pic should be PIL Image or ndarray. Got <class 'list'>"):
        T.ToTensor()([1])
    with pytest.raises(ValueError, match="pic should be 2/3 dimensional. Got 1 dimensions."):
        T.ToTensor()(np.zeros(3))


def test_pil_to_tensor():
    assert flambeau.equal(T.PILToTensor()(PICTURE), TENSOR)
    with pytest.raises(TypeError, match="pic should be PIL Image. Got"):
        T.PILToTensor()(PIXELS)


@pytest.mark.parametrize(
    ("array", "mode"),
    [
        (np.zeros((2, 3), np.uint8), "L"),
        (np.zeros((2, 3), np.int32), "I"),
        (np.zeros((2, 3), np.float32), "F"),
        (np.zeros((2, 3, 1), np.uint8), "L"),
        (np.zeros((2, 3, 2), np.uint8), "LA"),
        (np.zeros((2, 3, 3), np.uint8), "RGB"),
        (np.zeros((2, 3, 4), np.uint8), "RGBA"),
    ],
)
def test_to_pil_image_infers_the_mode(array, mode):
    image = T.ToPILImage()(array)
    assert (image.mode, image.size) == (mode, (3, 2))


def test_to_pil_image_and_back():
    assert same(T.ToPILImage()(TENSOR), TENSOR)
    assert same(T.ToPILImage()(TENSOR / 255), TENSOR)
    assert T.ToPILImage("YCbCr")(TENSOR).mode == "YCbCr"
    assert T.ToPILImage()(TENSOR[0]).mode == "L"


@pytest.mark.parametrize(
    ("value", "mode", "error", "message"),
    [
        ([1], None, TypeError, "pic should be Tensor or ndarray. Got <class 'list'>."),
        (np.zeros(3), None, ValueError, "pic should be 2/3 dimensional. Got 1 dimensions."),
        (np.zeros((2, 2, 5)), None, ValueError, "pic should not have > 4 channels. Got 5"),
        (np.zeros((2, 2), bool), None, TypeError, "Input type bool is not supported"),
        (np.zeros((2, 2), np.uint8), "F", ValueError, "Incorrect mode .F. supplied for input"),
        (np.zeros((2, 2, 3), np.uint8), "L", ValueError, "Only modes .* are supported for 3D"),
    ],
)
def test_to_pil_image_refuses(value, mode, error, message):
    with pytest.raises(error, match=message):
        T.ToPILImage(mode)(value)


def test_normalize():
    x = flambeau.rand(2, 3, 4, 5)
    mean, std = (0.5, 0.4, 0.3), (0.1, 0.2, 0.3)
    result = T.Normalize(mean, std)(x)
    for channel in range(3):
        expected = (x[:, channel] - mean[channel]) / std[channel]
        assert flambeau.allclose(result[:, channel], expected)
    kept = x.clone()
    assert T.Normalize((0.5,), (0.5,), inplace=True)(x) is x
    assert flambeau.allclose(x, (kept - 0.5) / 0.5)


@pytest.mark.parametrize(
    ("value", "std", "error", "message"),
    [
        (np.zeros((1, 2, 2)), 1.0, TypeError, "img should be Tensor Image. Got"),
        (TENSOR, 1.0, TypeError, "Input tensor should be a float tensor. Got .*uint8."),
        (flambeau.zeros(2, 2), 1.0, ValueError, "of size \\(..., C, H, W\\). Got tensor.size"),
        (flambeau.zeros(1, 2, 2), 0.0, ValueError, "std evaluated to zero after conversion"),
    ],
)
def test_normalize_refuses(value, std, error, message):
    with pytest.raises(error, match=message):
        T.Normalize((0.0,), (std,))(value)


@pytest.mark.parametrize(
    ("old", "new", "value", "expected"),
    [
        (flambeau.uint8, flambeau.float32, 255, 1.0),
        (flambeau.float32, flambeau.uint8, 1.0, 255),
        (flambeau.float32, flambeau.uint8, 0.5, 127),
        (flambeau.float32, flambeau.float64, 0.25, 0.25),
        (flambeau.uint8, flambeau.int16, 255, 255 * 128),
        (flambeau.int16, flambeau.uint8, 32767, 255),
        (flambeau.uint8, flambeau.uint8, 7, 7),
    ],
)
def test_convert_image_dtype(old, new, value, expected):
    result = T.ConvertImageDtype(new)(flambeau.full((1, 2, 2), value, dtype=old))
    assert result.dtype == new
    assert result.flatten().tolist() == [expected] * 4


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (flambeau.float32, flambeau.int32),
        (flambeau.float32, flambeau.int64),
        (flambeau.float64, flambeau.int64),
    ],
)
def test_convert_image_dtype_refuses_what_would_overflow(old, new):
    with pytest.raises(RuntimeError, match="The cast from .* to .* cannot be performed safely."):
        T.ConvertImageDtype(new)(flambeau.zeros(1, 2, 2, dtype=old))


# Size and place


@pytest.mark.parametrize(
    ("size", "max_size", "expected"),
    [
        (3, None, (3, 4)),
        ([3], None, (3, 4)),
        (12, None, (12, 18)),
        ((4, 5), None, (4, 5)),
        (6, 8, (5, 8)),
        (6, 9, (6, 9)),
    ],
)
def test_resized_shapes(size, max_size, expected):
    resize = T.Resize(size, max_size=max_size)
    assert tuple(resize(TENSOR).shape) == (3, *expected)
    assert resize(PICTURE).size == expected[::-1]


def test_resize_of_a_tensor_is_near_that_of_a_picture():
    for size in ((4, 5), (13, 20)):
        picture = F.pil_to_tensor(T.Resize(size)(PICTURE)).int()
        tensor = T.Resize(size)(TENSOR)
        assert tensor.dtype == flambeau.uint8
        assert int((picture - tensor.int()).abs().max()) <= 1


def test_resize_nearest():
    nearest = T.Resize((3, 3), interpolation=T.InterpolationMode.NEAREST)
    assert flambeau.equal(nearest(TENSOR), TENSOR[:, ::2, ::3])


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"size": 2.5}, TypeError, "Size should be int or sequence. Got <class 'float'>"),
        ({"size": (1, 2, 3)}, ValueError, "it should have 1 or 2 values"),
        ({"size": 4, "max_size": 4}, ValueError, "max_size = 4 must be strictly greater"),
        ({"size": (4, 4), "max_size": 5}, ValueError, "max_size should only be passed if"),
        ({"size": 4, "interpolation": "cubic"}, TypeError, "should be a InterpolationMode"),
    ],
)
def test_resize_refuses(arguments, error, message):
    with pytest.raises(error, match=message):
        T.Resize(**arguments)(TENSOR)


@pytest.mark.parametrize(
    "box", [(1, 2, 3, 4), (-2, -3, 5, 6), (2, 4, 9, 9), (-1, -1, 8, 11), (7, 10, 2, 2)]
)
def test_crop(box):
    assert same(F.crop(PICTURE, *box), F.crop(TENSOR, *box))


def test_center_crop():
    assert flambeau.equal(T.CenterCrop((4, 5))(TENSOR), TENSOR[:, 1:5, 2:7])
    assert same(T.CenterCrop(4)(PICTURE), T.CenterCrop(4)(TENSOR))
    large = T.CenterCrop((8, 12))(TENSOR)
    assert flambeau.equal(large[:, 1:7, 1:10], TENSOR)
    assert int(large.sum()) == int(TENSOR.sum())


@pytest.mark.parametrize("mode", F.PADDING_MODES)
def test_pad(mode):
    padded = T.Pad((1, 2, 3, 4), padding_mode=mode)(TENSOR)
    expected = np.pad(PIXELS, ((2, 4), (1, 3), (0, 0)), mode)
    assert flambeau.equal(padded, flambeau.from_numpy(expected.transpose(2, 0, 1).copy()))
    assert same(T.Pad((1, 2, 3, 4), padding_mode=mode)(PICTURE), padded)


def test_pad_fill():
    assert T.Pad(1, fill=9)(TENSOR)[1, 0].tolist() == [9] * 11
    assert same(T.Pad((2, 1), fill=9)(PICTURE), T.Pad((2, 1), fill=9)(TENSOR))


def test_pad_refuses():
    with pytest.raises(ValueError, match="constant, edge, reflect or symmetric"):
        T.Pad(1, padding_mode="wrap")
    with pytest.raises(ValueError, match="not a 3 element tuple"):
        T.Pad((1, 2, 3))


def test_random_crop_draws_from_the_generator():
    flambeau.manual_seed(0)
    crops = [T.RandomCrop((3, 4))(TENSOR) for _ in range(20)]
    assert len({tuple(crop.flatten().tolist()) for crop in crops}) > 5
    flambeau.manual_seed(0)
    assert flambeau.equal(T.RandomCrop((3, 4))(TENSOR), crops[0])
    assert tuple(T.RandomCrop(6, padding=2)(TENSOR).shape) == (3, 6, 6)
    assert tuple(T.RandomCrop(20, pad_if_needed=True)(TENSOR).shape) == (3, 20, 20)
    assert flambeau.equal(T.RandomCrop((6, 9))(TENSOR), TENSOR)


def test_random_crop_refuses_small_pictures():
    with pytest.raises(
        ValueError,
        match=r"Required crop size \(7, 7\) is larger than input image size \(6, 9\)",
    ):
        T.RandomCrop(7)(TENSOR)


def test_flips():
    assert flambeau.equal(T.RandomHorizontalFlip(1.0)(TENSOR), TENSOR.flip(-1))
    assert flambeau.equal(T.RandomVerticalFlip(1.0)(TENSOR), TENSOR.flip(-2))
    assert same(T.RandomHorizontalFlip(1.0)(PICTURE), TENSOR.flip(-1))
    assert same(T.RandomVerticalFlip(1.0)(PICTURE), TENSOR.flip(-2))
    assert T.RandomHorizontalFlip(0.0)(TENSOR) is TENSOR
    flambeau.manual_seed(0)
    flips = sum(T.RandomHorizontalFlip()(TENSOR) is not TENSOR for _ in range(200))
    assert 70 < flips < 130


# Colour


def test_grayscale():
    grey = T.Grayscale()(TENSOR)
    assert tuple(grey.shape) == (1, 6, 9) and grey.dtype == flambeau.uint8
    red, green, blue = PIXELS.astype(np.float64).transpose(2, 0, 1)
    expected = 0.2989 * red + 0.587 * green + 0.114 * blue
    assert np.abs(grey[0].numpy() - expected).max() <= 1
    assert T.Grayscale()(PICTURE).mode == "L"
    three = T.Grayscale(3)(TENSOR)
    assert tuple(three.shape) == (3, 6, 9) and flambeau.equal(three[2], grey[0])
    assert T.Grayscale(3)(PICTURE).mode == "RGB"


def test_grayscale_refuses():
    with pytest.raises(ValueError, match="num_output_channels should be either 1 or 3"):
        T.Grayscale(2)(TENSOR)
    with pytest.raises(TypeError, match="permitted channel values are .1, 3., but found 2"):
        T.Grayscale()(TENSOR[:2])


# Transforms of transforms


def test_compose_and_lambda():
    both = T.Compose([T.ToTensor(), T.Lambda(lambda x: x * 2)])
    assert flambeau.equal(both(PICTURE), T.ToTensor()(PICTURE) * 2)
    with pytest.raises(TypeError, match="Argument lambd should be callable, got 'int'"):
        T.Lambda(3)


def test_transforms_are_modules():
    chain = flambeau.nn.Sequential(T.CenterCrop(4), T.Normalize((0.5,), (0.5,)))
    x = flambeau.rand(1, 6, 6)
    assert flambeau.allclose(chain(x), (x[:, 1:5, 1:5] - 0.5) / 0.5)


@pytest.mark.parametrize(
    ("transform", "text"),
    [
        (T.ToTensor(), "ToTensor()"),
        (T.PILToTensor(), "PILToTensor()"),
        (T.ToPILImage(), "ToPILImage()"),
        (T.ToPILImage("RGB"), "ToPILImage(mode=RGB)"),
        (T.Normalize((0.5,), (0.25,)), "Normalize(mean=(0.5,), std=(0.25,))"),
        (T.ConvertImageDtype(flambeau.float32), "ConvertImageDtype()"),
        (
            T.Resize(8),
            "Resize(size=8, interpolation=bilinear, max_size=None, antialias=True)",
        ),
        (T.CenterCrop(8), "CenterCrop(size=(8, 8))"),
        (T.RandomCrop(8, 2), "RandomCrop(size=(8, 8), padding=2)"),
        (T.RandomHorizontalFlip(), "RandomHorizontalFlip(p=0.5)"),
        (T.RandomVerticalFlip(0.1), "RandomVerticalFlip(p=0.1)"),
        (T.Pad(2), "Pad(padding=2, fill=0, padding_mode=constant)"),
        (T.Grayscale(3), "Grayscale(num_output_channels=3)"),
        (T.Lambda(abs), "Lambda()"),
        (
            T.Compose([T.ToTensor(), T.Normalize([0.5], [0.5])]),
            "Compose(\n    ToTensor()\n    Normalize(mean=[0.5], std=[0.5])\n)",
        ),
    ],
)
def test_printed_forms(transform, text):
    assert repr(transform) == text
