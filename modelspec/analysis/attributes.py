"""Pass: whether what is read after a dot is there, and what is assigned may be.

After `self.` stand the block's own members and what it inherits; after anything else
whatever tensors, plain values, layers of torch and blocks of the spec have anywhere: a
name that none of them has is wrong whatever stands before the dot.
"""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator

from modelspec.analysis.facts import Facts, Text, text_statements
from modelspec.analysis.members import Members
from modelspec.analysis.strangers import may_have
from modelspec.catalog import load_catalog
from modelspec.diagnostics.diagnostic import Diagnostic, Report
from modelspec.diagnostics.suggest import suggest
from modelspec.program.ir import Block, Let
from modelspec.program.walk import walk_statements
from modelspec.pysubset import span_of_attribute_name
from modelspec.pysubset.methods import METHOD_NAMES
from modelspec.pysubset.refused import dotted_name
from modelspec.syntax.keys import CONTAINERS

_ROOTS = frozenset({"torch", "nn", "F", "math", "self"})
_SELF = frozenset({"training"})
_ASSIGNABLE = frozenset({"buffer", "attribute", "torch"})
_STRANGERS = frozenset({"layer", "module", "any"})
_RECURRENT = ("weight_ih_l", "weight_hh_l", "bias_ih_l", "bias_hh_l", "weight_hr_l")
_OTHER = frozenset(
    "parametrizations original original0 original1 weight_g weight_v weight_orig"
    " batch_sizes sorted_indices unsorted_indices func args keywords training".split()
)

_INSTEAD = {
    "add_module": "write it under `modules`",
    "register_module": "write it under `modules`",
    "register_parameter": "write it under `parameters`",
    "register_buffer": "write it under `buffers`",
    "apply": "go through `self.modules()` in `init`",
    "type": "for a dtype read that of a parameter: `self.fc.weight.dtype`",
}


def check_attributes(facts: Facts) -> Iterator[Diagnostic]:
    report = Report()
    assigned = {(one.block, name) for one in facts.texts for name in _assigned(one)}
    for text in facts.texts:
        _check_assignments(text, facts, report)
        for node in text.attributes:
            if isinstance(node.ctx, ast.Store):
                continue
            if isinstance(node.value, ast.Name) and node.value.id == "self":
                # One message is enough for a name that is assigned undeclared.
                if text.method is not None and (text.block, node.attr) not in assigned:
                    _check_own(node, text, facts, report)
            elif not is_dotted(node, text):
                _check_other(node, text, facts, report)
    yield from report.found


# --- self.name --------------------------------------------------------------------


def _check_own(node: ast.Attribute, text: Text, facts: Facts, report: Report) -> None:
    assert text.block is not None
    block, name = text.block, node.attr
    members = facts.members(block)
    if name in _SELF or members.has(name):
        return
    if block.base.kind in ("ModuleDict", "ModuleList", "Sequential") or members.is_open:
        allowed = load_catalog().module_names(block.base.kind)
        if name in allowed - load_catalog().module_names():
            return
    if name in load_catalog().module_methods:
        return
    report_unknown_member(node, text, block, members, report)


def report_unknown_member(
    node: ast.Attribute, text: Text, block: Block, members: Members, report: Report
) -> None:
    name = node.attr
    span = span_of_attribute_name(node, text.source)
    if name in load_catalog().module_names():
        report.error(
            "unknown-attribute",
            f"'{name}' of nn.Module is not in the language",
            span,
            help=_INSTEAD.get(name, ()),
        )
        return
    # A param or var that no text reads is no member: the one that is meant, misspelt.
    candidates = [*members.kinds, *(one.name for one in block.params), *_vars(block)]
    candidates += [*sorted(load_catalog().module_methods), "training"]
    nearest = suggest(name, candidates)
    report.error(
        "unknown-attribute",
        f"{block.name} has no child, param or attribute '{name}'",
        span,
        meant=nearest,
        help=() if nearest else _members_help(members),
    )


def _vars(block: Block) -> Iterator[str]:
    for one in walk_statements(block.construct):
        if isinstance(one, Let) and one.is_var and isinstance(one.target, ast.Name):
            yield one.target.id


def _members_help(members: Members) -> tuple[str, ...]:
    names = [
        name for name, kind in members.kinds.items() if kind not in ("torch", "method")
    ]
    return (f"it has: {', '.join(names[:12])}",) if names else ()


# --- assignments ------------------------------------------------------------------


def _assigned(text: Text) -> Iterator[str]:
    for node in text.attributes:
        if isinstance(node.ctx, ast.Store):
            yield node.attr


def _check_assignments(text: Text, facts: Facts, report: Report) -> None:
    """Reports assignments to what is neither buffer nor attribute."""
    for node in text.attributes:
        if isinstance(node.ctx, ast.Store) and text.block is not None:
            _check_assignment(node, text, facts.members(text.block), report)


