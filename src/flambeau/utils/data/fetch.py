"""The module :mod:`flambeau.data.fetch` under PyTorch's name."""

from ...data.fetch import *  # noqa: F403
