"""What other frameworks call things: names that no edit distance brings near.

In: a name that means nothing here, and the names that do. Out: the one of them that
people mean by it, or words about what to write. Facts about names only; asked after
`suggest` has found nothing, but for `name_meant`, whose names are near many others.
"""

from __future__ import annotations

import re
from collections.abc import Collection

_LAYERS = {
    "activation": "write the layer itself: `ReLU`, `GELU`, `Tanh`, ...",
    "averagepooling": "AvgPool",
    "avgpooling": "AvgPool",
    "batchnormalization": "BatchNorm2d",
    "bidirectional": "give `bidirectional=True` to LSTM, GRU or RNN",
    "concatenate": "Concat",
    "dense": "Linear",
    "depthwiseconv": "a Conv2d with `groups` equal to its channels is one",
    "fc": "Linear",
    "fullyconnected": "Linear",
    "globalaveragepooling": "AdaptiveAvgPool{}(1)",
    "globalavgpool": "AdaptiveAvgPool{}(1)",
    "globalmaxpool": "AdaptiveMaxPool{}(1)",
    "globalmaxpooling": "AdaptiveMaxPool{}(1)",
    "input": "declare it under `inputs:`",
    "inputlayer": "declare it under `inputs:`",
    "instancenormalization": "InstanceNorm2d",
    "lambda": "write a block with a `forward`",
    "layernormalization": "LayerNorm",
    "maxpooling": "MaxPool",
    "reshape": "Unflatten(1, (...)) or Flatten",
    "spatialdropout": "Dropout",
    "swish": "SiLU",
    "timedistributed": "Linear works on the last dimension, whatever stands before",
    "zeropadding": "ZeroPad",
}
_ARGUMENTS = {
    "activation": "act nonlinearity",
    "alpha": "negative_slope",
    "axis": "dim dims",
    "channels": "num_features num_channels in_channels",
    "depth": "num_layers",
    "dilation_rate": "dilation",
    "drop": "p dropout",
    "drop_prob": "p dropout",
    "dropout": "p",
    "dropout_rate": "p dropout",
    "embed_size": "embedding_dim embed_dim",
    "embedding_size": "embedding_dim embed_dim",
    "epsilon": "eps",
    "features": "num_features out_features",
    "filters": "out_channels",
    "heads": "num_heads nhead",
    "hidden_dim": "hidden_size hidden_features dim_feedforward",
    "in_dim": "in_features input_size in_channels",
    "in_size": "in_features input_size in_channels",
    "input_dim": "in_features input_size num_embeddings in_channels",
    "k": "kernel_size",
    "kernel": "kernel_size",
    "ksize": "kernel_size",
    "n_heads": "num_heads nhead heads",
    "n_layers": "num_layers",
    "nhead": "num_heads heads",
    "nin": "in_channels in_features",
    "nout": "out_channels out_features",
    "num_heads": "nhead heads",
    "out_dim": "out_features out_channels",
    "out_size": "out_features output_size",
    "output_dim": "out_features embedding_dim out_channels",
    "pool_size": "kernel_size",
    "prob": "p dropout",
    "rate": "p dropout",
    "s": "stride",
    "units": "out_features hidden_size",
    "use_bias": "bias",
    "vocab_size": "num_embeddings",
}
_ELSEWHERE = {
    "activation": "an activation is a layer of its own, below this one: `ReLU`",
    "act": "an activation is a layer of its own, below this one: `ReLU`",
    "batch_input_shape": "shapes are declared under `inputs:`",
    "input_shape": "shapes are declared under `inputs:`",
    "kernel_initializer": "initialisation stands under `init:`",
    "bias_initializer": "initialisation stands under `init:`",
    "initializer": "initialisation stands under `init:`",
    "name": "a child's name is the key that it stands under",
    "trainable": "parameters are frozen under `freeze:`",
}
_TYPES = {
    "Any": "any",
    "Bool": "bool",
    "Boolean": "bool",
    "Callable": "layer",
    "Integer": "int",
    "Module": "module",
    "Number": "float",
    "Sequence": "list",
    "String": "str",
    "array": "list",
    "boolean": "bool",
    "class": "layer",
    "double": "float",
    "integer": "int",
    "mapping": "dict",
    "nn.Module": "module",
    "number": "float",
    "string": "str",
    "text": "str",
    "torch.dtype": "dtype",
    "type": "layer",
}
_ALSO_WORDS = frozenset({"array", "class", "mapping", "text", "type"})
_NAMES = {
    "Auto": "auto",
    "false": "False",
    "functional": "F",
    "jnp": "torch",
    "nil": "None",
    "np": "torch",
    "null": "None",
    "numpy": "torch",
    "tf": "torch",
    "this": "self",
    "true": "True",
}
_DIMENSIONS = re.compile(r"(.*?)([123])[dD](.*)")


def name_meant(name: str) -> str | None:
    """What a name of another language or library is in an expression here."""
    return _NAMES.get(name)


def layer_meant(name: str, known: Collection[str]) -> tuple[str | None, str]:
    """The layer that a name of another framework means, and what to write instead
    where no name of a layer alone says it."""
    found = _DIMENSIONS.fullmatch(name)
    stem, count = (found[1] + found[3], found[2]) if found else (name, "")
    if stem.lower() in ("convtranspose", "deconv", "deconvolution"):
        return _first(f"ConvTranspose{count or 2}d", known), ""
    for meant in (_LAYERS.get(stem.lower(), ""), stem):
        for full in (meant, f"{meant}{count}d" if count else f"{meant}2d"):
            if full in known and full != name:
                return full, ""
    words = _LAYERS.get(stem.lower(), "").format(f"{count or 2}d")
    return None, f"write `{words}`" if words.endswith("(1)") else words


def argument_meant(name: str, known: Collection[str]) -> str | None:
    """The argument, of those a call may still be given, that is meant by a name."""
    meant = _ARGUMENTS.get(name.lower(), "").split()
    return next((one for one in meant if one in known), None)


def argument_elsewhere(name: str) -> str:
    """Where that is written which other frameworks give to every layer."""
    return _ELSEWHERE.get(name, "")


def type_meant(name: str) -> str | None:
    """The type that another name means: `integer`, `Optional[int]`, `List[str]`."""
    outer, _, rest = name.removeprefix("typing.").partition("[")
    inside = rest.removesuffix("]")
    if not rest:
        return _TYPES.get(outer)
    if outer == "Optional":
        return f"{type_meant(inside) or inside} | None"
    if outer == "Union":
        return " | ".join(type_meant(one) or one for one in inside.split(", "))
    if outer == "Literal":
        return "str"
    meant = _TYPES.get(outer, outer.lower())
    return f"{meant}[{type_meant(inside) or inside}]" if meant != outer else None


def is_type_elsewhere(name: str) -> bool:
    """Whether a name alone is a type to people, and no text that anything is called."""
    return name in _TYPES and name not in _ALSO_WORDS


def _first(name: str, known: Collection[str]) -> str | None:
    return name if name in known else None
