"""A package whose name begins as that of another."""

from torch import nn


class Gate(nn.Module):
    """Not that of `my_pkg`."""
