"""The module :mod:`flambeau.data.dataset` under PyTorch's name."""

from ...data.dataset import *  # noqa: F403
