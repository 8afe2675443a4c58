"""Rename rules: what `*` takes, the order of rules, and what is refused."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelspec.checkpoint import RenameRule, read_rules, rename
from modelspec.diagnostics.diagnostic import SpecError

NAMES = st.lists(st.text("ab.*0", max_size=12), max_size=6, unique=True)
GLOBS = st.text("ab.*", min_size=1, max_size=6)


def renamed(rules: list[tuple[str, str]], *names: str) -> list[str]:
    return list(rename(names, read_rules(rules)).values())


def refusal(rules: list[tuple[str, str]], *names: str) -> str:
    with pytest.raises(SpecError) as caught:
        renamed(rules, *names)
    assert {one.code for one in caught.value.diagnostics} == {"wrong-rename"}
    return "\n".join(one.message for one in caught.value.diagnostics)


@pytest.mark.parametrize(
    ("left", "right", "name", "new"),
    [
        ("module.*", "*", "module.fc.weight", "fc.weight"),
        ("*", "model.*", "fc.weight", "model.fc.weight"),
        ("model.*.gamma", "*.weight", "model.a.b.gamma", "a.b.weight"),
        ("h.*.mlp.*", "layers.*.ffn.*", "h.0.mlp.up.bias", "layers.0.ffn.up.bias"),
        ("fc.weight", "head.weight", "fc.weight", "head.weight"),
        # `*` may take nothing, and the first takes as much as it can.
        ("fc*.weight", "head*.weight", "fc.weight", "head.weight"),
        ("*.a.*", "*.X.*", "0.a.1.a.2", "0.a.1.X.2"),
        ("*_*_*", "*|*|*", "a_b_c_d", "a_b|c|d"),
        # Nothing else is special.
        ("a.[0]?.*", "*", "a.[0]?.w", "w"),
    ],
)
def test_one_rule(left: str, right: str, name: str, new: str) -> None:
    assert renamed([(left, right)], name) == [new]


@pytest.mark.parametrize(
    ("left", "name"),
    [
        ("module.*", "my.module.fc"),  # whole names, not parts
        ("fc", "fc.weight"),
        ("a?.*", "ab.c"),
        ("ab*ba", "aba"),  # the ends do not overlap
        ("*.a.*.a.*", "0.a.0"),
    ],
)
def test_no_match(left: str, name: str) -> None:
    assert RenameRule(left, "").match(name) is None


def test_rules_are_applied_in_order_to_what_is_left() -> None:
    rules = [("module.*", "*"), ("*.gamma", "*.weight"), ("*.ids", ""), ("a.*", "b.*")]
    names = ("module.a.gamma", "module.ids.x", "b.ids", "a.c")
    assert renamed(rules, *names) == ["b.weight", "ids.x", "b.c"]


def test_names_that_meet() -> None:
    told = refusal([("a.*", "*"), ("b.*", "*")], "a.w", "b.w", "a.v", "b.v")
    assert told == "'a.w' and 'b.w' would both be renamed 'w'"
    # Also with one that no rule is about.
    assert "'w' and 'a.w'" in refusal([("a.*", "*")], "w", "a.w")


def test_names_may_pass_through_one_another() -> None:
    """Only where names end counts."""
    rules = [("a", "x"), ("b", "a"), ("x", "b")]
    assert rename(["a", "b"], read_rules(rules)) == {"a": "b", "b": "a"}


def test_rules_that_match_nothing() -> None:
    """All of them are told, with the names that there are."""
    with pytest.raises(SpecError) as caught:
        renamed([("a.*", "*"), ("x*", ""), ("b*", "*")], "a.0.w", "a.1.w", "b")
    (one,) = caught.value.diagnostics
    assert one.message == "the rename rule 'x*=' matches no name in the file"
    assert one.help == ("the names are\n{0,1}.w\nb",)
    # What one rule took away is not there for the next.
    assert "'a.*=*'" in refusal([("*.w", ""), ("a.*", "*")], "a.w", "b")


@pytest.mark.parametrize(
    ("left", "right", "told"),
    [
        ("", "x", "has nothing on its left"),
        ("a.*", "b", "has 1 '*' on its left and 0 on its right"),
        ("a", "b.*", "has 0 '*' on its left and 1 on its right"),
        ("*.*", "*", "has 2 '*' on its left and 1 on its right"),
    ],
)
def test_rules_that_mean_nothing(left: str, right: str, told: str) -> None:
    assert told in refusal([(left, right)], "a.b")


def test_long_names_take_no_longer_than_their_length() -> None:
    """Names come out of files of strangers; no search goes back and forth in them."""
    rule = RenameRule("*a*a*a*a*a*a*a*a*b", "")
    assert rule.match("a" * 100_000) is None
    taken = rule.match("a" * 100_000 + "b")
    assert taken is not None
    assert len(taken[0]) == 100_000 - 8


@given(GLOBS, st.text("ab.", max_size=12))
def test_matches_as_greedy_expressions_do(left: str, name: str) -> None:
    pattern = "(.*)".join(map(re.escape, left.split("*")))
    found = re.fullmatch(pattern, name)
    assert RenameRule(left, "").match(name) == (found and found.groups())


@given(GLOBS, NAMES)
def test_a_rule_of_equal_sides_changes_nothing(left: str, names: list[str]) -> None:
    rule = RenameRule(left, left)
    if any(rule.match(name) is not None for name in names):
        assert rename(names, [rule]) == {name: name for name in names}


@given(NAMES)
def test_a_prefix_put_on_and_taken_off(names: list[str]) -> None:
    rules = read_rules([("*", "module.*"), ("module.*", "*")] if names else [])
    assert rename(names, rules) == {name: name for name in names}
