"""The module :mod:`flambeau.data.iterators` under PyTorch's name."""

from ...data.iterators import *  # noqa: F403
