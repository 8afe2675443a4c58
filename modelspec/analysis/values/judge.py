"""Whether a value can be used as a method uses it.

In: what is done, and what the values are. Out: reports, each once and at the smallest
place, and what comes of it. Of what is unknown nothing is said. A judge without a
report only follows the values.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence

from modelspec.analysis.attributes import tensor_help, tensor_list, tensor_names
from modelspec.analysis.calls import Use, check_use
from modelspec.analysis.facts import Facts, Text
from modelspec.analysis.members import layer_members
from modelspec.analysis.receivers import tensor_callee
from modelspec.analysis.signatures import Callee
from modelspec.analysis.values.arguments import check_arguments
from modelspec.analysis.values.held import (
    NUMBERS,
    TENSOR,
    UNKNOWN,
    Held,
    Made,
    words,
)
from modelspec.analysis.values.modules import (
    container_kind,
    item_of,
    made_of,
    signature_of,
)
from modelspec.analysis.values.operators import (
    DIVIDES,
    SIGNS,
    is_refused,
    is_single,
    operand_help,
    result_of,
)
from modelspec.catalog import load_catalog
from modelspec.diagnostics.diagnostic import Report
from modelspec.diagnostics.suggest import suggest
from modelspec.program.ir import Block
from modelspec.pysubset import span_of, span_of_attribute_name
from modelspec.pysubset.builtin import MATH
from modelspec.pysubset.refused import dotted_name

_PYTHON: dict[str, type] = {
    "int": int,
    "float": float,
    "bool": bool,
    "str": str,
    "list": list,
    "tuple": tuple,
    "none": type(None),
}


class Judge:
    def __init__(
        self,
        text: Text,
        facts: Facts,
        report: Report | None,
        returned: Callable[[Block, str], Held],
    ) -> None:
        self.text = text
        self.facts = facts
        self.report = report
        self.returned = returned

    def tell(
        self,
        code: str,
        message: str,
        node: ast.AST,
        *,
        note: str = "",
        meant: str | None = None,
        help: str = "",
    ) -> None:
        if self.report is None:
            return
        named = isinstance(node, ast.Attribute) and code in _ABOUT_NAMES
        if named:
            assert isinstance(node, ast.Attribute)
            span = span_of_attribute_name(node, self.text.source)
        else:
            span = span_of(node, self.text.source)
        self.report.error(code, message, span, note=note, meant=meant, help=help or ())

    # --- operators -------------------------------------------------------------------

    def operation(
        self,
        node: ast.AST,
        op: ast.operator,
        left: Held,
        right: Held,
        right_node: ast.expr,
    ) -> Held:
        """What an operator makes of two values."""
        if is_refused(op, left, right):
            sign = SIGNS.get(type(op), "this")
            shown = f"{words(left)} and {words(right)}"
            help = operand_help(left) or operand_help(right)
            message = f"`{sign}` does not work on {shown}"
            self.tell("unsupported-operand", message, node, help=help)
            return UNKNOWN
        zero = isinstance(right_node, ast.Constant) and right_node.value == 0
        if isinstance(op, DIVIDES) and left.what in NUMBERS and zero:
            shown = ast.unparse(node) if isinstance(node, ast.expr) else "this"
            self.tell("division-by-zero", f"`{shown}` divides by zero", node)
            return UNKNOWN
        return result_of(op, left, right)

    # --- taking apart ----------------------------------------------------------------

    def unpacking(
        self,
        target: ast.expr,
        parts: Sequence[ast.expr],
        held: Held,
        source: ast.expr,
        *,
        each: bool,
    ) -> None:
        stars = sum(isinstance(one, ast.Starred) for one in parts)
        if is_single(held):
            message = f"expected something to unpack, got {words(held)}"
            self.tell("not-iterable", message, target if each else source)
        if held.what not in ("tuple", "list") or held.items is None:
            return
        wanted, got = len(parts) - stars, len(held.items)
        if got == wanted or (stars and got > wanted):
            return
        least = "at least " if stars else ""
        plural = "" if wanted == 1 else "s"
        origin = f" from {held.said}" if held.said else ""
        message = f"expected {least}{wanted} value{plural} to unpack, got {got}{origin}"
        self.tell("unpack-mismatch", message, target)

    def iteration(self, node: ast.expr, held: Held) -> None:
        if is_single(held):
            message = f"expected something to go through, got {words(held)}"
            help = (
                "for a number of times write `range(n)`" if held.what == "int" else ""
            )
            self.tell("not-iterable", message, node, help=help)

    def item(self, node: ast.Subscript, held: Held) -> Held:
        """What stands at an index or key."""
        if held.what == "method":
            message = f"'{held.said}' is a method, which has no items"
            help = f"call it: `.{held.said}(...)`"
            self.tell("not-subscriptable", message, node.value, help=help)
            return UNKNOWN
        if is_single(held):
            self.tell("not-subscriptable", f"{words(held)} has no items", node)
            return UNKNOWN
        index = _literal(node.slice)
        if held.what in ("tuple", "list") and held.items is not None:
            return self._nth(node, index, list(held.items))
        if held.what == "module" and held.made is not None:
            return self._child(node, index, held, held.made)
        return TENSOR if held.what == "tensor" else UNKNOWN

    def _nth(self, node: ast.Subscript, index: object, items: list[Held]) -> Held:
        if type(index) is not int:
            return UNKNOWN
        if -len(items) <= index < len(items):
            return items[index]
        plural = "" if len(items) == 1 else "s"
        self.tell(
            "index-out-of-range",
            f"index {index} is out of range",
            node.slice,
            note=f"it has {len(items)} item{plural}",
        )
        return UNKNOWN

    def _child(
        self, node: ast.Subscript, index: object, held: Held, made: Made
    ) -> Held:
        kind, children = container_kind(made), made.children
        if index is None or children is None:
            alike = kind in ("ModuleList", "Sequential") and type(index) is int
            return item_of(made, self.facts) if alike else UNKNOWN
        if kind in ("Sequential", "ModuleList"):
            values = list(children.values())
            found = [made_of(one, made.owner, self.facts) for one in values]
            said = f"{held.said}[{index}]" if held.said else ""
            items = [
                Held("module", made=one, said=said) if one else UNKNOWN for one in found
            ]
            return self._nth(node, index, items)
        if kind != "ModuleDict" or not isinstance(index, str):
            return UNKNOWN
        if index in children:
            inner = made_of(children[index], made.owner, self.facts)
            return Held("module", made=inner) if inner else UNKNOWN
        nearest = suggest(index, children)
        self.tell(
            "unknown-key",
            f"{words(held)} has no child '{index}'",
            node.slice,
            meant=nearest,
            help="" if nearest else f"it has: {', '.join(list(children)[:12])}",
        )
        return UNKNOWN

    # --- attributes ------------------------------------------------------------------

    def has_attribute(self, node: ast.Attribute, held: Held, *, called: bool) -> bool:
        """Whether a value has what is read of it, as far as one can say."""
        name = node.attr
        if held.what == "tensor":
            return self._tensor_has(node, called)
        if held.what == "module" and held.made is not None:
            return self._module_has(node, held, held.made)
        kind = _PYTHON.get(held.what)
        if kind is None or hasattr(kind, name):
            return True
        nearest = suggest(name, [one for one in dir(kind) if not one.startswith("_")])
        help = ""
        if held.what in NUMBERS and name in MATH:
            help = f"write `math.{name}(...)`"
        elif held.what == "tuple":
            help = "take it apart first: `y, _ = ...`"
        self.tell(
            "unknown-attribute",
            f"{words(held)} has no attribute '{name}'",
            node,
            meant=nearest,
            help=help,
        )
        return False

    def _tensor_has(self, node: ast.Attribute, called: bool) -> bool:
        name, catalog = node.attr, load_catalog()
        if name not in tensor_names():
            nearest = suggest(name, tensor_list())
            self.tell(
                "unknown-attribute",
                f"a tensor has no method or attribute '{name}' that a spec may use",
                node,
                meant=nearest,
                help=" ".join(tensor_help(name)),
            )
            return False
        no_method = name in catalog.tensor_attributes and not (
            catalog.tensor_method(name)
        )
        if called and no_method:
            instead = "`.size(0)` or `.shape[0]`" if name == "shape" else f"`.{name}`"
            message = f"'{name}' of a tensor is no method"
            self.tell("not-callable", message, node, help=f"write {instead}")
        return not (called and no_method)

    def _module_has(self, node: ast.Attribute, held: Held, made: Made) -> bool:
        name, catalog = node.attr, load_catalog()
        if name in catalog.module_names() or name in catalog.module_methods:
            return True
        kind = container_kind(made)
        if kind is not None:
            names = [] if made.children is None else list(made.children)
            unsure = made.children is None or made.block is not None
            known = unsure or name in catalog.module_names(kind)
        elif made.block is not None:
            members = self.facts.members(made.block)
            names, known = list(members.kinds), members.has(name)
        else:
            own = layer_members(made.name)
            names, known = sorted(own or ()), own is None
        if known or name in names or name == "training":
            return True
        nearest = suggest(name, [*names, *sorted(catalog.module_methods)])
        self.tell(
            "unknown-attribute",
            f"{words(held)} has no attribute '{name}'",
            node,
            meant=nearest,
        )
        return False

    # --- calls -----------------------------------------------------------------------

    def call(self, node: ast.Call, called: Held, given: Sequence[Held]) -> bool:
        """Whether a call can be made; False where it was told that it cannot."""
        if called.what in _UNCALLABLE:
            name = _name_of(node.func)
            shown = (
                f"'{name}' is {words(called)}" if name else f"this is {words(called)}"
            )
            message = f"{shown}, which cannot be called"
            self.tell("not-callable", message, node.func)
            return False
        if not self._fits(node, called):
            return False
        found = check_arguments(node, called, given, self.text, self.facts)
        if found is None:
            return True
        self.tell(found.code, found.message, found.node, help=found.help)
        if self.report is not None:
            self.facts.judged.add(id(node))
        return False

    def _fits(self, node: ast.Call, called: Held) -> bool:
        """Whether a call has the arguments that it needs, where only values tell."""
        callee = self._callee(node.func, called)
        if callee is None or self.report is None:
            return True
        before = len(self.report.found)
        check_use([Use(callee, node, self.text.source, node.args)], self.report)
        return len(self.report.found) == before

    def _callee(self, function: ast.expr, called: Held) -> Callee | None:
        made = called.made
        if called.what == "module" and made is not None and not _is_own(function):
            signature = signature_of(made, self.facts)
            shown = called.said or dotted_name(function) or made.name
            if signature is None:
                return None
            return Callee(shown, "function", (signature,))
        if called.what != "method" or not isinstance(function, ast.Attribute):
            return None
        if tensor_callee(function, self.text, self.facts) is not None:
            return None  # looked at elsewhere
        overloads = load_catalog().tensor_method(function.attr) or ()
        return Callee(f"Tensor.{function.attr}", "tensor", overloads)


def _is_own(node: ast.expr) -> bool:
    """Whether it is `self.name`, whose calls are looked at elsewhere."""
    return (
        isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "self"
    )


_UNCALLABLE = frozenset({*NUMBERS, "none", "str", "tuple", "list", "tensor"})
_ABOUT_NAMES = frozenset({"unknown-attribute", "not-callable"})


def _name_of(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _literal(node: ast.expr) -> object:
    match node:
        case ast.Constant(value=int() | str() as value) if not isinstance(value, bool):
            return value
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() as value)):
            return -value
    return None
