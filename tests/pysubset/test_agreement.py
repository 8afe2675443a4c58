"""Evaluation agrees with Python's own, on random expressions and functions."""

from __future__ import annotations

import functools
import math
import re
import warnings
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelspec.diagnostics.diagnostic import Diagnostic
from modelspec.pysubset.builtin import MATH, linspace
from tests.pysubset.world import evaluate

NAMES: dict[str, Any] = {
    "a": 3,
    "b": -2,
    "x": 0.5,
    "s": "ab",
    "xs": [3, 1, 2],
    "t": (1, "b", None),
    "d": {"k": 1, "m": [4]},
}
ATOMS = [
    *NAMES,
    *["0", "1", "2", "7", "1.5", "1e3", "'q'", "''", "True", "False", "None"],
    *["[]", "{}", "()", "[1, 2]", "{'k': 2}", "(1,)", "{1, 2}", "range(4)", "'%s-%d'"],
    *["math.pi", "math.inf"],
]
BINARY = "+ - * / // % ** << >> & | ^ @ == != < <= > >= in and or".split()
CALLS = (
    "abs all any bool dict enumerate float int len list max min range reversed round"
    " set sorted str sum tuple zip math.ceil math.floor math.sqrt math.log2 math.exp"
).split()
METHODS = (
    "append extend insert pop count index items keys values get join split"
    " startswith endswith format lower upper replace strip"
).split()


def shapes(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """One more layer of syntax around what there is."""

    def shape(template: str, *parts: object) -> st.SearchStrategy[str]:
        strategies = [
            part if isinstance(part, st.SearchStrategy) else inner for part in parts
        ]
        return st.tuples(*strategies).map(lambda found: template.format(*found))

    binary, calls = st.sampled_from(BINARY), st.sampled_from(CALLS)
    methods = st.sampled_from(METHODS)
    return st.one_of(
        shape("({} {} {})", inner, binary, inner),
        shape("({} {} {} {} {})", inner, st.sampled_from(["<", "=="]), 0, binary, 0),
        shape("({}{})", st.sampled_from(["-", "+", "~", "not "]), inner),
        shape("({} is not None)", 0),
        shape("({} if {} else {})", 0, 0, 0),
        shape("{}({})", calls, inner),
        shape("{}({}, {})", calls, 0, 0),
        shape("{}(*{})", calls, 0),
        shape("{}[{}]", 0, 0),
        shape("{}[{}:{}]", 0, 0, 0),
        shape("{}.{}({})", 0, methods, 0),
        shape("{}.{}()", 0, methods),
        shape("[{}, {}]", 0, 0),
        shape("[*{}, {}]", 0, 0),
        shape("({}, {})", 0, 0),
        shape("{{{}, {}}}", 0, 0),
        shape("{{{}: {}, **{}}}", 0, 0, 0),
        shape("[{} for a in {}]", 0, 0),
        shape("[{} for a in {} if {} for b in {}]", 0, 0, 0, 0),
        shape("{{{} for a in {}}}", 0, 0),
        shape("{{{}: {} for a, b in {}}}", 0, 0, 0),
        shape("sum({} for a in {})", 0, 0),
        shape("sorted({}, key=len)", 0),
        shape("max({}, key=abs, default={})", 0, 0),
        shape("dict(k={}, **{})", 0, 0),
        shape("partial(max, {})({})", 0, 0),
        shape("linspace({}, {}, {})", *[st.sampled_from(["3", ".5", "5", "0"])] * 3),
        shape("str(f'{{{}}}')", st.sampled_from(list(NAMES))),
        shape("f'a{{a}}{{x:{}}}{{xs!r}}'", st.sampled_from([".2f", ">8", "e", "q"])),
        shape("f'{{s:{}}}'", st.sampled_from([">5", "^7", "*<6", ".1", "d", "05"])),
        shape("isinstance({}, ({}))", 0, st.sampled_from(["int", "str, list", "7"])),
    )


EXPRESSIONS = st.recursive(st.sampled_from(ATOMS), shapes, max_leaves=8)


def fresh() -> dict[str, Any]:
    return {**NAMES, "xs": [3, 1, 2], "d": {"k": 1, "m": [4]}}


def settled(value: object) -> object:
    """Iterators by what they yield, everything with its types."""
    if hasattr(value, "__next__"):
        return [settled(one) for one in value]  # type: ignore[attr-defined]
    if type(value) in (list, tuple):
        return type(value), [settled(one) for one in value]  # type: ignore[attr-defined]
    if type(value) is dict:
        return [(settled(key), settled(one)) for key, one in value.items()]
    return type(value), re.sub("0x[0-9a-f]+", "", repr(value))


def python(text: str) -> tuple[bool, object]:
    scope: dict[str, Any] = {
        "math": math,
        "partial": functools.partial,
        "linspace": linspace,
    }
    scope.update(fresh())
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return True, settled(eval(text, scope))
    except Exception as error:
        return False, error


def agree(text: str) -> None:
    ours = evaluate(text, **fresh())
    if isinstance(ours, Diagnostic):
        if ours.code in ("limit-exceeded", "unknown-attribute"):
            return  # less than Python has
        worked, theirs = python(text)
        if worked and ("object at" in str(theirs) or "j)" in str(theirs)):
            return
        assert not worked, f"{text}: {ours.message}, Python has {theirs}"
        return
    worked, theirs = python(text)
    assert worked, f"{text}: {ours!r}, Python raises {theirs!r}"
    try:
        mine = settled(ours)
    except Exception:
        return
    assert mine == theirs, text


@settings(max_examples=400, deadline=None)
@given(EXPRESSIONS)
def test_random_expressions_evaluate_as_in_python(text: str) -> None:
    agree(text)


NUMBERS = st.sampled_from("0 1 2 7 -3 0.5 -0.25 1e3 math.inf 70".split())
MATH_CALLS = st.one_of(
    st.lists(NUMBERS, max_size=3).map(", ".join),
    st.tuples(NUMBERS, NUMBERS).map("[{0[0]}, 1], [{0[1]}, 2]".format),
    NUMBERS.map("[{}, 0.1]".format),
    NUMBERS.map("1, {}, abs_tol=0.5".format),
)


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(sorted(MATH)), MATH_CALLS)
def test_functions_of_math_give_what_python_gives(name: str, given: str) -> None:
    agree(f"math.{name}({given})" if callable(MATH[name]) else f"math.{name}")


