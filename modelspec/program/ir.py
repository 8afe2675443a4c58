"""The Program: what a spec means, with all sugar gone.

Both back ends read this and nothing else. Order of registration, names and sharing
are settled here. Values are frozen; nothing holds Python text that was not parsed.

**Expressions** are `ast` nodes in *canonical* form: text that stands as it is in a
generated module whose imports are `import math`, `import torch`,
`import torch.nn.functional as F` and `from torch import nn`. So

- a layer of `torch.nn` is `nn.Linear`, whether the spec said `Linear`, `nn.Linear` or
  `torch.nn.Linear`; `nn.functional.relu` is `F.relu`; init functions are
  `nn.init.zeros_`; `nn.utils.parametrizations.weight_norm` is written out;
- built-in functions are Python's own or `math.ceil` and friends; two are neither:
  `partial` (of functools) and `linspace`, a function that back ends provide;
- a bare name is a local (param, var, `let`, loop name), else a block by its class
  name, a function, or a class of a Python module (`External`), else a Python built-in:
  Python's own rule of scope;
- a dict's key read as an attribute (`cfg.dim`) has become `cfg["dim"]`;
- a layer type where a module is expected has been called (`ReLU` is `nn.ReLU()`);
- `self` is the module under construction;
- `auto`, which nothing else may be called, is a size that `inference` puts a number or
  an expression in the place of. Back ends are given Programs without it.

Positions of nodes are those of the spec's file (`pysubset.span_of`).

Where a spec is wrong, its Program has *holes*: a `pysubset.Hole` stands for each
expression that was reported, a value of a hole for a module, `Splice` of a hole for
any number of children, a method of a hole for a text, a base of a hole for what is
extended. Passes say nothing about what touches one; back ends never see one.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import field
from typing import Literal, TypeAlias

from modelspec.diagnostics.span import Source, Span
from modelspec.program.literal import LayerCall
from modelspec.pysubset.body import Comment
from modelspec.records import dataclass, unguarded

BaseKind: TypeAlias = Literal[
    "Module", "Sequential", "ModuleList", "ModuleDict", "extends"
]


@dataclass(frozen=True, slots=True)
class TypeExpression:
    """The type of a param: `int`, `list[int]`, `int | None`, `layer`, ...

    `name` is a type's name, `union` for `A | B`; `dict[str, T]` has one argument, T;
    `tuple[A, ...]` has `variadic` set.
    """

    name: str
    arguments: tuple[TypeExpression, ...] = ()
    variadic: bool = False

    def __str__(self) -> str:
        inside = [str(argument) for argument in self.arguments]
        if self.name == "union":
            return " | ".join(inside)
        if self.name == "dict" and inside:
            inside.insert(0, "str")
        if self.variadic:
            inside.append("...")
        return f"{self.name}[{', '.join(inside)}]" if inside else self.name


@dataclass(frozen=True, slots=True, eq=False)
class Param:
    """A constructor argument. `default` is canonical; None means required."""

    name: str
    type: TypeExpression
    default: ast.expr | None
    span: Span
    doc: str | None = None
    minimum: float | int | None = None
    maximum: float | int | None = None
    choices: tuple[object, ...] = ()
    keyword_only: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Constant:
    """A class attribute."""

    name: str
    value: ast.expr
    span: Span


@unguarded(frozen=True, slots=True, eq=False)
class Value:
    """A module, a tensor or any other value, as an expression."""

    expression: ast.expr
    span: Span

    def with_expression(self, expression: ast.expr) -> Value:
        """Another value in the same place."""
        return Value(expression, self.span)


class Layer(Value):
    """A call of a layer of torch with literals alone, `nn.Linear(8, 9)`: most of any
    network.

    It is what its expression is. That is made when it is asked for: of a layer that is
    right, `call` is all that passes read.
    """

    __slots__ = ("_made", "_make", "call")

    def __init__(
        self, call: LayerCall, make: Callable[[], ast.expr], span: Span
    ) -> None:
        self.call = call
        self.span = span  # type: ignore[misc]  # as its class may
        self._make = make
        self._made: ast.expr | None = None

    @property
    def expression(self) -> ast.expr:
        if self._made is None:
            self._made = self._make()
        return self._made

    def __reduce__(self) -> tuple[type[Value], tuple[ast.expr, Span]]:
        return Value, (self.expression, self.span)


@dataclass(frozen=True, slots=True, eq=False)
class Container:
    """A container and its children, made in order.

    `callee` is `nn.Sequential`, `nn.ModuleList`, `nn.ModuleDict`, `nn.ParameterList`
    or `nn.ParameterDict`, not called; or, where `into` is set, a call of a block that
    takes its children as the argument `into`: a list of modules, or a dict when
    `named`. Children are `Child` statements (names given iff `named`), `Splice`,
    and control flow among them.
    """

    callee: ast.expr
    named: bool
    children: tuple[Statement, ...]
    span: Span
    into: str | None = None


ModuleValue: TypeAlias = "Value | Container"


@dataclass(frozen=True, slots=True, eq=False)
class Let:
    """`NAME = value` in the scope of the block. `is_var` if it stood under `vars`."""

    target: ast.expr
    value: ModuleValue
    span: Span
    is_var: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class For:
    target: ast.expr
    iterable: ast.expr
    body: tuple[Statement, ...]
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class If:
    """`elif` is an `If` alone in `orelse`."""

    test: ast.expr
    body: tuple[Statement, ...]
    orelse: tuple[Statement, ...]
    span: Span


@unguarded(frozen=True, slots=True, eq=False)
class Child:
    """Registers a module in the container or block whose body this stands in.

    `name` is a string constant, or an f-string for a computed name, or None for the
    next position of a list.
    """

    name: ast.Constant | ast.JoinedStr | None
    value: ModuleValue
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Splice:
    """Registers all modules of a list or dict value (`Sequential: ${blocks}`)."""

    value: ast.expr
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Replace:
    """Replaces a module inside what is inherited: `classifier.1: Linear(...)`."""

    path: ast.Constant | ast.JoinedStr
    value: ModuleValue
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class OwnParameter:
    """`register_parameter`: a Parameter is shared, a tensor becomes a new one.

    A value of None registers None. `requires_grad` None means as torch would.
    """

    name: ast.Constant | ast.JoinedStr
    value: ast.expr
    requires_grad: ast.expr | None
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class OwnBuffer:
    """`register_buffer`. `persistent` None means true."""

    name: ast.Constant | ast.JoinedStr
    value: ast.expr
    persistent: ast.expr | None
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class OwnAttribute:
    """A plain attribute: `self.NAME = value`."""

    name: ast.Constant | ast.JoinedStr
    value: ast.expr
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Keep:
    """`self.NAME = NAME`: a param or var that some method or block reads."""

    name: str
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Initializer:
    """What to do to one tensor, which the expression calls `w`.

    `in_place`: the expression is a call of an init function on `w`
    (`nn.init.normal_(w, std=0.02)`); else its value is copied into `w`. `key` is where
    the tensor is named, in a rule that names tensors of modules.
    """

    expression: ast.expr
    in_place: bool
    span: Span
    key: Span | None = None


@dataclass(frozen=True, slots=True, eq=False)
class TypeRule:
    """For modules of any of `types` (if `condition` holds): leaf name -> what to do.

    A leaf that is None on a module (`bias=False`) is left alone.
    """

    types: tuple[ast.expr, ...]
    condition: ast.expr | None
    leaves: tuple[tuple[str, Initializer], ...]
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class InitByType:
    """One pass over `self.modules()`; for each module the first rule that fits."""

    rules: tuple[TypeRule, ...]
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class InitByName:
    """All that match a glob, in the order of `named_parameters` or `named_modules`.

    With `leaves` the glob is over modules, with `parameter` over parameters. A
    pattern without `*?[` names exactly one.
    """

    pattern: ast.Constant | ast.JoinedStr
    span: Span
    parameter: Initializer | None = None
    leaves: tuple[tuple[str, Initializer], ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Tie:
    """`target` becomes the Parameter that `source` is; both are dotted names."""

    target: ast.Constant | ast.JoinedStr
    source: ast.Constant | ast.JoinedStr
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Freeze:
    """`requires_grad` false for all parameters and modules that match the glob."""

    pattern: ast.Constant | ast.JoinedStr
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class CallMethod:
    """Calls a method of the block without arguments (the `init:` text)."""

    name: str
    span: Span


Statement: TypeAlias = (
    "Let | For | If | Child | Splice | Replace | OwnParameter | OwnBuffer"
    " | OwnAttribute | Keep | InitByType | InitByName | Tie | Freeze | CallMethod"
)


@dataclass(frozen=True, slots=True, eq=False)
class Input:
    """What `forward` takes. A size is an int, a symbol's name, or an expression."""

    name: str
    span: Span
    shape: tuple[int | str | ast.expr, ...] | None = None
    dtype: str = "float32"
    optional: bool = False
    minimum: ast.expr | None = None
    maximum: ast.expr | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Method:
    """`forward`, a further method, or the `init:` text.

    `arguments` begins with `self`; `synthesized` marks the default `forward` that
    applies the children in order.
    """

    name: str
    arguments: ast.arguments
    statements: tuple[ast.stmt, ...]
    comments: tuple[Comment, ...]
    span: Span
    returns: ast.expr | None = None
    doc: str | None = None
    synthesized: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Base:
    """What the class derives from.

    For `extends`, `call` is the canonical call (`nn.LayerNorm(dim, eps=1e-6)`,
    `ResNet(num_classes)`), whose arguments initialise the base.
    """

    kind: BaseKind
    span: Span
    call: ast.Call | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """One class. `construct` is its `__init__`, after the base is initialised.

    Where `base.kind` is a container, `Child` and `Splice` at its top level register
    in the class itself, by position where the name is None.

    `unread` are words of keys that were reported, each of which may be a name that the
    block has: empty in every Program that is built.
    """

    name: str
    source: Source
    span: Span
    doc: str | None
    params: tuple[Param, ...]
    constants: tuple[Constant, ...]
    base: Base
    construct: tuple[Statement, ...]
    inputs: tuple[Input, ...]
    methods: tuple[Method, ...]
    unread: frozenset[str] = frozenset()

    def leading_vars(self) -> tuple[Statement, ...]:
        """Vars at the head of `construct`: computed before the base is initialised,
        whose arguments may read them."""
        found: list[Statement] = []
        for one in self.construct:
            if not isinstance(one, Let) or not one.is_var:
                break
            found.append(one)
        return tuple(found)

    def method(self, name: str) -> Method | None:
        return next((m for m in self.methods if m.name == name), None)


