"""The files that commands write: source, weights, summary, pictures of one network.

In: paths, whose suffixes say what each is to hold. Out: the files; what stands in the
way is told before the module is made. All of them are written, or none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
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
from modelspec.report.summary.summary import Summary

if TYPE_CHECKING:
    from torch import nn

    from modelspec.api.builder import Built
    from modelspec.api.sizes import Known
    from modelspec.api.spec import Spec

EXPORTS = (".pt2", ".onnx", ".torchscript")


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
        built: Built | None = None,
        *,
        draw: Callable[[], Drawing],
        summarise: Callable[[], Summary] | None = None,
        known: Known | None = None,
    ) -> dict[Path, tuple[str, ...]]:
        """Write them all; `built` is there for weights and exports, the others are
        called if a file wants a picture or a summary. `.md` holds both that can be had.
        `known` tells the sizes that the spec leaves out.

        Returned are, for each exported file, the symbols whose size is fixed in it.
        """
        texts = dict(self._texts(spec, draw, summarise, known))
        sizes = known.sizes if known is not None else {}
        fixed: dict[Path, tuple[str, ...]] = {}
        with Staging() as staging:
            for path in self._paths:
                if path.suffix in texts:
                    staging.text(PlannedFile(path, texts[path.suffix]))
                    continue
                assert built is not None
                if path.suffix in EXPORTS:
                    fixed[path] = built.export(staging.file(path), sizes)
                else:
                    _save(built.module, staging.file(path))
        return fixed

    def _texts(
        self,
        spec: Spec,
        draw: Callable[[], Drawing],
        summarise: Callable[[], Summary] | None,
        known: Known | None,
    ) -> Iterator[tuple[str, str]]:
        """What files of a suffix hold, where it is a text."""
        from modelspec.api.generation import Generation

        suffixes = {path.suffix for path in self._paths}
        if ".py" in suffixes:
            yield ".py", Generation([spec], known=known).text()
        summary = None
        if summarise is not None and suffixes & {".json", ".md"}:
            summary = summarise()
        if summary is not None and ".json" in suffixes:
            yield ".json", summary.json()
        pictures = sorted(suffixes & SUFFIXES.keys())
        drawing = draw() if pictures else None
        for suffix in pictures:
            assert drawing is not None
            text = drawing.text(SUFFIXES[suffix])
            if suffix == ".md" and summary is not None:
                text += f"\n{summary.markdown()}"
            yield suffix, text


def _save(module: nn.Module, path: Path) -> None:
    from modelspec.backends.torch import save_weights

    save_weights(module, path)