def _check_assignment(
    node: ast.Attribute, text: Text, members: Members, report: Report
) -> None:
    kind = members.kinds.get(node.attr)
    if kind in _ASSIGNABLE or (kind is None and members.has(node.attr)):
        return
    names = [name for name, kind in members.kinds.items() if kind in _ASSIGNABLE]
    nearest = suggest(node.attr, names)
    what = {"child": "a child", "parameter": "a parameter", "value": "a param or var"}
    if kind is None:
        message = f"there is no buffer or attribute '{node.attr}' to assign to"
        advice = f"declare it: `attributes: {{{node.attr}: null}}`"
    else:
        is_a = what.get(kind, f"a {kind}")
        message = f"'{node.attr}' is {is_a}, and only buffers and attributes change"
        advice = "assign to a local name, without `self.`"
    report.error(
        "bad-assignment",
        message,
        span_of_attribute_name(node, text.source),
        meant=nearest if kind is None else None,
        help=advice,
    )


# --- anything else ----------------------------------------------------------------


def is_dotted(node: ast.Attribute, text: Text) -> bool:
    """Whether it is a part of a name of torch, such as `torch.nn`."""
    name = dotted_name(node)
    root = "" if name is None else name.partition(".")[0]
    return root in _ROOTS - {"self"} and root not in text.locals


def _check_other(node: ast.Attribute, text: Text, facts: Facts, report: Report) -> None:
    name, catalog = node.attr, load_catalog()
    if (
        name in tensor_names()
        or name in catalog.value_attributes
        or is_known_elsewhere(name, facts)
        or name.startswith(_RECURRENT)
        or name in torch_members()
        or _is_of_a_stranger(node.value, text)
        or may_have(node, text, facts)
        or facts.holes.touch(node.value, text_statements(text))
    ):
        return
    nearest = suggest(name, [*tensor_list(), *sorted(_known_anywhere(facts))])
    report.error(
        "unknown-attribute",
        f"nothing has a method or attribute '{name}' that a spec may use",
        span_of_attribute_name(node, text.source),
        meant=nearest,
        help=tensor_help(name),
    )


def _is_of_a_stranger(node: ast.expr, text: Text) -> bool:
    """Whether it is a param that other specs give: a layer or module of theirs."""
    if text.block is None or text.where != "construct":
        return False
    return isinstance(node, ast.Name) and any(
        one.name == node.id and one.default is None and one.type.name in _STRANGERS
        for one in text.block.params
    )


def is_known_elsewhere(name: str, facts: Facts) -> bool:
    """Whether values of Python, containers or blocks of the spec have this name."""
    return (
        name in _known_anywhere(facts)
        or name in METHOD_NAMES
        or name in container_names()
        or _matches(name, facts)
    )


def tensor_help(name: str) -> tuple[str, ...]:
    """What to do instead of asking a tensor for something."""
    if name in ("cuda", "cpu"):
        return ("the caller chooses the device; `.to(other.device)` follows a tensor",)
    return ()


def _matches(name: str, facts: Facts) -> bool:
    """Whether some child's computed name may be this, at any depth."""
    return any(one.matches(name) for one in facts.computed_names)


def _known_anywhere(facts: Facts) -> set[str]:
    """Names of children at any depth, params, buffers and the rest, of all blocks."""
    if not facts.known:
        facts.known |= _OTHER | load_catalog().module_methods
        for block in facts.program.blocks:
            facts.known.update(facts.members(block).kinds)
            facts.known.update(param.name for param in block.params)
            facts.known.update(_nested_names(block))
    return facts.known


def _nested_names(block: Block) -> Iterator[str]:
    for one in walk_statements(block.construct):
        name = getattr(one, "name", None)
        if isinstance(name, ast.Constant):
            yield str(name.value)


@functools.cache
def tensor_list() -> tuple[str, ...]:
    """Methods and attributes of a tensor."""
    catalog = load_catalog()
    return (*catalog.tensor_method_names(), *sorted(catalog.tensor_attributes))


@functools.cache
def tensor_names() -> frozenset[str]:
    return frozenset(tensor_list())


@functools.cache
def container_names() -> frozenset[str]:
    """What the containers of torch have beyond nn.Module."""
    catalog = load_catalog()
    found = {name for kind in CONTAINERS for name in catalog.module_names(kind)}
    return frozenset(found) - catalog.module_names()


@functools.cache
def torch_members() -> frozenset[str]:
    """What layers of torch have beyond nn.Module; asked for only when all else fails,
    as it reads every layer of the catalogue."""
    catalog, found = load_catalog(), set[str]()
    for name in catalog.layer_names:
        layer = catalog.layer(name)
        if layer is not None:
            found.update(layer.attributes)
            found.update(layer.methods)
    return frozenset(found)
