"""Sizes of equal shapes are computed once in a run, and only there."""

from __future__ import annotations

import pytest
from torch.fx.experimental.sym_node import SymNode
from torch.fx.experimental.symbolic_shapes import ShapeEnv

from modelspec.backends.torch.shapes.environment import Environment
from modelspec.backends.torch.shapes.nodes import _METHODS, remembered

NAMES = (*_METHODS, "wrap_int", "expr")


def state() -> list[object]:
    return [SymNode.__dict__[name] for name in NAMES]


def test_torch_is_as_before() -> None:
    """After the last of several runs, and after one that failed."""
    before = state()
    with remembered():
        assert state() != before
        with remembered():
            pass
        assert state() != before
    assert state() == before
    with pytest.raises(ZeroDivisionError), remembered():
        raise ZeroDivisionError
    assert state() == before


def test_the_same_is_computed_once() -> None:
    environment = Environment(lambda: None)
    size = environment.new_symbol("N", 6)
    other = environment.new_symbol("T", 4)
    with remembered():
        first, second = (size * 3 + other) // 2, (size * 3 + other) // 2
    assert first.node is second.node
    assert int(first) == 11
    assert str(first) == "((3*N + T)//2)"
    # A product and a sum of the same two are no less told apart.
    with remembered():
        assert int(size * other) == 24
        assert int(size + other) == 10
        assert int(size - other) == 2
        assert bool(size > other)
        assert not bool(other > size)


def test_other_environments_do_not_remember() -> None:
    """A compiler in another thread, say: its nodes are torch's own."""
    environment = ShapeEnv()
    symbol = environment.create_unbacked_symint()
    with remembered():
        first, second = symbol + 3, symbol + 3
        assert first.node is not second.node
        assert first.node.expr == second.node.expr
