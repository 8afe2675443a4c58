"""The specs that are replayed: every example and every case, with its variants.

A case is a file `examples/<name>.yaml` (called `examples/<name>` here), one of the zoo
(`examples/zoo/<name>`), or a folder `tests/cases/<name>` with a `spec.yaml`. Its golden
source lies beside the spec, that of an example in `tests/cases/examples`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
CASES = ROOT / "tests" / "cases"


@dataclass(frozen=True, slots=True)
class Case:
    name: str
    path: Path
    golden: Path

    @property
    def text(self) -> dict[str, Any]:
        """The spec as plain YAML, for what the tests must know of it themselves."""
        return _read(self.path)

    @property
    def is_library(self) -> bool:
        return "name" not in self.text

    @property
    def is_in_zoo(self) -> bool:
        return self.name.startswith("examples/zoo/")

    @property
    def variants(self) -> tuple[str | None, ...]:
        """The spec's variants, and None for its defaults where there are such."""
        named = tuple(self.text.get("variants", {}))
        return named if self.needs_params else (None, *named)

    @property
    def needs_params(self) -> bool:
        return any(_is_required(one) for one in self.text.get("params", {}).values())


@dataclass(frozen=True, slots=True)
class Model:
    """A case with its defaults or one of its variants."""

    case: Case
    variant: str | None

    def __str__(self) -> str:
        return f"{self.case.name}:{self.variant}" if self.variant else self.case.name


@cache
def all_cases() -> tuple[Case, ...]:
    examples = [
        _example(path.relative_to(EXAMPLES))
        for path in sorted([*EXAMPLES.glob("*.yaml"), *EXAMPLES.glob("zoo/*.yaml")])
        if path.name != "index.yaml"
    ]
    folders = [
        Case(p.parent.name, p, p.with_name("expected.py"))
        for p in sorted(CASES.glob("*/spec.yaml"))
    ]
    return (*examples, *folders)


def _example(path: Path) -> Case:
    name = f"examples/{path.with_suffix('').as_posix()}"
    return Case(name, EXAMPLES / path, CASES / f"{name}.py")


def models() -> list[Model]:
    """Everything that can be built and is small: no libraries, nothing of the zoo.

    The models of the zoo are compared with facts, built and generated, in `tests/zoo`.
    """
    cases = [one for one in all_cases() if not (one.is_library or one.is_in_zoo)]
    return [Model(case, variant) for case in cases for variant in case.variants]


def zoo_models() -> list[Model]:
    """One model of each spec of the zoo: its defaults, or its first variant."""
    return [Model(case, case.variants[0]) for case in all_cases() if case.is_in_zoo]


def case_named(name: str) -> Case:
    return next(case for case in all_cases() if case.name == name)


@cache
def _read(path: Path) -> dict[str, Any]:
    data: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return data


def _is_required(param: object) -> bool:
    if isinstance(param, dict):
        return "default" not in param
    return isinstance(param, str) and " = " not in param