def test_math_is_that_of_the_oldest_python() -> None:
    """Newer Pythons have more, which a spec must not come to need."""
    public = {name for name in dir(math) if not name.startswith("_")}
    assert set(MATH) == public - {"cbrt", "exp2", "sumprod", "fma"}


FUNCTIONS = [
    "def f(n, *rest, k=2, **more):\n    return (n, rest, k, sorted(more.items()))",
    "def f(n, a=(1, (-2, 'b'))):\n    return [*a, n]",
    (
        "def f(n, *rest):\n    total = 0\n    for i, v in enumerate(rest):\n"
        "        if v == 2:\n            continue\n        if v == 5:\n"
        "            break\n        total += i * v\n    else:\n        total = -total\n"
        "    return total, n"
    ),
    (
        "def f(n, *rest):\n    out = {}\n    while n > 0:\n        n -= 1\n"
        "        out[n] = [n * x for x in rest]\n        out[n][:1] = [n, n]\n"
        "    else:\n        out['end'] = True\n    return out"
    ),
    (
        "def f(n, *rest):\n    gs = [(x + y for x in rest) for y in range(2)]\n"
        "    it = iter_both(gs) if False else zip(*gs)\n    return list(it), n"
    ),
    (
        "def f(n, *rest):\n    a = b = list(rest)\n    a += [n]\n    b[0] += 1\n"
        "    (c, *d), e = a, 1\n    return a, b, c, d, e, a is b"
    ),
    "def f(n, *rest):\n    if n:\n        z = 1\n    return z",
    "def f(n, *rest):\n    max = 3\n    return [max for max in rest], max",
    "def f(n, *rest):\n    return f(n - 1, n, *rest) if n > 0 else rest",
    "def f(n, *rest):\n    assert n > 1, f'{n} is small'\n    return 1 < n < 4 != 3",
    "def f(n, *rest):\n    x: int = n\n    y: float\n    'text'\n    return -x",
    "def f(n, *rest):\n    first, second = rest\n    return second, first",
    "def f(n, *rest):\n    g = (i for i in rest)\n    return list(zip(g, g)), 2 in g",
]
ARGUMENTS = ["1", "0", "3, 2, 5", "2, 1, 2, 3", "1, k=3", "4, 1, z=2", "", "5, 6, 7"]


@pytest.mark.parametrize("text", FUNCTIONS)
@pytest.mark.parametrize("arguments", ARGUMENTS)
def test_functions_run_as_in_python(text: str, arguments: str) -> None:
    call = f"f({arguments})"
    ours = evaluate(call, text)
    scope: dict[str, Any] = {}
    exec(text, scope)
    try:
        theirs = repr(eval(call, scope))
    except Exception:
        theirs = ""
    assert ("" if isinstance(ours, Diagnostic) else repr(ours)) == theirs
