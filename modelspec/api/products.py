"""The files that `build` writes: source and weights of one built module.

In: paths, whose suffixes say what each is to hold. Out: the files; what stands in the
way is told before the module is made. All of them are
written, or none.
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

if TYPE_CHECKING:
    from torch import nn

    from modelspec.api.sizes import Known
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

    def write(self, spec: Spec, module: nn.Module, known: Known | None = None) -> None:
        """Write them all; `known` tells the module's sizes that the spec leaves out."""
        from modelspec.api.generation import Generation
        from modelspec.backends.torch import save_weights

        sources = [path for path in self._paths if path.suffix == ".py"]
        text = Generation([spec], known=known).text() if sources else ""
        with Staging() as staging:
            for path in self._paths:
                if path.suffix == ".py":
                    staging.text(PlannedFile(path, text))
                else:
                    save_weights(module, staging.file(path))
