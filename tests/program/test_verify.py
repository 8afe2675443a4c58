"""Every Program that comes out of a good spec is well-formed."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from modelspec.diagnostics.diagnostic import InternalError
from modelspec.program.dump import dump_program
from modelspec.program.verify import verify_program
from tests.program.compiling import lower_path, lower_text

ROOT = Path(__file__).parents[2]
SPECS = [
    path
    for pattern in ("examples/**/*.yaml", "tests/cases/*/*.yaml")
    for path in sorted(ROOT.glob(pattern))
    if path.name != "index.yaml"  # names models of the zoo
]


@pytest.mark.parametrize("path", SPECS, ids=lambda p: f"{p.parent.name}/{p.stem}")
def test_programs_are_well_formed(path: Path) -> None:
    """`verify_program` accepts the Program, which dumps to the same text twice."""
    program, found = lower_path(str(path))
    assert not [one for one in found if one.is_error]
    verify_program(program)
    assert dump_program(program) == dump_program(lower_path(str(path))[0])


def test_a_broken_program_is_our_fault() -> None:
    """A Program that breaks a promise raises `InternalError`."""
    program, _ = lower_text("modelspec: 1\nname: Net\nSequential: [ReLU]\n")
    block = program.blocks[0]
    broken = dataclasses.replace(program, blocks=(block, block))
    with pytest.raises(InternalError, match="share a name"):
        verify_program(broken)
    renamed = dataclasses.replace(block, name="no-name")
    broken = dataclasses.replace(program, blocks=(renamed,), root="no-name")
    with pytest.raises(InternalError, match="no class name"):
        verify_program(broken)
