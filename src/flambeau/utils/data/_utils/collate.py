"""The module :mod:`flambeau.data.collate` under PyTorch's name."""

from ....data.collate import *  # noqa: F403
