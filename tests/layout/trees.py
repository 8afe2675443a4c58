"""Random trees of the language's subset, the same for the same seed."""

from __future__ import annotations

import ast
import random
from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")

_NAMES = (
    "x",
    "y",
    "self",
    "batch",
    "hidden",
    "head_dim",
    "num_heads",
    "attention_mask",
    "relative_position_bias",
    "scaled_dot_product_attention",
)
_ATTRIBUTES = (
    "T",
    "view",
    "shape",
    "weight",
    "transpose",
    "in_channels",
    "num_features",
)
_STRINGS = (
    "",
    "mean",
    "it's",
    'a "quoted" word',
    "both ' and \"",
    "tab\tand\nnewline\rreturn",
    "back\\slash",
    "é ü 日本語",
    "\u200b\x00\x7f\ud800\xa0\u202e",
    "{braces}",
    "reflect padding that has a rather long explanation, longer than one would like",
)
_NUMBERS: tuple[complex, ...] = (0, 1, 2, 10, 224, 0.5, 1e-5, 1e-12, 1e20, 1.5, 3j)
_OPERATORS = (
    ast.Add,
    ast.Sub,
    ast.Mult,
    ast.MatMult,
    ast.Div,
    ast.FloorDiv,
    ast.Mod,
    ast.Pow,
    ast.BitAnd,
    ast.BitOr,
    ast.BitXor,
    ast.LShift,
    ast.RShift,
)
_COMPARISONS = (
    ast.Eq,
    ast.NotEq,
    ast.Lt,
    ast.GtE,
    ast.Is,
    ast.IsNot,
    ast.In,
    ast.NotIn,
)
_SIGNS = (ast.USub, ast.UAdd, ast.Invert, ast.Not)


