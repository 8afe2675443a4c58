"""What torch's own layers, functions and tensor methods give, as kinds.

Tables and rules, no state: the result of `torch.split`, of an LSTM, of `x.size()`.
"""

from __future__ import annotations

import ast

from modelspec.backends.python.attributes import CONTAINERS
from modelspec.backends.python.kinds import (
    ANY,
    BOOL,
    FLOAT,
    HIDDEN,
    INT,
    MODULE,
    NONE,
    SIZE,
    STR,
    TENSOR,
    TENSORS,
    UNION,
    Kind,
    alternatives,
    list_kind,
    tuple_kind,
)
from modelspec.catalog import load_catalog

RECURRENT = {
    "nn.LSTM": tuple_kind([TENSOR, Kind(HIDDEN, "exact", (TENSOR, TENSOR))]),
    "nn.GRU": tuple_kind([TENSOR, TENSOR]),
    "nn.RNN": tuple_kind([TENSOR, TENSOR]),
    "nn.LSTMCell": tuple_kind([TENSOR, TENSOR]),
    "nn.MultiheadAttention": tuple_kind([TENSOR, Kind("torch.Tensor | None")]),
}
_SEVERAL = frozenset({"split", "chunk", "unbind", "tensor_split", "meshgrid"})
_PAIRS = frozenset({"topk", "sort", "kthvalue", "mode", "cummax", "cummin"})
_PAIRS_BY_DIM = frozenset({"max", "min", "median"})
UNTYPED = frozenset({"split", "unflatten", "unique", "unique_consecutive", "lu"})
WITHOUT_TYPE = frozenset({*UNTYPED, "norm", "tolist", "backward"})
NUMBERS = {"dim": INT, "numel": INT, "ndimension": INT, "item": FLOAT, "nelement": INT}
TENSOR_VALUES = {
    "shape": SIZE,
    "ndim": INT,
    "dtype": Kind("torch.dtype"),
    "device": Kind("torch.device"),
    "requires_grad": BOOL,
    "is_cuda": BOOL,
}
BUILTINS = {
    "len": INT,
    "int": INT,
    "round": INT,
    "float": FLOAT,
    "bool": BOOL,
    "isinstance": BOOL,
    "all": BOOL,
    "any": BOOL,
    "str": STR,
}
_MODULES, _PARAMETERS = list_kind(MODULE), list_kind(Kind("nn.Parameter"))
OF_MODULE = {
    "modules": _MODULES,
    "children": _MODULES,
    "values": _MODULES,
    "keys": list_kind(STR),
    "items": list_kind(tuple_kind([STR, MODULE])),
    "named_modules": list_kind(tuple_kind([STR, MODULE])),
    "named_children": list_kind(tuple_kind([STR, MODULE])),
    "parameters": _PARAMETERS,
    "named_parameters": list_kind(tuple_kind([STR, Kind("nn.Parameter")])),
    "buffers": list_kind(TENSOR),
    "get_submodule": MODULE,
    "get_parameter": Kind("nn.Parameter"),
    "get_buffer": TENSOR,
}


REGISTERING = frozenset({"append", "extend", "insert", "update"})
OF_CONTAINER = frozenset({"keys", "values", "items"})
"""Of these, what a plain module does not have."""


def of_torch(path: tuple[str, ...], node: ast.Call) -> Kind:
    if path[0] == "math":
        if path[-1] == "prod":
            return ANY
        return INT if path[-1] in ("ceil", "floor", "gcd") else FLOAT
    if path[0] == "nn" and len(path) == 2 and load_catalog().layer(path[1]):
        return Kind(".".join(path))
    if path == ("torch", "is_tensor"):
        return BOOL
    if path == ("torch", "tensor") or len(path) > 2:
        return TENSOR
    return of_tensor(path[-1], len(node.args) + len(node.keywords) > 1)


def of_tensor(method: str, has_arguments: bool) -> Kind:
    if method in _SEVERAL:
        return TENSORS
    if method in _PAIRS or (method in _PAIRS_BY_DIM and has_arguments):
        return tuple_kind([TENSOR, TENSOR])
    return TENSOR


def layer_member(owner: Kind, attr: str) -> Kind:
    """An attribute of a layer of torch."""
    if owner.text in CONTAINERS or owner.text == "nn.Module":
        return UNION
    if attr in ("weight", "bias"):
        return TENSOR
    if attr in ("running_mean", "running_var", "num_batches_tracked"):
        return UNION
    if attr.startswith(("weight_", "bias_")):
        return UNION if owner.text in ("nn.LSTM", "nn.GRU", "nn.RNN") else TENSOR
    layer = load_catalog().layer(owner.text.removeprefix("nn."))
    given = None if layer is None else layer.signature.parameter(attr)
    scalars = {"int": INT, "float": FLOAT, "bool": BOOL, "str": STR}
    return scalars.get(given.annotation or "", ANY) if given else ANY


def constant_kind(value: object) -> Kind:
    if value is None:
        return NONE
    plain = {bool: BOOL, int: INT, float: FLOAT, str: STR}
    return plain.get(type(value), ANY)


def constant_of(path: tuple[str, ...]) -> Kind:
    """`torch.float32`, `math.pi`; a function has no kind of its own."""
    if path[0] == "math" or path[1:] in (("pi",), ("inf",), ("nan",), ("e",)):
        return FLOAT
    known = path[0] == "torch" and path[-1] in load_catalog().dtype_names
    return Kind("torch.dtype") if known else ANY


def of_tensors(attr: str) -> bool:
    """Whether tensors have it."""
    catalog = load_catalog()
    return catalog.tensor_attribute(attr) or catalog.tensor_method(attr) is not None


def is_typed_layer(kind: Kind) -> bool:
    """Whether torch says what the layer's `forward` gives."""
    untyped = (*CONTAINERS, *RECURRENT, "nn.Module")
    return kind.is_module and kind.text not in untyped


def disjoint(first: Kind, second: Kind) -> bool:
    """Whether two plain values can never be equal."""
    if "any" in (first.seen, second.seen):
        return False
    sides = [
        {"str" if part == "str" else "number" for part in alternatives(one.text)}
        for one in (first, second)
        if set(alternatives(one.text)) <= {"int", "float", "bool", "str"}
    ]
    return len(sides) == 2 and not sides[0] & sides[1]


def fits(value: Kind, declared: Kind) -> bool:
    """Whether a checker lets a value be assigned where another kind was declared."""
    if "Any" in (value.text, declared.text):
        return True
    return all(
        any(_fits(one, other) for other in alternatives(declared.text))
        for one in alternatives(value.text)
    )


def _fits(value: str, declared: str) -> bool:
    if value == declared or (value, declared) == ("int", "float"):
        return True
    if value.partition("[")[0] == declared.partition("[")[0]:
        return True
    if value == "bool":
        return declared in ("int", "float")
    return value == "nn.Parameter" and declared == "torch.Tensor"
