"""Canonical calls of `parallel` as objects of torch.

The front end lets through classes of a list, with literals and layouts alone: they are
made here one by one, nothing is looked up by a name that is not in a table.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch.distributed.fsdp import MixedPrecisionPolicy
from torch.distributed.tensor import Replicate, Shard
from torch.distributed.tensor.parallel import (
    ColwiseParallel,
    ParallelStyle,
    PrepareModuleInput,
    PrepareModuleInputOutput,
    PrepareModuleOutput,
    RowwiseParallel,
    SequenceParallel,
)

from modelspec.catalog import load_catalog
from modelspec.diagnostics.diagnostic import InternalError

_CLASSES: Mapping[str, Callable[..., object]] = {
    one.__name__: one
    for one in (
        *(ColwiseParallel, RowwiseParallel, SequenceParallel, Shard, Replicate),
        *(PrepareModuleInput, PrepareModuleOutput, PrepareModuleInputOutput),
        MixedPrecisionPolicy,
    )
}


def read_style(call: ast.Call) -> ParallelStyle:
    made = _value(call)
    assert isinstance(made, ParallelStyle)
    return made


def read_policy(call: ast.Call) -> MixedPrecisionPolicy:
    made = _value(call)
    assert isinstance(made, MixedPrecisionPolicy)
    return made


def _value(node: ast.expr) -> Any:
    match node:
        case ast.Constant(value=value):
            return value
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_value(operand)
        case ast.Tuple(elts=items):
            return tuple(map(_value, items))
        case ast.Dict(keys=keys, values=values):
            pairs = zip(keys, values, strict=True)
            return {_value(key): _value(one) for key, one in pairs if key is not None}
        case ast.Attribute(value=ast.Name(id="torch"), attr=name):
            if f"torch.{name}" in load_catalog().dtype_names:
                return getattr(torch, name)
        case ast.Call(func=ast.Name(id=name), args=given, keywords=named):
            keywords = {one.arg: _value(one.value) for one in named if one.arg}
            return _CLASSES[name](*map(_value, given), **keywords)
    raise InternalError(f"no part of a plan: {ast.unparse(node)}")
