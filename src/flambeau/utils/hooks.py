"""Handles of hooks, under PyTorch's name."""

from ..nn.modules.hooks import RemovableHandle as RemovableHandle
