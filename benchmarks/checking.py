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
    "mapping form, named": lambda n: (
        f"  fc{n}:\n    Linear: {{in_features: {n}, out_features: {n + 1}}}\n"
    ),
    "mapping form, of several layers": lambda n: (
        f"  - Conv2d:\n      in_channels: {n}\n      out_channels: {n + 1}\n"
        "      kernel_size: [3, 3]\n      padding: same\n"
        if n % 2
        else f"  - BatchNorm2d:\n      num_features: {n}\n      eps: 1e-3\n"
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
