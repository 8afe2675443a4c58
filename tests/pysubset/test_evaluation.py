"""What evaluation says of wrong values, and that nothing escapes its bounds."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings

from modelspec.diagnostics.diagnostic import Diagnostic, Report
from modelspec.policy import Limits
from modelspec.pysubset import (
    BUILTINS,
    Evaluator,
    ForControl,
    Scope,
    canonical_builtin,
    parse_control,
    parse_expression,
)
from modelspec.pysubset.builtin import MATH, NAMES
from tests.pysubset.test_agreement import EXPRESSIONS, fresh
from tests.pysubset.world import (
    LIMITS,
    Layer,
    SmallWorld,
    evaluate,
    failure,
    fragment,
)


@pytest.mark.parametrize(
    ("text", "code", "underlined"),
    [
        ("1 + 3 / 0", "division-by-zero", "3 / 0"),
        ("[1, 2][7]", "index-out-of-range", "7"),
        ("{'ab': 1}['ac']", "unknown-key", "'ac'"),
        ("{'dim': 1}.dimm", "unknown-key", "dimm"),
        ("[i for i in 3]", "not-iterable", "3"),
        ("2 * (1 + 'a')", "unsupported-operand", "1 + 'a'"),
        ("[] < {}", "unsupported-operand", "[] < {}"),
        ("min(1, 'a')", "unsupported-operand", "min(1, 'a')"),
        ("None()", "not-callable", "None"),
        ("len(5)", "wrong-argument", "len(5)"),
        ("f(max2)", "undefined-name", "f"),
        ("max(max2, 1)", "undefined-name", "max2"),
        ("nn.Linera(3)", "undefined-name", "Linera"),
        ("math.foo", "undefined-name", "foo"),
        ("max([], kex=1)", "unexpected-argument", "kex"),
        ("{[]: 1}", "unhashable", "[]"),
        ("[a for a, b in [(1, 2, 3)]]", "unpack-mismatch", "a, b"),
        ("(-8) ** 0.5", "number-out-of-range", "(-8) ** 0.5"),
        ("10.0 ** 400", "number-out-of-range", "10.0 ** 400"),
        ("math.sqrt(-1)", "number-out-of-range", "math.sqrt(-1)"),
        ("int('x')", "invalid-value", "int('x')"),
        ("f'{1:q}'", "invalid-format", "1"),
        ("'{0.__class__}'.format(1)", "invalid-format", "'{0.__class__}'.format(1)"),
        ("'{0[0]}'.format([1])", "invalid-format", "'{0[0]}'.format([1])"),
        ("'%*d' % (9, 1)", "invalid-format", "'%*d' % (9, 1)"),
        ("(3).real", "unknown-attribute", "real"),
        ("int.from_bytes('a')", "unknown-attribute", "from_bytes"),
        ("nn.Linear(3).heigth", "unknown-attribute", "heigth"),
        ("{**3}", "wrong-argument", "{**3}"),
        ("dict(**{1: 2})", "wrong-argument", "{1: 2}"),
    ],
)
def test_the_smallest_wrong_part_is_underlined(
    text: str, code: str, underlined: str
) -> None:
    assert failure(text) == (code, underlined)


def test_notes_say_what_is_there() -> None:
    beyond = evaluate("[1, 2][7]")
    near = evaluate("{'dim': 1, 'heads': 2}['head']")
    assert isinstance(beyond, Diagnostic)
    assert isinstance(near, Diagnostic)
    assert beyond.note == "it has 2 items"
    assert near.note == "did you mean 'heads'?"


FAULTY = """def check(n):
    assert n > 1, f"n is {n}"
    if n == 2:
        raise ValueError(f"bad {n}")
    return later
    later = 1
