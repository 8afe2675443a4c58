"""Write the JSON Schema of the language into `schemas/`, the same bytes on every run.

In: the frames of `modelspec.spec` and the catalogue. Needs no torch. Usage:
`python scripts/write_schema.py [DIRECTORY]`.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from modelspec.resources import SPEC_SCHEMA  # noqa: E402  # found by the line above
from modelspec.spec.schema import schema_text  # noqa: E402  # so is this


def write_schema(directory: Path) -> None:
    """Write the one file."""
    path = directory / SPEC_SCHEMA
    path.write_text(schema_text(), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    write_schema(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "schemas")
