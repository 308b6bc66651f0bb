"""Transforms of pictures, with torchvision's names, arguments, results and printed forms.

A picture is a Pillow image or a tensor (..., channels, height, width); ``ToTensor`` makes the
second of the first.
"""

from flambeau.vision.transforms import functional
from flambeau.vision.transforms.convert import (
    ConvertImageDtype,
    Normalize,
    PILToTensor,
    ToPILImage,
    ToTensor,
)
from flambeau.vision.transforms.flow import Compose, Lambda
from flambeau.vision.transforms.resample import InterpolationMode
from flambeau.vision.transforms.shape import (
    CenterCrop,
    Grayscale,
    Pad,
    RandomCrop,
    RandomHorizontalFlip,
    RandomVerticalFlip,
    Resize,
)

__all__ = [
    "CenterCrop",
    "Compose",
    "ConvertImageDtype",
    "Grayscale",
    "InterpolationMode",
    "Lambda",
    "Normalize",
    "PILToTensor",
    "Pad",
    "RandomCrop",
    "RandomHorizontalFlip",
    "RandomVerticalFlip",
    "Resize",
    "ToPILImage",
    "ToTensor",
    "functional",
]
