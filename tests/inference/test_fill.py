"""What is written in place of `auto`, from traces that are given: without torch."""

from __future__ import annotations

import ast

import pytest

import modelspec
from modelspec.inference.fill import fill
from modelspec.inference.rewriting import Visitor, Where, has_auto, walk_program
from modelspec.inference.trace import UNSEEN, Activation, Execution, Trace
from modelspec.program.dump import dump_program
from modelspec.program.ir import Program
from modelspec.program.verify import verify_program

HEAD = "modelspec: 1\nname: Net\ninputs: {x: [N, 8]}\n"
ROOT = Activation("Net", UNSEEN, UNSEEN)


class _Numbers(Visitor):
    def __init__(self) -> None:
        self.autos: list[int] = []
        self.calls: dict[str, int] = {}

    def auto(self, number: int, node: ast.Name, where: Where) -> ast.expr:
        self.autos.append(number)
        return node

    def call(
        self, number: int, node: ast.Call, made: ast.Call, where: Where
    ) -> ast.expr:
        self.calls[ast.unparse(node.func)] = number
        return made


def _read(text: str) -> tuple[Program, _Numbers]:
    program = modelspec.loads(HEAD + text).program
    numbers = _Numbers()
    walk_program(program, numbers)
    return program, numbers


def _filled(program: Program, *traces: Trace) -> str:
    found = fill(program, traces)
    verify_program(found)
    return dump_program(found)


def _turns(place: int, values: list[int]) -> tuple[Execution, ...]:
    return tuple(
        Execution(place, 0, (turn,), (), value) for turn, value in enumerate(values)
    )


LOOP = "Sequential:\n  - for {}:\n      - Linear(auto, 4)\n"


@pytest.mark.parametrize(
    ("loop", "values", "expected"),
    [
        ("i in range(3)", [8, 8, 8], "nn.Linear(8, 4)"),
        ("i in range(3)", [8, 4, 4], "nn.Linear(8 if i == 0 else 4, 4)"),
        ("i in range(3)", [8, 4, 5], "nn.Linear([8, 4, 5][i], 4)"),
        ("i in range(1, 4)", [8, 4, 5], "nn.Linear([8, 4, 5][i - 1], 4)"),
        ("k, n in enumerate([1, 2, 3])", [8, 4, 5], "nn.Linear([8, 4, 5][k], 4)"),
        ("_ in range(3)", [8, 4, 5], "for i in range(3)"),
        ("n in [1, 2, 3]", [8, 4, 5], "for (i, n) in enumerate([1, 2, 3])"),
        (
            "a, b in zip([1, 2], [3, 4])",
            [8, 5],
            "for (i, (a, b)) in enumerate(zip([1, 2], [3, 4]))",
        ),
    ],
)
def test_turns_of_a_loop(loop: str, values: list[int], expected: str) -> None:
    """A number, a condition, or a list that an index reads, the loop's own or new."""
    program, numbers = _read(LOOP.format(loop))
    trace = Trace(None, (ROOT,), _turns(numbers.autos[0], values))
    assert expected in _filled(program, trace)


def test_the_index_is_named_as_nothing_else_is() -> None:
    program, numbers = _read(
        "params: {i: 3}\nSequential:\n  - for n in [1, 2, 3]:\n"
        "      - Linear(auto, i + n)\n"
    )
    trace = Trace(None, (ROOT,), _turns(numbers.autos[0], [8, 4, 5]))
    assert "for (j, n) in enumerate([1, 2, 3])" in _filled(program, trace)


BLOCK = """blocks:
  B:
    params: {out: int}
    modules:
      fc: Linear(auto, out)
      norm: LayerNorm(auto)
Sequential:
  - B(4)
  - B(6)
"""


def _made(program: Program, numbers: _Numbers, sizes: list[tuple[int, int]]) -> Trace:
    """Two modules of B, the calls of which are numbered apart."""
    calls = _calls_of(program, "B")
    outs = (4, 6)
    activations = [ROOT, *(Activation("B", 0, call) for call in calls)]
    executions = [
        Execution(place, at + 1, (), (("out", outs[at]),), size)
        for at, pair in enumerate(sizes)
        for place, size in zip(numbers.autos, pair, strict=True)
    ]
    return Trace(None, tuple(activations), tuple(executions))


def _calls_of(program: Program, name: str) -> list[int]:
    found: list[int] = []

    class Calls(Visitor):
        def call(
            self, number: int, node: ast.Call, made: ast.Call, where: Where
        ) -> ast.expr:
            if ast.unparse(node.func) == name:
                found.append(number)
            return made

    walk_program(program, Calls())
    return found


def test_modules_of_a_block_that_differ() -> None:
    """What a name was is that name; what none was is an argument."""
    program, numbers = _read(BLOCK)
    text = _filled(program, _made(program, numbers, [(8, 4), (4, 6)]))
    assert "nn.Linear(in_features, out)" in text
    assert "nn.LayerNorm(out)" in text
    assert "B(4, in_features=8)" in text
    assert "B(6, in_features=4)" in text


def test_two_sizes_that_agree_are_one_argument() -> None:
    program, numbers = _read(BLOCK)
    text = _filled(program, _made(program, numbers, [(8, 8), (7, 7)]))
    assert "nn.LayerNorm(in_features)" in text
    assert "normalized_shape" not in text


def test_arguments_of_one_name_are_told_apart() -> None:
    """By the child that each is of."""
    program, numbers = _read(BLOCK.replace("LayerNorm(auto)", "Linear(auto, 3)"))
    text = _filled(program, _made(program, numbers, [(8, 1), (7, 2)]))
    assert "B(4, fc_in_features=8, norm_in_features=1)" in text


def test_a_size_that_variants_differ_in_is_an_argument_of_the_root() -> None:
    program, numbers = _read(
        "params: {deep: false}\nvariants: {more: {deep: true}}\n"
        "Sequential:\n  - if deep:\n      - Linear(8, 5)\n  - Linear(auto, 4)\n"
    )
    traces = [
        Trace(name, (ROOT,), (Execution(numbers.autos[0], 0, (), (), size),))
        for name, size in ((None, 8), ("more", 5))
    ]
    filled = fill(program, traces)
    (*_, param) = filled.root_block.params if filled.root_block else ()
    assert (param.name, param.keyword_only) == ("in_features", True)
    assert param.default is not None
    assert ast.unparse(param.default) == "8"
    (variant,) = filled.variants
    given = {name: ast.unparse(value) for name, value in variant.values}
    assert given == {"deep": "True", "in_features": "5"}


def test_what_no_trace_came_by_stays() -> None:
    program, _ = _read("Sequential:\n  - Linear(auto, 4)\n")
    assert has_auto(fill(program, [Trace(None, (ROOT,), ())]))


def test_a_module_that_no_call_is_seen_to_make_gets_no_argument() -> None:
    program, numbers = _read(BLOCK)
    trace = _made(program, numbers, [(8, 4), (4, 6)])
    hidden = tuple(
        one._replace(parent=UNSEEN) if one.block == "B" else one
        for one in trace.activations
    )
    with pytest.raises(modelspec.SpecError, match="differs between modules of B"):
        fill(program, [trace._replace(activations=hidden)])


def test_auto_is_found_however_it_is_spelt() -> None:
    head = "modelspec: 1\nname: N\ninputs: {x: [B, 4]}\nSequential:\n"
    spelt = head + '  - "Linear(\\x61uto, 3)"\n'
    assert has_auto(modelspec.loads(spelt).program)
    assert not has_auto(modelspec.loads(spelt.replace("\\x61uto", "4")).program)
