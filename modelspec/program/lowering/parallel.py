"""`parallel`: how the network is divided among processes.

Globs stand for modules. What is done to those of a `plan` is a short name or a call of
a class of `torch.distributed.tensor.parallel`, whose arguments are literals and
layouts; both become such a call, as mixed precision becomes one.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from modelspec.catalog.parallel import COMPUTING_DTYPES, SHORT_STYLES
from modelspec.diagnostics.diagnostic import Report
from modelspec.diagnostics.suggest import suggest
from modelspec.policy import Limits
from modelspec.program.ir import Division, Glob, Parallel
from modelspec.program.lowering.context import place
from modelspec.program.lowering.styles import read_style
from modelspec.spec.frame import MixedPrecisionSpec, ParallelSpec
from modelspec.spec.validate import read_mapping
from modelspec.syntax.keys import control_word
from modelspec.syntax.nodes import (
    Entry,
    MappingNode,
    Node,
    ScalarNode,
    SequenceNode,
    describe_node,
)
from modelspec.trees import expression_tree


def lower_parallel(
    node: MappingNode, limits: Limits, report: Report
) -> Parallel | None:
    """What a spec says of it; None where it says nothing that could be read."""
    reading = read_mapping(ParallelSpec, node, "'parallel'", report)
    if reading is None:
        return None
    spec = reading.spec
    entries = spec.plan.entries if spec.plan is not None else ()
    divided = (_division(one, limits, report) for one in entries)
    made = Parallel(
        node.span,
        plan=tuple(one for one in divided if one is not None),
        fsdp=None if spec.fsdp is None else tuple(_globs(spec.fsdp, "fsdp", report)),
        mixed_precision=_precision(spec.mixed_precision, report),
        checkpointing=tuple(
            _globs(spec.activation_checkpointing, "activation_checkpointing", report)
        ),
    )
    if not reading.unread:
        _require_whole(spec, node, report)
    return made


def _require_whole(spec: ParallelSpec, node: MappingNode, report: Report) -> None:
    """A plan, fsdp or both; a policy of fsdp wants fsdp."""
    if spec.fsdp is not None:
        return
    if spec.mixed_precision is not None:
        if any(one.span == spec.mixed_precision.span for one in report.found):
            return
        report.error(
            "wrong-parallel",
            "'mixed_precision' is how parameters that 'fsdp' shards are used",
            spec.mixed_precision.span,
            help='add `fsdp: "layers.*"`, the modules that are sharded as one',
        )
    elif spec.plan is None or not spec.plan.entries:
        report.error(
            "wrong-parallel",
            "'parallel' divides nothing",
            node.span,
            help="it wants a `plan`, or `fsdp`, or both",
        )


def _division(entry: Entry, limits: Limits, report: Report) -> Division | None:
    node = entry.value
    if control_word(entry.key.text) is not None:
        report.error(
            "wrong-kind",
            "the name of a module, or a pattern of names, is expected",
            entry.key.span,
            help="a plan is for the network as it is built: it has no loops and no"
            " conditions",
        )
        return None
    glob = _glob(entry.key, report)
    if not isinstance(node, ScalarNode) or not isinstance(node.value, str):
        report.error(
            "wrong-kind",
            f"how a layer is divided is a text, got {describe_node(node)}",
            node.span,
            help=f"write one of: {', '.join([*SHORT_STYLES][:3])}",
        )
        return None
    if node.refused or glob is None:
        return None
    short = SHORT_STYLES.get(node.text.strip())
    if short is not None:
        return Division(glob, _call(short, node))
    style = read_style(node, limits, report)
    return None if style is None else Division(glob, style)


def _call(text: str, node: Node) -> ast.Call:
    """A call written here, standing where the text stands that it is made of."""
    made = expression_tree(text).body
    assert isinstance(made, ast.Call)
    for part in ast.walk(made):
        if isinstance(part, ast.expr | ast.keyword):
            place(part, node.span)
    return made


# --- globs ----------------------------------------------------------------------------


def _globs(node: Node | None, key: str, report: Report) -> Iterator[Glob]:
    """A glob or a list of globs."""
    if node is None:
        return
    if isinstance(node, MappingNode):
        report.error(
            "wrong-kind",
            f"'{key}' is a name or a list of names, got {describe_node(node)}",
            node.span,
            help=f'write `{key}: "layers.*"`',
        )
        return
    for one in node.items if isinstance(node, SequenceNode) else (node,):
        if isinstance(one, ScalarNode) and not one.is_null:
            glob = _glob(one, report)
            if glob is not None:
                yield glob
        else:
            message = f"a name is expected, got {describe_node(one)}"
            report.error("wrong-kind", message, one.span)


def _glob(node: ScalarNode, report: Report) -> Glob | None:
    if node.refused:
        return None
    if not node.text.strip() or "${" in node.text:
        report.error(
            "wrong-kind",
            "the name of a module, or a pattern of names, is expected",
            node.span,
            help="such as `layers.*`; nothing is computed in it",
        )
        return None
    return Glob(node.text, node.span)


# --- mixed precision ------------------------------------------------------------------


def _precision(node: Node | None, report: Report) -> ast.Call | None:
    """A call of `MixedPrecisionPolicy`; of one dtype, gradients are summed in float32
    as they are in training without it."""
    if node is None:
        return None
    if not isinstance(node, MappingNode):
        dtype = _dtype(node, report)
        if dtype is None:
            return None
        return _policy(
            [("param_dtype", dtype), ("reduce_dtype", "torch.float32")], node
        )
    reading = read_mapping(MixedPrecisionSpec, node, "'mixed_precision'", report)
    if reading is None:
        return None
    given: list[tuple[str, str]] = []
    for entry in reading.node.entries:
        if entry in reading.unread:
            continue
        name, value = entry.key.text, entry.value
        is_flag = name == "cast_forward_inputs"
        text = str(_flag(value)) if is_flag else _dtype(value, report)
        if text is not None:
            given.append((name, text))
    return _policy(given, node)


def _policy(given: list[tuple[str, str]], node: Node) -> ast.Call:
    arguments = ", ".join(f"{name}={text}" for name, text in given)
    return _call(f"MixedPrecisionPolicy({arguments})", node)


def _flag(node: Node) -> bool:
    return isinstance(node, ScalarNode) and node.value is True


def _dtype(node: Node, report: Report) -> str | None:
    """`torch.bfloat16`, of `bfloat16` or that; those alone that layers compute in."""
    text = node.text.strip() if isinstance(node, ScalarNode) else ""
    name = text.removeprefix("torch.")
    if name in COMPUTING_DTYPES:
        return f"torch.{name}"
    meant = _SHORT_DTYPES.get(name) or (
        suggest(name, COMPUTING_DTYPES) if name else None
    )
    report.error(
        "unknown-dtype",
        f"a floating dtype is expected, got {describe_node(node)}",
        node.span,
        meant=meant,
        help=() if meant else f"one of {', '.join(COMPUTING_DTYPES)}",
    )
    return None


_SHORT_DTYPES = {"bf16": "bfloat16", "fp16": "float16", "fp32": "float32"}
