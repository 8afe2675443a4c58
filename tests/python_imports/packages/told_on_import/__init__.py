"""Tells that it was imported: a file that the environment names."""

import os
from pathlib import Path

Path(os.environ["TOLD_ON_IMPORT"]).write_text("imported", encoding="utf-8")


def __getattr__(name: str) -> object:
    from torch import nn

    class Layer(nn.Identity):
        pass

    Layer.__qualname__ = Layer.__name__ = name
    globals()[name] = Layer
    return Layer
