"""The module :mod:`flambeau.data.sampler` under PyTorch's name."""

from ...data.sampler import *  # noqa: F403
