"""Rules of initialisation, tied and frozen parameters, as statements.

Comes in: `InitByType`, `InitByName`, `Tie`, `Freeze`. Goes out: loops over
`self.modules()` and `self.named_parameters()`, or direct assignments, that touch the
same tensors in the same order.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import TypeAlias

from modelspec.backends.python.attributes import Attributes
from modelspec.backends.python.made import has_tensor
from modelspec.backends.python.nodes import (
    assign,
    attribute,
    both,
    call,
    condition,
    constant,
    dotted,
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
from modelspec.backends.python.paths import Paths
from modelspec.backends.python.patterns import (
    Pattern,
    all_below,
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

Case: TypeAlias = "tuple[list[ast.expr], ast.expr | None, list[ast.stmt]]"
"""Types, a condition, what is done."""


class Initialization:
    def __init__(self, uses: Uses, block: ir.Block, local: Locals) -> None:
        self.uses = uses
        self.block = block
        self.locals = local
        self.attributes = Attributes(uses)
        self.paths = Paths(self.attributes, block)

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
        for types, only_if, body in reversed(self._cases(one, module)):
            of = types[0] if len(types) == 1 else tuple_of(types)
            test: ast.expr = call("isinstance", module, of)
            if only_if is not None:
                test = both(test, only_if)
            branches = [_branch(test, body, branches)]
        over = method_call(SELF, "modules")
        return [loop(module, over, branches)] if branches else []

    def _cases(self, one: ir.InitByType, module: ast.expr) -> list[Case]:
        """The rules; neighbours that say the same are one."""
        found: list[Case] = []
        for rule in one.rules:
            types = list(rule.types)
            body = self._leaves_by_type(rule, module) or [ast.Pass()]
            if found and _say_the_same(found[-1], rule.condition, body):
                types = [*found.pop()[0], *types]
            found.append((types, rule.condition, body))
        return found

    def _leaves_by_type(self, rule: ir.TypeRule, module: ast.expr) -> list[ast.stmt]:
        found: list[ast.stmt] = []
        for leaf, initializer in rule.leaves:
            target = attribute(module, leaf)
            body = _apply(initializer, target)
            if self._may_be_none(rule, leaf):
                body = [condition(is_not_none(target), body)]
            found += body
        return joined_contexts(found)

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
        layer = self._layer_of(one)
        path = string(one.pattern)
        found: list[ast.stmt] = []
        for leaf, initializer in one.leaves:
            if path is not None and self._has(path, leaf):
                tensor = self.tensor(ast.Constant(f"{path}.{leaf}"))
                found += _apply(initializer, tensor)
                continue
            tensor = attribute(module, leaf)
            body = _apply(initializer, tensor)
            test = self._tensor_test(layer, leaf, tensor)
            found += body if test is None else [condition(test, body)]
        return joined_contexts(found)

    def _has(self, path: str, leaf: str) -> bool:
        if is_glob(ast.Constant(path)):
            return False
        return has_tensor(self.uses.program, self.block, path, leaf)

    def _tensor_test(
        self, layer: str | None, leaf: str, tensor: ast.expr
    ) -> ast.expr | None:
        """Whether a module has this tensor, where that is not certain."""
        block = self.attributes.block_of(layer) if layer is not None else None
        if block is not None and self.attributes.is_typed(block, leaf):
            return None
        if layer is None or block is not None or leaf not in ("weight", "bias"):
            # Who knows what it is: a parameter, a buffer or, left out, None.
            return call("isinstance", tensor, dotted("torch.Tensor"))
        certain = leaf == "weight" and not self.uses.may_lack(layer, leaf)
        return None if certain else is_not_none(tensor)

    def _layer_of(self, one: ir.InitByName) -> str | None:
        """The class of what a rule for one module names, if a checker knows."""
        text = string(one.pattern)
        if text is None or is_glob(one.pattern) or chain(SELF, one.pattern) is None:
            return None
        layer = self.attributes.layer_at(self.block, text)
        if layer is None or self.attributes.block_of(layer) is not None:
            return layer
        typed = self.attributes.is_typed(self.block, f"{text}.weight")
        return layer if typed else None

    def _over(
        self,
        method: str,
        item_names: tuple[str, ...],
        pattern: Pattern,
        body: Callable[[ast.expr], list[ast.stmt]],
        *,
        every_name: bool = False,
    ) -> list[ast.stmt]:
        """A loop over all that fit a glob; what is shared has several names."""
        key = name(self.locals.loop_name("name", "key", "path"))
        item = name(self.locals.loop_name(*item_names))
        test = matches(key, pattern)
        inside = body(item)
        if test is None:
            values = "modules" if method == "named_modules" else "parameters"
            return [loop(item, method_call(SELF, values), inside)]
        over = self._named(method, every_name=every_name)
        only = inside[0] if len(inside) == 1 else None
        if isinstance(only, ast.If):
            test, inside = both(test, only.test), only.body
        return [loop(tuple_of([key, item]), over, [condition(test, inside)])]

    def _named(self, method: str, *, every_name: bool) -> ast.Call:
        if not every_name:
            return method_call(SELF, method)
        return call(attribute(SELF, method), remove_duplicate=constant(False))

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
        below = all_below(one.pattern)
        if below is not None:
            return _without_gradient(self.module(below))
        if is_glob(one.pattern):
            return self._freeze_all(one.pattern)
        match self.paths.meaning(one.pattern):
            case "parameter":
                reached = self.tensor(one.pattern)
            case "module":
                reached = self.module(one.pattern)
            case _:
                return self._freeze_either(one.pattern)
        return _without_gradient(reached)

    def _freeze_all(self, pattern: Pattern) -> list[ast.stmt]:
        modules, parameters = self._frozen_kinds(pattern)
        found: list[ast.stmt] = []
        for wanted, method, names in (
            (modules, "named_modules", ("module", "layer", "submodule")),
            (parameters, "named_parameters", ("parameter", "weight", "tensor")),
        ):
            if wanted:
                shared = self.uses.has_sharing
                found += self._over(
                    method, names, pattern, _without_gradient, every_name=shared
                )
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
        meaning = self.paths.meaning(ast.Constant(f"_.{last}"))
        return meaning != "parameter", meaning != "module"

    def _freeze_either(self, path: Pattern) -> list[ast.stmt]:
        """What bears the name, or stands below a module that does."""
        key = name(self.locals.loop_name("name", "key", "path"))
        item = name(self.locals.loop_name("parameter", "weight", "tensor"))
        dotted_key = ast.JoinedStr([_formatted(key), ast.Constant(".")])
        parts = path.values if isinstance(path, ast.JoinedStr) else [path]
        dotted_path = ast.JoinedStr([*parts, ast.Constant(".")])
        test = method_call(dotted_key, "startswith", dotted_path)
        over = self._named("named_parameters", every_name=self.uses.has_sharing)
        inside = condition(test, _without_gradient(item))
        return [loop(tuple_of([key, item]), over, [inside])]

    # Reaching one thing ------------------------------------------------------------

    def tensor(self, path: Pattern) -> ast.expr:
        """An attribute where a type checker can follow it, else by its dotted name."""
        text = string(path)
        direct = chain(SELF, path)
        typed = text is not None and self.attributes.is_typed(self.block, text)
        return direct if typed and direct else method_call(SELF, "get_parameter", path)

    def module(self, path: Pattern) -> ast.expr:
        direct = self.paths.chain(path)
        return direct or method_call(SELF, "get_submodule", path)


def _branch(test: ast.expr, body: list[ast.stmt], others: list[ast.stmt]) -> ast.stmt:
    """A condition alone in the last branch is part of its test; in one before, a module
    without the leaf would go on to rules that are not for it."""
    only = body[0] if len(body) == 1 else None
    if isinstance(only, ast.If) and not others:
        return condition(both(test, only.test), only.body)
    return condition(test, body, others)


def _say_the_same(case: Case, condition: ast.expr | None, body: list[ast.stmt]) -> bool:
    if case[1] is not None or condition is not None:
        return False
    return list(map(ast.dump, case[2])) == list(map(ast.dump, body))


def _apply(initializer: ir.Initializer, target: ast.expr) -> list[ast.stmt]:
    """The initialiser with the tensor in the place of `w`."""
    made = substitute(
        initializer.expression, lambda found: target if found == "w" else None
    )
    if initializer.in_place:
        return [statement(made)]
    copied = statement(method_call(target, "copy_", made))
    return [with_context(call("torch.no_grad"), [copied])]


def _formatted(value: ast.expr) -> ast.FormattedValue:
    return ast.FormattedValue(value, -1)


def joined_contexts(body: list[ast.stmt]) -> list[ast.stmt]:
    """Rules that copy values one after another, under one `torch.no_grad()`."""
    found: list[ast.stmt] = []
    for one in body:
        last = found[-1] if found else None
        if isinstance(one, ast.With) and isinstance(last, ast.With):
            context = last.items[0].context_expr
            found[-1] = with_context(context, [*last.body, *one.body])
        else:
            found.append(one)
    return found


def _without_gradient(item: ast.expr) -> list[ast.stmt]:
    return [statement(method_call(item, "requires_grad_", constant(False)))]
