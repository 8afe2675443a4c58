"""Rules of initialisation, tied and frozen parameters, as statements.

Comes in: `InitByType`, `InitByName`, `Tie`, `Freeze`. Goes out: loops over
`self.modules()` and `self.named_parameters()`, or direct assignments, that touch the
same tensors in the same order.
"""

from __future__ import annotations

import ast
from collections.abc import Callable

from modelspec.backends.python.attributes import Attributes
from modelspec.backends.python.nodes import (
    assign,
    attribute,
    both,
    call,
    condition,
    constant,
    is_not_none,
    loop,
    method_call,
    name,
    path_of,
    statement,
    string,
    substitute,
    tuple_of,
    with_context,
)
from modelspec.backends.python.patterns import (
    Pattern,
    chain,
    is_glob,
    matches,
    split,
)
from modelspec.backends.python.scope import Locals
from modelspec.backends.python.sinks import SELF
from modelspec.backends.python.uses import Uses
from modelspec.diagnostics.diagnostic import InternalError
from modelspec.program import ir

Test = ast.expr | None


class Initialization:
    def __init__(self, uses: Uses, block: ir.Block, local: Locals) -> None:
        self.uses = uses
        self.block = block
        self.locals = local
        self.attributes = Attributes(uses)

    def emit(self, one: ir.Statement) -> list[ast.stmt]:
        match one:
            case ir.InitByType():
                return self._by_type(one)
            case ir.InitByName():
                return self._by_name(one)
            case ir.Tie():
                return self._tie(one)
            case ir.Freeze():
                return self._freeze(one)
        raise InternalError(f"no initialisation: {type(one).__name__}")

    # By type -----------------------------------------------------------------------

    def _by_type(self, one: ir.InitByType) -> list[ast.stmt]:
        module = name(self.locals.loop_name("module", "layer", "submodule"))
        branches: list[ast.stmt] = []
        for rule in reversed(one.rules):
            test: ast.expr = call("isinstance", module, _types(rule))
            if rule.condition is not None:
                test = both(test, rule.condition)
            body = self._leaves_by_type(rule, module) or [ast.Pass()]
            branches = [condition(test, body, branches)]
        over = method_call(SELF, "modules")
        return [loop(module, over, branches)] if branches else []

    def _leaves_by_type(self, rule: ir.TypeRule, module: ast.expr) -> list[ast.stmt]:
        found: list[ast.stmt] = []
        for leaf, initializer in rule.leaves:
            target = attribute(module, leaf)
            body = _apply(initializer, target)
            if self._may_be_none(rule, leaf):
                body = [condition(is_not_none(target), body)]
            found += body
        return found

    def _may_be_none(self, rule: ir.TypeRule, leaf: str) -> bool:
        for one in rule.types:
            layer = ".".join(path_of(one) or ("",))
            block = self.uses.program.block(layer)
            if block is not None:
                if "None" in self.attributes.of(block).get(leaf, []):
                    return True
            elif self.uses.may_lack(layer, leaf):
                return True
        return False

    # By name -----------------------------------------------------------------------

    def _by_name(self, one: ir.InitByName) -> list[ast.stmt]:
        if one.parameter is not None:
            initializer = one.parameter
            if not is_glob(one.pattern):
                return _apply(initializer, self.tensor(one.pattern))
            return self._over(
                "named_parameters",
                ("parameter", "weight", "tensor"),
                one.pattern,
                lambda parameter: _apply(initializer, parameter),
            )
        if not is_glob(one.pattern):
            return self._leaves(one, self.module(one.pattern))
        return self._over(
            "named_modules",
            ("module", "layer", "submodule"),
            one.pattern,
            lambda module: self._leaves(one, module),
        )

    def _leaves(self, one: ir.InitByName, module: ast.expr) -> list[ast.stmt]:
        found: list[ast.stmt] = []
        for leaf, initializer in one.leaves:
            getter = "get_buffer" if leaf.startswith("running_") else "get_parameter"
            body = _apply(initializer, method_call(module, getter, constant(leaf)))
            if leaf != "weight":
                body = [condition(is_not_none(attribute(module, leaf)), body)]
            found += body
        return found

    def _over(
        self,
        method: str,
        item_names: tuple[str, ...],
        pattern: Pattern,
        body: Callable[[ast.expr], list[ast.stmt]],
    ) -> list[ast.stmt]:
        """A loop over all that fit a glob."""
        key = name(self.locals.loop_name("name", "key", "path"))
        item = name(self.locals.loop_name(*item_names))
        test = matches(key, pattern)
        inside = body(item)
        if test is None:
            values = "modules" if method == "named_modules" else "parameters"
            return [loop(item, method_call(SELF, values), inside)]
        over = method_call(SELF, method)
        only = inside[0] if len(inside) == 1 else None
        if isinstance(only, ast.If):
            test, inside = both(test, only.test), only.body
        return [loop(tuple_of([key, item]), over, [condition(test, inside)])]

    # Tied and frozen ---------------------------------------------------------------

    def _tie(self, one: ir.Tie) -> list[ast.stmt]:
        source = self.tensor(one.source)
        owner, leaf = split(one.target)
        text = string(leaf)
        place = SELF if owner is None else self.module(owner)
        if text is None:
            return [statement(call("setattr", place, leaf, source))]
        return [assign(attribute(place, text), source)]

    def _freeze(self, one: ir.Freeze) -> list[ast.stmt]:
        if not is_glob(one.pattern):
            reached = (
                self.tensor(one.pattern)
                if self._names_tensor(one.pattern)
                else self.module(one.pattern)
            )
            return [statement(method_call(reached, "requires_grad_", constant(False)))]
        found: list[ast.stmt] = []
        modules, parameters = self._frozen_kinds(one.pattern)
        for wanted, method, names in (
            (modules, "named_modules", ("module", "layer", "submodule")),
            (parameters, "named_parameters", ("parameter", "weight", "tensor")),
        ):
            if wanted:
                found += self._over(method, names, one.pattern, _without_gradient)
        return found

    def _frozen_kinds(self, pattern: Pattern) -> tuple[bool, bool]:
        """Whether the glob can fit modules, and parameters. One that ends in a star
        fits all parameters of the modules it fits."""
        text = string(pattern)
        if text is None:
            return True, True
        if text.endswith("*"):
            return False, True
        last = text.rpartition(".")[2]
        if any(one in last for one in "*?["):
            return True, True
        is_tensor = self.attributes.is_parameter(self.block, f"x.{last}")
        return not is_tensor, is_tensor

    # Reaching one thing ------------------------------------------------------------

    def _names_tensor(self, path: Pattern) -> bool:
        text = string(path)
        if text is None:
            leaf = string(split(path)[1])
            return leaf in ("weight", "bias")
        return self.attributes.is_parameter(self.block, text)

    def tensor(self, path: Pattern) -> ast.expr:
        return self._reach(path, "get_parameter")

    def module(self, path: Pattern) -> ast.expr:
        return self._reach(path, "get_submodule")

    def _reach(self, path: Pattern, getter: str) -> ast.expr:
        """An attribute where a type checker can follow it, else by its dotted name."""
        text = string(path)
        direct = chain(SELF, path)
        typed = text is not None and self.attributes.is_typed(self.block, text)
        return direct if typed and direct else method_call(SELF, getter, path)


def _types(rule: ir.TypeRule) -> ast.expr:
    return rule.types[0] if len(rule.types) == 1 else tuple_of(rule.types)


def _apply(initializer: ir.Initializer, target: ast.expr) -> list[ast.stmt]:
    """The initialiser with the tensor in the place of `w`."""
    made = substitute(
        initializer.expression, lambda found: target if found == "w" else None
    )
    if initializer.in_place:
        return [statement(made)]
    copied = statement(method_call(target, "copy_", made))
    return [with_context(call("torch.no_grad"), [copied])]


def _without_gradient(item: ast.expr) -> list[ast.stmt]:
    return [statement(method_call(item, "requires_grad_", constant(False)))]
