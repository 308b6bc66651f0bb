"""The module :mod:`flambeau.data.worker` under PyTorch's name."""

from ...data.worker import *  # noqa: F403
