"""What YAML allows and a spec does not: one function a diagnostic."""

from __future__ import annotations

from modelspec.diagnostics.diagnostic import Label, Report
from modelspec.diagnostics.span import Span
from modelspec.diagnostics.suggest import suggest
from modelspec.syntax.nodes import ScalarNode

_TAG_ADVICE = {
    "!!str": 'Drop the tag and quote the text: "12".',
    "!!int": "Drop the tag and write the number without quotes.",
    "!!float": "Drop the tag and write the number with a point: 1.0.",
    "!!bool": "Drop the tag and write true or false.",
    "!!null": "Drop the tag and write null.",
    "!!python/tuple": "Write a list: [1, 2].",
    "!!set": "Write a list.",
    "!!omap": "Write a mapping; its order counts.",
}


def quoted(text: str) -> str:
    """A text of the spec in quotes, on one line and not too long."""
    return f"'{shortened(text)}'"


def shortened(text: str, longest: int = 60) -> str:
    flat = " ".join(text[: 4 * longest].split())
    whole = len(flat) <= longest and len(text) <= 4 * longest
    return flat if whole else flat[:longest] + "..."


def several_documents(report: Report, span: Span) -> None:
    report.error(
        "several-documents",
        "expected one document, but '---' starts a second one",
        span,
        help="Put each spec into its own file, and share blocks with 'imports'.",
    )


def directive(report: Report, span: Span) -> None:
    line = span.text.split("\n", 1)[0].strip()
    report.error(
        "yaml-directive",
        f"expected a spec, got the YAML directive {quoted(line)}",
        Span(span.source, span.start, span.start + max(len(line), 1)),
        help="Remove the line; '%YAML 1.2' is what is read anyway.",
    )


def tag(report: Report, span: Span) -> None:
    words = [word for word in span.text.split() if word.startswith("!")]
    name = words[0] if words else "!"
    start = span.start + max(span.text.find(name), 0)
    report.error(
        "yaml-tag",
        f"expected a value without a tag, got the tag {quoted(name)}",
        Span(span.source, start, start + len(name)),
        help=_TAG_ADVICE.get(
            name, "Remove the tag, or quote the value if it is text that starts with !."
        ),
    )


def merge_key(report: Report, span: Span) -> None:
    report.error(
        "merge-key",
        "merge keys ('<<') are not read",
        span,
        help=(
            "Write the entries out, or make what is shared a block with params.",
            "An alias may repeat a whole value: 'head: *classifier'.",
        ),
    )


def duplicate_key(report: Report, key: ScalarNode, labels: tuple[Label, ...]) -> None:
    report.error(
        "duplicate-key",
        f"the key {quoted(key.text)} stands twice in one mapping",
        key.span,
        help="Rename one of the two, or remove it.",
        labels=labels,
    )


def collection_key(report: Report, span: Span) -> None:
    report.error(
        "non-scalar-key",
        "expected a name as the key, got a list or a mapping",
        span,
        help="Quote the key if it is text that starts with a bracket.",
    )


def unknown_alias(report: Report, span: Span, anchors: tuple[str, ...]) -> None:
    name = span.text.removeprefix("*")
    near = suggest(name, anchors)
    report.error(
        "unknown-alias",
        f"no anchor '&{name}' stands above the alias '*{name}'",
        span,
        meant=f"*{near}" if near else None,
        help=f'Text that starts with * is quoted: "*{name}".',
    )


def recursive_alias(report: Report, span: Span) -> None:
    report.error(
        "recursive-alias",
        f"the alias {quoted(span.text)} stands inside what it repeats",
        span,
        help="Write the inner part out.",
    )


def too_deep(report: Report, span: Span, limit: int) -> None:
    report.error(
        "nesting-limit",
        f"expected at most {limit} levels of nesting, got more",
        span,
        help="Give inner parts a name of their own under 'blocks'.",
    )


def too_many_nodes(report: Report, span: Span, limit: int) -> None:
    report.error(
        "node-limit",
        f"expected at most {limit:,} nodes with aliases expanded, got more",
        span,
        help="Use a loop ('for i in range(n)') instead of repeating text.",
    )


def cut_call(report: Report, span: Span, in_flow: bool) -> None:
    where = "at its commas, inside [ ] or { }" if in_flow else "at its ': '"
    whole = " ".join(span.text.split())
    written = "'" + whole + "'" if '"' in whole else '"' + whole + '"'
    is_key = not in_flow and span.source.text.startswith(":", span.end)
    help = [f"Quote it: {written}{':' if is_key else '.'}"]
    if in_flow:
        help.append("Or write one entry a line, without the brackets.")
    report.error(
        "cut-by-yaml",
        f"{quoted(whole)} is cut by YAML {where}",
        span,
        help=tuple(help),
    )
