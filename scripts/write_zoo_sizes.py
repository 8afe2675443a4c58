"""Writes `tests/zoo/sizes.yaml` anew; review the diff like code.

Takes minutes: each of the zoo's models is run, and what is counted is compared with
torch's own counter and with the sizes of the parameters.
"""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.zoo.entries import entries  # noqa: E402  # found by the line above
from tests.zoo.sizes import (  # noqa: E402
    TABLE,
    counted_by_torch,
    line,
    observed,
    summary_of,
)

HEAD = "# Made by scripts/write_zoo_sizes.py, for one sample of the usual size.\n"


def main() -> int:
    warnings.simplefilter("ignore")
    lines, wrong = {}, 0
    for name, entry in entries().items():
        found = observed(entry)
        summary = summary_of(entry, found)
        lines[name] = line(summary)
        module = found.built.module
        parameters = sum(one.numel() for one in module.parameters())
        counts = [(lines[name]["parameters"], parameters)]
        if summary.observation is not None:
            counts.append((lines[name]["macs"], counted_by_torch(module, summary)))
        for ours, other in counts:
            if ours != other:
                wrong += 1
                print(f"{name}: counted {ours:,}, expected {other:,}")
    text = yaml.safe_dump(lines, sort_keys=False, width=1000, default_flow_style=None)
    TABLE.write_text(HEAD + text, encoding="utf-8", newline="\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
