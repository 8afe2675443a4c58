"""What all passes need to know of a Program, collected in one walk.

In: a Program. Out: `Facts`: its texts (the construction of each block, each method,
function and variant) with their calls and attributes, and what each block's `self`
has. Nothing is reported here.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import field
from typing import TYPE_CHECKING, Literal, TypeAlias

from modelspec.analysis.holes import Holes
from modelspec.analysis.members import Members, members_of
from modelspec.analysis.patterns import NamePattern, pattern_of
from modelspec.analysis.settled import Settled, settled
from modelspec.analysis.signatures import Callee, Callees
from modelspec.diagnostics.diagnostic import Diagnostic
from modelspec.diagnostics.span import Source, Span
from modelspec.policy import Limits
from modelspec.program.ir import Block, Function, Layer, Method, Program, Variant
from modelspec.program.literal import LayerCall
from modelspec.program.walk import (
    block_nodes,
    block_parts,
    function_nodes,
    names_read,
    walk_statements,
)
from modelspec.records import dataclass
from modelspec.trees import all_nodes, inner_fields

if TYPE_CHECKING:
    from modelspec.analysis.strangers import Strangers

Where: TypeAlias = Literal["construct", "method", "function", "variant"]

_TYPES = frozenset({"annotation", "returns"})


@dataclass(slots=True, eq=False)
class Text:
    """One text of the spec, with what stands in it in no particular order.

    What is `settled` is not among the calls; of the attributes in it, each layer's
    name is there once.

    `locals` are the names it binds anywhere, comprehensions included; a bare name
    that is none of them is a block, a function or a built-in.
    """

    where: Where
    source: Source
    block: Block | None = None
    method: Method | None = None
    function: Function | None = None
    locals: set[str] = field(default_factory=set)
    calls: list[ast.Call] = field(default_factory=list)
    attributes: list[ast.Attribute] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    settled: dict[int, Settled] = field(default_factory=dict)

    @property
    def arguments(self) -> ast.arguments | None:
        if self.method is not None:
            return self.method.arguments
        return None if self.function is None else self.function.definition.args


@dataclass(slots=True, eq=False)
class Facts:
    """A Program and what is derived from it, each once.

    `told` is what was found before the Program was whole and what earlier passes found,
    so that later ones do not repeat it; `known` are the names that blocks have anywhere
    (`analysis.attributes`); `judged` are wrong calls that the pass over values told.
    """

    program: Program
    texts: tuple[Text, ...] = ()
    callees: Callees = field(default_factory=lambda: Callees(()))
    limits: Limits | None = None
    told: list[Diagnostic] = field(default_factory=list)
    possible: dict[tuple[str, str], tuple[Callee, ...]] = field(default_factory=dict)
    known: set[str] = field(default_factory=set)
    holes: Holes = field(init=False)
    judged: set[int] = field(default_factory=set)
    strangers: dict[Text, Strangers] = field(default_factory=dict)
    _members: dict[str, Members] = field(default_factory=dict)
    _computed: Sequence[NamePattern] | None = None
    _handed_on: set[str] | None = None
    _hidden: dict[str, set[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.holes = Holes(self.program)

    def members(self, block: Block) -> Members:
        """What `self` has in a block."""
        if block.name not in self._members:
            self._members[block.name] = members_of(block, self.program)
        return self._members[block.name]

    def callee(self, node: ast.expr, text: Text) -> Callee | None:
        """What a call's function is, where that is certain."""
        if isinstance(node, ast.Name) and node.id in text.locals:
            return None
        return self.callees.find(node)

    @property
    def handed_on(self) -> set[str]:
        """Names that stand elsewhere than where something is called or extended."""
        if self._handed_on is None:
            nodes = [node for one in self.program.blocks for node in block_nodes(one)]
            for function in self.program.functions:
                nodes += function_nodes(function)
            for variant in self.program.variants:
                nodes += all_nodes(value for _, value in variant.values)
            called = {id(node.func) for node in nodes if isinstance(node, ast.Call)}
            others = (node for node in nodes if id(node) not in called)
            self._handed_on = names_read(others)
        return self._handed_on

    @property
    def computed_names(self) -> Sequence[NamePattern]:
        """What computed names of children may be, at any depth of any block."""
        if self._computed is None:
            statements = (
                one
                for block in self.program.blocks
                for one in walk_statements(block.construct)
            )
            names = (getattr(one, "name", None) for one in statements)
            computed = (one for one in names if isinstance(one, ast.JoinedStr))
            self._computed = tuple(dict.fromkeys(map(pattern_of, computed)))
        return self._computed

    def hidden_in(self, block: Block) -> set[str]:
        """Names that in the construction of a block mean its params and locals."""
        if not self._hidden:
            built = (one for one in self.texts if one.where == "construct")
            self._hidden.update({t.block.name: t.locals for t in built if t.block})
        return self._hidden[block.name]

    def is_told(self, span: Span | None) -> bool:
        """Whether an earlier pass has an error in the same place."""
        return span is not None and any(
            one.span is not None and one.is_error and _overlap(one.span, span)
            for one in self.told
        )


