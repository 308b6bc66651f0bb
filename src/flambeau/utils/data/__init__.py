"""The room :mod:`flambeau.data` under PyTorch's name."""

from ...data import *  # noqa: F403
from ...data import collate as _collate
from . import dataloader as dataloader
from . import dataset as dataset
from . import distributed as distributed
from . import sampler as sampler
