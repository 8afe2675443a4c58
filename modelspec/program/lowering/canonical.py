"""Expressions and statements to canonical form (see `program.ir`).

In: a freshly parsed, checked tree, which is rewritten in place and belongs to the
Program afterwards. Out: the same tree with every name resolved. A name that means
nothing here is reported at its own span, with the nearest name that would.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import field

from modelspec.catalog import load_catalog
from modelspec.diagnostics.diagnostic import Report
from modelspec.diagnostics.span import Source, Span
from modelspec.diagnostics.suggest import did_you_mean, same_letters, suggest
from modelspec.program.kinds import DICT, LAYER, UNKNOWN, Kind, bind_target, kind_of
from modelspec.program.lowering.annotations import canonical_annotation
from modelspec.program.lowering.scope import Scope
from modelspec.program.lowering.torch_names import (
    canonical_dotted,
    dotted_tree,
    first_unknown,
    members_of,
    names_of,
    normal_prefix,
    other_prefix,
)
from modelspec.program.lowering.unknown import Text, advice_for, text_of_argument
from modelspec.pysubset import Hole, span_of, span_of_attribute_name
from modelspec.pysubset.builtin import BUILTINS, canonical_builtin
from modelspec.pysubset.refused import RAISED_IN_FORWARD
from modelspec.records import dataclass

DICT_METHODS = frozenset({"items", "keys", "values", "get", "update"})
_ROOTS = frozenset({"torch", "nn", "F", "math", "init"})


@dataclass(slots=True)
class Canonicalizer(ast.NodeTransformer):
    """Rewrites one expression or statement list in the scope of a block or text.

    `in_text` is set for `forward`, methods and functions, where exceptions, `super`
    and assignments stand; `text` where a text is expected; `hints` are names that mean
    nothing here and what to write; `places` the arguments that are names, and of what.
    """

    scope: Scope
    source: Source
    report: Report
    in_text: bool = False
    text: Text | None = None
    hints: Mapping[str, str] = field(default_factory=dict)
    inner: list[dict[str, Kind]] = field(default_factory=list)
    places: dict[int, tuple[ast.expr, int | str]] = field(default_factory=dict)

    # --- names ------------------------------------------------------------------

    def kind(self, name: str) -> Kind:
        for bound in reversed(self.inner):
            if name in bound:
                return bound[name]
        return self.scope.kind(name)

    def is_local(self, name: str) -> bool:
        return name in self.scope.locals or any(name in bound for bound in self.inner)

    def visit_Name(self, node: ast.Name) -> ast.expr:
        name = node.id
        if not isinstance(node.ctx, ast.Load) or self.is_local(name):
            return node
        if name == "self":
            return node if self.in_text else self._unmade_self(node)
        if name == "auto":
            return node  # `analysis.sizes` looks where it stands
        found = self._global(name)
        if found is None:
            self._unknown_name(node)
            return ast.copy_location(Hole(), node)
        return dotted_tree(found, node)

    def _unmade_self(self, node: ast.Name) -> ast.expr:
        """A module under construction is no value yet: it cannot be its own child."""
        self.report.error(
            "not-a-module",
            "`self` is still being made here",
            span_of(node, self.source),
            help="name what is registered already: `self.NAME`",
        )
        return ast.copy_location(Hole(), node)

    def _global(self, name: str) -> str | None:
        """The canonical text of a name that no local hides."""
        file = self.scope.file
        block = file.block(name)
        if block is not None:
            return block.class_name
        if name in file.functions:
            return file.functions[name]
        if load_catalog().layer(name) is not None:
            return f"nn.{name}"
        if name in BUILTINS:
            return canonical_builtin(name)
        if name in load_catalog().parametrization_names:
            return f"nn.utils.parametrizations.{name}"
        if name in ("partial", "None") or (
            self.in_text and (name in RAISED_IN_FORWARD or name == "super")
        ):
            return name
        return None

    def _unknown_name(self, node: ast.Name) -> None:
        if node.id in self.scope.file.reported or node.id in self.scope.unread:
            return
        if node.id in self.hints:
            self.report.error(
                "unknown-name",
                f"nothing is named '{node.id}' here",
                span_of(node, self.source),
                note=self.hints[node.id],
            )
            return
        advice = advice_for(node.id, self.scope, self._text(node))
        place, meant = span_of(node, self.source), advice.meant
        self.report.error(
            "unknown-name",
            f"nothing is named '{node.id}' here",
            place,
            note=did_you_mean(meant) if meant else "",
            meant=meant and _other_quotes(meant, place),
            help=advice.help,
        )

    def _text(self, node: ast.Name) -> Text | None:
        """What the place where a name stands takes, if that is a text."""
        place = self.places.get(id(node))
        if place is None:
            return self.text
        return text_of_argument(*place, self.scope)

    # --- dotted names -----------------------------------------------------------

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        return self._attribute(node, called=False)

    def _attribute(self, node: ast.Attribute, *, called: bool) -> ast.expr:
        parts = names_of(node)
        if parts and parts[0] in _ROOTS and not self.is_local(parts[0]):
            return self._outside(node, parts)
        node.value = self._owner(node.value)
        if called and node.attr in DICT_METHODS:
            return node
        if self._kind_of(node.value).name == DICT.name:
            key = _at_attribute(ast.Constant(node.attr), node)
            subscript = ast.Subscript(node.value, key, node.ctx)
            return ast.copy_location(subscript, node)
        return node

    def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
        node.value = self._owner(node.value)
        node.slice = self.visit(node.slice)
        return node

    def _owner(self, node: ast.expr) -> ast.expr:
        """What stands before a dot or a bracket; `self` may stand there."""
        if isinstance(node, ast.Name) and node.id == "self":
            return node
        if isinstance(node, ast.Attribute):
            return self._attribute(node, called=False)
        visited: ast.expr = self.visit(node)
        return visited

    def _outside(self, node: ast.Attribute, parts: list[str]) -> ast.expr:
        """A name under `torch`, `nn`, `F` or `math`, looked up in the catalogue."""
        for length in range(len(parts), 1, -1):
            found = canonical_dotted(parts[:length])
            if found is not None:
                result = dotted_tree(found, node)
                for name in parts[length:]:
                    attribute = ast.Attribute(result, name, ast.Load())
                    result = ast.copy_location(attribute, node)
                return result
        if parts in (["torch", "Tensor"], ["nn", "Parameter"]):
            return node
        self._unknown_dotted(node, parts)
        return ast.copy_location(Hole(), node)

    def _unknown_dotted(self, node: ast.Attribute, parts: list[str]) -> None:
        wrong = first_unknown(parts)
        prefix, name = normal_prefix(parts[: wrong + 1]), parts[wrong]
        layer = prefix == "nn."
        near = suggest(name, members_of(prefix))
        same = near is not None and same_letters(name, near)
        last = wrong + 1 == len(parts)
        elsewhere = other_prefix(name, prefix) if last and not same else None
        nearest = elsewhere or near
        # Where the name is right and what stands before it is not, all is replaced.
        wrong_node = node if elsewhere else _part(node, len(parts) - 1 - wrong)
        place = span_of if elsewhere else span_of_attribute_name
        self.report.error(
            "unknown-layer" if layer else "unknown-function",
            f"torch.nn has no layer '{name}'"
            if layer
            else f"there is no '{'.'.join(parts[: wrong + 1])}' that a spec may use",
            place(wrong_node, self.source),
            meant=nearest,
        )

    # --- calls and scopes ---------------------------------------------------------

    def visit_Call(self, node: ast.Call) -> ast.expr:
        if isinstance(node.func, ast.Attribute):
            node.func = self._attribute(node.func, called=True)
        else:
            node.func = self.visit(node.func)
        for at, argument in enumerate(node.args):
            node.args[at] = self._argument(argument, node.func, at)
        for keyword in node.keywords:
            named = keyword.arg or ""
            keyword.value = self._argument(keyword.value, node.func, named)
        if _is_container(node.func):
            node.args = [self._called(argument) for argument in node.args]
        elif isinstance(node.func, ast.Name) and not self.is_local(node.func.id):
            self._call_children(node, node.func.id)
        return node

    def _argument(
        self, node: ast.expr, function: ast.expr, which: int | str
    ) -> ast.expr:
        if isinstance(node, ast.Name):
            self.places[id(node)] = (function, which)
        visited: ast.expr = self.visit(node)
        return visited

    def _called(self, node: ast.expr) -> ast.expr:
        """A container's argument: a layer type is called, or each in a list or dict."""
        return node if self.call_items(node) else self.as_module(node)

    def call_items(self, node: ast.expr) -> bool:
        """Calls the layer types in a list or dict; false where it is neither."""
        if isinstance(node, ast.List | ast.Tuple):
            node.elts = [self.as_module(item) for item in node.elts]
        elif isinstance(node, ast.Dict):
            node.values = [self.as_module(value) for value in node.values]
        elif isinstance(node, ast.ListComp):
            node.elt = self.as_module(node.elt)
        elif isinstance(node, ast.DictComp):
            node.value = self.as_module(node.value)
        else:
            return False
        return True

    def _call_children(self, node: ast.Call, class_name: str) -> None:
        """What a block is given as its children: modules, as in a container."""
        entry = self.scope.file.entry_of_class(class_name)
        takes = entry.children_param if entry is not None else None
        if entry is None or takes is None:
            return
        positional = [one.name for one in entry.params if not one.keyword_only]
        at = positional.index(takes) if takes in positional else len(node.args)
        if not any(isinstance(one, ast.Starred) for one in node.args[:at]):
            for argument in node.args[at : at + 1]:
                self.call_items(argument)
        for keyword in node.keywords:
            if keyword.arg == takes:
                self.call_items(keyword.value)

    def as_module(self, node: ast.expr) -> ast.expr:
        """A canonical expression where a module is expected: a type is called."""
        if self._kind_of(node) == LAYER:
            return ast.copy_location(ast.Call(node, [], []), node)
        if isinstance(node, ast.IfExp):
            node.body = self.as_module(node.body)
            node.orelse = self.as_module(node.orelse)
        return node

    def visit_ListComp(self, node: ast.ListComp) -> ast.expr:
        return self._comprehension(node)

    def visit_SetComp(self, node: ast.SetComp) -> ast.expr:
        return self._comprehension(node)

    def visit_GeneratorExp(self, node: ast.GeneratorExp) -> ast.expr:
        return self._comprehension(node)

    def visit_DictComp(self, node: ast.DictComp) -> ast.expr:
        return self._comprehension(node)

    def _comprehension(
        self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp
    ) -> ast.expr:
        bound: dict[str, Kind] = {}
        for at, generator in enumerate(node.generators):
            generator.iter = self.visit(generator.iter)
            if at == 0:
                self.inner.append(bound)
            element = self._kind_of(generator.iter).element or UNKNOWN
            bound.update(bind_target(generator.target, element))
            generator.ifs = [self.visit(test) for test in generator.ifs]
        if isinstance(node, ast.DictComp):
            node.key, node.value = self.visit(node.key), self.visit(node.value)
        else:
            node.elt = self.visit(node.elt)
        self.inner.pop()
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.stmt:
        node.target = self.visit(node.target)
        node.annotation = canonical_annotation(
            node.annotation, self.source, self.report
        )
        node.value = None if node.value is None else self.visit(node.value)
        return node

    def _kind_of(self, node: ast.expr) -> Kind:
        return kind_of(node, self.kind)


def _part(node: ast.Attribute, outer: int) -> ast.Attribute:
    """The attribute that stands so many dots inside another."""
    for _ in range(outer):
        assert isinstance(node.value, ast.Attribute)
        node = node.value
    return node


def _at_attribute(key: ast.Constant, node: ast.Attribute) -> ast.Constant:
    """The key that an attribute means stands where its name does."""
    ast.copy_location(key, node)
    key.lineno = node.end_lineno or node.lineno
    key.col_offset = (node.end_col_offset or 0) - len(node.attr)
    return key


def _other_quotes(text: str, place: Span) -> str:
    """A text in quotes as it can stand where YAML's own may be open on the line."""
    before = place.source.line(place.first.line)[: place.first.column - 1]
    return text.replace('"', "'") if before.count('"') % 2 else text


def _is_container(node: ast.expr) -> bool:
    return (
        isinstance(node, ast.Attribute)
        and node.attr in ("Sequential", "ModuleList")
        and isinstance(node.value, ast.Name)
        and node.value.id == "nn"
    )
