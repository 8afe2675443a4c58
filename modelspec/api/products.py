"""The files that commands write: source, weights and pictures of one network.

In: paths, whose suffixes say what each is to hold. Out: the files; what stands in the
way is told before the module is made. All of them are written, or none.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from modelspec.diagnostics.diagnostic import SpecError
from modelspec.output.files import (
    PlannedFile,
    find_obstacle,
    find_other,
)
from modelspec.output.staging import Staging
from modelspec.report.graph.drawing import SUFFIXES, Drawing

if TYPE_CHECKING:
    from torch import nn

    from modelspec.api.spec import Spec


class Products:
    """Files to be written."""

    def __init__(self, paths: Sequence[Path], *, force: bool) -> None:
        self._paths = tuple(dict.fromkeys(paths))
        self._force = force

    def require_writable(self) -> None:
        """`SpecError` with everything that stands in the way."""
        from modelspec.backends.python import MARKER

        found = []
        for path in self._paths:
            marker = MARKER if path.suffix == ".py" else None
            other = None if self._force else find_other(path, marker)
            found.append(find_obstacle(path) or other)
        obstacles = [one for one in found if one is not None]
        if obstacles:
            raise SpecError(obstacles)

    @property
    def has_pictures(self) -> bool:
        """Whether a drawing is needed to write them."""
        return any(path.suffix in SUFFIXES for path in self._paths)

    def write(
        self,
        spec: Spec,
        module: nn.Module | None = None,
        drawing: Drawing | None = None,
    ) -> None:
        """Write them all; `module` is there for weights, `drawing` for pictures."""
        sources = [path for path in self._paths if path.suffix == ".py"]
        text = spec.source() if sources else ""
        with Staging() as staging:
            for path in self._paths:
                if path.suffix == ".py":
                    staging.text(PlannedFile(path, text))
                elif path.suffix in SUFFIXES:
                    assert drawing is not None
                    drawn = drawing.text(SUFFIXES[path.suffix])
                    staging.text(PlannedFile(path, drawn))
                else:
                    _save(module, staging.file(path))


def _save(module: nn.Module | None, path: Path) -> None:
    from modelspec.backends.torch import save_weights

    assert module is not None
    save_weights(module, path)
