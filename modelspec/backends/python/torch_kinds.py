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
    list_kind,
    tuple_kind,
)

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


def of_torch(path: tuple[str, ...], node: ast.Call) -> Kind:
    if path[0] == "math":
        return INT if path[-1] in ("ceil", "floor", "gcd") else FLOAT
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
    return UNION if attr.startswith(("weight_", "bias_")) else ANY


def constant_kind(value: object) -> Kind:
    if value is None:
        return NONE
    plain = {bool: BOOL, int: INT, float: FLOAT, str: STR}
    return plain.get(type(value), ANY)


def fits(value: Kind, declared: Kind) -> bool:
    """Whether a checker lets a value be assigned where another kind was declared."""
    if declared.text in (value.text, "Any") or value.text == "Any":
        return True
    if value.text in declared.text.split(" | "):
        return True
    if (value.text, declared.text) == ("int", "float"):
        return True
    return value.text == "nn.Parameter" and declared.is_tensor
