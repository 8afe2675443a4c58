"""Importing generated code against importing the handwritten module.

Both are files with their compiled bytecode beside them, and torch is there already.
"""

from __future__ import annotations

import importlib
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import modelspec
from benchmarks.measure import Ratio, Work, ratio
from tests.agreement.handwritten import gpt, resnet

EXAMPLES = Path(__file__).parents[1] / "examples"
TIMES = 20


def ratios() -> Iterator[Ratio]:
    with tempfile.TemporaryDirectory() as folder:
        sys.path.insert(0, folder)
        try:
            for name, by_hand in (("resnet", resnet), ("gpt", gpt)):
                source = modelspec.load(EXAMPLES / f"{name}.yaml").source()
                written = str(by_hand.__file__)
                yield ratio(
                    f"import of generated {name}.py / import of handwritten",
                    _importing(f"generated_{name}", source, folder),
                    _importing(
                        f"handwritten_{name}", Path(written).read_text(), folder
                    ),
                    repeats=11,
                    parts=TIMES,
                )
        finally:
            sys.path.remove(folder)


def _importing(name: str, source: str, folder: str) -> Work:
    (Path(folder) / f"{name}.py").write_text(source, encoding="utf-8")
    importlib.invalidate_caches()

    def work() -> None:
        for _ in range(TIMES):
            importlib.import_module(name)
            del sys.modules[name]

    return work
