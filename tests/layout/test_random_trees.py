"""Whatever the tree: the text means it, and `ruff format` has nothing to change."""

from __future__ import annotations

import ast

import pytest

from modelspec.layout import print_module
from tests.layout.sources import ruff_format
from tests.layout.trees import Trees

SEEDS = range(30)


@pytest.mark.parametrize("seed", SEEDS)
def test_text_parses_back_to_the_tree(seed: int) -> None:
    module = Trees(seed).module(10)
    assert ast.dump(ast.parse(print_module(module))) == ast.dump(module)


def test_ruff_leaves_the_text_alone() -> None:
    functions = [each for seed in SEEDS for each in Trees(seed).module(10).body]
    text = print_module(ast.Module(functions, []))
    assert ruff_format(text) == text


@pytest.mark.parametrize("seed", SEEDS[:10])
def test_printing_again_changes_nothing(seed: int) -> None:
    text = print_module(Trees(seed).module(10))
    assert print_module(ast.parse(text)) == text
