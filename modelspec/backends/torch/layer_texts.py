"""What modules say of their own arguments, as `print(module)` shows it."""

from __future__ import annotations

from torch import nn


def layer_texts(module: nn.Module) -> dict[str, str]:
    """For each dotted name the text of its layer, `3, 64, kernel_size=(7, 7)`."""
    texts = {path: one.extra_repr() for path, one in module.named_modules()}
    return {path: " ".join(text.split()) for path, text in texts.items() if text}
