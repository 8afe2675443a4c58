"""The frame of a spec is checked twice over: by a table, and by pydantic's models."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from modelspec.diagnostics.diagnostic import Report
from modelspec.diagnostics.span import Source, Span
from modelspec.spec.frame import FRAMES, fit_frame, keys_of
from modelspec.spec.models import entries_of, model_of
from modelspec.spec.validate import validate_mapping
from modelspec.syntax.nodes import (
    Entry,
    MappingNode,
    Node,
    ScalarNode,
    SequenceNode,
)

SOURCE = Source("a.yaml", "a")
SPAN = Span(SOURCE, 0, 1)
NODES: list[Node] = [
    *(
        ScalarNode(str(value), value, "plain", SOURCE, 0, 1)
        for value in ("text", "", True, False, 3, 0, 2.5, None)
    ),
    MappingNode((), SPAN),
    SequenceNode((), SPAN),
]


def _mapping(keys: dict[str, Node]) -> MappingNode:
    return MappingNode(
        tuple(
            Entry(ScalarNode(key, key, "plain", SOURCE, 0, 1), node)
            for key, node in keys.items()
        ),
        SPAN,
    )


@pytest.mark.parametrize("frame", FRAMES, ids=lambda frame: frame.__name__)
def test_each_kind_under_each_key(frame: type) -> None:
    """Every kind of node under every key, the keys that are required beside it."""
    text = NODES[0]
    required = {name: text for name, key in keys_of(frame).items() if key.required}
    assert fit_frame(frame, _mapping(required)) is not None
    for name in [*keys_of(frame), "unknown"]:
        for node in NODES:
            _agree(frame, {**required, name: node})


@given(
    st.sampled_from(FRAMES).flatmap(
        lambda frame: st.tuples(
            st.just(frame),
            st.dictionaries(
                st.sampled_from([*keys_of(frame), "modules", "Value", "unknown"]),
                st.sampled_from(NODES),
                max_size=5,
            ),
        )
    )
)
def test_table_and_models_agree(case: tuple[type, dict[str, Node]]) -> None:
    """What fits is what pydantic takes, with the same nodes; the rest is reported."""
    _agree(*case)


def _agree(frame: type, keys: dict[str, Node]) -> None:
    node, report = _mapping(keys), Report()
    fitting = validate_mapping(frame, node, "a thing", report)
    assert (fitting is None) == bool(report.found)
    try:
        model = model_of(frame).model_validate(entries_of(node))
    except ValidationError:
        assert fitting is None
    else:
        assert fitting is not None
        assert all(
            getattr(fitting, name) is getattr(model, name) for name in keys_of(frame)
        )


def test_pydantic_is_for_wrong_specs_only() -> None:
    """A right spec is checked without pydantic, a wrong one with it."""

    def imports(spec: str) -> bool:
        code = (
            "import sys, modelspec\n"
            f"modelspec.check({spec!r})\n"
            "print('pydantic' in sys.modules)\n"
        )
        command = [sys.executable, "-c", code]
        ran = subprocess.run(command, capture_output=True, text=True, check=True)
        return ran.stdout == "True\n"

    good = "modelspec: 1\nname: Net\nSequential: [ReLU]\n"
    assert not imports(good)
    assert imports(good + "sequential: []\n")