@dataclass(frozen=True, slots=True, eq=False)
class External:
    """A class of a Python module, which a spec takes as a layer type.

    Expressions call it `name`. Of what it is nothing is known before a back end imports
    it, which runs code: `within` are the modules that the caller allows, one of which
    must hold the module, and the one that defines the class.
    """

    name: str
    module: str
    attribute: str
    within: tuple[str, ...]
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Function:
    """A pure helper. `definition` has canonical names inside."""

    name: str
    source: Source
    definition: ast.FunctionDef
    comments: tuple[Comment, ...]
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Variant:
    """A named set of param values; each value is a canonical expression."""

    name: str
    values: tuple[tuple[str, ast.expr], ...]
    span: Span
    doc: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Budget:
    """What the built root may take at most: so many parameters, multiply-adds, or
    bytes. `text` is the limit as it is written. Back ends do not read it."""

    name: Literal["params", "macs", "weights", "activations"]
    limit: int
    text: str
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Glob:
    """A pattern over dotted names of modules: `layers.*`. It stands for the outermost
    modules that it fits, never for the root."""

    pattern: str
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Division:
    """How the modules of a glob are divided: a canonical call of a class of
    `torch.distributed.tensor.parallel`, literals and layouts its arguments."""

    modules: Glob
    style: ast.Call