class Trees:
    """Makes trees; the deeper, the simpler."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def _some(self, make: Callable[[], T], least: int, most: int) -> list[T]:
        return [make() for _ in range(self.random.randint(least, most))]

    def _chance(self, probability: float) -> bool:
        return self.random.random() < probability

    def expression(self, depth: int) -> ast.expr:
        """Any expression."""
        if depth <= 0 or self._chance(0.15):
            return self.leaf()
        makers: Sequence[Callable[[int], ast.expr]] = (
            self.attribute,
            self.attribute,
            self.call,
            self.call,
            self.call,
            self.subscript,
            self.binary,
            self.binary,
            self.boolean,
            self.comparison,
            self.sign,
            self.conditional,
            self.display,
            self.display,
            self.dictionary,
            self.comprehension,
            self.f_string,
        )
        return self.random.choice(makers)(depth - 1)

    def leaf(self) -> ast.expr:
        """A name or a literal."""
        kind = self.random.random()
        if kind < 0.6:
            return self.name()
        if kind < 0.8:
            return ast.Constant(self.random.choice(_NUMBERS))
        if kind < 0.9:
            return ast.Constant(self.random.choice(_STRINGS))
        return ast.Constant(self.random.choice((None, True, False, ...)))

    def name(self) -> ast.expr:
        """A name to read."""
        return ast.Name(self.random.choice(_NAMES), ast.Load())

    def attribute(self, depth: int) -> ast.expr:
        """`x.y`"""
        attribute = self.random.choice(_ATTRIBUTES)
        return ast.Attribute(self.expression(depth), attribute, ast.Load())

    def call(self, depth: int) -> ast.expr:
        """A call, most often of a name or a method."""
        callee = self.attribute(depth) if self._chance(0.7) else self.name()
        if self._chance(0.05):
            callee = self.expression(depth)
        args = self._some(lambda: self.expression(depth), 0, 3)
        if self._chance(0.1):
            args.append(ast.Starred(self.expression(depth), ast.Load()))
        keywords = [
            ast.keyword(name, self.expression(depth))
            for name in self.random.sample(_ATTRIBUTES, self.random.randint(0, 2))
        ]
        if self._chance(0.05):
            keywords.append(ast.keyword(None, self.expression(depth)))
        return ast.Call(callee, args, keywords)

    def subscript(self, depth: int) -> ast.expr:
        """`x[...]` with indices, slices or several of them."""
        value = self.expression(depth)
        if self._chance(0.4):
            index: ast.expr = ast.Tuple(
                self._some(lambda: self._index(depth), 1, 4), ast.Load()
            )
        else:
            index = self._index(depth)
        return ast.Subscript(value, index, ast.Load())

    def _index(self, depth: int) -> ast.expr:
        if self._chance(0.5):
            return self.expression(depth)
        parts = [self.expression(depth) if self._chance(0.5) else None for _ in "lu"]
        step = self.expression(depth) if self._chance(0.2) else None
        return ast.Slice(parts[0], parts[1], step)

    def binary(self, depth: int) -> ast.expr:
        """`x + y`"""
        operator = self.random.choice(_OPERATORS)()
        return ast.BinOp(self.expression(depth), operator, self.expression(depth))

    def boolean(self, depth: int) -> ast.expr:
        """`x and y`"""
        operator = self.random.choice((ast.And, ast.Or))()
        return ast.BoolOp(operator, self._some(lambda: self.expression(depth), 2, 3))

    def comparison(self, depth: int) -> ast.expr:
        """`x < y <= z`"""
        right = self._some(lambda: self.expression(depth), 1, 2)
        operators = [self.random.choice(_COMPARISONS)() for _ in right]
        return ast.Compare(self.expression(depth), list(operators), right)

    def sign(self, depth: int) -> ast.expr:
        """`-x`"""
        return ast.UnaryOp(self.random.choice(_SIGNS)(), self.expression(depth))

    def conditional(self, depth: int) -> ast.expr:
        """`x if y else z`"""
        parts = [self.expression(depth) for _ in range(3)]
        return ast.IfExp(*parts)

    def display(self, depth: int) -> ast.expr:
        """A list, tuple or set."""
        items = self._some(lambda: self.expression(depth), 0, 4)
        kind = self.random.random()
        if kind < 0.5:
            return ast.List(items, ast.Load())
        if kind < 0.9 or not items:
            return ast.Tuple(items, ast.Load())
        return ast.Set(items)

    def dictionary(self, depth: int) -> ast.expr:
        """A dict, now and then with another unpacked into it."""
        keys = self._some(
            lambda: self.leaf() if self._chance(0.9) else None,
            0,
            3,
        )
        return ast.Dict(list(keys), [self.expression(depth) for _ in keys])

    def comprehension(self, depth: int) -> ast.expr:
        """A comprehension or generator."""
        tests = self._some(lambda: self.expression(depth), 0, 1)
        clause = ast.comprehension(self.target(), self.expression(depth), tests, 0)
        element = self.expression(depth)
        kind = self.random.choice((ast.ListComp, ast.GeneratorExp, ast.SetComp))
        if self._chance(0.2):
            return ast.DictComp(self.leaf(), element, [clause])
        return kind(element, [clause])

    def f_string(self, depth: int) -> ast.expr:
        """An f-string that Python 3.10 can write."""
        parts: list[ast.expr] = []
        for _ in range(self.random.randint(1, 3)):
            text = self.random.choice(("expected ", "{it's} ", 'a "b" ', "\n"))
            parts += (ast.Constant(text), self._field(depth))
        return ast.JoinedStr(parts)

    def _field(self, depth: int) -> ast.expr:
        value = self.name()
        if self._chance(0.3):
            value = ast.Subscript(value, ast.Constant("key"), ast.Load())
        elif self._chance(0.3):
            value = ast.BinOp(self.name(), ast.Add(), self.name())
        conversion = self.random.choice((-1, -1, ord("r")))
        spec = None
        if self._chance(0.2):
            spec = ast.JoinedStr(
                [ast.Constant(">"), ast.FormattedValue(self.name(), -1)]
            )
        return ast.FormattedValue(value, conversion, spec)

    def target(self) -> ast.expr:
        """What a loop binds."""
        names = [
            ast.Name(name, ast.Store())
            for name in self.random.sample(_NAMES, self.random.randint(1, 2))
        ]
        return names[0] if len(names) == 1 else ast.Tuple(list(names), ast.Store())

    def assigned(self) -> ast.expr:
        """What a statement assigns to."""
        kind = self.random.random()
        if kind < 0.5:
            return self.target()
        value = self.name()
        if kind < 0.8:
            return ast.Attribute(value, self.random.choice(_ATTRIBUTES), ast.Store())
        return ast.Subscript(value, self._index(1), ast.Store())

    def statement(self, depth: int) -> ast.stmt:
        """Any statement of a function's body."""
        if depth <= 0 or self._chance(0.7):
            return self.simple()
        kind = self.random.choice((ast.If, ast.If, ast.For, ast.While, ast.With))
        body = self.body(depth - 1)
        orelse = self.body(depth - 1) if self._chance(0.4) else []
        if kind is ast.If:
            return ast.If(self.expression(2), body, orelse)
        if kind is ast.While:
            return ast.While(self.expression(2), body, orelse)
        if kind is ast.For:
            return ast.For(self.target(), self.expression(2), body, orelse)
        return ast.With(self._some(self._item, 1, 2), body)

    def body(self, depth: int) -> list[ast.stmt]:
        """A block."""
        return self._some(lambda: self.statement(depth), 1, 4)

    def _item(self) -> ast.withitem:
        names = ast.Name("ctx", ast.Store()) if self._chance(0.3) else None
        call = ast.Call(self.attribute(0), self._some(self.leaf, 0, 2), [])
        return ast.withitem(call, names)

    def simple(self) -> ast.stmt:
        """A statement of one logical line."""
        value = self.expression(self.random.randint(1, 4))
        kind = self.random.randrange(10)
        if kind < 4:
            return ast.Assign(self._some(self.assigned, 1, 1), value)
        if kind == 4:
            target = self.assigned()
            while not isinstance(target, (ast.Name, ast.Attribute, ast.Subscript)):
                target = self.assigned()
            return ast.AugAssign(target, self.random.choice(_OPERATORS)(), value)
        if kind == 5:
            return ast.Expr(ast.Call(self.name(), [value], []))
        if kind == 6:
            message = self.expression(2) if self._chance(0.5) else None
            return ast.Assert(value, message)
        if kind == 7:
            return ast.Raise(ast.Call(ast.Name("ValueError", ast.Load()), [value], []))
        return ast.Return(value if self._chance(0.9) else None)

    def function(self, name: str) -> ast.FunctionDef:
        """A function with parameters of every kind."""
        names = self.random.sample(_NAMES, self.random.randint(0, 6))
        positional = [self._parameter(each) for each in names]
        only = [
            self._parameter(f"{each}_") for each in names[: self.random.randint(0, 2)]
        ]
        arguments = ast.arguments(
            posonlyargs=[],
            args=positional,
            vararg=self._parameter("args") if self._chance(0.2) else None,
            kwonlyargs=only,
            kw_defaults=[self.leaf() if self._chance(0.6) else None for _ in only],
            kwarg=self._parameter("kwargs") if self._chance(0.2) else None,
            defaults=[
                self.leaf() for _ in range(self.random.randint(0, len(positional)))
            ],
        )
        returns = self._annotation() if self._chance(0.5) else None
        function = ast.FunctionDef(name, arguments, self.body(2), [], returns)
        if "type_params" in ast.FunctionDef._fields:  # from Python 3.12 on
            vars(function)["type_params"] = []
        return function

    def _parameter(self, name: str) -> ast.arg:
        return ast.arg(name, self._annotation() if self._chance(0.5) else None)

    def _annotation(self) -> ast.expr:
        name = ast.Name(self.random.choice(("int", "Tensor")), ast.Load())
        if self._chance(0.3):
            return ast.Subscript(
                ast.Name("tuple", ast.Load()),
                ast.Tuple([name, name], ast.Load()),
                ast.Load(),
            )
        if self._chance(0.3):
            return ast.BinOp(name, ast.BitOr(), ast.Constant(None))
        return name

    def module(self, count: int) -> ast.Module:
        """A file of functions."""
        functions = [self.function(f"f{index}") for index in range(count)]
        return ast.Module(list(functions), [])
