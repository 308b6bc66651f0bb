"""Helpers, as in ``torch.utils``."""

from . import data as data
