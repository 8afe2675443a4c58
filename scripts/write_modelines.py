"""Put the line that names the schema at the top of every example.

In: the specs under `examples/`. Out: the same, each beginning with `# yaml-language-
server: $schema=PATH`, relative to the file, so that it works in a checkout. Says what
it changed; run again, it changes nothing. Usage: `python scripts/write_modelines.py`.
"""

import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from modelspec.resources import SPEC_SCHEMA, schema_path  # noqa: E402  # found by now

_MODELINE = re.compile(r"^# yaml-language-server:.*\n", re.MULTILINE)
_IS_SPEC = re.compile(r"^modelspec:", re.MULTILINE)


def modeline(spec: Path) -> str:
    """The line for a file, with its line feed."""
    path = os.path.relpath(schema_path(SPEC_SCHEMA), spec.resolve().parent)
    return f"# yaml-language-server: $schema={Path(path).as_posix()}\n"


def example_specs() -> Iterator[Path]:
    """Every example that is a spec; other YAML files are left alone."""
    for path in sorted((ROOT / "examples").rglob("*.yaml")):
        if _IS_SPEC.search(path.read_text(encoding="utf-8")):
            yield path


def with_modeline(path: Path) -> str:
    """The text that the file should have."""
    return modeline(path) + _MODELINE.sub("", path.read_text(encoding="utf-8"))


def main() -> None:
    for path in example_specs():
        text = with_modeline(path)
        if text != path.read_text(encoding="utf-8"):
            path.write_text(text, encoding="utf-8", newline="\n")
            print(f"changed {path.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
