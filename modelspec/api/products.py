"""The files that `build` writes: source, weights, summary of one built module.

In: paths, whose suffixes say what each is to hold. Out: the files; what stands in the
way is told before the module is made. All of them are
written, or none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from modelspec.diagnostics.diagnostic import SpecError
from modelspec.output.files import (
    PlannedFile,
    find_obstacle,
    find_other,
)
from modelspec.output.staging import Staging
from modelspec.report.summary.summary import Summary

if TYPE_CHECKING:
    from torch import nn

    from modelspec.api.spec import Spec

_SUMMARIES: Mapping[str, Callable[[Summary], str]] = {
    ".json": Summary.json,
    ".md": Summary.markdown,
}


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

    def write(
        self,
        spec: Spec,
        module: nn.Module,
        summarise: Callable[[], Summary],
    ) -> None:
        """Write them all; `summarise` is called if one is the summary."""
        from modelspec.backends.torch import save_weights

        texts = dict(self._texts(spec, summarise))
        with Staging() as staging:
            for path in self._paths:
                if path.suffix in texts:
                    staging.text(PlannedFile(path, texts[path.suffix]))
                else:
                    save_weights(module, staging.file(path))

    def _texts(
        self, spec: Spec, summarise: Callable[[], Summary]
    ) -> Iterator[tuple[str, str]]:
        """What files of a suffix hold, where it is a text."""
        suffixes = {path.suffix for path in self._paths}
        if ".py" in suffixes:
            yield ".py", spec.source()
        if suffixes & _SUMMARIES.keys():
            summary = summarise()
            for suffix in sorted(suffixes & _SUMMARIES.keys()):
                yield suffix, _SUMMARIES[suffix](summary)
