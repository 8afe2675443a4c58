"""One block: from its keys to the IR.

The class's own signature (params) is lowered before any body, so that blocks may use
each other in any order. Keys of the body are lowered in the order of the file, which
is the order of registration; `tie`, `init` and `freeze` come last.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from modelspec.diagnostics.diagnostic import Label
from modelspec.diagnostics.span import Span
from modelspec.diagnostics.suggest import suggest
from modelspec.program.ir import (
    Base,
    BaseKind,
    Block,
    CallMethod,
    Child,
    Input,
    Method,
    Statement,
    Value,
)
from modelspec.program.kinds import LAYER, kind_of_type
from modelspec.program.lowering.context import Context, hole, place
from modelspec.program.lowering.inputs import lower_inputs
from modelspec.program.lowering.methods import (
    INIT_METHODS,
    default_forward,
    lower_methods,
    lower_text,
    registers,
    through_self,
)
from modelspec.program.lowering.modules import (
    lower_children,
    lower_module,
    named_children,
)
from modelspec.program.lowering.params import lower_constants, lower_vars
from modelspec.program.lowering.rules import lower_freeze, lower_init, lower_tie
from modelspec.program.lowering.scope import BlockEntry
from modelspec.program.lowering.state import (
    lower_attributes,
    lower_buffers,
    lower_parameters,
)
from modelspec.program.names import is_identifier
from modelspec.program.walk import registered_names
from modelspec.pysubset import Mode, is_hole, is_hole_body, span_of
from modelspec.records import dataclass
from modelspec.spec.frame import BlockSpec
from modelspec.spec.validate import check_bodies
from modelspec.syntax.keys import MODULE_CONTAINERS
from modelspec.syntax.nodes import (
    MappingNode,
    Node,
    ScalarNode,
    SequenceNode,
    describe_node,
    is_text,
)

_SELF = re.compile(r"\bself\b")


@dataclass(frozen=True, slots=True, eq=False)
class BlockSource:
    """A block before it is lowered: where it stands and what others see of it."""

    spec: BlockSpec
    node: MappingNode
    entry: BlockEntry
    span: Span
    unread: frozenset[str] = frozenset()


def lower_block(source: BlockSource, context: Context) -> Block:
    """The IR of a block; what could not be read is reported and left out."""
    spec, report = source.spec, context.report
    check_bodies(source.node, report)
    context.scope.unread = source.unread
    # Class attributes: made before there is an instance with params.
    constants = lower_constants(spec.constants, source.entry.params, context)
    for param in source.entry.params:
        context.scope.locals[param.name] = kind_of_type(param.type)
        if param.default is not None and param.type.name in ("list", "dict", "any"):
            context.scope.locals[param.name] = context.kind_of(param.default)
    context.hints = {**dict(_not_here(spec)), **dict(through_self(_attributes(spec)))}
    early = _early_vars(spec, context)
    base = _base(source, context)
    context.extends = base.kind == "extends"
    context.base = "Module" if context.extends else base.kind
    construct = (*early, *_construct(source, context))
    context.registered = registered_names(construct)
    inputs = lower_inputs(spec.inputs, source.span, context)
    methods, calls = _methods(source, base, construct, inputs, context)
    return Block(
        name=source.entry.class_name,
        source=context.source,
        span=source.span,
        doc=spec.doc.text if spec.doc is not None else None,
        params=source.entry.params,
        constants=constants,
        base=base,
        construct=(*construct, *_finish(spec, calls, context)),
        inputs=_inputs_of(inputs, methods, spec, context),
        methods=methods,
        unread=source.unread,
    )


def _attributes(spec: BlockSpec) -> Iterator[str]:
    """Names that a block gives to what is read through `self` only."""
    owned = (spec.modules, spec.parameters, spec.buffers, spec.attributes)
    for node in (spec.constants, *owned, spec.methods):
        for entry in node.entries if node is not None else ():
            if is_identifier(entry.key.text):
                yield entry.key.text


def _not_here(spec: BlockSpec) -> Iterator[tuple[str, str]]:
    """Names of a block that mean nothing yet, or not in its construction."""
    inputs = spec.inputs
    if isinstance(inputs, MappingNode):
        for entry in inputs.entries:
            yield entry.key.text, "inputs are known in `forward` only"
    elif isinstance(inputs, SequenceNode):
        for item in inputs.items:
            if isinstance(item, ScalarNode):
                yield item.text, "inputs are known in `forward` only"
    for entry in spec.vars.entries if spec.vars is not None else ():
        yield entry.key.text, "it is computed further down only"


def _base(source: BlockSource, context: Context) -> Base:
    spec = source.spec
    if spec.extends is None:
        kind: BaseKind = "Module"
        for name in MODULE_CONTAINERS:
            if getattr(spec, name) is not None:
                kind = name  # type: ignore[assignment]  # one of the literals
        return Base(kind, source.span)
    node = spec.extends
    call = _base_call(node, context)
    if call is None or is_hole(call):
        return _unknown_base(node)
    if isinstance(call, ast.Call) and is_hole(call.func):
        return _unknown_base(node)
    if not isinstance(call, ast.Call) or not _is_class(call.func, context):
        context.report.error(
            "not-a-module",
            f"'extends' takes a layer or a block, got '{node.span.text}'",
            node.span,
        )
        return _unknown_base(node)
    return Base("extends", node.span, call)


def _base_call(node: Node, context: Context) -> ast.expr | None:
    """`LayerNorm(dim)`, or a mapping of the one type to its arguments."""
    if is_text(node):
        return context.as_module(context.expression(node.fragment))
    value = lower_module(node, context) if _has_one_key(node) else None
    if isinstance(value, Value):
        return value.expression
    context.report.error(
        "wrong-kind",
        f"'extends' is a call of a layer or block, got {describe_node(node)}",
        node.span,
        help="write `extends: LayerNorm(dim)`",
    )
    return None


def _unknown_base(node: Node) -> Base:
    """What was reported may have brought anything."""
    call = place(ast.Call(hole(node.span), [], []), node.span)
    return Base("extends", node.span, call)


def _has_one_key(node: Node) -> bool:
    return isinstance(node, MappingNode) and len(node.entries) == 1


def _is_class(node: ast.expr, context: Context) -> bool:
    """Whether an expression names a class that is known here: no param, no call."""
    if isinstance(node, ast.Name):
        return node.id not in context.scope.locals and context.kind_of(node) == LAYER
    return isinstance(node, ast.Attribute) and context.kind_of(node) == LAYER


def _early_vars(spec: BlockSpec, context: Context) -> tuple[Statement, ...]:
    """Vars that read no module: they come first, and may stand in `extends`."""
    if spec.vars is None or _reads_modules(spec.vars):
        return ()
    return lower_vars(spec.vars, context)


def _construct(source: BlockSource, context: Context) -> Iterator[Statement]:
    """Statements of the body, in the order of its keys, but for early vars."""
    for entry in source.node.entries:
        yield from _section(entry.key.text, source.spec, context)


def _section(key: str, spec: BlockSpec, context: Context) -> Iterator[Statement]:
    if key == "vars" and spec.vars is not None:
        if _reads_modules(spec.vars):
            yield from lower_vars(spec.vars, context)
    elif key == "parameters" and spec.parameters is not None:
        yield from lower_parameters(spec.parameters, context)
    elif key == "buffers" and spec.buffers is not None:
        yield from lower_buffers(spec.buffers, context)
    elif key == "attributes" and spec.attributes is not None:
        yield from lower_attributes(spec.attributes, context)
    elif key == "modules" and spec.modules is not None:
        yield from named_children(spec.modules, "Module", context)
    elif key in MODULE_CONTAINERS:
        yield from lower_children(key, getattr(spec, key), context)[1]


def _reads_modules(node: MappingNode) -> bool:
    """Whether some var reads `self`, so that it must wait for its place."""
    return any(
        _SELF.search(entry.key.text)
        or (isinstance(entry.value, ScalarNode) and _SELF.search(entry.value.text))
        or (isinstance(entry.value, MappingNode) and _reads_modules(entry.value))
        for entry in node.entries
    )


def _methods(
    source: BlockSource,
    base: Base,
    construct: tuple[Statement, ...],
    inputs: tuple[Input, ...],
    context: Context,
) -> tuple[tuple[Method, ...], tuple[CallMethod, ...]]:
    spec = source.spec
    methods: list[Method] = []
    calls: list[CallMethod] = []
    if spec.forward is not None:
        methods.append(lower_text(spec.forward, "forward", inputs, context))
    elif source.unread:
        pass  # it may have been among the keys that were reported
    elif base.kind == "Module" and any(registers(one) for one in construct):
        made = default_forward(construct, inputs, source.span, context)
        methods.extend([made] if made is not None else [])
    methods.extend(lower_methods(spec.methods, inputs, context))
    if spec.init is not None and is_text(spec.init):
        name = _init_name(methods, construct)
        methods.append(lower_text(spec.init, name, (), context, mode=Mode.INIT))
        calls.append(CallMethod(name, spec.init.span))
    return tuple(methods), tuple(calls)


def _init_name(methods: list[Method], construct: tuple[Statement, ...]) -> str:
    taken = {method.name for method in methods}
    taken |= {
        str(child.name.value)
        for child in construct
        if isinstance(child, Child) and isinstance(child.name, ast.Constant)
    }
    return next((name for name in INIT_METHODS if name not in taken), "init_all")


def _finish(
    spec: BlockSpec, calls: tuple[CallMethod, ...], context: Context
) -> Iterator[Statement]:
    if spec.tie is not None:
        yield from lower_tie(spec.tie, context)
    if isinstance(spec.init, MappingNode):
        yield from lower_init(spec.init, context)
    elif spec.init is not None and not calls and not is_text(spec.init):
        context.report.error(
            "wrong-kind",
            f"'init' is a text or a mapping of rules, got {describe_node(spec.init)}",
            spec.init.span,
        )
    yield from calls
    if spec.freeze is not None:
        yield from lower_freeze(spec.freeze, context)


def _report_untaken(
    one: Input, forward: Method, known: Mapping[str, Input], context: Context
) -> None:
    """An input that `forward` does not take, or by a name that is misspelt."""
    given = [*forward.arguments.args[1:], *forward.arguments.kwonlyargs]
    others = [argument for argument in given if argument.arg not in known]
    nearest = suggest(one.name, [argument.arg for argument in others])
    if nearest is None:
        context.report.error(
            "unknown-input",
            f"'{one.name}' is declared as an input, but `forward` does not take it",
            one.span,
            help="add it to the `def` line, or leave the `def` line out",
        )
        return
    meant = next(argument for argument in others if argument.arg == nearest)
    name = span_of(meant, context.source)
    context.report.error(
        "unknown-input",
        f"`forward` takes '{nearest}', but the input is named '{one.name}'",
        Span(name.source, name.start, name.start + len(nearest)),
        meant=one.name,
        labels=(Label(one.span, "declared here"),),
    )


def _inputs_of(
    inputs: tuple[Input, ...],
    methods: tuple[Method, ...],
    spec: BlockSpec,
    context: Context,
) -> tuple[Input, ...]:
    """Inputs in the order of `forward`'s own `def` line, where there is one."""
    forward = next((m for m in methods if m.name == "forward"), None)
    if forward is None or is_hole_body(forward.statements):
        return inputs
    known = {one.name: one for one in inputs}
    keywords = [argument.arg for argument in forward.arguments.kwonlyargs]
    arguments = [argument.arg for argument in forward.arguments.args[1:]]
    for one in inputs if spec.inputs is not None else ():
        if one.name not in arguments and one.name not in keywords:
            _report_untaken(one, forward, known, context)
    optional = len(arguments) - len(forward.arguments.defaults)
    return tuple(
        replace(known.get(name, Input(name, forward.span)), optional=at >= optional)
        for at, name in enumerate(arguments)
    )
