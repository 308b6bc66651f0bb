"""Data sets: pictures of handwritten digits and their relatives, and a table of penguins.

``Digits`` and ``Penguins`` come with the package; ``MNIST``, ``FashionMNIST`` and ``KMNIST`` are
read from a folder, or fetched with ``download=True``.
"""

from flambeau.vision.datasets.base import StandardTransform, VisionDataset
from flambeau.vision.datasets.digits import Digits
from flambeau.vision.datasets.mnist import KMNIST, MNIST, FashionMNIST
from flambeau.vision.datasets.penguins import Penguins

__all__ = [
    "KMNIST",
    "MNIST",
    "Digits",
    "FashionMNIST",
    "Penguins",
    "StandardTransform",
    "VisionDataset",
]