def _overlap(one: Span, other: Span) -> bool:
    return one.source is other.source and (
        one.start <= other.start < one.end or other.start <= one.start < other.end
    )


def collect_facts(program: Program, limits: Limits | None = None) -> Facts:
    texts = [text for block in program.blocks for text in _block_texts(block)]
    texts += [_function_text(function) for function in program.functions]
    texts += [_variant_text(variant, program) for variant in program.variants]
    callees = Callees((*program.blocks, *program.functions))
    return Facts(program, tuple(texts), callees, limits)


def _block_texts(block: Block) -> Iterator[Text]:
    construct = Text("construct", block.source, block=block)
    construct.locals.update(param.name for param in block.params)
    _collect(construct, _unsettled(block, construct))
    yield construct
    for method in block.methods:
        if method.synthesized:
            continue
        yield collect_method(block, method)


def collect_method(block: Block, method: Method) -> Text:
    """The text of one method."""
    text = Text("method", block.source, block=block, method=method)
    _collect(text, [*_defaults(method.arguments), *method.statements])
    text.locals.update(argument_names(method.arguments))
    return text


def _unsettled(block: Block, text: Text) -> Iterator[ast.expr]:
    """What passes have to look at; the attributes of the rest are noted."""
    layers: dict[str, ast.expr | Layer] = {}
    known: dict[LayerCall, Settled | None] = {}
    for one in block_parts(block):
        if isinstance(one, Layer):
            if one.call not in known:
                known[one.call] = settled(one)
            found = known[one.call]
        else:
            found = settled(one)
        if found is not None:
            text.settled[id(one)] = found
            layers.setdefault(found[0], one)
        else:
            yield one.expression if isinstance(one, Layer) else one
    yield from _input_expressions(block)
    if layers:
        text.names.add("nn")
    for one in layers.values():
        call = one.expression if isinstance(one, Layer) else one
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute):
            text.attributes.append(call.func)


def _input_expressions(block: Block) -> Iterator[ast.expr]:
    for one in block.inputs:
        yield from (size for size in one.shape or () if isinstance(size, ast.expr))
        yield from (bound for bound in (one.minimum, one.maximum) if bound is not None)


def _function_text(function: Function) -> Text:
    text = Text("function", function.source, function=function)
    definition = function.definition
    _collect(text, [*_defaults(definition.args), *definition.body])
    text.locals.update(argument_names(definition.args))
    return text


def _variant_text(variant: Variant, program: Program) -> Text:
    text = Text("variant", program.sources[0], block=program.root_block)
    _collect(text, [value for _, value in variant.values])
    return text


def argument_names(arguments: ast.arguments) -> Iterator[str]:
    """The names that a `def` line binds."""
    return (argument.arg for argument in argument_nodes(arguments))


def argument_nodes(arguments: ast.arguments) -> tuple[ast.arg, ...]:
    extras = (one for one in (arguments.vararg, arguments.kwarg) if one is not None)
    named = (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)
    return (*named, *extras)


def text_statements(text: Text) -> Sequence[ast.stmt]:
    """The statements of a method or function; elsewhere there are none."""
    if text.method is not None:
        return text.method.statements
    return () if text.function is None else text.function.definition.body


def _defaults(arguments: ast.arguments) -> Iterator[ast.expr]:
    yield from arguments.defaults
    yield from (default for default in arguments.kw_defaults if default is not None)


def _collect(text: Text, roots: Iterable[ast.AST]) -> None:
    for node in inner_nodes(roots):
        kind = type(node)
        if kind is ast.Name:
            name: ast.Name = node  # type: ignore[assignment]  # its type is known here
            stored = isinstance(name.ctx, ast.Store)
            (text.locals if stored else text.names).add(name.id)
        elif kind is ast.Call:
            text.calls.append(node)  # type: ignore[arg-type]
        elif kind is ast.Attribute:
            text.attributes.append(node)  # type: ignore[arg-type]


def inner_nodes(roots: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """Nodes and all in them but annotations, faster than `ast.walk`."""
    todo = list(roots)
    while todo:
        node = todo.pop()
        yield node
        for name in inner_fields(node.__class__):
            value = getattr(node, name, None)
            if value.__class__ is list:
                todo += [one for one in value if isinstance(one, ast.AST)]
            elif isinstance(value, ast.AST) and name not in _TYPES:
                todo.append(value)
