"""Checking a spec of many layers against reading it as YAML and no more."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import yaml

import modelspec
from benchmarks.measure import Ratio, ratio

GOAL = 3.0
MANY = 10_000
FORMS: dict[str, Callable[[int], str]] = {
    "mapping form": lambda n: (
        f"  - Linear:\n      in_features: {n}\n      out_features: {n + 1}\n"
        "      bias: false\n"
    ),
    "call form": lambda n: f"  - Linear({n}, {n + 1})\n",
    "call form, all alike": lambda n: "  - Linear(64, 64)\n",
}


def ratios() -> Iterator[Ratio]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "many.yaml"
        for form, item in FORMS.items():
            layers = "".join(item(n) for n in range(8, MANY + 8))
            text = f"modelspec: 1\nname: ManyLayers\nSequential:\n{layers}"
            path.write_text(text, encoding="utf-8")
            yield ratio(
                f"check {MANY} layers / yaml.compose, {form}",
                lambda: modelspec.check(path),
                lambda text=text: yaml.compose(text, Loader=yaml.CSafeLoader),
                repeats=9,
                goal=GOAL,
            )
