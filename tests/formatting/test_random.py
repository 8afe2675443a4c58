"""Whatever style a spec is written in, it is laid out in one, and means the same."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modelspec.diagnostics.diagnostic import Report
from modelspec.diagnostics.span import Source
from modelspec.formatting import format_source
from modelspec.formatting.roles import assign_roles
from modelspec.formatting.tree import Collection, Node, Scalar, read_tree
from modelspec.policy import Limits
from tests.formatting.corpus import (
    comments,
    laid_out,
    program,
    short,
    source_of,
    specs_in,
    with_text,
)
from tests.formatting.restyle import Restyler

SPECS = [
    *(path for path in specs_in("examples") if path.parent.name != "lib"),
    *(path for path in specs_in("tests/cases") if path.name == "spec.yaml"),
]
SETTINGS = settings(
    max_examples=80,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
CHOICES = st.tuples(st.sampled_from(SPECS), st.integers(0, 2**32))
PIECES = (
    *("# c", "\n", "  ", ":", ": ", "- ", "'", '"', "|", ">", "&a ", "*a", "[", "]"),
    *("{", "}", ",", "\\", "${", "(", ")", "? ", "%", "@", "\t", "0", "---", "null"),
    *("if x", "else", "let z = 1", "lambda: 1", "\r\n", "\u2028", "\x07"),
)


def _tree(path: Path) -> Collection:
    tree = read_tree(source_of(path))
    assign_roles(tree)
    return tree


def _texts(node: Node) -> Iterator[str]:
    """The texts of several lines, in which comments of Python may stand."""
    if isinstance(node, Scalar) and node.style == "literal":
        yield node.text
    for part in node.parts if isinstance(node, Collection) else ():
        yield from _texts(part.value)


@SETTINGS
@given(CHOICES)
def test_any_style_keeps_its_meaning_and_its_comments(
    choice: tuple[Path, int],
) -> None:
    path, seed = choice
    original = source_of(path)
    restyler, tree = Restyler(random.Random(seed)), _tree(path)
    given_ = with_text(original, restyler.text(tree))
    assert program(given_) == program(original), f"{short(path)} was restyled wrongly"
    text = laid_out(given_)
    assert text is not None
    done = with_text(original, text)
    assert program(done) == program(original)
    assert laid_out(done) == text
    inside = sum((comments(one) for one in _texts(tree)), Counter[str]())
    assert comments(text) == Counter(restyler.comments) + inside


@SETTINGS
@given(CHOICES)
def test_blanks_make_no_difference(choice: tuple[Path, int]) -> None:
    """Indentation, blanks at ends and around Python: one style comes of any of them."""
    path, seed = choice
    original, tree, chance = source_of(path), _tree(path), random.Random(seed)
    texts = [Restyler(chance, layout_only=True).text(tree) for _ in range(2)]
    one, other = (laid_out(with_text(original, text)) for text in texts)
    assert one == other


@SETTINGS
@given(CHOICES)
def test_nothing_that_somebody_writes_is_a_bug_of_ours(
    choice: tuple[Path, int],
) -> None:
    """A few characters put in, taken out or swapped: laid out, or diagnostics."""
    path, seed = choice
    text, chance = source_of(path).text, random.Random(seed)
    for _ in range(chance.randint(1, 4)):
        text = _edited(text, chance)
    report = Report()
    done = format_source(Source("net.yaml", text), Limits(), report)
    assert (done is None) == report.failed


def _edited(text: str, chance: random.Random) -> str:
    at = chance.randrange(len(text))
    if chance.random() < 0.3:
        return text[:at] + text[at + chance.randint(1, 5) :]
    if chance.random() < 0.3:
        lines = text.split("\n")
        number = chance.randrange(len(lines))
        lines[number] = " " * chance.randint(0, 8) + lines[number].lstrip()
        return "\n".join(lines)
    return text[:at] + chance.choice(PIECES) + text[at:]
