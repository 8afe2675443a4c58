"""Trees are parsed by several threads at once, walked, and copied."""

from __future__ import annotations

import ast
import gc
import threading
import time
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

import modelspec
from modelspec.trees import (
    all_nodes,
    children,
    clone,
    expression_tree,
    module_tree,
    quiet_tree,
)

SPEC = "modelspec: 1\nname: Net\nforward: |\n" + "".join(
    f"  x = (((x + {at}) * 2) ** 1.5).view(-1)[{at}:]\n" for at in range(60)
)


@pytest.fixture
def hectic() -> Iterator[None]:
    """Another thread runs whenever garbage is collected, which is often: that is when
    `ast.parse` by itself loses count of its depth."""

    def pause(phase: str, info: dict[str, int]) -> None:
        time.sleep(1e-6)

    threshold = gc.get_threshold()
    gc.set_threshold(300, 100, 100)
    gc.callbacks.append(pause)
    yield
    gc.callbacks.remove(pause)
    gc.set_threshold(*threshold)


@pytest.mark.usefixtures("hectic")
def test_checked_by_several_threads() -> None:
    found: list[object] = []

    def check() -> None:
        try:
            found.extend(one.code for one in modelspec.check(SPEC))
        except Exception as error:
            found.append(error)

    threads = [threading.Thread(target=check) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert found == [one.code for one in modelspec.check(SPEC)] * 4


def test_warnings_are_left_as_they_were() -> None:
    before = list(warnings.filters)
    quiet_tree("1 is 1", "<spec>", "eval")
    assert warnings.filters == before
    with pytest.raises(SyntaxError):
        expression_tree("1 +")


def test_a_clone_is_equal_and_shares_nothing_that_can_change() -> None:
    text = "def f(x: int = 1, *, y=(2, ...)):\n    *z, x[0] = y; return f'{x!r}'"
    tree = module_tree(text)
    tree.body[0].mark = ["a span", 1]  # type: ignore[attr-defined]  # others' fields
    copied = clone(tree)
    include = {"include_attributes": True}
    assert ast.dump(copied, **include) == ast.dump(tree, **include)
    assert copied.body[0].mark == ["a span", 1]  # type: ignore[attr-defined]
    shared = {id(node) for node in ast.walk(tree)} & {id(n) for n in ast.walk(copied)}
    held = [node for node in ast.walk(tree) if id(node) in shared]
    assert all(isinstance(node, ast.expr_context) for node in held)


LEAVES = (ast.expr_context, ast.operator, ast.unaryop, ast.cmpop, ast.boolop)


@pytest.mark.parametrize("path", ["modelspec/trees.py", "modelspec/driver.py"])
def test_walked_as_by_python_but_for_operators_and_contexts(path: str) -> None:
    tree = module_tree((Path(modelspec.__file__).parents[1] / path).read_text())
    for node in ast.walk(tree):
        inside = [n for n in ast.iter_child_nodes(node) if not isinstance(n, LEAVES)]
        if not isinstance(node, LEAVES):
            assert children(node) == inside
    walked = [node for node in ast.walk(tree) if not isinstance(node, LEAVES)]
    assert all_nodes([tree]) == walked
    assert all_nodes(tree.body) == walked[1:]
