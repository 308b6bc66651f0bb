"""The module :mod:`flambeau.data.distributed` under PyTorch's name."""

from ...data.distributed import *  # noqa: F403
