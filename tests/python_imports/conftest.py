"""A package of layers, importable while these tests run and no longer."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from tests.python_imports.specs import HERE


@pytest.fixture(scope="package", autouse=True)
def importable() -> Iterator[None]:
    """`my_pkg` and its like can be imported, as an installed package is."""
    sys.path.insert(0, str(HERE / "packages"))
    yield
    sys.path.remove(str(HERE / "packages"))
    for name in [one for one in sys.modules if one.partition(".")[0] in _OURS]:
        del sys.modules[name]


_OURS = frozenset({"my_pkg", "my_pkg2", "told_on_import"})