@dataclass(frozen=True, slots=True, eq=False)
class Parallel:
    """How the built root is divided among processes.

    `plan` is for the dimension `tp` of a mesh, `fsdp` for `dp`: None where nothing is
    sharded, else what is sharded besides the root. `mixed_precision` is a canonical
    call of `MixedPrecisionPolicy`.
    """

    span: Span
    plan: tuple[Division, ...] = ()
    fsdp: tuple[Glob, ...] | None = None
    mixed_precision: ast.Call | None = None
    checkpointing: tuple[Glob, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Program:
    """A whole spec. Blocks stand before those that use them, the root last.

    `root` is None for a library of blocks. `sources` are the files read, the root's
    first. What nothing uses stands apart: it is no part of the meaning, but an editor
    wants to know it.
    """

    root: str | None
    blocks: tuple[Block, ...]
    functions: tuple[Function, ...]
    variants: tuple[Variant, ...]
    sources: tuple[Source, ...]
    unused_blocks: tuple[Block, ...] = ()
    unused_functions: tuple[Function, ...] = ()
    budget: tuple[Budget, ...] = ()
    parallel: Parallel | None = None
    externals: tuple[External, ...] = ()
    _by_name: dict[str, Block] = field(default_factory=dict, init=False, repr=False)

    def block(self, name: str) -> Block | None:
        if not self._by_name:
            self._by_name.update((one.name, one) for one in self.blocks)
        return self._by_name.get(name)

    def external(self, name: str) -> External | None:
        return next((one for one in self.externals if one.name == name), None)

    def is_class(self, name: str) -> bool:
        """Whether a bare name that no local hides is a block or an imported layer."""
        return self.block(name) is not None or self.external(name) is not None

    @property
    def root_block(self) -> Block | None:
        return None if self.root is None else self.block(self.root)
