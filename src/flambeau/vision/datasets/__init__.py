"""Data sets: pictures of digits, clothes and things, folders of pictures, and a table of penguins.

``Digits`` and ``Penguins`` come with the package; the others are read from a folder, or fetched
with ``download=True``.
"""

from flambeau.vision.datasets.base import StandardTransform, VisionDataset
from flambeau.vision.datasets.colour import CIFAR10, CIFAR100, SVHN
from flambeau.vision.datasets.digits import Digits
from flambeau.vision.datasets.fakedata import FakeData
from flambeau.vision.datasets.folder import DatasetFolder, ImageFolder
from flambeau.vision.datasets.mnist import KMNIST, MNIST, FashionMNIST
from flambeau.vision.datasets.penguins import Penguins
from flambeau.vision.datasets.relatives import EMNIST, QMNIST, USPS

__all__ = [
    "CIFAR10",
    "CIFAR100",
    "EMNIST",
    "KMNIST",
    "MNIST",
    "QMNIST",
    "SVHN",
    "USPS",
    "DatasetFolder",
    "Digits",
    "FakeData",
    "FashionMNIST",
    "ImageFolder",
    "Penguins",
    "StandardTransform",
    "VisionDataset",
]
