"""Saving and loading: PyTorch's own file format, read and written without PyTorch."""

from .serialization import load, save

__all__ = ["load", "save"]
