"""The module :mod:`flambeau.data.dataloader` under PyTorch's name."""

from ...data.collate import default_collate as default_collate
from ...data.collate import default_convert as default_convert
from ...data.dataloader import *  # noqa: F403
