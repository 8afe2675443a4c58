"""Python sessions of the docs (`>>> print(model)`), run and compared exactly."""

from __future__ import annotations

import doctest
from typing import Any


def run_session(text: str, names: dict[str, Any], where: str) -> str:
    """What is wrong with a session; empty where it prints what it shows."""
    parser = doctest.DocTestParser()
    test = parser.get_doctest(text, names, where, where, 0)
    assert test.examples, f"{where} has no `>>>` line"
    problems: list[str] = []
    doctest.DocTestRunner(verbose=False).run(test, out=problems.append)
    return "".join(problems)
