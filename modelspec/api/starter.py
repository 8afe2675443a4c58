"""A small spec to start from."""

from __future__ import annotations

import re
from pathlib import Path

from modelspec.diagnostics.diagnostic import SpecError
from modelspec.output.files import PlannedFile, find_obstacle, find_other
from modelspec.program.names import identifier_problem

_TEXT = """\
# A network in the modelspec language: the structure is YAML, the atoms are PyTorch.
#
#   modelspec build {file}                     make it, run it once, report
#   modelspec generate {file} -o {module}.py     write it as nn.Module source
modelspec: 1
name: {name}
doc: Two hidden layers.

# Arguments of the constructor: `name: default`, `name: type`, `name: type = default`.
params:
  in_features: 784
  hidden: list[int] = [256, 128]
  num_classes: 10

# What `forward` takes; N is any number.
inputs:
  x: [N, in_features]

# The children: calls of torch.nn layers and of blocks. Loops and conditions are keys.
Sequential:
  - let width = in_features
  - for size in hidden:
      - Linear(width, size)
      - ReLU
      - let width = size
  - Linear(width, num_classes)
"""
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")


def class_name(path: Path) -> str | None:
    """The class of a spec file: `my_net.yaml` holds MyNet; None if it cannot."""
    stem = path.stem if path.suffix in (".yaml", ".yml") else path.name
    if not _NAME.fullmatch(stem):
        return None
    words = re.split("[_-]+", stem)
    name = "".join(word[:1].upper() + word[1:] for word in words)
    return None if identifier_problem(name) else name


def plan_starter(path: Path, *, force: bool = False) -> PlannedFile:
    """The file to be, or `SpecError` where it cannot be written."""
    if path.suffix not in (".yaml", ".yml"):
        path = path.with_name(f"{path.name}.yaml")
    obstacle = find_obstacle(path) or (None if force else find_other(path, None))
    if obstacle is not None:
        raise SpecError([obstacle])
    module = path.stem.replace("-", "_").lower()
    text = _TEXT.format(file=path, name=class_name(path), module=module)
    return PlannedFile(path, text)
