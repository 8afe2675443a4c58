"""What the passes must not do: report what is right, repeat themselves, or raise."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import pytest

import modelspec
from modelspec.analysis import PASSES, analyse
from modelspec.diagnostics.codes import all_codes
from modelspec.driver import compile_path, compile_text
from modelspec.policy import Limits, Policy
from modelspec.program.ir import Program
from tests.invalid.test_invalid import ELSEWHERE, FOUND_BY_RUNNING

ROOT = Path(__file__).parents[2]
RIGHT = [*ROOT.glob("examples/*.yaml"), *ROOT.glob("tests/cases/*/spec.yaml")]
# Examples that are whole specs; others show what the reader refuses, or the build.
SHOWN = [
    name
    for name, one in all_codes().items()
    if "\nname: " in one.example and name not in ELSEWHERE
]
PIECES = ["", "x", "self.", "(", ")", "[0]", "None", ", ", "${", "}"]


def program_of(text: str) -> Program:
    compiled = compile_text(text.encode(), Policy())
    assert compiled.program is not None
    return compiled.program


@pytest.mark.parametrize(
    "path", sorted(RIGHT), ids=lambda p: f"{p.parent.name}-{p.stem}"
)
def test_right_specs_have_no_errors(path: Path) -> None:
    """No pass calls wrong what builds."""
    found = compile_path(str(path), Policy()).diagnostics
    assert [one.message for one in found if one.is_error] == []


@pytest.mark.parametrize("name", SHOWN)
def test_examples_of_the_table(name: str) -> None:
    """An example has the mistake that it shows, its correction has not."""
    code = all_codes()[name]
    runs = name in FOUND_BY_RUNNING
    found = modelspec.check(code.example, shapes=runs)
    assert name in {one.code for one in found}
    if code.fixed:
        left = modelspec.check(code.fixed, shapes=runs)
        assert name not in {one.code for one in left}


def test_names_of_passes() -> None:
    """Passes are listed once each."""
    names = [one.name for one in PASSES]
    assert len(set(names)) == len(names)


def test_limits_are_the_callers() -> None:
    """Without the caller's limits none is called exceeded."""
    text = """\
modelspec: 1
name: Net
vars:
  many: list(range(10 ** 9))
modules:
  fc: Linear(4, len(many))
"""
    program = program_of(text)
    assert analyse(program) == ()
    (found,) = analyse(program, limits=Limits())
    assert found.code == "limit-exceeded"


def test_computed_text_is_not_held_against_choices() -> None:
    """What a text with `${...}` comes to is not known before it is built."""
    text = """\
modelspec: 1
name: Net
params: {kind: circ}
Sequential:
  - Conv1d:
      in_channels: 4
      out_channels: 4
      kernel_size: 3
      padding_mode: ${kind}ular
"""
    assert compile_text(text.encode(), Policy()).diagnostics == ()


def test_after_errors_each_mistake_is_told() -> None:
    """A mistake of the lowering hides no mistake in another place, and adds none."""
    text = """\
modelspec: 1
name: Net
params: {dim: int = 4}
modules:
  a: Linaer(dim, dim)
  b: Linear(dim, biass=False)
forward: |
  return self.b(self.a(y))
"""
    found = compile_text(text.encode(), Policy()).diagnostics
    assert sorted(one.code for one in found) == [
        *("missing-argument", "unexpected-argument"),
        *("unknown-name", "unknown-name"),
    ]


def test_constants_of_a_layer_that_others_give() -> None:
    """A spec that others import is checked by itself too."""
    path = ROOT / "tests/cases/imported_root_reads_constants/backbone.yaml"
    found = compile_path(str(path), Policy()).diagnostics
    assert not [one for one in found if one.is_error]


def test_no_torch() -> None:
    """All passes run where torch cannot be imported."""
    script = """
import sys
sys.modules["torch"] = None
from modelspec.driver import compile_path
from modelspec.policy import Policy
print(len(compile_path("examples/resnet.yaml", Policy()).diagnostics))
"""
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=True,
    )
    assert done.stdout == "0\n"


@pytest.mark.parametrize("seed", range(40))
def test_edited_specs_raise_nothing(seed: int) -> None:
    """Whatever is cut out of a spec or put into it, the answer is diagnostics."""
    chance = random.Random(seed)
    path = chance.choice(sorted(RIGHT))
    text = path.read_text()
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(text))
        piece = chance.choice(
            ["", "x", "self.", "(", ")", "[0]", "None", ", ", "${", "}"]
        )
        text = text[:at] + piece + text[at + chance.randint(0, 6) :]
    compile_text(text.encode(), Policy(import_root=str(path.parent)), name="edited")
