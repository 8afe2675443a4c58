"""Writing several files or folders: all of them or none, and each whole.

Each file is first written beside its place, under a name of its own; when all are
there, they are renamed. What fails is a `SpecError` that names the file. Until the
first is renamed everything is as it was; should the system refuse a later one, those
before it stay, each of them whole.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType

from modelspec.diagnostics.diagnostic import SpecError
from modelspec.output.files import PlannedFile, cannot_write

_REPLACED = ".modelspec-replaced"


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A file that is written, the place where it goes, and its name for the caller."""

    written: Path
    target: Path
    path: Path


@dataclass(slots=True)
class Staging:
    """Used in a `with`: the end of it puts the files in their places."""

    _folders: list[Path] = field(default_factory=list)
    _made: list[Path] = field(default_factory=list)
    _waiting: list[_Waiting] = field(default_factory=list)

    def file(self, path: Path) -> Path:
        """Where to write what becomes `path`; it has the same name and suffix.

        What a writer puts beside it, such as the data of a large model, goes along.
        """
        # Slow to import, and most commands write nothing.
        from tempfile import mkdtemp

        # A link stays a link; what it points to is replaced.
        target = Path(os.path.realpath(path))
        try:
            if not target.parent.exists():
                target.parent.mkdir()
                self._made.append(target.parent)
            folder = Path(mkdtemp(prefix=".modelspec-", dir=target.parent))
        except (OSError, ValueError) as error:
            raise _failure(path, error) from error
        self._folders.append(folder)
        self._waiting.append(_Waiting(folder / target.name, target, path))
        return folder / target.name

    def folder(self, path: Path) -> Path:
        """Where to write what becomes the folder `path`, in the place of one there."""
        into = self.file(path)
        into.mkdir()
        return into

    def text(self, file: PlannedFile) -> None:
        """Write a text, in UTF-8 and with line feeds."""
        place = self.file(file.path)
        try:
            place.write_text(file.text, encoding="utf-8", newline="\n")
        except (OSError, ValueError) as error:
            raise _failure(file.path, error) from error

    def __enter__(self) -> Staging:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        placed = False
        try:
            if error is None:
                self._place()
                placed = True
            elif isinstance(error, SpecError):
                raise self._named(error)
        finally:
            for folder in self._folders:
                shutil.rmtree(folder, ignore_errors=True)
            for folder in () if placed else self._made:
                shutil.rmtree(folder, ignore_errors=True)

    def _place(self) -> None:
        for one in self._waiting:
            try:
                if one.target.is_dir() and one.written.is_dir():
                    _replace_folder(one.written, one.target)
                    continue
                for beside in sorted({*one.written.parent.iterdir()} - {one.written}):
                    os.replace(beside, one.target.with_name(beside.name))
                if one.target.exists():
                    one.written.chmod(one.target.stat().st_mode & 0o777)
                os.replace(one.written, one.target)
            except OSError as error:
                raise _failure(one.path, error) from error

    def _named(self, error: SpecError) -> SpecError:
        """The same failure, of the file that was asked for."""
        found = error.diagnostics
        for file in self._waiting:
            written, path = str(file.written), str(file.path)
            found = tuple(
                replace(
                    one,
                    message=one.message.replace(written, path),
                    path=one.path and one.path.replace(written, path),
                )
                for one in found
            )
        return SpecError(found)


def _replace_folder(written: Path, target: Path) -> None:
    """The old one goes with the temporary folder that it is moved into."""
    old = written.with_name(_REPLACED)
    os.replace(target, old)
    try:
        os.replace(written, target)
    except OSError:
        os.replace(old, target)
        raise


def write_files(files: Iterable[PlannedFile]) -> None:
    """Write them all."""
    with Staging() as staging:
        for file in files:
            staging.text(file)


def _failure(path: Path, error: OSError | ValueError) -> SpecError:
    reason = error.strerror if isinstance(error, OSError) else "no valid path"
    return SpecError([cannot_write(path, reason or type(error).__name__)])