"""


def test_a_functions_errors_are_in_the_function() -> None:
    assert failure("check(1)", FAULTY) == ("assertion-failed", "n > 1")
    assert failure("check(2)", FAULTY)[0] == "raised"
    assert failure("check(3)", FAULTY) == ("undefined-name", "later")
    assert failure("check()", FAULTY) == ("missing-argument", "check()")
    assert failure("check(m=1)", FAULTY) == ("unexpected-argument", "m")
    raised = evaluate("check(2)", FAULTY)
    assert isinstance(raised, Diagnostic)
    assert raised.message == "bad 2"
    assert [one.span.text for one in raised.labels] == ["check(2)"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("[nn.Linear(i).width for i in range(2)]", [7, 7]),
        ("isinstance(nn.Linear(1), (int, nn.Linear))", True),
        ("isinstance(nn.Linear(1), list)", False),
        ("{'a': nn.Linear}['a'](3).args", None),
        ("partial(nn.Linear, 1, bias=False)(2).width", 7),
        ("str([nn.Linear(1)])", "[Layer]"),
        ("nn.Linear(1) + 1", "+"),
        ("-nn.Linear(1)", "-"),
        ("nn.Linear(1)[2]", 2),
        ("len(nn.Linear(1))", 3),
        ("torch.float32.width", 7),
    ],
)
def test_opaque_values_go_through_the_world(text: str, value: object) -> None:
    found = evaluate(text)
    if value is None:
        assert isinstance(found, Diagnostic)
    else:
        assert found == value


def test_arguments_reach_the_world_fresh() -> None:
    one = fragment("nn.Linear(8, 8, bias=False)")
    node = parse_expression(one, Report(), LIMITS)
    assert node is not None
    make = Evaluator(SmallWorld(), LIMITS).expression(node, one.source)
    first, second = make(Scope({}, {})), make(Scope({}, {}))
    assert isinstance(first, Layer)
    assert isinstance(second, Layer)
    assert first.args == second.args == (8, 8)
    assert first.kwargs == second.kwargs == {"bias": False}
    assert first.kwargs is not second.kwargs


def test_targets_are_assigned_to() -> None:
    one = fragment("for i, (a, *b) in xs")
    control = parse_control(one, Report(), LIMITS)
    assert isinstance(control, ForControl)
    scope, evaluator = Scope({}, {}), Evaluator(SmallWorld(), LIMITS)
    evaluator.assign(control.target, one.source)(scope, (1, (2, 3)))
    assert scope.locals == {"i": 1, "a": 2, "b": [3]}


def test_every_builtin_has_its_canonical_name() -> None:
    assert canonical_builtin("ceil") == "math.ceil"
    assert canonical_builtin("max") == "max"
    for name in BUILTINS:
        canonical = canonical_builtin(name)
        assert canonical in NAMES or canonical.removeprefix("math.") in MATH


BOMBS = [
    "math.factorial(10**8)",
    "math.perm(10**15, 10**8)",
    "math.comb(10**15, 10**8)",
    "math.lcm(*range(1, 10**5))",
    "9**9**9",
    "10**100",
    "1 << 10**9",
    "'a' * 10**9",
    "[0] * 10**9",
    "f'{1:>1000000000}'",
    "f'{1.5:.900000000f}'",
    "'%1000000000d' % 1",
    "'%(a)1000000000d' % {'a': 1}",
    "'{:>1000000000}'.format(1)",
    "'{:{}}'.format(1, 10**9)",
    "sum(range(10**12))",
    "list(range(10**12))",
    "[i for i in range(10**12)]",
    "[[0] * 1000000 for i in range(1000)]",
    "['a' * 1000000 + str(i) for i in range(10**6)]",
    "'a'.replace('', 'b' * 10**6).replace('b', 'c' * 10**6)",
    "('b' * 10**6).join(['b'] * 1000)",
    "int('9' * 1000)",
    "set(range(10**9))",
    "all(True for i in range(10**9) for j in range(10**9))",
    "f(0)",
    "grow(1)",
    "twice(1)",
    "hashed(1)",
    "nested(1)",
    "cycle(1)",
    "zips(1)",
    "forever(1)",
    "nn.Linear(range(10**12))",
    "nn.Linear(*range(10**12))",
]
BOMB_FUNCTIONS = (
    "def f(n):\n    return f(n + 1)",
    "def grow(n):\n    while True:\n        n = [n, n]",
    (
        "def twice(n):\n    for i in range(60):\n        n = (n, n)\n"
        "    return n == (n[0], n[1])"
    ),
    "def hashed(n):\n    for i in range(60):\n        n = (n, n)\n    return {n}",
    "def nested(n):\n    for i in range(10**5):\n        n = [n]\n    return str(n)",
    "def cycle(n):\n    a = []\n    a.append(a)\n    return a == [a]",
    (
        "def zips(n):\n    x = [1]\n    for i in range(10**4):\n"
        "        x = zip(x)\n    return [*x]"
    ),
    "def forever(n):\n    while True:\n        pass",
)


@pytest.mark.parametrize("text", BOMBS)
def test_bombs_are_refused_in_time(text: str) -> None:
    began = time.monotonic()
    found = evaluate(text, *BOMB_FUNCTIONS, limits=Limits(steps=10**6, seconds=5))
    assert isinstance(found, Diagnostic), found
    assert found.code == "limit-exceeded"
    assert time.monotonic() - began < 8


def test_time_is_bounded() -> None:
    limits = Limits(steps=10**12, seconds=0.2)
    found = evaluate("forever(1)", *BOMB_FUNCTIONS, limits=limits)
    assert isinstance(found, Diagnostic)
    assert "seconds" in found.message


@settings(max_examples=300, deadline=None)
@given(EXPRESSIONS)
def test_only_diagnostics_come_out(text: str) -> None:
    small = Limits(steps=300, items=20, string_characters=30, integer_bits=16)
    evaluate(text, limits=small, **fresh(), layer=Layer())
