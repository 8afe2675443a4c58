"""What the tests of `pysubset` share: fragments, a small world, and evaluation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from modelspec.diagnostics.diagnostic import Diagnostic, Report
from modelspec.diagnostics.span import Fragment, Source
from modelspec.policy import Limits
from modelspec.pysubset import (
    EvaluationError,
    Evaluator,
    FunctionValue,
    Scope,
    WorldError,
    parse_expression,
    parse_function,
)

LIMITS = Limits(seconds=30)


def fragment(text: str, before: str = "") -> Fragment:
    """A text as it stands in a file, after some other text."""
    return Fragment(text, Source("spec.yaml", before + text + "\n"), len(before))


class Layer:
    """An opaque value."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        self.args = args
        self.kwargs = kwargs


class SmallWorld:
    """Knows `nn.Linear`, `torch.float32`, and layers with a `width`."""

    known: Mapping[str, object] = {"nn.Linear": Layer, "torch.float32": Layer("f32")}

    def resolve(self, dotted: str) -> object | None:
        return self.known.get(dotted)

    def attribute(self, value: object, name: str) -> object:
        if isinstance(value, Layer) and name == "width":
            return 7
        raise WorldError("unknown-attribute", f"a layer has no attribute '{name}'")

    def call(
        self, function: object, args: list[object], kwargs: dict[str, object]
    ) -> object:
        if function is Layer:
            return Layer(*args, **kwargs)
        raise WorldError("not-callable", "a layer is not called here")

    def binary(self, operator: str, left: object, right: object) -> object:
        return operator

    def unary(self, operator: str, value: object) -> object:
        return operator

    def compare(self, operator: str, left: object, right: object) -> object:
        return left is right if operator == "==" else operator

    def subscript(self, value: object, index: object) -> object:
        return index

    def set_item(self, value: object, index: object, item: object) -> None:
        raise WorldError("unsupported-operand", "a layer has no items")

    def iterate(self, value: object) -> Iterator[object]:
        return iter(())

    def length(self, value: object) -> int:
        return 3

    def truth(self, value: object) -> bool:
        return True

    def is_instance(self, value: object, kind: object) -> bool:
        return isinstance(value, Layer) and kind is Layer

    def text(self, value: object) -> str:
        return "Layer"


def functions(evaluator: Evaluator, texts: tuple[str, ...]) -> dict[str, object]:
    """Spec functions that know each other."""
    known: dict[str, object] = {}
    for text in texts:
        report = Report()
        parsed = parse_function(fragment(text), report, LIMITS)
        assert parsed is not None, report.found
        source = fragment(text).source
        value: FunctionValue = evaluator.function(parsed.definition, source, known)
        known[value.name] = value
    return known


def evaluate(
    text: str, *texts: str, limits: Limits = LIMITS, **names: object
) -> object:
    """The value of an expression; a `Diagnostic` where it has none."""
    report = Report()
    one = fragment(text)
    node = parse_expression(one, report, LIMITS)
    if node is None:
        return report.found[0]
    evaluator = Evaluator(SmallWorld(), limits)
    known = functions(evaluator, texts)
    try:
        return evaluator.expression(node, one.source)(Scope(names, known))
    except EvaluationError as error:
        return error.diagnostic


def failure(text: str, *texts: str, **names: object) -> tuple[str, str]:
    """The code and the underlined text of what goes wrong."""
    found = evaluate(text, *texts, **names)
    assert isinstance(found, Diagnostic), found
    assert found.span is not None
    return found.code, found.span.text
