"""`docs/standard-blocks.md` says of each block what is true of it."""

from __future__ import annotations

import re

import pytest

import modelspec
from modelspec.program.standard import STANDARD_BLOCKS
from tests.cli.commands import ROOT

PAGE = (ROOT / "docs/standard-blocks.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## (\w+)\n(.*?)(?=^## |\Z)", PAGE, re.M | re.S))


def test_every_block_has_a_section() -> None:
    assert [name for name in SECTIONS if name != "Children"] == list(STANDARD_BLOCKS)


@pytest.mark.parametrize("name", STANDARD_BLOCKS)
def test_a_section_shows_the_signature_and_the_keys(name: str) -> None:
    """The keys are those of the example's child `block`."""
    text = SECTIONS[name]
    signature = f"{name}({STANDARD_BLOCKS[name]})".replace("'", '"')
    assert f"`{signature}`" in " ".join(text.split())
    (example,) = re.findall(r"^```yaml\n(.*?)^```", text, re.M | re.S)
    block = modelspec.loads(example).build().block
    assert type(block).__name__ == name
    (told,) = re.findall(r"^Keys: (.*?)\.\n(?:\n|\Z)", text, re.M | re.S)
    assert re.findall(r"`(.*?)`", told) == list(block.state_dict())
