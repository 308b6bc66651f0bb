"""Pictures: data sets, transforms and grids, with torchvision's names and behaviour.

For example:

    from flambeau.vision import datasets, transforms
    digits = datasets.Digits(train=True)
    mnist = datasets.MNIST("./data", transform=transforms.ToTensor(), download=True)
"""

import flambeau
from flambeau.vision import datasets, transforms, utils

__version__ = flambeau.__version__

__all__ = ["datasets", "transforms", "utils"]
