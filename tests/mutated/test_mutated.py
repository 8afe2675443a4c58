"""No input ends in a traceback: specs with random mistakes through every command.

A fixed number of mutants of the examples, the cases and the wrong specs, the same at
each run; whatever is raised but `SpecError` fails.
"""

from __future__ import annotations

import contextlib
import random
import shutil
from pathlib import Path

import pytest

import modelspec
from modelspec.api.formatting import format_spec
from modelspec.diagnostics.diagnostic import SpecError
from modelspec.diagnostics.span import Source
from modelspec.policy import Policy
from tests.mutated.mutations import MUTATIONS

ROOT = Path(__file__).parents[2]
FOLDERS = ("examples", "tests/cases", "tests/invalid")
SEEDS = range(6)
MUTANTS = 60
MOST = 10 * MUTANTS
LARGEST = 20_000


@pytest.fixture(scope="module")
def specs(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Path, str]]:
    """Copies of all specs, where those that they import stand beside them."""
    home = tmp_path_factory.mktemp("specs")
    for folder in FOLDERS:
        shutil.copytree(ROOT / folder, home / folder)
    paths = sorted(path for path in home.rglob("*.yaml"))
    small = [path for path in paths if path.stat().st_size <= LARGEST]
    return [(path, path.read_text(errors="replace")) for path in small]


@pytest.mark.parametrize("seed", SEEDS)
def test_mutants_end_in_diagnostics(seed: int, specs: list[tuple[Path, str]]) -> None:
    """What is right by chance is generated, and built without memory."""
    draw = random.Random(seed)
    texts = [text for _, text in specs]
    right = done = 0
    while done < MUTANTS or (not right and done < MOST):
        done += 1
        path, text = draw.choice(specs)
        for _ in range(draw.choice((1, 1, 2))):
            text = draw.choice(MUTATIONS)(text, draw, texts)
        mutant = path.parent / "mutant.yaml"
        mutant.write_text(text, errors="replace", newline="")
        found = modelspec.check(mutant)
        with contextlib.suppress(SpecError):
            format_spec(Source("mutant.yaml", text), Policy())
        if not any(one.is_error for one in found):
            right += 1
            with contextlib.suppress(SpecError):
                spec = modelspec.load(mutant)
                spec.source()
                spec.source(style="flat")
            if right == 1:
                with contextlib.suppress(SpecError):
                    modelspec.build(mutant, device="meta")
        mutant.unlink()
    assert right  # some mutants are right, else the way behind the check is not gone
