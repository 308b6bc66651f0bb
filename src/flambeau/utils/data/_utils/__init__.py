"""Where programs look for the collating functions."""

from . import collate as collate
